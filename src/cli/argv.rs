//! Puts the command in front: `fair-audit -q data.csv` is `fair-audit audit -q data.csv`, and
//! `fair-audit -q metrics` is `fair-audit metrics -q`.
//!
//! clap's own way (`args_conflicts_with_subcommands`) does not allow options in front of a command.

use std::ffi::{OsStr, OsString};

use clap::Command;

use super::grammar;

/// One thing on the command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word<'a> {
    /// Words that are options, the last perhaps with a value behind it; their long names.
    Options(Vec<String>, &'a [OsString]),
    /// `--`: all that follow are operands.
    End,
    /// Not an option.
    Operand(&'a OsStr),
}

/// The command line with its command in front.
#[derive(Debug, PartialEq, Eq)]
pub struct Normal {
    /// The command, then its words.
    pub words: Vec<OsString>,
    /// Whether help was asked for: `Some(true)` is `--help`.
    pub help: Option<bool>,
    /// Whether the version was asked for.
    pub version: bool,
    /// The command was not named: `audit` is meant.
    pub implied: bool,
}

/// Finds the command among the words after the program's name, and puts it in front.
pub fn normal(words: &[OsString]) -> Normal {
    let command = grammar::shown();
    let names = grammar::names();
    let mut normal = Normal {
        words: Vec::new(),
        help: None,
        version: false,
        implied: true,
    };
    let mut named = None;
    let mut operands = 0;
    let mut ended = false;
    let mut at = 0;
    for word in scan(&command, words) {
        match word {
            Word::Options(options, taken) => {
                for option in options {
                    match option.as_str() {
                        "help" => normal.help = Some(true),
                        "h" => normal.help = normal.help.or(Some(false)),
                        "version" => normal.version = true,
                        _ => {}
                    }
                }
                at += taken.len();
            }
            Word::End => {
                ended = true;
                at += 1;
            }
            Word::Operand(operand) => {
                let is_command = names.iter().any(|name| operand == name.as_str());
                if operands == 0 && !ended && is_command {
                    named = Some(at);
                }
                operands += 1;
                at += 1;
            }
        }
    }
    normal.implied = named.is_none();
    normal.words = match named {
        Some(at) => std::iter::once(&words[at])
            .chain(&words[..at])
            .chain(&words[at + 1..])
            .cloned()
            .collect(),
        None => std::iter::once(&OsString::from("audit"))
            .chain(words)
            .cloned()
            .collect(),
    };
    normal
}

/// Options that bear on no number: they are no part of a report, which must be the same bytes for
/// any number of threads, on any terminal, whatever file it goes to.
pub(super) const APPEARANCE: &[&str] = &[
    "record", "threads", "progress", "color", "width", "wide", "ascii", "quiet", "verbose", "all",
    "top", "format", "output",
];

/// The command line as a report records it.
pub fn recorded(words: &[OsString]) -> Vec<String> {
    let command = grammar::shown();
    let mut kept = vec!["fair-audit".to_owned()];
    for word in scan(&command, words) {
        match word {
            Word::Options(options, taken) => {
                let dropped = |option: &String| APPEARANCE.contains(&option.as_str());
                if !options.iter().all(dropped) {
                    kept.extend(taken.iter().map(|w| w.to_string_lossy().into_owned()));
                }
            }
            Word::End => kept.push("--".to_owned()),
            Word::Operand(operand) => kept.push(operand.to_string_lossy().into_owned()),
        }
    }
    kept
}

/// Tells options, their values and operands apart, as clap will. Options that are not known take
/// no value: clap will refuse them.
pub(super) fn scan<'a>(command: &Command, words: &'a [OsString]) -> Vec<Word<'a>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let word = words[at].as_os_str();
        let bytes = word.as_encoded_bytes();
        if word == "--" {
            found.push(Word::End);
            found.extend(words[at + 1..].iter().map(|w| Word::Operand(w)));
            break;
        }
        if !bytes.starts_with(b"-") || word == "-" {
            found.push(Word::Operand(word));
            at += 1;
            continue;
        }
        let text = word.to_string_lossy();
        let (options, takes_next) = match text.strip_prefix("--") {
            Some(long) => long_option(command, long),
            None => short_options(command, &text[1..]),
        };
        let length = if takes_next { 2 } else { 1 };
        let end = words.len().min(at + length);
        found.push(Word::Options(options, &words[at..end]));
        at = end;
    }
    found
}

/// The option's name, and whether its value is the next word.
fn long_option(command: &Command, text: &str) -> (Vec<String>, bool) {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let takes = command
        .get_arguments()
        .any(|arg| arg.get_long() == Some(name) && takes_word(arg));
    (vec![name.to_owned()], takes && value.is_none())
}

/// The options of `-qs sex` or `-qssex`, and whether the value of the last is the next word.
fn short_options(command: &Command, text: &str) -> (Vec<String>, bool) {
    let mut options = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let arg = command
            .get_arguments()
            .find(|arg| arg.get_short() == Some(letter));
        let name = match (arg.and_then(clap::Arg::get_long), letter) {
            (Some(long), _) => long.to_owned(),
            (None, 'V') => "version".to_owned(),
            (None, letter) => letter.to_string(),
        };
        options.push(name);
        if arg.is_some_and(takes_word) {
            return (options, letters.as_str().is_empty());
        }
    }
    (options, false)
}

fn takes_word(arg: &clap::Arg) -> bool {
    arg.get_action().takes_values() && !arg.is_require_equals_set()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    fn put(text: &str) -> String {
        let normal = normal(&words(text)).words;
        let text: Vec<_> = normal.iter().map(|w| w.to_string_lossy()).collect();
        text.join(" ")
    }

    #[test]
    fn the_command_comes_first_wherever_it_stood() {
        assert_eq!(put("data.csv"), "audit data.csv");
        assert_eq!(put("-q metrics"), "metrics -q");
        assert_eq!(put("check r.json -q"), "check r.json -q");
    }

    #[test]
    fn the_value_of_an_option_is_no_command() {
        assert_eq!(put("-s metrics data.csv"), "audit -s metrics data.csv");
        assert_eq!(put("-qs metrics data.csv"), "audit -qs metrics data.csv");
        assert_eq!(put("-smetrics check"), "check -smetrics");
        assert_eq!(put("--score check d.csv"), "audit --score check d.csv");
        assert_eq!(put("--counts check r.json"), "check --counts r.json");
        assert_eq!(put("-- check"), "audit -- check");
        assert_eq!(put("data.csv check"), "audit data.csv check");
    }

    #[test]
    fn help_is_seen_only_where_it_is_an_option() {
        assert_eq!(normal(&words("-s -h d.csv")).help, None);
        assert_eq!(normal(&words("d.csv -qh")).help, Some(false));
        assert_eq!(normal(&words("d.csv -h --help")).help, Some(true));
        assert_eq!(normal(&words("-- -h")).help, None);
        assert!(normal(&words("-V")).version);
    }

    #[test]
    fn threads_and_looks_are_no_part_of_the_record() {
        let kept = recorded(&words(
            "-j 2 d.csv -s sex --color=never -qj3 -f json=a --strict",
        ));
        assert_eq!(kept.join(" "), "fair-audit d.csv -s sex --strict");
    }
}
