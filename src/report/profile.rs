//! A profile for people: what deserves a look, then every section of tables.
//!
//! In: the sections that the checks made, whatever they are about. Out: columns of text for the
//! layout, with a bar beside a share on a terminal.

use std::io::{self, Write};

use super::layout::{Column, Layout, NARROWEST, Signs, fit, wrap};
use super::model::Report;
use super::number::Numbers;
use super::safe::Safe;
use super::{Style, head, label};
use crate::profile::section::{Column as Heading, IS, Kind, Row, Table, Value};
use crate::stats::Interval;

/// Rows of a table on a terminal, unless more are asked for.
const TOP: usize = 30;
/// Facts on a terminal, unless more are asked for.
const TOP_FACTS: usize = 10;
/// Signs of a bar that is a whole.
const BAR: usize = 10;
/// A column that is left out before all others: what a bar shows stands beside it.
const BAR_RANK: u8 = 9;

/// Whether a report is a profile, compares fitted models or explains decisions: tables of sections.
pub fn is_one(report: &Report) -> bool {
    let answers = !report.justice.is_empty() && report.owed().is_none();
    report.profile.is_whole() || !report.baselines.is_empty() || answers
}

/// Writes the profile.
pub fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let numbers = Numbers::new(style);
    let wrapped = |text: &str, indent: usize| wrap(text, style.width, indent);
    let is_everything = style.all || style.width.is_none();
    let mut page: Vec<Vec<String>> = Vec::new();
    let facts = facts(report, style, numbers);
    if !style.quiet {
        page.push(head::lines(report, style));
    }
    page.push(facts);
    let mut hidden = 0;
    let mut details = 0;
    for section in report.sections().filter(|_| !style.quiet) {
        page.push(vec![title(&section.title, style)]);
        for table in &section.tables {
            if table.detail && !is_everything {
                details += 1;
                continue;
            }
            let mut lines = wrapped(&Safe(&table.title).text(), 2);
            let rows = table.rows.len().min(top(style, TOP));
            let columns = columns(table, rows, numbers, style.width.is_some());
            let Layout {
                lines: drawn,
                hidden: left_out,
            } = fit(
                columns,
                style.width.filter(|_| !style.wide),
                signs(style, numbers),
            );
            hidden = hidden.max(left_out);
            lines.extend(drawn);
            if table.rows.len() > rows {
                let more = numbers.of(table.rows.len() - rows, "row");
                lines.extend(wrapped(&format!("{more} not shown; --all shows them"), 2));
            }
            page.push(lines);
        }
        page.push(
            section
                .notes
                .iter()
                .flat_map(|note| wrapped(&Safe(note).text(), 2))
                .collect(),
        );
    }
    if !style.quiet {
        page.push(foot(report, style, (hidden, details), numbers));
    }
    write_page(&page, out)
}

