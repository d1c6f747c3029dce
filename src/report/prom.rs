//! Prometheus text exposition (0.0.4), for a file that a collector reads.
//!
//! Only gauges. A status is a number, the higher the worse: −1 accepted, 0 pass, 1 undecided, 2 warn,
//! 3 fail. A
//! number that does not exist has no sample: it is neither 0 nor NaN.

use std::io::{self, Write};

use super::Style;
use super::anchor::ids;
use super::label::{shown, shown_pairs};
use super::model::{Finding, Report};
use super::safe::Safe;
use crate::policy::Status;

/// The gauges of a finding: name, help, and the number.
type Gauge = (&'static str, &'static str, fn(&Finding) -> Option<f64>);

/// What is said of each finding.
const GAUGES: [Gauge; 6] = [
    (
        "fair_audit_finding_status",
        "What the check came to: -1 accepted, 0 pass, 1 undecided, 2 warn, 3 fail.",
        |finding| Some(number(finding.status)),
    ),
    (
        "fair_audit_finding_value",
        "The number that was judged; absent where it is undefined.",
        |finding| finding.value,
    ),
    (
        "fair_audit_finding_low",
        "The lower end of its confidence interval.",
        |finding| finding.interval.as_ref().map(|interval| interval.low),
    ),
    (
        "fair_audit_finding_high",
        "The upper end of its confidence interval.",
        |finding| finding.interval.as_ref().map(|interval| interval.high),
    ),
    (
        "fair_audit_finding_limit_min",
        "The lowest value allowed.",
        |finding| finding.limit.min,
    ),
    (
        "fair_audit_finding_limit_max",
        "The highest value allowed.",
        |finding| finding.limit.max,
    ),
];

/// Writes the exposition.
pub fn write(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let verdict = &report.verdict;
    let policy = escape(&Safe(&verdict.policy).text());
    let version = escape(&Safe(&report.tool.version).text());
    head(
        "fair_audit_verdict",
        "The worst check: -1 accepted, 0 pass, 1 undecided, 2 warn, 3 fail.",
        out,
    )?;
    writeln!(
        out,
        "fair_audit_verdict{{policy=\"{policy}\",version=\"{version}\"}} {}",
        number(verdict.status)
    )?;
    head("fair_audit_exit_code", "The exit status of the run.", out)?;
    writeln!(out, "fair_audit_exit_code {}", verdict.exit_code)?;
    head("fair_audit_checks", "Checks by what they came to.", out)?;
    let counts = &verdict.counts;
    for (status, count) in [
        ("fail", counts.fail),
        ("warn", counts.warn),
        ("undecided", counts.undecided),
        ("pass", counts.pass),
        ("accepted", counts.accepted),
    ] {
        writeln!(out, "fair_audit_checks{{status=\"{status}\"}} {count}")?;
    }
    let rows = &report.record.rows;
    if let (Some(read), Some(used)) = (rows.read, rows.used) {
        head("fair_audit_rows", "Rows read, and rows used.", out)?;
        writeln!(out, "fair_audit_rows{{state=\"read\"}} {read}")?;
        writeln!(out, "fair_audit_rows{{state=\"used\"}} {used}")?;
    }
    write_findings(report, out)
}

fn write_findings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let ids = ids(report);
    // All samples of a gauge stand together, as the format asks.
    for (name, help, value) in GAUGES {
        let mut is_open = false;
        for (finding, id) in report.findings.iter().zip(&ids) {
            let Some(value) = value(finding).filter(|value| !value.is_nan()) else {
                continue;
            };
            if !is_open {
                head(name, help, out)?;
                is_open = true;
            }
            writeln!(out, "{name}{{{}}} {}", labels(finding, id), float(value))?;
        }
    }
    Ok(())
}

fn head(name: &str, help: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge")
}

/// The labels of a finding; a label that is empty is none at all.
fn labels(finding: &Finding, id: &str) -> String {
    let group = |group| shown(group, &finding.attribute);
    let pairs = [
        ("id", id.to_owned()),
        ("metric", Safe(&finding.metric).text()),
        ("attribute", Safe(&finding.attribute).text()),
        ("group", finding.group.as_ref().map_or(String::new(), group)),
        (
            "reference",
            finding.reference.as_ref().map_or(String::new(), group),
        ),
        (
            "stratum",
            finding.stratum.as_ref().map_or(String::new(), shown_pairs),
        ),
        ("scenario", Safe(&finding.scenario).text()),
    ];
    let written = pairs.map(|(name, value)| format!("{name}=\"{}\"", escape(&value)));
    written.join(",")
}

/// A status as a number, so that the worst is the maximum.
fn number(status: Status) -> f64 {
    match status {
        Status::Accepted => -1.0,
        Status::Pass => 0.0,
        Status::Undecided => 1.0,
        Status::Warn => 2.0,
        Status::Fail => 3.0,
    }
}

/// A number as Prometheus spells it.
fn float(value: f64) -> String {
    if value == f64::INFINITY {
        "+Inf".to_owned()
    } else if value == f64::NEG_INFINITY {
        "-Inf".to_owned()
    } else {
        value.to_string()
    }
}

/// Text as the value of a label.
pub(super) fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
