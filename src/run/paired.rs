//! Two tables of the same rows, or two decisions of one: the rows by both decisions.
//!
//! In: two tables as they were named. Out: whether they are the same rows, which is said either way,
//! and then every group's rows by label and both decisions.

use std::ffi::OsStr;
use std::path::Path;

use super::pass;
use crate::cli::Audit;
use crate::data::guess::{Asked, Understood};
use crate::data::{Decision, Outcome, Plan, Role, Split};
use crate::error::{Error, Result, Table};
use crate::policy::Pairing;
use crate::read::join::Joined;
use crate::read::same::{self, Joint, Same};
use crate::read::{self, Source};
use crate::tally::cell::{MISSING, NEGATIVE, POSITIVE};
use crate::tally::{Seen, Tally, sample};

/// What two tables are to each other.
pub struct Rows {
    /// The rows by both decisions, where they are the same rows.
    pub pairing: Option<Pairing>,
    /// What a reader should know of it.
    pub note: String,
    /// What is asked of the first table with the second one beside it, where the second one holds
    /// decisions and not what is needed to audit it alone.
    pub beside: Option<Asked>,
}

/// Whether two tables are the same rows, and then the rows by both decisions.
///
/// # Errors
/// What stops an audit of the first one; a second one that holds decisions alone and fits no rows.
pub fn rows(job: &Audit, [a, b]: [&OsStr; 2]) -> Result<Rows> {
    let names = [a, b].map(|side| side.to_string_lossy().into_owned());
    let [first_name, second_name] = &names;
    let reading = &job.table.reading;
    let is_there = |side: &OsStr| Path::new(side).is_file() || Path::new(side).is_dir();
    if ![a, b].into_iter().all(is_there) {
        return Ok(apart(&names, "a pipe can be read only once"));
    }
    if reading.predictions.is_some() {
        return Ok(apart(&names, "both take their decisions from one file"));
    }
    let open = |side: &OsStr| read::table(&[side.to_owned()], reading);
    let (first, second) = (open(a)?, open(b)?);
    let asked = |name: &String| Asked {
        inputs: vec![name.clone()],
        ..job.table.asked.clone()
    };
    let of_first = sample::understand(&*first, &asked(first_name))?;
    let of_second = sample::understand(&*second, &asked(second_name));
    let is_bare = matches!(
        of_second,
        Err(Error::NoSensitive { .. } | Error::NoColumn { .. })
    );
    let joint = match same::open(first, second, reading.id.as_deref())? {
        Same::Rows(joint) => joint,
        Same::Apart(error) if is_bare => return Err(error),
        Same::Apart(error) => return Ok(apart(&names, &why(&error, &names))),
    };
    let how = match (&joint.id, &reading.id) {
        (Some(id), Some(_)) => format!("are the same rows, joined by `{id}`"),
        (Some(id), None) => format!("are joined by `{id}`, the column that both have"),
        (None, _) => "are taken for the same rows in the same order".to_owned(),
    };
    let joined = &joint.joined;
    let (second, beside) = if is_bare {
        let asked = beside(asked(first_name), joined, decision(&of_first));
        let second = decision(&sample::understand(joined, &asked)?).cloned();
        if second.as_ref().is_none_or(|it| it.column < joined.own()) {
            return Err(Error::Flag {
                flag: "compare",
                value: second_name.clone(),
                problem: "no decisions are known in it",
                remedy: "call them as in the other one, or `pred`".to_owned(),
            });
        }
        (second, Some(asked))
    } else {
        let of_second = of_second?;
        if let Some(why) = differ(&joint, &of_first.plan, &of_second.plan, &names)? {
            return Ok(apart(&names, &why));
        }
        (decision(&of_second).and_then(|it| placed(it, joined)), None)
    };
    let one = "only rows with one column of decisions in each are paired";
    Ok(match (decision(&of_first), second) {
        (Some(_), Some(second)) => Rows {
            pairing: Some(by_both(joined, of_first, second)?),
            note: format!("{first_name} and {second_name} {how}: changes are paired"),
            beside,
        },
        _ => Rows {
            beside,
            ..apart(&names, one)
        },
    })
}

/// Two tables that are not of the same rows.
fn apart([first, second]: &[String; 2], why: &str) -> Rows {
    Rows {
        pairing: None,
        note: format!("{first} and {second} are compared as other rows: {why}"),
        beside: None,
    }
}

/// A decision of the second table as a column of the joined one.
fn placed(second: &Outcome, joined: &Joined) -> Option<Outcome> {
    let column = joined.beside(second.column)?;
    Some(Outcome {
        column,
        name: joined.columns()[column].name.clone(),
        positive: second.positive.clone(),
    })
}

/// Why the rows of two tables are not the same, though they could be joined.
fn differ(
    joint: &Joint,
    first: &Plan,
    second: &Plan,
    names: &[String; 2],
) -> Result<Option<String>> {
    let [first_name, second_name] = names;
    if first.count.is_some() {
        return Ok(Some("a line stands for several rows".to_owned()));
    }
    if joint.left > 0 {
        let left = joint.left;
        let why = format!("{left} rows of {second_name} have no row in {first_name}");
        return Ok(Some(why));
    }
    let place = |column| joint.joined.beside(column);
    let Some(pairs) = alike(first, second, place) else {
        let why = "other columns are the label, sensitive, control or weight";
        return Ok(Some(why.to_owned()));
    };
    let (rows, differing) = same::differing(&joint.joined, &pairs)?;
    Ok((differing > 0).then(|| {
        format!(
            "in {differing} of {rows} rows the label, a sensitive value, a control or a weight \
             differs"
        )
    }))
}

