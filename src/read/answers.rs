//! Answers by id: a small file of records, CSV with a header or JSON lines.
//!
//! In: the bytes of a file. Out: of each record its line and its values as text by column; `null` and
//! an empty cell are no value.

use std::collections::BTreeMap;

use crate::error::{Probe, Result};

/// One record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Its line, from 1.
    pub line: u64,
    /// What it says.
    pub values: BTreeMap<String, String>,
}

/// The records of a file; what begins with `{` is JSON lines.
///
/// # Errors
/// A line that is no record, by its number.
pub fn records(path: &str, bytes: &[u8]) -> Result<Vec<Record>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'{') {
        lines(path, bytes)
    } else {
        table(path, bytes)
    }
}

fn wrong(path: &str, line: u64, problem: String) -> Probe {
    Probe::Line {
        path: path.to_owned(),
        line,
        problem,
    }
}

fn lines(path: &str, bytes: &[u8]) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for (at, text) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let line = at as u64 + 1;
        let parsed: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(text).map_err(|e| wrong(path, line, e.to_string()))?;
        let mut values = BTreeMap::new();
        for (name, value) in parsed {
            match value {
                serde_json::Value::Null => {}
                serde_json::Value::String(text) => {
                    values.insert(name, text);
                }
                serde_json::Value::Number(_) | serde_json::Value::Bool(_) => {
                    values.insert(name, value.to_string());
                }
                _ => return Err(wrong(path, line, format!("`{name}` is no plain value")).into()),
            }
        }
        records.push(Record { line, values });
    }
    Ok(records)
}

fn table(path: &str, bytes: &[u8]) -> Result<Vec<Record>> {
    let of = |error: &csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        wrong(path, line, error.to_string())
    };
    let mut reader = csv::Reader::from_reader(bytes);
    let names = reader.headers().map_err(|e| of(&e))?.clone();
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| of(&e))?;
        let values = names.iter().zip(&record).filter(|(_, x)| !x.is_empty());
        records.push(Record {
            line: record.position().map_or(0, csv::Position::line),
            values: values
                .map(|(name, x)| (name.to_owned(), x.to_owned()))
                .collect(),
        });
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_tables_say_the_same() {
        let json = b"{\"id\": \"a\", \"answer\": \"Yes, he\", \"toxicity\": 0.25}\n\n{\"id\":\"b\",\"answer\":null}\n";
        let csv = b"id,answer,toxicity\na,\"Yes, he\",0.25\nb,,\n";
        let (json, csv) = (records("a", json).unwrap(), records("a", csv).unwrap());
        let values = |all: &[Record]| all.iter().map(|r| r.values.clone()).collect::<Vec<_>>();
        assert_eq!(values(&json), values(&csv));
        assert_eq!((json[1].line, csv[1].line), (3, 3));
        assert_eq!(csv[0].values["toxicity"], "0.25");
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for (bytes, line) in [
            (&b"{\"id\": \"a\"}\n{\"id\": }\n"[..], 2),
            (b"{\"id\": [1]}", 1),
            (b"id,answer\na,b,c\n", 2),
        ] {
            let error = records("x", bytes).unwrap_err().to_string();
            assert!(error.starts_with(&format!("x:{line}: ")), "{error}");
        }
    }
}
