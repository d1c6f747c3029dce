//! Recourse of hostile tables: constant and doubled columns, numbers of any size, holes, thousands of
//! levels, decisions that are all alike. No panic, no hang, a clear sentence, and still the law: what
//! is told turns the decision when the row is scored anew.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cli::{json, run};
use crate::mitigate::Folder;

/// A table of so many rows; each line is made of its number and of a number that looks drawn.
fn table(folder: &Folder, heading: &str, rows: u64, line: impl Fn(u64, u64) -> String) -> String {
    let mut text = format!("sex,{heading},yes\n");
    for at in 0..rows {
        let drawn = at
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 33;
        let sex = if drawn % 2 == 0 { "f" } else { "m" };
        let _ = writeln!(text, "{sex},{}", line(at, drawn / 2));
    }
    folder.write("t.csv", &text)
}

const ROLES: [&str; 6] = ["-s", "sex", "-y", "yes=1", "--no-infer", "--no-config"];

/// The recourse of a saved model, with each row's way where there are few rows; each way is put into the
/// table, which the model scores anew.
fn recourse(folder: &Folder, table: &str, learner: &str, more: &[&str]) -> Value {
    let begun = Instant::now();
    let saved = folder.at("m.json");
    let fit = [
        "--model",
        learner,
        "--method",
        "plain",
        "--model-out",
        &saved,
        "-q",
    ];
    let output = run(&[&["mitigate", table], &ROLES[..], &fit].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{learner}: {said}");
    let text = std::fs::read_to_string(table).unwrap();
    let lines: Vec<Vec<String>> = text
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect();
    let rows: Vec<String> = (1..lines.len().min(400))
        .map(|row| row.to_string())
        .collect();
    let mut words = [&["counterfactual", table], &ROLES[..]].concat();
    words.extend(["--model", &saved, "--recourse"]);
    words.extend(more);
    for row in &rows {
        words.extend(["--row", row]);
    }
    let report = json(&words);
    let singles = of(&report, "rows");
    let mut changed = lines.clone();
    let mut told = Vec::new();
    for single in singles {
        let row: usize = single["row"].as_str().unwrap().parse().unwrap();
        let way = single["way"].as_str().unwrap();
        for (at, name) in lines[0].iter().enumerate() {
            if let Some((_, rest)) = way.split_once(&format!("`{name}` were ")) {
                let to = rest.split(" instead of ").next().unwrap();
                to.trim_matches('`').clone_into(&mut changed[row][at]);
                told.push(row);
            }
        }
    }
    let changed: Vec<String> = changed.iter().map(|line| line.join(",") + "\n").collect();
    let anew = folder.write("anew.csv", &changed.concat());
    let output = run(&["mitigate", &anew, "--apply", &saved, "--no-config"]);
    let scored = String::from_utf8(output.stdout).unwrap();
    let decided: Vec<bool> = scored
        .lines()
        .skip(1)
        .map(|line| line.ends_with(",1"))
        .collect();
    for row in told {
        assert!(decided[row - 1], "{learner}: row {row}");
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "{learner}");
    report
}

fn of<'a>(report: &'a Value, table: &str) -> &'a Vec<Value> {
    let sections = report["justice"].as_array().unwrap();
    let recourse = sections
        .iter()
        .find(|own| own["name"] == "recourse")
        .unwrap();
    let tables = recourse["tables"].as_array().unwrap();
    let table = tables.iter().find(|own| own["name"] == table);
    table.unwrap()["rows"].as_array().unwrap()
}

/// Rows with a way, of all groups.
fn feasible(report: &Value) -> f64 {
    let rows = of(report, "recourse").iter();
    let own = rows.map(|row| row["rows"].as_f64().unwrap() * row["feasible"].as_f64().unwrap());
    own.sum()
}

fn said(report: &Value) -> String {
    let facts = report["profile"]["facts"].to_string();
    report["justice"].to_string() + &facts
}

const WAYS: [&[&str]; 3] = [
    &[],
    &["--cost", "percentile"],
    &["--cost", "percentile", "--norm", "max"],
];

