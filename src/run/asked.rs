//! What `explain` and `counterfactual` ask alike: which model, which rows, which features.
//!
//! In: the options, and the table once it is read. Out: a [`Model`], a [`Program`], rows and features;
//! or an error that says which option is wrong, or would do nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::apply;
use super::loaded::Read;
use crate::cli::{Audit, CUT, Explaining, Fitting, Sending, TIMEOUT, replay};
use crate::data::{SettingSource, controls};
use crate::error::{Error, Result, few, nearest};
use crate::fit::features::Feature;
use crate::fit::{self, LEARNERS};
use crate::justice::Single;
use crate::justice::program::Program;
use crate::mitigate::document::Document;
use crate::read::Source;
use crate::read::memory::Held;

/// Which model is asked.
pub(super) enum Model {
    /// One that is fitted.
    Fitted,
    /// A saved one, and whether the file is the record of its training.
    Saved(Box<Document>, bool),
    /// A command.
    Program(String),
}

impl Model {
    /// The models of the file, where it is saved.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Self::Saved(document, _) => Some(document),
            _ => None,
        }
    }

    /// The columns that it is sent as they stand, where it is a program; none named is all.
    pub fn sent<'a>(&self, asked: &'a Explaining) -> Option<&'a [String]> {
        matches!(self, Self::Program(_)).then_some(asked.sending.columns.as_slice())
    }

    /// The file that it is saved in.
    pub fn path<'a>(&self, asked: &'a Explaining) -> Option<&'a Path> {
        let is_saved = matches!(self, Self::Saved(..));
        asked.model.as_deref().filter(|_| is_saved).map(Path::new)
    }
}

/// What is wrong with an option.
pub(super) fn flag(flag: &'static str, value: &str, problem: &'static str, remedy: &str) -> Error {
    Error::Flag {
        flag,
        value: value.to_owned(),
        problem,
        remedy: remedy.to_owned(),
    }
}

/// Refuses what cannot be asked of models, whatever is done with them.
pub(super) fn unjudged(audit: &Audit) -> Result<()> {
    if controls::is_auto(&audit.table.asked) {
        let remedy = "leave it out, or name the control: `--control COL`";
        let problem = "no column is tried as a control here";
        return Err(flag("--control", controls::AUTO, problem, remedy));
    }
    match audit.statistics.suppress {
        Some(k) => {
            let problem = "numbers of models cannot be kept from telling small counts";
            let remedy = "`--no-config` leaves it out; do not publish the outcome";
            Err(flag("--suppress", &k.to_string(), problem, remedy))
        }
        None => Ok(()),
    }
}

/// Leaves out the controls of a policy file: nothing is compared within strata here. What is said of it.
pub(super) fn without_control(audit: &mut Audit) -> Option<String> {
    let asked = &mut audit.table.asked;
    let control = std::mem::take(&mut asked.control);
    if control.is_empty() {
        return None;
    }
    let names = control.iter().flat_map(|list| list.split(','));
    let names: Vec<&str> = names.map(str::trim).collect();
    asked.bins.retain(|bins| {
        let column = bins.split_once('=').map_or(bins.as_str(), |(name, _)| name);
        !names.contains(&column.trim())
    });
    asked.sources.remove("control");
    Some(format!(
        "nothing is compared within strata here: `control` of the policy file, {}, plays no part",
        few(&control)
    ))
}

/// The model that is named; `takes_surrogate` says whether one may stand for a program.
pub(super) fn model(
    audit: &Audit,
    (fitting, asked): (&Fitting, &Explaining),
    takes_surrogate: bool,
) -> Result<Model> {
    let sources = &audit.gate.sources;
    let model = match asked.model.as_deref() {
        Some(name) if fit::find(name).is_none() => named(name)?,
        _ => Model::Fitted,
    };
    let is_saved = matches!(model, Model::Saved(..));
    if let (Some(method), false, true) = (&asked.method, is_saved, is_typed(sources, "method")) {
        let problem = "it says which model of a saved file is meant";
        let remedy = "name the file: `--model MODEL.json`";
        return Err(flag("--method", method, problem, remedy));
    }
    let is_program = matches!(model, Model::Program(_));
    let is_stood_for = asked.model.is_none() || is_program && takes_surrogate;
    let is_named = is_typed(sources, "surrogate");
    if let (Some(surrogate), false, true) = (&asked.surrogate, is_stood_for, is_named) {
        let problem = "it stands for decisions whose model is not known";
        let remedy = "leave it out, or `--model`";
        return Err(flag("--surrogate", surrogate, problem, remedy));
    }
    if !is_program {
        sent(&asked.sending, sources)?;
    }
    needless(fitting, sources, (&model, takes_surrogate))?;
    Ok(model)
}

