//! Tables for people, at 80 columns and more.
//!
//! In: a report and a style. Out, in this order: what was read and how it was understood, the
//! verdict, what a policy publishes, the findings (worst first), a table for each attribute, notes,
//! what is hidden, what to do next. With a width no line is longer; without one nothing is hidden,
//! cut or wrapped.

use std::io::{self, Write};

use super::findings::{self, several_scenarios, word};
use super::groups::{self, Cells, Section};
use super::label::{self, shown_pairs};
use super::layout::{Column, Layout, NARROWEST, Signs, fit, fold, wrap};
use super::model::{Finding, GroupReport, Report};
use super::number::Numbers;
use super::safe::Safe;
use super::{Style, compare, head, pooled, profile, publication};
use crate::policy::Status;

/// Findings on a terminal, unless more are asked for.
const TOP_FINDINGS: usize = 20;
/// Groups of one attribute on a terminal, unless more are asked for.
const TOP_GROUPS: usize = 50;
/// Pooled gaps on a terminal, unless more are asked for.
const TOP_POOLED: usize = 12;
/// Intersections on a terminal, unless more are asked for.
const TOP_INTERSECTIONS: usize = 5;

/// Writes the report.
pub fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if profile::is_one(report) {
        return profile::write(report, style, out);
    }
    let mut page = Page::new(report, style);
    if style.quiet {
        page.verdict();
        return page.write(out);
    }
    page.paragraph(head::lines(report, style));
    page.verdict();
    let is_whole = report.comparison.as_ref().is_none_or(|c| c.to.is_none());
    if is_whole {
        // It is what the policy is asked for.
        page.publication();
        page.findings();
    }
    page.changes();
    if !is_whole {
        page.foot();
        return page.write(out);
    }
    page.write(out)?;
    let sections = groups::sections(report);
    let mut scenarios: Vec<&str> = Vec::new();
    for section in &sections {
        if !scenarios.contains(&section.scenario) {
            scenarios.push(section.scenario);
        }
    }
    for scenario in &scenarios {
        if scenarios.len() > 1 {
            page.paragraph(vec![format!("scenario {}", Safe(scenario))]);
        }
        let own: Vec<&Section> = sections
            .iter()
            .filter(|s| s.scenario == *scenario)
            .collect();
        page.scenario(&own, out)?;
    }
    page.pooled();
    page.justice();
    page.foot();
    page.write(out)
}

/// The line with the verdict and its counts.
pub fn verdict_line(report: &Report, style: &Style) -> String {
    let status = report.verdict.status;
    let text = verdict_text(report, style);
    paint(word(status), status, style) + text.trim_start_matches(word(status))
}

fn verdict_text(report: &Report, style: &Style) -> String {
    let counts = &report.verdict.counts;
    let parts: Vec<String> = [
        (counts.fail, "failed"),
        (counts.warn, "warned"),
        (counts.undecided, "undecided"),
        (counts.accepted, "accepted"),
        (counts.pass, "passed"),
    ]
    .iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{} {word}", Numbers::new(style).count(*count)))
    .collect();
    let said = if parts.is_empty() {
        "no rule was checked".to_owned()
    } else {
        parts.join(", ")
    };
    format!("{}  {said}", word(report.verdict.status))
}

