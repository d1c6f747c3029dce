//! Tables to the groups and comparisons of a report.
//!
//! Every metric whose roles are there is computed for every group. What would make a report of no
//! use by its size is left out, and said: see [`LISTED`].

use rayon::prelude::*;

use super::shrunk;
use crate::data::group::Values;
use crate::data::{Group, Reference, Role};
use crate::infer;
use crate::metrics::compare::{GroupValue, Measure, Numbers};
use crate::metrics::{Against, Eval, Metric};
use crate::policy::LISTED;
use crate::report::model::{CellCounts, GroupReport, MeasureReport, MetricValue, Uncovered};
use crate::stats::{Amount, Fraction, Law, Spread};
use crate::tally::cell::{Cell, MISSING, NEGATIVE, POSITIVE};
use crate::tally::table::{value, values};
use crate::tally::{Axis, Row, Table};

/// What is computed of one scenario.
pub struct Filling<'a> {
    /// Whose decisions.
    pub scenario: &'a str,
    /// The columns that split the rows.
    pub axes: &'a [Axis],
    /// The metrics whose roles are there, in report order.
    pub metrics: &'a [&'static Metric],
    /// Those that attributes of more groups than [`LISTED`] keep.
    pub kept: &'a [&'static Metric],
    /// Those that are compared over the extremes of single columns alone.
    pub narrow: &'a [&'static str],
    /// The parts that columns play.
    pub roles: &'a [Role],
    /// Confidence of the intervals.
    pub confidence: f64,
    /// Whether every rate of an intersection is shrunk.
    pub shrinks_all: bool,
    /// Whether the one that wide tables show is.
    pub shrinks_shown: bool,
    /// What groups are held against when nothing else is said.
    pub reference: &'a Reference,
}

/// What a table makes in a report.
#[derive(Default)]
pub struct Filled {
    /// Its groups, the strata's behind.
    pub groups: Vec<GroupReport>,
    /// Its comparisons.
    pub measures: Vec<MeasureReport>,
    /// The combinations that no row has.
    pub uncovered: Vec<Uncovered>,
    /// What was left out.
    pub notes: Vec<String>,
}

