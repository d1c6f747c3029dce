//! Our Shapley values against those of the package shap (`fixtures/explained.py`), and means by group
//! against numbers by hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ndarray::Array2;
use serde_json::Value as Json;

use super::means::Mean;
use super::oaxaca::{Sides, Taken, redrawn, taken};
use super::shapley::shapley;
use crate::fit::Saved;
use crate::fit::tree::Node;
use crate::mitigate::shared::columns;

fn expected() -> Json {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/explained.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(json: &Json) -> Vec<f64> {
    let list = json.as_array().unwrap().iter();
    list.map(|x| x.as_f64().unwrap()).collect()
}

fn matrix(json: &Json) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = json.as_array().unwrap().iter().map(numbers).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(row, column)| {
        rows[row][column]
    })
}

fn linear(json: &Json) -> Saved {
    Saved::Logistic {
        coefficients: numbers(&json["coefficients"]),
        intercept: json["intercept"].as_f64().unwrap(),
    }
}

fn tree(json: &Json) -> Saved {
    let nodes: Vec<Node> = serde_json::from_value(json["nodes"].clone()).unwrap();
    Saved::Tree { nodes }
}

fn forest(json: &Json) -> Saved {
    let trees: Vec<Vec<Node>> = serde_json::from_value(json["forest_nodes"].clone()).unwrap();
    assert!(trees.len() > 3 && trees.iter().all(|nodes| nodes.len() > 3));
    Saved::Forest { trees }
}

fn close(ours: f64, theirs: f64, what: &str) {
    assert!(
        (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
        "{what}: {ours}, theirs {theirs}"
    );
}

fn means(x: &Array2<f64>) -> Vec<f64> {
    let columns = x.columns().into_iter();
    columns.map(|own| own.sum() / own.len() as f64).collect()
}

#[test]
fn contributions_are_those_of_shap() {
    let json = &expected()["made"];
    let x = matrix(&json["x"]);
    for (model, base, values) in [
        (linear(json), "linear_base", "linear"),
        (tree(json), "tree_base", "tree"),
        (forest(json), "forest_base", "forest"),
    ] {
        let ours = shapley(&model, x.view(), &means(&x)).unwrap();
        close(ours.base, json[base].as_f64().unwrap(), base);
        let theirs = matrix(&json[values]);
        assert!(theirs.iter().any(|x| x.abs() > 0.01));
        for (at, (ours, theirs)) in ours.values.iter().zip(&theirs).enumerate() {
            close(*ours, *theirs, &format!("{values} {at}"));
        }
    }
}

#[test]
fn contributions_add_up_to_what_the_model_says() {
    let json = &expected()["made"];
    let x = matrix(&json["x"]);
    let kept = vec![0, 1, 2, 3, 4];
    let models = [
        (linear(json), true),
        (tree(json), false),
        (forest(json), false),
    ];
    for (model, is_log_odds) in models {
        let inner = Box::new(model);
        let kept = kept.clone();
        let model = Saved::Columns { kept, inner };
        let ours = shapley(&model, x.view(), &means(&x)).unwrap();
        let scores = model.score(x.view());
        for (row, score) in ours.values.rows().into_iter().zip(scores) {
            let sum = ours.base + row.sum();
            let said = if is_log_odds {
                crate::fit::logistic::sigmoid(sum)
            } else {
                sum
            };
            assert!((said - score).abs() < 1e-12, "{said} {score}");
        }
    }
    let constant = Saved::Constant { score: 0.3 };
    let ours = shapley(&constant, x.view(), &means(&x)).unwrap();
    assert!(ours.values.iter().all(|x| *x == 0.0) && (ours.base - 0.3).abs() < 1e-15);
}

#[test]
fn of_a_column_that_is_split_by_twice_the_values_are_those_of_all_sets() {
    // Two columns, by hand: the value of a set of columns goes down both ways of the others.
    let leaf = |weight: f64, share: f64| Node::Leaf {
        weight,
        positive: weight * share,
    };
    let split = |column, cut, below, above| Node::Split {
        column,
        cut,
        below,
        above,
    };
    let nodes = vec![
        split(0, 0.0, 1, 4),
        split(1, 0.0, 2, 3),
        leaf(1.0, 0.0),
        leaf(3.0, 1.0),
        split(0, 2.0, 5, 6),
        leaf(2.0, 0.5),
        leaf(2.0, 0.25),
    ];
    let x = ndarray::arr2(&[[-1.0, 1.0], [3.0, -1.0]]);
    let model = Saved::Tree { nodes };
    let ours = shapley(&model, x.view(), &[0.0, 0.0]).unwrap();
    let (base, values) = (ours.base, ours.values);
    // Nothing known: half goes below, where it is 3/4; above it is 3/8.
    let nothing = 0.5 * 0.75 + 0.5 * 0.375;
    let sets = |first: f64, second: f64, both: f64| {
        let a = f64::midpoint(first - nothing, both - second);
        let b = f64::midpoint(second - nothing, both - first);
        [a, b]
    };
    assert!((base - nothing).abs() < 1e-15);
    // Row 1: x0 alone goes below: 3/4. x1 alone: half 1, half 3/8. Both: 1.
    let first = sets(0.75, 0.5 + 0.5 * 0.375, 1.0);
    // Row 2: x0 alone goes above, and above again: 1/4. x1 alone: half 0, half 3/8.
    let second = sets(0.25, 0.5 * 0.375, 0.25);
    for (row, theirs) in [first, second].iter().enumerate() {
        for column in 0..2 {
            assert!(
                (values[[row, column]] - theirs[column]).abs() < 1e-15,
                "{values}"
            );
        }
    }
}

#[test]
fn means_of_contributions_are_those_of_shap_on_the_shared_tables() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/data");
    if !folder.is_dir() {
        println!("skipped: there is no ../shared/data");
        return;
    }
    let expected = expected();
    let cases = expected["shared"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let name = case["set"].as_str().unwrap();
        let columns = columns(&folder.join(format!("{name}.csv")));
        let groups = &columns[case["attribute"].as_str().unwrap()];
        let x = features(&columns, &case["features"]);
        for (model, kind) in [(linear(case), "linear"), (tree(case), "tree")] {
            let ours = shapley(&model, x.view(), &means(&x)).unwrap();
            close(ours.base, case[kind]["base"].as_f64().unwrap(), "base");
            for (group, theirs) in case[kind]["groups"].as_object().unwrap() {
                let rows: Vec<usize> = (0..groups.len())
                    .filter(|&at| groups[at] == *group)
                    .collect();
                for column in 0..x.ncols() {
                    let own = || rows.iter().map(|&row| (ours.values[[row, column]], 1.0));
                    let mean = Mean::of(own()).unwrap().value;
                    let size = Mean::of(own().map(|(x, w)| (x.abs(), w))).unwrap().value;
                    let what = format!("{name} {kind} {group} {column}");
                    close(mean, theirs["mean"][column].as_f64().unwrap(), &what);
                    close(size, theirs["size"][column].as_f64().unwrap(), &what);
                }
            }
        }
    }
}

