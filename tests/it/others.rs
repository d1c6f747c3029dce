//! Our numbers against those of fairlearn, AIF360, Aequitas, Clarify, scikit-learn and scipy, as
//! recorded in `../shared/data`; passes, and says so, where that folder is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use fair_audit::data::{Coordinate, Favorable, Group, Reference};
use fair_audit::metrics::compare::{Measure, group, measures};
use fair_audit::metrics::{Against, Compare, Eval, Value, find};
use fair_audit::tally::{Axis, Table, Tally, table};
use serde_json::Value as Json;

use crate::made::{self, Line};

/// A recorded table with the tallies that its goldens are about.
struct Set {
    meta: Json,
    rows: Vec<BTreeMap<String, String>>,
}

fn shared() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    folder.is_dir().then_some(folder)
}

impl Set {
    fn class(&self, text: Option<&String>) -> usize {
        let positive = self.meta["positive"]
            .as_str()
            .expect("a set has a positive");
        match text.map(String::as_str) {
            None | Some("") => 2,
            Some(text) if text == positive || text == "1" => 1,
            Some(_) => 0,
        }
    }

    /// The tally of one attribute, a decision and a weight; rows without the attribute are out of
    /// all recorded numbers.
    fn tally(&self, entry: &Json) -> Tally {
        let attribute = entry["attribute"].as_str().unwrap_or_default();
        let columns = attribute.split(" & ").filter(|column| !column.is_empty());
        let control = entry["stratified_by"].as_str();
        let score = entry["scored_by"].as_str().or(self.meta["score"].as_str());
        let names: Vec<&str> = columns.chain(control).collect();
        let mut axes = made::axes(&vec![0; names.len()], usize::from(control.is_some()));
        for (axis, name) in axes.iter_mut().zip(&names) {
            let values: BTreeSet<&String> = self
                .rows
                .iter()
                .filter_map(|row| row.get(*name))
                .filter(|v| !v.is_empty())
                .collect();
            *axis = Axis {
                name: (*name).to_owned(),
                values: values.into_iter().cloned().collect(),
                ..axis.clone()
            };
        }
        let text = |row: &BTreeMap<String, String>, key: &str| {
            entry[key]
                .as_str()
                .and_then(|column| row.get(column).cloned())
        };
        let number = |text: Option<String>| text.and_then(|text| text.parse::<f64>().ok());
        let code = |axis: &Axis, row: &BTreeMap<String, String>| {
            axis.values
                .binary_search(row.get(&axis.name)?)
                .ok()
                .map(|code| code as u32)
        };
        let label = self.meta["label"].as_str().unwrap_or_default();
        let lines = self.rows.iter().filter_map(|row| {
            Some(Line {
                codes: axes
                    .iter()
                    .map(|axis| code(axis, row))
                    .collect::<Option<_>>()?,
                label: self.class(row.get(label)),
                decision: self.class(text(row, "pred").as_ref()),
                score: number(score.and_then(|score| row.get(score).cloned())),
                weight: number(text(row, "weight")),
            })
        });
        let lines: Vec<Line> = lines.collect();
        made::tally(&axes, &lines, true)
    }
}

fn load(folder: &std::path::Path, name: &str) -> (Set, Vec<Json>) {
    let text = std::fs::read_to_string(folder.join(format!("goldens/{name}.json"))).unwrap();
    let mut golden: Json = serde_json::from_str(&text).unwrap();
    let mut reader = csv::Reader::from_path(folder.join(format!("data/{name}.csv"))).unwrap();
    let set = Set {
        meta: golden["meta"].take(),
        rows: reader.deserialize().collect::<Result<_, _>>().unwrap(),
    };
    let Json::Array(entries) = golden["entries"].take() else {
        panic!("goldens have entries")
    };
    (set, entries)
}

fn named(group: &Group) -> String {
    let values = group.0.iter().filter_map(|coordinate| match coordinate {
        Coordinate::Is(value) => Some(value.as_str()),
        _ => None,
    });
    values.collect::<Vec<_>>().join(" & ")
}

