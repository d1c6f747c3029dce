//! One rule on one attribute: a check for each group that can be told, and for each that cannot.
//!
//! A gap is judged pair by pair: every compared group against the best-off one of those that have
//! enough rows, so that the worst check is the attribute's gap over extremes. Since the best-off
//! group was chosen by the data, its intervals hold together over all pairs (`infer::of_pair`).

use std::cmp::Ordering;

use super::decide::Among;
use super::limit;
use super::nights::Look;
use super::words::{self, Told};
use super::{Case, Decide, Finding, How, Member, Number, Rule, Severity, Status};
use crate::data::Favorable;
use crate::data::group::Values;
use crate::infer;
use crate::metrics::compare::{GroupValue, between, folded};
use crate::metrics::{
    Better, Compare, Eval, Family, Join, Metric, Undefined, Value, is_of_model, is_of_ways,
};
use crate::stats::{Fraction, Interval};

/// Groups of an attribute that are listed one by one when they cannot be decided; those of a larger
/// attribute are one check together for each reason, which says how many they are.
pub const LISTED: usize = 2_000;

/// Why a group decides nothing although it has a number.
pub const SMALL_GROUP: &str = "small_group";
/// Why an attribute decides nothing although it has a number.
pub const PARTIAL: &str = "partial";
/// Why an attribute decides nothing.
pub const ONE_GROUP: &str = "one_group";
/// Why a value within the limit decides nothing where the policy asks for proof.
pub const NOT_PROVED: &str = "not_proved";
/// Why nothing is known of a group.
pub const NOT_COMPUTED: &str = "not_computed";
/// Why what a surrogate would do is not judged: the reason of a finding.
pub const STAND_IN: &str = "of_a_surrogate";
/// Why how far ways lie apart is not judged where they were found by trying: the reason of a finding.
pub const OF_A_SEARCH: &str = "of_a_search";

/// Judges a rule on an attribute.
pub fn judge(rule: &Rule, case: &Case, decide: &Decide) -> Vec<Finding> {
    let judge = Judge { rule, case, decide };
    match rule.metric.eval {
        Eval::Rate(..) | Eval::Group(_) => judge.groups(),
        Eval::Gap(compare, [_], _) => judge.pairs(compare),
        Eval::Gap(compare, _, Join::Worst) => judge.worst_leg(compare),
        Eval::Gap(..) | Eval::Table(_) => judge.whole(),
    }
}

/// Whether the group with the highest number of this metric fares best.
pub(super) fn is_highest_best(base: &Metric, favorable: Favorable) -> bool {
    let of_decisions = matches!(base.family, Family::Independence | Family::Separation);
    match base.better {
        Better::Higher if !of_decisions || base.name.starts_with("favorable") => true,
        Better::Lower if !of_decisions => false,
        // Who gets the decision that people want, rightly or not, fares best.
        _ => match base.name {
            "true_negative_rate" | "false_negative_rate" => favorable == Favorable::Negative,
            _ => favorable == Favorable::Positive,
        },
    }
}

/// Why a group decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Undecided {
    Small(u64),
    Undefined(Undefined),
    NotComputed,
    StandIn,
    Searched,
}

impl Undecided {
    fn reason(self) -> String {
        match self {
            Self::Small(_) => SMALL_GROUP.to_owned(),
            Self::Undefined(why) => words::reason(why),
            Self::NotComputed => NOT_COMPUTED.to_owned(),
            Self::StandIn => STAND_IN.to_owned(),
            Self::Searched => OF_A_SEARCH.to_owned(),
        }
    }
}

/// A compared group that can be decided.
#[derive(Clone, Copy)]
struct Decided<'a> {
    member: &'a Member,
    number: &'a Number,
    value: f64,
}

/// What is judged.
struct Judged {
    value: Value,
    interval: Option<Interval>,
    /// How the value lies to the limit, where that is known exactly.
    order: Option<Ordering>,
    /// How many standard errors it is from the limit, and among how many it was chosen.
    off: Option<(f64, Among)>,
}

/// A pair of a gap, and which groups they are.
struct Pair<'a> {
    judged: Judged,
    group: &'a Member,
    best: &'a Member,
}

struct Judge<'a> {
    rule: &'a Rule,
    case: &'a Case,
    decide: &'a Decide,
}

