//! The policy file: which one counts, who is heard before it, what is wrong in it, what `init` prints.

use crate::policy::{DATA, Place, report};

#[test]
fn flags_come_before_the_environment_the_environment_before_the_file() {
    let place = Place::new(&format!(
        "{DATA}[statistics]\nmin-group = 5\nconfidence = 0.9\n"
    ));
    let group = |words: &[&str], variables: &[(&str, &str)]| {
        let words = [&["hiring.csv", "-f", "json"], words].concat();
        let report = report(&place.run_at("", &words, variables));
        let setting = report["record"]["settings"]["min_group"].clone();
        (
            setting["value"].as_str().unwrap().to_owned(),
            setting["source"].as_str().unwrap().to_owned(),
        )
    };
    let told = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    let variable = &[("FAIR_AUDIT_MIN_GROUP", "6")];
    assert_eq!(group(&["--min-group", "7"], variable), told("7", "flag"));
    assert_eq!(group(&[], variable), told("6", "environment"));
    assert_eq!(group(&[], &[]), told("5", "file"));
    assert_eq!(
        group(&["--no-config", "-s", "sex"], &[]),
        told("30", "default")
    );
    let settings = &place.json(&["hiring.csv", "-s", "race"])["record"]["settings"];
    let source = |key: &str| settings[key]["source"].as_str().unwrap();
    assert_eq!(settings["sensitive"]["value"], "race");
    assert_eq!(
        [
            "sensitive",
            "prediction",
            "score",
            "confidence",
            "favorable"
        ]
        .map(source),
        ["flag", "file", "file", "file", "default"]
    );
}

#[test]
fn the_closest_file_counts_alone_up_to_the_root_of_the_repository() {
    let place = Place::new("[statistics]\nmin_group = 5\n");
    let group = |folder: &str| {
        let dots = "../".repeat(folder.split('/').filter(|part| !part.is_empty()).count());
        let table = format!("{dots}hiring.csv");
        let words = [&table, "-s", "sex", "-p", "selected", "-f", "json"];
        let report = report(&place.run_at(folder, &words, &[]));
        report["record"]["settings"]["min_group"]["value"].clone()
    };
    place.write("a/b/empty", "");
    // Outside of a repository what lies above says nothing.
    assert_eq!(group("a/b"), "30");
    place.write(".git/HEAD", "");
    assert_eq!(group("a/b"), "5");
    place.write(
        "a/pyproject.toml",
        "[tool.other]\nx = 1\n[tool.fair-audit.statistics]\nmin_group = 6\n",
    );
    assert_eq!(group("a/b"), "6");
    place.write("a/fair-audit.toml", "");
    assert_eq!(group("a/b"), "30", "no merging");
    place.write("a/b/pyproject.toml", "[tool.other]\nx = 1\n");
    assert_eq!(group("a/b"), "30");
    place.write("a/b/.git/HEAD", "");
    assert_eq!(group("a/b"), "30", "the root of another repository");
    let roles = ["../../hiring.csv", "-s", "sex", "-p", "selected", "-q"];
    let named = |file| place.run_at("a/b", &[&roles[..], &["-c", file]].concat(), &[]);
    assert_eq!(named("../../fair-audit.toml").status.code(), Some(1));
    let text = String::from_utf8(named("pyproject.toml").stderr).unwrap();
    assert!(text.contains("no section `[tool.fair-audit]`"), "{text}");
}

