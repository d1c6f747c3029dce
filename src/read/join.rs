//! A table with the columns of a predictions file beside its own, joined by an id or by position.
//!
//! Every row of the data has exactly one row of predictions, or the join is an error that names
//! rows: nothing is multiplied or dropped. The predictions are kept as keys and numbers; the data
//! are read as ever, piece by piece.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::ids::{self, Ids, Starts, find, name, shared};
use super::order::in_order;
use super::picked::{Stored, load};
use super::{Each, Input, Shape, Source, Stopped, Want};
use crate::data::{At, Batch, Codes, Column, Field};
use crate::error::{Error, Place, Result, Table};

/// Orphans told by their ids.
const TOLD: usize = 3;

/// Which row of the predictions a row of the data has.
enum Link {
    /// The one with the same id, in this column of the data.
    Id(usize, Ids),
    /// The one at the same position.
    Position(Starts),
}

/// The data with the predictions beside them.
pub struct Joined {
    data: Box<dyn Source>,
    predictions: Box<dyn Source>,
    fields: Vec<Field>,
    /// For each column behind those of the data, which one it is of the predictions.
    added: Vec<usize>,
    link: Link,
    notes: Vec<String>,
    /// Columns that were loaded, by column and shape.
    stored: Mutex<BTreeMap<(usize, bool), Loaded>>,
}

/// A column, and the null spellings it was read with.
type Loaded = (Arc<[String]>, Arc<Stored>);

