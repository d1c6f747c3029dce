//! How labels lie across groups: base rates, their gaps, and the distances that Amazon's
//! Clarify knows, each group against the rest.
//!
//! Every number here is a metric of the audit (`fair-audit metrics base_rate`); nothing is computed
//! twice.

use super::Check;
use super::context::Context;
use super::section::{Found, Kind, Line, Table};
use crate::data::limits;
use crate::infer;
use crate::metrics::compare::{self, GroupValue, Measure, Numbers};
use crate::metrics::{self, Against, Metric};
use crate::sketch::{LABELS, Sketched};
use crate::stats::Merge;
use crate::stats::adjust::holm_of_some;
use crate::tally::cell::MISSING;
use crate::tally::{self, Cell, Row};

/// The check.
pub const CHECK: Check = Check {
    name: "labels",
    title: "labels by group",
    publishes: true,
    run,
};

/// Distances of a group's labels from those of the rest: metric, heading, rank.
const DISTANCES: [(&str, &str, u8); 7] = [
    ("label_kl_divergence", "KL", 4),
    ("label_js_divergence", "JS", 3),
    ("label_l2_distance", "L2", 6),
    ("label_total_variation", "TVD", 5),
    ("label_chebyshev_distance", "L-inf", 7),
    ("label_demographic_disparity", "DD", 5),
    ("label_odds_ratio", "odds ratio", 8),
];
const BASE_RATE: &str = "base_rate";
const GAP: &str = "base_rate_difference";
const CONDITIONAL: &str = "label_conditional_demographic_disparity";
const CRUDE: &str = "label_demographic_disparity";
/// Groups of an attribute beyond which disparity within other columns is not looked at.
const MANY: usize = 200;
/// A gap whose interval stays beyond this deserves a look.
const WIDE: f64 = 0.05;

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let known = context.plan.label.as_ref();
    let metrics = metrics::find(BASE_RATE).zip(metrics::find(GAP));
    let Some((rate, gap)) = metrics.filter(|_| known.is_some()) else {
        return found;
    };
    gaps(context, gap, &mut found);
    for table in context.attributes() {
        let numbers = Numbers::new(table, &[rate, gap]);
        found
            .tables
            .push(groups(context, table, &numbers, (rate, gap)));
    }
    // Labels within other columns are more than what is published of the groups.
    if context.hidden.is_none() {
        conditional(context, &mut found);
    }
    found.notes.push(
        "each group is held against all others together, gaps are those between groups with enough \
         labelled rows (`--min-group`), their p are adjusted for each other (Holm); `fair-audit \
         metrics NAME` explains a number"
            .to_owned(),
    );
    found
}

/// The compared groups of an attribute that have enough labelled rows, as if there were no others.
fn large(context: &Context, table: &tally::Table) -> tally::Table {
    let labelled = |row: &&Row| row.cell.amount(|label, _| label != MISSING).rows;
    let rows = table.compared_rows().iter();
    let rows: Vec<Row> = rows
        .filter(|row| labelled(row) >= context.min_group)
        .cloned()
        .collect();
    let mut sum = Cell::default();
    for row in &rows {
        sum.merge(&row.cell);
    }
    let mut sorted: Vec<u32> = (0..rows.len() as u32).collect();
    sorted.sort_by(|&a, &b| rows[a as usize].group.cmp(&rows[b as usize].group));
    tally::Table {
        compared: sum.clone(),
        total: sum,
        rows,
        sorted,
        reference: None,
        strata: Vec::new(),
        discrimination: None,
        ..table.clone()
    }
}

