//! Inequality: how unequally are the benefits of decisions spread, over people and over groups?
//!
//! The benefit of a decision is b = ŷ − y + 1 where the positive is favorable, and y − ŷ + 1 where
//! the negative is (Speicher et al. 2018): 1 for a right one, 2 for one that is better than
//! deserved, 0 for one that is worse.

use super::distance::groups;
use super::gap::with_gaps;
use super::sums::{class, confusion, known, share};
use super::{Better, Eval, Family, Metric, Undefined, Value};
use crate::data::Favorable;
use crate::data::Role::{Label, Prediction};
use crate::tally::{Cell, Table};

const FAMILY: Family = Family::Inequality;
const SPEICHER: &str = "Speicher et al. 2018, arXiv:1807.00787";

/// Among the people of a group; the fields that all share.
const OF_PEOPLE: Metric = Metric {
    name: "",
    aliases: &[],
    family: FAMILY,
    formula: "",
    meaning: "",
    source: SPEICHER,
    misleads: "any error makes it larger, within groups and between them: it mixes accuracy with \
               fairness; the part between groups is apart",
    needs: &[Label, Prediction],
    range: (0.0, f64::INFINITY),
    ideal: None,
    better: Better::Lower,
    eval: Eval::Table(|_| Err(Undefined::NoRows)),
};

/// Of the part between groups; the fields that all share.
const BETWEEN: Metric = Metric {
    meaning: "how unequal benefits would be if everyone had the mean benefit of their group",
    misleads: "a small group that fares badly hardly moves it; groups with the same mean benefit \
               count as equal, however it is spread within them",
    ideal: Some(0.0),
    ..OF_PEOPLE
};

/// The family's metrics, in report order.
pub const METRICS: &[&[Metric]] = &[
    with_gaps! {
        "mean_benefit" {
            aliases: &[],
            formula: "μ = E[b], b = ŷ − y + 1 (y − ŷ + 1 where the negative is favorable)",
            meaning: "how much better than deserved decisions are on average: 1 as deserved",
            misleads: "an undeserved favor makes up for an undeserved refusal",
            range: (0.0, 2.0),
            better: Better::Neither,
            eval: Eval::Group(|row, table| Ok(benefits(&row.cell, table.favorable)?.mean())),
            ..OF_PEOPLE
        }
        difference &[],
        ratio &[],
    },
    &[
        Metric {
            name: "generalized_entropy_index",
            aliases: &["generalized_entropy_error", "ge"],
            formula: "(E[(b/μ)²] − 1) / 2, α = 2",
            meaning: "how unequally benefits are spread over people; half the squared variation",
            eval: Eval::Group(|row, table| benefits(&row.cell, table.favorable)?.squared()),
            ..OF_PEOPLE
        },
        Metric {
            name: "theil_index",
            aliases: &["theil", "generalized_entropy_index_alpha_1", "theil_t"],
            formula: "E[(b/μ) ln(b/μ)], α = 1",
            meaning: "how unequally benefits are spread over people, in nats",
            source: "Theil 1967, Economics and Information Theory; Speicher et al. 2018, \
                     arXiv:1807.00787",
            eval: Eval::Group(|row, table| benefits(&row.cell, table.favorable)?.theil()),
            ..OF_PEOPLE
        },
        Metric {
            name: "mean_log_deviation",
            aliases: &["generalized_entropy_index_alpha_0", "theil_l"],
            formula: "−E[ln(b/μ)], α = 0",
            meaning: "how unequally benefits are spread over people; it weighs those with the least",
            source: "Shorrocks 1980, doi:10.2307/1913126",
            misleads: "undefined (without bound) as soon as anyone has the benefit 0, which every \
                       undeserved refusal is",
            eval: Eval::Group(|row, table| benefits(&row.cell, table.favorable)?.log_deviation()),
            ..OF_PEOPLE
        },
        Metric {
            name: "coefficient_of_variation",
            aliases: &[],
            formula: "σ(b) / μ = √(2 GE(2))",
            meaning: "the standard deviation of benefits by their mean",
            source: "Pearson 1896, doi:10.1098/rsta.1896.0007",
            misleads: "holisticai 1.0.14 prints √2 times this number under the name",
            eval: Eval::Group(|row, table| {
                Ok((2.0 * benefits(&row.cell, table.favorable)?.squared()?).sqrt())
            }),
            ..OF_PEOPLE
        },
        Metric {
            name: "between_group_generalized_entropy_index",
            aliases: &[
                "between_all_groups_generalized_entropy_index",
                "between_group_generalized_entropy_error",
            ],
            formula: "Σ p_g ((μ_g/μ)² − 1) / 2 over groups g with shares p_g, α = 2",
            eval: Eval::Table(|table| Ok(by_group(table)?.squared()?.max(0.0))),
            ..BETWEEN
        },
        Metric {
            name: "between_group_theil_index",
            aliases: &["between_all_groups_theil_index"],
            formula: "Σ p_g (μ_g/μ) ln(μ_g/μ) over groups g with shares p_g, α = 1",
            eval: Eval::Table(|table| by_group(table)?.theil()),
            ..BETWEEN
        },
        Metric {
            name: "between_group_mean_log_deviation",
            aliases: &["between_group_generalized_entropy_index_alpha_0"],
            formula: "−Σ p_g ln(μ_g/μ) over groups g with shares p_g, α = 0",
            eval: Eval::Table(|table| by_group(table)?.log_deviation()),
            ..BETWEEN
        },
        Metric {
            name: "between_group_coefficient_of_variation",
            aliases: &["between_all_groups_coefficient_of_variation"],
            formula: "√(Σ p_g (μ_g/μ)² − 1) over groups g with shares p_g",
            eval: Eval::Table(|table| Ok((2.0 * by_group(table)?.squared()?.max(0.0)).sqrt())),
            ..BETWEEN
        },
        Metric {
            name: "group_gini_index",
            aliases: &["gini"],
            formula: "Σ p_g p_h |r_g − r_h| / (2 Σ p_g r_g) over all g and h, r the favorable rate",
            meaning: "how unequally favorable decisions are spread over groups",
            source: "Gini 1912, Variabilità e mutabilità",
            misleads: "a small group that fares badly hardly moves it",
            needs: &[Prediction],
            range: (0.0, 1.0),
            ideal: Some(0.0),
            eval: Eval::Table(gini),
            ..OF_PEOPLE
        },
        Metric {
            name: "group_atkinson_index",
            aliases: &["atkinson_index", "atkinson"],
            formula: "1 − (Σ p_g √r_g)² / Σ p_g r_g over groups g, r the favorable rate, ε = ½",
            meaning: "the share of favorable decisions that could be spared, spread equally, and do as well",
            source: "Atkinson 1970, doi:10.1016/0022-0531(70)90039-6",
            misleads: "the choice ε = ½ says how much inequality is minded: more for larger ε",
            needs: &[Prediction],
            range: (0.0, 1.0),
            ideal: Some(0.0),
            eval: Eval::Table(atkinson),
            ..OF_PEOPLE
        },
    ],
];

