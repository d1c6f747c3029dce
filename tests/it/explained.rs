//! `fair-audit explain` of programs: what they answer is told as of them, what needs an inside of a
//! surrogate.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::cli::{json, run};
use crate::counterfactual::has;
use crate::mitigate::{self, Folder};

const GERMAN: &str = "fixtures/german.csv";

fn words<'a>(own: &[&'a str]) -> Vec<&'a str> {
    [&["explain"], own, &["--no-config"]].concat()
}

pub fn report(own: &[&str]) -> Value {
    json(&words(own))
}

pub fn refused(command: &str, own: &[&str]) -> String {
    let output = run(&[&[command], own, &["--no-config"]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{own:?}: {said}");
    assert!(output.stdout.is_empty(), "{own:?}");
    said
}

pub fn section<'a>(report: &'a Value, name: &str) -> Option<&'a Value> {
    let mut sections = report["justice"].as_array().unwrap().iter();
    sections.find(|section| section["name"] == name)
}

pub fn rows<'a>(report: &'a Value, name: &str, table: &str) -> &'a Vec<Value> {
    let section = section(report, name).unwrap();
    let mut tables = section["tables"].as_array().unwrap().iter();
    tables.find(|own| own["name"] == table).unwrap()["rows"]
        .as_array()
        .unwrap()
}

pub fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap()
}

/// Against `fixtures/model/asked.py`.
#[test]
fn a_program_is_explained_as_scikit_learn_explains_its_model() {
    if !has("python3", "import csv") {
        return;
    }
    let text = fs::read_to_string("fixtures/model/asked.json").unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let asked = ["--feature", "duration_months,housing", "--repeats", "20"];
    let only = ["--only", "dependence,importance", "-s", "sex"];
    let model = ["--model", "python3 fixtures/model/score.py"];
    let roles = [GERMAN, "-y", "credit=good"];
    let report = report(&[&roles[..], &only, &asked, &model].concat());
    for (feature, groups) in expected["dependence"].as_object().unwrap() {
        let list = rows(&report, "dependence", &format!("dependence_{feature}"));
        let mut compared = 0;
        for row in list {
            let group = row["group"]["sex"].as_str().unwrap_or_default();
            let value = row["value"].as_str().unwrap();
            let at = value
                .parse::<f64>()
                .map_or(value.to_owned(), |x| format!("{x:.1}"));
            let theirs = groups[group][&at].as_f64().unwrap();
            assert!((number(row, "score") - theirs).abs() < 1e-9, "{row}");
            compared += 1;
        }
        let all = groups[""].as_object().unwrap().len();
        assert_eq!(compared, 3 * all, "{feature}");
    }
    let list = rows(&report, "importance", "importance").iter();
    let list: Vec<_> = list.filter(|row| row["attribute"] == "overall").collect();
    assert_eq!(list.len(), 7);
    for row in list {
        let theirs = &expected["importance"][row["feature"].as_str().unwrap()];
        for name in ["log_loss", "accuracy"] {
            let far = number(row, name) - number(&theirs[name], "mean");
            // A mean of 20 shuffles against one of 200.
            let spread = number(&theirs[name], "deviation") * (1.0_f64 / 20.0 + 1.0 / 200.0).sqrt();
            assert!(far.abs() < 4.0 * spread, "{name} {row}: {theirs}");
        }
    }
}

/// Against the package shap (`fixtures/model/asked.py`): all rows are held against all, and all sets of
/// features are asked about.
#[test]
fn a_single_row_of_a_program_is_explained_as_shap_explains_it() {
    if !has("python3", "import csv") {
        return;
    }
    let text = fs::read_to_string("fixtures/model/asked.json").unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let expected = &expected["shapley"];
    let german = fs::read_to_string(GERMAN).unwrap();
    let lines = expected["rows"].as_u64().unwrap() as usize + 1;
    let few: Vec<&str> = german.lines().take(lines).collect();
    let folder = Folder::new();
    let table = folder.write("t.csv", &few.join("\n"));
    let model = ["--model", "python3 fixtures/model/score.py"];
    let own = [&*table, "-s", "sex", "-y", "credit=good", "-p", "pred=good"];
    let asked = ["--score", "score", "--only", "contributions"];
    let single = ["--row", "5", "--row", "17"];
    let report = report(&[&own[..], &asked, &single, &model].concat());
    for name in ["5", "17"] {
        let list = rows(&report, "contributions", &format!("row_{name}"));
        assert_eq!(list.len(), 8);
        for row in list {
            let feature = row["feature"].as_str().unwrap();
            let theirs = expected[name][feature].as_f64().unwrap();
            let ours = number(row, "contribution");
            assert!((ours - theirs).abs() < 1e-9, "{row}: {theirs}");
        }
    }
}