/// The widest gap of each attribute, among groups that have enough rows.
fn gaps(context: &Context, gap: &'static Metric, found: &mut Found) {
    let mut table = Table::new("gaps", "base rates: the lowest group against the highest")
        .column("attribute", "attribute", Kind::Text, 0)
        .column("lowest", "lowest", Kind::Group, 0)
        .column("highest", "highest", Kind::Group, 0)
        .column("gap", "gap", Kind::Gap, 0)
        .column("interval", "interval", Kind::Interval, 1)
        .column("p_adjusted", "p", Kind::P, 2);
    let large = context.attributes().map(|table| large(context, table));
    let large: Vec<tally::Table> = large.collect();
    let measures: Vec<(&tally::Table, Measure, infer::Evidence)> = large
        .iter()
        .flat_map(|table| {
            let all = compare::measures(gap, table, Against::Extremes).into_iter();
            all.map(move |measure| {
                let evidence = infer::of_measure(&measure, context.confidence);
                (table, measure, evidence)
            })
        })
        .collect();
    let adjusted = holm_of_some(measures.iter().map(|(.., evidence)| evidence.p));
    for ((own, measure, evidence), p) in measures.iter().zip(adjusted) {
        let values = |at: Option<usize>| at.map(|at| context.values(&own.rows[at].group));
        let line = Line::new()
            .text("attribute", &own.name)
            .metric("gap", measure.value)
            .interval("interval", evidence.interval, "no_interval")
            .number("p_adjusted", p.ok_or("no_test"));
        let line = match (values(measure.group), values(measure.reference)) {
            (Some(low), Some(high)) => line.group("lowest", low).group("highest", high),
            _ => line
                .nothing("lowest", alone(own))
                .nothing("highest", alone(own)),
        };
        table.push(line);
        let limits = evidence.interval.map_or((0.0, 0.0), |i| (i.low, i.high));
        let low = limits.0;
        if let (Some(least), Some(most)) = (measure.group, measure.reference)
            && own.attribute.0.len() == 1
            && low >= WIDE
            && context.is_sure(p)
        {
            let message = format!(
                "labels of {}: {} are positive {:.0} points less often than {} ({:.0} to {:.0})",
                own.name,
                Context::name(&own.rows[least]),
                measure.value.unwrap_or(0.0) * 100.0,
                Context::name(&own.rows[most]),
                low * 100.0,
                limits.1 * 100.0,
            );
            found.facts.push((0.5 + low.min(1.0) / 2.0, message));
        }
    }
    found.tables.push(table);
}

/// Why there is no gap.
fn alone(table: &tally::Table) -> &'static str {
    if table.rows.len() < 2 {
        "few_rows"
    } else {
        "one_group"
    }
}

/// The groups of an attribute against the rest.
fn groups(
    context: &Context,
    table: &tally::Table,
    numbers: &Numbers,
    (rate, gap): (&'static Metric, &'static Metric),
) -> Table {
    let mut groups = Table::new(&*table.name, &*table.name)
        .column("group", "group", Kind::Group, 0)
        .column("labelled", "labelled", Kind::Count, 1)
        .column("base_rate", "base rate", Kind::Bar, 0)
        .column("interval", "interval", Kind::ShareInterval, 2)
        .column("to_rest", "to rest", Kind::Gap, 0)
        .column("to_rest_interval", "interval", Kind::Interval, 2);
    for (name, heading, rank) in DISTANCES {
        groups = groups.column(name, heading, Kind::Number, rank);
    }
    groups.detail = table.attribute.0.len() > 1;
    let rates: &[GroupValue] = numbers.of(rate).unwrap_or_default();
    let to_rest = numbers.measures(gap, Against::Rest);
    for (at, row) in table.rows.iter().enumerate() {
        let labelled = row.cell.amount(|label, _| label != MISSING).rows;
        let own = rates.get(at);
        let value = own.map_or(Err(metrics::Undefined::NoLabels), |own| own.value);
        let interval = own.and_then(|own| infer::of_group(own, (0.0, 1.0), context.confidence));
        let mut line = Line::new()
            .group("group", context.values(&row.group))
            .count("labelled", labelled)
            .metric("base_rate", value)
            .interval("interval", interval, "no_labels");
        line = match to_rest.iter().find(|measure| measure.group == Some(at)) {
            Some(measure) => {
                let evidence = infer::of_measure(measure, context.confidence);
                line.metric("to_rest", measure.value).interval(
                    "to_rest_interval",
                    evidence.interval,
                    "no_interval",
                )
            }
            None => line
                .nothing("to_rest", "not_compared")
                .nothing("to_rest_interval", "not_compared"),
        };
        for (name, ..) in DISTANCES {
            line = line.metric(name, Context::metric(name, row, table));
        }
        groups.push(line);
    }
    groups
}

