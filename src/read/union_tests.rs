//! Several files as one table, against tables known by construction.

use super::*;
use crate::read::open as open_table;
use crate::read::order::{all_rows, in_order};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// The names of columns, and rows.
type Read = (Vec<String>, Vec<Vec<Option<String>>>);

fn read(files: &[(&str, &str)]) -> Result<Read> {
    let folder = folder(files);
    let source = open_table(&[folder.path().into()], &Options::default())?;
    let names = source
        .columns()
        .iter()
        .map(|field| field.name.clone())
        .collect();
    Ok((names, all_rows(&*source)?))
}

#[test]
fn columns_may_come_in_any_order_and_keys_of_folders_are_columns() {
    let (names, rows) = read(&[
        ("year=2023/a.csv", "x,y\n1,2\n"),
        ("year=2024/b.csv", "y,x\n4,3\n6,\n"),
        ("year=2024/c.jsonl", "{\"x\": 7, \"y\": 8}\n"),
    ])
    .unwrap();
    assert_eq!(names, ["x", "y", "year"]);
    let text = |row: &Vec<Option<String>>| {
        let values = row.iter().map(|value| value.as_deref().unwrap_or("-"));
        values.collect::<Vec<_>>().join(" ")
    };
    let rows: Vec<String> = rows.iter().map(text).collect();
    assert_eq!(rows, ["1 2 2023", "3 4 2024", "- 6 2024", "7 8 2024"]);
}

#[test]
fn files_of_other_columns_are_refused_by_name() {
    let told = |second: &str| {
        let files = [("a.csv", "x,y\n1,2\n"), ("b.csv", second)];
        read(&files).unwrap_err().to_string()
    };
    assert!(
        told("x\n1\n").contains("b.csv has no column `y`"),
        "{}",
        told("x\n1\n")
    );
    // One column more is left unread, and said.
    let more = [("a.csv", "x,y\n1,2\n"), ("b.csv", "x,z,y\n1,3,2\n")];
    assert_eq!(read(&more).unwrap().0, ["x", "y"]);
    assert!(read(&[("y=1/a.csv", "x,y\n1,2\n")]).is_err());
    assert!(read(&[]).is_err());
}

#[test]
fn a_file_is_closed_after_its_last_piece() {
    let texts: Vec<String> = (0..40).map(|i| format!("{i:03}.csv")).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|name| (&**name, "x\n1\n2\n")).collect();
    let folder = folder(&files);
    let (files, _) = super::super::folder::expand(&[folder.path().into()]).unwrap();
    let union = open(files, &Options::default(), Vec::new()).unwrap();
    for _ in 0..2 {
        assert_eq!(all_rows(&union).unwrap().len(), 80);
        assert!(
            union
                .parts
                .iter()
                .all(|part| lock(&part.open).source.is_none())
        );
    }
}

#[test]
fn quoted_line_ends_that_cut_a_large_file_wrong_are_read_again() {
    // Pieces of text files are 8 MiB or more: records longer than that are cut within.
    let long = "line\n".repeat(1 << 20);
    let mut text = String::from("x,y\n");
    for row in 0..6 {
        text.push_str(&format!("{row},\"{long}\"\n"));
    }
    let folder = folder(&[("a.csv", &text), ("b.csv", "x,y\n6,z\n")]);
    let source = open_table(&[folder.path().into()], &Options::default()).unwrap();
    let want = crate::read::ids::text(0);
    let rows = in_order(
        &*source,
        &[want],
        || 0,
        |rows, batch| {
            *rows += batch.rows;
            Ok(())
        },
    );
    assert_eq!(rows.unwrap(), 7);
}