/// Why two tables are not the same rows.
fn why(error: &Error, [first, second]: &[String; 2]) -> String {
    match error {
        Error::Table(Table::Orphans { rows, place, .. }) => {
            format!("{rows} rows of {first} have no row in {second}, the first is {place}")
        }
        error => error.to_string(),
    }
}

/// The flags for the first table with the second one beside it: what was typed of decisions and
/// scores means those of the second one, where it has them.
fn beside(mut asked: Asked, joined: &Joined, first: Option<&Outcome>) -> Asked {
    let second = joined.predictions();
    let has_twin = |column| (0..joined.columns().len()).any(|at| joined.twin(at) == Some(column));
    // The first table's own decision is no candidate, whatever the second one calls its own.
    let own = first.filter(|own| asked.predictions.is_empty() && !has_twin(own.column));
    asked.ignore.extend(own.map(|own| own.name.clone()));
    let meant = |text: &str| {
        let columns = second.columns().iter().enumerate();
        let named = columns.filter_map(|(column, field)| {
            let rest = text.strip_prefix(field.name.as_str())?;
            let is_name = rest.is_empty() || rest.starts_with('=');
            Some((field.name.len(), joined.beside(column)?, rest)).filter(|_| is_name)
        });
        let (_, column, rest) = named.max_by_key(|(length, ..)| *length)?;
        Some(format!("{}{rest}", joined.columns()[column].name))
    };
    let texts = asked.predictions.iter_mut().chain(&mut asked.score);
    for text in texts {
        if let Some(other) = meant(text) {
            *text = other;
        }
    }
    asked
}

/// The one decision, where it is a column.
fn decision(understood: &Understood) -> Option<&Outcome> {
    match understood.plan.decisions.as_slice() {
        [Decision::Column(outcome)] => Some(outcome),
        _ => None,
    }
}

/// The columns that play the same part in both, as columns of the joined table; `None` where
/// another one does in the second.
fn alike(
    first: &Plan,
    second: &Plan,
    place: impl Fn(usize) -> Option<usize>,
) -> Option<Vec<(usize, usize)>> {
    let parts = |plan: &Plan| {
        let splits = plan.splits.iter();
        let splits = splits.map(|split| (Some(split.name.clone()), split.column));
        let mut parts: Vec<(Option<String>, usize)> = splits.collect();
        // A label may have another name.
        parts.extend(plan.label.iter().map(|label| (None, label.column)));
        let weight = plan.weight.iter();
        parts.extend(weight.map(|(column, name)| (Some(name.clone()), *column)));
        parts
    };
    let (first, second) = (parts(first), parts(second));
    let is_alike = first
        .iter()
        .map(|(name, _)| name)
        .eq(second.iter().map(|(name, _)| name));
    let pairs = first.iter().zip(&second);
    // The id is the same in both.
    let pairs = pairs.filter_map(|((_, a), (_, b))| Some((*a, place(*b)?)));
    is_alike.then(|| pairs.collect())
}

/// Every group's rows by label and by both decisions: that of the plan, and another column.
pub fn by_both(source: &dyn Source, understood: Understood, second: Outcome) -> Result<Pairing> {
    let name = second.name.clone();
    let (plan, tallies, seen) = pass::tallied(source, understood, |plan| {
        plan.splits.push(Split {
            column: second.column,
            name: second.name.clone(),
            role: Role::Control,
            bands: None,
        });
        let is_known = |d: &Decision| matches!(d, Decision::Column(one) if one.name == second.name);
        if !plan.decisions.iter().any(is_known) {
            plan.decisions.push(Decision::Column(second));
        }
    })?;
    let pairing = tallies
        .first()
        .map(|tally| pairing(tally, &plan, &seen, &name));
    Ok(pairing.unwrap_or_else(|| Pairing::new(plan.favorable)))
}

/// Every group's rows by label and both decisions: the second one is the last axis of the tally.
fn pairing(tally: &Tally, plan: &Plan, seen: &Seen, second: &str) -> Pairing {
    let spelled = seen.spellings.iter().find(|(name, ..)| name == second);
    let class = |code: usize| {
        let value = tally.axes.last().and_then(|axis| axis.values.get(code));
        match (value, spelled) {
            (Some(value), Some((_, negative, positive))) => {
                if positive.contains(value) {
                    POSITIVE
                } else if negative.contains(value) {
                    NEGATIVE
                } else {
                    MISSING
                }
            }
            _ => MISSING,
        }
    };
    let last = tally.axes.len() - 1;
    let controls: Vec<usize> = tally
        .controls()
        .into_iter()
        .filter(|&axis| axis < last)
        .collect();
    let mut pairing = Pairing::new(plan.favorable);
    for (key, cell) in &tally.cells {
        let second = class(key[last] as usize);
        let values = |axes: &[usize]| {
            let codes: Vec<u32> = axes.iter().map(|&axis| key[axis]).collect();
            tally.values(&tally.group(axes, &codes))
        };
        let mut strata = vec![None];
        strata.extend((!controls.is_empty()).then(|| Some(values(&controls))));
        for attribute in &plan.attributes {
            let group = values(&attribute.0);
            for stratum in &strata {
                let joint = pairing.group(stratum.clone(), group.clone());
                for label in [NEGATIVE, POSITIVE, MISSING] {
                    for first in [NEGATIVE, POSITIVE, MISSING] {
                        joint.add(label, [first, second], &cell.outcome(label, first));
                    }
                }
            }
        }
    }
    pairing
}
