//! What a score comes to: plain data, one for each group.
//!
//! In: the score of a row, and a number drawn for it. Out: the decision.

use serde::{Deserialize, Serialize};

/// How the rows of one group are decided on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cut {
    /// Positive from a score on.
    At {
        /// The score.
        threshold: f64,
    },
    /// Positive by a chance that depends on where the score lies.
    Lottery {
        /// A score.
        low: f64,
        /// A score, not below it.
        high: f64,
        /// The chance below `low`.
        below: f64,
        /// The chance from `low` on.
        between: f64,
        /// The chance from `high` on.
        above: f64,
    },
    /// Positive by the chance that the score says.
    Drawn {},
    /// Nobody knows: no training row was of this group.
    Unseen {},
}

impl Cut {
    /// What is done where no remedy says otherwise.
    pub const PLAIN: Self = Self::at(0.5);

    /// Positive from this score on.
    pub const fn at(threshold: f64) -> Self {
        Self::At { threshold }
    }

    /// How likely a row is decided on as positive; none for a group that was never seen.
    pub fn chance(self, score: f64) -> Option<f64> {
        match self {
            Self::At { threshold } => Some(f64::from(u8::from(score >= threshold))),
            Self::Lottery { high, above, .. } if score >= high => Some(above),
            Self::Lottery { low, between, .. } if score >= low => Some(between),
            Self::Lottery { below, .. } => Some(below),
            Self::Drawn {} => Some(score),
            Self::Unseen {} => None,
        }
    }

    /// Whether a row is positive; `draw` makes a uniform number where chance decides. None for a
    /// group that was never seen.
    pub fn decide(self, score: f64, draw: impl FnOnce() -> f64) -> Option<bool> {
        let chance = self.chance(score)?;
        Some(chance >= 1.0 || chance > 0.0 && draw() < chance)
    }

    /// From which score on a row is positive for sure, or as likely as it gets.
    pub fn threshold(self) -> f64 {
        match self {
            Self::At { threshold } => threshold,
            Self::Lottery { high, .. } => high,
            Self::Drawn {} | Self::Unseen {} => 1.0,
        }
    }

    /// In words: `0.41`.
    pub fn said(self) -> String {
        // Beyond every score.
        let from = |score: f64| {
            if score > 1.0 {
                "never".to_owned()
            } else {
                format!("{score:.2}")
            }
        };
        match self {
            Self::At { threshold } => from(threshold),
            Self::Lottery {
                low,
                high,
                below,
                between,
                above,
            } => format!(
                "{} by chance {above:.2}, {} by {between:.2}, else {below:.2}",
                from(high),
                from(low)
            ),
            Self::Drawn {} => "by chance".to_owned(),
            Self::Unseen {} => "unseen".to_owned(),
        }
    }

    /// Whether it is as written by [`Cut`] itself; a file may have been written by anyone.
    pub fn is_valid(self) -> bool {
        match self {
            Self::At { threshold } => threshold.is_finite(),
            Self::Lottery {
                low,
                high,
                below,
                between,
                above,
            } => {
                let are_chances = [below, between, above]
                    .iter()
                    .all(|p| (0.0..=1.0).contains(p));
                are_chances && low.is_finite() && high.is_finite() && low <= high
            }
            Self::Drawn {} | Self::Unseen {} => true,
        }
    }
}
