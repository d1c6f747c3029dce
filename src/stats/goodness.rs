//! How far a distribution over categories is from another, and whether chance alone could do it.
//!
//! In: shares that add up to 1. Out: tests and divergences, natural logarithms; `None` where a
//! number does not exist.

use super::gamma::chi_square_sf;
use super::special::normal_cdf;
use super::test::{ChiSquare, Test};

/// How far shares `p` are from shares `q`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Divergence {
    /// Σ p ln(p/q) (Kullback and Leibler 1951, doi:10.1214/aoms/1177729694); unbounded, hence `None`,
    /// where q is 0 and p is not.
    pub kl: Option<f64>,
    /// Half the sum of the divergences of both from their middle (Lin 1991, doi:10.1109/18.61115).
    pub js: f64,
    /// Half of Σ |p − q|.
    pub total_variation: f64,
    /// The largest |p − q|.
    pub chebyshev: f64,
}

/// How far `p` is from `q`.
pub fn divergence(p: &[f64], q: &[f64]) -> Divergence {
    let entropy = |p: &[f64], q: &dyn Fn(usize) -> f64| -> Option<f64> {
        let mut sum = 0.0;
        for (at, &p) in p.iter().enumerate().filter(|(_, p)| **p > 0.0) {
            let q = q(at);
            if q <= 0.0 {
                return None;
            }
            sum += p * (p / q).ln();
        }
        Some(sum.max(0.0))
    };
    let middle = |at: usize| f64::midpoint(p[at], q[at]);
    let half = |p: &[f64]| entropy(p, &middle).unwrap_or(0.0) / 2.0;
    let apart = || p.iter().zip(q).map(|(p, q)| (p - q).abs());
    Divergence {
        kl: entropy(p, &|at| q[at]),
        js: half(p) + half(q),
        total_variation: apart().sum::<f64>() / 2.0,
        chebyshev: apart().fold(0.0, f64::max),
    }
}

/// Pearson's test that shares are those expected (1900, doi:10.1080/14786440009463897), of so many
/// (effective) rows. `None` without rows, with fewer than two categories that are expected, or with
/// rows where none is.
pub fn goodness_of_fit(shares: &[f64], expected: &[f64], rows: f64) -> Option<ChiSquare> {
    let pairs = || shares.iter().zip(expected);
    let categories = expected.iter().filter(|q| **q > 0.0).count() as u64;
    let is_unexpected = pairs().any(|(p, q)| *q <= 0.0 && *p > 0.0);
    if is_unexpected || categories < 2 || rows <= 0.0 {
        return None;
    }
    let there = || pairs().filter(|(_, q)| **q > 0.0);
    let statistic = rows * there().map(|(p, q)| (p - q).powi(2) / q).sum::<f64>();
    let df = categories - 1;
    let least = there().map(|(_, q)| *q).fold(f64::INFINITY, f64::min);
    Some(ChiSquare {
        statistic,
        df,
        p: chi_square_sf(statistic, df as f64),
        least_expected: rows * least,
    })
}

/// Pearson's test that rows and columns of a table of counts have nothing to do with each other;
/// rows and columns without counts are left out. `None` where fewer than two of either are left.
pub fn independence(counts: &[Vec<u64>]) -> Option<ChiSquare> {
    let width = counts.iter().map(Vec::len).max()?;
    let column = |at: usize| -> u64 { counts.iter().filter_map(|row| row.get(at)).sum() };
    let columns: Vec<(usize, f64)> = (0..width)
        .map(|at| (at, column(at) as f64))
        .filter(|(_, sum)| *sum > 0.0)
        .collect();
    let rows: Vec<(&Vec<u64>, f64)> = counts
        .iter()
        .map(|row| (row, row.iter().sum::<u64>() as f64))
        .filter(|(_, sum)| *sum > 0.0)
        .collect();
    if rows.len() < 2 || columns.len() < 2 {
        return None;
    }
    let all: f64 = rows.iter().map(|(_, sum)| sum).sum();
    let (mut statistic, mut least) = (0.0, f64::INFINITY);
    for (row, sum) in &rows {
        for (at, column) in &columns {
            let expected = sum * column / all;
            let count = row.get(*at).copied().unwrap_or(0) as f64;
            statistic += (count - expected).powi(2) / expected;
            least = least.min(expected);
        }
    }
    let df = (rows.len() as u64 - 1) * (columns.len() as u64 - 1);
    Some(ChiSquare {
        statistic,
        df,
        p: chi_square_sf(statistic, df as f64),
        least_expected: least,
    })
}

