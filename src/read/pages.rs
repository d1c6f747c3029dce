//! Columns of a Parquet row group by their pages: dictionary indices become keys without a string
//! being made, plain pages of numbers become numbers.
//!
//! Flat columns only (no repetition, definition level at most 1), in the encodings PLAIN and
//! dictionary; everything else takes the way through Arrow arrays.

use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageReader};

use super::hybrid::{Hybrid, Key};
use super::values::Interner;
use crate::data::batch::NULL;
use crate::data::{Codes, Column, Keys};

/// What the pages of a chunk become.
pub enum Sink {
    /// Codes; how a stored number is written as text.
    Codes(Interner),
    /// Numbers.
    Numbers,
}

/// Texts of the numbers of a dictionary or of a plain page.
pub type Spell = dyn Fn(Stored) -> Result<Vec<String>, String>;

/// Numbers as they are stored.
#[derive(Debug, Clone)]
pub enum Stored {
    /// INT32.
    Int32(Vec<i32>),
    /// INT64.
    Int64(Vec<i64>),
    /// FLOAT.
    Float(Vec<f32>),
    /// DOUBLE.
    Double(Vec<f64>),
}

/// A chunk that is being read.
pub struct Chunk {
    pages: Box<dyn PageReader>,
    physical: Type,
    optional: bool,
    sink: Sink,
    spell: Box<Spell>,
    page: Option<Open>,
    /// Of each entry of the dictionary: its key.
    dictionary_keys: Vec<u32>,
    /// Of each entry of the dictionary: its number.
    dictionary_numbers: Vec<f64>,
    levels: Vec<u8>,
    keys: Vec<u32>,
    small: Vec<u8>,
    numbers: Vec<f64>,
}

/// The page that is being read.
struct Open {
    left: usize,
    levels: Option<Hybrid>,
    body: Body,
}

enum Body {
    Indices(Hybrid),
    /// Keys of a plain page, made when it was opened, and the next of them.
    Keys(Vec<u32>, usize),
    Numbers(Vec<f64>, usize),
}

/// What is wrong with a page.
pub type Fault = String;

