//! The file that a nightly gate keeps: `fair-audit/state/1`.
//!
//! In: a path. Out: the nights so far and the sums behind what they judge, or that there are none
//! yet; an error where the file is of something else, or broken: it is never replaced then. The same
//! nights make the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data::group::Values;
use crate::error::{Error, Result};
use crate::metrics::{self, Undefined};
use crate::policy::{HORIZON, Place};
use crate::report::output;
use crate::stats::{Amount, Fraction};

/// The value of [`State::schema`].
pub const SCHEMA: &str = "fair-audit/state/1";

/// All that is kept from night to night.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// `fair-audit/state/1`.
    pub schema: String,
    /// The settings that must not change, as the report has them, and the rules.
    pub settings: BTreeMap<String, String>,
    /// The nights of a rate's first rows after which its sequence is narrowest.
    pub horizon: f64,
    /// The nights, in order.
    pub nights: Vec<Night>,
    /// The sums of every rate of every group that is judged.
    pub counts: Vec<Count>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Night {
    /// Rows that some metric of decisions could use.
    pub rows: u64,
    /// What was read.
    pub inputs: Vec<NightInput>,
}

/// One input of a night.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NightInput {
    /// As the user named it.
    pub path: String,
    /// SHA-256 in hexadecimal; none for a stream.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
}

/// The sums of one rate of one group over all nights; each pair is numerator and denominator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Whose decisions.
    pub scenario: String,
    /// Which attribute.
    pub attribute: String,
    /// The stratum of the controls, if it is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stratum: Option<Values>,
    /// Which group.
    pub group: Values,
    /// Which rate.
    pub metric: String,
    /// The night on which the group was first seen, from 1.
    pub since: u64,
    /// Effective rows of the denominator on the first night that had any.
    pub first: f64,
    /// Rows.
    pub rows: [u64; 2],
    /// Σw, where rows are weighted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weights: Option<[f64; 2]>,
    /// Σw², where rows are weighted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub squares: Option<[f64; 2]>,
    /// Why there is no number yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Undefined>,
}

impl Count {
    /// Where it stands.
    pub fn place(&self) -> Place {
        Place {
            scenario: self.scenario.clone(),
            attribute: self.attribute.clone(),
            stratum: self.stratum.clone(),
            group: self.group.clone(),
            metric: self.metric.clone(),
        }
    }

    /// The rate.
    pub fn fraction(&self) -> Fraction {
        let amount = |at: usize| match (self.weights, self.squares) {
            (Some(weights), Some(squares)) => Amount {
                rows: self.rows[at],
                weight: weights[at],
                weight_sq: squares[at],
            },
            _ => Amount::rows(self.rows[at]),
        };
        Fraction::new(amount(0), amount(1))
    }

    /// Adds a night's rows.
    pub fn add(&mut self, night: &Fraction) {
        let mut sum = self.fraction();
        for (sum, night) in [(&mut sum.part, night.part), (&mut sum.whole, night.whole)] {
            sum.rows = sum.rows.saturating_add(night.rows);
            sum.weight += night.weight;
            sum.weight_sq += night.weight_sq;
        }
        let of = |one: fn(&Amount) -> f64| [one(&sum.part), one(&sum.whole)];
        let (weights, squares) = (of(|a| a.weight), of(|a| a.weight_sq));
        self.rows = [sum.part.rows, sum.whole.rows];
        let rows = self.rows.map(|rows| rows as f64);
        let is_plain = weights == rows && squares == rows;
        self.weights = (!is_plain).then_some(weights);
        self.squares = (!is_plain).then_some(squares);
        if self.first == 0.0 {
            self.first = night.effective();
        }
    }

    /// What cannot be so, if anything.
    fn problem(&self, nights: u64) -> Option<&'static str> {
        let sums = [self.weights, self.squares];
        let is_share = |[part, whole]: [f64; 2]| 0.0 <= part && part <= whole && whole.is_finite();
        let is_known = metrics::find(&self.metric).is_some_and(|m| m.name == self.metric);
        if !is_known {
            Some("a metric is unknown")
        } else if self.rows[0] > self.rows[1] || !sums.into_iter().flatten().all(is_share) {
            Some("a numerator is larger than its denominator, or no number of rows")
        } else if self.weights.is_some() != self.squares.is_some() {
            Some("weights are without their squares")
        } else if !(1..=nights).contains(&self.since) {
            Some("a group was first seen on a night that there was not")
        } else if !(self.first >= 0.0 && self.first.is_finite())
            || (self.first > 0.0) != (self.fraction().effective() > 0.0)
        {
            Some("the first rows of a group are no number of rows")
        } else {
            None
        }
    }
}

impl State {
    /// The state before the first night.
    pub fn begin(settings: BTreeMap<String, String>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            settings,
            horizon: HORIZON,
            nights: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// Reads what a file holds.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        let wrong = |what: String| refuse(path, "it is no state of `--sequential`", &what);
        // The schema first: a state of another version is not a broken one.
        let named: Named = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        if named.schema != SCHEMA {
            let what = format!("its schema is `{}`, not `{SCHEMA}`", named.schema);
            return Err(wrong(what));
        }
        let state: Self = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        let nights = state.nights.len() as u64;
        let is_tuned = state.horizon > 0.0 && state.horizon.is_finite();
        let horizon = (!is_tuned).then_some("its horizon is no number of nights");
        let mut counts = state.counts.iter();
        match horizon.or_else(|| counts.find_map(|count| count.problem(nights))) {
            Some(what) => Err(wrong(what.to_owned())),
            None => Ok(state),
        }
    }

    /// Writes it whole, or not at all.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(|e| Error::Write {
            path: path.to_owned(),
            source: io::Error::other(e),
        })?;
        output::save(path, &(text + "\n"))
    }
}

/// The bytes of a file; `None` where there is none.
pub fn bytes(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// The error of a state that cannot be gone on with; `what` says more.
pub fn refuse(path: &Path, problem: &'static str, what: &str) -> Error {
    Error::Flag {
        flag: "--sequential",
        value: path.display().to_string(),
        problem,
        remedy: what.to_owned(),
    }
}

#[derive(Deserialize)]
struct Named {
    schema: String,
}
