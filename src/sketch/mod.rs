//! What every column holds, by cell: sketches that threads fill apart and that merge.
//!
//! In: batches, and the cell of each row. Out: [`Sketches`], one [`Sketch`] for each column. Every
//! row is in exactly one place of each sketch; parts merged are the whole, in any order, bit for bit.

mod distinct;
mod grid;
mod numbers;
pub mod repeats;
mod column;
mod merge;
mod rows;
mod dictionary;
mod exemplars;
mod pass;
#[cfg(test)]
mod tests;

pub use column::{Level, Sketch};
pub use distinct::Distinct;
pub use exemplars::{Exemplar, Exemplars};
pub use numbers::{Moments, RELATIVE_ERROR, nearby};
pub use pass::{Looks, scan};
pub use rows::{ABSENT, Kind as RowKind, Sampled};

use repeats::Repeats;

use crate::data::Kind;
use crate::tally::Key;

/// Most distinct values of a column that are counted one by one.
pub const VALUES: usize = 1_000;
/// Labels of a cell: negative, positive, missing. Where no label is known, decisions.
pub const LABELS: usize = 3;

/// Distinct combinations of columns that tell people apart.
pub const PEOPLE: usize = 1 << 16;
/// Such columns.
pub const QUASI: usize = 8;
/// Texts of a column that are kept, where not all are.
pub const TEXTS: usize = 64;

/// How much is kept, the same for every part of a table: what is kept of the whole is then the
/// same, however it was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Counts of one column: values (or bins) × cells.
    pub pairs: usize,
    /// Cells; beyond them columns are not told apart by group.
    pub cells: usize,
}

impl Limits {
    /// For a table of so many columns: together at most 2²³ counts (64 MB) and 2²⁰ cells of moments
    /// (100 MB) a thread, which room to grow may make four times as much at worst.
    pub fn of(columns: usize) -> Self {
        let pairs = ((1 << 23) / columns.max(1)).clamp(1 << 10, 1 << 18);
        Self {
            pairs,
            cells: pairs / 8,
        }
    }
}

/// One column of the table.
#[derive(Debug, Clone)]
pub struct Sketched {
    /// Its name.
    pub name: String,
    /// What the file says that it holds.
    pub kind: Kind,
    /// What it holds; why it could not be read.
    pub sketch: Result<Sketch, String>,
}

/// All columns of a table, after the pass.
#[derive(Debug, Clone, Default)]
pub struct Sketches {
    /// Combinations of codes; cell `LABELS · i + label` is of `keys[i]`.
    pub keys: Vec<Key>,
    /// There are more cells than are kept: cells are labels alone.
    pub is_flat: bool,
    /// In file order.
    pub columns: Vec<Sketched>,
    /// Distinct combinations of what tells people apart: sensitive columns, and those that are
    /// traits, places or dates by their names.
    pub people: Sampled,
    /// Rows that are alike in all features, by cell.
    pub repeats: Repeats,
    /// Some of the rows with the values of their features; none where there are too many cells.
    pub exemplars: Exemplars,
    /// Columns of times with their texts cut to the month, by name.
    pub months: Vec<(String, Sketch)>,
}

/// A group, or a group and a label, for each cell.
#[derive(Debug, Clone)]
pub struct Grouping {
    /// By cell; `None` is in no group.
    pub of_cell: Vec<Option<u32>>,
    /// How many groups.
    pub groups: usize,
}

impl Sketches {
    /// Cells by what `place` says of their key and their label.
    pub fn grouping(
        &self,
        groups: usize,
        place: impl Fn(Option<&Key>, usize) -> Option<usize>,
    ) -> Grouping {
        let keys: Vec<Option<&Key>> = if self.is_flat {
            vec![None]
        } else {
            self.keys.iter().map(Some).collect()
        };
        let cells = keys
            .iter()
            .flat_map(|key| (0..LABELS).map(move |label| (*key, label)));
        Grouping {
            of_cell: cells
                .map(|(key, label)| place(key, label).map(|group| group as u32))
                .collect(),
            groups,
        }
    }

    /// The column of this name, its texts cut to the month.
    pub fn months(&self, name: &str) -> Option<&Sketch> {
        let mut months = self.months.iter();
        months
            .find(|(known, _)| known == name)
            .map(|(_, sketch)| sketch)
    }

    /// The column of this name.
    pub fn find(&self, name: &str) -> Option<&Sketched> {
        self.columns.iter().find(|column| column.name == name)
    }
}
