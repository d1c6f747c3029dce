//! Features to a matrix of finite numbers, by what the training rows have.
//!
//! In: features, training rows and their weights. Out: an [`Encoder`], which makes a matrix of any
//! rows. Numbers are standardized, what is missing is the mean and a column that says so; texts are
//! a column a level but for the heaviest, rare and unseen ones are one level, `other`. All is by
//! weight: a row of weight 2 is the row twice.

use std::borrow::Borrow;

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::features::{Feature, Raw, Values};
use super::load::MOST_BYTES;
use super::terms::Terms;
use crate::error::{Result, Unfit};

/// Columns of a matrix at most.
pub const MOST_COLUMNS: usize = 1_000;
/// Levels of a feature at most, and what they are lowered to where the matrix would be too wide.
const LEVELS: [usize; 5] = [100, 50, 20, 10, 5];
/// Words of a text for each level that a feature may have.
const WORDS: usize = 5;
/// A level of less than this share of the weight is rare.
const RARE: f64 = 0.005;
/// Rows that one task encodes.
const CHUNK: usize = 4096;
const NO_SLOT: u32 = u32::MAX;

/// How one feature becomes columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Part {
    /// Standardized: `(x / unit − middle) / scale`, and a column that says where it is missing.
    Number {
        /// Divided by first, so that no square is too large.
        unit: f64,
        middle: f64,
        scale: f64,
        has_missing: bool,
    },
    /// A column for each level in order (`null` is missing), then one of the rest, if there is one.
    Levels {
        levels: Vec<Option<String>>,
        /// The level that has no column.
        baseline: Option<String>,
        has_other: bool,
    },
    /// A column for each word.
    Words(Terms),
    /// The same for all training rows.
    Nothing,
}

/// How a feature is encoded, for those who ask what a change of it does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Coded<'a> {
    /// A column of `(x / unit − middle) / scale`.
    Number {
        /// Which.
        column: usize,
        /// Divided by first.
        unit: f64,
        /// Then subtracted.
        middle: f64,
        /// Then divided by.
        scale: f64,
    },
    /// A column for each level in order, from the first on; the baseline has none.
    Levels {
        /// Which.
        column: usize,
        /// They.
        levels: &'a [Option<String>],
        /// The one without a column.
        baseline: Option<&'a str>,
        /// Whether the column behind them is that of all others; else those have none.
        has_other: bool,
    },
    /// No column.
    Nothing,
}