/// Joins predictions to data by the column `id`, or by what both have, or by position.
pub fn open(
    data: Box<dyn Source>,
    predictions: Box<dyn Source>,
    id: Option<&str>,
) -> Result<Joined> {
    for source in [&*data, &*predictions] {
        if !source.rereadable() {
            return Err(Table::ReadOnce { path: name(source) }.into());
        }
    }
    let mut notes = Vec::new();
    let by = match id {
        Some(id) => Some((find(&*data, id)?, find(&*predictions, id)?)),
        None => shared(&*data, &*predictions)?,
    };
    let link = match by {
        Some((of_data, of_predictions)) => {
            let ids = Ids::read(&*predictions, of_predictions)?;
            let column = &data.columns()[of_data].name;
            if id.is_none() {
                notes.push(format!(
                    "{} is joined by `{column}`, the column that both have",
                    name(&*predictions)
                ));
            }
            check(&*data, of_data, &*predictions, &ids, &mut notes)?;
            Link::Id(of_data, ids)
        }
        None => positions(&*data, &*predictions, &mut notes)?,
    };
    let used = by.map(|(_, column)| column);
    let added: Vec<usize> = (0..predictions.columns().len())
        .filter(|&column| Some(column) != used)
        .collect();
    if added.is_empty() {
        return Err(Table::OnlyId {
            predictions: name(&*predictions),
            id: used.map_or_else(String::new, |c| predictions.columns()[c].name.clone()),
        }
        .into());
    }
    let mut fields = data.columns().to_vec();
    for &column in &added {
        let field = &predictions.columns()[column];
        if fields.iter().any(|known| known.name == field.name) {
            notes.push(format!(
                "`{}` is in {} and in {}: it can be used once it is renamed in one of them",
                field.name,
                name(&*data),
                name(&*predictions)
            ));
        }
        fields.push(field.clone());
    }
    Ok(Joined {
        data,
        predictions,
        fields,
        added,
        link,
        notes,
        stored: Mutex::default(),
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

/// Whether each row of the data has an id of its own that the predictions have.
fn check(
    data: &dyn Source,
    column: usize,
    predictions: &dyn Source,
    ids: &Ids,
    notes: &mut Vec<String>,
) -> Result<()> {
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
    let mut left = (0_u32..).zip(&seen.taken).filter(|(_, taken)| **taken == 0);
    if let Some((row, _)) = left.next() {
        notes.push(format!(
            "{} rows of {} have no row in {}: left out, the first is `{}`",
            1 + left.count(),
            name(predictions),
            name(data),
            ids.id(row)
        ));
    }
    Ok(())
}

/// Where the rows of the data are, if there are as many as predictions.
fn positions(data: &dyn Source, predictions: &dyn Source, notes: &mut Vec<String>) -> Result<Link> {
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
    let (_, prediction_rows) = count(predictions)?;
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
    notes.push(format!(
        "{} is joined by position: its first row belongs to the first row, and so on; `--id COL` \
         joins by an id",
        name(predictions)
    ));
    Ok(Link::Position(starts))
}

/// Where the wanted columns of a joined batch come from.
struct Recipe {
    /// Wanted of the data; the id is last where it is needed.
    data: Vec<Want>,
    /// Position of each want among those of the data, or of the predictions.
    from: Vec<std::result::Result<usize, usize>>,
    predictions: Vec<Want>,
}

impl Joined {
    fn recipe(&self, wants: &[Want]) -> Recipe {
        let own = self.data.columns().len();
        let mut recipe = Recipe {
            data: Vec::new(),
            from: Vec::new(),
            predictions: Vec::new(),
        };
        for want in wants {
            if want.column < own {
                recipe.from.push(Ok(recipe.data.len()));
                recipe.data.push(want.clone());
            } else {
                recipe.from.push(Err(recipe.predictions.len()));
                recipe.predictions.push(Want {
                    column: self.added[want.column - own],
                    ..want.clone()
                });
            }
        }
        match &self.link {
            Link::Id(column, _) => recipe.data.push(ids::text(*column)),
            // Some readers find no rows without a column.
            Link::Position(_) if recipe.data.is_empty() => recipe.data.push(ids::text(0)),
            Link::Position(_) => {}
        }
        recipe
    }

    /// The rows of the predictions for a batch of the data; `row` is that of its first row, where
    /// that is known.
    fn rows_of(&self, batch: &Batch, row: Option<u64>) -> Result<Vec<u32>> {
        let changed = || {
            Error::from(Table::Changed {
                path: name(&*self.data),
            })
        };
        match &self.link {
            Link::Position(starts) => {
                let first = row.or_else(|| starts.of(batch.at)).ok_or_else(changed)?;
                Ok((0..batch.rows as u64)
                    .map(|row| (first + row) as u32)
                    .collect())
            }
            Link::Id(..) => {
                let position = batch.columns.len() - 1;
                let codes = ids::codes(batch, position).ok_or_else(changed)?;
                let Link::Id(_, ids) = &self.link else {
                    return Err(changed());
                };
                let mut known: Vec<Option<u32>> = vec![None; codes.values.len()];
                (0..batch.rows)
                    .map(|row| {
                        let key = ids::key(codes, row);
                        if known[key].is_none() {
                            known[key] = codes.values[key].as_deref().and_then(|id| ids.find(id));
                        }
                        known[key].ok_or_else(changed)
                    })
                    .collect()
            }
        }
    }

    /// The columns of the predictions, loaded once.
    fn stored(&self, wants: &[Want]) -> Result<Vec<Arc<Stored>>> {
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let key = |want: &Want| (want.column, want.shape == Shape::Codes);
        let mut new: Vec<Want> = Vec::new();
        for want in wants {
            let known = stored
                .get(&key(want))
                .is_some_and(|(nulls, _)| *nulls == want.nulls);
            if !known && !new.contains(want) {
                new.push(want.clone());
            }
        }
        if !new.is_empty() {
            for (want, column) in new.iter().zip(load(&*self.predictions, &new, None)?) {
                stored.insert(key(want), (Arc::clone(&want.nulls), Arc::new(column)));
            }
        }
        Ok(wants
            .iter()
            .map(|want| Arc::clone(&stored[&key(want)].1))
            .collect())
    }
}

/// One batch with the columns of both.
fn put(
    recipe: &Recipe,
    batch: &Batch,
    rows: &[u32],
    stored: &[Arc<Stored>],
    each: &mut Each,
) -> Result<std::ops::ControlFlow<()>> {
    let columns: Vec<Column> = recipe
        .from
        .iter()
        .map(|from| match *from {
            Ok(data) => batch.columns[data].clone(),
            Err(prediction) => stored[prediction].pick(rows),
        })
        .collect();
    each(&Batch {
        rows: batch.rows,
        columns: &columns,
        at: batch.at,
    })
}

impl Source for Joined {
    fn columns(&self) -> &[Field] {
        &self.fields
    }

    fn inputs(&self) -> Vec<Input> {
        let mut inputs = self.data.inputs();
        inputs.extend(self.predictions.inputs());
        inputs
    }

    fn rows(&self) -> Option<u64> {
        self.data.rows()
    }

    fn pieces(&self) -> usize {
        self.data.pieces()
    }

    fn begin(&self) {
        self.data.begin();
    }

    fn misread(&self) -> bool {
        self.data.misread()
    }

    /// Loads only the rows of the predictions that are shown.
    fn head(
        &self,
        wants: &[Want],
        rows: usize,
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let recipe = self.recipe(wants);
        let stop = |error| Stopped {
            at: At::default(),
            error,
        };
        let mut batches: Vec<Vec<u32>> = Vec::new();
        let mut seen = 0;
        self.data.begin();
        self.data.head(&recipe.data, rows, &mut |batch| {
            batches.push(self.rows_of(batch, Some(seen))?);
            seen += batch.rows as u64;
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        let mut only: Vec<u32> = batches.concat();
        only.sort_unstable();
        let loaded = load(&*self.predictions, &recipe.predictions, Some(&only)).map_err(stop)?;
        let loaded: Vec<Arc<Stored>> = loaded.into_iter().map(Arc::new).collect();
        let mut batches = batches.into_iter();
        self.data.begin();
        let outcome = self.data.head(&recipe.data, rows, &mut |batch| {
            let rows = batches.next().filter(|rows| rows.len() == batch.rows);
            let rows = rows.ok_or_else(|| Table::Changed {
                path: name(&*self.data),
            })?;
            let at: Vec<u32> = rows
                .iter()
                .map(|row| only.partition_point(|known| known < row) as u32)
                .collect();
            put(&recipe, batch, &at, &loaded, each)
        });
        self.data.begin();
        outcome
    }

    fn read(
        &self,
        piece: usize,
        wants: &[Want],
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let recipe = self.recipe(wants);
        let stored = self.stored(&recipe.predictions).map_err(|error| Stopped {
            at: At::default(),
            error,
        })?;
        self.data.read(piece, &recipe.data, &mut |batch| {
            let rows = self.rows_of(batch, None)?;
            put(&recipe, batch, &rows, &stored, each)
        })
    }

    fn place(&self, at: At, row: usize) -> Place {
        self.data.place(at, row)
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.data.notes();
        notes.extend(self.predictions.notes());
        notes.extend(self.notes.iter().cloned());
        notes
    }

    fn finish(&self) -> Result<()> {
        self.data.finish()?;
        self.predictions.finish()
    }

    fn progress(&self) -> Option<(u64, u64)> {
        self.data.progress()
    }
}

#[cfg(test)]
#[path = "join_tests.rs"]
mod tests;
