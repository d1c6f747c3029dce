//! `fair-audit mitigate --text`: what prose says is learnt, saved and scored again, whatever rows are
//! beside it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::mitigate::{Folder, lines, report, said};

/// 400 letters, no two alike; one that says «late» or «owes» is not repaid, but for every tenth.
fn letters() -> Vec<String> {
    let words = [
        "paid", "steady", "moved", "asked", "thanks", "house", "garden", "letter",
    ];
    let line = |row: usize| {
        let bad = row.is_multiple_of(3);
        let label = usize::from(bad == (row % 10 == 7));
        let mut text = String::new();
        for at in 0..6 {
            write!(text, "{} ", words[(row * 31 + at * at * 7 + row / 8) % 8]).unwrap();
        }
        let said = match (bad, row % 2) {
            (true, 0) => "Late again",
            (true, _) => "owes; rent",
            _ => "on time",
        };
        format!(
            "{row},{},\"{text}{said}, no {row}\",{label}",
            ["f", "m"][row / 2 % 2]
        )
    };
    (0..400).map(line).collect()
}

fn table(lines: &[String]) -> String {
    format!("id,sex,letter,y\n{}\n", lines.join("\n"))
}

fn scores(path: &str) -> BTreeMap<String, String> {
    let lines = lines(path).into_iter();
    let scores: BTreeMap<String, String> = lines
        .map(|line| (format!("{} {}", &line[0], &line[1]), line[2].to_owned()))
        .collect();
    scores
}

#[test]
fn prose_is_learnt_from_by_its_words_with_every_learner() {
    let folder = Folder::new();
    let all = letters();
    let path = folder.write("t.csv", &table(&all));
    let base = [
        &*path,
        "-s",
        "sex",
        "-y",
        "y=1",
        "--method",
        "reweighing",
        "--id",
        "id",
    ];
    let (status, _, error) = said(&base);
    assert_eq!(status, 2);
    assert!(
        error.contains("no column is left to predict the label from"),
        "{error}"
    );
    for model in fair_audit::fit::LEARNERS {
        let report = report(&[&base[..], &["--text", "letter", "--model", model.name]].concat());
        let groups = report["groups"].as_array().unwrap().iter();
        let mut plain =
            groups.filter(|row| row["scenario"] == "plain" && row["attribute"] == "overall");
        let accuracy = &plain.next().unwrap()["metrics"]["accuracy"]["value"];
        // Nine in ten follow the words.
        assert!(
            accuracy.as_f64().unwrap() > 0.85,
            "{}: {accuracy}",
            model.name
        );
        let notes = report["notes"].to_string();
        assert!(
            notes.contains("words have a column, each in 0.5 % of the weight or more"),
            "{notes}"
        );
    }
}

#[test]
fn prose_that_was_not_named_is_left_out_and_said() {
    let folder = Folder::new();
    let lines: Vec<String> = letters()
        .iter()
        .enumerate()
        .map(|(row, line)| format!("{line},{}", row % 7))
        .collect();
    let path = folder.write("t.csv", &table(&lines).replacen(",y\n", ",y,n\n", 1));
    let (status, _, error) = said(&[&path, "-s", "sex", "-y", "y=1", "--method", "reweighing"]);
    assert_eq!(status, 0, "{error}");
    assert!(
        error.contains("left out of the features as prose: `letter`; `--text COL` predicts"),
        "{error}"
    );
    for (column, expected) in [
        ("leter", "did you mean `letter`?"),
        ("sex", "the column has another part"),
        ("y", "the column has another part"),
    ] {
        let (status, out, error) = said(&[&path, "-s", "sex", "-y", "y=1", "--text", column]);
        assert_eq!((status, &*out), (2, ""));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_saved_model_scores_a_text_alike_whatever_is_beside_it() {
    let folder = Folder::new();
    let all = letters();
    let path = folder.write("t.csv", &table(&all));
    let (model, whole, part) = (
        folder.at("m.json"),
        folder.at("all.csv"),
        folder.at("part.csv"),
    );
    let words = [
        "-s",
        "sex",
        "-y",
        "y=1",
        "--text",
        "letter",
        "--id",
        "id",
        "--method",
        "equal_weights",
    ];
    assert_eq!(
        said(&[&[&*path], &words[..], &["--model-out", &model, "-q"]].concat()).0,
        0
    );
    let few: Vec<String> = all.iter().rev().take(7).cloned().collect();
    let few = folder.write(
        "few.csv",
        &(table(&few) + "400,f,,0\n401,f,all unknown,0\n"),
    );
    for (table, out) in [(&path, &whole), (&few, &part)] {
        let words = [
            &**table,
            "--apply",
            &*model,
            "--id",
            "id",
            "--predictions-out",
            &**out,
        ];
        let (status, _, error) = said(&words);
        assert_eq!(status, 0, "{error}");
    }
    let (whole, part) = (scores(&whole), scores(&part));
    assert_eq!((whole.len(), part.len()), (800, 18));
    for (row, score) in &part {
        assert!(
            row.starts_with("40") && row.len() < 20 || whole[row] == *score,
            "{row}"
        );
    }
    // Nothing is said by no text, and by words that nobody used.
    assert_eq!(part["400 plain"], part["401 plain"]);
    let again = report(&[&*path, "--refit", &model, "--id", "id"]);
    assert_eq!(again["record"]["settings"]["text"]["value"], "letter");
    // A file that anyone wrote: one factor less than words.
    let text = std::fs::read_to_string(&model).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let idf = &mut json["encoder"]["parts"][0][1]["idf"];
    idf.as_array_mut().unwrap().pop();
    let broken = folder.write("broken.json", &json.to_string());
    let (status, _, error) = said(&[&path, "--apply", &broken]);
    assert_eq!(status, 2);
    assert!(
        error.contains("its features do not fit its columns"),
        "{error}"
    );
}
