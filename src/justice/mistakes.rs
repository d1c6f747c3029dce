//! What distinguishes the wrongly decided rows of a group: a short list of rules.
//!
//! In: a case with labels, and decisions: the table's own, else the model's on rows that it has not
//! seen. Out: for each group and kind of mistake up to three rules of up to three conditions, found
//! on one half of the rows and measured on the other.

use super::conditions::{self, Condition, conditions};
use super::means::{NO_INTERVAL, grouped};
use super::{Case, Method, Needs};
use crate::error::Result;
use crate::fit::split;
use crate::profile::section::{Found, Kind, Line, Table};
use crate::stats::interval::{self, Interval};
use crate::stats::{Amount, Fraction, interval::Method as How};

/// The line of the registry.
pub const METHOD: Method = Method {
    name: "mistakes",
    about: "what distinguishes the wrongly decided rows of a group: a few short rules",
    title: "what distinguishes the wrongly decided rows",
    source: "beam search by weighted relative accuracy: Lavrač, Flach and Zupan 1999, \
             doi:10.1007/3-540-48751-4_17",
    needs: Needs::Decisions,
    answer,
};

/// Conditions of a rule at most.
const LENGTH: usize = 3;
/// Rules of a group and kind at most.
const RULES: usize = 3;
/// Rules that are made longer at once.
const BEAM: usize = 10;
/// Part of the rows that a rule holds for at least, and how many.
const SUPPORT: (f64, usize) = (0.05, conditions::ROWS);
/// Mistakes of each half, less of which say nothing.
const MISTAKES: usize = 5;

/// Rows of a group and label, of which some were decided wrongly.
struct Base {
    group: usize,
    label: bool,
    /// Rows of the table.
    rows: Vec<u32>,
    /// Which were decided wrongly.
    wrong: Vec<bool>,
    /// Which are looked at to find rules; the others measure them.
    finds: Vec<bool>,
    weights: Vec<f64>,
}

/// Conditions that hold together, and for which rows they do.
#[derive(Clone)]
struct Rule {
    conditions: Vec<usize>,
    holds: Vec<bool>,
    quality: f64,
}

/// A rule that was found, as it does on the rows that it was not found on.
struct Measured {
    text: String,
    within: Fraction,
    elsewhere: Fraction,
}

impl Measured {
    /// Whether more of its rows are mistakes than of the others.
    fn is_more(&self) -> bool {
        let both = self.within.value().zip(self.elsewhere.value());
        both.is_some_and(|(own, other)| own > other)
    }
}

fn answer(case: &Case) -> Result<Option<Found>> {
    let Some(decided) = decided(case)? else {
        return Ok(None);
    };
    let mut measured: Vec<(Base, Vec<Measured>)> = Vec::new();
    for part in case.parts().into_iter().skip(1) {
        let Some(group) = part.group else { continue };
        for label in [false, true] {
            let base = base(case, (group, label), &part.places, &decided);
            let rules = rules(case, &base);
            measured.push((base, rules));
        }
    }
    let tests: usize = measured.iter().map(|(_, rules)| rules.len()).sum();
    let mut table = grouped(
        Table::new(
            "mistakes",
            "rules that hold for more of the mistakes than of other rows",
        )
        .column("mistake", "mistake", Kind::Text, 0),
    )
    .column("rule", "where", Kind::Text, 0)
    .column("rows", "rows", Kind::Count, 2)
    .column("mistakes", "mistakes", Kind::Count, 3)
    .column("rate", "mistaken", Kind::Share, 0)
    .column("rate_interval", "interval", Kind::ShareInterval, 1)
    .column("elsewhere", "elsewhere", Kind::Share, 0)
    .column("difference_interval", "difference", Kind::Interval, 2);
    let mut found = Found::default();
    for (base, rules) in &measured {
        // What did not hold up on the other half is no rule.
        for rule in rules.iter().filter(|rule| rule.is_more()) {
            table.push(line(case, base, rule, tests));
        }
    }
    found
        .facts
        .extend(fact(case, &measured, tests).map(|fact| (0.7, fact)));
    let (whose, count) = (case.whose(), tests);
    found.tables.push(table);
    found.notes.push(format!(
        "mistakes: {whose}, held against the label; rules were found on one half of the rows, and \
         all numbers are of the other half, with intervals that hold for all {count} rules at once \
         (Bonferroni); a rule that does not hold for more of the mistakes there is left out"
    ));
    found.notes.extend(case.small());
    Ok(Some(found))
}

