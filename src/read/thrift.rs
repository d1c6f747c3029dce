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

/// What a page header says of its page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageHead {
    /// Bytes of the header.
    pub header: usize,
    /// 0 data, 1 index, 2 dictionary, 3 data of version 2.
    pub kind: i64,
    /// Bytes of the page once inflated.
    pub inflated: i64,
    /// Bytes of the page in the file.
    pub stored: i64,
    /// Values in it, the missing ones included.
    pub values: i64,
    /// The number of the encoding of its values.
    pub encoding: i64,
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
    pub fn is_sound(&mut self) -> bool {
        self.skip(12, 0).is_some()
    }

    /// The largest depth of a Parquet schema in a footer and how many elements and column chunks
    /// it has; `None` where the footer is damaged.
    pub fn footer_shape(mut self) -> Option<FooterShape> {
        let mut shape = FooterShape::default();
        self.fields(0, &mut |walk, field, kind, depth| match (field, kind) {
            (2, 9) => walk.schema(&mut shape),
            (4, 9) => walk.list(&mut |walk| {
                walk.fields(depth, &mut |walk, field, kind, depth| {
                    let before = walk.at;
                    walk.skip(kind, depth)?;
                    if (field, kind) == (1, 9) {
                        shape.chunks += Walk {
                            at: before,
                            ..*walk
                        }
                        .list_length()?
                        .1;
                    }
                    Some(())
                })
            }),
            _ => walk.skip(kind, depth),
        })?;
        Some(shape)
    }

    /// Type and length of a list.
    fn list_length(&mut self) -> Option<(u8, u64)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            count => count.into(),
        };
        Some((head & 15, count))
    }

    /// Walks over a list of structs; `each` walks over an element.
    fn list(&mut self, each: &mut dyn FnMut(&mut Self) -> Option<()>) -> Option<()> {
        let (kind, count) = self.list_length()?;
        if kind != 12 || count > (self.bytes.len() - self.at) as u64 {
            return None;
        }
        (0..count).try_for_each(|_| each(self))
    }

    /// The schema is a tree in depth-first order, each element with the number of its children.
    fn schema(&mut self, shape: &mut FooterShape) -> Option<()> {
        let mut open: Vec<i64> = Vec::new();
        self.list(&mut |walk| {
            let mut children = 0;
            walk.fields(0, &mut |walk, field, kind, depth| {
                if field == 5 {
                    children = walk.zigzag()?;
                    return Some(());
                }
                walk.skip(kind, depth)
            })?;
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            if children > 0 {
                open.push(children);
            }
            shape.depth = shape.depth.max(open.len());
            while open.last() == Some(&0) {
                open.pop();
            }
            shape.elements += 1;
            Some(())
        })
    }

    /// What a page header says; `None` where the header is damaged or not whole.
    pub fn page_head(mut self) -> Option<PageHead> {
        let mut head = PageHead::default();
        self.fields(0, &mut |walk, field, kind, depth| {
            match (field, kind) {
                (1, 5) => head.kind = walk.zigzag()?,
                (2, 5) => head.inflated = walk.zigzag()?,
                (3, 5) => head.stored = walk.zigzag()?,
                (5 | 7 | 8, 12) => {
                    // The encoding is the second field, in version 2 the fourth.
                    let encoding = if field == 8 { 4 } else { 2 };
                    walk.fields(depth, &mut |walk, inner, kind, depth| {
                        match (inner, kind) {
                            (1, 5) => head.values = walk.zigzag()?,
                            (_, 5) if inner == encoding => head.encoding = walk.zigzag()?,
                            _ => walk.skip(kind, depth)?,
                        }
                        Some(())
                    })?;
                }
                _ => walk.skip(kind, depth)?,
            }
            Some(())
        })?;
        head.header = self.at;
        Some(head)
    }
}

/// How large the decoded footer will be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FooterShape {
    /// How deep the tree of the schema is.
    pub depth: usize,
    /// Elements of the schema.
    pub elements: u64,
    /// Column chunks of all row groups.
    pub chunks: u64,
}
