//! What a number could become: those that are tried, and what lies half-way.
//!
//! In: a number, what may become of it, and how far it must go. Out: numbers that are allowed.

use super::actions::{Action, To};

/// Numbers are told to so many places behind the first of what costs 1.
const PLACES: i32 = 3;

/// What lies half-way between two numbers: of those that occur where it costs the share of rows that
/// is passed, else any, whole where the column is, and no longer than it must be.
pub fn between(action: &Action, from: f64, to: f64) -> Option<f64> {
    let Action::Number {
        values,
        is_whole,
        unit,
        ranks,
        ..
    } = action
    else {
        return None;
    };
    if ranks.is_some() {
        let (low, high) = (from.min(to), from.max(to));
        let first = values.partition_point(|x| *x <= low);
        let last = values.partition_point(|x| *x < high);
        return (first < last).then(|| values[usize::midpoint(first, last)]);
    }
    let half = f64::midpoint(from, to);
    let towards = |x: f64| if to > from { x.ceil() } else { x.floor() };
    if *is_whole {
        return Some(towards(half));
    }
    let places = PLACES - unit.log10().floor() as i32;
    if !(0..=15).contains(&places) {
        return Some(half);
    }
    let text = format!("{half:.0$}", places as usize);
    text.parse().ok()
}

/// Numbers each way, evenly spread over those that occur, the farthest among them; of a number that is
/// outside what is allowed the nearest end too.
pub fn tried(values: &[f64], from: f64, (action, most): (&Action, usize)) -> Vec<To> {
    let below = values.partition_point(|x| *x < from);
    let above = values.partition_point(|x| *x <= from);
    let spread = |own: &[f64]| -> Vec<f64> {
        let few = own.len().min(most);
        (1..=few).map(|at| own[at * own.len() / few - 1]).collect()
    };
    let down: Vec<f64> = values[..below].iter().rev().copied().collect();
    let mut all = spread(&down);
    all.extend(spread(&values[above..]));
    if let Action::Number {
        ends, ranks: None, ..
    } = action
    {
        // What was declared may lie beyond all that occurs: then there is no end, and none is allowed.
        let end = from.max(ends.0).min(ends.1);
        all.extend((end != from && !all.contains(&end)).then_some(end));
    }
    all.retain(|to| action.allows(from, *to));
    all.into_iter().map(To::Number).collect()
}
