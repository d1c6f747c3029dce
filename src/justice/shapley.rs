//! Shapley values of a linear model, of a tree and of a forest, exactly.
//!
//! In: a model as plain data and rows of its matrix. Out: what each column adds to the score of each
//! row, on the model's own scale: base + Σ = what the model says of the row, to rounding.

use ndarray::{Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;

use crate::fit::Saved;
use crate::fit::tree::Node;

/// What the numbers add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Log odds of the score.
    LogOdds,
    /// The score itself.
    Probability,
}

impl Scale {
    /// In words.
    pub fn said(self) -> &'static str {
        match self {
            Self::LogOdds => "log odds",
            Self::Probability => "the score",
        }
    }
}

/// What each column adds, of some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Shapley {
    /// What they add up to, less the base.
    pub scale: Scale,
    /// What is expected of a row of which nothing is known.
    pub base: f64,
    /// Rows × columns.
    pub values: Array2<f64>,
    /// Of a linear model what each column adds on average, coefficient × mean: with it a value is
    /// the column's term, and the intercept and all terms are the log odds.
    pub expected: Option<Vec<f64>>,
}

/// The Shapley values of a model; `means` are those of the columns over the background. None where
/// the model is of no such kind.
///
/// Of a linear model they are those of independent columns, coefficient × (x − mean) (Štrumbelj and
/// Kononenko 2014, doi:10.1007/s10115-013-0679-x, equation 7): what the `shap` package calls
/// interventional. Of a tree those along its paths, whose background is in its leaves; of a forest, whose score is the mean of its trees', the mean of theirs (Shapley values are additive).
pub fn shapley(saved: &Saved, x: ArrayView2<f64>, means: &[f64]) -> Option<Shapley> {
    if let Some((coefficients, intercept)) = saved.coefficients() {
        let mut values = Array2::zeros(x.raw_dim());
        let mut base = intercept;
        let mut expected = vec![0.0; x.ncols()];
        for (column, coefficient) in coefficients {
            expected[column] = coefficient * means[column];
            base += expected[column];
            let own = x.column(column).mapv(|x| coefficient * (x - means[column]));
            values.column_mut(column).assign(&own);
        }
        let scale = Scale::LogOdds;
        return Some(Shapley {
            scale,
            base,
            values,
            expected: Some(expected),
        });
    }
    let columns: Vec<usize> = (0..x.ncols()).collect();
    let (inner, kept): (&Saved, &[usize]) = match saved {
        Saved::Columns { kept, inner } => (inner, kept),
        own => (own, &columns),
    };
    let trees: Vec<Vec<Node>> = match inner {
        Saved::Tree { nodes } => vec![nodes.clone()],
        Saved::Forest { trees } => trees.clone(),
        // The same for everyone: no column adds anything.
        Saved::Constant { score } => vec![vec![Node::Leaf {
            weight: 1.0,
            positive: *score,
        }]],
        _ => return None,
    };
    let trees: Vec<Vec<Node>> = trees.into_iter().map(|nodes| placed(nodes, kept)).collect();
    let (base, values) = forest(&trees, x);
    let scale = Scale::Probability;
    Some(Shapley {
        scale,
        base,
        values,
        expected: None,
    })
}

/// The same nodes, with the columns of the whole matrix.
fn placed(mut nodes: Vec<Node>, kept: &[usize]) -> Vec<Node> {
    for node in &mut nodes {
        if let Node::Split { column, .. } = node {
            *column = kept[*column];
        }
    }
    nodes
}

/// The mean over trees of the Shapley values where a column that is not known goes both ways, by the
/// weight of the training rows (`tree_path_dependent`; Lundberg et al. 2020,
/// doi:10.1038/s42256-019-0138-9, arXiv:1905.04610, algorithm 2), and of the means of the leaves.
fn forest(trees: &[Vec<Node>], x: ArrayView2<f64>) -> (f64, Array2<f64>) {
    let weighed: Vec<Weighed> = trees.iter().map(|nodes| Weighed::new(nodes)).collect();
    let count = trees.len() as f64;
    let rows: Vec<Vec<f64>> = (0..x.nrows())
        .into_par_iter()
        .map(|row| {
            let mut values = vec![0.0; x.ncols()];
            for tree in &weighed {
                tree.walk(0, x.row(row), &mut Vec::new(), Step::ROOT, &mut values);
            }
            for value in &mut values {
                *value /= count;
            }
            values
        })
        .collect();
    let values = Array2::from_shape_fn((x.nrows(), x.ncols()), |(row, column)| rows[row][column]);
    let base: f64 = weighed.iter().map(|tree| tree.mean(0)).sum();
    (base / count, values)
}

/// A split on the way to a node.
#[derive(Debug, Clone, Copy)]
struct Step {
    column: usize,
    /// The part of the ways without the column that goes on here.
    zero: f64,
    /// Whether the row itself does.
    one: f64,
    /// The weight of the sets of so many columns.
    weight: f64,
}

