//! One critical value for many comparisons of rates: how far, at most, all pairs of all groups of
//! all rates stray together when the rows are drawn again.
//!
//! In: cells, disjoint sums of rows, and legs, each a rate over some groups as lists of cells. Out:
//! for each replicate the largest |z| of each leg and of all together. All legs are read off the
//! same redrawn cells, so that what they share (rows, margins, a base rate) is neither counted twice
//! nor assumed away, as Bonferroni's z must (maxT: Westfall and Young 1993, Resampling-Based
//! Multiple Testing, 2.6; Romano and Wolf 2005, doi:10.1198/016214504000000539).
//!
//! The choices were made by simulation (`tests/it/coverage.rs`), so that the value fits the score
//! intervals that it is meant for:
//! - z has the variance of the rates drawn from, not of the rates drawn, as a score test has. With
//!   the drawn ones the tails are those of Wald's test, and the intervals too wide (6 groups of 30
//!   at 0.3: 3.01 instead of 2.84).
//! - Half a row is added to each cell before drawing. Else a rate of 0 is always drawn as 0, and the
//!   critical value is too small where counts are (2 groups of 30 at 0.02: 1.08 instead of 2.03, and
//!   a coverage of ratios of 0.51).
//! - Weights vary in each cell at least as they do within all cells together: what a few rows show
//!   of them is too little (2 groups of 100 at 0.1, lognormal weights: 1.78 instead of 2.00).
//! - One z is for both, differences and ratios: score tests of a − b = 0 and of a / b = 1 are one.
//!   A z of its own for ratios, after Fieller, covered them in 0.936 of the worst setting, this one
//!   in 0.941.
//!
//! For one rate over groups of equal size without weights this is Tukey's studentized range; where
//! sizes differ, or several rates are judged, it is smaller than what is known of them otherwise.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::random::Streams;
use super::redraw::{Draws, Redraw};
use super::special::{normal_cdf, two_sided_z};
use super::{Amount, Fraction};

/// Groups of a leg at most: every pair is looked at in every replicate.
pub const GROUPS: usize = 200;

/// The cells of one group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// The cells of its rows: the denominator.
    pub whole: Vec<usize>,
    /// Those of them that count: the numerator.
    pub part: Vec<usize>,
}

/// A rate over groups that are compared with each other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Leg {
    /// Disjoint groups; those without rows are passed over.
    pub groups: Vec<Group>,
}

/// The largest |z| over all pairs of groups, over replicates.
#[derive(Debug, Clone, PartialEq)]
pub struct Maxima {
    /// Of each leg alone; `None` where fewer than two groups have a rate, or more than [`GROUPS`].
    pub legs: Vec<Option<Draws>>,
    /// Over all legs that are not `None`; `None` where all are.
    pub joint: Option<Draws>,
}

impl Maxima {
    /// The z for score intervals of all pairs of a leg, or of all legs (`None`), so that with this
    /// confidence all of them hold together. `None` as for [`Draws::critical`].
    ///
    /// It is never less than the z of one comparison alone: a maximum cannot be, but the weights of
    /// a few rows can look as if it were.
    pub fn critical(&self, leg: Option<usize>, confidence: f64) -> Option<f64> {
        let critical = self.draws(leg)?.critical(confidence)?;
        Some(critical.max(two_sided_z(confidence, 1.0)))
    }

    /// The p of a pair's |z| among all pairs of its leg, or of all legs (`None`).
    pub fn p(&self, leg: Option<usize>, z: f64) -> Option<f64> {
        let alone = 2.0 * normal_cdf(-z.abs());
        Some(self.draws(leg)?.p(z.abs()).max(alone))
    }

    fn draws(&self, leg: Option<usize>) -> Option<&Draws> {
        match leg {
            Some(leg) => self.legs.get(leg)?.as_ref(),
            None => self.joint.as_ref(),
        }
    }
}

/// Redraws `cells` so many times.
pub fn maxima(cells: &[Amount], legs: &[Leg], replicates: usize, seed: u64) -> Maxima {
    let plan = Plan::new(cells, legs);
    let width = plan.legs.len();
    if width == 0 || replicates == 0 {
        let legs = vec![None; legs.len()];
        return Maxima { legs, joint: None };
    }
    let streams = Streams::new(seed);
    let mut found = vec![0.0; replicates * width];
    found.par_chunks_mut(width).enumerate().for_each_init(
        || (plan.redraw.clone(), plan.scratch()),
        |(redraw, scratch), (replicate, found)| {
            redraw.draw(&mut streams.stream(replicate as u64), |at, _, weight, _| {
                scratch.weights[at] = weight;
            });
            for (found, leg) in found.iter_mut().zip(&plan.legs) {
                *found = leg.largest(scratch);
            }
        },
    );
    let column = |at: usize| found.iter().skip(at).step_by(width).copied().collect();
    let mut columns = (0..width).map(|at| Draws::new(column(at)));
    let of_leg = |is_drawn: &bool| is_drawn.then(|| columns.next()).flatten();
    let most = |row: &[f64]| row.iter().copied().fold(0.0, f64::max);
    Maxima {
        legs: plan.drawn.iter().map(of_leg).collect(),
        joint: Some(Draws::new(found.chunks(width).map(most).collect())),
    }
}

