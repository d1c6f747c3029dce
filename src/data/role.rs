//! Which column plays which part, and where each such choice came from.

use serde::{Deserialize, Serialize};

use super::group::Attribute;

/// The parts a column can play.
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
pub enum Role {
    /// Splits the rows into groups that are compared.
    Sensitive,
    /// Splits the rows into strata that are not compared with each other.
    Control,
    /// What was true.
    Label,
    /// What was decided.
    Prediction,
    /// How strongly the model leaned to the positive.
    Score,
    /// What a row counts for.
    Weight,
}

/// Who chose a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingSource {
    /// A flag on the command line.
    Flag,
    /// An environment variable `FAIR_AUDIT_*`.
    Environment,
    /// A `fair-audit.toml`.
    File,
    /// Read off the data.
    Inferred,
    /// Built in.
    Default,
}

/// One choice, with who made it and why; it goes into the report's record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Setting {
    /// The value in the form a flag would take it.
    pub value: String,
    /// Who chose it.
    pub source: SettingSource,
    /// Why, where it was inferred.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
}

/// A two-valued column: which of its spellings is the positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Index in the source's schema.
    pub column: usize,
    /// Its name.
    pub name: String,
    /// The spelling that is positive; `None`: one accepted pair (0/1, no/yes, false/true …).
    pub positive: Option<String>,
}

/// Where the decisions that are audited come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// A two-valued column.
    Column(Outcome),
    /// `score >= threshold`.
    Threshold {
        /// Index of the score column.
        column: usize,
        /// Its name.
        name: String,
        /// The cut.
        threshold: f64,
    },
}

impl Decision {
    /// The index of the column it comes from.
    pub fn column(&self) -> usize {
        match self {
            Self::Column(outcome) => outcome.column,
            Self::Threshold { column, .. } => *column,
        }
    }

    /// The name of the column it comes from.
    pub fn name(&self) -> &str {
        match self {
            Self::Column(outcome) => &outcome.name,
            Self::Threshold { name, .. } => name,
        }
    }
}

/// Which outcome people want.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Favorable {
    /// The positive one (hired, granted).
    #[default]
    Positive,
    /// The negative one (not denied, not flagged).
    Negative,
}

/// What becomes of rows whose sensitive value is missing (`--missing`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// They are a group of their own, shown and not compared.
    #[default]
    Group,
    /// They are left out and counted.
    Drop,
    /// They end the run.
    Error,
}

/// What the other groups of an attribute are held against.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Reference {
    /// The group with the most rows (first in order among equals).
    #[default]
    Largest,
    /// The group with the highest favorable rate.
    Best,
    /// All compared rows together.
    Overall,
    /// All compared rows outside the group.
    Rest,
    /// The group of this value (of this combination, ` & ` between values).
    Value(String),
}

/// How numbers become bands: `< c0`, `[c0, c1)`, …, `>= cn`.
#[derive(Debug, Clone, PartialEq)]
pub struct Bands {
    /// Cut points, ascending.
    pub cuts: Vec<f64>,
    /// How they were chosen: `--bins`, `quartiles`.
    pub how: String,
}

/// A group or control column and how its values become groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Index in the source's schema.
    pub column: usize,
    /// Its name.
    pub name: String,
    /// [`Role::Sensitive`] or [`Role::Control`].
    pub role: Role,
    /// How a numeric column is banded.
    pub bands: Option<Bands>,
}

/// All that the tally must know: the columns and what to cross.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The axes of the tally: sensitive columns first, then controls.
    pub splits: Vec<Split>,
    /// What is compared, in report order: single columns, then intersections.
    pub attributes: Vec<Attribute>,
    /// What was true, if it is known.
    pub label: Option<Outcome>,
    /// The decisions; each becomes a scenario with a tally of its own, filled in the same pass.
    pub decisions: Vec<Decision>,
    /// Column and name of the score.
    pub score: Option<(usize, String)>,
    /// Column and name of the weight.
    pub weight: Option<(usize, String)>,
    /// Column and name of the whole number of rows that a line stands for (`--counts`).
    pub count: Option<(usize, String)>,
    /// Spellings that are null in labels, predictions, scores and weights, beside the empty cell.
    pub nulls: Vec<String>,
    /// What becomes of rows whose sensitive value is missing.
    pub missing: Missing,
    /// Which outcome people want.
    pub favorable: Favorable,
    /// The default reference, and those of single attributes (by attribute name).
    pub reference: (Reference, Vec<(String, Reference)>),
    /// How far scores are ranked.
    pub ranks: Ranks,
}

/// What is asked of the ranking of scores; sorting them is the dearest part of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Ranks {
    /// Nothing: scores are not kept.
    Nothing,
    /// How well they rank within each group, without what an interval is made of.
    Values,
    /// The same with it.
    Groups,
    /// Also how they rank a group against the others, and all compared rows.
    Others,
    /// Also the areas between the groups' curves.
    #[default]
    Areas,
}
