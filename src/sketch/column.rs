//! The sketch of one column: counts by value and cell while there are few values, by bin and cell
//! where there are many numbers, and else only what is there and what is not.
//!
//! What is kept depends on the whole column alone: a [`Level`] is left when there are more values (or
//! values × cells) than [`Limits`] allow, which no order of rows and no cut of the table changes.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::distinct::{self, Distinct};
use super::grid::Grid;
use super::numbers::{Moments, bin, middle, quantile};
use super::{Grouping, Limits, TEXTS, VALUES};
use crate::data::is_null;

/// The row of the grid for rows without a value.
pub(super) const MISSING: u32 = 0;
/// The row of the grid for all values together, at [`Level::Counts`].
pub(super) const PRESENT: u32 = 1;

/// Whole numbers from here on are not all numbers of f64 (2⁵³).
const WHOLE: f64 = 9_007_199_254_740_992.0;

pub(super) type Ids<T> = HashMap<T, u32, foldhash::fast::FixedState>;

/// What is counted by cell, from the most to the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Every value.
    #[default]
    Values,
    /// Bins of numbers.
    Bins,
    /// Rows with and without a value; bins of numbers for all cells together.
    Counts,
}

/// What one column holds.
#[derive(Debug, Clone, Default)]
pub struct Sketch {
    /// Whether its values are numbers.
    pub(super) is_number: bool,
    pub(super) level: Level,
    pub(super) limits: Option<Limits>,
    /// Cells that the table has so far, whether or not they are told apart here.
    pub(super) true_cells: usize,
    /// Row 0 is missing; row i is the i-th value or bin.
    pub(super) grid: Grid,
    pub(super) texts: Ids<Box<str>>,
    pub(super) names: Vec<Box<str>>,
    pub(super) ids: Ids<u64>,
    /// Bits of numbers, or bins.
    pub(super) numbers: Vec<u64>,
    /// All cells together, at [`Level::Counts`].
    pub(super) bins: BTreeMap<u32, u64>,
    /// From when values are no longer counted one by one.
    pub(super) distinct: Distinct,
    /// Some of the texts, those whose hash is the smallest, where not all are counted.
    pub(super) some: BTreeMap<u64, Box<str>>,
    /// By cell.
    pub(super) moments: Vec<Moments>,
    /// By cell: what is not finite, or no number among numbers.
    pub(super) odd: Vec<u64>,
}

impl Sketch {
    /// Nothing seen yet.
    pub fn new(is_number: bool, limits: Limits) -> Self {
        Self {
            is_number,
            limits: Some(limits),
            ..Self::default()
        }
    }

    /// Makes room for so many cells, of `true_cells` that the table has.
    pub(super) fn reserve(&mut self, cells: usize, true_cells: usize) {
        self.true_cells = self.true_cells.max(true_cells);
        let rows = self.grid.rows().max(2);
        self.grid.reserve(rows, cells);
        if self.odd.len() < cells {
            self.odd.resize(cells, 0);
            if self.is_number {
                self.moments.resize_with(cells, Moments::default);
            }
        }
        while self.level < Level::Counts && self.is_full(self.known()) {
            self.lower();
        }
    }

    /// How many values, or bins, are counted.
    pub(super) fn known(&self) -> usize {
        self.names.len().max(self.numbers.len())
    }

    fn is_full(&self, known: usize) -> bool {
        let pairs = self.limits.map_or(usize::MAX, |limits| limits.pairs);
        let many = self.level == Level::Values && known > VALUES;
        many || (known + 1) * self.true_cells.max(1) > pairs
    }

    /// Counts less.
    pub(super) fn lower(&mut self) {
        let cells = self.grid.cells();
        let stays = |cell| cell as u32;
        if self.level == Level::Values {
            for name in std::mem::take(&mut self.names) {
                self.add_distinct(&name);
            }
            for &bits in &self.numbers {
                self.distinct.add(distinct::hash(bits));
            }
        }
        if self.level == Level::Values && self.is_number {
            self.level = Level::Bins;
            let numbers = std::mem::take(&mut self.numbers);
            self.ids.clear();
            let mut rows = vec![MISSING];
            for bits in numbers {
                rows.push(self.id_of_bin(bin(f64::from_bits(bits))));
            }
            let size = (self.numbers.len() + 1).max(rows.len());
            rows.resize(self.grid.rows().max(rows.len()), MISSING);
            self.grid = self.grid.folded((size, cells), |row| rows[row], stays);
            return;
        }
        if self.level == Level::Bins {
            for (at, &bin) in self.numbers.iter().enumerate() {
                let rows: u64 = self.grid.row(at + 1).iter().sum();
                *self.bins.entry(bin as u32).or_insert(0) += rows;
            }
        }
        self.level = Level::Counts;
        self.texts.clear();
        self.names.clear();
        self.ids.clear();
        self.numbers.clear();
        self.grid = self
            .grid
            .folded((2, cells), |row| u32::from(row > 0), stays);
    }