/// All that is the same in every replicate.
struct Plan {
    redraw: Redraw,
    cells: usize,
    /// Those that can be drawn, in order.
    legs: Vec<Prepared>,
    /// Which of the legs asked for these are.
    drawn: Vec<bool>,
}

/// What one replicate works on.
struct Scratch {
    weights: Vec<f64>,
    deviations: Vec<f64>,
    variances: Vec<f64>,
}

impl Plan {
    fn new(cells: &[Amount], legs: &[Leg]) -> Self {
        let has_rows = |group: &&Group| group.whole.iter().any(|&cell| cells[cell].weight > 0.0);
        let kept: Vec<Vec<&Group>> = legs
            .iter()
            .map(|leg| leg.groups.iter().filter(has_rows).collect())
            .collect();
        let drawn: Vec<bool> = kept
            .iter()
            .map(|groups| (2..=GROUPS).contains(&groups.len()))
            .collect();
        let kept = || kept.iter().zip(&drawn).filter(|(_, drawn)| **drawn);
        let (atoms, place) = atoms(cells, kept().flat_map(|(groups, _)| groups));
        let atoms = smoothed(&atoms);
        let legs = kept()
            .map(|(groups, _)| Prepared::new(groups, &place, &atoms))
            .collect();
        Self {
            redraw: Redraw::new(cells.iter().map(|cell| cell.rows).sum(), &spread(&atoms)),
            cells: atoms.len(),
            legs,
            drawn,
        }
    }

    fn scratch(&self) -> Scratch {
        let most = self.legs.iter().map(|leg| leg.groups.len()).max();
        Scratch {
            weights: vec![0.0; self.cells],
            deviations: vec![0.0; most.unwrap_or(0)],
            variances: vec![0.0; most.unwrap_or(0)],
        }
    }
}

/// A cell to be drawn, and whether any group has it.
type Atom = (Amount, bool);

/// Cells that are in the same groups are drawn as one: what they are, and where each cell went.
fn atoms<'a>(
    cells: &[Amount],
    groups: impl Iterator<Item = &'a &'a Group>,
) -> (Vec<Atom>, Vec<usize>) {
    let mut lists: Vec<Vec<u32>> = vec![Vec::new(); cells.len()];
    for (at, group) in groups.enumerate() {
        for (list, members) in [&group.whole, &group.part].into_iter().enumerate() {
            for &cell in members {
                lists[cell].push((2 * at + list) as u32);
            }
        }
    }
    let mut known: BTreeMap<&[u32], usize> = BTreeMap::new();
    let mut atoms: Vec<Atom> = Vec::new();
    let place = cells.iter().zip(&lists).map(|(cell, lists)| {
        let at = *known.entry(lists).or_insert(atoms.len());
        if at == atoms.len() {
            atoms.push((Amount::default(), !lists.is_empty()));
        }
        atoms[at].0 = atoms[at].0 + *cell;
        at
    });
    let place = place.collect();
    (atoms, place)
}

/// The share by which each atom is hit, its rows and half a row more if a group has it, beside an
/// amount that says what its rows weigh: its own, or where it is empty those of all.
fn smoothed(atoms: &[Atom]) -> Vec<(f64, Amount)> {
    let all = atoms
        .iter()
        .fold(Amount::default(), |sum, (atom, _)| sum + *atom);
    atoms
        .iter()
        .map(|&(atom, in_group)| {
            let share = atom.rows as f64 + if in_group { 0.5 } else { 0.0 };
            (share, if atom.rows == 0 { all } else { atom })
        })
        .collect()
}

