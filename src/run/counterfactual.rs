//! Counterfactuals: open, understand, load, put a model in question, ask it about changed rows, report.
//!
//! Nothing is judged: the exit status is 0 whatever comes out. The model in question is a program, a
//! saved model or one that is fitted, as in `explain`; fitted ones answer for rows they have not seen.

use std::path::Path;

use super::asked::{self, Model, flag};
use super::loaded::{self, Read, Wanted};
use super::question::{self, Asker, Known};
use super::recording::Recording;
use super::turned::{self, Scenario};
use super::written::{self, Complete};
use super::{answers, audit, config, declared, frame, profile, style, threads, told};
use crate::cli::Counterfactual;
use crate::data::{Favorable, Plan};
use crate::error::{Error, Result};
use crate::justice::actions::Declared;
use crate::justice::flip::{Flipped, Flipping};
use crate::justice::recalled::Recalled;
use crate::justice::recourse::Recourse;
use crate::justice::{Alike, Asking, Case, Subject};
use crate::read;
use crate::report::model::Report;
use crate::report::output::Outputs;
use crate::report::whole;

/// What stands behind the flip.
const FLIP: &str = "McNemar 1947, doi:10.1007/BF02295996";
/// What stands behind moved columns and neighbors.
const MATCH: &str = "quantiles kept: Plecko and Meinshausen 2020, arXiv:1911.06685; neighbors: Luong, \
                     Ruggieri and Turini 2011, doi:10.1145/2020408.2020488";

/// What stands behind recourse.
const RECOURSE: &str = "Wachter, Mittelstadt and Russell 2018, arXiv:1711.00399; Ustun, Spangher and Liu \
                        2019, arXiv:1809.06514; the gap: Gupta et al. 2019, arXiv:1909.03166";

/// Asks, writes; the exit status.
pub fn counterfactual(mut job: Counterfactual) -> Result<u8> {
    if let (Some(flip), true) = (
        &job.countering.flip,
        job.audit.table.asked.sensitive.is_empty(),
    ) {
        job.audit.table.asked.sensitive = vec![flip.clone()];
    }
    let mut loaded = config::profile(&mut job.audit)?;
    if job.countering.recourse {
        let sources = &mut job.audit.table.asked.sources;
        declared::fill(&mut job.countering, sources, &mut loaded)?;
    }
    let without = asked::without_control(&mut job.audit);
    let outputs = audit::outputs(&job.audit, &loaded)?;
    profile::fits(&outputs)?;
    let model = refuse(&job)?;
    audit::misspelt(&job.audit.table.inputs)?;
    let pairing = answers::pairing(&mut job.audit, job.countering.paired.as_deref())?;
    let files = audit::files(&job.audit, &loaded);
    outputs.check(&files)?;
    let rows_out = turned::place(job.countering.rows_out.as_deref(), &outputs, &files)?;
    let saved = model.path(&job.explaining);
    let recording = Recording::begin(&job.audit, &loaded, saved)?;
    let made = threads::with(job.audit.table.threads, || match &pairing {
        Some(pairing) => answers::made(&job, &outputs, (pairing, rows_out.as_deref())),
        None => made(&job, &outputs, (&model, rows_out.as_deref())),
    });
    let (mut report, complete) = made.map_err(|error| loaded.place(as_flip(error)))?;
    report.notes.extend(without);
    let record = recording.map(|r| r.text(&report, None)).transpose()?;
    let style = style::style(&job.audit.output);
    audit::warn(
        job.audit.output.quiet || outputs.is_read(),
        &style,
        &report.notes,
    );
    written::finish(complete)?;
    outputs.write_with(&report, &style, record.as_deref())?;
    Ok(0)
}

/// What is wrong with an attribute is wrong with what is flipped.
fn as_flip(error: Error) -> Error {
    match error {
        Error::Flag {
            flag: "--attribute",
            value,
            problem,
            remedy,
        } => {
            let remedy = remedy.replace("--attribute", "--flip");
            flag("--flip", &value, problem, &remedy)
        }
        error => error,
    }
}

/// Refuses what cannot be asked; which model is.
fn refuse(job: &Counterfactual) -> Result<Model> {
    asked::unjudged(&job.audit)?;
    if job.countering.paired.is_some() {
        return Ok(Model::Fitted);
    }
    asked::model(&job.audit, (&job.fitting, &job.explaining), false)
}

/// Reads, asks, and makes the report.
fn made(
    job: &Counterfactual,
    outputs: &Outputs,
    (model, rows_out): (&Model, Option<&Path>),
) -> Result<(Report, Vec<Complete>)> {
    let audit = &job.audit;
    let source = read::open(&audit.table.inputs, &audit.table.reading)?;
    let source = source.as_ref();
    let mut understood = loaded::understood(audit, outputs, source)?;
    let mut report = audit::empty(audit, source, &understood);
    let wanted = Wanted {
        model: model.document(),
        sent: model.sent(&job.explaining),
        ..Wanted::of(&job.fitting)
    };
    let mut read = loaded::table(audit, &wanted, source, &mut understood)?;
    let plan = &understood.plan;
    let (scenarios, notes) = ask(job, model, (&read, plan), &mut report)?;
    let own = (&mut read, plan);
    turned::fill((audit, outputs), &scenarios, own, "flip", &mut report)?;
    let complete = turned::written(rows_out, &scenarios, &read)?;
    told::finish(&mut report, source, &understood, &read, notes);
    Ok((report, complete))
}

