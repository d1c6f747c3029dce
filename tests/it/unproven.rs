//! What a model was asked proves nothing more than it can: rows that stand for others stand for every
//! column, a surrogate's flips are judged by no rule, and ways that were not found make no gap.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::cli::{json, run};
use crate::mitigate::Folder;

/// What the program of the fixtures is sent.
#[cfg(unix)]
const SENT: &str = "sex,age_group,foreign_worker,purpose,housing,duration_months,credit_amount";

#[cfg(unix)]
const FLIPPED: [&str; 5] = [
    "counterfactual",
    "fixtures/german.csv",
    "--no-config",
    "-s",
    "sex",
];

/// People of two columns, who are linked, and how far each is from the decision.
fn people(folder: &Folder, rows: u32) -> String {
    let mut text = "sex,race,lock,income,approved\n".to_owned();
    for at in 0..rows {
        let is_woman = at % 10 < 3;
        let race = if (at / 10 + u32::from(is_woman)).is_multiple_of(3) {
            "a"
        } else {
            "b"
        };
        let lock = u32::from(is_woman && at % 7 < 4);
        let sex = if is_woman { "f" } else { "m" };
        let income = at * 37 % 60;
        let _ = writeln!(
            text,
            "{sex},{race},{lock},{income},{}",
            u32::from(income > 45)
        );
    }
    folder.write("people.csv", &text)
}

/// Of each group of a column a number.
fn numbers(report: &Value, attribute: &str, metric: &str) -> Vec<(String, f64)> {
    let groups = report["groups"].as_array().unwrap().iter();
    let own = groups.filter(|group| group["attribute"] == attribute);
    own.map(|group| {
        let value = group["metrics"][metric]["value"].as_f64().unwrap();
        (group["group"].to_string(), value)
    })
    .collect()
}

/// Whoever is locked has no way, everyone else has one: known of each row.
#[cfg(unix)]
const LOCKED: &str = "awk -F, 'NR>1{print ($1==1) ? 0.1 : ($2>45 ? 0.9 : 0.2)}'";

#[cfg(unix)]
#[test]
fn rows_that_are_searched_stand_for_every_column() {
    let folder = Folder::new();
    let table = people(&folder, 4_000);
    let ask = |sensitive: &str| {
        let words = [
            &*table,
            "-s",
            sensitive,
            "-p",
            "approved",
            "--no-infer",
            "--no-config",
            "--justice",
            "--model",
            LOCKED,
            "--model-columns",
            "lock,income",
            "--immutable",
            "lock",
        ];
        json(&words)
    };
    let (first, second) = (ask("sex,race"), ask("race,sex"));
    let mut is_sampled = false;
    for note in first["justice"][0]["notes"].as_array().unwrap() {
        is_sampled |= note.as_str().unwrap().contains("stand for them");
    }
    assert!(
        is_sampled,
        "the justice section says which rows were looked at"
    );
    for attribute in ["sex", "race"] {
        let own = numbers(&first, attribute, "recourse_rate");
        assert_eq!(
            own,
            numbers(&second, attribute, "recourse_rate"),
            "{attribute}"
        );
        let column = usize::from(attribute == "race");
        let text = std::fs::read_to_string(&table).unwrap();
        for (group, rate) in own {
            let cells = text
                .lines()
                .skip(1)
                .map(|line| line.split(',').collect::<Vec<_>>());
            let refused = cells.filter(|own| {
                group.contains(&format!("\"{}\"", own[column]))
                    && (own[2] == "1" || own[3].parse::<u32>().unwrap() <= 45)
            });
            let (mut all, mut free) = (0.0, 0.0);
            for own in refused {
                all += 1.0;
                free += f64::from(u8::from(own[2] == "0"));
            }
            let truth: f64 = free / all;
            assert!((rate - truth).abs() < 0.06, "{group}: {rate} {truth}");
        }
    }
}

