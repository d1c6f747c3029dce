//! Columns to lines that fit.
//!
//! In: columns of text that was escaped, each with a rank. Out: lines no wider than asked. Numbers
//! never wrap and are never cut: columns are left out instead, highest rank first (and counted),
//! and names lose their middle last. Without a width everything stands in full.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::safe::{distinct, prefix, width};

/// Blanks between two columns.
const GAP: usize = 2;
/// Columns that a name keeps for as long as a column of rank 1 can give way.
const NAME_SOFT: usize = 16;
/// Columns that a name keeps, whatever happens.
const NAME_MIN: usize = 6;
/// A terminal narrower than this is treated as if it were this wide.
pub const NARROWEST: usize = 40;

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Its cells.
    pub cells: Vec<String>,
    /// 0 is always shown, 1 is left out only when names were shortened, and above that the highest
    /// goes first.
    pub rank: u8,
    /// Text stands at the left, numbers at the right.
    pub left: bool,
    /// The raw texts of a column of names, which may be shortened; empty for all others.
    pub raw: Vec<String>,
}

impl Column {
    /// A column of numbers.
    pub fn numbers(heading: impl Into<String>, rank: u8, cells: Vec<String>) -> Self {
        Self {
            heading: heading.into(),
            cells,
            rank,
            left: false,
            raw: Vec::new(),
        }
    }

    /// A column of words of our own, never cut.
    pub fn words(heading: impl Into<String>, rank: u8, cells: Vec<String>) -> Self {
        Self {
            left: true,
            ..Self::numbers(heading, rank, cells)
        }
    }

    /// A column of names: raw, and as shown.
    pub fn names(heading: impl Into<String>, names: Vec<(String, String)>) -> Self {
        let (raw, cells) = names.into_iter().unzip();
        Self {
            heading: heading.into(),
            cells,
            rank: 0,
            left: true,
            raw,
        }
    }

    fn is_names(&self) -> bool {
        !self.raw.is_empty()
    }

    fn natural(&self) -> usize {
        let cells = self.cells.iter().map(|c| width(c)).max().unwrap_or(0);
        cells.max(width(&self.heading))
    }
}

/// Lines of a table, and how many of its columns they leave out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layout {
    /// Heading, rule, rows.
    pub lines: Vec<String>,
    /// Columns left out.
    pub hidden: usize,
}

/// The signs a table is drawn with.
#[derive(Debug, Clone, Copy)]
pub struct Signs {
    /// The rule under the heading.
    pub rule: char,
    /// The mark where a name was cut.
    pub ellipsis: &'static str,
}

/// Lays a table out in `columns` columns of the terminal.
pub fn fit(mut table: Vec<Column>, columns: Option<usize>, signs: Signs) -> Layout {
    let mut hidden = 0;
    let mut room = vec![None; table.len()];
    if let Some(total) = columns {
        let before = table.len();
        room = negotiate(&mut table, total);
        hidden = before - table.len();
    }
    for (column, room) in table.iter_mut().zip(room) {
        if column.is_names() {
            let raw = std::mem::take(&mut column.raw);
            let names: Vec<_> = raw
                .into_iter()
                .zip(std::mem::take(&mut column.cells))
                .collect();
            column.cells = distinct(&names, room, signs.ellipsis);
            column.raw = names.into_iter().map(|(raw, _)| raw).collect();
        }
    }
    Layout {
        lines: draw(&table, signs.rule),
        hidden,
    }
}

/// Drops columns until the rest fit, and says how wide each name may be.
fn negotiate(table: &mut Vec<Column>, total: usize) -> Vec<Option<usize>> {
    let total = total.max(NARROWEST);
    // A name asks for a third of the line, for less when only what matters most is left.
    let mut claim: Vec<usize> = table
        .iter()
        .map(|column| {
            let most = if column.is_names() {
                (total / 3).max(NAME_SOFT)
            } else {
                total
            };
            column.natural().min(most)
        })
        .collect();
    drop_columns(table, &mut claim, total, 1);
    shrink_names(table, &mut claim, total, NAME_SOFT);
    drop_columns(table, &mut claim, total, 0);
    shrink_names(table, &mut claim, total, NAME_MIN);
    for (i, column) in table.iter().enumerate().filter(|(_, c)| c.is_names()) {
        let free = total.saturating_sub(line(&claim));
        claim[i] = column.natural().min(claim[i] + free);
    }
    claim.into_iter().map(Some).collect()
}

