//! Fair training: `min L s.t. C = 0` on the logistic model, by the augmented Lagrangian (Hestenes
//! 1969, doi:10.1007/BF00927673; Nocedal and Wright 2006, section 17.3) with Newton inside.
//!
//! In: training rows. Out: coefficients of the least loss under which groups have the same mean of
//! what [`Equal`] says, on the training rows and for scores, not decisions. Groups are needed for
//! training alone. What is left of the constraint and the duality gap are said.

use std::cmp::Ordering;

use ndarray::{Array1, Array2};

use super::cells::{Cells, Equal};
use super::means::{Problem, Say};
use super::{Counted, Cut, Made, Mitigation, Stage, Training};
use crate::error::{Result, Unfit};
use crate::fit::curve::{Curve, Objective, Step};
use crate::fit::logistic::{self, Logistic};
use crate::fit::{self, Fitted, Learner, Model, Sample};

/// How far means may lie apart in the end.
const TOLERANCE: f64 = 1e-8;
/// Beyond this the constraint is not met.
const MOST: f64 = 1e-3;
/// Updates of the multipliers at most.
const ROUNDS: usize = 30;
/// Rounds at the largest penalty that change next to nothing, in a row, at most.
const IDLE: usize = 3;
/// Newton steps at most.
const STEPS: usize = 1_000;
/// The first weight of a squared constraint, and the largest.
const PENALTY: (f64, f64) = (10.0, 1e7);
/// The ridge, as of the plain model.
pub const RIDGE: f64 = 1.0;

/// Equal mean scores.
pub const PARITY: Mitigation = mitigation(
    "constrained_parity",
    "least loss with equal mean scores (demographic parity)",
    |training, model| made(training, model, Equal::Parity),
    true,
);

/// Equal mean scores by label.
pub const ODDS: Mitigation = mitigation(
    "constrained_odds",
    "least loss with equal mean scores by label (equalized odds)",
    |training, model| made(training, model, Equal::Odds),
    true,
);

/// Equal mean just losses.
pub const JUST_LOSS: Mitigation = mitigation(
    "constrained_just_loss",
    "least loss with equal mean just losses ŷ − y",
    |training, model| made(training, model, Equal::JustLoss),
    false,
);

/// Equal mean fair losses.
pub const FAIR_LOSS: Mitigation = mitigation(
    "constrained_fair_loss",
    "least loss with equal mean fair losses |ŷ − y|",
    |training, model| made(training, model, Equal::FairLoss),
    false,
);

const fn mitigation(
    name: &'static str,
    about: &'static str,
    solve: fn(&Training, &Model) -> Result<Made>,
    is_usual: bool,
) -> Mitigation {
    Mitigation {
        name,
        about,
        source: "Zafar et al. 2017, arXiv:1507.05259; Hestenes 1969, doi:10.1007/BF00927673",
        stage: Stage::In(solve),
        is_usual,
    }
}

/// What is equal under a remedy that is fair training.
pub fn equal(remedy: &Mitigation) -> Option<Equal> {
    let all = [
        (&PARITY, Equal::Parity),
        (&ODDS, Equal::Odds),
        (&JUST_LOSS, Equal::JustLoss),
        (&FAIR_LOSS, Equal::FairLoss),
    ];
    let found = all.into_iter().find(|(own, _)| own.name == remedy.name);
    found.map(|(_, equal)| equal)
}

/// How far means of groups lie apart at most where rows have these scores.
pub fn apart(rows: &Training, equal: Equal, scores: &[f64]) -> f64 {
    let cells = Cells::new(rows, equal);
    cells.violation(&cells.means(rows.weights, |row| scores[row]))
}

/// The learner of a constraint; its cells are those of the rows that it is given.
struct Constrained {
    cells: Cells,
    equal: Equal,
}

fn made(training: &Training, model: &Model, equal: Equal) -> Result<Made> {
    let counted = Counted::new(training);
    let training = counted.training(training);
    let cells = Cells::new(&training, equal);
    by(&training, model, &Constrained { cells, equal })
}

/// Fits logistic regression by another learner than its own.
pub fn by(training: &Training, model: &Model, learner: &dyn Learner) -> Result<Made> {
    let sample = Sample {
        x: training.x,
        y: training.y,
        weights: training.weights,
        seed: training.seed,
    };
    let mut fitted = fit::fit_by(learner, &sample, training.names)?;
    if model.name != logistic::MODEL.name {
        let note = format!(
            "logistic regression, not {}: it needs gradients",
            model.name
        );
        fitted.notes.push(note);
    }
    let cut = Cut::PLAIN;
    Ok(Made { fitted, cut })
}

/// λ · C + ρ/2 · |C|², by the means.
fn lagrangian(cells: &Cells, multipliers: &[f64], penalty: f64, means: &[f64]) -> Say {
    let centered = cells.centered(means);
    let pairs = || centered.iter().zip(multipliers);
    let value = pairs()
        .map(|(c, l)| l * c + 0.5 * penalty * c * c)
        .sum::<f64>();
    let weights: Vec<f64> = pairs().map(|(c, l)| l + penalty * c).collect();
    let count = cells.count();
    // C is linear in the means: column by column.
    let mut linear = Array2::<f64>::zeros((count, count));
    for cell in 0..count {
        let mut unit = vec![0.0; count];
        unit[cell] = 1.0;
        linear
            .column_mut(cell)
            .assign(&Array1::from(cells.centered(&unit)));
    }
    let curve = linear.t().dot(&linear) * penalty;
    (value, Array1::from(cells.uncentered(&weights)), curve)
}

