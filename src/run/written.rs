//! The files of rows and models: weights, held-out predictions, answers, models.
//!
//! In: what was fitted. Out: each file beside its place, complete; it takes its place when everything
//! is done.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::frame::Rows;
use super::logged;
use crate::cli::Fitting;
use crate::error::{Error, Refused, Result};
use crate::mitigate::Mitigation;
use crate::mitigate::document::Weighed;
use crate::mitigate::trial::{Outcome, Whole};
use crate::read::memory::{Held, Memory};
use crate::report::output::Outputs;
use crate::report::whole::Draft;

/// A file that is complete, and where it goes.
pub struct Complete {
    path: PathBuf,
    draft: Draft,
}

/// Where files go, links followed.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// `--weights-out`.
    pub weights: Option<PathBuf>,
    /// `--predictions-out`.
    pub predictions: Option<PathBuf>,
    /// `--model-out`.
    pub model: Option<PathBuf>,
    /// `--log-dir`.
    pub logs: Option<PathBuf>,
}

/// Puts all files at their places.
pub fn finish(files: Vec<Complete>) -> Result<()> {
    files.into_iter().try_for_each(|file| {
        let Complete { path, draft } = file;
        draft
            .finish()
            .map_err(|source| Error::Write { path, source })
    })
}

/// Where the files go, checked before the data are read.
pub fn places<P: AsRef<Path>>(
    fitting: &Fitting,
    outputs: &Outputs,
    inputs: &[P],
) -> Result<Places> {
    let mut taken: Vec<(&'static str, PathBuf)> = Vec::new();
    let mut place = |flag: &'static str, path: &Option<PathBuf>| -> Result<Option<PathBuf>> {
        let Some(path) = path else {
            return Ok(None);
        };
        if path == Path::new("-") {
            return Err(Error::Flag {
                flag,
                value: "-".to_owned(),
                problem: "standard output is the report's",
                remedy: "name a file".to_owned(),
            });
        }
        let place = outputs.place(flag, path, inputs)?;
        if let Some((first, _)) = taken.iter().find(|(_, other)| *other == place) {
            return Err(Error::Output {
                path: path.clone(),
                refused: Refused::Twice {
                    first: (*first).to_owned(),
                    second: flag.to_owned(),
                },
            });
        }
        taken.push((flag, place.clone()));
        Ok(Some(place))
    };
    let logs = match &fitting.log_dir {
        Some(folder) if folder.is_dir() => {
            logged::refuse(folder)?;
            Some(folder.clone())
        }
        folder => place("--log-dir", folder)?,
    };
    Ok(Places {
        logs,
        weights: place("--weights-out", &fitting.weights_out)?,
        predictions: place("--predictions-out", &fitting.predictions_out)?,
        model: place("--model-out", &fitting.model_out)?,
    })
}

/// What rows are called: by the column of `--id`, or by number.
pub struct Named<'a> {
    /// The heading.
    pub heading: &'a str,
    /// The column, if there is one.
    pub held: Option<&'a Held>,
}

impl<'a> Named<'a> {
    /// The rows of a table; `id` is a column of it.
    pub fn new(memory: &'a Memory, id: Option<(usize, &'a str)>) -> Self {
        Self {
            heading: id.map_or("row", |(_, name)| name),
            held: id.and_then(|(column, _)| memory.column(column)),
        }
    }

    fn name(&self, row: usize) -> String {
        match self.held {
            Some(Held::Codes(keys, values)) => {
                let value = values[keys[row] as usize].as_deref();
                value.unwrap_or_default().to_owned()
            }
            Some(Held::Numbers(numbers)) if numbers[row].is_finite() => numbers[row].to_string(),
            Some(Held::Numbers(_)) => String::new(),
            None => (row + 1).to_string(),
        }
    }
}

/// Writes lines of CSV beside a place.
pub fn csv(
    path: &Path,
    lines: impl FnOnce(&mut csv::Writer<BufWriter<Draft>>) -> Result<()>,
) -> Result<Complete> {
    let cannot = |source: std::io::Error| Error::Write {
        path: path.to_owned(),
        source,
    };
    let draft = Draft::begin(path).map_err(cannot)?;
    let mut writer = csv::Writer::from_writer(BufWriter::new(draft));
    lines(&mut writer)?;
    let buffer = writer.into_inner().map_err(|e| cannot(e.into_error()))?;
    let draft = buffer.into_inner().map_err(|e| cannot(e.into_error()))?;
    Ok(Complete {
        path: path.to_owned(),
        draft,
    })
}

/// A line that cannot be written, as an error.
fn failed(path: &Path) -> impl Fn(csv::Error) -> Error {
    move |error| Error::Write {
        path: path.to_owned(),
        source: error.into(),
    }
}

/// Writes a text beside a place.
pub fn text(path: &Path, text: &str) -> Result<Complete> {
    bytes(path, text.as_bytes())
}

