//! Files cut at every place, against rows whose fields and lines are known.

use std::io::Write;

use proptest::prelude::*;

use super::super::{Shape, bytes};
use super::*;
use crate::data::{Column, Keys};

/// A row: what its fields hold, and its line.
type Row = (Vec<String>, u64);

/// All rows, or what is wrong, when the file is cut into pieces of so many bytes.
fn read(text: &str, piece: u64, block: usize) -> std::result::Result<Vec<Row>, String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let options = Options {
        delimiter: Some(b','),
        ..Options::default()
    };
    let told = |error: Error| error.to_string().split_off(file.path().as_os_str().len());
    let input = bytes::identify(file.path().as_os_str(), &options).map_err(told)?;
    let mut source = open(&input, &options).map_err(told)?;
    source.sizes = (piece, block);
    let wants: Vec<Want> = (0..source.columns().len())
        .map(|column| Want {
            column,
            shape: Shape::Codes,
            nulls: [].into(),
        })
        .collect();
    loop {
        source.begin();
        let mut rows = Vec::new();
        let mut outcome = Ok(());
        for piece in 0..source.pieces() {
            outcome = source.read(piece, &wants, &mut |batch| {
                for row in 0..batch.rows {
                    let line = source.place(batch.at, row).line.unwrap();
                    rows.push((fields(batch, row), line));
                }
                Ok(ControlFlow::Continue(()))
            });
            if outcome.is_err() {
                break;
            }
        }
        if !source.misread() {
            return outcome
                .map(|()| rows)
                .map_err(|stopped| told(stopped.error));
        }
    }
}

fn fields(batch: &Batch, row: usize) -> Vec<String> {
    let text = |column: &Column| {
        let Column::Codes(codes) = column else {
            return String::new();
        };
        let key = match &codes.keys {
            Keys::U8(keys) => usize::from(keys[row]),
            Keys::U32(keys) => keys[row] as usize,
        };
        codes.values[key].as_deref().unwrap_or_default().to_owned()
    };
    batch.columns.iter().map(text).collect()
}

/// A field as it is written, and what it holds.
fn field() -> impl Strategy<Value = (String, String)> {
    prop_oneof![
        "[ab']{1,3}".prop_map(|text| (text.clone(), text)),
        "[ab]\"?[ab]".prop_map(|text| (text.clone(), text)),
        "[ab,\n\"]{0,9}".prop_map(|text| (format!("\"{}\"", text.replace('"', "\"\"")), text)),
    ]
}

proptest! {
    #[test]
    fn wherever_a_file_is_cut_its_rows_and_their_lines_are_the_same(
        rows in prop::collection::vec((field(), field(), 0..3_usize), 0..12),
        (piece, block) in (1..60_u64, 1..40_usize),
        returns in any::<bool>(),
    ) {
        let end = if returns { "\r\n" } else { "\n" };
        let mut text = format!("x,y{end}");
        let mut expected = Vec::new();
        for ((a, a_holds), (b, b_holds), blank) in rows {
            let line = 1 + text.matches('\n').count() as u64;
            text.push_str(&format!("{a},{b}{end}{}", end.repeat(blank)));
            expected.push((vec![a_holds, b_holds], line));
        }
        prop_assert_eq!(read(&text, piece, block), Ok(expected));
    }

    #[test]
    fn wherever_a_file_is_cut_it_is_refused_for_the_same_reason(
        text in "[ab]?[ab,\"\n\r]{0,40}",
        (piece, block) in (1..50_u64, 1..40_usize),
    ) {
        let text = format!("x,y\n{text}");
        prop_assert_eq!(read(&text, piece, block), read(&text, 1 << 20, 1 << 20));
    }
}
