//! A gate that runs night after night: how the error is shared by all nights and all that is judged.
//!
//! In: since which night each rate of each group is known, and with how many rows it began. Out: for
//! each check a confidence sequence ([`Sequence`]). A sequence is settled by what was known before
//! its first look: its share of the error and its tuning never change, whatever comes later.

use std::collections::BTreeMap;

use super::{Case, Rule};
use crate::data::group::Values;
use crate::metrics::{Eval, Metric};
use crate::stats::sequence::Sequence;
use crate::stats::{Critical, Fraction, Method};

/// A sequence is narrowest after so many nights of the first one's rows.
pub const HORIZON: f64 = 10.0;

/// The share of the error that is kept for groups which are first seen on a later night.
const RESERVE: f64 = 0.1;

/// One rate of one group: scenario, attribute, stratum, group, metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Whose decisions.
    pub scenario: String,
    /// Which attribute.
    pub attribute: String,
    /// The stratum of the controls, if it is one.
    pub stratum: Option<Values>,
    /// Which group.
    pub group: Values,
    /// The rate's name.
    pub metric: String,
}

impl Place {
    /// Of a group of a case.
    pub fn new(case: &Case, group: &Values, base: &Metric) -> Self {
        Self {
            scenario: case.scenario.clone(),
            attribute: case.attribute.clone(),
            stratum: case.stratum.clone(),
            group: group.clone(),
            metric: base.name.to_owned(),
        }
    }
}

/// How a rate began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// The night on which its group was first seen, from 1.
    pub since: u64,
    /// The effective rows of its denominator on the first night that had any.
    pub rows: f64,
}

/// What is known of all nights so far, the last one included.
#[derive(Debug, Clone, PartialEq)]
pub struct Nights {
    /// How many they are.
    pub count: u64,
    confidence: f64,
    horizon: f64,
    seen: BTreeMap<Place, Seen>,
    /// How many tests began on a night.
    tests: BTreeMap<u64, u64>,
}

impl Nights {
    /// So many nights; `horizon` is in nights of a rate's first rows.
    pub fn new(count: u64, confidence: f64, horizon: f64, seen: BTreeMap<Place, Seen>) -> Self {
        Self {
            count,
            confidence,
            horizon,
            seen,
            tests: BTreeMap::new(),
        }
    }

    /// Counts what a rule may ever test on a case: every group, or every pair of groups, of each base
    /// metric, however few rows they have.
    pub fn expect(&mut self, rule: &Rule, case: &Case) {
        let is_gap = matches!(rule.metric.eval, Eval::Gap(..));
        for base in rule.bases() {
            let mut groups: BTreeMap<u64, u64> = BTreeMap::new();
            for member in &case.members {
                if let Some(seen) = self.seen.get(&Place::new(case, &member.values, base)) {
                    *groups.entry(seen.since).or_default() += 1;
                }
            }
            let mut before = 0;
            for (since, new) in groups {
                // A pair begins when the later of its groups is seen.
                let tests = if is_gap {
                    new * before + new * (new - 1) / 2
                } else {
                    new
                };
                before += new;
                if tests > 0 {
                    *self.tests.entry(since).or_default() += tests;
                }
            }
        }
    }

    /// By how many tests the error is divided for one that began on a night: those of the first
    /// night share nine tenths of it, those of the next night on which any began half of the rest,
    /// and so on. So all of them together never have more than the whole, however many there will be.
    fn divisor(&self, since: u64) -> f64 {
        let earlier = self.tests.range(..since).count();
        let own = self.tests.get(&since).copied().unwrap_or(1).max(1) as f64;
        if earlier == 0 {
            own / (1.0 - RESERVE)
        } else {
            let halved = i32::try_from(earlier).unwrap_or(i32::MAX);
            own * 2.0_f64.powi(halved) / RESERVE
        }
    }

