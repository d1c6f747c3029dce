//! From words to a [`Job`].

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::argv::{self, Normal};
use super::{
    Audit, Beside, Check, Config, Counterfactual, Explain, Gate, Job, Mitigate, Output, Saved,
    Statistics, Stop, Table, When, countering, explaining, fitting, grammar, justice, probing,
    verify, wrong, yielding,
};
use crate::data::guess::Asked;
use crate::data::{Favorable, Missing, SettingSource, limits};
use crate::error::nearest;
use crate::policy::{Adjust, FailOn, Named};
use crate::read;
use crate::report::safe::Safe;
use crate::tally::sql::{DIALECTS, Dialect};

/// Reads the words after the program's name. `color` says whether help may be coloured.
pub fn job(words: &[OsString], color: bool) -> Result<Job, Stop> {
    if words.is_empty() {
        return Err(Stop::Wrong(help(grammar::brief(), false, color)));
    }
    let normal = argv::normal(words);
    if normal.implied {
        if let Some(long) = normal.help {
            let page = if long {
                grammar::shown()
            } else {
                grammar::brief()
            };
            return Err(Stop::Asked(help(page, long, color)));
        }
        if normal.version {
            return Err(Stop::Asked(format!(
                "fair-audit {}\n",
                env!("CARGO_PKG_VERSION")
            )));
        }
    }
    let matches = parsed(&normal, words, color)?;
    let Some((name, found)) = matches.subcommand() else {
        return Err(Stop::Wrong(help(grammar::brief(), false, color)));
    };
    match name {
        "audit" => {
            let config = config(found)?;
            let audit = audit(found, table(found)?, config, words);
            Ok(Job::Audit(Box::new(audit)))
        }
        "compare" => {
            let audit = audit(found, table(found)?, config(found)?, words);
            Ok(Job::Compare(Box::new(audit)))
        }
        "mitigate" => Ok(Job::Mitigate(Box::new(mitigate(found, words)?))),
        "explain" => Ok(Job::Explain(Box::new(explain(found, words)?))),
        "counterfactual" => Ok(Job::Counterfactual(Box::new(counterfactual(found, words)?))),
        "probe" => {
            let command = argv::recorded(words);
            Ok(Job::Probe(probing::probing(found, output(found), command)))
        }
        "profile" => Ok(Job::Profile(Box::new(profile(found, words)?))),
        // What a file says of one's own columns is nothing to the built-in table.
        "demo" => {
            let audit = audit(found, Table::none(found), Config::None, words);
            Ok(Job::Demo(Box::new(audit)))
        }
        "check" => Ok(Job::Check(Check {
            saved: saved(found),
            gate: gate(found),
            config: config(found)?,
            min_group: found.get_one("min-group").copied(),
            suppress: None,
        })),
        "report" => Ok(Job::Report(saved(found))),
        "metrics" => Ok(Job::Metrics(text(found, "name"))),
        "sql" => sql(found),
        "init" => Ok(Job::Init(table(found)?)),
        "verify" => Ok(Job::Verify(verify::verify(found))),
        "schema" => Ok(Job::Schema(text(found, "document").unwrap_or_default())),
        "completions" => match found.get_one::<clap_complete::Shell>("shell") {
            Some(shell) => Ok(Job::Completions(*shell)),
            None => Err(Stop::Wrong(help(grammar::brief(), false, color))),
        },
        "man" => known(text(found, "command")).map(Job::Man),
        _ => Err(match known(text(found, "command"))? {
            Some(name) => Stop::Asked(help(page(&name), true, color)),
            None => Stop::Asked(help(grammar::shown(), true, color)),
        }),
    }
}

/// What the query is of.
fn sql(found: &ArgMatches) -> Result<Job, Stop> {
    Ok(Job::Sql {
        table: table(found)?,
        config: config(found)?,
        dialect: dialect(found),
        name: text(found, "table"),
    })
}

/// The dialect that was named; the parser lets no other name pass.
fn dialect(found: &ArgMatches) -> Dialect {
    let named = text(found, "dialect");
    let mut known = DIALECTS.iter();
    let found = known.find(|(name, _)| named.as_deref() == Some(*name));
    found.map_or(Dialect::DuckDb, |(_, dialect)| *dialect)
}

