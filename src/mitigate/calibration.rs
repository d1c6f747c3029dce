//! Scores that mean the same in every group: calibration by group.
//!
//! In: training rows and their scores. Out: for each group what its scores become: log odds
//! stretched and shifted (Platt 1999), steps by pooling adjacent violators (Ayer et al. 1955), or
//! shifted alone, so that mean scores are what they should be (bias correction terms).

use ndarray::{Array1, Array2};

use linfa::DatasetBase;
use linfa::traits::Fit;

use super::around::Curve;
use super::{Cut, Decided, Mitigation, Stage, Training};
use crate::error::Result;
use crate::fit::logistic::{Logistic, LogisticParams, log_odds, sigmoid};

/// Keeps coefficients finite where scores tell all labels of a group; by unit of weight, so that weights
/// that are shares mean the same as weights that are counts.
const RIDGE: f64 = 1e-6;
/// Newton steps at most for one shift.
const STEPS: usize = 100;

/// Platt's line.
pub const PLATT: Mitigation = Mitigation {
    name: "calibration_platt",
    about: "scores calibrated in each group by logistic regression on their log odds",
    source: "Platt 1999; Pleiss et al. 2017, arXiv:1709.02012 (by group)",
    stage: Stage::Post(|training, scores| each(training, scores, platt)),
    is_usual: false,
};

/// Isotonic steps.
pub const ISOTONIC: Mitigation = Mitigation {
    name: "calibration_isotonic",
    about: "scores calibrated in each group by isotonic regression",
    source: "Zadrozny and Elkan 2002, doi:10.1145/775047.775151; Ayer et al. 1955, \
             doi:10.1214/aoms/1177728423",
    stage: Stage::Post(|training, scores| each(training, scores, isotonic)),
    is_usual: false,
};

/// Mean scores that are the share of positives.
pub const CORRECTION: Mitigation = Mitigation {
    name: "bias_correction",
    about: "a term for each group: its mean score is its share of positives",
    source: "Dawid 1982, doi:10.1080/01621459.1982.10477856 (calibration in the large)",
    stage: Stage::Post(|training, scores| each(training, scores, correction)),
    is_usual: false,
};

/// Mean scores that are those of everyone.
pub const CORRECTION_PARITY: Mitigation = Mitigation {
    name: "bias_correction_parity",
    about: "a term for each group: its mean score is that of everyone",
    source: "Dawid 1982, doi:10.1080/01621459.1982.10477856 (with the mean of everyone)",
    stage: Stage::Post(parity),
    is_usual: false,
};

/// Rows of one group: score, label, weight.
type Rows = Vec<(f64, bool, f64)>;

fn rows(training: &Training, scores: &[f64]) -> Vec<Rows> {
    let mut rows: Vec<Rows> = vec![Vec::new(); training.count];
    for (row, &group) in training.groups.iter().enumerate() {
        let w = training.weights[row];
        if w > 0.0 {
            rows[group as usize].push((scores[row], training.y[row], w));
        }
    }
    rows
}

/// The curve of each group from its rows alone.
fn each(training: &Training, scores: &[f64], curve: fn(&Rows) -> Result<Curve>) -> Result<Decided> {
    let rows = rows(training, scores);
    let curves = rows.iter().map(|rows| {
        if rows.is_empty() {
            Ok(Curve::Same {})
        } else {
            curve(rows)
        }
    });
    Ok(Decided {
        curves: curves.collect::<Result<_>>()?,
        cuts: cuts(&rows),
        notes: Vec::new(),
    })
}

fn cuts(rows: &[Rows]) -> Vec<Cut> {
    let cut = |rows: &Rows| {
        if rows.is_empty() {
            Cut::Unseen {}
        } else {
            Cut::PLAIN
        }
    };
    rows.iter().map(cut).collect()
}

/// Logistic regression of the label on the log odds of the score.
fn platt(rows: &Rows) -> Result<Curve> {
    let has = |label: bool| rows.iter().any(|(_, y, _)| *y == label);
    if !(has(true) && has(false)) {
        return Ok(Curve::Same {});
    }
    let x = Array2::from_shape_fn((rows.len(), 1), |(row, _)| log_odds(rows[row].0));
    let y: Array1<bool> = rows.iter().map(|row| row.1).collect();
    let weights: Vec<f64> = rows.iter().map(|row| row.2).collect();
    let ridge = RIDGE * weights.iter().sum::<f64>();
    let params = LogisticParams::default().ridge(ridge).weights(weights);
    let fitted: Logistic = Fit::fit(&params, &DatasetBase::new(x, y))?;
    Ok(Curve::Logit {
        slope: fitted.coefficients[0],
        intercept: fitted.intercept,
    })
}

