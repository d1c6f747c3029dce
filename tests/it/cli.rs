//! The command line from outside: consoles in prose, every exit status, JSON by its schema.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

pub fn run(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fair-audit"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FAIR_AUDIT_") {
            command.env_remove(name);
        }
    }
    command
        .args(words)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

pub fn json(words: &[&str]) -> Value {
    let output = run(&[words, &["-f", "json"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

const HIRING: &[&str] = &["fixtures/hiring.csv", "-s", "sex,race", "-p", "selected"];

/// The hiring table with its roles named.
fn hiring<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [HIRING, more].concat()
}

#[test]
fn consoles_of_the_readme_and_the_tutorials() {
    trycmd::TestCases::new()
        .case("tests/cli/*.md")
        .case("README.md");
}

#[test]
fn exit_status_is_named_by_what_happened() {
    let status = |words: &[&str]| run(words).status.code();
    let never = "selection_rate_ratio(sex) >= 0";
    let always = "selection_rate(sex) >= 1";
    let rule = |text: &'static str| hiring(&["-P", "none", "-r", text]);
    assert_eq!(status(&rule(never)), Some(0), "nothing fails");
    assert_eq!(status(&rule(always)), Some(1), "a check fails");
    let zero = [rule(always), vec!["--exit-zero"]].concat();
    assert_eq!(status(&zero), Some(0), "--exit-zero");
    let lenient = [rule(always), vec!["--fail-on", "never"]].concat();
    assert_eq!(status(&lenient), Some(0), "--fail-on never");
    let nobody = [rule(never), vec!["--min-group", "100000000"]].concat();
    assert_eq!(status(&nobody), Some(3), "nothing can be decided");
    assert_eq!(status(&hiring(&["-P", "none"])), Some(0), "no gate");
    for wrong in [
        &["no_such_file.csv"][..],
        &["fixtures/hiring.csv", "-s", "no_such_column"],
        &["fixtures/hiring.csv", "--no-such-flag"],
        &["fixtures/hiring.csv", "-r", "nonsense"],
        &["check", "fixtures/hiring.csv"],
        &[],
    ] {
        let output = run(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty(), "{wrong:?}");
        assert!(!output.stderr.is_empty(), "{wrong:?}");
    }
}

#[test]
fn strict_does_not_let_an_undecided_check_pass() {
    let rule = "selection_rate(race) >= 0";
    let report = json(&hiring(&["-P", "none", "-r", rule, "--min-group", "0"]));
    let sizes = report["groups"].as_array().unwrap().iter();
    let sizes = sizes.filter(|g| g["attribute"] == "race" && g["missing"] == false);
    let smallest = sizes.map(|g| g["rows"].as_u64().unwrap()).min().unwrap();
    let over = (smallest + 1).to_string();
    let words = hiring(&["-P", "none", "-r", rule, "--min-group", &over]);
    assert_eq!(run(&words).status.code(), Some(0));
    let strict = [words, vec!["--strict"]].concat();
    assert_eq!(run(&strict).status.code(), Some(3));
}

#[test]
fn json_is_what_its_schema_says() {
    let schema = run(&["schema", "report"]).stdout;
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for file in [
        "fixtures/german.csv",
        "fixtures/hiring.csv",
        "fixtures/berkeley.csv",
    ] {
        let report = json(&[file]);
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{file}: {}", errors.join("\n"));
        assert_eq!(report["schema"], "fair-audit/report/1");
    }
}

#[test]
fn threads_and_file_format_change_no_byte() {
    let with = |threads| run(&["fixtures/german.csv", "-f", "json", "-j", threads]).stdout;
    let one = with("1");
    assert!(one.len() > 1_000);
    for threads in ["2", "3", "7"] {
        assert!(with(threads) == one, "-j {threads}");
    }
}

#[test]
fn a_saved_report_judged_again_has_the_same_findings() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("report.json");
    let format = format!("json={}", saved.display());
    let name = saved.to_str().unwrap();
    let german = &["fixtures/german.csv"][..];
    let named = &["fixtures/german.csv", "--metrics", "precision"][..];
    for words in [german, named, &["fixtures/hiring.csv"]] {
        let output = run(&[words, &["-f", &format]].concat());
        assert!(output.stdout.is_empty());
        let first: Value = serde_json::from_slice(&std::fs::read(&saved).unwrap()).unwrap();
        let again = json(&["check", name]);
        assert_eq!(first["findings"], again["findings"], "{words:?}");
        assert_eq!(first["verdict"], again["verdict"], "{words:?}");
        let rendered = run(&["report", name, "-f", "json"]).stdout;
        let rendered: Value = serde_json::from_slice(&rendered).unwrap();
        assert_eq!(rendered, first);
    }
    // What rules need is kept in it; other formats have no more than was asked for.
    run(&[named, &["-f", &format]].concat());
    let csv = run(&["report", name, "-f", "csv"]).stdout;
    let csv = String::from_utf8(csv).unwrap();
    let groups = csv.lines().filter(|line| line.starts_with("group,"));
    let (asked, others): (Vec<_>, Vec<_>) =
        groups.partition(|line| line.contains(",positive_predictive_value,"));
    assert!(!asked.is_empty());
    assert_eq!(others, Vec::<&str>::new());
}

#[test]
fn help_fits_one_screen() {
    let help = run(&["-h"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert_eq!(help.status.code(), Some(0));
    assert!(text.lines().count() <= 50, "{} lines", text.lines().count());
    assert!(text.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn what_was_typed_never_reaches_the_terminal_raw() {
    for words in [
        &["\u{1b}[31m.csv"][..],
        &["x.csv", "--\u{1b}[31m"],
        &["x.csv", "--favorable", "\u{202e}evil\u{7}"],
        &["help", "\u{1b}]0;x\u{7}"],
        &["metrics", "\u{9b}31m"],
    ] {
        let output = run(words);
        let text = String::from_utf8(output.stderr).unwrap();
        let raw = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(raw), "{text:?}");
        assert_eq!(output.status.code(), Some(2), "{words:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_an_input_is_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("t.csv");
    std::fs::copy("fixtures/hiring.csv", &copy).unwrap();
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink(&copy, &link).unwrap();
    let before = std::fs::read(&copy).unwrap();
    let format = format!("json={}", link.display());
    let output = run(&[copy.to_str().unwrap(), "-f", &format]);
    assert_eq!(output.status.code(), Some(2));
    assert!(std::fs::read(&copy).unwrap() == before);
    assert!(Path::new(&link).exists());
}

#[test]
fn a_value_that_an_option_cannot_take_is_told_with_what_it_can() {
    for (words, problem, help) in [
        (
            "--seed x",
            "`--seed x`: it is no whole number",
            "a whole number from 0 on",
        ),
        (
            "--seed -1",
            "`--seed -1`: it is below 0",
            "a whole number from 0 on",
        ),
        (
            "--bootstrap 5",
            "`--bootstrap 5`: it is below 99",
            "from 99 to 1000000",
        ),
        (
            "--bootstrap 2000000",
            "it is above 1000000",
            "from 99 to 1000000",
        ),
        (
            "--min-group 1.5",
            "`--min-group 1.5`: it is no whole",
            "from 0 on",
        ),
        ("--confidence 2", "it is not between 0 and 1", "`0.95`"),
        ("--threshold x", "it is no finite number", "`0.5`"),
        (
            "--missing grup",
            "`--missing grup`: there is no such value",
            "mean `group`? values: group,",
        ),
        ("--control sx", "no column `sx`", "did you mean `sex`?"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let output = run(&[&["fixtures/hiring.csv"], &words[..]].concat());
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        let mut lines = text.lines();
        let (first, second) = (lines.next().unwrap(), lines.next().unwrap());
        assert!(
            first.starts_with("error: ") && first.contains(problem),
            "{text}"
        );
        assert!(
            second.starts_with("help: ") && second.contains(help),
            "{text}"
        );
        assert_eq!(lines.next(), None);
    }
}

#[test]
fn numbers_in_notes_have_the_minus_of_the_tables() {
    let words = ["fixtures/berkeley.csv", "-s", "gender", "-p", "admitted"];
    let words = [&words[..], &["--control", "department", "--exit-zero"]].concat();
    for (more, minus) in [(&[][..], "−0.142"), (&["--ascii"], "-0.142")] {
        let output = run(&[&words[..], more].concat());
        for text in [output.stdout, output.stderr] {
            let text = String::from_utf8(text).unwrap();
            let note = text.lines().find(|line| line.contains("Simpson")).unwrap();
            assert!(note.contains(minus), "{note}");
        }
    }
}
