//! How far intervals reach that are to hold together: over all pairs of an attribute's groups, and
//! over the base metrics of a joined gap.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::stats::range::{studentized_range_quantile, studentized_range_sf};
use crate::stats::special::{normal_cdf, two_sided_z};
use crate::stats::{Critical, Method};

/// Up to so many groups the pairs share their error by the studentized range; beyond it by
/// Bonferroni, which is then hardly wider, and quicker.
pub const RANGED: usize = 40;

/// The critical value of all pairs of so many groups, for each of so many legs; `None` for a
/// confidence that is none.
pub fn among(confidence: f64, groups: usize, legs: usize) -> Option<Critical> {
    let alone = Critical::alone(confidence)?;
    if groups <= 2 && legs <= 1 {
        return Some(alone);
    }
    Some(Critical {
        z: z(confidence, groups, legs),
        method: Some(Method::Simultaneous),
        ..alone
    })
}

/// The same few are asked for again and again, and each takes longer than an interval.
static KNOWN: Mutex<BTreeMap<(u64, usize, usize), f64>> = Mutex::new(BTreeMap::new());

fn z(confidence: f64, groups: usize, legs: usize) -> f64 {
    if !(3..=RANGED).contains(&groups) {
        return two_sided_z(confidence, (pairs(groups) * legs) as f64);
    }
    let key = (confidence.to_bits(), groups, legs);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(&z) = known().get(&key) {
        return z;
    }
    let error = (1.0 - confidence) / legs as f64;
    let z = studentized_range_quantile(error, groups as u64) / std::f64::consts::SQRT_2;
    known().insert(key, z);
    z
}

/// The probability that any pair of so many groups strays so far, over all legs.
pub fn p_among(z: f64, groups: usize, legs: usize) -> f64 {
    let p = if (3..=RANGED).contains(&groups) {
        studentized_range_sf(z * std::f64::consts::SQRT_2, groups as u64)
    } else {
        2.0 * normal_cdf(-z) * pairs(groups) as f64
    };
    (p * legs as f64).min(1.0)
}

fn pairs(groups: usize) -> usize {
    (groups * groups.saturating_sub(1) / 2).max(1)
}
