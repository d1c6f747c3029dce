//! JSON and JSON lines: the report as it is.

use std::io::{self, Write};

use super::Style;
use super::model::Report;

/// Writes it.
pub fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let _ = (report, style, out);
    todo!()
}
/// Writes it.
pub fn write_lines(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let _ = (report, style, out);
    todo!()
}
