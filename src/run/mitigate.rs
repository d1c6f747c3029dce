//! Mitigation: open, understand, load, band, fit fold by fold, tally every scenario, compare, report.
//!
//! Nothing is judged: the exit status is 0 whatever the gaps are, or that of a run that was stopped.

use std::path::Path;

use super::computed::Computed;
use super::loaded::{self, Read, Wanted};
use super::recording::Recording;
use super::scenarios::{self, ADDED, GAPS, Measured, PERFORMANCE};
use super::trade::Trade;
use super::tried::Tried;
use super::written::{self, Complete, Named, Places};
use super::{
    apply, asked, audit, config, judge, logged, profile, recipe, refit, style, threads, told, tried,
};
use crate::cli::{Fitting, Mitigate, Statistics};
use crate::data::{Attribute, Favorable, Plan, Role};
use crate::error::{Error, Result, Unfit};
use crate::fit::{self};
use crate::metrics;
use crate::mitigate::document::Document;
use crate::mitigate::{MITIGATIONS, Mitigation, Stage};
use crate::policy;
use crate::read;
use crate::record::{Fits, Folds, Training};
use crate::report::groups;
use crate::report::model::Report;
use crate::report::output::Outputs;
use crate::tally::median;

/// Fits, compares, writes; the exit status.
pub fn mitigate(mut job: Mitigate) -> Result<u8> {
    if let Some(path) = job.fitting.apply.clone() {
        return apply::apply(&job, &path);
    }
    let before = match &job.fitting.refit {
        Some(path) => Some(apply::document("--refit", path)?),
        None => None,
    };
    if let Some(before) = &before {
        refit::follow(&mut job, before);
    }
    let loaded = config::profile(&mut job.audit)?;
    let outputs = audit::outputs(&job.audit, &loaded)?;
    profile::fits(&outputs)?;
    refuse(&job)?;
    audit::misspelt(&job.audit.table.inputs)?;
    let mut inputs = audit::files(&job.audit, &loaded);
    inputs.extend(job.fitting.refit.clone());
    let files = Files {
        places: written::places(&job.fitting, &outputs, &inputs)?,
        before: before.as_ref(),
    };
    outputs.check(job.fitting.refit.as_slice())?;
    let recording = Recording::begin(&job.audit, &loaded, job.fitting.refit.as_deref())?;
    let made = threads::with(job.audit.table.threads, || made(&job, &outputs, &files));
    let (report, complete, fits) = made.map_err(|error| loaded.place(error))?;
    // What was stopped cannot be computed again.
    let record = recording.filter(|_| fits.is_some());
    let record = record.map(|r| r.text(&report, fits)).transpose()?;
    let style = style::style(&job.audit.output);
    audit::warn(
        job.audit.output.quiet || outputs.is_read(),
        &style,
        &report.notes,
    );
    written::finish(complete)?;
    outputs.write_with(&report, &style, record.as_deref())?;
    Ok(report.verdict.exit_code)
}

/// What is written beside the report, and what it is compared with.
struct Files<'a> {
    places: Places,
    /// The models of `--refit`.
    before: Option<&'a Document>,
}

/// Refuses what cannot be asked of fitted models.
fn refuse(job: &Mitigate) -> Result<()> {
    asked::unjudged(&job.audit)?;
    let remedies = remedies(&job.fitting);
    if let Some(path) = &job.fitting.weights_out
        && !remedies
            .iter()
            .any(|remedy| matches!(remedy.stage, Stage::Pre(_)))
    {
        let value = path.display().to_string();
        let remedy = "`--method reweighing` gives weights to write";
        let problem = "no remedy that was named weights rows";
        return Err(asked::flag("--weights-out", &value, problem, remedy));
    }
    Ok(())
}

/// The remedies that are tried, the plain model first.
fn remedies(fitting: &Fitting) -> Vec<&'static Mitigation> {
    let is_asked = |remedy: &&Mitigation| {
        fitting.methods.is_empty() && remedy.is_usual
            || matches!(remedy.stage, Stage::None)
            || fitting.methods.iter().any(|name| name == remedy.name)
    };
    MITIGATIONS.iter().filter(is_asked).collect()
}