/// A sum of terms: what each adds is its term less the mean term, and the means by group are known.
#[cfg(unix)]
#[test]
fn contributions_to_a_program_are_estimated_within_their_intervals() {
    let folder = Folder::new();
    let mut text = "sex,x,z,w\n".to_owned();
    let cell = |row: usize| (row % 2, row * 37 % 101, row * row % 7);
    for row in 0..400 {
        let (sex, x, z) = cell(row);
        let sex = ["f", "m"][sex];
        writeln!(text, "{sex},{x},{z},{}", row * 13 % 29).unwrap();
    }
    let table = folder.write("t.csv", &text);
    let model = "awk -F, 'NR > 1 {print 0.1 + ($1 == \"m\") * 0.2 + $2 * 0.004 + $3 * 0.02}'";
    let own = [&*table, "-s", "sex", "--no-infer", "--model", model];
    let report = report(&[&own[..], &["--only", "contributions"]].concat());
    let term = |feature: &str, row: usize| {
        let (sex, x, z) = cell(row);
        match feature {
            "sex" => 0.2 * sex as f64,
            "x" => 0.004 * x as f64,
            "z" => 0.02 * z as f64,
            _ => 0.0,
        }
    };
    let mean = |feature: &str, wanted: Option<usize>| {
        let own = (0..400).filter(|row| wanted.is_none_or(|sex| cell(*row).0 == sex));
        let own: Vec<f64> = own.map(|row| term(feature, row)).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    let list = rows(&report, "contributions", "contributions");
    assert_eq!(list.len(), 12);
    for row in list {
        let feature = row["feature"].as_str().unwrap();
        let wanted = ["f", "m"]
            .iter()
            .position(|sex| row["group"]["sex"] == *sex);
        let truth = mean(feature, wanted) - mean(feature, None);
        let (low, high) = (
            &row["contribution_interval"]["low"],
            &row["contribution_interval"]["high"],
        );
        let half = (high.as_f64().unwrap() - low.as_f64().unwrap()) / 2.0;
        let far = (number(row, "contribution") - truth).abs();
        // Four deviations of the mean are two halves of an interval.
        assert!(far <= 2.0 * half + 1e-12 && half < 0.03, "{row}: {truth}");
        if wanted.is_none() {
            let square: f64 = (0..400)
                .map(|row| (term(feature, row) - mean(feature, None)).powi(2))
                .sum();
            let size = (square / 400.0).sqrt();
            let own = number(row, "size");
            assert!((own - size).abs() < 0.15 * size + 1e-9, "{row}: {size}");
        }
    }
    // What adds to the gap: 0.2 of it is the group itself.
    let gap = rows(&report, "contributions", "contributions_gap");
    let own = gap.iter().find(|row| row["feature"] == "sex").unwrap();
    assert!((number(own, "difference") - 0.2).abs() < 0.03, "{own}");
}

/// All numbers of a document that have a name, in order.
pub fn numbers(tree: &Value, path: &str, all: &mut Vec<(String, f64)>) {
    match tree {
        Value::Number(own) => all.push((path.to_owned(), own.as_f64().unwrap())),
        Value::Array(list) => list.iter().for_each(|own| numbers(own, path, all)),
        Value::Object(map) => {
            for (name, own) in map {
                numbers(own, &format!("{path}/{name}"), all);
            }
        }
        _ => {}
    }
}

#[cfg(unix)]
#[test]
fn a_program_is_explained_as_the_model_behind_it() {
    let folder = Folder::new();
    let saved = folder.at("m.json");
    let roles = ["-s", "sex", "-y", "credit=good", "--ignore", "pred,score"];
    let fit = [
        "--model",
        "tree",
        "--method",
        "equal_weights",
        "--model-out",
        &saved,
    ];
    mitigate::report(&[&[GERMAN], &roles[..], &fit].concat());
    let program = format!(
        "{} mitigate - --apply {saved} --method plain --no-config | awk -F, 'NR>1{{print $3}}'",
        env!("CARGO_BIN_EXE_fair-audit")
    );
    let document: Value = serde_json::from_str(&fs::read_to_string(&saved).unwrap()).unwrap();
    let features = document["features"].as_array().unwrap().iter();
    let features: Vec<&str> = features.map(|own| own["name"].as_str().unwrap()).collect();
    let features = features.join(",");
    let only = "gap,importance,dependence,mistakes,consistency";
    let asked = [
        "--only",
        only,
        "--feature",
        "purpose",
        "--repeats",
        "2",
        "--no-infer",
    ];
    let own = [&[GERMAN], &roles[..], &asked].concat();
    let by_file = report(&[&own[..], &["--model", &saved]].concat());
    let sent = ["--model", &program, "--model-columns", &features];
    let by_program = report(&[&own[..], &sent].concat());
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    numbers(&by_program["justice"], "", &mut ours);
    numbers(&by_file["justice"], "", &mut theirs);
    assert!(ours.len() > 200 && ours.len() == theirs.len());
    for ((name, own), (other_name, other)) in ours.iter().zip(&theirs) {
        assert_eq!(name, other_name);
        assert!((own - other).abs() < 1e-9, "{name}: {own} {other}");
    }
    assert!(
        by_program["notes"]
            .to_string()
            .contains("explained: the program")
    );
}

/// Short loans are granted, whatever else is said.
const SHORT: &str = "awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == \"duration_months\") c = i; next} \
                     {print ($c <= 18 ? 0.9 : 0.1)}'";

#[cfg(unix)]
#[test]
fn contributions_to_a_program_are_those_of_a_surrogate_and_it_is_said() {
    let own = [GERMAN, "-s", "sex", "-y", "credit=good", "--model", SHORT];
    let asked = ["--only", "fidelity,contributions", "--surrogate", "tree"];
    let single = ["--row", "1", "--row", "2", "--ignore", "pred,score"];
    let report = report(&[&own[..], &asked, &single].concat());
    let fidelity = rows(&report, "fidelity", "fidelity");
    assert!(fidelity.iter().all(|row| number(row, "agreement") == 1.0));
    for row in rows(&report, "contributions", "contributions") {
        let size = number(row, "size");
        assert_eq!(size > 0.0, row["feature"] == "duration_months", "{row}");
    }
    let notes = section(&report, "contributions").unwrap()["notes"].to_string();
    for said in [
        "of a surrogate: tree, fitted to the decisions, which agrees with 100.0% of the program's decisions",
        "row 1 is decided on as positive (score 0.9000), by the surrogate as well",
        "row 2 is decided on as negative (score 0.1000), by the surrogate as well",
    ] {
        assert!(notes.contains(said), "{notes}");
    }
}

#[cfg(unix)]
#[test]
fn where_a_surrogate_decides_otherwise_it_does_not_explain_the_row() {
    // Every seventh row is granted out of the blue: no surrogate knows which.
    let model = "awk 'NR > 1 {n = length($0); print (n % 7 == 3 ? 0.8 : 0.2)}'";
    let own = [GERMAN, "-s", "sex", "-y", "credit=good", "--model", model];
    let text = fs::read_to_string(GERMAN).unwrap();
    let sent = |line: &str| line.split(',').take(7).collect::<Vec<_>>().join(",").len();
    let lines: Vec<usize> = text.lines().skip(1).map(sent).collect();
    let granted = lines.iter().position(|n| n % 7 == 3).unwrap() + 1;
    let granted = granted.to_string();
    let only = [
        "--only",
        "contributions",
        "--surrogate",
        "logistic",
        "--row",
        &granted,
    ];
    let report = report(&[&own[..], &only].concat());
    let notes = section(&report, "contributions").unwrap()["notes"].to_string();
    let said = format!(
        "row {granted} is decided on as positive (score 0.8000), but by the surrogate as negative: \
         what adds to its score does not explain this row"
    );
    assert!(notes.contains(&said), "{notes}");
}

#[cfg(unix)]
#[test]
fn a_program_that_decides_alike_has_no_surrogate() {
    let model = "awk 'NR > 1 {print 0.9}'";
    let own = [GERMAN, "-s", "sex", "-y", "credit=good", "--model", model];
    let all = report(&own);
    assert!(section(&all, "fidelity").is_none());
    assert!(section(&all, "importance").is_some());
    for row in rows(&all, "contributions", "contributions") {
        assert_eq!(
            (number(row, "contribution"), number(row, "size")),
            (0.0, 0.0)
        );
    }
    let asked = report(&[&own[..], &["--only", "fidelity"]].concat());
    let said = section(&asked, "fidelity").unwrap();
    assert_eq!(said["tables"].as_array().unwrap().len(), 0);
    assert_eq!(said["notes"][0], "nothing can be said of it here");
    let notes = asked["notes"].to_string();
    assert!(notes.contains("no surrogate can stand for it"), "{notes}");
    let said = refused("explain", &[&own[..], &["--surrogate", "tree"]].concat());
    assert!(said.contains("label"), "{said}");
    // Nor is one fitted where none is needed: a name that fits nothing is refused.
    let only = ["--only", "mistakes", "--folds", "3"];
    let said = refused("explain", &[&own[..], &only].concat());
    assert!(
        said.contains("nothing that is asked for needs a model"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn without_labels_a_program_is_held_against_its_own_decisions() {
    let folder = Folder::new();
    let mut text = "sex,x,z\n".to_owned();
    for row in 0..200 {
        let sex = ["f", "m"][row % 2];
        writeln!(text, "{sex},{},{}", row * 37 % 101, row % 7).unwrap();
    }
    let table = folder.write("t.csv", &text);
    let model = "awk -F, 'NR > 1 {print ($2 > 50 ? 0.9 : 0.1)}'";
    let own = [&*table, "-s", "sex", "--no-infer", "--model", model];
    let report = report(&[&own[..], &["--only", "importance"]].concat());
    assert!(report["notes"].to_string().contains("without labels"));
    for row in rows(&report, "importance", "importance") {
        let lost = number(row, "accuracy");
        assert_eq!(lost > 0.3, row["feature"] == "x", "{row}");
        assert!(row["feature"] == "x" || lost == 0.0, "{row}");
    }
}

#[test]
fn programs_that_misbehave_are_errors_here_too() {
    let own = [GERMAN, "-s", "sex", "-y", "credit=good", "--model"];
    let said = |model: &str| refused("explain", &[&own[..], &[model]].concat());
    assert!(said("exit 3").contains("after 0 of 1000 scores"));
    assert!(said("logistics").contains("did you mean `logistic`?"));
    let command = format!("{GERMAN} --model x");
    let output = Command::new(env!("CARGO_BIN_EXE_fair-audit"))
        .args([
            "explain",
            GERMAN,
            "-s",
            "sex",
            "--model",
            "cat",
            "--no-config",
        ])
        .env("FAIR_AUDIT_NO_PROGRAM", "1")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("none is run here"), "{command}: {said}");
}

#[test]
fn a_record_of_a_program_that_is_explained_runs_it_only_where_it_may() {
    let folder = Folder::new();
    let record = folder.at("run.json");
    let table = folder.write("t.csv", &fs::read_to_string(GERMAN).unwrap());
    let own = [&*table, "-s", "sex", "-y", "credit=good", "--model", SHORT];
    let only = ["--only", "gap,fidelity", "--record", &record, "-q"];
    let output = run(&words(&[&own[..], &only].concat()));
    assert!(output.status.success(), "{output:?}");
    let said = run(&["verify", &record]);
    assert_eq!(said.status.code(), Some(2), "{said:?}");
    assert!(String::from_utf8_lossy(&said.stderr).contains("--allow-program"));
    let said = run(&["verify", &record, "--allow-program"]);
    assert_eq!(said.status.code(), Some(0), "{said:?}");
}
