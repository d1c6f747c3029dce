//! Where and when rows came about: shares of groups over sites, and over time.
//!
//! In: columns whose names are of a time or a place, or that `--by` names. Everything is counted in
//! rows; all p values of the section are adjusted for each other. Of a place or a period with fewer rows
//! than `--min-group` nothing is shown.

use std::collections::BTreeMap;

use super::Check;
use super::context::{Context, share};
use super::section::{Found, Kind, Line, Table};
use crate::data::{calendar, words};
use crate::sketch::Sketched;
use crate::stats::adjust::holm_of_some;
use crate::stats::goodness::{independence, trend};
use crate::stats::interval;
use crate::stats::test::two_proportions;
use crate::tally;

/// The check.
pub const CHECK: Check = Check {
    name: "collection",
    title: "where and when the rows came about",
    publishes: false,
    run,
};

/// Sites that are told apart, the largest; the others are one.
const SITES: usize = 50;
/// Periods beyond which months become years.
const PERIODS: usize = 36;
/// Share of the values that must be dates where a column is a time.
const DATES: f64 = 0.9;
/// A gap or a change beyond which a fact is worth a look.
const WIDE: f64 = 0.05;
/// Deviations that are worth a fact at most, the widest.
const SAID: usize = 3;
/// Deviations that are listed without being asked for.
const LISTED: usize = 10;

/// A place or a period: its name, when it was, its rows by group.
struct Step {
    name: String,
    /// In months from year 0, or years; `None` of a place.
    time: Option<f64>,
    rows: Vec<u64>,
}

/// A column over an attribute.
struct Over<'a> {
    column: &'a str,
    table: &'a tally::Table,
    steps: Vec<Step>,
    /// `month`, `year`, or `site`.
    unit: &'static str,
}

/// A number whose p is adjusted with all others.
struct Open {
    table: usize,
    line: Line,
    p: Option<f64>,
    /// How wide, and in words.
    fact: Option<(f64, String)>,
    /// By what lines are ordered, the largest first; 0 keeps the order.
    size: f64,
}

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let mut open = Vec::new();
    for (at, column) in context.sketches.columns.iter().enumerate() {
        let is_named = context.by.contains(&column.name);
        let is_known = words::is_time(&column.name) || words::is_site(&column.name);
        if !(is_named || is_known && context.is_free(at)) || context.sketches.is_flat {
            continue;
        }
        let overs: Vec<Over> = context
            .singles()
            .filter(|table| table.name != column.name)
            .filter_map(|table| over(context, column, table))
            .collect();
        if overs.is_empty() && is_named {
            let note = format!("`{}` has too many values, or only one", column.name);
            found.notes.push(note);
        }
        for over in overs {
            tests(context, &over, &mut open);
        }
    }
    if open.is_empty() {
        return found;
    }
    settle(context, open, &mut found);
    found.notes.push(
        "everything counts rows; p values of the section are adjusted for each other (Holm); gap: a \
         share against that of all other rows"
            .to_owned(),
    );
    found
}

/// An attribute's groups by the values of a column.
fn over<'a>(context: &Context, column: &'a Sketched, table: &'a tally::Table) -> Option<Over<'a>> {
    let sketch = column.sketch.as_ref().ok()?;
    let grouping = context.grouping(table, false);
    let named = |texts: Vec<(&str, Vec<u64>)>| -> Vec<(String, Vec<u64>)> {
        let texts = texts.into_iter();
        texts.map(|(text, rows)| (text.to_owned(), rows)).collect()
    };
    let mut values = if let Some(texts) = sketch.texts(&grouping) {
        named(texts)
    } else if let Some(months) = context.sketches.months(&column.name) {
        named(months.texts(&grouping)?)
    } else {
        let numbers = sketch.numbers(&grouping).filter(|_| !sketch.distinct().1);
        // Numbers that are no dates name places only where they are few, as codes are, and times only
        // where a calendar has them.
        let most = words::most_of_time(&column.name).filter(|_| !context.by.contains(&column.name));
        let numbers = numbers.filter(|numbers| {
            let is_date = |(x, _): &(f64, _)| calendar::month(&x.to_string()).is_some();
            let is_in = |(x, _): &(f64, _)| most.is_none_or(|most| *x <= most);
            let are_few = numbers.len() <= SITES && numbers.iter().all(is_in);
            are_few || numbers.iter().all(is_date)
        });
        let numbers = numbers?.into_iter();
        numbers.map(|(x, rows)| (x.to_string(), rows)).collect()
    };
    let compared = table.compared_rows().len();
    for (_, rows) in &mut values {
        rows.truncate(compared);
    }
    values.retain(|(_, rows)| rows.iter().sum::<u64>() > 0);
    let (steps, unit) =
        periods(&values).unwrap_or_else(|| (sites(values, context.min_group), "site"));
    (steps.len() > 1 && compared > 1).then_some(Over {
        column: &column.name,
        table,
        steps,
        unit,
    })
}

