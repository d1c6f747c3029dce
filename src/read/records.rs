//! Records of delimited text: the fast way through a block of bytes.
//!
//! In: bytes that begin at the start of a record. Out: the wanted fields of each record, and how
//! far the whole records reach. Quotes follow RFC 4180 as the `csv` crate reads it: a field is
//! quoted when its first byte is a quote, a doubled quote stands for one, text after a closing
//! quote is kept, and a quote inside an unquoted field is a character like any other.

use super::marks::marks;

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: u8,
    /// After records: `\n` (a `\r` before it is no part of the field), or `\r` in a file without
    /// `\n`.
    pub terminator: u8,
}

/// How a record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At this position, just after its terminator (or at the end of the text).
    At(usize),
    /// Beyond the bytes there are; whether inside quotes.
    Beyond(bool),
    /// Nowhere: something follows a closing quote. A quote that was never meant to open a field
    /// looks like this as well, and what it swallows must not go unnoticed.
    Stray,
}

/// Bytes that must follow a block: room for reading 64 at a time.
pub const PADDING: usize = 64;

/// Walks over the records of a block.
pub struct Records<'a> {
    /// The block and `PADDING` bytes more.
    bytes: &'a [u8],
    end: usize,
    /// Where the next record starts.
    pub at: usize,
    dialect: Dialect,
    /// Separators from `window` on that are not yet passed.
    window: usize,
    pending: u64,
    /// Whether the text ends with the block.
    last: bool,
    scratch: Vec<u8>,
}

impl<'a> Records<'a> {
    /// Over the first `end` of `bytes`, which go on for at least [`PADDING`] more.
    pub fn new(bytes: &'a [u8], end: usize, last: bool, dialect: Dialect) -> Self {
        let mut records = Self {
            bytes,
            end,
            at: 0,
            dialect,
            window: 0,
            pending: 0,
            last,
            scratch: Vec::new(),
        };
        records.load(0);
        records
    }

    #[inline]
    fn load(&mut self, from: usize) {
        self.window = from;
        let wanted = [self.dialect.delimiter, self.dialect.terminator, b'"'];
        let block = self.bytes.get(from..).and_then(<[u8]>::first_chunk::<64>);
        self.pending = block.map_or(0, |block| marks(block, wanted));
    }

    /// The next separator or quote, taken.
    #[inline]
    fn next_mark(&mut self) -> Option<usize> {
        loop {
            if self.pending != 0 {
                let at = self.window + self.pending.trailing_zeros() as usize;
                self.pending &= self.pending - 1;
                return (at < self.end).then_some(at);
            }
            if self.window + 64 >= self.end {
                return None;
            }
            self.load(self.window + 64);
        }
    }

    /// Goes on at a later record.
    pub fn jump(&mut self, to: usize) {
        self.at = to;
        self.seek(to);
    }

    /// Forgets the marks before a position.
    fn seek(&mut self, to: usize) {
        if to < self.window + 64 {
            self.pending &= u64::MAX << to.saturating_sub(self.window);
        } else {
            self.load(to);
        }
    }

    /// Whether the text ends with the block.
    pub fn is_last(&self) -> bool {
        self.last
    }

    /// Passes over the blank lines that start before `limit`; how many there are.
    pub fn skip_blank(&mut self, limit: usize) -> u64 {
        let mut blank = 0;
        let mut at = self.at;
        while at < limit && matches!(self.bytes[at], b'\n' | b'\r') {
            let returns = if self.dialect.terminator == b'\n' {
                let rest = &self.bytes[at..self.end];
                rest.iter().take_while(|&&byte| byte == b'\r').count()
            } else {
                0
            };
            let ends = at + returns;
            if ends == self.end && self.last {
                at = ends;
            } else if ends < self.end && self.bytes[ends] == self.dialect.terminator {
                at = ends + 1;
            } else {
                break;
            }
            blank += 1;
        }
        if at > self.at {
            self.jump(at);
        }
        blank
    }

