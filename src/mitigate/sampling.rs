//! Sampling: rows of a group and label are drawn more than once, or left out.
//!
//! In: training rows and a seed. Out: how often each row is drawn. Draws stand at equal distances
//! along the rows of a group and label, from a random start (Madow and Madow 1944,
//! doi:10.1214/aoms/1177731312), in an order that depends on the seed and on what is in the rows:
//! so equal rows are neighbors, and a row of weight 2 is drawn as often as the row twice.

use super::{Mitigation, Prepared, Stage, Training};
use crate::error::Result;
use crate::stats::random::Streams;

/// As many as make label and group independent.
pub const UNIFORM: Mitigation = Mitigation {
    name: "uniform_sampling",
    about: "rows drawn so that label and group are independent",
    source: "Kamiran and Calders 2012, doi:10.1007/s10115-011-0463-8, section 5.3",
    stage: Stage::Pre(|training| prepared(training, independent)),
    is_usual: false,
};

/// As many as the largest.
pub const OVER: Mitigation = Mitigation {
    name: "oversampling",
    about: "rows repeated: every group and label has as many as the largest",
    source: "He and Garcia 2009, doi:10.1109/TKDE.2008.239",
    stage: Stage::Pre(|training| {
        prepared(training, |sums| all(sums, largest(sums, f64::max, 0.0)))
    }),
    is_usual: false,
};

/// As few as the smallest.
pub const UNDER: Mitigation = Mitigation {
    name: "undersampling",
    about: "rows left out: every group and label has as few as the smallest",
    source: "He and Garcia 2009, doi:10.1109/TKDE.2008.239",
    stage: Stage::Pre(|training| {
        prepared(training, |sums| {
            all(sums, largest(sums, f64::min, f64::INFINITY))
        })
    }),
    is_usual: false,
};

/// Weights by group and label.
type Pairs = Vec<[f64; 2]>;

fn independent(sums: &Pairs) -> Pairs {
    let total: f64 = sums.iter().flatten().sum();
    let labels = [0, 1].map(|y| sums.iter().map(|own| own[y]).sum::<f64>());
    let each = sums.iter();
    each.map(|own| [0, 1].map(|y| (own[0] + own[1]) * labels[y] / total))
        .collect()
}

fn largest(sums: &Pairs, of: fn(f64, f64) -> f64, from: f64) -> f64 {
    let known = sums.iter().flatten().filter(|sum| **sum > 0.0);
    known.fold(from, |so_far, &sum| of(so_far, sum))
}

fn all(sums: &Pairs, wanted: f64) -> Pairs {
    sums.iter()
        .map(|own| own.map(|sum| if sum > 0.0 { wanted } else { 0.0 }))
        .collect()
}

/// A number that depends on the seed and on what is in a row.
fn mixed(seed: u64, row: ndarray::ArrayView1<f64>) -> u64 {
    let mut hash = seed ^ 0x9e37_79b9_7f4a_7c15;
    for value in row {
        // SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2714064.2660195).
        hash = (hash ^ (value + 0.0).to_bits()).wrapping_add(0x9e37_79b9_7f4a_7c15);
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^= hash >> 31;
    }
    hash
}

#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn prepared(training: &Training, wanted: fn(&Pairs) -> Pairs) -> Result<Prepared> {
    let sums = training.sums();
    let wanted = wanted(&sums);
    let hashes: Vec<u64> = training
        .x
        .rows()
        .into_iter()
        .map(|row| mixed(training.seed, row))
        .collect();
    let mut rows: Vec<usize> = (0..training.y.len())
        .filter(|&row| training.weights[row] > 0.0)
        .collect();
    let place = |row: usize| (training.groups[row], training.y[row], hashes[row]);
    rows.sort_by_key(|&row| place(row));
    // A draw is a row; where weights are shares, as many draws as there are different rows.
    let total: f64 = sums.iter().flatten().sum();
    let different = 1 + rows
        .windows(2)
        .filter(|p| place(p[0]) != place(p[1]))
        .count();
    let unit = (total / different as f64).min(1.0);
    let streams = Streams::new(training.seed);
    let mut weights = vec![0.0; training.y.len()];
    for (group, (sums, wanted)) in sums.iter().zip(&wanted).enumerate() {
        for label in [false, true] {
            let (has, wants) = (sums[usize::from(label)], wanted[usize::from(label)]);
            let is_own =
                |row: &usize| training.groups[*row] as usize == group && training.y[*row] == label;
            let own: Vec<usize> = rows.iter().copied().filter(is_own).collect();
            let draws = (wants / unit).round();
            if own.is_empty() || draws <= 0.0 {
                continue;
            }
            if (wants - has).abs() <= 1e-12 * has {
                for row in own {
                    weights[row] = training.weights[row];
                }
                continue;
            }
            let stream = 2 * group as u64 + u64::from(label);
            let start = streams.stream(stream).uniform();
            let mut below = 0.0;
            let mut drawn = 0.0;
            for (at, &row) in own.iter().enumerate() {
                below += training.weights[row];
                // The last draw is not lost to rounding.
                let reached = if at + 1 == own.len() {
                    draws
                } else {
                    (below / has * draws - start).ceil().clamp(drawn, draws)
                };
                weights[row] = (reached - drawn) * (wants / draws);
                drawn = reached;
            }
        }
    }
    Ok(Prepared {
        weights,
        ..Prepared::default()
    })
}
