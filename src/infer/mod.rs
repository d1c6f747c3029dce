//! Numbers to estimates: an interval for every number that has one, and what a limit that is broken
//! says; from cells alone.
//!
//! In: a metric of a group, or a comparison with the numbers it came from. Out: an interval that
//! contains the number, or `None` where there is none (undefined numbers, those of a whole table,
//! areas between curves); the probability of such a number where all is as it should be.

mod extremes;
mod joined;
mod past;
mod simultaneous;

pub use past::{of_number, of_two};
pub use simultaneous::{among, p_among};

use crate::metrics::compare::{GroupValue, Measure, between};
use crate::metrics::{Against, Compare, Eval};
use crate::stats::interval::{
    self, difference_at, difference_to_overall, ratio_at, ratio_to_overall,
};
use crate::stats::spread::{Limited, negative, ratio_limits, sum_limits};
use crate::stats::{Amount, Critical, Fraction, Interval, Method};

/// The interval of one group's metric: Wilson's for a rate, otherwise by its [`Spread`].
///
/// [`Spread`]: crate::stats::Spread
pub fn of_group(value: &GroupValue, range: (f64, f64), confidence: f64) -> Option<Interval> {
    let number = value.value.ok()?;
    if let Some(fraction) = &value.fraction {
        return interval::rate(fraction, confidence);
    }
    let (spread, critical) = (value.spread?, Critical::alone(confidence)?);
    let limits = spread.limits(number, critical.z)?;
    let interval = critical.interval(limits, spread.method());
    Some(interval.within(range).around(number))
}

/// The interval of a rate at a critical value.
pub fn of_rate(rate: &Fraction, critical: Critical) -> Option<Interval> {
    let limits = interval::rate_limits(rate, critical.z)?;
    Some(critical.interval(limits, Method::Wilson))
}

/// What is said of a comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evidence {
    /// Its interval.
    pub interval: Option<Interval>,
    /// The probability of groups as far apart, or further, where all are alike.
    pub p: Option<f64>,
    /// What the number would be on average where all are alike.
    pub chance: Option<f64>,
}

/// The evidence on a comparison; over extremes the interval is simultaneous over all pairs.
pub fn of_measure(measure: &Measure, confidence: f64) -> Evidence {
    let Eval::Gap(compare, _, join) = measure.metric.eval else {
        return Evidence::default();
    };
    let interval = match measure.against {
        Against::Extremes => joined::of_extremes(compare, join, &measure.all, confidence),
        Against::Overall => of_overall(compare, measure, confidence),
        Against::Reference | Against::Rest => joined::of_sides(measure, compare, join, confidence),
    };
    let settled = |interval: Interval| {
        let interval = interval.within(measure.metric.range);
        match measure.value {
            Ok(value) => interval.around(value),
            Err(_) => interval,
        }
    };
    Evidence {
        interval: interval.map(settled),
        p: extremes::p_alike(measure),
        chance: extremes::chance(compare, measure),
    }
}

/// The evidence on max − min of rates that are no metric's; those without a denominator are left out.
pub fn of_rates(rates: &[Fraction], confidence: f64) -> Evidence {
    let values: Vec<GroupValue> = rates
        .iter()
        .filter_map(|rate| {
            Some(GroupValue {
                value: Ok(rate.value()?),
                fraction: Some(*rate),
                spread: None,
            })
        })
        .collect();
    let critical = among(confidence, values.len(), 1);
    let interval = critical.and_then(|at| extremes::of_extremes(Compare::Difference, &values, at));
    let defined = values.iter().filter_map(|value| value.value.ok());
    let (low, high) = defined.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
        (x.min(low), x.max(high))
    });
    Evidence {
        interval: interval.map(|interval| interval.within((0.0, 1.0)).around(high - low)),
        p: extremes::p_of_leg(&values),
        chance: None,
    }
}

/// The interval of a pair at a critical value.
pub fn of_pair(
    compare: Compare,
    a: &GroupValue,
    b: &GroupValue,
    critical: Critical,
) -> Option<Interval> {
    if let (Some(a), Some(b)) = (&a.fraction, &b.fraction) {
        return match compare {
            Compare::Difference => difference_at(a, b, critical),
            Compare::Ratio => ratio_at(a, b, critical),
        };
    }
    let value = between(compare, a, b).ok()?;
    let limits = limits_of_pair(compare, a, b, critical.z)?;
    Some(
        critical
            .interval(limits, Method::SquareAndAdd)
            .around(value),
    )
}

/// The limits of a pair.
fn limits_of_pair(compare: Compare, a: &GroupValue, b: &GroupValue, z: f64) -> Option<(f64, f64)> {
    if let (Some(a), Some(b)) = (&a.fraction, &b.fraction) {
        return match compare {
            Compare::Difference => interval::difference_limits(a, b, z),
            Compare::Ratio => interval::ratio_limits(a, b, z),
        };
    }
    let (a, b) = (limited(a, z)?, limited(b, z)?);
    match compare {
        Compare::Difference => Some(sum_limits(&[a, negative(b)])),
        Compare::Ratio => ratio_limits(a, b),
    }
}

/// The limits of a group's number by itself.
fn limited(value: &GroupValue, z: f64) -> Option<Limited> {
    let number = value.value.ok()?;
    let (low, high) = match &value.fraction {
        Some(fraction) => interval::rate_limits(fraction, z)?,
        None => value.spread?.limits(number, z)?,
    };
    Some((low, number, high))
}

/// A group against all, itself included: through the rest, of which it is independent.
fn of_overall(compare: Compare, measure: &Measure, confidence: f64) -> Option<Interval> {
    let [(group, overall)] = measure.sides.as_slice() else {
        return None;
    };
    through_rest(
        compare,
        group.fraction.as_ref()?,
        overall.fraction.as_ref()?,
        confidence,
    )
}

fn through_rest(
    compare: Compare,
    group: &Fraction,
    overall: &Fraction,
    confidence: f64,
) -> Option<Interval> {
    let rest = Fraction::new(
        without(&overall.part, &group.part),
        without(&overall.whole, &group.whole),
    );
    let (to_rest, transform): (_, fn(f64, f64) -> f64) = match compare {
        Compare::Difference => (
            interval::difference(group, &rest, confidence)?,
            difference_to_overall,
        ),
        Compare::Ratio => (interval::ratio(group, &rest, confidence)?, ratio_to_overall),
    };
    let share = (group.whole.weight / overall.whole.weight).clamp(0.0, 1.0);
    Some(Interval {
        low: transform(to_rest.low, share),
        high: transform(to_rest.high, share),
        ..to_rest
    })
}

/// What is left of `all` without `some`. Weights are differences of rounded sums: what has no rows
/// weighs nothing, and rows are never worth more than their number.
fn without(all: &Amount, some: &Amount) -> Amount {
    let rows = all.rows.saturating_sub(some.rows);
    if rows == 0 {
        return Amount::default();
    }
    let weight = (all.weight - some.weight).max(0.0);
    Amount {
        rows,
        weight,
        weight_sq: (all.weight_sq - some.weight_sq).max(weight * weight / rows as f64),
    }
}

#[cfg(test)]
mod tests;