/// Demographic disparity of labels within each column that could be a control (Wachter,
/// Mittelstadt and Russell 2021, doi:10.1016/j.clsr.2021.105567).
fn conditional(context: &Context, found: &mut Found) {
    if context.sketches.is_flat {
        return;
    }
    if context.plan.weight.is_some() {
        let note =
            "rows are weighted: disparity within other columns is not shown, they count rows";
        found.notes.push(note.to_owned());
        return;
    }
    let mut table = Table::new(
        "conditional",
        "demographic disparity of labels within each other column",
    )
    .column("attribute", "attribute", Kind::Text, 2)
    .column("group", "group", Kind::Group, 0)
    .column("within", "within", Kind::Text, 0)
    .column("crude", "crude", Kind::Gap, 0)
    .column("conditional", "within it", Kind::Gap, 0)
    .column("change", "change", Kind::Gap, 1);
    let mut lines = Vec::new();
    for own in context.singles().filter(|own| own.rows.len() <= MANY) {
        for column in candidates(context) {
            let Some(strata) = strata(context, own, column) else {
                continue;
            };
            let within = tally::Table {
                strata,
                ..own.clone()
            };
            let mut rows: Vec<&Row> = within.compared_rows().iter().collect();
            if let [a, b] = rows.as_slice() {
                // Of two groups one says it all: the smaller.
                let is_first = a.cell.total().rows <= b.cell.total().rows;
                rows = vec![if is_first { a } else { b }];
            }
            for row in rows {
                let crude = Context::metric(CRUDE, row, &within);
                let conditional = Context::metric(CONDITIONAL, row, &within);
                let change = crude.and_then(|crude| Ok(conditional? - crude));
                let line = Line::new()
                    .text("attribute", &own.name)
                    .group("group", context.values(&row.group))
                    .text("within", &column.name)
                    .metric("crude", crude)
                    .metric("conditional", conditional)
                    .metric("change", change);
                lines.push((change.map_or(0.0, f64::abs), line));
            }
        }
    }
    // Stable: of equals in the order of the table.
    lines.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, line) in lines {
        table.push(line);
    }
    if !table.rows.is_empty() {
        found.tables.push(table);
    }
}

/// The columns without a part that have 2 to [`limits::CONTROL_VALUES`] values; declared controls.
fn candidates<'a>(context: &'a Context) -> impl Iterator<Item = &'a Sketched> {
    let columns = context.sketches.columns.iter().enumerate();
    columns.filter_map(|(at, column)| {
        let sketch = column.sketch.as_ref().ok()?;
        let (distinct, estimated) = sketch.distinct();
        let few = !estimated && (2..=limits::CONTROL_VALUES as u64).contains(&distinct);
        (few && context.is_free(at)).then_some(column)
    })
}

/// The attribute's table within each value of a column, as the metrics know strata.
fn strata(context: &Context, table: &tally::Table, column: &Sketched) -> Option<Vec<tally::Table>> {
    let sketch = column.sketch.as_ref().ok()?;
    let grouping = context.grouping(table, true);
    let mut values: Vec<Vec<u64>> = match sketch.texts(&grouping) {
        Some(texts) => texts.into_iter().map(|(_, rows)| rows).collect(),
        None => sketch
            .numbers(&grouping)?
            .into_iter()
            .map(|(_, rows)| rows)
            .collect(),
    };
    // Those without a value are a stratum of their own, as in the tally.
    values.push(sketch.missing(&grouping));
    // So are those with what is no number, for no row is left out.
    values.push(sketch.odd_by(&grouping));
    Some(values.iter().map(|rows| stratum(table, rows)).collect())
}

fn stratum(table: &tally::Table, rows: &[u64]) -> tally::Table {
    let own = table.rows.iter().zip(rows.chunks_exact(LABELS));
    let own: Vec<Row> = own
        .map(|(row, labels)| {
            let mut cell = Cell::default();
            for (into, rows) in cell.rows.iter_mut().zip(labels) {
                into[MISSING] = *rows;
            }
            Row {
                group: row.group.clone(),
                missing: row.missing,
                cell,
                ..Row::default()
            }
        })
        .collect();
    let sum = |rows: &mut dyn Iterator<Item = &Row>| {
        let mut sum = Cell::default();
        rows.for_each(|row| sum.merge(&row.cell));
        sum
    };
    tally::Table {
        compared: sum(&mut own.iter().filter(|row| !row.missing)),
        total: sum(&mut own.iter()),
        rows: own,
        strata: Vec::new(),
        discrimination: None,
        ..table.clone()
    }
}