#[test]
fn flips_of_a_surrogate_are_judged_by_no_rule() {
    let rule = "flip_rate <= 0.9";
    let words = [
        "fixtures/adult.csv",
        "-s",
        "sex",
        "-p",
        "pred=>50K",
        "--ignore",
        "income,score",
        "--no-infer",
        "--no-config",
        "--justice",
        "-P",
        "none",
        "-r",
        rule,
        "-q",
    ];
    let output = run(&words);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(!text.contains("PASS  "), "{text}");
    let asked = json(&words[..words.len() - 1]);
    let groups = asked["groups"].as_array().unwrap();
    let told = groups
        .iter()
        .any(|own| own["metrics"]["flip_rate"]["value"].is_number());
    assert!(told, "they are shown");
    let reasons: Vec<&Value> = asked["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| &own["reason"])
        .collect();
    assert!(
        reasons.iter().all(|reason| **reason == "of_a_surrogate"),
        "{reasons:?}"
    );
}

#[test]
fn decisions_that_are_all_the_same_have_no_surrogate_and_an_audit() {
    let folder = Folder::new();
    let mut text = "sex,income,approved\n".to_owned();
    for at in 0..200 {
        let _ = writeln!(text, "{},{},1", ["f", "m"][at % 2], at * 7 % 50);
    }
    let table = folder.write("same.csv", &text);
    let words = [
        &*table,
        "-s",
        "sex",
        "-p",
        "approved",
        "--no-infer",
        "--no-config",
        "--justice",
    ];
    let report = json(&words);
    let tables = report["justice"][0]["tables"].as_array().unwrap();
    let looked = tables
        .iter()
        .find(|own| own["name"] == "looked_at")
        .unwrap();
    let flips = looked["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|own| own["what"] == "flip_rate");
    assert_eq!(flips.unwrap()["status"], "withheld");
}

/// Two numbers must move, and each step counts alike: everyone has a way.
#[cfg(unix)]
#[test]
fn a_way_of_several_steps_is_found_and_no_gap_is_made_of_the_search() {
    let folder = Folder::new();
    let mut text = "sex,a,b,y\n".to_owned();
    for at in 0..300_u32 {
        let (sex, least) = if at % 2 == 0 { ("f", 1) } else { ("m", 3) };
        let (a, b) = (least + at * 7 % (11 - least), least + at / 3 % (11 - least));
        // So many values that not all combinations are tried.
        let (a, b) = (10 * a + at % 9, 10 * b + at % 8);
        let _ = writeln!(text, "{sex},{a},{b},{}", u32::from(a + b > 178));
    }
    let table = folder.write("steps.csv", &text);
    let program = "awk -F, 'NR>1{print ($1+$2)/220}'";
    let words = [
        &*table,
        "-s",
        "sex",
        "-y",
        "y=1",
        "--no-infer",
        "--no-config",
        "--recourse",
        "--model",
        program,
        "--model-columns",
        "a,b",
        "--model-threshold",
        "0.88",
    ];
    let words = [&["counterfactual"], &words[..]].concat();
    let report = json(&words);
    let sections = report["justice"].as_array().unwrap();
    let section = sections
        .iter()
        .find(|own| own["name"] == "recourse")
        .unwrap();
    let by_group = &section["tables"][0]["rows"];
    for row in by_group.as_array().unwrap() {
        assert_eq!(row["feasible"].as_f64(), Some(1.0), "{row}");
    }
    let output = run(&words);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains("more than"), "{text}");
    let largest = [&words[..], &["--norm", "max"]].concat();
    assert_eq!(run(&largest).status.code(), Some(2));
}

/// Ways are asked for whether or not a single column can be flipped; and nothing is asked twice.
#[cfg(unix)]
#[test]
fn ways_need_no_column_that_can_be_flipped() {
    let folder = Folder::new();
    let sent = folder.at("sent");
    fs::create_dir(&sent).unwrap();
    let model = format!("tee {sent}/$$ | python3 fixtures/model/score.py");
    let ask = |sensitive: &str| {
        let own = [
            "fixtures/german.csv",
            "--no-config",
            "-s",
            sensitive,
            "-y",
            "credit=good",
        ];
        let own = [
            &own[..],
            &["-p", "pred=good", "--justice", "--model", &model],
        ]
        .concat();
        let report = json(&own);
        let section = report["justice"][0]["tables"].as_array().unwrap().clone();
        let looked = section
            .into_iter()
            .find(|own| own["name"] == "looked_at")
            .unwrap();
        let rows = looked["rows"].as_array().unwrap().clone();
        move |what: &str| -> String {
            let row = rows.iter().find(|row| row["what"] == what).unwrap();
            format!(
                "{} {}",
                row["status"].as_str().unwrap(),
                row["how"].as_str().unwrap()
            )
        }
    };
    let banded = ask("credit_amount");
    assert_eq!(
        banded("flip_rate"),
        "not_told no single column has groups that could be flipped"
    );
    assert!(banded("recourse_rate").starts_with("told the program"));
    fs::remove_dir_all(&sent).unwrap();
    fs::create_dir(&sent).unwrap();
    let both = ask("sex,age_group");
    assert!(both("flip_rate").starts_with("told the program"));
    let table = fs::read_to_string("fixtures/german.csv").unwrap();
    let rows = table.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        fields[..7].join(",")
    });
    let rows: BTreeSet<String> = rows.collect();
    // Of all that were started one was sent the rows as they are; of others some are among the changed.
    let has_all = |own: std::io::Result<fs::DirEntry>| {
        let text = fs::read_to_string(own.unwrap().path()).unwrap();
        let sent: BTreeSet<&str> = text.lines().collect();
        rows.iter().all(|row| sent.contains(row.as_str()))
    };
    let all: Vec<bool> = fs::read_dir(&sent).unwrap().map(has_all).collect();
    let times = all.iter().filter(|has_all| **has_all).count();
    assert!(all.len() > 5 && times == 1, "{times} of {}", all.len());
}

