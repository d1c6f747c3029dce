//! The options of `probe`: templates, and the answers to their prompts.
//!
//! In: what was typed. Out: options for the parser, and a [`Probing`].

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgMatches, Command};

use super::Output;
use super::flags::{self, option};
use super::wrong;

/// Prompts that are written, or answers that are read back.
#[derive(Debug)]
pub struct Probing {
    /// The file of templates.
    pub templates: PathBuf,
    /// `--answers`: the file of answers.
    pub answers: Option<PathBuf>,
    /// `--confidence`.
    pub confidence: f64,
    /// Where it goes.
    pub output: Output,
    /// The command line without what bears on no number.
    pub command: Vec<String>,
}

/// What probing takes.
pub fn probed(command: Command) -> Command {
    let templates = Arg::new("templates")
        .value_name("TEMPLATES.toml")
        .value_parser(ValueParser::os_string())
        .required(true)
        .help("Templates with slots, groups with names: docs/probe.md");
    let asked = [
        option("answers", "FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help("Audit these answers: CSV or JSON lines by id [default: write the prompts]"),
        option("confidence", "C")
            .value_parser(wrong::confidence)
            .help("Confidence of the intervals [default: 0.95]"),
    ];
    flags::shown(command.arg(templates).args(asked))
        .mut_arg("format", |arg| {
            arg.help("table, json, jsonl, csv or md, of answers [default: table]")
                .long_help(None)
        })
        .after_long_help(
            "Without --answers the prompts are written as JSON lines. No model is asked here.\n\n\
             Exit status:\n  0  ran; nothing is judged here\n  2  could not run: template, slot, or \
             an id that is missing, doubled or unknown; nothing on stdout",
        )
}

/// What was typed.
pub fn probing(found: &ArgMatches, output: Output, command: Vec<String>) -> Probing {
    let templates: Option<&OsString> = found.get_one("templates");
    Probing {
        templates: templates.map(PathBuf::from).unwrap_or_default(),
        answers: found.get_one("answers").cloned(),
        confidence: found.get_one("confidence").copied().unwrap_or(0.95),
        output,
        command,
    }
}
