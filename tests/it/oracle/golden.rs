//! One recorded number of another tool, and whether ours agrees with it.

use std::path::Path;

use serde_json::Value as Json;

/// One number (or both ends of an interval) as a tool gave it.
pub struct Entry(pub Json);

/// A recorded table: what it is, and what others make of it.
pub struct Set {
    pub name: String,
    pub meta: Json,
    pub entries: Vec<Entry>,
}

/// Ours, in the order of the recorded ones; `None` is undefined.
pub type Numbers = Vec<Option<f64>>;

impl Set {
    pub fn load(folder: &Path, name: &str) -> Self {
        let path = folder.join(format!("goldens/{name}.json"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut file: Json = serde_json::from_str(&text).unwrap();
        let Json::Array(entries) = file["entries"].take() else {
            panic!("{name}: goldens have entries");
        };
        Self {
            name: name.to_owned(),
            meta: file["meta"].take(),
            entries: entries.into_iter().map(Entry).collect(),
        }
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.meta[key].as_str()
    }
}

impl Entry {
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0[key].as_str()
    }

    pub fn metric(&self) -> &str {
        self.text("metric").unwrap_or_default()
    }

    /// The tool, without its version.
    pub fn tool(&self) -> &str {
        let oracle = self.text("oracle").unwrap_or_default();
        oracle.split("==").next().unwrap_or_default()
    }

    /// The attribute in our words: `sex*race`, or `overall`.
    pub fn attribute(&self) -> String {
        self.text("attribute")
            .map_or_else(|| "overall".to_owned(), |name| name.replace(" & ", "*"))
    }

    fn flag(&self, key: &str) -> bool {
        self.0[key].as_bool() == Some(true)
    }

    /// Whether the tool's number rests on a 0/0, which it prints as a number.
    pub fn rests_on_undefined(&self) -> bool {
        self.flag("undefined") || self.flag("depends_on_undefined")
    }

    /// Whether it is only told, never judged.
    pub fn is_told_only(&self) -> bool {
        self.text("kind") == Some("info")
    }

    pub fn values(&self) -> Vec<Option<f64>> {
        match &self.0["value"] {
            Json::Array(all) => all.iter().map(number).collect(),
            one => vec![number(one)],
        }
    }

    /// Whether our numbers are the recorded ones, to the recorded tolerance or to 1e-9.
    pub fn agrees(&self, ours: &Numbers) -> bool {
        let theirs = self.values();
        let near = |(ours, theirs): (&Option<f64>, &Option<f64>)| match (ours, theirs) {
            (None, None) => true,
            (Some(a), Some(b)) if b.is_finite() => {
                let tolerance = self.0["tol"].as_f64();
                (a - b).abs() <= tolerance.unwrap_or(1e-9 * b.abs() + 1e-13)
            }
            _ => false,
        };
        theirs.len() == ours.len() && ours.iter().zip(&theirs).all(near)
    }
}

fn number(value: &Json) -> Option<f64> {
    match value {
        Json::String(text) => match text.trim_start_matches('+') {
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            other => other.parse().ok(),
        },
        other => other.as_f64(),
    }
}
