//! linfa's decision tree, with weights: of linfa's learners the only one that honours them.
//!
//! In: rows, labels, weights. Out: the share of positive weight in the leaf of a row, from the
//! training rows at full precision (linfa's own weights are `f32`, and its leaves say a label only).
//!
//! linfa is asked for one split at a time, of the rows of one node. A whole tree of its own lacks
//! splits: it prunes those between leaves of one majority, and below the root it never tries a cut
//! behind a value whose last row, in sorted order, is in another node. One split at a time is CART.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_trees::DecisionTree;
use ndarray::{Array1, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Fitted, Learner, Model, Sample, Saved, Scorer};
use crate::error::Result;

/// The line of the registry.
pub const MODEL: Model = Model {
    name: "tree",
    about: "linfa's decision tree, depth 6",
    source: "linfa-trees 0.8.1 (CART with Gini's impurity)",
    learner: &Cart { least: 0.0 },
    is_weighted: true,
};

/// The same for tables that may be small: no leaf is of fewer than [`LEAST`] rows.
pub const WARY: Model = Model {
    name: "wary-tree",
    about: "linfa's decision tree, depth 6, 20 rows a leaf",
    source: MODEL.source,
    learner: &Cart { least: LEAST },
    is_weighted: true,
};

/// What a leaf of a [`WARY`] tree weighs at least.
pub const LEAST: f64 = 20.0;
/// Splits from the root to a leaf at most.
const DEPTH: usize = 6;
/// Part of the weight that a leaf has at least.
const LEAF: f64 = 0.005;
/// Gini's impurity is a sum of `f32`: what decreases it by less is rounding.
const DECREASE: f64 = 1e-6;
/// Nodes of more cells grow on several threads.
const LARGE: usize = 1 << 14;

struct Cart {
    /// What a leaf weighs at least, beside its part of the whole.
    least: f64,
}

/// A node: where it splits, or what its training rows weigh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Node {
    /// It splits.
    Split {
        /// By this column.
        column: usize,
        /// What is not above it goes `below`.
        cut: f64,
        /// The number of a node.
        below: usize,
        /// The number of a node.
        above: usize,
    },
    /// It ends.
    Leaf {
        /// Of its training rows.
        weight: f64,
        /// Of those of them that are positive.
        positive: f64,
    },
}

/// Nodes, the root first.
pub(super) struct Tree(pub(super) Vec<Node>);

/// A node that grew, with all below it.
enum Grown {
    Split {
        column: usize,
        cut: f64,
        sides: Box<[Grown; 2]>,
    },
    Leaf {
        weight: f64,
        positive: f64,
    },
}

impl Learner for Cart {
    fn fit(&self, sample: &Sample) -> Result<Fitted> {
        let total: f64 = sample.weights.iter().sum();
        let tree = grown(sample, DEPTH, (LEAF * total).max(self.least))?;
        Ok(Fitted {
            scorer: Box::new(tree),
            notes: Vec::new(),
        })
    }
}

/// A tree of these rows, whose leaves weigh `least` at least.
pub(super) fn grown(sample: &Sample, depth: usize, least: f64) -> Result<Tree> {
    let total: f64 = sample.weights.iter().sum();
    // Sums of f32 stay exact for longest around 1; a power of two leaves whole weights exact.
    let unit = (sample.y.len() as f64 / total).log2().round().exp2();
    let weights = sample.weights.iter().map(|&w| (w * unit) as f32);
    let growing = Growing {
        sample: *sample,
        scaled: weights.map(|w| w.max(f32::MIN_POSITIVE)).collect(),
        leaf: (least * unit) as f32,
    };
    let all: Vec<usize> = (0..sample.y.len()).collect();
    let mut tree = Tree(Vec::new());
    tree.add(growing.node(&all, depth)?);
    Ok(tree)
}

/// A tree that grows.
struct Growing<'a> {
    sample: Sample<'a>,
    /// The weights, about 1 on average.
    scaled: Vec<f32>,
    /// What a leaf weighs at least, on that scale.
    leaf: f32,
}

