//! Two saved reports, two tables, or two decisions of one table: what got worse.
//!
//! Each side becomes a report; then the later one is judged against the earlier one, and only what
//! got worse fails. Two decisions of the same rows are paired: see [`paired`].

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::past::Past;
use super::recording::Recording;
use super::{audit, config, judge, paired, saved, style, suppress, threads};
use crate::cli::Audit;
use crate::data::Decision;
use crate::error::{Error, Result, few};
use crate::policy::{Changed, Meaning, Pairing};
use crate::read;
use crate::report::model::Report;
use crate::report::output::Outputs;

/// Compares; the exit status.
pub fn compare(mut job: Audit) -> Result<u8> {
    let loaded = config::audit(&mut job)?;
    let outputs = Outputs::new(&job.output.formats, job.output.path.as_deref())?
        .recorded(job.output.record.as_deref())?;
    let mut read: Vec<PathBuf> = job.table.inputs.iter().map(PathBuf::from).collect();
    read.extend(loaded.paths.iter().cloned());
    outputs.check(&read)?;
    let recording = Recording::compared(&job, &loaded)?;
    let sides = threads::with(job.table.threads, || sides(&mut job, &outputs));
    let (past, mut report) = sides.map_err(|error| loaded.place(error))?;
    let setting = |name: &str| report.record.settings.get(name)?.value.parse::<f64>().ok();
    let confidence = setting("confidence").unwrap_or(0.95);
    let mut rules = judge::rules_for(&job.gate, &report)?;
    rules.past = Some(past);
    judge::has_redrawn(&job.gate, &rules, &report)?;
    let decide = judge::decide(&job.gate, job.statistics.min_group, confidence, &report);
    judge::settle(&mut report, &rules, &decide, &job.gate)?;
    has_common(&report)?;
    report.record.command.clone_from(&job.command);
    let style = style::style(&job.output);
    audit::warn(job.output.quiet || outputs.is_read(), &style, &report.notes);
    let record = recording.map(|r| r.text(&report, None)).transpose()?;
    outputs.write_with(&report, &style, record.as_deref())?;
    Ok(report.verdict.exit_code)
}

/// Refuses to compare what has no check in common.
fn has_common(report: &Report) -> Result<()> {
    let Some(comparison) = &report.comparison else {
        return Ok(());
    };
    let findings = report.findings.iter();
    let changes = findings.filter_map(|finding| Some((finding, finding.change.as_ref()?.status)));
    let (new, known): (Vec<_>, Vec<_>) = changes.partition(|(_, status)| *status == Changed::New);
    if !known.is_empty() || new.is_empty() && comparison.vanished.is_empty() {
        return Ok(());
    }
    let judges = |name: &str, ids: Vec<&str>| {
        let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
        let what = if ids.is_empty() {
            "nothing by these rules".to_owned()
        } else {
            few(&ids)
        };
        format!("{name} judges {what}")
    };
    let earlier = comparison.vanished.iter().map(String::as_str).collect();
    let later = new.iter().map(|(finding, _)| finding.id.as_str()).collect();
    let to = comparison.to.as_deref().unwrap_or_default();
    Err(Error::Flag {
        flag: "compare",
        value: format!("{} {to}", comparison.from),
        problem: "they have no check in common",
        remedy: format!(
            "{}; {}: audit both by the same sensitive columns and rules",
            judges(&comparison.from, earlier),
            judges(to, later)
        ),
    })
}

/// The earlier report, and the later one.
fn sides(job: &mut Audit, outputs: &Outputs) -> Result<(Past, Report)> {
    let inputs = job.table.inputs.clone();
    if let [a, b] = inputs.as_slice() {
        return two(job, [a, b], outputs);
    }
    let (whole, [a, b], pairing) = both(job, outputs)?;
    let (earlier, later) = (only(&whole, &a), only(&whole, &b));
    Ok((past(job, earlier, [a, b], Some(pairing)), later))
}

/// Two reports or tables; tables of the same rows are paired.
fn two(job: &mut Audit, [a, b]: [&OsStr; 2], outputs: &Outputs) -> Result<(Past, Report)> {
    let are_tables = ![a, b].into_iter().any(|side| is_report(Path::new(side)));
    let rows = are_tables.then(|| paired::rows(job, [a, b])).transpose()?;
    let earlier = side(job, a, outputs)?;
    let mut pairing = None;
    let later = match rows {
        None => side(job, b, outputs)?,
        Some(rows) => {
            pairing = rows.pairing;
            let mut later = match rows.beside {
                None => side(job, b, outputs)?,
                Some(asked) => {
                    // The second table's decisions are of the first one's rows.
                    job.table.reading.predictions = Some(b.to_string_lossy().into_owned());
                    job.table.asked = asked;
                    side(job, a, outputs)?
                }
            };
            later.notes.push(rows.note);
            later
        }
    };
    let names = [a, b].map(|side| side.to_string_lossy().into_owned());
    Ok((past(job, earlier, names, pairing), later))
}

fn past(job: &Audit, report: Report, [name, later]: [String; 2], pairing: Option<Pairing>) -> Past {
    Past {
        report,
        name,
        later: Some(later),
        tolerance: job.gate.tolerance,
        pairing,
        meaning: Meaning::Comparison,
    }
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
pub(super) fn is_report(path: &Path) -> bool {
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
    let source = read::open(&job.table.inputs, &job.table.reading)?;
    let understood = audit::understand(job, source.as_ref())?;
    let [Decision::Column(a), Decision::Column(b)] = understood.plan.decisions.as_slice() else {
        return Err(nothing());
    };
    let (names, second) = ([a.name.clone(), b.name.clone()], b.clone());
    let pairing = paired::by_both(source.as_ref(), understood, second)?;
    Ok((whole, names, pairing))
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
