//! JSON lines: one flat object a line.
//!
//! Strings come decoded, numbers as they are written, `null` and absent keys as missing.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use serde::de::IgnoredAny;

use super::bytes::Identified;
use super::flat::Layout;
use super::parse::{Outcome, Ready, emit};
use super::words::Sink;
use super::{BATCH_ROWS, Want};
use crate::data::{Column, Field, Kind};
use crate::error::{Error, Place, Problem, Result};

/// Objects looked at to know the columns.
pub const OBJECTS: usize = 1000;

/// The keys of the first objects, in order of appearance.
pub fn columns(input: &Identified) -> Result<Vec<Field>> {
    let mut fields: Vec<Field> = Vec::new();
    let mut objects = 0;
    let lines: Vec<&[u8]> = input.head.split(|&byte| byte == b'\n').collect();
    for (at, line) in lines.iter().enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let refuse = |problem: Problem| Error::Data {
            place: Place {
                line: Some(at as u64 + 1),
                ..Place::file(&*input.name)
            },
            problem,
        };
        // The head may end in the middle of a line.
        let is_cut = at + 1 == lines.len() && !input.whole;
        let pairs = match pairs(line) {
            Err(_) if is_cut && objects > 0 => break,
            Err(Problem::Json { .. }) if is_cut && line.trim_ascii().starts_with(b"{") => {
                let most = input.head.len();
                return Err(refuse(Problem::LongRecord { most }));
            }
            pairs => pairs.map_err(refuse)?,
        };
        for (key, _) in pairs {
            if !fields.iter().any(|field| field.name == key) {
                fields.push(Field {
                    name: key.into_owned(),
                    kind: Kind::Untyped,
                });
            }
        }
        objects += 1;
        if objects == OBJECTS {
            break;
        }
    }
    if objects == 0 {
        return Err(Error::Data {
            place: Place::file(&*input.name),
            problem: Problem::NoRows,
        });
    }
    Ok(fields)
}

/// A key and its raw value.
type Pair<'a> = (Cow<'a, str>, &'a [u8]);

/// The keys and raw values of an object.
fn pairs(line: &[u8]) -> std::result::Result<Vec<Pair<'_>>, Problem> {
    let fault = |what: String| Problem::Json { what };
    let line = line.trim_ascii();
    let text = std::str::from_utf8(line).map_err(|error| Problem::NotUtf8 {
        byte: line[error.valid_up_to()],
    })?;
    if text.starts_with('[') {
        return Err(fault("a list (write one object a line)".to_owned()));
    }
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| fault(said(&error)))?;
    if !text.starts_with('{') {
        return Err(fault("a value by itself".to_owned()));
    }
    // The line is sound JSON: from here on no token can be out of place.
    let mut pairs = Vec::new();
    let mut rest = text[1..].trim_start();
    while rest.starts_with('"') {
        let (key, after) = rest.split_at(string_length(rest));
        let value = after.trim_start().strip_prefix(':').unwrap_or_default();
        let value = value.trim_start();
        let length = value_length(value);
        pairs.push((decode(key), &value.as_bytes()[..length]));
        rest = value[length..].trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Ok(pairs)
}

/// What the parser said; its line is always 1, so only the byte in the line is told.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    format!("{what} (byte {} of the line)", error.column())
}

/// Tells where each line that is not blank starts, until `each` says that it is enough.
pub fn starts(bytes: &[u8], each: &mut dyn FnMut(usize) -> bool) {
    let mut at = 0;
    while at < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n + 1);
        if !bytes[at..end].trim_ascii().is_empty() && !each(at) {
            return;
        }
        at = end;
    }
}

/// Bytes of the string at the start, with its quotes.
fn string_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Bytes of the value at the start.
fn value_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'"') => string_length(text),
        Some(b'{' | b'[') => {
            let (mut at, mut depth) = (0, 0_usize);
            while at < bytes.len() {
                match bytes[at] {
                    b'"' => at += string_length(&text[at..]) - 1,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return at;
                }
            }
            at
        }
        _ => {
            let end = |b: &u8| matches!(b, b',' | b'}' | b' ' | b'\t' | b'\r');
            bytes.iter().position(end).unwrap_or(bytes.len())
        }
    }
}

/// A string without quotes and escapes.
fn decode(token: &str) -> Cow<'_, str> {
    let inner = &token[1..token.len().max(2) - 1];
    if inner.contains('\\') {
        // Sound JSON, but an escape may stand for half a character: then the text stays as it is.
        serde_json::from_str::<String>(token).map_or(Cow::Borrowed(inner), Cow::Owned)
    } else {
        Cow::Borrowed(inner)
    }
}

/// Lines to batches.
pub struct Parser {
    /// Name of each wanted column, and of all there are.
    names: Vec<String>,
    known: HashSet<String>,
    sinks: Vec<Sink>,
    /// That of the latest line that was read the slow way.
    layout: Layout,
    /// Of the line that is read: where the value of each want is.
    values: Vec<Range<usize>>,
    columns: Vec<Column>,
    /// Blank lines passed over.
    pub blank: u64,
    /// Keys that are no column: they came after the columns were known.
    pub late: BTreeSet<String>,
}

