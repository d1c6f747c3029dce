//! Delimited text in a file: pieces are ranges of bytes, each cut at a record's end.
//!
//! A range begins after the first line end in it, as if no quoted field held one. That is checked:
//! each piece notes where its first record starts and its last one ends, and where these do not
//! meet the source says so ([`Source::misread`]), cuts itself by reading once in order, and is read
//! anew.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::bytes::{Encoding, Identified};
use super::chunks::Chunks;
use super::header::{self, Header};
use super::parse::{Outcome, Parser, Ready};
use super::records::{End, PADDING, Records};
use super::{Each, Input, Options, Source, Stopped, Want, lock};
use crate::data::{At, Batch, Field, limits};
use crate::error::{Error, Place, Problem, Result};

/// Bytes of a piece.
const PIECE: u64 = 8 << 20;
/// Bytes read at once.
const BLOCK: usize = 512 << 10;

/// An open file of delimited text.
pub struct CsvFile {
    name: String,
    chunks: Chunks,
    header: Header,
    /// Byte at which the first record of data starts.
    start: u64,
    format: String,
    /// Where the pieces start, once a quoted line end made it needful to know.
    cuts: Mutex<Option<Vec<u64>>>,
    /// Of each piece that was read: where its first record starts, and its last one ends.
    reached: Mutex<BTreeMap<usize, (u64, u64)>>,
    blank: AtomicU64,
    done: AtomicU64,
    /// Bytes of a piece, and bytes read at once.
    sizes: (u64, usize),
}

/// Opens a file of delimited text that is neither packed nor to be transcoded.
pub fn open(input: &Identified, options: &Options) -> Result<CsvFile> {
    let header = header::read(input, options)?;
    let path = input
        .path
        .clone()
        .unwrap_or_else(|| PathBuf::from(&input.name));
    let chunks = Chunks::open(&path).map_err(|source| Error::Read { path, source })?;
    let mark = match input.encoding {
        Encoding::Utf8(mark) => mark as u64,
        _ => 0,
    };
    Ok(CsvFile {
        name: input.name.clone(),
        chunks,
        start: mark + header.length as u64,
        header,
        format: input.format_name(),
        cuts: Mutex::new(None),
        reached: Mutex::default(),
        blank: AtomicU64::new(0),
        done: AtomicU64::new(0),
        sizes: (PIECE, BLOCK),
    })
}

/// A stretch of the file in memory.
struct Window {
    bytes: Vec<u8>,
    /// Bytes of text in it; `PADDING` zeros follow.
    filled: usize,
    /// Where in the file it starts.
    at: u64,
    /// Bytes read at once.
    block: usize,
}

impl Window {
    fn new(at: u64, block: usize) -> Self {
        Self {
            bytes: vec![0; block + PADDING],
            filled: 0,
            at,
            block,
        }
    }

    /// Drops what was parsed and reads more; false at the end of the file.
    fn advance(&mut self, parsed: usize, chunks: &Chunks) -> std::result::Result<bool, Problem> {
        self.bytes.copy_within(parsed..self.filled, 0);
        self.filled -= parsed;
        self.at += parsed as u64;
        if self.filled > limits::RECORD_BYTES {
            return Err(Problem::LongRecord {
                most: limits::RECORD_BYTES,
            });
        }
        // A record that does not fit makes the window larger.
        if self.filled + self.block + PADDING > self.bytes.len() {
            let more = self.filled + self.block;
            self.bytes
                .try_reserve_exact(more)
                .map_err(|_| Problem::LongRecord { most: self.filled })?;
            self.bytes.resize(self.filled + more + PADDING, 0);
        }
        let room = self.bytes.len() - PADDING;
        let from = self.at + self.filled as u64;
        let read = chunks
            .read_some(&mut self.bytes[self.filled..room], from)
            .map_err(|error| Problem::Corrupt {
                what: error.to_string(),
            })?;
        self.filled += read;
        self.bytes[self.filled..self.filled + PADDING].fill(0);
        Ok(read > 0)
    }
}

impl CsvFile {
    /// The range of a piece, as far as it is known before it is read.
    fn range(&self, piece: usize) -> (u64, u64) {
        let end = self.chunks.length();
        if let Some(cuts) = &*lock(&self.cuts) {
            let next = cuts.get(piece + 1).copied().unwrap_or(end);
            return (cuts.get(piece).copied().unwrap_or(end), next);
        }
        let at = |piece: usize| (self.start + piece as u64 * self.sizes.0).min(end);
        (at(piece), at(piece + 1))
    }

