//! Reductions (Agarwal et al. 2018, arXiv:1803.02453): fairness by fitting a learner to weights and
//! labels that make it pay for gaps.
//!
//! In: training rows and any weighted learner. Out: for exponentiated gradient (algorithm 1) models
//! one of which is drawn for each row: their rates differ from those of all rows by [`SLACK`] at
//! most, on the training rows, as far as the learner can; the best mixture of the models found is a
//! linear program, so that few are needed. For grid search the model of least error plus gap.

use super::cells::{Cells, Equal};
use super::simplex::{self, Mixed};
use super::{Counted, Cut, Made, Mitigation, Stage, Training};
use crate::error::{Error, Result, Unfit};
use crate::fit::curve::{Curve, Objective, Step};
use crate::fit::{self, Fitted, Looked, Model, Saved, mixture::Mixture};

/// By how much a rate may differ from that of all rows.
pub const SLACK: f64 = 0.01;
/// What it costs to break a bound by 1, at most.
const PRICE: f64 = 1.0 / SLACK;
/// Rounds at most.
const ROUNDS: usize = 50;
/// Rounds that find nothing new, in a row, at most.
const IDLE: usize = 3;
/// How far from the optimum is near enough.
const GAP: f64 = 1e-3;
/// Models of the grid at least, but for those of no constraint.
const GRID: usize = 60;
/// Steps from no price to the largest are a multiple of this: grids of 10 and of 20 models, as
/// fairlearn makes them for two groups, are part of this one.
const STEPS: usize = 3;
/// The largest price of the grid.
const LIMIT: f64 = 2.0;

/// Exponentiated gradient, equal selection rates.
pub const GRADIENT_PARITY: Mitigation = Mitigation {
    name: "gradient_parity",
    about: "exponentiated gradient: models drawn by chance, equal selection rates",
    source: "Agarwal et al. 2018, arXiv:1803.02453",
    stage: Stage::In(|training, model| gradient(training, model, Equal::Parity)),
    is_usual: false,
};

/// Exponentiated gradient, equal true and false positive rates.
pub const GRADIENT_ODDS: Mitigation = Mitigation {
    name: "gradient_odds",
    about: "exponentiated gradient: models drawn by chance, equalized odds",
    source: "Agarwal et al. 2018, arXiv:1803.02453",
    stage: Stage::In(|training, model| gradient(training, model, Equal::Odds)),
    is_usual: false,
};

/// Grid search, equal selection rates.
pub const GRID_PARITY: Mitigation = Mitigation {
    name: "grid_parity",
    about: "grid search: of many models that of least error + gap of selection rates",
    source: "Agarwal et al. 2018, arXiv:1803.02453, section 3.4",
    stage: Stage::In(|training, model| grid(training, model, Equal::Parity)),
    is_usual: false,
};

/// Grid search, equal true and false positive rates.
pub const GRID_ODDS: Mitigation = Mitigation {
    name: "grid_odds",
    about: "grid search: of many models that of least error + gap of odds",
    source: "Agarwal et al. 2018, arXiv:1803.02453, section 3.4",
    stage: Stage::In(|training, model| grid(training, model, Equal::Odds)),
    is_usual: false,
};

/// A model that was fitted, and how it decides.
struct Rule {
    fitted: Fitted,
    decisions: Vec<bool>,
    error: f64,
    /// Each cell's rate less that of its family.
    gaps: Vec<f64>,
}

/// What rules are made of.
struct Reduction<'a, 'b> {
    training: &'a Training<'b>,
    model: &'a Model,
    /// Its features, looked at once for all fits.
    looked: Looked<'a>,
    cells: Cells,
    total: f64,
    /// Whether a learner's weights sum to those of the rows, so that a ridge means the same at any
    /// price: fairlearn does so for exponentiated gradient, and not for grid search.
    is_scaled: bool,
}

impl Rule {
    /// Above and below: by how much each bound is broken.
    fn excess(&self) -> Vec<f64> {
        let above = self.gaps.iter().map(|gap| gap - SLACK);
        let below = self.gaps.iter().map(|gap| -gap - SLACK);
        above.chain(below).collect()
    }

    /// What it costs, where every gap has a price.
    fn cost(&self, prices: &[f64]) -> f64 {
        let pairs = self.gaps.iter().zip(prices);
        self.error + pairs.map(|(gap, price)| gap * price).sum::<f64>()
    }

    /// What is least for the model of a grid that is chosen: error and gap weigh the same, as in
    /// fairlearn's `tradeoff_optimization`.
    fn tradeoff(&self) -> f64 {
        0.5 * self.error + 0.5 * self.worst()
    }

    /// How far a rate is from that of all rows.
    fn worst(&self) -> f64 {
        self.gaps.iter().fold(0.0, |most, gap| most.max(gap.abs()))
    }
}

