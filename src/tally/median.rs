//! The median of a score over all rows that have one, exactly, in a reading of its own.
//!
//! In: a source and a score whose rows are cut above their median. Out: the median, and the least
//! score above it: `score >= that` is «above the median». Memory grows with the distinct scores.

use std::ops::ControlFlow;

use super::sample::each_number;
use super::scan::read_all;
use crate::data::guess::Understood;
use crate::data::{Batch, Decision, Plan, Setting, SettingSource};
use crate::error::{Error, Result};
use crate::read::{Shape, Source, Want};
use crate::stats::ranking;

/// Scores that are kept before equal ones are put together.
const ROOM: usize = 1 << 16;

/// Cuts the score above its median, and says so in the settings.
///
/// # Errors
/// The source cannot be read twice, or its scores cannot be read.
pub fn cut(source: &dyn Source, understood: &mut Understood) -> Result<()> {
    let plan = &understood.plan;
    let is_cut = |decision: &Decision| matches!(decision, Decision::Threshold { .. });
    let Some(at) = plan.decisions.iter().position(is_cut) else {
        return Ok(());
    };
    if !source.rereadable() {
        return Err(Error::Flag {
            flag: "--policy",
            value: "nyc-ll144".to_owned(),
            problem: "a pipe cannot be read twice to find the median of the score",
            remedy: "name a file, or the decisions: `-p COL`".to_owned(),
        });
    }
    let found = scores(source, plan, plan.decisions[at].column())?.middle();
    let above = found.map_or(f64::INFINITY, |(_, above)| above);
    if let Decision::Threshold { threshold, .. } = &mut understood.plan.decisions[at] {
        *threshold = above;
    }
    let settings = &mut understood.settings;
    let mut say = |key: &str, value: f64, why: &str| {
        let setting = Setting {
            value: value.to_string(),
            source: SettingSource::Inferred,
            why: Some(why.to_owned()),
        };
        settings.insert(key.to_owned(), setting);
    };
    say("threshold", above, "the least score above the median");
    if let Some((median, _)) = found {
        say("median", median, "of all rows that have a score");
    }
    Ok(())
}

fn scores(source: &dyn Source, plan: &Plan, column: usize) -> Result<Scores> {
    let want = |column: usize| Want {
        column,
        shape: Shape::Numbers,
        nulls: plan.nulls.clone().into(),
    };
    let mut wants = vec![want(column)];
    wants.extend(plan.count.iter().map(|(column, _)| want(*column)));
    let lanes = read_all(source, &wants, Scores::default, |scores, batch| {
        scores.add(batch);
        Ok(ControlFlow::Continue(()))
    })?;
    let mut all = Scores::default();
    for lane in lanes {
        all.0.extend(lane.0);
    }
    all.settle();
    Ok(all)
}

/// Scores by [`ranking::key`], each with its rows.
#[derive(Debug, Clone, Default)]
struct Scores(Vec<(u64, f64, u64)>, usize);

impl Scores {
    fn add(&mut self, batch: &Batch) {
        each_number(batch, |score, rows| {
            self.0.push((ranking::key(score), score + 0.0, rows));
        });
        if self.0.len() > 2 * self.1 + ROOM {
            self.settle();
        }
    }

    /// Sorts, and puts equal scores together.
    fn settle(&mut self) {
        self.0.sort_unstable_by_key(|(key, ..)| *key);
        self.0.dedup_by(|next, first| {
            let is_same = next.0 == first.0;
            first.2 = first.2.saturating_add(if is_same { next.2 } else { 0 });
            is_same
        });
        self.1 = self.0.len();
    }

    /// The median and the least score above it; `None` where there is no score.
    fn middle(&self) -> Option<(f64, f64)> {
        let total: u128 = self.0.iter().map(|(_, _, rows)| u128::from(*rows)).sum();
        let mut seen = 0;
        for (at, &(_, score, rows)) in self.0.iter().enumerate() {
            seen += u128::from(rows);
            if 2 * seen < total {
                continue;
            }
            let next = self.0.get(at + 1).map(|(_, next, _)| *next);
            // Of an even number of scores the median lies halfway between the middle two.
            let is_between = 2 * seen == total;
            let median = next.filter(|_| is_between);
            let median = median.map_or(score, |next| score.midpoint(next));
            return Some((median, next.unwrap_or(f64::INFINITY)));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn middle(scores: &[f64]) -> Option<(f64, f64)> {
        let list = scores.iter().map(|&s| (ranking::key(s), s, 1)).collect();
        let mut scores = Scores(list, 0);
        scores.settle();
        scores.middle()
    }

    #[test]
    fn the_median_is_the_middle_score_or_lies_between_the_middle_two() {
        assert_eq!(middle(&[3.0, 1.0, 2.0]), Some((2.0, 3.0)));
        assert_eq!(middle(&[4.0, 1.0, 2.0, 3.0]), Some((2.5, 3.0)));
        assert_eq!(middle(&[-1.0]), Some((-1.0, f64::INFINITY)));
        assert_eq!(middle(&[]), None);
    }

    #[test]
    fn scores_that_equal_the_median_are_not_above_it() {
        assert_eq!(middle(&[1.0, 2.0, 2.0, 2.0, 3.0]), Some((2.0, 3.0)));
        assert_eq!(middle(&[1.0, 2.0, 2.0, 5.0]), Some((2.0, 5.0)));
        assert_eq!(middle(&[1.0, 2.0, 2.0]), Some((2.0, f64::INFINITY)));
    }
}
