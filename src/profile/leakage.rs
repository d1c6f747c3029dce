//! Rows of a test table that stand in the table as well: what was learnt there is no test of it.
//!
//! In: what `run` found in the test table, row by row. Everything counts rows.

use super::Check;
use super::context::{Context, share};
use super::section::{Found, Kind, Line, Table};
use crate::data::group::Values;
use crate::sketch::repeats::DISTINCT;
use crate::stats::interval;

/// The check.
pub const CHECK: Check = Check {
    name: "leakage",
    title: "rows of the test table that are in this one",
    publishes: false,
    run,
};

/// What was found in a test table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Leak {
    /// Its name.
    pub path: String,
    /// By attribute and group, all rows first.
    pub groups: Vec<Leaked>,
    /// Columns that both tables have and that make rows equal.
    pub columns: Vec<String>,
    /// One of how many distinct rows of the test table was looked for.
    pub one_of: u64,
    /// Rows of this table that are in the test table.
    pub here: u64,
}

/// Rows of one group of the test table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Leaked {
    /// The attribute; `overall` of all rows.
    pub attribute: String,
    /// The group; `None` of all rows.
    pub group: Option<Values>,
    /// Rows that were looked for.
    pub rows: u64,
    /// Those of them that are in this table.
    pub leaked: u64,
    /// Those of them that repeat a row of the test table.
    pub repeats: u64,
}

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let Some(leak) = context.leak else {
        return found;
    };
    let mut table = Table::new("groups", "rows of the test table, by group")
        .column("attribute", "attribute", Kind::Text, 1)
        .column("group", "group", Kind::Group, 0)
        .column("rows", "rows", Kind::Count, 1)
        .column("leaked", "leaked", Kind::Count, 0)
        .column("share", "share", Kind::Bar, 0)
        .column("interval", "interval", Kind::ShareInterval, 2)
        .column("repeats", "repeats", Kind::Count, 3)
        .column("repeats_share", "share", Kind::Share, 3);
    for group in &leak.groups {
        let rate = share(group.leaked, group.rows);
        let line = Line::new()
            .text("attribute", &group.attribute)
            .count("rows", group.rows)
            .count("leaked", group.leaked)
            .number("share", rate.value().ok_or("no_rows"))
            .interval(
                "interval",
                interval::rate(&rate, context.confidence),
                "no_rows",
            )
            .count("repeats", group.repeats)
            .number(
                "repeats_share",
                share(group.repeats, group.rows).value().ok_or("no_rows"),
            );
        table.push(match &group.group {
            Some(values) => line.group("group", values.clone()),
            None => line.nothing("group", "all_rows"),
        });
    }
    found.tables.push(table);
    // Columns in which most of its own rows are alike tell no row from another.
    let is_told = |all: &&Leaked| all.leaked > 0 && 2 * all.repeats <= all.rows;
    if let Some(all) = leak.groups.first().filter(is_told) {
        let leaked = all.leaked as f64 / all.rows as f64;
        let message = format!(
            "{:.1}% of the rows of {} are in this table as well, the same in all {} columns of both",
            leaked * 100.0,
            leak.path,
            leak.columns.len()
        );
        found.facts.push((0.6 + 0.4 * leaked, message));
    }
    found.notes.push(format!(
        "equal: the same in {}; {} rows of this table are in the test table",
        leak.columns.join(", "),
        leak.here
    ));
    if leak.one_of > 1 {
        found.notes.push(format!(
            "estimated: of more than {DISTINCT} distinct rows of the test table one in {} was looked \
             for",
            leak.one_of
        ));
    }
    found
}