impl Learner for Constrained {
    fn fit(&self, sample: &Sample) -> Result<Fitted> {
        let cells = &self.cells;
        let problem = Problem::new(*sample, cells, RIDGE);
        let mut multipliers = vec![0.0; cells.count()];
        let plain = |means: &[f64]| lagrangian(cells, &vec![0.0; means.len()], 0.0, means);
        let zeros = Array1::zeros(sample.x.ncols() + 1);
        let (start, mut steps) = problem.minimize(&zeros, &plain);
        let mut beta = start.clone();
        let mut penalty = PENALTY.0;
        let mut violation = cells.violation(&problem.means(&beta));
        let (mut rounds, mut idle) = (0, 0);
        let mut curve = Curve::of_losses(Objective::LogLoss, &[problem.loss(&beta)]);
        curve.steps[0].violation = Some(violation);
        while violation > TOLERANCE && rounds < ROUNDS && idle < IDLE && steps < STEPS {
            let say = |means: &[f64]| lagrangian(cells, &multipliers, penalty, means);
            let (next, taken) = problem.minimize(&beta, &say);
            let means = problem.means(&next);
            let left = cells.violation(&means);
            curve.steps.push(Step {
                loss: problem.loss(&next),
                violation: Some(left),
                penalty: Some(penalty),
                gap: None,
            });
            for (multiplier, c) in multipliers.iter_mut().zip(cells.centered(&means)) {
                *multiplier += penalty * c;
            }
            let is_idle = left > 0.9 * violation && penalty >= PENALTY.1;
            idle = if is_idle { idle + 1 } else { 0 };
            if left > 0.1 * violation {
                penalty = (penalty * 4.0).min(PENALTY.1);
            }
            (beta, violation) = (next, left);
            rounds += 1;
            steps += taken;
        }
        if violation > MOST {
            let model = "fair training";
            if let Some((needed, most)) = self.proof(sample) {
                return Err(Unfit::Unmeetable {
                    model,
                    needed,
                    most,
                }
                .into());
            }
            return Err(Unfit::Unmet { model, violation }.into());
        }
        let gap = gap(&problem, &multipliers, [&beta, &start]);
        if let Some(last) = curve.steps.last_mut() {
            last.gap = Some(gap);
        }
        let width = sample.x.ncols();
        let model = Logistic {
            coefficients: beta.slice(ndarray::s![..width]).to_owned(),
            intercept: beta[width],
            steps,
            separates: false,
            losses: Vec::new(),
        };
        let note = format!(
            "{} of groups differ by {violation:.1e} at most on the training rows; duality gap \
             {gap:.1e}; {rounds} rounds, {steps} Newton steps",
            self.equal.said()
        );
        Ok(Fitted {
            scorer: Box::new(model),
            notes: vec![note],
            curve: Some(curve),
        })
    }
}

impl Constrained {
    /// Why no score of these features makes mean just losses equal, where that can be told: two
    /// groups whose labels lie further apart than the mean of any number from 0 to 1 that is a
    /// function of the features, which is the total variation between the groups' features (Levin,
    /// Peres and Wilmer 2009, isbn 978-0-8218-4739-8, proposition 4.5). How far apart labels are, and
    /// that distance. Of what else may be made equal a constant score is an example.
    fn proof(&self, sample: &Sample) -> Option<(f64, f64)> {
        if self.equal != Equal::JustLoss {
            return None;
        }
        let count = self.cells.count();
        let shares = self.shares(sample);
        let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
        let each = pairs.map(|(a, b)| {
            let needed = (self.cells.offsets[a] - self.cells.offsets[b]).abs();
            let apart = shares.iter().map(|own| (own[a] - own[b]).abs());
            (needed, 0.5 * apart.sum::<f64>())
        });
        let short = |pair: &(f64, f64)| pair.0 - pair.1;
        let most = each.max_by(|a, b| short(a).total_cmp(&short(b)));
        most.filter(|pair| short(pair) > TOLERANCE)
    }

    /// Of rows that are alike in every feature, their share of each cell.
    fn shares(&self, sample: &Sample) -> Vec<Vec<f64>> {
        let ordered = |a: usize, b: usize| {
            let pairs = sample.x.row(a).into_iter().zip(sample.x.row(b));
            let mut orders = pairs.map(|(a, b)| (a + 0.0).total_cmp(&(b + 0.0)));
            orders
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        };
        let mut rows: Vec<usize> = (0..sample.y.len()).collect();
        rows.sort_by(|&a, &b| ordered(a, b));
        let alike = rows.chunk_by(|&a, &b| ordered(a, b).is_eq());
        alike
            .map(|rows| {
                let mut shares = vec![0.0; self.cells.count()];
                for &row in rows {
                    let cell = self.cells.of[row] as usize;
                    shares[cell] += sample.weights[row] / self.cells.sums[cell];
                }
                shares
            })
            .collect()
    }
}

/// The loss less the least value of the Lagrangian that is found from two starts.
fn gap(problem: &Problem, multipliers: &[f64], starts: [&Array1<f64>; 2]) -> f64 {
    let say = |means: &[f64]| lagrangian(problem.cells, multipliers, 0.0, means);
    let least = starts.map(|start| {
        let (beta, _) = problem.minimize(start, &say);
        problem.loss(&beta) + say(&problem.means(&beta)).0
    });
    (problem.loss(starts[0]) - least[0].min(least[1])).max(0.0)
}
