//! Our remedies against AIF360's, on the shipped tables: `fixtures/postprocessed.py` made the numbers.

use std::path::Path;

use ndarray::Array2;
use serde_json::Value as Json;

use super::laws::{Table, rates};
use super::oracle::MORE;
use super::shared::{Gap, columns, gap};
use super::*;

/// Rows of a case, their scores and decisions.
struct Rows {
    table: Table,
    scores: Vec<f64>,
    decided: Vec<bool>,
}

fn cases() -> Vec<Json> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/postprocessed.json");
    let json: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    json["cases"].as_array().unwrap().clone()
}

/// The rows that are kept; the second group is AIF360's privileged one.
fn rows(case: &Json, kept: impl Fn(usize) -> bool) -> Rows {
    let name = case["table"].as_str().unwrap();
    let (attribute, privileged, label, positive) = if name == "german" {
        ("age_group", "25 and over", "credit", "good")
    } else {
        ("sex", "Male", "income", ">50K")
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let columns = columns(&folder.join(format!("{name}.csv")));
    let own: Vec<usize> = (0..columns[label].len()).filter(|&row| kept(row)).collect();
    let is = |column: &str, value: &str| -> Vec<bool> {
        let values = &columns[column];
        own.iter().map(|&row| values[row] == value).collect()
    };
    let numbers = |column: &str| -> Vec<f64> {
        let values = &columns[column];
        own.iter()
            .map(|&row| values[row].parse().unwrap())
            .collect()
    };
    let weights = case["weight"].as_str().map(numbers);
    Rows {
        table: Table {
            x: Array2::zeros((own.len(), 1)),
            groups: is(attribute, privileged)
                .into_iter()
                .map(u32::from)
                .collect(),
            count: 2,
            y: is(label, positive),
            weights: weights.unwrap_or_else(|| vec![1.0; own.len()]),
        },
        scores: numbers("score"),
        decided: is("pred", positive),
    }
}

/// The seven rows of ten that remedies are fitted to, and the others.
fn parts(case: &Json) -> [Rows; 2] {
    [
        rows(case, |row| row % 10 < 7),
        rows(case, |row| row % 10 >= 7),
    ]
}

/// Expected error, and by how much the first group is ahead in selection, true and false positives.
fn judged(table: &Table, chances: &[f64]) -> [f64; 4] {
    let pairs = chances.iter().zip(&table.y);
    let wrong = pairs.map(|(p, &y)| if y { 1.0 - p } else { *p });
    let ahead = |rates: Vec<f64>| rates[0] - rates[1];
    [
        wrong.sum::<f64>() / table.y.len() as f64,
        ahead(rates(table, chances, |_| true)),
        ahead(rates(table, chances, |row| table.y[row])),
        ahead(rates(table, chances, |row| !table.y[row])),
    ]
}

fn theirs(json: &Json) -> [f64; 4] {
    ["error", "parity", "tpr", "fpr"].map(|what| json[what].as_f64().unwrap())
}

fn post(remedy: &str, rows: &Rows) -> Decided {
    let Stage::Post(post) = find(remedy).unwrap().stage else {
        panic!("it is post")
    };
    post(&rows.table.training(), &rows.scores).unwrap()
}

fn chances(own: &Decided, rows: &Rows) -> Vec<f64> {
    let each = rows.scores.iter().zip(&rows.table.groups);
    each.map(|(score, &group)| own.cuts[group as usize].chance(*score).unwrap())
        .collect()
}

#[test]
fn reweighing_weights_are_those_of_aif360() {
    let mut seen = 0;
    for case in cases() {
        let Rows { table, .. } = rows(&case, |_| true);
        let new = reweighing::weights(&table.training());
        for (row, new) in new.iter().enumerate() {
            let (group, label) = (table.groups[row] as usize, usize::from(table.y[row]));
            let theirs = case["reweighing"][group][label].as_f64().unwrap();
            let ours = new / table.weights[row];
            assert!((ours - theirs).abs() <= 1e-12 * theirs, "{ours} {theirs}");
            seen += 1;
        }
        // The labels of both groups then have one mean.
        let table = Table {
            weights: new,
            ..table
        };
        let labels: Vec<f64> = table.y.iter().map(|&y| f64::from(u8::from(y))).collect();
        let left = gap(&table, &labels, Gap::Parity);
        assert!(left < 1e-12, "{left}");
    }
    assert_eq!(seen, 1_000 + 2 * 8_000);
}

/// Who is deprived is told to AIF360, and found by ours: here it is the same group.
#[test]
fn the_reject_option_is_that_of_aif360_by_itself() {
    let mut seen = 0;
    for case in cases() {
        let Some(expected) = case["reject_option"].as_object() else {
            continue;
        };
        let [train, test] = parts(&case);
        for (name, expected) in expected {
            let own = post(name, &train);
            for (rows, part) in [(&train, "train"), (&test, "test")] {
                let ours = judged(&rows.table, &chances(&own, rows));
                let theirs = theirs(&expected[part]);
                println!("{} {name} {part}: {ours:.4?} {theirs:.4?}", case["table"]);
                for (ours, theirs) in ours.iter().zip(theirs) {
                    assert!(
                        (ours - theirs).abs() < 1e-12,
                        "{name} {part}: {ours} {theirs}"
                    );
                }
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 2 * 3 * 2);
}

/// AIF360 mixes decisions, ours thresholds: the gap is as small, the error no larger, and of rows that
/// were not fitted to both hardly more.
#[test]
fn odds_are_as_equal_as_by_aif360_on_the_same_rows() {
    let mut seen = 0;
    for case in cases() {
        let expected = &case["eq_odds"];
        if expected.is_null() {
            continue;
        }
        let [train, test] = parts(&case);
        let own = post("lottery_odds", &train);
        for (rows, part) in [(&train, "train"), (&test, "test")] {
            let ours = chances(&own, rows);
            let each = rows.decided.iter().zip(&rows.table.groups);
            let mixed: Vec<f64> = each
                .map(|(&decision, &group)| {
                    let chance = &expected["chances"][group as usize][usize::from(decision)];
                    chance.as_f64().unwrap()
                })
                .collect();
            // Their chances are read as they were meant.
            let [again, told] = [judged(&rows.table, &mixed), theirs(&expected[part])];
            for (again, told) in again.iter().zip(told) {
                assert!((again - told).abs() < 1e-12, "{part}: {again} {told}");
            }
            let [our_gap, their_gap] = [&ours, &mixed].map(|c| gap(&rows.table, c, Gap::Odds));
            let [our_error, their_error] = [&ours, &mixed].map(|c| judged(&rows.table, c)[0]);
            println!(
                "{} {part}: gap {our_gap:.4} {their_gap:.4}, error {our_error:.4} {their_error:.4}",
                case["table"]
            );
            let more = if part == "train" { 1e-9 } else { MORE };
            assert!(our_gap <= their_gap + more, "{part}: {our_gap} {their_gap}");
            assert!(
                our_error <= their_error + more,
                "{part}: {our_error} {their_error}"
            );
            seen += 1;
        }
    }
    assert_eq!(seen, 2 * 2);
}

#[test]
fn scores_are_withheld_as_often_as_by_aif360_on_the_same_rows() {
    let mut seen = 0;
    for case in cases() {
        let Some(expected) = case["calibrated_eq_odds"].as_object() else {
            continue;
        };
        let [train, _] = parts(&case);
        for (cost, expected) in expected {
            let name = match cost.as_str() {
                "fnr" => "withheld_false_negatives",
                "fpr" => "withheld_false_positives",
                _ => "withheld_errors",
            };
            let own = post(name, &train);
            for (group, theirs) in expected.as_array().unwrap().iter().enumerate() {
                let ours = match own.curves[group] {
                    Curve::Withheld { chance, .. } => chance,
                    _ => 0.0,
                };
                // Beyond 1 no chance does it: then ours is as high as can be, and said.
                let theirs = theirs.as_f64().unwrap();
                let most = theirs.clamp(0.0, 1.0);
                assert!(
                    (ours - most).abs() < 1e-9,
                    "{name} {group}: {ours} {theirs}"
                );
                assert!(theirs <= 1.0 || !own.notes.is_empty());
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 2 * 3 * 2);
}
