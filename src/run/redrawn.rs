//! What redrawn rows say: how far all pairs that are judged stray together (`--adjust maxt`), and
//! intervals of what has no other (`--bootstrap`).
//!
//! In: the cells of a scenario and its tables. Rows of one cell, label and decision are alike to
//! every count, so to redraw rows is to redraw these. Scores are not redrawn.

use std::collections::BTreeMap;

use super::judge;
use crate::cli::Audit;
use crate::data::{Coordinate, Group, Plan, Role};
use crate::error::{Error, Result};
use crate::metrics::compare::measures;
use crate::metrics::{self, Against, Compare, Eval, Metric};
use crate::policy::{Adjust, Rule};
use crate::report::model::{MeasureReport, Report};
use crate::stats::redraw::{Draws, replicates, wide_interval};
use crate::stats::resample::{self, Leg, maxima};
use crate::stats::{Amount, ExactSum, Interval, Method};
use crate::tally::{Cell, Table, Tally, Weights, table};

/// As many of the largest strays are kept: their tails decide, and a report carries them.
const KEPT: usize = 1_999;

/// Times that rows are redrawn to adjust by, where nothing else is said.
const REPLICATES: usize = 9_999;

/// What is redrawn, how often, and what came of it.
pub struct Redrawing<'a> {
    job: &'a Audit,
    rules: &'a [Rule],
    /// The strays of each scenario so far.
    strays: Vec<Vec<f64>>,
}

impl<'a> Redrawing<'a> {
    /// As the job asks for it.
    pub fn new(job: &'a Audit, rules: &'a [Rule]) -> Self {
        Self {
            job,
            rules,
            strays: Vec::new(),
        }
    }

    fn is_adjusted(&self) -> bool {
        self.job.gate.adjust == Some(Adjust::Maxt)
    }

    fn replicates(&self) -> usize {
        self.job.statistics.bootstrap.unwrap_or(REPLICATES)
    }

    /// Redraws a scenario, and gives its comparisons that have no interval one.
    pub fn see(&mut self, tally: &Tally, tables: &[Table], plan: &Plan, report: &mut Report) {
        let how = How {
            replicates: self.replicates(),
            seed: self.job.statistics.seed,
        };
        if self.is_adjusted() {
            let is_meant = |rule: &Rule, table: &Table| {
                judge::is_meant(rule, &table.name, table.attribute.0.len(), report)
            };
            let min_group = self.job.statistics.min_group;
            let found = strays(tally, tables, self.rules, is_meant, min_group, how);
            self.strays.extend((!found.is_empty()).then_some(found));
        }
        if self.job.statistics.bootstrap.is_some() {
            let confidence = self.job.statistics.confidence;
            fill((tally, tables), plan, &mut report.measures, confidence, how);
        }
    }

    /// Puts the strays into the report.
    pub fn settle(self, report: &mut Report) {
        let replicates = self.replicates();
        let found = joined(self.strays, replicates);
        report.record.redrawn = found.map(|draws| draws.values().to_vec());
    }
}

/// Refuses to redraw fewer times than both tails of an interval need to hold one.
pub fn are_enough(job: &Audit) -> Result<()> {
    let Some(replicates) = job.statistics.bootstrap else {
        return Ok(());
    };
    let least = (2.0 / (1.0 - job.statistics.confidence)).round() as usize;
    if replicates + 1 < least {
        return Err(Error::Flag {
            flag: "--bootstrap",
            value: replicates.to_string(),
            problem: "too few for the confidence",
            remedy: format!("at least {}", least - 1),
        });
    }
    Ok(())
}

/// How often, and with which seed.
#[derive(Debug, Clone, Copy)]
struct How {
    replicates: usize,
    seed: u64,
}

/// One outcome of one cell.
struct Outcome<'t> {
    key: &'t [u32],
    label: usize,
    decision: usize,
}

/// The outcomes that occur, with what they are.
fn outcomes(tally: &Tally) -> (Vec<Outcome<'_>>, Vec<Amount>) {
    let mut found = (Vec::new(), Vec::new());
    for (key, cell) in &tally.cells {
        for label in 0..3 {
            for decision in 0..3 {
                if cell.rows[label][decision] > 0 {
                    found.0.push(Outcome {
                        key,
                        label,
                        decision,
                    });
                    found.1.push(cell.outcome(label, decision));
                }
            }
        }
    }
    found
}

