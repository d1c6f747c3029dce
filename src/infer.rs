//! Numbers to estimates: an interval for every rate, difference and ratio; from cells alone.

use crate::metrics::compare::{GroupValue, Measure};
use crate::stats::Interval;

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
