//! Markdown, for a pull request or a wiki.
//!
//! Text from data, file names and arguments never becomes markup: no emphasis, code, link, HTML,
//! heading, table cell, mention or reference. Every finding stands with its id; groups of one
//! attribute are cut at [`TOP`] unless all are asked for, and that is said.

use std::io::{self, Write};

use super::findings::{columns, said, several_scenarios, word};
use super::groups::{self, Cells, Section};
use super::layout::Column;
use super::model::{JUSTICE, Report};
use super::number::Numbers;
use super::safe::{Safe, distinct};
use super::{Style, compare, head, pooled, profile, publication};

/// Groups of one attribute: a comment on a pull request holds 65,536 characters.
const TOP: usize = 50;

/// Sections of a counterfactual.
const CHANGED: [&str; 4] = ["flip", "match", "paired", "recourse"];

/// Writes the report.
pub fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    // No width: digits are not grouped, and nothing is cut to a terminal.
    let plain = Style {
        width: None,
        color: false,
        ..style.clone()
    };
    let numbers = Numbers::new(&plain);
    if profile::is_one(report) {
        return write_profile(report, &plain, out);
    }
    writeln!(out, "# Fairness audit: {}\n", word(report.verdict.status))?;
    writeln!(
        out,
        "{}\n",
        escape(&super::table::verdict_line(report, &plain))
    )?;
    if style.quiet {
        return Ok(());
    }
    for line in head::lines(report, &plain) {
        writeln!(out, "- {}", escape(line.trim()))?;
    }
    let is_whole = report.comparison.as_ref().is_none_or(|c| c.to.is_none());
    if is_whole {
        write_publication(report, numbers, out)?;
        write_findings(report, numbers, out)?;
    }
    write_changes(report, numbers, out)?;
    let cells = Cells {
        numbers,
        decimals: 3,
        min_group: None,
        every: groups::every(report, style),
    };
    let several = several_scenarios(report);
    let sections = groups::sections(report).into_iter().filter(|_| is_whole);
    for section in sections {
        write_section(report, &section, cells, several, &plain, out)?;
    }
    if is_whole {
        write_pooled(report, style, numbers, out)?;
        write_justice(report, &plain, out)?;
    }
    let mut notes = head::notes(report, style.all, numbers);
    if !cells.every {
        notes.push("other metrics not shown; --wide or -f json shows all".to_owned());
    }
    write_notes(&notes, out)
}

fn write_notes(notes: &[String], out: &mut dyn Write) -> io::Result<()> {
    if !notes.is_empty() {
        writeln!(out, "\n## Notes\n")?;
    }
    for note in notes {
        let text = note.strip_prefix("note: ").unwrap_or(note);
        writeln!(out, "- {}", escape(text))?;
    }
    Ok(())
}

pub(super) fn write_findings(
    report: &Report,
    numbers: Numbers,
    out: &mut dyn Write,
) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let findings: Vec<_> = report.findings.iter().collect();
    let mut columns = columns(&findings, several_scenarios(report), numbers, true);
    writeln!(out, "\n## Findings\n")?;
    write_columns(&mut columns, out)?;
    for (at, text) in said(&findings).iter().enumerate() {
        let start = if at == 0 { "\n" } else { "" };
        writeln!(out, "{start}- {}", escape(text))?;
    }
    Ok(())
}

/// What the data look like.
fn write_profile(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let numbers = Numbers::new(style);
    let mut own = report.justice.iter();
    let is_changed = own.any(|section| CHANGED.contains(&&*section.name));
    let title = match (report.baselines.is_empty(), report.justice.is_empty()) {
        (_, false) if is_changed => "# What if rows were otherwise",
        (_, false) => "# Why rows are decided on as they are",
        (true, true) => "# Data profile",
        (false, true) => "# Baselines and remedies",
    };
    writeln!(out, "{title}\n")?;
    for fact in report.profile.facts() {
        writeln!(out, "- {}", escape(&Safe(&fact.message).text()))?;
    }
    if style.quiet {
        return Ok(());
    }
    writeln!(out)?;
    for line in head::lines(report, style) {
        writeln!(out, "- {}", escape(line.trim()))?;
    }
    write_sections(report.sections(), style, out)?;
    let notes = head::notes(report, style.all, numbers);
    write_notes(&notes, out)
}

/// How wrong decisions are for whom, and what was not looked at; all of it for those who ask.
pub(super) fn write_justice(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let others = report.justice.iter().filter(|_| style.all);
    let others = others.filter(|section| section.name != JUSTICE);
    write_sections(report.owed().into_iter().chain(others), style, out)
}

/// What was found out, section by section.
pub(super) fn write_sections<'a>(
    sections: impl IntoIterator<Item = &'a crate::profile::Section>,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let numbers = Numbers::new(style);
    let most = match (style.all, style.top) {
        (true, _) => usize::MAX,
        (false, top) => top.unwrap_or(TOP),
    };
    for section in sections {
        writeln!(out, "\n## {}", escape(&Safe(&section.title).text()))?;
        for table in section
            .tables
            .iter()
            .filter(|table| style.all || !table.detail)
        {
            writeln!(out, "\n### {}\n", escape(&Safe(&table.title).text()))?;
            let rows = table.rows.len().min(most);
            write_columns(&mut profile::columns(table, rows, numbers, false), out)?;
            if table.rows.len() > rows {
                let more = numbers.of(table.rows.len() - rows, "row");
                writeln!(out, "\n{more} not shown; `--all` or `-f json` has them")?;
            }
        }
        writeln!(out)?;
        for note in &section.notes {
            writeln!(out, "- {}", escape(&Safe(note).text()))?;
        }
    }
    Ok(())
}

