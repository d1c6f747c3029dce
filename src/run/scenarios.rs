//! Scenarios: decisions and scores that become columns, tallied and measured as in the audit.
//!
//! In: the table in memory, and what each remedy made of its rows. Out: every group and comparison
//! in the report, and for each scenario the numbers that are compared, with how far they may be off.

use std::sync::Arc;

use super::computed::Computed;
use super::fill::{Filled, Filling};
use super::kept::Kept;
use super::tallied;
use crate::data::{Attribute, Kind, Plan, Role, Split};
use crate::error::Result;
use crate::fit::split;
use crate::metrics::compare::Numbers;
use crate::metrics::{self, Against, Metric, Value};
use crate::mitigate::trial;
use crate::read::memory::{Held, Memory};
use crate::report::model::Report;
use crate::stats::{Interval, jackknife};
use crate::tally::{Row, Table, Tally, scan, table};

/// How good all rows are decided on.
pub const PERFORMANCE: [&str; 4] = ["accuracy", "balanced_accuracy", "auc", "log_loss"];
/// How far groups lie apart; the ratio is that of the favorable rate where nobody wants to be
/// selected.
pub const GAPS: [&str; 6] = [
    "selection_rate_ratio",
    "selection_rate_difference",
    "true_positive_rate_difference",
    "false_positive_rate_difference",
    "fair_loss_difference",
    "just_loss_difference",
];
/// What the model adds to the gap in the labels.
pub const ADDED: &str = "bias_amplification";
/// Parts of the rows that are left out in turn.
const PARTS: usize = 30;
/// The column of rows that are never held out, and its value.
const UNHELD: &str = "never held out";

/// Decisions to be measured.
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// Where its remedy acts; `none` for the plain model, nothing for what the table has.
    pub stage: Option<&'static str>,
    /// The rows' cells, by the part of the rows as the last axis.
    tally: Tally,
    /// The numbers that are compared.
    pub numbers: Compared,
}

/// Numbers of a scenario, and without each part of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// In the order of [`Measured::names`].
    pub values: Vec<Value>,
    without: Vec<Vec<Value>>,
}

/// What is measured of every scenario.
pub struct Measured {
    /// What is known of the columns; banded.
    pub plan: Plan,
    /// Whose groups the remedies act on.
    pub attribute: Attribute,
    /// Performance, then gaps, then the parts of the gap in decisions.
    pub metrics: Vec<&'static Metric>,
    /// Confidence of the intervals.
    pub confidence: f64,
    /// Groups of fewer rows are in no gap.
    pub min_group: u64,
}

impl Measured {
    /// The names of the numbers.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.metrics.iter().map(|metric| metric.name)
    }

    /// Numbers of some cells.
    fn values(&self, tally: &Tally) -> Vec<Value> {
        let narrow = Plan {
            attributes: vec![self.attribute.clone()],
            splits: self.plan.splits.clone(),
            ..self.plan.clone()
        };
        let tables = table::tables(tally, &narrow);
        let Ok([overall, groups]) = <[Table; 2]>::try_from(tables) else {
            return vec![Err(metrics::Undefined::NoRows); self.metrics.len()];
        };
        let groups = large(groups, self.min_group);
        let (performance, gaps) = self.metrics.split_at(PERFORMANCE.len());
        let all = Numbers::new(&overall, performance);
        let apart = Numbers::new(&groups, gaps);
        let of_all = performance.iter().map(|metric| {
            let first = all.of(metric).and_then(|values| values.first());
            first.map_or(Err(metrics::Undefined::NoRows), |value| value.value)
        });
        let of_gap = gaps.iter().map(|metric| {
            let measures = apart.measures(metric, Against::Extremes);
            let first = measures.first();
            first.map_or(Err(metrics::Undefined::OneGroup), |measure| measure.value)
        });
        of_all.chain(of_gap).collect()
    }

    /// Numbers of a scenario, and without each part of the rows.
    fn compared(&self, tally: &Tally) -> Compared {
        let part = tally.axes.len() - 1;
        let parts = tally.axes[part].values.len() as u32;
        let without = (0..parts).map(|code| self.values(&tally.without(part, Some(code))));
        Compared {
            without: without.collect(),
            values: self.values(&tally.without(part, None)),
        }
    }

    /// A number of a scenario less that of another, with its interval.
    pub fn change(
        &self,
        (from, to): (&Compared, &Compared),
        of: &dyn Fn(&[Value]) -> Value,
    ) -> Option<(f64, Option<Interval>)> {
        let less = |to: &[Value], from: &[Value]| Some(of(to).ok()? - of(from).ok()?);
        let value = less(&to.values, &from.values)?;
        let pairs = to.without.iter().zip(&from.without);
        let without: Option<Vec<f64>> = pairs.map(|(to, from)| less(to, from)).collect();
        let interval = without.and_then(|w| jackknife::interval(value, &w, self.confidence));
        Some((value, interval))
    }

    /// The interval of a number of a scenario, which lies in a range.
    pub fn own(
        &self,
        one: &Compared,
        of: &dyn Fn(&[Value]) -> Value,
        range: (f64, f64),
    ) -> Option<Interval> {
        let value = of(&one.values).ok()?;
        let without: Option<Vec<f64>> = one.without.iter().map(|values| of(values).ok()).collect();
        let interval = jackknife::interval(value, &without?, self.confidence)?;
        Some(interval.within(range))
    }
}

