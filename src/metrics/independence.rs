//! Independence: are decisions independent of the group? No label is needed.

use super::distance as d;
use super::gap::with_gaps;
use super::sums::{LABELS, P, PREDICTIONS, class, known, quotient, share, sides};
use super::twins::twins;
use super::{Better, Eval, Family, Metric, Undefined, Value};
use crate::data::Role::{Label, Prediction};
use crate::stats::Fraction;
use crate::tally::{Cell, Row, Table};

const FAMILY: Family = Family::Independence;

/// The family's metrics, in report order.
pub const METRICS: &[&[Metric]] = &[
    with_gaps! {
        "selection_rate" {
            aliases: &["positive_prediction_rate", "pprev", "predicted_prevalence"],
            family: FAMILY,
            formula: "P(ŷ=1)",
            meaning: "the share of the group that is predicted positive",
            source: "Calders, Kamiran and Pechenizkiy 2009, doi:10.1109/ICDMW.2009.83",
            misleads: "equal rates say nothing of who is selected: the wrong people of one group, \
                       or none of those it depends on; where base rates differ, even a perfect \
                       predictor has unequal rates",
            needs: &[Prediction],
            range: (0.0, 1.0),
            ideal: None,
            better: Better::Neither,
            eval: Eval::Rate(selected, Undefined::NoPredictions),
        }
        difference &[
            "demographic_parity_difference",
            "statistical_parity_difference",
            "difference_in_positive_prediction_share",
            "dppl",
            "impact_parity_difference",
        ],
        ratio &["demographic_parity_ratio", "statistical_parity_ratio", "impact_parity_ratio"],
    },
    with_gaps! {
        "favorable_rate" {
            aliases: &["favorable_selection_rate", "success_rate"],
            family: FAMILY,
            formula: "P(ŷ = favorable)",
            meaning: "the share of the group that gets the favorable decision",
            source: "Feldman et al. 2015, arXiv:1412.3756; 29 CFR 1607.4(D)",
            misleads: "it is the selection rate, or its complement with `--favorable negative`; \
                       four fifths of a high rate is a large gap, of a low rate a tiny one",
            needs: &[Prediction],
            range: (0.0, 1.0),
            ideal: None,
            better: Better::Higher,
            eval: Eval::Rate(
                |cell, favorable| share(cell, |_, d| known(d), |_, d| d == class(favorable)),
                Undefined::NoPredictions,
            ),
        }
        difference &["favorable_parity_difference"],
        ratio &["disparate_impact", "di", "adverse_impact_ratio", "impact_ratio", "four_fifths"],
    },
    with_gaps! {
        "share_of_predicted_positives" {
            aliases: &["predicted_positive_ratio", "ppr"],
            family: FAMILY,
            formula: "P(group | ŷ=1) among the compared rows",
            meaning: "the group's share of all that are predicted positive",
            source: "Saleiro et al. 2018, Aequitas, arXiv:1811.05577",
            misleads: "it follows the size of the group: equal selection rates give unequal shares",
            needs: &[Prediction],
            range: (0.0, 1.0),
            ideal: None,
            better: Better::Neither,
            eval: Eval::Group(share_of_positives),
        }
        difference &[],
        ratio &[],
    },
    twins! {
        "prediction", "ŷ", FAMILY, Prediction, { PREDICTIONS };
        kl &[],
        js &[],
        js_distance &[],
        l2 &[],
        tv &[],
        chebyshev &["prediction_infinity_norm"],
        dd &[],
        cdd &["conditional_demographic_disparity_in_predicted_labels", "cddpl"],
        odds &[],
        mi &["mutual_information", "prejudice_index"],
        nmi &["prediction_normalised_mutual_information"],
        v &[],
        edf &[],
    },
    &[
        Metric {
            name: "bias_amplification",
            aliases: &[],
            family: FAMILY,
            formula: "(max − min) P(ŷ=1) − (max − min) P(y=1) over the groups",
            meaning: "by how much the gap in decisions exceeds the gap in labels",
            source: "after Zhao et al. 2017, arXiv:1707.09457",
            misleads: "the two gaps may be between different groups; a predictor that keeps a gap \
                       of the labels is not fair for that",
            needs: &[Label, Prediction],
            range: (-1.0, 1.0),
            ideal: Some(0.0),
            better: Better::Lower,
            eval: Eval::Table(|table| {
                let labelled = |cell: &Cell| share(cell, |y, _| known(y), |y, _| y == P);
                let decisions = spread(table, |cell| selected(cell, table.favorable))?;
                Ok(decisions - spread(table, labelled)?)
            }),
        },
        Metric {
            name: "differential_fairness_bias_amplification",
            aliases: &["df_bias_amplification"],
            family: FAMILY,
            formula: "ε of the predictions − ε of the labels (smoothed differential fairness)",
            meaning: "by how much decisions are less fair than the labels, on the scale of ε",
            source: "Foulds et al. 2020, arXiv:1807.08362; prior as in AI Fairness 360",
            misleads: "negative where decisions even out a gap of the labels, right or wrong",
            needs: &[Label, Prediction],
            range: (f64::NEG_INFINITY, f64::INFINITY),
            ideal: Some(0.0),
            better: Better::Lower,
            eval: Eval::Table(|table| {
                let predictions = d::differential_fairness::<PREDICTIONS>(table)?;
                Ok(predictions - d::differential_fairness::<LABELS>(table)?)
            }),
        },
    ],
];

fn selected(cell: &Cell, _: crate::data::Favorable) -> Fraction {
    share(cell, |_, d| known(d), |_, d| d == P)
}

fn share_of_positives(row: &Row, table: &Table) -> Value {
    let [_, positive] = sides::<PREDICTIONS>(&row.cell);
    let [_, positives] = sides::<PREDICTIONS>(d::whole(row, table));
    quotient(positive, positives, Undefined::NoPredictedPositives)
}

/// Highest minus lowest rate of the compared groups that have one.
fn spread(table: &Table, rate: impl Fn(&Cell) -> Fraction) -> Value {
    let rates = d::groups(table)?
        .iter()
        .filter_map(|row| rate(&row.cell).value());
    let (mut low, mut high, mut count) = (f64::MAX, f64::MIN, 0);
    for rate in rates {
        (low, high, count) = (low.min(rate), high.max(rate), count + 1);
    }
    match count {
        0 => Err(Undefined::NoRows),
        1 => Err(Undefined::OneGroup),
        _ => Ok(high - low),
    }
}
