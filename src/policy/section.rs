//! A section of a policy file: keys that are known, values of the type that is wanted.
//!
//! In: a table of TOML with the places of its keys and values. Out: values, or an error with the
//! line it stands in.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::accept::Date;
use crate::error::{Error, Excerpt, Result, Wrong};

/// A word of the file and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub at: Excerpt,
}

/// The file that is read.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// As messages name it.
    pub path: &'a str,
    /// What stands in it.
    pub text: &'a str,
}

impl Text<'_> {
    /// A place in it.
    pub fn at(&self, span: Range<usize>) -> Excerpt {
        Excerpt::new(self.path, self.text, span)
    }
}

type Value<'a> = &'a Spanned<DeValue<'a>>;

/// A table of the file.
pub struct Section<'a> {
    file: Text<'a>,
    /// As messages call it: `[data]`.
    name: &'static str,
    span: Range<usize>,
    entries: Vec<(&'static str, Value<'a>)>,
}

impl<'a> Section<'a> {
    /// A table that has no other keys than `known`; `min-group` is as good as `min_group`.
    pub fn new(
        file: Text<'a>,
        name: &'static str,
        known: &[&'static str],
        table: &'a DeTable<'a>,
        span: Range<usize>,
    ) -> Result<Self> {
        let mut entries: Vec<(&'static str, Value<'a>)> = Vec::new();
        // The table has its keys by the alphabet: what comes first in the file is told first.
        let mut pairs: Vec<_> = table.iter().collect();
        pairs.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in pairs {
            let typed: &str = key.get_ref();
            let folded = typed.replace('-', "_");
            let at = || file.at(key.span());
            let Some(&key) = known.iter().find(|known| **known == folded) else {
                return Err(at().wrong(Wrong::Key {
                    key: typed.to_owned(),
                    section: name,
                    known: known.iter().map(ToString::to_string).collect(),
                }));
            };
            if entries.iter().any(|(other, _)| *other == key) {
                let key = typed.to_owned();
                return Err(at().wrong(Wrong::Twice { key }));
            }
            entries.push((key, value));
        }
        Ok(Self {
            file,
            name,
            span,
            entries,
        })
    }

    pub(super) fn get(&self, key: &str) -> Option<Value<'a>> {
        let mut entries = self.entries.iter();
        entries
            .find(|(known, _)| *known == key)
            .map(|(_, value)| *value)
    }

    /// Where a key's value stands, or the section.
    pub fn at(&self, key: &str) -> Excerpt {
        let span = self.get(key).map(Spanned::span);
        self.file.at(span.unwrap_or_else(|| self.span.clone()))
    }

