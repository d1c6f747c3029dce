//! Which values are missing, whose, and what that tells of the label.
//!
//! Missing is an empty field or, of text, a spelling such as `?` or `NA` that means that there is no
//! value. The gap between groups has the simultaneous interval of every other gap in an audit.

use super::Check;
use super::context::{Context, share};
use super::section::{Found, Kind, Line, Table};
use crate::infer;
use crate::sketch::{LABELS, Sketch};
use crate::stats::adjust::holm_of_some;
use crate::stats::test::two_proportions;
use crate::stats::{Fraction, interval};
use crate::tally::cell::{MISSING, NEGATIVE, POSITIVE};
use crate::tally::{self, Cell};

/// The check.
pub const CHECK: Check = Check {
    name: "missing",
    title: "missing values",
    publishes: false,
    run,
};

/// Gaps of shares beyond which a fact is worth a look.
const WIDE: f64 = 0.05;

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let lacking: Vec<(&str, &Sketch)> = context
        .sketches
        .columns
        .iter()
        .filter_map(|column| {
            let sketch = column.sketch.as_ref().ok()?;
            let missing = sketch.missing(&context.by_label());
            (missing.iter().sum::<u64>() > 0).then_some((&*column.name, sketch))
        })
        .collect();
    columns(context, &lacking, &mut found);
    if context.sketches.is_flat {
        found
            .notes
            .push("too many groups: missing values are not told apart by group".to_owned());
    } else {
        gaps(context, &lacking, &mut found);
    }
    if context.plan.label.is_some() {
        bounds(context, &mut found);
    }
    found.notes.extend(context.dropped());
    found.notes.push(if lacking.is_empty() {
        "no column has missing values".to_owned()
    } else {
        "missing: an empty field, or a text that means none (`?`, `NA` …; `--null` says which)"
            .to_owned()
    });
    found
}

/// Columns with missing values, and the base rate with and without one.
fn columns(context: &Context, lacking: &[(&str, &Sketch)], found: &mut Found) {
    let by_label = context.by_label();
    let mut table = Table::new(
        "columns",
        "columns with missing values, and what that tells of the label",
    )
    .column("column", "column", Kind::Text, 0)
    .column("rows", "missing", Kind::Count, 0)
    .column("share", "share", Kind::Bar, 0)
    .column("positive_if_missing", "positive if missing", Kind::Share, 2)
    .column("positive_if_present", "if present", Kind::Share, 2)
    .column("gap", "gap", Kind::Gap, 1)
    .column("interval", "interval", Kind::Interval, 3)
    .column("p_adjusted", "p", Kind::P, 2);
    let mut tests: Vec<Option<f64>> = Vec::new();
    let mut lines = Vec::new();
    for (name, sketch) in lacking {
        let missing = sketch.missing(&by_label);
        let all = sketch.rows(&by_label);
        let (lacks, rows): (u64, u64) = (missing.iter().sum(), all.iter().sum());
        let of = |counts: &dyn Fn(usize) -> u64| {
            share(counts(POSITIVE), counts(POSITIVE) + counts(NEGATIVE))
        };
        let without = of(&|label| missing[label]);
        let with = of(&|label| all[label] - missing[label]);
        let is_label = context
            .plan
            .label
            .as_ref()
            .is_some_and(|label| label.name == *name);
        let test = two_proportions(&without, &with).filter(|_| !is_label);
        tests.push(test.map(|test| test.p));
        let why = if is_label {
            "no_labels"
        } else if context.plan.label.is_none() {
            "no_label"
        } else {
            "no_rows"
        };
        let gap = without.value().zip(with.value()).map(|(a, b)| a - b);
        lines.push((
            Line::new()
                .text("column", *name)
                .count("rows", lacks)
                .number("share", share(lacks, rows).value().ok_or("no_rows"))
                .number("positive_if_missing", without.value().ok_or(why))
                .number("positive_if_present", with.value().ok_or(why))
                .number("gap", gap.ok_or(why))
                .interval(
                    "interval",
                    interval::difference(&without, &with, context.confidence),
                    why,
                ),
            (*name, gap.unwrap_or(0.0)),
        ));
    }
    let adjusted = holm_of_some(tests);
    for ((line, (name, gap)), p) in lines.into_iter().zip(adjusted) {
        if context.is_sure(p) && gap.abs() >= WIDE {
            let message = format!(
                "rows without `{name}` are labelled positive {:.0} points {} often",
                gap.abs() * 100.0,
                if gap < 0.0 { "less" } else { "more" }
            );
            found.facts.push((0.4 + gap.abs().min(1.0) / 5.0, message));
        }
        table.push(line.number("p_adjusted", p.ok_or("no_test")));
    }
    if !table.rows.is_empty() {
        found.tables.push(table);
    }
}

