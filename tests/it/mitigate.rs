//! `fair-audit mitigate` from outside: its numbers are those of the audit, its files can be used, and
//! no table makes it panic or hang.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::cli::{json, run};

const GERMAN: &str = "fixtures/german.csv";

fn mitigate(words: &[&str]) -> Vec<String> {
    let all = [&["mitigate"], words, &["--no-config"]].concat();
    all.into_iter().map(str::to_owned).collect()
}

pub fn report(words: &[&str]) -> Value {
    let words = mitigate(words);
    json(&words.iter().map(String::as_str).collect::<Vec<&str>>())
}

/// Exit status, standard output, standard error.
pub fn said(words: &[&str]) -> (i32, String, String) {
    let words = mitigate(words);
    let output = run(&words.iter().map(String::as_str).collect::<Vec<&str>>());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

pub fn rows<'a>(report: &'a Value, section: &str, table: &str) -> &'a Vec<Value> {
    let named = |list: &'a Value, name: &str| {
        let mut list = list.as_array().unwrap().iter();
        list.find(|one| one["name"] == name).unwrap()
    };
    let section = named(&report["baselines"], section);
    named(&section["tables"], table)["rows"].as_array().unwrap()
}

fn row<'a>(report: &'a Value, table: &str, scenario: &str) -> &'a Value {
    let mut rows = rows(report, "mitigation", table).iter();
    rows.find(|row| row["scenario"] == scenario).unwrap()
}

pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn at(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.at(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

pub fn lines(path: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(Result::unwrap).collect()
}

#[test]
fn every_scenario_is_measured_as_the_audit_measures() {
    let report = report(&[GERMAN]);
    let scenarios = [
        "as_given",
        "plain",
        "reweighing",
        "equal_weights",
        "threshold_parity",
        "threshold_opportunity",
    ];
    for scenario in scenarios {
        let groups = report["groups"].as_array().unwrap();
        let overall = groups
            .iter()
            .find(|group| group["scenario"] == scenario && group["attribute"] == "overall");
        let metrics = &overall.unwrap()["metrics"];
        let performance = row(&report, "performance", scenario);
        for name in ["accuracy", "balanced_accuracy", "auc", "log_loss"] {
            assert_eq!(
                performance[name], metrics[name]["value"],
                "{scenario} {name}"
            );
        }
        let measures = report["measures"].as_array().unwrap();
        for name in ["selection_rate_difference", "just_loss_difference"] {
            let measure = measures.iter().find(|measure| {
                measure["scenario"] == scenario
                    && measure["attribute"] == "sex"
                    && measure["metric"] == name
                    && measure["against"] == "extremes"
            });
            let own = row(&report, "gaps", scenario);
            assert_eq!(own[name], measure.unwrap()["value"], "{scenario} {name}");
        }
        let parts = row(&report, "parts", scenario);
        let number = |name: &str| parts[name].as_f64().unwrap();
        let added = number("selection_rate_difference") - number("base_rate_difference");
        assert!((number("bias_amplification") - added).abs() < 1e-12);
    }
    // What the table has itself is what an audit of it says.
    let audit = json(&[GERMAN, "--no-config", "--exit-zero"]);
    let accuracy = |report: &Value| {
        let mut groups = report["groups"].as_array().unwrap().iter();
        groups.next().unwrap()["metrics"]["accuracy"].clone()
    };
    assert_eq!(accuracy(&audit), accuracy(&report));
    assert_eq!(report["verdict"]["exit_code"], 0);
}

#[test]
fn equal_selection_rates_are_nearly_equal_on_rows_that_were_held_out() {
    let words = ["fixtures/adult.csv", "-s", "sex", "-y", "income=>50K"];
    let report = report(&[&words[..], &["--method", "threshold_parity"]].concat());
    let gap = |scenario: &str| {
        let row = row(&report, "gaps", scenario);
        row["selection_rate_difference"].as_f64().unwrap()
    };
    assert!(gap("plain") > 0.03, "{}", gap("plain"));
    assert!(
        gap("threshold_parity") < 0.02,
        "{}",
        gap("threshold_parity")
    );
    let changes = rows(&report, "mitigation", "changes");
    let change = changes.iter().find(|row| {
        row["scenario"] == "threshold_parity" && row["metric"] == "selection_rate_difference"
    });
    let interval = &change.unwrap()["change_interval"];
    assert_eq!(interval["method"], "jackknife");
    assert!(interval["high"].as_f64().unwrap() < 0.0, "{interval}");
}

#[test]
fn predictions_that_were_written_are_audited_to_the_same_numbers() {
    let folder = Folder::new();
    let path = folder.at("p.csv");
    let method = ["--method", "reweighing", "--predictions-out", &path];
    let report = report(&[&[GERMAN][..], &method].concat());
    let text = fs::read_to_string(GERMAN).unwrap();
    let mut table = String::new();
    let own = lines(&path);
    let own: Vec<_> = own.iter().filter(|line| &line[1] == "reweighing").collect();
    assert_eq!(own.len(), 1000);
    for (at, line) in text.lines().enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        let kept = fields[..8].join(",");
        if at == 0 {
            writeln!(table, "{kept},decided,chance").unwrap();
        } else {
            let own = own[at - 1];
            assert_eq!(own[0], at.to_string());
            let decided = if &own[3] == "1" { "good" } else { "bad" };
            writeln!(table, "{kept},{decided},{}", &own[2]).unwrap();
        }
    }
    let joined = folder.write("joined.csv", &table);
    let audit = json(&[
        &joined,
        "--no-config",
        "-s",
        "sex,age_group,foreign_worker",
        "-y",
        "credit=good",
        "-p",
        "decided=good",
        "--score",
        "chance",
        "--exit-zero",
    ]);
    let overall = &audit["groups"][0]["metrics"];
    let performance = row(&report, "performance", "reweighing");
    for name in ["accuracy", "auc", "log_loss"] {
        let (a, b) = (&overall[name]["value"], &performance[name]);
        assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-12);
    }
}

