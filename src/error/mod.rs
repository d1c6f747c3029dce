//! What can stop an audit, and what to do about it.
//!
//! An [`Error`] means that no number was printed (exit status 2); a finding is never an error.
//! Messages are lower case without a full stop; [`Error::help`] is the one thing to do next.

mod config;
mod population;
mod probe;
mod problem;
mod program;
mod refused;
mod table;
mod unfit;

use std::fmt;
use std::io;
use std::path::PathBuf;

pub use config::{Excerpt, Wrong};
pub use population::Population;
pub use probe::Probe;
pub use problem::Problem;
pub use program::{Fault, Said};
pub use refused::Refused;
pub use table::Table;
pub use unfit::Unfit;

/// What to do without a report.
const SAVE: &str = "save one with `fair-audit DATASET -f json=report.json`";

/// What to do without a record.
const RECORD: &str = "write one with `fair-audit DATASET --record run.json`";

/// The result of everything that can stop an audit.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where in an input something is: the most exact address that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The input as the user named it (`-` is stdin).
    pub path: String,
    /// Line of a text file, from 1, the header included.
    pub line: Option<u64>,
    /// Row of data, from 1, where there are no lines (Parquet, Arrow).
    pub row: Option<u64>,
    /// The column's name.
    pub column: Option<String>,
}

impl Place {
    /// The whole of one input.
    pub fn file(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            ..Self::default()
        }
    }

    /// The same place, with the column named.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        Ok(())
    }
}

