//! The environment yields: a variable that contradicts what was typed says nothing.
//!
//! In: words, the command first. Out: what the parser makes of them, without the variables that do not
//! go with an option that was typed, or that are for one that was not; words that contradict each
//! other stay an error.

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
    let all = std::iter::once(OsString::from("fair-audit")).chain(words.iter().cloned());
    let all: Vec<OsString> = all.collect();
    loop {
        let error = match command.clone().try_get_matches_from(all.clone()) {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        let (Some(name), Some(known)) = (name, &known) else {
            return Err(error);
        };
        let words = words.get(1..).unwrap_or_default();
        let silent = match error.kind() {
            ErrorKind::ArgumentConflict => silent(&error, known, words),
            ErrorKind::MissingRequiredArgument => {
                let lifts = |options: &[String]| {
                    let fewer = without(command.clone(), name, options);
                    let found = fewer.try_get_matches_from(all.clone());
                    !found.is_err_and(|own| own.to_string() == error.to_string())
                };
                least(unsaid(known, words), lifts)
            }
            _ => Vec::new(),
        };
        if silent.is_empty() {
            return Err(error);
        }
        command = without(command, name, &silent);
    }
}

/// Of options that together lift an error those without which it stays; none where it stays anyway.
fn least(mut options: Vec<String>, lifts: impl Fn(&[String]) -> bool) -> Vec<String> {
    if !lifts(&options) {
        return Vec::new();
    }
    for at in (0..options.len()).rev() {
        let option = options.remove(at);
        if !lifts(&options) {
            options.insert(at, option);
        }
    }
    options
}

/// The options that were typed.
fn typed(known: &Command, words: &[OsString]) -> Vec<String> {
    let mut typed: Vec<String> = Vec::new();
    for word in argv::scan(known, words) {
        if let Word::Options(options, _) = word {
            typed.extend(options);
        }
    }
    typed
}

/// The options that the environment alone says.
fn unsaid(known: &Command, words: &[OsString]) -> Vec<String> {
    let typed = typed(known, words);
    let is_set = |arg: &&clap::Arg| {
        let variable = arg.get_env();
        variable.is_some_and(|variable| std::env::var_os(variable).is_some())
    };
    let set = known.get_arguments().filter(is_set);
    let names = set.filter_map(|arg| arg.get_long().map(str::to_owned));
    names.filter(|own| !typed.contains(own)).collect()
}

/// The options of a conflict that the environment says, where another one was typed.
fn silent(error: &Error, known: &Command, words: &[OsString]) -> Vec<String> {
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
    let typed = typed(known, words);
    let (spoken, mut unspoken): (Vec<String>, Vec<String>) =
        long.partition(|option| typed.contains(option));
    if spoken.is_empty() {
        return Vec::new();
    }
    let unsaid = unsaid(known, words);
    unspoken.retain(|option| unsaid.contains(option));
    unspoken
}

/// The grammar whose command of this name does not look for variables of these options.
fn without(all: Command, name: &str, options: &[String]) -> Command {
    let is_one = |arg: &clap::Arg| {
        let long = arg.get_long();
        options.iter().any(|option| Some(option.as_str()) == long)
    };
    all.mut_subcommand(name, |own| {
        own.mut_args(|arg| {
            if is_one(&arg) {
                arg.env(Resettable::<clap::builder::OsStr>::Reset)
            } else {
                arg
            }
        })
    })
}
