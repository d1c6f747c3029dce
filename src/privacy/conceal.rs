//! What to hide beside the small counts themselves: attack, hide what holds the attacked, again.
//!
//! Greedy: of the published sums that the attacker's optimum rests on (those with a multiplier), the
//! finest is hidden that has enough rows of the kind to leave the interval open, the smallest of
//! those. Hiding only ever frees, so that whatever was found to be free stays so, and the end is
//! reached when nothing is published at the latest.

use std::collections::BTreeMap;

use super::attack::{Attack, Reach};
use super::{Cell, Concealed, Sum};

/// Numbers that an attack may touch: seconds, where whole audits take less.
const WORK: u64 = 3_000_000_000;
/// Cells that can be told apart, at most: a tableau of them is a few megabytes.
const CELLS: usize = 1_200;
/// Sums at most, likewise.
const SUMS: usize = 2_400;
/// Counts that are kept for each kind: each spares a program.
const OTHERS: usize = 500;
/// Rounding of counts that were reached.
const ROUNDING: f64 = 1e-6;

/// Which of some sums of cells must not be published.
pub fn conceal(cells: &[Cell], sums: &[Sum], k: u64) -> Concealed {
    let merged = merged(cells, sums);
    let is_small_enough = merged.cells.len() <= CELLS && sums.len() <= SUMS;
    let mut state = State::new(&merged, k);
    if is_small_enough && state.settle() {
        state.publish_again();
        Concealed::Checked(state.hidden)
    } else {
        Concealed::Coarse(coarse(&merged, k))
    }
}

/// Cells that are in the same sums are one to every attacker.
struct Merged {
    cells: Vec<Cell>,
    sums: Vec<Sum>,
}

fn merged(cells: &[Cell], sums: &[Sum]) -> Merged {
    let mut of_cell: Vec<Vec<usize>> = vec![Vec::new(); cells.len()];
    for (at, sum) in sums.iter().enumerate() {
        for &cell in &sum.cells {
            of_cell[cell].push(at);
        }
    }
    let mut alike: BTreeMap<&[usize], Cell> = BTreeMap::new();
    for (cell, of) in cells.iter().zip(&of_cell) {
        // What nothing is published of has nothing to hide.
        if !of.is_empty() {
            add(alike.entry(of).or_default(), cell);
        }
    }
    let mut merged: Vec<Sum> = sums.to_vec();
    for sum in &mut merged {
        sum.cells.clear();
    }
    for (at, of) in alike.keys().enumerate() {
        for &sum in *of {
            merged[sum].cells.push(at);
        }
    }
    Merged {
        cells: alike.into_values().collect(),
        sums: merged,
    }
}

fn add(into: &mut Cell, cell: &Cell) {
    let kinds = into.counts.len().max(cell.counts.len());
    into.counts.resize(kinds, 0);
    for (sum, count) in into.counts.iter_mut().zip(&cell.counts) {
        *sum = sum.saturating_add(*count);
    }
    if let Some(weights) = &cell.weights {
        let sums = into.weights.get_or_insert_default();
        sums.resize(kinds, [0.0; 2]);
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum = [sum[0] + weight[0], sum[1] + weight[1]];
        }
    }
}

fn kinds(cells: &[Cell]) -> usize {
    cells
        .iter()
        .map(|cell| cell.counts.len())
        .max()
        .unwrap_or(0)
}

/// Rows of a kind.
fn rows(cells: &[Cell], sum: &Sum, kind: usize) -> u64 {
    let counts = sum.cells.iter().map(|&at| cells[at].counts[kind]);
    counts.fold(0, u64::saturating_add)
}

/// Whether some kind of a sum has few rows, but some.
fn is_small(cells: &[Cell], sum: &Sum, k: u64) -> bool {
    (0..kinds(cells)).any(|kind| (1..k).contains(&rows(cells, sum, kind)))
}

/// At most the whole, and the groups of one column.
fn coarse(merged: &Merged, k: u64) -> Vec<bool> {
    let Merged { cells, sums } = merged;
    let mut hidden = vec![true; sums.len()];
    if cells.iter().any(|cell| cell.weights.is_some()) {
        return hidden;
    }
    let safe = |sum: &Sum| !is_small(cells, sum, k);
    let whole = |sum: &Sum| sum.columns == 0 && sum.cells.len() == cells.len();
    for (sum, hidden) in sums.iter().zip(&mut hidden) {
        *hidden = !(whole(sum) && safe(sum));
    }
    // Sums stand attribute by attribute: the first run of one column that is a partition.
    let mut start = 0;
    for run in sums.chunk_by(|a, b| a.columns == b.columns) {
        let end = start + run.len();
        for (from, to) in partitions(run, cells.len()) {
            if run[from].columns == 1 && run[from..to].iter().all(safe) {
                hidden[start + from..start + to].fill(false);
                return hidden;
            }
        }
        start = end;
    }
    hidden
}

