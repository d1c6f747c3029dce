//! How small a gap between two rates can be proved, and how many rows would prove the one that is seen.
//!
//! In: rates, (effective) numbers of rows, a limit and the critical z of the interval that decides, in
//! which any multiplicity is included. Out: rates' gaps and numbers of rows; `None` where none will do.
//! All is for the score test whose limits [`super::score`] finds: a gap that is proved here is one whose
//! whole interval lies past the limit.

use super::Fraction;
use super::score::{Limit, Pair, crossing, share};
use super::special::{normal_cdf, normal_quantile};
use super::test::first_where;

/// On which side of its limit a gap is to be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It is larger.
    Above,
    /// It is smaller.
    Below,
}

/// Rows that would prove an observed gap to be on its side of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// Rows of the first group, the other's as they are; `None` where no number would do.
    pub first: Option<u64>,
    /// Rows of both groups, where both grow in proportion; `None` where the gap is at the limit.
    pub both: Option<(u64, u64)>,
}

/// The probability that the interval lies past the limit, on the side where the gap truly is:
/// Φ((|gap − limit| − z·σ₀) / σ₁), with σ₀ the standard error that the test has at the limit and σ₁
/// that at the true rates (Farrington and Manning 1990, doi:10.1002/sim.4780091208).
///
/// `first` and `second` are the true rate and the number of rows of each group.
pub fn power(first: (f64, f64), second: (f64, f64), limit: Limit, z: f64) -> f64 {
    let (off, at_limit, own) = Pair::of_rates(first, second).past(limit);
    let beyond = off.abs() - z * at_limit;
    if own > 0.0 {
        normal_cdf(beyond / own)
    } else {
        f64::from(u8::from(beyond > 0.0))
    }
}

/// The difference nearest to `limit`, on that side of it, that is proved with probability `power`:
/// where |d − limit| = z·σ₀ + z′·σ₁ for the quantile z′ of the power (see [`power`]). Its groups have
/// `rows`; the second one's rate is `rate`, the first one's larger by the difference. `None` where even
/// a rate of 0 or 1 is too close.
pub fn detectable_difference(
    rows: (f64, f64),
    rate: f64,
    limit: f64,
    side: Side,
    z: f64,
    power: f64,
) -> Option<f64> {
    let end = match side {
        Side::Above => 1.0 - rate,
        Side::Below => -rate,
    };
    let first = |d: f64| rate + d;
    detectable(
        rows,
        (rate, &first),
        Limit::Difference(limit),
        (limit, end),
        (z, power),
    )
}

/// The ratio nearest to `limit`, on that side of it, that is proved with probability `power`: like
/// [`detectable_difference`], where the first rate is `rate` times the ratio.
pub fn detectable_ratio(
    rows: (f64, f64),
    rate: f64,
    limit: f64,
    side: Side,
    z: f64,
    power: f64,
) -> Option<f64> {
    if !(limit > 0.0 && limit.is_finite() && rate > 0.0) {
        return None;
    }
    let end = match side {
        Side::Above => 1.0 / rate,
        Side::Below => 0.0,
    };
    let first = |ratio: f64| rate * ratio;
    detectable(
        rows,
        (rate, &first),
        Limit::Ratio(limit),
        (limit, end),
        (z, power),
    )
}

/// The gap between `from`, where nothing can be proved, and `to` at which the power is first reached.
fn detectable(
    rows: (f64, f64),
    (rate, first): (f64, &dyn Fn(f64) -> f64),
    limit: Limit,
    (from, to): (f64, f64),
    (z, power): (f64, f64),
) -> Option<f64> {
    let are_numbers = rows.0 > 0.0 && rows.1 > 0.0 && z > 0.0 && power > 0.0 && power < 1.0;
    if !are_numbers || !(0.0..=1.0).contains(&rate) || !(0.0..=1.0).contains(&first(from)) {
        return None;
    }
    let z_power = normal_quantile(power);
    let excess = |gap: f64| {
        let own = (first(gap).clamp(0.0, 1.0), rows.0);
        let (off, at_limit, own) = Pair::of_rates(own, (rate, rows.1)).past(limit);
        off.abs() - z * at_limit - z_power * own
    };
    (excess(to) > 0.0).then(|| crossing(excess, from, to))
}

/// How many rows would have put the whole interval of the gap between `a` and `b` on its side of the
/// limit, had the rates been as they are: the smallest numbers for which the score test rejects the
/// limit at `z`. They are rows like those there are: weighted ones count for what these are worth.
/// `None` where a rate is undefined.
pub fn rows_needed(a: &Fraction, b: &Fraction, limit: Limit, z: f64) -> Option<Needed> {
    let ((p1, n1), (p2, n2)) = (share(a)?, share(b)?);
    let proves = |n1: f64, n2: f64| {
        let (off, at_limit, _) = Pair::of_rates((p1, n1), (p2, n2)).past(limit);
        off.abs() > z * at_limit
    };
    let rows_per = (a.whole.rows as f64 / n1, b.whole.rows as f64 / n2);
    let first = smallest(|rows| proves(rows as f64 / rows_per.0, n2));
    let both = smallest(|rows| {
        let times = rows as f64 / rows_per.0 / n1;
        proves(n1 * times, n2 * times)
    });
    let second = |rows: u64| {
        let share = b.whole.rows as f64 / a.whole.rows as f64;
        // Rounded up, but not because of the last bit of the division.
        ((rows as f64 * share * (1.0 - 1e-14)).ceil() as u64).max(1)
    };
    Some(Needed {
        first,
        both: both.map(|rows| (rows, second(rows))),
    })
}

