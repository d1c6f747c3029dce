//! Rows that repeat others, and rows that are alike but for their label, by group.
//!
//! Alike is what has the same value in every column but the label, decisions, scores, weights and
//! ids. Where labels of rows that are alike differ, some of them are wrong, or the columns do not
//! tell what made the difference.

use super::Check;
use super::context::{Context, share};
use super::section::{Found, Kind, Line, Table};
use crate::sketch::repeats::{Copies, DISTINCT};
use crate::sketch::{Grouping, LABELS};
use crate::stats::adjust::holm_of_some;
use crate::stats::test::two_proportions;
use crate::stats::{Fraction, interval};
use crate::tally;
use crate::tally::cell::{NEGATIVE, POSITIVE};

/// The check.
pub const CHECK: Check = Check {
    name: "duplicates",
    title: "rows that are alike",
    publishes: false,
    run,
};

/// Where more rows repeat another than this, columns are too coarse to tell rows apart.
const COARSE: f64 = 0.75;
/// A share of all rows, or a gap between groups, beyond which a fact is worth a look.
const MANY: f64 = 0.01;
const WIDE: f64 = 0.05;

/// Rows of one group.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Alike {
    rows: u64,
    /// Rows beyond the first of those that are alike, label included.
    repeats: u64,
    /// Labelled rows, and those that are like a row of the other label.
    labelled: u64,
    conflicting: u64,
    /// Rows that are alike repeat, and are at odds, together: Σn² of such, over all kinds.
    repeats_squared: u64,
    conflicting_squared: u64,
    /// Labels at least that would have to be others for all rows that are alike to agree.
    minority: u64,
}

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let repeats = &context.sketches.repeats;
    let rows = repeats.rows();
    if rows.is_empty() {
        return found;
    }
    let is_labelled = context.plan.label.is_some();
    let mut table = table(is_labelled);
    let mut crossed = Table {
        name: "crossed".to_owned(),
        title: "rows that are alike, by combination".to_owned(),
        detail: true,
        ..table.clone()
    };
    let whole = counted(&rows, &context.by_label().all(), (1, is_labelled));
    push(&mut table, "overall", None, &whole[0], context);
    let mut gaps = Vec::new();
    let attributes = context.attributes().filter(|_| !context.sketches.is_flat);
    for own in attributes {
        let grouping = context.grouping(own, false);
        let groups = counted(&rows, &grouping, (own.rows.len(), is_labelled));
        for (row, group) in own.rows.iter().zip(&groups) {
            let is_single = own.attribute.0.len() == 1;
            let to = if is_single { &mut table } else { &mut crossed };
            push(to, &own.name, Some(row), group, context);
        }
        if own.attribute.0.len() == 1 {
            gaps.push((own, groups));
        }
    }
    found.tables.push(table);
    if !crossed.rows.is_empty() {
        found.tables.push(crossed);
    }
    say(context, &whole[0], &gaps, &mut found);
    let one_of = repeats.one_of();
    found.notes.push(if one_of > 1 {
        format!(
            "estimated: of more than {DISTINCT} distinct rows one in {one_of} is looked at, with all \
             its copies"
        )
    } else {
        "every row is looked at".to_owned()
    });
    found.notes.push(
        "alike: the same value in every column but label, decisions, score, weight, ids by name and \
         what `--ignore` names; repeats: rows beyond the first that are alike in the label too; at \
         odds: rows like one of the other label"
            .to_owned(),
    );
    unlike(context, &whole[0], &mut found);
    found
}

impl Grouping {
    /// All cells in one group.
    fn all(&self) -> Self {
        Self::whole(self.of_cell.len())
    }
}

