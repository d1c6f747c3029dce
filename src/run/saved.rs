//! Saved reports: judged again, or rendered in another format. No data is needed.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{audit, config, judge, profile, style, suppress};
use crate::cli::{Check, Gate, Saved};
use crate::data::limits;
use crate::error::{Error, Result};
use crate::policy::{Adjust, How, Named, Undecided};
use crate::profile::earlier::Before;
use crate::report::model::{Report, SCHEMA};
use crate::report::output::Outputs;
use crate::report::profile::is_one as is_profile;

/// Judges a saved report; the exit status.
pub fn check(mut job: Check) -> Result<u8> {
    let loaded = config::check(&mut job)?;
    let outputs = outputs(&job.saved)?;
    let mut report = load(Path::new(&job.saved.path))?;
    outputs.check(&loaded.paths)?;
    outputs.check(job.gate.against.as_slice())?;
    let name = job.saved.path.to_string_lossy();
    suppress::saved(&report, &name, job.suppress)?;
    if report.record.sequential.is_some() {
        return Err(Error::Flag {
            flag: "check",
            value: job.saved.path.to_string_lossy().into_owned(),
            problem: "its findings are of several nights, its numbers of the last one alone",
            remedy: "audit the new rows with `--sequential`, which judges all nights".to_owned(),
        });
    }
    if as_audited(&mut job.gate, &report) {
        let note = "the audit was judged by a policy file: name it by `-c` to judge by its rules \
                    and exceptions again";
        report.notes.push(note.to_owned());
    }
    let rules = judge::rules_for(&job.gate, &report)?;
    let setting = |name: &str| report.record.settings.get(name)?.value.parse::<f64>().ok();
    let saved_group = setting("min_group").map(|rows| rows as u64);
    let min_group = job.min_group.or(saved_group).unwrap_or(limits::MIN_GROUP);
    let confidence = setting("confidence").filter(|c| *c > 0.0 && *c < 1.0);
    judge::has_redrawn(&job.gate, &rules, &report)?;
    let decide = judge::decide(&job.gate, min_group, confidence.unwrap_or(0.95), &report);
    if let Some(setting) = report.record.settings.get_mut("adjust") {
        decide.adjust.name().clone_into(&mut setting.value);
    }
    judge::settle(&mut report, &rules, &decide, &job.gate)?;
    let style = style::style(&job.saved.output);
    let is_quiet = job.saved.output.quiet || outputs.is_read();
    audit::warn(is_quiet, &style, &report.notes);
    outputs.write(&report, &style)?;
    Ok(report.verdict.exit_code)
}

/// Takes what the audit was judged by, where nothing else is said now; whether that was a file whose
/// rules are not at hand.
fn as_audited(gate: &mut Gate, report: &Report) -> bool {
    let setting = |name: &str| {
        let setting = report.record.settings.get(name);
        setting.map(|setting| setting.value.as_str())
    };
    gate.adjust = gate
        .adjust
        .or_else(|| setting("adjust").and_then(Adjust::find));
    let is_said = gate.sources.contains_key("policy") || !gate.rules.is_empty();
    if is_said || !gate.require.is_empty() {
        return false;
    }
    if let Some(named) = setting("policy").and_then(Named::find) {
        gate.named = named;
        named.name().clone_into(&mut gate.policy);
    }
    let require = setting("require").into_iter();
    gate.require = require
        .flat_map(|rules| rules.split("; "))
        .map(str::to_owned)
        .collect();
    gate.decide = gate.decide.or(setting("decide").and_then(How::find));
    let undecided = setting("undecided").and_then(Undecided::find);
    gate.undecided = gate.undecided.or(undecided);
    setting("rule").is_some() || setting("accept").is_some()
}

/// Renders a saved report; the exit status is 0 whatever was found then.
pub fn render(job: &Saved) -> Result<u8> {
    let outputs = outputs(job)?;
    let report = any(Path::new(&job.path))?;
    if is_profile(&report) {
        profile::fits(&outputs)?;
    }
    outputs.write(&report, &style::style(&job.output))?;
    Ok(0)
}

fn outputs(job: &Saved) -> Result<Outputs> {
    let outputs = Outputs::new(&job.output.formats, job.output.path.as_deref())?;
    outputs.check(&[PathBuf::from(&job.path)])?;
    Ok(outputs)
}

/// Reads the report of an audit that `-f json` wrote.
pub fn load(path: &Path) -> Result<Report> {
    let report = any(path)?;
    if is_profile(&report) {
        return Err(Error::NoReport {
            path: path.display().to_string(),
            problem: "it is a profile of the data, in which nothing was audited".to_owned(),
        });
    }
    Ok(report)
}

/// Reads the profile that `profile -f json` wrote.
pub fn earlier(path: &Path) -> Result<Before> {
    let report = any(path)?;
    if !is_profile(&report) {
        return Err(Error::NoReport {
            path: path.display().to_string(),
            problem: "it is no profile (`fair-audit profile DATASET -f json=FILE`)".to_owned(),
        });
    }
    let setting = |name: &str| report.record.settings.get(name);
    if ["suppress", "dp"]
        .iter()
        .any(|name| setting(name).is_some())
    {
        return Err(Error::Flag {
            flag: "--against",
            value: path.display().to_string(),
            problem: "it says less than was counted (`--suppress` or `--dp`)",
            remedy: "save one without, for your own use".to_owned(),
        });
    }
    let label = setting("label").map(|label| label.value.clone());
    let is_weighted = report.record.settings.contains_key("weight");
    let mut before = Before::new(report.profile, is_weighted);
    before.label = label;
    Ok(before)
}

/// Refuses an earlier profile of which another label is the positive one.
pub fn same_label(path: &Path, before: &Before, now: &Report) -> Result<()> {
    let now = now.record.settings.get("label").map(|label| &label.value);
    match (&before.label, now) {
        (Some(then), Some(now)) if then != now => Err(Error::Flag {
            flag: "--against",
            value: path.display().to_string(),
            problem: "another label is the positive one in it",
            remedy: format!("profile both alike: `-y {then}` there, `-y {now}` here"),
        }),
        _ => Ok(()),
    }
}

/// Reads whatever `-f json` wrote.
fn any(path: &Path) -> Result<Report> {
    let cannot = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let name = || path.display().to_string();
    let wrong = |problem: String| Error::NoReport {
        path: name(),
        problem,
    };
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(cannot)?
    } else {
        if !fs::metadata(path).map_err(cannot)?.is_file() {
            return Err(wrong("it is no regular file".to_owned()));
        }
        fs::read(path).map_err(cannot)?
    };
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    // The schema first: a report of another version is not a broken one.
    let schema: Schema = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
    if schema.schema != SCHEMA {
        return Err(Error::OtherSchema {
            path: name(),
            schema: schema.schema,
            known: SCHEMA,
        });
    }
    serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))
}

#[derive(serde::Deserialize)]
struct Schema {
    schema: String,
}
