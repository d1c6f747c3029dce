//! Text that is read from front to back, as a source: delimited text that is packed or piped, and
//! JSON lines. Its pieces are lanes that share the blocks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_channel::Receiver;

use super::blocks::{self, Block, Cut, Delivery};
use super::bytes::Identified;
use super::chunks::Chunks;
use super::header::{self, Header, lines};
use super::json;
use super::parse::{Outcome, Parser, Ready};
use super::records::{End, Records};
use super::{Each, Input, Options, Source, Stopped, Want, lock};
use crate::data::{At, Batch, Field};
use crate::error::{Error, Place, Problem, Result};

/// The language of the text.
enum Language {
    Delimited(Header),
    Json(Vec<Field>),
}

/// An open text.
pub struct TextStream {
    input: Mutex<Identified>,
    name: String,
    format: String,
    /// The file, to see whether it changes; none for a pipe.
    chunks: Option<Chunks>,
    language: Language,
    lanes: usize,
    feed: Mutex<Feed>,
    failed: AtomicBool,
    blank: AtomicU64,
    /// Keys that came too late to be columns.
    late: Mutex<BTreeSet<String>>,
    remembered: Mutex<Remembered>,
}

/// The lines of the rows of a pipe, which cannot be read again, for the batches whose rows are not
/// on successive lines; by the line where the batch starts.
#[derive(Default)]
struct Remembered {
    lines: BTreeMap<u64, Vec<u64>>,
    rows: usize,
}

/// Rows whose lines are remembered at most (8 bytes each).
const REMEMBERED: usize = 4 << 20;

/// Where the blocks come from.
#[derive(Default)]
struct Feed {
    /// Blocks that were looked at before they were read.
    kept: VecDeque<Delivery>,
    blocks: Option<Receiver<Delivery>>,
}

/// Opens a text in any of the formats.
pub fn open(input: Identified, options: &Options) -> Result<TextStream> {
    let language = if input.format == super::bytes::Format::JsonLines {
        Language::Json(json::columns(&input)?)
    } else {
        Language::Delimited(header::read(&input, options)?)
    };
    let chunks = match &input.path {
        None => None,
        Some(path) => Some(Chunks::open(path).map_err(|source| Error::Read {
            path: path.clone(),
            source,
        })?),
    };
    Ok(TextStream {
        name: input.name.clone(),
        format: input.format_name(),
        chunks,
        language,
        lanes: options.threads.max(1),
        feed: Mutex::default(),
        failed: AtomicBool::new(false),
        blank: AtomicU64::new(0),
        late: Mutex::default(),
        remembered: Mutex::default(),
        input: Mutex::new(input),
    })
}

impl TextStream {
    /// The next block, from those kept or from the thread that makes them.
    fn next(&self) -> Result<Option<Delivery>> {
        let mut feed = lock(&self.feed);
        if let Some(block) = feed.kept.pop_front() {
            return Ok(Some(block));
        }
        if feed.blocks.is_none() {
            feed.blocks = Some(self.start()?);
        }
        let blocks = feed.blocks.clone();
        drop(feed);
        Ok(blocks.and_then(|blocks| blocks.recv().ok()))
    }

    fn start(&self) -> Result<Receiver<Delivery>> {
        let text = lock(&self.input).text()?;
        let (skip, cut) = match &self.language {
            Language::Delimited(header) => (header.length, Cut::Delimited(header.dialect)),
            Language::Json(_) => (0, Cut::Lines),
        };
        blocks::start(text, skip, cut).map_err(|source| Error::Read {
            path: PathBuf::from(&self.name),
            source,
        })
    }

    fn stop(&self, line: u64, problem: Problem, column: Option<usize>) -> Stopped {
        Stopped {
            at: At::new(line),
            error: Error::Data {
                place: Place {
                    line: Some(line),
                    column: column.map(|column| self.columns()[column].name.clone()),
                    ..Place::file(&*self.name)
                },
                problem,
            },
        }
    }

