//! Laws over every learner, scikit-learn's numbers, and tables that are bad.

use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use ndarray::{Array1, Array2, Axis, concatenate};
use serde_json::Value as Json;

use super::logistic::{Logistic, LogisticParams};
use super::*;
use crate::error::{Error, Unfit};

fn fixture() -> (Json, Array2<f64>, Vec<bool>, Vec<f64>) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/fitted.json");
    let json: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let rows = json["x"].as_array().unwrap();
    let width = rows[0].as_array().unwrap().len();
    let cells = rows.iter().flat_map(numbers).collect();
    let x = Array2::from_shape_vec((rows.len(), width), cells).unwrap();
    let y = numbers(&json["y"]).iter().map(|&y| y > 0.5).collect();
    let weights = numbers(&json["weights"]);
    (json, x, y, weights)
}

fn numbers(json: &Json) -> Vec<f64> {
    let list = json.as_array().unwrap();
    list.iter().map(|x| x.as_f64().unwrap()).collect()
}

fn scores(model: &Model, x: &Array2<f64>, y: &[bool], weights: &[f64]) -> Array1<f64> {
    let sample = Sample {
        x: x.view(),
        y,
        weights,
        seed: 0,
    };
    let fitted = fit(model, &sample, &[]).unwrap();
    fitted.scorer.score(x.view())
}

fn is_close(a: &Array1<f64>, b: &Array1<f64>, tolerance: f64) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

#[test]
fn coefficients_are_those_of_scikit_learn() {
    let (json, x, y, weights) = fixture();
    let targets: Array1<bool> = y.iter().copied().collect();
    for case in json["logistic"].as_array().unwrap() {
        let mut params = LogisticParams::default().ridge(case["ridge"].as_f64().unwrap());
        if case["weighted"].as_bool().unwrap() {
            params = params.weights(weights.clone());
        }
        let data = DatasetBase::new(x.view(), targets.clone());
        let fitted: Result<Logistic, Error> = params.fit(&data);
        let fitted = fitted.unwrap();
        let mut ours = fitted.coefficients.to_vec();
        ours.push(fitted.intercept);
        let mut theirs = numbers(&case["coefficients"]);
        theirs.push(case["intercept"].as_f64().unwrap());
        for (a, b) in ours.iter().zip(&theirs) {
            assert!(
                (a - b).abs() <= 1e-6,
                "{}: {ours:?} {theirs:?}",
                case["name"]
            );
        }
        let predicted: Array1<f64> = fitted.predict(&x);
        assert_eq!(predicted, fitted.score(x.view()));
    }
}

#[test]
fn chances_are_those_of_scikit_learn() {
    let (json, x, y, weights) = fixture();
    let ours = scores(find("bayes").unwrap(), &x, &y, &weights);
    assert!(is_close(
        &ours,
        &Array1::from(numbers(&json["bayes"])),
        1e-9
    ));
}

#[test]
fn weight_2_is_the_row_twice_and_weight_0_is_no_row() {
    let (_, x, y, _) = fixture();
    let doubled = |row: usize| row.is_multiple_of(3);
    let left_out = |row: usize| row % 7 == 1;
    let weights: Vec<f64> = (0..y.len())
        .map(|row| {
            if left_out(row) {
                0.0
            } else {
                1.0 + f64::from(u8::from(doubled(row)))
            }
        })
        .collect();
    let kept: Vec<usize> = (0..y.len()).filter(|&row| !left_out(row)).collect();
    let again: Vec<usize> = kept.iter().copied().filter(|&row| doubled(row)).collect();
    let twice = concatenate![Axis(0), x.select(Axis(0), &kept), x.select(Axis(0), &again)];
    let labels: Vec<bool> = kept.iter().chain(&again).map(|&row| y[row]).collect();
    for model in LEARNERS.iter().filter(|model| model.is_weighted) {
        let one = scores(model, &x, &y, &weights);
        let sample = Sample {
            x: twice.view(),
            y: &labels,
            weights: &vec![1.0; labels.len()],
            seed: 0,
        };
        let two = fit(model, &sample, &[]).unwrap().scorer.score(x.view());
        assert!(is_close(&one, &two, 1e-9), "{}", model.name);
        let plain = scores(model, &x, &y, &vec![1.0; y.len()]);
        assert!(
            !is_close(&one, &plain, 1e-4),
            "{}: weights count for nothing",
            model.name
        );
    }
}

#[test]
fn threads_and_repetition_change_no_bit() {
    let rows = 9_000;
    let x = Array2::from_shape_fn((rows, 4), |(i, j)| {
        ((i * 31 + j * 17) % 101) as f64 / 50.0 - 1.0
    });
    let y: Vec<bool> = (0..rows)
        .map(|i| (i * 7919) % 100 < 30 + (i * 31) % 50)
        .collect();
    let weights: Vec<f64> = (0..rows).map(|i| 0.1 + (i % 13) as f64).collect();
    for model in LEARNERS {
        // Many trees take their time.
        let rows = if model.is_weighted { rows } else { 1_500 };
        let x = x.select(Axis(0), &(0..rows).collect::<Vec<usize>>());
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| scores(model, &x, &y[..rows], &weights[..rows]))
        };
        let (one, three) = (on(1), on(3));
        let bits = |all: &Array1<f64>| all.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&one), bits(&three), "{}", model.name);
    }
}