#[test]
fn weights_that_were_written_make_label_and_group_independent() {
    let folder = Folder::new();
    let path = folder.at("w.csv");
    let (status, ..) = said(&[
        GERMAN,
        "--method",
        "reweighing",
        "--weights-out",
        &path,
        "--id",
        "credit_amount",
    ]);
    assert_eq!(status, 0);
    let text = fs::read_to_string(GERMAN).unwrap();
    let mut sums = std::collections::BTreeMap::<(String, String), f64>::new();
    for (line, own) in text.lines().skip(1).zip(lines(&path)) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(&own[0], fields[6]);
        let key = (fields[0].to_owned(), fields[7].to_owned());
        *sums.entry(key).or_default() += own[1].parse::<f64>().unwrap();
    }
    let sum = |sex: &str, label: &str| sums[&(sex.to_owned(), label.to_owned())];
    let rate = |sex: &str| sum(sex, "good") / (sum(sex, "good") + sum(sex, "bad"));
    assert!((rate("female") - rate("male")).abs() < 1e-12);
    assert!((sums.values().sum::<f64>() - 1000.0).abs() < 1e-9);
}

#[test]
fn a_saved_model_scores_a_table_and_refuses_what_it_does_not_know() {
    let folder = Folder::new();
    let model = folder.at("m.json");
    for learner in ["logistic", "tree", "bayes"] {
        let words = [GERMAN, "--model", learner, "--model-out", &model, "-q"];
        assert_eq!(said(&words).0, 0);
        let (status, scores, error) = said(&[GERMAN, "--apply", &model]);
        assert_eq!((status, error.as_str()), (0, ""));
        assert_eq!(scores.lines().count(), 1 + 8 * 1000, "{learner}");
        let file = folder.at("scores.csv");
        let (_, nothing, _) = said(&[GERMAN, "--apply", &model, "--predictions-out", &file]);
        assert_eq!(nothing, "");
        assert_eq!(fs::read_to_string(&file).unwrap(), scores);
        let (_, parquet, _) = said(&["fixtures/german.parquet", "--apply", &model]);
        assert_eq!(parquet, scores, "{learner}");
    }
    let text = fs::read_to_string(GERMAN).unwrap();
    let other = folder.write("other.csv", &text.replace("\nfemale,", "\nother,"));
    let (status, out, error) = said(&[&other, "--apply", &model]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(
        error.contains("`other` is no group that the model was fitted to"),
        "{error}"
    );
    let (status, out, _) = said(&[&other, "--apply", &model, "--method", "plain"]);
    assert_eq!((status, out.lines().count()), (0, 1001));
    let few = folder.write("few.csv", "sex,housing\nmale,own\n");
    let (status, out, error) = said(&[&few, "--apply", &model]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(error.contains("no column `"), "{error}");
}

type Change = fn(&mut Value);

#[test]
fn a_model_file_that_someone_changed_is_refused() {
    let folder = Folder::new();
    let model = folder.at("m.json");
    let words = [
        GERMAN,
        "--method",
        "reweighing",
        "--model-out",
        &model,
        "-q",
    ];
    assert_eq!(said(&words).0, 0);
    let whole: Value = serde_json::from_str(&fs::read_to_string(&model).unwrap()).unwrap();
    let changes: [(&str, Change); 6] = [
        ("schema", |model| model["schema"] = "other/1".into()),
        ("models", |model| model["models"] = Value::Array(Vec::new())),
        ("features", |model| {
            model["features"] = Value::Array(Vec::new());
        }),
        ("cuts", |model| {
            model["models"][0]["cuts"] = Value::Array(Vec::new());
        }),
        ("kept", |model| {
            model["models"][0]["model"]["kept"][0] = 900.into();
        }),
        ("scale", |model| {
            model["encoder"]["parts"][2][1]["scale"] = 0.into();
        }),
    ];
    for (what, change) in changes {
        let mut changed = whole.clone();
        change(&mut changed);
        assert_ne!(changed, whole, "{what}");
        let path = folder.write("changed.json", &changed.to_string());
        let (status, out, error) = said(&[GERMAN, "--apply", &path]);
        assert_eq!((status, out.as_str()), (2, ""), "{what}: {error}");
        assert!(
            error.contains("it is no model that `--model-out` wrote"),
            "{what}: {error}"
        );
    }
}

#[test]
fn the_same_recipe_on_the_same_rows_changes_nothing_and_on_others_says_what() {
    let folder = Folder::new();
    let model = folder.at("m.json");
    let words = [
        "fixtures/adult.csv",
        "-s",
        "age",
        "-y",
        "income=>50K",
        "--method",
        "reweighing,threshold_parity",
        "--seed",
        "5",
        "--folds",
        "3",
        "--model-out",
        &model,
        "-q",
    ];
    assert_eq!(said(&words).0, 0);
    let again = report(&["fixtures/adult.csv", "--refit", &model]);
    assert_eq!(again["record"]["settings"]["folds"]["value"], "3");
    assert_eq!(again["record"]["seed"], 5);
    for table in ["numbers", "groups", "coefficients"] {
        let rows = rows(&again, "refit", table);
        assert!(!rows.is_empty(), "{table}");
        for row in rows.iter().filter(|row| !row["now"].is_null()) {
            assert_eq!(row["change"], 0.0, "{table}: {row}");
        }
    }
    let text = fs::read_to_string("fixtures/adult.csv").unwrap();
    let half: Vec<&str> = text.lines().take(4001).collect();
    let half = folder.write("half.csv", &half.join("\n"));
    let other = report(&[&half, "--refit", &model]);
    let changed = rows(&other, "refit", "coefficients");
    assert!(changed.iter().any(|row| row["change"] != 0.0));
    let groups = |report: &Value| -> Vec<String> {
        let rows = rows(report, "refit", "groups").iter();
        rows.map(|row| row["what"].to_string()).collect()
    };
    assert_eq!(groups(&again), groups(&other), "bands are those of then");
}

#[test]
fn threads_change_no_byte() {
    let folder = Folder::new();
    let made = |threads: &str, model: &str| {
        let path = |name: &str| folder.at(&format!("{name}{threads}"));
        let (p, w, m) = (path("p"), path("w"), path("m"));
        let (status, out, _) = said(&[
            GERMAN,
            "--model",
            model,
            "--threads",
            threads,
            "-f",
            "csv",
            "--metrics",
            "accuracy",
            "--predictions-out",
            &p,
            "--weights-out",
            &w,
            "--model-out",
            &m,
        ]);
        assert_eq!(status, 0);
        [p, w, m]
            .map(|path| fs::read_to_string(path).unwrap())
            .join("\n")
            + &out
    };
    for model in ["logistic", "tree", "bayes"] {
        assert!(made("1", model) == made("4", model), "{model}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is_fitted() {
    let folder = Folder::new();
    let out = folder.at("same.csv");
    let adult = "fixtures/adult.csv";
    let cases: [(&[&str], &str); 10] = [
        (&[GERMAN, "--attribute", "sexx"], "did you mean `sex`?"),
        (&[GERMAN, "--features", "height"], "no column `height`"),
        (&[GERMAN, "--method", "magic"], "magic"),
        (&[GERMAN, "-f", "sarif"], "formats of a profile"),
        (&[GERMAN, "--control", "auto"], "--control"),
        (&[GERMAN, "--weights-out", "-"], "name a file"),
        (
            &[
                GERMAN,
                "--weights-out",
                &out,
                "--method",
                "threshold_parity",
            ],
            "`--method reweighing` gives weights to write",
        ),
        (
            &[GERMAN, "--weights-out", &out, "--predictions-out", &out],
            "--predictions-out",
        ),
        (&[GERMAN, "--apply", adult], "it is no model"),
        (
            &[
                "fixtures/berkeley_counts.csv",
                "-y",
                "admitted",
                "-s",
                "gender",
                "--counts=n",
            ],
            "",
        ),
    ];
    for (words, part) in cases {
        let (status, stdout, error) = said(words);
        assert_eq!((status, stdout.as_str()), (2, ""), "{words:?}: {error}");
        assert!(error.contains(part), "{words:?}: {error}");
    }
    assert!(folder.names().is_empty());
}

/// Not one of the columns that say who somebody is, unless that is asked for.
#[test]
fn sensitive_columns_are_no_features_unless_asked_for() {
    let folder = Folder::new();
    let features = |more: &[&str]| -> Vec<String> {
        let path = folder.at("m.json");
        let words = [
            &[GERMAN, "--method", "plain", "--model-out", &path, "-q"],
            more,
        ]
        .concat();
        assert_eq!(said(&words).0, 0);
        let document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let list = document["features"].as_array().unwrap().iter();
        list.map(|f| f["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let own = ["purpose", "housing", "duration_months", "credit_amount"];
    assert_eq!(features(&[]), own);
    assert_eq!(
        features(&["--with-sensitive"]),
        [&["sex", "age_group", "foreign_worker"], &own[..]].concat()
    );
    assert_eq!(
        features(&["--features", "housing,purpose"]),
        ["purpose", "housing"]
    );
    assert_eq!(features(&["--ignore", "purpose"]), own[1..]);
}
