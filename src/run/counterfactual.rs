//! Counterfactuals: open, understand, load, put a model in question, ask it about changed rows, report.
//!
//! Nothing is judged: the exit status is 0 whatever comes out. The model in question is a program, a
//! saved model or one that is fitted, as in `explain`; fitted ones answer for rows they have not seen.

use std::path::Path;
use std::time::Duration;

use super::loaded::{self, Read, Wanted};
use super::question::{self, Asker};
use super::recording::Recording;
use super::{
    answers, apply, audit, config, declared, explain, frame, needless, profile, style, threads,
    told,
};
use crate::cli::{CUT, Counterfactual, Countering, TIMEOUT, replay};
use crate::data::{Favorable, Plan, controls};
use crate::error::{Error, Result};
use crate::fit;
use crate::justice::actions::Declared;
use crate::justice::flip::Flipping;
use crate::justice::program::Program;
use crate::justice::recourse::Recourse;
use crate::justice::{Alike, Asking, Case, Subject};
use crate::mitigate::document::Document;
use crate::profile::section::{Fact, Found, Section};
use crate::read::{self, Source};
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

/// Which model is asked.
pub(super) enum Model {
    /// One that is fitted.
    Fitted,
    /// A saved one.
    Saved(Box<Document>),
    /// A command.
    Program(String),
}

/// Asks, writes; the exit status.
pub fn counterfactual(mut job: Counterfactual) -> Result<u8> {
    if let (Some(flip), true) = (
        &job.countering.flip,
        job.audit.table.asked.sensitive.is_empty(),
    ) {
        job.audit.table.asked.sensitive = vec![flip.clone()];
    }
    let mut loaded = config::profile(&mut job.audit)?;
    declared::fill(&mut job, &mut loaded)?;
    let outputs = audit::outputs(&job.audit, &loaded)?;
    profile::fits(&outputs)?;
    let model = refuse(&job)?;
    audit::misspelt(&job.audit.table.inputs)?;
    let pairing = answers::pairing(&mut job.audit, job.countering.paired.as_deref())?;
    let files = audit::files(&job.audit, &loaded);
    outputs.check(&files)?;
    let saved = matches!(model, Model::Saved(_));
    let saved = job.explaining.model.as_deref().filter(|_| saved);
    let recording = Recording::begin(&job.audit, &loaded, saved.map(Path::new))?;
    let made = threads::with(job.audit.table.threads, || match &pairing {
        Some(pairing) => answers::made(&job, &outputs, pairing),
        None => made(&job, &outputs, &model),
    });
    let report = made.map_err(|error| loaded.place(needless::as_flip(error)))?;
    let record = recording.map(|r| r.text(&report, None)).transpose()?;
    let style = style::style(&job.audit.output);
    audit::warn(
        job.audit.output.quiet || outputs.is_read(),
        &style,
        &report.notes,
    );
    outputs.write_with(&report, &style, record.as_deref())?;
    Ok(0)
}

pub(super) fn flag(flag: &'static str, value: &str, problem: &'static str, remedy: &str) -> Error {
    Error::Flag {
        flag,
        value: value.to_owned(),
        problem,
        remedy: remedy.to_owned(),
    }
}

