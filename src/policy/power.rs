//! What the rows behind a comparison could have proved, and how many rows would settle it.
//!
//! In: findings of one rule on one attribute, and its groups. Out: the same, with a [`Power`] where a
//! gap of one rate has not failed; in words where the check warns or is undecided. It never changes a
//! verdict: it tells a gap that is not there from one that these rows could not show.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decide::Among;
use super::judge::{LISTED, NOT_PROVED, SMALL_GROUP, is_highest_best};
use super::{Case, Decide, Finding, How, Member, Op, Rule, Status};
use crate::data::group::Values;
use crate::metrics::{Compare, Eval};
use crate::stats::Fraction;
use crate::stats::power::{Needed, Side, detectable_difference, detectable_ratio, rows_needed};
use crate::stats::score::{Limit, share};

/// The probability that is asked of a proof (Cohen 1988, Statistical Power Analysis, section 2.4).
const PROBABILITY: f64 = 0.8;

/// What the rows of a comparison can prove.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Power {
    /// The probability with which `detectable` would be proved.
    pub probability: f64,
    /// The gap nearest to the limit that would have its whole interval past it with that
    /// probability; `null` where no gap would. Of a small group: with `rows_needed`.
    pub detectable: Option<f64>,
    /// Rows of the metric's own denominator that the group needs, the other one's as they are, for
    /// the value as it is seen to lie past the limit, or within it, with its whole interval; of a
    /// small group those with which it is judged at all. `null` where it is settled already, or
    /// where no number would do.
    pub rows_needed: Option<u64>,
    /// Rows of the group and of the other one, where its own alone would not do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rows_needed_of_both: Option<[u64; 2]>,
}

/// The critical value of a comparison of one group with the best-off one of `groups` groups: the one
/// place that has to agree with the interval that decides.
fn critical(decide: &Decide, groups: usize) -> Option<f64> {
    // A sequence has no night on which its rows are all there.
    if decide.nights.is_some() {
        return None;
    }
    let among = Among {
        groups: groups.max(2),
        is_rate: true,
        ..Among::ALONE
    };
    decide.critical(among).map(|critical| critical.z)
}

/// Adds to each finding that compares two groups by one rate and has not failed; not where there are
/// more groups than are [`LISTED`].
pub fn add(findings: &mut [Finding], rule: &Rule, case: &Case, decide: &Decide) {
    let Eval::Gap(compare, [_], _) = rule.metric.eval else {
        return;
    };
    let is_natural = match compare {
        Compare::Ratio => matches!(rule.op, Op::AtLeast | Op::Above),
        Compare::Difference => matches!(rule.op, Op::AtMost | Op::Below),
    };
    if !is_natural || case.members.len() > LISTED {
        return;
    }
    let rates = rates(case);
    let groups: Vec<&Member> = case
        .members
        .iter()
        .filter(|member| is_judged(member, decide))
        .collect();
    let reference = findings.iter().find_map(|f| f.reference.clone());
    let best = match (&reference, groups.as_slice()) {
        (Some(values), _) => rates.get(values),
        // The only group that is large enough is the one to be compared with.
        (None, [alone]) => rates.get(&alone.values),
        (None, _) => None,
    };
    let Some(&best) = best else {
        return;
    };
    let best_is_highest = rule
        .bases()
        .first()
        .is_some_and(|base| is_highest_best(base, case.favorable));
    for finding in findings {
        let Some(&own) = finding.group.as_ref().and_then(|group| rates.get(group)) else {
            continue;
        };
        let is_small = finding.reason.as_deref() == Some(SMALL_GROUP);
        let pairing = Pairing {
            compare,
            limit: rule.limit,
            own,
            best,
            best_is_highest,
        };
        let is_settled = finding
            .interval
            .is_none_or(|i| rule.is_all_past(&i) || rule.is_all_within(&i));
        let power = if is_small {
            critical(decide, groups.len() + 1).and_then(|z| pairing.small(decide.min_group, z))
        } else if finding.value.is_some() && finding.status != Status::Fail {
            critical(decide, groups.len()).and_then(|z| pairing.seen(is_settled, z))
        } else {
            None
        };
        let is_undecided = finding.reason.as_deref() == Some(NOT_PROVED);
        let is_open = !is_settled && (finding.status == Status::Warn || is_undecided);
        // Where the value alone decides, nothing waits for proof.
        let is_told = decide.how != How::Point && (is_small || is_open);
        if let Some(power) = power.filter(|_| is_told) {
            finding.message += &power.text(compare, is_small);
        }
        finding.power = power;
    }
}

