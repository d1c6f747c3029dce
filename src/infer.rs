//! Numbers to estimates: an interval for every rate, difference and ratio; from cells alone.
//!
//! In: a metric of a group, or a comparison with the fractions it came from. Out: an interval that
//! contains the number, or `None` where there is none (undefined numbers, gaps that join several
//! metrics, numbers that are no rates).

use crate::metrics::compare::{GroupValue, Measure};
use crate::metrics::{Against, Compare, Eval};
use crate::stats::interval::{self, difference_to_overall, rate_limits, ratio_to_overall};
use crate::stats::score::Pair;
use crate::stats::{Amount, Fraction, Interval, Method};

/// Up to so many groups, a gap over extremes looks at every pair of them.
const PAIRED_GROUPS: usize = 40;

/// The interval of one group's metric: Wilson's for a rate, `DeLong`'s for an AUC; `None` where
/// there is none (yet).
pub fn of_group(value: &GroupValue, confidence: f64) -> Option<Interval> {
    let number = value.value.ok()?;
    match (&value.fraction, value.variance) {
        (Some(fraction), _) => interval::rate(fraction, confidence),
        (None, Some(variance)) => interval::auc(number, variance, confidence),
        (None, None) => None,
    }
}

/// The interval of a comparison; over extremes it is simultaneous over all pairs.
pub fn of_measure(measure: &Measure, confidence: f64) -> Option<Interval> {
    let Eval::Gap(compare, [_], _) = measure.metric.eval else {
        return None;
    };
    let interval = match (measure.against, &measure.fractions) {
        (Against::Extremes, _) => of_extremes(compare, &measure.all, confidence)?,
        (_, None) => return None,
        (Against::Reference | Against::Rest, Some((a, b))) => {
            of_pair(compare, a, b, confidence, 1)?
        }
        (Against::Overall, Some((a, overall))) => of_overall(compare, a, overall, confidence)?,
    };
    Some(match measure.value {
        Ok(value) => interval.around(value),
        Err(_) => interval,
    })
}

/// The interval of one pair that was chosen among `pairs` pairs (Bonferroni): with `confidence` all
/// of them hold together.
pub fn of_pair(
    compare: Compare,
    a: &Fraction,
    b: &Fraction,
    confidence: f64,
    pairs: usize,
) -> Option<Interval> {
    match compare {
        Compare::Difference => interval::difference_among(a, b, confidence, pairs as f64),
        Compare::Ratio => interval::ratio_among(a, b, confidence, pairs as f64),
    }
}

