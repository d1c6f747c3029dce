//! Logistic regression in which the mean scores of cells have a say, by Newton's method.
//!
//! In: rows, cells, and a function φ of the cells' means. Out: coefficients that minimize, at least
//! near where it starts, `(Σ w · loss + ridge/2 · |β|²) / Σ w + φ(means)`. Sums over rows are made in
//! order or in chunks of fixed size: threads change no bit.

use ndarray::{Array1, Array2, s};

use super::cells::Cells;
use crate::fit::design::Design;
use crate::fit::logistic::{loss, sigmoid};
use crate::fit::{Sample, cholesky, sums};

/// Newton steps at most.
const STEPS: usize = 100;
/// How often a step is halved at most.
const HALVINGS: usize = 40;
/// Where the gradient counts as zero.
const TOLERANCE: f64 = 1e-9;
/// The part of its curvature that a row keeps where a cell's say would bend it the other way.
const KEPT: f64 = 1e-2;

/// What the means add to the objective: its value, gradient and curvature by cell.
pub type Say = (f64, Array1<f64>, Array2<f64>);

/// Rows, and what binds them.
pub struct Problem<'s, 'c> {
    /// Rows that all have weight.
    pub sample: Sample<'s>,
    /// Their features.
    x: Design<'s>,
    /// Their cells.
    pub cells: &'c Cells,
    /// The ridge, as of the plain model.
    pub ridge: f64,
    /// Σ w.
    pub total: f64,
}

/// What coefficients come to.
struct State {
    value: f64,
    scores: Array1<f64>,
    means: Vec<f64>,
    say: Say,
}

impl<'s, 'c> Problem<'s, 'c> {
    /// Of rows and their cells.
    pub fn new(sample: Sample<'s>, cells: &'c Cells, ridge: f64) -> Self {
        let total = sample.weights.iter().sum();
        Self {
            sample,
            x: Design::new(sample.x),
            cells,
            ridge,
            total,
        }
    }

    fn scores(&self, beta: &Array1<f64>) -> Array1<f64> {
        sums::predictor(&self.x, beta).mapv_into(sigmoid)
    }

    /// The mean of each cell.
    pub fn means(&self, beta: &Array1<f64>) -> Vec<f64> {
        let scores = self.scores(beta);
        self.cells.means(self.sample.weights, |row| scores[row])
    }

    /// The objective without what the means say.
    pub fn loss(&self, beta: &Array1<f64>) -> f64 {
        let eta = sums::predictor(&self.x, beta);
        self.loss_at(beta, &eta)
    }

    fn loss_at(&self, beta: &Array1<f64>, eta: &Array1<f64>) -> f64 {
        let rows = eta.iter().zip(self.sample.y).zip(self.sample.weights);
        let sum: f64 = rows.map(|((&eta, &y), w)| w * loss(y, eta)).sum();
        let slopes = beta.slice(s![..beta.len() - 1]);
        (sum + 0.5 * self.ridge * slopes.dot(&slopes)) / self.total
    }

    fn state(&self, beta: &Array1<f64>, say: &dyn Fn(&[f64]) -> Say) -> State {
        let eta = sums::predictor(&self.x, beta);
        let loss = self.loss_at(beta, &eta);
        let scores = eta.mapv_into(sigmoid);
        let means = self.cells.means(self.sample.weights, |row| scores[row]);
        let say = say(&means);
        State {
            value: loss + say.0,
            scores,
            means,
            say,
        }
    }

