//! A column of a Parquet row group by its pages: dictionary indices are the keys, and no string is
//! made; plain values of few kinds are looked up; numbers are copied.
//!
//! Flat columns in the encodings PLAIN, dictionary and, for booleans, RLE; the rest goes by Arrow.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageReader};

use super::hybrid::{Hybrid, Key, presence, spread};
use super::keys::{Interner, narrow};
use super::plain::{Plain, Stored};
use super::values::Fault;
use super::{Shape, guard};
use crate::data::batch::{NULL, Values};
use crate::data::{Codes, Column, Keys};
use crate::error::Problem;

/// A chunk that is being read.
pub struct Chunk {
    pages: Box<dyn PageReader>,
    stored: Stored,
    optional: bool,
    shape: Shape,
    page: Option<Open>,
    dictionary: Dictionary,
    /// Keys of values outside of a dictionary; in use from the first page that is not of indices.
    interner: Option<Interner>,
    /// Of each entry of the dictionary: its key in the interner.
    entry_keys: Vec<u32>,
    levels: Vec<u8>,
    keys: Vec<u32>,
}

/// What dictionary indices stand for.
#[derive(Default)]
struct Dictionary {
    /// The texts, and the missing value behind them.
    texts: Arc<Values>,
    numbers: Vec<f64>,
    entries: usize,
    /// The page, for the text of an entry that is no number.
    page: Bytes,
}

/// A text that is no number, among the numbers of a dictionary: another NaN that no file can hold.
const NO_NUMBER: f64 = f64::from_bits(0x7ff8_0000_0bad_0bae);

/// The page that is being read.
struct Open {
    left: usize,
    levels: Option<Hybrid>,
    body: Body,
}

enum Body {
    Indices(Hybrid),
    Plain(Plain),
}

impl Chunk {
    /// At the first page.
    pub fn new(
        pages: Box<dyn PageReader>,
        stored: Stored,
        optional: bool,
        shape: Shape,
    ) -> Result<Self, Fault> {
        // A column without any value may have pages of indices and no dictionary.
        let mut dictionary = Dictionary {
            texts: Arc::new(vec![None]),
            ..Dictionary::default()
        };
        if shape == Shape::Numbers {
            stored.check_numbers()?;
        }
        if stored.physical == Type::BOOLEAN {
            // Bits are indices into this.
            dictionary.texts = Arc::new(vec![Some("false".into()), Some("true".into()), None]);
            dictionary.numbers = vec![0.0, 1.0];
            dictionary.entries = 2;
        }
        Ok(Self {
            pages,
            stored,
            optional,
            shape,
            page: None,
            dictionary,
            interner: None,
            entry_keys: Vec::new(),
            levels: Vec::new(),
            keys: Vec::new(),
        })
    }

    /// The next `rows` rows, into the room of `out`.
    pub fn next(&mut self, rows: usize, out: &mut Column) -> Result<(), Fault> {
        let room = std::mem::replace(out, Column::Numbers(Vec::new()));
        *out = match (self.shape, room) {
            (Shape::Numbers, Column::Numbers(room)) => {
                Column::Numbers(self.next_numbers(rows, room)?)
            }
            (Shape::Numbers, Column::Codes(_)) => {
                Column::Numbers(self.next_numbers(rows, Vec::new())?)
            }
            (Shape::Codes, Column::Codes(room)) => Column::Codes(self.next_codes(rows, room.keys)?),
            (Shape::Codes, Column::Numbers(_)) => {
                Column::Codes(self.next_codes(rows, Keys::U8(Vec::new()))?)
            }
        };
        Ok(())
    }

