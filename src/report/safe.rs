//! The only way text from data, file names, arguments or errors reaches a terminal or text output.
//!
//! In: any text. Out: text in which every character is visible and keeps to its place: controls
//! (C0, DEL, C1), direction marks, zero-width and other ignorable characters, line and paragraph
//! separators and noncharacters stand as escapes (`\n`, `\u{202e}`). What a CI runner would take
//! for a command in its log does too. Escaping twice changes nothing, so a message may be made of
//! parts that were escaped before.

use std::fmt;

use sha2::{Digest, Sha256};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Combining marks that may follow each other; more would climb out of their line.
const MARKS: usize = 4;

/// Text shown safely: `format!("{}", Safe(name))`.
#[derive(Debug, Clone, Copy)]
pub struct Safe<'a>(pub &'a str);

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        let mut marks = MARKS;
        for (at, c) in self.0.char_indices() {
            let mark = c.width() == Some(0);
            // A mark without a letter before it would sit on whatever we printed last.
            if is_hidden(c) || (mark && marks == MARKS) || is_command(self.0, at) {
                write_escape(f, c)?;
                marks = MARKS;
            } else {
                f.write_char(c)?;
                marks = if mark { marks + 1 } else { 0 };
            }
        }
        Ok(())
    }
}

impl Safe<'_> {
    /// The text as a `String`.
    pub fn text(self) -> String {
        let is_plain = self.0.bytes().all(|b| (b' '..=b'~').contains(&b));
        if is_plain && !self.0.contains("::") && !self.0.contains("##[") {
            return self.0.to_owned();
        }
        self.to_string()
    }
}

fn write_escape(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        _ => write!(f, "\\u{{{:x}}}", u32::from(c)),
    }
}

/// Whether a command of a CI runner would begin here, if this text were printed to its log: GitHub
/// reads `::name::` at the beginning of a line, where lines may break at a blank, and `##[name]`
/// anywhere (`ActionCommand.cs` in `actions/runner`).
pub fn is_command(text: &str, at: usize) -> bool {
    let (before, rest) = text.split_at(at);
    let is_first = || before.chars().next_back().is_none_or(char::is_whitespace);
    rest.starts_with("::") && is_first() || rest.starts_with('[') && before.ends_with("##")
}

/// Whether a character cannot be seen, moves others, or is none at all.
///
/// Unicode 17: `Cc`, `Cf`, `Zl`, `Zp`, `Default_Ignorable_Code_Point`, noncharacters.
pub fn is_hidden(c: char) -> bool {
    if matches!(c, ' '..='~') {
        return false;
    }
    c.is_control()
        || matches!(u32::from(c),
            0xAD | 0x34F | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x890..=0x891 | 0x8E2
            | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164
            | 0xFDD0..=0xFDEF | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
            | 0x110BD | 0x110CD | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A
            | 0xE0000..=0xE0FFF)
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Columns that a text takes on a terminal; of text that was escaped.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The byte after the last whole character (with its marks) of `text` that fits into so many
/// columns.
pub fn prefix(text: &str, columns: usize) -> usize {
    let mut end = 0;
    for (start, c) in text.char_indices() {
        let next = start + c.len_utf8();
        if width(&text[..next]) > columns {
            break;
        }
        end = next;
    }
    end
}

/// The byte where the last `columns` columns of `text` begin, at a whole character.
fn suffix(text: &str, columns: usize) -> usize {
    let mut begin = text.len();
    for (start, c) in text.char_indices().rev() {
        if width(&text[start..]) > columns {
            break;
        }
        // Never begin with a mark: it belongs to the character before.
        if c.width() != Some(0) {
            begin = start;
        }
    }
    begin
}

/// A text of at most `columns` columns: the middle left out, both ends kept, no character cut from
/// its marks.
pub fn shorten(text: &str, columns: usize, ellipsis: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(ellipsis));
    let head = &text[..prefix(text, room.div_ceil(2))];
    let tail = &text[suffix(text, room - width(head).min(room))..];
    let short = format!("{head}{ellipsis}{tail}");
    if width(&short) <= columns {
        short
    } else {
        String::new()
    }
}

/// Names that tell their groups apart: each at most `columns` wide (`None`: as wide as it is), and
/// no two alike unless their raw texts are: those that would be get the same few digits of a hash
/// whatever else is in the table.
///
/// `names` are the raw text and how it is shown; the shown text is escaped.
pub fn distinct(names: &[(String, String)], columns: Option<usize>, ellipsis: &str) -> Vec<String> {
    let columns = columns.unwrap_or(usize::MAX);
    let mut short: Vec<String> = names
        .iter()
        .map(|(_, shown)| shorten(shown, columns, ellipsis))
        .collect();
    for digits in [4, 8, 16] {
        let twins = alike(names, &short);
        if twins.is_empty() {
            break;
        }
        for i in twins {
            let mark = format!("~{}", hash(&names[i].0, digits));
            let room = columns.saturating_sub(mark.len());
            short[i] = shorten(&names[i].1, room, ellipsis) + &mark;
        }
    }
    short
}

