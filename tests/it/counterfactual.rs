//! `fair-audit counterfactual` from outside: flips are those of scikit-learn and statsmodels, programs
//! that misbehave are clear errors, paired answers need no model.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::cli::{json, run};
use crate::mitigate::Folder;

const GERMAN: &str = "fixtures/german.csv";

fn words<'a>(own: &[&'a str]) -> Vec<&'a str> {
    [&["counterfactual"], own, &["--no-config"]].concat()
}

fn rows<'a>(report: &'a Value, section: &str, table: &str) -> &'a Vec<Value> {
    let named = |list: &'a Value, name: &str| {
        let mut list = list.as_array().unwrap().iter();
        list.find(|one| one["name"] == name).unwrap()
    };
    let section = named(&report["justice"], section);
    named(&section["tables"], table)["rows"].as_array().unwrap()
}

fn of_group<'a>(rows: &'a [Value], sex: &str) -> &'a Value {
    rows.iter().find(|row| row["group"]["sex"] == sex).unwrap()
}

/// Exit status and standard error; nothing may be on standard output.
fn refused(own: &[&str]) -> (i32, String) {
    let output = run(&words(own));
    assert!(output.stdout.is_empty(), "{own:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap()
}

/// Against `fixtures/model/make.py`.
fn is_as_expected(found: &Value) {
    let text = fs::read_to_string("fixtures/model/expected.json").unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    for sex in ["female", "male"] {
        let (row, expected) = (of_group(rows(found, "flip", "flips"), sex), &expected[sex]);
        let near = |found: f64, expected: f64| {
            assert!(
                (found - expected).abs() <= 1e-9 * expected.abs(),
                "{sex}: {found} {expected}"
            );
        };
        let n = number(expected, "rows");
        assert_eq!(row["rows"], expected["rows"]);
        near(number(row, "gained"), number(expected, "gained") / n);
        near(number(row, "lost"), number(expected, "lost") / n);
        for name in ["before", "after", "score_change", "p"] {
            near(number(row, name), number(expected, name));
        }
        let limits = &row["score_change_interval"];
        near(number(limits, "low"), number(expected, "low"));
        near(number(limits, "high"), number(expected, "high"));
    }
}

/// Whether an interpreter is there that can do this.
pub fn has(python: &str, modules: &str) -> bool {
    let asked = Command::new(python).args(["-c", modules]).output();
    let is_there = asked.is_ok_and(|output| output.status.success());
    if !is_there {
        println!("skipped: `{python} -c '{modules}'` does not work here");
    }
    is_there
}

#[test]
fn a_program_flips_as_scikit_learn_and_statsmodels_say() {
    let model = "python3 fixtures/model/score.py";
    if has("python3", "import csv") {
        is_as_expected(&json(&words(&[GERMAN, "--flip", "sex", "--model", model])));
    }
}

#[test]
fn a_program_that_reads_everything_before_it_answers_does_as_well() {
    let model = "python3 fixtures/model/score_sklearn.py";
    if has("python3", "import pandas, sklearn") {
        is_as_expected(&json(&words(&[GERMAN, "--flip", "sex", "--model", model])));
    }
}

#[cfg(unix)]
#[test]
fn a_program_is_sent_the_table_as_it_stands() {
    let folder = Folder::new();
    let text = "id,sex,age,note,pay\n7,m,007,\"a, \"\"b\"\"\",1.50\n8,f, 41,NA,2e3\n9,m,,x,0.10\n";
    let table = folder.write("t.csv", text);
    let sent = folder.at("sent");
    // Another one beside it, for few rows, writes to the same file: who has all rows writes last.
    let model = format!("tee {sent} | awk 'NR>1{{print 0.5}}'");
    let own = [&table, "-s", "sex", "--model", &model, "--no-infer"];
    let columns = ["--model-columns", "pay,note,sex,age"];
    json(&words(&[&own[..], &columns[..]].concat()));
    let sent = fs::read_to_string(sent).unwrap();
    let lines: Vec<&str> = sent.lines().collect();
    assert_eq!(lines[0], "pay,note,sex,age");
    assert_eq!(lines[1], "1.50,\"a, \"\"b\"\"\",m,007");
    assert_eq!(lines[2], "2e3,NA,f, 41");
    assert_eq!(lines[3], "0.10,x,m,");
    // As if of the other group: one field is another, the rest stands.
    assert!(lines.contains(&"1.50,\"a, \"\"b\"\"\",f,007"), "{sent}");
    assert!(lines.contains(&"2e3,NA,m, 41"), "{sent}");
}

/// Each is refused with exit status 2, what is wanted in the message, and a help.
#[cfg(unix)]
fn are_refused(each: &[(&str, &str)]) {
    for (model, wanted) in each {
        let own = [
            GERMAN,
            "-s",
            "sex",
            "--model",
            model,
            "--model-timeout",
            "1",
        ];
        let (status, said) = refused(&own);
        assert_eq!(status, 2, "{model}: {said}");
        assert!(said.contains(wanted), "{model}: {said}");
        assert!(said.contains("help: "), "{model}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn programs_that_misbehave_are_clear_errors() {
    are_refused(&[
        ("exit 3", "ended with exit status: 3 after 0 of 2000 scores"),
        ("echo boom >&2; exit 1", "its last words were:\n  boom"),
        ("no-such-program", "exit status: 127"),
        ("cat > /dev/null", "0 scores for 2256 rows"),
        (
            "head -n 5 > /dev/null; echo 0.5",
            "the first without one is row 2",
        ),
        ("cat", "line 1 of its answers, for row 1, is `sex,age_group"),
        (
            "awk 'NR>1{print NR==9 ? \"maybe\" : 0.5}'",
            "line 8 of its answers, for row 8, is `maybe`: no number",
        ),
        ("awk 'NR>1{print 1.5}'", "`1.5`: not within 0 and 1"),
        ("awk 'NR>1{print \"nan\"}'", "`nan`: not within 0 and 1"),
        ("awk 'NR>1{print \"\"}'", "nothing"),
        ("awk 'NR>1{print (NR%7)/10}'", "was asked about twice"),
        (
            "awk 'NR>1{print 0.5} END{print 0.5}'",
            "more than 2000 scores for 2000 rows",
        ),
        ("yes 0.5", "more than 2000 scores"),
        ("tr -d '\\n' < /dev/zero", "longer than any number"),
        (
            "awk 'NR>1{print 0.5}'; exit 4",
            "exit status: 4 after 2000 of 2000",
        ),
        ("awk 'NR>1{print 0.5}'; kill -9 $$", "signal: 9"),
    ]);
}

/// What they started ends with them: else the pipes would stay open for ten minutes.
#[cfg(unix)]
#[test]
fn programs_that_hang_are_ended() {
    are_refused(&[
        (
            "sleep 600",
            "no answer for 1 s: stopped after 0 of 2000 scores",
        ),
        ("sleep 600 & wait", "no answer for 1 s"),
        ("exec 1>&-; sleep 600", "no answer for 1 s"),
        (
            "awk 'NR==3{print 0.5; fflush(); system(\"sleep 600\")}'",
            "stopped after 1 of 2000",
        ),
    ]);
}

#[test]
fn a_model_that_does_not_see_the_group_turns_nothing_and_says_so() {
    let fitted = ["--flip", "sex", "-y", "credit=good", "--model", "logistic"];
    let blind = json(&words(&[&[GERMAN], &fitted[..]].concat()));
    for row in rows(&blind, "flip", "flips") {
        assert_eq!(row["gained"], 0.0);
        assert_eq!(row["lost"], 0.0);
        assert_eq!(row["score_change"], 0.0);
        assert_eq!(row["p"], 1.0);
    }
    let notes = blind["justice"][0]["notes"].to_string();
    assert!(notes.contains("--with-sensitive"), "{notes}");
    let seeing = [&[GERMAN], &fitted[..], &["--with-sensitive"]].concat();
    let seeing = json(&words(&seeing));
    assert!(number(of_group(rows(&seeing, "flip", "flips"), "female"), "gained") > 0.0);
}

/// In a world where only a proxy differs, the flip finds nothing and what is moved along does.
#[test]
fn what_goes_with_the_group_is_moved_along() {
    let folder = Folder::new();
    let mut text = "sex,height,noise,yes\n".to_owned();
    for at in 0..400_u32 {
        let (sex, shift) = if at % 2 == 0 { ("f", 0) } else { ("m", 12) };
        let height = 150 + shift + at / 2 * 37 % 20;
        let yes = u32::from(height > 163);
        text += &format!("{sex},{height},{},{yes}\n", at * 7 % 11);
    }
    let table = folder.write("t.csv", &text);
    let own = [
        &table,
        "--flip",
        "sex",
        "-y",
        "yes",
        "--match",
        "--model",
        "tree",
        "--no-infer",
    ];
    let report = json(&words(&own));
    let beside = rows(&report, "match", "beside");
    let of = |way: &str| {
        let is_own = |row: &&Value| row["group"]["sex"] == "f" && row["way"] == way;
        beside.iter().find(is_own).unwrap()
    };
    assert_eq!(of("column alone")["gained"], 0.0);
    // Heights of f are 150 to 169, of m 162 to 181: the same order, 12 more.
    let before = number(of("moved along"), "before");
    let after = number(of("moved along"), "after");
    assert!(
        (before - 0.3).abs() < 1e-9 && (after - 0.9).abs() < 1e-9,
        "{before} {after}"
    );
    let moved = rows(&report, "match", "moved");
    assert_eq!(moved.len(), 1, "{moved:?}");
    assert_eq!(moved[0]["column"], "height");
    assert!(number(of("nearest row"), "distance") > 0.0);
}

#[test]
fn paired_answers_need_no_model() {
    let folder = Folder::new();
    let both = "id,sex,reply,changed\n1,f,no,yes\n2,f,no,yes\n3,f,yes,no\n4,f,no,no\n5,m,yes,yes\n6,m,yes,no\n";
    let table = folder.write("both.csv", both);
    let columns = json(&words(&[&table, "-s", "sex", "--paired", "reply,changed"]));
    let own = |report: &Value| rows(report, "paired", "flips").clone();
    let first = own(&columns);
    assert_eq!(first[0]["rows"], 6);
    let women = of_group(&first, "f");
    assert_eq!(
        (number(women, "gained"), number(women, "lost")),
        (0.5, 0.25)
    );
    // Of three that turned two turned one way: 2 (1 + 3) / 8.
    assert_eq!(number(women, "p"), 1.0);
    let one = folder.write(
        "one.csv",
        "id,sex,reply\n1,f,no\n2,f,no\n3,f,yes\n4,f,no\n5,m,yes\n6,m,yes\n",
    );
    let other = folder.write(
        "two.csv",
        "id,reply\n6,no\n5,yes\n4,no\n3,no\n2,yes\n1,yes\n",
    );
    let files = ["-s", "sex", "--paired", &other, "--id", "id"];
    let files = json(&words(&[&[one.as_str()], &files[..]].concat()));
    assert_eq!(own(&files), first);
    let (status, said) = refused(&[&table, "-s", "sex", "--paired", "reply"]);
    assert_eq!(status, 2);
    assert!(said.contains("no file and no two columns"), "{said}");
    let (status, said) = refused(&[&table, "-s", "sex", "--paired", "reply,gone"]);
    assert_eq!(status, 2);
    assert!(said.contains("no column `gone`"), "{said}");
}

#[test]
fn what_cannot_be_flipped_is_said() {
    let adult = "fixtures/adult.csv";
    let fitted = ["-y", "income=>50K", "--no-infer", "--ignore", "pred,score"];
    let own = [&[adult, "--flip", "age"], &fitted[..]].concat();
    let (status, said) = refused(&own);
    assert_eq!(status, 2);
    assert!(said.contains("bands of numbers"), "{said}");
    let (status, said) = refused(&[GERMAN, "-s", "sex", "--model-columns", "sex"]);
    assert_eq!(status, 2);
    assert!(said.contains("it says what a program is sent"), "{said}");
}

/// A CSV as lines of fields, the heading first.
fn lines(path: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(path)
        .unwrap();
    let records = reader.records().map(Result::unwrap);
    records
        .map(|record| record.iter().map(str::to_owned).collect())
        .collect()
}

/// The changes of a sentence: `column` were value instead of …, for each column of the heading.
fn changes(sentence: &str, heading: &[String]) -> Vec<(usize, String)> {
    let of = |(at, name): (usize, &String)| {
        let start = format!("`{name}` were ");
        let from = sentence.find(&start)? + start.len();
        let (to, _) = sentence[from..].split_once(" instead of ")?;
        Some((at, to.trim_matches('`').to_owned()))
    };
    heading.iter().enumerate().filter_map(of).collect()
}

/// Every way that is told in a sentence is written into the table, which the saved model scores anew:
/// each of these decisions must have turned.
fn every_way_turns(table: &str, favorable: &str, roles: &[&str], most: usize) {
    let folder = Folder::new();
    let all = lines(table);
    let few: Vec<&Vec<String>> = all.iter().take(most + 1).collect();
    let write = |name: &str, lines: &[Vec<String>]| {
        let path = folder.at(name);
        let mut writer = csv::Writer::from_path(&path).unwrap();
        for line in lines {
            writer.write_record(line).unwrap();
        }
        writer.flush().unwrap();
        path
    };
    let few: Vec<Vec<String>> = few.into_iter().cloned().collect();
    let table = write("few.csv", &few);
    let numbers: Vec<String> = (1..few.len()).map(|row| row.to_string()).collect();
    for learner in ["logistic", "tree"] {
        let saved = folder.at(&format!("{learner}.json"));
        let fit = [
            "--model",
            learner,
            "--method",
            "plain",
            "--model-out",
            &saved,
            "-q",
        ];
        let fit = [&["mitigate", &table], roles, &fit, &["--no-config"]].concat();
        assert!(run(&fit).status.success());
        let mut own = vec![table.as_str()];
        own.extend(roles);
        own.extend(["--favorable", favorable, "--recourse", "--model", &saved]);
        for row in &numbers {
            own.extend(["--row", row]);
        }
        let report = json(&words(&own));
        let mut changed = few.clone();
        let mut told = Vec::new();
        for row in rows(&report, "recourse", "rows") {
            let at: usize = row["row"].as_str().unwrap().parse().unwrap();
            for (column, to) in changes(row["way"].as_str().unwrap(), &few[0]) {
                changed[at][column] = to;
                told.push(at);
            }
        }
        told.dedup();
        assert!(told.len() > 50, "{learner}: {}", told.len());
        let changed = write("changed.csv", &changed);
        let apply = ["mitigate", &changed, "--apply", &saved, "--no-config"];
        let scored = String::from_utf8(run(&apply).stdout).unwrap();
        let mut reader = csv::Reader::from_reader(scored.as_bytes());
        let column = reader
            .headers()
            .unwrap()
            .iter()
            .position(|name| name == "decision")
            .unwrap();
        let decided: Vec<bool> = reader
            .records()
            .map(|line| &line.unwrap()[column] == "1")
            .collect();
        for at in told {
            assert_eq!(
                decided[at - 1],
                favorable == "positive",
                "{learner}: row {at}"
            );
        }
    }
}

#[test]
fn on_german_every_way_that_is_told_turns_the_decision_when_scored_anew() {
    let roles = [
        "-s",
        "sex,age_group,foreign_worker",
        "-y",
        "credit=good",
        "--no-infer",
        "--ignore",
        "pred,score",
    ];
    every_way_turns(GERMAN, "positive", &roles, 1_000);
}

#[test]
fn on_compas_every_way_that_is_told_turns_the_decision_when_scored_anew() {
    let table = "../shared/data/data/compas_6172.csv";
    if !std::path::Path::new(table).exists() {
        println!("skipped: no {table}");
        return;
    }
    let ignored = "pred,score,decile_score,score_text,is_recid,c_charge_desc";
    let roles = [
        "-s",
        "sex,race,age_cat",
        "-y",
        "two_year_recid=1",
        "--no-infer",
        "--ignore",
        ignored,
    ];
    every_way_turns(table, "negative", &roles, 1_500);
}

#[test]
fn what_is_declared_of_features_is_kept() {
    let roles = [
        "-s",
        "sex",
        "-y",
        "credit=good",
        "--no-infer",
        "--ignore",
        "pred,score",
    ];
    let free = [
        &[GERMAN],
        &roles[..],
        &["--model", "logistic", "--recourse"],
    ]
    .concat();
    let cost = |report: &Value| {
        number(
            of_group(rows(report, "recourse", "recourse"), "male"),
            "cost",
        )
    };
    let all = json(&words(&free));
    let bound = [
        "--immutable",
        "purpose,housing",
        "--monotone",
        "duration_months=up",
        "--bounds",
        "credit_amount=1000..",
    ];
    let less = json(&words(&[&free[..], &bound].concat()));
    assert!(cost(&less) > cost(&all), "{} {}", cost(&less), cost(&all));
    let features = |report: &Value| {
        let own = rows(report, "recourse", "features").clone();
        own.iter()
            .map(|row| row["feature"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(
        features(&all).contains(&"duration_months".to_owned()),
        "{:?}",
        features(&all)
    );
    for name in ["purpose", "housing", "duration_months", "sex"] {
        assert!(!features(&less).contains(&name.to_owned()), "{name}");
    }
    let (status, said) = refused(&[&free[..], &["--immutable", "purpos"]].concat());
    assert_eq!(status, 2);
    assert!(said.contains("did you mean `purpose`?"), "{said}");
    let (status, said) = refused(&[&free[..], &["--monotone", "purpose=up"]].concat());
    assert_eq!(status, 2);
    assert!(said.contains("its values have no order"), "{said}");
}
