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

fn report(words: &[&str]) -> Value {
    let words = mitigate(words);
    json(&words.iter().map(String::as_str).collect::<Vec<&str>>())
}

/// Exit status, standard output, standard error.
fn said(words: &[&str]) -> (i32, String, String) {
    let words = mitigate(words);
    let output = run(&words.iter().map(String::as_str).collect::<Vec<&str>>());
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
    let section = named(&report["baselines"], section);
    named(&section["tables"], table)["rows"].as_array().unwrap()
}

fn row<'a>(report: &'a Value, table: &str, scenario: &str) -> &'a Value {
    let mut rows = rows(report, "mitigation", table).iter();
    rows.find(|row| row["scenario"] == scenario).unwrap()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
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

fn lines(path: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(Result::unwrap).collect()
}

/// A pseudo-random stream (splitmix64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A table of so many rows: sex, a label, and what `more` says of each row.
fn table(rows: usize, heading: &str, mut more: impl FnMut(usize, bool, f64) -> String) -> String {
    let mut noise = Noise(7);
    let mut text = format!("sex,y{heading}\n");
    for at in 0..rows {
        let sex = if noise.share() < 0.4 { "f" } else { "m" };
        let x = noise.share();
        let y = noise.share() < 0.2 + 0.5 * x + if sex == "m" { 0.15 } else { 0.0 };
        let more = more(at, y, x);
        writeln!(text, "{sex},{}{more}", u8::from(y)).unwrap();
    }
    text
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
        assert_eq!(scores.lines().count(), 1 + 5 * 1000, "{learner}");
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
    let changes: [(&str, fn(&mut Value)); 6] = [
        ("schema", |model| model["schema"] = "other/1".into()),
        ("models", |model| model["models"] = Value::Array(Vec::new())),
        ("features", |model| {
            model["features"] = Value::Array(Vec::new())
        }),
        ("cuts", |model| {
            model["models"][0]["cuts"] = Value::Array(Vec::new())
        }),
        ("kept", |model| {
            model["models"][0]["model"]["kept"][0] = 900.into()
        }),
        ("scale", |model| {
            model["encoder"]["parts"][2][1]["scale"] = 0.into()
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
fn weight_2_is_the_row_twice_through_the_whole_command() {
    let folder = Folder::new();
    let of = |at: usize, x: f64| {
        let level = ["a", "b", "c"][at % 3];
        format!(",{x},{level}")
    };
    let twice = |at: usize| at % 3 == 0;
    let weighted = table(240, ",x,level,w", |at, _, x| {
        format!("{},{}", of(at, x), 1 + u8::from(twice(at)))
    });
    let plain = table(240, ",x,level,w", |at, _, x| format!("{},1", of(at, x)));
    let mut lines = plain.lines();
    let mut doubled = lines.next().unwrap().to_owned() + "\n";
    for (at, line) in lines.enumerate() {
        for _ in 0..=usize::from(twice(at)) {
            doubled += line;
            doubled += "\n";
        }
    }
    let weighted = folder.write("weighted.csv", &weighted);
    let doubled = folder.write("doubled.csv", &doubled);
    for model in ["logistic", "tree", "bayes"] {
        let fitted = |input: &str| -> Value {
            let path = folder.at("m.json");
            let (status, _, error) = said(&[
                input,
                "-s",
                "sex",
                "-y",
                "y",
                "--weight",
                "w",
                "--model",
                model,
                "--model-out",
                &path,
                "-q",
            ]);
            assert_eq!(status, 0, "{error}");
            let text = fs::read_to_string(path).unwrap();
            let document: Value = serde_json::from_str(&text).unwrap();
            let parts = document["encoder"].clone();
            let models = document["models"].as_array().unwrap().iter();
            let models = models.map(|m| serde_json::json!([m["model"], m["cuts"]]));
            serde_json::json!([parts, models.collect::<Vec<Value>>()])
        };
        near(&fitted(&weighted), &fitted(&doubled), model);
    }
}

/// The same, numbers to 1e-9 of their size.
fn near(a: &Value, b: &Value, what: &str) {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{what}: {a} {b}");
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{what}");
            a.iter().zip(b).for_each(|(a, b)| near(a, b, what));
        }
        (Value::Object(a), Value::Object(b)) => {
            assert!(a.keys().eq(b.keys()), "{what}");
            a.values()
                .zip(b.values())
                .for_each(|(a, b)| near(a, b, what));
        }
        _ => assert_eq!(a, b, "{what}"),
    }
}

/// Tables that are bad: the sentence that each ends in, or that it is fitted.
#[test]
fn a_bad_table_ends_in_a_clear_sentence_or_a_fit() {
    let folder = Folder::new();
    let odd = |at: usize| ["1e300", "-1e300", "1", "1e308"][at % 4];
    let wide = |at: usize| -> String { (0..40).map(|c| format!(",{}", (at * c) % 17)).collect() };
    let heading: String = (0..40).map(|c| format!(",x{c}")).collect();
    let too_wide: String = (0..1100).map(|c| format!(",x{c}")).collect();
    let same = |text: String, from: &str, to: &str| text.replace(from, to);
    let x = |_: usize, _: bool, x: f64| format!(",{x}");
    let cases: Vec<(&str, String, Option<&str>)> = vec![
        (
            "one class",
            same(table(80, ",x", x), ",0,", ",1,"),
            Some("every row that counts has the same label"),
        ),
        (
            "one group",
            same(table(80, ",x", x), "\nf,", "\nm,"),
            Some("`sex` has only one group with rows that count"),
        ),
        (
            "one row of a group",
            table(80, ",x", x) + "other,1,0.5\n",
            None,
        ),
        (
            "a group has one label",
            same(table(80, ",x", x), "f,1,", "f,0,"),
            None,
        ),
        (
            "separable",
            table(80, ",x", |_, y, x| {
                format!(",{}", x + 10.0 * f64::from(u8::from(y)))
            }),
            None,
        ),
        (
            "constant and duplicate columns",
            table(80, ",x,c,d", |_, _, x| format!(",{x},5,{x}")),
            None,
        ),
        (
            "nothing but a constant",
            table(80, ",c", |_, _, _| ",5".to_owned()),
            Some("no column is left to predict the label from"),
        ),
        (
            "no features",
            table(80, "", |_, _, _| String::new()),
            Some("no column is left to predict the label from"),
        ),
        (
            "huge",
            table(80, ",x,h", |at, _, x| format!(",{x},{}", odd(at))),
            None,
        ),
        (
            "infinite",
            table(80, ",x,h", |at, _, x| {
                format!(",{x},{}", ["inf", "nan", "2", "-inf"][at % 4])
            }),
            None,
        ),
        (
            "more columns than rows",
            table(30, &heading, |at, _, _| wide(at)),
            None,
        ),
        (
            "far more columns than are fitted",
            table(30, &too_wide, |at, _, _| {
                (0..1100)
                    .map(|c| format!(",{}", (at * (c + 3)) % 101))
                    .collect()
            }),
            Some("at most 1000 are fitted"),
        ),
        (
            "all null",
            table(80, ",x,e", |_, _, x| format!(",{x},")),
            None,
        ),
        (
            "10,000 levels",
            table(12_000, ",x,l", |at, _, x| format!(",{x},v{}", at % 10_000)),
            None,
        ),
        ("few rows", table(3, ",x", x), Some("one label")),
        ("no rows", "sex,y,x\n".to_owned(), Some("no rows")),
    ];
    for (name, text, error) in &cases {
        let path = folder.write("t.csv", text);
        for model in ["logistic", "tree", "bayes"] {
            let words = [
                &*path,
                "-s",
                "sex",
                "-y",
                "y",
                "--no-infer",
                "--model",
                model,
                "-q",
            ];
            let (status, out, said) = said(&words);
            match error {
                Some(sentence) => {
                    assert_eq!((status, out.as_str()), (2, ""), "{name}, {model}: {said}");
                    assert!(said.contains(sentence), "{name}, {model}: {said}");
                    assert!(
                        said.contains("help: ") || *name == "no rows",
                        "{name}: {said}"
                    );
                }
                None => assert_eq!(status, 0, "{name}, {model}: {said}"),
            }
        }
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
