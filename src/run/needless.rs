//! Flags of `counterfactual` that would do nothing, and what is wrong with the flip in its own words.
//!
//! In: what was asked of a model that is no program, or an error. Out: an error that names a flag the
//! command has.

use super::counterfactual::flag;
use crate::cli::Countering;
use crate::error::{Error, Result};

/// What is wrong with an attribute is wrong with what is flipped.
pub(super) fn as_flip(error: Error) -> Error {
    match error {
        Error::Flag {
            flag: "--attribute",
            value,
            problem,
            remedy,
        } => flag(
            "--flip",
            &value,
            problem,
            &remedy.replace("--attribute", "--flip"),
        ),
        error => error,
    }
}

/// Refuses what a model that is no program does nothing with.
pub(super) fn refuse(own: &Countering) -> Result<()> {
    let is_paired = own.paired.is_some();
    let threshold = own.threshold.filter(|_| !is_paired);
    let asked = [
        ("--model-timeout", own.timeout.map(|own| own.to_string())),
        ("--model-threshold", threshold.map(|own| own.to_string())),
    ];
    match asked
        .into_iter()
        .find_map(|(name, value)| Some((name, value?)))
    {
        Some((name, value)) => {
            let remedy = "name the command: `--model CMD`, or leave it out";
            Err(flag(name, &value, "it is for a program", remedy))
        }
        None => Ok(()),
    }
}
