//! JSON and JSON lines: the report as it is.
//!
//! Every number that is not finite is `null`, keys and arrays keep their order, and every
//! character that could act on a terminal or a CI runner is written as its `\u` escape, which any reader of JSON
//! takes back to the very same text: nothing is lost.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::model::Report;
use super::{Style, safe};

/// Writes the report as one document.
pub fn write(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    document(report, out)
}

/// Writes anything as one document, hidden characters as escapes.
pub fn document<T: Serialize>(content: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *out, Visible(PrettyFormatter::new()));
    content.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// So many values, each made when it is written.
pub(super) struct List<F: Fn(usize) -> Value>(pub usize, pub F);

impl<F: Fn(usize) -> Value> Serialize for List<F> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.0).map(&self.1))
    }
}

/// One line: its kind, then the object as it stands in the document.
#[derive(Serialize)]
struct Line<'a, T: Serialize> {
    kind: &'a str,
    #[serde(flatten)]
    content: &'a T,
}

/// What is not in a list: the first line.
#[derive(Serialize)]
struct Head<'a> {
    schema: &'a str,
    tool: &'a super::model::Tool,
    record: &'a super::model::Record,
    verdict: &'a super::model::Verdict,
}

/// A note, as an object.
#[derive(Serialize)]
struct Note<'a> {
    note: &'a str,
}

/// Writes the report as lines of JSON, each an object with a `kind`: first one `report` (schema,
/// tool, record, verdict), then every `finding`, `group`, `measure`, the `publication`, the
/// `comparison`, every `pooled`, `control`,
/// `baseline`, `justice`, `uncovered`, `column`, `fact`, `section` and `note` in the document's order, with the document's fields.
pub fn write_lines(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let head = Head {
        schema: &report.schema,
        tool: &report.tool,
        record: &report.record,
        verdict: &report.verdict,
    };
    write_line("report", &head, out)?;
    write_each("finding", &report.findings, out)?;
    write_each("group", &report.groups, out)?;
    write_each("measure", &report.measures, out)?;
    if let Some(publication) = &report.publication {
        write_line("publication", publication, out)?;
    }
    if let Some(comparison) = &report.comparison {
        write_line("comparison", comparison, out)?;
    }
    write_each("pooled", &report.pooled, out)?;
    write_each("control", &report.controls, out)?;
    write_each("baseline", &report.baselines, out)?;
    write_each("justice", &report.justice, out)?;
    write_each("uncovered", &report.uncovered, out)?;
    write_each("column", &report.profile.columns, out)?;
    write_each("fact", report.profile.facts(), out)?;
    write_each("section", report.profile.sections(), out)?;
    for note in &report.notes {
        write_line("note", &Note { note }, out)?;
    }
    Ok(())
}

fn write_each<T: Serialize>(kind: &str, list: &[T], out: &mut dyn Write) -> io::Result<()> {
    list.iter().try_for_each(|x| write_line(kind, x, out))
}

fn write_line<T: Serialize>(kind: &str, content: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *out, Visible(CompactFormatter));
    Line { kind, content }.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// A formatter that writes hidden characters as escapes, and leaves the layout to another.
struct Visible<F>(F);

/// Hands calls on to the formatter within, unchanged.
macro_rules! hand_on {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, w: &mut W $(, $argument: $type)*) -> io::Result<()> {
            self.0.$name(w $(, $argument)*)
        }
    )*};
}

impl<F: Formatter> Formatter for Visible<F> {
    hand_on! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = 0;
        for (at, c) in fragment.char_indices() {
            if safe::is_hidden(c) || c == '[' && safe::is_command(fragment, at) {
                out.write_all(&fragment.as_bytes()[plain..at])?;
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
                plain = at + c.len_utf8();
            }
        }
        out.write_all(&fragment.as_bytes()[plain..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn text(write: fn(&Report, &Style, &mut dyn Write) -> io::Result<()>, r: &Report) -> String {
        let mut bytes = Vec::new();
        write(r, &Style::default(), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_report_comes_back_from_its_json_as_it_was() {
        for report in [sample::loans(), sample::hostile(), sample::weighted()] {
            let json = text(write, &report);
            let back: Report = serde_json::from_str(&json).unwrap();
            assert_eq!(back, report);
            assert_eq!(text(write, &back), json);
        }
    }

    #[test]
    fn the_lines_are_the_document_in_pieces() {
        let report = sample::hostile();
        let document: serde_json::Value = serde_json::from_str(&text(write, &report)).unwrap();
        let lines = text(write_lines, &report);
        let mut counts = std::collections::BTreeMap::new();
        for line in lines.lines() {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            let kind = line.as_object_mut().unwrap().remove("kind").unwrap();
            let kind = kind.as_str().unwrap().to_owned();
            let at = counts.entry(kind.clone()).or_insert(0_usize);
            let list = match kind.as_str() {
                "report" => continue,
                "column" => &document["profile"]["columns"],
                "uncovered" | "pooled" => &document[&kind],
                "note" => {
                    assert_eq!(line["note"], document["notes"][*at]);
                    *at += 1;
                    continue;
                }
                _ => &document[format!("{kind}s")],
            };
            assert_eq!(line, list[*at], "{kind}");
            *at += 1;
        }
        assert_eq!(counts["group"], report.groups.len());
        assert_eq!(counts["finding"], report.findings.len());
    }
}
