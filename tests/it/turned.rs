//! Flips and paired answers are scenarios of the audit's own groups and comparisons, and lines of a
//! file: against `fixtures/turned.py`, which counts row by row.

use std::fs;

use serde_json::Value;

use crate::cli::{json, run};
use crate::mitigate::Folder;

const GERMAN: &str = "fixtures/german.csv";
const MODEL: &str = "python3 fixtures/model/score.py";

fn expected() -> Value {
    let text = fs::read_to_string("fixtures/turned.json").unwrap();
    serde_json::from_str(&text).unwrap()
}

fn words<'a>(own: &[&'a str]) -> Vec<&'a str> {
    [&["counterfactual", GERMAN], own, &["--no-config"]].concat()
}

fn asked<'a>() -> Vec<&'a str> {
    words(&["-s", "sex,age_group", "-y", "credit=good", "--model", MODEL])
}

/// The group of a scenario in a report.
fn group<'a>(report: &'a Value, scenario: &str, own: &Value) -> &'a Value {
    let mut all = report["groups"].as_array().unwrap().iter();
    let is_own = |group: &&Value| {
        let named = [&group["scenario"], &group["attribute"]];
        named == [scenario, own["attribute"].as_str().unwrap()] && group["group"] == own["group"]
    };
    all.find(is_own)
        .unwrap_or_else(|| panic!("{scenario} {own}"))
}

/// The number, and its interval where one is expected.
pub fn is_near(found: &Value, expected: &Value, what: &str) {
    let near = |found: &Value, expected: &Value| {
        let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
        assert!(
            (found - expected).abs() <= 1e-9,
            "{what}: {found} {expected}"
        );
    };
    near(&found["value"], &expected["value"]);
    if expected.get("low").is_some() {
        near(&found["interval"]["low"], &expected["low"]);
        near(&found["interval"]["high"], &expected["high"]);
    }
}

#[test]
fn every_flip_is_a_scenario_whose_groups_are_counted_row_by_row() {
    let report = json(&asked());
    let expected = expected();
    for (scenario, groups) in expected["scenarios"].as_object().unwrap() {
        for own in groups.as_array().unwrap() {
            let found = group(&report, scenario, own);
            assert_eq!(found["rows"], own["rows"]);
            for name in [
                "selection_rate",
                "true_positive_rate",
                "false_positive_rate",
                "just_loss",
                "fair_loss",
            ] {
                let what = format!("{scenario} {} {name}", own["group"]);
                is_near(&found["metrics"][name], &own[name], &what);
            }
        }
    }
}

#[test]
fn comparisons_of_a_scenario_are_those_of_its_groups_and_stand_in_a_table() {
    let report = json(&asked());
    let expected = expected();
    let section = &report["justice"][0];
    assert_eq!(section["name"], "flip");
    let tables = section["tables"].as_array().unwrap();
    let gaps = tables.iter().find(|table| table["name"] == "gaps").unwrap();
    let rows = gaps["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let own = expected["scenarios"][row["scenario"].as_str().unwrap()]
            .as_array()
            .unwrap();
        for name in ["selection_rate", "just_loss", "fair_loss"] {
            let own = own.iter().filter(|group| group["attribute"] == "sex");
            let all: Vec<f64> = own
                .map(|group| group[name]["value"].as_f64().unwrap())
                .collect();
            let gap = row[format!("{name}_difference")].as_f64().unwrap();
            assert!((gap - (all[0] - all[1]).abs()).abs() < 1e-9, "{name} {row}");
        }
    }
    // Everyone as of one group: what is left of the gap in decisions is less than it was.
    let gap = |at: usize| rows[at]["selection_rate_difference"].as_f64().unwrap();
    assert!(gap(1) < gap(0) && gap(2) < gap(0));
}

#[test]
fn rows_are_written_with_the_answers_before_and_after() {
    let folder = Folder::new();
    let out = folder.at("rows.csv");
    json(&[asked(), vec!["--rows-out", &out]].concat());
    let text = fs::read_to_string(&out).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let heading = [
        "row",
        "scenario",
        "score",
        "decision",
        "changed_score",
        "changed_decision",
    ];
    assert_eq!(lines[0], heading);
    assert_eq!(lines.len(), 1 + 2 * 1000);
    for own in expected()["rows"].as_array().unwrap() {
        let row = own["row"].to_string();
        for scenario in ["as_if=female", "as_if=male"] {
            let is_own = |line: &&Vec<&str>| line[0] == row && line[1] == scenario;
            let line = lines.iter().find(is_own).unwrap();
            for (at, name) in [(2, "as_is"), (4, scenario)] {
                let expected = own[name].as_f64().unwrap();
                assert!((line[at].parse::<f64>().unwrap() - expected).abs() < 1e-12);
                assert_eq!(line[at + 1], if expected >= 0.5 { "1" } else { "0" });
            }
        }
    }
}

#[test]
fn paired_answers_are_two_scenarios_of_decisions_alone() {
    let folder = Folder::new();
    let table = folder.write(
        "t.csv",
        "g,y,one,two\na,1,yes,no\na,0,yes,yes\na,1,no,no\nb,1,yes,yes\nb,0,no,yes\nb,0,no,no\n",
    );
    let out = folder.at("rows.csv");
    let own = [
        "counterfactual",
        &table,
        "-s",
        "g",
        "-y",
        "y",
        "--paired",
        "one,two",
    ];
    let report = json(&[&own[..], &["--no-config", "--rows-out", &out]].concat());
    let of = |scenario: &str, g: &str| {
        let own = serde_json::json!({ "attribute": "g", "group": { "g": g } });
        group(&report, scenario, &own)["metrics"].clone()
    };
    let value = |metrics: &Value, name: &str| metrics[name]["value"].as_f64().unwrap();
    let third = 1.0 / 3.0;
    for (scenario, g, selected, just) in [
        ("one", "a", 2.0 * third, 0.0),
        ("two", "a", third, -third),
        ("one", "b", third, 0.0),
        ("two", "b", 2.0 * third, third),
    ] {
        let metrics = of(scenario, g);
        assert!((value(&metrics, "selection_rate") - selected).abs() < 1e-12);
        assert!((value(&metrics, "just_loss") - just).abs() < 1e-12);
        assert!(metrics.get("auc").is_none(), "there is no score");
    }
    let text = fs::read_to_string(&out).unwrap();
    assert_eq!(text.lines().nth(1), Some("1,two,,1,,0"));
    assert_eq!(text.lines().count(), 7);
}

#[test]
fn a_file_of_rows_is_no_input_and_not_standard_output() {
    let folder = Folder::new();
    let table = folder.write("t.csv", "g,one,two\na,yes,no\nb,yes,yes\n");
    for out in ["-", &table] {
        let own = ["counterfactual", &table, "-s", "g", "--paired", "one,two"];
        let output = run(&[&own[..], &["--no-config", "--rows-out", out]].concat());
        assert_eq!(output.status.code(), Some(2), "{out}");
        assert!(output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("--rows-out") || said.contains("t.csv"),
            "{said}"
        );
    }
    assert!(fs::read_to_string(&table).unwrap().starts_with("g,one"));
}
