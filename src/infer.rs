//! Numbers to estimates: an interval for every rate, difference and ratio; from cells alone.

use crate::metrics::Compare;
use crate::metrics::compare::{GroupValue, Measure};
use crate::stats::{Fraction, Interval};

/// The interval of one group's metric; `None` where there is none (yet).
pub fn of_group(value: &GroupValue, confidence: f64) -> Option<Interval> {
    let _ = (value, confidence);
    todo!()
}

/// The interval of a comparison; over extremes it is simultaneous over all pairs.
pub fn of_measure(measure: &Measure, confidence: f64) -> Option<Interval> {
    let _ = (measure, confidence);
    todo!()
}

/// The interval of one pair that was chosen among `pairs` pairs (Bonferroni).
pub fn of_pair(
    compare: Compare,
    a: &Fraction,
    b: &Fraction,
    confidence: f64,
    pairs: usize,
) -> Option<Interval> {
    let _ = (compare, a, b, confidence, pairs);
    todo!()
}
