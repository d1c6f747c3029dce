//! The intervals against numbers of other tools: `fixtures/oracle/statistics.json`.

use super::interval::{Interval, difference, rate, ratio};
use super::{Amount, Fraction, assert_near, expected_numbers};

fn of(part: f64, whole: f64) -> Fraction {
    Fraction::new(Amount::rows(part as u64), Amount::rows(whole as u64))
}

fn compare(found: Option<Interval>, entry: &[f64], relative: f64) {
    let (found, [.., low, high]) = (found.unwrap(), entry) else {
        panic!("{entry:?} has no limits");
    };
    // A limit near 0 is as exact as the rates are.
    let near = |found: f64, wanted: f64| {
        let is_zero = wanted.abs() < 1e-9 && (found - wanted).abs() < 1e-14;
        found == wanted || is_zero || (found - wanted).abs() <= relative * wanted.abs()
    };
    assert!(
        near(found.low, *low) && near(found.high, *high),
        "{found:?} {entry:?}"
    );
}

#[test]
fn a_rate_has_the_limits_of_statsmodels() {
    for entry in expected_numbers("wilson") {
        compare(rate(&of(entry[0], entry[1]), entry[2]), &entry, 1e-12);
    }
}

/// The likelihood is maximised with mpmath at 40 digits.
#[test]
fn a_difference_has_the_limits_of_its_likelihood() {
    for entry in expected_numbers("difference") {
        let (a, b) = (of(entry[0], entry[1]), of(entry[2], entry[3]));
        compare(difference(&a, &b, entry[4]), &entry, 1e-9);
        let mirrored = difference(&b, &a, entry[4]).unwrap();
        assert_near(-mirrored.low, entry[6], 1e-9, &entry);
    }
}

#[test]
fn a_ratio_has_the_limits_of_its_likelihood() {
    for entry in expected_numbers("ratio") {
        let (a, b) = (of(entry[0], entry[1]), of(entry[2], entry[3]));
        compare(ratio(&a, &b, entry[4]), &entry, 1e-9);
    }
}
