//! How two-valued columns are spelled: the accepted pairs (0/1, no/yes, false/true …), null tokens.
//!
//! A column is read by one pair throughout. What a spelling means never depends on the others; what
//! does is whether they may stand together.

use super::{Outcome, Role};
use crate::error::{Error, Place, Problem, Result};

/// What a spelling means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The negative one.
    Negative,
    /// The positive one.
    Positive,
    /// No value.
    Missing,
}

/// One spelling of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Spelling {
    /// As written.
    pub text: String,
    /// Rows; 0 where they were not counted.
    pub rows: u64,
    /// Where it stands first.
    pub first: Option<Place>,
}

/// Spellings that are null in labels, predictions, scores and weights unless `--null` says
/// otherwise. Never in groups: there `NA` is a name.
pub const NULLS: &[&str] = &[
    "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "Null", "None", "NONE", "none", "nil", "?",
    "-", "\\N", "#N/A", "<NA>",
];

/// An accepted pair: its spellings of the negative and of the positive.
struct Pair {
    name: &'static str,
    negative: &'static [&'static str],
    positive: &'static [&'static str],
}

/// Words in lower case; every letter case of them is accepted.
const WORDS: &[Pair] = &[
    Pair {
        name: "false/true",
        negative: &["false"],
        positive: &["true"],
    },
    Pair {
        name: "f/t",
        negative: &["f"],
        positive: &["t"],
    },
    Pair {
        name: "no/yes",
        negative: &["no"],
        positive: &["yes"],
    },
    Pair {
        name: "n/y",
        negative: &["n"],
        positive: &["y"],
    },
];

/// Each pair that a spelling fits, with what it means there.
fn fits(text: &str) -> Vec<(&'static str, Class)> {
    let text = text.trim_matches(' ');
    if let Some(number) = number(text) {
        return match number {
            0.0 => vec![("0/1", Class::Negative)],
            1.0 => vec![("0/1", Class::Positive), ("-1/1", Class::Positive)],
            -1.0 => vec![("-1/1", Class::Negative)],
            _ => Vec::new(),
        };
    }
    let word = text.to_ascii_lowercase();
    WORDS
        .iter()
        .filter_map(|pair| {
            if pair.negative.contains(&&*word) {
                Some((pair.name, Class::Negative))
            } else if pair.positive.contains(&&*word) {
                Some((pair.name, Class::Positive))
            } else {
                None
            }
        })
        .collect()
}

/// The number that a text is; words such as `inf` and `nan` are none.
fn number(text: &str) -> Option<f64> {
    let start = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !start.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    text.parse().ok()
}

/// Whether two spellings are the same value: the same text, or the same number.
pub fn same(a: &str, b: &str) -> bool {
    a == b
        || match (number(a.trim_matches(' ')), number(b.trim_matches(' '))) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        }
}

/// Whether a text is one of the null spellings.
pub fn is_null(text: &str, nulls: &[String]) -> bool {
    let text = text.trim_matches(' ');
    text.is_empty() || nulls.iter().any(|null| null == text)
}

/// What a text means by itself, in a column whose positive is named or not; `None` where it fits
/// no accepted pair.
pub fn polarity(text: &str, positive: Option<&str>, nulls: &[String]) -> Option<Class> {
    if let Some(positive) = positive {
        return Some(if same(text, positive) {
            Class::Positive
        } else if is_null(text, nulls) {
            Class::Missing
        } else {
            Class::Negative
        });
    }
    match fits(text).first() {
        Some((_, class)) => Some(*class),
        None => is_null(text, nulls).then_some(Class::Missing),
    }
}

/// Whether spellings are all of one accepted pair, so that none needs to be named as the positive.
pub fn is_pair<'a>(spellings: impl IntoIterator<Item = &'a str>, nulls: &[String]) -> bool {
    let mut common: Option<Vec<&str>> = None;
    for text in spellings {
        let pairs: Vec<&str> = fits(text).iter().map(|(name, _)| *name).collect();
        if pairs.is_empty() && is_null(text, nulls) {
            continue;
        }
        common = Some(match common {
            None => pairs,
            Some(before) => before.into_iter().filter(|p| pairs.contains(p)).collect(),
        });
    }
    common.is_none_or(|pairs| !pairs.is_empty())
}

