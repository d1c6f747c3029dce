//! Answers for rows as they are and changed, as further decisions of the table: each a scenario that
//! is tallied and measured as the audit's own, and written out by row.
//!
//! In: scores and decisions by row of the table. Out: groups and comparisons in the report, a table of
//! how far groups lie apart in each scenario, and the lines of `--rows-out`.

use std::path::{Path, PathBuf};

use super::loaded::Read;
use super::mitigate;
use super::tallied::{self, Measuring};
use super::written::{self, Complete, Named};
use crate::cli::Audit;
use crate::data::{Plan, Role};
use crate::error::{Error, Result};
use crate::justice::changed::Answer;
use crate::justice::flip::{Answered, Flipped, said};
use crate::metrics::Against;
use crate::profile::section::{Kind, Line, Table};
use crate::report::model::{MeasureReport, Report};
use crate::report::output::Outputs;

/// The gaps that are shown of each scenario; JSON has every metric.
const GAPS: [(&str, &str); 5] = [
    ("selection_rate_difference", "selected"),
    ("true_positive_rate_difference", "TPR"),
    ("false_positive_rate_difference", "FPR"),
    ("just_loss_difference", "just loss"),
    ("fair_loss_difference", "fair loss"),
];

/// Decisions on every row, and what they are called.
pub(super) struct Scenario {
    pub name: String,
    pub scores: Vec<f64>,
    pub decisions: Vec<Option<bool>>,
}

impl Scenario {
    /// Of answers by row.
    pub fn of(name: &str, answers: &[Answer]) -> Self {
        Self {
            name: name.to_owned(),
            scores: answers.iter().map(|(score, _)| *score).collect(),
            decisions: answers.iter().map(|(_, decision)| *decision).collect(),
        }
    }

    fn has_scores(&self) -> bool {
        self.scores.iter().any(|score| score.is_finite())
    }

    fn of_rows(&self) -> written::Answers<'_> {
        (&self.scores, &self.decisions)
    }
}

/// Rows as they are, then everyone as if of each group: those of the group itself as they are.
pub(super) fn of_flips(flipped: &Flipped, read: &Read) -> Vec<Scenario> {
    let before = &flipped.as_is;
    let mut all = vec![Scenario {
        name: "as_is".to_owned(),
        scores: before.scores.clone(),
        decisions: before.decisions.clone(),
    }];
    let everyone = |how: &str, to: u32, after: &Answered| {
        let own = |row: usize| {
            if read.rows.groups[row] == to {
                before
            } else {
                after
            }
        };
        let rows = 0..before.scores.len();
        Scenario {
            name: format!("{how}={}", said(&read.rows.names[to as usize])),
            scores: rows.clone().map(|row| own(row).scores[row]).collect(),
            decisions: rows.map(|row| own(row).decisions[row]).collect(),
        }
    };
    let plain = flipped.to.iter();
    all.extend(plain.map(|(to, after)| everyone("as_if", *to, after)));
    let moved = flipped.moved.iter();
    all.extend(moved.map(|(to, after)| everyone("moved", *to, after)));
    all
}

/// Tallies every scenario, and puts its groups and comparisons into the report; `section` gets a table
/// of how far groups of the attribute lie apart.
pub(super) fn fill(
    (audit, outputs): (&Audit, &Outputs),
    scenarios: &[Scenario],
    (read, plan): (&mut Read, &Plan),
    section: &str,
    report: &mut Report,
) -> Result<()> {
    let every = outputs.list().iter().any(|output| output.format.every);
    let computed = mitigate::computed(None, every, report);
    for scenario in scenarios {
        let decisions = scenario.decisions.iter().copied();
        let decided = tallied::decided(&mut read.memory, &scenario.name, decisions);
        let score = scenario.has_scores().then(|| {
            let name = format!("{} score", scenario.name);
            tallied::scored(&mut read.memory, &name, scenario.scores.iter().copied())
        });
        let is_there = |role: &Role| match role {
            Role::Label => plan.label.is_some(),
            Role::Score => score.is_some(),
            _ => true,
        };
        let metrics = computed.metrics.iter().copied();
        let metrics: Vec<_> = metrics
            .filter(|metric| metric.needs.iter().all(is_there))
            .collect();
        let own = Plan {
            ranks: computed.ranks(&plan.reference.0),
            ..tallied::with_decisions(plan, decided, score.clone())
        };
        let measuring = Measuring {
            scenario: &scenario.name,
            metrics: &metrics,
            confidence: audit.statistics.confidence,
            shrinks: (computed.shrinks_all, false),
        };
        let filled = measuring.fill(&read.memory, &own)?;
        report.groups.extend(filled.groups);
        report.measures.extend(filled.measures);
    }
    let gaps = gaps(report, scenarios, &read.name);
    let own = report.justice.iter_mut().find(|own| own.name == section);
    if let (Some(own), false) = (own, gaps.rows.is_empty()) {
        own.tables.push(gaps);
    }
    Ok(())
}

/// How far the groups lie apart in each scenario.
fn gaps(report: &Report, scenarios: &[Scenario], attribute: &str) -> Table {
    let title = "how far the groups lie apart, as they are and where everyone is changed";
    let mut table = Table::new("gaps", title).column("scenario", "scenario", Kind::Text, 0);
    for (at, (name, called)) in GAPS.iter().enumerate() {
        let rank = at as u8 / 2;
        table = table.column(name, called, Kind::Number, rank).column(
            &format!("{name}_interval"),
            "interval",
            Kind::NumberInterval,
            3 + rank,
        );
    }
    for scenario in scenarios {
        let mut line = Line::new().text("scenario", &scenario.name);
        let mut is_told = false;
        for (name, _) in GAPS {
            let is_own = |own: &&MeasureReport| {
                own.scenario == scenario.name
                    && own.attribute == attribute
                    && own.metric == name
                    && own.against == Against::Extremes
                    && own.stratum.is_none()
            };
            let found = report.measures.iter().find(is_own);
            let Some(value) = found.and_then(|own| own.value) else {
                continue;
            };
            is_told = true;
            let interval = found.and_then(|own| own.interval);
            line = line.number(name, Ok(value)).interval(
                &format!("{name}_interval"),
                interval,
                "no_interval",
            );
        }
        if is_told {
            table.push(line);
        }
    }
    table
}

/// Where `--rows-out` goes, checked before anything is read.
pub(super) fn place<P: AsRef<Path>>(
    path: Option<&Path>,
    outputs: &Outputs,
    inputs: &[P],
) -> Result<Option<PathBuf>> {
    let flag = "--rows-out";
    match path {
        None => Ok(None),
        Some(path) if path == Path::new("-") => Err(Error::Flag {
            flag,
            value: "-".to_owned(),
            problem: "standard output is the report's",
            remedy: "name a file".to_owned(),
        }),
        Some(path) => outputs.place(flag, path, inputs).map(Some),
    }
}

/// The lines of every row and change, beside their place.
pub(super) fn written(
    path: Option<&Path>,
    scenarios: &[Scenario],
    read: &Read,
) -> Result<Vec<Complete>> {
    let (Some(path), Some((before, after))) = (path, scenarios.split_first()) else {
        return Ok(Vec::new());
    };
    let id = read
        .id
        .as_ref()
        .map(|(column, name)| (*column, name.as_str()));
    let named = Named::new(&read.memory, id);
    let lines = after.iter().map(|own| (own.name.as_str(), own.of_rows()));
    let lines: Vec<_> = lines.collect();
    written::answers(path, &named, before.of_rows(), &lines).map(|file| vec![file])
}
