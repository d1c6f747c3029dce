//! Parquet files: a piece is a row group, a column is read by its pages where they are simple and
//! through Arrow arrays where they are not.
//!
//! Nothing in a file is believed: sizes are checked before a decoder allocates for them, and a
//! decoder that panics is an error.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Type;
use parquet::file::metadata::{ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

use super::chunks::Chunks;
use super::pages::Chunk;
use super::plain::Stored;
use super::values::{Fault, Gather};
use super::walk::{self, Pages};
use super::{BATCH_ROWS, Each, Input, Source, Stopped, Want, guard, kinds};
use crate::data::{At, Batch, Column, Field, Kind};
use crate::error::{Error, Place, Problem, Result};

/// The most bytes of pages that the wanted columns of a row group may need at once.
const NEED_BYTES: i64 = 384 << 20;
/// Row groups that need more than this are read one at a time, whatever the threads.
const HEAVY_BYTES: i64 = 48 << 20;
/// The most bytes that texts may take in an array of Arrow's.
const ARRAY_BYTES: i64 = 128 << 20;

/// An open Parquet file.
pub struct ParquetSource {
    name: String,
    chunks: Chunks,
    metadata: ArrowReaderMetadata,
    fields: Vec<Field>,
    /// Leaf of each column that is flat.
    leaves: Vec<Option<usize>>,
    /// First row of each row group.
    starts: Vec<u64>,
    rows: u64,
    rows_read: AtomicU64,
    /// Held while a row group is read that needs much memory.
    heavy: Mutex<()>,
}

/// Opens a file; `name` is what the user called it.
pub fn open(path: &Path, name: &str) -> Result<ParquetSource> {
    let unread = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    from_chunks(Chunks::open(path).map_err(unread)?, name)
}

/// The same for a file that is open already (a spooled pipe has no path).
pub fn from_file(file: File, name: &str) -> Result<ParquetSource> {
    let unread = |source| Error::Read {
        path: name.into(),
        source,
    };
    from_chunks(Chunks::from_file(file).map_err(unread)?, name)
}

fn from_chunks(chunks: Chunks, name: &str) -> Result<ParquetSource> {
    let corrupt = |what: String| damaged(name, what);
    walk::check_footer(&chunks).map_err(corrupt)?;
    let metadata = guard::run(|| load(&chunks))
        .and_then(|loaded| loaded)
        .map_err(corrupt)?;
    let schema = Arc::clone(metadata.schema());
    let (fields, leaves) = columns(&schema, &metadata);
    let mut starts = Vec::new();
    let mut rows = 0_u64;
    for group in metadata.metadata().row_groups() {
        starts.push(rows);
        let count = u64::try_from(group.num_rows()).ok();
        let sum = count.and_then(|count| rows.checked_add(count));
        rows = sum.ok_or_else(|| corrupt("a row group with a negative number of rows".into()))?;
    }
    if i64::try_from(rows).ok() != Some(metadata.metadata().file_metadata().num_rows()) {
        return Err(corrupt("the row groups do not add up to the rows".into()));
    }
    Ok(ParquetSource {
        name: name.to_owned(),
        chunks,
        metadata,
        fields,
        leaves,
        starts,
        rows,
        rows_read: AtomicU64::new(0),
        heavy: Mutex::new(()),
    })
}

fn load(chunks: &Chunks) -> std::result::Result<ArrowReaderMetadata, String> {
    let metadata = ParquetMetaDataReader::new()
        .parse_and_finish(chunks)
        .map_err(|e| e.to_string())?;
    let metadata = Arc::new(metadata);
    // A note of the writer's on Arrow types that does not fit the file is not needed.
    ArrowReaderMetadata::try_new(Arc::clone(&metadata), ArrowReaderOptions::new())
        .or_else(|_| {
            let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
            ArrowReaderMetadata::try_new(metadata, options)
        })
        .map_err(|e| e.to_string())
}

fn damaged(name: &str, what: String) -> Error {
    Error::Data {
        place: Place::file(name),
        problem: Problem::Corrupt { what },
    }
}

/// The top-level columns, and the leaf of each that is flat.
fn columns(schema: &SchemaRef, metadata: &ArrowReaderMetadata) -> (Vec<Field>, Vec<Option<usize>>) {
    let parquet = metadata.metadata().file_metadata().schema_descr();
    let mut leaves = vec![None; schema.fields().len()];
    for leaf in 0..parquet.num_columns() {
        let column = parquet.column(leaf);
        let root = parquet.get_column_root_idx(leaf);
        let flat = column.max_rep_level() == 0 && column.path().parts().len() == 1;
        if let (true, Some(entry)) = (flat, leaves.get_mut(root)) {
            *entry = Some(leaf);
        }
    }
    let fields = schema
        .fields()
        .iter()
        .zip(&leaves)
        .map(|(field, leaf)| Field {
            name: field.name().clone(),
            kind: match (leaf, kinds::kind(field.data_type())) {
                // Plain values in Arrow's eyes that are none in the file: a repeated field.
                (None, kind) if !matches!(kind, Kind::Other(_)) => Kind::Other("list".to_owned()),
                (_, kind) => kind,
            },
        })
        .collect();
    (fields, leaves)
}

/// How a wanted column of a row group is read.
enum Way {
    Pages(Box<Chunk>),
    /// Position among the columns that are read through Arrow.
    Arrow(usize, Box<Gather>),
}

/// Columns that are read through Arrow, and what is left of the record batch read last.
struct Arrays {
    reader: ParquetRecordBatchReader,
    left: Option<RecordBatch>,
}

impl Arrays {
    /// The next rows, `most` at most.
    fn next(&mut self, most: usize) -> std::result::Result<RecordBatch, String> {
        let batch = match self.left.take() {
            Some(batch) => batch,
            None => guard::run(|| self.reader.next())?
                .ok_or("fewer rows than the row group says")?
                .map_err(|e| e.to_string())?,
        };
        let rows = batch.num_rows();
        if rows == 0 {
            return Err("fewer rows than the row group says".to_owned());
        }
        if rows > most {
            self.left = Some(batch.slice(most, rows - most));
        }
        Ok(batch.slice(0, rows.min(most)))
    }
}

impl ParquetSource {
    /// Reads the first `rows` rows of a row group in batches.
    fn read_group(
        &self,
        group: usize,
        wants: &[Want],
        rows: u64,
        each: &mut Each,
    ) -> std::result::Result<ControlFlow<()>, Stopped> {
        let start = self.starts[group];
        let stop = |row: u64, error: Error| Stopped {
            at: At::new(start + row),
            error,
        };
        let batch_rows = rows.min(BATCH_ROWS as u64) as usize;
        let (pages, need) = self.check(group, wants, rows).map_err(|e| stop(0, e))?;
        if rows == 0 {
            return Ok(ControlFlow::Continue(()));
        }
        let _alone = (need > HEAVY_BYTES).then(|| super::lock(&self.heavy));
        let opened = self.ways(group, wants, &pages, batch_rows);
        let (mut ways, mut arrays) = opened.map_err(|e| stop(0, e))?;
        let mut columns: Vec<Column> = wants.iter().map(|_| Column::Numbers(Vec::new())).collect();
        let mut done = 0;
        while done < rows {
            let at = At::new(start + done);
            let count = (rows - done).min(batch_rows as u64) as usize;
            if let Some(arrays) = &mut arrays {
                self.gather(arrays, &mut ways, wants, count, at)
                    .map_err(|e| stop(done, e))?;
            }
            for ((way, want), column) in ways.iter_mut().zip(wants).zip(&mut columns) {
                match way {
                    Way::Pages(chunk) => chunk
                        .next(count, column)
                        .map_err(|fault| stop(done, self.refuse(want, fault, at)))?,
                    Way::Arrow(_, gather) => gather.finish(column),
                }
            }
            let batch = Batch {
                rows: count,
                columns: &columns,
                at,
            };
            let flow = each(&batch).map_err(|e| stop(done, e))?;
            self.rows_read.fetch_add(count as u64, Ordering::Relaxed);
            if flow.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            done += count as u64;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn group(&self, group: usize) -> &RowGroupMetaData {
        self.metadata.metadata().row_group(group)
    }

    fn refuse(&self, want: &Want, fault: Fault, at: At) -> Error {
        let (place, problem) = match fault {
            Fault::Corrupt(what) => (Place::file(&*self.name), Problem::Corrupt { what }),
            Fault::Column(problem) => (Place::file(&*self.name), problem),
            Fault::Row(row, problem) => (self.place(at, row), problem),
        };
        Error::Data {
            place: place.in_column(&*self.fields[want.column].name),
            problem,
        }
    }

    /// Looks at the page headers of the wanted columns; what they need at once, too.
    fn check(&self, group: usize, wants: &[Want], rows: u64) -> Result<(Vec<Pages>, i64)> {
        let mut all = Vec::with_capacity(wants.len());
        let mut need = 0_i64;
        for want in wants {
            let pages = self.check_column(group, want, rows);
            let pages = pages.map_err(|fault| self.refuse(want, fault, At::default()))?;
            need = need.saturating_add(pages.need());
            all.push(pages);
        }
        if need > NEED_BYTES {
            let what = format!("pages of {need} bytes at once (at most {NEED_BYTES})");
            return Err(damaged(&self.name, what));
        }
        Ok((all, need))
    }

    fn check_column(
        &self,
        group: usize,
        want: &Want,
        rows: u64,
    ) -> std::result::Result<Pages, Fault> {
        let flat = self.leaves[want.column];
        let leaf = match (flat, &self.fields[want.column].kind) {
            (Some(leaf), kind) if !matches!(kind, Kind::Other(_)) => leaf,
            (_, Kind::Other(kind)) => {
                let kind = kind.clone();
                return Err(Fault::Column(Problem::NotFlat { kind }));
            }
            _ => return Err("a column of the schema that the file does not have".into()),
        };
        let group = self.group(group);
        let chunk = group
            .columns()
            .get(leaf)
            .ok_or("a row group without the column")?;
        let values = group.num_rows() as u64;
        if chunk.column_descr().physical_type() == Type::FIXED_LEN_BYTE_ARRAY
            && !(1..=64).contains(&chunk.column_descr().type_length())
        {
            return Err("numbers of more than 64 bytes".into());
        }
        Ok(walk::check_chunk(&self.chunks, chunk, values, rows)?)
    }

    /// Opens the wanted columns of a row group.
    fn ways(
        &self,
        group: usize,
        wants: &[Want],
        pages: &[Pages],
        batch_rows: usize,
    ) -> Result<(Vec<Way>, Option<Arrays>)> {
        let mut ways = Vec::with_capacity(wants.len());
        let mut roots: Vec<usize> = Vec::new();
        let mut array_rows = batch_rows as i64;
        for (want, pages) in wants.iter().zip(pages) {
            let chunk = self.by_pages(group, want, pages);
            if let Some(chunk) = chunk.map_err(|fault| self.refuse(want, fault, At::default()))? {
                ways.push(Way::Pages(Box::new(chunk)));
                continue;
            }
            // A value may be as long as its page, and a page may repeat it in every row.
            let leaf = self.leaves[want.column].unwrap_or(0);
            if self.group(group).column(leaf).column_type() == Type::BYTE_ARRAY {
                array_rows = array_rows.min(ARRAY_BYTES / pages.value_bytes().max(1));
            }
            roots.push(want.column);
            ways.push(Way::Arrow(0, Box::new(Gather::new(want))));
        }
        if roots.is_empty() {
            return Ok((ways, None));
        }
        roots.sort_unstable();
        roots.dedup();
        for (way, want) in ways.iter_mut().zip(wants) {
            if let Way::Arrow(position, _) = way {
                *position = roots.partition_point(|&root| root < want.column);
            }
        }
        let parquet = self.metadata.metadata().file_metadata().schema_descr();
        let mask = ProjectionMask::roots(parquet, roots);
        let reader = guard::run(|| {
            let (chunks, metadata) = (self.chunks.clone(), self.metadata.clone());
            ParquetRecordBatchReaderBuilder::new_with_metadata(chunks, metadata)
                .with_row_groups(vec![group])
                .with_projection(mask)
                .with_batch_size(array_rows.max(1) as usize)
                .build()
                .map_err(|e| e.to_string())
        });
        let reader = reader
            .and_then(|built| built)
            .map_err(|what| damaged(&self.name, what))?;
        Ok((ways, Some(Arrays { reader, left: None })))
    }

    /// The pages of a column, where they can be read without Arrow.
    fn by_pages(
        &self,
        group: usize,
        want: &Want,
        pages: &Pages,
    ) -> std::result::Result<Option<Chunk>, Fault> {
        let Some(leaf) = self.leaves[want.column] else {
            return Ok(None);
        };
        let chunk = self.group(group).column(leaf);
        let data_type = match self.metadata.schema().field(want.column).data_type() {
            DataType::Dictionary(_, values) => (**values).clone(),
            other => other.clone(),
        };
        let stored = Stored {
            physical: chunk.column_type(),
            data_type,
            nulls: Arc::clone(&want.nulls),
        };
        let mut simple = walk::PLAIN | walk::DICTIONARY;
        if stored.physical == Type::BOOLEAN {
            simple |= walk::RLE;
        }
        let levels = chunk.column_descr().max_def_level();
        if pages.encodings & !simple != 0 || levels > 1 || !stored.is_known() {
            return Ok(None);
        }
        let rows = self.group(group).num_rows() as usize;
        let reader = guard::run(|| {
            SerializedPageReader::new(Arc::new(self.chunks.clone()), chunk, rows, None)
                .map_err(|e| e.to_string())
        });
        let reader = reader.and_then(|opened| opened)?;
        Chunk::new(Box::new(reader), stored, levels == 1, want.shape).map(Some)
    }

    /// Adds the next rows of the columns that are read through Arrow.
    fn gather(
        &self,
        arrays: &mut Arrays,
        ways: &mut [Way],
        wants: &[Want],
        rows: usize,
        at: At,
    ) -> Result<()> {
        let mut done = 0;
        while done < rows {
            let batch = arrays.next(rows - done);
            let batch = batch.map_err(|what| damaged(&self.name, what))?;
            for (way, want) in ways.iter_mut().zip(wants) {
                let Way::Arrow(position, gather) = way else {
                    continue;
                };
                let array = batch.column(*position);
                let added = guard::run(|| gather.add(array)).map_err(Fault::Corrupt);
                added
                    .and_then(|added| added)
                    .map_err(|fault| self.refuse(want, fault, at))?;
            }
            done += batch.num_rows();
        }
        Ok(())
    }
}

impl Source for ParquetSource {
    fn columns(&self) -> &[Field] {
        &self.fields
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
            rows: None,
            path: self.name.clone(),
            format: "parquet".to_owned(),
            bytes: Some(self.chunks.length()),
        }]
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows)
    }

    fn pieces(&self) -> usize {
        self.starts.len()
    }

    fn head(
        &self,
        wants: &[Want],
        rows: usize,
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        for (group, &start) in self.starts.iter().enumerate() {
            let left = (rows as u64).saturating_sub(start);
            let most = left.min(self.group(group).num_rows() as u64);
            if left == 0 || self.read_group(group, wants, most, each)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn read(
        &self,
        piece: usize,
        wants: &[Want],
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let rows = self.group(piece).num_rows() as u64;
        self.read_group(piece, wants, rows, each).map(drop)
    }

    fn place(&self, at: At, row: usize) -> Place {
        Place {
            row: Some(at.start + row as u64 + 1),
            ..Place::file(&*self.name)
        }
    }

    fn finish(&self) -> Result<()> {
        self.chunks.check_unchanged(&self.name)
    }

    fn progress(&self) -> Option<(u64, u64)> {
        let bytes = u128::from(self.chunks.length());
        let read = u128::from(self.rows_read.load(Ordering::Relaxed).min(self.rows));
        let done = (bytes * read).checked_div(self.rows.into())?;
        Some((done as u64, self.chunks.length()))
    }
}
