//! The justice section of an audit: losses by group from the report's own numbers, and with
//! `--justice` what a model answers, against `fixtures/turned.py`; what was not looked at is said.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::cli::{json, run};
use crate::mitigate::Folder;
use crate::turned::is_near;

const GERMAN: &str = "fixtures/german.csv";
const MODEL: &str = "python3 fixtures/model/score.py";
const ROLES: [&str; 8] = [
    "-s",
    "sex,age_group",
    "-y",
    "credit=good",
    "-p",
    "pred=good",
    "--score",
    "score",
];

fn words<'a>(own: &[&'a str]) -> Vec<&'a str> {
    [&[GERMAN, "--no-config"], &ROLES[..], own].concat()
}

fn table<'a>(report: &'a Value, name: &str) -> &'a Vec<Value> {
    let section = &report["justice"][0];
    assert_eq!(section["name"], "justice");
    let mut tables = section["tables"].as_array().unwrap().iter();
    let found = tables.find(|table| table["name"] == name).unwrap();
    found["rows"].as_array().unwrap()
}

/// Status of each question, and who or what would answer it.
fn looked_at(report: &Value, what: &str) -> (String, String) {
    let row = table(report, "looked_at")
        .iter()
        .find(|row| row["what"] == what)
        .unwrap();
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    (text("status"), text("how"))
}