    /// The id of a bin, made where there is none; no more than there were values.
    fn id_of_bin(&mut self, bin: u32) -> u32 {
        let next = self.numbers.len() as u32 + 1;
        let id = *self.ids.entry(u64::from(bin)).or_insert(next);
        if id == next {
            self.numbers.push(u64::from(bin));
        }
        id
    }

    /// The row of the grid for a text, made where there is none.
    pub(super) fn place_text(&mut self, text: &str) -> u32 {
        if self.level == Level::Values {
            if let Some(&id) = self.texts.get(text) {
                return id;
            }
            if !self.is_full(self.names.len() + 1) {
                let id = self.names.len() as u32 + 1;
                self.texts.insert(text.into(), id);
                self.names.push(text.into());
                self.grid.reserve(id as usize + 1, self.grid.cells());
                return id;
            }
            self.lower();
        }
        self.add_distinct(text);
        PRESENT
    }

    /// A text that is not counted by itself.
    fn add_distinct(&mut self, text: &str) {
        let hash = distinct::hash_text(text);
        self.distinct.add(hash);
        let last = self.some.last_key_value().map(|(last, _)| *last);
        if self.some.len() < TEXTS || last.is_some_and(|last| hash < last) {
            self.keep(hash, text);
        }
    }

    /// One of the texts with the smallest hashes.
    pub(super) fn keep(&mut self, hash: u64, text: &str) {
        self.some.entry(hash).or_insert_with(|| text.into());
        while self.some.len() > TEXTS {
            self.some.pop_last();
        }
    }

    /// Some of its texts, whichever: all that are counted, else those with the smallest hashes.
    pub fn some_texts(&self) -> impl Iterator<Item = &str> {
        let names = self.names.iter().chain(self.some.values());
        names.map(|text| &**text)
    }

    /// The row of the grid for a finite number, made where there is none.
    pub(super) fn place_number(&mut self, number: f64) -> u32 {
        if self.level == Level::Values {
            let bits = (number + 0.0).to_bits();
            if let Some(&id) = self.ids.get(&bits) {
                return id;
            }
            if !self.is_full(self.numbers.len() + 1) {
                let id = self.numbers.len() as u32 + 1;
                self.ids.insert(bits, id);
                self.numbers.push(bits);
                self.grid.reserve(id as usize + 1, self.grid.cells());
                return id;
            }
            self.lower();
        }
        self.distinct.add(distinct::hash((number + 0.0).to_bits()));
        self.place_bin(bin(number))
    }

    /// The row of the grid for a bin.
    pub(super) fn place_bin(&mut self, bin: u32) -> u32 {
        if self.level == Level::Bins {
            if let Some(&id) = self.ids.get(&u64::from(bin)) {
                return id;
            }
            if !self.is_full(self.numbers.len() + 1) {
                let id = self.id_of_bin(bin);
                self.grid.reserve(id as usize + 1, self.grid.cells());
                return id;
            }
            self.lower();
        }
        PRESENT
    }

    /// Adds rows of a number, or of what is none.
    #[inline]
    pub(super) fn add_number(&mut self, number: f64, cell: u32, rows: u64) {
        if number.is_finite() {
            self.moments[cell as usize].add(number, rows);
            let place = self.place_number(number);
            if self.level == Level::Counts {
                *self.bins.entry(bin(number)).or_insert(0) += rows;
            }
            self.grid.add(place, cell, rows);
        } else if is_null(number) {
            self.grid.add(MISSING, cell, rows);
        } else {
            self.odd[cell as usize] += rows;
        }
    }

    /// What is counted by cell.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether its values are numbers.
    pub fn is_number(&self) -> bool {
        self.is_number
    }

    /// Rows without a value, or with a spelling that means none, by group.
    pub fn missing(&self, grouping: &Grouping) -> Vec<u64> {
        grouping.sums(self.grid.row(MISSING as usize))
    }

    /// All rows, by group.
    pub fn rows(&self, grouping: &Grouping) -> Vec<u64> {
        let mut all = grouping.sums(&self.odd);
        for row in 0..self.grid.rows() {
            for (sum, rows) in all.iter_mut().zip(grouping.sums(self.grid.row(row))) {
                *sum += rows;
            }
        }
        all
    }

