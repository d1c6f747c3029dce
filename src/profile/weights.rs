//! Weights that give every group its expected share: post-stratification where combinations are
//! known, raking where margins are.
//!
//! In: the cells and a [`Population`]. Out: a factor for each combination of codes. Rows that the
//! population says nothing of keep their base weight. The mean weight is 1.

use std::collections::BTreeMap;

use super::expected::Population;
use crate::stats::Amount;
use crate::stats::raking::{self, Raked, rake};
use crate::tally::Tally;

/// Weights by combination of codes.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// The axes that the codes are of.
    pub axes: Vec<usize>,
    /// What the base weight of a row of these codes is multiplied by.
    pub factors: BTreeMap<Vec<u32>, f64>,
    /// What that of every other row is multiplied by.
    pub other: f64,
    /// How raking went.
    pub raked: Raked,
    /// Rows that keep their base weight: the population does not know their group.
    pub kept: u64,
    /// Groups that are expected and have no rows: `sex=Female`.
    pub empty: Vec<String>,
    /// The lowest and the highest weight of a row whose base weight is 1.
    pub range: (f64, f64),
    /// What the rows are worth as a sample, once weighted (Kish).
    pub effective: f64,
    /// Rows.
    pub rows: u64,
}

/// One combination of codes: its sums, and its place in each margin.
struct Cell {
    amount: Amount,
    places: Option<Vec<usize>>,
}

/// The weights; `None` where no row of a known group weighs anything.
pub fn weights(tally: &Tally, population: &Population) -> Option<Weights> {
    let mut axes: Vec<usize> = Vec::new();
    for axis in population.margins.iter().flat_map(|m| m.axes(tally)) {
        if !axes.contains(&axis) {
            axes.push(axis);
        }
    }
    let cells = cells(tally, population, &axes);
    let known: Vec<(&Vec<u32>, &Cell, &Vec<usize>)> = cells
        .iter()
        .filter_map(|(codes, cell)| Some((codes, cell, cell.places.as_ref()?)))
        .filter(|(_, cell, _)| cell.amount.weight > 0.0)
        .collect();
    if known.is_empty() {
        return None;
    }
    let mut empty = Vec::new();
    let margins = population.margins.iter().enumerate().map(|(at, margin)| {
        let of_cell: Vec<usize> = known.iter().map(|(.., places)| places[at]).collect();
        let mut shares: Vec<f64> = margin.groups.iter().map(|group| group.share).collect();
        for (place, group) in margin.groups.iter().enumerate() {
            if !of_cell.contains(&place) && group.share > 0.0 {
                empty.push(format!("{}={}", margin.name(), group.values.join(" & ")));
                shares[place] = 0.0;
            }
        }
        // The share of those who are not there goes to the others.
        let sum: f64 = shares.iter().sum();
        for share in &mut shares {
            *share /= sum;
        }
        raking::Margin { of_cell, shares }
    });
    let margins: Vec<raking::Margin> = margins.collect();
    let before: Vec<f64> = known
        .iter()
        .map(|(_, cell, _)| cell.amount.weight)
        .collect();
    let raked = rake(&before, &margins);
    let all = |of: fn(&Amount) -> f64| cells.values().map(|cell| of(&cell.amount)).sum::<f64>();
    let rows: u64 = cells.values().map(|cell| cell.amount.rows).sum();
    let scale = rows as f64 / all(|amount| amount.weight);
    let factors: BTreeMap<Vec<u32>, f64> = known
        .iter()
        .zip(&raked.factors)
        .map(|((codes, ..), factor)| ((*codes).clone(), factor * scale))
        .collect();
    let factor = |codes: &Vec<u32>| factors.get(codes).copied().unwrap_or(scale);
    let sum = |of: &dyn Fn(&Amount, f64) -> f64| -> f64 {
        let all = cells.iter();
        all.map(|(codes, cell)| of(&cell.amount, factor(codes)))
            .sum()
    };
    let total = sum(&|amount, factor| amount.weight * factor);
    let squares = sum(&|amount, factor| amount.weight_sq * factor * factor);
    let kept = cells
        .iter()
        .filter(|(codes, _)| !factors.contains_key(*codes));
    let ends = factors.values().fold((f64::INFINITY, 0.0_f64), |ends, &f| {
        (ends.0.min(f), ends.1.max(f))
    });
    Some(Weights {
        kept: kept.map(|(_, cell)| cell.amount.rows).sum(),
        effective: total * total / squares,
        other: scale,
        range: ends,
        axes,
        factors,
        raked,
        empty,
        rows,
    })
}

/// The axes of a margin, and the place of each group.
type Places<'a> = (Vec<usize>, BTreeMap<Vec<&'a str>, usize>);

/// The cells by the codes of these axes, in their order.
fn cells(tally: &Tally, population: &Population, axes: &[usize]) -> BTreeMap<Vec<u32>, Cell> {
    let known: Vec<Places> = population
        .margins
        .iter()
        .map(|margin| {
            let groups = margin.groups.iter().enumerate();
            let places =
                groups.map(|(at, group)| (group.values.iter().map(String::as_str).collect(), at));
            (margin.axes(tally), places.collect())
        })
        .collect();
    let mut cells: BTreeMap<Vec<u32>, Cell> = BTreeMap::new();
    for (key, cell) in &tally.cells {
        let codes: Vec<u32> = axes.iter().map(|&axis| key[axis]).collect();
        let amount = cell.total();
        if let Some(known) = cells.get_mut(&codes) {
            known.amount = known.amount + amount;
            continue;
        }
        let value = |axis: &usize| {
            let values = &tally.axes[*axis].values;
            values.get(key[*axis] as usize).map(String::as_str)
        };
        let places = known.iter().map(|(axes, places)| {
            let values: Option<Vec<&str>> = axes.iter().map(value).collect();
            places.get(&values?).copied()
        });
        let places = places.collect();
        cells.insert(codes, Cell { amount, places });
    }
    cells
}
