//! The policy file: found, read, and put where neither a flag nor the environment has spoken.
//!
//! In: what was typed. Out: the same, filled up, and a [`Loaded`] that knows which words are the
//! file's, so that an error they cause shows their line.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cli::{Audit, Check, Config, Gate, Statistics};
use crate::data::guess::Asked;
use crate::data::{Favorable, Missing, SettingSource};
use crate::error::{Error, Problem, Result};
use crate::policy::{Date, File, NAMES, Named, Placed, Recourse};

/// The name of a policy file.
const NAME: &str = "fair-audit.toml";
/// A file that may hold one as a section.
const PROJECT: &str = "pyproject.toml";
/// The variable that says the time, in seconds since 1970, where the clock must not.
pub const DATE: &str = "SOURCE_DATE_EPOCH";
/// Bytes of a policy file at most: nobody writes more by hand.
const MOST: u64 = 1 << 20;

type Sources = BTreeMap<String, SettingSource>;

/// What was read.
#[derive(Default)]
pub struct Loaded {
    /// The files, so that no output replaces them.
    pub paths: Vec<PathBuf>,
    /// What the file says of recourse.
    pub recourse: Recourse,
    /// The words that are the file's.
    used: Vec<Placed>,
}

impl Loaded {
    /// Words of the file that came to count.
    pub fn use_words(&mut self, words: Vec<Placed>) {
        self.used.extend(words);
    }

    /// The same error, with the line of the file that caused it.
    pub fn place(&self, error: Error) -> Error {
        let typed = match &error {
            Error::NoColumn { column, .. }
            | Error::WrongKind { column, .. }
            | Error::SameName { column, .. }
            | Error::TwoParts { column, .. }
            | Error::NoThreshold { column, .. } => column.clone(),
            Error::Flag { value, .. } => value.clone(),
            Error::Data { place, problem } => match (&place.column, problem) {
                (Some(column), Problem::NoPositive { positive, .. }) => {
                    format!("{column}={positive}")
                }
                (Some(column), Problem::NotAPair { .. }) => column.clone(),
                _ => return error,
            },
            _ => return error,
        };
        let exact = self
            .used
            .iter()
            .find(|word| word.text.trim() == typed.trim());
        let about = || {
            let mut words = self.used.iter();
            words.find(|word| !typed.is_empty() && word.text.contains(&typed))
        };
        match exact.or_else(about) {
            Some(word) => word.at.cause(error),
            None => error,
        }
    }
}

/// Fills up an audit.
pub fn audit(job: &mut Audit) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    let found = find(&job.config)?;
    if let Some(file) = &found {
        loaded.paths.push(PathBuf::from(&file.path));
        fill_described(job, file, &mut loaded.used);
        loaded.recourse = file.recourse.clone();
    }
    fill_gate(&mut job.gate, found, &mut loaded)?;
    if job.gate.named == Named::NycLl144 {
        // The law asks for rates of scores above their median, and for intersections.
        job.table.asked.median = true;
        job.table.asked.intersect = job.table.asked.intersect.max(2);
    }
    Ok(loaded)
}

/// Fills up a profile, which no policy judges.
pub fn profile(job: &mut Audit) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    if let Some(file) = find(&job.config)? {
        loaded.paths.push(PathBuf::from(&file.path));
        fill_described(job, &file, &mut loaded.used);
        loaded.recourse = file.recourse;
        job.gate.config = Some(file.path);
    }
    Ok(loaded)
}

/// What a file says of the table and of the numbers.
fn fill_described(job: &mut Audit, file: &File, used: &mut Vec<Placed>) {
    fill_asked(&mut job.table.asked, file, used);
    fill_statistics(&mut job.statistics, file, &mut job.gate.sources);
    if file.intersect.is_some() && !job.table.asked.sources.contains_key("intersect") {
        job.table.asked.intersect = file.intersect.unwrap_or_default();
        from_file(&mut job.table.asked.sources, "intersect");
    }
}

/// Fills up the judging of a saved report.
pub fn check(job: &mut Check) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    let found = find(&job.config)?;
    if let Some(file) = &found {
        loaded.paths.push(PathBuf::from(&file.path));
        job.min_group = job.min_group.or(file.min_group);
        job.suppress = file.suppress;
    }
    fill_gate(&mut job.gate, found, &mut loaded)?;
    Ok(loaded)
}