fn write_page(page: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let paragraphs = page.iter().filter(|lines| !lines.is_empty());
    for (at, lines) in paragraphs.enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

fn title(text: &str, style: &Style) -> String {
    let text = Safe(text).text().to_uppercase();
    if style.color {
        format!("\u{1b}[1m{text}\u{1b}[0m")
    } else {
        text
    }
}

fn signs(style: &Style, numbers: Numbers) -> Signs {
    Signs {
        rule: if style.ascii { '-' } else { '─' },
        ellipsis: numbers.ellipsis(),
    }
}

fn top(style: &Style, usual: usize) -> usize {
    match (style.all, style.top, style.width) {
        (false, Some(top), _) => top,
        (false, None, Some(_)) => usual,
        _ => usize::MAX,
    }
}

/// What deserves a look.
fn facts(report: &Report, style: &Style, numbers: Numbers) -> Vec<String> {
    let facts = report.profile.facts();
    if facts.is_empty() {
        let is_hidden = report.record.settings.contains_key("suppress");
        let mut tables = report.profile.sections().iter().flat_map(|own| &own.tables);
        let is_empty = tables.all(|table| table.rows.is_empty());
        let text = match (is_hidden, is_empty) {
            (false, _) => "nothing stands out",
            (true, false) => "nothing stands out of what is published",
            (true, true) => "nothing is published: every attribute has a hidden group",
        };
        return vec![text.to_owned()];
    }
    let shown = facts.len().min(top(style, TOP_FACTS));
    let mut lines = vec!["worth a look".to_owned()];
    for fact in &facts[..shown] {
        lines.extend(wrap(&format!("- {}", Safe(&fact.message)), style.width, 2));
    }
    if facts.len() > shown {
        let more = numbers.count((facts.len() - shown) as u64);
        lines.push(format!("- {more} more; --all shows them"));
    }
    lines
}

/// Notes, what is not shown, what to do next.
fn foot(
    report: &Report,
    style: &Style,
    (hidden, details): (usize, usize),
    numbers: Numbers,
) -> Vec<String> {
    let mut lines = Vec::new();
    for note in head::notes(report, style.all || style.width.is_none(), numbers) {
        lines.extend(wrap(&note, style.width, 6));
    }
    let mut what = Vec::new();
    if hidden > 0 {
        what.push(format!("{} (--wide)", numbers.of(hidden, "column")));
    }
    if details > 0 {
        what.push(format!("{} (--all)", numbers.of(details, "table")));
    }
    if !what.is_empty() {
        let text = format!("not shown: {}; -f json has all", what.join(", "));
        lines.extend(wrap(&text, style.width, 2));
    }
    if let Some(width) = style.width {
        lines.extend(head::next(report, width.max(NARROWEST)));
    }
    lines
}

/// The columns of the first rows of a table that have anything to show.
pub fn columns(table: &Table, rows: usize, numbers: Numbers, with_bars: bool) -> Vec<Column> {
    let rows = &table.rows[..rows];
    let mut columns = Vec::new();
    for column in &table.columns {
        let says = |row: &Row| match row.get(&column.name) {
            Some(Value::Text(text)) => !text.is_empty(),
            None | Some(Value::Nothing(())) => false,
            Some(_) => true,
        };
        if column.rank > 0 && !rows.iter().any(says) {
            continue;
        }
        columns.push(shown(table, column, rows, numbers));
        if column.kind == Kind::Bar && with_bars {
            let bars = rows.iter().map(|row| match row.get(&column.name) {
                Some(Value::Number(share)) => numbers.bar(*share, BAR),
                _ => String::new(),
            });
            columns.push(Column::words("", BAR_RANK, bars.collect()));
        }
    }
    columns
}

fn shown(table: &Table, column: &Heading, rows: &[Row], numbers: Numbers) -> Column {
    let heading = match rows.iter().find_map(|row| interval(row, column)) {
        Some(interval) if column.heading == "interval" => {
            format!("{}% CI", (interval.confidence * 1e4).round() / 100.0)
        }
        _ => column.heading.clone(),
    };
    if matches!(column.kind, Kind::Text | Kind::Group) {
        let names = rows
            .iter()
            .map(|row| name(table, row.get(&column.name), row, numbers));
        let mut names = Column::names(heading, names.collect());
        names.rank = column.rank;
        return names;
    }
    let cells = rows.iter().map(|row| {
        let number = cell(row.get(&column.name), column.kind, numbers);
        match row.get(&format!("{}{IS}", column.name)) {
            Some(Value::Text(how)) => numbers.hedged(how, number),
            _ => number,
        }
    });
    Column::numbers(heading, column.rank, cells.collect())
}

fn interval<'a>(row: &'a Row, column: &Heading) -> Option<&'a Interval> {
    match row.get(&column.name) {
        Some(Value::Interval(interval)) => Some(interval),
        _ => None,
    }
}

/// A name: raw, and as shown.
fn name(table: &Table, value: Option<&Value>, row: &Row, numbers: Numbers) -> (String, String) {
    match value {
        Some(Value::Text(text)) => (text.clone(), Safe(text).text()),
        Some(Value::Group(group)) => {
            let attribute = match row.get("attribute") {
                Some(Value::Text(attribute)) => attribute,
                _ => &table.name,
            };
            (
                label::joined(group, attribute),
                label::shown(group, attribute),
            )
        }
        _ => (String::new(), numbers.none().to_owned()),
    }
}

fn cell(value: Option<&Value>, kind: Kind, numbers: Numbers) -> String {
    match (value, kind) {
        (Some(Value::Count(n)), _) => numbers.count(*n),
        (Some(Value::Number(x)), Kind::Share | Kind::Bar) => numbers.percent(*x),
        (Some(Value::Number(x)), Kind::Gap) => numbers.change(*x),
        (Some(Value::Number(x)), Kind::P) if *x < 0.001 => "<0.001".to_owned(),
        (Some(Value::Number(x)), Kind::P) => numbers.decimal(*x, 3),
        (Some(Value::Number(x)), _) => numbers.plain(*x),
        (Some(Value::Interval(i)), Kind::ShareInterval) => numbers.percent_interval(i),
        (Some(Value::Interval(i)), Kind::NumberInterval) => {
            numbers.range(&numbers.plain(i.low), &numbers.plain(i.high))
        }
        (Some(Value::Interval(i)), _) => {
            format!("{} to {}", numbers.change(i.low), numbers.change(i.high))
        }
        (Some(Value::Text(text)), _) => Safe(text).text(),
        _ => numbers.none().to_owned(),
    }
}
