//! Our remedies against fairlearn's, on the rows of `fixtures/remedied.json`.

use ndarray::{Array2, Axis};
use serde_json::Value as Json;

use super::cells::{Cells, Equal};
use super::laws::{Table, apart, rates};
use super::trial::{Solved, solved};
use super::*;
use crate::fit;

/// How much more of a group gap and of error there may be.
pub const MORE: f64 = 0.01;

fn cases() -> Vec<Json> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/remedied.json");
    let json: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    json["cases"].as_array().unwrap().clone()
}

fn numbers(json: &Json) -> Vec<f64> {
    let list = json.as_array().unwrap();
    list.iter().map(|x| x.as_f64().unwrap()).collect()
}

/// The rows to fit to, and the others.
fn tables(case: &Json) -> [Table; 2] {
    let rows = case["x"].as_array().unwrap();
    let width = rows[0].as_array().unwrap().len();
    let x = Array2::from_shape_vec((rows.len(), width), rows.iter().flat_map(numbers).collect());
    let x = x.unwrap();
    let groups: Vec<u32> = numbers(&case["groups"]).iter().map(|g| *g as u32).collect();
    let y = numbers(&case["y"]);
    let train = numbers(&case["train"]);
    [1.0, 0.0].map(|wanted| {
        let own: Vec<usize> = (0..y.len()).filter(|&row| train[row] == wanted).collect();
        Table {
            x: x.select(Axis(0), &own),
            groups: own.iter().map(|&row| groups[row]).collect(),
            count: 2,
            y: own.iter().map(|&row| y[row] > 0.5).collect(),
            weights: vec![1.0; own.len()],
        }
    })
}

/// Expected error, and gaps of selection, true and false positive rate.
fn judged(table: &Table, solved: &Solved) -> [f64; 4] {
    let chances = table.chances(solved);
    let rows = chances.iter().zip(&table.y);
    let wrong = rows.map(|(p, &y)| if y { 1.0 - p } else { *p });
    let error = wrong.sum::<f64>() / table.y.len() as f64;
    [
        error,
        apart(&rates(table, &chances, |_| true)),
        apart(&rates(table, &chances, |row| table.y[row])),
        apart(&rates(table, &chances, |row| !table.y[row])),
    ]
}

