//! `--sequential`: nights add up, are counted once, and leave the state whole.

use std::fs;

use serde_json::Value;

use crate::policy::Place;

const ROLES: [&str; 6] = ["-s", "sex", "-p", "selected", "--ignore", "score"];
const FEMALE: &str = "selection_rate_ratio:sex=Female";

/// The hiring table dealt to three nights.
fn place() -> Place {
    let place = Place::new("");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/hiring.csv");
    let text = fs::read_to_string(root).unwrap();
    let (head, rows) = text.split_once('\n').unwrap();
    for night in 0..3 {
        let rows: Vec<&str> = rows.lines().skip(night).step_by(3).collect();
        let name = format!("night{}.csv", night + 1);
        place.write(&name, &format!("{head}\n{}\n", rows.join("\n")));
    }
    place.write("none.csv", &format!("{head}\n"));
    place
}

fn words<'a>(table: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[table], &ROLES[..], &["--sequential", "state.json"], more].concat()
}

fn state(place: &Place) -> Value {
    serde_json::from_slice(&fs::read(place.path("state.json")).unwrap()).unwrap()
}

fn finding<'a>(report: &'a Value, id: &str) -> &'a Value {
    let mut findings = report["findings"].as_array().unwrap().iter();
    findings.find(|finding| finding["id"] == id).unwrap()
}

#[test]
fn nights_add_up_to_the_table_that_they_were_dealt_from() {
    let place = place();
    let mut last = Value::Null;
    for night in 1..=3_u64 {
        last = place.json(&words(&format!("night{night}.csv"), &[]));
        assert_eq!(last["record"]["sequential"]["nights"], night);
        crate::ci_formats::assert_schema("../../docs/schema/report.json", &last);
    }
    assert_eq!(last["record"]["sequential"]["rows"], 2_000);
    let whole = place.json(&[&["hiring.csv"], &ROLES[..]].concat());
    let (all, once) = (finding(&last, FEMALE), finding(&whole, FEMALE));
    assert_eq!(all["value"], once["value"]);
    assert_eq!(all["interval"]["method"], "sequence");
    let end = |finding: &Value, end: &str| finding["interval"][end].as_f64().unwrap();
    assert!(end(all, "low") < end(once, "low") && end(once, "high") < end(all, "high"));
    assert!(all["message"].as_str().unwrap().contains("3 nights"));
    // The groups are those of the last night.
    assert_eq!(last["record"]["rows"]["read"], 666);
    let of = |report: &Value, group: &str| {
        let groups = report["groups"].as_array().unwrap().iter();
        let mut groups = groups.filter(|g| g["attribute"] == "sex" && g["group"]["sex"] == group);
        groups.next().unwrap()["metrics"]["selection_rate"].clone()
    };
    for count in state(&place)["counts"].as_array().unwrap() {
        let rate = of(&whole, count["group"]["sex"].as_str().unwrap());
        let rows = [&rate["numerator"], &rate["denominator"]].map(|n| n.as_f64().unwrap());
        let kept = [0, 1].map(|at| count["rows"][at].as_f64().unwrap());
        assert_eq!(kept, rows);
    }
}

#[test]
fn threads_and_formats_change_no_byte_of_the_state() {
    let (one, two) = (place(), place());
    for night in ["night1.csv", "night2.csv"] {
        one.run(&words(night, &["-j", "1"]));
        two.run(&words(night, &["-j", "2", "-q", "--exit-zero"]));
    }
    let read = |place: &Place| fs::read(place.path("state.json")).unwrap();
    assert_eq!(read(&one), read(&two));
}

#[test]
fn what_was_counted_is_not_counted_again() {
    let place = place();
    place.run(&words("night1.csv", &[]));
    place.run(&words("night2.csv", &[]));
    let before = state(&place);
    fs::copy(place.path("night1.csv"), place.path("renamed.csv")).unwrap();
    let error = place.error(&words("renamed.csv", &[]));
    assert!(error.contains("counted on night 1 of 2"), "{error}");
    let twice = [&["night3.csv"], &words("night2.csv", &[])[..]].concat();
    assert!(place.error(&twice).contains("night 2 of 2"));
    assert_eq!(state(&place), before);
}

#[test]
fn other_rules_and_settings_are_refused() {
    let place = place();
    place.run(&words("night1.csv", &[]));
    let before = state(&place);
    for (more, said) in [
        (&["-r", "selection_rate <= 0.9"][..], "rules: "),
        (&["--confidence", "0.9"], "confidence: `0.95`"),
        (&["--min-group", "10"], "min_group: `30`"),
        (&["--favorable", "negative"], "favorable: `positive`"),
        (&["--adjust", "bh"], "by Bonferroni"),
        (&["-P", "none"], "no rule to judge"),
        (&["--against", "old.json"], "cannot be used with"),
    ] {
        let error = place.error(&words("night2.csv", more));
        assert!(error.contains(said), "{more:?}: {error}");
    }
    assert_eq!(state(&place), before);
}

