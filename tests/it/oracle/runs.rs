//! Which audit a recorded number is about, and that audit's report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use super::golden::{Entry, Set};
use super::view::{At, View};

/// One audit of a recorded table: what varies between its goldens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    prediction: Option<String>,
    weight: Option<String>,
    /// The spelling that the rates are about.
    positive: String,
    control: Option<String>,
    /// Rows without this attribute are left out, and it is the only one.
    only: Option<String>,
}

/// A recorded table, and the reports that were asked for so far.
pub struct Audits<'a> {
    set: &'a Set,
    folder: &'a Path,
    attributes: Vec<String>,
    references: BTreeMap<String, String>,
    views: BTreeMap<Run, View>,
}

impl<'a> Audits<'a> {
    pub fn new(set: &'a Set, folder: &'a Path) -> Self {
        let mut attributes = BTreeSet::new();
        let mut references = BTreeMap::new();
        for entry in set.entries.iter().filter(|entry| is_plain(entry)) {
            attributes.insert(entry.attribute());
            let held = entry.metric().ends_with(".predefined") || entry.tool() == "holisticai";
            if let (true, Some(reference)) = (held, entry.text("reference")) {
                references.insert(entry.attribute(), reference.to_owned());
            }
        }
        attributes.remove("overall");
        Self {
            set,
            folder,
            attributes: attributes.into_iter().collect(),
            references,
            views: BTreeMap::new(),
        }
    }

    /// The report that the entry is about, and where in it. `weighted` is false where the tool
    /// ignores weights.
    pub fn about(&mut self, entry: &Entry, weighted: bool) -> (&View, At) {
        let stratum = entry.text("stratum").filter(|stratum| *stratum != "<all>");
        // A stratum is `column=value`, or a value of the column that the table is stratified by.
        let stratum =
            stratum.map(
                |stratum| match (stratum.split_once('='), self.set.text("strata")) {
                    (None, Some(column)) => format!("{column}={stratum}"),
                    _ => stratum.to_owned(),
                },
            );
        let by_stratum = stratum
            .as_deref()
            .and_then(|stratum| stratum.split('=').next());
        let predictions = self.set.meta["pred"].as_array();
        let first = predictions.and_then(|all| all.first()?.as_str());
        let attribute = entry.attribute();
        let run = Run {
            prediction: entry.text("pred").or(first).map(str::to_owned),
            weight: entry.text("weight").filter(|_| weighted).map(str::to_owned),
            positive: entry
                .text("positive")
                .or(self.set.text("positive"))
                .unwrap_or("1")
                .to_owned(),
            control: entry
                .text("stratified_by")
                .or(by_stratum)
                .map(str::to_owned),
            only: self.has_nulls(&attribute).then(|| attribute.clone()),
        };
        let at = At {
            attribute,
            stratum: stratum.unwrap_or_default(),
        };
        if !self.views.contains_key(&run) {
            let against = [None, Some("rest"), Some("overall")];
            let reports = against.map(|against| self.report(&run, against));
            self.views.insert(run.clone(), View::new(reports.into()));
        }
        (&self.views[&run], at)
    }

    fn has_nulls(&self, attribute: &str) -> bool {
        let nulls = &self.set.meta["nulls"];
        attribute.split('*').any(|column| !nulls[column].is_null())
    }

    fn report(&self, run: &Run, against: Option<&str>) -> Json {
        // Both readers get their share; booleans are spelled `True` in the text files.
        let text = run.weight.is_none() && self.set.name != "gpt35_hiring";
        let file = format!(
            "data/{}.{}",
            self.set.name,
            if text { "csv" } else { "parquet" }
        );
        let mut command = Command::new(env!("CARGO_BIN_EXE_fair-audit"));
        command.arg(self.folder.join(file));
        let mut attributes = match &run.only {
            Some(attribute) => vec![attribute.clone()],
            None => self
                .attributes
                .iter()
                .filter(|name| !self.has_nulls(name))
                .cloned()
                .collect(),
        };
        // A column is either compared or a stratum.
        attributes.retain(|name| {
            name.split('*')
                .all(|column| Some(column) != run.control.as_deref())
        });
        command.args(["--sensitive", &attributes.join(",")]);
        if let Some(label) = self.set.text("label") {
            command.args(["--label", &format!("{label}={}", run.positive)]);
        }
        if let Some(prediction) = &run.prediction {
            command.args(["--prediction", &format!("{prediction}={}", run.positive)]);
        }
        let options = [
            ("--score", self.set.text("score")),
            ("--weight", run.weight.as_deref()),
            ("--control", run.control.as_deref()),
            ("--missing", run.only.as_deref().map(|_| "drop")),
        ];
        for (option, value) in options {
            command.args(value.into_iter().flat_map(|value| [option, value]));
        }
        let own = |name: &String| Some(format!("{name}={}", self.references.get(name)?));
        let references: Vec<String> = match against {
            Some(against) => vec![against.to_owned()],
            None => attributes.iter().filter_map(own).collect(),
        };
        command.args(
            references
                .iter()
                .flat_map(|reference| ["--reference", reference]),
        );
        command.args(["--no-infer", "--intersect", "1", "--policy", "none"]);
        command.args(["--format", "json", "--exit-zero"]);
        let output = command.output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}\n{complaint}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// Whether the entry is about the columns as they are.
fn is_plain(entry: &Entry) -> bool {
    entry.text("suite").is_none() && entry.text("rule").is_none()
}
