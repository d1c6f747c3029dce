//! Folds: which rows are held out when, and which ones are learnt from then.
//!
//! In: the stratum, value or time of each row, how many folds, a seed. Out: [`Folds`]. Depends on
//! the rows' order and the seed alone; no row is held out of a model that learnt from it, nor from
//! what must be kept apart from it.

use crate::error::{Result, Unfit};
use crate::stats::random::Streams;

/// The part of a row that is neither held out nor learnt from.
const NO_PART: u8 = u8::MAX;
/// Labels of rows that count: negative, positive, none.
const LABELS: usize = 3;
/// The label of a row that counts for nothing.
pub const NOTHING: u32 = 3;

/// Parts of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    /// The part of each row; where parts follow one another, the first is never held out.
    of_row: Vec<u8>,
    count: usize,
    is_forward: bool,
}

impl Folds {
    /// Every row is held out once, and each fold has its share of every stratum.
    pub fn of_strata(strata: &[u32], count: usize, seed: u64) -> Self {
        Self {
            of_row: folds(strata, count, seed),
            count,
            is_forward: false,
        }
    }

    /// Every row is held out once, with all rows of the same value; `labels` are below 4, and rows
    /// of label 3 count for nothing.
    pub fn of_values(values: &[u32], labels: &[u32], count: usize, seed: u64) -> Self {
        Self {
            of_row: together(values, labels, count, seed),
            count,
            is_forward: false,
        }
    }

    /// Rows in `count` + 1 parts by time, one after the other: each but the first is held out once,
    /// and what was before it is learnt from (the walk-forward splits of scikit-learn's
    /// `TimeSeriesSplit`; Tashman 2000, doi:10.1016/S0169-2070(00)00065-0). Rows of one time are in
    /// one part; those without a time (`NaN`) are in none. Parts are equal by the rows that count.
    /// Nothing where those have too few times.
    pub fn forward(times: &[f64], counts: &[bool], count: usize) -> Option<Self> {
        let own = times.iter().zip(counts);
        let mut own: Vec<f64> = own
            .filter(|(time, counts)| !time.is_nan() && **counts)
            .map(|(time, _)| *time)
            .collect();
        own.sort_by(f64::total_cmp);
        let edges: Vec<usize> = (1..own.len()).filter(|&at| own[at - 1] < own[at]).collect();
        let starts: Vec<f64> = cuts(&edges, own.len(), count)?
            .into_iter()
            .map(|cut| own[cut])
            .collect();
        let part = |time: &f64| {
            if time.is_nan() {
                NO_PART
            } else {
                starts.partition_point(|start| start <= time) as u8
            }
        };
        Some(Self {
            of_row: times.iter().map(part).collect(),
            count,
            is_forward: true,
        })
    }

    /// Leaves out all folds but the first ones: their rows are held out no more.
    pub fn stop(&mut self, count: usize) {
        let first = count + usize::from(self.is_forward);
        for part in &mut self.of_row {
            if usize::from(*part) >= first {
                *part = NO_PART;
            }
        }
        self.count = self.count.min(count);
    }

    /// The part of each row; 255 is none. Where parts follow one another, the first is never held
    /// out.
    pub fn of_rows(&self) -> &[u8] {
        &self.of_row
    }

    /// How often rows are held out.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether a row is held out of this fold's models.
    pub fn is_held(&self, row: u32, fold: usize) -> bool {
        usize::from(self.of_row[row as usize]) == fold + usize::from(self.is_forward)
    }

    /// Whether a row may be learnt from by this fold's models.
    pub fn is_learnt(&self, row: u32, fold: usize) -> bool {
        let part = usize::from(self.of_row[row as usize]);
        if self.is_forward {
            part <= fold
        } else {
            part != fold
        }
    }

    /// Refuses outcomes that no fold's models can be fitted to: one of them is too rare, or is not
    /// there where a fold learns; `rows` can be learnt from.
    pub fn check(&self, rows: &[u32], y: &[Option<bool>]) -> Result<()> {
        let count = |wanted: bool| {
            let own = rows.iter().filter(|row| y[**row as usize] == Some(wanted));
            own.count()
        };
        let rarer = count(false).min(count(true));
        let folds = self.count;
        if rarer == 0 {
            return Err(Unfit::OneClass.into());
        }
        if rarer < folds {
            return Err(Unfit::FewRows { rows: rarer, folds }.into());
        }
        let has = |fold: usize, wanted: bool| {
            let mut all = rows.iter();
            all.any(|&row| self.is_learnt(row, fold) && y[row as usize] == Some(wanted))
        };
        for fold in 0..folds {
            let at = fold + 1;
            match (has(fold, false), has(fold, true)) {
                (true, true) => {}
                (false, false) => return Err(Unfit::NoneLearnt { fold: at }.into()),
                _ => return Err(Unfit::OneSided { fold: at }.into()),
            }
        }
        Ok(())
    }

