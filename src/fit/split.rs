//! Folds: every row is held out once, and each fold has its share of every group and label.
//!
//! In: the stratum of each row, how many folds, a seed. Out: the fold of each row. Depends on the
//! rows' order and the seed alone.

use crate::stats::random::Streams;

/// The fold of each row; rows of one stratum are dealt out evenly, in random order, and the next
/// stratum goes on where the last one ended, so that folds are equally large to one row.
pub fn folds(strata: &[u32], folds: usize, seed: u64) -> Vec<u8> {
    let most = strata
        .iter()
        .copied()
        .max()
        .map_or(0, |most| most as usize + 1);
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); most];
    for (row, &stratum) in strata.iter().enumerate() {
        rows[stratum as usize].push(row as u32);
    }
    let streams = Streams::new(seed);
    let mut of_row = vec![0_u8; strata.len()];
    let mut dealt = 0;
    for (stratum, mut rows) in rows.into_iter().enumerate() {
        streams.stream(stratum as u64).shuffle(&mut rows);
        for row in rows {
            of_row[row as usize] = (dealt % folds.max(1)) as u8;
            dealt += 1;
        }
    }
    of_row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stratum_is_dealt_out_evenly() {
        let strata: Vec<u32> = (0..1003).map(|row| u32::from(row % 7 == 0)).collect();
        let dealt = folds(&strata, 5, 3);
        for stratum in 0..2 {
            let rows = |fold| {
                let both = strata.iter().zip(&dealt);
                both.filter(|(s, f)| **s == stratum && **f == fold).count()
            };
            let counts: Vec<usize> = (0..5).map(rows).collect();
            let (low, high) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            assert!(high - low <= 1, "{counts:?}");
        }
        assert_eq!(dealt, folds(&strata, 5, 3));
        assert_ne!(dealt, folds(&strata, 5, 4));
    }
}
