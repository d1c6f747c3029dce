//! `profile --examples`: the rows that are shown are those of the table, and alike.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cli::{json, run};
use crate::profile::rows;

const TABLE: [&str; 9] = [
    "profile",
    "--no-config",
    "-s",
    "sex,race",
    "-y",
    "income=>50K",
    "--no-infer",
    "--ignore",
    "pred,score,fnlwgt",
];
/// What does not make rows alike.
const FREE: [&str; 4] = ["income", "pred", "score", "fnlwgt"];

fn examples(file: &str, more: &[&str]) -> Vec<Value> {
    let report = json(&[&TABLE[..], &[file, "--examples", "3"], more].concat());
    rows(&report, "duplicates", "examples").clone()
}

#[test]
fn examples_are_rows_of_the_table_where_they_are_said_to_stand() {
    let shown = examples("fixtures/adult.csv", &[]);
    let text = std::fs::read_to_string("fixtures/adult.csv").unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let mut sets: BTreeMap<u64, Vec<(&Value, Vec<&str>)>> = BTreeMap::new();
    for row in &shown {
        let place = row["place"].as_str().unwrap();
        let line: usize = place.rsplit(':').next().unwrap().parse().unwrap();
        let own = &lines[line - 1];
        for (name, text) in lines[0].iter().zip(own) {
            let value = row["row"][name].as_str().unwrap_or_default();
            assert_eq!(value, *text, "{place} {name}");
        }
        sets.entry(row["set"].as_u64().unwrap())
            .or_default()
            .push((&row["why"], own.clone()));
    }
    assert_eq!(sets.len(), 6);
    for set in sets.values() {
        assert!((2..=4).contains(&set.len()));
        let free = |at: usize| FREE.contains(&lines[0][at]);
        let label = lines[0].iter().position(|name| *name == "income").unwrap();
        let alike = |a: &[&str], b: &[&str]| (0..a.len()).all(|at| free(at) || a[at] == b[at]);
        assert!(
            set.iter()
                .all(|(why, row)| *why == set[0].0 && alike(row, &set[0].1))
        );
        if set[0].0 == "at odds" && set.len() < 4 {
            assert!(set.iter().any(|(_, row)| row[label] != set[0].1[label]));
        }
    }
}

#[test]
fn the_same_rows_are_shown_of_csv_and_parquet_on_any_threads() {
    let without_place = |rows: Vec<Value>| -> Vec<Value> {
        let rows = rows.into_iter().map(|mut row| {
            row["place"] = Value::Null;
            row
        });
        rows.collect()
    };
    let one = without_place(examples("fixtures/adult.csv", &["-j", "1"]));
    assert_eq!(
        one,
        without_place(examples("fixtures/adult.csv", &["-j", "4"]))
    );
    assert_eq!(one, without_place(examples("fixtures/adult.parquet", &[])));
}

#[test]
fn examples_do_not_go_with_what_is_published() {
    for more in [["--suppress", "11"], ["--dp", "1"]] {
        let line = [
            &TABLE[..],
            &["fixtures/adult.csv", "--examples", "3"],
            &more,
        ]
        .concat();
        let output = run(&line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains("--examples") && output.stdout.is_empty(),
            "{said}"
        );
    }
    let report = json(&[&TABLE[..], &["fixtures/adult.csv"]].concat());
    assert!(!report.to_string().contains("adult.csv:"));
}
