//! Intervals against all pairs solved one by one, and what they must always hold.

use proptest::prelude::*;

use super::extremes::of_extremes;
use super::*;

fn of(part: u64, whole: u64) -> Fraction {
    Fraction::new(Amount::rows(part), Amount::rows(whole))
}

fn value(fraction: Fraction) -> GroupValue {
    GroupValue {
        value: Ok(fraction.value().unwrap()),
        fraction: Some(fraction),
        spread: None,
    }
}

fn groups(counts: &[(u64, u64)]) -> Vec<GroupValue> {
    counts.iter().map(|&(x, n)| value(of(x, n))).collect()
}

/// Of all pairs of so many groups.
fn all_pairs(groups: usize) -> Critical {
    among(0.95, groups, 1).unwrap()
}

fn counts(groups: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(u64, u64)>> {
    let count = (1_u64..300).prop_flat_map(|n| (prop_oneof![Just(0), Just(n), 0..=n], Just(n)));
    prop::collection::vec(count, groups)
}

/// Widest over all ordered pairs, each solved in full.
fn over_all_pairs(compare: Compare, all: &[GroupValue]) -> Option<(f64, f64)> {
    let critical = all_pairs(all.len());
    let mut ends: Option<(f64, f64)> = None;
    for (i, a) in all.iter().enumerate() {
        for (j, b) in all.iter().enumerate() {
            if i == j {
                continue;
            }
            if let Some(one) = of_pair(compare, a, b, critical) {
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
            let found = of_extremes(compare, &all, all_pairs(all.len())).map(|i| (i.low, i.high));
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
        let rates: Vec<f64> = all.iter().filter_map(|v| v.value.ok()).collect();
        let (low, high) = rates.iter().fold((1.0_f64, 0.0_f64), |(l, h), &p| (l.min(p), h.max(p)));
        let gap = of_extremes(Compare::Difference, &all, all_pairs(all.len())).unwrap();
        prop_assert!(0.0 <= gap.low && gap.low <= high - low && high - low <= gap.high);
        prop_assert!(gap.high <= 1.0);
        if high > 0.0 {
            let ratio = of_extremes(Compare::Ratio, &all, all_pairs(all.len())).unwrap();
            prop_assert!(0.0 <= ratio.low && ratio.low <= low / high && low / high <= ratio.high);
            prop_assert!(ratio.high <= 1.0);
        }
    }

    #[test]
    fn a_group_against_all_is_the_group_against_the_rest(
        counts in counts(2..3),
    ) {
        let all = groups(&counts);
        let (group, rest) = (all[0].fraction.unwrap(), all[1].fraction.unwrap());
        let overall = Fraction::new(group.part + rest.part, group.whole + rest.whole);
        let share = group.whole.weight / overall.whole.weight;
        for compare in [Compare::Difference, Compare::Ratio] {
            let to_all = through_rest(compare, &group, &overall, 0.95);
            let to_rest = of_pair(compare, &value(group), &value(rest), all_pairs(2));
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
    let (a, b) = (value(of(30, 100)), value(of(45, 100)));
    let alone = of_pair(Compare::Ratio, &a, &b, all_pairs(2)).unwrap();
    let chosen = of_pair(Compare::Ratio, &a, &b, all_pairs(6)).unwrap();
    assert_eq!(alone.method, Method::Koopman);
    assert_eq!(chosen.method, Method::Simultaneous);
    assert_eq!(chosen.confidence, 0.95);
    assert!(chosen.low < alone.low && alone.high < chosen.high);
}

#[test]
fn a_group_that_is_all_there_is_has_no_rest() {
    let all = of(3, 10);
    assert_eq!(through_rest(Compare::Difference, &all, &all, 0.95), None);
    assert_eq!(
        of_extremes(Compare::Ratio, &groups(&[(3, 10)]), all_pairs(2)),
        None
    );
    let nobody = groups(&[(0, 10), (0, 20)]);
    assert_eq!(of_extremes(Compare::Ratio, &nobody, all_pairs(2)), None);
    let gap = of_extremes(Compare::Difference, &nobody, all_pairs(2)).unwrap();
    assert!(gap.low == 0.0 && gap.high > 0.1, "{gap:?}");
}

#[test]
fn a_fair_gap_covers_zero() {
    let alike = groups(&[(20, 100), (24, 100), (17, 100), (22, 100)]);
    assert_eq!(
        of_extremes(Compare::Difference, &alike, all_pairs(4))
            .unwrap()
            .low,
        0.0
    );
    assert_eq!(
        of_extremes(Compare::Ratio, &alike, all_pairs(4))
            .unwrap()
            .high,
        1.0
    );
}

/// A limit where the interval ends has the p of the interval.
#[test]
fn the_p_of_a_limit_is_the_interval_turned_round() {
    let (a, b) = (value(of(30, 100)), value(of(45, 100)));
    for groups in [2, 6] {
        let critical = all_pairs(groups);
        for compare in [Compare::Difference, Compare::Ratio] {
            let found = of_pair(compare, &a, &b, critical).unwrap();
            let z = of_two(compare, &a, &b, found.high).unwrap();
            assert!((p_among(z, groups, 1) - 0.05).abs() < 1e-9, "{z}");
        }
    }
    let alone = of_number(&a, interval::rate(&of(30, 100), 0.95).unwrap().high).unwrap();
    assert!((alone - all_pairs(2).z).abs() < 1e-9);
}

#[test]
fn numbers_that_are_no_rates_are_compared_by_their_own_limits() {
    let number = |value: f64, error: f64| GroupValue {
        value: Ok(value),
        fraction: None,
        spread: Some(crate::stats::Spread {
            error,
            shift: 0.0,
            law: crate::stats::Law::Linear(f64::INFINITY),
        }),
    };
    let (a, b) = (number(0.8, 0.03), number(0.7, 0.04));
    let found = of_pair(Compare::Difference, &a, &b, all_pairs(2)).unwrap();
    // 0.1 ± 1.96·0.05.
    assert!((found.high - 0.1 - all_pairs(2).z * 0.05).abs() < 1e-12);
    let z = of_two(Compare::Difference, &a, &b, 0.0).unwrap();
    assert!((z - 2.0).abs() < 1e-9, "{z}");
    let gap = of_extremes(Compare::Difference, &[a, b], all_pairs(2)).unwrap();
    assert_eq!((gap.low, gap.high), (found.low, found.high));
}

/// Six groups need less by the studentized range than by Bonferroni (2.850 for 2.935), and many the
/// same.
#[test]
fn pairs_share_their_error() {
    assert!(
        (all_pairs(6).z - 2.849_96).abs() < 1e-3,
        "{}",
        all_pairs(6).z
    );
    let of_many = crate::stats::special::two_sided_z(0.95, 50.0 * 49.0 / 2.0);
    assert_eq!(all_pairs(50).z, of_many);
    assert!(among(0.95, 2, 2).unwrap().z > all_pairs(2).z);
}
