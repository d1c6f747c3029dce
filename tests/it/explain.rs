//! `fair-audit explain` from outside: what it says adds up, what was planted is found, and nothing is
//! said of what is not there.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::{json, run};
use crate::mitigate::Folder;

const GERMAN: &str = "fixtures/german.csv";

fn report(words: &[&str]) -> Value {
    json(&[&["explain"], words, &["--no-config"]].concat())
}

/// Exit status, standard output, standard error.
fn said(words: &[&str]) -> (i32, String, String) {
    let output = run(&[&["explain"], words, &["--no-config"]].concat());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn rows<'a>(report: &'a Value, section: &str, table: &str) -> &'a Vec<Value> {
    let named = |list: &'a Value, name: &str| {
        let mut list = list.as_array().unwrap().iter();
        list.find(|one| one["name"] == name).unwrap()
    };
    let section = named(&report["justice"], section);
    named(&section["tables"], table)["rows"].as_array().unwrap()
}

fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap()
}

fn sum(rows: &[Value], name: &str) -> f64 {
    rows.iter().map(|row| number(row, name)).sum()
}

/// The score of a row by a saved model.
fn applied(model: &str, row: usize) -> f64 {
    let words = [
        "mitigate",
        GERMAN,
        "--apply",
        model,
        "--method",
        "plain",
        "--no-config",
    ];
    let output = run(&words);
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().nth(row).unwrap();
    line.split(',').nth(2).unwrap().parse().unwrap()
}

#[test]
fn explain_of_a_row_adds_up_to_the_score_of_the_model() {
    for learner in ["logistic", "tree", "forest"] {
        let folder = Folder::new();
        let model = folder.at("model.json");
        let words = [
            "mitigate",
            GERMAN,
            "--model",
            learner,
            "--method",
            "equal_weights",
        ];
        let saved = ["--model-out", &model, "--no-config", "-f", "json"];
        assert!(run(&[&words[..], &saved].concat()).status.success());
        let report = report(&[
            GERMAN,
            "--model",
            &model,
            "--only",
            "contributions",
            "--row",
            "17",
        ]);
        let row = rows(&report, "contributions", "row_17");
        let total = sum(row, "contribution");
        let score = applied(&model, 17);
        let said = if learner == "logistic" {
            let terms = sum(row, "term");
            assert!((terms - total).abs() < 1e-9, "{terms} {total}");
            1.0 / (1.0 + (-total).exp())
        } else {
            total
        };
        assert!((said - score).abs() < 1e-9, "{learner}: {said} {score}");
    }
}

/// Rows of two groups: 60% of `a` and 30% of `b` have `z`, which alone decides; `noise` says nothing.
fn by_mix() -> String {
    let mut text = String::from("group,z,noise,y,decision\n");
    for row in 0..400 {
        let is_a = row % 2 == 0;
        let place = row / 2 % 10;
        let z = place < if is_a { 6 } else { 3 };
        let noise = row * 7919 % 101;
        let y = z != (row % 16 == 5);
        let group = if is_a { "a" } else { "b" };
        writeln!(
            text,
            "{group},{},{noise},{},{}",
            u8::from(z),
            u8::from(y),
            u8::from(z)
        )
        .unwrap();
    }
    text
}

#[test]
fn explain_finds_a_gap_of_values_in_the_values_and_none_in_the_treatment() {
    let folder = Folder::new();
    let path = folder.write("t.csv", &by_mix());
    let report = report(&[&path, "-s", "group", "-y", "y", "-p", "decision"]);
    let gap = rows(&report, "gap", "gap");
    let part = |name: &str| gap.iter().find(|row| row["part"] == name).unwrap();
    assert!((number(part("gap"), "value") - 0.3).abs() < 1e-9);
    assert!((number(part("explained"), "value") - 0.3).abs() < 1e-9);
    assert!(number(part("unexplained"), "value").abs() < 1e-9);
    let alone = rows(&report, "gap", "gap_alone");
    let z = alone.iter().find(|row| row["feature"] == "z").unwrap();
    assert!((number(z, "composition") - 0.3).abs() < 1e-9 && number(z, "rates").abs() < 1e-9);
    // The surrogate does the same, by `z`.
    let fidelity = rows(&report, "fidelity", "fidelity");
    assert!(fidelity.iter().all(|row| number(row, "agreement") == 1.0));
    let importance = rows(&report, "importance", "importance");
    let accuracy = |name: &str| {
        let overall = importance
            .iter()
            .find(|row| row["feature"] == name && row["attribute"] == "overall");
        number(overall.unwrap(), "accuracy")
    };
    assert!(accuracy("z") > 0.3, "{}", accuracy("z"));
    assert!(accuracy("noise").abs() < 0.01, "{}", accuracy("noise"));
    let first = &rows(&report, "contributions", "contributions_gap")[0];
    assert_eq!(first["feature"], "z");
}