/// What clap makes of the words; its errors are made safe to print.
fn parsed(normal: &Normal, raw: &[OsString], color: bool) -> Result<ArgMatches, Stop> {
    yielding::matches(&normal.words).map_err(|error| {
        if let Some(wrong) = wrong::value(&error) {
            Stop::Wrong(wrong)
        } else if error.use_stderr() {
            Stop::Wrong(safe(&error.render().to_string(), raw))
        } else if color {
            Stop::Asked(error.render().ansi().to_string())
        } else {
            Stop::Asked(error.render().to_string())
        }
    })
}

/// Every line made safe; what was typed also where it holds line breaks.
fn safe(text: &str, raw: &[OsString]) -> String {
    let mut text = text.to_owned();
    for word in raw {
        let word = word.to_string_lossy();
        let shown = Safe(&word).text();
        if word.contains('\n') {
            text = text.replace(&*word, &shown);
        }
    }
    let mut lines = String::new();
    for line in text.lines() {
        let _ = writeln!(lines, "{}", Safe(line));
    }
    lines
}

fn help(mut command: clap::Command, long: bool, color: bool) -> String {
    let page = if long {
        command.render_long_help()
    } else {
        command.render_help()
    };
    if color {
        page.ansi().to_string()
    } else {
        page.to_string()
    }
}

fn page(name: &str) -> clap::Command {
    grammar::of(name).unwrap_or_else(grammar::shown)
}

/// A command's name, if there is such a command.
fn known(name: Option<String>) -> Result<Option<String>, Stop> {
    let names = grammar::names();
    match name {
        Some(name) if !names.contains(&name) => {
            let help = match nearest(&name, &names) {
                Some(near) => format!("did you mean `{near}`? "),
                None => String::new(),
            };
            Err(Stop::Wrong(format!(
                "error: no command `{}`\nhelp: {help}commands: {}\n",
                Safe(&name),
                names.join(", ")
            )))
        }
        name => Ok(name),
    }
}

impl Table {
    fn none(found: &ArgMatches) -> Self {
        let asked = Asked {
            infer: true,
            intersect: found.get_one("intersect").copied().unwrap_or(2),
            ..Asked::default()
        };
        Self {
            inputs: Vec::new(),
            reading: read::Options::default(),
            asked,
            threads: None,
        }
    }
}

fn table(found: &ArgMatches) -> Result<Table, Stop> {
    let inputs: Vec<OsString> = found
        .get_many::<OsString>("inputs")
        .map(|all| all.cloned().collect())
        .unwrap_or_default();
    let threads: Option<usize> = found.get_one("threads").copied();
    Ok(Table {
        reading: reading(found, threads)?,
        asked: asked(found, &inputs),
        inputs,
        threads,
    })
}

fn reading(found: &ArgMatches, threads: Option<usize>) -> Result<read::Options, Stop> {
    let delimiter = match text(found, "delimiter") {
        Some(typed) => Some(delimiter(&typed).map_err(Stop::Wrong)?),
        None => None,
    };
    Ok(read::Options {
        format: text(found, "input-format").filter(|format| format != "auto"),
        delimiter,
        no_header: found.get_flag("no-header"),
        predictions: text(found, "predictions"),
        id: text(found, "id"),
        threads: threads.unwrap_or_else(super::processors),
    })
}

/// One ASCII character, `\t` or `tab`.
fn delimiter(typed: &str) -> Result<u8, String> {
    match typed.as_bytes() {
        b"\\t" | b"tab" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => Err(format!(
            "error: `--delimiter {}`: not one ASCII character\nhelp: `--delimiter ';'`, or `tab`\n",
            Safe(typed)
        )),
    }
}

