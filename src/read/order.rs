//! Reading in order, and what columns of several files have in common.

#[cfg(test)]
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Source, Want};
use crate::data::{Batch, Codes, Kind};
use crate::error::Result;

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

/// Truth values as 0 and 1, which is how they are written where they are stored as numbers.
pub fn as_bits(codes: &Codes) -> Codes {
    let bit = |text: &str| match text {
        "true" => "1".into(),
        "false" => "0".into(),
        other => other.into(),
    };
    let values = codes.values.iter();
    Codes {
        keys: codes.keys.clone(),
        values: Arc::new(values.map(|value| value.as_deref().map(bit)).collect()),
    }
}

/// Reads all pieces of a source in order, on this thread, into a state that is begun again where
/// the pieces were cut at the wrong places.
pub fn in_order<T>(
    source: &dyn Source,
    wants: &[Want],
    start: impl Fn() -> T,
    add: impl Fn(&mut T, &Batch) -> Result<()>,
) -> Result<T> {
    loop {
        source.begin();
        let mut state = start();
        let read = (0..source.pieces()).try_for_each(|piece| {
            source.read(piece, wants, &mut |batch| {
                add(&mut state, batch)?;
                Ok(ControlFlow::Continue(()))
            })
        });
        if source.misread() {
            continue;
        }
        read.map_err(|stopped| stopped.error)?;
        source.finish()?;
        return Ok(state);
    }
}

#[test]
fn truth_values_become_bits_and_nothing_else_does() {
    let texts = [Some("false"), Some("true"), None, Some("2")];
    let codes = Codes {
        keys: crate::data::Keys::U8(vec![1, 0, 2, 3]),
        values: Arc::new(texts.iter().map(|text| text.map(Into::into)).collect()),
    };
    let bits = as_bits(&codes);
    assert_eq!(bits.keys, codes.keys);
    let values: Vec<Option<&str>> = bits.values.iter().map(Option::as_deref).collect();
    assert_eq!(values, [Some("0"), Some("1"), None, Some("2")]);
}

/// The rows of a whole table as text, sorted by where they are.
#[cfg(test)]
pub fn all_rows(source: &dyn Source) -> Result<Vec<Vec<Option<String>>>> {
    use super::ids::{codes, key, text};
    let wants: Vec<Want> = (0..source.columns().len()).map(text).collect();
    let rows = in_order(source, &wants, BTreeMap::new, |rows, batch| {
        for row in 0..batch.rows {
            let value = |column| {
                let codes = codes(batch, column).expect("text was wanted");
                codes.values[key(codes, row)].as_deref().map(str::to_owned)
            };
            rows.insert((batch.at, row), (0..wants.len()).map(value).collect());
        }
        Ok(())
    })?;
    Ok(rows.into_values().collect())
}
