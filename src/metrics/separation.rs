//! Separation: given what was true, are decisions independent of the group?

use super::gap::with_gaps;
use super::sums::{N, P, confusion, known, probabilities, quotient, share};
use super::{Better, Compare, Eval, Family, Join, Metric, Undefined, Value};
use crate::data::Role::{Label, Prediction, Score};
use crate::tally::{Row, Table};

const FAMILY: Family = Family::Separation;
const HARDT: &str = "Hardt, Price and Srebro 2016, arXiv:1610.02413";
const PLEISS: &str = "Pleiss et al. 2017, arXiv:1709.02012";
const FAWCETT: &str = "Fawcett 2006, doi:10.1016/j.patrec.2005.10.010";
const BOTH_RATES: &[&str] = &["true_positive_rate", "false_positive_rate"];

/// A rate of one class of the label; the fields that all four share.
const OF_A_CLASS: Metric = Metric {
    name: "",
    aliases: &[],
    family: FAMILY,
    formula: "",
    meaning: "",
    source: FAWCETT,
    misleads: "the labels are taken for the truth: where they are biased, equal rates are too",
    needs: &[Label, Prediction],
    range: (0.0, 1.0),
    ideal: None,
    better: Better::Neither,
    eval: Eval::Table(|_| Err(Undefined::NoRows)),
};

/// A gap in both legs of equalized odds; the fields that all share.
const ODDS: Metric = Metric {
    source: HARDT,
    misleads: "one number for two rates: see which of the two is behind it; groups without \
               positives or without negatives have but one of them and are flagged",
    range: (-1.0, 1.0),
    ideal: Some(0.0),
    better: Better::Lower,
    ..OF_A_CLASS
};

/// The mean score of one class; the fields that all share.
const GENERALIZED: Metric = Metric {
    source: PLEISS,
    misleads: "of the scores, not of the decisions: a threshold can turn it round; scores that are \
               not calibrated alike are not comparable",
    needs: &[Label, Score],
    ..OF_A_CLASS
};

