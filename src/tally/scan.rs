//! The pass: all pieces in parallel, each thread with sums of its own, settled at the end.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::columns::{self, Decided, Layout, Outcome};
use super::intern::Names;
use super::lane::Lane;
use super::{Beside, Key, Seen, Tally, notes, settle, spellings};
use crate::data::{Batch, Decision, Field, Plan, limits};
use crate::error::{Error, Place, Problem, Result};
use crate::read::{Shape, Source, Stopped, Want};

/// Reads the source once and fills one tally for each decision of the plan (one without a
/// prediction when there is none).
pub fn scan(source: &dyn Source, plan: &Plan) -> Result<(Vec<Tally>, Seen)> {
    let Scanned { tallies, seen, .. } = scan_beside(source, plan, &[], |_| ())?;
    Ok((tallies, seen))
}

/// What a pass has filled.
pub struct Scanned<B> {
    /// One for each decision.
    pub tallies: Vec<Tally>,
    /// What was seen beside the cells.
    pub seen: Seen,
    /// What each thread has kept, and the key of each of its slots.
    pub beside: Vec<(B, Vec<Key>)>,
}

/// The same, and hands every batch to something beside the tally. That is started, on each thread,
/// with the places that `columns` have in a batch.
pub fn scan_beside<B: Beside>(
    source: &dyn Source,
    plan: &Plan,
    columns: &[(usize, Shape)],
    start: impl Fn(&[usize]) -> B + Sync,
) -> Result<Scanned<B>> {
    let (wants, mut layout, places) = layout(plan, source.columns(), columns);
    layout.by_row = B::BY_ROW;
    let names: Vec<Names> = plan.splits.iter().map(|s| Names::new(&s.name)).collect();
    let states = read_all(
        source,
        &wants,
        || (Lane::new(&layout), Vec::new(), start(&places)),
        |(lane, inputs, beside), batch| {
            count(inputs, batch.at.input as usize, batch.rows as u64);
            let more = lane.add(batch, &layout, &names, source)?;
            if B::BY_ROW && more.is_continue() {
                beside.add(batch, &lane.placed(batch, &layout));
            }
            Ok(more)
        },
    )?;
    let (mut lanes, beside, inputs) = parted(states);
    source.finish()?;
    if layout.weight.is_some() || layout.score.is_some() {
        lanes.par_iter_mut().for_each(|lane| lane.add_up(&layout));
    }
    let read: u64 = lanes.iter().map(|lane| lane.rows).sum();
    let path = source.first_path();
    if read == 0 {
        return Err(Error::Data {
            place: Place::file(path),
            problem: Problem::NoRows,
        });
    }
    let spelled = spellings::check(source, plan, &lanes)?;
    let names = names.into_iter().map(Names::into_list).collect();
    let axes = settle::Axes::new(plan, names, &lanes);
    let mut seen = Seen {
        rows: read,
        inputs,
        spellings: spelled,
        ..Seen::default()
    };
    notes::of_spellings(plan, &mut seen);
    notes::of_lanes(&lanes, plan, &mut seen);
    let score_range = lanes
        .iter()
        .filter_map(|lane| lane.score_range)
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let keys = lanes.iter().map(|lane| {
        if B::BY_ROW {
            axes.keys(lane)
        } else {
            Vec::new()
        }
    });
    let beside = beside.into_iter().zip(keys.collect::<Vec<_>>()).collect();
    let (mut tallies, dropped) = settle::tallies(lanes, &axes, plan);
    if tallies.iter().any(|t| t.cells.len() > limits::CELLS) {
        return Err(columns::many_cells(source));
    }
    for tally in &mut tallies {
        tally.score_range = score_range;
    }
    notes::of_tallies(&tallies, plan, &path, dropped, &mut seen)?;
    Ok(Scanned {
        tallies,
        seen,
        beside,
    })
}

