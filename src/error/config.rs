//! What is wrong in a policy file, and where it stands.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::{Error, nearest};

/// Columns of a line that an excerpt shows.
const SHOWN: usize = 90;

/// A place in a text file, with the line itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The file as it is named in messages.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The line up to the place, the place, and the rest of the line.
    parts: [String; 3],
}

impl Excerpt {
    /// The place of a span of bytes in a text.
    pub fn new(path: &str, text: &str, span: Range<usize>) -> Self {
        let floor = |at: usize| {
            (0..=at.min(text.len()))
                .rev()
                .find(|&at| text.is_char_boundary(at))
        };
        let start = floor(span.start).unwrap_or(0);
        let first = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let last = text[start..].find('\n').map_or(text.len(), |at| start + at);
        // Of what runs over several lines the first is shown.
        let end = floor(span.end).unwrap_or(0).clamp(start, last);
        let part =
            |from: usize, to: usize| text[from..to].trim_end_matches('\r').replace('\t', " ");
        Self {
            path: path.to_owned(),
            line: text[..start].matches('\n').count() + 1,
            column: text[first..start].chars().count() + 1,
            parts: [part(first, start), part(start, end), part(end, last)],
        }
    }

    /// The line with a caret under the place; lines are joined by line feeds.
    pub fn drawn(&self) -> String {
        let [before, here, after] = &self.parts;
        let mut before = before.clone();
        // The place matters more than how the line begins.
        if before.chars().count() > SHOWN / 2 {
            let cut = before.chars().count() - SHOWN / 2;
            before = std::iter::once('…')
                .chain(before.chars().skip(cut))
                .collect();
        }
        let rest: String = format!("{here}{after}").chars().take(SHOWN).collect();
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let carets = here.width().clamp(1, rest.width().max(1));
        format!(
            "{gutter} |\n{number} | {before}{rest}\n{gutter} | {}{}",
            " ".repeat(before.width()),
            "^".repeat(carets)
        )
    }

    /// The error that something here is wrong.
    pub fn wrong(&self, wrong: Wrong) -> Error {
        Error::InFile {
            at: Box::new(self.clone()),
            wrong: Box::new(wrong),
        }
    }

    /// The error that something here caused.
    pub fn cause(&self, error: Error) -> Error {
        self.wrong(Wrong::Cause(error))
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// What is wrong in a policy file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Wrong {
    /// It is no TOML.
    #[error("{what}")]
    Syntax {
        /// What the parser said.
        what: String,
    },
    /// A key that there is not.
    #[error("no key `{key}` in {section}")]
    Key {
        /// The key.
        key: String,
        /// Where it stands: `[data]`.
        section: &'static str,
        /// The keys there are.
        known: Vec<String>,
    },
    /// A key that stands there twice, once with `-` and once with `_`.
    #[error("`{key}` is there twice")]
    Twice {
        /// The key.
        key: String,
    },
    /// A key that must be there.
    #[error("{section} has no `{key}`")]
    Lacks {
        /// The key.
        key: &'static str,
        /// Where it is missing.
        section: &'static str,
        /// What it says, for the help.
        example: &'static str,
    },
    /// A value of another type.
    #[error("`{key}` is {found}, not {wanted}")]
    Kind {
        /// The key.
        key: String,
        /// The type it has.
        found: &'static str,
        /// The type it should have.
        wanted: &'static str,
    },
    /// A value that is none of a few words.
    #[error("`{key}` cannot be `{value}`")]
    Word {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// The words there are.
        known: Vec<String>,
    },
    /// A value that cannot be meant.
    #[error("`{key}`: {problem}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong with it.
        problem: &'static str,
        /// The one thing to do.
        remedy: &'static str,
    },
    /// What stands there cannot be followed.
    #[error("{0}")]
    Cause(Error),
}

impl Wrong {
    /// The one thing to do about it.
    pub(super) fn help(&self) -> Option<String> {
        let near = |typed: &str, known: &[String], what: &str| {
            let all = known.join(", ");
            match nearest(typed, known) {
                Some(near) => format!("did you mean `{near}`? {what}: {all}"),
                None => format!("{what}: {all}"),
            }
        };
        match self {
            Self::Syntax { .. } => None,
            Self::Key { key, known, .. } => Some(near(key, known, "keys")),
            Self::Twice { .. } => Some("take one of them out".to_owned()),
            Self::Lacks { example, .. } => Some(format!("add it: `{example}`")),
            Self::Kind { .. } => Some("`fair-audit init DATASET` prints an example".to_owned()),
            Self::Word { value, known, .. } => Some(near(value, known, "values")),
            Self::Value { remedy, .. } => Some((*remedy).to_owned()),
            Self::Cause(error) => error.help(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place() {
        let text = "[data]\n\tlabel = \"性别\" # x\n";
        let at = text.find('"').unwrap();
        let place = Excerpt::new("f.toml", text, at..at + "\"性别\"".len());
        assert_eq!(place.to_string(), "f.toml:2:10");
        let drawn = place.drawn();
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[1], "2 |  label = \"性别\" # x");
        assert_eq!(lines[2], "  |          ^^^^^^");
    }

    #[test]
    fn a_place_at_the_end_or_beyond_is_shown_all_the_same() {
        for text in ["", "a", "a\r\nb", "é"] {
            for span in [0..0, 1..9, 9..9, 1..1] {
                assert_eq!(Excerpt::new("f", text, span).drawn().lines().count(), 3);
            }
        }
    }
}
