//! Who is in the table beside who should be: shares of groups against those of a population.
//!
//! Shares are of the rows whose group the population knows.

use std::collections::BTreeMap;

use super::Check;
use super::context::Context;
use super::expected::{Margin, Population};
use super::section::{Found, Kind, Line, Table};
use super::weights::weights;
use crate::data::group::Values;
use crate::stats::adjust::holm_of_some;
use crate::stats::goodness::{divergence, goodness_of_fit, one_share};
use crate::stats::{Amount, Fraction, Interval, interval};

/// The check.
pub const CHECK: Check = Check {
    name: "population",
    title: "who is in the data, and who should be",
    publishes: false,
    run,
};

/// A share this many times off deserves a look: four fifths, and its inverse.
const OFF: f64 = 0.8;

/// One group.
struct Group {
    values: Values,
    amount: Amount,
    /// `None`: the population does not know it, or a value is missing.
    expected: Option<f64>,
    name: String,
}

/// The groups of a margin.
struct Groups<'a> {
    margin: &'a Margin,
    rows: Vec<Group>,
    /// Of those that are expected.
    whole: Amount,
}

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let Some(population) = context.population else {
        return found;
    };
    let margins: Vec<Groups> = population
        .margins
        .iter()
        .map(|margin| groups(context, margin))
        .collect();
    let p: Vec<Vec<Option<f64>>> = adjusted_shares(&margins);
    found.tables.push(fit(&margins));
    for (groups, p) in margins.iter().zip(&p) {
        found
            .tables
            .push(table(context, groups, p, &mut found.facts));
    }
    weighted(context, population, &mut found);
    found.notes.push(
        "shares are of the rows whose group the population knows; p values are adjusted for each \
         other (Holm), those of columns together and those of groups together"
            .to_owned(),
    );
    if context.plan.weight.is_some() {
        let note = "rows are weighted: tests count what they are worth as a sample (effective)";
        found.notes.push(note.to_owned());
    }
    found
}

/// The expected groups in the order of their codes, then the others.
fn groups<'a>(context: &Context, margin: &'a Margin) -> Groups<'a> {
    let tally = context.tally;
    let axes = margin.axes(tally);
    let mut amounts: BTreeMap<Vec<u32>, Amount> = BTreeMap::new();
    for (key, cell) in &tally.cells {
        let codes = axes.iter().map(|&axis| key[axis]).collect();
        let sum = amounts.entry(codes).or_default();
        *sum = *sum + cell.total();
    }
    let code = |(at, value): (usize, &String)| {
        let values = &tally.axes[axes[at]].values;
        let code = values.iter().position(|known| known == value);
        code.map_or(u32::MAX, |code| code as u32)
    };
    let mut groups: Vec<(Vec<u32>, Group)> = Vec::new();
    for expected in &margin.groups {
        let codes: Vec<u32> = expected.values.iter().enumerate().map(code).collect();
        let values = margin.columns.iter().zip(&expected.values);
        groups.push((
            codes.clone(),
            Group {
                values: values.map(|(c, v)| (c.clone(), Some(v.clone()))).collect(),
                amount: amounts.remove(&codes).unwrap_or_default(),
                expected: Some(expected.share),
                name: expected.values.join(" & "),
            },
        ));
    }
    groups.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = groups.iter().map(|(_, group)| group.amount);
    let whole = expected.fold(Amount::default(), |sum, amount| sum + amount);
    let rest = amounts.into_iter().map(|(codes, amount)| {
        let group = tally.group(&axes, &codes);
        let group = Group {
            name: group.to_string(),
            values: context.values(&group),
            amount,
            expected: None,
        };
        (codes, group)
    });
    groups.extend(rest);
    Groups {
        margin,
        rows: groups.into_iter().map(|(_, group)| group).collect(),
        whole,
    }
}

impl Groups<'_> {
    fn share(&self, group: &Group) -> Option<f64> {
        group.expected?;
        Fraction::new(group.amount, self.whole).value()
    }

    /// Shares, and those expected, of the groups that are.
    fn shares(&self) -> (Vec<f64>, Vec<f64>) {
        let known = self
            .rows
            .iter()
            .filter_map(|group| Some((self.share(group)?, group.expected?)));
        known.unzip()
    }
}

