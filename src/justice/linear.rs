//! The nearest row that a linear model decides on otherwise: exact.
//!
//! In: coefficients behind an encoder, and what may be changed. Out: of a row the cheapest changes,
//! few of them (the sum of costs), or the shortest (the root of the sum of their squares); where costs
//! are shares of rows, the cheapest or the evenest among the values that occur.

use super::actions::{Action, Declared, LEVEL, Norm, Path, To, level_of, number_of};
use super::knapsack::{Lever, cheapest, shortest};
use super::steps::{self, Step};
use crate::fit::encoder::{Coded, Encoder};
use crate::fit::features::Feature;

/// By how much more than needed is gained: sums are rounded.
const MARGIN: f64 = 1e-9;

/// A linear model, and which way is wanted.
pub struct Linear<'a> {
    /// Makes the matrix.
    pub encoder: &'a Encoder,
    /// Of each column of the matrix.
    pub coefficients: Vec<f64>,
    /// The linear predictor from which on the decision is positive.
    pub cut: f64,
    /// 1 where the positive decision is wanted, else −1.
    pub sign: f64,
}

/// A lever, and what moving it means.
enum Meaning {
    /// The number rises or falls by units from where it is.
    Number { feature: usize, from: f64, way: f64 },
    /// The level changes.
    Level { feature: usize, to: String },
}

