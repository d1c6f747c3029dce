//! The texts of a column and their keys: a hash table for short texts that come again and again.
//!
//! A text is known by its length, its first sixteen bytes and, where it is longer, its last sixteen.
//! They are loaded whether the text is as long or not and masked, so that the lengths, which come in
//! any order, decide no branch; only texts of more than 32 bytes are compared byte by byte. Unlike
//! the keys of `keys`, which are of values by their bits, these are of fields as they lie in a text.

use crate::data::{Values, limits};
use crate::error::Problem;

/// Distinct texts, each with a key: 0, 1, 2, … in the order they came.
pub struct Lookup {
    /// As many as a power of two, half of them free.
    slots: Vec<Slot>,
    /// The keys of texts of one byte.
    single: Box<[u32; 256]>,
    values: Values,
    /// Bytes of the values.
    bytes: usize,
}

/// A text and its key.
#[derive(Clone, Copy)]
struct Slot {
    form: Form,
    key: u32,
}

/// What tells short texts apart.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Form {
    /// The first sixteen bytes, zeros behind a shorter text.
    head: [u64; 2],
    /// The last sixteen bytes; zeros where the text has no more than the head.
    tail: [u64; 2],
    length: u32,
}

/// No key.
const FREE: u32 = u32::MAX;

/// Bytes that are loaded at once.
const LOADED: usize = 16;

const EMPTY: Slot = Slot {
    form: Form {
        head: [0; 2],
        tail: [0; 2],
        length: 0,
    },
    key: FREE,
};

impl Default for Lookup {
    fn default() -> Self {
        Self {
            slots: vec![EMPTY; 16],
            single: Box::new([FREE; 256]),
            values: Vec::new(),
            bytes: 0,
        }
    }
}

impl Form {
    /// Of `text[start..end]`; the loads must lie within the text.
    #[inline]
    fn within(text: &[u8], start: usize, end: usize) -> Option<Self> {
        let length = end - start;
        let head = pair(text, start)?;
        let tail = pair(text, end.wrapping_sub(LOADED))?;
        let masks = &MASKS[length.min(LOADED)];
        let long = u64::from(length <= LOADED).wrapping_sub(1);
        Some(Self {
            head: [head[0] & masks[0], head[1] & masks[1]],
            tail: [tail[0] & long, tail[1] & long],
            length: length as u32,
        })
    }

    /// Whether no byte of the text is left out.
    fn is_whole(&self) -> bool {
        self.length as usize <= 2 * LOADED
    }

    /// Of a text by itself.
    #[inline(never)]
    fn alone(text: &[u8]) -> Self {
        let mut head = [0; LOADED];
        let mut tail = [0; LOADED];
        let first = &text[..text.len().min(LOADED)];
        head[..first.len()].copy_from_slice(first);
        if let Some(last) = text.last_chunk::<LOADED>().filter(|_| text.len() > LOADED) {
            tail = *last;
        }
        let form = pair(&head, 0).zip(pair(&tail, 0));
        let (head, tail) = form.unwrap_or_default();
        Self {
            head,
            tail,
            length: text.len() as u32,
        }
    }

