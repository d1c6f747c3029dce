//! How findings are decided: by what, from how many rows on, at which critical value.

use super::{Adjust, How};
use crate::infer;
use crate::stats::redraw::Draws;
use crate::stats::resample::GROUPS;
use crate::stats::special::{normal_cdf, two_sided_z};
use crate::stats::{Critical, Method};

/// How findings are decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decide {
    /// By the interval, the value, or proof.
    pub how: How,
    /// Rows of a metric's own denominator under which a group decides nothing.
    pub min_group: u64,
    /// Confidence of the intervals.
    pub confidence: f64,
    /// What is made of there being many checks.
    pub adjust: Adjust,
    /// How far the farthest of all pairs that are judged strays in redrawn tables, where that is what
    /// they are adjusted by.
    pub redrawn: Option<Draws>,
}

impl Decide {
    /// The draws, where pairs of so many groups are among what was redrawn.
    fn redrawn(&self, groups: usize, is_rate: bool) -> Option<&Draws> {
        let is_among = is_rate && (2..=GROUPS).contains(&groups);
        self.redrawn.as_ref().filter(|_| is_among)
    }

    /// The critical value of all pairs of so many groups, over so many base metrics, which are rates
    /// or not.
    pub fn critical(&self, groups: usize, legs: usize, is_rate: bool) -> Option<Critical> {
        match self.redrawn(groups, is_rate) {
            Some(draws) => Some(Critical {
                z: draws
                    .critical(self.confidence)?
                    .max(two_sided_z(self.confidence, 1.0)),
                confidence: self.confidence,
                method: Some(Method::Resampled),
            }),
            None => infer::among(self.confidence, groups, legs),
        }
    }

    /// The probability of a number so many standard errors past its limit, or of any other of so
    /// many groups and base metrics, where the limit is kept.
    pub fn p(&self, z: f64, groups: usize, legs: usize, is_rate: bool) -> f64 {
        match self.redrawn(groups, is_rate) {
            // A maximum is never less likely than one of those it is taken of.
            Some(draws) => draws.p(z).max(2.0 * normal_cdf(-z)),
            None => infer::p_among(z, groups, legs),
        }
    }
}