impl Reduction<'_, '_> {
    /// The rule that a learner finds where every gap has a price.
    fn rule(&self, prices: &[f64]) -> Result<Rule> {
        let training = self.training;
        let on_means = self.cells.uncentered(prices);
        let costs = (0..training.y.len()).map(|row| {
            let cell = self.cells.of[row] as usize;
            let error = if training.y[row] { -1.0 } else { 1.0 };
            training.weights[row] * (error + on_means[cell] * self.total / self.cells.sums[cell])
        });
        let costs: Vec<f64> = costs.collect();
        let y: Vec<bool> = costs.iter().map(|cost| *cost < 0.0).collect();
        let scale = if self.is_scaled {
            self.total / costs.iter().map(|cost| cost.abs()).sum::<f64>()
        } else {
            1.0
        };
        let weights = costs.iter().map(|cost| cost.abs() * scale);
        let weights: Vec<f64> = weights.collect();
        let asked = (&y[..], &weights[..], training.seed);
        let fitted = match fit::fit_again(self.model, &self.looked, asked, training.names) {
            // Whatever the row, the same is best.
            Err(Error::Unfit(Unfit::OneClass)) => {
                let is_positive = y.iter().zip(&weights).any(|(y, w)| *y && *w > 0.0);
                let score = f64::from(u8::from(is_positive));
                let scorer = Saved::Constant { score }.scorer();
                Fitted {
                    scorer,
                    notes: Vec::new(),
                    curve: None,
                }
            }
            other => other?,
        };
        Ok(self.judged(fitted))
    }

    fn judged(&self, fitted: Fitted) -> Rule {
        let scores = fitted.scorer.score_looked(&self.looked);
        let decisions: Vec<bool> = scores.iter().map(|s| *s >= 0.5).collect();
        let training = self.training;
        let rows = decisions.iter().zip(training.y).zip(training.weights);
        let wrong = rows.filter(|((decision, y), _)| decision != y);
        let error = wrong.map(|(_, w)| w).sum::<f64>() / self.total;
        let rate = |row: usize| f64::from(u8::from(decisions[row]));
        let gaps = self
            .cells
            .centered(&self.cells.means(training.weights, rate));
        Rule {
            fitted,
            decisions,
            error,
            gaps,
        }
    }
}

fn solved<T>(
    training: &Training,
    model: &Model,
    (equal, is_scaled): (Equal, bool),
    solve: impl FnOnce(&Reduction) -> Result<T>,
) -> Result<T> {
    let counted = Counted::new(training);
    let training = counted.training(training);
    solve(&Reduction {
        cells: Cells::new(&training, equal),
        looked: Looked::new(training.x)?,
        total: training.weights.iter().sum(),
        training: &training,
        model,
        is_scaled,
    })
}

/// Prices of gaps: of those above less of those below.
fn signed(prices: &[f64]) -> Vec<f64> {
    let (above, below) = prices.split_at(prices.len() / 2);
    above.iter().zip(below).map(|(a, b)| a - b).collect()
}

/// The best mixture of rules, and how far it is from the optimum at most, as far as the learner
/// finds what is best for some prices.
fn mixed(rules: &[Rule]) -> (Mixed, f64) {
    let costs: Vec<f64> = rules.iter().map(|rule| rule.error).collect();
    let excess: Vec<Vec<f64>> = rules.iter().map(Rule::excess).collect();
    let mixed = simplex::mix(&costs, &excess, PRICE);
    let bounds = 0..excess.first().map_or(0, Vec::len);
    let broken = bounds.map(|bound| {
        let pairs = mixed.chances.iter().zip(&excess);
        pairs.map(|(chance, own)| chance * own[bound]).sum::<f64>()
    });
    let error: f64 = mixed.chances.iter().zip(&costs).map(|(q, e)| q * e).sum();
    let high = error + PRICE * broken.fold(0.0, f64::max);
    (mixed, high)
}

fn gradient(training: &Training, model: &Model, equal: Equal) -> Result<Made> {
    solved(training, model, (equal, true), |own| {
        let count = own.cells.count();
        let mut rules = vec![own.rule(&vec![0.0; count])?];
        let mut exponents = vec![0.0; 2 * count];
        let (mut idle, mut rounds) = (0, 1);
        let mut curve = Curve::of_losses(Objective::Error, &[]);
        while rounds < ROUNDS && idle < IDLE {
            let (mix, high) = mixed(&rules);
            curve.steps.push(step(&rules, &mix));
            let spare = SLACK * mix.prices.iter().sum::<f64>();
            let prices = signed(&mix.prices);
            let mut is_new = false;
            let rule = own.rule(&prices)?;
            let low = rules.iter().map(|rule| rule.cost(&prices));
            let low = low.fold(rule.cost(&prices), f64::min) - spare;
            is_new |= added(&mut rules, rule);
            if let Some(here) = curve.steps.last_mut() {
                here.gap = Some((high - low).max(0.0));
            }
            if high - low <= GAP {
                break;
            }
            // The step of the paper too: the learner may not find what is best for prices of a mix.
            let total: f64 = 1.0 + exponents.iter().map(|e: &f64| e.exp()).sum::<f64>();
            let prices: Vec<f64> = exponents.iter().map(|e| PRICE * e.exp() / total).collect();
            let prices = signed(&prices);
            let excess = if prices.iter().all(|price| *price == 0.0) {
                // As in the first round: that is the rule of no price.
                rules[0].excess()
            } else {
                let rule = own.rule(&prices)?;
                let excess = rule.excess();
                is_new |= added(&mut rules, rule);
                excess
            };
            for (exponent, excess) in exponents.iter_mut().zip(excess) {
                *exponent = (*exponent + 2.0 / PRICE * PRICE * excess).clamp(-50.0, 50.0);
            }
            idle = if is_new { 0 } else { idle + 1 };
            rounds += 1;
        }
        let (mix, _) = mixed(&rules);
        curve.steps.push(step(&rules, &mix));
        Ok(drawn(rules, &mix, (rounds, curve)))
    })
}

