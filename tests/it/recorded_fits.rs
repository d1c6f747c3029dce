//! Models and weights against those that others recorded in `../shared/data`, where it is there:
//! AIF360's reweighing, and the coefficients of statsmodels and scikit-learn with and without it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fair_audit::error::Error;
use fair_audit::fit::logistic::{Logistic, LogisticParams};
use fair_audit::mitigate::{Training, reweighing};
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2};
use serde_json::Value;

use crate::cli::run;

fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !folder.is_dir() {
        println!("skipped: there is no ../shared/data");
        return None;
    }
    Some(folder)
}

fn recorded(folder: &Path, set: &str) -> Value {
    let path = folder.join(format!("goldens/{set}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The rows of a table by column.
struct Columns {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Columns {
    fn read(folder: &Path, set: &str) -> Self {
        let path = folder.join(format!("data/{set}.csv"));
        let mut reader = csv::Reader::from_path(path).unwrap();
        let text = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let names: Vec<String> = text(reader.headers().unwrap());
        let rows = reader.records().map(|record| text(&record.unwrap()));
        Self {
            names,
            rows: rows.collect(),
        }
    }

    fn column(&self, name: &str) -> Vec<&str> {
        let at = self.names.iter().position(|own| own == name).unwrap();
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }
}

/// Reweighing as AIF360 does it, out of the file that the command writes, on whole tables.
#[test]
fn weights_are_those_of_aif360() {
    let Some(folder) = shared() else { return };
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("w.csv");
    let path = path.to_str().unwrap();
    let mut compared = 0;
    for (set, label, positive) in [
        ("german", "credit", "good"),
        ("compas_6172", "two_year_recid", "1"),
    ] {
        let recorded = recorded(&folder, set);
        let table = Columns::read(&folder, set);
        let data = folder.join(format!("data/{set}.csv"));
        for attribute in ["sex", "age_group", "foreign_worker"] {
            let entries = recorded["entries"].as_array().unwrap().iter();
            let own: BTreeMap<&str, &Value> = entries
                .filter(|e| {
                    let metric = e["metric"].as_str().unwrap();
                    let is_of = e["attribute"] == attribute && e["positive"] == positive;
                    is_of && e["weight"].is_null() && metric.starts_with("reweighing.w_")
                })
                .map(|e| (e["metric"].as_str().unwrap(), e))
                .collect();
            if own.is_empty() {
                continue;
            }
            let label_of = format!("{label}={positive}");
            let output = run(&[
                "mitigate",
                data.to_str().unwrap(),
                "--no-config",
                "--no-infer",
                "-s",
                attribute,
                "-y",
                &label_of,
                "--method",
                "reweighing",
                "--model",
                "bayes",
                "--weights-out",
                path,
                "-q",
            ]);
            assert!(output.status.success(), "{output:?}");
            let mut reader = csv::Reader::from_path(path).unwrap();
            let weights = reader.records().map(|line| line.unwrap()[1].parse::<f64>());
            let weights: Vec<f64> = weights.map(Result::unwrap).collect();
            let (groups, labels) = (table.column(attribute), table.column(label));
            let rate = |is_privileged: bool, privileged: &str| {
                let rows = groups.iter().zip(&labels).zip(&weights);
                let own = rows.filter(|((g, _), _)| (**g == privileged) == is_privileged);
                let (mut part, mut whole) = (0.0, 0.0);
                for ((_, y), w) in own {
                    whole += w;
                    part += if **y == *positive { *w } else { 0.0 };
                }
                part / whole
            };
            for (metric, entry) in own {
                let privileged = entry["reference"].as_str().unwrap();
                let (of_privileged, favorable) = match metric {
                    "reweighing.w_p_fav" => (true, true),
                    "reweighing.w_p_unfav" => (true, false),
                    "reweighing.w_up_fav" => (false, true),
                    _ => (false, false),
                };
                let rows = groups.iter().zip(&labels).zip(&weights);
                let found = rows.filter(|((g, y), _)| {
                    (**g == privileged) == of_privileged && (**y == positive) == favorable
                });
                for (_, weight) in found {
                    let theirs = entry["value"].as_f64().unwrap();
                    assert!(
                        (weight - theirs).abs() < 1e-12,
                        "{set} {attribute} {metric}"
                    );
                    compared += 1;
                }
                let gap = rate(false, privileged) - rate(true, privileged);
                assert!(gap.abs() < 1e-12, "{set} {attribute}: {gap}");
            }
        }
    }
    assert!(compared > 8_000, "{compared}");
}

/// The published starting point: German credit at 25 years.
#[test]
fn the_gap_of_german_credit_is_the_published_one_before() {
    let Some(folder) = shared() else { return };
    let table = Columns::read(&folder, "german");
    let rows = table
        .column("age_group")
        .into_iter()
        .zip(table.column("credit"));
    let mut counts = BTreeMap::<(&str, &str), f64>::new();
    for key in rows {
        *counts.entry(key).or_default() += 1.0;
    }
    let rate = |group: &'static str| {
        let of = |label| counts[&(group, label)];
        of("good") / (of("good") + of("bad"))
    };
    let gap = rate("under 25") - rate("25+");
    assert!((gap + 0.128_550).abs() < 5e-7, "{gap}");
}

/// The design matrix that an entry `setup` describes, of all rows; labels, groups, training rows.
struct Design {
    names: Vec<String>,
    x: Array2<f64>,
    y: Vec<bool>,
    groups: Vec<u32>,
    count: usize,
    training: Vec<usize>,
}

fn design(table: &Columns, set: &str, entry: &Value) -> Design {
    let texts = |key: &str| -> Vec<String> {
        let list = entry["value"][key].as_array().unwrap().iter();
        list.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let attribute = table.column(entry["attribute"].as_str().unwrap());
    let is_kept = |row: &usize| match set {
        "compas_6172" => ["African-American", "Caucasian"].contains(&attribute[*row]),
        _ => !attribute[*row].is_empty(),
    };
    let kept: Vec<usize> = (0..table.rows.len()).filter(is_kept).collect();
    let names = texts("features");
    let numeric = texts("numeric");
    let mut x = Array2::<f64>::zeros((kept.len(), names.len()));
    for (at, name) in names.iter().enumerate() {
        let column: Vec<f64> = if numeric.contains(name) {
            let values = table.column(name);
            let numbers = kept.iter().map(|&row| values[row].parse::<f64>().unwrap());
            let numbers: Vec<f64> = numbers.collect();
            let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
            let square = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
            let deviation = (square / numbers.len() as f64).sqrt();
            numbers.iter().map(|x| (x - mean) / deviation).collect()
        } else {
            let (column, level) = name.split_once('=').unwrap();
            let values = table.column(column);
            let is_level = |&row: &usize| f64::from(u8::from(values[row] == level));
            kept.iter().map(is_level).collect()
        };
        x.column_mut(at).assign(&Array1::from(column));
    }
    let (label, positive) = match set {
        "german" => ("credit", "good"),
        _ => ("two_year_recid", "1"),
    };
    let labels = table.column(label);
    let mut values: Vec<&str> = kept.iter().map(|&row| attribute[row]).collect();
    values.sort_unstable();
    values.dedup();
    let group = |&row: &usize| values.iter().position(|v| *v == attribute[row]).unwrap() as u32;
    let is_training = |(at, row): (usize, &usize)| {
        let is_one = if set == "german" {
            table.column("split")[*row] == "train"
        } else {
            at % 10 < 7
        };
        is_one.then_some(at)
    };
    Design {
        names,
        x,
        y: kept.iter().map(|&row| labels[row] == positive).collect(),
        groups: kept.iter().map(group).collect(),
        count: values.len(),
        training: kept.iter().enumerate().filter_map(is_training).collect(),
    }
}

#[test]
fn coefficients_are_those_of_statsmodels_and_scikit_learn_on_shared_tables() {
    let Some(folder) = shared() else { return };
    for set in ["german", "compas_6172"] {
        let recorded = recorded(&folder, set);
        let entries = recorded["entries"].as_array().unwrap();
        let find = |metric: &str| {
            let mut found = entries.iter();
            found.find(|e| e["metric"] == metric && e["suite"] == "mitigation")
        };
        let table = Columns::read(&folder, set);
        let design = design(&table, set, find("setup").unwrap());
        let rows = &design.training;
        let x = design.x.select(ndarray::Axis(0), rows);
        let y: Vec<bool> = rows.iter().map(|&row| design.y[row]).collect();
        let groups: Vec<u32> = rows.iter().map(|&row| design.groups[row]).collect();
        let ones = vec![1.0; rows.len()];
        let training = Training {
            x: x.view(),
            names: &design.names,
            groups: &groups,
            count: design.count,
            y: &y,
            weights: &ones,
            seed: 0,
        };
        let reweighed = reweighing::weights(&training);
        for (name, ridge, weights) in [
            ("lr_mle", 0.0, &ones),
            ("lr_mle_reweighed", 0.0, &reweighed),
            ("lr_l2", 1.0, &ones),
            ("lr_l2_reweighed", 1.0, &reweighed),
        ] {
            let params = LogisticParams::default()
                .ridge(ridge)
                .weights(weights.clone());
            let targets: Array1<bool> = y.iter().copied().collect();
            let fitted: Result<Logistic, Error> = params.fit(&DatasetBase::new(x.view(), targets));
            let fitted = fitted.unwrap();
            let theirs = &find(&format!("{name}.coef")).unwrap()["value"];
            let near = |ours: f64, key: &str| {
                let theirs = theirs[key].as_f64().unwrap();
                // statsmodels stops where its deviance changes by less than 1e-8 of itself.
                assert!(
                    (ours - theirs).abs() < 1e-6,
                    "{set} {name} {key}: {ours} {theirs}"
                );
            };
            near(fitted.intercept, "intercept");
            for (name, coefficient) in design.names.iter().zip(&fitted.coefficients) {
                near(*coefficient, name);
            }
            if name == "lr_mle" {
                let sums = (0..rows.len()).map(|row| {
                    let eta = x.row(row).dot(&fitted.coefficients) + fitted.intercept;
                    2.0 * fair_audit::fit::logistic::loss(y[row], eta)
                });
                let theirs = find("lr_mle.deviance").unwrap()["value"].as_f64().unwrap();
                assert!((sums.sum::<f64>() - theirs).abs() < 1e-6, "{set}");
            }
        }
    }
}
