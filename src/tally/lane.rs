//! The hot loop: what one thread does with a batch.
//!
//! In: batches of the wanted columns. Kept: a slot for each combination of codes that was seen, with
//! its sums. Slots are in order of first sight; `settle` gives them their place.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use hashbrown::HashMap;

use super::Placed;
use super::cell::{MISSING, NEGATIVE, POSITIVE};
use super::columns::{
    self, Decided, Keyed, Layout, Outcome, add_classes, add_codes, band, code_of, histogram, mix,
    numbers, table, unmix,
};
use super::intern::{Lookup, Names};
use super::sums::{Sums, Waiting};
use crate::data::limits;
use crate::data::spelling::{self, Class};
use crate::data::{At, Batch, Column, Keys, is_null};
use crate::error::{Error, Result};
use crate::read::Source;
use crate::stats::Ranking;

/// Label × prediction, each negative, positive or missing.
pub const OUTCOMES: usize = 9;

/// A spelling of a label or prediction.
#[derive(Debug, Clone)]
pub struct Spelt {
    /// The first row that this thread saw it in; only of what fits no pair.
    pub first: Option<(At, usize)>,
}

/// The classes of a dictionary of labels or predictions.
#[derive(Debug, Default)]
struct Classes {
    values: Option<std::sync::Arc<crate::data::Values>>,
    by_key: Vec<u8>,
    /// Entries that no row has had yet, and how many.
    unseen: Vec<bool>,
    left: usize,
}

impl Classes {
    /// Takes note of the entries that rows have for the first time.
    fn spell<K: Copy + TryInto<usize>>(
        &mut self,
        keys: &[K],
        outcome: &Outcome,
        nulls: &[String],
        at: At,
        seen: &mut BTreeMap<String, Spelt>,
    ) {
        for (row, &key) in keys.iter().enumerate() {
            let Some(unseen) = key.try_into().ok().and_then(|key| self.unseen.get_mut(key)) else {
                continue;
            };
            if !std::mem::take(unseen) {
                continue;
            }
            self.left -= 1;
            let key = key.try_into().unwrap_or_default();
            let values = self.values.as_ref();
            let Some(text) = values.and_then(|values| values[key].as_deref()) else {
                continue;
            };
            let is_named = outcome.positive.is_some();
            let is_full =
                seen.len() > limits::SPELLINGS || seen.len() == limits::SPELLINGS && is_named;
            let is_positive = is_named && self.by_key[key] == POSITIVE as u8;
            if seen.contains_key(text) || is_full && !is_positive {
                continue;
            }
            let class = spelling::polarity(text, outcome.positive.as_deref(), nulls);
            let first = class.is_none().then_some((at, row));
            seen.insert(text.to_owned(), Spelt { first });
            if self.left == 0 {
                return;
            }
        }
    }
}

/// What one thread has seen.
#[derive(Debug, Default)]
pub struct Lane {
    /// Rows read.
    pub rows: u64,
    /// Rows (not lines) left out since their weight is missing.
    pub missing_weight: u64,
    /// Rows whose weight is 0.
    pub zero_weight: u64,
    /// Rows whose score is missing.
    pub missing_score: u64,
    /// Codes of each slot, one for each axis.
    pub slots: Vec<Box<[u32]>>,
    /// By decision: counts of slot × outcome.
    pub counts: Vec<Vec<u64>>,
    /// By slot; empty where only rows are counted.
    pub sums: Vec<Sums>,
    /// Scored and labelled rows.
    pub ranking: Ranking,
    /// There were more of them than are kept.
    pub unranked: bool,
    /// Lowest and highest score.
    pub score_range: Option<(f64, f64)>,
    /// Spellings of the label, then of each decision.
    pub spellings: Vec<BTreeMap<String, Spelt>>,
    lookups: Vec<Lookup>,
    classes: Vec<Classes>,
    /// Codes that each axis has room for, a power of two.
    room: Vec<u64>,
    index: Index,
    /// Per row: the mixed code, then the slot.
    mixed: Vec<u64>,
    pub(super) slot_of: Vec<u32>,
    pub(super) outcomes: Vec<Vec<u8>>,
    axis_codes: Vec<u32>,
    pub(super) waiting: Waiting,
}

/// From mixed codes to slots.
#[derive(Debug)]
enum Index {
    /// `u32::MAX` where there is no slot yet.
    Dense(Vec<u32>),
    Hash(HashMap<u64, u32, foldhash::fast::FixedState>),
}

