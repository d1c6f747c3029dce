//! Two decisions of the same rows: how strongly the numbers they make are correlated.
//!
//! In: for each group its rows by label and both decisions. Out: the correlation of a finding on the
//! first decisions with the same finding on the second ones, by the delta method; 0 where it is not
//! known, as if the rows were others.

use std::collections::BTreeMap;

use super::{Finding, Rule};
use crate::data::Favorable;
use crate::data::group::Values;
use crate::metrics::{Compare, Eval, Metric};
use crate::stats::{Amount, Fraction};
use crate::tally::Cell;

/// A share within a group, as the catalogue has it.
type Rate = fn(&Cell, Favorable) -> Fraction;

/// Σw and Σw² of rows by `[label][first decision][second decision]`, each as in [`Cell::rows`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Joint([[[(f64, f64); 3]; 3]; 3]);

impl Joint {
    /// Adds rows.
    pub fn add(&mut self, label: usize, decisions: [usize; 2], amount: &Amount) {
        let [first, second] = decisions;
        let (weight, square) = &mut self.0[label][first][second];
        *weight += amount.weight;
        *square += amount.weight_sq;
    }

    /// Of every kind of row: label, decisions, Σw, Σw².
    fn kinds(&self) -> impl Iterator<Item = (usize, [usize; 2], f64, f64)> {
        (0..27).map(|at| {
            let (label, first, second) = (at / 9, at / 3 % 3, at % 3);
            let (weight, square) = self.0[label][first][second];
            (label, [first, second], weight, square)
        })
    }

    /// The rate of the `which`th decision, and what a row of each kind adds to it: its part less its
    /// share of the whole, by the whole.
    fn linear(&self, rate: Rate, favorable: Favorable, which: usize) -> Option<Linear> {
        let of_one = |label: usize, decision: usize| {
            let mut cell = Cell::default();
            cell.rows[label][decision] = 1;
            let fraction = rate(&cell, favorable);
            (fraction.part.weight, fraction.whole.weight)
        };
        let (mut part, mut whole) = (0.0, 0.0);
        for (label, decisions, weight, _) in self.kinds() {
            let (x, d) = of_one(label, decisions[which]);
            part += weight * x;
            whole += weight * d;
        }
        let value = part / whole;
        let adds = |(label, decisions, ..): (usize, [usize; 2], f64, f64)| {
            let (x, d) = of_one(label, decisions[which]);
            (x - value * d) / whole
        };
        value.is_finite().then(|| Linear {
            value,
            adds: self.kinds().map(adds).collect(),
        })
    }

    fn covariance(&self, a: &Linear, b: &Linear) -> f64 {
        let squares = self.kinds().map(|(_, _, _, square)| square);
        let adds = a.adds.iter().zip(&b.adds);
        squares
            .zip(adds)
            .map(|(square, (a, b))| square * a * b)
            .sum()
    }
}

/// A rate, and what each kind of row adds to it.
struct Linear {
    value: f64,
    adds: Vec<f64>,
}

/// Every group's rows by label and both decisions; a group is its stratum and its values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pairing {
    groups: BTreeMap<(Option<Values>, Values), Joint>,
    favorable: Favorable,
}

impl Pairing {
    /// No rows yet.
    pub fn new(favorable: Favorable) -> Self {
        Self {
            groups: BTreeMap::new(),
            favorable,
        }
    }

    /// The rows of a group.
    pub fn group(&mut self, stratum: Option<Values>, values: Values) -> &mut Joint {
        self.groups.entry((stratum, values)).or_default()
    }

    /// How a finding on the first decisions is correlated with that on the second; `None` where it
    /// is not known: of what is no rate, and no gap of one rate.
    pub fn correlation(&self, rule: &Rule, first: &Finding, second: &Finding) -> Option<f64> {
        let (compare, base) = match (rule.metric.eval, rule.bases().as_slice()) {
            (Eval::Rate(..), [base]) => (None, *base),
            (Eval::Gap(compare, [_], _), [base]) => (Some(compare), *base),
            _ => return None,
        };
        let a = self.terms(compare, base, first, 0)?;
        let b = self.terms(compare, base, second, 1)?;
        let covariance = |a: &[Term], b: &[Term]| -> f64 {
            let pairs = a.iter().flat_map(|a| b.iter().map(move |b| (a, b)));
            pairs
                .filter(|(a, b)| std::ptr::eq(a.joint, b.joint))
                .map(|(a, b)| a.slope * b.slope * a.joint.covariance(&a.linear, &b.linear))
                .sum()
        };
        let r = covariance(&a, &b) / (covariance(&a, &a) * covariance(&b, &b)).sqrt();
        r.is_finite().then(|| r.clamp(-1.0, 1.0))
    }