impl Step {
    /// No column is known yet.
    const ROOT: Self = Self {
        column: usize::MAX,
        zero: 1.0,
        one: 1.0,
        weight: 0.0,
    };
}

/// A tree whose nodes know what weighs on them.
struct Weighed<'a> {
    nodes: &'a [Node],
    weights: Vec<f64>,
}

/// What a leaf says.
fn share(weight: f64, positive: f64) -> f64 {
    if weight > 0.0 { positive / weight } else { 0.5 }
}

impl<'a> Weighed<'a> {
    fn new(nodes: &'a [Node]) -> Self {
        let mut weights = vec![0.0; nodes.len()];
        // Children stand behind their parents.
        for (at, node) in nodes.iter().enumerate().rev() {
            weights[at] = match node {
                Node::Leaf { weight, .. } => *weight,
                Node::Split { below, above, .. } => weights[*below] + weights[*above],
            };
        }
        Self { nodes, weights }
    }

    fn mean(&self, at: usize) -> f64 {
        match &self.nodes[at] {
            Node::Leaf { weight, positive } => share(*weight, *positive),
            Node::Split { below, above, .. } => [*below, *above]
                .iter()
                .map(|&to| self.part(at, to) * self.mean(to))
                .sum(),
        }
    }

    /// The part of a node's weight that goes to a child.
    fn part(&self, from: usize, to: usize) -> f64 {
        let whole = self.weights[from];
        if whole > 0.0 {
            self.weights[to] / whole
        } else {
            0.5
        }
    }

    fn walk(
        &self,
        at: usize,
        x: ArrayView1<f64>,
        path: &mut Vec<Step>,
        step: Step,
        values: &mut [f64],
    ) {
        extend(path, step);
        match &self.nodes[at] {
            Node::Leaf { weight, positive } => {
                let leaf = share(*weight, *positive);
                for place in 1..path.len() {
                    let Step {
                        column, zero, one, ..
                    } = path[place];
                    values[column] += unwound(path, place) * (one - zero) * leaf;
                }
            }
            Node::Split {
                column,
                cut,
                below,
                above,
            } => {
                let is_below = x[*column] <= *cut;
                let before = path.iter().position(|own| own.column == *column);
                // A column that was split by before stands in the path once.
                let (zero, one) = match before {
                    Some(place) => {
                        let Step { zero, one, .. } = path[place];
                        unwind(path, place);
                        (zero, one)
                    }
                    None => (1.0, 1.0),
                };
                for (to, is_own) in [(*below, is_below), (*above, !is_below)] {
                    let step = Step {
                        column: *column,
                        zero: zero * self.part(at, to),
                        one: if is_own { one } else { 0.0 },
                        weight: 0.0,
                    };
                    // Where no way leads, whatever is known, nothing is added.
                    if step.zero > 0.0 || step.one > 0.0 {
                        self.walk(to, x, &mut path.clone(), step, values);
                    }
                }
            }
        }
    }
}

/// One more split: the sets that have its column grow by one.
fn extend(path: &mut Vec<Step>, step: Step) {
    let length = path.len();
    path.push(Step {
        weight: if length == 0 { 1.0 } else { 0.0 },
        ..step
    });
    let all = (length + 1) as f64;
    for place in (0..length).rev() {
        let own = path[place].weight;
        path[place + 1].weight += step.one * own * (place + 1) as f64 / all;
        path[place].weight = step.zero * own * (length - place) as f64 / all;
    }
}

/// The same path without one of its splits.
fn unwind(path: &mut Vec<Step>, at: usize) {
    let last = path.len() - 1;
    let all = (last + 1) as f64;
    let Step { zero, one, .. } = path[at];
    let mut next = path[last].weight;
    for place in (0..last).rev() {
        if one == 0.0 {
            path[place].weight *= all / (zero * (last - place) as f64);
        } else {
            let own = path[place].weight;
            path[place].weight = next * all / ((place + 1) as f64 * one);
            next = own - path[place].weight * zero * (last - place) as f64 / all;
        }
    }
    for place in at..last {
        let Step {
            column, zero, one, ..
        } = path[place + 1];
        path[place] = Step {
            column,
            zero,
            one,
            ..path[place]
        };
    }
    path.pop();
}

/// The sum of the weights of the path without one of its splits.
fn unwound(path: &[Step], at: usize) -> f64 {
    let last = path.len() - 1;
    let all = (last + 1) as f64;
    let Step { zero, one, .. } = path[at];
    let mut next = path[last].weight;
    let mut sum = 0.0;
    for place in (0..last).rev() {
        if one == 0.0 {
            sum += path[place].weight * all / (zero * (last - place) as f64);
        } else {
            let own = next * all / ((place + 1) as f64 * one);
            sum += own;
            next = path[place].weight - own * zero * (last - place) as f64 / all;
        }
    }
    sum
}