#[test]
fn explain_finds_other_treatment_where_values_are_the_same() {
    let mut text = String::from("group,z,y,decision\n");
    for row in 0..400 {
        let is_a = row % 2 == 0;
        let z = row / 2 % 4 < 2;
        let decision = z && (is_a || row / 8 % 2 == 0);
        let group = if is_a { "a" } else { "b" };
        let number = u8::from;
        writeln!(
            text,
            "{group},{},{},{}",
            number(z),
            number(z),
            number(decision)
        )
        .unwrap();
    }
    let folder = Folder::new();
    let path = folder.write("t.csv", &text);
    let words = [
        &*path,
        "-s",
        "group",
        "-y",
        "y",
        "-p",
        "decision",
        "--only",
        "gap,mistakes",
    ];
    let report = report(&words);
    let gap = rows(&report, "gap", "gap");
    let part = |name: &str| gap.iter().find(|row| row["part"] == name).unwrap();
    assert!((number(part("gap"), "value") - 0.25).abs() < 1e-9);
    assert!(number(part("explained"), "value").abs() < 1e-9);
    let interval = &part("unexplained")["value_interval"];
    let (low, high) = (number(interval, "low"), number(interval, "high"));
    assert!(
        low > 0.1 && high < 0.4 && low <= 0.25 && high >= 0.25,
        "{low} {high}"
    );
}

/// What makes the groups is the same in all rows of each: no regression within them can have it.
#[test]
fn explain_regresses_on_nothing_that_makes_the_groups() {
    let own = [
        GERMAN,
        "-s",
        "sex",
        "-y",
        "credit=good",
        "--model",
        "logistic",
    ];
    let report = report(&[&own[..], &["--with-sensitive", "--only", "gap"]].concat());
    let features = rows(&report, "gap", "gap_features");
    assert!(features.len() > 5 && features.iter().all(|row| row["feature"] != "sex"));
    let gap = rows(&report, "gap", "gap");
    let part = |name: &str| gap.iter().find(|row| row["part"] == name).unwrap();
    let both = number(part("explained"), "value") + number(part("unexplained"), "value");
    assert!((both - number(part("gap"), "value")).abs() < 1e-9);
    let notes = report["justice"][0]["notes"].to_string();
    assert!(notes.contains("in the unexplained part: `sex`"), "{notes}");
}

#[test]
fn explain_says_where_a_group_is_wrongly_decided() {
    // Women in the city `x` are rejected whatever they are; elsewhere one in twenty.
    let mut text = String::from("sex,city,age,y,decision\n");
    for row in 0..800 {
        let sex = if row % 2 == 0 { "f" } else { "m" };
        let city = ["x", "y", "z", "w"][row / 2 % 4];
        let wrong = sex == "f" && city == "x" || row % 20 == 3;
        let decision = u8::from(!wrong);
        writeln!(text, "{sex},{city},{},1,{decision}", 20 + row * 31 % 47).unwrap();
    }
    // Some who should be rejected, so that there are two labels.
    text.push_str(&"f,y,30,0,0\nm,y,40,0,0\n".repeat(40));
    let folder = Folder::new();
    let path = folder.write("t.csv", &text);
    let words = [
        &*path, "-s", "sex", "-y", "y", "-p", "decision", "--only", "mistakes",
    ];
    let report = report(&words);
    let list = rows(&report, "mistakes", "mistakes");
    let first = list.iter().find(|row| row["group"]["sex"] == "f").unwrap();
    assert_eq!(
        (&first["rule"], &first["mistake"]),
        (&"city = x".into(), &"wrongly negative".into())
    );
    assert!(number(first, "rate") == 1.0 && number(first, "elsewhere") < 0.15);
    assert!(number(&first["difference_interval"], "low") > 0.5);
    for row in list {
        assert!(number(row, "rate") > number(row, "elsewhere"), "{row}");
    }
    let facts = report["profile"]["facts"].to_string();
    let said =
        "of the rows labelled positive where city = x, 100.0% are wrongly negative, of the others";
    assert!(facts.contains(said), "{facts}");
}

#[test]
fn explain_shows_how_scores_depend_on_a_feature() {
    let words = [GERMAN, "--model", "logistic", "--only", "dependence"];
    let report = report(&[&words[..], &["--feature", "duration_months"]].concat());
    let list = rows(&report, "dependence", "dependence_duration_months");
    let overall: Vec<f64> = list
        .iter()
        .filter(|row| row["attribute"] == "overall")
        .map(|row| number(row, "score"))
        .collect();
    assert!(overall.len() > 3);
    // A logistic regression without interactions: longer loans are worse at every point.
    assert!(
        overall.windows(2).all(|pair| pair[0] > pair[1]),
        "{overall:?}"
    );
}

#[test]
fn explain_is_the_same_on_any_number_of_threads() {
    let all = |threads: &str| {
        said(&[
            GERMAN, "--model", "tree", "--row", "3", "-j", threads, "-f", "json",
        ])
    };
    let (one, three) = (all("1"), all("3"));
    assert_eq!(one.0, 0);
    assert_eq!(one.1, three.1);
}

#[test]
fn explain_refuses_in_a_sentence_what_cannot_be_asked() {
    let folder = Folder::new();
    let bare = folder.write("t.csv", "sex,x\nf,1\nm,2\nf,3\n");
    let cases: [(&[&str], &str); 7] = [
        (&[GERMAN, "--row", "0"], "there is no such row"),
        (&[GERMAN, "--row", "1001"], "there is no such row"),
        (
            &[GERMAN, "--feature", "durations"],
            "the model sees no such column",
        ),
        (&[GERMAN, "--model", "logistics"], "there is no such model"),
        (&[GERMAN, "--model", "no.json"], "cannot read no.json"),
        (
            &[GERMAN, "--method", "plain"],
            "it says which model of a saved file is meant",
        ),
        (&[&bare, "-s", "sex"], "no label is known"),
    ];
    for (words, problem) in cases {
        let (status, out, err) = said(words);
        assert_eq!((status, out.as_str()), (2, ""), "{words:?}");
        assert!(err.contains(problem), "{words:?}: {err}");
    }
}
