//! How far a number may be off, from the same number without each of some random parts of the rows.
//!
//! The delete-a-group jackknife (Kott 2001, Journal of Official Statistics 17:521): for any number
//! that is smooth in its rows, and paired where the number is a difference of two over the same rows.

use super::beta::two_sided_t;
use super::{Interval, Method};

/// Around a number, `without` each of the parts; `None` with fewer than two.
pub fn interval(value: f64, without: &[f64], confidence: f64) -> Option<Interval> {
    let parts = without.len() as f64;
    if without.len() < 2 {
        return None;
    }
    let mean = without.iter().sum::<f64>() / parts;
    let squares: f64 = without.iter().map(|one| (one - mean).powi(2)).sum();
    let error = ((parts - 1.0) / parts * squares).sqrt();
    let far = two_sided_t(confidence, parts - 1.0) * error;
    let is_known = value.is_finite() && far.is_finite();
    is_known.then_some(Interval {
        low: value - far,
        high: value + far,
        confidence,
        method: Method::Jackknife,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a mean it is Student's interval of the means of the parts.
    #[test]
    fn the_jackknife_of_a_mean_is_the_interval_of_student() {
        let rows = [3.0, 5.0, 4.0, 8.0, 6.0];
        let sum: f64 = rows.iter().sum();
        let without: Vec<f64> = rows.iter().map(|row| (sum - row) / 4.0).collect();
        let found = interval(sum / 5.0, &without, 0.95).unwrap();
        // s = √3.7, t(0.975, 4) = 2.776445105.
        let far = 2.776_445_105 * (3.7_f64 / 5.0).sqrt();
        assert!((found.high - (5.2 + far)).abs() < 1e-8, "{found:?}");
        assert!((found.low - (5.2 - far)).abs() < 1e-8);
        assert_eq!(interval(1.0, &[1.0], 0.95), None);
    }
}
