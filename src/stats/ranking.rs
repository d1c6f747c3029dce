//! Exact ranking measures (AUC, KS, ABROCA) of many groupings from one sorted list of scores.
//!
//! In: one [`Scored`] for every row with a score and a label, in any order. After
//! [`Ranking::sort`] the order is total (score, label, cell, weight), so what is computed never
//! depends on the order of rows or on threads. A row takes 16 bytes, 24 where there are weights,
//! and twice that while it is sorted.

use rayon::prelude::*;

use super::sweep::Sweep;
use super::{Merge, order, roc};

/// A scored and labelled row, or several that are the same, compactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The score's bits in an order-preserving form (−0.0 is 0.0); see [`key`].
    pub key: u64,
    /// Which cell the row is in; of two thousand million or more only `u32::MAX`, no cell.
    pub cell: u32,
    /// The label.
    pub positive: bool,
    /// The row's weight, 1 when unweighted.
    pub weight: f64,
    /// How many such rows there are.
    pub rows: u32,
}

/// The order-preserving integer of a finite score; −0.0 and 0.0 are equal.
#[inline]
pub fn key(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

/// How well scores separate positives from negatives in one group, ties counted half.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Discrimination {
    /// Rows that are positive, and negative.
    pub rows: (u64, u64),
    /// Σw of the positives, and of the negatives.
    pub weight: (f64, f64),
    /// Twice the weight of the pairs in which the positive scores higher, ties counted half: of the
    /// group's own pairs, of the background's positives with its negatives, of its positives with
    /// the background's negatives. Without weights these are integers, exact below 2⁵³.
    pub won: [f64; 3],
    /// How far the group's own `won` may be off by rounding; 0 where it is such an integer.
    pub won_error: f64,
    /// Area under the group's ROC curve; `None` without positives or without negatives.
    pub auc: Option<f64>,
    /// AUC of the background's positives against the subgroup's negatives (Borkan et al. 2019,
    /// arXiv:1903.04561). The background is every other compared group.
    pub bpsn: Option<f64>,
    /// AUC of the background's negatives against the subgroup's positives.
    pub bnsp: Option<f64>,
    /// `DeLong`'s variance of `auc` (1988, doi:10.2307/2531595; its linearised form where there are
    /// weights); `None` with fewer than two positives or negatives.
    pub auc_variance: Option<f64>,
    /// The degrees of freedom of that variance: few where either label has few rows.
    pub auc_freedom: Option<f64>,
    /// Kolmogorov-Smirnov distance of the group's score distribution from all others'.
    pub ks: Option<f64>,
    /// Absolute area between this group's ROC curve and the reference group's (Gardner et al.
    /// 2019, doi:10.1145/3303772.3303791).
    pub abroca: Option<f64>,
}

/// What is to be found beside each group's own AUC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// The variance of each AUC.
    pub variance: bool,
    /// How the group ranks against the others (`bpsn`, `bnsp`, `ks`), and all of them together.
    pub background: bool,
    /// The group whose curve the others' are held against, for `abroca`.
    pub reference: Option<u32>,
}

/// A way to put rows into groups, and what is to be found of them.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The group of each cell, `u32::MAX` for none.
    pub group_of: Vec<u32>,
    /// Of each group whether it is compared: one that is not (a missing value) has its own AUC but
    /// is no part of the background or the total.
    pub compared: Vec<bool>,
    /// What is to be found.
    pub extent: Extent,
}

/// A row as it is stored.
pub(super) trait Stored: Copy + Send + Sync {
    fn key(self) -> u64;
    fn mark(self) -> u32;
    fn weight(self) -> f64;
    fn rows(self) -> u32;

    fn positive(self) -> bool {
        self.mark() & POSITIVE != 0
    }

    fn cell(self) -> u32 {
        self.mark() & NO_CELL
    }

    fn order(self) -> (u64, u32, u64) {
        (self.key(), self.mark(), self.weight().to_bits())
    }

    /// What all the rows weigh.
    fn mass(self) -> f64 {
        self.weight() * f64::from(self.rows())
    }
}