fn refused(words: &[&str]) -> String {
    let output = run(words);
    assert_eq!(output.status.code(), Some(2), "{words:?}");
    assert!(output.stdout.is_empty(), "{words:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn losses_by_group_and_their_gaps_are_the_reports_own_numbers() {
    let report = json(&words(&[]));
    let rows = table(&report, "gaps");
    assert_eq!(rows.len(), 4);
    for row in rows {
        let metric = row["measure"].as_str().unwrap().replace(' ', "_");
        let mut measures = report["measures"].as_array().unwrap().iter();
        let own = measures
            .find(|own| {
                own["metric"] == format!("{metric}_difference")
                    && own["attribute"] == row["attribute"]
                    && own["against"] == "extremes"
            })
            .unwrap();
        assert_eq!(
            (&row["gap"], &row["gap_interval"]),
            (&own["value"], &own["interval"])
        );
        assert_eq!(
            (&row["lowest"], &row["highest"]),
            (&own["lowest"], &own["highest"])
        );
    }
    let rows = table(&report, "groups");
    assert_eq!(rows.len(), 5);
    for row in rows {
        let mut groups = report["groups"].as_array().unwrap().iter();
        let own =
            groups.find(|own| own["group"] == row["group"] && own["attribute"] == row["attribute"]);
        for name in ["just_loss", "fair_loss"] {
            let own = &own.unwrap()["metrics"][name];
            assert_eq!(row[name], own["value"]);
            assert_eq!(row[format!("{name}_interval")], own["interval"]);
        }
    }
}

#[test]
fn what_was_not_looked_at_is_said_with_the_option_that_would() {
    let report = json(&words(&[]));
    for what in ["flip_rate", "recourse_cost", "fidelity"] {
        assert_eq!(
            looked_at(&report, what),
            ("not_asked".to_owned(), "--justice".to_owned())
        );
    }
    assert_eq!(
        looked_at(&report, "record"),
        ("none".to_owned(), "--record".to_owned())
    );
    let text = String::from_utf8(run(&words(&["--width", "80"])).stdout).unwrap();
    assert!(
        text.contains("not looked at: flip rate, recourse gap, fidelity"),
        "{text}"
    );
    assert!(text.contains("no record of this run"), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let bare = json(&[
        GERMAN,
        "--no-config",
        "--no-infer",
        "-s",
        "sex",
        "-p",
        "pred=good",
    ]);
    assert_eq!(looked_at(&bare, "just_loss").0, "not_told");
    let notes = bare["justice"][0]["notes"].to_string();
    assert!(notes.contains("need a label"), "{notes}");
    // It is an audit all the same: it can be judged again, and rendered.
    let folder = Folder::new();
    let saved = folder.write("r.json", &report.to_string());
    assert_ne!(
        run(&["check", &saved, "--no-config"]).status.code(),
        Some(2)
    );
    let again = run(&["report", &saved, "-f", "md"]).stdout;
    assert!(String::from_utf8(again).unwrap().contains("justice"));
}

#[test]
fn a_named_metric_alone_is_reported_and_losses_are_told_all_the_same() {
    let report = json(&words(&["--metrics", "selection_rate"]));
    assert_eq!(table(&report, "gaps").len(), 4);
    let group = &report["groups"][1]["metrics"];
    assert!(group.get("selection_rate").is_some() && group.get("just_loss").is_none());
}

#[test]
fn a_program_is_asked_and_its_answers_are_counted_row_by_row() {
    let report = json(&words(&["--justice", "--model", MODEL]));
    let text = fs::read_to_string("fixtures/turned.json").unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    for own in expected["asked"].as_array().unwrap() {
        let mut groups = report["groups"].as_array().unwrap().iter();
        let found = groups
            .find(|group| group["attribute"] == own["attribute"] && group["group"] == own["group"]);
        let found = &found.unwrap()["metrics"];
        for name in ["fidelity", "flip_rate"] {
            is_near(
                &found[name],
                &own[name],
                &format!("{name} {}", own["group"]),
            );
        }
    }
    for (name, row) in [("flip rate", "flip_rate"), ("fidelity", "fidelity")] {
        let of_sex = |own: &&Value| own["measure"] == name && own["attribute"] == "sex";
        let gap = table(&report, "gaps").iter().find(of_sex).unwrap()["gap"]
            .as_f64()
            .unwrap();
        let own = expected["asked"].as_array().unwrap();
        let all = [0, 1].map(|at| own[at][row]["value"].as_f64().unwrap());
        assert!((gap - (all[0] - all[1]).abs()).abs() < 1e-9, "{name}");
    }
    assert_eq!(looked_at(&report, "recourse_cost").0, "told");
    assert_eq!(looked_at(&report, "training").0, "none");
    let notes = report["justice"][0]["notes"].to_string();
    assert!(
        notes.contains("80.3 % of the rows as the table does"),
        "{notes}"
    );
}

/// Refused by group with a way, mean cost, and how far groups lie apart: those of `counterfactual`.
#[test]
fn ways_are_those_of_recourse_and_a_record_is_a_model() {
    let folder = Folder::new();
    let (model, record) = (folder.at("m.json"), folder.at("run.json"));
    let fit = [
        "mitigate",
        GERMAN,
        "--no-config",
        "-s",
        "sex,age_group",
        "-y",
        "credit=good",
    ];
    let more = [
        "--ignore",
        "pred,score",
        "--method",
        "reweighing",
        "--with-sensitive",
    ];
    let out = ["--model-out", &model, "--record", &record];
    assert_eq!(
        run(&[&fit[..], &more, &out].concat()).status.code(),
        Some(0)
    );
    let limits = ["--immutable", "purpose", "--bounds", "duration_months=6.."];
    let report = json(&words(
        &[&["--justice", "--model", &model][..], &limits].concat(),
    ));
    let other = [
        "counterfactual",
        GERMAN,
        "--no-config",
        "--recourse",
        "--model",
        &model,
    ];
    let other = json(&[&other[..], &ROLES, &limits].concat());
    let sections = other["justice"].as_array().unwrap();
    let ways = sections
        .iter()
        .find(|own| own["name"] == "recourse")
        .unwrap();
    let rows = ways["tables"][0]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let mut groups = report["groups"].as_array().unwrap().iter();
        let own = groups.find(|own| own["attribute"] == "sex" && own["group"] == row["group"]);
        let own = &own.unwrap()["metrics"];
        let near = |found: &Value, expected: &Value| {
            let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        };
        near(&own["recourse_rate"]["value"], &row["feasible"]);
        near(
            &own["recourse_rate"]["interval"]["low"],
            &row["feasible_interval"]["low"],
        );
        near(&own["recourse_cost"]["value"], &row["cost"]);
        near(
            &own["recourse_cost"]["interval"]["low"],
            &row["cost_interval"]["low"],
        );
        near(
            &own["recourse_cost"]["interval"]["high"],
            &row["cost_interval"]["high"],
        );
    }
    assert_eq!(
        looked_at(&report, "training"),
        ("told".to_owned(), model.clone())
    );
    let of_record = json(&words(
        &[&["--justice", "--model", &record][..], &limits].concat(),
    ));
    assert_eq!(of_record["groups"], report["groups"]);
    assert!(
        of_record["justice"][0]["notes"]
            .to_string()
            .contains("training is on record")
    );
}

#[test]
fn a_surrogate_agrees_as_explain_says_and_flips_as_one() {
    let own = [
        "-s",
        "sex",
        "-y",
        "credit=good",
        "-p",
        "pred=good",
        "--ignore",
        "score",
    ];
    let audit = json(&[&[GERMAN, "--no-config", "--justice"], &own[..]].concat());
    let explain = [
        "explain",
        GERMAN,
        "--no-config",
        "--only",
        "fidelity",
        "--with-sensitive",
    ];
    let explained = json(&[&explain[..], &own].concat());
    let chosen = explained["record"]["settings"]["model"]["value"]
        .as_str()
        .unwrap();
    let rows = explained["justice"][0]["tables"][0]["rows"]
        .as_array()
        .unwrap();
    let of_sex = |own: &&Value| own["surrogate"] == chosen && own["group"].get("sex").is_some();
    let rows: Vec<&Value> = rows.iter().filter(of_sex).collect();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let mut groups = audit["groups"].as_array().unwrap().iter();
        let own = groups.find(|own| own["attribute"] == "sex" && own["group"] == row["group"]);
        let own = &own.unwrap()["metrics"]["fidelity"];
        assert!(
            (own["value"].as_f64().unwrap() - row["agreement"].as_f64().unwrap()).abs() < 1e-12
        );
    }
    assert_eq!(looked_at(&audit, "flip_rate").0, "told");
    let notes = audit["justice"][0]["notes"].to_string();
    assert!(notes.contains("asked: a surrogate"), "{notes}");
    assert!(notes.contains("not the table's own"), "{notes}");
}

