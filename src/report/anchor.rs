//! What ties a finding to a place and to itself, for programs that follow findings over time.
//!
//! In: a report. Out: ids that are apart when seen, fingerprints that stay the same while a finding
//! is about the same thing, and the first input as a URI. All of it is ASCII or was escaped.

use std::collections::BTreeMap;

use super::model::{Finding, Report};
use super::safe::{Safe, distinct, hash};

/// What stands for standard input, which has no path.
const STDIN: &str = "stdin";

/// The ids as they are shown. Ids that differ only in what cannot be seen get a mark, since two
/// series or test cases of one name would be taken for one.
pub(super) fn ids(report: &Report) -> Vec<String> {
    let names: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.id.clone(), Safe(&finding.id).text()))
        .collect();
    distinct(&names, None, "…")
}

/// A fingerprint for each finding, 64 hexadecimal digits: of what it is about, never of its number,
/// its status or its limit. Several rules may ask the same; these are numbered.
pub(super) fn fingerprints(report: &Report) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let each = report.findings.iter().map(|finding| {
        let about = about(finding);
        let times = seen.entry(about.clone()).or_insert(0);
        *times += 1;
        match *times {
            1 => hash(&about, 64),
            times => hash(&format!("{about}#{times}"), 64),
        }
    });
    each.collect()
}

/// What a finding is about, as a text that no other finding has by an accident of its names.
fn about(finding: &Finding) -> String {
    let parts = (
        &finding.metric,
        &finding.attribute,
        &finding.group,
        &finding.reference,
        &finding.stratum,
        &finding.scenario,
    );
    // Texts by keys that are texts: there is always a JSON of it.
    serde_json::to_string(&parts).unwrap_or_default()
}

/// The path of the first input, as it was typed but for `./`.
pub(super) fn path(report: &Report) -> String {
    let typed = report.record.inputs.first().map_or("", |i| i.path.as_str());
    let slashes = if cfg!(windows) {
        typed.replace('\\', "/")
    } else {
        typed.to_owned()
    };
    let mut path = slashes.as_str();
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    match path {
        "" | "-" => STDIN.to_owned(),
        path => path.to_owned(),
    }
}

/// A path as a URI reference (RFC 3986): relative as it is, absolute with `file://`.
pub(super) fn uri(path: &str) -> String {
    let is_drive = cfg!(windows) && path.as_bytes().get(1) == Some(&b':');
    let mut uri = match (path.starts_with('/'), is_drive) {
        (true, _) => "file://".to_owned(),
        (_, true) => "file:///".to_owned(),
        _ => String::new(),
    };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn paths_are_uris_that_lead_back() {
        for (typed, wanted) in [
            ("data/a.csv", "data/a.csv"),
            ("././/a b%0A.csv", "a%20b%250A.csv"),
            ("/data/ü|?#.csv", "file:///data/%C3%BC%7C%3F%23.csv"),
            ("c:evil\u{1}\u{202e}", "c%3Aevil%01%E2%80%AE"),
            ("../a.csv", "../a.csv"),
            ("-", "stdin"),
        ] {
            let mut report = sample::loans();
            report.record.inputs[0].path = typed.to_owned();
            assert_eq!(uri(&path(&report)), wanted);
        }
    }

    #[test]
    fn a_fingerprint_is_of_what_is_judged_and_of_nothing_else() {
        let report = sample::hostile();
        let before = fingerprints(&report);
        let unique: std::collections::BTreeSet<_> = before.iter().collect();
        assert_eq!(unique.len(), report.findings.len());
        let mut later = report.clone();
        for finding in &mut later.findings {
            finding.value = None;
            finding.limit.min = Some(0.5);
            finding.message.clear();
            finding.status = crate::policy::Status::Undecided;
        }
        assert_eq!(fingerprints(&later), before);
        later.findings[0].scenario = "other".to_owned();
        let moved = fingerprints(&later);
        assert_ne!(moved[0], before[0]);
        assert_eq!(moved[1..], before[1..]);
        later.findings[1] = later.findings[0].clone();
        let twins = fingerprints(&later);
        assert_ne!(twins[0], twins[1]);
    }
}
