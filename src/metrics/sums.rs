//! What formulas ask of a cell: shares of its rows, weights, sums of its scores.

use super::{Undefined, Value};
use crate::data::Favorable;
use crate::stats::Fraction;
use crate::tally::cell::{MISSING, NEGATIVE, POSITIVE};
use crate::tally::{Cell, LabelScores, Row, Table};

/// The negative class.
pub const N: usize = NEGATIVE;
/// The positive class.
pub const P: usize = POSITIVE;

/// Whether a label or decision is there.
pub fn known(class: usize) -> bool {
    class != MISSING
}

/// The class that is the favorable outcome.
pub fn class(favorable: Favorable) -> usize {
    match favorable {
        Favorable::Positive => P,
        Favorable::Negative => N,
    }
}

/// The share of those rows `within` (by label and decision) that `is` says yes to.
pub fn share(
    cell: &Cell,
    within: impl Fn(usize, usize) -> bool,
    is: impl Fn(usize, usize) -> bool,
) -> Fraction {
    Fraction::new(
        cell.amount(|y, d| within(y, d) && is(y, d)),
        cell.amount(within),
    )
}

/// Σw of the rows with this label and this decision, both known.
pub fn weight(cell: &Cell, label: usize, decision: usize) -> f64 {
    cell.outcome(label, decision).weight
}

/// Σw of the confusion matrix.
#[derive(Debug, Clone, Copy)]
pub struct Confusion {
    pub tp: f64,
    pub fp: f64,
    pub fn_: f64,
    pub tn: f64,
}

/// The confusion matrix of the rows that have label and decision.
pub fn confusion(cell: &Cell) -> Confusion {
    Confusion {
        tp: weight(cell, P, P),
        fp: weight(cell, N, P),
        fn_: weight(cell, P, N),
        tn: weight(cell, N, N),
    }
}

/// A quotient; undefined for this reason where the denominator is 0.
pub fn quotient(part: f64, whole: f64, why: Undefined) -> Value {
    if whole == 0.0 {
        Err(why)
    } else {
        Ok(part / whole)
    }
}

/// Whether the side is predictions, not labels, for formulas that serve both.
pub const PREDICTIONS: bool = true;
/// See [`PREDICTIONS`].
pub const LABELS: bool = false;

/// Σw of the negatives and of the positives of the label, or of the decision.
pub fn sides<const PREDICTIONS: bool>(cell: &Cell) -> [f64; 2] {
    [N, P].map(|class| {
        cell.amount(|y, d| class == if PREDICTIONS { d } else { y })
            .weight
    })
}

/// The sums of scores of one label, with Σw (the rows, when unweighted).
pub struct Scores<'a> {
    pub sums: &'a LabelScores,
    pub weight: f64,
}

/// The sums of scores by label: negative, positive, missing.
pub fn scores(cell: &Cell) -> Result<[Scores<'_>; 3], Undefined> {
    let scores = cell.scores.as_ref().ok_or(Undefined::NoScores)?;
    let weighted = cell.weights.is_some();
    Ok(scores.by_label.each_ref().map(|sums| Scores {
        weight: if weighted {
            sums.weight.value()
        } else {
            sums.rows as f64
        },
        sums,
    }))
}

/// The same, where the scores of the table are probabilities.
pub fn probabilities<'a>(row: &'a Row, table: &Table) -> Result<[Scores<'a>; 3], Undefined> {
    let found = scores(&row.cell)?;
    match table.score_range {
        Some((low, high)) if low < 0.0 || high > 1.0 => Err(Undefined::NotAProbability),
        _ => Ok(found),
    }
}
