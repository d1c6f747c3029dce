//! Some of the rows with their values, for what has to look at several columns at once.
//!
//! In: the hash of every row over the features. Out: the distinct rows with the smallest hashes
//! (bottom-k; Cohen and Kaplan 2007, doi:10.1145/1281100.1281133), each with the number of its copies,
//! which is exact: the same for any order of the rows and any parts, and all of them where there
//! are few. Nearly every row of a large table is told by one comparison that it is none.

use hashbrown::HashMap;

use super::LABELS;
use super::dictionary::{Rows, Table, bits};
use super::repeats::RowHash;
use super::rows::ABSENT;
use crate::data::{Batch, Column};

/// Distinct rows that are kept.
pub const ROWS: usize = 20_000;
/// Values that are kept, of all rows together: of wide tables fewer rows are.
pub const CELLS: usize = 1 << 20;

/// A distinct row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemplar {
    /// Over its features.
    pub hash: u128,
    /// Its combination of codes: which of the keys.
    pub slot: u32,
    /// How many rows are the same.
    pub copies: u64,
    /// By feature the bits of a number, or the hash of a text; [`super::rows::ABSENT`] where a
    /// number is missing or is none.
    pub values: Box<[u64]>,
}

/// The rows that were kept, after the pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exemplars {
    /// The columns of their values, as in the table.
    pub columns: Vec<usize>,
    /// In the order of their hashes.
    pub rows: Vec<Exemplar>,
    /// Whether they are all rows of the table.
    pub is_whole: bool,
}

/// Of a feature: the column of a batch, its sketch, and whether it holds numbers.
pub(super) type Place = (usize, usize, bool);

/// What is known of the rows of a batch.
pub(super) struct Looked<'a> {
    pub(super) batch: &'a Batch<'a>,
    pub(super) features: &'a [Place],
    /// By sketch.
    pub(super) tables: &'a [Table],
    /// Of the features.
    pub(super) row_hash: &'a RowHash,
}

impl Looked<'_> {
    fn values(&self, row: usize) -> Box<[u64]> {
        let number = |x: f64| if x.is_nan() { ABSENT } else { bits(x) };
        let features = self.features.iter().enumerate();
        let value = |(place, &(position, sketch, is_number)): (usize, &Place)| match &self
            .batch
            .columns[position]
        {
            Column::Numbers(numbers) => number(numbers[row]),
            Column::Codes(codes) if is_number => {
                number(self.tables[sketch].numbers[codes.keys.at(row)])
            }
            Column::Codes(codes) => self.row_hash.text(place, codes.keys.at(row)),
        };
        features.map(value).collect()
    }
}

/// The hash and the slot of a row.
type Own = (u128, u32);
/// How many rows are the same, and their values.
type Copies = (u64, Box<[u64]>);

/// The rows that are kept, as they are found.
#[derive(Debug, Clone)]
pub(super) struct Keeping {
    limit: usize,
    /// Only hashes under it are kept.
    under: u128,
    kept: HashMap<Own, Copies, foldhash::fast::FixedState>,
}

impl Keeping {
    /// Nothing yet, of rows with so many values.
    pub(super) fn new(columns: usize) -> Self {
        Self::of(ROWS.min(CELLS / columns.max(1)).max(1))
    }

    fn of(limit: usize) -> Self {
        Self {
            limit,
            under: u128::MAX,
            kept: HashMap::default(),
        }
    }

    /// Whether a row is one of them, as far as is known.
    #[inline]
    pub(super) fn takes(&self, hash: u128) -> bool {
        hash < self.under
    }

    /// Adds the rows of a batch.
    pub(super) fn add_rows(&mut self, rows: &Rows, looked: &Looked) {
        let hashes = looked.row_hash.latest();
        rows.each(|row, cell, n| {
            if self.takes(hashes[row]) {
                let own = (hashes[row], cell / LABELS as u32);
                self.add(own, n, || looked.values(row));
            }
        });
    }

    /// Adds copies of a row, whose values are asked for where it is new.
    pub(super) fn add(&mut self, own: Own, copies: u64, values: impl FnOnce() -> Box<[u64]>) {
        let kept = self.kept.entry(own);
        kept.or_insert_with(|| (0, values())).0 += copies;
        if self.kept.len() > 2 * self.limit {
            self.shrink();
        }
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.kept = HashMap::default();
    }

    /// Adds the rows of another part; `slot` says where its slots are here.
    pub(super) fn absorb(&mut self, part: &Self, slot: impl Fn(u32) -> u32) {
        self.under = self.under.min(part.under);
        let under = self.under;
        self.kept.retain(|(hash, _), _| *hash < under);
        for (&(hash, own), (copies, values)) in &part.kept {
            if self.takes(hash) {
                self.add((hash, slot(own)), *copies, || values.clone());
            }
        }
    }

    /// Keeps the smallest hashes alone.
    fn shrink(&mut self) {
        if self.kept.len() <= self.limit {
            return;
        }
        let mut hashes: Vec<u128> = self.kept.keys().map(|(hash, _)| *hash).collect();
        let (_, first_left_out, _) = hashes.select_nth_unstable(self.limit);
        self.under = *first_left_out;
        let under = self.under;
        self.kept.retain(|(hash, _), _| *hash < under);
    }

    /// What was kept.
    pub(super) fn finish(mut self, columns: Vec<usize>) -> Exemplars {
        self.shrink();
        let row = |((hash, slot), (copies, values))| Exemplar {
            hash,
            slot,
            copies,
            values,
        };
        let mut rows: Vec<Exemplar> = self.kept.into_iter().map(row).collect();
        rows.sort_unstable_by_key(|row| (row.hash, row.slot));
        Exemplars {
            columns,
            rows,
            is_whole: self.under == u128::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::distinct::hash;

    #[test]
    fn parts_in_any_order_are_the_whole_and_copies_are_exact() {
        let kept = |from: u64, to: u64, turn: u32| {
            let mut kept = Keeping::of(50);
            for i in from..to {
                let value = i % 400;
                let own = u128::from(hash(value)) << 64;
                let slot = ((value % 3) as u32 + turn) % 3;
                if kept.takes(own) {
                    kept.add((own, slot), 1, || [value].into());
                }
            }
            kept
        };
        let whole = kept(0, 4000, 0).finish(vec![0]);
        let (mut a, b) = (kept(1000, 4000, 0), kept(0, 1000, 1));
        a.absorb(&b, |slot| (slot + 2) % 3);
        assert_eq!(a.finish(vec![0]), whole);
        assert_eq!(whole.rows.len(), 50);
        assert!(!whole.is_whole && whole.rows.iter().all(|row| row.copies == 10));
        let few = kept(0, 40, 0).finish(vec![0]);
        assert!(few.is_whole && few.rows.len() == 40);
    }
}
