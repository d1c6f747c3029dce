//! Several files as one table: the same columns in any order, and the keys of their folders.
//!
//! No more files are open than threads read: a file is opened to see its columns and closed, opened
//! again for its first piece and closed after its last; pipes, and files that turned out to be cut
//! at the wrong places, stay open. The first file decides the order of the columns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::folder::File;
use super::mixed::{are_numbers, as_numbers, common, is_other_text};
use super::{Each, Input, Options, Shape, Source, Stopped, Want, lock, numbers, one};
use crate::data::batch::NULL;
use crate::data::{At, Batch, Codes, Column, Field, Keys, Kind, Values};
use crate::error::{Error, Place, Problem, Result, Table};

/// Notes of single files that are told one by one.
const NOTES: usize = 10;

/// Where a column of the table is in one file.
#[derive(Debug, Clone, PartialEq)]
enum Slot {
    /// This column of the file.
    Own(usize),
    /// The key of a folder: the same in every row.
    Key(Arc<Values>),
}

/// One file of the table.
struct Part {
    file: File,
    inputs: Vec<Input>,
    slots: Vec<Slot>,
    kinds: Vec<Kind>,
    rows: Option<u64>,
    rereadable: bool,
    open: Mutex<Open>,
}

/// The file while it is read.
#[derive(Default)]
struct Open {
    source: Option<Arc<dyn Source>>,
    /// Pieces there are, and those that came to their end in this reading.
    pieces: usize,
    done: usize,
    /// It stays open.
    kept: bool,
    /// Its pieces were cut at the wrong places, which is mended in the open source.
    misread: bool,
}

/// Several files as one table.
pub struct Union {
    options: Options,
    fields: Vec<Field>,
    /// Columns that are not of one kind in all files: those of numbers, and the others.
    numbers: BTreeSet<usize>,
    mixed: BTreeSet<usize>,
    parts: Vec<Part>,
    /// Part and piece within it.
    pieces: Mutex<Vec<(usize, usize)>>,
    notes: Vec<String>,
    /// By part, or for the whole where it is told of a column.
    said: Mutex<BTreeMap<usize, Vec<String>>>,
    wanted_mixed: Mutex<BTreeSet<usize>>,
}

/// Opens files as one table; `notes` are said with its own.
pub fn open(files: Vec<File>, options: &Options, notes: Vec<String>) -> Result<Union> {
    let mut union = Union {
        options: options.clone(),
        fields: Vec::new(),
        numbers: BTreeSet::new(),
        mixed: BTreeSet::new(),
        parts: Vec::with_capacity(files.len()),
        pieces: Mutex::default(),
        notes,
        said: Mutex::default(),
        wanted_mixed: Mutex::default(),
    };
    for file in files {
        union.add(file)?;
    }
    union.number();
    let of_numbers = |column: &usize| are_numbers(union.parts.iter().map(|p| &p.kinds[*column]));
    (union.numbers, union.mixed) = union.mixed.iter().partition(|&column| of_numbers(column));
    Ok(union)
}

impl Union {
    fn add(&mut self, file: File) -> Result<()> {
        let (source, kept) = one(&file.path, &self.options)?;
        let source: Arc<dyn Source> = source.into();
        let name = file.path.to_string_lossy().into_owned();
        let mut fields = source.columns().to_vec();
        let own = fields.len();
        for (key, _) in &file.keys {
            if fields.iter().any(|field| field.name == *key) {
                return Err(Table::KeyTwice {
                    key: key.clone(),
                    path: name,
                }
                .into());
            }
            fields.push(Field {
                name: key.clone(),
                kind: Kind::Untyped,
            });
        }
        if self.parts.is_empty() {
            self.fields.clone_from(&fields);
        }
        let order = self.order(&fields, &name)?;
        let kinds = order.iter().map(|&at| fields[at].kind.clone()).collect();
        let slots = order.into_iter().map(|at| match at.checked_sub(own) {
            None => Slot::Own(at),
            Some(key) => {
                let value = file.keys[key].1.as_deref().map(Into::into);
                Slot::Key(Arc::new(vec![value]))
            }
        });
        let part = Part {
            inputs: source.inputs(),
            slots: slots.collect(),
            kinds,
            rows: source.rows(),
            rereadable: source.rereadable(),
            open: Mutex::new(Open {
                pieces: source.pieces(),
                source: kept.then_some(source),
                done: 0,
                kept,
                misread: false,
            }),
            file,
        };
        self.parts.push(part);
        Ok(())
    }

    /// Lists the pieces of all files.
    fn number(&self) {
        let all = self.parts.iter().enumerate().flat_map(|(part, state)| {
            let pieces = lock(&state.open).pieces;
            (0..pieces).map(move |piece| (part, piece))
        });
        *lock(&self.pieces) = all.collect();
    }

