//! A model whose answers about the table's own rows are kept: a program may take long, or cost money.
//!
//! In: a model, and the table's features. Out: the same model; of rows as they are it is asked once.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::model::{Asked, Subject};
use crate::error::Result;
use crate::fit::features::Feature;

/// A model that is asked about no row of the table as it is twice: what it said is known from then on.
pub struct Recalled<'a> {
    subject: &'a dyn Subject,
    features: &'a [Feature],
    /// What it said of them, by row; `NaN` as yet.
    scores: Mutex<Vec<f64>>,
}

impl<'a> Recalled<'a> {
    /// A model that was asked nothing yet, of a table with these features.
    pub fn new(subject: &'a dyn Subject, features: &'a [Feature], rows: usize) -> Self {
        Self {
            subject,
            features,
            scores: Mutex::new(vec![f64::NAN; rows]),
        }
    }

    fn known(&self) -> MutexGuard<'_, Vec<f64>> {
        self.scores.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether rows are asked about as they are.
    fn is_own(&self, asked: &Asked) -> bool {
        let mut own = asked.columns.iter().zip(self.features);
        asked.columns.len() == self.features.len()
            && own.all(|(column, own)| std::ptr::eq(*column, own))
            && asked.places == asked.rows
    }

    /// What is known of all rows of a question.
    fn recalled(&self, asked: &Asked) -> Option<Vec<f64>> {
        let known = self.known();
        let score = |row: &u32| Some(known[*row as usize]).filter(|score| score.is_finite());
        let own = self.is_own(asked).then_some(asked.rows)?;
        own.iter().map(score).collect()
    }
}

impl Subject for Recalled<'_> {
    fn about(&self) -> String {
        self.subject.about()
    }

    fn scores(&self, asked: &Asked) -> Result<Vec<f64>> {
        let mut all = self.all(std::slice::from_ref(asked))?;
        Ok(all.pop().unwrap_or_default())
    }

    fn all(&self, questions: &[Asked]) -> Result<Vec<Vec<f64>>> {
        let recalled: Vec<Option<Vec<f64>>> =
            questions.iter().map(|asked| self.recalled(asked)).collect();
        let unknown = questions.iter().zip(&recalled);
        let unknown = unknown.filter(|(_, known)| known.is_none());
        let unknown: Vec<Asked> = unknown.map(|(asked, _)| *asked).collect();
        let answers = if unknown.is_empty() {
            Vec::new()
        } else {
            self.subject.all(&unknown)?
        };
        for (asked, scores) in unknown.iter().zip(&answers) {
            if self.is_own(asked) {
                let mut known = self.known();
                for (&row, &score) in asked.rows.iter().zip(scores) {
                    known[row as usize] = score;
                }
            }
        }
        let mut answers = answers.into_iter();
        let own = |known: Option<Vec<f64>>| known.or_else(|| answers.next()).unwrap_or_default();
        Ok(recalled.into_iter().map(own).collect())
    }

    fn decisions(&self, asked: &Asked, scores: &[f64]) -> Vec<Option<bool>> {
        self.subject.decisions(asked, scores)
    }

    fn is_told_texts(&self) -> bool {
        self.subject.is_told_texts()
    }

    fn cut(&self) -> Option<f64> {
        self.subject.cut()
    }
}