    fn next_codes(&mut self, rows: usize, room: Keys) -> Result<Codes, Fault> {
        if self.interner.is_none() {
            self.open_page()?;
        }
        let small = self.dictionary.texts.len() <= 256;
        let (mut bytes, mut words) = match room {
            Keys::U8(bytes) => (bytes, Vec::new()),
            Keys::U32(words) => (Vec::new(), words),
        };
        if self.interner.is_none() {
            let done = if small {
                self.next_indices(rows, &mut bytes)?
            } else {
                self.next_indices(rows, &mut words)?
            };
            if done == rows {
                let keys = if small {
                    Keys::U8(bytes)
                } else {
                    Keys::U32(words)
                };
                let values = Arc::clone(&self.dictionary.texts);
                return Ok(Codes { keys, values });
            }
            // The next page is not of indices: from now on the keys are those of the interner.
            self.leave_dictionary()?;
            self.keys.clear();
            let key = |entry: usize| self.entry_keys[entry];
            if small {
                self.keys
                    .extend(bytes.iter().map(|&entry| key(entry.into())));
            } else {
                self.keys
                    .extend(words.iter().map(|&entry| key(entry as usize)));
            }
        } else {
            self.keys.clear();
        }
        self.next_interned(rows)?;
        let Some(interner) = &mut self.interner else {
            return Err("values of a column got lost".into());
        };
        let values = interner.values();
        let mut keys = if values.len() <= 256 {
            Keys::U8(bytes)
        } else {
            Keys::U32(words)
        };
        narrow(&self.keys, values.len(), &mut keys);
        if interner.renew() {
            self.leave_dictionary()?;
        }
        Ok(Codes { keys, values })
    }

    /// Dictionary indices of at most `rows` rows, as far as there are pages of indices; how many.
    fn next_indices<K: Key>(&mut self, rows: usize, out: &mut Vec<K>) -> Result<usize, Fault> {
        out.resize(rows, K::default());
        let mut done = 0;
        while done < rows {
            self.open_page()?;
            let Some(page) = &mut self.page else { break };
            let Body::Indices(indices) = &mut page.body else {
                break;
            };
            let count = page.left.min(rows - done);
            let present = present(page.levels.as_mut(), count, &mut self.levels)?;
            let out = &mut out[done..done + count];
            indices_into(indices, &mut out[..present], self.dictionary.entries)?;
            if present < count {
                let missing = K::of(self.dictionary.entries as u64);
                spread(out, present, &self.levels, missing);
            }
            page.left -= count;
            done += count;
        }
        out.truncate(done);
        Ok(done)
    }

    /// Begins to give keys by an interner, which knows the entries of the dictionary.
    fn leave_dictionary(&mut self) -> Result<(), Fault> {
        let interner = self.interner.get_or_insert_default();
        self.entry_keys.clear();
        for text in self.dictionary.texts.iter() {
            self.entry_keys.push(match text {
                Some(text) => interner.text(text)?,
                None => interner.missing(),
            });
        }
        Ok(())
    }

    /// Fills up `self.keys` to `rows` rows with keys of the interner.
    fn next_interned(&mut self, rows: usize) -> Result<(), Fault> {
        while self.keys.len() < rows {
            self.open_page()?;
            let (Some(page), Some(interner)) = (&mut self.page, &mut self.interner) else {
                return Err("fewer rows than the row group says".into());
            };
            let done = self.keys.len();
            let count = page.left.min(rows - done);
            let present = present(page.levels.as_mut(), count, &mut self.levels)?;
            self.keys.resize(done + count, 0);
            let out = &mut self.keys[done..];
            match &mut page.body {
                Body::Plain(plain) => plain.keys(&self.stored, interner, &mut out[..present])?,
                Body::Indices(indices) => {
                    let out = &mut out[..present];
                    indices_into(indices, out, self.dictionary.entries)?;
                    for key in out {
                        *key = self.entry_keys[*key as usize];
                    }
                }
            }
            if present < count {
                spread(out, present, &self.levels, interner.missing());
            }
            page.left -= count;
        }
        Ok(())
    }

    fn next_numbers(&mut self, rows: usize, mut out: Vec<f64>) -> Result<Vec<f64>, Fault> {
        out.resize(rows, NULL);
        let mut done = 0;
        while done < rows {
            self.open_page()?;
            let Some(page) = &mut self.page else {
                return Err("fewer rows than the row group says".into());
            };
            let count = page.left.min(rows - done);
            let present = present(page.levels.as_mut(), count, &mut self.levels)?;
            let all = &mut out[done..done + count];
            let out = &mut all[..present];
            let mut no_number = None;
            match &mut page.body {
                Body::Indices(indices) => {
                    self.keys.resize(present, 0);
                    indices_into(indices, &mut self.keys, self.dictionary.entries)?;
                    for (number, &entry) in out.iter_mut().zip(&self.keys) {
                        *number = self.dictionary.numbers[entry as usize];
                    }
                    if self.stored.physical == Type::BYTE_ARRAY {
                        let bad = |number: &f64| number.to_bits() == NO_NUMBER.to_bits();
                        no_number = out.iter().position(bad);
                    }
                }
                Body::Plain(plain) => match plain.numbers(&self.stored, out) {
                    Err(Fault::Row(at, problem)) => {
                        let row = row_of(at, present, count, &self.levels);
                        return Err(Fault::Row(done + row, problem));
                    }
                    other => other?,
                },
            }
            if let Some(at) = no_number {
                let row = row_of(at, present, count, &self.levels);
                let value = self.entry_text(self.keys[at] as usize);
                return Err(Fault::Row(done + row, Problem::NotANumber { value }));
            }
            if present < count {
                spread(all, present, &self.levels, NULL);
            }
            page.left -= count;
            done += count;
        }
        Ok(out)
    }

