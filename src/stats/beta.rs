//! The beta distribution and Student's t, to about 1e-13 relative in both tails.
//!
//! In: shapes or degrees of freedom above 0. Out: probabilities and quantiles; NaN for what is no
//! number or no shape. t with infinitely many degrees of freedom is the normal distribution.

use std::f64::consts::PI;

use super::gamma::{STEPS, log_excess, quantile, stirling_error};
use super::special::{normal_cdf, normal_quantile};

/// P(X ≤ x) for a beta distribution of shapes `a` and `b`.
pub fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x.is_nan() || !is_shape(a) || !is_shape(b) {
        return f64::NAN;
    }
    beta_tails((x, 1.0 - x), (a, b)).0
}

/// The x with P(X ≤ x) = `p`.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || !is_shape(a) || !is_shape(b) {
        return f64::NAN;
    }
    // The upper tail of x is the lower one of 1 − x: so `p` is never taken from 1.
    beta_quantile_upper(p, (b, a)).1
}

/// x and 1 − x with P(X > x) = `p`, each with all digits.
fn beta_quantile_upper(p: f64, shapes: (f64, f64)) -> (f64, f64) {
    let start = (shapes.0 / shapes.1).ln();
    from_logit(quantile(p, LOGITS, start, |logit| at_logit(logit, shapes)))
}

/// Both tails and the density, in terms of logit x.
pub(super) fn at_logit(logit: f64, shapes: (f64, f64)) -> ((f64, f64), f64) {
    let sides = from_logit(logit);
    (beta_tails(sides, shapes), power_density(sides, shapes))
}

/// All logits whose exponential is a finite number.
pub(super) const LOGITS: (f64, f64) = (-709.0, 709.0);

/// x and 1 − x.
pub(super) fn from_logit(logit: f64) -> (f64, f64) {
    (1.0 / (1.0 + (-logit).exp()), 1.0 / (1.0 + logit.exp()))
}

/// The regularized incomplete beta function at (x, 1 − x) and what it lacks to 1.
pub(super) fn beta_tails((x, y): (f64, f64), (a, b): (f64, f64)) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    let density = power_density((x, y), (a, b));
    // On this side of the mean the continued fraction converges fast.
    if x <= (a + 1.0) / (a + b + 2.0) {
        let lower = (density * lower_fraction((x, y), (a, b))).min(1.0);
        (lower, 1.0 - lower)
    } else {
        let upper = (density * lower_fraction((y, x), (b, a))).min(1.0);
        (1.0 - upper, upper)
    }
}

/// xᵃ·(1 − x)ᵇ / B(a, b): the density times x·(1 − x).
///
/// By deviances, as Loader (2000) does for binomial probabilities: nothing large is subtracted.
fn power_density((x, y): (f64, f64), (a, b): (f64, f64)) -> f64 {
    let sum = a + b;
    let off = x * b - y * a;
    let deviance = a * log_excess(off / a, x * sum / a) + b * log_excess(-off / b, y * sum / b);
    let errors = stirling_error(sum) - stirling_error(a) - stirling_error(b);
    // Rounded one at a time: a·b could be beyond f64.
    let scale = (a / sum).sqrt() * (b / (2.0 * PI)).sqrt();
    scale * (errors - deviance).exp()
}

/// The continued fraction of the incomplete beta function at (x, y = 1 − x), over xᵃ·yᵇ / B(a, b)
/// (`DiDonato` and Morris 1992, doi:10.1145/131766.131776, equation 9), by Lentz's method. It asks
/// for y itself, so that no digit is lost where x is close to 1.
#[allow(clippy::many_single_char_names)] // as the method is written everywhere
fn lower_fraction((x, y): (f64, f64), (a, b): (f64, f64)) -> f64 {
    let lambda = a * y - b * x;
    let mut value = a / (a + 1.0) * (lambda + 1.0);
    let (mut c, mut d) = (value, 0.0);
    let mut n = 0.0;
    loop {
        n += 1.0;
        let at = a + 2.0 * n;
        let numerator =
            ((a + n - 1.0) / (at - 1.0)) * ((a + b + n - 1.0) / (at - 1.0) * x) * (n * (b - n) * x);
        let denominator = n
            + n * (b - n) * x / (at - 1.0)
            + (a + n) / (at + 1.0) * (lambda + 1.0 + n * (1.0 + y));
        d = 1.0 / away_from_zero(denominator + numerator * d);
        c = away_from_zero(denominator + numerator / c);
        let step = c * d;
        value *= step;
        if (step - 1.0).abs() <= f64::EPSILON || n > STEPS {
            return 1.0 / value;
        }
    }
}

