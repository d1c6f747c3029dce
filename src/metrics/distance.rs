//! How two-valued outcomes (labels or predictions) lie across groups: a group against the rest, and
//! all groups at once. The same formulas serve both sides; natural logarithms, no smoothing unless
//! the name says so.

use super::sums::{N, P, quotient, sides};
use super::{Undefined, Value};
use crate::tally::{Cell, Row, Table};

/// At least two compared groups.
pub fn groups(table: &Table) -> Result<&[Row], Undefined> {
    match table.compared_rows() {
        _ if table.compared.total().rows == 0 => Err(Undefined::NoRows),
        [] | [_] => Err(Undefined::OneGroup),
        rows => Ok(rows),
    }
}

/// All compared groups but this one.
pub fn rest<'a>(row: &'a Row, table: &Table) -> Result<&'a Cell, Undefined> {
    let rest = table.rest(row);
    if rest.rows.iter().flatten().all(|&rows| rows == 0) {
        Err(Undefined::OneGroup)
    } else {
        Ok(rest)
    }
}

/// What a group is a part of: the compared groups, or all rows where it is not one of them.
pub fn whole<'a>(row: &Row, table: &'a Table) -> &'a Cell {
    if row.missing {
        &table.total
    } else {
        &table.compared
    }
}

/// Shares of the negatives and the positives; undefined where neither is.
fn shares<const PREDICTIONS: bool>(cell: &Cell) -> Result<[f64; 2], Undefined> {
    let [negative, positive] = sides::<PREDICTIONS>(cell);
    let whole = negative + positive;
    if whole == 0.0 {
        return Err(if PREDICTIONS {
            Undefined::NoPredictions
        } else {
            Undefined::NoLabels
        });
    }
    Ok([negative / whole, positive / whole])
}

/// The shares of the group, and of the rest.
fn against_rest<const PREDICTIONS: bool>(
    row: &Row,
    table: &Table,
) -> Result<([f64; 2], [f64; 2]), Undefined> {
    let group = shares::<PREDICTIONS>(&row.cell)?;
    let rest = shares::<PREDICTIONS>(rest(row, table)?);
    Ok((group, rest.map_err(|_| Undefined::ReferenceIsUndefined)?))
}

/// Σ p ln(p/q) with 0 ln 0 = 0; unbounded, hence undefined, where q is 0 and p is not.
fn relative_entropy(p: &[f64], q: &[f64]) -> Value {
    let mut sum = 0.0;
    for (&p, &q) in p.iter().zip(q) {
        if p > 0.0 && q == 0.0 {
            return Err(Undefined::ZeroDenominator);
        }
        if p > 0.0 {
            sum += p * (p / q).ln();
        }
    }
    Ok(sum.max(0.0))
}

/// KL(rest ‖ group).
pub fn kl<const PREDICTIONS: bool>(row: &Row, table: &Table) -> Value {
    let (group, rest) = against_rest::<PREDICTIONS>(row, table)?;
    relative_entropy(&rest, &group)
}

/// Jensen-Shannon divergence of group and rest.
pub fn js<const PREDICTIONS: bool>(row: &Row, table: &Table) -> Value {
    let (group, rest) = against_rest::<PREDICTIONS>(row, table)?;
    let middle = [0, 1].map(|class| f64::midpoint(group[class], rest[class]));
    Ok(f64::midpoint(
        relative_entropy(&group, &middle)?,
        relative_entropy(&rest, &middle)?,
    ))
}

/// The square root of [`js`].
pub fn js_distance<const PREDICTIONS: bool>(row: &Row, table: &Table) -> Value {
    Ok(js::<PREDICTIONS>(row, table)?.sqrt())
}

/// Euclidean distance of the shares.
pub fn l2<const PREDICTIONS: bool>(row: &Row, table: &Table) -> Value {
    let (group, rest) = against_rest::<PREDICTIONS>(row, table)?;
    Ok((group[N] - rest[N]).hypot(group[P] - rest[P]))
}

