//! Calibrated equalized odds (Pleiss et al. 2017, arXiv:1709.02012, algorithm 1).
//!
//! In: training rows and their scores. Out: for each group the chance that its score is withheld,
//! and the row gets the group's share of positives: so the groups that fare better fare as badly as
//! the one that fares worst, and scores that were calibrated stay so.

use super::{Curve, Cut, Decided, Mitigation, Stage, Training};
use crate::error::Result;

const SOURCE: &str = "Pleiss et al. 2017, arXiv:1709.02012";

/// Equal generalized false negative rates.
pub const FALSE_NEGATIVES: Mitigation = Mitigation {
    name: "withheld_false_negatives",
    about: "calibrated equalized odds: scores withheld by chance, equal false negative rates",
    source: SOURCE,
    stage: Stage::Post(|training, scores| decided(training, scores, Cost::FalseNegatives)),
    is_usual: false,
};

/// Equal generalized false positive rates.
pub const FALSE_POSITIVES: Mitigation = Mitigation {
    name: "withheld_false_positives",
    about: "calibrated equalized odds: scores withheld by chance, equal false positive rates",
    source: SOURCE,
    stage: Stage::Post(|training, scores| decided(training, scores, Cost::FalsePositives)),
    is_usual: false,
};

/// Equal shares of what is wrong.
pub const WEIGHTED: Mitigation = Mitigation {
    name: "withheld_errors",
    about: "calibrated equalized odds: scores withheld by chance, equal mean errors of scores",
    source: SOURCE,
    stage: Stage::Post(|training, scores| decided(training, scores, Cost::Both)),
    is_usual: false,
};

/// What is to be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cost {
    FalseNegatives,
    FalsePositives,
    Both,
}

/// Sums of one group: by label the weight, and the weighted scores.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    weights: [f64; 2],
    scores: [f64; 2],
}

impl Sums {
    fn total(&self) -> f64 {
        self.weights[0] + self.weights[1]
    }

    fn rate(&self) -> f64 {
        self.weights[1] / self.total()
    }

    /// The cost of its scores; none where it is undefined.
    fn cost(&self, cost: Cost) -> Option<f64> {
        let positive = self.scores[0];
        let negative = self.weights[1] - self.scores[1];
        self.of(cost, positive, negative)
    }

    /// The cost where everyone gets the share of positives.
    fn trivial(&self, cost: Cost) -> Option<f64> {
        let rate = self.rate();
        self.of(cost, rate * self.weights[0], (1.0 - rate) * self.weights[1])
    }

    fn of(&self, cost: Cost, positive: f64, negative: f64) -> Option<f64> {
        let value = match cost {
            Cost::FalsePositives => positive / self.weights[0],
            Cost::FalseNegatives => negative / self.weights[1],
            Cost::Both => (positive + negative) / self.total(),
        };
        value.is_finite().then_some(value)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn decided(training: &Training, scores: &[f64], cost: Cost) -> Result<Decided> {
    let mut sums = vec![Sums::default(); training.count];
    for (row, &group) in training.groups.iter().enumerate() {
        let (w, y) = (training.weights[row], usize::from(training.y[row]));
        sums[group as usize].weights[y] += w;
        sums[group as usize].scores[y] += w * scores[row];
    }
    let costs = sums.iter().filter_map(|own| own.cost(cost));
    let worst = costs.fold(0.0, f64::max);
    let mut short = 0;
    let mut curve = |own: &Sums| {
        let (Some(now), Some(trivial)) = (own.cost(cost), own.trivial(cost)) else {
            return Curve::Same {};
        };
        let chance = (worst - now) / (trivial - now);
        if worst - now <= 1e-12 || own.total() <= 0.0 {
            return Curve::Same {};
        }
        // Withholding all does not do, or does the opposite: then as much as helps.
        if !(0.0..=1.0).contains(&chance) {
            short += 1;
        }
        let chance = if chance < 0.0 { 0.0 } else { chance.min(1.0) };
        let rate = own.rate();
        Curve::Withheld { chance, rate }
    };
    let curves: Vec<Curve> = sums.iter().map(&mut curve).collect();
    let cut = |own: &Sums| {
        if own.total() > 0.0 {
            Cut::PLAIN
        } else {
            Cut::Unseen {}
        }
    };
    let notes = if short == 0 {
        Vec::new()
    } else {
        vec![format!(
            "in {short} of the groups not even withholding every score makes them as badly off as \
             the worst"
        )]
    };
    Ok(Decided {
        cuts: sums.iter().map(cut).collect(),
        curves,
        notes,
    })
}