    pub(super) fn kind(&self, key: &str, value: Value, wanted: &'static str) -> Error {
        let found = match value.get_ref() {
            DeValue::String(_) => "text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.file.at(value.span()).wrong(Wrong::Kind {
            key: key.to_owned(),
            found,
            wanted,
        })
    }

    /// The error that a value cannot be meant.
    pub fn refuse(&self, key: &str, problem: &'static str, remedy: &'static str) -> Error {
        self.at(key).wrong(Wrong::Value {
            key: key.to_owned(),
            problem,
            remedy,
        })
    }

    /// The error that a key is missing.
    pub fn lacks(&self, key: &'static str, example: &'static str) -> Error {
        self.file.at(self.span.clone()).wrong(Wrong::Lacks {
            key,
            section: self.name,
            example,
        })
    }

    fn placed(&self, text: String, value: Value) -> Placed {
        Placed {
            text,
            at: self.file.at(value.span()),
        }
    }

    /// A text.
    pub fn text(&self, key: &str) -> Result<Option<Placed>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        match value.get_ref() {
            DeValue::String(text) => Ok(Some(self.placed(text.to_string(), value))),
            _ => Err(self.kind(key, value, "text")),
        }
    }

    /// A text, or a list of them; a text alone is cut at `mark`.
    pub fn words(&self, key: &str, mark: Option<char>) -> Result<Option<Vec<Placed>>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let words = match value.get_ref() {
            DeValue::String(text) => match mark {
                Some(mark) => text.split(mark).map(str::to_owned).collect(),
                None => vec![text.to_string()],
            },
            DeValue::Array(items) => return self.items(key, items).map(Some),
            _ => return Err(self.kind(key, value, "text or a list of texts")),
        };
        let words = words.into_iter().map(|word| self.placed(word, value));
        Ok(Some(words.collect()))
    }

    fn items(&self, key: &str, items: &'a [Spanned<DeValue<'a>>]) -> Result<Vec<Placed>> {
        let one = |item: Value<'a>| match item.get_ref() {
            DeValue::String(text) => Ok(self.placed(text.to_string(), item)),
            _ => Err(self.kind(key, item, "text")),
        };
        items.iter().map(one).collect()
    }

    /// `COL=VALUE`, a list of these, or a table `{ COL = VALUE }` whose values may be lists
    /// (`{ age = [18, 30] }` is `age=18,30`).
    pub fn pairs(&self, key: &str, mark: Option<char>) -> Result<Option<Vec<Placed>>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let DeValue::Table(table) = value.get_ref() else {
            return self.words(key, mark);
        };
        let mut pairs = Vec::new();
        for (column, value) in table {
            let text = match value.get_ref() {
                DeValue::Array(items) => {
                    let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
                    texts.map(|texts| texts.join(","))
                }
                _ => scalar(value),
            };
            let wanted = "text, a number or a list of numbers";
            let text = text.ok_or_else(|| self.kind(key, value, wanted))?;
            pairs.push(self.placed(format!("{}={text}", column.get_ref()), value));
        }
        Ok(Some(pairs))
    }

    /// A finite number.
    pub fn number(&self, key: &str) -> Result<Option<f64>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        if !value.get_ref().is_integer() && !value.get_ref().is_float() {
            return Err(self.kind(key, value, "a number"));
        }
        let number = scalar(value).and_then(|text| text.parse::<f64>().ok());
        match number.filter(|number| number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => Err(self.refuse(key, "it is not finite", "write a number such as 0.8")),
        }
    }

    /// A whole number from `least` to `most`.
    pub fn whole(&self, key: &str, least: u64, most: u64) -> Result<Option<u64>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        if !value.get_ref().is_integer() {
            return Err(self.kind(key, value, "a whole number"));
        }
        let number = scalar(value).and_then(|text| text.parse::<u64>().ok());
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None if most == u64::MAX => {
                Err(self.refuse(key, "out of range", "write a whole number from 0"))
            }
            None => Err(self.refuse(key, "out of range", "write a whole number from 1 to 8")),
        }
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let flag = value.get_ref().as_bool();
        flag.map(Some)
            .ok_or_else(|| self.kind(key, value, "true or false"))
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, key: &str, known: &[(&str, T)]) -> Result<Option<T>> {
        let Some(word) = self.text(key)? else {
            return Ok(None);
        };
        match known.iter().find(|(name, _)| *name == word.text) {
            Some((_, meant)) => Ok(Some(*meant)),
            None => Err(word.at.wrong(Wrong::Word {
                key: key.to_owned(),
                value: word.text,
                known: known.iter().map(|(name, _)| (*name).to_owned()).collect(),
            })),
        }
    }

    /// A day, as a date or as text.
    pub fn date(&self, key: &str) -> Result<Option<Date>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let date = match value.get_ref() {
            DeValue::Datetime(stamp) if stamp.time.is_none() => stamp.date.map(|date| Date {
                year: date.year,
                month: date.month,
                day: date.day,
            }),
            DeValue::String(text) => Date::parse(text),
            DeValue::Datetime(_) => None,
            _ => return Err(self.kind(key, value, "a date")),
        };
        match date {
            Some(date) => Ok(Some(date)),
            None => Err(self.refuse(key, "it is no day", "write it as 2030-12-31")),
        }
    }
}

/// A single value as it would stand on the command line.
fn scalar(value: &Spanned<DeValue>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.ok().map(|number| number.to_string())
        }
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}
