//! Tables as other programs write them, made here: types, several files, many pieces, counts.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{json, run};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn write_parquet(folder: &Path, name: &str, columns: Vec<(&str, ArrayRef)>) -> String {
    let path = folder.join(name);
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(&path).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100_000));
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    path.to_str().unwrap().to_owned()
}

fn audit(path: &str, more: &[&str]) -> Value {
    json(&[&[path, "--exit-zero"], more].concat())
}

/// Fails at the first number in which two reports differ, by more than the last digit.
fn assert_same(a: &Value, b: &Value, at: &str) {
    match (a, b) {
        (Value::Object(one), Value::Object(other)) => {
            assert_eq!(one.len(), other.len(), "{at}");
            for (key, value) in one {
                assert_same(value, &other[key], &format!("{at}.{key}"));
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            assert_eq!(one.len(), other.len(), "{at}");
            for (place, (a, b)) in one.iter().zip(other).enumerate() {
                assert_same(a, b, &format!("{at}[{place}]"));
            }
        }
        (a, b) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-14 * a.abs(), "{at}: {a}, {b}"),
            _ => assert_eq!(a, b, "{at}"),
        },
    }
}

/// The groups of an attribute with their rows.
fn groups<'a>(report: &'a Value, attribute: &str) -> Vec<(&'a str, u64)> {
    let all = report["groups"].as_array().unwrap().iter();
    all.filter(|group| group["attribute"] == attribute)
        .map(|group| {
            let name = group["group"][attribute].as_str().unwrap_or("(missing)");
            (name, group["rows"].as_u64().unwrap())
        })
        .collect()
}

fn notes(report: &Value) -> String {
    report["notes"].to_string()
}

fn sexes(rows: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(
        (0..rows).map(|row| ["F", "M"][row % 2]),
    ))
}

#[test]
fn single_floats_are_the_numbers_they_are_written_as() {
    let folder = folder();
    let scores: Vec<f32> = (0..200).map(|row| (row % 10) as f32 / 10.0).collect();
    let wide: Vec<f64> = (0..200).map(|row| f64::from(row % 10) / 10.0).collect();
    let labels: ArrayRef = Arc::new(Int64Array::from_iter_values(
        (0..200).map(|row| i64::from(row % 3 == 0)),
    ));
    let single = write_parquet(
        folder.path(),
        "single.parquet",
        vec![
            ("sex", sexes(200)),
            ("y", Arc::clone(&labels)),
            ("score", Arc::new(Float32Array::from(scores))),
        ],
    );
    let double = write_parquet(
        folder.path(),
        "double.parquet",
        vec![
            ("sex", sexes(200)),
            ("y", labels),
            ("score", Arc::new(Float64Array::from(wide))),
        ],
    );
    let flags = [
        "-s",
        "sex",
        "-y",
        "y",
        "--score",
        "score",
        "--threshold",
        "0.7",
    ];
    let (single, double) = (audit(&single, &flags), audit(&double, &flags));
    assert_same(&single["groups"], &double["groups"], "groups");
    assert_same(&single["measures"], &double["measures"], "measures");
    let predicted = &single["groups"][0]["counts"]["predicted_positive"];
    assert_eq!(predicted.as_u64(), Some(60), "0.7, 0.8 and 0.9");
}

#[test]
fn whole_numbers_are_the_same_groups_in_every_file_and_no_number_is_none() {
    let folder = folder();
    let pred: ArrayRef = Arc::new(Int64Array::from(vec![0, 1, 1, 0]));
    write_parquet(
        folder.path(),
        "a.parquet",
        vec![
            ("tier", Arc::new(Int64Array::from(vec![1, 2, 2, 3]))),
            ("pred", Arc::clone(&pred)),
        ],
    );
    write_parquet(
        folder.path(),
        "b.parquet",
        vec![
            (
                "tier",
                Arc::new(Float64Array::from(vec![2.0, f64::NAN, 2.5, 3.0])),
            ),
            ("pred", pred),
        ],
    );
    let path = folder.path().to_str().unwrap();
    let report = audit(path, &["-s", "tier", "-p", "pred"]);
    let expected = [("1", 1), ("2", 3), ("2.5", 1), ("3", 2), ("(missing)", 1)];
    assert_eq!(groups(&report, "tier"), expected);
    assert!(!notes(&report).contains("compared as text"));
}

