//! The command line: one table of flags feeds parser, help, man pages and completions.
//!
//! In: the words after the program's name. Out: a [`Job`], or a [`Stop`] with what to print. No
//! file is touched and nothing is printed here.

pub mod argv;
pub mod wrong;
mod yielding;
pub mod flags;
pub mod fitting;
pub mod explaining;
pub mod countering;
pub mod justice;
pub mod probing;
pub mod grammar;
pub mod parse;
pub mod replay;
pub mod verify;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

pub use countering::Countering;
pub use explaining::{CUT, Explaining, Sending, TIMEOUT};
pub use fitting::{FOLDS, Fitting};
pub use justice::Justice;
pub use probing::Probing;

use crate::data::guess::Asked;
use crate::data::{Missing, SettingSource};
pub use crate::policy::FailOn;
use crate::policy::{Accept, Adjust, Entry, How, Named, Undecided};
use crate::privacy::noise::Epsilon;
use crate::read;
use crate::tally::sql::Dialect;

/// What a run is to do.
#[derive(Debug)]
pub enum Job {
    /// Audit a table.
    Audit(Box<Audit>),
    /// Audit the built-in table.
    Demo(Box<Audit>),
    /// Say what got worse between two reports, tables or decisions.
    Compare(Box<Audit>),
    /// Say what the data themselves look like.
    Profile(Box<Audit>),
    /// Fit models, with and without remedies, and compare them.
    Mitigate(Box<Mitigate>),
    /// Say why rows are decided on as they are.
    Explain(Box<Explain>),
    /// Say what would be otherwise if rows were.
    Counterfactual(Box<Counterfactual>),
    /// Judge a saved report again.
    Check(Check),
    /// Write prompts in pairs, or audit the answers to them.
    Probe(Probing),
    /// Render a saved report.
    Report(Saved),
    /// Compute a record again.
    Verify(verify::Verify),
    /// Explain one metric, or list all.
    Metrics(Option<String>),
    /// Print the query that fills the same cells.
    Sql {
        /// The table's columns and roles.
        table: Table,
        /// Which policy file says more of them.
        config: Config,
        /// Whose SQL.
        dialect: Dialect,
        /// The table's name in the warehouse.
        name: Option<String>,
    },
    /// Print the roles as a configuration.
    Init(Table),
    /// Print the JSON Schema of a document of this name.
    Schema(String),
    /// Print the completions of a shell.
    Completions(clap_complete::Shell),
    /// Print a man page.
    Man(Option<String>),
}

/// A table and how it is to be read and understood.
#[derive(Debug)]
pub struct Table {
    /// Files and folders.
    pub inputs: Vec<OsString>,
    /// How they are read.
    pub reading: read::Options,
    /// What the flags say of the roles.
    pub asked: Asked,
    /// Threads; `None` is one for each processor.
    pub threads: Option<usize>,
}

/// An audit.
#[derive(Debug)]
pub struct Audit {
    /// What is audited; nothing for the built-in table.
    pub table: Table,
    /// What is computed.
    pub statistics: Statistics,
    /// What is judged.
    pub gate: Gate,
    /// Which policy file says more.
    pub config: Config,
    /// Where it goes.
    pub output: Output,
    /// Whether the inputs' SHA-256 are wanted.
    pub digest: bool,
    /// What a profile holds the data against.
    pub beside: Beside,
    /// `--justice`: what a model is asked.
    pub justice: Option<Box<Justice>>,
    /// The command line without what bears on no number.
    pub command: Vec<String>,
}

/// Models fitted to a table, and audited.
#[derive(Debug)]
pub struct Mitigate {
    /// The table, and what is computed of it; nothing is judged.
    pub audit: Audit,
    /// What is fitted.
    pub fitting: Fitting,
}

/// A table whose decisions, or those of a model, are explained.
#[derive(Debug)]
pub struct Explain {
    /// The table, and what is computed of it; nothing is judged.
    pub audit: Audit,
    /// What is fitted, where something is.
    pub fitting: Fitting,
    /// What is asked.
    pub explaining: Explaining,
}

/// A table whose rows are asked about as if they were otherwise.
#[derive(Debug)]
pub struct Counterfactual {
    /// The table, and what is computed of it; nothing is judged.
    pub audit: Audit,
    /// What is fitted, where something is.
    pub fitting: Fitting,
    /// Which model is asked.
    pub explaining: Explaining,
    /// What is changed.
    pub countering: Countering,
}

/// What a profile holds the data against, and writes beside its report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// `--population`: the shares that groups should have.
    pub population: Option<PathBuf>,
    /// `--weights-out`: where weights go that give groups these shares.
    pub weights_out: Option<PathBuf>,
    /// `--by`: columns of times or places.
    pub by: Vec<String>,
    /// `--test`: a table that should share no row with this one.
    pub test: Option<PathBuf>,
    /// `--examples`: how many sets of rows that are alike are shown.
    pub examples: Option<usize>,
    /// `--dp`: noisy counts are published, and nothing else.
    pub dp: Option<Epsilon>,
}

