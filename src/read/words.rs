//! Fields of text records to columns: text to keys by a small hash table, numbers parsed.

use std::sync::Arc;

use super::lookup::Lookup;
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
#[derive(Default)]
pub struct Words {
    lookup: Lookup,
    shared: Option<Arc<Values>>,
    small: Vec<u8>,
    large: Vec<u32>,
}

impl Sink {
    /// Nothing yet.
    pub fn new(want: &Want) -> Self {
        match want.shape {
            Shape::Codes => Self::Codes(Words::default()),
            Shape::Numbers => Self::Numbers(Vec::new(), Arc::clone(&want.nulls)),
        }
    }

    /// Adds a field; what is wrong with it.
    #[inline]
    pub fn push(&mut self, field: &[u8]) -> Result<(), Problem> {
        match self {
            Self::Codes(words) => words.push(field),
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

    /// Adds a field of each of many records of a text; an error has the record.
    #[inline]
    pub fn push_all(
        &mut self,
        text: &[u8],
        spans: impl ExactSizeIterator<Item = (usize, usize)> + Clone,
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
            Self::Codes(words) => {
                words.lookup.values().len() > 1 << 16 || words.lookup.bytes() > BYTES
            }
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
    /// Adds a field.
    #[inline]
    fn push(&mut self, field: &[u8]) -> Result<(), Problem> {
        let key = self.lookup.key(field)?;
        if self.is_small() {
            self.small.push(key as u8);
        } else {
            self.large.extend(self.small.drain(..).map(u32::from));
            self.large.push(key);
        }
        Ok(())
    }

    /// Whether eight bits are enough for every key.
    fn is_small(&self) -> bool {
        self.lookup.values().len() <= 256
    }

    /// As [`Sink::push_all`].
    fn push_all(
        &mut self,
        text: &[u8],
        mut spans: impl ExactSizeIterator<Item = (usize, usize)> + Clone,
    ) -> Result<(), (usize, Problem)> {
        let fields = spans.len();
        let mut done = 0;
        while self.is_small() {
            let from = self.small.len();
            self.small.resize(from + fields - done, 0);
            let known = self
                .lookup
                .fill(text, spans.clone(), &mut self.small[from..]);
            self.small.truncate(from + known);
            done += known;
            // `nth` goes span by span: not to the end of what is all known.
            let unknown = if done < fields {
                spans.nth(known)
            } else {
                None
            };
            let Some((start, end)) = unknown else {
                return Ok(());
            };
            let pushed = self.push(&text[start..end]);
            pushed.map_err(|problem| (done, problem))?;
            done += 1;
        }
        for (record, (start, end)) in spans.enumerate() {
            let pushed = self.push(&text[start..end]);
            pushed.map_err(|problem| (done + record, problem))?;
        }
        Ok(())
    }

    fn take(&mut self) -> Codes {
        let keys = if self.large.is_empty() {
            Keys::U8(std::mem::take(&mut self.small))
        } else {
            Keys::U32(std::mem::take(&mut self.large))
        };
        let known = self.lookup.values();
        let values = match &self.shared {
            Some(shared) if shared.len() == known.len() => Arc::clone(shared),
            _ => Arc::new(known.clone()),
        };
        self.shared = Some(Arc::clone(&values));
        Codes { keys, values }
    }
}