    /// Whether a row is held out at all.
    pub fn is_ever_held(&self, row: u32) -> bool {
        let part = self.of_row[row as usize];
        part != NO_PART && (part > 0 || !self.is_forward)
    }
}

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

/// The fold of each row, the same for all rows of a value. The value of most rows goes first, each
/// to the fold where the squares of the folds' shares, of all rows and of each label, grow least;
/// the seed says in which order values of equally many rows go.
pub fn together(values: &[u32], labels: &[u32], folds: usize, seed: u64) -> Vec<u8> {
    let most = values.iter().max().map_or(0, |most| *most as usize + 1);
    // Of each value the rows of each label, then all.
    let mut sums = vec![[0_u32; LABELS + 1]; most];
    let mut totals = [0_u32; LABELS + 1];
    let counted = values.iter().zip(labels);
    for (&value, &label) in counted.filter(|(_, label)| **label != NOTHING) {
        for at in [label as usize, LABELS] {
            sums[value as usize][at] += 1;
            totals[at] += 1;
        }
    }
    let mut order: Vec<u32> = (0..most as u32).collect();
    Streams::new(seed).stream(0).shuffle(&mut order);
    order.sort_by_key(|&value| std::cmp::Reverse(sums[value as usize][LABELS]));
    let mut dealt = vec![[0_u32; LABELS + 1]; folds.max(1)];
    let mut of_value = vec![0_u8; most];
    for value in order {
        let own = &sums[value as usize];
        let grows = |fold: &[u32; LABELS + 1]| -> f64 {
            let each = fold.iter().zip(own).zip(&totals);
            each.filter(|((_, own), _)| **own > 0)
                .map(|((&there, &own), &total)| {
                    let (there, own, total) = (f64::from(there), f64::from(own), f64::from(total));
                    (2.0 * there + own) * own / (total * total)
                })
                .sum()
        };
        let costs = dealt.iter().map(grows).enumerate();
        let least = costs.min_by(|(_, a), (_, b)| a.total_cmp(b));
        let fold = least.map_or(0, |(fold, _)| fold);
        of_value[value as usize] = fold as u8;
        for (there, own) in dealt[fold].iter_mut().zip(own) {
            *there += own;
        }
    }
    let rows = values.iter();
    rows.map(|&value| of_value[value as usize]).collect()
}

