//! A finding beside the same one of an earlier report: is it worse, and is that more than chance?
//!
//! In: a finding of now, the one of the same rule and id of then, and how far it may worsen. Out: the
//! finding with its [`Change`] and the status that follows from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::judge::PARTIAL;
use super::{Finding, Op, Pairing, Rule, Severity, Status};
use crate::metrics::{Compare, Eval};
use crate::stats::{Interval, change};

/// What became of a finding since an earlier report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The number then; `null` where there was none.
    pub from: Option<f64>,
    /// The number now; `null` where there is none.
    pub to: Option<f64>,
    /// How the two are compared: `to − from`, or `to / from` for a ratio.
    pub scale: Compare,
    /// The change on this scale.
    pub value: Option<f64>,
    /// Its interval; `null` where one of the numbers has none: then the values decide.
    pub interval: Option<Interval>,
    /// Whether both numbers are of the same rows, and the interval makes use of it.
    pub paired: bool,
    /// What it comes to.
    pub status: Changed,
}

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// Worse by more than chance and by more than the tolerance.
    Worse,
    /// Better by more than chance.
    Better,
    /// Neither.
    Same,
    /// There was no such finding.
    New,
    /// One of the two has no number.
    Unknown,
}

/// How a change bears on the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What got worse fails, what is new is judged by its limit, and what is as it was warns at most.
    Gate,
    /// What got worse fails, and nothing else does; limits count for nothing.
    Comparison,
}

/// What findings are held against.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    /// By how much a number may worsen on its own scale.
    pub tolerance: f64,
    /// Both decisions of the same rows, if they are of the same rows.
    pub pairing: Option<&'a Pairing>,
    /// How it bears on the verdict.
    pub meaning: Meaning,
}

/// Rounding of a difference of two numbers: 0.8 − 0.7 is not more than 0.1.
const ROUNDING: f64 = 1e-12;

impl Earlier<'_> {
    /// Adds the change since `then`, and the status that it asks for.
    pub fn apply(&self, finding: &mut Finding, rule: &Rule, then: Option<&Finding>) {
        let change = self.change(finding, rule, then);
        finding.status = self.status(change.status, finding.status, rule.severity);
        finding.message += &said(&change);
        finding.change = Some(change);
    }

    fn change(&self, now: &Finding, rule: &Rule, then: Option<&Finding>) -> Change {
        let number = |finding: &Finding| {
            let is_partial = finding.reason.as_deref() == Some(PARTIAL);
            finding
                .value
                .filter(|value| !is_partial && value.is_finite())
        };
        let (from, to) = (then.and_then(number), number(now));
        let is_ratio = matches!(rule.metric.eval, Eval::Gap(Compare::Ratio, ..));
        let mut change = Change {
            from,
            to,
            scale: Compare::Difference,
            value: None,
            interval: None,
            paired: false,
            status: if then.is_none() {
                Changed::New
            } else {
                Changed::Unknown
            },
        };
        let (Some(then), Some(from), Some(to)) = (then, from, to) else {
            return change;
        };
        let correlation = self.pairing.and_then(|p| p.correlation(rule, then, now));
        change.paired = correlation.is_some();
        let r = correlation.unwrap_or(0.0);
        let ends = then.interval.as_ref().zip(now.interval.as_ref());
        let of = |f: fn(change::Told, change::Told, f64) -> Option<Interval>| {
            ends.and_then(|(earlier, later)| f((from, earlier), (to, later), r))
        };
        change.interval = of(change::ratio).filter(|_| is_ratio);
        change.scale = match change.interval {
            Some(_) => Compare::Ratio,
            None if is_ratio && ends.is_none() && from > 0.0 => Compare::Ratio,
            None => Compare::Difference,
        };
        if change.scale == Compare::Difference {
            change.interval = of(change::difference);
        }
        change.value = Some(match change.scale {
            Compare::Difference => to - from,
            Compare::Ratio => to / from,
        });
        change.status = self.changed(&change, rule.op, to - from);
        change
    }

    /// Worse, better or neither; `by` is the change on the number's own scale.
    fn changed(&self, change: &Change, op: Op, by: f64) -> Changed {
        let none = match change.scale {
            Compare::Difference => 0.0,
            Compare::Ratio => 1.0,
        };
        let is_lower_worse = matches!(op, Op::AtLeast | Op::Above);
        let (is_down, is_up) = match &change.interval {
            Some(interval) => (interval.high < none, interval.low > none),
            None => (by < -ROUNDING, by > ROUNDING),
        };
        let (is_worse, is_better, loss) = if is_lower_worse {
            (is_down, is_up, -by)
        } else {
            (is_up, is_down, by)
        };
        if is_worse && loss > self.tolerance + ROUNDING {
            Changed::Worse
        } else if is_better {
            Changed::Better
        } else {
            Changed::Same
        }
    }

    fn status(&self, changed: Changed, own: Status, severity: Severity) -> Status {
        let worse = match severity {
            Severity::Fail => Status::Fail,
            Severity::Warn => Status::Warn,
        };
        match (self.meaning, changed, own) {
            (_, Changed::Worse, _) => worse,
            // It was known when the earlier report was accepted.
            (Meaning::Gate, Changed::Same | Changed::Better, Status::Fail) => Status::Warn,
            (Meaning::Gate, ..) => own,
            (Meaning::Comparison, Changed::Same | Changed::Better, _) => Status::Pass,
            (Meaning::Comparison, ..) => Status::Undecided,
        }
    }
}

