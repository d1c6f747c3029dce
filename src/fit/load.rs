//! A whole table into memory, for fitting: every column once, on all threads, rows in file order.
//!
//! In: a source and the plan of its roles. Out: a [`Memory`]. Takes 4 bytes a row for text and 8 for
//! numbers, and the distinct texts; more than [`MOST_BYTES`] is an error that says what to do.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;
use rayon::prelude::*;

use crate::data::{At, Codes, Column, Keys, Kind, Plan, Values};
use crate::error::{Error, Problem, Result, Unfit};
use crate::read::memory::{Held, Memory};
use crate::read::{Shape, Source, Want};
use crate::tally::scan::read_all;

/// Bytes of the columns of a table in memory at most.
pub const MOST_BYTES: usize = 4 << 30;

type Ids = HashMap<Box<str>, u32, foldhash::fast::FixedState>;

/// One column of one batch.
enum Part {
    Codes(Vec<u32>, Arc<Values>),
    Numbers(Vec<f64>),
}

/// Loads every column that is not left out, the `texts` as they stand there; `looks` says which of a
/// text format look like numbers.
pub fn load<'a>(
    source: &'a dyn Source,
    plan: &Plan,
    (looks, texts): (&[bool], &[usize]),
    is_out: impl Fn(usize) -> bool,
) -> Result<Memory<'a>> {
    let fields = source.columns();
    let mut shapes: Vec<Option<Shape>> = (0..fields.len())
        .map(|column| {
            let looks = looks.get(column).copied().unwrap_or(false);
            match (&fields[column].kind, used(plan, column)) {
                (_, Some(shape)) => Some(shape),
                _ if texts.contains(&column) => Some(Shape::Codes),
                (Kind::Other(_), _) => None,
                _ if is_out(column) => None,
                (Kind::Integer | Kind::Float | Kind::Decimal, _) => Some(Shape::Numbers),
                (Kind::Untyped, _) if looks && source.rereadable() => Some(Shape::Numbers),
                _ => Some(Shape::Codes),
            }
        })
        .collect();
    loop {
        let error = match once(source, plan, &shapes) {
            Ok(memory) => return Ok(memory),
            Err(error) => error,
        };
        // What only looked like numbers is text.
        let is_word = matches!(
            &error,
            Error::Data {
                problem: Problem::NotANumber { .. },
                ..
            }
        );
        let name = match &error {
            Error::Data { place, .. } if is_word => place.column.clone(),
            _ => return Err(error),
        };
        let guessed = |&column: &usize| {
            shapes[column] == Some(Shape::Numbers) && used(plan, column).is_none()
        };
        let same = |column: &usize| Some(&fields[*column].name) == name.as_ref();
        match (0..fields.len()).filter(same).find(guessed) {
            Some(column) => shapes[column] = Some(Shape::Codes),
            None => return Err(error),
        }
    }
}

/// How the plan needs a column: what splits rows as text, from which numbers can be made.
fn used(plan: &Plan, column: usize) -> Option<Shape> {
    use crate::data::Decision;
    let is_split = plan.splits.iter().any(|split| split.column == column);
    let is_label = plan.label.iter().any(|label| label.column == column);
    let is_decided = |decision: &Decision| match decision {
        Decision::Column(outcome) => outcome.column == column,
        Decision::Threshold { .. } => false,
    };
    let is_number = [&plan.score, &plan.weight, &plan.count]
        .into_iter()
        .flatten()
        .any(|(at, _)| *at == column);
    let is_cut = plan
        .decisions
        .iter()
        .any(|decision| decision.column() == column);
    if is_split || is_label || plan.decisions.iter().any(is_decided) {
        Some(Shape::Codes)
    } else {
        (is_number || is_cut).then_some(Shape::Numbers)
    }
}

