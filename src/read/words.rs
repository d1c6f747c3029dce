//! Fields of text records to columns: text to keys by a small hash table, numbers parsed.

use std::sync::Arc;

use super::numbers;
use super::{Shape, Want};
use crate::data::{Codes, Column, Keys, Values};
use crate::error::Problem;

/// What a wanted column becomes.
pub enum Sink {
    /// Codes.
    Codes(Words),
    /// Numbers, and the null spellings.
    Numbers(Vec<f64>, Arc<[String]>),
}

/// Distinct texts and the keys of the batch.
pub struct Words {
    table: Vec<Entry>,
    values: Values,
    /// Bytes of the values.
    bytes: usize,
    shared: Option<Arc<Values>>,
    small: Vec<u8>,
    large: Vec<u32>,
}

/// A text by its first eight bytes (zeros after a shorter one), its length and its key.
#[derive(Clone, Copy)]
struct Entry {
    start: u64,
    length: u32,
    key: u32,
}

const FREE: u32 = u32::MAX;

impl Sink {
    /// Nothing yet.
    pub fn new(want: &Want) -> Self {
        match want.shape {
            Shape::Codes => Self::Codes(Words {
                table: vec![
                    Entry {
                        start: 0,
                        length: 0,
                        key: FREE
                    };
                    64
                ],
                values: Vec::new(),
                bytes: 0,
                shared: None,
                small: Vec::new(),
                large: Vec::new(),
            }),
            Shape::Numbers => Self::Numbers(Vec::new(), Arc::clone(&want.nulls)),
        }
    }

    /// Adds a field; what is wrong with it.
    #[inline]
    pub fn push(&mut self, field: &[u8]) -> Result<(), Problem> {
        match self {
            Self::Codes(words) => words.push(first_eight(field), field),
            Self::Numbers(numbers, nulls) => {
                let number = match numbers::fast(field) {
                    Some(number) => number,
                    None => slow_number(field, nulls)?,
                };
                numbers.push(number);
                Ok(())
            }
        }
    }

    /// Adds a field of each of many records of a text, which goes on for eight bytes behind them; an
    /// error has the record.
    #[inline]
    pub fn push_all(
        &mut self,
        text: &[u8],
        spans: impl Iterator<Item = (usize, usize)>,
    ) -> Result<(), (usize, Problem)> {
        match self {
            Self::Codes(words) => words.push_all(text, spans),
            Self::Numbers(..) => {
                for (record, (start, end)) in spans.enumerate() {
                    let pushed = self.push(&text[start..end]);
                    pushed.map_err(|problem| (record, problem))?;
                }
                Ok(())
            }
        }
    }

    /// Whether there are more distinct texts than a dictionary should hold.
    pub fn is_large(&self) -> bool {
        const BYTES: usize = 8 << 20;
        match self {
            Self::Codes(words) => words.values.len() > 1 << 16 || words.bytes > BYTES,
            Self::Numbers(..) => false,
        }
    }

    /// Keeps the first `rows` fields of the batch.
    pub fn truncate(&mut self, rows: usize) {
        match self {
            Self::Codes(words) => {
                words.small.truncate(rows);
                words.large.truncate(rows);
            }
            Self::Numbers(numbers, _) => numbers.truncate(rows),
        }
    }

    /// The column of the batch; the next batch begins.
    pub fn take(&mut self) -> Column {
        match self {
            Self::Codes(words) => Column::Codes(words.take()),
            Self::Numbers(numbers, _) => Column::Numbers(std::mem::take(numbers)),
        }
    }

    /// Takes the memory of a column back for the next batch.
    pub fn reuse(&mut self, column: Column) {
        match (self, column) {
            (Self::Numbers(numbers, _), Column::Numbers(mut old)) => {
                old.clear();
                *numbers = old;
            }
            (Self::Codes(words), Column::Codes(codes)) => match codes.keys {
                Keys::U8(mut old) => {
                    old.clear();
                    words.small = old;
                }
                Keys::U32(mut old) => {
                    old.clear();
                    words.large = old;
                }
            },
            _ => {}
        }
    }
}

fn slow_number(field: &[u8], nulls: &[String]) -> Result<f64, Problem> {
    let text = text(field)?;
    numbers::parse(text, nulls).ok_or_else(|| Problem::NotANumber {
        value: shorten(text),
    })
}

/// The start of a long value, for a message.
fn shorten(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().nth(SHOWN).is_none() {
        return text.to_owned();
    }
    text.chars().take(SHOWN).chain(['…']).collect()
}

/// A field as text.
pub fn text(field: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(field).map_err(|error| Problem::NotUtf8 {
        byte: field[error.valid_up_to()],
    })
}

