//! Arrow arrays to columns of codes and numbers.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float32Array, Float64Array, Int32Array, Int64Array, PrimitiveArray,
};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{ArrowNativeType, ArrowPrimitiveType, DataType, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use hashbrown::HashMap;

use super::pages::Stored;
use crate::data::batch::NULL;
use crate::data::{Codes, Keys, Kind, Values};

/// What an Arrow type is to an audit.
pub fn kind(data_type: &DataType) -> Kind {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Kind::Text,
        DataType::Boolean => Kind::Boolean,
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => Kind::Integer,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Kind::Float,
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => Kind::Decimal,
        DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Timestamp(..) => Kind::Time,
        DataType::Dictionary(_, values) => kind(values),
        other => Kind::Other(type_name(other)),
    }
}

fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => "list".into(),
        DataType::ListView(_) | DataType::LargeListView(_) => "list".into(),
        DataType::Struct(_) => "struct".into(),
        DataType::Map(..) => "map".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "bytes".into(),
        DataType::FixedSizeBinary(_) => "bytes of fixed length".into(),
        other => other.to_string(),
    }
}

/// Distinct values with their keys, growing as batches come.
#[derive(Debug, Default)]
pub struct Interner {
    keys: HashMap<Box<str>, u32, foldhash::fast::RandomState>,
    values: Vec<Option<Box<str>>>,
    missing: Option<u32>,
    shared: Option<Arc<Values>>,
}

impl Interner {
    /// The key of a text; of the missing value for none and for the empty text.
    pub fn key(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return self.missing_key();
        };
        if let Some(&key) = self.keys.get(text) {
            return key;
        }
        let key = self.values.len() as u32;
        self.keys.insert(text.into(), key);
        self.values.push(Some(text.into()));
        key
    }

    /// The key of the missing value.
    pub fn missing_key(&mut self) -> u32 {
        *self.missing.get_or_insert_with(|| {
            self.values.push(None);
            self.values.len() as u32 - 1
        })
    }

    /// The values so far; the same `Arc` while there are no new ones.
    pub fn values(&mut self) -> Arc<Values> {
        match &self.shared {
            Some(shared) if shared.len() == self.values.len() => Arc::clone(shared),
            _ => {
                let shared = Arc::new(self.values.clone());
                self.shared = Some(Arc::clone(&shared));
                shared
            }
        }
    }

    /// The codes of one array.
    pub fn codes(&mut self, array: &ArrayRef) -> Result<Codes, String> {
        let mut keys = Vec::with_capacity(array.len());
        self.add(array, &mut keys)?;
        let values = self.values();
        Ok(Codes {
            keys: narrow(keys, values.len()),
            values,
        })
    }

    fn add(&mut self, array: &ArrayRef, keys: &mut Vec<u32>) -> Result<(), String> {
        match array.data_type() {
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary();
                let mut of_values = Vec::with_capacity(dictionary.values().len());
                self.add(dictionary.values(), &mut of_values)?;
                let missing = self.missing_key();
                let indices = dictionary.normalized_keys();
                keys.extend(indices.into_iter().enumerate().map(|(row, index)| {
                    if array.is_null(row) {
                        missing
                    } else {
                        of_values.get(index).copied().unwrap_or(missing)
                    }
                }));
            }
            DataType::Utf8 => self.add_texts(array.as_string::<i32>().iter(), keys),
            DataType::LargeUtf8 => self.add_texts(array.as_string::<i64>().iter(), keys),
            DataType::Utf8View => self.add_texts(array.as_string_view().iter(), keys),
            DataType::Int8 => self.add_numbers::<arrow::datatypes::Int8Type>(array, keys),
            DataType::Int16 => self.add_numbers::<arrow::datatypes::Int16Type>(array, keys),
            DataType::Int32 => self.add_numbers::<arrow::datatypes::Int32Type>(array, keys),
            DataType::Int64 => self.add_numbers::<arrow::datatypes::Int64Type>(array, keys),
            DataType::Float64 => {
                let floats = array.as_primitive::<Float64Type>();
                self.add_by(
                    floats,
                    keys,
                    |x| x.to_bits(),
                    |x, text| write!(text, "{x:?}"),
                );
            }
            _ => self.add_formatted(array, keys)?,
        }
        Ok(())
    }

    fn add_texts<'a>(&mut self, texts: impl Iterator<Item = Option<&'a str>>, keys: &mut Vec<u32>) {
        keys.extend(texts.map(|text| self.key(text)));
    }

    fn add_numbers<T: ArrowPrimitiveType>(&mut self, array: &ArrayRef, keys: &mut Vec<u32>)
    where
        T::Native: std::fmt::Display,
    {
        self.add_by(
            array.as_primitive::<T>(),
            keys,
            |x| x.as_usize() as u64,
            |x, text| write!(text, "{x}"),
        );
    }

    /// Formats each distinct number once.
    fn add_by<T: ArrowPrimitiveType>(
        &mut self,
        numbers: &PrimitiveArray<T>,
        keys: &mut Vec<u32>,
        bits: impl Fn(T::Native) -> u64,
        format: impl Fn(T::Native, &mut String) -> std::fmt::Result,
    ) {
        let mut known: HashMap<u64, u32, foldhash::fast::FixedState> = HashMap::default();
        let mut last = None;
        let mut text = String::new();
        for number in numbers {
            let Some(number) = number else {
                keys.push(self.missing_key());
                continue;
            };
            let bits = bits(number);
            let key = match last {
                Some((same, key)) if same == bits => key,
                _ => *known.entry(bits).or_insert_with(|| {
                    text.clear();
                    // Writing to a string cannot fail.
                    let _ = format(number, &mut text);
                    self.key(Some(&text))
                }),
            };
            last = Some((bits, key));
            keys.push(key);
        }
    }

    fn add_formatted(&mut self, array: &ArrayRef, keys: &mut Vec<u32>) -> Result<(), String> {
        let options = FormatOptions::default();
        let formatter = ArrayFormatter::try_new(array, &options).map_err(|e| e.to_string())?;
        let mut text = String::new();
        for row in 0..array.len() {
            if array.is_null(row) {
                keys.push(self.missing_key());
                continue;
            }
            text.clear();
            write!(text, "{}", formatter.value(row)).map_err(|_| "a value without a text form")?;
            keys.push(self.key(Some(&text)));
        }
        Ok(())
    }
}

