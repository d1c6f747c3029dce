//! A sum of f64 that is exact: any order, any parts, the same bits.
//!
//! Fixed point in two words for numbers of everyday size, and a superaccumulator (Kulisch 2013,
//! Computer Arithmetic and Validity, ch. 8) for what does not fit. Nothing is rounded until
//! [`ExactSum::value`], so no order of adding and merging can change a bit.

use super::Merge;

/// The exact sum of finite f64 values, rounded once when read.
///
/// Small on purpose (24 bytes, alignment 8): a cell holds dozens of them. `high:low` is a 128-bit
/// multiple of 2⁻¹⁰⁰; what does not fit goes to `big`. Two sums are equal when their exact values
/// are.
#[derive(Debug, Clone, Default)]
pub struct ExactSum {
    low: u64,
    high: i64,
    big: Option<Box<Big>>,
}

/// Bits after the binary point of the fixed-point part.
const POINT: i32 = 100;
/// The exponent of the least bit of a finite f64.
const LEAST: i32 = -1074;
/// Digits of 32 bits that cover every finite f64, with room for 2⁶³ of the largest.
const DIGITS: usize = 68;

/// Digits of 32 bits, from 2⁻¹⁰⁷⁴ upwards, each with room for carries.
#[derive(Debug, Clone)]
struct Big {
    digits: [i64; DIGITS],
    /// Additions since the carries were propagated.
    additions: u32,
}

/// A value made ready to be added, for one that goes into several sums.
#[derive(Debug, Clone, Copy)]
pub enum Term {
    /// As fixed point.
    Fixed(i128),
    /// One that does not fit it.
    Other(f64),
}

impl Term {
    /// Of one value.
    #[inline]
    pub fn new(value: f64) -> Self {
        let bits = value.to_bits();
        let exponent = ((bits >> 52) & 0x7ff) as i32;
        // A normal number is mantissa · 2^(exponent − 1075); its bits lie `shift` above 2⁻¹⁰⁰.
        let shift = exponent - 1075 + POINT;
        if (0..=74).contains(&shift) {
            let mantissa = i128::from((bits & ((1 << 52) - 1)) | 1 << 52) << shift;
            Self::Fixed(if bits >> 63 == 1 { -mantissa } else { mantissa })
        } else {
            Self::Other(value)
        }
    }
}

impl ExactSum {
    /// Adds one finite value (anything else is left out: callers refuse it with its place).
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.add_term(Term::new(value));
    }

    /// The same of a value that was made ready.
    #[inline]
    pub fn add_term(&mut self, term: Term) {
        match term {
            Term::Fixed(fixed) => {
                let (sum, overflow) = self.fixed().overflowing_add(fixed);
                if overflow {
                    self.spill();
                    self.set_fixed(fixed);
                } else {
                    self.set_fixed(sum);
                }
            }
            Term::Other(value) => {
                if value != 0.0 {
                    self.add_slowly(value);
                }
            }
        }
    }

    /// The sum, correctly rounded to the nearest f64 (infinite where it is beyond the largest).
    pub fn value(&self) -> f64 {
        if self.big.is_none() {
            self.fixed() as f64 * power_of_two(-POINT)
        } else {
            let (negative, digits) = self.canonical();
            let size = round(&digits);
            if negative { -size } else { size }
        }
    }

    #[inline]
    fn fixed(&self) -> i128 {
        i128::from(self.high) << 64 | i128::from(self.low)
    }

    #[inline]
    fn set_fixed(&mut self, fixed: i128) {
        self.low = fixed as u64;
        self.high = (fixed >> 64) as i64;
    }

    /// Moves a full fixed-point part to the digits, which makes room for as much again.
    #[cold]
    fn spill(&mut self) {
        let fixed = self.fixed();
        self.big().add_fixed(fixed);
    }

    /// What does not fit the fixed-point part: too fine or too large.
    #[cold]
    #[inline(never)]
    fn add_slowly(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        let bits = value.to_bits();
        let exponent = ((bits >> 52) & 0x7ff) as i32;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, position) = if exponent == 0 {
            (fraction, 0)
        } else {
            (fraction | 1 << 52, exponent - 1)
        };
        let sign = if bits >> 63 == 1 { -1 } else { 1 };
        self.big()
            .add(u128::from(mantissa), position as usize, sign);
    }

    fn big(&mut self) -> &mut Big {
        self.big.get_or_insert_with(|| {
            Box::new(Big {
                digits: [0; DIGITS],
                additions: 0,
            })
        })
    }

    /// The sign, and the digits of the absolute value, each in 0..2³².
    fn canonical(&self) -> (bool, [i64; DIGITS]) {
        let mut all = self.clone();
        let fixed = self.fixed();
        let big = all.big();
        big.add_fixed(fixed);
        let mut digits = big.digits;
        let negative = carry(&mut digits) < 0;
        if negative {
            digits = big.digits;
            for digit in &mut digits {
                *digit = -*digit;
            }
            carry(&mut digits);
        }
        (negative, digits)
    }
}

impl Big {
    /// Adds a fixed-point number.
    fn add_fixed(&mut self, fixed: i128) {
        let sign = if fixed < 0 { -1 } else { 1 };
        let size = fixed.unsigned_abs();
        let position = (-POINT - LEAST) as usize;
        self.add(size & u128::from(u64::MAX), position, sign);
        self.add(size >> 64, position + 64, sign);
    }

