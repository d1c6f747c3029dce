//! From what threads saw to tallies: codes in display order, cells in the order of their codes.
//!
//! Nothing here depends on which thread saw what: names are sorted, sums are exact, and the ranking
//! has a total order of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::cell::MISSING;
use super::columns::outcomes_of;
use super::lane::{Lane, OUTCOMES};
use super::sums::Sums;
use super::{Axis, Cell, Key, Tally};
use crate::data::role::Bands;
use crate::data::{Missing, Plan, Ranks};
use crate::stats::{Merge, Ranking};

/// The axes, and for each the final code of every code.
pub struct Axes {
    /// In the order of the plan.
    pub axes: Vec<Axis>,
    codes: Vec<Vec<u32>>,
}

impl Axes {
    /// Puts the values that occur in display order.
    pub fn new(plan: &Plan, names: Vec<Vec<Box<str>>>, lanes: &[Lane]) -> Self {
        let mut axes = Vec::new();
        let mut codes = Vec::new();
        for (at, (split, names)) in plan.splits.iter().zip(names).enumerate() {
            let names = match &split.bands {
                Some(bands) => band_names(bands),
                None => names,
            };
            let mut occurs = vec![false; names.len() + 1];
            for lane in lanes {
                for slot in 0..lane.slots.len() {
                    occurs[lane.slots[slot][at] as usize] |= lane.has_rows(slot);
                }
            }
            let mut order: Vec<usize> = (0..names.len()).filter(|&i| occurs[i + 1]).collect();
            if split.bands.is_none() {
                sort_names(&mut order, &names);
            }
            let mut finals = vec![order.len() as u32; names.len() + 1];
            for (place, &i) in order.iter().enumerate() {
                finals[i + 1] = place as u32;
            }
            axes.push(Axis {
                name: split.name.clone(),
                role: split.role,
                values: order.iter().map(|&i| names[i].to_string()).collect(),
                bands: split.bands.as_ref().map(|bands| bands.how.clone()),
            });
            codes.push(finals);
        }
        Self { axes, codes }
    }

    fn key(&self, slot: &[u32]) -> Key {
        let finals = slot.iter().zip(&self.codes);
        finals.map(|(&code, codes)| codes[code as usize]).collect()
    }

    /// The key of every slot of a thread.
    pub fn keys(&self, lane: &Lane) -> Vec<Key> {
        lane.slots.iter().map(|slot| self.key(slot)).collect()
    }

    /// Whether the combination has a missing sensitive value.
    fn is_missing(&self, key: &[u32]) -> bool {
        let axes = self.axes.iter().zip(key);
        axes.filter(|(axis, _)| axis.role == crate::data::Role::Sensitive)
            .any(|(axis, &code)| code as usize == axis.values.len())
    }
}

/// Text in the order of its characters; all numbers, by size.
fn sort_names(order: &mut [usize], names: &[Box<str>]) {
    let numbers: Option<Vec<f64>> = names
        .iter()
        .map(|name| name.parse().ok().filter(|x: &f64| x.is_finite()))
        .collect();
    match numbers {
        Some(numbers) => order.sort_by(|&a, &b| {
            let by_size = numbers[a].total_cmp(&numbers[b]);
            by_size.then_with(|| names[a].cmp(&names[b]))
        }),
        None => order.sort_by(|&a, &b| names[a].cmp(&names[b])),
    }
}

/// What bands are called, from the lowest.
pub fn band_names(bands: &Bands) -> Vec<Box<str>> {
    let cuts = &bands.cuts;
    let (Some(first), Some(last)) = (cuts.first(), cuts.last()) else {
        return vec!["all".into()];
    };
    let mut names = vec![format!("<{first}").into()];
    for pair in cuts.windows(2) {
        names.push(format!("[{}, {})", pair[0], pair[1]).into());
    }
    names.push(format!(">={last}").into());
    names
}

/// The sums of one combination over all threads.
struct Merged {
    counts: Vec<[u64; OUTCOMES]>,
    sums: Option<Sums>,
}

/// What one thread has of one combination.
struct Part {
    key: Key,
    lane: usize,
    slot: usize,
    sums: Option<Sums>,
}

/// One tally for each decision of the plan (one without predictions where there is none); how many
/// rows were left out since their sensitive value is missing.
pub fn tallies(mut lanes: Vec<Lane>, axes: &Axes, plan: &Plan) -> (Vec<Tally>, u64) {
    let mut dropped = 0;
    let mut parts = Vec::new();
    for (number, lane) in lanes.iter_mut().enumerate() {
        let mut sums = std::mem::take(&mut lane.sums).into_iter();
        for slot in 0..lane.slots.len() {
            let sums = sums.next();
            let key = axes.key(&lane.slots[slot]);
            if plan.missing == Missing::Drop && axes.is_missing(&key) {
                dropped += outcomes_of(&lane.counts[0], slot).iter().sum::<u64>();
            } else if lane.has_rows(slot) {
                parts.push(Part {
                    key,
                    lane: number,
                    slot,
                    sums,
                });
            }
        }
    }
    parts.par_sort_unstable_by(|a, b| (&a.key, a.lane).cmp(&(&b.key, b.lane)));
    let is_same = |a: &Part, b: &Part| a.key == b.key;
    // The final number of each slot's combination.
    let mut finals: Vec<Vec<u32>> = lanes
        .iter()
        .map(|lane| vec![u32::MAX; lane.slots.len()])
        .collect();
    for (number, same) in parts.chunk_by(is_same).enumerate() {
        for part in same {
            finals[part.lane][part.slot] = number as u32;
        }
    }
    let merged = parts
        .par_chunk_by_mut(is_same)
        .map(|same| merge(same, &lanes, plan));
    let merged: Vec<(Key, Merged)> = merged.collect();
    let ranking = rank(lanes, &finals, plan);
    (split(merged, ranking.as_ref(), axes, plan), dropped)
}