impl Default for Index {
    fn default() -> Self {
        Self::Dense(Vec::new())
    }
}

/// Mixed codes up to this are looked up in an array (16 MB at most).
const DENSE: u64 = 4 << 20;
/// A row that is in no slot.
pub const NO_SLOT: u32 = u32::MAX;

impl Lane {
    /// Nothing seen yet.
    pub fn new(layout: &Layout) -> Self {
        let outcomes = 1 + layout.decisions.len();
        Self {
            counts: vec![Vec::new(); layout.decisions.len().max(1)],
            spellings: vec![BTreeMap::new(); outcomes],
            classes: (0..outcomes).map(|_| Classes::default()).collect(),
            lookups: layout.axes.iter().map(|_| Lookup::default()).collect(),
            outcomes: vec![Vec::new(); layout.decisions.len().max(1)],
            ..Self::default()
        }
    }

    /// Whether any row is in this slot.
    pub fn has_rows(&self, slot: usize) -> bool {
        let rows = columns::outcomes_of(&self.counts[0], slot);
        rows.iter().any(|&n| n > 0)
    }

    /// Where the rows of the batch that was added last belong.
    pub fn placed<'a>(&'a self, batch: &'a Batch, layout: &Layout) -> Placed<'a> {
        Placed {
            slot_of: &self.slot_of,
            outcomes: &self.outcomes[0],
            slots: self.slots.len(),
            lines: layout.count.map(|column| numbers(batch, column)),
        }
    }

    /// Adds the rows of a batch.
    pub fn add(
        &mut self,
        batch: &Batch,
        layout: &Layout,
        names: &[Names],
        source: &dyn Source,
    ) -> Result<ControlFlow<()>> {
        if layout.count.is_none() {
            self.rows += batch.rows as u64;
        }
        self.make_room(batch, layout, names, source)?;
        self.classify(batch, layout);
        let mut spellings = self.spellings.iter();
        if spellings.any(|seen| seen.len() > limits::SPELLINGS) {
            // That is no label: the pass ends here, and `spellings` tells why.
            return Ok(ControlFlow::Break(()));
        }
        if layout.weight.is_none() && layout.score.is_none() && layout.count.is_none() {
            if layout.by_row || !self.count_small(batch, layout) {
                self.find_slots(batch, layout, source)?;
                self.count(None);
            }
            return Ok(ControlFlow::Continue(()));
        }
        self.add_sums(batch, layout, source)?;
        Ok(ControlFlow::Continue(()))
    }

    /// The rows of a batch that have a weight, a score, or a number of rows.
    fn add_sums(&mut self, batch: &Batch, layout: &Layout, source: &dyn Source) -> Result<()> {
        self.find_slots(batch, layout, source)?;
        let lines = layout
            .count
            .map(|column| columns::whole_numbers(batch, layout.named(column), source))
            .transpose()?;
        let weights = layout
            .weight
            .map(|column| columns::weights(batch, layout.named(column), source))
            .transpose()?;
        if let Some(lines) = &lines {
            self.rows += lines.iter().sum::<u64>();
        }
        self.drop_weightless(lines.as_deref(), weights);
        if layout.weight.is_none() && layout.score.is_none() {
            self.count(lines.as_deref());
            return Ok(());
        }
        let scores = layout
            .score
            .map(|column| columns::scores(batch, layout.named(column), source))
            .transpose()?;
        if let Some(scores) = scores {
            self.score(scores, weights, lines.as_deref(), layout.is_ranked);
        }
        self.wait(scores, weights, lines.as_deref(), layout);
        Ok(())
    }

    /// Brings the tables of codes up to date, and makes the index larger where codes outgrew it.
    fn make_room(
        &mut self,
        batch: &Batch,
        layout: &Layout,
        names: &[Names],
        source: &dyn Source,
    ) -> Result<()> {
        let mut grow = self.room.is_empty();
        let first = grow;
        for (axis, (column, cuts)) in layout.axes.iter().enumerate() {
            let most = match (&batch.columns[*column], cuts) {
                (_, Some(cuts)) => cuts.len() as u64 + 1,
                (Column::Codes(codes), None) => {
                    self.lookups[axis]
                        .update(&codes.values, &names[axis])
                        .map_err(|problem| Error::Data {
                            place: source.place(batch.at, 0).in_column(&*names[axis].column),
                            problem,
                        })?;
                    u64::from(self.lookups[axis].most)
                }
                (Column::Numbers(_), None) => 0,
            };
            if first {
                self.room.push(0);
            }
            if most >= self.room[axis] {
                self.room[axis] = (most + 1).next_power_of_two().max(8);
                grow = true;
            }
        }
        if grow {
            self.rebuild();
        }
        Ok(())
    }

