//! Numbers of one cell: exact moments, and bins that are the upper bits of a number.
//!
//! A bin is the sign, the exponent and [`MANTISSA`] bits of the mantissa, so that its middle is within
//! [`RELATIVE_ERROR`] of every number in it, as in `DDSketch` (Masson, Rim and Lee 2019,
//! doi:10.14778/3352063.3352135); bins are fixed, so that counts merge exactly in any order.

use crate::stats::{ExactSum, Merge, Term, ranking};

/// Bits of the mantissa that tell bins apart.
const MANTISSA: u32 = 7;
/// Bits that are given up.
const DROPPED: u32 = 52 - MANTISSA;
/// How far the middle of a bin may be from a number in it, relative to the number.
pub const RELATIVE_ERROR: f64 = 1.0 / 256.0;

/// The bin of a number; bins are ordered as numbers are.
#[inline]
pub fn bin(number: f64) -> u32 {
    (ranking::key(number) >> DROPPED) as u32
}

/// The number in the middle of a bin; 0 of the one that 0 is in.
pub fn middle(bin: u32) -> f64 {
    if bin == self::bin(0.0) {
        return 0.0;
    }
    let key = (u64::from(bin) << DROPPED) | 1 << (DROPPED - 1);
    let bits = if key >> 63 == 1 { key ^ 1 << 63 } else { !key };
    f64::from_bits(bits)
}

/// A number about as large, of three digits: within 1 %, and the same for all of a bin.
pub fn nearby(number: f64) -> f64 {
    let text = format!("{:.2e}", middle(bin(number)));
    text.parse().unwrap_or(number)
}

/// Sums of the finite numbers of a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Numbers.
    pub rows: u64,
    /// Σx, exact.
    pub sum: ExactSum,
    /// Σx², of squares in two terms that are exact to about 2⁻¹⁰⁵.
    pub squares: ExactSum,
    /// The smallest; infinite where there is none.
    pub low: f64,
    /// The largest.
    pub high: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Self {
            rows: 0,
            sum: ExactSum::default(),
            squares: ExactSum::default(),
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
        }
    }
}

impl Moments {
    /// Adds a finite number so many times.
    #[inline]
    pub fn add(&mut self, x: f64, times: u64) {
        self.rows += times;
        self.low = self.low.min(x);
        self.high = self.high.max(x);
        if times == 1 {
            self.sum.add_term(Term::new(x));
            let (square, rest) = square(x);
            self.squares.add_term(Term::new(square));
            if rest != 0.0 {
                self.squares.add_term(Term::new(rest));
            }
        } else {
            self.add_many(x, times);
        }
    }

    /// A power of two times a number is exact: so many rows are the same as a line that says so.
    #[cold]
    fn add_many(&mut self, x: f64, times: u64) {
        let (square, rest) = square(x);
        for bit in (0..64).filter(|bit| times >> bit & 1 == 1) {
            let factor = (1_u64 << bit) as f64;
            self.sum.add(x * factor);
            self.squares.add(square * factor);
            self.squares.add(rest * factor);
        }
    }

    /// Σx / n.
    pub fn mean(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.sum.value() / self.rows as f64)
    }

    /// The variance of a sample, Σ(x − mean)² / (n − 1), or why there is none.
    ///
    /// # Errors
    /// Fewer than two numbers (`too_few_values`); squares beyond the numbers there are (`overflow`);
    /// numbers so near each other, or to 0, that nothing of it is left (`rounding`).
    pub fn variance(&self) -> Result<f64, &'static str> {
        let Some(mean) = self.mean().filter(|_| self.rows >= 2) else {
            return Err("too_few_values");
        };
        if self.low == self.high {
            return Ok(0.0);
        }
        if self.low.abs().max(self.high.abs()) > LARGEST {
            return Err("overflow");
        }
        let n = self.rows as f64;
        let (sum, rest) = two_terms(&self.sum);
        // n · mean − Σx: what rounding the mean leaves out.
        let mut left = ExactSum::default();
        add_product(&mut left, n, mean, 1.0);
        left.add(-sum);
        left.add(-rest);
        // Σ(x − mean)² = Σx² − 2 mean Σx + n mean², exactly: all of it but a part in 2¹⁰⁰ may cancel.
        let mut off = self.squares.clone();
        add_product(&mut off, mean, sum, -2.0);
        add_product(&mut off, mean, rest, -2.0);
        let (square, square_rest) = square(mean);
        add_product(&mut off, n, square, 1.0);
        add_product(&mut off, n, square_rest, 1.0);
        let off = off.value() - left.value().powi(2) / n;
        if off > 0.0 {
            Ok(off / (n - 1.0))
        } else {
            Err("rounding")
        }
    }
}