fn write_changes(report: &Report, numbers: Numbers, out: &mut dyn Write) -> io::Result<()> {
    let Some(comparison) = &report.comparison else {
        return Ok(());
    };
    writeln!(out, "\n## {}\n", escape(&compare::caption(comparison)))?;
    let list = compare::changed(report);
    let mut columns = compare::columns(&list, several_scenarios(report), numbers, true);
    write_columns(&mut columns, out)
}

fn write_publication(report: &Report, numbers: Numbers, out: &mut dyn Write) -> io::Result<()> {
    let Some(publication) = &report.publication else {
        return Ok(());
    };
    let several = several_scenarios(report);
    for table in &publication.tables {
        let caption = publication::caption(publication, table, several);
        writeln!(out, "\n## {}\n", escape(&caption))?;
        write_columns(&mut publication::columns(publication, table, numbers), out)?;
        writeln!(out)?;
        for line in publication::foot(table, numbers) {
            writeln!(out, "- {}", escape(&line))?;
        }
    }
    Ok(())
}

fn write_pooled(
    report: &Report,
    style: &Style,
    numbers: Numbers,
    out: &mut dyn Write,
) -> io::Result<()> {
    let most = match (style.all, style.top) {
        (true, _) => usize::MAX,
        (false, top) => top.unwrap_or(TOP),
    };
    let several = several_scenarios(report);
    for table in pooled::tables(report, most) {
        writeln!(out, "\n## {}\n", escape(&table.caption))?;
        write_columns(&mut pooled::columns(&table, several, numbers, true), out)?;
        if table.more > 0 {
            let more = numbers.of(table.more, "gap");
            writeln!(out, "\n{more} not shown; `--all` or `-f json` has them")?;
        }
        writeln!(out)?;
        for line in &table.foot {
            writeln!(out, "- {}", escape(line))?;
        }
    }
    Ok(())
}

pub(super) fn write_section(
    report: &Report,
    section: &Section,
    cells: Cells,
    several: bool,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let most = match (style.all, style.top) {
        (true, _) => usize::MAX,
        (false, top) => top.unwrap_or(TOP),
    };
    let groups = &section.groups[..section.groups.len().min(most)];
    let mut caption = section.caption();
    if several {
        caption = format!("{}, {caption}", Safe(section.scenario));
    }
    writeln!(out, "\n## {}\n", escape(&caption))?;
    let mut columns = cells.columns(
        section,
        groups,
        section.names(groups),
        groups::punitive(report),
    );
    write_columns(&mut columns, out)?;
    let more = section.groups.len() - groups.len();
    if more > 0 {
        let more = cells.numbers.of(more, "group");
        writeln!(out, "\n{more} not shown; `--all` or `-f json` has them")?;
    }
    Ok(())
}

fn write_columns(columns: &mut [Column], out: &mut dyn Write) -> io::Result<()> {
    name_apart(columns);
    write_row(columns.iter().map(|c| escape(&c.heading)), out)?;
    let rule = columns.iter().map(|c| if c.left { ":--" } else { "--:" });
    writeln!(out, "|{}|", rule.collect::<Vec<_>>().join("|"))?;
    let rows = columns.first().map_or(0, |c| c.cells.len());
    (0..rows).try_for_each(|row| write_row(columns.iter().map(|c| escape(&c.cells[row])), out))
}

/// Groups that look alike are told apart.
fn name_apart(columns: &mut [Column]) {
    for column in columns.iter_mut().filter(|c| !c.raw.is_empty()) {
        let names: Vec<_> = column
            .raw
            .iter()
            .cloned()
            .zip(column.cells.drain(..))
            .collect();
        column.cells = distinct(&names, None, "…");
    }
}

fn write_row(cells: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "))
}

/// Text that was escaped for a terminal, as Markdown that shows just this text.
///
/// `@` and `#` are followed by a zero-width blank, by its name: sites that link people and issues
/// look for them in the finished page, where a backslash is gone.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' => escaped.push_str("@&#8203;"),
            '#' => escaped.push_str("\\#&#8203;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$'
            | '^' => {
                escaped.push('\\');
                escaped.push(c);
            }
            // `://` and `www.` would be links, `:word:` a picture.
            ':' if !text[at + 1..].starts_with(' ') => escaped.push_str("\\:"),
            '.' if text[..at].to_ascii_lowercase().ends_with("www") => escaped.push_str("\\."),
            // At the beginning they would be lists, rules and headings.
            '-' | '+' | '=' if at == 0 => {
                escaped.push('\\');
                escaped.push(c);
            }
            '.' if at > 0 && text[..at].bytes().all(|b| b.is_ascii_digit()) => {
                escaped.push_str(if text[at + 1..].starts_with(' ') {
                    "\\."
                } else {
                    "."
                });
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_never_becomes_markup() {
        for (raw, markdown) in [
            ("a|b", "a\\|b"),
            ("*b* _i_ `c`", "\\*b\\* \\_i\\_ \\`c\\`"),
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("[x](http://e)", "\\[x\\]\\(http\\://e\\)"),
            ("@team", "@&#8203;team"),
            ("# h", "\\#&#8203; h"),
            ("- item", "\\- item"),
            ("1. item", "1\\. item"),
            ("www.e.org", "www\\.e.org"),
            ("&amp;", "&amp;amp;"),
            ("0.42", "0.42"),
        ] {
            assert_eq!(escape(raw), markdown);
        }
    }
}
