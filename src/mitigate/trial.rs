//! Every remedy tried: fitted to all folds but one, scored on that one, fold after fold.
//!
//! In: features, labels, groups, weights and folds of all rows. Out: for each remedy a score and a
//! decision of every row, from a model that has not seen the row. A remedy that cannot be fitted is
//! left out, and said; the plain model must be.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::{Around, Cut, Decided, Made, Mitigation, Prepared, Stage, Training};
use crate::error::{Result, Unfit};
use crate::fit::encoder::Encoder;
use crate::fit::features::Feature;
use crate::fit::split::Folds;
use crate::fit::{self, Curve, Fitted, Model, Sample, Scorer};
use crate::stats::random::Streams;

/// The group of a row that is in none.
pub const NO_GROUP: u32 = u32::MAX;

/// All rows.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// What a model may see.
    pub features: &'a [Feature],
    /// The group of each row; [`NO_GROUP`] where it is left out.
    pub groups: &'a [u32],
    /// How many groups there are.
    pub count: usize,
    /// The label of each row, where there is one.
    pub y: &'a [Option<bool>],
    /// What each row counts for; 0 where it is left out.
    pub weights: &'a [f64],
    /// Which rows are held out when.
    pub folds: &'a Folds,
    /// The seed of what is drawn.
    pub seed: u64,
}

/// The rows that a model can be fitted to, picked out.
struct Picked {
    y: Vec<bool>,
    weights: Vec<f64>,
    groups: Vec<u32>,
    x: Array2<f64>,
    encoder: Encoder,
}

/// A remedy that was fitted.
#[derive(Clone)]
pub struct Solved {
    /// What makes scores.
    pub scorer: Arc<dyn Scorer>,
    /// What is done around it by group.
    pub around: Around,
    /// What makes decisions of them, by group.
    pub cuts: Vec<Cut>,
    /// What the training rows counted for, where a remedy changed it.
    pub weights: Option<Vec<f64>>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// How the scores were come by, where it was in steps.
    pub curve: Option<Curve>,
}

/// Scores and decisions of one remedy; none where a row is in no group.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// `NaN` where there is none.
    pub scores: Vec<f64>,
    /// By row.
    pub decisions: Vec<Option<bool>>,
    /// How the model of each fold was come by, where it was in steps.
    pub curves: Vec<Option<Curve>>,
    /// Why there is nothing.
    pub failed: Option<String>,
    /// What a reader should know, as of the last fold that was done.
    pub notes: Vec<String>,
}

/// What came of fitting every remedy to all folds but one, fold after fold.
#[derive(Debug, Clone, Default)]
pub struct Crossed {
    /// In the order of the remedies.
    pub outcomes: Vec<Outcome>,
    /// How many folds were done.
    pub done: usize,
    /// What is to be known of the matrix, as of the last fold that was done.
    pub notes: Vec<String>,
    /// Folds, from 0, and groups that have rows that are held out and none that are learnt from.
    pub unseen: Vec<(usize, Vec<u32>)>,
}

/// What came of fitting every remedy to all rows.
#[derive(Default)]
pub struct Whole {
    /// Makes the matrix.
    pub encoder: Encoder,
    /// In the order of the remedies.
    pub solved: Vec<Result<Solved>>,
    /// The rows that were fitted to.
    pub rows: Vec<u32>,
    /// Whether all were tried.
    pub is_done: bool,
}

