//! A number that is past its limit: how likely that is where the limit is kept.
//!
//! In: one number, or two that are compared, and a limit. Out: how many standard errors the limit is
//! away, by the same arithmetic as the interval: where that is as far as the critical value, the
//! interval's end lies on the limit.

use super::{limited, limits_of_pair};
use crate::metrics::Compare;
use crate::metrics::compare::GroupValue;
use crate::stats::score::{Limit, Pair};

/// Farther away is not told apart: the probability is below any that a double can hold.
const FARTHEST: f64 = 40.0;

/// How far a group's number is from the limit.
pub fn of_number(value: &GroupValue, limit: f64) -> Option<f64> {
    let number = value.value.ok()?;
    let is_above = number > limit;
    reach(|z| {
        let (low, _, high) = limited(value, z)?;
        Some(if is_above { low > limit } else { high < limit })
    })
}

/// How far a comparison is from the limit; `None` where there is no interval of it.
pub fn of_two(compare: Compare, a: &GroupValue, b: &GroupValue, limit: f64) -> Option<f64> {
    if let (Some(a), Some(b)) = (&a.fraction, &b.fraction) {
        let pair = Pair::new(a, b)?;
        let limit = match compare {
            Compare::Difference if limit.abs() < 1.0 => Limit::Difference(limit),
            Compare::Ratio if limit > 0.0 && limit.is_finite() => Limit::Ratio(limit),
            _ => return None,
        };
        let z = pair.z(limit);
        return Some(if z.is_nan() {
            0.0
        } else {
            z.abs().min(FARTHEST)
        });
    }
    let value = crate::metrics::compare::between(compare, a, b).ok()?;
    let is_above = value > limit;
    reach(|z| {
        let (low, high) = limits_of_pair(compare, a, b, z)?;
        Some(if is_above { low > limit } else { high < limit })
    })
}

/// The largest z at which an interval is still clear of its limit; `None` where it has no limits.
fn reach(is_clear: impl Fn(f64) -> Option<bool>) -> Option<f64> {
    let (mut low, mut high) = (0.0, FARTHEST);
    // Near 0 there are limits if there are any.
    is_clear(1e-6)?;
    for _ in 0..60 {
        let z = f64::midpoint(low, high);
        // A law that knows no limits so far out reaches over any.
        if is_clear(z).unwrap_or(false) {
            low = z;
        } else {
            high = z;
        }
    }
    Some(low)
}
