//! The options of `counterfactual`: which model is asked, and what is changed.
//!
//! In: what `explain` takes for its model. Out: options for the parser, and a [`Countering`].

use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{ArgMatches, Command};

use super::explaining::{self, OF_COMMANDS};
use super::flags::{self, flag, option, several};
use super::parse;
use crate::policy::recourse::{COSTS, Ends, NORMS, Way, ends, way};

/// What is changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Countering {
    /// `--flip`: the columns that make groups, `sex` or `sex*race`.
    pub flip: Option<String>,
    /// `--match`.
    pub matches: bool,
    /// `--paired`: two columns, or a file.
    pub paired: Option<String>,
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
    /// `--rows-out`: where each row's answers go.
    pub rows_out: Option<PathBuf>,
}

/// What nobody can ask where the answers are there already.
const OF_MODELS: [&str; 11] = [
    "model",
    "method",
    "surrogate",
    "folds",
    "fold-by",
    "fold-time",
    "features",
    "text",
    "with-sensitive",
    "model-columns",
    "model-timeout",
];

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
            .conflicts_with_all(OF_MODELS)
            .help("The answers for rows as they are and changed: two columns, or another file"),
        option("rows-out", "FILE")
            .value_parser(ValueParser::path_buf())
            .help("Write the score and decision of each row, as it is and changed (CSV)"),
    ];
    let needless = ["metrics", "intersect", "control", "reference", "min-group"];
    flags::unjudged(command, &needless)
        .mut_arg("id", |arg| {
            arg.help("Names the rows of --predictions, --paired and --row [default: by number]")
        })
        .next_help_heading("Model")
        .args(explaining::asked(None))
        .mut_arg("surrogate", |arg| {
            arg.help("What stands for the table's own decisions [default: logistic or tree, whichever agrees more]")
        })
        .mut_arg("model-threshold", |arg| {
            arg.help("From which score on a program, or a paired score, says yes [default: 0.5]")
        })
        .next_help_heading("Asking")
        .args(asked)
        .args(recourse())
        .next_help_heading(None)
        .mut_arg("seed", |arg| {
            arg.help("The seed of folds and of what is drawn [default: 0]")
        })
        .after_long_help(format!(
            "{OF_COMMANDS}Exit status:\n  0  ran; nothing is judged here\n  2  could not run: option, column, \
             data, or a program that dies, hangs, or prints anything but a score a row; nothing on \
             stdout"
        ))
}

/// What was declared of several features.
pub(super) fn several_of<T: Clone + Send + Sync + 'static>(
    found: &ArgMatches,
    name: &str,
) -> Vec<T> {
    let all = found.get_many(name);
    all.map(|all| all.cloned().collect()).unwrap_or_default()
}

/// What is changed.
pub fn countering(found: &ArgMatches) -> Countering {
    Countering {
        flip: parse::text(found, "flip"),
        matches: found.get_flag("match"),
        paired: parse::text(found, "paired"),
        recourse: found.get_flag("recourse"),
        actionable: parse::list(found, "actionable"),
        immutable: parse::list(found, "immutable"),
        monotone: several_of(found, "monotone"),
        bounds: several_of(found, "bounds"),
        norm: parse::text(found, "norm"),
        cost: parse::text(found, "cost"),
        rows: parse::list(found, "row"),
        rows_out: found.get_one::<PathBuf>("rows-out").cloned(),
    }
}
