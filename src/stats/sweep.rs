//! AUC, `DeLong`'s variance, background AUC and KS of all groups in one pass over sorted rows.
//!
//! In: rows in ascending order of the score. Out: an entry for each group and one for all. Equal
//! scores make a block; a group's part of a block is settled when its next block begins, so the cost
//! is rows + groups. Sums are f64: without weights they hold integers below 2⁵³ and are exact.

use super::ranking::{Discrimination, Grouping, Stored};
use super::roc::{Curve, Walk};

/// Positives and negatives of one block, or of all below it.
#[derive(Debug, Clone, Copy, Default)]
struct Mass {
    positive: f64,
    negative: f64,
}

impl Mass {
    fn add(&mut self, other: Mass) {
        self.positive += other.positive;
        self.negative += other.negative;
    }

    /// What is left without `part` times `share`.
    fn less(self, part: Mass, share: f64) -> Mass {
        Mass {
            positive: self.positive - share * part.positive,
            negative: self.negative - share * part.negative,
        }
    }

    fn both(self) -> f64 {
        self.positive + self.negative
    }
}

/// Rows of one group in a block: Σw and Σw².
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    mass: Mass,
    squares: Mass,
}

impl Block {
    #[inline]
    fn of<R: Stored>(row: R) -> Self {
        let (weight, positive) = (row.weight(), f64::from(u8::from(row.positive())));
        let mass = Mass {
            positive: weight * positive,
            negative: weight * (1.0 - positive),
        };
        let squares = Mass {
            positive: weight * mass.positive,
            negative: weight * mass.negative,
        };
        Self { mass, squares }
    }

    fn add(&mut self, other: Self) {
        self.mass.add(other.mass);
        self.squares.add(other.squares);
    }
}

/// What a group has gathered so far.
#[derive(Debug, Clone, Default)]
struct Progress {
    below: Mass,
    /// Its part of its latest block, not settled yet, and which block that is.
    block: Block,
    number: u32,
    /// All compared rows below that block, and in it.
    all_below: Mass,
    all_in: Mass,
    /// Σw·x over positives, x = twice the negatives below plus those tied: twice a placement.
    won: f64,
    /// Σw², Σw²x, Σw²x² over positives.
    positive: [f64; 3],
    /// The same over negatives, of twice the positives below.
    negative: [f64; 3],
    /// Σw·x over positives, of the background's negatives.
    won_background: f64,
    /// Σw·x over negatives, of the background's positives below: what they lost.
    lost_background: f64,
    /// Lowest and highest (F group − F all) · group · all, before and after each block.
    deviation: (f64, f64),
}

impl Progress {
    /// Adds the group's part of a block for AUC and its variance.
    #[inline]
    fn rank(&mut self, block: &Block) {
        let x = 2.0 * self.below.negative + block.mass.negative;
        let y = 2.0 * self.below.positive + block.mass.positive;
        self.won += block.mass.positive * x;
        let (p, n) = (block.squares.positive, block.squares.negative);
        for (sums, weight, twice) in [(&mut self.positive, p, x), (&mut self.negative, n, y)] {
            sums[0] += weight;
            sums[1] += weight * twice;
            sums[2] += weight * twice * twice;
        }
    }

    /// Compares the group's part of a block with the background.
    #[inline]
    fn compare(&mut self, block: &Block, fixed: &Fixed) {
        let (all, in_block) = (self.all_below, self.all_in);
        let below = all.less(self.below, fixed.share);
        let tied = in_block.less(block.mass, fixed.share);
        self.won_background += block.mass.positive * (2.0 * below.negative + tied.negative);
        self.lost_background += block.mass.negative * (2.0 * below.positive + tied.positive);
        let (all, group) = (all.both(), self.below.both());
        let before = group * fixed.all - all * fixed.group;
        let after = (group + block.mass.both()) * fixed.all - (all + in_block.both()) * fixed.group;
        self.deviation.0 = self.deviation.0.min(before.min(after));
        self.deviation.1 = self.deviation.1.max(before.max(after));
    }

    /// Adds the group's part of a block to all that it has gathered.
    #[inline]
    fn settle(&mut self, fixed: &Fixed) {
        let block = std::mem::take(&mut self.block);
        self.rank(&block);
        self.compare(&block, fixed);
        self.below.add(block.mass);
    }
}

/// What is known of a group beforehand.
struct Fixed {
    /// 1 where the group is part of all, 0 where it is not compared.
    share: f64,
    /// Σw of the group.
    group: f64,
    /// Σw of all compared rows.
    all: f64,
}

