//! Probing: templates to prompts, or the answers to them to a report.
//!
//! Nothing is judged, and no model is asked: the exit status is 0 whatever the answers say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{bare, profile, style};
use crate::cli::Probing;
use crate::data::{Setting, SettingSource};
use crate::error::{Error, Result};
use crate::justice::probe::{Prompt, Templates};
use crate::justice::probed;
use crate::profile::section::{Fact, Found, Section};
use crate::read::answers;
use crate::report::model::{InputReport, Report};
use crate::report::output::{self, Outputs};

/// The section's name.
const NAME: &str = "probe";
/// What stands behind paired prompts.
const SOURCE: &str = "McNemar 1947, doi:10.1007/BF02295996; pairs of names: Bertrand and Mullainathan \
                      2004, doi:10.1257/0002828042002561";

/// Writes prompts, or audits answers; the exit status.
pub fn probe(job: &Probing) -> Result<u8> {
    let name = job.templates.display().to_string();
    let text = String::from_utf8_lossy(&read(&job.templates)?).into_owned();
    let templates = Templates::parse(&name, &text)?;
    let prompts = templates.prompts();
    match &job.answers {
        Some(path) => audited(job, &templates, &prompts, path),
        None => written(job, &prompts),
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

/// The prompts as JSON lines.
fn written(job: &Probing, prompts: &[Prompt]) -> Result<u8> {
    if let Some(format) = job.output.formats.first() {
        return Err(Error::Flag {
            flag: "--format",
            value: format.clone(),
            problem: "prompts are JSON lines, not a report",
            remedy: "leave it out, or read answers back: `--answers FILE`".to_owned(),
        });
    }
    let mut text = String::new();
    for prompt in prompts {
        text.push_str(
            &serde_json::to_string(prompt).map_err(|error| Error::Write {
                path: PathBuf::from("<stdout>"),
                source: error.into(),
            })?,
        );
        text.push('\n');
    }
    match &job.output.path {
        None => output::print(&text)?,
        Some(path) => output::save(path, &text)?,
    }
    Ok(0)
}

fn audited(job: &Probing, templates: &Templates, prompts: &[Prompt], path: &Path) -> Result<u8> {
    let outputs = Outputs::new(&job.output.formats, job.output.path.as_deref())?;
    profile::fits(&outputs)?;
    outputs.check(&[&job.templates, &path.to_owned()])?;
    let name = path.display().to_string();
    let bytes = read(path)?;
    let records = answers::records(&name, &bytes)?;
    let answers = probed::matched(&name, prompts, &records)?;
    let (measures, notes) = probed::measures(&name, templates, &answers)?;
    let found = probed::found(templates, prompts, &measures, job.confidence);
    let format = if bytes.trim_ascii_start().starts_with(b"{") {
        "jsonl"
    } else {
        "csv"
    };
    let input = InputReport {
        path: name,
        format: format.to_owned(),
        bytes: Some(bytes.len() as u64),
        rows: Some(records.len() as u64),
        sha256: None,
    };
    let mut report = bare::bare(&job.command, 0, settings(job, templates), vec![input]);
    report.record.rows.read = Some(records.len() as u64);
    report.record.rows.used = Some(records.len() as u64);
    let columns: BTreeSet<&String> = records.iter().flat_map(|own| own.values.keys()).collect();
    report.record.rows.columns = columns.len() as u64;
    put(&mut report, found, notes);
    let style = style::style(&job.output);
    outputs.write(&report, &style)?;
    Ok(0)
}

fn put(report: &mut Report, found: Found, notes: Vec<String>) {
    let mut all = notes;
    all.extend(found.notes);
    all.push(format!("source: {SOURCE}"));
    report.justice.push(Section {
        name: NAME.to_owned(),
        title: "what a language model answers where the group alone differs".to_owned(),
        tables: found.tables,
        notes: all,
    });
    let fact = |(weight, message)| Fact {
        section: NAME.to_owned(),
        message,
        weight,
    };
    report.profile.facts = Some(found.facts.into_iter().map(fact).collect());
}

fn settings(job: &Probing, templates: &Templates) -> BTreeMap<String, Setting> {
    let list = [
        ("templates", job.templates.display().to_string(), true),
        ("reference", templates.reference().to_owned(), false),
        (
            "confidence",
            job.confidence.to_string(),
            job.confidence != 0.95,
        ),
    ];
    let setting = |(name, value, is_typed): (&str, String, bool)| {
        let source = if is_typed {
            SettingSource::Flag
        } else {
            SettingSource::Default
        };
        let setting = Setting {
            value,
            source,
            why: None,
        };
        (name.to_owned(), setting)
    };
    list.into_iter().map(setting).collect()
}