/// What the fitted models say, and what those that the table came with may have seen. Where models of
/// all rows were not made, those of the last fold speak for them.
fn fitted_notes(read: &Read, tried: &Tried) -> Vec<String> {
    let whole = &tried.whole;
    let plain = whole.solved.first().and_then(|solved| solved.as_ref().ok());
    let (encoder, plain) = match plain {
        Some(plain) => (&whole.encoder.notes, Some(&plain.notes)),
        None => (&tried.notes, tried.outcomes.first().map(|own| &own.notes)),
    };
    let mut notes = encoder.clone();
    notes.extend(plain.into_iter().flatten().cloned());
    if read.has_decisions {
        let note = "as given: whoever made these decisions may have seen these rows; fitted models are \
                    held against each other on rows that they have not seen";
        notes.push(note.to_owned());
    }
    notes
}

/// All that a document of models is made of.
pub(super) struct Written<'a> {
    pub job: &'a Mitigate,
    /// Banded.
    pub plan: &'a Plan,
    pub read: &'a Read<'a>,
    pub remedies: &'a [&'a Mitigation],
    pub tried: &'a Tried,
}

/// Reads, fits, and makes the report.
fn made(
    job: &Mitigate,
    outputs: &Outputs,
    files: &Files,
) -> Result<(Report, Vec<Complete>, Option<Fits>)> {
    let (audit, fitting) = (&job.audit, &job.fitting);
    let asked = named(&audit.statistics.metrics)?;
    let source = read::open(&audit.table.inputs, &audit.table.reading)?;
    let source = source.as_ref();
    let inputs = source.inputs();
    let paths: Vec<&str> = inputs.iter().map(|i| i.path.as_str()).collect();
    outputs.check(&paths)?;
    let mut understood = audit::understand(audit, source)?;
    if understood.plan.label.is_none() {
        return Err(Unfit::NoLabel.into());
    }
    if understood.plan.count.is_some() {
        return Err(Unfit::Counted.into());
    }
    if audit.table.asked.median && audit.table.asked.threshold.is_none() {
        median::cut(source, &mut understood)?;
    }
    let mut report = audit::empty(audit, source, &understood);
    let model = fit::find(&fitting.model).unwrap_or(&fit::LEARNERS[0]);
    let remedies = remedies(fitting);
    let mut read = loaded::table(audit, &Wanted::of(fitting), source, &mut understood)?;
    told::settings(&mut report, fitting, &read.name, audit.statistics.seed);
    let plan = &mut understood.plan;
    let every = outputs.list().iter().any(|output| output.format.every);
    let computed = computed(
        asked.as_deref(),
        every || style::style(&audit.output).wide,
        &report,
    );
    plan.ranks = computed.ranks(&plan.reference.0);
    let tried = tried::tried(job, &mut read, plan, (model, &remedies), &mut report)?;
    let measured = measured(plan, &read.attribute, &audit.statistics);
    for scenario in &tried.scenarios {
        let shown = style::style(&audit.output).wide;
        let notes = scenarios::fill(scenario, &measured, &computed, shown, &mut report);
        report.notes.extend(notes);
    }
    let said = told::said(&remedies, &tried, &read);
    let trade = Trade {
        scenarios: &tried.scenarios,
        measured: &measured,
        attribute: &read.name,
        remedies: &said,
    };
    let (section, facts) = trade.section(&report);
    report.baselines.push(section);
    report.profile.facts = Some(facts);
    let notes = fitted_notes(&read, &tried);
    told::finish(&mut report, source, &understood, &read, notes);
    report
        .notes
        .extend(told::small(&read, audit.statistics.min_group));
    let fitted = Written {
        job,
        plan: &understood.plan,
        read: &read,
        remedies: &remedies,
        tried: &tried,
    };
    let mut complete = lines(files, &fitted)?;
    let mut fits = None;
    if fitted.tried.is_whole() {
        let (document, own) = models(files, &fitted, &measured, &mut report)?;
        complete.extend(document);
        fits = own;
    }
    if let Some(names) = asked {
        report.keep(&names);
    }
    Ok((report, complete, fits))
}

