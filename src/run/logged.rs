//! `--log-dir`: training curves as event files of `TensorBoard`, a folder for each scenario.
//!
//! In: what was fitted, on all rows and fold by fold. Out: files beside their places, complete. Where
//! a folder has event files already it is refused, since `TensorBoard` takes all files of a folder
//! for one run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::written::{self, Complete};
use crate::error::{Error, Result};
use crate::fit::Curve;
use crate::mitigate::document::Remedied;
use crate::record::Training;
use crate::report::events::{self, Scalars};

/// Refuses a folder that has event files, in itself or in a folder of it.
pub fn refuse(folder: &Path) -> Result<()> {
    let cannot = |source: io::Error| Error::Read {
        path: folder.to_owned(),
        source,
    };
    let mut folders = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    for inner in &folders {
        for entry in fs::read_dir(inner).map_err(cannot)? {
            let name = entry.map_err(cannot)?.file_name();
            if name.to_string_lossy().contains("tfevents") {
                return Err(Error::Flag {
                    flag: "--log-dir",
                    value: folder.display().to_string(),
                    problem: "it has event files already, and TensorBoard would mix two runs",
                    remedy: "name a new folder, or remove this one".to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// Writes every run: each scenario with its fit to all rows and its numbers on held-out rows, and
/// within it each fold's fit.
pub fn write(folder: &Path, models: &[Remedied], folds: &[Training]) -> Result<Vec<Complete>> {
    let mut files = Vec::new();
    for own in models {
        let run = folder.join(&own.scenario);
        let mut steps = own.training.as_ref().map(scalars).unwrap_or_default();
        let numbers = own.numbers.iter();
        let numbers =
            numbers.filter_map(|(name, value)| Some((format!("held_out/{name}"), (*value)?)));
        steps.push(Scalars {
            step: 0,
            values: numbers.collect(),
        });
        files.push(file(&run, &steps)?);
        let of_folds = folds.iter().find(|of| of.scenario == own.scenario);
        let of_folds = of_folds.map(|of| of.folds.as_slice()).unwrap_or_default();
        for (fold, curve) in of_folds.iter().enumerate() {
            if let Some(curve) = curve {
                let run = run.join(format!("fold_{}", fold + 1));
                files.push(file(&run, &scalars(curve))?);
            }
        }
    }
    Ok(files)
}

fn file(run: &Path, steps: &[Scalars]) -> Result<Complete> {
    let path: PathBuf = run.join(events::NAME);
    fs::create_dir_all(run).map_err(|source| Error::Write {
        path: path.clone(),
        source,
    })?;
    written::bytes(&path, &events::file(steps))
}

/// The steps of a curve.
fn scalars(curve: &Curve) -> Vec<Scalars> {
    let each = curve.steps.iter().zip(0..).map(|(own, step)| {
        let values = [
            ("loss", Some(own.loss)),
            ("violation", own.violation),
            ("penalty", own.penalty),
            ("gap", own.gap),
        ];
        let values = values.into_iter();
        let values = values.filter_map(|(name, value)| Some((format!("training/{name}"), value?)));
        Scalars {
            step,
            values: values.collect(),
        }
    });
    each.collect()
}
