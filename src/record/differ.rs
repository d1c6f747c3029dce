//! Two records of one run: what differs, by what it is about.
//!
//! In: the record, and that of the same command run again. Out: every difference with both values,
//! in the order of the run: a setting before the numbers that hang on it. Members of lists that have
//! names are compared by them, whatever their order.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a difference is about, in the order of the run.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The record's own seal.
    Seal,
    /// The record contradicts itself.
    Record,
    /// The bytes of a file.
    File,
    /// The rows or columns of a table.
    Content,
    /// The command cannot be run again.
    Run,
    /// The seed of what is drawn.
    Seed,
    /// A setting, or who chose it.
    Setting,
    /// Rows, and what became of them.
    Rows,
    /// Which rows are held out together.
    Fold,
    /// What is predicted from, and how it becomes numbers.
    Feature,
    /// What makes scores: coefficients, nodes of trees.
    Coefficient,
    /// Loss or constraint violation by iteration.
    Training,
    /// What makes decisions of scores, by group.
    Threshold,
    /// Any other number or text of the report.
    Number,
    /// A finding, or the verdict.
    Finding,
    /// A warning.
    Warning,
}

impl Kind {
    /// As people read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Record => "record",
            Self::File => "file",
            Self::Content => "content",
            Self::Run => "run",
            Self::Seed => "seed",
            Self::Setting => "setting",
            Self::Rows => "rows",
            Self::Fold => "fold",
            Self::Feature => "feature",
            Self::Coefficient => "coefficient",
            Self::Training => "training",
            Self::Threshold => "threshold",
            Self::Number => "number",
            Self::Finding => "finding",
            Self::Warning => "warning",
        }
    }
}

/// Something that is not as the record says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// What it is about.
    pub kind: Kind,
    /// Where it stands in the record, or what it is.
    pub what: String,
    /// What the record says; `null` where it says nothing.
    pub recorded: Value,
    /// What was found now; `null` where there is nothing.
    pub computed: Value,
}

/// What is compared elsewhere: what was typed may name other files, and the seal is of everything.
const ASIDE: [&str; 3] = ["seal", "command", "report.record.command"];

/// What stands where there is nothing.
const NOTHING: &Value = &Value::Null;

/// What counts as alike.
#[derive(Debug, Clone, Copy)]
pub struct Alike<'a> {
    /// Numbers that are within this share of the larger, or of 1.
    pub tolerance: f64,
    /// Texts that are the same once a file has its other name: as it is called now, and was then.
    pub names: &'a [(String, String)],
}

/// What differs.
pub fn differ(recorded: &Value, computed: &Value, alike: Alike) -> Vec<Difference> {
    let mut walk = Walk {
        alike,
        path: Vec::new(),
        found: Vec::new(),
    };
    walk.both(recorded, computed);
    walk.found.sort_by_key(|difference| difference.kind);
    walk.found
}

struct Walk<'a> {
    alike: Alike<'a>,
    path: Vec<String>,
    found: Vec<Difference>,
}

impl Walk<'_> {
    fn both(&mut self, recorded: &Value, computed: &Value) {
        let path = self.path.join(".");
        if ASIDE.contains(&path.as_str()) {
            return;
        }
        match (recorded, computed) {
            (Value::Object(a), Value::Object(b)) => self.members(a, b),
            (Value::Array(a), Value::Array(b)) if path == "report.notes" => self.notes(a, b),
            (Value::Array(a), Value::Array(b)) => self.list(a, b),
            (Value::String(a), Value::String(b)) if path == "fits.folds.of_rows" => {
                self.folds(a, b);
            }
            (a, b) if self.alike.are(a, b) => {}
            (a, b) => self.push(a.clone(), b.clone()),
        }
    }

    fn push(&mut self, recorded: Value, computed: Value) {
        self.found.push(Difference {
            kind: kind(&self.path),
            what: shown(&self.path),
            recorded,
            computed,
        });
    }

    fn step(&mut self, name: String, recorded: &Value, computed: &Value) {
        self.path.push(name);
        self.both(recorded, computed);
        self.path.pop();
    }

    fn members(&mut self, recorded: &Map<String, Value>, computed: &Map<String, Value>) {
        let more = computed.keys().filter(|name| !recorded.contains_key(*name));
        for name in recorded.keys().chain(more) {
            let recorded = recorded.get(name).unwrap_or(NOTHING);
            self.step(
                name.clone(),
                recorded,
                computed.get(name).unwrap_or(NOTHING),
            );
        }
    }

    /// Lists by the names of their members, or by place.
    fn list(&mut self, recorded: &[Value], computed: &[Value]) {
        if let (Some(a), Some(b)) = (named(recorded), named(computed)) {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let of = |map: &BTreeMap<String, _>| *map.get(name).unwrap_or(&NOTHING);
                self.step(format!("[{name}]"), of(&a), of(&b));
            }
            return;
        }
        for at in 0..recorded.len().max(computed.len()) {
            let recorded = recorded.get(at).unwrap_or(NOTHING);
            self.step(
                format!("[{at}]"),
                recorded,
                computed.get(at).unwrap_or(NOTHING),
            );
        }
    }

    /// Warnings, as often as each is said.
    fn notes(&mut self, recorded: &[Value], computed: &[Value]) {
        let mut left = computed.to_vec();
        for note in recorded {
            match left.iter().position(|other| self.alike.are(note, other)) {
                Some(at) => drop(left.remove(at)),
                None => self.push(note.clone(), Value::Null),
            }
        }
        for note in left {
            self.push(Value::Null, note);
        }
    }

    /// The rows whose fold is another.
    fn folds(&mut self, recorded: &str, computed: &str) {
        let (a, b) = (recorded.as_bytes(), computed.as_bytes());
        if a.len() != b.len() {
            self.push(a.len().into(), b.len().into());
            return;
        }
        let others = a.iter().zip(b).enumerate().filter(|(_, (a, b))| a != b);
        let others: Vec<(usize, (&u8, &u8))> = others.collect();
        if let Some((row, (a, b))) = others.first() {
            let name = |byte: u8| Value::String(char::from(byte).to_string());
            self.found.push(Difference {
                kind: Kind::Fold,
                what: match others.len() {
                    1 => format!("row {}", row + 1),
                    count => format!("row {} and {} others", row + 1, count - 1),
                },
                recorded: name(**a),
                computed: name(**b),
            });
        }
    }
}

