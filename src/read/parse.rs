//! A block of delimited text to batches: what files and pipes have in common.

use std::ops::Range;

use super::index::Index;
use super::records::{Dialect, End, PADDING, Records};
use super::words::Sink;
use super::{BATCH_ROWS, Want};
use crate::data::{Column, limits};
use crate::error::Problem;

/// What a reader of blocks keeps between them.
pub struct Parser {
    dialect: Dialect,
    /// Fields of every record.
    fields: usize,
    /// Indices of the wanted fields, ascending, and for each the columns it goes to.
    wanted: Vec<usize>,
    sinks: Vec<Sink>,
    /// Of each wanted field: the sinks.
    targets: Vec<Vec<usize>>,
    columns: Vec<Column>,
    index: Index,
    /// Records to go before the fast way is tried again.
    patience: u32,
    /// Blank lines passed over.
    pub blank: u64,
}

/// Hands rows over, and takes the columns back to fill them again; whether the caller wants more.
pub fn emit<E>(
    (sinks, columns): (&mut [Sink], &mut Vec<Column>),
    rows: usize,
    span: Range<usize>,
    each: &mut dyn FnMut(Ready) -> Result<bool, E>,
) -> Result<bool, E> {
    if rows == 0 {
        return Ok(true);
    }
    columns.extend(sinks.iter_mut().map(Sink::take));
    let more = each(Ready {
        rows,
        columns,
        start: span.start,
        end: span.end,
    });
    for (sink, column) in sinks.iter_mut().zip(columns.drain(..)) {
        sink.reuse(column);
    }
    more
}

/// Rows that are ready.
pub struct Ready<'a> {
    /// How many.
    pub rows: usize,
    /// Their columns.
    pub columns: &'a [Column],
    /// Where in the block the first of them starts.
    pub start: usize,
    /// Where the last of them ends.
    pub end: usize,
}

/// What ended a block.
pub enum Outcome<E> {
    /// Its whole records reach to here.
    Done(usize),
    /// The caller had enough.
    Enough,
    /// A record that is wrong, where it starts, and the field (an index into the wants).
    Wrong(usize, Problem, Option<usize>),
    /// An error of the caller.
    Failed(E),
}

/// A record that is wrong: where it starts, what is, and which want.
type Wrong = (usize, Problem, Option<usize>);

/// Fewer records at once are not worth to have been looked for,
const FEW: usize = 8;
/// and so many are then read one by one.
const PATIENCE: u32 = 256;

impl Parser {
    /// For records of `fields` fields.
    pub fn new(dialect: Dialect, fields: usize, wants: &[Want]) -> Self {
        let mut wanted: Vec<usize> = wants.iter().map(|want| want.column).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let targets = wanted
            .iter()
            .map(|&field| {
                let at = wants.iter().enumerate();
                at.filter(|(_, want)| want.column == field)
                    .map(|(i, _)| i)
                    .collect()
            })
            .collect();
        Self {
            dialect,
            fields,
            wanted,
            sinks: wants.iter().map(Sink::new).collect(),
            targets,
            columns: Vec::new(),
            index: Index::new(fields),
            patience: 0,
            blank: 0,
        }
    }

    /// Whether its dictionaries have grown so large that a new parser is better than more of them.
    pub fn is_large(&self) -> bool {
        self.sinks.iter().any(Sink::is_large)
    }

