//! The options of `explain`: which model is in question, and what is asked of it.
//!
//! In: the registries of models and methods. Out: options for the parser, a [`Fitting`] and an
//! [`Explaining`].

use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Command};

use super::Fitting;
use super::fitting::{FOLDS, about};
use super::flags::{self, flag, option, several};
use super::{parse, wrong};
use crate::fit::LEARNERS;
use crate::justice::{Alike, METHODS};

/// How often values are shuffled, where nothing else is said.
pub(super) const REPEATS: usize = 5;

/// What is asked of a model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explaining {
    /// `--model`: a learner, a saved model, or a command.
    pub model: Option<String>,
    /// `--method`: which model of a saved file.
    pub method: Option<String>,
    /// `--surrogate`: what stands for the table's own decisions.
    pub surrogate: Option<String>,
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

/// What is fitted, where something is.
pub(super) fn fitted() -> [clap::Arg; 7] {
    let learners: Vec<&str> = LEARNERS.iter().map(|model| model.name).collect();
    let default = LEARNERS[0].name;
    [
        option("model", "MODEL")
            .help(format!(
                "The model in question: {}, or a MODEL.json that mitigate saved [default: the \
                 table's own decisions, else {default}]",
                learners.join(", ")
            ))
            .long_help(format!(
                "The model in question: one that is fitted to the label, or a MODEL.json of \
                 `fair-audit mitigate --model-out` [default: the table's own decisions, for which \
                 a surrogate stands; where it has none, {default}]\n{}",
                about(LEARNERS.iter().map(|m| (m.name, m.about)))
            )),
        option("method", "NAME").help("Which model of a MODEL.json [default: the first, plain]"),
        option("surrogate", "NAME")
            .value_parser(PossibleValuesParser::new(learners))
            .conflicts_with("model")
            .help("What stands for the table's own decisions [default: logistic or tree, whichever agrees more]"),
        option("folds", "K")
            .value_parser(wrong::whole::<usize>(2..=50))
            .allow_negative_numbers(true)
            .help("Parts of the rows that are held out in turn [default: 5]"),
        option("attribute", "COLS")
            .help("By whose groups: sex, or sex*race [default: the first of -s]"),
        several("features", "COLS")
            .value_delimiter(',')
            .help("Only these columns are predicted from [default: all without another part]"),
        flag("with-sensitive").help("Predict from the sensitive columns as well"),
    ]
}

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
            .help("How often the values of a column are shuffled [default: 5]"),
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
    flags::unjudged(command, &["metrics"])
        .mut_arg("id", |arg| arg.help("Names the rows of --predictions and --row [default: by number]"))
        .next_help_heading("Fitting")
        .args(fitted())
        .next_help_heading("Asking")
        .args(asked)
        .next_help_heading(None)
        .mut_arg("seed", |arg| arg.help("The seed of folds and of what is shuffled [default: 0]"))
        .after_long_help(
            "Exit status:\n  0  ran; nothing is judged here\n  2  could not run: option, column, or \
             data that no model can be asked about; nothing on stdout",
        )
}

/// What is fitted.
pub fn fitting(found: &ArgMatches) -> Fitting {
    Fitting {
        folds: parse::number(found, "folds").unwrap_or(FOLDS),
        attribute: parse::text(found, "attribute"),
        with_sensitive: found.get_flag("with-sensitive"),
        features: parse::list(found, "features"),
        ..Fitting::default()
    }
}

/// What is asked.
pub fn explaining(found: &ArgMatches) -> Explaining {
    Explaining {
        model: parse::text(found, "model"),
        method: parse::text(found, "method"),
        surrogate: parse::text(found, "surrogate"),
        only: parse::list(found, "only"),
        features: parse::list(found, "feature"),
        rows: parse::list(found, "row"),
        repeats: parse::number(found, "repeats").unwrap_or(REPEATS),
        alike: alike(found),
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
