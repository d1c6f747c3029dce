//! Estimates to findings: rules, the four verdicts, the built-in default policy.
//!
//! FAIL: past the limit, and so is the whole interval if there is one. WARN: past the limit, the interval reaches
//! back. UNDECIDED: undefined, partial, one group, or under the minimum group. PASS otherwise.
//! A policy may decide by the value alone, or ask for proof ([`How`]); it may have exceptions
//! ([`Accept`]). What stands in a policy file is read here, the file is opened elsewhere.
//! In: [`Case`]s, what an attribute has to show on the metric of a rule, taken from a fresh audit
//! or from a saved report alike. Out: [`Finding`]s, worst first.

mod accept;
mod adjust;
mod change;
mod decide;
mod entry;
mod file;
mod judge;
mod limit;
mod named;
mod nights;
mod pairing;
mod power;
mod practical;
pub mod recourse;
mod rule;
mod section;
mod words;
#[cfg(test)]
mod power_tests;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::Favorable;
use crate::data::group::Values;
use crate::metrics::{Metric, Value};
use crate::stats::{Fraction, Interval, Spread};

pub use accept::{Accept, Accepted, Date, Force, apply};
pub use adjust::{Adjust, adjust};
pub use change::{Change, Changed, Earlier, Meaning};
pub use decide::Decide;
pub use entry::{Entry, Known};
pub use file::File;
pub use judge::{LISTED, judge};
pub use named::{NAMES, Named};
pub use nights::{HORIZON, Nights, Place, Seen};
pub use pairing::{Joint, Pairing};
pub use power::{Power, add as add_power};
pub use practical::{Practical, add as add_practical};
pub use recourse::Recourse;
pub use rule::{Op, Rule, Scope, Severity, default_rules, named, parse};
pub use section::Placed;

/// Why a rule or an exception of a policy file is a finding itself.
pub const UNMATCHED: &str = "matches_nothing";

/// What became of a check.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Within the limit.
    Pass,
    /// Not within the limit, and accepted by an exception of the policy.
    Accepted,
    /// It cannot be told.
    Undecided,
    /// Past the limit, but the interval reaches back.
    Warn,
    /// Past the limit with its whole interval, if there is one.
    Fail,
}

/// One check of the policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable: `selection_rate_ratio:race=Black`, with `[control=value]` for a stratum and
    /// `@scenario` where there are several.
    pub id: String,
    /// The metric judged.
    pub metric: String,
    /// The verdict.
    pub status: Status,
    /// Whose decisions.
    pub scenario: String,
    /// Which attribute.
    pub attribute: String,
    /// The stratum of the controls, if it is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stratum: Option<Values>,
    /// The group that fares worse.
    pub group: Option<Values>,
    /// The group it is held against.
    pub reference: Option<Values>,
    /// The number judged.
    pub value: Option<f64>,
    /// Why there is none, or why it decides nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Its interval.
    pub interval: Option<Interval>,
    /// How likely a number so far past the limit is where the limit is kept, of all pairs of the
    /// attribute together; 1 where it is within the limit, `null` where there is no interval or where
    /// the value alone decides. It is twice the one-sided p: below 1 − confidence the whole interval
    /// is past the limit. With `--adjust maxt` it is of all that is judged, with `--sequential` of all
    /// nights too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub p: Option<f64>,
    /// The same, adjusted for everything that is judged (`--adjust`): what decides.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub p_adjusted: Option<f64>,
    /// What is allowed.
    pub limit: Limit,
    /// The exception that is about it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub accept: Option<Accepted>,
    /// What these rows could have proved, and how many would settle it: of a gap of one rate that
    /// has not failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub power: Option<Power>,
    /// What a ratio of selection rates is in numbers of people, where the policy asks for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub practical: Option<Practical>,
    /// What became of it since an earlier report, where it is held against one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub change: Option<Change>,
    /// The finding in a sentence.
    pub message: String,
}

impl Finding {
    /// That a rule or an exception of a policy file is about nothing. Without an attribute it is of
    /// all.
    fn unmatched(
        id: String,
        metric: &Metric,
        attribute: Option<String>,
        limit: Limit,
        message: String,
    ) -> Self {
        Self {
            id,
            metric: metric.name.to_owned(),
            status: Status::Warn,
            scenario: "as_given".to_owned(),
            attribute: attribute.unwrap_or_else(|| "*".to_owned()),
            stratum: None,
            group: None,
            reference: None,
            value: None,
            reason: Some(UNMATCHED.to_owned()),
            interval: None,
            p: None,
            p_adjusted: None,
            limit,
            accept: None,
            power: None,
            practical: None,
            change: None,
            message,
        }
    }
}

/// What a rule allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// The lowest value allowed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min: Option<f64>,
    /// The highest value allowed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max: Option<f64>,
    /// The limit itself is not allowed (`<`, `>`).
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub exclusive: bool,
}

/// From which status on a run ends with exit status 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// A check that fails.
    #[default]
    Fail,
    /// A check that fails or warns.
    Warn,
    /// Nothing.
    Never,
}

impl FailOn {
    /// As the flag takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Never => "never",
        }
    }
}

