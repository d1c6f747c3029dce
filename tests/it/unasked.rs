//! `fair-audit explain` and `counterfactual`: no flag does nothing, and no model is fitted that is not
//! needed.

use std::fmt::Write as _;

use crate::cli::json;
use crate::explained::{number, refused, report, rows, section};
use crate::mitigate::{self, Folder};

const GERMAN: &str = "fixtures/german.csv";

/// The table's own decisions need no model to be held against each other: all are the same here, and
/// nothing could be fitted to them.
#[test]
fn what_needs_no_model_fits_none() {
    let folder = Folder::new();
    let mut text = "sex,x,y,decision\n".to_owned();
    for row in 0..100 {
        let sex = ["f", "m"][row % 2];
        writeln!(text, "{sex},{},{},1", row * 37 % 101, row % 3 % 2).unwrap();
    }
    let table = folder.write("t.csv", &text);
    let own = [&*table, "-s", "sex", "-y", "y=1", "-p", "decision=1"];
    let said = refused("explain", &own);
    assert!(said.contains("label"), "{said}");
    let bare = report(&[&own[..], &["--only", "consistency,mistakes,gap"]].concat());
    let list = rows(&bare, "consistency", "consistency");
    let decided = list
        .iter()
        .filter(|row| row["of"] == "decisions" || row["outcome"] == "decisions");
    assert!(decided.clone().count() > 0, "{list:?}");
    for row in decided {
        assert_eq!(number(row, "consistency"), 1.0);
    }
    let notes = bare["notes"].to_string();
    assert!(
        notes.contains("explained: the table's own decisions"),
        "{notes}"
    );
    let only = ["--only", "consistency", "--surrogate", "tree"];
    let said = refused("explain", &[&own[..], &only].concat());
    assert!(
        said.contains("nothing that is asked for needs a model"),
        "{said}"
    );
}

#[test]
fn a_gap_is_to_the_reference_that_is_asked_for() {
    let folder = Folder::new();
    let mut text = "group,x,y,decision\n".to_owned();
    for row in 0..600 {
        let group = ["a", "b", "c"][row % 3];
        // 80, 50 and 40 of a hundred.
        let share = [80, 50, 40][row % 3];
        let yes = u8::from(row / 3 * 37 % 100 < share);
        writeln!(text, "{group},{},{yes},{yes}", row * 31 % 17).unwrap();
    }
    let table = folder.write("t.csv", &text);
    let own = [
        &*table,
        "-s",
        "group",
        "-y",
        "y=1",
        "-p",
        "decision=1",
        "--only",
        "gap",
    ];
    let gap = |rest: &[&str]| {
        let report = report(&[&own[..], rest].concat());
        let table = &section(&report, "gap").unwrap()["tables"][0];
        let title = table["title"].as_str().unwrap().to_owned();
        (title, number(&table["rows"][0], "value"))
    };
    let (title, value) = gap(&[]);
    assert!(
        title.contains("between a and c") && (value - 0.4).abs() < 1e-9,
        "{title} {value}"
    );
    let (title, value) = gap(&["--reference", "group=b"]);
    assert!(
        title.contains("between a and b") && (value - 0.3).abs() < 1e-9,
        "{title} {value}"
    );
    let (title, _) = gap(&["--reference", "best"]);
    assert!(title.contains("between a and c"), "{title}");
    // The first of equally large ones.
    let (title, _) = gap(&["--reference", "largest"]);
    assert!(title.contains("between a and c"), "{title}");
    for (reference, problem) in [
        ("rest", "between two groups"),
        ("overall", "between two groups"),
        ("group=d", "there is no such group"),
    ] {
        let said = refused("explain", &[&own[..], &["--reference", reference]].concat());
        assert!(said.contains(problem), "{reference}: {said}");
    }
    let few = ["--reference", "group=b", "--min-group", "201"];
    let said = refused("explain", &[&own[..], &few].concat());
    assert!(said.contains("fewer rows than"), "{said}");
}

