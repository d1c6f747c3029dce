//! How far a group's number that is no rate may be off.
//!
//! In: a metric, a group, its number. Out: its [`Spread`], or `None` for numbers of a whole table,
//! distances between distributions, and those that do not vary.

use super::sums::{N, P, probabilities, scores};
use super::{Eval, Metric};
use crate::data::Role;
use crate::stats::{Amount, Law, Spread, pooled_freedom};
use crate::tally::cell::MISSING;
use crate::tally::{Cell, Row, Table};

/// The spread of the number of a group.
pub fn of(metric: &Metric, row: &Row, table: &Table, number: f64) -> Option<Spread> {
    let Eval::Group(eval) = metric.eval else {
        return None;
    };
    match metric.name {
        "auc" => {
            let found = row.discrimination.as_ref()?;
            Spread::of(found.auc_variance?, Law::Logit(found.auc_freedom?))
        }
        "mean_score" => of_mean(
            &[moments(row, 0)?, moments(row, 1)?, moments(row, MISSING)?],
            number,
        ),
        "generalized_true_positive_rate" => of_mean(&[moments(row, P)?], number),
        "generalized_false_positive_rate" => of_mean(&[moments(row, N)?], number),
        "generalized_false_negative_rate" => of_mean(&[moments(row, P)?], 1.0 - number),
        "generalized_true_negative_rate" => of_mean(&[moments(row, N)?], 1.0 - number),
        "calibration_in_the_large" => of_mean(&residuals(row)?, number),
        // Of decisions where there is no score: then they are functions of counts, below.
        "just_loss" | "fair_loss" if table.total.scores.is_some() => {
            of_mean(&residuals(row)?, number)
        }
        "brier_score" => {
            let labelled = moments(row, N)?.amount + moments(row, P)?.amount;
            let rows = labelled.effective();
            (rows > 0.0).then_some(Spread {
                error: (number * (1.0 - number) / rows).max(0.0).sqrt(),
                shift: 0.0,
                law: Law::Bounded(rows),
            })
        }
        "expected_calibration_error" => of_bins(row, table),
        "maximum_calibration_error" => of_worst_bin(row, table),
        // Those of labels or of decisions alone hold the group against the rest of the table.
        _ if !is_of_outcomes(metric) => None,
        _ => {
            let at = |cell: Cell| {
                let row = Row {
                    cell,
                    ..Row::default()
                };
                eval(&row, table).ok()
            };
            linearized(&row.cell, number, at)
        }
    }
}

/// Whether it is a function of the group's own labels and decisions.
fn is_of_outcomes(metric: &Metric) -> bool {
    let is_of_both = metric.needs(Role::Label) && metric.needs(Role::Prediction);
    let is_loss = matches!(metric.name, "just_loss" | "fair_loss");
    (is_of_both || is_loss) && !metric.needs(Role::Score)
}

/// Sums of a number x over rows: what they weigh, Σwx, Σwx².
struct Moments {
    amount: Amount,
    sum: f64,
    squares: f64,
}

/// Of the scores of one label.
fn moments(row: &Row, label: usize) -> Option<Moments> {
    let scores = &scores(&row.cell).ok()?[label];
    Some(Moments {
        amount: Amount {
            rows: scores.sums.rows,
            weight: scores.weight,
            weight_sq: if row.cell.weights.is_some() {
                scores.sums.weight_sq.value()
            } else {
                scores.weight
            },
        },
        sum: scores.sums.score.value(),
        squares: scores.sums.score_sq.value(),
    })
}

/// Of score − label; its size has the same squares.
fn residuals(row: &Row) -> Option<[Moments; 2]> {
    let (negative, positive) = (moments(row, N)?, moments(row, P)?);
    let weight = positive.amount.weight;
    let positive = Moments {
        squares: (positive.squares - 2.0 * positive.sum + weight).max(0.0),
        ..positive
    };
    Some([negative, positive])
}

/// Of the mean, which is at hand: its variance by the effective number of rows.
fn of_mean(parts: &[Moments], mean: f64) -> Option<Spread> {
    let amount = parts
        .iter()
        .fold(Amount::default(), |sum, part| sum + part.amount);
    let rows = amount.effective();
    if rows <= 1.0 {
        return None;
    }
    let square = parts.iter().map(|part| part.squares).sum::<f64>() / amount.weight;
    let variance = square - mean * mean;
    // What is left of two equal numbers is rounding, not variance.
    let is_rounding = variance <= 1e-12 * square;
    let variance = if is_rounding { 0.0 } else { variance };
    Spread::of(variance / (rows - 1.0), Law::Student(rows - 1.0))
}

/// Of a sum of distances of bins.
fn of_bins(row: &Row, table: &Table) -> Option<Spread> {
    let bins = variances(row, table)?;
    let variance = bins
        .iter()
        .map(|(share, variance)| share * share * variance);
    Spread::of(variance.sum(), Law::Bins(bins.len() as f64))
}

/// Of the largest of distances of bins.
fn of_worst_bin(row: &Row, table: &Table) -> Option<Spread> {
    let bins = variances(row, table)?;
    let variance = bins
        .iter()
        .map(|(_, variance)| *variance)
        .reduce(f64::max)?;
    Spread::of(variance, Law::WorstBin(bins.len() as f64))
}

