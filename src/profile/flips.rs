//! How many labels must be wrong for a gap of base rates to be none, or for none to be one.
//!
//! In: the labelled rows of each group and of all others. Out: the least number of labels of the one
//! or of the other that, flipped, turn the finding; what Walsh et al. 2014
//! (doi:10.1016/j.jclinepi.2013.10.019) call the fragility of a trial. Rows are counted, so that a
//! weighted table is not looked at.

use super::Check;
use super::context::Context;
use super::section::{Found, Kind, Line, Table};
use crate::stats::interval::{self, Critical};
use crate::stats::{Fraction, Method};
use crate::tally::cell::{MISSING, POSITIVE};
use crate::tally::{self, Row};

/// The check.
pub const CHECK: Check = Check {
    name: "flips",
    title: "how many wrong labels turn a finding",
    publishes: true,
    run,
};

/// A gap that so small a share of a group's labels turns deserves a look.
const FRAGILE: f64 = 0.02;
/// Where it is at least so wide.
const WIDE: f64 = 0.05;

/// Labels of a group and of all others.
#[derive(Clone, Copy)]
struct Pair {
    /// Positive, and all.
    own: (u64, u64),
    rest: (u64, u64),
}

impl Pair {
    fn fraction((part, whole): (u64, u64)) -> Fraction {
        super::context::share(part, whole)
    }

    /// The difference of the rates.
    fn gap(self) -> Option<f64> {
        let (own, rest) = (Self::fraction(self.own), Self::fraction(self.rest));
        Some(own.value()? - rest.value()?)
    }

    /// Which way the gap goes for sure: 0 where it could be chance.
    fn side(self, z: f64) -> i8 {
        let (own, rest) = (Self::fraction(self.own), Self::fraction(self.rest));
        let limits = interval::difference_limits(&own, &rest, z);
        limits.map_or(0, interval::side)
    }

    /// The same with so many labels of the group or of the rest flipped, up or down; `None` where
    /// there are not so many.
    fn flipped(self, count: u64, (in_own, up): (bool, bool)) -> Option<Self> {
        let flip = |(part, whole): (u64, u64)| {
            let part = if up {
                part.checked_add(count).filter(|part| *part <= whole)
            } else {
                part.checked_sub(count)
            };
            part.map(|part| (part, whole))
        };
        Some(if in_own {
            Self {
                own: flip(self.own)?,
                ..self
            }
        } else {
            Self {
                rest: flip(self.rest)?,
                ..self
            }
        })
    }

    /// The least number of flips this way after which it is so; `is` must stay true once it is.
    fn least(self, way: (bool, bool), is: impl Fn(Self) -> bool) -> Option<u64> {
        let all = if way.0 { self.own.1 } else { self.rest.1 };
        let is_after = |count: u64| self.flipped(count, way).is_none_or(&is);
        let (mut no, mut yes) = (0, all + 1);
        while yes - no > 1 {
            let middle = no + (yes - no) / 2;
            if is_after(middle) {
                yes = middle;
            } else {
                no = middle;
            }
        }
        self.flipped(yes, way).is_some_and(is).then_some(yes)
    }

    /// The flips of the group's labels, or of the rest's, that turn the finding.
    fn turned(self, in_own: bool, z: f64) -> Option<u64> {
        let side = self.side(z);
        // Where there is a gap, toward each other; where there is none, either way may make one.
        let ways = [true, false].into_iter().filter(|&up| match side {
            0 => true,
            side => ((side < 0) == in_own) == up,
        });
        ways.filter_map(|up| self.least((in_own, up), |pair| pair.side(z) != side))
            .min()
    }
}

/// One group against the rest of its attribute.
struct Held<'a> {
    table: &'a tally::Table,
    row: &'a Row,
    pair: Pair,
}

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    if context.plan.label.is_none() {
        return found;
    }
    if context.plan.weight.is_some() {
        let note = "rows are weighted: flips of labels are not shown, they count rows";
        found.notes.push(note.to_owned());
        return found;
    }
    let held: Vec<Held> = context.attributes().flat_map(pairs).collect();
    let alone = Critical::alone(context.confidence);
    let together = interval::z(context.confidence, held.len() as f64);
    let (Some(alone), Some(z)) = (alone, together) else {
        return found;
    };
    let singles = |held: &&Held| held.table.attribute.0.len() == 1;
    let mut tables = [
        empty("labels", "flips of a group's labels, or of all others'"),
        empty("crossed", "flips of an intersection's labels"),
    ];
    tables[1].detail = true;
    for own in &held {
        let place = usize::from(!singles(&own));
        tables[place].push(line(context, own, alone, z));
    }
    // Told is only what is no chance beside all other facts.
    let told = held.iter().filter(singles).count() as f64;
    let sure = interval::z(1.0 - context.chance(), told);
    let is_sure = |own: &&Held| sure.is_some_and(|sure| own.pair.side(sure) != 0);
    for own in held.iter().filter(singles).filter(is_sure) {
        say(context, own, z, &mut found);
    }
    let tables = tables.into_iter().filter(|table| !table.rows.is_empty());
    found.tables.extend(tables);
    if !found.tables.is_empty() {
        found.notes.push(
            "a gap is found where the interval at the level of all lines together is on one side of \
             0; flips: the least number of labels that, all wrong the same way, turn what was found"
                .to_owned(),
        );
    }
    found
}

