//! Gaps over extremes, max − min or min / max: the intervals of all pairs of groups hold together,
//! so the gap lies between the largest of their lower and the largest of their upper ends (the
//! smallest for a ratio). An interval by itself, as of the bootstrap, cannot cover a gap of 0.

use super::limited;
use super::simultaneous::{RANGED, p_among};
use crate::metrics::compare::{GroupValue, Measure};
use crate::metrics::{Against, Compare, Eval, Join};
use crate::stats::Method;
use crate::stats::range::expected_extremes;
use crate::stats::score::{Limit, Pair};
use crate::stats::spread::{Limited, negative, ratio_limits, sum_limits};
use crate::stats::test::homogeneity;
use crate::stats::{Critical, Fraction, Interval};

/// The interval of a gap over groups; what is undefined is left out.
pub fn of_extremes(compare: Compare, all: &[GroupValue], critical: Critical) -> Option<Interval> {
    let defined: Vec<&GroupValue> = all.iter().filter(|value| value.value.is_ok()).collect();
    let (groups, z) = (defined.len(), critical.z);
    if groups < 2 {
        return None;
    }
    let rates: Option<Vec<Fraction>> = defined.iter().map(|value| value.fraction).collect();
    let limits = match rates {
        _ if groups > RANGED => of_many(compare, &defined, z)?,
        None => of_numbers(compare, &defined, z)?,
        Some(rates) => {
            let pairs = pairs(&rates)?;
            match compare {
                Compare::Difference => widest_difference(&pairs, z),
                Compare::Ratio => smallest_ratio(&pairs, z)?,
            }
        }
    };
    Some(critical.interval(limits, Method::Simultaneous))
}

/// The probability of rates as far apart where all groups are alike, with the score test of each
/// pair; for many groups by the χ² test, and for several legs by Bonferroni.
pub fn p_alike(measure: &Measure) -> Option<f64> {
    let Eval::Gap(_, _, join) = measure.metric.eval else {
        return None;
    };
    let is_tested = measure.against == Against::Extremes && join == Join::Worst;
    if !is_tested || measure.all.is_empty() {
        return None;
    }
    let legs = measure.all.len();
    let each = measure.all.iter().map(|leg| p_of_leg(leg));
    let all: Option<Vec<f64>> = each.collect();
    let least = all?.into_iter().fold(1.0, f64::min);
    Some((least * legs as f64).min(1.0))
}

/// The same of the groups of one leg.
pub fn p_of_leg(leg: &[GroupValue]) -> Option<f64> {
    let rates = rates(leg)?;
    if rates.len() > RANGED {
        return homogeneity(&rates).map(|test| test.p);
    }
    let z = |pair: &Pair| pair.z(Limit::Difference(0.0)).abs();
    // NaN, of two rates that cannot vary, is not larger.
    let largest = pairs(&rates)?.iter().map(z).fold(0.0, f64::max);
    Some(p_among(largest, rates.len(), 1))
}

/// What the gap would be on average if all groups had the rate that they have together. Even groups
/// that are alike lie apart in what is seen of them, the more so the smaller and the more they are.
pub fn chance(compare: Compare, measure: &Measure) -> Option<f64> {
    let ([leg], Against::Extremes) = (measure.all.as_slice(), measure.against) else {
        return None;
    };
    let rates = rates(leg)?;
    let sum = |of: fn(&Fraction) -> f64| rates.iter().map(of).sum::<f64>();
    let rate = sum(|r| r.part.weight) / sum(|r| r.whole.weight);
    let errors: Vec<f64> = rates
        .iter()
        .map(|r| (rate * (1.0 - rate)).max(0.0).sqrt() / r.effective().sqrt())
        .collect();
    let (low, high) = expected_extremes(&errors)?;
    let (low, high) = ((rate + low).max(0.0), (rate + high).min(1.0));
    match compare {
        Compare::Difference => Some(high - low),
        Compare::Ratio => (high > 0.0).then(|| low / high),
    }
}

/// The rates of the groups that have one; `None` where they are no rates, or fewer than two.
fn rates(leg: &[GroupValue]) -> Option<Vec<Fraction>> {
    let defined = leg.iter().filter(|value| value.value.is_ok());
    let rates: Vec<Fraction> = defined.map(|value| value.fraction).collect::<Option<_>>()?;
    (rates.len() >= 2).then_some(rates)
}