    /// What a rate, or a comparison of two, is in its sequence on this night.
    pub fn look(&self, case: &Case, base: &Metric, rates: &[(&Values, Fraction)]) -> Option<Look> {
        let mut since = 1;
        // Rows that groups are worth together: 1 / Σ 1/n.
        let (mut began, mut now) = (0.0, 0.0);
        for (group, rate) in rates {
            let seen = self.seen.get(&Place::new(case, group, base))?;
            since = since.max(seen.since);
            began += 1.0 / seen.rows;
            now += 1.0 / rate.effective();
        }
        let divisor = self.divisor(since);
        Some(Look {
            sequence: Sequence::new(self.confidence, divisor, self.horizon / began)?,
            divisor,
            rows: 1.0 / now,
        })
    }

    /// What an interval holds over, in a message.
    pub fn text(&self) -> String {
        match self.count {
            1 => ", sequential, 1 night".to_owned(),
            nights => format!(", sequential, {nights} nights"),
        }
    }
}

/// One night's look at one sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    sequence: Sequence,
    /// By how much its error is divided.
    divisor: f64,
    /// What its rows are worth so far.
    rows: f64,
}

impl Look {
    /// How far its interval reaches.
    pub fn critical(self, confidence: f64) -> Critical {
        Critical {
            z: self.sequence.z(self.rows),
            confidence,
            method: Some(Method::Sequence),
        }
    }

