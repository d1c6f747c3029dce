//! The pass that sketches every column beside the tally.
//!
//! In: a source and a plan. Out: the tallies, and the sketches by their cells. Bounded in memory by
//! [`Limits`]; a column that cannot be read, or that is no number after all, is read again.

use std::sync::Arc;

use rayon::prelude::*;

use super::column::Sketch;
use super::dictionary::{Rows, Table, bits};
use super::distinct::hash;
use super::rows::{Kinds, chained, finished};
use super::{LABELS, Limits, PEOPLE, QUASI, ROWS, Sketched, Sketches};
use crate::data::{Batch, Column, Decision, Field, Keys, Kind, Plan, people};
use crate::error::{Error, Problem, Result};
use crate::read::{Shape, Source};
use crate::tally::scan::{self, Scanned};
use crate::tally::{Beside, Key, NO_CELL, Placed, Seen, Tally};

/// How a column is read.
#[derive(Debug, Clone, PartialEq)]
enum How {
    Codes,
    /// As text that is made into numbers here.
    Parsed,
    Numbers,
    /// Not at all, and why.
    Skipped(String),
}

impl How {
    fn shape(&self) -> Option<Shape> {
        match self {
            Self::Codes | Self::Parsed => Some(Shape::Codes),
            Self::Numbers => Some(Shape::Numbers),
            Self::Skipped(_) => None,
        }
    }
}

/// Reads the source once and fills the tallies of the plan and a sketch of every column.
/// `numeric` says which columns of a text format look like numbers.
pub fn scan(
    source: &dyn Source,
    plan: &Plan,
    numeric: &[bool],
) -> Result<(Vec<Tally>, Seen, Sketches)> {
    let fields = source.columns();
    let mut how: Vec<How> = (0..fields.len())
        .map(|column| {
            let looks = numeric.get(column).copied().unwrap_or(false);
            match &fields[column].kind {
                Kind::Other(kind) => How::Skipped(format!("it holds {kind}")),
                _ if used(plan, column) == Some(Shape::Codes) => How::Codes,
                _ if used(plan, column) == Some(Shape::Numbers) => How::Numbers,
                Kind::Integer | Kind::Float | Kind::Decimal => How::Numbers,
                Kind::Untyped if looks && source.rereadable() => How::Numbers,
                Kind::Untyped if looks => How::Parsed,
                _ => How::Codes,
            }
        })
        .collect();
    loop {
        let error = match once(source, plan, &how) {
            Ok(scanned) => return Ok(settle(source, &how, scanned)),
            Err(error) => error,
        };
        let Error::Data { place, problem } = &error else {
            return Err(error);
        };
        let name = place.column.as_deref();
        let of_that_name = |&column: &usize| name == Some(fields[column].name.as_str());
        let mut changed = false;
        for column in (0..fields.len()).filter(of_that_name) {
            if used(plan, column).is_some() || how[column].shape().is_none() {
                continue;
            }
            let is_text = matches!(problem, Problem::NotANumber { .. });
            how[column] = if is_text && how[column] == How::Numbers {
                How::Parsed
            } else {
                How::Skipped(problem.to_string())
            };
            changed = true;
        }
        if !changed || !source.rereadable() {
            return Err(error);
        }
    }
}

/// How the plan wants a column.
fn used(plan: &Plan, column: usize) -> Option<Shape> {
    let split = plan.splits.iter().find(|split| split.column == column);
    let outcomes = plan.label.iter().map(|label| label.column);
    let decided = plan.decisions.iter().filter_map(|decision| match decision {
        crate::data::Decision::Column(outcome) => Some(outcome.column),
        crate::data::Decision::Threshold { .. } => None,
    });
    let numbers = [&plan.score, &plan.weight, &plan.count];
    let mut numbers = numbers.into_iter().flatten().map(|(column, _)| *column);
    match split {
        Some(split) if split.bands.is_some() => Some(Shape::Numbers),
        Some(_) => Some(Shape::Codes),
        None if outcomes.chain(decided).any(|other| other == column) => Some(Shape::Codes),
        None => numbers
            .any(|other| other == column)
            .then_some(Shape::Numbers),
    }
}