/// The change in words, behind a finding's sentence.
fn said(change: &Change) -> String {
    let what = match change.status {
        Changed::New => return "; not in the earlier report".to_owned(),
        Changed::Unknown => return "; nothing to compare with the earlier report".to_owned(),
        Changed::Worse => "worse",
        Changed::Better => "better",
        Changed::Same => "no worse than chance or the tolerance allow",
    };
    match change.from {
        Some(from) => format!("; {from:.3} before: {what}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics;
    use crate::policy::Scope;
    use crate::stats::Method;

    fn finding(value: f64, ends: Option<(f64, f64)>, status: Status) -> Finding {
        let rule = rule("selection_rate_ratio", Op::AtLeast);
        let mut finding = Finding::unmatched(
            "x".to_owned(),
            rule.metric,
            None,
            rule.as_limit(),
            String::new(),
        );
        finding.reason = None;
        finding.value = Some(value);
        finding.status = status;
        finding.interval = ends.map(|(low, high)| Interval {
            low,
            high,
            confidence: 0.95,
            method: Method::Koopman,
        });
        finding
    }

    fn rule(metric: &str, op: Op) -> Rule {
        Rule::new(metrics::find(metric).unwrap(), Scope::Single, op, 0.8)
    }

    fn told(now: &Finding, then: &Finding, tolerance: f64, meaning: Meaning) -> (Changed, Status) {
        let earlier = Earlier {
            tolerance,
            pairing: None,
            meaning,
        };
        let mut now = now.clone();
        earlier.apply(
            &mut now,
            &rule("selection_rate_ratio", Op::AtLeast),
            Some(then),
        );
        (now.change.unwrap().status, now.status)
    }

    #[test]
    fn only_what_is_worse_by_more_than_chance_and_the_tolerance_fails() {
        let then = finding(0.9, Some((0.85, 0.95)), Status::Pass);
        let worse = finding(0.7, Some((0.65, 0.75)), Status::Fail);
        let alike = finding(0.85, Some((0.75, 0.96)), Status::Pass);
        let gate = |now, tolerance| told(now, &then, tolerance, Meaning::Gate);
        assert_eq!(gate(&worse, 0.0), (Changed::Worse, Status::Fail));
        // 0.9 − 0.7 is 0.2000…01 in floating point, and not more than 0.2.
        assert_eq!(gate(&worse, 0.2), (Changed::Same, Status::Warn));
        assert_eq!(gate(&alike, 0.0), (Changed::Same, Status::Pass));
        let known = told(&worse, &worse, 0.0, Meaning::Gate);
        assert_eq!(known, (Changed::Same, Status::Warn));
        let better = told(&then, &worse, 0.0, Meaning::Comparison);
        assert_eq!(better, (Changed::Better, Status::Pass));
    }

    #[test]
    fn without_intervals_the_values_decide_and_a_ratio_of_zero_is_a_difference() {
        let then = finding(0.5, None, Status::Fail);
        let now = finding(0.4, None, Status::Fail);
        assert_eq!(told(&now, &then, 0.0, Meaning::Gate).0, Changed::Worse);
        assert_eq!(told(&then, &now, 0.0, Meaning::Gate).0, Changed::Better);
        let zero = finding(0.0, Some((0.0, 0.1)), Status::Fail);
        let then = finding(0.5, Some((0.4, 0.6)), Status::Fail);
        assert_eq!(told(&zero, &then, 0.0, Meaning::Gate).0, Changed::Worse);
    }
}
