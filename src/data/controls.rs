//! Columns that could be a control, for `--control auto`.
//!
//! In: the parts that columns have, and a sample of every column. Out: the free columns of 2 to
//! [`limits::CONTROL_VALUES`] values, and numbers of more, which are banded; and what was left out.

use super::guess::{Asked, Sample};
use super::limits;
use super::roles::Roles;
use crate::error::{Error, Result};

/// The word that asks for a scan.
pub const AUTO: &str = "auto";

/// A column that could be a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Index in the source's schema.
    pub column: usize,
    /// Its name.
    pub name: String,
    /// Numbers of many values, to be banded.
    pub numeric: bool,
}

/// The columns that could be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    /// In the order of the table.
    pub columns: Vec<Candidate>,
    /// Names of columns left out, and why.
    pub left_out: Vec<(String, &'static str)>,
}

/// A column of too many values.
pub const MANY: &str = "more than 20 values";

/// Whether a scan is asked for. The word is never a column: one of that name is a candidate.
pub fn is_auto(asked: &Asked) -> bool {
    let mut words = asked.control.iter().flat_map(|list| list.split(','));
    words.any(|word| word.trim() == AUTO)
}

/// The controls that are named.
///
/// # Errors
/// Some are, and a scan is asked for too.
pub fn named(asked: &Asked) -> Result<&[String]> {
    if !is_auto(asked) {
        return Ok(&asked.control);
    }
    let mut words = asked.control.iter().flat_map(|list| list.split(','));
    if words.all(|word| word.trim() == AUTO) {
        return Ok(&[]);
    }
    Err(Error::Flag {
        flag: "--control",
        value: asked.control.join(","),
        problem: "`auto` tries every column and stands alone",
        remedy: "name the controls, or `--control auto`".to_owned(),
    })
}

/// The columns that could be a control, where a scan is asked for.
pub fn candidates(roles: &Roles) -> Option<Candidates> {
    if !is_auto(roles.asked) {
        return None;
    }
    let mut found = Candidates::default();
    let samples = roles.header.samples.iter().enumerate();
    for (column, sample) in samples.filter(|(column, _)| roles.is_free(*column)) {
        let name = sample.name.clone();
        match fitness(sample, &roles.nulls) {
            Ok(_) if found.columns.len() == limits::CONTROLS => {
                found.left_out.push((name, "20 columns are tried at most"));
            }
            Ok(numeric) => found.columns.push(Candidate {
                column,
                name,
                numeric,
            }),
            Err(Some(why)) => found.left_out.push((name, why)),
            // One value alone splits nothing: no news.
            Err(None) => {}
        }
    }
    Some(found)
}

/// Whether a column is of many numbers, or why it is no candidate.
fn fitness(sample: &Sample, nulls: &[String]) -> std::result::Result<bool, Option<&'static str>> {
    let values = sample.present(nulls).count();
    let many = sample.more || values > limits::CONTROL_VALUES;
    match (many, sample.numeric) {
        (true, numeric) => numeric.then_some(true).ok_or(Some(MANY)),
        (false, _) if values + usize::from(sample.missing > 0) < 2 => Err(None),
        (false, _) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(control: &[&str]) -> Asked {
        Asked {
            control: control.iter().map(ToString::to_string).collect(),
            ..Asked::default()
        }
    }

    #[test]
    fn the_word_stands_alone() {
        assert!(!is_auto(&asked(&["department", "automatic"])));
        assert_eq!(named(&asked(&["job"])).unwrap(), ["job"]);
        assert!(named(&asked(&["auto"])).unwrap().is_empty());
        assert!(named(&asked(&["auto,job"])).is_err());
        assert!(named(&asked(&["job", " auto"])).is_err());
    }

    #[test]
    fn few_values_are_candidates_and_many_numbers_are_banded() {
        let column = |values: &[&str], numeric, more| Sample {
            values: values.iter().map(|v| ((*v).to_owned(), 1)).collect(),
            numeric,
            more,
            ..Sample::named("x")
        };
        let fit = |sample: &Sample| fitness(sample, &["NA".to_owned()]);
        assert_eq!(fit(&column(&["a", "b"], false, false)), Ok(false));
        assert_eq!(fit(&column(&["1", "2"], true, false)), Ok(false));
        assert_eq!(fit(&column(&["1", "2"], true, true)), Ok(true));
        assert_eq!(fit(&column(&["a", "b"], false, true)), Err(Some(MANY)));
        assert_eq!(fit(&column(&["a", "NA"], false, false)), Err(None));
    }
}
