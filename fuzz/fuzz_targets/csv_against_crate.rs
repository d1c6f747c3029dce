//! Any bytes: our splitter gives the records of the `csv` crate, or says that a quote is left open.
//!
//! Differences by design: a quote that is never closed (the crate reads to the end in silence), a
//! record of one empty field (a blank line to ours), and a lone carriage return (a line end to the
//! crate, part of the field to ours where the text has line feeds).
#![no_main]

use fair_audit::read::records::{Dialect, End, PADDING, Records};
use libfuzzer_sys::fuzz_target;

type Record = Vec<Vec<u8>>;

fn ours(text: &[u8]) -> Option<Vec<Record>> {
    let mut padded = text.to_vec();
    padded.resize(text.len() + PADDING, 0);
    let dialect = Dialect {
        delimiter: b',',
        terminator: b'\n',
    };
    let mut records = Records::new(&padded, text.len(), true, dialect);
    let wanted: Vec<usize> = (0..=text.len()).collect();
    let mut all = Vec::new();
    while records.at < text.len() {
        let mut record = Vec::new();
        let next = records.next(&wanted, &mut |_, field: &[u8]| {
            record.push(field.to_vec());
            Ok::<(), ()>(())
        });
        let Ok((End::At(_), _)) = next else {
            return None;
        };
        if record != [b""] {
            all.push(record);
        }
    }
    Some(all)
}

fn theirs(text: &[u8]) -> Vec<Record> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text);
    let records = reader.byte_records().map_while(Result::ok);
    let records = records.map(|record| record.iter().map(<[u8]>::to_vec).collect());
    records.filter(|record: &Record| record != &[b""]).collect()
}

fuzz_target!(|text: &[u8]| {
    // The crate takes a byte-order mark away; ours is taken away before.
    if text.contains(&b'\r') || text.starts_with(b"\xef\xbb\xbf") {
        return;
    }
    if let Some(all) = ours(text) {
        assert_eq!(all, theirs(text));
    }
});
