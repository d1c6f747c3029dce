//! What a table says around its tables: what was read and how it was understood, notes, why
//! numbers are undefined, what to do next.
//!
//! In: a report. Out: lines of escaped text.

use std::collections::BTreeMap;

use super::csv::word;
use super::groups::{Cells, core, legend};
use super::label::shown_pairs;
use super::layout::wrap;
use super::model::Report;
use super::number::Numbers;
use super::safe::{Safe, width};
use super::{Style, profile};
use crate::data::SettingSource;
use crate::metrics::Undefined;
use crate::policy::Status;

/// Inputs that are named one by one.
const INPUTS: usize = 3;
/// What deserves a look of the data.
const FACTS: usize = 3;
/// Combinations without rows that are named one by one, unless all are asked for.
const UNCOVERED: usize = 5;

/// The settings of the `roles:` line, in its order.
pub(super) const ROLES: [&str; 10] = [
    "label",
    "prediction",
    "score",
    "threshold",
    "weight",
    "counts",
    "sensitive",
    "control",
    "reference",
    "favorable",
];

/// The lines at the top: wrapped, never cut.
pub fn lines(report: &Report, style: &Style) -> Vec<String> {
    let numbers = Numbers::new(style);
    let rows = &report.record.rows;
    let read = match rows.read {
        Some(read) => numbers.of(read as usize, "row"),
        None => "rows suppressed".to_owned(),
    };
    let mut texts = vec![format!(
        "{}  {read}, {}{}",
        inputs(report),
        numbers.of(rows.columns as usize, "column"),
        policy(report),
    )];
    if let Some(used) = rows.used
        && (rows.used != rows.read || !rows.excluded.is_empty())
    {
        let reasons: Vec<_> = rows
            .excluded
            .iter()
            .map(|(reason, n)| format!("{} {}", numbers.count(*n), Safe(&reason.replace('_', " "))))
            .collect();
        let used = numbers.count(used);
        texts.push(format!(
            "rows used: {used}; excluded: {}",
            reasons.join(", ")
        ));
    }
    if let Some(effective) = rows.effective {
        texts.push(format!(
            "effective rows (weights): {}",
            numbers.sum(effective)
        ));
    }
    texts.extend(roles(report));
    texts.extend(data(report));
    if style.verbose {
        texts.extend(reasons(report));
    }
    texts
        .iter()
        .flat_map(|text| wrap(text, style.width, 2))
        .collect()
}

/// What an audit says of the data themselves.
fn data(report: &Report) -> Vec<String> {
    if profile::is_one(report) {
        return Vec::new();
    }
    let facts = report.profile.facts();
    let mut lines: Vec<String> = facts
        .iter()
        .take(FACTS)
        .map(|fact| format!("data: {}", Safe(&fact.message)))
        .collect();
    let more = facts.len().saturating_sub(FACTS);
    if let (Some(last), 1..) = (lines.last_mut(), more) {
        last.push_str(&format!(
            "; {more} more, and every column: `fair-audit profile`"
        ));
    }
    lines
}

/// By what it was judged, where it was.
fn policy(report: &Report) -> String {
    if profile::is_one(report) {
        return String::new();
    }
    let policy = Safe(&report.verdict.policy);
    format!("   policy: {policy}{}", adjusted(report))
}

/// How the checks are adjusted for each other, where more than one has a p.
fn adjusted(report: &Report) -> String {
    let checks = report.findings.iter().filter(|f| f.p_adjusted.is_some());
    let settings = &report.record.settings;
    // The value alone knows no error, and proof needs no sharing of it.
    let by_interval = settings.get("decide").is_none_or(|d| d.value == "interval");
    let setting = settings.get("adjust").filter(|s| s.value != "none");
    match setting {
        Some(setting) if by_interval && checks.count() > 1 => format!(", {}", Safe(&setting.value)),
        _ => String::new(),
    }
}

fn inputs(report: &Report) -> String {
    let inputs = &report.record.inputs;
    let names: Vec<_> = inputs
        .iter()
        .take(INPUTS)
        .map(|i| Safe(&i.path).text())
        .collect();
    let mut text = names.join(", ");
    if inputs.len() > INPUTS {
        text = format!("{} files: {text}, …", inputs.len());
    }
    text
}