/// How far the farthest of all pairs strays, in ascending order: of each rate that a rule compares,
/// in each table that `is_meant`, over the groups with enough rows.
fn strays(
    tally: &Tally,
    tables: &[Table],
    rules: &[Rule],
    is_meant: impl Fn(&Rule, &Table) -> bool,
    min_group: u64,
    how: How,
) -> Vec<f64> {
    let (outcomes, amounts) = outcomes(tally);
    let mut legs: BTreeMap<(&str, &str, Option<&Group>), Leg> = BTreeMap::new();
    let strata: Vec<&Table> = tables.iter().flat_map(|table| &table.strata).collect();
    let judged: Vec<&Table> = if strata.is_empty() {
        tables.iter().collect()
    } else {
        strata
    };
    for table in judged.iter().filter(|table| !table.attribute.0.is_empty()) {
        let meant = rules.iter().filter(|rule| is_meant(rule, table));
        for base in meant.filter(|rule| is_gap(rule)).flat_map(Rule::bases) {
            let name = (base.name, table.name.as_str(), table.stratum.as_ref());
            if let Some(leg) = leg(base, table, tally, &outcomes, min_group) {
                legs.entry(name).or_insert(leg);
            }
        }
    }
    let legs: Vec<Leg> = legs.into_values().collect();
    let found = maxima(&amounts, &legs, how.replicates, how.seed).joint;
    found.map_or_else(Vec::new, |draws| draws.values().to_vec())
}

fn is_gap(rule: &Rule) -> bool {
    matches!(rule.metric.eval, Eval::Gap(..))
}

/// A rate over the groups of a table, as lists of outcomes.
fn leg(
    base: &Metric,
    table: &Table,
    tally: &Tally,
    outcomes: &[Outcome],
    min_group: u64,
) -> Option<Leg> {
    let Eval::Rate(of, _) = base.eval else {
        return None;
    };
    // What an outcome is to the rate: (in its part, in its whole).
    let parts = |label: usize, decision: usize| {
        let mut one = Cell::default();
        one.rows[label][decision] = 1;
        let fraction = of(&one, table.favorable);
        (fraction.part.rows > 0, fraction.whole.rows > 0)
    };
    let kinds: Vec<(bool, bool)> = outcomes
        .iter()
        .map(|outcome| parts(outcome.label, outcome.decision))
        .collect();
    let rows = table.compared_rows();
    let axes: Vec<usize> = rows.first().map(|row| axes(&row.group))?;
    let codes: BTreeMap<Vec<u32>, usize> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| of(&row.cell, table.favorable).whole.rows >= min_group)
        .map(|(at, row)| (codes(&row.group, &axes, tally), at))
        .collect();
    let mut groups = vec![resample::Group::default(); rows.len()];
    for (at, (outcome, (in_part, in_whole))) in outcomes.iter().zip(kinds).enumerate() {
        let key: Vec<u32> = axes.iter().map(|&axis| outcome.key[axis]).collect();
        if let (true, Some(&group)) = (in_whole, codes.get(&key)) {
            groups[group].whole.push(at);
            if in_part {
                groups[group].part.push(at);
            }
        }
    }
    Some(Leg { groups })
}

/// The axes that matter to a group.
fn axes(group: &Group) -> Vec<usize> {
    let matters = |axis: &usize| group.0[*axis] != Coordinate::Any;
    (0..group.0.len()).filter(matters).collect()
}

fn codes(group: &Group, axes: &[usize], tally: &Tally) -> Vec<u32> {
    let code = |&axis: &usize| {
        let values = &tally.axes[axis].values;
        let at = match &group.0[axis] {
            Coordinate::Is(value) => values.iter().position(|known| known == value),
            _ => None,
        };
        at.unwrap_or(values.len()) as u32
    };
    axes.iter().map(code).collect()
}

/// The strays of all scenarios as those of one: as many are beyond any value as there are in all of
/// them together, so that the error is shared by Bonferroni.
fn joined(scenarios: Vec<Vec<f64>>, replicates: usize) -> Option<Draws> {
    let mut all: Vec<f64> = scenarios.into_iter().flatten().collect();
    if all.len() < replicates || all.is_empty() {
        return None;
    }
    all.sort_unstable_by(|a, b| b.total_cmp(a));
    all.truncate(replicates);
    all.reverse();
    // Of many, those at equal ranks say the same within what their number can tell.
    let kept = if all.len() <= KEPT {
        all
    } else {
        let ranks = 1..=KEPT;
        let at = |rank: usize| all[(rank * (all.len() + 1)).div_ceil(KEPT + 1) - 1];
        ranks.map(at).collect()
    };
    Some(Draws::new(kept))
}

