//! The pass over a table: its numbers banded first, and again where the first rows misled.

use std::fmt::Display;

use crate::data::guess::Understood;
use crate::data::{Missing, Plan, Ranks};
use crate::error::{Error, Result};
use crate::read::Source;
use crate::sketch::{self, Looks, Sketches};
use crate::tally::{Seen, Tally, sample, scan};

/// The cells of every scenario, and what was seen beside them.
type Cells = (Vec<Tally>, Seen);

/// The same, and every column by cell.
type Sketched = (Vec<Tally>, Seen, Sketches);

/// The cells, numbers banded; and a note on each band.
pub fn cells(
    source: &dyn Source,
    plan: &mut Plan,
    numeric: &[usize],
) -> Result<(Vec<String>, Cells)> {
    let scan = |plan: &Plan| scan::scan(source, plan);
    banded(source, plan, numeric, scan, |scanned| &scanned.0)
}

/// The cells, and sketches of every column by cell; `looks` says which columns look like numbers.
pub fn sketched(
    source: &dyn Source,
    plan: &mut Plan,
    numeric: &[usize],
    looks: &Looks,
) -> Result<(Vec<String>, Sketched)> {
    let scan = |plan: &Plan| sketch::scan(source, plan, looks);
    banded(source, plan, numeric, scan, |scanned| &scanned.0)
}

fn banded<T>(
    source: &dyn Source,
    plan: &mut Plan,
    numeric: &[usize],
    scan: impl Fn(&Plan) -> Result<T>,
    tallies: impl Fn(&T) -> &[Tally],
) -> Result<(Vec<String>, T)> {
    let mut banded = sample::band(source, plan, numeric)?;
    let mut scanned = scan(plan)?;
    let axes = tallies(&scanned)
        .first()
        .map_or(&[][..], |tally| &tally.axes);
    let late = sample::overlooked(axes, plan);
    if !late.is_empty() && source.rereadable() {
        banded.extend(sample::band(source, plan, &late)?);
        scanned = scan(plan)?;
    }
    Ok((banded, scanned))
}

/// The cells of a plan that was changed, without scores: counts are all that is asked for.
pub fn tallied(
    source: &dyn Source,
    understood: Understood,
    change: impl FnOnce(&mut Plan),
) -> Result<(Plan, Vec<Tally>, Seen)> {
    let Understood {
        mut plan, numeric, ..
    } = understood;
    plan.score = None;
    plan.ranks = Ranks::Nothing;
    // What the change adds to split the rows may be missing.
    plan.missing = Missing::Group;
    change(&mut plan);
    let (_, (tallies, seen)) = cells(source, &mut plan, &numeric)?;
    Ok((plan, tallies, seen))
}

/// Refuses what would read a pipe a second time: an option, with its value.
pub fn again(source: &dyn Source, flag: &'static str, value: &dyn Display) -> Result<()> {
    if source.rereadable() {
        return Ok(());
    }
    Err(Error::Flag {
        flag,
        value: value.to_string(),
        problem: "a pipe cannot be read a second time",
        remedy: "write the table to a file first".to_owned(),
    })
}
