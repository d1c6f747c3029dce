//! The profile: open, sample, guess, band, one pass over every column, checks, report, output.

use std::path::{Path, PathBuf};

use super::recording::Recording;
use super::{
    audit, config, examples, leak, noisy, pass, progress, saved, style, suppress, threads, weights,
};
use crate::cli::Audit;
use crate::data::guess::Understood;
use crate::data::infer::NO_DECISION;
use crate::data::{Plan, Ranks, controls, words};
use crate::error::{Error, Result};
use crate::policy::Status;
use crate::profile::earlier::Before;
use crate::profile::expected::{self, Population};
use crate::profile::{self, Context, Fact};
use crate::read::{self, Source};
use crate::report::model::Report;
use crate::report::output::Outputs;
use crate::report::whole::Draft;
use crate::report::{FORMATS, Format};
use crate::sketch::{Looks, Sketches};
use crate::tally::notes::TOO_FEW;
use crate::tally::{Seen, Table, Tally, sample, table};

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
    job.table.asked.groupless = true;
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
    suppress::beside(&job)?;
    noisy::check(&job)?;
    audit::misspelt(&job.table.inputs)?;
    let recording = Recording::begin(&job, &loaded, None)?;
    let report = threads::with(job.table.threads, || made(&job, &loaded, &outputs));
    let report = report.map_err(|error| loaded.place(error))?;
    let (report, weights) = report;
    let record = recording.map(|r| r.text(&report, None)).transpose()?;
    let style = style::style(&job.output);
    audit::warn(job.output.quiet || outputs.tells(), &style, &report.notes);
    if let (Some(draft), Some(path)) = (weights, &job.beside.weights_out) {
        draft.finish().map_err(|source| Error::Write {
            path: path.clone(),
            source,
        })?;
    }
    outputs.write_with(&report, &style, record.as_deref())?;
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
fn made(
    job: &Audit,
    loaded: &config::Loaded,
    outputs: &Outputs,
) -> Result<(Report, Option<Draft>)> {
    let source = read::open(&job.table.inputs, &job.table.reading)?;
    let source = source.as_ref();
    let inputs = source.inputs();
    let mut paths: Vec<PathBuf> = inputs.iter().map(|i| PathBuf::from(&i.path)).collect();
    outputs.check(&paths)?;
    paths.extend(audit::files(job, loaded));
    let weights_to = weights::place(job, source, outputs, &paths)?;
    let mut understood = audit::understand(job, source)?;
    let features = source.columns().iter().enumerate();
    let features = features.map(|(at, field)| is_feature(job, &understood.plan, at, &field.name));
    let ignored = source
        .columns()
        .iter()
        .map(|field| is_ignored(job, &field.name));
    let looks = Looks {
        features: features.collect(),
        ignored: ignored.collect(),
        numeric: sample::numeric(source, &job.table.asked)?,
    };
    let mut report = audit::empty(job, source, &understood);
    let settings = &mut report.record.settings;
    settings.retain(|name, _| !JUDGING.contains(&name.as_str()));
    report.verdict.status = Status::Pass;
    report.verdict.exit_code = 0;
    job.gate.policy.clone_into(&mut report.verdict.policy);
    if let Some(epsilon) = job.beside.dp {
        noisy::fill(job, epsilon, source, &mut understood, &mut report)?;
        return Ok((report, None));
    }
    let population = population(job, source, &understood)?;
    has_columns(source, &job.beside.by)?;
    let before = job.gate.against.as_deref();
    let before = before.map(saved::earlier).transpose()?;
    let mut ask = Ask {
        before: before.as_ref(),
        population: population.as_ref(),
        weights_to: weights_to.as_deref(),
        weights: None,
    };
    let seen = fill(
        job,
        source,
        (&mut understood, &looks),
        &mut ask,
        &mut report,
    )?;
    audit::spell(&mut report, &understood, &seen);
    if let (Some(path), Some(before)) = (&job.gate.against, &before) {
        saved::same_label(path, before, &report)?;
    }
    // Who asks for the data alone needs no decision.
    let is_needless = |note: &String| NO_DECISION.iter().any(|start| note.starts_with(start));
    understood.notes.retain(|note| !is_needless(note));
    report.notes.append(&mut understood.notes);
    // Small groups stand in the sections, by the `--min-group` that was asked for.
    let notes = seen.notes.into_iter();
    report
        .notes
        .extend(notes.filter(|note| !note.contains(TOO_FEW)));
    report.notes.extend(source.notes());
    if let Some(k) = job.statistics.suppress {
        suppress::profile(&mut report, k);
    }
    Ok((report, ask.weights))
}

