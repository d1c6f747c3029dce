//! The studentized range with infinitely many degrees of freedom: how far apart the largest and the
//! smallest of k standard normal numbers are (Tukey's honest differences of k large groups).
//!
//! In: how many numbers, 2 or more; with fewer there is no range and it is 0. Out: probabilities to
//! about 1e-12 relative, also where they are small, and quantiles.

use std::f64::consts::{PI, SQRT_2};

use super::special::{normal_cdf, normal_quantile};

/// P(range of `k` standard normal numbers > q).
///
/// With z the largest one and Φ the normal distribution, it is the integral of
/// k·φ(z)·(Φ(z)ᵏ⁻¹ − (Φ(z) − Φ(z − q))ᵏ⁻¹) (Tippett 1925, doi:10.1093/biomet/17.3-4.364, for the
/// distribution itself): a sum of what is past q, in which nothing cancels. The trapezoidal rule is
/// exact to rounding for such a function (Trefethen and Weideman 2014, doi:10.1137/130932132).
pub fn studentized_range_sf(q: f64, k: u64) -> f64 {
    if q.is_nan() {
        return q;
    }
    if k < 2 {
        return if q < 0.0 { 1.0 } else { 0.0 };
    }
    if q <= 0.0 {
        return 1.0;
    }
    // Less than k²·exp(−q²/4), which is 0 in f64 for every k.
    if q > FARTHEST {
        return 0.0;
    }
    let others = (k - 1) as f64;
    // The largest of many varies less and less: by about 1 / √(2·ln k).
    let step = 0.2 / (2.0 * (k as f64).ln()).sqrt();
    let (from, to) = (-9.0, (q / 2.0 + 8.0).max(12.0));
    let steps = ((to - from) / step).ceil();
    let mut sum = 0.0;
    for i in 0..=(steps as u32) {
        let z = from + f64::from(i) * step;
        let below = normal_cdf(z);
        let (apart, log_below) = (normal_cdf(z - q) / below, ln_cdf(z, below));
        let weight = (-z * z / 2.0 + others * log_below).exp();
        if weight > 0.0 && apart > 0.0 {
            sum += weight * -(others * (-apart).ln_1p()).exp_m1();
        }
    }
    (k as f64 * step / (2.0 * PI).sqrt() * sum).min(1.0)
}

const FARTHEST: f64 = 60.0;

/// ln Φ(z), without the rounding of Φ near 1, which a power of many would show.
fn ln_cdf(z: f64, cdf: f64) -> f64 {
    if z > 0.0 {
        (-normal_cdf(-z)).ln_1p()
    } else {
        cdf.ln()
    }
}

/// The q with P(range > q) = `p_upper`; 0 at 1, ∞ at 0.
pub fn studentized_range_quantile(p_upper: f64, k: u64) -> f64 {
    if !(0.0..=1.0).contains(&p_upper) {
        return f64::NAN;
    }
    if k < 2 || p_upper == 1.0 {
        return 0.0;
    }
    if p_upper == 0.0 {
        return f64::INFINITY;
    }
    // More than for two numbers, less than by Bonferroni over all pairs.
    let pairs = k as f64 * (k - 1) as f64 / 2.0;
    let of_pairs = |pairs: f64| -SQRT_2 * normal_quantile(p_upper / 2.0 / pairs);
    falling_root(
        |q| (studentized_range_sf(q, k) / p_upper).ln(),
        (of_pairs(1.0), of_pairs(pairs)),
    )
}

/// Where a falling function is 0, to about 1e-14, by the Illinois method (Dowell and Jarratt 1971,
/// doi:10.1007/BF01934364): it ends when it moves no more, however the last digit is rounded.
fn falling_root(function: impl Fn(f64) -> f64, (low, high): (f64, f64)) -> f64 {
    let (mut a, mut b) = (low, high);
    let (mut at_a, mut at_b) = (function(a), function(b));
    if at_a <= 0.0 || at_b >= 0.0 {
        return if at_a <= 0.0 { a } else { b };
    }
    let mut last = f64::NAN;
    for _ in 0..100 {
        let x = (at_a * b - at_b * a) / (at_a - at_b);
        if (x - last).abs() <= 1e-14 * x || a == b {
            return x;
        }
        let at_x = function(x);
        // An end that stays is given half of its height, so that it is left in the end.
        if at_x > 0.0 {
            at_b /= if last == a { 2.0 } else { 1.0 };
            (a, at_a) = (x, at_x);
        } else {
            at_a /= if last == b { 2.0 } else { 1.0 };
            (b, at_b) = (x, at_x);
        }
        last = x;
    }
    last
}

/// Steps over eight standard deviations to either side.
const STEPS: u32 = 80;
/// Different deviations that are told apart; of more, neighbors count as one.
const APART: usize = 256;

