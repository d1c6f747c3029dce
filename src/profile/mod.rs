//! What the data themselves look like, whatever was decided.
//!
//! In: the finished pass, as a [`Context`]. Out: a [`Profile`], which is plain data. Every check is a
//! file of its own and a line in [`CHECKS`]; renderers, schema and documentation know none of them.

pub mod context;
pub mod section;
pub mod expected;
pub mod weights;
mod representation;
mod population;
mod drift;
mod collection;
mod duplicates;
pub mod leakage;
pub mod noisy;
pub mod earlier;
mod shifted;
mod uncovered;
mod columns;
mod missing;
mod labels;
mod flips;
mod crossed;
mod simpson;
mod proxies;
mod encoded;
mod pairs;
mod learnt;
mod encoding;
mod identity;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use context::Context;
use section::Found;
pub use section::{Fact, Section};

use crate::tally::{Axis, Tally};

/// The data themselves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// The sensitive and control columns.
    pub columns: Vec<ColumnProfile>,
    /// What deserves a look, the most urgent first; of an audit what its cells alone say, nothing with
    /// `--suppress`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Vec<Fact>")]
    pub facts: Option<Vec<Fact>>,
    /// What each check found (`fair-audit profile`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Vec<Section>")]
    pub sections: Option<Vec<Section>>,
}

impl Profile {
    /// Whether the checks were made (`fair-audit profile`).
    pub fn is_whole(&self) -> bool {
        self.sections.is_some()
    }

    /// What deserves a look, the most urgent first.
    pub fn facts(&self) -> &[Fact] {
        self.facts.as_deref().unwrap_or_default()
    }

    /// What each check found.
    pub fn sections(&self) -> &[Section] {
        self.sections.as_deref().unwrap_or_default()
    }
}

/// One column that splits the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// How many values it has.
    pub values: u64,
    /// Rows without a value.
    pub missing: u64,
    /// Share of rows without a value.
    pub missing_share: f64,
    /// How it was banded, if it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bands: Option<String>,
}

/// A check of the data: a file, and a line in [`CHECKS`].
pub struct Check {
    /// Its name in reports.
    pub name: &'static str,
    /// What it is about, in words.
    pub title: &'static str,
    /// Whether all it finds follows from the rows of the groups of [`Context::attributes`], by label:
    /// with `--suppress` these are published, and nothing else is.
    pub publishes: bool,
    /// Looks; what has neither tables nor notes is left out.
    pub run: fn(&Context) -> Found,
}

/// Every check, in the order of a report.
pub const CHECKS: &[Check] = &[
    representation::CHECK,
    population::CHECK,
    drift::CHECK,
    collection::CHECK,
    leakage::CHECK,
    uncovered::CHECK,
    labels::CHECK,
    flips::CHECK,
    simpson::CHECK,
    proxies::CHECK,
    encoding::CHECK,
    identity::CHECK,
    missing::CHECK,
    duplicates::CHECK,
    columns::CHECK,
];

/// The profile of the rows that were tallied: the columns that split them.
pub fn of(tally: &Tally) -> Profile {
    let column = |(at, axis): (usize, &Axis)| {
        let groups = tally.margin(at);
        let rows: u64 = groups.values().map(|(rows, _)| rows).sum();
        let missing = groups.get(&(axis.values.len() as u32));
        let missing = missing.map_or(0, |&(rows, _)| rows);
        ColumnProfile {
            name: axis.name.clone(),
            values: axis.values.len() as u64,
            missing,
            missing_share: if rows == 0 {
                0.0
            } else {
                missing as f64 / rows as f64
            },
            bands: axis.bands.clone(),
        }
    };
    Profile {
        columns: tally.axes.iter().enumerate().map(column).collect(),
        ..Profile::default()
    }
}

/// The whole profile: what every check finds.
pub fn whole(context: &Context) -> Profile {
    let (facts, sections) = found(context, |check| check.publishes || context.hidden.is_none());
    Profile {
        facts: Some(facts),
        sections: Some(sections),
        ..of(context.tally)
    }
}

/// What an audit says of the data: what deserves a look by its cells alone, without their columns.
pub fn facts(context: &Context) -> Vec<Fact> {
    found(context, |check| check.publishes).0
}

/// What these checks find: facts, the most urgent first, and sections.
fn found(context: &Context, is_asked: impl Fn(&Check) -> bool + Sync) -> (Vec<Fact>, Vec<Section>) {
    let found: Vec<(&Check, Found)> = CHECKS
        .par_iter()
        .filter(|check| is_asked(check))
        .map(|check| (check, (check.run)(context)))
        .collect();
    let (mut told, mut sections) = (Vec::new(), Vec::new());
    for (check, found) in found {
        let Found {
            tables,
            notes,
            facts,
        } = found;
        told.extend(facts.into_iter().map(|(weight, message)| Fact {
            section: check.name.to_owned(),
            message,
            weight,
        }));
        if tables.is_empty() && notes.is_empty() {
            continue;
        }
        sections.push(Section {
            name: check.name.to_owned(),
            title: check.title.to_owned(),
            tables,
            notes,
        });
    }
    // Stable: of equals the first check speaks first.
    told.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    (told, sections)
}