/// A gap of missing values between the groups of an attribute.
struct Gap<'a> {
    column: &'a str,
    table: &'a tally::Table,
    rates: Vec<Fraction>,
    most: usize,
    least: usize,
    value: f64,
    evidence: infer::Evidence,
}

/// Missing values by group: the gaps, and every number.
fn gaps(context: &Context, lacking: &[(&str, &Sketch)], found: &mut Found) {
    let mut gaps = Vec::new();
    let mut every = Table::new("groups", "missing values by group")
        .detail()
        .column("column", "column", Kind::Text, 0)
        .column("attribute", "attribute", Kind::Text, 1)
        .column("group", "group", Kind::Group, 0)
        .column("missing", "missing", Kind::Count, 0)
        .column("rows", "rows", Kind::Count, 2)
        .column("share", "share", Kind::Bar, 0)
        .column("interval", "interval", Kind::ShareInterval, 3);
    for table in context.attributes() {
        let grouping = context.grouping(table, false);
        for (column, sketch) in lacking {
            let missing = sketch.missing(&grouping);
            let rows = sketch.rows(&grouping);
            // What is missing everywhere is missing of all alike.
            if table.name == *column || missing == rows {
                continue;
            }
            let rates: Vec<Fraction> = missing
                .iter()
                .zip(&rows)
                .map(|(&part, &whole)| share(part, whole))
                .collect();
            for (row, rate) in table.rows.iter().zip(&rates) {
                let interval = interval::rate(rate, context.confidence);
                every.push(
                    Line::new()
                        .text("column", *column)
                        .text("attribute", &table.name)
                        .group("group", context.values(&row.group))
                        .count("missing", rate.part.rows)
                        .count("rows", rate.whole.rows)
                        .number("share", rate.value().ok_or("no_rows"))
                        .interval("interval", interval, "no_rows"),
                );
            }
            gaps.extend(gap(context, column, table, rates));
        }
    }
    let p = holm_of_some(gaps.iter().map(|gap| gap.evidence.p));
    if !gaps.is_empty() {
        let shown = shown(context, &gaps, &p, found);
        found.tables.extend([shown, every]);
        found.notes.push(
            "p values are adjusted for each other (Holm); intervals of gaps hold for all pairs of \
             an attribute's groups together"
                .to_owned(),
        );
    }
}

/// The gap between the compared groups that have enough rows.
fn gap<'a>(
    context: &Context,
    column: &'a str,
    table: &'a tally::Table,
    mut rates: Vec<Fraction>,
) -> Option<Gap<'a>> {
    rates.truncate(table.compared_rows().len());
    let enough = |at: &usize| rates[*at].whole.rows >= context.min_group.max(1);
    let large: Vec<usize> = (0..rates.len()).filter(enough).collect();
    let value = |at: usize| rates[at].value().unwrap_or(0.0);
    let (&first, rest) = large.split_first()?;
    if rest.is_empty() {
        return None;
    }
    let pick = |is_better: &dyn Fn(f64, f64) -> bool| {
        rest.iter().fold(first, |best, &at| {
            if is_better(value(at), value(best)) {
                at
            } else {
                best
            }
        })
    };
    let (most, least) = (pick(&|a, b| a > b), pick(&|a, b| a < b));
    let chosen: Vec<Fraction> = large.iter().map(|&at| rates[at]).collect();
    Some(Gap {
        column,
        table,
        most,
        least,
        value: value(most) - value(least),
        evidence: infer::of_rates(&chosen, context.confidence),
        rates,
    })
}

