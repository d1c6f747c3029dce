//! Our remedies against numbers that others recorded for tables too large, or not free enough, to
//! lie in `fixtures/`. Where `../shared/data` is missing the test says so and passes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ndarray::{Array2, Axis};
use serde_json::Value as Json;

use super::cells::{Cells, Equal};
use super::laws::{Table, apart, rates};
use super::oracle::MORE;
use super::trial::solved;
use super::*;
use crate::fit;

fn shared() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !folder.is_dir() {
        println!("skipped: there is no ../shared/data");
    }
    folder.is_dir().then_some(folder)
}

/// The columns of a file, by name.
pub(crate) fn columns(path: &Path) -> BTreeMap<String, Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let names = reader.headers().unwrap().clone();
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in reader.records() {
        for (name, value) in names.iter().zip(record.unwrap().iter()) {
            let column = columns.entry(name.to_owned()).or_default();
            column.push(value.to_owned());
        }
    }
    columns
}

/// The columns of a shared table.
fn of_set(folder: &Path, set: &str) -> BTreeMap<String, Vec<String>> {
    columns(&folder.join(format!("data/{set}.csv")))
}

fn entries(folder: &Path, set: &str, suite: &str) -> Vec<Json> {
    let path = folder.join(format!("goldens/{set}.json"));
    let json: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let entries = json["entries"].as_array().unwrap().iter();
    entries.filter(|e| e["suite"] == suite).cloned().collect()
}

fn value(entries: &[Json], metric: &str) -> Option<f64> {
    let found = entries
        .iter()
        .find(|e| e["metric"] == metric && e["group"].is_null());
    found.and_then(|e| e["value"].as_f64())
}

/// The features as the entry `setup` has them, of all rows that are kept.
fn matrix(columns: &BTreeMap<String, Vec<String>>, rows: &[usize], setup: &Json) -> Array2<f64> {
    let features = setup["features"].as_array().unwrap();
    let each = features.iter().map(|name| {
        let name = name.as_str().unwrap();
        if let Some((column, level)) = name.split_once('=') {
            let is_level = |&row: &usize| f64::from(u8::from(columns[column][row] == level));
            return rows.iter().map(is_level).collect::<Vec<f64>>();
        }
        let own: Vec<f64> = rows
            .iter()
            .map(|&row| columns[name][row].parse().unwrap())
            .collect();
        let mean = own.iter().sum::<f64>() / own.len() as f64;
        let square = own.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / own.len() as f64;
        own.iter().map(|x| (x - mean) / square.sqrt()).collect()
    });
    let each: Vec<Vec<f64>> = each.collect();
    Array2::from_shape_fn((rows.len(), each.len()), |(row, column)| each[column][row])
}

/// The rows that models were fitted to, and the others, and what was recorded of them.
fn split(folder: &Path, set: &str) -> ([Table; 2], Vec<Json>) {
    let (attribute, groups, label, positive) = if set == "german" {
        ("age_group", ["25+", "under 25"], "credit", "good")
    } else {
        let groups = ["African-American", "Caucasian"];
        ("race", groups, "two_year_recid", "1")
    };
    let columns = of_set(folder, set);
    let entries = entries(folder, set, "mitigation");
    let setup = &entries.iter().find(|e| e["metric"] == "setup").unwrap()["value"];
    let kept: Vec<usize> = (0..columns[attribute].len())
        .filter(|&row| groups.contains(&columns[attribute][row].as_str()))
        .collect();
    let x = matrix(&columns, &kept, setup);
    let is_train = |at: usize| match columns.get("split").filter(|_| set == "german") {
        Some(split) => split[kept[at]] == "train",
        None => at % 10 < 7,
    };
    let tables = [true, false].map(|wanted| {
        let own: Vec<usize> = (0..kept.len())
            .filter(|&at| is_train(at) == wanted)
            .collect();
        let of = |at: &usize| &columns[attribute][kept[*at]];
        let y = own.iter().map(|&at| columns[label][kept[at]] == positive);
        Table {
            x: x.select(Axis(0), &own),
            groups: own
                .iter()
                .map(|at| u32::from(of(at) == groups[1]))
                .collect(),
            count: 2,
            y: y.collect(),
            weights: vec![1.0; own.len()],
        }
    });
    assert_eq!(setup["train_rows"].as_u64(), Some(tables[0].y.len() as u64));
    (tables, entries)
}