/// What each thread made, by kind; the rows of each input are of all threads.
fn parted<B>(states: Vec<(Lane, Vec<u64>, B)>) -> (Vec<Lane>, Vec<B>, Vec<u64>) {
    let (mut lanes, mut beside, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
    for (lane, counted, one) in states {
        for (input, rows) in counted.into_iter().enumerate() {
            count(&mut inputs, input, rows);
        }
        lanes.push(lane);
        beside.push(one);
    }
    (lanes, beside, inputs)
}

/// Adds rows of an input.
fn count(inputs: &mut Vec<u64>, input: usize, rows: u64) {
    if inputs.len() <= input {
        inputs.resize(input + 1, 0);
    }
    inputs[input] += rows;
}

/// Reads every piece; each thread adds to a state of its own. The earliest error is told.
pub fn read_all<T: Send>(
    source: &dyn Source,
    wants: &[Want],
    start: impl Fn() -> T + Sync,
    add: impl Fn(&mut T, &Batch) -> Result<ControlFlow<()>> + Sync,
) -> Result<Vec<T>> {
    loop {
        source.begin();
        let outcome = read_once(source, wants, &start, &add);
        if !source.misread() {
            return outcome;
        }
    }
}

fn read_once<T: Send>(
    source: &dyn Source,
    wants: &[Want],
    start: &(impl Fn() -> T + Sync),
    add: &(impl Fn(&mut T, &Batch) -> Result<ControlFlow<()>> + Sync),
) -> Result<Vec<T>> {
    let pieces = source.pieces();
    let threads = rayon::current_num_threads().min(pieces).max(1);
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let stopped: Mutex<Option<Stopped>> = Mutex::new(None);
    let states = Mutex::new(Vec::new());
    let work = || {
        let mut state = start();
        while !failed.load(Ordering::Relaxed) {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces {
                break;
            }
            let outcome = source.read(piece, wants, &mut |batch| add(&mut state, batch));
            if let Err(error) = outcome {
                failed.store(true, Ordering::Relaxed);
                let mut earliest = stopped.lock().unwrap_or_else(PoisonError::into_inner);
                if earliest.as_ref().is_none_or(|known| error.at < known.at) {
                    *earliest = Some(error);
                }
            }
        }
        let mut states = states.lock().unwrap_or_else(PoisonError::into_inner);
        states.push(state);
    };
    rayon::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| work());
        }
        work();
    });
    match stopped.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(stopped) => Err(stopped.error),
        None => Ok(states.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

/// What is wanted of the source, each column once for each shape, and where it will be; likewise of
/// other columns.
fn layout(
    plan: &Plan,
    fields: &[Field],
    columns: &[(usize, Shape)],
) -> (Vec<Want>, Layout, Vec<usize>) {
    let nulls: Arc<[String]> = plan.nulls.clone().into();
    let mut wants: Vec<Want> = Vec::new();
    let mut want = |column: usize, shape: Shape| {
        let same = |w: &Want| w.column == column && w.shape == shape;
        wants.iter().position(same).unwrap_or_else(|| {
            let nulls = Arc::clone(&nulls);
            wants.push(Want {
                column,
                shape,
                nulls,
            });
            wants.len() - 1
        })
    };
    let mut layout = Layout {
        nulls: plan.nulls.clone(),
        is_ranked: settle::is_ranked(plan),
        ..Layout::default()
    };
    for split in &plan.splits {
        let cuts = split.bands.as_ref().map(|bands| bands.cuts.clone());
        let shape = cuts.as_ref().map_or(Shape::Codes, |_| Shape::Numbers);
        layout.axes.push((want(split.column, shape), cuts));
    }
    let mut outcome = |outcome: &crate::data::Outcome| Outcome {
        column: want(outcome.column, Shape::Codes),
        positive: outcome.positive.clone(),
    };
    layout.label = plan.label.as_ref().map(&mut outcome);
    for decision in &plan.decisions {
        layout.decisions.push(match decision {
            Decision::Column(column) => Decided::Column(outcome(column)),
            Decision::Threshold {
                column, threshold, ..
            } => Decided::Threshold(*column, *threshold),
        });
    }
    let mut number = |column: usize| want(column, Shape::Numbers);
    for decided in &mut layout.decisions {
        if let Decided::Threshold(column, _) = decided {
            *column = number(*column);
        }
    }
    layout.score = plan.score.as_ref().map(|(column, _)| number(*column));
    layout.weight = plan.weight.as_ref().map(|(column, _)| number(*column));
    layout.count = plan.count.as_ref().map(|(column, _)| number(*column));
    let others = columns.iter().map(|(column, shape)| want(*column, *shape));
    let places = others.collect();
    let names = wants.iter().map(|want| fields[want.column].name.clone());
    layout.names = names.collect();
    (wants, layout, places)
}