/// Fills up what is known of a table.
pub fn table(asked: &mut Asked, config: &Config) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    if let Some(file) = find(config)? {
        fill_asked(asked, &file, &mut loaded.used);
        loaded.paths.push(PathBuf::from(file.path));
    }
    Ok(loaded)
}

/// The day on which exceptions are judged: that of the clock, or that of `SOURCE_DATE_EPOCH`, so
/// that a run can be repeated. No report says it.
pub fn today() -> Result<Date> {
    seconds().map(Date::of_seconds)
}

/// The second at which that day began, as `SOURCE_DATE_EPOCH` says it.
pub fn midnight() -> Result<u64> {
    const DAY: u64 = 24 * 60 * 60;
    seconds().map(|seconds| seconds / DAY * DAY)
}

fn seconds() -> Result<u64> {
    let Some(fixed) = std::env::var_os(DATE).filter(|value| !value.is_empty()) else {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        return Ok(now.map_or(0, |since| since.as_secs()));
    };
    let value = fixed.to_string_lossy();
    value.parse().map_err(|_| Error::NoDate {
        value: value.clone().into_owned(),
    })
}

/// The policy file that counts, if there is one.
fn find(config: &Config) -> Result<Option<File>> {
    match config {
        Config::None => Ok(None),
        Config::File(path) => read(path).map(Some),
        Config::Closest => closest(),
    }
}

/// The file of the working directory, or of the closest folder above it up to the root of the
/// repository. Outside of a repository only the working directory counts: a verdict must not hang
/// on what lies in a home directory.
fn closest() -> Result<Option<File>> {
    let Ok(here) = std::env::current_dir() else {
        return Ok(None);
    };
    let depth = here
        .ancestors()
        .position(|folder| folder.join(".git").exists());
    // As it would be typed: no report says where the repository lies on this machine.
    let mut folder = PathBuf::new();
    for _ in 0..=depth.unwrap_or(0) {
        let path = folder.join(NAME);
        if path.is_file() {
            return read(&path).map(Some);
        }
        let path = folder.join(PROJECT);
        if path.is_file() {
            let text = text(&path)?;
            // What is not about us may be as broken as it likes.
            if text.contains("fair-audit")
                && let Some(file) = File::parse(&path.display().to_string(), &text, true)?
            {
                return Ok(Some(file));
            }
        }
        folder.push("..");
    }
    Ok(None)
}

fn read(path: &Path) -> Result<File> {
    let text = text(path)?;
    let name = path.display().to_string();
    let is_project = path.file_name().is_some_and(|name| name == PROJECT);
    let file = File::parse(&name, &text, is_project)?;
    file.ok_or(Error::NoSection { path: name })
}

