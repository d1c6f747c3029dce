//! Rows to cells, the one pass. A [`Tally`] has one [`Cell`] for every combination that occurs;
//! margins are sums of cells, so every attribute and intersection comes from one reading.

pub mod cell;
mod rest;
pub mod sample;
mod intern;
pub mod columns;
mod beside;
mod lane;
mod sums;
pub mod settle;
mod spellings;
pub mod notes;
mod margins;
mod parted;
pub mod median;
pub mod scan;
pub mod sql;
pub mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use beside::{Beside, NO_CELL, Placed};
pub use cell::{BinScores, Cell, LabelScores, ScoreSums, Weights};
pub use table::{Row, Table};

use crate::data::Role;
use crate::stats::Ranking;

/// One column that splits the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The column's name.
    pub name: String,
    /// [`Role::Sensitive`] or [`Role::Control`].
    pub role: Role,
    /// Its values in display order: sorted as text, numbers by size, bands by their cuts. The code
    /// of a value is its index here; the code `values.len()` is the missing value.
    pub values: Vec<String>,
    /// How the values were made, where they are bands (`quantiles`, `--bins`).
    pub bands: Option<String>,
}

/// The codes of one combination, one for each axis.
pub type Key = Box<[u32]>;

/// All cells of one scenario.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Which decisions: the name of the prediction column, `as_given` when there is only one.
    pub scenario: String,
    /// The columns that split the rows, sensitive ones first.
    pub axes: Vec<Axis>,
    /// Ordered, so that no output depends on hashing.
    pub cells: BTreeMap<Key, Cell>,
    /// The scored and labelled rows, sorted; `Scored::cell` is the position in `cells`. Scenarios
    /// share it.
    pub ranking: Option<Arc<Ranking>>,
    /// The scores that were seen, lowest and highest.
    pub score_range: Option<(f64, f64)>,
}

/// What the pass saw beside the cells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// Rows read.
    pub rows: u64,
    /// Rows, or lines that stand for some, of each input.
    pub inputs: Vec<u64>,
    /// Rows that no metric can use, by reason (`missing_label`, `missing_prediction`,
    /// `missing_score`, `missing_weight`, `zero_weight`); a row may stand under several.
    pub excluded: BTreeMap<String, u64>,
    /// How each label and prediction column was read: column, negative spellings, positive ones.
    pub spellings: Vec<(String, Vec<String>, Vec<String>)>,
    /// What a careful reader should know (names that fold together, near-identifier columns …), as
    /// warnings: lower case, no full stop.
    pub notes: Vec<String>,
}