/// Half the sum of the absolute differences of the shares.
pub fn total_variation<const PREDICTIONS: bool>(row: &Row, table: &Table) -> Value {
    let (group, rest) = against_rest::<PREDICTIONS>(row, table)?;
    Ok(f64::midpoint(
        (group[N] - rest[N]).abs(),
        (group[P] - rest[P]).abs(),
    ))
}

/// The largest absolute difference of the shares.
pub fn chebyshev<const PREDICTIONS: bool>(row: &Row, table: &Table) -> Value {
    let (group, rest) = against_rest::<PREDICTIONS>(row, table)?;
    Ok((group[N] - rest[N]).abs().max((group[P] - rest[P]).abs()))
}

/// The odds of the positive in the group by the odds in the rest.
pub fn odds_ratio<const PREDICTIONS: bool>(row: &Row, table: &Table) -> Value {
    let [n, p] = sides::<PREDICTIONS>(&row.cell);
    let [rest_n, rest_p] = sides::<PREDICTIONS>(rest(row, table)?);
    let positives = quotient(p, rest_p, Undefined::ZeroDenominator)?;
    Ok(positives * quotient(rest_n, n, Undefined::ZeroDenominator)?)
}

/// The group's share of the negatives minus its share of the positives; `None` where there are no
/// negatives or no positives.
fn disparity<const PREDICTIONS: bool>(group: &Cell, compared: &Cell) -> Option<f64> {
    let [n, p] = sides::<PREDICTIONS>(group);
    let [all_n, all_p] = sides::<PREDICTIONS>(compared);
    (all_n > 0.0 && all_p > 0.0).then(|| n / all_n - p / all_p)
}

/// Demographic disparity of the group.
pub fn demographic_disparity<const PREDICTIONS: bool>(row: &Row, table: &Table) -> Value {
    rest(row, table)?;
    disparity::<PREDICTIONS>(&row.cell, whole(row, table)).ok_or(Undefined::ZeroDenominator)
}

/// The mean of the strata's demographic disparities, each by its weight.
pub fn conditional_disparity<const PREDICTIONS: bool>(row: &Row, table: &Table) -> Value {
    rest(row, table)?;
    let empty = Cell::default();
    let (mut sum, mut weight) = (0.0, 0.0);
    for stratum in &table.strata {
        let group = stratum.find(&row.group);
        let cell = group.map_or(&empty, |at| &stratum.rows[at].cell);
        let all = whole(row, stratum);
        if let Some(disparity) = disparity::<PREDICTIONS>(cell, all) {
            let [n, p] = sides::<PREDICTIONS>(all);
            sum += (n + p) * disparity;
            weight += n + p;
        }
    }
    quotient(sum, weight, Undefined::ZeroDenominator)
}

/// Weights of each group's negatives and positives, of those that have any, and of all.
type Crossing = (Vec<[f64; 2]>, [f64; 2], f64);

fn crossing<const PREDICTIONS: bool>(table: &Table) -> Result<Crossing, Undefined> {
    let rows = groups(table)?.iter();
    let mut cells: Vec<[f64; 2]> = rows.map(|row| sides::<PREDICTIONS>(&row.cell)).collect();
    cells.retain(|[n, p]| n + p > 0.0);
    let sides = sides::<PREDICTIONS>(&table.compared);
    match cells.len() {
        0 => Err(if PREDICTIONS {
            Undefined::NoPredictions
        } else {
            Undefined::NoLabels
        }),
        1 => Err(Undefined::OneGroup),
        _ => Ok((cells, sides, sides[N] + sides[P])),
    }
}

fn entropy(shares: impl Iterator<Item = f64>) -> f64 {
    let terms = shares.filter(|&share| share > 0.0);
    terms.map(|share| -share * share.ln()).sum()
}