/// The smallest number of rows that proves it, where more rows never prove less.
fn smallest(proves: impl Fn(u64) -> bool) -> Option<u64> {
    let enough = (0..=MOST)
        .map(|power| 1_u64 << power)
        .find(|n| proves(*n))?;
    Some(first_where(enough / 2, enough, |rows| {
        rows > 0 && proves(rows)
    }))
}

/// 2 to this many rows are as good as no number at all.
const MOST: u32 = 50;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::{Amount, expected_numbers};

    const Z: f64 = 1.959_963_984_540_054;

    fn of(part: u64, whole: u64) -> Fraction {
        Fraction::new(Amount::rows(part), Amount::rows(whole))
    }

    /// statsmodels' test pools the sample rates, ours takes the most likely rates and the factor
    /// N / (N − 1), which is the same here but for a few rows.
    #[test]
    fn the_power_is_near_that_of_statsmodels() {
        for entry in expected_numbers("power") {
            let (p2, d, n1, n2) = (entry[0], entry[1], entry[2], entry[3]);
            let found = power((p2 + d, n1), (p2, n2), Limit::Difference(0.0), Z);
            assert!((found - entry[4]).abs() < 2e-3, "{found} {entry:?}");
        }
    }

    #[test]
    fn what_is_detectable_has_the_power_that_was_asked_for() {
        let rows = (400.0, 150.0);
        for side in [Side::Above, Side::Below] {
            for limit in [0.0, 0.1, -0.1] {
                let d = detectable_difference(rows, 0.4, limit, side, Z, 0.8).unwrap();
                let found = power(
                    (0.4 + d, rows.0),
                    (0.4, rows.1),
                    Limit::Difference(limit),
                    Z,
                );
                assert!((found - 0.8).abs() < 1e-9, "{found} at {d}");
                assert_eq!(d > limit, side == Side::Above);
            }
            for limit in [0.8, 1.0, 1.25] {
                let ratio = detectable_ratio(rows, 0.4, limit, side, Z, 0.8).unwrap();
                let found = power((0.4 * ratio, rows.0), (0.4, rows.1), Limit::Ratio(limit), Z);
                assert!((found - 0.8).abs() < 1e-9, "{found} at {ratio}");
                assert_eq!(ratio > limit, side == Side::Above);
            }
        }
    }

    #[test]
    fn a_few_rows_detect_nothing() {
        assert_eq!(
            detectable_difference((3.0, 3.0), 0.5, 0.0, Side::Above, Z, 0.8),
            None
        );
        assert_eq!(
            detectable_ratio((3.0, 3.0), 0.5, 1.0, Side::Below, Z, 0.8),
            None
        );
        assert_eq!(
            detectable_ratio((300.0, 300.0), 0.0, 1.0, Side::Below, Z, 0.8),
            None
        );
    }

    /// 0.03 apart is proved by no number of rows against 200, whose own rate is not known that well.
    #[test]
    fn no_number_of_rows_makes_up_for_the_other_group() {
        let needed = rows_needed(&of(53, 100), &of(100, 200), Limit::Difference(0.0), Z).unwrap();
        assert_eq!(needed.first, None);
        let (first, second) = needed.both.unwrap();
        assert!(first > 1_000 && second == 2 * first, "{needed:?}");
        let at = rows_needed(&of(5, 10), &of(10, 20), Limit::Ratio(1.0), Z).unwrap();
        assert_eq!(
            at,
            Needed {
                first: None,
                both: None
            }
        );
        assert_eq!(
            rows_needed(&of(0, 0), &of(10, 20), Limit::Ratio(1.0), Z),
            None
        );
    }

    proptest! {
        /// With that many rows the interval is past the limit, with one fewer it is not.
        #[test]
        fn the_rows_that_are_needed_prove_it_and_one_fewer_do_not(
            (n1, x1) in (1_u64..80).prop_flat_map(|n| (Just(n), 0..=n)),
            (n2, x2) in (1_u64..800).prop_flat_map(|n| (Just(n), 0..=n)),
            limit in prop_oneof![
                (-0.9..0.9_f64).prop_map(Limit::Difference),
                (0.1..3.0_f64).prop_map(Limit::Ratio),
            ],
        ) {
            let (p1, p2) = (x1 as f64 / n1 as f64, x2 as f64 / n2 as f64);
            let needed = rows_needed(&of(x1, n1), &of(x2, n2), limit, Z).unwrap();
            let past = |rows: f64, others: f64| {
                let pair = Pair::of_rates((p1, rows), (p2, others));
                match limit {
                    Limit::Difference(d) => {
                        pair.difference_stays_above(d, Z) || !pair.difference_reaches_above(d, Z)
                    }
                    Limit::Ratio(r) => pair.ratio_low(Z) > r || pair.ratio_high(Z) < r,
                }
            };
            if let Some(rows) = needed.first {
                prop_assert!(past(rows as f64, n2 as f64));
                prop_assert!(rows < 2 || !past(rows as f64 - 1.0, n2 as f64));
                prop_assert!(needed.both.is_some());
            }
            if let Some((first, second)) = needed.both {
                prop_assert!(first > 1_000_000_000 || past(first as f64, second as f64), "{needed:?}");
            }
        }
    }
}