impl Frame<'_> {
    /// The rows that can be learnt from: with group, label and weight.
    pub fn usable(&self) -> impl Iterator<Item = u32> {
        (0..self.y.len()).filter_map(|row| {
            let is_usable =
                self.groups[row] != NO_GROUP && self.y[row].is_some() && self.weights[row] > 0.0;
            is_usable.then_some(row as u32)
        })
    }

    fn picked(&self, rows: &[u32]) -> Result<Picked> {
        let encoder = Encoder::fit(self.features, rows, self.weights)?;
        let x = encoder.matrix(self.features, rows)?;
        let each = || rows.iter().map(|&row| row as usize);
        Ok(Picked {
            y: each().map(|row| self.y[row] == Some(true)).collect(),
            weights: each().map(|row| self.weights[row]).collect(),
            groups: each().map(|row| self.groups[row]).collect(),
            x,
            encoder,
        })
    }

    /// Refuses what nothing can be learnt from.
    pub fn check(&self, attribute: &str) -> Result<()> {
        let rows: Vec<u32> = self.usable().collect();
        let mut groups = vec![false; self.count];
        for &row in &rows {
            groups[self.groups[row as usize] as usize] = true;
        }
        let has_labels =
            |wanted: bool| rows.iter().any(|&row| self.y[row as usize] == Some(wanted));
        if !has_labels(false) || !has_labels(true) {
            return Err(Unfit::OneClass.into());
        }
        if groups.iter().filter(|has_rows| **has_rows).count() < 2 {
            let attribute = attribute.to_owned();
            return Err(Unfit::OneGroup { attribute }.into());
        }
        self.folds.check(&rows, self.y)
    }

    /// Every remedy on every fold; `step` is told before each fit, and says whether to go on. Of a fold
    /// that was not done to its end nothing is kept. A remedy acts on groups: it is left out where it
    /// could not learn about one, unless that is a single row, which is only said.
    pub fn cross(
        &self,
        model: &Model,
        remedies: &[&Mitigation],
        step: &dyn Fn(usize, &str) -> bool,
    ) -> Result<Crossed> {
        let rows = self.y.len();
        let blank = Outcome {
            scores: vec![f64::NAN; rows],
            decisions: vec![None; rows],
            ..Outcome::default()
        };
        let mut crossed = Crossed {
            outcomes: vec![blank; remedies.len()],
            ..Crossed::default()
        };
        let sizes = self.sizes();
        for fold in 0..self.folds.count() {
            let is_learnt = |row: &u32| self.folds.is_learnt(*row, fold);
            let training: Vec<u32> = self.usable().filter(is_learnt).collect();
            let held = self.held(fold);
            let unseen = self.unseen(&training, &held);
            let is_blind = unseen.iter().any(|&group| sizes[group as usize] > 1);
            let picked = self.picked(&training)?;
            let x = picked.encoder.matrix(self.features, &held)?;
            let training = picked.training(self);
            let plain = Plain::fit(&training, model)?;
            let mut notes: Vec<Vec<String>> = vec![Vec::new(); remedies.len()];
            for (at, remedy) in remedies.iter().enumerate() {
                if crossed.outcomes[at].failed.is_some() {
                    continue;
                }
                if !step(fold, remedy.name) {
                    self.forget(&mut crossed.outcomes, fold);
                    return Ok(crossed);
                }
                let outcome = &mut crossed.outcomes[at];
                if is_blind && !matches!(remedy.stage, Stage::None) {
                    outcome.failed = Some(Unfit::Unseen.to_string());
                    continue;
                }
                match plain.remedied(&training, model, remedy) {
                    Ok(solved) => {
                        self.fill(outcome, &solved, &held, x.view());
                        outcome.curves.push(solved.curve);
                        notes[at] = solved.notes;
                    }
                    Err(error) => outcome.failed = Some(error.to_string()),
                }
            }
            for (outcome, notes) in crossed.outcomes.iter_mut().zip(notes) {
                outcome.notes = notes;
            }
            crossed.done = fold + 1;
            crossed.notes = picked.encoder.notes;
            if !unseen.is_empty() {
                crossed.unseen.push((fold, unseen));
            }
        }
        Ok(crossed)
    }

    /// The rows of a fold that are in a group.
    fn held(&self, fold: usize) -> Vec<u32> {
        let is_held =
            |row: &u32| self.folds.is_held(*row, fold) && self.groups[*row as usize] != NO_GROUP;
        (0..self.y.len() as u32).filter(is_held).collect()
    }

    /// Rows of each group that count.
    fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count];
        for row in 0..self.y.len() {
            if self.groups[row] != NO_GROUP && self.weights[row] > 0.0 {
                sizes[self.groups[row] as usize] += 1;
            }
        }
        sizes
    }

    /// Groups of rows that count that have none to learn from.
    fn unseen(&self, training: &[u32], held: &[u32]) -> Vec<u32> {
        let mut is_unseen = vec![false; self.count];
        for &row in held.iter().filter(|&&row| self.weights[row as usize] > 0.0) {
            is_unseen[self.groups[row as usize] as usize] = true;
        }
        for &row in training {
            is_unseen[self.groups[row as usize] as usize] = false;
        }
        let groups = (0..).zip(is_unseen);
        groups
            .filter_map(|(group, is)| is.then_some(group))
            .collect()
    }

    /// Takes back what was made of a fold.
    fn forget(&self, outcomes: &mut [Outcome], fold: usize) {
        for outcome in &mut *outcomes {
            outcome.curves.truncate(fold);
        }
        let rows = 0..self.y.len() as u32;
        for row in rows.filter(|&row| self.folds.is_held(row, fold)) {
            for outcome in outcomes.iter_mut() {
                outcome.scores[row as usize] = f64::NAN;
                outcome.decisions[row as usize] = None;
            }
        }
    }

    fn fill(&self, outcome: &mut Outcome, solved: &Solved, rows: &[u32], x: ArrayView2<f64>) {
        let groups: Vec<u32> = rows.iter().map(|&row| self.groups[row as usize]).collect();
        let draw = |at: usize| draw(self.seed, u64::from(rows[at]));
        let scores = solved.around.scores(&*solved.scorer, x, &groups, &draw);
        for (at, (&row, score)) in rows.iter().zip(scores).enumerate() {
            let decision = solved.cuts[groups[at] as usize].decide(score, || draw(at));
            if decision.is_none() {
                outcome.failed = Some(Unfit::Unseen.to_string());
            }
            outcome.scores[row as usize] = score;
            outcome.decisions[row as usize] = decision;
        }
    }

    /// Every remedy fitted to all rows, as it would be used; `step` is told before each fit, and says
    /// whether to go on.
    pub fn whole(
        &self,
        model: &Model,
        remedies: &[&Mitigation],
        step: &dyn Fn(&str) -> bool,
    ) -> Result<Whole> {
        let rows: Vec<u32> = self.usable().collect();
        let picked = self.picked(&rows)?;
        let training = picked.training(self);
        let plain = Plain::fit(&training, model)?;
        let solved: Vec<Result<Solved>> = remedies
            .iter()
            .take_while(|remedy| step(remedy.name))
            .map(|remedy| plain.remedied(&training, model, remedy))
            .collect();
        Ok(Whole {
            is_done: solved.len() == remedies.len(),
            solved,
            encoder: picked.encoder,
            rows,
        })
    }
}