impl Words {
    /// Adds a field that begins with these eight bytes ([`first_eight`]).
    #[inline]
    fn push(&mut self, start: u64, field: &[u8]) -> Result<(), Problem> {
        let key = match self.known(start, field) {
            Some(key) => key,
            None => self.insert(field, start)?,
        };
        if self.values.len() <= 256 {
            self.small.push(key as u8);
        } else {
            self.push_large(key);
        }
        Ok(())
    }

    fn push_large(&mut self, key: u32) {
        self.large.extend(self.small.drain(..).map(u32::from));
        self.large.push(key);
    }

    /// As [`Sink::push_all`].
    #[inline]
    fn push_all(
        &mut self,
        text: &[u8],
        spans: impl Iterator<Item = (usize, usize)>,
    ) -> Result<(), (usize, Problem)> {
        // Kept apart in the loop, where every known word goes: a push through `self` is slower.
        let mut small = std::mem::take(&mut self.small);
        for (record, (start, end)) in spans.enumerate() {
            let field = &text[start..end];
            let eight = text[start..].first_chunk::<8>();
            let eight = eight.map_or(0, |eight| u64::from_le_bytes(*eight));
            // Not a branch: lengths come in any order.
            let beyond = 64 - 8 * field.len().min(8) as u32;
            let first = eight & u64::MAX.checked_shr(beyond).unwrap_or(0);
            match self.known(first, field) {
                Some(key) if self.values.len() <= 256 => small.push(key as u8),
                _ => {
                    self.small = small;
                    let pushed = self.push(first, field);
                    small = std::mem::take(&mut self.small);
                    if let Err(problem) = pushed {
                        self.small = small;
                        return Err((record, problem));
                    }
                }
            }
        }
        self.small = small;
        Ok(())
    }

    /// The key of a field that was met before.
    #[inline]
    fn known(&self, start: u64, field: &[u8]) -> Option<u32> {
        let mask = self.table.len() - 1;
        let mut at = hash(start, field) & mask;
        loop {
            let entry = self.table[at];
            if entry.key == FREE {
                return None;
            }
            let same = entry.start == start && entry.length as usize == field.len();
            if same && (field.len() <= 8 || self.is(entry.key, field)) {
                return Some(entry.key);
            }
            at = (at + 1) & mask;
        }
    }

    fn is(&self, key: u32, field: &[u8]) -> bool {
        let value = self.values[key as usize].as_deref().unwrap_or_default();
        value.as_bytes() == field
    }

    #[cold]
    fn insert(&mut self, field: &[u8], start: u64) -> Result<u32, Problem> {
        if field.len() > crate::data::limits::FIELD_BYTES {
            return Err(Problem::LongName {
                bytes: field.len(),
                most: crate::data::limits::FIELD_BYTES,
            });
        }
        let text = text(field)?;
        let key = self.values.len() as u32;
        self.bytes += field.len();
        self.values.push((!text.is_empty()).then(|| text.into()));
        if self.values.len() * 2 > self.table.len() {
            self.grow();
        }
        self.place(Entry {
            start,
            length: field.len() as u32,
            key,
        });
        Ok(key)
    }

    fn place(&mut self, entry: Entry) {
        let mask = self.table.len() - 1;
        let value = self.values[entry.key as usize].as_deref();
        let mut at = hash(entry.start, value.unwrap_or_default().as_bytes()) & mask;
        while self.table[at].key != FREE {
            at = (at + 1) & mask;
        }
        self.table[at] = entry;
    }

    fn grow(&mut self) {
        let free = Entry {
            start: 0,
            length: 0,
            key: FREE,
        };
        let size = 4 * self.table.len();
        let old = std::mem::replace(&mut self.table, vec![free; size]);
        for entry in old.into_iter().filter(|entry| entry.key != FREE) {
            self.place(entry);
        }
    }

    fn take(&mut self) -> Codes {
        let keys = if self.large.is_empty() {
            Keys::U8(std::mem::take(&mut self.small))
        } else {
            Keys::U32(std::mem::take(&mut self.large))
        };
        let values = match &self.shared {
            Some(shared) if shared.len() == self.values.len() => Arc::clone(shared),
            _ => Arc::new(self.values.clone()),
        };
        self.shared = Some(Arc::clone(&values));
        Codes { keys, values }
    }
}

/// The first eight bytes, with zeros after a shorter field.
#[inline]
fn first_eight(field: &[u8]) -> u64 {
    match field.first_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => field
            .iter()
            .rev()
            .fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// Mixes the first and last eight bytes and the length.
#[inline]
fn hash(start: u64, field: &[u8]) -> usize {
    let end = match field.last_chunk::<8>() {
        Some(end) if field.len() > 8 => u64::from_le_bytes(*end),
        _ => 0,
    };
    let mixed =
        (start ^ end.rotate_left(29) ^ field.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize
}