/// A year, and the month where it is known.
type Month = (u16, Option<u8>);

/// Months or years, where the values are dates.
fn periods(values: &[(String, Vec<u64>)]) -> Option<(Vec<Step>, &'static str)> {
    let rows = |rows: &[u64]| rows.iter().sum::<u64>();
    let all: u64 = values.iter().map(|(_, own)| rows(own)).sum();
    let dated: Vec<(Month, &Vec<u64>)> = values
        .iter()
        .filter_map(|(text, rows)| Some((calendar::month(text)?, rows)))
        .collect();
    let known: u64 = dated.iter().map(|(_, own)| rows(own)).sum();
    if (known as f64) < DATES * all as f64 {
        return None;
    }
    let put = |by_month: bool| {
        let mut steps: BTreeMap<(u16, u8), Vec<u64>> = BTreeMap::new();
        for ((year, month), own) in &dated {
            let month = if by_month { month.unwrap_or(0) } else { 0 };
            let sums = steps
                .entry((*year, month))
                .or_insert_with(|| vec![0; own.len()]);
            sums.iter_mut()
                .zip(*own)
                .for_each(|(sum, rows)| *sum += rows);
        }
        steps
    };
    let has_months = dated.iter().all(|((_, month), _)| month.is_some());
    let months = put(true);
    let by_month = has_months && months.len() <= PERIODS;
    let steps = if by_month { months } else { put(false) };
    let steps = steps.into_iter().map(|((year, month), rows)| Step {
        name: match month {
            0 => year.to_string(),
            _ => format!("{year}-{month:02}"),
        },
        time: Some(if by_month {
            12.0 * f64::from(year) + f64::from(month)
        } else {
            f64::from(year)
        }),
        rows,
    });
    Some((steps.collect(), if by_month { "month" } else { "year" }))
}

/// The largest places in their order, each of at least so many rows, and all others.
fn sites(mut values: Vec<(String, Vec<u64>)>, least: u64) -> Vec<Step> {
    let mut sizes: Vec<u64> = values.iter().map(|(_, rows)| rows.iter().sum()).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    // Of equals at the edge none stays: what is shown hangs on no order.
    let least = sizes.get(SITES).map_or(least, |size| least.max(size + 1));
    let groups = values.first().map_or(0, |(_, rows)| rows.len());
    let mut rest = vec![0; groups];
    values.retain(|(_, rows)| {
        let stays = rows.iter().sum::<u64>() >= least;
        if !stays {
            rest.iter_mut()
                .zip(rows)
                .for_each(|(sum, rows)| *sum += *rows);
        }
        stays
    });
    if rest.iter().any(|rows| *rows > 0) {
        values.push(("(all others)".to_owned(), rest));
    }
    let step = |(name, rows)| Step {
        name,
        time: None,
        rows,
    };
    values.into_iter().map(step).collect()
}

const TESTS: usize = 0;
const TRENDS: usize = 1;
const DEVIATIONS: usize = 2;

