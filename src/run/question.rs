//! The model in question: found, or fitted to the table, whole and fold by fold.
//!
//! In: what was asked for, and the table in memory. Out: a [`Question`], with the model as it would
//! be used, the same on rows that it has not seen, and which rows these are.

use super::kept::{self, Kept as Parts};
use super::loaded::Read;
use super::progress;
use crate::cli::{Explaining, Statistics, When};
use crate::data::{Decision, Plan};
use crate::error::{Error, Result, Unfit};
use crate::fit::{self, LEARNERS, Model};
use crate::justice::model::{Baseline, Given, HeldOut, Kept, Whole};
use crate::justice::{Asked, Asking, Case, Subject};
use crate::mitigate::document::Document;
use crate::mitigate::trial::NO_GROUP;

/// Learners that are tried as what stands for decisions whose model is not known: what drives them
/// can be told exactly.
const STAND_INS: [&str; 2] = ["logistic", "tree"];
/// What is explained where nothing stands for the table's own decisions.
pub(super) const OWN: &str = "the table's own decisions";

/// Who asks, and how.
pub(super) struct Asker<'a> {
    /// Which model.
    pub explaining: &'a Explaining,
    /// Parts of the rows that are held out in turn.
    pub folds: usize,
    /// The seed.
    pub statistics: &'a Statistics,
    /// Whether progress is shown.
    pub progress: When,
    /// Whether anything is asked that the table's own decisions do not answer by themselves.
    pub needs_model: bool,
}

/// The table, and what it says itself.
pub(super) struct Known<'a> {
    pub read: &'a Read<'a>,
    pub plan: &'a Plan,
    /// Its own decision of every row; empty where it has none.
    pub given: &'a [Option<bool>],
    /// Its own score of every row; empty where it has none.
    pub scores: &'a [f64],
}

/// The model in question.
pub(super) struct Question<'a> {
    /// Its name.
    pub model: String,
    /// As it would be used.
    pub whole: Box<dyn Subject + 'a>,
    /// Those that were fitted to this table, on rows that they have not seen, and which of them it is.
    pub fitted: (Vec<HeldOut>, usize),
    /// Whether it stands for decisions whose model is not known.
    pub is_given: bool,
    /// The rows that can be asked about: those that count and that some model has not seen.
    pub rows: Vec<u32>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl<'a> Question<'a> {
    /// One that needs no fit.
    fn bare(model: String, whole: Box<dyn Subject + 'a>, read: &Read) -> Self {
        Self {
            model,
            whole,
            fitted: (Vec::new(), 0),
            is_given: false,
            rows: read.counted.clone(),
            notes: Vec::new(),
        }
    }
}

/// Refuses a stand-in for decisions where there are none, or several.
fn needed(surrogate: Option<&str>, is_given: bool, plan: &Plan) -> Result<()> {
    if is_given {
        alone(plan)?;
    }
    match surrogate {
        Some(name) if !is_given => Err(Error::Flag {
            flag: "--surrogate",
            value: name.to_owned(),
            problem: "it stands for the table's own decisions, and there are none",
            remedy: "`--model` says what is fitted to the label".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Refuses a second decision where the table's own are in question.
fn alone(plan: &Plan) -> Result<()> {
    let columns = plan.decisions.iter().filter_map(|own| match own {
        Decision::Column(column) => Some(column.name.as_str()),
        Decision::Threshold { .. } => None,
    });
    match columns.collect::<Vec<_>>()[..] {
        [first, second, ..] => Err(Error::Flag {
            flag: "--prediction",
            value: second.to_owned(),
            problem: "one decision is in question at a time",
            remedy: format!("name one: `-p {first} --ignore {second}`, or the other way round"),
        }),
        _ => Ok(()),
    }
}

/// Puts the model in question that was asked for, where it is no program.
pub(super) fn question<'a>(
    asker: &Asker,
    document: Option<&'a Document>,
    known: &Known<'a>,
) -> Result<Question<'a>> {
    let (asked, read) = (asker.explaining, known.read);
    if let Some(document) = document {
        let groups = (read.rows.names.as_slice(), read.name.as_str());
        let kept = Kept::new(document, asked.method.as_deref(), groups)?;
        let mut question = Question::bare(kept.about(), Box::new(kept), read);
        let note = "a saved model: whether it was fitted to these rows is not known here";
        question.notes.push(note.to_owned());
        return Ok(question);
    }
    let is_given = asked.model.is_none() && read.has_decisions;
    needed(asked.surrogate.as_deref(), is_given, known.plan)?;
    if is_given && !asker.needs_model {
        let own = Given {
            about: OWN,
            scores: known.scores,
            decisions: known.given,
        };
        let mut question = Question::bare("none".to_owned(), Box::new(own), read);
        question.is_given = true;
        return Ok(question);
    }
    if !is_given && known.plan.label.is_none() {
        return Err(Unfit::NoLabel.into());
    }
    if is_given {
        return surrogate(asker, known, known.given);
    }
    let tried = match &asked.model {
        Some(name) => fit::find(name).into_iter().collect(),
        None => vec![&LEARNERS[0]],
    };
    let mut question = fitted(asker, known, &tried, (&read.rows.y, "the label"))?;
    question.is_given = false;
    Ok(question)
}

/// Puts in question what stands for decisions whose model is not known.
pub(super) fn surrogate<'a>(
    asker: &Asker,
    known: &Known,
    decisions: &[Option<bool>],
) -> Result<Question<'a>> {
    let named = asker.explaining.surrogate.as_deref();
    let names = named.map_or(STAND_INS.to_vec(), |name| vec![name]);
    let tried: Vec<&Model> = names.into_iter().filter_map(fit::find).collect();
    fitted(asker, known, &tried, (decisions, "the decisions"))
}

