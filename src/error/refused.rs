//! Why an output is refused before the data are read.

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
    /// The one thing to do about it.
    pub(super) fn help(&self) -> Option<&'static str> {
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
