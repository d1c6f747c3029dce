//! A report of nothing: what was typed, how it was understood, and what was read.
//!
//! In: the arguments, settings and inputs. Out: a report in which nothing was counted or judged.

use std::collections::BTreeMap;

use crate::data::Setting;
use crate::policy::Status;
use crate::report::model::{
    Counts, InputReport, Profile, Record, Report, Rows, SCHEMA, Tool, Verdict,
};

/// A report of nothing.
pub(super) fn bare(
    command: &[String],
    seed: u64,
    settings: BTreeMap<String, Setting>,
    inputs: Vec<InputReport>,
) -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        record: Record {
            command: command.to_vec(),
            seed,
            inputs,
            settings,
            rows: Rows {
                read: Some(0),
                used: Some(0),
                excluded: BTreeMap::new(),
                columns: 0,
                effective: None,
            },
            redrawn: None,
            sequential: None,
        },
        verdict: Verdict {
            status: Status::Undecided,
            exit_code: 3,
            policy: String::new(),
            counts: Counts::default(),
        },
        findings: Vec::new(),
        groups: Vec::new(),
        measures: Vec::new(),
        publication: None,
        comparison: None,
        pooled: Vec::new(),
        controls: Vec::new(),
        baselines: Vec::new(),
        justice: Vec::new(),
        uncovered: Vec::new(),
        profile: Profile::default(),
        notes: Vec::new(),
    }
}