/// The gap that a remedy is about: selection, true or false positive rates, or both of these.
#[derive(Clone, Copy)]
enum Gap {
    Parity,
    Opportunity,
    Odds,
}

/// How far rates by chance lie apart at most.
fn gap(table: &Table, chances: &[f64], kind: Gap) -> f64 {
    let [all, positive, negative] = [
        apart(&rates(table, chances, |_| true)),
        apart(&rates(table, chances, |row| table.y[row])),
        apart(&rates(table, chances, |row| !table.y[row])),
    ];
    match kind {
        Gap::Parity => all,
        Gap::Opportunity => positive,
        Gap::Odds => positive.max(negative),
    }
}

/// What a remedy makes equal, the name of the recorded number, and how far rates may lie apart on
/// the training rows.
fn bound(name: &str) -> Option<(Gap, &'static str, f64)> {
    let slack = 2.0 * reduction::SLACK + 1e-9;
    let (parity, opportunity, odds) = (
        "demographic_parity_difference",
        "equal_opportunity_difference",
        "equalized_odds_difference",
    );
    match name {
        "gradient_parity" => Some((Gap::Parity, parity, slack)),
        // The model of least error + gap may leave one: COMPAS ends at 0.0278, as with fairlearn's
        // grid of 20 and of 61 models.
        "grid_parity" => Some((Gap::Parity, parity, 0.028)),
        "gradient_odds" => Some((Gap::Odds, odds, slack)),
        "lottery_parity" => Some((Gap::Parity, parity, 1e-9)),
        "lottery_odds" => Some((Gap::Odds, odds, 1e-9)),
        "lottery_opportunity" => Some((Gap::Opportunity, opportunity, 1e-9)),
        _ => None,
    }
}

#[test]
fn hardly_more_error_than_recorded_on_the_same_splits() {
    let Some(folder) = shared() else { return };
    let pairs = [
        ("plain", "lr_l2"),
        (
            "gradient_parity",
            "exponentiated_gradient.demographic_parity",
        ),
        ("gradient_odds", "exponentiated_gradient.equalized_odds"),
        ("grid_parity", "grid_search.demographic_parity"),
        ("lottery_parity", "threshold_optimizer.demographic_parity"),
        ("lottery_odds", "threshold_optimizer.equalized_odds"),
        (
            "lottery_opportunity",
            "threshold_optimizer.true_positive_rate_parity",
        ),
        (
            "lottery_false_positives",
            "threshold_optimizer.false_positive_rate_parity",
        ),
    ];
    for set in ["german", "compas_6172"] {
        let ([train, test], entries) = split(&folder, set);
        for (name, theirs) in pairs {
            let own = solved(&train.training(), &fit::LEARNERS[0], find(name).unwrap()).unwrap();
            let chances = test.chances(&own);
            let right = chances.iter().zip(&test.y);
            let right = right.map(|(p, &y)| if y { *p } else { 1.0 - p });
            let ours = right.sum::<f64>() / test.y.len() as f64;
            // Where it was recorded the accuracy that is expected, else that of one draw, which is
            // off by its standard error.
            let expected = value(&entries, &format!("{theirs}.expected_accuracy"));
            let off = if name.starts_with("gradient") {
                0.5 / (test.y.len() as f64).sqrt()
            } else {
                0.0
            };
            let of = theirs;
            let theirs = expected
                .or_else(|| value(&entries, &format!("{theirs}.accuracy")))
                .unwrap();
            println!("{set} {name}: held out {ours:.4}, theirs {theirs:.4}");
            assert!(ours >= theirs - MORE - off, "{set} {name}: {ours} {theirs}");
            let Some((kind, metric, bound)) = bound(name) else {
                continue;
            };
            let [fitted, held] =
                [&train, &test].map(|table| gap(table, &table.chances(&own), kind));
            assert!(
                fitted <= bound,
                "{set} {name}: {fitted} on the training rows"
            );
            // Of rows that were not fitted to as recorded, to the tolerance that it was recorded
            // with.
            let recorded = entries
                .iter()
                .find(|e| e["metric"] == format!("{of}.{metric}"));
            let recorded = recorded.unwrap();
            let [most, tolerance] = ["value", "tol"].map(|key| recorded[key].as_f64().unwrap());
            println!("  gap {fitted:.4}, held out {held:.4}, theirs {most:.4}");
            assert!(held <= most + tolerance, "{set} {name}: {held} > {most}");
        }
    }
}

