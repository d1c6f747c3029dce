//! `--test`: the rows of a test table, looked for in the table.
//!
//! Two passes: hashes of the test table's rows by group (a bounded number of them, see
//! `sketch::repeats`), then one over the table that looks each of its rows up.

use std::ops::ControlFlow;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::pass;
use crate::cli::Audit;
use crate::data::{Batch, Field, Kind, Missing, Plan};
use crate::error::{Error, Result};
use crate::profile::leakage::{Leak, Leaked};
use crate::read::{self, Shape, Source, Want};
use crate::sketch::repeats::{Repeats, RowHash};
use crate::tally::scan::{self, Scanned};
use crate::tally::{Beside, Key, NO_CELL, Placed, Table, Tally, table};

/// Looks the rows of the test table up; `None` where none is named.
pub fn find(job: &Audit, source: &dyn Source, plan: &Plan) -> Result<Option<Leak>> {
    let Some(path) = &job.beside.test else {
        return Ok(None);
    };
    pass::again(source, "--test", &path.display())?;
    let options = read::Options {
        predictions: None,
        id: None,
        format: None,
        ..job.table.reading.clone()
    };
    let test = read::open(&[path.clone().into_os_string()], &options)?;
    let shared = shared(job, source.columns(), test.columns(), plan);
    if shared.is_empty() {
        return Err(Error::Flag {
            flag: "--test",
            value: path.display().to_string(),
            problem: "the tables have no column in common that makes rows equal",
            remedy: "name a table with the same columns".to_owned(),
        });
    }
    let own = plan_of(test.as_ref(), plan)?;
    let (tally, keys, repeats) = hashed(test.as_ref(), &own, &shared)?;
    let rows = repeats.rows();
    let wanted: HashSet<u128, FixedState> = rows.iter().map(|(hash, _)| *hash).collect();
    let (there, here) = looked_up(source, &shared, &wanted)?;
    let tables = table::tables(&tally, &own);
    let mut leak = Leak {
        path: path.display().to_string(),
        groups: Vec::new(),
        columns: shared
            .iter()
            .map(|shared| format!("`{}`", shared.name))
            .collect(),
        one_of: repeats.one_of(),
        here,
    };
    for own in tables.iter().filter(|table| table.stratum.is_none()) {
        leak.groups
            .extend(by_group(&tally, &keys, own, &rows, &there));
    }
    Ok(Some(leak))
}

/// A column of both tables.
struct Shared {
    name: String,
    /// In the table, and in the test table.
    columns: [usize; 2],
    shape: Shape,
}

/// The columns that make rows equal, in the order of the table.
fn shared(job: &Audit, fields: &[Field], test: &[Field], plan: &Plan) -> Vec<Shared> {
    let is_number = |kind: &Kind| matches!(kind, Kind::Integer | Kind::Float | Kind::Decimal);
    let is_flat = |kind: &Kind| !matches!(kind, Kind::Other(_));
    let columns = fields.iter().enumerate();
    columns
        .filter(|(at, field)| {
            let is_label = plan.label.as_ref().is_some_and(|label| label.column == *at);
            is_label || super::profile::is_feature(job, plan, *at, &field.name)
        })
        .filter_map(|(at, field)| {
            let other = test.iter().position(|other| other.name == field.name)?;
            let kinds = [&field.kind, &test[other].kind];
            kinds.iter().all(|kind| is_flat(kind)).then(|| Shared {
                name: field.name.clone(),
                columns: [at, other],
                shape: if kinds.iter().all(|kind| is_number(kind)) {
                    Shape::Numbers
                } else {
                    Shape::Codes
                },
            })
        })
        .collect()
}

/// The plan of the test table: the same groups, and nothing else.
fn plan_of(test: &dyn Source, plan: &Plan) -> Result<Plan> {
    let names: Vec<String> = test.columns().iter().map(|c| c.name.clone()).collect();
    let find = |name: &String| names.iter().position(|known| known == name);
    let mut own = Plan {
        label: None,
        decisions: Vec::new(),
        score: None,
        weight: None,
        count: plan
            .count
            .as_ref()
            .and_then(|(_, name)| Some((find(name)?, name.clone()))),
        missing: Missing::Group,
        ..plan.clone()
    };
    for split in &mut own.splits {
        split.column = find(&split.name).ok_or_else(|| Error::NoColumn {
            column: split.name.clone(),
            path: test.first_path(),
            columns: names.clone(),
        })?;
    }
    Ok(own)
}