#[test]
fn what_does_not_add_up_is_refused_by_name() {
    let place = place();
    let roles = [
        "german.csv",
        "-s",
        "age_group",
        "-y",
        "credit=good",
        "-p",
        "pred=good",
    ];
    let more = ["--no-infer", "--sequential", "state.json", "-r"];
    for rule in ["average_odds_difference <= 0.2", "theil_index <= 1"] {
        let words = [&roles[..], &more, &[rule]].concat();
        let error = place.error(&words);
        let metric = rule.split(' ').next().unwrap();
        assert!(
            error.contains("does not add up") && error.contains(metric),
            "{error}"
        );
    }
    assert!(!place.path("state.json").exists());
}

#[test]
fn a_file_of_something_else_is_never_replaced() {
    let place = place();
    let good = place.run(&words("night1.csv", &[]));
    assert_eq!(good.status.code(), Some(0));
    let good = fs::read_to_string(place.path("state.json")).unwrap();
    for text in [
        "",
        "{}",
        "[1, 2]",
        &good[..good.len() / 2],
        &good.replace("state/1", "state/2"),
        &good.replace("state/1", "report/1"),
        &good.replace("\"since\": 1", "\"since\": 2"),
        &good.replace("\"first\": 306.0", "\"first\": -1.0"),
        &good.replace("\"metric\": \"selection_rate\"", "\"metric\": \"x\""),
    ] {
        assert_ne!(text, good);
        place.write("state.json", text);
        let error = place.error(&words("night2.csv", &[]));
        assert!(error.contains("no state of `--sequential`"), "{error}");
        assert_eq!(fs::read_to_string(place.path("state.json")).unwrap(), text);
    }
}

#[test]
fn the_state_is_no_input_and_no_output() {
    let place = place();
    let same = ["-f", "json=./state.json"];
    let error = place.error(&words("night1.csv", &same));
    assert!(error.contains("would both go there"), "{error}");
    let input = ["night1.csv", "--sequential", "night1.csv"];
    assert!(
        place
            .error(&[&input, &ROLES[..]].concat())
            .contains("it is the input")
    );
    assert!(!place.path("state.json").exists());
    place.run(&words("night1.csv", &[]));
    let error = place.error(&words("night2.csv", &same));
    assert!(error.contains("would both go there"), "{error}");
}

#[test]
fn a_night_without_rows_and_a_run_that_fails_to_write_are_not_counted() {
    let place = place();
    place.run(&words("night1.csv", &[]));
    let before = state(&place);
    let output = place.run(&words("none.csv", &[]));
    assert_eq!(state(&place), before, "{output:?}");
    let lost = words("night2.csv", &["-f", "json=/dev/full"]);
    if std::path::Path::new("/dev/full").exists() {
        place.error(&lost);
        assert_eq!(state(&place), before);
    }
}

#[test]
fn a_report_of_several_nights_is_not_judged_again_by_its_last_one() {
    let place = place();
    place.run(&words("night1.csv", &["-f", "json=r.json"]));
    assert!(place.error(&["check", "r.json"]).contains("several nights"));
    let rendered = place.run(&["report", "r.json", "-q"]);
    assert_eq!(rendered.status.code(), Some(0));
}

#[test]
fn a_group_that_comes_or_stays_away_keeps_its_counts() {
    let place = Place::new("");
    let rows = |groups: &[(&str, u64, u64)]| {
        let mut text = "sex,selected\n".to_owned();
        for &(name, part, whole) in groups {
            for row in 0..whole {
                text += &format!("{name},{}\n", u64::from(row < part));
            }
        }
        text
    };
    place.write("night1.csv", &rows(&[("a", 50, 100), ("b", 45, 100)]));
    place.write("night2.csv", &rows(&[("a", 51, 100), ("c", 10, 100)]));
    place.write("night3.csv", &rows(&[("a", 52, 100), ("b", 44, 100)]));
    let mut last = Value::Null;
    for night in ["night1.csv", "night2.csv", "night3.csv"] {
        let words = [
            night,
            "-s",
            "sex",
            "-p",
            "selected=1",
            "--sequential",
            "state.json",
        ];
        last = place.json(&words);
    }
    let since: Vec<_> = state(&place)["counts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|count| {
            (
                count["group"]["sex"].clone(),
                count["since"].as_u64().unwrap(),
                count["rows"].clone(),
            )
        })
        .collect();
    assert_eq!(since[1], ("b".into(), 1, serde_json::json!([89, 200])));
    assert_eq!(since[2], ("c".into(), 2, serde_json::json!([10, 100])));
    let absent = finding(&last, "selection_rate_ratio:sex=c");
    assert_eq!(absent["status"], "fail");
    let groups = last["groups"].as_array().unwrap();
    assert!(groups.iter().all(|group| group["group"]["sex"] != "c"));
}
