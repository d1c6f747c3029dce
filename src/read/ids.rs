//! The ids of a predictions file: which row has which, compactly.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use super::order::in_order;
use super::{Shape, Source, Want};
use crate::data::{At, Batch, Codes, Column, Keys, words};
use crate::error::{Error, Place, Problem, Result, Table};

/// Where the batches of a reading started, to find rows again.
#[derive(Debug, Default)]
pub struct Starts(Vec<(At, u64)>);

impl Starts {
    /// Adds the batch that comes after all others.
    pub fn push(&mut self, batch: &Batch, row: u64) {
        self.0.push((batch.at, row));
    }

    /// Rows of each input, of so many rows in all.
    pub fn by_input(&self, rows: u64) -> Vec<u64> {
        let mut counts = Vec::new();
        let ends = self.0.iter().skip(1).map(|(_, start)| *start);
        for ((at, start), end) in self.0.iter().zip(ends.chain([rows])) {
            let input = at.input as usize;
            counts.resize(counts.len().max(input + 1), 0);
            counts[input] += end - start;
        }
        counts
    }

    /// The row that a batch starts at; batches are the same in every reading.
    pub fn of(&self, at: At) -> Option<u64> {
        let found = self.0.binary_search_by_key(&at, |(at, _)| *at);
        found.ok().map(|index| self.0[index].1)
    }

    /// Where a row is.
    pub fn place(&self, source: &dyn Source, row: u64) -> Place {
        let after = self.0.partition_point(|(_, start)| *start <= row);
        match after.checked_sub(1) {
            Some(index) => {
                let (at, start) = self.0[index];
                source.place(at, (row - start) as usize)
            }
            None => Place::default(),
        }
    }
}

/// A column as text.
pub fn text(column: usize) -> Want {
    Want {
        column,
        shape: Shape::Codes,
        nulls: [].into(),
    }
}

/// The codes of a column that was wanted as text.
pub fn codes<'a>(batch: &'a Batch, position: usize) -> Option<&'a Codes> {
    match &batch.columns[position] {
        Column::Codes(codes) => Some(codes),
        Column::Numbers(_) => None,
    }
}

/// The key of a row.
pub fn key(codes: &Codes, row: usize) -> usize {
    match &codes.keys {
        Keys::U8(keys) => usize::from(keys[row]),
        Keys::U32(keys) => keys[row] as usize,
    }
}

/// Ids of rows: exactly as written, each once.
#[derive(Default)]
pub struct Ids {
    /// All ids, one after another.
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<u64>,
    table: HashTable<u32>,
    hasher: RandomState,
    starts: Starts,
}

impl Ids {
    /// Reads the ids of a column; each row has one of its own.
    pub fn read(source: &dyn Source, column: usize) -> Result<Self> {
        enum Wrong {
            Null(u64),
            Twice(u64, u64),
            Many,
        }
        let start = || (Self::default(), None::<Wrong>);
        let (ids, wrong) = in_order(source, &[text(column)], start, |(ids, wrong), batch| {
            let first = ids.len();
            ids.starts.push(batch, first);
            let codes = codes(batch, 0).ok_or_else(|| broken(source))?;
            for row in 0..batch.rows {
                if wrong.is_some() {
                    return Ok(());
                }
                let at = first + row as u64;
                let id = codes.values[key(codes, row)].as_deref();
                *wrong = match (id, u32::try_from(at)) {
                    (None, _) => Some(Wrong::Null(at)),
                    (_, Err(_)) => Some(Wrong::Many),
                    (Some(id), Ok(at)) => ids
                        .add(id, at)
                        .map(|known| Wrong::Twice(at.into(), known.into())),
                };
            }
            Ok(())
        })?;
        let place = |row: u64| {
            let place = ids.starts.place(source, row);
            place.in_column(&*source.columns()[column].name)
        };
        match wrong {
            None => Ok(ids),
            Some(Wrong::Many) => Err(Table::ManyPredictions { most: u32::MAX }.into()),
            Some(Wrong::Null(row)) => Err(Table::NoId { place: place(row) }.into()),
            Some(Wrong::Twice(row, first)) => Err(Table::SameId {
                place: place(row),
                id: ids.id(first as u32).to_owned(),
                first: place(first),
            }
            .into()),
        }
    }

