//! Representation: of the data alone. Who is in it, and how do the labels lie?

use super::distance as d;
use super::gap::with_gaps;
use super::sums::{LABELS, P, class, known, quotient, share};
use super::twins::twins;
use super::{Better, Eval, Family, Metric, Undefined, Value};
use crate::data::Role::Label;
use crate::tally::{Row, Table};

const FAMILY: Family = Family::Representation;
const CLARIFY: &str = "Hardt et al. 2021, Amazon SageMaker Clarify, arXiv:2109.03285";

/// The family's metrics, in report order.
pub const METRICS: &[&[Metric]] = &[
    &[
        Metric {
            name: "rows",
            aliases: &["count", "num_instances", "group_size", "support"],
            family: FAMILY,
            formula: "n",
            meaning: "how many rows the group has, whatever they weigh",
            source: "count",
            misleads: "a metric's own denominator may be much smaller: rows without a label or a \
                       decision, or of the other class, do not count there",
            needs: &[],
            range: (0.0, f64::INFINITY),
            ideal: None,
            better: Better::Neither,
            eval: Eval::Group(|row, _| Ok(row.cell.total().rows as f64)),
        },
        Metric {
            name: "weight",
            aliases: &["weighted_count"],
            family: FAMILY,
            formula: "Σw",
            meaning: "what the group's rows weigh together; the rows, where there are no weights",
            source: "Horvitz and Thompson 1952, doi:10.1080/01621459.1952.10483446",
            misleads: "a large weight can stand on few rows: intervals go by the effective number",
            needs: &[],
            range: (0.0, f64::INFINITY),
            ideal: None,
            better: Better::Neither,
            eval: Eval::Group(|row, _| Ok(row.cell.total().weight)),
        },
    ],
    with_gaps! {
        "share" {
            aliases: &["group_share", "representation"],
            family: FAMILY,
            formula: "Σw(group) / Σw(all), rows with a missing value included in all",
            meaning: "the group's share of the data",
            source: CLARIFY,
            misleads: "equal shares are no aim where the population's are not equal",
            needs: &[],
            range: (0.0, 1.0),
            ideal: None,
            better: Better::Neither,
            eval: Eval::Group(|row, table| {
                let all = table.total.total().weight;
                quotient(row.cell.total().weight, all, Undefined::NoRows)
            }),
        }
        difference &[],
        ratio &["imbalance_ratio"],
    },
    &[
        Metric {
            name: "class_imbalance",
            aliases: &["ci", "facet_imbalance"],
            family: FAMILY,
            formula: "(n_rest − n_group) / (n_rest + n_group), n by weight",
            meaning: "how much larger the rest is than the group: 1 where the group is nearly \
                      absent, −1 where it is nearly all",
            source: CLARIFY,
            misleads: "with k equal groups it is (k − 2) / k, not 0",
            needs: &[],
            range: (-1.0, 1.0),
            ideal: Some(0.0),
            better: Better::Ideal,
            eval: Eval::Group(class_imbalance),
        },
        Metric {
            name: "missing_share",
            aliases: &["unknown_group_share"],
            family: FAMILY,
            formula: "Σw(rows without a value) / Σw",
            meaning: "the share of the data that is in no comparison, because the sensitive value \
                      is missing",
            source: "Martínez-Plumed et al. 2021, doi:10.1002/int.22415",
            misleads: "values are seldom missing at random; a small share can be most of a group",
            needs: &[],
            range: (0.0, 1.0),
            ideal: Some(0.0),
            better: Better::Lower,
            eval: Eval::Table(|table| {
                let missing = table.rows.iter().filter(|row| row.missing);
                let missing: f64 = missing.map(|row| row.cell.total().weight).sum();
                let all = table.total.total().weight;
                Ok(quotient(missing, all, Undefined::NoRows)?.min(1.0))
            }),
        },
    ],
    with_gaps! {
        "base_rate" {
            aliases: &["prevalence", "prev", "positive_label_share", "label_rate"],
            family: FAMILY,
            formula: "P(y=1)",
            meaning: "the share of positive labels",
            source: "Kleinberg, Mullainathan and Raghavan 2016, arXiv:1609.05807",
            misleads: "labels record what was measured or decided: arrests are not crimes; where \
                       base rates differ, calibration and equal error rates exclude each other",
            needs: &[Label],
            range: (0.0, 1.0),
            ideal: None,
            better: Better::Neither,
            eval: Eval::Rate(
                |cell, _| share(cell, |y, _| known(y), |y, _| y == P),
                Undefined::NoLabels,
            ),
        }
        difference &["difference_in_positive_label_share", "dpl", "mean_difference"],
        ratio &["positive_label_share_ratio"],
    },
    with_gaps! {
        "favorable_label_rate" {
            aliases: &["favorable_base_rate"],
            family: FAMILY,
            formula: "P(y = favorable)",
            meaning: "the share of labels that are the favorable outcome",
            source: "Bellamy et al. 2018, AI Fairness 360, arXiv:1810.01943",
            misleads: "it is the base rate, or its complement with `--favorable negative`",
            needs: &[Label],
            range: (0.0, 1.0),
            ideal: None,
            better: Better::Neither,
            eval: Eval::Rate(
                |cell, favorable| share(cell, |y, _| known(y), |y, _| y == class(favorable)),
                Undefined::NoLabels,
            ),
        }
        difference &["favorable_label_difference"],
        ratio &["label_disparate_impact"],
    },
    twins! {
        "label", "y", FAMILY, Label, { LABELS };
        kl &["kl", "kl_divergence"],
        js &["js", "js_divergence"],
        js_distance &["js_distance"],
        l2 &["lp", "lp_norm"],
        tv &["tvd", "total_variation_distance"],
        chebyshev &["label_infinity_norm", "clarify_ks"],
        dd &[],
        cdd &["conditional_demographic_disparity_in_labels", "cddl"],
        odds &[],
        mi &[],
        nmi &["label_normalised_mutual_information"],
        v &[],
        edf &["smoothed_empirical_differential_fairness", "smoothed_edf"],
    },
    &[
        Metric {
            name: "group_entropy",
            aliases: &["shannon_entropy"],
            family: FAMILY,
            formula: "−Σ p ln p over the groups' shares p of the compared rows",
            meaning: "how mixed the groups are, in nats: 0 where one group is all",
            source: "Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x",
            misleads: "it grows with the number of groups: compare it for one attribute only",
            needs: &[],
            range: (0.0, f64::INFINITY),
            ideal: None,
            better: Better::Neither,
            eval: Eval::Table(d::group_entropy),
        },
        Metric {
            name: "normalized_group_entropy",
            aliases: &["normalised_entropy", "evenness"],
            family: FAMILY,
            formula: "−Σ p ln p / ln k over k groups",
            meaning: "how evenly the rows are spread over the groups: 1 where all are equally large",
            source: "Pielou 1966, doi:10.1016/0022-5193(66)90013-0",
            misleads: "a tiny group among many hardly moves it",
            needs: &[],
            range: (0.0, 1.0),
            ideal: Some(1.0),
            better: Better::Higher,
            eval: Eval::Table(d::normalized_group_entropy),
        },
        Metric {
            name: "gini_simpson_index",
            aliases: &["gini_simpson"],
            family: FAMILY,
            formula: "1 − Σ p² over the groups' shares p of the compared rows",
            meaning: "the chance that two rows drawn at random are of different groups",
            source: "Simpson 1949, doi:10.1038/163688a0",
            misleads: "large groups decide it; its greatest value is 1 − 1/k for k groups",
            needs: &[],
            range: (0.0, 1.0),
            ideal: None,
            better: Better::Neither,
            eval: Eval::Table(d::gini_simpson),
        },
        Metric {
            name: "group_divergence_from_uniform",
            aliases: &["kl_to_uniform"],
            family: FAMILY,
            formula: "Σ p ln(p k) over k groups' shares p of the compared rows",
            meaning: "how far the mix of groups is from equal shares, in nats",
            source: "Kullback and Leibler 1951, doi:10.1214/aoms/1177729694",
            misleads: "equal shares are no aim where the population's are not equal",
            needs: &[],
            range: (0.0, f64::INFINITY),
            ideal: Some(0.0),
            better: Better::Lower,
            eval: Eval::Table(d::divergence_from_uniform),
        },
        Metric {
            name: "group_distance_from_uniform",
            aliases: &["tv_to_uniform"],
            family: FAMILY,
            formula: "½ Σ |p − 1/k| over k groups' shares p of the compared rows",
            meaning: "the share of rows that would have to change groups for equal shares",
            source: "Levin, Peres and Wilmer 2009, Markov Chains and Mixing Times, 4.1",
            misleads: "equal shares are no aim where the population's are not equal",
            needs: &[],
            range: (0.0, 1.0),
            ideal: Some(0.0),
            better: Better::Lower,
            eval: Eval::Table(d::distance_from_uniform),
        },
    ],
];

fn class_imbalance(row: &Row, table: &Table) -> Value {
    let rest = d::rest(row, table)?.total().weight;
    let group = row.cell.total().weight;
    quotient(rest - group, rest + group, Undefined::NoRows)
}
