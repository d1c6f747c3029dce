//! Rules: `selection_rate_ratio(sex) >= 0.8`, and those of the built-in default policy.

use std::cmp::Ordering;

use super::Limit;
use crate::data::group::Values;
use crate::data::{Favorable, Role};
use crate::error::{Error, Result, nearest};
use crate::metrics::{self, Eval, Metric};
use crate::stats::Interval;

/// Which attributes a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every single column, and the products named with `-s`.
    Single,
    /// Every attribute, intersections included.
    All,
    /// This one.
    One(String),
}

/// How a value must lie to the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `<=`
    AtMost,
    /// `<`
    Below,
}

/// The operators, the longer ones first.
const OPS: [(&str, Op); 6] = [
    (">=", Op::AtLeast),
    ("≥", Op::AtLeast),
    ("<=", Op::AtMost),
    ("≤", Op::AtMost),
    (">", Op::Above),
    ("<", Op::Below),
];

impl Op {
    /// Whether a value that lies so to the limit is past it.
    pub fn is_past(self, value: Ordering) -> bool {
        match self {
            Self::AtLeast => value == Ordering::Less,
            Self::Above => value != Ordering::Greater,
            Self::AtMost => value == Ordering::Greater,
            Self::Below => value != Ordering::Less,
        }
    }

    /// How a value that is past the limit lies to it.
    pub fn broken(self) -> &'static str {
        match self {
            Self::AtLeast => "<",
            Self::Above => "≤",
            Self::AtMost => ">",
            Self::Below => "≥",
        }
    }

    /// How a value that is within the limit lies to it.
    pub fn kept(self) -> &'static str {
        match self {
            Self::AtLeast => "≥",
            Self::Above => ">",
            Self::AtMost => "≤",
            Self::Below => "<",
        }
    }
}

/// What is allowed.
#[derive(Clone)]
pub struct Rule {
    /// Of which metric: a gap or a table metric, or a rate (then every group is judged).
    pub metric: &'static Metric,
    /// Of which attributes.
    pub scope: Scope,
    /// How the value must lie to the limit.
    pub op: Op,
    /// The limit.
    pub limit: f64,
    /// How bad it is when it is broken.
    pub severity: Severity,
    /// Judged only in strata of this control: `COL` or `COL=VALUE`.
    pub control: Option<String>,
    /// Why there is this rule.
    pub reason: Option<String>,
    /// Which `[[rule]]` of a policy file it is, from 1.
    pub entry: Option<usize>,
}

/// How bad it is when a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Severity {
    /// The check fails.
    #[default]
    Fail,
    /// The check warns, however far past the limit it is.
    Warn,
}

impl Severity {
    /// The words of a policy file.
    pub const NAMES: [(&str, Self); 2] = [("fail", Self::Fail), ("warn", Self::Warn)];
}

impl Rule {
    /// A rule that fails where it is broken, in every stratum.
    pub fn new(metric: &'static Metric, scope: Scope, op: Op, limit: f64) -> Self {
        Self {
            metric,
            scope,
            op,
            limit,
            severity: Severity::Fail,
            control: None,
            reason: None,
            entry: None,
        }
    }

    /// The rule in one line: what it allows, of what, and how bad it is when it is broken.
    pub fn text(&self) -> String {
        let scope = match &self.scope {
            Scope::Single => String::new(),
            Scope::All => "(*)".to_owned(),
            Scope::One(name) => format!("({name})"),
        };
        let signs = OPS.iter().find(|(_, op)| *op == self.op);
        let sign = signs.map_or("", |(sign, _)| sign);
        let control = self.control.as_ref();
        let within = control.map_or_else(String::new, |control| format!(" in {control}"));
        let warns = if self.severity == Severity::Warn {
            " (warns)"
        } else {
            ""
        };
        let (name, limit) = (self.metric.name, self.limit);
        format!("{name}{scope} {sign} {limit}{within}{warns}")
    }

