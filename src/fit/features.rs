//! Which columns a model may see, and as what.
//!
//! In: a table in memory and the plan of its roles. Out: the columns that are features, numbers or
//! text, and what was left out and why. Sensitive columns are no features unless asked for; the
//! label, decisions, scores and weights never are.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dates;
use crate::data::batch::NULL;
use crate::data::{self, Column, Keys, Kind, Plan, spelling};
use crate::read::memory::{Held, Memory};
use crate::read::{Source, text_of_float};

/// From so many rows on a column can look like an identifier.
const ROWS: usize = 50;
/// Texts of so many words on average are prose, of fewer they are identifiers.
const WORDS: usize = 4;
/// A text is an identifier, or prose, where more than this share of its values occur once only.
const DISTINCT: f64 = 0.9;

const NO_VALUES: &str = "no values";
const PROSE: &str = "prose";

/// A column of the whole table.
#[derive(Debug, Clone)]
pub enum Raw {
    /// Numbers, `NaN` where there is none.
    Numbers(Vec<f64>),
    /// Keys into texts.
    Texts(Vec<u32>, Arc<data::Values>),
}

/// What the values of a feature are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// Numbers.
    Number,
    /// Dates, as days.
    Date,
    /// Texts, each a level.
    Text,
    /// Texts of words.
    Words,
}

/// A feature: its name, and the column.
#[derive(Debug, Clone)]
pub struct Feature {
    /// The column's name.
    pub name: String,
    /// What its values are.
    pub values: Values,
    /// Its values.
    pub raw: Raw,
}

impl Feature {
    /// A number of this feature in words: a date is said as one.
    pub fn said(&self, number: f64) -> String {
        let date = (self.values == Values::Date).then(|| dates::said(number));
        date.flatten().unwrap_or_else(|| number.to_string())
    }
}

/// What a model may see.
#[derive(Debug, Clone, Default)]
pub struct Features {
    /// In file order.
    pub list: Vec<Feature>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// The features of a table.
pub fn features(
    memory: &Memory,
    plan: &Plan,
    (with_sensitive, words): (bool, &[String]),
    is_out: impl Fn(usize) -> bool,
) -> Features {
    let mut features = Features::default();
    let mut left: Vec<(String, &str)> = Vec::new();
    for column in 0..memory.own() {
        let field = &memory.columns()[column];
        if is_out(column) || has_role(plan, column, with_sensitive) {
            continue;
        }
        let Some(held) = memory.column(column) else {
            if let Kind::Other(_) = field.kind {
                left.push((field.name.clone(), "no plain values"));
            }
            continue;
        };
        let is_words = words.contains(&field.name);
        let (values, raw) = match held {
            Held::Codes(keys, values) if is_words => {
                (Values::Words, texts(keys, values, &plan.nulls))
            }
            _ => raw(held, &plan.nulls, is_numeric(&field.kind)),
        };
        match odd(&raw, &field.name).filter(|why| !is_words || *why == NO_VALUES) {
            Some(why) => left.push((field.name.clone(), why)),
            None => features.list.push(Feature {
                name: field.name.clone(),
                values,
                raw,
            }),
        }
    }
    for why in ["no plain values", NO_VALUES, PROSE, "an identifier"] {
        let names: Vec<String> = left
            .iter()
            .filter(|(_, own)| *own == why)
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        if !names.is_empty() {
            let names = crate::error::few(&names);
            features.notes.push(match why {
                "an identifier" => format!("left out of the features as identifiers: {names}"),
                PROSE => format!(
                    "left out of the features as prose: {names}; `--text COL` predicts from its words"
                ),
                _ => format!("left out of the features, with {why}: {names}"),
            });
        }
    }
    features
}

fn is_numeric(kind: &Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Float | Kind::Decimal)
}

