//! Explaining: open, understand, load, put a model in question, ask it, report.
//!
//! Nothing is judged: the exit status is 0 whatever comes out. The model in question is one that is
//! named, else what stands for the table's own decisions, else one that is fitted to the label.

use std::path::Path;

use super::loaded::{self, Read, Wanted};
use super::question::{self, Asker, Question};
use super::recording::Recording;
use super::{apply, audit, config, frame, profile, progress, style, threads, told};
use crate::cli::{Explain, Explaining};
use crate::data::controls;
use crate::data::guess::Understood;
use crate::error::{Error, Result};
use crate::fit::{self, LEARNERS};
use crate::justice::{Alike, Asking, Case, METHODS, Method, Single, Subject};
use crate::mitigate::document::Document;
use crate::mitigate::trial::NO_GROUP;
use crate::profile::section::{Fact, Found, Section};
use crate::read;
use crate::read::memory::Held;
use crate::read::text_of_float;
use crate::report::model::Report;
use crate::report::output::Outputs;

/// Asks, answers, writes; the exit status.
pub fn explain(mut job: Explain) -> Result<u8> {
    let loaded = config::profile(&mut job.audit)?;
    let outputs = audit::outputs(&job.audit, &loaded)?;
    profile::fits(&outputs)?;
    let document = refuse(&job)?;
    audit::misspelt(&job.audit.table.inputs)?;
    let files = audit::files(&job.audit, &loaded);
    outputs.check(&files)?;
    let model = document.as_ref().and(job.explaining.model.as_deref());
    let recording = Recording::begin(&job.audit, &loaded, model.map(Path::new))?;
    let made = threads::with(job.audit.table.threads, || {
        made(&job, &outputs, document.as_ref())
    });
    let report = made.map_err(|error| loaded.place(error))?;
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

/// Refuses what cannot be asked; the saved model, where one is named.
fn refuse(job: &Explain) -> Result<Option<Document>> {
    let flag = |flag, value: &str, problem, remedy: &str| Error::Flag {
        flag,
        value: value.to_owned(),
        problem,
        remedy: remedy.to_owned(),
    };
    if controls::is_auto(&job.audit.table.asked) {
        let remedy = "leave it out, or name the control: `--control COL`";
        let problem = "no column is tried as a control here";
        return Err(flag("--control", controls::AUTO, problem, remedy));
    }
    if let Some(k) = job.audit.statistics.suppress {
        let problem = "numbers of fitted models cannot be kept from telling small counts";
        let remedy = "`--no-config` leaves it out; do not publish the outcome";
        return Err(flag("--suppress", &k.to_string(), problem, remedy));
    }
    let asked = &job.explaining;
    let named = asked.model.as_deref();
    let saved = named.filter(|name| fit::find(name).is_none());
    if let (Some(method), None) = (&asked.method, saved) {
        let problem = "it says which model of a saved file is meant";
        return Err(flag(
            "--method",
            method,
            problem,
            "name the file: `--model MODEL.json`",
        ));
    }
    let Some(path) = saved else { return Ok(None) };
    let is_saved = Path::new(path)
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("json"));
    if !is_saved {
        let known: Vec<&str> = LEARNERS.iter().map(|model| model.name).collect();
        let problem = "it is no learner and no saved model";
        let remedy = format!(
            "learners: {}; a file that `fair-audit mitigate --model-out` wrote ends in .json",
            known.join(", ")
        );
        return Err(flag("--model", path, problem, &remedy));
    }
    if let Some(name) = job.fitting.features.first() {
        let problem = "a saved model has its own features";
        return Err(flag("--features", name, problem, "leave it out"));
    }
    apply::document("--model", Path::new(path)).map(Some)
}

/// Reads, asks, and makes the report.
fn made(job: &Explain, outputs: &Outputs, document: Option<&Document>) -> Result<Report> {
    let (audit, asked) = (&job.audit, &job.explaining);
    let source = read::open(&audit.table.inputs, &audit.table.reading)?;
    let source = source.as_ref();
    let mut understood = loaded::understood(audit, outputs, source)?;
    let mut report = audit::empty(audit, source, &understood);
    let wanted = Wanted {
        model: document,
        ..Wanted::of(&job.fitting)
    };
    let read = loaded::table(audit, &wanted, source, &mut understood)?;
    let given = frame::decisions(&read.memory, &understood.plan)?;
    let scores = frame::scores(&read.memory, &understood.plan);
    let question = question::question(
        &Asker {
            explaining: asked,
            folds: job.fitting.folds,
            statistics: &audit.statistics,
            progress: audit.output.progress,
        },
        document,
        (&read, &understood.plan, &given),
    )?;
    let asking = asking(job, &read)?;
    let (fitted, best) = &question.fitted;
    let held = fitted.get(*best).map(|own| own as &dyn Subject);
    let rows = question::rows(&read, |_| true);
    let case = Case {
        features: &read.features.list,
        rows: &rows,
        groups: &read.rows.groups,
        names: &read.rows.names,
        attribute: &read.name,
        labels: &read.rows.y,
        given: if question.is_given { &given } else { &[] },
        scores: &scores,
        target: if question.is_given {
            &given
        } else {
            &read.rows.y
        },
        weights: &read.rows.weights,
        whole: &*question.whole,
        held: held.unwrap_or(&*question.whole),
        stand_ins: if question.is_given { fitted } else { &[] },
        asking: &asking,
    };
    let methods: Vec<&Method> = METHODS
        .iter()
        .filter(|method| asked.only.is_empty() || asked.only.iter().any(|name| name == method.name))
        .collect();
    answered(&case, &methods, audit.output.progress, &mut report)?;
    told::settings(&mut report, &job.fitting, &read.name, audit.statistics.seed);
    settings(&mut report, asked, &question.model);
    finish(&mut report, source, &understood, &read, &question);
    Ok(report)
}

