//! Every option, once: the parser, `--help`, the man pages and the completions come from here.
//!
//! An option's long name is part of the promise to users; its environment variable is
//! `FAIR_AUDIT_` and that name. The ids that `parse` asks for are the long names.

use clap::builder::{EnumValueParser, PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, Command};

use super::verify::recording;
use super::{FailOn, When, justice, wrong};
use crate::policy::{Adjust, NAMES};
use crate::privacy;
use crate::report::FORMATS;

/// A heading of the help, with its options.
type Block = (&'static str, fn() -> Vec<Arg>);

const INPUT: Block = ("Input", input);
const ROLES: Block = ("Roles", roles);
const STATISTICS: Block = ("Statistics", statistics);
const GATE: Block = ("Gate", gate);
// Beside what it is about: a heading of its own would not fit the short help's one screen.
const CONFIG: Block = ("Gate", config);
const OUTPUT: Block = ("Output", output);

/// What decides how a table is read and understood.
pub fn table(command: Command) -> Command {
    with(command.arg(datasets()), &[INPUT, ROLES])
}

/// Which policy file says more.
pub fn configured(command: Command) -> Command {
    with(command, &[CONFIG])
}

/// All that an audit takes.
pub fn audit(command: Command) -> Command {
    let command = command.arg(datasets());
    let blocks = [INPUT, ROLES, STATISTICS, GATE, CONFIG, OUTPUT];
    with(command, &blocks)
        .args([sequential(), digest(), recording()])
        .args(justice::options())
}

/// What a profile of the data takes: nothing is judged, and no decision is favorable.
pub fn profiled(command: Command) -> Command {
    let roles = without(roles(), &["favorable", "reference"]);
    let statistics = without(statistics(), &["metrics", "bootstrap", "seed"]);
    ungated(command, roles, statistics)
        .mut_arg("control", |arg| {
            arg.help("Columns that cells are told apart by as well")
        })
        .mut_arg("prediction", |arg| arg.help("What was decided"))
        .mut_arg("min-group", |arg| {
            arg.help("Groups of fewer rows are too small [default: 30]")
        })
        .mut_arg("id", |_| {
            named_rows("Names the rows of --predictions and --weights-out [default: by row]")
        })
        .args(beside())
        .arg(dp())
        .arg(examples())
        .args([digest(), recording()])
}

/// What is asked of models fitted to the table: nothing is judged, no count is kept back, and what is
/// `needless` is left out.
pub fn unjudged(command: Command, needless: &[&str]) -> Command {
    let statistics = without(statistics(), &["bootstrap", "suppress"]);
    let (roles, statistics) = (without(roles(), needless), without(statistics, needless));
    ungated(command, roles, statistics)
        .mut_arg("id", |_| {
            named_rows("Names the rows of --predictions and of the files [default: by row]")
        })
        .args([digest(), recording()])
}

fn without(mut args: Vec<Arg>, names: &[&str]) -> Vec<Arg> {
    args.retain(|arg| !names.contains(&arg.get_id().as_str()));
    args
}

/// `--id` where it names rows of a file that is written.
fn named_rows(help: &'static str) -> Arg {
    id().help(help).help_heading("Input")
}

/// What a command takes that judges nothing.
fn ungated(command: Command, roles: Vec<Arg>, statistics: Vec<Arg>) -> Command {
    let command = with(command.arg(datasets()), &[INPUT])
        .next_help_heading("Roles")
        .args(roles)
        .next_help_heading("Statistics")
        .args(statistics);
    with(command, &[CONFIG, OUTPUT])
        .mut_arg("config", |arg| arg.help_heading("Input"))
        .mut_arg("no-config", |arg| arg.help_heading("Input"))
        .mut_arg("format", |arg| {
            arg.help("table, json, jsonl, csv, md, mlbom, model-card or datasheet")
                .long_help(None)
        })
        .mut_arg("quiet", |arg| arg.help("Only what deserves a look"))
        .mut_arg("all", |arg| {
            arg.help("Every row, intersections and details too")
        })
        .mut_arg("top", |arg| arg.help("At most N rows of a table"))
        .mut_arg("wide", |arg| arg.help("Every column however wide"))
}

/// Rows of the table.
fn examples() -> Arg {
    option("examples", "N")
        .value_parser(wrong::whole::<usize>(1..=1_000))
        .allow_negative_numbers(true)
        .help("Show N sets of rows that are alike, and of rows at odds: these leave the table")
        .help_heading("Output")
        .hide_short_help(true)
}

/// Noisy counts.
fn dp() -> Arg {
    option("dp", "EPSILON")
        .value_parser(wrong::epsilon)
        .help("Publish group counts with noise, and nothing else: differential privacy")
        .help_heading("Statistics")
        .hide_short_help(true)
}

/// What a profile holds the data against.
fn beside() -> Vec<Arg> {
    let file = |name, value| option(name, value).value_parser(ValueParser::path_buf());
    let args = [
        file("population", "FILE")
            .help("Who should be there: sex,race,share or attribute,value,share")
            .long_help(
                "A table of expected shares: `sex,race,share` (combinations), or \
                 `attribute,value,share` (one column after the other); shares add up to 1, \
                 `percent` to 100, `count` to anything",
            ),
        file("weights-out", "FILE")
            .help("Write weights that give every group its share in --population"),
        file("against", "OLD.json").help("An earlier profile (-f json): what has changed"),
        tolerance()
            .requires("against")
            .help("By how much a share may change [default: 0]"),
        several("by", "COL")
            .value_delimiter(',')
            .help("When or where rows came about [default: by name: date, hospital, region …]"),
        file("test", "FILE").help("A table that should have no row of this one: what leaks"),
    ];
    args.map(|arg| arg.help_heading("Compare")).into()
}

/// What an audit of a table that is known takes.
pub fn judged(command: Command) -> Command {
    with(command, &[STATISTICS, GATE, OUTPUT])
}

/// What comparing takes: an audit of each side, but no other report, and every metric.
pub fn compared(mut command: Command) -> Command {
    let sides = datasets()
        .value_name("SIDE")
        .num_args(1..=2)
        .help("Two reports or tables, earlier and later; or a table with -p A -p B");
    let input = input().into_iter().map(|arg| {
        if arg.get_id() == "id" {
            id().help("The column that joins two tables of the same rows [default: found]")
        } else {
            arg
        }
    });
    command = command.arg(sides).next_help_heading(INPUT.0).args(input);
    command = with(command, &[ROLES]);
    for (heading, args) in [("Statistics", statistics()), ("Gate", gate())] {
        let is_left =
            |arg: &Arg| !["metrics", "against", "tolerance"].contains(&arg.get_id().as_str());
        let args: Vec<Arg> = args.into_iter().filter(is_left).collect();
        command = command.next_help_heading(heading).args(args);
    }
    with(command.args([tolerance(), recording()]), &[CONFIG, OUTPUT])
}

/// What judging a saved report takes.
pub fn gated(command: Command) -> Command {
    with(command, &[GATE, CONFIG, OUTPUT]).arg(min_group().help_heading("Gate"))
}

/// Where results go and how they look.
pub fn shown(command: Command) -> Command {
    with(command, &[OUTPUT])
}

fn with(mut command: Command, blocks: &[Block]) -> Command {
    for (heading, args) in blocks {
        command = command.next_help_heading(*heading).args(args());
    }
    command.next_help_heading(None)
}

fn datasets() -> Arg {
    Arg::new("inputs")
        .value_name("DATASET")
        .value_parser(ValueParser::os_string())
        .num_args(1..)
        .required(true)
        .help_heading("Input")
        .help("Files or folders that make one table; - is standard input")
}

/// An option with a value.
pub(super) fn option(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name(value)
        .env(environment(name))
        .hide_env(true)
        .action(ArgAction::Set)
}

/// An option that may be given several times.
pub(super) fn several(name: &'static str, value: &'static str) -> Arg {
    option(name, value).action(ArgAction::Append)
}

/// An option without a value.
pub(super) fn flag(name: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .env(environment(name))
        .hide_env(true)
        .value_parser(clap::builder::FalseyValueParser::new())
        .action(ArgAction::SetTrue)
}

/// The environment variable of an option.
fn environment(name: &str) -> clap::builder::OsStr {
    format!("FAIR_AUDIT_{}", name.to_uppercase().replace('-', "_")).into()
}

fn input() -> Vec<Arg> {
    vec![
        option("input-format", "FORMAT")
            .value_parser(PossibleValuesParser::new([
                "auto", "csv", "tsv", "jsonl", "parquet", "arrow",
            ]))
            .hide_possible_values(true)
            .help("auto, csv, tsv, jsonl, parquet or arrow [default: auto]")
            .hide_short_help(true),
        option("delimiter", "CHAR")
            .help("What separates the fields of a text file [default: found out]")
            .hide_short_help(true),
        flag("no-header")
            .help("The first line is data: columns are column_1, column_2 …")
            .hide_short_help(true),
        several("null", "LIST")
            .value_delimiter(',')
            .help("Spellings of a missing label, prediction, score or weight")
            .hide_short_help(true),
        option("predictions", "FILE")
            .help("A second file that holds the predictions")
            .hide_short_help(true),
        id().requires("predictions")
            .help("The column that joins it [default: by row]"),
        option("weight", "COL").help("What a row counts for"),
        option("counts", "COL")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("")
            .help("Every line stands for this many rows [default: guessed]")
            .hide_short_help(true),
        option("threads", "N")
            .short('j')
            .value_parser(wrong::whole::<usize>(1..=1024))
            .allow_negative_numbers(true)
            .help("Threads [default: one for each processor]")
            .hide_short_help(true),
    ]
}

fn roles() -> Vec<Arg> {
    vec![
        several("sensitive", "COLS")
            .short('s')
            .help("Who is compared: sex,race,sex*race [default: inferred]"),
        option("label", "COL[=POSITIVE]")
            .short('y')
            .help("What was true"),
        several("prediction", "COL[=POSITIVE]")
            .short('p')
            .help("What was decided; several are audited side by side"),
        option("favorable", "OUTCOME")
            .value_parser(PossibleValuesParser::new(["positive", "negative"]))
            .hide_possible_values(true)
            .help("Which outcome people want: positive or negative"),
        option("score", "COL").help("How strongly the model leaned to the positive"),
        option("threshold", "X")
            .value_parser(wrong::finite)
            .allow_hyphen_values(true)
            .help("score >= X is a positive prediction [default: 0.5]")
            .hide_short_help(true),
        several("ignore", "COLS")
            .help("Columns that play no part")
            .hide_short_help(true),
        several("reference", "GROUP")
            .value_delimiter(',')
            .help("Whom groups are held against: sex=Male, largest, best, overall or rest"),
        several("bins", "COL=CUTS")
            .help("How a numeric column is banded: age=18,30,45,60")
            .hide_short_help(true),
        several("control", "COLS")
            .help("Strata to compare within, not with each other; auto tries every column"),
        flag("no-infer")
            .help("Only the roles that are named")
            .hide_short_help(true),
    ]
}

fn min_group() -> Arg {
    option("min-group", "N")
        .value_parser(wrong::whole::<u64>(0..=u64::MAX))
        .allow_negative_numbers(true)
        .help("Rows of a metric's own denominator that decide [default: 30]")
}

fn statistics() -> Vec<Arg> {
    vec![
        several("metrics", "LIST")
            .value_delimiter(',')
            .help("Only these metrics [default: all that apply]"),
        option("intersect", "N")
            .value_parser(wrong::whole::<usize>(1..=8))
            .allow_negative_numbers(true)
            .help("How many columns are crossed at most [default: 2]")
            .hide_short_help(true),
        option("confidence", "P")
            .value_parser(wrong::confidence)
            .allow_negative_numbers(true)
            .help("Of the intervals [default: 0.95]")
            .hide_short_help(true),
        min_group(),
        option("bootstrap", "N")
            .value_parser(wrong::whole::<usize>(99..=1_000_000))
            .allow_negative_numbers(true)
            .help("Redraw the rows N times for what has no other interval")
            .hide_short_help(true),
        option("seed", "N")
            .value_parser(wrong::whole::<u64>(0..=u64::MAX))
            .allow_negative_numbers(true)
            .help("The seed of what is drawn [default: 0]")
            .hide_short_help(true),
        option("suppress", "K")
            .value_parser(wrong::whole::<u64>(privacy::LEAST..=u64::MAX))
            .help("Publish no count under K, nor what would reveal one (11 for health data)")
            .hide_short_help(true),
        option("missing", "HOW")
            .value_parser(PossibleValuesParser::new(["group", "drop", "error"]))
            .hide_possible_values(true)
            .help("Rows without a sensitive value: group, drop or error [default: group]")
            .hide_short_help(true),
    ]
}

fn gate() -> Vec<Arg> {
    let policies: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    vec![
        option("policy", "NAME")
            .short('P')
            .help(format!("{}, or a policy file", policies.join(", "))),
        several("require", "RULE")
            .short('r')
            .allow_hyphen_values(true)
            .help("A rule: 'selection_rate_ratio(sex) >= 0.8'"),
        option("against", "OLD.json")
            .value_parser(ValueParser::path_buf())
            .help("Fail only on what got worse since this report")
            .long_help(
                "An earlier report (-f json): a check fails only where its number is worse than \
                 there by more than chance and by more than --tolerance; what is new is judged by \
                 its limit, and what failed already only warns",
            ),
        tolerance().requires("against"),
        option("fail-on", "STATUS")
            .value_parser(EnumValueParser::<FailOn>::new())
            .hide_possible_values(true)
            .help("Exit status 1 from: fail, warn or never [default: fail]"),
        option("adjust", "HOW")
            .value_parser(PossibleValuesParser::new(
                Adjust::NAMES.map(|(name, _)| name),
            ))
            .hide_possible_values(true)
            .help("For many checks: none, holm, bh or maxt [default: holm]")
            .hide_short_help(true),
        flag("strict")
            .help("Exit status 3 where any check is undecided")
            .hide_short_help(true),
        flag("exit-zero")
            .help("Exit status 0 whatever was found")
            .hide_short_help(true),
    ]
}

fn id() -> Arg {
    option("id", "COL").hide_short_help(true)
}

fn tolerance() -> Arg {
    option("tolerance", "X")
        .value_parser(wrong::tolerance)
        .allow_hyphen_values(true)
        .help("By how much a number may worsen [default: 0]")
        .help_heading("Gate")
        .hide_short_help(true)
}

fn sequential() -> Arg {
    option("sequential", "STATE.json")
        .value_parser(ValueParser::path_buf())
        .conflicts_with("against")
        .help("Judge this table together with those of the nights before")
        .long_help(
            "A file that keeps the counts of every night: this table is new rows, the checks are \
             of all rows so far, and their error is kept over all nights together; rates and \
             gaps of rates only. It is made on the first night",
        )
        .help_heading("Gate")
        .hide_short_help(true)
}

fn digest() -> Arg {
    flag("digest")
        .help("Add the SHA-256 of every input file to the record")
        .help_heading("Output")
        .hide_short_help(true)
}

fn config() -> Vec<Arg> {
    vec![
        option("config", "FILE")
            .short('c')
            .value_parser(ValueParser::path_buf())
            .help("The policy file [default: the closest fair-audit.toml]"),
        flag("no-config")
            .help("No policy file")
            .hide_short_help(true),
    ]
}

fn output() -> Vec<Arg> {
    let formats: Vec<&str> = FORMATS.iter().map(|f| f.name).collect();
    let about: Vec<String> = FORMATS
        .iter()
        .map(|f| format!("{}: {}", f.name, f.about))
        .collect();
    vec![
        several("format", "FORMAT[=FILE]")
            .short('f')
            .help(format!("{} [default: table]", formats.join(", ")))
            .long_help(format!(
                "An output format, and the file it goes to; may be given several times. \
                 One of them has standard output [default: table]\n{}",
                about.join("\n")
            )),
        option("output", "FILE")
            .short('o')
            .value_parser(ValueParser::path_buf())
            .help("Where it goes; the extension says the format"),
        flag("all")
            .help("Every group and every finding")
            .hide_short_help(true),
        option("top", "N")
            .value_parser(wrong::whole::<usize>(0..=u64::MAX))
            .allow_negative_numbers(true)
            .help("At most N groups and findings of a table")
            .hide_short_help(true),
        flag("wide")
            .help("Every metric, and every column however wide")
            .hide_short_help(true),
        option("width", "N")
            .value_parser(wrong::whole::<usize>(20..=10_000))
            .allow_negative_numbers(true)
            .help("Columns of the terminal [default: its own]")
            .hide_short_help(true),
        option("color", "WHEN")
            .value_parser(EnumValueParser::<When>::new())
            .hide_possible_values(true)
            .help("auto, always or never [default: auto]")
            .hide_short_help(true),
        flag("ascii").help("No Unicode signs").hide_short_help(true),
        flag("quiet").short('q').help("The verdict line alone"),
        flag("verbose")
            .short('v')
            .help("Say why roles were inferred"),
        option("progress", "WHEN")
            .value_parser(EnumValueParser::<When>::new())
            .hide_possible_values(true)
            .help("auto, always or never [default: auto]")
            .hide_short_help(true),
    ]
}
