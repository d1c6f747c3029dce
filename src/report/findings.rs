//! The findings of a report as a table.
//!
//! In: findings. Out: their columns as escaped text; each finding is one row, in the report's
//! order (worst first). No layout: `table` and `markdown` draw them.

use super::groups::confidence;
use super::label::{self, shown, shown_pairs};
use super::layout::Column;
use super::model::{Finding, Report};
use super::number::Numbers;
use super::safe::Safe;
use crate::policy::{Status, UNMATCHED};

/// Columns of a reason that stands where an interval would be.
const REASON: usize = 24;

/// A status as a word.
pub fn word(status: Status) -> &'static str {
    match status {
        Status::Fail => "FAIL",
        Status::Warn => "WARN",
        Status::Undecided => "UNDECIDED",
        Status::Accepted => "ACCEPTED",
        Status::Pass => "PASS",
    }
}

/// What a finding is about, raw and shown: `race: Black / White`.
pub fn about(finding: &Finding, several: bool, escape: bool) -> String {
    let text = |raw: &str| {
        if escape {
            Safe(raw).text()
        } else {
            raw.to_owned()
        }
    };
    let group = |g| {
        if escape {
            shown(g, &finding.attribute)
        } else {
            label::joined(g, &finding.attribute)
        }
    };
    let sign = if finding.metric.contains("ratio") || finding.metric == "disparate_impact" {
        "/"
    } else {
        "-"
    };
    let pairs = |s| {
        if escape {
            shown_pairs(s)
        } else {
            label::pairs(s)
        }
    };
    let scenario = several.then(|| format!("{}, ", text(&finding.scenario)));
    let stratum = finding.stratum.as_ref().map(|s| format!(", {}", pairs(s)));
    let groups = match (&finding.group, &finding.reference) {
        (Some(a), Some(b)) => Some(format!(": {} {sign} {}", group(a), group(b))),
        (Some(a), None) | (None, Some(a)) => Some(format!(": {}", group(a))),
        (None, None) => None,
    };
    let attribute = Some(text(&finding.attribute));
    [scenario, attribute, stratum, groups]
        .into_iter()
        .flatten()
        .collect()
}

/// Whether decisions of more than one scenario were audited.
pub fn several_scenarios(report: &Report) -> bool {
    let mut names = report.groups.iter().map(|g| &g.scenario);
    names
        .next()
        .is_some_and(|first| names.any(|name| name != first))
}

/// What the columns cannot show: exceptions with their reasons, and rules that match nothing.
pub fn said(findings: &[&Finding]) -> Vec<String> {
    let own = |f: &&&Finding| f.accept.is_some() || f.reason.as_deref() == Some(UNMATCHED);
    let said = findings.iter().filter(own);
    said.map(|f| format!("{}: {}", word(f.status), Safe(&f.message)))
        .collect()
}

/// The columns of some findings; off a terminal with names as they are, and ids.
pub fn columns(
    findings: &[&Finding],
    several: bool,
    numbers: Numbers,
    off_terminal: bool,
) -> Vec<Column> {
    let mut columns = vec![Column::words(
        "",
        0,
        each(findings, |f| word(f.status).to_owned()),
    )];
    if off_terminal {
        let ids = findings.iter().map(|f| (f.id.clone(), Safe(&f.id).text()));
        columns.push(Column::names("id", ids.collect()));
    }
    let groups = findings
        .iter()
        .map(|f| (about(f, several, false), about(f, several, true)));
    columns.push(Column::names("groups", groups.collect()));
    let measures = findings.iter().map(|f| {
        let text = if off_terminal {
            Safe(&f.metric).text()
        } else {
            label::metric(&f.metric)
        };
        (f.metric.clone(), text)
    });
    columns.push(Column::names("measure", measures.collect()));
    let judged = findings
        .iter()
        .map(|f| numbers.judged(f.value, f.interval.as_ref(), &f.limit));
    let (values, mut intervals): (Vec<_>, Vec<_>) = judged.unzip();
    for (cell, finding) in intervals.iter_mut().zip(findings) {
        if let (None, Some(reason)) = (&finding.interval, &finding.reason) {
            let reason = Safe(&reason.replace('_', " ")).text();
            if off_terminal || super::safe::width(&reason) <= REASON {
                *cell = reason;
            }
        }
    }
    let interval = findings.iter().find_map(|f| f.interval.as_ref());
    let heading = interval.map_or("interval".to_owned(), confidence);
    columns.push(Column::numbers("value", 0, values));
    columns.push(Column::numbers(heading, 1, intervals));
    columns.push(Column::words(
        "limit",
        2,
        each(findings, |f| numbers.limit(&f.limit)),
    ));
    columns
}

fn each(findings: &[&Finding], text: impl Fn(&Finding) -> String) -> Vec<String> {
    findings.iter().map(|f| text(f)).collect()
}