/// The same, with weights that vary in each atom at least as they do within all atoms together.
fn spread(atoms: &[(f64, Amount)]) -> Vec<(f64, Amount)> {
    let variation = |atom: &Amount| {
        let rows = atom.rows.max(1) as f64;
        let variation = rows * atom.weight_sq / (atom.weight * atom.weight) - 1.0;
        // NaN where nothing weighs anything.
        variation.max(0.0)
    };
    // Those without rows have the weights of all beside them, and are not counted.
    let full = || atoms.iter().filter(|(share, _)| *share >= 1.0);
    let within = full().map(|(_, atom)| atom.rows as f64 * variation(atom));
    let freedom = full().map(|(_, atom)| atom.rows.saturating_sub(1) as f64);
    let pooled = within.sum::<f64>() / freedom.sum::<f64>().max(1.0);
    let wider = |&(share, atom): &(f64, Amount)| {
        let least = (1.0 + pooled) * atom.weight * atom.weight / atom.rows.max(1) as f64;
        let weight_sq = atom.weight_sq.max(least);
        (share, Amount { weight_sq, ..atom })
    };
    atoms.iter().map(wider).collect()
}

/// A leg with the rates that are drawn from.
struct Prepared {
    groups: Vec<Share>,
    /// Atoms of all groups: first those of the part, then the rest of the whole.
    atoms: Vec<u32>,
}

/// The rate of one group.
struct Share {
    /// Where its part ends, and its whole, in the atoms of the leg.
    ends: (usize, usize),
    rate: f64,
    /// The variance of a drawn rate is this / Σw drawn.
    spread: f64,
}

impl Prepared {
    fn new(groups: &[&Group], place: &[usize], atoms: &[(f64, Amount)]) -> Self {
        let mut prepared = Self {
            groups: Vec::with_capacity(groups.len()),
            atoms: Vec::new(),
        };
        let places = |cells: &[usize]| {
            let mut places: Vec<u32> = cells.iter().map(|&cell| place[cell] as u32).collect();
            places.sort_unstable();
            places.dedup();
            places
        };
        // The sums of the rows that are drawn on average, up to a factor that is the same for all.
        let sums = |places: &[u32]| {
            places.iter().fold(Amount::default(), |sum, &at| {
                let (share, amount) = atoms[at as usize];
                let each = share / amount.rows.max(1) as f64;
                sum + Amount {
                    rows: amount.rows,
                    weight: each * amount.weight,
                    weight_sq: each * amount.weight_sq,
                }
            })
        };
        for group in groups {
            let (part, whole) = (places(&group.part), places(&group.whole));
            let drawn = Fraction::new(sums(&part), sums(&whole));
            let rate = drawn.part.weight / drawn.whole.weight;
            // p(1 − p) / n_eff, which grows with the rows drawn. Where no row has a weight, these sums
            // are shares, which rounding would make differ.
            let is_counted = whole.iter().all(|&at| atoms[at as usize].1.is_counted());
            let rows = if is_counted {
                drawn.whole.effective()
            } else {
                drawn.effective()
            };
            let variance = (rate * (1.0 - rate)).max(0.0) / rows;
            prepared.atoms.extend(&part);
            let part_end = prepared.atoms.len();
            prepared
                .atoms
                .extend(whole.iter().filter(|at| part.binary_search(at).is_err()));
            prepared.groups.push(Share {
                ends: (part_end, prepared.atoms.len()),
                rate,
                spread: variance * drawn.whole.weight,
            });
        }
        prepared
    }

    /// The largest |z| over all pairs of groups.
    fn largest(&self, scratch: &mut Scratch) -> f64 {
        let mut start = 0;
        for (at, group) in self.groups.iter().enumerate() {
            let sum = |atoms: &[u32]| -> f64 {
                atoms
                    .iter()
                    .map(|&atom| scratch.weights[atom as usize])
                    .sum()
            };
            let part = sum(&self.atoms[start..group.ends.0]);
            let whole = part + sum(&self.atoms[group.ends.0..group.ends.1]);
            start = group.ends.1;
            // A group of which no row was drawn strays from nothing: its variance is unbounded.
            scratch.deviations[at] = if whole > 0.0 {
                part / whole - group.rate
            } else {
                0.0
            };
            scratch.variances[at] = group.spread / whole;
        }
        let groups = self.groups.len();
        let (deviations, variances) = (&scratch.deviations[..groups], &scratch.variances[..groups]);
        let mut largest: f64 = 0.0;
        for (at, (deviation, variance)) in deviations.iter().zip(variances).enumerate() {
            for (other, its_variance) in deviations[..at].iter().zip(variances) {
                let square = (deviation - other).powi(2) / (variance + its_variance);
                // NaN, of two rates that cannot vary, is not larger.
                if square > largest {
                    largest = square;
                }
            }
        }
        largest.sqrt()
    }
}

#[cfg(test)]
#[path = "resample_tests.rs"]
mod tests;