#[test]
fn what_is_wrong_in_the_file_is_shown_with_its_line() {
    for (policy, place, help) in [
        (
            "[data]\nlable = \"x\"\n",
            "2 | lable = \"x\"\n  | ^^^^^",
            "`label`",
        ),
        ("[daat]\nx = 1\n", "1 | [daat]\n  |  ^^^^", "`data`"),
        (
            "[data]\nsensitive = [\"sex\", \"rase\"]\n",
            "  |                     ^^^^^^",
            "`race`",
        ),
        (
            "[data]\nfavorable = \"negativ\"\n",
            "  |             ^^^^^^^^^",
            "`negative`",
        ),
        ("[data]\nthreshold = \"high\"\n", "2 | threshold", "init"),
        (
            "[data]\nlabel = \"selected=maybe\"\n",
            "2 | label",
            "selected=true",
        ),
        (
            "[data]\nbins = { score = [3, 1] }\nsensitive = \"score\"",
            "2 | bins",
            "ascending",
        ),
        (
            "[statistics]\nconfidence = 95\n",
            "2 | confidence = 95",
            "0.95",
        ),
        (
            "[statistics]\nmetrics = \"acuracy\"\n",
            "2 | metrics",
            "`accuracy`",
        ),
        ("[gate]\ndecide = \"points\"\n", "2 | decide", "`point`"),
        ("[gate]\nstrict = 1\n", "2 | strict = 1", "init"),
        (
            "[[rule]]\nmetric = \"selection_rat_ratio\"\nmin = 1\n",
            "2 | metric",
            "`selection_rate_ratio`",
        ),
        (
            "[[rule]]\nmetric = \"selection_rate\"\n",
            "1 | [[rule]]",
            "min = 0.8",
        ),
        (
            "[[rule]]\nmetric = \"auc\"\nmin = 1\non = \"sexx\"\n",
            "4 | on = \"sexx\"",
            "`sex`",
        ),
        (
            "[[rule]]\nmetric = \"auc\"\nmin = 1\ncontrol = \"jobb=x\"\n",
            "4 | control",
            "`job`",
        ),
        ("[[accept]]\nrule = \"auc\"\n", "1 | [[accept]]", "reason"),
        (
            "[[accept]]\nrule = \"auc\"\nreason = \"\"\nuntil = 2025-02-30\n",
            "4 | until",
            "",
        ),
        (
            "[[accept]]\nrule = \"auc\"\nreason = \"\"\nwhere = { sexx = \"a\" }\n",
            "4 | where",
            "`sex`",
        ),
        ("[gate\n", "1 | [gate", ""),
    ] {
        let text = Place::new(policy).error(&["hiring.csv", "-p", "selected"]);
        assert!(text.starts_with("error: fair-audit.toml:"), "{text}");
        assert!(text.contains(place), "{text}");
        assert!(text.contains(help), "{text}");
    }
    let text = Place::new("").error(&["hiring.csv", "-P", "four-fith"]);
    assert!(text.contains("did you mean `four-fifths`?"), "{text}");
    let text = Place::new("").error(&["hiring.csv", "-c", "no.toml"]);
    assert!(text.contains("no.toml"), "{text}");
}

#[test]
fn the_example_of_the_readme_is_read() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let example = readme.split("```toml\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let file = fair_audit::policy::File::parse("README.md", example, false);
    let file = file.unwrap().unwrap();
    assert_eq!((file.rules.len(), file.accepts.len()), (1, 1));
    assert!(file.data.contains_key("bins"));
}

#[test]
fn what_init_prints_is_read_again() {
    for (table, more) in [
        ("german.csv", &[][..]),
        ("hiring.csv", &["-s", "sex,race", "--control", "job"]),
        (
            "hiring.csv",
            &[
                "-s",
                "score",
                "--bins",
                "score=0.2,0.5",
                "--reference",
                "best",
                "-p",
                "selected",
            ],
        ),
        ("berkeley.csv", &["-s", "gender", "--ignore", "department"]),
    ] {
        let place = Place::new("");
        let typed = [&[table], more].concat();
        let plain = place.json(&typed);
        let printed = place.run(&[&["init"], &typed[..]].concat()).stdout;
        place.write("fair-audit.toml", std::str::from_utf8(&printed).unwrap());
        let read = place.json(&[table]);
        for part in ["groups", "measures", "findings"] {
            assert!(plain[part] == read[part], "{part} of {typed:?}");
        }
        let settings = read["record"]["settings"].as_object().unwrap();
        for (key, setting) in settings {
            let before = &plain["record"]["settings"][key];
            assert_eq!(setting["value"], before["value"], "{key} of {typed:?}");
        }
        assert_eq!(settings["sensitive"]["source"], "file");
    }
}