/// Keys that are kept of those that came late.
const LATE: usize = 1000;

impl Parser {
    /// For these wanted columns.
    pub fn new(fields: &[Field], wants: &[Want]) -> Self {
        Self {
            names: wants
                .iter()
                .map(|w| fields[w.column].name.clone())
                .collect(),
            known: fields.iter().map(|field| field.name.clone()).collect(),
            late: BTreeSet::new(),
            sinks: wants.iter().map(Sink::new).collect(),
            layout: Layout::default(),
            values: vec![0..0; wants.len()],
            columns: Vec::new(),
            blank: 0,
        }
    }

    /// Whether its dictionaries have grown so large that a new parser is better than more of them.
    pub fn is_large(&self) -> bool {
        self.sinks.iter().any(Sink::is_large)
    }

    /// Parses whole lines.
    pub fn parse<E>(
        &mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(Ready) -> std::result::Result<bool, E>,
    ) -> Outcome<E> {
        let (mut at, mut rows) = (0, 0);
        let mut span = 0..0;
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n + 1);
            let line = &bytes[at..end];
            let mut wrong = None;
            if line.trim_ascii().is_empty() {
                self.blank += 1;
            } else if let Err((problem, want)) = self.line(line) {
                for sink in &mut self.sinks {
                    sink.truncate(rows);
                }
                wrong = Some(Outcome::Wrong(at, problem, want));
            } else {
                if rows == 0 {
                    span.start = at;
                }
                span.end = end;
                rows += 1;
            }
            at = end;
            // What is before a wrong line is told of first.
            if rows == BATCH_ROWS || at == bytes.len() || wrong.is_some() {
                match emit(
                    (&mut self.sinks, &mut self.columns),
                    rows,
                    span.clone(),
                    each,
                ) {
                    Ok(true) => rows = 0,
                    Ok(false) => return Outcome::Enough,
                    Err(error) => return Outcome::Failed(error),
                }
            }
            if let Some(wrong) = wrong {
                return wrong;
            }
        }
        Outcome::Done(at)
    }

    fn line(&mut self, line: &[u8]) -> std::result::Result<(), (Problem, Option<usize>)> {
        if self.layout.find(line, &mut self.values).is_some() {
            for (want, (sink, value)) in self.sinks.iter_mut().zip(&self.values).enumerate() {
                let text = match &line[value.clone()] {
                    b"null" if line.get(value.end) != Some(&b'"') => &[],
                    text => text,
                };
                sink.push(text).map_err(|problem| (problem, Some(want)))?;
            }
            return Ok(());
        }
        let pairs = pairs(line).map_err(|problem| (problem, None))?;
        for (want, (name, sink)) in self.names.iter().zip(&mut self.sinks).enumerate() {
            let mut values = pairs.iter().filter(|(key, _)| key == name);
            let value = values.next().map_or(&b"null"[..], |(_, value)| value);
            let fault = |what: &str| (Problem::Json { what: what.into() }, Some(want));
            if values.next().is_some() {
                return Err(fault("the same key twice"));
            }
            let pushed = match value {
                b"null" => sink.push(b""),
                [b'"', ..] => {
                    let token = std::str::from_utf8(value).unwrap_or_default();
                    sink.push(decode(token).as_bytes())
                }
                [b'{' | b'[', ..] => {
                    return Err(fault("an object or list where a value is wanted"));
                }
                token => sink.push(token),
            };
            pushed.map_err(|problem| (problem, Some(want)))?;
        }
        if !self.layout.has(pairs.iter().map(|(key, _)| &**key)) {
            let keys: Vec<&str> = pairs.iter().map(|(key, _)| &**key).collect();
            for &key in keys.iter().filter(|key| !self.known.contains(**key)) {
                if self.late.len() < LATE {
                    self.late.insert(key.to_owned());
                }
            }
            self.layout = Layout::new(&keys, &self.names);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_as_they_are_written() {
        let line =
            br#" {"a" : "x\ny", "b":1.50, "c":[1,{"d":"}"}], "e":null,"f":true , "" : -1e5}"#;
        let pairs = pairs(line).unwrap();
        let texts: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(key, value)| (&**key, std::str::from_utf8(value).unwrap()))
            .collect();
        let expected = [
            ("a", r#""x\ny""#),
            ("b", "1.50"),
            ("c", r#"[1,{"d":"}"}]"#),
            ("e", "null"),
            ("f", "true"),
            ("", "-1e5"),
        ];
        assert_eq!(texts, expected);
        assert_eq!(decode(r#""x\nyA""#), "x\nyA");
    }

    #[test]
    fn what_is_no_object_is_told() {
        for line in ["[1]", "1", "{\"a\":}", "{\"a\":1", "{} {}"] {
            assert!(pairs(line.as_bytes()).is_err(), "{line}");
        }
    }
}