impl Chunk {
    /// At the first page.
    pub fn new(
        pages: Box<dyn PageReader>,
        physical: Type,
        optional: bool,
        sink: Sink,
        spell: Box<Spell>,
    ) -> Self {
        Self {
            pages,
            physical,
            optional,
            sink,
            spell,
            page: None,
            dictionary_keys: Vec::new(),
            dictionary_numbers: Vec::new(),
            levels: Vec::new(),
            keys: Vec::new(),
            small: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// The next `rows` rows.
    pub fn next(&mut self, rows: usize) -> Result<Column, Fault> {
        match &mut self.sink {
            Sink::Numbers => {
                self.numbers.clear();
                while self.numbers.len() < rows {
                    self.read_numbers(rows)?;
                }
                Ok(Column::Numbers(std::mem::take(&mut self.numbers)))
            }
            Sink::Codes(_) => self.next_codes(rows),
        }
    }

    fn next_codes(&mut self, rows: usize) -> Result<Column, Fault> {
        self.small.clear();
        self.keys.clear();
        let mut done = 0;
        while done < rows {
            self.open_page()?;
            done += if self.fits_bytes() && self.keys.is_empty() {
                let mut out = std::mem::take(&mut self.small);
                let taken = self.read_keys(&mut out, rows - done);
                self.small = out;
                taken?
            } else {
                // The dictionary outgrew a byte in the middle of the batch.
                self.keys.extend(self.small.drain(..).map(u32::from));
                let mut out = std::mem::take(&mut self.keys);
                let taken = self.read_keys(&mut out, rows - done);
                self.keys = out;
                taken?
            };
        }
        let Sink::Codes(interner) = &mut self.sink else {
            return Err("not a column of codes".to_owned());
        };
        let keys = if self.keys.is_empty() {
            Keys::U8(std::mem::take(&mut self.small))
        } else {
            Keys::U32(std::mem::take(&mut self.keys))
        };
        Ok(Column::Codes(Codes {
            keys,
            values: interner.values(),
        }))
    }

    /// Whether every key so far, and that of the missing value, fits a byte.
    fn fits_bytes(&mut self) -> bool {
        match &mut self.sink {
            Sink::Codes(interner) => {
                interner.missing_key();
                interner.values().len() <= 256
            }
            Sink::Numbers => false,
        }
    }

    /// Reads keys of the open page, `most` at most; how many.
    fn read_keys<K: Key + Into<u64>>(
        &mut self,
        out: &mut Vec<K>,
        most: usize,
    ) -> Result<usize, Fault> {
        let Sink::Codes(interner) = &mut self.sink else {
            return Err("not a column of codes".to_owned());
        };
        let missing = K::of(interner.missing_key().into());
        let Some(page) = &mut self.page else {
            return Err("a page is missing".to_owned());
        };
        let rows = page.left.min(most);
        let start = out.len();
        out.resize(start + rows, K::default());
        let present = presence(page.levels.as_mut(), rows, &mut self.levels)?;
        let out = &mut out[start..];
        match &mut page.body {
            Body::Indices(indices) => {
                let out = &mut out[..present];
                indices.fill(out).ok_or("dictionary indices end too soon")?;
                translate(out, &self.dictionary_keys)?;
            }
            Body::Keys(keys, next) => {
                let source = keys
                    .get(*next..*next + present)
                    .ok_or("values end too soon")?;
                for (key, &from) in out.iter_mut().zip(source) {
                    *key = K::of(from.into());
                }
                *next += present;
            }
            Body::Numbers(..) => return Err("a page of numbers among codes".to_owned()),
        }
        if present < rows {
            spread(out, present, &self.levels, missing);
        }
        page.left -= rows;
        Ok(rows)
    }

    fn read_numbers(&mut self, rows: usize) -> Result<(), Fault> {
        self.open_page()?;
        let Some(page) = &mut self.page else {
            return Err("a page is missing".to_owned());
        };
        let start = self.numbers.len();
        let rows = page.left.min(rows - start);
        let present = presence(page.levels.as_mut(), rows, &mut self.levels)?;
        self.numbers.resize(start + rows, NULL);
        let out = &mut self.numbers[start..];
        match &mut page.body {
            Body::Indices(indices) => {
                self.keys.resize(present, 0);
                indices
                    .fill(&mut self.keys[..])
                    .ok_or("dictionary indices end too soon")?;
                for (number, &index) in out.iter_mut().zip(&self.keys) {
                    *number = *self
                        .dictionary_numbers
                        .get(index as usize)
                        .ok_or("an index beyond the dictionary")?;
                }
            }
            Body::Numbers(numbers, next) => {
                let source = numbers
                    .get(*next..*next + present)
                    .ok_or("values end too soon")?;
                out[..present].copy_from_slice(source);
                *next += present;
            }
            Body::Keys(..) => return Err("a page of codes among numbers".to_owned()),
        }
        if present < rows {
            spread(out, present, &self.levels, NULL);
        }
        page.left -= rows;
        Ok(())
    }

    /// Makes sure that there is a page with rows left.
    fn open_page(&mut self) -> Result<(), Fault> {
        while self.page.as_ref().is_none_or(|page| page.left == 0) {
            let page = super::guard::run(|| self.pages.get_next_page())?
                .map_err(|e| e.to_string())?
                .ok_or("fewer rows than the row group says")?;
            match page {
                Page::DictionaryPage {
                    buf, num_values, ..
                } => self.open_dictionary(&buf, num_values as usize)?,
                Page::DataPage {
                    buf,
                    num_values,
                    encoding,
                    def_level_encoding,
                    ..
                } => {
                    let (levels, body) =
                        self.split_v1(&buf, def_level_encoding, num_values as usize)?;
                    self.open_data(levels, &body, encoding, num_values as usize)?;
                }
                Page::DataPageV2 {
                    buf,
                    num_values,
                    encoding,
                    def_levels_byte_len,
                    rep_levels_byte_len,
                    ..
                } => {
                    let (from, to) = (
                        rep_levels_byte_len as usize,
                        (rep_levels_byte_len as usize).saturating_add(def_levels_byte_len as usize),
                    );
                    if to > buf.len() {
                        return Err("levels longer than their page".to_owned());
                    }
                    let levels = self.optional.then(|| Hybrid::new(buf.slice(from..to), 1));
                    self.open_data(levels, &buf.slice(to..), encoding, num_values as usize)?;
                }
            }
        }
        Ok(())
    }

    /// Levels and body of a page of version 1.
    fn split_v1(
        &self,
        buf: &Bytes,
        encoding: Encoding,
        rows: usize,
    ) -> Result<(Option<Hybrid>, Bytes), Fault> {
        if !self.optional {
            return Ok((None, buf.clone()));
        }
        if is_bit_packed(encoding) {
            return old_levels(buf, rows);
        }
        if encoding != Encoding::RLE {
            return Err(format!("levels in the encoding {encoding}"));
        }
        let length = buf.first_chunk::<4>().map(|b| u32::from_le_bytes(*b));
        let end = length.map(|length| (length as usize).saturating_add(4));
        match end {
            Some(end) if end <= buf.len() => {
                let levels = Hybrid::new(buf.slice(4..end), 1);
                Ok((Some(levels), buf.slice(end..)))
            }
            _ => Err("levels longer than their page".to_owned()),
        }
    }

    fn open_data(
        &mut self,
        levels: Option<Hybrid>,
        body: &Bytes,
        encoding: Encoding,
        rows: usize,
    ) -> Result<(), Fault> {
        let body = match encoding {
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                let width = usize::from(*body.first().unwrap_or(&0));
                if width > 32 {
                    return Err(format!("dictionary indices of {width} bits"));
                }
                Body::Indices(Hybrid::new(body.slice(body.len().min(1)..), width))
            }
            Encoding::PLAIN => self.open_plain(body)?,
            other => return Err(format!("a page in the encoding {other}")),
        };
        self.page = Some(Open {
            left: rows,
            levels,
            body,
        });
        Ok(())
    }

    fn open_plain(&mut self, body: &[u8]) -> Result<Body, Fault> {
        match &mut self.sink {
            Sink::Numbers => Ok(Body::Numbers(numbers_of(stored(self.physical, body)?), 0)),
            Sink::Codes(interner) if self.physical == Type::BYTE_ARRAY => {
                let mut keys = Vec::new();
                each_text(body, |text| keys.push(interner.key(Some(text))))?;
                Ok(Body::Keys(keys, 0))
            }
            Sink::Codes(interner) => {
                let keys = keys_of(stored(self.physical, body)?, interner, &self.spell)?;
                Ok(Body::Keys(keys, 0))
            }
        }
    }

    fn open_dictionary(&mut self, body: &[u8], entries: usize) -> Result<(), Fault> {
        match &mut self.sink {
            Sink::Numbers => {
                self.dictionary_numbers = numbers_of(stored(self.physical, body)?);
                self.dictionary_numbers.truncate(entries);
            }
            Sink::Codes(interner) => {
                self.dictionary_keys = if self.physical == Type::BYTE_ARRAY {
                    let mut keys = Vec::new();
                    each_text(body, |text| keys.push(interner.key(Some(text))))?;
                    keys
                } else {
                    keys_of(stored(self.physical, body)?, interner, &self.spell)?
                };
                self.dictionary_keys.truncate(entries);
            }
        }
        Ok(())
    }
}

/// The encoding of levels that only old writers use.
#[allow(deprecated, reason = "files that use it are still there")]
pub fn is_bit_packed(encoding: Encoding) -> bool {
    encoding == Encoding::BIT_PACKED
}

/// Levels in the deprecated encoding of old writers: one bit each, the highest of a byte first.
fn old_levels(buf: &Bytes, rows: usize) -> Result<(Option<Hybrid>, Bytes), Fault> {
    let bytes = rows.div_ceil(8);
    if bytes > buf.len() {
        return Err("levels longer than their page".to_owned());
    }
    let mut run = Vec::with_capacity(bytes + 5);
    let mut head = bytes << 1 | 1;
    while head > 0x7f {
        run.push(head as u8 | 0x80);
        head >>= 7;
    }
    run.push(head as u8);
    run.extend(buf[..bytes].iter().map(|byte| byte.reverse_bits()));
    Ok((Some(Hybrid::new(run.into(), 1)), buf.slice(bytes..)))
}

/// How many of the next rows have a value; where not all have, `levels` says which.
fn presence(page: Option<&mut Hybrid>, rows: usize, levels: &mut Vec<u8>) -> Result<usize, Fault> {
    let Some(page) = page else { return Ok(rows) };
    if page.skip_same(1, rows) {
        return Ok(rows);
    }
    levels.resize(rows, 0);
    page.fill(&mut levels[..rows])
        .ok_or("levels end too soon")?;
    Ok(levels[..rows].iter().map(|&level| usize::from(level)).sum())
}

/// Moves the first `present` entries to the rows that have a value.
fn spread<T: Copy>(out: &mut [T], present: usize, levels: &[u8], missing: T) {
    let mut from = present;
    for row in (0..out.len()).rev() {
        let has = usize::from(levels[row]);
        // Where there is no value the source is not used up; `from` is at most `row`.
        from -= has;
        out[row] = if has == 1 { out[from] } else { missing };
    }
}

/// Dictionary indices to keys.
fn translate<K: Key + Into<u64>>(keys: &mut [K], dictionary: &[u32]) -> Result<(), Fault> {
    let mut beyond = false;
    for key in keys {
        let index: u64 = (*key).into();
        let found = dictionary.get(index as usize);
        beyond |= found.is_none();
        *key = K::of(found.copied().unwrap_or(0).into());
    }
    if beyond {
        return Err("an index beyond the dictionary".to_owned());
    }
    Ok(())
}

/// The numbers of a plain page.
fn stored(physical: Type, body: &[u8]) -> Result<Stored, Fault> {
    fn all<const N: usize, T>(body: &[u8], of: impl Fn([u8; N]) -> T) -> Vec<T> {
        body.as_chunks::<N>().0.iter().map(|b| of(*b)).collect()
    }
    Ok(match physical {
        Type::INT32 => Stored::Int32(all(body, i32::from_le_bytes)),
        Type::INT64 => Stored::Int64(all(body, i64::from_le_bytes)),
        Type::FLOAT => Stored::Float(all(body, f32::from_le_bytes)),
        Type::DOUBLE => Stored::Double(all(body, f64::from_le_bytes)),
        other => return Err(format!("plain values of type {other}")),
    })
}

fn numbers_of(stored: Stored) -> Vec<f64> {
    let clean = |x: f64| if x.is_nan() { f64::NAN } else { x };
    match stored {
        Stored::Int32(numbers) => numbers.into_iter().map(f64::from).collect(),
        Stored::Int64(numbers) => numbers.into_iter().map(|x| x as f64).collect(),
        Stored::Float(numbers) => numbers.into_iter().map(|x| clean(x.into())).collect(),
        Stored::Double(numbers) => numbers.into_iter().map(clean).collect(),
    }
}

/// The key of each number, each distinct one spelled once.
fn keys_of(stored: Stored, interner: &mut Interner, spell: &Spell) -> Result<Vec<u32>, Fault> {
    macro_rules! distinct {
        ($numbers:expr, $variant:path, $bits:expr) => {{
            let mut order = Vec::new();
            let keys = distinct_by(&$numbers, &mut order, $bits);
            let texts = spell($variant(order))?;
            let of: Vec<u32> = texts.iter().map(|text| interner.key(Some(text))).collect();
            keys.into_iter().map(|at| of[at as usize]).collect()
        }};
    }
    Ok(match stored {
        Stored::Int32(n) => distinct!(n, Stored::Int32, |x: i32| i64::from(x) as u64),
        Stored::Int64(n) => distinct!(n, Stored::Int64, |x: i64| x as u64),
        Stored::Float(n) => distinct!(n, Stored::Float, |x: f32| u64::from(x.to_bits())),
        Stored::Double(n) => distinct!(n, Stored::Double, f64::to_bits),
    })
}

/// Which of the distinct numbers each is; `order` gets the distinct ones.
fn distinct_by<T: Copy>(numbers: &[T], order: &mut Vec<T>, bits: impl Fn(T) -> u64) -> Vec<u32> {
    const SMALL: usize = 256;
    let mut small = [u32::MAX; SMALL];
    let mut known: hashbrown::HashMap<u64, u32, foldhash::fast::FixedState> =
        hashbrown::HashMap::default();
    let mut last = (0, u32::MAX);
    numbers
        .iter()
        .map(|&number| {
            let bits = bits(number);
            let next = order.len() as u32;
            let at = if bits < SMALL as u64 {
                let at = &mut small[bits as usize];
                if *at == u32::MAX {
                    *at = next;
                }
                *at
            } else if last.1 != u32::MAX && last.0 == bits {
                last.1
            } else {
                *known.entry(bits).or_insert(next)
            };
            if at == next {
                order.push(number);
            }
            last = (bits, at);
            at
        })
        .collect()
}

/// The texts of a plain page.
fn each_text(mut body: &[u8], mut each: impl FnMut(&str)) -> Result<(), Fault> {
    while let Some((length, rest)) = body.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let text = rest.get(..length).ok_or("a text longer than its page")?;
        let text = std::str::from_utf8(text).map_err(|_| "a text that is not UTF-8")?;
        each(text);
        body = &rest[length..];
    }
    Ok(())
}