    /// The next record: `each` gets the index and the bytes of every field whose index is `wanted`
    /// (ascending); returns where the record ends and how many fields it has.
    #[inline]
    pub fn next<E>(
        &mut self,
        wanted: &[usize],
        each: &mut impl FnMut(usize, &[u8]) -> Result<(), E>,
    ) -> Result<(End, usize), E> {
        let mut field = 0;
        let mut slot = 0;
        let mut from = self.at;
        loop {
            if from < self.end && self.bytes[from] == b'"' {
                let (end, done) = self.quoted(from);
                let Some((close, ended)) = done else {
                    return Ok((end, field + 1));
                };
                if wanted.get(slot) == Some(&field) {
                    each(slot, &self.scratch)?;
                    slot += 1;
                }
                field += 1;
                if ended {
                    self.at = close;
                    return Ok((End::At(close), field));
                }
                from = close;
                continue;
            }
            let mark = loop {
                match self.next_mark() {
                    Some(at) if self.bytes[at] == b'"' => {}
                    mark => break mark,
                }
            };
            let (to, ended) = match mark {
                Some(at) => (at, self.bytes[at] == self.dialect.terminator),
                None if self.last => (self.end, true),
                None => return Ok((End::Beyond(false), field + 1)),
            };
            if wanted.get(slot) == Some(&field) {
                let mut text = &self.bytes[from..to];
                if ended && self.dialect.terminator == b'\n' {
                    text = text.strip_suffix(b"\r").unwrap_or(text);
                }
                each(slot, text)?;
                slot += 1;
            }
            field += 1;
            if ended {
                self.at = (to + 1).min(self.end);
                return Ok((End::At(self.at), field));
            }
            from = to + 1;
        }
    }

    /// Reads a quoted field into `scratch`: where the text after its separator starts, and whether
    /// that separator ended the record.
    fn quoted(&mut self, open: usize) -> (End, Option<(usize, bool)>) {
        self.scratch.clear();
        let mut at = open + 1;
        loop {
            let rest = &self.bytes[at..self.end];
            let Some(quote) = memchr::memchr(b'"', rest) else {
                return (End::Beyond(true), None);
            };
            self.scratch.extend_from_slice(&rest[..quote]);
            at += quote + 1;
            if at < self.end && self.bytes[at] == b'"' {
                self.scratch.push(b'"');
                at += 1;
            } else {
                break;
            }
        }
        if at == self.end && !self.last {
            // The next byte tells whether this quote closes the field.
            return (End::Beyond(true), None);
        }
        let rest = &self.bytes[at..self.end];
        let Dialect {
            delimiter,
            terminator,
        } = self.dialect;
        let (tail, next, ended) = match memchr::memchr2(delimiter, terminator, rest) {
            Some(mark) => (mark, at + mark + 1, rest[mark] == terminator),
            None if self.last => (rest.len(), self.end, true),
            None => return (End::Beyond(false), None),
        };
        let mut text = &rest[..tail];
        if ended && terminator == b'\n' {
            text = text.strip_suffix(b"\r").unwrap_or(text);
        }
        if !text.is_empty() {
            return (End::Stray, None);
        }
        self.seek(next);
        (End::At(next), Some((next, ended)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All fields of all records, by our own splitter; `None` where a quote is never closed.
    fn ours(text: &[u8]) -> Option<Vec<Vec<Vec<u8>>>> {
        let mut padded = text.to_vec();
        padded.resize(text.len() + PADDING, 0);
        let dialect = Dialect {
            delimiter: b',',
            terminator: b'\n',
        };
        let mut records = Records::new(&padded, text.len(), true, dialect);
        let wanted: Vec<usize> = (0..200).collect();
        let mut all = Vec::new();
        while records.at < text.len() {
            let start = records.at;
            let mut record = Vec::new();
            let next = records.next(&wanted, &mut |_, field| {
                record.push(field.to_vec());
                Ok::<(), ()>(())
            });
            let (End::At(end), fields) = next.unwrap() else {
                return None;
            };
            assert_eq!(fields, record.len());
            assert!(end > start);
            if record != [b""] {
                all.push(record);
            }
        }
        Some(all)
    }

    fn by_crate(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text);
        let records = reader.byte_records().map(Result::unwrap);
        let fields = |r: csv::ByteRecord| r.iter().map(<[u8]>::to_vec).collect();
        records.map(fields).collect()
    }

    proptest! {
        #[test]
        fn records_are_those_of_the_csv_crate(text in "[ab,\"\n]{0,200}") {
            // The crate reads a quote that is never closed to the end in silence; ours says so.
            // A record of one quoted empty field is a blank line to ours.
            if let Some(all) = ours(text.as_bytes()) {
                let theirs: Vec<_> = by_crate(text.as_bytes()).into_iter().filter(|r| r != &[b""]).collect();
                prop_assert_eq!(all, theirs);
            }
        }

        #[test]
        fn line_ends_with_carriage_returns_are_line_ends(text in "([ab]{1,3}(,[ab]{1,3}|,\"x\n\"\"y\")\r\n){0,40}") {
            prop_assert_eq!(ours(text.as_bytes()).unwrap(), by_crate(text.as_bytes()));
        }
    }
}
