//! What can be wrong with data, and what to do about it.

use super::{Population, few, quote};

/// What to do about rows without a group.
const MISSING: &str = "`--missing group` shows them as a group, `--missing drop` leaves them out";

/// What to do about rows of a group that a model does not know.
const UNSEEN: &str = "fit again with rows of this group (`--refit`), or score by a model that does \
                      the same for every group: `--method plain`";

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
    /// Something between a closing quote and the next separator.
    #[error("something follows a closing quote (or a quote is out of place)")]
    StrayQuote,
    /// No row of data at all.
    #[error("no rows: nothing to audit")]
    NoRows,
    /// A file that is not what it says, or is damaged.
    #[error("the file is damaged: {what}")]
    Corrupt {
        /// What the decoder found.
        what: String,
    },
    /// A sensitive column with a value too long to be a group's name.
    #[error("a value of {bytes} bytes is no group's name (at most {most})")]
    LongName {
        /// Length of the value.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// A sensitive column with too many distinct values.
    #[error("more than {most} distinct values")]
    ManyValues {
        /// The limit.
        most: usize,
    },
    /// Too many combinations of sensitive values.
    #[error("more than {most} combinations of groups")]
    ManyCells {
        /// The limit.
        most: usize,
    },
    /// Rows without a sensitive value, where `--missing error` was asked for.
    #[error("{rows} rows have no value")]
    MissingGroup {
        /// Rows.
        rows: u64,
    },
    /// A row of a group that a saved model does not know, where its decisions differ by group.
    #[error("`{group}` is no group that the model was fitted to")]
    UnseenGroup {
        /// The group.
        group: String,
    },
    /// A label or prediction column without a single value.
    #[error("no row has a value")]
    NoValues,
    /// Nothing has any weight.
    #[error("every weight is 0 or missing")]
    NoWeight,
    /// A sum of weights beyond the largest number there is.
    #[error("the weights add up to more than 1.8e308")]
    HugeWeights,
    /// A label or prediction column that is not of one accepted pair of spellings.
    #[error("not one pair of values such as 0/1 or no/yes: {}", few(seen))]
    NotAPair {
        /// The flag that names the column, `-y` or `-p`.
        flag: &'static str,
        /// The spellings with their rows.
        seen: Vec<String>,
        /// The spellings.
        values: Vec<String>,
        /// All of them are numbers, and more than two.
        numbers: bool,
    },
    /// A named positive that does not occur.
    #[error("no row is `{positive}`: {}", few(seen))]
    NoPositive {
        /// The flag that names the column, `-y` or `-p`.
        flag: &'static str,
        /// The positive named.
        positive: String,
        /// The spellings with their rows.
        seen: Vec<String>,
        /// The spellings.
        values: Vec<String>,
    },
    /// A weight that is negative, infinite or not a number.
    #[error("{value} is no weight: weights are finite and not negative")]
    Weight {
        /// The value.
        value: f64,
    },
    /// A score that is infinite or not a number.
    #[error("{value} is no score: a ranking needs finite numbers")]
    Score {
        /// The value.
        value: f64,
    },
    /// A number of rows that is not whole, or negative.
    #[error("{value} is no number of rows: `--counts` needs whole numbers from 0")]
    Count {
        /// The value.
        value: f64,
    },
    /// A column that holds no plain values.
    #[error("the column holds values of type {kind}, which are neither groups nor numbers")]
    NotFlat {
        /// The type.
        kind: String,
    },
    /// A column whose values are no numbers, where numbers are needed.
    #[error("the column holds values of type {kind}, which are no numbers")]
    NotNumbers {
        /// The type.
        kind: String,
    },
    /// A file that is not what it was when it was opened.
    #[error("the file changed while it was read")]
    Changed,
    /// A folder where a file was expected.
    #[error("it is a folder")]
    Folder,
    /// A device.
    #[error("it is a device, not a file")]
    Device,
    /// A file of a kind that is not read.
    #[error("it looks like {what}")]
    LooksLike {
        /// The kind.
        what: &'static str,
    },
    /// What is wrong with a file of expected shares.
    #[error(transparent)]
    Population(#[from] Population),
    /// A file that is not of the format asked for.
    #[error("it is no {what} file")]
    IsNot {
        /// The format.
        what: &'static str,
    },
    /// A text in an encoding that is not read.
    #[error("it looks like {what}")]
    Encoding {
        /// The encoding.
        what: &'static str,
    },
    /// A value that is not UTF-8.
    #[error("the byte {byte:#04x} is not UTF-8")]
    NotUtf8 {
        /// The first byte that does not fit.
        byte: u8,
    },
    /// A record too long to be one.
    #[error("a record of more than {most} bytes")]
    LongRecord {
        /// The limit.
        most: usize,
    },
    /// A line that is no JSON object.
    #[error("not a flat JSON object: {what}")]
    Json {
        /// What the parser said.
        what: String,
    },
    /// A column that was not loaded into memory.
    #[error("the column was not loaded")]
    NotLoaded,
    /// A value that a number was expected for.
    #[error("`{value}` is not a number")]
    NotANumber {
        /// The value as written.
        value: String,
    },
}

impl Problem {
    /// The one thing to do about it.
    pub(super) fn help(&self, column: Option<&str>) -> Option<String> {
        let column = column.unwrap_or("COL");
        match self {
            Self::LongName { .. } | Self::ManyValues { .. } => Some(format!(
                "`{column}` looks like text or an identifier: `--ignore {column}`, or band numbers \
                 with `--bins {column}=…`"
            )),
            Self::ManyCells { .. } => Some(
                "name fewer sensitive columns with `-s`, or band numbers (`--bins`)".to_owned(),
            ),
            Self::MissingGroup { .. } => Some(MISSING.to_owned()),
            Self::UnseenGroup { .. } => Some(UNSEEN.to_owned()),
            Self::NotAPair { numbers: true, .. } => Some(format!(
                "scores are cut at a threshold: `--score {} --threshold 0.5`",
                quote(column)
            )),
            Self::NotAPair { flag, values, .. } | Self::NoPositive { flag, values, .. } => {
                let ways: Vec<String> = values
                    .iter()
                    .take(4)
                    .map(|value| format!("`{flag} {}`", quote(&format!("{column}={value}"))))
                    .collect();
                Some(format!(
                    "say which value is positive: {}",
                    ways.join(" or ")
                ))
            }
            Self::NotFlat { .. } | Self::NotNumbers { .. } => Some(format!(
                "choose another column, or write `{column}` as text first"
            )),
            Self::Changed => Some("run again when nothing writes to it".to_owned()),
            Self::StrayQuote | Self::UnclosedQuote => {
                Some("close the quote, or double it where it is part of the value".to_owned())
            }
            Self::Ragged { fields: 1, .. } => Some(
                "is the separator right? `--delimiter ';'` (or `tab`, `'|'`) names another"
                    .to_owned(),
            ),
            Self::Ragged { header: 1, .. } => Some(
                "is the first line the header? take away what is above it, or `--delimiter` names \
                 another separator"
                    .to_owned(),
            ),
            Self::Ragged { fields, header } if *fields == header + 1 => Some(
                "does the line end with a separator too many? a value that holds the separator \
                 must be quoted"
                    .to_owned(),
            ),
            Self::Ragged { .. } => Some(
                "a value that holds the separator must be quoted; `--delimiter` names another"
                    .to_owned(),
            ),
            Self::Encoding { .. } | Self::NotUtf8 { .. } => {
                Some("save it as UTF-8, for example `iconv -f LATIN1 -t UTF-8 FILE`".to_owned())
            }
            Self::LooksLike { .. } => {
                Some("export the table as CSV, Parquet, Arrow or JSON lines".to_owned())
            }
            Self::Population(problem) => problem.help(),
            Self::LongRecord { .. } => {
                Some("is a quote left open, or is this no delimited text at all?".to_owned())
            }
            Self::Json { .. } => {
                Some("every line must be one object, `{\"sex\": \"f\", \"label\": 1}`".to_owned())
            }
            Self::NoWeight => Some("leave out `--weight`, or choose another column".to_owned()),
            Self::HugeWeights => Some("divide all weights by the largest of them".to_owned()),
            _ => None,
        }
    }
}