fn once<'a>(source: &'a dyn Source, plan: &Plan, shapes: &[Option<Shape>]) -> Result<Memory<'a>> {
    let nulls: Arc<[String]> = plan.nulls.clone().into();
    let columns: Vec<(usize, Shape)> = shapes
        .iter()
        .enumerate()
        .filter_map(|(column, shape)| Some((column, (*shape)?)))
        .collect();
    let wants: Vec<Want> = columns
        .iter()
        .map(|&(column, shape)| Want {
            column,
            shape,
            nulls: Arc::clone(&nulls),
        })
        .collect();
    let size = AtomicUsize::new(0);
    let states = read_all(
        source,
        &wants,
        Vec::new,
        |batches: &mut Vec<(At, usize, Vec<Part>)>, batch| {
            let parts: Vec<Part> = batch.columns.iter().map(part).collect();
            let bytes: usize = columns
                .iter()
                .map(|(_, shape)| if *shape == Shape::Codes { 4 } else { 8 })
                .sum();
            let all = size.fetch_add(bytes * batch.rows, Ordering::Relaxed) + bytes * batch.rows;
            if all > MOST_BYTES {
                return Err(Unfit::Large {
                    most: MOST_BYTES >> 20,
                }
                .into());
            }
            batches.push((batch.at, batch.rows, parts));
            Ok(ControlFlow::Continue(()))
        },
    )?;
    source.finish()?;
    let mut batches: Vec<(At, usize, Vec<Part>)> = states.into_iter().flatten().collect();
    batches.sort_by_key(|(at, ..)| *at);
    let mut ranges: Vec<(Range<usize>, At)> = Vec::new();
    let mut parts: Vec<Vec<Part>> = columns.iter().map(|_| Vec::new()).collect();
    let mut first = 0;
    for (at, rows, own) in batches {
        ranges.push((first..first + rows, at));
        first += rows;
        for (column, part) in parts.iter_mut().zip(own) {
            column.push(part);
        }
    }
    let joined: Vec<Held> = parts.into_par_iter().map(join).collect();
    let mut held: Vec<Option<Arc<Held>>> = vec![None; shapes.len()];
    for ((column, _), joined) in columns.iter().zip(joined) {
        held[*column] = Some(Arc::new(joined));
    }
    if first == 0 {
        return Err(Error::Data {
            place: crate::error::Place::file(source.first_path()),
            problem: Problem::NoRows,
        });
    }
    Ok(Memory::new(source, held, ranges))
}

fn part(column: &Column) -> Part {
    match column {
        Column::Numbers(numbers) => Part::Numbers(numbers.clone()),
        Column::Codes(Codes { keys, values }) => {
            let keys = match keys {
                Keys::U8(keys) => keys.iter().map(|&key| u32::from(key)).collect(),
                Keys::U32(keys) => keys.clone(),
            };
            Part::Codes(keys, Arc::clone(values))
        }
    }
}

/// The parts of a column one after another: values in the order in which rows first have them.
fn join(parts: Vec<Part>) -> Held {
    let mut numbers = Vec::new();
    let mut keys = Vec::new();
    let mut values: Values = Vec::new();
    let mut ids = Ids::default();
    let mut missing = None;
    let mut is_text = false;
    for part in parts {
        match part {
            Part::Numbers(own) => numbers.extend(own),
            Part::Codes(own, texts) => {
                is_text = true;
                let mut known: Vec<Option<u32>> = vec![None; texts.len()];
                for key in own {
                    let id = known[key as usize].unwrap_or_else(|| {
                        let next = values.len() as u32;
                        match &texts[key as usize] {
                            None => *missing.get_or_insert_with(|| {
                                values.push(None);
                                next
                            }),
                            Some(text) => *ids.entry(text.clone()).or_insert_with(|| {
                                values.push(Some(text.clone()));
                                next
                            }),
                        }
                    });
                    known[key as usize] = Some(id);
                    keys.push(id);
                }
            }
        }
    }
    if is_text {
        Held::Codes(keys, Arc::new(values))
    } else {
        Held::Numbers(numbers)
    }
}
