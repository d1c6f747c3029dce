//! Batches: what flows from readers to the tally, whatever the file format was.

use std::sync::Arc;

/// What a column holds, as far as the format says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A text format: anything.
    Untyped,
    /// Text, or a dictionary of text.
    Text,
    /// True and false.
    Boolean,
    /// Whole numbers.
    Integer,
    /// Floating-point numbers.
    Float,
    /// Decimal numbers.
    Decimal,
    /// Dates and times.
    Time,
    /// Lists, structs, maps, bytes and what else cannot be a group or a number; the type's name.
    /// Wanting such a column is an error that names it.
    Other(String),
}

/// One column of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// The null of a column of numbers: a NaN that no file can hold (readers turn every NaN that they
/// find into [`f64::NAN`]).
pub const NULL: f64 = f64::from_bits(0x7ff8_0000_0bad_0bad);

/// Whether a number is [`NULL`].
pub fn is_null(number: f64) -> bool {
    number.to_bits() == NULL.to_bits()
}

/// The distinct values of a column as text, by key; `None` is the missing value (null, or an empty
/// field). Text stays as it is written (`01`, ` Male`); numbers are decimal, floats with at least
/// one decimal (`1.0`), booleans `true` and `false`, dates ISO 8601, decimals with their scale.
/// Values may repeat.
pub type Values = Vec<Option<Box<str>>>;

/// One key a row; every key is less than the number of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// At most 256 values.
    U8(Vec<u8>),
    /// Any number of values.
    U32(Vec<u32>),
}

impl Keys {
    /// The key of a row.
    pub fn at(&self, row: usize) -> usize {
        match self {
            Self::U8(keys) => usize::from(keys[row]),
            Self::U32(keys) => keys[row] as usize,
        }
    }
}

/// A column as text: keys into a list of values.
#[derive(Debug, Clone)]
pub struct Codes {
    /// One for each row.
    pub keys: Keys,
    /// The same `Arc` for as long as they do not change, so that a caller may keep what it derived
    /// from them. A later list may be a longer one that starts with the same values, or another.
    pub values: Arc<Values>,
}

/// A wanted column of one batch.
#[derive(Debug, Clone)]
pub enum Column {
    /// As text.
    Codes(Codes),
    /// As numbers: finite, infinite or NaN as in the file; [`NULL`] where there is none.
    Numbers(Vec<f64>),
}

/// Where a batch starts; ordered as the rows are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Which of the inputs.
    pub input: u32,
    /// A position that only the source can read: a byte, a line, or a row.
    pub start: u64,
}

impl At {
    /// A position in the only input, or the first.
    pub fn new(start: u64) -> Self {
        Self { input: 0, start }
    }
}

/// Rows of the wanted columns, in the order of the wants.
#[derive(Debug)]
pub struct Batch<'a> {
    /// Rows in every column; at least 1.
    pub rows: usize,
    /// The columns; the reader reuses them for the next batch.
    pub columns: &'a [Column],
    /// Where its first row is.
    pub at: At,
}
