//! One attribute of a tally, laid out for the metrics: a row for each group.
//!
//! In: the cells of a [`Tally`] and a [`Plan`]. Out: one [`Table`] for each attribute, in the order
//! of the plan. Every cell is in exactly one row of a table, so that no row of the data is lost.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::cell::{MISSING, NEGATIVE, POSITIVE};
use super::margins::{self, Groups, Margins};
use super::rest::subtract;
use super::{Axis, Cell, Tally};
use crate::data::group::Values;
use crate::data::{Attribute, Coordinate, Favorable, Group, Plan, Ranks, Reference, Role};
use crate::stats::{Discrimination, Extent, Fraction, Merge, Wanted};

/// Combinations that are looked at for those that no row has.
pub const COMBINATIONS: u64 = 10_000;

/// One group of an attribute.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Which group; a coordinate for each axis of the tally.
    pub group: Group,
    /// Whether a value of the attribute is missing: shown, but out of comparisons.
    pub missing: bool,
    /// Its sums.
    pub cell: Cell,
    /// How well the score ranks within it; `None` without score or label.
    pub discrimination: Option<Discrimination>,
    /// What [`Table::rest`] found, once it was asked.
    pub rest: OnceLock<Box<Cell>>,
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
    /// Sums of all groups, those with missing values included.
    pub total: Cell,
    /// Ranking of all compared groups together.
    pub discrimination: Option<Discrimination>,
    /// Combinations of values that no row has (intersections only), in order; those among the
    /// first [`COMBINATIONS`].
    pub uncovered: Vec<Group>,
    /// How many such combinations there are in all, listed or not.
    pub uncovered_count: u64,
    /// Indices of `rows` in the order of their groups, for [`Table::find`].
    pub sorted: Vec<u32>,
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
    /// Of each value of an axis, by its code: rows, and whether they weigh anything.
    pub fn margin(&self, axis: usize) -> BTreeMap<u32, (u64, bool)> {
        let mut margin: Vec<Option<(u64, bool)>> = vec![None; self.axes[axis].values.len() + 1];
        for (key, cell) in &self.cells {
            let (rows, weighs) = margin[key[axis] as usize].get_or_insert_default();
            *rows += cell.rows.iter().flatten().sum::<u64>();
            *weighs = *weighs || cell.weighs();
        }
        let there = (0..).zip(margin);
        there
            .filter_map(|(code, sums)| Some((code, sums?)))
            .collect()
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

    /// The values of all columns that matter in a group, by column.
    pub fn values(&self, group: &Group) -> Values {
        values(&self.axes, group)
    }
}

/// The same, of these axes.
pub fn values(axes: &[Axis], group: &Group) -> Values {
    let coordinates = group.0.iter().enumerate();
    coordinates
        .filter_map(|(axis, coordinate)| value(&axes[axis], coordinate))
        .collect()
}

/// The value that a coordinate names; `None` inside where it is missing.
pub fn value(axis: &Axis, coordinate: &Coordinate) -> Option<(String, Option<String>)> {
    let value = match coordinate {
        Coordinate::Is(value) => Some(value.clone()),
        Coordinate::Missing => None,
        Coordinate::Any => return None,
    };
    Some((axis.name.clone(), value))
}

impl Table {
    /// The rows that are compared: those without missing values.
    pub fn compared_rows(&self) -> &[Row] {
        let end = self.rows.partition_point(|row| !row.missing);
        &self.rows[..end]
    }

    /// The row of a group.
    pub fn find(&self, group: &Group) -> Option<usize> {
        self.sorted
            .binary_search_by(|&i| self.rows[i as usize].group.cmp(group))
            .ok()
            .map(|at| self.sorted[at] as usize)
    }

    /// Rows and weights of all compared groups but this one of them, exactly; no scores.
    pub fn rest<'a>(&self, row: &'a Row) -> &'a Cell {
        row.rest.get_or_init(|| {
            Box::new(without(
                row,
                Cell {
                    rows: self.compared.rows,
                    weights: self.compared.weights.clone(),
                    scores: None,
                },
            ))
        })
    }

    /// The same with the sums of scores.
    pub fn rest_with_scores(&self, row: &Row) -> Cell {
        without(row, self.compared.clone())
    }
}

