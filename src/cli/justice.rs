//! The options of an audit that asks a model: `--justice`, and which model that is.
//!
//! In: what `counterfactual` takes for its model and for ways. Out: options for the parser, and a
//! [`Justice`], nothing where it was not asked for.

use clap::{Arg, ArgMatches};

use super::flags::{flag, option, several};
use super::{Countering, Explaining, countering, explaining, parse};
use crate::policy::recourse::{ends, way};

/// What an audit asks of a model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Justice {
    /// Which model, and what is sent to a program.
    pub explaining: Explaining,
    /// What is declared of features.
    pub countering: Countering,
}

/// `--justice`, and what says more of it.
pub(super) fn options() -> Vec<Arg> {
    let ask = flag("justice")
        .help("Ask a model, too: decisions that flip with the group, ways to the other decision")
        .long_help(
            "Read the whole table into memory, and ask a model about its rows: how often it decides \
             as the table does, whose decisions turn when the group alone is changed, and what \
             would have to change for the refused. Without --model a surrogate of the decisions is \
             asked; where it agrees with too few of them, nothing is said of it",
        );
    let more = [
        option("model", "MODEL")
            .help("Who is asked: a MODEL.json that mitigate saved, or a command [default: a surrogate]")
            .long_help(
                "Who is asked: a MODEL.json of `fair-audit mitigate --model-out`, a record of \
                 `mitigate --record`, or a command that reads CSV and prints a score a line, as in \
                 `fair-audit counterfactual` [default: a surrogate of the table's own decisions]",
            ),
        option("method", "NAME").help("Which model of a MODEL.json [default: the first, plain]"),
        several("immutable", "COLS")
            .value_delimiter(',')
            .help("Features that nobody can change [sensitive columns never can]"),
        several("monotone", "LIST")
            .value_delimiter(',')
            .value_parser(way)
            .help("Features that change one way only: age=up,debt=down"),
        several("bounds", "LIST")
            .value_delimiter(',')
            .value_parser(ends)
            .help("Features that stay within ends: income=0..100000"),
    ];
    let more = more.into_iter().chain(explaining::sent());
    let more = more.map(|arg| arg.requires("justice").hide_short_help(true));
    let all = std::iter::once(ask).chain(more);
    all.map(|arg| arg.help_heading("Justice")).collect()
}

/// What was asked for; `None` where nothing was, or the command cannot.
pub fn justice(found: &ArgMatches) -> Option<Box<Justice>> {
    if !matches!(found.try_get_one("justice"), Ok(Some(true))) {
        return None;
    }
    Some(Box::new(Justice {
        explaining: explaining::model(found),
        countering: Countering {
            immutable: parse::list(found, "immutable"),
            monotone: countering::several_of(found, "monotone"),
            bounds: countering::several_of(found, "bounds"),
            ..Countering::default()
        },
    }))
}
