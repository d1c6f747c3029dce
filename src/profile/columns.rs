//! Every column of the table: what it holds, how many values, what is missing.

use super::Check;
use super::context::{Context, share};
use super::section::{Found, Kind, Line, Table};
use crate::data::{Kind as Type, Role};
use crate::sketch::{Grouping, Level, RELATIVE_ERROR, Sketch, Sketched, VALUES};

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
/// Values of a column that are listed for machines.
const LISTED: usize = 50;

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let mut table = Table::new("columns", "columns")
        .column("column", "column", Kind::Text, 0)
        .column("role", "part", Kind::Text, 4)
        .column("type", "type", Kind::Text, 2)
        .column("distinct", "distinct", Kind::Count, 1)
        .column("distinct_is", "distinct is", Kind::Text, 9)
        .column("missing", "rows missing", Kind::Count, 5)
        .column("missing_share", "missing", Kind::Share, 1)
        .column("odd", "not finite", Kind::Count, 9)
        .column("min", "min", Kind::Number, 7)
        .column("q1", "q1", Kind::Number, 8)
        .column("median", "median", Kind::Number, 6)
        .column("q3", "q3", Kind::Number, 8)
        .column("max", "max", Kind::Number, 7)
        .column("mean", "mean", Kind::Number, 7)
        .column("sd", "sd", Kind::Number, 8)
        .column("first", "first", Kind::Text, 9)
        .column("last", "last", Kind::Text, 9)
        .column("values", "what it holds", Kind::Text, 0);
    let mut values = Table::new("values", "the most frequent values")
        .detail()
        .column("column", "column", Kind::Text, 0)
        .column("value", "value", Kind::Text, 0)
        .column("rows", "rows", Kind::Count, 0)
        .column("share", "share", Kind::Bar, 0);
    let mut is_estimated = false;
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
        is_estimated |= sketch.distinct().1;
        table.push(described(context, sketch, start));
        for (value, rows, of) in top(sketch, LISTED) {
            let share = share(rows, of).value().ok_or("no_rows");
            let line = Line::new()
                .text("column", &column.name)
                .text("value", value);
            values.push(line.count("rows", rows).number("share", share));
        }
        say(context, column, sketch, &mut found);
    }
    if is_estimated {
        found.notes.push(format!(
            "beyond {VALUES} values `distinct` is an estimate (HyperLogLog, standard error 0.8%), and \
             quantiles are within {:.1}% of the number",
            RELATIVE_ERROR * 100.0
        ));
    }
    found.tables.extend([table, values]);
    found
}

/// The numbers of a column.
fn described(context: &Context, sketch: &Sketch, line: Line) -> Line {
    let whole = Grouping::whole(sketch.cells());
    let (rows, missing) = (sketch.rows(&whole)[0], context.missing(sketch, &whole)[0]);
    let (distinct, estimated) = sketch.distinct();
    let mut line = line
        .count("distinct", distinct)
        .text("distinct_is", if estimated { "estimated" } else { "exact" })
        .count("missing", missing)
        .number(
            "missing_share",
            share(missing, rows).value().ok_or("no_rows"),
        )
        .count("odd", sketch.odd());
    if sketch.is_number() {
        let all = sketch.moments();
        let quantiles = [
            ("min", 0.0),
            ("q1", 0.25),
            ("median", 0.5),
            ("q3", 0.75),
            ("max", 1.0),
        ];
        for (name, q) in quantiles {
            let number = match name {
                "min" => Some(all.low).filter(|low| low.is_finite()),
                "max" => Some(all.high).filter(|high| high.is_finite()),
                _ => sketch.quantile(q),
            };
            line = line.number(name, number.ok_or("no_values"));
        }
        let sd = all.variance().map(f64::sqrt);
        line = line
            .number("mean", all.mean().ok_or("no_values"))
            .number("sd", sd.ok_or("too_few_values"));
    } else if let Some((first, last)) = sketch.range() {
        line = line.text("first", first).text("last", last);
    }
    line.text("values", holds(sketch))
}

/// The values of a column in words.
fn holds(sketch: &Sketch) -> String {
    if sketch.is_number() && sketch.distinct().0 > FEW {
        let all = sketch.moments();
        let median = sketch.quantile(0.5).unwrap_or(all.low);
        let [low, median, high] = [all.low, median, all.high].map(brief);
        return format!("{low} to {high}, median {median}");
    }
    let top = top(sketch, TOP);
    if top.is_empty() {
        return match sketch.range() {
            Some((first, last)) => format!("{first} … {last}"),
            None => String::new(),
        };
    }
    let mut words: Vec<String> = top
        .iter()
        .map(|(value, rows, of)| format!("{value} {:.0}%", *rows as f64 / *of as f64 * 100.0))
        .collect();
    if sketch.distinct().0 as usize > words.len() {
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

/// The most frequent values: each with its rows, and all rows that have a value.
fn top(sketch: &Sketch, most: usize) -> Vec<(String, u64, u64)> {
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

fn say(context: &Context, column: &Sketched, sketch: &Sketch, found: &mut Found) {
    let whole = Grouping::whole(sketch.cells());
    let (rows, missing) = (sketch.rows(&whole)[0], context.missing(sketch, &whole)[0]);
    let name = &column.name;
    if missing == rows {
        found
            .facts
            .push((0.4, format!("`{name}` has no value in any row")));
    } else if sketch.distinct() == (1, false) && missing == 0 {
        found
            .facts
            .push((0.15, format!("`{name}` has the same value in every row")));
    }
    let odd = sketch.odd();
    if odd > 0 {
        let rows = if odd == 1 { "row holds" } else { "rows hold" };
        let message = format!("`{name}`: {odd} {rows} no finite number where the others do");
        found.facts.push((0.45, message));
    }
}