/// The models as a file, beside those of before, and as a record has them.
fn models(
    files: &Files,
    fitted: &Written,
    measured: &Measured,
    report: &mut Report,
) -> Result<(Vec<Complete>, Option<Fits>)> {
    let record = &fitted.job.audit.output.record;
    let places = &files.places;
    let is_wanted = places.model.is_some() || places.logs.is_some() || record.is_some();
    if files.before.is_none() && !is_wanted {
        return Ok((Vec::new(), None));
    }
    let document = recipe::document(fitted, measured, report);
    if let Some(before) = files.before {
        report.baselines.push(refit::section(before, &document));
    }
    let cannot = |path: &Path, what: String| Error::Write {
        path: path.to_owned(),
        source: std::io::Error::other(what),
    };
    let training = training(fitted);
    let fits = record.as_ref().map(|path| {
        let models = serde_json::to_value(&document);
        models
            .map(|models| Fits {
                folds: Folds::new(fitted.tried.folds.of_rows()),
                models,
                training: training.clone(),
            })
            .map_err(|e| cannot(path, e.to_string()))
    });
    let written = places.model.as_ref().map(|path| {
        let text = document.text().map_err(|e| cannot(path, e))?;
        written::text(path, &text)
    });
    let mut complete: Vec<Complete> = written.transpose()?.into_iter().collect();
    if let Some(folder) = &places.logs {
        complete.extend(logged::write(folder, &document.models, &training)?);
    }
    Ok((complete, fits.transpose()?))
}

/// How the models of the folds were come by, where any was in steps.
fn training(fitted: &Written) -> Vec<Training> {
    let each = fitted.remedies.iter().zip(&fitted.tried.outcomes);
    let each = each.filter(|(_, outcome)| outcome.curves.iter().any(Option::is_some));
    let training = each.map(|(remedy, outcome)| Training {
        scenario: remedy.name.to_owned(),
        folds: outcome.curves.clone(),
    });
    training.collect()
}

/// The files of rows.
fn lines(files: &Files, fitted: &Written) -> Result<Vec<Complete>> {
    let Written {
        read,
        remedies,
        tried,
        ..
    } = fitted;
    let named = Named::new(
        &read.memory,
        read.id.as_ref().map(|(at, name)| (*at, name.as_str())),
    );
    let mut complete = Vec::new();
    if let Some(path) = &files.places.predictions {
        complete.push(written::predictions(
            path,
            &named,
            remedies,
            &tried.outcomes,
        )?);
    }
    if let Some(path) = &files.places.weights
        && tried.is_whole()
    {
        let rows = read.memory.len();
        complete.push(written::weights(
            path,
            &named,
            rows,
            remedies,
            &tried.whole,
        )?);
    }
    Ok(complete)
}

/// The metrics that were named.
fn named(list: &[String]) -> Result<Option<Vec<&'static str>>> {
    let names = list.iter().map(|name| Ok(policy::named(name)?.name));
    let names: Result<Vec<&str>> = names.collect();
    Ok(Some(names?).filter(|names| !names.is_empty()))
}

pub(super) fn measured(plan: &Plan, attribute: &Attribute, statistics: &Statistics) -> Measured {
    let is_punitive = plan.favorable == Favorable::Negative;
    let names = PERFORMANCE
        .iter()
        .chain(&GAPS)
        .chain([&"base_rate_difference", &ADDED])
        .map(|name| match *name {
            "selection_rate_ratio" if is_punitive => "favorable_rate_ratio",
            name => name,
        });
    Measured {
        plan: plan.clone(),
        attribute: attribute.clone(),
        metrics: names.filter_map(metrics::find).collect(),
        confidence: statistics.confidence,
        min_group: statistics.min_group,
    }
}

/// What is computed of every group: what was named, or is shown; and what is compared.
pub(super) fn computed(asked: Option<&[&'static str]>, every: bool, report: &Report) -> Computed {
    let mut names: Vec<&str> = match asked {
        Some(names) => names.to_vec(),
        None => groups::core().collect(),
    };
    names.extend(PERFORMANCE.iter().chain(&GAPS));
    names.extend(["favorable_rate_ratio", "base_rate_difference", ADDED]);
    let mut roles = judge::roles(report);
    for role in [Role::Prediction, Role::Score] {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    let is_every = every && asked.is_none();
    let mut computed = Computed::new((!is_every).then_some(names.as_slice()), &[], &roles);
    computed.auc_intervals = true;
    computed.shrinks_all = every;
    computed
}
