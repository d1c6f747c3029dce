//! What can be wrong with a file of expected shares.

use super::{few, quote};

/// What can be wrong with a file of expected shares (`--population`).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Population {
    /// No column holds shares.
    #[error("no column `share`, `percent` or `count`: {}", few(columns))]
    NoShare {
        /// The columns there are.
        columns: Vec<String>,
    },
    /// Nothing but shares.
    #[error("no column says which group a share is of")]
    NoGroup,
    /// A column that the data do not have.
    #[error("the data have no column `{column}`")]
    NoColumn {
        /// The column.
        column: String,
        /// The one that may be meant.
        near: Option<String>,
        /// The columns of the data.
        columns: Vec<String>,
    },
    /// A column of the data that makes no groups.
    #[error("`{column}` makes no groups")]
    NotAGroup {
        /// The column.
        column: String,
    },
    /// A field without a value.
    #[error("`{column}` has no value")]
    NoValue {
        /// The column.
        column: String,
    },
    /// What is no share.
    #[error("`{value}` is no share: a number from 0 is expected")]
    Share {
        /// As written.
        value: String,
    },
    /// Shares that do not add up.
    #[error("the shares of `{of}` add up to {sum}, not to {whole}")]
    Sum {
        /// Of what.
        of: String,
        /// What they add up to.
        sum: f64,
        /// What they should add up to.
        whole: f64,
    },
    /// A group that stands there twice.
    #[error("`{group}` stands there twice")]
    Twice {
        /// The group.
        group: String,
    },
    /// A value that no row has, and that looks like one that rows have.
    #[error("no row has {column}=`{value}`")]
    NoSuchValue {
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// The value that may be meant.
        near: String,
    },
    /// No group of the file has a row.
    #[error("no row is in any group of the file")]
    NoRows,
}

impl Population {
    /// The one thing to do about it.
    pub(super) fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoShare { .. } | Self::NoGroup => "the header is `sex,race,share` (shares of \
                 combinations), or `attribute,value,share` (one column after the other)"
                .to_owned(),
            Self::NoColumn {
                near: Some(near), ..
            }
            | Self::NoSuchValue { near, .. } => format!("did you mean `{near}`?"),
            Self::NoColumn { columns, .. } => format!("columns: {}", few(columns)),
            Self::NotAGroup { column } => {
                format!("name it: `-s {}`, beside the others", quote(column))
            }
            Self::Sum { .. } => "shares add up to 1, percent to 100; a column `count` may add up \
                 to anything"
                .to_owned(),
            Self::NoValue { .. } | Self::Share { .. } | Self::Twice { .. } | Self::NoRows => {
                return None;
            }
        })
    }
}