/// Stored numbers of a Parquet column as the texts that its type gives them.
pub fn spell(stored: Stored, data_type: &DataType) -> Result<Vec<String>, String> {
    let array: ArrayRef = match stored {
        Stored::Int32(numbers) => Arc::new(Int32Array::from(numbers)),
        Stored::Int64(numbers) => Arc::new(Int64Array::from(numbers)),
        Stored::Float(numbers) => Arc::new(Float32Array::from(numbers)),
        Stored::Double(numbers) => Arc::new(Float64Array::from(numbers)),
    };
    let array = cast(&array, data_type).map_err(|e| e.to_string())?;
    let mut keys = Vec::new();
    let mut interner = Interner::default();
    interner.add(&array, &mut keys)?;
    let text = |key: &u32| {
        interner.values[*key as usize]
            .as_deref()
            .unwrap_or_default()
    };
    Ok(keys.iter().map(|key| text(key).to_owned()).collect())
}

/// Keys in the smallest form.
pub fn narrow(keys: Vec<u32>, values: usize) -> Keys {
    if values <= 256 {
        Keys::U8(keys.into_iter().map(|key| key as u8).collect())
    } else {
        Keys::U32(keys)
    }
}

/// The numbers of one array; the row and text of the first that is none.
pub fn numbers(array: &ArrayRef, nulls: &[String]) -> Result<Vec<f64>, (usize, String)> {
    if let DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View = array.data_type() {
        return texts_to_numbers(array, nulls);
    }
    if let DataType::Dictionary(_, values) = array.data_type() {
        let plain = cast(array, values).map_err(|e| (0, e.to_string()))?;
        return numbers(&plain, nulls);
    }
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let floats = cast_with_options(array, &DataType::Float64, &options)
        .map_err(|_| (0, format!("{}", array.data_type())))?;
    let floats = floats.as_primitive::<Float64Type>();
    let number = |x: Option<f64>| x.map_or(NULL, |x| if x.is_nan() { f64::NAN } else { x });
    Ok(floats.iter().map(number).collect())
}

fn texts_to_numbers(array: &ArrayRef, nulls: &[String]) -> Result<Vec<f64>, (usize, String)> {
    let texts = cast(array, &DataType::Utf8).map_err(|e| (0, e.to_string()))?;
    let texts = texts.as_string::<i32>().iter().enumerate();
    texts
        .map(|(row, text)| {
            let text = text.unwrap_or_default();
            super::numbers::parse(text, nulls).ok_or_else(|| (row, text.to_owned()))
        })
        .collect()
}
