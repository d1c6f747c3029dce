//! What stands in front of every learner: nothing that a learner could panic or hang on passes.
//!
//! In: a model and rows. Out: the fitted model, or why there is none. Rows of no weight, columns
//! that are the same in every row and columns that repeat another are left out before a learner
//! sees them; rows, labels and weights are equally many and finite, and both labels occur.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};
use rayon::prelude::*;

use super::{Fitted, Learner, Model, Sample, Saved, Scorer};
use crate::error::{Result, Unfit};

/// Columns that are looked at together: as many doubles as memory hands over at once.
const SIDE: usize = 8;

/// A model, and the columns that it was fitted to.
pub(super) struct Guarded {
    pub(super) inner: Box<dyn Scorer>,
    pub(super) kept: Vec<usize>,
}

/// The same score for everyone.
pub(super) struct Constant(pub(super) f64);

/// Fits a model. `names` are those of the columns, for notes.
pub fn fit(model: &Model, sample: &Sample, names: &[String]) -> Result<Fitted> {
    fit_by(model.learner, sample, names)
}

/// Fits a model by a learner that knows more of the rows than a sample says; where every row has
/// weight, the rows that it gets are the rows of the sample.
pub fn fit_by(learner: &dyn Learner, sample: &Sample, names: &[String]) -> Result<Fitted> {
    let mut notes = Vec::new();
    check(sample)?;
    let rows: Vec<usize> = (0..sample.y.len())
        .filter(|&row| sample.weights[row] > 0.0)
        .collect();
    let y: Vec<bool> = rows.iter().map(|&row| sample.y[row]).collect();
    let weights: Vec<f64> = rows.iter().map(|&row| sample.weights[row]).collect();
    if !(y.contains(&true) && y.contains(&false)) {
        return Err(Unfit::OneClass.into());
    }
    let is_whole = rows.len() == sample.y.len();
    let picked: Option<Array2<f64>> = (!is_whole).then(|| sample.x.select(Axis(0), &rows));
    let x = picked
        .as_ref()
        .map_or_else(|| sample.x.view(), Array2::view);
    let (kept, twins) = distinct(x);
    if !twins.is_empty() {
        let named = |&column: &usize| match names.get(column) {
            Some(name) => format!("`{name}`"),
            None => format!("column {column}"),
        };
        let twins: Vec<String> = twins.iter().map(named).collect();
        let twins = crate::error::few(&twins);
        notes.push(format!(
            "left out of the features, they repeat another: {twins}"
        ));
    }
    if kept.is_empty() {
        let total: f64 = weights.iter().sum();
        let positive: f64 = weights
            .iter()
            .zip(&y)
            .filter(|(_, y)| **y)
            .map(|(w, _)| w)
            .sum();
        notes.push("no feature tells rows apart: everyone gets the same score".to_owned());
        let scorer = Box::new(Constant(positive / total));
        return Ok(Fitted {
            scorer,
            notes,
            curve: None,
        });
    }
    let narrowed: Option<Array2<f64>> = (kept.len() < x.ncols()).then(|| x.select(Axis(1), &kept));
    let x = narrowed.as_ref().map_or_else(|| x.view(), Array2::view);
    let own = Sample {
        x,
        y: &y,
        weights: &weights,
        seed: sample.seed,
    };
    let fitted = learner.fit(&own)?;
    notes.extend(fitted.notes);
    let inner = fitted.scorer;
    let scorer: Box<dyn Scorer> = Box::new(Guarded { inner, kept });
    Ok(Fitted {
        scorer,
        notes,
        curve: fitted.curve,
    })
}

fn check(sample: &Sample) -> Result<()> {
    let (rows, labels, weights) = (sample.x.nrows(), sample.y.len(), sample.weights.len());
    if rows != labels || rows != weights {
        return Err(Unfit::Shape {
            rows,
            labels,
            weights,
        }
        .into());
    }
    let is_weight = |w: &f64| w.is_finite() && *w >= 0.0;
    let sum: f64 = sample.weights.iter().sum();
    if let Some(&weight) = sample.weights.iter().find(|w| !is_weight(w)) {
        return Err(Unfit::Weight { weight }.into());
    }
    if !sum.is_finite() {
        return Err(Unfit::Weight { weight: sum }.into());
    }
    if sample.x.iter().all(|x| x.is_finite()) {
        return Ok(());
    }
    let odd = (0..sample.x.ncols())
        .find(|&column| sample.x.column(column).iter().any(|x| !x.is_finite()));
    match odd {
        Some(column) => Err(Unfit::NotFinite { column }.into()),
        None => Ok(()),
    }
}

/// A hash of each of a few columns; none where it is constant.
fn hashes(x: ArrayView2<f64>) -> Vec<Option<u64>> {
    let mut hashes = [0_u64; SIDE];
    let mut differs = [0_u64; SIDE];
    // Of a fixed number of cells, so that they are worked on side by side.
    let cells = |row: ArrayView1<f64>| {
        let mut own = [0.0; SIDE];
        own.iter_mut()
            .zip(row)
            .for_each(|(own, value)| *own = *value);
        own
    };
    let first = cells(x.row(0));
    for (at, row) in (1_u64..).zip(x.rows()) {
        // A sum over rows of what they hold times an odd number of their own: no row waits for the
        // one before. The halves are swapped since those of small whole numbers end in zeros.
        let mixed = at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let factor = (mixed ^ (mixed >> 29)) | 1;
        let sides = cells(row).into_iter().zip(first);
        for ((own, first), (hash, differs)) in sides.zip(hashes.iter_mut().zip(&mut differs)) {
            *differs |= u64::from(own != first);
            let bits = (own + 0.0).to_bits().rotate_left(32);
            *hash = hash.wrapping_add(bits.wrapping_mul(factor));
        }
    }
    let all = hashes.into_iter().zip(differs).take(x.ncols());
    all.map(|(hash, differs)| (differs > 0).then_some(hash))
        .collect()
}

/// The columns that are neither constant nor the same as an earlier one, and the latter.
fn distinct(x: ArrayView2<f64>) -> (Vec<usize>, Vec<usize>) {
    // Row by row of a few columns: a column alone would fetch all of memory for itself.
    let starts: Vec<usize> = (0..x.ncols()).step_by(SIDE).collect();
    let looked: Vec<Vec<Option<u64>>> = starts
        .into_par_iter()
        .map(|start| hashes(x.slice(s![.., start..(start + SIDE).min(x.ncols())])))
        .collect();
    let mut seen: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let (mut kept, mut twins) = (Vec::new(), Vec::new());
    for (column, hash) in looked.into_iter().flatten().enumerate() {
        let Some(hash) = hash else { continue };
        let alike = seen.entry(hash).or_default();
        if alike
            .iter()
            .any(|&other| x.column(other) == x.column(column))
        {
            twins.push(column);
        } else {
            alike.push(column);
            kept.push(column);
        }
    }
    (kept, twins)
}

impl Scorer for Guarded {
    fn score(&self, x: ArrayView2<f64>) -> Array1<f64> {
        if self.kept.len() == x.ncols() {
            self.inner.score(x)
        } else {
            self.inner.score(x.select(Axis(1), &self.kept).view())
        }
    }

    fn saved(&self) -> Saved {
        Saved::Columns {
            kept: self.kept.clone(),
            inner: Box::new(self.inner.saved()),
        }
    }
}

impl Scorer for Constant {
    fn score(&self, x: ArrayView2<f64>) -> Array1<f64> {
        Array1::from_elem(x.nrows(), self.0)
    }

    fn saved(&self) -> Saved {
        Saved::Constant { score: self.0 }
    }
}
