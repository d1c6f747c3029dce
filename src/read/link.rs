//! Which row of the predictions belongs to each row of the data: by an id, or by position.
//!
//! Every row of the data has exactly one, or there is no link but an error that names rows.

use super::Source;
use super::ids::{self, Ids, Starts, name};
use super::order::in_order;
use crate::data::Codes;
use crate::error::{Result, Table};

/// Orphans told by their ids.
const TOLD: usize = 3;

/// Which row of the predictions a row of the data has.
pub enum Link {
    /// The one with the same id, in this column of the data.
    Id(usize, Ids),
    /// The one at the same position.
    Position(Starts),
}

/// A link, and what was seen on the way.
pub struct Linked {
    /// The link.
    pub link: Link,
    /// Rows of the predictions that no row of the data has.
    pub left: u64,
    /// Rows of each input of the predictions.
    pub rows: Vec<u64>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// Links by these columns of the data and of the predictions, or by position.
pub fn by(
    data: &dyn Source,
    predictions: &dyn Source,
    by: Option<(usize, usize)>,
) -> Result<Linked> {
    let Some((of_data, of_predictions)) = by else {
        return positions(data, predictions);
    };
    let ids = Ids::read(predictions, of_predictions)?;
    let left = check(data, of_data, predictions, &ids)?;
    let note = left.first().map(|&row| {
        format!(
            "{} rows of {} have no row in {}: left out, the first is `{}`",
            left.len(),
            name(predictions),
            name(data),
            ids.id(row)
        )
    });
    Ok(Linked {
        rows: ids.by_input(),
        link: Link::Id(of_data, ids),
        left: left.len() as u64,
        notes: note.into_iter().collect(),
    })
}

/// The ids of the data, held against those of the predictions.
#[derive(Default)]
struct Seen {
    rows: u64,
    starts: Starts,
    /// The row of the data, counted from 1, that has each row of the predictions; 0 is none.
    taken: Vec<u32>,
    null: Option<u64>,
    twice: Option<(u64, u64, u32)>,
    orphans: u64,
    first: Option<u64>,
    told: Vec<String>,
}

impl Seen {
    /// Adds the rows of a batch.
    fn add(&mut self, codes: &Codes, rows: usize, ids: &Ids) {
        for row in 0..rows {
            let at = self.rows + row as u64;
            let Some(id) = codes.values[ids::key(codes, row)].as_deref() else {
                self.null.get_or_insert(at);
                continue;
            };
            let Some(found) = ids.find(id) else {
                self.orphans += 1;
                self.first.get_or_insert(at);
                if self.told.len() < TOLD {
                    self.told.push(format!("`{id}`"));
                }
                continue;
            };
            // More rows than ids are told as the first that is there twice.
            let taken = &mut self.taken[found as usize];
            if *taken > 0 {
                self.twice.get_or_insert((at, u64::from(*taken) - 1, found));
            } else {
                *taken = u32::try_from(at + 1).unwrap_or(u32::MAX);
            }
        }
        self.rows += rows as u64;
    }
}

/// Checks that each row of the data has an id of its own that the predictions have; the rows of the
/// predictions that no row of the data has.
fn check(
    data: &dyn Source,
    column: usize,
    predictions: &dyn Source,
    ids: &Ids,
) -> Result<Vec<u32>> {
    let start = || Seen {
        taken: vec![0; ids.len() as usize],
        ..Seen::default()
    };
    let seen = in_order(data, &[ids::text(column)], start, |seen, batch| {
        seen.starts.push(batch, seen.rows);
        let codes = ids::codes(batch, 0).ok_or_else(|| ids::broken(data))?;
        seen.add(codes, batch.rows, ids);
        Ok(())
    })?;
    let place = |row: u64| {
        let place = seen.starts.place(data, row);
        place.in_column(&*data.columns()[column].name)
    };
    if let Some(row) = seen.null {
        return Err(Table::NoId { place: place(row) }.into());
    }
    if let Some((row, first, found)) = seen.twice {
        return Err(Table::SameId {
            place: place(row),
            id: ids.id(found).to_owned(),
            first: place(first),
        }
        .into());
    }
    if let Some(first) = seen.first {
        return Err(Table::Orphans {
            rows: seen.orphans,
            ids: seen.told,
            place: place(first),
            predictions: name(predictions),
            known: (ids.len() > 0).then(|| ids.id(0).to_owned()),
        }
        .into());
    }
    let rows = (0_u32..).zip(&seen.taken);
    let left = rows.filter(|(_, taken)| **taken == 0);
    Ok(left.map(|(row, _)| row).collect())
}

/// Where the rows of the data are, if there are as many as predictions.
fn positions(data: &dyn Source, predictions: &dyn Source) -> Result<Linked> {
    let count = |source: &dyn Source| {
        // A column is wanted only for readers that need one to find the rows.
        in_order(
            source,
            &[ids::text(0)],
            || (Starts::default(), 0),
            |(starts, rows), batch| {
                starts.push(batch, *rows);
                *rows += batch.rows as u64;
                Ok(())
            },
        )
    };
    let (starts, data_rows) = count(data)?;
    let (of_predictions, prediction_rows) = count(predictions)?;
    if data_rows != prediction_rows {
        return Err(Table::Lengths {
            data: name(data),
            data_rows,
            predictions: name(predictions),
            prediction_rows,
        }
        .into());
    }
    if u32::try_from(prediction_rows).is_err() {
        return Err(Table::ManyPredictions { most: u32::MAX }.into());
    }
    let note = format!(
        "{} is joined by position: its first row belongs to the first row, and so on; `--id COL` \
         joins by an id",
        name(predictions)
    );
    Ok(Linked {
        link: Link::Position(starts),
        left: 0,
        rows: of_predictions.by_input(prediction_rows),
        notes: vec![note],
    })
}