/// The mark of a row is its label in the top bit, its cell in the others.
const POSITIVE: u32 = 1 << 31;
const NO_CELL: u32 = POSITIVE - 1;

/// A row of weight 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain {
    key: u64,
    mark: u32,
}

/// Rows with their weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighted {
    key: u64,
    weight: f64,
    mark: u32,
    rows: u32,
}

impl Stored for Plain {
    fn key(self) -> u64 {
        self.key
    }
    fn mark(self) -> u32 {
        self.mark
    }
    fn weight(self) -> f64 {
        1.0
    }
    fn rows(self) -> u32 {
        1
    }
}

impl Stored for Weighted {
    fn key(self) -> u64 {
        self.key
    }
    fn mark(self) -> u32 {
        self.mark
    }
    fn weight(self) -> f64 {
        self.weight
    }
    fn rows(self) -> u32 {
        self.rows
    }
}

/// Rows in pieces, so that adding one never moves the others. Sorted: in order within and across
/// the pieces, equal scores in one piece.
#[derive(Debug, Clone)]
enum Rows {
    Plain(Vec<Vec<Plain>>),
    Weighted(Vec<Vec<Weighted>>),
}

/// All scored rows of a tally.
#[derive(Debug, Clone)]
pub struct Ranking {
    rows: Rows,
    is_sorted: bool,
    /// Rows and Σw of each cell, negative and positive, in the order of the rows.
    cells: Vec<[(u64, f64); 2]>,
    /// Whether every weight is an integer, as far as the rows are sorted.
    integers: bool,
}

impl Default for Ranking {
    fn default() -> Self {
        Self {
            rows: Rows::Plain(Vec::new()),
            is_sorted: true,
            cells: Vec::new(),
            integers: true,
        }
    }
}

