//! `compare` of two tables of the same rows, which is paired, and of other rows, which is not; the
//! names of columns that both files of a join have, and the rows of each input.

use std::fmt::Write as _;

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::run;

/// Rows of a table: id, sex, label, an earlier and a later decision.
fn rows() -> Vec<[String; 5]> {
    let bit = |yes: bool| u8::from(yes).to_string();
    let row = |i: u64| {
        // A scattered number for each row and purpose.
        let draw = |salt: u64| (i * 7_919 + salt).wrapping_mul(2_654_435_761) >> 7 & 127;
        let is_woman = draw(1) < 64;
        let first = draw(2) < if is_woman { 64 } else { 77 };
        let later = first && !(is_woman && draw(3) < 16);
        let sex = if is_woman { "f" } else { "m" };
        [
            i.to_string(),
            sex.to_owned(),
            bit(draw(4) < 60),
            bit(first),
            bit(later),
        ]
    };
    (0..2_000).map(row).collect()
}

/// A folder of tables.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes these columns of some rows under these names.
    fn table(&self, name: &str, header: &str, columns: &[usize], rows: &[[String; 5]]) -> String {
        let mut text = format!("{header}\n");
        for row in rows {
            let cells: Vec<&str> = columns.iter().map(|&at| row[at].as_str()).collect();
            writeln!(text, "{}", cells.join(",")).unwrap();
        }
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn report(words: &[&str]) -> Value {
    let output = run(&[words, &["-f", "json"]].concat());
    let report = serde_json::from_slice(&output.stdout);
    report.unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Each finding's id and change.
fn changes(report: &Value) -> Vec<(String, Value)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let told = findings.map(|f| (f["id"].as_str().unwrap().to_owned(), f["change"].clone()));
    let mut list: Vec<_> = told.collect();
    list.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!list.is_empty(), "{report}");
    list
}

fn is_paired(report: &Value) -> bool {
    changes(report)
        .iter()
        .any(|(_, change)| change["paired"] == true)
}

#[test]
fn two_tables_of_the_same_rows_are_paired_as_two_decisions_of_one_are() {
    let place = Place::new();
    let rows = rows();
    let mut shuffled = rows.clone();
    shuffled.reverse();
    shuffled.swap(0, 700);
    let one = place.table("one.csv", "id,sex,y,pred,new", &[0, 1, 2, 3, 4], &rows);
    let wanted = changes(&report(&["compare", &one, "-p", "pred", "-p", "new"]));
    assert!(wanted.iter().all(|(_, change)| change["paired"] == true));
    let a = place.table("a.csv", "id,sex,y,pred", &[0, 1, 2, 3], &rows);
    let b = place.table("b.csv", "pred,id,sex,y", &[4, 0, 1, 2], &shuffled);
    let bare = place.table("bare.csv", "id,pred", &[0, 4], &shuffled);
    let other = place.table("other.csv", "id,approved", &[0, 4], &shuffled);
    for (second, more, said) in [
        (&b, &["--id", "id"][..], "are the same rows, joined by `id`"),
        (
            &b,
            &[],
            "`id`, the column that both have: changes are paired",
        ),
        (&bare, &["--id", "id"], "joined by `id`"),
        (&bare, &["-p", "pred"], "joined by `id`"),
        (&other, &[], "joined by `id`"),
    ] {
        let found = report(&[&["compare", &a, second], more].concat());
        assert_eq!(changes(&found), wanted, "{second} {more:?}");
        assert!(
            found["notes"].to_string().contains(said),
            "{}",
            found["notes"]
        );
        assert_eq!(found["comparison"]["from"], a.as_str());
        assert_eq!(found["comparison"]["to"], second.as_str());
    }
    // Without an id the order is that of the rows.
    let a = place.table("an.csv", "sex,y,pred", &[1, 2, 3], &rows);
    let b = place.table("bn.csv", "sex,y,pred", &[1, 2, 4], &rows);
    let found = report(&["compare", &a, &b]);
    assert_eq!(changes(&found), wanted);
    assert!(found["notes"].to_string().contains("in the same order"));
}

