//! Loss, gradient and curvature of a linear model: one pass over the rows.
//!
//! In: a matrix, coefficients (the intercept is the last) and what each row adds. Out: the sums,
//! made in chunks of fixed size that are joined in order, so that threads change no bit.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};
use rayon::prelude::*;

use super::design::{Design, Sparse};

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
pub fn predictor(x: &Design, coefficients: &Array1<f64>) -> Array1<f64> {
    let width = x.width();
    let (slopes, intercept) = (coefficients.slice(s![..width]), coefficients[width]);
    let plain = coefficients.to_vec();
    let mut all = vec![0.0; x.rows()];
    all.par_chunks_mut(CHUNK).enumerate().for_each(|(at, own)| {
        let first = at * CHUNK;
        match x {
            Design::Dense(x) => {
                let dot = x.slice(s![first..first + own.len(), ..]).dot(&slopes);
                own.iter_mut()
                    .zip(dot)
                    .for_each(|(out, eta)| *out = eta + intercept);
            }
            Design::Sparse(x) => {
                for (row, out) in (first..).zip(own) {
                    *out = x.dot(row, &plain) + intercept;
                }
            }
        }
    });
    Array1::from(all)
}

/// Adds up what `each` says of every row.
pub fn added(rows: usize, each: impl Fn(usize) -> f64 + Sync) -> f64 {
    let starts: Vec<usize> = (0..rows).step_by(CHUNK).collect();
    let of = |start: usize| (start..(start + CHUNK).min(rows)).map(&each).sum::<f64>();
    let parts: Vec<f64> = starts.into_par_iter().map(of).collect();
    parts.into_iter().sum()
}

/// Adds up what `each` says of every row and its linear predictor.
pub fn sums(
    x: &Design,
    coefficients: &Array1<f64>,
    each: impl Fn(usize, f64) -> Row + Sync,
) -> Sums {
    let rows = x.rows();
    let size = CHUNK.max(rows.div_ceil(CHUNKS));
    let starts: Vec<usize> = (0..rows).step_by(size).collect();
    let plain = coefficients.to_vec();
    let parts: Vec<Sums> = starts
        .into_par_iter()
        .map(|start| {
            let rows = start..(start + size).min(rows);
            match x {
                Design::Dense(x) => dense(*x, coefficients.view(), rows, &each),
                Design::Sparse(x) => sparse(x, &plain, rows, &each),
            }
        })
        .collect();
    let mut all = Sums::zeros(x.width());
    for part in parts {
        all.loss += part.loss;
        all.gradient += &part.gradient;
        all.hessian += &part.hessian;
    }
    all
}

impl Sums {
    fn zeros(width: usize) -> Self {
        Self {
            loss: 0.0,
            gradient: Array1::zeros(width + 1),
            hessian: Array2::zeros((width + 1, width + 1)),
        }
    }
}

/// Of the numbers that are not zero: each pair of them once.
fn sparse(
    x: &Sparse,
    coefficients: &[f64],
    rows: Range<usize>,
    each: &(impl Fn(usize, f64) -> Row + Sync),
) -> Sums {
    let width = coefficients.len() - 1;
    let mut loss = 0.0;
    let mut gradient = vec![0.0; width + 1];
    // Below the diagonal, row after row.
    let mut half = vec![0.0; (width + 1) * (width + 1)];
    for row in rows {
        let (columns, values) = x.row(row);
        let eta = x.dot(row, coefficients) + coefficients[width];
        let [own, residual, curve] = each(row, eta);
        loss += own;
        gradient[width] += residual;
        let (before, last) = half.split_at_mut(width * (width + 1));
        last[width] += curve;
        for (at, (&column, value)) in columns.iter().zip(values).enumerate() {
            let column = column as usize;
            gradient[column] += residual * value;
            let bent = curve * value;
            last[column] += bent;
            let line = &mut before[column * (width + 1)..][..=column];
            for (&other, value) in columns[..=at].iter().zip(values) {
                line[other as usize] += bent * value;
            }
        }
    }
    let hessian = Array2::from_shape_fn((width + 1, width + 1), |(a, b)| {
        half[a.max(b) * (width + 1) + a.min(b)]
    });
    Sums {
        loss,
        gradient: Array1::from(gradient),
        hessian,
    }
}

fn dense(
    x: ArrayView2<f64>,
    coefficients: ArrayView1<f64>,
    rows: Range<usize>,
    each: &(impl Fn(usize, f64) -> Row + Sync),
) -> Sums {
    let width = x.ncols();
    let slopes = coefficients.slice(s![..width]);
    let Sums {
        mut loss,
        mut gradient,
        mut hessian,
    } = Sums::zeros(width);
    let mut scaled = Array2::<f64>::zeros((BLOCK, width));
    for first in rows.clone().step_by(BLOCK) {
        let own = x.slice(s![first..(first + BLOCK).min(rows.end), ..]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Streams;

    /// Numbers, nearly all zeros: one of many is 1 in each row, and a few rows have none.
    fn rows() -> Array2<f64> {
        let mut stream = Streams::new(7).stream(1);
        let mut x = Array2::zeros((2 * CHUNK + 17, 20));
        for mut row in x.rows_mut() {
            row[0] = stream.normal();
            row[2 + (stream.uniform() * 17.0) as usize] = 1.0;
            row[19] = f64::from(u8::from(stream.uniform() < 0.1));
        }
        x.slice_mut(s![100..103, ..]).fill(0.0);
        x
    }

    #[test]
    fn without_zeros_the_sums_are_the_same() {
        let x = rows();
        let (dense, sparse) = (Design::Dense(x.view()), Design::new(x.view()));
        assert!(matches!(sparse, Design::Sparse(_)));
        let beta = Array1::from_shape_fn(21, |at| (at as f64).sin());
        let etas = [&dense, &sparse].map(|own| predictor(own, &beta));
        let sums = [&dense, &sparse].map(|own| {
            sums(own, &beta, |row, eta| {
                [eta * eta, eta - 1.0, 0.5 + row as f64 / 1e4]
            })
        });
        let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs()), "{a} {b}");
        etas[0].iter().zip(&etas[1]).for_each(|(&a, &b)| near(a, b));
        near(sums[0].loss, sums[1].loss);
        let few = [&dense, &sparse].map(|own| predictor(&own.every(7), &beta));
        assert_eq!(few[0].len(), etas[0].len().div_ceil(7));
        let all = etas[0].iter().step_by(7).zip(&few[0]).zip(&few[1]);
        all.for_each(|((&all, &a), &b)| {
            near(all, a);
            near(a, b);
        });
        let both = sums[0].gradient.iter().zip(&sums[1].gradient);
        both.for_each(|(&a, &b)| near(a, b));
        let both = sums[0].hessian.iter().zip(&sums[1].hessian);
        both.for_each(|(&a, &b)| near(a, b));
        let mut added = [Array1::zeros(20), Array1::zeros(20)];
        for (own, to) in [&dense, &sparse].into_iter().zip(&mut added) {
            (0..50).for_each(|row| own.add(row, 0.5, to.view_mut()));
        }
        assert_eq!(added[0], added[1]);
    }

    #[test]
    fn few_zeros_stay() {
        let x = Array2::from_shape_fn((40, 4), |(row, column)| (row * column % 3) as f64);
        assert!(matches!(Design::new(x.view()), Design::Dense(_)));
        let nothing = Array2::<f64>::zeros((0, 4));
        assert_eq!(Design::new(nothing.view()).rows(), 0);
    }
}
