//! Labels and predictions after the pass: every spelling of a column must fit one accepted pair.
//!
//! While all is well nothing is read again. A column that fits no pair is read once more, in order,
//! so that the error can say how often each spelling stands there, and where first.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::lane::Lane;
use crate::data::spelling::{self, Class, Spelling};
use crate::data::{Column, Decision, Keys, Outcome, Plan, Role, limits};
use crate::error::{Place, Result};
use crate::read::{Shape, Source, Want};

/// How a column was read: its name, negative spellings, positive ones.
pub type Read = (String, Vec<String>, Vec<String>);

/// Checks the label and every prediction column; says how each was read.
pub fn check(source: &dyn Source, plan: &Plan, lanes: &[Lane]) -> Result<Vec<Read>> {
    let decisions = plan.decisions.iter().map(|decision| match decision {
        Decision::Column(outcome) => Some((Role::Prediction, outcome)),
        Decision::Threshold { .. } => None,
    });
    let label = plan.label.as_ref().map(|label| (Role::Label, label));
    let mut read = Vec::new();
    for (which, column) in std::iter::once(label).chain(decisions).enumerate() {
        let Some((role, outcome)) = column else {
            continue;
        };
        read.push(check_column(source, plan, lanes, which, role, outcome)?);
    }
    Ok(read)
}

fn check_column(
    source: &dyn Source,
    plan: &Plan,
    lanes: &[Lane],
    which: usize,
    role: Role,
    outcome: &Outcome,
) -> Result<Read> {
    let mut seen: BTreeMap<&str, Option<(crate::data::At, usize)>> = BTreeMap::new();
    for (text, spelt) in lanes.iter().flat_map(|lane| &lane.spellings[which]) {
        let first = seen.entry(text).or_default();
        *first = match (*first, spelt.first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    let place = |(at, row)| source.place(at, row).in_column(&*outcome.name);
    let spellings: Vec<Spelling> = seen
        .iter()
        .map(|(text, first)| Spelling {
            text: (*text).to_owned(),
            rows: 0,
            first: first.map(place),
        })
        .collect();
    let path = source.first_path();
    let classes = match spelling::resolve(&path, outcome, role, &spellings, &plan.nulls) {
        Ok(classes) => classes,
        Err(error) if !source.rereadable() => return Err(error),
        Err(error) => {
            let counted = count(source, outcome)?;
            spelling::resolve(&path, outcome, role, &counted, &plan.nulls)?;
            return Err(error);
        }
    };
    let of = |class: Class| {
        let pairs = spellings.iter().zip(&classes);
        pairs
            .filter(|(_, c)| **c == class)
            .map(|(s, _)| s.text.clone())
            .collect()
    };
    Ok((
        outcome.name.clone(),
        of(Class::Negative),
        of(Class::Positive),
    ))
}

/// The first spellings of a column with their rows and first places, in order of appearance; where no
/// positive is named, stops when there are too many to be a label.
fn count(source: &dyn Source, outcome: &Outcome) -> Result<Vec<Spelling>> {
    let want = Want {
        column: outcome.column,
        shape: Shape::Codes,
        nulls: [].into(),
    };
    let mut seen: Vec<Spelling> = Vec::new();
    let is_full = |seen: &[Spelling]| seen.len() > limits::SPELLINGS;
    let is_enough = |seen: &[Spelling]| is_full(seen) && outcome.positive.is_none();
    source.begin();
    for piece in 0..source.pieces() {
        let read = source.read(piece, std::slice::from_ref(&want), &mut |batch| {
            let Column::Codes(codes) = &batch.columns[0] else {
                return Ok(ControlFlow::Break(()));
            };
            for row in 0..batch.rows {
                let key = match &codes.keys {
                    Keys::U8(keys) => usize::from(keys[row]),
                    Keys::U32(keys) => keys[row] as usize,
                };
                let Some(text) = codes.values[key].as_deref() else {
                    continue;
                };
                if let Some(spelling) = seen.iter_mut().find(|s| s.text == text) {
                    spelling.rows += 1;
                    continue;
                }
                if is_full(&seen) {
                    continue;
                }
                let first: Place = source.place(batch.at, row).in_column(&*outcome.name);
                seen.push(Spelling {
                    text: text.to_owned(),
                    rows: 1,
                    first: Some(first),
                });
            }
            Ok(if is_enough(&seen) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        });
        read.map_err(|stopped| stopped.error)?;
        if is_enough(&seen) {
            break;
        }
    }
    Ok(seen)
}