/// What makes a matrix.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Encoder {
    /// Of each feature its first column, and how it becomes columns.
    parts: Vec<(usize, Part)>,
    /// What the columns are called.
    pub names: Vec<String>,
    /// What was left out or put together.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Encoder {
    /// Looks at the training rows; `weights` are those of the whole table.
    pub fn fit(features: &[Feature], rows: &[u32], weights: &[f64]) -> Result<Self> {
        if features.is_empty() {
            return Err(Unfit::NoFeatures.into());
        }
        let mut fitted = Self::with(features, rows, weights, LEVELS[0]);
        for most in &LEVELS[1..] {
            if fitted.names.len() <= MOST_COLUMNS {
                break;
            }
            fitted = Self::with(features, rows, weights, *most);
        }
        let columns = fitted.names.len();
        if columns > MOST_COLUMNS {
            let most = MOST_COLUMNS;
            return Err(Unfit::Wide { columns, most }.into());
        }
        if columns == 0 {
            return Err(Unfit::NoFeatures.into());
        }
        Ok(fitted)
    }

    fn with(features: &[Feature], rows: &[u32], weights: &[f64], most: usize) -> Self {
        let fit = |feature: &Feature| match &feature.raw {
            Raw::Numbers(numbers) => number(&feature.name, numbers, rows, weights),
            Raw::Texts(keys, values) => {
                let mut sums = vec![0.0; values.len()];
                for &row in rows {
                    sums[keys[row as usize] as usize] += weights[row as usize];
                }
                let names: Vec<Option<&str>> = values.iter().map(|v| v.as_deref()).collect();
                if feature.values == Values::Words {
                    return worded(&feature.name, &names, &sums, most);
                }
                levels(&feature.name, &names, &sums, most)
            }
        };
        let fitted: Vec<_> = features.par_iter().map(fit).collect();
        let mut all = Self {
            parts: Vec::new(),
            names: Vec::new(),
            notes: Vec::new(),
        };
        let mut constant = Vec::new();
        for (feature, (part, names, note)) in features.iter().zip(fitted) {
            if names.is_empty() && note.is_none() {
                constant.push(format!("`{}`", feature.name));
            }
            all.parts.push((all.names.len(), part));
            all.names.extend(names);
            all.notes.extend(note);
        }
        if !constant.is_empty() {
            let names = crate::error::few(&constant);
            all.notes.push(format!(
                "left out of the features, the same in every row: {names}"
            ));
        }
        all
    }

    /// Whether it is one of features like these; it may come from a file that anyone wrote.
    pub fn fits(&self, features: impl ExactSizeIterator<Item = Values>) -> bool {
        let mut next = 0;
        let is_next = |((first, part), values): (&(usize, Part), Values)| {
            let is_there = *first == next;
            next += part.width();
            is_there && part.is_of(values)
        };
        let is_counted = features.len() == self.parts.len();
        let are_next = self.parts.iter().zip(features).all(is_next);
        is_counted && are_next && next == self.names.len() && next <= MOST_COLUMNS
    }

    /// How a feature is encoded, by its number.
    pub fn coded(&self, feature: usize) -> Coded<'_> {
        match self.parts.get(feature) {
            Some((
                column,
                Part::Number {
                    unit,
                    middle,
                    scale,
                    ..
                },
            )) => Coded::Number {
                column: *column,
                unit: *unit,
                middle: *middle,
                scale: *scale,
            },
            Some((
                column,
                Part::Levels {
                    levels,
                    baseline,
                    has_other,
                },
            )) => Coded::Levels {
                column: *column,
                levels,
                has_other: *has_other,
                baseline: baseline.as_deref(),
            },
            _ => Coded::Nothing,
        }
    }

    /// The feature that each column is of.
    pub fn of(&self) -> Vec<usize> {
        let parts = self.parts.iter().enumerate();
        parts
            .flat_map(|(feature, (_, part))| std::iter::repeat_n(feature, part.width()))
            .collect()
    }

    /// The matrix of some rows.
    pub fn matrix<F: Borrow<Feature> + Sync>(
        &self,
        features: &[F],
        rows: &[u32],
    ) -> Result<Array2<f64>> {
        let width = self.names.len();
        if rows.len().saturating_mul(width).saturating_mul(8) > MOST_BYTES {
            return Err(Unfit::Large {
                most: MOST_BYTES >> 20,
            }
            .into());
        }
        let texts: Vec<Texts> = self
            .parts
            .iter()
            .zip(features)
            .map(|((_, part), feature)| part.texts(&feature.borrow().raw, rows))
            .collect();
        let mut cells = vec![0.0; rows.len() * width];
        cells
            .par_chunks_mut((CHUNK * width).max(1))
            .zip(rows.par_chunks(CHUNK))
            .for_each(|(cells, rows)| {
                let parts = self.parts.iter().zip(features).zip(&texts);
                for (((first, part), feature), texts) in parts {
                    for (at, &row) in rows.iter().enumerate() {
                        let cells = &mut cells[at * width + first..];
                        part.put(&feature.borrow().raw, texts, row as usize, cells);
                    }
                }
            });
        let shape = Unfit::Shape {
            rows: rows.len(),
            labels: 0,
            weights: 0,
        };
        Array2::from_shape_vec((rows.len(), width), cells).map_err(|_| shape.into())
    }
}

