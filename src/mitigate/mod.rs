//! Remedies: what is done to the rows, to the fitting or to the decisions so that groups fare alike.
//!
//! In: training rows. Out: other weights or labels, a fitted model, or how each group is decided on.
//! No remedy computes a fairness metric of a report: its decisions are a column that is
//! tallied like any other. A remedy is a file and a line in [`MITIGATIONS`].

pub mod reweighing;
pub mod equal_weights;
pub mod threshold;
pub mod cut;
pub mod around;
pub mod cells;
pub mod means;
pub mod constrained;
pub mod prejudice;
pub mod simplex;
pub mod reduction;
pub mod hull;
pub mod lottery;
pub mod reject;
pub mod calibration;
pub mod withheld;
pub mod balanced;
pub mod repair;
pub mod massaging;
pub mod sampling;
pub mod trial;
pub mod document;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod oracle;
#[cfg(test)]
pub(crate) mod shared;

use ndarray::{Array2, ArrayView2, Axis};

pub use around::{Around, Curve, Repair};
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

/// The training rows that count.
pub struct Counted {
    x: Array2<f64>,
    groups: Vec<u32>,
    y: Vec<bool>,
    weights: Vec<f64>,
}

impl Counted {
    /// Leaves out rows of no weight.
    pub fn new(training: &Training) -> Self {
        let rows: Vec<usize> = (0..training.y.len())
            .filter(|&row| training.weights[row] > 0.0)
            .collect();
        let is_whole = rows.len() == training.y.len();
        Self {
            x: if is_whole {
                training.x.to_owned()
            } else {
                training.x.select(Axis(0), &rows)
            },
            groups: rows.iter().map(|&row| training.groups[row]).collect(),
            y: rows.iter().map(|&row| training.y[row]).collect(),
            weights: rows.iter().map(|&row| training.weights[row]).collect(),
        }
    }

    /// They, as training rows.
    pub fn training<'a, 'b: 'a>(&'a self, all: &Training<'b>) -> Training<'a> {
        Training {
            x: self.x.view(),
            names: all.names,
            count: all.count,
            seed: all.seed,
            groups: &self.groups,
            y: &self.y,
            weights: &self.weights,
        }
    }
}

/// Training rows as a remedy makes them; a row that is drawn twice weighs twice as much.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prepared {
    /// What each row counts for.
    pub weights: Vec<f64>,
    /// Other labels.
    pub y: Option<Vec<bool>>,
    /// What features become by group, here and wherever the model is used; empty where they stay.
    pub repairs: Vec<Vec<Repair>>,
    /// What a reader should know: lower case, no full stop.
    pub notes: Vec<String>,
}

/// A model that a remedy fitted.
pub struct Made {
    /// The model, and what a reader should know.
    pub fitted: Fitted,
    /// What makes decisions of its scores in every group.
    pub cut: Cut,
}

/// How each group is decided on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decided {
    /// By group.
    pub cuts: Vec<Cut>,
    /// What scores become, by group; empty where they stay.
    pub curves: Vec<Curve>,
    /// What a reader should know: lower case, no full stop.
    pub notes: Vec<String>,
}

impl From<Vec<Cut>> for Decided {
    fn from(cuts: Vec<Cut>) -> Self {
        Self {
            cuts,
            ..Self::default()
        }
    }
}

/// Where a remedy acts.
#[derive(Debug, Clone, Copy)]
pub enum Stage {
    /// Nowhere: what the others are held against.
    None,
    /// Before fitting: what each training row counts for, and its label.
    Pre(fn(&Training) -> Result<Prepared>),
    /// Instead of fitting: a model of its own, perhaps made of models of that kind.
    In(fn(&Training, &Model) -> Result<Made>),
    /// After fitting: what the scores of the plain model come to in each group.
    Post(fn(&Training, &[f64]) -> Result<Decided>),
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
    /// Whether it is tried where no method is named.
    pub is_usual: bool,
}

/// No remedy.
pub const PLAIN: Mitigation = Mitigation {
    name: "plain",
    about: "the model as it is",
    source: "",
    stage: Stage::None,
    is_usual: true,
};

/// Every remedy, [`PLAIN`] first; those that are usual are the default.
pub const MITIGATIONS: &[Mitigation] = &[
    PLAIN,
    reweighing::MITIGATION,
    equal_weights::MITIGATION,
    threshold::PARITY,
    threshold::OPPORTUNITY,
    balanced::CLASSES,
    balanced::GROUPS,
    sampling::UNIFORM,
    sampling::OVER,
    sampling::UNDER,
    massaging::PREFERENTIAL,
    massaging::MASSAGING,
    repair::CORRELATION,
    repair::IMPACT,
    constrained::PARITY,
    constrained::ODDS,
    constrained::JUST_LOSS,
    constrained::FAIR_LOSS,
    reduction::GRADIENT_PARITY,
    reduction::GRADIENT_ODDS,
    reduction::GRID_PARITY,
    reduction::GRID_ODDS,
    prejudice::MITIGATION,
    calibration::CORRECTION,
    calibration::CORRECTION_PARITY,
    calibration::PLATT,
    calibration::ISOTONIC,
    lottery::PARITY,
    lottery::OPPORTUNITY,
    lottery::FALSE_POSITIVES,
    lottery::ODDS,
    lottery::THRESHOLD_ODDS,
    reject::PARITY,
    reject::OPPORTUNITY,
    reject::ODDS,
    withheld::WEIGHTED,
    withheld::FALSE_NEGATIVES,
    withheld::FALSE_POSITIVES,
];

/// The remedy of this name.
pub fn find(name: &str) -> Option<&'static Mitigation> {
    MITIGATIONS
        .iter()
        .find(|mitigation| mitigation.name == name)
}
