//! The gamma function and the chi-square distribution, to about 1e-13 relative in both tails.
//!
//! In: a real argument, degrees of freedom above 0. Out: probabilities and quantiles; NaN for what is
//! no number or no degrees of freedom.

use std::f64::consts::PI;

/// ln Γ(x) for x > 0; NaN otherwise.
///
/// Near 1 and 2, where it is 0, by its Taylor series (Abramowitz and Stegun 1964, 6.1.33), so that no
/// digit is lost there; from 10 on by Stirling's series (6.1.40).
pub fn ln_gamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    if x >= STIRLING_FROM {
        return (x - 0.5) * (x.ln() - 1.0) + (HALF_LN_TWO_PI - 0.5) + stirling_error(x);
    }
    if x <= 0.5 {
        return ln_gamma_near_two(x) - x.ln_1p() - x.ln();
    }
    if x <= 1.5 {
        return ln_gamma_near_two(x - 1.0) - (x - 1.0).ln_1p();
    }
    // Γ(x) = (x − 1)·Γ(x − 1), down to where the series is at its best.
    let (mut product, mut rest) = (1.0, x);
    while rest > 2.5 {
        rest -= 1.0;
        product *= rest;
    }
    product.ln() + ln_gamma_near_two(rest - 2.0)
}

/// ln Γ(2 + e) for −0.5 ≤ e ≤ 0.5.
fn ln_gamma_near_two(e: f64) -> f64 {
    let terms = ZETA_LESS_ONE.iter().enumerate().rev();
    let sum = terms.fold(0.0, |sum, (k, zeta)| zeta / (k as f64 + 2.0) - e * sum);
    e * (ONE_LESS_EULER + e * sum)
}

/// What Stirling's formula lacks: ln Γ(x) − ((x − ½)·ln x − x + ½·ln 2π).
///
/// Probabilities are built from it and from [`log_excess`], both small, instead of from ln Γ, whose
/// size would cost digits (Loader 2000, Fast and accurate computation of binomial probabilities).
pub(super) fn stirling_error(x: f64) -> f64 {
    if x >= STIRLING_FROM {
        let inverse_sq = 1.0 / (x * x);
        return STIRLING
            .iter()
            .rev()
            .fold(0.0, |sum, c| sum * inverse_sq + c)
            / x;
    }
    ln_gamma(x) - ((x - 0.5) * x.ln() - x + HALF_LN_TWO_PI)
}

/// v − ln(1 + v), without the cancellation near 0; `ratio` is 1 + v as exactly as the caller has it.
pub(super) fn log_excess(v: f64, ratio: f64) -> f64 {
    if v.abs() > 0.3 {
        return v - ratio.ln();
    }
    // ln(1 + v) = 2·artanh(t) for t = v / (2 + v), and v − 2t = v·t.
    let t = v / (2.0 + v);
    let t_sq = t * t;
    let (mut power, mut sum, mut k) = (t * t_sq, 0.0, 3.0);
    loop {
        let next: f64 = sum + power / k;
        if next == sum {
            return v * t - 2.0 * sum;
        }
        sum = next;
        power *= t_sq;
        k += 2.0;
    }
}

/// The regularized incomplete gamma functions, lower and upper, P(a, x) and Q(a, x).
///
/// The smaller one comes from its own expansion: below a + 1 the series of P (Abramowitz and Stegun
/// 1964, 6.5.29), above it the continued fraction of Q (6.5.31).
pub(super) fn gamma_tails(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    let density = power_density(a, x);
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * f64::EPSILON / 8.0 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        let lower = (density * sum).min(1.0);
        return (lower, 1.0 - lower);
    }
    let upper = (density * upper_fraction(a, x)).min(1.0);
    (1.0 - upper, upper)
}

/// The continued fraction of Q(a, x)·Γ(a)·eˣ·x⁻ᵃ (Lentz's method; Thompson and Barnett 1986,
/// doi:10.1016/0021-9991(86)90046-X).
#[allow(clippy::many_single_char_names)] // as the method is written everywhere
fn upper_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = f64::INFINITY;
    let mut d = 1.0 / b;
    let mut value = d;
    let mut level = 0.0;
    loop {
        level += 1.0;
        let numerator = level * (a - level);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        let step = c * d;
        value *= step;
        if (step - 1.0).abs() <= f64::EPSILON || level > STEPS {
            return value;
        }
    }
}

/// xᵃ·e⁻ˣ / Γ(a), which is x times the density.
fn power_density(a: f64, x: f64) -> f64 {
    let excess = a * log_excess((x - a) / a, x / a);
    (a / (2.0 * PI)).sqrt() * (-excess - stirling_error(a)).exp()
}

/// P(X > x) for a chi-square of `df` degrees of freedom.
pub fn chi_square_sf(x: f64, df: f64) -> f64 {
    if x.is_nan() || !is_count(df) {
        return f64::NAN;
    }
    gamma_tails(df / 2.0, x / 2.0).1
}

/// The x with P(X > x) = `p_upper`; 0 at 1, ∞ at 0.
pub fn chi_square_quantile(p_upper: f64, df: f64) -> f64 {
    if !(0.0..=1.0).contains(&p_upper) || !is_count(df) {
        return f64::NAN;
    }
    let a = df / 2.0;
    let log = quantile(p_upper, (-744.0, 709.0), a.ln(), |y| {
        let x = y.exp();
        (gamma_tails(a, x), power_density(a, x))
    });
    2.0 * log.exp()
}