/// `all` without what is in a row; a missing value's is not in it.
fn without(row: &Row, mut all: Cell) -> Cell {
    if !row.missing {
        subtract(&mut all, &row.cell);
    }
    all
}

/// The values of a group as the attribute was written: `sex*race` has the sex first, whatever the
/// order of the columns.
fn in_order(attribute: &Attribute, group: &Group) -> String {
    let coordinates = attribute.0.iter().map(|&axis| group.0[axis].clone());
    Group(coordinates.collect()).to_string()
}

/// Every attribute of the plan as a table, overall first (its attribute has no axis, its one row is
/// all rows), with reference groups chosen and strata filled where there are controls.
///
/// A reference that is asked for by value is `None` where no group has the value; where it is only
/// the default for all attributes, those that do not have it take their largest group.
pub fn tables(tally: &Tally, plan: &Plan) -> Vec<Table> {
    let layout = Layout::new(tally, plan);
    let mut attributes = vec![Attribute::default()];
    attributes.extend(plan.attributes.iter().filter(|a| !a.0.is_empty()).cloned());
    let axes = attributes.iter().map(|attribute| attribute.0.as_slice());
    let margins = Margins::new(tally, &layout.keys, &layout.cells, axes);
    let tables = attributes.par_iter();
    let mut tables: Vec<(Table, Vec<Groups>)> = tables
        .map(|attribute| layout.table(attribute, &margins))
        .collect();
    layout.rank(&mut tables);
    tables.into_iter().map(|(table, _)| table).collect()
}

/// A tally by number of the cell, which is how rankings name cells.
struct Layout<'a> {
    tally: &'a Tally,
    plan: &'a Plan,
    names: Vec<String>,
    keys: Vec<&'a [u32]>,
    cells: Vec<&'a Cell>,
    /// The cells of each stratum, with its group; empty without controls.
    strata: Vec<(Group, Vec<u32>)>,
}

impl<'a> Layout<'a> {
    fn new(tally: &'a Tally, plan: &'a Plan) -> Self {
        let mut layout = Self {
            tally,
            plan,
            names: tally.axes.iter().map(|axis| axis.name.clone()).collect(),
            keys: tally.cells.keys().map(|key| &**key).collect(),
            cells: tally.cells.values().collect(),
            strata: Vec::new(),
        };
        let controls = tally.controls();
        if !controls.is_empty() {
            let Groups { order, ranges } = layout.groups(&controls, layout.all());
            layout.strata = ranges
                .into_iter()
                .map(|range| {
                    let group = layout.group(&controls, order[range.start]);
                    (group, order[range].to_vec())
                })
                .collect();
        }
        layout
    }

    fn all(&self) -> Vec<u32> {
        (0..self.cells.len() as u32).collect()
    }

    fn is_missing(&self, axes: &[usize], cell: u32) -> bool {
        margins::is_missing(&self.tally.axes, axes, self.keys[cell as usize])
    }

    fn group(&self, axes: &[usize], cell: u32) -> Group {
        let key = self.keys[cell as usize];
        let codes: Vec<u32> = axes.iter().map(|&axis| key[axis]).collect();
        self.tally.group(axes, &codes)
    }

    fn groups(&self, axes: &[usize], cells: Vec<u32>) -> Groups {
        margins::groups(&self.tally.axes, axes, &self.keys, cells)
    }

    /// The table of an attribute, not ranked yet; its groups, and those of its strata.
    fn table(&self, attribute: &Attribute, margins: &Margins) -> (Table, Vec<Groups>) {
        let groups = self.groups(&attribute.0, self.all());
        let mut table = self.bare(attribute, &groups, margins.of(&attribute.0));
        table.reference = self.reference(&table);
        if attribute.0.len() > 1 {
            (table.uncovered, table.uncovered_count) = self.uncovered(&attribute.0, &groups);
        }
        let mut all = vec![groups];
        let reference = table.reference.map(|at| table.rows[at].group.clone());
        for (stratum, cells) in &self.strata {
            let groups = self.groups(&attribute.0, cells.clone());
            let sums = margins::sums(&groups, &self.cells);
            let mut within = self.bare(attribute, &groups, sums);
            within.stratum = Some(stratum.clone());
            within.reference = reference.as_ref().and_then(|group| within.find(group));
            table.strata.push(within);
            all.push(groups);
        }
        (table, all)
    }

