//! The values of a column as a batch brings them, each looked up once: its row of the sketch, its
//! number, its hash.

use std::sync::Arc;

use super::column::{Level, MISSING, Sketch};
use super::distinct::{hash, hash_text};
use super::rows::{ABSENT, chained};
use crate::data::batch::NULL;
use crate::data::{Codes, Keys, Values, calendar, is_null, spelling};
use crate::tally::NO_CELL;

/// The dictionary of a column as a thread saw it last.
#[derive(Debug, Default)]
pub(super) struct Followed(Option<Arc<Values>>);

impl Followed {
    /// Takes the dictionary of a batch; the first key that is new, 0 where it is another dictionary.
    pub(super) fn follow(&mut self, codes: &Codes) -> usize {
        let values = &codes.values;
        let known = match &self.0 {
            Some(known) if Arc::ptr_eq(known, values) => return values.len(),
            Some(known) if values.starts_with(known) => known.len(),
            _ => 0,
        };
        self.0 = Some(Arc::clone(values));
        known
    }

    /// By key.
    pub(super) fn values(&self) -> &[Option<Box<str>>] {
        self.0.as_deref().map_or(&[], |values| values)
    }
}

/// What one thread knows of the dictionary of a column.
#[derive(Debug, Default)]
pub(super) struct Table {
    dictionary: Followed,
    /// By key: the row of the grid, [`UNSET`] until some row has it.
    ids: Vec<u32>,
    /// By key: the number, of a column that is parsed.
    pub(super) numbers: Vec<f64>,
    /// Texts are cut to the month.
    pub(super) by_month: bool,
    /// By key: the hash of the text, or the bits of the number.
    pub(super) hashes: Vec<u64>,
}

const UNSET: u32 = u32::MAX;

/// Where the rows of a batch belong.
pub(super) struct Rows<'a> {
    pub(super) cells: &'a [u32],
    pub(super) lines: Option<&'a [f64]>,
}

impl Rows<'_> {
    /// Every row that is in a cell: row, cell, how many rows it stands for.
    #[inline]
    pub(super) fn each(&self, mut each: impl FnMut(usize, u32, u64)) {
        match self.lines {
            None => {
                for (row, &cell) in self.cells.iter().enumerate() {
                    if cell != NO_CELL {
                        each(row, cell, 1);
                    }
                }
            }
            Some(lines) => {
                for (row, (&cell, &n)) in self.cells.iter().zip(lines).enumerate() {
                    if cell != NO_CELL && n > 0.0 {
                        each(row, cell, n as u64);
                    }
                }
            }
        }
    }
}

/// What stands for a number in a kind of row.
pub(super) fn bits(number: f64) -> u64 {
    if is_null(number) {
        ABSENT
    } else {
        (number + 0.0).to_bits()
    }
}

impl Table {
    /// Brings the table up to date with the dictionary of a batch.
    pub(super) fn update(&mut self, codes: &Codes) {
        let known = self.dictionary.follow(codes);
        self.ids.truncate(known);
        self.numbers.truncate(known);
        self.hashes.truncate(known);
        self.ids.resize(codes.values.len(), UNSET);
    }

    /// Makes numbers of the values that are new.
    pub(super) fn parse(&mut self, nulls: &[String]) {
        let number = |value: &Option<Box<str>>| match value.as_deref().map(str::trim) {
            None | Some("") => NULL,
            Some(text) => match text.parse::<f64>() {
                Ok(number) if number.is_nan() => f64::NAN,
                Ok(number) => number,
                Err(_) if spelling::is_null(text, nulls) => NULL,
                Err(_) => f64::NAN,
            },
        };
        let known = self.numbers.len();
        let new = self.dictionary.values()[known..].iter();
        self.numbers.extend(new.map(number));
    }

    /// Hashes of the values that are new.
    pub(super) fn hash(&mut self, is_number: bool) {
        let values = self.dictionary.values();
        let known = self.hashes.len();
        let numbers = &self.numbers;
        let value = |(key, value): (usize, &Option<Box<str>>)| match value {
            _ if is_number => hash(bits(numbers[key])),
            Some(text) => hash_text(text),
            None => ABSENT,
        };
        let new = values.iter().enumerate().skip(known).map(value);
        self.hashes.extend(new);
    }

    /// Chains the hash of the value of each row to those of the rows.
    pub(super) fn chain(&self, codes: &Codes, rows: &mut [u64]) {
        let mut each = |row: usize, key: usize| rows[row] = chained(rows[row], self.hashes[key]);
        match &codes.keys {
            Keys::U8(keys) => {
                let keys = keys.iter().enumerate();
                keys.for_each(|(row, &key)| each(row, usize::from(key)));
            }
            Keys::U32(keys) => {
                let keys = keys.iter().enumerate();
                keys.for_each(|(row, &key)| each(row, key as usize));
            }
        }
    }

    pub(super) fn add<K: Copy + Into<u32>>(
        &mut self,
        keys: &[K],
        sketch: &mut Sketch,
        rows: &Rows,
        nulls: &[String],
    ) {
        if sketch.is_number {
            let numbers = &self.numbers;
            rows.each(|row, cell, n| {
                let key: u32 = keys[row].into();
                sketch.add_number(numbers[key as usize], cell, n);
            });
            return;
        }
        let values = self.dictionary.values();
        let by_month = self.by_month;
        let ids = &mut self.ids;
        if sketch.level == Level::Counts {
            // Ids of a level that was left mean nothing here.
            ids.iter_mut()
                .filter(|id| **id > 1)
                .for_each(|id| *id = UNSET);
        }
        rows.each(|row, cell, n| {
            let key: u32 = keys[row].into();
            let mut id = ids[key as usize];
            if id == UNSET {
                let level = sketch.level;
                id = match values[key as usize].as_deref() {
                    // Once for each value: a spelling that means none is none, of few values or many.
                    Some(text) if spelling::is_null(text, nulls) => MISSING,
                    Some(text) if by_month => sketch.place_text(&month(text)),
                    Some(text) => sketch.place_text(text),
                    None => MISSING,
                };
                if sketch.level != level {
                    ids.fill(UNSET);
                }
                ids[key as usize] = id;
            }
            sketch.grid.add(id, cell, n);
        });
    }
}

/// `2024-03`; what is no date is all one.
fn month(text: &str) -> String {
    match calendar::month(text) {
        Some((year, Some(month))) => format!("{year}-{month:02}"),
        Some((year, None)) => year.to_string(),
        None => "?".to_owned(),
    }
}
