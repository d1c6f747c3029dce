//! A fitted model as plain data, and back again.
//!
//! In: a model. Out: what its JSON is; scored from there, every row gets the very same score.

use ndarray::{Array1, ArrayView2};
use serde::{Deserialize, Serialize};

use super::Scorer;
use super::bayes::Bayes;
use super::guard::{Constant, Guarded};
use super::logistic::Logistic;
use super::tree::Node;

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Saved {
    /// The same score for everyone.
    Constant {
        /// It.
        score: f64,
    },
    /// A model of some of the columns.
    Columns {
        /// Which.
        kept: Vec<usize>,
        /// It.
        inner: Box<Saved>,
    },
    /// Logistic regression.
    Logistic {
        /// One for each column.
        coefficients: Vec<f64>,
        /// The linear predictor of a row of zeros.
        intercept: f64,
    },
    /// A decision tree.
    Tree {
        /// All of it.
        root: Node,
    },
    /// Naive Bayes: of the negative and the positive label the logarithm of its share, and mean and
    /// variance of each column.
    Bayes {
        /// Both labels.
        labels: [(f64, Vec<(f64, f64)>); 2],
    },
}

impl Saved {
    /// The model.
    pub fn scorer(&self) -> Box<dyn Scorer> {
        match self {
            Self::Constant { score } => Box::new(Constant(*score)),
            Self::Columns { kept, inner } => Box::new(Guarded {
                inner: inner.scorer(),
                kept: kept.clone(),
            }),
            Self::Logistic {
                coefficients,
                intercept,
            } => Box::new(Logistic {
                coefficients: Array1::from(coefficients.clone()),
                intercept: *intercept,
                steps: 0,
                separates: false,
            }),
            Self::Tree { root } => Box::new(root.clone()),
            Self::Bayes { labels } => Box::new(Bayes {
                labels: labels.clone(),
            }),
        }
    }

    /// Why no row of so many columns can be scored; a file may have been written by anyone.
    pub fn problem(&self, columns: usize) -> Option<&'static str> {
        let is_wrong = match self {
            Self::Constant { score } => !(0.0..=1.0).contains(score),
            Self::Columns { kept, inner } => {
                let is_within = kept.iter().all(|&column| column < columns);
                return if is_within {
                    inner.problem(kept.len())
                } else {
                    Some("the model has more columns than its features")
                };
            }
            Self::Logistic { coefficients, .. } => coefficients.len() != columns,
            Self::Tree { root } => !root.fits(columns),
            Self::Bayes { labels } => labels.iter().any(|(_, own)| own.len() != columns),
        };
        is_wrong.then_some("the model does not fit its features")
    }

    /// The coefficient of each column that has one, by its number, and the intercept.
    pub fn coefficients(&self) -> Option<(Vec<(usize, f64)>, f64)> {
        match self {
            Self::Logistic {
                coefficients,
                intercept,
            } => Some((
                coefficients.iter().copied().enumerate().collect(),
                *intercept,
            )),
            Self::Columns { kept, inner } => {
                let (own, intercept) = inner.coefficients()?;
                let placed = own.into_iter().map(|(at, x)| (kept[at], x)).collect();
                Some((placed, intercept))
            }
            _ => None,
        }
    }

    /// The scores of some rows.
    pub fn score(&self, x: ArrayView2<f64>) -> Array1<f64> {
        self.scorer().score(x)
    }
}