/// Where neighbours add up to the whole, each cell once.
fn partitions(run: &[Sum], cells: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut from, mut seen) = (0, vec![false; cells]);
    let mut count = 0;
    for (at, sum) in run.iter().enumerate() {
        if sum.cells.iter().any(|&cell| seen[cell]) {
            (from, seen, count) = (at, vec![false; cells], 0);
        }
        for &cell in &sum.cells {
            seen[cell] = true;
            count += 1;
        }
        if count == cells {
            found.push((from, at + 1));
            (from, seen, count) = (at + 1, vec![false; cells], 0);
        }
    }
    found
}

/// What is hidden so far, and what is known to be free.
struct State<'a> {
    cells: &'a [Cell],
    sums: &'a [Sum],
    k: u64,
    hidden: Vec<bool>,
    /// The lowest and highest that each sum of each kind was seen to go.
    seen: Vec<Vec<[f64; 2]>>,
    /// The counts of each kind that go so far, and yield all that is published.
    others: Vec<Vec<Vec<f64>>>,
    work: u64,
}

impl<'a> State<'a> {
    fn new(merged: &'a Merged, k: u64) -> Self {
        let Merged { cells, sums } = merged;
        let truth = |sum: &Sum| -> Vec<[f64; 2]> {
            let kinds = 0..kinds(cells);
            kinds
                .map(|kind| [rows(cells, sum, kind) as f64; 2])
                .collect()
        };
        Self {
            cells,
            sums,
            k,
            hidden: sums.iter().map(|sum| is_small(cells, sum, k)).collect(),
            seen: sums.iter().map(truth).collect(),
            others: vec![Vec::new(); kinds(cells)],
            work: 0,
        }
    }

    /// Publishes what need not have been hidden after all: the coarsest and largest first, each where
    /// everything that stays hidden stays free. Ends where the time does: what is hidden then is so
    /// for good.
    fn publish_again(&mut self) {
        let is_extra =
            |at: &usize| self.hidden[*at] && !is_small(self.cells, &self.sums[*at], self.k);
        let mut extra: Vec<usize> = (0..self.sums.len()).filter(is_extra).collect();
        let size = |at: &usize| -> u64 {
            let kinds = 0..kinds(self.cells);
            kinds
                .map(|kind| rows(self.cells, &self.sums[*at], kind))
                .sum()
        };
        extra.sort_by_key(|at| (self.sums[*at].columns, std::cmp::Reverse(size(at))));
        for at in extra {
            let before = (self.seen.clone(), self.others.clone());
            self.hidden[at] = false;
            self.forget(at);
            if !self.is_settled() {
                self.hidden[at] = true;
                (self.seen, self.others) = before;
            }
            if self.work > WORK {
                return;
            }
        }
    }

    /// Leaves out the counts that do not yield a sum that is published now.
    fn forget(&mut self, at: usize) {
        let has_weights = self.cells.iter().any(|cell| cell.weights.is_some());
        let powers = if has_weights { 3 } else { 1 };
        for kind in 0..self.others.len() {
            let truth: Vec<f64> = self.cells.iter().map(|c| c.counts[kind] as f64).collect();
            let is_alike = |counts: &Vec<f64>| {
                (0..powers).all(|power| {
                    let cells = self.sums[at].cells.iter();
                    let off = cells.map(|&cell| {
                        per_row(&self.cells[cell], kind, power) * (counts[cell] - truth[cell])
                    });
                    off.sum::<f64>().abs() < ROUNDING
                })
            };
            let kept: Vec<Vec<f64>> = self.others[kind]
                .iter()
                .filter(|c| is_alike(c))
                .cloned()
                .collect();
            for (sum, seen) in self.sums.iter().zip(&mut self.seen) {
                seen[kind] = [rows(self.cells, sum, kind) as f64; 2];
            }
            self.others[kind].clear();
            for counts in kept {
                self.see(counts, kind);
            }
        }
    }

    /// Whether every hidden sum is free, found in time.
    fn is_settled(&mut self) -> bool {
        for kind in 0..kinds(self.cells) {
            let truth: Vec<f64> = self.cells.iter().map(|c| c.counts[kind] as f64).collect();
            let mut attack = None;
            for at in 0..self.sums.len() {
                let is_known =
                    self.is_free(at, kind) || rows(self.cells, &self.sums[at], kind) == 0;
                if !self.hidden[at] || is_known {
                    continue;
                }
                let (system, _) = attack.get_or_insert_with(|| self.system(kind));
                self.attacked(system, &truth, at, kind);
                if self.work > WORK || !self.is_free(at, kind) {
                    return false;
                }
            }
        }
        true
    }

    /// Hides until every hidden sum is free; whether that was found in time.
    fn settle(&mut self) -> bool {
        loop {
            let before = self.count();
            for kind in 0..kinds(self.cells) {
                if !self.settle_kind(kind) {
                    return false;
                }
            }
            if self.count() == before {
                return true;
            }
        }
    }

    fn count(&self) -> usize {
        self.hidden.iter().filter(|hidden| **hidden).count()
    }

