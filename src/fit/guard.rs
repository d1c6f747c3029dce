//! What stands in front of every learner: nothing that a learner could panic or hang on passes.
//!
//! In: a model and rows. Out: the fitted model, or why there is none. Rows of no weight, columns
//! that are the same in every row and columns that repeat another are left out before a learner
//! sees them; rows, labels and weights are equally many and finite, and both labels occur.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use ndarray::{Array1, ArrayView1, ArrayView2, Axis, CowArray, Ix2, s};
use rayon::prelude::*;

use super::design::{Design, Sparse};
use super::{Fitted, Learner, Model, Sample, Saved, Scorer};
use crate::error::{Result, Unfit};

/// Columns that are looked at together: as many doubles as memory hands over at once.
const SIDE: usize = 8;

/// What weights add up to at least, so that what they are divided by or scaled with is a number.
const LEAST: f64 = 1e-250;

/// A matrix that was looked at once, for all that is fitted to its rows.
pub struct Looked<'a> {
    whole: ArrayView2<'a, f64>,
    /// The columns that tell rows apart, each once, and where they are.
    x: CowArray<'a, f64, Ix2>,
    kept: Vec<usize>,
    /// The columns that repeat one of these.
    twins: Vec<usize>,
    /// As it is multiplied: made when a learner asks for it.
    sparse: OnceLock<Option<Sparse>>,
}

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
    check(sample)?;
    if sample.weights.iter().all(|w| *w > 0.0) {
        return fit_looked(learner, &Looked::new(sample.x)?, sample, names);
    }
    finite(sample.x)?;
    let rows: Vec<usize> = (0..sample.y.len())
        .filter(|&row| sample.weights[row] > 0.0)
        .collect();
    let y: Vec<bool> = rows.iter().map(|&row| sample.y[row]).collect();
    let weights: Vec<f64> = rows.iter().map(|&row| sample.weights[row]).collect();
    let x = sample.x.select(Axis(0), &rows);
    let own = Sample {
        x: x.view(),
        y: &y,
        weights: &weights,
        seed: sample.seed,
    };
    fit_looked(learner, &Looked::new(x.view())?, &own, names)
}

/// Fits a model once more to rows that were looked at, with other labels and weights.
pub fn fit_again(
    model: &Model,
    looked: &Looked,
    (y, weights, seed): (&[bool], &[f64], u64),
    names: &[String],
) -> Result<Fitted> {
    let sample = Sample {
        x: looked.whole(),
        y,
        weights,
        seed,
    };
    check(&sample)?;
    if weights.contains(&0.0) {
        return fit_by(model.learner, &sample, names);
    }
    fit_looked(model.learner, looked, &sample, names)
}

/// Fits a model to rows that all have weight.
fn fit_looked(
    learner: &dyn Learner,
    looked: &Looked,
    sample: &Sample,
    names: &[String],
) -> Result<Fitted> {
    let mut notes = Vec::new();
    let (y, weights) = (sample.y, sample.weights);
    if !(y.contains(&true) && y.contains(&false)) {
        return Err(Unfit::OneClass.into());
    }
    if !looked.twins.is_empty() {
        let named = |&column: &usize| match names.get(column) {
            Some(name) => format!("`{name}`"),
            None => format!("column {column}"),
        };
        let twins: Vec<String> = looked.twins.iter().map(named).collect();
        let twins = crate::error::few(&twins);
        notes.push(format!(
            "left out of the features, they repeat another: {twins}"
        ));
    }
    if looked.kept.is_empty() {
        let total: f64 = weights.iter().sum();
        let rows = weights.iter().zip(y).filter(|(_, y)| **y);
        let positive: f64 = rows.map(|(w, _)| w).sum();
        notes.push("no feature tells rows apart: everyone gets the same score".to_owned());
        let scorer = Box::new(Constant(positive / total));
        return Ok(Fitted {
            scorer,
            notes,
            curve: None,
        });
    }
    let own = Sample {
        x: looked.x(),
        ..*sample
    };
    let fitted = learner.fit_looked(&own, looked)?;
    notes.extend(fitted.notes);
    let scorer: Box<dyn Scorer> = Box::new(Guarded {
        inner: fitted.scorer,
        kept: looked.kept.clone(),
    });
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
    if !sum.is_finite() || sum > 0.0 && sum < LEAST {
        return Err(Unfit::Weight { weight: sum }.into());
    }
    Ok(())
}

