//! Tests of whether rates are alike: Fisher's exact one, the pooled z of two, and Pearson's of many.
//!
//! In: counts, or fractions, which stand on their effective numbers of rows where rows are weighted.
//! Out: p values, two-sided; `None` where no row or no rate speaks for or against.

use std::f64::consts::PI;

use super::Fraction;
use super::beta::beta_cdf;
use super::gamma::{chi_square_sf, log_excess, stirling_error};
use super::score::share;
use super::special::normal_cdf;

/// A test's statistic, standard normal or chi-square if there is nothing to find, and its p value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// How far the data are from the hypothesis.
    pub statistic: f64,
    /// The probability of a statistic at least as far, under the hypothesis.
    pub p: f64,
}

/// A chi-square test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquare {
    /// Pearson's statistic.
    pub statistic: f64,
    /// Degrees of freedom.
    pub df: u64,
    /// The probability of a larger statistic, under the hypothesis.
    pub p: f64,
    /// The least count that the hypothesis expects in a field: below 5, p is a rough number (Cochran
    /// 1954, doi:10.2307/3001616).
    pub least_expected: f64,
}

/// Fisher's exact test of two rates, `a` and `b` as (rows of the kind, rows): the probability of all
/// tables with these margins that are as likely as this one or less (Fisher 1935, The Design of
/// Experiments, section 21). 1 where a margin is 0.
///
/// Probabilities within 1e-12 of each other, relative, are taken as equal, so that no rounding parts
/// two tables of the same probability.
pub fn fisher_exact(a: (u64, u64), b: (u64, u64)) -> f64 {
    let table = Hypergeometric::new((a.0.min(a.1), a.1), (b.0.min(b.1), b.1));
    let own = a.0.min(a.1);
    if table.from == table.to {
        return 1.0;
    }
    let mode = table.mode();
    let limit = table.ln_probability(own) + 1e-12;
    if table.ln_probability(mode) <= limit {
        return 1.0;
    }
    // The other side's first table that is as unlikely: the probabilities fall away from the mode.
    let p = if own < mode {
        let first = first_where(mode, table.to + 1, |x| table.ln_probability(x) <= limit);
        table.lower(own) + table.upper(first)
    } else {
        let steps = first_where(0, mode - table.from + 1, |down| {
            table.ln_probability(mode - down) <= limit
        });
        // More steps than there are tables: none on that side is as unlikely.
        let lower = mode
            .checked_sub(steps)
            .map_or(0.0, |last| table.lower(last));
        lower + table.upper(own)
    };
    p.min(1.0)
}

/// `McNemar`'s exact test of pairs that changed one way and the other: the probability of so uneven a
/// split or worse if both ways were as likely (`McNemar` 1947, doi:10.1007/BF02295996; two-sided as
/// twice the smaller tail). 1 where nothing changed.
pub fn mcnemar_exact(one: u64, other: u64) -> f64 {
    let (fewer, all) = (one.min(other), one + other);
    if all == 0 {
        return 1.0;
    }
    // The lower tail of a binomial is an incomplete beta function.
    let tail = beta_cdf(0.5, (all - fewer) as f64, fewer as f64 + 1.0);
    (2.0 * tail).min(1.0)
}