    /// For each column of the table, where it is among those of a file.
    fn order(&mut self, fields: &[Field], name: &str) -> Result<Vec<usize>> {
        let first = self.parts.first().map_or_else(String::new, Part::name);
        // Of columns with the same name the first is the first in each file.
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, field) in fields.iter().enumerate().rev() {
            places.entry(&field.name).or_default().push(at);
        }
        let mut order = Vec::with_capacity(fields.len());
        for (column, field) in self.fields.iter_mut().enumerate() {
            let Some(at) = places.get_mut(&*field.name).and_then(Vec::pop) else {
                return Err(Table::Lacks {
                    path: name.to_owned(),
                    column: field.name.clone(),
                    first,
                }
                .into());
            };
            if field.kind != fields[at].kind {
                if is_other_text(&field.kind, &fields[at].kind) {
                    self.mixed.insert(column);
                }
                field.kind = common(&field.kind, &fields[at].kind);
            }
            order.push(at);
        }
        let left = places.into_iter().find(|(_, places)| !places.is_empty());
        if let Some((column, _)) = left {
            let note =
                format!("{name} has a column `{column}`, which {first} does not have: not read");
            self.notes.push(note);
        }
        Ok(order)
    }

    /// The open file, opened if it is not.
    fn source(&self, part: usize) -> Result<Arc<dyn Source>> {
        let part = &self.parts[part];
        let mut open = lock(&part.open);
        if let Some(source) = &open.source {
            return Ok(Arc::clone(source));
        }
        let source: Arc<dyn Source> = one(&part.file.path, &self.options)?.0.into();
        source.begin();
        let same = part
            .slots
            .iter()
            .filter(|slot| matches!(slot, Slot::Own(_)))
            .count();
        if source.pieces() != open.pieces || source.columns().len() < same {
            return Err(Table::Changed { path: part.name() }.into());
        }
        open.source = Some(Arc::clone(&source));
        Ok(source)
    }

    /// Counts a piece that came to its end; the last one closes the file.
    fn close(&self, part: usize, source: &dyn Source) -> Result<()> {
        let mut open = lock(&self.parts[part].open);
        open.done += 1;
        if open.done < open.pieces {
            return Ok(());
        }
        open.done = 0;
        open.misread = source.misread();
        open.kept |= open.misread;
        if open.misread {
            open.pieces = source.pieces();
            return Ok(());
        }
        if !open.kept {
            open.source = None;
        }
        drop(open);
        let notes = source.notes();
        if !notes.is_empty() {
            lock(&self.said).insert(part, notes);
        }
        source.finish()
    }

    /// Passes the batches of one file on as batches of the table.
    fn pass(
        &self,
        part: usize,
        wants: &[Want],
        each: &mut Each,
        read: impl FnOnce(&[Want], &mut Each) -> std::result::Result<(), Stopped>,
    ) -> std::result::Result<(), Stopped> {
        let slots = wants.iter().map(|w| &self.parts[part].slots[w.column]);
        let slots: Vec<&Slot> = slots.collect();
        let own: Vec<Want> = wants
            .iter()
            .zip(&slots)
            .filter_map(|(want, slot)| match slot {
                Slot::Own(column) => Some(Want {
                    column: *column,
                    ..want.clone()
                }),
                Slot::Key(_) => None,
            })
            .collect();
        let here = |at: At| At {
            input: part as u32,
            start: at.start,
        };
        let are_numbers =
            |want: &Want| want.shape == Shape::Codes && self.numbers.contains(&want.column);
        let plain = own.len() == wants.len() && !wants.iter().any(are_numbers);
        let outcome = read(&own, &mut |batch| {
            let at = here(batch.at);
            let rows = batch.rows;
            if plain {
                let columns = batch.columns;
                return each(&Batch { rows, columns, at });
            }
            let mut columns = Vec::with_capacity(wants.len());
            let mut next = batch.columns.iter();
            for (want, slot) in wants.iter().zip(&slots) {
                columns.push(match slot {
                    Slot::Own(_) => match next.next().expect("one column for each want") {
                        Column::Codes(codes) if are_numbers(want) => {
                            Column::Codes(as_numbers(codes))
                        }
                        column => column.clone(),
                    },
                    Slot::Key(values) => {
                        key_column(values, want, rows).map_err(|problem| Error::Data {
                            place: Place::file(self.parts[part].name())
                                .in_column(&*self.fields[want.column].name),
                            problem,
                        })?
                    }
                });
            }
            each(&Batch {
                rows,
                columns: &columns,
                at,
            })
        });
        outcome.map_err(|stopped| Stopped {
            at: here(stopped.at),
            error: stopped.error,
        })
    }

    fn stop(part: usize, start: u64) -> impl FnOnce(Error) -> Stopped {
        move |error| Stopped {
            at: At {
                input: part as u32,
                start,
            },
            error,
        }
    }
}

