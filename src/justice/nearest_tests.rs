//! Ways to another decision against brute force: every combination of values is scored.

use std::sync::Arc;

use super::actions::{Declared, Norm, Path, To, actions};
use super::model::{Baseline, Subject, Whole};
use super::recourse::Recourse;
use super::search::Search;
use super::{Asking, Case};
use crate::fit;
use crate::fit::features::{Feature, Raw, Values};
use crate::stats::random::Streams;

/// A made table: two whole numbers, a level, a group and a label that hangs on all of them.
struct World {
    features: Vec<Feature>,
    rows: Vec<u32>,
    groups: Vec<u32>,
    y: Vec<Option<bool>>,
    weights: Vec<f64>,
}

const ROWS: usize = 240;

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Streams::new(seed).stream(0);
        let mut drawn =
            |below: u64| -> Vec<u64> { (0..ROWS).map(|_| random.below(below)).collect() };
        let (one, two, mut level, group) = (drawn(9), drawn(6), drawn(3), drawn(2));
        let noise = drawn(7);
        // One row of a level that models know as `other`, and that helps more than any.
        level[0] = 3;
        let number = |name: &str, list: &[u64]| Feature {
            name: name.to_owned(),
            values: Values::Number,
            raw: Raw::Numbers(list.iter().map(|&x| x as f64).collect()),
        };
        let levels = ["low", "middle", "top", "rare"].map(|text| Some(Box::from(text)));
        let text = Feature {
            name: "level".to_owned(),
            values: Values::Text,
            raw: Raw::Texts(
                level.iter().map(|&x| x as u32).collect(),
                Arc::new(levels.into()),
            ),
        };
        let sum = |at: usize| 2 * one[at] + 3 * two[at] + 4 * level[at] + 3 * group[at] + noise[at];
        Self {
            features: vec![
                number("one", &one),
                number("two", &two),
                text,
                number("group", &group),
            ],
            rows: (0..ROWS as u32).collect(),
            groups: group.iter().map(|&x| x as u32).collect(),
            y: (0..ROWS).map(|at| Some(at == 0 || sum(at) > 24)).collect(),
            weights: vec![1.0; ROWS],
        }
    }

    fn model(&self, name: &str) -> Whole {
        let model = fit::find(name).unwrap();
        let to = (self.y.as_slice(), self.weights.as_slice(), 0);
        Whole {
            about: name.to_owned(),
            model: Baseline::fit(model, &self.features, &self.rows, to).unwrap(),
        }
    }
}

fn declared(ends: (f64, f64)) -> Declared {
    let mut declared = Declared {
        immutable: vec!["group".to_owned()],
        ..Declared::default()
    };
    declared.monotone.insert("one".to_owned(), true);
    declared.bounds.insert("two".to_owned(), ends);
    declared
}

fn asking() -> Asking {
    Asking {
        singles: Vec::new(),
        features: Vec::new(),
        repeats: 2,
        confidence: 0.95,
        min_group: 1,
        seed: 0,
        alike: crate::justice::Alike::default(),
    }
}

/// Every combination of what may become of a row.
fn all(search: &Search, row: u32, ends: (f64, f64)) -> Vec<Path> {
    let number = |at: usize| match &search.case.features[at].raw {
        Raw::Numbers(numbers) => numbers[row as usize],
        Raw::Texts(..) => f64::NAN,
    };
    let (one, two) = (number(0), number(1));
    let mut paths = Vec::new();
    for x in 0..9 {
        for y in 0..6 {
            for level in ["low", "middle", "rare", "top"] {
                let (x, y) = (f64::from(x), f64::from(y));
                if x < one || y != two && !(ends.0..=ends.1).contains(&y) {
                    continue;
                }
                let mut changes = Vec::new();
                if x != one {
                    changes.push((0, To::Number(x)));
                }
                if y != two {
                    changes.push((1, To::Number(y)));
                }
                if super::actions::level_of(&search.case.features[2], row) != Some(level) {
                    changes.push((2, To::Level(level.to_owned())));
                }
                let cost = search.cost(row, &changes);
                paths.push(Path {
                    row,
                    changes,
                    cost,
                    is_exact: true,
                });
            }
        }
    }
    paths
}

