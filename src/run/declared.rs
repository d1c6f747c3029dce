//! What can be changed of a row: flags first, then `[recourse]` of the policy file.
//!
//! In: what was typed, and what the file says. Out: the same filled up, with who said it, then a
//! [`Declared`] of features that the model sees. What contradicts itself or names no column is an
//! error; where a flag and the file differ about a column, the flag is heard.

use std::collections::BTreeMap;

use super::asked::flag;
use super::config::Loaded;
use super::loaded::Read;
use crate::cli::Countering;
use crate::data::{Plan, Role, SettingSource, words};
use crate::error::{Error, Result};
use crate::fit::features::{Feature, Values};
use crate::justice::actions::{Declared, Norm};
use crate::policy::Placed;
use crate::policy::recourse::{Ends, Way, contradiction, say_ends, say_way};
use crate::read::Source as _;

/// The flag of a key.
fn option(key: &str) -> &'static str {
    match key {
        "actionable" => "--actionable",
        "monotone" => "--monotone",
        "bounds" => "--bounds",
        _ => "--immutable",
    }
}

type Sources = BTreeMap<String, SettingSource>;

/// Fills up what the file says of recourse, where no flag says it.
///
/// # Errors
/// Flags that contradict each other.
pub(super) fn fill(own: &mut Countering, sources: &mut Sources, loaded: &mut Loaded) -> Result<()> {
    let flags = (
        (&*own.actionable, &*own.immutable),
        (&*own.monotone, &*own.bounds),
    );
    if let Some((key, said, problem)) = contradiction(flags.0, flags.1) {
        return Err(flag(option(key), &said, problem, "take one of them out"));
    }
    let file = std::mem::take(&mut loaded.recourse);
    let mut used: Vec<Placed> = Vec::new();
    let mut is_open = |key: &str, is_said: bool| {
        let is_open = is_said && !sources.contains_key(key);
        if is_open {
            sources.insert(key.to_owned(), SettingSource::File);
        }
        is_open
    };
    // What flags say of a column counts for more than what the file says of it.
    let (change, stay) = (own.actionable.clone(), own.immutable.clone());
    let shown = own.monotone.iter().map(|own| &own.0);
    let shown = shown.chain(own.bounds.iter().map(|own| &own.0));
    let shown: Vec<String> = shown.cloned().collect();
    let may = |name: &String| !stay.contains(name) && (change.is_empty() || change.contains(name));
    if is_open("actionable", file.actionable.is_some()) {
        let mut words = file.actionable.unwrap_or_default();
        own.actionable = words.iter().map(name).collect();
        own.actionable.extend(shown.iter().cloned());
        used.append(&mut words);
    }
    if is_open("immutable", file.immutable.is_some()) {
        let words = file.immutable.into_iter().flatten();
        let is_kept = |word: &Placed| !change.contains(&name(word)) && !shown.contains(&name(word));
        let mut words: Vec<Placed> = words.filter(is_kept).collect();
        own.immutable = words.iter().map(name).collect();
        used.append(&mut words);
    }
    if is_open("monotone", file.monotone.is_some()) {
        let kept = file
            .monotone
            .into_iter()
            .flatten()
            .filter(|own| may(&own.0.0));
        let (ways, mut words): (Vec<Way>, Vec<Placed>) = kept.unzip();
        own.monotone = ways;
        used.append(&mut words);
    }
    if is_open("bounds", file.bounds.is_some()) {
        let kept = file
            .bounds
            .into_iter()
            .flatten()
            .filter(|own| may(&own.0.0));
        let (ends, mut words): (Vec<Ends>, Vec<Placed>) = kept.unzip();
        own.bounds = ends;
        used.append(&mut words);
    }
    for (key, word, own) in [
        ("norm", file.norm, &mut own.norm),
        ("cost", file.cost, &mut own.cost),
    ] {
        if is_open(key, word.is_some()) {
            *own = word.as_ref().map(|word| word.text.clone());
            used.extend(word);
        }
    }
    loaded.use_words(used);
    Ok(())
}

/// The column that a word names.
fn name(word: &Placed) -> String {
    word.text.trim().to_owned()
}

