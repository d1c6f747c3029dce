//! Arrow arrays of any type to columns of codes and numbers, stretch by stretch.
//!
//! The way of every column that has no faster one: Arrow IPC, and the encodings and types of
//! Parquet that `pages` does not read.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, UInt64Array};
use arrow::compute::take;
use arrow::datatypes::{self as types, ArrowPrimitiveType, DataType, TimeUnit};

use super::keys::{Interner, Unfit, narrow};
use super::kinds::type_name;
use super::{Shape, Want, numbers, written};
use crate::data::batch::NULL;
use crate::data::{Codes, Column, Keys, limits};
use crate::error::Problem;

/// Why a column could not be made.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The file is damaged.
    Corrupt(String),
    /// The value at this row of the batch is not what it should be.
    Row(usize, Problem),
    /// The whole column is not.
    Column(Problem),
}

impl From<String> for Fault {
    fn from(what: String) -> Self {
        Self::Corrupt(what)
    }
}

impl From<&str> for Fault {
    fn from(what: &str) -> Self {
        Self::Corrupt(what.to_owned())
    }
}

impl From<Unfit> for Fault {
    fn from(unfit: Unfit) -> Self {
        Self::Column(match unfit {
            Unfit::NotText => return Self::from("a text that is not UTF-8"),
            Unfit::Long(bytes) => Problem::LongName {
                bytes,
                most: limits::GROUP_BYTES,
            },
            Unfit::Much => Problem::ManyValues {
                most: limits::VALUES,
            },
        })
    }
}

/// A column that is being put together from arrays.
pub struct Gather {
    shape: Shape,
    nulls: Arc<[String]>,
    interner: Interner,
    keys: Vec<u32>,
    numbers: Vec<f64>,
    /// The dictionary met last, and what its entries are where they were needed.
    dictionary: Option<ArrayRef>,
    entry_keys: Vec<u32>,
    entry_numbers: Vec<f64>,
    known: Vec<bool>,
}

impl Gather {
    /// An empty column.
    pub fn new(want: &Want) -> Self {
        Self {
            shape: want.shape,
            nulls: Arc::clone(&want.nulls),
            interner: Interner::default(),
            keys: Vec::new(),
            numbers: Vec::new(),
            dictionary: None,
            entry_keys: Vec::new(),
            entry_numbers: Vec::new(),
            known: Vec::new(),
        }
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        match self.shape {
            Shape::Codes => self.keys.len(),
            Shape::Numbers => self.numbers.len(),
        }
    }

    /// Adds the rows of an array; the row of a fault is one of the whole column's.
    pub fn add(&mut self, array: &dyn Array) -> Result<(), Fault> {
        let before = self.rows();
        if let DataType::Dictionary(..) = array.data_type() {
            return self.add_dictionary(array);
        }
        match self.shape {
            Shape::Codes => keys_of(&mut self.interner, array, &mut self.keys),
            Shape::Numbers => {
                numbers_of(array, &self.nulls, &mut self.numbers).map_err(|fault| match fault {
                    Fault::Row(row, problem) => Fault::Row(before + row, problem),
                    other => other,
                })
            }
        }
    }

    /// Ends a batch: puts the column into `out`, whose room is used again.
    pub fn finish(&mut self, out: &mut Column) {
        match self.shape {
            Shape::Codes => {
                let mut keys = match std::mem::replace(out, Column::Numbers(Vec::new())) {
                    Column::Codes(codes) => codes.keys,
                    Column::Numbers(_) => Keys::U8(Vec::new()),
                };
                let values = self.interner.values();
                narrow(&self.keys, values.len(), &mut keys);
                *out = Column::Codes(Codes { keys, values });
                self.keys.clear();
                if self.interner.renew() {
                    self.dictionary = None;
                }
            }
            Shape::Numbers => {
                let mut room = match std::mem::replace(out, Column::Numbers(Vec::new())) {
                    Column::Numbers(room) => room,
                    Column::Codes(_) => Vec::new(),
                };
                std::mem::swap(&mut room, &mut self.numbers);
                self.numbers.clear();
                *out = Column::Numbers(room);
            }
        }
    }

