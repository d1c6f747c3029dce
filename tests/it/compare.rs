//! `--against` and `compare`: what got worse, by how much more than chance, and what is refused.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::run;

const ROLES: &[&str] = &["-s", "sex", "-y", "credit=good", "--no-infer"];

/// A folder with the German credit table and a later decision: who scores at least 0.6, and women
/// only from `women` on.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.table("then.csv", 0.6);
        place.table("now.csv", 0.7);
        place
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn table(&self, name: &str, women: f64) {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/german.csv");
        let text = std::fs::read_to_string(fixture).unwrap();
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let column = |name: &str| header.iter().position(|known| *known == name).unwrap();
        let (sex, score) = (column("sex"), column("score"));
        let mut table = format!("{},later\n", header.join(","));
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            let from = if cells[sex] == "female" { women } else { 0.6 };
            let is_good = cells[score].parse::<f64>().unwrap() >= from;
            writeln!(table, "{line},{}", if is_good { "good" } else { "bad" }).unwrap();
        }
        std::fs::write(self.0.path().join(name), table).unwrap();
    }

    /// A saved report of a table by its later decision.
    fn saved(&self, table: &str, name: &str, more: &[&str]) -> String {
        let (table, path) = (self.path(table), self.path(name));
        let words = [
            &[
                table.as_str(),
                "-p",
                "later=good",
                "--exit-zero",
                "-o",
                &path,
            ],
            ROLES,
            more,
        ];
        let output = run(&words.concat());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        path
    }
}

fn report(words: &[&str]) -> (Value, Option<i32>) {
    let output = run(&[words, &["-f", "json"]].concat());
    let report = serde_json::from_slice(&output.stdout);
    let report =
        report.unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code())
}

fn error(words: &[&str]) -> String {
    let output = run(words);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty());
    text
}

fn find<'a>(report: &'a Value, id: &str) -> &'a Value {
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["id"] == id);
    found.unwrap_or_else(|| panic!("no {id} in {findings:#?}"))
}

/// The later decision of a table against an earlier report.
fn against<'a>(table: &'a str, old: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[table, "-p", "later=good", "--against", old], ROLES, more].concat()
}

const RATIO: &str = "selection_rate_ratio:sex=female";

#[test]
fn what_is_as_it_was_does_not_fail_and_what_got_worse_does() {
    let place = Place::new();
    let (then, now) = (place.path("then.csv"), place.path("now.csv"));
    let (old, bad) = (
        place.saved("then.csv", "old.json", &[]),
        place.saved("now.csv", "bad.json", &[]),
    );
    let (same, code) = report(&against(&then, &old, &[]));
    assert_eq!(
        (&find(&same, RATIO)["change"]["status"], code),
        (&"same".into(), Some(0))
    );
    let (worse, code) = report(&against(&now, &old, &[]));
    let change = &find(&worse, RATIO)["change"];
    assert_eq!((&change["status"], code), (&"worse".into(), Some(1)));
    assert!(change["interval"]["high"].as_f64().unwrap() < 1.0);
    assert_eq!(change["paired"], false);
    // A tolerance is on the number's own scale.
    let loss = change["from"].as_f64().unwrap() - change["to"].as_f64().unwrap();
    for (tolerance, code) in [(loss + 0.01, Some(0)), (loss - 0.01, Some(1))] {
        let tolerance = tolerance.to_string();
        let more = ["--tolerance", &tolerance, "-P", "four-fifths"];
        assert_eq!(
            run(&against(&now, &old, &more)).status.code(),
            code,
            "{tolerance}"
        );
    }
    // What was as bad before warns: it fails without the earlier report.
    let strict = ["-P", "none", "-r", "selection_rate_ratio >= 0.95"];
    let alone = [&[now.as_str(), "-p", "later=good"], ROLES, &strict].concat();
    assert_eq!(run(&alone).status.code(), Some(1));
    let (known, code) = report(&against(&now, &bad, &strict));
    assert_eq!(
        (&find(&known, RATIO)["status"], code),
        (&"warn".into(), Some(0))
    );
    // Better is better.
    let (better, code) = report(&against(&then, &bad, &[]));
    assert_eq!(
        (&find(&better, RATIO)["change"]["status"], code),
        (&"better".into(), Some(0))
    );
}

#[test]
fn what_is_new_is_judged_by_its_limit_and_what_is_gone_is_said() {
    let place = Place::new();
    let now = place.path("now.csv");
    let rule = ["-P", "none", "-r", "selection_rate_ratio >= 0.99"];
    let old = place.saved(
        "now.csv",
        "old.json",
        &[&rule[..], &["-s", "age_group"]].concat(),
    );
    let more = [&rule[..], &["-s", "foreign_worker"]].concat();
    let (report, code) = report(&against(&now, &old, &more));
    let added: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["attribute"] == "foreign_worker")
        .collect();
    assert!(
        added
            .iter()
            .all(|finding| finding["change"]["status"] == "new")
    );
    assert_eq!(
        code,
        i32::from(added.iter().any(|f| f["status"] == "fail")).into()
    );
    let gone = report["comparison"]["vanished"].to_string();
    assert!(gone.contains("selection_rate_ratio:age_group="), "{gone}");
    assert!(report["notes"].to_string().contains("there is no longer"));
}

