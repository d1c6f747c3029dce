//! The profile: open, sample, guess, band, one pass over every column, checks, report, output.

use super::{audit, config, pass, progress, style, suppress, threads};
use crate::cli::Audit;
use crate::data::guess::Understood;
use crate::data::infer::NO_DECISION;
use crate::data::{Ranks, controls};
use crate::error::{Error, Result};
use crate::policy::Status;
use crate::profile::{self, Context};
use crate::read::{self, Source};
use crate::report::model::Report;
use crate::report::output::Outputs;
use crate::report::{FORMATS, Format};
use crate::tally::{Seen, sample, table};

/// Settings of a gate, and of whom groups are held against: a profile has none.
const JUDGING: [&str; 7] = [
    "adjust",
    "decide",
    "policy",
    "fail_on",
    "seed",
    "reference",
    "favorable",
];

/// Says what the data look like; the exit status is 0, since nothing is judged.
pub fn profile(mut job: Audit) -> Result<u8> {
    let loaded = config::profile(&mut job)?;
    let outputs = audit::outputs(&job, &loaded)?;
    fits(&outputs)?;
    if controls::is_auto(&job.table.asked) {
        return Err(Error::Flag {
            flag: "--control",
            value: controls::AUTO.to_owned(),
            problem: "a profile looks at every column as it is",
            remedy: "leave it out, or name the control: `--control COL`".to_owned(),
        });
    }
    audit::misspelt(&job.table.inputs)?;
    let report = threads::with(job.table.threads, || made(&job, &outputs));
    let report = report.map_err(|error| loaded.place(error))?;
    let style = style::style(&job.output);
    audit::warn(job.output.quiet || outputs.is_read(), &style, &report.notes);
    outputs.write(&report, &style)?;
    Ok(0)
}

/// Refuses formats that only say what was judged.
pub fn fits(outputs: &Outputs) -> Result<()> {
    let mut formats = outputs.list().iter().map(|output| output.format);
    match formats.find(|format| !format.profile) {
        Some(format) => Err(no_profile(format)),
        None => Ok(()),
    }
}

fn no_profile(format: &Format) -> Error {
    let names: Vec<&str> = FORMATS
        .iter()
        .filter(|f| f.profile)
        .map(|f| f.name)
        .collect();
    Error::Flag {
        flag: "--format",
        value: format.name.to_owned(),
        problem: "it is for findings, and a profile judges nothing",
        remedy: format!("formats of a profile: {}", names.join(", ")),
    }
}

/// Reads the table once and makes the report.
fn made(job: &Audit, outputs: &Outputs) -> Result<Report> {
    let source = read::open(&job.table.inputs, &job.table.reading)?;
    let source = source.as_ref();
    let inputs = source.inputs();
    let paths: Vec<&str> = inputs.iter().map(|i| i.path.as_str()).collect();
    outputs.check(&paths)?;
    let mut understood = audit::understand(job, source)?;
    let looks = sample::numeric(source, &job.table.asked)?;
    let mut report = audit::empty(job, source, &understood);
    let settings = &mut report.record.settings;
    settings.retain(|name, _| !JUDGING.contains(&name.as_str()));
    report.verdict.status = Status::Pass;
    report.verdict.exit_code = 0;
    job.gate.policy.clone_into(&mut report.verdict.policy);
    let seen = fill(job, source, (&mut understood, &looks), &mut report)?;
    audit::spell(&mut report, &understood, &seen);
    // Who asks for the data alone needs no decision.
    let is_needless = |note: &String| NO_DECISION.iter().any(|start| note.starts_with(start));
    understood.notes.retain(|note| !is_needless(note));
    report.notes.append(&mut understood.notes);
    report.notes.extend(seen.notes);
    report.notes.extend(source.notes());
    if let Some(k) = job.statistics.suppress {
        suppress::profile(&mut report, k);
    }
    Ok(report)
}

/// The pass, and every check.
fn fill(
    job: &Audit,
    source: &dyn Source,
    (understood, looks): (&mut Understood, &[bool]),
    report: &mut Report,
) -> Result<Seen> {
    let plan = &mut understood.plan;
    plan.ranks = Ranks::Nothing;
    // No check is about the score: it is a column like others.
    let score = plan.score.take();
    let scanned = progress::shown(source, job.output.progress, || {
        pass::sketched(source, plan, &understood.numeric, looks)
    });
    plan.score = score;
    let (banded, (tallies, mut seen, sketches)) = scanned?;
    seen.notes.splice(0..0, banded);
    if let Some(tally) = tallies.first() {
        let tables = table::tables(tally, plan);
        let context = Context {
            plan,
            tally,
            tables: &tables,
            sketches: &sketches,
            confidence: job.statistics.confidence,
            min_group: job.statistics.min_group,
            hidden: suppress::attributes(job, tally, &tables),
        };
        report.profile = profile::whole(&context);
    }
    audit::count_rows(report, &seen);
    Ok(seen)
}
