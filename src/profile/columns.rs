//! Every column of the table: what it holds, how many values, what is missing.
//!
//! A report never contains a row: a value that fewer than `--min-group` rows hold is not shown, nor is a
//! number that fewer are at or below, or at or above.

use super::Check;
use super::context::{Context, share};
use super::section::{Found, Kind, Line, Table};
use crate::data::{Kind as Type, Role};
use crate::sketch::{Grouping, Level, RELATIVE_ERROR, Sketch, Sketched, VALUES, nearby};

/// The check.
pub const CHECK: Check = Check {
    name: "columns",
    title: "every column",
    publishes: false,
    run,
};

/// Values of a column that are named in its line.
const TOP: usize = 3;
/// Numbers of no more values than this are shown by their values.
const FEW: u64 = 5;
/// The share of rows that is left out at either end of a column of numbers.
const TAIL: f64 = 0.01;
/// Values of a column that are listed for machines, at most.
pub const LISTED: usize = 50;

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let mut table = empty();
    let mut values = Table::new("values", "the most frequent values")
        .detail()
        .column("column", "column", Kind::Text, 0)
        .column("value", "value", Kind::Text, 0)
        .column("rows", "rows", Kind::Count, 0)
        .column("share", "share", Kind::Bar, 0);
    for (at, column) in context.sketches.columns.iter().enumerate() {
        let start = Line::new()
            .text("column", &column.name)
            .text("role", part(context, at))
            .text("type", type_of(column));
        let sketch = match &column.sketch {
            Ok(sketch) => sketch,
            Err(why) => {
                table.push(start.text("values", format!("not read: {why}")));
                continue;
            }
        };
        table.push(described(context, sketch, start));
        for (value, rows, of) in top(context, sketch, LISTED) {
            let share = share(rows, of).value().ok_or("no_rows");
            let line = Line::new()
                .text("column", &column.name)
                .text("value", value);
            values.push(line.count("rows", rows).number("share", share));
        }
        say(column, sketch, &mut found);
    }
    notes(context, &mut found);
    found.tables.extend([table, values]);
    found
}

fn empty() -> Table {
    Table::new("columns", "columns")
        .column("column", "column", Kind::Text, 0)
        .column("role", "part", Kind::Text, 4)
        .column("type", "type", Kind::Text, 2)
        .column("distinct", "distinct", Kind::Count, 1)
        .column("distinct_is", "distinct is", Kind::Text, 9)
        .column("missing", "rows missing", Kind::Count, 5)
        .column("missing_share", "missing", Kind::Share, 1)
        .column("odd", "not finite", Kind::Count, 9)
        .column("min", "min", Kind::Number, 9)
        .column("low", "low", Kind::Number, 7)
        .column("q1", "q1", Kind::Number, 8)
        .column("median", "median", Kind::Number, 6)
        .column("q3", "q3", Kind::Number, 8)
        .column("high", "high", Kind::Number, 7)
        .column("max", "max", Kind::Number, 9)
        .column("mean", "mean", Kind::Number, 7)
        .column("sd", "sd", Kind::Number, 8)
        .column("values", "what it holds", Kind::Text, 0)
}

/// What a reader must know of these numbers.
fn notes(context: &Context, found: &mut Found) {
    let sketches = || {
        let columns = context.sketches.columns.iter();
        columns.filter_map(|column| column.sketch.as_ref().ok())
    };
    if context.min_group > 1 {
        found.notes.push(format!(
            "values that fewer than {} rows hold are not listed (`--min-group`); of numbers quartiles \
             are shown with as many rows on either side, `low` and `high`, and «mostly», within 1% and \
             with 1% of the rows beyond, or as many as that",
            context.min_group
        ));
    }
    if sketches().any(|sketch| sketch.distinct().1) {
        found.notes.push(format!(
            "beyond {VALUES} values `distinct` is an estimate (HyperLogLog, standard error 0.8%), and \
             quantiles are within {:.1}% of the number",
            RELATIVE_ERROR * 100.0
        ));
    }
    if sketches().any(Sketch::is_rounded) {
        let note = "numbers of 2^53 and beyond are rounded: `distinct` of such a column is the least \
                    that there can be";
        found.notes.push(note.to_owned());
    }
    found.notes.extend(context.dropped());
}

/// How sure the number of distinct values is.
fn is_exact(sketch: &Sketch) -> &'static str {
    if sketch.is_rounded() {
        "at_least"
    } else if sketch.distinct().1 {
        "estimated"
    } else {
        "exact"
    }
}

