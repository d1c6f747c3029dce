//! Which column plays which part: by name, then type and number of values, then relation.
//!
//! In: a sample of every column, and what the flags say. Out: a [`Plan`], and for each setting who
//! chose it and why. Two candidates for one role are an error with complete command lines.

use std::collections::BTreeMap;

use super::batch::Kind;
use super::role::{Favorable, Plan, Setting, SettingSource};
use crate::error::Result;

/// The first rows of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The column's name.
    pub name: String,
    /// What the format says it holds.
    pub kind: Kind,
    /// Rows looked at.
    pub rows: u64,
    /// Rows without a value.
    pub missing: u64,
    /// The distinct values in order of first appearance, with their rows; at most
    /// [`Sample::MOST`], then `more` is true.
    pub values: Vec<(String, u64)>,
    /// There were more distinct values.
    pub more: bool,
    /// Every value reads as a number, none with a leading zero (`02134`) or a plus sign.
    pub numeric: bool,
    /// Every value reads as a whole number.
    pub whole: bool,
    /// Lowest and highest value, where numeric.
    pub range: Option<(f64, f64)>,
}

impl Sample {
    /// Distinct values kept.
    pub const MOST: usize = 64;
}

/// What the flags say of the roles, as typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// The words of the command line that named the inputs, for command lines to paste.
    pub inputs: Vec<String>,
    /// `-s`: columns and products of columns (`sex`, `sex*race`), split at commas.
    pub sensitive: Vec<String>,
    /// `-y COL[=POSITIVE]`. A column whose name holds `=` is found by its whole name first.
    pub label: Option<String>,
    /// `-p COL[=POSITIVE]`, repeatable.
    pub predictions: Vec<String>,
    /// `--score COL`.
    pub score: Option<String>,
    /// `--threshold X`.
    pub threshold: Option<f64>,
    /// `--weight COL`.
    pub weight: Option<String>,
    /// `--control COL`, repeatable, split at commas.
    pub control: Vec<String>,
    /// `--reference`: `sex=Male`, `largest`, `best`, `overall`, `rest`; repeatable.
    pub reference: Vec<String>,
    /// `--bins age=18,30,45`, repeatable.
    pub bins: Vec<String>,
    /// `--ignore`: columns that play no part.
    pub ignore: Vec<String>,
    /// `--favorable`.
    pub favorable: Option<Favorable>,
    /// `--intersect N`: how many columns are crossed at most.
    pub intersect: usize,
    /// `--null LIST`; `None` is the built-in list.
    pub nulls: Option<Vec<String>>,
    /// `--counts[=COL]`: every line stands for this many rows; an empty name is to be guessed
    /// (`n`, `count`, `rows`, `freq` …).
    pub counts: Option<String>,
    /// Not `--no-infer`.
    pub infer: bool,
    /// Who chose each of the above, by flag name; [`SettingSource::Flag`] where it is not here.
    pub sources: BTreeMap<String, SettingSource>,
}

/// How the table is understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Understood {
    /// What the tally must know.
    pub plan: Plan,
    /// Every setting, with its source; keys are those of the flags (`sensitive`, `label` …).
    pub settings: BTreeMap<String, Setting>,
    /// What a reader should know, as warnings.
    pub notes: Vec<String>,
    /// Which of `plan.splits` look like numbers with many values and are not banded by `--bins`:
    /// the tally counts their values first and bands them by quantiles where they are.
    pub numeric: Vec<usize>,
    /// Attributes named with a product in `-s`: they are judged like single columns.
    pub named: Vec<super::Attribute>,
}

/// Finds out which column plays which part.
pub fn guess(path: &str, samples: &[Sample], asked: &Asked) -> Result<Understood> {
    let _ = (path, samples, asked);
    todo!()
}