/// `column=level` is 1 where it is; other columns are standardized.
fn features(columns: &BTreeMap<String, Vec<String>>, names: &Json) -> Array2<f64> {
    let names = names.as_array().unwrap().iter();
    let each: Vec<Vec<f64>> = names
        .map(|name| {
            let name = name.as_str().unwrap();
            if let Some((column, level)) = name.split_once('=') {
                let own = columns[column].iter();
                return own.map(|x| f64::from(u8::from(x == level))).collect();
            }
            let own: Vec<f64> = columns[name].iter().map(|x| x.parse().unwrap()).collect();
            let count = own.len() as f64;
            let mean = own.iter().sum::<f64>() / count;
            let square = own.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            own.iter().map(|x| (x - mean) / square.sqrt()).collect()
        })
        .collect();
    Array2::from_shape_fn((each[0].len(), each.len()), |(row, column)| {
        each[column][row]
    })
}

#[test]
fn the_interval_of_a_mean_is_that_of_student() {
    let json = &expected()["mean"];
    let x = numbers(&json["x"]);
    // Weights that are all the same say nothing.
    let mean = Mean::of(x.iter().map(|&x| (x, 2.0))).unwrap();
    let interval = mean.interval(0.95).unwrap();
    close(interval.low, json["low"].as_f64().unwrap(), "low");
    close(interval.high, json["high"].as_f64().unwrap(), "high");
    assert!(Mean::of(std::iter::empty::<(f64, f64)>()).is_none());
    let one = Mean::of(std::iter::once((1.0, 1.0))).unwrap();
    assert!(one.interval(0.95).is_none());
}

#[test]
fn the_parts_of_a_gap_are_those_of_statsmodels() {
    let json = &expected()["oaxaca"];
    let x = matrix(&json["x"]);
    let y = numbers(&json["y"]);
    let first = json["first"].as_array().unwrap().iter();
    let first: Vec<bool> = first.map(|own| own.as_bool().unwrap()).collect();
    let weights = vec![1.0; y.len()];
    let sides = Sides {
        x: x.view(),
        y: &y,
        weights: &weights,
        is_first: &first,
    };
    let ours = taken(&sides).unwrap();
    let sum = |list: &[f64]| list.iter().sum::<f64>();
    let theirs = |name: &str| json[name].as_f64().unwrap();
    close(ours.gap, theirs("gap"), "gap");
    close(sum(&ours.explained), theirs("explained"), "explained");
    close(sum(&ours.unexplained), theirs("unexplained"), "unexplained");
    close(sum(&ours.endowments), theirs("endowments"), "endowments");
    close(
        sum(&ours.coefficients),
        theirs("coefficients"),
        "coefficients",
    );
    close(sum(&ours.interaction), theirs("interaction"), "interaction");
    let two = sum(&ours.explained) + sum(&ours.unexplained);
    close(two, ours.gap, "both parts");
    // A row of weight 2 is the row twice.
    let twice: Vec<f64> = (0..y.len())
        .map(|at| f64::from(1 + u8::from(at % 3 == 0)))
        .collect();
    let rows: Vec<usize> = (0..y.len())
        .flat_map(|at| vec![at; twice[at] as usize])
        .collect();
    let weighted = taken(&Sides {
        weights: &twice,
        ..sides
    })
    .unwrap();
    let repeated = x.select(ndarray::Axis(0), &rows);
    let own_y: Vec<f64> = rows.iter().map(|&at| y[at]).collect();
    let own_first: Vec<bool> = rows.iter().map(|&at| first[at]).collect();
    let all = taken(&Sides {
        x: repeated.view(),
        y: &own_y,
        weights: &vec![1.0; rows.len()],
        is_first: &own_first,
    })
    .unwrap();
    for (a, b) in weighted.explained.iter().zip(&all.explained) {
        close(*a, *b, "weights");
    }
}

