//! What needs seeking and came by a pipe, into a temporary file without a name.

use std::fs::File;
use std::io::{self, Read, Seek, Write};

use crate::error::{Error, Result};

/// Copies all of `reader` (called `name` by the user) to a temporary file, wound to its start; the
/// system removes it when it is closed.
pub fn to_file(reader: &mut dyn Read, name: &str) -> Result<File> {
    let folder = std::env::temp_dir();
    let unwritten = |source| Error::Write {
        path: folder.clone(),
        source,
    };
    let mut file = tempfile::tempfile().map_err(unwritten)?;
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => {
                return Err(Error::Read {
                    path: name.into(),
                    source,
                });
            }
        };
        file.write_all(&buffer[..read]).map_err(unwritten)?;
    }
    file.rewind().map_err(unwritten)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spooled_pipe_holds_the_same_bytes_from_its_start() {
        let bytes: Vec<u8> = (0..700_000_u32).map(|i| (i % 251) as u8).collect();
        let mut file = to_file(&mut &bytes[..], "-").unwrap();
        let mut back = Vec::new();
        file.read_to_end(&mut back).unwrap();
        assert!(back == bytes);
    }
}
