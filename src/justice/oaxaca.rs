//! The gap between two groups' mean outcomes, taken apart by linear regressions.
//!
//! In: rows of a matrix, outcome, weight and side of each. Out: what each column adds to the gap, by
//! the other mix of values and by other coefficients (Blinder 1973, doi:10.2307/144855; Oaxaca 1973,
//! doi:10.2307/2525981). The parts of all columns and the constant add up to the gap.

use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;

use crate::fit::cholesky;
use crate::stats::random::Streams;

/// Rows of two groups.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// Rows × columns, without a constant.
    pub x: ArrayView2<'a, f64>,
    /// The outcome of each row.
    pub y: &'a [f64],
    /// What each row counts for.
    pub weights: &'a [f64],
    /// Whether it is of the first group.
    pub is_first: &'a [bool],
}

/// What each column adds to the gap, first less second; the constant stands last.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The gap itself.
    pub gap: f64,
    /// Two parts: what the mix of values explains, by the coefficients of all rows, fitted beside
    /// the group (pooled: Jann 2008, doi:10.1177/1536867X0800800401).
    pub explained: Vec<f64>,
    /// And what is left: the same values are treated in another way.
    pub unexplained: Vec<f64>,
    /// Three parts: what the mix explains by the second group's coefficients.
    pub endowments: Vec<f64>,
    /// What the coefficients do at the second group's mix.
    pub coefficients: Vec<f64>,
    /// What both do together.
    pub interaction: Vec<f64>,
}

/// A side: the means of its columns, and what they count for.
struct Side {
    means: Array1<f64>,
    coefficients: Array1<f64>,
    y: f64,
}

/// Takes the gap apart; none where a side has no weight or nothing can be solved.
pub fn taken(sides: &Sides) -> Option<Taken> {
    taken_by(sides, sides.weights)
}

fn taken_by(sides: &Sides, weights: &[f64]) -> Option<Taken> {
    let of = |first: bool| {
        let own = |row: usize| {
            if sides.is_first[row] == first {
                weights[row]
            } else {
                0.0
            }
        };
        side(sides, &own)
    };
    let (first, second) = (of(true)?, of(false)?);
    let pooled = pooled(sides, weights)?;
    let apart = &first.means - &second.means;
    let differ = &first.coefficients - &second.coefficients;
    let explained = &apart * &pooled;
    let left = &first.means * &(&first.coefficients - &pooled);
    let right = &second.means * &(&pooled - &second.coefficients);
    Some(Taken {
        gap: first.y - second.y,
        explained: explained.to_vec(),
        unexplained: (left + right).to_vec(),
        endowments: (&apart * &second.coefficients).to_vec(),
        coefficients: (&second.means * &differ).to_vec(),
        interaction: (&apart * &differ).to_vec(),
    })
}

/// A row with its constant, and with its side where that is a column.
fn row(sides: &Sides, at: usize, with_side: bool) -> Vec<f64> {
    let mut row = sides.x.row(at).to_vec();
    row.push(1.0);
    if with_side {
        row.push(f64::from(u8::from(sides.is_first[at])));
    }
    row
}

/// Least squares by weight.
fn solved(sides: &Sides, with_side: bool, weight: &dyn Fn(usize) -> f64) -> Option<Array1<f64>> {
    let width = sides.x.ncols() + 1 + usize::from(with_side);
    let mut square = Array2::<f64>::zeros((width, width));
    let mut right = Array1::<f64>::zeros(width);
    for at in 0..sides.y.len() {
        let own = weight(at);
        if own <= 0.0 {
            continue;
        }
        let row = row(sides, at, with_side);
        for i in 0..width {
            let weighted = own * row[i];
            if weighted == 0.0 {
                continue;
            }
            right[i] += weighted * sides.y[at];
            for j in 0..=i {
                square[[i, j]] += weighted * row[j];
            }
        }
    }
    cholesky::solve(&square, &right)
}

fn side(sides: &Sides, weight: &dyn Fn(usize) -> f64) -> Option<Side> {
    let mut means = Array1::<f64>::zeros(sides.x.ncols() + 1);
    let (mut total, mut y) = (0.0, 0.0);
    for at in 0..sides.y.len() {
        let own = weight(at);
        total += own;
        y += own * sides.y[at];
        means.scaled_add(own, &Array1::from(row(sides, at, false)));
    }
    if total <= 0.0 {
        return None;
    }
    Some(Side {
        means: means / total,
        coefficients: solved(sides, false, weight)?,
        y: y / total,
    })
}

/// The coefficients of all rows beside the group.
fn pooled(sides: &Sides, weights: &[f64]) -> Option<Array1<f64>> {
    let all = solved(sides, true, &|at| weights[at])?;
    let own = all.len() - 1;
    Some(all.slice(ndarray::s![..own]).to_owned())
}

/// The same of rows redrawn within each side; in order, none where a side could not be solved.
pub fn redrawn(sides: &Sides, replicates: usize, seed: u64) -> Option<Vec<Taken>> {
    let of = |first: bool| -> Vec<usize> {
        (0..sides.y.len())
            .filter(|&at| sides.is_first[at] == first)
            .collect()
    };
    let rows = [of(true), of(false)];
    let streams = Streams::new(seed);
    (0..replicates as u64)
        .into_par_iter()
        .map(|replicate| {
            let mut random = streams.stream(replicate);
            let mut weights = vec![0.0; sides.y.len()];
            for own in &rows {
                for _ in 0..own.len() {
                    let at = own[random.below(own.len() as u64) as usize];
                    weights[at] += sides.weights[at];
                }
            }
            taken_by(sides, &weights)
        })
        .collect()
}
