//! Looks at a source before the pass: samples for guessing roles, quantiles for banding.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use hashbrown::HashMap;

use super::Axis;
use super::scan::read_all;
use crate::data::guess::{Asked, Sample, Understood, guess};
use crate::data::role::Bands;
use crate::data::{Batch, Codes, Column, Keys, Kind, Plan, Values, is_null, limits, spelling};
use crate::error::{Error, Place, Problem, Result};
use crate::read::{Shape, Source, Stopped, Want, text_of_float};
use crate::stats::ranking;

/// Rows looked at to guess roles.
pub const ROWS: usize = 4096;

/// The table as the flags and the first rows of its columns say; a column that no flag may mean is
/// looked at only where roles are inferred.
///
/// # Errors
/// As [`guess`]; where some column cannot be read and its role would be missing, why it cannot.
pub fn understand(source: &dyn Source, asked: &Asked) -> Result<Understood> {
    let path = source.first_path();
    let (samples, unread) = sample(source, asked)?;
    // Where there is no row no column looks like anything: that is not what is wrong.
    let mut readable = samples.iter().filter(|s| !matches!(s.kind, Kind::Other(_)));
    let looked = asked.infer && unread.is_none() && readable.clone().next().is_some();
    if looked && readable.all(|sample| sample.rows == 0) {
        return Err(Error::Data {
            place: Place::file(path),
            problem: Problem::NoRows,
        });
    }
    let understood = guess(&path, &samples, asked);
    understood.map_err(|error| unread.unwrap_or(error))
}

/// Which columns look like numbers in a format that does not say what they hold, by the first rows.
pub fn numeric(source: &dyn Source, asked: &Asked) -> Result<Vec<bool>> {
    let asked = Asked {
        infer: true,
        ..asked.clone()
    };
    let (samples, _) = sample(source, &asked)?;
    let looks = |sample: &Sample| sample.numeric && sample.kind == Kind::Untyped;
    Ok(samples.iter().map(looks).collect())
}

/// The first rows of every column that may be looked at, the others by name and kind; what is wrong
/// with those that cannot be read.
fn sample(source: &dyn Source, asked: &Asked) -> Result<(Vec<Sample>, Option<Error>)> {
    let fields = source.columns();
    let unseen = |column: usize| Sample {
        twin: source.twin(column),
        ..empty(&fields[column].name, &fields[column].kind)
    };
    let mut samples: Vec<Sample> = (0..fields.len()).map(unseen).collect();
    let readable: Vec<usize> = (0..fields.len())
        .filter(|&i| !matches!(fields[i].kind, Kind::Other(_)))
        .filter(|&i| asked.infer || asked.mentions(&fields[i].name))
        .collect();
    let mut unread = None;
    if let Err(all) = look(source, &readable, &mut samples) {
        // A column that cannot be read is no reason to refuse the table unless it is used: then the
        // pass tells. Where no column can be read, the first error is the table's.
        if !source.rereadable() {
            return Err(all);
        }
        let mut any = false;
        for &column in &readable {
            samples[column] = unseen(column);
            if look(source, &[column], &mut samples).is_ok() {
                any = true;
            } else {
                samples[column] = unseen(column);
            }
        }
        if !any {
            return Err(all);
        }
        unread = Some(all);
    }
    let nulls = asked.null_spellings();
    for sample in &mut samples {
        conclude(sample, &nulls);
    }
    Ok((samples, unread))
}

/// Adds the first rows of these columns to their samples.
fn look(source: &dyn Source, columns: &[usize], samples: &mut [Sample]) -> Result<()> {
    let fields = source.columns();
    let wants = columns.iter().map(|&column| Want {
        column,
        // Floating-point numbers are dear to write, and few of them are looked at.
        shape: match fields[column].kind {
            Kind::Float => Shape::Numbers,
            _ => Shape::Codes,
        },
        nulls: [].into(),
    });
    let wants: Vec<Want> = wants.collect();
    let mut rows = 0;
    source
        .head(&wants, ROWS, &mut |batch| {
            let take = batch.rows.min(ROWS - rows);
            for (&i, column) in columns.iter().zip(batch.columns) {
                match column {
                    Column::Codes(codes) => add(&mut samples[i], codes, take),
                    Column::Numbers(numbers) => add_numbers(&mut samples[i], &numbers[..take]),
                }
            }
            rows += take;
            Ok(if rows < ROWS {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            })
        })
        .map_err(|stopped: Stopped| stopped.error)
}