/// The decision of each place; none where there are no labels to hold it against.
fn decided(case: &Case) -> Result<Option<Vec<Option<bool>>>> {
    if !case
        .rows
        .iter()
        .any(|&row| case.labels[row as usize].is_some())
    {
        return Ok(None);
    }
    if !case.given.is_empty() {
        let rows = case.rows.iter();
        return Ok(Some(rows.map(|&row| case.given[row as usize]).collect()));
    }
    let columns = case.columns();
    let asked = case.asked(&columns, case.rows);
    let scores = case.held.scores(&asked)?;
    Ok(Some(case.held.decisions(&asked, &scores)))
}

fn base(
    case: &Case,
    (group, label): (usize, bool),
    places: &[usize],
    decided: &[Option<bool>],
) -> Base {
    let is_own = |place: &&usize| {
        let row = case.rows[**place] as usize;
        case.labels[row] == Some(label) && decided[**place].is_some()
    };
    let own: Vec<usize> = places.iter().filter(is_own).copied().collect();
    let wrong: Vec<bool> = own
        .iter()
        .map(|&place| decided[place] != Some(label))
        .collect();
    let strata: Vec<u32> = wrong.iter().map(|&wrong| u32::from(wrong)).collect();
    let seed = case.asking.seed ^ (2 * group as u64 + u64::from(label)).rotate_left(32);
    let halves = split::folds(&strata, 2, seed);
    Base {
        group,
        label,
        rows: own.iter().map(|&place| case.rows[place]).collect(),
        weights: own.iter().map(|&place| case.weight(place)).collect(),
        finds: halves.iter().map(|&half| half == 0).collect(),
        wrong,
    }
}

impl Base {
    /// The weight of rows, and of the mistakes among them.
    fn sums(&self, is_in: impl Fn(usize) -> bool) -> (f64, f64) {
        let (mut all, mut wrong) = (0.0, 0.0);
        for at in (0..self.rows.len()).filter(|&at| is_in(at)) {
            all += self.weights[at];
            if self.wrong[at] {
                wrong += self.weights[at];
            }
        }
        (all, wrong)
    }

    fn fraction(&self, is_in: impl Fn(usize) -> bool) -> Fraction {
        let (mut part, mut whole) = (Amount::default(), Amount::default());
        let add = |to: &mut Amount, weight: f64| {
            to.rows += 1;
            to.weight += weight;
            to.weight_sq += weight * weight;
        };
        for at in (0..self.rows.len()).filter(|&at| is_in(at)) {
            add(&mut whole, self.weights[at]);
            if self.wrong[at] {
                add(&mut part, self.weights[at]);
            }
        }
        Fraction::new(part, whole)
    }

    /// Of the rows that are looked at: weighted relative accuracy, the share of the rows times how
    /// much more of them are mistakes.
    fn quality(&self, holds: &[bool], is_open: &[bool]) -> f64 {
        let looked = |at: usize| self.finds[at] && is_open[at];
        let (all, wrong) = self.sums(looked);
        let (own, own_wrong) = self.sums(|at| looked(at) && holds[at]);
        if own > 0.0 {
            own / all * (own_wrong / own - wrong / all)
        } else {
            0.0
        }
    }

    fn has_support(&self, holds: &[bool], is_open: &[bool]) -> bool {
        let looked = || (0..self.rows.len()).filter(|&at| self.finds[at] && is_open[at]);
        let own = looked().filter(|&at| holds[at]).count();
        let least = (SUPPORT.0 * looked().count() as f64).max(SUPPORT.1 as f64);
        own as f64 >= least
    }
}

/// The rules of a group and kind; each is found where no earlier one holds.
fn rules(case: &Case, base: &Base) -> Vec<Measured> {
    let mistakes = base.wrong.iter().filter(|wrong| **wrong).count();
    if mistakes < 2 * MISTAKES {
        return Vec::new();
    }
    let found: Vec<u32> = (0..base.rows.len())
        .filter(|&at| base.finds[at])
        .map(|at| base.rows[at])
        .collect();
    let all = conditions(case.features, &base.rows, &found);
    let mut is_open = vec![true; base.rows.len()];
    let mut rules = Vec::new();
    while rules.len() < RULES {
        let Some(rule) = search(base, &all, &is_open) else {
            break;
        };
        for (open, holds) in is_open.iter_mut().zip(&rule.holds) {
            *open &= !holds;
        }
        let texts: Vec<&str> = rule.conditions.iter().map(|&at| &*all[at].text).collect();
        rules.push(Measured {
            text: texts.join(" and "),
            within: base.fraction(|at| !base.finds[at] && rule.holds[at]),
            elsewhere: base.fraction(|at| !base.finds[at] && !rule.holds[at]),
        });
    }
    rules
}

