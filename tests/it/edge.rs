//! One trouble a file: `fixtures/edge`, as its README says what a reader must make of each.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cli::{json, run};

/// The roles that every file has.
const ROLES: [&str; 9] = [
    "-s",
    "group",
    "-y",
    "label",
    "-p",
    "pred",
    "--score",
    "score",
    "--no-infer",
];

fn words<'a>(paths: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [paths, &ROLES, &["--exit-zero"], more].concat()
}

fn audit(file: &str, more: &[&str]) -> Value {
    let path = format!("fixtures/edge/{file}");
    json(&words(&[&path], more))
}

/// All that follows from the rows: not how the input is called, and what is said of it.
fn numbers(report: &Value) -> [&Value; 3] {
    ["groups", "measures", "findings"].map(|part| &report[part])
}

#[test]
fn the_same_rows_have_the_same_numbers_however_they_are_stored() {
    let expected = audit("rows.csv", &[]);
    for file in [
        "rows.csv.gz",
        "rows.csv.zst",
        "rows.tsv",
        "rows.jsonl",
        "rows.parquet",
        "rows.arrow",
        "rows_stream.arrows",
        "nested.parquet",
        "bom.csv",
        "crlf.csv",
        "no_newline_at_end.csv",
        "quoted.csv",
        "semicolon.csv",
        "utf16.csv",
        "wrong_extension.csv",
        "hive",
    ] {
        let found = audit(file, &[]);
        assert_eq!(numbers(&found), numbers(&expected), "{file}");
    }
    let joined = [
        "--predictions",
        "fixtures/edge/predictions.csv",
        "--id",
        "id",
    ];
    let found = audit("people.csv", &joined);
    assert_eq!(numbers(&found), numbers(&expected), "people.csv, joined");
}

/// The groups of the one attribute, as they are named.
fn names(report: &Value) -> BTreeSet<&str> {
    let groups = report["groups"].as_array().unwrap().iter();
    let names = groups.filter(|group| group["attribute"] == "group");
    names.filter_map(|g| g["group"]["group"].as_str()).collect()
}

