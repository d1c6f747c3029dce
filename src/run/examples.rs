//! `--examples`: the rows behind what a profile says of rows that are alike. A second pass looks for
//! them; without the flag no row leaves the table.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::pass;
use crate::data::group::Values;
use crate::data::{At, Column, Keys, Kind, Plan, is_null};
use crate::error::Result;
use crate::profile::Profile;
use crate::profile::section::{self, Line, Table};
use crate::read::{Shape, Source, Want};
use crate::sketch::LABELS;
use crate::sketch::repeats::{Copies, Repeats, RowHash};
use crate::tally::cell::{NEGATIVE, POSITIVE};
use crate::tally::scan;

/// Rows that are shown of those that are alike.
const COPIES: usize = 4;
/// The section that they belong to.
const SECTION: &str = "duplicates";

/// Why rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    AtOdds,
    Repeats,
}

impl Why {
    fn word(self) -> &'static str {
        match self {
            Self::AtOdds => "at odds",
            Self::Repeats => "repeats",
        }
    }

    /// Why rows that are alike are worth a look, if they are.
    fn of(copies: &Copies, has_labels: bool) -> Option<Self> {
        let mut labels = [0; LABELS];
        for &(cell, rows) in copies {
            let label = if has_labels {
                cell as usize % LABELS
            } else {
                0
            };
            labels[label] += rows;
        }
        let is_at_odds = has_labels && labels[POSITIVE] > 0 && labels[NEGATIVE] > 0;
        let repeats = labels.iter().any(|&rows| rows > 1);
        let why = if is_at_odds {
            Self::AtOdds
        } else {
            Self::Repeats
        };
        (is_at_odds || repeats).then_some(why)
    }
}

/// A row that is shown.
struct Shown {
    at: At,
    row: usize,
    values: Values,
}

type Found = BTreeMap<u128, Vec<Shown>>;

/// Adds so many examples of each kind to the section on rows that are alike.
pub fn add(
    source: &dyn Source,
    plan: &Plan,
    (features, repeats): (&[bool], &Repeats),
    most: usize,
    profile: &mut Profile,
) -> Result<()> {
    pass::again(source, "--examples", &most)?;
    let mut sections = profile.sections.iter_mut().flatten();
    let Some(section) = sections.find(|section| section.name == SECTION) else {
        return Ok(());
    };
    let mut wanted: BTreeMap<u128, Why> = BTreeMap::new();
    let rows = repeats.rows();
    let has_labels = plan.label.is_some();
    for kind in [Why::AtOdds, Why::Repeats] {
        let of_kind = rows
            .iter()
            .filter(|(_, copies)| Why::of(copies, has_labels) == Some(kind));
        wanted.extend(of_kind.take(most).map(|(hash, _)| (*hash, kind)));
    }
    let mut found = looked_up(source, features, &wanted)?;
    let mut sets: Vec<(Why, Vec<Shown>)> = wanted
        .into_iter()
        .filter_map(|(hash, why)| Some((why, found.remove(&hash)?)))
        .collect();
    sets.sort_by_key(|(why, rows)| (*why, rows.first().map(|row| (row.at, row.row))));
    let mut table = Table::new("examples", "rows that are alike, where they stand")
        .column("why", "why", section::Kind::Text, 0)
        .column("set", "set", section::Kind::Count, 1)
        .column("place", "place", section::Kind::Text, 0)
        .column("row", "row", section::Kind::Group, 0);
    for (set, (why, rows)) in (1..).zip(sets) {
        for row in rows {
            let place = source.place(row.at, row.row);
            table.push(
                Line::new()
                    .text("why", why.word())
                    .count("set", set)
                    .text("place", place.to_string())
                    .group("row", row.values),
            );
        }
    }
    if !table.rows.is_empty() {
        section.tables.push(table);
        section.notes.push(format!(
            "examples: at most {most} sets of rows of each kind, {COPIES} rows of each; these are rows \
             of the table, not for publication"
        ));
    }
    Ok(())
}

/// The first rows with each of these hashes.
fn looked_up(
    source: &dyn Source,
    features: &[bool],
    wanted: &BTreeMap<u128, Why>,
) -> Result<Found> {
    let fields = source.columns();
    let nulls: Arc<[String]> = [].into();
    let read: Vec<usize> = (0..fields.len())
        .filter(|&column| !matches!(fields[column].kind, Kind::Other(_)))
        .collect();
    let wants: Vec<Want> = read
        .iter()
        .map(|&column| Want {
            column,
            shape: match fields[column].kind {
                Kind::Integer | Kind::Float | Kind::Decimal => Shape::Numbers,
                _ => Shape::Codes,
            },
            nulls: Arc::clone(&nulls),
        })
        .collect();
    let is_feature = |at: &usize| features.get(read[*at]).copied().unwrap_or(false);
    let places: Vec<usize> = (0..read.len()).filter(is_feature).collect();
    let start = || (RowHash::default(), Found::new());
    let lanes = scan::read_all(source, &wants, start, |(row_hash, found), batch| {
        for (row, hash) in row_hash.of(batch, &places).iter().enumerate() {
            if !wanted.contains_key(hash) {
                continue;
            }
            let names = read.iter().map(|&column| fields[column].name.clone());
            let values = names
                .zip(batch.columns)
                .map(|(name, column)| (name, value(column, row)));
            found.entry(*hash).or_default().push(Shown {
                at: batch.at,
                row,
                values: values.collect(),
            });
            first(found.entry(*hash).or_default());
        }
        Ok(ControlFlow::Continue(()))
    })?;
    source.finish()?;
    let mut all = Found::new();
    for (hash, rows) in lanes.into_iter().flat_map(|(_, found)| found) {
        let own = all.entry(hash).or_default();
        own.extend(rows);
        first(own);
    }
    Ok(all)
}

/// Keeps the first in the order of the table.
fn first(rows: &mut Vec<Shown>) {
    rows.sort_by_key(|row| (row.at, row.row));
    rows.truncate(COPIES);
}

/// What a row holds, as text.
fn value(column: &Column, row: usize) -> Option<String> {
    match column {
        Column::Numbers(numbers) => {
            let number = numbers.get(row).filter(|number| !is_null(**number))?;
            Some(number.to_string())
        }
        Column::Codes(codes) => {
            let key = match &codes.keys {
                Keys::U8(keys) => usize::from(*keys.get(row)?),
                Keys::U32(keys) => *keys.get(row)? as usize,
            };
            codes.values.get(key)?.as_deref().map(str::to_owned)
        }
    }
}
