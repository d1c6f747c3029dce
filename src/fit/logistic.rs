//! Logistic regression with exact sample weights, by Newton's method (iteratively reweighted least
//! squares: `McCullagh` and Nelder 1989, Generalized Linear Models, section 2.5).
//!
//! In: rows, labels, weights. Out: the coefficients that minimize `Σ w · loss + ridge/2 · |β|²`, the
//! intercept left free, to `max |gradient| ≤ 1e-8 · Σ w` and one step beyond. It implements linfa's
//! `ParamGuard`, `Fit` and `PredictInplace`; linfa's own ignores weights.

use linfa::dataset::AsSingleTargets;
use linfa::traits::{Fit, PredictInplace};
use linfa::{DatasetBase, ParamGuard};
use ndarray::{Array1, ArrayBase, ArrayView1, ArrayView2, Data, Ix2};

use super::{Fitted, Learner, Model, Sample, Saved, Scorer, cholesky, sums};
use crate::error::{Error, Result, Unfit};

/// The line of the registry.
pub const MODEL: Model = Model {
    name: "logistic",
    about: "logistic regression, ridge 1",
    source: "McCullagh and Nelder 1989; Newton's method",
    learner: &Ridge(1.0),
    is_weighted: true,
};

/// Newton steps at most; ten are usual.
const STEPS: usize = 100;
/// How often a step is halved at most.
const HALVINGS: usize = 40;
/// Where the gradient counts as zero, by unit of weight.
const TOLERANCE: f64 = 1e-8;

/// The learner of a ridge.
struct Ridge(f64);

/// What is asked for, unchecked.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticParams(LogisticValidParams);

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticValidParams {
    ridge: f64,
    weights: Option<Vec<f64>>,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// One for each column.
    pub coefficients: Array1<f64>,
    /// The linear predictor of a row of zeros.
    pub intercept: f64,
    /// Newton steps that were taken.
    pub steps: usize,
    /// Whether every training row is on the right side: then only the ridge keeps it finite.
    pub separates: bool,
}

impl Default for LogisticParams {
    fn default() -> Self {
        Self(LogisticValidParams {
            ridge: 1.0,
            weights: None,
        })
    }
}

impl LogisticParams {
    /// The ridge: 1/C of scikit-learn; 0 is maximum likelihood.
    #[must_use]
    pub fn ridge(mut self, ridge: f64) -> Self {
        self.0.ridge = ridge;
        self
    }

    /// Weights at full precision; those of a linfa data set are `f32`.
    #[must_use]
    pub fn weights(mut self, weights: Vec<f64>) -> Self {
        self.0.weights = Some(weights);
        self
    }
}

impl ParamGuard for LogisticParams {
    type Checked = LogisticValidParams;
    type Error = linfa::Error;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        if self.0.ridge.is_finite() && self.0.ridge >= 0.0 {
            Ok(&self.0)
        } else {
            let said = format!(
                "ridge must be finite and not negative, not {}",
                self.0.ridge
            );
            Err(linfa::Error::Parameters(said))
        }
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Unfit::Refused {
            model: "linfa",
            what: error.to_string(),
        }
        .into()
    }
}

impl<D, T> Fit<ArrayBase<D, Ix2>, T, Error> for LogisticValidParams
where
    D: Data<Elem = f64>,
    T: AsSingleTargets<Elem = bool>,
{
    type Object = Logistic;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Logistic> {
        let y: Vec<bool> = dataset
            .targets()
            .as_single_targets()
            .iter()
            .copied()
            .collect();
        let rows = y.len();
        let weights = match (&self.weights, dataset.weights()) {
            (Some(weights), _) => weights.clone(),
            (None, Some(weights)) => weights.iter().map(|&w| f64::from(w)).collect(),
            (None, None) => vec![1.0; rows],
        };
        if weights.len() != rows {
            let (labels, weights) = (rows, weights.len());
            return Err(Unfit::Shape {
                rows,
                labels,
                weights,
            }
            .into());
        }
        let x = dataset.records().view();
        newton(
            &Sample {
                x,
                y: &y,
                weights: &weights,
                seed: 0,
            },
            self.ridge,
        )
    }
}

impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<f64>> for Logistic {
    fn predict_inplace(&self, x: &ArrayBase<D, Ix2>, y: &mut Array1<f64>) {
        y.assign(&self.score(x.view()));
    }

    fn default_target(&self, x: &ArrayBase<D, Ix2>) -> Array1<f64> {
        Array1::zeros(x.nrows())
    }
}

impl Scorer for Logistic {
    fn score(&self, x: ArrayView2<f64>) -> Array1<f64> {
        let mut all = self.coefficients.to_vec();
        all.push(self.intercept);
        sums::predictor(x, ArrayView1::from(&all)).mapv_into(sigmoid)
    }

    fn saved(&self) -> Saved {
        Saved::Logistic {
            coefficients: self.coefficients.to_vec(),
            intercept: self.intercept,
        }
    }
}

impl Learner for Ridge {
    fn fit(&self, sample: &Sample) -> Result<Fitted> {
        let targets: Array1<bool> = sample.y.iter().copied().collect();
        let params = LogisticParams::default()
            .ridge(self.0)
            .weights(sample.weights.to_vec());
        let fitted: Logistic = Fit::fit(&params, &DatasetBase::new(sample.x, targets))?;
        let notes = if fitted.separates {
            vec![
                "the features tell the labels of all training rows: only the ridge keeps the \
                 coefficients finite (does a column give the label away?)"
                    .to_owned(),
            ]
        } else {
            Vec::new()
        };
        Ok(Fitted {
            scorer: Box::new(fitted),
            notes,
        })
    }
}

/// The logistic function.
pub fn sigmoid(eta: f64) -> f64 {
    if eta >= 0.0 {
        1.0 / (1.0 + (-eta).exp())
    } else {
        let e = eta.exp();
        e / (1.0 + e)
    }
}

/// The loss of a row: −ln of the chance of its label.
pub fn loss(y: bool, eta: f64) -> f64 {
    let against = if y { -eta } else { eta };
    against.max(0.0) + (-against.abs()).exp().ln_1p()
}

/// Newton's method with halved steps.
fn newton(sample: &Sample, ridge: f64) -> Result<Logistic> {
    let width = sample.x.ncols();
    let total: f64 = sample.weights.iter().sum();
    let at = |beta: &Array1<f64>| {
        let mut sums = sums::sums(sample.x, beta.view(), |row, eta| {
            let (y, w) = (sample.y[row], sample.weights[row]);
            let p = sigmoid(eta);
            [
                w * loss(y, eta),
                w * (p - f64::from(u8::from(y))),
                w * p * (1.0 - p),
            ]
        });
        for column in 0..width {
            sums.loss += 0.5 * ridge * beta[column] * beta[column];
            sums.gradient[column] += ridge * beta[column];
            sums.hessian[[column, column]] += ridge;
        }
        sums
    };
    let mut beta = Array1::<f64>::zeros(width + 1);
    let mut here = at(&beta);
    for steps in 1..=STEPS {
        let largest = here
            .gradient
            .iter()
            .fold(0.0_f64, |most, g| most.max(g.abs()));
        let is_done = largest <= TOLERANCE * total;
        let step = cholesky::solve(&here.hessian, &here.gradient);
        let Some(step) = step.filter(|_| largest.is_finite()) else {
            break;
        };
        if is_done {
            // The gradient says little of directions that are nearly flat: one step more does.
            let beta = &beta - &step;
            return Ok(model(&beta, steps, sample));
        }
        let mut share = 1.0;
        let mut next = None;
        for _ in 0..HALVINGS {
            let tried = &beta - &(&step * share);
            let there = at(&tried);
            if there.loss <= here.loss + 1e-14 * here.loss.abs() {
                next = Some((tried, there));
                break;
            }
            share *= 0.5;
        }
        let Some(next) = next else { break };
        (beta, here) = next;
    }
    Err(Unfit::NoOptimum {
        model: "logistic regression",
        steps: STEPS,
    }
    .into())
}

fn model(beta: &Array1<f64>, steps: usize, sample: &Sample) -> Logistic {
    let eta = sums::predictor(sample.x, beta.view());
    let width = sample.x.ncols();
    let separates = eta.iter().zip(sample.y).all(|(eta, y)| (*eta > 0.0) == *y);
    Logistic {
        coefficients: beta.slice(ndarray::s![..width]).to_owned(),
        intercept: beta[width],
        steps,
        separates,
    }
}