fn tables() -> [Table; 3] {
    [
        Table::new(
            "tests",
            "are shares of groups the same everywhere, and at all times",
        )
        .column("column", "column", Kind::Text, 0)
        .column("by", "by", Kind::Text, 1)
        .column("values", "values", Kind::Count, 2)
        .column("attribute", "attribute", Kind::Text, 0)
        .column("statistic", "chi-square", Kind::Number, 1)
        .column("df", "df", Kind::Count, 2)
        .column("cramers_v", "Cramer's V", Kind::Number, 0)
        .column("least_expected", "least expected", Kind::Number, 5)
        .column("p_adjusted", "p", Kind::P, 0),
        Table::new("trends", "shares of groups over time")
            .column("column", "column", Kind::Text, 1)
            .column("attribute", "attribute", Kind::Text, 1)
            .column("group", "group", Kind::Group, 0)
            .column("from", "from", Kind::Text, 2)
            .column("first", "share", Kind::Share, 0)
            .column("to", "to", Kind::Text, 2)
            .column("last", "share", Kind::Share, 0)
            .column("slope", "a step", Kind::Gap, 0)
            .column("statistic", "z", Kind::Number, 3)
            .column("p_adjusted", "p", Kind::P, 0),
        Table::new(
            "shares",
            "shares that differ most from those of all other rows",
        )
        .column("column", "column", Kind::Text, 1)
        .column("value", "value", Kind::Text, 0)
        .column("attribute", "attribute", Kind::Text, 1)
        .column("group", "group", Kind::Group, 0)
        .column("rows", "rows", Kind::Count, 3)
        .column("of", "of", Kind::Count, 2)
        .column("share", "share", Kind::Bar, 0)
        .column("elsewhere", "elsewhere", Kind::Share, 0)
        .column("gap", "gap", Kind::Gap, 0)
        .column("interval", "interval", Kind::Interval, 2)
        .column("p_adjusted", "p", Kind::P, 1),
    ]
}

/// Everything that is tested of a column over an attribute.
fn tests(context: &Context, over: &Over, open: &mut Vec<Open>) {
    let counts: Vec<Vec<u64>> = over.steps.iter().map(|step| step.rows.clone()).collect();
    let all: Vec<u64> = (0..counts[0].len())
        .map(|group| counts.iter().map(|rows| rows[group]).sum())
        .collect();
    let total: u64 = all.iter().sum();
    let test = independence(&counts);
    let line = Line::new()
        .text("column", over.column)
        .text("by", over.unit)
        .count("values", over.steps.len() as u64)
        .text("attribute", &over.table.name);
    let smaller = counts
        .len()
        .min(all.iter().filter(|rows| **rows > 0).count());
    let line = match test {
        Some(test) => line
            .number("statistic", Ok(test.statistic))
            .count("df", test.df)
            .number("least_expected", Ok(test.least_expected))
            .number(
                "cramers_v",
                Ok((test.statistic / total as f64 / (smaller as f64 - 1.0)).sqrt()),
            ),
        None => ["statistic", "df", "least_expected", "cramers_v"]
            .iter()
            .fold(line, |line, name| line.nothing(name, "no_test")),
    };
    open.push(Open {
        table: TESTS,
        line,
        p: test.map(|test| test.p),
        fact: None,
        size: 0.0,
    });
    for (group, &everywhere) in all.iter().enumerate() {
        if over.unit != "site" {
            open.extend(trended(context, over, group));
        }
        let is_large = |step: &&Step| step.rows.iter().sum::<u64>() >= context.min_group;
        for step in over.steps.iter().filter(is_large) {
            open.push(deviation(context, over, (step, group), (everywhere, total)));
        }
    }
}

