//! What goes with a group: columns moved to where the other group has them, and nearest rows.
//!
//! In: a case, the features that say the group, and groups. Out: features as they would be in the
//! other group, and for each row the nearest one of the other group. The same input gives the same
//! bytes: what is drawn depends on the seed, the row and the column alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use ndarray::ArrayView1;
use rayon::prelude::*;

use super::Case;
use crate::data::group::Values;
use crate::error::Result;
use crate::fit::encoder::{Coded, Encoder};
use crate::fit::features::{Feature, Raw};
use crate::mitigate::trial::draw;
use crate::profile::section::{Kind, Line, Table};
use crate::stats::association::Association;

/// Columns that go with the group so surely are moved along.
const P: f64 = 0.01;
/// Parts of the numbers of a column that are counted by group.
const PARTS: usize = 10;
/// Pairs of rows that are held against each other at most.
const PAIRS: usize = 200_000_000;

/// A column that was moved.
pub struct Moved {
    /// Its name.
    pub column: String,
    /// Into which group.
    pub to: u32,
    /// How far it goes with the groups: Cramér's V.
    pub v: f64,
    /// By chance alone.
    pub p: f64,
}

/// Of rows of one group the nearest rows of another.
pub struct Nearest {
    /// The group of the rows.
    pub from: u32,
    /// The group of their neighbors.
    pub to: u32,
    /// A row, its neighbor, and how far that is.
    pub pairs: Vec<(u32, u32, f64)>,
    /// Rows that there are.
    all: usize,
}

impl Nearest {
    /// The mean distance.
    pub fn mean(&self) -> Option<f64> {
        let sum: f64 = self.pairs.iter().map(|(.., far)| far).sum();
        (!self.pairs.is_empty()).then(|| sum / self.pairs.len() as f64)
    }

    /// What a reader should know: not every row was looked at.
    pub fn note(&self) -> Option<String> {
        let looked = self.pairs.len();
        (looked < self.all).then(|| {
            format!(
                "too many rows for all neighbors: {looked} of {} rows, evenly spread, stand for them",
                self.all
            )
        })
    }
}

/// The features that go with the groups as if every row were of one group, and which they are.
pub fn moved(
    case: &Case,
    own: &[usize],
    targets: &[u32],
    to: u32,
) -> (Vec<(usize, Feature)>, Vec<Moved>) {
    let mut features = Vec::new();
    let mut list = Vec::new();
    for (at, feature) in case.features.iter().enumerate() {
        if own.contains(&at) {
            continue;
        }
        let Some(known) = associated(case, feature, targets).filter(|known| known.p < P) else {
            continue;
        };
        list.push(Moved {
            column: feature.name.clone(),
            to,
            v: known.cramers_v,
            p: known.p,
        });
        let raw = match &feature.raw {
            Raw::Numbers(numbers) => Raw::Numbers(numbers_moved(case, numbers, targets, to)),
            Raw::Texts(keys, values) => {
                let (keys, values) = texts_moved(case, (keys, values), (targets, to), at as u64);
                Raw::Texts(keys, Arc::new(values))
            }
        };
        let feature = Feature {
            name: feature.name.clone(),
            values: feature.values,
            raw,
        };
        features.push((at, feature));
    }
    (features, list)
}

/// How far a column goes with the groups: numbers by tenths of their rows.
fn associated(case: &Case, feature: &Feature, targets: &[u32]) -> Option<Association> {
    let cells: Vec<usize> = match &feature.raw {
        Raw::Numbers(numbers) => {
            let rows = case.rows.iter().map(|&row| numbers[row as usize]);
            let mut sorted: Vec<f64> = rows.filter(|x| x.is_finite()).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let cuts: Vec<f64> = (1..PARTS)
                .filter_map(|part| sorted.get(part * sorted.len() / PARTS).copied())
                .collect();
            let part = |x: f64| {
                if x.is_finite() {
                    cuts.partition_point(|cut| *cut <= x)
                } else {
                    PARTS
                }
            };
            case.rows
                .iter()
                .map(|&row| part(numbers[row as usize]))
                .collect()
        }
        Raw::Texts(keys, values) => {
            let numbers = numbered(values);
            case.rows
                .iter()
                .map(|&row| numbers[keys[row as usize] as usize])
                .collect()
        }
    };
    let most = cells.iter().max()? + 1;
    let mut table = vec![vec![0; targets.len()]; most];
    for (&row, cell) in case.rows.iter().zip(cells) {
        let group = case.groups[row as usize];
        if let Some(at) = targets.iter().position(|own| *own == group) {
            table[cell][at] += 1;
        }
    }
    Association::of(&table)
}