    fn add_dictionary(&mut self, array: &dyn Array) -> Result<(), Fault> {
        let dictionary = array.as_any_dictionary();
        let values = dictionary.values();
        if values.is_empty() {
            self.add_missing(array.len());
            return Ok(());
        }
        if !self
            .dictionary
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, values))
        {
            self.dictionary = Some(Arc::clone(values));
            self.known.clear();
            self.known.resize(values.len(), false);
            self.entry_keys.clear();
            self.entry_numbers.clear();
        }
        let entries = dictionary.normalized_keys();
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        let present = |row: usize| nulls.is_none_or(|nulls| nulls.is_valid(row));
        let mut fresh = Vec::new();
        for (row, &entry) in entries.iter().enumerate() {
            if present(row) && !std::mem::replace(&mut self.known[entry], true) {
                fresh.push(entry);
            }
        }
        if !fresh.is_empty() {
            self.learn(values, &fresh, &entries)?;
        }
        match self.shape {
            Shape::Codes if nulls.is_none() => {
                self.keys
                    .extend(entries.iter().map(|&entry| self.entry_keys[entry]));
            }
            Shape::Codes => {
                let missing = self.interner.missing();
                let key = |(row, &entry): (usize, &usize)| {
                    if present(row) {
                        self.entry_keys[entry]
                    } else {
                        missing
                    }
                };
                self.keys.extend(entries.iter().enumerate().map(key));
            }
            Shape::Numbers => {
                let number = |(row, &entry): (usize, &usize)| {
                    if present(row) {
                        self.entry_numbers[entry]
                    } else {
                        NULL
                    }
                };
                self.numbers.extend(entries.iter().enumerate().map(number));
            }
        }
        Ok(())
    }

    /// Finds out what entries of the dictionary are, which were not needed before.
    fn learn(
        &mut self,
        values: &ArrayRef,
        fresh: &[usize],
        entries: &[usize],
    ) -> Result<(), Fault> {
        let indices: UInt64Array = fresh.iter().map(|&entry| Some(entry as u64)).collect();
        let taken = take(values, &indices, None).map_err(|e| Fault::Corrupt(e.to_string()))?;
        match self.shape {
            Shape::Codes => {
                let mut keys = Vec::with_capacity(fresh.len());
                keys_of(&mut self.interner, &taken, &mut keys)?;
                self.entry_keys.resize(values.len(), 0);
                for (&entry, key) in fresh.iter().zip(keys) {
                    self.entry_keys[entry] = key;
                }
            }
            Shape::Numbers => {
                let mut numbers = Vec::with_capacity(fresh.len());
                let before = self.numbers.len();
                numbers_of(&taken, &self.nulls, &mut numbers).map_err(|fault| match fault {
                    Fault::Row(at, problem) => {
                        let row = entries.iter().position(|&entry| entry == fresh[at]);
                        Fault::Row(before + row.unwrap_or(0), problem)
                    }
                    other => other,
                })?;
                self.entry_numbers.resize(values.len(), NULL);
                for (&entry, number) in fresh.iter().zip(numbers) {
                    self.entry_numbers[entry] = number;
                }
            }
        }
        Ok(())
    }

    fn add_missing(&mut self, rows: usize) {
        match self.shape {
            Shape::Codes => {
                let missing = self.interner.missing();
                self.keys.resize(self.keys.len() + rows, missing);
            }
            Shape::Numbers => self.numbers.resize(self.numbers.len() + rows, NULL),
        }
    }
}

