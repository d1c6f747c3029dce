//! What was fitted, as a record says it.
//!
//! In: the fold of each row, and the document of the models. Out: one character a row, and the
//! document as it is (`fair-audit/model/1`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a fold is called: one character, so that a row takes one byte.
const NAMES: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Models, and the rows that they were not fitted to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fits {
    /// Which rows were held out together.
    pub folds: Folds,
    /// Features, encodings, coefficients, trees, thresholds: the document that `--model-out` writes.
    pub models: Value,
}

/// The fold of each row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Folds {
    /// Rows in each.
    pub sizes: Vec<u64>,
    /// A character for each row, in the order of the table: `0` to `9`, `A` to `Z`, `a` to `z`; `-`
    /// is neither held out nor learnt from. Where folds follow one another in time, `0` is only
    /// learnt from.
    pub of_rows: String,
}

impl Folds {
    /// Of rows in the order of the table; there are at most 62 folds.
    pub fn new(of_rows: &[u8]) -> Self {
        let mut sizes = Vec::new();
        let mut text = String::with_capacity(of_rows.len());
        for &fold in of_rows {
            let fold = usize::from(fold);
            let Some(&name) = NAMES.get(fold) else {
                text.push('-');
                continue;
            };
            sizes.resize(sizes.len().max(fold + 1), 0);
            sizes[fold] += 1;
            text.push(name.into());
        }
        Self {
            sizes,
            of_rows: text,
        }
    }
}
