//! Whether rows are of known people: columns that name them outright, and combinations of columns
//! that few rows share.
//!
//! In: the sketches, and the sample of distinct combinations. Out: counts alone; no value is ever said.

use super::Check;
use super::context::Context;
use super::section::{Found, Kind, Line, Table};
use crate::data::people;
use crate::sketch::{Grouping, RowKind, Sketch};

/// The check.
pub const CHECK: Check = Check {
    name: "identity",
    title: "whether rows can be told to be whose",
    publishes: false,
    run,
};

/// Rows that a combination should be of (five is the usual least: Sweeney 2002,
/// doi:10.1142/S0218488502001648; k there).
const K: u64 = 5;
/// Distinct values from which on a column can name anyone.
const MANY: u64 = 20;
/// Values that must look like it.
const LOOKS: f64 = 0.5;
/// Texts from which on looks say anything.
const TEXTS: usize = 5;
/// The share of rows with a text of their own from which on a column tells rows apart by itself.
const ALONE: f64 = 0.9;
/// From where on the sizes of classes are counted together.
const SIZES: [(u64, &str); 5] = [
    (50, "50 or more"),
    (10, "10 to 49"),
    (5, "5 to 9"),
    (2, "2 to 4"),
    (1, "1"),
];
/// Labels of a cell that are known.
const KNOWN: usize = 2;

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    direct(context, &mut found);
    together(context, &mut found);
    found
}

/// Columns that name people outright.
fn direct(context: &Context, found: &mut Found) {
    let mut table = Table::new("columns", "columns that look like someone's own")
        .column("column", "column", Kind::Text, 0)
        .column("holds", "looks like", Kind::Text, 0)
        .column("by", "by its", Kind::Text, 1)
        .column("distinct", "distinct", Kind::Count, 2)
        .column("alike", "of its values", Kind::Share, 1);
    let mut names = Vec::new();
    for column in &context.sketches.columns {
        let Ok(sketch) = &column.sketch else { continue };
        let Some((what, by, share)) = looks(&column.name, sketch) else {
            continue;
        };
        names.push(format!("`{}` ({what})", column.name));
        let line = Line::new()
            .text("column", &column.name)
            .text("holds", what)
            .text("by", by)
            .count("distinct", sketch.distinct().0)
            .number("alike", share.ok_or("by_name"));
        table.push(line);
    }
    if names.is_empty() {
        return;
    }
    let verb = if names.len() == 1 { "looks" } else { "look" };
    let message = format!(
        "{} {verb} like someone's own: not for publication",
        names.join(", ")
    );
    found.facts.push((0.55, message));
    found.tables.push(table);
}

/// What a column names outright: what, by what, and the share of its values that look like it.
fn looks(name: &str, sketch: &Sketch) -> Option<(&'static str, &'static str, Option<f64>)> {
    let (distinct, _) = sketch.distinct();
    let whole = Grouping::whole(sketch.cells());
    let rows = sketch.rows(&whole)[0] - sketch.missing(&whole)[0];
    let texts: Vec<&str> = sketch.some_texts().collect();
    if texts.len() >= TEXTS {
        for (what, is_one) in PATTERNS {
            let alike = texts.iter().filter(|text| is_one(text.trim())).count();
            let share = alike as f64 / texts.len() as f64;
            if share >= LOOKS {
                return Some((what, "values", Some(share)));
            }
        }
    }
    let all = sketch.moments();
    if sketch.is_number() && distinct >= MANY {
        for (what, low, high) in RANGES {
            if all.low >= low && all.high <= high {
                return Some((what, "values", Some(1.0)));
            }
        }
    }
    let is_own = distinct as f64 >= ALONE * rows as f64 && distinct >= MANY;
    match people::direct(name) {
        Some(what) if distinct >= MANY => Some((what, "name", None)),
        _ if is_own && !sketch.is_number() => Some(("a value for each row", "values", None)),
        _ => None,
    }
}

/// Ranges of whole numbers that are someone's own.
const RANGES: [(&str, f64, f64); 2] = [
    ("phone numbers", 1.3e10, 1.999_999_999_9e10),
    ("national ids", 1.1e17, 8.3e17),
];

