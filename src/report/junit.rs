//! `JUnit` XML: a suite for each attribute, a case for each finding.
//!
//! A check that fails is a failure. `JUnit` knows no warning and no «cannot tell»: a warned and an
//! undecided check are skipped cases with a message, which every reader shows; as passed cases with
//! output they would be green, and nobody looks at what is green.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Style;
use super::anchor::ids;
use super::findings::word;
use super::model::{Finding, Report};
use super::safe::Safe;
use crate::policy::Status;

/// Writes the document.
pub fn write(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let ids = ids(report);
    let mut suites: BTreeMap<&str, Vec<(&Finding, &str)>> = BTreeMap::new();
    for (finding, id) in report.findings.iter().zip(&ids) {
        let suite = suites.entry(&finding.attribute).or_default();
        suite.push((finding, id));
    }
    let counts = counts(report.findings.iter());
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let name = text(&report.tool.name);
    writeln!(out, r#"<testsuites name="{name}" {counts}>"#)?;
    for (attribute, cases) in &suites {
        write_suite(report, attribute, cases, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn write_suite(
    report: &Report,
    attribute: &str,
    cases: &[(&Finding, &str)],
    out: &mut dyn Write,
) -> io::Result<()> {
    let counts = counts(cases.iter().map(|(finding, _)| *finding));
    writeln!(out, r#"  <testsuite name="{}" {counts}>"#, text(attribute))?;
    let policy = text(&report.verdict.policy);
    writeln!(out, "    <properties>")?;
    writeln!(out, r#"      <property name="policy" value="{policy}"/>"#)?;
    writeln!(out, "    </properties>")?;
    for (finding, id) in cases {
        write_case(finding, id, out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn write_case(finding: &Finding, id: &str, out: &mut dyn Write) -> io::Result<()> {
    let (id, class) = (escape(id), text(&finding.metric));
    let message = text(&finding.message);
    writeln!(
        out,
        r#"    <testcase name="{id}" classname="{class}" time="0">"#
    )?;
    match finding.status {
        Status::Fail => writeln!(
            out,
            r#"      <failure type="{class}" message="{message}">{message}</failure>"#
        )?,
        Status::Warn | Status::Undecided | Status::Accepted => writeln!(
            out,
            r#"      <skipped message="{}: {message}"/>"#,
            word(finding.status)
        )?,
        Status::Pass => writeln!(out, "      <system-out>{message}</system-out>")?,
    }
    writeln!(out, "    </testcase>")
}

/// How many cases there are, as attributes. Time is 0: two runs write the same bytes.
fn counts<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let (mut tests, mut failures, mut skipped) = (0, 0, 0);
    for finding in findings {
        tests += 1;
        match finding.status {
            Status::Fail => failures += 1,
            Status::Warn | Status::Undecided | Status::Accepted => skipped += 1,
            Status::Pass => {}
        }
    }
    format!(r#"tests="{tests}" failures="{failures}" errors="0" skipped="{skipped}" time="0""#)
}

/// Text from data, in an element or an attribute.
fn text(raw: &str) -> String {
    escape(&Safe(raw).text())
}

/// Text as XML 1.0, in an element or an attribute. `>` too, since `]]>` may not stand in an
/// element; a character that XML cannot say, not even by its number, is U+FFFD.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' => escaped.push_str(&format!("&#{};", u32::from(c))),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup_or_illegal() {
        for (raw, written) in [
            ("]]>", "]]&gt;"),
            (
                "<a b=\"c\" d='e'>&amp;",
                "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;amp;",
            ),
            ("\0\u{1}\u{b}\u{fffe}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("a\nb\tc", "a&#10;b&#9;c"),
            ("中文", "中文"),
        ] {
            assert_eq!(escape(raw), written);
        }
        assert_eq!(text("\u{1}]]>"), "\\u{1}]]&gt;");
    }
}
