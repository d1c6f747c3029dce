//! The report: plain data, and exactly the JSON document `fair-audit/report/1`.
//!
//! Flat arrays in a stable order; a number that does not exist is `null` with a `reason`; nothing
//! that differs between two runs on the same input (no clock, host, thread count).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::compare::Comparison;
pub use super::pooled::PooledReport;
pub use super::publication::Publication;
use crate::data::Setting;
pub use crate::data::group::Values;
use crate::metrics::{Against, Undefined};
use crate::policy::Status;
pub use crate::policy::{Finding, Limit};
pub use crate::profile::{ColumnProfile, Profile, Section};
use crate::stats::Interval;
pub use crate::stats::hierarchical::Shrunk;

/// The value of [`Report::schema`].
pub const SCHEMA: &str = "fair-audit/report/1";
/// The section that an audit has in [`Report::justice`], before all others.
pub const JUSTICE: &str = "justice";

/// A whole audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// `fair-audit/report/1`.
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// What was read, how it was understood, and what was done.
    pub record: Record,
    /// What came of it.
    pub verdict: Verdict,
    /// Every check of the policy, worst first.
    pub findings: Vec<Finding>,
    /// Every group with its metrics: overall, single attributes, intersections.
    pub groups: Vec<GroupReport>,
    /// Every comparison of groups.
    pub measures: Vec<MeasureReport>,
    /// What a policy asks to publish, if it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub publication: Option<Publication>,
    /// What it is compared with, if it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub comparison: Option<Comparison>,
    /// Gaps within the strata of the controls, pooled over them, where there are controls.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub pooled: Vec<PooledReport>,
    /// The same for each column that could be a control (`--control auto`): first what
    /// turns or vanishes, then what moves most, last what has too few rows.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub controls: Vec<PooledReport>,
    /// Models fitted to the table, plain and with each remedy, compared (`fair-audit mitigate`).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub baselines: Vec<Section>,
    /// What is owed to those who are decided upon: first the section of that name, where it is an
    /// audit; then a section for each answer of a model (`fair-audit explain`, `counterfactual`,
    /// `--justice`).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub justice: Vec<Section>,
    /// Combinations of values that no row has.
    pub uncovered: Vec<Uncovered>,
    /// The data themselves.
    pub profile: Profile,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl Report {
    /// What a profile found, how fitted models compare, and why rows are decided on as they are.
    pub fn sections(&self) -> impl Iterator<Item = &Section> {
        let fitted = self.baselines.iter().chain(&self.justice);
        self.profile.sections().iter().chain(fitted)
    }

    /// The justice section of an audit.
    pub fn owed(&self) -> Option<&Section> {
        self.justice.iter().find(|section| section.name == JUSTICE)
    }

    /// Leaves out the metrics that are not named.
    pub fn keep(&mut self, names: &[&str]) {
        let is_named = |name: &str| names.contains(&name);
        for group in &mut self.groups {
            group.metrics.retain(|name, _| is_named(name));
        }
        self.measures.retain(|measure| is_named(&measure.metric));
    }
}

/// What made the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `fair-audit`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What a run read, did and used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// The arguments.
    pub command: Vec<String>,
    /// The seed of everything random.
    pub seed: u64,
    /// The inputs.
    pub inputs: Vec<InputReport>,
    /// Every setting, with its source; keys are those of the flags.
    pub settings: BTreeMap<String, Setting>,
    /// rows read = rows used + rows excluded.
    pub rows: Rows,
    /// How far the farthest of all pairs that are judged strays in redrawn tables, in standard
    /// errors, ascending; at equal ranks of `replicates` (`--adjust maxt`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub redrawn: Option<Vec<f64>>,
    /// The nights that the findings are of, all together (`--sequential`); groups and measures are
    /// of this run alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sequential: Option<Sequential>,
}

/// Nights that were judged together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sequential {
    /// How many, this one included.
    pub nights: u64,
    /// Rows of all of them that some metric of decisions could use.
    pub rows: u64,
}

/// One input file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InputReport {
    /// As the user named it.
    pub path: String,
    /// `csv`, `parquet` …
    pub format: String,
    /// Bytes; `null` for a stream.
    pub bytes: Option<u64>,
    /// Rows, or the lines that stand for some; `null` in a report that does not say.
    #[serde(default)]
    pub rows: Option<u64>,
    /// SHA-256 in hexadecimal, where it was asked for (`--digest`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
}

/// Rows and what became of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rows {
    /// Rows read; `null` where that would reveal what is suppressed (`--suppress`).
    pub read: Option<u64>,
    /// Rows that some metric of decisions could use; likewise.
    pub used: Option<u64>,
    /// The others, by the first reason that holds; none are said where `used` is `null`.
    pub excluded: BTreeMap<String, u64>,
    /// Columns of the input.
    pub columns: u64,
    /// Kish's effective number of rows, where there are weights.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effective: Option<f64>,
}

