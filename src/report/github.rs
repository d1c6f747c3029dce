//! Annotations of a GitHub workflow: `::error title=…::…` on standard output.
//!
//! GitHub shows ten annotations of a kind for a step and drops the others in silence: at most
//! [`EACH`] are made, and a last notice says that there are more. Every other check is a line of
//! the log, folded. Text from data is never a workflow command ([`Safe`]), nor a part of one.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Style;
use super::anchor::ids;
use super::findings::{about, several_scenarios, word};
use super::model::{Finding, Report};
use super::safe::{Safe, shorten};
use super::table::verdict_line;
use crate::policy::Status;

/// Annotations of one level: one less than GitHub shows, so that the last notice is seen.
const EACH: usize = 9;
/// Columns of a title; GitHub takes 255 characters.
const TITLE: usize = 200;

/// Writes the verdict, the annotations, the other checks, and whether there are more.
pub fn write(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let ids = ids(report);
    let several = several_scenarios(report);
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    let mut others = Vec::new();
    // The log is no terminal: neither colours nor grouped digits.
    let verdict = verdict_line(report, &Style::default());
    writeln!(out, "{verdict}")?;
    for (finding, id) in report.findings.iter().zip(&ids) {
        match level(finding.status) {
            Some(level) if told.get(level).is_none_or(|&n| n < EACH) => {
                *told.entry(level).or_insert(0) += 1;
                let title = property(&title(finding, several));
                writeln!(out, "::{level} title={title}::{}", line(finding, id))?;
            }
            _ => others.push((finding, id)),
        }
    }
    if others.is_empty() {
        return Ok(());
    }
    writeln!(out, "::group::{} other checks", others.len())?;
    for (finding, id) in &others {
        let status = word(finding.status);
        writeln!(out, "{status} {}", said(finding, id))?;
    }
    writeln!(out, "::endgroup::")?;
    let more = others.iter().filter(|(f, _)| f.status != Status::Pass);
    match more.count() {
        0 => Ok(()),
        more => writeln!(
            out,
            "::notice title=fair-audit::{more} more checks without an annotation are in the log"
        ),
    }
}

/// What a check is shown as; one that passes needs no annotation.
fn level(status: Status) -> Option<&'static str> {
    match status {
        Status::Fail => Some("error"),
        Status::Warn => Some("warning"),
        Status::Undecided => Some("notice"),
        Status::Pass | Status::Accepted => None,
    }
}

fn title(finding: &Finding, several: bool) -> String {
    let (status, metric) = (word(finding.status), Safe(&finding.metric));
    let title = format!("{status} {metric}, {}", about(finding, several, true));
    shorten(&title, TITLE, "…")
}

fn said(finding: &Finding, id: &str) -> String {
    format!("{} ({id})", Safe(&finding.message))
}

/// A finding as the data of a command.
fn line(finding: &Finding, id: &str) -> String {
    data(&said(finding, id))
}

/// Text as the data of a command, as the runner takes it back.
pub(super) fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Text as a property of a command, as the runner takes it back.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn at_most_nine_of_a_level_and_a_last_word_on_the_others() {
        let mut report = sample::hostile();
        let all = report.findings.len();
        assert!(all > 2 * EACH);
        let text = |report: &Report| {
            let mut bytes = Vec::new();
            write(report, &Style::default(), &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let written = text(&report);
        assert_eq!(written.matches("\n::error title=").count(), EACH);
        let last = written.lines().last().unwrap();
        let more = format!("::{} more checks without", all - EACH);
        assert!(last.contains(&more), "{last}");
        report.findings.truncate(EACH);
        assert!(!text(&report).contains("::notice"));
        assert!(!text(&report).contains("::group"));
    }

    #[test]
    fn text_is_never_a_command() {
        assert_eq!(data("100 %0A\n::error::x"), "100 %250A%0A::error::x");
        assert_eq!(property("a::b,c%"), "a%3A%3Ab%2Cc%25");
    }
}