/// Writes bytes beside a place.
pub fn bytes(path: &Path, bytes: &[u8]) -> Result<Complete> {
    let cannot = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    let mut draft = Draft::begin(path).map_err(cannot)?;
    draft.write_all(bytes).map_err(cannot)?;
    Ok(Complete {
        path: path.to_owned(),
        draft,
    })
}

/// A line for each scenario and row: held-out score and decision.
pub fn predictions(
    path: &Path,
    named: &Named,
    remedies: &[&Mitigation],
    outcomes: &[Outcome],
) -> Result<Complete> {
    let failed = failed(path);
    csv(path, |lines| {
        let heading = [named.heading, "scenario", "score", "decision"];
        lines.write_record(heading).map_err(&failed)?;
        for (remedy, outcome) in remedies.iter().zip(outcomes) {
            if outcome.failed.is_some() {
                continue;
            }
            let rows = outcome.scores.iter().zip(&outcome.decisions).enumerate();
            for (row, (score, decision)) in rows {
                let score = Some(*score).filter(|score| score.is_finite());
                let score = score.map_or(String::new(), |score| score.to_string());
                let decision = decision.map_or("", |positive| if positive { "1" } else { "0" });
                let line = [&*named.name(row), remedy.name, &score, decision];
                lines.write_record(line).map_err(&failed)?;
            }
        }
        Ok(())
    })
}

/// A score and a decision for each row, where there is one.
pub type Answers<'a> = (&'a [f64], &'a [Option<bool>]);

/// A line for each row and each way in which it was changed, with the answers before and after; rows
/// that were never asked about have none.
pub fn answers(
    path: &Path,
    named: &Named,
    before: Answers,
    after: &[(&str, Answers)],
) -> Result<Complete> {
    let failed = failed(path);
    let said = |(scores, decisions): Answers, row: usize| {
        let score = Some(scores[row]).filter(|score| score.is_finite());
        let score = score.map_or(String::new(), |score| score.to_string());
        let decision = decisions[row].map_or("", |positive| if positive { "1" } else { "0" });
        (score, decision)
    };
    csv(path, |lines| {
        let heading = [
            named.heading,
            "scenario",
            "score",
            "decision",
            "changed_score",
            "changed_decision",
        ];
        lines.write_record(heading).map_err(&failed)?;
        for row in 0..before.0.len() {
            let first = said(before, row);
            for (scenario, after) in after {
                let then = said(*after, row);
                if [&first.0, &then.0].iter().all(|text| text.is_empty())
                    && first.1.is_empty()
                    && then.1.is_empty()
                {
                    continue;
                }
                let name = named.name(row);
                let line = [&*name, scenario, &first.0, first.1, &then.0, then.1];
                lines.write_record(line).map_err(&failed)?;
            }
        }
        Ok(())
    })
}

/// The remedies that weight rows, each with the weights of the rows that were fitted to.
pub fn weighted<'a>(
    remedies: &'a [&Mitigation],
    whole: &'a Whole,
) -> impl Iterator<Item = (&'static str, &'a [f64])> {
    let each = remedies.iter().zip(&whole.solved);
    each.filter_map(|(remedy, solved)| {
        let weights = solved.as_ref().ok()?.weights.as_deref()?;
        Some((remedy.name, weights))
    })
}

/// A line for each row: what it counts for, by remedy; rows that nothing can be learnt from count
/// for nothing.
pub fn weights(
    path: &Path,
    named: &Named,
    rows: usize,
    remedies: &[&Mitigation],
    whole: &Whole,
) -> Result<Complete> {
    let all: Vec<(&str, &[f64])> = weighted(remedies, whole).collect();
    let mut places = vec![None; rows];
    for (at, &row) in whole.rows.iter().enumerate() {
        places[row as usize] = Some(at);
    }
    let failed = failed(path);
    csv(path, |lines| {
        let mut heading = vec![named.heading];
        match all.as_slice() {
            [_] => heading.push("weight"),
            all => heading.extend(all.iter().map(|(name, _)| *name)),
        }
        lines.write_record(heading).map_err(&failed)?;
        for (row, place) in places.iter().enumerate() {
            let mut line = vec![named.name(row)];
            let own = all
                .iter()
                .map(|(_, weights)| place.map_or(0.0, |at| weights[at]));
            line.extend(own.map(|weight| weight.to_string()));
            lines.write_record(line).map_err(&failed)?;
        }
        Ok(())
    })
}

/// By what a remedy multiplied the weights of each group and label.
pub fn factors(weights: &[f64], whole: &Whole, rows: &Rows) -> Vec<Weighed> {
    let mut found: BTreeMap<(u32, bool), (f64, f64)> = BTreeMap::new();
    for (&row, weight) in whole.rows.iter().zip(weights) {
        let row = row as usize;
        let factor = weight / rows.weights[row];
        let key = (rows.groups[row], rows.y[row] == Some(true));
        let ends = found.entry(key).or_insert((factor, factor));
        *ends = (ends.0.min(factor), ends.1.max(factor));
    }
    let each = found
        .into_iter()
        .map(|((group, positive), (least, most))| Weighed {
            group: rows.names[group as usize].clone(),
            positive,
            least,
            most,
        });
    each.collect()
}
