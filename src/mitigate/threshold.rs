//! A threshold for each group (Hardt, Price and Srebro 2016, arXiv:1610.02413), without chance.
//!
//! In: training rows and their scores. Out: from which score on a row of each group is positive, so
//! that groups have the same selection rate, or the same true positive rate, as nearly as their
//! scores allow; of all common rates that with the least error.

use super::{Cut, Decided, Mitigation, Stage, Training};
use crate::error::Result;

/// Common rates that are tried.
const RATES: usize = 200;

/// Equal selection rates.
pub const PARITY: Mitigation = Mitigation {
    name: "threshold_parity",
    about: "a threshold a group: equal selection rates",
    source: "Hardt, Price and Srebro 2016, arXiv:1610.02413",
    stage: Stage::Post(parity),
    is_usual: true,
};

/// Equal true positive rates.
pub const OPPORTUNITY: Mitigation = Mitigation {
    name: "threshold_opportunity",
    about: "a threshold a group: equal true positive rates",
    source: "Hardt, Price and Srebro 2016, arXiv:1610.02413",
    stage: Stage::Post(opportunity),
    is_usual: true,
};

/// One group's rows at and above a score.
struct Step {
    threshold: f64,
    rate: f64,
    error: f64,
}

#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn parity(training: &Training, scores: &[f64]) -> Result<Decided> {
    Ok(thresholds(training, scores, false).into())
}

#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn opportunity(training: &Training, scores: &[f64]) -> Result<Decided> {
    Ok(thresholds(training, scores, true).into())
}

/// The thresholds of the common rate with the least error.
fn thresholds(training: &Training, scores: &[f64], of_positives: bool) -> Vec<Cut> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); training.count];
    for (row, &group) in training.groups.iter().enumerate() {
        if training.weights[row] > 0.0 {
            rows[group as usize].push(row);
        }
    }
    let steps: Vec<Vec<Step>> = rows
        .into_iter()
        .map(|rows| steps(training, scores, rows, of_positives))
        .collect();
    if steps.iter().filter(|own| !own.is_empty()).count() < 2 {
        let cut = |group: &[f64; 2]| {
            if group[0] + group[1] > 0.0 {
                Cut::PLAIN
            } else {
                Cut::Unseen {}
            }
        };
        return training.sums().iter().map(cut).collect();
    }
    let mut best: Option<(f64, Vec<Cut>)> = None;
    for rate in 0..=RATES {
        let rate = rate as f64 / RATES as f64;
        let near = steps.iter().map(|steps| nearest(steps, rate));
        let near: Vec<Option<&Step>> = near.collect();
        let error: f64 = near.iter().flatten().map(|step| step.error).sum();
        if best.as_ref().is_none_or(|(least, _)| error < *least) {
            let cuts = near
                .iter()
                .map(|step| step.map_or(Cut::Unseen {}, |step| Cut::at(step.threshold)));
            best = Some((error, cuts.collect()));
        }
    }
    best.map_or_else(|| vec![Cut::PLAIN; training.count], |(_, cuts)| cuts)
}

/// The step whose rate is nearest; rates rise.
fn nearest(steps: &[Step], rate: f64) -> Option<&Step> {
    let at = steps.partition_point(|step| step.rate < rate);
    let around = [at.checked_sub(1), Some(at)];
    let around = around.into_iter().flatten().filter_map(|at| steps.get(at));
    around.min_by(|a, b| (a.rate - rate).abs().total_cmp(&(b.rate - rate).abs()))
}

/// What each threshold of a group gives: from nobody to everyone.
fn steps(
    training: &Training,
    scores: &[f64],
    mut rows: Vec<usize>,
    of_positives: bool,
) -> Vec<Step> {
    rows.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let counts = |row: usize| {
        if !of_positives || training.y[row] {
            training.weights[row]
        } else {
            0.0
        }
    };
    let total: f64 = rows.iter().map(|&row| counts(row)).sum();
    let positive = |row: usize| {
        if training.y[row] {
            training.weights[row]
        } else {
            0.0
        }
    };
    let mut error: f64 = rows.iter().map(|&row| positive(row)).sum();
    let mut chosen = 0.0;
    let mut steps = Vec::new();
    if total <= 0.0 {
        return steps;
    }
    let top = rows.first().map_or(0.0, |&row| scores[row]);
    steps.push(Step {
        threshold: top.max(1.0) + 1.0,
        rate: 0.0,
        error,
    });
    for (at, &row) in rows.iter().enumerate() {
        let w = training.weights[row];
        error += if training.y[row] { -w } else { w };
        chosen += counts(row);
        let next = rows.get(at + 1).map(|&next| scores[next]);
        if next.is_none_or(|next| next < scores[row]) {
            // Between two scores, so that a row that is scored anew does not fall on the edge.
            let threshold = next.map_or(scores[row], |next| f64::midpoint(next, scores[row]));
            steps.push(Step {
                threshold,
                rate: chosen / total,
                error,
            });
        }
    }
    steps
}