/// Whether a column has a part that a feature cannot have.
pub fn has_role(plan: &Plan, column: usize, with_sensitive: bool) -> bool {
    use crate::data::Role;
    let is_split = plan
        .splits
        .iter()
        .any(|split| split.column == column && split.role == Role::Sensitive);
    let outcomes = plan.label.iter().any(|label| label.column == column);
    let decided = plan
        .decisions
        .iter()
        .any(|decision| decision.column() == column);
    let numbers = [&plan.score, &plan.weight, &plan.count];
    let counted = numbers.into_iter().flatten().any(|(at, _)| *at == column);
    is_split && !with_sensitive || outcomes || decided || counted
}

/// A column as numbers where it is numbers or dates.
fn raw(held: &Held, nulls: &[String], is_number: bool) -> (Values, Raw) {
    let finite = |x: f64| if x.is_finite() { x } else { f64::NAN };
    match held {
        Held::Numbers(numbers) => {
            let numbers = numbers.iter().map(|&x| finite(x)).collect();
            (Values::Number, Raw::Numbers(numbers))
        }
        Held::Codes(keys, values) => {
            let is_there = |text: &&str| !spelling::is_null(text, nulls);
            let all = |number: &dyn Fn(&str) -> Option<f64>| -> Option<Vec<f64>> {
                let texts = values.iter().map(|value| value.as_deref().filter(is_there));
                texts.map(|text| text.map_or(Some(NULL), number)).collect()
            };
            let some = values.iter().flatten().any(|text| is_there(&&**text));
            let number = |text: &str| text.trim().parse::<f64>().ok();
            let dates = all(&dates::days).map(|days| (Values::Date, days));
            let made = dates.or_else(|| {
                let numbers = is_number.then(|| all(&number)).flatten();
                numbers.map(|numbers| (Values::Number, numbers))
            });
            if let Some((kind, by_key)) = made.filter(|_| some) {
                let numbers = keys.iter().map(|&key| finite(by_key[key as usize]));
                return (kind, Raw::Numbers(numbers.collect()));
            }
            (Values::Text, texts(keys, values, nulls))
        }
    }
}

/// A column of the table as a feature of these values, whatever it is held as; what cannot be one
/// is missing. None where the column was not loaded.
pub fn known(memory: &Memory, column: usize, values: Values, nulls: &[String]) -> Option<Feature> {
    let finite = |x: f64| if x.is_finite() { x } else { f64::NAN };
    let held = memory.column(column)?;
    let raw = match (values, held) {
        (Values::Number, _) => {
            let numbers = memory.numbers(column, nulls)?;
            Raw::Numbers(numbers.into_iter().map(finite).collect())
        }
        (Values::Date, Held::Codes(keys, texts)) => {
            let day = |text: &Option<Box<str>>| {
                let days = text.as_deref().and_then(dates::days);
                days.unwrap_or(f64::NAN)
            };
            let days: Vec<f64> = texts.iter().map(day).collect();
            Raw::Numbers(keys.iter().map(|&key| days[key as usize]).collect())
        }
        (Values::Date, Held::Numbers(numbers)) => Raw::Numbers(vec![f64::NAN; numbers.len()]),
        (Values::Text | Values::Words, Held::Codes(keys, values)) => texts(keys, values, nulls),
        (Values::Text | Values::Words, Held::Numbers(numbers)) => {
            let said = |&x: &f64| (!x.is_nan()).then(|| text_of_float(x).into_boxed_str());
            let texts = numbers.iter().map(said).collect();
            Raw::Texts((0..numbers.len() as u32).collect(), Arc::new(texts))
        }
    };
    let name = memory.columns()[column].name.clone();
    Some(Feature { name, values, raw })
}