/// A number for each key: several keys may say the same text.
pub(super) fn numbered(values: &crate::data::Values) -> Vec<usize> {
    let mut numbers: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for value in values {
        let next = numbers.len();
        numbers.entry(value.as_deref()).or_insert(next);
    }
    values
        .iter()
        .map(|value| numbers[&value.as_deref()])
        .collect()
}

/// Numbers and weights of a group, in order, with the weight up to and with each.
struct Order {
    numbers: Vec<f64>,
    sums: Vec<f64>,
}

impl Order {
    fn of(case: &Case, numbers: &[f64], group: u32) -> Self {
        let own = case.rows.iter().map(|&row| row as usize);
        let own = own.filter(|&row| case.groups[row] == group && numbers[row].is_finite());
        let mut pairs: Vec<(f64, f64)> = own.map(|row| (numbers[row], case.weights[row])).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut order = Self {
            numbers: Vec::new(),
            sums: Vec::new(),
        };
        let mut sum = 0.0;
        for (number, weight) in pairs {
            sum += weight;
            if order.numbers.last() == Some(&number) {
                order.sums.pop();
            } else {
                order.numbers.push(number);
            }
            order.sums.push(sum);
        }
        order
    }

    fn total(&self) -> f64 {
        self.sums.last().copied().unwrap_or(0.0)
    }

    /// The quantile of a number: the middle of its own rows.
    fn quantile(&self, number: f64) -> f64 {
        let at = self.numbers.partition_point(|own| *own < number);
        let below = at.checked_sub(1).map_or(0.0, |at| self.sums[at]);
        let with = match self.numbers.get(at) {
            Some(own) if *own == number => self.sums[at],
            _ => below,
        };
        f64::midpoint(below, with) / self.total()
    }

    /// The number at a quantile; one that the group has.
    fn at(&self, quantile: f64) -> f64 {
        let wanted = quantile * self.total();
        let at = self.sums.partition_point(|sum| *sum < wanted);
        self.numbers[at.min(self.numbers.len() - 1)]
    }
}

fn numbers_moved(case: &Case, numbers: &[f64], targets: &[u32], to: u32) -> Vec<f64> {
    let mut moved = numbers.to_vec();
    let other = Order::of(case, numbers, to);
    if other.numbers.is_empty() {
        return moved;
    }
    for &from in targets.iter().filter(|from| **from != to) {
        let own = Order::of(case, numbers, from);
        for &row in case.rows {
            let row = row as usize;
            if case.groups[row] == from && numbers[row].is_finite() {
                moved[row] = other.at(own.quantile(numbers[row]));
            }
        }
    }
    moved
}

/// Levels of a column moved so that their shares are those of the other group, and as many rows as
/// can be keep theirs.
fn texts_moved(
    case: &Case,
    (keys, values): (&[u32], &crate::data::Values),
    (targets, to): (&[u32], u32),
    column: u64,
) -> (Vec<u32>, crate::data::Values) {
    let numbers = numbered(values);
    let levels = numbers.iter().max().map_or(0, |most| most + 1);
    let mut first = vec![0; levels];
    for (key, &number) in numbers.iter().enumerate().rev() {
        first[number] = key as u32;
    }
    let shares = |group: u32| -> Vec<f64> {
        let mut sums = vec![0.0; levels];
        for &row in case.rows {
            if case.groups[row as usize] == group {
                sums[numbers[keys[row as usize] as usize]] += case.weights[row as usize];
            }
        }
        let total: f64 = sums.iter().sum();
        sums.iter().map(|sum| sum / total).collect()
    };
    let wanted = shares(to);
    let mut moved = keys.to_vec();
    for &from in targets.iter().filter(|from| **from != to) {
        let own = shares(from);
        let short: Vec<f64> = wanted
            .iter()
            .zip(&own)
            .map(|(w, o)| (w - o).max(0.0))
            .collect();
        let missing: f64 = short.iter().sum();
        for &row in case
            .rows
            .iter()
            .filter(|row| case.groups[**row as usize] == from)
        {
            let level = numbers[keys[row as usize] as usize];
            let kept = (wanted[level] / own[level]).min(1.0);
            let chance = draw(case.asking.seed ^ (column + 1) << 32, u64::from(row));
            if chance < kept || missing <= 0.0 {
                continue;
            }
            let mut left = (chance - kept) / (1.0 - kept) * missing;
            let next = short.iter().position(|own| {
                left -= own;
                left < 0.0
            });
            moved[row as usize] = first[next.unwrap_or(level)];
        }
    }
    (moved, values.clone())
}

/// How far rows lie apart: numbers by their standardized difference, levels alike or not, whichever
/// level the matrix has no column for.
struct Apart {
    /// Columns that count as they are.
    plain: Vec<usize>,
    /// Of each feature of levels its first column, and how many it has.
    levels: Vec<(usize, usize)>,
}

