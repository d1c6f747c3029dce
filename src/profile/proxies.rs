//! Which other column gives the group away: how far each one tells of each sensitive column.
//!
//! Of exact sketches the values are held against the groups, of numbers the tenths of the rows; rows
//! without a value are a value of their own. Columns of texts in which most rows stand alone tell
//! nothing but who is who, and are left out.

use super::Check;
use super::context::Context;
use super::crossed::Crossed;
use super::section::{Found, Kind, Line, Table};
use crate::sketch::{Grouping, Level, Sketch, VALUES};
use crate::stats::adjust::holm_of_some;
use crate::stats::association::Association;
use crate::tally;

/// The check.
pub const CHECK: Check = Check {
    name: "proxies",
    title: "columns that give the group away",
    publishes: false,
    run,
};

/// Bands of numbers of more values.
const BANDS: usize = 10;
/// Numbers of more values are banded.
const FEW: usize = 50;
/// Groups of an attribute beyond which it is not looked at.
const GROUPS: usize = 50;
/// Cramér's V that deserves a look (Cohen 1988: 0.3 is a medium, 0.5 a large effect).
const STRONG: f64 = 0.3;
/// Columns that a fact names.
const NAMED: usize = 3;

/// One column against one attribute.
struct Proxy<'a> {
    attribute: &'a tally::Table,
    column: &'a str,
    association: Association,
    values: u64,
    /// Of numbers: the correlation ratio.
    eta: Option<f64>,
}

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    if context.singles().next().is_none() {
        return found;
    }
    if context.sketches.is_flat {
        let note = "there are too many groups to tell columns apart by group";
        found.notes.push(note.to_owned());
        return found;
    }
    let mut left_out: Vec<String> = Vec::new();
    let mut proxies: Vec<Proxy> = Vec::new();
    for attribute in context.singles() {
        proxies.extend(of_attribute(context, attribute, &mut left_out));
    }
    let adjusted = holm_of_some(proxies.iter().map(|proxy| Some(proxy.association.p)));
    let mut all: Vec<(Option<f64>, Proxy)> = adjusted.into_iter().zip(proxies).collect();
    // Stable: of equals in the order of the table.
    all.sort_by(|a, b| {
        let v = |proxy: &Proxy| proxy.association.cramers_v;
        v(&b.1).total_cmp(&v(&a.1))
    });
    say(context, &all, &mut found);
    let mut table = empty();
    for (p, proxy) in &all {
        table.push(line(*p, proxy));
    }
    if !table.rows.is_empty() {
        found.tables.push(table);
        found.notes.push(
            "V: Cramer's, without its bias, 0 to 1; tells: the share of what is unknown of the group; \
             p adjusted for each other (Holm); numbers in tenths of the rows, missing values are one"
                .to_owned(),
        );
    }
    found.leave_out(left_out);
    found
}

/// Every other column against the groups that have enough rows.
fn of_attribute<'a>(
    context: &Context<'a>,
    attribute: &'a tally::Table,
    left_out: &mut Vec<String>,
) -> Vec<Proxy<'a>> {
    let Some(grouping) = large_groups(context, attribute) else {
        return Vec::new();
    };
    let axes = &context.tally.axes;
    let own = attribute.attribute.0.iter().map(|&axis| &axes[axis].name);
    let own: Vec<&String> = own.collect();
    let mut proxies = Vec::new();
    for (at, column) in context.sketches.columns.iter().enumerate() {
        let Ok(sketch) = &column.sketch else { continue };
        let is_sensitive = context.sensitive().any(|other| other == at);
        if own.contains(&&column.name) || !(is_sensitive || context.is_free(at)) {
            continue;
        }
        if let Some(why) = unfit(sketch) {
            left_out.push(format!("`{}` ({why})", column.name));
            continue;
        }
        let Some(crossed) = Crossed::of(sketch, &grouping, most(sketch), context.min_group) else {
            continue;
        };
        let Some(association) = Association::of(&crossed.values) else {
            continue;
        };
        proxies.push(Proxy {
            attribute,
            column: &column.name,
            association,
            values: crossed.values.len() as u64,
            eta: eta(sketch, &grouping),
        });
    }
    proxies
}

fn most(sketch: &Sketch) -> (usize, usize) {
    (if sketch.is_number() { FEW } else { VALUES }, BANDS)
}

/// The compared groups of at least `--min-group` rows; `None` where there are not two.
fn large_groups(context: &Context, attribute: &tally::Table) -> Option<Grouping> {
    let rows = attribute.compared_rows();
    let is_large = |row: &&tally::Row| row.cell.total().rows >= context.min_group;
    let groups = rows.iter().filter(is_large).count();
    if !(2..=GROUPS).contains(&groups) {
        return None;
    }
    let mut next = 0;
    let place: Vec<Option<u32>> = attribute
        .rows
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let is_kept = at < rows.len() && is_large(&row);
            next += u32::from(is_kept);
            is_kept.then(|| next - 1)
        })
        .collect();
    let all = context.grouping(attribute, false);
    let of_cell = all.of_cell.iter();
    Some(Grouping {
        of_cell: of_cell
            .map(|row| row.and_then(|row| place[row as usize]))
            .collect(),
        groups,
    })
}

