//! What a table holds, whatever the order of its rows and columns and the format of its file.
//!
//! In: a source. Out: the sum modulo 2²⁵⁶ of the SHA-256 of its rows (`AdHash`: Bellare and Micciancio
//! 1997, doi:10.1007/3-540-69053-0_13), and the same of each column's values. A sum of so few bits
//! withstands chance and carelessness, not an adversary (Wagner 2002, doi:10.1007/3-540-45708-9_19):
//! what one must beat who forges a table is the SHA-256 of its file.

use std::ops::ControlFlow;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::seal::hex;
use crate::data::{Batch, Codes, Column as Read, Kind};
use crate::error::Result;
use crate::read::{self, Shape, Source, Want};
use crate::tally::scan::read_all;

/// The rows of a table, in no order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// What it was read as: `data`, `predictions`, `earlier`, `later`.
    pub part: String,
    /// How it was read, where that was said.
    #[serde(default, skip_serializing_if = "Reading::is_plain")]
    pub reading: Reading,
    /// Rows.
    pub rows: u64,
    /// The sum of the hashes of all rows, in hexadecimal; of a row's columns by their names, each
    /// with its value, the missing one apart from the empty text.
    pub content: String,
    /// The columns, by name.
    pub columns: Vec<Column>,
    /// Columns of a type that is not read: they are in no hash.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// How the text of a table is read; the default is to find out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// `--input-format`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// `--delimiter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<u8>,
    /// `--no-header`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_header: bool,
}

/// A column's values, in no order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The sum of the hashes of its values, in hexadecimal; the name is not in it.
    pub content: String,
}

impl Reading {
    fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// As the flags say.
    pub fn of(options: &read::Options) -> Self {
        Self {
            format: options.format.clone(),
            delimiter: options.delimiter,
            no_header: options.no_header,
        }
    }

    /// For the readers.
    pub fn options(&self, threads: usize) -> read::Options {
        read::Options {
            format: self.format.clone(),
            delimiter: self.delimiter,
            no_header: self.no_header,
            threads,
            ..read::Options::default()
        }
    }
}

/// A number of 256 bits, the lowest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum([u64; 4]);

impl Sum {
    /// Adds a hash so many times, modulo 2²⁵⁶.
    pub(super) fn add(&mut self, hash: [u8; 32], times: u64) {
        let mut carry = 0_u128;
        for (limb, bytes) in self.0.iter_mut().zip(hash.chunks_exact(8)) {
            let own = bytes
                .iter()
                .rev()
                .fold(0_u64, |x, &b| x << 8 | u64::from(b));
            let sum = u128::from(*limb) + u128::from(own) * u128::from(times) + carry;
            *limb = sum as u64;
            carry = sum >> 64;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.add(other.bytes(), 1);
    }

    fn bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (to, limb) in bytes.chunks_exact_mut(8).zip(self.0) {
            to.copy_from_slice(&limb.to_le_bytes());
        }
        bytes
    }

    /// In hexadecimal, as the bytes of a hash are.
    pub(super) fn text(self) -> String {
        hex(&self.bytes())
    }
}

/// What one thread adds up.
struct Lane {
    rows: u64,
    content: Sum,
    columns: Vec<Sum>,
    bytes: Vec<u8>,
}

/// Reads a table once and adds up its hashes.
pub fn table(part: &str, source: &dyn Source, reading: Reading) -> Result<Table> {
    let fields = source.columns();
    let is_read = |column: &usize| !matches!(fields[*column].kind, Kind::Other(_));
    let (mut columns, unread): (Vec<usize>, Vec<usize>) = (0..fields.len()).partition(is_read);
    columns.sort_by(|&a, &b| (&fields[a].name, a).cmp(&(&fields[b].name, b)));
    let nulls: Arc<[String]> = Arc::from([]);
    let want = |&column: &usize| Want {
        column,
        shape: Shape::Codes,
        nulls: Arc::clone(&nulls),
    };
    let wants: Vec<Want> = columns.iter().map(want).collect();
    let names: Vec<Vec<u8>> = columns.iter().map(|&c| text(&fields[c].name)).collect();
    let start = || Lane {
        rows: 0,
        content: Sum::default(),
        columns: vec![Sum::default(); names.len()],
        bytes: Vec::new(),
    };
    let lanes = read_all(source, &wants, start, |lane, batch| {
        lane.add(batch, &names);
        Ok(ControlFlow::Continue(()))
    })?;
    source.finish()?;
    let mut all = start();
    for lane in lanes {
        all.rows += lane.rows;
        all.content.merge(&lane.content);
        for (sum, own) in all.columns.iter_mut().zip(&lane.columns) {
            sum.merge(own);
        }
    }
    let named = columns
        .iter()
        .zip(&all.columns)
        .map(|(&column, sum)| Column {
            name: fields[column].name.clone(),
            content: sum.text(),
        });
    Ok(Table {
        part: part.to_owned(),
        reading,
        rows: all.rows,
        content: all.content.text(),
        columns: named.collect(),
        unread: unread.iter().map(|&c| fields[c].name.clone()).collect(),
    })
}

impl Lane {
    fn add(&mut self, batch: &Batch, names: &[Vec<u8>]) {
        self.rows += batch.rows as u64;
        for row in 0..batch.rows {
            self.bytes.clear();
            for (name, column) in names.iter().zip(batch.columns) {
                let Read::Codes(codes) = column else { continue };
                self.bytes.extend_from_slice(name);
                put(codes.values[codes.keys.at(row)].as_deref(), &mut self.bytes);
            }
            self.content.add(Sha256::digest(&self.bytes).into(), 1);
        }
        for (sum, column) in self.columns.iter_mut().zip(batch.columns) {
            if let Read::Codes(codes) = column {
                values(sum, codes, batch.rows);
            }
        }
    }
}

/// Adds the values of a column: each distinct one once, where there are fewer of them than rows.
fn values(sum: &mut Sum, codes: &Codes, rows: usize) {
    let mut bytes = Vec::new();
    let mut hash = |key: usize| {
        bytes.clear();
        put(codes.values[key].as_deref(), &mut bytes);
        Sha256::digest(&bytes).into()
    };
    if codes.values.len() > rows {
        (0..rows).for_each(|row| sum.add(hash(codes.keys.at(row)), 1));
        return;
    }
    let mut times = vec![0_u64; codes.values.len()];
    (0..rows).for_each(|row| times[codes.keys.at(row)] += 1);
    let there = times
        .into_iter()
        .enumerate()
        .filter(|(_, times)| *times > 0);
    there.for_each(|(key, times)| sum.add(hash(key), times));
}

/// A text, its length before it, so that no two lists of texts are the same bytes.
fn text(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// A value: 0 is the missing one, 1 is before a text.
fn put(value: Option<&str>, bytes: &mut Vec<u8>) {
    match value {
        None => bytes.push(0),
        Some(value) => {
            bytes.push(1);
            bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
            bytes.extend_from_slice(value.as_bytes());
        }
    }
}
