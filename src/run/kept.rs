//! Which rows are kept apart when models are tried: folds by chance, by value, or forward in time.
//!
//! In: the table in memory, the column of `--fold-by` or `--fold-time`, groups and labels. Out: the
//! folds, and what to say of them. Such a column is no feature.

use std::collections::{BTreeMap, BTreeSet};

use super::weights;
use crate::cli::Fitting;
use crate::error::{Error, Result, Unfit};
use crate::fit::split::{Folds, NOTHING};
use crate::fit::times::{self, Odd, Times};
use crate::mitigate::trial::NO_GROUP;
use crate::read::Source;
use crate::read::memory::{Held, Memory};

use super::frame::Rows;

/// Folds, and what else rows that belong together matter for.
pub struct Kept {
    /// Which rows are held out when.
    pub folds: Folds,
    /// The value of each row, where rows of one value stay together.
    pub values: Option<Vec<u32>>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// The column of `--fold-by` or `--fold-time`.
#[derive(Debug, Clone)]
pub struct Apart {
    /// Where it is.
    pub column: usize,
    /// What it is called.
    pub name: String,
    is_time: bool,
}

impl Apart {
    /// The column that was asked for.
    pub fn asked(source: &dyn Source, fitting: &Fitting) -> Result<Option<Self>> {
        let by = fitting.fold_by.as_ref().map(|name| (name, false));
        let time = fitting.fold_time.as_ref().map(|name| (name, true));
        let Some((name, is_time)) = by.or(time) else {
            return Ok(None);
        };
        let (column, name) = weights::id_column(source, name)?;
        Ok(Some(Self {
            column,
            name,
            is_time,
        }))
    }

    /// The folds.
    fn folds(&self, asked: &Asked, rows: &Rows, outcomes: &[Option<bool>]) -> Result<Kept> {
        let Asked { count, seed, .. } = *asked;
        let held = asked.memory.column(self.column);
        let counts: Vec<bool> = rows.weights.iter().map(|weight| *weight > 0.0).collect();
        if self.is_time {
            let times = held.map_or(Err(Odd::Neither), |held| times::times(held, asked.nulls));
            let times = times.map_err(|odd| self.no_time(odd))?;
            return self.forward(&times, &counts, count);
        }
        let (values, missing) = held.map_or_else(Default::default, |held| keys(held, asked.nulls));
        let counted = values.iter().zip(&counts).filter(|(_, counts)| **counts);
        let most = counted.map(|(value, _)| *value).collect::<BTreeSet<u32>>();
        self.enough(most.len(), most.len(), count)?;
        let labels = outcomes.iter().zip(&counts).map(|(y, counts)| match y {
            _ if !counts => NOTHING,
            y => y.map_or(2, u32::from),
        });
        let labels: Vec<u32> = labels.collect();
        let name = &self.name;
        let notes = (missing > 0).then(|| {
            format!("{missing} rows without a `{name}` are kept together, as if of one value")
        });
        Ok(Kept {
            folds: Folds::of_values(&values, &labels, count, seed),
            values: Some(values),
            notes: notes.into_iter().collect(),
        })
    }

    /// What is wrong with a column that is no time.
    fn no_time(&self, odd: Odd) -> Error {
        let column = self.name.clone();
        match odd {
            Odd::Neither => Error::Flag {
                flag: "--fold-time",
                value: column,
                problem: "it is neither all numbers nor all dates (2026-01-31)",
                remedy: "`--fold-by COL` keeps the rows of one value together, in any order"
                    .to_owned(),
            },
            Odd::Rounded => Error::Flag {
                flag: "--fold-time",
                value: column,
                problem: "it holds numbers from 2^53 on, which may be rounded",
                remedy: "name a column of dates, or of smaller numbers".to_owned(),
            },
            Odd::Cell {
                row,
                value,
                are_dates,
            } => Unfit::NoTime {
                column,
                row,
                value,
                what: if are_dates { "date" } else { "number" },
            }
            .into(),
        }
    }

