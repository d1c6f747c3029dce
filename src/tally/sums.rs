//! What is added up for the rows of a batch once their slots are known: rows, weights, scores.

use super::cell::{MISSING, POSITIVE, Weighed};
use super::columns::Layout;
use super::lane::{Lane, NO_SLOT, OUTCOMES};
use super::{ScoreSums, Weights};
use crate::data::{is_null, limits};
use crate::stats::{Merge, Scored, ranking};

/// The sums of one slot beside its counts.
#[derive(Debug, Default)]
pub struct Sums {
    /// By decision, label and prediction; empty when unweighted.
    pub weights: Vec<[Weights; OUTCOMES]>,
    /// Of the score.
    pub scores: Option<Box<ScoreSums>>,
}

impl Lane {
    /// Rows without a weight are out of everything: their slot is none.
    pub(super) fn drop_weightless(&mut self, lines: Option<&[u64]>, weights: Option<&[f64]>) {
        for (row, &weight) in weights.unwrap_or_default().iter().enumerate() {
            let rows = lines.map_or(1, |lines| lines[row]);
            if is_null(weight) {
                self.slot_of[row] = NO_SLOT;
                self.missing_weight += rows;
            } else if weight == 0.0 {
                self.zero_weight += rows;
            }
        }
    }

    /// Counts the rows of the batch by slot and outcome, where that is all there is to add up.
    pub(super) fn count(&mut self, lines: Option<&[u64]>) {
        for (counts, outcomes) in self.counts.iter_mut().zip(&self.outcomes) {
            for (row, (&slot, &outcome)) in self.slot_of.iter().zip(outcomes).enumerate() {
                if slot != NO_SLOT {
                    counts[slot as usize * OUTCOMES + usize::from(outcome)] +=
                        lines.map_or(1, |lines| lines[row]);
                }
            }
        }
    }

    /// Takes note of the scores of the batch, and keeps them for ranking.
    pub(super) fn score(
        &mut self,
        scores: &[f64],
        weights: Option<&[f64]>,
        lines: Option<&[u64]>,
        ranked: bool,
    ) {
        for (row, &score) in scores.iter().enumerate() {
            let slot = self.slot_of[row];
            if slot == NO_SLOT {
                continue;
            }
            let rows = lines.map_or(1, |lines| lines[row]);
            if is_null(score) {
                self.missing_score += rows;
                continue;
            }
            if rows == 0 {
                continue;
            }
            let (low, high) = self.score_range.unwrap_or((score, score));
            self.score_range = Some((low.min(score), high.max(score)));
            let label = usize::from(self.outcomes[0][row]) / 3;
            if ranked && label != MISSING {
                let mut left = rows;
                while left > 0 {
                    if self.ranking.len() as u64 >= limits::RANKED_ROWS {
                        self.unranked = true;
                        break;
                    }
                    let rows = u32::try_from(left).unwrap_or(u32::MAX);
                    left -= u64::from(rows);
                    self.ranking.push(Scored {
                        key: ranking::key(score),
                        cell: slot,
                        positive: label == POSITIVE,
                        weight: weights.map_or(1.0, |weights| weights[row]),
                        rows,
                    });
                }
            }
        }
    }

    /// Keeps the weights and scores of the batch until there are enough to add them up.
    pub(super) fn wait(
        &mut self,
        scores: Option<&[f64]>,
        weights: Option<&[f64]>,
        lines: Option<&[u64]>,
        layout: &Layout,
    ) {
        let waiting = &mut self.waiting;
        waiting
            .outcomes
            .resize_with(self.outcomes.len(), Vec::default);
        for (kept, outcomes) in waiting.outcomes.iter_mut().zip(&self.outcomes) {
            kept.extend_from_slice(outcomes);
        }
        waiting.slots.extend_from_slice(&self.slot_of);
        waiting.values.extend((0..self.slot_of.len()).map(|row| {
            let score = scores.map_or(f64::NAN, |scores| scores[row]);
            (score, weights.map_or(1.0, |weights| weights[row]))
        }));
        waiting.lines.extend_from_slice(lines.unwrap_or_default());
        if waiting.slots.len() >= WAITING {
            self.add_up(layout);
        }
    }