    /// Parses one block; whether the caller wants more.
    fn parse(
        &self,
        block: &Block,
        wants: &[Want],
        parsers: &mut Parsers,
        each: &mut Each,
    ) -> std::result::Result<bool, Stopped> {
        let terminator = self.terminator();
        // Lines are counted from batch to batch.
        let (mut line, mut counted) = (block.line, 0);
        let mut ready = |ready: Ready| {
            line += lines(&block.bytes[counted..ready.start], terminator);
            counted = ready.start;
            if !self.rereadable() {
                self.remember(block, line, &ready);
            }
            let at = At::new(line);
            each(&Batch {
                rows: ready.rows,
                columns: ready.columns,
                at,
            })
            .map(|flow| flow.is_continue())
            .map_err(|error| Stopped { at, error })
        };
        let outcome = match parsers {
            Parsers::Delimited(parser) => {
                let filled = block.filled;
                parser.parse(&block.bytes, filled, filled, true, &mut ready)
            }
            Parsers::Json(parser) => parser.parse(&block.bytes[..block.filled], &mut ready),
        };
        match outcome {
            Outcome::Done(_) => Ok(true),
            Outcome::Enough => Ok(false),
            Outcome::Failed(stopped) => Err(stopped),
            Outcome::Wrong(start, problem, want) => {
                let line = block.line + lines(&block.bytes[..start], terminator);
                let column = want.map(|want| wants[want].column);
                Err(self.stop(line, problem, column))
            }
        }
    }

    fn terminator(&self) -> u8 {
        match &self.language {
            Language::Delimited(header) => header.dialect.terminator,
            Language::Json(_) => b'\n',
        }
    }

    /// The lines of the first rows from `from` on, which is in line `line`.
    fn row_lines(&self, block: &Block, from: usize, line: u64, rows: usize) -> Vec<u64> {
        let (bytes, end) = (&block.bytes[from..], block.filled - from);
        let (mut all, mut line, mut counted) = (Vec::new(), line, 0);
        let mut add = |start: usize| {
            line += lines(&bytes[counted..start], self.terminator());
            counted = start;
            all.push(line);
            all.len() < rows
        };
        match &self.language {
            Language::Json(_) => json::starts(&bytes[..end], &mut add),
            Language::Delimited(header) => {
                let mut records = Records::new(bytes, end, true, header.dialect);
                loop {
                    records.skip_blank(end);
                    if records.at >= end || !add(records.at) {
                        break;
                    }
                    let next = records.next(&[], &mut |_, _: &[u8]| Ok::<(), ()>(()));
                    if !matches!(next, Ok((End::At(_), _))) {
                        break;
                    }
                }
            }
        }
        all
    }

    /// Notes the lines of the rows of a batch, unless each is on the line after the one before.
    fn remember(&self, block: &Block, line: u64, ready: &Ready) {
        let text = &block.bytes[ready.start..ready.end];
        let terminator = self.terminator();
        let ended = text.last() == Some(&terminator);
        if lines(text, terminator) + u64::from(!ended) == ready.rows as u64 {
            return;
        }
        let mut remembered = lock(&self.remembered);
        remembered.rows += ready.rows;
        if remembered.rows <= REMEMBERED {
            let all = self.row_lines(block, ready.start, line, ready.rows);
            remembered.lines.insert(line, all);
        }
    }

    /// The line of a row of a file, by reading it again.
    fn line_again(&self, line: u64, row: usize) -> Option<u64> {
        for delivery in self.start().ok()? {
            let block = delivery.ok()?;
            let text = &block.bytes[..block.filled];
            if line > block.line + lines(text, self.terminator()) {
                continue;
            }
            let mut ends = memchr::memchr_iter(self.terminator(), text);
            let from = match line.checked_sub(block.line)? {
                0 => 0,
                passed => ends.nth(passed as usize - 1)? + 1,
            };
            // A line just behind a block is the first of the next.
            if from < block.filled {
                return self
                    .row_lines(&block, from, line, row + 1)
                    .get(row)
                    .copied();
            }
        }
        None
    }

    /// Keeps what a parser that is no longer needed has to say.
    fn end(&self, parsers: Parsers) {
        self.blank.fetch_add(parsers.blank(), Ordering::Relaxed);
        lock(&self.late).extend(parsers.late());
    }

    fn parsers(&self, wants: &[Want]) -> Parsers {
        match &self.language {
            Language::Delimited(header) => {
                Parsers::Delimited(Parser::new(header.dialect, header.fields.len(), wants))
            }
            Language::Json(fields) => Parsers::Json(json::Parser::new(fields, wants)),
        }
    }
}

enum Parsers {
    Delimited(Parser),
    Json(json::Parser),
}

impl Parsers {
    fn is_large(&self) -> bool {
        match self {
            Self::Delimited(parser) => parser.is_large(),
            Self::Json(parser) => parser.is_large(),
        }
    }

    fn blank(&self) -> u64 {
        match self {
            Self::Delimited(parser) => parser.blank,
            Self::Json(parser) => parser.blank,
        }
    }

