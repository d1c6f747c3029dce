//! Fair training: `min L s.t. C = 0` on the logistic model, by the augmented Lagrangian (Hestenes
//! 1969, doi:10.1007/BF00927673; Nocedal and Wright 2006, section 17.3) with Newton inside.
//!
//! In: training rows. Out: coefficients of the least loss under which groups have the same mean of
//! what [`Equal`] says, on the training rows and for scores, not decisions. Groups are needed for
//! training alone. What is left of the constraint and the duality gap are said.

use std::cmp::Ordering;

use ndarray::{Array1, Array2};

use super::boxes::Points;
use super::cells::{Cells, Equal};
use super::means::{Problem, Say};
use super::nearest::nearest;
use super::{Counted, Cut, Made, Mitigation, Stage, Training};
use crate::error::{Result, Unfit};
use crate::fit::curve::{Curve, Objective, Step};
use crate::fit::logistic::{self, Logistic};
use crate::fit::{self, Fitted, Learner, Model, Sample};
use crate::stats::random::Streams;

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
/// First penalties on the way from coefficients that meet the constraint.
const AGAIN: [f64; 3] = [1e2, 1e4, 1e6];
/// Coefficients that a search starts from, beside those that are known.
const STARTS: usize = 6;
/// The stream of their numbers.
const SEARCH: u64 = 2;
/// Slopes below which a score is the same for everyone.
const CONSTANT: f64 = 1e-6;
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
    let linear = cells.linear();
    let curve = linear.t().dot(&linear) * penalty;
    (value, Array1::from(cells.uncentered(&weights)), curve)
}

/// Where the augmented Lagrangian came to.
struct Reached {
    beta: Array1<f64>,
    multipliers: Vec<f64>,
    violation: f64,
    rounds: usize,
    steps: usize,
    curve: Curve,
}

/// From coefficients to those of the least loss nearby under the constraint; a larger first penalty stays
/// nearer.
fn descend(problem: &Problem, start: &Array1<f64>, first: f64, taken: usize) -> Reached {
    let cells = problem.cells;
    let mut multipliers = vec![0.0; cells.count()];
    let (mut beta, mut steps) = (start.clone(), taken);
    let mut penalty = first;
    let mut violation = cells.violation(&problem.means(&beta));
    let (mut rounds, mut idle) = (0, 0);
    let mut curve = Curve::of_losses(Objective::LogLoss, &[problem.loss(&beta)]);
    curve.steps[0].violation = Some(violation);
    let mut is_open = violation > TOLERANCE || first > PENALTY.0;
    while is_open && rounds < ROUNDS && idle < IDLE && steps < STEPS + taken {
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
        is_open = violation > TOLERANCE;
    }
    Reached {
        beta,
        multipliers,
        violation,
        rounds,
        steps,
        curve,
    }
}

impl Learner for Constrained {
    fn fit(&self, sample: &Sample) -> Result<Fitted> {
        let cells = &self.cells;
        let problem = Problem::new(*sample, cells, RIDGE);
        let plain = |means: &[f64]| lagrangian(cells, &vec![0.0; means.len()], 0.0, means);
        let zeros = Array1::zeros(sample.x.ncols() + 1);
        let (start, steps) = problem.minimize(&zeros, &plain);
        let mut reached = descend(&problem, &start, PENALTY.0, steps);
        if reached.violation > MOST {
            reached = self.again(&problem, &start, &reached)?;
        }
        let Reached {
            beta,
            multipliers,
            violation,
            rounds,
            steps,
            mut curve,
        } = reached;
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
        let mut notes = vec![format!(
            "{} of groups differ by {violation:.1e} at most on the training rows; duality gap \
             {gap:.1e}; {rounds} rounds, {steps} Newton steps",
            self.equal.said()
        )];
        if model
            .coefficients
            .iter()
            .all(|slope| slope.abs() < CONSTANT)
        {
            let note = "no score was found to meet it but the same one for everyone";
            notes.push(note.to_owned());
        }
        Ok(Fitted {
            scorer: Box::new(model),
            notes,
            curve: Some(curve),
        })
    }
}

