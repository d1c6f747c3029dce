//! Columns of a batch for the hot loop: numbers checked, keys mixed, combinations counted.

use super::cell::MISSING;
use super::lane::OUTCOMES;
use crate::data::spelling::Class;
use crate::data::{Batch, Column, Keys, is_null, limits};
use crate::error::{Error, Place, Problem, Result};
use crate::read::Source;

/// Where in a batch the columns of each role are.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// Of each axis: the column, and the cut points where it is banded.
    pub axes: Vec<(usize, Option<Vec<f64>>)>,
    /// Of the label.
    pub label: Option<Outcome>,
    /// Of each decision.
    pub decisions: Vec<Decided>,
    /// Of the score.
    pub score: Option<usize>,
    /// Of the weight.
    pub weight: Option<usize>,
    /// Of the number of rows that a line stands for.
    pub count: Option<usize>,
    /// Null spellings of labels and predictions.
    pub nulls: Vec<String>,
    /// Whether labelled scores are kept to be ranked.
    pub is_ranked: bool,
    /// What the columns of a batch are called.
    pub names: Vec<String>,
    /// Whether the slot of every row is wanted.
    pub by_row: bool,
}

impl Layout {
    /// A column of a batch with its name.
    pub fn named(&self, column: usize) -> (usize, &str) {
        (column, &self.names[column])
    }
}

/// A two-valued column of a batch.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Which column.
    pub column: usize,
    /// The spelling that is positive, where one was named.
    pub positive: Option<String>,
}

/// Where decisions come from.
#[derive(Debug, Clone)]
pub enum Decided {
    /// A two-valued column.
    Column(Outcome),
    /// Column of the score, and the cut.
    Threshold(usize, f64),
}

/// Keys of a column with what each key adds to the mixed code.
pub type Keyed<'a> = (&'a [u8], [u32; 256]);

/// The index of a class in a cell.
pub fn code_of(class: Class) -> u8 {
    match class {
        Class::Negative => super::cell::NEGATIVE as u8,
        Class::Positive => super::cell::POSITIVE as u8,
        Class::Missing => MISSING as u8,
    }
}

/// The numbers of a column that was wanted as numbers.
pub fn numbers<'a>(batch: &'a Batch, column: usize) -> &'a [f64] {
    match &batch.columns[column] {
        Column::Numbers(numbers) => numbers,
        Column::Codes(_) => &[],
    }
}

fn refuse(batch: &Batch, row: usize, source: &dyn Source, name: &str, problem: Problem) -> Error {
    Error::Data {
        place: source.place(batch.at, row).in_column(name),
        problem,
    }
}

/// Weights, each finite and not negative, or null.
pub fn weights<'a>(
    batch: &'a Batch,
    (column, name): (usize, &str),
    source: &dyn Source,
) -> Result<&'a [f64]> {
    let weights = numbers(batch, column);
    match weights
        .iter()
        .position(|&w| !(w.is_finite() && w >= 0.0 || is_null(w)))
    {
        Some(row) => Err(refuse(
            batch,
            row,
            source,
            name,
            Problem::Weight {
                value: weights[row],
            },
        )),
        None => Ok(weights),
    }
}

/// Scores, each finite or null.
pub fn scores<'a>(
    batch: &'a Batch,
    (column, name): (usize, &str),
    source: &dyn Source,
) -> Result<&'a [f64]> {
    let scores = numbers(batch, column);
    match scores.iter().position(|&s| !s.is_finite() && !is_null(s)) {
        Some(row) => Err(refuse(
            batch,
            row,
            source,
            name,
            Problem::Score { value: scores[row] },
        )),
        None => Ok(scores),
    }
}

/// Numbers of rows that lines stand for.
pub fn whole_numbers(
    batch: &Batch,
    (column, name): (usize, &str),
    source: &dyn Source,
) -> Result<Vec<u64>> {
    const MOST: f64 = (1_u64 << 53) as f64;
    let numbers = numbers(batch, column);
    let whole = |&x: &f64| (0.0..=MOST).contains(&x) && x.fract() == 0.0;
    match numbers.iter().position(|x| !whole(x)) {
        Some(row) => Err(refuse(
            batch,
            row,
            source,
            name,
            Problem::Count {
                value: numbers[row],
            },
        )),
        None => Ok(numbers.iter().map(|&x| x as u64).collect()),
    }
}