    #[inline]
    fn hash(&self) -> usize {
        let mixed = self.head[0]
            ^ self.head[1].rotate_left(17)
            ^ self.tail[0].rotate_left(31)
            ^ self.tail[1].rotate_left(47)
            ^ u64::from(self.length);
        // A product spreads bits upwards only, and the upper half of it is used.
        ((mixed ^ mixed >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
    }
}

/// The sixteen bytes from `at` on.
#[inline]
fn pair(text: &[u8], at: usize) -> Option<[u64; 2]> {
    let bytes = text.get(at..)?.first_chunk::<LOADED>()?;
    let (low, high) = bytes.split_at(8);
    let word = |half: &[u8]| {
        half.first_chunk()
            .map_or(0, |half| u64::from_le_bytes(*half))
    };
    Some([word(low), word(high)])
}

/// What keeps the first so many of sixteen bytes.
const MASKS: [[u64; 2]; LOADED + 1] = {
    let mut masks = [[0; 2]; LOADED + 1];
    let mut length = 0;
    while length <= LOADED {
        let mut byte = 0;
        while byte < length {
            masks[length][byte / 8] |= 0xff << (byte % 8 * 8);
            byte += 1;
        }
        length += 1;
    }
    masks
};

impl Lookup {
    /// The texts in the order of their keys; an empty one is nothing.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Bytes of the texts.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The key of a text, which is a new one if need be.
    pub fn key(&mut self, text: &[u8]) -> Result<u32, Problem> {
        if let &[byte] = text {
            let key = self.single[usize::from(byte)];
            if key != FREE {
                return Ok(key);
            }
        }
        let form = Form::alone(text);
        match self.find(&form, text) {
            FREE => self.insert(form, text),
            key => Ok(key),
        }
    }

    /// Fills in the keys, of no more than eight bits, of the texts that lie at `spans` in `text`, up
    /// to the first that is not known; how many were.
    #[inline(never)]
    pub fn fill(
        &self,
        text: &[u8],
        spans: impl Iterator<Item = (usize, usize)>,
        keys: &mut [u8],
    ) -> usize {
        let slots = self.slots.as_slice();
        let mut known = 0;
        for ((start, end), place) in spans.zip(keys) {
            let key = if end - start == 1 {
                self.single[usize::from(text[start])]
            } else if let Some(form) = Form::within(text, start, end) {
                let slot = &slots[form.hash() & (slots.len() - 1)];
                if slot.form == form && form.is_whole() {
                    slot.key
                } else {
                    self.find(&form, &text[start..end])
                }
            } else {
                let text = &text[start..end];
                self.find(&Form::alone(text), text)
            };
            if key == FREE {
                break;
            }
            *place = key as u8;
            known += 1;
        }
        known
    }

    /// The key of a text, or `FREE`. Out of line: where it is called is a loop that has no register
    /// to spare.
    #[inline(never)]
    fn find(&self, form: &Form, text: &[u8]) -> u32 {
        let mask = self.slots.len() - 1;
        let mut at = form.hash() & mask;
        loop {
            let slot = &self.slots[at];
            let same = slot.form == *form && (form.is_whole() || self.is(slot.key, text));
            if same || slot.key == FREE {
                return slot.key;
            }
            at = (at + 1) & mask;
        }
    }

    fn is(&self, key: u32, text: &[u8]) -> bool {
        let value = self.values.get(key as usize);
        value.is_some_and(|value| value.as_deref().unwrap_or_default().as_bytes() == text)
    }

    #[cold]
    fn insert(&mut self, form: Form, text: &[u8]) -> Result<u32, Problem> {
        if text.len() > limits::FIELD_BYTES {
            return Err(Problem::LongName {
                bytes: text.len(),
                most: limits::FIELD_BYTES,
            });
        }
        let value = super::words::text(text)?;
        let key = self.values.len() as u32;
        self.bytes += text.len();
        self.values.push((!value.is_empty()).then(|| value.into()));
        if let &[byte] = text {
            self.single[usize::from(byte)] = key;
        }
        if self.values.len() * 2 > self.slots.len() {
            let slots = vec![EMPTY; 4 * self.slots.len()];
            let old = std::mem::replace(&mut self.slots, slots);
            for slot in old.into_iter().filter(|slot| slot.key != FREE) {
                self.place(slot);
            }
        }
        self.place(Slot { form, key });
        Ok(key)
    }

    fn place(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut at = slot.form.hash() & mask;
        while self.slots[at].key != FREE {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_has_one_key(texts in prop::collection::vec("[ab]{0,3}|[ab]{14,18}|a{30,34}|b?a{31}[ab]{0,9}", 0..200)) {
            let line = texts.join(",");
            let mut ends: Vec<(usize, usize)> = Vec::new();
            for text in &texts {
                let start = ends.last().map_or(0, |(_, end)| end + 1);
                ends.push((start, start + text.len()));
            }
            let mut lookup = Lookup::default();
            let mut known = BTreeMap::new();
            for (at, text) in texts.iter().enumerate() {
                let next = known.len() as u32;
                let expected = *known.entry(text).or_insert(next);
                prop_assert_eq!(lookup.key(text.as_bytes()).ok(), Some(expected));
                let mut keys = vec![0; texts.len()];
                let filled = lookup.fill(line.as_bytes(), ends.iter().copied(), &mut keys);
                prop_assert!(filled > at);
                prop_assert!(texts.get(filled).is_none_or(|text| !known.contains_key(text)));
                for (text, key) in texts.iter().zip(&keys[..filled]) {
                    prop_assert_eq!(known[text] as u8, *key);
                }
            }
            for (text, key) in known {
                let value = lookup.values()[key as usize].as_deref();
                prop_assert_eq!(value.unwrap_or_default(), text);
            }
        }
    }

    #[test]
    fn more_texts_than_slots_are_all_found() {
        let texts: Vec<String> = (0..5_000).map(|i| format!("Region {i:05}")).collect();
        let mut lookup = Lookup::default();
        for _ in 0..2 {
            let keys: Vec<_> = texts
                .iter()
                .map(|t| lookup.key(t.as_bytes()).ok())
                .collect();
            assert!(
                keys.iter()
                    .enumerate()
                    .all(|(i, key)| *key == Some(i as u32))
            );
        }
    }
}
