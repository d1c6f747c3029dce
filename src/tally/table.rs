//! One attribute of a tally, laid out for the metrics: a row for each group.

use std::collections::BTreeMap;

use super::{Cell, Tally};
use crate::data::{Attribute, Coordinate, Favorable, Group, Plan, Role};
use crate::stats::{Discrimination, Merge};

/// One group of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which group; a coordinate for each axis of the tally.
    pub group: Group,
    /// Whether a value of the attribute is missing: shown, but out of comparisons.
    pub missing: bool,
    /// Its sums.
    pub cell: Cell,
    /// How well the score ranks within it; `None` without score or label.
    pub discrimination: Option<Discrimination>,
}

/// One attribute, in the whole data or in one stratum of the controls.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Which axes are compared.
    pub attribute: Attribute,
    /// Its name, `sex*race`.
    pub name: String,
    /// The values of the controls where this is one stratum; every coordinate any otherwise.
    pub stratum: Option<Group>,
    /// The groups in order of their codes, those with missing values last.
    pub rows: Vec<Row>,
    /// Sums of all compared groups (those with missing values are not among them).
    pub compared: Cell,
    /// Ranking of all compared groups together.
    pub discrimination: Option<Discrimination>,
    /// Combinations of values that no row has (intersections only).
    pub uncovered: Vec<Group>,
    /// Index in `rows` of the reference group, if it is a group.
    pub reference: Option<usize>,
    /// Which outcome people want.
    pub favorable: Favorable,
    /// Lowest and highest score seen, to tell probabilities from other scores.
    pub score_range: Option<(f64, f64)>,
    /// The same attribute within each stratum, where there are controls.
    pub strata: Vec<Table>,
}

impl Tally {
    /// The sums over all axes but those of `attribute`, one for each combination that occurs.
    pub fn by(&self, attribute: &[usize]) -> BTreeMap<Vec<u32>, Cell> {
        let mut groups: BTreeMap<Vec<u32>, Cell> = BTreeMap::new();
        for (key, cell) in &self.cells {
            let codes = attribute.iter().map(|&axis| key[axis]).collect();
            groups.entry(codes).or_default().merge(cell);
        }
        groups
    }

    /// The axes that are controls.
    pub fn controls(&self) -> Vec<usize> {
        (0..self.axes.len())
            .filter(|&i| self.axes[i].role == Role::Control)
            .collect()
    }

    /// The group of these codes of these axes.
    pub fn group(&self, axes: &[usize], codes: &[u32]) -> Group {
        let mut coordinates = vec![Coordinate::Any; self.axes.len()];
        for (&axis, &code) in axes.iter().zip(codes) {
            coordinates[axis] = match self.axes[axis].values.get(code as usize) {
                Some(value) => Coordinate::Is(value.clone()),
                None => Coordinate::Missing,
            };
        }
        Group(coordinates)
    }
}

/// Every attribute of the plan as a table, overall first (its attribute has no axis, its one row is
/// all rows), with reference groups chosen and strata filled where there are controls.
pub fn tables(tally: &Tally, plan: &Plan) -> Vec<Table> {
    let _ = (tally, plan);
    todo!()
}
