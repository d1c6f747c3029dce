//! A walk over a Parquet file's footer and page headers before anything of it is decoded: every
//! length lies within the file, every page inflates to a bearable size, the rows add up.

use parquet::file::metadata::ColumnChunkMetaData;

use super::chunks::Chunks;
use super::thrift::{PageHead, Walk};

/// The most bytes that a page may inflate to; writers make pages of about a megabyte.
pub const PAGE_BYTES: i64 = 128 << 20;
/// The most bytes of a footer.
const FOOTER_BYTES: u64 = 256 << 20;
/// The deepest tree of columns: what reads it, recurses.
const DEPTH: usize = 100;
/// The most elements of a schema and column chunks: decoded, each takes about half a kilobyte.
const PARTS: u64 = 1 << 20;

/// The bit of the encoding PLAIN in [`Pages::encodings`].
pub const PLAIN: u64 = 1;
/// The bits of dictionary indices, by their old and their new name.
pub const DICTIONARY: u64 = 1 << 2 | 1 << 8;
/// The bit of runs: booleans, in data pages.
pub const RLE: u64 = 1 << 3;

/// What is wrong with the file.
pub type Fault = String;

/// Whether the footer is there, whole, and holds no length beyond its end.
pub fn check_footer(chunks: &Chunks) -> Result<(), Fault> {
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
    if !Walk::new(&bytes).is_sound() {
        return Err("its footer holds lengths beyond its end".to_owned());
    }
    let shape = Walk::new(&bytes)
        .footer_shape()
        .ok_or("its footer is damaged")?;
    if shape.depth > DEPTH {
        return Err(format!(
            "columns nested {} deep (at most {DEPTH})",
            shape.depth
        ));
    }
    if shape.elements.saturating_add(shape.chunks) > PARTS {
        return Err(format!(
            "more than {PARTS} columns in all row groups together"
        ));
    }
    Ok(())
}

/// What the pages of a column chunk are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pages {
    /// The encodings of the data pages, a bit for each number.
    pub encodings: u64,
    /// Bytes of the largest data page, once inflated.
    pub largest: i64,
    /// Bytes of the dictionary page, once inflated.
    pub dictionary: i64,
}

impl Pages {
    /// Bytes that are held at once to read the chunk.
    pub fn need(&self) -> i64 {
        self.largest + self.dictionary
    }

    /// The most bytes that one value can take.
    pub fn value_bytes(&self) -> i64 {
        self.largest.max(self.dictionary)
    }
}

/// Walks over the page headers of a chunk that has `values` values, as far as the first `rows` of
/// them.
pub fn check_chunk(
    chunks: &Chunks,
    chunk: &ColumnChunkMetaData,
    values: u64,
    rows: u64,
) -> Result<Pages, Fault> {
    if chunk.file_path().is_some() {
        return Err("a column that is kept in another file".to_owned());
    }
    let first = chunk
        .dictionary_page_offset()
        .unwrap_or(chunk.data_page_offset());
    let range = (u64::try_from(first), u64::try_from(chunk.compressed_size()));
    let (Ok(mut at), Ok(length)) = range else {
        return Err("a column chunk at a negative place".to_owned());
    };
    let end = at.checked_add(length).filter(|&end| end <= chunks.length());
    let end = end.ok_or("a column chunk beyond the end of the file")?;
    let mut pages = Pages::default();
    let mut sum = 0_u64;
    while at < end && sum < rows {
        let head = page_head(chunks, at, end)?;
        if !(0..=PAGE_BYTES).contains(&head.inflated) {
            return Err(format!(
                "a page that inflates to {} bytes (at most {PAGE_BYTES})",
                head.inflated
            ));
        }
        let stored = u64::try_from(head.stored).map_err(|_| "a page of negative size")?;
        at = at
            .checked_add(head.header as u64 + stored)
            .filter(|&next| next <= end)
            .ok_or("a page beyond the end of its column")?;
        let count = u64::try_from(head.values).map_err(|_| "a page of negative length")?;
        match head.kind {
            2 => pages.dictionary = pages.dictionary.max(head.inflated),
            0 | 3 => {
                pages.largest = pages.largest.max(head.inflated);
                pages.encodings |= u32::try_from(head.encoding)
                    .ok()
                    .and_then(|encoding| 1_u64.checked_shl(encoding))
                    .ok_or("a page in an unknown encoding")?;
                sum = sum.checked_add(count).ok_or("a page of too many values")?;
            }
            _ => {}
        }
    }
    if sum > values || sum < values.min(rows) {
        return Err(format!(
            "its pages hold {sum} values, the row group {values}"
        ));
    }
    Ok(pages)
}

/// The header of the page at a position.
fn page_head(chunks: &Chunks, at: u64, end: u64) -> Result<PageHead, Fault> {
    // Statistics of long values make long headers.
    for most in [256, 64 << 10, 4 << 20] {
        let mut bytes = vec![0; (end - at).min(most) as usize];
        let read = chunks
            .read_some(&mut bytes, at)
            .map_err(|e| e.to_string())?;
        if let Some(head) = Walk::new(&bytes[..read]).page_head() {
            return Ok(head);
        }
        if (read as u64) < most {
            break;
        }
    }
    Err("a damaged page header".to_owned())
}
