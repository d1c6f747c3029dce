//! Values of Parquet in the encoding PLAIN, and dictionaries, which are written the same way.

use arrow::datatypes::DataType;
use bytes::Bytes;
use parquet::basic::Type;

use super::keys::Interner;
use super::kinds::type_name;
use super::values::{Fault, clean};
use super::{numbers, written};
use crate::data::batch::{NULL, Values};
use crate::data::limits;
use crate::error::Problem;

/// Most entries of a dictionary of texts.
const ENTRIES: usize = 2 << 20;

/// How the values of a column are stored and what they stand for.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// How they are stored.
    pub physical: Type,
    /// What they stand for: never a dictionary.
    pub data_type: DataType,
    /// Spellings that are null among texts that should be numbers.
    pub nulls: std::sync::Arc<[String]>,
}

/// The values of a page that were not taken yet.
#[derive(Debug)]
pub struct Plain {
    bytes: Bytes,
    at: usize,
}

impl Stored {
    /// Whether this module knows how to write such values.
    pub fn is_known(&self) -> bool {
        match self.physical {
            Type::BOOLEAN => self.data_type == DataType::Boolean,
            Type::FLOAT => self.data_type == DataType::Float32,
            Type::DOUBLE => self.data_type == DataType::Float64,
            Type::BYTE_ARRAY => matches!(
                self.data_type,
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
            ),
            Type::INT32 => matches!(
                self.data_type,
                DataType::Int8
                    | DataType::Int16
                    | DataType::Int32
                    | DataType::UInt8
                    | DataType::UInt16
                    | DataType::UInt32
                    | DataType::Date32
                    | DataType::Time32(_)
                    | DataType::Decimal32(..)
                    | DataType::Decimal64(..)
                    | DataType::Decimal128(..)
            ),
            Type::INT64 => matches!(
                self.data_type,
                DataType::Int64
                    | DataType::UInt64
                    | DataType::Time64(_)
                    | DataType::Timestamp(..)
                    | DataType::Decimal64(..)
                    | DataType::Decimal128(..)
            ),
            _ => false,
        }
    }

    fn text(&self, value: [u8; 8]) -> Option<String> {
        match self.physical {
            Type::FLOAT => {
                let value = f32::from_le_bytes([value[0], value[1], value[2], value[3]]);
                (!value.is_nan()).then(|| written::single(value))
            }
            Type::DOUBLE => {
                let value = f64::from_le_bytes(value);
                (!value.is_nan()).then(|| written::float(value))
            }
            Type::INT32 => written::whole(sign_extend(value), &self.data_type),
            _ => written::whole(i64::from_le_bytes(value), &self.data_type),
        }
    }

    /// The entries of a dictionary as texts, one after the other.
    pub fn texts(&self, body: &[u8], entries: usize) -> Result<Values, Fault> {
        if entries > ENTRIES {
            return Err(Fault::Column(Problem::ManyValues {
                most: limits::VALUES,
            }));
        }
        if self.physical != Type::BYTE_ARRAY {
            let width = self.width()?;
            let of = |bytes: &[u8]| {
                let mut value = [0; 8];
                value[..width].copy_from_slice(bytes);
                self.text(value).map(String::into_boxed_str)
            };
            return Ok(body.chunks_exact(width).take(entries).map(of).collect());
        }
        let mut texts: Values = Vec::with_capacity(entries.min(body.len() / 4));
        let mut plain = Plain::new(Bytes::copy_from_slice(body));
        while texts.len() < entries {
            let text = plain.text().ok_or("a dictionary shorter than it says")?;
            if text.len() > limits::GROUP_BYTES {
                return Err(Fault::Column(Problem::LongName {
                    bytes: text.len(),
                    most: limits::GROUP_BYTES,
                }));
            }
            let text = std::str::from_utf8(text).map_err(|_| "a text that is not UTF-8")?;
            texts.push((!text.is_empty()).then(|| text.into()));
        }
        Ok(texts)
    }

    /// Bytes of a value.
    fn width(&self) -> Result<usize, Fault> {
        match self.physical {
            Type::INT32 | Type::FLOAT => Ok(4),
            Type::INT64 | Type::DOUBLE => Ok(8),
            other => Err(format!("plain values of type {other}").into()),
        }
    }

    /// An error if the values are no numbers at all.
    pub fn check_numbers(&self) -> Result<(), Fault> {
        let whole = matches!(self.physical, Type::INT32 | Type::INT64);
        if whole && written::number(0, &self.data_type).is_none() {
            let kind = type_name(&self.data_type).to_owned();
            return Err(Fault::Column(Problem::NotNumbers { kind }));
        }
        Ok(())
    }
}

fn sign_extend(value: [u8; 8]) -> i64 {
    i32::from_le_bytes([value[0], value[1], value[2], value[3]]).into()
}

