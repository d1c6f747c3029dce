//! Gaps within the strata of controls, pooled over them, beside the gap in all rows.
//!
//! In: tables with strata. Out: for each compared group and rate what stands in
//! [`PooledReport`], and warnings where the crude number alone would mislead.

use crate::data::group::Values;
use crate::data::{Coordinate, Favorable, Group, Role};
use crate::metrics::{self, Eval, Metric};
use crate::policy::{LISTED, Rule};
use crate::report::label::joined;
use crate::report::number::MINUS;
use crate::report::pooled::{Gap, Gaps, PooledReport, Reading};
use crate::stats::strata::{Pooled, Strata, Stratum};
use crate::stats::{Fraction, Interval, Method, interval};
use crate::tally::{Axis, Row, Table, Tally};

/// Warnings that are told one by one.
const TOLD: usize = 3;

/// What is pooled.
pub struct Pooling {
    /// The rates that are compared.
    rates: Vec<&'static Metric>,
    /// Of the intervals.
    confidence: f64,
    /// Rows of each group that tell anything.
    min_group: u64,
}

impl Pooling {
    /// The rates that rules and the named metrics compare one by one; where none are named, also
    /// the share of those who get the favorable decision, or of the positive labels where there is
    /// no decision.
    pub fn new(
        named: Option<&[&str]>,
        rules: &[Rule],
        roles: &[Role],
        favorable: Favorable,
        (confidence, min_group): (f64, u64),
    ) -> Self {
        let usual = match (roles.contains(&Role::Prediction), favorable) {
            (true, Favorable::Positive) => "selection_rate",
            (true, Favorable::Negative) => "favorable_rate",
            (false, _) => "base_rate",
        };
        let usual = named.is_none().then_some(usual).and_then(metrics::find);
        let named = named.unwrap_or_default().iter();
        let compared = rules.iter().map(|rule| rule.metric);
        let compared = compared.chain(named.filter_map(|name| metrics::find(name)));
        let mut rates: Vec<&'static Metric> = Vec::new();
        for rate in usual
            .into_iter()
            .chain(compared.filter_map(|m| rate(m, favorable)))
        {
            let known = rates.iter().any(|other| other.name == rate.name);
            let is_there = rate.needs.iter().all(|role| roles.contains(role));
            if !known && is_there {
                rates.push(rate);
            }
        }
        Self {
            rates,
            confidence,
            min_group,
        }
    }

    /// The gaps of all tables of a tally; none where it has no strata.
    pub fn of(&self, tally: &Tally, tables: &[Table]) -> Vec<PooledReport> {
        let controls = tally.controls().into_iter();
        let names: Vec<&str> = controls
            .map(|axis| tally.axes[axis].name.as_str())
            .collect();
        let control = names.join("*");
        let mut list = Vec::new();
        let is_compared = |table: &&Table| {
            !table.attribute.0.is_empty()
                && !table.strata.is_empty()
                && table.compared_rows().len() <= LISTED
        };
        for table in tables.iter().filter(is_compared) {
            let Some(reference) = table.reference.or_else(|| largest(table)) else {
                continue;
            };
            for at in (0..table.compared_rows().len()).filter(|at| *at != reference) {
                for rate in &self.rates {
                    let Eval::Rate(of, _) = rate.eval else {
                        continue;
                    };
                    let rows = [&table.rows[at], &table.rows[reference]];
                    let of = |row: &Row| of(&row.cell, table.favorable);
                    let values = |row: &Row| values(&tally.axes, table, &row.group);
                    let about = About {
                        scenario: &tally.scenario,
                        control: &control,
                        attribute: &table.name,
                        metric: rate.name,
                    };
                    let sides = [rows[0], rows[1]].map(values);
                    list.push(self.pair(&about, sides, rows, table, &of));
                }
            }
        }
        list
    }

    fn pair(
        &self,
        about: &About,
        [group, reference]: [Values; 2],
        [a, b]: [&Row; 2],
        table: &Table,
        of: &dyn Fn(&Row) -> Fraction,
    ) -> PooledReport {
        let within = |stratum: &Table, group: &Group| {
            let row = stratum.find(group).map(|at| &stratum.rows[at]);
            row.map_or_else(nothing, of)
        };
        let strata = table.strata.iter().map(|stratum| Stratum {
            a: within(stratum, &a.group),
            b: within(stratum, &b.group),
        });
        let strata: Vec<Stratum> = strata.filter(|s| rows(&s.a) + rows(&s.b) > 0).collect();
        let silent = strata
            .iter()
            .filter(|s| s.a.value().is_none() || s.b.value().is_none());
        let rows_left_out = silent.map(|s| rows(&s.a) + rows(&s.b)).sum();
        let whole = Stratum { a: of(a), b: of(b) };
        let strata = Strata::new(&strata);
        let crude = self.crude(&whole);
        let pooled = self.pooled(&strata);
        let differences = crude.difference.as_ref().zip(pooled.difference.as_ref());
        let association_p = strata.association().map(|test| test.p);
        PooledReport {
            scenario: about.scenario.to_owned(),
            control: about.control.to_owned(),
            bins: None,
            attribute: about.attribute.to_owned(),
            group,
            reference,
            metric: about.metric.to_owned(),
            moved: differences.map(|(crude, pooled)| pooled.value - crude.value),
            reversed: differences.is_some_and(|(crude, pooled)| crude.value * pooled.value < 0.0),
            reading: if rows(&whole.a).min(rows(&whole.b)) < self.min_group {
                Some(Reading::Small)
            } else {
                let limited = |(crude, pooled): (&Gap, &Gap)| crude.limited().zip(pooled.limited());
                let is_found = association_p.is_some_and(|p| p <= 1.0 - self.confidence);
                let read = |(crude, pooled)| Reading::of(crude, pooled, pooled, is_found);
                differences.and_then(limited).map(read)
            },
            crude,
            pooled,
            association_p,
            homogeneity: strata.homogeneity(),
            strata_used: strata.used(),
            strata_left_out: strata.left_out(),
            rows_left_out,
        }
    }

