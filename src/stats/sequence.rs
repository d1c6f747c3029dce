//! Intervals for a gate that runs again and again while rows accumulate: the chance that they ever
//! leave out the truth, at any of the looks, is at most 1 − confidence.
//!
//! In: fractions of all rows so far. Out: limits, or `None` where a rate is undefined.
//!
//! What is assumed: rows come independently from one population that does not change, each night's on
//! top of the night's before, and the groups' shares of the rows are about the same from night to night.
//! The guarantee is asymptotic, as that of the intervals these are made of; that of a table which is
//! replaced instead of extended is theirs, not this one.

use super::Fraction;
use super::interval::rate_limits;
use super::score::{Pair, share};

/// A confidence sequence: what [`super::interval`] gives for one look, wide enough for all looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sequence {
    /// ln(1 / α²), for the α of one of the tests.
    log_error: f64,
    /// The mixture's spread, in rows.
    tuned: f64,
}

impl Sequence {
    /// A sequence of `confidence` for each of `tests` quantities that hold together (Bonferroni),
    /// narrowest when there are about `rows` rows, which must be settled before the first look (a few
    /// nights' worth is a good choice). `None` for a confidence or a number of rows that is none.
    ///
    /// With ρ for the mixture's spread and k = 1 + rows / ρ, the width is least where k − ln k =
    /// 1 + ln(1 / α²) (Howard et al. 2021, on tuning).
    pub fn new(confidence: f64, tests: f64, rows: f64) -> Option<Self> {
        let error = (1.0 - confidence) / tests.max(1.0);
        if !(error > 0.0 && error < 1.0 && rows > 0.0 && rows.is_finite()) {
            return None;
        }
        let log_error = -2.0 * error.ln();
        let mut k = 1.0 + log_error;
        // The slope of ln k is below 1 here, so this converges, a digit or so in each round.
        for _ in 0..60 {
            k = 1.0 + log_error + k.ln();
        }
        Some(Self {
            log_error,
            tuned: rows / (k - 1.0),
        })
    }

    /// The z that stands for the fixed one when there are n rows: z² = (1 + ρ/n)·ln((1 + n/ρ) / α²).
    ///
    /// This is Robbins' boundary of a normal mixture, √((V + ρ)·ln((V + ρ) / (ρ·α²))) for a sum with
    /// variance V (Robbins 1970, doi:10.1214/aoms/1177696786; Howard et al.
    /// 2021, doi:10.1214/20-AOS1991), over √V: with V and ρ both in units of one row's variance the
    /// variance itself drops out. That an estimated variance may take its place is shown by
    /// Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024, doi:10.1214/24-AOS2408).
    pub fn z(&self, rows: f64) -> f64 {
        let share = self.tuned / rows;
        ((1.0 + share) * ((1.0 / share).ln_1p() + self.log_error)).sqrt()
    }

    /// The error of a sequence with this spread whose boundary, at n rows, is `z`: below that of the
    /// sequence itself where z is beyond its own. It may be read on any night, as the sequence may.
    pub fn p(&self, z: f64, rows: f64) -> f64 {
        let share = self.tuned / rows;
        let log_error = z * z / (1.0 + share) - (1.0 / share).ln_1p();
        (-0.5 * log_error).exp().min(1.0)
    }

    /// Limits of one rate: Wilson's at this z.
    pub fn rate(&self, fraction: &Fraction) -> Option<(f64, f64)> {
        rate_limits(fraction, self.z(share(fraction)?.1))
    }

    /// Limits of `a − b`: Miettinen and Nurminen's at this z.
    pub fn difference(&self, a: &Fraction, b: &Fraction) -> Option<(f64, f64)> {
        let (pair, z) = (Pair::new(a, b)?, self.z(rows_of_two(a, b)?));
        Some((pair.difference_low(z), pair.difference_high(z)))
    }

    /// Limits of `a / b`: Koopman's at this z, which is where a − θ·b turns from what the sequence
    /// allows. `None` where both are 0.
    pub fn ratio(&self, a: &Fraction, b: &Fraction) -> Option<(f64, f64)> {
        let (pair, z) = (Pair::new(a, b)?, self.z(rows_of_two(a, b)?));
        pair.ratio()?;
        Some((pair.ratio_low(z), pair.ratio_high(z)))
    }
}

