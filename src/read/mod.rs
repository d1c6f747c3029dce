//! Files to record batches. The only module that opens anything.
//!
//! In: what the user named. Out: a [`Source`], whose pieces any thread may read, each wanted
//! column and no other. A file is never loaded whole.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use crate::error::{Place, Result};

/// How a wanted column is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// For groups, labels and predictions. Text comes as a dictionary with `UInt8` or `Int32` keys
    /// and `Utf8` values (the same `Arc` of values for as long as they do not change; values may
    /// repeat); every other type comes as it is stored.
    Codes,
    /// For scores, weights and counts. Text formats give `Float64` (an empty field is null, a field
    /// that is no number is an error with its place, null spellings of [`Want::nulls`] are null);
    /// others the stored numeric type.
    Numbers,
}

/// One wanted column.
#[derive(Debug, Clone, PartialEq)]
pub struct Want {
    /// Index in the source's schema.
    pub column: usize,
    /// How it is to come.
    pub shape: Shape,
    /// Spellings that are null in a column of numbers, beside the empty field.
    pub nulls: Arc<[String]>,
}

/// Where a batch starts; ordered as the rows are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Which of the inputs.
    pub input: u32,
    /// A position that only the source can read: a byte, or a row.
    pub start: u64,
}

/// Rows of the wanted columns, in the order of the wants.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The columns.
    pub columns: &'a RecordBatch,
    /// Where its first row is.
    pub at: At,
}

/// What is known of an input after it was opened, and after it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// As the user named it.
    pub path: String,
    /// `csv`, `tsv`, `jsonl`, `parquet`, `arrow`; with ` (gzip)`, ` (zstd)`.
    pub format: String,
    /// Bytes of the file; `None` for a stream.
    pub bytes: Option<u64>,
}

/// A table that can be read piece by piece, more than once.
pub trait Source: Send + Sync {
    /// Every column there is, in file order; text formats have `Utf8` throughout.
    fn schema(&self) -> SchemaRef;

    /// The inputs that make up the table.
    fn inputs(&self) -> Vec<Input>;

    /// Rows, where the format says so before it is read.
    fn rows(&self) -> Option<u64> {
        None
    }

    /// How many pieces can be read at the same time; each row is in exactly one piece. The pieces
    /// of a stream are lanes that share its blocks.
    fn pieces(&self) -> usize;

    /// Reads one piece, batch by batch; `each` may end it with an error.
    fn read(
        &self,
        piece: usize,
        wants: &[Want],
        each: &mut dyn FnMut(&Batch) -> Result<()>,
    ) -> Result<()>;

    /// The exact address of row `row` (from 0) of the batch that starts at `at`; may read again.
    fn place(&self, at: At, row: usize) -> Place;

    /// Things worth saying about how the input was read (blank lines skipped, positional join …).
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Checked after the last piece: the input is still the file that was opened.
    fn finish(&self) -> Result<()> {
        Ok(())
    }
}

/// How the inputs are to be read; every field has a flag.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// `--input-format`; `None` is by magic bytes, then the extension.
    pub format: Option<String>,
    /// `--delimiter`; `None` is sniffed from the header.
    pub delimiter: Option<u8>,
    /// `--no-header`: columns are named `column_1` ….
    pub no_header: bool,
    /// `--predictions FILE`.
    pub predictions: Option<String>,
    /// `--id COL`.
    pub id: Option<String>,
}

/// Opens files, folders, `-`, as one table.
pub fn open(inputs: &[String], options: &Options) -> Result<Box<dyn Source>> {
    let _ = (inputs, options);
    todo!()
}
