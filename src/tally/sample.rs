//! Looks at a source before the pass: samples for guessing roles, quantiles for banding.

use crate::data::Plan;
use crate::data::guess::Sample;
use crate::error::Result;
use crate::read::Source;

/// Rows looked at to guess roles.
pub const ROWS: usize = 4096;

/// The first rows of every column.
pub fn sample(source: &dyn Source) -> Result<Vec<Sample>> {
    let _ = source;
    todo!()
}

/// Bands those of `plan.splits` (by index) that are numbers with more than
/// [`crate::data::limits::NUMERIC_GROUPS`] distinct values, by quantiles; reads the source once if
/// there is one. Returns a note for each that it banded.
pub fn band(source: &dyn Source, plan: &mut Plan, numeric: &[usize]) -> Result<Vec<String>> {
    let _ = (source, plan, numeric);
    todo!()
}