/// What was typed says what the run is; a variable that does not go with it says nothing.
#[test]
fn the_environment_yields_to_what_was_typed() {
    let place = Place::new("");
    let fitted = [
        "mitigate",
        "german.csv",
        "-s",
        "sex",
        "-y",
        "credit=good",
        "--folds",
        "2",
    ];
    let fitted = [
        &fitted[..],
        &["--method", "plain", "--model-out", "m.json", "-q"],
    ]
    .concat();
    assert!(place.run(&fitted).status.success());
    let apply = ["mitigate", "german.csv", "--apply", "m.json"];
    let own = place.run(&apply);
    assert!(own.status.success());
    let variables = [
        ("FAIR_AUDIT_SENSITIVE", "age_group"),
        ("FAIR_AUDIT_LABEL", "credit=bad"),
        ("FAIR_AUDIT_SEED", "7"),
    ];
    let with = place.run_at("", &apply, &variables);
    assert_eq!(
        with.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&with.stderr)
    );
    assert_eq!(with.stdout, own.stdout);
    // Typed, it is a contradiction; so are two variables, of which neither was typed.
    assert_eq!(
        place
            .run(&[&apply[..], &["-s", "sex"]].concat())
            .status
            .code(),
        Some(2)
    );
    let both = [
        ("FAIR_AUDIT_APPLY", "m.json"),
        ("FAIR_AUDIT_SENSITIVE", "sex"),
    ];
    let output = place.run_at("", &["mitigate", "german.csv"], &both);
    assert_eq!(output.status.code(), Some(2));
    // And the other way round: a variable that asks for scores yields to a fit that was typed.
    let output = place.run_at("", &fitted, &[("FAIR_AUDIT_APPLY", "m.json")]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What the environment says for another question says nothing here.
#[test]
fn variables_of_what_is_not_asked_say_nothing() {
    let place = Place::new("");
    let roles = ["-s", "sex", "-y", "credit=good", "--no-infer", "-f", "json"];
    let flipped = [&["counterfactual", "german.csv"], &roles[..]].concat();
    let explained = [
        &[
            "explain",
            "german.csv",
            "--only",
            "consistency",
            "-p",
            "pred=good",
        ],
        &roles[..],
    ]
    .concat();
    let all = [
        (
            flipped.clone(),
            &[
                ("FAIR_AUDIT_COST", "mad"),
                ("FAIR_AUDIT_BOUNDS", "credit_amount=0.."),
            ][..],
        ),
        (
            explained,
            &[
                ("FAIR_AUDIT_FOLDS", "4"),
                ("FAIR_AUDIT_REPEATS", "9"),
                ("FAIR_AUDIT_METHOD", "plain"),
                ("FAIR_AUDIT_MODEL_COLUMNS", "sex"),
                ("FAIR_AUDIT_MODEL_TIMEOUT", "5"),
            ][..],
        ),
    ];
    for (words, variables) in all {
        let plain = place.run(&words);
        assert!(plain.status.success());
        let own = place.run_at("", &words, variables);
        let said = String::from_utf8_lossy(&own.stderr);
        assert!(own.status.success(), "{said}");
        let [own, plain] = [&own, &plain].map(|output| json_of(&output.stdout));
        assert_eq!(own["justice"], plain["justice"]);
    }
    // Typed, it is a mistake.
    let typed = [&flipped[..], &["--cost", "mad"]].concat();
    assert_eq!(place.run(&typed).status.code(), Some(2));
    // Where recourse is asked for, the variable counts.
    let asked = [&flipped[..], &["--recourse"]].concat();
    let output = place.run_at("", &asked, &[("FAIR_AUDIT_COST", "percentile")]);
    let setting = &json_of(&output.stdout)["record"]["settings"]["cost"];
    assert_eq!(setting["value"], "percentile");
}

fn json_of(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).unwrap()
}
