//! What needs seeking and came by a pipe, into a temporary file without a name.
use std::fs::File;
use std::io::Read;

use crate::error::Result;

/// Copies all of `reader` (called `name` by the user) to a temporary file, wound to its start; the
/// system removes it when it is closed.
pub fn to_file(reader: &mut dyn Read, name: &str) -> Result<File> {
    let _ = (reader, name);
    todo!()
}
