//! Confidence intervals for rates, and for the difference and ratio of two rates.
//!
//! In: fractions. Out: an [`Interval`] around the estimate and within the quantity's range, or
//! `None` where the quantity is undefined. Weighted rates rest on the rows that they
//! are worth, [`Fraction::effective`] (as Korn and Graubard 1998, Survey Methodology 24:193, do).

use serde::{Deserialize, Deserializer};

use super::Fraction;
use super::score::{Pair, share};
use super::special::two_sided_z;

/// How an interval was computed; its `name` stands in the report.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Wilson's score interval for one rate (Wilson 1927, doi:10.1080/01621459.1927.10502953).
    Wilson,
    /// Miettinen and Nurminen's score interval for a difference (1985, doi:10.1002/sim.4780040211).
    MiettinenNurminen,
    /// Koopman's score interval for a ratio (1984, doi:10.2307/2531405), with Miettinen and
    /// Nurminen's factor N/(N − 1).
    Koopman,
    /// `DeLong`'s variance on the logit scale (1988, doi:10.2307/2531595).
    DelongLogit,
    /// From the two numbers' own intervals by square and add (Zou and Donner 2008,
    /// doi:10.1002/sim.3095).
    SquareAndAdd,
    /// Simultaneous over all pairs of groups: of a gap max − min or min / max, or of one pair that
    /// was chosen among many. Score intervals at the critical value of the studentized range (Tukey
    /// and Kramer; Hayter 1984, doi:10.1214/aos/1176346392), by Bonferroni where groups are many.
    Simultaneous,
    /// Likewise, at the critical value that redrawn cells have (`--adjust maxt`).
    Resampled,
    /// From the variance of the linear part, the infinitesimal jackknife (Jaeckel 1972; Efron 1982,
    /// doi:10.1137/1.9781611970319).
    Linearized,
    /// Student's t for a mean (Student 1908, doi:10.1093/biomet/6.1.1).
    StudentT,
    /// Wilson's for a mean of numbers in [0, 1], whose variance is at most that of a rate.
    WilsonBounded,
    /// From the χ² region of all bins together; wide, and it holds for perfect calibration too.
    CalibrationRegion,
    /// Of the worst of some bins: all of them hold together, by Bonferroni.
    CalibrationBands,
    /// The basic (reflected) bootstrap (`--bootstrap`; Davison and Hinkley 1997,
    /// doi:10.1017/CBO9780511802843), wider where the percentiles less twice the bias are, or the
    /// square of a distance.
    Bootstrap,
    /// Of a count with noise: how far a sum of discrete Laplace numbers reaches (`--dp`).
    DiscreteLaplace,
    /// Wilson's of a rate of such counts, on the rows that it is worth with chance and noise together.
    WilsonNoise,
    /// From the same number without each of some parts of the rows (Kott 2001, Journal of Official
    /// Statistics 17:521), with Student's t.
    Jackknife,
    /// A confidence sequence, which holds on every night at once (`--sequential`).
    Sequence,
    /// Of a difference pooled over strata (Sato 1989; doi:10.2307/2531784).
    Sato,
    /// Of a ratio pooled over strata, on the log scale (Greenland and Robins 1985,
    /// doi:10.2307/2530643).
    GreenlandRobins,
    /// Of an odds ratio pooled over strata, on the log scale (Robins, Breslow and Greenland 1986,
    /// doi:10.2307/2531052).
    RobinsBreslowGreenland,
}

/// A confidence interval; `low` ≤ value ≤ `high`, never outside the quantity's range.
#[derive(
    Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end; `null` in JSON where it is unbounded (a ratio to a rate of 0).
    #[serde(deserialize_with = "unbounded")]
    #[schemars(with = "Option<f64>", required)]
    pub high: f64,
    /// Nominal coverage, as 0.95.
    pub confidence: f64,
    /// How it was computed.
    pub method: Method,
}

/// JSON has no infinity: `null` stands for it.
fn unbounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

impl Interval {
    /// The same interval, no further than its quantity can be.
    #[must_use]
    pub fn within(self, (least, most): (f64, f64)) -> Self {
        Self {
            low: self.low.clamp(least, most),
            high: self.high.clamp(least, most),
            ..self
        }
    }

    /// The same interval, with `value` in it: no rounding of the last digit puts it outside.
    #[must_use]
    pub fn around(self, value: f64) -> Self {
        Self {
            low: self.low.min(value),
            high: self.high.max(value),
            ..self
        }
    }
}

/// Wilson's interval of one rate, on the effective n where rows are weighted.
pub fn rate(fraction: &Fraction, confidence: f64) -> Option<Interval> {
    let (low, high) = rate_limits(fraction, z(confidence, 1.0)?)?;
    Some(Interval {
        low,
        high,
        confidence,
        method: Method::Wilson,
    })
}