/// Everything that ends a run with exit status 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be opened or read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file, as named by the user.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An output that cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The output, `<stdout>` for standard output.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Data that cannot be what it should be.
    #[error("{place}: {problem}")]
    Data {
        /// Where it was found.
        place: Place,
        /// What is wrong there.
        problem: Problem,
    },
    /// A column that the input does not have.
    #[error("no column `{column}` in {path}")]
    NoColumn {
        /// The name asked for.
        column: String,
        /// The input.
        path: String,
        /// The names there are, in file order.
        columns: Vec<String>,
    },
    /// A name that several columns have.
    #[error("{times} columns of {path} are named `{column}`")]
    SameName {
        /// The input.
        path: String,
        /// The name.
        column: String,
        /// How many.
        times: usize,
    },
    /// Several columns that could play one part.
    #[error("{} columns of {path} could be the {part}: {}", columns.len(), few(columns))]
    Ambiguous {
        /// The input.
        path: String,
        /// The part.
        part: &'static str,
        /// The columns.
        columns: Vec<String>,
        /// Complete command lines that say which it is.
        commands: Vec<String>,
    },
    /// No column is known to split people into groups.
    #[error("no column of {path} is known to be sensitive")]
    NoSensitive {
        /// The input.
        path: String,
        /// A command line that names one.
        command: String,
        /// The names there are, in file order.
        columns: Vec<String>,
    },
    /// A column that was given two parts.
    #[error("column `{column}` {}", two_parts(one, other))]
    TwoParts {
        /// The column.
        column: String,
        /// The part it has.
        one: &'static str,
        /// The part it cannot have beside.
        other: &'static str,
    },
    /// A column whose type cannot play the part.
    #[error("column `{column}` of {path} holds {kind}, which is no {part}")]
    WrongKind {
        /// The input.
        path: String,
        /// The column.
        column: String,
        /// What it holds.
        kind: String,
        /// The part.
        part: &'static str,
    },
    /// A flag that cannot be followed.
    #[error("`{flag} {value}`: {problem}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// What was given to it.
        value: String,
        /// What is wrong.
        problem: &'static str,
        /// The one thing to do.
        remedy: String,
    },
    /// A score that the usual threshold of 0.5 does not fit.
    #[error("score `{column}` of {path} runs from {low} to {high}: no threshold is known")]
    NoThreshold {
        /// The input.
        path: String,
        /// The score.
        column: String,
        /// Lowest value seen.
        low: f64,
        /// Highest value seen.
        high: f64,
    },
    /// Whoever read standard output is gone (`| head`): nothing is wrong, `main` ends quietly.
    #[error("nobody reads the output any more")]
    ClosedPipe,
    /// Ctrl-C before there was anything to report.
    #[error("stopped by the user before one fold was done: there is nothing to report")]
    Stopped,
    /// Files that make no table together.
    #[error(transparent)]
    Table(#[from] Table),
    /// A table that no model can be fitted to.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Templates of prompts, or the answers to them.
    #[error(transparent)]
    Probe(#[from] Probe),
    /// A program that should have scored rows.
    #[error("`--model`: {0}")]
    Program(#[from] Fault),
    /// An input that is not there, and may be a misspelt command.
    #[error("no such file `{path}`")]
    NoSuchFile {
        /// The input.
        path: String,
        /// The command that it may stand for.
        command: Option<String>,
    },
    /// `-r` with a rule that cannot be read.
    #[error("rule `{rule}`: {problem}")]
    Rule {
        /// The rule as typed.
        rule: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A metric that there is not.
    #[error("no metric `{metric}`")]
    NoMetric {
        /// The metric asked for.
        metric: String,
        /// The name or alias that it may stand for.
        near: Option<String>,
    },
    /// A metric that these data do not allow.
    #[error("metric `{metric}` needs a {part}")]
    MetricNeeds {
        /// The metric.
        metric: &'static str,
        /// What is not there.
        part: &'static str,
        /// The flag that names it.
        flag: &'static str,
    },
    /// A rule about an attribute that is not audited.
    #[error("no attribute `{attribute}` is audited")]
    NoAttribute {
        /// The attribute asked for.
        attribute: String,
        /// Those that are audited.
        attributes: Vec<String>,
    },
    /// A saved report that is none.
    #[error("{path} is no fair-audit report: {problem}")]
    NoReport {
        /// The file.
        path: String,
        /// What the parser said.
        problem: String,
    },
    /// A record that is none.
    #[error("{path} is no fair-audit record: {problem}")]
    NoRecord {
        /// The file.
        path: String,
        /// What the parser said.
        problem: String,
    },
    /// A saved report of another version.
    #[error("{path} is a document of schema `{schema}`, this is a reader of `{known}`")]
    OtherSchema {
        /// The file.
        path: String,
        /// Its schema.
        schema: String,
        /// The schema that is read.
        known: &'static str,
    },
    /// `-f` with a format that there is not.
    #[error("no output format `{format}`")]
    NoFormat {
        /// The format asked for.
        format: String,
        /// The formats there are.
        formats: Vec<String>,
    },
    /// Something in a policy file.
    #[error("{at}: {wrong}")]
    InFile {
        /// Where it stands.
        at: Box<Excerpt>,
        /// What is wrong there.
        wrong: Box<Wrong>,
    },
    /// `-P` with what is neither a policy's name nor a file.
    #[error("no policy and no file `{policy}`")]
    NoPolicy {
        /// What was asked for.
        policy: String,
        /// The policies there are.
        policies: Vec<String>,
    },
    /// `-c` with a pyproject.toml that is about other things.
    #[error("{path} has no section `[tool.fair-audit]`")]
    NoSection {
        /// The file.
        path: String,
    },
    /// `SOURCE_DATE_EPOCH` is no number of seconds.
    #[error("SOURCE_DATE_EPOCH is `{value}`, not a number of seconds since 1970")]
    NoDate {
        /// Its value.
        value: String,
    },
    /// An output that must not be, or cannot be, written; found out before the data are read.
    #[error("cannot write {path}: {refused}")]
    Output {
        /// The output, `<stdout>` for standard output.
        path: PathBuf,
        /// Why not.
        refused: Refused,
    },
}

impl Error {
    /// The same of errors that have a file of their own.
    fn within(&self) -> Option<String> {
        match self {
            Self::Table(table) => Some(table.help()),
            Self::Unfit(unfit) => Some(unfit.help()),
            Self::Program(fault) => Some(fault.help()),
            Self::Probe(fault) => Some(fault.help()),
            _ => None,
        }
    }

    /// The one thing to do about it, for the `help:` line.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoColumn {
                column, columns, ..
            } => Some(match nearest(column, columns) {
                Some(near) => format!("did you mean `{near}`? columns: {}", listed(columns)),
                None => format!("columns: {}", listed(columns)),
            }),
            Self::SameName { .. } => Some("give each column a name of its own".to_owned()),
            Self::Ambiguous { commands, .. } => {
                Some(format!("say which:\n  {}", commands.join("\n  ")))
            }
            Self::NoSensitive {
                command, columns, ..
            } => Some(format!(
                "name it: `{command}`; columns: {}",
                listed(columns)
            )),
            Self::TwoParts { .. } => Some("give each part a column of its own".to_owned()),
            Self::WrongKind { column, .. } => Some(format!(
                "name another column, or write `{column}` as text or numbers"
            )),
            Self::Flag { remedy, .. } => Some(remedy.clone()),
            Self::Table(_) | Self::Unfit(_) | Self::Program(_) | Self::Probe(_) => self.within(),
            Self::NoThreshold { column, .. } => Some(format!(
                "say from where a decision is positive: `--score {} --threshold X`",
                quote(column)
            )),
            Self::Data { place, problem } => problem.help(place.column.as_deref()),
            Self::NoSuchFile { command, .. } => command
                .as_ref()
                .map(|name| format!("did you mean the command `{name}`?")),
            Self::Rule { .. } => {
                Some("write it like `-r 'selection_rate_ratio(sex) >= 0.8'`".to_owned())
            }
            Self::NoMetric { near, .. } => Some(match near {
                Some(near) => format!("did you mean `{near}`? `fair-audit metrics` lists all"),
                None => "`fair-audit metrics` lists all".to_owned(),
            }),
            Self::MetricNeeds { flag, .. } => Some(format!("name its column with `{flag} COL`")),
            Self::NoAttribute {
                attribute,
                attributes,
            } => Some(match nearest(attribute, attributes) {
                Some(near) => {
                    let list = attributes.join(", ");
                    format!("did you mean `{near}`? attributes: {list}")
                }
                None => format!("attributes: {}", attributes.join(", ")),
            }),
            Self::NoReport { .. } => Some(SAVE.to_owned()),
            Self::NoRecord { .. } => Some(RECORD.to_owned()),
            Self::OtherSchema { .. } => Some("audit the data again with this version".to_owned()),
            Self::NoFormat { format, formats } => Some(match nearest(format, formats) {
                Some(near) => format!("did you mean `{near}`? formats: {}", formats.join(", ")),
                None => format!("formats: {}", formats.join(", ")),
            }),
            Self::Output { refused, .. } => refused.help().map(str::to_owned),
            Self::InFile { wrong, .. } => wrong.help(),
            Self::NoPolicy { policy, policies } => Some(match nearest(policy, policies) {
                Some(near) => format!("did you mean `{near}`? policies: {}", policies.join(", ")),
                None => format!("policies: {}; or name a file", policies.join(", ")),
            }),
            Self::NoSection { .. } => Some("add it, or name another file".to_owned()),
            Self::NoDate { .. } => Some("unset it: then it is the clock that counts".to_owned()),
            _ => None,
        }
    }

    /// The line of the file in which something is wrong, with a caret under it.
    pub fn excerpt(&self) -> Option<String> {
        match self {
            Self::InFile { at, .. } => Some(at.drawn()),
            _ => None,
        }
    }
}

