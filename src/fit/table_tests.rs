//! A table in memory, features and matrices: what becomes of every kind of column.

use std::fs;

use super::encoder::Encoder;
use super::features::{Feature, Features, Raw, Values, features};
use super::load::load;
use crate::data::guess::Asked;
use crate::data::{Batch, Column, Plan};
use crate::read::memory::Memory;
use crate::read::{self, Shape, Source, Want};
use crate::tally::{sample, scan};

/// Opens a table of text, and hands over its plan and itself in memory.
fn with(text: &str, asked: &Asked, test: impl FnOnce(&dyn Source, &Plan, &Memory)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, text).unwrap();
    let source = read::open(&[path.into_os_string()], &read::Options::default()).unwrap();
    let source = source.as_ref();
    let understood = sample::understand(source, asked).unwrap();
    let looks = sample::numeric(source, asked).unwrap();
    let memory = load(source, &understood.plan, (&looks, &[]), |_| false).unwrap();
    test(source, &understood.plan, &memory);
}

fn asked() -> Asked {
    Asked {
        sensitive: vec!["sex".to_owned()],
        label: Some("y".to_owned()),
        intersect: 2,
        ..Asked::default()
    }
}

fn all(memory: &Memory, plan: &Plan) -> Features {
    features(memory, plan, (false, &[]), |_| false)
}

fn named<'a>(features: &'a [Feature], name: &str) -> &'a Feature {
    features.iter().find(|f| f.name == name).unwrap()
}

/// 120 rows with a column of every kind.
fn table() -> String {
    let mut text = "sex,y,number,date,level,sparse,text,row,empty\n".to_owned();
    for at in 0..120_usize {
        let sex = ["f", "m"][at % 2];
        let level = ["a", "b", "c"][at * at % 7 % 3];
        let sparse = if at % 5 == 0 {
            String::new()
        } else {
            (at % 7).to_string()
        };
        let y = usize::from(at % 3 == 0);
        let day = 1 + at % 28;
        let number = (at * 37) % 11;
        text += &format!("{sex},{y},{number},2024-02-{day:02},{level},{sparse},words {at},{at},\n");
    }
    text
}

#[test]
fn a_table_in_memory_is_the_file_batch_by_batch() {
    with(&table(), &asked(), |source, plan, memory| {
        assert_eq!(memory.len(), 120);
        let (of_file, seen) = scan::scan(source, plan).unwrap();
        let (of_memory, again) = scan::scan(memory, plan).unwrap();
        assert_eq!(of_file, of_memory);
        assert_eq!(seen, again);
        // A column held as text is read as numbers, and the other way round.
        let column = |name: &str| {
            let mut columns = memory.columns().iter();
            columns.position(|field| field.name == name).unwrap()
        };
        let read = |name: &str, shape: Shape| {
            let want = Want {
                column: column(name),
                shape,
                nulls: plan.nulls.clone().into(),
            };
            let mut sum = 0.0;
            let mut texts = 0;
            for piece in 0..memory.pieces() {
                let mut each = |batch: &Batch| {
                    match &batch.columns[0] {
                        Column::Numbers(numbers) => sum += numbers.iter().sum::<f64>(),
                        Column::Codes(codes) => texts += codes.values.len(),
                    }
                    Ok(std::ops::ControlFlow::Continue(()))
                };
                memory
                    .read(piece, std::slice::from_ref(&want), &mut each)
                    .unwrap();
            }
            (sum, texts)
        };
        assert_eq!(read("y", Shape::Numbers), (40.0, 0));
        assert!(read("number", Shape::Codes).1 > 0);
    });
}

#[test]
fn columns_are_numbers_dates_texts_or_no_feature_at_all() {
    with(&table(), &asked(), |_, plan, memory| {
        let found = all(memory, plan);
        let kinds: Vec<(&str, Values)> = found
            .list
            .iter()
            .map(|f| (f.name.as_str(), f.values))
            .collect();
        assert_eq!(
            kinds,
            [
                ("number", Values::Number),
                ("date", Values::Date),
                ("level", Values::Text),
                ("sparse", Values::Number),
            ]
        );
        let notes = found.notes.join("\n");
        assert!(notes.contains("identifiers: `text`, `row`"), "{notes}");
        assert!(notes.contains("with no values: `empty`"), "{notes}");
        let with_sensitive = features(memory, plan, (true, &[]), |_| false);
        assert!(with_sensitive.list.iter().any(|f| f.name == "sex"));
        let Raw::Numbers(days) = &named(&found.list, "date").raw else {
            panic!("dates are numbers");
        };
        assert_eq!(days[1] - days[0], 1.0);
    });
}

