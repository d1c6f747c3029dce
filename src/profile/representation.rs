//! Who is in the table: rows and shares of every group and intersection, and how uneven they are.

use super::Check;
use super::context::Context;
use super::section::{Found, Kind, Line, Table};
use crate::stats::{Fraction, interval};
use crate::tally::{self, Row};

/// The check.
pub const CHECK: Check = Check {
    name: "representation",
    title: "who is in the data",
    publishes: true,
    run,
};

/// A largest group this many times the smallest deserves a look.
const UNEVEN: f64 = 10.0;

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let mut summary = Table::new("attributes", "groups of each attribute")
        .column("attribute", "attribute", Kind::Text, 0)
        .column("groups", "groups", Kind::Count, 0)
        .column("smallest", "smallest", Kind::Group, 0)
        .column("smallest_rows", "rows", Kind::Count, 0)
        .column("largest_rows", "largest", Kind::Count, 1)
        .column("imbalance", "ratio", Kind::Number, 0)
        .column("evenness", "evenness", Kind::Number, 3)
        .column("small_groups", "too small", Kind::Count, 2)
        .column("missing_share", "missing", Kind::Share, 2);
    let mut tables = Vec::new();
    for table in context.attributes() {
        summary.push(summarized(context, table, &mut found));
        tables.push(groups(context, table));
    }
    if summary.rows.is_empty() {
        return found;
    }
    let small = match context.min_group {
        0 | 1 => String::new(),
        min => format!("; too small: fewer than {min} rows (`--min-group`)"),
    };
    found.notes.push(format!(
        "ratio: the smallest group by the largest; evenness: the groups' entropy by that of equal \
         shares{small}"
    ));
    found.tables.push(summary);
    found.tables.append(&mut tables);
    found
}

/// The line of an attribute, and what is worth saying about it.
fn summarized(context: &Context, table: &tally::Table, found: &mut Found) -> Line {
    let rows = table.compared_rows();
    let of = |row: &Row| row.cell.total().rows;
    let smallest = rows.iter().min_by_key(|row| of(row));
    let largest = rows.iter().map(of).max().unwrap_or(0);
    let small: Vec<&Row> = rows
        .iter()
        .filter(|row| of(row) < context.min_group)
        .collect();
    let line = Line::new()
        .text("attribute", &table.name)
        .count("groups", rows.len() as u64)
        .count("largest_rows", largest)
        .metric(
            "evenness",
            Context::whole("normalized_group_entropy", table),
        )
        .count("small_groups", small.len() as u64)
        .metric("missing_share", Context::whole("missing_share", table));
    let Some(smallest) = smallest else {
        return line
            .nothing("smallest", "no_rows")
            .nothing("smallest_rows", "no_rows")
            .nothing("imbalance", "no_rows");
    };
    let weights = rows.iter().map(|row| row.cell.total().weight);
    let (least, most) = weights.fold((f64::INFINITY, 0.0_f64), |(a, b), w| (a.min(w), b.max(w)));
    let imbalance = if most > 0.0 {
        Ok(least / most)
    } else {
        Err("no_rows")
    };
    say(
        context,
        table,
        (&small, smallest, imbalance.unwrap_or(1.0)),
        found,
    );
    line.group("smallest", context.values(&smallest.group))
        .count("smallest_rows", of(smallest))
        .number("imbalance", imbalance)
}

fn say(
    context: &Context,
    table: &tally::Table,
    (small, smallest, imbalance): (&[&Row], &Row, f64),
    found: &mut Found,
) {
    let is_single = table.attribute.0.len() == 1;
    let (name, min) = (&table.name, context.min_group);
    if !small.is_empty() {
        let first = Context::name(smallest);
        let more = match small.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        let message = format!("{name}: fewer than {min} rows of {first}{more}");
        found
            .facts
            .push((if is_single { 0.7 } else { 0.35 }, message));
    } else if is_single && imbalance * UNEVEN <= 1.0 {
        let message = format!(
            "{name}: the largest group is {:.0} times {}, the smallest",
            1.0 / imbalance,
            Context::name(smallest)
        );
        found.facts.push((0.3, message));
    }
}

/// The groups of an attribute.
fn groups(context: &Context, table: &tally::Table) -> Table {
    let is_single = table.attribute.0.len() == 1;
    let mut groups = Table::new(&*table.name, &*table.name)
        .column("group", "group", Kind::Group, 0)
        .column("rows", "rows", Kind::Count, 0)
        .column("share", "share", Kind::Bar, 0)
        .column("interval", "interval", Kind::ShareInterval, 2)
        .column("to_largest", "to largest", Kind::Number, 1)
        .column("to_equal", "to equal", Kind::Number, 3)
        .column("class_imbalance", "imbalance", Kind::Number, 4);
    groups.detail = !is_single;
    let whole = table.total.total();
    let compared = table.compared_rows();
    let most = compared
        .iter()
        .map(|row| row.cell.total().weight)
        .fold(0.0, f64::max);
    let all: f64 = compared.iter().map(|row| row.cell.total().weight).sum();
    for row in &table.rows {
        let own = row.cell.total();
        let share = Fraction::new(own, whole);
        let per = |part: f64, whole: f64| match (row.missing, whole > 0.0) {
            (true, _) => Err("missing"),
            (false, false) => Err("no_rows"),
            (false, true) => Ok(part / whole),
        };
        groups.push(
            Line::new()
                .group("group", context.values(&row.group))
                .count("rows", own.rows)
                .number("share", share.value().ok_or("no_rows"))
                .interval(
                    "interval",
                    interval::rate(&share, context.confidence),
                    "no_rows",
                )
                .number("to_largest", per(own.weight, most))
                .number("to_equal", per(own.weight * compared.len() as f64, all))
                .metric(
                    "class_imbalance",
                    Context::metric("class_imbalance", row, table),
                ),
        );
    }
    groups
}
