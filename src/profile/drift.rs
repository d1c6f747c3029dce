//! What has changed since an earlier profile: mix of groups, base rates, missing values, numbers,
//! columns and values.
//!
//! In: the pass, and the sections of a saved profile; nothing else is left of the earlier table.
//! Everything is counted in rows. All p values of the section are adjusted for each other.

use std::collections::BTreeSet;

use super::columns::LISTED as VALUES_LISTED;
use super::context::{Context, share};
use super::earlier::{Before, Seen};
use super::section::{Found, Kind, Line, Table};
use super::{Check, shifted};
use crate::data::group::Values;
use crate::sketch::{Grouping, Level};
use crate::stats::adjust::holm_of_some;
use crate::stats::test::{ChiSquare, homogeneity, two_proportions};
use crate::stats::{Fraction, interval};
use crate::tally;
use crate::tally::cell::{MISSING, POSITIVE};

/// The check.
pub const CHECK: Check = Check {
    name: "drift",
    title: "what has changed",
    publishes: false,
    run,
};

/// Values of a column that are new or gone, at most.
const LISTED: usize = 20;

/// A line whose p is still to be adjusted.
pub struct Open {
    /// Which of the tables it is of.
    pub table: usize,
    /// All but the p.
    pub line: Line,
    /// The p, before it is adjusted.
    pub p: Option<f64>,
    /// What is said if the change is beyond chance and tolerance: how large it is, and the words.
    pub fact: Option<(f64, String)>,
}

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let Some(before) = context.before else {
        return found;
    };
    let mut tables = tables();
    let mut open: Vec<Open> = Vec::new();
    let mut apart = Vec::new();
    for table in context.attributes() {
        if !mix(context, before, table, &mut open) {
            apart.push(table.name.clone());
        }
    }
    if !apart.is_empty() {
        found.notes.push(format!(
            "{}: no group in common with the earlier table (other columns, or other bands: `--bins`)",
            apart.join(", ")
        ));
    }
    if before.is_weighted {
        let note = "the earlier labels are weighted: base rates are not compared";
        found.notes.push(note.to_owned());
    } else if context.plan.label.is_some() {
        for table in context.attributes() {
            labels(context, before, table, &mut open);
        }
    }
    if before.rows == 0 {
        let note = "the earlier profile tells no groups apart and so not how many rows it is of: missing \
                    values and numbers are not compared";
        found.notes.push(note.to_owned());
    } else {
        missing(context, before, &mut open);
    }
    shifted::numbers(context, before, &mut open);
    let adjusted = holm_of_some(open.iter().map(|open| open.p));
    for (open, p) in open.into_iter().zip(adjusted) {
        let Open {
            table, line, fact, ..
        } = open;
        tables[table].push(line.number("p_adjusted", p.ok_or("no_test")));
        if let Some((change, words)) = fact
            && context.is_sure(p)
            && change.abs() > context.tolerance
        {
            let weight = 0.5 + change.abs().min(1.0) / 2.0;
            found.facts.push((weight, words));
        }
    }
    tables.push(columns(context, before, &mut found));
    tables.retain(|table| !table.rows.is_empty());
    found.tables = tables;
    found.notes.push(
        "everything counts rows; p values of the section are adjusted for each other (Holm)"
            .to_owned(),
    );
    found
}

const MIX: usize = 0;
// Of single columns; those of products of columns stand last.
const GROUPS: usize = 1;
const LABELS: usize = 2;
const LACKING: usize = 3;
/// Columns of numbers.
pub const NUMBERS: usize = 4;
const CROSSED: [usize; 2] = [5, 6];

fn tables() -> Vec<Table> {
    let changing = |table: Table| {
        table
            .column("before", "before", Kind::Share, 0)
            .column("after", "now", Kind::Bar, 0)
            .column("change", "change", Kind::Gap, 0)
            .column("interval", "interval", Kind::Interval, 2)
            .column("p_adjusted", "p", Kind::P, 1)
    };
    let grouped = |name: &str, title: &str| {
        Table::new(name, title)
            .column("attribute", "attribute", Kind::Text, 1)
            .column("group", "group", Kind::Group, 0)
            .column("rows_before", "rows before", Kind::Count, 4)
            .column("rows", "rows", Kind::Count, 4)
    };
    let numbers = Table::new(
        "numbers",
        "numbers: how far their distributions are apart at least",
    )
    .column("column", "column", Kind::Text, 0)
    .column("median_before", "median before", Kind::Number, 1)
    .column("median", "now", Kind::Number, 1)
    .column("mean_before", "mean before", Kind::Number, 4)
    .column("mean", "mean", Kind::Number, 4)
    .column("ks_at_least", "KS at least", Kind::Number, 0)
    .column("p_adjusted", "p at most", Kind::P, 1);
    vec![
        Table::new("mix", "the mix of groups")
            .column("attribute", "attribute", Kind::Text, 0)
            .column("groups", "groups", Kind::Count, 2)
            .column("total_variation", "TVD", Kind::Number, 0)
            .column("statistic", "chi-square", Kind::Number, 1)
            .column("df", "df", Kind::Count, 2)
            .column("least_expected", "least expected", Kind::Number, 4)
            .column("p_adjusted", "p", Kind::P, 0),
        changing(grouped("groups", "shares of groups")),
        changing(grouped("labels", "base rates of groups")),
        changing(
            Table::new("missing", "missing values by column")
                .column("column", "column", Kind::Text, 0)
                .column("rows_before", "rows before", Kind::Count, 4)
                .column("rows", "rows", Kind::Count, 4),
        ),
        numbers,
        changing(grouped("crossed_groups", "shares of combinations")).detail(),
        changing(grouped("crossed_labels", "base rates of combinations")).detail(),
    ]
}

