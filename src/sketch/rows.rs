//! Rows that are alike: how many there are of each kind, of the kinds whose hash is the smallest.
//!
//! In: for each row the hashes of some of its columns. Out: [`Kinds`], a sample of the *distinct*
//! rows (bottom-k by hash; Cohen and Kaplan 2007, doi:10.1145/1281100.1281133) with the exact number of
//! rows of each: the same for any order of the rows and any parts, and complete where there are few.

use hashbrown::HashMap;

use super::LABELS;
use super::distinct::hash;

/// Rows of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kind {
    /// By label.
    pub rows: [u64; LABELS],
}

impl Kind {
    /// All rows of the kind.
    pub fn total(&self) -> u64 {
        self.rows.iter().sum()
    }
}

/// A row has no value.
pub const ABSENT: u64 = 0x5eed_0000_0bad_0bad;

/// The kinds of rows, as they are found.
#[derive(Debug, Clone)]
pub struct Kinds {
    /// Kinds that are kept.
    limit: usize,
    /// Only hashes under it are kept.
    under: u64,
    kept: HashMap<u64, Kind, foldhash::fast::FixedState>,
}

/// The kinds with the smallest hashes, after the pass.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampled {
    /// The columns that tell kinds apart, as in the table.
    pub columns: Vec<usize>,
    /// In the order of their hashes.
    pub kinds: Vec<Kind>,
    /// The share of all kinds that is here, about; 1 where it is all of them.
    pub share: f64,
}

impl Sampled {
    /// Whether every row is here.
    pub fn is_whole(&self) -> bool {
        self.share >= 1.0
    }

    /// Rows of the kinds that are here.
    pub fn rows(&self) -> u64 {
        self.kinds.iter().map(Kind::total).sum()
    }
}

impl Kinds {
    /// None yet; of so many at most.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            under: u64::MAX,
            kept: HashMap::default(),
        }
    }

    /// Adds rows of a kind.
    #[inline]
    pub fn add(&mut self, hash: u64, label: usize, rows: u64) {
        if hash >= self.under {
            return;
        }
        let kind = self.kept.entry(hash).or_default();
        kind.rows[label] += rows;
        if self.kept.len() > 2 * self.limit {
            self.shrink();
        }
    }

    /// Adds the kinds of another part.
    pub fn absorb(&mut self, part: &Self) {
        self.under = self.under.min(part.under);
        for (hash, kind) in &part.kept {
            let own = self.kept.entry(*hash).or_default();
            for (sum, rows) in own.rows.iter_mut().zip(kind.rows) {
                *sum += rows;
            }
        }
        let under = self.under;
        self.kept.retain(|hash, _| *hash < under);
        if self.kept.len() > 2 * self.limit {
            self.shrink();
        }
    }

    /// Keeps the smallest hashes alone.
    fn shrink(&mut self) {
        if self.kept.len() <= self.limit {
            return;
        }
        let mut hashes: Vec<u64> = self.kept.keys().copied().collect();
        let (_, first_left_out, _) = hashes.select_nth_unstable(self.limit);
        self.under = *first_left_out;
        let under = self.under;
        self.kept.retain(|hash, _| *hash < under);
    }

    /// What was kept.
    pub fn finish(mut self, columns: Vec<usize>) -> Sampled {
        self.shrink();
        let mut kinds: Vec<(u64, Kind)> = self.kept.into_iter().collect();
        kinds.sort_unstable_by_key(|(hash, _)| *hash);
        Sampled {
            columns,
            kinds: kinds.into_iter().map(|(_, kind)| kind).collect(),
            share: if self.under == u64::MAX {
                1.0
            } else {
                self.under as f64 / u64::MAX as f64
            },
        }
    }
}

/// The hash of a row with one more column.
#[inline]
pub fn chained(row: u64, value: u64) -> u64 {
    (row ^ value)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
        ^ value
}

/// The hash of a row, all columns chained.
#[inline]
pub fn finished(row: u64) -> u64 {
    hash(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_in_any_order_are_the_whole_and_counts_are_exact() {
        let kinds = |from: u64, to: u64| {
            let mut kinds = Kinds::new(50);
            for i in from..to {
                let value = i % 400;
                kinds.add(hash(value), (i % 2) as usize, 1);
            }
            kinds
        };
        let whole = kinds(0, 4000).finish(vec![0]);
        let (mut a, b) = (kinds(1000, 4000), kinds(0, 1000));
        a.absorb(&b);
        assert_eq!(a.finish(vec![0]), whole);
        assert_eq!(whole.kinds.len(), 50);
        assert!(whole.kinds.iter().all(|kind| kind.total() == 10));
        assert!((whole.share - 50.0 / 400.0).abs() < 0.05, "{}", whole.share);
        let few = kinds(0, 40).finish(vec![0]);
        assert!(few.is_whole() && few.rows() == 40);
    }
}