#[test]
fn tables_of_other_rows_are_compared_as_such_and_the_note_says_why() {
    let place = Place::new();
    let rows = rows();
    let a = place.table("a.csv", "id,sex,y,pred", &[0, 1, 2, 3], &rows);
    let an = place.table("an.csv", "sex,y,pred", &[1, 2, 3], &rows);
    let mut relabelled = rows.clone();
    for row in &mut relabelled[10..13] {
        row[2] = if row[2] == "1" { "0" } else { "1" }.to_owned();
    }
    let mut renamed = rows.clone();
    renamed[3][0] = "new".to_owned();
    let columns = ("id,sex,y,pred", [0, 1, 2, 4]);
    let with_id = |name: &str, rows: &[_]| place.table(name, columns.0, &columns.1, rows);
    let b = with_id("b.csv", &relabelled);
    let renamed = with_id("renamed.csv", &renamed);
    let longer = with_id("longer.csv", &[&rows[..], &relabelled[10..11]].concat());
    let bn = place.table("bn.csv", "sex,y,pred", &[1, 2, 4], &relabelled);
    let short = place.table("short.csv", "sex,y,pred", &[1, 2, 4], &rows[1..]);
    for (first, second, said) in [
        (&a, &b, "in 3 of 2000 rows the label"),
        (&a, &renamed, "1 rows of"),
        (&a, &longer, "id `10` is there twice"),
        (&an, &bn, "in 3 of 2000 rows the label"),
        (&an, &short, "2000 rows"),
    ] {
        let found = report(&["compare", first, second]);
        assert!(!is_paired(&found), "{second}");
        let notes = found["notes"].to_string();
        assert!(
            notes.contains("compared as other rows") && notes.contains(said),
            "{notes}"
        );
    }
    // Decisions alone that fit no rows are an error, not a comparison.
    let orphans = place.table("orphans.csv", "id,pred", &[0, 4], &rows[..1_990]);
    let output = run(&["compare", &a, &orphans]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("10 rows have no prediction"));
}

#[test]
fn a_column_that_both_files_of_a_join_have_is_named_after_its_file() {
    let place = Place::new();
    let rows = rows();
    let a = place.table("a.csv", "id,sex,y,pred", &[0, 1, 2, 3], &rows);
    let b = place.table("b.csv", "id,sex,y,pred", &[0, 1, 2, 4], &rows);
    let one = place.table("one.csv", "id,sex,y,pred,new", &[0, 1, 2, 3, 4], &rows);
    let by = |table: &[&str]| report(&[table, &["--exit-zero"]].concat())["findings"].clone();
    let joined = [&*a, "--predictions", &b, "--id", "id"];
    // What nobody named is that of the predictions; the name alone is that of the data.
    let theirs = by(&[&*one, "-p", "new"]);
    assert_eq!(by(&joined), theirs);
    assert_eq!(by(&[&joined[..], &["-p", "b.csv:pred=1"]].concat()), theirs);
    let own = by(&[&*one, "-p", "pred"]);
    assert_ne!(own, theirs);
    assert_eq!(by(&[&joined[..], &["-p", "pred"]].concat()), own);
}

#[test]
fn every_input_is_recorded_with_its_rows() {
    let place = Place::new();
    let rows = rows();
    let a = place.table("a.csv", "id,sex,y,pred", &[0, 1, 2, 3], &rows[..1_500]);
    let b = place.table("b.csv", "id,sex,y,pred", &[0, 1, 2, 4], &rows[1_500..]);
    let empty = place.table("c.csv", "id,sex,y,pred", &[0, 1, 2, 4], &[]);
    let new = place.table("new.csv", "id,new", &[0, 4], &rows);
    let folder = place.0.path().to_str().unwrap().to_owned();
    let counted = |words: &[&str]| -> Vec<Value> {
        let report = report(&[words, &["-s", "sex", "-p", "pred", "--exit-zero"]].concat());
        let inputs = report["record"]["inputs"].as_array().unwrap().iter();
        inputs.map(|input| input["rows"].clone()).collect()
    };
    assert_eq!(counted(&[&a, &empty, &b]), [1_500, 0, 500]);
    assert_eq!(
        counted(&[&a, "--predictions", &new, "--id", "id"]),
        [1_500, 2_000]
    );
    std::fs::remove_file(&new).unwrap();
    for threads in ["1", "4"] {
        assert_eq!(counted(&[&folder, "-j", threads]), [1_500, 500, 0]);
    }
}
