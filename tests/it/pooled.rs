//! `--control`: pooled gaps against statsmodels, what `auto` finds, and what it refuses.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::run;

fn report(words: &[&str]) -> Value {
    let output = run(&[words, &["-f", "json", "--exit-zero"]].concat());
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

const BERKELEY: &[&str] = &["fixtures/berkeley.csv", "-s", "gender", "-p", "admitted"];

/// Equal to 1e-9; an interval where three numbers are expected.
fn near(found: &Value, wanted: &Value, what: &str) {
    let close = |found: &Value, wanted: &Value| {
        let (found, wanted) = (found.as_f64().unwrap(), wanted.as_f64().unwrap());
        let off = (found - wanted).abs();
        assert!(
            off <= 1e-9 * wanted.abs().max(1e-3),
            "{what}: {found} is not {wanted}"
        );
    };
    match wanted.as_array() {
        None if found.is_object() => close(&found["value"], wanted),
        None => close(found, wanted),
        Some(wanted) => {
            let interval = &found["interval"];
            close(&found["value"], &wanted[0]);
            close(&interval["low"], &wanted[1]);
            close(&interval["high"], &wanted[2]);
        }
    }
}

/// `fixtures/pooled.py` made the numbers, of the rows themselves.
#[test]
fn pooled_gaps_agree_with_statsmodels() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pooled.json");
    let entries: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let german = |control| {
        let words = [
            "fixtures/german.csv",
            "-s",
            "sex,age_group",
            "-y",
            "credit=good",
        ];
        let more = ["-p", "pred=good", "--control", control];
        report(&[&words[..], &more].concat())
    };
    let reports = [
        (
            "department",
            report(&[BERKELEY, &["--control", "department"]].concat()),
        ),
        ("purpose", german("purpose")),
        ("housing", german("housing")),
    ];
    assert_eq!(entries.len(), 13);
    for entry in entries {
        let control = entry["control"].as_str().unwrap();
        let (_, report) = reports.iter().find(|(name, _)| *name == control).unwrap();
        let attribute = entry["attribute"].as_str().unwrap();
        let is_meant = |gap: &&Value| {
            gap["attribute"] == entry["attribute"]
                && gap["metric"] == entry["metric"]
                && gap["group"][attribute] == entry["group"]
                && gap["reference"][attribute] == entry["reference"]
        };
        let found = report["pooled"].as_array().unwrap().iter().find(is_meant);
        let found = found.unwrap_or_else(|| panic!("no {entry}"));
        for side in ["crude", "pooled"] {
            for gap in ["difference", "ratio", "odds_ratio"] {
                near(
                    &found[side][gap],
                    &entry[side][gap],
                    &format!("{side} {gap} of {entry}"),
                );
            }
        }
        for name in ["moved", "association_p"] {
            near(&found[name], &entry[name], &format!("{name} of {entry}"));
        }
        for name in ["statistic", "p"] {
            near(
                &found["homogeneity"][name],
                &entry["homogeneity"][name],
                name,
            );
        }
        assert_eq!(
            found["homogeneity"]["df"], entry["homogeneity"]["df"],
            "{entry}"
        );
        for name in [
            "reversed",
            "strata_used",
            "strata_left_out",
            "rows_left_out",
        ] {
            assert_eq!(found[name], entry[name], "{name} of {entry}");
        }
    }
}

#[test]
fn berkeley_is_the_paradox_and_is_told_once() {
    let found = report(&[BERKELEY, &["--control", "department"]].concat());
    let [gap] = found["pooled"].as_array().unwrap().as_slice() else {
        panic!("{found}");
    };
    assert_eq!(gap["reading"], "vanished");
    assert_eq!(gap["reversed"], true);
    let notes = found["notes"].as_array().unwrap().iter();
    let told = notes.filter(|note| note.as_str().unwrap().starts_with("Simpson's paradox"));
    assert_eq!(told.count(), 1);
    let quiet = run(&[BERKELEY, &["--control", "department", "-q"]].concat());
    assert_eq!(quiet.stdout, b"WARN  1 warned, 2 undecided, 4 passed\n");
}

#[test]
fn auto_finds_the_department_and_judges_as_without_it() {
    let found = report(&[BERKELEY, &["--control", "auto"]].concat());
    let named = report(&[BERKELEY, &["--control", "department"]].concat());
    assert_eq!(found["controls"], named["pooled"]);
    assert_eq!(found["pooled"], Value::Null);
    let plain = report(BERKELEY);
    for part in ["findings", "groups", "measures", "verdict"] {
        assert_eq!(found[part], plain[part], "{part}");
    }
    // The same rows, already counted, and in other formats.
    for (table, more) in [
        ("fixtures/berkeley.parquet", &[][..]),
        ("fixtures/berkeley_counts.csv", &["--counts=n"][..]),
    ] {
        let words = [&[table], &BERKELEY[1..], more, &["--control", "auto"]].concat();
        assert_eq!(report(&words)["controls"], found["controls"], "{table}");
    }
}

