//! Features that do not tell groups apart: correlation removal and disparate impact repair.
//!
//! In: training rows. Out: what each feature becomes within each group, at training and in use, so
//! the group of a row must be known then. Labels and weights stay.

use rayon::prelude::*;

use super::{Mitigation, Prepared, Repair, Stage, Training};
use crate::error::Result;

/// Knots of a group's distribution at most.
const KNOTS: usize = 256;

/// Equal means.
pub const CORRELATION: Mitigation = Mitigation {
    name: "correlation_removal",
    about: "features shifted within groups: none is correlated with the group",
    source: "Bird et al. 2020, fairlearn's CorrelationRemover (least squares on the group)",
    stage: Stage::Pre(correlation),
    is_usual: false,
};

/// Equal distributions.
pub const IMPACT: Mitigation = Mitigation {
    name: "impact_repair",
    about: "features moved within groups to their quantile in the median group",
    source: "Feldman et al. 2015, doi:10.1145/2783258.2783311",
    stage: Stage::Pre(impact),
    is_usual: false,
};

fn kept(training: &Training, columns: &[Vec<Repair>]) -> Prepared {
    let sums = training.sums();
    let repairs = sums.iter().enumerate().map(|(group, sums)| {
        if sums[0] + sums[1] > 0.0 {
            columns.iter().map(|own| own[group].clone()).collect()
        } else {
            Vec::new()
        }
    });
    Prepared {
        weights: training.weights.to_vec(),
        repairs: repairs.collect(),
        y: None,
        notes: vec!["features change by group, in use as well".to_owned()],
    }
}

/// Each group's mean becomes that of everyone: least squares on indicators of the groups.
#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn correlation(training: &Training) -> Result<Prepared> {
    let total: f64 = training.weights.iter().sum();
    let sums: Vec<f64> = training.sums().iter().map(|[no, yes]| no + yes).collect();
    let column = |column: usize| -> Vec<Repair> {
        let mut means = vec![0.0; training.count];
        let rows = training.groups.iter().zip(training.weights);
        for ((&group, w), x) in rows.zip(training.x.column(column)) {
            means[group as usize] += w * x;
        }
        let middle = means.iter().sum::<f64>() / total;
        let each = means.iter().zip(&sums);
        each.map(|(mean, sum)| Repair::Shift {
            by: if *sum > 0.0 { middle - mean / sum } else { 0.0 },
        })
        .collect()
    };
    let columns = (0..training.x.ncols()).into_par_iter().map(column);
    Ok(kept(training, &columns.collect::<Vec<_>>()))
}

/// A distribution: values that occur, ascending, and the share of weight below the middle of each.
struct Distribution {
    values: Vec<f64>,
    shares: Vec<f64>,
}

impl Distribution {
    fn new(mut rows: Vec<(f64, f64)>) -> Self {
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = rows.iter().map(|row| row.1).sum();
        let mut distinct: Vec<(f64, f64)> = Vec::new();
        for (value, w) in rows {
            match distinct.last_mut() {
                Some(last) if last.0 == value => last.1 += w,
                _ => distinct.push((value, w)),
            }
        }
        let (mut values, mut shares, mut below) = (Vec::new(), Vec::new(), 0.0);
        for (value, w) in distinct {
            values.push(value);
            shares.push((below + 0.5 * w) / total);
            below += w;
        }
        if values.len() > KNOTS {
            // As many at equal shares; they stand for the others.
            let whole = Self { values, shares };
            let (first, last) = (whole.shares[0], whole.shares[whole.shares.len() - 1]);
            let at = |knot: usize| first + (last - first) * knot as f64 / (KNOTS - 1) as f64;
            let knots: Vec<f64> = (0..KNOTS).map(at).collect();
            let mut values: Vec<f64> = Vec::new();
            let mut shares: Vec<f64> = Vec::new();
            for share in knots {
                let value = whole.value(share);
                if values.last().is_none_or(|last| *last < value) {
                    values.push(value);
                    shares.push(share);
                }
            }
            return Self { values, shares };
        }
        Self { values, shares }
    }

    /// The value at a share.
    fn value(&self, share: f64) -> f64 {
        let along = Repair::Knots {
            from: self.shares.clone(),
            to: self.values.clone(),
        };
        along.of(share)
    }
}

/// The median of values in any order.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 {
        values[half]
    } else {
        f64::midpoint(values[half - 1], values[half])
    }
}

/// Each value becomes the median over groups of their values at its share.
#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn impact(training: &Training) -> Result<Prepared> {
    let column = |column: usize| -> Vec<Repair> {
        let mut rows: Vec<Vec<(f64, f64)>> = vec![Vec::new(); training.count];
        let each = training.groups.iter().zip(training.weights);
        for ((&group, &w), &x) in each.zip(training.x.column(column)) {
            if w > 0.0 {
                rows[group as usize].push((x, w));
            }
        }
        let all: Vec<Distribution> = rows.into_iter().map(Distribution::new).collect();
        let known: Vec<Repair> = all
            .iter()
            .filter(|own| !own.values.is_empty())
            .map(|own| Repair::Knots {
                from: own.shares.clone(),
                to: own.values.clone(),
            })
            .collect();
        let repair = |own: &Distribution| {
            let at = |&share: &f64| median(known.iter().map(|other| other.of(share)).collect());
            Repair::Knots {
                to: own.shares.iter().map(at).collect(),
                from: own.values.clone(),
            }
        };
        all.iter().map(repair).collect()
    };
    let columns = (0..training.x.ncols()).into_par_iter().map(column);
    Ok(kept(training, &columns.collect::<Vec<_>>()))
}
