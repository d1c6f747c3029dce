//! The model in question: what can be asked how it decides on rows, also on rows that were changed.
//!
//! In: columns of features as they stand in the table, or changed, and which rows they are. Out: a
//! score of each row in \[0, 1\], and decisions. A model that was fitted to the table answers for
//! each row by the fold that has not seen it ([`HeldOut`]; `NaN` where none holds it out), or as it
//! would be used ([`Whole`]).

use std::borrow::Borrow;
use std::collections::BTreeMap;

use crate::data::group::Values;
use crate::error::{Error, Result};
use crate::fit::encoder::Encoder;
use crate::fit::features::Feature;
use crate::fit::split::Folds;
use crate::fit::{self, Model, Sample, Saved, Scorer};
use crate::mitigate::document::{Document, Remedied};
use crate::mitigate::trial::draw;
use crate::mitigate::{Around, Cut};

/// Rows that are encoded at once.
const ROWS: usize = 1 << 16;

/// Rows that a model is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The columns, in the order of the table's features.
    pub columns: &'a [&'a Feature],
    /// Where in the columns each row stands.
    pub places: &'a [u32],
    /// The row of the table that each is, or was before it was changed: it says by which fold it is
    /// scored, and what is drawn for it.
    pub rows: &'a [u32],
    /// The group of each row of the table.
    pub groups: &'a [u32],
}

/// Something that scores rows and decides on them.
pub trait Subject: Sync {
    /// What it is, in words: `logistic, fitted to the label`.
    fn about(&self) -> String;

    /// The score of each row that is asked about.
    fn scores(&self, asked: &Asked) -> Result<Vec<f64>>;

    /// The scores of several questions at once: a program is started once for all of them.
    fn all(&self, questions: &[Asked]) -> Result<Vec<Vec<f64>>> {
        questions.iter().map(|asked| self.scores(asked)).collect()
    }

    /// The decision of each of them by its score; none in a group that it cannot decide on.
    fn decisions(&self, asked: &Asked, scores: &[f64]) -> Vec<Option<bool>>;

    /// Whether a changed column may be told as texts where the table's is of numbers.
    fn is_told_texts(&self) -> bool {
        false
    }

    /// Whether it decides by the group itself, beside what its columns say.
    fn decides_by_group(&self) -> bool {
        false
    }

    /// Whether it was fitted to the rows that it is asked about, by folds that have not seen them.
    fn is_fitted_here(&self) -> bool {
        false
    }

    /// From which score on it says yes, where that is the same for every row.
    fn cut(&self) -> Option<f64> {
        None
    }

    /// What it is made of, where that is known and the same for every row.
    fn inside(&self) -> Option<Inside<'_>> {
        None
    }
}

/// A model as plain data, behind its encoder.
#[derive(Debug, Clone, Copy)]
pub struct Inside<'a> {
    /// Makes the matrix.
    pub encoder: &'a Encoder,
    /// Makes scores of it.
    pub saved: &'a Saved,
}

/// A model and its encoder, fitted to some rows.
pub struct Baseline {
    encoder: Encoder,
    saved: Saved,
    scorer: Box<dyn Scorer>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl Baseline {
    /// Fits a model to the rows whose outcome is known.
    pub fn fit(
        model: &Model,
        features: &[Feature],
        rows: &[u32],
        (y, weights, seed): (&[Option<bool>], &[f64], u64),
    ) -> Result<Self> {
        let rows: Vec<u32> = rows
            .iter()
            .copied()
            .filter(|&row| y[row as usize].is_some())
            .collect();
        let encoder = Encoder::fit(features, &rows, weights)?;
        let x = encoder.matrix(features, &rows)?;
        let y: Vec<bool> = rows
            .iter()
            .map(|&row| y[row as usize] == Some(true))
            .collect();
        let weights: Vec<f64> = rows.iter().map(|&row| weights[row as usize]).collect();
        let sample = Sample {
            x: x.view(),
            y: &y,
            weights: &weights,
            seed,
        };
        let fitted = fit::fit(model, &sample, &encoder.names)?;
        let mut notes = encoder.notes.clone();
        notes.extend(fitted.notes);
        Ok(Self {
            saved: fitted.scorer.saved(),
            scorer: fitted.scorer,
            encoder,
            notes,
        })
    }

    fn scores<F: Borrow<Feature> + Sync>(&self, columns: &[F], places: &[u32]) -> Result<Vec<f64>> {
        let mut scores = Vec::with_capacity(places.len());
        for places in places.chunks(ROWS) {
            let x = self.encoder.matrix(columns, places)?;
            scores.extend(self.scorer.score(x.view()));
        }
        Ok(scores)
    }
}

fn decided(scores: &[f64]) -> Vec<Option<bool>> {
    let cut = |&score: &f64| Cut::PLAIN.decide(score, || 0.5);
    scores.iter().map(cut).collect()
}

/// A model fitted to all rows.
pub struct Whole {
    /// In words.
    pub about: String,
    /// It.
    pub model: Baseline,
}

impl Subject for Whole {
    fn about(&self) -> String {
        self.about.clone()
    }