#[test]
fn no_larger_gap_and_hardly_more_error_than_fairlearn() {
    let mut wrong = Vec::new();
    for case in cases() {
        let [train, test] = tables(&case);
        for (name, theirs) in case["remedies"].as_object().unwrap() {
            let Some(remedy) = find(name) else {
                // Grids of fewer models.
                continue;
            };
            let own = solved(&train.training(), &fit::LEARNERS[0], remedy).unwrap();
            let [ours, held] = [judged(&train, &own), judged(&test, &own)];
            let read = |part: &str| {
                ["error", "parity", "tpr", "fpr"].map(|what| theirs[part][what].as_f64().unwrap())
            };
            let (theirs, theirs_held) = (read("train"), read("test"));
            println!("{} {name}", case["name"]);
            println!("  train {ours:.4?} theirs {theirs:.4?}");
            println!("  test  {held:.4?} theirs {theirs_held:.4?}");
            let bound: &[usize] = match name.as_str() {
                "plain" => &[0, 1, 2, 3],
                "lottery_opportunity" => &[2],
                "lottery_false_positives" => &[3],
                name if name.ends_with("odds") => &[2, 3],
                _ => &[1],
            };
            let gap = |of: &[f64; 4]| bound.iter().fold(0.0_f64, |most, &at| most.max(of[at]));
            // A mixture keeps every rate within the slack of that of all rows.
            let most = if name.starts_with('g') {
                gap(&theirs).max(2.0 * reduction::SLACK + 1e-9)
            } else {
                gap(&theirs) + 1e-9
            };
            if gap(&ours) > most {
                wrong.push(format!("{name}: gap {} > {most}", gap(&ours)));
            }
            let [own_gap, their_gap] = [&held, &theirs_held].map(gap);
            println!("  gap held out {own_gap:.4} theirs {their_gap:.4}");
            if own_gap > their_gap + MORE {
                wrong.push(format!("{name}: gap held out {own_gap} > {their_gap}"));
            }
            if ours[0] > theirs[0] + MORE || held[0] > theirs_held[0] + MORE {
                wrong.push(format!("{name}: error {} {}", ours[0], held[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Of the same prices the same model is chosen; of fewer none that is worth more.
#[test]
fn grid_search_decides_as_fairlearn_does() {
    for case in cases() {
        let [train, test] = tables(&case);
        for (name, equal) in [("grid_parity", Equal::Parity), ("grid_odds", Equal::Odds)] {
            let theirs = &case["remedies"][name];
            let own = solved(&train.training(), &fit::LEARNERS[0], find(name).unwrap()).unwrap();
            for (table, part) in [(&train, "train"), (&test, "test")] {
                let ours = judged(table, &own);
                for (ours, what) in ours.iter().zip(["error", "parity", "tpr", "fpr"]) {
                    let theirs = theirs[part][what].as_f64().unwrap();
                    println!("{} {name} {part} {what}: {ours} {theirs}", case["name"]);
                    assert!((ours - theirs).abs() < 1e-12, "{name} {part} {what}");
                }
            }
            let chances = train.chances(&own);
            let cells = Cells::new(&train.training(), equal);
            let gaps = cells.centered(&cells.means(&train.weights, |row| chances[row]));
            let worst = gaps.iter().fold(0.0_f64, |most, gap| most.max(gap.abs()));
            let ours = 0.5 * judged(&train, &own)[0] + 0.5 * worst;
            let read = |json: &Json| json["tradeoff"].as_f64().unwrap();
            let fewer = read(&case["remedies"][format!("{name}_20")]);
            println!("{} {name}: {ours} {} {fewer}", case["name"], read(theirs));
            assert!((ours - read(theirs)).abs() < 1e-12, "{name}: {ours}");
            assert!(ours <= fewer + 1e-12, "{name}: {ours} {fewer}");
        }
    }
}

#[test]
fn correlation_is_removed_as_fairlearn_does() {
    for case in cases() {
        let [train, _] = tables(&case);
        let Stage::Pre(prepare) = repair::CORRELATION.stage else {
            panic!("it is pre")
        };
        let repairs = prepare(&train.training()).unwrap().repairs;
        let around = Around {
            repairs,
            curves: Vec::new(),
        };
        let all: Vec<Vec<f64>> = case["x"].as_array().unwrap().iter().map(numbers).collect();
        let groups = numbers(&case["groups"]);
        for (row, theirs) in case["uncorrelated"].as_array().unwrap().iter().enumerate() {
            let x = ArrayView2::from_shape((1, all[row].len()), &all[row]).unwrap();
            let ours = around.matrix(x, &[groups[row] as u32]);
            for (a, b) in ours.iter().zip(numbers(theirs)) {
                assert!((a - b).abs() < 1e-9, "{a} {b}");
            }
        }
    }
}

#[test]
fn isotonic_scores_are_those_of_scikit_learn() {
    for case in cases() {
        let [train, test] = tables(&case);
        let own = solved(&train.training(), &fit::LEARNERS[0], &calibration::ISOTONIC).unwrap();
        let scores = own
            .around
            .scores(&*own.scorer, test.x.view(), &test.groups, &|_| 0.5);
        for (group, theirs) in case["isotonic"].as_array().unwrap().iter().enumerate() {
            let rows = (0..scores.len()).filter(|&row| test.groups[row] as usize == group);
            for (row, theirs) in rows.zip(numbers(theirs)) {
                assert!(
                    (scores[row] - theirs).abs() < 1e-5,
                    "{} {theirs}",
                    scores[row]
                );
            }
        }
    }
}
