//! Text to numbers.

use crate::data::batch::NULL;
use crate::data::spelling;

/// The number that a text is, [`NULL`] for an empty text or a null spelling; `None` where it is
/// neither. Surrounding spaces do not count; `,` and `%` make it no number.
pub fn parse(text: &str, nulls: &[String]) -> Option<f64> {
    let trimmed = text.trim_matches([' ', '\t']);
    match fast(trimmed.as_bytes()) {
        Some(number) => Some(number),
        // `NaN` is a number that went wrong, not a missing one: the tally refuses it with its place.
        None => match trimmed.parse::<f64>() {
            Ok(number) if number.is_nan() => Some(f64::NAN),
            Ok(number) => Some(number),
            Err(_) => spelling::is_null(trimmed, nulls).then_some(NULL),
        },
    }
}

/// Powers of ten that are exact.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Decimal numbers of at most 15 digits, without an exponent: both the digits and the power of ten
/// are exact, so one division rounds once (Clinger 1990, doi:10.1145/93548.93557).
#[inline]
pub fn fast(bytes: &[u8]) -> Option<f64> {
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let mut mantissa = 0_u64;
    let mut point = None;
    for (at, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let count = digits.len() - usize::from(point.is_some());
    if count == 0 || count > 15 {
        return None;
    }
    let decimals = point.map_or(0, |at| digits.len() - at - 1);
    let number = mantissa as f64 / TENS[decimals];
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn fast_numbers_are_those_of_the_standard_library(text in "-?[0-9]{0,12}\\.?[0-9]{0,9}") {
            if let Some(number) = fast(text.as_bytes()) {
                prop_assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits());
            }
        }
    }

    #[test]
    fn what_is_no_number_is_told() {
        let nulls = ["NA".to_owned()];
        for text in ["0,53", "1 000", "12%", "abc", "1_000", "--1", "."] {
            assert_eq!(parse(text, &nulls), None, "{text}");
        }
        assert!(crate::data::is_null(parse(" NA ", &nulls).unwrap()));
        assert!(crate::data::is_null(parse("", &nulls).unwrap()));
        assert_eq!(parse(" 1e3 ", &nulls), Some(1000.0));
        assert_eq!(parse("1e400", &nulls), Some(f64::INFINITY));
    }
}
