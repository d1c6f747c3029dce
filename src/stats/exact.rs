//! A sum of f64 that is exact: any order, any parts, the same bits.

use super::Merge;

/// The exact sum of finite f64 values, rounded once when read.
///
/// Small on purpose (24 bytes, alignment 8): a cell holds dozens of them. `high:low` is a 128-bit
/// fixed-point number for values of everyday size; what does not fit goes to `big`. Two sums are
/// equal when their exact values are.
#[derive(Debug, Clone, Default)]
pub struct ExactSum {
    low: u64,
    high: i64,
    big: Option<Box<[i64; 68]>>,
}

impl ExactSum {
    /// Adds one finite value.
    pub fn add(&mut self, value: f64) {
        let _ = (value, &mut self.low, &mut self.high, &mut self.big);
        todo!()
    }

    /// The sum, correctly rounded to the nearest f64 (infinite where it is beyond the largest).
    pub fn value(&self) -> f64 {
        todo!()
    }
}

impl PartialEq for ExactSum {
    fn eq(&self, other: &Self) -> bool {
        let _ = other;
        todo!()
    }
}

impl Merge for ExactSum {
    fn merge(&mut self, other: &Self) {
        let Self { low, high, big } = other;
        let _ = (low, high, big);
        todo!()
    }
}
