//! Numbers of groups held against each other: extremes, reference, rest, overall.
//!
//! In: a metric and a table. Out: the number of a group, or the gaps between groups. A number that
//! does not exist has a reason; a gap over groups of which some have none says so (`partial`); a
//! single group is not fair but undefined. Groups with missing values are never compared.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;

pub use super::pair::{between, folded};
use super::pair::{distance, finite, reason};
use super::{Against, Compare, Eval, Join, Metric, Undefined, Value, find, spread, together};
use crate::data::Group;
use crate::stats::{Fraction, Spread};
use crate::tally::{Row, Table};

/// A metric of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupValue {
    /// The number.
    pub value: Value,
    /// Numerator and denominator, where it is a rate.
    pub fraction: Option<Fraction>,
    /// How far the number may be off, where it is no rate and that is known.
    pub spread: Option<Spread>,
}

/// A metric of an attribute, or of one group of it against another.
#[derive(Clone)]
pub struct Measure {
    /// Which metric.
    pub metric: &'static Metric,
    /// What the groups are held against.
    pub against: Against,
    /// The number.
    pub value: Value,
    /// Some group was undefined and is left out: a rule on this cannot pass.
    pub partial: bool,
    /// The row of the group that is compared, or of the lowest under [`Against::Extremes`].
    pub group: Option<usize>,
    /// The row of what it is compared with, or of the highest group under [`Against::Extremes`];
    /// `None` where it is no group of the attribute (rest, overall).
    pub reference: Option<usize>,
    /// The numbers compared, in that order, of each base metric: what `infer` needs.
    pub sides: Vec<(GroupValue, GroupValue)>,
    /// The numbers of all compared groups over extremes, of each base metric, undefined ones among
    /// them: what simultaneous intervals need.
    pub all: Vec<Vec<GroupValue>>,
}

/// The metric of one group; `None` for metrics that are not of one group.
pub fn group(metric: &Metric, row: &Row, table: &Table) -> Option<GroupValue> {
    let (value, fraction) = match metric.eval {
        Eval::Rate(of, why) => {
            let fraction = of(&row.cell, table.favorable);
            (fraction.value().ok_or(why), Some(fraction))
        }
        Eval::Group(of) => (of(row, table), None),
        Eval::Gap(..) | Eval::Table(_) => return None,
    };
    let value = value
        .and_then(finite)
        .map_err(|why| reason(metric, &row.cell, why));
    let spread = value
        .ok()
        .and_then(|number| spread::of(metric, row, table, number));
    Some(GroupValue {
        value,
        fraction,
        spread,
    })
}

/// The compared groups for which the metric, or one that it is a gap of, is undefined, and why.
pub fn undefined(metric: &Metric, table: &Table) -> Vec<(Group, Undefined)> {
    let of: Vec<&Metric> = match metric.eval {
        Eval::Gap(_, bases, _) => bases.iter().filter_map(|base| find(base)).collect(),
        Eval::Rate(..) | Eval::Group(_) => vec![metric],
        Eval::Table(_) => Vec::new(),
    };
    let why = |row: &Row| {
        of.iter()
            .find_map(|metric| group(metric, row, table)?.value.err())
    };
    let rows = table.compared_rows().iter();
    rows.filter_map(|row| Some((row.group.clone(), why(row)?)))
        .collect()
}

/// The metric of an attribute, held against `against`: one measure for extremes and table metrics
/// (which have extremes only), one for each compared group but the reference otherwise; empty where
/// the metric is not of that kind, or where no group is the reference.
///
/// Over extremes a difference is highest − lowest and a ratio lowest / highest; otherwise group −
/// reference and group / reference.
pub fn measures(metric: &'static Metric, table: &Table, against: Against) -> Vec<Measure> {
    Numbers::new(table, &[]).measures(metric, against)
}

/// The numbers of a table's groups, each computed once however many comparisons it is part of.
pub struct Numbers<'t> {
    table: &'t Table,
    values: BTreeMap<&'static str, Vec<GroupValue>>,
}

