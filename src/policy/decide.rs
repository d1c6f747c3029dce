//! How findings are decided: by what, from how many rows on, at which critical value.

use super::nights::{Look, Nights};
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
    /// What is known of the nights before, where the numbers are of all nights together
    /// (`--sequential`).
    pub nights: Option<Nights>,
    /// Whether what a model was asked, flips and ways, was asked of one that only stands in for who
    /// made the decisions: then it is shown, and proves nothing.
    pub has_stand_in: bool,
    /// Whether ways were found by trying: then a gap may be one of the search, and proves nothing.
    pub is_searched: bool,
}

/// Among how many comparisons one was chosen.
#[derive(Debug, Clone, Copy)]
pub struct Among {
    /// Groups whose pairs it is one of.
    pub groups: usize,
    /// Base metrics that are looked at together.
    pub legs: usize,
    /// Whether it is one of two rates.
    pub is_rate: bool,
    /// What it is in a sequence, where it is looked at night after night.
    pub look: Option<Look>,
}

impl Among {
    /// One number of one group.
    pub const ALONE: Self = Self {
        groups: 1,
        legs: 1,
        is_rate: false,
        look: None,
    };
}

impl Decide {
    /// The draws, where pairs of so many groups are among what was redrawn.
    fn redrawn(&self, groups: usize, is_rate: bool) -> Option<&Draws> {
        let is_among = is_rate && (2..=GROUPS).contains(&groups);
        self.redrawn.as_ref().filter(|_| is_among)
    }

    /// The critical value of a comparison that holds for all that it was chosen among.
    pub fn critical(&self, among: Among) -> Option<Critical> {
        if let Some(look) = among.look {
            return Some(look.critical(self.confidence));
        }
        match self.redrawn(among.groups, among.is_rate) {
            Some(draws) => Some(Critical {
                z: draws
                    .critical(self.confidence)?
                    .max(two_sided_z(self.confidence, 1.0)),
                confidence: self.confidence,
                method: Some(Method::Resampled),
            }),
            None => infer::among(self.confidence, among.groups, among.legs),
        }
    }

    /// The probability of a number so many standard errors past its limit, or of any other that it
    /// was chosen among, where the limit is kept.
    pub fn p(&self, z: f64, among: Among) -> f64 {
        if let Some(look) = among.look {
            return look.p(z);
        }
        match self.redrawn(among.groups, among.is_rate) {
            // A maximum is never less likely than one of those it is taken of.
            Some(draws) => draws.p(z).max(2.0 * normal_cdf(-z)),
            None => infer::p_among(z, among.groups, among.legs),
        }
    }
}