    fn late(self) -> BTreeSet<String> {
        match self {
            Self::Delimited(_) => BTreeSet::new(),
            Self::Json(parser) => parser.late,
        }
    }
}

impl Source for TextStream {
    fn columns(&self) -> &[Field] {
        match &self.language {
            Language::Delimited(header) => &header.fields,
            Language::Json(fields) => fields,
        }
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
            rows: None,
            path: self.name.clone(),
            format: self.format.clone(),
            bytes: self.chunks.as_ref().map(Chunks::length),
        }]
    }

    fn rereadable(&self) -> bool {
        self.chunks.is_some()
    }

    fn pieces(&self) -> usize {
        self.lanes
    }

    fn begin(&self) {
        self.failed.store(false, Ordering::Relaxed);
        self.blank.store(0, Ordering::Relaxed);
        lock(&self.late).clear();
        if self.rereadable() {
            *lock(&self.feed) = Feed::default();
        }
    }

    fn head(
        &self,
        wants: &[Want],
        rows: usize,
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let mut parsers = self.parsers(wants);
        let mut seen = 0;
        let mut kept = VecDeque::new();
        let mut outcome = Ok(());
        while seen < rows {
            let next = self.next().map_err(|error| Stopped {
                at: At::new(0),
                error,
            })?;
            let Some(delivery) = next else { break };
            if let Ok(block) = &delivery {
                let more = self.parse(block, wants, &mut parsers, &mut |batch| {
                    seen += batch.rows;
                    let flow = each(batch)?;
                    Ok(if seen >= rows {
                        ControlFlow::Break(())
                    } else {
                        flow
                    })
                });
                // What is wrong further on is told when the whole is read.
                if let Err(stopped) = more {
                    if seen == 0 {
                        outcome = Err(stopped);
                    }
                    seen = rows;
                }
            } else {
                seen = rows;
            }
            kept.push_back(delivery);
        }
        // An earlier look ahead may have kept more than this one needed.
        let feed = &mut *lock(&self.feed);
        kept.append(&mut feed.kept);
        feed.kept = kept;
        outcome
    }

    fn read(
        &self,
        _piece: usize,
        wants: &[Want],
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let mut parsers = self.parsers(wants);
        let mut outcome = Ok(());
        while !self.failed.load(Ordering::Relaxed) {
            let next = self.next().map_err(|error| Stopped {
                at: At::new(0),
                error,
            })?;
            let result = match next {
                None => break,
                Some(Ok(block)) => self.parse(&block, wants, &mut parsers, each),
                Some(Err((line, problem))) => Err(self.stop(line, problem, None)),
            };
            match result {
                Ok(true) => {}
                Ok(false) => break,
                Err(stopped) => {
                    self.failed.store(true, Ordering::Relaxed);
                    outcome = Err(stopped);
                }
            }
            if parsers.is_large() {
                let old = std::mem::replace(&mut parsers, self.parsers(wants));
                self.end(old);
            }
        }
        self.end(parsers);
        outcome
    }

    fn place(&self, at: At, row: usize) -> Place {
        let line = if self.rereadable() {
            self.line_again(at.start, row)
        } else {
            let remembered = lock(&self.remembered);
            match remembered.lines.get(&at.start) {
                Some(lines) => lines.get(row).copied(),
                // Beyond what is remembered the line is not known: better none than a wrong one.
                None if remembered.rows > REMEMBERED && row > 0 => None,
                None => Some(at.start + row as u64),
            }
        };
        Place {
            line,
            ..Place::file(&*self.name)
        }
    }

    fn finish(&self) -> Result<()> {
        match &self.chunks {
            Some(chunks) => chunks.check_unchanged(&self.name),
            None => Ok(()),
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = match &self.language {
            Language::Delimited(header) => header.notes.clone(),
            Language::Json(_) => Vec::new(),
        };
        match self.blank.load(Ordering::Relaxed) {
            0 => {}
            1 => notes.push(format!("{}: 1 blank line is skipped", self.name)),
            blank => notes.push(format!("{}: {blank} blank lines are skipped", self.name)),
        }
        let late = lock(&self.late);
        if let Some(first) = late.first() {
            notes.push(format!(
                "{}: {} that the first {} objects do not have, `{first}` first, cannot be columns",
                self.name,
                if late.len() == 1 {
                    "1 key".to_owned()
                } else {
                    format!("{} keys", late.len())
                },
                json::OBJECTS
            ));
        }
        notes
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