/// A program that another one beside it would disturb is asked by itself, and then about a few.
#[cfg(unix)]
#[test]
fn a_program_that_cannot_bear_another_is_asked_alone() {
    let folder = Folder::new();
    let file = folder.at("rows.csv");
    let script = "python3 fixtures/model/score.py";
    let lock = folder.at("lock");
    let models = [
        // The first to end removes what the other one reads.
        format!("cat > {file}; {script} < {file}; rm {file}"),
        // Whoever comes second gives up.
        format!("mkdir {lock} || exit 3; sleep 0.2; {script}; rmdir {lock}"),
        format!("sleep 0.1; mkdir {lock} || exit 3; {script}; rmdir {lock}"),
    ];
    let own = [
        &FLIPPED[..],
        &["--no-infer", "--model-columns", SENT, "--model"],
    ]
    .concat();
    let plain = json(&[&own[..], &[script]].concat());
    for model in &models {
        let report = json(&[&own[..], &[model]].concat());
        assert_eq!(
            report["justice"][0]["tables"], plain["justice"][0]["tables"],
            "{model}"
        );
    }
    // What it cannot do with a few rows is told as that.
    let picky = format!("cat > {file}; test $(wc -l < {file}) -gt 20 && {script} < {file}");
    let output = run(&[&own[..], &[&picky]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("asked about 8 of 2000 rows by themselves"),
        "{said}"
    );
}

/// How far searched ways lie apart may be due to the search, and is judged by no rule; who has a way is.
#[cfg(unix)]
#[test]
fn gaps_of_searched_ways_are_judged_by_no_rule() {
    let model = "python3 fixtures/model/score.py";
    let own = [
        "fixtures/german.csv",
        "--no-config",
        "-s",
        "sex",
        "-y",
        "credit=good",
    ];
    let asked = [
        "-p",
        "pred=good",
        "--justice",
        "--model",
        model,
        "-P",
        "none",
    ];
    let rules = [
        "-r",
        "recourse_gap(sex) <= 99",
        "-r",
        "recourse_rate(sex) >= 0",
    ];
    let report = json(&[&own[..], &asked, &rules].concat());
    let of = |metric: &str| -> Vec<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        let own = findings.filter(|own| own["metric"] == metric);
        own.map(|own| own["reason"].as_str().unwrap_or("judged").to_owned())
            .collect()
    };
    assert_eq!(
        of("recourse_cost_difference"),
        ["one_group", "of_a_search", "of_a_search"]
    );
    assert_eq!(of("recourse_rate"), ["judged", "judged"]);
}

/// Bounds beyond all that the table has leave nothing to be changed, whoever is asked.
#[cfg(unix)]
#[test]
fn bounds_that_no_value_meets_leave_a_number_as_it_is() {
    let bounds = [
        "--recourse",
        "--bounds",
        "duration_months=1000..2000",
        "--no-infer",
    ];
    let model = [
        "--model-columns",
        SENT,
        "--model",
        "python3 fixtures/model/score.py",
    ];
    let report = json(&[&FLIPPED[..], &bounds, &model].concat());
    let sections = report["justice"].as_array().unwrap().iter();
    let ways = sections.filter(|own| own["name"] == "recourse");
    let tables = ways.flat_map(|own| own["tables"].as_array().unwrap());
    let changed = tables.filter(|own| own["name"] == "features");
    let changed: Vec<&Value> = changed
        .flat_map(|own| own["rows"].as_array().unwrap())
        .collect();
    assert!(changed.len() > 3);
    assert!(
        changed
            .iter()
            .all(|own| own["feature"] != "duration_months")
    );
}

/// A saved model that decides by the group is asked for ways in the groups that it knows.
#[test]
fn a_model_that_decides_by_the_group_is_asked_for_ways_by_its_own_groups() {
    let folder = Folder::new();
    let model = folder.at("m.json");
    let roles = [
        "fixtures/german.csv",
        "--no-config",
        "-s",
        "sex,age_group",
        "-y",
        "credit=good",
    ];
    let fit = [
        "--attribute",
        "age_group",
        "--ignore",
        "pred,score",
        "--no-infer",
    ];
    let out = ["--method", "threshold_parity", "--model-out", &model];
    let output = run(&[&["mitigate"], &roles[..], &fit, &out].concat());
    assert_eq!(output.status.code(), Some(0));
    let asked = [
        "-p",
        "pred=good",
        "--model",
        &model,
        "--method",
        "threshold_parity",
    ];
    let report = json(&[&roles[..], &asked, &["--justice"]].concat());
    let flip = ["--recourse", "--flip", "age_group"];
    let other = json(&[&["counterfactual"], &roles[..], &asked, &flip].concat());
    let ways = |report: &Value| -> Value {
        let mut sections = report["justice"].as_array().unwrap().iter();
        let own = sections.find(|own| own["name"] == "recourse").unwrap();
        own["tables"][0]["rows"].clone()
    };
    // By the groups of `sex`, the first of `-s`, it would refuse others.
    assert_eq!(ways(&report), ways(&other));
}
