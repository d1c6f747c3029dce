//! A file read at positions, by any number of threads at once.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::error::{Error, Place, Problem};

/// An open file that is not changed by reading it.
#[derive(Debug, Clone)]
pub struct Chunks {
    file: Arc<File>,
    /// Where it can be found again; a spooled pipe has no name.
    path: Option<PathBuf>,
    length: u64,
    stamp: (u64, u64, i64, i64),
}

impl Chunks {
    /// Opens a regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let chunks = Self::from_file(File::open(path)?)?;
        Ok(Self {
            path: Some(path.to_owned()),
            ..chunks
        })
    }

    /// The same for a file that is open already.
    pub fn from_file(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            file: Arc::new(file),
            path: None,
            length: metadata.len(),
            stamp: stamp(&metadata),
        })
    }

    /// Bytes of the file when it was opened.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Fills a buffer from a position.
    pub fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, at)
    }

    /// Reads what there is from a position, up to the size of the buffer.
    pub fn read_some(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match self.file.read_at(&mut buffer[done..], at + done as u64) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// The bytes from a position on, in order.
    pub fn reader(&self, start: u64) -> From {
        From {
            chunks: self.clone(),
            at: start,
            buffer: Vec::new(),
            next: 0,
        }
    }

    /// An error if the file is no longer the one that was opened.
    pub fn check_unchanged(&self, name: &str) -> crate::error::Result<()> {
        let open = self.file.metadata();
        let named = self.path.as_ref().map(std::fs::metadata);
        let same = |metadata: io::Result<std::fs::Metadata>| {
            metadata.is_ok_and(|metadata| stamp(&metadata) == self.stamp)
        };
        if same(open) && named.is_none_or(same) {
            return Ok(());
        }
        Err(Error::Data {
            place: Place::file(name),
            problem: Problem::Changed,
        })
    }
}

/// What tells a changed file: inode, size, time of change.
fn stamp(metadata: &std::fs::Metadata) -> (u64, u64, i64, i64) {
    (
        metadata.ino(),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec(),
    )
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Chunks {
    type T = From;

    fn get_read(&self, start: u64) -> Result<From> {
        Ok(self.reader(start))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF("beyond the end of the file".to_owned()));
        }
        let mut buffer = vec![0; length];
        self.read_at(&mut buffer, start)?;
        Ok(buffer.into())
    }
}

/// The file from a position on.
#[derive(Debug)]
pub struct From {
    chunks: Chunks,
    at: u64,
    buffer: Vec<u8>,
    next: usize,
}

impl Read for From {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        const AHEAD: usize = 4096;
        if self.next == self.buffer.len() {
            if out.len() >= AHEAD {
                let read = self.chunks.read_some(out, self.at)?;
                self.at += read as u64;
                return Ok(read);
            }
            self.buffer.resize(AHEAD, 0);
            let read = self.chunks.read_some(&mut self.buffer, self.at)?;
            self.buffer.truncate(read);
            self.at += read as u64;
            self.next = 0;
        }
        let read = out.len().min(self.buffer.len() - self.next);
        out[..read].copy_from_slice(&self.buffer[self.next..self.next + read]);
        self.next += read;
        Ok(read)
    }
}