/// Every compared group against all others; of two groups the first says it all.
fn pairs(table: &tally::Table) -> Vec<Held<'_>> {
    let rows = table.compared_rows();
    let labels = |row: &Row| {
        let positive = row.cell.amount(|label, _| label == POSITIVE);
        let known = row.cell.amount(|label, _| label != MISSING);
        (positive.rows, known.rows)
    };
    let all = rows.iter().map(labels);
    let all = all.fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
    let shown = if rows.len() == 2 { 1 } else { rows.len() };
    let held = rows.iter().take(shown).map(|row| {
        let own = labels(row);
        let rest = (all.0 - own.0, all.1 - own.1);
        Held {
            table,
            row,
            pair: Pair { own, rest },
        }
    });
    held.filter(|held| held.pair.own.1 > 0 && held.pair.rest.1 > 0)
        .collect()
}

fn empty(name: &str, title: &str) -> Table {
    Table::new(name, title)
        .column("attribute", "attribute", Kind::Text, 1)
        .column("group", "group", Kind::Group, 0)
        .column("labelled", "labelled", Kind::Count, 7)
        .column("base_rate", "base rate", Kind::Share, 5)
        .column("rest", "rest", Kind::Share, 5)
        .column("gap", "gap", Kind::Gap, 1)
        .column("interval", "interval", Kind::Interval, 4)
        .column("finding", "finding", Kind::Text, 3)
        .column("flips", "flips", Kind::Count, 0)
        .column("flips_share", "of labels", Kind::Share, 2)
        .column("flips_rest", "in the rest", Kind::Count, 2)
        .column("flips_rest_share", "of the rest's", Kind::Share, 8)
}

fn line(context: &Context, held: &Held, alone: Critical, z: f64) -> Line {
    let pair = held.pair;
    let (own, rest) = (Pair::fraction(pair.own), Pair::fraction(pair.rest));
    let limits = interval::difference_limits(&own, &rest, alone.z);
    let interval = limits.map(|limits| alone.interval(limits, Method::MiettinenNurminen));
    let line = Line::new()
        .text("attribute", &held.table.name)
        .group("group", context.values(&held.row.group))
        .count("labelled", pair.own.1)
        .number("base_rate", own.value().ok_or("no_labels"))
        .number("rest", rest.value().ok_or("no_labels"))
        .number("gap", pair.gap().ok_or("no_labels"))
        .interval("interval", interval, "no_interval")
        .text("finding", finding(pair.side(z)));
    let sides = [
        (true, pair.own.1, "flips", "flips_share"),
        (false, pair.rest.1, "flips_rest", "flips_rest_share"),
    ];
    sides
        .into_iter()
        .fold(line, |line, (in_own, labels, name, share)| {
            match pair.turned(in_own, z) {
                Some(flips) => line
                    .count(name, flips)
                    .number(share, Ok(flips as f64 / labels as f64)),
                None => line
                    .nothing(name, "none_would")
                    .nothing(share, "none_would"),
            }
        })
}

fn finding(side: i8) -> &'static str {
    match side {
        0 => "none",
        1 => "more",
        _ => "fewer",
    }
}

/// A gap that a few wrong labels would make.
fn say(context: &Context, held: &Held, z: f64, found: &mut Found) {
    let pair = held.pair;
    let is_large = pair.own.1.min(pair.rest.1) >= context.min_group;
    let side = pair.side(z);
    if side == 0 || !is_large {
        return;
    }
    let Some(flips) = pair.turned(true, z) else {
        return;
    };
    let share = flips as f64 / pair.own.1 as f64;
    if share > FRAGILE || pair.gap().is_none_or(|gap| gap.abs() < WIDE) {
        return;
    }
    let labels = if flips == 1 { "label" } else { "labels" };
    found.facts.push((
        0.4,
        format!(
            "labels of {}: with {flips} {labels} of {} wrong ({:.1} %) its gap to the rest could be \
             chance",
            held.table.name,
            Context::name(held.row),
            share * 100.0,
        ),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number of flips tried, one after the other.
    fn tried(pair: Pair, in_own: bool, z: f64) -> Option<u64> {
        let side = pair.side(z);
        let all = if in_own { pair.own.1 } else { pair.rest.1 };
        let turns = |count: u64, up: bool| {
            let after = pair.flipped(count, (in_own, up));
            after.is_some_and(|after| after.side(z) != side)
        };
        (1..=all).find(|&count| turns(count, true) || turns(count, false))
    }

    #[test]
    fn the_least_number_of_flips_is_that_of_trying_all() {
        let mut turned = 0;
        for z in [1.96, 2.6] {
            for (m, n) in [(5, 60), (12, 12), (40, 90), (31, 7)] {
                for a in 0..=m {
                    for b in (0..=n).step_by(3) {
                        let pair = Pair {
                            own: (a, m),
                            rest: (b, n),
                        };
                        for in_own in [true, false] {
                            let found = pair.turned(in_own, z);
                            turned += u64::from(found.is_some());
                            let least = tried(pair, in_own, z);
                            let what = format!("{a}/{m} {b}/{n} {in_own} {z}");
                            assert_eq!(found, least, "{what}");
                        }
                    }
                }
            }
        }
        assert!(turned > 1_000);
    }
}
