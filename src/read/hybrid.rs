//! The RLE and bit-packed hybrid of Parquet's levels and dictionary indices, a stretch at a time.
//!
//! Format: github.com/apache/parquet-format/blob/master/Encodings.md. Nothing is allocated for what
//! the bytes claim: a run is expanded only as far as it is asked for.

use bytes::Bytes;

/// A decoder of values of `width` bits (0 to 32).
#[derive(Debug)]
pub struct Hybrid {
    data: Bytes,
    at: usize,
    width: usize,
    run: Run,
}

#[derive(Debug, Clone, Copy)]
enum Run {
    /// The same value, so many times more.
    Same(u32, usize),
    /// Packed values: bit position of the next, and how many more.
    Packed(usize, usize),
}

/// A number that keys are stored in.
pub trait Key: Copy + Default + Ord {
    /// The low bits of a value.
    fn of(value: u64) -> Self;

    /// Eight values of `WIDTH` bits (1 to 8), from the low end of a word; the rest of it is noise.
    fn eight<const WIDTH: usize>(word: u64) -> [Self; 8];
}

impl Key for u8 {
    fn of(value: u64) -> Self {
        value as u8
    }

    fn eight<const WIDTH: usize>(word: u64) -> [Self; 8] {
        // Halved three times: each half moves to its place, all at once in one word.
        let half = |word: u64, bits: usize, room: usize, mask: u64| {
            (word & mask) | (word << (room - bits) & (mask << room))
        };
        let ones = |bits: usize| u64::MAX >> (64 - bits);
        let word = half(word, 4 * WIDTH, 32, ones(4 * WIDTH));
        let word = half(word, 2 * WIDTH, 16, ones(2 * WIDTH) * 0x0000_0001_0000_0001);
        let word = half(word, WIDTH, 8, ones(WIDTH) * 0x0001_0001_0001_0001);
        word.to_le_bytes()
    }
}

impl Key for u32 {
    fn of(value: u64) -> Self {
        value as u32
    }

    fn eight<const WIDTH: usize>(word: u64) -> [Self; 8] {
        std::array::from_fn(|i| (word >> (i * WIDTH) & ((1 << WIDTH) - 1)) as u32)
    }
}

impl Hybrid {
    /// At the start of the runs.
    pub fn new(data: Bytes, width: usize) -> Self {
        Self {
            data,
            at: 0,
            width,
            run: Run::Same(0, 0),
        }
    }

    /// At the first of the values that are packed without any runs.
    pub fn packed(data: Bytes, width: usize) -> Self {
        let count = 8 * data.len() / width.max(1);
        Self {
            at: data.len(),
            data,
            width,
            run: Run::Packed(0, count),
        }
    }

    /// Bits of a value.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Fills `out` with the next values; `None` where there are not as many.
    pub fn fill<K: Key>(&mut self, out: &mut [K]) -> Option<()> {
        let mut done = 0;
        while done < out.len() {
            let want = out.len() - done;
            match self.run {
                Run::Same(_, 0) | Run::Packed(_, 0) => self.next_run()?,
                Run::Same(value, left) => {
                    let take = left.min(want);
                    out[done..done + take].fill(K::of(value.into()));
                    self.run = Run::Same(value, left - take);
                    done += take;
                }
                Run::Packed(bit, left) => {
                    let take = left.min(want);
                    unpack(&self.data, bit, self.width, &mut out[done..done + take])?;
                    self.run = Run::Packed(bit + take * self.width, left - take);
                    done += take;
                }
            }
        }
        Some(())
    }

    /// Whether the next `count` values are all `value` by one run; then they are passed over.
    pub fn skip_same(&mut self, value: u32, count: usize) -> bool {
        let over = matches!(self.run, Run::Same(_, 0) | Run::Packed(_, 0));
        if over && self.next_run().is_none() {
            return false;
        }
        match self.run {
            Run::Same(same, left) if same == value && left >= count => {
                self.run = Run::Same(same, left - count);
                true
            }
            _ => false,
        }
    }

