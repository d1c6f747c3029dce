//! What a check is given: the finished pass, and what was asked for.

use std::collections::BTreeSet;

use super::earlier::Before;
use super::expected::Population;
use super::leakage::Leak;
use crate::data::group::Values;
use crate::data::{Group, Missing, Plan, Role};
use crate::metrics::{self, Undefined};
use crate::sketch::{Grouping, LABELS, Sketches};
use crate::stats::{Amount, Fraction};
use crate::tally::{Key, Row, Table, Tally};

/// Tests that facts are drawn from without being asked for: gaps of labels and the labels that make
/// them, gaps of missing values and of repeated rows, labels of what is missing, gaps within other
/// columns, proxies, what a model could tell of the group, times and places.
const TESTED: f64 = 9.0;

/// The finished pass.
pub struct Context<'a> {
    /// What was asked for.
    pub plan: &'a Plan,
    /// The cells.
    pub tally: &'a Tally,
    /// One for each attribute, the whole first.
    pub tables: &'a [Table],
    /// Every column by cell.
    pub sketches: &'a Sketches,
    /// Of the intervals.
    pub confidence: f64,
    /// Groups with fewer rows decide nothing.
    pub min_group: u64,
    /// With `--suppress`: the attributes of which a group is hidden.
    pub hidden: Option<BTreeSet<String>>,
    /// The shares that groups should have (`--population`).
    pub population: Option<&'a Population>,
    /// An earlier profile (`--against`).
    pub before: Option<&'a Before>,
    /// By how much a share may change (`--tolerance`).
    pub tolerance: f64,
    /// Columns of times or places that were named (`--by`).
    pub by: &'a [String],
    /// Which columns make rows alike.
    pub features: &'a [bool],
    /// What was found of a test table (`--test`).
    pub leak: Option<&'a Leak>,
}

impl Context<'_> {
    /// The tables of attributes, without the whole and without those that are hidden.
    pub fn attributes(&self) -> impl Iterator<Item = &Table> {
        let is_hidden = |table: &Table| self.hidden.iter().any(|all| all.contains(&table.name));
        let tables = self.tables.iter();
        tables.filter(move |table| {
            !table.attribute.0.is_empty() && table.stratum.is_none() && !is_hidden(table)
        })
    }

    /// Whether a p, adjusted within its table, is too small for chance: all tests together share what
    /// may be wrong.
    pub fn is_sure(&self, p: Option<f64>) -> bool {
        p.is_some_and(|p| p < self.chance())
    }

    /// How often the facts of one table of tests may be wrong.
    pub fn chance(&self) -> f64 {
        let asked = u8::from(self.population.is_some()) + u8::from(self.before.is_some());
        (1.0 - self.confidence) / (TESTED + f64::from(asked))
    }

    /// Those of single columns.
    pub fn singles(&self) -> impl Iterator<Item = &Table> {
        self.attributes()
            .filter(|table| table.attribute.0.len() == 1)
    }

    /// The sensitive columns.
    pub fn sensitive(&self) -> impl Iterator<Item = usize> {
        let splits = self.plan.splits.iter();
        let sensitive = splits.filter(|split| split.role == Role::Sensitive);
        sensitive.map(|split| split.column)
    }

    /// Whether a column has no part in the audit, or splits into strata only.
    pub fn is_free(&self, column: usize) -> bool {
        let plan = self.plan;
        let is = |other: &Option<(usize, String)>| other.as_ref().is_some_and(|o| o.0 == column);
        let mut splits = plan.splits.iter();
        let has_part = splits.any(|s| s.column == column && s.role == Role::Sensitive)
            || plan
                .label
                .as_ref()
                .is_some_and(|label| label.column == column)
            || plan
                .decisions
                .iter()
                .any(|decision| decision.column() == column);
        !(has_part || is(&plan.score) || is(&plan.weight) || is(&plan.count))
    }

    /// Whether a column is one of those that make rows alike.
    pub fn is_feature(&self, column: usize) -> bool {
        self.features.get(column).copied().unwrap_or(false)
    }

    /// The values that make a group.
    pub fn values(&self, group: &Group) -> Values {
        self.tally.values(group)
    }

    /// The values of a row of a table, as text: `Female & Black`.
    pub fn name(row: &Row) -> String {
        row.group.to_string()
    }

    /// The cells by the rows of an attribute's table; and by label, where that is wanted (then the
    /// group is `LABELS · row + label`).
    pub fn grouping(&self, table: &Table, by_label: bool) -> Grouping {
        let place = |key: &Key| {
            let axes = &table.attribute.0;
            let codes: Vec<u32> = axes.iter().map(|&axis| key[axis]).collect();
            table.find(&self.tally.group(axes, &codes))
        };
        let times = if by_label { LABELS } else { 1 };
        self.sketches
            .grouping(table.rows.len() * times, |key, label| {
                let row = place(key?)?;
                Some(if by_label { LABELS * row + label } else { row })
            })
    }

    /// The cells by label alone; all are without one where no label is known (then cells are by
    /// decision).
    pub fn by_label(&self) -> Grouping {
        let is_known = self.plan.label.is_some();
        let place = |label| if is_known { label } else { LABELS - 1 };
        self.sketches
            .grouping(LABELS, |_, label| Some(place(label)))
    }

    /// What to say of columns where rows were left out of the groups.
    pub fn dropped(&self) -> Option<String> {
        let is_dropped = self.plan.missing == Missing::Drop;
        let note =
            "rows without a sensitive value are in no group (`--missing drop`), but counted here";
        is_dropped.then(|| note.to_owned())
    }

    /// The number of a metric for a row of a table.
    pub fn metric(name: &str, row: &Row, table: &Table) -> Result<f64, Undefined> {
        let value = metrics::find(name)
            .and_then(|metric| metrics::compare::group(metric, row, table))
            .map(|group| group.value);
        value.unwrap_or(Err(Undefined::NoRows))
    }

    /// The number of a metric of a whole table.
    pub fn whole(name: &str, table: &Table) -> Result<f64, Undefined> {
        match metrics::find(name).map(|metric| metric.eval) {
            Some(metrics::Eval::Table(of)) => of(table),
            _ => Err(Undefined::NoRows),
        }
    }
}

/// So many rows of so many.
pub fn share(part: u64, whole: u64) -> Fraction {
    Fraction::new(Amount::rows(part), Amount::rows(whole))
}