#[test]
fn what_would_do_nothing_is_not_offered_or_refused() {
    let fitted = [GERMAN, "-s", "sex", "-y", "credit=good", "--model", "tree"];
    let explain = |rest: &[&str]| refused("explain", &[&fitted[..], rest].concat());
    for flag in ["--control=purpose", "--intersect=2", "--favorable=negative"] {
        let said = explain(&[flag]);
        assert!(said.contains("unexpected argument"), "{flag}: {said}");
    }
    let counter = |rest: &[&str]| refused("counterfactual", &[&fitted[..], rest].concat());
    for flag in [
        "--control=purpose",
        "--intersect=2",
        "--reference=best",
        "--min-group=5",
    ] {
        let said = counter(&[flag]);
        assert!(said.contains("unexpected argument"), "{flag}: {said}");
    }
    for (only, flag) in [
        ("gap", "--row=1"),
        ("gap", "--feature=purpose"),
        ("gap", "--repeats=3"),
        ("gap", "--neighbors=3"),
        ("gap", "--lipschitz=2"),
        ("importance", "--examples=2"),
    ] {
        let said = explain(&["--only", only, flag]);
        assert!(said.contains("not asked for"), "{flag}: {said}");
    }
    let said = explain(&["--only", "dependence"]);
    assert!(said.contains("--feature COL"), "{said}");
    let said = explain(&["--surrogate", "tree"]);
    assert!(said.contains("whose model is not known"), "{said}");
    let said = explain(&["--model-threshold", "0.4"]);
    assert!(said.contains("it is for a program"), "{said}");
    let folder = Folder::new();
    let saved = folder.at("m.json");
    mitigate::report(
        &[
            &fitted[..],
            &["--method", "reweighing", "--model-out", &saved],
        ]
        .concat(),
    );
    let own = [GERMAN, "-s", "sex", "-y", "credit=good", "--model", &saved];
    let program = [
        GERMAN,
        "-s",
        "sex",
        "-y",
        "credit=good",
        "--model",
        "awk 'NR>1{print 0.5}'",
    ];
    for command in ["explain", "counterfactual"] {
        for flag in [
            "--features=purpose",
            "--text=purpose",
            "--with-sensitive",
            "--folds=3",
            "--fold-by=purpose",
            "--fold-time=duration_months",
        ] {
            let said = refused(command, &[&own[..], &[flag]].concat());
            assert!(said.contains("a saved model"), "{flag}: {said}");
            if flag == "--folds=3" && command == "explain" {
                continue;
            }
            let said = refused(command, &[&program[..], &[flag]].concat());
            assert!(said.contains("nothing is fitted"), "{flag}: {said}");
        }
    }
    let paired = [GERMAN, "-s", "sex", "--paired", "pred,credit"];
    for flag in [
        "--folds=3",
        "--fold-by=purpose",
        "--text=purpose",
        "--with-sensitive",
    ] {
        let said = refused("counterfactual", &[&paired[..], &[flag]].concat());
        assert!(said.contains("cannot be used with"), "{flag}: {said}");
    }
}

/// What a policy file says for audits does not stop an explanation.
#[test]
fn what_a_policy_file_says_of_strata_plays_no_part_and_is_said() {
    let folder = Folder::new();
    let config = folder.write(
        "fair-audit.toml",
        "[data]\ncontrol = [\"housing\"]\nreference = [\"rest\"]\n[statistics]\nintersect = 1\n",
    );
    for (command, rest) in [("explain", "--only=gap"), ("counterfactual", "--flip=sex")] {
        let own = [
            command,
            GERMAN,
            "-s",
            "sex",
            "-y",
            "credit=good",
            "--model",
            "tree",
        ];
        let found = json(&[&own[..], &[rest, "--config", &config]].concat());
        let notes = found["notes"].to_string();
        assert!(
            notes.contains("nothing is compared within strata here"),
            "{notes}"
        );
        assert!(notes.contains("housing"), "{notes}");
    }
}