/// The p of each group's share, adjusted for all others.
fn adjusted_shares(margins: &[Groups]) -> Vec<Vec<Option<f64>>> {
    let p = |groups: &Groups, group: &Group| {
        let rows = groups.whole.effective();
        one_share(groups.share(group)?, group.expected?, rows).map(|test| test.p)
    };
    let all: Vec<Vec<Option<f64>>> = margins
        .iter()
        .map(|groups| groups.rows.iter().map(|group| p(groups, group)).collect())
        .collect();
    let mut adjusted = holm_of_some(all.iter().flatten().copied()).into_iter();
    all.iter()
        .map(|margin| adjusted.by_ref().take(margin.len()).collect())
        .collect()
}

/// How far each margin is from the population.
fn fit(margins: &[Groups]) -> Table {
    let mut table = Table::new("fit", "the shares of all groups against the population's")
        .column("attribute", "attribute", Kind::Text, 0)
        .column("groups", "groups", Kind::Count, 3)
        .column("rows", "rows", Kind::Count, 1)
        .column("effective", "effective", Kind::Number, 6)
        .column("statistic", "chi-square", Kind::Number, 1)
        .column("df", "df", Kind::Count, 2)
        .column("p_adjusted", "p", Kind::P, 0)
        .column("least_expected", "least expected", Kind::Number, 7)
        .column("total_variation", "TVD", Kind::Number, 0)
        .column("kl_divergence", "KL", Kind::Number, 2)
        .column("js_divergence", "JS", Kind::Number, 2)
        .column("chebyshev_distance", "L-inf", Kind::Number, 3);
    let tests: Vec<_> = margins
        .iter()
        .map(|groups| {
            let (shares, expected) = groups.shares();
            goodness_of_fit(&shares, &expected, groups.whole.effective())
        })
        .collect();
    let adjusted = holm_of_some(tests.iter().map(|test| test.as_ref().map(|test| test.p)));
    for ((groups, test), p) in margins.iter().zip(tests).zip(adjusted) {
        let (shares, expected) = groups.shares();
        let mut line = Line::new()
            .text("attribute", groups.margin.name())
            .count("groups", groups.margin.groups.len() as u64)
            .count("rows", groups.whole.rows)
            .number("effective", Ok(groups.whole.effective()));
        if shares.is_empty() {
            for name in [
                "total_variation",
                "kl_divergence",
                "js_divergence",
                "chebyshev_distance",
            ] {
                line = line.nothing(name, "no_rows");
            }
        } else {
            let apart = divergence(&shares, &expected);
            line = line
                .number("total_variation", Ok(apart.total_variation))
                .number("kl_divergence", apart.kl.ok_or("zero_denominator"))
                .number("js_divergence", Ok(apart.js))
                .number("chebyshev_distance", Ok(apart.chebyshev));
        }
        let line = match test {
            Some(test) => line
                .number("statistic", Ok(test.statistic))
                .count("df", test.df)
                .number("p_adjusted", p.ok_or("no_test"))
                .number("least_expected", Ok(test.least_expected)),
            None => ["statistic", "df", "p_adjusted", "least_expected"]
                .iter()
                .fold(line, |line, name| line.nothing(name, "no_test")),
        };
        table.push(line);
    }
    table
}

/// The groups of a margin.
fn table(
    context: &Context,
    groups: &Groups,
    p: &[Option<f64>],
    facts: &mut Vec<(f64, String)>,
) -> Table {
    let name = groups.margin.name();
    let mut table = Table::new(&*name, &*name)
        .column("group", "group", Kind::Group, 0)
        .column("rows", "rows", Kind::Count, 1)
        .column("share", "share", Kind::Bar, 0)
        .column("expected", "expected", Kind::Bar, 0)
        .column("interval", "interval", Kind::ShareInterval, 2)
        .column("ratio", "ratio", Kind::Number, 0)
        .column("gap", "gap", Kind::Gap, 3)
        .column("p_adjusted", "p", Kind::P, 1);
    for (group, p) in groups.rows.iter().zip(p) {
        let line = Line::new()
            .group("group", group.values.clone())
            .count("rows", group.amount.rows);
        let Some(expected) = group.expected else {
            let is_missing = group.values.values().any(Option::is_none);
            let why = if is_missing {
                "missing"
            } else {
                "not_in_population"
            };
            let names = [
                "share",
                "expected",
                "interval",
                "ratio",
                "gap",
                "p_adjusted",
            ];
            table.push(
                names
                    .iter()
                    .fold(line, |line, name| line.nothing(name, why)),
            );
            continue;
        };
        let fraction = Fraction::new(group.amount, groups.whole);
        let share = fraction.value();
        let own = interval::rate(&fraction, context.confidence);
        let ratio = share
            .filter(|_| expected > 0.0)
            .map(|share| share / expected);
        facts.extend(fact(&name, group, (share, own), (*p, context)));
        table.push(
            line.number("share", share.ok_or("no_rows"))
                .number("expected", Ok(expected))
                .interval("interval", own, "no_rows")
                .number("ratio", ratio.ok_or("zero_denominator"))
                .number("gap", share.map(|share| share - expected).ok_or("no_rows"))
                .number("p_adjusted", p.ok_or("no_test")),
        );
    }
    table
}