impl<'t> Numbers<'t> {
    /// Those of these metrics, and of all that they compare.
    pub fn new(table: &'t Table, metrics: &[&'static Metric]) -> Self {
        let mut bases: BTreeMap<&'static str, &'static Metric> = BTreeMap::new();
        for metric in metrics {
            match metric.eval {
                Eval::Gap(_, names, _) => {
                    let found = names.iter().filter_map(|name| find(name));
                    bases.extend(found.map(|base| (base.name, base)));
                }
                _ => bases.extend([(metric.name, *metric)]),
            }
        }
        let of = |(name, metric): (&'static str, &'static Metric)| {
            let rows = table.rows.iter();
            let values: Option<Vec<GroupValue>> =
                rows.map(|row| group(metric, row, table)).collect();
            Some((name, values?))
        };
        Self {
            table,
            values: bases.into_par_iter().filter_map(of).collect(),
        }
    }

    /// A metric of every group, in the order of the table's rows; `None` where it is not of one
    /// group, or was not asked for.
    pub fn of(&self, metric: &Metric) -> Option<&[GroupValue]> {
        self.values.get(metric.name).map(Vec::as_slice)
    }

    /// The comparisons of a metric, as [`measures`].
    pub fn measures(&self, metric: &'static Metric, against: Against) -> Vec<Measure> {
        let table = self.table;
        match metric.eval {
            Eval::Gap(compare, bases, join) => {
                let legs: Vec<Leg> = bases
                    .iter()
                    .filter_map(|base| find(base))
                    .map(|base| Leg::new(base, compare, self))
                    .collect();
                if against == Against::Extremes {
                    vec![extremes(metric, table, &legs, join)]
                } else {
                    signed(metric, table, against, &legs, join)
                }
            }
            Eval::Table(of) if against == Against::Extremes => {
                let value = of(table)
                    .and_then(finite)
                    .map_err(|why| reason(metric, &table.compared, why));
                vec![Measure {
                    value,
                    ..Measure::new(metric, against)
                }]
            }
            _ => Vec::new(),
        }
    }
}

impl Measure {
    /// The rates compared, where it is one pair of rates.
    pub fn fractions(&self) -> Option<(Fraction, Fraction)> {
        let [(a, b)] = self.sides.as_slice() else {
            return None;
        };
        a.fraction.zip(b.fraction)
    }

    fn new(metric: &'static Metric, against: Against) -> Self {
        Self {
            metric,
            against,
            value: Err(Undefined::OneGroup),
            partial: false,
            group: None,
            reference: None,
            sides: Vec::new(),
            all: Vec::new(),
        }
    }
}

/// One base metric of a gap, with its number for each compared group.
struct Leg<'a> {
    base: &'static Metric,
    compare: Compare,
    values: Cow<'a, [GroupValue]>,
}

impl<'a> Leg<'a> {
    fn new(base: &'static Metric, compare: Compare, numbers: &'a Numbers) -> Self {
        let rows = numbers.table.compared_rows();
        let values = match numbers.of(base) {
            Some(values) => Cow::Borrowed(&values[..rows.len()]),
            None => rows
                .iter()
                .filter_map(|row| group(base, row, numbers.table))
                .collect(),
        };
        Self {
            base,
            compare,
            values,
        }
    }

    /// The defined numbers with their groups' positions.
    fn defined(&self) -> impl Iterator<Item = (usize, f64)> {
        let values = self.values.iter().enumerate();
        values.filter_map(|(at, value)| Some((at, value.value.ok()?)))
    }

    /// Why some group is undefined; of several reasons the first of the list, in whatever order the
    /// groups are.
    fn undefined(&self) -> Option<Undefined> {
        self.values
            .iter()
            .filter_map(|value| value.value.err())
            .min()
    }

    /// Lowest and highest group, and the gap between them.
    fn extremes(&self) -> (Option<(usize, usize)>, Value) {
        let Some((low, high)) = ends(self.defined()) else {
            return (None, Err(self.undefined().unwrap_or(Undefined::OneGroup)));
        };
        let (lowest, highest) = (&self.values[low], &self.values[high]);
        let value = match self.compare {
            Compare::Difference => between(Compare::Difference, highest, lowest),
            // Of two negative numbers the one nearer to 0 is the smaller part of the other.
            Compare::Ratio => between(Compare::Ratio, lowest, highest).map(folded),
        };
        (Some((low, high)), value)
    }
}

