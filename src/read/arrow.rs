//! Arrow IPC files (Feather) and streams.
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Source;
use crate::error::Result;

/// Opens the Arrow IPC file (magic `ARROW1`) at `path`, which the user called `name`.
pub fn open_file(path: &Path, name: &str) -> Result<Box<dyn Source>> {
    let _ = (path, name);
    todo!()
}

/// The same for a file that is open already (a spooled pipe has no path).
pub fn from_file(file: File, name: &str) -> Result<Box<dyn Source>> {
    let _ = (file, name);
    todo!()
}

/// An Arrow IPC stream that can be read once, from its first byte.
pub fn open_stream(reader: Box<dyn Read + Send>, name: &str) -> Result<Box<dyn Source>> {
    let _ = (reader, name);
    todo!()
}

/// An Arrow IPC stream in a regular file; it can be read again.
pub fn open_stream_file(path: &Path, name: &str) -> Result<Box<dyn Source>> {
    let _ = (path, name);
    todo!()
}