    /// Adds `size · 2^position`, of up to 64 bits, with a sign.
    fn add(&mut self, size: u128, position: usize, sign: i64) {
        let (digit, shift) = (position / 32, position % 32);
        let shifted = size << shift;
        for part in 0..3 {
            let bits = (shifted >> (32 * part)) as u32;
            if bits != 0 {
                self.digits[digit + part] += sign * i64::from(bits);
            }
        }
        self.additions += 1;
        // A digit grows by less than 2³² with each addition, and holds 2⁶³.
        if self.additions >= 1 << 29 {
            let top = carry(&mut self.digits);
            self.digits[DIGITS - 1] += top << 32;
            self.additions = 1;
        }
    }
}

/// Brings every digit into 0..2³²; returns what is carried out of the top (−1 below zero).
fn carry(digits: &mut [i64; DIGITS]) -> i64 {
    let mut carried = 0;
    for digit in digits {
        let sum = *digit + carried;
        *digit = sum & 0xffff_ffff;
        carried = sum >> 32;
    }
    carried
}

/// The f64 nearest to a number of canonical digits, ties to even.
fn round(digits: &[i64; DIGITS]) -> f64 {
    let Some(top) = digits.iter().rposition(|&digit| digit != 0) else {
        return 0.0;
    };
    if top < 2 {
        let size = (digits[1] << 32 | digits[0]) as u64;
        return size as f64 * f64::from_bits(1);
    }
    let mut bits = 0_u128;
    for digit in digits[top - 2..=top].iter().rev() {
        bits = bits << 32 | *digit as u128;
    }
    // At least 65 bits: one more at the bottom tells all that is below it, rounding but once.
    if digits[..top - 2].iter().any(|&digit| digit != 0) {
        bits |= 1;
    }
    let exponent = 32 * (top as i32 - 2) + LEAST;
    if exponent < -1022 {
        bits as f64 * power_of_two(-1022) * power_of_two(exponent + 1022)
    } else {
        bits as f64 * power_of_two(exponent)
    }
}

/// 2^exponent, for a normal number.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

impl PartialEq for ExactSum {
    fn eq(&self, other: &Self) -> bool {
        match (&self.big, &other.big) {
            (None, None) => self.fixed() == other.fixed(),
            _ => self.canonical() == other.canonical(),
        }
    }
}

impl Merge for ExactSum {
    fn merge(&mut self, other: &Self) {
        let Self { low, high, big } = other;
        let theirs = i128::from(*high) << 64 | i128::from(*low);
        let (sum, overflow) = self.fixed().overflowing_add(theirs);
        if overflow {
            self.spill();
            self.set_fixed(theirs);
        } else {
            self.set_fixed(sum);
        }
        let Some(theirs) = big else { return };
        let mine = self.big();
        if mine.additions.saturating_add(theirs.additions) >= 1 << 29 {
            let top = carry(&mut mine.digits);
            mine.digits[DIGITS - 1] += top << 32;
            mine.additions = 1;
        }
        for (mine, theirs) in mine.digits.iter_mut().zip(&theirs.digits) {
            *mine += theirs;
        }
        mine.additions += theirs.additions;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::default();
        for &value in values {
            sum.add(value);
        }
        sum
    }

    /// Expected values are Python's `math.fsum` of the same lists.
    #[test]
    fn sums_are_correctly_rounded() {
        assert_eq!(sum(&[0.1; 10]).value(), 1.0);
        assert_eq!(sum(&[1e308, 1.0, -1e308]).value(), 1.0);
        assert_eq!(sum(&[1e16, 1.0, 1e-16]).value(), 10_000_000_000_000_002.0);
        assert_eq!(sum(&[1e-308, 1e-320, -1e-308]).value(), 1e-320);
        assert_eq!(sum(&[f64::from_bits(1); 3]).value(), f64::from_bits(3));
        assert_eq!(
            sum(&[-1e300, 1e284, -3.0]).value(),
            -9.999_999_999_999_999e299
        );
        assert_eq!(sum(&[1e308, 1e308]).value(), f64::INFINITY);
    }

    fn any_finite() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>().prop_filter("finite", |x| x.is_finite()),
            -1e6..1e6,
            0.0..1.0,
        ]
    }

    proptest! {
        #[test]
        fn order_and_parts_change_no_bit(
            values in prop::collection::vec(any_finite(), 0..60),
            cut in 0_usize..60,
        ) {
            let cut = cut.min(values.len());
            let whole = sum(&values);
            let mut parts = sum(&values[cut..]);
            parts.merge(&sum(&values[..cut]));
            let reversed: Vec<f64> = values.iter().rev().copied().collect();
            prop_assert_eq!(&whole, &parts);
            prop_assert_eq!(whole.value().to_bits(), parts.value().to_bits());
            prop_assert_eq!(whole.value().to_bits(), sum(&reversed).value().to_bits());
        }

        #[test]
        fn small_integers_agree_with_integers(values in prop::collection::vec(-1_i64 << 40..1 << 40, 0..50)) {
            let floats: Vec<f64> = values.iter().map(|&v| v as f64).collect();
            prop_assert_eq!(sum(&floats).value(), values.iter().sum::<i64>() as f64);
        }

        #[test]
        fn two_numbers_sum_like_the_hardware(a in any_finite(), b in any_finite()) {
            prop_assert_eq!(sum(&[a, b]).value().to_bits(), (a + b + 0.0).to_bits());
        }
    }
}
