//! What becomes of a gap where like is compared with like.
//!
//! In: the gap over all rows and the gap within what is held alike, each with limits. Out: a word. That
//! nothing is found within is no proof that the gap is gone: only limits that leave no room for half of
//! it say so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::interval;
use super::spread::Limited;

/// The part of the gap over all rows that may be left of one that vanished.
const LEFT: f64 = 0.5;

/// What becomes of a difference when like is compared with like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Both intervals exclude equality, on opposite sides: Simpson's paradox.
    Reversed,
    /// The crude interval excludes equality; the other holds it and has no room for half of the crude
    /// difference to either side, and no test finds a difference.
    Vanished,
    /// Only the interval within excludes equality.
    Appeared,
    /// Both exclude it, on the same side.
    Kept,
    /// It cannot be told: nothing that the intervals say.
    Unclear,
    /// One of the two groups has too few rows to go by (`--min-group`).
    Small,
}

impl Reading {
    /// What two differences say: `crude` and `within` as surely as the sides are to be told, `alone` the
    /// second as sure as it is by itself; `is_found` where a test finds a difference within.
    pub fn of(crude: Limited, within: Limited, alone: Limited, is_found: bool) -> Self {
        let side = |(low, _, high): Limited| interval::side((low, high));
        let most = LEFT * crude.1.abs();
        let is_narrow = -most < alone.0 && alone.2 < most;
        match (side(crude), side(within)) {
            (0, 0) => Self::Unclear,
            (0, _) => Self::Appeared,
            (_, 0) if side(alone) == 0 && is_narrow && !is_found => Self::Vanished,
            (_, 0) => Self::Unclear,
            (a, b) if a == b => Self::Kept,
            _ => Self::Reversed,
        }
    }

    /// Whether the crude number alone would mislead.
    pub fn is_paradox(self) -> bool {
        matches!(self, Self::Reversed | Self::Vanished)
    }

    /// As in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reversed => "reversed",
            Self::Vanished => "vanished",
            Self::Appeared => "appeared",
            Self::Kept => "kept",
            Self::Unclear => "unclear",
            Self::Small => "small",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paradox_is_told_only_where_both_intervals_bear_it() {
        let crude = (-0.17, -0.14, -0.11);
        let read = |within: Limited| Reading::of(crude, within, within, false);
        assert_eq!(read((0.01, 0.06, 0.11)), Reading::Reversed);
        assert_eq!(read((-0.01, 0.02, 0.05)), Reading::Vanished);
        // As far from nothing as from the crude number: few rows, no news.
        assert_eq!(read((-0.2, 0.02, 0.24)), Reading::Unclear);
        assert_eq!(read((-0.11, -0.08, -0.05)), Reading::Kept);
        let nothing = (-0.05, -0.01, 0.03);
        let of_nothing = |within: Limited| Reading::of(nothing, within, within, false);
        assert_eq!(of_nothing((-0.02, 0.01, 0.04)), Reading::Unclear);
        assert_eq!(of_nothing((0.01, 0.04, 0.07)), Reading::Appeared);
    }

    #[test]
    fn a_gap_vanishes_only_where_there_is_no_room_for_half_of_it() {
        let crude = (-0.17, -0.14, -0.11);
        let read = |within: Limited| Reading::of(crude, within, within, false);
        // Not the crude number, but nearly, or more than half of it.
        assert_eq!(read((-0.135, 0.02, 0.175)), Reading::Unclear);
        assert_eq!(read((-0.08, -0.02, 0.04)), Reading::Unclear);
        // As much to the other side.
        assert_eq!(read((-0.02, 0.04, 0.1)), Reading::Unclear);
        assert_eq!(read((-0.069, 0.0, 0.069)), Reading::Vanished);
        // What is wide beside all other gaps is read by itself, where it is none there either.
        let of = |alone, is_found| Reading::of(crude, (-0.1, 0.02, 0.14), alone, is_found);
        assert_eq!(of((-0.03, 0.02, 0.06), false), Reading::Vanished);
        assert_eq!(of((-0.03, 0.02, 0.06), true), Reading::Unclear);
        assert_eq!(of((0.01, 0.03, 0.05), false), Reading::Unclear);
    }
}
