//! What is added up for the rows of a batch once their slots are known: rows, weights, scores.

use super::cell::{MISSING, POSITIVE};
use super::lane::{Lane, Layout, NO_SLOT, OUTCOMES};
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

    /// Counts the rows of the batch by slot and outcome.
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

    /// Adds the weights of the batch by slot and outcome.
    pub(super) fn weigh(&mut self, weights: &[f64], lines: Option<&[u64]>) {
        for (decision, outcomes) in self.outcomes.iter().enumerate() {
            for (row, (&slot, &outcome)) in self.slot_of.iter().zip(outcomes).enumerate() {
                if slot == NO_SLOT {
                    continue;
                }
                let sums = &mut self.sums[slot as usize].weights[decision][usize::from(outcome)];
                let rows = lines.map_or(1.0, |lines| lines[row] as f64);
                sums.sum.add(weights[row] * rows);
                sums.squares.add(weights[row] * weights[row] * rows);
            }
        }
    }

    /// Adds the scores of the batch by slot, and keeps them for ranking.
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
            let sums = self.sums[slot as usize].scores.get_or_insert_default();
            let weight = weights.map(|w| w[row]);
            sums.add(score, label, rows, weight);
            if ranked && label != MISSING {
                let room = limits::RANKED_ROWS.saturating_sub(self.ranking.len() as u64);
                self.unranked |= rows > room;
                for _ in 0..rows.min(room) {
                    self.ranking.push(Scored {
                        key: ranking::key(score),
                        cell: slot,
                        positive: label == POSITIVE,
                        weight: weight.unwrap_or(1.0),
                    });
                }
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
