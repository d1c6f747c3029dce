//! Balanced classes and groups: every group with every label counts for the same.
//!
//! Out: weights under which all pairs of group and label that occur have the same sum. It is the
//! neutral model: neither who is in the table nor how labels are shared out counts.

use super::{Mitigation, Prepared, Stage, Training};
use crate::error::Result;

/// The line of the registry.
pub const MITIGATION: Mitigation = Mitigation {
    name: "equal_weights",
    about: "every group with every label counts for the same",
    source: "King and Zeng 2001, doi:10.1093/oxfordjournals.pan.a004868 (balanced weights)",
    stage: Stage::Pre(prepare),
    is_usual: true,
};

#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn prepare(training: &Training) -> Result<Prepared> {
    Ok(Prepared {
        weights: weights(training),
        ..Prepared::default()
    })
}

/// w · total / (pairs · weight of the pair).
pub fn weights(training: &Training) -> Vec<f64> {
    let sums = training.sums();
    let total: f64 = sums.iter().flatten().sum();
    let pairs = sums.iter().flatten().filter(|sum| **sum > 0.0).count();
    let rows = training.groups.iter().zip(training.y).zip(training.weights);
    let weight = |((&group, &y), w): ((&u32, &bool), &f64)| {
        let own = sums[group as usize][usize::from(y)];
        if own > 0.0 {
            w * (total / (pairs as f64 * own))
        } else {
            0.0
        }
    };
    rows.map(weight).collect()
}
