//! Confidence intervals for rates, for the difference and ratio of two rates, and for an AUC.
//!
//! In: fractions. Out: an [`Interval`] around the estimate and within the quantity's range, or
//! `None` where the quantity is undefined. Weighted rates rest on Kish's effective number of rows
//! (as Korn and Graubard 1998, Survey Methodology 24:193, do for proportions).

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
    /// Simultaneous over all pairs of groups (Bonferroni): of a gap max − min or min / max, or of
    /// one pair that was chosen among many.
    Simultaneous,
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

/// Wilson's limits for a given z (Wilson 1927, equation 4).
pub fn rate_limits(fraction: &Fraction, z: f64) -> Option<(f64, f64)> {
    let (p, n) = share(fraction)?;
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
    Some((low.clamp(0.0, p), high.clamp(p, 1.0)))
}

/// Miettinen-Nurminen interval of `a − b`.
pub fn difference(a: &Fraction, b: &Fraction, confidence: f64) -> Option<Interval> {
    difference_among(a, b, confidence, 1.0)
}

/// Koopman interval of `a / b`; `high` is infinite where b's part is 0, `None` where both parts are.
pub fn ratio(a: &Fraction, b: &Fraction, confidence: f64) -> Option<Interval> {
    ratio_among(a, b, confidence, 1.0)
}

/// [`difference`], one of `tests` that are to hold together (Bonferroni).
pub fn difference_among(
    a: &Fraction,
    b: &Fraction,
    confidence: f64,
    tests: f64,
) -> Option<Interval> {
    let (pair, z) = (Pair::new(a, b)?, z(confidence, tests)?);
    let interval = Interval {
        low: pair.difference_low(z),
        high: pair.difference_high(z),
        confidence,
        method: among(tests, Method::MiettinenNurminen),
    };
    Some(interval.around(pair.difference()))
}

/// [`ratio`], one of `tests` that are to hold together (Bonferroni).
pub fn ratio_among(a: &Fraction, b: &Fraction, confidence: f64, tests: f64) -> Option<Interval> {
    let (pair, z) = (Pair::new(a, b)?, z(confidence, tests)?);
    let value = pair.ratio()?;
    let interval = Interval {
        low: pair.ratio_low(z),
        high: pair.ratio_high(z),
        confidence,
        method: among(tests, Method::Koopman),
    };
    Some(interval.around(value))
}

/// The interval of an AUC by its variance, on the logit scale, which keeps it within (0, 1); `None`
/// where the AUC is 0 or 1 or does not vary (`DeLong` et al. 1988; Qin and Hotilovac 2008,
/// doi:10.1177/0962280207087173, section 2.2).
pub fn auc(value: f64, variance: f64, confidence: f64) -> Option<Interval> {
    let z = z(confidence, 1.0)?;
    let spread = value * (1.0 - value);
    if !(spread > 0.0 && variance > 0.0 && variance.is_finite()) {
        return None;
    }
    let (logit, half) = ((value / (1.0 - value)).ln(), z * variance.sqrt() / spread);
    let back = |x: f64| 1.0 / (1.0 + (-x).exp());
    let interval = Interval {
        low: back(logit - half),
        high: back(logit + half),
        confidence,
        method: Method::DelongLogit,
    };
    Some(interval.around(value))
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

fn among(tests: f64, alone: Method) -> Method {
    if tests > 1.0 {
        Method::Simultaneous
    } else {
        alone
    }
}