/// What is computed, and how.
#[derive(Debug, Clone)]
pub struct Statistics {
    /// `--metrics`: only these are reported; empty is all.
    pub metrics: Vec<String>,
    /// `--confidence`, between 0 and 1.
    pub confidence: f64,
    /// `--min-group`, in rows of a metric's own denominator.
    pub min_group: u64,
    /// `--missing`.
    pub missing: Missing,
    /// `--bootstrap`: how many times rows are redrawn, where they are.
    pub bootstrap: Option<usize>,
    /// `--seed` of everything random.
    pub seed: u64,
    /// `--suppress`: the least count that is published, where small ones are not.
    pub suppress: Option<u64>,
}

/// Which policy file counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Config {
    /// The closest, from the working directory up to the repository's root.
    Closest,
    /// This one (`--config`).
    File(PathBuf),
    /// None (`--no-config`).
    #[default]
    None,
}

/// What is judged, and what becomes of it.
#[derive(Debug, Clone)]
pub struct Gate {
    /// `--policy`: the name of a policy, or a policy file.
    pub policy: String,
    /// The policy of that name; of a file, what it builds on.
    pub named: Named,
    /// How checks are decided, where a file says so.
    pub decide: Option<How>,
    /// How undecided checks count, where a file says so.
    pub undecided: Option<Undecided>,
    /// `--adjust`, where it is said.
    pub adjust: Option<Adjust>,
    /// Every `[[rule]]` of the file.
    pub rules: Vec<Entry>,
    /// Every `[[accept]]` of the file.
    pub accepts: Vec<Accept>,
    /// The file that these are from, if they are from one.
    pub file: Option<String>,
    /// The file that was found, or named by `--config`.
    pub config: Option<String>,
    /// `--require`.
    pub require: Vec<String>,
    /// `--against`: an earlier report.
    pub against: Option<PathBuf>,
    /// `--sequential`: the counts of the nights before.
    pub sequential: Option<PathBuf>,
    /// `--tolerance`: by how much a number may worsen.
    pub tolerance: f64,
    /// `--fail-on`.
    pub fail_on: FailOn,
    /// `--strict`.
    pub strict: bool,
    /// `--exit-zero`.
    pub exit_zero: bool,
    /// Who chose each of the above, by flag name.
    pub sources: BTreeMap<String, SettingSource>,
}

impl Gate {
    /// Nothing is judged.
    pub fn none() -> Self {
        Self {
            policy: Named::None.name().to_owned(),
            named: Named::None,
            decide: None,
            undecided: None,
            adjust: None,
            rules: Vec::new(),
            accepts: Vec::new(),
            file: None,
            config: None,
            require: Vec::new(),
            against: None,
            sequential: None,
            tolerance: 0.0,
            fail_on: FailOn::Never,
            strict: false,
            exit_zero: false,
            sources: BTreeMap::new(),
        }
    }
}

/// Where results go and how they look.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Output {
    /// `--format`, as typed.
    pub formats: Vec<String>,
    /// `--output`.
    pub path: Option<PathBuf>,
    /// `--record`.
    pub record: Option<PathBuf>,
    /// `--all`.
    pub all: bool,
    /// `--top`.
    pub top: Option<usize>,
    /// `--wide`.
    pub wide: bool,
    /// `--width`.
    pub width: Option<usize>,
    /// `--color`.
    pub color: When,
    /// `--ascii`.
    pub ascii: bool,
    /// `--quiet`.
    pub quiet: bool,
    /// `--verbose`.
    pub verbose: bool,
    /// `--progress`.
    pub progress: When,
}

/// A saved report to be judged.
#[derive(Debug)]
pub struct Check {
    /// The report and where the outcome goes.
    pub saved: Saved,
    /// What is judged.
    pub gate: Gate,
    /// Which policy file says more.
    pub config: Config,
    /// `--min-group`, where it is not that of the report.
    pub min_group: Option<u64>,
    /// The least count that a policy file lets be published.
    pub suppress: Option<u64>,
}

/// A saved report.
#[derive(Debug)]
pub struct Saved {
    /// Its file; `-` is standard input.
    pub path: OsString,
    /// Where the outcome goes.
    pub output: Output,
}

/// When something is done that depends on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Threads of a run that did not ask for a number of them.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Why nothing is run.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// Help or version was asked for: standard output, exit status 0.
    Asked(String),
    /// The command line cannot be followed: standard error, exit status 2.
    Wrong(String),
}

impl clap::ValueEnum for When {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Always, Self::Never]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }))
    }
}

impl clap::ValueEnum for FailOn {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Fail, Self::Warn, Self::Never]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}
