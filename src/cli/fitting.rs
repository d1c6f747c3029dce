//! The options of `mitigate`: what is fitted, with which remedies, and what is written.
//!
//! In: the registries of models and remedies. Out: options for the parser, and a [`Fitting`].

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgMatches, Command};

use super::flags::{self, flag, option, several};
use super::{parse, wrong};
use crate::fit::LEARNERS;
use crate::mitigate::{MITIGATIONS, Mitigation};

/// Folds, where nothing else is said.
pub const FOLDS: usize = 5;

/// What is fitted, and what is written beside the report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fitting {
    /// `--model`: the name of a learner.
    pub model: String,
    /// `--method`: names of remedies; empty is the usual ones.
    pub methods: Vec<String>,
    /// `--folds`.
    pub folds: usize,
    /// `--fold-by`: rows of one value of this column are held out together.
    pub fold_by: Option<String>,
    /// `--fold-time`: only rows before those held out are learnt from.
    pub fold_time: Option<String>,
    /// `--attribute`: whose groups the remedies act on.
    pub attribute: Option<String>,
    /// `--with-sensitive`.
    pub with_sensitive: bool,
    /// `--features`: only these; empty is all.
    pub features: Vec<String>,
    /// `--text`: these are predicted from by their words.
    pub text: Vec<String>,
    /// `--weights-out`.
    pub weights_out: Option<PathBuf>,
    /// `--predictions-out`.
    pub predictions_out: Option<PathBuf>,
    /// `--model-out`.
    pub model_out: Option<PathBuf>,
    /// `--log-dir`: training curves.
    pub log_dir: Option<PathBuf>,
    /// `--apply`: a saved model that scores this table.
    pub apply: Option<PathBuf>,
    /// `--refit`: a saved model whose recipe is followed again.
    pub refit: Option<PathBuf>,
}

/// A line for each name.
pub(super) fn about<'a>(list: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let lines = list.map(|(name, about)| format!("{name}: {about}"));
    lines.collect::<Vec<String>>().join("\n")
}

/// `--method`.
fn method() -> Arg {
    let names = |is_shown: fn(&Mitigation) -> bool| {
        let shown = MITIGATIONS.iter().filter(|remedy| is_shown(remedy));
        shown.map(|m| m.name).collect::<Vec<_>>().join(", ")
    };
    let (all, usual) = (names(|_| true), names(|remedy| remedy.is_usual));
    let of_methods = about(MITIGATIONS.iter().map(|m| (m.name, m.about)));
    several("method", "LIST")
        .value_delimiter(',')
        .value_parser(PossibleValuesParser::new(
            MITIGATIONS.iter().map(|m| m.name),
        ))
        .hide_possible_values(true)
        .help(format!("Remedies: {all} [default: {usual}]"))
        .long_help(format!(
            "The remedies that are tried beside the plain model, which always is [default: \
             {usual}]\n{of_methods}"
        ))
}

/// What counts where a saved model scores a table; all else is its own, or of a report.
const OF_APPLY: [&str; 14] = [
    "inputs",
    "predictions",
    "input-format",
    "delimiter",
    "no-header",
    "id",
    "threads",
    "config",
    "no-config",
    "color",
    "quiet",
    "verbose",
    "method",
    "predictions-out",
];

/// What cannot be asked where a saved model scores a table.
fn needless(command: &Command, fitting: &[Arg]) -> Vec<String> {
    let ids = command.get_arguments().chain(fitting);
    let ids = ids.map(|arg| arg.get_id().as_str().to_owned());
    let files = ["refit", "weights-out", "model-out", "log-dir"].map(str::to_owned);
    // Scores are no report: its own sentence says so.
    let is_needless = |id: &String| id != "format" && !OF_APPLY.contains(&id.as_str());
    ids.filter(is_needless).chain(files).collect()
}

/// What is written beside the report, or read in place of fitting or its options.
fn files(needless: Vec<String>) -> [Arg; 6] {
    let file = |name, value| option(name, value).value_parser(ValueParser::path_buf());
    [
        file("weights-out", "FILE").help("Write what each row counts for, by remedy (CSV)"),
        file("predictions-out", "FILE")
            .help("Write the held-out score and decision of each row, by remedy (CSV)"),
        file("model-out", "MODEL.json")
            .help("Write each model, fitted to all rows: features, coefficients, thresholds"),
        file("log-dir", "DIR").help(
            "Write training curves for TensorBoard: a folder a scenario, and a folder a fold",
        ),
        file("apply", "MODEL.json")
            .help(
                "Score this table by a saved model, and fit nothing; the scores go to stdout (CSV)",
            )
            .conflicts_with_all(needless),
        file("refit", "MODEL.json")
            .help("Fit this table by the recipe of a saved model, and say what changed"),
    ]
}