/// The first number in `from..to` with `holds`, which never fails after it has held; `to` if none.
pub(super) fn first_where(from: u64, to: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = u64::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The first count of a 2×2 table with fixed margins.
struct Hypergeometric {
    n1: u64,
    n2: u64,
    m: u64,
    from: u64,
    to: u64,
}

impl Hypergeometric {
    fn new(a: (u64, u64), b: (u64, u64)) -> Self {
        let (n1, n2, m) = (a.1, b.1, a.0 + b.0);
        Self {
            n1,
            n2,
            m,
            from: m.saturating_sub(n2),
            to: n1.min(m),
        }
    }

    /// The likeliest count.
    fn mode(&self) -> u64 {
        let top = u128::from(self.m + 1) * u128::from(self.n1 + 1);
        let mode = top / (u128::from(self.n1) + u128::from(self.n2) + 2);
        (mode as u64).clamp(self.from, self.to)
    }

    /// ln P(first count = x), by deviances from what is expected (Loader 2000): no large logarithms
    /// of factorials are subtracted, and mirrored tables have the same number to the last bit.
    fn ln_probability(&self, x: u64) -> f64 {
        let Self { n1, n2, m, .. } = *self;
        let total = n1 + n2;
        if x < self.from || x > self.to {
            return f64::NEG_INFINITY;
        }
        let (x2, rest) = (m - x, total - m);
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        let (right, left) = (product(x, n2 - x2), product(x2, n1 - x));
        // Counts minus what is expected are the same in all four fields, but for the sign.
        let off = if right >= left {
            (right - left) as f64
        } else {
            -((left - right) as f64)
        } / total as f64;
        let field = |count: u64, side: u64, margin: u64, off: f64| {
            let expected = product(side, margin) as f64 / total as f64;
            if count == 0 {
                return expected;
            }
            let count = count as f64;
            half_factorial(count) + count * log_excess(-off / count, expected / count)
        };
        let margins: f64 = [n1, n2, m, rest]
            .map(|n| half_factorial(n as f64))
            .iter()
            .sum();
        // Fields that a mirror exchanges are added first.
        let fields = (field(x, n1, m, off) + field(n2 - x2, n2, rest, off))
            + (field(n1 - x, n1, rest, -off) + field(x2, n2, m, -off));
        margins - half_factorial(total as f64) - fields
    }

    /// P(first count ≤ x).
    fn lower(&self, x: u64) -> f64 {
        let Self { n1, n2, m, .. } = *self;
        let (mut x, mut sum) = (x, 0.0);
        let mut term = self.ln_probability(x).exp();
        while term > sum * 1e-18 {
            sum += term;
            if x == self.from {
                break;
            }
            let down = (n1 - x + 1) as f64 * (m - x + 1) as f64;
            term *= x as f64 * (n2 + x - m) as f64 / down;
            x -= 1;
        }
        sum
    }

    /// P(first count ≥ x).
    fn upper(&self, x: u64) -> f64 {
        let mirrored = Self {
            n1: self.n2,
            n2: self.n1,
            m: self.m,
            from: self.m - self.to,
            to: self.m - self.from,
        };
        if x > self.to {
            return 0.0;
        }
        mirrored.lower(self.m - x)
    }
}

/// ln n! − (n·ln n − n): what Stirling's formula has besides, 0 for 0.
fn half_factorial(n: f64) -> f64 {
    if n == 0.0 {
        return 0.0;
    }
    stirling_error(n) + (2.0 * PI * n).ln() / 2.0
}

/// The z test of two rates with the variance at the common rate; `None` where a side has no rows or
/// all rows are of one kind.
///
/// Its square is Pearson's chi-square of the 2×2 table (Pearson 1900, doi:10.1080/14786440009463897).
pub fn two_proportions(a: &Fraction, b: &Fraction) -> Option<Test> {
    let ((p1, n1), (p2, n2)) = (share(a)?, share(b)?);
    let common = common_rate(&[(p1, n1), (p2, n2)])?;
    let variance = common * (1.0 - common) * (1.0 / n1 + 1.0 / n2);
    let statistic = (p1 - p2) / variance.sqrt();
    Some(Test {
        statistic,
        p: 2.0 * normal_cdf(-statistic.abs()),
    })
}

/// Pearson's test that all groups have the same rate (k×2). Groups without rows are left out; `None`
/// where fewer than two are left or all rows are of one kind.
pub fn homogeneity(groups: &[Fraction]) -> Option<ChiSquare> {
    let shares: Vec<(f64, f64)> = groups.iter().filter_map(share).collect();
    if shares.len() < 2 {
        return None;
    }
    let common = common_rate(&shares)?;
    let off: f64 = shares.iter().map(|(p, n)| n * (p - common).powi(2)).sum();
    let statistic = off / (common * (1.0 - common));
    let df = shares.len() as u64 - 1;
    let fewest = shares.iter().map(|s| s.1).fold(f64::INFINITY, f64::min);
    Some(ChiSquare {
        statistic,
        df,
        p: chi_square_sf(statistic, df as f64),
        least_expected: fewest * common.min(1.0 - common),
    })
}

/// The rate of all together, if it is neither 0 nor 1.
fn common_rate(shares: &[(f64, f64)]) -> Option<f64> {
    let (part, whole) = shares
        .iter()
        .fold((0.0, 0.0), |(x, n), (p, rows)| (x + p * rows, n + rows));
    // Not by the quotient: rounding must not make a rate of 1 into less.
    let varies = shares.iter().any(|s| s.0 > 0.0) && shares.iter().any(|s| s.0 < 1.0);
    varies
        .then(|| part / whole)
        .filter(|p| *p > 0.0 && *p < 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `fixtures/recourse.py` asked statsmodels.
    #[test]
    fn mcnemar_is_as_in_statsmodels() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/recourse.json");
        let all: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let all = all["mcnemar"].as_array().unwrap();
        assert!(all.len() > 5);
        for case in all {
            let count = |at: usize| case[at].as_u64().unwrap();
            let (found, expected) = (mcnemar_exact(count(0), count(1)), case[2].as_f64().unwrap());
            assert!(
                (found - expected).abs() <= 1e-10 * expected,
                "{case}: {found}"
            );
        }
        assert_eq!(mcnemar_exact(0, 0), 1.0);
    }

    use crate::stats::{Amount, assert_near, expected, expected_numbers};

    fn of(part: u64, whole: u64) -> Fraction {
        Fraction::new(Amount::rows(part), Amount::rows(whole))
    }

    fn counts(entry: &[f64]) -> [u64; 4] {
        [0, 1, 2, 3].map(|i| entry[i] as u64)
    }

    #[test]
    fn the_exact_test_agrees_with_whole_numbers() {
        for entry in expected_numbers("fisher_exact") {
            let [x1, n1, x2, n2] = counts(&entry);
            let relative = if n1 > 10_000 || n2 > 10_000 {
                1e-10
            } else {
                2e-13
            };
            assert_near(fisher_exact((x1, n1), (x2, n2)), entry[4], relative, &entry);
            assert_near(fisher_exact((x2, n2), (x1, n1)), entry[4], relative, &entry);
            let other = fisher_exact((n1 - x1, n1), (n2 - x2, n2));
            assert_near(other, entry[4], relative, &entry);
        }
        assert_eq!(fisher_exact((0, 0), (3, 5)), 1.0);
        assert_eq!(fisher_exact((0, 0), (0, 0)), 1.0);
    }

    #[test]
    fn the_exact_test_of_a_billion_rows_is_the_z_test() {
        let n = 1_000_000_000;
        for apart in [0, 20_000, 60_000, 200_000] {
            let (a, b) = ((n / 2 + apart, n), (n / 2, n));
            let z = two_proportions(&of(a.0, a.1), &of(b.0, b.1)).unwrap();
            let exact = fisher_exact(a, b);
            assert!((exact - z.p).abs() < 1e-4 * z.p.max(0.5), "{exact} {z:?}");
        }
    }

    #[test]
    fn z_and_chi_square_agree_with_statsmodels_and_scipy() {
        for entry in expected_numbers("two_proportions") {
            let [x1, n1, x2, n2] = counts(&entry);
            let found = two_proportions(&of(x1, n1), &of(x2, n2)).unwrap();
            assert!((found.statistic - entry[4]).abs() < 1e-9 * (1.0 + entry[4].abs()));
            assert_near(found.p, entry[5], 1e-9, &entry);
        }
        for entry in expected("homogeneity") {
            let groups: Vec<(u64, u64)> = serde_json::from_value(entry[0].clone()).unwrap();
            let mut groups: Vec<Fraction> = groups.iter().map(|g| of(g.0, g.1)).collect();
            groups.push(of(0, 0));
            let found = homogeneity(&groups).unwrap();
            let number = |i: usize| entry[i].as_f64().unwrap();
            assert!((found.statistic - number(1)).abs() < 1e-10 * (1.0 + number(1)));
            assert_eq!(found.df, entry[2].as_u64().unwrap());
            assert_near(found.p, number(3), 1e-9, &entry);
            assert_near(found.least_expected, number(4), 1e-12, &entry);
        }
    }

    #[test]
    fn the_square_of_z_is_the_chi_square_of_two_groups() {
        let (a, b) = (of(13, 40), of(22, 35));
        let (z, square) = (
            two_proportions(&a, &b).unwrap(),
            homogeneity(&[a, b]).unwrap(),
        );
        assert_near(z.statistic.powi(2), square.statistic, 1e-13, &z);
        assert_near(z.p, square.p, 1e-12, &z);
    }

    #[test]
    fn nothing_is_tested_where_nothing_varies() {
        assert_eq!(two_proportions(&of(0, 3), &of(0, 9)), None);
        assert_eq!(two_proportions(&of(3, 3), &of(9, 9)), None);
        assert_eq!(two_proportions(&of(1, 3), &of(0, 0)), None);
        assert_eq!(homogeneity(&[of(3, 3), of(7, 7), of(0, 0)]), None);
        assert_eq!(homogeneity(&[of(1, 3), of(0, 0)]), None);
        assert_eq!(homogeneity(&[]), None);
    }

    #[test]
    fn weights_count_for_what_they_are_worth() {
        let weighted = |x: f64, n: f64, worth: f64| Fraction {
            part: Amount {
                rows: 1,
                weight: x,
                weight_sq: x * n / worth,
            },
            whole: Amount {
                rows: 1,
                weight: n,
                weight_sq: n * n / worth,
            },
        };
        let found = two_proportions(&weighted(3.0, 10.0, 50.0), &weighted(0.6, 1.0, 80.0));
        let alike = two_proportions(&of(15, 50), &of(48, 80)).unwrap();
        assert_near(found.unwrap().statistic, alike.statistic, 1e-13, &alike);
    }
}