/// A model that is no learner of ours: a file, or a command.
fn named(name: &str) -> Result<Model> {
    let path = Path::new(name);
    let end = path.extension();
    let is_json = end.is_some_and(|end| end.eq_ignore_ascii_case("json"));
    if is_json && (!name.contains(char::is_whitespace) || path.is_file()) {
        let (document, is_record) = apply::opened("--model", path)?;
        return Ok(Model::Saved(Box::new(document), is_record));
    }
    let known: Vec<String> = LEARNERS.iter().map(|own| own.name.to_owned()).collect();
    let is_word = name
        .chars()
        .all(|c| c.is_alphanumeric() || "-_".contains(c));
    if let Some(near) = nearest(name, &known).filter(|_| is_word) {
        let remedy = format!("did you mean `{near}`? a command of this name is `./{name}`");
        return Err(flag("--model", name, "there is no such model", &remedy));
    }
    if std::env::var_os(replay::NO_PROGRAM).is_some() {
        let remedy = "unset `FAIR_AUDIT_NO_PROGRAM`; `verify --allow-program` runs it";
        return Err(flag("--model", name, replay::NOT_RUN, remedy));
    }
    Ok(Model::Program(name.to_owned()))
}

/// Whether an option was typed: what the environment says for other commands is no mistake.
pub(super) fn is_typed(sources: &BTreeMap<String, SettingSource>, option: &str) -> bool {
    sources.get(option.trim_start_matches('-')) == Some(&SettingSource::Flag)
}

/// Refuses what is for a program alone.
fn sent(own: &Sending, sources: &BTreeMap<String, SettingSource>) -> Result<()> {
    let text = |number: Option<f64>| number.map(|own| own.to_string());
    let (sent, program) = ("it says what a program is sent", "it is for a program");
    let timeout = own.timeout.map(|own| own.to_string());
    let asked = [
        ("--model-columns", own.columns.first().cloned(), sent),
        ("--model-timeout", timeout, program),
        ("--model-threshold", text(own.threshold), program),
    ];
    let mut said = asked.into_iter().filter(|own| is_typed(sources, own.0));
    match said.find_map(|(name, value, problem)| Some((name, value?, problem))) {
        Some((name, value, problem)) => {
            let remedy = "name the command: `--model CMD`, or leave it out";
            Err(flag(name, &value, problem, remedy))
        }
        None => Ok(()),
    }
}

/// Refuses what says how a model is fitted, where none is; folds count where a surrogate is fitted.
fn needless(
    fitting: &Fitting,
    sources: &BTreeMap<String, SettingSource>,
    (model, takes_surrogate): (&Model, bool),
) -> Result<()> {
    let is_program = match model {
        Model::Fitted => return Ok(()),
        Model::Saved(..) => false,
        Model::Program(_) => true,
    };
    let first = |list: &[String]| list.first().cloned().unwrap_or_default();
    let text = |name: &Option<String>| name.clone().unwrap_or_default();
    let options = [
        ("--features", first(&fitting.features)),
        ("--text", first(&fitting.text)),
        ("--with-sensitive", String::new()),
        ("--fold-by", text(&fitting.fold_by)),
        ("--fold-time", text(&fitting.fold_time)),
        ("--folds", fitting.folds.to_string()),
    ];
    let mut asked = options.into_iter().filter(|own| is_typed(sources, own.0));
    let found = asked.find(|(name, _)| *name != "--folds" || !is_program || !takes_surrogate);
    let Some((name, value)) = found else {
        return Ok(());
    };
    let sees = ["--features", "--text", "--with-sensitive"].contains(&name);
    let (problem, remedy) = match (is_program, sees) {
        (true, true) => (
            "nothing is fitted to the label",
            "`--model-columns COLS` says what a program is sent",
        ),
        (true, false) => ("nothing is fitted to the label", "leave it out"),
        (false, true) => ("a saved model has its own features", "leave it out"),
        (false, false) => ("a saved model is not fitted again", "leave it out"),
    };
    Err(flag(name, &value, problem, remedy))
}

