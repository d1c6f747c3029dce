//! Numbers of groups held against each other: extremes, reference, rest, overall.

use super::{Against, Metric, Value};
use crate::data::Group;
use crate::stats::Fraction;
use crate::tally::{Row, Table};

/// A metric of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupValue {
    /// The number.
    pub value: Value,
    /// Numerator and denominator, where it is a rate.
    pub fraction: Option<Fraction>,
    /// The number's own variance, where it is an AUC.
    pub variance: Option<f64>,
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
    /// The group that is compared, or the lowest under [`Against::Extremes`].
    pub group: Option<Group>,
    /// What it is compared with, or the highest group under [`Against::Extremes`]; `None` where
    /// it is no group of the attribute (rest, overall).
    pub reference: Option<Group>,
    /// The rates compared, in that order, where both are rates: what `infer` needs.
    pub fractions: Option<(Fraction, Fraction)>,
    /// The rates of all compared groups, for simultaneous intervals over extremes.
    pub all: Vec<(Group, Fraction)>,
}

/// The metric of one group; `None` for metrics that are not of one group.
pub fn group(metric: &Metric, row: &Row, table: &Table) -> Option<GroupValue> {
    let _ = (metric, row, table);
    todo!()
}

/// The metric of an attribute, held against `against`: one measure for extremes and table metrics,
/// one for each group otherwise; empty where the metric is not of that kind.
pub fn measures(metric: &'static Metric, table: &Table, against: Against) -> Vec<Measure> {
    let _ = (metric, table, against);
    todo!()
}
