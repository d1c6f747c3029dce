//! Results to text. [`model::Report`] is plain data and is the JSON; every renderer takes it.
//!
//! In: a report. Out: text in which nothing that came from data, file names or arguments is raw
//! ([`safe`]), and which is the same bytes for the same report and style. Rendering cannot fail;
//! only writing can ([`output`]).

pub mod model;
pub mod safe;
pub mod number;
pub mod label;
pub mod layout;
pub mod json;
pub mod csv;
pub mod markdown;
mod anchor;
pub mod sarif;
pub mod junit;
pub mod github;
pub mod gitlab;
pub mod prom;
pub mod cards;
pub mod mlbom;
pub mod summary;
pub mod groups;
pub mod findings;
pub mod publication;
pub mod compare;
pub mod pooled;
pub mod profile;
pub mod head;
pub mod table;
pub mod whole;
pub mod seal;
mod place;
pub mod catalogue;
pub mod output;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod output_tests;

use std::io::{self, Write};

use model::Report;

/// How a report is to be laid out; only `table` uses all of it.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Style {
    /// Columns of the terminal; `None` off a terminal, where nothing is hidden, cut or grouped.
    pub width: Option<usize>,
    /// ANSI colours.
    pub color: bool,
    /// ASCII instead of Unicode rules and signs.
    pub ascii: bool,
    /// Show every metric, and every column however wide.
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a format"
)]
pub struct Format {
    /// Its name after `-f`.
    pub name: &'static str,
    /// File extensions that mean it.
    pub extensions: &'static [&'static str],
    /// One line for the help.
    pub about: &'static str,
    /// Whether it has every number, rather than the [`groups::core`] that people look at first.
    pub every: bool,
    /// Whether a saved report is read from it: then it keeps what rules were judged on, whatever
    /// metrics were named.
    pub saved: bool,
    /// Whether it shows a profile; the others are for findings.
    pub profile: bool,
    /// Whether it is added to the end of a file that is there, rather than takes its place.
    pub appends: bool,
    /// Writes the whole report, piece by piece: a report can be larger than its memory twice.
    pub write: fn(&Report, &Style, &mut dyn Write) -> io::Result<()>,
}

impl Format {
    /// The whole report as one text.
    pub fn render(&self, report: &Report, style: &Style) -> String {
        let mut bytes = Vec::new();
        // Writing to memory does not fail, and every renderer writes UTF-8.
        let written = (self.write)(report, style, &mut bytes);
        debug_assert!(written.is_ok());
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Every output format; the first is what a run prints when nothing was asked for.
pub const FORMATS: &[Format] = &[
    Format {
        name: "table",
        extensions: &["txt"],
        about: "tables for people, fitted to the terminal",
        every: false,
        saved: false,
        profile: true,
        appends: false,
        write: table::write,
    },
    Format {
        name: "json",
        extensions: &["json"],
        about: "the whole report as one JSON document (schema fair-audit/report/1)",
        every: true,
        saved: true,
        profile: true,
        appends: false,
        write: json::write,
    },
    Format {
        name: "jsonl",
        extensions: &["jsonl", "ndjson"],
        about: "the same as JSON lines: a header, then one finding, group or measure a line",
        every: true,
        saved: false,
        profile: true,
        appends: false,
        write: json::write_lines,
    },
    Format {
        name: "csv",
        extensions: &["csv"],
        about: "one line for each finding, and for each number of a group or a comparison",
        every: true,
        saved: false,
        profile: true,
        appends: false,
        write: csv::write,
    },
    Format {
        name: "md",
        extensions: &["md", "markdown"],
        about: "Markdown for a pull request or a wiki",
        every: false,
        saved: false,
        profile: true,
        appends: false,
        write: markdown::write,
    },
    Format {
        name: "sarif",
        extensions: &["sarif"],
        about: "SARIF 2.1.0 for code scanning: a result for each finding",
        every: false,
        saved: false,
        profile: false,
        appends: false,
        write: sarif::write,
    },
    Format {
        name: "junit",
        extensions: &["xml"],
        about: "JUnit XML: a suite for each attribute, a case for each finding",
        every: false,
        saved: false,
        profile: false,
        appends: false,
        write: junit::write,
    },
    Format {
        name: "github",
        extensions: &[],
        about: "annotations of a GitHub workflow, on standard output",
        every: false,
        saved: false,
        profile: false,
        appends: false,
        write: github::write,
    },
    Format {
        name: "gitlab",
        extensions: &[],
        about: "GitLab code quality (JSON)",
        every: false,
        saved: false,
        profile: false,
        appends: false,
        write: gitlab::write,
    },
    Format {
        name: "prom",
        extensions: &["prom"],
        about: "Prometheus text: the findings and the verdict as gauges",
        every: false,
        saved: false,
        profile: false,
        appends: false,
        write: prom::write,
    },
    Format {
        name: "summary",
        extensions: &[],
        about: "Markdown of at most 900 KiB, added to the end of a file: $GITHUB_STEP_SUMMARY",
        every: false,
        saved: false,
        profile: false,
        appends: true,
        write: summary::write,
    },
    Format {
        name: "mlbom",
        extensions: &[],
        about: "CycloneDX 1.6 (JSON): each set of decisions is a model with a card, by group",
        every: true,
        saved: false,
        profile: true,
        appends: false,
        write: mlbom::write,
    },
    Format {
        name: "model-card",
        extensions: &[],
        about: "a model card (Markdown): what was measured, and what is left to be answered",
        every: false,
        saved: false,
        profile: true,
        appends: false,
        write: cards::write_model_card,
    },
    Format {
        name: "datasheet",
        extensions: &[],
        about: "a datasheet of the data (Markdown), likewise",
        every: false,
        saved: false,
        profile: true,
        appends: false,
        write: cards::write_datasheet,
    },
];

/// `--record`: every number is wanted, and what is written is made of more than the report.
pub static RECORD: Format = Format {
    name: "--record",
    extensions: &[],
    about: "a record of the run",
    every: true,
    saved: true,
    profile: true,
    appends: false,
    write: json::write,
};

/// The format of this name.
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|f| f.name == name)
}

/// The format that a file's extension means, whatever its case.
pub fn by_extension(path: &std::path::Path) -> Option<&'static Format> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    FORMATS
        .iter()
        .find(|f| f.extensions.contains(&extension.as_str()))
}
