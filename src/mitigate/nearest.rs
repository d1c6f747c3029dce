//! Coefficients of a logistic model whose means lie as near together as can be found, whatever the loss.
//!
//! In: rows, cells, and coefficients to start from. Out: those of the least squares of what is to be 0,
//! by Levenberg's and Marquardt's method (Marquardt 1963, doi:10.1137/0111030) from each start, and how
//! far means lie apart there. It stops at the first start from which they come close enough.

use ndarray::{Array1, Array2};

use super::means::Problem;
use crate::fit::cholesky;

/// Steps from a start at most.
const STEPS: usize = 60;
/// Steps in a row that make next to nothing of it, at most.
const IDLE: usize = 5;
/// How much of the diagonal is added at first, at least and at most.
const DAMPING: [f64; 3] = [1e-3, 1e-12, 1e8];

/// The nearest coefficients of all starts, and how far means lie apart there.
pub fn nearest(problem: &Problem, starts: &[Array1<f64>], enough: f64) -> (Array1<f64>, f64) {
    let mut best = (Array1::zeros(problem.sample.x.ncols() + 1), f64::INFINITY);
    for start in starts {
        let own = from(problem, start, enough);
        if own.1 < best.1 {
            best = own;
        }
        if best.1 <= enough {
            break;
        }
    }
    best
}

fn from(problem: &Problem, start: &Array1<f64>, enough: f64) -> (Array1<f64>, f64) {
    let cells = problem.cells;
    let (mut beta, mut means) = (start.clone(), problem.means(start));
    let (mut damping, mut idle) = (DAMPING[0], 0);
    for _ in 0..STEPS {
        if cells.violation(&means) <= enough || idle >= IDLE || damping > DAMPING[2] {
            break;
        }
        let gaps = Array1::from(cells.centered(&means));
        let slopes = cells
            .linear()
            .dot(&problem.cell_slopes(&problem.scores(&beta)));
        let Some(step) = step(&slopes, &gaps, damping) else {
            break;
        };
        let tried = &beta - &step;
        let there = problem.means(&tried);
        let square = |means: &[f64]| cells.centered(means).iter().map(|c| c * c).sum::<f64>();
        let (before, after) = (square(&means), square(&there));
        if after < before {
            idle = if after > 0.999 * before { idle + 1 } else { 0 };
            (beta, means) = (tried, there);
            damping = (damping * 0.3).max(DAMPING[1]);
        } else {
            damping *= 4.0;
        }
    }
    (beta, cells.violation(&means))
}

/// `(JᵀJ + μI)⁻¹ Jᵀ c` as `Jᵀ (JJᵀ + μI)⁻¹ c`: there are fewer cells than coefficients, or few of both.
fn step(slopes: &Array2<f64>, gaps: &Array1<f64>, damping: f64) -> Option<Array1<f64>> {
    let mut square = slopes.dot(&slopes.t());
    let size = gaps.len();
    let mean = square.diag().sum() / size.max(1) as f64;
    square
        .diag_mut()
        .mapv_inplace(|x| x + damping * mean.max(f64::MIN_POSITIVE));
    Some(slopes.t().dot(&cholesky::solve(&square, gaps)?))
}
