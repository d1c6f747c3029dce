//! linfa's decision tree, with weights: of linfa's learners the only one that honours them.
//!
//! In: rows, labels, weights. Out: the share of positive weight in the leaf of a row, from the
//! training rows at full precision (linfa's own weights are `f32`, and its leaves say a label only).

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_trees::{DecisionTree, TreeNode};
use ndarray::{Array1, ArrayView1, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Fitted, Learner, Model, Sample, Saved, Scorer};
use crate::error::Result;

/// The line of the registry.
pub const MODEL: Model = Model {
    name: "tree",
    about: "linfa's decision tree, depth 6",
    source: "linfa-trees 0.8.1 (CART with Gini's impurity)",
    learner: &Cart,
};

/// Splits from the root to a leaf at most.
const DEPTH: usize = 6;
/// Part of the weight that a leaf has at least.
const LEAF: f32 = 0.005;
/// By how much the positive label counts for more, so that no leaf is a draw: linfa breaks draws by
/// the order of a hash table, which differs from run to run.
const TILT: f32 = 1.0 + 1.0 / 262_144.0;

struct Cart;

/// A node: where it splits, or how likely its rows are positive.
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

pub(super) struct Tree(pub(super) Vec<Node>);

impl Learner for Cart {
    fn fit(&self, sample: &Sample) -> Result<Fitted> {
        let total: f64 = sample.weights.iter().sum();
        let rows = sample.y.len() as f64;
        // Sums of f32 stay exact for longest around 1.
        let weights = sample.weights.iter().zip(sample.y).map(|(&w, &y)| {
            let weight = (w / total * rows) as f32;
            (if y { weight * TILT } else { weight }).max(f32::MIN_POSITIVE)
        });
        let weights: Array1<f32> = weights.collect();
        let targets: Array1<bool> = sample.y.iter().copied().collect();
        let dataset = DatasetBase::new(sample.x, targets).with_weights(weights);
        let fitted: DecisionTree<f64, bool> = DecisionTree::params()
            .max_depth(Some(DEPTH))
            .min_weight_split(0.0)
            .min_weight_leaf(LEAF * rows as f32)
            .fit(&dataset)?;
        let mut tree = Tree(Vec::new());
        tree.add(fitted.root_node());
        for (row, (&w, &y)) in sample.weights.iter().zip(sample.y).enumerate() {
            let leaf = tree.leaf(sample.x.row(row));
            if let Some(Node::Leaf { weight, positive }) = tree.0.get_mut(leaf) {
                *weight += w;
                *positive += if y { w } else { 0.0 };
            }
        }
        Ok(Fitted {
            scorer: Box::new(tree),
            notes: Vec::new(),
        })
    }
}

impl Tree {
    /// Adds a node with all below it; its number.
    fn add(&mut self, node: &TreeNode<f64, bool>) -> usize {
        let own = self.0.len();
        self.0.push(Node::Leaf {
            weight: 0.0,
            positive: 0.0,
        });
        let children = node.children();
        if let [Some(below), Some(above)] = children.as_slice()
            && !node.is_leaf()
        {
            let (column, cut, _) = node.split();
            let (below, above) = (self.add(below), self.add(above));
            self.0[own] = Node::Split {
                column,
                cut,
                below,
                above,
            };
        }
        own
    }

    fn leaf(&self, row: ArrayView1<f64>) -> usize {
        let mut at = 0;
        while let Node::Split {
            column,
            cut,
            below,
            above,
        } = &self.0[at]
        {
            // As linfa parts the training rows; its own prediction takes what is equal for above.
            at = if row[*column] <= *cut { *below } else { *above };
        }
        at
    }
}

impl Scorer for Tree {
    fn score(&self, x: ArrayView2<f64>) -> Array1<f64> {
        let rows = (0..x.nrows())
            .into_par_iter()
            .map(|row| match &self.0[self.leaf(x.row(row))] {
                Node::Leaf { weight, positive } if *weight > 0.0 => positive / weight,
                _ => 0.5,
            });
        Array1::from(rows.collect::<Vec<f64>>())
    }

    fn saved(&self) -> Saved {
        let nodes = self.0.clone();
        Saved::Tree { nodes }
    }
}