fn empty(name: &str, kind: &Kind) -> Sample {
    Sample {
        name: name.to_owned(),
        twin: None,
        kind: kind.clone(),
        rows: 0,
        missing: 0,
        values: Vec::new(),
        more: false,
        numeric: false,
        whole: false,
        range: None,
    }
}

/// Adds the first rows of a column.
fn add(sample: &mut Sample, codes: &Codes, rows: usize) {
    let mut counts = vec![0_u64; codes.values.len()];
    let mut order = Vec::new();
    let mut count = |key: usize| {
        if counts[key] == 0 {
            order.push(key);
        }
        counts[key] += 1;
    };
    match &codes.keys {
        Keys::U8(keys) => keys[..rows].iter().for_each(|&key| count(key.into())),
        Keys::U32(keys) => keys[..rows].iter().for_each(|&key| count(key as usize)),
    }
    sample.rows += rows as u64;
    for key in order {
        add_value(sample, &codes.values, key, counts[key]);
    }
}

/// Adds the first numbers of a column.
fn add_numbers(sample: &mut Sample, numbers: &[f64]) {
    sample.rows += numbers.len() as u64;
    for run in numbers.chunk_by(|a, b| a.to_bits() == b.to_bits()) {
        let rows = run.len() as u64;
        if is_null(run[0]) {
            sample.missing += rows;
        } else if !sample.more {
            add_text(sample, &text_of_float(run[0]), rows);
        }
    }
}

fn add_value(sample: &mut Sample, values: &Values, key: usize, rows: u64) {
    match values[key].as_deref() {
        Some(text) => add_text(sample, text, rows),
        None => sample.missing += rows,
    }
}

fn add_text(sample: &mut Sample, text: &str, rows: u64) {
    match sample.values.iter().position(|(value, _)| value == text) {
        Some(at) => sample.values[at].1 += rows,
        None if sample.values.len() < Sample::MOST => sample.values.push((text.to_owned(), rows)),
        None => sample.more = true,
    }
}

/// What the values have in common that are no null spelling.
fn conclude(sample: &mut Sample, nulls: &[String]) {
    let numbers: Option<Vec<f64>> = sample.present(nulls).map(number).collect();
    let numbers = numbers.filter(|numbers| !numbers.is_empty());
    sample.numeric = numbers.is_some();
    let Some(numbers) = numbers else { return };
    sample.whole = numbers.iter().all(|x| x.fract() == 0.0);
    sample.range = numbers.into_iter().fold(None, |range, x| match range {
        None => Some((x, x)),
        Some((low, high)) => Some((low.min(x), high.max(x))),
    });
}

/// The number that a text is; a code such as `02134` or `+1` is none.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if code || !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    text.parse().ok().filter(|x: &f64| x.is_finite())
}

/// Distinct numbers counted to find quantiles; beyond it they are read off a rounded value.
const DISTINCT: usize = 1 << 20;

/// The axes that turned out to be numbers with more than [`limits::NUMERIC_GROUPS`] values, though
/// the first rows did not look like it.
pub fn overlooked(axes: &[Axis], plan: &Plan) -> Vec<usize> {
    let is_open = |at: &usize| {
        let axis = &axes[*at];
        let mut values = axis.values.iter();
        plan.splits[*at].bands.is_none()
            && axis.values.len() > limits::NUMERIC_GROUPS
            && values.all(|text| number(text).is_some() || spelling::is_null(text, &plan.nulls))
    };
    (0..axes.len()).filter(is_open).collect()
}