/// Refuses what cannot be asked; which model is.
fn refuse(job: &Counterfactual) -> Result<Model> {
    if controls::is_auto(&job.audit.table.asked) {
        let remedy = "leave it out, or name the control: `--control COL`";
        let problem = "no column is tried as a control here";
        return Err(flag("--control", controls::AUTO, problem, remedy));
    }
    if let Some(k) = job.audit.statistics.suppress {
        let problem = "numbers of models cannot be kept from telling small counts";
        let remedy = "`--no-config` leaves it out; do not publish the outcome";
        return Err(flag("--suppress", &k.to_string(), problem, remedy));
    }
    let (asked, own) = (&job.explaining, &job.countering);
    let model = match asked.model.as_deref() {
        Some(name) if fit::find(name).is_some() => Model::Fitted,
        None => Model::Fitted,
        Some(path) if is_saved(path) => {
            if let Some(name) = job.fitting.features.first() {
                let problem = "a saved model has its own features";
                return Err(flag("--features", name, problem, "leave it out"));
            }
            Model::Saved(Box::new(apply::document("--model", Path::new(path))?))
        }
        Some(command) if std::env::var_os(replay::NO_PROGRAM).is_some() => {
            let remedy = "unset `FAIR_AUDIT_NO_PROGRAM`; `verify --allow-program` runs it";
            return Err(flag("--model", command, replay::NOT_RUN, remedy));
        }
        Some(command) => Model::Program(command.to_owned()),
    };
    if let (Some(method), false) = (&asked.method, matches!(model, Model::Saved(_))) {
        let problem = "it says which model of a saved file is meant";
        let remedy = "name the file: `--model MODEL.json`";
        return Err(flag("--method", method, problem, remedy));
    }
    let is_program = matches!(model, Model::Program(_));
    if let (Some(name), false) = (own.columns.first(), is_program) {
        let problem = "it says what a program is sent";
        let remedy = "name the command: `--model CMD`; `--features` is for what is fitted";
        return Err(flag("--model-columns", name, problem, remedy));
    }
    if !is_program {
        needless::refuse(own)?;
    }
    if let (Some(name), true) = (job.fitting.features.first(), is_program) {
        let problem = "nothing is fitted";
        let remedy = "`--model-columns COLS` says what a program is sent";
        return Err(flag("--features", name, problem, remedy));
    }
    Ok(model)
}

/// Whether a model is named by a file of its own, not by a command.
fn is_saved(name: &str) -> bool {
    let end = Path::new(name).extension();
    !name.contains(char::is_whitespace) && end.is_some_and(|end| end.eq_ignore_ascii_case("json"))
}

/// Reads, asks, and makes the report.
fn made(job: &Counterfactual, outputs: &Outputs, model: &Model) -> Result<Report> {
    let (audit, own) = (&job.audit, &job.countering);
    let source = read::open(&audit.table.inputs, &audit.table.reading)?;
    let source = source.as_ref();
    let mut understood = loaded::understood(audit, outputs, source)?;
    let mut report = audit::empty(audit, source, &understood);
    let wanted = Wanted {
        model: match model {
            Model::Saved(document) => Some(document),
            _ => None,
        },
        sent: match model {
            Model::Program(_) => Some(&own.columns),
            _ => None,
        },
        ..Wanted::of(&job.fitting)
    };
    let read = loaded::table(audit, &wanted, source, &mut understood)?;
    let columns = flipped(&read, &understood.plan)?;
    let asking = asking(job, &read)?;
    let declared = declared::declared(job, &read, &understood.plan)?;
    let flipped = (columns.as_slice(), understood.plan.favorable);
    let mut notes;
    if let Model::Program(command) = model {
        // A signal that ends this process ends the program too.
        whole::guard();
        let program = program(command, own, &read);
        let case = case(&read, (&[], &read.rows.y), (&program, &program), &asking);
        answered(job, &case, flipped, &declared, &mut report)?;
        notes = Vec::new();
        let words = program.words();
        if !words.is_empty() {
            notes.push(format!("the program says: {}", words.replace('\n', " | ")));
        }
        settings(&mut report, job, &read.name, command);
    } else {
        let given = frame::decisions(&read.memory, &understood.plan)?;
        let document = match model {
            Model::Saved(document) => Some(&**document),
            _ => None,
        };
        let asker = Asker {
            explaining: &job.explaining,
            folds: job.fitting.folds,
            statistics: &audit.statistics,
            progress: audit.output.progress,
        };
        let question = question::question(&asker, document, (&read, &understood.plan, &given))?;
        let (fitted, best) = &question.fitted;
        let held = fitted.get(*best).map(|own| own as &dyn Subject);
        let target = if question.is_given {
            &given
        } else {
            &read.rows.y
        };
        let held = held.unwrap_or(&*question.whole);
        let models = (&*question.whole, held);
        let case = case(&read, (&given, target), models, &asking);
        answered(job, &case, flipped, &declared, &mut report)?;
        notes = question.notes.clone();
        if question.is_given {
            let about = question.whole.about();
            notes.insert(0, format!("for the table's own decisions stands: {about}"));
        }
        settings(&mut report, job, &read.name, &question.model);
    }
    told::finish(&mut report, source, &understood, &read, notes);
    Ok(report)
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

fn asking(job: &Counterfactual, read: &Read) -> Result<Asking> {
    let statistics = &job.audit.statistics;
    let names = job.countering.rows.iter();
    let singles: Result<_> = names.map(|name| explain::single(name, read)).collect();
    Ok(Asking {
        singles: singles?,
        features: Vec::new(),
        repeats: job.explaining.repeats,
        confidence: statistics.confidence,
        min_group: statistics.min_group,
        seed: statistics.seed,
        alike: Alike::default(),
    })
}

/// The program behind a command.
fn program<'a>(command: &str, own: &Countering, read: &'a Read) -> Program<'a> {
    let fields = read.memory.columns();
    let original = |name: &String| {
        let column = fields.iter().position(|field| field.name == *name)?;
        read.memory.column(column)
    };
    let features = &read.features.list;
    Program::new(
        command.to_owned(),
        (
            Duration::from_secs(own.timeout.unwrap_or(TIMEOUT) as u64),
            own.threshold.unwrap_or(CUT),
        ),
        features,
        features
            .iter()
            .map(|feature| original(&feature.name))
            .collect(),
    )
}

