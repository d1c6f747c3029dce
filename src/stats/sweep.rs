//! AUC, `DeLong`'s variance, background AUC and KS of all groups in one pass over sorted rows.
//!
//! In: rows in ascending order of the score. Out: an entry for each group and one for all. Equal
//! scores make a block; a group's part of a block is settled when its next block begins, so the cost
//! is rows + groups. Sums are f64: without weights they hold integers below 2⁵³ and are exact.

use super::alone::Alone;
use super::ranking::{Discrimination, Extent, Grouping, Stored};
use super::roc::{Curve, Walk};
use super::spread::pooled_freedom;

/// Positives and negatives of one block, or of all below it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mass {
    pub(super) positive: f64,
    pub(super) negative: f64,
}

impl Mass {
    #[inline]
    fn side(&mut self, positive: bool) -> &mut f64 {
        if positive {
            &mut self.positive
        } else {
            &mut self.negative
        }
    }

    /// Which side a row is on is as good as random: an address, not a branch.
    #[inline]
    fn add_row<R: Stored>(&mut self, row: R) {
        *self.side(row.positive()) += row.mass();
    }

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

/// Where a group is among the blocks.
#[derive(Debug, Clone, Default)]
struct Progress {
    below: Mass,
    /// Its part of its latest block, not settled yet, and which block that is.
    block: Mass,
    number: u32,
}

/// What a group has gathered against the others.
#[derive(Debug, Clone, Default)]
struct Background {
    /// All compared rows below the group's latest block, and in it.
    below: Mass,
    tied: Mass,
    /// Σw·x over positives, of the background's negatives.
    won: f64,
    /// Σw·x over negatives, of the background's positives below: what they lost.
    lost: f64,
    /// Lowest and highest (F group − F all) · group · all, before and after each block.
    deviation: (f64, f64),
}

impl Background {
    /// Compares the group's part of a block, of which `own` is below.
    #[inline]
    fn compare(&mut self, own: Mass, block: Mass, fixed: &Fixed) {
        let below = self.below.less(own, fixed.share);
        let tied = self.tied.less(block, fixed.share);
        self.won += block.positive * (2.0 * below.negative + tied.negative);
        self.lost += block.negative * (2.0 * below.positive + tied.positive);
        let (all, group) = (self.below.both(), own.both());
        let before = group * fixed.all - all * fixed.group;
        let after = (group + block.both()) * fixed.all - (all + self.tied.both()) * fixed.group;
        self.deviation.0 = self.deviation.0.min(before.min(after));
        self.deviation.1 = self.deviation.1.max(before.max(after));
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

/// One way to put rows into groups, while the rows come by.
pub(super) struct Sweep<'a> {
    grouping: &'a Grouping<'a>,
    /// Of each group; those of all compared rows come last.
    totals: &'a [[(u64, f64); 2]],
    /// Whether the variance of AUC is wanted.
    variance: bool,
    /// The group that the others' curves are held against.
    reference: Option<usize>,
    /// Each group by itself, and all compared rows where groups are held against them.
    alone: Vec<Alone>,
    all: Alone,
    /// Where each group is, if it is held against something; empty otherwise.
    groups: Vec<Progress>,
    fixed: Vec<Fixed>,
    /// The groups against the others; empty where that is not asked for.
    against: Vec<Background>,
    /// The curves that are held against the reference's; empty likewise.
    walks: Vec<Option<(Walk, &'a Curve)>>,
    /// The group of each row of a block.
    tied: Vec<u32>,
    /// Of the block, from 1, and its score.
    number: u32,
    key: Option<u64>,
}

/// A row of no group.
const NONE: u32 = u32::MAX;

impl<'a> Sweep<'a> {
    /// Before the first row; with the curve of a reference group each group has its area.
    pub(super) fn new(
        grouping: &'a Grouping<'a>,
        totals: &'a [[(u64, f64); 2]],
        extent: Extent,
        reference: Option<&'a (usize, Curve)>,
    ) -> Self {
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
        let Extent {
            variance,
            background,
            ..
        } = extent;
        let is_alone = !background && reference.is_none();
        let many = |wanted: bool| if wanted { grouping.groups } else { 0 };
        Self {
            grouping,
            totals,
            variance,
            reference: reference.map(|(at, _)| *at),
            alone: vec![Alone::default(); grouping.groups],
            all: Alone::default(),
            groups: vec![Progress::default(); many(!is_alone)],
            fixed: fixed.collect(),
            against: vec![Background::default(); many(background)],
            walks: if reference.is_some() {
                walks.collect()
            } else {
                Vec::new()
            },
            tied: Vec::new(),
            number: 0,
            key: None,
        }
    }

    /// The next rows; those of one score come together.
    pub(super) fn add<R: Stored>(&mut self, rows: &[R]) {
        if self.groups.is_empty() {
            if self.variance {
                self.add_alone(rows, Alone::add);
            } else {
                self.add_alone(rows, Alone::add_value);
            }
            return;
        }
        let mut rest = rows;
        while let Some(first) = rest.first() {
            let key = first.key();
            let tied = rest.iter().take_while(|row| row.key() == key).count();
            let (block, after) = rest.split_at(tied);
            self.add_block(block);
            rest = after;
        }
    }

    /// Rows, where groups are held against nothing.
    fn add_alone<R: Stored>(&mut self, rows: &[R], add: impl Fn(&mut Alone, R, u32)) {
        let (mut number, mut key) = (self.number, self.key);
        for &row in rows {
            number += u32::from(key != Some(row.key()));
            key = Some(row.key());
            if let Some(group) = self.grouping.of(row.cell()) {
                add(&mut self.alone[group], row, number);
            }
        }
        (self.number, self.key) = (number, key);
    }

    /// Rows of equal score, where groups are held against something: they must know all that is
    /// tied.
    #[inline]
    fn add_block<R: Stored>(&mut self, rows: &[R]) {
        self.number += 1;
        let below = self.all.mass();
        self.tied.clear();
        for &row in rows {
            let group = self.grouping.of(row.cell());
            self.tied.push(group.map_or(NONE, |group| group as u32));
            if group.is_some_and(|group| self.fixed[group].share == 1.0) {
                self.all.add(row, self.number);
            }
        }
        let tied = self.all.mass().less(below, 1.0);
        for (at, &row) in rows.iter().enumerate() {
            let group = self.tied[at];
            if group == NONE {
                continue;
            }
            let group = group as usize;
            if self.groups[group].number != self.number {
                self.settle(group);
                self.groups[group].number = self.number;
                if let Some(against) = self.against.get_mut(group) {
                    (against.below, against.tied) = (below, tied);
                }
            }
            self.groups[group].block.add_row(row);
            self.alone[group].add(row, self.number);
        }
    }

    /// Closes a group's latest block.
    #[inline]
    fn settle(&mut self, group: usize) {
        let progress = &mut self.groups[group];
        let block = std::mem::take(&mut progress.block);
        if let Some(against) = self.against.get_mut(group) {
            against.compare(progress.below, block, &self.fixed[group]);
        }
        progress.below.add(block);
        if let Some(Some((walk, curve))) = self.walks.get_mut(group) {
            walk.reach(progress.below.negative, progress.below.positive, curve);
        }
    }

    /// One entry for each group; where groups were held against the others, one for all compared
    /// rows behind.
    pub(super) fn finish(mut self) -> Vec<Discrimination> {
        for group in 0..self.groups.len() {
            self.settle(group);
        }
        let integers = self.grouping.integers;
        let each = self.alone.iter().zip(self.totals);
        let mut found: Vec<Discrimination> = each
            .map(|(group, total)| own(group, total, integers, self.variance))
            .collect();
        if let Some(all) = self.totals.last() {
            let each = found.iter_mut().zip(&self.against);
            for ((entry, against), fixed) in each.zip(&self.fixed) {
                set_background(entry, against, all, fixed.share == 1.0);
            }
        }
        for (entry, walk) in found.iter_mut().zip(self.walks) {
            entry.abroca = walk.map(|(walk, curve)| walk.area(curve));
        }
        if let Some(at) = self.reference {
            found[at].abroca = Some(0.0);
        }
        if !self.against.is_empty() {
            let all = self.totals.last();
            found.extend(all.map(|total| own(&self.all, total, integers, self.variance)));
        }
        found
    }
}

/// A group by itself.
fn own(
    group: &Alone,
    total: &[(u64, f64); 2],
    integers: bool,
    with_variance: bool,
) -> Discrimination {
    let [(negatives, negative), (positives, positive)] = *total;
    let pairs = 2.0 * positive * negative;
    let has_pairs = pairs > 0.0;
    let varies = with_variance && has_pairs && positives > 1 && negatives > 1;
    let [of_positives, of_negatives] = [
        spread(&group.positives, group.won / positive, positives),
        spread(&group.negatives, group.lost / negative, negatives),
    ];
    Discrimination {
        rows: (positives, negatives),
        weight: (positive, negative),
        won: [group.won, 0.0, 0.0],
        won_error: rounding(pairs, positives + negatives, integers),
        // Of both sums, so that a perfect order is exactly 1 whatever the weights round to.
        auc: has_pairs.then(|| group.won / (group.won + group.lost)),
        auc_variance: varies.then(|| (of_positives + of_negatives) / (pairs * pairs)),
        auc_freedom: varies.then(|| {
            let freedom = |rows: u64| rows as f64 - 1.0;
            pooled_freedom([
                (of_positives, freedom(positives)),
                (of_negatives, freedom(negatives)),
            ])
        }),
        ..Discrimination::default()
    }
}

/// How far a sum of weights of pairs may be off: nothing while it adds integers that f64 holds, else
/// about a rounding of the whole for the square root of the additions (Higham 2002, Accuracy and
/// Stability of Numerical Algorithms, on the accumulation of rounding errors).
fn rounding(pairs: f64, rows: u64, integers: bool) -> f64 {
    if integers && pairs <= LAST_INTEGER {
        return 0.0;
    }
    f64::EPSILON * pairs * (16.0 + (rows as f64).sqrt())
}

/// Up to here every integer is an f64: 2⁵³.
const LAST_INTEGER: f64 = 9_007_199_254_740_992.0;

/// Σw²(x − mean)² · n / (n − 1): with weights of 1 it is n times the sample variance; otherwise the
/// linearised variance of a weighted mean (Särndal, Swensson and Wretman 1992, 5.5) times Σw².
fn spread(sums: &[f64; 3], mean: f64, rows: u64) -> f64 {
    let squares = sums[2] - 2.0 * mean * sums[1] + mean * mean * sums[0];
    squares.max(0.0) * rows as f64 / (rows as f64 - 1.0)
}

/// A group against all other compared ones.
fn set_background(
    entry: &mut Discrimination,
    against: &Background,
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
    entry.won[1] = pairs - against.lost;
    entry.won[2] = against.won;
    entry.bpsn = share(pairs - against.lost, pairs);
    entry.bnsp = share(against.won, 2.0 * negative * entry.weight.0);
    // F group − F rest = (F group − F all) · all / rest where the group is part of all.
    let (group, rest) = (entry.weight.0 + entry.weight.1, negative + positive);
    let widest = against.deviation.1.max(-against.deviation.0);
    entry.ks = share(widest, group * rest);
}

#[cfg(test)]
#[path = "sweep_tests.rs"]
mod tests;
