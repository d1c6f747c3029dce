//! The pass that sketches every column beside the tally.
//!
//! In: a source and a plan. Out: the tallies, and the sketches by their cells. Bounded in memory by
//! [`Limits`]; a column that cannot be read, or that is no number after all, is read again.

use std::sync::Arc;

use rayon::prelude::*;

use super::column::Sketch;
use super::dictionary::{Rows, Table, bits};
use super::distinct::hash;
use super::exemplars::{Keeping, Looked, Place};
use super::repeats::{Repeats, RowHash};
use super::rows::{Kinds, Sampled, chained, finished};
use super::{Exemplars, LABELS, Limits, PEOPLE, QUASI, Sketched, Sketches};
use crate::data::{Batch, Column, Decision, Field, Keys, Kind, Plan, people, words};
use crate::error::{Error, Problem, Result};
use crate::read::{Shape, Source};
use crate::tally::scan::{self, Scanned};
use crate::tally::{Beside, Key, NO_CELL, Placed, Seen, Tally};

/// A column of numbers with more than one text for so many of them is one of texts.
const NUMBERS_PER_TEXT: u64 = 20;

/// What is known of the columns before the pass.
#[derive(Debug, Clone, Default)]
pub struct Looks {
    /// Those of a text format that look like numbers.
    pub numeric: Vec<bool>,
    /// Those that make rows alike: no label, decision, score, weight or id.
    pub features: Vec<bool>,
    /// Those that nothing is to be said of.
    pub ignored: Vec<bool>,
}

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
/// `looks` says what is known of the columns.
pub fn scan(
    source: &dyn Source,
    plan: &Plan,
    looks: &Looks,
) -> Result<(Vec<Tally>, Seen, Sketches)> {
    let fields = source.columns();
    let is_ignored = |column: usize| looks.ignored.get(column).copied().unwrap_or(false);
    let mut how: Vec<How> = (0..fields.len())
        .map(|column| {
            let looks = looks.numeric.get(column).copied().unwrap_or(false);
            match &fields[column].kind {
                Kind::Other(kind) => How::Skipped(format!("it holds {kind}")),
                _ if used(plan, column).is_none() && is_ignored(column) => {
                    How::Skipped("it is ignored".to_owned())
                }
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
        let error = match once(source, plan, &how, looks) {
            Ok(scanned) => {
                let scanned = settle(source, &how, scanned);
                if source.rereadable() && no_numbers(&scanned.2, &mut how) {
                    continue;
                }
                return Ok(scanned);
            }
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

/// Makes text of the columns that looked like numbers in the first rows and are none; whether there
/// are any.
fn no_numbers(sketches: &Sketches, how: &mut [How]) -> bool {
    let mut changed = false;
    for (column, how) in sketches.columns.iter().zip(how) {
        let Ok(sketch) = &column.sketch else { continue };
        let numbers = sketch.moments().rows;
        if *how == How::Parsed && sketch.odd() > numbers / NUMBERS_PER_TEXT {
            *how = How::Codes;
            changed = true;
        }
    }
    changed
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

fn once(source: &dyn Source, plan: &Plan, how: &[How], looks: &Looks) -> Result<Scanned<Lane>> {
    let wanted = how.iter().enumerate();
    let mut columns: Vec<(usize, Shape)> = wanted
        .filter_map(|(column, how)| Some((column, how.shape()?)))
        .collect();
    let limits = Limits::of(columns.len());
    let plain = columns.len();
    let is_feature = |(_, (column, _)): &(usize, &(usize, Shape))| {
        looks.features.get(*column).copied().unwrap_or(false)
    };
    let all = columns.iter().enumerate();
    let features: Vec<usize> = all.filter(is_feature).map(|(at, _)| at).collect();
    let months = dated(source, how);
    columns.extend(months.into_iter().map(|column| (column, Shape::Codes)));
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
        plain,
        tables: positions.iter().map(|_| Table::default()).collect(),
        positions: positions.to_vec(),
        features: features.iter().map(|&at| positions[at]).collect(),
        of_feature: features
            .iter()
            .map(|&at| (positions[at], at, is_number(&how[columns[at].0])))
            .collect(),
        exemplars: Keeping::new(features.len()),
        row_hash: RowHash::default(),
        repeats: Repeats::default(),
        nulls: Arc::clone(&nulls),
        people: Kinds::new(PEOPLE),
        quasi: quasi.clone(),
        hashes: Vec::new(),
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

/// Columns of texts that their names take for times: they are sketched by month as well, since there
/// may be a day or a second for each row.
fn dated(source: &dyn Source, how: &[How]) -> Vec<usize> {
    let fields = source.columns().iter().enumerate();
    fields
        .filter(|(column, field)| how[*column] == How::Codes && words::is_time(&field.name))
        .map(|(column, _)| column)
        .collect()
}

fn is_number(how: &How) -> bool {
    matches!(how, How::Numbers | How::Parsed)
}

/// What one thread has sketched.
#[derive(Debug)]
pub(super) struct Lane {
    sketches: Vec<Sketch>,
    /// How many of them are of columns as they are; the others are by month.
    plain: usize,
    tables: Vec<Table>,
    /// Of each sketch: the column of a batch.
    positions: Vec<usize>,
    /// Kinds of rows, by the columns that tell people apart.
    people: Kinds,
    /// Of each sketch: whether it tells people apart.
    quasi: Vec<bool>,
    /// Of each row of the batch: the hash of those.
    hashes: Vec<u64>,
    /// Columns of a batch that make rows alike.
    features: Vec<usize>,
    of_feature: Vec<Place>,
    exemplars: Keeping,
    row_hash: RowHash,
    repeats: Repeats,
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
            self.repeats.fold_cells(|cell| cell % LABELS as u32);
            self.exemplars.clear();
        }
        placed.cells(self.is_flat, self.by_decision, &mut self.cells);
        if !self.features.is_empty() {
            let rows = Rows {
                cells: &self.cells,
                lines: placed.lines,
            };
            let hashes = self.row_hash.of(batch, &self.features);
            rows.each(|row, cell, n| self.repeats.add(hashes[row], cell, n));
        }
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
                    table.by_month = at >= self.plain;
                    match &codes.keys {
                        Keys::U8(keys) => table.add(keys, sketch, &rows, &self.nulls),
                        Keys::U32(keys) => table.add(keys, sketch, &rows, &self.nulls),
                    }
                }
            }
        }
        self.add_kinds(batch, placed.lines);
        self.add_exemplars(batch, placed.lines);
    }
}

impl Lane {
    /// Keeps some of the rows, with their values.
    fn add_exemplars(&mut self, batch: &Batch, lines: Option<&[f64]>) {
        if self.features.is_empty() || self.is_flat {
            return;
        }
        let rows = Rows {
            cells: &self.cells,
            lines,
        };
        let looked = Looked {
            batch,
            features: &self.of_feature,
            tables: &self.tables,
            row_hash: &self.row_hash,
        };
        self.exemplars.add_rows(&rows, &looked);
    }

    /// Counts rows that are alike in what tells people apart.
    fn add_kinds(&mut self, batch: &Batch, lines: Option<&[f64]>) {
        let hashes = &mut self.hashes;
        hashes.clear();
        hashes.resize(batch.rows, 0);
        let chosen = (0..self.quasi.len()).filter(|at| self.quasi[*at]);
        for at in chosen {
            let table = &mut self.tables[at];
            match &batch.columns[self.positions[at]] {
                Column::Numbers(numbers) => {
                    let rows = hashes.iter_mut().zip(numbers);
                    rows.for_each(|(own, &x)| *own = chained(*own, hash(bits(x))));
                }
                Column::Codes(codes) => {
                    table.hash(self.sketches[at].is_number);
                    table.chain(codes, hashes);
                }
            }
        }
        for (row, &cell) in self.cells.iter().enumerate() {
            let rows = lines.map_or(1, |lines| lines[row] as u64);
            if cell != NO_CELL && rows > 0 {
                let label = cell as usize % LABELS;
                self.people.add(finished(hashes[row]), label, rows);
            }
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
    let merged = |how: &How, at: usize| {
        let mut whole = Sketch::new(is_number(how), limits);
        whole.reserve(if is_flat { LABELS } else { true_cells }, true_cells);
        for ((lane, _), map) in beside.iter().zip(&maps) {
            whole.absorb(&lane.sketches[at], map);
        }
        whole
    };
    let columns = (0..fields.len()).into_par_iter().map(|column| {
        let sketch = match &how[column] {
            How::Skipped(why) => Err(why.clone()),
            how => Ok(merged(how, place[column])),
        };
        Sketched {
            name: fields[column].name.clone(),
            kind: fields[column].kind.clone(),
            sketch,
        }
    });
    let columns: Vec<Sketched> = columns.collect();
    let months = dated(source, how).into_iter().enumerate();
    let months = months.map(|(at, column)| {
        let name = fields[column].name.clone();
        (name, merged(&How::Codes, readable + at))
    });
    let mut repeats = Repeats::default();
    for ((lane, _), map) in beside.iter().zip(&maps) {
        repeats.absorb(&lane.repeats, |cell| map[cell as usize]);
    }
    let sketches = Sketches {
        columns,
        exemplars: exemplars(&beside, &maps, (how, is_flat)),
        people: people(&beside, how),
        repeats,
        months: months.collect(),
        keys,
        is_flat,
    };
    (tallies, seen, sketches)
}

/// The rows that are kept, of all threads.
fn exemplars(
    beside: &[(Lane, Vec<Key>)],
    maps: &[Vec<u32>],
    (how, is_flat): (&[How], bool),
) -> Exemplars {
    let Some((first, _)) = beside.first().filter(|_| !is_flat) else {
        return Exemplars::default();
    };
    let mut all = Keeping::new(first.features.len());
    for ((lane, _), map) in beside.iter().zip(maps) {
        all.absorb(&lane.exemplars, |slot| {
            map[slot as usize * LABELS] / LABELS as u32
        });
    }
    let read = (0..how.len()).filter(|column| how[*column].shape().is_some());
    let read: Vec<usize> = read.collect();
    all.finish(first.of_feature.iter().map(|place| read[place.1]).collect())
}

/// Combinations of what tells people apart, of all threads.
fn people(beside: &[(Lane, Vec<Key>)], how: &[How]) -> Sampled {
    let mut people = Kinds::new(PEOPLE);
    for (lane, _) in beside {
        people.absorb(&lane.people);
    }
    let read = (0..how.len()).filter(|column| how[*column].shape().is_some());
    let is_quasi = beside.first().map_or(&[][..], |(lane, _)| &lane.quasi);
    let chosen = read.zip(is_quasi).filter(|(_, is_quasi)| **is_quasi);
    people.finish(chosen.map(|(column, _)| column).collect())
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