/// What one thread has seen of the test table.
struct Lane {
    places: Vec<usize>,
    row_hash: RowHash,
    repeats: Repeats,
    cells: Vec<u32>,
}

impl Beside for Lane {
    const BY_ROW: bool = true;

    fn add(&mut self, batch: &Batch, placed: &Placed) {
        placed.cells(false, false, &mut self.cells);
        let hashes = self.row_hash.of(batch, &self.places);
        for (row, (&cell, &hash)) in self.cells.iter().zip(hashes).enumerate() {
            let rows = placed.lines.map_or(1.0, |lines| lines[row]);
            if cell != NO_CELL && rows > 0.0 {
                // No label is told apart here: three cells are a combination.
                self.repeats.add(hash, cell / 3, rows as u64);
            }
        }
    }
}

/// The test table's rows by combination of codes.
fn hashed(test: &dyn Source, plan: &Plan, shared: &[Shared]) -> Result<(Tally, Vec<Key>, Repeats)> {
    let columns: Vec<(usize, Shape)> = shared.iter().map(|s| (s.columns[1], s.shape)).collect();
    let Scanned {
        tallies, beside, ..
    } = scan::scan_beside(test, plan, &columns, |places| Lane {
        places: places.to_vec(),
        row_hash: RowHash::default(),
        repeats: Repeats::default(),
        cells: Vec::new(),
    })?;
    let mut keys: Vec<Key> = beside.iter().flat_map(|(_, keys)| keys.clone()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut repeats = Repeats::default();
    for (lane, own) in &beside {
        // Every key of a part is among those of all.
        let place = |key: &Key| keys.binary_search(key).unwrap_or(0) as u32;
        repeats.absorb(&lane.repeats, |slot| place(&own[slot as usize]));
    }
    let tally = tallies.into_iter().next().unwrap_or_default();
    Ok((tally, keys, repeats))
}

/// Which of the hashes the table has, and how many of its rows have one of them.
fn looked_up(
    source: &dyn Source,
    shared: &[Shared],
    wanted: &HashSet<u128, FixedState>,
) -> Result<(HashSet<u128, FixedState>, u64)> {
    let nulls: Arc<[String]> = [].into();
    let wants: Vec<Want> = shared
        .iter()
        .map(|shared| Want {
            column: shared.columns[0],
            shape: shared.shape,
            nulls: Arc::clone(&nulls),
        })
        .collect();
    let places: Vec<usize> = (0..wants.len()).collect();
    let start = || {
        (
            RowHash::default(),
            HashSet::with_hasher(FixedState::default()),
            0_u64,
        )
    };
    let lanes = scan::read_all(source, &wants, start, |(row_hash, found, rows), batch| {
        for hash in row_hash.of(batch, &places) {
            if wanted.contains(hash) {
                found.insert(*hash);
                *rows += 1;
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    source.finish()?;
    let mut there = HashSet::with_hasher(FixedState::default());
    let mut here = 0;
    for (_, found, rows) in lanes {
        there.extend(found);
        here += rows;
    }
    Ok((there, here))
}

/// The groups of an attribute.
fn by_group(
    tally: &Tally,
    keys: &[Key],
    table: &Table,
    rows: &[(u128, Vec<(u32, u64)>)],
    there: &HashSet<u128, FixedState>,
) -> Vec<Leaked> {
    let axes = &table.attribute.0;
    let place = |key: &Key| {
        let codes: Vec<u32> = axes.iter().map(|&axis| key[axis]).collect();
        table.find(&tally.group(axes, &codes))
    };
    let places: Vec<Option<usize>> = keys.iter().map(place).collect();
    let group = |row: &crate::tally::Row| Leaked {
        attribute: table.name.clone(),
        group: (!axes.is_empty()).then(|| {
            let values = axes.iter().map(|&axis| {
                let value = match &row.group.0[axis] {
                    crate::data::Coordinate::Is(value) => Some(value.clone()),
                    _ => None,
                };
                (tally.axes[axis].name.clone(), value)
            });
            values.collect()
        }),
        ..Leaked::default()
    };
    let mut groups: Vec<Leaked> = table.rows.iter().map(group).collect();
    for (hash, copies) in rows {
        let is_there = there.contains(hash);
        for &(cell, n) in copies {
            let Some(group) = places.get(cell as usize).copied().flatten() else {
                continue;
            };
            let group = &mut groups[group];
            group.rows += n;
            group.repeats += n - 1;
            group.leaked += if is_there { n } else { 0 };
        }
    }
    groups
}