fn asked(found: &ArgMatches, inputs: &[OsString]) -> Asked {
    let named = inputs.iter().map(|i| i.to_string_lossy().into_owned());
    Asked {
        inputs: named.collect(),
        sensitive: list(found, "sensitive"),
        label: text(found, "label"),
        predictions: list(found, "prediction"),
        score: text(found, "score"),
        threshold: found.get_one("threshold").copied(),
        median: false,
        weight: text(found, "weight"),
        control: list(found, "control"),
        reference: list(found, "reference"),
        bins: list(found, "bins"),
        ignore: list(found, "ignore"),
        favorable: text(found, "favorable").map(|typed| match typed.as_str() {
            "negative" => Favorable::Negative,
            _ => Favorable::Positive,
        }),
        intersect: number(found, "intersect").unwrap_or(2),
        nulls: found.contains_id("null").then(|| list(found, "null")),
        counts: text(found, "counts"),
        infer: !found.get_flag("no-infer"),
        groupless: false,
        sources: sources(found),
    }
}

/// The number of an option that the command may not have.
pub(super) fn number(found: &ArgMatches, name: &str) -> Option<usize> {
    found.try_get_one::<usize>(name).ok().flatten().copied()
}

fn audit(found: &ArgMatches, table: Table, config: Config, words: &[OsString]) -> Audit {
    Audit {
        table,
        statistics: statistics(found),
        gate: gate(found),
        config,
        output: output(found),
        digest: matches!(found.try_get_one("digest"), Ok(Some(true))),
        beside: Beside::default(),
        justice: justice::justice(found),
        command: argv::recorded(words),
    }
}

/// What is asked of the data alone: nothing is judged.
fn profile(found: &ArgMatches, words: &[OsString]) -> Result<Audit, Stop> {
    let is_given = |name: &str| found.contains_id(name);
    if is_given("id") && !is_given("predictions") && !is_given("weights-out") {
        return Err(Stop::Wrong(
            "error: `--id` names the rows of `--predictions` or `--weights-out`\n\
             help: leave it out, or say which of them is meant\n"
                .to_owned(),
        ));
    }
    Ok(Audit {
        table: table(found)?,
        statistics: statistics(found),
        gate: Gate {
            sources: sources(found),
            against: found.get_one("against").cloned(),
            tolerance: found.get_one("tolerance").copied().unwrap_or(0.0),
            ..Gate::none()
        },
        config: config(found)?,
        output: output(found),
        digest: found.get_flag("digest"),
        beside: Beside {
            population: found.get_one("population").cloned(),
            weights_out: found.get_one("weights-out").cloned(),
            by: list(found, "by"),
            test: found.get_one("test").cloned(),
            examples: found.get_one("examples").copied(),
            dp: found.get_one("dp").copied(),
        },
        justice: None,
        command: argv::recorded(words),
    })
}

/// What is asked of models fitted to a table: nothing is judged.
fn mitigate(found: &ArgMatches, words: &[OsString]) -> Result<Mitigate, Stop> {
    Ok(Mitigate {
        audit: unjudged(found, words)?,
        fitting: fitting::fitting(found),
    })
}

/// What is asked of a model.
fn explain(found: &ArgMatches, words: &[OsString]) -> Result<Explain, Stop> {
    Ok(Explain {
        audit: unjudged(found, words)?,
        fitting: fitting::fitted(found, "attribute"),
        explaining: explaining::explaining(found),
    })
}

fn counterfactual(found: &ArgMatches, words: &[OsString]) -> Result<Counterfactual, Stop> {
    Ok(Counterfactual {
        audit: unjudged(found, words)?,
        fitting: fitting::fitted(found, "flip"),
        explaining: explaining::model(found),
        countering: countering::countering(found),
    })
}

/// A table that is not judged.
fn unjudged(found: &ArgMatches, words: &[OsString]) -> Result<Audit, Stop> {
    Ok(Audit {
        table: table(found)?,
        statistics: statistics(found),
        gate: Gate {
            sources: sources(found),
            ..Gate::none()
        },
        config: config(found)?,
        output: output(found),
        digest: found.get_flag("digest"),
        beside: Beside::default(),
        justice: None,
        command: argv::recorded(words),
    })
}

