//! Consistency against AIF360's (the shared goldens), and pairs by brute force.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;

use super::consistency::METHOD;
use super::model::{Asked, Subject};
use super::neighbors::{Points, near};
use super::{Alike, Asking, Case};
use crate::data::group::Values;
use crate::error::Result;
use crate::fit::features::{Feature, Raw, Values as Kinds};
use crate::mitigate::shared::columns;
use crate::profile::section::{Found, Table, Value};

/// A model that is not asked: the table has decisions.
struct Silent;

impl Subject for Silent {
    fn about(&self) -> String {
        "nothing".to_owned()
    }

    fn scores(&self, asked: &Asked) -> Result<Vec<f64>> {
        Ok(vec![f64::NAN; asked.rows.len()])
    }

    fn decisions(&self, _: &Asked, scores: &[f64]) -> Vec<Option<bool>> {
        vec![None; scores.len()]
    }
}

fn number(name: &str, values: Vec<f64>) -> Feature {
    Feature {
        name: name.to_owned(),
        values: Kinds::Number,
        raw: Raw::Numbers(values),
    }
}

/// A table of two groups that take turns.
struct Made {
    features: Vec<Feature>,
    given: Vec<Option<bool>>,
    scores: Vec<f64>,
    groups: Vec<u32>,
}

impl Made {
    fn found(&self, alike: Alike) -> Found {
        let rows: Vec<u32> = (0..self.groups.len() as u32).collect();
        let value = |text: &str| Values::from_iter([("sex".to_owned(), Some(text.to_owned()))]);
        let asking = Asking {
            singles: Vec::new(),
            features: Vec::new(),
            repeats: 1,
            confidence: 0.95,
            min_group: 1,
            seed: 0,
            alike,
        };
        let case = Case {
            features: &self.features,
            rows: &rows,
            groups: &self.groups,
            names: &[value("f"), value("m")],
            attribute: "sex",
            labels: &[],
            given: &self.given,
            deciding: "the table's own decisions",
            scores: &self.scores,
            target: &self.given,
            weights: &vec![1.0; rows.len()],
            whole: &Silent,
            held: &Silent,
            stand_ins: &[],
            chosen: 0,
            reference: None,
            asking: &asking,
        };
        (METHOD.answer)(&case).unwrap().unwrap()
    }
}

fn of<'a>(found: &'a Found, table: &str) -> &'a Table {
    found.tables.iter().find(|own| own.name == table).unwrap()
}

fn said(table: &Table, row: usize, name: &str) -> f64 {
    match table.rows[row].get(name) {
        Some(Value::Number(x)) => *x,
        Some(Value::Count(n)) => *n as f64,
        other => panic!("{name}: {other:?}"),
    }
}

/// Four rows on a line; 0 and 1 are women's and 10 and 11 men's.
fn four() -> Made {
    Made {
        features: vec![number("x", vec![0.0, 1.0, 10.0, 11.0])],
        given: [true, false, true, true].map(Some).to_vec(),
        scores: vec![0.9, 0.1, 0.6, 0.7],
        groups: vec![0, 0, 1, 1],
    }
}

#[test]
fn rows_agree_with_their_neighbors_by_group() {
    let alike = Alike {
        neighbors: 2,
        ..Alike::default()
    };
    let found = four().found(alike);
    let table = of(&found, "consistency");
    // Each row and the one beside it: women half, men always.
    let values: Vec<f64> = (0..3).map(|row| said(table, row, "consistency")).collect();
    assert_eq!(values, [0.75, 0.5, 1.0]);
}

#[test]
fn pairs_that_are_too_far_apart_are_counted_within_groups_and_across() {
    // The standard deviation is √(101/4): a distance of 1 is about 0.199 of it.
    let found = four().found(Alike {
        most: 0.2,
        ..Alike::default()
    });
    let table = of(&found, "lipschitz");
    let scale = (101.0_f64 / 4.0).sqrt();
    let (x, score) = ([0.0, 1.0, 10.0, 11.0], [0.9_f64, 0.1, 0.6, 0.7]);
    let mut broken = [0.0; 3];
    for a in 0..4 {
        for b in 0..a {
            let far: f64 = (x[a] - x[b]) / scale;
            let is_broken = (score[a] - score[b]).abs() > 0.2 * far;
            // Within women, within men, across.
            let kind = match (a / 2, b / 2) {
                (0, 0) => 0,
                (1, 1) => 1,
                _ => 2,
            };
            broken[kind] += f64::from(u8::from(is_broken));
        }
    }
    assert_eq!(broken, [1.0, 1.0, 2.0], "the example is worth something");
    // All; women among themselves and with others; men.
    let shares: Vec<f64> = (0..5).map(|row| said(table, row, "broken")).collect();
    assert_eq!(shares, [4.0 / 6.0, 1.0, 0.5, 1.0, 0.5]);
    let pairs: Vec<f64> = (0..5).map(|row| said(table, row, "pairs")).collect();
    assert_eq!(pairs[0], 6.0);
    assert!((said(table, 0, "steepest") - 0.8 * scale).abs() < 1e-12);
}