#[test]
fn a_constraint_binds_on_the_shared_tables() {
    let Some(folder) = shared() else { return };
    for set in ["german", "compas_6172"] {
        let ([train, test], _) = split(&folder, set);
        for (name, equal) in [
            ("constrained_parity", Equal::Parity),
            ("constrained_odds", Equal::Odds),
            ("constrained_just_loss", Equal::JustLoss),
            ("constrained_fair_loss", Equal::FairLoss),
        ] {
            let own = solved(&train.training(), &fit::LEARNERS[0], find(name).unwrap()).unwrap();
            let [fitted, held] = [&train, &test].map(|table| {
                let scores = own.scorer.score(table.x.view());
                let cells = Cells::new(&table.training(), equal);
                cells.violation(&cells.means(&table.weights, |row| scores[row]))
            });
            println!("{set} {name}: held out {held:.4}; {}", own.notes.join("; "));
            assert!(fitted <= 1e-6, "{set} {name}: {fitted}");
        }
    }
}

/// Labels, scores and groups of a table as AIF360 had them: the second group is the privileged one.
fn scored(
    folder: &Path,
    (set, attribute, privileged): (&str, &str, &str),
    (label, positive): (&str, &str),
) -> (Table, Vec<f64>) {
    let columns = of_set(folder, set);
    let rows: Vec<usize> = (0..columns[label].len()).collect();
    let table = Table {
        x: Array2::zeros((rows.len(), 1)),
        groups: rows
            .iter()
            .map(|&r| u32::from(columns[attribute][r] == privileged))
            .collect(),
        count: 2,
        y: rows
            .iter()
            .map(|&r| columns[label][r] == positive)
            .collect(),
        weights: vec![1.0; rows.len()],
    };
    let scores = columns["score"]
        .iter()
        .map(|s| s.parse().unwrap())
        .collect();
    (table, scores)
}

const SETS: [(&str, &str, &str, &str, &str); 3] = [
    ("german", "age_group", "25+", "credit", "good"),
    ("adult_test", "sex", "Male", "income", ">50K"),
    ("compas_6172", "race", "Caucasian", "two_year_recid", "1"),
];

fn post(remedy: &Mitigation, table: &Table, scores: &[f64]) -> Decided {
    let Stage::Post(post) = remedy.stage else {
        panic!("it is post")
    };
    post(&table.training(), scores).unwrap()
}

/// AIF360 mixes decisions by a linear program of its own; its chances, written down, make odds equal
/// on these rows. Ours knows the scores, and errs no more.
#[test]
fn odds_are_as_equal_as_by_aif360_with_no_more_error() {
    let Some(folder) = shared() else { return };
    for (set, attribute, privileged, label, positive) in SETS {
        let entries = entries(&folder, set, "aif360mit");
        let found = entries.iter().find(|e| e["metric"] == "eq_odds.params");
        let params = &found.unwrap()["value"];
        let (table, scores) = scored(&folder, (set, attribute, privileged), (label, positive));
        let decided = &of_set(&folder, set)["pred"];
        let theirs: Vec<f64> = decided
            .iter()
            .zip(&table.groups)
            .map(|(decision, &group)| {
                let side = if group == 1 { "s" } else { "o" };
                let from = if decision == positive { "p2p" } else { "n2p" };
                params[format!("{side}{from}")].as_f64().unwrap()
            })
            .collect();
        let own = post(&lottery::ODDS, &table, &scores);
        let ours = scores.iter().zip(&table.groups);
        let ours: Vec<f64> = ours
            .map(|(score, &group)| own.cuts[group as usize].chance(*score).unwrap())
            .collect();
        let error = |chances: &[f64]| {
            let rows = chances.iter().zip(&table.y);
            let wrong = rows.map(|(p, &y)| if y { 1.0 - p } else { *p });
            wrong.sum::<f64>() / table.y.len() as f64
        };
        let [our_gap, their_gap] = [&ours, &theirs].map(|c| gap(&table, c, Gap::Odds));
        let [our_error, their_error] = [&ours, &theirs].map(|c| error(c));
        println!("{set}: gap {our_gap:.1e} {their_gap:.1e}, error {our_error:.4} {their_error:.4}");
        assert!(their_gap < 1e-9, "{set}: read wrongly: {their_gap}");
        assert!(our_gap < 1e-9, "{set}: {our_gap}");
        assert!(
            our_error <= their_error + 1e-9,
            "{set}: {our_error} {their_error}"
        );
    }
}