    /// Rows whose value is no finite number, where the others are.
    pub fn odd(&self) -> u64 {
        self.odd.iter().sum()
    }

    /// The same by group.
    pub fn odd_by(&self, grouping: &Grouping) -> Vec<u64> {
        grouping.sums(&self.odd)
    }

    /// Rows with a value that is counted: a text, or a finite number.
    fn present(&self) -> u64 {
        let rows = MISSING as usize + 1..self.grid.rows();
        rows.flat_map(|row| self.grid.row(row)).sum()
    }

    /// Whether numbers are so large that whole ones are not told apart: `distinct` is then the
    /// least that there can be.
    pub fn is_rounded(&self) -> bool {
        let all = self.moments();
        self.is_number && all.rows > 0 && all.low.abs().max(all.high.abs()) >= WHOLE
    }

    /// Distinct values, and whether that is an estimate.
    pub fn distinct(&self) -> (u64, bool) {
        if self.level == Level::Values {
            return (self.known() as u64, false);
        }
        // Values are counted one by one until there are this many: so many there are for certain.
        let pairs = self.limits.map_or(usize::MAX, |limits| limits.pairs);
        let least = (VALUES + 1).min(pairs / self.true_cells.max(1)).max(1) as u64;
        let most = self.present().max(least);
        let estimate = self.distinct.estimate().round() as u64;
        (estimate.clamp(least, most), true)
    }

    /// Every text with its rows by group, in the order of the texts; `None` where there are too many.
    pub fn texts(&self, grouping: &Grouping) -> Option<Vec<(&str, Vec<u64>)>> {
        if self.is_number || self.level != Level::Values {
            return None;
        }
        let texts = self.names.iter().enumerate();
        let mut all: Vec<_> = texts
            .map(|(at, name)| (&**name, grouping.sums(self.grid.row(at + 1))))
            .collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        Some(all)
    }

    /// Every number, or the middle of every bin, with its rows by group, ascending; `None` where
    /// bins are not told apart by cell.
    pub fn numbers(&self, grouping: &Grouping) -> Option<Vec<(f64, Vec<u64>)>> {
        if !self.is_number || self.level == Level::Counts {
            return None;
        }
        let number = |&bits: &u64| match self.level {
            Level::Values => f64::from_bits(bits),
            _ => middle(bits as u32),
        };
        let numbers = self.numbers.iter().enumerate();
        let mut all: Vec<_> = numbers
            .map(|(at, bits)| (number(bits), grouping.sums(self.grid.row(at + 1))))
            .collect();
        all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        Some(all)
    }

    /// The sums of all numbers.
    pub fn moments(&self) -> Moments {
        let mut all = Moments::default();
        self.moments
            .iter()
            .for_each(|m| crate::stats::Merge::merge(&mut all, m));
        all
    }

    /// The sums of the numbers, by group.
    pub fn moments_by(&self, grouping: &Grouping) -> Vec<Moments> {
        let mut all = vec![Moments::default(); grouping.groups];
        for (group, moments) in grouping.of_cell.iter().zip(&self.moments) {
            if let Some(group) = group {
                crate::stats::Merge::merge(&mut all[*group as usize], moments);
            }
        }
        all
    }

    /// A quantile of all numbers; exact at [`Level::Values`], else within
    /// [`super::RELATIVE_ERROR`].
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let mut sorted: Vec<(f64, u64)> = if self.level == Level::Counts {
            self.bins
                .iter()
                .map(|(&bin, &rows)| (middle(bin), rows))
                .collect()
        } else {
            let all = self.numbers(&Grouping::whole(self.grid.cells()))?;
            all.into_iter().map(|(x, rows)| (x, rows[0])).collect()
        };
        sorted.retain(|(_, rows)| *rows > 0);
        let all = self.moments();
        quantile(&sorted, q).map(|x| x.clamp(all.low, all.high))
    }

    /// How many cells there are.
    pub fn cells(&self) -> usize {
        self.grid.cells()
    }
}

impl Grouping {
    /// All cells together.
    pub fn whole(cells: usize) -> Self {
        Self {
            of_cell: vec![Some(0); cells],
            groups: 1,
        }
    }

    fn sums(&self, by_cell: &[u64]) -> Vec<u64> {
        let mut sums = vec![0; self.groups];
        for (group, rows) in self.of_cell.iter().zip(by_cell) {
            if let Some(group) = group {
                sums[*group as usize] += rows;
            }
        }
        sums
    }
}
