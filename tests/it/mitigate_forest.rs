//! `fair-audit mitigate --model forest`: a learner that ignores weights says that rows were drawn, is
//! saved and scored again, and is the same in every run.

use std::fmt::Write as _;
use std::fs;

use crate::mitigate::{Folder, lines, said};

fn table() -> String {
    let mut text = "sex,a,b,y\n".to_owned();
    for row in 0..160_u32 {
        let (a, b) = (row * 37 % 101, row * 53 % 89);
        let label = u32::from(a + b + row % 2 * 20 > 100);
        writeln!(text, "{},{a},{b},{label}", ["f", "m"][row as usize % 2]).unwrap();
    }
    text
}

#[test]
fn a_forest_says_that_rows_were_drawn_and_is_saved_whole() {
    let folder = Folder::new();
    let path = folder.write("t.csv", &table());
    let run = |model: &str, threads: &str| {
        let words = [
            "-s",
            "sex",
            "-y",
            "y=1",
            "--model",
            "forest",
            "--method",
            "reweighing",
            "--folds",
            "2",
            "-j",
            threads,
            "--model-out",
            model,
            "-f",
            "json",
        ];
        let (status, out, error) = said(&[&[&*path], &words[..]].concat());
        assert_eq!(status, 0, "{error}");
        out
    };
    let (one, two) = (folder.at("1.json"), folder.at("2.json"));
    let report = run(&one, "1");
    assert!(
        report.contains("weights by resampling: linfa's ensemble ignores them"),
        "{report}"
    );
    // Nothing of it is said of the plain model: its rows count the same.
    let notes: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert!(!notes["notes"].to_string().contains("resampling"));
    run(&two, "2");
    assert_eq!(
        fs::read_to_string(&one).unwrap(),
        fs::read_to_string(&two).unwrap()
    );
    let out = folder.at("p.csv");
    let (status, _, error) = said(&[&path, "--apply", &one, "--predictions-out", &out]);
    assert_eq!(status, 0, "{error}");
    let scored = lines(&out);
    assert_eq!(scored.len(), 320);
    let right = scored
        .iter()
        .filter(|line| &line[1] == "plain")
        .zip(
            table()
                .lines()
                .skip(1)
                .map(|line| line.ends_with(",1"))
                .collect::<Vec<bool>>(),
        )
        .filter(|(line, label)| (&line[3] == "1") == *label);
    assert!(right.count() > 144);
    // A file that anyone wrote: a tree that leads to itself.
    let mut json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&one).unwrap()).unwrap();
    let mut inner = &mut json["models"][0]["model"];
    while inner["kind"] == "columns" {
        inner = &mut inner["inner"];
    }
    inner["trees"][7][0] = serde_json::json!({"column": 0, "cut": 0.0, "below": 0, "above": 0});
    let broken = folder.write("b.json", &json.to_string());
    let (status, _, error) = said(&[&path, "--apply", &broken]);
    assert_eq!(status, 2);
    assert!(
        error.contains("the model does not fit its features"),
        "{error}"
    );
}
