//! Sufficiency: given the decision or the score, is the truth independent of the group?
//!
//! Calibration slope and intercept are not here: they are fitted to rows, not read off sums.

use super::gap::with_gaps;
use super::sums::{N, P, known, probabilities, quotient, share};
use super::{Better, Eval, Family, Metric, Undefined, Value};
use crate::data::Role::{Label, Prediction, Score};
use crate::tally::{Cell, Row, Table};

const FAMILY: Family = Family::Sufficiency;
const ALTMAN: &str = "Altman and Bland 1994, doi:10.1136/bmj.309.6947.102";
const NAEINI: &str = "Naeini, Cooper and Hauskrecht 2015, doi:10.1609/aaai.v29i1.9602; bins as in \
                      Guo et al. 2017, arXiv:1706.04599";
const CLARIFY: &str = "Hardt et al. 2021, Amazon SageMaker Clarify, arXiv:2109.03285";

/// A share among those of one decision; the fields that all four share.
const OF_A_DECISION: Metric = Metric {
    name: "",
    aliases: &[],
    family: FAMILY,
    formula: "",
    meaning: "",
    source: ALTMAN,
    misleads: "it follows the base rate: with equal error rates groups with more positives have \
               other values; those not selected are seldom observed at all",
    needs: &[Label, Prediction],
    range: (0.0, 1.0),
    ideal: None,
    better: Better::Neither,
    eval: Eval::Table(|_| Err(Undefined::NoRows)),
};

/// How far scores are from frequencies; the fields that all share.
const CALIBRATION: Metric = Metric {
    source: NAEINI,
    needs: &[Label, Score],
    better: Better::Lower,
    ..OF_A_DECISION
};

