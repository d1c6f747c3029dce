//! Exceptions: findings that somebody has accepted, why, until when and how far.
//!
//! In: findings. Out: the same, those that an exception covers marked as accepted. An exception
//! whose day is past, or whose ceiling the value is past, covers nothing and says so.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::judge::NOT_PROVED;
use super::section::Placed;
use super::{Finding, Limit, Status, UNMATCHED};
use crate::data::calendar::civil;
use crate::data::group::{MISSING, Values};
use crate::metrics::Metric;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day, from 1.
    pub day: u8,
}

impl Date {
    /// A day that there is.
    fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let century = year.is_multiple_of(100) && !year.is_multiple_of(400);
        let leap = year.is_multiple_of(4) && !century;
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days)
            .contains(&day)
            .then_some(Self { year, month, day })
    }

    /// `2030-12-31`
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let digits = |part: &str, length| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        match parts.as_slice() {
            [y, m, d] if digits(y, 4) && digits(m, 2) && digits(d, 2) => {
                Self::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?)
            }
            _ => None,
        }
    }

    /// The day in UTC of a number of seconds since 1970. Beyond the year 65535 it stays at the last
    /// day.
    pub fn of_seconds(seconds: u64) -> Self {
        let (year, month, day) = civil((seconds / 86_400) as i64);
        match u16::try_from(year) {
            Ok(year) => Self { year, month, day },
            Err(_) => Self {
                year: u16::MAX,
                month: 12,
                day: 31,
            },
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Whether a finding has a number that proves nothing.
fn is_open(finding: &Finding) -> bool {
    finding.reason.as_deref() == Some(NOT_PROVED)
}

/// Whether `COL=VALUE` is so; a column's name may hold a `=` itself.
pub(super) fn holds(values: &Values, text: &str) -> bool {
    text.match_indices('=').any(|(at, _)| {
        let found = values.get(&text[..at]);
        found.is_some_and(|found| found.as_deref().unwrap_or(MISSING) == &text[at + 1..])
    })
}

/// What an exception does to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Force {
    /// It holds: the finding is accepted.
    Accepted,
    /// Its last day is past.
    Expired,
    /// The value is past its ceiling.
    PastCeiling,
}

/// The exception that is about a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// What it does.
    pub force: Force,
    /// What the finding is without it.
    pub was: Status,
    /// Why it was accepted.
    pub reason: String,
    /// Who accepted it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// The last day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<String>,
    /// The furthest value that it covers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ceiling: Option<f64>,
}

/// An `[[accept]]` of a policy file.
#[derive(Clone)]
pub struct Accept {
    /// Its place among them, from 1.
    pub number: usize,
    /// What it names, as typed.
    pub rule: Placed,
    /// The metric of the findings.
    pub metric: &'static Metric,
    /// What stands behind the metric: an attribute, a group; `None` is everything.
    pub about: Option<String>,
    /// `COL=VALUE`: what the finding's group or stratum must have.
    pub only: Vec<Placed>,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// The furthest value that it covers.
    pub ceiling: Option<f64>,
    /// Who accepted it.
    pub owner: Option<String>,
    /// Why.
    pub reason: String,
}

impl fmt::Debug for Accept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule.text)
    }
}

impl Accept {
    /// Whether it names this finding by its id.
    fn is_exact(&self, finding: &Finding) -> bool {
        let id = finding.id.strip_prefix(self.metric.name);
        let id = id.and_then(|rest| rest.strip_prefix(':'));
        id.is_some() && id == self.about.as_deref()
    }

    /// Whether it is about this finding, whatever became of it.
    fn is_about(&self, finding: &Finding) -> bool {
        if finding.metric != self.metric.name || finding.reason.as_deref() == Some(UNMATCHED) {
            return false;
        }
        let named = match self.about.as_deref() {
            None | Some("*") => true,
            Some(about) => {
                let attribute = about.strip_suffix("=*").unwrap_or(about);
                attribute == finding.attribute || self.is_exact(finding)
            }
        };
        let values = [&finding.group, &finding.stratum];
        let has = |text: &str| {
            values
                .into_iter()
                .flatten()
                .any(|values| holds(values, text))
        };
        named && self.only.iter().all(|only| has(&only.text))
    }