/// Benefits with their shares.
struct Benefits(Vec<(f64, f64)>);

/// The benefits of the people of a cell.
fn benefits(cell: &Cell, favorable: Favorable) -> Result<Benefits, Undefined> {
    let c = confusion(cell);
    let (less, more) = match favorable {
        Favorable::Positive => (c.fn_, c.fp),
        Favorable::Negative => (c.fp, c.fn_),
    };
    let whole = c.tp + c.fp + c.fn_ + c.tn;
    if whole == 0.0 {
        return Err(Undefined::NoLabels);
    }
    let shares = [
        (0.0, less / whole),
        (1.0, (c.tp + c.tn) / whole),
        (2.0, more / whole),
    ];
    Ok(Benefits(
        shares
            .into_iter()
            .filter(|(_, share)| *share > 0.0)
            .collect(),
    ))
}

/// The mean benefits of the compared groups.
fn by_group(table: &Table) -> Result<Benefits, Undefined> {
    let mut means = Vec::new();
    for row in groups(table)? {
        if let Ok(of_group) = benefits(&row.cell, table.favorable) {
            let c = confusion(&row.cell);
            means.push((of_group.mean(), c.tp + c.fp + c.fn_ + c.tn));
        }
    }
    shares(means, Undefined::NoLabels)
}

/// The favorable rates of the compared groups.
fn rates(table: &Table) -> Result<Benefits, Undefined> {
    let mut rates = Vec::new();
    for row in groups(table)? {
        let rate = share(
            &row.cell,
            |_, d| known(d),
            |_, d| d == class(table.favorable),
        );
        if let Some(value) = rate.value() {
            rates.push((value, rate.whole.weight));
        }
    }
    shares(rates, Undefined::NoPredictions)
}

/// Weights made shares; at least two values.
fn shares(mut values: Vec<(f64, f64)>, none: Undefined) -> Result<Benefits, Undefined> {
    let whole: f64 = values.iter().map(|(_, weight)| weight).sum();
    for (_, weight) in &mut values {
        *weight /= whole;
    }
    match values.len() {
        0 => Err(none),
        1 => Err(Undefined::OneGroup),
        _ => Ok(Benefits(values)),
    }
}

impl Benefits {
    fn expect(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.0.iter().map(|&(value, share)| share * of(value)).sum()
    }

    fn mean(&self) -> f64 {
        self.expect(|value| value)
    }

    /// The mean, which formulas divide by.
    fn divisor(&self) -> Value {
        let mean = self.mean();
        if mean > 0.0 {
            Ok(mean)
        } else {
            Err(Undefined::ZeroDenominator)
        }
    }

    /// Generalized entropy of α = 2; as a variance, so that equal values give exactly 0.
    fn squared(&self) -> Value {
        let mean = self.divisor()?;
        Ok(self.expect(|value| (value / mean - 1.0).powi(2)) / 2.0)
    }

    /// Generalized entropy of α = 1, with 0 ln 0 = 0.
    fn theil(&self) -> Value {
        let mean = self.divisor()?;
        let term = |value: f64| {
            let relative = value / mean;
            if relative > 0.0 {
                relative * relative.ln()
            } else {
                0.0
            }
        };
        Ok(self.expect(term).max(0.0))
    }

    /// Generalized entropy of α = 0.
    fn log_deviation(&self) -> Value {
        let mean = self.divisor()?;
        if self.0.iter().any(|(value, _)| *value == 0.0) {
            return Err(Undefined::ZeroDenominator);
        }
        Ok((-self.expect(|value| (value / mean).ln())).max(0.0))
    }
}

/// By ascending rate, each group is ahead of the share below it and behind the share above it.
fn gini(table: &Table) -> Value {
    let mut rates = rates(table)?;
    let mean = rates.divisor()?;
    rates.0.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut sum) = (0.0, 0.0);
    for &(rate, share) in &rates.0 {
        // Its pairs with all below and all above: share · rate · (below − above).
        sum += share * rate * (2.0 * below + share - 1.0);
        below += share;
    }
    Ok((sum / mean).clamp(0.0, 1.0))
}

fn atkinson(table: &Table) -> Value {
    let rates = rates(table)?;
    let mean = rates.divisor()?;
    Ok((1.0 - rates.expect(f64::sqrt).powi(2) / mean).clamp(0.0, 1.0))
}
