//! Files to columns of codes and numbers. The only module that opens anything.
//!
//! In: what the user named. Out: a [`Source`], whose pieces any thread may read, each wanted
//! column and no other. A file is never loaded whole. Above this module nobody sees a file format:
//! a column is text by way of a dictionary ([`crate::data::Codes`]), or numbers.

pub mod bytes;
mod chunks;
mod guard;
mod numbers;
mod words;
mod lookup;
mod marks;
pub mod records;
mod index;
mod parse;
mod header;
pub mod csv;
mod blocks;
mod flat;
mod json;
pub mod stream;
mod keys;
mod kinds;
mod written;
mod values;
mod thrift;
mod walk;
mod plain;
mod hybrid;
mod pages;
pub mod parquet;
mod ipc;
mod ipc_file;
mod ipc_stream;
pub mod arrow;
pub mod spool;
mod order;
mod mixed;
mod folder;
mod union;
mod ids;
mod picked;
pub mod memory;
mod link;
pub mod join;
pub mod same;
pub mod answers;

pub use written::{float as text_of_float, plain as plain_number};

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Encoding, Format, Identified, Packing};

use crate::data::{At, Batch, Field};
use crate::error::{Error, Place, Result};

/// How a wanted column is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// As text: for groups, labels and predictions.
    Codes,
    /// As numbers: for scores, weights, counts and columns that are banded.
    Numbers,
}

/// One wanted column.
#[derive(Debug, Clone, PartialEq)]
pub struct Want {
    /// Index in [`Source::columns`].
    pub column: usize,
    /// How it is to come.
    pub shape: Shape,
    /// Spellings that are null in a column of numbers, beside the empty field.
    pub nulls: Arc<[String]>,
}

/// What takes the batches; it may end a piece early, or with an error.
pub type Each<'a> = dyn FnMut(&Batch) -> Result<ControlFlow<()>> + 'a;

/// What ended a piece, and where: of several the earliest is told, whatever the threads did.
#[derive(Debug)]
pub struct Stopped {
    /// The batch in which it was.
    pub at: At,
    /// What it was.
    pub error: Error,
}

/// What is known of an input after it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// As the user named it.
    pub path: String,
    /// `csv`, `tsv`, `jsonl`, `parquet`, `arrow`; with ` (gzip)`, ` (zstd)`.
    pub format: String,
    /// Bytes of the file; `None` for a stream.
    pub bytes: Option<u64>,
    /// Its rows, where they were counted before the table is read; else batches tell whose they are.
    pub rows: Option<u64>,
}

/// Rows in a batch, about: small enough that a batch stays in cache.
pub const BATCH_ROWS: usize = 32 << 10;

/// A table that can be read piece by piece.
pub trait Source: Send + Sync {
    /// Every column there is, in file order.
    fn columns(&self) -> &[Field];

    /// The inputs that make up the table.
    fn inputs(&self) -> Vec<Input>;

    /// The path of the first input, which stands for the table in messages.
    fn first_path(&self) -> String {
        let first = self.inputs().into_iter().next();
        first.map_or_else(String::new, |input| input.path)
    }

    /// Of a column that was joined to a table which has one of that name: that one.
    fn twin(&self, _column: usize) -> Option<usize> {
        None
    }

    /// Rows, where the format says so before it is read.
    fn rows(&self) -> Option<u64> {
        None
    }

    /// Whether it can be read more than once (a pipe cannot).
    fn rereadable(&self) -> bool {
        true
    }

    /// How many pieces can be read at the same time; each row is in exactly one piece. The pieces
    /// of a stream are lanes that share its blocks.
    fn pieces(&self) -> usize;

    /// A reading of the whole begins.
    fn begin(&self) {}

    /// Whether it turned out that the pieces were cut at the wrong places: then all that was read
    /// since [`Source::begin`] is void, and the source has cut itself right for the next reading.
    fn misread(&self) -> bool {
        false
    }

    /// The first rows of the table, at least `rows` where there are as many; does not count as
    /// reading (a stream keeps them for [`Source::read`]).
    fn head(
        &self,
        wants: &[Want],
        rows: usize,
        each: &mut Each,
    ) -> std::result::Result<(), Stopped>;

