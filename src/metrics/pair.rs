//! Two numbers held against each other, and why a number does not exist.

use super::compare::GroupValue;
use super::{Compare, Eval, Metric, Undefined, Value};
use crate::data::Role;
use crate::stats::{Amount, Fraction};
use crate::tally::Cell;
use crate::tally::cell::MISSING;

/// `a` compared with `b`: a − b, or a / b.
pub fn between(compare: Compare, a: &GroupValue, b: &GroupValue) -> Value {
    let x = a.value?;
    let y = b.value.map_err(|_| Undefined::ReferenceIsUndefined)?;
    let crossed = a
        .fraction
        .zip(b.fraction)
        .and_then(|(a, b)| crossed(&a, &b));
    match compare {
        Compare::Difference => finite(match crossed {
            Some((left, right, wholes)) => (left - right) / wholes,
            None => x - y,
        }),
        Compare::Ratio if y == 0.0 && x == 0.0 => Err(Undefined::ZeroDenominator),
        Compare::Ratio if y == 0.0 => Err(Undefined::ReferenceIsZero),
        Compare::Ratio if x * y < 0.0 => Err(Undefined::MixedSigns),
        Compare::Ratio => finite(match crossed {
            Some((left, right, _)) => left / right,
            None => x / y,
        }),
    }
}

/// part·whole crosswise and whole·whole, where all are exact whole numbers: then a gap of two rates
/// is rounded once, and equal rates are exactly equal.
fn crossed(a: &Fraction, b: &Fraction) -> Option<(f64, f64, f64)> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2⁵³
    let weight = |amount: &Amount| (amount.weight.fract() == 0.0).then_some(amount.weight);
    let (a_part, a_whole) = (weight(&a.part)?, weight(&a.whole)?);
    let (b_part, b_whole) = (weight(&b.part)?, weight(&b.whole)?);
    let wholes = a_whole * b_whole;
    (wholes <= EXACT).then_some((a_part * b_whole, b_part * a_whole, wholes))
}

/// A number that JSON has.
pub fn finite(value: f64) -> Value {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Undefined::Overflow)
    }
}

/// The most telling reason: that what a formula lacks is missing altogether comes before why the
/// formula fails.
pub fn reason(metric: &Metric, cell: &Cell, why: Undefined) -> Undefined {
    use Undefined::{
        MixedSigns, NotAProbability, NotRanked, OneGroup, Overflow, ReferenceIsUndefined,
        ReferenceIsZero,
    };
    if let OneGroup | NotAProbability | NotRanked | MixedSigns | Overflow | ReferenceIsZero
    | ReferenceIsUndefined = why
    {
        return why;
    }
    let has = |of: fn(usize, usize) -> bool| cell.amount(of).weight > 0.0;
    let scored = || {
        let scores = cell.scores.as_ref();
        scores.is_some_and(|scores| scores.by_label.iter().any(|label| label.rows > 0))
    };
    if cell.rows.iter().flatten().all(|&rows| rows == 0) || !has(|_, _| true) {
        Undefined::NoRows
    } else if metric.needs(Role::Label) && !has(|y, _| y != MISSING) {
        Undefined::NoLabels
    } else if metric.needs(Role::Prediction) && !has(|_, d| d != MISSING) {
        Undefined::NoPredictions
    } else if metric.needs(Role::Score) && !scored() {
        Undefined::NoScores
    } else {
        why
    }
}

/// How far a gap is from equality; a ratio and its reciprocal are equally far.
pub fn distance(metric: &Metric, gap: f64) -> f64 {
    match metric.eval {
        Eval::Gap(Compare::Ratio, ..) => 1.0 - folded(gap),
        _ => gap.abs(),
    }
}

/// A ratio or its reciprocal, whichever is below 1.
pub fn folded(ratio: f64) -> f64 {
    if ratio > 1.0 { 1.0 / ratio } else { ratio }
}
