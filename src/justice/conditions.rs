//! Conditions on one feature: a level, or on which side of a quartile.
//!
//! In: features, the rows that are of interest and those of them that cuts are chosen by. Out: for
//! each condition its words, and for which rows it holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::fit::features::{Feature, Raw};

/// Rows that a condition holds for at least: of fewer no rule has support.
pub const ROWS: usize = 10;
/// Levels of a feature at most that conditions are made of.
const LEVELS: usize = 100;

/// A condition on one feature.
pub struct Condition {
    /// In words: `age > 25`.
    pub text: String,
    /// The place of the feature.
    pub feature: usize,
    /// For which of the rows it holds.
    pub holds: Vec<bool>,
}

/// Every condition that some of the rows meet and others do not.
pub fn conditions(features: &[Feature], rows: &[u32], by: &[u32]) -> Vec<Condition> {
    let mut all = Vec::new();
    for (at, feature) in features.iter().enumerate() {
        match &feature.raw {
            Raw::Numbers(numbers) => {
                let value = |row: u32| numbers[row as usize];
                for cut in quartiles(by.iter().map(|&row| value(row))) {
                    let said = feature.said(cut);
                    let below = format!("{} <= {said}", feature.name);
                    let above = format!("{} > {said}", feature.name);
                    all.push(condition(at, below, rows, |row| value(row) <= cut));
                    all.push(condition(at, above, rows, |row| value(row) > cut));
                }
                let missing = format!("{} is missing", feature.name);
                all.push(condition(at, missing, rows, |row| value(row).is_nan()));
            }
            Raw::Texts(keys, values) => {
                let value = |row: u32| values[keys[row as usize] as usize].as_deref();
                for level in frequent(by.iter().map(|&row| value(row))) {
                    let text = match level {
                        Some(level) => format!("{} = {level}", feature.name),
                        None => format!("{} is missing", feature.name),
                    };
                    all.push(condition(at, text, rows, |row| value(row) == level));
                }
            }
        }
    }
    all.retain(|own| own.holds.iter().any(|holds| *holds) && own.holds.iter().any(|holds| !holds));
    all
}

/// The levels that rows enough have: of many the most frequent, in order.
fn frequent<'a>(values: impl Iterator<Item = Option<&'a str>>) -> BTreeSet<Option<&'a str>> {
    let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    let mut all: Vec<_> = counts
        .into_iter()
        .filter(|(_, rows)| *rows >= ROWS)
        .collect();
    all.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    all.truncate(LEVELS);
    all.into_iter().map(|(level, _)| level).collect()
}

fn condition(feature: usize, text: String, rows: &[u32], holds: impl Fn(u32) -> bool) -> Condition {
    Condition {
        text,
        feature,
        holds: rows.iter().map(|&row| holds(row)).collect(),
    }
}

/// The values at a quarter, a half and three quarters of those that are there.
pub fn quartiles(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.filter(|x| x.is_finite()).collect();
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let mut cuts: Vec<f64> = [1, 2, 3]
        .iter()
        .filter_map(|&part| values.get(part * last / 4).copied())
        .collect();
    cuts.dedup();
    cuts
}
