//! Pairs of rows whose scores differ by more than they are apart.
//!
//! In: scores by place, and of each row that is looked at its squared distance from all others. Out:
//! the share of pairs with |score − score| > L · distance, within groups and across them (Dwork,
//! Hardt, Pitassi, Reingold and Zemel 2012, doi:10.1145/2090236.2090255, definition 2.1). Intervals
//! are those of a mean over pairs (Hoeffding 1948, doi:10.1214/aoms/1177730196).

use super::Case;
use super::means::{Mean, Part, grouped, put};
use crate::profile::section::{Kind, Line, Table};

/// What a score may differ by and still be the same but for rounding.
const SAME: f64 = 1e-12;

/// One row against those of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Against {
    /// Weight of the rows that its score is too far from.
    broken: f64,
    /// Weight of all.
    all: f64,
    /// Pairs that were not looked at from the other row.
    pairs: u64,
    /// The largest change of score by distance.
    steepest: f64,
}

/// One row against those of each group; nothing where it has no score.
pub fn against(
    case: &Case,
    (scores, is_looked): (&[f64], &[bool]),
    place: usize,
    far: &[f64],
) -> Vec<Against> {
    let mut groups = vec![Against::default(); case.names.len()];
    let own = scores[place];
    if !own.is_finite() {
        return groups;
    }
    for (other, &far) in far.iter().enumerate() {
        let change = (scores[other] - own).abs();
        if other == place || !change.is_finite() {
            continue;
        }
        let group = &mut groups[case.groups[case.rows[other] as usize] as usize];
        let far = far.sqrt();
        group.all += case.weight(other);
        group.pairs += u64::from(other > place || !is_looked[other]);
        if change > case.asking.alike.most * far + SAME {
            group.broken += case.weight(other);
        }
        if far > 0.0 {
            group.steepest = group.steepest.max(change / far);
        }
    }
    groups
}

/// What all rows that were looked at say, in order: their place, and themselves against each group.
pub type Looked = [(usize, Vec<Against>)];

/// The share that is broken over some rows, against groups that are of interest.
fn share(
    case: &Case,
    looked: &Looked,
    is_from: impl Fn(usize) -> bool,
    is_to: impl Fn(usize) -> bool,
) -> (Option<Mean>, Against, usize) {
    let mut sum = Against::default();
    let mut shares: Vec<(f64, f64)> = Vec::new();
    for (place, groups) in looked {
        if !is_from(case.groups[case.rows[*place] as usize] as usize) {
            continue;
        }
        let mut own = Against::default();
        for (_, group) in groups.iter().enumerate().filter(|(at, _)| is_to(*at)) {
            own.broken += group.broken;
            own.all += group.all;
            sum.pairs += group.pairs;
            sum.steepest = sum.steepest.max(group.steepest);
        }
        if own.all > 0.0 {
            shares.push((own.broken / own.all, case.weight(*place)));
        }
    }
    let rows = shares.len();
    (Mean::of(shares.into_iter()), sum, rows)
}

/// The table: all pairs, and of each group those among its own and those with others.
pub fn table(case: &Case, looked: &Looked, parts: &[Part]) -> Table {
    let most = case.asking.alike.most;
    let title = format!("pairs whose scores differ by more than {most} x their distance");
    let mut table = grouped(Table::new("lipschitz", title))
        .column("with", "with", Kind::Text, 0)
        .column("pairs", "pairs", Kind::Count, 3)
        .column("broken", "too far apart", Kind::Share, 0)
        .column("broken_interval", "interval", Kind::ShareInterval, 1)
        .column("steepest", "steepest", Kind::Number, 2);
    let mut sizes = vec![0.0; case.names.len()];
    for &row in case.rows {
        sizes[case.groups[row as usize] as usize] += 1.0;
    }
    let all: f64 = sizes.iter().sum();
    let mut line = |part: &Part, with: &str, (mean, sum): (Option<Mean>, Against)| {
        let line: Line = case.line(part).text("with", with).count("pairs", sum.pairs);
        let line = put(line, "broken", mean.as_ref(), case.asking.confidence);
        let steepest = (sum.steepest > 0.0).then_some(sum.steepest);
        table.push(line.number("steepest", steepest.ok_or("no_change")));
    };
    for part in parts {
        let Some(group) = part.group else {
            let (mean, sum, rows) = share(case, looked, |_| true, |_| true);
            line(part, "all", (mean.map(|own| own.of_pairs(rows, all)), sum));
            continue;
        };
        let (mean, sum, rows) = share(case, looked, |at| at == group, |at| at == group);
        let mean = mean.map(|own| own.of_pairs(rows, sizes[group]));
        line(part, "its own", (mean, sum));
        let (mean, sum, _) = share(case, looked, |at| at == group, |at| at != group);
        let (back, _, rows) = share(case, looked, |at| at != group, |at| at == group);
        let other = (all - sizes[group]).max(1.0);
        let mean = mean.zip(back).map(|(own, back)| Mean {
            variance: own.variance + back.variance * rows as f64 / other,
            freedom: own.freedom.min(back.freedom),
            ..own
        });
        line(part, "others", (mean, sum));
    }
    table
}

impl Mean {
    /// A mean over rows that each stand for their pairs with all of as many: each row that was
    /// looked at is in its own share, and in those of the others.
    fn of_pairs(self, looked: usize, all: f64) -> Self {
        let variance = self.variance * (1.0 + 3.0 * looked as f64 / all.max(1.0));
        Self { variance, ..self }
    }
}
