//! The shares that groups should have: what `--population` names.
//!
//! In: a table, `sex,race,share` (combinations) or `attribute,value,share` (one column after the
//! other). Out: a [`Population`], whose shares add up to 1 and whose groups stand there once.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::data::{Batch, Codes, Column, Field, Keys, Plan};
use crate::error::{Error, Place, Population as Wrong, Problem, Result, nearest};
use crate::read::{Shape, Source, Want};
use crate::tally::{Tally, scan};

/// How far from 1 shares may add up to: published ones are rounded.
const ROUNDED: f64 = 0.005;
/// What the column of shares may be called, and what its numbers add up to.
const SHARES: [(&str, Option<f64>); 5] = [
    ("share", None),
    ("percent", Some(100.0)),
    ("count", Some(0.0)),
    ("population", Some(0.0)),
    ("proportion", None),
];

/// Expected shares.
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    /// One, or several that are met together by raking.
    pub margins: Vec<Margin>,
}

/// Expected shares of the groups of one column, or of combinations of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// The columns.
    pub columns: Vec<String>,
    /// The groups, in file order: values by column, and the share.
    pub groups: Vec<Expected>,
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// A value for each column.
    pub values: Vec<String>,
    /// Its share.
    pub share: f64,
    /// Where it stands.
    pub place: Place,
}

/// A line of the file: where it stands, and its fields.
struct Entry {
    place: Place,
    fields: Vec<Option<String>>,
}

impl Margin {
    /// `sex*race`.
    pub fn name(&self) -> String {
        self.columns.join("*")
    }

    /// The axes of the tally; the plan has them, which was checked.
    pub fn axes(&self, tally: &Tally) -> Vec<usize> {
        let find = |name: &String| tally.axes.iter().position(|axis| axis.name == *name);
        self.columns.iter().filter_map(find).collect()
    }
}

/// Reads the table.
pub fn read(source: &dyn Source, plan: &Plan, fields: &[Field]) -> Result<Population> {
    let names: Vec<String> = source.columns().iter().map(|c| c.name.clone()).collect();
    let named = |name: &str| {
        names
            .iter()
            .position(|n| n.trim().eq_ignore_ascii_case(name))
    };
    let file = || Place::file(source.first_path());
    let mut shares = SHARES.iter();
    let shares = shares.find_map(|(name, whole)| Some((named(name)?, *whole)));
    let Some((share, whole)) = shares else {
        let columns = names.clone();
        return Err(wrong(file(), Wrong::NoShare { columns }));
    };
    // Data may have a column of that name: then it is meant.
    let pair = named("attribute").zip(named("value"));
    let pair = pair.filter(|(at, _)| !fields.iter().any(|field| field.name == names[*at]));
    let mut margins: Vec<Margin> = Vec::new();
    let columns: Vec<usize> = (0..names.len()).filter(|&at| at != share).collect();
    if columns.is_empty() {
        return Err(wrong(file(), Wrong::NoGroup));
    }
    for Entry {
        place,
        fields: line,
    } in entries(source)?
    {
        let text = |at: usize| {
            let text = line[at].clone().filter(|text| !text.is_empty());
            let column = names[at].clone();
            text.ok_or_else(|| wrong(place.clone(), Wrong::NoValue { column }))
        };
        let share = number(&text(share)?, &place)?;
        let (of, values) = match pair {
            Some((attribute, value)) => (vec![text(attribute)?], vec![text(value)?]),
            None => (
                columns.iter().map(|&at| names[at].clone()).collect(),
                columns.iter().map(|&at| text(at)).collect::<Result<_>>()?,
            ),
        };
        for column in &of {
            check_column(column, plan, fields, &place)?;
        }
        let group = Expected {
            values,
            share,
            place,
        };
        match margins.iter_mut().find(|margin| margin.columns == of) {
            Some(margin) => margin.groups.push(group),
            None => margins.push(Margin {
                columns: of,
                groups: vec![group],
            }),
        }
    }
    for margin in &mut margins {
        settle(margin, whole, file())?;
    }
    if margins.is_empty() {
        return Err(Error::Data {
            place: file(),
            problem: Problem::NoRows,
        });
    }
    Ok(Population { margins })
}

fn wrong(place: Place, problem: Wrong) -> Error {
    Error::Data {
        place,
        problem: problem.into(),
    }
}

/// Every line, in file order.
fn entries(source: &dyn Source) -> Result<Vec<Entry>> {
    let wants: Vec<Want> = (0..source.columns().len())
        .map(|column| Want {
            column,
            shape: Shape::Codes,
            nulls: [].into(),
        })
        .collect();
    let batches = scan::read_all(source, &wants, Vec::new, |all, batch: &Batch| {
        let entry = |row: usize| Entry {
            place: source.place(batch.at, row),
            fields: batch.columns.iter().map(|c| field(c, row)).collect(),
        };
        all.push((batch.at, (0..batch.rows).map(entry).collect::<Vec<_>>()));
        Ok(ControlFlow::Continue(()))
    })?;
    source.finish()?;
    let mut batches: Vec<_> = batches.into_iter().flatten().collect();
    batches.sort_by_key(|(at, _)| *at);
    Ok(batches
        .into_iter()
        .flat_map(|(_, entries)| entries)
        .collect())
}

