//! Performance: how good are the decisions and the scores, for whom?

use super::distance::groups;
use super::gap::with_gaps;
use super::sums::{confusion, known, probabilities, quotient, scores, share};
use super::{Better, Eval, Family, Metric, Undefined, Value};
use crate::data::Ranks;
use crate::data::Role::{Label, Prediction, Score};
use crate::stats::Discrimination;
use crate::tally::{Cell, Row, Table};

const FAMILY: Family = Family::Performance;
const BORKAN: &str = "Borkan et al. 2019, arXiv:1903.04561";

/// Of decisions; the fields that all share.
const OF_DECISIONS: Metric = Metric {
    name: "",
    aliases: &[],
    family: FAMILY,
    formula: "",
    meaning: "",
    source: "Fawcett 2006, doi:10.1016/j.patrec.2005.10.010",
    misleads: "where one class is rare, calling everyone the other does well",
    needs: &[Label, Prediction],
    range: (0.0, 1.0),
    ideal: None,
    better: Better::Higher,
    eval: Eval::Table(|_| Err(Undefined::NoRows)),
};

/// Of scores; the fields that all share.
const OF_SCORES: Metric = Metric {
    needs: &[Label, Score],
    ..OF_DECISIONS
};

/// The family's metrics, in report order.
pub const METRICS: &[&[Metric]] = &[
    with_gaps! {
        "accuracy" {
            aliases: &["accuracy_score"],
            formula: "P(ŷ = y) = (tp + tn) / n",
            meaning: "the share of decisions that is right",
            eval: Eval::Rate(
                |cell, _| share(cell, |y, d| known(y) && known(d), |y, d| y == d),
                Undefined::NoLabels,
            ),
            ..OF_DECISIONS
        }
        difference &["overall_accuracy_equality", "ad"],
        ratio &[],
    },
    with_gaps! {
        "error_rate" {
            aliases: &["misclassification_rate", "zero_one_loss"],
            formula: "P(ŷ ≠ y) = (fp + fn) / n",
            meaning: "the share of decisions that is wrong",
            better: Better::Lower,
            eval: Eval::Rate(
                |cell, _| share(cell, |y, d| known(y) && known(d), |y, d| y != d),
                Undefined::NoLabels,
            ),
            ..OF_DECISIONS
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "balanced_accuracy" {
            aliases: &["balanced_accuracy_score"],
            formula: "½ (P(ŷ=1 | y=1) + P(ŷ=0 | y=0))",
            meaning: "the mean of true positive and true negative rate",
            source: "Brodersen et al. 2010, doi:10.1109/ICPR.2010.764",
            misleads: "both errors count the same, whatever they cost and however rare they are",
            eval: Eval::Group(|row, _| {
                let c = confusion(&row.cell);
                let found = quotient(c.tp, c.tp + c.fn_, Undefined::NoPositives)?;
                let left = quotient(c.tn, c.tn + c.fp, Undefined::NoNegatives)?;
                Ok(f64::midpoint(found, left))
            }),
            ..OF_DECISIONS
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "informedness" {
            aliases: &["youdens_index", "youdens_j", "true_skill_statistic"],
            formula: "P(ŷ=1 | y=1) − P(ŷ=1 | y=0)",
            meaning: "how much likelier the decision is for a positive than for a negative",
            source: "Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3",
            misleads: "both errors count the same, whatever they cost and however rare they are",
            range: (-1.0, 1.0),
            eval: Eval::Group(|row, _| {
                let c = confusion(&row.cell);
                let found = quotient(c.tp, c.tp + c.fn_, Undefined::NoPositives)?;
                Ok(found - quotient(c.fp, c.tn + c.fp, Undefined::NoNegatives)?)
            }),
            ..OF_DECISIONS
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "f1_score" {
            aliases: &["f1", "f_score"],
            formula: "2 tp / (2 tp + fp + fn)",
            meaning: "the harmonic mean of precision and recall",
            source: "van Rijsbergen 1979, Information Retrieval, chapter 7",
            misleads: "true negatives do not count, and it rises with the base rate: groups with \
                       unequal base rates are not comparable",
            eval: Eval::Group(|row, _| {
                let c = confusion(&row.cell);
                quotient(2.0 * c.tp, 2.0 * c.tp + c.fp + c.fn_, Undefined::ZeroDenominator)
            }),
            ..OF_DECISIONS
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "matthews_correlation_coefficient" {
            aliases: &["mcc", "phi_coefficient"],
            formula: "(tp tn − fp fn) / √((tp + fp)(tp + fn)(tn + fp)(tn + fn))",
            meaning: "the correlation of label and decision",
            source: "Matthews 1975, doi:10.1016/0005-2795(75)90109-9",
            misleads: "it depends on the base rate; undefined where a class or a decision never \
                       occurs (others say 0)",
            range: (-1.0, 1.0),
            eval: Eval::Group(|row, _| matthews(&row.cell)),
            ..OF_DECISIONS
        }
        difference &[],
    },
    with_gaps! {
        "auc" {
            aliases: &["roc_auc", "area_under_the_roc_curve", "subgroup_auc"],
            formula: "P(s⁺ > s⁻) + ½ P(s⁺ = s⁻) for a positive and a negative of the group",
            meaning: "the chance that a positive scores higher than a negative of the same group",
            source: "Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747",
            misleads: "within the group only: every group can have 1 while the scores of one lie \
                       below those of the others; see the two cross AUCs",
            eval: Eval::Group(|row, _| ranked(row, |found| found.auc)),
            ..OF_SCORES
        }
        difference &["subgroup_auc_difference"],
        ratio &[],
    },
    with_gaps! {
        "background_positive_subgroup_negative_auc" {
            aliases: &["bpsn_auc", "bpsn"],
            formula: "P(s⁺ > s⁻) + ½ P(s⁺ = s⁻), the positive of the rest, the negative of the group",
            meaning: "the chance that a positive of the rest scores higher than a negative of the \
                      group; low where the group's negatives score too high",
            source: BORKAN,
            misleads: "it falls for a large and for a badly ranked group alike: read it beside the \
                       group's own AUC",
            eval: Eval::Group(|row, _| ranked(row, |found| found.bpsn)),
            ..OF_SCORES
        }
        difference &[],
    },
    with_gaps! {
        "background_negative_subgroup_positive_auc" {
            aliases: &["bnsp_auc", "bnsp"],
            formula: "P(s⁺ > s⁻) + ½ P(s⁺ = s⁻), the positive of the group, the negative of the rest",
            meaning: "the chance that a positive of the group scores higher than a negative of the \
                      rest; low where the group's positives score too low",
            source: BORKAN,
            misleads: "it falls for a large and for a badly ranked group alike: read it beside the \
                       group's own AUC",
            eval: Eval::Group(|row, _| ranked(row, |found| found.bnsp)),
            ..OF_SCORES
        }
        difference &[],
    },
    &[
        Metric {
            name: "abroca",
            aliases: &["absolute_between_roc_area"],
            formula: "∫ |ROC_group(t) − ROC_reference(t)| dt, t the false positive rate",
            meaning: "the area between the ROC curves of the group and of the reference group",
            source: "Gardner, Brooks and Baker 2019, doi:10.1145/3303772.3303791",
            misleads: "biased upwards in small groups; equal curves say nothing of the thresholds \
                       at which the groups are cut",
            ideal: Some(0.0),
            better: Better::Lower,
            eval: Eval::Group(|row, table| {
                // A single group is its own reference: that is no comparison.
                groups(table)?;
                let area = ranked(row, |found| found.abroca);
                let alone = table.reference.is_none();
                area.map_err(|why| {
                    if alone {
                        Undefined::ReferenceIsUndefined
                    } else {
                        why
                    }
                })
            }),
            ..OF_SCORES
        },
        Metric {
            name: "score_kolmogorov_smirnov_distance",
            aliases: &["kolmogorov_smirnov", "ks"],
            formula: "max |F_group(s) − F_rest(s)| over scores s of labelled rows",
            meaning: "how far the distribution of the group's scores is from that of the rest",
            source: "Hodges 1958, The significance probability of the Smirnov two-sample test, \
                     Arkiv för Matematik 3",
            misleads: "biased upwards in small groups; blind to how far apart scores are, and \
                       unequal wherever base rates are",
            ideal: Some(0.0),
            better: Better::Lower,
            eval: Eval::Group(|row, _| ranked(row, |found| found.ks)),
            ..OF_SCORES
        },
    ],
    with_gaps! {
        "mean_score" {
            aliases: &["mean_prediction"],
            formula: "E[score]",
            meaning: "the mean score of the group",
            source: "Calders et al. 2013, doi:10.1109/ICDM.2013.114",
            misleads: "scores of different shape can have the same mean and another share above the \
                       threshold",
            needs: &[Score],
            range: (f64::NEG_INFINITY, f64::INFINITY),
            better: Better::Neither,
            eval: Eval::Group(|row, _| {
                let by_label = scores(&row.cell)?;
                let mut sum = by_label[0].sums.score.clone();
                let mut whole = by_label[0].weight;
                for label in &by_label[1..] {
                    crate::stats::Merge::merge(&mut sum, &label.sums.score);
                    whole += label.weight;
                }
                quotient(sum.value(), whole, Undefined::NoScores)
            }),
            ..OF_SCORES
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "brier_score" {
            aliases: &["brier", "brier_score_loss", "mean_squared_error"],
            formula: "E[(score − y)²]",
            meaning: "mean squared error of the scores",
            source: "half of Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
            misleads: "it follows the base rate: even a perfectly calibrated group near ½ is worse \
                       than one near 0",
            better: Better::Lower,
            eval: Eval::Group(|row, table| {
                let [negative, positive, _] = probabilities(row, table)?;
                // Σ(s − 1)² = Σs² − 2Σs + Σ1 over the positives, Σs² over the negatives.
                let of_positives = positive.sums.score_sq.value()
                    - 2.0 * positive.sums.score.value()
                    + positive.weight;
                let sum = negative.sums.score_sq.value() + of_positives;
                let whole = negative.weight + positive.weight;
                Ok(quotient(sum, whole, Undefined::NoScores)?.clamp(0.0, 1.0))
            }),
            ..OF_SCORES
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "log_loss" {
            aliases: &["cross_entropy", "logistic_loss"],
            formula: "−E[y ln s + (1 − y) ln(1 − s)], s clipped to [2⁻⁵², 1 − 2⁻⁵²]",
            meaning: "how surprising the labels are to the scores, in nats",
            source: "Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x; clip as in scikit-learn",
            misleads: "a single certain mistake can decide it: its size is that of the clip",
            range: (0.0, f64::INFINITY),
            better: Better::Lower,
            eval: Eval::Group(|row, table| {
                let [negative, positive, _] = probabilities(row, table)?;
                let sum = negative.sums.log_loss.value() + positive.sums.log_loss.value();
                let whole = negative.weight + positive.weight;
                Ok(quotient(sum, whole, Undefined::NoScores)?.max(0.0))
            }),
            ..OF_SCORES
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "fair_loss" {
            aliases: &["mean_absolute_error", "mae", "mae_score"],
            formula: "E[|ŷ − y|] of the score; of the decision where there is no score",
            meaning: "how wrong predictions are, whichever way",
            source: "mean absolute error; scikit-learn's documentation, mean_absolute_error",
            misleads: "not the least where scores are the true probabilities: it rewards certainty",
            needs: &[Label],
            better: Better::Lower,
            eval: Eval::Group(|row, table| {
                let [too_high, too_low, whole] = errors(row, table)?;
                Ok(quotient(too_high + too_low, whole, Undefined::NoScores)?.clamp(0.0, 1.0))
            }),
            ..OF_SCORES
        }
        difference &[],
        ratio &[],
    },
    with_gaps! {
        "just_loss" {
            aliases: &["mean_signed_error", "mean_signed_error_score"],
            formula: "E[ŷ − y] of the score; of the decision where there is no score",
            meaning: "by how much predictions are too high on average; negative: too low",
            source: "mean signed error, named here; after Calders et al. 2013, doi:10.1109/ICDM.2013.114",
            misleads: "too high for some and too low for others cancels; the ratio says nothing \
                       where groups differ in sign, and is undefined there",
            needs: &[Label],
            range: (-1.0, 1.0),
            better: Better::Neither,
            eval: Eval::Group(|row, table| {
                let [too_high, too_low, whole] = errors(row, table)?;
                Ok(quotient(too_high - too_low, whole, Undefined::NoScores)?.clamp(-1.0, 1.0))
            }),
            ..OF_SCORES
        }
        difference &[],
        ratio &[],
    },
];

fn matthews(cell: &Cell) -> Value {
    let c = confusion(cell);
    // A product of correlations of margins, so that large weights do not overflow.
    let margins = [c.tp + c.fp, c.tp + c.fn_, c.tn + c.fp, c.tn + c.fn_];
    if margins.contains(&0.0) {
        return Err(Undefined::ZeroDenominator);
    }
    let [predicted, positive, negative, rejected] = margins.map(f64::sqrt);
    let found = c.tp / predicted / positive * (c.tn / negative / rejected);
    let wrong = c.fp / predicted / negative * (c.fn_ / positive / rejected);
    Ok((found - wrong).clamp(-1.0, 1.0))
}

/// What a metric asks of the ranking of scores; of a gap, what its groups ask.
pub fn ranks(metric: &Metric) -> Ranks {
    match metric.eval {
        Eval::Gap(_, bases, _) => {
            let bases = bases.iter().filter_map(|base| super::find(base));
            bases.map(ranks).max().unwrap_or(Ranks::Nothing)
        }
        _ => match metric.name {
            "auc" => Ranks::Values,
            "background_positive_subgroup_negative_auc"
            | "background_negative_subgroup_positive_auc"
            | "score_kolmogorov_smirnov_distance" => Ranks::Others,
            "abroca" => Ranks::Areas,
            _ => Ranks::Nothing,
        },
    }
}

/// A ranking measure of the group; [`ranks`] says which it asks for.
fn ranked(row: &Row, of: impl Fn(&Discrimination) -> Option<f64>) -> Value {
    let Some(found) = &row.discrimination else {
        return Err(match row.cell.scores {
            Some(_) => Undefined::NotRanked,
            None => Undefined::NoScores,
        });
    };
    of(found).ok_or(match found.rows {
        (0, 0) => Undefined::NoScores,
        (0, _) => Undefined::NoPositives,
        (_, 0) => Undefined::NoNegatives,
        _ => Undefined::OneGroup,
    })
}

/// Σw(ŷ − y) where ŷ is too high, Σw(y − ŷ) where it is too low, and Σw.
fn errors(row: &Row, table: &Table) -> Result<[f64; 3], Undefined> {
    if table.total.scores.is_some() {
        let [negative, positive, _] = probabilities(row, table)?;
        let too_high = negative.sums.score.value();
        let too_low = (positive.weight - positive.sums.score.value()).max(0.0);
        return Ok([too_high, too_low, negative.weight + positive.weight]);
    }
    let decided = row.cell.amount(|y, d| known(y) && known(d)).weight;
    if decided == 0.0 {
        return Err(Undefined::NoPredictions);
    }
    let c = confusion(&row.cell);
    Ok([c.fp, c.fn_, decided])
}