type Pattern = (&'static str, fn(&str) -> bool);

/// What texts look like.
const PATTERNS: [Pattern; 5] = [
    ("e-mail addresses", is_mail),
    ("national ids", is_national),
    ("payment cards", is_card),
    ("phone numbers", is_phone),
    ("ids", is_uuid),
];

fn is_mail(text: &str) -> bool {
    let Some((own, host)) = text.split_once('@') else {
        return false;
    };
    let is_plain = |part: &str| !part.is_empty() && !part.contains([' ', '@', ',']);
    is_plain(own) && is_plain(host) && host.split('.').filter(|part| !part.is_empty()).count() > 1
}

fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

fn is_phone(text: &str) -> bool {
    let is_mark = |c: char| " +()-./".contains(c);
    let own = digits(text);
    let is_spelled = text.chars().all(|c| c.is_ascii_digit() || is_mark(c));
    let is_mobile = own.len() == 11 && own[0] == 1 && own[1] >= 3;
    is_spelled && (9..=15).contains(&own.len()) && (is_mobile || text.contains(is_mark))
}

/// A Chinese identity number with its check sign (GB 11643-1999), or an American one.
fn is_national(text: &str) -> bool {
    const FACTORS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const SIGNS: &[u8; 11] = b"10X98765432";
    let bytes = text.as_bytes();
    let is_digit = |at: &usize| bytes[*at].is_ascii_digit();
    if bytes.len() == 18 && (0..17).all(|at| is_digit(&at)) {
        let numbers = bytes[..17].iter().map(|b| u32::from(b - b'0'));
        let sum: u32 = numbers.zip(FACTORS).map(|(n, factor)| n * factor).sum();
        return SIGNS[sum as usize % 11] == bytes[17].to_ascii_uppercase();
    }
    bytes.len() == 11
        && (0..11).all(|at| match at {
            3 | 6 => bytes[at] == b'-',
            at => is_digit(&at),
        })
}

/// 13 to 19 digits with their check digit (ISO/IEC 7812-1, Luhn).
fn is_card(text: &str) -> bool {
    let own = digits(text);
    let is_spelled = text.chars().all(|c| c.is_ascii_digit() || " -".contains(c));
    let sum: u32 = own
        .iter()
        .rev()
        .enumerate()
        .map(|(at, &digit)| match (at % 2, 2 * digit) {
            (0, _) => digit,
            (_, twice) => twice / 10 + twice % 10,
        })
        .sum();
    is_spelled && (13..=19).contains(&own.len()) && sum > 0 && sum.is_multiple_of(10)
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_hex = |c: char| c == '-' || c.is_ascii_hexdigit();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(is_hex)
}

/// Combinations of what tells people apart, and how many rows each has.
fn together(context: &Context, found: &mut Found) {
    let people = &context.sketches.people;
    let columns = people.columns.iter();
    let names: Vec<&str> = columns
        .map(|&at| context.sketches.columns[at].name.as_str())
        .collect();
    let rows = people.rows();
    if names.is_empty() || rows == 0 {
        return;
    }
    // Where not all are here, those that are stand for the others.
    let about = |n: u64| (n as f64 / people.share).round() as u64;
    let mut sizes = Table::new("sizes", "rows that share all of these values")
        .column("size", "shared by", Kind::Text, 0)
        .column("combinations", "combinations", Kind::Count, 1)
        .column("rows", "rows", Kind::Count, 0)
        .column("share", "share", Kind::Bar, 0);
    let place = |kind: &RowKind| SIZES.iter().position(|(least, _)| kind.total() >= *least);
    let sums = |at: usize| {
        let own = people.kinds.iter().filter(|kind| place(kind) == Some(at));
        own.fold((0_u64, 0_u64), |(n, rows), kind| {
            (n + 1, rows + kind.total())
        })
    };
    for (at, (_, size)) in SIZES.iter().enumerate().rev() {
        let (combinations, own) = sums(at);
        let line = Line::new()
            .text("size", *size)
            .count("combinations", about(combinations))
            .count("rows", about(own))
            .number("share", Ok(own as f64 / rows as f64));
        sizes.push(line);
    }
    let alone = sums(SIZES.len() - 1).1;
    let under = people.kinds.iter().map(RowKind::total);
    let under: u64 = under.filter(|rows| *rows < K).sum();
    found
        .tables
        .extend([classes(context, &names, (alone, under)), sizes]);
    note(context, &names, found);
    let share = under as f64 / rows as f64;
    if under > 0 {
        let (of_alone, of_under) = (alone as f64 / rows as f64, share);
        let message = format!(
            "{} together: {:.1}% of the rows are the only ones of their kind, {:.1}% are of a \
             kind of fewer than {K}",
            names.join(", "),
            of_alone * 100.0,
            of_under * 100.0,
        );
        found.facts.push((0.2 + 0.4 * share, message));
    }
}

/// k-anonymity and l-diversity of all combinations.
fn classes(context: &Context, names: &[&str], (alone, under): (u64, u64)) -> Table {
    let people = &context.sketches.people;
    let rows = people.rows();
    let share = |n: u64| Ok(n as f64 / rows as f64);
    let labels = |kind: &RowKind| {
        let known = kind.rows[..KNOWN].iter();
        known.filter(|rows| **rows > 0).count() as u64
    };
    let has_label = context.plan.label.is_some();
    let labelled = people.kinds.iter().filter(|kind| labels(kind) > 0);
    let least = labelled.clone().map(labels).min();
    let told = labelled.filter(|kind| labels(kind) == 1 && kind.total() > 1);
    let told: u64 = told.map(RowKind::total).sum();
    let smallest = people.kinds.iter().map(RowKind::total).min();
    let line = Line::new()
        .text("columns", names.join(", "))
        .count(
            "combinations",
            (people.kinds.len() as f64 / people.share).round() as u64,
        )
        .text(
            "count_is",
            if people.is_whole() {
                "exact"
            } else {
                "estimated"
            },
        )
        .count("smallest", smallest.unwrap_or(0))
        .number("unique_share", share(alone))
        .number("under_share", share(under));
    let line = match least.filter(|_| has_label) {
        Some(least) => line
            .count("labels", least)
            .number("one_label_share", share(told)),
        None => line
            .nothing("labels", "no_labels")
            .nothing("one_label_share", "no_labels"),
    };
    let mut table = Table::new(
        "classes",
        "combinations of what others may know of a person",
    )
    .column("columns", "columns", Kind::Text, 0)
    .column("combinations", "combinations", Kind::Count, 3)
    .column("count_is", "is", Kind::Text, 9)
    .column("smallest", "smallest (k)", Kind::Count, 1)
    .column("unique_share", "unique", Kind::Share, 0)
    .column("under_share", "under 5", Kind::Share, 0)
    .column("labels", "labels (l)", Kind::Count, 2)
    .column("one_label_share", "one label", Kind::Share, 2);
    table.push(line);
    table
}

fn note(context: &Context, names: &[&str], found: &mut Found) {
    let people = &context.sketches.people;
    let label = if context.plan.label.is_some() {
        "; l: the fewest labels of a combination; one label: rows of combinations of two or more \
         rows that all have the same label"
    } else {
        ""
    };
    found.notes.push(format!(
        "looked at: sensitive columns, and traits, places and dates by their names, {} in all; unique \
         in the table is not unique among all people{label}",
        names.len()
    ));
    if !people.is_whole() {
        found.notes.push(format!(
            "shares are estimates from {} of the combinations; smaller ones than the smallest here \
             may be there",
            people.kinds.len()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_look_like_what_they_are() {
        assert!(is_mail("ann.lee@example.org") && !is_mail("@home") && !is_mail("a@b"));
        assert!(is_phone("+44 20 7946 0958") && is_phone("13800138000"));
        assert!(!is_phone("2024-01-02") && !is_phone("123456789") && !is_phone("1234567890123456"));
        assert!(is_national("11010519491231002X") && is_national("078-05-1120"));
        assert!(!is_national("110105194912310021") && !is_national("2024-01-02x"));
        assert!(is_card("4111 1111 1111 1111") && !is_card("4111 1111 1111 1112"));
        assert!(is_uuid("123e4567-e89b-12d3-a456-426614174000") && !is_uuid("a-b"));
        for text in ["", "-", "é", "一二三", "🦀@🦀.🦀"] {
            let _ = PATTERNS.map(|(_, is_one)| is_one(text));
        }
    }
}
