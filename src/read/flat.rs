//! JSON lines that are written like the one before: the fast way to their values.
//!
//! A line is taken only if it is sound JSON beyond doubt; every other one is left to `json`.

use std::ops::Range;

/// How lines are written as long as nothing changes: their keys in order, each with its quotes and
/// the wants that its value goes to.
#[derive(Default)]
pub struct Layout {
    keys: Vec<(Box<[u8]>, Vec<usize>)>,
    /// Wants of keys that the lines do not have.
    absent: Vec<usize>,
}

impl Layout {
    /// Whether lines with these keys in this order are written like this.
    pub fn has<'a>(&self, keys: impl Iterator<Item = &'a str>) -> bool {
        let own = self.keys.iter();
        own.map(|(key, _)| &key[1..key.len() - 1])
            .eq(keys.map(str::as_bytes))
    }

    /// Of lines with these keys; nothing where one does not stand for itself. `names` are the keys
    /// of the wants.
    pub fn new(keys: &[&str], names: &[String]) -> Self {
        let is_plain = |key: &&str| !key.contains(['"', '\\']) && !key.contains(char::is_control);
        if !keys.iter().all(is_plain) {
            return Self::default();
        }
        let wants = |key: &str| {
            let named = names.iter().enumerate().filter(|(_, name)| *name == key);
            named.map(|(want, _)| want).collect()
        };
        let absent = |want: &usize| !keys.contains(&&*names[*want]);
        let keys = keys.iter();
        let keys = keys.map(|key| (format!("\"{key}\"").into_bytes().into(), wants(key)));
        Self {
            absent: (0..names.len()).filter(absent).collect(),
            keys: keys.collect(),
        }
    }

    /// Where the value of each want is in a line that is written like this, with values that stand
    /// for themselves; `None` where it is not, or may be unsound.
    pub fn find(&self, line: &[u8], values: &mut [Range<usize>]) -> Option<()> {
        if self.keys.is_empty() || line.first() != Some(&b'{') {
            return None;
        }
        let blank = |at: usize| usize::from(line.get(at) == Some(&b' '));
        let mut at = 1;
        for (index, (key, wants)) in self.keys.iter().enumerate() {
            if index > 0 {
                at += usize::from(line.get(at) == Some(&b','));
                at += blank(at);
            }
            at += line[at..].strip_prefix(&**key).map(|_| key.len())?;
            if *line.get(at)? != b':' {
                return None;
            }
            at += 1 + blank(at + 1);
            let (value, after) = plain_value(line, at)?;
            for &want in wants {
                values[want] = value.clone();
            }
            at = after;
            let end = if index + 1 < self.keys.len() {
                b','
            } else {
                b'}'
            };
            if *line.get(at)? != end {
                return None;
            }
        }
        for &want in &self.absent {
            values[want] = 0..0;
        }
        line[at + 1..].trim_ascii().is_empty().then_some(())
    }
}

/// A value at this position that is what it says, byte for byte (a string of printable ASCII without
/// escapes, a number, a word): where its text is, without quotes, and where it ends.
fn plain_value(line: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    let rest = &line[at..];
    match rest.first()? {
        b'"' => {
            let inner = &rest[1..];
            let plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
            let length = inner.iter().position(|byte| !plain(byte))?;
            let text = at + 1..at + 1 + length;
            (inner[length] == b'"').then(|| (text.clone(), text.end + 1))
        }
        b't' | b'f' | b'n' => {
            let words: [&[u8]; 3] = [b"true", b"false", b"null"];
            let word = words.into_iter().find(|word| rest.starts_with(word))?;
            Some((at..at + word.len(), at + word.len()))
        }
        _ => {
            let length = number_length(rest)?;
            Some((at..at + length, at + length))
        }
    }
}

/// Bytes of the number at the start, if it is one as JSON has it.
fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut at = usize::from(text.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || whole > 1 && text[at] == b'0' {
        return None;
    }
    at += whole;
    if text.get(at) == Some(&b'.') {
        let part = digits(at + 1);
        at += 1 + part;
        if part == 0 {
            return None;
        }
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1;
        at += usize::from(matches!(text.get(at), Some(b'+' | b'-')));
        let power = digits(at);
        at += power;
        if power == 0 {
            return None;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    /// The values of `b`, `c` and `a` in a line, read as lines with `keys` are.
    fn found(keys: &[&str], line: &str) -> Option<Vec<String>> {
        let names = ["b", "c", "a"].map(str::to_owned);
        let mut values = vec![0..0; names.len()];
        Layout::new(keys, &names).find(line.as_bytes(), &mut values)?;
        let values = values.into_iter().map(|value| line[value].to_owned());
        Some(values.collect())
    }

    #[test]
    fn lines_that_are_written_the_same_are_read() {
        for line in [
            r#"{"a":-0.5e-3,"b":"y z"}"#,
            r#"{"a": -0.5e-3, "b": "y z"} "#,
            "{\"a\":-0.5e-3,\"b\":\"y z\"}\r\n",
        ] {
            let expected = ["y z", "", "-0.5e-3"].map(str::to_owned).to_vec();
            assert_eq!(found(&["a", "b"], line), Some(expected), "{line}");
        }
        assert_eq!(found(&["a\"b"], r#"{"a"b":1}"#), None);
    }

    proptest! {
        #[test]
        fn no_unsound_line_is_read(
            line in r#"\{("[ab]"|"a"): ?(-?[0-9]{1,2}(\.[0-9]?)?(e[+-]?[0-9]?)?|"[xé\\n]{0,2}"?|true|nul?l|\[1\])(,{0,2} ?"b":("x"|12|null))?\},?"#,
        ) {
            let read = found(&["a", "b"], &line);
            let sound = serde_json::from_str::<Map<String, Value>>(&line);
            if let Some(texts) = read {
                let sound = sound.unwrap();
                prop_assert_eq!(sound.len(), 2);
                for (key, text) in [("b", &texts[0]), ("a", &texts[2])] {
                    let as_it_is = match &sound[key] {
                        Value::String(value) => value.clone(),
                        value => {
                            prop_assert_eq!(&serde_json::from_str::<Value>(text).unwrap(), value);
                            continue;
                        }
                    };
                    prop_assert_eq!(&as_it_is, text);
                }
            }
        }
    }
}
