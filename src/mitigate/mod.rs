//! Remedies: what is done to the rows, to the fitting or to the decisions so that groups fare alike.
//!
//! In: training rows. Out: other weights or labels, a fitted model, or how each group is decided on.
//! No remedy computes a fairness metric of a report: its decisions are a column that is
//! tallied like any other. A remedy is a file and a line in [`MITIGATIONS`].

pub mod reweighing;
pub mod equal_weights;
pub mod threshold;
pub mod cut;
pub mod trial;
pub mod document;
#[cfg(test)]
mod tests;

use ndarray::ArrayView2;

pub use cut::Cut;

use crate::error::Result;
use crate::fit::{Fitted, Model};

/// Training rows: everything a remedy may look at.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// Rows × features.
    pub x: ArrayView2<'a, f64>,
    /// What the columns of `x` are called.
    pub names: &'a [String],
    /// The group of each row.
    pub groups: &'a [u32],
    /// How many groups there are.
    pub count: usize,
    /// Whether the label of each row is positive.
    pub y: &'a [bool],
    /// What each row counts for.
    pub weights: &'a [f64],
    /// The seed of what is drawn.
    pub seed: u64,
}

impl Training<'_> {
    /// The weight of each group, by label.
    pub fn sums(&self) -> Vec<[f64; 2]> {
        let mut sums = vec![[0.0; 2]; self.count];
        let rows = self.groups.iter().zip(self.y).zip(self.weights);
        for ((&group, &y), w) in rows {
            sums[group as usize][usize::from(y)] += w;
        }
        sums
    }
}

/// Training rows as a remedy makes them; a row that is drawn twice weighs twice as much.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prepared {
    /// What each row counts for.
    pub weights: Vec<f64>,
    /// Other labels.
    pub y: Option<Vec<bool>>,
}

/// Where a remedy acts.
#[derive(Debug, Clone, Copy)]
pub enum Stage {
    /// Nowhere: what the others are held against.
    None,
    /// Before fitting: what each training row counts for, and its label.
    Pre(fn(&Training) -> Result<Prepared>),
    /// Instead of fitting: a model of its own, perhaps made of models of that kind.
    In(fn(&Training, &Model) -> Result<Fitted>),
    /// After fitting: what the scores of the plain model come to in each group.
    Post(fn(&Training, &[f64]) -> Result<Vec<Cut>>),
}

impl Stage {
    /// `none`, `pre`, `in` or `post`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pre(_) => "pre",
            Self::In(_) => "in",
            Self::Post(_) => "post",
        }
    }
}

/// One remedy.
#[derive(Debug, Clone, Copy)]
pub struct Mitigation {
    /// After `--method`.
    pub name: &'static str,
    /// One line for the help.
    pub about: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What it does, and where.
    pub stage: Stage,
}

/// No remedy.
pub const PLAIN: Mitigation = Mitigation {
    name: "plain",
    about: "the model as it is",
    source: "",
    stage: Stage::None,
};

/// Every remedy, [`PLAIN`] first; all of them are the default.
pub const MITIGATIONS: &[Mitigation] = &[
    PLAIN,
    reweighing::MITIGATION,
    equal_weights::MITIGATION,
    threshold::PARITY,
    threshold::OPPORTUNITY,
];

/// The remedy of this name.
pub fn find(name: &str) -> Option<&'static Mitigation> {
    MITIGATIONS
        .iter()
        .find(|mitigation| mitigation.name == name)
}
