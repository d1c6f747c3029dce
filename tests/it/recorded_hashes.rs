//! The hashes and the seal of a record: those of other tools, whatever the format of the file.

use std::fs;

use fair_audit::record::seal;
use serde_json::{Value, json};

use crate::cli::run;
use crate::mitigate::Folder;

/// The one table of a record of an audit.
fn hashed(path: &str, prediction: &str) -> Value {
    let folder = Folder::new();
    let record = folder.at("r.json");
    let words = [
        path,
        "-s",
        "sex",
        "-p",
        prediction,
        "--no-config",
        "--record",
        &record,
    ];
    assert_ne!(run(&words).status.code(), Some(2));
    let mut tree: Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    tree["tables"][0].take()
}

#[test]
fn csv_and_parquet_of_the_same_values_have_the_same_content() {
    let (csv, parquet) = ("fixtures/hiring.csv", "fixtures/hiring.parquet");
    assert_eq!(hashed(csv, "selected"), hashed(parquet, "selected"));
}

#[test]
fn hashes_and_seal_are_those_that_python_makes() {
    let text = fs::read_to_string("fixtures/recorded.json").unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    for (name, prediction) in [("hiring.csv", "selected"), ("german.csv", "pred")] {
        let (found, wanted) = (
            hashed(&format!("fixtures/{name}"), prediction),
            &expected["tables"][name],
        );
        for part in ["rows", "content", "columns"] {
            assert_eq!(found[part], wanted[part], "{name}: {part}");
        }
    }
    assert_eq!(
        json!(seal::of(&expected["seal"]["of"])),
        expected["seal"]["is"]
    );
}
