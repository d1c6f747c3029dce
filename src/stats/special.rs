//! The normal distribution: what intervals and tests need, to about 1e-15 relative.

use std::f64::consts::{PI, SQRT_2};

/// P(Z ≤ x) of a standard normal, with full relative precision in the lower tail.
///
/// Near the middle by a power series (Marsaglia 2004, doi:10.18637/jss.v011.i04, equation 4), in the
/// tails by Laplace's continued fraction (Abramowitz and Stegun 1964, 26.2.14). NaN stays NaN.
pub fn normal_cdf(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let tail = upper_tail(x.abs());
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// P(Z > x) for x ≥ 0.
fn upper_tail(x: f64) -> f64 {
    let density = (-x * x / 2.0).exp() / (2.0 * PI).sqrt();
    if density == 0.0 {
        return 0.0;
    }
    if x > SWITCH {
        // From the inside out; so many levels leave less than one rounding.
        let levels = (LEVELS / (x * x)) as u32 + 5;
        let fraction = (1..=levels)
            .rev()
            .fold(x, |below, k| x + f64::from(k) / below);
        return density / fraction;
    }
    let (mut term, mut sum, mut k) = (x, 0.0, 1.0);
    while term > sum * f64::EPSILON / 8.0 {
        sum += term;
        k += 2.0;
        term *= x * x / k;
    }
    0.5 - density * sum
}

/// Where the series, which loses digits to cancellation, hands over to the continued fraction.
const SWITCH: f64 = SQRT_2 * 1.5;
/// Levels that x² = 1 would need: fewer are enough the further out.
const LEVELS: f64 = 450.0;

/// The x with P(Z ≤ x) = p: algorithm AS 241, PPND16 (Wichura 1988, doi:10.2307/2347330), about
/// 1e-16 relative. ∓∞ at 0 and 1; NaN outside.
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&CENTRAL_NUM, r) / polynomial(&CENTRAL_DEN, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-tail.ln()).sqrt();
    let size = if r.is_infinite() {
        f64::INFINITY
    } else if r <= 5.0 {
        polynomial(&MIDDLE_NUM, r - 1.6) / polynomial(&MIDDLE_DEN, r - 1.6)
    } else {
        polynomial(&FAR_NUM, r - 5.0) / polynomial(&FAR_DEN, r - 5.0)
    };
    if q < 0.0 { -size } else { size }
}

/// The z that bounds a two-sided interval when `tests` of them share the error 1 − `confidence`
/// (Bonferroni; 1 for a single one). It never asks for a quantile close to 1, so no digit is lost.
pub fn two_sided_z(confidence: f64, tests: f64) -> f64 {
    -normal_quantile((1.0 - confidence) / 2.0 / tests.max(1.0))
}

/// Coefficients from the highest power down.
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