/// What was asked of recourse, as settings and by the names of their flags.
pub(super) fn settings(own: &Countering) -> [(&'static str, String); 6] {
    let ways: Vec<String> = own.monotone.iter().map(say_way).collect();
    let ends: Vec<String> = own.bounds.iter().map(say_ends).collect();
    [
        ("actionable", own.actionable.join(",")),
        ("immutable", own.immutable.join(",")),
        ("monotone", ways.join(",")),
        ("bounds", ends.join(",")),
        ("norm", own.norm.clone().unwrap_or_default()),
        ("cost", own.cost.clone().unwrap_or_default()),
    ]
}

/// What was declared of features; each must be one, numbers where ends or ways are said.
pub(super) fn declared(
    (own, sources): (&Countering, &Sources),
    read: &Read,
    plan: &Plan,
) -> Result<Declared> {
    let sensitive = plan
        .splits
        .iter()
        .filter(|split| split.role == Role::Sensitive);
    let sensitive: Vec<String> = sensitive.map(|split| split.name.clone()).collect();
    let names = read.features.list.iter().map(|own| &own.name);
    let ids: Vec<String> = names.filter(|name| words::is_id(name)).cloned().collect();
    let stay = |name: &String| sensitive.contains(name) || ids.contains(name);
    if let Some(name) = own.actionable.iter().find(|name| stay(name)) {
        let problem = if sensitive.contains(name) {
            "a sensitive column stays as it is"
        } else {
            "what names a row stays as it is"
        };
        return Err(flag("--actionable", name, problem, "leave it out"));
    }
    let seen = Seen {
        read,
        is_from_file: |key| sources.get(key) == Some(&SettingSource::File),
    };
    for name in &own.actionable {
        seen.feature(("actionable", name), name)?;
    }
    for name in &own.immutable {
        seen.feature(("immutable", name), name)?;
    }
    for way in &own.monotone {
        seen.number(("monotone", &say_way(way)), &way.0)?;
    }
    for ends in &own.bounds {
        seen.number(("bounds", &say_ends(ends)), &ends.0)?;
    }
    let immutable = sensitive.into_iter().chain(ids);
    Ok(Declared {
        actionable: own.actionable.clone(),
        immutable: immutable.chain(own.immutable.iter().cloned()).collect(),
        monotone: own.monotone.iter().cloned().collect(),
        bounds: own.bounds.iter().cloned().collect(),
        norm: own.norm.as_deref().and_then(Norm::find).unwrap_or_default(),
        by_percentile: own.cost.as_deref() == Some("percentile"),
    })
}

/// What the model sees, and who says something of it.
struct Seen<'a, F: Fn(&str) -> bool> {
    read: &'a Read<'a>,
    is_from_file: F,
}

impl<F: Fn(&str) -> bool> Seen<'_, F> {
    /// The feature of a name. A file may be that of several models: a column of the table that this
    /// one does not see is none.
    fn feature(&self, (key, said): (&str, &str), name: &str) -> Result<Option<&Feature>> {
        let features = &self.read.features.list;
        if let Some(found) = features.iter().find(|feature| feature.name == name) {
            return Ok(Some(found));
        }
        let mut columns = self.read.memory.columns().iter();
        if (self.is_from_file)(key) && columns.any(|own| own.name == name) {
            return Ok(None);
        }
        let known: Vec<String> = features.iter().map(|own| own.name.clone()).collect();
        let remedy = match crate::error::nearest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("features: {}", crate::error::few(&known)),
        };
        Err(wrong((key, said), "the model sees no such column", &remedy))
    }

    fn number(&self, (key, said): (&str, &str), name: &str) -> Result<()> {
        match self.feature((key, said), name)? {
            Some(feature) if matches!(feature.values, Values::Text | Values::Words) => {
                let remedy = "it is for numbers and dates; `--immutable` keeps a column as it is";
                Err(wrong((key, said), "its values have no order", remedy))
            }
            _ => Ok(()),
        }
    }
}

fn wrong((key, said): (&str, &str), problem: &'static str, remedy: &str) -> Error {
    flag(option(key), said, problem, remedy)
}