impl Constrained {
    /// Where the way from the plain model ends in the means as near as they come nearby: from
    /// coefficients that meet the constraint, kept near them by ever larger penalties.
    fn again(&self, problem: &Problem, plain: &Array1<f64>, ended: &Reached) -> Result<Reached> {
        let model = "fair training";
        if let Some((needed, most)) = self.proof(&problem.sample) {
            return Err(Unfit::Unmeetable {
                model,
                needed,
                most,
            }
            .into());
        }
        let (met, violation) = self.met(problem, [plain, &ended.beta]);
        if violation > MOST {
            let least = violation.min(ended.violation);
            return Err(self.unmet(&problem.sample, model, least).into());
        }
        let mut steps = ended.steps;
        for penalty in AGAIN {
            let reached = descend(problem, &met, penalty, steps);
            if reached.violation <= MOST {
                return Ok(reached);
            }
            steps = reached.steps;
        }
        // They themselves: no multipliers are known that hold them.
        let mut curve = Curve::of_losses(Objective::LogLoss, &[problem.loss(&met)]);
        curve.steps[0].violation = Some(violation);
        Ok(Reached {
            beta: met,
            multipliers: vec![0.0; self.cells.count()],
            violation,
            rounds: ended.rounds,
            steps,
            curve,
        })
    }

    /// Coefficients that meet the constraint, or come as near as is found, and how near: of mean scores
    /// the score of everyone, of fair losses one half; of just losses by search.
    fn met(&self, problem: &Problem, starts: [&Array1<f64>; 2]) -> (Array1<f64>, f64) {
        let sample = &problem.sample;
        let width = sample.x.ncols();
        let mut constant = Array1::zeros(width + 1);
        if matches!(self.equal, Equal::Parity | Equal::Odds) {
            let rows = sample.y.iter().zip(sample.weights);
            let positive: f64 = rows.filter(|(y, _)| **y).map(|(_, w)| w).sum();
            constant[width] = (positive / (problem.total - positive)).ln();
        }
        if self.equal != Equal::JustLoss {
            let violation = self.cells.violation(&problem.means(&constant));
            return (constant, violation);
        }
        let mut stream = Streams::new(sample.seed).stream(SEARCH);
        let random = (0..STARTS).map(|at| {
            let scale = [0.5, 2.0, 8.0][at % 3];
            (0..=width).map(|_| scale * stream.normal()).collect()
        });
        let all: Vec<Array1<f64>> = starts
            .into_iter()
            .cloned()
            .chain([constant])
            .chain(random)
            .collect();
        nearest(problem, &all, TOLERANCE)
    }

    /// That no coefficients meet it, or none were found.
    fn unmet(&self, sample: &Sample, model: &'static str, violation: f64) -> Unfit {
        let shares = self.shares(sample);
        let (width, count) = (sample.x.ncols(), self.cells.count());
        let points = Points {
            x: Array2::from_shape_fn((shares.len(), width + 1), |(at, column)| {
                if column < width {
                    sample.x[[shares[at].0, column]]
                } else {
                    1.0
                }
            }),
            shares: Array2::from_shape_fn((shares.len(), count), |(at, cell)| shares[at].1[cell]),
            wanted: self.cells.offsets.iter().map(|offset| -offset).collect(),
        };
        match points.proof(MOST) {
            Some(boxes) => Unfit::RuledOut {
                model,
                most: MOST,
                boxes,
                violation,
            },
            None => Unfit::Unmet { model, violation },
        }
    }

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
            let apart = shares.iter().map(|(_, own)| (own[a] - own[b]).abs());
            (needed, 0.5 * apart.sum::<f64>())
        });
        let short = |pair: &(f64, f64)| pair.0 - pair.1;
        let most = each.max_by(|a, b| short(a).total_cmp(&short(b)));
        most.filter(|pair| short(pair) > TOLERANCE)
    }

    /// Of rows that are alike in every feature one of them, and their share of each cell.
    fn shares(&self, sample: &Sample) -> Vec<(usize, Vec<f64>)> {
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
                (rows[0], shares)
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
