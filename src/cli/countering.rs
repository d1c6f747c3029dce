//! The options of `counterfactual`: which model is asked, and what is changed.
//!
//! In: what `explain` takes for its model. Out: options for the parser, and a [`Countering`].

use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{ArgMatches, Command};

use super::explaining::{self, OF_COMMANDS};
use super::flags::{self, flag, option, several};
use super::parse;

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
    /// `--immutable`.
    pub immutable: Vec<String>,
    /// `--monotone`: `age=up`, `debt=down`.
    pub monotone: Vec<(String, bool)>,
    /// `--bounds`: `income=0..100000`.
    pub bounds: Vec<(String, (f64, f64))>,
    /// `--norm l2`.
    pub is_short: bool,
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

/// `age=up`.
pub(super) fn way(text: &str) -> Result<(String, bool), String> {
    let halves = text
        .rsplit_once('=')
        .map(|(name, way)| (name.trim(), way.trim()));
    match halves {
        Some((name, "up")) if !name.is_empty() => Ok((name.to_owned(), true)),
        Some((name, "down")) if !name.is_empty() => Ok((name.to_owned(), false)),
        _ => Err("a column and a way, such as `age=up` or `debt=down`".to_owned()),
    }
}

/// `income=0..100000`; an end may be left out.
pub(super) fn ends(text: &str) -> Result<(String, (f64, f64)), String> {
    let wrong = || "a column and its ends, such as `income=0..100000` or `income=0..`".to_owned();
    let (name, ends) = text.rsplit_once('=').ok_or_else(wrong)?;
    let (low, high) = ends.split_once("..").ok_or_else(wrong)?;
    let end = |text: &str, open: f64| match text.trim() {
        "" => Some(open),
        text => text.parse::<f64>().ok().filter(|x| x.is_finite()),
    };
    let low = end(low, f64::NEG_INFINITY).ok_or_else(wrong)?;
    let high = end(high, f64::INFINITY).ok_or_else(wrong)?;
    if name.trim().is_empty() || low > high {
        return Err(wrong());
    }
    Ok((name.trim().to_owned(), (low, high)))
}

/// What is asked of recourse.
fn recourse() -> [clap::Arg; 6] {
    [
        flag("recourse")
            .conflicts_with("paired")
            .help("The nearest change of other features that turns the decision, by group"),
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
            .value_parser(clap::builder::PossibleValuesParser::new(["l1", "l2"]))
            .requires("recourse")
            .help("How changes are counted: l1, few, or l2, short, of linear models [default: l1]"),
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
        immutable: parse::list(found, "immutable"),
        monotone: several_of(found, "monotone"),
        bounds: several_of(found, "bounds"),
        is_short: parse::text(found, "norm").as_deref() == Some("l2"),
        rows: parse::list(found, "row"),
        rows_out: found.get_one::<PathBuf>("rows-out").cloned(),
    }
}
