//! An Arrow IPC stream as a source of one piece.
//!
//! The messages that were read for [`Source::head`] are kept for [`Source::read`], undecoded.

use std::collections::VecDeque;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Mutex;

use super::arrow::{Columns, damaged, fields_of};
use super::chunks::Chunks;
use super::ipc::{self, Carries, Decoder, Message, NextFault};
use super::{Each, Input, Source, Stopped, Want, guard};
use crate::data::{At, Field};
use crate::error::{Error, Place, Result};

/// A stream, and the file that it is in, if it is in one.
pub struct StreamSource {
    name: String,
    fields: Vec<Field>,
    /// Knows the columns and no dictionary.
    decoder: Decoder,
    file: Option<Chunks>,
    state: Mutex<State>,
}

struct State {
    reader: Box<dyn Read + Send>,
    /// Messages that were read ahead; they follow the schema.
    kept: VecDeque<Message>,
    /// A reading of the whole has begun.
    begun: bool,
}

impl StreamSource {
    /// Reads the schema.
    pub fn new(mut reader: Box<dyn Read + Send>, name: &str, file: Option<Chunks>) -> Result<Self> {
        let decoder = begin(&mut reader).map_err(|fault| error_of(name, fault))?;
        Ok(Self {
            name: name.to_owned(),
            fields: fields_of(decoder.schema()),
            decoder,
            file,
            state: Mutex::new(State {
                reader,
                kept: VecDeque::new(),
                begun: false,
            }),
        })
    }

    /// Takes message after message from `next` until its end or that of the caller's interest.
    fn decode(
        &self,
        wants: &[Want],
        next: &mut dyn FnMut() -> std::result::Result<Option<Message>, NextFault>,
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let mut row = 0_u64;
        let stop = |row: u64, error: Error| Stopped {
            at: At::new(row),
            error,
        };
        let mut columns =
            Columns::new(&self.name, &self.fields, wants).map_err(|error| stop(0, error))?;
        let mut decoder = self.decoder.clone();
        let needed = ipc::dictionary_ids(decoder.schema(), &columns.indices);
        loop {
            let message = next().map_err(|fault| stop(row, error_of(&self.name, fault)))?;
            let Some(message) = message else {
                return Ok(());
            };
            let damaged = |what: String| stop(row, damaged(&self.name, what));
            let told = guard::run(|| ipc::describe(&message.header)).and_then(|told| told);
            match told.map_err(damaged)?.0 {
                Carries::Schema => return Err(damaged("a second schema".to_owned())),
                Carries::Dictionary(id) if !needed.contains(&id) => {}
                Carries::Dictionary(_) => decoder.learn(&message).map_err(damaged)?,
                Carries::Batch(rows) => {
                    let batch = decoder.batch(&message, &columns.indices).map_err(damaged)?;
                    drop(message);
                    let place = |at: At, row: usize| self.place(at, row);
                    if columns.emit(&batch, row, &place, each)?.is_break() {
                        return Ok(());
                    }
                    row += rows;
                }
            }
        }
    }
}

/// Reads the schema at the start of a stream.
fn begin(reader: &mut dyn Read) -> std::result::Result<Decoder, NextFault> {
    let first = ipc::next_message(reader)?.ok_or_else(|| "an empty stream".to_owned())?;
    let (schema, version) =
        guard::run(|| ipc::schema_of(&first.header)).and_then(|schema| schema)?;
    Ok(Decoder::new(schema, version))
}

fn error_of(name: &str, fault: NextFault) -> Error {
    match fault {
        NextFault::Corrupt(what) => damaged(name, what),
        NextFault::Io(source) => Error::Read {
            path: PathBuf::from(name),
            source,
        },
    }
}

impl Source for StreamSource {
    fn columns(&self) -> &[Field] {
        &self.fields
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
            rows: None,
            path: self.name.clone(),
            format: "arrow".to_owned(),
            bytes: self.file.as_ref().map(Chunks::length),
        }]
    }

    fn rereadable(&self) -> bool {
        self.file.is_some()
    }

    fn pieces(&self) -> usize {
        1
    }

    fn head(
        &self,
        wants: &[Want],
        rows: usize,
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let mut state = super::lock(&self.state);
        let state = &mut *state;
        let mut at = 0;
        let mut next = || {
            if at == state.kept.len() {
                match ipc::next_message(&mut state.reader)? {
                    Some(message) => state.kept.push_back(message),
                    None => return Ok(None),
                }
            }
            at += 1;
            // The bytes of the body are shared, not copied.
            Ok(state.kept.get(at - 1).cloned())
        };
        let mut seen = 0;
        self.decode(wants, &mut next, &mut |batch| {
            seen += batch.rows;
            let flow = each(batch)?;
            Ok(if seen < rows {
                flow
            } else {
                ControlFlow::Break(())
            })
        })
    }

    fn read(
        &self,
        _piece: usize,
        wants: &[Want],
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let mut state = super::lock(&self.state);
        let state = &mut *state;
        if let (true, Some(file)) = (state.begun, &self.file) {
            state.kept.clear();
            state.reader = Box::new(file.reader(0));
            begin(&mut state.reader).map_err(|fault| Stopped {
                at: At::default(),
                error: error_of(&self.name, fault),
            })?;
        }
        state.begun = true;
        let mut next = || match state.kept.pop_front() {
            Some(message) => Ok(Some(message)),
            None => ipc::next_message(&mut state.reader),
        };
        self.decode(wants, &mut next, each)
    }

    fn place(&self, at: At, row: usize) -> Place {
        Place {
            row: Some(at.start + row as u64 + 1),
            ..Place::file(&*self.name)
        }
    }

    fn finish(&self) -> Result<()> {
        self.file
            .as_ref()
            .map_or(Ok(()), |file| file.check_unchanged(&self.name))
    }
}
