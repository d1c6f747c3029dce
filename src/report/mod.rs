//! Results to text. [`model::Report`] is plain data and is the JSON; every renderer takes it.

pub mod model;
pub mod safe;
pub mod json;
pub mod csv;
pub mod markdown;
pub mod table;
pub mod catalogue;
pub mod output;

use model::Report;

use crate::error::Result;

/// How a report is to be laid out; only `table` uses all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    /// Columns of the terminal; `None` off a terminal, where nothing is hidden, cut or grouped.
    pub width: Option<usize>,
    /// ANSI colours.
    pub color: bool,
    /// ASCII instead of Unicode rules and signs.
    pub ascii: bool,
    /// Show every column however wide.
    pub wide: bool,
    /// Show every group and every finding.
    pub all: bool,
    /// Groups and findings shown at most, in each table.
    pub top: Option<usize>,
    /// Only the verdict line.
    pub quiet: bool,
    /// Why roles were inferred.
    pub verbose: bool,
}

/// One output format: a file and a line in [`FORMATS`].
pub struct Format {
    /// Its name after `-f`.
    pub name: &'static str,
    /// File extensions that mean it.
    pub extensions: &'static [&'static str],
    /// One line for the help.
    pub about: &'static str,
    /// Writes the whole report.
    pub render: fn(&Report, &Style) -> Result<String>,
}

/// Every output format.
pub const FORMATS: &[Format] = &[];