impl Linear<'_> {
    /// The best path of a row; `predictor` is its linear predictor.
    pub fn path(
        &self,
        (features, actions): (&[Feature], &[Action]),
        row: u32,
        (predictor, declared): (f64, &Declared),
    ) -> Option<Path> {
        let gap = self.sign * (self.cut - predictor);
        let gap = gap + MARGIN * gap.abs().max(1.0);
        if declared.by_percentile {
            return self.stepped((features, actions), row, (gap, declared.norm));
        }
        let is_short = declared.norm == Norm::Root;
        let mut levers = Vec::new();
        let mut meanings = Vec::new();
        for (at, (feature, action)) in features.iter().zip(actions).enumerate() {
            let found = match action {
                Action::Nothing => None,
                Action::Number { .. } => self.number(at, number_of(feature, row), action),
                // Steps of levels have no length to be squared.
                Action::Level(_) if is_short => None,
                Action::Level(levels) => self.level(at, level_of(feature, row), levels),
            };
            if let Some((lever, meaning)) = found {
                levers.push(lever);
                meanings.push(meaning);
            }
        }
        let moves = if is_short {
            shortest(&levers, gap)
        } else {
            cheapest(&levers, gap)
        }?;
        let changes = meanings
            .into_iter()
            .zip(&moves.units)
            .filter(|(_, units)| **units > 0.0);
        let changes = changes.map(|(meaning, units)| match meaning {
            Meaning::Number { feature, from, way } => {
                let to = told(from + way * units, way, &actions[feature]);
                (feature, To::Number(to))
            }
            Meaning::Level { feature, to } => (feature, To::Level(to)),
        });
        Some(Path {
            row,
            changes: changes.collect(),
            cost: moves.cost,
            is_exact: moves.is_exact,
        })
    }

    /// The best path where each change has its own cost: among values and levels that occur.
    fn stepped(
        &self,
        (features, actions): (&[Feature], &[Action]),
        row: u32,
        (gap, norm): (f64, Norm),
    ) -> Option<Path> {
        let each = features.iter().zip(actions).enumerate();
        let levers: Vec<(usize, Vec<(Step, To)>)> = each
            .map(|(at, (feature, action))| (at, self.steps(at, (feature, row), (action, gap))))
            .filter(|(_, steps)| !steps.is_empty())
            .collect();
        let only: Vec<Vec<Step>> = levers
            .iter()
            .map(|(_, steps)| steps.iter().map(|(step, _)| *step).collect())
            .collect();
        let taken = match norm {
            Norm::Largest => steps::evenest(&only, gap),
            Norm::Sum | Norm::Root => steps::cheapest(&only, gap),
        }?;
        let own = levers.into_iter().zip(&taken.steps);
        let changes =
            own.filter_map(|((at, mut steps), step)| Some((at, steps.swap_remove((*step)?).1)));
        Some(Path {
            row,
            changes: changes.collect(),
            cost: taken.cost,
            is_exact: taken.is_exact,
        })
    }

    /// What may become of a feature that gains something, and what that costs.
    fn steps(
        &self,
        at: usize,
        (feature, row): (&Feature, u32),
        (action, gap): (&Action, f64),
    ) -> Vec<(Step, To)> {
        match action {
            Action::Nothing => Vec::new(),
            Action::Number { values, .. } => {
                let (
                    Some(from),
                    Coded::Number {
                        column,
                        unit,
                        scale,
                        ..
                    },
                ) = (number_of(feature, row), self.encoder.coded(at))
                else {
                    return Vec::new();
                };
                let slope = self.sign * self.coefficients[column] / (unit * scale);
                let step = |to: &f64| {
                    let step = Step {
                        gain: slope * (to - from),
                        cost: action.cost(from, *to),
                    };
                    let is_one = step.gain > 0.0 && step.cost > 0.0 && action.allows(from, *to);
                    is_one.then_some((step, To::Number(*to)))
                };
                // Outwards, up to the first that is enough alone.
                let here = values.partition_point(|x| *x < from);
                let outwards: Box<dyn Iterator<Item = &f64>> = if slope > 0.0 {
                    Box::new(values[here..].iter())
                } else {
                    Box::new(values[..here].iter().rev())
                };
                let mut steps = Vec::new();
                for own in outwards.filter_map(step) {
                    let is_enough = own.0.gain >= gap;
                    steps.push(own);
                    if is_enough {
                        break;
                    }
                }
                steps
            }
            Action::Level(levels) => {
                let found = self.level(at, level_of(feature, row), levels);
                let step = found.and_then(|(lever, meaning)| match meaning {
                    Meaning::Level { to, .. } => Some((lever.gain, To::Level(to))),
                    Meaning::Number { .. } => None,
                });
                let cost = LEVEL;
                step.map(|(gain, to)| (Step { gain, cost }, to))
                    .into_iter()
                    .collect()
            }
        }
    }

    fn number(
        &self,
        feature: usize,
        from: Option<f64>,
        action: &Action,
    ) -> Option<(Lever, Meaning)> {
        let (
            from,
            Coded::Number {
                column,
                unit,
                scale,
                ..
            },
        ) = (from?, self.encoder.coded(feature))
        else {
            return None;
        };
        let Action::Number {
            ends,
            ways,
            is_whole,
            unit: cost,
            ..
        } = action
        else {
            return None;
        };
        let slope = self.sign * self.coefficients[column] / (unit * scale);
        // A number outside the ends stays, or goes to where they begin at least.
        let (way, least, most) = if slope > 0.0 && ways.0 {
            (1.0, ends.0 - from, ends.1 - from)
        } else if slope < 0.0 && ways.1 {
            (-1.0, from - ends.1, from - ends.0)
        } else {
            return None;
        };
        let (least, most) = if *is_whole {
            (least.max(0.0).ceil(), most.floor())
        } else {
            (least.max(0.0), most)
        };
        let lever = Lever {
            gain: slope.abs(),
            cost: 1.0 / cost,
            least,
            most,
            is_whole: *is_whole,
        };
        (most > 0.0 && least <= most).then_some((lever, Meaning::Number { feature, from, way }))
    }

    /// All levels cost the same: only the one that gains most is a lever.
    fn level(
        &self,
        feature: usize,
        from: Option<&str>,
        known: &[String],
    ) -> Option<(Lever, Meaning)> {
        let from = from?;
        let now = self.worth(feature, from)?;
        let gains = known.iter().filter_map(|to| {
            let gain = self.sign * (self.worth(feature, to)? - now);
            Some((gain, to))
        });
        let (gain, to) = gains.reduce(|best, own| if own.0 > best.0 { own } else { best })?;
        let lever = Lever {
            gain,
            cost: 1.0,
            least: 0.0,
            most: 1.0,
            is_whole: true,
        };
        let to = to.clone();
        (gain > 0.0).then_some((lever, Meaning::Level { feature, to }))
    }

    /// What a level adds; rare ones add what they add together.
    fn worth(&self, feature: usize, level: &str) -> Option<f64> {
        let Coded::Levels {
            column,
            levels,
            baseline,
            has_other,
        } = self.encoder.coded(feature)
        else {
            return None;
        };
        if baseline == Some(level) {
            return Some(0.0);
        }
        let at = levels.binary_search_by(|own| own.as_deref().cmp(&Some(level)));
        Some(match at {
            Ok(at) => self.coefficients[column + at],
            Err(_) if has_other => self.coefficients[column + levels.len()],
            Err(_) => 0.0,
        })
    }
}

/// A number as it can be told: rounded to a millionth of what costs 1, away from where it came from,
/// so that what is told turns the decision as well.
fn told(to: f64, way: f64, action: &Action) -> f64 {
    let Action::Number {
        ends,
        is_whole,
        unit,
        ..
    } = action
    else {
        return to;
    };
    // A sum may be rounded across an end.
    let to = to.max(ends.0).min(ends.1);
    if *is_whole {
        return to.round();
    }
    let places = 6 - unit.log10().floor() as i32;
    if !(0..=15).contains(&places) {
        return to;
    }
    let parts = 10_f64.powi(places);
    let far = (to * way * parts).ceil() * way / parts;
    let text = format!("{far:.0$}", places as usize);
    let told = text.parse().unwrap_or(to);
    if (ends.0..=ends.1).contains(&told) {
        told
    } else {
        to
    }
}
