//! The first record of a delimited text: separator, terminator, names.

use super::bytes::{Format, Identified};
use super::records::{Dialect, End, PADDING, Records};
use super::{Options, words};
use crate::data::{Field, Kind};
use crate::error::{Error, Place, Problem, Result};

/// What the start of a text says.
#[derive(Debug, Clone)]
pub struct Header {
    /// How records are written.
    pub dialect: Dialect,
    /// Columns, in order.
    pub fields: Vec<Field>,
    /// Bytes of the decoded text before the first record of data.
    pub length: usize,
    /// Things worth saying.
    pub notes: Vec<String>,
}

/// Separators that are tried.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Reads the header.
pub fn read(input: &Identified, options: &Options) -> Result<Header> {
    let head = &input.head;
    let terminator = if head.contains(&b'\n') || !head.contains(&b'\r') {
        b'\n'
    } else {
        b'\r'
    };
    let mut start = blank_lines(head);
    let mut notes = Vec::new();
    if start > 0 && start < head.len() {
        notes.push(format!(
            "{}: blank lines before the header are skipped",
            input.name
        ));
    }
    let mut named = None;
    if let Some(rest) = head[start..].strip_prefix(b"sep=")
        && let [delimiter, b'\r' | b'\n', ..] = rest
    {
        named = Some(*delimiter);
        start += 5;
        start += blank_lines(&head[start..]);
    }
    let place = Place {
        line: Some(1 + lines(&head[..start], terminator)),
        ..Place::file(&*input.name)
    };
    if start == head.len() {
        return Err(Error::Data {
            place: Place::file(&*input.name),
            problem: Problem::NoRows,
        });
    }
    let delimiter = match (options.delimiter.or(named), input.format) {
        (Some(delimiter), _) => delimiter,
        (None, Format::Tsv) => b'\t',
        (None, _) => sniff(&head[start..], terminator),
    };
    let dialect = Dialect {
        delimiter,
        terminator,
    };
    let wrong = |problem: Problem| Error::Data {
        place: place.clone(),
        problem,
    };
    let (names, length) = first_record(&head[start..], input.whole, dialect).map_err(wrong)?;
    let named = |(at, name): (usize, &Vec<u8>)| {
        Ok(Field {
            name: if options.no_header {
                format!("column_{}", at + 1)
            } else {
                words::text(name).map_err(wrong)?.to_owned()
            },
            kind: Kind::Untyped,
        })
    };
    let fields = names.iter().enumerate().map(named).collect::<Result<_>>()?;
    let length = if options.no_header {
        start
    } else {
        start + length
    };
    Ok(Header {
        dialect,
        fields,
        length,
        notes,
    })
}

fn blank_lines(text: &[u8]) -> usize {
    let mut at = 0;
    for (i, byte) in text.iter().enumerate() {
        match byte {
            b'\n' | b'\r' => at = i + 1,
            b' ' | b'\t' => {}
            _ => return at,
        }
    }
    text.len()
}

/// Line ends in a text.
pub fn lines(text: &[u8], terminator: u8) -> u64 {
    memchr::memchr_iter(terminator, text).count() as u64
}

/// The separator that splits the first line into most fields, where the next lines agree best.
fn sniff(text: &[u8], terminator: u8) -> u8 {
    let score = |delimiter: u8| {
        let mut padded = text[..text.len().min(64 << 10)].to_vec();
        let end = padded.len();
        padded.resize(end + PADDING, 0);
        let dialect = Dialect {
            delimiter,
            terminator,
        };
        let mut records = Records::new(&padded, end, end == text.len(), dialect);
        let mut counts = Vec::new();
        while counts.len() < 20 && records.at < end {
            match records.next(&[], &mut |_, _: &[u8]| Ok::<(), ()>(())) {
                Ok((End::At(_), fields)) => counts.push(fields),
                _ => break,
            }
        }
        let first = counts.first().copied().unwrap_or(1);
        let agree = counts.iter().filter(|&&fields| fields == first).count();
        if first < 2 {
            (0, 0)
        } else {
            (agree * 100 / counts.len().max(1), first)
        }
    };
    let best = DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|&delimiter| score(delimiter));
    best.filter(|&delimiter| score(delimiter) > (0, 0))
        .unwrap_or(b',')
}

fn first_record(
    text: &[u8],
    whole: bool,
    dialect: Dialect,
) -> std::result::Result<(Vec<Vec<u8>>, usize), Problem> {
    let mut padded = text.to_vec();
    padded.resize(text.len() + PADDING, 0);
    let mut records = Records::new(&padded, text.len(), whole, dialect);
    let mut names = Vec::new();
    let wanted: Vec<usize> = (0..=text.len()).collect();
    let next = records.next(&wanted, &mut |_, field| {
        names.push(field.to_vec());
        Ok::<(), Problem>(())
    })?;
    match next.0 {
        End::At(length) => Ok((names, length)),
        End::Stray => Err(Problem::StrayQuote),
        End::Beyond(true) if whole => Err(Problem::UnclosedQuote),
        End::Beyond(_) => Err(Problem::LongRecord { most: text.len() }),
    }
}