    /// Whether another rule asks the same of a number, however bad it is and of whichever attributes.
    pub fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self.metric, other.metric)
            && (self.op, self.limit.to_bits()) == (other.op, other.limit.to_bits())
            && self.control == other.control
    }

    /// Whether it is told rather than one that asks the same: the stricter one, of those that has a
    /// reason or a place in a file.
    pub fn outranks(&self, other: &Self) -> bool {
        let rank = |rule: &Self| {
            let is_strict = rule.severity == Severity::Fail;
            (is_strict, rule.reason.is_some(), rule.entry.is_some())
        };
        rank(self) > rank(other)
    }

    /// Whether it is about this stratum; `None` are all rows together.
    pub fn is_in(&self, stratum: Option<&Values>) -> bool {
        let Some(control) = &self.control else {
            return true;
        };
        let Some(values) = stratum else { return false };
        values.contains_key(control) || super::accept::holds(values, control)
    }

    /// The metrics of one group that the rule is judged on: those that a gap is of, or the metric
    /// itself; none for a number of the whole attribute.
    pub fn bases(&self) -> Vec<&'static Metric> {
        match self.metric.eval {
            Eval::Gap(_, bases, _) => bases.iter().filter_map(|b| metrics::find(b)).collect(),
            Eval::Rate(..) | Eval::Group(_) => vec![self.metric],
            Eval::Table(_) => Vec::new(),
        }
    }

    /// The limit as the report has it.
    pub fn as_limit(&self) -> Limit {
        let mut limit = Limit {
            exclusive: matches!(self.op, Op::Above | Op::Below),
            ..Limit::default()
        };
        match self.op {
            Op::AtLeast | Op::Above => limit.min = Some(self.limit),
            Op::AtMost | Op::Below => limit.max = Some(self.limit),
        }
        limit
    }

    /// Whether the whole interval is within the limit.
    pub fn is_all_within(&self, interval: &Interval) -> bool {
        let end = match self.op {
            Op::AtLeast | Op::Above => interval.low,
            Op::AtMost | Op::Below => interval.high,
        };
        !self.op.is_past(end.total_cmp(&self.limit))
    }

    /// Whether the whole interval is past the limit.
    pub fn is_all_past(&self, interval: &Interval) -> bool {
        let end = match self.op {
            Op::AtLeast | Op::Above => interval.high,
            Op::AtMost | Op::Below => interval.low,
        };
        self.op.is_past(end.total_cmp(&self.limit))
    }
}

/// The rules of the default policy: four fifths for decisions; where labels are known, gaps in true
/// and false positive rates of at most 0.1.
pub fn default_rules(has_decision: bool, has_label: bool, favorable: Favorable) -> Vec<Rule> {
    let ratio = match favorable {
        Favorable::Positive => "selection_rate_ratio",
        Favorable::Negative => "favorable_rate_ratio",
    };
    let rates = [
        "true_positive_rate_difference",
        "false_positive_rate_difference",
    ];
    let four_fifths = (ratio, Op::AtLeast, 0.8);
    let tenths = rates.into_iter().map(|name| (name, Op::AtMost, 0.1));
    std::iter::once(four_fifths)
        .filter(|_| has_decision)
        .chain(tenths.filter(|_| has_decision && has_label))
        .filter_map(|(name, op, limit)| {
            Some(Rule::new(metrics::find(name)?, Scope::Single, op, limit))
        })
        .collect()
}

/// Reads `metric(attribute) op limit`. Without an attribute the rule is about every single one;
/// `*` is all of them, intersections included. `roles` are those that the data have.
pub fn parse(text: &str, attributes: &[String], roles: &[Role]) -> Result<Rule> {
    let wrong = |problem| Error::Rule {
        rule: text.to_owned(),
        problem,
    };
    // A limit holds no operator, an attribute may: the last one counts.
    let last = |(sign, op): &(&'static str, Op)| text.rfind(sign).map(|at| (at, sign.len(), *op));
    let found = OPS.iter().filter_map(last).max_by_key(|(at, length, _)| {
        // `>=` at 5 ends where `>` at 5 does not: of two at one place the longer.
        (*at, *length)
    });
    let Some((at, length, op)) = found else {
        return Err(wrong(
            "it has no `>=`, `<=`, `>` or `<`, as in `selection_rate_ratio(sex) >= 0.8`",
        ));
    };
    let limit = match text[at + length..].trim().parse::<f64>() {
        Ok(limit) if limit.is_finite() => limit,
        _ => return Err(wrong("the limit is not a finite number")),
    };
    let left = text[..at].trim();
    let (name, scope) = match left.split_once('(') {
        None => (left, Scope::Single),
        Some((name, rest)) => {
            let Some(attribute) = rest.strip_suffix(')') else {
                return Err(wrong("the parenthesis is not closed before the operator"));
            };
            (name.trim(), scope(attribute, attributes)?)
        }
    };
    Ok(Rule::new(metric(name, roles)?, scope, op, limit))
}

/// Which attributes are meant.
pub(super) fn scope(typed: &str, attributes: &[String]) -> Result<Scope> {
    let squeezed = |text: &str| {
        let parts: Vec<&str> = text.split('*').map(str::trim).collect();
        parts.join("*")
    };
    if typed.trim() == "*" {
        return Ok(Scope::All);
    }
    let exact = attributes.iter().find(|name| *name == typed);
    let loose = || {
        let mut names = attributes.iter();
        names.find(|name| squeezed(name) == squeezed(typed))
    };
    let turned = || {
        let sorted = |text: &str| {
            let mut parts: Vec<String> = text.split('*').map(|p| p.trim().to_owned()).collect();
            parts.sort();
            parts
        };
        let mut names = attributes.iter();
        names.find(|name| sorted(name) == sorted(typed))
    };
    match exact.or_else(loose).or_else(turned) {
        Some(name) => Ok(Scope::One(name.clone())),
        None => Err(Error::NoAttribute {
            attribute: typed.trim().to_owned(),
            attributes: attributes.to_vec(),
        }),
    }
}

/// The metric of a name or alias, if it can be computed.
fn metric(name: &str, roles: &[Role]) -> Result<&'static Metric> {
    let metric = named(name)?;
    match metric.needs.iter().find(|role| !roles.contains(role)) {
        None => Ok(metric),
        Some(role) => Err(Error::MetricNeeds {
            metric: metric.name,
            part: part(*role),
            flag: flag(*role),
        }),
    }
}

