//! What a profile holds a table against: populations, earlier profiles, times and places, another
//! table. Its numbers are other tools' numbers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::{json, run};
use crate::profile::{assert_near, find};

fn expectations() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/collected.json");
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn words(value: &Value) -> Vec<String> {
    let words = value.as_array().unwrap().iter();
    words.map(|w| w.as_str().unwrap().to_owned()).collect()
}

/// Runs `profile`; what it prints.
fn profile(line: &[String]) -> std::process::Output {
    let mut words = vec!["profile", "--no-config"];
    words.extend(line.iter().map(String::as_str));
    run(&words)
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_tables_are_held_against_has_the_numbers_of_other_tools() {
    let folder = tempfile::tempdir().unwrap();
    let mut known: BTreeMap<String, Value> = BTreeMap::new();
    for entry in expectations()["profiles"].as_array().unwrap() {
        let key = format!("{} {}", entry["command"], entry["before"]);
        let report = known.entry(key).or_insert_with(|| {
            let mut line = words(&entry["command"]);
            if entry["before"].is_array() {
                let path = folder.path().join("before.json");
                let mut before = words(&entry["before"]);
                before.extend(["-o".to_owned(), text(&path)]);
                assert!(profile(&before).status.success());
                line.extend(["--against".to_owned(), text(&path)]);
            }
            let mut all = vec!["profile", "--no-config"];
            all.extend(line.iter().map(String::as_str));
            json(&all)
        });
        let of = |key: &str| entry[key].as_str().unwrap();
        let row = find(report, of("section"), of("table"), &entry["where"]);
        for (name, expected) in entry["numbers"].as_object().unwrap() {
            let what = format!(
                "{} {} {} {name}",
                of("section"),
                of("table"),
                entry["where"]
            );
            assert_near(&row[name], expected, &what);
        }
    }
    assert_eq!(known.len(), 6);
}

/// The weights that a command writes: names of rows, and numbers.
fn weights(line: &[String], path: &Path) -> Vec<(String, f64)> {
    let mut all = line.to_vec();
    all.extend(["--weights-out".to_owned(), text(path)]);
    let output = profile(&all);
    assert!(output.status.success(), "{output:?}");
    let written = std::fs::read_to_string(path).unwrap();
    let lines = written.lines().skip(1);
    lines
        .map(|line| {
            let (name, weight) = line.rsplit_once(',').unwrap();
            (name.to_owned(), weight.parse().unwrap())
        })
        .collect()
}

#[test]
fn weights_are_those_of_newtons_method_in_the_order_of_the_rows_on_any_threads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.csv");
    for entry in expectations()["weights"].as_array().unwrap() {
        let mut line = words(&entry["command"]);
        let found = weights(&line, &path);
        let first = entry["first"].as_array().unwrap();
        for (at, (expected, (row, weight))) in first.iter().zip(&found).enumerate() {
            assert_eq!(*row, (at + 1).to_string());
            let expected = expected.as_f64().unwrap();
            assert!(
                (weight - expected).abs() < 1e-8 * expected,
                "{at}: {weight} {expected}"
            );
        }
        assert_eq!(found.len() as u64, entry["rows"].as_u64().unwrap());
        let sum: f64 = found.iter().map(|(_, weight)| weight).sum();
        assert!((sum / found.len() as f64 - 1.0).abs() < 1e-12);
        let once = std::fs::read(&path).unwrap();
        for threads in ["1", "3"] {
            line.extend(["-j".to_owned(), threads.to_owned()]);
            weights(&line, &path);
            line.truncate(line.len() - 2);
            assert_eq!(std::fs::read(&path).unwrap(), once);
        }
    }
}

#[test]
fn weights_are_named_by_an_id_and_go_through_several_files_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("a.csv"), "who,sex\nx1,f\nx2,m\n").unwrap();
    std::fs::write(at("b.csv"), "who,sex\nx3,m\n\"x,4\",m\nx5,\nx6,f\n").unwrap();
    std::fs::write(at("p.csv"), "sex,percent\nf,60\nm,40\n").unwrap();
    let line = [at("a.csv"), at("b.csv")].map(|path| text(&path));
    let line = [
        &line[..],
        &["-s", "sex", "--no-infer", "--id", "who", "--population"].map(str::to_owned),
        &[text(&at("p.csv"))],
    ]
    .concat();
    let found = weights(&line, &at("w.csv"));
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x1", "x2", "x3", "\"x,4\"", "x5", "x6"]);
    let weights: Vec<f64> = found.iter().map(|(_, weight)| *weight).collect();
    let (f, m) = (0.6 * 5.0 / 2.0, 0.4 * 5.0 / 3.0);
    for (found, expected) in weights.iter().zip([f, m, m, m, 1.0, f]) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
}