fn is_count(df: f64) -> bool {
    df > 0.0 && df.is_finite()
}

/// The y with an upper tail of `p_upper`, or the range's end where that is beyond it (−∞ and ∞ at 1
/// and 0). `law` gives both tails and the density at y.
///
/// Newton's method on the logarithm of the smaller tail, which is all but straight far out; halving
/// takes over where a step would leave what is known to hold the answer.
pub(super) fn quantile(
    p_upper: f64,
    range: (f64, f64),
    start: f64,
    law: impl Fn(f64) -> ((f64, f64), f64),
) -> f64 {
    if p_upper <= 0.0 {
        return f64::INFINITY;
    }
    if p_upper >= 1.0 {
        return f64::NEG_INFINITY;
    }
    let is_upper = p_upper < 0.5;
    let wanted = if is_upper { p_upper } else { 1.0 - p_upper };
    let (mut low, mut high) = range;
    let mut y = start.clamp(low, high);
    for _ in 0..200 {
        let ((lower, upper), density) = law(y);
        let tail = if is_upper { upper } else { lower };
        // Above 0: the answer is further right.
        let lack = if is_upper {
            (tail / wanted).ln()
        } else {
            (wanted / tail).ln()
        };
        if lack > 0.0 {
            low = y;
        } else {
            high = y;
        }
        let next = y + lack * tail / density;
        if (next - y).abs() <= 2.0 * f64::EPSILON * y.abs().max(f64::EPSILON) {
            break;
        }
        let is_inside = next > low && next < high;
        y = if is_inside {
            next
        } else {
            f64::midpoint(low, high)
        };
    }
    y
}

/// More steps than any continued fraction here takes with up to 1e9 degrees of freedom.
pub(super) const STEPS: f64 = 1e6;
const STIRLING_FROM: f64 = 10.0;
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_8;
const ONE_LESS_EULER: f64 = 0.422_784_335_098_467_1;

// B₂ₖ / (2k·(2k − 1)), the coefficients of Stirling's series.
const STIRLING: [f64; 9] = [
    0.083_333_333_333_333_33,
    -0.002_777_777_777_777_778,
    0.000_793_650_793_650_793_7,
    -0.000_595_238_095_238_095_3,
    0.000_841_750_841_750_841_7,
    -0.001_917_526_917_526_917_6,
    0.006_410_256_410_256_41,
    -0.029_550_653_594_771_242,
    0.179_644_372_368_830_57,
];

// ζ(k) − 1 for k = 2, 3, …, of which each further one is half as large.
const ZETA_LESS_ONE: [f64; 26] = [
    0.644_934_066_848_226_4,
    0.202_056_903_159_594_3,
    0.082_323_233_711_138_19,
    0.036_927_755_143_369_93,
    0.017_343_061_984_449_14,
    0.008_349_277_381_922_827,
    0.004_077_356_197_944_34,
    0.002_008_392_826_082_214_3,
    0.000_994_575_127_818_085_3,
    0.000_494_188_604_119_464_5,
    0.000_246_086_553_308_048_3,
    0.000_122_713_347_578_489_15,
    6.124_813_505_870_483e-5,
    3.058_823_630_702_049e-5,
    1.528_225_940_865_187e-5,
    7.637_197_637_899_763e-6,
    3.817_293_264_999_84e-6,
    1.908_212_716_553_939e-6,
    9.539_620_338_727_962e-7,
    4.769_329_867_878_064e-7,
    2.384_505_027_277_33e-7,
    1.192_199_259_653_110_6e-7,
    5.960_818_905_125_948e-8,
    2.980_350_351_465_228e-8,
    1.490_155_482_836_504_3e-8,
    7.450_711_789_835_43e-9,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{assert_near, expected_numbers};

    #[test]
    fn the_gamma_function_agrees_with_forty_digits() {
        for entry in expected_numbers("ln_gamma") {
            assert_near(ln_gamma(entry[0]), entry[1], 1e-14, &entry);
        }
        assert!(ln_gamma(0.0).is_nan() && ln_gamma(-0.5).is_nan());
    }

    #[test]
    fn chi_square_agrees_with_forty_digits() {
        for entry in expected_numbers("chi_square_sf") {
            assert_near(chi_square_sf(entry[0], entry[1]), entry[2], 1e-13, &entry);
        }
        for entry in expected_numbers("chi_square_quantile") {
            let found = chi_square_quantile(entry[0], entry[1]);
            assert_near(found, entry[2], 2e-13, &entry);
        }
        assert_eq!(chi_square_sf(-1.0, 3.0), 1.0);
        assert_eq!(chi_square_sf(f64::INFINITY, 3.0), 0.0);
        assert!(chi_square_sf(1.0, 0.0).is_nan() && chi_square_quantile(-0.1, 1.0).is_nan());
        assert_eq!(chi_square_quantile(1.0, 2.0), 0.0);
        assert_eq!(chi_square_quantile(0.0, 2.0), f64::INFINITY);
    }

    #[test]
    fn no_digit_is_lost_near_zero() {
        assert_near(
            log_excess(1e-8, 1.0 + 1e-8),
            0.5e-16 - 1e-24 / 3.0,
            1e-15,
            &"",
        );
        let (v, exact) = (0.299_f64, 0.299 - 0.299_f64.ln_1p());
        assert_near(log_excess(v, 1.0 + v), exact, 1e-14, &v);
    }
}
