//! The documents whose JSON Schema can be printed.

use super::Document;
use super::verification::Verification;
use crate::report::model::Report;

/// Makes a schema.
type Make = fn() -> schemars::Schema;

/// Each document, and its schema.
pub const DOCUMENTS: &[(&str, Make)] = &[
    ("report", || schemars::schema_for!(Report)),
    ("record", || schemars::schema_for!(Document)),
    ("verification", || schemars::schema_for!(Verification)),
];

/// The schema of a document as text; nothing where there is no such document.
pub fn text(name: &str) -> String {
    let mut all = DOCUMENTS.iter();
    let schema = all.find(|(other, _)| *other == name);
    let text = schema.map(|(_, schema)| serde_json::to_string_pretty(&schema()));
    let text = text.and_then(Result::ok).unwrap_or_default();
    format!("{text}\n")
}