/// What a mixture comes to: its error, and how far a rate is from that of all rows.
fn step(rules: &[Rule], mix: &Mixed) -> Step {
    let pairs = || rules.iter().zip(&mix.chances);
    let cells = 0..rules.first().map_or(0, |rule| rule.gaps.len());
    let gaps = cells.map(|cell| pairs().map(|(rule, q)| q * rule.gaps[cell]).sum::<f64>());
    Step {
        loss: pairs().map(|(rule, q)| q * rule.error).sum(),
        violation: Some(gaps.fold(0.0, |most, gap| most.max(gap.abs()))),
        ..Step::default()
    }
}

/// Adds a rule that decides as no other does.
fn added(rules: &mut Vec<Rule>, rule: Rule) -> bool {
    let is_new = rules.iter().all(|own| own.decisions != rule.decisions);
    if is_new {
        rules.push(rule);
    }
    is_new
}

/// The mixture as a model.
fn drawn(rules: Vec<Rule>, mix: &Mixed, (rounds, curve): (usize, Curve)) -> Made {
    let worst = step(&rules, mix).violation.unwrap_or_default();
    let found = rules.len();
    let mut parts = Vec::new();
    let mut notes = Vec::new();
    for (rule, &chance) in rules.into_iter().zip(&mix.chances) {
        if chance > 0.0 {
            notes.extend(rule.fitted.notes);
            parts.push((chance, rule.fitted.scorer));
        }
    }
    notes.sort();
    notes.dedup();
    notes.push(format!(
        "one of {} models is drawn for each row, of {found} that {rounds} rounds found; rates differ \
         from those of all by {worst:.3} at most on the training rows",
        parts.len()
    ));
    let scorer = Box::new(Mixture(parts));
    let cut = Cut::Drawn {};
    Made {
        fitted: Fitted {
            scorer,
            notes,
            curve: Some(curve),
        },
        cut,
    }
}

/// Prices on a lattice: all whole vectors whose parts sum to no more than the least number that
/// makes enough of them.
fn lattice(dimensions: usize) -> Vec<Vec<f64>> {
    for radius in (STEPS as i32..).step_by(STEPS) {
        let mut list: Vec<Vec<i32>> = vec![Vec::new()];
        for _ in 0..dimensions {
            let longer = list.into_iter().flat_map(|own| {
                let left = radius - own.iter().map(|x| x.abs()).sum::<i32>();
                (-left..=left).map(move |x| own.iter().copied().chain([x]).collect())
            });
            list = longer.collect();
        }
        if list.len() > GRID || dimensions == 0 {
            let scale = LIMIT / f64::from(radius);
            let scaled = list.into_iter();
            return scaled
                .map(|own| own.iter().map(|x| f64::from(*x) * scale).collect())
                .collect();
        }
    }
    Vec::new()
}

/// The cells whose gaps have a price: of each family all but the smallest, the gap of which follows
/// from the others. Prices of the larger ones suffice to overturn every decision on the smallest.
fn priced(cells: &Cells) -> Vec<usize> {
    let mut smallest = vec![None::<usize>; cells.totals.len()];
    for (cell, &family) in cells.families.iter().enumerate() {
        let least = &mut smallest[family as usize];
        if least.is_none_or(|own| cells.sums[cell] <= cells.sums[own]) {
            *least = Some(cell);
        }
    }
    let is_priced = |cell: &usize| smallest[cells.families[*cell] as usize] != Some(*cell);
    (0..cells.count()).filter(is_priced).collect()
}

fn grid(training: &Training, model: &Model, equal: Equal) -> Result<Made> {
    solved(training, model, (equal, false), |own| {
        let priced = priced(&own.cells);
        let mut best: Option<Rule> = None;
        let lattice = lattice(priced.len());
        for point in &lattice {
            let mut prices = vec![0.0; own.cells.count()];
            for (&cell, price) in priced.iter().zip(point) {
                prices[cell] = *price;
            }
            let rule = own.rule(&prices)?;
            if best
                .as_ref()
                .is_none_or(|own| rule.tradeoff() < own.tradeoff())
            {
                best = Some(rule);
            }
        }
        let mut best = best.ok_or(Unfit::OneClass)?;
        best.fitted.notes.push(format!(
            "of {} models that of least error + gap: rates differ from those of all by {:.3} at most \
             on the training rows",
            lattice.len(),
            best.worst()
        ));
        let (fitted, cut) = (best.fitted, Cut::PLAIN);
        Ok(Made { fitted, cut })
    })
}
