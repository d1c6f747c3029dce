//! Cells to numbers. A metric is data in a family's table, about ten lines; nothing else changes.
//!
//! In: a [`Table`]. Out: [`Value`]s. No I/O, no intervals (`infer`), no judgement (`policy`).

mod together;
pub mod compare;
mod distance;
mod gap;
mod pair;
mod spread;
mod sums;
mod twins;
pub mod representation;
pub mod independence;
pub mod separation;
pub mod sufficiency;
pub mod performance;
pub mod inequality;
mod asked;

use serde::{Deserialize, Serialize};

use crate::data::{Favorable, Role};
use crate::stats::Fraction;
use crate::tally::{Cell, Row, Table};

/// Why a number does not exist. Never shown as 0 or NaN.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Undefined {
    /// No row, or no weight.
    NoRows,
    /// No row with a label.
    NoLabels,
    /// No row with a prediction.
    NoPredictions,
    /// No row with a score.
    NoScores,
    /// No positive label.
    NoPositives,
    /// No negative label.
    NoNegatives,
    /// Nothing was predicted positive.
    NoPredictedPositives,
    /// Nothing was predicted negative.
    NoPredictedNegatives,
    /// Fewer than two groups to compare.
    OneGroup,
    /// The reference has a rate of 0.
    ReferenceIsZero,
    /// The reference group itself is undefined.
    ReferenceIsUndefined,
    /// The scores do not lie within [0, 1].
    NotAProbability,
    /// The formula divides by zero, or takes its logarithm.
    ZeroDenominator,
    /// The ratio of a positive and a negative number says nothing.
    MixedSigns,
    /// The ranking of scores is not kept here: beyond the limit of rows, or of a rest
    /// so small beside the group that its weighted ranking is lost in rounding.
    NotRanked,
    /// The sums are beyond the largest number.
    Overflow,
    /// It would show, or reveal, a count that is not to be published.
    Suppressed,
}

/// A number, or why there is none.
pub type Value = Result<f64, Undefined>;

/// The families, after Barocas, Hardt and Narayanan, in report order.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Of the data: who is in it, and how labels lie.
    Representation,
    /// Prediction independent of the group.
    Independence,
    /// Prediction independent of the group, given the label.
    Separation,
    /// Label independent of the group, given the prediction.
    Sufficiency,
    /// How good the predictions are.
    Performance,
    /// How unequally benefits are spread.
    Inequality,
    /// What a model that is asked answers.
    Justice,
}

/// Which direction is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better (accuracy).
    Higher,
    /// Less is better (a difference).
    Lower,
    /// Close to the ideal is better (a ratio, a signed difference).
    Ideal,
    /// Neither by itself (a selection rate).
    Neither,
}

/// How two groups' numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// group − reference; max − min over an attribute.
    Difference,
    /// group / reference; min / max over an attribute.
    Ratio,
}

/// How the gaps of several base metrics become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// The worst: largest difference, smallest ratio (equalized odds).
    Worst,
    /// The mean of the signed ones of two groups (average odds); over an attribute, of the two
    /// groups for which it is largest.
    Mean,
    /// The mean of their sizes of two groups (average absolute odds); likewise.
    MeanAbsolute,
    /// Each compared over its own extremes, then the mean.
    MeanOfGaps,
}

/// What the groups of an attribute are held against.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// Highest against lowest group.
    Extremes,
    /// Each group against the reference group.
    Reference,
    /// Each group against all others together.
    Rest,
    /// Each group against all compared rows.
    Overall,
}

/// How a metric is computed.
#[derive(Clone, Copy)]
pub enum Eval {
    /// A share within a group, and why it can be undefined. Only rates of the favorable outcome ask
    /// which it is.
    Rate(fn(&Cell, Favorable) -> Fraction, Undefined),
    /// Another number of one group; the row carries its ranking, the table the whole.
    Group(fn(&Row, &Table) -> Value),
    /// Two groups' numbers of the named base metrics, compared.
    Gap(Compare, &'static [&'static str], Join),
    /// One number for a whole attribute.
    Table(fn(&Table) -> Value),
}

/// A metric: data, not a class.
#[derive(Clone, Copy)]
pub struct Metric {
    /// The literature's name, in full, snake case.
    pub name: &'static str,
    /// What others call it.
    pub aliases: &'static [&'static str],
    /// Which family it stands in.
    pub family: Family,
    /// The formula, in the letters of the glossary.
    pub formula: &'static str,
    /// What it says, in a sentence.
    pub meaning: &'static str,
    /// Author, year, DOI or arXiv.
    pub source: &'static str,
    /// When it misleads.
    pub misleads: &'static str,
    /// The roles it needs beside a sensitive column.
    pub needs: &'static [Role],
    /// Lowest and highest possible value.
    pub range: (f64, f64),
    /// The value of a fair table, if there is one.
    pub ideal: Option<f64>,
    /// Which direction is better.
    pub better: Better,
    /// How it is computed.
    pub eval: Eval,
}

impl Metric {
    /// Whether it needs this role.
    pub fn needs(&self, role: Role) -> bool {
        self.needs.contains(&role)
    }

    /// Whether it is a number of one group (a rate or another), rather than of an attribute.
    pub fn is_of_group(&self) -> bool {
        matches!(self.eval, Eval::Rate(..) | Eval::Group(_))
    }
}

/// Every metric of a table, family by family.
pub fn all() -> impl Iterator<Item = &'static Metric> {
    [
        representation::METRICS,
        independence::METRICS,
        separation::METRICS,
        sufficiency::METRICS,
        performance::METRICS,
        inequality::METRICS,
    ]
    .into_iter()
    .flatten()
    .copied()
    .flatten()
}

pub use asked::{is_of_model, is_of_ways};

/// The metrics that a table has only where a model was asked about its rows.
pub fn asked() -> impl Iterator<Item = &'static Metric> {
    asked::METRICS.iter().copied().flatten()
}

/// Every metric that has a name: those of a table, and those of a model that is asked.
pub fn known() -> impl Iterator<Item = &'static Metric> {
    all().chain(asked())
}

/// The metric of this name or alias.
pub fn find(name: &str) -> Option<&'static Metric> {
    known()
        .find(|m| m.name == name)
        .or_else(|| known().find(|m| m.aliases.contains(&name)))
}