impl Part {
    /// How many columns it makes.
    fn width(&self) -> usize {
        match self {
            Self::Number { has_missing, .. } => 1 + usize::from(*has_missing),
            Self::Levels {
                levels, has_other, ..
            } => levels.len() + usize::from(*has_other),
            Self::Words(terms) => terms.width(),
            Self::Nothing => 0,
        }
    }

    /// Whether it can encode such values.
    fn is_of(&self, values: Values) -> bool {
        match self {
            Self::Number {
                unit,
                middle,
                scale,
                ..
            } => {
                let is_scale = |x: f64| x.is_finite() && x > 0.0;
                let is_number = matches!(values, Values::Number | Values::Date);
                is_number && is_scale(*unit) && is_scale(*scale) && middle.is_finite()
            }
            Self::Levels { levels, .. } => {
                values == Values::Text && levels.windows(2).all(|pair| pair[0] < pair[1])
            }
            Self::Words(terms) => values == Values::Words && terms.is_valid(),
            Self::Nothing => true,
        }
    }

    /// What each text of these rows becomes.
    fn texts(&self, raw: &Raw, rows: &[u32]) -> Texts {
        match (self, raw) {
            (Self::Words(terms), Raw::Texts(keys, values)) => {
                let mut is_used = vec![false; values.len()];
                for &row in rows {
                    is_used[keys[row as usize] as usize] = true;
                }
                let of = |(text, is_used): (&Option<Box<str>>, &bool)| match is_used {
                    true => terms.numbers(text.as_deref()),
                    false => Vec::new(),
                };
                Texts::Numbers(values.par_iter().zip(&is_used).map(of).collect())
            }
            _ => Texts::Slots(self.slots(raw)),
        }
    }

    /// The column of each text by its key, from the first of the feature.
    fn slots(&self, raw: &Raw) -> Vec<u32> {
        let (
            Self::Levels {
                levels,
                baseline,
                has_other,
            },
            Raw::Texts(_, values),
        ) = (self, raw)
        else {
            return Vec::new();
        };
        let other = if *has_other {
            levels.len() as u32
        } else {
            NO_SLOT
        };
        let slot = |value: &Option<Box<str>>| {
            let value = value.as_deref();
            let found = levels.binary_search_by(|level| level.as_deref().cmp(&value));
            match found {
                Ok(at) => at as u32,
                Err(_) if baseline.as_deref() == value => NO_SLOT,
                Err(_) => other,
            }
        };
        values.iter().map(slot).collect()
    }

    /// Writes the columns of one row.
    fn put(&self, raw: &Raw, texts: &Texts, row: usize, cells: &mut [f64]) {
        match (self, raw, texts) {
            (
                Self::Number {
                    unit,
                    middle,
                    scale,
                    has_missing,
                },
                Raw::Numbers(numbers),
                _,
            ) => {
                let x = numbers[row];
                if x.is_finite() {
                    // Rows that no training row is like stay finite.
                    cells[0] = ((x / unit - middle) / scale).clamp(-1e9, 1e9);
                } else if *has_missing {
                    cells[1] = 1.0;
                }
            }
            (Self::Words(_), Raw::Texts(keys, _), Texts::Numbers(texts)) => {
                for &(slot, x) in &texts[keys[row] as usize] {
                    cells[slot as usize] = x;
                }
            }
            (Self::Levels { .. }, Raw::Texts(keys, _), Texts::Slots(slots)) => {
                let slot = slots[keys[row] as usize];
                if slot != NO_SLOT {
                    cells[slot as usize] = 1.0;
                }
            }
            _ => {}
        }
    }
}

/// What texts become, by key.
enum Texts {
    /// The column that is 1.
    Slots(Vec<u32>),
    /// Columns and their numbers.
    Numbers(Vec<Vec<(u32, f64)>>),
}

