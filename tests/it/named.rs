//! Policies by name: what they publish against an independent recomputation, and what they judge.

use std::path::Path;

use serde_json::Value;

use crate::cli::{json, run};

/// Holds a report against its schema.
fn assert_schema(report: &Value) {
    let schema: Value = serde_json::from_slice(&run(&["schema", "report"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(report)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

/// The numbers of `fixtures/ll144.py`.
fn expected() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ll144.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn close(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * b.abs(),
        (a, b) => a == b,
    }
}

/// Every table of a report against those of the script.
fn assert_published(report: &Value, expected: &Value) {
    let tables = report["publication"]["tables"].as_array().unwrap();
    let names: Vec<&str> = tables
        .iter()
        .map(|t| t["attribute"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["sex", "race", "sex*race"]);
    for table in tables {
        let attribute = table["attribute"].as_str().unwrap();
        let wanted = &expected[attribute];
        assert_eq!(table["unknown"], wanted["unknown"], "{attribute}");
        let categories = table["categories"].as_array().unwrap();
        let known = wanted["categories"].as_object().unwrap();
        assert_eq!(categories.len(), known.len(), "{attribute}");
        for category in categories {
            let parts = attribute
                .split('*')
                .map(|column| category["group"][column].as_str().unwrap());
            let name = parts.collect::<Vec<_>>().join(" & ");
            for key in ["applicants", "selected", "rate", "impact_ratio"] {
                let (found, wanted) = (&category[key], &known[&name][key]);
                assert!(
                    close(found, wanted),
                    "{name}, {key}: {found} is not {wanted}"
                );
            }
            assert_eq!(category["excluded"], known[&name]["impact_ratio"].is_null());
        }
    }
}

const LL144: &[&str] = &["fixtures/hiring.csv", "-s", "sex,race", "-P", "nyc-ll144"];

#[test]
fn the_table_of_local_law_144_is_that_of_an_independent_recomputation() {
    let report = json(&[LL144, &["-p", "selected"]].concat());
    assert_schema(&report);
    assert_eq!(report["publication"]["rate"], "selection_rate");
    assert_published(&report, &expected()["selected"]);
}

#[test]
fn without_decisions_the_scores_are_cut_above_their_median() {
    let expected = &expected()["scores"];
    let words = [LL144, &["--score", "score", "--ignore", "selected"]].concat();
    // Intersections are published whatever the depth.
    for more in [&[][..], &["--intersect", "1"], &["-j", "3"]] {
        let report = json(&[&words, more].concat());
        assert_eq!(report["publication"]["rate"], "scoring_rate");
        assert_eq!(report["publication"]["median"], expected["median"]);
        assert_published(&report, expected);
    }
    // A threshold that was named makes decisions.
    let report = json(&[&words, &["--threshold", "0.5"][..]].concat());
    assert_eq!(report["publication"]["rate"], "selection_rate");
}

#[test]
fn local_law_144_sets_no_limit_so_that_nothing_fails() {
    let words = [LL144, &["-p", "selected"]].concat();
    let report = json(&words);
    let counts = &report["verdict"]["counts"];
    assert_eq!(counts["fail"], 0);
    assert!(counts["warn"].as_u64() > Some(0));
    assert_eq!(run(&words).status.code(), Some(0));
    let few = [&words[..], &["--min-group", "10000"]].concat();
    assert_eq!(
        run(&few).status.code(),
        Some(0),
        "published, though nothing is judged"
    );
    let strict = [&words[..], &["--fail-on", "warn"]].concat();
    assert_eq!(run(&strict).status.code(), Some(1));
}

#[test]
fn a_saved_report_is_published_without_the_data_and_every_format_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let path = path.to_str().unwrap();
    let plain = ["fixtures/hiring.csv", "-s", "sex,race", "-p", "selected"];
    run(&[&plain[..], &["-o", path]].concat());
    let again = json(&["check", path, "-P", "nyc-ll144"]);
    let fresh = json(&[LL144, &["-p", "selected"]].concat());
    assert_eq!(again["publication"], fresh["publication"]);
    for format in ["table", "md"] {
        let output = run(&["check", path, "-P", "nyc-ll144", "-f", format]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("impact ratio"), "{format}");
        assert!(text.contains("of an unknown category"), "{format}");
    }
    let lines = run(&["check", path, "-P", "nyc-ll144", "-f", "jsonl"]).stdout;
    assert!(
        String::from_utf8(lines)
            .unwrap()
            .contains("{\"kind\":\"publication\",")
    );
}

#[test]
fn a_pipe_has_no_median_before_it_is_read() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fair-audit"));
    let words = [
        "-", "-s", "sex,race", "--score", "score", "--ignore", "selected",
    ];
    let table = std::fs::File::open("fixtures/hiring.csv").unwrap();
    let mut cat = std::process::Command::new("cat");
    let mut cat = cat
        .stdin(table)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let piped = cat.stdout.take().unwrap();
    let output = command
        .args(words)
        .args(["-P", "nyc-ll144"])
        .stdin(piped)
        .output()
        .unwrap();
    cat.wait().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("median"));
}

/// Metric and status of the checks of a policy, without its repeats.
fn judged(words: &[&str]) -> Vec<(String, String)> {
    let report = json(words);
    assert_schema(&report);
    let findings = report["findings"].as_array().unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let mut list: Vec<_> = findings
        .iter()
        .map(|finding| (text(finding, "metric"), text(finding, "status")))
        .collect();
    list.sort();
    list.dedup();
    list
}

#[test]
fn the_policies_of_a_field_judge_what_they_say() {
    let german = |policy| judged(&["fixtures/german.csv", "-s", "sex", "-P", policy]);
    let metrics = |list: &[(String, String)]| {
        let mut names: Vec<String> = list.iter().map(|(metric, _)| metric.clone()).collect();
        names.dedup();
        names
    };
    assert_eq!(metrics(&german("lending")), ["selection_rate_ratio"]);
    assert_eq!(
        metrics(&german("health")),
        [
            "calibration_in_the_large_difference",
            "false_negative_rate_difference"
        ]
    );
    assert_eq!(metrics(&german("justice")).len(), 4);
    // What has no interval only warns.
    let only_warns = |(metric, status): &(String, String)| {
        !metric.starts_with("calibration") || status != "fail"
    };
    assert!(german("justice").iter().all(only_warns));
}

#[test]
fn what_a_policy_cannot_judge_is_said() {
    let words = [
        "fixtures/hiring.csv",
        "-s",
        "sex",
        "-p",
        "selected",
        "--ignore",
        "score",
    ];
    let report = json(&[&words[..], &["-P", "health"]].concat());
    let notes = report["notes"].to_string();
    assert!(notes.contains("`false_negative_rate_difference` is not judged, it needs a label"));
    let justice = json(&["fixtures/german.csv", "-s", "sex", "-P", "justice"]);
    assert!(
        justice["notes"]
            .to_string()
            .contains("--favorable negative")
    );
}

#[test]
fn the_uniform_guidelines_count_selections() {
    let words = [
        "fixtures/hiring.csv",
        "-s",
        "sex",
        "-p",
        "selected",
        "-P",
        "ugesp",
    ];
    let report = json(&words);
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["status"], &finding["id"]),
        (&"fail".into(), &"selection_rate_ratio:sex=Female".into())
    );
    // 275 of 956 women and 427 of 1,004 men; 702 of 1,960 are 342.4 of 956. Four fifths of
    // 427 / 1,004 are 325.3 of 956: 326.
    let practical = &finding["practical"];
    assert_eq!(practical["more"], 51);
    let shortfall = practical["shortfall"].as_f64().unwrap();
    assert!(
        (shortfall - (702.0 * 956.0 / 1960.0 - 275.0)).abs() < 1e-9,
        "{shortfall}"
    );
    assert!(
        finding["message"]
            .as_str()
            .unwrap()
            .contains("selections short")
    );
}

/// Whatever it was judged by, a saved report has the verdict of its audit.
#[test]
fn a_saved_report_is_judged_by_the_policy_of_its_audit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let asked: [&[&str]; 6] = [
        &["-P", "nyc-ll144"],
        &["-P", "ugesp"],
        &["-P", "none"],
        &["-P", "four-fifths", "--adjust", "none"],
        &["-r", "selection_rate_ratio(sex) >= 0.9"],
        &["--adjust", "maxt", "--bootstrap", "999"],
    ];
    for flags in asked {
        let audited = json(&[&["fixtures/hiring.csv"], flags].concat());
        std::fs::write(&path, audited.to_string()).unwrap();
        let checked = json(&["check", path.to_str().unwrap()]);
        assert_eq!(checked["verdict"], audited["verdict"], "{flags:?}");
        assert_eq!(checked["findings"], audited["findings"], "{flags:?}");
    }
}
