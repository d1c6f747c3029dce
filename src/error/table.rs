//! Why several files make no table together: folders, columns that differ, joins.

use super::{Place, few, quote};

/// Files that make no table together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Table {
    /// A folder in which no file is data.
    #[error("no data files in the folder {folder}")]
    EmptyFolder {
        /// The folder.
        folder: String,
    },
    /// Standard input beside other inputs, or twice.
    #[error("standard input must be the only input")]
    StdinBeside,
    /// What is neither a file nor a pipe.
    #[error("{path} is no file")]
    NoFile {
        /// The path.
        path: String,
    },
    /// A column of the first file that another file lacks.
    #[error("{path} has no column `{column}`, which {first} has")]
    Lacks {
        /// The file that lacks it.
        path: String,
        /// The column.
        column: String,
        /// The first file.
        first: String,
    },
    /// A folder `key=value` within a folder of the same key, or beside a column of that name.
    #[error("`{key}` is a folder's key and a column of {path} as well")]
    KeyTwice {
        /// The key.
        key: String,
        /// The file.
        path: String,
    },
    /// Several columns that could be the id.
    #[error(
        "{data} and {predictions} have several columns in common: {}",
        few(columns)
    )]
    WhichId {
        /// The data.
        data: String,
        /// The predictions.
        predictions: String,
        /// The columns.
        columns: Vec<String>,
    },
    /// More predictions than can be joined.
    #[error("more than {most} predictions cannot be joined")]
    ManyPredictions {
        /// The limit.
        most: u32,
    },
    /// Predictions that hold nothing but the id.
    #[error("{predictions} has no column beside `{id}`")]
    OnlyId {
        /// The predictions.
        predictions: String,
        /// The id column.
        id: String,
    },
    /// An id that stands on several rows.
    #[error("{place}: id `{id}` is there twice, first in {first}")]
    SameId {
        /// Where it stands again.
        place: Place,
        /// The id.
        id: String,
        /// Where it stands first.
        first: Place,
    },
    /// Rows without an id.
    #[error("{place}: no id")]
    NoId {
        /// The first such row.
        place: Place,
    },
    /// Rows of the data whose id the predictions do not have.
    #[error(
        "{rows} rows have no prediction in {predictions}: {}; first {place}",
        few(ids)
    )]
    Orphans {
        /// How many.
        rows: u64,
        /// Some of their ids.
        ids: Vec<String>,
        /// The first of them.
        place: Place,
        /// The predictions.
        predictions: String,
        /// An id of the predictions, to compare.
        known: Option<String>,
    },
    /// A join by position of files of different length.
    #[error("{data} has {data_rows} rows, {predictions} has {prediction_rows}")]
    Lengths {
        /// The data.
        data: String,
        /// Its rows.
        data_rows: u64,
        /// The predictions.
        predictions: String,
        /// Their rows.
        prediction_rows: u64,
    },
    /// A file that changed between two readings.
    #[error("{path} changed while it was read")]
    Changed {
        /// The file.
        path: String,
    },
    /// Predictions from a pipe, or joined to one.
    #[error("{path} can be read only once, a join reads twice")]
    ReadOnce {
        /// The stream.
        path: String,
    },
}

impl Table {
    /// The one thing to do about it.
    pub(super) fn help(&self) -> String {
        match self {
            Self::EmptyFolder { .. } => {
                "data files end in .csv, .tsv, .jsonl, .parquet, .arrow …; name other files \
                 themselves"
                    .to_owned()
            }
            Self::StdinBeside => "save it to a file first, then name all files".to_owned(),
            Self::NoFile { .. } => "name a file, a folder, or `-` for a pipe".to_owned(),
            Self::Lacks { .. } => {
                "files that are one table have the same columns, in any order".to_owned()
            }
            Self::KeyTwice { key, .. } => {
                format!("rename the column, or the folders `{key}=…`")
            }
            Self::WhichId { columns, .. } => format!(
                "say which joins them: `--id {}`",
                quote(columns.first().map_or("COL", String::as_str))
            ),
            Self::ManyPredictions { .. } => "audit the files one by one".to_owned(),
            Self::OnlyId { .. } => "predictions need a column of their own".to_owned(),
            Self::SameId { .. } | Self::NoId { .. } => {
                "each row needs an id of its own in both files".to_owned()
            }
            Self::Orphans { known, .. } => match known {
                Some(known) => format!(
                    "ids are compared as they are written; the predictions have ids such as \
                     `{known}`"
                ),
                None => "the predictions have no ids at all".to_owned(),
            },
            Self::Lengths { .. } => {
                "join by an id that both have (`--id COL`), or predict every row".to_owned()
            }
            Self::Changed { .. } => "run again when nothing writes to it".to_owned(),
            Self::ReadOnce { .. } => "save it to a file first".to_owned(),
        }
    }
}