    fn next_run(&mut self) -> Option<()> {
        let mut head = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = *self.data.get(self.at)?;
            self.at += 1;
            head |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return self.start(head);
            }
        }
        None
    }

    fn start(&mut self, head: u64) -> Option<()> {
        let count = (head >> 1) as usize;
        if count == 0 {
            return None;
        }
        if head & 1 == 0 {
            let bytes = self.width.div_ceil(8);
            let value = self.data.get(self.at..self.at + bytes)?;
            let value = value.iter().rev().fold(0, |v, &b| v << 8 | u32::from(b));
            if self.width < 32 && value >> self.width != 0 {
                return None;
            }
            self.at += bytes;
            self.run = Run::Same(value, count);
        } else {
            // The last group may be cut off by the end of the page: what is there must suffice.
            let bytes = count * self.width;
            let bits = 8 * (self.data.len() - self.at);
            let whole = bits.checked_div(self.width).unwrap_or(usize::MAX);
            self.run = Run::Packed(8 * self.at, whole.min(8 * count));
            self.at = (self.at + bytes).min(self.data.len());
        }
        Some(())
    }
}

/// Unpacks values of `width` bits from bit `bit` on.
fn unpack<K: Key>(data: &[u8], mut bit: usize, width: usize, out: &mut [K]) -> Option<()> {
    if width == 0 {
        out.fill(K::default());
        return Some(());
    }
    let mut out = out;
    // Up to a byte's bound, one at a time; then eight values at a time from `width` whole bytes.
    while !bit.is_multiple_of(8) && !out.is_empty() {
        out[0] = K::of(one(data, bit, width)?);
        bit += width;
        out = &mut out[1..];
    }
    if width <= 8 {
        let eights = out.len() / 8;
        let (whole, rest) = out.split_at_mut(8 * eights);
        let start = bit / 8;
        unpack_eights(data.get(start..)?, width, whole)?;
        bit += 8 * eights * width;
        out = rest;
    }
    for value in out {
        *value = K::of(one(data, bit, width)?);
        bit += width;
    }
    Some(())
}

fn unpack_eights<K: Key>(data: &[u8], width: usize, out: &mut [K]) -> Option<()> {
    match width {
        1 => eights::<1, K>(data, out),
        2 => eights::<2, K>(data, out),
        3 => eights::<3, K>(data, out),
        4 => eights::<4, K>(data, out),
        5 => eights::<5, K>(data, out),
        6 => eights::<6, K>(data, out),
        7 => eights::<7, K>(data, out),
        _ => eights::<8, K>(data, out),
    }
}

/// The width is known to the compiler, so that shifts and masks are constants.
fn eights<const WIDTH: usize, K: Key>(data: &[u8], out: &mut [K]) -> Option<()> {
    let groups = out.len() / 8;
    data.get(..groups * WIDTH)?;
    // Whole words are read where there are eight bytes, though only `WIDTH` of them count.
    let fast = groups.min((data.len().saturating_sub(8)) / WIDTH);
    for (group, out) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let data = &data[group * WIDTH..];
        let mut word = [0; 8];
        if group < fast {
            word.copy_from_slice(&data[..8]);
        } else {
            word[..WIDTH].copy_from_slice(&data[..WIDTH]);
        }
        *out = K::eight::<WIDTH>(u64::from_le_bytes(word));
    }
    Some(())
}

/// One value of up to 32 bits.
fn one(data: &[u8], bit: usize, width: usize) -> Option<u64> {
    let (first, last) = (bit / 8, (bit + width - 1) / 8);
    let bytes = data.get(first..=last)?;
    let word = bytes
        .iter()
        .rev()
        .fold(0_u64, |word, &byte| word << 8 | u64::from(byte));
    Some(word >> (bit % 8) & ((1 << width) - 1))
}