/// What each spelling of a whole column means.
///
/// # Errors
/// Spellings that are not of one accepted pair where no positive is named; a named positive that
/// does not occur.
pub fn resolve(
    path: &str,
    column: &Outcome,
    role: Role,
    seen: &[Spelling],
    nulls: &[String],
) -> Result<Vec<Class>> {
    let positive = column.positive.as_deref();
    let classes: Vec<Option<Class>> = seen
        .iter()
        .map(|spelling| polarity(&spelling.text, positive, nulls))
        .collect();
    let texts = || seen.iter().map(|spelling| spelling.text.as_str());
    if let Some(positive) = positive {
        let values = || seen.iter().filter(|s| !is_null(&s.text, nulls));
        // Nobody is positive where all have the other value of its pair.
        let is_other = !fits(positive).is_empty() && is_pair(texts().chain([positive]), nulls);
        if values().next().is_some() && !is_other && !texts().any(|text| same(text, positive)) {
            return Err(Error::Data {
                place: Place::file(path).in_column(&*column.name),
                problem: Problem::NoPositive {
                    flag: flag(role),
                    positive: positive.to_owned(),
                    seen: values().map(describe).collect(),
                    values: values().map(|s| s.text.clone()).collect(),
                },
            });
        }
    } else if !is_pair(texts(), nulls) {
        return Err(not_a_pair(path, column, role, seen, nulls));
    }
    Ok(classes
        .into_iter()
        .map(|class| class.unwrap_or(Class::Missing))
        .collect())
}

/// The error for spellings that are of no one pair, at the first of the rarest that does not fit.
fn not_a_pair(
    path: &str,
    column: &Outcome,
    role: Role,
    seen: &[Spelling],
    nulls: &[String],
) -> Error {
    let values: Vec<&Spelling> = seen.iter().filter(|s| !is_null(&s.text, nulls)).collect();
    let stray = |s: &&&Spelling| {
        let rest = values.iter().filter(|other| other.text != s.text);
        is_pair(rest.map(|s| s.text.as_str()), nulls)
    };
    // One value that stands in the way of a pair is told by its own place.
    let place = values
        .iter()
        .filter(|_| values.len() > 2)
        .find(stray)
        .and_then(|spelling| spelling.first.clone())
        .unwrap_or_else(|| Place::file(path).in_column(&*column.name));
    let numbers = values.iter().filter(|s| number(&s.text).is_some()).count();
    Error::Data {
        place,
        problem: Problem::NotAPair {
            flag: flag(role),
            seen: values.iter().map(|s| describe(s)).collect(),
            values: values.iter().map(|s| s.text.clone()).collect(),
            numbers: numbers == values.len() && values.len() > 2,
        },
    }
}

/// The flag that names a column of this role.
fn flag(role: Role) -> &'static str {
    if role == Role::Label { "-y" } else { "-p" }
}

/// A spelling with its rows, for messages.
fn describe(spelling: &Spelling) -> String {
    match spelling.rows {
        0 => format!("`{}`", spelling.text),
        1 => format!("`{}` (1 row)", spelling.text),
        rows => format!("`{}` ({rows} rows)", spelling.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spellings(texts: &[&str]) -> Vec<Spelling> {
        let spelling = |text: &&str| Spelling {
            text: (*text).to_owned(),
            rows: 1,
            first: None,
        };
        texts.iter().map(spelling).collect()
    }

    fn read(texts: &[&str], positive: Option<&str>) -> Result<Vec<Class>> {
        let column = Outcome {
            column: 0,
            name: "y".to_owned(),
            positive: positive.map(str::to_owned),
        };
        let nulls: Vec<String> = NULLS.iter().map(|&n| n.to_owned()).collect();
        resolve("t.csv", &column, Role::Label, &spellings(texts), &nulls)
    }

    #[test]
    fn one_pair_in_any_case_is_read() {
        use Class::{Missing, Negative, Positive};
        for pair in [
            ["0", "1"],
            ["0.0", "1e0"],
            [" 0", "1 "],
            ["-1", "+1"],
            ["FALSE", "True"],
            ["n", "Y"],
            ["f", "T"],
            ["No", "yes"],
        ] {
            assert_eq!(read(&pair, None).unwrap(), [Negative, Positive], "{pair:?}");
        }
        assert_eq!(read(&["1"], None).unwrap(), [Positive]);
        assert_eq!(
            read(&["NA", "0", "1"], None).unwrap(),
            [Missing, Negative, Positive]
        );
    }

    #[test]
    fn what_is_no_one_pair_is_refused_unless_the_positive_is_named() {
        for mix in [
            &["1", "true"][..],
            &["0", "1", "2"],
            &["-1", "0", "1"],
            &["good", "bad"],
            &["0", "0.5"],
            &["yes", "n"],
        ] {
            assert!(read(mix, None).is_err(), "{mix:?}");
        }
        assert_eq!(
            read(&["1.0", "2.0"], Some("2")).unwrap(),
            [Class::Negative, Class::Positive]
        );
        assert!(read(&["good", "bad"], Some("god")).is_err());
    }
}
