//! linfa's ensemble: trees of rows and columns that are drawn at random, each with its say.
//!
//! In: rows that all count the same, and a seed. Out: the mean over the trees of the share of positive
//! rows in the leaf of a row. linfa draws rows and columns; each tree grows one split of linfa's at a
//! time (why: `tree`), since what linfa's whole trees prune depends on the order of a hash map, which
//! is another one in every run. Rows that a tree draws are bounded, and so is the time.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_ensemble::EnsembleLearnerParams;
use ndarray::{Array1, Array2, ArrayView2};
use rand::{Error, RngCore};
use rayon::prelude::*;

use super::drawn::Drawn;
use super::tree::{Node, Tree};
use super::{Fitted, Learner, Model, Sample, Saved, Scorer, tree};
use crate::error::Result;
use crate::stats::random::{Stream, Streams};

/// The line of the registry.
pub const MODEL: Model = Model {
    name: "forest",
    about: "linfa's ensemble of 50 trees, depth 8; weights by resampling",
    source: "linfa-ensemble 0.8.1 (bagging: Breiman 1996, doi:10.1007/BF00058655; columns by tree: Ho \
             1998, doi:10.1109/34.709601)",
    learner: &Drawn {
        learner: Ensemble,
        note: "weights by resampling: linfa's ensemble ignores them, so rows are drawn in proportion \
               to weight",
    },
    is_weighted: false,
};

/// How many trees there are.
pub const TREES: usize = 50;
/// Splits from the root to a leaf at most.
const DEPTH: usize = 8;
/// Part of the columns that are drawn for each tree, with replacement.
const COLUMNS: f64 = 0.5;
/// Rows that a tree draws at most.
const ROWS: f64 = 10_000.0;
/// Part of a tree's rows that a leaf has at least, and rows.
const LEAF: (f64, f64) = (0.005, 5.0);

struct Ensemble;

/// Trees, by the columns of the matrix.
pub(super) struct Forest(pub(super) Vec<Tree>);

/// A tree of an ensemble, as linfa asks for it.
struct Base;

/// Our random numbers, as linfa asks for them.
#[derive(Clone)]
struct Random(Stream);

impl Fit<Array2<f64>, Array1<bool>, linfa::Error> for Base {
    type Object = Tree;

    fn fit(
        &self,
        rows: &DatasetBase<Array2<f64>, Array1<bool>>,
    ) -> std::result::Result<Tree, linfa::Error> {
        let y = rows.targets.to_vec();
        let weights = vec![1.0; y.len()];
        let sample = Sample {
            x: rows.records.view(),
            y: &y,
            weights: &weights,
            seed: 0,
        };
        let least = (LEAF.0 * y.len() as f64).max(LEAF.1);
        // linfa's ensemble panics where a tree fails: a tree that cannot grow is its root.
        Ok(tree::grown(&sample, DEPTH, least).unwrap_or_else(|_| Tree::root(&sample)))
    }
}

impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        (self.0.word() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0.word()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            let word = self.0.word().to_le_bytes();
            part.copy_from_slice(&word[..part.len()]);
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> std::result::Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl Learner for Ensemble {
    fn fit(&self, sample: &Sample) -> Result<Fitted> {
        let targets: Array1<bool> = sample.y.iter().copied().collect();
        let rows = DatasetBase::new(sample.x.to_owned(), targets);
        // Another stream than that of the rows drawn by weight.
        let random = Random(Streams::new(sample.seed).stream(1));
        let ensemble = EnsembleLearnerParams::new_fixed_rng(Base, random)
            .ensemble_size(TREES)
            .bootstrap_proportion((ROWS / sample.y.len() as f64).min(1.0))
            .feature_proportion(COLUMNS)
            .fit(&rows)?;
        let each = ensemble.models.into_iter().zip(&ensemble.model_features);
        let trees = each.map(|(tree, columns)| tree.placed(columns)).collect();
        Ok(Fitted {
            scorer: Box::new(Forest(trees)),
            notes: Vec::new(),
        })
    }
}

impl Scorer for Forest {
    fn score(&self, x: ArrayView2<f64>) -> Array1<f64> {
        let mean = |row: usize| {
            let shares = self.0.iter().map(|tree| tree.share(x.row(row)));
            shares.sum::<f64>() / self.0.len() as f64
        };
        let rows = (0..x.nrows()).into_par_iter();
        Array1::from(rows.map(mean).collect::<Vec<_>>())
    }

    fn saved(&self) -> Saved {
        let trees = self.0.iter().map(|tree| tree.0.clone());
        Saved::Forest {
            trees: trees.collect(),
        }
    }
}

impl Tree {
    /// One leaf.
    fn root(sample: &Sample) -> Self {
        let positive = sample.y.iter().filter(|y| **y).count();
        Self(vec![Node::Leaf {
            weight: sample.y.len() as f64,
            positive: positive as f64,
        }])
    }

    /// A tree of some columns as one of all columns.
    fn placed(mut self, columns: &[usize]) -> Self {
        for node in &mut self.0 {
            if let Node::Split { column, .. } = node {
                *column = columns[*column];
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    fn numbers(json: &Json) -> Vec<f64> {
        let list = json.as_array().unwrap();
        list.iter().map(|x| x.as_f64().unwrap()).collect()
    }

    /// `fixtures/forested.py` made the numbers, on rows of `fixtures/remedied.json`.
    #[test]
    fn the_area_is_that_of_scikit_learn() {
        let file = |name: &str| -> Json {
            let path = format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
        };
        let (table, expected) = (&file("remedied.json")["cases"][1], file("forested.json"));
        let rows = table["x"].as_array().unwrap();
        let width = rows[0].as_array().unwrap().len();
        let cells = rows.iter().flat_map(numbers).collect();
        let x = Array2::from_shape_vec((rows.len(), width), cells).unwrap();
        let y: Vec<bool> = numbers(&table["y"]).iter().map(|y| *y > 0.5).collect();
        let train = numbers(&table["train"]);
        let parts = [1.0, 0.0].map(|wanted| {
            let own: Vec<usize> = (0..y.len()).filter(|&row| train[row] == wanted).collect();
            let labels: Vec<bool> = own.iter().map(|&row| y[row]).collect();
            (x.select(ndarray::Axis(0), &own), labels)
        });
        let [(x, y), (held, labels)] = parts;
        let sample = Sample {
            x: x.view(),
            y: &y,
            weights: &vec![1.0; y.len()],
            seed: 0,
        };
        let scorer = super::super::fit(&MODEL, &sample, &[]).unwrap().scorer;
        let area = {
            let scores = scorer.score(held.view());
            let of = |label: bool| {
                let rows = scores.iter().zip(&labels);
                rows.filter(move |(_, y)| **y == label)
                    .map(|(score, _)| *score)
            };
            let pairs = of(true).flat_map(|a| of(false).map(move |b| (a, b)));
            let wins: f64 = pairs
                .map(|(a, b)| if a == b { 0.5 } else { f64::from(a > b) })
                .sum();
            wins / (of(true).count() * of(false).count()) as f64
        };
        let (theirs, spread) = (&expected["mean"], &expected["deviation"]);
        let off = (area - theirs.as_f64().unwrap()) / spread.as_f64().unwrap();
        assert!(off.abs() < 4.0, "{area}, not {theirs} +- {spread}");
    }

    #[test]
    fn weights_are_said_to_be_drawn_only_where_they_differ() {
        let x = Array2::from_shape_fn((200, 3), |(i, j)| ((i * 31 + j * 17) % 101) as f64);
        let y: Vec<bool> = (0..200).map(|i| (i * 31) % 101 > 60).collect();
        let fitted = |weights: &[f64], seed: u64| {
            let sample = Sample {
                x: x.view(),
                y: &y,
                weights,
                seed,
            };
            super::super::fit(&MODEL, &sample, &[]).unwrap()
        };
        let notes = |weights: &[f64]| fitted(weights, 3).notes;
        let scores = |seed: u64| fitted(&[1.0; 200], seed).scorer.score(x.view());
        assert_eq!(scores(1), scores(1));
        assert_ne!(scores(1), scores(2));
        assert!(notes(&[2.5; 200]).is_empty());
        let weights: Vec<f64> = (0..200).map(|i| 1.0 + f64::from(i % 2)).collect();
        assert!(notes(&weights)[0].starts_with("weights by resampling"));
    }
}