/// What a recorded number is in our words; `None` where it is no metric of ours.
fn ours(entry: &Json, overall: &Table, table: &Table) -> Option<Value> {
    let metric = entry["metric"].as_str()?;
    let of = entry["group"].as_str();
    if let Some((base, gap)) = metric.split_once('.') {
        let name = |suffix: &str| format!("{}{suffix}", find(base).map_or(base, |m| m.name));
        return match gap {
            "difference.between_groups" => one(&name("_difference"), table),
            "ratio.between_groups" => one(&name("_ratio"), table),
            "difference.to_overall" => to_overall(&name("_difference"), table),
            "ratio.to_overall" => to_overall(&name("_ratio"), table),
            "to_overall" => to_overall(base, table),
            "mean" => one(&format!("{base}_mean"), table),
            _ if base == "label" => {
                let label =
                    |name: &str| against(name, table, Against::Rest, entry["reference"].as_str());
                match gap {
                    "mean_difference" => Some(label("base_rate_difference")?.map(|d| -d)),
                    "disparate_impact" => Some(label("base_rate_ratio")?.map(|r| 1.0 / r)),
                    "mutual_information_nats" => one("label_mutual_information", table),
                    "normalised_mutual_information" | "cramers_v" => {
                        one(&format!("label_{gap}"), table)
                    }
                    "odds_ratio_vs_rest" => number("label_odds_ratio", of?, overall, table),
                    _ => None,
                }
            }
            _ if base == "pred" => match gap {
                "mutual_information_nats" => one("prediction_mutual_information", table),
                "normalised_mutual_information" | "cramers_v" => {
                    one(&format!("prediction_{gap}"), table)
                }
                "odds_ratio_vs_rest" => number("prediction_odds_ratio", of?, overall, table),
                _ => None,
            },
            _ if base == "imbalance" => one(&gap.replace("_nats", ""), table),
            _ if base == "clarify" => clarify(gap, of, overall, table),
            _ if base == "disparity" => {
                let (rate, kind) = gap.split_once('.')?;
                let name = format!("{}_ratio", find(rate)?.name);
                (kind == "predefined").then(|| against(&name, table, Against::Reference, of))?
            }
            _ if base == "sk" && gap.starts_with("smoothed_edf") => {
                let side = if gap.contains("pred") {
                    "prediction"
                } else {
                    "label"
                };
                one(
                    &format!("{side}_smoothed_empirical_differential_fairness"),
                    table,
                )
            }
            // There the group minus the rest, as a share.
            "class_imbalance" => Some(number(gap, of?, overall, table)?.map(|share| -share)),
            _ if base == "sk" && !gap.contains("kl_") => match of {
                Some(of) => number(gap, of, overall, table),
                None => one(gap, table).or_else(|| number(gap, "<overall>", overall, table)),
            },
            _ => None,
        };
    }
    if entry["oracle"].as_str()?.starts_with("aif360") {
        let pair = |name: &str| against(name, table, Against::Rest, entry["reference"].as_str());
        let ours = find(metric)?;
        return match (metric, ours.eval) {
            ("equalized_odds_difference", _) => pair(metric).map(|v| v.map(f64::abs)),
            ("coefficient_of_variation", _) | (_, Eval::Table(_)) => None,
            (_, Eval::Gap(Compare::Difference, ..)) if metric.contains("abs") => pair(metric),
            (_, Eval::Gap(Compare::Difference, ..)) => pair(metric).map(|v| v.map(|d| -d)),
            (_, Eval::Gap(Compare::Ratio, ..)) => pair(metric).map(|v| v.map(|r| 1.0 / r)),
            _ if of == Some("unprivileged") => None,
            _ if of == Some("privileged") => {
                number(metric, entry["reference"].as_str()?, overall, table)
            }
            _ => number(metric, "<overall>", overall, table),
        };
    }
    match of {
        Some(of) => number(metric, of, overall, table),
        None => one(metric, table),
    }
}

fn clarify(name: &str, of: Option<&str>, overall: &Table, table: &Table) -> Option<Value> {
    // The sign of Clarify, and where its gap is ours turned round.
    let rest = |name: &str| against(name, table, Against::Rest, of);
    let turned = |name: &str| Some(rest(name)?.map(|gap| -gap));
    let of_group = |name: &str| number(name, of.unwrap_or("<overall>"), overall, table);
    match name {
        "DPL" | "DPPL" | "DCA" | "DAR" | "RD" | "AD" => turned(&name.to_lowercase()),
        "DI" | "DCR" | "SD" | "DRR" | "TE" => rest(&name.to_lowercase()),
        "GE" => number("ge", "<overall>", overall, table),
        "KS" => of_group("clarify_ks"),
        "JS" | "KL" | "LP" | "TVD" | "CI" | "CDDL" | "CDDPL" => of_group(&name.to_lowercase()),
        _ => None,
    }
}

/// The number of one group, or of all rows.
fn number(metric: &str, of: &str, overall: &Table, table: &Table) -> Option<Value> {
    let metric = find(metric)?;
    if of == "<overall>" {
        return Some(group(metric, &overall.rows[0], overall)?.value);
    }
    let row = table.rows.iter().find(|row| named(&row.group) == of)?;
    Some(group(metric, row, table)?.value)
}

/// The one number of an attribute.
fn one(metric: &str, table: &Table) -> Option<Value> {
    let measures = measures(find(metric)?, table, Against::Extremes);
    Some(measures.first()?.value)
}

