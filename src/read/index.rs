//! The fields of many records at once, as long as no quote comes: first where all separators are,
//! then field by field.
//!
//! Going from separator to separator asks of each what it is; here a record is known to be whole by
//! one comparison, and what follows is a loop over one field of all records. A block of text with a
//! quote, a blank line or a wrong number of fields is left to `records`.

use super::marks::find;
use super::records::Dialect;

/// Bytes looked at together: the positions stay in the nearest cache.
const CHUNK: usize = 16 << 10;

/// Where separators and record ends are in a chunk of text.
pub struct Index {
    /// One before the chunk, then the separators: a field lies between two that follow each other.
    separators: Box<[u32]>,
    /// The separators that end records.
    ends: Box<[u32]>,
}

/// Whole records in a chunk, each with as many fields as it should.
pub struct Found<'a> {
    /// The chunk.
    pub bytes: &'a [u8],
    /// How many records.
    pub records: usize,
    /// Where the last one ends in the chunk.
    pub end: usize,
    separators: &'a [u32],
    fields: usize,
    /// Whether a `\r` at the end of a record is part of its end.
    returns: bool,
}

impl Index {
    /// For records of so many fields, two at least.
    pub fn new(fields: usize) -> Self {
        // Behind the last record there is room for one more, so that each has a whole slice.
        let positions = |more| vec![0; CHUNK + 1 + 64 + more].into_boxed_slice();
        Self {
            separators: positions(fields),
            ends: positions(0),
        }
    }

    /// The records of `fields` fields from `from` on that start before `limit` and end in the first
    /// `end` of `bytes`, `most` of them at most. 64 bytes more must follow.
    pub fn find<'a>(
        &'a mut self,
        bytes: &'a [u8],
        (from, limit, end): (usize, usize, usize),
        dialect: Dialect,
        fields: usize,
        most: usize,
    ) -> Found<'a> {
        let bytes = &bytes[from..];
        let (separators, ends) = self.fill(bytes, end.saturating_sub(from).min(CHUNK), dialect);
        let limit = limit.saturating_sub(from);
        let (mut records, mut start) = (0, 0);
        let lasts = self.separators[1..=separators].chunks_exact(fields);
        for (record, &end) in lasts.zip(&self.ends[..ends]).take(most) {
            if start >= limit || record[fields - 1] != end {
                break;
            }
            start = end as usize + 1;
            records += 1;
        }
        Found {
            bytes,
            records,
            end: start,
            separators: &self.separators[..(records + 1) * fields],
            fields,
            returns: dialect.terminator == b'\n',
        }
    }

    /// Fills in the separators of the first `length` bytes, up to the first quote; how many there
    /// are, and how many of them end records.
    fn fill(&mut self, bytes: &[u8], length: usize, dialect: Dialect) -> (usize, usize) {
        self.separators[0] = u32::MAX;
        let (mut separators, mut ends) = (1, 0);
        let length = memchr::memchr(b'"', &bytes[..length]).unwrap_or(length);
        let mut at = 0;
        while at < length {
            let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk::<64>) else {
                break;
            };
            let [mut delimiters, mut terminators] =
                find(block, [dialect.delimiter, dialect.terminator]);
            if length - at < 64 {
                let known = (1 << (length - at)) - 1;
                delimiters &= known;
                terminators &= known;
            }
            let base = at as u32;
            separators = flatten(
                delimiters | terminators,
                base,
                &mut self.separators,
                separators,
            );
            ends = flatten_few(terminators, base, &mut self.ends, ends);
            at += 64;
        }
        (separators - 1, ends)
    }
}

/// Writes the positions of marks behind the first `count`; how many there are then. A dozen is
/// written whether there are as many or not: what is too much is overwritten next.
#[inline]
fn flatten(mut marks: u64, base: u32, positions: &mut [u32], count: usize) -> usize {
    let Some(places) = positions[count..].first_chunk_mut::<64>() else {
        return count;
    };
    let found = marks.count_ones() as usize;
    let mut write = |place: &mut u32| {
        // What is too much is anything: with a bit that is always there no zero has to be told.
        *place = base + (marks | 1 << 63).trailing_zeros();
        marks &= marks.wrapping_sub(1);
    };
    places[..12].iter_mut().for_each(&mut write);
    if found > 12 {
        places[12..found].iter_mut().for_each(write);
    }
    count + found
}

/// The same for marks of which there are hardly more than two.
#[inline]
fn flatten_few(mut marks: u64, base: u32, positions: &mut [u32], mut count: usize) -> usize {
    for _ in 0..2 {
        positions[count] = base + marks.trailing_zeros();
        count += usize::from(marks != 0);
        marks &= marks.wrapping_sub(1);
    }
    if marks == 0 {
        count
    } else {
        flatten(marks, base, positions, count)
    }
}

impl Found<'_> {
    /// Where one field of each record is in the chunk.
    #[inline]
    pub fn spans(&self, field: usize) -> impl ExactSizeIterator<Item = (usize, usize)> + Clone {
        let returns = self.returns && field + 1 == self.fields;
        let from = &self.separators[field..][..self.records * self.fields];
        from.chunks_exact(self.fields).map(move |pair| {
            let (start, end) = (pair[0].wrapping_add(1) as usize, pair[1] as usize);
            let returned = returns && end > start && self.bytes[end - 1] == b'\r';
            (start, end - usize::from(returned))
        })
    }

    /// Where a record starts in the chunk.
    pub fn start(&self, record: usize) -> usize {
        self.separators[record * self.fields].wrapping_add(1) as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::records::{End, PADDING, Records};
    use super::*;

    proptest! {
        #[test]
        fn whole_records_are_those_of_the_slow_way(
            text in "((a|bc)?,(d|ef|ghi)?,(0|1|23456789)?\r?\n){0,40}[ab,\"\n]{0,9}",
            limit in 0_usize..400,
        ) {
            let mut padded = text.clone().into_bytes();
            let end = padded.len();
            padded.resize(end + PADDING, b',');
            let dialect = Dialect { delimiter: b',', terminator: b'\n' };
            let mut index = Index::new(3);
            let found = index.find(&padded, (0, limit, end), dialect, 3, 30);
            let mut records = Records::new(&padded, end, true, dialect);
            for record in 0..found.records {
                prop_assert_eq!(found.start(record), records.at);
                prop_assert!(records.at < limit);
                let mut fields = Vec::new();
                let next = records.next(&[0, 1, 2], &mut |_, field| {
                    fields.push(field.to_vec());
                    Ok::<(), ()>(())
                });
                prop_assert_eq!(next, Ok((End::At(records.at), 3)));
                for (field, text) in fields.iter().enumerate() {
                    let (start, end) = found.spans(field).nth(record).unwrap();
                    prop_assert_eq!(&padded[start..end], text.as_slice());
                }
            }
            prop_assert_eq!(found.end, records.at);
            // It stops only where it must.
            if found.records < 30 && records.at < limit.min(end) && !text[records.at..].contains('"') {
                let next = records.next(&[], &mut |_, _: &[u8]| Ok::<(), ()>(()));
                let ended = text[..records.at].ends_with('\n');
                prop_assert!(!ended || !matches!(next, Ok((End::At(_), 3))));
            }
        }
    }
}
