//! `--refit`: a saved recipe followed again on other rows, and what changed.
//!
//! In: the document of a model, and the one of now. Out: what was asked for then, where nothing else
//! is asked for now; and tables of every number before and after.

use std::collections::BTreeMap;

use crate::cli::Mitigate;
use crate::data::SettingSource;
use crate::mitigate::document::{Document, Remedied};
use crate::profile::section::{Kind, Line, Section, Table};

/// Asks for what was asked for then.
pub fn follow(job: &mut Mitigate, before: &Document) {
    let recipe = &before.recipe;
    let asked = &mut job.audit.table.asked;
    let sources = &mut job.audit.gate.sources;
    let is_open = |name: &str| !sources.contains_key(name);
    let filled = |list: &mut Vec<String>, own: &[String], name: &str| {
        if is_open(name) {
            own.clone_into(list);
        }
    };
    filled(&mut asked.sensitive, &recipe.sensitive, "sensitive");
    filled(&mut asked.bins, &recipe.bins, "bins");
    filled(&mut asked.control, &recipe.control, "control");
    filled(&mut asked.ignore, &recipe.ignore, "ignore");
    let fitting = &mut job.fitting;
    filled(&mut fitting.features, &recipe.features, "features");
    filled(&mut fitting.text, &recipe.text, "text");
    filled(&mut fitting.methods, &recipe.method, "method");
    if is_open("label") && !recipe.label.is_empty() {
        asked.label = Some(recipe.label.clone());
    }
    if is_open("weight") {
        asked.weight.clone_from(&recipe.weight);
    }
    if is_open("counts") {
        asked.counts.clone_from(&recipe.counts);
    }
    if is_open("null") {
        asked.nulls = Some(recipe.null.clone());
    }
    if is_open("attribute") {
        fitting.attribute = Some(recipe.attribute.clone());
    }
    if is_open("model") {
        fitting.model.clone_from(&recipe.model);
    }
    if is_open("folds") {
        fitting.folds = recipe.folds.clamp(2, 50);
    }
    if is_open("fold-by") && is_open("fold-time") {
        fitting.fold_by.clone_from(&recipe.fold_by);
        fitting.fold_time.clone_from(&recipe.fold_time);
    }
    if is_open("seed") {
        job.audit.statistics.seed = recipe.seed;
    }
    fitting.with_sensitive |= recipe.with_sensitive;
    // What a file says counts for less than what the recipe says, as if it had been typed.
    for name in [
        "sensitive",
        "bins",
        "control",
        "ignore",
        "label",
        "weight",
        "counts",
        "null",
        "seed",
    ] {
        for sources in [&mut *sources, &mut asked.sources] {
            sources
                .entry(name.to_owned())
                .or_insert(SettingSource::File);
        }
    }
}

/// What changed.
pub fn section(before: &Document, now: &Document) -> Section {
    let rows = [before.rows, now.rows];
    Section {
        name: "refit".to_owned(),
        title: "what changed since the model was fitted".to_owned(),
        tables: vec![
            numbers(before, now),
            groups(before, now),
            coefficients(before, now),
        ],
        notes: vec![format!(
            "fitted to {} rows then and to {} now, by the same recipe",
            rows[0], rows[1]
        )],
    }
}

/// The models that both have.
fn both<'a>(
    before: &'a Document,
    now: &'a Document,
) -> impl Iterator<Item = (&'a Remedied, &'a Remedied)> {
    now.models.iter().filter_map(|now| {
        let mut models = before.models.iter();
        Some((models.find(|own| own.scenario == now.scenario)?, now))
    })
}

fn table(name: &str, title: &str, what: &str) -> Table {
    Table::new(name, title)
        .column("scenario", "", Kind::Text, 0)
        .column("what", what, Kind::Text, 0)
        .column("before", "before", Kind::Number, 0)
        .column("now", "now", Kind::Number, 0)
        .column("change", "change", Kind::Gap, 0)
}

fn line(scenario: &str, what: &str, before: Option<f64>, now: Option<f64>) -> Line {
    const NONE: &str = "not_known";
    let change = before.zip(now).map(|(before, now)| now - before);
    Line::new()
        .text("scenario", scenario)
        .text("what", what)
        .number("before", before.ok_or(NONE))
        .number("now", now.ok_or(NONE))
        .number("change", change.ok_or(NONE))
}

fn numbers(before: &Document, now: &Document) -> Table {
    let mut table = table(
        "numbers",
        "numbers on held-out rows, then and now",
        "measure",
    );
    for (before, now) in both(before, now) {
        for (name, value) in &now.numbers {
            let then = before.numbers.get(name).copied().flatten();
            table.push(line(&now.scenario, name, then, *value));
        }
    }
    table
}

/// Base rates and thresholds of the groups.
fn groups(before: &Document, now: &Document) -> Table {
    let mut table = table("groups", "base rates and thresholds of the groups", "group");
    let attribute = &now.recipe.attribute;
    let place = |group| before.groups.values.iter().position(|own| own == group);
    for (at, group) in now.groups.values.iter().enumerate() {
        let name = crate::report::label::joined(group, attribute);
        let then = place(group).and_then(|at| before.base_rates.get(at).copied().flatten());
        table.push(line("base rate", &name, then, now.base_rates[at]));
    }
    for (before, now_model) in both(before, now).filter(|(_, now)| now.needs_group()) {
        for (at, group) in now.groups.values.iter().enumerate() {
            let name = crate::report::label::joined(group, attribute);
            let then = place(group).map(|at| before.cuts[at].threshold());
            let now = now_model.cuts[at].threshold();
            table.push(line(&now_model.scenario, &name, then, Some(now)));
        }
    }
    table
}

/// Coefficients by the names of their columns.
fn coefficients(before: &Document, now: &Document) -> Table {
    let title = "coefficients of standardized columns";
    let mut table = table("coefficients", title, "column").detail();
    let named = |document: &Document, model: &Remedied| -> BTreeMap<String, f64> {
        let Some((own, intercept)) = model.model.coefficients() else {
            return BTreeMap::new();
        };
        let names = &document.encoder.names;
        let mut named: BTreeMap<String, f64> = own
            .into_iter()
            .filter_map(|(at, x)| Some((names.get(at)?.clone(), x)))
            .collect();
        named.insert("(intercept)".to_owned(), intercept);
        named
    };
    for (old, new) in both(before, now) {
        let (then, now) = (named(before, old), named(now, new));
        let names: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        for name in names {
            let (then, now) = (then.get(name).copied(), now.get(name).copied());
            table.push(line(&new.scenario, name, then, now));
        }
    }
    table
}
