//! Adjusting p values for how many there are: Holm's for decisions, Benjamini and Hochberg's for
//! exploring.
//!
//! In: p values in any order, each in [0, 1]. Out: adjusted ones in the same order, never below the
//! given ones, at most 1; equal ones stay equal, wherever they stand.

/// Holm's step-down procedure over blocks (Holm 1979, Scandinavian Journal of Statistics 6:65).
///
/// `block` says of each p value to which block it belongs; within a block the p values hold together
/// already (all pairs of one comparison, say). So a hypothesis is multiplied by the number of blocks
/// that still have a p value as large as its own. This is the closed test (Marcus, Peritz and Gabriel
/// 1976, doi:10.1093/biomet/63.3.655) with Bonferroni's over the blocks that an intersection touches:
/// the chance of any false rejection is at most the level. With a block for each it is Holm's.
///
/// # Panics
///
/// If the slices are not of one length.
pub fn holm(p: &[f64], block: &[usize]) -> Vec<f64> {
    assert_eq!(p.len(), block.len(), "each p value has its block");
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut names = block.to_vec();
    names.sort_unstable();
    names.dedup();
    // From the largest down: how many blocks have been met.
    let mut met = vec![false; names.len()];
    let mut count = 0_u32;
    let mut multipliers = vec![0.0; p.len()];
    for at in order.iter().rev() {
        let name = names.partition_point(|name| *name < block[*at]);
        if !std::mem::replace(&mut met[name], true) {
            count += 1;
        }
        multipliers[*at] = f64::from(count);
    }
    let mut adjusted = vec![0.0; p.len()];
    let mut least = 0.0_f64;
    for at in order {
        least = least.max((p[at] * multipliers[at]).min(1.0));
        adjusted[at] = least;
    }
    adjusted
}

/// The same of p values of which some are not there, each by itself, in their order.
pub fn holm_of_some(tests: impl IntoIterator<Item = Option<f64>>) -> Vec<Option<f64>> {
    let tests: Vec<Option<f64>> = tests.into_iter().collect();
    let p: Vec<f64> = tests.iter().copied().flatten().collect();
    let blocks: Vec<usize> = (0..p.len()).collect();
    let mut adjusted = holm(&p, &blocks).into_iter();
    tests
        .iter()
        .map(|test| test.and_then(|_| adjusted.next()))
        .collect()
}

/// Benjamini and Hochberg's step-up procedure, which bounds the expected share of false findings
/// among the findings (1995, doi:10.1111/j.2517-6161.1995.tb02031.x).
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![0.0; p.len()];
    let mut most = 1.0_f64;
    for (rank, at) in order.into_iter().enumerate().rev() {
        most = most.min(p[at] * (p.len() as f64 / (rank as f64 + 1.0)));
        adjusted[at] = most;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::{assert_near, expected};

    #[test]
    fn both_agree_with_statsmodels() {
        for entry in expected("adjust") {
            let list = |i: usize| -> Vec<f64> { serde_json::from_value(entry[i].clone()).unwrap() };
            let p = list(0);
            let alone: Vec<usize> = (0..p.len()).rev().collect();
            for (found, wanted) in holm(&p, &alone).into_iter().zip(list(1)) {
                assert_near(found, wanted, 1e-14, &entry);
            }
            for (found, wanted) in benjamini_hochberg(&p).into_iter().zip(list(2)) {
                assert_near(found, wanted, 1e-14, &entry);
            }
        }
        assert!(holm(&[], &[]).is_empty() && benjamini_hochberg(&[]).is_empty());
    }

    #[test]
    fn a_block_counts_once() {
        // Three blocks; once all of block 7 is passed, two are left, and then one.
        let found = holm(&[0.01, 0.011, 0.02, 0.04, 0.2], &[7, 7, 3, 3, 9]);
        assert_eq!(found, [0.03, 0.033, 0.04, 0.08, 0.2]);
    }

    proptest! {
        #[test]
        fn neither_order_nor_a_tie_matters(
            mut entries in prop::collection::vec((0_u32..9, 0_usize..4), 1..12),
            turn in 0_usize..12,
        ) {
            let both = |entries: &[(u32, usize)]| {
                let p: Vec<f64> = entries.iter().map(|e| f64::from(e.0) / 40.0).collect();
                let block: Vec<usize> = entries.iter().map(|e| e.1).collect();
                let all = holm(&p, &block).into_iter().zip(benjamini_hochberg(&p));
                let mut all: Vec<_> = p.iter().copied().zip(all).collect();
                all.sort_by(|a, b| a.partial_cmp(b).unwrap());
                all
            };
            let before = both(&entries);
            for ((p, (holm, bh)), next) in before.iter().zip(&before[1..]) {
                prop_assert!(*p != next.0 || (*holm, *bh) == next.1);
                prop_assert!(p <= bh && p <= holm && *holm <= 1.0);
            }
            let turn = turn % entries.len();
            entries.rotate_left(turn);
            prop_assert_eq!(before, both(&entries));
        }
    }
}