/// Two shares and what lies between them.
fn changed(line: Line, before: &Fraction, after: &Fraction, confidence: f64) -> Line {
    let change = after.value().zip(before.value()).map(|(a, b)| a - b);
    line.number("before", before.value().ok_or("no_rows"))
        .number("after", after.value().ok_or("no_rows"))
        .number("change", change.ok_or("no_rows"))
        .interval(
            "interval",
            interval::difference(after, before, confidence),
            "no_interval",
        )
}

fn percent(fraction: &Fraction) -> String {
    let percent = fraction.value().unwrap_or(0.0) * 100.0;
    if percent >= 10.0 {
        format!("{percent:.0}%")
    } else {
        format!("{percent:.1}%")
    }
}

/// The change of a share.
fn change(before: &Fraction, after: &Fraction) -> f64 {
    after.value().unwrap_or(0.0) - before.value().unwrap_or(0.0)
}

/// A group: its values, its name, its rows before and now.
type Group = (Values, String, [u64; 2]);

/// The groups of an attribute in either table; `None` where the earlier one has none of them.
fn groups(context: &Context, before: &Before, table: &tally::Table) -> Option<Vec<Group>> {
    let mut earlier = before.groups(&table.name)?;
    let known = earlier.len();
    let mut groups: Vec<Group> = table
        .rows
        .iter()
        .map(|row| {
            let values = context.values(&row.group);
            let old = earlier.remove(&values).unwrap_or(0);
            (values, Context::name(row), [old, row.cell.total().rows])
        })
        .collect();
    if earlier.len() == known {
        return None;
    }
    for (values, rows) in earlier {
        let texts = values.values().map(|v| v.clone().unwrap_or_default());
        let name = texts.collect::<Vec<_>>().join(" & ");
        groups.push((values, name, [rows, 0]));
    }
    Some(groups)
}

/// Shares of an attribute's groups; whether the earlier table has any of them.
fn mix(context: &Context, before: &Before, table: &tally::Table, open: &mut Vec<Open>) -> bool {
    let Some(groups) = groups(context, before, table) else {
        return false;
    };
    let total = |at: usize| groups.iter().map(|(.., rows)| rows[at]).sum::<u64>();
    let (old, new) = (total(0), total(1));
    let sides: Vec<Fraction> = groups.iter().map(|(.., [a, b])| share(*b, a + b)).collect();
    let test = homogeneity(&sides);
    let apart = groups
        .iter()
        .map(|(.., [a, b])| (*b as f64 / new as f64 - *a as f64 / old as f64).abs());
    let number = |of: fn(&ChiSquare) -> f64| test.as_ref().map(of).ok_or("no_test");
    let line = Line::new()
        .text("attribute", &table.name)
        .count("groups", groups.len() as u64)
        .number("total_variation", Ok(apart.sum::<f64>() / 2.0))
        .number("statistic", number(|test| test.statistic))
        .number("least_expected", number(|test| test.least_expected));
    let line = match test {
        Some(test) => line.count("df", test.df),
        None => line.nothing("df", "no_test"),
    };
    open.push(Open {
        table: MIX,
        line,
        p: test.map(|test| test.p),
        fact: None,
    });
    for (values, name, [a, b]) in groups {
        let (was, is) = (share(a, old), share(b, new));
        let line = Line::new()
            .text("attribute", &table.name)
            .group("group", values)
            .count("rows_before", a)
            .count("rows", b);
        let words = format!(
            "{}: {name} were {} of the rows before, {} now",
            table.name,
            percent(&was),
            percent(&is)
        );
        let is_single = table.attribute.0.len() == 1;
        open.push(Open {
            table: if is_single { GROUPS } else { CROSSED[0] },
            line: changed(line, &was, &is, context.confidence),
            p: two_proportions(&is, &was).map(|test| test.p),
            fact: is_single.then(|| (change(&was, &is), words)),
        });
    }
    true
}

