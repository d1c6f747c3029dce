//! SARIF 2.1.0 (OASIS, 2020; errata 01, 2023), as code scanning reads it.
//!
//! Every finding is a result of the rule that is its metric. It has a physical location, the first
//! line of the first input, since GitHub refuses results without one; and a fingerprint, so that
//! the same finding of the next run is no new alert. Text from data passes through [`Safe`], then
//! through the escapes of SARIF messages, then those of JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::anchor::{fingerprints, ids, path, uri};
use super::json::{self, List};
use super::label::{shown, shown_pairs};
use super::model::{Finding, Report};
use super::safe::Safe;
use super::{Style, catalogue, csv};
use crate::metrics;
use crate::policy::{Accepted, Status};

/// Where the published schema is.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name of our fingerprints; another way to make them is another version.
const FINGERPRINT: &str = "fairAuditFinding/v1";

/// The document.
#[derive(Serialize)]
#[serde(bound = "")]
struct Log<F: Fn(usize) -> Value> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<F>; 1],
}

/// The one run; its results are made while they are written.
#[derive(Serialize)]
#[serde(bound = "")]
struct Run<F: Fn(usize) -> Value> {
    tool: Value,
    invocations: Value,
    results: List<F>,
}

/// Writes the document.
pub fn write(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let rules = rules(report);
    let names: Vec<Value> = in_order(&rules).into_iter().map(rule).collect();
    let (ids, fingerprints) = (ids(report), fingerprints(report));
    let uri = uri(&path(report));
    let result = |at: usize| {
        let finding = &report.findings[at];
        let mut result = json!({
            "ruleId": Safe(&finding.metric).text(),
            "ruleIndex": rules[finding.metric.as_str()],
            "kind": kind(finding.status),
            "level": level(finding.status),
            "message": { "text": message(&finding.message) },
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": uri },
                    "region": { "startLine": 1 },
                },
            }],
            "partialFingerprints": { FINGERPRINT: fingerprints[at] },
            "properties": properties(finding, &ids[at]),
        });
        if let (Status::Accepted, Some(accept)) = (finding.status, &finding.accept) {
            result["suppressions"] = json!([suppression(accept)]);
        }
        result
    };
    let driver = json!({
        "name": Safe(&report.tool.name).text(),
        "version": Safe(&report.tool.version).text(),
        "rules": names,
    });
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: json!({ "driver": driver }),
            // The audit ran; what it found is another matter.
            invocations: json!([{
                "executionSuccessful": true,
                "exitCode": report.verdict.exit_code,
            }]),
            results: List(report.findings.len(), result),
        }],
    };
    json::document(&log, out)
}

/// The metrics that findings are of, numbered as they come.
fn rules(report: &Report) -> BTreeMap<&str, usize> {
    let mut rules = BTreeMap::new();
    for finding in &report.findings {
        let next = rules.len();
        rules.entry(finding.metric.as_str()).or_insert(next);
    }
    rules
}

/// The names by their numbers.
fn in_order<'a>(rules: &BTreeMap<&'a str, usize>) -> Vec<&'a str> {
    let mut names: Vec<&str> = rules.keys().copied().collect();
    names.sort_by_key(|name| rules[name]);
    names
}

fn rule(name: &str) -> Value {
    let (meaning, help) = match metrics::find(name) {
        Some(metric) => (metric.meaning.to_owned(), catalogue::explain(metric)),
        // A saved report may be of a version that has other metrics.
        None => (Safe(name).text(), Safe(name).text()),
    };
    json!({
        "id": Safe(name).text(),
        "shortDescription": { "text": escape(&meaning) },
        "fullDescription": { "text": escape(&meaning) },
        "help": { "text": escape(&help) },
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["fairness"] },
    })
}

/// An exception of the policy, as the reason why nobody need look at a result (3.35).
fn suppression(accept: &Accepted) -> Value {
    let mut said = accept.reason.clone();
    for (what, more) in [("owner", &accept.owner), ("until", &accept.until)] {
        if let Some(more) = more {
            said += &format!(" ({what}: {more})");
        }
    }
    json!({
        "kind": "external",
        "status": "accepted",
        "justification": Safe(&said).text(),
    })
}

/// What the check came to (3.27.9): `open` is «not enough is known to decide».
fn kind(status: Status) -> &'static str {
    match status {
        Status::Fail | Status::Warn | Status::Accepted => "fail",
        Status::Undecided => "open",
        Status::Pass => "pass",
    }
}

/// How bad it is (3.27.10): of every kind but `fail` it has to be `none`.
fn level(status: Status) -> &'static str {
    match status {
        Status::Fail => "error",
        Status::Warn | Status::Accepted => "warning",
        Status::Undecided | Status::Pass => "none",
    }
}

/// The numbers, and what they are of; what there is not is left out.
fn properties(finding: &Finding, id: &str) -> Map<String, Value> {
    let text = |raw: &str| Some(Value::from(Safe(raw).text()));
    let group = |group| Some(Value::from(shown(group, &finding.attribute)));
    // JSON has no infinity: an end that is open is left out.
    let number = |x: Option<f64>| x.filter(|x| x.is_finite()).map(Value::from);
    let interval = finding.interval.as_ref();
    let pairs = [
        ("id", Some(Value::from(id))),
        ("status", Some(Value::from(csv::word(&finding.status)))),
        ("scenario", text(&finding.scenario)),
        ("attribute", text(&finding.attribute)),
        (
            "stratum",
            finding.stratum.as_ref().map(|s| shown_pairs(s).into()),
        ),
        ("group", finding.group.as_ref().and_then(group)),
        ("reference", finding.reference.as_ref().and_then(group)),
        ("value", number(finding.value)),
        ("reason", finding.reason.as_deref().and_then(text)),
        ("low", number(interval.map(|i| i.low))),
        ("high", number(interval.map(|i| i.high))),
        ("confidence", number(interval.map(|i| i.confidence))),
        ("min", number(finding.limit.min)),
        ("max", number(finding.limit.max)),
    ];
    let there = |(key, value): (&str, Option<Value>)| Some((key.to_owned(), value?));
    pairs.into_iter().filter_map(there).collect()
}

/// Text from data as a message.
fn message(raw: &str) -> String {
    escape(&Safe(raw).text())
}

/// Text as a plain text message: braces would be placeholders (3.11.5), brackets links (3.11.6).
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '{' | '}' => escaped.extend([c, c]),
            '[' | ']' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_is_a_placeholder_or_a_link() {
        assert_eq!(message("{0} [a](b) \u{1}"), "{{0}} \\[a\\](b) \\u{{1}}");
        assert_eq!(message("plain: 0.42 < 0.8"), "plain: 0.42 < 0.8");
    }
}