/// What is worth saying about a group.
fn fact(
    attribute: &str,
    group: &Group,
    (share, own): (Option<f64>, Option<Interval>),
    (p, context): (Option<f64>, &Context),
) -> Option<(f64, String)> {
    let (share, expected) = (share?, group.expected?);
    let name = &group.name;
    let percent = |share: f64| {
        let percent = share * 100.0;
        if percent >= 10.0 {
            format!("{percent:.0}%")
        } else {
            format!("{percent:.1}%")
        }
    };
    if group.amount.rows == 0 && expected > 0.0 {
        let message = format!(
            "{attribute}: no row is {name}, {} of the population are",
            percent(expected)
        );
        return Some((0.8, message));
    }
    let is_sure = context.is_sure(p);
    let (low, high) = own.map(|own| (own.low, own.high))?;
    let (word, off) = if high < OFF * expected {
        ("under-represented", 1.0 - share / expected)
    } else if low * OFF > expected {
        ("over-represented", 1.0 - expected / share)
    } else {
        return None;
    };
    is_sure.then(|| {
        let message = format!(
            "{attribute}: {name} are {word}, {} of the rows and {} of the population",
            percent(share),
            percent(expected)
        );
        (0.4 + off / 2.5, message)
    })
}

/// What it takes to weight the rows to the population.
fn weighted(context: &Context, population: &Population, found: &mut Found) {
    let Some(weights) = weights(context.tally, population) else {
        let note = "no row of a known group weighs anything: there are no weights";
        found.notes.push(note.to_owned());
        return;
    };
    let method = if population.margins.len() == 1 {
        "post-stratification"
    } else {
        "raking"
    };
    let mut table = Table::new("weights", "weights that give every group its share")
        .column("method", "method", Kind::Text, 0)
        .column("rounds", "rounds", Kind::Count, 2)
        .column("converged", "converged", Kind::Text, 1)
        .column("off", "still off", Kind::Number, 3)
        .column("lowest", "lowest", Kind::Number, 0)
        .column("highest", "highest", Kind::Number, 0)
        .column("rows", "rows", Kind::Count, 1)
        .column("kept", "not known", Kind::Count, 2)
        .column("effective", "worth", Kind::Number, 1);
    let raked = &weights.raked;
    table.push(
        Line::new()
            .text("method", method)
            .count("rounds", u64::from(raked.rounds))
            .text("converged", if raked.is_settled() { "yes" } else { "no" })
            .number("off", Ok(raked.off))
            .number("lowest", Ok(weights.range.0))
            .number("highest", Ok(weights.range.1))
            .count("rows", weights.rows)
            .count("kept", weights.kept)
            .number("effective", Ok(weights.effective)),
    );
    found.tables.push(table);
    if !raked.is_settled() {
        let note = format!(
            "raking did not converge: after {} rounds a share is still {:.4} off, since combinations \
             that are needed have no rows",
            raked.rounds, raked.off
        );
        found.notes.push(note);
    }
    if weights.kept > 0 {
        let note = format!(
            "{} rows are of no group that the population knows: they keep their base weight",
            weights.kept
        );
        found.notes.push(note);
    }
    if !weights.empty.is_empty() {
        let note = format!(
            "no weight can make up for groups without rows ({}): the others share their part",
            weights.empty.join(", ")
        );
        found.notes.push(note);
    }
    found.notes.push(
        "weights: `--weights-out FILE` writes them, one a row, mean 1; worth: Kish's effective rows \
         once they are weighted so"
            .to_owned(),
    );
}
