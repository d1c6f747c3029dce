//! The hot loop: batches to cells, over all pieces in parallel, merged in file order.

use super::{Seen, Tally};
use crate::data::Plan;
use crate::error::Result;
use crate::read::Source;

/// Reads the source once and fills one tally for each decision of the plan (one without a
/// prediction when there is none).
pub fn scan(source: &dyn Source, plan: &Plan) -> Result<(Vec<Tally>, Seen)> {
    let _ = (source, plan);
    todo!()
}
