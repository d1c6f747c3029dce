//! AUC and `DeLong`'s variance of a group by itself, row by row.
//!
//! Nobody needs to know when a block of equal scores ends: within a block negatives come first, so a positive knows how many it is tied with, and what a
//! positive adds to the negatives it is tied with is added then. Whether a row is the group's first
//! of a block is as good as random, and decides no branch here.

use super::ranking::Stored;
use super::sweep::Mass;

/// What a group has gathered so far.
///
/// Aligned and in this order, so that a row touches two lines of the cache, or one where no variance
/// is wanted.
#[derive(Debug, Clone, Default)]
#[repr(C, align(64))]
pub(super) struct Alone {
    /// Σw of the negatives and of the positives so far.
    negative: f64,
    positive: f64,
    /// Σw·x over positives, x being twice the negatives below plus those tied: twice a placement.
    pub(super) won: f64,
    /// Σw·y over negatives: what positives lost.
    pub(super) lost: f64,
    /// Of the negatives of its latest block: Σw, Σw², Σw²y, y being twice the positives below and
    /// those tied so far.
    tied: [f64; 3],
    /// Which block that is.
    number: u32,
    /// Σw², Σw²x, Σw²x² over positives.
    pub(super) positives: [f64; 3],
    /// Σw², Σw²y, Σw²y² over negatives.
    pub(super) negatives: [f64; 3],
}

impl Alone {
    /// Adds a row, in ascending order of the score, of the block with this number.
    #[inline]
    pub(super) fn add<R: Stored>(&mut self, row: R, number: u32) {
        let same = f64::from(u8::from(self.number == number));
        self.number = number;
        let [tied, squares, products] = self.tied.map(|sum| sum * same);
        let mass = row.mass();
        let square = mass * row.weight();
        if row.positive() {
            let x = 2.0 * self.negative - tied;
            self.won += mass * x;
            self.positives[0] += square;
            self.positives[1] += square * x;
            self.positives[2] += square * x * x;
            self.positive += mass;
            // The y of each negative that is tied grows by this row.
            self.lost += tied * mass;
            self.negatives[1] += squares * mass;
            self.negatives[2] += mass * (2.0 * products + squares * mass);
            self.tied = [tied, squares, products + squares * mass];
        } else {
            let y = 2.0 * self.positive;
            self.lost += mass * y;
            self.negatives[0] += square;
            self.negatives[1] += square * y;
            self.negatives[2] += square * y * y;
            self.negative += mass;
            self.tied = [tied + mass, squares + square, products + square * y];
        }
    }

    /// Adds a row for AUC alone: the same sums but for those of squares.
    #[inline]
    pub(super) fn add_value<R: Stored>(&mut self, row: R, number: u32) {
        let tied = self.tied[0] * f64::from(u8::from(self.number == number));
        self.number = number;
        let mass = row.mass();
        if row.positive() {
            self.won += mass * (2.0 * self.negative - tied);
            self.positive += mass;
            self.lost += tied * mass;
            self.tied[0] = tied;
        } else {
            self.lost += mass * (2.0 * self.positive);
            self.negative += mass;
            self.tied[0] = tied + mass;
        }
    }

    /// Σw of the rows so far.
    pub(super) fn mass(&self) -> Mass {
        Mass {
            positive: self.positive,
            negative: self.negative,
        }
    }
}