    /// The text of an entry of the dictionary.
    fn entry_text(&self, entry: usize) -> String {
        let texts = self
            .stored
            .texts(&self.dictionary.page, self.dictionary.entries);
        let texts = texts.unwrap_or_default();
        let text = texts.get(entry).and_then(|text| text.as_deref());
        text.unwrap_or_default().to_owned()
    }

    /// Makes sure that there is a page with rows left.
    fn open_page(&mut self) -> Result<(), Fault> {
        while self.page.as_ref().is_none_or(|page| page.left == 0) {
            let page = guard::run(|| self.pages.get_next_page())?
                .map_err(|e| e.to_string())?
                .ok_or("fewer rows than the row group says")?;
            match page {
                Page::DictionaryPage {
                    buf, num_values, ..
                } => self.open_dictionary(buf, num_values as usize)?,
                Page::DataPage {
                    buf,
                    num_values,
                    encoding,
                    def_level_encoding,
                    ..
                } => {
                    let rows = num_values as usize;
                    let (levels, body) = self.split_v1(buf, def_level_encoding, rows)?;
                    self.open_data(levels, &body, encoding, rows)?;
                }
                Page::DataPageV2 {
                    buf,
                    num_values,
                    encoding,
                    def_levels_byte_len,
                    rep_levels_byte_len,
                    ..
                } => {
                    let from = rep_levels_byte_len as usize;
                    let to = from.saturating_add(def_levels_byte_len as usize);
                    if to > buf.len() {
                        return Err("levels longer than their page".into());
                    }
                    let levels = self.optional.then(|| Hybrid::new(buf.slice(from..to), 1));
                    self.open_data(levels, &buf.slice(to..), encoding, num_values as usize)?;
                }
            }
        }
        Ok(())
    }

    /// Levels and body of a page of version 1.
    fn split_v1(
        &self,
        buf: Bytes,
        encoding: Encoding,
        rows: usize,
    ) -> Result<(Option<Hybrid>, Bytes), Fault> {
        if !self.optional {
            return Ok((None, buf));
        }
        if is_bit_packed(encoding) {
            return old_levels(&buf, rows);
        }
        if encoding != Encoding::RLE {
            return Err(format!("levels in the encoding {encoding}").into());
        }
        let length = buf.first_chunk::<4>().map(|b| u32::from_le_bytes(*b));
        let end = length.map(|length| (length as usize).saturating_add(4));
        match end {
            Some(end) if end <= buf.len() => {
                let levels = Hybrid::new(buf.slice(4..end), 1);
                Ok((Some(levels), buf.slice(end..)))
            }
            _ => Err("levels longer than their page".into()),
        }
    }

