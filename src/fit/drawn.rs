//! Weights for learners that ignore them: rows drawn in proportion to weight.
//!
//! In: rows with weights, a learner that counts rows. Out: the model of as many rows, drawn with
//! replacement by the seed, and a note that says so; where all weights are equal, the model of the
//! rows themselves (Zadrozny, Langford and Abe 2003, doi:10.1109/ICDM.2003.1250950, who also say what
//! drawing costs: one draw more of chance).

use ndarray::Axis;

use super::{Fitted, Learner, Sample};
use crate::error::Result;
use crate::stats::random::{Stream, Streams};

/// A learner that counts rows, and what a reader should know of its weights.
pub(super) struct Drawn<L> {
    pub(super) learner: L,
    pub(super) note: &'static str,
}

impl<L: Learner> Learner for Drawn<L> {
    fn fit(&self, sample: &Sample) -> Result<Fitted> {
        let first = sample.weights.first().copied().unwrap_or(1.0);
        if sample.weights.iter().all(|w| *w == first) {
            return self.learner.fit(sample);
        }
        let rows = drawn(sample.weights, &mut Streams::new(sample.seed).stream(0));
        let x = sample.x.select(Axis(0), &rows);
        let y: Vec<bool> = rows.iter().map(|&row| sample.y[row]).collect();
        let mut fitted = self.learner.fit(&Sample {
            x: x.view(),
            y: &y,
            weights: &vec![1.0; rows.len()],
            seed: sample.seed,
        })?;
        fitted.notes.push(self.note.to_owned());
        Ok(fitted)
    }
}

/// As many rows as there are, each drawn by its weight.
fn drawn(weights: &[f64], random: &mut Stream) -> Vec<usize> {
    let mut sum = 0.0;
    let sums = weights.iter().map(|weight| {
        sum += weight;
        sum
    });
    let sums: Vec<f64> = sums.collect();
    let draw = |_| {
        let at = random.uniform() * sum;
        // The last row that weighs, where rounding reaches the whole sum.
        sums.partition_point(|end| *end <= at).min(sums.len() - 1)
    };
    (0..weights.len()).map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_drawn_by_their_weights() {
        let weights: Vec<f64> = (0..30_000).map(|row| [1.0, 2.0, 0.5][row % 3]).collect();
        let rows = drawn(&weights, &mut Streams::new(1).stream(0));
        assert_eq!(rows.len(), 30_000);
        let mut counts = [0.0_f64; 3];
        for row in rows {
            counts[row % 3] += 1.0;
        }
        for (count, weight) in counts.into_iter().zip([1.0, 2.0, 0.5]) {
            let chance: f64 = weight / 3.5;
            let off = (count - 30_000.0 * chance) / (30_000.0 * chance * (1.0 - chance)).sqrt();
            assert!(off.abs() < 5.0, "{counts:?}");
        }
    }
}