    /// The probability that this test, or any other, is ever so far past its limit.
    pub fn p(self, z: f64) -> f64 {
        (self.sequence.p(z, self.rows) * self.divisor).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Favorable;
    use crate::metrics::{self, Undefined};
    use crate::policy::{Adjust, Decide, How, Member, Number, Op, Scope, Status, judge};
    use crate::stats::Amount;
    use crate::stats::random::{Binomial, Streams};

    fn values(name: &str) -> Values {
        Values::from_iter([("race".to_owned(), Some(name.to_owned()))])
    }

    fn case(counts: &[(&str, u64, u64)]) -> Case {
        let member = |&(name, part, whole): &(&str, u64, u64)| {
            let fraction = Fraction::new(Amount::rows(part), Amount::rows(whole));
            Member {
                values: values(name),
                rows: whole,
                numbers: vec![Some(Number {
                    value: fraction.value().ok_or(Undefined::NoRows),
                    fraction: Some(fraction),
                    spread: None,
                    interval: None,
                })],
            }
        };
        Case {
            scenario: "as_given".to_owned(),
            several: false,
            attribute: "race".to_owned(),
            stratum: None,
            favorable: Favorable::Positive,
            members: counts.iter().map(member).collect(),
            whole: None,
        }
    }

    fn rule(metric: &str, op: Op, limit: f64) -> Rule {
        Rule::new(metrics::find(metric).unwrap(), Scope::Single, op, limit)
    }

    fn decide(nights: Option<Nights>) -> Decide {
        Decide {
            how: How::Interval,
            min_group: 30,
            confidence: 0.95,
            adjust: Adjust::None,
            redrawn: None,
            nights,
            has_stand_in: false,
            is_searched: false,
        }
    }

    /// Of groups that were first seen on these nights, with 40 rows each.
    fn nights(count: u64, rules: &[Rule], case: &Case, since: &[u64]) -> Nights {
        let base = metrics::find("selection_rate").unwrap();
        let members = case.members.iter().zip(since);
        let seen = members.map(|(member, &since)| {
            let rows = 40.0;
            (Place::new(case, &member.values, base), Seen { since, rows })
        });
        let mut nights = Nights::new(count, 0.95, HORIZON, seen.collect());
        for rule in rules {
            nights.expect(rule, case);
        }
        nights
    }

    /// Two rules at their very limits on three groups, one of which comes on the tenth night: how
    /// many of `runs` gates ever fail over 30 nights, by the sequence and by one look each night.
    fn ever_failed(runs: u64) -> [u64; 2] {
        let rules = [
            rule("selection_rate_ratio", Op::AtLeast, 0.8),
            rule("selection_rate_difference", Op::AtMost, 0.1),
        ];
        let shares = [("a", 0.5), ("b", 0.4), ("c", 0.4)];
        let fails = |case: &Case, decide: &Decide| {
            let mut found = rules.iter().flat_map(|rule| judge(rule, case, decide));
            found.any(|finding| finding.status == Status::Fail)
        };
        let streams = Streams::new(5);
        let mut failed = [0; 2];
        for run in 0..runs {
            let mut random = streams.stream(run);
            let mut counts = shares.map(|(name, _)| (name, 0, 0));
            let mut ever = [false; 2];
            for night in 1..=30 {
                let known = if night < 10 { 2 } else { 3 };
                for (count, (_, share)) in counts.iter_mut().zip(shares).take(known) {
                    count.1 += Binomial::new(share).draw(40, &mut random);
                    count.2 += 40;
                }
                let case = case(&counts[..known]);
                let nights = nights(night, &rules, &case, &[1, 1, 10]);
                ever[0] |= fails(&case, &decide(Some(nights)));
                ever[1] |= fails(&case, &decide(None));
            }
            for (count, ever) in failed.iter_mut().zip(ever) {
                *count += u64::from(ever);
            }
        }
        failed
    }

    #[test]
    fn a_gate_at_its_limits_seldom_ever_fails_over_thirty_nights() {
        let [sequence, once] = ever_failed(300);
        println!("of 300 gates: {sequence} by the sequence, {once} by one look each night");
        assert!(sequence <= 15, "{sequence}");
        assert!(once > 30, "{once}");
    }

    #[test]
    fn newcomers_share_what_was_kept_for_them_and_change_nothing_for_others() {
        let rules = [rule("selection_rate_ratio", Op::AtLeast, 0.8)];
        let counts = [("a", 50, 100), ("b", 40, 100), ("c", 40, 100), ("d", 9, 90)];
        let first = case(&counts[..2]);
        let all = case(&counts);
        let base = metrics::find("selection_rate").unwrap();
        let of = |nights: &Nights, case: &Case, names: [usize; 2]| {
            let rates: Vec<_> = names
                .map(|at| {
                    (
                        &case.members[at].values,
                        case.members[at].numbers[0].as_ref(),
                    )
                })
                .into_iter()
                .map(|(values, number)| (values, number.unwrap().fraction.unwrap()))
                .collect();
            nights.look(case, base, &rates).unwrap()
        };
        let before = nights(1, &rules, &first, &[1, 1]);
        let after = nights(9, &rules, &all, &[1, 1, 4, 9]);
        let old = of(&before, &first, [0, 1]);
        assert_eq!(old, of(&after, &all, [0, 1]));
        // 1 pair, then 2, then 3: the errors of all are .9 + .05 + .025 of the whole.
        let divisors = [[0, 1], [0, 2], [2, 3]].map(|pair| of(&after, &all, pair).divisor);
        for (found, wanted) in divisors
            .into_iter()
            .zip([1.0 / 0.9, 2.0 / 0.05, 3.0 / 0.025])
        {
            assert!((found - wanted).abs() < 1e-9, "{found} is not {wanted}");
        }
    }

    #[test]
    fn the_interval_is_the_sequences_and_wider_than_that_of_one_look() {
        let rules = [rule("selection_rate_ratio", Op::AtLeast, 0.8)];
        let case = case(&[("a", 500, 1_000), ("b", 300, 1_000)]);
        let nights = nights(7, &rules, &case, &[1, 1]);
        let found = &judge(&rules[0], &case, &decide(Some(nights)))[0];
        let once = &judge(&rules[0], &case, &decide(None))[0];
        let (found, p) = (found.interval.unwrap(), found.p.unwrap());
        let sequence = Sequence::new(0.95, 1.0 / 0.9, 200.0).unwrap();
        let of = |at: usize| {
            case.members[at].numbers[0]
                .as_ref()
                .unwrap()
                .fraction
                .unwrap()
        };
        let (low, high) = sequence.ratio(&of(1), &of(0)).unwrap();
        assert_eq!((found.low, found.high), (low, high));
        assert_eq!((found.method, found.confidence), (Method::Sequence, 0.95));
        let once = once.interval.unwrap();
        assert!(found.low < once.low && once.high < found.high);
        // All of it is below the limit, and so is its p below the error.
        assert!(high < 0.8 && p < 0.05, "{high} {p}");
    }
}
