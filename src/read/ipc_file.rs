//! An Arrow IPC file as a source: a piece is a record batch.

use std::sync::{Mutex, OnceLock};

use arrow::buffer::MutableBuffer;
use arrow::datatypes::SchemaRef;
use arrow::ipc::{Block, MetadataVersion, root_as_footer};

use super::arrow::{Columns, damaged, fields_of};
use super::chunks::Chunks;
use super::ipc::{self, Carries, Decoder, Message};
use super::{Each, Input, Source, Stopped, Want, guard};
use crate::data::{At, Field};
use crate::error::{Error, Place, Result};

/// An open file. A row is addressed by its record batch (the upper half) and its number in there.
pub struct FileSource {
    name: String,
    chunks: Chunks,
    fields: Vec<Field>,
    dictionaries: Vec<Block>,
    batches: Vec<Block>,
    /// The numbers of the dictionaries that were read, and what they hold.
    decoder: Mutex<(Vec<i64>, Decoder)>,
    /// First row of each record batch, then the rows of all; `None` if a header is damaged.
    starts: OnceLock<Option<Vec<u64>>>,
}

/// What a footer says: schema, version, dictionaries, record batches.
type Footer = (SchemaRef, MetadataVersion, Vec<Block>, Vec<Block>);

/// What is wrong with the file.
type Fault = String;

impl FileSource {
    /// Reads the footer.
    pub fn new(chunks: Chunks, name: &str) -> Result<Self> {
        let footer = guard::run(|| read_footer(&chunks)).and_then(|footer| footer);
        let (schema, version, dictionaries, batches) =
            footer.map_err(|what| damaged(name, what))?;
        Ok(Self {
            name: name.to_owned(),
            chunks,
            fields: fields_of(&schema),
            decoder: Mutex::new((Vec::new(), Decoder::new(schema, version))),
            dictionaries,
            batches,
            starts: OnceLock::new(),
        })
    }

    /// A decoder that knows the dictionaries of these columns.
    fn decoder(&self, columns: &[usize]) -> Result<Decoder, Fault> {
        let mut known = super::lock(&self.decoder);
        let (read, decoder) = &mut *known;
        let mut missing = ipc::dictionary_ids(decoder.schema(), columns);
        missing.retain(|id| !read.contains(id));
        if !missing.is_empty() {
            for block in &self.dictionaries {
                let header = self.header(block)?;
                match ipc::describe(&header)? {
                    (Carries::Dictionary(id), _) if missing.contains(&id) => {}
                    (Carries::Dictionary(_), _) => continue,
                    _ => return Err("no dictionary where one should be".to_owned()),
                }
                let body = self.body(block, std::iter::once(0..block.bodyLength() as usize))?;
                decoder.learn(&Message { header, body })?;
            }
            read.extend(missing);
        }
        Ok(decoder.clone())
    }

    /// The header of a message, without its frame.
    fn header(&self, block: &Block) -> Result<Vec<u8>, Fault> {
        let mut framed = vec![0; block.metaDataLength() as usize];
        self.chunks
            .read_at(&mut framed, block.offset() as u64)
            .map_err(|e| e.to_string())?;
        ipc::unframe(&framed).map(<[u8]>::to_vec)
    }

    /// The body of a message, of which only some ranges are read.
    fn body(
        &self,
        block: &Block,
        ranges: impl Iterator<Item = std::ops::Range<usize>>,
    ) -> Result<arrow::buffer::Buffer, Fault> {
        let length = block.bodyLength() as usize;
        // Zeroed room is not resident before it is written to.
        let mut body = MutableBuffer::try_from_len_zeroed(length).map_err(|e| e.to_string())?;
        let start = block.offset() as u64 + block.metaDataLength() as u64;
        for range in ranges {
            let at = start + range.start as u64;
            let bytes = body.get_mut(range).ok_or("a buffer beyond its message")?;
            self.chunks.read_at(bytes, at).map_err(|e| e.to_string())?;
        }
        Ok(body.into())
    }

    /// The wanted columns of a record batch.
    fn batch(&self, piece: usize, columns: &[usize]) -> Result<arrow::array::RecordBatch, Fault> {
        let decoder = self.decoder(columns)?;
        let block = &self.batches[piece];
        let header = self.header(block)?;
        let (carries, body) = guard::run(|| ipc::describe(&header)).and_then(|told| told)?;
        if !matches!(carries, Carries::Batch(_)) {
            return Err("no record batch where one should be".to_owned());
        }
        if body != block.bodyLength() as u64 {
            return Err("a message of another length than the footer says".to_owned());
        }
        let ranges = decoder.wanted(&header, columns)?;
        let body = self.body(block, ranges.into_iter())?;
        decoder.batch(&Message { header, body }, columns)
    }