fn statistics(found: &ArgMatches) -> Statistics {
    Statistics {
        metrics: list(found, "metrics"),
        confidence: found.get_one("confidence").copied().unwrap_or(0.95),
        min_group: found
            .try_get_one("min-group")
            .ok()
            .flatten()
            .copied()
            .unwrap_or(limits::MIN_GROUP),
        missing: match text(found, "missing").as_deref() {
            Some("drop") => Missing::Drop,
            Some("error") => Missing::Error,
            _ => Missing::Group,
        },
        bootstrap: number(found, "bootstrap"),
        seed: found
            .try_get_one("seed")
            .ok()
            .flatten()
            .copied()
            .unwrap_or_default(),
        suppress: found.try_get_one("suppress").ok().flatten().copied(),
    }
}

/// Which policy file counts; what was typed counts for more than what the environment says.
fn config(found: &ArgMatches) -> Result<Config, Stop> {
    let file: Option<&PathBuf> = found.get_one("config");
    let none = found.get_flag("no-config");
    let typed = |name| found.value_source(name) == Some(ValueSource::CommandLine);
    match file {
        Some(_) if none && typed("config") && typed("no-config") => Err(Stop::Wrong(
            "error: `--config` and `--no-config` contradict each other\n\
             help: leave one of them out\n"
                .to_owned(),
        )),
        Some(file) if !none || typed("config") => Ok(Config::File(file.clone())),
        None if !none => Ok(Config::Closest),
        _ => Ok(Config::None),
    }
}

fn gate(found: &ArgMatches) -> Gate {
    let policy = text(found, "policy").unwrap_or_else(|| "default".to_owned());
    Gate {
        named: Named::find(&policy).unwrap_or_default(),
        policy,
        decide: None,
        undecided: None,
        adjust: text(found, "adjust").and_then(|name| Adjust::find(&name)),
        rules: Vec::new(),
        accepts: Vec::new(),
        file: None,
        config: None,
        require: list(found, "require"),
        against: found.try_get_one("against").ok().flatten().cloned(),
        sequential: found.try_get_one("sequential").ok().flatten().cloned(),
        tolerance: found.get_one("tolerance").copied().unwrap_or(0.0),
        fail_on: found.get_one("fail-on").copied().unwrap_or(FailOn::Fail),
        strict: found.get_flag("strict"),
        exit_zero: found.get_flag("exit-zero"),
        sources: sources(found),
    }
}

fn saved(found: &ArgMatches) -> Saved {
    Saved {
        path: found
            .get_one::<OsString>("report")
            .cloned()
            .unwrap_or_default(),
        output: output(found),
    }
}

fn output(found: &ArgMatches) -> Output {
    let when = |name| found.get_one::<When>(name).copied().unwrap_or_default();
    Output {
        formats: list(found, "format"),
        path: found.get_one("output").cloned(),
        record: found.try_get_one("record").ok().flatten().cloned(),
        all: found.get_flag("all"),
        top: number(found, "top"),
        wide: found.get_flag("wide"),
        width: number(found, "width"),
        color: when("color"),
        ascii: found.get_flag("ascii"),
        quiet: found.get_flag("quiet"),
        verbose: found.get_flag("verbose"),
        progress: when("progress"),
    }
}

/// The text of an option that the command may not have.
pub(super) fn text(found: &ArgMatches, name: &str) -> Option<String> {
    found.try_get_one::<String>(name).ok().flatten().cloned()
}

pub(super) fn list(found: &ArgMatches, name: &str) -> Vec<String> {
    found
        .try_get_many::<String>(name)
        .ok()
        .flatten()
        .map(|all| all.cloned().collect())
        .unwrap_or_default()
}

/// Who chose each option that was given.
fn sources(found: &ArgMatches) -> BTreeMap<String, SettingSource> {
    let named = found.ids().map(clap::Id::as_str);
    named
        .filter_map(|id| {
            let source = match found.value_source(id)? {
                ValueSource::CommandLine => SettingSource::Flag,
                ValueSource::EnvVariable => SettingSource::Environment,
                _ => return None,
            };
            Some((id.to_owned(), source))
        })
        .collect()
}
