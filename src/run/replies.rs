//! A model's answers about the rows of an audit, as columns: tallied by the audit's own code, under
//! the names of [`metrics::asked`].
//!
//! In: by row what the model decides, whose decision turns with the group, and what a way costs. Out:
//! numbers in the report's groups and comparisons, each of the rows that it is about.

use std::collections::BTreeMap;

use super::fill::Filled;
use super::tallied::{self, Measuring};
use crate::data::group::Values;
use crate::data::{Attribute, Plan, Ranks};
use crate::error::Result;
use crate::justice::flip::Flipped;
use crate::justice::recourse::Cost;
use crate::metrics::{self, Metric};
use crate::read::memory::Memory;
use crate::report::model::Report;
use crate::stats::Interval;

/// The answers, by row of the table.
pub(super) struct Replies {
    /// What the model decides on rows as they are.
    pub as_is: Vec<Option<bool>>,
    /// Of each attribute that was flipped its name, and what the model decides as if of another group:
    /// the other decision wherever any group has it.
    turned: Vec<(Attribute, String, Vec<Option<bool>>)>,
    /// Refused rows that were looked at, with what the cheapest way costs; none where there is none.
    pub ways: Vec<Cost>,
}

/// The number that a tally has, and what it is of these columns.
type Called = (&'static str, &'static str);
/// Tallies by a plan, and puts the numbers into the report under other names.
type Put<'a> = dyn FnMut(&Plan, [Called; 2], &Memory) -> Result<()> + 'a;

impl Replies {
    /// Of what is decided on rows as they are.
    pub fn new(as_is: Vec<Option<bool>>) -> Self {
        Self {
            as_is,
            turned: Vec::new(),
            ways: Vec::new(),
        }
    }

    /// Adds what comes of a flip.
    pub fn turn(&mut self, attribute: Attribute, name: &str, flipped: &Flipped) {
        let one = |row: usize| {
            let before = flipped.as_is.decisions[row]?;
            let mut after = flipped.to.iter().filter_map(|(_, own)| own.decisions[row]);
            let first = after.next()?;
            let is_turned = first != before || after.any(|own| own != before);
            Some(before != is_turned)
        };
        let turned = (0..flipped.as_is.decisions.len()).map(one).collect();
        self.turned.push((attribute, name.to_owned(), turned));
    }

    /// Puts numbers into the groups and comparisons of the report's first scenario.
    pub fn fill(
        &self,
        memory: &mut Memory,
        (plan, given): (&Plan, &[Option<bool>]),
        confidence: f64,
        report: &mut Report,
    ) -> Result<()> {
        let Some(scenario) = report.groups.first().map(|group| group.scenario.clone()) else {
            return Ok(());
        };
        if self.as_is.iter().all(Option::is_none) {
            return Ok(());
        }
        let bare = Plan {
            label: None,
            decisions: Vec::new(),
            score: None,
            ranks: Ranks::Nothing,
            ..plan.clone()
        };
        let mut put = |plan: &Plan, named: [Called; 2], memory: &Memory| -> Result<()> {
            let metrics = named.map(|(own, _)| metrics::find(own));
            let metrics: Vec<&'static Metric> = metrics.into_iter().flatten().collect();
            let measuring = Measuring {
                scenario: &scenario,
                metrics: &metrics,
                confidence,
                shrinks: (false, false),
            };
            merge(report, measuring.fill(memory, plan)?, &named);
            Ok(())
        };
        let as_is = tallied::decided(memory, "decided as is", self.as_is.iter().copied());
        if !given.is_empty() {
            let given = tallied::decided(memory, "decided by the table", given.iter().copied());
            let mut plan = tallied::with_decisions(&bare, as_is.clone(), None);
            plan.label = Some(given);
            let named = [
                ("accuracy", "fidelity"),
                ("accuracy_difference", "fidelity_difference"),
            ];
            put(&plan, named, memory)?;
        }
        for (attribute, name, turned) in &self.turned {
            let name = format!("decided as if of another {name}");
            let turned = tallied::decided(memory, &name, turned.iter().copied());
            let mut plan = tallied::with_decisions(&bare, turned, None);
            plan.label = Some(as_is.clone());
            plan.attributes = vec![attribute.clone()];
            let named = [
                ("error_rate", "flip_rate"),
                ("error_rate_difference", "flip_rate_difference"),
            ];
            put(&plan, named, memory)?;
        }
        self.ways(memory, &bare, &mut put)
    }

    /// Who has a way, and what it costs.
    fn ways(&self, memory: &mut Memory, bare: &Plan, put: &mut Put) -> Result<()> {
        if self.ways.is_empty() {
            return Ok(());
        }
        let mut has_way = vec![None; memory.len()];
        let mut costs = vec![f64::NAN; memory.len()];
        for (row, cost) in &self.ways {
            has_way[*row as usize] = Some(cost.is_some());
            costs[*row as usize] = cost.unwrap_or(f64::NAN);
        }
        let has_way = tallied::decided(memory, "has a way", has_way);
        let plan = tallied::with_decisions(bare, has_way, None);
        let named = [
            ("selection_rate", "recourse_rate"),
            ("selection_rate_difference", "recourse_rate_difference"),
        ];
        put(&plan, named, memory)?;
        if costs.iter().all(|cost| cost.is_nan()) {
            return Ok(());
        }
        let costs = tallied::scored(memory, "cost of a way", costs);
        let plan = Plan {
            score: Some(costs),
            ..bare.clone()
        };
        let named = [
            ("mean_score", "recourse_cost"),
            ("mean_score_difference", "recourse_cost_difference"),
        ];
        put(&plan, named, memory)
    }
}

/// Puts numbers of a tally into the report's groups of the same rows, under their own names.
fn merge(report: &mut Report, filled: Filled, named: &[Called]) {
    type Place = (String, Option<Values>, Values);
    let scenario = report.groups.first().map(|group| group.scenario.clone());
    let mut places: BTreeMap<Place, usize> = BTreeMap::new();
    for (at, group) in report.groups.iter().enumerate() {
        if Some(&group.scenario) == scenario.as_ref() {
            let key = (
                group.attribute.clone(),
                group.stratum.clone(),
                group.group.clone(),
            );
            places.insert(key, at);
        }
    }
    // All rows as if of another group is a number of one attribute, not of the table.
    let is_of_one = named.iter().any(|(_, name)| *name == "flip_rate");
    let groups = filled.groups.into_iter();
    for group in groups.filter(|own| !(is_of_one && own.attribute == "overall")) {
        let key = (group.attribute, group.stratum, group.group);
        let Some(&at) = places.get(&key) else {
            continue;
        };
        for (own, name) in named {
            if let Some(mut value) = group.metrics.get(*own).cloned() {
                value.interval = within(value.interval, name);
                report.groups[at].metrics.insert((*name).to_owned(), value);
            }
        }
    }
    for mut measure in filled.measures {
        if let Some((_, name)) = named.iter().find(|(own, _)| *own == measure.metric) {
            (*name).clone_into(&mut measure.metric);
            report.measures.push(measure);
        }
    }
}

/// No further than the number of this name can be.
fn within(interval: Option<Interval>, name: &str) -> Option<Interval> {
    let range = metrics::find(name).map(|metric| metric.range);
    Some(interval?.within(range?))
}