/// How many of the next rows have a value; where not all have, `levels` says which.
pub fn presence(page: &mut Hybrid, rows: usize, levels: &mut Vec<u8>) -> Option<usize> {
    if page.skip_same(1, rows) {
        return Some(rows);
    }
    levels.resize(rows, 0);
    page.fill(&mut levels[..rows])?;
    Some(levels.iter().map(|&level| usize::from(level)).sum())
}

/// Moves the first `present` entries to the rows that have a value, from the last to the first.
pub fn spread<T: Copy>(out: &mut [T], present: usize, levels: &[u8], missing: T) {
    const ALL: u64 = 0x0101_0101_0101_0101;
    let mut from = present;
    let mut row = out.len();
    // As soon as as many entries as rows are left, each is where it belongs.
    while row > from {
        if row >= 8 {
            let word = levels[row - 8..row]
                .first_chunk()
                .map(|w| u64::from_le_bytes(*w));
            if word == Some(ALL) && from >= 8 {
                out.copy_within(from - 8..from, row - 8);
                row -= 8;
                from -= 8;
                continue;
            }
        }
        for _ in 0..row.min(8) {
            row -= 1;
            let has = usize::from(levels[row] != 0);
            from -= has.min(from);
            out[row] = if has == 1 { out[from] } else { missing };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Packs values as the format says, one bit at a time.
    fn pack(values: &[u32], width: usize) -> Vec<u8> {
        let mut bytes = vec![0; (values.len() * width).div_ceil(8)];
        for (i, value) in values.iter().enumerate() {
            for bit in 0..width {
                let at = i * width + bit;
                bytes[at / 8] |= ((value >> bit & 1) as u8) << (at % 8);
            }
        }
        bytes
    }

    proptest! {
        #[test]
        fn packed_values_come_back_in_any_stretches(
            width in 1_usize..=20,
            seeds in prop::collection::vec(any::<u32>(), 1..12),
            cut in 1_usize..17,
        ) {
            let mask = (1_u32 << width) - 1;
            let values: Vec<u32> = (0..seeds.len() * 8)
                .map(|i| seeds[i / 8].rotate_left(i as u32) & mask)
                .collect();
            let mut data = vec![(seeds.len() << 1 | 1) as u8];
            data.extend(pack(&values, width));
            data.extend([6, 1, 0, 0][..=width.div_ceil(8)].iter());
            let mut hybrid = Hybrid::new(data.into(), width);
            let mut small = Hybrid::new(hybrid.data.clone(), width);
            let mut out = vec![0_u32; values.len() + 3];
            for stretch in out.chunks_mut(cut) {
                let mut bytes = vec![0_u8; stretch.len()];
                hybrid.fill(stretch).unwrap();
                small.fill(&mut bytes).unwrap();
                let low: Vec<u8> = stretch.iter().map(|&value| value as u8).collect();
                prop_assert_eq!(bytes, low);
            }
            prop_assert_eq!(&out[..values.len()], &values[..]);
            prop_assert_eq!(&out[values.len()..], &[1, 1, 1]);
            prop_assert!(hybrid.fill(&mut [0_u32; 1]).is_none());
        }
    }
    proptest! {
        #[test]
        fn values_are_spread_to_the_rows_that_have_one(
            levels in prop::collection::vec(prop_oneof![9 => Just(1_u8), 1 => Just(0)], 0..200),
        ) {
            let present = levels.iter().map(|&level| usize::from(level)).sum();
            let mut next = 0;
            let expected: Vec<u32> = levels
                .iter()
                .map(|&level| {
                    next += u32::from(level);
                    if level == 1 { next } else { 0 }
                })
                .collect();
            let mut out: Vec<u32> = (1..=levels.len() as u32).collect();
            spread(&mut out, present, &levels, 0);
            prop_assert_eq!(out, expected);
        }
    }
}