    /// Reads one piece, batch by batch. Callers take pieces in ascending order, each once for a
    /// reading of the whole, and let those that were begun come to their end even if another
    /// failed. A lane ends quietly once another lane of its stream failed.
    fn read(
        &self,
        piece: usize,
        wants: &[Want],
        each: &mut Each,
    ) -> std::result::Result<(), Stopped>;

    /// The exact address of row `row` (from 0) of the batch that starts at `at`; may read again.
    fn place(&self, at: At, row: usize) -> Place;

    /// Things worth saying about how the input was read (blank lines skipped, positional join …),
    /// as warnings: lower case, no full stop. Complete after the last piece.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Checked after the last piece: the input is still the file that was opened, all of it was
    /// read, nothing was left open.
    fn finish(&self) -> Result<()> {
        Ok(())
    }

    /// Bytes read so far and in all, for progress; `None` where it is not known.
    fn progress(&self) -> Option<(u64, u64)> {
        None
    }
}

/// How the inputs are to be read; every field has a flag.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// `--input-format`; `None` is by magic bytes, then the extension, then the content.
    pub format: Option<String>,
    /// `--delimiter`; `None` is sniffed from the header.
    pub delimiter: Option<u8>,
    /// `--no-header`: columns are named `column_1` ….
    pub no_header: bool,
    /// `--predictions FILE`.
    pub predictions: Option<String>,
    /// `--id COL`.
    pub id: Option<String>,
    /// Threads that will read, for the lanes of a stream.
    pub threads: usize,
}

/// Opens files, folders, `-`, as one table, with the predictions of another joined to it.
pub fn open(inputs: &[OsString], options: &Options) -> Result<Box<dyn Source>> {
    let data = table(inputs, options)?;
    let Some(predictions) = &options.predictions else {
        return Ok(data);
    };
    let predictions = table(&[predictions.into()], options)?;
    Ok(Box::new(join::open(
        data,
        predictions,
        options.id.as_deref(),
    )?))
}

/// The state of a lock, whatever became of who held it: it is never left half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens files and folders as one table.
pub fn table(inputs: &[OsString], options: &Options) -> Result<Box<dyn Source>> {
    let (files, notes) = folder::expand(inputs)?;
    match files.as_slice() {
        [file] if file.keys.is_empty() && notes.is_empty() => Ok(one(&file.path, options)?.0),
        _ => Ok(Box::new(union::open(files, options, notes)?)),
    }
}

/// Opens one file or pipe; whether it cannot be opened a second time by its name.
fn one(input: &OsStr, options: &Options) -> Result<(Box<dyn Source>, bool)> {
    let identified = bytes::identify(input, options)?;
    let Some(path) = identified.path.clone() else {
        return Ok((pipe(identified, options)?, true));
    };
    let plain =
        identified.packing == Packing::None && matches!(identified.encoding, Encoding::Utf8(_));
    let name = identified.name.clone();
    let source: Box<dyn Source> = match identified.format {
        Format::Parquet => Box::new(parquet::open(&path, &name)?),
        Format::Csv | Format::Tsv if plain => Box::new(csv::open(&identified, options)?),
        Format::Csv | Format::Tsv | Format::JsonLines => {
            Box::new(stream::open(identified, options)?)
        }
        Format::ArrowFile => arrow::open_file(&path, &name)?,
        Format::ArrowStream => arrow::open_stream_file(&path, &name)?,
    };
    Ok((source, false))
}

/// Opens a pipe.
fn pipe(mut identified: Identified, options: &Options) -> Result<Box<dyn Source>> {
    if identified.format.is_text() {
        return Ok(Box::new(stream::open(identified, options)?));
    }
    let name = identified.name.clone();
    let mut bytes = identified
        .pipe
        .take()
        .unwrap_or_else(|| Box::new(std::io::empty()));
    Ok(match identified.format {
        Format::ArrowStream => arrow::open_stream(bytes, &name)?,
        Format::ArrowFile => arrow::from_file(spool::to_file(&mut *bytes, &name)?, &name)?,
        _ => Box::new(parquet::from_file(
            spool::to_file(&mut *bytes, &name)?,
            &name,
        )?),
    })
}