/// Fits learners to outcomes, fold by fold, and the one that agrees most to all rows.
fn fitted<'a>(
    asker: &Asker,
    known: &Known,
    tried: &[&'static Model],
    (target, to): (&[Option<bool>], &str),
) -> Result<Question<'a>> {
    let read = known.read;
    let rows = rows(read, |row| target[row].is_some());
    let asked = kept::Asked {
        memory: &read.memory,
        nulls: &known.plan.nulls,
        count: asker.folds,
        seed: asker.statistics.seed,
    };
    let Parts { folds, notes, .. } = kept::kept(read.apart.as_ref(), &asked, (&read.rows, target))?;
    folds.check(&rows, target)?;
    let steps = progress::Steps::new(asker.progress, asker.folds * tried.len());
    let features = &read.features.list;
    let fitted_to = (target, read.rows.weights.as_slice(), asker.statistics.seed);
    let mut held: Vec<HeldOut> = Vec::new();
    for model in tried {
        let step = |fold: usize| steps.next(&format!("{}, fold {}", model.name, fold + 1));
        held.push(HeldOut::fit(
            model,
            features,
            (&rows, &folds),
            fitted_to,
            &step,
        )?);
    }
    let asked: Vec<u32> = rows
        .iter()
        .copied()
        .filter(|&row| folds.is_ever_held(row))
        .collect();
    let best = best(&held, read, (&asked, target))?;
    let model = tried[best];
    let whole = Baseline::fit(model, features, &rows, fitted_to)?;
    let counted = read.counted.iter().copied();
    Ok(Question {
        model: model.name.to_owned(),
        notes: notes.into_iter().chain(whole.notes.clone()).collect(),
        whole: Box::new(Whole {
            about: format!("{}, fitted to {to}", model.name),
            model: whole,
        }),
        fitted: (held, best),
        is_given: true,
        rows: counted.filter(|&row| folds.is_ever_held(row)).collect(),
    })
}

/// The one whose decisions agree most with what it was fitted to, on rows that it has not seen; the
/// first of equals.
fn best(held: &[HeldOut], read: &Read, (rows, target): (&[u32], &[Option<bool>])) -> Result<usize> {
    let columns: Vec<_> = read.features.list.iter().collect();
    let asked = Asked {
        columns: &columns,
        places: rows,
        rows,
        groups: &read.rows.groups,
    };
    let mut best = (0, -1.0);
    for (at, model) in held.iter().enumerate() {
        let scores = model.scores(&asked)?;
        let decided = model.decisions(&asked, &scores);
        let agreed: f64 = rows
            .iter()
            .zip(decided)
            .filter(|(row, decided)| *decided == target[**row as usize])
            .map(|(&row, _)| read.rows.weights[row as usize])
            .sum();
        if agreed > best.1 {
            best = (at, agreed);
        }
    }
    Ok(best.0)
}

/// Models, and rows that are held against `target`; no decisions are given.
pub(super) fn case<'a>(
    read: &'a Read,
    (rows, target): (&'a [u32], &'a [Option<bool>]),
    (whole, held): (&'a dyn Subject, &'a dyn Subject),
    asking: &'a Asking,
) -> Case<'a> {
    Case {
        features: &read.features.list,
        rows,
        groups: &read.rows.groups,
        names: &read.rows.names,
        attribute: &read.name,
        labels: &read.rows.y,
        given: &[],
        deciding: OWN,
        scores: &[],
        target,
        weights: &read.rows.weights,
        whole,
        held,
        stand_ins: &[],
        chosen: 0,
        reference: None,
        asking,
    }
}

/// Scores and decisions of every row that counts, by row of the table.
pub(super) fn answers(subject: &dyn Subject, read: &Read) -> Result<(Vec<f64>, Vec<Option<bool>>)> {
    let columns: Vec<_> = read.features.list.iter().collect();
    let asked = Asked {
        columns: &columns,
        places: &read.counted,
        rows: &read.counted,
        groups: &read.rows.groups,
    };
    let answered = subject.scores(&asked)?;
    let decided = subject.decisions(&asked, &answered);
    let mut scores = vec![f64::NAN; read.rows.groups.len()];
    let mut decisions = vec![None; scores.len()];
    for ((&row, score), decision) in read.counted.iter().zip(answered).zip(decided) {
        scores[row as usize] = score;
        decisions[row as usize] = decision;
    }
    Ok((scores, decisions))
}

/// Rows of a group and of some weight.
pub(super) fn rows(read: &Read, is_wanted: impl Fn(usize) -> bool) -> Vec<u32> {
    let all = 0..read.rows.groups.len();
    all.filter(|&row| {
        read.rows.groups[row] != NO_GROUP && read.rows.weights[row] > 0.0 && is_wanted(row)
    })
    .map(|row| row as u32)
    .collect()
}