/// The numbers of a column.
fn described(context: &Context, sketch: &Sketch, line: Line) -> Line {
    let whole = Grouping::whole(sketch.cells());
    let (rows, missing) = (sketch.rows(&whole)[0], sketch.missing(&whole)[0]);
    let line = line
        .count("distinct", sketch.distinct().0)
        .text("distinct_is", is_exact(sketch))
        .count("missing", missing)
        .number(
            "missing_share",
            share(missing, rows).value().ok_or("no_rows"),
        )
        .count("odd", sketch.odd());
    let line = if sketch.is_number() {
        numbers(sketch, least(context), line)
    } else {
        line
    };
    line.text("values", holds(context, sketch))
}

/// Rows that must hold a value for it to be shown: nothing here tells of one person alone.
fn least(context: &Context) -> u64 {
    context.min_group.max(1)
}

/// Quantiles, mean and standard deviation of a column of numbers: those that enough rows stand behind.
fn numbers(sketch: &Sketch, least: u64, mut line: Line) -> Line {
    let all = sketch.moments();
    let few = if all.rows == 0 {
        "no_values"
    } else {
        "few_rows"
    };
    let [min, max] = ends(sketch, least);
    let (low, high) = spread(sketch, least).unzip();
    let q = |q| quantile(sketch, q, least);
    let found = [
        ("min", min),
        ("low", low),
        ("q1", q(0.25)),
        ("median", q(0.5)),
        ("q3", q(0.75)),
        ("high", high),
        ("max", max),
        ("mean", all.mean().filter(|_| all.rows >= least)),
    ];
    for (name, number) in found {
        line = line.number(name, number.ok_or(few));
    }
    let sd = match all.variance() {
        Ok(variance) if all.rows >= least => Ok(variance.sqrt()),
        Ok(_) => Err(few),
        Err(why) => Err(if all.rows == 0 { few } else { why }),
    };
    line.number("sd", sd)
}

/// A quantile that at least so many rows are at or below, and as many at or above.
fn quantile(sketch: &Sketch, q: f64, least: u64) -> Option<f64> {
    let rows = sketch.moments().rows as f64;
    let is_between = rows * q.min(1.0 - q) >= least as f64;
    sketch.quantile(q).filter(|_| is_between)
}

/// A number as it is where so many rows hold it; else the middle of the numbers around it.
fn blurred(sketch: &Sketch, number: f64, least: u64) -> f64 {
    if least <= 1 || sketch.level() != Level::Values {
        return number;
    }
    let numbers = sketch.numbers(&Grouping::whole(sketch.cells()));
    let numbers = numbers.unwrap_or_default();
    let rows = numbers.iter().find(|(x, _)| *x == number);
    match rows {
        Some((_, rows)) if rows[0] >= least => number,
        _ => nearby(number),
    }
}

/// The numbers that leave out [`TAIL`] of the rows at either end, or `least` where these are more.
fn spread(sketch: &Sketch, least: u64) -> Option<(f64, f64)> {
    let rows = sketch.moments().rows;
    if rows == 0 || 2 * least > rows {
        return None;
    }
    let tail = TAIL.max(least as f64 / rows as f64);
    let number = |q| Some(blurred(sketch, sketch.quantile(q)?, least));
    number(tail).zip(number(1.0 - tail))
}

/// The least and the largest number, where enough rows hold it.
fn ends(sketch: &Sketch, least: u64) -> [Option<f64>; 2] {
    let all = sketch.moments();
    if all.rows == 0 {
        return [None; 2];
    }
    if least <= 1 {
        return [Some(all.low), Some(all.high)];
    }
    if sketch.level() != Level::Values {
        return [None; 2];
    }
    let numbers = sketch.numbers(&Grouping::whole(sketch.cells()));
    let numbers = numbers.unwrap_or_default();
    [numbers.first(), numbers.last()].map(|end| {
        let (x, _) = end.filter(|(_, rows)| rows[0] >= least)?;
        Some(*x)
    })
}

