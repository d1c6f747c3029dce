//! `--suppress` around the attack: every format says what the JSON says, saved reports keep what is
//! hidden hidden, and what would publish it is refused by name.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::cli::{json, run};

const TABLE: [&str; 9] = [
    "fixtures/hiring.csv",
    "--no-config",
    "-s",
    "sex,race",
    "-p",
    "selected",
    "--suppress",
    "11",
    "--exit-zero",
];

fn words<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&TABLE, more].concat()
}

fn save(folder: &Path, name: &str, words: &[&str]) -> String {
    let path = folder.join(name).display().to_string();
    let output = run(&[words, &["-o", &path]].concat());
    assert_eq!(output.status.code(), Some(0), "{words:?}");
    path
}

#[test]
fn no_format_says_more_than_the_json() {
    let folder = tempfile::tempdir().unwrap();
    for more in [
        &[][..],
        &["-P", "nyc-ll144"],
        &["-P", "ugesp"],
        &["--control", "sex", "--intersect", "1"],
    ] {
        let sensitive = [&[
            "fixtures/hiring.csv",
            "--no-config",
            "-s",
            "race",
            "-p",
            "selected",
        ][..]];
        let audit = match more.first() {
            Some(&"--control") => [sensitive[0], &TABLE[6..], more].concat(),
            _ => words(more),
        };
        let saved = save(folder.path(), "r.json", &audit);
        for format in fair_audit::report::FORMATS.iter().filter(|f| !f.appends) {
            let looks = ["-f", format.name, "--all", "--wide", "-v"];
            let fresh = run(&[&audit[..], &looks].concat());
            let again = run(&[&["report", &saved][..], &looks].concat());
            assert!(fresh.stdout == again.stdout, "{} {more:?}", format.name);
        }
    }
}

#[test]
fn a_hidden_group_is_null_everywhere_and_the_table_of_a_law_too() {
    let report = json(&words(&["-P", "nyc-ll144"]));
    let hidden = |group: &&Value| group["rows"].is_null();
    let groups = report["groups"].as_array().unwrap();
    let names: Vec<&Value> = groups.iter().filter(hidden).map(|g| &g["group"]).collect();
    assert!(!names.is_empty());
    let mut seen = 0;
    for table in report["publication"]["tables"].as_array().unwrap() {
        let all = table["categories"].as_array().unwrap();
        let is_open = all.iter().any(|c| names.contains(&&c["group"]));
        for category in all {
            assert!(!is_open || category["impact_ratio"].is_null());
            if names.contains(&&category["group"]) {
                seen += 1;
                for key in ["applicants", "selected", "rate"] {
                    assert!(category[key].is_null(), "{category}");
                }
            }
        }
    }
    assert!(seen > 0);
    for finding in report["findings"].as_array().unwrap() {
        if names.contains(&&finding["group"]) {
            assert_eq!(finding["reason"], "suppressed");
            assert_eq!(finding["status"], "undecided");
        }
    }
    let setting = &report["record"]["settings"]["suppress"];
    assert_eq!(
        (&setting["value"], &setting["source"]),
        (&"11".into(), &"flag".into())
    );
}

#[test]
fn a_saved_report_stays_suppressed_and_is_held_against_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let bare: Vec<&str> = TABLE
        .into_iter()
        .filter(|w| *w != "--suppress" && *w != "11")
        .collect();
    let bare = save(folder.path(), "bare.json", &bare);
    let hidden = save(folder.path(), "hidden.json", &words(&[]));
    let checked = json(&["check", &hidden, "--no-config", "--min-group", "1"]);
    let old: Value = serde_json::from_slice(&std::fs::read(&hidden).unwrap()).unwrap();
    assert_eq!(checked["groups"], old["groups"]);
    let error = |words: &[&str]| {
        let output = run(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    };
    let text = error(&words(&["--against", &bare]));
    assert!(
        text.contains("has counts that this report does not publish"),
        "{text}"
    );
    assert!(error(&["compare", &bare, &hidden, "--no-config"]).contains("does not publish"));
    let both = ["compare", &hidden, &bare, "--no-config", "--suppress", "11"];
    assert!(error(&both).contains("does not publish"));
    let again = run(&words(&["--against", &hidden]));
    assert_eq!(again.status.code(), Some(0));
    // A policy file that publishes less than the saved report.
    let file = folder.path().join("p.toml");
    std::fs::write(&file, "[statistics]\nsuppress = 11\n").unwrap();
    let file = file.display().to_string();
    assert!(error(&["check", &bare, "-c", &file]).contains("does not publish"));
    let named = json(&[
        "fixtures/hiring.csv",
        "-s",
        "race",
        "-p",
        "selected",
        "-c",
        &file,
    ]);
    assert_eq!(named["record"]["settings"]["suppress"]["source"], "file");
    std::fs::write(&file, "[statistics]\nsuppress = 1\n").unwrap();
    let text = error(&["fixtures/hiring.csv", "-c", &file]);
    assert!(text.contains("under 2 nothing is hidden"), "{text}");
}

