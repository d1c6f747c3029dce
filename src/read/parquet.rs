//! Parquet files: a piece is a row group, a column is read by its pages where they are simple and
//! through Arrow arrays where they are not.
//!
//! Nothing in a file is believed: sizes are checked before a decoder allocates for them, and a
//! decoder that panics is an error.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Encoding, Type};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaDataReader};
use parquet::file::serialized_reader::SerializedPageReader;

use super::chunks::Chunks;
use super::pages::{Chunk, Sink, Stored};
use super::thrift::Walk;
use super::values::{self, Interner};
use super::{BATCH_ROWS, Each, Input, Shape, Source, Stopped, Want, guard};
use crate::data::{At, Batch, Column, Field, Kind};
use crate::error::{Error, Place, Problem, Result};

/// The most bytes that a page may inflate to; writers make pages of about a megabyte.
const PAGE_BYTES: i64 = 128 << 20;
/// The most bytes of a footer.
const FOOTER_BYTES: u64 = 256 << 20;

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
}

/// The same for a file that is open already.
pub fn from_file(file: std::fs::File, name: &str) -> Result<ParquetSource> {
    let _ = (file, name);
    todo!()
}

/// Opens a file; `name` is what the user called it.
pub fn open(path: &Path, name: &str) -> Result<ParquetSource> {
    let chunks = Chunks::open(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let corrupt = |what: String| damaged(name, what);
    check_footer(&chunks).map_err(corrupt)?;
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
    })
}

fn load(chunks: &Chunks) -> std::result::Result<ArrowReaderMetadata, String> {
    let metadata = ParquetMetaDataReader::new()
        .parse_and_finish(chunks)
        .map_err(|e| e.to_string())?;
    ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new())
        .map_err(|e| e.to_string())
}

fn damaged(name: &str, what: String) -> Error {
    Error::Data {
        place: Place::file(name),
        problem: Problem::Corrupt { what },
    }
}

