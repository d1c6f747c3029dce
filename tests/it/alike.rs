//! `fair-audit explain --only consistency`: whether rows that are alike are decided alike.

use crate::cli::{json as report_of, run};

const GERMAN: [&str; 9] = [
    "explain",
    "fixtures/german.csv",
    "--no-config",
    "-s",
    "sex",
    "-y",
    "credit=good",
    "--only",
    "consistency",
];

#[test]
fn decisions_and_labels_are_held_against_those_of_rows_that_are_alike() {
    let report = report_of(&GERMAN);
    let section = &report["justice"][0];
    assert_eq!(section["name"], "consistency");
    let table = &section["tables"][0];
    let rows = table["rows"].as_array().unwrap();
    // Decisions and labels, of all rows and of two groups.
    assert_eq!(rows.len(), 6);
    for row in rows {
        let value = row["consistency"].as_f64().unwrap();
        let limit = |name: &str| row["consistency_interval"][name].as_f64().unwrap();
        assert!(limit("low") < value && value < limit("high"), "{row}");
        assert!(row["least"].as_f64().unwrap() <= value);
    }
    let notes = section["notes"].to_string();
    assert!(notes.contains("exact: each of 1000 rows"), "{notes}");
    assert_eq!(
        section["tables"].as_array().unwrap().len(),
        2,
        "no row leaves the table"
    );
}

#[test]
fn pairs_are_listed_where_they_are_asked_for_and_are_the_same_on_any_threads() {
    let asked = |threads: &str| {
        let words = [&GERMAN[..], &["--examples", "3", "--threads", threads]].concat();
        report_of(&words)["justice"].clone()
    };
    let (one, four) = (asked("1"), asked("4"));
    assert_eq!(one, four);
    let pairs = one[0]["tables"][2]["rows"].as_array().unwrap();
    let far: Vec<f64> = pairs
        .iter()
        .map(|pair| pair["distance"].as_f64().unwrap())
        .collect();
    assert_eq!(far.len(), 3);
    assert!(far.is_sorted());
}

#[test]
fn a_bound_that_is_none_is_refused() {
    let words = [&GERMAN[..], &["--lipschitz", "0"]].concat();
    let output = run(&words);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("not above 0"), "{error}");
}