/// Each method's section, and what deserves a look.
fn answered(
    case: &Case,
    methods: &[&Method],
    when: crate::cli::When,
    report: &mut Report,
) -> Result<()> {
    let steps = progress::Steps::new(when, methods.len());
    let mut facts = Vec::new();
    for method in methods {
        steps.next(method.name);
        let Some(found) = (method.answer)(case)? else {
            continue;
        };
        let Found {
            tables,
            mut notes,
            facts: own,
        } = found;
        if !method.source.is_empty() {
            notes.push(format!("source: {}", method.source));
        }
        report.justice.push(Section {
            name: method.name.to_owned(),
            title: method.title.to_owned(),
            tables,
            notes,
        });
        facts.extend(own.into_iter().map(|(weight, message)| Fact {
            section: method.name.to_owned(),
            message,
            weight,
        }));
    }
    report.profile.facts = Some(facts);
    Ok(())
}

/// What is asked, with the rows found.
fn asking(job: &Explain, read: &Read) -> Result<Asking> {
    let asked = &job.explaining;
    let singles: Result<Vec<Single>> = asked.rows.iter().map(|name| single(name, read)).collect();
    for name in &asked.features {
        if !read.features.list.iter().any(|own| own.name == *name) {
            let known: Vec<String> = read
                .features
                .list
                .iter()
                .map(|own| own.name.clone())
                .collect();
            let remedy = match crate::error::nearest(name, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("features: {}", crate::error::few(&known)),
            };
            return Err(Error::Flag {
                flag: "--feature",
                value: name.clone(),
                problem: "the model sees no such column",
                remedy,
            });
        }
    }
    let statistics = &job.audit.statistics;
    Ok(Asking {
        singles: singles?,
        features: asked.features.clone(),
        repeats: asked.repeats,
        confidence: statistics.confidence,
        min_group: statistics.min_group,
        seed: statistics.seed,
        alike: asked.alike,
    })
}

/// A row by its number, or by its id.
pub(super) fn single(name: &str, read: &Read) -> Result<Single> {
    let unknown = |problem, remedy: String| Error::Flag {
        flag: "--row",
        value: name.to_owned(),
        problem,
        remedy,
    };
    let rows = read.memory.len();
    let row = match &read.id {
        None => {
            let number = name.trim().parse::<usize>().ok();
            let at = number.and_then(|number| number.checked_sub(1));
            let at = at.filter(|&at| at < rows);
            at.ok_or_else(|| {
                let remedy =
                    format!("a number from 1 to {rows}; `--id COL` names rows by a column");
                unknown("there is no such row", remedy)
            })?
        }
        Some((column, id)) => {
            let mut found: Vec<usize> = match read.memory.column(*column) {
                Some(Held::Codes(keys, values)) => {
                    let is_own = |key: &u32| values[*key as usize].as_deref() == Some(name);
                    (0..rows)
                        .filter(|&row| is_own(&keys[row]))
                        .take(2)
                        .collect()
                }
                _ => Vec::new(),
            };
            match (found.pop(), found.is_empty()) {
                (Some(row), true) => row,
                (Some(_), false) => {
                    let remedy = "name it by its number, without `--id`".to_owned();
                    return Err(unknown("several rows have this id", remedy));
                }
                (None, _) => {
                    return Err(unknown(
                        "no row has this id",
                        format!("ids are those of `{id}`"),
                    ));
                }
            }
        }
    };
    if read.rows.groups[row] == NO_GROUP || read.rows.weights[row] <= 0.0 {
        let remedy = "rows without a weight, or left out by `--missing`, are not asked about";
        return Err(unknown("the row does not count", remedy.to_owned()));
    }
    Ok(Single {
        name: name.to_owned(),
        row: row as u32,
    })
}

/// What was asked, as settings.
fn settings(report: &mut Report, asked: &Explaining, model: &str) {
    let (alike, usual) = (asked.alike, Alike::default());
    let list = [
        ("model", model.to_owned(), asked.model.is_some()),
        (
            "surrogate",
            asked.surrogate.clone().unwrap_or_default(),
            true,
        ),
        ("only", asked.only.join(","), true),
        ("feature", asked.features.join(","), true),
        ("row", asked.rows.join(","), true),
        ("repeats", asked.repeats.to_string(), asked.repeats != 5),
        (
            "neighbors",
            alike.neighbors.to_string(),
            alike.neighbors != usual.neighbors,
        ),
        (
            "lipschitz",
            text_of_float(alike.most),
            alike.most != usual.most,
        ),
        (
            "examples",
            alike.examples.to_string(),
            alike.examples != usual.examples,
        ),
    ];
    for (name, value, is_typed) in list.into_iter().filter(|(_, value, _)| !value.is_empty()) {
        let setting = told::setting(value, is_typed);
        report.record.settings.insert(name.to_owned(), setting);
    }
}

/// Rows, notes and what the model is.
fn finish(
    report: &mut Report,
    source: &dyn read::Source,
    understood: &Understood,
    read: &Read,
    question: &Question,
) {
    let mut notes = question.notes.clone();
    notes.insert(
        0,
        if question.is_given {
            format!(
                "the table's own decisions are explained by what stands for them: {}",
                question.whole.about()
            )
        } else {
            format!("explained: {}", question.whole.about())
        },
    );
    told::finish(report, source, understood, read, notes);
}