fn against(metric: &str, table: &Table, against: Against, of: Option<&str>) -> Option<Value> {
    let of = |measure: &&Measure| {
        measure
            .group
            .map(|at| named(&table.rows[at].group))
            .as_deref()
            == of
    };
    Some(
        measures(find(metric)?, table, against)
            .iter()
            .find(of)?
            .value,
    )
}

/// The worst group against all rows, as fairlearn has it.
fn to_overall(metric: &str, table: &Table) -> Option<Value> {
    let metric = find(metric)?;
    let worst = measures(metric, table, Against::Overall)
        .into_iter()
        .map(|m| m.value);
    let values: Vec<f64> = worst.collect::<Result<_, _>>().ok()?;
    Some(Ok(match metric.eval {
        Eval::Gap(Compare::Ratio, ..) => values
            .iter()
            .map(|r| r.min(1.0 / r))
            .fold(f64::MAX, f64::min),
        _ => values.iter().map(|d| d.abs()).fold(0.0, f64::max),
    }))
}

/// Where we mean something else by the name, with the reason.
fn differs(entry: &Json) -> bool {
    let metric = entry["metric"].as_str().unwrap_or_default();
    let is = |names: &[&str]| names.iter().any(|name| metric.starts_with(name));
    // Our bins are closed on the right, as scikit-learn's are; theirs on the left.
    is(&["ece10", "mce10"])
        // Scores are clipped to 1e-15 there, to 2⁻⁵² here, as scikit-learn does by default.
        || is(&["log_loss"])
        // A ratio of correlations says nothing, one of signed errors only where signs agree.
        || is(&["mcc.ratio", "mean_signed_error_score.ratio"])
        // A stratum with one outcome counts as a disparity there, and is left out here.
        || is(&["clarify.CDD"]) && entry["stratified_by"] == "purpose"
        // AIF360 ignores weights in measures of inequality.
        || is(&["theil", "generalized_entropy"]) && !entry["weight"].is_null()
        // A decision made of another column than `pred`.
        || entry.get("pred_rule").is_some()
}

#[test]
fn what_others_say_we_say() {
    let Some(folder) = shared() else {
        println!("no ../shared/data: nothing was compared");
        return;
    };
    let mut compared = BTreeMap::<String, usize>::new();
    let (mut wrong, mut undefined) = (Vec::new(), 0);
    for name in [
        "tiny_fairlearn",
        "tiny_clarify",
        "tiny_cdd",
        "tiny_control",
        "compas",
        "german",
    ] {
        let (set, entries) = load(&folder, name);
        let mut tables = BTreeMap::<String, (Table, Table)>::new();
        for entry in &entries {
            let skipped = ["undefined", "depends_on_undefined", "stratum", "suite"]
                .iter()
                .any(|key| !matches!(&entry[key], Json::Null | Json::Bool(false)));
            let Some(golden) = entry["value"].as_f64() else {
                continue;
            };
            let punitive = entry["positive"]
                .as_str()
                .is_some_and(|p| p == "0" || p == "bad");
            if skipped || punitive || differs(entry) || entry["kind"] == "info" {
                continue;
            }
            let key = format!(
                "{} {} {} {} {} {}",
                entry["attribute"],
                entry["pred"],
                entry["weight"],
                entry["reference"],
                entry["stratified_by"],
                entry["scored_by"]
            );
            let (overall, table) = tables.entry(key).or_insert_with(|| {
                let tally = set.tally(entry);
                let axes = tally.axes.len() - tally.controls().len();
                let all: Vec<usize> = (0..axes).collect();
                let mut plan = made::plan(&[&all], Favorable::Positive);
                if let Some(reference) = entry["reference"].as_str() {
                    plan.reference.0 = Reference::Value(reference.to_owned());
                }
                let mut tables = table::tables(&tally, &plan);
                let overall = tables.remove(0);
                (overall.clone(), tables.pop().unwrap_or(overall))
            });
            let Some(found) = ours(entry, overall, table) else {
                continue;
            };
            *compared.entry(entry["metric"].to_string()).or_default() += 1;
            let slack = entry["tol"]
                .as_f64()
                .unwrap_or(1e-9 * golden.abs().max(1.0));
            let slack = entry["decimals"]
                .as_i64()
                .map_or(slack, |d| 0.51 * 10_f64.powi(-d as i32));
            match found {
                Ok(found) if (found - golden).abs() <= slack => {}
                Ok(found) => wrong.push(format!("{found}, not {golden}: {entry}")),
                // Others say 0 (or 10, or drop the leg) where a denominator is 0.
                Err(_) => undefined += 1,
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {compared:?}\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        undefined <= 24,
        "{undefined} numbers of others are undefined here"
    );
    assert!(
        compared.len() > 100,
        "only these were compared: {compared:?}"
    );
}