/// Runs an expression for the primitive type of an array that is stored as at most 64 whole bits.
macro_rules! with_whole {
    ($array:expr, $use:ident, $($rest:expr),* ; else $otherwise:expr) => {
        match $array.data_type() {
            DataType::Int8 => $use::<types::Int8Type>($array, |v| v.into(), $($rest),*),
            DataType::Int16 => $use::<types::Int16Type>($array, |v| v.into(), $($rest),*),
            DataType::Int32 => $use::<types::Int32Type>($array, |v| v.into(), $($rest),*),
            DataType::Int64 => $use::<types::Int64Type>($array, |v| v, $($rest),*),
            DataType::UInt8 => $use::<types::UInt8Type>($array, |v| v.into(), $($rest),*),
            DataType::UInt16 => $use::<types::UInt16Type>($array, |v| v.into(), $($rest),*),
            DataType::UInt32 => $use::<types::UInt32Type>($array, |v| v.into(), $($rest),*),
            DataType::UInt64 => $use::<types::UInt64Type>($array, |v| v as i64, $($rest),*),
            DataType::Decimal32(..) => {
                $use::<types::Decimal32Type>($array, |v| v.into(), $($rest),*)
            }
            DataType::Decimal64(..) => $use::<types::Decimal64Type>($array, |v| v, $($rest),*),
            DataType::Date32 => $use::<types::Date32Type>($array, |v| v.into(), $($rest),*),
            DataType::Date64 => $use::<types::Date64Type>($array, |v| v, $($rest),*),
            DataType::Time32(TimeUnit::Second) => {
                $use::<types::Time32SecondType>($array, |v| v.into(), $($rest),*)
            }
            DataType::Time32(_) => {
                $use::<types::Time32MillisecondType>($array, |v| v.into(), $($rest),*)
            }
            DataType::Time64(TimeUnit::Microsecond) => {
                $use::<types::Time64MicrosecondType>($array, |v| v, $($rest),*)
            }
            DataType::Time64(_) => {
                $use::<types::Time64NanosecondType>($array, |v| v, $($rest),*)
            }
            DataType::Timestamp(TimeUnit::Second, _) => {
                $use::<types::TimestampSecondType>($array, |v| v, $($rest),*)
            }
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                $use::<types::TimestampMillisecondType>($array, |v| v, $($rest),*)
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                $use::<types::TimestampMicrosecondType>($array, |v| v, $($rest),*)
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                $use::<types::TimestampNanosecondType>($array, |v| v, $($rest),*)
            }
            _ => $otherwise,
        }
    };
}

/// Adds the key of each row that has a value, by `key`, else of the missing value.
fn each_key<T: Copy>(
    interner: &mut Interner,
    rows: impl Iterator<Item = Option<T>>,
    keys: &mut Vec<u32>,
    key: impl Fn(&mut Interner, T) -> Result<u32, Unfit>,
) -> Result<(), Fault> {
    for row in rows {
        keys.push(match row {
            Some(value) => key(interner, value)?,
            None => interner.missing(),
        });
    }
    Ok(())
}

fn whole_keys<T: ArrowPrimitiveType>(
    array: &dyn Array,
    widen: impl Fn(T::Native) -> i64,
    interner: &mut Interner,
    keys: &mut Vec<u32>,
) -> Result<(), Fault> {
    let data_type = array.data_type();
    each_key(
        interner,
        array.as_primitive::<T>().iter(),
        keys,
        |interner, value| {
            let value = widen(value);
            interner.number(value as u64, || written::whole(value, data_type))
        },
    )
}

fn keys_of(interner: &mut Interner, array: &dyn Array, keys: &mut Vec<u32>) -> Result<(), Fault> {
    keys.reserve(array.len());
    let text = |interner: &mut Interner, text: &str| interner.text(text);
    match array.data_type() {
        DataType::Null => {
            let missing = interner.missing();
            keys.resize(keys.len() + array.len(), missing);
            Ok(())
        }
        DataType::Utf8 => each_key(interner, array.as_string::<i32>().iter(), keys, text),
        DataType::LargeUtf8 => each_key(interner, array.as_string::<i64>().iter(), keys, text),
        DataType::Utf8View => each_key(interner, array.as_string_view().iter(), keys, text),
        DataType::Boolean => each_key(interner, array.as_boolean().iter(), keys, |to, value| {
            to.number(value.into(), || Some(value.to_string()))
        }),
        DataType::Float16 => {
            let rows = array.as_primitive::<types::Float16Type>().iter();
            each_key(interner, rows, keys, |to, value| {
                to.number(value.to_bits().into(), || {
                    (!value.is_nan()).then(|| written::single(value.to_f32()))
                })
            })
        }
        DataType::Float32 => {
            let rows = array.as_primitive::<types::Float32Type>().iter();
            each_key(interner, rows, keys, |to, value| {
                to.number(value.to_bits().into(), || {
                    (!value.is_nan()).then(|| written::single(value))
                })
            })
        }
        DataType::Float64 => {
            let rows = array.as_primitive::<types::Float64Type>().iter();
            each_key(interner, rows, keys, |to, value| {
                to.number(value.to_bits(), || {
                    (!value.is_nan()).then(|| written::float(value))
                })
            })
        }
        DataType::Decimal128(_, scale) => {
            let rows = array.as_primitive::<types::Decimal128Type>().iter();
            let scale = *scale;
            each_key(interner, rows, keys, |to, value| {
                let write = || written::decimal(&value.to_string(), scale);
                match i64::try_from(value) {
                    Ok(small) => to.number(small as u64, || Some(write())),
                    Err(_) => to.text(&write()),
                }
            })
        }
        DataType::Decimal256(_, scale) => {
            let rows = array.as_primitive::<types::Decimal256Type>().iter();
            let scale = *scale;
            each_key(interner, rows, keys, |to, value| {
                to.text(&written::decimal(&value.to_string(), scale))
            })
        }
        other => with_whole!(array, whole_keys, interner, keys; else {
            let kind = type_name(other).to_owned();
            Err(Fault::Column(Problem::NotFlat { kind }))
        }),
    }
}

