//! Findings in words: ids that stay the same, and a plain sentence with its numbers.
//!
//! Names from the data stand here as they are: whoever prints a message makes it safe.

use super::{Case, Decide, Finding, Nights, Rule, Status};
use crate::data::group::{MISSING, Values};
use crate::metrics::{Compare, Eval, Metric, Undefined};
use crate::stats::Interval;

/// An undefined number's reason, as JSON spells it.
pub fn reason(why: Undefined) -> String {
    match serde_json::to_value(why) {
        Ok(serde_json::Value::String(text)) => text,
        _ => "undefined".to_owned(),
    }
}

/// `sex*race=Female & Black`: the values in the order of the attribute's columns.
fn named(attribute: &str, values: &Values) -> String {
    let mut list: Vec<_> = values.iter().collect();
    let parts: Vec<&str> = attribute.split('*').collect();
    // A column's name may itself hold a star: then the order of the names has to do.
    if parts.len() == list.len() && parts.iter().all(|part| values.contains_key(*part)) {
        list.sort_by_key(|(column, _)| parts.iter().position(|part| part == column));
    }
    let texts: Vec<&str> = list
        .iter()
        .map(|(_, value)| value.as_deref().unwrap_or(MISSING))
        .collect();
    format!("{attribute}={}", texts.join(" & "))
}

/// `department=A, year=1973`
fn stratum(values: &Values) -> String {
    let texts: Vec<String> = values
        .iter()
        .map(|(column, value)| format!("{column}={}", value.as_deref().unwrap_or(MISSING)))
        .collect();
    texts.join(", ")
}

/// The id of a finding: of a group, or of the whole attribute.
pub fn id(metric: &Metric, case: &Case, group: Option<&Values>) -> String {
    let about = match group {
        Some(values) => named(&case.attribute, values),
        None => case.attribute.clone(),
    };
    let mut id = format!("{}:{about}", metric.name);
    if let Some(values) = &case.stratum {
        id += &format!("[{}]", stratum(values));
    }
    if case.several {
        id += &format!("@{}", case.scenario);
    }
    id
}

/// A number beside its limit: as few digits as tell them apart, at least three.
fn beside(value: f64, limit: f64) -> (String, String) {
    for digits in 3..17 {
        let (a, b) = (format!("{value:.digits$}"), format!("{limit:.digits$}"));
        if a != b || value == limit {
            return (a, b);
        }
    }
    (value.to_string(), limit.to_string())
}

/// What a finding's sentence is about.
pub struct Told<'a> {
    rule: &'a Rule,
    case: &'a Case,
    decide: &'a Decide,
}

impl<'a> Told<'a> {
    /// Of this rule on this attribute.
    pub fn new(rule: &'a Rule, case: &'a Case, decide: &'a Decide) -> Self {
        Self { rule, case, decide }
    }

    fn finding(&self, group: Option<&Values>, status: Status, message: String) -> Finding {
        Finding {
            id: id(self.rule.metric, self.case, group),
            metric: self.rule.metric.name.to_owned(),
            status,
            scenario: self.case.scenario.clone(),
            attribute: self.case.attribute.clone(),
            stratum: self.case.stratum.clone(),
            group: group.cloned(),
            reference: None,
            value: None,
            reason: None,
            interval: None,
            p: None,
            p_adjusted: None,
            limit: self.rule.as_limit(),
            accept: None,
            power: None,
            practical: None,
            change: None,
            message,
        }
    }

    /// `race=Black in department=A`
    fn about(&self, group: Option<&Values>) -> String {
        let mut about = match group {
            Some(values) => named(&self.case.attribute, values),
            None => self.case.attribute.clone(),
        };
        if let Some(values) = &self.case.stratum {
            about += &format!(" in {}", stratum(values));
        }
        if self.case.several {
            about += &format!(" ({})", self.case.scenario);
        }
        about
    }

