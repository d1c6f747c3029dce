//! From the flags to how a report looks, with what the terminal says.

use std::io::{self, IsTerminal};

use crate::cli::{Output, When};
use crate::report::Style;

/// How results are laid out.
pub fn style(output: &Output) -> Style {
    let terminal = io::stdout().is_terminal();
    Style {
        width: output.width.or_else(|| terminal.then(columns)),
        color: is_colored(output.color, terminal),
        ascii: output.ascii || terminal && !is_unicode(),
        wide: output.wide,
        all: output.all,
        top: output.top,
        quiet: output.quiet,
        verbose: output.verbose,
    }
}

/// Columns of the terminal; 80 where it does not say.
fn columns() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0).max(20))
}

/// Whether colours are wanted (<https://no-color.org>).
pub fn is_colored(when: When, terminal: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && !dumb && !is_set("NO_COLOR"),
    }
}

/// Whether the locale's characters are Unicode; where no locale is set, the terminal's are taken
/// to be.
fn is_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty());
    locale.is_none_or(|name| {
        let name = name.to_string_lossy().to_ascii_lowercase();
        name.contains("utf-8") || name.contains("utf8")
    })
}
