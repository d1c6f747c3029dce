//! Fair training on the small shared tables that have a label: the constraint binds on the rows that
//! were fitted to, and what is left of it on the others is said. Where `../shared/data` is missing the
//! test says so and passes.

use std::collections::BTreeMap;
use std::path::Path;

use crate::mitigate::{Folder, said};

const METHODS: &str =
    "constrained_parity,constrained_odds,constrained_just_loss,constrained_fair_loss";

/// Table, sensitive column, label, its positive value, features.
const TABLES: [[&str; 5]; 4] = [
    [
        "german",
        "age_group",
        "credit",
        "good",
        "month,credit_amount,status,savings",
    ],
    [
        "heart_failure",
        "sex",
        "DEATH_EVENT",
        "1",
        "age,ejection_fraction,serum_creatinine,time",
    ],
    ["ricci", "Race", "Promoted", "1", "Position,Oral,Written"],
    [
        "student_por",
        "sex",
        "class",
        "High",
        "absences,studytime,school,failures",
    ],
];

/// Scores by scenario and row.
fn scores(csv: &str) -> BTreeMap<String, BTreeMap<usize, f64>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut all: BTreeMap<String, BTreeMap<usize, f64>> = BTreeMap::new();
    for record in reader.records() {
        let record = record.unwrap();
        if let Ok(score) = record[2].parse() {
            let own = all.entry(record[1].to_owned()).or_default();
            own.insert(record[0].parse().unwrap(), score);
        }
    }
    all
}

/// How far the means of groups lie apart at most, written down anew.
fn apart(name: &str, scores: &BTreeMap<usize, f64>, rows: &[(String, bool)]) -> f64 {
    let mut sums: BTreeMap<(bool, &str), [f64; 2]> = BTreeMap::new();
    for (row, (group, y)) in rows.iter().enumerate() {
        let Some(score) = scores.get(&(row + 1)) else {
            continue;
        };
        let label = f64::from(u8::from(*y));
        let value = match name {
            "constrained_just_loss" => score - label,
            "constrained_fair_loss" => (score - label).abs(),
            _ => *score,
        };
        let by_label = name == "constrained_odds" && *y;
        let own = sums.entry((by_label, group)).or_default();
        own[0] += value;
        own[1] += 1.0;
    }
    let gap = |wanted: bool| {
        let own = sums.iter().filter(|((label, _), _)| *label == wanted);
        let means: Vec<f64> = own.map(|(_, [sum, rows])| sum / rows).collect();
        let most = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most - means.iter().copied().fold(f64::INFINITY, f64::min)
    };
    gap(false).max(gap(true))
}

/// What the report says that a remedy did.
fn did<'a>(report: &'a serde_json::Value, name: &str) -> &'a str {
    let remedies = crate::mitigate::rows(report, "mitigation", "remedies");
    let own = remedies.iter().find(|row| row["scenario"] == name);
    own.unwrap()["did"].as_str().unwrap()
}

fn binds(folder: &Path, [set, sensitive, label, positive, features]: [&str; 5]) {
    let out = Folder::new();
    let data = folder.join(format!("data/{set}.csv"));
    let data = data.to_str().unwrap();
    let mut reader = csv::Reader::from_path(data).unwrap();
    let names = reader.headers().unwrap().clone();
    let at = |name: &str| names.iter().position(|own| own == name).unwrap();
    let (group, y) = (at(sensitive), at(label));
    let rows: Vec<(String, bool)> = reader
        .records()
        .map(|record| record.unwrap())
        .map(|record| (record[group].to_owned(), &record[y] == positive))
        .collect();
    let [model, held] = ["model.json", "held.csv"].map(|name| out.at(name));
    let label = format!("{label}={positive}");
    let (status, text, error) = said(&[
        data,
        "-s",
        sensitive,
        "-y",
        &label,
        "--features",
        features,
        "--method",
        METHODS,
        "--folds",
        "2",
        "--no-infer",
        "--model-out",
        &model,
        "--predictions-out",
        &held,
        "-f",
        "json",
    ]);
    assert_eq!(status, 0, "{set}: {error}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (status, fitted, error) = said(&[data, "--apply", &model]);
    assert_eq!(status, 0, "{set}: {error}");
    let fitted = scores(&fitted);
    let held = scores(&std::fs::read_to_string(held).unwrap());
    for name in METHODS.split(',') {
        let (own, left) = (
            apart(name, &fitted[name], &rows),
            apart(name, &held[name], &rows),
        );
        println!("{set} {name}: {own:.1e}, held out {left:.1e}");
        assert!(own < 1e-3, "{set} {name}: {own}");
        let plain = apart(name, &fitted["plain"], &rows);
        assert!(own < plain || plain < 1e-8, "{set} {name}: {plain} before");
        let shown = format!("held out they differ by {left:.1e} at most");
        assert!(did(&report, name).contains(&shown), "{set} {name}: {shown}");
    }
}

#[test]
fn fair_training_binds_on_shared_tables_and_says_what_is_left() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !folder.is_dir() {
        println!("skipped: there is no ../shared/data");
        return;
    }
    for table in TABLES {
        binds(&folder, table);
    }
}