    /// Where the first record of a range starts: after the first line end at or behind `from − 1`.
    fn first_record(&self, from: u64) -> std::io::Result<u64> {
        if from == self.start || lock(&self.cuts).is_some() {
            return Ok(from);
        }
        let mut buffer = vec![0; 64 << 10];
        let mut at = from - 1;
        loop {
            let read = self.chunks.read_some(&mut buffer, at)?;
            if let Some(found) = memchr::memchr(self.header.dialect.terminator, &buffer[..read]) {
                return Ok(at + found as u64 + 1);
            }
            at += read as u64;
            if read < buffer.len() {
                return Ok(at);
            }
        }
    }

    /// Reads the records that start in `from..to`; where they end.
    fn read_range(
        &self,
        (from, to): (u64, u64),
        wants: &[Want],
        each: &mut Each,
    ) -> std::result::Result<u64, Stopped> {
        let mut parser = Parser::new(self.header.dialect, self.header.fields.len(), wants);
        let mut window = Window::new(from, self.sizes.1);
        let mut parsed = 0;
        loop {
            let more = window.advance(parsed, &self.chunks);
            let more = more.map_err(|problem| self.stop(window.at, problem, None))?;
            self.done.fetch_add(parsed as u64, Ordering::Relaxed);
            let limit = (to - window.at).min(window.filled as u64) as usize;
            let at = window.at;
            let outcome = parser.parse(
                &window.bytes,
                window.filled,
                limit,
                !more,
                &mut |ready: Ready| {
                    let at = At::new(at + ready.start as u64);
                    each(&Batch {
                        rows: ready.rows,
                        columns: ready.columns,
                        at,
                    })
                    .map(|flow| flow.is_continue())
                    .map_err(|error| Stopped { at, error })
                },
            );
            match outcome {
                Outcome::Done(reached) => parsed = reached,
                // Where the last record ends is not known: nothing is checked against it.
                Outcome::Enough => return Ok(u64::MAX),
                Outcome::Failed(stopped) => return Err(stopped),
                Outcome::Wrong(start, problem, want) => {
                    let column = want.map(|want| wants[want].column);
                    return Err(self.stop(at + start as u64, problem, column));
                }
            }
            if window.at + parsed as u64 >= to || !more {
                break;
            }
        }
        self.blank.fetch_add(parser.blank, Ordering::Relaxed);
        Ok(window.at + parsed as u64)
    }

    fn stop(&self, at: u64, problem: Problem, column: Option<usize>) -> Stopped {
        let mut place = self.place(At::new(at), 0);
        place.column = column.map(|column| self.header.fields[column].name.clone());
        Stopped {
            at: At::new(at),
            error: Error::Data { place, problem },
        }
    }

    /// Where every piece starts, by reading the records in order.
    fn cut(&self) -> std::result::Result<Vec<u64>, Problem> {
        let mut cuts = vec![self.start];
        let mut window = Window::new(self.start, self.sizes.1);
        let mut parsed = 0;
        loop {
            let more = window.advance(parsed, &self.chunks)?;
            let mut records =
                Records::new(&window.bytes, window.filled, !more, self.header.dialect);
            while records.at < window.filled {
                let start = window.at + records.at as u64;
                if start >= self.start + cuts.len() as u64 * self.sizes.0 {
                    cuts.push(start);
                }
                let next = records.next(&[], &mut |_, _: &[u8]| Ok::<(), Problem>(()))?;
                if next.0 == End::Stray || next.0 == End::Beyond(true) && !more {
                    return Ok(cuts);
                }
                if let End::Beyond(_) = next.0 {
                    break;
                }
            }
            parsed = records.at;
            if !more {
                return Ok(cuts);
            }
        }
    }
}

