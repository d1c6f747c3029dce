//! `--control auto`: every column that could be a control, tried by itself.
//!
//! In: a source that can be read again, and the table as it was understood and banded. Out: the
//! gaps within each candidate, what moves most first; nothing that is judged changes. One pass for
//! each candidate, so that no cross of candidates is ever counted.

use super::pool::{self, Pooling};
use crate::data::controls::{Candidate, Candidates, MANY};
use crate::data::guess::Understood;
use crate::data::{Plan, Ranks, Role, Split, limits};
use crate::error::{Error, Result};
use crate::read::Source;
use crate::report::model::Report;
use crate::report::pooled::{PooledReport, Reading};
use crate::tally::{Tally, sample, scan, table};

/// Columns left out that are named.
const NAMED: usize = 10;

/// Refuses a scan of what can be read only once.
///
/// # Errors
/// It is asked for, and the source is a pipe.
pub fn check(source: &dyn Source, understood: &Understood) -> Result<()> {
    if understood.candidates.is_none() || source.rereadable() {
        return Ok(());
    }
    Err(Error::Flag {
        flag: "--control",
        value: "auto".to_owned(),
        problem: "each column takes a pass of its own, and a pipe can be read only once",
        remedy: "give a file, or name the control: `--control COL`".to_owned(),
    })
}

/// Tries every candidate and adds what was found to the report.
pub fn scan(
    source: &dyn Source,
    understood: &Understood,
    pooling: &Pooling,
    report: &mut Report,
) -> Result<()> {
    let Some(Candidates { columns, left_out }) = &understood.candidates else {
        return Ok(());
    };
    let mut left_out = left_out.clone();
    let mut list: Vec<PooledReport> = Vec::new();
    for candidate in columns {
        match tried(source, understood, candidate, pooling)? {
            Ok(gaps) => list.extend(gaps),
            Err(why) => left_out.push((candidate.name.clone(), why)),
        }
    }
    // A stable sort: equals stay in the order of the columns. Few rows move far by chance: last.
    let rank = |gap: &PooledReport| match gap.reading {
        Some(Reading::Small) | None => 2,
        Some(reading) => u8::from(!reading.is_paradox()),
    };
    let moved = |gap: &PooledReport| gap.moved.map_or(-1.0, f64::abs);
    list.sort_by(|a, b| rank(a).cmp(&rank(b)).then(moved(b).total_cmp(&moved(a))));
    report.notes.extend(pool::notes(&list));
    report.notes.extend(unheard(columns.is_empty(), &left_out));
    report.controls = list;
    Ok(())
}

/// The gaps within one candidate, or why there are none.
fn tried(
    source: &dyn Source,
    understood: &Understood,
    candidate: &Candidate,
    pooling: &Pooling,
) -> Result<std::result::Result<Vec<PooledReport>, &'static str>> {
    let mut plan = plan(understood, candidate);
    let tallies = match cells(source, &mut plan, candidate) {
        Ok(Some(tallies)) => tallies,
        Ok(None) => return Ok(Err(MANY)),
        // The table itself was read: what cannot be read now is this column.
        Err(Error::Data { .. }) => return Ok(Err("it cannot be read as groups")),
        Err(error) => return Err(error),
    };
    let bands = plan.splits.last().and_then(|split| split.bands.as_ref());
    let bins = bands.map(|bands| {
        let cuts: Vec<String> = bands.cuts.iter().map(ToString::to_string).collect();
        format!("{}={}", candidate.name, cuts.join(","))
    });
    let mut gaps = Vec::new();
    for tally in &tallies {
        gaps.extend(pooling.of(tally, &table::tables(tally, &plan)));
    }
    for gap in &mut gaps {
        gap.bins.clone_from(&bins);
    }
    Ok(Ok(gaps))
}

/// The sensitive columns with this one as the control; the attributes that are no mere products,
/// and no scores.
fn plan(understood: &Understood, candidate: &Candidate) -> Plan {
    let mut plan = understood.plan.clone();
    let is_own =
        |axes: &crate::data::Attribute| axes.0.len() == 1 || understood.named.contains(axes);
    plan.attributes.retain(is_own);
    plan.score = None;
    plan.ranks = Ranks::Nothing;
    plan.splits.push(Split {
        column: candidate.column,
        name: candidate.name.clone(),
        role: Role::Control,
        bands: None,
    });
    plan
}

/// The cells, numbers banded; `None` where the column turns out to have too many values.
fn cells(
    source: &dyn Source,
    plan: &mut Plan,
    candidate: &Candidate,
) -> Result<Option<Vec<Tally>>> {
    let at = plan.splits.len() - 1;
    if candidate.numeric {
        sample::band(source, plan, &[at])?;
    }
    let (mut tallies, _) = scan::scan(source, plan)?;
    let values = |tallies: &[Tally]| {
        let axes = tallies.first().map_or(&[][..], |tally| &tally.axes);
        axes.get(at).map_or(0, |axis| axis.values.len())
    };
    let axes = tallies.first().map_or(&[][..], |tally| &tally.axes);
    if sample::overlooked(axes, plan).contains(&at) {
        sample::band(source, plan, &[at])?;
        tallies = scan::scan(source, plan)?.0;
    }
    let is_few = plan.splits[at].bands.is_some() || values(&tallies) <= limits::CONTROL_VALUES;
    Ok(is_few.then_some(tallies))
}

/// What was not tried.
fn unheard(is_empty: bool, left_out: &[(String, &'static str)]) -> Option<String> {
    let mut said: Vec<String> = left_out
        .iter()
        .take(NAMED)
        .map(|(name, why)| format!("`{name}` ({why})"))
        .collect();
    if left_out.len() > NAMED {
        said.push(format!("{} more", left_out.len() - NAMED));
    }
    match (is_empty, said.is_empty()) {
        (true, true) => {
            Some("`--control auto`: no column is left that could be a control".to_owned())
        }
        (_, true) => None,
        _ => Some(format!("`--control auto` left out: {}", said.join(", "))),
    }
}
