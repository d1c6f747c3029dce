//! The Markdown of [`markdown`] for the summary of a GitHub job, which has room for 1 MiB.
//!
//! GitHub refuses a summary that is larger, as a whole: this one ends with a whole line before
//! [`ROOM`] and says so. Findings come first, so what is missing are tables of groups.

use std::io::{self, Write};

use super::model::Report;
use super::{Style, markdown};

/// Bytes of a summary at most: some room is left for what other commands of the step write.
pub const ROOM: usize = 900 << 10;
/// The last words of a summary that was cut.
const CUT: &str = "\nThe summary ends here for want of room; `-f md` or `-f json` has the whole.\n";

/// Writes the summary.
pub fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines {
        out,
        room: ROOM - CUT.len(),
        line: Vec::new(),
        is_cut: false,
    };
    markdown::write(report, style, &mut lines)?;
    if lines.is_cut {
        lines.out.write_all(CUT.as_bytes())?;
    }
    Ok(())
}

/// Hands on whole lines as long as there is room, and nothing after the first that is too long.
struct Lines<'a> {
    out: &'a mut dyn Write,
    room: usize,
    line: Vec<u8>,
    is_cut: bool,
}

impl Write for Lines<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.is_cut || self.line.len() + part.len() > self.room {
                self.is_cut = true;
                break;
            }
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.out.write_all(&self.line)?;
                self.room -= self.line.len();
                self.line.clear();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn text(report: &Report, style: &Style) -> String {
        let mut bytes = Vec::new();
        write(report, style, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_summary_is_the_markdown_as_far_as_there_is_room() {
        let style = Style {
            all: true,
            ..Style::default()
        };
        let whole = |report: &Report| {
            let mut bytes = Vec::new();
            markdown::write(report, &style, &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let small = sample::hostile();
        assert_eq!(text(&small, &style), whole(&small));
        let large = sample::many(20_000);
        let (whole, cut) = (whole(&large), text(&large, &style));
        assert!(whole.len() > ROOM);
        assert!(cut.len() <= ROOM && cut.len() > ROOM - 1_000);
        let kept = cut.strip_suffix(CUT).unwrap();
        assert!(whole.starts_with(kept) && kept.ends_with("|\n"));
    }
}
