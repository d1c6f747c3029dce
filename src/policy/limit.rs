//! Is a value past a limit: on counts exactly, with no rounding before the comparison.
//!
//! Where rows are not weighted, the shares are ratios of whole numbers and the limit is a decimal:
//! `5·a·n_b ≥ 4·b·n_a` in 128 bits is the four-fifths rule as it is written. `None` means that the
//! comparison does not fit (weights, a limit of too many digits); then floating point decides.

use std::cmp::Ordering;

use crate::metrics::Compare;
use crate::stats::{Amount, Fraction};

/// A limit as a fraction of whole numbers.
struct Decimal {
    numerator: u128,
    denominator: u128,
}

impl Decimal {
    /// The decimal number that was typed: the shortest that reads as this `f64`.
    fn new(limit: f64) -> Option<Self> {
        let text = limit.to_string();
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let denominator = 10u128.checked_pow(part.len() as u32)?;
        let numerator = format!("{whole}{part}").parse::<u128>().ok()?;
        let divisor = common(numerator, denominator);
        Some(Self {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
        })
    }

    /// `part / whole` against the limit.
    fn compare(&self, part: u128, whole: u128) -> Option<Ordering> {
        let left = part.checked_mul(self.denominator)?;
        let right = whole.checked_mul(self.numerator)?;
        Some(left.cmp(&right))
    }
}

/// The greatest common divisor, at least 1.
fn common(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// Part and whole as rows, where no row is weighted.
fn rows(fraction: &Fraction) -> Option<(u128, u128)> {
    let whole = |amount: &Amount| (amount.weight == amount.rows as f64).then_some(amount.rows);
    Some((
        whole(&fraction.part)?.into(),
        whole(&fraction.whole)?.into(),
    ))
}

/// A rate against a limit.
pub fn of_rate(rate: &Fraction, limit: f64) -> Option<Ordering> {
    let (part, whole) = rows(rate)?;
    Decimal::new(limit)?.compare(part, whole)
}

/// `high − low`, or `low / high`, against a limit; neither is undefined.
pub fn of_pair(compare: Compare, low: &Fraction, high: &Fraction, limit: f64) -> Option<Ordering> {
    let ((a, n), (b, m)) = (rows(low)?, rows(high)?);
    let (low, high) = (a.checked_mul(m)?, b.checked_mul(n)?);
    let limit = Decimal::new(limit)?;
    match compare {
        Compare::Ratio => limit.compare(low, high),
        Compare::Difference => limit.compare(high.checked_sub(low)?, n.checked_mul(m)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(part: u64, whole: u64) -> Fraction {
        Fraction::new(Amount::rows(part), Amount::rows(whole))
    }

    #[test]
    fn four_fifths_is_inclusive_where_floating_point_is_not() {
        // 0.16 / 0.2 and 0.08 / 0.1 are below and above 0.8 in f64; both are four fifths.
        for (a, b) in [
            (share(16, 100), share(20, 100)),
            (share(8, 100), share(10, 100)),
        ] {
            assert_eq!(of_pair(Compare::Ratio, &a, &b, 0.8), Some(Ordering::Equal));
        }
        let (a, b) = (share(799_999, 10_000_000), share(1, 10));
        assert_eq!(of_pair(Compare::Ratio, &a, &b, 0.8), Some(Ordering::Less));
    }

    #[test]
    fn a_difference_of_a_tenth_is_a_tenth() {
        // 0.3 − 0.2 is 0.09999999999999998 in f64, 0.8 − 0.7 is 0.10000000000000009.
        for (low, high) in [(2, 3), (7, 8)] {
            let (low, high) = (share(low, 10), share(high, 10));
            let told = of_pair(Compare::Difference, &low, &high, 0.1);
            assert_eq!(told, Some(Ordering::Equal));
        }
    }

    #[test]
    fn weights_and_negative_limits_are_left_to_floating_point() {
        let weighted = Fraction::new(
            Amount {
                rows: 3,
                weight: 1.5,
                weight_sq: 1.0,
            },
            Amount::rows(10),
        );
        assert_eq!(of_rate(&weighted, 0.5), None);
        assert_eq!(of_rate(&share(1, 2), -0.5), None);
        assert_eq!(of_rate(&share(1, 2), 0.5), Some(Ordering::Equal));
    }
}
