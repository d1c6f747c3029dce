//! Commands that print a text: of data, `init` reads the first rows, and `sql` what bands need.

use std::path::Path;

use crate::cli::{Config, Table, grammar};
use crate::data::command::{self, command};
use crate::data::guess::{Asked, Understood};
use crate::data::{Decision, controls};
use crate::error::{Error, Result};
use crate::policy;
use crate::read;
use crate::record::schema;
use crate::report::catalogue;
use crate::report::output::print;
use crate::run::{config, threads};
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

/// Prints the JSON Schema of a document.
pub fn schema(document: &str) -> Result<u8> {
    print(&schema::text(document))?;
    Ok(0)
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
pub fn sql(mut table: Table, config: &Config, dialect: Dialect, name: Option<&str>) -> Result<u8> {
    let loaded = config::table(&mut table.asked, config)?;
    if controls::is_auto(&table.asked) {
        return Err(Error::Flag {
            flag: "--control",
            value: controls::AUTO.to_owned(),
            problem: "one query does not try columns",
            remedy: "name the control: `--control COL`".to_owned(),
        });
    }
    let understood = understand(&table, true).map_err(|error| loaded.place(error))?;
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
    print(&configuration(&table.asked, &understood))?;
    Ok(0)
}

/// What may stand in a policy file beside the roles.
const EXAMPLES: &str = "
# [statistics]
# confidence = 0.95
# min_group = 30
# adjust = \"holm\"         # holm, maxt, bh or none

[gate]
# policy = \"default\"      # a name, as four-fifths, nyc-ll144 or none: docs/policies
# decide = \"interval\"     # interval, point or bound
# undecided = \"warn\"      # warn, fail or allow
# fail_on = \"fail\"        # fail, warn or never
# strict = false

# [recourse]              # what people can change: fair-audit counterfactual --recourse
# immutable = [\"age\"]
# monotone = { savings = \"up\" }
# bounds = { income = [0, 100000] }
# cost = \"mad\"           # mad or percentile

# [[rule]]
# metric = \"selection_rate_ratio\"
# min = 0.8
# reason = \"why there is this rule\"

# [[accept]]
# rule = \"selection_rate_ratio:sex=Female\"
# until = 2030-12-31
# reason = \"why this is acceptable until then\"
";

/// A `fair-audit.toml` that says what was understood.
fn configuration(asked: &Asked, understood: &Understood) -> String {
    let mut text =
        "# fair-audit.toml: how the table is understood, as found by `fair-audit init`.\n\
                    # The same as flags:\n"
            .to_owned();
    for line in command(asked, understood).lines() {
        text += &format!("#   {line}\n");
    }
    let (statistics, data): (Vec<_>, Vec<_>) = understood
        .settings
        .iter()
        .partition(|(key, _)| *key == "intersect");
    for (section, settings) in [("data", data), ("statistics", statistics)] {
        text += &format!("\n[{section}]\n");
        for (key, setting) in settings {
            let source = match &setting.why {
                Some(why) => format!("inferred: {why}"),
                None => format!("{:?}", setting.source).to_lowercase(),
            };
            let source = source.replace(|c: char| c.is_control(), " ");
            let value = value(key, &setting.value, asked, understood);
            text += &format!("# {source}\n{key} = {value}\n");
        }
    }
    text + EXAMPLES
}

/// A setting as the file takes it: lists where a single text would be cut.
fn value(key: &str, text: &str, asked: &Asked, understood: &Understood) -> toml::Value {
    let plan = &understood.plan;
    let list = |texts: Vec<String>| match <[String; 1]>::try_from(texts) {
        Ok([text]) => toml::Value::String(text),
        Err(texts) => texts
            .into_iter()
            .map(toml::Value::String)
            .collect::<Vec<_>>()
            .into(),
    };
    match key {
        "intersect" => toml::Value::Integer(asked.intersect as i64),
        "threshold" => text
            .parse()
            .map_or_else(|_| text.into(), toml::Value::Float),
        "prediction" => list(plan.decisions.iter().filter_map(column).collect()),
        "control" => list(asked.control.clone()),
        "ignore" => list(asked.ignore.clone()),
        "bins" => list(asked.bins.clone()),
        "null" => plan
            .nulls
            .iter()
            .cloned()
            .map(toml::Value::String)
            .collect::<Vec<_>>()
            .into(),
        "reference" => {
            let own = plan.reference.1.iter();
            let own = own.map(|(name, reference)| command::reference(Some(name), reference));
            let common = command::reference(None, &plan.reference.0);
            list(std::iter::once(common).chain(own).collect())
        }
        _ => text.into(),
    }
}

/// The column of a decision, if it is one.
fn column(decision: &Decision) -> Option<String> {
    match decision {
        Decision::Column(column) => Some(command::outcome(column)),
        Decision::Threshold { .. } => None,
    }
}