/// Ages whose first rows show few values, by `order`.
fn ages(order: impl Iterator<Item = usize>) -> String {
    let mut text = "age,pred\n".to_owned();
    for row in order {
        writeln!(text, "{},{}", row / 500, row % 3 % 2).unwrap();
    }
    text
}

#[test]
fn numbers_are_banded_whatever_the_order_of_the_rows_and_how_they_are_counted() {
    let folder = folder();
    let rows = 40 * 500;
    let sorted = write(folder.path(), "sorted.csv", &ages(0..rows));
    let shuffled = ages((0..rows).map(|row| row * 7_919 % rows));
    let shuffled = write(folder.path(), "shuffled.csv", &shuffled);
    let late = format!("{}unknown,1\n", ages(0..rows));
    let late = write(folder.path(), "late.csv", &late);
    let mut counts = "age,pred,n\n".to_owned();
    for age in 0..40 {
        for pred in 0..2 {
            let same = (age * 500..(age + 1) * 500).filter(|row| row % 3 % 2 == pred);
            writeln!(counts, "{age},{pred},{}", same.count()).unwrap();
        }
    }
    let counts = write(folder.path(), "counts.csv", &counts);
    let flags = ["-s", "age", "-p", "pred", "--no-infer"];
    let expected = audit(&shuffled, &flags);
    let bands = [
        ("<10", 5_000),
        ("[10, 20)", 5_000),
        ("[20, 30)", 5_000),
        (">=30", 5_000),
    ];
    assert_eq!(groups(&expected, "age"), bands);
    for (path, more) in [(&sorted, &[][..]), (&counts, &["--counts=n"])] {
        let report = audit(path, &[&flags, more].concat());
        assert_same(&report["groups"], &expected["groups"], path);
        assert!(notes(&report).contains("banded by its quartiles"), "{path}");
    }
    let report = audit(&late, &flags);
    assert_eq!(groups(&report, "age").len(), 41);
    let report = audit(&late, &[&flags[..], &["--null", "unknown"]].concat());
    assert_eq!(groups(&report, "age").len(), 5);
}

#[test]
fn counted_rows_are_ranked_as_if_they_were_written_out() {
    let folder = folder();
    let (mut counted, mut rows) = ("sex,y,score,n\n".to_owned(), "sex,y,score\n".to_owned());
    for row in 0..40_usize {
        let (sex, y, score) = (["F", "M"][row % 2], row / 2 % 2, row * 7 % 10);
        writeln!(counted, "{sex},{y},0.{score},{}", row % 5).unwrap();
        for _ in 0..row % 5 {
            writeln!(rows, "{sex},{y},0.{score}").unwrap();
        }
    }
    let many = counted.replace(",4\n", ",3000000000\n");
    let many = write(folder.path(), "many.csv", &many);
    let counted = write(folder.path(), "counted.csv", &counted);
    let rows = write(folder.path(), "rows.csv", &rows);
    let flags = ["-s", "sex", "-y", "y", "--score", "score", "--no-infer"];
    let with_counts = [&flags[..], &["--counts=n"]].concat();
    let (counted, rows) = (audit(&counted, &with_counts), audit(&rows, &flags));
    for part in ["groups", "measures"] {
        assert_same(&counted[part], &rows[part], part);
    }
    let auc = &audit(&many, &with_counts)["groups"][0]["metrics"]["auc"]["value"];
    assert!(auc.is_f64(), "{auc}");
}

/// Several megabytes, with groups that come first in late pieces and weights that round.
fn large() -> String {
    let mut text = "id,group,y,p,score,w\n".to_owned();
    for row in 0..400_000_usize {
        let mixed = row.wrapping_mul(2_654_435_761) >> 7;
        let group = mixed % (2 + row / 50_000);
        let (y, p) = (mixed / 16 % 2, mixed / 32 % 3 / 2);
        let score = mixed / 64 % 1_000;
        writeln!(
            text,
            "{row:030},g{group},{y},{p},0.{score:03},{}.1",
            mixed % 7
        )
        .unwrap();
    }
    text
}