/// The family's metrics, in report order.
pub const METRICS: &[&[Metric]] = &[
    with_gaps! {
        "positive_predictive_value" {
            aliases: &["ppv", "precision", "acceptance_rate"],
            formula: "P(y=1 | ŷ=1) = tp / (tp + fp)",
            meaning: "the share of predicted positives that is positive",
            better: Better::Higher,
            eval: Eval::Rate(
                |cell, _| share(cell, |y, d| d == P && known(y), |y, _| y == P),
                Undefined::NoPredictedPositives,
            ),
            ..OF_A_DECISION
        }
        difference &[
            "predictive_parity_difference",
            "predictive_parity",
            "precision_difference",
            "difference_in_acceptance_rates",
            "dar",
        ],
        ratio &["predictive_parity_ratio", "precision_ratio"],
    },
    with_gaps! {
        "negative_predictive_value" {
            aliases: &["npv", "rejection_rate"],
            formula: "P(y=0 | ŷ=0) = tn / (tn + fn)",
            meaning: "the share of predicted negatives that is negative",
            better: Better::Higher,
            eval: Eval::Rate(
                |cell, _| share(cell, |y, d| d == N && known(y), |y, _| y == N),
                Undefined::NoPredictedNegatives,
            ),
            ..OF_A_DECISION
        }
        difference &["difference_in_rejection_rates", "drr"],
        ratio &[],
    },
    with_gaps! {
        "false_discovery_rate" {
            aliases: &["fdr"],
            formula: "P(y=0 | ŷ=1) = fp / (tp + fp)",
            meaning: "the share of predicted positives that is wrong",
            better: Better::Lower,
            eval: Eval::Rate(
                |cell, _| share(cell, |y, d| d == P && known(y), |y, _| y == N),
                Undefined::NoPredictedPositives,
            ),
            ..OF_A_DECISION
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "false_omission_rate" {
            aliases: &["for"],
            formula: "P(y=1 | ŷ=0) = fn / (tn + fn)",
            meaning: "the share of predicted negatives that is wrong",
            better: Better::Lower,
            eval: Eval::Rate(
                |cell, _| share(cell, |y, d| d == N && known(y), |y, _| y == P),
                Undefined::NoPredictedNegatives,
            ),
            ..OF_A_DECISION
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "conditional_acceptance" {
            aliases: &[],
            formula: "#(y=1) / #(ŷ=1)",
            meaning: "how many positives there are for each predicted one",
            source: CLARIFY,
            misleads: "not a share: it is 1 as soon as the numbers agree, whoever is selected",
            range: (0.0, f64::INFINITY),
            better: Better::Neither,
            eval: Eval::Group(|row, _| per_decision(&row.cell, P)),
            ..OF_A_DECISION
        }
        difference &["difference_in_conditional_acceptance", "dca", "dcacc"],
        ratio &[],
    },
    with_gaps! {
        "conditional_rejection" {
            aliases: &[],
            formula: "#(y=0) / #(ŷ=0)",
            meaning: "how many negatives there are for each predicted one",
            source: CLARIFY,
            misleads: "not a share: it is 1 as soon as the numbers agree, whoever is rejected",
            range: (0.0, f64::INFINITY),
            better: Better::Neither,
            eval: Eval::Group(|row, _| per_decision(&row.cell, N)),
            ..OF_A_DECISION
        }
        difference &["difference_in_conditional_rejection", "dcr"],
        ratio &[],
    },
    with_gaps! {
        "calibration_in_the_large" {
            aliases: &["mean_calibration"],
            formula: "E[score] − P(y=1)",
            meaning: "by how much the scores are too high on average; negative: too low",
            source: "Van Calster et al. 2019, doi:10.1186/s12916-019-1466-7",
            misleads: "too high for some and too low for others cancels",
            range: (-1.0, 1.0),
            better: Better::Neither,
            eval: Eval::Group(in_the_large),
            ..CALIBRATION
        }
        difference &[],
    },
    with_gaps! {
        "expected_calibration_error" {
            aliases: &["ece", "ece10"],
            formula: "Σ n_b |mean score − share of positives in bin b| / n over 10 equally wide bins \
                      of [0, 1], closed on the right",
            meaning: "how far scores are from frequencies, on average",
            misleads: "it depends on the bins and is biased upwards in small groups: a smaller group \
                       looks worse calibrated",
            eval: Eval::Group(|row, table| {
                let (mut off, mut whole) = (0.0, 0.0);
                for bin in bins(row, table)? {
                    off += (bin.score - bin.positive).abs();
                    whole += bin.weight;
                }
                Ok(quotient(off, whole, Undefined::NoScores)?.min(1.0))
            }),
            ..CALIBRATION
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "maximum_calibration_error" {
            aliases: &["mce", "mce10"],
            formula: "max |mean score − share of positives in bin b| over the same 10 bins",
            meaning: "how far scores are from frequencies in the worst bin",
            misleads: "decided by the bin with the fewest rows: in small groups it is near 1 by chance",
            eval: Eval::Group(|row, table| {
                let off = |bin: Bin| (bin.score - bin.positive).abs() / bin.weight;
                let worst = bins(row, table)?.into_iter().map(off).reduce(f64::max);
                Ok(worst.ok_or(Undefined::NoScores)?.min(1.0))
            }),
            ..CALIBRATION
        }
        difference &[],
        ratio &[],
    },
];

/// Labels of a class for each decision of it.
fn per_decision(cell: &Cell, class: usize) -> Value {
    let why = if class == P {
        Undefined::NoPredictedPositives
    } else {
        Undefined::NoPredictedNegatives
    };
    let both = |of: &dyn Fn(usize, usize) -> bool| {
        cell.amount(|y, d| known(y) && known(d) && of(y, d)).weight
    };
    quotient(both(&|y, _| y == class), both(&|_, d| d == class), why)
}

fn in_the_large(row: &Row, table: &Table) -> Value {
    let [negative, positive, _] = probabilities(row, table)?;
    let scores = negative.sums.score.value() + positive.sums.score.value();
    let whole = negative.weight + positive.weight;
    Ok(quotient(scores - positive.weight, whole, Undefined::NoScores)?.clamp(-1.0, 1.0))
}

/// Sums of one bin of the scores, each by weight.
struct Bin {
    weight: f64,
    positive: f64,
    score: f64,
}

/// The bins that have rows.
fn bins(row: &Row, table: &Table) -> Result<Vec<Bin>, Undefined> {
    probabilities(row, table)?;
    let scores = row.cell.scores.as_ref().ok_or(Undefined::NoScores)?;
    let weighted = row.cell.weights.is_some();
    let bins = scores.bins.iter().map(|bin| {
        let [negative, positive] = if weighted {
            [bin.weight[N].value(), bin.weight[P].value()]
        } else {
            bin.rows.map(|rows| rows as f64)
        };
        Bin {
            weight: negative + positive,
            positive,
            score: bin.score.value(),
        }
    });
    Ok(bins.filter(|bin| bin.weight > 0.0).collect())
}
