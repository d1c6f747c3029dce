//! `--justice`: a model is asked about the rows of an audit, and its answers become columns: tallied,
//! measured and judged as the table's own are.
//!
//! In: the open table, and who is asked: a program, a saved model, or a surrogate of the table's own
//! decisions. Out: numbers in the report's groups and comparisons, and a [`Heard`]. Of a surrogate
//! that decides otherwise than the table too often nothing more is told than that.

use std::path::Path;

use super::asked::{self, Model, flag};
use super::inquiry::{Question, splits};
use super::loaded::{self, Read, Wanted};
use super::{declared, frame, judge, told};
use crate::cli::{Audit, FOLDS, Fitting, Justice};
use crate::data::{Favorable, Plan};
use crate::error::Result;
use crate::fit;
use crate::justice::{Alike, Asking};
use crate::mitigate::document::{Document, Remedied};
use crate::profile::section::Section;
use crate::read::Source;
use crate::report::model::Report;
use crate::report::output::Outputs;

/// What was asked, and of whom.
#[derive(Default)]
pub(super) struct Heard {
    /// Who was asked, in words.
    pub about: String,
    /// The same of ways, which are of the model as it would be used; nothing where there are none.
    pub ways_about: String,
    /// Whether ways were found by trying.
    pub has_searched: bool,
    /// Where it is said how the model was trained, and whether that is a record; nothing of one that
    /// was fitted here.
    pub training: Option<(String, bool)>,
    /// Why nothing is told of flips and ways, if nothing is.
    pub withheld: Option<String>,
    /// Flips by pair of groups, and ways, in full.
    pub sections: Vec<Section>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// Who is asked, where anybody is; refused before anything is read.
pub(super) fn who(job: &Audit) -> Result<Option<Model>> {
    let Some(justice) = job.justice.as_deref() else {
        return Ok(None);
    };
    if let Some(k) = job.statistics.suppress {
        let problem = "numbers of models cannot be kept from telling small counts";
        let remedy = "leave out `--justice`; ask in a run that is not published";
        return Err(flag("--suppress", &k.to_string(), problem, remedy));
    }
    if let Some(path) = &job.gate.sequential {
        let problem =
            "it keeps counts of all nights, and no rows that a model could be asked about";
        let remedy = "leave out `--justice`; ask in a run of its own";
        let path = path.display().to_string();
        return Err(flag("--sequential", &path, problem, remedy));
    }
    let asked = &justice.explaining;
    if let Some(name) = asked
        .model
        .as_deref()
        .filter(|name| fit::find(name).is_some())
    {
        let problem = "it would be fitted to the labels, and made none of these decisions";
        let remedy = format!("`fair-audit counterfactual --model {name}` asks it");
        return Err(flag("--model", name, problem, &remedy));
    }
    asked::model(job, (&Fitting::default(), asked), false).map(Some)
}

/// The file that a model is saved in, which a record names.
pub(super) fn file<'a>(job: &'a Audit, who: Option<&Model>) -> Option<&'a Path> {
    who?.path(&job.justice.as_deref()?.explaining)
}

/// Reads the whole table, asks, and puts what comes of it into the report.
pub(super) fn hear(
    job: &Audit,
    model: &Model,
    (outputs, source): (&Outputs, &dyn Source),
    report: &mut Report,
) -> Result<Heard> {
    let Some(justice) = job.justice.as_deref() else {
        return Ok(Heard::default());
    };
    if !source.rereadable() {
        let problem = "what came through a pipe is gone, and no model can be asked about it";
        let remedy = "save it to a file, and name that";
        return Err(flag("--justice", &source.first_path(), problem, remedy));
    }
    let mut understood = loaded::understood(job, outputs, source)?;
    let fitting = Fitting {
        folds: FOLDS,
        attribute: match model {
            Model::Saved(document, _) if needs_group(document, justice) => {
                Some(document.recipe.attribute.clone())
            }
            _ => None,
        },
        // A surrogate may rest on all that the decisions may rest on.
        with_sensitive: true,
        ..Fitting::default()
    };
    let wanted = Wanted {
        model: model.document(),
        sent: model.sent(&justice.explaining),
        ..Wanted::of(&fitting)
    };
    let mut read = loaded::table(job, &wanted, source, &mut understood)?;
    let plan = &understood.plan;
    let given = frame::decisions(&read.memory, plan)?;
    let splits = splits(&read, plan)?;
    let statistics = &job.statistics;
    let asking = Asking {
        singles: Vec::new(),
        features: Vec::new(),
        repeats: 2,
        confidence: statistics.confidence,
        min_group: statistics.min_group,
        seed: statistics.seed,
        alike: Alike::default(),
    };
    let sources = &job.table.asked.sources;
    let declared = declared::declared((&justice.countering, sources), &read, plan)?;
    let (replies, mut heard) = {
        let question = Question {
            read: &read,
            given: &given,
            splits: &splits,
            asking: &asking,
            declared: &declared,
            favorable: plan.favorable == Favorable::Positive,
        };
        match model {
            Model::Program(command) => question.program(command, justice)?,
            Model::Saved(document, is_record) => question.saved((document, *is_record), justice)?,
            Model::Fitted => question.surrogate(job, plan)?,
        }
    };
    settings(report, job, (justice, &heard));
    replies.fill(&mut read.memory, (plan, &given), asking.confidence, report)?;
    heard.notes.extend(unasked(&read, plan));
    Ok(heard)
}

/// Whether the model that is asked, the first where none is named, decides by the group.
fn needs_group(document: &Document, justice: &Justice) -> bool {
    let method = justice.explaining.method.as_deref();
    let mut models = document.models.iter();
    let own = |model: &&Remedied| method.is_none_or(|name| model.scenario == name);
    models.find(own).is_some_and(Remedied::needs_group)
}

/// What was asked, as settings.
fn settings(report: &mut Report, job: &Audit, (justice, heard): (&Justice, &Heard)) {
    let (asked, own) = (&justice.explaining, &justice.countering);
    let threshold = asked.sending.threshold;
    let threshold = threshold.map_or(String::new(), |x| x.to_string());
    let ways = if heard.has_searched {
        judge::BY_TRYING
    } else {
        ""
    };
    let list = [
        ("justice", "true".to_owned(), true),
        ("model", heard.about.clone(), asked.model.is_some()),
        ("method", asked.method.clone().unwrap_or_default(), true),
        ("ways", ways.to_owned(), false),
        ("model_columns", asked.sending.columns.join(","), true),
        ("model_threshold", threshold, true),
    ];
    for (name, value, is_typed) in list.into_iter().filter(|(_, value, _)| !value.is_empty()) {
        let setting = told::setting(value, is_typed);
        report.record.settings.insert(name.to_owned(), setting);
    }
    let sources = &job.table.asked.sources;
    for (name, value) in declared::settings(own) {
        if !value.is_empty() {
            let setting = told::chosen(value, sources.get(name).copied());
            report.record.settings.insert(name.to_owned(), setting);
        }
    }
}

/// What cannot be flipped, and what a reader should know of features.
fn unasked(read: &Read, plan: &Plan) -> Vec<String> {
    let mut notes = read.features.notes.clone();
    let banded = plan.splits.iter().filter(|split| split.bands.is_some());
    notes.extend(banded.map(|split| {
        format!(
            "`{}` is bands of numbers, and no value that rows could be thought into",
            split.name
        )
    }));
    notes
}