/// One entry for each group, and one for all compared rows; `totals` likewise. With the curve of a
/// reference group each group has its area.
pub(super) fn sweep<R: Stored>(
    pieces: &[Vec<R>],
    grouping: &Grouping,
    totals: &[[(u64, f64); 2]],
    reference: Option<&(usize, Curve)>,
) -> Vec<Discrimination> {
    let whole = |total: &[(u64, f64); 2]| total[0].1 + total[1].1;
    let all = totals.last().map_or(0.0, whole);
    let groups = 0..grouping.groups;
    let fixed = groups.clone().map(|group| Fixed {
        share: f64::from(u8::from(grouping.compares(group))),
        group: whole(&totals[group]),
        all,
    });
    let walks = groups.map(|group| {
        let (at, curve) = reference?;
        // The reference is no distance from itself.
        let walk = Walk::new(&totals[group]).filter(|_| *at != group)?;
        Some((walk, curve))
    });
    let mut state = State {
        groups: vec![Progress::default(); grouping.groups],
        fixed: fixed.collect(),
        walks: walks.collect(),
        all: Progress::default(),
        tied: Vec::new(),
        number: 0,
    };
    for piece in pieces {
        let mut rest = piece.as_slice();
        while let Some(first) = rest.first() {
            let key = first.key();
            let tied = rest.iter().take_while(|row| row.key() == key).count();
            let (block, after) = rest.split_at(tied);
            state.add(block, grouping);
            rest = after;
        }
    }
    for group in 0..grouping.groups {
        state.settle(group);
    }
    let mut found: Vec<Discrimination> = Vec::with_capacity(totals.len());
    for (progress, (total, fixed)) in state.groups.iter().zip(totals.iter().zip(&state.fixed)) {
        let mut entry = own(progress, total);
        if let Some(all) = totals.last() {
            background(&mut entry, progress, all, fixed.share == 1.0);
        }
        found.push(entry);
    }
    for (entry, walk) in found.iter_mut().zip(state.walks) {
        entry.abroca = walk.map(|(walk, curve)| walk.area(curve));
    }
    if let Some((at, _)) = reference {
        found[*at].abroca = Some(0.0);
    }
    found.extend(totals.last().map(|total| own(&state.all, total)));
    found
}

struct State<'a> {
    groups: Vec<Progress>,
    fixed: Vec<Fixed>,
    /// The curves that are held against the reference's.
    walks: Vec<Option<(Walk, &'a Curve)>>,
    all: Progress,
    /// The group of each row of a block.
    tied: Vec<u32>,
    /// Of the block, from 1.
    number: u32,
}

/// A row of no group.
const NONE: u32 = u32::MAX;

impl State<'_> {
    /// Rows of equal score.
    #[inline]
    fn add<R: Stored>(&mut self, rows: &[R], grouping: &Grouping) {
        self.number += 1;
        self.tied.clear();
        let mut all = Block::default();
        for &row in rows {
            let group = grouping.of(row.cell());
            self.tied.push(group.map_or(NONE, |group| group as u32));
            if group.is_some_and(|group| self.fixed[group].share == 1.0) {
                all.add(Block::of(row));
            }
        }
        for (at, &row) in rows.iter().enumerate() {
            let group = self.tied[at];
            if group == NONE {
                continue;
            }
            let group = group as usize;
            if self.groups[group].number != self.number {
                self.settle(group);
                let progress = &mut self.groups[group];
                progress.number = self.number;
                progress.all_below = self.all.below;
                progress.all_in = all.mass;
            }
            self.groups[group].block.add(Block::of(row));
        }
        self.all.rank(&all);
        self.all.below.add(all.mass);
    }

    /// Closes a group's latest block.
    #[inline]
    fn settle(&mut self, group: usize) {
        let progress = &mut self.groups[group];
        progress.settle(&self.fixed[group]);
        if let Some((walk, curve)) = &mut self.walks[group] {
            walk.reach(progress.below.negative, progress.below.positive, curve);
        }
    }
}

/// A group by itself.
fn own(progress: &Progress, total: &[(u64, f64); 2]) -> Discrimination {
    let [(negatives, negative), (positives, positive)] = *total;
    let pairs = 2.0 * positive * negative;
    let has_pairs = pairs > 0.0;
    let variance = || {
        let of_positives = spread(&progress.positive, progress.won / positive, positives);
        let lost = pairs - progress.won;
        let of_negatives = spread(&progress.negative, lost / negative, negatives);
        (of_positives + of_negatives) / (pairs * pairs)
    };
    Discrimination {
        rows: (positives, negatives),
        weight: (positive, negative),
        auc: has_pairs.then(|| (progress.won / pairs).clamp(0.0, 1.0)),
        auc_variance: (has_pairs && positives > 1 && negatives > 1).then(variance),
        ..Discrimination::default()
    }
}

