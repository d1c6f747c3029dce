//! `fair-audit mitigate --fold-by` and `--fold-time`: what must be kept apart is, what nobody held out
//! is in no scenario, and a table that cannot be parted is a sentence.

use std::fmt::Write as _;

use crate::mitigate::{Folder, lines, report, said};

/// 300 rows of 60 people; the person alone tells the label, the day rises by person. The features
/// say nothing but who it is.
fn visits() -> String {
    let mut text = "person,day,sex,code,y\n".to_owned();
    for row in 0..300_u32 {
        let person = row % 60;
        let label = (person * 7919 + 13) % 101 % 2;
        let day = format!("2026-{:02}-{:02}", row / 28 % 12 + 1, row % 28 + 1);
        let sex = ["f", "m"][(person % 3 / 2) as usize];
        writeln!(text, "p{person},{day},{sex},c{person},{label}").unwrap();
    }
    text
}

fn number(report: &serde_json::Value, metric: &str) -> f64 {
    let measures = report["groups"].as_array().unwrap().iter();
    let own =
        |row: &&serde_json::Value| row["scenario"] == "plain" && row["attribute"] == "overall";
    measures
        .filter(own)
        .map(|row| row["metrics"][metric]["value"].as_f64().unwrap())
        .next()
        .unwrap()
}

#[test]
fn who_is_held_out_was_never_learnt_from() {
    let folder = Folder::new();
    let table = folder.write("t.csv", &visits());
    let words = [&*table, "-s", "sex", "-y", "y=1", "--method", "reweighing"];
    let mixed = report(&[&words[..], &["--ignore", "person,day"]].concat());
    let apart = report(&[&words[..], &["--fold-by", "person", "--ignore", "day"]].concat());
    // `code` is another name of the person: known of those who were seen before, and of nobody else.
    assert!(number(&mixed, "accuracy") > 0.95);
    assert!(number(&apart, "accuracy") < 0.75);
    assert_eq!(apart["record"]["settings"]["fold_by"]["value"], "person");
}

#[test]
fn rows_before_the_first_part_are_in_no_scenario() {
    let folder = Folder::new();
    let table = folder.write("t.csv", &visits());
    let (out, model) = (folder.at("p.csv"), folder.at("m.json"));
    let words = [
        &*table,
        "-s",
        "sex",
        "-y",
        "y=1",
        "--method",
        "reweighing",
        "--fold-time",
        "day",
        "--folds",
        "4",
        "--predictions-out",
        &out,
        "--model-out",
        &model,
    ];
    let report_of = report(&words);
    let groups = report_of["groups"].as_array().unwrap();
    let mut overall = groups.iter().filter(|row| row["attribute"] == "overall");
    // 300 rows in 5 parts, of which the first is never held out.
    assert!(overall.clone().count() >= 2);
    assert!(overall.all(|row| row["rows"] == 240), "{overall:?}");
    let notes = report_of["notes"].to_string();
    assert!(
        notes.contains("the first 60 rows are only learnt from"),
        "{notes}"
    );
    let scored = lines(&out).into_iter().filter(|line| &line[1] == "plain");
    let scored: Vec<bool> = scored.map(|line| !line[2].is_empty()).collect();
    assert_eq!(scored, (0..300).map(|row| row >= 60).collect::<Vec<bool>>());
    let again = report(&[&table, "--refit", &model]);
    assert_eq!(again["record"]["settings"]["fold_time"]["value"], "day");
    let other = report(&[&table, "--refit", &model, "--fold-by", "person"]);
    assert_eq!(other["record"]["settings"]["fold_by"]["value"], "person");
    assert!(other["record"]["settings"]["fold_time"].is_null());
}

#[test]
fn what_the_table_decided_itself_is_measured_on_the_same_rows() {
    let folder = Folder::new();
    let visits = visits();
    let decided = visits.lines().enumerate().map(|(at, line)| match at {
        0 => format!("{line},decision\n"),
        // Always right at first, never later.
        at if at <= 60 => format!("{line},{}\n", &line[line.len() - 1..]),
        _ => format!("{line},{}\n", u8::from(!line.ends_with('1'))),
    });
    let table = folder.write("t.csv", &decided.collect::<String>());
    let words = [
        "-s",
        "sex",
        "-y",
        "y=1",
        "-p",
        "decision=1",
        "--method",
        "reweighing",
    ];
    let report = report(
        &[
            &[&*table],
            &words[..],
            &["--fold-time", "day", "--folds", "4"],
        ]
        .concat(),
    );
    let mut groups = report["groups"].as_array().unwrap().iter();
    let own = groups.find(|row| row["attribute"] == "overall" && row["scenario"] == "as_given");
    assert_eq!(own.unwrap()["metrics"]["accuracy"]["value"], 0.0);
}

#[test]
fn what_cannot_be_parted_is_a_sentence() {
    let folder = Folder::new();
    let table = folder.write("t.csv", &visits());
    let base = [&*table, "-s", "sex", "-y", "y=1"];
    for (more, expected) in [
        (vec!["--fold-by", "persom"], "did you mean `person`?"),
        (
            vec!["--fold-time", "code"],
            "it is neither all numbers nor all dates",
        ),
        (
            vec!["--fold-by", "sex"],
            "`sex` has too few different values for 5 folds: 2",
        ),
        (
            vec!["--fold-by", "sex", "--fold-time", "day"],
            "--fold-time",
        ),
        (
            vec!["--fold-by", "y", "--folds", "2"],
            "every row that is learnt from has the same label",
        ),
    ] {
        let (status, out, error) = said(&[&base[..], &more].concat());
        assert_eq!((status, &*out), (2, ""), "{more:?}");
        assert!(error.contains(expected), "{more:?}: {error}");
    }
    // One has no name, and days of one month are missing.
    let holes = visits().replace("\np3,", "\n,").replace("2026-02-", "NA");
    let no_day = holes.matches(",NA").count();
    let table = folder.write("h.csv", &days_missing(&holes));
    let (status, _, error) = said(&[&*table, "-s", "sex", "-y", "y=1", "--fold-by", "person"]);
    assert_eq!(status, 0, "{error}");
    assert!(
        error.contains("5 rows without a `person` are kept together"),
        "{error}"
    );
    let (status, _, error) = said(&[&*table, "-s", "sex", "-y", "y=1", "--fold-time", "day"]);
    assert_eq!(status, 0, "{error}");
    let expected = format!("{no_day} rows without a `day` are in no fold");
    assert!(no_day > 0 && error.contains(&expected), "{error}");
}

/// What is no day becomes nothing.
fn days_missing(text: &str) -> String {
    let days = (1..=28).map(|day| format!(",NA{day:02},"));
    days.fold(text.to_owned(), |text, day| text.replace(&day, ",,"))
}
