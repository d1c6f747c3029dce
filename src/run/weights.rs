//! `--weights-out`: a second pass that gives every row its weight, in the order of the rows.
//!
//! In: the table and what a row of each group weighs. Out: a CSV file beside its place, a line for
//! each row. One thread reads, batch by batch: nothing is kept of a row once it is written.

use std::collections::BTreeMap;
use std::io::BufWriter;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::Audit;
use crate::data::{Batch, Codes, Column, Keys, Plan, Values, is_null};
use crate::error::{Error, Result};
use crate::profile::weights::Weights;
use crate::read::{Shape, Source, Want};
use crate::report::output::Outputs;
use crate::report::whole::Draft;
use crate::tally::{Axis, Tally, columns, settle};

/// The flag.
const FLAG: &str = "--weights-out";

/// Where weights go, checked before the data are read.
pub fn place<P: AsRef<Path>>(
    job: &Audit,
    source: &dyn Source,
    outputs: &Outputs,
    inputs: &[P],
) -> Result<Option<PathBuf>> {
    let Some(path) = &job.beside.weights_out else {
        return Ok(None);
    };
    let refuse = |problem, remedy: &str| Error::Flag {
        flag: FLAG,
        value: path.display().to_string(),
        problem,
        remedy: remedy.to_owned(),
    };
    if job.beside.population.is_none() {
        let remedy = "`--population FILE` says who should be there";
        return Err(refuse(
            "no population is known to weight the rows to",
            remedy,
        ));
    }
    if !source.rereadable() {
        let remedy = "write it to a file first";
        return Err(refuse("a pipe cannot be read a second time", remedy));
    }
    if path == Path::new("-") {
        return Err(refuse("weights go to a file", "name one"));
    }
    outputs.place(FLAG, path, inputs).map(Some)
}

/// How the code of an axis is found in a batch.
enum Coded<'a> {
    Text {
        codes: BTreeMap<&'a str, u32>,
        missing: u32,
        /// Of the dictionary of the last batch.
        known: Option<Arc<Values>>,
        by_key: Vec<u32>,
    },
    /// By band: 0 is missing.
    Bands { cuts: &'a [f64], by_band: Vec<u32> },
}

/// What is wanted of the table: the columns of the axes first.
struct Wanted {
    wants: Vec<Want>,
    /// The base weight's place.
    base: Option<usize>,
    /// The place and name of the column that names the rows.
    id: Option<(usize, String)>,
}

impl Wanted {
    fn new(source: &dyn Source, plan: &Plan, axes: &[usize], id: Option<&str>) -> Result<Self> {
        let nulls: Arc<[String]> = plan.nulls.clone().into();
        let mut wants = Vec::new();
        let mut want = |column: usize, shape: Shape| {
            let nulls = Arc::clone(&nulls);
            wants.push(Want {
                column,
                shape,
                nulls,
            });
            wants.len() - 1
        };
        for &axis in axes {
            let split = &plan.splits[axis];
            let bands = split.bands.as_ref();
            want(split.column, bands.map_or(Shape::Codes, |_| Shape::Numbers));
        }
        let base = plan.weight.as_ref();
        let base = base.map(|(column, _)| want(*column, Shape::Numbers));
        let id = match id {
            Some(id) => {
                let (column, name) = id_column(source, id)?;
                Some((want(column, Shape::Codes), name))
            }
            None => None,
        };
        Ok(Self { wants, base, id })
    }
}