    /// Rows.
    pub fn len(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Rows of each input.
    pub fn by_input(&self) -> Vec<u64> {
        self.starts.by_input(self.len())
    }

    /// The id of a row.
    pub fn id(&self, row: u32) -> &str {
        std::str::from_utf8(self.bytes_of(row)).unwrap_or_default()
    }

    fn bytes_of(&self, row: u32) -> &[u8] {
        let row = row as usize;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[row] as usize]
    }

    /// The row of an id.
    pub fn find(&self, id: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(id.as_bytes());
        let same = |&row: &u32| self.bytes_of(row) == id.as_bytes();
        self.table.find(hash, same).copied()
    }

    /// Adds the id of the next row; the row that has it already, if there is one.
    fn add(&mut self, id: &str, row: u32) -> Option<u32> {
        if let Some(known) = self.find(id) {
            return Some(known);
        }
        self.bytes.extend_from_slice(id.as_bytes());
        self.ends.push(self.bytes.len() as u64);
        let hash = self.hasher.hash_one(id.as_bytes());
        let (bytes, ends, hasher) = (&self.bytes, &self.ends, &self.hasher);
        self.table.insert_unique(hash, row, |&row| {
            let start = (row as usize)
                .checked_sub(1)
                .map_or(0, |before| ends[before]);
            hasher.hash_one(&bytes[start as usize..ends[row as usize] as usize])
        });
        None
    }
}

/// A source that gave another column than was wanted.
pub fn broken(source: &dyn Source) -> Error {
    Error::Data {
        place: Place::file(source.first_path()),
        problem: Problem::Corrupt {
            what: "its columns changed while it was read".to_owned(),
        },
    }
}

/// The one column of this name.
pub fn find(source: &dyn Source, column: &str) -> Result<usize> {
    let fields = source.columns();
    let named = fields.iter().filter(|field| field.name == column).count();
    match fields.iter().position(|field| field.name == column) {
        Some(at) if named == 1 => Ok(at),
        Some(_) => Err(Error::SameName {
            path: name(source),
            column: column.to_owned(),
            times: named,
        }),
        None => Err(Error::NoColumn {
            column: column.to_owned(),
            path: name(source),
            columns: fields.iter().map(|field| field.name.clone()).collect(),
        }),
    }
}

/// The id column that both have: the one whose name says so, else the only one that is unique.
pub fn shared(data: &dyn Source, predictions: &dyn Source) -> Result<Option<(usize, usize)>> {
    let is_id = |name: &&str| {
        let ids = ["id", "ids", "uuid", "key", "index", "编号"];
        words::words(name).iter().any(|word| ids.contains(&&**word))
    };
    let theirs = predictions
        .columns()
        .iter()
        .map(|field| field.name.as_str());
    let common: Vec<&str> = theirs
        .filter(|name| data.columns().iter().any(|field| field.name == *name))
        .collect();
    let ids: Vec<&str> = common.iter().copied().filter(is_id).collect();
    let both = |column: &str| Ok(Some((find(data, column)?, find(predictions, column)?)));
    match (ids.as_slice(), common.as_slice()) {
        ([id], _) => both(id),
        ([], []) => Ok(None),
        ([], [column]) => match Ids::read(predictions, find(predictions, column)?) {
            Ok(_) => both(column),
            Err(Error::Table(Table::SameId { .. } | Table::NoId { .. })) => Ok(None),
            Err(error) => Err(error),
        },
        ([], several) | (several, _) => Err(Table::WhichId {
            data: name(data),
            predictions: name(predictions),
            columns: several.iter().map(ToString::to_string).collect(),
        }
        .into()),
    }
}

/// The name of a table in messages.
pub fn name(source: &dyn Source) -> String {
    let inputs = source.inputs();
    match inputs.as_slice() {
        [] => String::new(),
        [one] => one.path.clone(),
        [first, rest @ ..] => format!("{} and {} more", first.path, rest.len()),
    }
}
