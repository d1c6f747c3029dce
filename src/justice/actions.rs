//! What a person may change: the features that can be acted on, which way, and how far.
//!
//! In: a case and what was declared. Out: of each feature an [`Action`], always within what the table
//! itself has: numbers between its ends, levels that occur, whole numbers whole. Changes of numbers
//! cost by the median absolute deviation (Wachter, Mittelstadt and Russell 2018, arXiv:1711.00399), or
//! the share of rows that are passed (Ustun, Spangher and Liu 2019, arXiv:1809.06514); another level
//! costs 1.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Case;
use crate::fit::features::{Feature, Raw, Values};

/// What another level costs.
pub const LEVEL: f64 = 1.0;

/// How the costs of a row's changes come together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Norm {
    /// Their sum: few changes.
    #[default]
    Sum,
    /// The root of the sum of their squares: short changes.
    Root,
    /// The largest: no change is far.
    Largest,
}

impl Norm {
    /// By its name after `--norm`.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "l1" => Some(Self::Sum),
            "l2" => Some(Self::Root),
            "max" => Some(Self::Largest),
            _ => None,
        }
    }

    /// The cost with another change.
    pub fn with(self, cost: f64, own: f64) -> f64 {
        match self {
            Self::Largest => cost.max(own),
            Self::Sum | Self::Root => cost + own,
        }
    }
}

/// What was declared of features, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declared {
    /// Only they change; none is all.
    pub actionable: Vec<String>,
    /// They stay as they are.
    pub immutable: Vec<String>,
    /// They only rise, or only fall.
    pub monotone: BTreeMap<String, bool>,
    /// They stay within these ends.
    pub bounds: BTreeMap<String, (f64, f64)>,
    /// How costs come together.
    pub norm: Norm,
    /// Whether the change of a number costs the share of rows that it passes.
    pub by_percentile: bool,
}

impl Declared {
    /// Whether a feature stays as it is.
    fn stays(&self, name: &String) -> bool {
        let is_left = !self.actionable.is_empty() && !self.actionable.contains(name);
        is_left || self.immutable.contains(name)
    }
}

/// Which share of rows has at most so much.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranks {
    /// Numbers that occur, in order.
    values: Vec<f64>,
    /// The share of rows up to and with each.
    shares: Vec<f64>,
}

impl Ranks {
    /// Of numbers in order.
    fn of(sorted: &[f64]) -> Self {
        let mut ranks = Self {
            values: Vec::new(),
            shares: Vec::new(),
        };
        for (at, x) in sorted.iter().enumerate() {
            if ranks.values.last() == Some(x) {
                ranks.shares.pop();
            } else {
                ranks.values.push(*x);
            }
            ranks.shares.push((at + 1) as f64 / sorted.len() as f64);
        }
        ranks
    }

    /// The share of rows that have at most so much.
    fn share(&self, x: f64) -> f64 {
        let upto = self.values.partition_point(|own| *own <= x);
        upto.checked_sub(1).map_or(0.0, |at| self.shares[at])
    }
}

/// What may become of a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// It stays.
    Nothing,
    /// A number.
    Number {
        /// What occurs, in order, within the ends.
        values: Vec<f64>,
        /// The ends.
        ends: (f64, f64),
        /// Whether it may rise, and fall.
        ways: (bool, bool),
        /// Whether it is whole.
        is_whole: bool,
        /// What costs 1.
        unit: f64,
        /// Where changes cost the share of rows that they pass.
        ranks: Option<Arc<Ranks>>,
    },
    /// One of these levels.
    Level(Vec<String>),
}

/// What a feature becomes.
#[derive(Debug, Clone, PartialEq)]
pub enum To {
    /// A number.
    Number(f64),
    /// A level.
    Level(String),
}

/// A row with other features, and what that costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Which row.
    pub row: u32,
    /// Features by number, and what they become.
    pub changes: Vec<(usize, To)>,
    /// The cost.
    pub cost: f64,
    /// Whether nothing is cheaper.
    pub is_exact: bool,
}

impl Action {
    /// From a number to another one that is allowed from there.
    pub fn allows(&self, from: f64, to: f64) -> bool {
        match self {
            Self::Number { ends, ways, .. } => {
                let is_way = to == from || to > from && ways.0 || to < from && ways.1;
                is_way && (ends.0..=ends.1).contains(&to)
            }
            _ => false,
        }
    }

    /// What it costs that a number becomes another one.
    pub fn cost(&self, from: f64, to: f64) -> f64 {
        match self {
            Self::Number {
                ranks: Some(ranks), ..
            } => (ranks.share(to) - ranks.share(from)).abs(),
            Self::Number { unit, .. } => (to - from).abs() / unit,
            Self::Nothing | Self::Level(_) => LEVEL,
        }
    }
}