/// The same table without its small groups, where two large ones are left.
fn large(mut table: Table, min_group: u64) -> Table {
    let is_small = |row: &Row| row.missing || row.cell.total().rows < min_group;
    if table.rows.iter().filter(|row| !is_small(row)).count() < 2 {
        return table;
    }
    // What is compared stands first.
    table.rows.sort_by_key(is_small);
    for row in &mut table.rows {
        row.missing = is_small(row);
    }
    table
}

/// Adds the part of each row as a column, and as the last axis of the plan; rows of one value are
/// left out together. Where rows are never held out, the axis before it says so.
pub fn parted(memory: &mut Memory, plan: &Plan, seed: u64, kept: &Kept) -> Plan {
    let one = vec![0; memory.len()];
    let parts = match &kept.values {
        Some(values) => split::together(values, &one, PARTS, !seed),
        None => split::folds(&one, PARTS, !seed),
    };
    let mut plan = plan.clone();
    let rows = 0..memory.len() as u32;
    let unheld: Vec<u32> = rows
        .map(|row| u32::from(!kept.folds.is_ever_held(row)))
        .collect();
    if unheld.contains(&1) {
        let values = [Some("held out".into()), Some(UNHELD.into())];
        let held = Held::Codes(unheld, Arc::new(values.into()));
        plan.splits.push(control(memory, UNHELD, held));
    }
    let used = parts.iter().max().map_or(0, |most| usize::from(*most) + 1);
    let values = (0..used).map(|part| Some(part.to_string().into_boxed_str()));
    let keys = parts.iter().map(|&part| u32::from(part)).collect();
    let held = Held::Codes(keys, Arc::new(values.collect()));
    plan.splits.push(control(memory, "part of the rows", held));
    plan
}

/// A computed column that splits the rows.
fn control(memory: &mut Memory, name: &str, held: Held) -> Split {
    Split {
        column: memory.push(name.to_owned(), Kind::Text, held),
        name: name.to_owned(),
        role: Role::Control,
        bands: None,
    }
}

/// The tally of the rows that are held out at all.
fn held_out(memory: &Memory, plan: &Plan, tally: Tally) -> Tally {
    let is_own = |split: &Split| split.column >= memory.own() && split.name == UNHELD;
    let Some(axis) = plan.splits.iter().position(is_own) else {
        return tally;
    };
    let mut values = tally.axes[axis].values.iter();
    let code = values.position(|value| value == UNHELD);
    tally.without(axis, code.map(|code| code as u32))
}

/// What the table has itself: one scenario for each of its decisions.
pub fn as_given(memory: &Memory, plan: &Plan, measured: &Measured) -> Result<Vec<Scenario>> {
    if plan.decisions.is_empty() {
        return Ok(Vec::new());
    }
    let (tallies, _) = scan::scan(memory, plan)?;
    let scenario = |tally: Tally| Scenario {
        name: tally.scenario.clone(),
        stage: None,
        numbers: measured.compared(&tally),
        tally,
    };
    Ok(tallies
        .into_iter()
        .map(|tally| held_out(memory, plan, tally))
        .map(scenario)
        .collect())
}

/// What a remedy made, as columns of the table.
pub fn of_outcome(
    memory: &mut Memory,
    plan: &Plan,
    measured: &Measured,
    (name, stage): (&str, &'static str),
    outcome: &trial::Outcome,
) -> Result<Scenario> {
    let decisions = outcome.decisions.iter().copied();
    let decided = tallied::decided(memory, name, decisions);
    let scores = outcome.scores.iter().copied();
    let scored = tallied::scored(memory, &format!("{name} score"), scores);
    let plan = tallied::with_decisions(plan, decided, Some(scored));
    let (mut tallies, _) = scan::scan(memory, &plan)?;
    let mut tally = held_out(memory, &plan, tallies.pop().unwrap_or_default());
    name.clone_into(&mut tally.scenario);
    Ok(Scenario {
        name: name.to_owned(),
        stage: Some(stage),
        numbers: measured.compared(&tally),
        tally,
    })
}

/// Puts every group and comparison of a scenario into the report, as the audit does.
pub fn fill(
    scenario: &Scenario,
    measured: &Measured,
    computed: &Computed,
    shown: bool,
    report: &mut Report,
) -> Vec<String> {
    let part = scenario.tally.axes.len() - 1;
    let tally = scenario.tally.without(part, None);
    let tables = table::tables(&tally, &measured.plan);
    let roles = [Role::Sensitive, Role::Label, Role::Prediction, Role::Score];
    let filling = Filling {
        scenario: &scenario.name,
        axes: &tally.axes,
        metrics: &computed.metrics,
        kept: &computed.metrics,
        narrow: &[],
        roles: &roles,
        confidence: measured.confidence,
        shrinks_all: computed.shrinks_all,
        shrinks_shown: shown,
        reference: &measured.plan.reference.0,
    };
    let Filled {
        groups,
        measures,
        uncovered,
        notes,
    } = filling.fill(&tables);
    report.groups.extend(groups);
    report.measures.extend(measures);
    if report.uncovered.is_empty() {
        report.uncovered = uncovered;
        return notes;
    }
    Vec::new()
}