/// The share of each bin in the group, and the variance of its share of positives, which varies as a
/// rate does. Half a row is added on either side, so that a bin of one kind is not taken for certain.
fn variances(row: &Row, table: &Table) -> Option<Vec<(f64, f64)>> {
    probabilities(row, table).ok()?;
    let bins = &row.cell.scores.as_ref()?.bins;
    let is_weighted = row.cell.weights.is_some();
    let weight_of = |bin: &crate::tally::BinScores| {
        if is_weighted {
            bin.weight[N].value() + bin.weight[P].value()
        } else {
            (bin.rows[N] + bin.rows[P]) as f64
        }
    };
    let whole: f64 = bins.iter().map(weight_of).sum();
    let labelled = moments(row, N)?.amount + moments(row, P)?.amount;
    let worth = labelled.effective() / labelled.rows.max(1) as f64;
    let used = bins.iter().filter(|bin| bin.rows != [0, 0]);
    let of_bin = |bin: &crate::tally::BinScores| {
        let rows = (bin.rows[N] + bin.rows[P]) as f64;
        let positive = (bin.rows[P] as f64 + 0.5) / (rows + 1.0);
        let variance = positive * (1.0 - positive) / (rows * worth);
        (weight_of(bin) / whole, variance)
    };
    Some(used.map(of_bin).collect())
}

/// Weights of outcomes as whole numbers: a metric that is the same when all weights are so many
/// times as large can then be asked for a little more of one of them.
const SCALE: f64 = (1_u64 << 45) as f64;
/// How much more, of what there is: the error of the slope is about its square.
const STEP: f64 = 1e-4;

/// The spread of a function of a group's outcomes, `number`, from the variance of its linear part
/// (the infinitesimal jackknife: Jaeckel 1972; Efron 1982, doi:10.1137/1.9781611970319): Σw² times
/// the square of the slope by the weight of each outcome. Half a row is added to each, so that what
/// was not seen is not taken for impossible; the limits lie around the value with these half rows
/// (as Agresti and Coull 1998, doi:10.2307/2685469, do for a rate), with as many degrees of
/// freedom as the rows of each label leave: of 100 rows with 10 positives normal limits around the
/// number itself would hold in 89 % of samples.
fn linearized(cell: &Cell, number: f64, value: impl Fn(Cell) -> Option<f64>) -> Option<Spread> {
    let total = cell.total();
    if total.rows == 0 || total.weight <= 0.0 {
        return None;
    }
    let mean = total.weight / total.rows as f64;
    let mean_sq = total.weight_sq / total.rows as f64;
    let amounts = smoothed(cell, mean, mean_sq);
    let scale = SCALE / amounts.iter().flatten().map(|a| a.0).sum::<f64>();
    // Weights beyond what a number can hold have no scale.
    if !(scale.is_finite() && amounts.iter().flatten().all(|a| (a.0 * scale) <= SCALE)) {
        return None;
    }
    let at = |outcome: Option<(usize, usize)>, by: f64| {
        let mut rows = [[0; 3]; 3];
        for (y, of_label) in amounts.iter().enumerate() {
            for (d, (weight, _)) in of_label.iter().enumerate() {
                let times = if outcome == Some((y, d)) {
                    1.0 + by
                } else {
                    1.0
                };
                rows[y][d] = (weight * times * scale) as u64;
            }
        }
        value(Cell {
            rows,
            weights: None,
            scores: None,
        })
    };
    let mut parts = [(0.0, 0.0); 3];
    for (y, of_label) in amounts.iter().enumerate() {
        for (d, &(weight, weight_sq)) in of_label.iter().enumerate() {
            if weight > 0.0 {
                let (more, less) = (at(Some((y, d)), STEP)?, at(Some((y, d)), -STEP)?);
                let slope = (more - less) / (2.0 * STEP * weight);
                parts[y].0 += weight_sq * slope * slope;
            }
        }
        parts[y].1 = cell.amount(|label, _| label == y).effective() - 1.0;
    }
    let variance = parts.iter().map(|part| part.0).sum();
    let spread = Spread::of(variance, Law::Linear(pooled_freedom(parts)))?;
    let shift = at(None, 0.0)? - number;
    Some(Spread { shift, ..spread })
}

/// Σw and Σw² of each outcome with half a row more, where outcomes of its kind occur.
fn smoothed(cell: &Cell, mean: f64, mean_sq: f64) -> [[(f64, f64); 3]; 3] {
    let kind = |y: usize, d: usize| (y == MISSING, d == MISSING);
    let occurs = |of: (bool, bool)| cell.amount(|y, d| kind(y, d) == of).rows > 0;
    let mut amounts = [[(0.0, 0.0); 3]; 3];
    for (y, of_label) in amounts.iter_mut().enumerate() {
        for (d, sums) in of_label.iter_mut().enumerate() {
            if occurs(kind(y, d)) {
                let amount = cell.outcome(y, d);
                *sums = (amount.weight + mean / 2.0, amount.weight_sq + mean_sq / 2.0);
            }
        }
    }
    amounts
}
