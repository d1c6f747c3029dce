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
    /// A world by its seed; one of its numbers has `fine` times as many values.
    fn new(seed: u64, fine: u64) -> Self {
        let mut random = Streams::new(seed).stream(0);
        let mut drawn =
            |below: u64| -> Vec<u64> { (0..ROWS).map(|_| random.below(below)).collect() };
        let (one, two, mut level, group) = (drawn(9 * fine), drawn(6), drawn(3), drawn(2));
        let noise = drawn(7);
        // One row of a level that models know as `other`, and that helps more than any.
        level[0] = 3;
        let number = |name: &str, list: &[u64], unit: u64| Feature {
            name: name.to_owned(),
            values: Values::Number,
            raw: Raw::Numbers(list.iter().map(|&x| x as f64 / unit as f64).collect()),
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
        let sum = |at: usize| {
            2 * one[at] / fine + 3 * two[at] + 4 * level[at] + 3 * group[at] + noise[at]
        };
        Self {
            features: vec![
                number("one", &one, fine),
                number("two", &two, 1),
                text,
                number("group", &group, 1),
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

/// How costs come together, whether they are shares, and whether a model is asked that could be known.
type Count = (Norm, bool, bool);

/// Ways that were found and the cheapest of all, row by row.
fn both(
    name: &str,
    (seed, favorable): (u64, bool),
    ends: (f64, f64),
    count: Count,
) -> Vec<(Option<Path>, Option<f64>)> {
    held_against(name, (seed, favorable, 1), ends, count, |search, row| {
        all(search, row, ends)
    })
}

/// Ways that were found and the cheapest of others, row by row.
fn held_against(
    name: &str,
    (seed, favorable, fine): (u64, bool, u64),
    ends: (f64, f64),
    (norm, by_percentile, is_searched): Count,
    others: impl Fn(&Search, u32) -> Vec<Path>,
) -> Vec<(Option<Path>, Option<f64>)> {
    let world = World::new(seed, fine);
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
    let search = Search {
        case: &case,
        subject: &model as &dyn Subject,
        actions: &actions,
        wanted: favorable,
        norm,
    };
    let mut ways = outcome.ways;
    if is_searched {
        let rows: Vec<u32> = ways.iter().map(|(row, _)| *row).collect();
        let columns = case.columns();
        let scores = model.scores(&case.asked(&columns, &rows)).unwrap();
        let asked: Vec<(u32, f64)> = rows.into_iter().zip(scores).collect();
        let found = search.searched(&asked).unwrap();
        ways.iter_mut()
            .zip(found)
            .for_each(|(way, found)| way.1 = found);
    }
    for way in ways.iter().filter_map(|(_, way)| way.as_ref()) {
        for (at, to) in &way.changes {
            if let To::Number(to) = to {
                let from = super::actions::number_of(&world.features[*at], way.row).unwrap();
                assert!(actions[*at].allows(from, *to), "{name}: {way:?}");
            }
        }
    }
    let ways = ways.into_iter();
    ways.map(|(row, way)| (way, cheapest(&search, &others(&search, row))))
        .collect()
}

/// What the cheapest of these paths costs that turns the decision.
fn cheapest(search: &Search, paths: &[Path]) -> Option<f64> {
    let answers = search.ask(paths).unwrap();
    let turned = paths
        .iter()
        .zip(answers)
        .filter(|(_, (_, is_turned))| *is_turned);
    turned.map(|(path, _)| path.cost).reduce(f64::min)
}

/// Either decision is wanted.
const BOTH: [bool; 2] = [true, false];

/// Ways of a model against brute force, over worlds, decisions that are wanted, and ends.
fn are_cheapest(name: &str, wanted: &[bool], (norm, by_percentile): (Norm, bool)) {
    let count = (norm, by_percentile, false);
    for seed in 1..4 {
        for &favorable in wanted {
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
    are_cheapest("logistic", &BOTH, (Norm::Sum, false));
    are_cheapest("tree", &BOTH, (Norm::Sum, false));
}

#[test]
fn ways_that_pass_the_least_share_of_rows_cost_what_brute_force_says() {
    for norm in [Norm::Sum, Norm::Largest] {
        are_cheapest("logistic", &BOTH, (norm, true));
        are_cheapest("tree", &BOTH, (norm, true));
    }
    are_cheapest("tree", &BOTH, (Norm::Largest, false));
}

/// All that a row of few values could be is tried: nothing is cheaper.
#[test]
fn ways_of_any_model_of_few_values_cost_what_brute_force_says() {
    // Nearly all rows of naive Bayes are decided alike.
    are_cheapest("bayes", &[true], (Norm::Sum, false));
    are_cheapest("forest", &BOTH, (Norm::Sum, false));
    are_cheapest("forest", &BOTH, (Norm::Sum, true));
}

/// Of one number that has many values, of another, or of the level: no change of one alone is cheaper.
#[test]
fn ways_of_many_values_cost_no_more_than_any_change_of_one_feature() {
    let ends = (0.0, 9.0);
    let single = |search: &Search, row: u32| -> Vec<Path> {
        let path = |at: usize, to: To| {
            let changes = vec![(at, to)];
            let cost = search.cost(row, &changes);
            Path {
                row,
                changes,
                cost,
                is_exact: true,
            }
        };
        let Raw::Numbers(one) = &search.case.features[0].raw else {
            panic!("a number")
        };
        let own = one[row as usize];
        let rises = (0..540).map(|x| f64::from(x) / 60.0).filter(|x| *x > own);
        let one = rises
            .filter(|x| one.contains(x))
            .map(|x| path(0, To::Number(x)));
        let two = (0..6).map(|x| path(1, To::Number(f64::from(x))));
        let levels = ["low", "middle", "rare", "top"];
        let level = levels.map(|own| path(2, To::Level(own.to_owned())));
        one.chain(two).chain(level).collect()
    };
    for (name, wanted) in [("bayes", &[true][..]), ("forest", &BOTH)] {
        for by_percentile in [false, true] {
            let count = (Norm::Sum, by_percentile, false);
            let (mut there, mut dearer) = (0, 0);
            for &favorable in wanted {
                let ways = held_against(name, (1, favorable, 60), ends, count, single);
                for (way, least) in ways {
                    let Some(least) = least else { continue };
                    there += 1;
                    let way = way.expect("a way of one feature is found");
                    dearer += u32::from(way.cost > 1.05 * least);
                }
            }
            assert!(
                there > 50 && dearer * 50 <= there,
                "{name}: {dearer} of {there}"
            );
        }
    }
}

/// What is found by trying is found wherever there is a way, and hardly dearer than the cheapest.
#[test]
fn ways_that_are_found_by_trying_cost_hardly_more_than_the_cheapest() {
    // Nearly all rows of naive Bayes are decided alike.
    let all = [
        ("bayes", 1.001, &[true][..], false),
        ("forest", 1.02, &BOTH, false),
        ("forest", 1.02, &BOTH, true),
    ];
    for (name, dearer, ways, by_percentile) in all {
        let (mut there, mut found) = (0, 0);
        let (mut ours, mut theirs) = (0.0, 0.0);
        let worlds = (1..4).flat_map(|seed| ways.iter().map(move |way| (seed, *way)));
        for (seed, favorable) in worlds {
            let ends = [(1.0, 4.0), (3.0, 3.0), (2.0, 9.0)][seed as usize - 1];
            for (way, cheapest) in both(
                name,
                (seed, favorable),
                ends,
                (Norm::Sum, by_percentile, true),
            ) {
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
            let ways = both(
                "logistic",
                (seed, seed != 2),
                ends,
                (Norm::Root, false, false),
            );
            found += ways.iter().filter(|(way, _)| way.is_some()).count();
        }
    }
    assert!(found > 100, "{found}");
}
