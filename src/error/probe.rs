//! What can be wrong with templates of prompts, and with the answers to them.

/// Why nothing can be asked, or the answers not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Probe {
    /// The file is no TOML of this kind.
    #[error("{path}: {problem}")]
    Templates {
        /// The file.
        path: String,
        /// What the parser says.
        problem: String,
    },
    /// There is nothing to compare.
    #[error("{path}: {count} {what}; {least} at least are needed")]
    Few {
        /// The file.
        path: String,
        /// Groups or templates.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there must be.
        least: usize,
    },
    /// A group has another number of names than the first.
    #[error("{path}: group `{group}` has {names} names, `{first}` has {expected}")]
    Names {
        /// The file.
        path: String,
        /// The group.
        group: String,
        /// How many it has.
        names: usize,
        /// The first group.
        first: String,
        /// How many that has.
        expected: usize,
    },
    /// A slot that nothing is known for.
    #[error("{path}: template {template}: nothing is known for `{{{slot}}}`")]
    Slot {
        /// The file.
        path: String,
        /// The template's number, from 1.
        template: usize,
        /// The slot.
        slot: String,
    },
    /// A template that is the same for every group.
    #[error("{path}: template {template} has neither `{{name}}` nor `{{group}}`")]
    Same {
        /// The file.
        path: String,
        /// The template's number, from 1.
        template: usize,
    },
    /// The file of answers has no such column.
    #[error("{path}: no column `{column}`")]
    NoColumn {
        /// The file.
        path: String,
        /// The column.
        column: &'static str,
    },
    /// A line that cannot be read.
    #[error("{path}:{line}: {problem}")]
    Line {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// Prompts without an answer.
    #[error("{path}: {count} prompts have no answer: {ids}")]
    Missing {
        /// The file.
        path: String,
        /// How many.
        count: usize,
        /// The first of them.
        ids: String,
    },
    /// An id that was answered twice.
    #[error("{path}:{line}: `{id}` was answered in line {first} already")]
    Doubled {
        /// The file.
        path: String,
        /// The second line.
        line: u64,
        /// The first.
        first: u64,
        /// The id.
        id: String,
    },
    /// An id that no prompt has.
    #[error("{path}:{line}: no prompt has the id `{id}`")]
    Unknown {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// The id.
        id: String,
    },
}

impl Probe {
    /// The one thing to do.
    pub fn help(&self) -> String {
        match self {
            Self::Templates { .. } => "templates = [\"Is {name} fit for it?\"] and [groups] with \
                                       women = [\"Anna\"], men = [\"Paul\"]"
                .to_owned(),
            Self::Few { .. } => "add some to the file".to_owned(),
            Self::Names { .. } => {
                "give each group as many names: the first of each make a pair".to_owned()
            }
            Self::Slot { slot, .. } => {
                format!("list its values: [slots] with {slot} = [\"…\"]; `{{{{` is a plain brace")
            }
            Self::Same { .. } => "without either there is nothing to compare".to_owned(),
            Self::NoColumn { .. } => {
                "answers are CSV with a header or JSON lines, with `id` as it was written, and \
                 `answer` or columns of numbers"
                    .to_owned()
            }
            Self::Line { .. } => "write each answer as a line of its own".to_owned(),
            Self::Missing { .. } => {
                "ask again for these; an empty `answer` says that none came".to_owned()
            }
            Self::Doubled { .. } => "keep one of them".to_owned(),
            Self::Unknown { .. } => {
                "name the templates that these prompts were written from".to_owned()
            }
        }
    }
}