    /// All rows together; the odds ratio as if they were one stratum.
    fn crude(&self, whole: &Stratum) -> Gaps {
        let (a, b) = (&whole.a, &whole.b);
        let values = a.value().zip(b.value());
        let gap = |value: f64, interval| Gap { value, interval };
        let ratio = values.filter(|(_, b)| *b > 0.0).map(|(a, b)| a / b);
        Gaps {
            difference: values
                .map(|(p, q)| gap(p - q, interval::difference(a, b, self.confidence))),
            ratio: ratio.map(|ratio| gap(ratio, interval::ratio(a, b, self.confidence))),
            odds_ratio: self.pooled(&Strata::new(&[*whole])).odds_ratio,
        }
    }

    fn pooled(&self, strata: &Strata) -> Gaps {
        let gap = |found: Option<Pooled>, method| {
            found.map(|pooled| Gap {
                value: pooled.value,
                interval: Some(Interval {
                    low: pooled.low,
                    high: pooled.high,
                    confidence: self.confidence,
                    method,
                }),
            })
        };
        let confidence = self.confidence;
        Gaps {
            difference: gap(strata.difference(confidence), Method::Sato),
            ratio: gap(strata.ratio(confidence), Method::GreenlandRobins),
            odds_ratio: gap(
                strata.odds_ratio(confidence),
                Method::RobinsBreslowGreenland,
            ),
        }
    }
}

/// What a gap is of.
struct About<'a> {
    scenario: &'a str,
    control: &'a str,
    attribute: &'a str,
    metric: &'static str,
}

/// The one rate that a metric compares, if it does; where the positive outcome is the favorable
/// one, the rates of both are one.
fn rate(metric: &Metric, favorable: Favorable) -> Option<&'static Metric> {
    let Eval::Gap(_, &[base], _) = metric.eval else {
        return None;
    };
    let base = match (base, favorable) {
        ("favorable_rate", Favorable::Positive) => "selection_rate",
        _ => base,
    };
    metrics::find(base).filter(|metric| matches!(metric.eval, Eval::Rate(..)))
}

/// The rows that a rate is of.
fn rows(fraction: &Fraction) -> u64 {
    fraction.whole.rows
}

fn nothing() -> Fraction {
    Fraction::new(
        crate::stats::Amount::default(),
        crate::stats::Amount::default(),
    )
}

/// The compared group with the most rows, the first among equals.
fn largest(table: &Table) -> Option<usize> {
    let rows = table.compared_rows().iter().enumerate();
    let most = rows.max_by_key(|(at, row)| (row.cell.total().rows, std::cmp::Reverse(*at)));
    most.map(|(at, _)| at)
}

fn values(axes: &[Axis], table: &Table, group: &Group) -> Values {
    let own = table.attribute.0.iter();
    own.map(|&axis| {
        let value = match &group.0[axis] {
            Coordinate::Is(value) => Some(value.clone()),
            Coordinate::Missing | Coordinate::Any => None,
        };
        (axes[axis].name.clone(), value)
    })
    .collect()
}

/// Warnings of gaps that turn or go where like is compared with like, those that move most first.
pub fn notes(list: &[PooledReport]) -> Vec<String> {
    let mut told: Vec<&PooledReport> = list
        .iter()
        .filter(|row| row.reading.is_some_and(Reading::is_paradox))
        .collect();
    let size = |row: &PooledReport| row.moved.map_or(0.0, f64::abs);
    // Single columns before their products; a stable sort, so that equals stay in order.
    told.sort_by(|a, b| {
        let columns = a.group.len().cmp(&b.group.len());
        columns.then(size(b).total_cmp(&size(a)))
    });
    let mut notes: Vec<String> = told.iter().take(TOLD).filter_map(|row| note(row)).collect();
    if told.len() > TOLD {
        notes.push(format!(
            "{} more gaps turn round or vanish where like is compared with like",
            told.len() - TOLD
        ));
    }
    notes
}

/// A number with its sign, which is the one of the tables.
fn signed(number: f64) -> String {
    format!("{number:+.3}").replace('-', MINUS)
}

fn note(row: &PooledReport) -> Option<String> {
    let (crude, pooled) = (
        row.crude.difference.as_ref()?,
        row.pooled.difference.as_ref()?,
    );
    let within = pooled.interval?;
    // Only where the sign turns is it a paradox, however sure the other side is.
    let name = if row.reversed {
        "Simpson's paradox: "
    } else {
        ""
    };
    let end = match row.reading? {
        Reading::Reversed => "the gap turns round",
        _ => "no gap is left that could not be chance",
    };
    Some(format!(
        "{name}the difference in {} of {} {} and {} is {} over all rows, and {} ({} to {}) where `{}` \
         is alike: {end}",
        row.metric,
        row.attribute,
        joined(&row.group, &row.attribute),
        joined(&row.reference, &row.attribute),
        signed(crude.value),
        signed(pooled.value),
        signed(within.low),
        signed(within.high),
        row.control,
    ))
}