impl Source for CsvFile {
    fn columns(&self) -> &[Field] {
        &self.header.fields
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
            rows: None,
            path: self.name.clone(),
            format: self.format.clone(),
            bytes: Some(self.chunks.length()),
        }]
    }

    fn pieces(&self) -> usize {
        if let Some(cuts) = &*lock(&self.cuts) {
            cuts.len()
        } else {
            let bytes = self.chunks.length().saturating_sub(self.start);
            bytes.div_ceil(self.sizes.0).max(1) as usize
        }
    }

    fn begin(&self) {
        lock(&self.reached).clear();
        self.blank.store(0, Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
    }

    fn head(
        &self,
        wants: &[Want],
        rows: usize,
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let mut seen = 0;
        self.read_range((self.start, self.chunks.length()), wants, &mut |batch| {
            seen += batch.rows;
            let flow = each(batch)?;
            Ok(if seen >= rows {
                ControlFlow::Break(())
            } else {
                flow
            })
        })?;
        self.begin();
        Ok(())
    }

    fn read(
        &self,
        piece: usize,
        wants: &[Want],
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let (from, to) = self.range(piece);
        let first = self.first_record(from).map_err(|error| {
            let what = error.to_string();
            self.stop(from, Problem::Corrupt { what }, None)
        })?;
        lock(&self.reached).insert(piece, (first, u64::MAX));
        if first < to {
            let end = self.read_range((first, to), wants, each)?;
            lock(&self.reached).insert(piece, (first, end));
        } else {
            lock(&self.reached).insert(piece, (first, first));
        }
        Ok(())
    }

    fn misread(&self) -> bool {
        let broken = {
            let reached = lock(&self.reached);
            let pairs = reached.iter().zip(reached.iter().skip(1));
            // A piece that failed has no end: what is behind it was not read to be told.
            let mut joints =
                pairs.filter(|((a, ends), (b, _))| **a + 1 == **b && ends.1 != u64::MAX);
            joints.any(|((_, before), (_, after))| before.1 != after.0)
        };
        if !broken || lock(&self.cuts).is_some() {
            return false;
        }
        match self.cut() {
            Ok(cuts) => *lock(&self.cuts) = Some(cuts),
            // The reading that follows meets the same record and tells where it is.
            Err(_) => *lock(&self.cuts) = Some(vec![self.start]),
        }
        true
    }

    fn place(&self, at: At, row: usize) -> Place {
        let mut place = Place::file(&*self.name);
        let mut lines = 1;
        let mut buffer = vec![0; BLOCK];
        let mut from = 0;
        let terminator = self.header.dialect.terminator;
        while from < at.start {
            let most = (at.start - from).min(BLOCK as u64) as usize;
            match self.chunks.read_some(&mut buffer[..most], from) {
                Ok(read) if read > 0 => {
                    lines += header::lines(&buffer[..read], terminator);
                    from += read as u64;
                }
                _ => return place,
            }
        }
        place.line = Some(lines + self.lines_of(at.start, row));
        place
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.header.notes.clone();
        match self.blank.load(Ordering::Relaxed) {
            0 => {}
            1 => notes.push(format!("{}: 1 blank line is skipped", self.name)),
            blank => notes.push(format!("{}: {blank} blank lines are skipped", self.name)),
        }
        notes
    }

    fn finish(&self) -> Result<()> {
        self.chunks.check_unchanged(&self.name)
    }

    fn progress(&self) -> Option<(u64, u64)> {
        Some((self.done.load(Ordering::Relaxed), self.chunks.length()))
    }
}

impl CsvFile {
    /// Lines from a record to the `rows`-th row after it.
    fn lines_of(&self, start: u64, rows: usize) -> u64 {
        let terminator = self.header.dialect.terminator;
        let mut window = Window::new(start, self.sizes.1);
        let (mut parsed, mut left, mut lines) = (0, rows, 0);
        loop {
            let Ok(more) = window.advance(parsed, &self.chunks) else {
                return lines;
            };
            let mut records =
                Records::new(&window.bytes, window.filled, !more, self.header.dialect);
            while records.at < window.filled {
                let from = records.at;
                records.skip_blank(window.filled);
                let start = records.at;
                lines += header::lines(&window.bytes[from..start], terminator);
                if start == window.filled {
                    break;
                }
                let next = records.next(&[], &mut |_, _: &[u8]| Ok::<(), ()>(()));
                let whole = matches!(next, Ok((End::At(_), _)));
                if left == 0 && (whole || !more) {
                    return lines;
                }
                if !whole {
                    break;
                }
                left -= 1;
                lines += header::lines(&window.bytes[start..records.at], terminator);
            }
            parsed = records.at;
            if !more {
                return lines;
            }
        }
    }
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