/// A field as text.
fn field(column: &Column, row: usize) -> Option<String> {
    let Column::Codes(Codes { keys, values }) = column else {
        return None;
    };
    let key = match keys {
        Keys::U8(keys) => usize::from(keys[row]),
        Keys::U32(keys) => keys[row] as usize,
    };
    values[key].as_deref().map(str::to_owned)
}

/// `0.51`, `51%`.
fn number(text: &str, place: &Place) -> Result<f64> {
    let bare = text.trim();
    let parsed = match bare.strip_suffix('%') {
        Some(percent) => percent.trim().parse().map(|x: f64| x / 100.0),
        None => bare.parse(),
    };
    match parsed {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err(wrong(
            place.clone(),
            Wrong::Share {
                value: text.to_owned(),
            },
        )),
    }
}

/// The column is one of those that split the rows.
fn check_column(column: &str, plan: &Plan, fields: &[Field], place: &Place) -> Result<()> {
    if plan.splits.iter().any(|split| split.name == column) {
        return Ok(());
    }
    let column = column.to_owned();
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let problem = if names.contains(&column) {
        Wrong::NotAGroup { column }
    } else {
        Wrong::NoColumn {
            near: nearest(&column, &names).map(str::to_owned),
            column,
            columns: names,
        }
    };
    Err(wrong(place.clone(), problem))
}

/// Shares that add up to 1, of groups that stand there once.
fn settle(margin: &mut Margin, whole: Option<f64>, file: Place) -> Result<()> {
    let mut seen = BTreeSet::new();
    for group in &margin.groups {
        if !seen.insert(&group.values) {
            let group_name = group.values.join(" & ");
            return Err(wrong(
                group.place.clone(),
                Wrong::Twice { group: group_name },
            ));
        }
    }
    let sum: f64 = margin.groups.iter().map(|group| group.share).sum();
    let near = |whole: f64| (sum / whole - 1.0).abs() <= ROUNDED;
    let is_right = match whole {
        Some(0.0) => sum > 0.0,
        Some(whole) => near(whole),
        // Percent under the name of shares.
        None => near(1.0) || near(100.0),
    };
    if !is_right {
        return Err(wrong(
            file,
            Wrong::Sum {
                of: margin.name(),
                sum: (sum * 1e6).round() / 1e6,
                whole: whole.filter(|whole| *whole > 0.0).unwrap_or(1.0),
            },
        ));
    }
    for group in &mut margin.groups {
        group.share /= sum;
    }
    Ok(())
}

/// Whether one value is the other with a slip of the pen. Where there are digits (`45-54`) a sign
/// makes another group.
fn is_alike(a: &str, b: &str) -> bool {
    let folded = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let (a, b) = (folded(a), folded(b));
    let has_digits = a.chars().chain(b.chars()).any(|c| c.is_ascii_digit());
    a == b || !has_digits && strsim::jaro_winkler(&a, &b) > 0.92
}

impl Population {
    /// Refuses a value that no row has where some value that rows have, and that the file does not
    /// know, is spelled nearly so; other groups without rows are a finding. A file of which no
    /// group has a row is refused too.
    pub fn check(&self, tally: &Tally) -> Result<()> {
        let mut has_rows = false;
        for margin in &self.margins {
            for (at, axis) in margin.axes(tally).into_iter().enumerate() {
                let axis = &tally.axes[axis];
                let own: BTreeSet<&String> = margin.groups.iter().map(|g| &g.values[at]).collect();
                let unknown: Vec<String> = axis
                    .values
                    .iter()
                    .filter(|value| !own.contains(value))
                    .cloned()
                    .collect();
                for group in &margin.groups {
                    let value = &group.values[at];
                    if axis.values.contains(value) {
                        has_rows = true;
                        continue;
                    }
                    if let Some(near) = unknown.iter().find(|other| is_alike(value, other)) {
                        let problem = Wrong::NoSuchValue {
                            column: margin.columns[at].clone(),
                            value: value.clone(),
                            near: near.clone(),
                        };
                        return Err(wrong(group.place.clone(), problem));
                    }
                }
            }
        }
        let first = self.margins.first().and_then(|m| m.groups.first());
        match first {
            Some(first) if !has_rows => {
                let file = Place::file(first.place.path.clone());
                Err(wrong(file, Wrong::NoRows))
            }
            _ => Ok(()),
        }
    }
}
