//! The options of `counterfactual`: which model is asked, and what is changed.
//!
//! In: what `explain` takes for its model. Out: options for the parser, and a [`Countering`].

use clap::{ArgMatches, Command};

use super::explaining::{self, REPEATS};
use super::fitting::FOLDS;
use super::flags::{self, flag, option, several};
use super::{Explaining, Fitting, parse, wrong};

/// Seconds that a program may be silent, where nothing else is said.
const TIMEOUT: usize = 60;

/// What is changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Countering {
    /// `--flip`: the columns that make groups, `sex` or `sex*race`.
    pub flip: Option<String>,
    /// `--match`.
    pub matches: bool,
    /// `--paired`: two columns, or a file.
    pub paired: Option<String>,
    /// `--model-columns`: what a program is sent; empty is all.
    pub columns: Vec<String>,
    /// `--model-timeout`, in seconds.
    pub timeout: usize,
    /// `--model-threshold`.
    pub threshold: f64,
}

/// What is asked of a program.
fn program() -> [clap::Arg; 3] {
    [
        several("model-columns", "COLS")
            .value_delimiter(',')
            .help("What a program is sent, in this order [default: all features, in file order]"),
        option("model-timeout", "SECONDS")
            .value_parser(wrong::whole::<usize>(1..=86_400))
            .allow_negative_numbers(true)
            .help("How long a program may be silent [default: 60]"),
        option("model-threshold", "X")
            .value_parser(wrong::finite)
            .allow_negative_numbers(true)
            .help("From which score on a program, or a paired score, says yes [default: 0.5]"),
    ]
}

/// What counterfactuals take: a table, and a model or its answers; nothing is judged.
pub fn countered(command: Command) -> Command {
    let asked = [
        option("flip", "COLS")
            .conflicts_with("paired")
            .help("Ask again as if of another group: sex, or sex*race [default: the first of -s]"),
        flag("match")
            .conflicts_with("paired")
            .help("Move along what goes with the group, and look at the nearest rows of the other"),
        option("paired", "COL,COL|FILE")
            .conflicts_with_all(["model", "method", "surrogate"])
            .help("The answers for rows as they are and changed: two columns, or another file"),
    ];
    let fitted = explaining::fitted()
        .into_iter()
        .filter(|arg| arg.get_id() != "attribute");
    let fitted = fitted.map(|arg| match arg.get_id().as_str() {
        "model" => {
            let said = arg.get_help().map(ToString::to_string).unwrap_or_default();
            arg.help(said.replace(
                "that mitigate saved",
                "that mitigate saved, or a command that reads CSV and prints a score a line",
            ))
            .long_help(None)
        }
        _ => arg,
    });
    flags::unjudged(command, &["metrics"])
        .mut_arg("id", |arg| {
            arg.help("Names the rows of --predictions and --paired [default: by number]")
        })
        .next_help_heading("Model")
        .args(fitted)
        .args(program())
        .next_help_heading("Asking")
        .args(asked)
        .next_help_heading(None)
        .mut_arg("seed", |arg| {
            arg.help("The seed of folds and of what is drawn [default: 0]")
        })
        .after_long_help(
            "A command is run by the shell with your rights; it is sent the rows of the table.\n\n\
             Exit status:\n  0  ran; nothing is judged here\n  2  could not run: option, column, \
             data, or a program that dies, hangs, or prints anything but a score a row; nothing on \
             stdout",
        )
}

/// What is fitted.
pub fn fitting(found: &ArgMatches) -> Fitting {
    Fitting {
        folds: parse::number(found, "folds").unwrap_or(FOLDS),
        attribute: parse::text(found, "flip"),
        with_sensitive: found.get_flag("with-sensitive"),
        features: parse::list(found, "features"),
        ..Fitting::default()
    }
}

/// Which model is asked.
pub fn explaining(found: &ArgMatches) -> Explaining {
    Explaining {
        model: parse::text(found, "model"),
        method: parse::text(found, "method"),
        surrogate: parse::text(found, "surrogate"),
        repeats: REPEATS,
        ..Explaining::default()
    }
}

/// What is changed.
pub fn countering(found: &ArgMatches) -> Countering {
    Countering {
        flip: parse::text(found, "flip"),
        matches: found.get_flag("match"),
        paired: parse::text(found, "paired"),
        columns: parse::list(found, "model-columns"),
        timeout: parse::number(found, "model-timeout").unwrap_or(TIMEOUT),
        threshold: found.get_one("model-threshold").copied().unwrap_or(0.5),
    }
}
