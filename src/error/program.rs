//! What can go wrong with a program that scores rows, and what to do about it.

use std::fmt;
use std::io;

/// The last lines that a program wrote to its standard error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said(pub String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, "; its last words were:")?;
        self.0.lines().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// Why the answers of a program are none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The shell could not be started.
    #[error("cannot start `{command}`: {source}")]
    Start {
        /// The command.
        command: String,
        /// What the system said.
        source: io::Error,
    },
    /// The rows could not be handed over, or the answers not be taken.
    #[error("cannot talk to the program: {source}")]
    Pipe {
        /// What the system said.
        source: io::Error,
    },
    /// It neither took rows nor answered.
    #[error("no answer for {seconds} s: stopped after {answered} of {asked} scores{said}")]
    Silent {
        /// The time-out.
        seconds: u64,
        /// Scores that had come.
        answered: usize,
        /// Scores that should have come.
        asked: usize,
        /// Its last words.
        said: Said,
    },
    /// It ended with a status that says it failed, or by a signal.
    #[error("the program ended with {status} after {answered} of {asked} scores{said}")]
    Died {
        /// How it ended: `exit status: 1`.
        status: String,
        /// Scores that had come.
        answered: usize,
        /// Scores that should have come.
        asked: usize,
        /// Its last words.
        said: Said,
    },
    /// Fewer scores than rows.
    #[error(
        "{answered} scores for {asked} rows, some of them asked about twice: the first without one is \
         row {row}{said}"
    )]
    Few {
        /// Scores that came.
        answered: usize,
        /// Scores that should have come.
        asked: usize,
        /// The row of the table without a score, from 1.
        row: usize,
        /// Its last words.
        said: Said,
    },
    /// More scores than rows.
    #[error("more than {asked} scores for {asked} rows: the first too many is `{text}`{said}")]
    Many {
        /// Scores that should have come.
        asked: usize,
        /// What came after them.
        text: String,
        /// Its last words.
        said: Said,
    },
    /// An answer that is no score.
    #[error("line {line} of its answers, for row {row}, is `{text}`: {problem}{said}")]
    NotAScore {
        /// The line, from 1.
        line: usize,
        /// The row of the table, from 1.
        row: usize,
        /// The answer.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
        /// Its last words.
        said: Said,
    },
    /// The same row got two scores.
    #[error("row {row} was asked about twice, and scored {first} and {second}")]
    Unsteady {
        /// The row of the table, from 1.
        row: usize,
        /// Its score.
        first: f64,
        /// Its score when it was asked about again, after all others.
        second: f64,
    },
    /// A row got another score among few rows.
    #[error("row {row} scored {first} among {rows} rows, and {second} among {few}")]
    ByBatch {
        /// The row of the table, from 1.
        row: usize,
        /// Its score among all.
        first: f64,
        /// Its score among few.
        second: f64,
        /// All rows that were asked about.
        rows: usize,
        /// The few.
        few: usize,
    },
    /// What it cannot do with few rows.
    #[error("asked about {few} of {rows} rows by themselves, after all: {fault}")]
    OfFew {
        /// All rows that were asked about.
        rows: usize,
        /// The few.
        few: usize,
        /// What came of them.
        fault: Box<Fault>,
    },
}

impl Fault {
    /// The one thing to do about it.
    pub fn help(&self) -> String {
        let text = match self {
            Self::Start { .. } => "a shell runs the command: `sh -c`, on Windows `cmd /C`",
            Self::Pipe { .. } => "it must read its standard input to the end",
            Self::Silent { .. } => {
                "try it: `head DATASET | CMD`; `--model-timeout SECONDS` gives it longer"
            }
            Self::Died { .. } => {
                "try it: `head DATASET | CMD`; it is sent the features, or \
                 `--model-columns LIST`, with a heading"
            }
            Self::Few { .. } | Self::Many { .. } | Self::NotAScore { .. } => {
                "it must print one score in [0, 1] a line for each row, in order, without a \
                 heading, and all else to standard error"
            }
            Self::Unsteady { .. } => {
                "each score must stand in the place of its row, and depend on that row alone: no \
                 sorting, no state, and chance with a fixed seed for each row"
            }
            Self::OfFew { .. } => {
                "each score must depend on its row alone, however many are sent: a few are scored \
                 once more by themselves"
            }
            Self::ByBatch { .. } => {
                "each score must depend on its row alone: what is taken of all rows, as a mean to \
                 standardize by, must be that of the rows that the model was fitted to"
            }
        };
        text.to_owned()
    }
}
