//! Justice: why rows are decided on as they are, and what would have to be otherwise.
//!
//! In: a [`Case`]: the rows of a table, and a model in question that can be asked about them. Out:
//! tables of sections, by group with intervals and for single rows. A method is a file and a line
//! in [`METHODS`].

pub mod model;
pub mod process;
pub mod listened;
pub mod program;
pub mod recalled;
pub mod changed;
pub mod matched;
pub mod flip;
pub mod chance;
pub mod knapsack;
pub mod steps;
pub mod actions;
pub mod linear;
pub mod boxes;
mod numbers;
mod combined;
mod planned;
pub mod search;
pub mod recourse;
mod ways;
pub mod means;
pub mod shapley;
pub mod fidelity;
mod sampled;
pub mod contributions;
pub mod conditions;
pub mod oaxaca;
pub mod gap;
pub mod importance;
pub mod dependence;
pub mod mistakes;
pub mod neighbors;
pub mod lipschitz;
pub mod consistency;
pub mod probe;
pub mod probed;
#[cfg(test)]
mod alike_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod nearest_tests;

use crate::data::group::Values;
use crate::error::Result;
use crate::fit::features::Feature;
use crate::profile::section::Found;

pub use model::{Asked, HeldOut, Subject};

/// A single row that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Single {
    /// As it was named.
    pub name: String,
    /// Its place in the table.
    pub row: u32,
}

/// All that a method may look at.
pub struct Case<'a> {
    /// What a model may see, of every row of the table.
    pub features: &'a [Feature],
    /// The rows that count: of a group and of some weight.
    pub rows: &'a [u32],
    /// The group of every row of the table.
    pub groups: &'a [u32],
    /// The groups.
    pub names: &'a [Values],
    /// The name of the attribute.
    pub attribute: &'a str,
    /// The label of every row of the table, where there is one.
    pub labels: &'a [Option<bool>],
    /// The decision of every row by whoever is explained without being known: the table, or a program;
    /// else empty.
    pub given: &'a [Option<bool>],
    /// Whose they are: `the table's own decisions`.
    pub deciding: &'a str,
    /// What the model is held against: labels, or decisions where it stands for them.
    pub target: &'a [Option<bool>],
    /// The score that goes with each decision, `NaN` where there is none; empty where there are none.
    pub scores: &'a [f64],
    /// What every row of the table counts for.
    pub weights: &'a [f64],
    /// The model as it would be used.
    pub whole: &'a dyn Subject,
    /// The model on rows that it has not seen, where it was fitted to this table.
    pub held: &'a dyn Subject,
    /// What may stand for decisions whose model is not known, where one of these does.
    pub stand_ins: &'a [HeldOut],
    /// Which of them does.
    pub chosen: usize,
    /// The group that gaps are to, where one was asked for.
    pub reference: Option<usize>,
    /// What is asked.
    pub asking: &'a Asking,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Single rows.
    pub singles: Vec<Single>,
    /// The features whose dependence is shown; empty is none.
    pub features: Vec<String>,
    /// How often values are shuffled.
    pub repeats: usize,
    /// Confidence of the intervals.
    pub confidence: f64,
    /// Groups of fewer rows are not told apart.
    pub min_group: u64,
    /// The seed of what is drawn.
    pub seed: u64,
    /// What counts as alike.
    pub alike: Alike,
}

/// Which rows are held against each other as alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alike {
    /// Rows of a neighborhood, the row itself among them.
    pub neighbors: usize,
    /// By how much a score may change over a distance of 1.
    pub most: f64,
    /// Pairs that are listed.
    pub examples: usize,
}

impl Default for Alike {
    fn default() -> Self {
        Self {
            neighbors: 5,
            most: 1.0,
            examples: 0,
        }
    }
}

/// What a method asks of decisions whose model is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// The decisions as they are.
    Decisions,
    /// Decisions on rows that were changed: a program gives them, of a table a surrogate.
    Answers,
    /// A surrogate, whoever decides.
    Surrogate,
}

/// A way to answer why.
#[derive(Clone, Copy)]
pub struct Method {
    /// After `--only`.
    pub name: &'static str,
    /// One line for the help.
    pub about: &'static str,
    /// What it is about, as a title.
    pub title: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What it asks.
    pub needs: Needs,
    /// Answers; nothing where it has nothing to say of such a case.
    pub answer: fn(&Case) -> Result<Option<Found>>,
}

/// Rows of all questions that are asked at a time.
const CELLS: usize = 1 << 22;

/// Every method, in the order of a report.
pub const METHODS: &[Method] = &[
    fidelity::METHOD,
    contributions::METHOD,
    gap::METHOD,
    importance::METHOD,
    dependence::METHOD,
    mistakes::METHOD,
    consistency::METHOD,
];

impl Case<'_> {
    /// The columns as they are.
    pub fn columns(&self) -> Vec<&Feature> {
        self.features.iter().collect()
    }

    /// A group in words, its values in the order of the attribute.
    pub fn called(&self, group: usize) -> String {
        let names: Vec<&str> = self.attribute.split('*').collect();
        let mut values: Vec<_> = self.names[group].iter().collect();
        values.sort_by_key(|(column, _)| names.iter().position(|name| name == column));
        let values = values.into_iter();
        let values = values.map(|(_, value)| value.as_deref().unwrap_or("missing"));
        values.collect::<Vec<&str>>().join(" & ")
    }

    /// Questions that are asked at a time, so that a program is not started for each of them, and not
    /// everything is held in memory at once.
    pub fn at_once(&self) -> usize {
        (CELLS / self.rows.len().max(1)).max(1)
    }

    /// Asks the model about rows as they are.
    pub fn asked<'a>(&'a self, columns: &'a [&'a Feature], rows: &'a [u32]) -> Asked<'a> {
        Asked {
            columns,
            places: rows,
            rows,
            groups: self.groups,
        }
    }
}