/// Whether a group has a rate, on rows enough to be judged.
fn is_judged(member: &Member, decide: &Decide) -> bool {
    let number = member.numbers.first().and_then(Option::as_ref);
    number.is_some_and(|number| {
        let rows = number.fraction.map_or(member.rows, |f| f.whole.rows);
        number.value.is_ok() && rows >= decide.min_group
    })
}

/// The rates of all groups that have one, on their rows.
pub(super) fn rates(case: &Case) -> BTreeMap<&Values, Fraction> {
    let rate = |member: &'_ Member| member.numbers.first()?.as_ref()?.fraction;
    let members = case.members.iter();
    members
        .filter_map(|member| Some((&member.values, rate(member)?)))
        .collect()
}

/// A group's rate against that of the best-off one.
struct Pairing {
    compare: Compare,
    limit: f64,
    own: Fraction,
    best: Fraction,
    best_is_highest: bool,
}

impl Pairing {
    /// A comparison that there is.
    fn seen(&self, is_settled: bool, z: f64) -> Option<Power> {
        let (_, own) = share(&self.own)?;
        let Needed { first, both } = if is_settled {
            Needed {
                first: None,
                both: None,
            }
        } else {
            rows_needed(&self.own, &self.best, self.signed(), z)?
        };
        Some(Power {
            probability: PROBABILITY,
            detectable: self.detectable(own, z),
            rows_needed: first,
            rows_needed_of_both: both.filter(|_| first.is_none()).map(|(a, b)| [a, b]),
        })
    }

    /// A group that is too small, as if it had `rows`, each worth as much as those that it has.
    fn small(&self, rows: u64, z: f64) -> Option<Power> {
        let (_, own) = share(&self.own)?;
        let worth = own / self.own.whole.rows as f64;
        Some(Power {
            probability: PROBABILITY,
            detectable: self.detectable(rows as f64 * worth, z),
            rows_needed: Some(rows),
            rows_needed_of_both: None,
        })
    }

    /// The limit of the group's rate less, or over, the best-off one's.
    fn signed(&self) -> Limit {
        match (self.compare, self.best_is_highest) {
            (Compare::Difference, true) => Limit::Difference(-self.limit),
            (Compare::Difference, false) => Limit::Difference(self.limit),
            (Compare::Ratio, true) => Limit::Ratio(self.limit),
            (Compare::Ratio, false) => Limit::Ratio(1.0 / self.limit),
        }
    }

    /// The gap, as a finding has it, that `own` rows would prove.
    fn detectable(&self, own: f64, z: f64) -> Option<f64> {
        let (rate, rows) = share(&self.best)?;
        let side = if self.best_is_highest {
            Side::Below
        } else {
            Side::Above
        };
        match self.signed() {
            Limit::Difference(limit) => {
                detectable_difference((own, rows), rate, limit, side, z, PROBABILITY).map(f64::abs)
            }
            Limit::Ratio(limit) => {
                let ratio = detectable_ratio((own, rows), rate, limit, side, z, PROBABILITY)?;
                Some(if self.best_is_highest {
                    ratio
                } else {
                    1.0 / ratio
                })
            }
        }
    }
}

impl Power {
    /// In words, after what was found.
    fn text(&self, compare: Compare, is_small: bool) -> String {
        let (noun, than) = match compare {
            Compare::Difference => ("difference", "over"),
            Compare::Ratio => ("ratio", "under"),
        };
        let gap = match self.detectable {
            Some(gap) => format!("a {noun} {than} {gap:.3}"),
            None => format!("no {noun}"),
        };
        let sure = format!(
            "{gap} is {:.0}% sure to be proved",
            self.probability * 100.0
        );
        match (self.rows_needed, self.rows_needed_of_both) {
            (Some(rows), _) if is_small => format!("; with {} rows {sure}", grouped(rows)),
            (Some(rows), _) => format!(
                "; {sure}, about {} rows behind its rate would settle it",
                about(rows)
            ),
            (None, Some([own, other])) => format!(
                "; {sure}, about {} rows behind its rate and {} behind the other would settle it",
                about(own),
                about(other)
            ),
            (None, None) => format!("; {sure}"),
        }
    }
}

/// Two digits of a number, rounded up: more are not known of a rate that is an estimate.
fn about(rows: u64) -> String {
    let mut unit = 1;
    while rows / unit >= 100 {
        unit *= 10;
    }
    grouped(rows.div_ceil(unit) * unit)
}

/// `12,300`
fn grouped(rows: u64) -> String {
    let digits = rows.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
