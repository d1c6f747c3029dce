//! What was computed by row, as columns of the table: tallied, and measured as the table's own are.
//!
//! In: a table in memory, and a decision or a number for each row. Out: groups and comparisons with
//! the audit's intervals, of every attribute of a plan.

use std::sync::Arc;

use super::fill::{Filled, Filling};
use crate::data::{Decision, Kind, Outcome, Plan, Role};
use crate::error::Result;
use crate::metrics::Metric;
use crate::read::memory::{Held, Memory};
use crate::tally::{scan, table};

/// Decisions as a column, of which the positive ones are `1`.
pub fn decided(
    memory: &mut Memory,
    name: &str,
    decisions: impl IntoIterator<Item = Option<bool>>,
) -> Outcome {
    let keys = decisions.into_iter().map(|decision| match decision {
        Some(false) => 0,
        Some(true) => 1,
        None => 2,
    });
    let values = [Some("0"), Some("1"), None];
    let values = values.map(|value| value.map(Box::from));
    let held = Held::Codes(keys.collect(), Arc::new(values.into()));
    Outcome {
        column: memory.push(name.to_owned(), Kind::Text, held),
        name: name.to_owned(),
        positive: Some("1".to_owned()),
    }
}

/// Numbers as a column of scores; `NaN` is none.
pub fn scored(
    memory: &mut Memory,
    name: &str,
    scores: impl IntoIterator<Item = f64>,
) -> (usize, String) {
    let null = crate::data::batch::NULL;
    let scores = scores.into_iter();
    let scores = scores.map(|score| if score.is_nan() { null } else { score });
    let held = Held::Numbers(scores.collect());
    (
        memory.push(name.to_owned(), Kind::Float, held),
        name.to_owned(),
    )
}

/// A plan that has these decisions and no other.
pub fn with_decisions(plan: &Plan, decisions: Outcome, score: Option<(usize, String)>) -> Plan {
    Plan {
        decisions: vec![Decision::Column(decisions)],
        score,
        ..plan.clone()
    }
}

/// What is computed of the columns.
pub struct Measuring<'a> {
    /// What the scenario is called.
    pub scenario: &'a str,
    /// The metrics, whose roles the plan has.
    pub metrics: &'a [&'static Metric],
    /// Confidence of the intervals.
    pub confidence: f64,
    /// Whether every rate of an intersection is shrunk, and whether the one that wide tables show is.
    pub shrinks: (bool, bool),
}

impl Measuring<'_> {
    /// Every group and comparison of a plan's only decision.
    pub fn fill(&self, memory: &Memory, plan: &Plan) -> Result<Filled> {
        let (mut tallies, _) = scan::scan(memory, plan)?;
        let Some(tally) = tallies.pop() else {
            return Ok(Filled::default());
        };
        let tables = table::tables(&tally, plan);
        let mut roles = vec![Role::Sensitive];
        roles.extend(plan.label.as_ref().map(|_| Role::Label));
        roles.extend(plan.decisions.first().map(|_| Role::Prediction));
        roles.extend(plan.score.as_ref().map(|_| Role::Score));
        let filling = Filling {
            scenario: self.scenario,
            axes: &tally.axes,
            metrics: self.metrics,
            kept: self.metrics,
            narrow: &[],
            roles: &roles,
            confidence: self.confidence,
            shrinks_all: self.shrinks.0,
            shrinks_shown: self.shrinks.1,
            reference: &plan.reference.0,
        };
        Ok(filling.fill(&tables))
    }
}