/// Whether the footer is there, whole, and holds no length beyond its end.
fn check_footer(chunks: &Chunks) -> std::result::Result<(), String> {
    let length = chunks.length();
    if length < 12 {
        return Err("too short for a Parquet file".to_owned());
    }
    let mut tail = [0; 8];
    let unread = |e: std::io::Error| e.to_string();
    chunks.read_at(&mut tail, length - 8).map_err(unread)?;
    match &tail[4..] {
        b"PAR1" => {}
        b"PARE" => return Err("its footer is encrypted".to_owned()),
        _ => return Err("it does not end as a Parquet file does (cut off?)".to_owned()),
    }
    let footer = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if footer > length - 12 || footer > FOOTER_BYTES {
        return Err("its footer is longer than the file".to_owned());
    }
    let mut bytes = vec![0; footer as usize];
    chunks
        .read_at(&mut bytes, length - 8 - footer)
        .map_err(unread)?;
    if Walk::new(&bytes).is_sound() {
        Ok(())
    } else {
        Err("its footer holds lengths beyond its end".to_owned())
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
        .map(|field| Field {
            name: field.name().clone(),
            kind: values::kind(field.data_type()),
        })
        .collect();
    (fields, leaves)
}

/// How a wanted column of a row group is read.
enum Way {
    Pages(Box<Chunk>),
    /// Position among the columns that are read through Arrow.
    Arrow(usize, Interner),
}

impl ParquetSource {
    /// Reads a row group in batches of about `batch_rows`.
    fn read_group(
        &self,
        group: usize,
        wants: &[Want],
        batch_rows: usize,
        each: &mut Each,
    ) -> std::result::Result<ControlFlow<()>, Stopped> {
        let start = self.starts[group];
        let stop = |error: Error| Stopped {
            at: self.at(start),
            error,
        };
        let (mut ways, mut arrow) = self.ways(group, wants, batch_rows).map_err(stop)?;
        let rows = self.metadata.metadata().row_group(group).num_rows() as u64;
        let mut done = 0;
        let mut columns = Vec::with_capacity(wants.len());
        while done < rows {
            let at = self.at(start + done);
            let stop = |error: Error| Stopped { at, error };
            let count = (rows - done).min(batch_rows as u64) as usize;
            let arrays = arrow
                .as_mut()
                .map(|reader| self.arrays(reader, count))
                .transpose()
                .map_err(stop)?
                .unwrap_or_default();
            columns.clear();
            for (way, want) in ways.iter_mut().zip(wants) {
                let column = match way {
                    Way::Pages(chunk) => chunk.next(count).map_err(|what| self.corrupt(want, what)),
                    Way::Arrow(position, interner) => {
                        self.convert(&arrays[*position], interner, want, at)
                    }
                };
                columns.push(column.map_err(stop)?);
            }
            let batch = Batch {
                rows: count,
                columns: &columns,
                at,
            };
            if each(&batch).map_err(stop)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            done += count as u64;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn at(&self, row: u64) -> At {
        At {
            input: 0,
            start: row,
        }
    }

    fn corrupt(&self, want: &Want, what: String) -> Error {
        Error::Data {
            place: Place::file(&*self.name).in_column(&*self.fields[want.column].name),
            problem: Problem::Corrupt { what },
        }
    }

    /// Opens the wanted columns of a row group.
    fn ways(
        &self,
        group: usize,
        wants: &[Want],
        batch_rows: usize,
    ) -> Result<(Vec<Way>, Option<ParquetRecordBatchReader>)> {
        let mut ways = Vec::with_capacity(wants.len());
        let mut roots: Vec<usize> = Vec::new();
        for want in wants {
            if let Kind::Other(kind) = &self.fields[want.column].kind {
                return Err(Error::Data {
                    place: Place::file(&*self.name).in_column(&*self.fields[want.column].name),
                    problem: Problem::NotFlat { kind: kind.clone() },
                });
            }
            self.check_pages(group, want)?;
            if let Some(chunk) = self.by_pages(group, want)? {
                ways.push(Way::Pages(Box::new(chunk)));
            } else {
                roots.push(want.column);
                ways.push(Way::Arrow(0, Interner::default()));
            }
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
        let mask = ProjectionMask::roots(parquet, roots.iter().copied());
        let reader = guard::run(|| {
            ParquetRecordBatchReaderBuilder::new_with_metadata(
                self.chunks.clone(),
                self.metadata.clone(),
            )
            .with_row_groups(vec![group])
            .with_projection(mask)
            .with_batch_size(batch_rows)
            .build()
            .map_err(|e| e.to_string())
        });
        let reader = reader.and_then(|built| built);
        Ok((
            ways,
            Some(reader.map_err(|what| damaged(&self.name, what))?),
        ))
    }

    /// The pages of a column, where they can be read without Arrow.
    fn by_pages(&self, group: usize, want: &Want) -> Result<Option<Chunk>> {
        let Some(leaf) = self.leaves[want.column] else {
            return Ok(None);
        };
        let chunk = self.metadata.metadata().row_group(group).column(leaf);
        let data_type = self.metadata.schema().field(want.column).data_type();
        if !is_simple(chunk, data_type, want.shape) {
            return Ok(None);
        }
        let rows = self.metadata.metadata().row_group(group).num_rows() as usize;
        let pages = guard::run(|| {
            SerializedPageReader::new(Arc::new(self.chunks.clone()), chunk, rows, None)
                .map_err(|e| e.to_string())
        });
        let pages = pages
            .and_then(|opened| opened)
            .map_err(|what| self.corrupt(want, what))?;
        let sink = match want.shape {
            Shape::Codes => Sink::Codes(Interner::default()),
            Shape::Numbers => Sink::Numbers,
        };
        let target = data_type.clone();
        Ok(Some(Chunk::new(
            Box::new(pages),
            chunk.column_type(),
            chunk.column_descr().max_def_level() == 1,
            sink,
            Box::new(move |stored: Stored| values::spell(stored, &target)),
        )))
    }

    /// Whether the pages of a column lie within the file and inflate to bearable sizes.
    fn check_pages(&self, group: usize, want: &Want) -> Result<()> {
        let parquet = self.metadata.metadata().file_metadata().schema_descr();
        for leaf in 0..parquet.num_columns() {
            if parquet.get_column_root_idx(leaf) != want.column {
                continue;
            }
            let chunk = self.metadata.metadata().row_group(group).column(leaf);
            check_chunk(&self.chunks, chunk).map_err(|what| self.corrupt(want, what))?;
        }
        Ok(())
    }

    fn arrays(&self, reader: &mut ParquetRecordBatchReader, rows: usize) -> Result<Vec<ArrayRef>> {
        let batch = guard::run(|| reader.next());
        let batch = batch.map_err(|what| damaged(&self.name, what))?;
        match batch {
            Some(Ok(batch)) if batch.num_rows() == rows => Ok(batch.columns().to_vec()),
            Some(Err(error)) => Err(damaged(&self.name, error.to_string())),
            _ => {
                let what = "fewer rows than the row group says".to_owned();
                Err(damaged(&self.name, what))
            }
        }
    }

    fn convert(
        &self,
        array: &ArrayRef,
        interner: &mut Interner,
        want: &Want,
        at: At,
    ) -> Result<Column> {
        match want.shape {
            Shape::Codes => guard::run(|| interner.codes(array))
                .and_then(|codes| codes)
                .map(Column::Codes)
                .map_err(|what| self.corrupt(want, what)),
            Shape::Numbers => match guard::run(|| values::numbers(array, &want.nulls)) {
                Ok(Ok(numbers)) => Ok(Column::Numbers(numbers)),
                Ok(Err((row, value))) => Err(Error::Data {
                    place: self
                        .place(at, row)
                        .in_column(&*self.fields[want.column].name),
                    problem: Problem::NotANumber { value },
                }),
                Err(what) => Err(self.corrupt(want, what)),
            },
        }
    }
}

/// Whether the pages of a chunk are of the simple kind that `pages` reads.
fn is_simple(chunk: &ColumnChunkMetaData, data_type: &DataType, shape: Shape) -> bool {
    let plain = |encoding| {
        matches!(
            encoding,
            Encoding::PLAIN | Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY | Encoding::RLE
        ) || super::pages::is_bit_packed(encoding)
    };
    if chunk.column_descr().max_def_level() > 1 || !chunk.encodings().all(plain) {
        return false;
    }
    let text = match data_type {
        DataType::Dictionary(_, values) => values,
        other => other,
    };
    match (chunk.column_type(), text) {
        (Type::BYTE_ARRAY, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => {
            shape == Shape::Codes
        }
        (
            Type::INT32,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16,
        )
        | (Type::INT64, DataType::Int64)
        | (Type::FLOAT, DataType::Float32)
        | (Type::DOUBLE, DataType::Float64) => true,
        (Type::INT32, DataType::Date32) | (Type::INT64, DataType::Timestamp(..)) => {
            shape == Shape::Codes
        }
        _ => false,
    }
}

/// Walks over the page headers of a chunk.
fn check_chunk(chunks: &Chunks, chunk: &ColumnChunkMetaData) -> std::result::Result<(), String> {
    const HEADER: usize = 64 << 10;
    if chunk.file_path().is_some() {
        return Err("a column that is kept in another file".to_owned());
    }
    let first = chunk
        .dictionary_page_offset()
        .unwrap_or(i64::MAX)
        .min(chunk.data_page_offset());
    let range = (u64::try_from(first), u64::try_from(chunk.compressed_size()));
    let (Ok(mut at), Ok(length)) = range else {
        return Err("a column chunk at a negative place".to_owned());
    };
    let end = at.checked_add(length).filter(|&end| end <= chunks.length());
    let end = end.ok_or("a column chunk beyond the end of the file")?;
    let mut buffer = [0; 512];
    while at < end {
        let size = match chunks.read_some(&mut buffer, at) {
            Ok(read) => Walk::new(&buffer[..read]).page_size(),
            Err(error) => return Err(error.to_string()),
        };
        // Statistics of long values make long headers.
        let size = size.or_else(|| {
            let mut long = vec![0; HEADER.min((end - at) as usize)];
            let read = chunks.read_some(&mut long, at).ok()?;
            Walk::new(&long[..read]).page_size()
        });
        let size = size.ok_or("a damaged page header")?;
        if !(0..=PAGE_BYTES).contains(&size.inflated) {
            return Err(format!("a page of {} bytes once inflated", size.inflated));
        }
        let stored = u64::try_from(size.stored).map_err(|_| "a page of negative size")?;
        at = at
            .checked_add(size.header as u64 + stored)
            .filter(|&next| next <= end)
            .ok_or("a page beyond the end of its column")?;
    }
    Ok(())
}

impl Source for ParquetSource {
    fn columns(&self) -> &[Field] {
        &self.fields
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
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
            if start >= rows as u64 {
                break;
            }
            let mut seen = start;
            let flow = self.read_group(group, wants, rows.clamp(1, BATCH_ROWS), &mut |batch| {
                seen += batch.rows as u64;
                let flow = each(batch)?;
                Ok(if seen >= rows as u64 {
                    ControlFlow::Break(())
                } else {
                    flow
                })
            })?;
            if flow.is_break() {
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
        self.read_group(piece, wants, BATCH_ROWS, each).map(drop)
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
}
