//! The profile's numbers of the data alone against those of Clarify, fairlearn and statsmodels.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use super::golden::{Entry, Numbers, Set};
use super::reasons;
use super::view::OVERALL;

/// What Clarify says of labels, and the column of `labels` that says the same.
const CLARIFY: [(&str, &str, f64); 6] = [
    ("clarify.DPL", "to_rest", -1.0),
    ("clarify.KL", "label_kl_divergence", 1.0),
    ("clarify.JS", "label_js_divergence", 1.0),
    ("clarify.LP", "label_l2_distance", 1.0),
    ("clarify.TVD", "label_total_variation", 1.0),
    ("clarify.KS", "label_chebyshev_distance", 1.0),
];

/// Others that are said by the same name, or nearly.
const OURS: [&str; 5] = [
    "base_rate",
    "clarify.CI",
    "clarify.CDDL",
    "label.rate.ci95.wilson",
    "label.odds_ratio_vs_rest",
];

/// So many recorded numbers are the profile's too.
const AGREED: usize = 1_422;
/// So many differ for a reason that [`reasons`] names.
const DIFFERED: usize = 145;

/// The profile of a table: of one attribute, as the tools leave out rows without a value of it.
fn profile(set: &Set, folder: &Path, attribute: &str, positive: &str) -> Json {
    let label = set.text("label").unwrap_or_default();
    let output = Command::new(env!("CARGO_BIN_EXE_fair-audit"))
        .arg("profile")
        .arg(folder.join(format!("data/{}.csv", set.name)))
        .args(["--sensitive", attribute, "--label"])
        .arg(format!("{label}={positive}"))
        .args(["--no-infer", "--no-config", "--intersect", "1"])
        .args(["--missing", "drop", "--format", "json"])
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{} {attribute}: {complaint}",
        set.name
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn named<'a>(list: &'a Json, name: &str) -> Option<&'a Json> {
    list.as_array()?.iter().find(|one| one["name"] == name)
}

/// A row of a table of a section: that of a group, and within a column where one is named.
fn row<'a>(
    report: &'a Json,
    place: (&str, &str),
    group: &str,
    within: Option<&str>,
) -> Option<&'a Json> {
    let section = named(&report["profile"]["sections"], place.0)?;
    let rows = named(&section["tables"], place.1)?["rows"].as_array()?;
    let is_group = |row: &&Json| {
        let values = row["group"].as_object();
        let names: Vec<&str> = values
            .into_iter()
            .flatten()
            .filter_map(|(_, v)| v.as_str())
            .collect();
        names.join(" & ") == group && within.is_none_or(|within| row["within"] == within)
    };
    rows.iter().find(is_group)
}

/// The other group of two.
fn other(report: &Json, attribute: &str, group: &str) -> Option<String> {
    let section = named(&report["profile"]["sections"], "representation")?;
    let rows = named(&section["tables"], attribute)?["rows"].as_array()?;
    let names: Vec<&str> = rows
        .iter()
        .filter_map(|row| row["group"][attribute].as_str())
        .collect();
    match names[..] {
        [one, other] if one == group => Some(other.to_owned()),
        [other, one] if one == group => Some(other.to_owned()),
        _ => None,
    }
}

/// Ours for a recorded number, where the profile has one like it.
fn ours(entry: &Entry, report: &Json) -> Option<Numbers> {
    let (group, attribute) = (entry.text("group")?, entry.attribute());
    let labels = || row(report, ("labels", &attribute), group, None);
    let number =
        |row: &Json, name: &str, sign: f64| Some(vec![row[name].as_f64().map(|x| sign * x)]);
    match entry.metric() {
        "clarify.CI" => number(
            row(report, ("representation", &attribute), group, None)?,
            "class_imbalance",
            1.0,
        ),
        "clarify.CDDL" => {
            let within = entry.text("stratified_by");
            let of = |group| row(report, ("labels", "conditional"), group, within);
            // Of two groups the smaller is shown; the other's is its negative.
            match (of(group), other(report, &attribute, group)) {
                (Some(row), _) => number(row, "conditional", 1.0),
                (None, Some(other)) => number(of(&other)?, "conditional", -1.0),
                (None, None) => None,
            }
        }
        "base_rate" => number(labels()?, "base_rate", 1.0),
        "label.rate.ci95.wilson" => {
            let interval = &labels()?["interval"];
            Some(vec![interval["low"].as_f64(), interval["high"].as_f64()])
        }
        "label.odds_ratio_vs_rest" => number(labels()?, "label_odds_ratio", 1.0),
        metric => {
            let (_, name, sign) = CLARIFY.iter().find(|known| known.0 == metric)?;
            number(labels()?, name, *sign)
        }
    }
}

#[test]
fn a_profile_says_of_the_data_what_others_recorded() {
    let Some(folder) = super::shared() else {
        println!("skipped: there is no ../shared/data");
        return;
    };
    let mut agreed: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut differed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong: Vec<String> = Vec::new();
    let mut absent: BTreeMap<(String, String), String> = BTreeMap::new();
    for name in super::names(&folder) {
        let set = Set::load(&folder, &name);
        let mut reports: BTreeMap<(String, String), Json> = BTreeMap::new();
        for entry in &set.entries {
            let attribute = entry.attribute();
            let is_other = ["stratum", "rule", "suite", "weight"]
                .iter()
                .any(|key| entry.text(key).is_some());
            let is_ours = OURS.contains(&entry.metric())
                || CLARIFY.iter().any(|known| known.0 == entry.metric());
            let is_whole = attribute == "overall" || entry.text("group") == Some(OVERALL);
            let has_label = set.text("label").is_some();
            if is_other || !is_ours || !has_label || is_whole || attribute.contains('*') {
                continue;
            }
            let positive = entry
                .text("positive")
                .or(set.text("positive"))
                .unwrap_or("1");
            let key = (attribute.clone(), positive.to_owned());
            let report = reports
                .entry(key)
                .or_insert_with(|| profile(&set, &folder, &attribute, positive));
            let said = || (name.clone(), entry.metric().to_owned());
            match ours(entry, report) {
                None => {
                    absent.insert(said(), entry.0.to_string());
                }
                Some(ours) if entry.agrees(&ours) => {
                    *agreed
                        .entry((entry.tool().to_owned(), entry.metric().to_owned()))
                        .or_default() += 1;
                }
                Some(ours) => match reasons::reason(entry, &ours) {
                    Some(why) => *differed.entry(why).or_default() += 1,
                    None => wrong.push(format!(
                        "{name}: {ours:?}, not {:?}: {}",
                        entry.values(),
                        entry.0
                    )),
                },
            }
        }
    }
    println!("agreed: {agreed:?}\ndiffered: {differed:?}");
    assert!(absent.is_empty(), "not in a profile: {absent:?}");
    let first = wrong[..wrong.len().min(30)].join("\n");
    assert!(wrong.is_empty(), "{} differ\n{first}", wrong.len());
    let sum: usize = agreed.values().sum();
    assert!(sum >= AGREED, "only {sum} numbers agree");
    let sum: usize = differed.values().sum();
    assert!(sum <= DIFFERED, "{sum} numbers differ");
}