    /// A number that there is, with its verdict. `sides` are base metric, the group's number and
    /// that of the best-off group.
    pub fn decided(
        &self,
        status: Status,
        value: f64,
        interval: Option<Interval>,
        (group, reference): (Option<&Values>, Option<&Values>),
        sides: &[(&str, f64, f64)],
    ) -> Finding {
        let op = self.rule.op;
        let sign = match status {
            Status::Fail | Status::Warn => op.broken(),
            Status::Pass | Status::Accepted | Status::Undecided => op.kept(),
        };
        let (shown, limit) = beside(value, self.rule.limit);
        let mut message = format!("{}: ", self.about(group));
        for (base, own, best) in sides {
            message += &format!("{base} {own:.3} against {best:.3}");
            if let Some(reference) = reference {
                message += &format!(" of {}", named(&self.case.attribute, reference));
            }
            message += ", ";
        }
        message += &format!("{} {shown} {sign} {limit}", self.noun(!sides.is_empty()));
        if let Some(interval) = interval {
            let nights = self.decide.nights.as_ref();
            message += &format!(
                " ({}% interval {:.3} to {:.3}{})",
                percent(interval.confidence),
                interval.low,
                interval.high,
                nights.map_or_else(String::new, Nights::text)
            );
        }
        message += self.but(status, interval.as_ref());
        if let (Some(reason), false) = (&self.rule.reason, status == Status::Pass) {
            message += &format!("; rule: {reason}");
        }
        let is_open = status == Status::Undecided;
        Finding {
            reason: is_open.then(|| super::judge::NOT_PROVED.to_owned()),
            reference: reference.cloned(),
            value: Some(value),
            interval,
            ..self.finding(group, status, message)
        }
    }

    /// Why it is not worse, or not better.
    fn but(&self, status: Status, interval: Option<&Interval>) -> &'static str {
        match (status, interval) {
            (Status::Warn, Some(i)) if self.reaches_back(i) => {
                ", but the interval reaches back over the limit"
            }
            (Status::Warn, _) => " (the rule only warns)",
            (Status::Undecided, Some(_)) => ", but the interval reaches over the limit: not proved",
            (Status::Undecided, None) => ", but without an interval: not proved",
            _ => "",
        }
    }

    fn reaches_back(&self, interval: &Interval) -> bool {
        self.decide.how == super::How::Interval && !self.rule.is_all_past(interval)
    }

    /// What the number is called: `ratio` where its base was named before.
    fn noun(&self, has_sides: bool) -> &'static str {
        match self.rule.metric.eval {
            Eval::Gap(Compare::Ratio, ..) if has_sides => "ratio",
            Eval::Gap(Compare::Difference, ..) if has_sides => "difference",
            _ => self.rule.metric.name,
        }
    }

    /// A group with too few rows.
    pub fn small(&self, group: &Values, base: &str, rows: u64) -> Finding {
        let message = format!(
            "{}: {rows} {} behind {base}, fewer than {}",
            self.about(Some(group)),
            if rows == 1 { "row" } else { "rows" },
            self.decide.min_group,
        );
        Finding {
            reason: Some(super::judge::SMALL_GROUP.to_owned()),
            ..self.finding(Some(group), Status::Undecided, message)
        }
    }

    /// A group that has no number.
    pub fn undecided_of(&self, group: &Values, base: &str, reason: &str) -> Finding {
        let why = reason.replace('_', " ");
        let message = format!("{}: no {base} ({why})", self.about(Some(group)));
        Finding {
            reason: Some(reason.to_owned()),
            ..self.finding(Some(group), Status::Undecided, message)
        }
    }

    /// Something that has no number.
    pub fn undecided(&self, group: Option<&Values>, reason: &str) -> Finding {
        let why = match reason {
            super::judge::ONE_GROUP => "fewer than two groups can be compared".to_owned(),
            reason => reason.replace('_', " "),
        };
        let message = format!(
            "{}: no {} ({why})",
            self.about(group),
            self.rule.metric.name
        );
        Finding {
            reason: Some(reason.to_owned()),
            ..self.finding(group, Status::Undecided, message)
        }
    }

    /// Many groups at once that cannot be decided for one reason.
    pub fn together(&self, base: &str, reason: &str, groups: u64) -> Finding {
        let why = match reason {
            super::judge::SMALL_GROUP => {
                format!("fewer than {} rows", self.decide.min_group)
            }
            reason => reason.replace('_', " "),
        };
        let message = format!(
            "{}: {groups} groups without {base} ({why})",
            self.about(None)
        );
        let finding = self.finding(None, Status::Undecided, message);
        Finding {
            id: format!("{}({reason})", finding.id),
            reason: Some(reason.to_owned()),
            ..finding
        }
    }

    /// A number that leaves groups out.
    pub fn partial(&self, value: Option<f64>) -> String {
        let known = value.map_or_else(String::new, |value| format!(", {value:.3} without them"));
        format!(
            "{}: some groups have no {} or fewer than {} rows{known}",
            self.about(None),
            self.rule.metric.name,
            self.decide.min_group,
        )
    }
}

fn percent(confidence: f64) -> f64 {
    (confidence * 1e6).round() / 1e4
}