/// The test that shares rise or fall with a number, and by how much a unit: each step is the number,
/// the rows of the kind, and all rows (Cochran 1954, doi:10.2307/3001666; Armitage 1955,
/// doi:10.2307/3001775). `None` where nothing varies.
pub fn trend(steps: &[(f64, u64, u64)]) -> Option<(f64, Test)> {
    let sum = |of: &dyn Fn(f64, f64, f64) -> f64| -> f64 {
        let each = steps.iter().map(|&(t, x, n)| of(t, x as f64, n as f64));
        each.sum()
    };
    let (part, all) = (sum(&|_, x, _| x), sum(&|_, _, n| n));
    let (common, middle) = (part / all, sum(&|t, _, n| t * n) / all);
    let apart = sum(&|t, _, n| n * (t - middle).powi(2));
    let slope = sum(&|t, x, n| (t - middle) * (x - n * common)) / apart;
    let statistic = slope * (apart / (common * (1.0 - common))).sqrt();
    (statistic.is_finite() && apart > 0.0).then(|| {
        let p = 2.0 * normal_cdf(-statistic.abs());
        (slope, Test { statistic, p })
    })
}

/// The score test that a share of so many rows is `expected`; `None` at 0 and 1, and without rows.
pub fn one_share(share: f64, expected: f64, rows: f64) -> Option<Test> {
    if rows <= 0.0 || expected <= 0.0 || expected >= 1.0 {
        return None;
    }
    let statistic = (share - expected) / (expected * (1.0 - expected) / rows).sqrt();
    Some(Test {
        statistic,
        p: 2.0 * normal_cdf(-statistic.abs()),
    })
}

/// The probability that the largest distance of two empirical distribution functions is larger,
/// times √(n·m / (n + m)), where both are of one law (Kolmogorov 1933; Smirnov 1948,
/// doi:10.1214/aoms/1177730256); of many rows, and too large where values repeat.
pub fn kolmogorov_sf(x: f64) -> f64 {
    if x < 0.2 {
        return 1.0;
    }
    let mut sum = 0.0;
    for k in 1..100_u32 {
        let k = f64::from(k);
        let term = (-2.0 * k * k * x * x).exp();
        sum += if k as u32 % 2 == 1 { term } else { -term };
        if term < 1e-18 {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::assert_near;

    #[test]
    fn mendels_peas_fit_nine_three_three_one() {
        // 315, 108, 101 and 32 of 556 (Mendel 1866); 0.470024 with 3 degrees of freedom.
        let counts = [315.0, 108.0, 101.0, 32.0];
        let shares = counts.map(|n| n / 556.0);
        let found = goodness_of_fit(&shares, &[0.5625, 0.1875, 0.1875, 0.0625], 556.0).unwrap();
        assert_near(found.statistic, 0.470_023_980_815_347_7, 1e-12, &found);
        assert_eq!(found.df, 3);
    }

    #[test]
    fn of_two_categories_the_square_of_z_is_the_chi_square() {
        let z = one_share(0.3, 0.35, 200.0).unwrap();
        let square = goodness_of_fit(&[0.3, 0.7], &[0.35, 0.65], 200.0).unwrap();
        assert_near(z.statistic.powi(2), square.statistic, 1e-12, &z);
        assert_near(z.p, square.p, 1e-10, &z);
    }

    #[test]
    fn what_is_not_expected_has_no_divergence() {
        let found = divergence(&[0.5, 0.5], &[1.0, 0.0]);
        assert_eq!(found.kl, None);
        assert_eq!(found.total_variation, 0.5);
        assert_eq!(goodness_of_fit(&[0.5, 0.5], &[1.0, 0.0], 9.0), None);
    }

    #[test]
    fn kolmogorovs_law_has_its_known_quantile() {
        // The 95% point is 1.3581.
        assert!((kolmogorov_sf(1.358_098_6) - 0.05).abs() < 1e-6);
        assert_eq!(kolmogorov_sf(0.0), 1.0);
    }
}