// AS 241: the ratio of two polynomials for each part of the range.
const CENTRAL_NUM: [f64; 8] = [
    2_509.080_928_730_122_7,
    33_430.575_583_588_13,
    67_265.770_927_008_7,
    45_921.953_931_549_87,
    13_731.693_765_509_46,
    1_971.590_950_306_551_3,
    133.141_667_891_784_38,
    3.387_132_872_796_366_5,
];
const CENTRAL_DEN: [f64; 8] = [
    5_226.495_278_852_854,
    28_729.085_735_721_943,
    39_307.895_800_092_71,
    21_213.794_301_586_597,
    5_394.196_021_424_751,
    687.187_007_492_057_9,
    42.313_330_701_600_91,
    1.0,
];
const MIDDLE_NUM: [f64; 8] = [
    0.000_774_545_014_278_341_4,
    0.022_723_844_989_269_184,
    0.241_780_725_177_450_6,
    1.270_458_252_452_368_4,
    3.647_848_324_763_204_5,
    5.769_497_221_460_691,
    4.630_337_846_156_546,
    1.423_437_110_749_683_5,
];
const MIDDLE_DEN: [f64; 8] = [
    1.050_750_071_644_416_9e-9,
    0.000_547_593_808_499_534_5,
    0.015_198_666_563_616_457,
    0.148_103_976_427_480_08,
    0.689_767_334_985_1,
    1.676_384_830_183_803_8,
    2.053_191_626_637_759,
    1.0,
];
const FAR_NUM: [f64; 8] = [
    2.010_334_399_292_288_1e-7,
    2.711_555_568_743_487_6e-5,
    0.001_242_660_947_388_078_4,
    0.026_532_189_526_576_124,
    0.296_560_571_828_504_87,
    1.784_826_539_917_291_3,
    5.463_784_911_164_114,
    6.657_904_643_501_103,
];
const FAR_DEN: [f64; 8] = [
    2.044_263_103_389_939_7e-15,
    1.421_511_758_316_446e-7,
    1.846_318_317_510_054_8e-5,
    0.000_786_869_131_145_613_3,
    0.014_875_361_290_850_615,
    0.136_929_880_922_735_8,
    0.599_832_206_555_888,
    1.0,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: f64, expected: f64, relative: f64) {
        let error = (found - expected).abs();
        assert!(
            error <= relative * expected.abs(),
            "{found} is not {expected}"
        );
    }

    /// Expected values are mpmath 1.3's `erfc(-x/sqrt(2))/2` at 40 digits.
    #[test]
    fn the_distribution_function_agrees_with_forty_digits() {
        for (x, expected) in [
            (-30.0, 4.906_713_927_148_187e-198),
            (-8.5, 9.479_534_822_203_318e-18),
            (-5.0, 2.866_515_718_791_939e-7),
            (-3.0, 0.001_349_898_031_630_094_6),
            (-2.5, 0.006_209_665_325_776_135),
            (-2.0, 0.022_750_131_948_179_21),
            (-1.5, 0.066_807_201_268_858_07),
            (-1.0, 0.158_655_253_931_457_05),
            (-0.3, 0.382_088_577_811_047_4),
            (0.0, 0.5),
            (0.7, 0.758_036_347_776_927),
            (1.96, 0.975_002_104_851_779_5),
            (2.0, 0.977_249_868_051_820_8),
            (4.0, 0.999_968_328_758_166_9),
        ] {
            assert_near(normal_cdf(x), expected, 4e-14);
        }
        assert_eq!(normal_cdf(f64::INFINITY), 1.0);
        assert_eq!(normal_cdf(f64::NEG_INFINITY), 0.0);
        assert!(normal_cdf(f64::NAN).is_nan());
    }

    /// Expected values are the roots of the same function at 40 digits.
    #[test]
    fn the_quantile_agrees_with_forty_digits() {
        for (p, expected) in [
            (1.0e-300, -37.047_096_299_361_2),
            (1.0e-20, -9.262_340_089_798_407),
            (1.0e-10, -6.361_340_902_404_057),
            (1.0e-6, -4.753_424_308_822_899),
            (0.000_5, -3.290_526_731_491_895),
            (0.005, -2.575_829_303_548_901),
            (0.025, -1.959_963_984_540_054_3),
            (0.05, -1.644_853_626_951_472_6),
            (0.1, -1.281_551_565_544_600_4),
            (0.3, -0.524_400_512_708_040_8),
            (0.6, 0.253_347_103_135_799_7),
            (0.9, 1.281_551_565_544_600_6),
            (0.975, 1.959_963_984_540_053_8),
        ] {
            assert_near(normal_quantile(p), expected, 4e-16);
        }
        assert_eq!(normal_quantile(0.5), 0.0);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(normal_quantile(1.5).is_nan() && normal_quantile(f64::NAN).is_nan());
    }

    #[test]
    fn sharing_the_error_widens_an_interval() {
        assert_near(two_sided_z(0.95, 1.0), 1.959_963_984_540_054, 1e-15);
        assert_eq!(two_sided_z(0.95, 10.0), two_sided_z(0.995, 1.0));
    }
}