    /// The groups of a finding, each with the slope of the finding's number in its rate.
    fn terms(
        &self,
        compare: Option<Compare>,
        base: &Metric,
        finding: &Finding,
        which: usize,
    ) -> Option<Vec<Term<'_>>> {
        let Eval::Rate(rate, _) = base.eval else {
            return None;
        };
        let term = |values: &Option<Values>| {
            let key = (finding.stratum.clone(), values.clone()?);
            let joint = self.groups.get(&key)?;
            let linear = joint.linear(rate, self.favorable, which)?;
            Some(Term {
                joint,
                slope: 1.0,
                linear,
            })
        };
        let mut group = term(&finding.group)?;
        let Some(compare) = compare else {
            return Some(vec![group]);
        };
        let mut other = term(&finding.reference)?;
        // high − low, or ln(low / high): whichever of the two is high.
        let is_high = group.linear.value >= other.linear.value;
        for (term, is_high) in [(&mut group, is_high), (&mut other, !is_high)] {
            let sign = if is_high { 1.0 } else { -1.0 };
            term.slope = match compare {
                Compare::Difference => sign,
                Compare::Ratio => -sign / term.linear.value,
            };
        }
        Some(vec![group, other])
    }
}

/// One group's part in a finding.
struct Term<'a> {
    joint: &'a Joint,
    slope: f64,
    linear: Linear,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics;
    use crate::tally::cell::{MISSING, NEGATIVE, POSITIVE};

    /// Rows without a label: positive both times, only first, only second, never.
    fn joint(counts: [u64; 4]) -> Joint {
        let mut joint = Joint::default();
        let kinds = [
            [POSITIVE, POSITIVE],
            [POSITIVE, NEGATIVE],
            [NEGATIVE, POSITIVE],
            [NEGATIVE, NEGATIVE],
        ];
        for (decisions, rows) in kinds.into_iter().zip(counts) {
            joint.add(MISSING, decisions, &Amount::rows(rows));
        }
        joint
    }

    fn rate() -> Rate {
        match metrics::find("selection_rate").unwrap().eval {
            Eval::Rate(rate, _) => rate,
            _ => unreachable!("selection_rate is a rate"),
        }
    }

    #[test]
    fn the_correlation_of_two_shares_is_phi_and_their_change_varies_as_mcnemar_says() {
        let joint = joint([36, 2, 12, 0]);
        let of = |which| joint.linear(rate(), Favorable::Positive, which).unwrap();
        let (a, b) = (of(0), of(1));
        assert_eq!((a.value, b.value), (0.76, 0.96));
        let covariance = |a, b| joint.covariance(a, b);
        let r = covariance(&a, &b) / (covariance(&a, &a) * covariance(&b, &b)).sqrt();
        let phi = -24.0 / (48.0_f64 * 2.0 * 38.0 * 12.0).sqrt();
        assert!((r - phi).abs() < 1e-12, "{r}");
        // (n10 + n01 − (n01 − n10)² / n) / n²: McNemar 1947, doi:10.1007/BF02295996, without the
        // hypothesis that nothing changed.
        let change = covariance(&a, &a) + covariance(&b, &b) - 2.0 * covariance(&a, &b);
        assert!(
            (change - (14.0 - 100.0 / 50.0) / 2_500.0).abs() < 1e-15,
            "{change}"
        );
    }

    #[test]
    fn decisions_that_never_change_are_wholly_correlated() {
        let joint = joint([30, 0, 0, 20]);
        let of = |which| joint.linear(rate(), Favorable::Positive, which).unwrap();
        let r = joint.covariance(&of(0), &of(1)) / joint.covariance(&of(0), &of(0));
        assert!((r - 1.0).abs() < 1e-12);
    }
}