/// Numbers beyond this have sums of squares that f64 does not hold (with 2⁶⁴ rows; √(2¹⁰²³ / 2⁶⁴)).
const LARGEST: f64 = 2.2e144;
/// Bits of the mantissa that are the lower half.
const LOWER_HALF: u64 = (1 << 27) - 1;

/// x² as a number and what rounding has taken from it (after Dekker 1971, doi:10.1007/BF01397083).
#[inline]
fn square(x: f64) -> (f64, f64) {
    let high = f64::from_bits(x.to_bits() & !LOWER_HALF);
    let low = x - high;
    let square = x * x;
    (
        square,
        ((high * high - square) + 2.0 * high * low) + low * low,
    )
}

/// Adds factor · a · b, exactly but for a part in 2¹⁰⁰; `factor` is a power of two.
fn add_product(sum: &mut ExactSum, a: f64, b: f64, factor: f64) {
    let half = |x: f64| f64::from_bits(x.to_bits() & !LOWER_HALF);
    let (a_high, b_high) = (half(a), half(b));
    let (a_low, b_low) = (a - a_high, b - b_high);
    for part in [
        a_high * b_high,
        a_high * b_low,
        a_low * b_high,
        a_low * b_low,
    ] {
        sum.add(part * factor);
    }
}

/// A sum as a number and what rounding has taken from it.
fn two_terms(sum: &ExactSum) -> (f64, f64) {
    let value = sum.value();
    let mut rest = sum.clone();
    rest.add(-value);
    (value, rest.value())
}

impl Merge for Moments {
    fn merge(&mut self, other: &Self) {
        let Self {
            rows,
            sum,
            squares,
            low,
            high,
        } = other;
        self.rows += rows;
        self.sum.merge(sum);
        self.squares.merge(squares);
        self.low = self.low.min(*low);
        self.high = self.high.max(*high);
    }
}

/// The least number with at least a share `q` of the rows at or below it (the inverse of the
/// distribution function; Hyndman and Fan 1996, doi:10.1080/00031305.1996.10473566, type 1).
/// `sorted` ascends.
pub fn quantile(sorted: &[(f64, u64)], q: f64) -> Option<f64> {
    let total: u64 = sorted.iter().map(|(_, rows)| rows).sum();
    let wanted = ((q * total as f64).ceil() as u64).max(1);
    let mut seen = 0;
    sorted.iter().find_map(|&(x, rows)| {
        seen += rows;
        (seen >= wanted).then_some(x)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_bin_is_near_every_number_in_it_and_bins_are_in_order() {
        let mut before = None;
        for x in [
            -1e300, -7.7, -1.0, -1e-300, 1e-300, 0.1, 1.0, 1.01, 1.02, 3e9,
        ] {
            let off = (middle(bin(x)) - x).abs() / x.abs();
            assert!(off <= RELATIVE_ERROR, "{x}: {off}");
            assert!(before < Some(bin(x)), "{x}");
            before = Some(bin(x));
        }
    }

    #[test]
    fn a_line_that_stands_for_rows_is_as_many_rows() {
        let (mut once, mut each) = (Moments::default(), Moments::default());
        once.add(0.1, 1_000_003);
        for _ in 0..1_000_003 {
            each.add(0.1, 1);
        }
        assert_eq!(once, each);
        assert_eq!(once.mean(), Some(0.1));
    }

    #[test]
    fn deviations_far_below_the_mean_are_not_rounded_away_and_reasons_are_true() {
        let of = |numbers: &[f64]| {
            let mut all = Moments::default();
            for &x in numbers {
                all.add(x, 1);
            }
            all.variance()
        };
        for mean in [0.0, 1e6, 1.7e9, 1.7e15] {
            let numbers = [1.0, 2.0, 3.0, 6.0].map(|x| mean + x);
            let found = of(&numbers).unwrap();
            assert!((found - 14.0 / 3.0).abs() < 1e-12, "{mean}: {found}");
        }
        let tenths = [0.1, 0.2, 0.3].map(|x| 3e8 + x);
        assert!((of(&tenths).unwrap() - 0.01).abs() < 1e-8);
        assert_eq!(of(&[1e200, -1e200]), Err("overflow"));
        assert_eq!(of(&[1e-200, 2e-200]), Err("rounding"));
        assert_eq!(of(&[7.0]), Err("too_few_values"));
        assert_eq!(of(&[1e200, 1e200]), Ok(0.0));
    }
}
