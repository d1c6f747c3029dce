//! Every remedy tried: fold by fold, then on all rows, until it is done or the user stops it.
//!
//! In: the table, what is to be fitted. Out: a [`Tried`], every scenario tallied on the same rows. Who
//! presses Ctrl-C keeps the folds that are done; where none is, there is nothing to report.

use super::kept::{self, Asked};
use super::loaded::Read;
use super::mitigate::measured;
use super::progress;
use super::scenarios::{self, Scenario};
use super::stop::Stop;
use crate::cli::Mitigate;
use crate::data::Plan;
use crate::error::{Error, Result, few};
use crate::fit::Model;
use crate::fit::split::Folds;
use crate::mitigate::Mitigation;
use crate::mitigate::trial::{Frame, Outcome, Whole};
use crate::report::label;
use crate::report::model::Report;

/// Every remedy tried.
pub struct Tried {
    /// Each on the rows that were held out.
    pub scenarios: Vec<Scenario>,
    /// The remedies as they would be used.
    pub whole: Whole,
    /// In the order of the remedies.
    pub outcomes: Vec<Outcome>,
    /// Which rows were held out when.
    pub folds: Folds,
    /// What is to be known of the matrix of the last fold.
    pub notes: Vec<String>,
}

impl Tried {
    /// Whether every remedy was fitted to all rows, or could not be.
    pub fn is_whole(&self) -> bool {
        self.whole.is_done
    }
}

/// Every remedy on held-out rows, tallied; and on all rows.
pub(super) fn tried(
    job: &Mitigate,
    read: &mut Read,
    plan: &Plan,
    (model, remedies): (&Model, &[&Mitigation]),
    report: &mut Report,
) -> Result<Tried> {
    let statistics = &job.audit.statistics;
    let (seed, folds) = (statistics.seed, job.fitting.folds);
    let rows = &read.rows;
    let asked = Asked {
        memory: &read.memory,
        nulls: &plan.nulls,
        count: folds,
        seed,
    };
    let mut kept = kept::kept(read.apart.as_ref(), &asked, (rows, &rows.y))?;
    let frame = Frame {
        features: &read.features.list,
        groups: &rows.groups,
        count: rows.names.len(),
        y: &rows.y,
        weights: &rows.weights,
        folds: &kept.folds,
        seed,
    };
    frame.check(&read.name)?;
    let steps = progress::Steps::new(job.audit.output.progress, (folds + 1) * remedies.len());
    let (crossed, whole) = Stop::watch(|stop| {
        let crossed = frame.cross(model, remedies, &|fold, name| {
            steps.next(&format!("fold {} of {folds}, {name}", fold + 1));
            !stop.is_asked()
        })?;
        let whole = if crossed.done < folds {
            Whole::default()
        } else {
            frame.whole(model, remedies, &|name| {
                steps.next(&format!("all rows, {name}"));
                !stop.is_asked()
            })?
        };
        Ok::<_, Error>((crossed, whole))
    })?;
    drop(steps);
    if crossed.done == 0 {
        return Err(Error::Stopped);
    }
    if !whole.is_done {
        report.verdict.exit_code = STOPPED;
        report.notes.push(stopped(job, crossed.done));
    }
    kept.folds.stop(crossed.done);
    let measured = measured(plan, &read.attribute, statistics);
    report.notes.append(&mut kept.notes);
    report.notes.extend(unlearnt(&crossed.unseen, read));
    let plan = scenarios::parted(&mut read.memory, plan, seed, &kept);
    let mut scenarios = scenarios::as_given(&read.memory, &plan, &measured)?;
    let (memory, notes_of) = (&mut read.memory, &mut report.notes);
    for (remedy, outcome) in remedies.iter().zip(&crossed.outcomes) {
        if let Some(why) = &outcome.failed {
            notes_of.push(format!("{} is left out: {why}", remedy.name));
            continue;
        }
        let named = (remedy.name, remedy.stage.name());
        let made = scenarios::of_outcome(memory, &plan, &measured, named, outcome)?;
        scenarios.push(made);
    }
    Ok(Tried {
        scenarios,
        whole,
        outcomes: crossed.outcomes,
        folds: kept.folds,
        notes: crossed.notes,
    })
}

/// Which groups folds hold out and learn nothing of.
fn unlearnt(unseen: &[(usize, Vec<u32>)], read: &Read) -> Option<String> {
    let name = |group: &u32| {
        let values = read.rows.names.get(*group as usize)?;
        Some(format!("`{}`", label::joined(values, &read.name)))
    };
    let each = unseen.iter().map(|(fold, groups)| {
        let names: Vec<String> = groups.iter().filter_map(name).collect();
        format!("fold {} of {}", fold + 1, few(&names))
    });
    let each: Vec<String> = each.collect();
    (!each.is_empty()).then(|| {
        format!(
            "groups of `{}` that are held out where no row of theirs is learnt from: {}",
            read.name,
            few(&each)
        )
    })
}

/// The exit status of what Ctrl-C ended.
const STOPPED: u8 = 130;

/// What a run that was stopped lacks.
fn stopped(job: &Mitigate, done: usize) -> String {
    let fitting = &job.fitting;
    let folds = fitting.folds;
    let what = if done < folds {
        format!("{done} of {folds} folds were done, scenarios are measured on their rows alone")
    } else {
        "all folds were done, but not every model of all rows".to_owned()
    };
    let files = [
        ("--weights-out", fitting.weights_out.is_some()),
        ("--model-out", fitting.model_out.is_some()),
        ("--record", job.audit.output.record.is_some()),
    ];
    let files: Vec<&str> = files
        .into_iter()
        .filter_map(|(flag, is_asked)| is_asked.then_some(flag))
        .collect();
    let mut note = format!("stopped by the user: {what}");
    if !files.is_empty() {
        note += &format!("; nothing is written for {}", files.join(" and "));
    }
    if let Some(path) = &fitting.refit {
        let path = path.display();
        note += &format!("; what changed since `{path}` is not known without models of all rows");
    }
    note
}
