//! Logistic regression with exact sample weights, by Newton's method (iteratively reweighted least
//! squares: `McCullagh` and Nelder 1989, Generalized Linear Models, section 2.5).
//!
//! In: rows, labels, weights. Out: the coefficients that minimize `Σ w · loss + ridge/2 · |β|²`, the
//! intercept left free, to `max |gradient| ≤ 1e-8 · Σ w` and one step beyond. It implements linfa's
//! `ParamGuard`, `Fit` and `PredictInplace`; linfa's own ignores weights.

use linfa::dataset::AsSingleTargets;
use linfa::traits::{Fit, PredictInplace};
use linfa::{DatasetBase, ParamGuard};
use ndarray::{Array1, ArrayBase, ArrayView2, Data, Ix2};

use super::curve::{Curve, Objective};
use super::design::Design;
use super::{Fitted, Learner, Looked, Model, Sample, Saved, Scorer, cholesky, sums};
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

/// Mean weights under which a ridge is told to weigh more than the rows.
const LIGHT: f64 = 0.1;

/// Rows from which on a part of them says where to start: every sixteenth.
const MANY: usize = 32_768;
const PART: usize = 16;

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
    /// The objective by unit of weight, at the start and after each step.
    pub losses: Vec<f64>,
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
        let sample = Sample {
            x,
            y: &y,
            weights: &weights,
            seed: 0,
        };
        newton(&sample, &Design::new(x), self.ridge)
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

impl Logistic {
    fn scores(&self, x: &Design) -> Array1<f64> {
        let mut all = self.coefficients.to_vec();
        all.push(self.intercept);
        sums::predictor(x, &Array1::from(all)).mapv_into(sigmoid)
    }
}

impl Scorer for Logistic {
    fn score(&self, x: ArrayView2<f64>) -> Array1<f64> {
        self.scores(&Design::Dense(x))
    }

    fn score_looked(&self, looked: &Looked) -> Array1<f64> {
        self.scores(&looked.design())
    }

    fn saved(&self) -> Saved {
        Saved::Logistic {
            coefficients: self.coefficients.to_vec(),
            intercept: self.intercept,
        }
    }
}

impl Ridge {
    fn fitted(&self, sample: &Sample, x: &Design) -> Result<Fitted> {
        let params = LogisticParams::default().ridge(self.0).check()?;
        let fitted = newton(sample, x, params.ridge)?;
        let mut notes = Vec::new();
        if fitted.separates {
            let note = "the features tell the labels of all training rows: only the ridge keeps the \
                        coefficients finite (does a column give the label away?)";
            notes.push(note.to_owned());
        }
        let total: f64 = sample.weights.iter().sum();
        if total < LIGHT * sample.weights.len() as f64 {
            let note = format!(
                "the weights are small beside a ridge of {}, which draws all scores together: scale \
                 them to be 1 on average",
                self.0
            );
            notes.push(note);
        }
        let curve = Curve::of_losses(Objective::LogLoss, &fitted.losses);
        Ok(Fitted {
            scorer: Box::new(fitted),
            notes,
            curve: Some(curve),
        })
    }
}

impl Learner for Ridge {
    fn fit(&self, sample: &Sample) -> Result<Fitted> {
        self.fitted(sample, &Design::new(sample.x))
    }

    fn fit_looked(&self, sample: &Sample, looked: &Looked) -> Result<Fitted> {
        self.fitted(sample, &looked.design())
    }
}

/// The logistic function.
pub fn sigmoid(eta: f64) -> f64 {
    chance((-eta.abs()).exp(), eta)
}

/// Log odds, of a score that is kept off 0 and 1.
pub fn log_odds(score: f64) -> f64 {
    let p = score.clamp(1e-12, 1.0 - 1e-12);
    (p / (1.0 - p)).ln()
}

/// The logistic function, where exp(−|η|) is known.
fn chance(e: f64, eta: f64) -> f64 {
    if eta >= 0.0 {
        1.0 / (1.0 + e)
    } else {
        e / (1.0 + e)
    }
}

/// The loss of a row: −ln of the chance of its label.
pub fn loss(y: bool, eta: f64) -> f64 {
    both(y, eta).0
}

/// The loss of a row and the chance of a positive label.
fn both(y: bool, eta: f64) -> (f64, f64) {
    let against = if y { -eta } else { eta };
    let e = (-eta.abs()).exp();
    (against.max(0.0) + ln_1p(e), chance(e, eta))
}

/// ln(1 + e) of a number from 0 to 1, as exact as the library's `ln_1p` and in half its time (Kahan, as
/// in Goldberg 1991, doi:10.1145/103162.103163, theorem 4).
fn ln_1p(e: f64) -> f64 {
    let sum = 1.0 + e;
    if sum > 1.0 {
        e * (sum.ln() / (sum - 1.0))
    } else {
        e
    }
}

/// Newton's method, of many rows from where a part of them leads.
fn newton(sample: &Sample, x: &Design, ridge: f64) -> Result<Logistic> {
    let zeros = Array1::zeros(sample.x.ncols() + 1);
    if sample.y.len() >= MANY {
        let y: Vec<bool> = sample.y.iter().step_by(PART).copied().collect();
        let weights: Vec<f64> = sample.weights.iter().step_by(PART).copied().collect();
        let part = Sample {
            x: sample.x.slice(ndarray::s![..;PART, ..]),
            y: &y,
            weights: &weights,
            seed: sample.seed,
        };
        let started = newton_from(&zeros, &part, &x.every(PART), ridge / PART as f64);
        // What tells a part apart may be far off: then all rows start from nothing.
        if let Ok(own) = started
            && !own.separates
        {
            let mut start = own.coefficients.to_vec();
            start.push(own.intercept);
            if let Ok(fitted) = newton_from(&Array1::from(start), sample, x, ridge) {
                return Ok(fitted);
            }
        }
    }
    newton_from(&zeros, sample, x, ridge)
}

