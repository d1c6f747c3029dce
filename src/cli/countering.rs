//! The options of `counterfactual`: which model is asked, and what is changed.
//!
//! In: what `explain` takes for its model. Out: options for the parser, and a [`Countering`].

use clap::{ArgMatches, Command};

use super::explaining::{self, REPEATS};
use super::fitting::FOLDS;
use super::flags::{self, flag, option, several};
use super::{Explaining, Fitting, parse, wrong};
use crate::policy::recourse::{COSTS, Ends, NORMS, Way, ends, way};

/// Seconds that a program may be silent, where nothing else is said.
pub const TIMEOUT: usize = 60;
/// From which score on a program says yes, where nothing else is said.
pub const CUT: f64 = 0.5;

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
    pub timeout: Option<usize>,
    /// `--model-threshold`.
    pub threshold: Option<f64>,
    /// `--recourse`.
    pub recourse: bool,
    /// `--actionable`; empty is all.
    pub actionable: Vec<String>,
    /// `--immutable`.
    pub immutable: Vec<String>,
    /// `--monotone`: `age=up`, `debt=down`.
    pub monotone: Vec<Way>,
    /// `--bounds`: `income=0..100000`.
    pub bounds: Vec<Ends>,
    /// `--norm`.
    pub norm: Option<String>,
    /// `--cost`.
    pub cost: Option<String>,
    /// `--row`: single rows, by number or by `--id`.
    pub rows: Vec<String>,
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

/// What is asked of recourse.
fn recourse() -> [clap::Arg; 8] {
    [
        flag("recourse")
            .conflicts_with("paired")
            .help("The nearest change of other features that turns the decision, by group"),
        several("actionable", "COLS")
            .value_delimiter(',')
            .requires("recourse")
            .help("Only these features change [default: all but sensitive columns]"),
        several("immutable", "COLS")
            .value_delimiter(',')
            .requires("recourse")
            .help("Features that nobody can change [sensitive columns never can]"),
        several("monotone", "LIST")
            .value_delimiter(',')
            .value_parser(way)
            .requires("recourse")
            .help("Features that change one way only: age=up,debt=down"),
        several("bounds", "LIST")
            .value_delimiter(',')
            .value_parser(ends)
            .requires("recourse")
            .help("Features that stay within ends: income=0..100000"),
        option("norm", "NORM")
            .value_parser(clap::builder::PossibleValuesParser::new(NORMS))
            .requires("recourse")
            .help(
                "How costs add up: l1, few changes; l2, short ones; max, the dearest [default: l1]",
            ),
        option("cost", "COST")
            .value_parser(clap::builder::PossibleValuesParser::new(COSTS))
            .requires("recourse")
            .help(
                "What changes cost: mad, by the column's deviation, or percentile [default: mad]",
            ),
        several("row", "ROW")
            .requires("recourse")
            .help("What this row would have to change: its number from 1, or its --id"),
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
            arg.help("Names the rows of --predictions, --paired and --row [default: by number]")
        })
        .next_help_heading("Model")
        .args(fitted)
        .args(program())
        .next_help_heading("Asking")
        .args(asked)
        .args(recourse())
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
        timeout: parse::number(found, "model-timeout"),
        threshold: found.get_one("model-threshold").copied(),
        recourse: found.get_flag("recourse"),
        actionable: parse::list(found, "actionable"),
        immutable: parse::list(found, "immutable"),
        monotone: found
            .get_many("monotone")
            .map(|all| all.cloned().collect())
            .unwrap_or_default(),
        bounds: found
            .get_many("bounds")
            .map(|all| all.cloned().collect())
            .unwrap_or_default(),
        norm: parse::text(found, "norm"),
        cost: parse::text(found, "cost"),
        rows: parse::list(found, "row"),
    }
}
