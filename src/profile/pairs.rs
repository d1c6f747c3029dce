//! Which two columns together tell most of a group.
//!
//! In: the rows that are learnt from, in two halves. Out: of each target the pair whose crossed codes
//! in one half order the rows of the other half best. What is held out is not looked at.

use rayon::prelude::*;

use super::encoded::{CELLS, Rows};

/// Columns that are crossed, the first ones.
pub const CROSSED: usize = 100;
/// By so many rows of the usual share the share of a cell is drawn towards it.
const DRAWN: f64 = 5.0;

/// Rows of each class, by cell.
type Half = Vec<Vec<f64>>;

/// The best pair of columns for each target. `class` says of each row which target it is, or, last,
/// that it is none; `None` is in no comparison.
pub fn best(rows: &Rows, class: &[Option<usize>], targets: usize) -> Vec<Option<(usize, usize)>> {
    let crossed = rows.features.len().min(CROSSED);
    let pairs: Vec<(usize, usize)> = (0..crossed)
        .flat_map(|a| (a + 1..crossed).map(move |b| (a, b)))
        .collect();
    let areas = pairs.par_iter().map(|&pair| {
        let [a, b] = counted(rows, class, targets + 1, pair);
        let of = |target| f64::midpoint(area(&a, &b, target), area(&b, &a, target));
        (0..targets).map(of).collect()
    });
    let areas: Vec<Vec<f64>> = areas.collect();
    let best = |target: usize| {
        // Of equals the first.
        let all = pairs.iter().zip(&areas).rev();
        let best = all.max_by(|a, b| a.1[target].total_cmp(&b.1[target]));
        best.map(|(pair, _)| *pair)
    };
    (0..targets).map(best).collect()
}

/// The codes of two columns as those of one.
pub fn crossed(rows: &Rows, (a, b): (usize, usize)) -> Vec<u16> {
    let [a, b] = [a, b].map(|at| rows.features[at].coarse.iter());
    a.zip(b).map(|(a, b)| a * CELLS as u16 + b).collect()
}

/// Both halves of the fold that is learnt from.
fn counted(
    rows: &Rows,
    class: &[Option<usize>],
    classes: usize,
    (a, b): (usize, usize),
) -> [Half; 2] {
    let [a, b] = [a, b].map(|at| &rows.features[at].coarse);
    let mut halves = [0, 1].map(|_| vec![vec![0.0; classes]; CELLS * CELLS]);
    for (row, class) in class.iter().enumerate() {
        let Some(class) = class else { continue };
        let cell = usize::from(a[row]) * CELLS + usize::from(b[row]);
        for (half, &copies) in halves.iter_mut().zip(&rows.fourths[row]) {
            half[cell][*class] += rows.counted(copies) as f64;
        }
    }
    halves
}

/// How well the shares of `known` order the rows of `other`.
fn area(known: &Half, other: &Half, target: usize) -> f64 {
    let all = |cell: &Vec<f64>| cell.iter().sum::<f64>();
    let (mut own, mut whole) = (0.0, 0.0);
    for cell in known {
        own += cell[target];
        whole += all(cell);
    }
    let usual = own / f64::max(whole, 1.0);
    let share = |cell: &Vec<f64>| (cell[target] + usual * DRAWN) / (all(cell) + DRAWN);
    let mut order: Vec<(f64, usize)> = known.iter().map(share).zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won, mut positives) = (0.0, 0.0, 0.0);
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let (mut positive, mut negative) = (0.0, 0.0);
        for &(_, cell) in tied {
            positive += other[cell][target];
            negative += all(&other[cell]) - other[cell][target];
        }
        won += positive * (below + negative / 2.0);
        below += negative;
        positives += positive;
    }
    if positives * below > 0.0 {
        won / (positives * below)
    } else {
        0.5
    }
}
