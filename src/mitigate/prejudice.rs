//! Prejudice remover (Kamishima et al. 2012, doi:10.1007/978-3-642-33486-3_3): logistic regression
//! that pays for what its scores tell about the group.
//!
//! In: training rows. Out: coefficients of least `Σ w · loss + η · Σ w · I(ŷ; group) + ridge/2 · |β|²`,
//! with the mutual information I of equation 5. Groups share their coefficients, other than in the
//! paper: so the group need not be known when the model is used.

use ndarray::{Array1, Array2};

use super::cells::{Cells, Equal};
use super::constrained::{self, RIDGE};
use super::means::{Problem, Say};
use super::{Counted, Made, Mitigation, Stage, Training};
use crate::error::Result;
use crate::fit::curve::{Curve, Objective, Step};
use crate::fit::logistic::{Logistic, log_odds};
use crate::fit::{Fitted, Learner, Model, Sample};

/// η: what a unit of information costs.
const PRICE: f64 = 25.0;

/// The line of the registry.
pub const MITIGATION: Mitigation = Mitigation {
    name: "prejudice_remover",
    about: "logistic regression that pays for what its scores tell about the group",
    source: "Kamishima et al. 2012, doi:10.1007/978-3-642-33486-3_3",
    stage: Stage::In(made),
    is_usual: false,
};

struct Priced {
    cells: Cells,
}

fn made(training: &Training, model: &Model) -> Result<Made> {
    let counted = Counted::new(training);
    let training = counted.training(training);
    let cells = Cells::new(&training, Equal::Parity);
    constrained::by(&training, model, &Priced { cells })
}

/// η · I, by the groups' mean scores.
fn say(cells: &Cells, means: &[f64]) -> Say {
    let shares: Array1<f64> = cells.sums.iter().map(|sum| sum / cells.totals[0]).collect();
    let clamp = |p: f64| p.clamp(1e-12, 1.0 - 1e-12);
    let own: Array1<f64> = means.iter().map(|&mean| clamp(mean)).collect();
    let all = clamp(own.dot(&shares));
    let told = own.mapv(|p| p * (p / all).ln() + (1.0 - p) * ((1.0 - p) / (1.0 - all)).ln());
    let value = PRICE * told.dot(&shares);
    let slope = (own.mapv(log_odds) - log_odds(all)) * &shares * PRICE;
    let count = means.len();
    let curve = Array2::from_shape_fn((count, count), |(a, b)| {
        let both = -shares[a] * shares[b] / (all * (1.0 - all));
        let same = if a == b {
            shares[a] / (own[a] * (1.0 - own[a]))
        } else {
            0.0
        };
        PRICE * (both + same)
    });
    (value, slope, curve)
}

impl Learner for Priced {
    fn fit(&self, sample: &Sample) -> Result<Fitted> {
        let problem = Problem::new(*sample, &self.cells, RIDGE);
        let width = sample.x.ncols();
        let say = |means: &[f64]| say(&self.cells, means);
        let mut curve = Curve::of_losses(Objective::LogLossAndInformation, &[]);
        let mut tell = |loss: f64, means: &[f64]| {
            curve.steps.push(Step {
                loss,
                violation: Some(self.cells.violation(means)),
                ..Step::default()
            });
        };
        let (beta, steps) = problem.told(&Array1::zeros(width + 1), &say, &mut tell);
        let means = problem.means(&beta);
        let note = format!(
            "mean scores of groups differ by {:.3} at most on the training rows; {steps} Newton \
             steps",
            self.cells.violation(&means)
        );
        Ok(Fitted {
            scorer: Box::new(Logistic {
                coefficients: beta.slice(ndarray::s![..width]).to_owned(),
                intercept: beta[width],
                steps,
                separates: false,
                losses: Vec::new(),
            }),
            notes: vec![note],
            curve: Some(curve),
        })
    }
}