/// The mean of the smallest and of the largest of independent normal numbers of mean 0 with these
/// standard deviations, to about 1e-6 of the largest of them (1e-3 where very many differ); `None`
/// where one is 0 or no number.
///
/// E(max) = ∫₀ (1 − ∏ F) − ∫⁰ ∏ F, and by symmetry E(min) = −E(max) (Tippett 1925).
pub fn expected_extremes(deviations: &[f64]) -> Option<(f64, f64)> {
    let most = deviations.iter().copied().fold(0.0, f64::max);
    if !(most > 0.0 && deviations.iter().all(|d| *d > 0.0 && d.is_finite())) {
        return None;
    }
    let counted = counted(deviations);
    let reach = 8.0 * most;
    let step = 2.0 * reach / f64::from(STEPS);
    let mut sum = 0.0;
    for i in 0..=STEPS {
        let x = -reach + f64::from(i) * step;
        let all = counted
            .iter()
            .map(|&(deviation, count)| normal_cdf(x / deviation).powf(count));
        sum += if x < 0.0 { 0.0 } else { 1.0 } - all.product::<f64>();
    }
    // The step at 0 is half counted by the rule of the trapezoid.
    let high = (sum - 0.5) * step;
    Some((-high, high))
}

/// Deviations in ascending order, each with how often it occurs.
fn counted(deviations: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted = deviations.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let equal: Vec<&[f64]> = sorted.chunk_by(|a, b| a == b).collect();
    let parts = if equal.len() <= APART {
        equal
    } else {
        sorted.chunks(sorted.len().div_ceil(APART)).collect()
    };
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    parts
        .iter()
        .map(|part| (mean(part), part.len() as f64))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tippett's mean ranges of 2, 5, 10 and 100 normal numbers: 2·∫ x·k·φ(x)·Φ(x)ᵏ⁻¹ by mpmath 1.4.
    #[test]
    fn the_mean_range_is_tippetts() {
        for (k, range) in [
            (2, std::f64::consts::FRAC_2_SQRT_PI),
            (5, 2.325_928_947_281_039),
            (10, 3.077_505_461_670_346),
            (100, 5.015_187_272_883_369),
        ] {
            let (low, high) = expected_extremes(&vec![0.5; k]).unwrap();
            assert_eq!(low, -high);
            assert!(
                (high - low - range / 2.0).abs() < 1e-6 * range,
                "{k}: {high}"
            );
        }
        assert_eq!(expected_extremes(&[0.0, 0.0]), None);
        assert_eq!(expected_extremes(&[f64::NAN, 1.0]), None);
        // One varies twice as much: E max = √(σ₁² + σ₂²) / √(2π).
        let (_, high) = expected_extremes(&[2.0, 1.0]).unwrap();
        assert!((high - (5.0 / (2.0 * PI)).sqrt()).abs() < 1e-6, "{high}");
        // Very many that differ are still told to a thousandth.
        let many: Vec<f64> = (1..=2_000).map(|i| 0.5 + f64::from(i) / 4_000.0).collect();
        let found = expected_extremes(&many).unwrap().1;
        assert!((2.0..4.0).contains(&found), "{found}");
    }

    use crate::stats::{assert_near, expected_numbers};

    #[test]
    fn the_range_agrees_with_twenty_digits() {
        for entry in expected_numbers("studentized_range_sf") {
            let found = studentized_range_sf(entry[0], entry[1] as u64);
            assert_near(found, entry[2], 1e-12, &entry);
        }
        for entry in expected_numbers("studentized_range_quantile") {
            let found = studentized_range_quantile(entry[0], entry[1] as u64);
            assert_near(found, entry[2], 1e-12, &entry);
        }
    }

    #[test]
    fn two_numbers_differ_as_one_normal_number_does() {
        for q in [0.1, 1.0, 2.772, 5.0, 10.0, 30.0] {
            let alone = 2.0 * normal_cdf(-q / SQRT_2);
            assert_near(studentized_range_sf(q, 2), alone, 1e-12, &q);
        }
    }

    #[test]
    fn the_ends_are_told() {
        assert_eq!(studentized_range_sf(0.0, 5), 1.0);
        assert_eq!(studentized_range_sf(f64::INFINITY, 5), 0.0);
        assert_eq!(studentized_range_sf(1.0, 1), 0.0);
        assert_eq!(studentized_range_quantile(1.0, 5), 0.0);
        assert_eq!(studentized_range_quantile(0.0, 5), f64::INFINITY);
        assert_eq!(studentized_range_quantile(0.05, 1), 0.0);
        assert!(studentized_range_quantile(1.5, 5).is_nan());
    }
}
