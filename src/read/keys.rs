//! Texts to keys: the distinct values of a column in order of first appearance, while batches are
//! made. Empty text is the missing value.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};

use crate::data::batch::Values;
use crate::data::{Keys, limits};

/// Beyond this many values a new list is begun with the next batch, so that a column that never
/// repeats itself does not copy an ever longer list with every batch.
const MOST_VALUES: usize = 16 << 10;
/// Most bytes of the distinct values of one list: more is prose, and not groups.
const MOST_BYTES: usize = 64 << 20;

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// One value is too long; its bytes.
    Long(usize),
    /// All distinct values of a batch are, together.
    Much,
    /// A text that is not UTF-8.
    NotText,
}

/// Distinct values with their keys, growing as batches come.
#[derive(Debug)]
pub struct Interner {
    hasher: RandomState,
    texts: HashTable<u32>,
    /// Keys of numbers by their bits.
    numbers: HashMap<u64, u32, RandomState>,
    /// The numbers seen last, by a few bits of a hash.
    recent: Box<[(u64, u32); RECENT]>,
    values: Vec<Option<Box<str>>>,
    /// Bytes of all values.
    size: usize,
    missing: Option<u32>,
    shared: Arc<Values>,
}

const RECENT: usize = 256;
const NO_KEY: u32 = u32::MAX;

impl Default for Interner {
    fn default() -> Self {
        Self {
            hasher: RandomState::default(),
            texts: HashTable::new(),
            numbers: HashMap::default(),
            recent: Box::new([(0, NO_KEY); RECENT]),
            values: Vec::new(),
            size: 0,
            missing: None,
            shared: Arc::default(),
        }
    }
}

impl Interner {
    /// Called between batches: may begin a new list; whether it did.
    pub fn renew(&mut self) -> bool {
        let full = self.values.len() > MOST_VALUES || self.size > MOST_BYTES / 4;
        if full {
            *self = Self::default();
        }
        full
    }

    /// The key of a text.
    pub fn text(&mut self, text: &str) -> Result<u32, Unfit> {
        self.bytes(text.as_bytes())
    }

    /// The key of a text that was not looked at yet.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<u32, Unfit> {
        if bytes.is_empty() {
            return Ok(self.missing());
        }
        let hash = self.hasher.hash_one(bytes);
        let known = |&key: &u32| {
            let value = self.values[key as usize].as_deref();
            value.is_some_and(|value| value.as_bytes() == bytes)
        };
        if let Some(&key) = self.texts.find(hash, known) {
            return Ok(key);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Unfit::NotText)?;
        if text.len() > limits::GROUP_BYTES {
            return Err(Unfit::Long(text.len()));
        }
        self.size += text.len();
        if self.size > MOST_BYTES {
            return Err(Unfit::Much);
        }
        let key = self.push(Some(text.into()));
        let (values, hasher) = (&self.values, &self.hasher);
        self.texts.insert_unique(hash, key, |&key| {
            hasher.hash_one(
                values[key as usize]
                    .as_deref()
                    .unwrap_or_default()
                    .as_bytes(),
            )
        });
        Ok(key)
    }

    /// The key of a number that these bits stand for; it is written once.
    pub fn number(
        &mut self,
        bits: u64,
        write: impl FnOnce() -> Option<String>,
    ) -> Result<u32, Unfit> {
        // Fibonacci hashing: the upper bits of a product know all bits of the number.
        let slot = (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize;
        let (known, key) = self.recent[slot];
        if known == bits && key != NO_KEY {
            return Ok(key);
        }
        let key = if let Some(&key) = self.numbers.get(&bits) {
            key
        } else {
            let key = match write() {
                Some(text) => self.text(&text)?,
                None => self.missing(),
            };
            self.numbers.insert(bits, key);
            key
        };
        self.recent[slot] = (bits, key);
        Ok(key)
    }

    /// The key of the missing value.
    pub fn missing(&mut self) -> u32 {
        if let Some(key) = self.missing {
            return key;
        }
        let key = self.push(None);
        self.missing = Some(key);
        key
    }

    fn push(&mut self, value: Option<Box<str>>) -> u32 {
        self.values.push(value);
        self.values.len() as u32 - 1
    }

    /// The values so far; the same `Arc` while there are no new ones.
    pub fn values(&mut self) -> Arc<Values> {
        if self.shared.len() != self.values.len() {
            self.shared = Arc::new(self.values.clone());
        }
        Arc::clone(&self.shared)
    }
}

/// Puts keys into the smallest form that holds `values` values, into the room that `out` has.
pub fn narrow(keys: &[u32], values: usize, out: &mut Keys) {
    if values <= 256 {
        let mut small = match std::mem::replace(out, Keys::U8(Vec::new())) {
            Keys::U8(small) => small,
            Keys::U32(_) => Vec::new(),
        };
        small.clear();
        small.extend(keys.iter().map(|&key| key as u8));
        *out = Keys::U8(small);
    } else {
        let mut wide = match std::mem::replace(out, Keys::U8(Vec::new())) {
            Keys::U32(wide) => wide,
            Keys::U8(_) => Vec::new(),
        };
        wide.clear();
        wide.extend_from_slice(keys);
        *out = Keys::U32(wide);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_key_and_empty_text_is_missing() {
        let mut interner = Interner::default();
        let keys: Vec<u32> = ["b", "a", "", "b"]
            .iter()
            .map(|text| interner.text(text).unwrap())
            .collect();
        assert_eq!(keys, [0, 1, 2, 0]);
        assert_eq!(interner.missing(), 2);
        let before = interner.values();
        assert_eq!(interner.number(7, || Some("a".to_owned())), Ok(1));
        assert_eq!(interner.number(7, || None), Ok(1));
        assert!(Arc::ptr_eq(&before, &interner.values()));
        let values = [Some("b".into()), Some("a".into()), None];
        assert_eq!(*interner.values(), values);
    }

    #[test]
    fn prose_is_refused_and_identifiers_do_not_pile_up() {
        let mut interner = Interner::default();
        let long = "x".repeat(limits::GROUP_BYTES + 1);
        assert_eq!(interner.text(&long), Err(Unfit::Long(long.len())));
        let mut most = 0;
        for row in 0..200_000_u32 {
            interner.text(&format!("id {row}")).unwrap();
            if row % 32_768 == 0 {
                interner.renew();
            }
            most = most.max(interner.values.len());
        }
        assert!(most < 70_000, "{most} values at once");
    }
}