/// Base rates of an attribute's groups.
fn labels(context: &Context, before: &Before, table: &tally::Table, open: &mut Vec<Open>) {
    let earlier = before.labels(&table.name);
    for row in &table.rows {
        let values = context.values(&row.group);
        let Some(was) = earlier.get(&values) else {
            continue;
        };
        let cell = &row.cell;
        let positive = cell.amount(|label, _| label == POSITIVE).rows;
        let labelled = cell.amount(|label, _| label != MISSING).rows;
        let is = share(positive, labelled);
        let line = Line::new()
            .text("attribute", &table.name)
            .group("group", values)
            .count("rows_before", was.whole.rows)
            .count("rows", labelled);
        let words = format!(
            "labels of {}={}: {} were positive before, {} now",
            table.name,
            Context::name(row),
            percent(was),
            percent(&is)
        );
        let is_single = table.attribute.0.len() == 1;
        open.push(Open {
            table: if is_single { LABELS } else { CROSSED[1] },
            line: changed(line, was, &is, context.confidence),
            p: two_proportions(&is, was).map(|test| test.p),
            fact: is_single.then(|| (change(was, &is), words)),
        });
    }
}

/// Missing values of every column that both tables have.
fn missing(context: &Context, before: &Before, open: &mut Vec<Open>) {
    for column in &context.sketches.columns {
        let Ok(sketch) = &column.sketch else { continue };
        let Some(Seen { missing, .. }) = before.column(&column.name) else {
            continue;
        };
        let whole = Grouping::whole(sketch.cells());
        let lacks = sketch.missing(&whole)[0];
        if lacks == 0 && missing == 0 {
            continue;
        }
        let (was, is) = (
            share(missing, before.rows),
            share(lacks, sketch.rows(&whole)[0]),
        );
        let line = Line::new()
            .text("column", &column.name)
            .count("rows_before", missing)
            .count("rows", lacks);
        let words = format!(
            "`{}` was missing in {} of the rows before, in {} now",
            column.name,
            percent(&was),
            percent(&is)
        );
        open.push(Open {
            table: LACKING,
            line: changed(line, &was, &is, context.confidence),
            p: two_proportions(&is, &was).map(|test| test.p),
            fact: Some((change(&was, &is), words)),
        });
    }
}

/// Columns and values that are new or gone.
fn columns(context: &Context, before: &Before, found: &mut Found) -> Table {
    let mut table = Table::new("columns", "columns and values that are new or gone")
        .column("column", "column", Kind::Text, 0)
        .column("value", "value", Kind::Text, 0)
        .column("change", "change", Kind::Text, 0)
        .column("rows", "rows", Kind::Count, 1);
    let known: BTreeSet<&str> = before.columns().collect();
    let now: BTreeSet<&str> = context.sketches.columns.iter().map(|c| &*c.name).collect();
    let mut add = |column: &str, value: Option<&str>, change: &str, rows: Option<u64>| {
        let line = Line::new().text("column", column).text("change", change);
        let line = match value {
            Some(value) => line.text("value", value),
            None => line.nothing("value", "whole_column"),
        };
        table.push(match rows {
            Some(rows) => line.count("rows", rows),
            None => line.nothing("rows", "whole_column"),
        });
        let (weight, words) = match value {
            Some(value) => (0.35, format!("`{column}`: the value `{value}` is {change}")),
            None => (0.6, format!("the column `{column}` is {change}")),
        };
        found.facts.push((weight, words));
    };
    for name in now.difference(&known) {
        add(name, None, "new", None);
    }
    for name in known.difference(&now) {
        add(name, None, "gone", None);
    }
    for column in &context.sketches.columns {
        let Ok(sketch) = &column.sketch else { continue };
        let whole = Grouping::whole(sketch.cells());
        let texts = sketch
            .texts(&whole)
            .filter(|_| sketch.level() == Level::Values);
        let (Some(texts), Some(seen)) = (texts, before.column(&column.name)) else {
            continue;
        };
        let earlier = before.values(&column.name);
        // A list that is cut tells what was there, not what was not; one that is not lacks what few
        // rows had.
        let is_whole = seen.is_exact && seen.distinct == earlier.len() as u64;
        let is_known = is_whole || seen.is_exact && earlier.len() < VALUES_LISTED;
        let is_new = |text: &str| is_known && !earlier.iter().any(|(known, _)| *known == text);
        let least = context.min_group.max(1);
        let new = texts
            .iter()
            .filter(|(text, rows)| rows[0] >= least && is_new(text));
        let change = if is_whole {
            "new"
        } else {
            "new, or was of few rows"
        };
        for (text, rows) in new.take(LISTED) {
            add(&column.name, Some(text), change, Some(rows[0]));
        }
        let is_there = |text: &str| {
            texts
                .iter()
                .any(|(known, rows)| *known == text && rows[0] > 0)
        };
        let gone = earlier.iter().filter(|(text, _)| !is_there(text));
        for (text, rows) in gone.take(LISTED) {
            add(&column.name, Some(text), "gone", Some(*rows));
        }
    }
    table
}