/// AIF360 is told which group is deprived, ours selects the group that is selected less often. Of
/// German and Adult it is the same one. COMPAS was turned: there those who are called deprived are
/// predicted to reoffend, the label that is called favorable, more often, so that any margin widens
/// the gap and AIF360 is left with a threshold at which hardly anyone, or everyone, is selected. Told
/// the same, ours finds the same; by itself it errs less and meets the bound too.
#[test]
fn the_reject_option_is_that_of_aif360() {
    let Some(folder) = shared() else { return };
    for (set, attribute, privileged, label, positive) in SETS {
        let entries = entries(&folder, set, "aif360mit");
        let (table, scores) = scored(&folder, (set, attribute, privileged), (label, positive));
        let is_turned = set == "compas_6172";
        for (remedy, gap, metric) in [
            (
                &reject::PARITY,
                reject::Gap::Selected,
                "statistical_parity_difference",
            ),
            (&reject::ODDS, reject::Gap::Odds, "average_odds_difference"),
            (
                &reject::OPPORTUNITY,
                reject::Gap::TruePositive,
                "equal_opportunity_difference",
            ),
        ] {
            let read =
                |what: &str| value(&entries, &format!("reject_option.{metric}.{what}")).unwrap();
            let (threshold, margin) = (read("threshold"), read("margin"));
            let told = reject::said(&table.training(), &scores, &[true, false], gap).unwrap();
            println!("{set} {metric}: told {told:?}, theirs {threshold} {margin}");
            assert!(
                (told.0 - threshold).abs() < 1e-6,
                "{set} {metric}: {told:?}"
            );
            assert!((told.1 - margin).abs() < 1e-6, "{set} {metric}: {told:?}");
            let own = post(remedy, &table, &scores);
            let chances = scores.iter().zip(&table.groups);
            let chances: Vec<f64> = chances
                .map(|(score, &group)| own.cuts[group as usize].chance(*score).unwrap())
                .collect();
            let right = chances.iter().zip(&table.y);
            let right = right.filter(|(p, y)| (**p > 0.5) == **y).count();
            let accuracy = right as f64 / scores.len() as f64;
            let [all, positive, negative] = [
                rates(&table, &chances, |_| true),
                rates(&table, &chances, |row| table.y[row]),
                rates(&table, &chances, |row| !table.y[row]),
            ]
            .map(|rates| rates[0] - rates[1]);
            let left = match gap {
                reject::Gap::Selected => all,
                reject::Gap::Odds => f64::midpoint(positive, negative),
                reject::Gap::TruePositive => positive,
            };
            let theirs = (read("accuracy"), read(metric));
            println!(
                "  {:?}: accuracy {accuracy}, gap {left}, theirs {theirs:?}",
                own.notes
            );
            if is_turned {
                assert!(left.abs() <= 0.05, "{set} {metric}: {left}");
                assert!(accuracy > theirs.0, "{set} {metric}: {accuracy}");
            } else {
                assert!((left - theirs.1).abs() < 1e-6, "{set} {metric}: {left}");
                assert!((accuracy - theirs.0).abs() < 1e-6, "{set} {metric}");
            }
        }
    }
}

#[test]
fn scores_are_withheld_as_often_as_by_aif360() {
    let Some(folder) = shared() else { return };
    let mut compared = 0;
    for (set, attribute, privileged, label, positive) in SETS {
        let entries = entries(&folder, set, "aif360mit");
        let (table, scores) = scored(&folder, (set, attribute, privileged), (label, positive));
        for (remedy, cost) in [
            (&withheld::WEIGHTED, "weighted"),
            (&withheld::FALSE_NEGATIVES, "fnr"),
            (&withheld::FALSE_POSITIVES, "fpr"),
        ] {
            let own = post(remedy, &table, &scores);
            let chance = |group: usize| match own.curves[group] {
                Curve::Withheld { chance, .. } => chance,
                _ => 0.0,
            };
            for (group, side) in [(1, "priv"), (0, "unpriv")] {
                let theirs = value(
                    &entries,
                    &format!("calibrated_eq_odds.{cost}.{side}_mix_rate"),
                );
                let theirs = theirs.unwrap();
                // Beyond 1 no chance does it: then ours is as high as can be, and said.
                let most = theirs.clamp(0.0, 1.0);
                assert!(
                    (chance(group) - most).abs() < 1e-6,
                    "{set} {cost} {side}: {}",
                    chance(group)
                );
                assert!(theirs <= 1.0 || !own.notes.is_empty());
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 18);
}
