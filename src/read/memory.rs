//! A table whose columns were loaded, as a source: columns that were computed stand beside them.
//!
//! In: columns in the order of the file, cut where its batches were. Out: the same batches at the
//! same places, as often as one likes, so that what is computed by row is tallied as a column of
//! the file is. A column that is held as text is made into numbers where numbers are wanted.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::{Each, Input, Shape, Source, Stopped, Want, text_of_float};
use crate::data::batch::NULL;
use crate::data::{At, Batch, Codes, Column, Field, Keys, Kind, Values, spelling};
use crate::error::{Error, Place, Problem, Result};

/// A column, one value for each row.
#[derive(Debug, Clone)]
pub enum Held {
    /// As text: keys into the values.
    Codes(Vec<u32>, Arc<Values>),
    /// As numbers, null where there is none.
    Numbers(Vec<f64>),
}

/// A table in memory.
pub struct Memory<'a> {
    under: &'a dyn Source,
    fields: Vec<Field>,
    held: Vec<Option<Arc<Held>>>,
    /// Rows of each batch, and where it starts in the file.
    batches: Vec<(Range<usize>, At)>,
    rows: usize,
}

impl<'a> Memory<'a> {
    /// The loaded columns of a source; `batches` in ascending order.
    pub fn new(
        under: &'a dyn Source,
        held: Vec<Option<Arc<Held>>>,
        batches: Vec<(Range<usize>, At)>,
    ) -> Self {
        let rows = batches.last().map_or(0, |(range, _)| range.end);
        Self {
            under,
            fields: under.columns().to_vec(),
            held,
            batches,
            rows,
        }
    }

    /// Rows of the table.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Columns of the file itself.
    pub fn own(&self) -> usize {
        self.under.columns().len()
    }

    /// A column that was loaded.
    pub fn column(&self, column: usize) -> Option<&Held> {
        self.held.get(column)?.as_deref()
    }

    /// Puts a computed column behind all others; its index.
    pub fn push(&mut self, name: String, kind: Kind, held: Held) -> usize {
        self.fields.push(Field { name, kind });
        self.held.push(Some(Arc::new(held)));
        self.fields.len() - 1
    }

    /// The numbers of a column, whatever it is held as; `NaN` where a text is none.
    pub fn numbers(&self, column: usize, nulls: &[String]) -> Option<Vec<f64>> {
        Some(match self.column(column)? {
            Held::Numbers(numbers) => numbers.clone(),
            Held::Codes(keys, values) => {
                let by_key: Vec<f64> = values.iter().map(|v| number(v.as_deref(), nulls)).collect();
                keys.iter().map(|&key| by_key[key as usize]).collect()
            }
        })
    }

    fn wanted(&self, want: &Want, (rows, at): &(Range<usize>, At)) -> Result<Column> {
        let rows = rows.clone();
        let Some(held) = self.column(want.column) else {
            return Err(Error::Data {
                place: self
                    .place(*at, 0)
                    .in_column(&*self.fields[want.column].name),
                problem: Problem::NotLoaded,
            });
        };
        Ok(match (held, want.shape) {
            (Held::Numbers(numbers), Shape::Numbers) => Column::Numbers(numbers[rows].to_vec()),
            (Held::Codes(keys, values), Shape::Codes) => {
                let keys = &keys[rows];
                let few = values.len() <= 256;
                Column::Codes(Codes {
                    keys: if few {
                        Keys::U8(keys.iter().map(|&key| key as u8).collect())
                    } else {
                        Keys::U32(keys.to_vec())
                    },
                    values: Arc::clone(values),
                })
            }
            (Held::Codes(keys, values), Shape::Numbers) => {
                let texts = values.iter().map(|value| value.as_deref());
                let by_key: Vec<f64> = texts.map(|text| number(text, &want.nulls)).collect();
                let is_word = |key: u32| {
                    let text = values[key as usize].as_deref().unwrap_or_default();
                    by_key[key as usize].is_nan()
                        && text.trim().parse::<f64>().is_err()
                        && !spelling::is_null(text, &want.nulls)
                };
                if let Some(row) = keys[rows.clone()].iter().position(|&key| is_word(key)) {
                    let key = keys[rows.start + row] as usize;
                    let name = &*self.fields[want.column].name;
                    return Err(Error::Data {
                        place: self.place(*at, row).in_column(name),
                        problem: Problem::NotANumber {
                            value: values[key].as_deref().unwrap_or_default().to_owned(),
                        },
                    });
                }
                Column::Numbers(keys[rows].iter().map(|&key| by_key[key as usize]).collect())
            }
            (Held::Numbers(numbers), Shape::Codes) => {
                let numbers = &numbers[rows];
                let texts = numbers.iter().map(|&x| {
                    let is_there = x.to_bits() != NULL.to_bits();
                    is_there.then(|| text_of_float(x).into_boxed_str())
                });
                Column::Codes(Codes {
                    keys: Keys::U32((0..numbers.len() as u32).collect()),
                    values: Arc::new(texts.collect()),
                })
            }
        })
    }

    fn batch(&self, wants: &[Want], at: usize, each: &mut Each) -> Result<ControlFlow<()>> {
        let place = &self.batches[at];
        let columns: Result<Vec<Column>> = wants.iter().map(|w| self.wanted(w, place)).collect();
        each(&Batch {
            rows: place.0.len(),
            columns: &columns?,
            at: place.1,
        })
    }
}

/// The number that a text is: null for a null spelling, `NaN` for what is none.
fn number(text: Option<&str>, nulls: &[String]) -> f64 {
    match text.map(str::trim) {
        None | Some("") => NULL,
        Some(text) => match text.parse::<f64>() {
            Ok(number) if number.is_nan() => f64::NAN,
            Ok(number) => number,
            Err(_) if spelling::is_null(text, nulls) => NULL,
            Err(_) => f64::NAN,
        },
    }
}

impl Source for Memory<'_> {
    fn columns(&self) -> &[Field] {
        &self.fields
    }

    fn inputs(&self) -> Vec<Input> {
        self.under.inputs()
    }

    fn twin(&self, column: usize) -> Option<usize> {
        self.under.twin(column).filter(|_| column < self.own())
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows as u64)
    }

    fn pieces(&self) -> usize {
        self.batches.len()
    }

    fn head(
        &self,
        wants: &[Want],
        rows: usize,
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        for (at, (range, place)) in self.batches.iter().enumerate() {
            let more = self
                .batch(wants, at, each)
                .map_err(|error| Stopped { at: *place, error })?;
            if more.is_break() || range.end >= rows {
                break;
            }
        }
        Ok(())
    }

    fn read(
        &self,
        piece: usize,
        wants: &[Want],
        each: &mut Each,
    ) -> std::result::Result<(), Stopped> {
        let at = self.batches[piece].1;
        let outcome = self.batch(wants, piece, each);
        outcome.map(|_| ()).map_err(|error| Stopped { at, error })
    }

    fn place(&self, at: At, row: usize) -> Place {
        self.under.place(at, row)
    }

    fn notes(&self) -> Vec<String> {
        self.under.notes()
    }
}
