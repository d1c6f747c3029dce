//! What is done around a model by the group of a row: to its features before, to its score after.
//!
//! In: plain data, the matrix and the group of each row. Out: the scores. Where nothing is done they
//! are the model's own, to the bit.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::fit::Scorer;
use crate::fit::logistic::{log_odds, sigmoid};

/// What is done by group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Around {
    /// What features become: by group, by column; a group that was never seen has no columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<Vec<Repair>>,
    /// What scores become, by group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<Curve>,
}

/// What a feature becomes within one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Repair {
    /// Something is added.
    Shift {
        /// What.
        by: f64,
    },
    /// A line through knots; beyond the outer ones as they are there.
    Knots {
        /// What the feature is, ascending.
        from: Vec<f64>,
        /// What it becomes.
        to: Vec<f64>,
    },
}

/// What a score becomes within one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Curve {
    /// Itself.
    Same {},
    /// Its log odds are stretched and shifted.
    Logit {
        /// By this much for 1 of log odds.
        slope: f64,
        /// Added.
        intercept: f64,
    },
    /// A line through knots; beyond the outer ones as they are there.
    Knots {
        /// What the score is, ascending.
        from: Vec<f64>,
        /// What it becomes.
        to: Vec<f64>,
    },
    /// By chance it is withheld: the row gets the share of positives in the group.
    Withheld {
        /// How likely.
        chance: f64,
        /// The share.
        rate: f64,
    },
}

/// The value at `x` of the line through knots.
fn along(from: &[f64], to: &[f64], x: f64) -> f64 {
    let at = from.partition_point(|&knot| knot < x);
    match (at.checked_sub(1), from.get(at)) {
        (_, Some(&knot)) if knot == x => to[at],
        (Some(before), Some(&knot)) => {
            let share = (x - from[before]) / (knot - from[before]);
            to[before] + share * (to[at] - to[before])
        }
        (Some(before), None) => to[before],
        (None, _) => to.first().copied().unwrap_or(x),
    }
}

fn are_knots(from: &[f64], to: &[f64]) -> bool {
    let are_numbers = from.iter().chain(to).all(|x| x.is_finite());
    from.len() == to.len() && are_numbers && from.windows(2).all(|pair| pair[0] < pair[1])
}

impl Repair {
    /// What the feature becomes.
    pub fn of(&self, x: f64) -> f64 {
        match self {
            Self::Shift { by } => x + by,
            Self::Knots { from, to } => along(from, to, x),
        }
    }
}

impl Curve {
    /// What the score becomes.
    pub fn of(&self, score: f64, draw: impl FnOnce() -> f64) -> f64 {
        match self {
            Self::Same {} => score,
            Self::Logit { slope, intercept } => sigmoid(slope * log_odds(score) + intercept),
            Self::Knots { from, to } => along(from, to, score),
            Self::Withheld { chance, rate } => {
                if *chance > 0.0 && draw() < *chance {
                    *rate
                } else {
                    score
                }
            }
        }
    }

    /// In words.
    pub fn said(&self) -> String {
        match self {
            Self::Same {} => "as it is".to_owned(),
            Self::Logit { slope, intercept } if *slope == 1.0 => {
                format!("log odds {intercept:+.2}")
            }
            Self::Logit { slope, intercept } => format!("log odds × {slope:.2} {intercept:+.2}"),
            Self::Knots { from, .. } => format!("{} levels", from.len()),
            Self::Withheld { chance, .. } => format!("withheld by chance {chance:.2}"),
        }
    }

    fn is_valid(&self) -> bool {
        match self {
            Self::Same {} => true,
            Self::Logit { slope, intercept } => slope.is_finite() && intercept.is_finite(),
            Self::Knots { from, to } => {
                are_knots(from, to) && to.iter().all(|p| (0.0..=1.0).contains(p))
            }
            Self::Withheld { chance, rate } => {
                [chance, rate].iter().all(|p| (0.0..=1.0).contains(*p))
            }
        }
    }
}

impl Around {
    /// Whether it does nothing: no group need be known.
    pub fn is_nothing(&self) -> bool {
        self.repairs.is_empty() && self.curves.is_empty()
    }

    /// The features as the model is to see them.
    pub fn matrix(&self, x: ArrayView2<f64>, groups: &[u32]) -> Array2<f64> {
        let mut x = x.to_owned();
        for (mut row, &group) in x.rows_mut().into_iter().zip(groups) {
            let repairs = self.repairs.get(group as usize);
            for (cell, repair) in row.iter_mut().zip(repairs.into_iter().flatten()) {
                *cell = repair.of(*cell);
            }
        }
        x
    }

    /// The score of each row; `draw` makes the uniform number of a row by its place.
    pub fn scores(
        &self,
        scorer: &dyn Scorer,
        x: ArrayView2<f64>,
        groups: &[u32],
        draw: &(dyn Fn(usize) -> f64 + Sync),
    ) -> Vec<f64> {
        let scores = if self.repairs.is_empty() {
            scorer.score(x)
        } else {
            scorer.score(self.matrix(x, groups).view())
        };
        let scores = scores.to_vec();
        if self.curves.is_empty() {
            return scores;
        }
        let each = scores.par_iter().enumerate();
        each.map(|(at, &score)| match self.curves.get(groups[at] as usize) {
            Some(curve) => curve.of(score, || draw(at)),
            None => score,
        })
        .collect()
    }

    /// Whether it is as written by [`Around`] itself; a file may have been written by anyone.
    pub fn is_valid(&self, columns: usize, groups: usize) -> bool {
        let is_repair = |repair: &Repair| match repair {
            Repair::Shift { by } => by.is_finite(),
            Repair::Knots { from, to } => are_knots(from, to),
        };
        let is_group = |own: &Vec<Repair>| {
            (own.is_empty() || own.len() == columns) && own.iter().all(is_repair)
        };
        let are_repairs = self.repairs.is_empty()
            || self.repairs.len() == groups && self.repairs.iter().all(is_group);
        let are_curves = self.curves.is_empty()
            || self.curves.len() == groups && self.curves.iter().all(Curve::is_valid);
        are_repairs && are_curves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_through_its_knots_and_stays_beyond_them() {
        let (from, to) = ([0.0, 1.0, 3.0], [5.0, 7.0, 7.5]);
        let values = [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 9.0].map(|x| along(&from, &to, x));
        assert_eq!(values, [5.0, 5.0, 6.0, 7.0, 7.25, 7.5, 7.5]);
    }
}