#[test]
fn a_gap_that_turned_around_is_held_against_what_it_was() {
    let place = Place::new();
    // Women get more than men in the one, less in the other.
    place.table("women.csv", 0.4);
    let old = place.saved("women.csv", "old.json", &[]);
    let now = place.path("now.csv");
    let rule = ["-P", "none", "-r", "selection_rate_ratio >= 0.8"];
    let (turned, _) = report(&against(&now, &old, &rule));
    let change = &find(&turned, RATIO)["change"];
    assert_ne!(change["status"], "new");
    assert_eq!(turned["comparison"]["vanished"], serde_json::json!([]));
}

#[test]
fn reports_without_a_check_in_common_are_refused() {
    let place = Place::new();
    let saved = |sensitive: &str, name: &str| {
        let (now, path) = (place.path("now.csv"), place.path(name));
        let words = [
            &now,
            "-p",
            "pred=good",
            "-s",
            sensitive,
            "--no-infer",
            "--exit-zero",
            "-o",
            &path,
        ];
        assert_eq!(run(&words).status.code(), Some(0));
        path
    };
    let (a, b) = (saved("sex", "a.json"), saved("age_group", "b.json"));
    let text = error(&["compare", &a, &b]);
    for said in [
        "no check in common",
        "a.json judges `selection_rate_ratio:sex=female`",
        "b.json judges `selection_rate_ratio:age_group=under 25`",
    ] {
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn decisions_are_found_again_where_others_were_added_or_left_out() {
    let place = Place::new();
    let now = place.path("now.csv");
    let one = place.saved("now.csv", "one.json", &[]);
    let more = ["-p", "pred=good", "-P", "four-fifths"];
    let (added, _) = report(&against(&now, &one, &more));
    let status = |id: &str| find(&added, id)["change"]["status"].clone();
    assert_eq!(status(&format!("{RATIO}@later")), "same");
    assert_eq!(status(&format!("{RATIO}@pred")), "new");
    assert_eq!(added["comparison"]["vanished"], serde_json::json!([]));
    let both = place.saved("now.csv", "both.json", &more);
    let (left, _) = report(&against(&now, &both, &["-P", "four-fifths"]));
    assert_eq!(find(&left, RATIO)["change"]["status"], "same");
    let vanished = left["comparison"]["vanished"].as_array().unwrap();
    assert!(
        vanished
            .iter()
            .all(|id| id.as_str().unwrap().ends_with("@pred")),
        "{vanished:?}"
    );
}

#[test]
fn a_saved_report_is_checked_against_another() {
    let place = Place::new();
    let (old, new) = (
        place.saved("then.csv", "old.json", &[]),
        place.saved("now.csv", "new.json", &[]),
    );
    let (report, code) = report(&["check", &new, "--against", &old]);
    assert_eq!(
        (&find(&report, RATIO)["change"]["status"], code),
        (&"worse".into(), Some(1))
    );
    let both = run(&["check", &new, "--against", &old, "-f", "md"]).stdout;
    assert!(String::from_utf8(both).unwrap().contains("| worse | sex"));
}

#[test]
fn an_earlier_report_that_means_something_else_is_refused() {
    let place = Place::new();
    let now = place.path("now.csv");
    for (more, said) in [
        (&["--favorable", "negative"][..], "favorable"),
        (&["--confidence", "0.9"], "confidence"),
        (&["-y", "credit=bad"], "positive"),
    ] {
        let (table, path) = (place.path("now.csv"), place.path("other.json"));
        let mut words = vec![&*table, "-s", "sex", "--no-infer", "-p", "later=good"];
        words.extend(more);
        if !more.contains(&"-y") {
            words.extend(["-y", "credit=good"]);
        }
        words.extend(["--exit-zero", "-o", &path]);
        assert_eq!(run(&words).status.code(), Some(0));
        let text = error(&against(&now, &path, &[]));
        assert!(text.contains(said) && text.contains("help: "), "{text}");
    }
    let write = |name: &str, text: &str| {
        std::fs::write(place.path(name), text).unwrap();
        place.path(name)
    };
    let other = write("v9.json", "{\"schema\": \"fair-audit/report/9\"}");
    assert!(error(&against(&now, &other, &[])).contains("fair-audit/report/9"));
    let broken = write(
        "broken.json",
        "{\"schema\": \"fair-audit/report/1\", \"findings\": [{}]}",
    );
    assert!(error(&against(&now, &broken, &[])).contains("broken.json"));
    assert!(
        error(&against(&now, &now, &[])).contains("help: "),
        "a table is no report"
    );
    assert!(error(&against(&now, &place.path("none.json"), &[])).contains("none.json"));
    let old = place.saved("then.csv", "old.json", &[]);
    assert!(error(&against(&now, &old, &["--tolerance", "-1"])).contains("negative"));
    // It is an input: nothing replaces it.
    error(&against(&now, &old, &["-o", &old]));
}

/// Each finding's id and change.
fn changes(report: &Value) -> Vec<(String, Value)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let told = findings.map(|f| (f["id"].as_str().unwrap().to_owned(), f["change"].clone()));
    let mut list: Vec<_> = told.collect();
    list.sort_by(|a, b| a.0.cmp(&b.0));
    list
}

#[test]
fn reports_and_tables_compare_alike_and_only_what_got_worse_fails() {
    let place = Place::new();
    let (then, now) = (place.path("then.csv"), place.path("now.csv"));
    let (old, new) = (
        place.saved("then.csv", "old.json", &[]),
        place.saved("now.csv", "new.json", &[]),
    );
    let compare = |a: &str, b: &str| {
        let roles = [&["compare", a, b, "-p", "later=good"], ROLES].concat();
        report(&roles)
    };
    let (reports, code) = compare(&old, &new);
    assert_eq!(code, Some(1));
    for (a, b) in [(&old, &now), (&then, &new)] {
        assert_eq!(changes(&compare(a, b).0), changes(&reports));
    }
    // Tables are known to be of the same rows, reports are not.
    let (tables, code) = compare(&then, &now);
    assert_eq!(code, Some(1));
    assert_eq!(find(&tables, RATIO)["change"]["paired"], true);
    let (back, code) = compare(&new, &old);
    assert_eq!(
        (&find(&back, RATIO)["change"]["status"], code),
        (&"better".into(), Some(0))
    );
    // Limits count for nothing: a report is no worse than itself.
    assert_eq!(compare(&new, &new).1, Some(0));
    let text = error(&["compare", &now, "-s", "sex", "-p", "later"]);
    assert!(text.contains("-p A -p B"), "{text}");
}

fn close(found: &Value, wanted: &Value, most: f64) {
    let (found, wanted) = (found.as_f64().unwrap(), wanted.as_f64().unwrap());
    assert!((found - wanted).abs() <= most, "{found} is not {wanted}");
}

#[test]
fn two_decisions_of_the_same_rows_are_paired() {
    let place = Place::new();
    let now = place.path("now.csv");
    let words = [
        "compare",
        &now,
        "-p",
        "pred=good",
        "-p",
        "later=good",
        "-P",
        "none",
    ];
    let rules = [
        "-r",
        "selection_rate(sex) >= 0",
        "-r",
        "true_positive_rate(sex) >= 0",
        "-r",
        "selection_rate_ratio(sex) >= 0.8",
        "-r",
        "true_positive_rate_difference(sex) <= 0.1",
    ];
    let (found, code) = report(&[&words[..], ROLES, &rules].concat());
    assert_eq!(code, Some(1));
    // The numbers of `fixtures/paired.py`.
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/paired.json");
    let wanted: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for (metric, groups) in wanted["rates"].as_object().unwrap() {
        for (sex, wanted) in groups.as_object().unwrap() {
            let change = &find(&found, &format!("{metric}:sex={sex}"))["change"];
            assert_eq!(change["paired"], true);
            for key in ["from", "to"] {
                close(&change[key], &wanted[key], 1e-12);
            }
            for key in ["low", "high"] {
                close(&change["interval"][key], &wanted[key], 1e-9);
            }
        }
    }
    // Gaps against resampling of the rows: the ends agree to a sixth of the width.
    for (metric, wanted) in wanted["gaps"].as_object().unwrap() {
        let change = &find(&found, &format!("{metric}:sex=female"))["change"];
        close(&change["value"], &wanted["change"], 1e-9);
        let width = wanted["high"].as_f64().unwrap() - wanted["low"].as_f64().unwrap();
        for key in ["low", "high"] {
            close(&change["interval"][key], &wanted[key], width / 6.0);
        }
    }
    // Women are falsely approved less often than men now, and were more often: one gap all the same.
    let more = [
        "-P",
        "none",
        "-r",
        "false_positive_rate_difference(sex) <= 0.1",
    ];
    let (turned, _) = report(&[&words[..6], ROLES, &more].concat());
    let changes = changes(&turned);
    assert!(
        changes.iter().all(|(_, change)| change["status"] != "new"),
        "{changes:?}"
    );
    assert_eq!(turned["comparison"]["vanished"], serde_json::json!([]));
    // The same numbers as if they were of other rows: wider.
    let saved = |prediction: &str, name: &str| {
        let path = place.path(name);
        let words = [
            &[&*now, "-p", prediction, "--exit-zero", "-o", &path],
            ROLES,
        ]
        .concat();
        assert_eq!(run(&words).status.code(), Some(0));
        path
    };
    let (a, b) = (saved("pred=good", "a.json"), saved("later=good", "b.json"));
    let (apart, _) = report(&[&["compare", &a, &b, "-P", "none"], &rules[..]].concat());
    let width = |report: &Value| {
        let interval = &find(report, RATIO)["change"]["interval"];
        interval["high"].as_f64().unwrap() - interval["low"].as_f64().unwrap()
    };
    assert!(width(&found) < 0.8 * width(&apart));
}
