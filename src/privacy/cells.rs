//! The cells of a tally, as an attacker would have them.
//!
//! In: a tally and the groups that would be published, each by its values. Out: which stay hidden. A
//! kind is a label with a decision: from all that is said of a published group each of them follows.

use std::collections::BTreeMap;

use super::{Cell, Concealed, Sum, conceal};
use crate::data::group::Values;
use crate::tally::{Axis, Tally};

/// A group that would be published, in its stratum if it is of one.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its values; none for the whole.
    pub group: &'a Values,
    /// Those of the controls.
    pub stratum: Option<&'a Values>,
}

/// Which of the groups must stay hidden, with all their numbers, in the order of `places`. All that is
/// published of the tally must be among them: the attacker sees no other sums. A group that the tally
/// does not know is hidden.
pub fn of_tally(tally: &Tally, places: &[Place], k: u64) -> Concealed {
    let cells: Vec<Cell> = tally.cells.values().map(cell).collect();
    let mut sums: Vec<Sum> = places
        .iter()
        .map(|place| Sum {
            cells: Vec::new(),
            columns: columns(place).count(),
        })
        .collect();
    let codes: Vec<BTreeMap<&str, u32>> = tally.axes.iter().map(codes).collect();
    let mut known: BTreeMap<Vec<usize>, BTreeMap<Vec<u32>, Vec<usize>>> = BTreeMap::new();
    let mut unknown = vec![true; places.len()];
    for (at, place) in places.iter().enumerate() {
        if let Some((axes, key)) = key(tally, &codes, place) {
            let of_axes = known.entry(axes).or_default();
            of_axes.entry(key).or_default().push(at);
            unknown[at] = false;
        }
    }
    for (index, key) in tally.cells.keys().enumerate() {
        for (axes, keys) in &known {
            let own: Vec<u32> = axes.iter().map(|&axis| key[axis]).collect();
            for &at in keys.get(&own).into_iter().flatten() {
                sums[at].cells.push(index);
            }
        }
    }
    let mut concealed = conceal(&cells, &sums, k);
    let (Concealed::Checked(hidden) | Concealed::Coarse(hidden)) = &mut concealed;
    for (hidden, unknown) in hidden.iter_mut().zip(unknown) {
        *hidden = *hidden || unknown;
    }
    concealed
}

fn columns<'a>(place: &Place<'a>) -> impl Iterator<Item = (&'a String, &'a Option<String>)> {
    let stratum = place.stratum.into_iter().flat_map(|values| values.iter());
    place.group.iter().chain(stratum)
}

/// The code of each value of an axis.
fn codes(axis: &Axis) -> BTreeMap<&str, u32> {
    let values = axis.values.iter().map(String::as_str);
    values.zip(0..).collect()
}

/// The axes of a group, ascending, and its codes.
fn key(
    tally: &Tally,
    codes: &[BTreeMap<&str, u32>],
    place: &Place,
) -> Option<(Vec<usize>, Vec<u32>)> {
    let code = |(name, value): (&String, &Option<String>)| {
        let axis = tally.axes.iter().position(|axis| axis.name == *name)?;
        let code = match value {
            Some(value) => *codes[axis].get(value.as_str())?,
            None => tally.axes[axis].values.len() as u32,
        };
        Some((axis, code))
    };
    let mut list: Vec<(usize, u32)> = columns(place).map(code).collect::<Option<_>>()?;
    list.sort_unstable();
    Some(list.into_iter().unzip())
}

fn cell(cell: &crate::tally::Cell) -> Cell {
    let weights = cell.weights.as_ref().map(|weights| {
        let all = weights.iter().flatten();
        all.map(|w| [w.sum.value(), w.squares.value()]).collect()
    });
    Cell {
        counts: cell.rows.iter().flatten().copied().collect(),
        weights,
    }
}