#[test]
fn threads_and_pieces_change_no_byte() {
    let folder = folder();
    let text = large();
    assert!(text.len() > 16 << 20);
    let csv = write(folder.path(), "t.csv", &text);
    let lines = text.lines().skip(1).map(|line| line.split(',').collect());
    let lines: Vec<Vec<&str>> = lines.collect();
    let texts = |at: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(lines.iter().map(|l| l[at])))
    };
    let numbers = |at: usize| -> ArrayRef {
        let values = lines.iter().map(|line| line[at].parse::<f64>().unwrap());
        Arc::new(Float64Array::from_iter_values(values))
    };
    let columns = vec![
        ("id", texts(0)),
        ("group", texts(1)),
        ("y", texts(2)),
        ("p", texts(3)),
        ("score", numbers(4)),
        ("w", numbers(5)),
    ];
    let parquet = write_parquet(folder.path(), "t.parquet", columns);
    let flags = [
        "-s",
        "group",
        "-y",
        "y",
        "-p",
        "p",
        "--score",
        "score",
        "--weight",
        "w",
        "--no-infer",
    ];
    let with = |path: &str, threads: &str| {
        let words = [
            &[path, "--exit-zero", "-f", "json", "-j", threads],
            &flags[..],
        ]
        .concat();
        let bytes = run(&words).stdout;
        assert!(bytes.len() > 10_000);
        bytes
    };
    let one = with(&csv, "1");
    for threads in ["2", "3", "7"] {
        assert!(with(&csv, threads) == one, "-j {threads}");
    }
    let stored = with(&parquet, "1");
    assert!(with(&parquet, "2") == stored);
    let report = |bytes: &[u8]| -> Value { serde_json::from_slice(bytes).unwrap() };
    let (one, stored) = (report(&one), report(&stored));
    for part in ["groups", "measures"] {
        assert_same(&one[part], &stored[part], part);
    }
}

#[test]
fn what_would_be_misread_in_silence_is_said() {
    let folder = folder();
    let mut late = String::new();
    for row in 0..1_200 {
        let sex = if row < 1_100 {
            String::new()
        } else {
            r#","sex":"F""#.to_owned()
        };
        writeln!(late, r#"{{"g":"{}","p":{}{sex}}}"#, row % 2, row % 3 / 2).unwrap();
    }
    let late = write(folder.path(), "late.jsonl", &late);
    assert!(notes(&audit(&late, &["-s", "g", "-p", "p"])).contains("`sex` first"));
    let words = "g,p\nA,yes\nNA,Yes\nA,no\nB,maybe\n";
    let words = write(folder.path(), "words.csv", words);
    let said = notes(&audit(&words, &["-s", "g", "-p", "p=yes"]));
    assert!(
        said.contains("taken for negative: `Yes`, `maybe`, `no`"),
        "{said}"
    );
    assert!(said.contains("`NA` of `g` is a group"), "{said}");
    for wrong in [
        &["--reference", "g=C"][..],
        &["--reference", "largest", "--reference", "best"],
        &["--reference", "g=A", "--reference", "g=B"],
    ] {
        let words = [&[&words, "-s", "g", "-p", "p=yes"], wrong].concat();
        assert_eq!(run(&words).status.code(), Some(2), "{wrong:?}");
    }
    let header = write(folder.path(), "header.csv", "sex,p\n");
    let error = String::from_utf8(run(&[&header]).stderr).unwrap();
    assert!(error.contains("no rows"), "{error}");
    let nobody = write(folder.path(), "nobody.csv", "g,p\nA,0\nB,0\n");
    let report = audit(&nobody, &["-s", "g", "-p", "p=1"]);
    assert_eq!(report["groups"][0]["counts"]["predicted_positive"], 0);
    let words = [&nobody, "-s", "g", "-p", "p=hired"];
    assert_eq!(run(&words).status.code(), Some(2), "no row is `hired`");
}
