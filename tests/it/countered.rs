//! `fair-audit counterfactual`, the corners: which answer is positive, programs whose children live
//! on, what is a headline, and flags that would do nothing.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cli::{json, run};
use crate::mitigate::Folder;

const GERMAN: &str = "fixtures/german.csv";

fn words<'a>(own: &[&'a str]) -> Vec<&'a str> {
    [&["counterfactual"], own, &["--no-config"]].concat()
}

fn refused(own: &[&str]) -> String {
    let output = run(&words(own));
    assert_eq!(output.status.code(), Some(2), "{own:?}");
    assert!(output.stdout.is_empty(), "{own:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The shares that turn favorable, over all rows.
fn gained(report: &Value) -> f64 {
    report["justice"][0]["tables"][0]["rows"][0]["gained"]
        .as_f64()
        .unwrap()
}

fn facts(report: &Value) -> String {
    report["profile"]["facts"].to_string()
}

#[test]
fn the_positive_answer_of_both_columns_is_the_one_that_is_said() {
    let folder = Folder::new();
    let text = "sex,hired,before,after,old,new\nf,yes,ok,no,0,1\nf,no,no,ok,1,0\nm,yes,no,ok,0,1\nm,no,ok,ok,0,1\n";
    let table = folder.write("t.csv", text);
    let own = [&table, "-s", "sex", "--paired"];
    let asked = |rest: &[&str]| gained(&json(&words(&[&own[..], rest].concat())));
    assert_eq!(asked(&["before,after", "-p", "before=ok"]), 0.5);
    assert_eq!(asked(&["before,after", "-p", "before=no"]), 0.25);
    assert_eq!(asked(&["old,new", "-p", "old=1"]), 0.75);
    assert_eq!(asked(&["old,new", "-p", "old=0"]), 0.25);
    let said = refused(&[&own[..], &["before,after", "-p", "before=gone"]].concat());
    assert!(said.contains("no answer is this one"), "{said}");
    // The label's `yes` is no answer here: whatever is not `yes` would be negative.
    let said = refused(&[&own[..], &["before,after", "-y", "hired=yes"]].concat());
    assert!(said.contains("no known yes or no"), "{said}");
}

/// What a program leaves behind holds its pipes: nobody waits for it.
#[cfg(unix)]
#[test]
fn children_that_outlive_a_program_are_not_waited_for() {
    let timed = |model: &str| {
        let begun = Instant::now();
        let columns = ["--model-columns", "sex,purpose", "--model-timeout", "20"];
        let own = [GERMAN, "--flip", "sex", "--no-infer", "--model", model];
        let output = run(&words(&[&own[..], &columns].concat()));
        assert!(begun.elapsed() < Duration::from_secs(15), "{model}");
        output.status.code()
    };
    // It keeps the answers' pipe open, and all answers were given.
    assert_eq!(timed("sleep 60 & awk 'NR>1{print 0.5}'"), Some(0));
    // It keeps the questions' pipe open, and nobody reads them.
    assert_eq!(timed("sleep 60 <&0 >&- 2>&- & exit 0"), Some(2));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_program_too() {
    use std::process::{Command, Stdio};
    let folder = Folder::new();
    let pid = folder.at("pid");
    let model = format!("echo $$ > {pid}; sleep 60");
    let own = [GERMAN, "--flip", "sex", "--no-infer", "--model", &model];
    let mut child = Command::new(env!("CARGO_BIN_EXE_fair-audit"))
        .args(words(&own))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    let wait = |is_done: &dyn Fn() -> bool| {
        while !is_done() {
            assert!(Instant::now() < until);
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let known = || {
        std::fs::read_to_string(&pid)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    wait(&|| !known().is_empty());
    let kill = |sign: &str, id: &str| Command::new("kill").args([sign, id]).output().unwrap();
    kill("-TERM", &child.id().to_string());
    assert!(!child.wait().unwrap().success());
    wait(&|| !kill("-0", &known()).status.success());
}

#[test]
fn what_the_model_cannot_see_is_the_headline() {
    let fitted = [
        GERMAN,
        "--flip",
        "sex",
        "-y",
        "credit=good",
        "--model",
        "tree",
    ];
    let report = json(&words(&fitted));
    assert!(
        facts(&report).contains("does not see `sex`"),
        "{}",
        facts(&report)
    );
}

#[test]
fn a_model_that_decides_by_groups_is_not_said_to_be_blind() {
    let folder = Folder::new();
    let saved = folder.at("m.json");
    let roles = [GERMAN, "-s", "sex", "-y", "credit=good", "--no-config"];
    let made = ["--method", "threshold_parity", "--model-out", &saved];
    let output = run(&[&["mitigate"], &roles[..], &made].concat());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for (method, is_blind) in [("plain", true), ("threshold_parity", false)] {
        let own = [&roles[..5], &["--model", &saved, "--method", method]].concat();
        let notes = json(&words(&own))["justice"][0]["notes"].to_string();
        assert_eq!(
            notes.contains("does not see"),
            is_blind,
            "{method}: {notes}"
        );
    }
}

/// Three of four that turn one way are chance; of forty thirty are not.
#[test]
fn only_what_chance_does_not_make_is_worth_a_look() {
    let folder = Folder::new();
    for (times, is_said) in [(1, false), (10, true)] {
        let mut text = "sex,before,after\n".to_owned();
        for _ in 0..times {
            text += "f,no,yes\nf,no,yes\nf,no,yes\nf,yes,no\nm,no,no\nm,yes,yes\n";
        }
        let table = folder.write("t.csv", &text);
        let own = [&table, "-s", "sex", "--paired", "before,after"];
        let report = json(&words(&own));
        assert_eq!(
            facts(&report).contains("turn favorable"),
            is_said,
            "{}",
            facts(&report)
        );
    }
}

#[test]
fn flags_that_would_do_nothing_are_refused() {
    let own = [GERMAN, "-s", "sex", "-y", "credit=good", "--no-infer"];
    let fitted = [&own[..], &["--ignore", "pred,score", "--model", "tree"]].concat();
    let with = |rest: &[&'static str]| refused(&[&fitted[..], rest].concat());
    let said = with(&["--model-threshold", "0.7"]);
    assert!(said.contains("it is for a program"), "{said}");
    let said = with(&["--model-timeout", "5"]);
    assert!(said.contains("it is for a program"), "{said}");
    let said = with(&["--recourse", "--norm", "l2"]);
    assert!(said.contains("linear models"), "{said}");
    let said = refused(&[&own[..], &["--ignore", "pred,score", "--surrogate", "tree"]].concat());
    assert!(said.contains("there are none"), "{said}");
    let said = with(&["--flip", "purpose"]);
    assert!(
        said.contains("--flip") && !said.contains("--attribute"),
        "{said}"
    );
}

/// A flag of 0 and 1 is flipped as the table spells it, not as a float.
#[cfg(unix)]
#[test]
fn a_group_that_is_a_number_is_sent_as_it_is_spelled() {
    let folder = Folder::new();
    let table = folder.write("t.csv", "woman,age\n0,20\n1,30\n1,40\n0,50\n");
    let sent = folder.at("sent");
    let model = format!("tee {sent} | awk -F, 'NR>1{{print ($1 == \"1\" ? 0.2 : 0.8)}}'");
    let own = [&table, "-s", "woman", "--model", &model, "--no-infer"];
    let columns = ["--model-columns", "woman,age", "--recourse"];
    let report = json(&words(&[&own[..], &columns[..]].concat()));
    let sent = std::fs::read_to_string(sent).unwrap();
    assert!(!sent.contains(".0"), "{sent}");
    let flips = report["justice"][0]["tables"][0]["rows"]
        .as_array()
        .unwrap();
    let women = flips.iter().find(|row| row["group"]["woman"] == "1");
    assert_eq!(women.unwrap()["gained"], 1.0);
    let men = flips.iter().find(|row| row["group"]["woman"] == "0");
    assert_eq!(men.unwrap()["lost"], 1.0);
}

/// Standardizing by the rows that are sent is seen where few of them are sent, and only there.
#[cfg(unix)]
#[test]
fn scores_that_hang_on_the_whole_batch_are_refused() {
    let by_mean = "awk -F, 'NR>1{x[NR]=$2; s+=$2} \
                   END{for(i=2;i<=NR;i++) print (x[i]*(NR-1)>s ? 0.9 : 0.1)}'";
    let columns = ["--model-columns", "sex,credit_amount", "--no-infer"];
    let own = [GERMAN, "--flip", "sex", "--model", by_mean];
    let said = refused(&[&own[..], &columns].concat());
    assert!(said.contains("among 2256 rows, and"), "{said}");
    assert!(said.contains("must depend on its row alone"), "{said}");
    // Who reads everything first and asks nothing of all rows together is heard.
    let by_row = by_mean.replace("x[i]*(NR-1)>s", "x[i]>3000");
    let own = [GERMAN, "--flip", "sex", "--model", &by_row];
    json(&words(&[&own[..], &columns].concat()));
}

#[test]
fn a_second_decision_is_refused() {
    let own = [GERMAN, "-s", "sex", "--no-infer"];
    let said = refused(&[&own[..], &["-p", "pred=good", "-p", "credit=good"]].concat());
    assert!(said.contains("`--prediction credit`"), "{said}");
    assert!(said.contains("`-p pred --ignore credit`"), "{said}");
}

/// The plain flip and what moves along each have a sentence of their own.
#[test]
fn what_only_moved_columns_turn_is_said_and_told_apart() {
    let folder = Folder::new();
    let mut text = "sex,height,yes\n".to_owned();
    for at in 0..400_u32 {
        let (sex, shift) = if at % 2 == 0 { ("f", 0) } else { ("m", 12) };
        let height = 150 + shift + at / 2 * 37 % 20;
        text += &format!("{sex},{height},{}\n", u32::from(height > 163));
    }
    let table = folder.write("t.csv", &text);
    let own = [
        &table,
        "--flip",
        "sex",
        "-y",
        "yes",
        "--model",
        "tree",
        "--no-infer",
    ];
    let along = "f as if m, with 1 column that goes with it moved along: 60.0 % of the decisions turn \
                 favorable";
    let matched = json(&words(&[&own[..], &["--match"]].concat()));
    assert!(facts(&matched).contains(along), "{}", facts(&matched));
    assert!(facts(&matched).contains("by itself it turns nothing"));
    assert!(!facts(&json(&words(&own))).contains("moved along"));
}

#[test]
fn the_title_says_what_was_asked() {
    let own = [
        GERMAN,
        "-s",
        "sex",
        "-y",
        "credit=good",
        "--model",
        "tree",
        "-f",
        "md",
    ];
    let title = |command: &str| {
        let output = run(&[&[command], &own[..], &["--no-config"]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().next().unwrap().to_owned()
    };
    assert_eq!(title("counterfactual"), "# What if rows were otherwise");
    assert_eq!(title("explain"), "# Why rows are decided on as they are");
}