impl<'a> Judge<'a> {
    /// The groups that can be decided on one base metric, and those that cannot.
    fn sorted(&self, base: usize) -> (Vec<Decided<'a>>, Vec<(&'a Member, Undecided)>) {
        let mut decided = Vec::new();
        let mut others = Vec::new();
        let metric = self.rule.bases()[base];
        let is_shown_alone = self.decide.has_stand_in && is_of_model(metric);
        let is_gap = matches!(self.rule.metric.eval, Eval::Gap(..));
        let is_of_search = self.decide.is_searched && is_gap && is_of_ways(metric);
        for member in &self.case.members {
            let Some(number) = member.numbers.get(base).and_then(Option::as_ref) else {
                others.push((member, Undecided::NotComputed));
                continue;
            };
            let rows = number.fraction.map_or(member.rows, |f| f.whole.rows);
            match number.value {
                Ok(_) if is_of_search => others.push((member, Undecided::Searched)),
                Ok(_) if is_shown_alone => others.push((member, Undecided::StandIn)),
                Err(why) => others.push((member, Undecided::Undefined(why))),
                Ok(_) if rows < self.decide.min_group => {
                    others.push((member, Undecided::Small(rows)));
                }
                Ok(value) => decided.push(Decided {
                    member,
                    number,
                    value,
                }),
            }
        }
        (decided, others)
    }

    /// A rate or another number of a group: each group is judged.
    fn groups(&self) -> Vec<Finding> {
        let (decided, others) = self.sorted(0);
        let mut findings: Vec<Finding> = decided
            .iter()
            .map(|group| {
                let exact = group.number.fraction.as_ref();
                let alone = Among {
                    look: self.look(self.rule.metric, &[*group]),
                    ..Among::ALONE
                };
                let z = infer::of_number(&of_group(*group), self.rule.limit);
                let judged = Judged {
                    value: Ok(group.value),
                    interval: self.of_one(group.number, alone),
                    order: exact.and_then(|rate| limit::of_rate(rate, self.rule.limit)),
                    off: z.map(|z| (z, alone)),
                };
                self.decided(&judged, Some(&group.member.values), None, &[])
            })
            .collect();
        findings.extend(self.undecided(self.rule.metric, &others));
        if self.case.members.is_empty() {
            findings.push(self.one_group());
        }
        findings
    }

    /// The interval of one group's number.
    fn of_one(&self, number: &Number, alone: Among) -> Option<Interval> {
        match (alone.look, &number.fraction) {
            (Some(_), Some(rate)) => infer::of_rate(rate, self.decide.critical(alone)?),
            _ => number.interval,
        }
    }

    /// What a comparison of these groups is in a sequence, where there is one.
    fn look(&self, base: &Metric, groups: &[Decided]) -> Option<Look> {
        let nights = self.decide.nights.as_ref()?;
        let rates: Option<Vec<(&Values, Fraction)>> = groups
            .iter()
            .map(|group| Some((&group.member.values, group.number.fraction?)))
            .collect();
        nights.look(self.case, base, &rates?)
    }

    /// A gap of one base metric: each group against the best-off one.
    fn pairs(&self, compare: Compare) -> Vec<Finding> {
        let bases = self.rule.bases();
        let Some(base) = bases.first() else {
            return Vec::new();
        };
        let (decided, others) = self.sorted(0);
        let mut findings = Vec::new();
        match self.against_best(base, compare, &decided, 1) {
            Some((best, pairs)) => {
                for (pair, group) in pairs.iter().zip(
                    decided
                        .iter()
                        .filter(|g| !std::ptr::eq(g.member, best.member)),
                ) {
                    let sides = [(base.name, group.value, best.value)];
                    let groups = (Some(&pair.group.values), Some(&pair.best.values));
                    findings.push(self.decided(&pair.judged, groups.0, groups.1, &sides));
                }
            }
            None => findings.push(self.one_group()),
        }
        findings.extend(self.undecided(base, &others));
        findings
    }

    /// The best-off group, and every other one against it.
    fn against_best(
        &self,
        base: &Metric,
        compare: Compare,
        decided: &[Decided<'a>],
        legs: usize,
    ) -> Option<(Decided<'a>, Vec<Pair<'a>>)> {
        if decided.len() < 2 {
            return None;
        }
        let highest = is_highest_best(base, self.case.favorable);
        let better = |a: f64, b: f64| if highest { a > b } else { a < b };
        let first = *decided.first()?;
        let best = decided.iter().fold(
            first,
            |best, &g| if better(g.value, best.value) { g } else { best },
        );
        let among = Among {
            groups: decided.len(),
            legs,
            is_rate: decided.iter().all(|group| group.number.fraction.is_some()),
            look: None,
        };
        let pairs = decided
            .iter()
            .filter(|group| !std::ptr::eq(group.member, best.member))
            .map(|group| {
                let look = self.look(base, &[*group, best]);
                self.pair(compare, *group, best, Among { look, ..among })
            })
            .collect();
        Some((best, pairs))
    }

    /// One group against the best-off one: high − low, or low / high.
    fn pair(
        &self,
        compare: Compare,
        group: Decided<'a>,
        best: Decided<'a>,
        among: Among,
    ) -> Pair<'a> {
        let (low, high) = if group.value <= best.value {
            (group, best)
        } else {
            (best, group)
        };
        let (first, second) = match compare {
            Compare::Difference => (of_group(high), of_group(low)),
            Compare::Ratio => (of_group(low), of_group(high)),
        };
        let value = between(compare, &first, &second);
        let value = match compare {
            Compare::Difference => value,
            // Of two negative numbers the one nearer to 0 is the smaller part of the other.
            Compare::Ratio => value.map(folded),
        };
        let critical = self.decide.critical(among);
        let interval = critical.and_then(|it| infer::of_pair(compare, &first, &second, it));
        let interval = interval.map(|interval| match compare {
            Compare::Ratio => interval,
            // The size of a difference is never negative.
            Compare::Difference => interval.within((0.0, self.rule.metric.range.1)),
        });
        let rates = low.number.fraction.zip(high.number.fraction);
        let z = infer::of_two(compare, &first, &second, self.rule.limit);
        Pair {
            judged: Judged {
                value,
                interval,
                order: rates
                    .and_then(|(low, high)| limit::of_pair(compare, &low, &high, self.rule.limit)),
                off: z.map(|z| (z, among)),
            },
            group: group.member,
            best: best.member,
        }
    }

    /// A joined gap whose worst leg counts (equalized odds): the worst pair of any leg.
    fn worst_leg(&self, compare: Compare) -> Vec<Finding> {
        let bases = self.rule.bases();
        let mut worst: Option<(Pair, (&str, f64, f64))> = None;
        let mut missing = Vec::new();
        let mut partial = false;
        for (at, base) in bases.iter().enumerate() {
            let (decided, others) = self.sorted(at);
            missing.extend(self.undecided(base, &others));
            let legs = bases.len();
            let Some((best, pairs)) = self.against_best(base, compare, &decided, legs) else {
                partial = true;
                continue;
            };
            for pair in pairs {
                let Ok(value) = pair.judged.value else {
                    partial = true;
                    continue;
                };
                let than = worst.as_ref().and_then(|(pair, _)| pair.judged.value.ok());
                let is_worse = than.is_none_or(|than| match compare {
                    Compare::Difference => value > than,
                    Compare::Ratio => value < than,
                });
                if is_worse {
                    let of = decided.iter().find(|g| std::ptr::eq(g.member, pair.group));
                    let side = (base.name, of.map_or(f64::NAN, |g| g.value), best.value);
                    worst = Some((pair, side));
                }
            }
        }
        // A leg that cannot be told can only make it worse.
        let mut findings = vec![match worst {
            None => self.one_group(),
            Some((pair, side)) => {
                let groups = (Some(&pair.group.values), Some(&pair.best.values));
                let mut finding = self.decided(&pair.judged, groups.0, groups.1, &[side]);
                finding.id = words::id(self.rule.metric, self.case, None);
                if partial && finding.status == Status::Pass {
                    self.make_partial(&mut finding);
                }
                finding
            }
        }];
        findings.extend(missing);
        findings
    }

    /// A number of the whole attribute.
    fn whole(&self) -> Vec<Finding> {
        let told = Told::new(self.rule, self.case, self.decide);
        let Some(whole) = &self.case.whole else {
            return vec![told.undecided(None, NOT_COMPUTED)];
        };
        if let Err(why) = whole.number.value {
            return vec![told.undecided(None, &words::reason(why))];
        }
        let ends = (whole.ends.0.as_ref(), whole.ends.1.as_ref());
        let judged = Judged {
            value: whole.number.value,
            interval: whole.number.interval,
            order: None,
            off: None,
        };
        let mut finding = self.decided(&judged, ends.0, ends.1, &[]);
        finding.id = words::id(self.rule.metric, self.case, None);
        let bases = 0..self.rule.bases().len();
        let small = bases
            .into_iter()
            .any(|base| !self.sorted(base).1.is_empty());
        if whole.partial || small {
            self.make_partial(&mut finding);
        }
        vec![finding]
    }

    fn make_partial(&self, finding: &mut Finding) {
        finding.status = Status::Undecided;
        finding.reason = Some(PARTIAL.to_owned());
        finding.message = Told::new(self.rule, self.case, self.decide).partial(finding.value);
    }

    /// The verdict on a number that there is.
    fn decided(
        &self,
        judged: &Judged,
        group: Option<&Values>,
        reference: Option<&Values>,
        sides: &[(&str, f64, f64)],
    ) -> Finding {
        let told = Told::new(self.rule, self.case, self.decide);
        let value = match judged.value {
            Ok(value) => value,
            Err(why) => return told.undecided(group, &words::reason(why)),
        };
        let order = judged
            .order
            .unwrap_or_else(|| value.total_cmp(&self.rule.limit));
        let is_past = self.rule.op.is_past(order);
        let status = match (
            self.status(is_past, judged.interval.as_ref()),
            self.rule.severity,
        ) {
            (Status::Fail, Severity::Warn) => Status::Warn,
            (status, _) => status,
        };
        let finding = told.decided(status, value, judged.interval, (group, reference), sides);
        let p = |(z, among): (f64, Among)| {
            // Of a limit that is kept it is said that it may be: the test is of one side.
            if is_past {
                self.decide.p(z, among)
            } else {
                1.0
            }
        };
        Finding {
            // Where the value alone decides, no error is known.
            p: judged
                .off
                .filter(|_| judged.interval.is_some() && self.decide.how != How::Point)
                .map(p),
            ..finding
        }
    }

    /// The verdict by the way in which the policy decides.
    fn status(&self, is_past: bool, interval: Option<&Interval>) -> Status {
        match (self.decide.how, is_past, interval) {
            (How::Interval | How::Point, false, _) => Status::Pass,
            (How::Bound, false, Some(i)) if self.rule.is_all_within(i) => Status::Pass,
            // What has no interval proves nothing.
            (How::Bound, false, _) => Status::Undecided,
            (How::Interval, true, Some(i)) if !self.rule.is_all_past(i) => Status::Warn,
            // Without an interval nothing speaks for the value not being what it is.
            (_, true, _) => Status::Fail,
        }
    }

    /// A check for each group that cannot be decided.
    fn undecided(&self, base: &Metric, others: &[(&Member, Undecided)]) -> Vec<Finding> {
        let told = Told::new(self.rule, self.case, self.decide);
        if self.case.members.len() <= LISTED {
            let of_one = |(member, why): &(&Member, Undecided)| match *why {
                Undecided::Small(rows) => told.small(&member.values, base.name, rows),
                _ => told.undecided_of(&member.values, base.name, &why.reason()),
            };
            return others.iter().map(of_one).collect();
        }
        let mut reasons: Vec<(String, u64)> = Vec::new();
        for (_, why) in others {
            let reason = why.reason();
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, groups)) => *groups += 1,
                None => reasons.push((reason, 1)),
            }
        }
        let together = |(reason, groups): &(String, u64)| told.together(base.name, reason, *groups);
        reasons.iter().map(together).collect()
    }

    fn one_group(&self) -> Finding {
        Told::new(self.rule, self.case, self.decide).undecided(None, ONE_GROUP)
    }
}

fn of_group(group: Decided) -> GroupValue {
    GroupValue {
        value: Ok(group.value),
        fraction: group.number.fraction,
        spread: group.number.spread,
    }
}