    fn scores(&self, asked: &Asked) -> Result<Vec<f64>> {
        self.model.scores(asked.columns, asked.places)
    }

    fn decisions(&self, _: &Asked, scores: &[f64]) -> Vec<Option<bool>> {
        decided(scores)
    }

    fn cut(&self) -> Option<f64> {
        Some(0.5)
    }

    fn inside(&self) -> Option<Inside<'_>> {
        Some(Inside {
            encoder: &self.model.encoder,
            saved: &self.model.saved,
        })
    }
}

/// A model for each fold, fitted to the others.
pub struct HeldOut {
    /// The learner's name.
    pub name: &'static str,
    folds: Folds,
    models: Vec<Baseline>,
}

impl HeldOut {
    /// Fits one model a fold; `step` is told before each.
    pub fn fit(
        model: &Model,
        features: &[Feature],
        (rows, folds): (&[u32], &Folds),
        fitted_to: (&[Option<bool>], &[f64], u64),
        step: &dyn Fn(usize),
    ) -> Result<Self> {
        let fit = |fold: usize| {
            step(fold);
            let learnt = rows.iter().copied();
            let training: Vec<u32> = learnt.filter(|row| folds.is_learnt(*row, fold)).collect();
            Baseline::fit(model, features, &training, fitted_to)
        };
        Ok(Self {
            name: model.name,
            models: (0..folds.count()).map(fit).collect::<Result<_>>()?,
            folds: folds.clone(),
        })
    }
}

impl Subject for HeldOut {
    fn about(&self) -> String {
        format!("{}, on rows it was not fitted to", self.name)
    }

    fn is_fitted_here(&self) -> bool {
        true
    }

    fn scores(&self, asked: &Asked) -> Result<Vec<f64>> {
        let mut scores = vec![f64::NAN; asked.rows.len()];
        for (fold, model) in self.models.iter().enumerate() {
            let is_own = |at: &usize| self.folds.is_held(asked.rows[*at], fold);
            let own: Vec<usize> = (0..asked.rows.len()).filter(is_own).collect();
            let places: Vec<u32> = own.iter().map(|&at| asked.places[at]).collect();
            for (at, score) in own.into_iter().zip(model.scores(asked.columns, &places)?) {
                scores[at] = score;
            }
        }
        Ok(scores)
    }

    fn decisions(&self, _: &Asked, scores: &[f64]) -> Vec<Option<bool>> {
        decided(scores)
    }
}

/// What the table itself says of its rows as they are; of a row that was changed it says nothing new.
pub struct Given<'a> {
    /// In words.
    pub about: &'a str,
    /// Of every row of the table, `NaN` where there is none; empty where it has none.
    pub scores: &'a [f64],
    /// Of every row of the table.
    pub decisions: &'a [Option<bool>],
}

impl Subject for Given<'_> {
    fn about(&self) -> String {
        self.about.to_owned()
    }

    fn scores(&self, asked: &Asked) -> Result<Vec<f64>> {
        let of = |&row: &u32| self.scores.get(row as usize).copied().unwrap_or(f64::NAN);
        Ok(asked.rows.iter().map(of).collect())
    }

    fn decisions(&self, asked: &Asked, _: &[f64]) -> Vec<Option<bool>> {
        let of = |&row: &u32| self.decisions.get(row as usize).copied().flatten();
        asked.rows.iter().map(of).collect()
    }
}

