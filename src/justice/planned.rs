//! Several changes at once, planned from what each gains by itself.
//!
//! In: what a model that can only be asked says of changes of one feature each. Out: changes of some
//! features that would together be the cheapest that turn the decision, if log-odds added up and
//! went straight between the numbers that were tried. That is so in a logistic regression; of
//! another model it is a guess, and whoever tells of it asks the model first.

use std::collections::BTreeMap;

use super::actions::{Action, LEVEL, To, number_of};
use super::steps::{self, Step};
use crate::fit::features::Feature;
use crate::fit::logistic::log_odds;

/// Numbers each way that a plan chooses from.
const FINE: usize = 64;
/// Plans gain as much as is needed, and somewhat more where they turn nothing.
const MORE: [f64; 3] = [1.0, 1.2, 1.6];
/// Steps that are looked at for a plan, over all nodes of its search.
const LOOKED: usize = 100_000;

/// What a change of one feature comes to.
pub struct Tried<'a> {
    /// The feature.
    pub feature: usize,
    /// What becomes of it.
    pub to: &'a To,
    /// The score then.
    pub score: f64,
}

/// Plans of a row, what gains least for its cost first.
pub fn plans(
    (features, actions): (&[Feature], &[Action]),
    (row, score): (u32, f64),
    (cut, sign): (f64, f64),
    tried: &[Tried],
) -> Vec<Vec<(usize, To)>> {
    let mut by_feature: BTreeMap<usize, Vec<(&To, f64)>> = BTreeMap::new();
    for own in tried {
        let gain = sign * (log_odds(own.score) - log_odds(score));
        by_feature
            .entry(own.feature)
            .or_default()
            .push((own.to, gain));
    }
    let levers: Vec<(usize, Vec<(Step, To)>)> = by_feature
        .into_iter()
        .map(|(at, gains)| {
            let from = number_of(&features[at], row);
            (at, lever(&actions[at], from, &gains))
        })
        .filter(|(_, lever)| !lever.is_empty())
        .collect();
    let only = levers.iter().map(|(_, lever)| lever.iter());
    let only: Vec<Vec<Step>> = only.map(|own| own.map(|own| own.0).collect()).collect();
    let gap = sign * (log_odds(cut) - log_odds(score));
    let nodes = LOOKED / only.iter().map(Vec::len).sum::<usize>().max(1);
    let plan = |more: &f64| {
        let taken = steps::searched(&only, gap * more, nodes)?;
        let own = levers.iter().zip(taken.steps);
        let mut own: Vec<(usize, &(Step, To))> = own
            .filter_map(|((at, lever), step)| Some((*at, &lever[step?])))
            .collect();
        let worth = |step: &Step| step.gain / step.cost;
        own.sort_by(|a, b| worth(&a.1.0).total_cmp(&worth(&b.1.0)));
        let own = own.into_iter().map(|(at, (_, to))| (at, to.clone()));
        Some(own.collect::<Vec<_>>())
    };
    let mut plans: Vec<_> = MORE.iter().filter_map(plan).collect();
    plans.dedup();
    plans
}

/// What may become of a feature, with what it would gain.
fn lever(action: &Action, from: Option<f64>, gains: &[(&To, f64)]) -> Vec<(Step, To)> {
    let step = |gain: f64, cost: f64, to: To| {
        (gain > 0.0 && cost > 0.0).then_some((Step { gain, cost }, to))
    };
    let (Action::Number { values, .. }, Some(from)) = (action, from) else {
        let levels = gains.iter().filter(|(to, _)| matches!(to, To::Level(_)));
        return levels
            .filter_map(|(to, gain)| step(*gain, LEVEL, (*to).clone()))
            .collect();
    };
    let mut points: Vec<(f64, f64)> = vec![(from, 0.0)];
    points.extend(gains.iter().filter_map(|(to, gain)| match to {
        To::Number(x) => Some((*x, *gain)),
        To::Level(_) => None,
    }));
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (low, high) = (points[0].0, points[points.len() - 1].0);
    let first = values.partition_point(|x| *x < low);
    let last = values.partition_point(|x| *x <= high);
    let within = &values[first..last];
    let apart = within.len().div_ceil(2 * FINE).max(1);
    let fine = within.iter().step_by(apart).copied();
    let all = fine.chain(points.iter().map(|(x, _)| *x));
    let gain = |x: f64| {
        let above = points.partition_point(|(at, _)| *at < x);
        let (after, before) = (points[above], points[above.max(1) - 1]);
        if after.0 <= before.0 {
            return after.1;
        }
        before.1 + (after.1 - before.1) * (x - before.0) / (after.0 - before.0)
    };
    all.filter(|x| action.allows(from, *x))
        .filter_map(|x| step(gain(x), action.cost(from, x), To::Number(x)))
        .collect()
}
