//! The rows that models are fitted to: what each may be predicted from, its group, label and weight.
//!
//! In: a table in memory and its plan, banded. Out: a [`Rows`]. Groups and labels are read off the
//! cells of the audit's own pass, so that no row is in another group than the audit has it in.

use std::collections::BTreeMap;

use crate::data::group::Values;
use crate::data::{At, Attribute, Batch, Plan, Ranks, Role};
use crate::error::{Error, Result, nearest};
use crate::mitigate::trial::NO_GROUP;
use crate::read::memory::Memory;
use crate::tally::cell::{MISSING, POSITIVE};
use crate::tally::{Beside, Key, NO_CELL, Placed, Tally, scan};

/// All rows, in file order.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// The group of each row, [`NO_GROUP`] where it is in none.
    pub groups: Vec<u32>,
    /// The groups, in the order of the audit.
    pub names: Vec<Values>,
    /// The label of each row.
    pub y: Vec<Option<bool>>,
    /// What each row counts for.
    pub weights: Vec<f64>,
}

/// The slot and label of every row, batch by batch.
struct Placing(Vec<(At, Vec<u32>)>);

/// The decision of every row, batch by batch.
struct Deciding(Vec<(At, Vec<u32>)>);

impl Beside for Deciding {
    const BY_ROW: bool = true;

    fn add(&mut self, batch: &Batch, placed: &Placed) {
        let mut decided = Vec::new();
        placed.cells(true, true, &mut decided);
        self.0.push((batch.at, decided));
    }
}

impl Beside for Placing {
    const BY_ROW: bool = true;

    fn add(&mut self, batch: &Batch, placed: &Placed) {
        let mut cells = Vec::new();
        placed.cells(false, false, &mut cells);
        self.0.push((batch.at, cells));
    }
}

/// The attribute whose groups remedies act on: the one that is named, or the first.
pub fn attribute(plan: &mut Plan, named: Option<&str>) -> Result<Attribute> {
    let Some(text) = named else {
        let mut all = plan.attributes.iter();
        let first = all.find(|attribute| !attribute.0.is_empty());
        return Ok(first.cloned().unwrap_or_default());
    };
    let splits = plan.splits.iter();
    let names: Vec<String> = splits
        .filter(|split| split.role == Role::Sensitive)
        .map(|split| split.name.clone())
        .collect();
    let find = |name: &str| {
        let found = names.iter().position(|known| *known == name.trim());
        found.ok_or_else(|| Error::Flag {
            flag: "--attribute",
            value: text.to_owned(),
            problem: "it is no sensitive column",
            remedy: match nearest(name.trim(), &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("sensitive columns: {}", names.join(", ")),
            },
        })
    };
    // A column may have a `*` in its name.
    let mut axes = match find(text) {
        Ok(axis) => vec![axis],
        Err(error) if !text.contains('*') => return Err(error),
        Err(_) => text.split('*').map(find).collect::<Result<Vec<usize>>>()?,
    };
    axes.sort_unstable();
    axes.dedup();
    let attribute = Attribute(axes);
    if !plan.attributes.contains(&attribute) {
        plan.attributes.push(attribute.clone());
    }
    Ok(attribute)
}

/// Every row with its group, label and weight.
pub fn rows(memory: &Memory, plan: &Plan, attribute: &Attribute) -> Result<Rows> {
    let plan = Plan {
        score: None,
        ranks: Ranks::Nothing,
        ..plan.clone()
    };
    let scanned = scan::scan_beside(memory, &plan, &[], |_| Placing(Vec::new()))?;
    let Some(tally) = scanned.tallies.first() else {
        return Ok(Rows::default());
    };
    let mut batches: Vec<(At, Vec<u32>, &[Key])> = Vec::new();
    for (placing, keys) in &scanned.beside {
        let own = placing.0.iter();
        batches.extend(own.map(|(at, cells)| (*at, cells.clone(), keys.as_slice())));
    }
    batches.sort_by_key(|(at, ..)| *at);
    let numbers = numbers(tally, attribute);
    let mut rows = Rows {
        names: numbers
            .keys()
            .map(|codes| named(tally, attribute, codes))
            .collect(),
        ..Rows::default()
    };
    for (_, cells, keys) in batches {
        for cell in cells {
            let codes = (cell != NO_CELL).then(|| of(&keys[cell as usize / 3], attribute));
            let group = codes.and_then(|codes| numbers.get(&codes).copied());
            rows.groups.push(group.unwrap_or(NO_GROUP));
            let label = cell as usize % 3;
            rows.y
                .push((cell != NO_CELL && label != MISSING).then_some(label == POSITIVE));
        }
    }
    rows.weights = weights(memory, &plan);
    Ok(rows)
}

/// The first decision of every row that the table has, as the audit reads it; nothing where it has
/// none.
pub fn decisions(memory: &Memory, plan: &Plan) -> Result<Vec<Option<bool>>> {
    let plan = Plan {
        decisions: plan.decisions.iter().take(1).cloned().collect(),
        ranks: Ranks::Nothing,
        ..plan.clone()
    };
    if plan.decisions.is_empty() {
        return Ok(Vec::new());
    }
    let scanned = scan::scan_beside(memory, &plan, &[], |_| Deciding(Vec::new()))?;
    let mut batches: Vec<(At, Vec<u32>)> = Vec::new();
    for (deciding, _) in scanned.beside {
        batches.extend(deciding.0);
    }
    batches.sort_by_key(|(at, _)| *at);
    let all = batches.into_iter().flat_map(|(_, decided)| decided);
    let is_known = |code: u32| code != NO_CELL && code as usize != MISSING;
    Ok(all
        .map(|code| is_known(code).then_some(code as usize == POSITIVE))
        .collect())
}

/// The score of every row as it stands, `NaN` where there is none; nothing where the table has none.
pub fn scores(memory: &Memory, plan: &Plan) -> Vec<f64> {
    let column = plan.score.as_ref().map(|(column, _)| *column);
    let numbers = column.and_then(|column| memory.numbers(column, &plan.nulls));
    numbers.unwrap_or_default()
}

/// The codes of an attribute's own axes.
fn of(key: &Key, attribute: &Attribute) -> Vec<u32> {
    attribute.0.iter().map(|&axis| key[axis]).collect()
}

/// The groups that the audit has rows of, numbered.
fn numbers(tally: &Tally, attribute: &Attribute) -> BTreeMap<Vec<u32>, u32> {
    let mut numbers: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
    for key in tally.cells.keys() {
        numbers.insert(of(key, attribute), 0);
    }
    for (at, number) in numbers.values_mut().zip(0..) {
        *at = number;
    }
    numbers
}

fn named(tally: &Tally, attribute: &Attribute, codes: &[u32]) -> Values {
    tally.values(&tally.group(&attribute.0, codes))
}

/// The weight of each row times the rows that it stands for.
fn weights(memory: &Memory, plan: &Plan) -> Vec<f64> {
    let mut weights = vec![1.0; memory.len()];
    for (column, _) in [&plan.weight, &plan.count].into_iter().flatten() {
        for (weight, own) in weights
            .iter_mut()
            .zip(memory.numbers(*column, &plan.nulls).unwrap_or_default())
        {
            *weight *= if own.is_finite() && own > 0.0 {
                own
            } else {
                0.0
            };
        }
    }
    weights
}