/// What is alike within each group. A row's copies in another group are not its copies.
fn counted(
    rows: &[(u128, Copies)],
    grouping: &Grouping,
    (groups, is_labelled): (usize, bool),
) -> Vec<Alike> {
    let mut counted = vec![Alike::default(); groups];
    for (_, copies) in rows {
        let mut by_group: Vec<(u32, [u64; LABELS])> = Vec::with_capacity(1);
        for &(cell, n) in copies {
            let Some(group) = grouping.of_cell.get(cell as usize).copied().flatten() else {
                continue;
            };
            // Where no label is known cells are by decision, which says nothing here.
            let label = if is_labelled {
                cell as usize % LABELS
            } else {
                LABELS - 1
            };
            let known = by_group.iter().position(|(own, _)| *own == group);
            let at = known.unwrap_or_else(|| {
                by_group.push((group, [0; LABELS]));
                by_group.len() - 1
            });
            by_group[at].1[label] += n;
        }
        for (group, labels) in by_group {
            let alike = &mut counted[group as usize];
            let (yes, no) = (labels[POSITIVE], labels[NEGATIVE]);
            alike.rows += labels.iter().sum::<u64>();
            let repeats = labels.iter().map(|n| n.saturating_sub(1)).sum::<u64>();
            alike.repeats += repeats;
            alike.repeats_squared += repeats * repeats;
            alike.labelled += yes + no;
            if yes > 0 && no > 0 {
                alike.conflicting += yes + no;
                alike.conflicting_squared += (yes + no) * (yes + no);
                alike.minority += yes.min(no);
            }
        }
    }
    counted
}

fn table(is_labelled: bool) -> Table {
    let table = Table::new("groups", "rows that are alike, by group")
        .column("attribute", "attribute", Kind::Text, 1)
        .column("group", "group", Kind::Group, 0)
        .column("rows", "rows", Kind::Count, 3)
        .column("repeats", "repeats", Kind::Count, 0)
        .column("repeats_share", "share", Kind::Bar, 0)
        .column("repeats_interval", "interval", Kind::ShareInterval, 4);
    if !is_labelled {
        return table;
    }
    table
        .column("labelled", "labelled", Kind::Count, 5)
        .column("conflicting", "at odds", Kind::Count, 0)
        .column("conflicting_share", "share", Kind::Share, 0)
        .column("conflicting_interval", "interval", Kind::ShareInterval, 2)
        .column("minority", "labels to change", Kind::Count, 2)
}

fn push(
    table: &mut Table,
    attribute: &str,
    row: Option<&tally::Row>,
    alike: &Alike,
    context: &Context,
) {
    let line = Line::new()
        .text("attribute", attribute)
        .count("rows", alike.rows)
        .count("repeats", alike.repeats);
    let line = match row {
        Some(row) => line.group("group", context.values(&row.group)),
        None => line.nothing("group", "all_rows"),
    };
    let rate = |line: Line, name: &str, rate: Fraction| {
        line.number(&format!("{name}_share"), rate.value().ok_or("no_rows"))
            .interval(
                &format!("{name}_interval"),
                interval::rate(&rate, context.confidence),
                "no_rows",
            )
    };
    let mut line = rate(line, "repeats", share(alike.repeats, alike.rows));
    if context.plan.label.is_some() {
        line = line
            .count("labelled", alike.labelled)
            .count("conflicting", alike.conflicting)
            .count("minority", alike.minority);
        line = rate(
            line,
            "conflicting",
            share(alike.conflicting, alike.labelled),
        );
    }
    table.push(line);
}

/// A share of a group's rows, and Σn² of those that are counted together.
type Rate = fn(&Alike) -> (Fraction, u64);

/// How much a share is larger than another at least, and its p, where rows count together and larger
/// groups have more rows that are alike by chance.
///
/// A row's chance to have one like it grows no faster than the rows of its group: so much is taken off
/// the larger one. Rows that count together are worth Σn / Σn² each (Kish 1965, Survey Sampling, 8.2).
fn larger(most: (Fraction, u64), least: (Fraction, u64)) -> Option<(f64, f64)> {
    let together = |(fraction, squares): (Fraction, u64)| {
        let part = fraction.part.rows;
        (part > 0).then(|| (squares as f64 / part as f64).max(1.0))
    };
    let rows = |(fraction, _): (Fraction, u64)| fraction.whole.rows as f64;
    let times = (rows(least) / rows(most)).min(1.0);
    let (high, low) = (times * most.0.value()?, least.0.value()?);
    let most_together = together(most)?;
    let least_together = together(least).unwrap_or(most_together);
    let worth = |rate: f64, rows: f64| share((rate * rows).floor() as u64, rows.floor() as u64);
    let test = two_proportions(
        &worth(high, rows(most) / most_together),
        &worth(low, rows(least) / least_together),
    )?;
    (high > low).then_some((high - low, test.p))
}

