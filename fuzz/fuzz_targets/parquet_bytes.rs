//! Any bytes as a Parquet file: right values or an error, never a panic, a hang or an abort.
#![no_main]

use std::io::{Seek, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

use fair_audit::data::{Column, Keys, Kind};
use fair_audit::read::{Shape, Source, Want, parquet};
use libfuzzer_sys::fuzz_target;

/// Rows after which a file is left alone: a few bytes may truly stand for billions of them.
const ROWS: usize = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("room for it");
    file.rewind().expect("a file can be wound back");
    let Ok(source) = parquet::from_file(file, "fuzz.parquet") else {
        return;
    };
    for shape in [Shape::Codes, Shape::Numbers] {
        for (column, field) in source.columns().iter().enumerate().take(64) {
            if matches!(field.kind, Kind::Other(_)) {
                continue;
            }
            let nulls: Arc<[String]> = Arc::from([]);
            let wants = [Want { column, shape, nulls }];
            for piece in 0..source.pieces().min(16) {
                let mut rows = 0;
                let _ = source.read(piece, &wants, &mut |batch| {
                    check(&batch.columns[0], batch.rows);
                    rows += batch.rows;
                    Ok(if rows < ROWS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
                });
            }
        }
    }
});

/// What every batch promises.
fn check(column: &Column, rows: usize) {
    match column {
        Column::Numbers(numbers) => assert_eq!(numbers.len(), rows),
        Column::Codes(codes) => {
            let within = |key: usize| assert!(key < codes.values.len());
            match &codes.keys {
                Keys::U8(keys) => {
                    assert_eq!(keys.len(), rows);
                    keys.iter().for_each(|&key| within(key.into()));
                }
                Keys::U32(keys) => {
                    assert_eq!(keys.len(), rows);
                    keys.iter().for_each(|&key| within(key as usize));
                }
            }
        }
    }
}