/// A status word in its colour: 16-colour ANSI, which every palette can read.
fn paint(text: &str, status: Status, style: &Style) -> String {
    let code = match status {
        Status::Fail => "31;1",
        Status::Warn => "33",
        Status::Undecided => "36",
        Status::Pass | Status::Accepted => "32",
    };
    if style.color {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

/// A page that grows from top to bottom.
struct Page<'a> {
    report: &'a Report,
    style: &'a Style,
    numbers: Numbers,
    signs: Signs,
    cells: Cells,
    lines: Vec<String>,
    started: bool,
    hidden: usize,
    small: bool,
}

impl<'a> Page<'a> {
    fn new(report: &'a Report, style: &'a Style) -> Self {
        let numbers = Numbers::new(style);
        let terminal = style.width.is_some();
        Self {
            report,
            style,
            numbers,
            signs: Signs {
                rule: if style.ascii { '-' } else { '─' },
                ellipsis: numbers.ellipsis(),
            },
            cells: Cells {
                numbers,
                decimals: if terminal { 2 } else { 3 },
                min_group: groups::min_group(report).filter(|_| terminal),
                every: groups::every(report, style),
            },
            lines: Vec::new(),
            started: false,
            hidden: 0,
            small: false,
        }
    }

    /// Adds lines, a blank line before them.
    fn paragraph(&mut self, lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        if self.started {
            self.lines.push(String::new());
        }
        self.started = true;
        self.lines.extend(lines);
    }

    fn wrapped(&self, text: &str, indent: usize) -> Vec<String> {
        wrap(text, self.style.width, indent)
    }

    /// How wide tables may be.
    fn width(&self) -> Option<usize> {
        self.style.width.filter(|_| !self.style.wide)
    }

    /// How many rows are shown at most; `usual` on a terminal.
    fn top(&self, usual: usize) -> usize {
        match (self.style.all, self.style.top, self.style.width) {
            (false, Some(top), _) => top,
            (false, None, Some(_)) => usual,
            _ => usize::MAX,
        }
    }

    fn layout(&mut self, columns: Vec<Column>) -> Vec<String> {
        let Layout { mut lines, hidden } = fit(columns, self.width(), self.signs);
        self.hidden = self.hidden.max(hidden);
        if let (true, Some(rule)) = (self.style.color, lines.get_mut(1)) {
            *rule = format!("\u{1b}[90m{rule}\u{1b}[0m");
        }
        lines
    }

    fn verdict(&mut self) {
        if self.style.quiet {
            return self.paragraph(vec![verdict_line(self.report, self.style)]);
        }
        let status = self.report.verdict.status;
        let mut lines = self.wrapped(&verdict_text(self.report, self.style), 2);
        if let Some(rest) = lines[0].strip_prefix(word(status)) {
            lines[0] = paint(word(status), status, self.style) + rest;
        }
        self.paragraph(lines);
    }

    fn findings(&mut self) {
        let several = several_scenarios(self.report);
        let off_terminal = self.style.width.is_none();
        // A check that passed is counted above; on a terminal it would bury what did not.
        let worth = |f: &&Finding| off_terminal || self.style.all || f.status != Status::Pass;
        let all: Vec<&Finding> = self.report.findings.iter().filter(worth).collect();
        let shown = &all[..all.len().min(self.top(TOP_FINDINGS))];
        if shown.is_empty() {
            return;
        }
        let columns = findings::columns(shown, several, self.numbers, off_terminal);
        let mut lines = self.layout(columns);
        for (line, finding) in lines.iter_mut().skip(2).zip(shown) {
            let name = word(finding.status);
            if let Some(rest) = line.strip_prefix(name) {
                *line = paint(name, finding.status, self.style) + rest;
            }
        }
        if all.len() > shown.len() {
            let more = self.numbers.of(all.len() - shown.len(), "finding");
            lines.extend(self.wrapped(&format!("{more} not shown; --all shows them"), 2));
        }
        self.paragraph(lines);
        if self.style.verbose {
            let said = shown.iter().filter(|f| !f.message.is_empty());
            let said = said.map(|f| format!("{}: {}", word(f.status), Safe(&f.message)));
            let lines = said
                .flat_map(|text| wrap(&text, self.style.width, 2))
                .collect();
            self.paragraph(lines);
        } else {
            let said = findings::said(shown);
            let lines = said
                .iter()
                .flat_map(|text| wrap(text, self.style.width, 2))
                .collect();
            self.paragraph(lines);
        }
    }

    /// What became of the findings since an earlier report.
    fn changes(&mut self) {
        let Some(comparison) = &self.report.comparison else {
            return;
        };
        let several = several_scenarios(self.report);
        let all = compare::changed(self.report);
        let shown = &all[..all.len().min(self.top(TOP_FINDINGS))];
        let mut lines = self.wrapped(&compare::caption(comparison), 2);
        if !shown.is_empty() {
            let off_terminal = self.style.width.is_none();
            let columns = compare::columns(shown, several, self.numbers, off_terminal);
            lines.extend(self.layout(columns));
        }
        if all.len() > shown.len() {
            let more = self.numbers.of(all.len() - shown.len(), "finding");
            lines.extend(self.wrapped(&format!("{more} not shown; --all shows them"), 2));
        }
        self.paragraph(lines);
    }

    /// What a policy asks to publish, in full.
    fn publication(&mut self) {
        let Some(publication) = &self.report.publication else {
            return;
        };
        let several = several_scenarios(self.report);
        for table in &publication.tables {
            let mut lines = self.wrapped(&publication::caption(publication, table, several), 2);
            let columns = publication::columns(publication, table, self.numbers);
            lines.extend(self.layout(fold(columns, self.width())));
            for line in publication::foot(table, self.numbers) {
                lines.extend(self.wrapped(&line, 2));
            }
            self.paragraph(lines);
        }
    }

    /// Gaps within strata, and what a scan for controls found.
    fn pooled(&mut self) {
        let several = several_scenarios(self.report);
        for table in pooled::tables(self.report, self.top(TOP_POOLED)) {
            let mut lines = self.wrapped(&table.caption, 2);
            let off_terminal = self.style.width.is_none();
            lines.extend(self.layout(pooled::columns(&table, several, self.numbers, off_terminal)));
            if table.more > 0 {
                let more = self.numbers.of(table.more, "gap");
                lines.extend(self.wrapped(&format!("{more} not shown; --all shows them"), 2));
            }
            for line in &table.foot {
                lines.extend(self.wrapped(line, 2));
            }
            self.paragraph(lines);
        }
    }

    /// How wrong decisions are for whom, and what was not looked at; all of it for those who ask.
    fn justice(&mut self) {
        let is_everything = self.style.all || self.style.width.is_none();
        let Some(owed) = self.report.owed() else {
            return;
        };
        let others = self
            .report
            .justice
            .iter()
            .filter(|own| own.name != owed.name);
        for section in std::iter::once(owed).chain(others.filter(|_| is_everything)) {
            let tables = section.tables.iter();
            for table in tables.filter(|table| is_everything || !table.detail) {
                let mut lines = self.wrapped(&Safe(&table.title).text(), 2);
                let rows = table.rows.len().min(self.top(TOP_GROUPS));
                lines.extend(self.layout(profile::columns(table, rows, self.numbers, false)));
                if table.rows.len() > rows {
                    let more = self.numbers.of(table.rows.len() - rows, "row");
                    lines.extend(self.wrapped(&format!("{more} not shown; --all shows them"), 2));
                }
                self.paragraph(lines);
            }
            let said =
                |note: &String| wrap(&format!("justice: {}", Safe(note)), self.style.width, 2);
            let lines = section.notes.iter().flat_map(said).collect();
            self.paragraph(lines);
        }
    }

    fn scenario(&mut self, sections: &[&Section], out: &mut dyn Write) -> io::Result<()> {
        let fold = self.style.width.is_some() && !self.style.all;
        let (crossed, single): (Vec<&Section>, Vec<&Section>) =
            sections.iter().partition(|s| s.is_intersection());
        for section in &single {
            self.section(section);
            self.write(out)?;
        }
        if fold {
            self.intersections(&crossed);
            return Ok(());
        }
        for section in &crossed {
            self.section(section);
            self.write(out)?;
        }
        Ok(())
    }

    /// The table of one attribute.
    fn section(&mut self, section: &Section) {
        let groups = &section.groups[..section.groups.len().min(self.top(TOP_GROUPS))];
        let names = section.names(groups);
        let mut lines = self.wrapped(&section.caption(), 2);
        lines.extend(self.group_lines(section, groups, names));
        if section.groups.len() > groups.len() {
            let more = self
                .numbers
                .of(section.groups.len() - groups.len(), "group");
            lines.extend(self.wrapped(&format!("{more} not shown; --all shows them"), 2));
        }
        self.paragraph(lines);
    }

    fn group_lines(
        &mut self,
        section: &Section,
        groups: &[&GroupReport],
        names: Vec<(String, String)>,
    ) -> Vec<String> {
        let punitive = groups::punitive(self.report);
        let columns = self.cells.columns(section, groups, names, punitive);
        let cells = columns.iter().flat_map(|c| &c.cells);
        self.small |=
            self.cells.min_group.is_some() && cells.into_iter().any(|c| c.starts_with("n<"));
        self.layout(columns)
    }

    /// The few groups of all intersections that are furthest from their reference.
    fn intersections(&mut self, sections: &[&Section]) {
        let Some(first) = sections.first() else {
            return;
        };
        let total: usize = sections.iter().map(|s| s.groups.len()).sum();
        let min_group = groups::min_group(self.report);
        let worst = groups::furthest(sections, min_group, self.top(TOP_INTERSECTIONS));
        let mut caption = format!(
            "intersections: {} of {} groups, the furthest from their reference; --all shows each",
            self.numbers.count(worst.len() as u64),
            self.numbers.count(total as u64),
        );
        if worst.is_empty() {
            caption = format!(
                "intersections: {}, none compared; --all shows each",
                self.numbers.of(total, "group"),
            );
        }
        let mut lines = self.wrapped(&caption, 2);
        if !worst.is_empty() {
            let names = worst.iter().map(|(section, g)| {
                let stratum = section.stratum;
                let raw = stratum.map_or(String::new(), |s| format!(", {}", label::pairs(s)));
                let text = stratum.map_or(String::new(), |s| format!(", {}", shown_pairs(s)));
                (label::pairs(&g.group) + &raw, shown_pairs(&g.group) + &text)
            });
            let names = names.collect();
            lines.extend(self.intersection_lines(first, &worst, names));
        }
        self.paragraph(lines);
    }

    fn intersection_lines(
        &mut self,
        first: &Section,
        worst: &[(&Section, &GroupReport)],
        names: Vec<(String, String)>,
    ) -> Vec<String> {
        let merged = first.merged(worst);
        let groups: Vec<&GroupReport> = worst.iter().map(|(_, g)| *g).collect();
        self.group_lines(&merged, &groups, names)
    }

    fn foot(&mut self) {
        let mut lines = Vec::new();
        let all = self.style.all || self.style.width.is_none();
        for note in head::notes(self.report, all, self.numbers) {
            lines.extend(self.wrapped(&note, 6));
        }
        self.paragraph(lines);
        let mut lines = Vec::new();
        if let (true, Some(min)) = (self.small, self.cells.min_group) {
            let sign = format!("n<{min}: fewer than {min} rows to go by; -f json has the numbers");
            lines.extend(self.wrapped(&sign, 2));
        }
        if self.style.verbose {
            for line in head::undefined(self.report, self.cells) {
                lines.extend(self.wrapped(&line, 2));
            }
        }
        if let Some(said) = self.not_shown() {
            lines.extend(self.wrapped(&said, 2));
        }
        if let Some(width) = self.style.width {
            lines.extend(head::next(self.report, width.max(NARROWEST)));
        }
        self.paragraph(lines);
    }

    /// What the tables leave out.
    fn not_shown(&self) -> Option<String> {
        let columns = match self.hidden {
            0 => None,
            1 => Some("1 column".to_owned()),
            several => Some(format!("{several} columns")),
        };
        let metrics = (!self.cells.every).then(|| "other metrics".to_owned());
        let what: Vec<String> = columns.into_iter().chain(metrics).collect();
        let what = what.join(" and ");
        (!what.is_empty()).then(|| format!("{what} not shown; --wide or -f json shows all"))
    }

    /// Hands over what there is so far.
    fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        for line in self.lines.drain(..) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}
