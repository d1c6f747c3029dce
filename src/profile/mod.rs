//! What the data themselves look like, whatever was decided: so far who lacks a value of the columns
//! that split the rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tally::{Axis, Tally};

/// The data themselves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// The sensitive and control columns.
    pub columns: Vec<ColumnProfile>,
}

/// One column that splits the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// How many values it has.
    pub values: u64,
    /// Rows without a value.
    pub missing: u64,
    /// Share of rows without a value.
    pub missing_share: f64,
    /// How it was banded, if it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bands: Option<String>,
}

/// The profile of the rows that were tallied.
pub fn of(tally: &Tally) -> Profile {
    let column = |(at, axis): (usize, &Axis)| {
        let groups = tally.margin(at);
        let rows: u64 = groups.values().map(|(rows, _)| rows).sum();
        let missing = groups.get(&(axis.values.len() as u32));
        let missing = missing.map_or(0, |&(rows, _)| rows);
        ColumnProfile {
            name: axis.name.clone(),
            values: axis.values.len() as u64,
            missing,
            missing_share: if rows == 0 {
                0.0
            } else {
                missing as f64 / rows as f64
            },
            bands: axis.bands.clone(),
        }
    };
    Profile {
        columns: tally.axes.iter().enumerate().map(column).collect(),
    }
}