fn roles(report: &Report) -> Option<String> {
    let settings = &report.record.settings;
    let named: Vec<_> = ROLES
        .iter()
        .filter_map(|role| settings.get(*role).map(|s| (*role, s)))
        .filter(|(_, setting)| !setting.value.is_empty())
        .collect();
    if named.is_empty() {
        return None;
    }
    let roles: Vec<_> = named
        .iter()
        .map(|(role, setting)| format!("{role}={}", Safe(&setting.value)))
        .collect();
    let inferred: Vec<_> = named
        .iter()
        .filter(|(_, setting)| setting.source == SettingSource::Inferred)
        .map(|(role, _)| *role)
        .collect();
    let mut text = format!("roles: {}", roles.join(" "));
    if !inferred.is_empty() {
        text.push_str("  (inferred: ");
        text.push_str(&inferred.join(", "));
        text.push(')');
    }
    Some(text)
}

/// Every setting with who chose it and why.
fn reasons(report: &Report) -> Vec<String> {
    let settings = report.record.settings.iter();
    settings
        .map(|(name, setting)| {
            let source = word(&setting.source);
            let why = setting.why.as_ref();
            let why = why.map_or(String::new(), |why| format!(": {}", Safe(why)));
            format!("  {}={} ({source}{why})", Safe(name), Safe(&setting.value))
        })
        .collect()
}

/// Notes, and combinations without rows: all of them, or the first few and a count.
pub fn notes(report: &Report, all: bool, numbers: Numbers) -> Vec<String> {
    let mut list: Vec<_> = report
        .notes
        .iter()
        .map(|n| format!("note: {}", Safe(&numbers.sentence(n))))
        .collect();
    list.extend(legend(report).map(|line| format!("note: {line}")));
    let most = if all { usize::MAX } else { UNCOVERED };
    let mut shown: Vec<_> = report
        .uncovered
        .iter()
        .take(most)
        .map(|u| shown_pairs(&u.group))
        .collect();
    let more = report.uncovered.len() - shown.len();
    if more > 0 {
        shown.push(format!("{} more", numbers.count(more as u64)));
    }
    if !shown.is_empty() {
        list.push(format!("note: no rows for {}", shown.join("; ")));
    }
    list
}

/// Why numbers of groups that are shown are undefined, and how many.
pub fn undefined(report: &Report, cells: Cells) -> Vec<String> {
    let numbers = cells.numbers;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let shown = |name: &str| cells.every || core().any(|known| known == name);
    let all = report.groups.iter().flat_map(|group| &group.metrics);
    for (_, value) in all.filter(|(name, _)| shown(name)) {
        // Those have a mark of their own.
        let reason = value.reason.filter(|why| *why != Undefined::Suppressed);
        if let Some(reason) = &reason {
            *counts.entry(word(reason)).or_default() += 1;
        }
    }
    counts
        .iter()
        .map(|(reason, n)| {
            let reason = reason.replace('_', " ");
            format!(
                "{}: undefined, {reason} ({})",
                numbers.none(),
                numbers.count(*n)
            )
        })
        .collect()
}

/// Commands worth typing next, one a line; what does not fit cannot be copied from here.
pub fn next(report: &Report, columns: usize) -> Vec<String> {
    let mut commands = Vec::new();
    let worst = report.findings.iter().find(|f| f.status != Status::Pass);
    if let Some(finding) = worst.filter(|f| is_plain(&f.metric)) {
        commands.push(format!("fair-audit metrics {}", finding.metric));
    }
    // As it was typed: without its flags it would be another audit.
    let typed = &report.record.command;
    if !typed.is_empty() && typed.iter().all(|word| is_plain(word)) {
        for more in ["--all", "-f json=report.json"] {
            commands.push(format!("{} {more}", typed.join(" ")));
        }
    }
    commands.retain(|command| width(command) + NEXT.len() <= columns);
    let starts = std::iter::once(NEXT).chain(std::iter::repeat("      "));
    let lines = starts.zip(&commands);
    lines
        .map(|(start, command)| format!("{start}{command}"))
        .collect()
}

const NEXT: &str = "next: ";

/// Whether a shell takes the text as one word, as it is.
fn is_plain(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./,=:+%@".contains(&b);
    !text.is_empty() && text.len() < 60 && text.bytes().all(plain)
}
