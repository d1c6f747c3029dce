//! Reading in order.

#[cfg(test)]
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::{Source, Want};
use crate::data::Batch;
use crate::error::Result;

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