/// What may become of each feature.
pub fn actions(case: &Case, declared: &Declared) -> Vec<Action> {
    let of = |feature: &Feature| {
        // Prose is no level that one could choose.
        if declared.stays(&feature.name) || feature.values == Values::Words {
            return Action::Nothing;
        }
        match &feature.raw {
            Raw::Numbers(numbers) => {
                let rows = case.rows.iter().map(|&row| numbers[row as usize]);
                number(
                    rows.filter(|x| x.is_finite()).collect(),
                    &feature.name,
                    declared,
                )
            }
            Raw::Texts(keys, values) => {
                let rows = case
                    .rows
                    .iter()
                    .map(|&row| &values[keys[row as usize] as usize]);
                let mut levels: Vec<String> = rows.flatten().map(ToString::to_string).collect();
                levels.sort_unstable();
                levels.dedup();
                Action::Level(levels)
            }
        }
    };
    case.features.iter().map(of).collect()
}

fn number(mut values: Vec<f64>, name: &str, declared: &Declared) -> Action {
    values.sort_unstable_by(f64::total_cmp);
    let (Some(&low), Some(&high)) = (values.first(), values.last()) else {
        return Action::Nothing;
    };
    let unit = unit(&values);
    let ranks = declared.by_percentile.then(|| Ranks::of(&values).into());
    let is_whole = values.iter().all(|x| x.fract() == 0.0);
    let bounds = declared.bounds.get(name).copied();
    let bounds = bounds.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
    let ends = (low.max(bounds.0), high.min(bounds.1));
    values.dedup();
    values.retain(|x| (ends.0..=ends.1).contains(x));
    let way = declared.monotone.get(name).copied();
    Action::Number {
        values,
        ends,
        ways: (way != Some(false), way != Some(true)),
        is_whole,
        unit,
        ranks,
    }
}

/// The median absolute deviation; where most values are the same, the standard deviation, else 1.
fn unit(sorted: &[f64]) -> f64 {
    let median = |sorted: &[f64]| {
        let n = sorted.len();
        f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2])
    };
    let middle = median(sorted);
    let mut far: Vec<f64> = sorted.iter().map(|x| (x - middle).abs()).collect();
    far.sort_unstable_by(f64::total_cmp);
    let mad = median(&far);
    if mad > 0.0 {
        return mad;
    }
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let deviation = (sorted.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    if deviation > 0.0 { deviation } else { 1.0 }
}

/// The number of a row, where the feature is one.
pub fn number_of(feature: &Feature, row: u32) -> Option<f64> {
    match &feature.raw {
        Raw::Numbers(numbers) => Some(numbers[row as usize]).filter(|x| x.is_finite()),
        Raw::Texts(..) => None,
    }
}

/// The level of a row, where the feature has some.
pub fn level_of(feature: &Feature, row: u32) -> Option<&str> {
    match &feature.raw {
        Raw::Texts(keys, values) => values[keys[row as usize] as usize].as_deref(),
        Raw::Numbers(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_the_median_absolute_deviation() {
        // Around 3: 2, 1, 0, 1, 97.
        assert_eq!(unit(&[1.0, 2.0, 3.0, 4.0, 100.0]), 1.0);
        // Most are the same: √(4 · 0.2² + 0.8²) / √5.
        assert!((unit(&[0.0, 0.0, 0.0, 0.0, 1.0]) - 0.4).abs() < 1e-12);
        assert_eq!(unit(&[5.0, 5.0]), 1.0);
    }

    /// Of ten rows 1, 1, 2, 2, 2, 2, 3, 5, 5, 9: what is passed, with where it ends.
    #[test]
    fn a_change_costs_the_share_of_rows_that_it_passes() {
        let declared = Declared {
            by_percentile: true,
            ..Declared::default()
        };
        let values = vec![5.0, 1.0, 2.0, 2.0, 9.0, 2.0, 3.0, 1.0, 5.0, 2.0];
        let action = number(values, "x", &declared);
        let near = |from: f64, to: f64, share: f64| {
            assert!((action.cost(from, to) - share).abs() < 1e-12, "{from} {to}");
        };
        near(1.0, 2.0, 0.4);
        near(2.0, 1.0, 0.4);
        near(1.0, 9.0, 0.8);
        near(9.0, 5.0, 0.1);
        near(3.0, 3.0, 0.0);
        near(0.0, 1.0, 0.2);
    }

    #[test]
    fn what_only_rises_does_not_fall() {
        let mut declared = Declared::default();
        declared.monotone.insert("age".to_owned(), true);
        declared.bounds.insert("age".to_owned(), (0.0, 40.0));
        let action = number(vec![20.0, 30.0, 50.0], "age", &declared);
        assert!(action.allows(20.0, 30.0) && action.allows(20.0, 20.0));
        assert!(!action.allows(30.0, 20.0) && !action.allows(30.0, 41.0));
    }
}
