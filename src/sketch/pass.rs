//! The pass that sketches every column beside the tally.
//!
//! In: a source and a plan. Out: the tallies, and the sketches by their cells. Bounded in memory by
//! [`Limits`]; a column that cannot be read, or that is no number after all, is read again.

use std::sync::Arc;

use rayon::prelude::*;

use super::column::{Level, MISSING, Sketch};
use super::{LABELS, Limits, Sketched, Sketches};
use crate::data::batch::NULL;
use crate::data::{Batch, Codes, Column, Keys, Kind, Plan, Values, spelling};
use crate::error::{Error, Problem, Result};
use crate::read::{Shape, Source};
use crate::tally::scan::{self, Scanned};
use crate::tally::{Beside, Key, NO_CELL, Placed, Seen, Tally};

/// A column of numbers with more than one text for so many of them is one of texts.
const NUMBERS_PER_TEXT: u64 = 20;

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

fn once(source: &dyn Source, plan: &Plan, how: &[How]) -> Result<Scanned<Lane>> {
    let wanted = how.iter().enumerate();
    let columns: Vec<(usize, Shape)> = wanted
        .filter_map(|(column, how)| Some((column, how.shape()?)))
        .collect();
    let limits = Limits::of(columns.len());
    let nulls: Arc<[String]> = plan.nulls.clone().into();
    scan::scan_beside(source, plan, &columns, |positions| Lane {
        sketches: columns
            .iter()
            .map(|(column, _)| Sketch::new(is_number(&how[*column]), limits))
            .collect(),
        tables: positions.iter().map(|_| Table::default()).collect(),
        positions: positions.to_vec(),
        nulls: Arc::clone(&nulls),
        limits,
        is_flat: false,
        cells: Vec::new(),
    })
}

fn is_number(how: &How) -> bool {
    matches!(how, How::Numbers | How::Parsed)
}

/// What one thread knows of the dictionary of a column.
#[derive(Debug, Default)]
struct Table {
    values: Option<Arc<Values>>,
    /// By key: the row of the grid, [`UNSET`] until some row has it.
    ids: Vec<u32>,
    /// By key: the number, of a column that is parsed.
    numbers: Vec<f64>,
}

const UNSET: u32 = u32::MAX;

/// What one thread has sketched.
#[derive(Debug)]
pub(super) struct Lane {
    sketches: Vec<Sketch>,
    tables: Vec<Table>,
    /// Of each sketch: the column of a batch.
    positions: Vec<usize>,
    nulls: Arc<[String]>,
    limits: Limits,
    is_flat: bool,
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
        placed.cells(self.is_flat, &mut self.cells);
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
                    match &codes.keys {
                        Keys::U8(keys) => table.add(keys, sketch, &rows, &self.nulls),
                        Keys::U32(keys) => table.add(keys, sketch, &rows, &self.nulls),
                    }
                }
            }
        }
    }
}

/// Where the rows of a batch belong.
struct Rows<'a> {
    cells: &'a [u32],
    lines: Option<&'a [f64]>,
}

impl Rows<'_> {
    /// Every row that is in a cell: row, cell, how many rows it stands for.
    #[inline]
    fn each(&self, mut each: impl FnMut(usize, u32, u64)) {
        match self.lines {
            None => {
                for (row, &cell) in self.cells.iter().enumerate() {
                    if cell != NO_CELL {
                        each(row, cell, 1);
                    }
                }
            }
            Some(lines) => {
                for (row, (&cell, &n)) in self.cells.iter().zip(lines).enumerate() {
                    if cell != NO_CELL && n > 0.0 {
                        each(row, cell, n as u64);
                    }
                }
            }
        }
    }
}

impl Table {
    /// Brings the table up to date with the dictionary of a batch.
    fn update(&mut self, codes: &Codes) {
        let values = &codes.values;
        if let Some(known) = &self.values {
            if Arc::ptr_eq(known, values) {
                return;
            }
            let grown = values.len() >= known.len() && values[..known.len()] == known[..];
            if !grown {
                self.ids.clear();
                self.numbers.clear();
            }
        }
        self.ids.resize(values.len(), UNSET);
        self.values = Some(Arc::clone(values));
    }

    /// Makes numbers of the values that are new.
    fn parse(&mut self, nulls: &[String]) {
        let Some(values) = &self.values else { return };
        let number = |value: &Option<Box<str>>| match value.as_deref().map(str::trim) {
            None | Some("") => NULL,
            Some(text) => match text.parse::<f64>() {
                Ok(number) if number.is_nan() => f64::NAN,
                Ok(number) => number,
                Err(_) if spelling::is_null(text, nulls) => NULL,
                Err(_) => f64::NAN,
            },
        };
        let known = self.numbers.len();
        self.numbers.extend(values[known..].iter().map(number));
    }

    fn add<K: Copy + Into<u32>>(
        &mut self,
        keys: &[K],
        sketch: &mut Sketch,
        rows: &Rows,
        nulls: &[String],
    ) {
        if sketch.is_number {
            let numbers = &self.numbers;
            rows.each(|row, cell, n| {
                let key: u32 = keys[row].into();
                sketch.add_number(numbers[key as usize], cell, n);
            });
            return;
        }
        let Some(values) = &self.values else { return };
        let ids = &mut self.ids;
        if sketch.level == Level::Counts {
            // Ids of a level that was left mean nothing here.
            ids.iter_mut()
                .filter(|id| **id > 1)
                .for_each(|id| *id = UNSET);
        }
        rows.each(|row, cell, n| {
            let key: u32 = keys[row].into();
            let mut id = ids[key as usize];
            if id == UNSET {
                let level = sketch.level;
                id = match values[key as usize].as_deref() {
                    // Once for each value: a spelling that means none is none, of few values or many.
                    Some(text) if !spelling::is_null(text, nulls) => sketch.place_text(text),
                    _ => MISSING,
                };
                if sketch.level != level {
                    ids.fill(UNSET);
                }
                ids[key as usize] = id;
            }
            sketch.grid.add(id, cell, n);
        });
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
    let sketches = Sketches {
        columns: columns.collect(),
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
