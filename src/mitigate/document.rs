//! Fitted models as a document: `fair-audit/model/1`. It says all that scoring another table takes,
//! and all that fitting the same again takes.
//!
//! In: what was fitted, or the text of a file. Out: the text, or the document, checked: no file that
//! anyone wrote can make scoring fail half-way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Around, Cut};
use crate::data::group::Values;
use crate::fit::Saved;
use crate::fit::encoder::Encoder;
use crate::fit::features;

/// The value of [`Document::schema`].
pub const SCHEMA: &str = "fair-audit/model/1";

/// Models of one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// `fair-audit/model/1`.
    pub schema: String,
    /// The version of the program.
    pub version: String,
    /// What was read.
    pub inputs: Vec<Input>,
    /// What was asked for, so that it can be asked for again.
    pub recipe: Recipe,
    /// Rows that were fitted to.
    pub rows: u64,
    /// Share of positive labels by group, by weight; `null` in a group without labels.
    pub base_rates: Vec<Option<f64>>,
    /// The groups that remedies act on.
    pub groups: Groups,
    /// The columns that are predicted from.
    pub features: Vec<Feature>,
    /// How they become numbers.
    pub encoder: Encoder,
    /// The plain model, and one for each remedy.
    pub models: Vec<Remedied>,
}

/// One input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// As it was named.
    pub path: String,
    /// SHA-256 in hexadecimal; none for a stream.
    pub sha256: Option<String>,
}

/// What was asked for; names are those of the flags.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// `-y`, with its positive value.
    pub label: String,
    /// `-s`.
    pub sensitive: Vec<String>,
    /// `--bins` of every banded column.
    pub bins: Vec<String>,
    /// `--control`.
    pub control: Vec<String>,
    /// `--weight`.
    pub weight: Option<String>,
    /// `--counts`.
    pub counts: Option<String>,
    /// `--null`.
    pub null: Vec<String>,
    /// `--ignore`.
    pub ignore: Vec<String>,
    /// `--features`; none is all.
    pub features: Vec<String>,
    /// `--text`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// `--with-sensitive`.
    pub with_sensitive: bool,
    /// `--attribute`.
    pub attribute: String,
    /// `--model`.
    pub model: String,
    /// `--method`.
    pub method: Vec<String>,
    /// `--folds`.
    pub folds: usize,
    /// `--fold-by`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold_by: Option<String>,
    /// `--fold-time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold_time: Option<String>,
    /// `--seed`.
    pub seed: u64,
}

/// The groups that remedies act on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// The columns that make them.
    pub columns: Vec<Grouping>,
    /// The groups; cuts are in this order.
    pub values: Vec<Values>,
}

/// A column that makes groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grouping {
    /// Its name.
    pub name: String,
    /// Where its numbers are cut into bands, if they are.
    pub cuts: Option<Vec<f64>>,
}

/// A column that is predicted from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub values: features::Values,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remedied {
    /// `plain`, or the remedy.
    pub scenario: String,
    /// Where the remedy acts: `none`, `pre`, `in`, `post`.
    pub stage: String,
    /// What makes scores.
    pub model: Saved,
    /// What is done around it by group.
    #[serde(default, skip_serializing_if = "Around::is_nothing")]
    pub around: Around,
    /// What makes decisions of them, by group.
    pub cuts: Vec<Cut>,
    /// By what the remedy multiplied the weights of its training rows.
    pub weights: Vec<Weighed>,
    /// Its numbers on held-out rows; `null` where undefined.
    pub numbers: BTreeMap<String, Option<f64>>,
}

/// The rows of a group and label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weighed {
    /// Which group.
    pub group: Values,
    /// Whether the label is positive.
    pub positive: bool,
    /// The least factor.
    pub least: f64,
    /// The largest factor.
    pub most: f64,
}

impl Remedied {
    /// Whether its decisions differ by group, so that it must know the group of a row.
    pub fn needs_group(&self) -> bool {
        !self.around.is_nothing() || self.cuts.windows(2).any(|pair| pair[0] != pair[1])
    }
}

impl Document {
    /// Reads a document; or what is wrong with it.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Named {
            schema: String,
        }
        let named: Named = serde_json::from_slice(text).map_err(|e| e.to_string())?;
        if named.schema != SCHEMA {
            return Err(format!("its schema is `{}`, not `{SCHEMA}`", named.schema));
        }
        let document: Self = serde_json::from_slice(text).map_err(|e| e.to_string())?;
        match document.problem() {
            Some(problem) => Err(problem.to_owned()),
            None => Ok(document),
        }
    }

    fn problem(&self) -> Option<&'static str> {
        let columns = self.encoder.names.len();
        let groups = self.groups.values.len();
        let is_ascending = |grouping: &Grouping| {
            let cuts = grouping.cuts.as_deref().unwrap_or_default();
            cuts.iter().all(|cut| cut.is_finite()) && cuts.windows(2).all(|pair| pair[0] < pair[1])
        };
        if self.models.is_empty() {
            return Some("it has no model");
        }
        if !self.encoder.fits(self.features.iter().map(|f| f.values)) {
            return Some("its features do not fit its columns");
        }
        if !self.groups.columns.iter().all(is_ascending) {
            return Some("a band is cut at what is no ascending number");
        }
        self.models.iter().find_map(|own| {
            let are_cuts = own.cuts.len() == groups && own.cuts.iter().all(|cut| cut.is_valid());
            let cuts = (!are_cuts).then_some("its groups are not those of its thresholds");
            let around = (!own.around.is_valid(columns, groups))
                .then_some("what is done by group does not fit its columns or groups");
            cuts.or(around).or_else(|| own.model.problem(columns))
        })
    }

    /// As text.
    pub fn text(&self) -> Result<String, String> {
        let text = serde_json::to_string_pretty(self).map_err(|e| e.to_string())?;
        Ok(text + "\n")
    }
}