/// A number of one group, or of a whole attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// The number, or why there is none.
    pub value: Value,
    /// Numerator and denominator, where it is a rate.
    pub fraction: Option<Fraction>,
    /// How far it may be off, where it is no rate and that is known.
    pub spread: Option<Spread>,
    /// Its interval.
    pub interval: Option<Interval>,
}

/// One compared group.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its values by column.
    pub values: Values,
    /// Its rows.
    pub rows: u64,
    /// A number for each of [`Rule::bases`], in that order; `None` where it was not computed.
    pub numbers: Vec<Option<Number>>,
}

/// The measure of a whole attribute, over extremes.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// The number with its interval.
    pub number: Number,
    /// Some group was undefined and is left out.
    pub partial: bool,
    /// The group that is lowest, and that which is highest.
    pub ends: (Option<Values>, Option<Values>),
}

/// What an attribute has to show on the metric of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Whose decisions.
    pub scenario: String,
    /// There is more than one scenario: ids tell them apart.
    pub several: bool,
    /// The attribute's name.
    pub attribute: String,
    /// The stratum of the controls, if it is one.
    pub stratum: Option<Values>,
    /// Which outcome people want.
    pub favorable: Favorable,
    /// The compared groups, in report order.
    pub members: Vec<Member>,
    /// The metric over the whole attribute, where it is not a gap of one base metric.
    pub whole: Option<Whole>,
}

/// The word for a value, of those that a policy file may have.
fn name_of<T: Copy + PartialEq>(names: &[(&'static str, T)], value: T) -> &'static str {
    let found = names.iter().find(|(_, known)| *known == value);
    found.map_or("", |(name, _)| *name)
}

/// The value of such a word.
fn value_of<T: Copy>(names: &[(&'static str, T)], word: &str) -> Option<T> {
    let found = names.iter().find(|(name, _)| *name == word);
    found.map(|(_, value)| *value)
}

/// What decides: the interval, the value, or proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum How {
    /// Past the limit with the whole interval is FAIL, with the value alone WARN.
    #[default]
    Interval,
    /// The value alone.
    Point,
    /// PASS only where the whole interval is within the limit («prove it fair»). A value within it
    /// whose interval is not proves neither: UNDECIDED, so that `undecided` says what the gate makes
    /// of it. A value past the limit is FAIL: to prove more must not be easier to pass.
    Bound,
}

impl How {
    /// The words of a policy file.
    pub const NAMES: [(&str, Self); 3] = [
        ("interval", Self::Interval),
        ("point", Self::Point),
        ("bound", Self::Bound),
    ];

    /// The one of a word.
    pub fn find(word: &str) -> Option<Self> {
        value_of(&Self::NAMES, word)
    }

    /// As a policy file has it.
    pub fn name(self) -> &'static str {
        name_of(&Self::NAMES, self)
    }
}

/// How checks that are undecided count for the exit status, where a policy says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecided {
    /// Like a warning.
    Warn,
    /// Like a failure.
    Fail,
    /// Not at all, even where nothing could be decided.
    Allow,
}

impl Undecided {
    /// The words of a policy file.
    pub const NAMES: [(&str, Self); 3] = [
        ("warn", Self::Warn),
        ("fail", Self::Fail),
        ("allow", Self::Allow),
    ];

    /// The one of a word.
    pub fn find(word: &str) -> Option<Self> {
        value_of(&Self::NAMES, word)
    }

    /// As a policy file has it.
    pub fn name(self) -> &'static str {
        name_of(&Self::NAMES, self)
    }
}

/// Puts findings in the order of a report, worst first, and makes their ids unique.
pub fn settle(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| Reverse(finding.status));
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for finding in findings {
        let times = seen.entry(finding.id.clone()).or_insert(0);
        *times += 1;
        if *times > 1 {
            finding.id = format!("{}#{times}", finding.id);
        }
    }
}

/// What the findings of a run mean for its exit status.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bar {
    /// From which status on it is 1.
    pub fail_on: FailOn,
    /// Whether it is 3 where any check is undecided.
    pub strict: bool,
    /// How undecided checks count, where a policy says so.
    pub undecided: Option<Undecided>,
}

/// Exit status of a run with these findings: 1 where one is bad enough, 3 where nothing (or, with
/// `strict`, not everything) could be decided, 0 otherwise.
pub fn exit_code(findings: &[Finding], bar: Bar) -> u8 {
    let any = |status| findings.iter().any(|finding| finding.status == status);
    let open = any(Status::Undecided).then_some(bar.undecided).flatten();
    let fails = any(Status::Fail) || open == Some(Undecided::Fail);
    let warns = any(Status::Warn) || open == Some(Undecided::Warn);
    let bad = match bar.fail_on {
        FailOn::Fail => fails,
        FailOn::Warn => fails || warns,
        FailOn::Never => false,
    };
    // A rule that matches nothing has decided nothing.
    let mut checks = findings
        .iter()
        .filter(|finding| finding.reason.as_deref() != Some(UNMATCHED));
    let none_decided = checks.all(|finding| finding.status == Status::Undecided);
    let is_allowed = bar.undecided == Some(Undecided::Allow);
    if bad {
        1
    } else if none_decided && !is_allowed || bar.strict && any(Status::Undecided) {
        3
    } else {
        0
    }
}
