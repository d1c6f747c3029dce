//! Columns that are not of the same type in all files of a table.

use std::sync::Arc;

use crate::data::{Codes, Kind};

/// Whether the same value may be written in two ways in columns of these kinds.
pub fn is_other_text(a: &Kind, b: &Kind) -> bool {
    let texts = |kind: &Kind| matches!(kind, Kind::Untyped | Kind::Text);
    !(texts(a) && texts(b))
}

/// A kind that holds both.
pub fn common(a: &Kind, b: &Kind) -> Kind {
    match (a, b) {
        (Kind::Other(name), _) | (_, Kind::Other(name)) => Kind::Other(name.clone()),
        (Kind::Untyped, _) | (_, Kind::Untyped) => Kind::Untyped,
        _ => Kind::Text,
    }
}

/// Whether columns of these kinds hold numbers, which are then written the same way in all of them.
pub fn are_numbers<'a>(mut kinds: impl Iterator<Item = &'a Kind>) -> bool {
    kinds.all(|kind| matches!(kind, Kind::Boolean | Kind::Integer | Kind::Float))
}

/// Truth values as 0 and 1, and whole numbers without decimals: a column of integers is one of
/// floats in a file where some are missing.
pub fn as_numbers(codes: &Codes) -> Codes {
    let number = |text: &str| match text {
        "true" => "1".into(),
        "false" => "0".into(),
        other => other.strip_suffix(".0").unwrap_or(other).into(),
    };
    let values = codes.values.iter();
    Codes {
        keys: codes.keys.clone(),
        values: Arc::new(values.map(|value| value.as_deref().map(number)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Keys;

    #[test]
    fn numbers_are_written_one_way() {
        let texts = [Some("false"), Some("true"), None, Some("2.0"), Some("2.5")];
        let codes = Codes {
            keys: Keys::U8(vec![1, 0, 2, 3, 4]),
            values: Arc::new(texts.iter().map(|text| text.map(Into::into)).collect()),
        };
        let numbers = as_numbers(&codes);
        assert_eq!(numbers.keys, codes.keys);
        let values: Vec<Option<&str>> = numbers.values.iter().map(Option::as_deref).collect();
        let expected = [Some("0"), Some("1"), None, Some("2"), Some("2.5")];
        assert_eq!(values, expected);
    }
}