/// Columns as a program is sent them, in this order: numbers where they look like numbers and all
/// are, else texts. None is left out, and columns that were not loaded are none.
pub fn sent(memory: &Memory, columns: &[usize], looks: &[bool], nulls: &[String]) -> Vec<Feature> {
    let of = |&column: &usize| {
        let looks_numeric = is_numeric(&memory.columns()[column].kind)
            || looks.get(column).copied().unwrap_or(false);
        let is_number =
            |text: &str| spelling::is_null(text, nulls) || text.trim().parse::<f64>().is_ok();
        let are_numbers = match memory.column(column)? {
            Held::Numbers(_) => true,
            Held::Codes(_, texts) => texts.iter().flatten().all(|text| is_number(text)),
        };
        let values = if looks_numeric && are_numbers {
            Values::Number
        } else {
            Values::Text
        };
        known(memory, column, values, nulls)
    };
    columns.iter().filter_map(of).collect()
}

/// A column of texts, without those that are missing.
fn texts(keys: &[u32], values: &data::Values, nulls: &[String]) -> Raw {
    let is_there = |text: &str| !spelling::is_null(text, nulls);
    let texts = values.iter();
    let texts = texts.map(|value| value.clone().filter(|text| is_there(text)));
    Raw::Texts(keys.to_vec(), Arc::new(texts.collect()))
}

/// A column of a batch as a feature of these values; what cannot be one is missing.
pub fn of_batch(column: &Column, values: Values, nulls: &[String]) -> Raw {
    let finite = |x: f64| if x.is_finite() { x } else { f64::NAN };
    match column {
        Column::Numbers(numbers) => Raw::Numbers(numbers.iter().map(|&x| finite(x)).collect()),
        Column::Codes(codes) => {
            let is_there = |text: &&str| !spelling::is_null(text, nulls);
            let keys: Vec<u32> = match &codes.keys {
                Keys::U8(keys) => keys.iter().map(|&key| u32::from(key)).collect(),
                Keys::U32(keys) => keys.clone(),
            };
            let texts = codes
                .values
                .iter()
                .map(|value| value.as_deref().filter(is_there));
            if matches!(values, Values::Text | Values::Words) {
                let texts = texts.map(|text| text.map(Box::from)).collect();
                return Raw::Texts(keys, Arc::new(texts));
            }
            let days: Vec<f64> = texts
                .map(|text| text.and_then(dates::days).unwrap_or(f64::NAN))
                .collect();
            Raw::Numbers(keys.iter().map(|&key| days[key as usize]).collect())
        }
    }
}

/// Why a column is no feature.
fn odd(raw: &Raw, name: &str) -> Option<&'static str> {
    match raw {
        Raw::Numbers(numbers) => {
            let there: Vec<f64> = numbers.iter().copied().filter(|x| x.is_finite()).collect();
            if there.is_empty() {
                return Some(NO_VALUES);
            }
            let is_whole = there.len() >= ROWS && there.iter().all(|x| x.fract() == 0.0);
            let rises = |pair: &[f64]| pair[0] < pair[1];
            let is_row = is_whole && there.windows(2).all(rises);
            (is_row || is_whole && is_named(name) && are_distinct(&there))
                .then_some("an identifier")
        }
        Raw::Texts(keys, values) => {
            let mut rows = vec![0_usize; values.len()];
            for &key in keys {
                rows[key as usize] += 1;
            }
            let there = || rows.iter().zip(values.iter()).filter(|(_, v)| v.is_some());
            let all: usize = there().map(|(n, _)| n).sum();
            let once = there().filter(|(n, _)| **n == 1).count();
            if all == 0 {
                return Some(NO_VALUES);
            }
            let words = |text: &str| text.split_whitespace().count();
            let is_odd = all >= ROWS && once as f64 > DISTINCT * all as f64;
            let said: usize = there()
                .flat_map(|(_, text)| text)
                .map(|text| words(text))
                .sum();
            let is_prose = said >= WORDS * values.len();
            is_odd.then_some(if is_prose { PROSE } else { "an identifier" })
        }
    }
}

fn are_distinct(numbers: &[f64]) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}

fn is_named(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    name == "id" || name.ends_with("_id") || name.ends_with(" id") || name.ends_with("-id")
}