impl Part {
    fn name(&self) -> String {
        self.file.path.to_string_lossy().into_owned()
    }
}

/// A column that is the same in every row.
fn key_column(values: &Arc<Values>, want: &Want, rows: usize) -> Result<Column, Problem> {
    if want.shape == Shape::Codes {
        return Ok(Column::Codes(Codes {
            keys: Keys::U8(vec![0; rows]),
            values: Arc::clone(values),
        }));
    }
    let number = match values[0].as_deref() {
        None => NULL,
        Some(text) => numbers::parse(text, &want.nulls).ok_or_else(|| Problem::NotANumber {
            value: text.to_owned(),
        })?,
    };
    Ok(Column::Numbers(vec![number; rows]))
}

impl Source for Union {
    fn columns(&self) -> &[Field] {
        &self.fields
    }

    fn inputs(&self) -> Vec<Input> {
        self.parts
            .iter()
            .flat_map(|part| part.inputs.clone())
            .collect()
    }

    fn rows(&self) -> Option<u64> {
        self.parts.iter().map(|part| part.rows).sum()
    }

    fn rereadable(&self) -> bool {
        self.parts.iter().all(|part| part.rereadable)
    }

    fn pieces(&self) -> usize {
        lock(&self.pieces).len()
    }

    fn begin(&self) {
        lock(&self.said).clear();
        for part in &self.parts {
            let mut open = lock(&part.open);
            (open.done, open.misread) = (0, false);
            match &open.source {
                Some(source) if open.kept => source.begin(),
                // What an error left behind.
                _ => open.source = None,
            }
        }
    }

    fn misread(&self) -> bool {
        let mut any = false;
        for part in &self.parts {
            let mut open = lock(&part.open);
            // A piece that failed may have failed because it was cut wrong.
            if let (false, Some(source)) = (open.misread, &open.source)
                && source.misread()
            {
                open.pieces = source.pieces();
                (open.misread, open.kept) = (true, true);
            }
            any |= open.misread;
        }
        if any {
            self.number();
        }
        any
    }

    fn head(
        &self,
        wants: &[Want],
        rows: usize,
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let mut seen = 0;
        let mut ended = false;
        for part in 0..self.parts.len() {
            if ended || seen >= rows {
                break;
            }
            let source = self.source(part).map_err(Self::stop(part, 0))?;
            let left = rows - seen;
            self.pass(
                part,
                wants,
                &mut |batch| {
                    seen += batch.rows;
                    let flow = each(batch)?;
                    ended |= flow.is_break();
                    Ok(flow)
                },
                |own, each| source.head(own, left, each),
            )?;
            let mut open = lock(&self.parts[part].open);
            if !open.kept {
                open.source = None;
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
        let (part, inner) = lock(&self.pieces)[piece];
        let mixed = wants.iter().filter(|want| want.shape == Shape::Codes);
        let mixed = mixed
            .map(|want| want.column)
            .filter(|column| self.mixed.contains(column));
        lock(&self.wanted_mixed).extend(mixed);
        let source = self.source(part).map_err(Self::stop(part, 0))?;
        self.pass(part, wants, each, |own, each| source.read(inner, own, each))?;
        self.close(part, &*source)
            .map_err(Self::stop(part, u64::MAX))
    }

    fn place(&self, at: At, row: usize) -> Place {
        let part = at.input as usize;
        let inner = At::new(at.start);
        let open = lock(&self.parts[part].open).source.clone();
        let source = open.or_else(|| {
            let again = one(&self.parts[part].file.path, &self.options);
            again.ok().map(|(source, _)| source.into())
        });
        match source {
            Some(source) => source.place(inner, row),
            None => Place::file(self.parts[part].name()),
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        for &column in &*lock(&self.wanted_mixed) {
            notes.push(format!(
                "`{}` is not of the same type in all files: its values are compared as text",
                self.fields[column].name
            ));
        }
        let said = lock(&self.said);
        let mut all = said.values().flatten();
        notes.extend(all.by_ref().take(NOTES).cloned());
        let more = all.count();
        if more > 0 {
            notes.push(format!("{more} more notes on single files"));
        }
        notes
    }

    fn progress(&self) -> Option<(u64, u64)> {
        let sizes = self.parts.iter().flat_map(|part| &part.inputs);
        let total: u64 = sizes.map(|input| input.bytes).sum::<Option<u64>>()?;
        let of_part = |part: &Part| {
            let open = lock(&part.open);
            open.source
                .as_ref()
                .and_then(|source| source.progress())
                .map_or(0, |(read, _)| read)
        };
        let read = self.parts.iter().map(of_part).sum();
        Some((read, total))
    }
}

#[cfg(test)]
#[path = "union_tests.rs"]
mod tests;
