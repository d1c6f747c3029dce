//! `fair-audit profile` on what a model could tell of the group: scikit-learn's numbers on the same
//! folds, what is planted is found, and neither threads nor the order of rows change anything.

use serde_json::{Value, json};

use crate::profile::{file, find, rows};
use crate::related::{Noise, facts, profile};

/// `fixtures/encoded.py` made the numbers.
#[test]
fn areas_are_those_of_scikit_learn_on_the_same_folds() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/encoded.json");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let words: Vec<&str> = json["command"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w.as_str().unwrap())
        .collect();
    let report = profile(&words);
    let tolerance = json["tolerance"].as_f64().unwrap();
    let near = |found: &Value, expected: &Value, what: &str| {
        let (a, b) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
        assert!((a - b).abs() <= tolerance, "{what}: {a}, not {b}");
    };
    let mut compared = 0;
    for entry in json["entries"].as_array().unwrap() {
        let (attribute, group) = (entry["attribute"].as_str().unwrap(), &entry["group"]);
        let own = json!({"attribute": attribute, "group": {attribute: group}});
        let found = find(&report, "encoding", "groups", &own);
        near(&found["auc"], &entry["all"], &format!("{group}"));
        for (column, expected) in entry["columns"].as_object().unwrap() {
            let own = json!({"attribute": attribute, "group": group, "column": column});
            let found = find(&report, "encoding", "columns", &own);
            near(&found["auc"], expected, &format!("{group} from {column}"));
            compared += 1;
        }
    }
    assert!(compared >= 20);
}

/// Neither `a` nor `b` says anything of `g`, both together give it away; `u` and `v` are numbers of
/// which the signs do the same for `h`.
fn planted(seed: u64, rows: u64) -> Vec<String> {
    let mut noise = Noise(seed);
    let mut lines = vec!["g,h,a,b,u,v,x,t,y\n".to_owned()];
    for _ in 0..rows {
        let texts = [noise.below(2), noise.below(3)];
        let turns = texts[1] > 0 && noise.below(4) > 0;
        let of_texts = (texts[0] + u64::from(turns) + u64::from(noise.below(20) == 0)) % 2;
        let numbers = [0, 1].map(|_| noise.below(200_000) as f64 / 1e5 - 1.0);
        let alike = u64::from((numbers[0] > 0.0) == (numbers[1] > 0.0));
        let of_numbers = (alike + u64::from(noise.below(10) == 0)) % 2;
        lines.push(format!(
            "{},{},{},{},{},{},{},t{},{}\n",
            ["m", "w"][of_texts as usize],
            ["no", "yes"][of_numbers as usize],
            ["p", "q"][texts[0] as usize],
            ["i", "j", "k"][texts[1] as usize],
            numbers[0],
            numbers[1],
            noise.below(1_000),
            noise.below(40),
            noise.below(2)
        ));
    }
    lines
}

#[test]
fn two_columns_that_tell_nothing_alone_are_found_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "planted.csv", &planted(11, 4_000));
    let report = profile(&[&path, "-s", "g,h", "-y", "y"]);
    for (attribute, pair) in [("g", "`a` and `b`"), ("h", "`u` and `v`")] {
        let row = find(
            &report,
            "encoding",
            "groups",
            &json!({"attribute": attribute}),
        );
        assert_eq!(row["pair"], pair);
        let number = |name: &str| row[name].as_f64().unwrap();
        assert!(
            number("pair_auc") > 0.7 && number("pair_alone") < 0.65,
            "{row}"
        );
        assert!(number("pair_p_adjusted") < 1e-6);
    }
    let facts = facts(&report, "encoding");
    assert!(
        facts
            .iter()
            .any(|fact| fact.starts_with("`u` and `v` together give h away")),
        "{facts:?}"
    );
}

fn section(report: &Value) -> &Value {
    let sections = report["profile"]["sections"].as_array().unwrap();
    sections
        .iter()
        .find(|section| section["name"] == "encoding")
        .unwrap()
}

#[test]
fn neither_threads_nor_the_order_of_rows_change_anything() {
    let folder = tempfile::tempdir().unwrap();
    // More distinct rows than are kept.
    let mut lines = planted(5, 23_000);
    let path = file(folder.path(), "one.csv", &lines);
    lines[1..].reverse();
    let turned = file(folder.path(), "turned.csv", &lines);
    let of = |path: &str, threads: &str| {
        let report = profile(&[path, "-s", "g,h", "-y", "y", "-j", threads]);
        section(&report).clone()
    };
    let one = of(&path, "1");
    assert!(one.to_string().contains("of 20000 distinct rows"), "{one}");
    assert_eq!(one, of(&path, "4"));
    assert_eq!(one, of(&turned, "3"));
}

/// A line that stands for rows is as many rows.
#[test]
fn counted_lines_are_rows() {
    let rows = profile(&["fixtures/berkeley.csv", "-s", "gender", "-y", "admitted"]);
    let command = [
        "fixtures/berkeley_counts.csv",
        "-s",
        "gender",
        "-y",
        "admitted",
        "--counts=n",
    ];
    assert_eq!(section(&rows), section(&profile(&command)));
    let auc = rows_of(&rows)[0]["auc"].as_f64().unwrap();
    assert!(auc > 0.6, "departments tell of the gender: {auc}");
}

fn rows_of(report: &Value) -> &Vec<Value> {
    rows(report, "encoding", "groups")
}

#[test]
fn columns_that_are_bad_are_no_trouble_and_those_that_name_rows_tell_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut noise = Noise(8);
    let mut lines = vec!["g,same,none,huge,odd,line,who,twin,near,y\n".to_owned()];
    lines.extend((0..900_u64).map(|i| {
        // In the order of the groups.
        let g = ["a", "b"][usize::from(i >= 500)];
        let huge = ["1e300", "-1e300", "1e-300", "1.7e308", ""][noise.below(5) as usize];
        let odd = ["inf", "-inf", "nan", "", "3"][noise.below(5) as usize];
        let twin = noise.below(4);
        let near = 1.0 + noise.below(3) as f64 * 1e-9;
        format!(
            "{g},7,,{huge},{odd},{},name {i},{twin},{near},{}\n",
            i + 1,
            noise.below(2)
        )
    }));
    let path = file(folder.path(), "bad.csv", &lines);
    let report = profile(&[&path, "-s", "g", "-y", "y"]);
    assert_eq!(facts(&report, "encoding"), Vec::<String>::new());
    let told: Vec<&str> = rows(&report, "encoding", "columns")
        .iter()
        .map(|row| row["column"].as_str().unwrap())
        .collect();
    for column in ["huge", "odd", "twin", "near"] {
        assert!(told.contains(&column), "{told:?}");
    }
    assert_eq!(told.len(), 4, "{told:?}");
    let notes = section(&report)["notes"].to_string();
    assert!(notes.contains("`line` (a number for each row)"), "{notes}");
    assert!(
        notes.contains("`who` (nearly every row has a text of its own)"),
        "{notes}"
    );
}