impl Apart {
    fn new(encoder: &Encoder, features: usize) -> Self {
        let of = encoder.of();
        let is_level = |at: &usize| matches!(encoder.coded(*at), Coded::Levels { .. });
        let (named, rest): (Vec<usize>, Vec<usize>) = (0..features).partition(is_level);
        let plain = (0..of.len()).filter(|column| rest.contains(&of[*column]));
        let spans = named.iter().filter_map(|feature| {
            let first = of.iter().position(|own| own == feature)?;
            Some((first, of.iter().filter(|own| *own == feature).count()))
        });
        Self {
            plain: plain.collect(),
            levels: spans.collect(),
        }
    }

    /// The square of the distance; another level is as far as two one-hot columns.
    fn square(&self, x: ArrayView1<f64>, y: ArrayView1<f64>) -> f64 {
        let plain = self
            .plain
            .iter()
            .map(|&at| (x[at] - y[at]) * (x[at] - y[at]));
        let is_other =
            |(first, count): &&(usize, usize)| (*first..first + count).any(|at| x[at] != y[at]);
        plain.sum::<f64>() + self.levels.iter().filter(is_other).count() as f64 * 2.0
    }
}

/// Of each group the nearest rows of each other one.
pub fn nearest(case: &Case, own: &[usize], targets: &[u32]) -> Result<Vec<Nearest>> {
    let features: Vec<Feature> = case
        .features
        .iter()
        .enumerate()
        .filter(|(at, _)| !own.contains(at))
        .map(|(_, feature)| feature.clone())
        .collect();
    if features.is_empty() {
        return Ok(Vec::new());
    }
    let encoder = Encoder::fit(&features, case.rows, case.weights)?;
    let apart = Apart::new(&encoder, features.len());
    let rows_of = |group: u32| -> Vec<u32> {
        let rows = case.rows.iter().copied();
        rows.filter(|row| case.groups[*row as usize] == group)
            .collect()
    };
    let mut found = Vec::new();
    for &from in targets {
        for &to in targets.iter().filter(|to| **to != from) {
            let (all, others) = (rows_of(from), rows_of(to));
            let most = (PAIRS / others.len().max(1)).max(1);
            let step = all.len().div_ceil(most).max(1);
            let rows: Vec<u32> = all.iter().copied().step_by(step).collect();
            let x = encoder.matrix(&features, &rows)?;
            let y = encoder.matrix(&features, &others)?;
            let near = |(at, &row): (usize, &u32)| {
                let x = x.row(at);
                let mut best = (f64::INFINITY, 0);
                for (other, y) in y.outer_iter().enumerate() {
                    let far = apart.square(x, y);
                    if far < best.0 {
                        best = (far, other);
                    }
                }
                (row, others[best.1], best.0.sqrt())
            };
            found.push(Nearest {
                from,
                to,
                pairs: rows.par_iter().enumerate().map(near).collect(),
                all: all.len(),
            });
        }
    }
    Ok(found)
}

/// Which columns were moved along.
pub fn table(moved: &[Moved], names: &[Values]) -> Table {
    let title = "columns that go with the group, and were moved along";
    let mut table = Table::new("moved", title)
        .column("column", "column", Kind::Text, 0)
        .column("v", "Cramér's V", Kind::Number, 0)
        .column("p", "p", Kind::P, 1)
        .detail();
    let mut known = Vec::new();
    for own in moved.iter().filter(|own| (own.to as usize) < names.len()) {
        if known.contains(&&own.column) {
            continue;
        }
        known.push(&own.column);
        let line = Line::new().text("column", own.column.clone());
        table.push(line.number("v", Ok(own.v)).number("p", Ok(own.p)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{Apart, Arc, Encoder, Feature, Raw};
    use crate::fit::features::Values as Kind;

    /// The distance of two levels is the same whichever is the heaviest, and has no column.
    #[test]
    fn levels_are_alike_or_not_whatever_the_coding() {
        let levels = ["a", "b", "c"].map(|text| Some(Box::from(text)));
        let weights = [[9.0, 1.0, 1.0], [1.0, 9.0, 1.0], [1.0, 1.0, 9.0]];
        for weights in weights {
            let feature = Feature {
                name: "level".to_owned(),
                values: Kind::Text,
                raw: Raw::Texts(vec![0, 1, 2], Arc::new(levels.clone().into())),
            };
            let features = [feature];
            let encoder = Encoder::fit(&features, &[0, 1, 2], &weights).unwrap();
            let x = encoder.matrix(&features, &[0, 1, 2]).unwrap();
            let apart = Apart::new(&encoder, 1);
            for (one, other) in [(0, 1), (0, 2), (1, 2), (0, 0)] {
                let far = if one == other { 0.0 } else { 2.0 };
                assert_eq!(apart.square(x.row(one), x.row(other)), far);
            }
        }
    }
}
