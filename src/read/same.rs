//! Two tables as the same rows: joined, or why they are not.
//!
//! In: two tables that each may be read twice. Out: the second one's columns beside the first one's,
//! where every row of the one is exactly one of the other; how many rows differ in some columns.

use super::ids::{self, find, name, shared};
use super::join::Joined;
use super::order::in_order;
use super::{Source, link};
use crate::data::{Batch, spelling};
use crate::error::{Error, Result, Table};

/// What two tables are to each other.
pub enum Same {
    /// The same rows.
    Rows(Joint),
    /// Other rows, as far as one can tell; why.
    Apart(Error),
}

/// Two tables of the same rows.
pub struct Joint {
    /// The second one beside the first one.
    pub joined: Joined,
    /// The column that joins them, where it is not the position.
    pub id: Option<String>,
    /// Rows of the second one that the first one lacks.
    pub left: u64,
}

/// Joins two tables by the column `id`, or by one that both have, or by position.
///
/// # Errors
/// A column `id` that is not there, and what stops any reading.
pub fn open(first: Box<dyn Source>, second: Box<dyn Source>, id: Option<&str>) -> Result<Same> {
    for source in [&*first, &*second] {
        if !source.rereadable() {
            return Ok(Same::Apart(Table::ReadOnce { path: name(source) }.into()));
        }
    }
    let by = match id {
        Some(id) => Some((find(&*first, id)?, find(&*second, id)?)),
        None => match shared(&*first, &*second) {
            // Tables with the same columns have many in common, and none need be an id.
            Err(Error::Table(Table::WhichId { .. }) | Error::SameName { .. }) => None,
            found => found?,
        },
    };
    let id = by.map(|(column, _)| first.columns()[column].name.clone());
    let linked = match link::by(&*first, &*second, by) {
        Err(error @ Error::Table(_)) => return Ok(Same::Apart(error)),
        linked => linked?,
    };
    let left = linked.left;
    match Joined::new(first, second, by, linked) {
        Ok(joined) => Ok(Same::Rows(Joint { joined, id, left })),
        Err(error @ Error::Table(_)) => Ok(Same::Apart(error)),
        Err(error) => Err(error),
    }
}

/// How many rows there are, and in how many of them the columns of a pair differ.
pub fn differing(joined: &Joined, pairs: &[(usize, usize)]) -> Result<(u64, u64)> {
    let wants = pairs
        .iter()
        .flat_map(|&(a, b)| [ids::text(a), ids::text(b)]);
    let wants: Vec<_> = wants.collect();
    let differs = |batch: &Batch, pair: usize, row: usize| {
        let value = |position: usize| {
            let codes = ids::codes(batch, position)?;
            codes.values[ids::key(codes, row)].as_deref()
        };
        match (value(2 * pair), value(2 * pair + 1)) {
            (Some(a), Some(b)) => !spelling::same(a, b),
            (a, b) => a != b,
        }
    };
    in_order(
        joined,
        &wants,
        || (0, 0),
        |(rows, differing), batch| {
            let is_other = |row: &usize| (0..pairs.len()).any(|pair| differs(batch, pair, *row));
            *rows += batch.rows as u64;
            *differing += (0..batch.rows).filter(is_other).count() as u64;
            Ok(())
        },
    )
}
