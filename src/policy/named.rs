//! Policies that have a name; what each decides and where it is from is in `docs/policies`.

use super::{How, Op, Rule, Scope, Severity, Undecided, default_rules, name_of, rule, value_of};
use crate::data::{Favorable, Role};
use crate::metrics;

/// A policy by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Named {
    /// Four fifths for decisions; gaps in error rates of at most 0.1 where labels are known.
    #[default]
    Default,
    /// The rule of thumb of 29 CFR 1607.4(D) as it is written.
    FourFifths,
    /// The bias audit of New York City's Local Law 144 of 2021: it publishes and fails nothing.
    NycLl144,
    /// 29 CFR 1607.4(D) with how many selections lie between the verdict and its opposite.
    Ugesp,
    /// Adverse impact ratio of approvals.
    Lending,
    /// Who is missed, and calibration.
    Health,
    /// Balance of both error rates; predictive parity and calibration beside it.
    Justice,
    /// No rules but those that are added.
    None,
}

/// The names.
pub const NAMES: [(&str, Named); 8] = [
    ("default", Named::Default),
    ("four-fifths", Named::FourFifths),
    ("nyc-ll144", Named::NycLl144),
    ("ugesp", Named::Ugesp),
    ("lending", Named::Lending),
    ("health", Named::Health),
    ("justice", Named::Justice),
    ("none", Named::None),
];

/// A rule of a named policy: metric, limit, and how bad it is when it is broken.
type Check = (&'static str, Op, f64, Severity);

/// What `health` asks. The gap in calibration has no interval, so that it only warns.
const HEALTH: [Check; 2] = [
    (
        "false_negative_rate_difference",
        Op::AtMost,
        0.1,
        Severity::Fail,
    ),
    (
        "calibration_in_the_large_difference",
        Op::AtMost,
        0.1,
        Severity::Warn,
    ),
];

/// What `justice` asks. Where base rates differ, balanced errors and predictive parity exclude each
/// other (Chouldechova 2017, doi:10.1089/big.2016.0047): only the former fail.
const JUSTICE: [Check; 4] = [
    (
        "false_positive_rate_difference",
        Op::AtMost,
        0.1,
        Severity::Fail,
    ),
    (
        "false_negative_rate_difference",
        Op::AtMost,
        0.1,
        Severity::Fail,
    ),
    (
        "positive_predictive_value_difference",
        Op::AtMost,
        0.1,
        Severity::Warn,
    ),
    (
        "calibration_in_the_large_difference",
        Op::AtMost,
        0.1,
        Severity::Warn,
    ),
];

/// Why the rule of `nyc-ll144` only warns.
const NO_LIMIT: &str = "Local Law 144 sets no limit; four fifths is 29 CFR 1607.4(D)";

impl Named {
    /// The policy of a name.
    pub fn find(name: &str) -> Option<Self> {
        value_of(&NAMES, name)
    }

    /// As the flag takes it.
    pub fn name(self) -> &'static str {
        name_of(&NAMES, self)
    }

    /// As a report calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Default => "default (four fifths)",
            Self::NycLl144 => "nyc-ll144 (only warns)",
            named => named.name(),
        }
    }

    /// How it decides where nothing else is said: the four-fifths rule compares the two rates and
    /// knows no interval.
    pub fn how(self) -> How {
        match self {
            Self::FourFifths | Self::NycLl144 | Self::Ugesp => How::Point,
            _ => How::Interval,
        }
    }

    /// How undecided checks count where nothing else is said: what is only published is published
    /// however few the rows are.
    pub fn undecided(self) -> Option<Undecided> {
        (self == Self::NycLl144).then_some(Undecided::Allow)
    }

    /// Whether findings say how many selections lie between the verdict and its opposite.
    pub fn counts_selections(self) -> bool {
        self == Self::Ugesp
    }

    /// What it asks, whatever the data can answer.
    fn checks(self, favorable: Favorable) -> Vec<Check> {
        let ratio = match favorable {
            Favorable::Positive => "selection_rate_ratio",
            Favorable::Negative => "favorable_rate_ratio",
        };
        let four_fifths = |severity| vec![(ratio, Op::AtLeast, 0.8, severity)];
        match self {
            Self::NycLl144 => four_fifths(Severity::Warn),
            Self::Ugesp | Self::Lending => four_fifths(Severity::Fail),
            Self::Health => HEALTH.to_vec(),
            Self::Justice => JUSTICE.to_vec(),
            Self::Default | Self::FourFifths | Self::None => Vec::new(),
        }
    }

    /// Its rules, as far as the data can answer them.
    pub fn rules(self, roles: &[Role], favorable: Favorable) -> Vec<Rule> {
        let has = |role: Role| roles.contains(&role);
        let (decision, label) = (has(Role::Prediction), has(Role::Label));
        match self {
            Self::Default => return default_rules(decision, label, favorable),
            Self::FourFifths => return default_rules(decision, false, favorable),
            _ => {}
        }
        // The law asks for the intersections of sex and race too.
        let (scope, reason) = match self {
            Self::NycLl144 => (Scope::All, Some(NO_LIMIT.to_owned())),
            _ => (Scope::Single, None),
        };
        let checks = self.checks(favorable).into_iter();
        checks
            .filter_map(|(name, op, limit, severity)| {
                let metric = metrics::find(name)?;
                let is_known = metric.needs.iter().all(|role| has(*role));
                is_known.then(|| Rule {
                    severity,
                    reason: reason.clone(),
                    ..Rule::new(metric, scope.clone(), op, limit)
                })
            })
            .collect()
    }

    /// What a reader should know of it: rules that the data cannot answer, and a favorable outcome
    /// that was hardly meant.
    pub fn notes(self, roles: &[Role], favorable: Favorable) -> Vec<String> {
        let mut notes = Vec::new();
        for (name, ..) in self.checks(favorable) {
            let needs = metrics::find(name).map_or(&[][..], |metric| metric.needs);
            if let Some(role) = needs.iter().find(|role| !roles.contains(role)) {
                notes.push(format!(
                    "policy `{}`: `{name}` is not judged, it needs a {}",
                    self.name(),
                    rule::part(*role)
                ));
            }
        }
        if self == Self::Justice && favorable == Favorable::Positive {
            let note = "policy `justice`: the positive decision is taken for the favorable one; \
                        where it is a high risk, say `--favorable negative`";
            notes.push(note.to_owned());
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_a_named_policy_is_in_the_catalogue_and_judged_or_said() {
        let all = [Role::Sensitive, Role::Label, Role::Prediction, Role::Score];
        for (name, policy) in NAMES {
            for favorable in [Favorable::Positive, Favorable::Negative] {
                let asked = policy.checks(favorable).len();
                let known = policy.rules(&all, favorable).len();
                assert!(asked == 0 || asked == known, "{name}");
                let few = &all[..1];
                let said = policy.notes(few, favorable).len();
                assert!(policy.rules(few, favorable).is_empty(), "{name}");
                assert!(said >= asked, "{name}");
            }
        }
    }
}