impl Ranking {
    /// Adds a row.
    #[inline]
    pub fn push(&mut self, row: Scored) {
        let Scored {
            key, weight, rows, ..
        } = row;
        let mark = row.cell & NO_CELL | u32::from(row.positive) << 31;
        self.is_sorted = false;
        if (weight != 1.0 || rows != 1) && matches!(self.rows, Rows::Plain(_)) {
            self.add_weights();
        }
        match &mut self.rows {
            Rows::Plain(pieces) => append(pieces, Plain { key, mark }),
            Rows::Weighted(pieces) => append(
                pieces,
                Weighted {
                    key,
                    weight,
                    mark,
                    rows,
                },
            ),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Plain(pieces) => pieces.iter().map(Vec::len).sum(),
            Rows::Weighted(pieces) => pieces.iter().map(Vec::len).sum(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives each row its final cell number: `cells[old]` is the new one, `u32::MAX` for none.
    pub fn renumber(&mut self, cells: &[u32]) {
        let renumbered = |mark: u32| {
            let new = cells.get((mark & NO_CELL) as usize);
            mark & POSITIVE | new.map_or(NO_CELL, |cell| cell & NO_CELL)
        };
        self.is_sorted = false;
        match &mut self.rows {
            Rows::Plain(pieces) => pieces
                .par_iter_mut()
                .flat_map_iter(|piece| piece)
                .for_each(|row| row.mark = renumbered(row.mark)),
            Rows::Weighted(pieces) => pieces
                .par_iter_mut()
                .flat_map_iter(|piece| piece)
                .for_each(|row| row.mark = renumbered(row.mark)),
        }
    }

    /// Takes over all rows of another ranking without copying them.
    pub fn absorb(&mut self, mut other: Self) {
        self.is_sorted = false;
        match (&self.rows, &other.rows) {
            (Rows::Plain(_), Rows::Weighted(_)) => self.add_weights(),
            (Rows::Weighted(_), Rows::Plain(_)) => other.add_weights(),
            _ => {}
        }
        match (&mut self.rows, other.rows) {
            (Rows::Plain(mine), Rows::Plain(theirs)) => mine.extend(theirs),
            (Rows::Weighted(mine), Rows::Weighted(theirs)) => mine.extend(theirs),
            // Both are of one kind by now.
            _ => {}
        }
    }

    /// Puts the rows in their total order (parallel).
    pub fn sort(&mut self) {
        if self.is_sorted {
            return;
        }
        match &mut self.rows {
            Rows::Plain(pieces) => {
                *pieces = order::sorted(std::mem::take(pieces));
                self.cells = cells(pieces);
            }
            Rows::Weighted(pieces) => {
                *pieces = order::sorted(std::mem::take(pieces));
                self.cells = cells(pieces);
                let mut rows = pieces.iter().flatten();
                self.integers = rows.all(|row| row.weight.fract() == 0.0);
            }
        }
        self.is_sorted = true;
    }

    /// What is wanted of each way to group the rows, in the order of the wants: one entry for each
    /// group; where the background is asked for, then one for all compared rows together.
    ///
    /// Without weights every AUC and KS is the one exact quotient of integers, up to 90 million
    /// rows; with weights, a sum in the total order.
    pub fn measure(&self, wanted: &[Wanted]) -> Vec<Vec<Discrimination>> {
        if !self.is_sorted {
            let mut own = self.clone();
            own.sort();
            return own.measure(wanted);
        }
        // A thread follows all of its ways at once: the rows come from memory once for all of them.
        // Ways that are alike follow each other, so they are dealt out in turn.
        let threads = rayon::current_num_threads().clamp(1, wanted.len().max(1));
        let of_threads: Vec<Vec<Vec<Discrimination>>> = (0..threads)
            .into_par_iter()
            .map(|thread| {
                let own: Vec<&Wanted> = wanted.iter().skip(thread).step_by(threads).collect();
                match &self.rows {
                    Rows::Plain(pieces) => self.measured(pieces, &own),
                    Rows::Weighted(pieces) => self.measured(pieces, &own),
                }
            })
            .collect();
        let mut of_threads: Vec<_> = of_threads.into_iter().map(Vec::into_iter).collect();
        let each = (0..wanted.len()).map(|at| of_threads[at % threads].next());
        each.map(Option::unwrap_or_default).collect()
    }

    fn measured<R: Stored>(
        &self,
        pieces: &[Vec<R>],
        wanted: &[&Wanted],
    ) -> Vec<Vec<Discrimination>> {
        let groupings = wanted.iter().map(|wanted| Grouping {
            group_of: &wanted.group_of,
            groups: wanted.compared.len(),
            compared: &wanted.compared,
            cells: &self.cells,
            integers: self.integers,
        });
        let groupings: Vec<Grouping> = groupings.collect();
        let totals: Vec<_> = groupings.iter().map(Grouping::totals).collect();
        let each = || groupings.iter().zip(&totals).zip(wanted);
        let curves: Vec<Option<(usize, roc::Curve)>> = each()
            .map(|((grouping, totals), wanted)| {
                let at = wanted.extent.reference? as usize;
                let total = totals.get(at).filter(|_| at < grouping.groups)?;
                Some((at, roc::curve(pieces, grouping, total, at)?))
            })
            .collect();
        let mut sweeps: Vec<Sweep> = each()
            .zip(&curves)
            .map(|(((grouping, totals), wanted), curve)| {
                Sweep::new(grouping, totals, wanted.extent, curve.as_ref())
            })
            .collect();
        for piece in pieces {
            for sweep in &mut sweeps {
                sweep.add(piece);
            }
        }
        sweeps.into_iter().map(Sweep::finish).collect()
    }

    /// Stores the rows with weights from now on.
    #[cold]
    fn add_weights(&mut self) {
        let Rows::Plain(pieces) = &mut self.rows else {
            return;
        };
        let weighted = |row: Plain| Weighted {
            key: row.key,
            weight: 1.0,
            mark: row.mark,
            rows: 1,
        };
        let pieces = std::mem::take(pieces);
        self.rows = Rows::Weighted(
            pieces
                .into_iter()
                .map(|piece| piece.into_iter().map(weighted).collect())
                .collect(),
        );
    }

    /// The rows as they lie.
    fn orders(&self) -> Box<dyn Iterator<Item = (u64, u32, u64)> + '_> {
        match &self.rows {
            Rows::Plain(pieces) => Box::new(pieces.iter().flatten().map(|row| row.order())),
            Rows::Weighted(pieces) => Box::new(pieces.iter().flatten().map(|row| row.order())),
        }
    }
}

impl PartialEq for Ranking {
    fn eq(&self, other: &Self) -> bool {
        self.is_sorted == other.is_sorted && self.orders().eq(other.orders())
    }
}

impl Merge for Ranking {
    fn merge(&mut self, other: &Self) {
        self.absorb(other.clone());
    }
}

/// A way to put cells into groups.
pub(super) struct Grouping<'a> {
    group_of: &'a [u32],
    pub(super) groups: usize,
    compared: &'a [bool],
    cells: &'a [[(u64, f64); 2]],
    pub(super) integers: bool,
}

impl Grouping<'_> {
    /// The group of a cell, if it is in one.
    #[inline]
    pub(super) fn of(&self, cell: u32) -> Option<usize> {
        let group = *self.group_of.get(cell as usize)? as usize;
        (group < self.groups).then_some(group)
    }

