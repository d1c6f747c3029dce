//! Which rows are kept apart when models are tried: folds by chance, by value, or forward in time.
//!
//! In: the table in memory, the column of `--fold-by` or `--fold-time`, groups and labels. Out: the
//! folds, and what to say of them. Such a column is no feature.

use std::collections::BTreeMap;

use super::weights;
use crate::cli::Fitting;
use crate::error::{Error, Result, Unfit};
use crate::fit::features;
use crate::fit::split::Folds;
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
    name: String,
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
    fn folds(&self, asked: &Asked, rows: &Rows) -> Result<Kept> {
        let Asked { count, seed, .. } = *asked;
        let held = asked.memory.column(self.column);
        if self.is_time {
            let times = held.and_then(|held| features::times(held, asked.nulls));
            let times = times.ok_or_else(|| Error::Flag {
                flag: "--fold-time",
                value: self.name.clone(),
                problem: "it is neither all numbers nor all dates (2026-01-31)",
                remedy: "`--fold-by COL` keeps the rows of one value together, in any order"
                    .to_owned(),
            })?;
            return self.forward(&times, count);
        }
        let (values, missing) = held.map_or_else(Default::default, |held| keys(held, asked.nulls));
        let most = values.iter().max().map_or(0, |most| *most as usize + 1);
        self.enough(most, most, count)?;
        let labels: Vec<u32> = rows.y.iter().map(|y| y.map_or(2, u32::from)).collect();
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

    fn forward(&self, times: &[f64], count: usize) -> Result<Kept> {
        let name = &self.name;
        let Some(folds) = Folds::forward(times, count) else {
            let mut own: Vec<f64> = times
                .iter()
                .copied()
                .filter(|time| !time.is_nan())
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
        let missing = times.iter().filter(|time| time.is_nan()).count();
        let rows = 0..times.len() as u32;
        let first = rows.filter(|&row| !folds.is_ever_held(row)).count() - missing;
        let mut notes = vec![format!(
            "folds go forward in `{name}`: the first {first} rows are only learnt from, and no \
             scenario is measured on them"
        )];
        if missing > 0 {
            notes.push(format!(
                "{missing} rows without a `{name}` are in no fold: not learnt from there, and no \
                 scenario is measured on them"
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

/// The folds; by chance where no column was asked for, each with its share of every label and group.
pub fn kept(apart: Option<&Apart>, asked: &Asked, rows: &Rows) -> Result<Kept> {
    if let Some(apart) = apart {
        return apart.folds(asked, rows);
    }
    let strata = rows.groups.iter().zip(&rows.y).map(|(&group, y)| {
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