/// Mutual information of outcome and group.
pub fn mutual_information<const PREDICTIONS: bool>(table: &Table) -> Value {
    let (cells, all, whole) = crossing::<PREDICTIONS>(table)?;
    let mut sum = 0.0;
    for cell in &cells {
        let size = cell[N] + cell[P];
        for class in [N, P] {
            if cell[class] > 0.0 {
                sum += cell[class] / whole * (cell[class] / size * (whole / all[class])).ln();
            }
        }
    }
    Ok(sum.max(0.0))
}

/// The same by the mean of the entropies of outcome and group.
pub fn normalized_mutual_information<const PREDICTIONS: bool>(table: &Table) -> Value {
    let (cells, all, whole) = crossing::<PREDICTIONS>(table)?;
    let of_group = entropy(cells.iter().map(|[n, p]| (n + p) / whole));
    let of_outcome = entropy(all.iter().map(|side| side / whole));
    let information = mutual_information::<PREDICTIONS>(table)?;
    let mean = f64::midpoint(of_group, of_outcome);
    Ok(quotient(information, mean, Undefined::ZeroDenominator)?.min(1.0))
}

/// Cramér's V of outcome and group; with two outcomes it is √(χ²/n).
pub fn cramers_v<const PREDICTIONS: bool>(table: &Table) -> Value {
    let (cells, all, whole) = crossing::<PREDICTIONS>(table)?;
    if all[N] == 0.0 || all[P] == 0.0 {
        return Err(Undefined::ZeroDenominator);
    }
    let (negative, positive) = (all[N] / whole, all[P] / whole);
    let terms = cells.iter().map(|[n, p]| {
        let off = p / (n + p) - positive;
        (n + p) / whole * off * off
    });
    Ok((terms.sum::<f64>() / (negative * positive)).sqrt().min(1.0))
}

/// Empirical differential fairness ε with a Dirichlet prior of concentration 1 (½ for each class).
pub fn differential_fairness<const PREDICTIONS: bool>(table: &Table) -> Value {
    let (cells, ..) = crossing::<PREDICTIONS>(table)?;
    let mut epsilon = 0.0_f64;
    for class in [N, P] {
        let logs = cells
            .iter()
            .map(|cell| ((cell[class] + 0.5) / (cell[N] + cell[P] + 1.0)).ln());
        let (low, high) = logs.fold((f64::MAX, f64::MIN), |(low, high), log| {
            (low.min(log), high.max(log))
        });
        epsilon = epsilon.max(high - low);
    }
    Ok(epsilon)
}

/// Shares of the compared groups in the weight of all of them.
pub fn group_shares(table: &Table) -> Result<Vec<f64>, Undefined> {
    let rows = groups(table)?;
    let whole = table.compared.total().weight;
    if whole == 0.0 {
        return Err(Undefined::NoRows);
    }
    Ok(rows
        .iter()
        .map(|row| row.cell.total().weight / whole)
        .collect())
}

/// Entropy of the mix of groups.
pub fn group_entropy(table: &Table) -> Value {
    Ok(entropy(group_shares(table)?.into_iter()))
}

/// The same by its greatest value, ln k.
pub fn normalized_group_entropy(table: &Table) -> Value {
    let shares = group_shares(table)?;
    let most = (shares.len() as f64).ln();
    Ok((entropy(shares.into_iter()) / most).min(1.0))
}

/// KL(mix ‖ uniform) = ln k − entropy.
pub fn divergence_from_uniform(table: &Table) -> Value {
    let shares = group_shares(table)?;
    let uniform = vec![1.0 / shares.len() as f64; shares.len()];
    relative_entropy(&shares, &uniform)
}

/// Total variation distance of the mix from the uniform.
pub fn distance_from_uniform(table: &Table) -> Value {
    let shares = group_shares(table)?;
    let uniform = 1.0 / shares.len() as f64;
    let off = shares.iter().map(|share| (share - uniform).abs());
    Ok(off.sum::<f64>() / 2.0)
}

/// The chance that two rows drawn with replacement are of different groups.
pub fn gini_simpson(table: &Table) -> Value {
    let shares = group_shares(table)?;
    Ok(1.0 - shares.iter().map(|share| share * share).sum::<f64>())
}
