//! Two saved reports, two tables, or two decisions of one table: what got worse.
//!
//! Each side becomes a report; then the later one is judged against the earlier one, and only what
//! got worse fails. Two decisions of the same rows are paired: one more reading counts the rows by
//! both of them.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::past::Past;
use super::{audit, config, judge, pass, saved, style, suppress, threads};
use crate::cli::Audit;
use crate::data::group::Values;
use crate::data::{Decision, Group, Plan, Role, Split};
use crate::error::{Error, Result};
use crate::policy::{Meaning, Pairing};
use crate::report::model::Report;
use crate::report::output::Outputs;
use crate::tally::cell::{MISSING, NEGATIVE, POSITIVE};
use crate::tally::{Seen, Tally};

/// Compares; the exit status.
pub fn compare(mut job: Audit) -> Result<u8> {
    let loaded = config::audit(&mut job)?;
    let outputs = Outputs::new(&job.output.formats, job.output.path.as_deref())?;
    let mut read: Vec<PathBuf> = job.table.inputs.iter().map(PathBuf::from).collect();
    read.extend(loaded.paths.iter().cloned());
    outputs.check(&read)?;
    let sides = threads::with(job.table.threads, || sides(&mut job, &outputs));
    let (past, mut report) = sides.map_err(|error| loaded.place(error))?;
    let setting = |name: &str| report.record.settings.get(name)?.value.parse::<f64>().ok();
    let confidence = setting("confidence").unwrap_or(0.95);
    let mut rules = judge::rules_for(&job.gate, &report)?;
    rules.past = Some(past);
    judge::has_redrawn(&job.gate, &rules, &report)?;
    let decide = judge::decide(&job.gate, job.statistics.min_group, confidence, &report);
    judge::settle(&mut report, &rules, &decide, &job.gate)?;
    report.record.command.clone_from(&job.command);
    audit::warn(job.output.quiet || outputs.is_read(), &report.notes);
    outputs.write(&report, &style::style(&job.output))?;
    Ok(report.verdict.exit_code)
}

/// The earlier report, and the later one.
fn sides(job: &mut Audit, outputs: &Outputs) -> Result<(Past, Report)> {
    let past = |report, name: String, later: String, pairing, job: &Audit| Past {
        report,
        name,
        later: Some(later),
        tolerance: job.gate.tolerance,
        pairing,
        meaning: Meaning::Comparison,
    };
    let inputs = job.table.inputs.clone();
    if let [a, b] = inputs.as_slice() {
        let earlier = side(job, a, outputs)?;
        let later = side(job, b, outputs)?;
        let text = |word: &OsString| word.to_string_lossy().into_owned();
        return Ok((past(earlier, text(a), text(b), None, job), later));
    }
    let (whole, [a, b], pairing) = both(job, outputs)?;
    let (earlier, later) = (only(&whole, &a), only(&whole, &b));
    Ok((past(earlier, a, b, Some(pairing), job), later))
}

/// A saved report, or the audit of a table.
fn side(job: &mut Audit, input: &OsStr, outputs: &Outputs) -> Result<Report> {
    if is_report(Path::new(input)) {
        let report = saved::load(Path::new(input))?;
        suppress::saved(&report, &input.to_string_lossy(), job.statistics.suppress)?;
        return Ok(report);
    }
    job.table.inputs = vec![input.to_owned()];
    job.table.asked.inputs = vec![input.to_string_lossy().into_owned()];
    audit::make(job, outputs)
}

/// Whether a file begins as a saved report of any version does.
fn is_report(path: &Path) -> bool {
    let mut start = Vec::new();
    let is_file = path.metadata().is_ok_and(|data| data.is_file());
    let read = is_file.then(|| File::open(path).and_then(|f| f.take(256).read_to_end(&mut start)));
    let text = String::from_utf8_lossy(&start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    read.is_some_and(|read| read.is_ok()) && text.starts_with('{') && text.contains("\"fair-audit/")
}

/// The audit of two decisions of one table, their names, and the rows by both.
fn both(job: &Audit, outputs: &Outputs) -> Result<(Report, [String; 2], Pairing)> {
    let nothing = || Error::Flag {
        flag: "compare",
        value: job.table.asked.inputs.join(" "),
        problem: "there is nothing to compare it with",
        remedy: "name two reports, two tables, or two decisions of one: `-p A -p B`".to_owned(),
    };
    let mut inputs = job.table.inputs.iter();
    if inputs.any(|input| is_report(Path::new(input))) {
        return Err(nothing());
    }
    let whole = audit::make(job, outputs)?;
    let (plan, tallies, seen) = pass::tallied(job, |plan| {
        if let [_, Decision::Column(second)] = plan.decisions.as_slice() {
            plan.splits.push(Split {
                column: second.column,
                name: second.name.clone(),
                role: Role::Control,
                bands: None,
            });
        }
    })?;
    let (Some(tally), [Decision::Column(a), Decision::Column(b)]) =
        (tallies.first(), plan.decisions.as_slice())
    else {
        return Err(nothing());
    };
    let names = [a.name.clone(), b.name.clone()];
    Ok((whole, names, pairing(tally, &plan, &seen, &b.name)))
}

/// Every group's rows by label and both decisions: the second one is the last axis of the tally.
fn pairing(tally: &Tally, plan: &Plan, seen: &Seen, second: &str) -> Pairing {
    let spelled = seen.spellings.iter().find(|(name, ..)| name == second);
    let class = |code: usize| {
        let value = tally.axes.last().and_then(|axis| axis.values.get(code));
        match (value, spelled) {
            (Some(value), Some((_, negative, positive))) => {
                if positive.contains(value) {
                    POSITIVE
                } else if negative.contains(value) {
                    NEGATIVE
                } else {
                    MISSING
                }
            }
            _ => MISSING,
        }
    };
    let last = tally.axes.len() - 1;
    let controls: Vec<usize> = tally
        .controls()
        .into_iter()
        .filter(|&axis| axis < last)
        .collect();
    let mut pairing = Pairing::new(plan.favorable);
    for (key, cell) in &tally.cells {
        let second = class(key[last] as usize);
        let values = |axes: &[usize]| named(tally, axes, key);
        let mut strata = vec![None];
        strata.extend((!controls.is_empty()).then(|| Some(values(&controls))));
        for attribute in &plan.attributes {
            let group = values(&attribute.0);
            for stratum in &strata {
                let joint = pairing.group(stratum.clone(), group.clone());
                for label in [NEGATIVE, POSITIVE, MISSING] {
                    for first in [NEGATIVE, POSITIVE, MISSING] {
                        joint.add(label, [first, second], &cell.outcome(label, first));
                    }
                }
            }
        }
    }
    pairing
}

/// The values of some axes, as a report names them.
fn named(tally: &Tally, axes: &[usize], key: &[u32]) -> Values {
    let codes: Vec<u32> = axes.iter().map(|&axis| key[axis]).collect();
    let Group(coordinates) = tally.group(axes, &codes);
    let value = |&axis: &usize| {
        let value = match &coordinates[axis] {
            crate::data::Coordinate::Is(value) => Some(value.clone()),
            _ => None,
        };
        (tally.axes[axis].name.clone(), value)
    };
    axes.iter().map(value).collect()
}

/// The report of one scenario alone.
fn only(whole: &Report, scenario: &str) -> Report {
    let mut report = whole.clone();
    report.groups.retain(|group| group.scenario == scenario);
    for gaps in [&mut report.pooled, &mut report.controls] {
        gaps.retain(|gap| gap.scenario == scenario);
    }
    report
        .measures
        .retain(|measure| measure.scenario == scenario);
    report
}
