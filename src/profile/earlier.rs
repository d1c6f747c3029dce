//! A profile that was saved, as another one is held against it.
//!
//! In: its sections. Out: groups, base rates, columns and values by name, as far as they stand
//! there. What is not there, or of another shape, is not compared.

use std::collections::BTreeMap;

use super::Profile;
use super::context::share;
use super::section::{Row, Table, Value};
use crate::data::group::Values;
use crate::stats::Fraction;

/// Quantiles that a profile says: name and share.
const QUANTILES: [(&str, f64); 5] = [
    ("min", 0.0),
    ("q1", 0.25),
    ("median", 0.5),
    ("q3", 0.75),
    ("max", 1.0),
];

/// An earlier profile.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// What it says.
    pub profile: Profile,
    /// Whether its rates are weighted.
    pub is_weighted: bool,
    /// Its label, with the positive spelling.
    pub label: Option<String>,
    /// The rows that it is about.
    pub rows: u64,
}

/// What an earlier profile says of a column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// Rows without a value.
    pub missing: u64,
    /// Rows that hold no finite number where the others do.
    pub odd: u64,
    /// Distinct values.
    pub distinct: u64,
    /// Whether they were counted.
    pub is_exact: bool,
    /// Minimum, quartiles and maximum of numbers, as far as they are said: a share of the rows, and the
    /// number that they are at or below.
    pub quantiles: Vec<(f64, f64)>,
    /// Their mean.
    pub mean: Option<f64>,
}

impl Before {
    /// The earlier profile.
    pub fn new(profile: Profile, is_weighted: bool) -> Self {
        let mut before = Self {
            profile,
            is_weighted,
            label: None,
            rows: 0,
        };
        // Every row is in one group of every attribute.
        let first = before
            .profile
            .columns
            .first()
            .map(|column| column.name.clone());
        let groups = first.and_then(|name| before.groups(&name));
        before.rows = groups.iter().flatten().map(|(_, rows)| rows).sum();
        before
    }

    fn table(&self, section: &str, table: &str) -> Option<&Table> {
        let mut sections = self.profile.sections().iter();
        let section = sections.find(|own| own.name == section)?;
        section.tables.iter().find(|own| own.name == table)
    }

    /// Every group of an attribute with its rows.
    pub fn groups(&self, attribute: &str) -> Option<BTreeMap<Values, u64>> {
        let table = self.table("representation", attribute)?;
        let rows = table.rows.iter();
        Some(
            rows.filter_map(|row| Some((group(row)?, count(row, "rows")?)))
                .collect(),
        )
    }

    /// Every group of an attribute with its base rate.
    pub fn labels(&self, attribute: &str) -> BTreeMap<Values, Fraction> {
        let rows = self.table("labels", attribute).into_iter();
        rows.flat_map(|table| &table.rows)
            .filter_map(|row| {
                let labelled = count(row, "labelled")?;
                let rate = number(row, "base_rate")?;
                // A share of counted rows: rounding finds the rows again.
                let positive = (rate * labelled as f64).round() as u64;
                Some((group(row)?, share(positive.min(labelled), labelled)))
            })
            .collect()
    }

    /// The names of all columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let rows = self.table("columns", "columns").into_iter();
        rows.flat_map(|table| &table.rows)
            .filter_map(|row| text(row, "column"))
    }

    /// What is known of a column that was read.
    pub fn column(&self, name: &str) -> Option<Seen> {
        let table = self.table("columns", "columns")?;
        let row = table
            .rows
            .iter()
            .find(|row| text(row, "column") == Some(name))?;
        let quantiles = QUANTILES.iter();
        let quantiles = quantiles.filter_map(|(name, share)| Some((*share, number(row, name)?)));
        Some(Seen {
            missing: count(row, "missing")?,
            odd: count(row, "odd").unwrap_or(0),
            distinct: count(row, "distinct")?,
            is_exact: text(row, "distinct_is") == Some("exact"),
            quantiles: quantiles.collect(),
            mean: number(row, "mean"),
        })
    }

    /// The values of a column that it lists.
    pub fn values(&self, name: &str) -> Vec<(&str, u64)> {
        let rows = self.table("columns", "values").into_iter();
        rows.flat_map(|table| &table.rows)
            .filter(|row| text(row, "column") == Some(name))
            .filter_map(|row| Some((text(row, "value")?, count(row, "rows")?)))
            .collect()
    }
}

fn text<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    match row.get(name)? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn count(row: &Row, name: &str) -> Option<u64> {
    match row.get(name)? {
        Value::Count(n) => Some(*n),
        _ => None,
    }
}

fn number(row: &Row, name: &str) -> Option<f64> {
    match row.get(name)? {
        Value::Number(x) => Some(*x),
        Value::Count(n) => Some(*n as f64),
        _ => None,
    }
}

fn group(row: &Row) -> Option<Values> {
    match row.get("group")? {
        Value::Group(group) => Some(group.clone()),
        _ => None,
    }
}
