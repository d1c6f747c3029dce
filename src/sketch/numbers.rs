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

/// Sums of the finite numbers of a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Numbers.
    pub rows: u64,
    /// Σx, exact.
    pub sum: ExactSum,
    /// Σx², of squares that were rounded once.
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
            self.squares.add_term(Term::new(x * x));
        } else {
            self.add_many(x, times);
        }
    }

    /// A power of two times a number is exact: so many rows are the same as a line that says so.
    #[cold]
    fn add_many(&mut self, x: f64, times: u64) {
        for bit in (0..64).filter(|bit| times >> bit & 1 == 1) {
            let factor = (1_u64 << bit) as f64;
            self.sum.add(x * factor);
            self.squares.add(x * x * factor);
        }
    }

    /// Σx / n.
    pub fn mean(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.sum.value() / self.rows as f64)
    }

    /// The variance of a sample, Σ(x − mean)² / (n − 1); `None` where rounding would have eaten it.
    pub fn variance(&self) -> Option<f64> {
        let (n, mean) = (self.rows as f64, self.mean()?);
        if self.rows < 2 {
            return None;
        }
        if self.low == self.high {
            return Some(0.0);
        }
        let squares = self.squares.value();
        let off = squares - n * mean * mean;
        (off > squares * 1e-9).then(|| off / (n - 1.0))
    }
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
}
