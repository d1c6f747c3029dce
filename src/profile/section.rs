//! What a check returns: tables of typed values that every renderer can show without knowing the
//! check.
//!
//! A number that does not exist is `null`, with its reason beside it under `NAME_reason`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::group::Values;
use crate::metrics::Undefined;
use crate::stats::Interval;

/// What one check has found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// The check's name: `representation`, `missing` …
    pub name: String,
    /// What it is about, in words.
    pub title: String,
    /// What it found.
    pub tables: Vec<Table>,
    /// What a reader should know about it.
    pub notes: Vec<String>,
}

/// Rows of typed values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// Its name within the section.
    pub name: String,
    /// What it shows, in words.
    pub title: String,
    /// Only for machines, and for people who ask for everything (`--all`).
    pub detail: bool,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Values by the names of the columns; `NAME_reason` says why a value is `null`.
    pub rows: Vec<Row>,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// The key of its values.
    pub name: String,
    /// What people read above it.
    pub heading: String,
    /// What its values are.
    pub kind: Kind,
    /// 0 is always shown; of the others the highest gives way first on a narrow terminal.
    pub rank: u8,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A group: values by column.
    Group,
    /// Text.
    Text,
    /// A whole number.
    Count,
    /// A share, from 0 to 1.
    Share,
    /// A share that a terminal draws as a bar as well.
    Bar,
    /// Any number.
    Number,
    /// A difference of two shares.
    Gap,
    /// A probability.
    P,
    /// The interval of a share.
    ShareInterval,
    /// The interval of a number that is no difference.
    NumberInterval,
    /// The interval of a whole number.
    CountInterval,
    /// The interval of any other number.
    Interval,
}

/// The values of a row.
pub type Row = BTreeMap<String, Value>;

/// A value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// There is none.
    Nothing(()),
    /// A whole number.
    Count(u64),
    /// Any number.
    Number(f64),
    /// Text.
    Text(String),
    /// An interval.
    Interval(Interval),
    /// A group.
    Group(Values),
}

/// What deserves a look, in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// The check that says so.
    pub section: String,
    /// What it says.
    pub message: String,
    /// How urgent it is beside the others, from 0 to 1.
    pub weight: f64,
}

/// What a check hands over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Its tables.
    pub tables: Vec<Table>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// What deserves a look: how urgent, and what.
    pub facts: Vec<(f64, String)>,
}

/// Columns that were left out and are named.
const LEFT_OUT: usize = 6;

impl Found {
    /// Notes what was left out, each once, some of it by name.
    pub fn leave_out(&mut self, mut what: Vec<String>) {
        what.sort();
        what.dedup();
        if what.is_empty() {
            return;
        }
        let more = what.len().saturating_sub(LEFT_OUT);
        what.truncate(LEFT_OUT);
        let more = if more > 0 {
            format!(", {more} more")
        } else {
            String::new()
        };
        self.notes
            .push(format!("left out: {}{more}", what.join(", ")));
    }
}

impl Table {
    /// A table without columns and rows.
    pub fn new(name: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            ..Self::default()
        }
    }

    /// The same table, for those who ask for everything.
    #[must_use]
    pub fn detail(self) -> Self {
        Self {
            detail: true,
            ..self
        }
    }

    /// The same table with one more column.
    #[must_use]
    pub fn column(mut self, name: &str, heading: &str, kind: Kind, rank: u8) -> Self {
        self.columns.push(Column {
            name: name.to_owned(),
            heading: heading.to_owned(),
            kind,
            rank,
        });
        self
    }

    /// Adds a row.
    pub fn push(&mut self, row: Line) {
        debug_assert!(
            row.0.keys().all(|key| self.has(key)),
            "{} has no such column: {:?}",
            self.name,
            row.0.keys()
        );
        self.rows.push(row.0);
    }

    fn has(&self, key: &str) -> bool {
        let name = key.strip_suffix(REASON).unwrap_or(key);
        self.columns.iter().any(|column| column.name == name)
    }
}

/// What is put behind the name of a column for the reason why there is no value.
pub const REASON: &str = "_reason";

/// What is put behind the name of a column for how sure its value is: `exact`, `estimated`, `at_least`.
pub const IS: &str = "_is";

/// A row that is being made.
#[derive(Debug, Clone, Default)]
pub struct Line(Row);

impl Line {
    /// An empty row.
    pub fn new() -> Self {
        Self::default()
    }

    fn put(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// A whole number.
    #[must_use]
    pub fn count(self, name: &str, n: u64) -> Self {
        self.put(name, Value::Count(n))
    }

    /// Text.
    #[must_use]
    pub fn text(self, name: &str, text: impl Into<String>) -> Self {
        self.put(name, Value::Text(text.into()))
    }

    /// A group.
    #[must_use]
    pub fn group(self, name: &str, group: Values) -> Self {
        self.put(name, Value::Group(group))
    }

    /// A number, or why there is none.
    #[must_use]
    pub fn number(self, name: &str, number: Result<f64, &str>) -> Self {
        match number {
            // No zero has a sign.
            Ok(number) if number.is_finite() => self.put(name, Value::Number(number + 0.0)),
            Ok(_) => self.nothing(name, "not_finite"),
            Err(why) => self.nothing(name, why),
        }
    }

    /// A metric, or why there is none.
    #[must_use]
    pub fn metric(self, name: &str, value: Result<f64, Undefined>) -> Self {
        match value {
            Ok(number) => self.number(name, Ok(number)),
            Err(why) => self.nothing(name, &word(why)),
        }
    }

    /// An interval, or why there is none.
    #[must_use]
    pub fn interval(self, name: &str, interval: Option<Interval>, why: &str) -> Self {
        match interval {
            Some(interval) => self.put(name, Value::Interval(interval)),
            None => self.nothing(name, why),
        }
    }

    /// No value, and why.
    #[must_use]
    pub fn nothing(self, name: &str, why: &str) -> Self {
        self.put(name, Value::Nothing(()))
            .put(&format!("{name}{REASON}"), Value::Text(why.to_owned()))
    }
}

/// The word of a reason, as in the rest of the report.
fn word(why: Undefined) -> String {
    match serde_json::to_value(why) {
        Ok(serde_json::Value::String(word)) => word,
        _ => "undefined".to_owned(),
    }
}