    /// Parses the records that start before `limit` in the first `end` bytes (of which [`PADDING`]
    /// more follow). `last` tells that the text ends there.
    pub fn parse<E>(
        &mut self,
        bytes: &[u8],
        end: usize,
        limit: usize,
        last: bool,
        each: &mut dyn FnMut(Ready) -> Result<bool, E>,
    ) -> Outcome<E> {
        debug_assert!(bytes.len() >= end + PADDING);
        let mut records = Records::new(bytes, end, last, self.dialect);
        self.patience = 0;
        let mut rows = 0;
        let mut span = 0..0;
        loop {
            let blank = records.skip_blank(limit);
            self.blank += blank * u64::from(self.fields > 1);
            let start = records.at;
            if start >= limit {
                break;
            }
            let (more, wrong) = match self.several(&mut records, bytes, (limit, end), rows) {
                (0, None) => match self.record(&mut records) {
                    Ok(true) => (1, None),
                    Ok(false) => break,
                    Err((problem, want)) => (0, Some((start, problem, want))),
                },
                found => found,
            };
            if rows == 0 {
                span.start = start;
            }
            span.end = records.at;
            rows += more;
            if let Some((at, problem, want)) = wrong {
                // What is before it is told of first.
                self.unpush(rows);
                return match self.emit(rows, span, each) {
                    Ok(_) => Outcome::Wrong(at, problem, want),
                    Err(error) => Outcome::Failed(error),
                };
            }
            if rows == BATCH_ROWS {
                match self.emit(rows, span.clone(), each) {
                    Ok(true) => {}
                    Ok(false) => return Outcome::Enough,
                    Err(error) => return Outcome::Failed(error),
                }
                rows = 0;
            }
        }
        self.unpush(rows);
        match self.emit(rows, span, each) {
            Ok(true) => Outcome::Done(records.at),
            Ok(false) => Outcome::Enough,
            Err(error) => Outcome::Failed(error),
        }
    }

    /// Puts as many of the next records into the sinks as have no quote and are as they should be;
    /// how many. An error has where its record starts.
    fn several(
        &mut self,
        records: &mut Records,
        bytes: &[u8],
        (limit, end): (usize, usize),
        rows: usize,
    ) -> (usize, Option<Wrong>) {
        // A line without any separator may be blank.
        if self.fields < 2 || self.patience > 0 {
            self.patience = self.patience.saturating_sub(1);
            return (0, None);
        }
        let from = records.at;
        let found = self.index.find(
            bytes,
            (from, limit, end),
            self.dialect,
            self.fields,
            BATCH_ROWS - rows,
        );
        let mut many = found.records;
        let mut wrong = None;
        for (&field, targets) in self.wanted.iter().zip(&self.targets) {
            for &target in targets {
                let spans = found.spans(field).take(many);
                if let Err((record, problem)) = self.sinks[target].push_all(found.bytes, spans) {
                    many = record;
                    wrong = Some((from + found.start(record), problem, Some(target)));
                }
            }
        }
        if wrong.is_none() {
            records.jump(from + found.end);
            if many < FEW && rows + FEW <= BATCH_ROWS {
                self.patience = PATIENCE;
            }
        }
        (many, wrong)
    }

    /// Puts the next record into the sinks; whether all of it is there. An error has the want whose
    /// field is wrong.
    #[inline]
    fn record(&mut self, records: &mut Records) -> Result<bool, (Problem, Option<usize>)> {
        let start = records.at;
        let (sinks, targets) = (&mut self.sinks, &self.targets);
        let (end, fields) = records.next(&self.wanted, &mut |slot, field| {
            for &target in &targets[slot] {
                let pushed = sinks[target].push(field);
                pushed.map_err(|problem| (problem, Some(target)))?;
            }
            Ok::<(), (Problem, Option<usize>)>(())
        })?;
        match end {
            End::Stray => Err((Problem::StrayQuote, None)),
            End::Beyond(quoted) if records.is_last() => {
                let problem = if quoted {
                    Problem::UnclosedQuote
                } else {
                    Problem::LongRecord {
                        most: limits::RECORD_BYTES,
                    }
                };
                Err((problem, None))
            }
            End::Beyond(_) => Ok(false),
            End::At(_) if fields != self.fields => {
                let header = self.fields;
                Err((Problem::Ragged { fields, header }, None))
            }
            End::At(reached) if reached - start > limits::RECORD_BYTES => {
                let most = limits::RECORD_BYTES;
                Err((Problem::LongRecord { most }, None))
            }
            End::At(_) => Ok(true),
        }
    }

    /// Hands the rows over; whether the caller wants more.
    fn emit<E>(
        &mut self,
        rows: usize,
        span: Range<usize>,
        each: &mut dyn FnMut(Ready) -> Result<bool, E>,
    ) -> Result<bool, E> {
        emit((&mut self.sinks, &mut self.columns), rows, span, each)
    }

    /// Takes back what a record that is no row has pushed.
    fn unpush(&mut self, rows: usize) {
        for sink in &mut self.sinks {
            sink.truncate(rows);
        }
    }
}