/// How wide a line of such columns is.
fn line(claim: &[usize]) -> usize {
    claim.iter().sum::<usize>() + GAP * claim.len().saturating_sub(1)
}

/// Drops columns of a rank above `rank` until the rest fit: the highest first, of equals the last.
fn drop_columns(table: &mut Vec<Column>, claim: &mut Vec<usize>, total: usize, rank: u8) {
    while line(claim) > total {
        let above = (0..table.len()).filter(|&i| table[i].rank > rank);
        let Some(last) = above.max_by_key(|&i| (table[i].rank, i)) else {
            return;
        };
        table.remove(last);
        claim.remove(last);
    }
}

/// Makes names narrower, the widest first, until the line fits or all are down to `least`.
fn shrink_names(table: &[Column], claim: &mut [usize], total: usize, least: usize) {
    while line(claim) > total {
        let names = (0..table.len()).filter(|&i| table[i].is_names() && claim[i] > least);
        let Some(widest) = names.max_by_key(|&i| claim[i]) else {
            return;
        };
        claim[widest] -= 1;
    }
}

fn draw(columns: &[Column], rule: char) -> Vec<String> {
    let style = TableStyle::new().header_separator(LineStyle::none().fill(rule).junction(rule));
    let mut table = Table::new();
    table
        .load_style(style)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(columns.iter().map(|c| c.heading.as_str()));
    let rows = columns.first().map_or(0, |c| c.cells.len());
    for row in 0..rows {
        table.add_row(columns.iter().map(|c| c.cells[row].as_str()));
    }
    for (i, column) in columns.iter().enumerate() {
        let Some(drawn) = table.column_mut(i) else {
            continue;
        };
        // The blank where a line between columns could be is one of the gap.
        drawn.set_padding((if i == 0 { 0 } else { GAP as u16 - 1 }, 0));
        drawn.set_cell_alignment(if column.left {
            CellAlignment::Left
        } else {
            CellAlignment::Right
        });
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Breaks names over several lines where they would be cut beside numbers that are all to stand,
/// each name with its numbers beside its first line.
pub fn fold(table: Vec<Column>, columns: Option<usize>) -> Vec<Column> {
    let claim: Vec<usize> = table.iter().map(Column::natural).collect();
    let names = table.iter().position(Column::is_names);
    let (Some(total), Some(names)) = (columns.map(|c| c.max(NARROWEST)), names) else {
        return table;
    };
    let others = line(&claim) - claim[names];
    let room = total.saturating_sub(others);
    if room >= claim[names] || room < NAME_SOFT {
        return table;
    }
    let cells = table[names].cells.iter();
    let broken: Vec<Vec<String>> = cells.map(|cell| broken(cell, room, 2)).collect();
    let mut folded = Vec::new();
    for (at, column) in table.into_iter().enumerate() {
        let cells = column.cells.iter().zip(&broken);
        let cells = cells.flat_map(|(cell, name)| {
            let line = |line: usize| match (at == names, line) {
                (true, line) => name[line].clone(),
                (false, 0) => cell.clone(),
                (false, _) => String::new(),
            };
            (0..name.len()).map(line).collect::<Vec<_>>()
        });
        folded.push(Column {
            cells: cells.collect(),
            raw: Vec::new(),
            ..column
        });
    }
    folded
}

/// Breaks text that was escaped into lines at blanks; later lines begin with `indent` blanks, and a
/// word longer than a line is broken where it must.
pub fn wrap(text: &str, columns: Option<usize>, indent: usize) -> Vec<String> {
    match columns {
        Some(columns) => broken(text, columns.max(NARROWEST), indent),
        None => vec![text.to_owned()],
    }
}

fn broken(text: &str, columns: usize, indent: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let mut word = word;
        if used > indent && used + width(word.trim_end()) > columns {
            used = next_line(&mut lines, indent);
        }
        while used + width(word.trim_end()) > columns {
            let cut = prefix(word, columns - used);
            if cut == 0 {
                break;
            }
            let (head, rest) = word.split_at(cut);
            if let Some(line) = lines.last_mut() {
                line.push_str(head);
            }
            word = rest;
            used = next_line(&mut lines, indent);
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
        used += width(word);
    }
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn next_line(lines: &mut Vec<String>, indent: usize) -> usize {
    lines.push(" ".repeat(indent));
    indent
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNS: Signs = Signs {
        rule: '─',
        ellipsis: "…",
    };

    fn table(name: &str) -> Vec<Column> {
        let names = vec![(name.to_owned(), name.to_owned()), ("b".into(), "b".into())];
        let column =
            |heading: &str, rank| Column::numbers(heading, rank, vec!["12.5%".into(), "–".into()]);
        let mut all = vec![Column::names("group", names), column("rows", 0)];
        all.extend((1..=9).map(|rank| column(&format!("metric {rank}"), rank)));
        all
    }

    #[test]
    fn columns_are_dropped_from_the_highest_rank_and_counted() {
        let layout = fit(table("a"), Some(60), SIGNS);
        assert!(layout.lines.iter().all(|l| width(l) <= 60));
        assert_eq!(layout.hidden, 5);
        assert!(layout.lines[0].ends_with("metric 4"), "{}", layout.lines[0]);
        assert_eq!(fit(table("a"), None, SIGNS).hidden, 0);
    }

    #[test]
    fn a_long_name_is_shortened_to_what_the_columns_leave() {
        let long = "中文".repeat(60);
        for columns in [40, 80, 100, 120, 300] {
            let layout = fit(table(&long), Some(columns), SIGNS);
            assert!(
                layout.lines.iter().all(|l| width(l) <= columns),
                "{columns}"
            );
            assert!(layout.lines[2].contains('…'));
        }
        assert!(fit(table(&long), None, SIGNS).lines[2].starts_with(&long));
    }

    #[test]
    fn names_are_folded_and_not_cut_where_all_numbers_are_to_stand() {
        let name = "Female & Native Hawaiian or Pacific Islander";
        let numbers = |heading: &str| Column::numbers(heading, 1, vec!["12".into(), "3".into()]);
        let table = || {
            let names = vec![(name.to_owned(), name.to_owned()), ("b".into(), "b".into())];
            vec![
                Column::names("category", names),
                numbers("rows"),
                numbers("selection rate"),
            ]
        };
        let layout = fit(fold(table(), Some(50)), Some(50), SIGNS);
        assert_eq!(layout.hidden, 0);
        assert_eq!(
            layout.lines[2..],
            [
                "Female & Native Hawaiian or    12              12",
                "  Pacific Islander",
                "b                               3               3",
            ]
        );
        assert_eq!(fold(table(), Some(80))[0].cells, [name, "b"]);
        assert_eq!(fold(table(), None)[0].cells, [name, "b"]);
    }

    #[test]
    fn text_wraps_at_blanks_and_long_words_anywhere() {
        let text = format!("roles: label=y {} end", "x".repeat(100));
        let lines = wrap(&text, Some(40), 2);
        assert!(lines.iter().all(|l| width(l) <= 40), "{lines:?}");
        assert_eq!(lines[0], "roles: label=y");
        let joined: String = lines.iter().map(|l| l.trim()).collect();
        assert_eq!(joined.replace(' ', ""), text.replace(' ', ""));
        assert_eq!(wrap(&text, None, 2), [text]);
    }
}