/// Decisions that nothing in the table foretells.
fn drawn(folder: &Folder) -> String {
    let mut text = "g,x,d\n".to_owned();
    let mut seed = 7_u64;
    for at in 0..400 {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let g = if at % 2 == 0 { "a" } else { "b" };
        let _ = writeln!(text, "{g},{},{}", at * 7919 % 397, seed >> 63);
    }
    folder.write("t.csv", &text)
}

#[test]
fn a_surrogate_that_does_not_stand_for_the_decisions_says_nothing_of_them() {
    let folder = Folder::new();
    let table = drawn(&folder);
    let own = [&table, "--no-config", "-s", "g", "-p", "d=1", "--justice"];
    let report = json(&own);
    let (status, why) = looked_at(&report, "flip_rate");
    assert_eq!(status, "withheld");
    assert!(why.contains("agrees with"), "{why}");
    for group in report["groups"].as_array().unwrap() {
        let metrics = &group["metrics"];
        assert!(metrics.get("fidelity").is_some());
        assert!(metrics.get("flip_rate").is_none() && metrics.get("recourse_cost").is_none());
    }
    // A rule on it is not passed: it cannot be told.
    let rule = ["-P", "none", "-r", "flip_rate(g) <= 0.5"];
    assert_eq!(run(&[&own[..], &rule].concat()).status.code(), Some(3));
}