/// The metric of a name or alias, however it is capitalized; `-` is as good as `_`.
pub fn named(name: &str) -> Result<&'static Metric> {
    let folded = name.trim().to_lowercase().replace(['-', ' '], "_");
    metrics::find(&folded).ok_or_else(|| {
        let known = metrics::known().flat_map(|m| std::iter::once(&m.name).chain(m.aliases));
        let known: Vec<String> = known.map(|&name| name.to_owned()).collect();
        Error::NoMetric {
            metric: name.trim().to_owned(),
            near: nearest(&folded, &known).map(str::to_owned),
        }
    })
}

/// What a role is called in a sentence.
pub(super) fn part(role: Role) -> &'static str {
    match role {
        Role::Sensitive => "sensitive column",
        Role::Control => "control",
        Role::Label => "label",
        Role::Prediction => "prediction",
        Role::Score => "score",
        Role::Weight => "weight",
    }
}

/// The flag that names a role's column.
fn flag(role: Role) -> &'static str {
    match role {
        Role::Sensitive => "-s",
        Role::Control => "--control",
        Role::Label => "-y",
        Role::Prediction => "-p",
        Role::Score => "--score",
        Role::Weight => "--weight",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: &[Role] = &[Role::Sensitive, Role::Prediction];

    fn read(text: &str) -> Result<Rule> {
        let attributes = ["sex", "race", "sex*race", "a>b"].map(str::to_owned);
        parse(text, &attributes, ROLES)
    }

    fn told(text: &str) -> (&'static str, Scope, Op, f64) {
        let rule = read(text).unwrap();
        (rule.metric.name, rule.scope, rule.op, rule.limit)
    }

    #[test]
    fn a_rule_is_read_with_or_without_spaces_and_by_any_name_of_the_metric() {
        let sex = || Scope::One("sex".to_owned());
        let ratio = "selection_rate_ratio";
        assert_eq!(
            told("selection_rate_ratio(sex) >= 0.8"),
            (ratio, sex(), Op::AtLeast, 0.8)
        );
        assert_eq!(
            told(" demographic-parity-ratio ( sex )>.8"),
            (ratio, sex(), Op::Above, 0.8)
        );
        assert_eq!(
            told("selection_rate<1"),
            ("selection_rate", Scope::Single, Op::Below, 1.0)
        );
        assert_eq!(told("selection_rate(*)<=1e-1").1, Scope::All);
        let crossed = Scope::One("sex*race".to_owned());
        assert_eq!(told("selection_rate(race * sex) <= 1").1, crossed);
        assert_eq!(
            told("selection_rate(a>b) <= 1").1,
            Scope::One("a>b".to_owned())
        );
    }

    #[test]
    fn a_rule_that_cannot_be_followed_says_what_is_wrong() {
        let help = |text| read(text).err().unwrap().help().unwrap_or_default();
        assert!(help("selection_rate_ration(sex) >= 0.8").contains("`selection_rate_ratio`"));
        assert!(help("selection_rate_ratio(sexx) >= 0.8").contains("`sex`"));
        assert!(help("true_positive_rate(sex) >= 0.8").contains("-y"));
        for wrong in [
            "selection_rate(sex)",
            "selection_rate >= x",
            "selection_rate(sex >= 1",
            "",
        ] {
            assert!(matches!(read(wrong), Err(Error::Rule { .. })), "{wrong}");
        }
    }

    #[test]
    fn the_default_policy_asks_only_what_the_data_can_answer() {
        let names = |decision, label, favorable| {
            let rules = default_rules(decision, label, favorable);
            rules
                .iter()
                .map(|rule| rule.metric.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(true, true, Favorable::Positive).len(), 3);
        assert_eq!(
            names(true, false, Favorable::Negative),
            ["favorable_rate_ratio"]
        );
        assert!(names(false, true, Favorable::Positive).is_empty());
    }
}