/// Refuses names of columns that are not there (`--by`).
fn has_columns(source: &dyn Source, by: &[String]) -> Result<()> {
    for name in by {
        let names: Vec<String> = source.columns().iter().map(|c| c.name.clone()).collect();
        if !names.contains(name) {
            return Err(Error::NoColumn {
                column: name.clone(),
                path: source.first_path(),
                columns: names,
            });
        }
    }
    Ok(())
}

/// Whether `--ignore` names a column.
fn is_ignored(job: &Audit, name: &str) -> bool {
    let mut all = job
        .table
        .asked
        .ignore
        .iter()
        .flat_map(|list| list.split(','));
    all.any(|ignored| ignored.trim() == name)
}

/// Whether a column makes rows alike: it is no label, decision, score, weight, number of rows or id,
/// and nobody ignores it.
pub(super) fn is_feature(job: &Audit, plan: &Plan, column: usize, name: &str) -> bool {
    let is = |other: &Option<(usize, String)>| other.as_ref().is_some_and(|o| o.0 == column);
    let label = plan
        .label
        .as_ref()
        .is_some_and(|label| label.column == column);
    let mut decisions = plan.decisions.iter();
    let is_id = job.table.reading.id.as_deref() == Some(name) || words::is_id(name);
    let is_split = plan.splits.iter().any(|split| split.column == column);
    !(label
        || decisions.any(|decision| decision.column() == column)
        || is(&plan.score)
        || is(&plan.weight)
        || is(&plan.count)
        || is_id && !is_split
        || is_ignored(job, name))
}

/// Groups beyond which an audit says nothing of the data themselves.
const GROUPS: usize = 10_000;

/// What an audit says of the data, by its cells alone; nothing where small groups are not published.
pub(super) fn facts(
    job: &Audit,
    plan: &Plan,
    (tally, tables): (&Tally, &[Table]),
) -> Option<Vec<Fact>> {
    if job.statistics.suppress.is_some() || tally.cells.len() > GROUPS {
        return None;
    }
    let sketches = Sketches::default();
    let context = Context {
        plan,
        tally,
        tables,
        sketches: &sketches,
        confidence: job.statistics.confidence,
        min_group: job.statistics.min_group,
        hidden: None,
        population: None,
        before: None,
        tolerance: 0.0,
        by: &[],
        features: &[],
        leak: None,
    };
    Some(profile::facts(&context))
}

/// What else is asked of the pass.
struct Ask<'a> {
    population: Option<&'a Population>,
    before: Option<&'a Before>,
    weights_to: Option<&'a Path>,
    /// The weights, beside their place.
    weights: Option<Draft>,
}

/// The shares that groups should have.
fn population(
    job: &Audit,
    source: &dyn Source,
    understood: &Understood,
) -> Result<Option<Population>> {
    let Some(path) = &job.beside.population else {
        return Ok(None);
    };
    let options = read::Options {
        threads: job.table.reading.threads,
        ..read::Options::default()
    };
    let file = read::open(&[path.clone().into_os_string()], &options)?;
    expected::read(file.as_ref(), &understood.plan, source.columns()).map(Some)
}

/// The pass, and every check.
fn fill(
    job: &Audit,
    source: &dyn Source,
    (understood, looks): (&mut Understood, &Looks),
    ask: &mut Ask,
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
        if let Some(population) = ask.population {
            population.check(tally)?;
        }
        let leak = leak::find(job, source, plan)?;
        let tables = table::tables(tally, plan);
        let context = Context {
            plan,
            tally,
            tables: &tables,
            sketches: &sketches,
            confidence: job.statistics.confidence,
            min_group: job.statistics.min_group,
            hidden: suppress::attributes(job, tally, &tables),
            population: ask.population,
            before: ask.before,
            tolerance: job.gate.tolerance,
            by: &job.beside.by,
            features: &looks.features,
            leak: leak.as_ref(),
        };
        report.profile = profile::whole(&context);
        if let Some(most) = job.beside.examples {
            let alike = (looks.features.as_slice(), &sketches.repeats);
            examples::add(source, plan, alike, most, &mut report.profile)?;
        }
        let factors = ask
            .population
            .and_then(|p| profile::weights::weights(tally, p));
        if let Some((factors, path)) = factors.as_ref().zip(ask.weights_to) {
            let id = job.table.reading.id.as_deref();
            let draft = weights::write(source, (plan, tally), factors, (path, id))?;
            ask.weights = Some(draft);
        }
    }
    audit::count_rows(report, &seen);
    Ok(seen)
}
