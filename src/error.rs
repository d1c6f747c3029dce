//! What can stop an audit, and what to do about it.
//!
//! An [`Error`] means that no number was printed (exit status 2); a finding is never an error.
//! Messages are lower case without a full stop; [`Error::help`] is the one thing to do next.

use std::fmt;
use std::io;
use std::path::PathBuf;

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
    /// Whoever read standard output is gone (`| head`): nothing is wrong, `main` ends quietly.
    #[error("nobody reads the output any more")]
    ClosedPipe,
    /// `-f` with a format that there is not.
    #[error("no output format `{format}`")]
    NoFormat {
        /// The format asked for.
        format: String,
        /// The formats there are.
        formats: Vec<String>,
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

/// Why an output is refused before the data are read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It is one of the files that are read (also by another name or a link).
    #[error("it is the input {input}")]
    IsInput {
        /// The input, as named by the user.
        input: String,
    },
    /// It is a folder.
    #[error("it is a folder")]
    IsFolder,
    /// Its folder is not there.
    #[error("there is no folder {folder}")]
    NoFolder {
        /// The folder.
        folder: String,
    },
    /// Its folder cannot be written to.
    #[error("the folder {folder} cannot be written to")]
    ReadOnly {
        /// The folder.
        folder: String,
    },
    /// Two formats would go to the same place.
    #[error("`{first}` and `{second}` would both go there")]
    Twice {
        /// The format that had it first.
        first: String,
        /// The one that wanted it too.
        second: String,
    },
    /// `-o` without `-f`, and the extension says no format.
    #[error("its extension says no format")]
    NoExtension,
    /// `-o` where several formats of `-f` have no file.
    #[error("several formats have no file of their own")]
    Ambiguous,
    /// No name at all (`-f json=`).
    #[error("the file has no name")]
    NoName,
}

impl Refused {
    /// The one thing to do about it.
    fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::IsInput { .. } => "choose another file: an input is never written",
            Self::IsFolder => "name a file in it",
            Self::NoFolder { .. } => "make the folder first",
            Self::Twice { .. } | Self::Ambiguous => {
                "give each format a file of its own: `-f table -f json=report.json`"
            }
            Self::NoExtension => "add the format: `-f json=FILE`",
            Self::NoName => "name it: `-f json=report.json`",
            Self::ReadOnly { .. } => return None,
        })
    }
}

/// What can be wrong with data, wherever it is.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A record with more or fewer fields than the header.
    #[error("{fields} fields, the header has {header}")]
    Ragged {
        /// Fields in this record.
        fields: usize,
        /// Fields in the header.
        header: usize,
    },
    /// A quoted field that is never closed.
    #[error("a quoted field is opened and never closed")]
    UnclosedQuote,
    /// No row of data at all.
    #[error("no rows: nothing to audit")]
    NoRows,
    /// A file that is not what it says, or is damaged.
    #[error("the file is damaged: {what}")]
    Corrupt {
        /// What the decoder found.
        what: String,
    },
    /// A value that a number was expected for.
    #[error("`{value}` is not a number")]
    NotANumber {
        /// The value as written.
        value: String,
    },
}

impl Error {
    /// The one thing to do about it, for the `help:` line.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoColumn {
                column, columns, ..
            } => Some(match nearest(column, columns) {
                Some(near) => format!("did you mean `{near}`? columns: {}", columns.join(", ")),
                None => format!("columns: {}", columns.join(", ")),
            }),
            Self::NoFormat { format, formats } => Some(match nearest(format, formats) {
                Some(near) => format!("did you mean `{near}`? formats: {}", formats.join(", ")),
                None => format!("formats: {}", formats.join(", ")),
            }),
            Self::Output { refused, .. } => refused.help().map(str::to_owned),
            _ => None,
        }
    }
}

/// The candidate that `typed` most likely stood for, if one is close enough to say so.
pub fn nearest<'a>(typed: &str, candidates: &'a [String]) -> Option<&'a str> {
    let folded = typed.trim().to_lowercase();
    candidates
        .iter()
        .map(|c| (strsim::jaro_winkler(&folded, &c.trim().to_lowercase()), c))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c.as_str())
}
