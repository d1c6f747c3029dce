//! `fair-audit profile`: its numbers are other tools' numbers, and its bytes are those of the data.

use std::path::Path;

use serde_json::Value;

use crate::cli::{json, run};

fn expectations(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The rows of a section's table.
pub fn rows<'a>(report: &'a Value, section: &str, table: &str) -> &'a Vec<Value> {
    let named = |list: &'a Value, name: &str| {
        let mut all = list.as_array().unwrap().iter();
        all.find(|x| x["name"] == name)
            .unwrap_or_else(|| panic!("no {name} in {section}"))
    };
    let sections = &report["profile"]["sections"];
    let table = named(&named(sections, section)["tables"], table);
    table["rows"].as_array().unwrap()
}

/// The row of a section's table that has these values.
pub fn find<'a>(report: &'a Value, section: &str, table: &str, wanted: &Value) -> &'a Value {
    let is = |row: &&Value| {
        let mut wanted = wanted.as_object().unwrap().iter();
        wanted.all(|(key, value)| row[key] == *value)
    };
    rows(report, section, table)
        .iter()
        .find(is)
        .unwrap_or_else(|| panic!("no row {wanted} in {section}"))
}

pub fn assert_near(found: &Value, expected: &Value, what: &str) {
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1e-3);
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let is_near = match expected.as_array() {
        Some(ends) => {
            near(number(&found["low"]), number(&ends[0]))
                && near(number(&found["high"]), number(&ends[1]))
        }
        None => near(number(found), number(expected)),
    };
    assert!(is_near, "{what}: {found} is not {expected}");
}

#[test]
fn profiles_have_the_numbers_of_other_tools() {
    agree("fixtures/profiled.json");
}

/// Holds profiles against what a script of `fixtures` expects of them.
pub fn agree(file: &str) {
    let mut known: Vec<(Vec<String>, Value)> = Vec::new();
    for entry in expectations(file) {
        let words = entry["command"].as_array().unwrap().iter();
        let words: Vec<String> = words.map(|w| w.as_str().unwrap().to_owned()).collect();
        if !known.iter().any(|(command, _)| *command == words) {
            let mut line = vec!["profile", "--no-config"];
            line.extend(words.iter().map(String::as_str));
            let report = json(&line);
            known.push((words.clone(), report));
        }
        let (_, report) = known.iter().find(|(command, _)| *command == words).unwrap();
        let text = |key: &str| entry[key].as_str().unwrap();
        if let Some(length) = entry["length"].as_u64() {
            let rows = rows(report, text("section"), text("table"));
            assert_eq!(rows.len() as u64, length, "{entry}");
            continue;
        }
        let row = find(report, text("section"), text("table"), &entry["where"]);
        for (name, expected) in entry["numbers"].as_object().unwrap() {
            let what = format!("{} {} {name}", text("section"), entry["where"]);
            assert_near(&row[name], expected, &what);
        }
    }
    assert!(known.len() >= 2);
}

/// What it prints of a table, whatever it is called there.
fn printed(words: &[&str]) -> String {
    let output = run(&[&["profile", "--no-config", "-f", "json"], words].concat());
    assert!(output.status.success(), "{output:?}");
    let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["record"] = Value::Null;
    report.to_string()
}

#[test]
fn a_profile_is_the_same_on_any_number_of_threads_and_of_csv_and_parquet() {
    let words = |file: &'static str| [file, "-s", "sex,race", "-y", "income=>50K", "--no-infer"];
    let one = printed(&[&words("fixtures/adult.csv")[..], &["-j", "1"]].concat());
    let four = printed(&[&words("fixtures/adult.csv")[..], &["-j", "4"]].concat());
    assert_eq!(one, four);
    let parquet = printed(&words("fixtures/adult.parquet"));
    let (one, parquet): (Value, Value) = (
        serde_json::from_str(&one).unwrap(),
        serde_json::from_str(&parquet).unwrap(),
    );
    let without_types = |mut report: Value| {
        for section in report["profile"]["sections"].as_array_mut().unwrap() {
            for table in section["tables"].as_array_mut().unwrap() {
                for row in table["rows"].as_array_mut().unwrap() {
                    row["type"] = Value::Null;
                }
            }
        }
        report["notes"] = Value::Null;
        report["profile"]["sections"].clone()
    };
    assert_eq!(without_types(one), without_types(parquet));
}

#[test]
fn a_counted_table_is_profiled_as_its_rows_are() {
    let rows = printed(&[
        "fixtures/berkeley.csv",
        "-s",
        "gender",
        "-y",
        "admitted",
        "--no-infer",
    ]);
    let counted = [
        "fixtures/berkeley_counts.csv",
        "-s",
        "gender",
        "-y",
        "admitted",
        "--no-infer",
    ];
    let counts = printed(&[&counted[..], &["--counts=n", "--missing", "group"]].concat());
    let section = |text: &str, name: &str| {
        let report: Value = serde_json::from_str(text).unwrap();
        let sections = report["profile"]["sections"].as_array().unwrap().clone();
        sections.into_iter().find(|s| s["name"] == name).unwrap()
    };
    for name in ["representation", "labels"] {
        assert_eq!(section(&rows, name), section(&counts, name), "{name}");
    }
    let department = serde_json::json!({"column": "department"});
    let row = |text: &str| {
        let report: Value = serde_json::from_str(text).unwrap();
        find(&report, "columns", "columns", &department).clone()
    };
    assert_eq!(row(&rows), row(&counts));
}

