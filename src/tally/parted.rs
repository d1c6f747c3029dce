//! A tally without an axis, or without the rows of one of its values: what leaving rows out does.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Cell, Key, Tally};
use crate::stats::Merge;

impl Tally {
    /// The sums over an axis, which is gone; the rows of one of its codes are left out.
    #[must_use]
    pub fn without(&self, axis: usize, code: Option<u32>) -> Self {
        let rest = |key: &Key| -> Option<Key> {
            let is_left_out = code == Some(key[axis]);
            let others = key.iter().enumerate().filter(|(at, _)| *at != axis);
            (!is_left_out).then(|| others.map(|(_, code)| *code).collect())
        };
        let keys: Vec<Option<Key>> = self.cells.keys().map(rest).collect();
        let mut cells: BTreeMap<Key, Cell> = BTreeMap::new();
        for (key, cell) in keys.iter().zip(self.cells.values()) {
            if let Some(key) = key {
                cells.entry(key.clone()).or_default().merge(cell);
            }
        }
        let numbers: BTreeMap<&Key, u32> = cells.keys().zip(0..).collect();
        let number = |key: &Option<Key>| key.as_ref().map_or(u32::MAX, |key| numbers[key]);
        let numbered: Vec<u32> = keys.iter().map(number).collect();
        let ranking = self.ranking.as_ref().map(|ranking| {
            let mut ranking = (**ranking).clone();
            ranking.renumber(&numbered);
            ranking.sort();
            Arc::new(ranking)
        });
        let mut axes = self.axes.clone();
        axes.remove(axis);
        Self {
            scenario: self.scenario.clone(),
            axes,
            cells,
            ranking,
            score_range: self.score_range,
        }
    }
}