/// Positions of the lowest and the highest number, the first among equals; `None` for fewer than
/// two.
fn ends(mut values: impl Iterator<Item = (usize, f64)>) -> Option<(usize, usize)> {
    let first = values.next()?;
    let (mut low, mut high, mut several) = (first, first, false);
    for (at, value) in values {
        several = true;
        if value < low.1 {
            low = (at, value);
        }
        if value > high.1 {
            high = (at, value);
        }
    }
    several.then_some((low.0, high.0))
}

fn extremes(metric: &'static Metric, table: &Table, legs: &[Leg], join: Join) -> Measure {
    let mut measure = Measure::new(metric, Against::Extremes);
    let rows = table.compared_rows();
    if rows.len() < 2 {
        measure.value = Err(too_few(table));
        return measure;
    }
    measure.partial = legs.iter().any(|leg| leg.undefined().is_some());
    measure.all = legs.iter().map(|leg| leg.values.to_vec()).collect();
    let ends = match (join, legs) {
        (_, [leg]) => {
            let (ends, value) = leg.extremes();
            measure.value = value;
            if let Some((low, high)) = ends {
                measure.sides = vec![(leg.values[low].clone(), leg.values[high].clone())];
            }
            ends
        }
        (Join::Worst, _) => {
            let gaps = legs.iter().map(Leg::extremes);
            let (ends, value) = worst(metric, gaps.collect());
            measure.value = value;
            ends
        }
        (Join::MeanOfGaps, _) => {
            measure.value = mean(legs.iter().map(|leg| leg.extremes().1));
            None
        }
        (Join::Mean | Join::MeanAbsolute, _) => {
            let (ends, value) = widest(legs, join == Join::MeanAbsolute);
            measure.value = value;
            ends
        }
    };
    if let Some((low, high)) = ends {
        measure.group = Some(low);
        measure.reference = Some(high);
    }
    measure
}

/// Of several gaps the one furthest from equality; undefined ones only where all are.
fn worst<T>(metric: &Metric, gaps: Vec<(Option<T>, Value)>) -> (Option<T>, Value) {
    let mut worst: Option<(Option<T>, Value)> = None;
    for (ends, value) in gaps {
        let further = match (&worst, value) {
            (None, _) | (Some((_, Err(_))), Ok(_)) => true,
            (Some((_, Ok(old))), Ok(new)) => distance(metric, new) > distance(metric, *old),
            (Some(_), Err(_)) => false,
        };
        if further {
            worst = Some((ends, value));
        }
    }
    worst.unwrap_or((None, Err(Undefined::OneGroup)))
}

fn mean(values: impl Iterator<Item = Value>) -> Value {
    let values = values.collect::<Result<Vec<f64>, Undefined>>()?;
    Ok(values.iter().sum::<f64>() / values.len() as f64)
}

/// The two groups whose mean difference over the legs is largest: signed, or of sizes. For sizes it
/// is the largest spread of ± sums, because |a| + |b| = max(|a + b|, |a − b|).
fn widest(legs: &[Leg], sizes: bool) -> (Option<(usize, usize)>, Value) {
    let groups = legs.first().map_or(0, |leg| leg.values.len());
    let signs = if sizes {
        1 << legs.len().saturating_sub(1)
    } else {
        1_u32
    };
    let mut widest: (Option<(usize, usize)>, Value) = (None, Err(Undefined::OneGroup));
    for pattern in 0..signs {
        let sum = |at: usize| {
            let mut sum = 0.0;
            for (leg, base) in legs.iter().enumerate() {
                let value = base.values[at].value.ok()?;
                sum += if pattern >> leg & 1 == 1 {
                    -value
                } else {
                    value
                };
            }
            Some((at, sum / legs.len() as f64))
        };
        let Some((low, high)) = ends((0..groups).filter_map(sum)) else {
            let why = legs.iter().filter_map(Leg::undefined).min();
            return (None, Err(why.unwrap_or(Undefined::OneGroup)));
        };
        // Leg by leg, so that equal groups differ by exactly 0.
        let gap = mean(legs.iter().map(|leg| {
            let gap = between(Compare::Difference, &leg.values[high], &leg.values[low])?;
            Ok(if sizes { gap.abs() } else { gap })
        }));
        if gap.ok() > widest.1.ok() {
            widest = (Some((low, high)), gap.map(|gap| gap.max(0.0)));
        }
    }
    widest
}

