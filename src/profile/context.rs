//! What a check is given: the finished pass, and what was asked for.

use crate::data::group::Values;
use crate::data::{Coordinate, Group, Missing, Plan, Role};
use crate::metrics::{self, Undefined};
use crate::sketch::{Grouping, LABELS, Sketches};
use crate::stats::{Amount, Fraction};
use crate::tally::{Key, Row, Table, Tally};

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
}

impl Context<'_> {
    /// The tables of attributes, without the whole.
    pub fn attributes(&self) -> impl Iterator<Item = &Table> {
        let tables = self.tables.iter();
        tables.filter(|table| !table.attribute.0.is_empty() && table.stratum.is_none())
    }

    /// Those of single columns.
    pub fn singles(&self) -> impl Iterator<Item = &Table> {
        self.attributes()
            .filter(|table| table.attribute.0.len() == 1)
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

    /// The values that make a group.
    pub fn values(&self, group: &Group) -> Values {
        let coordinates = group.0.iter().zip(&self.tally.axes);
        coordinates
            .filter_map(|(coordinate, axis)| {
                let value = match coordinate {
                    Coordinate::Is(value) => Some(value.clone()),
                    Coordinate::Missing => None,
                    Coordinate::Any => return None,
                };
                Some((axis.name.clone(), value))
            })
            .collect()
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

    /// The cells by label alone.
    pub fn by_label(&self) -> Grouping {
        self.sketches.grouping(LABELS, |_, label| Some(label))
    }

    /// Whether a p, adjusted within its table, is too small for chance. Three tables have such (gaps of
    /// labels, of missing values, labels of what is missing), and share what may be wrong.
    pub fn is_certain(&self, p: Option<f64>) -> bool {
        p.is_some_and(|p| p < (1.0 - self.confidence) / 3.0)
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
