//! `fair-audit mitigate`: what stands in time and what in no fold, which groups a fold does not learn
//! of, and flags that would do nothing.

use std::fmt::Write as _;

use crate::mitigate::{Folder, lines, report, rows, said};

/// Rows of two sexes, `x` tells the label mostly; `last` says what else stands in each.
fn table(rows: u32, heading: &str, last: impl Fn(u32) -> String) -> String {
    let mut text = format!("sex,x,y,{heading}\n");
    for row in 0..rows {
        let sex = ["f", "m"][row as usize * 7 % 3 % 2];
        let y = u32::from(row * 37 % 101 + row % 5 * 9 > 60);
        writeln!(text, "{sex},{},{y},{}", row * 37 % 101, last(row)).unwrap();
    }
    text
}

const WORDS: [&str; 7] = ["-s", "sex", "-y", "y=1", "--method", "reweighing", "-q"];

/// Which rows, from 1, the plain model scores where folds go forward in `t`.
fn scored(folder: &Folder, table: &str) -> Vec<bool> {
    let out = folder.at("p.csv");
    let more = [
        "--fold-time",
        "t",
        "--folds",
        "3",
        "--predictions-out",
        &out,
    ];
    let (status, _, error) = said(&[&[table], &WORDS[..], &more].concat());
    assert_eq!(status, 0, "{error}");
    let plain = lines(&out).into_iter().filter(|line| &line[1] == "plain");
    plain.map(|line| !line[2].is_empty()).collect()
}

#[test]
fn folds_go_forward_by_moments_not_by_what_clocks_showed() {
    let folder = Folder::new();
    // Even rows are 26 hours later than odd ones, whatever their clocks say.
    let zoned = |row: u32| {
        let zone = ["-12:00", "+1400"][row as usize % 2];
        format!(
            "2020-01-01T{:02}:{:02}:00.{row:03}{zone}",
            row / 60,
            row % 60
        )
    };
    let path = folder.write("t.csv", &table(120, "t", zoned));
    let expected = |row: u32| row.is_multiple_of(2) || row >= 60;
    let all: Vec<bool> = (0..120).map(expected).collect();
    assert_eq!(scored(&folder, &path), all);
    // Beyond 2^53 doubles are even.
    let whole = |row: u32| (9_007_199_254_740_993_u64 + u64::from(row * 7 % 120)).to_string();
    let path = folder.write("n.csv", &table(120, "t", whole));
    let all: Vec<bool> = (0..120).map(|row| row * 7 % 120 >= 30).collect();
    assert_eq!(scored(&folder, &path), all);
}

#[test]
fn a_time_that_is_none_is_named_and_zones_that_are_not_said_are_said() {
    let folder = Folder::new();
    let date = |row: u32| format!("2020-01-{:02}", row / 6 + 1);
    let odd = |row: u32| {
        if row == 16 {
            "soon".to_owned()
        } else {
            date(row)
        }
    };
    let path = folder.write("t.csv", &table(120, "t", odd));
    let time = ["--fold-time", "t"];
    let (status, out, error) = said(&[&[&*path], &WORDS[..], &time].concat());
    assert_eq!((status, &*out), (2, ""));
    let expected = "`t` is no time: row 17 has `soon`, which is no date as the others are";
    assert!(error.contains(expected), "{error}");
    let mixed = |row: u32| {
        let zone = if row < 9 { "Z" } else { "" };
        format!("{}T12:00{zone}", date(row))
    };
    let path = folder.write("m.csv", &table(120, "t", mixed));
    let notes = report(&[&[&*path], &WORDS[..], &time].concat())["notes"].to_string();
    assert!(
        notes.contains("`t` says no time zone in 111 rows"),
        "{notes}"
    );
}

#[test]
fn rows_of_no_weight_are_no_rows() {
    let folder = Folder::new();
    let weighs = |row: u32| format!("{row},{}", u32::from(row >= 60));
    let path = folder.write("t.csv", &table(120, "t,w", weighs));
    let more = ["--fold-time", "t", "--folds", "5", "--weight", "w"];
    let report = report(&[&[&*path], &WORDS[..], &more].concat());
    let notes = report["notes"].to_string();
    // 60 rows count, in 6 parts.
    assert!(
        notes.contains("the first 10 rows are only learnt from"),
        "{notes}"
    );
    // A person who counts for nothing is no value of a fold.
    let person = |row: u32| format!("p{},{}", row / 24, u32::from(row >= 24));
    let path = folder.write("p.csv", &table(120, "p,w", person));
    let more = ["--fold-by", "p", "--folds", "5", "--weight", "w"];
    let (status, _, error) = said(&[&[&*path], &WORDS[..], &more].concat());
    assert_eq!(status, 2);
    assert!(
        error.contains("too few different values for 5 folds: 4"),
        "{error}"
    );
    // None of the rows without a label can be learnt from.
    let mut text = "sex,x,y,t\n".to_owned();
    for row in 0..120_u32 {
        let label = if row < 60 {
            String::new()
        } else {
            (row % 3 % 2).to_string()
        };
        writeln!(
            text,
            "{},{},{label},{row}",
            ["f", "m"][row as usize % 2],
            row % 7
        )
        .unwrap();
    }
    let path = folder.write("l.csv", &text);
    let more = ["--fold-time", "t"];
    let (status, _, error) = said(&[&[&*path], &WORDS[..], &more].concat());
    assert_eq!(status, 2);
    assert!(
        error.contains("of fold 1, no row that counts is learnt from"),
        "{error}"
    );
}