/// Shares of positives that rise with the score: pools of scores as long as they do not.
#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn isotonic(rows: &Rows) -> Result<Curve> {
    let mut sorted = rows.clone();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Of each pool its first and last score, weight and positive weight.
    let mut pools: Vec<[f64; 4]> = Vec::new();
    for (score, y, w) in sorted {
        let positive = if y { w } else { 0.0 };
        match pools.last_mut() {
            Some(last) if last[0] == score => {
                last[2] += w;
                last[3] += positive;
            }
            _ => pools.push([score, score, w, positive]),
        }
    }
    let mut rising: Vec<[f64; 4]> = Vec::new();
    // Shares, and no products: those of small weights are nothing. A pool of no weight says nothing.
    let falls = |last: &[f64; 4], pool: &[f64; 4]| {
        last[2] <= 0.0 || pool[2] <= 0.0 || last[3] / last[2] >= pool[3] / pool[2]
    };
    for mut pool in pools {
        while let Some(last) = rising.last().filter(|last| falls(last, &pool)) {
            pool = [last[0], pool[1], last[2] + pool[2], last[3] + pool[3]];
            rising.pop();
        }
        rising.push(pool);
    }
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for [first, last, weight, positive] in rising {
        from.push(first);
        to.push(positive / weight);
        if last > first {
            from.push(last);
            to.push(positive / weight);
        }
    }
    Ok(Curve::Knots { from, to })
}

fn shares(rows: &Rows) -> (f64, f64) {
    let total: f64 = rows.iter().map(|row| row.2).sum();
    let positive: f64 = rows.iter().filter(|row| row.1).map(|row| row.2).sum();
    (total, positive)
}

#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn correction(rows: &Rows) -> Result<Curve> {
    let (total, positive) = shares(rows);
    Ok(shifted(rows, positive / total))
}

#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn parity(training: &Training, scores: &[f64]) -> Result<Decided> {
    let rows = rows(training, scores);
    let sums = rows.iter().flatten().fold((0.0, 0.0), |(sum, total), row| {
        (sum + row.0 * row.2, total + row.2)
    });
    let mean = sums.0 / sums.1;
    let has_others = rows.iter().filter(|rows| !rows.is_empty()).count() > 1;
    let curve = |rows: &Rows| {
        if rows.is_empty() || !has_others {
            Curve::Same {}
        } else {
            shifted(rows, mean)
        }
    };
    Ok(Decided {
        curves: rows.iter().map(curve).collect(),
        cuts: cuts(&rows),
        notes: Vec::new(),
    })
}

/// The shift of log odds that gives the group this mean score: Newton's method, kept within what
/// is known to hold the root.
fn shifted(rows: &Rows, mean: f64) -> Curve {
    let total: f64 = rows.iter().map(|row| row.2).sum();
    let (mut low, mut high) = (-60.0, 60.0);
    let mut shift: f64 = 0.0;
    for _ in 0..STEPS {
        let (mut sum, mut slope) = (0.0, 0.0);
        for (score, _, w) in rows {
            let p = sigmoid(log_odds(*score) + shift);
            sum += w * p;
            slope += w * p * (1.0 - p);
        }
        let off = sum / total - mean;
        if off.abs() <= 1e-13 {
            break;
        }
        if off > 0.0 {
            high = shift;
        } else {
            low = shift;
        }
        let next = shift - off * total / slope.max(f64::MIN_POSITIVE);
        shift = if next > low && next < high {
            next
        } else {
            f64::midpoint(low, high)
        };
    }
    Curve::Logit {
        slope: 1.0,
        intercept: shift,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjacent_violators_are_pooled() {
        // Barlow et al. 1972: shares rise but for the middle, which is pooled; ties are one.
        let rows = vec![
            (0.1, false, 1.0),
            (0.2, true, 1.0),
            (0.3, false, 2.0),
            (0.4, true, 1.0),
            (0.4, false, 1.0),
            (0.5, true, 3.0),
        ];
        let curve = isotonic(&rows).unwrap();
        let at = |score: f64| curve.of(score, || 0.5);
        assert_eq!(at(0.0), 0.0);
        assert!((at(0.2) - 1.0 / 3.0).abs() < 1e-15 && at(0.2) == at(0.3));
        assert!((at(0.4) - 0.5).abs() < 1e-15 && at(0.9) == 1.0);
        assert!((at(0.45) - 0.75).abs() < 1e-9);
    }
}