/// Prose; `most` is how many levels a feature may have.
fn worded(name: &str, texts: &[Option<&str>], sums: &[f64], most: usize) -> Encoded {
    let (terms, frequent) = Terms::fit(texts, sums, WORDS * most);
    if terms.is_empty() {
        let note = format!("`{name}` is left out of the features: each of its words is rare");
        return (Part::Nothing, Vec::new(), Some(note));
    }
    let (names, note) = (terms.names(name), terms.said(name, frequent));
    (Part::Words(terms), names, Some(note))
}

type Encoded = (Part, Vec<String>, Option<String>);

fn number(name: &str, numbers: &[f64], rows: &[u32], weights: &[f64]) -> Encoded {
    let there = || {
        let all = rows
            .iter()
            .map(|&row| (numbers[row as usize], weights[row as usize]));
        all.filter(|(x, w)| x.is_finite() && *w > 0.0)
    };
    let largest = there().map(|(x, _)| x.abs()).fold(0.0, f64::max);
    let unit = if largest > 1e100 { largest } else { 1.0 };
    let total: f64 = there().map(|(_, w)| w).sum();
    let first = there().next().map_or(0.0, |(x, _)| x);
    if total <= 0.0 || there().all(|(x, _)| x == first) {
        return (Part::Nothing, Vec::new(), None);
    }
    let middle = there().map(|(x, w)| w / total * (x / unit)).sum::<f64>();
    let square = there()
        .map(|(x, w)| w / total * (x / unit - middle).powi(2))
        .sum::<f64>();
    let scale = square.sqrt();
    if !(scale > 0.0 && middle.is_finite() && scale.is_finite()) {
        return (Part::Nothing, Vec::new(), None);
    }
    let is_missing = |&row: &u32| !numbers[row as usize].is_finite() && weights[row as usize] > 0.0;
    let has_missing = rows.iter().any(is_missing);
    let mut names = vec![name.to_owned()];
    if has_missing {
        names.push(format!("{name} is missing"));
    }
    let part = Part::Number {
        unit,
        middle,
        scale,
        has_missing,
    };
    (part, names, None)
}

fn levels(name: &str, values: &[Option<&str>], sums: &[f64], most: usize) -> Encoded {
    let total: f64 = sums.iter().sum();
    // Several keys may mean the missing value.
    let mut by_level: std::collections::BTreeMap<Option<&str>, f64> =
        std::collections::BTreeMap::new();
    for (value, sum) in values.iter().zip(sums).filter(|(_, sum)| **sum > 0.0) {
        *by_level.entry(*value).or_insert(0.0) += sum;
    }
    let seen = by_level.len();
    let mut kept: Vec<(Option<&str>, f64)> = by_level
        .into_iter()
        .filter(|(_, sum)| *sum >= RARE * total)
        .collect();
    // The heaviest first, the first in order among equals.
    kept.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    kept.truncate(most);
    if kept.is_empty() && seen > 0 {
        let note =
            format!("`{name}` is left out of the features: each of its {seen} levels is rare");
        return (Part::Nothing, Vec::new(), Some(note));
    }
    let has_other = seen > kept.len();
    let mut own: Vec<Option<&str>> = kept.iter().skip(1).map(|(level, _)| *level).collect();
    own.sort_unstable();
    let Some(baseline) = kept.first().map(|(level, _)| *level) else {
        return (Part::Nothing, Vec::new(), None);
    };
    let said = |level: Option<&str>| match level {
        Some(text) => format!("{name}={text}"),
        None => format!("{name} is missing"),
    };
    let mut names: Vec<String> = own.iter().copied().map(said).collect();
    if has_other {
        names.push(format!("{name}: other"));
    }
    let rare = seen - kept.len();
    let note = (has_other && rare > 1)
        .then(|| format!("`{name}`: {rare} of {seen} levels are rare and count as one, `other`"));
    let part = Part::Levels {
        levels: own
            .into_iter()
            .map(|level| level.map(str::to_owned))
            .collect(),
        baseline: baseline.map(str::to_owned),
        has_other,
    };
    (part, names, note)
}
