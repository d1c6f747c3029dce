//! Reject option (Kamiran, Karim and Zhang 2012, doi:10.1109/ICDM.2012.45): where the score is near
//! the threshold, groups that are selected less often are selected, others are not.
//!
//! In: training rows and their scores. Out: a threshold for each group: that of everyone, lower by a
//! margin where the group is selected less often, higher where more. Threshold and margin are the
//! best of a grid, that of AIF360: of those that bring the gap under [`BOUND`] the most balanced
//! accuracy.

use super::hull::{self, Points};
use super::{Cut, Decided, Mitigation, Stage, Training};
use crate::error::Result;

/// How large the gap may stay.
const BOUND: f64 = 0.05;
/// Thresholds and margins that are tried.
const GRID: Grid = (100, 50);

const SOURCE: &str = "Kamiran, Karim and Zhang 2012, doi:10.1109/ICDM.2012.45";

/// Selection rates.
pub const PARITY: Mitigation = Mitigation {
    name: "reject_option",
    about: "near the threshold the less selected group is: selection rates within 0.05",
    source: SOURCE,
    stage: Stage::Post(|training, scores| decided(training, scores, Gap::Selected, GRID)),
    is_usual: false,
};

/// True and false positive rates.
pub const ODDS: Mitigation = Mitigation {
    name: "reject_option_odds",
    about: "near the threshold the less selected group is: average odds within 0.05",
    source: SOURCE,
    stage: Stage::Post(|training, scores| decided(training, scores, Gap::Odds, GRID)),
    is_usual: false,
};

/// True positive rates.
pub const OPPORTUNITY: Mitigation = Mitigation {
    name: "reject_option_opportunity",
    about: "near the threshold the less selected group is: true positive rates within 0.05",
    source: SOURCE,
    stage: Stage::Post(|training, scores| decided(training, scores, Gap::TruePositive, GRID)),
    is_usual: false,
};

/// The gap that is to be small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Of selection rates.
    Selected,
    /// The mean of those of true and of false positive rates.
    Odds,
    /// Of true positive rates.
    TruePositive,
}

/// How many thresholds are tried, and margins around each.
pub type Grid = (usize, usize);

/// Whether the gap is within the bound; then what is to be as high as can be.
type Worth = (bool, f64, f64);

/// Rows of a group, and whether it is selected less often than everyone.
struct Group<'a> {
    points: &'a Points,
    is_deprived: bool,
}

impl Group<'_> {
    /// True and false positives. AIF360 has a score at the upper edge rejected, at the lower one
    /// selected.
    fn positives(&self, (threshold, margin): (f64, f64)) -> (f64, f64) {
        let cut = edge(self.is_deprived, threshold, margin);
        let list = &self.points.list;
        let at = list.partition_point(|point| point.score >= cut);
        let point = list[at.max(1) - 1];
        (point.tp, point.fp)
    }
}

/// From where on a row is positive.
fn edge(is_deprived: bool, threshold: f64, margin: f64) -> f64 {
    if is_deprived {
        threshold - margin
    } else {
        (threshold + margin).next_up()
    }
}

/// The gap between those who are deprived and the others, and balanced accuracy.
fn judged(groups: &[Group], at: (f64, f64), gap: Gap) -> Option<(f64, f64)> {
    // By side: true and false positives, positives and negatives.
    let mut sides = [[0.0_f64; 4]; 2];
    for group in groups {
        let (tp, fp) = group.positives(at);
        let own = [tp, fp, group.points.positives, group.points.negatives];
        for (sum, own) in sides[usize::from(group.is_deprived)].iter_mut().zip(own) {
            *sum += own;
        }
    }
    let rates = sides.map(|[tp, fp, positives, negatives]| {
        [
            (tp + fp) / (positives + negatives),
            tp / positives,
            fp / negatives,
        ]
    });
    let difference = |rate: usize| rates[1][rate] - rates[0][rate];
    let gap = match gap {
        Gap::Selected => difference(0),
        Gap::TruePositive => difference(1),
        Gap::Odds => f64::midpoint(difference(1), difference(2)),
    };
    let all: Vec<f64> = (0..4).map(|at| sides[0][at] + sides[1][at]).collect();
    let balanced = f64::midpoint(all[0] / all[2], 1.0 - all[1] / all[3]);
    gap.is_finite().then_some((gap.abs(), balanced))
}

/// Cuts by the best of a grid.
pub fn decided(training: &Training, scores: &[f64], gap: Gap, grid: Grid) -> Result<Decided> {
    let points = hull::points(training, scores);
    let selected = |own: &Points| {
        let at = own.list.partition_point(|point| point.score >= 0.5);
        let point = own.list[at.max(1) - 1];
        point.tp + point.fp
    };
    let known = || points.iter().filter(|own| own.total() > 0.0);
    let rate = known().map(selected).sum::<f64>() / known().map(Points::total).sum::<f64>();
    let groups: Vec<Group> = known()
        .map(|points| Group {
            points,
            is_deprived: selected(points) / points.total() < rate,
        })
        .collect();
    let best = best(&groups, gap, grid).filter(|_| groups.iter().any(|g| g.is_deprived));
    let Some((threshold, margin)) = best else {
        return Ok(points.iter().map(plain).collect::<Vec<Cut>>().into());
    };
    let cut = |own: &Points| match plain(own) {
        Cut::At { .. } => {
            let is_deprived = selected(own) / own.total() < rate;
            Cut::at(edge(is_deprived, threshold, margin))
        }
        unseen => unseen,
    };
    Ok(Decided {
        cuts: points.iter().map(cut).collect(),
        notes: vec![format!("threshold {threshold:.2}, margin {margin:.4}")],
        ..Decided::default()
    })
}

/// Threshold and margin: of those within the bound the most accurate, else those of the smallest gap.
fn best(groups: &[Group], gap: Gap, grid: Grid) -> Option<(f64, f64)> {
    let mut best: Option<(Worth, (f64, f64))> = None;
    for threshold in 0..grid.0 {
        let threshold = 0.01 + 0.98 * threshold as f64 / (grid.0 - 1) as f64;
        let most = threshold.min(1.0 - threshold);
        for margin in 0..grid.1 {
            let at = (threshold, most * margin as f64 / (grid.1 - 1) as f64);
            let Some((gap, balanced)) = judged(groups, at, gap) else {
                continue;
            };
            let worth = if gap <= BOUND {
                (true, balanced, 0.0)
            } else {
                (false, -gap, balanced)
            };
            if best.as_ref().is_none_or(|(own, _)| worth > *own) {
                best = Some((worth, at));
            }
        }
    }
    best.map(|(_, at)| at)
}

fn plain(own: &Points) -> Cut {
    if own.total() > 0.0 {
        Cut::PLAIN
    } else {
        Cut::Unseen {}
    }
}

/// Threshold and margin where it is said which groups are deprived, as AIF360 asks for.
#[cfg(test)]
pub fn said(
    training: &Training,
    scores: &[f64],
    deprived: &[bool],
    (gap, grid): (Gap, Grid),
) -> Option<(f64, f64)> {
    let points = hull::points(training, scores);
    let groups = points.iter().zip(deprived);
    let groups = groups.map(|(points, &is_deprived)| Group {
        points,
        is_deprived,
    });
    best(&groups.collect::<Vec<Group>>(), gap, grid)
}
