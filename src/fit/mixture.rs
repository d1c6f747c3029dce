//! Models of which one is drawn for each row, and decides.
//!
//! In: rows. Out: how likely the decision is positive: the sum of the chances of those models whose
//! score is a half at least.

use ndarray::{Array1, ArrayView2};

use super::{Saved, Scorer};

/// How likely each model is drawn, and it.
pub struct Mixture(pub Vec<(f64, Box<dyn Scorer>)>);

impl Scorer for Mixture {
    fn score(&self, x: ArrayView2<f64>) -> Array1<f64> {
        let mut chances = Array1::<f64>::zeros(x.nrows());
        for (chance, part) in &self.0 {
            for (sum, score) in chances.iter_mut().zip(part.score(x)) {
                *sum += if score >= 0.5 { *chance } else { 0.0 };
            }
        }
        chances.mapv_into(|chance| chance.min(1.0))
    }

    fn saved(&self) -> Saved {
        let parts = self.0.iter();
        Saved::Mixture {
            parts: parts
                .map(|(chance, part)| (*chance, part.saved()))
                .collect(),
        }
    }
}