fn text(name: &str, values: &[Option<&str>]) -> Feature {
    let mut distinct: Vec<Option<Box<str>>> = Vec::new();
    let key = |value: Option<&str>| {
        let value = value.map(Box::from);
        let at = distinct.iter().position(|known| *known == value);
        at.unwrap_or_else(|| {
            distinct.push(value);
            distinct.len() - 1
        }) as u32
    };
    let keys = values.iter().copied().map(key).collect();
    Feature {
        name: name.to_owned(),
        values: Values::Text,
        raw: Raw::Texts(keys, std::sync::Arc::new(distinct)),
    }
}

fn number(name: &str, values: &[f64]) -> Feature {
    Feature {
        name: name.to_owned(),
        values: Values::Number,
        raw: Raw::Numbers(values.to_vec()),
    }
}

#[test]
fn what_is_missing_is_the_mean_and_a_column_that_says_so() {
    let features = [number("x", &[1.0, 3.0, f64::NAN, 100.0, f64::NAN])];
    let weights = [1.0; 5];
    let encoder = Encoder::fit(&features, &[0, 1, 2], &weights).unwrap();
    assert_eq!(encoder.names, ["x", "x is missing"]);
    let matrix = encoder.matrix(&features, &[0, 1, 2, 3, 4]).unwrap();
    let rows: Vec<Vec<f64>> = matrix.rows().into_iter().map(|r| r.to_vec()).collect();
    // Mean 2 and deviation 1 are those of the training rows alone.
    assert_eq!(
        rows,
        [
            vec![-1.0, 0.0],
            vec![1.0, 0.0],
            vec![0.0, 1.0],
            vec![98.0, 0.0],
            vec![0.0, 1.0]
        ]
    );
}

#[test]
fn rare_and_unseen_levels_are_one_and_the_heaviest_is_the_baseline() {
    let mut values = vec![Some("often"); 300];
    values.extend([Some("second"); 100]);
    values.extend([None; 50]);
    values.push(Some("rare"));
    values.push(Some("never seen"));
    let features = [text("l", &values)];
    let weights = vec![1.0; values.len()];
    let training: Vec<u32> = (0..451).collect();
    let encoder = Encoder::fit(&features, &training, &weights).unwrap();
    assert_eq!(encoder.names, ["l is missing", "l=second", "l: other"]);
    let matrix = encoder.matrix(&features, &[0, 300, 400, 450, 451]).unwrap();
    let rows: Vec<Vec<f64>> = matrix.rows().into_iter().map(|r| r.to_vec()).collect();
    assert_eq!(
        rows,
        [
            vec![0.0, 0.0, 0.0],
            vec![0.0, 1.0, 0.0],
            vec![1.0, 0.0, 0.0],
            vec![0.0, 0.0, 1.0],
            vec![0.0, 0.0, 1.0]
        ]
    );
    // The same from its text, on a table whose texts have other keys.
    let saved = serde_json::to_string(&encoder).unwrap();
    let encoder: Encoder = serde_json::from_str(&saved).unwrap();
    let other = [text(
        "l",
        &[Some("new"), Some("second"), None, Some("often")],
    )];
    let matrix = encoder.matrix(&other, &[0, 1, 2, 3]).unwrap();
    let ones: Vec<Option<usize>> = matrix
        .rows()
        .into_iter()
        .map(|row| row.iter().position(|x| *x == 1.0))
        .collect();
    assert_eq!(ones, [Some(2), Some(1), Some(0), None]);
}

#[test]
fn a_matrix_is_never_wider_than_its_limit() {
    let level = |feature: usize, row: usize| format!("v{}", (row * (feature + 1)) % 97);
    let features: Vec<Feature> = (0..60)
        .map(|feature| {
            let values: Vec<String> = (0..970).map(|row| level(feature, row)).collect();
            let values: Vec<Option<&str>> = values.iter().map(|v| Some(v.as_str())).collect();
            text(&format!("f{feature}"), &values)
        })
        .collect();
    let rows: Vec<u32> = (0..970).collect();
    let encoder = Encoder::fit(&features, &rows, &vec![1.0; 970]).unwrap();
    assert!(encoder.names.len() <= super::encoder::MOST_COLUMNS);
    assert!(encoder.names.len() > 60);
    assert!(!encoder.notes.is_empty());
}

#[test]
fn constant_columns_are_left_out_and_huge_ones_stay_finite() {
    let features = [
        number("same", &[5.0; 4]),
        number("huge", &[1e308, -1e308, 1e300, 0.0]),
    ];
    let encoder = Encoder::fit(&features, &[0, 1, 2, 3], &[1.0; 4]).unwrap();
    assert_eq!(encoder.names, ["huge"]);
    assert!(encoder.notes[0].contains("the same in every row: `same`"));
    let matrix = encoder.matrix(&features, &[0, 1, 2, 3]).unwrap();
    assert!(matrix.iter().all(|x| x.is_finite()));
    let square: f64 = matrix.iter().map(|x| x * x).sum();
    assert!((square / 4.0 - 1.0).abs() < 1e-12);
}
