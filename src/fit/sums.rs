//! Loss, gradient and curvature of a linear model: one pass over the rows.
//!
//! In: a matrix, coefficients (the intercept is the last) and what each row adds. Out: the sums,
//! made in chunks of fixed size that are joined in order, so that threads change no bit.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};
use rayon::prelude::*;

/// Rows of a chunk at least.
const CHUNK: usize = 4096;
/// Chunks at most, since each has a matrix of its own.
const CHUNKS: usize = 64;
/// Rows that are multiplied at once.
const BLOCK: usize = 512;

/// What a row adds: the loss, and its first and second derivative by the linear predictor.
pub type Row = [f64; 3];

/// The sums over all rows.
#[derive(Debug, Clone)]
pub struct Sums {
    /// The loss.
    pub loss: f64,
    /// By coefficient.
    pub gradient: Array1<f64>,
    /// By pair of coefficients.
    pub hessian: Array2<f64>,
}

/// The linear predictor of every row.
pub fn predictor(x: ArrayView2<f64>, coefficients: ArrayView1<f64>) -> Array1<f64> {
    let width = x.ncols();
    let slopes = coefficients.slice(s![..width]);
    let mut all = vec![0.0; x.nrows()];
    all.par_chunks_mut(CHUNK).enumerate().for_each(|(at, own)| {
        let rows = x.slice(s![at * CHUNK..at * CHUNK + own.len(), ..]);
        let dot = rows.dot(&slopes);
        for (out, eta) in own.iter_mut().zip(dot) {
            *out = eta + coefficients[width];
        }
    });
    Array1::from(all)
}

/// Adds up what `each` says of every row and its linear predictor.
pub fn sums(
    x: ArrayView2<f64>,
    coefficients: ArrayView1<f64>,
    each: impl Fn(usize, f64) -> Row + Sync,
) -> Sums {
    let rows = x.nrows();
    let size = CHUNK.max(rows.div_ceil(CHUNKS));
    let starts: Vec<usize> = (0..rows).step_by(size).collect();
    let parts: Vec<Sums> = starts
        .into_par_iter()
        .map(|start| chunk(x, coefficients, start, size.min(rows - start), &each))
        .collect();
    let width = x.ncols() + 1;
    let mut all = Sums {
        loss: 0.0,
        gradient: Array1::zeros(width),
        hessian: Array2::zeros((width, width)),
    };
    for part in parts {
        all.loss += part.loss;
        all.gradient += &part.gradient;
        all.hessian += &part.hessian;
    }
    all
}

fn chunk(
    x: ArrayView2<f64>,
    coefficients: ArrayView1<f64>,
    start: usize,
    rows: usize,
    each: &(impl Fn(usize, f64) -> Row + Sync),
) -> Sums {
    let width = x.ncols();
    let slopes = coefficients.slice(s![..width]);
    let mut loss = 0.0;
    let mut gradient = Array1::<f64>::zeros(width + 1);
    let mut hessian = Array2::<f64>::zeros((width + 1, width + 1));
    let mut scaled = Array2::<f64>::zeros((BLOCK, width));
    for first in (start..start + rows).step_by(BLOCK) {
        let own = x.slice(s![first..(first + BLOCK).min(start + rows), ..]);
        let eta = own.dot(&slopes);
        let mut residuals = Array1::<f64>::zeros(own.nrows());
        let mut curves = Array1::<f64>::zeros(own.nrows());
        for (at, eta) in eta.iter().enumerate() {
            let [own_loss, residual, curve] = each(first + at, eta + coefficients[width]);
            loss += own_loss;
            residuals[at] = residual;
            curves[at] = curve;
        }
        let mut slopes_of = gradient.slice_mut(s![..width]);
        slopes_of += &own.t().dot(&residuals);
        gradient[width] += residuals.sum();
        let mut scaled = scaled.slice_mut(s![..own.nrows(), ..]);
        for ((mut out, row), curve) in scaled.rows_mut().into_iter().zip(own.rows()).zip(&curves) {
            for (out, x) in out.iter_mut().zip(row) {
                *out = x * curve;
            }
        }
        let mut square = hessian.slice_mut(s![..width, ..width]);
        general_mat_mul(1.0, &scaled.t(), &own, 1.0, &mut square);
        let cross = own.t().dot(&curves);
        for (column, cross) in cross.iter().enumerate() {
            hessian[[width, column]] += cross;
            hessian[[column, width]] += cross;
        }
        hessian[[width, width]] += curves.sum();
    }
    Sums {
        loss,
        gradient,
        hessian,
    }
}