#[test]
fn groups_are_as_they_are_written() {
    for (file, written) in [
        ("leading_zero.csv", &["01", "1", "1.0"][..]),
        ("null_words.csv", &["NA", "None", "null"]),
        ("quoted_newline.csv", &["a\na, \"a\""]),
    ] {
        let report = audit(file, &[]);
        let names = names(&report);
        for name in written {
            assert!(names.contains(name), "{file}: {names:?} lacks {name:?}");
        }
    }
    let report = json(&["fixtures/edge/chinese.csv", "--exit-zero"]);
    let groups = report["groups"].to_string();
    assert!(groups.contains(r#"{"性别":"女"}"#), "{groups}");
    let report = audit("case_and_spaces.csv", &[]);
    assert!(names(&report).len() > 2);
    let notes = report["notes"].to_string();
    assert!(notes.contains("look alike"), "{notes}");
}

#[test]
fn no_control_character_reaches_the_terminal() {
    for file in ["terminal_escape.csv", "right_to_left.csv"] {
        for format in ["table", "md", "csv", "json", "jsonl"] {
            let path = format!("fixtures/edge/{file}");
            let output = run(&words(&[&path], &["-f", format]));
            assert_eq!(output.status.code(), Some(0), "{file}");
            for text in [&output.stdout, &output.stderr] {
                let text = std::str::from_utf8(text).unwrap();
                let is_raw = |c: char| {
                    c.is_control() && c != '\n'
                        || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
                };
                assert!(!text.contains(is_raw), "{file} as {format}: {text:?}");
            }
        }
    }
}

#[test]
fn every_row_is_counted() {
    for (file, reason) in [
        ("missing_label.csv", Some("missing_label")),
        ("missing_score.csv", None),
        ("missing.csv", None),
    ] {
        let report = audit(file, &[]);
        let rows = &report["record"]["rows"];
        let count = |value: &Value| value.as_u64().unwrap();
        let excluded = rows["excluded"].as_object().unwrap();
        let out: u64 = excluded.values().map(count).sum();
        assert_eq!(count(&rows["read"]), 60, "{file}");
        assert_eq!(count(&rows["used"]) + out, 60, "{file}");
        assert_eq!(excluded.keys().next().map(String::as_str), reason, "{file}");
        assert!(!report["notes"].as_array().unwrap().is_empty(), "{file}");
        let groups = report["groups"].as_array().unwrap().iter();
        let rows = groups.filter(|group| group["attribute"] == "group");
        assert_eq!(
            rows.map(|group| count(&group["rows"])).sum::<u64>(),
            60,
            "{file}"
        );
    }
}

/// A number of the attribute: its value, and why there is none.
fn measure<'a>(report: &'a Value, metric: &str) -> (&'a Value, &'a Value) {
    let measures = report["measures"].as_array().unwrap();
    let found = measures
        .iter()
        .find(|m| m["metric"] == metric && m["against"] == "extremes")
        .unwrap();
    (&found["value"], &found["reason"])
}

#[test]
fn what_is_undefined_is_never_zero() {
    let null = Value::Null;
    for (file, metric) in [
        ("one_group.csv", "selection_rate_difference"),
        ("nobody_selected.csv", "selection_rate_ratio"),
        ("all_negative.csv", "true_positive_rate_difference"),
    ] {
        let report = audit(file, &[]);
        let (value, reason) = measure(&report, metric);
        assert_eq!(value, &null, "{file}");
        assert_ne!(reason, &null, "{file}");
        assert_eq!(report["verdict"]["counts"]["pass"], 0, "{file}");
    }
    let report = audit("one_group_without_positives.csv", &[]);
    let measures = report["measures"].as_array().unwrap();
    let gap = measures
        .iter()
        .find(|m| m["metric"] == "true_positive_rate_difference")
        .unwrap();
    assert!(gap["partial"] == true || gap["value"] == null, "{gap}");
    let report = audit("score_above_one.csv", &[]);
    let groups = report["groups"].as_array().unwrap();
    assert_eq!(groups[0]["metrics"]["brier_score"]["value"], null);
    assert_ne!(groups[0]["metrics"]["auc"]["value"], null);
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let weight = ["--weight", "weight"];
    for (file, more, place) in [
        ("ragged.csv", &[][..], "ragged.csv:12:"),
        ("short_row.csv", &[], "short_row.csv:12:"),
        ("unclosed_quote.csv", &[], "unclosed_quote.csv:12:"),
        ("stray_label.csv", &[], "stray_label.csv:42, column `label`"),
        ("word_for_score.csv", &[], "column `score`"),
        ("not_utf8.csv", &[], "not_utf8.csv:3, column `group`"),
        ("duplicate_header.csv", &[], "`group`"),
        ("empty.csv", &[], "no rows"),
        ("header_only.csv", &[], "no rows"),
        ("cut_off.csv.gz", &[], "the file is damaged"),
        ("cut_off.parquet", &[], "the file is damaged"),
        ("negative_weight.csv", &weight, "column `weight`"),
        ("infinite_weight.csv", &weight, "column `weight`"),
        ("zero_weights.csv", &weight, "column `weight`"),
        ("nested.parquet", &["-s", "nested"], "`nested`"),
        (
            "people.csv",
            &[
                "--predictions",
                "fixtures/edge/predictions_twice.csv",
                "--id",
                "id",
            ],
            "predictions_twice.csv",
        ),
    ] {
        let path = format!("fixtures/edge/{file}");
        let output = run(&words(&[&path], more));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{file}: {said}");
        assert_eq!(output.stdout, b"", "{file}");
        assert!(
            said.starts_with("error: ") && said.contains(place),
            "{file}: {said}"
        );
    }
    // Where roles are guessed the reason is the same, not that a column was not found.
    let output = run(&["fixtures/edge/not_utf8.csv"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("not_utf8.csv:3, column `group`"), "{said}");
}