#[test]
fn rules_are_judged_on_what_a_model_answers_and_again_by_check() {
    let folder = Folder::new();
    let saved = folder.at("r.json");
    let gate = |rule: &'static str| {
        let own = [
            "--justice",
            "--model",
            MODEL,
            "-P",
            "none",
            "-r",
            rule,
            "-o",
            &saved,
        ];
        run(&words(&own)).status.code()
    };
    assert_eq!(gate("flip_rate(sex) <= 0.2"), Some(0));
    assert_eq!(gate("flip_rate(sex) <= 0.01"), Some(1));
    let again = |rule: &str| run(&["check", &saved, "--no-config", "-P", "none", "-r", rule]);
    for (rule, status) in [
        ("flip_rate(sex) <= 0.01", 1),
        ("fidelity(sex) >= 0.5", 0),
        ("fidelity(sex) >= 0.9", 1),
        // The program's ways were found by trying: how far they lie apart may be due to that.
        ("recourse_gap(sex) <= 100", 3),
        ("recourse_rate(sex) >= 0.1", 0),
    ] {
        assert_eq!(again(rule).status.code(), Some(status), "{rule}");
    }
    // Not asked is undecided, and the section says which option asks.
    let plain = run(&words(&["-P", "none", "-r", "flip_rate(sex) <= 0.2"]));
    assert_eq!(plain.status.code(), Some(3));
}

#[test]
fn a_recorded_run_says_where_its_record_is_and_the_record_verifies() {
    let folder = Folder::new();
    let (record, report) = (folder.at("run.json"), folder.at("r.json"));
    run(&words(&["--record", &record, "-o", &report]));
    let read =
        |path: &str| -> Value { serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap() };
    assert_eq!(
        looked_at(&read(&report), "record"),
        ("told".to_owned(), record.clone())
    );
    let within = &read(&record)["report"];
    assert_eq!(
        looked_at(within, "record"),
        ("told".to_owned(), "this run is recorded".to_owned())
    );
    assert_eq!(run(&["verify", &record]).status.code(), Some(0));
    let asked = folder.at("asked.json");
    run(&words(&["--justice", "--model", MODEL, "--record", &asked]));
    let output = run(&["verify", &asked]);
    assert_eq!(
        output.status.code(),
        Some(2),
        "no program is run because a record says so"
    );
    assert_eq!(
        run(&["verify", &asked, "--allow-program"]).status.code(),
        Some(0)
    );
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is_written() {
    for (own, said) in [
        (
            &["--justice", "--model", "logistic"][..],
            "made none of these decisions",
        ),
        (&["--justice", "--suppress", "11"], "--suppress"),
        (&["--justice", "--sequential", "s.json"], "--sequential"),
        (
            &["--justice", "--model-columns", "sex"],
            "what a program is sent",
        ),
        (
            &["--justice", "--method", "plain"],
            "which model of a saved file",
        ),
        (
            &["--justice", "--immutable", "pay"],
            "the model sees no such column",
        ),
        (&["--model", "m.json"], "--justice"),
    ] {
        let told = refused(&words(own));
        assert!(told.contains(said), "{own:?}: {told}");
    }
    let bare = [
        GERMAN,
        "--no-config",
        "--no-infer",
        "-s",
        "sex",
        "-y",
        "credit=good",
        "--justice",
    ];
    assert!(refused(&bare).contains("no decisions"));
    assert!(!std::path::Path::new("s.json").exists());
}

#[test]
fn cards_and_bills_of_materials_carry_what_was_asked() {
    let own = ["--justice", "--model", MODEL];
    let card = run(&words(&[&own[..], &["-f", "model-card"]].concat())).stdout;
    let card = String::from_utf8(card).unwrap();
    let (_, ethical) = card.split_once("## Ethical considerations").unwrap();
    assert!(
        ethical.contains("flip rate") && ethical.contains("just loss"),
        "{ethical}"
    );
    let bill = json_of(&words(&[&own[..], &["-f", "mlbom"]].concat()));
    let text = bill.to_string();
    assert!(text.contains("\"type\":\"flip_rate\"") && text.contains("fair-audit:justice:record"));
}

fn json_of(words: &[&str]) -> Value {
    serde_json::from_slice(&run(words).stdout).unwrap()
}
