//! Parquet files.
use std::fs::File;
use std::path::Path;

use super::Source;
use crate::error::Result;

/// Opens the Parquet file at `path`, which the user called `name`.
pub fn open(path: &Path, name: &str) -> Result<Box<dyn Source>> {
    let _ = (path, name);
    todo!()
}

/// The same for a file that is open already (a spooled pipe has no path).
pub fn from_file(file: File, name: &str) -> Result<Box<dyn Source>> {
    let _ = (file, name);
    todo!()
}
