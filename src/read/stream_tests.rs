//! Lanes, looks ahead and lines of texts that are packed or piped.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use super::super::{Shape, bytes};
use super::*;
use crate::data::Column;

/// A text of some blocks; each row holds its line. Some rows take two lines, some lines are
/// blank.
fn text() -> String {
    let mut text = "line,note\n".to_owned();
    let mut line = 2;
    for row in 0..200_000 {
        let (note, more) = match row % 1000 {
            7 => ("\"two\nlines\"", 1),
            8 => ("blank line behind\n", 1),
            _ => ("plain", 0),
        };
        writeln!(text, "{line},{note}").unwrap();
        line += 1 + more;
    }
    text
}

/// Checks the line of every row, in one of the lanes; how many there are.
fn check(source: &TextStream, lane: usize) -> usize {
    let want = Want {
        column: 0,
        shape: Shape::Numbers,
        nulls: [].into(),
    };
    let mut rows = 0;
    let read = source.read(lane, &[want], &mut |batch| {
        let Column::Numbers(lines) = &batch.columns[0] else {
            return Ok(ControlFlow::Break(()));
        };
        rows += batch.rows;
        // To ask a file for a line is to read it again.
        let step = if source.rereadable() { 7001 } else { 1 };
        for row in (0..batch.rows).step_by(step) {
            let line = source.place(batch.at, row).line;
            assert_eq!(line.map(|line| line as f64), Some(lines[row]));
        }
        Ok(ControlFlow::Continue(()))
    });
    assert!(read.is_ok());
    rows
}

fn packed() -> (tempfile::NamedTempFile, Options) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let level = flate2::Compression::fast();
    let mut packer = flate2::write::GzEncoder::new(&mut file, level);
    packer.write_all(text().as_bytes()).unwrap();
    packer.finish().unwrap();
    let options = Options {
        threads: 2,
        ..Options::default()
    };
    (file, options)
}

#[test]
fn rows_of_a_packed_file_are_on_the_lines_that_are_told() {
    let (file, options) = packed();
    let input = bytes::identify(file.path().as_os_str(), &options).unwrap();
    let source = open(input, &options).unwrap();
    for _ in 0..2 {
        source.begin();
        assert_eq!(check(&source, 0) + check(&source, 1), 200_000);
        assert!(source.finish().is_ok());
        assert!(source.notes()[0].contains("200 blank lines"));
    }
}

#[test]
fn a_pipe_gives_every_row_once_and_in_order_after_looks_ahead() {
    let (file, options) = packed();
    let mut input = bytes::identify(file.path().as_os_str(), &options).unwrap();
    input.path = None;
    input.pipe = Some(Box::new(Cursor::new(std::fs::read(file.path()).unwrap())));
    let source = open(input, &options).unwrap();
    assert!(!source.rereadable());
    for rows in [100_000, 10] {
        let mut seen = 0;
        let looked = source.head(&[], rows, &mut |batch| {
            seen += batch.rows;
            Ok(ControlFlow::Continue(()))
        });
        assert!(looked.is_ok() && seen >= rows);
    }
    source.begin();
    assert_eq!(check(&source, 0), 200_000);
}
