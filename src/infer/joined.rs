//! Gaps that join the gaps of several base metrics: equalized odds, average odds.
//!
//! The base metrics of such a gap are of different rows (positives and negatives), so their errors
//! are independent of each other.

use super::extremes;
use super::simultaneous::among;
use super::{limits_of_pair, of_pair};
use crate::metrics::compare::{GroupValue, Measure, between, folded};
use crate::metrics::{Compare, Join};
use crate::stats::spread::{negative, sum_limits};
use crate::stats::{Interval, Method};

/// The interval of a gap over all groups; a leg holds the values of all groups.
pub fn of_extremes(
    compare: Compare,
    join: Join,
    legs: &[Vec<GroupValue>],
    confidence: f64,
) -> Option<Interval> {
    let groups = legs.first()?.len();
    match join {
        _ if legs.len() == 1 => {
            extremes::of_extremes(compare, &legs[0], among(confidence, groups, 1)?)
        }
        Join::Worst | Join::MeanOfGaps => {
            let critical = among(confidence, groups, legs.len())?;
            let each = legs.iter();
            let all: Option<Vec<Interval>> = each
                .map(|leg| extremes::of_extremes(compare, leg, critical))
                .collect();
            let all = all?;
            let ends = |of: fn(&Interval) -> f64| all.iter().map(of).collect::<Vec<f64>>();
            let (lows, highs) = (ends(|i| i.low), ends(|i| i.high));
            let join = |ends: &[f64]| match (join, compare) {
                (Join::MeanOfGaps, _) => ends.iter().sum::<f64>() / ends.len() as f64,
                (_, Compare::Difference) => ends.iter().copied().fold(f64::MIN, f64::max),
                (_, Compare::Ratio) => ends.iter().copied().fold(f64::INFINITY, f64::min),
            };
            Some(Interval {
                low: join(&lows),
                high: join(&highs),
                confidence,
                method: Method::Simultaneous,
            })
        }
        Join::Mean | Join::MeanAbsolute => of_means(join, legs, confidence),
    }
}

/// The largest mean difference over pairs of groups: of signs, |a| + |b| = max(|a + b|, |a − b|).
fn of_means(join: Join, legs: &[Vec<GroupValue>], confidence: f64) -> Option<Interval> {
    let groups = legs.first()?.len();
    if groups > super::simultaneous::RANGED {
        return None;
    }
    let patterns = patterns(join, legs.len());
    let z = among(confidence, groups, patterns.len())?.z;
    let (mut low, mut high, mut any) = (0.0_f64, 0.0_f64, false);
    for a in 0..groups {
        for b in (0..groups).filter(|&b| b != a) {
            let sides: Vec<(&GroupValue, &GroupValue)> =
                legs.iter().map(|leg| (&leg[a], &leg[b])).collect();
            for pattern in &patterns {
                let Some(limits) = mean_limits(&sides, *pattern, z) else {
                    continue;
                };
                any = true;
                low = low.max(limits.0);
                high = high.max(limits.1);
            }
        }
    }
    any.then_some(Interval {
        low,
        high,
        confidence,
        method: Method::Simultaneous,
    })
}

/// Which legs are taken off, as bits: none, or every way that is not another one turned round.
fn patterns(join: Join, legs: usize) -> Vec<u32> {
    match join {
        Join::MeanAbsolute => (0..1 << legs.saturating_sub(1)).collect(),
        _ => vec![0],
    }
}

/// The limits of the mean of the legs' differences, some of them taken off.
fn mean_limits(sides: &[(&GroupValue, &GroupValue)], pattern: u32, z: f64) -> Option<(f64, f64)> {
    let mut terms = Vec::with_capacity(sides.len());
    for (leg, (a, b)) in sides.iter().enumerate() {
        let value = between(Compare::Difference, a, b).ok()?;
        let (low, high) = limits_of_pair(Compare::Difference, a, b, z)?;
        let term = (low, value, high);
        terms.push(if pattern >> leg & 1 == 1 {
            negative(term)
        } else {
            term
        });
    }
    let (low, high) = sum_limits(&terms);
    let count = sides.len() as f64;
    Some((low / count, high / count))
}

/// The interval of a group against another one.
pub fn of_sides(
    measure: &Measure,
    compare: Compare,
    join: Join,
    confidence: f64,
) -> Option<Interval> {
    let sides = measure.sides.as_slice();
    let critical = among(confidence, 2, sides.len())?;
    let single = |(a, b): &(GroupValue, GroupValue)| of_pair(compare, a, b, critical);
    match sides {
        [side] => single(side),
        _ if join == Join::Worst => {
            let value = measure.value.ok()?;
            let is_it = |(a, b): &&(GroupValue, GroupValue)| between(compare, a, b) == Ok(value);
            sides.iter().find(is_it).and_then(single)
        }
        _ if compare == Compare::Ratio => of_folded(sides, critical.z, confidence),
        _ => of_mean(sides, join, confidence),
    }
}

/// The mean of ratios, each or its reciprocal, whichever is below 1.
fn of_folded(sides: &[(GroupValue, GroupValue)], z: f64, confidence: f64) -> Option<Interval> {
    let (mut low, mut high) = (0.0, 0.0);
    for (a, b) in sides {
        let limits = limits_of_pair(Compare::Ratio, a, b, z)?;
        let holds_one = limits.0 <= 1.0 && limits.1 >= 1.0;
        let (x, y) = (folded(limits.0), folded(limits.1));
        low += x.min(y);
        high += if holds_one { 1.0 } else { x.max(y) };
    }
    let count = sides.len() as f64;
    Some(Interval {
        low: low / count,
        high: high / count,
        confidence,
        method: Method::Simultaneous,
    })
}

fn of_mean(sides: &[(GroupValue, GroupValue)], join: Join, confidence: f64) -> Option<Interval> {
    let pairs: Vec<(&GroupValue, &GroupValue)> = sides.iter().map(|(a, b)| (a, b)).collect();
    if join == Join::Mean {
        let critical = among(confidence, 2, 1)?;
        let limits = mean_limits(&pairs, 0, critical.z)?;
        return Some(critical.interval(limits, Method::SquareAndAdd));
    }
    let patterns = patterns(Join::MeanAbsolute, sides.len());
    let critical = among(confidence, 2, patterns.len())?;
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    for pattern in patterns {
        let (least, most) = mean_limits(&pairs, pattern, critical.z)?;
        low = low.max(least).max(-most);
        high = high.max(most).max(-least);
    }
    Some(critical.interval((low, high), Method::SquareAndAdd))
}
