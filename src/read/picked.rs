//! The rows of the predictions that were picked, kept compactly in memory.

use std::sync::Arc;

use super::keys::Interner;
use super::order::in_order;
use super::{Shape, Source, Want, ids};
use crate::data::{Codes, Column, Keys, Values};
use crate::error::Result;

/// A column of the predictions, a value for each of their rows.
pub enum Stored {
    /// Keys.
    Codes(Vec<u32>, Arc<Values>),
    /// Keys of at most 256 values.
    Few(Vec<u8>, Arc<Values>),
    /// Numbers.
    Numbers(Vec<f64>),
}

impl Stored {
    /// The values of these rows.
    pub fn pick(&self, rows: &[u32]) -> Column {
        match self {
            Self::Codes(keys, values) => Column::Codes(Codes {
                keys: Keys::U32(rows.iter().map(|&row| keys[row as usize]).collect()),
                values: Arc::clone(values),
            }),
            Self::Few(keys, values) => Column::Codes(Codes {
                keys: Keys::U8(rows.iter().map(|&row| keys[row as usize]).collect()),
                values: Arc::clone(values),
            }),
            Self::Numbers(numbers) => {
                Column::Numbers(rows.iter().map(|&row| numbers[row as usize]).collect())
            }
        }
    }
}

/// A column while it is loaded.
enum Loading {
    Codes(Vec<u32>, Box<Interner>),
    Numbers(Vec<f64>),
}

/// Loads columns of the predictions, all rows or only some (ascending), in order.
pub fn load(predictions: &dyn Source, wants: &[Want], only: Option<&[u32]>) -> Result<Vec<Stored>> {
    let start = || {
        let columns = wants.iter().map(|want| match want.shape {
            Shape::Codes => Loading::Codes(Vec::new(), Box::default()),
            Shape::Numbers => Loading::Numbers(Vec::new()),
        });
        (0_u64, columns.collect::<Vec<_>>())
    };
    let (_, columns) = in_order(predictions, wants, start, |(rows, columns), batch| {
        let (first, end) = (*rows, *rows + batch.rows as u64);
        *rows = end;
        let picked: Vec<usize> = match only {
            None => (0..batch.rows).collect(),
            Some(only) => {
                let from = only.partition_point(|&row| u64::from(row) < first);
                let to = only.partition_point(|&row| u64::from(row) < end);
                only[from..to]
                    .iter()
                    .map(|&row| (u64::from(row) - first) as usize)
                    .collect()
            }
        };
        for (loading, column) in columns.iter_mut().zip(batch.columns) {
            add(loading, column, &picked).ok_or_else(|| ids::broken(predictions))?;
        }
        Ok(())
    })?;
    Ok(columns
        .into_iter()
        .map(|loading| match loading {
            Loading::Numbers(numbers) => Stored::Numbers(numbers),
            Loading::Codes(keys, mut interner) => {
                let values = interner.values();
                if values.len() <= 256 {
                    Stored::Few(keys.into_iter().map(|key| key as u8).collect(), values)
                } else {
                    Stored::Codes(keys, values)
                }
            }
        })
        .collect())
}

/// Adds the picked rows of a batch's column.
fn add(loading: &mut Loading, column: &Column, picked: &[usize]) -> Option<()> {
    match (loading, column) {
        (Loading::Codes(keys, interner), Column::Codes(codes)) => {
            let mut known: Vec<Option<u32>> = vec![None; codes.values.len()];
            for &row in picked {
                let key = ids::key(codes, row);
                let stored = match (known[key], codes.values[key].as_deref()) {
                    (Some(stored), _) => stored,
                    (None, Some(text)) => interner.text(text).ok()?,
                    (None, None) => interner.missing(),
                };
                known[key] = Some(stored);
                keys.push(stored);
            }
        }
        (Loading::Numbers(all), Column::Numbers(numbers)) => {
            all.extend(picked.iter().map(|&row| numbers[row]));
        }
        _ => return None,
    }
    Some(())
}
