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
}

impl Cut {
    /// What is done where no remedy says otherwise.
    pub const PLAIN: Self = Self::at(0.5);

    /// Positive from this score on.
    pub const fn at(threshold: f64) -> Self {
        Self::At { threshold }
    }

    /// Whether a row is positive; `draw` makes a uniform number where chance decides.
    pub fn decide(self, score: f64, _draw: impl FnOnce() -> f64) -> bool {
        match self {
            Self::At { threshold } => score >= threshold,
        }
    }

    /// From which score on a row is positive for sure.
    pub fn threshold(self) -> f64 {
        match self {
            Self::At { threshold } => threshold,
        }
    }

    /// In words: `0.41`.
    pub fn said(self) -> String {
        match self {
            // Beyond every score.
            Self::At { threshold } if threshold > 1.0 => "never".to_owned(),
            Self::At { threshold } => format!("{threshold:.2}"),
        }
    }

    /// Whether it is as written by [`Cut`] itself; a file may have been written by anyone.
    pub fn is_valid(self) -> bool {
        match self {
            Self::At { threshold } => threshold.is_finite(),
        }
    }
}
