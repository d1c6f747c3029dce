//! `profile --dp`: what is published is noisy, adds up, and is all there is.

use serde_json::{Value, json};

use crate::cli::{self, run};
use crate::profile::{find, rows};

const TABLE: [&str; 8] = [
    "profile",
    "--no-config",
    "fixtures/adult.csv",
    "-s",
    "sex,race",
    "-y",
    "income=>50K",
    "--no-infer",
];

fn noisy(more: &[&str]) -> Value {
    cli::json(&[&TABLE[..], more].concat())
}

fn sum(report: &Value, table: &str, column: &str) -> f64 {
    let rows = rows(report, "noisy", table).iter();
    rows.map(|row| row[column].as_f64().unwrap()).sum()
}

#[test]
fn two_runs_differ_counts_are_near_the_truth_and_margins_add_up() {
    let reports: Vec<Value> = (0..8).map(|_| noisy(&["--dp", "0.5"])).collect();
    assert!(reports.iter().any(|report| report != &reports[0]));
    let open = noisy(&[]);
    let truth = find(
        &open,
        "representation",
        "sex",
        &json!({"group": {"sex": "Female"}}),
    );
    let (mut within, mut untold) = (0, 0);
    for report in &reports {
        for column in ["rows", "negative", "positive", "unlabelled"] {
            let whole = sum(report, "overall", column);
            for table in ["sex", "race", "sex*race"] {
                assert_eq!(sum(report, table, column), whole, "{table} {column}");
            }
        }
        let row = find(report, "noisy", "sex", &json!({"group": {"sex": "Female"}}));
        let rows = truth["rows"].as_f64().unwrap();
        let interval = &row["rows_interval"];
        let (low, high) = (
            interval["low"].as_f64().unwrap(),
            interval["high"].as_f64().unwrap(),
        );
        within += usize::from(low <= rows && rows <= high);
        // Nobody is without a sex: what is there of them is noise, and its rate is not told.
        let none = find(report, "noisy", "sex", &json!({"group": {"sex": null}}));
        untold += usize::from(none["base_rate_reason"] == "noise");
    }
    // Of eight intervals at 95 % six fail with a chance of less than 1e-6.
    assert!(within >= 3 && untold >= 3, "{within} {untold}");
}

#[test]
fn nothing_but_noise_is_published() {
    let report = noisy(&["--dp", "0.1"]);
    assert!(
        report["record"]["rows"]["read"].is_null()
            && report["record"]["inputs"][0]["bytes"].is_null()
    );
    assert_eq!(report["profile"]["columns"].as_array().unwrap().len(), 0);
    let sections = report["profile"]["sections"].as_array().unwrap();
    assert_eq!(
        (sections.len(), &sections[0]["name"]),
        (1, &Value::from("noisy"))
    );
    assert!(
        report["notes"].as_array().unwrap().is_empty()
            && report["groups"].as_array().unwrap().is_empty()
    );
    // Words of other columns.
    let text = report.to_string();
    for word in ["Private", "Bachelors", "Never-married"] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn what_would_publish_more_is_refused() {
    for (more, says) in [
        (&["--suppress", "11"][..], "leave out `--suppress`"),
        (&["--weight", "fnlwgt"], "rows are counted"),
        (&["--by", "education"], "leave out `--by`"),
        (&["-s", "age"], "--bins age="),
        (
            &["-s", "age,hours_per_week", "--bins", "age=30,50"],
            "--bins hours_per_week=",
        ),
    ] {
        let mut words = TABLE.to_vec();
        if more[0] == "-s" {
            words.drain(3..5);
        }
        let output = run(&[&words[..], &["--dp", "1"], more].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        assert!(
            said.contains(says) && output.stdout.is_empty(),
            "{more:?}: {said}"
        );
    }
    for wrong in ["0", "-1", "30", "nan", "1e-3"] {
        let output = run(&[&TABLE[..], &["--dp", wrong]].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}