/// Newton's method with halved steps.
fn newton_from(start: &Array1<f64>, sample: &Sample, x: &Design, ridge: f64) -> Result<Logistic> {
    let width = x.width();
    let total: f64 = sample.weights.iter().sum();
    let at = |beta: &Array1<f64>| {
        let mut sums = sums::sums(x, beta, |row, eta| {
            let (y, w) = (sample.y[row], sample.weights[row]);
            let (loss, p) = both(y, eta);
            [
                w * loss,
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
    let mut beta = start.clone();
    let mut here = at(&beta);
    let mut losses = vec![here.loss / total];
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
            return Ok(model(&beta, (ridge, steps, losses), (sample, x)));
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
        losses.push(here.loss / total);
    }
    Err(Unfit::NoOptimum {
        model: "logistic regression",
        steps: STEPS,
    }
    .into())
}

fn model(
    beta: &Array1<f64>,
    (ridge, steps, mut losses): (f64, usize, Vec<f64>),
    (sample, x): (&Sample, &Design),
) -> Logistic {
    let eta = sums::predictor(x, beta);
    let width = x.width();
    let slopes = beta.slice(ndarray::s![..width]);
    let own = |row: usize| sample.weights[row] * loss(sample.y[row], eta[row]);
    let sum = sums::added(eta.len(), own);
    let total: f64 = sample.weights.iter().sum();
    losses.push((sum + 0.5 * ridge * slopes.dot(&slopes)) / total);
    let separates = eta.iter().zip(sample.y).all(|(eta, y)| (*eta > 0.0) == *y);
    Logistic {
        coefficients: slopes.to_owned(),
        intercept: beta[width],
        steps,
        separates,
        losses,
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::stats::random::Streams;

    const ROWS: usize = MANY + 1_000;

    /// What tells the labels; of each sixteenth row `part` makes another label.
    fn rows(part: impl Fn(f64, bool) -> bool) -> (Array2<f64>, Vec<bool>, Vec<f64>) {
        let mut stream = Streams::new(5).stream(1);
        let mut x = Array2::zeros((ROWS, 2));
        let (mut y, mut weights) = (Vec::new(), Vec::new());
        for row in 0..ROWS {
            x[[row, 0]] = stream.normal();
            x[[row, 1]] = 0.5 * x[[row, 0]] + stream.normal();
            let eta = 1.5 * x[[row, 0]] - x[[row, 1]] - 2.0;
            let label = stream.uniform() < sigmoid(eta);
            let is_of_part = row.is_multiple_of(PART);
            y.push(if is_of_part {
                part(x[[row, 0]], label)
            } else {
                label
            });
            weights.push(0.2 + stream.uniform());
        }
        (x, y, weights)
    }

    #[test]
    fn the_logarithm_is_that_of_the_library() {
        for at in 0..100_000 {
            let e = 10_f64.powf(-f64::from(at) / 300.0);
            let apart = (ln_1p(e) - e.ln_1p()).abs();
            assert!(apart <= 4.0 * f64::EPSILON * e.ln_1p(), "{e}");
        }
        assert_eq!(ln_1p(0.0), 0.0);
    }

    fn all(fitted: &Logistic) -> Vec<f64> {
        let slopes = fitted.coefficients.iter().copied();
        slopes.chain([fitted.intercept]).collect()
    }

    #[test]
    fn many_rows_have_the_optimum_that_they_have_from_nothing() {
        type Part = fn(f64, bool) -> bool;
        // Labels of the part as of all; told apart by a feature; all the same.
        let parts: [(Part, bool); 3] = [
            (|_, y| y, true),
            (|x, _| x > 0.0, false),
            (|_, _| false, false),
        ];
        for (at, (part, is_sooner)) in parts.into_iter().enumerate() {
            let (x, y, weights) = rows(part);
            let sample = Sample {
                x: x.view(),
                y: &y,
                weights: &weights,
                seed: 0,
            };
            let warm = newton(&sample, &Design::new(x.view()), 1.0).unwrap();
            let cold =
                newton_from(&Array1::zeros(3), &sample, &Design::new(x.view()), 1.0).unwrap();
            for (warm, cold) in all(&warm).iter().zip(all(&cold)) {
                assert!((warm - cold).abs() < 1e-8, "{at}: {warm} {cold}");
            }
            // Where the part is of no use, all rows start from nothing: the same bits.
            assert_eq!(warm.steps < cold.steps, is_sooner, "{at}: {}", warm.steps);
        }
    }

    #[test]
    fn threads_change_no_bit_of_many_rows() {
        let (x, y, weights) = rows(|_, y| y);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let sample = Sample {
                x: x.view(),
                y: &y,
                weights: &weights,
                seed: 0,
            };
            pool.unwrap()
                .install(|| newton(&sample, &Design::new(x.view()), 1.0))
                .unwrap()
        };
        assert_eq!(on(1), on(3));
    }
}
