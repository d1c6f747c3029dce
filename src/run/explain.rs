//! Explaining: open, understand, load, put a model in question, ask it, report.
//!
//! Nothing is judged: the exit status is 0 whatever comes out. The model in question is one that is
//! named, a program too, else what stands for the table's own decisions, else one that is fitted to
//! the label.

use super::asked::{self, Model, flag};
use super::loaded::{self, Read, Wanted};
use super::question::{self, Asker, Known, OWN, Question};
use super::recording::Recording;
use super::{audit, config, frame, needless, profile, progress, style, threads, told};
use crate::cli::{Audit, Explain, Explaining};
use crate::data::{Plan, Reference};
use crate::error::{Error, Result, Unfit};
use crate::justice::recalled::Recalled;
use crate::justice::{Alike, Asking, Case, Subject};
use crate::profile::section::Found;
use crate::read::{self, text_of_float};
use crate::report::model::Report;
use crate::report::output::Outputs;
use crate::report::{label, whole};

/// Asks, answers, writes; the exit status.
pub fn explain(mut job: Explain) -> Result<u8> {
    let loaded = config::profile(&mut job.audit)?;
    let without = asked::without_control(&mut job.audit);
    let outputs = audit::outputs(&job.audit, &loaded)?;
    profile::fits(&outputs)?;
    asked::unjudged(&job.audit)?;
    let model = asked::model(&job.audit, (&job.fitting, &job.explaining), true)?;
    needless::refuse(&job, &model, false)?;
    audit::misspelt(&job.audit.table.inputs)?;
    let files = audit::files(&job.audit, &loaded);
    outputs.check(&files)?;
    let recording = Recording::begin(&job.audit, &loaded, model.path(&job.explaining))?;
    let made = threads::with(job.audit.table.threads, || made(&job, &outputs, &model));
    let mut report = made.map_err(|error| loaded.place(error))?;
    report.notes.extend(without);
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

/// A table that is asked about.
struct Inquiry<'a> {
    job: &'a Explain,
    known: Known<'a>,
    /// The group that gaps are to, where one was asked for.
    reference: Option<usize>,
}

/// Reads, asks, and makes the report.
fn made(job: &Explain, outputs: &Outputs, model: &Model) -> Result<Report> {
    let (audit, asked) = (&job.audit, &job.explaining);
    let source = read::open(&audit.table.inputs, &audit.table.reading)?;
    let source = source.as_ref();
    let mut understood = loaded::understood(audit, outputs, source)?;
    needless::refuse(job, model, !understood.plan.decisions.is_empty())?;
    let mut report = audit::empty(audit, source, &understood);
    let wanted = Wanted {
        model: model.document(),
        sent: model.sent(asked),
        ..Wanted::of(&job.fitting)
    };
    let read = loaded::table(audit, &wanted, source, &mut understood)?;
    for name in &asked.features {
        asked::feature("--feature", name, &read.features.list)?;
    }
    let given = frame::decisions(&read.memory, &understood.plan)?;
    let scores = frame::scores(&read.memory, &understood.plan);
    let inquiry = Inquiry {
        job,
        reference: reference(audit, &understood.plan, &read)?,
        known: Known {
            read: &read,
            plan: &understood.plan,
            given: &given,
            scores: &scores,
        },
    };
    let (name, notes) = match model {
        Model::Program(command) => (command.clone(), inquiry.program(command, &mut report)?),
        _ => inquiry.model(model, &mut report)?,
    };
    told::settings(&mut report, &job.fitting, &read.name, audit.statistics.seed);
    settings(&mut report, asked, &name);
    told::finish(&mut report, source, &understood, &read, notes);
    Ok(report)
}