impl Growing<'_> {
    /// The node of these rows, with all below it.
    fn node(&self, rows: &[usize], depth: usize) -> Result<Grown> {
        let split = if depth == 0 { None } else { self.split(rows)? };
        let Some((column, cut)) = split else {
            return Ok(self.leaf(rows));
        };
        let is_below = |row: &&usize| self.sample.x[[**row, column]] <= cut;
        let (below, above): (Vec<usize>, Vec<usize>) = rows.iter().partition(|row| is_below(row));
        // The middle of two neighbours may be one of them, or infinite.
        if below.is_empty() || above.is_empty() {
            return Ok(self.leaf(rows));
        }
        let grow = |rows: &[usize]| self.node(rows, depth - 1);
        let (below, above) = if rows.len() * self.sample.x.ncols() > LARGE {
            rayon::join(|| grow(&below), || grow(&above))
        } else {
            (grow(&below), grow(&above))
        };
        Ok(Grown::Split {
            column,
            cut,
            sides: Box::new([below?, above?]),
        })
    }

    /// The best split of these rows, as linfa finds it, if there is one.
    fn split(&self, rows: &[usize]) -> Result<Option<(usize, f64)>> {
        let y = rows.iter().map(|&row| self.sample.y[row]);
        let weights: Array1<f32> = rows.iter().map(|&row| self.scaled[row]).collect();
        let has_both = y.clone().any(|y| y) && y.clone().any(|y| !y);
        if !has_both || weights.sum() < 2.0 * self.leaf {
            return Ok(None);
        }
        let x = self.sample.x.select(Axis(0), rows);
        let targets: Array1<bool> = y.collect();
        let dataset = DatasetBase::new(x, targets).with_weights(weights);
        let stump: DecisionTree<f64, bool> = DecisionTree::params()
            .max_depth(Some(1))
            .min_weight_split(0.0)
            .min_weight_leaf(self.leaf)
            .min_impurity_decrease(DECREASE)
            .fit(&dataset)?;
        // A root that was pruned still says where it split.
        let (column, cut, decrease) = stump.root_node().split();
        Ok((decrease > 0.0).then_some((column, cut)))
    }

    fn leaf(&self, rows: &[usize]) -> Grown {
        let (mut weight, mut positive) = (0.0, 0.0);
        for &row in rows {
            weight += self.sample.weights[row];
            if self.sample.y[row] {
                positive += self.sample.weights[row];
            }
        }
        Grown::Leaf { weight, positive }
    }
}

impl Tree {
    /// Adds a node with all below it; its number.
    fn add(&mut self, grown: Grown) -> usize {
        let own = self.0.len();
        match grown {
            Grown::Leaf { weight, positive } => self.0.push(Node::Leaf { weight, positive }),
            Grown::Split { column, cut, sides } => {
                self.0.push(Node::Leaf {
                    weight: 0.0,
                    positive: 0.0,
                });
                let [below, above] = *sides;
                let (below, above) = (self.add(below), self.add(above));
                self.0[own] = Node::Split {
                    column,
                    cut,
                    below,
                    above,
                };
            }
        }
        own
    }

    /// The share of positive weight in the leaf of a row.
    pub(super) fn share(&self, row: ArrayView1<f64>) -> f64 {
        let mut at = 0;
        loop {
            match &self.0[at] {
                Node::Leaf { weight, positive } if *weight > 0.0 => return positive / weight,
                Node::Leaf { .. } => return 0.5,
                // As linfa parts the training rows; its own prediction takes what is equal for above.
                Node::Split {
                    column,
                    cut,
                    below,
                    above,
                } => at = if row[*column] <= *cut { *below } else { *above },
            }
        }
    }
}

impl Scorer for Tree {
    fn score(&self, x: ArrayView2<f64>) -> Array1<f64> {
        let rows = (0..x.nrows()).into_par_iter();
        Array1::from(rows.map(|row| self.share(x.row(row))).collect::<Vec<_>>())
    }

    fn saved(&self) -> Saved {
        let nodes = self.0.clone();
        Saved::Tree { nodes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(model: &Model, x: &[[f64; 2]], y: &[bool]) -> Vec<f64> {
        let x = ndarray::arr2(x);
        let weights = vec![1.0; y.len()];
        let sample = Sample {
            x: x.view(),
            y,
            weights: &weights,
            seed: 0,
        };
        let fitted = super::super::fit(model, &sample, &[]).unwrap();
        fitted.scorer.score(x.view()).to_vec()
    }

    #[test]
    fn leaves_of_one_majority_stay_apart_and_ties_in_another_node_hide_no_cut() {
        // Of 100 rows: the first column parts them, the second one matters within each side alone;
        // all four shares are over a half.
        let row = |i: usize| [(i % 2) as f64, (i / 2 % 2) as f64];
        let x: Vec<[f64; 2]> = (0..400).map(row).collect();
        let y: Vec<bool> = (0..400).map(|i| i / 4 < [98, 90, 80, 55][i % 4]).collect();
        let found = shares(&MODEL, &x, &y);
        for (i, share) in [0.98, 0.9, 0.8, 0.55].into_iter().enumerate() {
            assert!((found[i] - share).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn a_wary_tree_has_no_small_leaf() {
        let x: Vec<[f64; 2]> = (0..40).map(|i| [f64::from(i), 0.0]).collect();
        let y: Vec<bool> = (0..40).map(|i| i < 5).collect();
        let of = |model| {
            let mut found = shares(model, &x, &y);
            found.dedup();
            found
        };
        assert_eq!(of(&MODEL), [1.0, 0.0]);
        assert_eq!(of(&WARY), [0.25, 0.0]);
    }
}
