//! CSV: one line for each finding, and for each number of a group, of a comparison, of a profile.
//!
//! RFC 4180 with a header line and `\n`. Text from data is escaped as for a terminal, and a text
//! that a spreadsheet would take for a formula gets a `'` before it; numbers stand in full.

use std::io::{self, Write};

use super::Style;
use super::label::{joined, pairs};
use super::model::{Finding, GroupReport, MeasureReport, Report, Values};
use super::safe::Safe;
use crate::profile::Section;
use crate::profile::section::{REASON, Table, Value};
use crate::stats::Interval;

/// The columns. `group` and `reference` are the values in the order of `attribute`; of a
/// comparison of extremes they are the lowest and the highest group. The last three are of a profile:
/// the row of the table that `id` names, the column of the data that it is about, and a text.
const HEADER: [&str; 26] = [
    "kind",
    "id",
    "status",
    "scenario",
    "attribute",
    "stratum",
    "group",
    "reference",
    "metric",
    "against",
    "value",
    "reason",
    "numerator",
    "denominator",
    "low",
    "high",
    "confidence",
    "method",
    "min",
    "max",
    "rows",
    "weight",
    "partial",
    "row",
    "column",
    "text",
];

/// A line of the table; what does not apply is empty.
#[derive(Default)]
struct Line {
    fields: [String; HEADER.len()],
}

impl Line {
    /// Puts text of our own or a number.
    fn put(&mut self, column: &str, text: impl Into<String>) -> &mut Self {
        if let Some(at) = HEADER.iter().position(|name| *name == column) {
            self.fields[at] = text.into();
        } else {
            debug_assert!(false, "no column {column}");
        }
        self
    }

    /// Puts text that came from outside.
    fn put_text(&mut self, column: &str, raw: &str) -> &mut Self {
        self.put(column, guarded(raw))
    }

    fn put_number(&mut self, column: &str, value: Option<f64>) -> &mut Self {
        self.put(
            column,
            value
                .filter(|x| x.is_finite())
                .map_or(String::new(), |x| x.to_string()),
        )
    }

    fn put_interval(&mut self, interval: Option<&Interval>) -> &mut Self {
        if let Some(interval) = interval {
            self.put_number("low", Some(interval.low))
                .put_number("high", Some(interval.high))
                .put_number("confidence", Some(interval.confidence))
                .put("method", word(&interval.method));
        }
        self
    }

    fn put_place(
        &mut self,
        scenario: &str,
        attribute: &str,
        stratum: Option<&Values>,
    ) -> &mut Self {
        self.put_text("scenario", scenario)
            .put_text("attribute", attribute)
            .put_text("stratum", &stratum.map_or(String::new(), pairs))
    }

    fn put_group(&mut self, column: &str, attribute: &str, group: Option<&Values>) -> &mut Self {
        self.put_text(
            column,
            &group.map_or(String::new(), |g| joined(g, attribute)),
        )
    }
}