impl Inquiry<'_> {
    fn asker(&self) -> Asker<'_> {
        let audit = &self.job.audit;
        Asker {
            explaining: &self.job.explaining,
            folds: self.job.fitting.folds,
            statistics: &audit.statistics,
            progress: audit.output.progress,
            needs_model: needless::needs_answers(&self.job.explaining),
        }
    }

    fn asking(&self, rows: &[u32]) -> Result<Asking> {
        let (asked, statistics) = (&self.job.explaining, &self.job.audit.statistics);
        Ok(Asking {
            singles: asked::singles(&asked.rows, self.known.read, rows)?,
            features: asked.features.clone(),
            repeats: asked.repeats,
            confidence: statistics.confidence,
            min_group: statistics.min_group,
            seed: statistics.seed,
            alike: asked.alike,
        })
    }

    /// A case of a model that is held against labels.
    fn case<'b>(
        &'b self,
        (rows, asking): (&'b [u32], &'b Asking),
        models: (&'b dyn Subject, &'b dyn Subject),
    ) -> Case<'b> {
        let read = self.known.read;
        Case {
            reference: self.reference,
            ..question::case(read, (rows, &read.rows.y), models, asking)
        }
    }

    /// What is said of a fitted or saved model, or of the table's own decisions; its name, and notes.
    fn model(&self, model: &Model, report: &mut Report) -> Result<(String, Vec<String>)> {
        let known = &self.known;
        let question = question::question(&self.asker(), model.document(), known)?;
        let (fitted, best) = &question.fitted;
        let held = fitted.get(*best).map(|own| own as &dyn Subject);
        let asking = self.asking(&question.rows)?;
        let models = (&*question.whole, held.unwrap_or(&*question.whole));
        let mut case = self.case((&question.rows, &asking), models);
        if question.is_given {
            (case.given, case.target) = (known.given, known.given);
            (case.stand_ins, case.chosen) = (fitted, *best);
            case.scores = known.scores;
        }
        self.answered(&case, report)?;
        let about = question.whole.about();
        let mut notes = vec![if question.is_given && !fitted.is_empty() {
            format!("{OWN} are explained by what stands for them: {about}")
        } else {
            format!("explained: {about}")
        }];
        notes.extend(question.notes.iter().cloned());
        Ok((question.model.clone(), notes))
    }

    /// What is said of a program; notes.
    fn program(&self, command: &str, report: &mut Report) -> Result<Vec<String>> {
        // A signal that ends this process ends the program too.
        whole::guard();
        let read = self.known.read;
        let program = asked::program(command, &self.job.explaining.sending, read);
        let recalled = Recalled::new(&program, &read.features.list, read.memory.len());
        let (scores, given) = question::answers(&recalled, read)?;
        let mut notes = vec![format!("explained: {}", program.about())];
        let stand_in = self.stand_in(&given, &mut notes)?;
        let asking = self.asking(&read.counted)?;
        let named = stand_in
            .as_ref()
            .filter(|_| self.job.explaining.surrogate.is_some());
        let whole = named.map_or(&recalled as &dyn Subject, |own| &*own.whole);
        let mut case = self.case((&read.counted, &asking), (whole, &recalled));
        (case.given, case.scores) = (&given, &scores);
        case.deciding = "the program's decisions";
        if let Some(question) = &stand_in {
            (case.stand_ins, case.chosen) = (&question.fitted.0, question.fitted.1);
        }
        let is_known = |row: &u32| read.rows.y[*row as usize].is_some();
        if !read.counted.iter().any(is_known) {
            case.target = &given;
            if needless::methods(&self.job.explaining)
                .iter()
                .any(|own| own.name == "importance")
            {
                let note = "without labels importance is held against the program's own decisions";
                notes.push(note.to_owned());
            }
        }
        self.answered(&case, report)?;
        notes.extend(asked::words(&program));
        Ok(notes)
    }

    /// What stands for the decisions of a program, where that is needed and can be.
    fn stand_in(
        &self,
        decisions: &[Option<bool>],
        notes: &mut Vec<String>,
    ) -> Result<Option<Question<'static>>> {
        let asked = &self.job.explaining;
        if !needless::is_stood_for(asked) {
            return Ok(None);
        }
        match question::surrogate(&self.asker(), &self.known, decisions) {
            Ok(question) => {
                notes.extend(question.notes.iter().cloned());
                Ok(Some(question))
            }
            Err(Error::Unfit(Unfit::OneClass | Unfit::FewRows { .. }))
                if asked.surrogate.is_none() =>
            {
                let note = "the program decides too many rows alike: no surrogate can stand for it";
                notes.push(note.to_owned());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Each method's section, and what deserves a look.
    fn answered(&self, case: &Case, report: &mut Report) -> Result<()> {
        let methods = needless::methods(&self.job.explaining);
        let steps = progress::Steps::new(self.job.audit.output.progress, methods.len());
        report.profile.facts = Some(Vec::new());
        for method in methods {
            steps.next(method.name);
            let found = (method.answer)(case)?;
            // Who asks for an answer by name is told that there is none.
            let found = found.or_else(|| {
                let notes = vec!["nothing can be said of it here".to_owned()];
                (!self.job.explaining.only.is_empty()).then(|| Found {
                    notes,
                    ..Found::default()
                })
            });
            if let Some(found) = found {
                told::section(report, (method.name, method.title, method.source), found);
            }
        }
        Ok(())
    }
}

/// The group that gaps are to, where one was asked for; none where the two furthest apart are.
fn reference(audit: &Audit, plan: &Plan, read: &Read) -> Result<Option<usize>> {
    if !audit.table.asked.sources.contains_key("reference") {
        return Ok(None);
    }
    // A policy file speaks for audits too, where a reference may be what no gap here can be to.
    let is_typed = audit.gate.sources.contains_key("reference");
    let refuse = |problem, remedy: &str| {
        let asked = audit.table.asked.reference.join(",");
        let error = flag("--reference", &asked, problem, remedy);
        if is_typed { Err(error) } else { Ok(None) }
    };
    let (default, named) = &plan.reference;
    let own = named.iter().find(|(name, _)| *name == read.name);
    let sizes = |group: usize| {
        let own = read
            .counted
            .iter()
            .filter(|row| read.rows.groups[**row as usize] as usize == group);
        own.count()
    };
    let groups = 0..read.rows.names.len();
    let called = |group: usize| label::joined(&read.rows.names[group], &read.name);
    let found = match own.map_or(default, |(_, reference)| reference) {
        _ if own.is_none() && !named.is_empty() => {
            let remedy = format!("a group of `{0}`: `--reference {0}=…`", read.name);
            return refuse("it is of another attribute than the groups here", &remedy);
        }
        Reference::Overall | Reference::Rest => {
            let problem = "a gap is taken apart between two groups";
            return refuse(problem, "name a group, or `largest`");
        }
        // Of the two that are furthest apart one is best.
        Reference::Best => return Ok(None),
        Reference::Largest => groups.rev().max_by_key(|group| sizes(*group)),
        Reference::Value(value) => groups.into_iter().find(|group| called(*group) == *value),
    };
    match found {
        Some(group) if (sizes(group) as u64) < audit.statistics.min_group => refuse(
            "the group has fewer rows than `--min-group`",
            "name another group",
        ),
        Some(group) => Ok(Some(group)),
        None => {
            let all: Vec<String> = (0..read.rows.names.len()).map(called).collect();
            let remedy = format!("groups: {}", crate::error::few(&all));
            refuse("there is no such group", &remedy)
        }
    }
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
    let all = list.into_iter().chain(asked::settings(&asked.sending));
    for (name, value, is_typed) in all.filter(|(_, value, _)| !value.is_empty()) {
        let setting = told::setting(value, is_typed);
        report.record.settings.insert(name.to_owned(), setting);
    }
}