/// A group's share over time.
fn trended(context: &Context, over: &Over, group: usize) -> Option<Open> {
    let row = &over.table.rows[group];
    let whole = |step: &Step| step.rows.iter().sum::<u64>();
    let steps: Vec<(f64, u64, u64)> = over
        .steps
        .iter()
        .filter_map(|step| Some((step.time?, step.rows[group], whole(step))))
        .collect();
    let (slope, test) = trend(&steps)?;
    let mut large = over
        .steps
        .iter()
        .filter(|step| whole(step) >= context.min_group.max(1));
    let (first, last) = (large.next()?, large.next_back()?);
    let of = |step: &Step| share(step.rows[group], whole(step)).value();
    let (from, to) = (of(first)?, of(last)?);
    let span = slope * (last.time? - first.time?);
    let words = format!(
        "{}: the share of {} {} over `{}`, from {:.0}% ({}) to {:.0}% ({})",
        over.table.name,
        Context::name(row),
        if slope > 0.0 { "rises" } else { "falls" },
        over.column,
        from * 100.0,
        first.name,
        to * 100.0,
        last.name
    );
    let line = Line::new()
        .text("column", over.column)
        .text("attribute", &over.table.name)
        .group("group", context.values(&row.group))
        .text("from", &first.name)
        .number("first", Ok(from))
        .text("to", &last.name)
        .number("last", Ok(to))
        .number("slope", Ok(slope))
        .number("statistic", Ok(test.statistic));
    Some(Open {
        table: TRENDS,
        line,
        p: Some(test.p),
        // Two groups rise and fall alike: one of them is enough to say.
        fact: (over.table.compared_rows().len() > 2 || group == 0).then_some((span.abs(), words)),
        size: 0.0,
    })
}

/// A group's share in one place or period against that of all other rows.
fn deviation(
    context: &Context,
    over: &Over,
    (step, group): (&Step, usize),
    (everywhere, total): (u64, u64),
) -> Open {
    let row = &over.table.rows[group];
    let (part, whole) = (step.rows[group], step.rows.iter().sum::<u64>());
    let (here, rest) = (share(part, whole), share(everywhere - part, total - whole));
    let gap = here.value().zip(rest.value()).map(|(a, b)| a - b);
    let percent = |share: Option<f64>| share.unwrap_or(0.0) * 100.0;
    let words = format!(
        "{}={}: {:.0}% are {}={}, {:.0}% elsewhere",
        over.column,
        step.name,
        percent(here.value()),
        over.table.name,
        Context::name(row),
        percent(rest.value())
    );
    let is_enough = whole >= context.min_group && over.unit == "site";
    let is_said = is_enough && (over.table.compared_rows().len() > 2 || group == 0);
    Open {
        table: DEVIATIONS,
        line: Line::new()
            .text("column", over.column)
            .text("value", &step.name)
            .text("attribute", &over.table.name)
            .group("group", context.values(&row.group))
            .count("rows", part)
            .count("of", whole)
            .number("share", here.value().ok_or("no_rows"))
            .number("elsewhere", rest.value().ok_or("no_rows"))
            .number("gap", gap.ok_or("no_rows"))
            .interval(
                "interval",
                interval::difference(&here, &rest, context.confidence),
                "no_interval",
            ),
        p: two_proportions(&here, &rest).map(|test| test.p),
        fact: is_said.then(|| (gap.unwrap_or(0.0).abs(), words)),
        size: gap.unwrap_or(0.0).abs(),
    }
}

/// Adjusts the p values, and says what is wide.
fn settle(context: &Context, open: Vec<Open>, found: &mut Found) {
    let adjusted = holm_of_some(open.iter().map(|open| open.p));
    let mut tables = tables();
    let mut open: Vec<(Open, Option<f64>)> = open.into_iter().zip(adjusted).collect();
    // Stable: of equals the first in order.
    open.sort_by(|a, b| b.0.size.total_cmp(&a.0.size));
    let mut said = 0;
    for (open, p) in open {
        tables[open.table].push(open.line.number("p_adjusted", p.ok_or("no_test")));
        if let Some((wide, words)) = open.fact
            && wide >= WIDE
            && context.is_sure(p)
            && (open.table != DEVIATIONS || said < SAID)
        {
            said += usize::from(open.table == DEVIATIONS);
            found.facts.push((0.35 + wide.min(1.0) / 2.0, words));
        }
    }
    let [tests, trends, mut shares] = tables;
    let mut first = Table {
        name: "widest".to_owned(),
        ..shares.clone()
    };
    first.rows.truncate(LISTED);
    "all shares".clone_into(&mut shares.title);
    let all = [tests, trends, first, shares.detail()].into_iter();
    found
        .tables
        .extend(all.filter(|table| !table.rows.is_empty()));
}
