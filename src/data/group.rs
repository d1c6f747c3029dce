//! Groups: one combination of sensitive values, and the columns that make them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One coordinate of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coordinate {
    /// This value, as written in the data (or the name of its band).
    Is(String),
    /// The rows whose value is missing.
    Missing,
    /// Any value: the column does not matter here.
    Any,
}

/// One combination of values, a coordinate for each axis of the tally.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(pub Vec<Coordinate>);

/// Values by column: `{"sex": "Female", "race": "Black"}`; `null` is a missing value.
///
/// Shared, since a report names each group once for every number that it has.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Values(Arc<BTreeMap<String, Option<String>>>);

impl Deref for Values {
    type Target = BTreeMap<String, Option<String>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl FromIterator<(String, Option<String>)> for Values {
    fn from_iter<I: IntoIterator<Item = (String, Option<String>)>>(pairs: I) -> Self {
        Self(Arc::new(pairs.into_iter().collect()))
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(|values| Self(Arc::new(values)))
    }
}

impl JsonSchema for Values {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        BTreeMap::<String, Option<String>>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, Option<String>>::json_schema(generator)
    }
}

/// What is shown for the rows whose value is missing.
pub const MISSING: &str = "(missing)";

impl fmt::Display for Group {
    /// The values joined by ` & `; `overall` when every coordinate is any. Raw text: escape it
    /// before it reaches a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for coordinate in &self.0 {
            let text = match coordinate {
                Coordinate::Is(value) => value.as_str(),
                Coordinate::Missing => MISSING,
                Coordinate::Any => continue,
            };
            write!(f, "{}{text}", if first { "" } else { " & " })?;
            first = false;
        }
        if first { write!(f, "overall") } else { Ok(()) }
    }
}

/// One or several axes of a tally taken together: `sex`, `sex*race`; no axis is `overall`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attribute(pub Vec<usize>);

impl Attribute {
    /// The name in reports: column names joined by `*`.
    pub fn name(&self, columns: &[String]) -> String {
        if self.0.is_empty() {
            return "overall".to_owned();
        }
        self.0
            .iter()
            .map(|&i| columns[i].as_str())
            .collect::<Vec<_>>()
            .join("*")
    }
}
