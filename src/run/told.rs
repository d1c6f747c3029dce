//! What is said of a run of `mitigate`, `explain` or `counterfactual`: its settings, sections, notes.

use std::collections::BTreeSet;

use ndarray::Array2;

use super::audit;
use super::loaded::Read;
use super::trade::Remedy;
use super::tried::Tried;
use crate::cli::Fitting;
use crate::data::guess::Understood;
use crate::data::infer::NO_DECISION;
use crate::data::{Role, Setting, SettingSource, words};
use crate::fit;
use crate::mitigate::trial::{Outcome, Solved, Whole};
use crate::mitigate::{Mitigation, Stage, Training, constrained};
use crate::policy;
use crate::profile::section::{Fact, Found, Section};
use crate::read::Source;
use crate::report::label;
use crate::report::model::Report;

/// Settings of a gate: nothing is judged.
const JUDGING: [&str; 4] = ["adjust", "decide", "policy", "fail_on"];

/// A setting that was typed, or that is what nobody said otherwise.
pub fn setting(value: String, is_typed: bool) -> Setting {
    let source = if is_typed {
        SettingSource::Flag
    } else {
        SettingSource::Default
    };
    Setting {
        value,
        source,
        why: None,
    }
}

/// A setting, and who chose it; where nobody did, it is what it is by itself.
pub fn chosen(value: String, source: Option<SettingSource>) -> Setting {
    Setting {
        value,
        source: source.unwrap_or(SettingSource::Default),
        why: None,
    }
}

/// What was asked of the fitting, as settings.
pub fn settings(report: &mut Report, fitting: &Fitting, attribute: &str, seed: u64) {
    let settings = &mut report.record.settings;
    settings.retain(|name, _| !JUDGING.contains(&name.as_str()));
    let list = [
        (
            "model",
            fitting.model.clone(),
            fitting.model != fit::LEARNERS[0].name,
        ),
        ("method", fitting.methods.join(","), true),
        ("folds", fitting.folds.to_string(), fitting.folds != 5),
        ("fold_by", fitting.fold_by.clone().unwrap_or_default(), true),
        (
            "fold_time",
            fitting.fold_time.clone().unwrap_or_default(),
            true,
        ),
        (
            "attribute",
            attribute.to_owned(),
            fitting.attribute.is_some(),
        ),
        ("text", fitting.text.join(","), true),
        ("features", fitting.features.join(","), true),
        (
            "with_sensitive",
            fitting.with_sensitive.to_string(),
            fitting.with_sensitive,
        ),
        ("seed", seed.to_string(), seed != 0),
    ];
    for (name, value, given) in list {
        if !value.is_empty() && value != "false" {
            let setting = setting(value, given);
            settings.entry(name.to_owned()).or_insert(setting);
        }
    }
    report.verdict.status = policy::Status::Pass;
    report.verdict.exit_code = 0;
    "none".clone_into(&mut report.verdict.policy);
}