/// Σw²(x − mean)² · n / (n − 1): with weights of 1 it is n times the sample variance; otherwise the
/// linearised variance of a weighted mean (Särndal, Swensson and Wretman 1992, 5.5) times Σw².
fn spread(sums: &[f64; 3], mean: f64, rows: u64) -> f64 {
    let squares = sums[2] - 2.0 * mean * sums[1] + mean * mean * sums[0];
    squares.max(0.0) * rows as f64 / (rows as f64 - 1.0)
}

/// A group against all other compared ones.
fn background(
    entry: &mut Discrimination,
    progress: &Progress,
    all: &[(u64, f64); 2],
    is_part: bool,
) {
    let mine = if is_part {
        [
            (entry.rows.1, entry.weight.1),
            (entry.rows.0, entry.weight.0),
        ]
    } else {
        [(0, 0.0); 2]
    };
    // Whether anything is left is a matter of rows: weights leave roundings.
    let left = |label: usize| {
        let (rows, weight) = (all[label].0 - mine[label].0, all[label].1 - mine[label].1);
        if rows == 0 { 0.0 } else { weight.max(0.0) }
    };
    let (negative, positive) = (left(0), left(1));
    let share = |won: f64, pairs: f64| (pairs > 0.0).then(|| (won / pairs).clamp(0.0, 1.0));
    let pairs = 2.0 * positive * entry.weight.1;
    entry.bpsn = share(pairs - progress.lost_background, pairs);
    entry.bnsp = share(progress.won_background, 2.0 * negative * entry.weight.0);
    // F group − F rest = (F group − F all) · all / rest where the group is part of all.
    let (group, rest) = (entry.weight.0 + entry.weight.1, negative + positive);
    let widest = progress.deviation.1.max(-progress.deviation.0);
    entry.ks = share(widest, group * rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::stats::ranking::key;
    use crate::stats::{Ranking, Scored};

    type Row = (f64, bool, u32, f64);

    fn ranking(rows: &[Row]) -> Ranking {
        let mut ranking = Ranking::default();
        for &(score, positive, cell, weight) in rows {
            ranking.push(Scored {
                key: key(score),
                cell,
                positive,
                weight,
            });
        }
        ranking.sort();
        ranking
    }

    /// 1 where the positive scores higher, half where they tie.
    fn wins(positive: &Row, negative: &Row) -> f64 {
        f64::midpoint(
            f64::from(u8::from(positive.0 > negative.0)),
            f64::from(u8::from(positive.0 >= negative.0)),
        )
    }

    fn weight(rows: &[&Row]) -> f64 {
        rows.iter().map(|r| r.3).sum()
    }

    /// AUC from the definition, and the linearised variance.
    fn auc(positives: &[&Row], negatives: &[&Row]) -> (Option<f64>, Option<f64>) {
        let (p, n) = (weight(positives), weight(negatives));
        if p * n == 0.0 {
            return (None, None);
        }
        let won = |a: &Row| negatives.iter().map(|b| b.3 * wins(a, b)).sum::<f64>() / n;
        let lost = |b: &Row| positives.iter().map(|a| a.3 * wins(a, b)).sum::<f64>() / p;
        let auc = positives.iter().map(|a| a.3 * won(a)).sum::<f64>() / p;
        let part = |rows: &[&Row], placement: &dyn Fn(&Row) -> f64| {
            let n = rows.len() as f64;
            let squares = rows.iter().map(|r| (r.3 * (placement(r) - auc)).powi(2));
            squares.sum::<f64>() / weight(rows).powi(2) * n / (n - 1.0)
        };
        let several = positives.len() > 1 && negatives.len() > 1;
        let variance = || part(positives, &won) + part(negatives, &lost);
        (Some(auc), several.then(variance))
    }

    fn ks(a: &[&Row], b: &[&Row]) -> Option<f64> {
        let (all, others) = (weight(a), weight(b));
        let below = |rows: &[&Row], x: f64| {
            let under = rows.iter().filter(|r| r.0 <= x);
            under.map(|r| r.3).sum::<f64>()
        };
        let at = a.iter().chain(b).map(|r| r.0);
        let gaps = at.map(|x| (below(a, x) / all - below(b, x) / others).abs());
        (all * others > 0.0).then(|| gaps.fold(0.0, f64::max))
    }

    fn assert_near(found: Option<f64>, expected: Option<f64>) -> Result<(), TestCaseError> {
        match (found, expected) {
            (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-10, "{a} is not {b}"),
            (a, b) => prop_assert_eq!(a, b),
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn one_sweep_agrees_with_all_pairs(
            rows in prop::collection::vec((0..12_u8, any::<bool>(), 0..6_u32, 1..5_u8), 0..60),
            kind in 0..3_u8,
        ) {
            let rows: Vec<Row> = rows
                .into_iter()
                .enumerate()
                .map(|(i, (score, positive, cell, weight))| {
                    let score = f64::from(score) + if kind == 2 { i as f64 / 100.0 } else { 0.0 };
                    (score - 4.0, positive, cell, if kind == 1 { f64::from(weight) / 3.0 } else { 1.0 })
                })
                .collect();
            // Cell 4 is a group that is shown, not compared; cell 5 is in no group.
            let group_of = [0, 1, 2, 0, 3, u32::MAX];
            let found = ranking(&rows).by_group(&group_of, 4, &[true, true, true, false], None);
            prop_assert_eq!(found.len(), 5);
            let of = |test: &dyn Fn(u32) -> bool, positive: Option<bool>| -> Vec<&Row> {
                rows.iter()
                    .filter(|r| test(group_of[r.2 as usize]))
                    .filter(|r| positive.is_none_or(|p| r.1 == p))
                    .collect()
            };
            for (at, entry) in found.iter().enumerate() {
                let group = at as u32;
                let mine = |g: u32| if group == 4 { g < 3 } else { g == group };
                let others = |g: u32| g < 3 && g != group;
                let (p, n) = (of(&mine, Some(true)), of(&mine, Some(false)));
                prop_assert_eq!(entry.rows, (p.len() as u64, n.len() as u64));
                let (expected, variance) = auc(&p, &n);
                assert_near(entry.auc, expected)?;
                assert_near(entry.auc_variance, variance)?;
                if group == 4 {
                    prop_assert_eq!((entry.bpsn, entry.bnsp, entry.ks), (None, None, None));
                    continue;
                }
                assert_near(entry.bpsn, auc(&of(&others, Some(true)), &n).0)?;
                assert_near(entry.bnsp, auc(&p, &of(&others, Some(false))).0)?;
                assert_near(entry.ks, ks(&of(&mine, None), &of(&others, None)))?;
            }
        }

        #[test]
        fn a_weight_of_two_is_the_row_twice(
            rows in prop::collection::vec((0..9_u8, any::<bool>(), 0..3_u32), 1..40),
        ) {
            let once: Vec<Row> = rows.iter().map(|&(s, y, g)| (f64::from(s), y, g, 2.0)).collect();
            let twice: Vec<Row> = rows
                .iter()
                .flat_map(|&(s, y, g)| [(f64::from(s), y, g, 1.0); 2])
                .collect();
            let of = |rows: &[Row]| ranking(rows).by_group(&[0, 1, 2], 3, &[true; 3], Some(0));
            for (a, b) in of(&once).iter().zip(&of(&twice)) {
                let values = |d: &crate::stats::Discrimination| (d.auc, d.bpsn, d.bnsp, d.ks, d.weight);
                prop_assert_eq!(values(a), values(b));
            }
        }
    }

    /// Values of scikit-learn and `DeLong`'s formula, where the shared oracle file is there.
    #[test]
    fn the_variance_is_delongs() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../shared/data/statistics.json"
        );
        let Ok(text) = std::fs::read_to_string(path) else {
            return;
        };
        let oracle: serde_json::Value = serde_json::from_str(&text).unwrap();
        for case in oracle["auc"].as_array().unwrap() {
            let mut rows: Vec<Row> = Vec::new();
            for (name, positive) in [("pos", true), ("neg", false)] {
                let scores = case[name].as_array().unwrap().iter();
                rows.extend(scores.map(|s| (s.as_f64().unwrap(), positive, 0, 1.0)));
            }
            let found = &ranking(&rows).by_group(&[0], 1, &[true], None)[0];
            let near = |a: Option<f64>, name: &str| {
                let expected = case[name].as_f64().unwrap();
                assert!((a.unwrap() - expected).abs() <= 1e-12 * expected, "{a:?}");
            };
            near(found.auc, "auc");
            near(found.auc_variance, "delong_var");
        }
    }
}