#[test]
fn every_format_of_a_profile_says_the_same_and_those_for_findings_are_refused() {
    let words = [
        "fixtures/selective.csv",
        "-s",
        "group",
        "-y",
        "repaid",
        "--no-infer",
    ];
    for format in ["table", "json", "jsonl", "csv", "md"] {
        let line = [&["profile", "--no-config", "-f", format], &words[..]].concat();
        let text = String::from_utf8(run(&line).stdout).unwrap();
        assert!(
            text.contains("base_rate") || text.contains("base rate"),
            "{format}"
        );
        assert!(text.contains("income"), "{format}");
    }
    for format in ["sarif", "junit", "github", "gitlab", "prom", "summary"] {
        let line = [&["profile", "--no-config", "-f", format], &words[..]].concat();
        assert_eq!(run(&line).status.code(), Some(2), "{format}");
    }
}

#[test]
fn lines_of_a_profile_are_no_wider_than_the_terminal() {
    for width in ["40", "60", "80", "120"] {
        let words = [
            "profile",
            "--no-config",
            "fixtures/adult.csv",
            "--width",
            width,
            "--all",
        ];
        let text = String::from_utf8(run(&words).stdout).unwrap();
        let most: usize = width.parse().unwrap();
        let wide = text.lines().find(|line| line.chars().count() > most);
        assert_eq!(wide, None, "{width}");
    }
}

/// A file of these lines.
pub fn file(folder: &Path, name: &str, lines: &[String]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, lines.concat()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_column_that_is_no_number_past_the_first_rows_is_read_again_and_other_words_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = vec!["g,y,x,z\n".to_owned()];
    lines.extend((0..6000).map(|i| {
        let x = match i {
            5500 => "oops".to_owned(),
            5600 => "NA".to_owned(),
            5700 => "inf".to_owned(),
            i => (i % 700).to_string(),
        };
        format!("{},{},{x},\n", ["a", "b"][i % 2], i % 3 / 2)
    }));
    let path = file(folder.path(), "late.csv", &lines);
    let report = json(&[
        "profile",
        "--no-config",
        &path,
        "-s",
        "g",
        "-y",
        "y",
        "--no-infer",
        "--min-group",
        "1",
    ]);
    let row = |column: &str| {
        let wanted = serde_json::json!({ "column": column });
        find(&report, "columns", "columns", &wanted).clone()
    };
    let x = row("x");
    assert_eq!((&x["odd"], &x["missing"]), (&2.into(), &1.into()));
    assert_eq!(
        (&x["distinct"], &x["distinct_is"]),
        (&700.into(), &"exact".into())
    );
    assert_eq!((&x["max"], &x["median"]), (&699.0.into(), &333.0.into()));
    assert_eq!(row("z")["missing"], 6000);
    assert_eq!(row("z")["mean"], Value::Null);
}

#[test]
fn weights_make_shares_and_rates_and_columns_count_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = vec!["g,y,w,x\n".to_owned()];
    lines.extend((0..90).map(|i| {
        let g = if i < 60 { "a" } else { "b" };
        let x = if i % 9 == 0 { "" } else { "1" };
        format!("{g},{},{},{x}\n", i % 2, if i < 60 { 1 } else { 4 })
    }));
    let path = file(folder.path(), "weighted.csv", &lines);
    let words = [
        "profile",
        "--no-config",
        &path,
        "-s",
        "g",
        "-y",
        "y",
        "--weight",
        "w",
        "--no-infer",
    ];
    let report = json(&words);
    let group = serde_json::json!({"group": {"g": "b"}});
    let b = find(&report, "representation", "g", &group);
    assert_eq!(
        (&b["rows"], &b["share"]),
        (&30.into(), &(120.0 / 180.0).into())
    );
    let x = serde_json::json!({"column": "x"});
    assert_eq!(find(&report, "missing", "columns", &x)["rows"], 10);
}

#[test]
fn ascii_is_ascii_in_every_section() {
    for words in [
        &["profile", "fixtures/german.csv", "--ascii", "--all"][..],
        &["profile", "fixtures/adult.csv", "--ascii", "--wide"],
    ] {
        let output = crate::cli::run(&[words, &["--no-config"]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let odd: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
        assert!(text.len() > 1_000 && odd.is_empty(), "{odd:?}");
    }
}

#[test]
fn several_decisions_are_none_where_the_data_alone_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut text = "sex,y_true,pred_a,pred_b\n".to_owned();
    for row in 0..200 {
        let sex = ["f", "m"][row % 2];
        text += &format!("{sex},{},{},{}\n", row % 3 / 2, row % 5 / 4, row % 7 / 6);
    }
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let report = json(&["profile", path, "--no-config"]);
    let said = report["notes"].to_string();
    assert!(
        said.contains(
            "2 columns could be the prediction, none is taken for it: `pred_a`, `pred_b`"
        ),
        "{said}"
    );
    // Of an audit it is still to be said which.
    let output = crate::cli::run(&[path, "--no-config"]);
    assert_eq!(output.status.code(), Some(2));
}
