//! GitLab code quality: a JSON list of what a merge request makes better or worse.
//!
//! Every check is there, passing ones as `info`. GitLab shows what one side of a merge request
//! lists and the other does not, by fingerprint; so here the status is part of it, else a check
//! that passed and now fails would not be shown.

use std::io::{self, Write};

use serde_json::json;

use super::anchor::{fingerprints, ids, path};
use super::findings::word;
use super::json::{self, List};
use super::model::Report;
use super::safe::{Safe, hash};
use super::{Style, csv};
use crate::policy::Status;

/// Writes the list.
pub fn write(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let (ids, fingerprints) = (ids(report), fingerprints(report));
    let path = Safe(&path(report)).text();
    let issue = |at: usize| {
        let finding = &report.findings[at];
        let (status, id) = (word(finding.status), &ids[at]);
        let own = format!("{} {}", fingerprints[at], csv::word(&finding.status));
        json!({
            "description": format!("{status} {} ({id})", Safe(&finding.message)),
            "check_name": Safe(&finding.metric).text(),
            "fingerprint": hash(&own, 64),
            "severity": severity(finding.status),
            "location": { "path": path, "lines": { "begin": 1 } },
        })
    };
    json::document(&List(report.findings.len(), issue), out)
}

fn severity(status: Status) -> &'static str {
    match status {
        Status::Fail => "major",
        Status::Warn => "minor",
        Status::Undecided | Status::Accepted | Status::Pass => "info",
    }
}
