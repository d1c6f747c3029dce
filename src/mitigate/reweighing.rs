//! Reweighing (Kamiran and Calders 2012, doi:10.1007/s10115-011-0463-8, algorithm 3).
//!
//! Out: weights under which label and group are independent, for any number of groups. Weights that
//! rows have already are kept as factors.

use super::{Mitigation, Prepared, Stage, Training};
use crate::error::Result;

/// The line of the registry.
pub const MITIGATION: Mitigation = Mitigation {
    name: "reweighing",
    about: "weights that make label and group independent",
    source: "Kamiran and Calders 2012, doi:10.1007/s10115-011-0463-8",
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

/// w · P(group) · P(label) / P(group, label).
pub fn weights(training: &Training) -> Vec<f64> {
    let sums = training.sums();
    let total: f64 = sums.iter().flatten().sum();
    let labels = [0, 1].map(|y| sums.iter().map(|group| group[y]).sum::<f64>());
    let rows = training.groups.iter().zip(training.y).zip(training.weights);
    let weight = |((&group, &y), w): ((&u32, &bool), &f64)| {
        let own = sums[group as usize];
        let both = own[usize::from(y)];
        if both > 0.0 {
            // Shares, so that no product of weights is too large or too small for a number.
            w * ((own[0] + own[1]) / total * (labels[usize::from(y)] / both))
        } else {
            0.0
        }
    };
    rows.map(weight).collect()
}