/// Puts what was found into the report, with what stands behind it.
pub fn section(report: &mut Report, (name, title, source): (&str, &str, &str), found: Found) {
    let Found {
        tables,
        mut notes,
        facts,
    } = found;
    if !source.is_empty() {
        notes.push(format!("source: {source}"));
    }
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

/// What each remedy did to all rows, and what is left of a constraint on held-out rows; of a run that
/// was stopped, what is known of its last fold.
pub fn said(remedies: &[&Mitigation], tried: &Tried, read: &Read) -> Vec<Remedy> {
    let mut solved = tried.whole.solved.iter();
    let each = remedies.iter().zip(&tried.outcomes);
    let said = each.filter_map(|(remedy, outcome)| {
        let solved = solved.next();
        if outcome.failed.is_some() {
            return None;
        }
        let mut parts = match solved {
            Some(solved) => did(remedy, solved.as_ref().ok()?, &tried.whole, read),
            None => outcome.notes.clone(),
        };
        parts.extend(left(remedy, outcome, read));
        Some(Remedy {
            name: remedy.name.to_owned(),
            stage: remedy.stage.name(),
            source: remedy.source,
            did: parts.join("; "),
        })
    });
    said.collect()
}

/// What a remedy did to all rows.
fn did(remedy: &Mitigation, solved: &Solved, whole: &Whole, read: &Read) -> Vec<String> {
    let first = match remedy.stage {
        Stage::None | Stage::In(_) => None,
        Stage::Pre(_) => weights_said(solved.weights.as_deref(), whole, read),
        Stage::Post(_) => {
            let groups = read.rows.names.iter().enumerate();
            let groups = groups.map(|(at, group)| {
                format!("{} {}", label::joined(group, &read.name), solved.said(at))
            });
            let what = if solved.around.curves.is_empty() {
                "thresholds"
            } else {
                "scores"
            };
            Some(format!("{what} {}", groups.collect::<Vec<_>>().join(", ")))
        }
    };
    first
        .into_iter()
        .chain(solved.notes.iter().cloned())
        .collect()
}

/// How far what fair training makes equal lies apart on rows that were not fitted to.
fn left(remedy: &Mitigation, outcome: &Outcome, read: &Read) -> Option<String> {
    let equal = constrained::equal(remedy).filter(|_| outcome.failed.is_none())?;
    let rows = &read.rows;
    let kept = |&row: &usize| {
        rows.y[row].is_some() && rows.weights[row] > 0.0 && outcome.scores[row].is_finite()
    };
    let kept: Vec<usize> = (0..rows.y.len()).filter(kept).collect();
    if kept.is_empty() {
        return None;
    }
    let groups: Vec<u32> = kept.iter().map(|&row| rows.groups[row]).collect();
    let y: Vec<bool> = kept.iter().map(|&row| rows.y[row] == Some(true)).collect();
    let weights: Vec<f64> = kept.iter().map(|&row| rows.weights[row]).collect();
    let scores: Vec<f64> = kept.iter().map(|&row| outcome.scores[row]).collect();
    let nothing = Array2::zeros((kept.len(), 0));
    let held = Training {
        x: nothing.view(),
        names: &[],
        groups: &groups,
        count: rows.names.len(),
        y: &y,
        weights: &weights,
        seed: 0,
    };
    let apart = constrained::apart(&held, equal, &scores);
    Some(format!("held out they differ by {apart:.1e} at most"))
}

/// By how much rows count for more or less than before; none where they do not.
fn weights_said(weights: Option<&[f64]>, whole: &Whole, read: &Read) -> Option<String> {
    let before = whole
        .rows
        .iter()
        .map(|&row| read.rows.weights[row as usize]);
    let factors = weights.unwrap_or_default().iter().zip(before);
    let factors: Vec<f64> = factors.map(|(after, before)| after / before).collect();
    let low = factors.iter().copied().fold(f64::INFINITY, f64::min);
    let high = factors.iter().copied().fold(0.0, f64::max);
    let is_changed = low < 1.0 || high > 1.0;
    is_changed.then(|| format!("weights {low:.2} to {high:.2}"))
}

/// Rows, and notes: of the table, of what was `fitted`, then those that the report has.
pub fn finish(
    report: &mut Report,
    source: &dyn Source,
    understood: &Understood,
    read: &Read,
    fitted: Vec<String>,
) {
    audit::count_rows(report, &read.seen);
    audit::spell(report, understood, &read.seen);
    let is_needless = |note: &String| NO_DECISION.iter().any(|start| note.starts_with(start));
    let mut notes = understood.notes.clone();
    notes.retain(|note| !is_needless(note));
    notes.extend(read.seen.notes.clone());
    notes.extend(source.notes());
    notes.extend(read.features.notes.clone());
    notes.extend(decided(read));
    notes.extend(fitted);
    notes.append(&mut report.notes);
    let mut known = BTreeSet::new();
    notes.retain(|note| known.insert(note.clone()));
    report.notes = notes;
    let inputs = report.record.inputs.iter_mut();
    for (at, input) in inputs.enumerate().filter(|(_, input)| input.rows.is_none()) {
        input.rows = Some(read.seen.inputs.get(at).copied().unwrap_or(0));
    }
}

/// Which features look like the outcome of another model.
fn decided(read: &Read) -> Option<String> {
    let is_exact = |name: &str| {
        let roles = [Role::Prediction, Role::Score];
        roles
            .iter()
            .any(|role| words::strength(name, *role) == words::EXACT)
    };
    let names = read.features.list.iter().map(|feature| &*feature.name);
    let names: Vec<&str> = names.filter(|name| is_exact(name)).collect();
    let list = names.join(",");
    (!names.is_empty()).then(|| {
        format!(
            "by their names, features hold what another model made of these rows: `--ignore {list}` \
             leaves them out"
        )
    })
}

/// Which groups are in no gap, since they are small.
pub fn small(read: &Read, min_group: u64) -> Option<String> {
    let mut rows = vec![0_u64; read.rows.names.len()];
    for &group in &read.rows.groups {
        if let Some(rows) = rows.get_mut(group as usize) {
            *rows += 1;
        }
    }
    let is_small = |rows: &u64| *rows < min_group;
    let few: Vec<String> = read
        .rows
        .names
        .iter()
        .zip(&rows)
        .filter(|(_, rows)| is_small(rows))
        .map(|(group, _)| format!("`{}`", label::joined(group, &read.name)))
        .collect();
    if few.is_empty() {
        return None;
    }
    let has_two = rows.len() - few.len() >= 2;
    let what = if has_two {
        "in no gap of the comparison"
    } else {
        "in the gaps all the same, since no two groups have as many"
    };
    let few = crate::error::few(&few);
    Some(format!("of fewer than {min_group} rows, {what}: {few}"))
}
