//! Justice: what a model that is asked answers, by group. Its answers are columns, tallied as every
//! other column is; a cell of the table alone does not know them.
//!
//! In: nothing. Out: the names, ranges and meanings of numbers that `run` puts into a report where a
//! model was asked (`--justice`), so that rules and renderers know them. They are not in
//! [`super::all`]: no table has them by itself.

use super::gap::with_gaps;
use super::{Better, Eval, Family, Metric, Undefined};
use crate::data::Role::{self, Prediction};
use crate::stats::Fraction;

const NEEDS: &[Role] = &[Prediction];

/// Of a share of rows; the fields that all share.
const OF_ROWS: Metric = Metric {
    name: "",
    aliases: &[],
    family: Family::Justice,
    formula: "",
    meaning: "",
    source: "",
    misleads: "",
    needs: NEEDS,
    range: (0.0, 1.0),
    ideal: None,
    better: Better::Higher,
    eval: Eval::Rate(|_, _| Fraction::default(), Undefined::NoPredictions),
};

/// Whether it says what a model would do, and so nothing sure of another one.
pub fn is_of_model(metric: &Metric) -> bool {
    metric.name.starts_with("flip_rate") || is_of_ways(metric)
}

/// Whether it says who has a way to another decision, or what that costs.
pub fn is_of_ways(metric: &Metric) -> bool {
    metric.name.starts_with("recourse_")
}

/// The family's metrics, in report order.
pub const METRICS: &[&[Metric]] = &[
    with_gaps! {
        "fidelity" {
            aliases: &["decision_fidelity"],
            formula: "P(f(x) = ŷ) of the model f that is asked",
            meaning: "the share of decisions that the model decides as the table does",
            source: "Craven and Shavlik 1996, NIPS 8:24",
            misleads: "where nearly all decisions are the same, a model that says nothing else \
                       agrees as often",
            ideal: Some(1.0),
            ..OF_ROWS
        }
        difference &[],
    },
    with_gaps! {
        "flip_rate" {
            aliases: &["counterfactual_flip_rate"],
            formula: "P(f(x with another group) ≠ f(x), for any other group)",
            meaning: "the share of the model's decisions that turn when the group alone is changed",
            source: "Kusner et al. 2017, arXiv:1703.06856, without what the group causes",
            misleads: "0 where the model does not see the group: what goes with the group stays as \
                       it is",
            ideal: Some(0.0),
            better: Better::Lower,
            ..OF_ROWS
        }
        difference &[],
    },
    with_gaps! {
        "recourse_rate" {
            aliases: &["feasible_recourse"],
            formula: "P(some allowed change turns f(x) | f(x) is refused)",
            meaning: "the share of the refused who could change what would give them the decision",
            source: "Ustun, Spangher and Liu 2019, arXiv:1809.06514",
            misleads: "a way in the model is no promise that the world follows it; what is not \
                       declared immutable counts as changeable",
            ideal: Some(1.0),
            ..OF_ROWS
        }
        difference &[],
    },
    with_gaps! {
        "recourse_cost" {
            aliases: &[],
            formula: "E[cost of the cheapest allowed change that turns f(x) | there is one]",
            meaning: "what the cheapest way to the favorable decision costs the refused, on average",
            source: "Gupta et al. 2019, arXiv:1909.03166",
            misleads: "of those alone who have a way; a change of a number costs by its median \
                       absolute deviation, another level 1, whatever either costs a person",
            range: (0.0, f64::INFINITY),
            better: Better::Lower,
            eval: Eval::Group(|_, _| Err(Undefined::NoPredictions)),
            ..OF_ROWS
        }
        difference &["recourse_gap"],
    },
];
