//! The environment yields: a variable that contradicts what was typed says nothing.
//!
//! In: words, the command first. Out: what the parser makes of them, without the variables that do not
//! go with an option that was typed; words that contradict each other stay an error.

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command, Error};

use super::argv::{self, Word};
use super::grammar;

/// Parses words.
pub fn matches(words: &[OsString]) -> Result<ArgMatches, Error> {
    let name = words.first().and_then(|word| word.to_str());
    let known = name.and_then(grammar::of);
    let mut command = grammar::parsed();
    loop {
        let all = std::iter::once(OsString::from("fair-audit")).chain(words.iter().cloned());
        let error = match command.clone().try_get_matches_from(all) {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        let (Some(name), Some(known)) = (name, &known) else {
            return Err(error);
        };
        let silent = silent(&error, known, words.get(1..).unwrap_or_default());
        if silent.is_empty() {
            return Err(error);
        }
        for option in silent {
            command = command.mut_subcommand(name, |own| without(own, &option));
        }
    }
}

/// The options of a conflict that the environment says, where another one was typed.
fn silent(error: &Error, known: &Command, words: &[OsString]) -> Vec<String> {
    if error.kind() != ErrorKind::ArgumentConflict {
        return Vec::new();
    }
    let mut typed: Vec<String> = Vec::new();
    for word in argv::scan(known, words) {
        if let Word::Options(options, _) = word {
            typed.extend(options);
        }
    }
    let kinds = [ContextKind::InvalidArg, ContextKind::PriorArg];
    let each = kinds.into_iter().filter_map(|kind| error.get(kind));
    let each = each.flat_map(|value| match value {
        ContextValue::String(text) => std::slice::from_ref(text),
        ContextValue::Strings(texts) => texts.as_slice(),
        _ => &[],
    });
    // `--model <MODEL>` is named by its first word.
    let long = each.filter_map(|text| {
        let first = text.split([' ', '=']).next()?;
        Some(first.strip_prefix("--")?.trim_end_matches("...").to_owned())
    });
    let (spoken, unspoken): (Vec<String>, Vec<String>) =
        long.partition(|option| typed.contains(option));
    if spoken.is_empty() {
        return Vec::new();
    }
    let is_set = |option: &String| {
        let mut all = known.get_arguments();
        let arg = all.find(|arg| arg.get_long() == Some(option));
        let variable = arg.and_then(clap::Arg::get_env);
        variable.is_some_and(|variable| std::env::var_os(variable).is_some())
    };
    unspoken.into_iter().filter(is_set).collect()
}

/// The command that does not look for a variable of this option.
fn without(command: Command, option: &str) -> Command {
    command.mut_args(|arg| {
        if arg.get_long() == Some(option) {
            arg.env(Resettable::<clap::builder::OsStr>::Reset)
        } else {
            arg
        }
    })
}
