//! Whether what a model makes of a group is more than the chance of the rows that it was fitted to.
//!
//! In: answers for rows as they are and flipped, each by the fold that has not seen the row. Out: of
//! two groups whether the loss grows where their rows change places (as where a feature is shuffled:
//! Fisher, Rudin and Dominici 2019, arXiv:1801.01489). `McNemar`'s test takes the model as it is, and
//! of many rows finds the least weight that chance has given to the group.

use super::Case;
use super::flip::Flipped;
use super::means::{Mean, of_each_two};

/// Scores are kept off 0 and 1, where a loss would be infinite.
const LEAST: f64 = 1e-15;

/// Whether the mean loss grows for sure, all pairs of groups together (Bonferroni).
#[must_use]
pub fn is_borne_out(case: &Case, flipped: &Flipped, (one, other): (u32, u32)) -> bool {
    let answers = |group: u32| flipped.to.iter().find(|(to, _)| *to == group);
    let (Some((_, as_one)), Some((_, as_other))) = (answers(one), answers(other)) else {
        return false;
    };
    let grown = |&row: &u32| {
        let row = row as usize;
        let after = match case.groups[row] {
            own if own == one => as_other.scores[row],
            own if own == other => as_one.scores[row],
            _ => return None,
        };
        let is_positive = (*case.target.get(row)?)?;
        let grown = loss(is_positive, after) - loss(is_positive, flipped.as_is.scores[row]);
        grown.is_finite().then_some((grown, case.weights[row]))
    };
    let rows: Vec<(f64, f64)> = case.rows.iter().filter_map(grown).collect();
    let confidence = of_each_two(case.asking.confidence, flipped.to.len());
    let limits = Mean::of(rows.into_iter()).and_then(|mean| mean.interval(confidence));
    limits.is_some_and(|limits| limits.low > 0.0)
}

/// The log loss of a score.
fn loss(is_positive: bool, score: f64) -> f64 {
    let chance = if is_positive { score } else { 1.0 - score };
    -chance.clamp(LEAST, 1.0).ln()
}