impl Plain {
    /// At the first value.
    pub fn new(bytes: Bytes) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next text, not yet looked at.
    fn text(&mut self) -> Option<&[u8]> {
        let rest = &self.bytes[self.at..];
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let text = rest.get(..length)?;
        self.at += 4 + length;
        Some(text)
    }

    /// The bytes of the next values of fixed width.
    fn take(&mut self, count: usize, width: usize) -> Result<&[u8], Fault> {
        let bytes = self.bytes[self.at..].get(..count * width);
        self.at += count * width;
        bytes.ok_or_else(|| Fault::from("a page with fewer values than it says"))
    }

    /// Puts the keys of the next values into `out`.
    pub fn keys(
        &mut self,
        stored: &Stored,
        interner: &mut Interner,
        out: &mut [u32],
    ) -> Result<(), Fault> {
        match stored.physical {
            Type::BYTE_ARRAY => {
                for key in out {
                    let text = self.text().ok_or("a page with fewer values than it says")?;
                    *key = interner.bytes(text)?;
                }
                Ok(())
            }
            Type::INT32 | Type::FLOAT => {
                let values = self.take(out.len(), 4)?.as_chunks::<4>().0;
                if stored.physical == Type::INT32 && two_keys(values, stored, interner, out)? {
                    return Ok(());
                }
                let bits = |value: &[u8; 4]| u32::from_le_bytes(*value).into();
                each_key(values, bits, stored, interner, out)
            }
            _ => {
                stored.width()?;
                let values = self.take(out.len(), 8)?.as_chunks::<8>().0;
                let bits = |value: &[u8; 8]| u64::from_le_bytes(*value);
                each_key(values, bits, stored, interner, out)
            }
        }
    }

    /// Puts the next values into `out`; the position and text of one that is no number.
    pub fn numbers(&mut self, stored: &Stored, out: &mut [f64]) -> Result<(), Fault> {
        match stored.physical {
            Type::BYTE_ARRAY => {
                for (row, number) in out.iter_mut().enumerate() {
                    let text = self.text().ok_or("a page with fewer values than it says")?;
                    let text = std::str::from_utf8(text).map_err(|_| "a text that is not UTF-8")?;
                    *number = numbers::parse(text, &stored.nulls).ok_or_else(|| {
                        let value = text.to_owned();
                        Fault::Row(row, Problem::NotANumber { value })
                    })?;
                }
            }
            Type::FLOAT => {
                let values = self.take(out.len(), 4)?.as_chunks::<4>().0;
                fill(out, values, |value| {
                    clean(written::widened(f32::from_le_bytes(*value)))
                });
            }
            Type::DOUBLE => {
                let values = self.take(out.len(), 8)?.as_chunks::<8>().0;
                fill(out, values, |value| clean(f64::from_le_bytes(*value)));
            }
            Type::INT32 => {
                let number = |value: i64| written::number(value, &stored.data_type);
                let values = self.take(out.len(), 4)?.as_chunks::<4>().0;
                if stored.data_type == DataType::Int32 {
                    fill(out, values, |value| i32::from_le_bytes(*value).into());
                } else {
                    let wide = |value: &[u8; 4]| i32::from_le_bytes(*value).into();
                    fill(out, values, |value| number(wide(value)).unwrap_or(NULL));
                }
            }
            _ => {
                stored.width()?;
                let number = |value: i64| written::number(value, &stored.data_type);
                let values = self.take(out.len(), 8)?.as_chunks::<8>().0;
                fill(out, values, |value| {
                    number(i64::from_le_bytes(*value)).unwrap_or(NULL)
                });
            }
        }
        Ok(())
    }
}

fn fill<T>(out: &mut [f64], values: &[T], number: impl Fn(&T) -> f64) {
    for (out, value) in out.iter_mut().zip(values) {
        *out = number(value);
    }
}

fn each_key<const N: usize>(
    values: &[[u8; N]],
    bits: impl Fn(&[u8; N]) -> u64,
    stored: &Stored,
    interner: &mut Interner,
    out: &mut [u32],
) -> Result<(), Fault> {
    for (key, value) in out.iter_mut().zip(values) {
        let bits = bits(value);
        *key = interner.number(bits, || stored.text(bits.to_le_bytes()))?;
    }
    Ok(())
}

/// Labels of 0 and 1 need no look-up; whether the values are such.
fn two_keys(
    values: &[[u8; 4]],
    stored: &Stored,
    interner: &mut Interner,
    out: &mut [u32],
) -> Result<bool, Fault> {
    let all = values
        .iter()
        .fold(0, |all, value| all | u32::from_le_bytes(*value));
    if all > 1 || out.is_empty() {
        return Ok(false);
    }
    let mut key = |bits: u64| interner.number(bits, || stored.text(bits.to_le_bytes()));
    let zero = key(0)?;
    let one = if all == 0 { zero } else { key(1)? };
    for (key, value) in out.iter_mut().zip(values) {
        *key = if value[0] == 0 { zero } else { one };
    }
    Ok(true)
}
