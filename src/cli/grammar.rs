//! The commands. [`parsed`] is what clap parses: every command is named. [`shown`] is what people
//! see: the audit's options stand at the root, since `fair-audit DATASET` is an audit.

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, Command};

use super::{countering, explaining, fitting, flags, probing, verify};
use crate::record::schema::DOCUMENTS;
use crate::tally::sql::DIALECTS;

const AFTER_LONG: &str = "\
Exit status:
  0  ran; no finding at or above --fail-on
  1  ran; at least one finding fails
  2  could not run: option, rule, column, or data that cannot be read; nothing on stdout
  3  ran, nothing failed, but no rule could be decided (with --strict: some rule could not)

Every option can be set by an environment variable: --min-group by FAIR_AUDIT_MIN_GROUP.
A fair-audit.toml (or [tool.fair-audit] in pyproject.toml) of the working directory, or of the
closest folder above it within the repository, says what neither of them says.
A file that is named like a command is audited as ./NAME.";

/// The commands as clap parses them: exactly one must be named.
pub fn parsed() -> Command {
    root()
        .subcommand_required(true)
        .subcommands(commands())
        .disable_help_subcommand(true)
}

/// The commands as people see them: in help, man pages and completions.
pub fn shown() -> Command {
    flags::audit(root())
        .subcommand_negates_reqs(true)
        .subcommands(commands())
        .disable_help_subcommand(true)
        .override_usage("fair-audit [OPTIONS] DATASET...\n       fair-audit COMMAND [OPTIONS]")
        .subcommand_value_name("COMMAND")
        .after_long_help(AFTER_LONG)
}

/// The same for `-h`: one screen, with the commands by name.
pub fn brief() -> Command {
    let names = names();
    let (first, rest) = names.split_at(names.len() / 2);
    shown()
        .mut_subcommands(|command| command.hide(true))
        .after_help(format!(
            "Commands: {},\n          {}\n\
             Exit status: 0 nothing failed, 1 a check failed, 2 could not run, 3 nothing decided\n\
             More: fair-audit --help, fair-audit help COMMAND",
            first.join(", "),
            rest.join(", ")
        ))
}

/// The names of all commands.
pub fn names() -> Vec<String> {
    commands().iter().map(|c| c.get_name().to_owned()).collect()
}

fn root() -> Command {
    Command::new("fair-audit")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Audit a table and its predictions for bias")
        .max_term_width(100)
        .arg_required_else_help(false)
}

fn command(name: &'static str, about: &'static str) -> Command {
    Command::new(name)
        .about(about)
        .bin_name(format!("fair-audit {name}"))
        .max_term_width(100)
}

fn commands() -> Vec<Command> {
    let saved = || {
        Arg::new("report")
            .value_name("REPORT.json")
            .value_parser(ValueParser::os_string())
            .required(true)
            .help("A report that `-f json` saved; - is standard input")
    };
    vec![
        flags::audit(command("audit", "Audit a table (the default)")),
        flags::gated(command("check", "Judge a saved report again, without the data").arg(saved())),
        flags::compared(command(
            "compare",
            "Say what got worse: two reports, two tables, or two decisions",
        )),
        flags::profiled(command(
            "profile",
            "Say what the data themselves look like: who is in them, labels, missing values",
        )),
        fitting::mitigated(command(
            "mitigate",
            "Fit models, plain and with remedies, on held-out folds, and compare what they cost",
        )),
        explaining::explained(command(
            "explain",
            "Say why rows are decided on as they are: what drives decisions, by group and by row",
        )),
        countering::countered(command(
            "counterfactual",
            "Say what would be otherwise if rows were: another group, moved columns, another row",
        )),
        probing::probed(command(
            "probe",
            "Write pairs of prompts that differ in the group alone; audit the answers to them",
        )),
        flags::shown(command("report", "Render a saved report").arg(saved())),
        verify::verified(command(
            "verify",
            "Compute a recorded run again, and say what differs",
        )),
        command("metrics", "List the metrics, or explain one").arg(
            Arg::new("name")
                .value_name("NAME")
                .help("A metric's name or alias"),
        ),
        sql(),
        flags::table(command(
            "init",
            "Print the inferred roles as a commented fair-audit.toml",
        )),
        schema(),
        flags::judged(command("demo", "Audit a small built-in table")).arg(verify::recording()),
        command("completions", "Print the completions of a shell").arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(clap::value_parser!(clap_complete::Shell))
                .help("Which shell"),
        ),
        command("man", "Print a man page").arg(
            Arg::new("command")
                .value_name("COMMAND")
                .help("Of a command [default: of fair-audit]"),
        ),
        command("help", "Say what a command does, and its options").arg(
            Arg::new("command")
                .value_name("COMMAND")
                .help("Which command"),
        ),
    ]
}

fn schema() -> Command {
    command("schema", "Print the JSON Schema of a document").arg(
        Arg::new("document")
            .value_name("DOCUMENT")
            .required(true)
            .value_parser(PossibleValuesParser::new(
                DOCUMENTS.iter().map(|(name, _)| *name),
            ))
            .help("Which document"),
    )
}

fn sql() -> Command {
    flags::configured(flags::table(command(
        "sql",
        "Print the query that yields the same counts",
    )))
    .arg(
        Arg::new("dialect")
            .long("dialect")
            .value_name("NAME")
            .default_value("duckdb")
            .value_parser(PossibleValuesParser::new(
                DIALECTS.iter().map(|(name, _)| *name),
            ))
            .help("Whose SQL"),
    )
    .arg(
        Arg::new("table")
            .long("table")
            .value_name("NAME")
            .help("What the table is called there [default: the first file's name]"),
    )
}

/// The page of a command, as `help COMMAND` shows it.
pub fn of(name: &str) -> Option<Command> {
    commands().into_iter().find(|c| c.get_name() == name)
}