/// Which rows a model is not fitted to.
pub(super) fn held_out() -> [Arg; 3] {
    [
        option("folds", "K")
            .value_parser(wrong::whole::<usize>(2..=50))
            .allow_negative_numbers(true)
            .help("Parts of the rows that are held out in turn [default: 5]"),
        option("fold-by", "COL").help(
            "Hold out all rows of one value together: a patient, a household; COL is no feature",
        ),
        option("fold-time", "COL")
            .help(
                "Learn only from rows before those held out, by a number or date; COL is no feature",
            )
            .conflicts_with("fold-by"),
    ]
}

/// What a model is fitted to.
pub(super) fn predicted_from() -> [Arg; 3] {
    [
        several("features", "COLS")
            .value_delimiter(',')
            .help("Only these columns are predicted from [default: all without another part]"),
        several("text", "COLS")
            .value_delimiter(',')
            .help("Predict from the words of these columns (tf-idf); other prose is left out"),
        flag("with-sensitive").help("Predict from the sensitive columns as well"),
    ]
}

/// What mitigating takes: a table with labels; nothing is judged.
pub fn mitigated(command: Command) -> Command {
    let command = flags::unjudged(command, &[]);
    let names = |names: Vec<&'static str>| names.join(", ");
    let models = LEARNERS.iter().map(|model| model.name).collect();
    let of_models = about(LEARNERS.iter().map(|m| (m.name, m.about)));
    let fitting = [
        option("model", "NAME")
            .value_parser(PossibleValuesParser::new(LEARNERS.iter().map(|m| m.name)))
            .hide_possible_values(true)
            .help(format!(
                "What is fitted: {} [default: {}]",
                names(models),
                LEARNERS[0].name
            ))
            .long_help(format!(
                "What is fitted [default: {}]\n{of_models}",
                LEARNERS[0].name
            )),
        method(),
    ];
    let attribute = option("attribute", "COLS")
        .help("Whose groups the remedies act on: sex, or sex*race [default: the first of -s]");
    let fitting = fitting.into_iter().chain(held_out()).chain([attribute]);
    let fitting: Vec<Arg> = fitting.chain(predicted_from()).collect();
    let needless = needless(&command, &fitting);
    command
        .next_help_heading("Fitting")
        .args(fitting)
        .next_help_heading("Files")
        .args(files(needless))
        .next_help_heading(None)
        .mut_arg("seed", |arg| arg.help("The seed of the folds [default: 0]"))
        .after_long_help(
            "Exit status:\n  0  ran; nothing is judged here, whatever the gaps are\n  2  could not \
             run: option, column, or data that no model can be fitted to; nothing on stdout\n  \
             130  stopped by Ctrl-C: the folds done till then are reported, if any was",
        )
}

/// What is fitted, whatever it is for; the option `attribute` says whose groups count.
pub(super) fn fitted(found: &ArgMatches, attribute: &str) -> Fitting {
    Fitting {
        folds: parse::number(found, "folds").unwrap_or(FOLDS),
        fold_by: parse::text(found, "fold-by"),
        fold_time: parse::text(found, "fold-time"),
        attribute: parse::text(found, attribute),
        with_sensitive: found.get_flag("with-sensitive"),
        features: parse::list(found, "features"),
        text: parse::list(found, "text"),
        ..Fitting::default()
    }
}

/// What was asked for.
pub fn fitting(found: &ArgMatches) -> Fitting {
    let path = |name: &str| found.get_one::<PathBuf>(name).cloned();
    Fitting {
        model: parse::text(found, "model").unwrap_or_else(|| LEARNERS[0].name.to_owned()),
        methods: parse::list(found, "method"),
        weights_out: path("weights-out"),
        predictions_out: path("predictions-out"),
        model_out: path("model-out"),
        log_dir: path("log-dir"),
        apply: path("apply"),
        refit: path("refit"),
        ..fitted(found, "attribute")
    }
}