/// Why a column cannot be held against groups.
fn unfit(sketch: &Sketch) -> Option<&'static str> {
    if sketch.is_number() {
        let is_lost = sketch.level() == Level::Counts;
        return is_lost.then_some("too many numbers by group");
    }
    let whole = Grouping::whole(sketch.cells());
    let Some(texts) = sketch.texts(&whole) else {
        return Some("more than 1,000 texts");
    };
    let all: u64 = texts.iter().map(|(_, rows)| rows[0]).sum();
    let alone = texts.iter().filter(|(_, rows)| rows[0] == 1).count() as u64;
    (alone * 2 > all).then_some("nearly every row has a text of its own")
}

/// The correlation ratio η², the share of a number's variance that lies between groups, less its
/// bias (Kelley's ε², 1935, doi:10.1073/pnas.21.9.554); `None` where rounding would have eaten it.
fn eta(sketch: &Sketch, grouping: &Grouping) -> Option<f64> {
    if !sketch.is_number() {
        return None;
    }
    let groups = sketch.moments_by(grouping);
    let mut all = crate::sketch::Moments::default();
    for group in &groups {
        crate::stats::Merge::merge(&mut all, group);
    }
    let (n, mean, variance) = (all.rows as f64, all.mean()?, all.variance().ok()?);
    let groups: Vec<_> = groups.iter().filter(|group| group.rows > 0).collect();
    let between: f64 = groups
        .iter()
        .filter_map(|group| Some(group.rows as f64 * (group.mean()? - mean).powi(2)))
        .sum();
    let k = groups.len() as f64;
    if variance <= 0.0 || n <= k {
        return None;
    }
    let eta = between / (variance * (n - 1.0));
    Some((1.0 - (1.0 - eta) * (n - 1.0) / (n - k)).clamp(0.0, 1.0))
}

fn empty() -> Table {
    Table::new(
        "columns",
        "each column against the groups, the strongest first",
    )
    .column("attribute", "attribute", Kind::Text, 0)
    .column("column", "column", Kind::Text, 0)
    .column("values", "values", Kind::Count, 4)
    .column("cramers_v", "V", Kind::Number, 0)
    .column("information", "tells", Kind::Bar, 1)
    .column("mutual_information", "information", Kind::Number, 6)
    .column("eta_squared", "eta2", Kind::Number, 3)
    .column("p_adjusted", "p", Kind::P, 2)
    .column("chi_square", "chi2", Kind::Number, 7)
    .column("df", "df", Kind::Count, 8)
    .column("rows", "rows", Kind::Count, 8)
}

fn line(p: Option<f64>, proxy: &Proxy) -> Line {
    let association = &proxy.association;
    Line::new()
        .text("attribute", &proxy.attribute.name)
        .text("column", proxy.column)
        .count("values", proxy.values)
        .number("cramers_v", Ok(association.cramers_v))
        .number("information", Ok(association.information))
        .number("mutual_information", Ok(association.mutual_information))
        .number("eta_squared", proxy.eta.ok_or("no_number"))
        .number("p_adjusted", p.ok_or("undefined"))
        .number("chi_square", Ok(association.chi_square))
        .count("df", association.df)
        .count("rows", association.rows)
}

/// One fact for each attribute that columns give away.
fn say(context: &Context, all: &[(Option<f64>, Proxy)], found: &mut Found) {
    for attribute in context.singles() {
        let is_strong = |(p, proxy): &&(Option<f64>, Proxy)| {
            proxy.attribute.name == attribute.name
                && context.is_sure(*p)
                && proxy.association.cramers_v >= STRONG
        };
        let strong: Vec<&(Option<f64>, Proxy)> = all.iter().filter(is_strong).collect();
        let Some((_, first)) = strong.first() else {
            continue;
        };
        let named = strong.iter().take(NAMED).map(|(_, proxy)| {
            let v = proxy.association.cramers_v;
            format!("`{}` ({v:.2})", proxy.column)
        });
        let mut names: Vec<String> = named.collect();
        if strong.len() > NAMED {
            names.push(format!("{} more", strong.len() - NAMED));
        }
        let verb = if strong.len() == 1 { "gives" } else { "give" };
        let message = format!(
            "{} {verb} {} away (Cramer's V)",
            names.join(", "),
            attribute.name
        );
        let weight = 0.3 + 0.5 * first.association.cramers_v;
        found.facts.push((weight, message));
    }
}