    /// Adds up what waits, slot by slot: with many groups their sums are larger than any cache, and
    /// going through them in the order of the rows would wait for memory at every row.
    pub(super) fn add_up(&mut self, layout: &Layout) {
        self.sums
            .resize_with(self.slots.len(), || Sums::new(layout));
        let waiting = &mut self.waiting;
        if waiting.slots.is_empty() {
            return;
        }
        waiting.sort(self.slots.len());
        let mut start = 0;
        for (slot, (sums, &end)) in self.sums.iter_mut().zip(&waiting.ends).enumerate() {
            for entry in &waiting.sorted[start as usize..end as usize] {
                let Entry {
                    score,
                    weight,
                    row,
                    outcome,
                } = *entry;
                let rows = waiting.lines.get(row as usize).copied().unwrap_or(1);
                self.counts[0][slot * OUTCOMES + usize::from(outcome)] += rows;
                for (counts, outcomes) in self.counts[1..].iter_mut().zip(&waiting.outcomes[1..]) {
                    counts[slot * OUTCOMES + usize::from(outcomes[row as usize])] += rows;
                }
                let weighed = layout.weight.map(|_| Weighed::new(weight, rows));
                if let Some(weighed) = weighed {
                    sums.weigh(weighed, outcome, &waiting.outcomes, row as usize);
                }
                if layout.score.is_some() && !is_null(score) && rows > 0 {
                    let label = usize::from(outcome) / 3;
                    let scores = sums.scores.get_or_insert_default();
                    scores.add_weighed(score, label, rows, weight, weighed);
                }
            }
            start = end;
        }
        waiting.slots.clear();
        waiting.values.clear();
        waiting.lines.clear();
        waiting.outcomes.iter_mut().for_each(Vec::clear);
    }
}

/// Rows that wait to be added up.
#[derive(Debug, Default)]
pub struct Waiting {
    slots: Vec<u32>,
    /// By decision.
    outcomes: Vec<Vec<u8>>,
    /// Score and weight.
    values: Vec<(f64, f64)>,
    /// Rows that the line stands for; empty where each is one.
    lines: Vec<u64>,
    /// The rows that are in a slot, by slot, in their order within it.
    sorted: Vec<Entry>,
    /// Where the rows of each slot end among these.
    ends: Vec<u32>,
}

/// A row among those of its slot.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    score: f64,
    weight: f64,
    /// Which of the rows that wait.
    row: u32,
    /// That of the first decision.
    outcome: u8,
}

/// As many rows wait: a few for each of many slots, in some 6 MB.
const WAITING: usize = 1 << 20;

impl Waiting {
    /// Fills `sorted` and `ends`; there are `count` slots.
    fn sort(&mut self, count: usize) {
        let Self {
            slots,
            outcomes,
            values,
            sorted,
            ends,
            ..
        } = self;
        ends.clear();
        ends.resize(count + 1, 0);
        for &slot in slots.iter().filter(|&&slot| slot != NO_SLOT) {
            ends[slot as usize + 1] += 1;
        }
        for slot in 0..count {
            ends[slot + 1] += ends[slot];
        }
        // What is copied here comes in order later: then nothing waits for memory.
        sorted.resize(ends[count] as usize, Entry::default());
        let rows = slots.iter().zip(values).zip(&outcomes[0]).enumerate();
        for (row, ((&slot, &mut (score, weight)), &outcome)) in rows {
            if slot != NO_SLOT {
                let place = &mut ends[slot as usize];
                sorted[*place as usize] = Entry {
                    score,
                    weight,
                    row: row as u32,
                    outcome,
                };
                *place += 1;
            }
        }
    }
}

impl Sums {
    /// Nothing added yet.
    pub fn new(layout: &Layout) -> Self {
        let decisions = layout.weight.map_or(0, |_| layout.decisions.len().max(1));
        Self {
            weights: (0..decisions).map(|_| Default::default()).collect(),
            scores: None,
        }
    }

    /// Adds rows of one weight; `outcome` is that of the first decision.
    #[inline]
    fn weigh(&mut self, weighed: Weighed, outcome: u8, outcomes: &[Vec<u8>], row: usize) {
        let mut weights = self.weights.iter_mut();
        if let Some(first) = weights.next() {
            first[usize::from(outcome)].add(weighed);
        }
        for (weights, outcomes) in weights.zip(&outcomes[1..]) {
            weights[usize::from(outcomes[row])].add(weighed);
        }
    }
}

impl Merge for Sums {
    fn merge(&mut self, other: &Self) {
        let Self { weights, scores } = other;
        for (mine, theirs) in self.weights.iter_mut().zip(weights) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                mine.merge(theirs);
            }
        }
        if let Some(scores) = scores {
            self.scores.get_or_insert_default().merge(scores);
        }
    }
}