/// Writes the weights of all rows beside their place.
pub fn write(
    source: &dyn Source,
    (plan, tally): (&Plan, &Tally),
    weights: &Weights,
    (path, id): (&Path, Option<&str>),
) -> Result<Draft> {
    let Wanted { wants, base, id } = Wanted::new(source, plan, &weights.axes, id)?;
    let cannot = |e: std::io::Error| Error::Write {
        path: path.to_owned(),
        source: e,
    };
    loop {
        let draft = Draft::begin(path).map_err(cannot)?;
        let mut lines = csv::Writer::from_writer(BufWriter::new(draft));
        let axes = weights.axes.iter();
        let mut coded: Vec<Coded> = axes
            .map(|&axis| Coded::new(&tally.axes[axis], plan, axis))
            .collect();
        let failed = |e: csv::Error| cannot(e.into());
        let first = id.as_ref().map_or("row", |(_, name)| name.as_str());
        lines.write_record([first, "weight"]).map_err(failed)?;
        let mut row = 0_u64;
        source.begin();
        let mut each = |batch: &Batch| {
            for (coded, column) in coded.iter_mut().zip(batch.columns) {
                coded.update(column);
            }
            for at in 0..batch.rows {
                row += 1;
                let base = base.map_or(1.0, |base| number(&batch.columns[base], at));
                let codes = coded.iter().zip(batch.columns);
                let codes: Vec<u32> = codes.map(|(c, column)| c.code(column, at)).collect();
                let factor = weights.factors.get(&codes);
                let weight = (base * factor.copied().unwrap_or(weights.other)).to_string();
                let name = match &id {
                    Some((column, _)) => text(&batch.columns[*column], at).to_owned(),
                    None => row.to_string(),
                };
                lines.write_record([&name, &weight]).map_err(failed)?;
            }
            Ok(ControlFlow::Continue(()))
        };
        let read = (0..source.pieces()).try_for_each(|piece| source.read(piece, &wants, &mut each));
        if source.misread() {
            continue;
        }
        read.map_err(|stopped| stopped.error)?;
        source.finish()?;
        let lines = lines.into_inner().map_err(|e| cannot(e.into_error()))?;
        return lines.into_inner().map_err(|e| cannot(e.into_error()));
    }
}

/// The column of this name.
pub(super) fn id_column(source: &dyn Source, id: &str) -> Result<(usize, String)> {
    let names: Vec<String> = source.columns().iter().map(|c| c.name.clone()).collect();
    match names.iter().position(|name| name == id) {
        Some(at) => Ok((at, id.to_owned())),
        None => Err(Error::NoColumn {
            column: id.to_owned(),
            path: source.first_path(),
            columns: names,
        }),
    }
}

/// The base weight of a row; what is missing weighs nothing.
fn number(column: &Column, row: usize) -> f64 {
    match column {
        Column::Numbers(numbers) if !is_null(numbers[row]) => numbers[row],
        _ => 0.0,
    }
}

/// The key of a row.
pub(super) fn key(codes: &Codes, row: usize) -> usize {
    match &codes.keys {
        Keys::U8(keys) => usize::from(keys[row]),
        Keys::U32(keys) => keys[row] as usize,
    }
}

/// The text of a row; empty where there is none.
pub(super) fn text(column: &Column, row: usize) -> &str {
    match column {
        Column::Codes(codes) => codes.values[key(codes, row)].as_deref().unwrap_or(""),
        Column::Numbers(_) => "",
    }
}

impl<'a> Coded<'a> {
    fn new(axis: &'a Axis, plan: &'a Plan, at: usize) -> Self {
        let missing = axis.values.len() as u32;
        let place = |name: &str| {
            let code = axis.values.iter().position(|value| value == name);
            code.map_or(missing, |code| code as u32)
        };
        match &plan.splits[at].bands {
            Some(bands) => {
                let names = settle::band_names(bands);
                let codes = names.iter().map(|name| place(name));
                Self::Bands {
                    cuts: &bands.cuts,
                    by_band: std::iter::once(missing).chain(codes).collect(),
                }
            }
            None => Self::Text {
                codes: (0..)
                    .zip(&axis.values)
                    .map(|(code, v)| (v.as_str(), code))
                    .collect(),
                missing,
                known: None,
                by_key: Vec::new(),
            },
        }
    }

    /// Looks up the values of a dictionary that is new.
    fn update(&mut self, column: &Column) {
        let (
            Self::Text {
                codes,
                missing,
                known,
                by_key,
            },
            Column::Codes(column),
        ) = (self, column)
        else {
            return;
        };
        if known
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, &column.values))
        {
            return;
        }
        let code = |value: &Option<Box<str>>| {
            let code = value.as_deref().and_then(|value| codes.get(value));
            code.copied().unwrap_or(*missing)
        };
        *by_key = column.values.iter().map(code).collect();
        *known = Some(Arc::clone(&column.values));
    }

    fn code(&self, column: &Column, row: usize) -> u32 {
        match (self, column) {
            (Self::Text { by_key, .. }, Column::Codes(codes)) => by_key[key(codes, row)],
            (Self::Bands { cuts, by_band }, Column::Numbers(numbers)) => {
                by_band[columns::band(numbers[row], cuts) as usize]
            }
            (Self::Text { missing, .. }, _) => *missing,
            (Self::Bands { by_band, .. }, _) => by_band[0],
        }
    }
}