    /// Makes the index anew for the room there is.
    fn rebuild(&mut self) {
        let product: u128 = self.room.iter().map(|&r| u128::from(r)).product();
        let slots = self.slots.iter().enumerate();
        let at = |codes: &[u32]| mix(codes, &self.room);
        self.index = if product <= u128::from(DENSE) {
            let mut dense = vec![NO_SLOT; product as usize];
            for (slot, codes) in slots {
                dense[at(codes) as usize] = slot as u32;
            }
            Index::Dense(dense)
        } else {
            Index::Hash(
                slots
                    .map(|(slot, codes)| (at(codes), slot as u32))
                    .collect(),
            )
        };
    }

    /// Finds out what each row's label and predictions are.
    fn classify(&mut self, batch: &Batch, layout: &Layout) {
        let columns =
            std::iter::once(layout.label.as_ref()).chain(layout.decisions.iter().map(|decision| {
                match decision {
                    Decided::Column(outcome) => Some(outcome),
                    Decided::Threshold(..) => None,
                }
            }));
        for (which, outcome) in columns.enumerate() {
            let Some(outcome) = outcome else { continue };
            let Column::Codes(codes) = &batch.columns[outcome.column] else {
                continue;
            };
            let classes = &mut self.classes[which];
            let is_known = |values| std::sync::Arc::ptr_eq(values, &codes.values);
            if !classes.values.as_ref().is_some_and(is_known) {
                let class = |value: &Option<Box<str>>| match value {
                    Some(text) => {
                        spelling::polarity(text, outcome.positive.as_deref(), &layout.nulls)
                    }
                    None => Some(Class::Missing),
                };
                let by_key = codes.values.iter().map(class);
                classes.by_key = by_key.map(|c| c.map_or(MISSING as u8, code_of)).collect();
                classes.unseen = codes.values.iter().map(Option::is_some).collect();
                classes.left = classes.unseen.iter().filter(|&&unseen| unseen).count();
                classes.values = Some(std::sync::Arc::clone(&codes.values));
            }
            // A dictionary may have entries that no row has.
            if classes.left > 0 {
                let seen = &mut self.spellings[which];
                match &codes.keys {
                    Keys::U8(keys) => classes.spell(keys, outcome, &layout.nulls, batch.at, seen),
                    Keys::U32(keys) => classes.spell(keys, outcome, &layout.nulls, batch.at, seen),
                }
            }
        }
    }

    /// The fast way of counting: few combinations, dictionaries of at most 256 values, one decision.
    /// Whether it was taken.
    fn count_small(&mut self, batch: &Batch, layout: &Layout) -> bool {
        let product: u128 = self.room.iter().map(|&r| u128::from(r)).product();
        let decision = match layout.decisions.as_slice() {
            [] => None,
            [Decided::Column(outcome)] => Some(outcome),
            _ => return false,
        };
        if product > 1 << 9 || layout.axes.len() > 2 || batch.rows < 256 {
            return false;
        }
        let mut columns: Vec<Keyed> = Vec::with_capacity(4);
        let mut stride = OUTCOMES as u32;
        for (axis, (column, cuts)) in layout.axes.iter().enumerate() {
            let (Column::Codes(codes), None) = (&batch.columns[*column], cuts) else {
                return false;
            };
            let Keys::U8(keys) = &codes.keys else {
                return false;
            };
            columns.push((keys, table(&self.lookups[axis].codes, stride)));
            stride *= self.room[axis] as u32;
        }
        for (which, outcome, stride) in [(0, layout.label.as_ref(), 3), (1, decision, 1)] {
            let Some(outcome) = outcome else { continue };
            let Column::Codes(codes) = &batch.columns[outcome.column] else {
                return false;
            };
            let Keys::U8(keys) = &codes.keys else {
                return false;
            };
            let by_key: Vec<u32> = self.classes[which]
                .by_key
                .iter()
                .map(|&c| c.into())
                .collect();
            columns.push((keys, table(&by_key, stride)));
        }
        let fixed = if layout.label.is_none() {
            3 * MISSING
        } else {
            0
        } + if decision.is_none() { MISSING } else { 0 };
        let counts = match columns.as_slice() {
            [a] => histogram([a], stride as usize),
            [a, b] => histogram([a, b], stride as usize),
            [a, b, c] => histogram([a, b, c], stride as usize),
            [a, b, c, d] => histogram([a, b, c, d], stride as usize),
            _ => return false,
        };
        self.keep(&counts, fixed);
        true
    }