    fn settle_kind(&mut self, kind: usize) -> bool {
        let truth: Vec<f64> = self.cells.iter().map(|c| c.counts[kind] as f64).collect();
        let mut attack = None;
        let mut at = 0;
        while at < self.sums.len() {
            if !self.hidden[at]
                || rows(self.cells, &self.sums[at], kind) == 0
                || self.is_free(at, kind)
            {
                at += 1;
                continue;
            }
            let (system, owners) = attack.get_or_insert_with(|| self.system(kind));
            let reaches = self.attacked(system, &truth, at, kind);
            if self.work > WORK {
                return false;
            }
            if self.is_free(at, kind) {
                at += 1;
                continue;
            }
            let held = reaches.iter().flat_map(|reach| &reach.held_by);
            let held: Vec<usize> = held.map(|&row| owners[row]).collect();
            if !self.hide(&held, kind) {
                return false;
            }
            // What was hidden may stand before, and has its own kinds to be looked at.
            attack = None;
            at = 0;
        }
        true
    }

    fn is_free(&self, at: usize, kind: usize) -> bool {
        let [low, high] = self.seen[at][kind];
        high - low >= self.k as f64 - ROUNDING
    }

    /// Attacks a hidden sum from both sides, the second only where the first leaves it confined.
    fn attacked(&mut self, system: &Attack, truth: &[f64], at: usize, kind: usize) -> Vec<Reach> {
        let mut reaches = Vec::new();
        let own = rows(self.cells, &self.sums[at], kind) as f64;
        for is_up in [true, false] {
            let [low, high] = self.seen[at][kind];
            let enough = self.k as f64 + if is_up { low - own } else { own - high };
            let reach = system.reach(truth, &self.sums[at].cells, is_up, enough);
            self.work = self.work.saturating_add(reach.work);
            self.see(reach.at.clone(), kind);
            reaches.push(reach);
            if self.is_free(at, kind) {
                break;
            }
        }
        reaches
    }

    /// Counts that yield all that is published are as far as every sum of them can go, at least.
    fn see(&mut self, counts: Vec<f64>, kind: usize) {
        for (sum, seen) in self.sums.iter().zip(&mut self.seen) {
            let value: f64 = sum.cells.iter().map(|&cell| counts[cell]).sum();
            let [low, high] = &mut seen[kind];
            *low = low.min(value);
            *high = high.max(value);
        }
        if self.others[kind].len() < OTHERS {
            self.others[kind].push(counts);
        }
    }

    /// The published sums as equations of one kind, and which sum each is of.
    fn system(&mut self, kind: usize) -> (Attack, Vec<usize>) {
        let n = self.cells.len();
        let mut equations = Vec::new();
        let mut owners = Vec::new();
        let has_weights = self.cells.iter().any(|cell| cell.weights.is_some());
        for (at, sum) in self
            .sums
            .iter()
            .enumerate()
            .filter(|(at, _)| !self.hidden[*at])
        {
            let powers = if has_weights { 3 } else { 1 };
            for power in 0..powers {
                let mut equation = vec![0.0; n];
                for &cell in &sum.cells {
                    equation[cell] = per_row(&self.cells[cell], kind, power);
                }
                equations.push(equation);
                owners.push(at);
            }
        }
        let system = Attack::new(&equations, n);
        self.work = self
            .work
            .saturating_add(system.size() * equations.len() as u64);
        (system, owners)
    }

    /// Hides the best of some sums; whether there was any.
    fn hide(&mut self, held: &[usize], kind: usize) -> bool {
        let is_open = |at: &usize| !self.hidden[*at];
        let mut candidates: Vec<usize> = held.iter().copied().filter(is_open).collect();
        if candidates.is_empty() {
            candidates = (0..self.sums.len()).filter(is_open).collect();
        }
        let worth = |at: &usize| {
            let sum = &self.sums[*at];
            let of_kind = rows(self.cells, sum, kind);
            let all: u64 = (0..kinds(self.cells))
                .map(|kind| rows(self.cells, sum, kind))
                .sum();
            (std::cmp::Reverse(sum.columns), of_kind < self.k, all, *at)
        };
        let best = candidates.into_iter().min_by_key(worth);
        if let Some(best) = best {
            self.hidden[best] = true;
        }
        best.is_some()
    }
}

/// What a row of a cell adds to a published sum: 1, its mean weight, or its mean square. A cell without
/// rows of the kind has the means of its other rows: the attacker does not know that it has none.
fn per_row(cell: &Cell, kind: usize, power: usize) -> f64 {
    let Some(weights) = cell.weights.as_ref().filter(|_| power > 0) else {
        return 1.0;
    };
    let mean = |weight: f64, rows: u64| (rows > 0).then(|| weight / rows as f64);
    let all: f64 = weights.iter().map(|of| of[power - 1]).sum();
    let rows = cell.counts.iter().fold(0, |a: u64, b| a.saturating_add(*b));
    let own = mean(weights[kind][power - 1], cell.counts[kind]);
    own.or_else(|| mean(all, rows)).unwrap_or(1.0)
}

#[cfg(test)]
#[path = "conceal_tests.rs"]
mod tests;
