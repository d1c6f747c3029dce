//! A walk through Parquet's metadata that trusts nothing: it checks that every length and count fits
//! the bytes there are, before a decoder allocates for them.
//!
//! Format: Thrift compact protocol, github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

/// Deepest nesting that Parquet's metadata has, with room.
const DEPTH: usize = 24;

/// A position in a buffer of compact Thrift.
pub struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// What a page header says of the sizes of its page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageSize {
    /// Bytes of the header.
    pub header: usize,
    /// Bytes of the page once inflated.
    pub inflated: i64,
    /// Bytes of the page in the file.
    pub stored: i64,
}

impl<'a> Walk<'a> {
    /// At the start of a buffer.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            if shift < 64 {
                value |= u64::from(byte & 0x7f) << shift;
            }
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn skip_bytes(&mut self, count: u64) -> Option<()> {
        let end = self.at.checked_add(usize::try_from(count).ok()?)?;
        (end <= self.bytes.len()).then(|| self.at = end)
    }

    /// Walks over a value of this compact type; `None` where it does not fit the bytes.
    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        match kind {
            1 | 2 => Some(()),
            3 => self.skip_bytes(1),
            4..=6 => self.varint().map(drop),
            7 => self.skip_bytes(8),
            8 => {
                let length = self.varint()?;
                self.skip_bytes(length)
            }
            9 | 10 => self.skip_list(depth),
            11 => self.skip_map(depth),
            12 => self.fields(depth + 1, &mut |walk, _, kind, depth| {
                walk.skip(kind, depth)
            }),
            _ => None,
        }
    }

    fn skip_list(&mut self, depth: usize) -> Option<()> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            count => count.into(),
        };
        // Every element takes at least a byte, booleans in lists as well.
        if count > (self.bytes.len() - self.at) as u64 {
            return None;
        }
        for _ in 0..count {
            match head & 15 {
                1 | 2 => self.skip_bytes(1)?,
                kind => self.skip(kind, depth + 1)?,
            }
        }
        Some(())
    }

    fn skip_map(&mut self, depth: usize) -> Option<()> {
        let count = self.varint()?;
        if count == 0 {
            return Some(());
        }
        let kinds = self.byte()?;
        if count > (self.bytes.len() - self.at) as u64 {
            return None;
        }
        for _ in 0..count {
            self.skip(kinds >> 4, depth + 1)?;
            self.skip(kinds & 15, depth + 1)?;
        }
        Some(())
    }

    /// Walks over the fields of a struct; `each` takes their value.
    fn fields(
        &mut self,
        depth: usize,
        each: &mut dyn FnMut(&mut Self, i64, u8, usize) -> Option<()>,
    ) -> Option<()> {
        let mut field = 0;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            field = match head >> 4 {
                0 => self.zigzag()?,
                delta => field + i64::from(delta),
            };
            each(self, field, head & 15, depth)?;
        }
    }

    /// Whether the buffer holds a whole struct whose lengths all fit.
    pub fn is_sound(mut self) -> bool {
        self.skip(12, 0).is_some()
    }

    /// The sizes in a page header; `None` where the header is damaged or not whole.
    pub fn page_size(mut self) -> Option<PageSize> {
        let mut size = PageSize::default();
        self.fields(0, &mut |walk, field, kind, depth| {
            match field {
                2 => size.inflated = walk.zigzag()?,
                3 => size.stored = walk.zigzag()?,
                _ => walk.skip(kind, depth)?,
            }
            Some(())
        })?;
        size.header = self.at;
        Some(size)
    }
}