/// Puts the model in question and asks it; each flip as a scenario, and what a reader should know.
fn ask(
    job: &Counterfactual,
    model: &Model,
    (read, plan): (&Read, &Plan),
    report: &mut Report,
) -> Result<(Vec<Scenario>, Vec<String>)> {
    let columns = flipped(read, plan)?;
    let sources = &job.audit.table.asked.sources;
    let declared = declared::declared((&job.countering, sources), read, plan)?;
    let flipped = (columns.as_slice(), plan.favorable);
    if let Model::Program(command) = model {
        // A signal that ends this process ends the program too.
        whole::guard();
        let program = asked::program(command, &job.explaining.sending, read);
        let recalled = Recalled::new(&program, &read.features.list, read.memory.len());
        let asking = asking(job, read, &read.counted)?;
        let rows = (read.counted.as_slice(), read.rows.y.as_slice());
        let case = question::case(read, rows, (&recalled, &recalled), &asking);
        let flips = answered(job, &case, flipped, &declared, report)?;
        let notes = asked::words(&program).into_iter().collect();
        settings(report, job, &read.name, command);
        return Ok((turned::of_flips(&flips, read), notes));
    }
    let given = frame::decisions(&read.memory, plan)?;
    let asker = Asker {
        explaining: &job.explaining,
        folds: job.fitting.folds,
        statistics: &job.audit.statistics,
        progress: job.audit.output.progress,
        needs_model: true,
    };
    let known = Known {
        read,
        plan,
        given: &given,
        scores: &[],
    };
    let question = question::question(&asker, model.document(), &known)?;
    let (fitted, best) = &question.fitted;
    let held = fitted.get(*best).map(|own| own as &dyn Subject);
    let target = if question.is_given {
        &given
    } else {
        &read.rows.y
    };
    let held = held.unwrap_or(&*question.whole);
    let models = (&*question.whole, held);
    let asking = asking(job, read, &question.rows)?;
    let rows = (question.rows.as_slice(), target.as_slice());
    let case = Case {
        given: &given,
        ..question::case(read, rows, models, &asking)
    };
    let flips = answered(job, &case, flipped, &declared, report)?;
    let mut notes = question.notes.clone();
    if question.is_given {
        let about = question.whole.about();
        notes.insert(0, format!("for {} stands: {about}", question::OWN));
    }
    settings(report, job, &read.name, &question.model);
    Ok((turned::of_flips(&flips, read), notes))
}

/// The columns that are flipped; each value of theirs must be a value of the data.
fn flipped(read: &Read, plan: &Plan) -> Result<Vec<String>> {
    let splits = read.attribute.0.iter().map(|&axis| &plan.splits[axis]);
    let splits: Vec<_> = splits.collect();
    if let Some(split) = splits.iter().find(|split| split.bands.is_some()) {
        let problem = "its groups are bands of numbers, which are no values to flip to";
        let remedy = "flip a column of few values";
        return Err(flag("--flip", &split.name, problem, remedy));
    }
    Ok(splits.iter().map(|split| split.name.clone()).collect())
}

fn asking(job: &Counterfactual, read: &Read, rows: &[u32]) -> Result<Asking> {
    let statistics = &job.audit.statistics;
    Ok(Asking {
        singles: asked::singles(&job.countering.rows, read, rows)?,
        features: Vec::new(),
        repeats: job.explaining.repeats,
        confidence: statistics.confidence,
        min_group: statistics.min_group,
        seed: statistics.seed,
        alike: Alike::default(),
    })
}

/// Every section that was asked for; the flips themselves.
fn answered(
    job: &Counterfactual,
    case: &Case,
    (columns, favorable): (&[String], Favorable),
    declared: &Declared,
    report: &mut Report,
) -> Result<Flipped> {
    let flipping = Flipping {
        case,
        subject: case.held,
        columns,
        favorable: favorable == Favorable::Positive,
        matches: job.countering.matches,
    };
    let flipped = flipping.ask()?;
    told::section(
        report,
        ("flip", "what if the group were another", FLIP),
        flipping.found(&flipped),
    );
    if job.countering.matches {
        let title = "what goes with the group, moved along";
        told::section(report, ("match", title, MATCH), flipping.beside(&flipped));
    }
    if job.countering.recourse {
        let recourse = Recourse {
            case,
            declared,
            favorable: favorable == Favorable::Positive,
            is_of_all: false,
        };
        let title = "what would have to change";
        told::section(report, ("recourse", title, RECOURSE), recourse.found()?);
    }
    Ok(flipped)
}

/// What was asked, as settings.
pub(super) fn settings(report: &mut Report, job: &Counterfactual, attribute: &str, model: &str) {
    told::settings(report, &job.fitting, attribute, job.audit.statistics.seed);
    let own = &job.countering;
    let list = [
        ("model", model.to_owned()),
        ("flip", attribute.to_owned()),
        ("match", own.matches.to_string()),
        ("paired", own.paired.clone().unwrap_or_default()),
        ("recourse", own.recourse.to_string()),
        ("row", own.rows.join(",")),
    ];
    let sources = &job.audit.table.asked.sources;
    let sent = asked::settings(&job.explaining.sending);
    for (name, value, is_typed) in sent.into_iter().filter(|own| !own.1.is_empty()) {
        let setting = told::setting(value, is_typed);
        report.record.settings.insert(name.to_owned(), setting);
    }
    let all = list.into_iter().chain(declared::settings(own));
    let is_said = |value: &String| !value.is_empty() && value != "false";
    for (name, value) in all.filter(|(_, value)| is_said(value)) {
        let setting = told::chosen(value, sources.get(name).copied());
        report.record.settings.insert(name.to_owned(), setting);
    }
}
