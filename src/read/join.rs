//! A table with the columns of a predictions file beside its own, joined by an id or by position.
//!
//! Every row of the data has exactly one row of predictions, or the join is an error that names
//! rows: nothing is multiplied or dropped. The predictions are kept as keys and numbers; the data
//! are read as ever, piece by piece.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::ids::{self, find, name, shared};
use super::link::{self, Link, Linked};
use super::picked::{Stored, load};
use super::{Each, Input, Shape, Source, Stopped, Want};
use crate::data::{At, Batch, Column, Field};
use crate::error::{Error, Place, Result, Table, few};

/// The data with the predictions beside them.
pub struct Joined {
    data: Box<dyn Source>,
    predictions: Box<dyn Source>,
    fields: Vec<Field>,
    /// For each column behind those of the data, which one it is of the predictions.
    added: Vec<usize>,
    /// For each of them, the column of the data that bears the same name.
    twins: Vec<Option<usize>>,
    link: Link,
    /// Rows of each input of the predictions.
    rows: Vec<u64>,
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
    let by = match id {
        Some(id) => Some((find(&*data, id)?, find(&*predictions, id)?)),
        None => shared(&*data, &*predictions)?,
    };
    let mut linked = link::by(&*data, &*predictions, by)?;
    if let (Some((column, _)), None) = (by, id) {
        let note = format!(
            "{} is joined by `{}`, the column that both have",
            name(&*predictions),
            data.columns()[column].name
        );
        linked.notes.insert(0, note);
    }
    Joined::new(data, predictions, by, linked)
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
    /// Puts the columns of the predictions, but for their id, behind those of the data. One that
    /// bears the name of a column of the data is named after its file as well.
    pub fn new(
        data: Box<dyn Source>,
        predictions: Box<dyn Source>,
        by: Option<(usize, usize)>,
        linked: Linked,
    ) -> Result<Self> {
        let id = by.map(|(_, column)| column);
        let theirs = predictions.columns();
        let added: Vec<usize> = (0..theirs.len())
            .filter(|&column| Some(column) != id)
            .collect();
        if added.is_empty() {
            return Err(Table::OnlyId {
                predictions: name(&*predictions),
                id: id.map_or_else(String::new, |c| theirs[c].name.clone()),
            }
            .into());
        }
        let path = predictions.first_path();
        let file = Path::new(&path).file_name();
        let file = file.map_or(path.clone(), |file| file.to_string_lossy().into_owned());
        let own = data.columns();
        let mut fields = own.to_vec();
        let mut twins = Vec::new();
        for &column in &added {
            let mut field = theirs[column].clone();
            let twin = own.iter().position(|known| known.name == field.name);
            if twin.is_some() {
                field.name = format!("{file}:{}", field.name);
            }
            fields.push(field);
            twins.push(twin);
        }
        let mut notes = linked.notes;
        let named = fields[own.len()..].iter().zip(&twins);
        let named = named.filter(|(_, twin)| twin.is_some());
        let named: Vec<String> = named
            .map(|(field, _)| format!("`{}`", field.name))
            .collect();
        if !named.is_empty() {
            notes.push(format!(
                "{} has columns of the same names as {}; they are called {}",
                name(&*predictions),
                name(&*data),
                few(&named)
            ));
        }
        Ok(Self {
            data,
            predictions,
            fields,
            added,
            twins,
            link: linked.link,
            rows: linked.rows,
            notes,
            stored: Mutex::default(),
        })
    }

    /// What is joined to the data.
    pub fn predictions(&self) -> &dyn Source {
        &*self.predictions
    }

    /// Columns of the data; those of the predictions are behind them.
    pub fn own(&self) -> usize {
        self.data.columns().len()
    }

    /// Where a column of the predictions is in the joined table; the id is that of the data.
    pub fn beside(&self, column: usize) -> Option<usize> {
        let at = self.added.iter().position(|&added| added == column)?;
        Some(self.own() + at)
    }

    fn recipe(&self, wants: &[Want]) -> Recipe {
        let own = self.own();
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
        let mut stored = super::lock(&self.stored);
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

    fn twin(&self, column: usize) -> Option<usize> {
        let at = column.checked_sub(self.own())?;
        self.twins.get(at).copied().flatten()
    }

    fn inputs(&self) -> Vec<Input> {
        let mut inputs = self.data.inputs();
        let theirs = self.predictions.inputs().into_iter().enumerate();
        inputs.extend(theirs.map(|(at, input)| Input {
            rows: Some(self.rows.get(at).copied().unwrap_or(0)),
            ..input
        }));
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
