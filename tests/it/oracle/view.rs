//! A report, looked up by names: of a group, or of a gap between groups.

use std::collections::BTreeMap;

use fair_audit::metrics::find;
use serde_json::Value as Json;

use super::golden::Numbers;

/// Why there is no number of ours to compare.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// We do not print it, for this reason.
    Reason(&'static str),
    /// We should print it, and the report does not have it.
    Absent(String),
}

/// Our numbers for a recorded one.
pub type Found = Result<Numbers, Why>;

/// Where in a report: an attribute, within a stratum (`""` for all rows).
#[derive(Debug, Clone, PartialEq)]
pub struct At {
    pub attribute: String,
    pub stratum: String,
}

/// All rows with a value of the attribute.
pub const OVERALL: &str = "<overall>";

type Key = (String, String, String);

/// A report by names.
pub struct View {
    groups: BTreeMap<Key, Json>,
    gaps: BTreeMap<(Key, String, String), Option<f64>>,
}

impl View {
    /// The reports of one audit, which differ in what groups are held against only.
    pub fn new(reports: Vec<Json>) -> Self {
        let mut view = Self {
            groups: BTreeMap::new(),
            gaps: BTreeMap::new(),
        };
        for mut report in reports {
            for gap in list(report["measures"].take()) {
                let text = |name: &str| gap[name].as_str().unwrap_or_default().to_owned();
                let value = gap["value"].as_f64();
                view.gaps
                    .insert((key(&gap), text("metric"), text("against")), value);
            }
            for group in list(report["groups"].take()) {
                view.groups.insert(key(&group), group);
            }
        }
        view
    }

    /// The groups of an attribute that are compared, with their names.
    pub fn compared(&self, at: &At) -> impl Iterator<Item = (&str, &Json)> {
        let here = self
            .groups
            .iter()
            .filter(|((attribute, stratum, _), group)| {
                *attribute == at.attribute
                    && *stratum == at.stratum
                    && group["missing"].as_bool() != Some(true)
            });
        here.map(|((.., name), group)| (name.as_str(), group))
    }

    fn group(&self, at: &At, of: &str) -> Result<&Json, Why> {
        let key = if of == OVERALL || at.attribute == "overall" {
            ("overall".to_owned(), at.stratum.clone(), String::new())
        } else {
            (at.attribute.clone(), at.stratum.clone(), of.to_owned())
        };
        let absent = || Why::Absent(format!("no group {key:?}"));
        self.groups.get(&key).ok_or_else(absent)
    }

    /// A metric of a group; undefined is `None`.
    pub fn number(&self, at: &At, of: &str, metric: &str) -> Result<Option<f64>, Why> {
        let group = self.group(at, of)?;
        let entry = &group["metrics"][named(metric)?];
        if entry.is_null() {
            return Err(Why::Absent(format!("no metric {metric} of {of}")));
        }
        Ok(entry["value"].as_f64())
    }

    /// Another number of a metric of a group: `numerator`, `denominator`.
    pub fn side(&self, at: &At, of: &str, metric: &str, side: &str) -> Result<f64, Why> {
        let entry = &self.group(at, of)?["metrics"][named(metric)?];
        let absent = || Why::Absent(format!("no {side} of {metric} of {of}"));
        entry[side].as_f64().ok_or_else(absent)
    }

    /// The interval of a rate.
    pub fn interval(&self, at: &At, of: &str, metric: &str) -> Found {
        let interval = &self.group(at, of)?["metrics"][named(metric)?]["interval"];
        let absent = || Why::Absent(format!("no interval of {metric} of {of}"));
        if interval["method"].as_str() != Some("wilson") {
            return Err(absent());
        }
        let end = |name: &str| Some(interval[name].as_f64());
        Ok(vec![
            end("low").ok_or_else(absent)?,
            end("high").ok_or_else(absent)?,
        ])
    }

    /// Rows by label and prediction, or `rows`, unweighted.
    pub fn count(&self, at: &At, of: &str, name: &str) -> Result<f64, Why> {
        let group = self.group(at, of)?;
        let value = if name == "rows" {
            &group["rows"]
        } else {
            &group["counts"][name]
        };
        let absent = || Why::Absent(format!("no count {name} of {of}"));
        value.as_f64().ok_or_else(absent)
    }

    /// The one number of an attribute: highest against lowest, or of the whole table.
    pub fn extremes(&self, at: &At, metric: &str) -> Result<Option<f64>, Why> {
        self.gap(at, metric, "extremes", "")
    }

    /// A group held against the reference, the rest or overall.
    pub fn gap(&self, at: &At, metric: &str, against: &str, of: &str) -> Result<Option<f64>, Why> {
        let place = (at.attribute.clone(), at.stratum.clone(), of.to_owned());
        let key = (place, named(metric)?.to_owned(), against.to_owned());
        let absent = || Why::Absent(format!("no measure {key:?}"));
        self.gaps.get(&key).copied().ok_or_else(absent)
    }

    /// A metric of all compared groups that have it.
    pub fn of_all(&self, at: &At, metric: &str) -> Result<Vec<f64>, Why> {
        let mut values = Vec::new();
        for (name, _) in self.compared(at) {
            values.extend(self.number(at, name, metric)?);
        }
        Ok(values)
    }

    /// A rate of all compared groups but one, taken together.
    pub fn rate_of_rest(&self, at: &At, of: &str, metric: &str) -> Result<Option<f64>, Why> {
        let (mut part, mut whole) = (0.0, 0.0);
        for (name, _) in self.compared(at).filter(|(name, _)| *name != of) {
            part += self.side(at, name, metric, "numerator")?;
            whole += self.side(at, name, metric, "denominator")?;
        }
        Ok((whole > 0.0).then(|| part / whole))
    }
}

/// Our name of a metric.
pub fn named(metric: &str) -> Result<&'static str, Why> {
    let absent = || Why::Absent(format!("no metric is called {metric}"));
    find(metric).map(|metric| metric.name).ok_or_else(absent)
}

fn list(value: Json) -> Vec<Json> {
    match value {
        Json::Array(list) => list,
        other => panic!("not a list: {other}"),
    }
}

/// Attribute, stratum, and the group's values in the order of the attribute.
fn key(entry: &Json) -> Key {
    let attribute = entry["attribute"].as_str().unwrap_or_default().to_owned();
    let value = |column: &str| match &entry["group"][column] {
        Json::String(value) => value.clone(),
        _ => "(missing)".to_owned(),
    };
    let has = entry["group"]
        .as_object()
        .is_some_and(|group| !group.is_empty());
    let group = if has {
        attribute
            .split('*')
            .map(value)
            .collect::<Vec<_>>()
            .join(" & ")
    } else {
        String::new()
    };
    let stratum = entry["stratum"]
        .as_object()
        .map_or_else(String::new, |values| {
            let pairs = values.iter().map(|(column, value)| {
                format!("{column}={}", value.as_str().unwrap_or("(missing)"))
            });
            pairs.collect::<Vec<_>>().join(",")
        });
    (attribute, stratum, group)
}
