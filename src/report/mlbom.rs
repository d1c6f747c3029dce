//! A bill of materials of `CycloneDX` 1.6 (ECMA-424): each set of decisions is a machine-learning model
//! whose card has every number by group, with its interval.
//!
//! In: a report. Out: JSON without serial number and time, which would be others on every run. What a
//! report does not know (licence, supplier, use) is not there.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Style;
use super::anchor::ids;
use super::findings::word;
use super::json;
use super::label;
use super::model::{GroupReport, InputReport, MeasureReport, MetricValue, Report};
use super::safe::Safe;
use crate::policy::Status;
use crate::profile::section;
use crate::stats::Interval;

/// Writes the bill.
pub fn write(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut names: Vec<&str> = Vec::new();
    for group in &report.groups {
        if !names.contains(&group.scenario.as_str()) {
            names.push(&group.scenario);
        }
    }
    let data = report.record.inputs.iter().enumerate().map(data);
    let models = names.iter().map(|name| model(report, name));
    let components: Vec<Value> = data.chain(models).collect();
    let tool = json!({
        "type": "application",
        "name": report.tool.name,
        "version": report.tool.version,
    });
    let bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "tools": { "components": [tool] } },
        "components": components,
        "properties": findings(report),
    });
    json::document(&bill, out)
}

/// A file that was read.
fn data((at, input): (usize, &InputReport)) -> Value {
    let mut data = json!({
        "type": "data",
        "bom-ref": reference(at),
        "name": Safe(&input.path).text(),
    });
    if let Some(sha256) = &input.sha256 {
        data["hashes"] = json!([{ "alg": "SHA-256", "content": sha256 }]);
    }
    data
}

fn reference(at: usize) -> String {
    format!("data-{}", at + 1)
}

/// One set of decisions.
fn model(report: &Report, name: &str) -> Value {
    let groups = report.groups.iter().filter(|group| group.scenario == name);
    let measures = report.measures.iter().filter(|gap| gap.scenario == name);
    let metrics: Vec<Value> = groups
        .flat_map(of_group)
        .chain(measures.filter_map(of_gap))
        .collect();
    let inputs = 0..report.record.inputs.len();
    let datasets: Vec<Value> = inputs.map(|at| json!({ "ref": reference(at) })).collect();
    let mut card = json!({
        "modelParameters": { "approach": { "type": "supervised" }, "datasets": datasets },
        "quantitativeAnalysis": { "performanceMetrics": metrics },
    });
    let failed = report.findings.iter().filter(|finding| {
        finding.scenario == name && matches!(finding.status, Status::Fail | Status::Warn)
    });
    let at_risk: Vec<Value> = failed
        .map(|finding| {
            let group = finding.group.as_ref();
            let group = group.map_or_else(|| finding.attribute.clone(), label::pairs);
            json!({
                "groupAtRisk": Safe(&group).text(),
                "harms": Safe(&finding.message).text(),
            })
        })
        .collect();
    if !at_risk.is_empty() {
        card["considerations"] = json!({ "fairnessAssessments": at_risk });
    }
    json!({
        "type": "machine-learning-model",
        "bom-ref": format!("model {}", Safe(name)),
        "name": Safe(name).text(),
        "modelCard": card,
    })
}

/// Every number of a group.
fn of_group(group: &GroupReport) -> impl Iterator<Item = Value> {
    let slice = slice(
        &group.attribute,
        &label::pairs(&group.group),
        group.stratum.as_ref(),
    );
    let there = group.metrics.iter();
    there.filter_map(
        move |(
            name,
            MetricValue {
                value, interval, ..
            },
        )| { Some(number(name, (*value)?, &slice, interval.as_ref())) },
    )
}

/// A comparison of groups.
fn of_gap(gap: &MeasureReport) -> Option<Value> {
    let pairs = |group: &Option<_>| group.as_ref().map(label::pairs);
    let (one, other) = match (pairs(&gap.highest), pairs(&gap.group)) {
        (Some(highest), _) => (Some(highest), pairs(&gap.lowest)),
        (None, own) => (own, pairs(&gap.reference)),
    };
    let both: Vec<String> = one.into_iter().chain(other).collect();
    let slice = slice(
        &gap.attribute,
        &both.join(" against "),
        gap.stratum.as_ref(),
    );
    Some(number(
        &gap.metric,
        gap.value?,
        &slice,
        gap.interval.as_ref(),
    ))
}

/// What a number is of: the attribute alone stands for all of its groups.
fn slice(attribute: &str, groups: &str, stratum: Option<&super::model::Values>) -> String {
    let mut slice = if groups.is_empty() {
        attribute.to_owned()
    } else {
        groups.to_owned()
    };
    if let Some(stratum) = stratum {
        slice += &format!(" within {}", label::pairs(stratum));
    }
    Safe(&slice).text()
}

/// One metric; numbers are texts there.
fn number(name: &str, value: f64, slice: &str, interval: Option<&Interval>) -> Value {
    let mut metric = json!({ "type": name, "value": value.to_string(), "slice": slice });
    if let Some(Interval { low, high, .. }) = interval {
        let mut ends = json!({ "lowerBound": low.to_string() });
        if high.is_finite() {
            ends["upperBound"] = json!(high.to_string());
        }
        metric["confidenceInterval"] = ends;
    }
    metric
}

/// What was looked at beside the counts, what was not, and whether a record exists.
fn looked_at(report: &Report) -> impl Iterator<Item = (String, String)> {
    let tables = report.owed().into_iter().flat_map(|owed| &owed.tables);
    let rows = tables.filter(|table| table.name == "looked_at");
    rows.flat_map(|table| &table.rows).filter_map(|row| {
        let text = |name: &str| match row.get(name) {
            Some(section::Value::Text(text)) => Some(Safe(text).text()),
            _ => None,
        };
        let said = format!("{} {}", text("status")?, text("how")?);
        Some((
            format!("fair-audit:justice:{}", text("what")?),
            said.trim_end().to_owned(),
        ))
    })
}

/// The verdict and every check.
fn findings(report: &Report) -> Vec<Value> {
    let property = |name: String, value: String| json!({ "name": name, "value": value });
    let verdict = word(report.verdict.status).to_owned();
    let mut all = vec![property("fair-audit:verdict".to_owned(), verdict)];
    let each = ids(report).into_iter().zip(&report.findings);
    all.extend(each.map(|(id, finding)| {
        let said = format!("{} {}", word(finding.status), Safe(&finding.message));
        property(format!("fair-audit:finding:{id}"), said)
    }));
    all.extend(looked_at(report).map(|(what, said)| property(what, said)));
    all
}
