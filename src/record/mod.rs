//! The record of a run: what was read, done and found, so that anyone can do it again and see the
//! same.
//!
//! In: a report, what was fitted, and what the files were. Out: the document `fair-audit/record/1`,
//! sealed; and of two of them what differs. Nothing of clock, host or threads is in it.

pub mod content;
pub mod differ;
pub mod fits;
pub mod moved;
pub mod schema;
pub mod seal;
pub mod verification;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use content::{Column, Reading, Table};
pub use fits::{Fits, Folds, Training};

use crate::report::model::{Report, Tool};

/// The value of [`Document::schema`].
pub const SCHEMA: &str = "fair-audit/record/1";

/// What a run read, did and found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// `fair-audit/record/1`.
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// The arguments, without those that bear on no number.
    pub command: Vec<String>,
    /// The variables of the environment that counted: `FAIR_AUDIT_…`, and `SOURCE_DATE_EPOCH` where
    /// exceptions of a policy were judged by a day.
    pub environment: BTreeMap<String, String>,
    /// Every file that was read, in the order of the parts that they play.
    pub files: Vec<File>,
    /// The rows of the tables that were read, whatever their order.
    pub tables: Vec<Table>,
    /// The whole report: settings with their sources, rows, seed, every number, warnings.
    pub report: Report,
    /// What was fitted, and to which rows (`mitigate`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fits: Option<Fits>,
    /// SHA-256 of the canonical text of all else ([`seal::of`]).
    pub seal: String,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct File {
    /// What it was read as: `data`, `predictions`, `earlier`, `later`, `policy`, `against`,
    /// `population`, `test`, `model`.
    pub part: String,
    /// As it was named.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Document {
    /// The document as a tree, with the seal of all else in it.
    pub fn sealed(mut self) -> serde_json::Result<Value> {
        self.seal.clear();
        let mut tree = serde_json::to_value(&self)?;
        let seal = seal::of(&tree);
        if let Some(object) = tree.as_object_mut() {
            object.insert("seal".to_owned(), Value::String(seal));
        }
        Ok(tree)
    }

    /// Reads a record: the tree as it stands there, and what it says; or what is wrong with it.
    ///
    /// # Errors
    /// [`Unread`] says whether it is no record at all, or one of another schema.
    pub fn parse(text: &[u8]) -> Result<(Value, Self), Unread> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let no_record = |e: serde_json::Error| Unread::NoRecord(e.to_string());
        let tree: Value = serde_json::from_slice(text).map_err(no_record)?;
        match tree.get("schema").and_then(Value::as_str) {
            Some(SCHEMA) => {}
            Some(schema) => return Err(Unread::OtherSchema(schema.to_owned())),
            None => return Err(Unread::NoRecord("it names no schema".to_owned())),
        }
        let document = Self::deserialize(&tree).map_err(no_record)?;
        Ok((tree, document))
    }
}

/// Why a text is not read as a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It is none; what the parser said.
    NoRecord(String),
    /// It says that it is something else, or of another version.
    OtherSchema(String),
}