/// What came of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The worst status of any check: `fail`, `warn`, `undecided`, `pass`.
    pub status: Status,
    /// The exit status of the run.
    pub exit_code: u8,
    /// The policy's name.
    pub policy: String,
    /// Checks by status.
    pub counts: Counts,
}

/// Checks by status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Past the limit with the whole interval.
    pub fail: u64,
    /// Past the limit, the interval reaches back.
    pub warn: u64,
    /// Cannot be told.
    pub undecided: u64,
    /// Within the limit.
    pub pass: u64,
    /// Accepted by an exception.
    pub accepted: u64,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupReport {
    /// Whose decisions: `as_given`, or the prediction column.
    pub scenario: String,
    /// `overall`, `sex`, `sex*race`.
    pub attribute: String,
    /// The stratum of the controls, if it is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stratum: Option<Values>,
    /// Which group; empty for overall.
    pub group: Values,
    /// Whether it is the reference of its attribute.
    pub reference: bool,
    /// Whether some value is missing: shown, but not compared.
    pub missing: bool,
    /// Rows; `null`, as all its numbers, where the group is suppressed (`--suppress`).
    pub rows: Option<u64>,
    /// Σw; equal to the rows when unweighted.
    pub weight: Option<f64>,
    /// Kish's effective number of rows.
    pub effective: Option<f64>,
    /// Share of the weight of the attribute's rows, those with missing values included.
    pub share: Option<f64>,
    /// Rows by label and prediction, unweighted.
    pub counts: CellCounts,
    /// Metrics by name.
    pub metrics: BTreeMap<String, MetricValue>,
}

/// Rows by label and prediction. Present only where there are such columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CellCounts {
    /// Label positive, predicted positive.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tp: Option<u64>,
    /// Label negative, predicted positive.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fp: Option<u64>,
    /// Label positive, predicted negative.
    #[serde(skip_serializing_if = "Option::is_none", default, rename = "fn")]
    pub fn_: Option<u64>,
    /// Label negative, predicted negative.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tn: Option<u64>,
    /// Rows whose label is positive (with or without a prediction).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub labelled_positive: Option<u64>,
    /// Rows that have a label.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub labelled: Option<u64>,
    /// Rows predicted positive (with or without a label).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub predicted_positive: Option<u64>,
    /// Rows that have a prediction.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub predicted: Option<u64>,
}

/// One number of one group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricValue {
    /// The number; `null` where it is undefined.
    pub value: Option<f64>,
    /// Why it is undefined.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Undefined>,
    /// Σw of the numerator of a rate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub numerator: Option<f64>,
    /// Σw of the denominator of a rate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub denominator: Option<f64>,
    /// Rows behind numerator and denominator, where they are weighted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rows: Option<[u64; 2]>,
    /// Σw² of numerator and denominator, where they are weighted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub squares: Option<[f64; 2]>,
    /// The standard error, where the interval of a number that is no rate rests on it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<f64>,
    /// How far the middle of that interval is from the number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shift: Option<f64>,
    /// What else it rests on, where it does: degrees of freedom, effective rows, or bins.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub freedom: Option<f64>,
    /// The confidence interval.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval: Option<Interval>,
    /// The rate as it leans on those of the attribute's other groups, where several columns make
    /// them: posterior mean and credible interval, at the confidence of the intervals.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shrunk: Option<Shrunk>,
}

/// One comparison of groups, or one number of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasureReport {
    /// Whose decisions.
    pub scenario: String,
    /// Which attribute.
    pub attribute: String,
    /// The stratum of the controls, if it is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stratum: Option<Values>,
    /// Which metric.
    pub metric: String,
    /// What the groups are held against.
    pub against: Against,
    /// The number; `null` where it is undefined.
    pub value: Option<f64>,
    /// Why it is undefined.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Undefined>,
    /// The confidence interval.
    pub interval: Option<Interval>,
    /// Over extremes: how likely a gap like this is where all groups are alike.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub p: Option<f64>,
    /// Over extremes: what the gap would be on average where all groups are alike, by chance alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chance: Option<f64>,
    /// Some group was undefined and is left out.
    pub partial: bool,
    /// The lowest group (extremes).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lowest: Option<Values>,
    /// The highest group (extremes).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub highest: Option<Values>,
    /// The group compared (reference, rest, overall).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<Values>,
    /// The group it is compared with, where that is a group.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<Values>,
}

/// A combination of values that no row has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Uncovered {
    /// `sex*race`.
    pub attribute: String,
    /// The combination.
    pub group: Values,
}