#[test]
fn every_candidate_is_tried_alone_and_numbers_are_banded() {
    let words = ["fixtures/german.csv", "--control", "auto"];
    let found = report(&words);
    let gaps = found["controls"].as_array().unwrap();
    let mut tried: Vec<&str> = gaps
        .iter()
        .map(|gap| gap["control"].as_str().unwrap())
        .collect();
    tried.sort_unstable();
    tried.dedup();
    assert_eq!(
        tried,
        ["credit_amount", "duration_months", "housing", "purpose"]
    );
    for gap in gaps {
        let is_number = matches!(
            gap["control"].as_str(),
            Some("credit_amount" | "duration_months")
        );
        assert_eq!(gap["bins"].is_string(), is_number, "{gap}");
    }
    // What moves most stands first, among those that have rows to go by.
    let sound = gaps.iter().filter(|gap| gap["reading"] != "small");
    let moved: Vec<f64> = sound
        .map(|gap| gap["moved"].as_f64().unwrap().abs())
        .collect();
    assert!(moved.windows(2).all(|pair| pair[0] >= pair[1]), "{moved:?}");
    // Banded as it says, the same column named gives the same numbers.
    let months = gaps
        .iter()
        .find(|gap| gap["control"] == "duration_months")
        .unwrap();
    let bins = months["bins"].as_str().unwrap();
    let named = report(&[
        "fixtures/german.csv",
        "--control",
        "duration_months",
        "--bins",
        bins,
    ]);
    let same = |gap: &&Value| {
        ["attribute", "group", "metric"]
            .iter()
            .all(|key| gap[*key] == months[*key])
    };
    let named = named["pooled"]
        .as_array()
        .unwrap()
        .iter()
        .find(same)
        .unwrap();
    assert_eq!(named["pooled"], months["pooled"]);
    assert_eq!(named["homogeneity"], months["homogeneity"]);
}

#[test]
fn threads_change_no_byte() {
    let bytes = |threads| {
        let words = ["fixtures/german.csv", "--control", "auto", "-f", "json"];
        run(&[&words[..], &["--exit-zero", "-j", threads]].concat()).stdout
    };
    let one = bytes("1");
    assert!(one.len() > 10_000);
    assert_eq!(one, bytes("2"));
    assert_eq!(one, bytes("7"));
}

#[test]
fn ignored_columns_are_not_tried() {
    let words = [
        "fixtures/german.csv",
        "--control",
        "auto",
        "--ignore",
        "purpose,housing",
    ];
    let found = report(&words);
    let gaps = found["controls"].as_array().unwrap().iter();
    let mut names = gaps.map(|gap| gap["control"].as_str().unwrap());
    assert!(names.all(|name| name.ends_with("_amount") || name.ends_with("_months")));
}

#[test]
fn too_many_and_constant_columns_are_left_out_and_said() {
    use std::fmt::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.csv");
    let mut text = "sex,pred,name,constant".to_owned();
    for column in 0..22 {
        write!(text, ",c{column}").unwrap();
    }
    for row in 0..200 {
        write!(text, "\n{},{},n{row},x", ["f", "m"][row % 2], row % 3 / 2).unwrap();
        for column in 0..22 {
            write!(text, ",v{}", (row / (column + 1)) % 3).unwrap();
        }
    }
    std::fs::write(&path, text + "\n").unwrap();
    let found = report(&[
        path.to_str().unwrap(),
        "-s",
        "sex",
        "-p",
        "pred",
        "--control",
        "auto",
    ]);
    assert_eq!(found["controls"].as_array().unwrap().len(), 20);
    let notes = found["notes"].as_array().unwrap().iter();
    let notes: Vec<&str> = notes.map(|note| note.as_str().unwrap()).collect();
    let wanted = "`--control auto` left out: `name` (more than 20 values), `c20` (20 columns are \
                  tried at most), `c21` (20 columns are tried at most)";
    assert!(notes.contains(&wanted), "{notes:?}");
}

fn error(words: &[&str]) -> String {
    let output = run(words);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_pipe_cannot_be_scanned() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/berkeley.csv");
    // A pipe, not the file itself as standard input.
    let mut cat = Command::new("cat")
        .arg(&path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_fair-audit"))
        .args(["-", "-s", "gender", "-p", "admitted", "--control", "auto"])
        .stdin(cat.stdout.take().unwrap())
        .output()
        .unwrap();
    cat.wait().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("a pipe can be read only once"), "{said}");
    assert!(
        said.contains("help: give a file, or name the control"),
        "{said}"
    );
}

#[test]
fn auto_stands_alone_and_makes_no_query() {
    let both = error(&[BERKELEY, &["--control", "auto,department"]].concat());
    assert!(both.contains("stands alone"), "{both}");
    let query = error(&[&["sql"], BERKELEY, &["--control", "auto"]].concat());
    assert!(query.contains("name the control"), "{query}");
}