/// The values of a column in words.
fn holds(context: &Context, sketch: &Sketch) -> String {
    let least = least(context);
    let (distinct, is_estimate) = sketch.distinct();
    let about = if is_estimate { "about " } else { "" };
    if sketch.is_number() && distinct > FEW {
        let median = quantile(sketch, 0.5, least).map(brief);
        let ends = match (ends(sketch, least), spread(sketch, least)) {
            ([Some(min), Some(max)], _) => Some(("", min, max)),
            // Of few rows the ends leave out too many for that word.
            (_, Some((low, high))) if 10 * least <= sketch.moments().rows => {
                Some(("mostly ", low, high))
            }
            _ => None,
        };
        return match (ends, median) {
            (Some((how, low, high)), Some(median)) => {
                format!("{how}{} to {}, median {median}", brief(low), brief(high))
            }
            _ => format!("{about}{distinct} numbers"),
        };
    }
    let top = top(context, sketch, TOP);
    if top.is_empty() {
        return match (distinct, sketch.level()) {
            (0, _) => String::new(),
            (1, Level::Values) => format!("1 value, in fewer than {least} rows"),
            (_, Level::Values) => {
                format!("{distinct} values, each in fewer than {least} rows")
            }
            _ => format!("{about}{distinct} values"),
        };
    }
    let mut words: Vec<String> = top
        .iter()
        .map(|(value, rows, of)| format!("{value} {:.0}%", *rows as f64 / *of as f64 * 100.0))
        .collect();
    if distinct as usize > words.len() {
        words.push("…".to_owned());
    }
    words.join(", ")
}

/// A number in at most four digits, or whole.
fn brief(number: f64) -> String {
    let size = number.abs();
    if size >= 1e9 || size > 0.0 && size < 1e-3 {
        return format!("{number:.2e}");
    }
    let decimals = match size {
        0.0..1.0 => 4,
        1.0..100.0 => 2,
        100.0..1000.0 => 1,
        _ => 0,
    };
    let text = format!("{number:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The most frequent values that enough rows hold: each with its rows, and all rows that have a value.
fn top(context: &Context, sketch: &Sketch, most: usize) -> Vec<(String, u64, u64)> {
    if sketch.level() != Level::Values {
        return Vec::new();
    }
    let whole = Grouping::whole(sketch.cells());
    let mut all: Vec<(String, u64)> = if sketch.is_number() {
        let numbers = sketch.numbers(&whole).unwrap_or_default();
        numbers
            .into_iter()
            .map(|(x, rows)| (x.to_string(), rows[0]))
            .collect()
    } else {
        let texts = sketch.texts(&whole).unwrap_or_default();
        texts
            .into_iter()
            .map(|(text, rows)| (text.to_owned(), rows[0]))
            .collect()
    };
    let of: u64 = all.iter().map(|(_, rows)| rows).sum();
    all.retain(|(_, rows)| *rows >= least(context));
    // Stable: of equals the first in order.
    all.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    all.truncate(most);
    all.into_iter()
        .map(|(value, rows)| (value, rows, of))
        .collect()
}

fn type_of(column: &Sketched) -> String {
    let is_number = column.sketch.as_ref().is_ok_and(Sketch::is_number);
    match &column.kind {
        Type::Untyped if is_number => "number",
        Type::Untyped | Type::Text => "text",
        Type::Boolean => "boolean",
        Type::Integer => "integer",
        Type::Float => "float",
        Type::Decimal => "decimal",
        Type::Time => "time",
        Type::Other(kind) => kind,
    }
    .to_owned()
}

/// The part that a column plays in the audit.
fn part(context: &Context, column: usize) -> &'static str {
    let plan = context.plan;
    let is = |other: Option<&(usize, String)>| other.is_some_and(|(at, _)| *at == column);
    let split = plan.splits.iter().find(|split| split.column == column);
    match split.map(|split| split.role) {
        Some(Role::Sensitive) => return "sensitive",
        Some(_) => return "control",
        None => {}
    }
    if plan
        .label
        .as_ref()
        .is_some_and(|label| label.column == column)
    {
        return "label";
    }
    if is(plan.score.as_ref()) {
        return "score";
    }
    if plan
        .decisions
        .iter()
        .any(|decision| decision.column() == column)
    {
        return "prediction";
    }
    if is(plan.weight.as_ref()) {
        return "weight";
    }
    if is(plan.count.as_ref()) {
        "counts"
    } else {
        ""
    }
}

fn say(column: &Sketched, sketch: &Sketch, found: &mut Found) {
    let whole = Grouping::whole(sketch.cells());
    let (rows, missing) = (sketch.rows(&whole)[0], sketch.missing(&whole)[0]);
    let name = &column.name;
    let odd = sketch.odd();
    let is_exact = is_exact(sketch) == "exact";
    if missing == rows {
        found
            .facts
            .push((0.4, format!("`{name}` has no value in any row")));
    } else if sketch.distinct().0 == 1 && is_exact && missing == 0 && odd == 0 {
        found
            .facts
            .push((0.15, format!("`{name}` has the same value in every row")));
    }
    if odd > 0 {
        let rows = if odd == 1 { "row holds" } else { "rows hold" };
        let message = format!("`{name}`: {odd} {rows} no finite number where the others do");
        found.facts.push((0.45, message));
    }
}