#[test]
fn the_nearest_pairs_that_are_decided_differently_are_listed_by_distance() {
    let found = four().found(Alike {
        examples: 2,
        ..Alike::default()
    });
    let table = of(&found, "pairs");
    let rows = |at: usize| [said(table, at, "row"), said(table, at, "other")];
    assert_eq!(table.rows.len(), 2);
    assert_eq!((rows(0), rows(1)), ([1.0, 2.0], [3.0, 2.0]));
    // Without the flag no row leaves the table.
    let found = four().found(Alike::default());
    assert!(found.tables.iter().all(|table| table.name != "pairs"));
}

#[test]
fn the_order_of_the_table_decides_nothing() {
    let made = |turned: bool| {
        let at = |row: usize| if turned { 59 - row } else { row };
        let x = (0..60).map(|row| (at(row) * 7 % 5) as f64).collect();
        Made {
            features: vec![number("x", x)],
            given: (0..60).map(|row| Some(at(row) % 3 == 0)).collect(),
            scores: Vec::new(),
            groups: (0..60).map(|row| (at(row) % 2) as u32).collect(),
        }
    };
    let (one, other) = (
        made(false).found(Alike::default()),
        made(true).found(Alike::default()),
    );
    for table in ["consistency", "lipschitz"] {
        let (one, other) = (of(&one, table), of(&other, table));
        for row in 0..one.rows.len() {
            let name = if table == "consistency" {
                table
            } else {
                "broken"
            };
            assert!((said(one, row, name) - said(other, row, name)).abs() < 1e-12);
        }
    }
}

/// Where rows are equally far, AIF360 takes those that its tree finds first: its number is between the
/// least and the most, and the same to 1e-9 where there is no choice.
#[test]
fn consistency_is_that_of_aif360() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !folder.is_dir() {
        println!("skipped: there is no ../shared/data");
        return;
    }
    let mut checked = 0;
    for name in ["german", "heart_failure", "ricci", "student_por"] {
        let text = std::fs::read_to_string(folder.join(format!("goldens/{name}.json"))).unwrap();
        let json: Json = serde_json::from_str(&text).unwrap();
        let columns = columns(&folder.join(format!("data/{name}.csv")));
        for entry in json["entries"].as_array().unwrap() {
            let metric = entry["metric"].as_str().unwrap();
            if !metric.starts_with("consistency_score.") {
                continue;
            }
            let outcome = entry["pred"].as_str();
            let outcome = outcome.unwrap_or_else(|| json["meta"]["label"].as_str().unwrap());
            let positive = &json["meta"]["positive"];
            let positive = positive
                .as_str()
                .map_or_else(|| positive.to_string(), str::to_owned);
            let values: Vec<bool> = columns[outcome].iter().map(|x| *x == positive).collect();
            assert!(values.iter().any(|yes| *yes) && values.iter().any(|yes| !yes));
            let (least, value, most) = ours(&columns, &entry["features"], &values);
            let theirs = entry["value"].as_f64().unwrap();
            let what = format!("{name} {metric}: {least} {value} {most}, theirs {theirs}");
            assert!(least - 1e-9 <= theirs && theirs <= most + 1e-9, "{what}");
            assert!((value - theirs).abs() <= 1e-9 + (most - least), "{what}");
            checked += 1;
        }
    }
    assert_eq!(checked, 8);
}

fn ours(columns: &BTreeMap<String, Vec<String>>, names: &Json, values: &[bool]) -> (f64, f64, f64) {
    let names = names
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap());
    let parsed = |name: &str| columns[name].iter().map(|x| x.parse().unwrap()).collect();
    let features: Vec<Feature> = names.map(|name| number(name, parsed(name))).collect();
    let rows: Vec<u32> = (0..values.len() as u32).collect();
    let points = Points::new(&features, &rows, &vec![1.0; rows.len()]);
    let looked = points.looked(0);
    assert_eq!(looked.len(), rows.len());
    let mut sums = (0.0, 0.0, 0.0);
    let look = |place: usize, far: &[f64]| {
        let near = near(far, 5, |_| true);
        let is_other = |at: usize| values[at] != values[place];
        let apart = near.parts().filter(|(at, _)| is_other(*at));
        let apart: f64 = apart.map(|(_, part)| part).sum();
        let (least, most) = near.limits(is_other);
        (1.0 - most, 1.0 - apart, 1.0 - least)
    };
    points.each(&looked, look, |_, (least, value, most)| {
        sums = (sums.0 + least, sums.1 + value, sums.2 + most);
    });
    let n = values.len() as f64;
    (sums.0 / n, sums.1 / n, sums.2 / n)
}
