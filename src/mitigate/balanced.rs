//! Balanced weights: both labels, or all groups, count for the same.
//!
//! In: training rows. Out: weights of the same sum; prior weights are kept as factors.

use super::{Mitigation, Prepared, Stage, Training};
use crate::error::Result;

/// Both labels count for the same.
pub const CLASSES: Mitigation = Mitigation {
    name: "class_weights",
    about: "both labels count for the same",
    source: "King and Zeng 2001, doi:10.1093/oxfordjournals.pan.a004868",
    stage: Stage::Pre(|training| prepared(training, |_, y| usize::from(y))),
    is_usual: false,
};

/// All groups count for the same.
pub const GROUPS: Mitigation = Mitigation {
    name: "group_weights",
    about: "all groups count for the same",
    source: "King and Zeng 2001, doi:10.1093/oxfordjournals.pan.a004868 (by group)",
    stage: Stage::Pre(|training| prepared(training, |group, _| group as usize)),
    is_usual: false,
};

/// w · total / (parts · weight of the part).
#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn prepared(training: &Training, part: fn(u32, bool) -> usize) -> Result<Prepared> {
    let rows = || training.groups.iter().zip(training.y).zip(training.weights);
    let mut sums = vec![0.0; training.count.max(2)];
    for ((&group, &y), w) in rows() {
        sums[part(group, y)] += w;
    }
    let total: f64 = sums.iter().sum();
    let parts = sums.iter().filter(|sum| **sum > 0.0).count() as f64;
    let weight = |((&group, &y), w): ((&u32, &bool), &f64)| {
        let own = sums[part(group, y)];
        if own > 0.0 {
            w * (total / (parts * own))
        } else {
            0.0
        }
    };
    Ok(Prepared {
        weights: rows().map(weight).collect(),
        ..Prepared::default()
    })
}