fn once(source: &dyn Source, plan: &Plan, how: &[How]) -> Result<Scanned<Lane>> {
    let wanted = how.iter().enumerate();
    let columns: Vec<(usize, Shape)> = wanted
        .filter_map(|(column, how)| Some((column, how.shape()?)))
        .collect();
    let limits = Limits::of(columns.len());
    let nulls: Arc<[String]> = plan.nulls.clone().into();
    let quasi: Vec<bool> = {
        let chosen = quasi(source.columns(), plan);
        columns
            .iter()
            .map(|(column, _)| chosen.contains(column))
            .collect()
    };
    scan::scan_beside(source, plan, &columns, |positions| Lane {
        sketches: columns
            .iter()
            .map(|(column, _)| Sketch::new(is_number(&how[*column]), limits))
            .collect(),
        tables: positions.iter().map(|_| Table::default()).collect(),
        positions: positions.to_vec(),
        nulls: Arc::clone(&nulls),
        rows: Kinds::new(ROWS),
        people: Kinds::new(PEOPLE),
        quasi: quasi.clone(),
        hashes: [Vec::new(), Vec::new()],
        limits,
        is_flat: false,
        by_decision: plan.label.is_none() && !plan.decisions.is_empty(),
        cells: Vec::new(),
    })
}

/// The columns that tell people apart: the sensitive ones, and those that do by their names.
fn quasi(fields: &[Field], plan: &Plan) -> Vec<usize> {
    let outcomes = plan.label.iter().map(|label| label.column);
    let decisions = plan.decisions.iter().map(Decision::column);
    let numbers = [&plan.score, &plan.weight, &plan.count];
    let numbers = numbers.into_iter().flatten().map(|(column, _)| *column);
    let parts: Vec<usize> = outcomes.chain(decisions).chain(numbers).collect();
    let splits = plan.splits.iter().map(|split| split.column);
    let by_name = |&column: &usize| {
        let name = &fields[column].name;
        people::is_quasi(name) && people::direct(name).is_none()
    };
    let mut chosen: Vec<usize> = splits.collect();
    for column in (0..fields.len()).filter(by_name) {
        if !chosen.contains(&column) && !parts.contains(&column) {
            chosen.push(column);
        }
    }
    chosen.truncate(QUASI);
    chosen
}

fn is_number(how: &How) -> bool {
    matches!(how, How::Numbers | How::Parsed)
}

/// What one thread has sketched.
#[derive(Debug)]
pub(super) struct Lane {
    sketches: Vec<Sketch>,
    tables: Vec<Table>,
    /// Of each sketch: the column of a batch.
    positions: Vec<usize>,
    /// Kinds of rows, of all columns and of those that tell people apart.
    rows: Kinds,
    people: Kinds,
    /// Of each sketch: whether it tells people apart.
    quasi: Vec<bool>,
    /// Of each row of the batch: the hash of all columns, and of those.
    hashes: [Vec<u64>; 2],
    nulls: Arc<[String]>,
    limits: Limits,
    is_flat: bool,
    /// Cells are by decision: no label is known.
    by_decision: bool,
    /// Of each row of the batch.
    cells: Vec<u32>,
}

impl Beside for Lane {
    const BY_ROW: bool = true;

    fn add(&mut self, batch: &Batch, placed: &Placed) {
        let true_cells = placed.slots * LABELS;
        if true_cells > self.limits.cells && !self.is_flat {
            self.is_flat = true;
            for sketch in &mut self.sketches {
                sketch.fold_cells(LABELS, |cell| (cell % LABELS) as u32);
            }
        }
        placed.cells(self.is_flat, self.by_decision, &mut self.cells);
        let cells = if self.is_flat { LABELS } else { true_cells };
        for (at, sketch) in self.sketches.iter_mut().enumerate() {
            sketch.reserve(cells, true_cells);
            let rows = Rows {
                cells: &self.cells,
                lines: placed.lines,
            };
            match &batch.columns[self.positions[at]] {
                Column::Numbers(numbers) => rows.each(|row, cell, n| {
                    sketch.add_number(numbers[row], cell, n);
                }),
                Column::Codes(codes) => {
                    let table = &mut self.tables[at];
                    table.update(codes);
                    if sketch.is_number {
                        table.parse(&self.nulls);
                    }
                    table.hash(sketch.is_number);
                    match &codes.keys {
                        Keys::U8(keys) => table.add(keys, sketch, &rows),
                        Keys::U32(keys) => table.add(keys, sketch, &rows),
                    }
                }
            }
        }
        self.add_kinds(batch, placed.lines);
    }
}

