//! What came of verifying a record: verified, or what differs.
//!
//! In: differences and notes. Out: text for people, or the document `fair-audit/verification/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::differ::{Difference, Kind};
use crate::report::safe::Safe;

/// The value of [`Verification::schema`].
pub const SCHEMA: &str = "fair-audit/verification/1";

/// Differences of one kind that are shown, where not all are asked for.
const SHOWN: usize = 5;
/// Characters of a value that are shown.
const LENGTH: usize = 100;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All is as the record says.
    Verified,
    /// Something is not.
    Differs,
}

/// A record, held against its data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// `fair-audit/verification/1`.
    pub schema: String,
    /// The record's file, as it was named.
    pub record: String,
    /// What came of it.
    pub status: Status,
    /// What a reader should know that is no difference.
    pub notes: Vec<String>,
    /// Every difference, in the order of the run.
    pub differences: Vec<Difference>,
}

impl Verification {
    /// Of what was found.
    pub fn new(record: &str, notes: Vec<String>, mut differences: Vec<Difference>) -> Self {
        differences.sort_by_key(|difference| difference.kind);
        Self {
            schema: SCHEMA.to_owned(),
            record: record.to_owned(),
            status: if differences.is_empty() {
                Status::Verified
            } else {
                Status::Differs
            },
            notes,
            differences,
        }
    }

    /// The exit status: 0 is verified, 1 is not.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.status == Status::Differs)
    }

    /// For people; a line for each difference, or for the first few of each kind.
    pub fn text(&self, all: bool, quiet: bool) -> String {
        let record = Safe(&self.record);
        let count = self.differences.len();
        let mut text = match (self.status, count) {
            (Status::Verified, _) => {
                format!("VERIFIED  {record}: computed again, all is as it says\n")
            }
            (_, 1) => format!("DIFFERS  {record}: 1 difference\n"),
            _ => format!("DIFFERS  {record}: {count} differences\n"),
        };
        if quiet {
            return text;
        }
        for note in &self.notes {
            text += &format!("note: {}\n", Safe(note));
        }
        let mut differences = self.differences.as_slice();
        while let Some(first) = differences.first() {
            let next = differences.partition_point(|other| other.kind <= first.kind);
            let (same, rest) = differences.split_at(next);
            let most = if all {
                same.len()
            } else {
                same.len().min(SHOWN)
            };
            text.extend(same[..most].iter().map(line));
            if let more @ 1.. = same.len() - most {
                text += &format!("{}: {more} more (--all shows them)\n", first.kind.name());
            }
            differences = rest;
        }
        text
    }

    /// The document.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

fn line(difference: &Difference) -> String {
    let Difference {
        kind,
        what,
        recorded,
        computed,
    } = difference;
    let what = Safe(what);
    let both = match (recorded, computed, kind) {
        (Value::Null, Value::Null, _) => String::new(),
        (Value::Null, computed, Kind::Warning) => {
            format!(": not in the record: {}", value(computed))
        }
        (recorded, Value::Null, Kind::Warning) => {
            format!(": in the record alone: {}", value(recorded))
        }
        _ => format!(": recorded {}, now {}", value(recorded), value(computed)),
    };
    format!("{}: {what}{both}\n", kind.name())
}

/// A value in a line, cut where it is long.
fn value(value: &Value) -> String {
    let text = match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => other.to_string(),
    };
    let text = Safe(&text).text();
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
