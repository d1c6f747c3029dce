//! The rates of an intersection's groups as they lean on each other, beside the rates as they are.
//!
//! In: the groups of one table. Out: the same, where several columns make them and there are at least
//! [`FEWEST`] of them, with what `stats::hierarchical` makes of each rate over the compared ones.

use rayon::prelude::*;

use super::fill::{Filled, Filling, fraction};
use crate::metrics::{Eval, Metric};
use crate::report::model::GroupReport;
use crate::stats::Fraction;
use crate::stats::hierarchical::{Shrunk, shrink};
use crate::tally::Table;

/// Of two groups too little can be told of how groups differ.
const FEWEST: usize = 3;

/// Groups of an attribute at most: each takes 45 µs for each rate.
const MOST: usize = 300;

/// The rate that tables show.
const SHOWN: &str = "selection_rate";

/// Adds to the groups of a table that was filled.
pub fn add(filling: &Filling, table: &Table, filled: &mut Filled) {
    let compared = filled.groups.iter().filter(|group| !group.missing).count();
    let is_asked = filling.shrinks_all || filling.shrinks_shown;
    if !is_asked || table.attribute.0.len() < 2 || compared < FEWEST {
        return;
    }
    if compared > MOST {
        if filling.shrinks_all && table.stratum.is_none() {
            filled.notes.push(format!(
                "`{}` has {compared} groups: its rates are not shrunk, which is done for at most {MOST}",
                table.name
            ));
        }
        return;
    }
    // Those that are judged or named, since each takes longer than all intervals of a table do.
    let is_kept = |metric: &Metric| filling.kept.iter().any(|kept| kept.name == metric.name);
    let is_wanted = |metric: &&&'static Metric| {
        let is_shown = metric.name == SHOWN || filling.shrinks_all && is_kept(metric);
        matches!(metric.eval, Eval::Rate(..)) && is_shown
    };
    let metrics: Vec<&Metric> = filling.metrics.iter().filter(is_wanted).copied().collect();
    let groups = &filled.groups;
    let of_metric =
        |metric: &&Metric| (metric.name, rates(groups, metric.name, filling.confidence));
    let found: Vec<(&str, Vec<Option<Shrunk>>)> = metrics.par_iter().map(of_metric).collect();
    for (name, rates) in found {
        let compared = filled.groups.iter_mut().filter(|group| !group.missing);
        for (group, shrunk) in compared.zip(rates) {
            if let Some(value) = group.metrics.get_mut(name) {
                value.shrunk = shrunk;
            }
        }
    }
}

/// One rate of the compared groups, in their order; nothing where too few of them have one.
fn rates(groups: &[GroupReport], metric: &str, confidence: f64) -> Vec<Option<Shrunk>> {
    let compared = groups.iter().filter(|group| !group.missing);
    let fractions: Vec<Fraction> = compared
        .map(|group| {
            let value = group.metrics.get(metric).filter(|v| v.value.is_some());
            value.and_then(fraction).unwrap_or_default()
        })
        .collect();
    let known = fractions.iter().filter(|f| f.value().is_some()).count();
    let all = (known >= FEWEST).then(|| shrink(&fractions, confidence));
    all.flatten().map_or_else(Vec::new, |all| all.groups)
}