/// Gives comparisons over extremes that have no interval the bootstrap's, where they are of counts
/// alone.
fn fill(
    (tally, tables): (&Tally, &[Table]),
    plan: &Plan,
    found: &mut [MeasureReport],
    confidence: f64,
    how: How,
) {
    let is_open = |measure: &&mut MeasureReport| {
        measure.scenario == tally.scenario
            && measure.against == Against::Extremes
            && measure.interval.is_none()
            && measure.value.is_some()
            && measure.stratum.is_none()
            && metrics::find(&measure.metric).is_some_and(is_of_counts)
    };
    let mut open: Vec<&mut MeasureReport> = found.iter_mut().filter(is_open).collect();
    if open.is_empty() {
        return;
    }
    let wanted: Vec<(String, &'static Metric)> = open
        .iter()
        .filter_map(|measure| Some((measure.attribute.clone(), metrics::find(&measure.metric)?)))
        .collect();
    let (outcomes, amounts) = outcomes(tally);
    let is_weighted = plan.weight.is_some();
    let sizes: BTreeMap<String, usize> = tables
        .iter()
        .map(|table| (table.name.clone(), table.compared_rows().len()))
        .collect();
    let drawn = replicates(&amounts, how.replicates, how.seed, |amounts| {
        let redrawn = retallied(tally, &outcomes, amounts, is_weighted);
        let tables = table::tables(&redrawn, plan);
        let value = |(attribute, metric): &(String, &'static Metric)| {
            let table = tables.iter().find(|table| table.name == *attribute)?;
            measures(metric, table, Against::Extremes)
                .first()?
                .value
                .ok()
        };
        wanted
            .iter()
            .map(|one| value(one).unwrap_or(f64::NAN))
            .collect::<Vec<f64>>()
    });
    for (at, (measure, (_, metric))) in open.iter_mut().zip(&wanted).enumerate() {
        let mut values: Vec<f64> = drawn.iter().map(|values| values[at]).collect();
        let Some(value) = measure.value else { continue };
        let range = range_of(metric, sizes.get(&measure.attribute).copied());
        let limits = wide_interval(value, &mut values, confidence, range)
            // What never varies is not known to be so.
            .filter(|(low, high)| low < high);
        measure.interval = limits.map(|(low, high)| {
            Interval {
                low,
                high,
                confidence,
                method: Method::Bootstrap,
            }
            .around(value)
        });
    }
}

/// What a number over the extremes of so many groups can be.
fn range_of(metric: &Metric, groups: Option<usize>) -> (f64, f64) {
    let (low, high) = metric.range;
    let groups = groups.unwrap_or(usize::MAX) as f64;
    match (metric.eval, metric.name) {
        (Eval::Gap(Compare::Difference, ..), _) => (0.0, high),
        (Eval::Gap(Compare::Ratio, ..), _) => (0.0, 1.0),
        (_, "group_entropy" | "group_divergence_from_uniform") => (low, groups.ln()),
        (_, "gini_simpson_index") => (low, 1.0 - 1.0 / groups),
        _ => (low, high),
    }
}

/// Whether redrawn counts are all that it asks for.
fn is_of_counts(metric: &'static Metric) -> bool {
    !metric.needs(Role::Score)
}

/// The tally of redrawn outcomes.
fn retallied(tally: &Tally, outcomes: &[Outcome], amounts: &[Amount], is_weighted: bool) -> Tally {
    let mut redrawn = Tally {
        scenario: tally.scenario.clone(),
        axes: tally.axes.clone(),
        ..Tally::default()
    };
    // Of strata nothing is asked, and to make their tables again and again takes long.
    for axis in &mut redrawn.axes {
        axis.role = Role::Sensitive;
    }
    for (outcome, amount) in outcomes.iter().zip(amounts) {
        if amount.rows == 0 {
            continue;
        }
        let cell: &mut Cell = redrawn.cells.entry(outcome.key.into()).or_default();
        cell.rows[outcome.label][outcome.decision] = amount.rows;
        if is_weighted {
            let sum = |value: f64| {
                let mut sum = ExactSum::default();
                sum.add(value);
                sum
            };
            let weights = cell.weights.get_or_insert_default();
            weights[outcome.label][outcome.decision] = Weights {
                sum: sum(amount.weight),
                squares: sum(amount.weight_sq),
            };
        }
    }
    redrawn
}