/// The family's metrics, in report order.
pub const METRICS: &[&[Metric]] = &[
    with_gaps! {
        "true_positive_rate" {
            aliases: &["tpr", "recall", "sensitivity"],
            formula: "P(ŷ=1 | y=1) = tp / (tp + fn)",
            meaning: "the share of true positives that is found",
            better: Better::Higher,
            eval: Eval::Rate(
                |cell, _| share(cell, |y, d| y == P && known(d), |_, d| d == P),
                Undefined::NoPositives,
            ),
            ..OF_A_CLASS
        }
        difference &["equal_opportunity_difference", "recall_difference", "rd"],
        ratio &["equal_opportunity_ratio", "recall_ratio"],
    },
    with_gaps! {
        "false_positive_rate" {
            aliases: &["fpr", "fall_out"],
            formula: "P(ŷ=1 | y=0) = fp / (fp + tn)",
            meaning: "the share of true negatives that is taken for positive",
            better: Better::Lower,
            eval: Eval::Rate(
                |cell, _| share(cell, |y, d| y == N && known(d), |_, d| d == P),
                Undefined::NoNegatives,
            ),
            ..OF_A_CLASS
        }
        difference &["predictive_equality_difference", "predictive_equality"],
        ratio &["predictive_equality_ratio"],
    },
    with_gaps! {
        "true_negative_rate" {
            aliases: &["tnr", "specificity"],
            formula: "P(ŷ=0 | y=0) = tn / (tn + fp)",
            meaning: "the share of true negatives that is left alone",
            better: Better::Higher,
            eval: Eval::Rate(
                |cell, _| share(cell, |y, d| y == N && known(d), |_, d| d == N),
                Undefined::NoNegatives,
            ),
            ..OF_A_CLASS
        }
        difference &["specificity_difference", "sd"],
        ratio &["specificity_ratio"],
    },
    with_gaps! {
        "false_negative_rate" {
            aliases: &["fnr", "miss_rate"],
            formula: "P(ŷ=0 | y=1) = fn / (fn + tp)",
            meaning: "the share of true positives that is missed",
            better: Better::Lower,
            eval: Eval::Rate(
                |cell, _| share(cell, |y, d| y == P && known(d), |_, d| d == N),
                Undefined::NoPositives,
            ),
            ..OF_A_CLASS
        }
        difference &["false_negative_error_rate_balance"],
        ratio &["miss_rate_ratio"],
    },
    &[
        Metric {
            name: "equalized_odds_difference",
            aliases: &["equalized_odds", "equalised_odds_difference"],
            formula: "the larger of the differences in P(ŷ=1 | y=1) and P(ŷ=1 | y=0)",
            meaning: "how far the groups lie apart in the worse of the two error rates",
            eval: Eval::Gap(Compare::Difference, BOTH_RATES, Join::Worst),
            ..ODDS
        },
        Metric {
            name: "equalized_odds_ratio",
            aliases: &["equalised_odds_ratio"],
            formula: "of the ratios of P(ŷ=1 | y=1) and P(ŷ=1 | y=0) the one further from 1",
            meaning: "how many times one group has the rate of another, in the worse of the two",
            range: (0.0, f64::INFINITY),
            ideal: Some(1.0),
            better: Better::Ideal,
            eval: Eval::Gap(Compare::Ratio, BOTH_RATES, Join::Worst),
            ..ODDS
        },
        Metric {
            name: "equalized_odds_difference_mean",
            aliases: &[],
            formula: "the mean of the sizes of the differences in P(ŷ=1 | y=1) and P(ŷ=1 | y=0), \
                      each over its own extremes",
            meaning: "how far the groups lie apart in both rates, on average",
            source: "Fairlearn, equalized_odds (there: agg=\"mean\"); Hardt, Price and Srebro 2016, \
                     arXiv:1610.02413",
            eval: Eval::Gap(Compare::Difference, BOTH_RATES, Join::MeanOfGaps),
            ..ODDS
        },
        Metric {
            name: "equalized_odds_ratio_mean",
            aliases: &[],
            formula: "the mean of the ratios of P(ŷ=1 | y=1) and P(ŷ=1 | y=0), each the way it is \
                      below 1",
            meaning: "how many times one group has the rate of another, on average of both rates",
            source: "Fairlearn, equalized_odds (there: agg=\"mean\"); Hardt, Price and Srebro 2016, \
                     arXiv:1610.02413",
            range: (0.0, 1.0),
            ideal: Some(1.0),
            better: Better::Higher,
            eval: Eval::Gap(Compare::Ratio, BOTH_RATES, Join::MeanOfGaps),
            ..ODDS
        },
        Metric {
            name: "average_odds_difference",
            aliases: &["average_odds", "aod"],
            formula: "½ (Δ P(ŷ=1 | y=1) + Δ P(ŷ=1 | y=0)) of two groups; the largest over all pairs",
            meaning: "how much more one group is predicted positive, given the label",
            source: "Bellamy et al. 2018, AI Fairness 360, arXiv:1810.01943",
            misleads: "the signs cancel: a group with fewer true and more false positives can have \
                       0; see the average absolute odds",
            eval: Eval::Gap(Compare::Difference, BOTH_RATES, Join::Mean),
            ..ODDS
        },
        Metric {
            name: "average_absolute_odds_difference",
            aliases: &["average_abs_odds_difference", "aaod"],
            formula: "½ (|Δ P(ŷ=1 | y=1)| + |Δ P(ŷ=1 | y=0)|) of two groups; the largest over all \
                      pairs",
            meaning: "how far two groups lie apart in both rates, whatever the signs",
            source: "Bellamy et al. 2018, AI Fairness 360, arXiv:1810.01943",
            eval: Eval::Gap(Compare::Difference, BOTH_RATES, Join::MeanAbsolute),
            ..ODDS
        },
    ],
    with_gaps! {
        "false_negatives_per_false_positive" {
            aliases: &["fn_fp_ratio"],
            formula: "fn / fp",
            meaning: "how many positives are missed for each negative that is taken for positive",
            source: "Berk et al. 2018, doi:10.1177/0049124118782533",
            misleads: "it follows the base rate as well as the errors, and jumps where there are \
                       few false positives",
            range: (0.0, f64::INFINITY),
            eval: Eval::Group(|row, _| {
                let c = confusion(&row.cell);
                quotient(c.fn_, c.fp, Undefined::ZeroDenominator)
            }),
            ..OF_A_CLASS
        }
        difference &["treatment_equality_difference", "treatment_equality", "te"],
        ratio &["treatment_equality_ratio"],
    },
    with_gaps! {
        "generalized_true_positive_rate" {
            aliases: &["mean_score_of_positives", "balance_of_the_positive_class"],
            formula: "E[score | y=1]",
            meaning: "the mean score of the true positives",
            better: Better::Higher,
            eval: Eval::Group(|row, table| mean_score(row, table, P)),
            ..GENERALIZED
        }
        difference &["balance_for_the_positive_class"],
        ratio &[],
    },
    with_gaps! {
        "generalized_false_positive_rate" {
            aliases: &["mean_score_of_negatives", "balance_of_the_negative_class"],
            formula: "E[score | y=0]",
            meaning: "the mean score of the true negatives",
            better: Better::Lower,
            eval: Eval::Group(|row, table| mean_score(row, table, N)),
            ..GENERALIZED
        }
        difference &["balance_for_the_negative_class"],
        ratio &[],
    },
    with_gaps! {
        "generalized_false_negative_rate" {
            aliases: &[],
            formula: "1 − E[score | y=1]",
            meaning: "by how much the scores of the true positives fall short of 1, on average",
            better: Better::Lower,
            eval: Eval::Group(|row, table| Ok(1.0 - mean_score(row, table, P)?)),
            ..GENERALIZED
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "generalized_true_negative_rate" {
            aliases: &[],
            formula: "1 − E[score | y=0]",
            meaning: "by how much the scores of the true negatives fall short of 1, on average",
            better: Better::Higher,
            eval: Eval::Group(|row, table| Ok(1.0 - mean_score(row, table, N)?)),
            ..GENERALIZED
        }
        difference &[],
        ratio &[],
    },
    &[
        Metric {
            name: "positive_likelihood_ratio",
            aliases: &["lr_plus", "lr_positive"],
            formula: "P(ŷ=1 | y=1) / P(ŷ=1 | y=0)",
            meaning: "how many times likelier a positive prediction is for a positive",
            source: "Deeks and Altman 2004, doi:10.1136/bmj.329.7458.168",
            range: (0.0, f64::INFINITY),
            better: Better::Higher,
            eval: Eval::Group(|row, _| {
                let c = confusion(&row.cell);
                let found = quotient(c.tp, c.tp + c.fn_, Undefined::NoPositives)?;
                let wrong = quotient(c.fp, c.fp + c.tn, Undefined::NoNegatives)?;
                quotient(found, wrong, Undefined::ZeroDenominator)
            }),
            ..OF_A_CLASS
        },
        Metric {
            name: "negative_likelihood_ratio",
            aliases: &["lr_minus", "lr_negative"],
            formula: "P(ŷ=0 | y=1) / P(ŷ=0 | y=0)",
            meaning: "how many times likelier a negative prediction is for a positive",
            source: "Deeks and Altman 2004, doi:10.1136/bmj.329.7458.168",
            range: (0.0, f64::INFINITY),
            better: Better::Lower,
            eval: Eval::Group(|row, _| {
                let c = confusion(&row.cell);
                let missed = quotient(c.fn_, c.tp + c.fn_, Undefined::NoPositives)?;
                let left = quotient(c.tn, c.fp + c.tn, Undefined::NoNegatives)?;
                quotient(missed, left, Undefined::ZeroDenominator)
            }),
            ..OF_A_CLASS
        },
    ],
];

fn mean_score(row: &Row, table: &Table, class: usize) -> Value {
    let why = if class == P {
        Undefined::NoPositives
    } else {
        Undefined::NoNegatives
    };
    let scores = &probabilities(row, table)?[class];
    Ok(quotient(scores.sums.score.value(), scores.weight, why)?.clamp(0.0, 1.0))
}
