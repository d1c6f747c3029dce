//! The design matrix as it is multiplied: with its zeros or, where most of it are zeros, without.
//!
//! In: a matrix. Out: the same numbers. One-hot columns are nearly all zeros: what a row adds to the
//! curvature is then some hundred products instead of some thousand. Which form it has depends on the
//! matrix alone, so that threads change no bit.

use std::borrow::Cow;

use ndarray::{ArrayView2, ArrayViewMut1};

/// Rows that are looked at to tell whether it is worth it.
const SAMPLE: usize = 1_000;
/// Numbers to one that is not zero at least, for zeros to be left out.
const SPARSE: usize = 4;

/// A matrix of features.
#[derive(Debug)]
pub enum Design<'a> {
    /// Every number.
    Dense(ArrayView2<'a, f64>),
    /// Those that are not zero.
    Sparse(Cow<'a, Sparse>),
}

/// A matrix without its zeros, row after row.
#[derive(Debug, Clone)]
pub struct Sparse {
    width: usize,
    /// Where each row starts, and the end of the last.
    starts: Vec<usize>,
    /// The columns, in rising order in each row.
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl<'a> Design<'a> {
    /// Of a matrix.
    pub fn new(x: ArrayView2<'a, f64>) -> Self {
        Sparse::of(x).map_or(Self::Dense(x), |own| Self::Sparse(Cow::Owned(own)))
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        match self {
            Self::Dense(x) => x.nrows(),
            Self::Sparse(x) => x.starts.len() - 1,
        }
    }

    /// How many columns it has.
    pub fn width(&self) -> usize {
        match self {
            Self::Dense(x) => x.ncols(),
            Self::Sparse(x) => x.width,
        }
    }

    /// The first row and each so many rows after it.
    pub fn every(&self, step: usize) -> Design<'_> {
        match self {
            Self::Dense(x) => Design::Dense(x.slice(ndarray::s![..;step, ..])),
            Self::Sparse(x) => Design::Sparse(Cow::Owned(x.every(step))),
        }
    }

    /// Adds a multiple of a row.
    pub fn add(&self, row: usize, factor: f64, mut to: ArrayViewMut1<f64>) {
        match self {
            Self::Dense(x) => to.scaled_add(factor, &x.row(row)),
            Self::Sparse(x) => {
                let (columns, values) = x.row(row);
                for (&column, value) in columns.iter().zip(values) {
                    to[column as usize] += factor * value;
                }
            }
        }
    }
}

impl Sparse {
    /// Of a matrix; none where too few of its numbers are zeros.
    pub fn of(x: ArrayView2<f64>) -> Option<Self> {
        let step = x.nrows().div_ceil(SAMPLE).max(1);
        let looked = x.slice(ndarray::s![..;step, ..]);
        let set = looked.iter().filter(|value| **value != 0.0).count();
        if set.saturating_mul(SPARSE) > looked.len() || u32::try_from(x.ncols()).is_err() {
            return None;
        }
        let mut own = Self {
            width: x.ncols(),
            starts: vec![0],
            columns: Vec::with_capacity(set * step),
            values: Vec::with_capacity(set * step),
        };
        // Written to one place until a number is to stay: no branch to be guessed.
        let mut columns = vec![0; x.ncols() + 1];
        let mut values = vec![0.0; x.ncols() + 1];
        for row in x.rows() {
            let mut count = 0;
            for (column, &value) in (0_u32..).zip(row) {
                columns[count] = column;
                values[count] = value;
                count += usize::from(value != 0.0);
            }
            own.columns.extend_from_slice(&columns[..count]);
            own.values.extend_from_slice(&values[..count]);
            own.starts.push(own.values.len());
        }
        Some(own)
    }

    fn every(&self, step: usize) -> Self {
        let mut own = Self {
            width: self.width,
            starts: vec![0],
            columns: Vec::new(),
            values: Vec::new(),
        };
        for row in (0..self.starts.len() - 1).step_by(step) {
            let (columns, values) = self.row(row);
            own.columns.extend_from_slice(columns);
            own.values.extend_from_slice(values);
            own.starts.push(own.values.len());
        }
        own
    }

    /// The columns of a row that are not zero, and what they hold.
    pub fn row(&self, row: usize) -> (&[u32], &[f64]) {
        let own = self.starts[row]..self.starts[row + 1];
        (&self.columns[own.clone()], &self.values[own])
    }

    /// A row times coefficients.
    pub fn dot(&self, row: usize, coefficients: &[f64]) -> f64 {
        let (columns, values) = self.row(row);
        let pairs = columns.iter().zip(values);
        pairs
            .map(|(&column, value)| value * coefficients[column as usize])
            .sum()
    }
}