impl Lane {
    /// Counts rows that are alike.
    fn add_kinds(&mut self, batch: &Batch, lines: Option<&[f64]>) {
        let [whole, people] = &mut self.hashes;
        for hashes in [&mut *whole, &mut *people] {
            hashes.clear();
            hashes.resize(batch.rows, 0);
        }
        for (at, &position) in self.positions.iter().enumerate() {
            let table = &self.tables[at];
            let mut chain = |row: usize, value: u64| {
                whole[row] = chained(whole[row], value);
                if self.quasi[at] {
                    people[row] = chained(people[row], value);
                }
            };
            match &batch.columns[position] {
                Column::Numbers(numbers) => {
                    let values = numbers.iter().enumerate();
                    values.for_each(|(row, &x)| chain(row, hash(bits(x))));
                }
                Column::Codes(codes) => match &codes.keys {
                    Keys::U8(keys) => {
                        let keys = keys.iter().enumerate();
                        keys.for_each(|(row, &key)| chain(row, table.hashes[usize::from(key)]));
                    }
                    Keys::U32(keys) => {
                        let keys = keys.iter().enumerate();
                        keys.for_each(|(row, &key)| chain(row, table.hashes[key as usize]));
                    }
                },
            }
        }
        for (row, &cell) in self.cells.iter().enumerate() {
            let rows = lines.map_or(1, |lines| lines[row] as u64);
            if cell == NO_CELL || rows == 0 {
                continue;
            }
            let label = cell as usize % LABELS;
            let (tables, positions) = (&self.tables, &self.positions);
            self.rows.add(finished(whole[row]), (label, rows), || {
                let values = tables.iter().zip(positions);
                let value = |(table, &at): (&Table, &usize)| match &batch.columns[at] {
                    Column::Numbers(numbers) => bits(numbers[row]),
                    Column::Codes(codes) => table.value(codes, row),
                };
                values.map(value).collect()
            });
            self.people
                .add(finished(people[row]), (label, rows), Box::default);
        }
    }
}

/// Puts together what the threads have sketched.
fn settle(
    source: &dyn Source,
    how: &[How],
    scanned: Scanned<Lane>,
) -> (Vec<Tally>, Seen, Sketches) {
    let Scanned {
        tallies,
        seen,
        beside,
    } = scanned;
    let mut keys: Vec<Key> = beside
        .iter()
        .flat_map(|(_, keys)| keys.iter().cloned())
        .collect();
    keys.par_sort_unstable();
    keys.dedup();
    let readable = how.iter().filter(|how| how.shape().is_some()).count();
    let limits = Limits::of(readable);
    let true_cells = keys.len() * LABELS;
    let is_flat = true_cells > limits.cells;
    let maps: Vec<Vec<u32>> = beside
        .iter()
        .map(|(lane, own)| cell_map(&keys, own, lane.is_flat, is_flat))
        .collect();
    let fields = source.columns();
    let place: Vec<usize> = how
        .iter()
        .scan(0, |next, how| {
            let at = *next;
            *next += usize::from(how.shape().is_some());
            Some(at)
        })
        .collect();
    let columns = (0..fields.len()).into_par_iter().map(|column| {
        let sketch = match &how[column] {
            How::Skipped(why) => Err(why.clone()),
            how => {
                let mut whole = Sketch::new(is_number(how), limits);
                whole.reserve(if is_flat { LABELS } else { true_cells }, true_cells);
                for ((lane, _), map) in beside.iter().zip(&maps) {
                    whole.absorb(&lane.sketches[place[column]], map);
                }
                Ok(whole)
            }
        };
        Sketched {
            name: fields[column].name.clone(),
            kind: fields[column].kind.clone(),
            sketch,
        }
    });
    let columns: Vec<Sketched> = columns.collect();
    let kinds = |of: fn(&Lane) -> &Kinds, limit: usize, columns: Vec<usize>| {
        let mut all = Kinds::new(limit);
        for (lane, _) in &beside {
            all.absorb(of(lane));
        }
        all.finish(columns)
    };
    let is_read = |column: &usize| how[*column].shape().is_some();
    let all: Vec<usize> = (0..fields.len()).filter(is_read).collect();
    let quasi = beside.first().map_or(&[][..], |(lane, _)| &lane.quasi);
    let quasi = all.iter().zip(quasi).filter(|(_, is_one)| **is_one);
    let quasi: Vec<usize> = quasi.map(|(column, _)| *column).collect();
    let sketches = Sketches {
        columns,
        rows: kinds(|lane| &lane.rows, ROWS, all.clone()),
        people: kinds(|lane| &lane.people, PEOPLE, quasi),
        keys,
        is_flat,
    };
    (tallies, seen, sketches)
}

/// Of each cell of a thread: where it is in the whole.
fn cell_map(keys: &[Key], own: &[Key], was_flat: bool, is_flat: bool) -> Vec<u32> {
    if was_flat {
        return (0..LABELS as u32).collect();
    }
    let place = |key: &Key| match keys.binary_search(key) {
        Ok(at) if !is_flat => at * LABELS,
        _ => 0,
    };
    own.iter()
        .flat_map(|key| (0..LABELS).map(move |label| (key, label)))
        .map(|(key, label)| (place(key) + label) as u32)
        .collect()
}
