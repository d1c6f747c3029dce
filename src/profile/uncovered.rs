//! Which combinations of sensitive values the table hardly has: maximal uncovered patterns (Asudeh, Jin
//! and Jagadish 2019, doi:10.1109/ICDE.2019.00056).
//!
//! A pattern says a value for some of the columns; it is uncovered where fewer than k rows match it, and
//! maximal where every pattern that says one value less is covered. All other uncovered patterns follow
//! from these. Found level by level from the most general one, each pattern once, as their
//! Pattern-Breaker does.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::context::Context;
use super::section::{Found, Kind, Line, Table};
use crate::data::{Coordinate, Group, Role};

/// The check.
pub const CHECK: Check = Check {
    name: "uncovered",
    title: "combinations that hardly occur",
    publishes: false,
    run,
};

/// Patterns that are looked at, at most.
const PATTERNS: usize = 100_000;
/// What a pattern that occurs nowhere needs not be told apart by.
const ANY: u32 = u32::MAX;

/// A code for each sensitive column, or [`ANY`].
type Pattern = Vec<u32>;

/// The maximal uncovered patterns with their rows, from the most general; whether these are all.
struct Search {
    found: Vec<(Pattern, u64)>,
    is_complete: bool,
}

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let axes: Vec<usize> = (0..context.tally.axes.len())
        .filter(|&axis| context.tally.axes[axis].role == Role::Sensitive)
        .collect();
    if axes.is_empty() {
        return found;
    }
    if context.min_group == 0 {
        let note = "`--min-group 0`: no number of rows is too few for a combination";
        found.notes.push(note.to_owned());
        return found;
    }
    let sizes: Vec<u32> = axes
        .iter()
        .map(|&axis| context.tally.axes[axis].values.len() as u32)
        .collect();
    let search = search(&rows(context, &axes), &sizes, context.min_group);
    let k = context.min_group;
    let few = match k {
        1 => "no row".to_owned(),
        k => format!("fewer than {k} rows"),
    };
    let as_many = if k == 1 { "some" } else { "as many" };
    let title = format!("{few}, and every more general combination has {as_many}");
    let mut table = Table::new("patterns", title)
        .column("pattern", "combination", Kind::Group, 0)
        .column("rows", "rows", Kind::Count, 0)
        .column("columns", "columns", Kind::Count, 1);
    for (pattern, rows) in &search.found {
        table.push(
            Line::new()
                .group("pattern", context.values(&group(context, &axes, pattern)))
                .count("rows", *rows)
                .count("columns", specified(pattern) as u64),
        );
    }
    // Pairs with few rows are told of by `representation`.
    let deep = |(pattern, rows): &&(Pattern, u64)| specified(pattern) > 2 || *rows == 0;
    let crossed: Vec<_> = search.found.iter().filter(deep).collect();
    if let Some((first, _)) = crossed.first() {
        let first = group(context, &axes, first);
        let more = match crossed.len() {
            1 => String::new(),
            2 => " and of 1 more combination".to_owned(),
            n => format!(" and of {} more combinations", n - 1),
        };
        let enough = if k == 1 { "some" } else { "enough" };
        let message = format!("{few} of {first}{more}, though each part has {enough}");
        found.facts.push((0.25, message));
    }
    if !search.is_complete {
        found.notes.push(format!(
            "only the first {PATTERNS} combinations were looked at, general ones first"
        ));
    }
    if table.rows.is_empty() {
        let rows = if k == 1 { "row" } else { "rows" };
        let note = format!("every combination of values has at least {k} {rows}");
        found.notes.push(note);
    } else {
        found.tables.push(table);
    }
    found
}

/// Rows by the codes of these axes.
fn rows(context: &Context, axes: &[usize]) -> BTreeMap<Pattern, u64> {
    let mut rows = BTreeMap::new();
    for (key, cell) in &context.tally.cells {
        let codes = axes.iter().map(|&axis| key[axis]).collect();
        *rows.entry(codes).or_insert(0) += cell.rows.iter().flatten().sum::<u64>();
    }
    rows
}

fn group(context: &Context, axes: &[usize], pattern: &Pattern) -> Group {
    let mut coordinates = vec![Coordinate::Any; context.tally.axes.len()];
    for (&axis, &code) in axes.iter().zip(pattern) {
        if let Some(value) = context.tally.axes[axis].values.get(code as usize) {
            coordinates[axis] = Coordinate::Is(value.clone());
        }
    }
    Group(coordinates)
}

fn specified(pattern: &Pattern) -> usize {
    pattern.iter().filter(|&&code| code != ANY).count()
}

/// Looks level by level; `sizes` are the numbers of values of the columns.
fn search(rows: &BTreeMap<Pattern, u64>, sizes: &[u32], k: u64) -> Search {
    let mut search = Search {
        found: Vec::new(),
        is_complete: true,
    };
    let root = vec![ANY; sizes.len()];
    let total: u64 = rows.values().sum();
    if total < k {
        search.found.push((root, total));
        return search;
    }
    let mut known = Counts::default();
    let mut covered = BTreeSet::from([root]);
    let mut looked = 0;
    while !covered.is_empty() {
        let mut next = BTreeSet::new();
        for pattern in &covered {
            // Each pattern is made once: from the one that lacks its last value.
            let first = pattern
                .iter()
                .rposition(|&code| code != ANY)
                .map_or(0, |at| at + 1);
            for (column, &size) in sizes.iter().enumerate().skip(first) {
                for code in 0..size {
                    looked += 1;
                    if looked > PATTERNS {
                        search.is_complete = false;
                        return search;
                    }
                    let mut child = pattern.clone();
                    child[column] = code;
                    if !parents(&child).all(|parent| covered.contains(&parent)) {
                        continue;
                    }
                    let n = known.of(rows, &child);
                    if n < k {
                        search.found.push((child, n));
                    } else {
                        next.insert(child);
                    }
                }
            }
        }
        covered = next;
    }
    search
}

/// The patterns that say one value less.
fn parents(pattern: &Pattern) -> impl Iterator<Item = Pattern> {
    let said = (0..pattern.len()).filter(|&at| pattern[at] != ANY);
    said.map(|at| {
        let mut parent = pattern.clone();
        parent[at] = ANY;
        parent
    })
}

/// Rows of patterns, by which columns they say.
#[derive(Default)]
struct Counts(BTreeMap<Vec<bool>, BTreeMap<Pattern, u64>>);

impl Counts {
    fn of(&mut self, rows: &BTreeMap<Pattern, u64>, pattern: &Pattern) -> u64 {
        let said: Vec<bool> = pattern.iter().map(|&code| code != ANY).collect();
        let counts = self.0.entry(said).or_insert_with_key(|said| {
            let mut counts = BTreeMap::new();
            for (codes, n) in rows {
                let own = codes.iter().zip(said);
                let own = own.map(|(&code, &is_said)| if is_said { code } else { ANY });
                *counts.entry(own.collect()).or_insert(0) += n;
            }
            counts
        });
        counts.get(pattern).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paper's example 1: three columns of two values, five rows, a threshold of 1.
    #[test]
    fn the_example_of_the_paper_has_one_maximal_uncovered_pattern() {
        let rows = [[0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 1, 1], [0, 0, 1]];
        let mut counts = BTreeMap::new();
        for row in rows {
            *counts.entry(row.to_vec()).or_insert(0) += 1;
        }
        let search = search(&counts, &[2, 2, 2], 1);
        assert!(search.is_complete);
        assert_eq!(search.found, [(vec![1, ANY, ANY], 0)]);
    }
}