/// The best rule among the rows that are open.
fn search(base: &Base, all: &[Condition], is_open: &[bool]) -> Option<Rule> {
    let whole = Rule {
        conditions: Vec::new(),
        holds: vec![true; base.rows.len()],
        quality: 0.0,
    };
    let mut best: Option<Rule> = None;
    let mut beam = vec![whole];
    for _ in 0..LENGTH {
        let mut next: Vec<Rule> = Vec::new();
        for rule in &beam {
            next.extend(longer(base, all, is_open, rule));
        }
        // The best first; of equals those of the first conditions. The same ones come by several ways.
        next.sort_by(|a, b| {
            let order = b.quality.total_cmp(&a.quality);
            order.then(a.conditions.cmp(&b.conditions))
        });
        next.dedup_by(|a, b| a.conditions == b.conditions);
        next.truncate(BEAM);
        if let Some(first) = next.first()
            && best
                .as_ref()
                .is_none_or(|best| first.quality > best.quality + 1e-12)
        {
            best = Some(first.clone());
        }
        beam = next;
    }
    best
}

/// A rule with one more condition of another feature, where that makes it better.
fn longer(base: &Base, all: &[Condition], is_open: &[bool], rule: &Rule) -> Vec<Rule> {
    let made = (0..all.len()).filter_map(|at| {
        let condition = &all[at];
        let is_used = rule
            .conditions
            .iter()
            .any(|&own| all[own].feature == condition.feature);
        let both = rule.holds.iter().zip(&condition.holds);
        let holds: Vec<bool> = both.map(|(a, b)| *a && *b).collect();
        if is_used || !base.has_support(&holds, is_open) {
            return None;
        }
        let quality = base.quality(&holds, is_open);
        let mut conditions: Vec<usize> = rule.conditions.iter().copied().chain([at]).collect();
        conditions.sort_unstable();
        (quality > rule.quality + 1e-12).then_some(Rule {
            conditions,
            holds,
            quality,
        })
    });
    made.collect()
}

fn called(label: bool) -> &'static str {
    if label {
        "wrongly negative"
    } else {
        "wrongly positive"
    }
}

fn limits(pair: Option<(f64, f64)>, (confidence, method): (f64, How)) -> Option<Interval> {
    pair.map(|(low, high)| Interval {
        low,
        high,
        confidence,
        method,
    })
}

fn line(case: &Case, base: &Base, rule: &Measured, tests: usize) -> Line {
    let confidence = case.asking.confidence;
    let z = interval::z(confidence, tests as f64);
    let rate = z.and_then(|z| interval::rate_limits(&rule.within, z));
    let difference = z.and_then(|z| interval::difference_limits(&rule.within, &rule.elsewhere, z));
    let number = |fraction: &Fraction| fraction.value().ok_or("no_rows");
    Line::new()
        .text("attribute", case.attribute)
        .group("group", case.names[base.group].clone())
        .text("mistake", called(base.label))
        .text("rule", &*rule.text)
        .count("rows", rule.within.whole.rows)
        .count("mistakes", rule.within.part.rows)
        .number("rate", number(&rule.within))
        .interval(
            "rate_interval",
            limits(rate, (confidence, How::Wilson)),
            NO_INTERVAL,
        )
        .number("elsewhere", number(&rule.elsewhere))
        .interval(
            "difference_interval",
            limits(difference, (confidence, How::MiettinenNurminen)),
            NO_INTERVAL,
        )
}

/// The rule that holds for most mistakes, for sure.
fn fact(case: &Case, measured: &[(Base, Vec<Measured>)], tests: usize) -> Option<String> {
    let z = interval::z(case.asking.confidence, tests as f64)?;
    let mut best: Option<(f64, String)> = None;
    for (base, rules) in measured {
        for rule in rules {
            let Some((low, _)) = interval::difference_limits(&rule.within, &rule.elsewhere, z)
            else {
                continue;
            };
            let is_better = best.as_ref().is_none_or(|(most, _)| low > *most);
            let (Some(own), Some(other)) = (rule.within.value(), rule.elsewhere.value()) else {
                continue;
            };
            if low > 0.0 && is_better {
                let said = format!(
                    "{}: of the rows labelled {} where {}, {:.1}% are {}, of the others {:.1}%",
                    case.called(base.group),
                    if base.label { "positive" } else { "negative" },
                    rule.text,
                    100.0 * own,
                    called(base.label),
                    100.0 * other
                );
                best = Some((low, said));
            }
        }
    }
    best.map(|(_, said)| said)
}
