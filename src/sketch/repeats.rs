//! Rows that are alike: a hash of 128 bits for each row, and how often each was seen in each cell.
//!
//! In: the columns of a batch. Out: counts of up to [`DISTINCT`] distinct rows and, where there are
//! more, of those whose hash starts with enough zeros: all copies of a row stay or go together, so
//! that what stays is a sample of distinct rows with all their copies (Gibbons 2001, Distinct sampling
//! for highly-accurate answers to distinct values queries). What stays hangs on the whole table
//! alone: no order, and no cut into parts, changes it.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::dictionary::Followed;
use super::distinct::hash;
use crate::data::{Batch, Codes, Column, Keys, is_null};

/// Distinct rows (by cell) that are counted one by one: about 25 MB a thread at most.
pub const DISTINCT: usize = 1 << 18;
/// The hash of what is missing.
const MISSING: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
/// An odd number without a pattern.
const SPREAD: u128 = 0xda94_2042_e4dd_58b5_2545_f491_4f6c_dd1d;

/// Rows whose hashes stay in the nearest cache while every column is added.
const BLOCK: usize = 1 << 10;

/// The hash of a number: a text that says the same number has the same.
fn of_number(number: f64) -> u128 {
    let bits = u128::from((number + 0.0).to_bits());
    let mixed = (bits | bits << 64).wrapping_mul(SPREAD);
    (mixed ^ mixed >> 61).wrapping_mul(SPREAD)
}

/// The hash of a value. `1`, `1.0` and ` 1` are the same number, in whatever file they stand.
fn of_text(text: &str) -> u128 {
    let trimmed = text.trim();
    let starts = trimmed.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    match trimmed.parse::<f64>() {
        Ok(number) if starts && number.is_finite() => of_number(number),
        _ if trimmed.is_empty() => MISSING,
        _ => {
            let (mut a, mut b) = (trimmed.len() as u64, !trimmed.len() as u64);
            for chunk in trimmed.as_bytes().chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                let word = u64::from_le_bytes(word);
                (a, b) = (hash(a ^ word), hash(b.rotate_left(32) ^ word));
            }
            u128::from(hash(a)) << 64 | u128::from(b)
        }
    }
}

/// Hashes of the values of a dictionary.
#[derive(Debug, Default)]
struct Known {
    dictionary: Followed,
    hashes: Vec<u128>,
}

impl Known {
    fn update(&mut self, codes: &Codes) {
        let known = self.dictionary.follow(codes);
        self.hashes.truncate(known);
        let new = codes.values[known..].iter();
        let hash = |value: &Option<Box<str>>| value.as_deref().map_or(MISSING, of_text);
        self.hashes.extend(new.map(hash));
    }
}

/// Makes the hashes of rows.
#[derive(Debug, Default)]
pub struct RowHash {
    known: Vec<Known>,
    hashes: Vec<u128>,
}

impl RowHash {
    /// The hash of each row over the columns at these places of the batch, in their order.
    pub fn of(&mut self, batch: &Batch, places: &[usize]) -> &[u128] {
        self.known.resize_with(places.len(), Known::default);
        self.hashes.clear();
        self.hashes.resize(batch.rows, 0);
        for (known, &place) in self.known.iter_mut().zip(places) {
            if let Column::Codes(codes) = &batch.columns[place] {
                known.update(codes);
            }
        }
        for (at, hashes) in self.hashes.chunks_mut(BLOCK).enumerate() {
            let rows = at * BLOCK..at * BLOCK + hashes.len();
            for (known, &place) in self.known.iter().zip(places) {
                match &batch.columns[place] {
                    Column::Numbers(numbers) => add(hashes, &numbers[rows.clone()], |&x| {
                        if is_null(x) { MISSING } else { of_number(x) }
                    }),
                    Column::Codes(Codes { keys, .. }) => match keys {
                        Keys::U8(keys) => add(hashes, &keys[rows.clone()], |&key| {
                            known.hashes[usize::from(key)]
                        }),
                        Keys::U32(keys) => add(hashes, &keys[rows.clone()], |&key| {
                            known.hashes[key as usize]
                        }),
                    },
                }
            }
        }
        for hash in &mut self.hashes {
            // The leading bits, which choose a sample, hang on all others.
            *hash = (*hash ^ *hash >> 67).wrapping_mul(SPREAD);
            *hash ^= *hash >> 64;
        }
        &self.hashes
    }

    /// The hashes of the rows of the latest batch.
    pub fn latest(&self) -> &[u128] {
        &self.hashes
    }

