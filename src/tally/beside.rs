//! What else a pass may fill beside the cells: by row, with the cell that each row is in.

use super::lane::NO_SLOT;
use crate::data::Batch;

/// A row that is in no cell: its weight is missing, or 0.
pub const NO_CELL: u32 = u32::MAX;

/// What one thread keeps beside the cells.
pub trait Beside: Send {
    /// Whether it looks at rows at all; the tally alone has quicker ways than one row after another.
    const BY_ROW: bool;

    /// Adds the rows of a batch, which the tally has placed.
    fn add(&mut self, batch: &Batch, placed: &Placed);
}

/// Nothing.
impl Beside for () {
    const BY_ROW: bool = false;

    fn add(&mut self, _: &Batch, _: &Placed) {}
}

/// Where the rows of a batch belong.
#[derive(Debug)]
pub struct Placed<'a> {
    pub(super) slot_of: &'a [u32],
    /// Label × prediction.
    pub(super) outcomes: &'a [u8],
    /// Combinations of codes that this thread has seen.
    pub slots: usize,
    /// How many rows each line stands for, where it says so; checked whole numbers.
    pub lines: Option<&'a [f64]>,
}

impl Placed<'_> {
    /// The cell of each row: its slot × label, or its label alone; `by_decision` puts the decision in
    /// the label's place.
    pub fn cells(&self, by_label: bool, by_decision: bool, cells: &mut Vec<u32>) {
        cells.clear();
        let rows = self.slot_of.iter().zip(self.outcomes);
        cells.extend(rows.map(|(&slot, &outcome)| {
            let label = u32::from(if by_decision {
                outcome % 3
            } else {
                outcome / 3
            });
            match (slot, by_label) {
                (NO_SLOT, _) => NO_CELL,
                (_, true) => label,
                (slot, false) => 3 * slot + label,
            }
        }));
    }
}