/// Writes the table.
pub fn write(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::WriterBuilder::new().from_writer(out);
    let mut lines = || {
        table.write_record(HEADER)?;
        for finding in &report.findings {
            table.write_record(&of_finding(finding).fields)?;
        }
        for group in &report.groups {
            for line in of_group(group) {
                table.write_record(&line.fields)?;
            }
        }
        for measure in &report.measures {
            table.write_record(&of_measure(measure).fields)?;
        }
        for fact in report.profile.facts() {
            let mut line = Line::default();
            line.put("kind", "fact")
                .put_text("id", &fact.section)
                .put("metric", "urgency")
                .put_number("value", Some(fact.weight))
                .put_text("text", &fact.message);
            table.write_record(&line.fields)?;
        }
        for section in report.sections() {
            for lines in section.tables.iter().map(|part| of_table(section, part)) {
                lines
                    .iter()
                    .try_for_each(|line| table.write_record(&line.fields))?;
            }
        }
        Ok(table.flush()?)
    };
    // A closed pipe must be told from other errors: not every conversion keeps the kind.
    lines().map_err(|error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
}

/// Why it decides nothing, or why it was accepted.
fn why(finding: &Finding) -> &str {
    let accepted = finding.accept.as_ref().map(|accept| accept.reason.as_str());
    finding.reason.as_deref().or(accepted).unwrap_or_default()
}

fn of_finding(finding: &Finding) -> Line {
    let mut line = Line::default();
    line.put("kind", "finding")
        .put_text("id", &finding.id)
        .put("status", word(&finding.status))
        .put_place(
            &finding.scenario,
            &finding.attribute,
            finding.stratum.as_ref(),
        )
        .put_group("group", &finding.attribute, finding.group.as_ref())
        .put_group("reference", &finding.attribute, finding.reference.as_ref())
        .put_text("metric", &finding.metric)
        .put_number("value", finding.value)
        .put_text("reason", why(finding))
        .put_interval(finding.interval.as_ref())
        .put_number("min", finding.limit.min)
        .put_number("max", finding.limit.max);
    line
}

fn of_group(group: &GroupReport) -> impl Iterator<Item = Line> {
    group.metrics.iter().map(|(metric, value)| {
        let mut line = Line::default();
        line.put("kind", "group")
            .put_place(&group.scenario, &group.attribute, group.stratum.as_ref())
            .put_group("group", &group.attribute, Some(&group.group))
            .put_text("metric", metric)
            .put_number("value", value.value)
            .put("reason", value.reason.as_ref().map_or(String::new(), word))
            .put_number("numerator", value.numerator)
            .put_number("denominator", value.denominator)
            .put_interval(value.interval.as_ref())
            .put(
                "rows",
                group.rows.map_or(String::new(), |rows| rows.to_string()),
            )
            .put_number("weight", group.weight);
        line
    })
}

fn of_measure(measure: &MeasureReport) -> Line {
    let group = measure.group.as_ref().or(measure.lowest.as_ref());
    let reference = measure.reference.as_ref().or(measure.highest.as_ref());
    let mut line = Line::default();
    line.put("kind", "measure")
        .put_place(
            &measure.scenario,
            &measure.attribute,
            measure.stratum.as_ref(),
        )
        .put_group("group", &measure.attribute, group)
        .put_group("reference", &measure.attribute, reference)
        .put_text("metric", &measure.metric)
        .put("against", word(&measure.against))
        .put_number("value", measure.value)
        .put(
            "reason",
            measure.reason.as_ref().map_or(String::new(), word),
        )
        .put_interval(measure.interval.as_ref())
        .put("partial", measure.partial.to_string());
    line
}

/// A line for each value of a table of the profile that is no group. `id` is section and table, `row`
/// counts its rows from 1; `group` and `reference` are its first and its second group, `column` is
/// the column of the data that it is about.
fn of_table(section: &Section, table: &Table) -> Vec<Line> {
    let mut lines = Vec::new();
    for (at, row) in table.rows.iter().enumerate() {
        let mut groups = table.columns.iter().filter_map(|c| match row.get(&c.name) {
            Some(Value::Group(group)) => Some(group),
            _ => None,
        });
        let (group, reference) = (groups.next(), groups.next());
        let text = |name: &str| match row.get(name) {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        let own = group.map(|group| group.keys().cloned().collect::<Vec<_>>().join("*"));
        let attribute = text("attribute").map_or(own.unwrap_or_default(), ToOwned::to_owned);
        for column in &table.columns {
            let mut line = Line::default();
            line.put("kind", "profile")
                .put_text("id", &format!("{}.{}", section.name, table.name))
                .put("row", (at + 1).to_string())
                .put_text("attribute", &attribute)
                .put_group("group", &attribute, group)
                .put_group("reference", &attribute, reference)
                .put_text("column", text("column").unwrap_or_default())
                .put_text("metric", &column.name);
            match row.get(&column.name) {
                Some(Value::Count(n)) => line.put("value", n.to_string()),
                Some(Value::Number(x)) => line.put_number("value", Some(*x)),
                Some(Value::Text(text)) => line.put_text("text", text),
                Some(Value::Interval(interval)) => line.put_interval(Some(interval)),
                Some(Value::Nothing(())) => match text(&format!("{}{REASON}", column.name)) {
                    Some(why) => line.put_text("reason", why),
                    None => continue,
                },
                Some(Value::Group(_)) | None => continue,
            };
            lines.push(line);
        }
    }
    lines
}

/// The word that stands for a value in the JSON.
pub(super) fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Text that no spreadsheet runs: `'` before a sign that begins a formula, in its full-width
/// forms too, unless the whole is a plain number.
fn guarded(raw: &str) -> String {
    let shown = Safe(raw).text();
    let number = raw
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'+' | b'-'))
        && raw.parse::<f64>().is_ok();
    let formula = raw.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if formula && !number {
        format!("'{shown}")
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn formulas_are_disarmed_and_numbers_are_not() {
        for (raw, written) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2+3|cmd", "'-2+3|cmd"),
            ("\t=1", "'\\t=1"),
            ("＝1+1", "'＝1+1"),
            ("-2.5", "-2.5"),
            ("+1", "+1"),
            ("-", "'-"),
            ("plain", "plain"),
        ] {
            assert_eq!(guarded(raw), written);
        }
    }

    #[test]
    fn every_line_has_every_column_and_every_number_a_line() {
        for report in [sample::loans(), sample::hostile()] {
            let mut bytes = Vec::new();
            write(&report, &Style::default(), &mut bytes).unwrap();
            let mut reader = csv::Reader::from_reader(bytes.as_slice());
            assert_eq!(reader.headers().unwrap(), &HEADER[..]);
            let lines: Vec<_> = reader.records().map(Result::unwrap).collect();
            let numbers: usize = report.groups.iter().map(|g| g.metrics.len()).sum();
            let expected = report.findings.len() + numbers + report.measures.len();
            assert_eq!(lines.len(), expected);
        }
    }
}