/// One remedy fitted to training rows.
pub fn solved(training: &Training, model: &Model, remedy: &Mitigation) -> Result<Solved> {
    Plain::fit(training, model)?.remedied(training, model, remedy)
}

/// The model as it is, and its scores of the training rows.
struct Plain {
    solved: Solved,
    scores: Vec<f64>,
}

impl Plain {
    fn fit(training: &Training, model: &Model) -> Result<Self> {
        let sample = Sample {
            x: training.x,
            y: training.y,
            weights: training.weights,
            seed: training.seed,
        };
        let solved = Solved::new(fit::fit(model, &sample, training.names)?, training, None);
        let scores = solved.scorer.score(training.x).to_vec();
        Ok(Self { solved, scores })
    }

    /// The same training rows, with a remedy.
    fn remedied(&self, training: &Training, model: &Model, remedy: &Mitigation) -> Result<Solved> {
        match remedy.stage {
            Stage::None => Ok(self.solved.clone()),
            Stage::Pre(prepare) => {
                let Prepared {
                    weights,
                    y,
                    repairs,
                    notes,
                } = prepare(training)?;
                let around = Around {
                    repairs,
                    ..Around::default()
                };
                let repaired = (!around.is_nothing())
                    .then(|| around.matrix(training.x.view(), training.groups));
                let x = match &repaired {
                    Some(x) => x.view(),
                    None => training.x.view(),
                };
                let sample = Sample {
                    x,
                    y: y.as_deref().unwrap_or(training.y),
                    weights: &weights,
                    seed: training.seed,
                };
                let fitted = fit::fit(model, &sample, training.names)?;
                let mut solved = Solved::new(fitted, training, Some(weights));
                for (cut, repairs) in solved.cuts.iter_mut().zip(&around.repairs) {
                    if repairs.is_empty() {
                        *cut = Cut::Unseen {};
                    }
                }
                solved.around = around;
                solved.notes.extend(notes);
                Ok(solved)
            }
            Stage::In(solve) => {
                let Made { fitted, cut } = solve(training, model)?;
                let mut solved = Solved::new(fitted, training, None);
                solved.cuts.fill(cut);
                Ok(solved)
            }
            Stage::Post(post) => {
                let Decided {
                    cuts,
                    curves,
                    notes,
                } = post(training, &self.scores)?;
                let mut solved = self.solved.clone();
                // Nothing is fitted again.
                solved.curve = None;
                solved.cuts = cuts;
                solved.around.curves = curves;
                solved.notes.extend(notes);
                Ok(solved)
            }
        }
    }
}

impl Solved {
    fn new(fitted: Fitted, training: &Training, weights: Option<Vec<f64>>) -> Self {
        Self {
            scorer: Arc::from(fitted.scorer),
            around: Around::default(),
            cuts: vec![Cut::PLAIN; training.count],
            weights,
            notes: fitted.notes,
            curve: fitted.curve,
        }
    }

    /// How likely each row is decided on as positive; none in a group that was never seen.
    pub fn chances(
        &self,
        x: ArrayView2<f64>,
        groups: &[u32],
        draw: &(dyn Fn(usize) -> f64 + Sync),
    ) -> Vec<Option<f64>> {
        let scores = self.around.scores(&*self.scorer, x, groups, draw);
        let pairs = scores.into_iter().zip(groups);
        pairs
            .map(|(score, &group)| self.cuts[group as usize].chance(score))
            .collect()
    }

    /// What becomes of the scores of a group, in words.
    pub fn said(&self, group: usize) -> String {
        match self.around.curves.get(group) {
            Some(curve) => curve.said(),
            None => self.cuts[group].said(),
        }
    }
}

impl Picked {
    fn training<'a>(&'a self, frame: &Frame) -> Training<'a> {
        Training {
            x: self.x.view(),
            names: &self.encoder.names,
            groups: &self.groups,
            count: frame.count,
            y: &self.y,
            weights: &self.weights,
            seed: frame.seed,
        }
    }
}

/// The number that chance decides a row by.
pub fn draw(seed: u64, row: u64) -> f64 {
    // Another seed than that of the folds.
    Streams::new(!seed).stream(row).uniform()
}