#[test]
fn a_bad_table_is_a_clear_error() {
    for model in LEARNERS {
        let x = Array2::from_shape_fn((6, 2), |(i, j)| (i * (j + 1)) as f64);
        let told = |x: &Array2<f64>, y: &[bool], weights: &[f64]| {
            let sample = Sample {
                x: x.view(),
                y,
                weights,
                seed: 0,
            };
            fit(model, &sample, &[])
                .err()
                .map(|error| error.to_string())
        };
        let y = [true, false, true, false, true, false];
        let one = Some(Unfit::OneClass.to_string());
        assert_eq!(told(&x, &[true; 6], &[1.0; 6]), one, "{}", model.name);
        assert_eq!(
            told(&x, &y, &[1.0, 0.0, 1.0, 0.0, 1.0, 0.0]),
            one,
            "{}",
            model.name
        );
        assert_eq!(
            told(&x, &[], &[]),
            Some("6 rows of features, 0 labels and 0 weights".into())
        );
        assert_eq!(told(&Array2::zeros((0, 2)), &[], &[]), one);
        let mut odd = x.clone();
        odd[[2, 1]] = f64::NAN;
        let said = "column 1 of the features holds what is no finite number";
        assert_eq!(told(&odd, &y, &[1.0; 6]).as_deref(), Some(said));
        assert_eq!(told(&x, &y, &[-1.0; 6]).as_deref(), Some("-1 is no weight"));
        assert!(told(&x, &y, &[1e308; 6]).is_some());
        let small = told(&x, &y, &[1e-300; 6]);
        assert!(small.is_some_and(|said| said.ends_with("is no weight")));
    }
}

#[test]
fn weights_that_are_small_beside_the_ridge_are_told() {
    let x = Array2::from_shape_fn((60, 2), |(i, j)| (i * (j + 3) % 7) as f64);
    let y: Vec<bool> = (0..60).map(|i| i % 3 == 0).collect();
    let notes = |weight: f64| {
        let weights = vec![weight; 60];
        let sample = Sample {
            x: x.view(),
            y: &y,
            weights: &weights,
            seed: 0,
        };
        fit(&LEARNERS[0], &sample, &[]).unwrap().notes
    };
    assert!(notes(1.0 / 60.0)[0].contains("scale them to be 1 on average"));
    assert!(notes(1.0).is_empty());
}

#[test]
fn a_hard_table_is_fitted_all_the_same() {
    let y: Vec<bool> = (0..12).map(|i| i >= 6).collect();
    let column = |f: &dyn Fn(usize) -> f64| (0..12).map(f).collect::<Vec<f64>>();
    let tables: [(&str, Vec<Vec<f64>>); 6] = [
        ("separable", vec![column(&|i| i as f64)]),
        ("constant", vec![column(&|_| 3.0)]),
        (
            "twins",
            vec![column(&|i| (i % 5) as f64), column(&|i| (i % 5) as f64)],
        ),
        (
            "nearly twins",
            vec![column(&|i| i as f64), column(&|i| i as f64 * (1.0 + 1e-15))],
        ),
        (
            "an outlier",
            vec![column(&|i| if i == 3 { 1e9 } else { i as f64 })],
        ),
        (
            "wide",
            (0..40)
                .map(|j| column(&|i| ((i * i + j * 7) % 11) as f64))
                .collect(),
        ),
    ];
    for model in LEARNERS {
        for (name, columns) in &tables {
            let x = Array2::from_shape_fn((12, columns.len()), |(i, j)| columns[j][i]);
            let scores = scores(model, &x, &y, &[1.0; 12]);
            let is_chance = |p: &f64| (0.0..=1.0).contains(p);
            assert!(
                scores.iter().all(is_chance),
                "{} {name}: {scores}",
                model.name
            );
        }
    }
}

#[test]
fn without_a_ridge_separable_rows_have_no_optimum() {
    let x = Array2::from_shape_fn((12, 1), |(i, _)| i as f64);
    let y: Array1<bool> = (0..12).map(|i| i >= 6).collect();
    let params = LogisticParams::default().ridge(0.0);
    let fitted: Result<Logistic, Error> = params.fit(&DatasetBase::new(x.view(), y.clone()));
    // Either it says that there is none, or the gradient vanished on the way to infinity.
    assert!(fitted.map_or(true, |model| model.separates));
    let wrong: Result<Logistic, Error> = LogisticParams::default()
        .ridge(-1.0)
        .fit(&DatasetBase::new(x.view(), y));
    assert!(wrong.is_err());
}