/// Ways that were found and the cheapest of all, row by row.
fn both(
    name: &str,
    (seed, favorable): (u64, bool),
    ends: (f64, f64),
    (norm, by_percentile): (Norm, bool),
) -> Vec<(Option<Path>, Option<f64>)> {
    let world = World::new(seed);
    let model = world.model(name);
    let (asking, mut declared) = (asking(), declared(ends));
    declared.norm = norm;
    declared.by_percentile = by_percentile;
    let names = ["0", "1"]
        .map(|text| std::iter::once(("group".to_owned(), Some(text.to_owned()))).collect());
    let case = Case {
        features: &world.features,
        rows: &world.rows,
        groups: &world.groups,
        names: &names,
        attribute: "group",
        labels: &world.y,
        given: &[],
        scores: &[],
        target: &world.y,
        weights: &world.weights,
        whole: &model,
        held: &model,
        stand_ins: &[],
        chosen: 0,
        reference: None,
        deciding: "",
        asking: &asking,
    };
    let actions = actions(&case, &declared);
    let recourse = Recourse {
        case: &case,
        declared: &declared,
        favorable,
        is_of_all: false,
    };
    let outcome = recourse.outcome(&actions).unwrap();
    assert!(outcome.ways.len() > 20, "{}", outcome.ways.len());
    for way in outcome.ways.iter().filter_map(|(_, way)| way.as_ref()) {
        for (at, to) in &way.changes {
            if let To::Number(to) = to {
                let from = super::actions::number_of(&world.features[*at], way.row).unwrap();
                assert!(actions[*at].allows(from, *to), "{name}: {way:?}");
            }
        }
    }
    let search = Search {
        case: &case,
        subject: &model as &dyn Subject,
        actions: &actions,
        wanted: favorable,
        norm,
    };
    let cheapest = |row: u32| {
        let paths = all(&search, row, ends);
        let answers = search.ask(&paths).unwrap();
        let turned = paths
            .iter()
            .zip(answers)
            .filter(|(_, (_, is_turned))| *is_turned);
        turned.map(|(path, _)| path.cost).reduce(f64::min)
    };
    let ways = outcome.ways.into_iter();
    ways.map(|(row, way)| (way, cheapest(row))).collect()
}

/// Ways of a model against brute force, over worlds, decisions that are wanted, and ends.
fn are_cheapest(name: &str, count: (Norm, bool)) {
    for seed in 1..4 {
        for favorable in [true, false] {
            let ends = [(1.0, 4.0), (3.0, 3.0), (2.0, 9.0)][seed as usize - 1];
            for (way, cheapest) in both(name, (seed, favorable), ends, count) {
                let cost = way.as_ref().map(|way| way.cost);
                match (cost, cheapest) {
                    (Some(ours), Some(theirs)) => {
                        assert!((ours - theirs).abs() < 1e-9, "{name}: {way:?} {theirs}");
                    }
                    _ => assert_eq!(cost, cheapest, "{name}: {way:?}"),
                }
            }
        }
    }
}

#[test]
fn ways_of_linear_models_and_trees_cost_what_brute_force_says() {
    are_cheapest("logistic", (Norm::Sum, false));
    are_cheapest("tree", (Norm::Sum, false));
}

#[test]
fn ways_that_pass_the_least_share_of_rows_cost_what_brute_force_says() {
    for norm in [Norm::Sum, Norm::Largest] {
        are_cheapest("logistic", (norm, true));
        are_cheapest("tree", (norm, true));
    }
    are_cheapest("tree", (Norm::Largest, false));
}

/// What is found by trying is found wherever there is a way, and hardly dearer than the cheapest.
#[test]
fn ways_that_are_found_by_trying_cost_hardly_more_than_the_cheapest() {
    // Nearly all rows of naive Bayes are decided alike.
    for (name, dearer, ways) in [
        ("bayes", 1.001, &[true][..]),
        ("forest", 1.02, &[true, false]),
    ] {
        let (mut there, mut found) = (0, 0);
        let (mut ours, mut theirs) = (0.0, 0.0);
        let worlds = (1..4).flat_map(|seed| ways.iter().map(move |way| (seed, *way)));
        for (seed, favorable) in worlds {
            let ends = [(1.0, 4.0), (3.0, 3.0), (2.0, 9.0)][seed as usize - 1];
            for (way, cheapest) in both(name, (seed, favorable), ends, (Norm::Sum, false)) {
                let Some(cheapest) = cheapest else {
                    assert!(way.is_none(), "{name}: {way:?}");
                    continue;
                };
                there += 1;
                if let Some(way) = way {
                    assert!(way.cost >= cheapest - 1e-9, "{name}: {way:?} {cheapest}");
                    found += 1;
                    ours += way.cost;
                    theirs += cheapest;
                }
            }
        }
        assert!(there > 400, "{name}: {there}");
        assert_eq!(found, there, "{name}");
        assert!(ours <= dearer * theirs, "{name}: {}", ours / theirs);
    }
}

/// What is told lies within the ends also where changes are short, and where the row is far outside.
#[test]
fn short_ways_stay_within_their_ends() {
    let mut found = 0;
    for seed in 1..4 {
        for ends in [(3.0, 3.0), (2.0, 9.0), (4.0, 5.0)] {
            let ways = both("logistic", (seed, seed != 2), ends, (Norm::Root, false));
            found += ways.iter().filter(|(way, _)| way.is_some()).count();
        }
    }
    assert!(found > 100, "{found}");
}
