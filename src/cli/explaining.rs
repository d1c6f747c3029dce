//! The options of `explain`: which model is in question, and what is asked of it.
//!
//! In: the registries of models and methods. Out: options for the parser, and an [`Explaining`].

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};

use super::fitting::{about, held_out, predicted_from};
use super::flags::{self, option, several};
use super::{parse, wrong};
use crate::fit::LEARNERS;
use crate::justice::{Alike, METHODS};

/// How often values are shuffled, where nothing else is said.
pub(super) const REPEATS: usize = 5;
/// Seconds that a program may be silent, where nothing else is said.
pub const TIMEOUT: usize = 60;
/// From which score on a program says yes, where nothing else is said.
pub const CUT: f64 = 0.5;

/// What a program is sent, and how its answers are taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sending {
    /// `--model-columns`: what it is sent; empty is all.
    pub columns: Vec<String>,
    /// `--model-timeout`, in seconds.
    pub timeout: Option<usize>,
    /// `--model-threshold`.
    pub threshold: Option<f64>,
}

/// What is asked of a model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explaining {
    /// `--model`: a learner, a saved model, or a command.
    pub model: Option<String>,
    /// `--method`: which model of a saved file.
    pub method: Option<String>,
    /// `--surrogate`: what stands for decisions whose model is not known.
    pub surrogate: Option<String>,
    /// What a program is sent.
    pub sending: Sending,
    /// `--only`: names of methods; empty is all.
    pub only: Vec<String>,
    /// `--feature`: whose dependence is shown.
    pub features: Vec<String>,
    /// `--row`: single rows, by number or by `--id`.
    pub rows: Vec<String>,
    /// `--repeats`.
    pub repeats: usize,
    /// `--neighbors`, `--lipschitz` and `--examples`.
    pub alike: Alike,
}

/// The model in question, and what is fitted where something is; `attribute` says whose groups count.
pub(super) fn asked(attribute: Option<Arg>) -> Vec<Arg> {
    let learners: Vec<&str> = LEARNERS.iter().map(|model| model.name).collect();
    let default = LEARNERS[0].name;
    let mut args = vec![
        option("model", "MODEL")
            .help(format!(
                "The model in question: {}, a MODEL.json that mitigate saved, or a command that \
                 reads CSV and prints a score a line [default: the table's own decisions, else \
                 {default}]",
                learners.join(", ")
            ))
            .long_help(format!(
                "The model in question: one that is fitted to the label, a MODEL.json of \
                 `fair-audit mitigate --model-out`, or a command that reads CSV and prints a score \
                 a line [default: the table's own decisions, for which a surrogate stands; where \
                 it has none, {default}]\n{}",
                about(LEARNERS.iter().map(|m| (m.name, m.about)))
            )),
        option("method", "NAME").help("Which model of a MODEL.json [default: the first, plain]"),
        option("surrogate", "NAME")
            .value_parser(PossibleValuesParser::new(learners))
            .help(
                "What stands for decisions of the table or a command [default: logistic or tree, \
                 whichever agrees more]",
            ),
    ];
    args.extend(held_out());
    args.extend(attribute);
    args.extend(predicted_from());
    args.extend(sent());
    args
}

/// What is asked of a program.
pub(super) fn sent() -> [Arg; 3] {
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
            .help("From which score on a program says yes [default: 0.5]"),
    ]
}

/// What is said of a model that is a command.
pub(super) const OF_COMMANDS: &str =
    "A command is run by the shell with your rights; it is sent the rows of the table.\n\n";

/// What explaining takes: a table with labels or decisions; nothing is judged.
pub fn explained(command: Command) -> Command {
    let names: Vec<&str> = METHODS.iter().map(|method| method.name).collect();
    let of_methods = about(METHODS.iter().map(|m| (m.name, m.about)));
    let asked = [
        several("only", "LIST")
            .value_delimiter(',')
            .value_parser(PossibleValuesParser::new(names.clone()))
            .hide_possible_values(true)
            .help(format!("Only these answers: {}", names.join(", ")))
            .long_help(format!("Only these answers [default: all]\n{of_methods}")),
        several("feature", "COL")
            .value_delimiter(',')
            .help("How scores depend on this column, by group"),
        several("row", "ROW")
            .help("Why this row is decided on as it is: its number from 1, or its --id"),
        option("repeats", "N")
            .value_parser(wrong::whole::<usize>(2..=1_000))
            .allow_negative_numbers(true)
            .help("How often values are shuffled, or orders of features drawn [default: 5]"),
        option("neighbors", "K")
            .value_parser(wrong::whole::<usize>(2..=1_000))
            .allow_negative_numbers(true)
            .help("Rows that a row is held against as alike, itself among them [default: 5]"),
        option("lipschitz", "L")
            .value_parser(wrong::above_zero)
            .allow_negative_numbers(true)
            .help("By how much scores of rows may differ, for a distance of 1 [default: 1]"),
        option("examples", "N")
            .value_parser(wrong::whole::<usize>(1..=1_000))
            .allow_negative_numbers(true)
            .help("Show N pairs that are alike and decided differently: numbers leave the table"),
    ];
    let attribute = option("attribute", "COLS")
        .help("By whose groups: sex, or sex*race [default: the first of -s]");
    let needless = ["metrics", "intersect", "control", "favorable"];
    flags::unjudged(command, &needless)
        .mut_arg("reference", |arg| {
            arg.help(
                "The group that gaps are to: sex=Male, largest or best [default: the furthest two]",
            )
        })
        .mut_arg("id", |arg| {
            arg.help("Names the rows of --predictions and --row [default: by number]")
        })
        .next_help_heading("Model")
        .args(self::asked(Some(attribute)))
        .next_help_heading("Asking")
        .args(asked)
        .next_help_heading(None)
        .mut_arg("seed", |arg| {
            arg.help("The seed of folds and of what is shuffled [default: 0]")
        })
        .after_long_help(format!(
            "{OF_COMMANDS}Exit status:\n  0  ran; nothing is judged here\n  2  could not run: \
             option, column, data that no model can be asked about, or a program that dies, hangs, \
             or prints anything but a score a row; nothing on stdout"
        ))
}

/// Which model is in question.
pub(super) fn model(found: &ArgMatches) -> Explaining {
    Explaining {
        model: parse::text(found, "model"),
        method: parse::text(found, "method"),
        surrogate: parse::text(found, "surrogate"),
        sending: Sending {
            columns: parse::list(found, "model-columns"),
            timeout: parse::number(found, "model-timeout"),
            threshold: found.get_one("model-threshold").copied(),
        },
        repeats: REPEATS,
        ..Explaining::default()
    }
}

/// What is asked.
pub fn explaining(found: &ArgMatches) -> Explaining {
    Explaining {
        only: parse::list(found, "only"),
        features: parse::list(found, "feature"),
        rows: parse::list(found, "row"),
        repeats: parse::number(found, "repeats").unwrap_or(REPEATS),
        alike: alike(found),
        ..model(found)
    }
}

/// What counts as alike.
fn alike(found: &ArgMatches) -> Alike {
    let usual = Alike::default();
    Alike {
        neighbors: parse::number(found, "neighbors").unwrap_or(usual.neighbors),
        most: found.get_one("lipschitz").copied().unwrap_or(usual.most),
        examples: parse::number(found, "examples").unwrap_or(usual.examples),
    }
}