    /// What stands for a text of a column, by its place among the columns that are hashed.
    pub fn text(&self, place: usize, key: usize) -> u64 {
        self.known[place].hashes[key] as u64
    }
}

/// Adds a column to the hashes of rows.
#[inline]
fn add<T>(hashes: &mut [u128], column: &[T], part: impl Fn(&T) -> u128) {
    for (hash, value) in hashes.iter_mut().zip(column) {
        *hash = (hash.rotate_left(29) ^ part(value)).wrapping_mul(SPREAD);
    }
}

/// How often rows were seen, by hash and cell.
#[derive(Debug, Clone, Default)]
pub struct Repeats {
    /// Leading zeros of the hashes that are counted.
    level: u32,
    counts: HashMap<(u128, u32), u64, FixedState>,
}

/// A distinct row: the cells it was seen in, and how often in each.
pub type Copies = Vec<(u32, u64)>;

impl Repeats {
    /// Adds so many copies of a row.
    #[inline]
    pub fn add(&mut self, hash: u128, cell: u32, rows: u64) {
        if hash.leading_zeros() >= self.level {
            *self.counts.entry((hash, cell)).or_insert(0) += rows;
            if self.counts.len() > DISTINCT {
                self.thin();
            }
        }
    }

    /// Counts half as many.
    #[cold]
    fn thin(&mut self) {
        while self.counts.len() > DISTINCT {
            self.level += 1;
            let level = self.level;
            self.counts
                .retain(|(hash, _), _| hash.leading_zeros() >= level);
        }
    }

    /// Adds what another part of the table has seen; `cell` says where its cells are here.
    pub fn absorb(&mut self, other: &Self, cell: impl Fn(u32) -> u32) {
        if other.level > self.level {
            self.level = other.level;
            let level = self.level;
            self.counts
                .retain(|(hash, _), _| hash.leading_zeros() >= level);
        }
        other
            .counts
            .iter()
            .for_each(|(&(hash, own), &rows)| self.add(hash, cell(own), rows));
    }

    /// The same with other cells.
    pub fn fold_cells(&mut self, cell: impl Fn(u32) -> u32) {
        let before = std::mem::take(self);
        self.level = before.level;
        self.absorb(&before, cell);
    }

    /// One distinct row of how many is counted: 1 is all of them.
    pub fn one_of(&self) -> u64 {
        1 << self.level.min(63)
    }

    /// The distinct rows that are counted, by their hashes in order.
    pub fn rows(&self) -> Vec<(u128, Copies)> {
        let mut all: Vec<(u128, u32, u64)> = self
            .counts
            .iter()
            .map(|(&(hash, cell), &rows)| (hash, cell, rows))
            .collect();
        all.sort_unstable();
        let same = all.chunk_by(|a, b| a.0 == b.0);
        same.map(|rows| (rows[0].0, rows.iter().map(|row| (row.1, row.2)).collect()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written_and_a_word_is_no_number() {
        for text in ["1", "1.0", " 1 ", "1e0", "+1"] {
            assert_eq!(of_text(text), of_number(1.0), "{text}");
        }
        assert_eq!(of_text("-0"), of_number(0.0));
        assert_eq!(of_text("  "), MISSING);
        for (a, b) in [("nan", "inf"), ("infinity", "1"), ("a", "A"), ("", "0")] {
            assert_ne!(of_text(a), of_text(b), "{a} {b}");
        }
    }

    /// Hashes as rows have them.
    fn row_hash(row: u64) -> u128 {
        let numbers = Column::Numbers(vec![row as f64]);
        let batch = Batch {
            rows: 1,
            columns: &[numbers],
            at: crate::data::At::new(0),
        };
        RowHash::default().of(&batch, &[0])[0]
    }

    #[test]
    fn parts_of_a_table_in_any_order_are_the_whole_and_a_sample_is_as_large_as_it_says() {
        let rows = 3 * DISTINCT as u64;
        let (mut whole, mut a, mut b) =
            (Repeats::default(), Repeats::default(), Repeats::default());
        for row in 0..rows {
            let (hash, cell) = (row_hash(row), (row % 7) as u32);
            whole.add(hash, cell, 1);
            let part = if row % 5 == 0 { &mut a } else { &mut b };
            part.add(hash, cell, 1);
        }
        let mut merged = Repeats::default();
        merged.absorb(&b, |cell| cell);
        merged.absorb(&a, |cell| cell);
        assert_eq!(merged.rows(), whole.rows());
        assert_eq!(whole.one_of(), 4);
        let about = whole.rows().len() as f64 * 4.0 / rows as f64;
        assert!((about - 1.0).abs() < 0.01, "{about}");
    }
}
