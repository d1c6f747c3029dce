//! Gaussian naive Bayes with sample weights: within a label every feature is normal by itself.
//!
//! In: rows, labels, weights. Out: the chance of the positive label. Means and variances are sums by
//! weight (linfa's own ignores weights); every variance is raised by 1e-9 of the largest, like
//! scikit-learn's.

use ndarray::{Array1, ArrayView2};
use rayon::prelude::*;

use super::logistic::sigmoid;
use super::{Fitted, Learner, Model, Sample, Saved, Scorer};
use crate::error::Result;

/// The line of the registry.
pub const MODEL: Model = Model {
    name: "bayes",
    about: "Gaussian naive Bayes",
    source: "Hastie, Tibshirani and Friedman 2009, section 6.6.3",
    learner: &Gaussian,
    is_weighted: true,
};

/// The part of the largest variance that every variance is raised by.
const SMOOTHING: f64 = 1e-9;

struct Gaussian;

/// Of each label: the logarithm of its share, and mean and variance of each column.
pub(super) struct Bayes {
    pub(super) labels: [(f64, Vec<(f64, f64)>); 2],
}

impl Learner for Gaussian {
    fn fit(&self, sample: &Sample) -> Result<Fitted> {
        let total: f64 = sample.weights.iter().sum();
        let width = sample.x.ncols();
        let of = |wanted: Option<bool>, column: usize| -> (f64, f64) {
            let column = sample.x.column(column);
            let rows = || {
                let all = column.iter().zip(sample.weights).zip(sample.y);
                all.filter(move |(_, y)| wanted.is_none_or(|wanted| **y == wanted))
            };
            let weight: f64 = rows().map(|((_, w), _)| w).sum();
            let mean = rows().map(|((x, w), _)| x * w).sum::<f64>() / weight;
            let square = rows()
                .map(|((x, w), _)| w * (x - mean).powi(2))
                .sum::<f64>()
                / weight;
            (mean, square)
        };
        let largest = (0..width)
            .into_par_iter()
            .map(|c| of(None, c).1)
            .reduce(|| 0.0, f64::max);
        let raised = (SMOOTHING * largest).max(f64::MIN_POSITIVE);
        let labels = [false, true].map(|label| {
            let rows = sample.weights.iter().zip(sample.y);
            let weight: f64 = rows.filter(|(_, y)| **y == label).map(|(w, _)| w).sum();
            let columns = (0..width).into_par_iter().map(|column| {
                let (mean, variance) = of(Some(label), column);
                (mean, variance + raised)
            });
            ((weight / total).ln(), columns.collect())
        });
        let scorer = Box::new(Bayes { labels });
        Ok(Fitted {
            scorer,
            notes: Vec::new(),
        })
    }
}

impl Scorer for Bayes {
    fn score(&self, x: ArrayView2<f64>) -> Array1<f64> {
        let [negative, positive] = &self.labels;
        let log = |(prior, columns): &(f64, Vec<(f64, f64)>), row: ndarray::ArrayView1<f64>| {
            let each = row.iter().zip(columns);
            each.fold(*prior, |sum, (x, (mean, variance))| {
                sum - 0.5 * (variance.ln() + (x - mean).powi(2) / variance)
            })
        };
        let rows: Vec<f64> = (0..x.nrows())
            .into_par_iter()
            .map(|row| sigmoid(log(positive, x.row(row)) - log(negative, x.row(row))))
            .collect();
        Array1::from(rows)
    }

    fn saved(&self) -> Saved {
        let labels = self.labels.clone();
        Saved::Bayes { labels }
    }
}
