//! What is hidden of small tables that are worked out by hand.

use super::*;

fn cell(counts: &[u64]) -> Cell {
    Cell {
        counts: counts.to_vec(),
        weights: None,
    }
}

fn sum(columns: usize, cells: &[usize]) -> Sum {
    Sum {
        cells: cells.to_vec(),
        columns,
    }
}

/// The whole, then each cell by itself.
fn line(counts: &[u64]) -> (Vec<Cell>, Vec<Sum>) {
    let cells: Vec<Cell> = counts.iter().map(|n| cell(&[*n])).collect();
    let all: Vec<usize> = (0..cells.len()).collect();
    let mut sums = vec![sum(0, &all)];
    sums.extend(all.iter().map(|at| sum(1, &[*at])));
    (cells, sums)
}

fn hidden(cells: &[Cell], sums: &[Sum], k: u64) -> Vec<usize> {
    let concealed = conceal(cells, sums, k);
    assert!(matches!(concealed, Concealed::Checked(_)));
    let all = concealed.hidden().iter().enumerate();
    all.filter(|(_, hidden)| **hidden)
        .map(|(at, _)| at)
        .collect()
}

#[test]
fn a_small_cell_takes_the_smallest_other_with_it_that_keeps_it_open() {
    let (cells, sums) = line(&[400, 30, 5, 12]);
    assert_eq!(hidden(&cells, &sums, 11), [3, 4]);
    // 5 and 3 are 8: that would be a count under 11 too.
    let (cells, sums) = line(&[400, 30, 5, 3]);
    assert_eq!(hidden(&cells, &sums, 11), [2, 3, 4]);
    let (cells, sums) = line(&[400, 30, 0, 12]);
    assert!(hidden(&cells, &sums, 11).is_empty());
}

#[test]
fn a_small_cell_of_a_cross_takes_a_rectangle_with_it() {
    // 4 × 3 with all margins: one cell of 4.
    let counts = [4, 50, 60, 70, 40, 80, 90, 55, 65, 75, 85, 95];
    let cells: Vec<Cell> = counts.iter().map(|n| cell(&[*n])).collect();
    let mut sums = vec![sum(0, &(0..12).collect::<Vec<_>>())];
    for row in 0..4 {
        sums.push(sum(1, &[row * 3, row * 3 + 1, row * 3 + 2]));
    }
    for column in 0..3 {
        sums.push(sum(1, &[column, column + 3, column + 6, column + 9]));
    }
    sums.extend((0..12).map(|at| sum(2, &[at])));
    let found = hidden(&cells, &sums, 11);
    assert_eq!(found.len(), 4);
    assert!(found.contains(&8) && found.iter().all(|at| *at >= 8));
}

#[test]
fn weights_that_are_known_take_more_cells() {
    let (mut cells, sums) = line(&[400, 30, 5, 12, 40, 50]);
    let plain = hidden(&cells, &sums, 11);
    for (at, cell) in cells.iter_mut().enumerate() {
        let weight = 1.0 + at as f64 / 2.0;
        let rows = cell.counts[0] as f64;
        cell.weights = Some(vec![[weight * rows, weight * weight * rows]]);
    }
    let weighted = hidden(&cells, &sums, 11);
    assert!(weighted.len() > plain.len() + 1, "{weighted:?}");
}

#[test]
fn too_many_sums_leave_one_partition_at_most() {
    let counts: Vec<u64> = (0..=CELLS as u64).map(|at| 20 + at % 3).collect();
    let (cells, sums) = line(&counts);
    let Concealed::Coarse(hidden) = conceal(&cells, &sums, 11) else {
        panic!("so many were attacked");
    };
    assert!(!hidden.contains(&true));
    let (cells, sums) = line(&[vec![3], counts].concat());
    let Concealed::Coarse(hidden) = conceal(&cells, &sums, 11) else {
        panic!("so many were attacked");
    };
    assert!(!hidden[0] && hidden[1..].iter().all(|hidden| *hidden));
}
