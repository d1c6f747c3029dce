//! `fair-audit probe`: pairs of prompts out, answers in.

use std::fs;

use serde_json::Value;

use crate::cli::{json as report_of, run};
use crate::mitigate::Folder;

const TEMPLATES: &str = "fixtures/probe/templates.toml";
const ANSWERS: &str = "fixtures/probe/answers.jsonl";

/// `fixtures/probe.py` made the numbers with statsmodels and scipy.
#[test]
fn differences_within_pairs_are_those_of_statsmodels_and_scipy() {
    let report = report_of(&["probe", TEMPLATES, "--answers", ANSWERS]);
    let expected: Value =
        serde_json::from_str(&fs::read_to_string("fixtures/probe.json").unwrap()).unwrap();
    let table = &report["justice"][0]["tables"][1];
    assert_eq!(table["name"], "pairs");
    let rows = table["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let theirs = &expected[row["measure"].as_str().unwrap()];
        assert_eq!(row["pairs"], theirs["pairs"]);
        let interval = &row["difference_interval"];
        let mut numbers = vec![
            (&row["difference"], &theirs["difference"]),
            (&interval["low"], &theirs["low"]),
            (&interval["high"], &theirs["high"]),
        ];
        if !theirs["p"].is_null() {
            numbers.push((&row["p"], &theirs["p"]));
        }
        for (ours, theirs) in numbers {
            let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
            assert!((ours - theirs).abs() < 1e-9, "{row}: {ours}, {theirs}");
        }
    }
}

#[test]
fn prompts_are_lines_of_json_and_differ_in_the_group_alone() {
    let output = run(&["probe", TEMPLATES]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let prompts: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(prompts.len(), 30);
    for pair in prompts.chunks(2) {
        assert_eq!(pair[0]["pair"], pair[1]["pair"]);
        let said = |at: usize, with: &str| {
            let text = pair[at]["prompt"].as_str().unwrap();
            let name = pair[at]["name"].as_str();
            text.replace(name.unwrap_or(pair[at]["group"].as_str().unwrap()), with)
        };
        assert_eq!(said(0, "X"), said(1, "X"));
        assert_ne!(pair[0]["prompt"], pair[1]["prompt"]);
    }
}

#[test]
fn ids_that_are_missing_doubled_or_unknown_are_named() {
    let folder = Folder::new();
    let text = fs::read_to_string(ANSWERS).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let first = lines[0];
    for (answers, expected) in [
        (
            lines[1..].join("\n"),
            "1 prompts have no answer: `1.1.1:man`",
        ),
        (
            format!("{text}{first}\n"),
            ":31: `1.1.1:man` was answered in line 1 already",
        ),
        (
            text.replacen("1.1.1:man", "9.9.9:man", 1),
            ":1: no prompt has the id `9.9.9:man`",
        ),
        (text.replacen('{', "{,", 1), ":1: "),
        (text.replace("\"id\"", "\"key\""), "no column `id`"),
        (
            text.replace("\"answer\"", "\"pair\"")
                .replace("\"toxicity\"", "\"name\""),
            "no column `answer`",
        ),
    ] {
        let path = folder.write("answers.jsonl", &answers);
        let output = run(&["probe", TEMPLATES, "--answers", &path]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), output.stdout.len()),
            (Some(2), 0),
            "{error}"
        );
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("help: "), "{error}");
    }
}
