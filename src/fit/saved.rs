//! A fitted model as plain data, and back again.
//!
//! In: a model. Out: what its JSON is; scored from there, every row gets the very same score.

use ndarray::{Array1, ArrayView2};
use serde::{Deserialize, Serialize};

use super::Scorer;
use super::bayes::Bayes;
use super::forest::{Forest, TREES};
use super::guard::{Constant, Guarded};
use super::logistic::Logistic;
use super::mixture::Mixture;
use super::tree::{Node, Tree};

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Saved {
    /// The same score for everyone.
    Constant {
        /// It.
        score: f64,
    },
    /// A model of some of the columns.
    Columns {
        /// Which.
        kept: Vec<usize>,
        /// It.
        inner: Box<Saved>,
    },
    /// Logistic regression.
    Logistic {
        /// One for each column.
        coefficients: Vec<f64>,
        /// The linear predictor of a row of zeros.
        intercept: f64,
    },
    /// A decision tree; the first node is the root.
    Tree {
        /// Nodes point to others by number.
        nodes: Vec<Node>,
    },
    /// An ensemble of decision trees.
    Forest {
        /// The nodes of each.
        trees: Vec<Vec<Node>>,
    },
    /// Naive Bayes: of the negative and the positive label the logarithm of its share, and mean and
    /// variance of each column.
    Bayes {
        /// Both labels.
        labels: [(f64, Vec<(f64, f64)>); 2],
    },
    /// Models of which one is drawn for each row.
    Mixture {
        /// How likely each is, and it.
        parts: Vec<(f64, Saved)>,
    },
}

impl Saved {
    /// The model.
    pub fn scorer(&self) -> Box<dyn Scorer> {
        match self {
            Self::Constant { score } => Box::new(Constant(*score)),
            Self::Columns { kept, inner } => Box::new(Guarded {
                inner: inner.scorer(),
                kept: kept.clone(),
            }),
            Self::Logistic {
                coefficients,
                intercept,
            } => Box::new(Logistic {
                coefficients: Array1::from(coefficients.clone()),
                intercept: *intercept,
                steps: 0,
                separates: false,
            }),
            Self::Tree { nodes } => Box::new(Tree(nodes.clone())),
            Self::Forest { trees } => Box::new(Forest(trees.iter().cloned().map(Tree).collect())),
            Self::Bayes { labels } => Box::new(Bayes {
                labels: labels.clone(),
            }),
            Self::Mixture { parts } => {
                let parts = parts.iter().map(|(chance, part)| (*chance, part.scorer()));
                Box::new(Mixture(parts.collect()))
            }
        }
    }

    /// Why no row of so many columns can be scored; a file may have been written by anyone.
    pub fn problem(&self, columns: usize) -> Option<&'static str> {
        let is_wrong = match self {
            Self::Constant { score } => !(0.0..=1.0).contains(score),
            Self::Columns { kept, inner } => {
                let is_within = kept.iter().all(|&column| column < columns);
                return if is_within {
                    inner.problem(kept.len())
                } else {
                    Some("the model has more columns than its features")
                };
            }
            Self::Logistic { coefficients, .. } => coefficients.len() != columns,
            Self::Tree { nodes } => !is_tree(nodes, columns),
            Self::Forest { trees } => {
                let are_trees = trees.iter().all(|nodes| is_tree(nodes, columns));
                trees.len() != TREES || !are_trees
            }
            Self::Bayes { labels } => labels.iter().any(|(_, own)| own.len() != columns),
            Self::Mixture { parts } => {
                let sum: f64 = parts.iter().map(|(chance, _)| chance).sum();
                // One within another would let a file ask for any depth.
                let is_part = |(chance, part): &(f64, Self)| {
                    !matches!(part, Self::Mixture { .. })
                        && (0.0..=1.0).contains(chance)
                        && part.problem(columns).is_none()
                };
                (sum - 1.0).abs() > 1e-9 || !parts.iter().all(is_part)
            }
        };
        is_wrong.then_some("the model does not fit its features")
    }

    /// The coefficient of each column that has one, by its number, and the intercept.
    pub fn coefficients(&self) -> Option<(Vec<(usize, f64)>, f64)> {
        match self {
            Self::Logistic {
                coefficients,
                intercept,
            } => Some((
                coefficients.iter().copied().enumerate().collect(),
                *intercept,
            )),
            Self::Columns { kept, inner } => {
                let (own, intercept) = inner.coefficients()?;
                let placed = own.into_iter().map(|(at, x)| (kept[at], x)).collect();
                Some((placed, intercept))
            }
            _ => None,
        }
    }

    /// The scores of some rows.
    pub fn score(&self, x: ArrayView2<f64>) -> Array1<f64> {
        self.scorer().score(x)
    }
}

/// Whether every path of a tree ends.
fn is_tree(nodes: &[Node], columns: usize) -> bool {
    let is_node = |(at, node): (usize, &Node)| match node {
        // Children stand behind their parents: no path is a circle.
        Node::Split {
            column,
            below,
            above,
            ..
        } => {
            let children = [*below, *above];
            *column < columns && children.iter().all(|&to| at < to && to < nodes.len())
        }
        Node::Leaf { .. } => true,
    };
    !nodes.is_empty() && nodes.iter().enumerate().all(is_node)
}