    /// Gradient and curvature; `is_exact` is not what makes every row bend upwards.
    fn slopes(
        &self,
        beta: &Array1<f64>,
        state: &State,
        is_exact: bool,
    ) -> (Array1<f64>, Array2<f64>) {
        let (cells, sample) = (self.cells, &self.sample);
        let width = sample.x.ncols();
        let mut sums = sums::sums(&self.x, beta, |row, eta| {
            let p = sigmoid(eta);
            let cell = cells.of[row] as usize;
            let say = state.say.1[cell] * cells.signs[row] / cells.sums[cell];
            let y = f64::from(u8::from(sample.y[row]));
            let (w, bend) = (sample.weights[row], p * (1.0 - p));
            let own = bend / self.total;
            let curve = own + say * bend * (1.0 - 2.0 * p);
            let curve = if is_exact {
                curve
            } else {
                curve.max(KEPT * own)
            };
            [0.0, w * ((p - y) / self.total + say * bend), w * curve]
        });
        for column in 0..width {
            sums.gradient[column] += self.ridge * beta[column] / self.total;
            sums.hessian[[column, column]] += self.ridge / self.total;
        }
        let slopes = self.cell_slopes(&state.scores);
        let bent = state.say.2.dot(&slopes);
        sums.hessian += &slopes.t().dot(&bent);
        (sums.gradient, sums.hessian)
    }

    /// The gradient of each cell's mean: cells × coefficients.
    fn cell_slopes(&self, scores: &Array1<f64>) -> Array2<f64> {
        let width = self.sample.x.ncols();
        let mut slopes = Array2::<f64>::zeros((self.cells.count(), width + 1));
        for (row, p) in scores.iter().enumerate() {
            let cell = self.cells.of[row] as usize;
            let bend = self.sample.weights[row] * self.cells.signs[row] * p * (1.0 - p)
                / self.cells.sums[cell];
            let mut own = slopes.row_mut(cell);
            self.x.add(row, bend, own.slice_mut(s![..width]));
            own[width] += bend;
        }
        slopes
    }

    /// Coefficients, the intercept last, and Newton steps taken.
    pub fn minimize(
        &self,
        start: &Array1<f64>,
        say: &dyn Fn(&[f64]) -> Say,
    ) -> (Array1<f64>, usize) {
        self.told(start, say, &mut |_, _| {})
    }

    /// The same; `tell` hears of the objective and of the means of cells, at the start and after each
    /// step.
    pub fn told(
        &self,
        start: &Array1<f64>,
        say: &dyn Fn(&[f64]) -> Say,
        tell: &mut dyn FnMut(f64, &[f64]),
    ) -> (Array1<f64>, usize) {
        let mut beta = start.clone();
        let mut here = self.state(&beta, say);
        tell(here.value, &here.means);
        let mut before = [f64::INFINITY; 2];
        for steps in 0..STEPS {
            let (gradient, hessian) = self.slopes(&beta, &here, true);
            let largest = gradient.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
            // Where neither falls the rest is rounding: a large penalty makes much of it.
            let is_flat = here.value >= before[0] && largest > 0.5 * before[1];
            if largest <= TOLERANCE || !largest.is_finite() || is_flat {
                return (beta, steps);
            }
            before = [here.value, largest];
            let next = self.step(&beta, &here, say, &gradient, &hessian);
            let next = next.or_else(|| {
                let (gradient, hessian) = self.slopes(&beta, &here, false);
                self.step(&beta, &here, say, &gradient, &hessian)
            });
            let Some(next) = next else {
                return (beta, steps);
            };
            (beta, here) = next;
            tell(here.value, &here.means);
        }
        (beta, STEPS)
    }

    /// The first of ever shorter steps that lowers the objective.
    fn step(
        &self,
        beta: &Array1<f64>,
        here: &State,
        say: &dyn Fn(&[f64]) -> Say,
        gradient: &Array1<f64>,
        hessian: &Array2<f64>,
    ) -> Option<(Array1<f64>, State)> {
        let step = cholesky::solve(hessian, gradient)?;
        let slope = gradient.dot(&step);
        if slope <= 0.0 || slope.is_nan() {
            return None;
        }
        let mut share = 1.0;
        for _ in 0..HALVINGS {
            let tried = beta - &(&step * share);
            let there = self.state(&tried, say);
            let enough = here.value - 1e-4 * share * slope + 1e-15 * here.value.abs();
            if there.value <= enough {
                return Some((tried, there));
            }
            share *= 0.5;
        }
        None
    }
}