    fn read_piece(
        &self,
        piece: usize,
        wants: &[Want],
        each: &mut Each,
    ) -> std::result::Result<bool, Stopped> {
        let start = (piece as u64) << 32;
        let stop = |error: Error| Stopped {
            at: At::new(start),
            error,
        };
        let mut columns = Columns::new(&self.name, &self.fields, wants).map_err(stop)?;
        let batch = self.batch(piece, &columns.indices);
        let batch = batch.map_err(|what| stop(damaged(&self.name, what)))?;
        let flow = columns.emit(&batch, start, &|at, row| self.place(at, row), each)?;
        Ok(flow.is_continue())
    }

    fn starts(&self) -> Option<&[u64]> {
        let count = || {
            let mut starts = vec![0];
            let mut sum = 0_u64;
            for block in &self.batches {
                let header = self.header(block).ok()?;
                let (carries, _) = guard::run(|| ipc::describe(&header)).ok()?.ok()?;
                let Carries::Batch(rows) = carries else {
                    return None;
                };
                sum = sum.checked_add(rows)?;
                starts.push(sum);
            }
            Some(starts)
        };
        self.starts.get_or_init(count).as_deref()
    }
}

fn read_footer(chunks: &Chunks) -> Result<Footer, Fault> {
    let length = chunks.length();
    let mut tail = [0; 10];
    if length < 22 {
        return Err("too short for an Arrow file".to_owned());
    }
    let unread = |e: std::io::Error| e.to_string();
    chunks.read_at(&mut tail, length - 10).map_err(unread)?;
    if &tail[4..] != b"ARROW1" {
        return Err("it does not end as an Arrow file does (cut off?)".to_owned());
    }
    let footer = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if footer > length - 18 || footer > ipc::HEADER_BYTES {
        return Err("its footer is longer than the file".to_owned());
    }
    let mut bytes = vec![0; footer as usize];
    chunks
        .read_at(&mut bytes, length - 10 - footer)
        .map_err(unread)?;
    let footer = root_as_footer(&bytes).map_err(|e| e.to_string())?;
    let schema = ipc::schema_from(footer.schema().ok_or("its footer has no schema")?)?;
    let dictionaries: Vec<Block> = footer
        .dictionaries()
        .into_iter()
        .flatten()
        .copied()
        .collect();
    let batches: Vec<Block> = footer
        .recordBatches()
        .into_iter()
        .flatten()
        .copied()
        .collect();
    if dictionaries
        .iter()
        .chain(&batches)
        .all(|block| is_within(block, length))
    {
        Ok((schema, footer.version(), dictionaries, batches))
    } else {
        Err("a message beyond the end of the file".to_owned())
    }
}

/// Whether a message lies within the file.
fn is_within(block: &Block, length: u64) -> bool {
    let end = u64::try_from(block.offset())
        .ok()
        .zip(u64::try_from(block.metaDataLength()).ok())
        .zip(u64::try_from(block.bodyLength()).ok())
        .filter(|&((_, header), _)| header <= ipc::HEADER_BYTES)
        .and_then(|((offset, header), body)| offset.checked_add(header)?.checked_add(body));
    end.is_some_and(|end| end <= length)
}

impl Source for FileSource {
    fn columns(&self) -> &[Field] {
        &self.fields
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
            rows: None,
            path: self.name.clone(),
            format: "arrow".to_owned(),
            bytes: Some(self.chunks.length()),
        }]
    }

    fn rows(&self) -> Option<u64> {
        self.starts().and_then(|starts| starts.last().copied())
    }

    fn pieces(&self) -> usize {
        self.batches.len()
    }

    fn head(
        &self,
        wants: &[Want],
        rows: usize,
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let mut seen = 0;
        for piece in 0..self.batches.len() {
            let more = self.read_piece(piece, wants, &mut |batch| {
                seen += batch.rows;
                let flow = each(batch)?;
                Ok(if seen < rows {
                    flow
                } else {
                    std::ops::ControlFlow::Break(())
                })
            })?;
            if !more {
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
        self.read_piece(piece, wants, each).map(drop)
    }

    fn place(&self, at: At, row: usize) -> Place {
        let piece = (at.start >> 32) as usize;
        let within = (at.start & u64::from(u32::MAX)) + row as u64 + 1;
        let start = self.starts().and_then(|starts| starts.get(piece));
        Place {
            row: start.map(|start| start + within),
            ..Place::file(&*self.name)
        }
    }

    fn finish(&self) -> Result<()> {
        self.chunks.check_unchanged(&self.name)
    }
}
