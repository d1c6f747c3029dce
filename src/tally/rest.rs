//! A cell without one of its parts: what the other groups are together.
//!
//! In: a sum of cells, and one of them. Out: the sum of the others, to the last bit what adding them
//! up would give.

use super::{BinScores, Cell, LabelScores, ScoreSums};
use crate::stats::ExactSum;

/// Takes the sums of `part` out of `whole`, of which it is a part.
pub(super) fn subtract(whole: &mut Cell, part: &Cell) {
    let Cell {
        rows,
        weights,
        scores,
    } = part;
    for (mine, theirs) in whole.rows.iter_mut().flatten().zip(rows.iter().flatten()) {
        *mine -= theirs;
    }
    if let (Some(mine), Some(theirs)) = (&mut whole.weights, weights) {
        for (mine, theirs) in mine.iter_mut().flatten().zip(theirs.iter().flatten()) {
            take(&mut mine.sum, &theirs.sum);
            take(&mut mine.squares, &theirs.squares);
        }
    }
    if let (Some(mine), Some(theirs)) = (&mut whole.scores, scores) {
        subtract_scores(mine, theirs);
    }
}

fn subtract_scores(whole: &mut ScoreSums, part: &ScoreSums) {
    for (mine, theirs) in whole.by_label.iter_mut().zip(&part.by_label) {
        let LabelScores {
            rows,
            weight,
            weight_sq,
            score,
            score_sq,
            log_loss,
        } = theirs;
        mine.rows -= rows;
        take(&mut mine.weight, weight);
        take(&mut mine.weight_sq, weight_sq);
        take(&mut mine.score, score);
        take(&mut mine.score_sq, score_sq);
        take(&mut mine.log_loss, log_loss);
    }
    for (mine, theirs) in whole.bins.iter_mut().zip(&part.bins) {
        let BinScores {
            rows,
            weight,
            score,
        } = theirs;
        for label in 0..2 {
            mine.rows[label] -= rows[label];
            take(&mut mine.weight[label], &weight[label]);
        }
        take(&mut mine.score, score);
    }
}

/// Takes an exact sum out of another, exactly: a sum is read as the f64 nearest to it, that is
/// taken out of both, and so on until nothing is left (each step takes 53 bits).
fn take(whole: &mut ExactSum, part: &ExactSum) {
    let mut left = part.clone();
    loop {
        let most = left.value();
        if most == 0.0 || !most.is_finite() {
            return;
        }
        whole.add(-most);
        left.add(-most);
    }
}
