//! Exact ranking measures (AUC, KS, ABROCA) of many groupings from one sorted list of scores.
//!
//! In: one [`Scored`] for every row with a score and a label, in any order. After
//! [`Ranking::sort`] the order is total (score, label, cell, weight), so what is computed never
//! depends on the order of rows or on threads.

use super::Merge;

/// One scored and labelled row, compactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The score's bits in an order-preserving form (−0.0 is 0.0); see [`key`].
    pub key: u64,
    /// Which cell the row is in.
    pub cell: u32,
    /// The label.
    pub positive: bool,
    /// The row's weight, 1 when unweighted.
    pub weight: f64,
}

/// The order-preserving integer of a finite score; −0.0 and 0.0 are equal.
pub fn key(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

/// All scored rows of a tally.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranking {
    rows: Vec<Scored>,
}

/// How well scores separate positives from negatives in one group, ties counted half.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Discrimination {
    /// Rows that are positive, and negative.
    pub rows: (u64, u64),
    /// Σw of the positives, and of the negatives.
    pub weight: (f64, f64),
    /// Area under the group's ROC curve; `None` without positives or without negatives.
    pub auc: Option<f64>,
    /// AUC of the background's positives against the subgroup's negatives (Borkan et al. 2019,
    /// arXiv:1903.04561).
    pub bpsn: Option<f64>,
    /// AUC of the background's negatives against the subgroup's positives.
    pub bnsp: Option<f64>,
    /// `DeLong`'s variance of `auc`.
    pub auc_variance: Option<f64>,
    /// Kolmogorov-Smirnov distance of the group's score distribution from all others'.
    pub ks: Option<f64>,
    /// Absolute area between this group's ROC curve and the reference group's (Gardner et al.
    /// 2019, doi:10.1145/3303772.3303791).
    pub abroca: Option<f64>,
}

impl Ranking {
    /// Adds a row.
    pub fn push(&mut self, row: Scored) {
        self.rows.push(row);
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Gives each row its final cell number: `cells[old]` is the new one.
    pub fn renumber(&mut self, cells: &[u32]) {
        for row in &mut self.rows {
            row.cell = cells[row.cell as usize];
        }
    }

    /// Takes over all rows of another ranking without copying them.
    pub fn absorb(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    /// Puts the rows in their total order (parallel).
    pub fn sort(&mut self) {
        todo!()
    }

    /// One sweep over the sorted rows: `group_of[cell]` is the group of a cell, or `u32::MAX` for
    /// none; `compared` says of each group whether it is compared: one that is not (a missing
    /// value) has its own AUC but is no part of the background or the total. Returns one entry for
    /// each group, then one for all compared rows together.
    pub fn by_group(
        &self,
        group_of: &[u32],
        groups: usize,
        compared: &[bool],
        reference: Option<u32>,
    ) -> Vec<Discrimination> {
        let _ = (group_of, groups, compared, reference);
        todo!()
    }
}

impl Merge for Ranking {
    fn merge(&mut self, other: &Self) {
        let Self { rows } = other;
        self.rows.extend_from_slice(rows);
    }
}
