//! A block of delimited text to batches: what files and pipes have in common.

use super::records::{Dialect, End, PADDING, Records};
use super::words::Sink;
use super::{BATCH_ROWS, Want};
use crate::data::Column;
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
    /// Blank lines passed over.
    pub blank: u64,
}

/// Rows that are ready.
pub struct Ready<'a> {
    /// How many.
    pub rows: usize,
    /// Their columns.
    pub columns: &'a [Column],
    /// Where in the block the first of them starts.
    pub start: usize,
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
            blank: 0,
        }
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
        let (mut rows, mut first) = (0, 0);
        while records.at < limit {
            let start = records.at;
            let (sinks, targets) = (&mut self.sinks, &self.targets);
            let mut wrong = None;
            let next = records.next(&self.wanted, &mut |slot, field| {
                for &target in &targets[slot] {
                    sinks[target].push(field).map_err(|problem| {
                        wrong = Some(target);
                        problem
                    })?;
                }
                Ok(())
            });
            let (reached, fields) = match next {
                Ok((End::At(reached), fields)) => (reached, fields),
                Ok((End::Beyond(quoted), _)) => {
                    self.unpush(rows);
                    if last {
                        let problem = if quoted {
                            Problem::UnclosedQuote
                        } else {
                            Problem::LongRecord { most: end }
                        };
                        return Outcome::Wrong(start, problem, None);
                    }
                    return self.flush(rows, first, start, each);
                }
                Err(problem) => return Outcome::Wrong(start, problem, wrong),
            };
            if fields != self.fields {
                self.unpush(rows);
                if fields == 1 && is_blank(&bytes[start..reached]) {
                    self.blank += u64::from(self.fields > 1);
                    continue;
                }
                let problem = Problem::Ragged {
                    fields,
                    header: self.fields,
                };
                return Outcome::Wrong(start, problem, None);
            }
            if self.fields == 1 && is_blank(&bytes[start..reached]) {
                self.unpush(rows);
                continue;
            }
            if rows == 0 {
                first = start;
            }
            rows += 1;
            if rows == BATCH_ROWS {
                match self.emit(rows, first, each) {
                    Ok(true) => {}
                    Ok(false) => return Outcome::Enough,
                    Err(error) => return Outcome::Failed(error),
                }
                rows = 0;
            }
        }
        let reached = records.at;
        self.flush(rows, first, reached, each)
    }

    fn flush<E>(
        &mut self,
        rows: usize,
        first: usize,
        reached: usize,
        each: &mut dyn FnMut(Ready) -> Result<bool, E>,
    ) -> Outcome<E> {
        match self.emit(rows, first, each) {
            Ok(true) => Outcome::Done(reached),
            Ok(false) => Outcome::Enough,
            Err(error) => Outcome::Failed(error),
        }
    }

    /// Hands the rows over; whether the caller wants more.
    fn emit<E>(
        &mut self,
        rows: usize,
        start: usize,
        each: &mut dyn FnMut(Ready) -> Result<bool, E>,
    ) -> Result<bool, E> {
        if rows == 0 {
            return Ok(true);
        }
        self.columns.extend(self.sinks.iter_mut().map(Sink::take));
        let more = each(Ready {
            rows,
            columns: &self.columns,
            start,
        });
        for (sink, column) in self.sinks.iter_mut().zip(self.columns.drain(..)) {
            sink.reuse(column);
        }
        more
    }

    /// Takes back what a record that is no row has pushed.
    fn unpush(&mut self, rows: usize) {
        for sink in &mut self.sinks {
            sink.truncate(rows);
        }
    }
}

fn is_blank(record: &[u8]) -> bool {
    record.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}