/// What is worth saying: many of all rows, and gaps between groups.
fn say(context: &Context, whole: &Alike, gaps: &[(&tally::Table, Vec<Alike>)], found: &mut Found) {
    let of = |part: u64, all: u64| part as f64 / all.max(1) as f64;
    let repeats = of(whole.repeats, whole.rows);
    if repeats > COARSE {
        let note = "most rows repeat another: the columns are too coarse to tell rows apart, which is \
                    no fault of theirs";
        found.notes.push(note.to_owned());
        return;
    }
    if repeats >= MANY {
        let message = format!("{:.1}% of the rows repeat another row", repeats * 100.0);
        found.facts.push((0.4 + repeats / 4.0, message));
    }
    let conflicting = of(whole.conflicting, whole.labelled);
    if conflicting >= MANY {
        let message = format!(
            "{:.1}% of the labels are at odds with that of a row that is alike in every column",
            conflicting * 100.0
        );
        found.facts.push((0.4 + conflicting / 4.0, message));
    }
    let kinds: [(&str, Rate); 2] = [
        ("repeat another row", |a| {
            (share(a.repeats, a.rows), a.repeats_squared)
        }),
        ("have a label at odds with a row that is alike", |a| {
            (share(a.conflicting, a.labelled), a.conflicting_squared)
        }),
    ];
    let mut open = Vec::new();
    for (table, groups) in gaps {
        for (words, rate) in kinds {
            let rows = table.compared_rows();
            let large: Vec<usize> = (0..rows.len())
                .filter(|&at| rate(&groups[at]).0.whole.rows >= context.min_group.max(1))
                .collect();
            let value = |at: &usize| rate(&groups[*at]).0.value().unwrap_or(0.0);
            let by_value = |a: &&usize, b: &&usize| value(a).total_cmp(&value(b));
            let ends = large
                .iter()
                .max_by(by_value)
                .zip(large.iter().min_by(by_value));
            let Some((&most, &least)) = ends.filter(|(most, least)| most != least) else {
                continue;
            };
            let sure = larger(rate(&groups[most]), rate(&groups[least]));
            // Any two of them could have been the farthest apart.
            let pairs = (large.len() * (large.len() - 1) / 2) as f64;
            let (gap, p) = sure.map_or((0.0, None), |(gap, p)| (gap, Some((pairs * p).min(1.0))));
            let message = format!(
                "{:.0}% of the rows of {}={} {words}, {:.0}% of {}",
                value(&most) * 100.0,
                table.name,
                Context::name(&rows[most]),
                value(&least) * 100.0,
                Context::name(&rows[least])
            );
            open.push((p, gap, message));
        }
    }
    let adjusted = holm_of_some(open.iter().map(|(p, ..)| *p));
    for ((_, gap, message), p) in open.into_iter().zip(adjusted) {
        if gap >= WIDE && context.is_sure(p) {
            found.facts.push((0.5 + gap / 2.0, message));
        }
    }
}

/// A column that tells nearly every row from the others hides what repeats.
fn unlike(context: &Context, whole: &Alike, found: &mut Found) {
    let rows = whole.rows * context.sketches.repeats.one_of();
    let names = context
        .sketches
        .columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| {
            let sketch = column.sketch.as_ref().ok()?;
            let is_unlike = sketch.distinct().0 as f64 >= 0.95 * rows as f64;
            (is_unlike && rows > 100 && context.is_feature(at))
                .then(|| format!("`{}`", column.name))
        });
    let names: Vec<String> = names.collect();
    if !names.is_empty() {
        found.notes.push(format!(
            "{} differs in nearly every row: `--ignore` leaves it out of what makes rows alike",
            names.join(", ")
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_rows_alone_make_no_gap_and_rows_that_count_together_are_not_many() {
        // Ten times the rows, ten times the share: that is chance alone.
        let chance = larger((share(200, 1000), 400), (share(2, 100), 4));
        assert!(chance.is_none_or(|(gap, _)| gap < 1e-12));
        let (gap, one) = larger((share(60, 200), 60), (share(20, 200), 20)).unwrap();
        assert!((gap - 0.2).abs() < 1e-12);
        let plain = two_proportions(&share(60, 200), &share(20, 200)).unwrap();
        assert_eq!(one, plain.p);
        // Ten each that count together are as many as tenths of the rows.
        let (_, ten) = larger((share(60, 200), 600), (share(20, 200), 200)).unwrap();
        assert_eq!(
            ten,
            two_proportions(&share(6, 20), &share(2, 20)).unwrap().p
        );
    }
}