/// Lentz's guard against a division by 0, which changes no digit of the result.
fn away_from_zero(x: f64) -> f64 {
    if x.abs() < 1e-300 { 1e-300 } else { x }
}

fn is_shape(a: f64) -> bool {
    a > 0.0 && a.is_finite()
}

/// P(T > t) for Student's t with `df` degrees of freedom.
pub fn student_t_sf(t: f64, df: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if df.is_infinite() {
        return normal_cdf(-t);
    }
    // Both tails together are an incomplete beta function (Abramowitz and Stegun 1964, 26.7.1).
    let (low, high) = (df / (df + t * t), 1.0 / (1.0 + df / (t * t)));
    let tail = beta_tails((low, high), (df / 2.0, 0.5)).0 / 2.0;
    if t < 0.0 { 1.0 - tail } else { tail }
}

/// The t with P(T ≤ t) = `p`; ∓∞ at 0 and 1.
pub fn student_t_quantile(p: f64, df: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if df.is_infinite() {
        return normal_quantile(p);
    }
    if p > 0.5 {
        return from_both_tails(2.0 * (1.0 - p), df);
    }
    -from_both_tails(2.0 * p, df)
}

/// The t that bounds a two-sided interval of `confidence` with `df` degrees of freedom.
pub fn two_sided_t(confidence: f64, df: f64) -> f64 {
    -student_t_quantile((1.0 - confidence) / 2.0, df)
}

/// The t ≥ 0 with P(|T| > t) = `p`.
fn from_both_tails(p: f64, df: f64) -> f64 {
    // 1 − x = t² / (df + t²) has a lower tail of 1 − p and an upper one of p.
    let (high, low) = beta_quantile_upper(p, (0.5, df / 2.0));
    if p >= 1.0 {
        return 0.0;
    }
    (df * (high / low)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{assert_near, expected_numbers};

    #[test]
    fn beta_agrees_with_forty_digits() {
        for entry in expected_numbers("beta_cdf") {
            let found = beta_cdf(entry[0], entry[1], entry[2]);
            // scipy has fewer digits where shapes are large.
            let relative = if entry[1] > 1e4 { 1e-9 } else { 3e-13 };
            assert_near(found, entry[3], relative, &entry);
        }
        for entry in expected_numbers("beta_quantile") {
            let found = beta_quantile(entry[0], entry[1], entry[2]);
            let relative = if entry[1] > 1e4 { 1e-9 } else { 3e-13 };
            assert_near(found, entry[3], relative, &entry);
        }
        assert_eq!(beta_cdf(0.0, 2.0, 3.0), 0.0);
        assert_eq!(beta_cdf(1.0, 2.0, 3.0), 1.0);
        assert_eq!(beta_quantile(0.0, 2.0, 3.0), 0.0);
        assert_eq!(beta_quantile(1.0, 2.0, 3.0), 1.0);
        assert!(beta_cdf(0.5, 0.0, 1.0).is_nan() && beta_quantile(2.0, 1.0, 1.0).is_nan());
    }

    #[test]
    fn t_agrees_with_forty_digits() {
        for entry in expected_numbers("student_t_sf") {
            assert_near(student_t_sf(entry[0], entry[1]), entry[2], 3e-13, &entry);
            let other = student_t_sf(-entry[0], entry[1]);
            assert_near(other, 1.0 - entry[2], 1e-14, &entry);
        }
        for entry in expected_numbers("two_sided_t") {
            assert_near(two_sided_t(entry[0], entry[1]), entry[2], 3e-13, &entry);
        }
        assert_near(
            two_sided_t(0.95, f64::INFINITY),
            1.959_963_984_540_054,
            1e-15,
            &"",
        );
        assert_near(two_sided_t(0.95, 1e9), 1.959_963_986_912_333, 1e-13, &"");
        assert_eq!(student_t_quantile(0.5, 4.0), 0.0);
        assert_eq!(student_t_quantile(0.0, 4.0), f64::NEG_INFINITY);
        assert_eq!(student_t_quantile(1.0, 4.0), f64::INFINITY);
        assert!(student_t_sf(1.0, 0.0).is_nan() && student_t_quantile(0.5, -1.0).is_nan());
    }
}