/// The members of a list by their names, where each has one of its own.
fn named(list: &[Value]) -> Option<BTreeMap<String, &Value>> {
    let keys: Option<Vec<String>> = list.iter().map(key).collect();
    let keys = keys?;
    let distinct: BTreeSet<&String> = keys.iter().collect();
    let is_distinct = distinct.len() == keys.len();
    is_distinct.then(|| keys.into_iter().zip(list).collect())
}

/// What a member of a list is called, if it has a name.
fn key(member: &Value) -> Option<String> {
    const NAMES: [&str; 7] = [
        "scenario",
        "attribute",
        "stratum",
        "metric",
        "against",
        "group",
        "name",
    ];
    let object = member.as_object()?;
    // A finding's id says all; its group would say it again.
    if let Some(id) = object.get("id").and_then(Value::as_str) {
        return Some(id.to_owned());
    }
    let is_gap = object.contains_key("against");
    let parts = NAMES.iter().filter_map(|name| match object.get(*name)? {
        Value::String(text) => Some(text.clone()),
        Value::Object(of) if of.is_empty() => None,
        Value::Object(of) => Some(values(of)),
        _ => None,
    });
    let mut parts: Vec<String> = parts.collect();
    let reference = object.get("reference").filter(|_| is_gap);
    parts.extend(reference.and_then(Value::as_object).map(values));
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `sex=Female, race=White`.
fn values(of: &Map<String, Value>) -> String {
    let each = of.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    });
    each.collect::<Vec<String>>().join(", ")
}

impl Alike<'_> {
    /// Whether two plain values are alike.
    fn are(&self, recorded: &Value, computed: &Value) -> bool {
        if recorded == computed {
            return true;
        }
        if let (Some(x), Some(y)) = (recorded.as_f64(), computed.as_f64()) {
            return (x - y).abs() <= self.tolerance * x.abs().max(y.abs()).max(1.0);
        }
        let (Some(then), Some(now)) = (recorded.as_str(), computed.as_str()) else {
            return false;
        };
        let mut text = now.to_owned();
        for (now, then) in self.names.iter().filter(|(now, _)| !now.is_empty()) {
            text = text.replace(now.as_str(), then);
        }
        !self.names.is_empty() && text == then
    }
}

/// What a place of the document is about.
fn kind(path: &[String]) -> Kind {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["schema" | "tool" | "environment", ..] | ["report", "tool", ..] => Kind::Record,
        ["files", ..] | ["report", "record", "inputs", ..] | ["fits", "models", "inputs", ..] => {
            Kind::File
        }
        ["tables", ..] => Kind::Content,
        ["report", "record", "seed"] | ["report", "record", "settings", "seed", ..] => Kind::Seed,
        ["report", "record", "settings", ..] | ["fits", "models", "recipe", ..] => Kind::Setting,
        ["report", "record", "rows", ..] | ["fits", "models", "rows"] => Kind::Rows,
        ["report", "notes", ..] => Kind::Warning,
        [
            "report",
            "findings" | "verdict" | "comparison" | "publication",
            ..,
        ] => Kind::Finding,
        ["fits", "folds", ..] => Kind::Fold,
        ["fits", "models", "features" | "encoder", ..] => Kind::Feature,
        ["fits", "models", "models", _, "model", ..] => Kind::Coefficient,
        ["fits", "training", ..] | ["fits", "models", "models", _, "training", ..] => {
            Kind::Training
        }
        ["fits", "models", "models", _, "cuts" | "around", ..] => Kind::Threshold,
        _ => Kind::Number,
    }
}

/// Where something stands, without what every path begins with.
fn shown(path: &[String]) -> String {
    let all: Vec<&str> = path.iter().map(String::as_str).collect();
    let rest = match all.as_slice() {
        ["report", "record", "settings", rest @ ..]
        | ["fits", "models", "models", rest @ ..]
        | ["fits", "models", rest @ ..]
        | ["report", "record", rest @ ..]
        | ["report" | "fits", rest @ ..] => rest,
        all => all,
    };
    rest.join(".").replace(".[", "[")
}
