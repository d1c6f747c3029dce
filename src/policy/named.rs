//! Policies that have a name: `default`, `four-fifths`, `none`.

use super::{How, Rule, default_rules, name_of};
use crate::data::Favorable;

/// A policy by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Named {
    /// Four fifths for decisions; gaps in error rates of at most 0.1 where labels are known.
    #[default]
    Default,
    /// The rule of thumb of 29 CFR 1607.4(D) as it is written.
    FourFifths,
    /// No rules but those that are added.
    None,
}

/// The names.
pub const NAMES: [(&str, Named); 3] = [
    ("default", Named::Default),
    ("four-fifths", Named::FourFifths),
    ("none", Named::None),
];

impl Named {
    /// The policy of a name.
    pub fn find(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, policy)| *policy)
    }

    /// As the flag takes it.
    pub fn name(self) -> &'static str {
        name_of(&NAMES, self)
    }

    /// As a report calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Default => "default (four fifths)",
            named => named.name(),
        }
    }

    /// How it decides where nothing else is said: the four-fifths rule compares the two rates and
    /// knows no interval.
    pub fn how(self) -> How {
        match self {
            Self::FourFifths => How::Point,
            Self::Default | Self::None => How::Interval,
        }
    }

    /// Its rules, as far as the data can answer them.
    pub fn rules(self, has_decision: bool, has_label: bool, favorable: Favorable) -> Vec<Rule> {
        match self {
            Self::Default => default_rules(has_decision, has_label, favorable),
            Self::FourFifths => default_rules(has_decision, false, favorable),
            Self::None => Vec::new(),
        }
    }
}
