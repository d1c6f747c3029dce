//! Baselines: models fitted to the table itself, so that what is due to the data can be told from
//! what is due to a model.
//!
//! In: a table in memory. Out: scores of rows that a model was not fitted to. Every learner stands
//! behind [`guard`], honours sample weights (a row of weight 2 is the row twice, or is drawn twice as often),
//! and gives the same bits on any number of threads. A learner is a file and a line in [`LEARNERS`].

pub mod cholesky;
pub mod design;
pub mod sums;
pub mod curve;
pub mod load;
pub mod dates;
pub mod times;
pub mod features;
pub mod terms;
pub mod encoder;
pub mod split;
pub mod guard;
pub mod logistic;
pub mod bayes;
pub mod tree;
mod drawn;
pub mod forest;
pub mod saved;
pub mod mixture;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod table_tests;

use ndarray::{Array1, ArrayView2};

pub use curve::Curve;
pub use guard::{Looked, fit, fit_again, fit_by};
pub use saved::Saved;

use crate::error::Result;

/// Rows to learn from.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// Rows × features, finite.
    pub x: ArrayView2<'a, f64>,
    /// Whether the label of each row is positive.
    pub y: &'a [bool],
    /// What each row counts for, finite and not negative.
    pub weights: &'a [f64],
    /// The seed of what is drawn.
    pub seed: u64,
}

/// A way to fit a model; called through [`guard::fit`], never by itself.
pub trait Learner: Sync {
    /// Fits a model to rows that the guard has checked.
    fn fit(&self, sample: &Sample) -> Result<Fitted>;
    /// The same; what the guard saw of the rows need not be seen again.
    fn fit_looked(&self, sample: &Sample, _looked: &Looked) -> Result<Fitted> {
        self.fit(sample)
    }
}

/// A fitted model.
pub trait Scorer: Send + Sync {
    /// How likely each row's label is positive, in \[0, 1\].
    fn score(&self, x: ArrayView2<f64>) -> Array1<f64>;
    /// The same of the rows that it was fitted to.
    fn score_looked(&self, looked: &Looked) -> Array1<f64> {
        self.score(looked.x())
    }
    /// The model as plain data.
    fn saved(&self) -> Saved;
}

/// What came of fitting.
pub struct Fitted {
    /// The model.
    pub scorer: Box<dyn Scorer>,
    /// What a reader should know: lower case, no full stop.
    pub notes: Vec<String>,
    /// How it got there, where it was in steps.
    pub curve: Option<Curve>,
}

/// A learner by its name.
pub struct Model {
    /// After `--model`.
    pub name: &'static str,
    /// One line for the help.
    pub about: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// How it is fitted.
    pub learner: &'static dyn Learner,
    /// Whether a row of weight 2 is the row twice; else rows are drawn by their weights.
    pub is_weighted: bool,
}

/// Every learner; the first one is the default.
pub const LEARNERS: &[Model] = &[logistic::MODEL, tree::MODEL, bayes::MODEL, forest::MODEL];

/// The learner of this name.
pub fn find(name: &str) -> Option<&'static Model> {
    LEARNERS.iter().find(|model| model.name == name)
}