/// The code of a number: 0 where there is none, else the band it is in, from 1.
pub fn band(number: f64, cuts: &[f64]) -> u64 {
    if number.is_nan() {
        0
    } else {
        cuts.partition_point(|&cut| cut <= number) as u64 + 1
    }
}

/// More combinations than are kept.
pub fn many_cells(source: &dyn Source) -> Error {
    Error::Data {
        place: Place::file(source.first_path()),
        problem: Problem::ManyCells {
            most: limits::CELLS,
        },
    }
}

/// One number for a combination of codes.
pub fn mix(codes: &[u32], room: &[u64]) -> u64 {
    let mut stride = 1;
    let mut mixed = 0;
    for (&code, &room) in codes.iter().zip(room) {
        mixed += stride * u64::from(code);
        stride *= room;
    }
    mixed
}

/// The codes of a mixed code.
pub fn unmix(mut mixed: u64, room: &[u64]) -> Box<[u32]> {
    room.iter()
        .map(|room| {
            let code = mixed % room;
            mixed /= room;
            code as u32
        })
        .collect()
}

/// Adds the codes of a column, times its stride.
pub fn add_codes(mixed: &mut [u64], keys: &Keys, codes: &[u32], stride: u64) {
    match keys {
        Keys::U8(keys) => {
            let mut table = [0_u64; 256];
            for (entry, &code) in table.iter_mut().zip(codes) {
                *entry = u64::from(code) * stride;
            }
            for (mixed, &key) in mixed.iter_mut().zip(keys) {
                *mixed += table[usize::from(key)];
            }
        }
        Keys::U32(keys) => {
            for (mixed, &key) in mixed.iter_mut().zip(keys) {
                *mixed += u64::from(codes[key as usize]) * stride;
            }
        }
    }
}

/// Adds what each key means.
pub fn add_classes(outcomes: &mut [u8], column: &Column, by_key: &[u8]) {
    let Column::Codes(codes) = column else { return };
    match &codes.keys {
        Keys::U8(keys) => {
            let mut table = [0_u8; 256];
            table[..by_key.len()].copy_from_slice(by_key);
            for (outcome, &key) in outcomes.iter_mut().zip(keys) {
                *outcome += table[usize::from(key)];
            }
        }
        Keys::U32(keys) => {
            for (outcome, &key) in outcomes.iter_mut().zip(keys) {
                *outcome += by_key[key as usize];
            }
        }
    }
}

/// What each key adds: its code times the stride.
pub fn table(codes: &[u32], stride: u32) -> [u32; 256] {
    let mut table = [0; 256];
    for (entry, &code) in table.iter_mut().zip(codes) {
        *entry = code * stride;
    }
    table
}

/// Counts the rows by the sum of what their keys add; every sum is less than `len`.
///
/// Four histograms, since a row that adds to the same place as the row before it would wait for it.
pub fn histogram<const N: usize>(columns: [&Keyed; N], len: usize) -> Vec<u64> {
    let rows = columns[0].0.len();
    let mut lanes = vec![0_u32; 4 * len];
    let (a, rest) = lanes.split_at_mut(len);
    let (b, rest) = rest.split_at_mut(len);
    let (c, d) = rest.split_at_mut(len);
    let keys = columns.map(|(keys, _)| &keys[..rows]);
    let sum = |row: usize| {
        let mut at = 0;
        for column in 0..N {
            at += columns[column].1[usize::from(keys[column][row])];
        }
        at as usize
    };
    let mut row = 0;
    while row + 4 <= rows {
        a[sum(row)] += 1;
        b[sum(row + 1)] += 1;
        c[sum(row + 2)] += 1;
        d[sum(row + 3)] += 1;
        row += 4;
    }
    for row in row..rows {
        a[sum(row)] += 1;
    }
    (0..len)
        .map(|i| u64::from(a[i]) + u64::from(b[i]) + u64::from(c[i]) + u64::from(d[i]))
        .collect()
}

/// Outcomes of one combination in a list of counts.
pub fn outcomes_of(counts: &[u64], slot: usize) -> &[u64] {
    &counts[slot * OUTCOMES..(slot + 1) * OUTCOMES]
}