    /// Adds counts by mixed code × outcome, the outcome shifted by `fixed`.
    fn keep(&mut self, counts: &[u64], fixed: usize) {
        for (mixed, outcomes) in counts.chunks_exact(OUTCOMES).enumerate() {
            if outcomes.iter().all(|&n| n == 0) {
                continue;
            }
            let slot = self.slot(mixed as u64) as usize;
            for (outcome, &rows) in outcomes.iter().enumerate() {
                if rows > 0 {
                    self.counts[0][slot * OUTCOMES + outcome + fixed] += rows;
                }
            }
        }
    }

    /// The slot of a mixed code, made where there is none.
    fn slot(&mut self, mixed: u64) -> u32 {
        let next = self.slots.len() as u32;
        let slot = match &mut self.index {
            Index::Dense(dense) => {
                let slot = &mut dense[mixed as usize];
                if *slot == NO_SLOT {
                    *slot = next;
                }
                *slot
            }
            Index::Hash(hash) => *hash.entry(mixed).or_insert(next),
        };
        if slot == next {
            self.slots.push(unmix(mixed, &self.room));
            for counts in &mut self.counts {
                counts.resize(counts.len() + OUTCOMES, 0);
            }
        }
        slot
    }

    /// Fills `slot_of` and `outcomes` for the rows of the batch.
    fn find_slots(&mut self, batch: &Batch, layout: &Layout, source: &dyn Source) -> Result<()> {
        self.mixed.clear();
        self.mixed.resize(batch.rows, 0);
        let mut stride = 1;
        for (axis, (column, cuts)) in layout.axes.iter().enumerate() {
            match (&batch.columns[*column], cuts) {
                (Column::Numbers(numbers), Some(cuts)) => {
                    for (mixed, &x) in self.mixed.iter_mut().zip(numbers) {
                        *mixed += stride * band(x, cuts);
                    }
                }
                (Column::Codes(codes), _) => {
                    self.axis_codes.clear();
                    self.axis_codes.extend_from_slice(&self.lookups[axis].codes);
                    add_codes(&mut self.mixed, &codes.keys, &self.axis_codes, stride);
                }
                (Column::Numbers(_), None) => {}
            }
            stride *= self.room[axis];
        }
        let mixed = std::mem::take(&mut self.mixed);
        self.slot_of.clear();
        for &code in &mixed {
            let slot = match &self.index {
                Index::Dense(dense) => dense[code as usize],
                Index::Hash(hash) => hash.get(&code).copied().unwrap_or(NO_SLOT),
            };
            let slot = if slot == NO_SLOT {
                self.slot(code)
            } else {
                slot
            };
            self.slot_of.push(slot);
        }
        self.mixed = mixed;
        if self.slots.len() > limits::CELLS {
            // Which row is one too many depends on the threads: none is named.
            return Err(columns::many_cells(source));
        }
        self.find_outcomes(batch, layout);
        Ok(())
    }

    /// Fills `outcomes`, one list for each decision.
    fn find_outcomes(&mut self, batch: &Batch, layout: &Layout) {
        for (which, outcomes) in self.outcomes.iter_mut().enumerate() {
            outcomes.clear();
            match &layout.label {
                None => outcomes.resize(batch.rows, 3 * MISSING as u8),
                Some(label) => {
                    let times_three: Vec<u8> =
                        self.classes[0].by_key.iter().map(|c| 3 * c).collect();
                    outcomes.resize(batch.rows, 0);
                    add_classes(outcomes, &batch.columns[label.column], &times_three);
                }
            }
            match layout.decisions.get(which) {
                None => outcomes.iter_mut().for_each(|o| *o += MISSING as u8),
                Some(Decided::Column(outcome)) => add_classes(
                    outcomes,
                    &batch.columns[outcome.column],
                    &self.classes[which + 1].by_key,
                ),
                Some(Decided::Threshold(column, threshold)) => {
                    for (outcome, &score) in outcomes.iter_mut().zip(numbers(batch, *column)) {
                        *outcome += if is_null(score) {
                            MISSING
                        } else if score >= *threshold {
                            POSITIVE
                        } else {
                            NEGATIVE
                        } as u8;
                    }
                }
            }
        }
    }
}