/// Rows that two groups are worth together for a comparison: 1 / (1/n1 + 1/n2), to which the inverse
/// of the comparison's variance is proportional while the groups' shares stay as they are.
fn rows_of_two(a: &Fraction, b: &Fraction) -> Option<f64> {
    Some(1.0 / (1.0 / share(a)?.1 + 1.0 / share(b)?.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Amount, assert_near, draw::Draw};

    fn of(part: u64, whole: u64) -> Fraction {
        Fraction::new(Amount::rows(part), Amount::rows(whole))
    }

    /// How many of `runs` fair models are ever rejected over 30 nights: by the sequence for the
    /// difference, by the one for the ratio, and by an interval that is meant for one look.
    fn ever_rejected(runs: u32, rate: f64, nightly: (u64, u64), seed: u64) -> [u32; 3] {
        let mut draw = Draw::new(seed);
        let pair_rows = 1.0 / (1.0 / nightly.0 as f64 + 1.0 / nightly.1 as f64);
        let sequence = Sequence::new(0.95, 1.0, 10.0 * pair_rows).unwrap();
        let mut rejected = [0; 3];
        for _ in 0..runs {
            let (mut a, mut b) = ((0, 0), (0, 0));
            let mut ever = [false; 3];
            for _ in 0..30 {
                a = (a.0 + draw.binomial(nightly.0, rate), a.1 + nightly.0);
                b = (b.0 + draw.binomial(nightly.1, rate), b.1 + nightly.1);
                let (a, b) = (of(a.0, a.1), of(b.0, b.1));
                let (low, high) = sequence.difference(&a, &b).unwrap();
                ever[0] |= low > 0.0 || high < 0.0;
                if let Some((low, high)) = sequence.ratio(&a, &b) {
                    ever[1] |= low > 1.0 || high < 1.0;
                }
                let one = Pair::new(&a, &b).unwrap();
                ever[2] |= one.difference_stays_above(0.0, 1.96)
                    || !one.difference_reaches_above(0.0, 1.96);
            }
            for (count, ever) in rejected.iter_mut().zip(ever) {
                *count += u32::from(ever);
            }
        }
        rejected
    }

    #[test]
    fn a_fair_model_is_seldom_ever_rejected_over_thirty_nights() {
        let [difference, ratio, once] = ever_rejected(400, 0.3, (60, 40), 7);
        assert!(difference <= 12 && ratio <= 12, "{difference} {ratio}");
        assert!(once > 60, "{once}");
    }

    /// Every share of fair models that were ever rejected is printed.
    #[test]
    #[ignore = "takes a minute; run it with --ignored --nocapture"]
    fn fair_models_of_many_kinds_are_seldom_ever_rejected() {
        for (rate, nightly) in [
            (0.3, (50, 50)),
            (0.05, (50, 50)),
            (0.02, (20, 200)),
            (0.5, (500, 30)),
            (0.9, (10, 10)),
            (0.2, (400, 400)),
        ] {
            let found = ever_rejected(2_000, rate, nightly, 11).map(|n| f64::from(n) / 2_000.0);
            println!("{rate} {nightly:?}: difference, ratio, one look: {found:?}");
            assert!(found[0] <= 0.05 && found[1] <= 0.05, "{found:?}");
        }
    }

    /// Limits of a mean with known variance, by Robbins' formula as it stands in the literature.
    #[test]
    fn the_boundary_is_robbins_mixture() {
        let sequence = Sequence::new(0.95, 1.0, 500.0).unwrap();
        for rows in [1.0, 80.0, 500.0, 1e6] {
            let (variance, tuned) = (0.21 * rows, 0.21 * sequence.tuned);
            let sum = variance + tuned;
            let boundary = (sum * (sum / (tuned * 0.05 * 0.05)).ln()).sqrt();
            assert_near(sequence.z(rows) * variance.sqrt(), boundary, 1e-13, &rows);
        }
    }

    #[test]
    fn the_p_of_a_boundary_is_its_error() {
        let sequence = Sequence::new(0.95, 3.0, 500.0).unwrap();
        for rows in [3.0, 500.0, 1e7] {
            let z = sequence.z(rows);
            assert_near(sequence.p(z, rows), 0.05 / 3.0, 1e-12, &rows);
            assert!(sequence.p(z + 1.0, rows) < sequence.p(z, rows));
        }
        assert_eq!(sequence.p(0.0, 500.0), 1.0);
    }

    #[test]
    fn it_is_narrowest_where_it_was_asked_to_be() {
        let width = |rows: f64| Sequence::new(0.99, 3.0, rows).unwrap().z(1_000.0);
        assert!(width(1_000.0) < width(900.0) && width(1_000.0) < width(1_100.0));
        assert!(width(1_000.0) > crate::stats::special::two_sided_z(0.99, 3.0));
        assert_eq!(Sequence::new(1.0, 1.0, 10.0), None);
        assert_eq!(Sequence::new(0.95, 1.0, 0.0), None);
    }
}