impl Filling<'_> {
    /// All tables of the scenario.
    pub fn fill(&self, tables: &[Table]) -> Filled {
        let parts: Vec<Filled> = tables.par_iter().map(|table| self.table(table)).collect();
        let mut all = Filled::default();
        for part in parts {
            all.add(part);
        }
        all
    }

    fn table(&self, table: &Table) -> Filled {
        let many = table.compared_rows().len() > LISTED;
        let numbers = Numbers::new(table, if many { self.kept } else { self.metrics });
        let names = table.rows.iter();
        let names: Vec<Values> = names.map(|row| self.values_of(&row.group, table)).collect();
        let mut filled = Filled {
            groups: self.groups(table, &names, &numbers),
            measures: self.measures(table, &names, &numbers, many),
            ..Filled::default()
        };
        shrunk::add(self, table, &mut filled);
        filled.uncovered = table
            .uncovered
            .iter()
            .map(|group| Uncovered {
                attribute: table.name.clone(),
                group: values(self.axes, group),
            })
            .collect();
        if many && table.stratum.is_none() {
            filled.notes.push(format!(
                "`{}` has {} groups: listed are only numbers that were named or that rules are judged \
                 on, compared over extremes only",
                table.name,
                table.rows.len()
            ));
        }
        let listed = table.uncovered.len() as u64;
        if table.uncovered_count > listed {
            filled.notes.push(format!(
                "`{}`: {} combinations occur in no row, {listed} of them are listed",
                table.name, table.uncovered_count
            ));
        }
        for stratum in &table.strata {
            let mut part = self.table(stratum);
            // What no row has in a stratum is no news where no row has it at all.
            part.uncovered.clear();
            filled.add(part);
        }
        filled
    }

    fn groups(&self, table: &Table, names: &[Values], numbers: &Numbers) -> Vec<GroupReport> {
        let metrics = self.metrics.iter();
        let of_group: Vec<(&Metric, &[GroupValue])> = metrics
            .filter_map(|metric| Some((*metric, numbers.of(metric)?)))
            .collect();
        let stratum = table.stratum.as_ref().map(|group| values(self.axes, group));
        let total = table.total.total().weight;
        let one = |(at, row): (usize, &Row)| {
            let amount = row.cell.total();
            GroupReport {
                scenario: self.scenario.to_owned(),
                attribute: table.name.clone(),
                stratum: stratum.clone(),
                group: names[at].clone(),
                reference: table.reference == Some(at),
                missing: row.missing,
                rows: Some(amount.rows),
                weight: Some(amount.weight),
                effective: Some(amount.effective()),
                share: (total > 0.0).then(|| amount.weight / total),
                counts: self.counts(&row.cell),
                metrics: of_group
                    .iter()
                    .map(|(metric, values)| {
                        (
                            metric.name.to_owned(),
                            self.metric_value(metric, &values[at]),
                        )
                    })
                    .collect(),
            }
        };
        table.rows.par_iter().enumerate().map(one).collect()
    }

    fn metric_value(&self, metric: &Metric, value: &GroupValue) -> MetricValue {
        let fraction = value.fraction.filter(|_| value.value.is_ok());
        let weighted = fraction.filter(|f| !(f.part.is_counted() && f.whole.is_counted()));
        MetricValue {
            value: value.value.ok(),
            reason: value.value.err(),
            numerator: value.fraction.map(|f| f.part.weight),
            denominator: value.fraction.map(|f| f.whole.weight),
            rows: weighted.map(|f| [f.part.rows, f.whole.rows]),
            squares: weighted.map(|f| [f.part.weight_sq, f.whole.weight_sq]),
            error: value.spread.map(|spread| spread.error),
            shift: value.spread.map(|s| s.shift).filter(|shift| *shift != 0.0),
            freedom: value.spread.and_then(|spread| spread.law.freedom()),
            interval: infer::of_group(value, metric.range, self.confidence),
            shrunk: None,
        }
    }

    fn counts(&self, cell: &Cell) -> CellCounts {
        let rows = |of: &dyn Fn(usize, usize) -> bool| cell.amount(of).rows;
        let has = |role| self.roles.contains(&role);
        let (label, prediction) = (has(Role::Label), has(Role::Prediction));
        let both = |y: usize, d: usize| (label && prediction).then(|| cell.rows[y][d]);
        CellCounts {
            tp: both(POSITIVE, POSITIVE),
            fp: both(NEGATIVE, POSITIVE),
            fn_: both(POSITIVE, NEGATIVE),
            tn: both(NEGATIVE, NEGATIVE),
            labelled_positive: label.then(|| rows(&|y, _| y == POSITIVE)),
            labelled: label.then(|| rows(&|y, _| y != MISSING)),
            predicted_positive: prediction.then(|| rows(&|_, d| d == POSITIVE)),
            predicted: prediction.then(|| rows(&|_, d| d != MISSING)),
        }
    }

    fn measures(
        &self,
        table: &Table,
        names: &[Values],
        numbers: &Numbers,
        many: bool,
    ) -> Vec<MeasureReport> {
        if table.attribute.0.is_empty() {
            return Vec::new();
        }
        let own = match self.reference {
            Reference::Overall => Against::Overall,
            Reference::Rest => Against::Rest,
            _ => Against::Reference,
        };
        let kinds = if many {
            vec![Against::Extremes]
        } else {
            vec![Against::Extremes, own]
        };
        let stratum = table.stratum.as_ref().map(|group| values(self.axes, group));
        let is_wide = table.attribute.0.len() > 1 || table.stratum.is_some();
        let each = |metric: &&'static Metric| -> Vec<MeasureReport> {
            let is_narrow = self.narrow.contains(&metric.name);
            if !matches!(metric.eval, Eval::Gap(..) | Eval::Table(_)) || is_narrow && is_wide {
                return Vec::new();
            }
            let kinds = if is_narrow { &kinds[..1] } else { &kinds[..] };
            let all = kinds
                .iter()
                .flat_map(|kind| numbers.measures(metric, *kind));
            all.map(|measure| self.measure(&measure, table, stratum.as_ref(), names))
                .collect()
        };
        self.metrics.par_iter().flat_map_iter(each).collect()
    }

    fn measure(
        &self,
        measure: &Measure,
        table: &Table,
        stratum: Option<&Values>,
        names: &[Values],
    ) -> MeasureReport {
        let values = |row: Option<usize>| row.map(|row| names[row].clone());
        let (first, second) = (values(measure.group), values(measure.reference));
        let extremes = measure.against == Against::Extremes;
        let evidence = infer::of_measure(measure, self.confidence);
        let when = |yes: bool, values: Option<Values>| values.filter(|_| yes);
        MeasureReport {
            scenario: self.scenario.to_owned(),
            attribute: table.name.clone(),
            stratum: stratum.cloned(),
            metric: measure.metric.name.to_owned(),
            against: measure.against,
            value: measure.value.ok(),
            reason: measure.value.err(),
            interval: evidence.interval,
            p: evidence.p,
            chance: evidence.chance,
            partial: measure.partial,
            lowest: when(extremes, first.clone()),
            highest: when(extremes, second.clone()),
            group: when(!extremes, first),
            reference: when(!extremes, second),
        }
    }

    /// The values of the attribute's own columns.
    fn values_of(&self, group: &Group, table: &Table) -> Values {
        let axes = table.attribute.0.iter();
        axes.filter_map(|&axis| value(&self.axes[axis], &group.0[axis]))
            .collect()
    }
}

impl Filled {
    fn add(&mut self, part: Self) {
        self.groups.extend(part.groups);
        self.measures.extend(part.measures);
        self.uncovered.extend(part.uncovered);
        self.notes.extend(part.notes);
    }
}

/// How far a saved number may be off.
pub fn spread(value: &MetricValue) -> Option<Spread> {
    Some(Spread {
        error: value.error?,
        shift: value.shift.unwrap_or(0.0),
        law: Law::of(value.interval?.method, value.freedom)?,
    })
}

/// The fraction that a saved number was made of.
pub fn fraction(value: &MetricValue) -> Option<Fraction> {
    let (part, whole) = (value.numerator?, value.denominator?);
    let amount = |at: usize, weight: f64| match (value.rows, value.squares) {
        (Some(rows), Some(squares)) => Amount {
            rows: rows[at],
            weight,
            weight_sq: squares[at],
        },
        _ => Amount::rows(weight as u64),
    };
    Some(Fraction::new(amount(0, part), amount(1, whole)))
}