/// What all threads have of one combination.
fn merge(parts: &mut [Part], lanes: &[Lane], plan: &Plan) -> (Key, Merged) {
    let mut into = Merged {
        counts: vec![[0; OUTCOMES]; plan.decisions.len().max(1)],
        sums: None,
    };
    for part in &mut *parts {
        let counts = &lanes[part.lane].counts;
        for (mine, counts) in into.counts.iter_mut().zip(counts) {
            for (mine, rows) in mine.iter_mut().zip(outcomes_of(counts, part.slot)) {
                *mine += rows;
            }
        }
        match (&mut into.sums, part.sums.take()) {
            (Some(mine), Some(sums)) => mine.merge(&sums),
            (mine, Some(sums)) => *mine = Some(sums),
            (_, None) => {}
        }
    }
    (std::mem::take(&mut parts[0].key), into)
}

/// The scored rows of all threads, with the final numbers of their cells, sorted.
fn rank(lanes: Vec<Lane>, finals: &[Vec<u32>], plan: &Plan) -> Option<Arc<Ranking>> {
    if !is_ranked(plan) || is_unranked(&lanes) {
        return None;
    }
    let mut ranking = Ranking::default();
    for (lane, finals) in lanes.into_iter().zip(finals) {
        let mut rows = lane.ranking;
        rows.renumber(finals);
        ranking.absorb(rows);
    }
    ranking.sort();
    Some(Arc::new(ranking))
}

/// Whether scores are to be ranked.
pub fn is_ranked(plan: &Plan) -> bool {
    plan.score.is_some() && plan.label.is_some() && plan.ranks > Ranks::Nothing
}

/// Whether there were more scored rows than are kept for ranking, whatever the threads.
pub fn is_unranked(lanes: &[Lane]) -> bool {
    let rows: u64 = lanes.iter().map(|lane| lane.ranking.len() as u64).sum();
    lanes.iter().any(|lane| lane.unranked) || rows > crate::data::limits::RANKED_ROWS
}

/// One tally for each decision.
fn split(
    cells: Vec<(Key, Merged)>,
    ranking: Option<&Arc<Ranking>>,
    axes: &Axes,
    plan: &Plan,
) -> Vec<Tally> {
    let scenarios: Vec<String> = match plan.decisions.as_slice() {
        [] | [_] => vec!["as_given".to_owned()],
        several => several.iter().map(|d| d.name().to_owned()).collect(),
    };
    let mut tallies: Vec<Tally> = scenarios
        .into_iter()
        .map(|scenario| Tally {
            scenario,
            axes: axes.axes.clone(),
            ranking: ranking.cloned(),
            ..Tally::default()
        })
        .collect();
    let cells: Vec<(Key, Vec<Cell>)> = cells
        .into_par_iter()
        .map(|(key, merged)| (key, cells_of(merged)))
        .collect();
    let mut of_tallies: Vec<Vec<(Key, Cell)>> = tallies.iter().map(|_| Vec::new()).collect();
    for (key, cells) in cells {
        for (of_tally, cell) in of_tallies.iter_mut().zip(cells) {
            of_tally.push((key.clone(), cell));
        }
    }
    // A map of what is in order already is made at once.
    for (tally, cells) in tallies.iter_mut().zip(of_tallies) {
        tally.cells = cells.into_iter().collect();
    }
    tallies
}

/// The cell of each decision.
fn cells_of(merged: Merged) -> Vec<Cell> {
    let mut sums = merged.sums.unwrap_or_default();
    let mut weights = std::mem::take(&mut sums.weights).into_iter();
    let last = merged.counts.len() - 1;
    let cell = |(at, counts): (usize, &[u64; OUTCOMES])| {
        let mut cell = Cell {
            scores: if at == last {
                sums.scores.take()
            } else {
                sums.scores.clone()
            },
            ..Cell::default()
        };
        for (outcome, &rows) in counts.iter().enumerate() {
            cell.rows[outcome / 3][outcome % 3] = rows;
        }
        if let Some(weights) = weights.next() {
            let mine = cell.weights.get_or_insert_default();
            for (outcome, weights) in weights.into_iter().enumerate() {
                mine[outcome / 3][outcome % 3] = weights;
            }
        }
        cell
    };
    merged.counts.iter().enumerate().map(cell).collect()
}

/// Rows by what they lack, of the rows that were tallied: each row once, under the first of label
/// and prediction that it has not.
pub fn lacking(tally: &Tally, plan: &Plan) -> BTreeMap<String, u64> {
    let mut lacking = BTreeMap::new();
    let mut add = |name: &str, rows: u64| {
        if rows > 0 {
            *lacking.entry(name.to_owned()).or_insert(0) += rows;
        }
    };
    for cell in tally.cells.values() {
        for label in 0..3 {
            for prediction in 0..3 {
                let rows = cell.rows[label][prediction];
                if plan.label.is_some() && label == MISSING {
                    add("missing_label", rows);
                } else if !plan.decisions.is_empty() && prediction == MISSING {
                    add("missing_prediction", rows);
                }
            }
        }
    }
    lacking
}