#[test]
fn a_remedy_that_did_not_learn_of_a_group_is_left_out() {
    let folder = Folder::new();
    let late = table(240, "t", |row| row.to_string());
    let late: String = late
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let late = at > 200 && at % 2 == 0;
            let line = if late {
                format!("x{}", &line[1..])
            } else {
                line.to_owned()
            };
            line + "\n"
        })
        .collect();
    let path = folder.write("t.csv", &late);
    let more = [
        "--fold-time",
        "t",
        "--folds",
        "2",
        "--method",
        "threshold_parity",
    ];
    let report = report(&[&[&*path], &WORDS[..], &more].concat());
    let notes = report["notes"].to_string();
    let expected = "no row of theirs is learnt from: fold 2 of `x`";
    assert!(notes.contains(expected), "{notes}");
    for name in ["reweighing", "threshold_parity"] {
        assert!(
            notes.contains(&format!("{name} is left out: a group")),
            "{notes}"
        );
    }
    // What was left out did nothing.
    let remedies = rows(&report, "mitigation", "remedies");
    let names: Vec<&str> = remedies
        .iter()
        .map(|row| row["scenario"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["plain"]);
}

#[test]
fn what_rows_are_kept_apart_by_is_no_feature_that_can_be_named() {
    let folder = Folder::new();
    let path = folder.write("t.csv", &table(120, "p", |row| format!("p{}", row / 4)));
    let more = ["--fold-by", "p", "--features", "x,p"];
    let (status, out, error) = said(&[&[&*path], &WORDS[..], &more].concat());
    assert_eq!((status, &*out), (2, ""));
    assert!(
        error.contains("rows are kept apart by this column"),
        "{error}"
    );
}

#[test]
fn weights_by_resampling_are_said_of_every_remedy() {
    let folder = Folder::new();
    let path = folder.write("t.csv", &table(120, "w", |row| (row % 3 + 1).to_string()));
    let words = [
        &*path,
        "-s",
        "sex",
        "-y",
        "y=1",
        "--weight",
        "w",
        "--model",
        "forest",
        "--folds",
        "2",
        "--method",
        "reweighing,threshold_parity",
    ];
    let report = report(&words);
    let remedies = rows(&report, "mitigation", "remedies");
    assert_eq!(remedies.len(), 3);
    for remedy in remedies {
        let did = remedy["did"].as_str().unwrap();
        assert!(did.contains("weights by resampling"), "{remedy}");
    }
}

#[test]
fn flags_that_do_nothing_where_a_model_is_applied_are_refused() {
    let folder = Folder::new();
    let path = folder.write("t.csv", &table(120, "i", |row| format!("i{row}")));
    let model = folder.at("m.json");
    let more = ["--ignore", "i", "--model-out", &model];
    assert_eq!(said(&[&[&*path], &WORDS[..], &more].concat()).0, 0);
    let apply = [&*path, "--apply", &model];
    for needless in [
        &["--fold-by", "i"][..],
        &["--fold-time", "x"],
        &["--text", "x"],
        &["--model", "tree"],
        &["--folds", "2"],
        &["--with-sensitive"],
        &["--features", "x"],
        &["--attribute", "sex"],
        &["-s", "sex"],
        &["-y", "y=1"],
        &["--seed", "1"],
        &["--min-group", "2"],
        &["--null", "x"],
        &["-o", "out.txt"],
        &["--refit", "m.json"],
        &["--record", "r.json"],
    ] {
        let (status, out, error) = said(&[&apply[..], needless].concat());
        assert_eq!((status, &*out), (2, ""), "{needless:?}");
        assert!(error.contains("--apply"), "{needless:?}: {error}");
    }
    let out = folder.at("p.csv");
    let counts = [
        "--id",
        "i",
        "--method",
        "plain",
        "--predictions-out",
        &out,
        "--delimiter",
        ",",
        "-j",
        "1",
        "-q",
        "--input-format",
        "csv",
    ];
    let (status, _, error) = said(&[&apply[..], &counts].concat());
    assert_eq!((status, lines(&out).len()), (0, 120), "{error}");
}

#[test]
fn explained_dates_are_dates_and_texts_of_digits_are_texts() {
    let folder = Folder::new();
    let other = |row: u32| format!("2020-02-{:02},{:02}", row / 6 + 1, row % 4);
    let text = table(120, "day,code", other);
    let path = folder.write("t.csv", &text.replace(",00\n", ",A0\n"));
    let model = folder.at("m.json");
    let out = ["--model-out", &model];
    assert_eq!(said(&[&[&*path], &WORDS[..], &out].concat()).0, 0);
    // Now all of them look like numbers.
    let path = folder.write("u.csv", &text.replace(",00\n", ",01\n"));
    let words = [
        "explain", &path, "--model", &model, "--method", "plain", "--row", "1",
    ];
    let output =
        crate::cli::run(&[&words[..], &["-s", "sex", "-y", "y=1", "--no-config"]].concat());
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("2020-02-01"), "{text}");
    let code = |line: &str| line.starts_with("code ") && line.split_whitespace().any(|w| w == "01");
    assert!(text.lines().any(code), "{text}");
}
