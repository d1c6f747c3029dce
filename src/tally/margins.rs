//! Cells put into groups, and their sums over the axes that do not matter.
//!
//! In: cells with their codes. Out: for some axes the cell of each group, in the order of the
//! groups. What is small is summed up from what is already smaller than the whole: axes are dropped
//! widest first, and a step that leaves few cells is kept for other attributes.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::{Axis, Cell, Tally};
use crate::stats::Merge;

/// Cells in the order of their groups, and which of them belong together.
pub(super) struct Groups {
    /// Numbers of cells.
    pub order: Vec<u32>,
    /// Of `order`, one for each group.
    pub ranges: Vec<Range<usize>>,
}

/// Whether a value of these axes is missing.
pub(super) fn is_missing(axes: &[Axis], of: &[usize], key: &[u32]) -> bool {
    of.iter()
        .any(|&axis| key[axis] as usize >= axes[axis].values.len())
}

/// Cells by their codes of some axes (`of`), groups with a missing value last. `keys` has a code for
/// each axis.
pub(super) fn groups<K: AsRef<[u32]>>(
    axes: &[Axis],
    of: &[usize],
    keys: &[K],
    cells: Vec<u32>,
) -> Groups {
    let key = |cell: u32| keys[cell as usize].as_ref();
    let missing = cells
        .iter()
        .map(|&cell| is_missing(axes, of, key(cell)).into());
    let mut ranks: Vec<u64> = missing.collect();
    let mut bound = 2;
    for &axis in of {
        let codes = axes[axis].values.len() as u64 + 1;
        if bound > u64::MAX / codes {
            bound = compact(&mut ranks);
        }
        for (rank, &cell) in ranks.iter_mut().zip(&cells) {
            *rank = *rank * codes + u64::from(key(cell)[axis]);
        }
        bound *= codes;
    }
    let mut ranked: Vec<(u64, u32)> = ranks.into_iter().zip(cells).collect();
    ranked.sort_unstable();
    let mut ranges = Vec::new();
    let mut start = 0;
    for group in ranked.chunk_by(|a, b| a.0 == b.0) {
        ranges.push(start..start + group.len());
        start += group.len();
    }
    Groups {
        order: ranked.into_iter().map(|(_, cell)| cell).collect(),
        ranges,
    }
}

/// Makes ranks as small as their order allows; they are below what is returned.
fn compact(ranks: &mut [u64]) -> u64 {
    let mut distinct = ranks.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    for rank in ranks {
        *rank = distinct.partition_point(|known| known < rank) as u64;
    }
    distinct.len() as u64
}

/// The sums of each group.
pub(super) fn sums<C: AsRef<Cell> + Sync>(groups: &Groups, cells: &[C]) -> Vec<Cell> {
    let sum = |range: &Range<usize>| {
        let mut sum = Cell::default();
        for &cell in &groups.order[range.clone()] {
            sum.merge(cells[cell as usize].as_ref());
        }
        sum
    };
    groups.ranges.par_iter().map(sum).collect()
}

/// Sums over some axes: those that were dropped have the code 0 in each key.
struct Margin {
    keys: Vec<Box<[u32]>>,
    cells: Vec<Cell>,
}

/// A tally and what was summed up of it on the way.
pub(super) struct Margins<'a> {
    axes: &'a [Axis],
    keys: &'a [&'a [u32]],
    cells: &'a [&'a Cell],
    /// By the axes that are left, in ascending order.
    kept: BTreeMap<Vec<usize>, Margin>,
}

/// A step is kept where it leaves at most one of so many cells.
const FEWER: u64 = 4;

impl<'a> Margins<'a> {
    /// Ready for the sums over these attributes (axes of each).
    pub fn new<'b>(
        tally: &'a Tally,
        keys: &'a [&'a [u32]],
        cells: &'a [&'a Cell],
        attributes: impl Iterator<Item = &'b [usize]>,
    ) -> Self {
        let mut margins = Self {
            axes: &tally.axes,
            keys,
            cells,
            kept: BTreeMap::new(),
        };
        for attribute in attributes {
            margins.prepare(attribute);
        }
        margins
    }

    /// The cell of each group of an attribute, in the order of [`groups`].
    pub fn of(&self, attribute: &[usize]) -> Vec<Cell> {
        let mut steps = self.steps(attribute).into_iter().rev();
        let from = steps.find_map(|step| self.kept.get(&step));
        self.sum(attribute, from).1
    }

    /// Makes and keeps the steps towards an attribute.
    fn prepare(&mut self, attribute: &[usize]) {
        let mut from: Option<Vec<usize>> = None;
        for step in self.steps(attribute) {
            if !self.kept.contains_key(&step) {
                let larger = from.as_ref().and_then(|from| self.kept.get(from));
                let cells = larger.map_or(self.cells.len(), |margin| margin.cells.len());
                if self.bound(&step) > cells as u64 / FEWER {
                    continue;
                }
                let (keys, cells) = self.sum(&step, larger);
                self.kept.insert(step.clone(), Margin { keys, cells });
            }
            from = Some(step);
        }
    }

    /// The axes that are left after each axis that is dropped, the widest first, down to those of
    /// the attribute.
    fn steps(&self, attribute: &[usize]) -> Vec<Vec<usize>> {
        let mut others: Vec<usize> = (0..self.axes.len())
            .filter(|axis| !attribute.contains(axis))
            .collect();
        others.sort_by_key(|&axis| (self.axes[axis].values.len(), axis));
        let mut steps = Vec::new();
        while others.pop().is_some() {
            let mut left: Vec<usize> = others.iter().chain(attribute).copied().collect();
            left.sort_unstable();
            steps.push(left);
        }
        steps
    }

    /// Cells that there can be at most.
    fn bound(&self, axes: &[usize]) -> u64 {
        let codes = axes.iter().map(|&axis| self.axes[axis].values.len() as u64);
        codes.fold(1, |product, codes| product.saturating_mul(codes + 1))
    }

    /// The groups of these axes, from a margin or from the whole.
    fn sum(&self, axes: &[usize], from: Option<&Margin>) -> (Vec<Box<[u32]>>, Vec<Cell>) {
        match from {
            Some(Margin { keys, cells }) => self.sum_of(axes, keys, cells),
            None => self.sum_of(axes, self.keys, self.cells),
        }
    }

    fn sum_of<K: AsRef<[u32]>, C: AsRef<Cell> + Sync>(
        &self,
        axes: &[usize],
        keys: &[K],
        cells: &[C],
    ) -> (Vec<Box<[u32]>>, Vec<Cell>) {
        let groups = groups(self.axes, axes, keys, (0..cells.len() as u32).collect());
        let key = |range: &Range<usize>| {
            let key = keys[groups.order[range.start] as usize].as_ref();
            let mut left = vec![0; key.len()].into_boxed_slice();
            for &axis in axes {
                left[axis] = key[axis];
            }
            left
        };
        (
            groups.ranges.iter().map(key).collect(),
            sums(&groups, cells),
        )
    }
}
