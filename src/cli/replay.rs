//! A recorded command line, to be run again on other data and without what it wrote.
//!
//! In: words that anyone may have written into a record. Out: words that read and compute, and write
//! nothing: options that name outputs are left out, and commands that cannot be recorded refused.

use std::ffi::{OsStr, OsString};

use super::argv::{self, APPEARANCE, Word};
use super::grammar;

/// Commands that can be recorded.
pub const COMMANDS: [&str; 7] = [
    "audit",
    "profile",
    "compare",
    "mitigate",
    "explain",
    "counterfactual",
    "demo",
];

/// The variable of the environment by which no program is run that a model is.
pub const NO_PROGRAM: &str = "FAIR_AUDIT_NO_PROGRAM";
/// What is said of it then.
pub const NOT_RUN: &str = "the model is a program, and none is run here";

/// Options that write, or remember.
const WRITING: [&str; 9] = [
    "record",
    "format",
    "output",
    "weights-out",
    "predictions-out",
    "model-out",
    "rows-out",
    "log-dir",
    "sequential",
];

/// The option that no policy file is looked for.
const NO_CONFIG: &str = "no-config";

/// Whether an option has no part in running again.
fn is_left_out(option: &str) -> bool {
    WRITING.contains(&option) || APPEARANCE.contains(&option)
}

/// A command line in pieces.
#[derive(Debug, PartialEq, Eq)]
pub struct Replay {
    /// The command.
    pub command: String,
    /// Its options.
    options: Vec<OsString>,
    /// What it reads.
    pub operands: Vec<OsString>,
    /// Whether a policy file was asked for, or none.
    names_config: bool,
}

impl Replay {
    /// Of recorded words, the program's name first; none where the command is not one of
    /// [`COMMANDS`].
    pub fn of(recorded: &[String]) -> Option<Self> {
        let words: Vec<OsString> = recorded.iter().skip(1).map(OsString::from).collect();
        let normal = argv::normal(&words);
        let (first, rest) = normal.words.split_first()?;
        let command = first.to_str().filter(|name| COMMANDS.contains(name))?;
        if normal.help.is_some() || normal.version {
            return None;
        }
        let grammar = grammar::of(command)?;
        let (mut options, mut operands) = (Vec::new(), Vec::new());
        // A command that knows no policy file looks for none.
        let mut names_config = grammar
            .get_arguments()
            .all(|a| a.get_long() != Some(NO_CONFIG));
        for word in argv::scan(&grammar, rest) {
            match word {
                Word::Options(names, taken) => {
                    names_config |= names
                        .iter()
                        .any(|name| name == "config" || name == NO_CONFIG);
                    // Of `-so x` the last one has the value.
                    if !names.iter().any(|name| is_left_out(name)) || is_mixed(&names) {
                        options.extend(taken.iter().cloned());
                    }
                }
                Word::End => {}
                Word::Operand(operand) => operands.push(operand.to_owned()),
            }
        }
        Some(Self {
            command: command.to_owned(),
            options,
            operands,
            names_config,
        })
    }

    /// Of a run that read no policy file: none is looked for where it is run again.
    pub fn without_config(&mut self) {
        if !self.names_config {
            self.options.push(format!("--{NO_CONFIG}").into());
            self.names_config = true;
        }
    }

    /// The words, with other operands where there are any.
    pub fn words(&self, operands: &[OsString]) -> Vec<OsString> {
        let operands = if operands.is_empty() {
            &self.operands
        } else {
            operands
        };
        let mut words = vec![OsString::from(&self.command)];
        words.extend(self.options.iter().cloned());
        words.push(OsStr::new("--").to_owned());
        words.extend(operands.iter().cloned());
        words
    }
}

/// Whether looks and what bears on numbers share a word, and nothing of it writes: `-qs sex`.
fn is_mixed(names: &[String]) -> bool {
    !names.iter().any(|name| WRITING.contains(&name.as_str()))
        && !names.iter().all(|name| is_left_out(name))
}

/// Whether a variable of the environment is read by this program.
pub fn is_ours(variable: &str) -> bool {
    variable.starts_with("FAIR_AUDIT_") || variable == "SOURCE_DATE_EPOCH"
}

/// Whether a variable of the environment bears on a number of a recorded run.
pub fn counts(variable: &str) -> bool {
    let Some(name) = variable.strip_prefix("FAIR_AUDIT_") else {
        return variable == "SOURCE_DATE_EPOCH";
    };
    let option = name.to_lowercase().replace('_', "-");
    !is_left_out(&option)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replayed(text: &str, data: &[&str]) -> Option<String> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let data: Vec<OsString> = data.iter().map(OsString::from).collect();
        let words = Replay::of(&words)?.words(&data);
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        Some(words.join(" "))
    }

    #[test]
    fn a_command_is_run_again_without_what_it_wrote() {
        let text = "fair-audit mitigate a.csv --method reweighing -qs sex --model-out /etc/x";
        let again = "mitigate --method reweighing -qs sex -- a.csv";
        assert_eq!(replayed(text, &[]).as_deref(), Some(again));
        let text = "fair-audit d.csv -y label=1 -o /etc/x --record=/etc/y -f json=/etc/z";
        assert_eq!(
            replayed(text, &["e"]).as_deref(),
            Some("audit -y label=1 -- e")
        );
        let text = "fair-audit -qo /etc/x d.csv --weights-out=/etc/x --sequential s.json";
        assert_eq!(replayed(text, &[]).as_deref(), Some("audit -- d.csv"));
    }

    #[test]
    fn what_cannot_be_recorded_is_not_run() {
        for text in [
            "fair-audit man",
            "fair-audit verify r.json",
            "fair-audit d.csv -h",
            "x",
        ] {
            let data = replayed(text, &[]);
            assert!(data.is_none() || text == "x", "{text}: {data:?}");
        }
    }

    #[test]
    fn variables_that_name_outputs_do_not_count() {
        assert!(counts("FAIR_AUDIT_MIN_GROUP") && counts("SOURCE_DATE_EPOCH"));
        assert!(!counts("FAIR_AUDIT_MODEL_OUT") && !counts("HOME") && !counts("FAIR_AUDIT_WIDTH"));
    }
}