/// The program behind a command.
pub(super) fn program<'a>(command: &str, own: &Sending, read: &'a Read) -> Program<'a> {
    let fields = read.memory.columns();
    let original = |name: &String| {
        let column = fields.iter().position(|field| field.name == *name)?;
        read.memory.column(column)
    };
    let features = &read.features.list;
    Program::new(
        command.to_owned(),
        (
            Duration::from_secs(own.timeout.unwrap_or(TIMEOUT) as u64),
            own.threshold.unwrap_or(CUT),
        ),
        features,
        features
            .iter()
            .map(|feature| original(&feature.name))
            .collect(),
    )
}

/// What a program wrote to its standard error.
pub(super) fn words(program: &Program) -> Option<String> {
    let words = program.words();
    (!words.is_empty()).then(|| format!("the program says: {}", words.replace('\n', " | ")))
}

/// The feature of this name; `option` names it.
pub(super) fn feature<'a>(
    option: &'static str,
    name: &str,
    features: &'a [Feature],
) -> Result<&'a Feature> {
    let own = features.iter().find(|feature| feature.name == name);
    own.ok_or_else(|| {
        let known: Vec<String> = features.iter().map(|own| own.name.clone()).collect();
        let remedy = match nearest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("features: {}", few(&known)),
        };
        flag(option, name, "the model sees no such column", &remedy)
    })
}

/// The rows of `--row`, by number or id, which must be among those that are asked about.
pub(super) fn singles(names: &[String], read: &Read, rows: &[u32]) -> Result<Vec<Single>> {
    names.iter().map(|name| single(name, read, rows)).collect()
}

fn single(name: &str, read: &Read, rows: &[u32]) -> Result<Single> {
    let unknown = |problem, remedy: &str| flag("--row", name, problem, remedy);
    let row = match &read.id {
        None => numbered(name, read.memory.len())?,
        Some((column, id)) => {
            let mut found = of_id(name, read, *column);
            match (found.pop(), found.is_empty()) {
                (Some(row), true) => row,
                (Some(_), false) => {
                    let remedy = "name it by its number, without `--id`";
                    return Err(unknown("several rows have this id", remedy));
                }
                (None, _) => {
                    let remedy = format!("ids are those of `{id}`");
                    return Err(unknown("no row has this id", &remedy));
                }
            }
        }
    };
    let row = row as u32;
    if read.counted.binary_search(&row).is_err() {
        let remedy = "rows without a weight, or left out by `--missing`, are not asked about";
        return Err(unknown("the row does not count", remedy));
    }
    if rows.binary_search(&row).is_err() {
        let remedy = "leave out `--fold-time`, or name a row that is held out";
        return Err(unknown(
            "the row is only learnt from, or in no fold",
            remedy,
        ));
    }
    Ok(Single {
        name: name.to_owned(),
        row,
    })
}

/// A row by its number.
fn numbered(name: &str, rows: usize) -> Result<usize> {
    let number = name.trim().parse::<usize>().ok();
    let at = number.and_then(|number| number.checked_sub(1));
    at.filter(|&at| at < rows).ok_or_else(|| {
        let remedy = format!("a number from 1 to {rows}; `--id COL` names rows by a column");
        flag("--row", name, "there is no such row", &remedy)
    })
}

/// Two rows at most that have this id.
fn of_id(name: &str, read: &Read, column: usize) -> Vec<usize> {
    let Some(Held::Codes(keys, values)) = read.memory.column(column) else {
        return Vec::new();
    };
    let is_own = |row: &usize| values[keys[*row] as usize].as_deref() == Some(name);
    (0..read.memory.len()).filter(is_own).take(2).collect()
}

/// What is sent to a program, as settings: name, value, and whether it was said.
pub(super) fn settings(own: &Sending) -> [(&'static str, String, bool); 2] {
    let threshold = own.threshold.filter(|own| *own != CUT);
    [
        ("model_columns", own.columns.join(","), true),
        (
            "model_threshold",
            threshold.map_or(String::new(), |own| own.to_string()),
            true,
        ),
    ]
}