#[test]
fn numbers_that_are_banded_are_weighted_by_their_bands() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("bands.csv");
    std::fs::write(&path, "age,share\n<30,0.3\n\">=30\",0.7\n").unwrap();
    let line = [
        "fixtures/collected.csv",
        "-s",
        "age",
        "--bins",
        "age=30",
        "--no-infer",
    ];
    let mut line = line.map(str::to_owned).to_vec();
    line.extend(["--population".to_owned(), text(&path)]);
    let found = weights(&line, &folder.path().join("w.csv"));
    let table = std::fs::read_to_string("fixtures/collected.csv").unwrap();
    let ages = table
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(3).unwrap());
    let young: f64 = ages
        .zip(&found)
        .filter(|(age, _)| age.parse::<f64>().unwrap() < 30.0)
        .map(|(_, (_, weight))| weight)
        .sum();
    assert!((young / found.len() as f64 - 0.3).abs() < 1e-12);
}

#[test]
fn a_leak_is_found_in_another_format_and_on_any_threads() {
    let line = |test: &str, threads: &str| {
        let words = [
            "fixtures/adult.csv",
            "-s",
            "sex",
            "--no-infer",
            "--test",
            test,
            "-j",
            threads,
        ];
        let mut all = vec!["profile", "--no-config"];
        all.extend(words);
        let report = json(&all);
        let sections = report["profile"]["sections"].as_array().unwrap();
        let of =
            |name: &str| sections.iter().find(|s| s["name"] == name).unwrap()["tables"].clone();
        (of("leakage"), of("duplicates"))
    };
    let csv = line("fixtures/adult.csv", "1");
    assert_eq!(csv, line("fixtures/adult.parquet", "4"));
    assert_eq!(csv.0[0]["rows"][0]["share"], 1.0);
}

/// What is said of a population that cannot be.
fn refused(population: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    std::fs::write(&path, population).unwrap();
    let line = ["fixtures/collected.csv", "-s", "sex,hospital", "--no-infer"];
    let mut line = line.map(str::to_owned).to_vec();
    line.extend(["--population".to_owned(), text(&path)]);
    let output = profile(&line);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    said.replace(&text(folder.path()), "DIR")
}

#[test]
fn a_population_that_cannot_be_is_refused_with_its_line() {
    for (population, said) in [
        (
            "sex,part\nf,1\n",
            "error: DIR/p.csv: no column `share`, `percent` or `count`: sex, part",
        ),
        (
            "share\n1\n",
            "error: DIR/p.csv: no column says which group a share is of",
        ),
        ("sexx,share\nf,0.5\nm,0.5\n", "help: did you mean `sex`?"),
        (
            "sick,share\n0,0.5\n1,0.5\n",
            "DIR/p.csv:2: `sick` makes no groups",
        ),
        (
            "sex,share\nf,0.5\nM,0.5\n",
            "DIR/p.csv:3: no row has sex=`M`\nhelp: did you mean `m`?",
        ),
        (
            "sex,share\nf,0.5\nm,0.3\n",
            "the shares of `sex` add up to 0.8, not to 1",
        ),
        (
            "sex,share\nf,1.5\nm,-0.5\n",
            "DIR/p.csv:3: `-0.5` is no share",
        ),
        (
            "sex,share\nf,half\nm,0.5\n",
            "DIR/p.csv:2: `half` is no share",
        ),
        (
            "sex,share\nf,0.5\nf,0.5\n",
            "DIR/p.csv:3: `f` stands there twice",
        ),
        (
            "sex,share\n,0.5\nm,0.5\n",
            "DIR/p.csv:2: `sex` has no value",
        ),
        (
            "sex,share\nx,0.5\ny,0.5\n",
            "no row is in any group of the file",
        ),
    ] {
        let found = refused(population);
        assert!(found.contains(said), "{population:?} says {found:?}");
    }
}

#[test]
fn weights_never_replace_what_is_read_and_need_a_population() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    std::fs::write(&path, "sex,count\nf,7\nm,9\n").unwrap();
    let start = ["fixtures/collected.csv", "-s", "sex", "--no-infer"].map(str::to_owned);
    for (more, said) in [
        (
            vec!["--weights-out".to_owned(), text(&path)],
            "no population is known",
        ),
        (
            ["--population", "--weights-out"]
                .iter()
                .flat_map(|f| [(*f).to_owned(), text(&path)])
                .collect(),
            "it is the input",
        ),
    ] {
        let output = profile(&[&start[..], &more].concat());
        assert_eq!(output.status.code(), Some(2));
        let found = String::from_utf8(output.stderr).unwrap();
        assert!(found.contains(said), "{found}");
    }
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("sex,count")
    );
}

