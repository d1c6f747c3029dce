//! `fair-audit explain` and `counterfactual` of rows that are kept apart, and of prose: held-out answers
//! are those of `mitigate`.

use std::fmt::Write as _;

use crate::cli::{json, run};
use crate::explained::{number, refused, report, rows};
use crate::mitigate::{self, Folder};

/// 300 visits of 60 people: who it is tells the label, and nothing else does.
fn visits() -> String {
    let mut text = "person,day,sex,code,note,y\n".to_owned();
    for row in 0..300_u32 {
        let person = row % 60;
        let label = (person * 7919 + 13) % 101 % 2;
        let day = format!("2026-{:02}-{:02}", row / 28 % 12 + 1, row % 28 + 1);
        let sex = ["f", "m"][(person % 3 / 2) as usize];
        let said = ["late again", "on time"][label as usize];
        let note = format!("visit {row}: {said}, thanks");
        writeln!(text, "p{person},{day},{sex},c{person},\"{note}\",{label}").unwrap();
    }
    text
}

/// The share of positive decisions of women less that of men, of a plain model on held-out rows.
fn mitigated(own: &[&str]) -> f64 {
    let report = mitigate::report(&[own, &["--method", "reweighing"]].concat());
    let groups = report["groups"].as_array().unwrap();
    let of = |sex: &str| {
        let mut all = groups.iter();
        let row = all.find(|row| row["scenario"] == "plain" && row["group"]["sex"] == sex);
        number(&row.unwrap()["metrics"]["selection_rate"], "value")
    };
    of("f") - of("m")
}

#[test]
fn held_out_rows_are_those_of_mitigate() {
    let folder = Folder::new();
    let table = folder.write("t.csv", &visits());
    let base = [
        &*table,
        "-s",
        "sex",
        "-y",
        "y=1",
        "--no-infer",
        "--model",
        "logistic",
    ];
    for rest in [
        &["--ignore", "person,day,note"][..],
        &["--fold-by", "person", "--ignore", "day,note"],
        &["--fold-time", "day", "--ignore", "person,note"],
        &["--text", "note", "--ignore", "person,day,code"],
    ] {
        let own = [&base[..], rest].concat();
        let found = report(&[&own[..], &["--only", "gap"]].concat());
        let gap = number(&rows(&found, "gap", "gap")[0], "value");
        let theirs = mitigated(&own);
        assert!(theirs.abs() > 1e-3, "{rest:?}");
        assert!(
            (gap - theirs.abs()).abs() < 1e-12,
            "{rest:?}: {gap} {theirs}"
        );
        if rest[0] == "--text" {
            let notes = found["justice"][0]["notes"].to_string();
            assert!(notes.contains("words are not regressed on"), "{notes}");
        }
        let setting = rest[0].trim_start_matches('-').replace('-', "_");
        assert_eq!(found["record"]["settings"][&setting]["value"], rest[1]);
        // The same rows answer what is asked of them as of another group.
        let flipped = json(
            &[
                &["counterfactual"],
                &own[..],
                &["--with-sensitive", "--no-config"],
            ]
            .concat(),
        );
        let list = rows(&flipped, "flip", "flips");
        let before = |sex: &str| {
            let row = list.iter().find(|row| row["group"]["sex"] == sex);
            number(row.unwrap(), "before")
        };
        let theirs = mitigated(&[&own[..], &["--with-sensitive"]].concat());
        assert!(
            (before("f") - before("m") - theirs).abs() < 1e-12,
            "{rest:?}"
        );
    }
}

#[test]
fn who_was_only_learnt_from_is_asked_about_nowhere() {
    let folder = Folder::new();
    let table = folder.write("t.csv", &visits());
    let base = [
        &*table,
        "-s",
        "sex",
        "-y",
        "y=1",
        "--no-infer",
        "--model",
        "tree",
    ];
    let own = [
        &base[..],
        &["--fold-time", "day", "--ignore", "person,note"],
    ]
    .concat();
    let found = report(
        &[
            &own[..],
            &["--only", "importance,contributions", "--row", "299"],
        ]
        .concat(),
    );
    assert!(
        found["notes"]
            .to_string()
            .contains("are only learnt from, and nothing is measured")
    );
    let importance = rows(&found, "importance", "importance");
    assert!(importance.iter().all(|row| row["log_loss"].is_number()));
    let said = refused("explain", &[&own[..], &["--row", "1"]].concat());
    assert!(said.contains("only learnt from"), "{said}");
    let recourse = [&own[..], &["--recourse", "--row", "1"]].concat();
    let said = refused("counterfactual", &recourse);
    assert!(said.contains("only learnt from"), "{said}");
}

#[test]
fn a_saved_model_of_prose_is_explained_and_flipped() {
    let folder = Folder::new();
    let table = folder.write("t.csv", &visits());
    let saved = folder.at("m.json");
    let own = [
        &*table,
        "-s",
        "sex",
        "-y",
        "y=1",
        "--no-infer",
        "--ignore",
        "person,day,code",
    ];
    for learner in ["logistic", "forest"] {
        let fit = ["--text", "note", "--with-sensitive", "--model", learner];
        let out = ["--method", "reweighing", "--model-out", &saved];
        mitigate::report(&[&own[..], &fit, &out].concat());
        let asked = ["--model", &saved, "--row", "7", "--repeats", "2"];
        let found = report(&[&own[..], &asked].concat());
        let row = rows(&found, "contributions", "row_7");
        let total: f64 = row.iter().map(|row| number(row, "contribution")).sum();
        let said = if learner == "forest" {
            total
        } else {
            1.0 / (1.0 + (-total).exp())
        };
        let apply = [
            "mitigate",
            &table,
            "--apply",
            &saved,
            "--method",
            "plain",
            "--no-config",
        ];
        let scored = String::from_utf8(run(&apply).stdout).unwrap();
        let score: f64 = scored
            .lines()
            .nth(7)
            .unwrap()
            .split(',')
            .nth(2)
            .unwrap()
            .parse()
            .unwrap();
        assert!((said - score).abs() < 1e-9, "{learner}: {said} {score}");
        let first = &rows(&found, "importance", "importance")[0];
        assert_eq!(first["feature"], "note");
        let flipped = json(
            &[
                &["counterfactual"],
                &own[..],
                &["--model", &saved, "--no-config"],
            ]
            .concat(),
        );
        let list = rows(&flipped, "flip", "flips");
        assert!(
            list.iter().all(|row| row["score_change"].is_number()),
            "{list:?}"
        );
    }
}
