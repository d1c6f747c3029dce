//! Text that is read from front to back, as a source: delimited text that is packed or piped, and
//! JSON lines. Its pieces are lanes that share the blocks.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Receiver;

use super::blocks::{self, Block, Cut, Delivery};
use super::bytes::Identified;
use super::header::{self, Header, lines};
use super::json;
use super::parse::{Outcome, Parser, Ready};
use super::{Each, Input, Options, Source, Stopped, Want};
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
    path: Option<PathBuf>,
    language: Language,
    lanes: usize,
    feed: Mutex<Feed>,
    failed: AtomicBool,
    blank: AtomicU64,
}

/// Where the blocks come from.
#[derive(Default)]
struct Feed {
    /// Blocks that were looked at before they were read.
    kept: VecDeque<Delivery>,
    blocks: Option<Receiver<Delivery>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a text in any of the formats.
pub fn open(input: Identified, options: &Options) -> Result<TextStream> {
    let language = if input.format == super::bytes::Format::JsonLines {
        Language::Json(json::columns(&input)?)
    } else {
        Language::Delimited(header::read(&input, options)?)
    };
    Ok(TextStream {
        name: input.name.clone(),
        format: input.format_name(),
        path: input.path.clone(),
        language,
        lanes: options.threads.max(1),
        feed: Mutex::default(),
        failed: AtomicBool::new(false),
        blank: AtomicU64::new(0),
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
        Ok(blocks::start(text, skip, cut))
    }

    fn stop(&self, line: u64, problem: Problem, column: Option<usize>) -> Stopped {
        Stopped {
            at: at(line),
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
        let terminator = match &self.language {
            Language::Delimited(header) => header.dialect.terminator,
            Language::Json(_) => b'\n',
        };
        let line = |start: usize| block.line + lines(&block.bytes[..start], terminator);
        let mut ready = |ready: Ready| {
            let at = at(line(ready.start));
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
                let column = want.map(|want| wants[want].column);
                Err(self.stop(line(start), problem, column))
            }
        }
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

fn at(line: u64) -> At {
    At {
        input: 0,
        start: line,
    }
}

enum Parsers {
    Delimited(Parser),
    Json(json::Parser),
}

impl Source for TextStream {
    fn columns(&self) -> &[Field] {
        match &self.language {
            Language::Delimited(header) => &header.fields,
            Language::Json(fields) => fields,
        }
    }

    fn inputs(&self) -> Vec<Input> {
        let bytes = self.path.as_ref().and_then(|p| std::fs::metadata(p).ok());
        vec![Input {
            path: self.name.clone(),
            format: self.format.clone(),
            bytes: bytes.map(|metadata| metadata.len()),
        }]
    }

    fn rereadable(&self) -> bool {
        self.path.is_some()
    }

    fn pieces(&self) -> usize {
        self.lanes
    }

    fn begin(&self) {
        self.failed.store(false, Ordering::Relaxed);
        self.blank.store(0, Ordering::Relaxed);
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
            let next = self.next().map_err(|error| Stopped { at: at(0), error })?;
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
        lock(&self.feed).kept.extend(kept);
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
            let next = self.next().map_err(|error| Stopped { at: at(0), error })?;
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
        }
        if let Parsers::Delimited(parser) = parsers {
            self.blank.fetch_add(parser.blank, Ordering::Relaxed);
        }
        outcome
    }

    fn place(&self, at: At, row: usize) -> Place {
        // Exact unless a quoted field of the same batch holds a line end.
        Place {
            line: Some(at.start + row as u64),
            ..Place::file(&*self.name)
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
        notes
    }
}