    fn open_data(
        &mut self,
        levels: Option<Hybrid>,
        body: &Bytes,
        encoding: Encoding,
        rows: usize,
    ) -> Result<(), Fault> {
        let boolean = self.stored.physical == Type::BOOLEAN;
        let body = match encoding {
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                let width = usize::from(*body.first().unwrap_or(&0));
                if width > 32 {
                    return Err(format!("dictionary indices of {width} bits").into());
                }
                Body::Indices(Hybrid::new(body.slice(body.len().min(1)..), width))
            }
            Encoding::PLAIN if boolean => Body::Indices(Hybrid::packed(body.clone(), 1)),
            // The length of the runs is in front of them.
            Encoding::RLE if boolean => {
                Body::Indices(Hybrid::new(body.slice(body.len().min(4)..), 1))
            }
            Encoding::PLAIN => Body::Plain(Plain::new(body.clone())),
            other => return Err(format!("a page in the encoding {other}").into()),
        };
        self.page = Some(Open {
            left: rows,
            levels,
            body,
        });
        Ok(())
    }

    fn open_dictionary(&mut self, body: Bytes, entries: usize) -> Result<(), Fault> {
        if self.dictionary.entries > 0 || self.page.is_some() {
            return Err("a dictionary where no dictionary can be".into());
        }
        match self.shape {
            Shape::Codes => {
                let mut texts = self.stored.texts(&body, entries)?;
                if texts.len() < entries {
                    return Err("a dictionary shorter than it says".into());
                }
                texts.push(None);
                self.dictionary.texts = Arc::new(texts);
            }
            Shape::Numbers if self.stored.physical == Type::BYTE_ARRAY => {
                let texts = self.stored.texts(&body, entries)?;
                let number = |text: &Option<Box<str>>| match text.as_deref() {
                    None => NULL,
                    Some(text) => {
                        super::numbers::parse(text, &self.stored.nulls).unwrap_or(NO_NUMBER)
                    }
                };
                self.dictionary.numbers = texts.iter().map(number).collect();
                self.dictionary.page = body;
            }
            Shape::Numbers => {
                // Entries take at least four bytes: what is claimed must be there.
                let entries = entries.min(body.len());
                self.dictionary.numbers.resize(entries, NULL);
                let mut plain = Plain::new(body);
                plain.numbers(&self.stored, &mut self.dictionary.numbers)?;
            }
        }
        self.dictionary.entries = entries;
        Ok(())
    }
}

/// The encoding of levels that only old writers use.
#[allow(deprecated, reason = "files that use it are still there")]
fn is_bit_packed(encoding: Encoding) -> bool {
    encoding == Encoding::BIT_PACKED
}

/// Levels in the deprecated encoding of old writers: one bit each, the highest of a byte first.
fn old_levels(buf: &Bytes, rows: usize) -> Result<(Option<Hybrid>, Bytes), Fault> {
    let bytes = rows.div_ceil(8);
    if bytes > buf.len() {
        return Err("levels longer than their page".into());
    }
    let bits: Vec<u8> = buf[..bytes]
        .iter()
        .map(|byte| byte.reverse_bits())
        .collect();
    Ok((Some(Hybrid::packed(bits.into(), 1)), buf.slice(bytes..)))
}

/// How many of the next rows have a value; where not all have, `levels` says which.
fn present(page: Option<&mut Hybrid>, rows: usize, levels: &mut Vec<u8>) -> Result<usize, Fault> {
    let Some(page) = page else { return Ok(rows) };
    presence(page, rows, levels).ok_or_else(|| "levels end too soon".into())
}

/// The row of the value at a position among those that are present.
fn row_of(at: usize, present: usize, count: usize, levels: &[u8]) -> usize {
    if present == count {
        return at;
    }
    (0..count)
        .filter(|&row| levels[row] == 1)
        .nth(at)
        .unwrap_or(0)
}

/// The next indices, each less than `entries`.
fn indices_into<K: Key>(indices: &mut Hybrid, out: &mut [K], entries: usize) -> Result<(), Fault> {
    // A key of a byte cuts off what is beyond: such a width cannot be right.
    let width = indices.width();
    if size_of::<K>() == 1 && width > 8 && !out.is_empty() {
        return wide_indices(indices, out, entries);
    }
    indices.fill(out).ok_or("dictionary indices end too soon")?;
    let possible = width < 32 && entries >= 1 << width;
    let beyond = |most: K| K::of(entries as u64) <= most;
    if !possible && out.iter().copied().max().is_some_and(beyond) {
        return Err("an index beyond the dictionary".into());
    }
    Ok(())
}

/// Indices of more bits than the dictionary needs.
fn wide_indices<K: Key>(indices: &mut Hybrid, out: &mut [K], entries: usize) -> Result<(), Fault> {
    let mut wide = vec![0_u32; out.len()];
    indices
        .fill(&mut wide)
        .ok_or("dictionary indices end too soon")?;
    for (key, &index) in out.iter_mut().zip(&wide) {
        if index as usize >= entries {
            return Err("an index beyond the dictionary".into());
        }
        *key = K::of(index.into());
    }
    Ok(())
}