/// Sex has groups of thousands, and race in this file has one of 9.
#[test]
fn a_suppressed_profile_has_no_attribute_with_a_small_group() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut text = "sex,race,city,y\n".to_owned();
    for row in 0..400 {
        let (sex, y) = (["f", "m"][row % 2], row / 2 % 2);
        let race = if row < 9 { "rare" } else { "usual" };
        text += &format!("{sex},{race},c{},{y}\n", row % 7);
    }
    std::fs::write(&path, text).unwrap();
    let profiled = |suppress: &[&str]| {
        let path = path.to_str().unwrap();
        let line = [
            path,
            "-s",
            "sex,race",
            "-y",
            "y",
            "--no-infer",
            "-f",
            "json",
        ];
        let line: Vec<String> = line
            .iter()
            .chain(suppress)
            .map(|w| (*w).to_owned())
            .collect();
        let output = profile(&line);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let (open, closed) = (profiled(&[]), profiled(&["--suppress", "11"]));
    assert!(open.contains("rare") && open.contains("\"columns\""));
    let report: serde_json::Value = serde_json::from_str(&closed).unwrap();
    let sections = report["profile"]["sections"].as_array().unwrap();
    let names: Vec<&str> = sections
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["representation", "labels", "flips"]);
    assert!(!closed.contains("rare") && !closed.contains("usual") && !closed.contains("c3"));
    // Women and men are 200 each, and these are published, by label too.
    assert!(closed.contains("200"));
    let none = report["record"]["rows"]["read"].is_null();
    assert!(none, "the number of rows is not among what was attacked");
}

#[test]
fn an_earlier_profile_of_another_label_or_of_less_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let before = text(&folder.path().join("before.json"));
    let of = |more: &[&str]| {
        let mut line = vec!["fixtures/german.csv", "-s", "sex", "--no-infer"];
        line.extend(more);
        profile(&line.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    for (then, says) in [
        (
            &["-y", "credit=bad"][..],
            "`-y credit=bad` there, `-y credit=good` here",
        ),
        (&["-y", "credit=good", "--suppress", "11"], "--suppress"),
        (&["-y", "credit=good", "--dp", "1"], "--dp"),
    ] {
        let saved = of(&[then, &["-o", &before]].concat());
        assert_eq!(saved.status.code(), Some(0), "{then:?}");
        let output = of(&["-y", "credit=good", "--against", &before]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{then:?}");
        assert!(
            said.contains(says) && output.stdout.is_empty(),
            "{then:?}: {said}"
        );
    }
}

#[test]
fn an_ignored_column_plays_no_part_and_one_that_says_the_label_is_not_held_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut lines = "sex,copy,city,y\n".to_owned();
    for row in 0..600 {
        let y = usize::from(row % 7 < 3) ^ usize::from(row % 2 == 0 && row % 5 == 0);
        lines += &format!("{},{y},c{},{y}\n", ["f", "m"][row % 2], row % 3);
    }
    std::fs::write(&path, lines).unwrap();
    let of = |more: &[&str]| {
        let path = text(&path);
        let mut line = vec![
            "profile",
            "--no-config",
            &path,
            "-s",
            "sex",
            "-y",
            "y=1",
            "--no-infer",
        ];
        line.extend(more);
        json(&line)
    };
    let held = |report: &Value| -> Vec<String> {
        let rows = crate::profile::rows(report, "simpson", "within").iter();
        rows.map(|row| row["column"].as_str().unwrap().to_owned())
            .collect()
    };
    let report = of(&[]);
    assert_eq!(held(&report), ["city"]);
    assert!(
        report
            .to_string()
            .contains("all but say the outcome: `copy`")
    );
    let ignored = of(&["--ignore", "city"]);
    let sections = ignored["profile"]["sections"].as_array().unwrap();
    let others = sections
        .iter()
        .filter(|section| section["name"] != "columns");
    for section in others {
        let tables = section["tables"].to_string();
        assert!(!tables.contains("city"), "{}", section["name"]);
    }
}

/// A `month` from 1 to 12 is when a row came about, one to 48 how long something takes; who names it by
/// `--by` knows.
#[test]
fn how_long_something_takes_is_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let looked = |most: usize, more: &[&str]| {
        let mut lines = "sex,month,y\n".to_owned();
        for row in 0..600 {
            let month = 1 + (row * 7 % 12) * most / 12;
            lines += &format!("{},{month},{}\n", ["f", "m"][row % 2], row % 3 / 2);
        }
        std::fs::write(&path, lines).unwrap();
        let path = text(&path);
        let line = ["profile", "--no-config", &path, "-s", "sex", "-y", "y=1"];
        let report = json(&[&line[..], more].concat());
        let sections = report["profile"]["sections"].as_array().unwrap().clone();
        let own = sections.iter().find(|own| own["name"] == "collection");
        own.is_some_and(|own| own["tables"].to_string().contains("month"))
    };
    assert!(looked(12, &[]));
    assert!(!looked(48, &[]));
    assert!(looked(48, &["--by", "month"]));
}