fn whole_numbers<T: ArrowPrimitiveType>(
    array: &dyn Array,
    widen: impl Fn(T::Native) -> i64,
    out: &mut Vec<f64>,
) -> Result<(), Fault> {
    let data_type = array.data_type();
    if written::number(0, data_type).is_none() {
        let kind = type_name(data_type).to_owned();
        return Err(Fault::Column(Problem::NotNumbers { kind }));
    }
    let number = |value| written::number(widen(value), data_type).unwrap_or(NULL);
    each_number(array.as_primitive::<T>(), out, number);
    Ok(())
}

fn each_number<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    out: &mut Vec<f64>,
    number: impl Fn(T::Native) -> f64,
) {
    if array.null_count() == 0 {
        out.extend(array.values().iter().map(|&value| number(value)));
    } else {
        out.extend(array.iter().map(|value| value.map_or(NULL, &number)));
    }
}

/// A float of a file: there is one NaN, so that none is taken for [`NULL`].
pub fn clean(number: f64) -> f64 {
    if number.is_nan() { f64::NAN } else { number }
}

fn numbers_of(array: &dyn Array, nulls: &[String], out: &mut Vec<f64>) -> Result<(), Fault> {
    match array.data_type() {
        DataType::Null => out.resize(out.len() + array.len(), NULL),
        DataType::Utf8 => return parse(array.as_string::<i32>().iter(), nulls, out),
        DataType::LargeUtf8 => return parse(array.as_string::<i64>().iter(), nulls, out),
        DataType::Utf8View => return parse(array.as_string_view().iter(), nulls, out),
        DataType::Boolean => {
            let number = |value: Option<bool>| value.map_or(NULL, f64::from);
            out.extend(array.as_boolean().iter().map(number));
        }
        DataType::Float16 => {
            each_number(array.as_primitive::<types::Float16Type>(), out, |v| {
                clean(written::widened(v.to_f32()))
            });
        }
        DataType::Float32 => {
            each_number(array.as_primitive::<types::Float32Type>(), out, |v| {
                clean(written::widened(v))
            });
        }
        DataType::Float64 => {
            each_number(array.as_primitive::<types::Float64Type>(), out, clean);
        }
        DataType::Decimal128(_, scale) => {
            let number = |value| written::decimal_number(value, *scale);
            each_number(array.as_primitive::<types::Decimal128Type>(), out, number);
        }
        DataType::Decimal256(_, scale) => {
            let number =
                |value: types::i256| written::wide_decimal_number(&value.to_string(), *scale);
            each_number(array.as_primitive::<types::Decimal256Type>(), out, number);
        }
        other => {
            return with_whole!(array, whole_numbers, out; else {
                let kind = type_name(other).to_owned();
                Err(Fault::Column(Problem::NotFlat { kind }))
            });
        }
    }
    Ok(())
}

fn parse<'a>(
    texts: impl Iterator<Item = Option<&'a str>>,
    nulls: &[String],
    out: &mut Vec<f64>,
) -> Result<(), Fault> {
    for (row, text) in texts.enumerate() {
        let number = match text {
            None => Some(NULL),
            Some(text) => numbers::parse(text, nulls),
        };
        let value = || text.unwrap_or_default().to_owned();
        out.push(number.ok_or_else(|| Fault::Row(row, Problem::NotANumber { value: value() }))?);
    }
    Ok(())
}