#[test]
fn constant_and_doubled_columns_and_holes() {
    let folder = Folder::new();
    let table = table(&folder, "same,x,twin,hole,level,only", 200, |at, drawn| {
        let x = drawn % 9;
        let hole = if at % 3 == 0 {
            String::new()
        } else {
            (drawn % 5).to_string()
        };
        let level = ["a", "b", ""][(drawn / 9 % 3) as usize];
        let yes = u64::from(x + drawn / 9 % 3 * 2 > 6);
        format!("7,{x},{x},{hole},{level},k,{yes}")
    });
    for learner in ["logistic", "tree", "bayes"] {
        for more in WAYS {
            if learner == "bayes" && more.contains(&"max") {
                continue;
            }
            let report = recourse(&folder, &table, learner, more);
            assert!(feasible(&report) > 10.0, "{learner} {more:?}");
            let changed = of(&report, "features").iter();
            for row in changed {
                assert!(
                    row["feature"] != "same" && row["feature"] != "only",
                    "{row}"
                );
            }
        }
    }
}

/// The largest doubles, and the smallest that are none.
#[test]
fn numbers_of_any_size() {
    let folder = Folder::new();
    let table = table(&folder, "large,small,mixed", 200, |_, drawn| {
        let (a, b) = (drawn % 7, drawn / 7 % 5);
        let mixed = ["1e300", "-1e300", "0", "1.5"][(drawn / 35 % 4) as usize];
        let yes = u64::from(a + b > 5);
        format!("{a}e300,{b}e-300,{mixed},{yes}")
    });
    for learner in ["logistic", "tree"] {
        for more in WAYS {
            let report = recourse(&folder, &table, learner, more);
            assert!(feasible(&report) > 10.0, "{learner} {more:?}");
            assert!(!said(&report).contains("inf"), "{}", said(&report));
        }
    }
}

/// Levels that models put together are alternatives as well.
#[test]
fn thousands_of_levels() {
    let folder = Folder::new();
    let table = table(&folder, "name,x", 2_000, |at, drawn| {
        let x = drawn % 10;
        let yes = u64::from(x > 6 || at % 4 == 0);
        format!("n{at},{x},{yes}")
    });
    for learner in ["logistic", "tree"] {
        let report = recourse(&folder, &table, learner, &[]);
        assert!(feasible(&report) > 100.0, "{learner}");
    }
}

#[test]
fn decisions_that_are_all_alike_are_a_sentence() {
    let folder = Folder::new();
    let path = table(&folder, "x", 80, |_, drawn| {
        format!("{},{}", drawn % 9, u64::from(drawn % 9 > 2))
    });
    let words = |model: &'static str| {
        let own = [
            "counterfactual",
            &path,
            "-s",
            "sex",
            "--no-infer",
            "--no-config",
        ];
        [
            &own[..],
            &["--ignore", "yes", "--recourse", "--model", model],
        ]
        .concat()
    };
    let all = json(&words("awk 'NR>1{print 0.9}'"));
    assert!(
        said(&all).contains("nobody lacks the favorable decision"),
        "{}",
        said(&all)
    );
    let none = json(&words("awk 'NR>1{print 0.1}'"));
    assert!(
        said(&none).contains("no way was found for any of 80 rows"),
        "{}",
        said(&none)
    );
    // Of two labels that are all the same no model can be fitted: an error, and clear.
    let same = table(&folder, "x", 80, |_, drawn| format!("{},1", drawn % 9));
    let output = run(&[
        "counterfactual",
        &same,
        "-s",
        "sex",
        "-y",
        "yes=1",
        "--recourse",
        "--no-config",
    ]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() || output.status.code() == Some(2),
        "{error}"
    );
    assert!(!error.contains("panicked"), "{error}");
}

#[test]
fn nothing_that_may_change_is_a_sentence() {
    let folder = Folder::new();
    let path = table(&folder, "x", 120, |_, drawn| {
        format!("{},{}", drawn % 9, u64::from(drawn % 9 > 4))
    });
    for more in [
        &["--immutable", "x"][..],
        &["--bounds", "x=100..200"],
        &["--monotone", "x=down"],
    ] {
        for learner in ["logistic", "tree"] {
            let report = recourse(&folder, &path, learner, more);
            assert_eq!(feasible(&report), 0.0, "{learner} {more:?}");
            assert!(
                said(&report).contains("no way was found for any of"),
                "{}",
                said(&report)
            );
        }
    }
}