/// Wilson's limits of a rate for a given z.
pub fn rate_limits(fraction: &Fraction, z: f64) -> Option<(f64, f64)> {
    let (p, n) = share(fraction)?;
    Some(wilson(p, n, z))
}

/// The same of a rate on so many rows (Wilson 1927, equation 4).
pub fn wilson(p: f64, n: f64, z: f64) -> (f64, f64) {
    let z_sq = z * z;
    let center = p + z_sq / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z_sq / (4.0 * n * n)).sqrt();
    let shrink = 1.0 + z_sq / n;
    // At 0 and n the limit is the rate itself, which rounding would miss.
    let low = if p <= 0.0 {
        0.0
    } else {
        (center - half) / shrink
    };
    let high = if p >= 1.0 {
        1.0
    } else {
        (center + half) / shrink
    };
    (low.clamp(0.0, p), high.clamp(p, 1.0))
}

/// Miettinen-Nurminen interval of `a − b`.
pub fn difference(a: &Fraction, b: &Fraction, confidence: f64) -> Option<Interval> {
    difference_at(a, b, Critical::alone(confidence)?)
}

/// Koopman interval of `a / b`; `high` is infinite where b's part is 0, `None` where both parts are.
pub fn ratio(a: &Fraction, b: &Fraction, confidence: f64) -> Option<Interval> {
    ratio_at(a, b, Critical::alone(confidence)?)
}

/// How far an interval reaches, and what is promised of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Critical {
    /// Standard errors to either side.
    pub z: f64,
    /// Of all intervals at this value together.
    pub confidence: f64,
    /// What such an interval is called; `None` for one by itself, which has its own name.
    pub method: Option<Method>,
}

impl Critical {
    /// Of one interval by itself; `None` for a confidence that is none.
    pub fn alone(confidence: f64) -> Option<Self> {
        Some(Self {
            z: z(confidence, 1.0)?,
            confidence,
            method: None,
        })
    }

    /// An interval with these limits, called `alone` where it is one by itself.
    pub fn interval(&self, (low, high): (f64, f64), alone: Method) -> Interval {
        Interval {
            low,
            high,
            confidence: self.confidence,
            method: self.method.unwrap_or(alone),
        }
    }
}

/// [`difference`] at a critical value.
pub fn difference_at(a: &Fraction, b: &Fraction, critical: Critical) -> Option<Interval> {
    let limits = difference_limits(a, b, critical.z)?;
    Some(critical.interval(limits, Method::MiettinenNurminen))
}

/// The limits of `a − b` for a given z, the difference between them.
pub fn difference_limits(a: &Fraction, b: &Fraction, z: f64) -> Option<(f64, f64)> {
    let pair = Pair::new(a, b)?;
    let value = pair.difference();
    Some((
        pair.difference_low(z).min(value),
        pair.difference_high(z).max(value),
    ))
}

/// [`ratio`] at a critical value.
pub fn ratio_at(a: &Fraction, b: &Fraction, critical: Critical) -> Option<Interval> {
    let limits = ratio_limits(a, b, critical.z)?;
    Some(critical.interval(limits, Method::Koopman))
}

/// The limits of `a / b` for a given z, the ratio between them; `None` where both parts are 0.
pub fn ratio_limits(a: &Fraction, b: &Fraction, z: f64) -> Option<(f64, f64)> {
    let pair = Pair::new(a, b)?;
    let value = pair.ratio()?;
    Some((pair.ratio_low(z).min(value), pair.ratio_high(z).max(value)))
}

/// On which side of 0 a difference with these limits is for sure: 1, −1, or 0 where it could be either.
pub fn side((low, high): (f64, f64)) -> i8 {
    i8::from(low > 0.0) - i8::from(high < 0.0)
}

/// From group − rest to group − overall, where `share` of the whole weighs in the group:
/// g − (share·g + (1 − share)·r) = (1 − share)·(g − r).
pub fn difference_to_overall(difference: f64, share: f64) -> f64 {
    (1.0 - share) * difference
}

/// From group / rest to group / overall: g / (share·g + (1 − share)·r), which grows with g / r from
/// 0 to 1 / share.
pub fn ratio_to_overall(ratio: f64, share: f64) -> f64 {
    if ratio == 0.0 {
        return 0.0;
    }
    1.0 / (share + (1.0 - share) / ratio)
}