/// Which short names stand for more than one raw name.
fn alike(names: &[(String, String)], short: &[String]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..short.len()).collect();
    order.sort_by(|&a, &b| (&short[a], &names[a].0).cmp(&(&short[b], &names[b].0)));
    let mut twins = Vec::new();
    for run in order.chunk_by(|&a, &b| short[a] == short[b]) {
        if run.iter().any(|&i| names[i].0 != names[run[0]].0) {
            twins.extend_from_slice(run);
        }
    }
    twins
}

/// The first `digits` hexadecimal digits of a text's SHA-256.
pub(super) fn hash(text: &str, digits: usize) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text.as_bytes())
        .iter()
        .take(digits.div_ceil(2))
    {
        use fmt::Write;
        let written = write!(hex, "{byte:02x}");
        debug_assert!(written.is_ok());
    }
    hex.truncate(digits);
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_move_or_hide_text_is_escaped() {
        for (raw, shown) in [
            ("plain, 中文 é", "plain, 中文 é"),
            ("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m"),
            ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
            ("\u{9b}2J\u{7f}", "\\u{9b}2J\\u{7f}"),
            ("\u{202e}evil\u{202c}", "\\u{202e}evil\\u{202c}"),
            (
                "Bl\u{ad}ack\u{200b}\u{feff}",
                "Bl\\u{ad}ack\\u{200b}\\u{feff}",
            ),
            ("\u{2028}\u{2029}\u{85}", "\\u{2028}\\u{2029}\\u{85}"),
            (
                "a\u{e0041}b\u{fdd0}\u{ffff}",
                "a\\u{e0041}b\\u{fdd0}\\u{ffff}",
            ),
            ("\u{301}a\u{301}", "\\u{301}a\u{301}"),
            ("::error::x", "\\u{3a}:error::x"),
            (" ::error::x, std::fs", " \\u{3a}:error::x, std::fs"),
            ("a ##[error]x", "a ##\\u{5b}error]x"),
            ("::", "\\u{3a}:"),
        ] {
            assert_eq!(Safe(raw).to_string(), shown);
            assert_eq!(Safe(shown).to_string(), shown, "twice is once");
            assert_eq!(Safe(raw).text(), shown);
        }
    }

    #[test]
    fn marks_cannot_climb_out_of_their_line() {
        let tower = format!("a{}b", "\u{301}".repeat(10));
        let shown = Safe(&tower).to_string();
        assert_eq!(shown.matches("\\u{301}").count(), 6, "{shown}");
    }

    #[test]
    fn every_character_is_shown_or_escaped() {
        for c in (0..=0x0010_FFFF).filter_map(char::from_u32) {
            let shown = Safe(c.encode_utf8(&mut [0; 4])).to_string();
            assert!(!shown.chars().any(char::is_control), "{c:?}");
            assert!(width(&shown) > 0, "{c:?} takes no column");
        }
    }

    #[test]
    fn long_names_lose_their_middle_and_keep_their_marks() {
        assert_eq!(shorten("abcdefghij", 10, "…"), "abcdefghij");
        assert_eq!(shorten("abcdefghijk", 7, "…"), "abc…ijk");
        assert_eq!(shorten("中文中文中文", 6, "…"), "中…文");
        assert_eq!(
            shorten("ae\u{301}bcde\u{301}f", 5, "…"),
            "ae\u{301}…e\u{301}f"
        );
        for columns in 0..12 {
            assert!(width(&shorten("中e\u{301}文中e\u{301}文中文", columns, "…")) <= columns);
        }
    }

    #[test]
    fn names_that_would_look_alike_are_told_apart() {
        let long = |c| "x".repeat(20) + c + &"y".repeat(20);
        let raw = [
            long("a"),
            long("b"),
            "a\nb".into(),
            "a\\nb".into(),
            "z".into(),
        ];
        let names: Vec<_> = raw.iter().map(|r| (r.clone(), Safe(r).text())).collect();
        let short = distinct(&names, Some(16), "…");
        let unique: std::collections::BTreeSet<_> = short.iter().collect();
        assert_eq!(unique.len(), names.len(), "{short:?}");
        assert!(short.iter().all(|s| width(s) <= 16), "{short:?}");
        assert_eq!(short[4], "z");
        assert_eq!(distinct(&names[..1], Some(16), "…")[0], "xxxxxxxx…yyyyyyy");
    }
}