    /// What it does to a finding that it is about; `None` where there is nothing to accept.
    fn force(&self, finding: &Finding, today: Date) -> Option<Force> {
        match finding.status {
            Status::Fail | Status::Warn => {}
            // What has no number is accepted only by its own name: a wide exception must not hide
            // that a group became too small to judge.
            Status::Undecided if self.is_exact(finding) || is_open(finding) => {}
            _ => return None,
        }
        let is_past = |value: f64, ceiling: f64| match finding.limit.min {
            Some(_) => value < ceiling,
            None => value > ceiling,
        };
        // What has no value cannot be within a ceiling.
        let is_over = self
            .ceiling
            .is_some_and(|ceiling| finding.value.is_none_or(|value| is_past(value, ceiling)));
        Some(if self.until.is_some_and(|until| until < today) {
            Force::Expired
        } else if is_over {
            Force::PastCeiling
        } else {
            Force::Accepted
        })
    }

    fn mark(&self, finding: &mut Finding, force: Force) {
        let owner = self.owner.as_ref().map(|owner| format!(" by {owner}"));
        let owner = owner.unwrap_or_default();
        let until = self.until.map(|date| date.to_string());
        let ceiling = self.ceiling.unwrap_or_default();
        finding.message += &match (force, &until) {
            (Force::Accepted, None) => format!("; accepted{owner}: "),
            (Force::Accepted, Some(until)) => format!("; accepted{owner} until {until}: "),
            (Force::Expired, until) => {
                let until = until.as_deref().unwrap_or_default();
                format!("; accepted{owner} until {until}, which is past: ")
            }
            (Force::PastCeiling, _) => format!("; accepted{owner} only up to {ceiling}: "),
        };
        finding.message += &self.reason;
        finding.accept = Some(Accepted {
            force,
            was: finding.status,
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            until,
            ceiling: self.ceiling,
        });
        if force == Force::Accepted {
            finding.status = Status::Accepted;
        }
    }

    /// The finding that it is about nothing.
    fn unmatched(&self) -> Finding {
        let message = format!(
            "{}: [[accept]] {} (`{}`) matches no check: take it out, or correct it ({})",
            self.rule.at, self.number, self.rule.text, self.reason
        );
        let id = format!("accept:{}", self.rule.text);
        Finding::unmatched(
            id,
            self.metric,
            self.about.clone(),
            Limit::default(),
            message,
        )
    }
}

/// Marks what is accepted; an exception that is about no check becomes a finding itself.
pub fn apply(findings: &mut Vec<Finding>, accepts: &[Accept], today: Date) {
    let mut has_matched = vec![false; accepts.len()];
    for finding in findings.iter_mut() {
        let mut refused = None;
        let mut held = None;
        for (accept, matched) in accepts.iter().zip(&mut has_matched) {
            if !accept.is_about(finding) {
                continue;
            }
            *matched = true;
            match accept.force(finding, today) {
                Some(Force::Accepted) => held = held.or(Some((accept, Force::Accepted))),
                Some(force) => refused = refused.or(Some((accept, force))),
                None => {}
            }
        }
        if let Some((accept, force)) = held.or(refused) {
            accept.mark(finding, force);
        }
    }
    let unmatched = accepts
        .iter()
        .zip(has_matched)
        .filter(|(_, matched)| !matched);
    findings.extend(unmatched.map(|(accept, _)| accept.unmatched()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_days_and_days_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (1_735_689_599, "2024-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(Date::of_seconds(seconds).to_string(), day);
            assert_eq!(Date::parse(day), Some(Date::of_seconds(seconds)));
        }
        for wrong in [
            "2025-02-29",
            "2025-13-01",
            "2025-1-1",
            "25-01-01",
            "2025-04-31",
            "+025-01-01",
        ] {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Date::of_seconds(u64::MAX).year, u16::MAX);
    }
}