/// The two-sided z; `None` for a confidence that is none.
pub fn z(confidence: f64, tests: f64) -> Option<f64> {
    let z = two_sided_z(confidence, tests);
    (z.is_finite() && z > 0.0).then_some(z)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::Amount;

    fn of(part: u64, whole: u64) -> Fraction {
        Fraction::new(Amount::rows(part), Amount::rows(whole))
    }

    fn assert_limits(found: Option<Interval>, low: f64, high: f64) {
        let found = found.unwrap();
        let near = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-8 * (1.0 + b.abs());
        assert!(near(found.low, low), "{found:?}, not from {low}");
        assert!(near(found.high, high), "{found:?}, not to {high}");
    }

    /// Limits are statsmodels 0.15's: `proportion_confint` (wilson) and
    /// `confint_proportions_2indep` (ratio, score).
    #[test]
    fn limits_agree_with_statsmodels() {
        assert_limits(rate(&of(0, 1), 0.95), 0.0, 0.793_450_685_622_762_7);
        assert_limits(rate(&of(1, 1), 0.95), 0.206_549_314_377_237_4, 1.0);
        let (a, b) = (of(56, 70), of(48, 80));
        let (low, high) = (1.079_047_119_534_421_8, 1.672_145_359_089_767_5);
        assert_limits(ratio(&a, &b, 0.95), low, high);
        let (low, high) = (0.717_495_078_277_114, f64::INFINITY);
        assert_limits(ratio(&of(5, 56), &of(0, 29), 0.95), low, high);
    }

    /// Rows of one kind, and of all.
    type Share = (u64, u64);

    /// Limits are bisected with mpmath at 30 digits, the likelihood maximised numerically; the R
    /// package cicalc 0.1 prints 0.7156 and 1 for the sixth. statsmodels 0.15 is no oracle here: one
    /// coefficient of its cubic has a count for a number of rows, which yields 0.0526 and 0.3440 for
    /// the first, and no limits at all for most small tables.
    const DIFFERENCES: [(Share, Share, f64, f64); 13] = [
        (
            (56, 70),
            (48, 80),
            0.052_829_713_245_845,
            0.338_172_940_015_868,
        ),
        (
            (9, 10),
            (3, 10),
            0.170_025_016_424_399,
            0.840_649_543_943_328,
        ),
        ((6, 7), (2, 7), 0.034_175_545_084_364, 0.853_405_259_897_42),
        (
            (5, 56),
            (0, 29),
            -0.032_596_561_743_514,
            0.193_330_976_690_881,
        ),
        (
            (0, 10),
            (0, 20),
            -0.165_760_227_542_172,
            0.284_381_339_534_377,
        ),
        ((10, 10), (0, 20), 0.715_618_660_465_623, 1.0),
        (
            (10, 10),
            (20, 20),
            -0.284_381_339_534_377,
            0.165_760_227_542_172,
        ),
        (
            (1, 20),
            (30, 200),
            -0.175_214_017_115_64,
            0.090_553_287_305_431,
        ),
        (
            (30, 100),
            (40, 100),
            -0.229_480_906_979_204,
            0.032_583_861_099_65,
        ),
        (
            (100, 500),
            (1250, 5000),
            -0.085_008_812_632_655,
            -0.010_938_782_434_221,
        ),
        (
            (0, 30),
            (2, 30),
            -0.214_887_206_308_704,
            0.052_496_623_276_593,
        ),
        (
            (15, 15),
            (7, 15),
            0.277_404_492_487_513,
            0.754_773_387_447_56,
        ),
        (
            (3, 1000),
            (9, 1000),
            -0.014_364_597_595_167,
            0.000_909_302_365_84,
        ),
    ];

    #[test]
    fn differences_agree_with_a_numerical_likelihood() {
        for ((x1, n1), (x2, n2), low, high) in DIFFERENCES {
            assert_limits(difference(&of(x1, n1), &of(x2, n2), 0.95), low, high);
        }
    }

    /// Rates and ratios of every table of the shared oracle file, where it is there.
    #[test]
    fn every_table_of_the_oracle_agrees() {
        let Some(oracle) = crate::stats::oracle() else {
            return;
        };
        let limits = |value: &serde_json::Value| {
            let end = |at: usize| match value.get(at)? {
                serde_json::Value::String(text) => text.parse().ok(),
                number => number.as_f64(),
            };
            Some((end(0)?, end(1)?))
        };
        for case in oracle["rate"].as_array().unwrap() {
            let (x, n) = (case["x"].as_u64().unwrap(), case["n"].as_u64().unwrap());
            let (low, high) = limits(&case["wilson"]).unwrap();
            assert_limits(rate(&of(x, n), 0.95), low, high);
        }
        for case in oracle["two"].as_array().unwrap() {
            let of = |x: &str, n: &str| of(case[x].as_u64().unwrap(), case[n].as_u64().unwrap());
            let (a, b) = (of("x1", "n1"), of("x2", "n2"));
            let full = a.part == a.whole && b.part == b.whole;
            match limits(&case["ratio/score"]) {
                Some((low, _)) if f64::is_nan(low) => assert_eq!(ratio(&a, &b, 0.95), None),
                // Of two full groups statsmodels finds the estimate for a lower limit.
                Some((_, high)) if full => {
                    assert_limits(ratio(&a, &b, 0.95), ratio(&a, &b, 0.95).unwrap().low, high);
                }
                Some((low, high)) => assert_limits(ratio(&a, &b, 0.95), low, high),
                None => unreachable!("statsmodels finds a ratio's limits"),
            }
        }
    }

    /// By hand: with θ = p1/p2 below 1 and both groups full, (1 − θ)² = z²·N/(N − 1)·θ(1 − θ)/n1.
    #[test]
    fn two_full_groups_have_limits_on_both_sides() {
        let square = z(0.95, 1.0).unwrap().powi(2) * 30.0 / 29.0;
        assert_limits(
            ratio(&of(10, 10), &of(20, 20), 0.95),
            1.0 / (1.0 + square / 10.0),
            1.0 + square / 20.0,
        );
    }

    #[test]
    fn weights_count_as_what_they_are_worth() {
        // Ten rows, half of weight 3: Σw = 20, Σw² = 50, worth 8 rows.
        let whole = Amount {
            rows: 10,
            weight: 20.0,
            weight_sq: 50.0,
        };
        let part = Amount {
            rows: 5,
            weight: 5.0,
            weight_sq: 5.0,
        };
        let weighted = Fraction::new(part, whole);
        assert_eq!(rate(&weighted, 0.95), rate(&of(2, 8), 0.95));
        assert_eq!(
            difference(&weighted, &of(3, 9), 0.95),
            difference(&of(2, 8), &of(3, 9), 0.95)
        );
    }

    #[test]
    fn what_is_undefined_has_no_interval() {
        assert_eq!(rate(&of(0, 0), 0.95), None);
        assert_eq!(difference(&of(0, 0), &of(1, 2), 0.95), None);
        assert_eq!(ratio(&of(0, 5), &of(0, 9), 0.95), None);
        assert_eq!(rate(&of(1, 2), 1.0), None);
        assert_eq!(rate(&of(1, 2), f64::NAN), None);
    }

    #[test]
    fn an_unbounded_interval_survives_json() {
        let unbounded = ratio(&of(1, 5), &of(0, 9), 0.95).unwrap();
        let text = serde_json::to_string(&unbounded).unwrap();
        assert!(text.contains("\"high\":null"), "{text}");
        assert_eq!(serde_json::from_str::<Interval>(&text).unwrap(), unbounded);
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_value_and_stays_in_range(
            (n1, x1) in (1_u64..2_000_000).prop_flat_map(|n| (Just(n), prop_oneof![Just(0), Just(n), 0..=n])),
            (n2, x2) in (1_u64..2_000).prop_flat_map(|n| (Just(n), prop_oneof![Just(0), Just(n), 0..=n])),
            confidence in 0.01..0.999_999,
            share in 0.0..=1.0,
        ) {
            let (confidence, share): (f64, f64) = (confidence, share);
            let (a, b) = (of(x1, n1), of(x2, n2));
            let (p1, p2) = (x1 as f64 / n1 as f64, x2 as f64 / n2 as f64);
            let holds = |i: Interval, value: f64, range: (f64, f64)| {
                i.low <= value && value <= i.high && i.low >= range.0 && i.high <= range.1
            };
            prop_assert!(holds(rate(&a, confidence).unwrap(), p1, (0.0, 1.0)));
            let gap = difference(&a, &b, confidence).unwrap();
            prop_assert!(holds(gap, p1 - p2, (-1.0, 1.0)), "{:?}", gap);
            prop_assert!(gap.low < gap.high);
            let back = difference(&b, &a, confidence).unwrap();
            // Near a rate of 0 or 1 the cubic's roots fall together, and rounding is its square root.
            prop_assert!((gap.low + back.high).abs() < 1e-7 && (gap.high + back.low).abs() < 1e-7);
            let Some(quotient) = ratio(&a, &b, confidence) else {
                prop_assert!(x1 == 0 && x2 == 0);
                return Ok(());
            };
            prop_assert!(holds(quotient, p1 / p2, (0.0, f64::INFINITY)), "{:?}", quotient);
            prop_assert!(quotient.high.is_infinite() == (x2 == 0));
            // To the whole: the same as from the rates themselves, and within 1 / share.
            if x2 > 0 {
                let whole = share * p1 + (1.0 - share) * p2;
                let exact = p1 / whole;
                prop_assert!((ratio_to_overall(p1 / p2, share) - exact).abs() <= 1e-9 * (1.0 + exact));
                prop_assert!((difference_to_overall(p1 - p2, share) - (p1 - whole)).abs() < 1e-12);
            }
        }
    }
}