    fn forward(&self, times: &Times, counts: &[bool], count: usize) -> Result<Kept> {
        let name = &self.name;
        let Times { ranks, unzoned } = times;
        let Some(folds) = Folds::forward(ranks, counts, count) else {
            let own = ranks.iter().zip(counts);
            let mut own: Vec<f64> = own
                .filter(|(time, counts)| !time.is_nan() && **counts)
                .map(|(time, _)| *time)
                .collect();
            own.sort_by(f64::total_cmp);
            own.dedup();
            self.enough(own.len(), own.len().saturating_sub(1), count)?;
            // There are enough, and there is a cut for each fold.
            return Err(Unfit::FewRows {
                rows: own.len(),
                folds: count,
            }
            .into());
        };
        let rows = |is_own: &dyn Fn(usize) -> bool| {
            let own = (0..ranks.len()).filter(|&row| counts[row] && is_own(row));
            own.count()
        };
        let missing = rows(&|row| ranks[row].is_nan());
        let first = rows(&|row| !ranks[row].is_nan() && !folds.is_ever_held(row as u32));
        let mut notes = vec![format!(
            "folds go forward in `{name}`: the first {first} rows are only learnt from, and \
             nothing is measured on them"
        )];
        if missing > 0 {
            notes.push(format!(
                "{missing} rows without a `{name}` are in no fold: not learnt from there, and \
                 nothing is measured on them"
            ));
        }
        if *unzoned > 0 {
            notes.push(format!(
                "`{name}` says no time zone in {unzoned} rows, and one in others: those without are \
                 taken for UTC"
            ));
        }
        Ok(Kept {
            folds,
            values: None,
            notes,
        })
    }

    fn enough(&self, values: usize, most: usize, folds: usize) -> Result<()> {
        if most >= folds {
            return Ok(());
        }
        let column = self.name.clone();
        Err(Unfit::FewValues {
            column,
            values,
            folds,
            most,
        }
        .into())
    }
}

/// What folds are made of.
pub struct Asked<'a> {
    /// The table.
    pub memory: &'a Memory<'a>,
    /// What counts as missing.
    pub nulls: &'a [String],
    /// How many.
    pub count: usize,
    /// What chance depends on.
    pub seed: u64,
}

/// The folds; by chance where no column was asked for, each with its share of every outcome that is
/// fitted to and every group.
pub fn kept(
    apart: Option<&Apart>,
    asked: &Asked,
    (rows, outcomes): (&Rows, &[Option<bool>]),
) -> Result<Kept> {
    if let Some(apart) = apart {
        return apart.folds(asked, rows, outcomes);
    }
    let strata = rows.groups.iter().zip(outcomes).map(|(&group, y)| {
        let group = if group == NO_GROUP {
            rows.names.len() as u32
        } else {
            group
        };
        // One label after the other: each is dealt out evenly, whatever the groups are.
        y.map_or(2, u32::from) * (rows.names.len() as u32 + 1) + group
    });
    Ok(Kept {
        folds: Folds::of_strata(&strata.collect::<Vec<u32>>(), asked.count, asked.seed),
        values: None,
        notes: Vec::new(),
    })
}

/// A number for each value, in the order in which rows first have them, and how many rows are
/// without; those have one number together.
fn keys(held: &Held, nulls: &[String]) -> (Vec<u32>, usize) {
    let mut known: BTreeMap<Option<u64>, u32> = BTreeMap::new();
    let own = |key: usize| match held {
        Held::Numbers(numbers) => Some(numbers[key].to_bits()).filter(|_| !numbers[key].is_nan()),
        Held::Codes(keys, values) => {
            let text = values[keys[key] as usize].as_deref();
            let is_there = text.is_some_and(|text| !crate::data::spelling::is_null(text, nulls));
            is_there.then(|| u64::from(keys[key]))
        }
    };
    let rows = match held {
        Held::Numbers(numbers) => numbers.len(),
        Held::Codes(keys, _) => keys.len(),
    };
    let mut missing = 0;
    let numbered = (0..rows).map(|row| {
        let own = own(row);
        missing += usize::from(own.is_none());
        let next = known.len() as u32;
        *known.entry(own).or_insert(next)
    });
    (numbered.collect(), missing)
}