/// A group against all, itself included: through the rest, of which it is independent.
fn of_overall(
    compare: Compare,
    group: &Fraction,
    overall: &Fraction,
    confidence: f64,
) -> Option<Interval> {
    let rest = Fraction::new(
        without(&overall.part, &group.part),
        without(&overall.whole, &group.whole),
    );
    let to_rest = of_pair(compare, group, &rest, confidence, 1)?;
    let share = (group.whole.weight / overall.whole.weight).clamp(0.0, 1.0);
    let transform = match compare {
        Compare::Difference => difference_to_overall,
        Compare::Ratio => ratio_to_overall,
    };
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

/// A gap max − min or min / max over groups: the intervals of all pairs hold together, so the gap
/// lies between the largest of their lower and the largest of their upper ends (smallest for a
/// ratio). An interval by itself, as of the bootstrap, cannot cover a gap of 0.
fn of_extremes(compare: Compare, all: &[Fraction], confidence: f64) -> Option<Interval> {
    let groups = all.len();
    if groups < 2 {
        return None;
    }
    let (low, high) = if groups > PAIRED_GROUPS {
        let z = interval::z(confidence, groups as f64)?;
        of_many(compare, all, z)?
    } else {
        let z = interval::z(confidence, (groups * (groups - 1) / 2) as f64)?;
        let pairs = pairs(all)?;
        match compare {
            Compare::Difference => widest_difference(&pairs, z),
            Compare::Ratio => smallest_ratio(&pairs, z)?,
        }
    };
    Some(Interval {
        low,
        high,
        confidence,
        method: Method::Simultaneous,
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

/// A safe bound for many groups from intervals of the single rates that hold together.
fn of_many(compare: Compare, all: &[Fraction], z: f64) -> Option<(f64, f64)> {
    let mut lows = (f64::INFINITY, f64::NEG_INFINITY);
    let mut highs = (f64::INFINITY, f64::NEG_INFINITY);
    for fraction in all {
        let (low, high) = rate_limits(fraction, z)?;
        lows = (lows.0.min(low), lows.1.max(low));
        highs = (highs.0.min(high), highs.1.max(high));
    }
    match compare {
        Compare::Difference => Some(((lows.1 - highs.0).max(0.0), highs.1 - lows.0)),
        Compare::Ratio => {
            let any = all.iter().any(|fraction| fraction.part.weight > 0.0);
            any.then(|| (lows.0 / highs.1, (highs.0 / lows.1).min(1.0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(part: u64, whole: u64) -> Fraction {
        Fraction::new(Amount::rows(part), Amount::rows(whole))
    }

    fn groups(counts: &[(u64, u64)]) -> Vec<Fraction> {
        counts.iter().map(|&(x, n)| of(x, n)).collect()
    }

    fn counts(groups: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(u64, u64)>> {
        let count = (1_u64..300).prop_flat_map(|n| (prop_oneof![Just(0), Just(n), 0..=n], Just(n)));
        prop::collection::vec(count, groups)
    }

    /// Widest over all ordered pairs, each solved in full.
    fn over_all_pairs(compare: Compare, all: &[Fraction]) -> Option<(f64, f64)> {
        let tests = all.len() * (all.len() - 1) / 2;
        let mut ends: Option<(f64, f64)> = None;
        for (i, a) in all.iter().enumerate() {
            for (j, b) in all.iter().enumerate() {
                if i == j {
                    continue;
                }
                if let Some(one) = of_pair(compare, a, b, 0.95, tests) {
                    let old = ends.unwrap_or((one.low, one.high));
                    ends = Some(match compare {
                        Compare::Difference => (old.0.max(one.low), old.1.max(one.high)),
                        Compare::Ratio => (old.0.min(one.low), old.1.min(one.high)),
                    });
                }
            }
        }
        ends.map(|(low, high)| match compare {
            Compare::Difference => (low.max(0.0), high),
            Compare::Ratio => (low, high.min(1.0)),
        })
    }

    proptest! {
        #[test]
        fn dismissing_pairs_loses_nothing(counts in counts(2..9)) {
            let all = groups(&counts);
            for compare in [Compare::Difference, Compare::Ratio] {
                let found = of_extremes(compare, &all, 0.95).map(|i| (i.low, i.high));
                match (found, over_all_pairs(compare, &all)) {
                    (Some(a), Some(b)) => prop_assert!(
                        (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9,
                        "{a:?} is not {b:?}"
                    ),
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
        }

        #[test]
        fn the_bound_for_many_groups_holds_the_gap(counts in counts(41..60)) {
            let all = groups(&counts);
            let rates: Vec<f64> = all.iter().filter_map(Fraction::value).collect();
            let (low, high) = rates.iter().fold((1.0_f64, 0.0_f64), |(l, h), &p| (l.min(p), h.max(p)));
            let gap = of_extremes(Compare::Difference, &all, 0.95).unwrap();
            prop_assert!(0.0 <= gap.low && gap.low <= high - low && high - low <= gap.high);
            prop_assert!(gap.high <= 1.0);
            if high > 0.0 {
                let ratio = of_extremes(Compare::Ratio, &all, 0.95).unwrap();
                prop_assert!(0.0 <= ratio.low && ratio.low <= low / high && low / high <= ratio.high);
                prop_assert!(ratio.high <= 1.0);
            }
        }

        #[test]
        fn a_group_against_all_is_the_group_against_the_rest(
            counts in counts(2..3),
        ) {
            let all = groups(&counts);
            let (group, rest) = (all[0], all[1]);
            let overall = Fraction::new(group.part + rest.part, group.whole + rest.whole);
            let share = group.whole.weight / overall.whole.weight;
            for compare in [Compare::Difference, Compare::Ratio] {
                let to_all = of_overall(compare, &group, &overall, 0.95);
                let to_rest = of_pair(compare, &group, &rest, 0.95, 1);
                prop_assert_eq!(to_all.is_some(), to_rest.is_some());
                let (Some(to_all), Some(to_rest)) = (to_all, to_rest) else { continue };
                let (p, q) = (group.value().unwrap(), overall.value().unwrap());
                let value = match compare {
                    Compare::Difference => p - q,
                    Compare::Ratio => p / q,
                };
                let slack = 1e-12;
                prop_assert!(to_all.low <= value + slack && value <= to_all.high + slack);
                if compare == Compare::Difference {
                    prop_assert!((to_all.high - (1.0 - share) * to_rest.high).abs() < slack);
                } else {
                    prop_assert!(to_all.high <= 1.0 / share + slack);
                }
            }
        }
    }

    #[test]
    fn one_pair_of_many_is_wider_and_says_so() {
        let (a, b) = (of(30, 100), of(45, 100));
        let alone = of_pair(Compare::Ratio, &a, &b, 0.95, 1).unwrap();
        let chosen = of_pair(Compare::Ratio, &a, &b, 0.95, 15).unwrap();
        assert_eq!(alone.method, Method::Koopman);
        assert_eq!(chosen.method, Method::Simultaneous);
        assert_eq!(chosen.confidence, 0.95);
        assert!(chosen.low < alone.low && alone.high < chosen.high);
    }

    #[test]
    fn a_group_that_is_all_there_is_has_no_rest() {
        let all = of(3, 10);
        assert_eq!(of_overall(Compare::Difference, &all, &all, 0.95), None);
        assert_eq!(of_extremes(Compare::Ratio, &groups(&[(3, 10)]), 0.95), None);
        let nobody = groups(&[(0, 10), (0, 20)]);
        assert_eq!(of_extremes(Compare::Ratio, &nobody, 0.95), None);
        let gap = of_extremes(Compare::Difference, &nobody, 0.95).unwrap();
        assert!(gap.low == 0.0 && gap.high > 0.1, "{gap:?}");
    }

    #[test]
    fn a_fair_gap_covers_zero() {
        let alike = groups(&[(20, 100), (24, 100), (17, 100), (22, 100)]);
        assert_eq!(
            of_extremes(Compare::Difference, &alike, 0.95).unwrap().low,
            0.0
        );
        assert_eq!(of_extremes(Compare::Ratio, &alike, 0.95).unwrap().high, 1.0);
    }
}
