//! The interval of a change, from the intervals of the two numbers it is between.
//!
//! Square and add: Zou and Donner 2008, doi:10.1002/sim.3095, for independent numbers; with a
//! correlation as Newcombe 1998,
//! `doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C`, does it for two shares of the same rows. An end may lie where a range stops (a gap is never below
//! 0): then the interval of the change is no narrower on the side that decides.

use super::interval::{Interval, Method};

/// A number with its interval.
pub type Told<'a> = (f64, &'a Interval);

/// `to − from`.
pub fn difference(from: Told, to: Told, correlation: f64) -> Option<Interval> {
    let ((a, earlier), (b, later)) = (from, to);
    let r = correlation.clamp(-1.0, 1.0);
    let change = b - a;
    let add = |x: f64, y: f64| (x * x + y * y - 2.0 * r * x * y).max(0.0).sqrt();
    let low = change - add(b - later.low, earlier.high - a);
    let high = change + add(later.high - b, a - earlier.low);
    let is_whole = low.is_finite() && high.is_finite();
    is_whole.then_some(Interval {
        low,
        high,
        confidence: earlier.confidence.min(later.confidence),
        method: Method::SquareAndAdd,
    })
}

/// `to / from`, on the scale of logarithms; `None` where one of the numbers or ends is 0.
pub fn ratio(from: Told, to: Told, correlation: f64) -> Option<Interval> {
    let log = |(value, interval): Told| {
        let interval = Interval {
            low: interval.low.ln(),
            high: interval.high.ln(),
            ..*interval
        };
        (value.ln(), interval)
    };
    let ((a, earlier), (b, later)) = (log(from), log(to));
    let interval = difference((a, &earlier), (b, &later), correlation)?;
    Some(Interval {
        low: interval.low.exp(),
        high: interval.high.exp(),
        ..interval
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Amount, Fraction, interval};

    fn wilson(part: u64, whole: u64) -> (f64, Interval) {
        let share = Fraction::new(Amount::rows(part), Amount::rows(whole));
        let interval = interval::rate(&share, 0.95).unwrap();
        (part as f64 / whole as f64, interval)
    }

    fn told(interval: Interval) -> String {
        format!("{:.4} {:.4}", interval.low, interval.high)
    }

    #[test]
    fn two_shares_of_other_rows_have_newcombes_interval() {
        // Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I,
        // table II, method 10: 56/70 against 48/80 is 0.0524 to 0.3339.
        let (a, b) = (wilson(48, 80), wilson(56, 70));
        let interval = difference((a.0, &a.1), (b.0, &b.1), 0.0).unwrap();
        assert_eq!(told(interval), "0.0524 0.3339");
    }

    #[test]
    fn two_shares_of_the_same_rows_have_newcombes_paired_interval() {
        // 36 rows are positive both times, 12 only later, 2 only before, 0 never: φ = −24 / √(48 · 2
        // · 38 · 12). His method 10 has 0.0569 to 0.3404.
        let (a, b) = (wilson(38, 50), wilson(48, 50));
        let phi = -24.0 / (48.0_f64 * 2.0 * 38.0 * 12.0).sqrt();
        let interval = difference((a.0, &a.1), (b.0, &b.1), phi).unwrap();
        assert_eq!(told(interval), "0.0569 0.3404");
    }

    #[test]
    fn a_ratio_of_zero_has_no_logarithm() {
        let zero = Interval {
            low: 0.0,
            high: 0.1,
            confidence: 0.95,
            method: Method::Koopman,
        };
        let (a, b) = (wilson(1, 2), (0.0, zero));
        assert_eq!(ratio((a.0, &a.1), (b.0, &b.1), 0.0), None);
    }
}
