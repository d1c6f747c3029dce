//! Every setting of the roles in the form its flag takes, with who chose it.

use std::collections::BTreeMap;

use super::command;
use super::controls;
use super::guess::{Asked, Understood};
use super::role::{Decision, Favorable, Setting, SettingSource};

/// The value of every setting.
fn values(asked: &Asked, understood: &Understood) -> BTreeMap<&'static str, String> {
    let plan = &understood.plan;
    let mut values: BTreeMap<&str, String> = BTreeMap::new();
    let sensitive = command::sensitive(understood);
    if !sensitive.is_empty() {
        values.insert("sensitive", sensitive);
    }
    if let Some(label) = &plan.label {
        values.insert("label", command::outcome(label));
    }
    let mut predictions = Vec::new();
    for decision in &plan.decisions {
        match decision {
            Decision::Column(column) => predictions.push(command::outcome(column)),
            Decision::Threshold { threshold, .. } => {
                values.insert("threshold", threshold.to_string());
            }
        }
    }
    if !predictions.is_empty() {
        values.insert("prediction", predictions.join(","));
    }
    for (key, column) in [
        ("score", &plan.score),
        ("weight", &plan.weight),
        ("counts", &plan.count),
    ] {
        if let Some((_, name)) = column {
            values.insert(key, name.clone());
        }
    }
    for (key, list) in [
        ("control", &asked.control),
        ("bins", &asked.bins),
        ("ignore", &asked.ignore),
    ] {
        if !list.is_empty() {
            values.insert(key, list.join(if key == "bins" { " " } else { "," }));
        }
    }
    if controls::is_auto(asked) {
        values.insert("control", controls::AUTO.to_owned());
    }
    let mut references = vec![command::reference(None, &plan.reference.0)];
    let own = plan.reference.1.iter();
    references.extend(own.map(|(name, reference)| command::reference(Some(name), reference)));
    values.insert("reference", references.join(","));
    let favorable = if plan.favorable == Favorable::Positive {
        "positive"
    } else {
        "negative"
    };
    values.insert("favorable", favorable.to_owned());
    values.insert("intersect", asked.intersect.to_string());
    values.insert("null", plan.nulls.join(","));
    values
}

/// Fills the settings: as inferred, else as asked, else the default.
pub fn settle(asked: &Asked, inferred: BTreeMap<String, Setting>, understood: &mut Understood) {
    let values = values(asked, understood);
    let settings = &mut understood.settings;
    *settings = inferred;
    for (key, value) in values {
        let source = if was_asked(asked, key) {
            asked
                .sources
                .get(key)
                .copied()
                .unwrap_or(SettingSource::Flag)
        } else {
            SettingSource::Default
        };
        let known = settings.entry(key.to_owned()).or_insert(Setting {
            value: String::new(),
            source,
            why: None,
        });
        known.value = value;
    }
}

/// Whether anybody but the program chose a setting.
fn was_asked(asked: &Asked, key: &str) -> bool {
    match key {
        "sensitive" => !asked.sensitive.is_empty(),
        "label" => asked.label.is_some(),
        "prediction" => !asked.predictions.is_empty(),
        "threshold" => asked.threshold.is_some(),
        "score" => asked.score.is_some(),
        "weight" => asked.weight.is_some(),
        "counts" => asked.counts.is_some(),
        "reference" => !asked.reference.is_empty(),
        "favorable" => asked.favorable.is_some(),
        "null" => asked.nulls.is_some(),
        "intersect" => asked.sources.contains_key(key),
        _ => true,
    }
}
