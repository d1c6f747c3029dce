//! Parts given to columns: first as the flags say, then as is inferred, each with its source.
//!
//! A column plays one part; only what was typed as both label and prediction may be both.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::Header;
use super::guess::{Asked, Sample, Understood};
use super::role::{
    Bands, Decision, Favorable, Outcome, Reference, Role, Setting, SettingSource, Split,
};
use super::{Attribute, command, controls, infer, limits, settings, spelling};
use crate::error::{Error, Result, quote};

/// What the parts are called in messages.
pub const SENSITIVE: &str = "sensitive column";
/// See [`SENSITIVE`].
pub const CONTROL: &str = "control";
/// See [`SENSITIVE`].
pub const LABEL: &str = "label";
/// See [`SENSITIVE`].
pub const PREDICTION: &str = "prediction";
/// See [`SENSITIVE`].
pub const SCORE: &str = "score";
/// See [`SENSITIVE`].
pub const WEIGHT: &str = "weight";
/// See [`SENSITIVE`].
pub const COUNT: &str = "number of rows";

/// The threshold of a score that is a probability.
const THRESHOLD: f64 = 0.5;

/// The parts given so far.
#[derive(Debug)]
pub struct Roles<'a> {
    /// The columns.
    pub header: Header<'a>,
    /// The flags.
    pub asked: &'a Asked,
    /// Spellings that are null.
    pub nulls: Vec<String>,
    /// Columns that are singly compared, in order.
    pub singles: Vec<usize>,
    /// Products that were named.
    named: Vec<Vec<usize>>,
    controls: Vec<usize>,
    /// The label.
    pub label: Option<Outcome>,
    /// The decisions that are columns.
    pub predictions: Vec<Outcome>,
    /// The score.
    pub score: Option<usize>,
    /// The weight.
    pub weight: Option<usize>,
    /// The number of rows.
    pub count: Option<usize>,
    bands: BTreeMap<usize, Vec<f64>>,
    parts: BTreeMap<usize, &'static str>,
    ignored: BTreeSet<usize>,
    settings: BTreeMap<String, Setting>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl<'a> Roles<'a> {
    /// The parts that the flags name.
    pub fn typed(path: &'a str, samples: &'a [Sample], asked: &'a Asked) -> Result<Self> {
        let mut roles = Self {
            header: Header { path, samples },
            asked,
            nulls: asked.null_spellings(),
            singles: Vec::new(),
            named: Vec::new(),
            controls: Vec::new(),
            label: None,
            predictions: Vec::new(),
            score: None,
            weight: None,
            count: None,
            bands: BTreeMap::new(),
            parts: BTreeMap::new(),
            ignored: BTreeSet::new(),
            settings: BTreeMap::new(),
            notes: Vec::new(),
        };
        roles.typed_groups()?;
        roles.typed_outcomes()?;
        roles.typed_numbers()?;
        for column in roles.header.products(&asked.ignore, "ignored column")? {
            for column in column {
                if let Some(&one) = roles.parts.get(&column) {
                    return Err(roles.two_parts(column, one, "ignored column"));
                }
                roles.ignored.insert(column);
            }
        }
        for text in &asked.bins {
            let (column, cuts) = roles.header.cuts(text)?;
            if roles.bands.insert(column, cuts).is_some() {
                return Err(roles.refuse("--bins", text, "the column is banded twice", ""));
            }
        }
        Ok(roles)
    }

    fn typed_groups(&mut self) -> Result<()> {
        for product in self.header.products(&self.asked.sensitive, SENSITIVE)? {
            for &column in &product {
                self.take(column, SENSITIVE)?;
            }
            match product.as_slice() {
                &[column] => self.singles.push(column),
                _ => self.named.push(product),
            }
        }
        let named = controls::named(self.asked)?;
        for control in self.header.products(named, CONTROL)? {
            for column in control {
                self.take(column, CONTROL)?;
                if !self.controls.contains(&column) {
                    self.controls.push(column);
                }
            }
        }
        Ok(())
    }

    fn typed_outcomes(&mut self) -> Result<()> {
        if let Some(text) = &self.asked.label {
            let label = self.typed_outcome("-y", text, LABEL)?;
            self.take(label.column, LABEL)?;
            self.label = Some(label);
        }
        for text in &self.asked.predictions {
            let prediction = self.typed_outcome("-p", text, PREDICTION)?;
            if self
                .predictions
                .iter()
                .any(|other| other.column == prediction.column)
            {
                return Err(self.two_parts(prediction.column, PREDICTION, PREDICTION));
            }
            if self
                .label
                .as_ref()
                .is_none_or(|label| label.column != prediction.column)
            {
                self.take(prediction.column, PREDICTION)?;
            }
            self.predictions.push(prediction);
        }
        Ok(())
    }

    fn typed_outcome(&self, flag: &'static str, text: &str, part: &'static str) -> Result<Outcome> {
        let (column, positive) = self.header.assigned(text, part)?;
        if positive == Some("") {
            return Err(self.refuse(
                flag,
                text,
                "no value after the `=`",
                "name the positive value",
            ));
        }
        Ok(self.outcome(column, positive.map(str::to_owned)))
    }

    fn typed_numbers(&mut self) -> Result<()> {
        let asked = self.asked;
        let mut typed = |text: &Option<String>, part| match text.as_deref() {
            None | Some("") => Ok::<_, Error>(None),
            Some(name) => {
                let column = self.header.find(name, part)?;
                self.take(column, part)?;
                Ok(Some(column))
            }
        };
        let score = typed(&asked.score, SCORE)?;
        let weight = typed(&asked.weight, WEIGHT)?;
        let count = typed(&asked.counts, COUNT)?;
        (self.score, self.weight, self.count) = (score, weight, count);
        Ok(())
    }

    /// Gives a column a part, the only one it has.
    pub fn take(&mut self, column: usize, part: &'static str) -> Result<()> {
        match self.parts.insert(column, part) {
            Some(one) if one != part => Err(self.two_parts(column, one, part)),
            _ => Ok(()),
        }
    }

    /// Whether a column may still be given a part by inference.
    pub fn is_free(&self, column: usize) -> bool {
        let sample = &self.header.samples[column];
        let same = |other: &&Sample| other.name == sample.name;
        sample.twin.is_none()
            && !self.parts.contains_key(&column)
            && !self.ignored.contains(&column)
            && !matches!(sample.kind, super::Kind::Other(_))
            && self.header.samples.iter().filter(same).count() == 1
    }

    /// A two-valued column.
    pub fn outcome(&self, column: usize, positive: Option<String>) -> Outcome {
        Outcome {
            column,
            name: self.header.samples[column].name.clone(),
            positive,
        }
    }

    /// Notes where a setting came from, if no flag chose it.
    pub fn inferred(&mut self, key: &str, value: String, why: &str) {
        let setting = Setting {
            value,
            source: SettingSource::Inferred,
            why: Some(why.to_owned()),
        };
        self.settings.insert(key.to_owned(), setting);
    }

    fn two_parts(&self, column: usize, one: &'static str, other: &'static str) -> Error {
        Error::TwoParts {
            column: self.header.samples[column].name.clone(),
            one,
            other,
        }
    }

    fn refuse(&self, flag: &'static str, value: &str, problem: &'static str, help: &str) -> Error {
        Error::Flag {
            flag,
            value: value.to_owned(),
            problem,
            remedy: if help.is_empty() {
                format!("columns: {}", self.header.names().join(", "))
            } else {
                help.to_owned()
            },
        }
    }

    /// Puts the parts together.
    pub fn finish(mut self) -> Result<Understood> {
        let is_groupless = self.singles.is_empty() && self.named.is_empty();
        if is_groupless && self.asked.groupless {
            self.notes.push(infer::no_groups(&self.header.names()));
        } else if is_groupless {
            let mut words = command::start(self.asked);
            words.push("-s".to_owned());
            let example = (0..self.header.samples.len()).find(|&column| self.is_free(column));
            let example = example.map_or("COL", |column| &self.header.samples[column].name);
            words.push(quote(example));
            return Err(Error::NoSensitive {
                path: self.header.path.to_owned(),
                command: words.join(" "),
                columns: self.header.names(),
            });
        }
        if self.asked.counts.is_some() && self.count.is_none() {
            return Err(self.refuse(
                "--counts",
                "",
                "no column is known to hold the number of rows",
                "name it: `--counts=COL`",
            ));
        }
        let mut understood = Understood::default();
        self.splits(&mut understood)?;
        self.attributes(&mut understood)?;
        self.decisions(&mut understood)?;
        self.references(&mut understood)?;
        let name = |column: usize| (column, self.header.samples[column].name.clone());
        let plan = &mut understood.plan;
        plan.label.clone_from(&self.label);
        plan.score = self.score.map(name);
        plan.weight = self.weight.map(name);
        plan.count = self.count.map(name);
        plan.nulls.clone_from(&self.nulls);
        plan.favorable = self.asked.favorable.unwrap_or(Favorable::Positive);
        understood.notes = std::mem::take(&mut self.notes);
        settings::settle(self.asked, self.settings, &mut understood);
        Ok(understood)
    }

    /// The axes: sensitive columns in the order they are named, then controls.
    fn splits(&mut self, understood: &mut Understood) -> Result<()> {
        let mut columns: Vec<(usize, Role)> = Vec::new();
        let products = self.named.iter().flatten();
        for &column in self.singles.iter().chain(products) {
            if !columns.contains(&(column, Role::Sensitive)) {
                columns.push((column, Role::Sensitive));
            }
        }
        columns.extend(self.controls.iter().map(|&column| (column, Role::Control)));
        for text in &self.asked.bins {
            let (column, _) = self.header.cuts(text)?;
            if !columns.iter().any(|(split, _)| *split == column) {
                let help = "`-s` or `--control` must name the column too";
                return Err(self.refuse("--bins", text, "the column makes no groups", help));
            }
        }
        for (at, &(column, role)) in columns.iter().enumerate() {
            let sample = &self.header.samples[column];
            let bands = self.bands.get(&column).map(|cuts| Bands {
                cuts: cuts.clone(),
                how: "--bins".to_owned(),
            });
            let many = sample.more || sample.values.len() > limits::NUMERIC_GROUPS;
            let is_open = sample.numeric && bands.is_none();
            if is_open && many {
                understood.numeric.push(at);
            } else if is_open && (!sample.whole || sample.kind == super::Kind::Float) {
                self.notes.push(format!(
                    "`{0}` holds floating-point numbers, each a group of its own: `--bins {0}=…` \
                     bands them",
                    sample.name
                ));
            }
            understood.plan.splits.push(Split {
                column,
                name: sample.name.clone(),
                role,
                bands,
            });
        }
        Ok(())
    }

    /// What is compared: single columns, named products, then all products up to the depth.
    fn attributes(&self, understood: &mut Understood) -> Result<()> {
        let splits = &understood.plan.splits;
        let axis = |column: &usize| {
            let at = splits.iter().position(|split| split.column == *column);
            at.expect("every sensitive column was made an axis above")
        };
        let mut attributes: Vec<Attribute> = self
            .singles
            .iter()
            .map(|c| Attribute(vec![axis(c)]))
            .collect();
        let named = self
            .named
            .iter()
            .map(|product| Attribute(product.iter().map(axis).collect()));
        understood.named = named.collect();
        attributes.extend(understood.named.iter().cloned());
        let known = |product: &[usize], attributes: &[Attribute]| {
            attributes.iter().any(|attribute| {
                let mut axes = attribute.0.clone();
                axes.sort_unstable();
                axes == product
            })
        };
        let axes = splits
            .iter()
            .filter(|split| split.role == Role::Sensitive)
            .count();
        let mut products: Vec<Vec<usize>> = (0..axes).map(|axis| vec![axis]).collect();
        for _ in 1..self.asked.intersect.min(axes) {
            products = products
                .iter()
                .flat_map(|product| {
                    let next = product.last().map_or(0, |last| last + 1);
                    (next..axes).map(|axis| [product.as_slice(), &[axis]].concat())
                })
                .take(limits::ATTRIBUTES + 1)
                .collect();
            for product in &products {
                if !known(product, &attributes) {
                    attributes.push(Attribute(product.clone()));
                }
            }
            if attributes.len() > limits::ATTRIBUTES {
                return Err(Error::Flag {
                    flag: "--intersect",
                    value: self.asked.intersect.to_string(),
                    problem: "more than 1,000 columns and products of columns",
                    remedy: "name fewer columns with `-s`, or cross fewer".to_owned(),
                });
            }
        }
        understood.plan.attributes = attributes;
        Ok(())
    }

    /// The decisions: columns, or a score that is cut.
    fn decisions(&mut self, understood: &mut Understood) -> Result<()> {
        self.same_positive();
        let columns = self.predictions.iter().cloned().map(Decision::Column);
        understood.plan.decisions = columns.collect();
        let threshold = self.asked.threshold;
        let Some(column) = self.score else {
            let Some(threshold) = threshold else {
                return Ok(());
            };
            let help = "name the score: `--score COL`";
            let value = threshold.to_string();
            return Err(self.refuse("--threshold", &value, "there is no score", help));
        };
        if !self.predictions.is_empty() {
            if threshold.is_some() {
                self.notes.push(
                    "`--threshold` is not used: the decisions are those of the prediction column"
                        .to_owned(),
                );
            }
            return Ok(());
        }
        let sample = &self.header.samples[column];
        let range = sample.finite(&self.nulls);
        let range = range.filter(|_| threshold.is_none() && !self.asked.median);
        if let Some((low, high)) = range.filter(|&(low, high)| low < 0.0 || high > 1.0) {
            return Err(Error::NoThreshold {
                path: self.header.path.to_owned(),
                column: sample.name.clone(),
                low,
                high,
            });
        }
        understood.plan.decisions.push(Decision::Threshold {
            column,
            name: sample.name.clone(),
            threshold: threshold.unwrap_or(THRESHOLD),
        });
        Ok(())
    }

    /// A prediction that is spelled like a label whose positive was named has the same positive.
    fn same_positive(&mut self) {
        let label = self.label.as_ref();
        let Some(positive) = label.and_then(|label| label.positive.clone()) else {
            return;
        };
        for prediction in &mut self.predictions {
            let values: Vec<&str> = self.header.samples[prediction.column]
                .present(&self.nulls)
                .collect();
            let has = values.iter().any(|value| spelling::same(value, &positive));
            if prediction.positive.is_none() && has && !spelling::is_pair(values, &self.nulls) {
                self.notes.push(format!(
                    "`{}` is read as the label is: positive is `{positive}`",
                    prediction.name
                ));
                prediction.positive = Some(positive.clone());
            }
        }
    }

    fn references(&self, understood: &mut Understood) -> Result<()> {
        let plan = &mut understood.plan;
        let names: Vec<String> = plan.splits.iter().map(|split| split.name.clone()).collect();
        let mut common: Option<&String> = None;
        for text in &self.asked.reference {
            if let Some(reference) = reference(text) {
                if common.is_some_and(|before| before != text) {
                    let help = "one word is the reference of all attributes that have none";
                    return Err(self.refuse("--reference", text, "it is another already", help));
                }
                common = Some(text);
                plan.reference.0 = reference;
                continue;
            }
            let found = plan.attributes.iter().find_map(|attribute| {
                let name = attribute.name(&names);
                let value = text.strip_prefix(&name)?.strip_prefix('=')?;
                Some((name, attribute.0.clone(), value))
            });
            let Some((name, axes, value)) = found else {
                let help =
                    "`sex=Male` with a sensitive column, `largest`, `best`, `overall` or `rest`";
                return Err(self.refuse("--reference", text, "no sensitive column is meant", help));
            };
            // A group may bear one of the words as its name.
            let sample = &self.header.samples[plan.splits[axes[0]].column];
            let is_value = sample.values.iter().any(|(known, _)| known == value);
            let meant = reference(value).filter(|_| !is_value);
            let meant = meant.unwrap_or_else(|| Reference::Value(value.to_owned()));
            let before = plan.reference.1.iter().find(|(named, _)| *named == name);
            if before.is_some_and(|(_, before)| *before != meant) {
                let help = "an attribute has one reference";
                return Err(self.refuse("--reference", text, "it has another already", help));
            }
            plan.reference.1.push((name, meant));
        }
        Ok(())
    }
}

/// A reference that is one of the words.
fn reference(word: &str) -> Option<Reference> {
    Some(match word {
        "largest" => Reference::Largest,
        "best" => Reference::Best,
        "overall" => Reference::Overall,
        "rest" => Reference::Rest,
        _ => return None,
    })
}
