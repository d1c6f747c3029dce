//! Groups, or groups by label, as the cells whose mean scores are held against each other.
//!
//! In: training rows. Out: the cell of each row, and the mean over each cell of a number that is
//! linear in the score: the score itself, the just loss ŷ − y, or the fair loss |ŷ − y|. Means of
//! one family are to be equal; by weight, so that a row of weight 2 is the row twice.

use ndarray::{Array1, Array2};

use super::Training;

/// What is to be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equal {
    /// Mean scores: demographic parity.
    Parity,
    /// Mean scores by label: equalized odds.
    Odds,
    /// Mean of ŷ − y.
    JustLoss,
    /// Mean of |ŷ − y|.
    FairLoss,
}

impl Equal {
    /// In words.
    pub fn said(self) -> &'static str {
        match self {
            Self::Parity => "mean scores",
            Self::Odds => "mean scores by label",
            Self::JustLoss => "mean just losses",
            Self::FairLoss => "mean fair losses",
        }
    }
}

/// The cells of training rows.
#[derive(Debug, Clone)]
pub struct Cells {
    /// The cell of each row.
    pub of: Vec<u32>,
    /// By row: 1, or −1 where the number falls as the score rises.
    pub signs: Vec<f64>,
    /// The weight of each cell.
    pub sums: Vec<f64>,
    /// What is added to the mean of each cell.
    pub offsets: Vec<f64>,
    /// The family of each cell.
    pub families: Vec<u32>,
    /// The weight of each family.
    pub totals: Vec<f64>,
}

impl Cells {
    /// Cells of rows that all have weight.
    pub fn new(training: &Training, equal: Equal) -> Self {
        let families = if equal == Equal::Odds { 2 } else { 1 };
        let raw = |row: usize| {
            let family = usize::from(equal == Equal::Odds && training.y[row]);
            family * training.count + training.groups[row] as usize
        };
        let rows = 0..training.y.len();
        let mut sums = vec![0.0; families * training.count];
        let mut offsets = sums.clone();
        for row in rows.clone() {
            let w = training.weights[row];
            sums[raw(row)] += w;
            let is_offset = training.y[row];
            offsets[raw(row)] += match equal {
                Equal::JustLoss if is_offset => -w,
                Equal::FairLoss if is_offset => w,
                _ => 0.0,
            };
        }
        let kept: Vec<usize> = (0..sums.len()).filter(|&cell| sums[cell] > 0.0).collect();
        let mut place = vec![0_u32; sums.len()];
        for (at, &cell) in kept.iter().enumerate() {
            place[cell] = at as u32;
        }
        let own: Vec<u32> = kept.iter().map(|c| (c / training.count) as u32).collect();
        let mut totals = vec![0.0; families];
        for (&cell, &family) in kept.iter().zip(&own) {
            totals[family as usize] += sums[cell];
        }
        let sign = |row: usize| {
            if equal == Equal::FairLoss && training.y[row] {
                -1.0
            } else {
                1.0
            }
        };
        Self {
            of: rows.clone().map(|row| place[raw(row)]).collect(),
            signs: rows.map(sign).collect(),
            offsets: kept.iter().map(|&c| offsets[c] / sums[c]).collect(),
            sums: kept.iter().map(|&c| sums[c]).collect(),
            families: own,
            totals,
        }
    }

    /// How many cells there are.
    pub fn count(&self) -> usize {
        self.sums.len()
    }

    /// The mean of each cell, of scores by row.
    pub fn means(&self, weights: &[f64], score: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut means = vec![0.0; self.count()];
        for (row, (&cell, w)) in self.of.iter().zip(weights).enumerate() {
            means[cell as usize] += w * self.signs[row] * score(row);
        }
        for (cell, mean) in means.iter_mut().enumerate() {
            *mean = *mean / self.sums[cell] + self.offsets[cell];
        }
        means
    }

    /// The mean of each family.
    fn middles(&self, means: &[f64]) -> Vec<f64> {
        let mut middles = vec![0.0; self.totals.len()];
        for (cell, mean) in means.iter().enumerate() {
            let family = self.families[cell] as usize;
            middles[family] += mean * self.sums[cell] / self.totals[family];
        }
        middles
    }

    /// Each cell's mean less that of its family: what is to be 0.
    pub fn centered(&self, means: &[f64]) -> Vec<f64> {
        let middles = self.middles(means);
        let each = means.iter().zip(&self.families);
        each.map(|(mean, &family)| mean - middles[family as usize])
            .collect()
    }

    /// The same as a matrix, column by column: it is linear in the means.
    pub fn linear(&self) -> Array2<f64> {
        let count = self.count();
        let mut linear = Array2::<f64>::zeros((count, count));
        for cell in 0..count {
            let mut unit = vec![0.0; count];
            unit[cell] = 1.0;
            let own = Array1::from(self.centered(&unit));
            linear.column_mut(cell).assign(&own);
        }
        linear
    }

    /// What a weight on each centered mean is on the means themselves.
    pub fn uncentered(&self, weights: &[f64]) -> Vec<f64> {
        let mut families = vec![0.0; self.totals.len()];
        for (weight, &family) in weights.iter().zip(&self.families) {
            families[family as usize] += weight;
        }
        let each = weights.iter().enumerate();
        each.map(|(cell, weight)| {
            let family = self.families[cell] as usize;
            weight - families[family] * self.sums[cell] / self.totals[family]
        })
        .collect()
    }

    /// How far the means of a family lie apart at most.
    pub fn violation(&self, means: &[f64]) -> f64 {
        let families = 0..self.totals.len() as u32;
        let gaps = families.map(|family| {
            let own = means.iter().zip(&self.families);
            let own = own
                .filter(|(_, own)| **own == family)
                .map(|(mean, _)| *mean);
            let (low, high) = own.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| {
                (low.min(mean), high.max(mean))
            });
            (high - low).max(0.0)
        });
        gaps.fold(0.0, f64::max)
    }
}
