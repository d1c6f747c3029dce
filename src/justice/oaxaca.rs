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

/// Blocks of rows that are redrawn; of fewer rows each row is one.
const BLOCKS: usize = 200;

/// Sums over rows: all that least squares needs. The constant is the last column.
#[derive(Clone)]
struct Moments {
    /// Σ w x xᵀ, on and below the diagonal.
    square: Array2<f64>,
    /// Σ w x y.
    right: Array1<f64>,
}

/// A side: the means of its columns, its coefficients, and its mean outcome.
struct Side {
    means: Array1<f64>,
    coefficients: Array1<f64>,
    y: f64,
}

/// Takes the gap apart; none where a side has no weight or nothing can be solved.
pub fn taken(sides: &Sides) -> Option<Taken> {
    let [first, second] = sides.rows().map(|rows| Moments::of(sides, &rows));
    taken_by(&first, &second)
}

fn taken_by(one: &Moments, other: &Moments) -> Option<Taken> {
    let (first, second) = (one.side()?, other.side()?);
    let pooled = pooled(one, other)?;
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

impl Sides<'_> {
    /// The rows of the first group, and of the second.
    fn rows(&self) -> [Vec<usize>; 2] {
        [true, false].map(|first| {
            let all = 0..self.y.len();
            all.filter(|&at| self.is_first[at] == first).collect()
        })
    }
}

impl Moments {
    fn empty(width: usize) -> Self {
        Self {
            square: Array2::zeros((width, width)),
            right: Array1::zeros(width),
        }
    }

    fn of(sides: &Sides, rows: &[usize]) -> Self {
        let width = sides.x.ncols() + 1;
        let mut sums = Self::empty(width);
        let mut row = vec![1.0; width];
        for &at in rows {
            for (own, x) in row.iter_mut().zip(sides.x.row(at)) {
                *own = *x;
            }
            for i in 0..width {
                let weighted = sides.weights[at] * row[i];
                if weighted == 0.0 {
                    continue;
                }
                sums.right[i] += weighted * sides.y[at];
                for (j, own) in row.iter().take(i + 1).enumerate() {
                    sums.square[[i, j]] += weighted * own;
                }
            }
        }
        sums
    }

    fn add(&mut self, other: &Self, times: f64) {
        self.square.scaled_add(times, &other.square);
        self.right.scaled_add(times, &other.right);
    }

    fn side(&self) -> Option<Side> {
        let last = self.right.len() - 1;
        let total = self.square[[last, last]];
        if total <= 0.0 {
            return None;
        }
        Some(Side {
            means: self.square.row(last).mapv(|sum| sum / total),
            coefficients: cholesky::solve(&self.square, &self.right)?,
            y: self.right[last] / total,
        })
    }
}

/// The coefficients of all rows, fitted beside the group: a column that is 1 in the first one.
fn pooled(first: &Moments, second: &Moments) -> Option<Array1<f64>> {
    let width = first.right.len();
    let mut all = Moments::empty(width + 1);
    for i in 0..width {
        all.right[i] = first.right[i] + second.right[i];
        for j in 0..=i {
            all.square[[i, j]] = first.square[[i, j]] + second.square[[i, j]];
        }
    }
    // The sums over the first group stand in the row of its constant.
    let constant = width - 1;
    for j in 0..width {
        all.square[[width, j]] = first.square[[constant, j]];
    }
    all.square[[width, width]] = first.square[[constant, constant]];
    all.right[width] = first.right[constant];
    let solved = cholesky::solve(&all.square, &all.right)?;
    Some(solved.slice(ndarray::s![..width]).to_owned())
}

/// The same where rows are redrawn within each group, in blocks of rows that were dealt out at
/// random where there are many; in order, none where one of them cannot be solved.
pub fn redrawn(sides: &Sides, replicates: usize, seed: u64) -> Option<Vec<Taken>> {
    let streams = Streams::new(seed);
    let blocks = sides.rows().map(|mut rows| {
        streams.stream(u64::MAX).shuffle(&mut rows);
        let count = rows.len().min(BLOCKS);
        let dealt = (0..count).map(|block| {
            let own: Vec<usize> = rows.iter().skip(block).step_by(count).copied().collect();
            Moments::of(sides, &own)
        });
        dealt.collect::<Vec<Moments>>()
    });
    (0..replicates as u64)
        .into_par_iter()
        .map(|replicate| {
            let mut random = streams.stream(replicate);
            let [first, second] = [&blocks[0], &blocks[1]].map(|blocks| {
                let mut times = vec![0.0; blocks.len()];
                for _ in 0..blocks.len() {
                    times[random.below(blocks.len() as u64) as usize] += 1.0;
                }
                let mut sums = Moments::empty(sides.x.ncols() + 1);
                for (block, times) in blocks.iter().zip(times).filter(|(_, times)| *times > 0.0) {
                    sums.add(block, times);
                }
                sums
            });
            taken_by(&first, &second)
        })
        .collect()
}