    /// Whether a group is compared with others.
    pub(super) fn compares(&self, group: usize) -> bool {
        self.compared.get(group).copied().unwrap_or(true)
    }

    /// Rows and Σw of each group, negative and positive; those of all compared ones come last.
    pub(super) fn totals(&self) -> Vec<[(u64, f64); 2]> {
        let mut totals = vec![[(0, 0.0); 2]; self.groups + 1];
        let mut add = |group: usize, cell: &[(u64, f64); 2]| {
            for (total, (rows, weight)) in totals[group].iter_mut().zip(cell) {
                total.0 += rows;
                total.1 += weight;
            }
        };
        for (at, cell) in self.cells.iter().enumerate() {
            if let Some(group) = self.of(at as u32) {
                add(group, cell);
                if self.compares(group) {
                    add(self.groups, cell);
                }
            }
        }
        totals
    }
}

/// Rows of a piece.
pub(super) const PIECE: usize = 1 << 16;

#[inline]
fn append<R>(pieces: &mut Vec<Vec<R>>, row: R) {
    match pieces.last_mut() {
        Some(last) if last.len() < PIECE => last.push(row),
        // The first piece grows with a small table, the others are filled up.
        Some(_) => {
            let mut piece = Vec::with_capacity(PIECE);
            piece.push(row);
            pieces.push(piece);
        }
        None => pieces.push(vec![row]),
    }
}

/// Rows and Σw of each cell. The parts are as many on any number of threads, and added up in order.
fn cells<R: Stored>(pieces: &[Vec<R>]) -> Vec<[(u64, f64); 2]> {
    let parts = pieces.par_chunks(pieces.len().div_ceil(8).max(1));
    let parts: Vec<_> = parts.map(cells_of_part).collect();
    let mut cells: Vec<[(u64, f64); 2]> = Vec::new();
    for part in parts {
        cells.resize(cells.len().max(part.len()), [(0, 0.0); 2]);
        let sums = cells.iter_mut().flatten().zip(part.iter().flatten());
        sums.for_each(|(sum, more)| *sum = (sum.0 + more.0, sum.1 + more.1));
    }
    cells
}

fn cells_of_part<R: Stored>(pieces: &[Vec<R>]) -> Vec<[(u64, f64); 2]> {
    let mut cells: Vec<[(u64, f64); 2]> = Vec::new();
    for row in pieces.iter().flatten().filter(|row| row.cell() != NO_CELL) {
        let cell = row.cell() as usize;
        if cell >= cells.len() {
            cells.resize(cell + 1, [(0, 0.0); 2]);
        }
        let sums = &mut cells[cell][usize::from(row.positive())];
        sums.0 += u64::from(row.rows());
        sums.1 += row.mass();
    }
    cells
}
