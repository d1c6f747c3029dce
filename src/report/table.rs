//! Tables for people, at 80 columns and more.

use std::io::{self, Write};

use super::Style;
use super::model::Report;

/// Writes it.
pub fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let _ = (report, style, out);
    todo!()
}
