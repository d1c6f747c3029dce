//! The nearest row that a tree decides on otherwise: exact, among the values that occur.
//!
//! In: a tree behind an encoder, and what may be changed. Out: of a row the cheapest changes that
//! bring it into a leaf of the other decision. Every such leaf is a box of the matrix; a box that
//! costs more than the best one so far is left (branch and bound).

use ndarray::ArrayView1;

use super::actions::{Action, LEVEL, Norm, Path, To, level_of, number_of};
use crate::fit::encoder::{Coded, Encoder};
use crate::fit::features::Feature;
use crate::fit::tree::Node;

/// What a column must be above, and must not be above.
type Sides = (f64, f64);

/// A leaf of the wanted decision: of every column of the matrix what it must be.
pub struct Leaf(Vec<Sides>);

/// A tree, as the boxes of its wanted leaves.
pub struct Boxes<'a> {
    pub(super) encoder: &'a Encoder,
    /// The feature that each column is of.
    of: Vec<usize>,
    leaves: Vec<Leaf>,
    norm: Norm,
}

impl<'a> Boxes<'a> {
    /// The leaves of nodes that are wanted; `kept` are the columns of the matrix that the tree sees.
    pub fn new(
        encoder: &'a Encoder,
        (nodes, kept): (&[Node], &[usize]),
        norm: Norm,
        is_wanted: &dyn Fn(f64) -> bool,
    ) -> Self {
        let whole = vec![(f64::NEG_INFINITY, f64::INFINITY); encoder.names.len()];
        let mut open = vec![(0, whole)];
        let mut leaves = Vec::new();
        while let Some((at, sides)) = open.pop() {
            match &nodes[at] {
                Node::Leaf { weight, positive } => {
                    if is_wanted(positive / weight) {
                        leaves.push(Leaf(sides));
                    }
                }
                Node::Split {
                    column,
                    cut,
                    below,
                    above,
                } => {
                    let column = kept[*column];
                    let (mut low, mut high) = (sides.clone(), sides);
                    low[column].1 = low[column].1.min(*cut);
                    high[column].0 = high[column].0.max(*cut);
                    open.push((*above, high));
                    open.push((*below, low));
                }
            }
        }
        Self {
            encoder,
            of: encoder.of(),
            leaves,
            norm,
        }
    }

    /// The cheapest path of a row, of which `z` is the row of the matrix; none where no leaf can be reached.
    pub fn path(
        &self,
        features: &[Feature],
        actions: &[Action],
        (row, z): (u32, ArrayView1<f64>),
    ) -> Option<Path> {
        let mut best: Option<Path> = None;
        for leaf in &self.leaves {
            let most = best.as_ref().map_or(f64::INFINITY, |best| best.cost);
            if let Some((changes, cost)) = self.into(leaf, (features, actions), (row, z), most) {
                best = Some(Path {
                    row,
                    changes,
                    cost,
                    is_exact: true,
                });
            }
        }
        best
    }

    /// Whether a row is within a leaf by the columns of one feature.
    fn is_in(&self, leaf: &Leaf, feature: usize, z: ArrayView1<f64>) -> bool {
        let own = (0..z.len()).filter(|column| self.of[*column] == feature);
        let mut sides = own.map(|column| (leaf.0[column], z[column]));
        sides.all(|((low, high), z)| low < z && z <= high)
    }

    /// The cheapest changes into a leaf, if they cost less than `most`.
    fn into(
        &self,
        leaf: &Leaf,
        (features, actions): (&[Feature], &[Action]),
        (row, z): (u32, ArrayView1<f64>),
        most: f64,
    ) -> Option<(Vec<(usize, To)>, f64)> {
        let mut changes = Vec::new();
        let mut cost = 0.0;
        for (at, (feature, action)) in features.iter().zip(actions).enumerate() {
            let step = match self.encoder.coded(at) {
                Coded::Nothing if !self.is_in(leaf, at, z) => return None,
                Coded::Nothing => None,
                Coded::Number { .. } => self.number((leaf, at), number_of(feature, row), action)?,
                Coded::Levels { .. } => self.level((leaf, at), level_of(feature, row), action)?,
            };
            if let Some((to, own)) = step {
                cost = self.norm.with(cost, own);
                changes.push((at, to));
            }
            if cost >= most {
                return None;
            }
        }
        Some((changes, cost))
    }

    /// The step of a number: none is needed, one, or (`None`) none is enough.
    #[expect(
        clippy::option_option,
        reason = "there may be no need of a step, or no such step"
    )]
    fn number(
        &self,
        (leaf, feature): (&Leaf, usize),
        from: Option<f64>,
        action: &Action,
    ) -> Option<Option<(To, f64)>> {
        let Coded::Number {
            column,
            unit,
            middle,
            scale,
        } = self.encoder.coded(feature)
        else {
            return Some(None);
        };
        let is_in = |column: usize, z: f64| leaf.0[column].0 < z && z <= leaf.0[column].1;
        // The column behind it may say that it is missing.
        let says_missing = self.of.get(column + 1) == Some(&feature);
        let is_missing = f64::from(u8::from(from.is_none()));
        if says_missing && !is_in(column + 1, is_missing) {
            return None;
        }
        let code = |x: f64| ((x / unit - middle) / scale).clamp(-1e9, 1e9);
        let now = from.map_or(0.0, code);
        if is_in(column, now) {
            return Some(None);
        }
        let (from, Action::Number { values, .. }) = (from?, action) else {
            return None;
        };
        // Values are in order: the nearest is the first above what it must be above, or the last
        // that is not above what it must not be above.
        let (least, most) = leaf.0[column];
        let best = if now <= least {
            values.get(values.partition_point(|x| code(*x) <= least))
        } else {
            let beyond = values.partition_point(|x| code(*x) <= most);
            beyond.checked_sub(1).and_then(|at| values.get(at))
        };
        let best = *best.filter(|x| is_in(column, code(**x)) && action.allows(from, **x))?;
        Some(Some((To::Number(best), action.cost(from, best))))
    }

    /// The step of a level, likewise.
    #[expect(
        clippy::option_option,
        reason = "there may be no need of a step, or no such step"
    )]
    fn level(
        &self,
        (leaf, feature): (&Leaf, usize),
        from: Option<&str>,
        action: &Action,
    ) -> Option<Option<(To, f64)>> {
        let Coded::Levels {
            column,
            levels,
            baseline,
            ..
        } = self.encoder.coded(feature)
        else {
            return Some(None);
        };
        let width = self.of.iter().filter(|own| **own == feature).count();
        let fits = |level: Option<&str>| {
            let found = levels
                .binary_search_by(|own| own.as_deref().cmp(&level))
                .ok();
            // What has no column of its own is the rest, unless it is the baseline.
            let rest = (baseline != level && width > levels.len()).then_some(levels.len());
            let on = found.or(rest);
            (0..width).all(|at| {
                let z = f64::from(u8::from(on == Some(at)));
                leaf.0[column + at].0 < z && z <= leaf.0[column + at].1
            })
        };
        if fits(from) {
            return Some(None);
        }
        let (Some(_), Action::Level(known)) = (from, action) else {
            return None;
        };
        let to = known.iter().find(|level| fits(Some(level)))?;
        Some(Some((To::Level(to.clone()), LEVEL)))
    }
}