/// Bands those of `plan.splits` (by index) that are numbers with more than
/// [`limits::NUMERIC_GROUPS`] distinct values, by quartiles of the rows; reads the source once for
/// each. Returns a note for each. A pipe cannot be read twice: its columns stay as they are.
pub fn band(source: &dyn Source, plan: &mut Plan, numeric: &[usize]) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    if numeric.is_empty() {
        return Ok(notes);
    }
    if !source.rereadable() {
        for &split in numeric {
            notes.push(format!(
                "`{}` looks like numbers with many values; a pipe cannot be read twice to find \
                 their quartiles: `--bins {}=…` bands them",
                plan.splits[split].name, plan.splits[split].name
            ));
        }
        return Ok(notes);
    }
    for &split in numeric {
        let want = |column: usize| Want {
            column,
            shape: Shape::Numbers,
            nulls: plan.nulls.clone().into(),
        };
        let mut wants = vec![want(plan.splits[split].column)];
        wants.extend(plan.count.iter().map(|(column, _)| want(*column)));
        let lanes = read_all(source, &wants, Counts::default, |counts, batch| {
            counts.add_column(batch);
            Ok(ControlFlow::Continue(()))
        });
        let lanes = match lanes {
            Ok(lanes) => lanes,
            // Past the sample there is text: the column is text after all.
            Err(Error::Data {
                problem: Problem::NotANumber { value },
                ..
            }) => {
                notes.push(format!(
                    "`{}` holds numbers and `{value}`: each value is a group; `--null {value}` \
                     takes it for missing and bands the numbers",
                    plan.splits[split].name
                ));
                continue;
            }
            Err(error) => return Err(error),
        };
        let mut counts = Counts::default();
        for lane in &lanes {
            counts.merge(lane);
        }
        let Some(cuts) = counts.quartiles() else {
            continue;
        };
        let split = &mut plan.splits[split];
        let shown: Vec<String> = cuts.iter().map(ToString::to_string).collect();
        notes.push(format!(
            "`{}` is a number with many values: banded by its quartiles, `--bins {}={}`",
            split.name,
            split.name,
            shown.join(",")
        ));
        split.bands = Some(Bands {
            cuts,
            how: "quartiles".to_owned(),
        });
    }
    Ok(notes)
}

/// Every number of the first column of a batch that is there, with its rows: those of the second
/// column, where there is one.
pub(super) fn each_number(batch: &Batch, mut each: impl FnMut(f64, u64)) {
    let Column::Numbers(numbers) = &batch.columns[0] else {
        return;
    };
    let rows = match batch.columns.get(1) {
        Some(Column::Numbers(rows)) => Some(rows),
        _ => None,
    };
    for (at, &number) in numbers.iter().enumerate() {
        // What is no number of rows is refused by the pass.
        let rows = rows.map_or(1, |rows| rows[at] as u64);
        if !number.is_nan() && rows > 0 {
            each(number, rows);
        }
    }
}

/// How often each number occurs in a column.
#[derive(Debug, Clone, Default)]
struct Counts {
    /// By the bits of the number.
    rows: HashMap<u64, u64, foldhash::fast::FixedState>,
    /// Bits of the numbers that are kept; fewer once there are very many numbers.
    mask: u64,
}

impl Counts {
    fn add_column(&mut self, batch: &Batch) {
        each_number(batch, |number, rows| self.add(number, rows));
    }

    fn add(&mut self, number: f64, rows: u64) {
        let bits = (number + 0.0).to_bits() & !self.mask;
        *self.rows.entry(bits).or_insert(0) += rows;
        if self.rows.len() > DISTINCT {
            self.coarsen((self.mask << 4) | 0xf);
        }
    }

    /// Rounds all numbers to fewer bits.
    fn coarsen(&mut self, mask: u64) {
        self.mask |= mask;
        let old = std::mem::take(&mut self.rows);
        for (bits, rows) in old {
            *self.rows.entry(bits & !self.mask).or_insert(0) += rows;
        }
    }

    fn merge(&mut self, other: &Self) {
        if other.mask > self.mask {
            self.coarsen(other.mask);
        }
        for (&bits, &rows) in &other.rows {
            *self.rows.entry(bits & !self.mask).or_insert(0) += rows;
        }
        while self.rows.len() > DISTINCT {
            self.coarsen((self.mask << 4) | 0xf);
        }
    }

    /// The quartiles (each the least number with more than a quarter, a half, three quarters of
    /// the rows at or below it), without the lowest number of all; `None` where there are few.
    fn quartiles(&self) -> Option<Vec<f64>> {
        if self.rows.len() <= limits::NUMERIC_GROUPS {
            return None;
        }
        let sorted: BTreeMap<u64, (f64, u64)> = self
            .rows
            .iter()
            .map(|(&bits, &rows)| (f64::from_bits(bits), rows))
            .map(|(x, rows)| (ranking::key(x), (x, rows)))
            .collect();
        let total: u64 = sorted.values().map(|(_, rows)| rows).sum();
        let mut cuts = Vec::new();
        let (mut seen, mut quarter) = (0, 1);
        for (at, &(x, rows)) in sorted.values().enumerate() {
            seen += rows;
            let mut passed = false;
            while quarter < 4 && 4 * seen > quarter * total {
                quarter += 1;
                passed = true;
            }
            if passed && at > 0 {
                cuts.push(x);
            }
        }
        (!cuts.is_empty()).then_some(cuts)
    }
}