    /// The table of these groups and their sums, but for what only the whole data have.
    fn bare(&self, attribute: &Attribute, groups: &Groups, sums: Vec<Cell>) -> Table {
        let axes = &attribute.0;
        let (mut compared, mut missing) = (Cell::default(), Cell::default());
        let mut rows = Vec::with_capacity(groups.ranges.len());
        for (range, cell) in groups.ranges.iter().zip(sums) {
            let first = groups.order[range.start];
            let row = Row {
                group: self.group(axes, first),
                missing: self.is_missing(axes, first),
                cell,
                ..Row::default()
            };
            let side = if row.missing {
                &mut missing
            } else {
                &mut compared
            };
            side.merge(&row.cell);
            rows.push(row);
        }
        if rows.is_empty() && axes.is_empty() {
            rows.push(Row {
                group: self.tally.group(&[], &[]),
                ..Row::default()
            });
        }
        let mut total = compared.clone();
        total.merge(&missing);
        let mut sorted: Vec<u32> = (0..rows.len() as u32).collect();
        sorted.sort_by(|&a, &b| rows[a as usize].group.cmp(&rows[b as usize].group));
        Table {
            attribute: attribute.clone(),
            name: attribute.name(&self.names),
            stratum: None,
            rows,
            compared,
            total,
            discrimination: None,
            uncovered: Vec::new(),
            uncovered_count: 0,
            sorted,
            reference: None,
            favorable: self.plan.favorable,
            score_range: self.tally.score_range,
            strata: Vec::new(),
        }
    }

    fn reference(&self, table: &Table) -> Option<usize> {
        if table.attribute.0.is_empty() {
            return None;
        }
        let (default, named) = &self.plan.reference;
        let named = named.iter().find(|(name, _)| *name == table.name);
        let asked = named.map_or(default, |(_, reference)| reference);
        match asked {
            Reference::Overall | Reference::Rest => None,
            Reference::Largest => largest(table),
            Reference::Best => best(table),
            Reference::Value(text) => {
                let at = table
                    .compared_rows()
                    .iter()
                    .position(|row| in_order(&table.attribute, &row.group) == *text);
                if named.is_some() {
                    at
                } else {
                    at.or_else(|| largest(table))
                }
            }
        }
    }

    /// What is wanted of the ranking for a table.
    fn wanted(&self, table: &Table, groups: &Groups) -> Wanted {
        let ranks = self.plan.ranks;
        let mut group_of = vec![u32::MAX; self.cells.len()];
        for (group, range) in groups.ranges.iter().enumerate() {
            for &cell in &groups.order[range.clone()] {
                group_of[cell as usize] = group as u32;
            }
        }
        let reference = table.reference.filter(|_| ranks >= Ranks::Areas);
        Wanted {
            group_of,
            compared: table.rows.iter().map(|row| !row.missing).collect(),
            extent: Extent {
                variance: ranks > Ranks::Values,
                background: ranks >= Ranks::Others,
                reference: reference.map(|at| at as u32),
            },
        }
    }

    /// Fills in how well the score ranks within each group, as far as that is wanted.
    fn rank(&self, tables: &mut [(Table, Vec<Groups>)]) {
        let Some(ranking) = self.tally.ranking.as_ref() else {
            return;
        };
        if self.plan.ranks == Ranks::Nothing {
            return;
        }
        let wanted = tables.par_iter().flat_map_iter(|(table, groups)| {
            let each = std::iter::once(table).chain(&table.strata).zip(groups);
            each.map(|(table, groups)| self.wanted(table, groups))
        });
        let found = ranking.measure(&wanted.collect::<Vec<_>>());
        let tables = tables.iter_mut().flat_map(|(table, _)| {
            let Table {
                rows,
                discrimination,
                strata,
                ..
            } = table;
            let strata = strata.iter_mut().map(|within| {
                let Table {
                    rows,
                    discrimination,
                    ..
                } = within;
                (rows, discrimination)
            });
            std::iter::once((rows, discrimination)).chain(strata)
        });
        for ((rows, discrimination), mut found) in tables.zip(found) {
            *discrimination = found.split_off(rows.len()).pop();
            for (row, discrimination) in rows.iter_mut().zip(found) {
                row.discrimination = Some(discrimination);
            }
        }
    }