fn text(path: &Path) -> Result<String> {
    let mut text = String::new();
    let read = fs::File::open(path).and_then(|file| file.take(MOST + 1).read_to_string(&mut text));
    let read = read.and_then(|_| {
        let is_long = text.len() as u64 > MOST;
        let long = || io::Error::other("more than 1 MiB is no policy file");
        if is_long { Err(long()) } else { Ok(()) }
    });
    read.map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

fn from_file(sources: &mut Sources, name: &str) {
    sources.insert(name.to_owned(), SettingSource::File);
}

/// `[data]`, key by key, where nobody else has said anything.
fn fill_asked(asked: &mut Asked, file: &File, used: &mut Vec<Placed>) {
    for (key, words) in &file.data {
        if asked.sources.contains_key(*key) || *key == "missing" {
            continue;
        }
        let texts = || {
            words
                .iter()
                .map(|word| word.text.clone())
                .collect::<Vec<_>>()
        };
        let first = || words.first().map(|word| word.text.clone());
        match *key {
            "sensitive" => asked.sensitive = texts(),
            "label" => asked.label = first(),
            "prediction" => asked.predictions = texts(),
            "score" => asked.score = first(),
            "threshold" => asked.threshold = first().and_then(|text| text.parse().ok()),
            "weight" => asked.weight = first(),
            "counts" => asked.counts = first(),
            "control" => asked.control = texts(),
            "reference" => asked.reference = texts(),
            "bins" => asked.bins = texts(),
            "ignore" => asked.ignore = texts(),
            "null" => asked.nulls = Some(texts()),
            _ => {
                asked.favorable = first().map(|text| match text.as_str() {
                    "negative" => Favorable::Negative,
                    _ => Favorable::Positive,
                });
            }
        }
        from_file(&mut asked.sources, key);
        used.extend(words.iter().cloned());
    }
}

fn fill_statistics(statistics: &mut Statistics, file: &File, sources: &mut Sources) {
    let mut is_open = |name: &str, is_said: bool| {
        let is_open = is_said && !sources.contains_key(name);
        if is_open {
            from_file(sources, name);
        }
        is_open
    };
    if is_open("confidence", file.confidence.is_some()) {
        statistics.confidence = file.confidence.unwrap_or_default();
    }
    if is_open("min-group", file.min_group.is_some()) {
        statistics.min_group = file.min_group.unwrap_or_default();
    }
    if is_open("metrics", file.metrics.is_some()) {
        statistics.metrics = file.metrics.clone().unwrap_or_default();
    }
    if is_open("suppress", file.suppress.is_some()) {
        statistics.suppress = file.suppress;
    }
    let missing = file.data.get("missing").and_then(|words| words.first());
    if is_open("missing", missing.is_some()) {
        statistics.missing = match missing.map(|word| word.text.as_str()) {
            Some("drop") => Missing::Drop,
            Some("error") => Missing::Error,
            _ => Missing::Group,
        };
    }
}

/// `[gate]`, the rules and the exceptions. A policy that was named by a flag or the environment is
/// taken whole: then those of the file count for nothing.
fn fill_gate(gate: &mut Gate, found: Option<File>, loaded: &mut Loaded) -> Result<()> {
    gate.config = found.as_ref().map(|file| file.path.clone());
    let is_named = gate.sources.contains_key("policy");
    let is_file = is_named && Named::find(&gate.policy).is_none();
    let own = is_file
        .then(|| named_file(&gate.policy, loaded))
        .transpose()?;
    // What becomes of the verdict is no part of a policy: the other file still says it.
    for file in own.iter().chain(&found) {
        fill_bar(gate, file);
    }
    let Some(file) = own.or(found.filter(|_| !is_named)) else {
        return Ok(());
    };
    if let Some(named) = file.policy {
        gate.named = named;
        if !is_named {
            named.name().clone_into(&mut gate.policy);
            from_file(&mut gate.sources, "policy");
        }
    }
    for (name, is_said) in [
        ("decide", file.decide.is_some()),
        ("undecided", file.undecided.is_some()),
        ("rule", !file.rules.is_empty()),
        ("accept", !file.accepts.is_empty()),
    ] {
        if is_said {
            from_file(&mut gate.sources, name);
        }
    }
    (gate.decide, gate.undecided) = (file.decide, file.undecided);
    (gate.rules, gate.accepts) = (file.rules, file.accepts);
    gate.file = Some(file.path);
    Ok(())
}

/// The file that `-P` names.
fn named_file(name: &str, loaded: &mut Loaded) -> Result<File> {
    let path = PathBuf::from(name);
    if !path.exists() {
        return Err(Error::NoPolicy {
            policy: name.to_owned(),
            policies: NAMES.iter().map(|(name, _)| (*name).to_owned()).collect(),
        });
    }
    let file = read(&path)?;
    loaded.paths.push(path);
    Ok(file)
}

/// What becomes of the verdict, where nobody else has said anything.
fn fill_bar(gate: &mut Gate, file: &File) {
    if let (Some(fail_on), false) = (file.fail_on, gate.sources.contains_key("fail-on")) {
        gate.fail_on = fail_on;
        from_file(&mut gate.sources, "fail-on");
    }
    if let (Some(adjust), false) = (file.adjust, gate.sources.contains_key("adjust")) {
        gate.adjust = Some(adjust);
        from_file(&mut gate.sources, "adjust");
    }
    if let (Some(strict), false) = (file.strict, gate.sources.contains_key("strict")) {
        gate.strict = strict;
        from_file(&mut gate.sources, "strict");
    }
}