/// `count` of the edges, nearest to where parts would be cut if no two rows had the same time.
fn cuts(edges: &[usize], rows: usize, count: usize) -> Option<Vec<usize>> {
    let size = rows / (count + 1);
    let mut cuts = Vec::with_capacity(count);
    let mut first = 0;
    for at in 0..count {
        let wanted = rows - (count - at) * size;
        // As many edges are left behind it as cuts are to come.
        let open = edges.get(first..(edges.len() + at + 1).checked_sub(count)?)?;
        let nearest = open
            .iter()
            .enumerate()
            .min_by_key(|(_, edge)| edge.abs_diff(wanted));
        let (place, edge) = nearest?;
        cuts.push(*edge);
        first += place + 1;
    }
    Some(cuts)
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

    proptest::proptest! {
        #[test]
        fn no_value_is_on_both_sides(
            rows in proptest::collection::vec((0_u32..40, 0_u32..3), 1..400),
            count in 2_usize..8,
            seed in 0_u64..4,
        ) {
            let (values, labels): (Vec<u32>, Vec<u32>) = rows.into_iter().unzip();
            let folds = Folds::of_values(&values, &labels, count, seed);
            for fold in 0..count {
                let all = || (0..values.len() as u32).zip(&values);
                let held: Vec<u32> = all().filter(|(row, _)| folds.is_held(*row, fold)).map(|(_, v)| *v).collect();
                let is_apart = all().filter(|(row, _)| folds.is_learnt(*row, fold)).all(|(_, v)| !held.contains(v));
                proptest::prop_assert!(is_apart);
            }
            for row in 0..values.len() as u32 {
                let held = (0..count).filter(|&fold| folds.is_held(row, fold)).count();
                let learnt = (0..count).filter(|&fold| folds.is_learnt(row, fold)).count();
                proptest::prop_assert_eq!((held, learnt), (1, count - 1));
            }
        }

        #[test]
        fn all_that_is_learnt_from_was_before(
            times in proptest::collection::vec(0_u32..30, 1..300),
            count in 2_usize..6,
        ) {
            // Some have no time.
            let times: Vec<f64> = times.into_iter().map(|t| if t == 0 { f64::NAN } else { f64::from(t) }).collect();
            let mut known: Vec<f64> = times.iter().copied().filter(|t| !t.is_nan()).collect();
            known.sort_by(f64::total_cmp);
            known.dedup();
            let found = Folds::forward(&times, &vec![true; times.len()], count);
            proptest::prop_assert_eq!(found.is_some(), known.len() > count);
            let Some(folds) = found else { return Ok(()) };
            for fold in 0..count {
                let of = |is: &dyn Fn(u32) -> bool| -> Vec<f64> {
                    let rows = (0..times.len() as u32).filter(|&row| is(row));
                    rows.map(|row| times[row as usize]).collect()
                };
                let (held, learnt) = (of(&|row| folds.is_held(row, fold)), of(&|row| folds.is_learnt(row, fold)));
                proptest::prop_assert!(!held.is_empty() && !learnt.is_empty());
                proptest::prop_assert!(held.iter().all(|h| learnt.iter().all(|l| l < h)));
            }
            for row in 0..times.len() as u32 {
                let held = (0..count).any(|fold| folds.is_held(row, fold));
                proptest::prop_assert_eq!(held, folds.is_ever_held(row));
            }
        }
    }

    #[test]
    fn rows_that_count_for_nothing_move_no_part() {
        let times: Vec<f64> = (0..40).map(f64::from).collect();
        let counts: Vec<bool> = times.iter().map(|time| *time >= 20.0).collect();
        let folds = Folds::forward(&times, &counts, 4).unwrap();
        let starts: Vec<usize> = (0..4)
            .map(|fold| (0..40).position(|row| folds.is_held(row, fold)).unwrap())
            .collect();
        assert_eq!(starts, [24, 28, 32, 36]);
        assert_eq!(Folds::forward(&times, &[false; 40], 4), None);
        // 10 values of 2 rows, of which 5 count: each is held out alone.
        let values: Vec<u32> = (0..20).map(|row| row / 2).collect();
        let labels: Vec<u32> = values
            .iter()
            .map(|v| if v % 2 == 0 { 1 } else { NOTHING })
            .collect();
        let folds = Folds::of_values(&values, &labels, 5, 0);
        for fold in 0..5 {
            let held = (0..20).filter(|&row| labels[row as usize] == 1 && folds.is_held(row, fold));
            assert_eq!(held.count(), 2, "{fold}");
        }
    }

    /// `fixtures/folded.py` made the numbers; here rows stand the other way round.
    #[test]
    fn parts_without_ties_are_those_of_scikit_learn() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/folded.json");
        let text = std::fs::read_to_string(path).unwrap();
        let json: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert!(json.len() >= 8);
        for one in json {
            let number = |name: &str| one[name].as_u64().unwrap() as u32;
            let (rows, folds) = (number("rows"), number("folds") as usize);
            let times: Vec<f64> = (0..rows).map(|row| f64::from(rows - row)).collect();
            let found = Folds::forward(&times, &vec![true; times.len()], folds).unwrap();
            let starts = (0..folds).map(|fold| {
                let mut ordered = (0..rows).rev();
                ordered.position(|row| found.is_held(row, fold)).unwrap()
            });
            let starts: Vec<usize> = starts.collect();
            assert_eq!(serde_json::json!(starts), one["starts"], "{rows} rows");
        }
    }

    #[test]
    fn values_are_dealt_out_evenly_by_rows_and_by_label() {
        // 200 values of 1 to 7 rows; 3 of 10 rows are positive.
        let values: Vec<u32> = (0..200).flat_map(|v| vec![v; v as usize % 7 + 1]).collect();
        let labels: Vec<u32> = (0..values.len())
            .map(|row| u32::from(row * 7 % 10 < 3))
            .collect();
        let dealt = together(&values, &labels, 5, 0);
        for label in [None, Some(0), Some(1)] {
            let is_own = |own: &u32| label.is_none_or(|label| label == *own);
            let rows = |fold| {
                let both = labels.iter().zip(&dealt);
                both.filter(|(l, f)| is_own(l) && **f == fold).count()
            };
            let counts: Vec<usize> = (0..5).map(rows).collect();
            let (low, high) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            assert!(high - low <= 3, "{label:?}: {counts:?}");
        }
        assert_ne!(dealt, together(&values, &labels, 5, 1));
    }
}
