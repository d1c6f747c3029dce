//! The model in question: found, or fitted to the table, whole and fold by fold.
//!
//! In: what was asked for, and the table in memory. Out: a [`Question`], with the model as it would
//! be used and the same on rows that it has not seen.

use super::loaded::Read;
use super::progress;
use crate::cli::{Explaining, Statistics, When};
use crate::data::{Decision, Plan};
use crate::error::{Result, Unfit};
use crate::fit::{self, LEARNERS, Model, split};
use crate::justice::model::{Baseline, HeldOut, Kept, Whole};
use crate::justice::{Asked, Subject};
use crate::mitigate::document::Document;
use crate::mitigate::trial::NO_GROUP;

/// Learners that are tried as what stands for the table's own decisions: what drives them can be
/// told exactly.
const STAND_INS: [&str; 2] = ["logistic", "tree"];

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
}

/// The model in question.
pub(super) struct Question<'a> {
    /// Its name.
    pub model: String,
    /// As it would be used.
    pub whole: Box<dyn Subject + 'a>,
    /// Those that were fitted to this table, on rows that they have not seen, and which of them it is.
    pub fitted: (Vec<HeldOut>, usize),
    /// Whether it stands for the table's own decisions.
    pub is_given: bool,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// Refuses a stand-in for decisions where there are none, or several.
fn needed(surrogate: Option<&str>, is_given: bool, plan: &Plan) -> Result<()> {
    if is_given {
        alone(plan)?;
    }
    match surrogate {
        Some(name) if !is_given => Err(crate::error::Error::Flag {
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
        [first, second, ..] => Err(crate::error::Error::Flag {
            flag: "--prediction",
            value: second.to_owned(),
            problem: "one decision is in question at a time",
            remedy: format!("name one: `-p {first} --ignore {second}`, or the other way round"),
        }),
        _ => Ok(()),
    }
}

/// Puts the model in question that was asked for; `given` are the table's own decisions.
pub(super) fn question<'a>(
    asker: &Asker,
    document: Option<&'a Document>,
    (read, plan, given): (&Read, &Plan, &[Option<bool>]),
) -> Result<Question<'a>> {
    let asked = asker.explaining;
    if let Some(document) = document {
        let groups = (read.rows.names.as_slice(), read.name.as_str());
        let kept = Kept::new(document, asked.method.as_deref(), groups)?;
        return Ok(Question {
            model: kept.about(),
            whole: Box::new(kept),
            fitted: (Vec::new(), 0),
            is_given: false,
            notes: vec![
                "a saved model: whether it was fitted to these rows is not known here".to_owned(),
            ],
        });
    }
    let is_given = asked.model.is_none() && read.has_decisions;
    needed(asked.surrogate.as_deref(), is_given, plan)?;
    if !is_given && plan.label.is_none() {
        return Err(Unfit::NoLabel.into());
    }
    let named = if is_given {
        &asked.surrogate
    } else {
        &asked.model
    };
    let tried: Vec<&Model> = match (named, is_given) {
        (Some(name), _) => fit::find(name).into_iter().collect(),
        (None, true) => STAND_INS
            .iter()
            .filter_map(|name| fit::find(name))
            .collect(),
        (None, false) => vec![&LEARNERS[0]],
    };
    let target = if is_given {
        given
    } else {
        read.rows.y.as_slice()
    };
    let rows = rows(read, |row| target[row].is_some());
    let folds = folds(asker, read, (&rows, target))?;
    let steps = progress::Steps::new(asker.progress, asker.folds * tried.len());
    let features = &read.features.list;
    let fitted_to = (target, read.rows.weights.as_slice(), asker.statistics.seed);
    let mut held: Vec<HeldOut> = Vec::new();
    for model in &tried {
        let step = |fold: usize| steps.next(&format!("{}, fold {}", model.name, fold + 1));
        let own = (rows.as_slice(), folds.clone());
        held.push(HeldOut::fit(model, features, own, fitted_to, &step)?);
    }
    let best = best(&held, read, (&rows, target))?;
    let model = tried[best];
    let fitted = Baseline::fit(model, features, &rows, fitted_to)?;
    let to = if is_given {
        "the decisions"
    } else {
        "the label"
    };
    let notes = fitted.notes.clone();
    let whole = Whole {
        about: format!("{}, fitted to {to}", model.name),
        model: fitted,
    };
    Ok(Question {
        model: model.name.to_owned(),
        whole: Box::new(whole),
        fitted: (held, best),
        is_given,
        notes,
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

/// Rows of a group and of some weight.
pub(super) fn rows(read: &Read, is_wanted: impl Fn(usize) -> bool) -> Vec<u32> {
    let all = 0..read.rows.groups.len();
    all.filter(|&row| {
        read.rows.groups[row] != NO_GROUP && read.rows.weights[row] > 0.0 && is_wanted(row)
    })
    .map(|row| row as u32)
    .collect()
}

/// The fold of each row: of each group and outcome as many in each.
fn folds(asker: &Asker, read: &Read, (rows, target): (&[u32], &[Option<bool>])) -> Result<Vec<u8>> {
    let folds = asker.folds;
    let mut counts = [0_usize; 2];
    for &row in rows {
        counts[usize::from(target[row as usize] == Some(true))] += 1;
    }
    let rarer = counts[0].min(counts[1]);
    if rarer == 0 {
        return Err(Unfit::OneClass.into());
    }
    if rarer < folds {
        return Err(Unfit::FewRows { rows: rarer, folds }.into());
    }
    let groups = read.rows.names.len() as u32 + 1;
    let strata = read.rows.groups.iter().zip(target).map(|(&group, target)| {
        let group = group.min(groups - 1);
        target.map_or(2, u32::from) * groups + group
    });
    let strata: Vec<u32> = strata.collect();
    Ok(split::folds(&strata, folds, asker.statistics.seed))
}