/// Rows and models together; the rows that count are borrowed from the table.
fn case<'a>(
    read: &'a Read,
    (given, target): (&'a [Option<bool>], &'a [Option<bool>]),
    (whole, held): (&'a dyn Subject, &'a dyn Subject),
    asking: &'a Asking,
) -> Case<'a> {
    Case {
        features: &read.features.list,
        rows: &read.counted,
        groups: &read.rows.groups,
        names: &read.rows.names,
        attribute: &read.name,
        labels: &read.rows.y,
        given,
        scores: &[],
        target,
        weights: &read.rows.weights,
        whole,
        held,
        stand_ins: &[],
        asking,
    }
}

/// Every section that was asked for.
fn answered(
    job: &Counterfactual,
    case: &Case,
    (columns, favorable): (&[String], Favorable),
    declared: &Declared,
    report: &mut Report,
) -> Result<()> {
    let flipping = Flipping {
        case,
        subject: case.held,
        columns,
        favorable: favorable == Favorable::Positive,
        matches: job.countering.matches,
    };
    let flipped = flipping.ask()?;
    put(
        report,
        ("flip", "what if the group were another", FLIP),
        flipping.found(&flipped),
    );
    if job.countering.matches {
        let title = "what goes with the group, moved along";
        put(report, ("match", title, MATCH), flipping.beside(&flipped));
    }
    if job.countering.recourse {
        let recourse = Recourse {
            case,
            declared,
            favorable: favorable == Favorable::Positive,
        };
        let title = "what would have to change";
        put(report, ("recourse", title, RECOURSE), recourse.found()?);
    }
    Ok(())
}

/// Puts what was found into the report.
pub(super) fn put(report: &mut Report, (name, title, source): (&str, &str, &str), found: Found) {
    let Found {
        tables,
        mut notes,
        facts,
    } = found;
    notes.push(format!("source: {source}"));
    report.justice.push(Section {
        name: name.to_owned(),
        title: title.to_owned(),
        tables,
        notes,
    });
    let all = report.profile.facts.get_or_insert_default();
    all.extend(facts.into_iter().map(|(weight, message)| Fact {
        section: name.to_owned(),
        message,
        weight,
    }));
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
        ("model_columns", own.columns.join(",")),
        ("recourse", own.recourse.to_string()),
        ("row", own.rows.join(",")),
        ("model_threshold", own.threshold.unwrap_or(CUT).to_string()),
    ];
    let all = list.into_iter().chain(declared::settings(own));
    let is_said = |value: &String| !value.is_empty() && value != "false";
    for (name, value) in all.filter(|(_, value)| is_said(value)) {
        let source = job.audit.table.asked.sources.get(&name.replace('_', "-"));
        let setting = told::chosen(value, source.copied());
        report.record.settings.insert(name.to_owned(), setting);
    }
}