#[test]
fn what_would_publish_what_is_hidden_is_refused() {
    for (more, why) in [
        (&["-p", "job=sales"][..], "two decisions"),
        (&["--control", "auto"], "every column"),
        (&["--adjust", "maxt"], "hidden too"),
    ] {
        let output = run(&words(more));
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(
            text.contains("--suppress 11") && text.contains(why),
            "{text}"
        );
    }
}

/// Every number of a document with the place it stands at, list indices left out.
fn numbers(value: &Value, path: &str, each: &mut dyn FnMut(&str)) {
    match value {
        Value::Number(_) => each(path),
        Value::Array(list) => list.iter().for_each(|item| numbers(item, path, each)),
        Value::Object(map) => {
            for (key, item) in map {
                numbers(item, &format!("{path}.{key}"), each);
            }
        }
        _ => {}
    }
}

fn count(value: &Value) -> usize {
    let mut count = 0;
    numbers(value, "", &mut |_| count += 1);
    count
}

/// Where a suppressed report may have numbers at all. What is not here must be thought about first:
/// does it follow from the published groups alone?
const ALLOWED: [&str; 12] = [
    ".record.seed",
    ".record.rows.",
    ".verdict.exit_code",
    ".verdict.counts.",
    ".findings.",
    ".groups.",
    ".measures.",
    ".pooled.",
    ".justice.tables.rows.",
    ".justice.tables.columns.rank",
    ".profile.columns.values",
    ".profile.columns.missing",
];

/// Every number of a document as it is written.
fn written(value: &Value, all: &mut BTreeSet<String>) {
    match value {
        Value::Number(number) => {
            all.insert(number.to_string());
        }
        Value::Array(list) => list.iter().for_each(|item| written(item, all)),
        Value::Object(map) => map.values().for_each(|item| written(item, all)),
        _ => {}
    }
}

/// The justice section says nothing that published groups and comparisons do not say.
fn justice_is_a_copy(report: &Value) {
    let (mut own, mut published) = (BTreeSet::new(), BTreeSet::new());
    for section in report["justice"].as_array().unwrap() {
        let tables = section["tables"].as_array().unwrap().iter();
        tables.for_each(|table| written(&table["rows"], &mut own));
    }
    written(&report["groups"], &mut published);
    written(&report["measures"], &mut published);
    let other: Vec<&String> = own.difference(&published).collect();
    assert!(other.is_empty(), "{other:?}");
}

/// Looks through a suppressed report.
pub fn nothing_rests_on_what_is_hidden(report: &Value, k: u64) {
    numbers(report, "", &mut |path| {
        assert!(
            ALLOWED.iter().any(|known| path.starts_with(known)),
            "{path}"
        );
    });
    justice_is_a_copy(report);
    let mut open = BTreeSet::new();
    let mut hidden = BTreeSet::new();
    for group in report["groups"].as_array().unwrap() {
        if group["rows"].is_null() {
            assert_eq!(count(group), 0, "{group}");
            open.insert(group["attribute"].to_string());
            hidden.insert((group["stratum"].to_string(), group["group"].to_string()));
        }
    }
    for list in ["measures", "pooled"] {
        for item in report[list].as_array().into_iter().flatten() {
            let is_open = open.contains(&item["attribute"].to_string());
            assert!(!is_open || count(item) == 0, "{item}");
        }
    }
    for finding in report["findings"].as_array().unwrap() {
        for side in ["group", "reference"] {
            let place = (finding["stratum"].to_string(), finding[side].to_string());
            let mut bare = finding.clone();
            bare.as_object_mut().unwrap().remove("limit");
            assert!(!hidden.contains(&place) || count(&bare) == 0, "{finding}");
        }
    }
    for note in report["notes"].as_array().unwrap() {
        let text = note
            .as_str()
            .unwrap()
            .replacen(&format!("under {k} "), "", 1);
        assert!(!text.contains(char::is_numeric), "{note}");
    }
}
