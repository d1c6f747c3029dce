//! Confidence intervals for rates, and for the difference and ratio of two rates.

use super::Fraction;

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
    /// Koopman's score interval for a ratio (1984, doi:10.2307/2531405).
    Koopman,
    /// `DeLong`'s variance on the logit scale (1988, doi:10.2307/2531595).
    DelongLogit,
    /// Simultaneous over all pairs of groups (Bonferroni) around a gap max − min or min / max.
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
    #[serde(deserialize_with = "null_is_unbounded")]
    #[schemars(with = "Option<f64>")]
    pub high: f64,
    /// Nominal coverage, as 0.95.
    pub confidence: f64,
    /// How it was computed.
    pub method: Method,
}

/// Reads the upper end back: JSON has no infinity, `null` stands for it.
fn null_is_unbounded<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let high: Option<f64> = serde::Deserialize::deserialize(from)?;
    Ok(high.unwrap_or(f64::INFINITY))
}

/// Wilson's interval of one rate, on the effective n where rows are weighted.
pub fn rate(fraction: &Fraction, confidence: f64) -> Option<Interval> {
    let _ = (fraction, confidence);
    todo!()
}

/// Miettinen-Nurminen interval of `a − b`.
pub fn difference(a: &Fraction, b: &Fraction, confidence: f64) -> Option<Interval> {
    let _ = (a, b, confidence);
    todo!()
}

/// Koopman interval of `a / b`; `high` is infinite where b's part is 0.
pub fn ratio(a: &Fraction, b: &Fraction, confidence: f64) -> Option<Interval> {
    let _ = (a, b, confidence);
    todo!()
}