fn finite(x: ArrayView2<f64>) -> Result<()> {
    if x.iter().all(|x| x.is_finite()) {
        return Ok(());
    }
    let odd = (0..x.ncols()).find(|&column| x.column(column).iter().any(|x| !x.is_finite()));
    match odd {
        Some(column) => Err(Unfit::NotFinite { column }.into()),
        None => Ok(()),
    }
}

/// What one look at a column says: whether all of it is finite, and a hash; none where it is constant.
type Look = (bool, Option<u64>);

/// Looks at a few columns.
fn look(x: ArrayView2<f64>) -> Vec<Look> {
    let mut hashes = [0_u64; SIDE];
    let mut differs = [0_u64; SIDE];
    let mut odd = [0_u64; SIDE];
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
        let sums = hashes.iter_mut().zip(&mut differs).zip(&mut odd);
        for ((own, first), ((hash, differs), odd)) in sides.zip(sums) {
            *differs |= u64::from(own != first);
            *odd |= u64::from(!own.is_finite());
            let bits = (own + 0.0).to_bits().rotate_left(32);
            *hash = hash.wrapping_add(bits.wrapping_mul(factor));
        }
    }
    let all = hashes.into_iter().zip(differs).zip(odd).take(x.ncols());
    all.map(|((hash, differs), odd)| (odd == 0, (differs > 0).then_some(hash)))
        .collect()
}

/// The columns that are neither constant nor the same as an earlier one, and the latter.
fn distinct(x: ArrayView2<f64>) -> Result<(Vec<usize>, Vec<usize>)> {
    if x.nrows() == 0 {
        return Ok((Vec::new(), Vec::new()));
    }
    // Row by row of a few columns: a column alone would fetch all of memory for itself.
    let starts: Vec<usize> = (0..x.ncols()).step_by(SIDE).collect();
    let looked: Vec<Vec<Look>> = starts
        .into_par_iter()
        .map(|start| look(x.slice(s![.., start..(start + SIDE).min(x.ncols())])))
        .collect();
    let mut seen: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let (mut kept, mut twins) = (Vec::new(), Vec::new());
    for (column, (is_finite, hash)) in looked.into_iter().flatten().enumerate() {
        if !is_finite {
            return Err(Unfit::NotFinite { column }.into());
        }
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
    Ok((kept, twins))
}

impl<'a> Looked<'a> {
    /// Looks at a matrix; an error where a number is not finite.
    pub fn new(x: ArrayView2<'a, f64>) -> Result<Self> {
        let (kept, twins) = distinct(x)?;
        Ok(Self {
            whole: x,
            x: if kept.len() < x.ncols() {
                x.select(Axis(1), &kept).into()
            } else {
                x.into()
            },
            kept,
            twins,
            sparse: OnceLock::new(),
        })
    }

    /// All of it.
    pub fn whole(&self) -> ArrayView2<'_, f64> {
        self.whole.view()
    }

    /// What a learner is given.
    pub fn x(&self) -> ArrayView2<'_, f64> {
        self.x.view()
    }

    /// The same, as it is multiplied.
    pub fn design(&self) -> Design<'_> {
        let x = self.x.view();
        let sparse = self.sparse.get_or_init(|| Sparse::of(x));
        sparse
            .as_ref()
            .map_or(Design::Dense(x), |own| Design::Sparse(Cow::Borrowed(own)))
    }
}

impl Scorer for Guarded {
    fn score_looked(&self, looked: &Looked) -> Array1<f64> {
        if self.kept == looked.kept {
            self.inner.score_looked(looked)
        } else {
            self.score(looked.whole())
        }
    }

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
