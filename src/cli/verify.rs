//! `--record`, and `verify`: its options, and from words to what is verified.

use std::ffi::OsString;

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgMatches, Command};

use super::flags::{flag, option};
use super::{parse, wrong};

/// A record, and what it is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct Verify {
    /// The record's file; `-` is standard input.
    pub record: OsString,
    /// What is read in place of the recorded inputs; nothing is the recorded ones.
    pub inputs: Vec<OsString>,
    /// `-f json`.
    pub json: bool,
    /// `--all`.
    pub all: bool,
    /// `--quiet`.
    pub quiet: bool,
    /// `--allow-program`: a model that is a program is run.
    pub allow_program: bool,
    /// `--threads`.
    pub threads: Option<usize>,
}

/// `--record`.
pub fn recording() -> Arg {
    option("record", "RUN.json")
        .value_parser(ValueParser::path_buf())
        .help("Write a record of the run, which `fair-audit verify` computes again")
        .help_heading("Output")
        .hide_short_help(true)
}

/// What verifying takes.
pub fn verified(command: Command) -> Command {
    let inputs = Arg::new("inputs")
        .value_name("DATASET")
        .value_parser(ValueParser::os_string())
        .num_args(0..)
        .help("The data, in place of the recorded paths");
    let record = Arg::new("record")
        .value_name("RUN.json")
        .value_parser(ValueParser::os_string())
        .required(true)
        .help("A record that `--record` wrote; - is standard input");
    let format = option("format", "FORMAT")
        .short('f')
        .value_parser(PossibleValuesParser::new(["table", "json"]))
        .hide_possible_values(true)
        .help("table or json [default: table]");
    let threads = option("threads", "N")
        .short('j')
        .value_parser(wrong::whole::<usize>(1..=1024))
        .allow_negative_numbers(true)
        .help("Threads [default: one for each processor]");
    command
        .args([record, inputs, format])
        .arg(flag("all").help("Every difference"))
        .arg(flag("quiet").short('q').help("The first line alone"))
        .arg(
            flag("allow-program")
                .help("Run the program that the record names as its model; look at it first"),
        )
        .arg(threads)
        .after_long_help(
            "Exit status:\n  0  all is as the record says\n  1  something differs, and is named\n  \
             2  could not verify: no record, or a file that cannot be read; nothing on stdout",
        )
}

/// What was asked for.
pub fn verify(found: &ArgMatches) -> Verify {
    let inputs = found.get_many::<OsString>("inputs");
    Verify {
        record: found
            .get_one::<OsString>("record")
            .cloned()
            .unwrap_or_default(),
        inputs: inputs.map(|all| all.cloned().collect()).unwrap_or_default(),
        json: parse::text(found, "format").as_deref() == Some("json"),
        all: found.get_flag("all"),
        quiet: found.get_flag("quiet"),
        allow_program: found.get_flag("allow-program"),
        threads: found.get_one("threads").copied(),
    }
}
