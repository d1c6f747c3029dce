//! Arrow IPC files (Feather) and streams.
//!
//! A piece of a file is a record batch, of which only the wanted columns' bytes are read; a stream
//! is one piece. Rows go on in batches of [`BATCH_ROWS`], slices of the record batch.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::chunks::Chunks;
use super::ipc_file::FileSource;
use super::ipc_stream::StreamSource;
use super::values::{Fault, Gather};
use super::{BATCH_ROWS, Each, Source, Stopped, Want, guard, kinds};
use crate::data::{At, Batch, Column, Field, Kind};
use crate::error::{Error, Place, Problem, Result};

/// Opens the Arrow IPC file (magic `ARROW1`) at `path`, which the user called `name`.
pub fn open_file(path: &Path, name: &str) -> Result<Box<dyn Source>> {
    let chunks = Chunks::open(path).map_err(|source| unreadable(name, source))?;
    Ok(Box::new(FileSource::new(chunks, name)?))
}

/// The same for a file that is open already (a spooled pipe has no path).
pub fn from_file(file: File, name: &str) -> Result<Box<dyn Source>> {
    let chunks = Chunks::from_file(file).map_err(|source| unreadable(name, source))?;
    Ok(Box::new(FileSource::new(chunks, name)?))
}

/// An Arrow IPC stream that can be read once, from its first byte.
pub fn open_stream(reader: Box<dyn Read + Send>, name: &str) -> Result<Box<dyn Source>> {
    Ok(Box::new(StreamSource::new(reader, name, None)?))
}

/// An Arrow IPC stream in a regular file; it can be read again.
pub fn open_stream_file(path: &Path, name: &str) -> Result<Box<dyn Source>> {
    let chunks = Chunks::open(path).map_err(|source| unreadable(name, source))?;
    let reader = Box::new(chunks.reader(0));
    Ok(Box::new(StreamSource::new(reader, name, Some(chunks))?))
}

fn unreadable(name: &str, source: std::io::Error) -> Error {
    Error::Read {
        path: PathBuf::from(name),
        source,
    }
}

/// The error of a damaged file.
pub(super) fn damaged(name: &str, what: String) -> Error {
    Error::Data {
        place: Place::file(name),
        problem: Problem::Corrupt { what },
    }
}

/// The columns of a schema.
pub(super) fn fields_of(schema: &Schema) -> Vec<Field> {
    let field = |field: &arrow::datatypes::FieldRef| Field {
        name: field.name().clone(),
        kind: kinds::kind(field.data_type()),
    };
    schema.fields().iter().map(field).collect()
}

/// The columns that are wanted, while they are put together.
pub(super) struct Columns<'a> {
    name: &'a str,
    fields: &'a [Field],
    wants: &'a [Want],
    /// Their indices in the schema, in the order of the wants.
    pub indices: Vec<usize>,
    gathers: Vec<Gather>,
    made: Vec<Column>,
}

impl<'a> Columns<'a> {
    /// None yet; an error if one of them can be neither codes nor numbers.
    pub fn new(name: &'a str, fields: &'a [Field], wants: &'a [Want]) -> Result<Self> {
        for want in wants {
            if let Kind::Other(kind) = &fields[want.column].kind {
                return Err(Error::Data {
                    place: Place::file(name).in_column(&*fields[want.column].name),
                    problem: Problem::NotFlat { kind: kind.clone() },
                });
            }
        }
        Ok(Self {
            name,
            fields,
            wants,
            indices: wants.iter().map(|want| want.column).collect(),
            gathers: wants.iter().map(Gather::new).collect(),
            made: wants.iter().map(|_| Column::Numbers(Vec::new())).collect(),
        })
    }

    /// Hands on the wanted columns of a record batch whose first row is at `start`.
    pub fn emit(
        &mut self,
        batch: &RecordBatch,
        start: u64,
        place: &dyn Fn(At, usize) -> Place,
        each: &mut Each,
    ) -> std::result::Result<ControlFlow<()>, Stopped> {
        let mut done = 0;
        while done < batch.num_rows() {
            let at = At::new(start + done as u64);
            let rows = (batch.num_rows() - done).min(BATCH_ROWS);
            let slice = batch.slice(done, rows);
            for index in 0..self.wants.len() {
                let array = slice.column(index);
                let added = guard::run(|| self.gathers[index].add(array));
                added
                    .map_err(Fault::Corrupt)
                    .and_then(|added| added)
                    .map_err(|fault| self.stopped(index, fault, at, place))?;
                self.gathers[index].finish(&mut self.made[index]);
            }
            let flow = each(&Batch {
                rows,
                columns: &self.made,
                at,
            });
            if flow.map_err(|error| Stopped { at, error })?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            done += rows;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn stopped(
        &self,
        index: usize,
        fault: Fault,
        at: At,
        place: &dyn Fn(At, usize) -> Place,
    ) -> Stopped {
        let (place, problem) = match fault {
            Fault::Corrupt(what) => (Place::file(self.name), Problem::Corrupt { what }),
            Fault::Column(problem) => (Place::file(self.name), problem),
            Fault::Row(row, problem) => (place(at, row), problem),
        };
        let column = &self.fields[self.wants[index].column].name;
        Stopped {
            at,
            error: Error::Data {
                place: place.in_column(&**column),
                problem,
            },
        }
    }
}
