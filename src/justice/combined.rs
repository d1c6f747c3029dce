//! Every combination of changes, where there are few: then nothing is left to be searched.
//!
//! In: what may become of each feature. Out: of a row all that it could be among the values that occur.

use super::actions::{Action, To, level_of, number_of};
use crate::fit::features::Feature;

/// Combinations of a row at most.
const MOST: usize = 1_000;

/// All changes of a row, none but the empty one left out; nothing where there are too many.
pub fn combinations(
    (features, actions): (&[Feature], &[Action]),
    row: u32,
) -> Option<Vec<Vec<(usize, To)>>> {
    let mut all: Vec<Vec<(usize, To)>> = vec![Vec::new()];
    for (at, (feature, action)) in features.iter().zip(actions).enumerate() {
        let others = others(feature, action, row);
        if all.len().saturating_mul(others.len() + 1) > MOST {
            return None;
        }
        let more = all.iter().flat_map(|own| {
            let with = |to: &To| own.iter().cloned().chain([(at, to.clone())]).collect();
            others.iter().map(with).collect::<Vec<_>>()
        });
        let more: Vec<_> = more.collect();
        all.extend(more);
    }
    all.remove(0);
    Some(all)
}

/// What else a feature of a row could be.
pub fn others(feature: &Feature, action: &Action, row: u32) -> Vec<To> {
    match action {
        Action::Nothing => Vec::new(),
        Action::Number { values, .. } => {
            let from = number_of(feature, row);
            let is_other = |x: &f64| from.is_some_and(|from| *x != from && action.allows(from, *x));
            let others = values.iter().copied().filter(is_other);
            others.map(To::Number).collect()
        }
        Action::Level(levels) => {
            let own = level_of(feature, row);
            let is_other = |to: &&String| own.is_some_and(|own| own != to.as_str());
            let others = levels.iter().filter(is_other);
            others.map(|to| To::Level(to.clone())).collect()
        }
    }
}