/// A model that `fair-audit mitigate --model-out` saved.
pub struct Kept<'a> {
    document: &'a Document,
    model: &'a Remedied,
    scorer: Box<dyn Scorer>,
    /// The model's group by the table's.
    groups: Vec<u32>,
}

impl<'a> Kept<'a> {
    /// The model of this name, or the first; `names` are the groups of the table's attribute.
    pub fn new(
        document: &'a Document,
        method: Option<&str>,
        (names, attribute): (&[Values], &str),
    ) -> Result<Self> {
        let known = || document.models.iter().map(|own| own.scenario.as_str());
        let at = method.map_or(Some(0), |name| known().position(|own| own == name));
        let Some(model) = at.and_then(|at| document.models.get(at)) else {
            return Err(Error::Flag {
                flag: "--method",
                value: method.unwrap_or_default().to_owned(),
                problem: "the file has no such model",
                remedy: format!("models: {}", known().collect::<Vec<_>>().join(", ")),
            });
        };
        let groups: BTreeMap<&Values, u32> = document.groups.values.iter().zip(0..).collect();
        let of = |values: &Values| match groups.get(values) {
            Some(&group) => Ok(group),
            None if !model.needs_group() => Ok(0),
            None => Err(Error::Flag {
                flag: "--attribute",
                value: attribute.to_owned(),
                problem: "the model decides by groups, and does not know all of these",
                remedy: format!(
                    "its groups are of `--attribute '{}'`",
                    document.recipe.attribute
                ),
            }),
        };
        Ok(Self {
            document,
            model,
            scorer: model.model.scorer(),
            groups: names.iter().map(of).collect::<Result<_>>()?,
        })
    }

    fn group(&self, asked: &Asked, at: usize) -> u32 {
        let group = asked.groups[asked.rows[at] as usize];
        self.groups.get(group as usize).copied().unwrap_or(0)
    }

    fn draw(&self, asked: &Asked, at: usize) -> f64 {
        draw(self.document.recipe.seed, u64::from(asked.rows[at]))
    }
}

impl Subject for Kept<'_> {
    fn about(&self) -> String {
        format!("{}, as it was saved", self.model.scenario)
    }

    fn scores(&self, asked: &Asked) -> Result<Vec<f64>> {
        let mut scores = Vec::with_capacity(asked.places.len());
        for places in asked.places.chunks(ROWS) {
            let first = scores.len();
            let x = self.document.encoder.matrix(asked.columns, places)?;
            let groups: Vec<u32> = (0..places.len())
                .map(|at| self.group(asked, first + at))
                .collect();
            let draw = |at: usize| self.draw(asked, first + at);
            let around = &self.model.around;
            scores.extend(around.scores(&*self.scorer, x.view(), &groups, &draw));
        }
        Ok(scores)
    }

    fn decisions(&self, asked: &Asked, scores: &[f64]) -> Vec<Option<bool>> {
        let decide = |(at, &score): (usize, &f64)| {
            let cut = self.model.cuts.get(self.group(asked, at) as usize)?;
            cut.decide(score, || self.draw(asked, at))
        };
        scores.iter().enumerate().map(decide).collect()
    }

    fn decides_by_group(&self) -> bool {
        self.model.needs_group()
    }

    fn cut(&self) -> Option<f64> {
        let first = self.model.cuts.first()?;
        let is_same = self.model.cuts.iter().all(|own| own == first);
        match first {
            Cut::At { threshold } if is_same && (0.0..1.0).contains(threshold) => Some(*threshold),
            _ => None,
        }
    }

    fn inside(&self) -> Option<Inside<'_>> {
        let Around { repairs, curves } = &self.model.around;
        (repairs.is_empty() && curves.is_empty()).then_some(Inside {
            encoder: &self.document.encoder,
            saved: &self.model.model,
        })
    }
}
