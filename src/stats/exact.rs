//! A sum of f64 that is exact: any order, any parts, the same bits.

use super::Merge;

/// The exact sum of finite f64 values, rounded once when read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExactSum {
    fast: i128,
    big: Option<Box<[i64; 68]>>,
}

impl ExactSum {
    /// Adds one finite value.
    pub fn add(&mut self, value: f64) {
        let _ = (value, &mut self.fast, &mut self.big);
        todo!()
    }

    /// The sum, correctly rounded to the nearest f64.
    pub fn value(&self) -> f64 {
        todo!()
    }
}

impl Merge for ExactSum {
    fn merge(&mut self, other: &Self) {
        let Self { fast, big } = other;
        let _ = (fast, big);
        todo!()
    }
}