    /// The combinations of values that no row has, and how many they are.
    fn uncovered(&self, axes: &[usize], groups: &Groups) -> (Vec<Group>, u64) {
        let sizes: Vec<u64> = axes
            .iter()
            .map(|&axis| self.tally.axes[axis].values.len() as u64)
            .collect();
        let combinations = sizes
            .iter()
            .fold(1_u64, |product, &size| product.saturating_mul(size));
        let firsts = groups.ranges.iter().map(|range| groups.order[range.start]);
        let mut covered = firsts
            .filter(|&cell| !self.is_missing(axes, cell))
            .peekable();
        let mut uncovered = Vec::new();
        for number in 0..combinations.min(COMBINATIONS) {
            let codes = digits(number, &sizes);
            let has = |cell: &u32| {
                axes.iter()
                    .zip(&codes)
                    .all(|(&axis, &code)| self.keys[*cell as usize][axis] == code)
            };
            if covered.next_if(has).is_none() {
                uncovered.push(self.tally.group(axes, &codes));
            }
        }
        let met = groups.ranges.iter().filter(|range| {
            let first = groups.order[range.start];
            !self.is_missing(axes, first)
        });
        (uncovered, combinations - met.count() as u64)
    }
}

/// The digits of a number where the place `i` counts to `sizes[i]`, the last one fastest.
fn digits(mut number: u64, sizes: &[u64]) -> Vec<u32> {
    let mut digits = vec![0; sizes.len()];
    for (digit, &size) in digits.iter_mut().zip(sizes).rev() {
        *digit = (number % size) as u32;
        number /= size;
    }
    digits
}

/// A value that is asked for as a reference and that no group has: the attribute, the value, and
/// the groups there are.
pub fn unknown_reference(tables: &[Table], plan: &Plan) -> Option<(String, String, Vec<String>)> {
    plan.reference.1.iter().find_map(|(name, reference)| {
        let Reference::Value(value) = reference else {
            return None;
        };
        let table = tables.iter().find(|table| table.name == *name)?;
        let groups = table.compared_rows().iter();
        let groups: Vec<String> = groups
            .map(|row| in_order(&table.attribute, &row.group))
            .collect();
        (!groups.contains(value)).then(|| (name.clone(), value.clone(), groups))
    })
}

/// The group with the most rows, the first among equals.
fn largest(table: &Table) -> Option<usize> {
    first_best(table, |row| Some(row.cell.total().rows))
}

/// The group with the highest favorable rate of its decisions; of its labels where there are no
/// decisions.
fn best(table: &Table) -> Option<usize> {
    let wanted = match table.favorable {
        Favorable::Positive => POSITIVE,
        Favorable::Negative => NEGATIVE,
    };
    let decided = table.compared.amount(|_, d| d != MISSING).rows > 0;
    first_best(table, |row| {
        let of = |test: &dyn Fn(usize) -> bool| {
            row.cell
                .amount(|label, decision| test(if decided { decision } else { label }))
        };
        Fraction::new(of(&|v| v == wanted), of(&|v| v != MISSING)).value()
    })
}

fn first_best<T: PartialOrd>(table: &Table, worth: impl Fn(&Row) -> Option<T>) -> Option<usize> {
    let mut best: Option<(usize, T)> = None;
    for (at, row) in table.compared_rows().iter().enumerate() {
        let Some(this) = worth(row) else { continue };
        if best.as_ref().is_none_or(|(_, most)| this > *most) {
            best = Some((at, this));
        }
    }
    best.map(|(at, _)| at)
}
