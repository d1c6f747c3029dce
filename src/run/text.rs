//! Commands that print a text: of data, `init` reads the first rows, and `sql` what bands need.

use std::path::Path;

use crate::cli::{Table, grammar};
use crate::data::command::command;
use crate::data::guess::Understood;
use crate::error::Result;
use crate::policy;
use crate::read;
use crate::report::output::print;
use crate::report::{catalogue, model};
use crate::run::threads;
use crate::tally::sql::Dialect;
use crate::tally::{sample, sql};

/// Lists the metrics, or explains one.
pub fn metrics(name: Option<&str>) -> Result<u8> {
    match name {
        Some(name) => print(&catalogue::explain(policy::named(name)?))?,
        None => print(&catalogue::list())?,
    }
    Ok(0)
}

/// Prints the JSON Schema of a report.
pub fn schema() -> Result<u8> {
    print(&report_schema())?;
    Ok(0)
}

/// The JSON Schema of `fair-audit/report/1`.
pub fn report_schema() -> String {
    let schema = schemars::schema_for!(model::Report);
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    format!("{text}\n")
}

/// Prints the completions of a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<u8> {
    print(&completion(shell))?;
    Ok(0)
}

/// The completions of a shell.
pub fn completion(shell: clap_complete::Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut grammar::shown(), "fair-audit", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Prints a man page.
pub fn man(command: Option<&str>) -> Result<u8> {
    print(&page(command))?;
    Ok(0)
}

/// The man page of a command, or of the program.
pub fn page(command: Option<&str>) -> String {
    let page = match command.and_then(|name| grammar::of(name).map(|page| (name, page))) {
        Some((name, page)) => page.name(format!("fair-audit-{name}")),
        None => grammar::shown(),
    };
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let written = clap_mangen::Man::new(page)
        .source(format!("fair-audit {}", env!("CARGO_PKG_VERSION")))
        .manual("fair-audit")
        .render(&mut bytes);
    debug_assert!(written.is_ok());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Which column plays which part, of a table that is not audited; with bands where columns of
/// numbers need them.
fn understand(table: &Table, is_banded: bool) -> Result<Understood> {
    threads::with(table.threads, || {
        let source = read::open(&table.inputs, &table.reading)?;
        let mut understood = sample::understand(source.as_ref(), &table.asked)?;
        if is_banded {
            let Understood { plan, numeric, .. } = &mut understood;
            sample::band(source.as_ref(), plan, numeric)?;
        }
        Ok(understood)
    })
}

/// Prints the query that fills the same cells on a warehouse.
pub fn sql(table: &Table, dialect: Dialect, name: Option<&str>) -> Result<u8> {
    let understood = understand(table, true)?;
    let file = table.inputs.first().map(Path::new);
    let stem = file
        .and_then(Path::file_stem)
        .map(|stem| stem.to_string_lossy());
    let name = name.or(stem.as_deref().filter(|stem| *stem != "-"));
    let query = sql::query(&understood.plan, name.unwrap_or("dataset"), dialect)?;
    print(&format!("{}\n", query.trim_end()))?;
    Ok(0)
}

/// Prints the roles as a configuration, and as the flags that say the same.
pub fn init(table: &Table) -> Result<u8> {
    let understood = understand(table, false)?;
    let mut text =
        "# fair-audit.toml: how the table is understood, as found by `fair-audit init`.\n\
                    # The same as flags, which is what this version reads:\n"
            .to_owned();
    for line in command(&table.asked, &understood).lines() {
        text += &format!("#   {line}\n");
    }
    text += "\n[data]\n";
    for (key, setting) in &understood.settings {
        let value = toml::Value::String(setting.value.clone());
        let source = match &setting.why {
            Some(why) => format!("inferred: {why}"),
            None => format!("{:?}", setting.source).to_lowercase(),
        };
        let source = source.replace(|c: char| c.is_control(), " ");
        text += &format!("# {source}\n{key} = {value}\n");
    }
    print(&text)?;
    Ok(0)
}