/// One measure for each compared group against what it is held against.
fn signed(
    metric: &'static Metric,
    table: &Table,
    against: Against,
    legs: &[Leg],
    join: Join,
) -> Vec<Measure> {
    if against == Against::Reference && table.reference.is_none() {
        return Vec::new();
    }
    let rows = table.compared_rows();
    let fixed: Option<Vec<GroupValue>> = match (against, table.reference) {
        (Against::Reference, Some(at)) => {
            Some(legs.iter().map(|leg| leg.values[at].clone()).collect())
        }
        (Against::Overall, _) => {
            let overall = together::overall(table);
            Some(
                legs.iter()
                    .filter_map(|leg| group(leg.base, &overall, table))
                    .collect(),
            )
        }
        _ => None,
    };
    let mut measures = Vec::with_capacity(rows.len());
    for at in 0..rows.len() {
        let mut measure = Measure {
            group: Some(at),
            ..Measure::new(metric, against)
        };
        if against == Against::Reference {
            if table.reference == Some(at) {
                continue;
            }
            measure.reference = table.reference;
        }
        if rows.len() < 2 {
            measure.value = Err(too_few(table));
        } else {
            let references = match &fixed {
                Some(references) => Cow::Borrowed(references.as_slice()),
                None => Cow::Owned(rest(legs, table, at)),
            };
            held_against(&mut measure, legs, at, &references, join);
        }
        measures.push(measure);
    }
    measures
}

/// Why a table with fewer than two compared groups has no gap.
fn too_few(table: &Table) -> Undefined {
    if table.compared.total().rows == 0 {
        Undefined::NoRows
    } else {
        Undefined::OneGroup
    }
}

fn held_against(
    measure: &mut Measure,
    legs: &[Leg],
    at: usize,
    references: &[GroupValue],
    join: Join,
) {
    let gaps: Vec<Value> = legs
        .iter()
        .zip(references)
        .map(|(leg, reference)| between(leg.compare, &leg.values[at], reference))
        .collect();
    let ratio = legs.iter().any(|leg| leg.compare == Compare::Ratio);
    measure.value = match (join, gaps.as_slice()) {
        (_, [gap]) => *gap,
        (Join::Worst, _) => {
            measure.partial = gaps.iter().any(Result::is_err);
            worst(
                measure.metric,
                gaps.into_iter().map(|gap| (None::<()>, gap)).collect(),
            )
            .1
        }
        (Join::Mean, _) => mean(gaps.into_iter()),
        (Join::MeanAbsolute | Join::MeanOfGaps, _) if ratio => {
            mean(gaps.into_iter().map(|gap| gap.map(folded)))
        }
        (Join::MeanAbsolute | Join::MeanOfGaps, _) => {
            mean(gaps.into_iter().map(|gap| gap.map(f64::abs)))
        }
    };
    let sides = legs.iter().zip(references);
    measure.sides = sides
        .map(|(leg, reference)| (leg.values[at].clone(), reference.clone()))
        .collect();
}

/// The numbers of all compared groups but one, taken together.
fn rest(legs: &[Leg], table: &Table, at: usize) -> Vec<GroupValue> {
    if let [_, _] = table.compared_rows() {
        return legs.iter().map(|leg| leg.values[1 - at].clone()).collect();
    }
    let scores = legs
        .iter()
        .any(|leg| matches!(leg.base.eval, Eval::Group(_)));
    let rest = together::rest(table, at, scores);
    legs.iter()
        .filter_map(|leg| group(leg.base, &rest, table))
        .collect()
}