/// Limits of the extremes of numbers that are no rates.
fn of_numbers(compare: Compare, all: &[&GroupValue], z: f64) -> Option<(f64, f64)> {
    let each: Option<Vec<Limited>> = all.iter().map(|value| limited(value, z)).collect();
    let each = each?;
    let mut ends: Option<(f64, f64)> = None;
    for (i, &a) in each.iter().enumerate() {
        for (_, &b) in each.iter().enumerate().filter(|(j, _)| *j != i) {
            let (low, high) = match compare {
                Compare::Difference => sum_limits(&[a, negative(b)]),
                Compare::Ratio => ratio_limits(a, b)?,
            };
            let old = ends.unwrap_or((low, high));
            ends = Some(match compare {
                Compare::Difference => (old.0.max(low), old.1.max(high)),
                Compare::Ratio => (old.0.min(low), old.1.min(high)),
            });
        }
    }
    ends.map(|(low, high)| match compare {
        Compare::Difference => (low.max(0.0), high),
        Compare::Ratio => (low, high.min(1.0)),
    })
}

/// Every pair of groups, the higher rate first, those that differ most in front: they are likely to
/// hold the extremes, and the others are then dismissed by one look each.
fn pairs(all: &[Fraction]) -> Option<Vec<Pair>> {
    let mut pairs = Vec::with_capacity(all.len() * (all.len() - 1) / 2);
    for (at, a) in all.iter().enumerate() {
        for b in &all[at + 1..] {
            let pair = Pair::new(a, b)?;
            let ordered = pair.difference() >= 0.0;
            pairs.push(if ordered { pair } else { pair.swapped() });
        }
    }
    pairs.sort_by(|a, b| b.difference().total_cmp(&a.difference()));
    Some(pairs)
}

/// Limits of max − min from pairs in descending order of their difference.
fn widest_difference(pairs: &[Pair], z: f64) -> (f64, f64) {
    let (mut low, mut high) = (0.0, 0.0);
    for pair in pairs {
        if pair.difference_stays_above(low, z) {
            low = pair.difference_low(z).max(low);
        }
        // Either of the two may be the higher one in truth.
        for pair in [*pair, pair.swapped()] {
            if pair.difference_reaches_above(high, z) {
                high = pair.difference_high(z).max(high);
            }
        }
    }
    (low, high)
}

/// Limits of min / max from pairs, the higher rate first; `None` where all rates are 0.
fn smallest_ratio(pairs: &[Pair], z: f64) -> Option<(f64, f64)> {
    let (mut low, mut high) = (1.0, 1.0);
    let mut is_defined = false;
    for pair in pairs {
        // Two rates of 0 say nothing of their ratio; it is 0 against any third.
        if pair.ratio().is_none() {
            continue;
        }
        is_defined = true;
        let lower = pair.swapped();
        if lower.ratio_stays_below(high, z) {
            high = lower.ratio_high(z).min(high);
        }
        for pair in [lower, *pair] {
            if pair.ratio_reaches_below(low, z) {
                low = pair.ratio_low(z).min(low);
            }
        }
    }
    is_defined.then_some((low, high))
}

/// A safe bound for many groups from intervals of the single numbers that hold together.
fn of_many(compare: Compare, all: &[&GroupValue], z: f64) -> Option<(f64, f64)> {
    let each: Option<Vec<Limited>> = all.iter().map(|value| limited(value, z)).collect();
    let each = each?;
    let least = |of: fn(&Limited) -> f64| each.iter().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&Limited) -> f64| each.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
    let (lows, highs) = (
        (least(|l| l.0), most(|l| l.0)),
        (least(|l| l.2), most(|l| l.2)),
    );
    match compare {
        Compare::Difference => Some(((lows.1 - highs.0).max(0.0), highs.1 - lows.0)),
        Compare::Ratio => {
            let is_defined = lows.0 >= 0.0 && most(|l| l.1) > 0.0;
            is_defined.then(|| (lows.0 / highs.1, (highs.0 / lows.1).min(1.0)))
        }
    }
}