/// The gaps, the widest first.
fn shown(context: &Context, gaps: &[Gap], p: &[Option<f64>], found: &mut Found) -> Table {
    let mut table = Table::new(
        "gaps",
        "missing values: the group with most against the one with least",
    )
    .column("column", "column", Kind::Text, 0)
    .column("attribute", "attribute", Kind::Text, 2)
    .column("most", "most", Kind::Group, 0)
    .column("most_share", "share", Kind::Share, 1)
    .column("least", "least", Kind::Group, 3)
    .column("least_share", "least share", Kind::Share, 3)
    .column("gap", "gap", Kind::Gap, 0)
    .column("interval", "interval", Kind::Interval, 2)
    .column("p_adjusted", "p", Kind::P, 1);
    let mut order: Vec<usize> = (0..gaps.len()).collect();
    order.sort_by(|&a, &b| gaps[b].value.total_cmp(&gaps[a].value));
    for at in order {
        let gap = &gaps[at];
        let row = |at: usize| context.values(&gap.table.rows[at].group);
        let share = |at: usize| gap.rates[at].value().ok_or("no_rows");
        let low = gap.evidence.interval.map_or(0.0, |interval| interval.low);
        // Of many columns some gap is wide by chance: all of them together are tested.
        if gap.table.attribute.0.len() == 1 && low >= WIDE && context.is_sure(p[at]) {
            let message = format!(
                "`{}` is missing for {:.0}% of {}={}, {:.0}% of {}",
                gap.column,
                share(gap.most).unwrap_or(0.0) * 100.0,
                gap.table.name,
                Context::name(&gap.table.rows[gap.most]),
                share(gap.least).unwrap_or(0.0) * 100.0,
                Context::name(&gap.table.rows[gap.least]),
            );
            found.facts.push((0.5 + low / 2.0, message));
        }
        table.push(
            Line::new()
                .text("column", gap.column)
                .text("attribute", &gap.table.name)
                .group("most", row(gap.most))
                .number("most_share", share(gap.most))
                .group("least", row(gap.least))
                .number("least_share", share(gap.least))
                .number("gap", Ok(gap.value))
                .interval("interval", gap.evidence.interval, "no_interval")
                .number("p_adjusted", p[at].ok_or("no_test")),
        );
    }
    table
}

/// What base rates could be, whatever the labels that nobody knows are (Manski 1989,
/// doi:10.2307/145818; 2003, Partial Identification of Probability Distributions, 1.2).
fn bounds(context: &Context, found: &mut Found) {
    let mut table = Table::new(
        "label_bounds",
        "rates whatever the missing labels are (worst cases)",
    )
    .column("attribute", "attribute", Kind::Text, 1)
    .column("group", "group", Kind::Group, 0)
    .column("rate", "rate", Kind::Text, 0)
    .column("unlabelled", "unlabelled", Kind::Count, 2)
    .column("unlabelled_share", "share", Kind::Share, 1)
    .column("value", "value", Kind::Share, 0)
    .column("low", "at least", Kind::Share, 0)
    .column("high", "at most", Kind::Share, 0);
    for own in context.attributes() {
        for row in &own.rows {
            let cell = &row.cell;
            let unlabelled: u64 = cell.rows[MISSING].iter().sum();
            if unlabelled == 0 {
                continue;
            }
            let rows = cell.total().rows;
            for (name, known, [low, high]) in rates(cell, !context.plan.decisions.is_empty()) {
                let value = |f: Fraction| f.value().ok_or("no_rows");
                table.push(
                    Line::new()
                        .text("attribute", &own.name)
                        .group("group", context.values(&row.group))
                        .text("rate", name)
                        .count("unlabelled", unlabelled)
                        .number("unlabelled_share", value(share(unlabelled, rows)))
                        .number("value", value(known))
                        .number("low", value(low))
                        .number("high", value(high)),
                );
            }
        }
    }
    if !table.rows.is_empty() {
        found.notes.push(
            "labels are often missing for those who were refused: between the bounds nothing in \
             the data tells what is true"
                .to_owned(),
        );
        found.tables.push(table);
    }
}

/// Rates that rest on labels: as seen, and at their lowest and highest. Counts of rows, unweighted.
fn rates(cell: &Cell, has_decision: bool) -> Vec<(&'static str, Fraction, [Fraction; 2])> {
    let rows = &cell.rows;
    let of = |label: usize| rows[label].iter().sum::<u64>();
    let (yes, no, open) = (of(POSITIVE), of(NEGATIVE), of(MISSING));
    let all = yes + no + open;
    let mut rates = vec![(
        "base_rate",
        share(yes, yes + no),
        [share(yes, all), share(yes + open, all)],
    )];
    if has_decision {
        // The unlabelled that were decided positive, and negative.
        let (up, down) = (rows[MISSING][POSITIVE], rows[MISSING][NEGATIVE]);
        for (name, label) in [
            ("true_positive_rate", POSITIVE),
            ("false_positive_rate", NEGATIVE),
        ] {
            let (hit, miss) = (rows[label][POSITIVE], rows[label][NEGATIVE]);
            // Lowest where the unlabelled that were decided negative are all of this label.
            let low = share(hit, hit + miss + down);
            let high = share(hit + up, hit + up + miss);
            rates.push((name, share(hit, hit + miss), [low, high]));
        }
    }
    debug_assert!(LABELS == rows.len());
    rates
}