#[test]
fn redrawn_gaps_lie_around_the_gap_and_depend_on_the_seed_alone() {
    let json = &expected()["oaxaca"];
    let x = matrix(&json["x"]);
    let y = numbers(&json["y"]);
    let first = json["first"].as_array().unwrap().iter();
    let first: Vec<bool> = first.map(|own| own.as_bool().unwrap()).collect();
    let sides = Sides {
        x: x.view(),
        y: &y,
        weights: &vec![1.0; y.len()],
        is_first: &first,
    };
    let gaps = |list: &[Taken]| list.iter().map(|own| own.gap).sum::<f64>() / list.len() as f64;
    let draws = redrawn(&sides, 100, 7).unwrap();
    assert!((gaps(&draws) - taken(&sides).unwrap().gap).abs() < 0.05);
    assert_eq!(draws, redrawn(&sides, 100, 7).unwrap());
    assert_ne!(draws, redrawn(&sides, 100, 8).unwrap());
}

/// By all sets of columns: what the mean of some trees is where only the columns of a set are known.
fn by_all_sets(trees: &[Vec<Node>], x: ndarray::ArrayView1<f64>) -> Vec<f64> {
    fn known(nodes: &[Node], at: usize, x: ndarray::ArrayView1<f64>, set: usize) -> (f64, f64) {
        match &nodes[at] {
            Node::Leaf { weight, positive } => (positive / weight, *weight),
            Node::Split {
                column,
                cut,
                below,
                above,
            } => {
                let sides = [*below, *above].map(|to| known(nodes, to, x, set));
                let weight = sides[0].1 + sides[1].1;
                let value = if (set >> column) & 1 == 0 {
                    sides.iter().map(|(value, own)| value * own / weight).sum()
                } else {
                    sides[usize::from(x[*column] > *cut)].0
                };
                (value, weight)
            }
        }
    }
    let width = x.len();
    let of = |set: usize| {
        let all = trees.iter().map(|nodes| known(nodes, 0, x, set).0);
        all.sum::<f64>() / trees.len() as f64
    };
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let value = |column: usize| {
        let sets = (0..1 << width).filter(|set| (set >> column) & 1 == 0);
        let each = sets.map(|set: usize| {
            let size = set.count_ones() as usize;
            let ways = factorial(size) * factorial(width - size - 1) / factorial(width);
            ways * (of(set | (1 << column)) - of(set))
        });
        each.sum()
    };
    (0..width).map(value).collect()
}

#[test]
fn contributions_of_a_forest_that_is_fitted_here_are_those_of_all_sets() {
    let (rows, width) = (300, 6);
    let cell = |row: usize, column: usize| ((row * 7919 + column * 104_729) % 1009) as f64 / 1009.0;
    let x = Array2::from_shape_fn((rows, width), |(row, column)| cell(row, column));
    let y: Vec<bool> = (0..rows)
        .map(|row| x[[row, 0]] + x[[row, 1]] * x[[row, 2]] > 0.6 + 0.3 * x[[row, 5]])
        .collect();
    let sample = crate::fit::Sample {
        x: x.view(),
        y: &y,
        weights: &vec![1.0; rows],
        seed: 3,
    };
    let model = crate::fit::find("forest").unwrap();
    let saved = crate::fit::fit(model, &sample, &[]).unwrap().scorer.saved();
    let mut inner = &saved;
    while let Saved::Columns {
        kept,
        inner: within,
    } = inner
    {
        assert_eq!(*kept, (0..width).collect::<Vec<usize>>());
        inner = within;
    }
    let Saved::Forest { trees } = inner else {
        panic!("{inner:?}")
    };
    let some = x.slice(ndarray::s![..5, ..]);
    let ours = shapley(&saved, some, &vec![0.0; width]).unwrap();
    for (row, own) in some.rows().into_iter().zip(ours.values.rows()) {
        let theirs = by_all_sets(trees, row);
        assert!(theirs.iter().any(|x| x.abs() > 0.01));
        for (ours, theirs) in own.iter().zip(theirs) {
            close(*ours, theirs, "of all sets");
        }
    }
}