/// Names of columns in a message; those with spaces around them in quotes.
pub fn listed(columns: &[String]) -> String {
    const SHOWN: usize = 40;
    let shown: Vec<String> = columns
        .iter()
        .take(SHOWN)
        .map(|name| {
            if name.trim() == name && !name.is_empty() {
                name.clone()
            } else {
                format!("'{name}'")
            }
        })
        .collect();
    match columns.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The first few of a list, in a message.
pub fn few(items: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown = items[..items.len().min(SHOWN)].join(", ");
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A word as a POSIX shell takes it, quoted where it must be.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./=,:@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn two_parts(one: &str, other: &str) -> String {
    if one == other {
        format!("is named twice as the {one}")
    } else {
        format!("cannot be both the {one} and the {other}")
    }
}

/// The candidate that `typed` most likely stood for, if one is close enough to say so.
pub fn nearest<'a>(typed: &str, candidates: &'a [String]) -> Option<&'a str> {
    const ENOUGH: f64 = 0.8;
    let folded = typed.trim().to_lowercase();
    let likeness = |candidate: &str| {
        let candidate = candidate.trim().to_lowercase();
        let likeness = strsim::jaro_winkler(&folded, &candidate);
        // In a short word one slip counts for too much.
        let is_slip = folded.chars().count() > 1 && strsim::osa_distance(&folded, &candidate) == 1;
        likeness.max(if is_slip { 1.01 * ENOUGH } else { 0.0 })
    };
    candidates
        .iter()
        .map(|c| (likeness(c), c))
        .filter(|(likeness, _)| *likeness > ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c.as_str())
}
