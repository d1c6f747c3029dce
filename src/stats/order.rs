//! Scored rows into their total order, in parallel.

use rayon::prelude::*;

use super::ranking::{PIECE, Stored};

/// The rows in total order, by a parallel partition into ranges of the score and a sort of each;
/// pieces are freed as they are read.
pub(super) fn sorted<R: Stored>(pieces: Vec<Vec<R>>) -> Vec<Vec<R>> {
    let rows: usize = pieces.iter().map(Vec::len).sum();
    let keys = |piece: &Vec<R>| {
        let ends = piece.iter().map(|row| row.key());
        ends.fold((u64::MAX, 0), |(low, high), key| {
            (low.min(key), high.max(key))
        })
    };
    let (low, high) = pieces
        .par_iter()
        .map(keys)
        .reduce(|| (u64::MAX, 0), |a, b| (a.0.min(b.0), a.1.max(b.1)));
    if rows < PIECE || low == high {
        return vec![sorted_piece(pieces)];
    }
    // Fine ranges of the key by its leading bits, as many as 16 bits tell apart.
    let shift = 48 - (high - low).leading_zeros().min(48);
    let fine = |row: &R| ((row.key() - low) >> shift) as usize;
    let lanes = divided(pieces, 2 * rayon::current_num_threads());
    let counts: Vec<Vec<u32>> = lanes
        .par_iter()
        .map(|lane| {
            let mut counts = vec![0; FINE];
            for row in lane.iter().flatten() {
                counts[fine(row)] += 1;
            }
            counts
        })
        .collect();
    let (range_of, ranges) = joined(&counts, rows / 2048);
    let parts: Vec<Vec<Vec<R>>> = lanes
        .into_par_iter()
        .zip(&counts)
        .map(|(lane, counts)| {
            let mut sizes = vec![0; ranges];
            for (range, count) in range_of.iter().zip(counts) {
                sizes[usize::from(*range)] += *count as usize;
            }
            let mut parts: Vec<Vec<R>> = sizes.into_iter().map(Vec::with_capacity).collect();
            for piece in lane {
                for row in piece {
                    parts[usize::from(range_of[fine(&row)])].push(row);
                }
            }
            parts
        })
        .collect();
    let mut by_range: Vec<Vec<Vec<R>>> = (0..ranges).map(|_| Vec::new()).collect();
    for lane in parts {
        for (range, part) in by_range.iter_mut().zip(lane) {
            range.push(part);
        }
    }
    by_range.into_par_iter().map(sorted_piece).collect()
}

const FINE: usize = 1 << 16;

/// Neighbouring fine ranges put together until each has `rows_min` rows or more.
fn joined(counts: &[Vec<u32>], rows_min: usize) -> (Vec<u16>, usize) {
    let (mut range, mut rows) = (0_u16, 0);
    let range_of = (0..FINE)
        .map(|fine| {
            let here: usize = counts.iter().map(|lane| lane[fine] as usize).sum();
            if rows > 0 && rows + here > rows_min {
                (range, rows) = (range + 1, 0);
            }
            rows += here;
            range
        })
        .collect();
    (range_of, usize::from(range) + 1)
}

/// The pieces dealt out to `lanes` threads.
fn divided<R>(pieces: Vec<Vec<R>>, lanes: usize) -> Vec<Vec<Vec<R>>> {
    let mut dealt: Vec<Vec<Vec<R>>> = (0..lanes).map(|_| Vec::new()).collect();
    for (at, piece) in pieces.into_iter().enumerate() {
        dealt[at % lanes].push(piece);
    }
    dealt
}

/// All rows of some parts as one sorted piece.
fn sorted_piece<R: Stored>(parts: Vec<Vec<R>>) -> Vec<R> {
    let count: usize = parts.iter().map(Vec::len).sum();
    if count > 4 * PIECE {
        let mut rows = Vec::with_capacity(count);
        for part in parts {
            rows.extend_from_slice(&part);
        }
        rows.par_sort_unstable_by_key(|row| row.order());
        return rows;
    }
    let keys = || parts.iter().flatten().map(|row| row.key());
    let (Some(low), Some(high)) = (keys().min(), keys().max()) else {
        return Vec::new();
    };
    // As many ranges as rows: most have one or two, and what is left to sort is hardly anything.
    let ranges = count.next_power_of_two();
    let bits = 64 - (high - low).leading_zeros();
    let shift = bits.saturating_sub(ranges.trailing_zeros());
    let range = |row: &R| ((row.key() - low) >> shift) as usize;
    let mut ends = vec![0_u32; ranges + 1];
    for row in parts.iter().flatten() {
        ends[range(row) + 1] += 1;
    }
    for at in 0..ranges {
        ends[at + 1] += ends[at];
    }
    let Some(&any) = parts.iter().flatten().next() else {
        return Vec::new();
    };
    let mut rows = vec![any; count];
    for row in parts.iter().flatten() {
        let place = &mut ends[range(row)];
        rows[*place as usize] = *row;
        *place += 1;
    }
    let mut start = 0;
    for &end in &ends[..ranges] {
        let end = end as usize;
        if end - start > 1 {
            rows[start..end].sort_unstable_by_key(|row| row.order());
        }
        start = end;
    }
    rows
}
