//! What a profile must not say: facts where there is nothing but chance, and what one person alone has.

use std::fmt::Write as _;

use fair_audit::cli::parse;
use fair_audit::run;
use fair_audit::stats::random::{Stream, Streams};
use serde_json::{Value, json};

use crate::cli::run as run_tool;
use crate::profile::{file, find};

/// Tables of noise.
const TABLES: u64 = 200;
/// Checks whose facts could be chance; the others say what is there (few rows, odd values).
const TESTED: [&str; 7] = [
    "labels",
    "flips",
    "simpson",
    "missing",
    "proxies",
    "collection",
    "duplicates",
];

/// Facts of these checks that count what is there.
const COUNTED: [&str; 2] = ["rows repeat another row", "alike in every column"];

fn one_of<'a>(random: &mut Stream, values: &[&'a str]) -> &'a str {
    values[(random.uniform() * values.len() as f64) as usize]
}

/// A table in which no column tells of any other: rows, groups and columns vary.
fn noise(seed: u64) -> String {
    let mut random = Streams::new(2024).stream(seed);
    let rows = [150, 400, 1_000, 2_500][seed as usize % 4];
    let races = &["a", "b", "c", "d", "e", "f"][..2 + seed as usize % 5];
    let gaps: Vec<f64> = (0..4).map(|_| 0.5 * random.uniform()).collect();
    let base = 0.1 + 0.8 * random.uniform();
    let mut text = "sex,race,label,hospital,visit_date,x,code,word\n".to_owned();
    for _ in 0..rows {
        let sex = one_of(&mut random, &["f", "m"]);
        let race = one_of(&mut random, races);
        let label = u8::from(random.uniform() < base);
        let hospital = one_of(&mut random, &["A", "B", "C", "D"]);
        let month = 1 + (12.0 * random.uniform()) as u8;
        let x = random.normal();
        let code = (9.0 * random.uniform()) as u8;
        let word = one_of(&mut random, &["red", "green", "blue"]);
        write!(text, "{sex},{race},{label}").unwrap();
        let values = [
            hospital.to_owned(),
            format!("2024-{month:02}-11"),
            x.to_string(),
            code.to_string(),
        ];
        for (value, gap) in values.iter().zip(&gaps) {
            let is_missing = random.uniform() < *gap;
            write!(text, ",{}", if is_missing { "" } else { value }).unwrap();
        }
        writeln!(text, ",{word}").unwrap();
    }
    text
}

/// Runs a command in this process; the report.
fn here(folder: &std::path::Path, words: &[&str]) -> Value {
    let out = folder.join("out.json");
    let words = [words, &["-q", "-o", out.to_str().unwrap()]].concat();
    let words: Vec<_> = words.iter().map(Into::into).collect();
    let job = parse::job(&words, false).unwrap_or_else(|_| panic!("{words:?}"));
    run::run(job).unwrap();
    serde_json::from_str(&std::fs::read_to_string(out).unwrap()).unwrap()
}

#[test]
fn of_tables_of_noise_at_most_one_in_twenty_has_anything_worth_a_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    for seed in 0..TABLES {
        let path = file(folder.path(), "noise.csv", &[noise(seed)]);
        let line = ["profile", "--no-config", &path, "-s", "sex,race"];
        let line = [&line[..], &["-y", "label", "--no-infer", "-j", "1"]].concat();
        let report = here(folder.path(), &line);
        let facts = report["profile"]["facts"].as_array();
        let chance = facts.into_iter().flatten().find(|fact| {
            let message = fact["message"].as_str().unwrap();
            TESTED.contains(&fact["section"].as_str().unwrap())
                && !COUNTED.iter().any(|end| message.ends_with(end))
        });
        told.extend(chance.map(|fact| format!("{seed}: {}", fact["message"])));
    }
    println!("{} of {TABLES}", told.len());
    assert!(told.len() as u64 * 20 <= TABLES, "{}", told.join("\n"));
}

/// Rows of 40 people in each of many kinds, and one person whose every value is their own.
fn planted() -> Vec<String> {
    let mut lines =
        vec!["sex,age,label,name,email,salary,city,town,visit_date,code,bonus\n".to_owned()];
    for i in 0..2_000 {
        let (label, day) = (u8::from(i * 7 % 10 < 3), i % 28 + 1);
        let few = i % 5;
        lines.push(format!(
            "{},{},{label},Name{i},m{}@example.org,{},City{few},Town{},2023-{:02}-{day:02},{},{}\n",
            ["f", "m"][i % 2],
            20 + i % 50,
            i % 700,
            30_000 + i * 13 % 50_000,
            i % 20,
            i % 12 + 1,
            i % 9,
            few * 100,
        ));
    }
    let own =
        "f,118.75,1,Zebulon Quark,zq@unique.example,7654321,Atlantis,Ys,1931-05-17,77777,424242\n";
    lines.insert(1_000, own.to_owned());
    lines
}

/// What nobody but one has.
const OWN: [&str; 11] = [
    "Zebulon",
    "zq@unique",
    "7654321",
    "7 654 321",
    "7.65e6",
    "Atlantis",
    "Ys",
    "1931",
    "77777",
    "424242",
    "118.75",
];

#[test]
fn what_one_person_alone_has_stands_in_no_format_of_a_profile() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "people.csv", &planted());
    let mut without = planted();
    without.remove(1_000);
    let earlier = file(folder.path(), "earlier.csv", &without);
    let before = folder.path().join("before.json");
    let words = |path: &'static str, more: &[&'static str]| {
        let line = [
            "profile",
            "--no-config",
            path,
            "-s",
            "sex,age",
            "-y",
            "label",
        ];
        [&line[..], &["--no-infer"], more].concat()
    };
    let path: &'static str = path.leak();
    let saved = words(
        earlier.leak(),
        &["-o", before.to_str().unwrap().to_owned().leak()],
    );
    assert!(run_tool(&saved).status.success());
    let against = before.to_str().unwrap().to_owned().leak();
    let runs: [&[&'static str]; 5] = [
        &[],
        &["--by", "city,code"],
        &["--against", against],
        &["--control", "city"],
        &["--test", path],
    ];
    // All but what is cut to months, or one of many texts, would be there if it were asked for.
    let asked = words(
        path,
        &["--min-group", "1", "--by", "city,code", "-f", "json"],
    );
    let text = String::from_utf8(run_tool(&asked).stdout).unwrap();
    for own in ["7654321", "Atlantis", "1931", "77777", "424242"] {
        assert!(text.contains(own), "{own}");
    }
    for more in runs {
        for format in ["json", "jsonl", "csv", "md", "table"] {
            let line = [&words(path, more)[..], &["-f", format, "--all", "--wide"]].concat();
            let output = run_tool(&line);
            let errors = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{errors}");
            let text = String::from_utf8(output.stdout).unwrap() + &errors;
            let is_there = |own: &&&str| {
                // A number within others is none: `913` of `0.7118`.
                let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '.');
                text.match_indices(**own).any(|(at, own)| {
                    let (start, end) = (&text[..at], &text[at + own.len()..]);
                    !is_part(start.chars().next_back()) && !is_part(end.chars().next())
                })
            };
            let found: Vec<&&str> = OWN.iter().filter(is_there).collect();
            assert!(found.is_empty(), "{more:?} {format}: {found:?}");
        }
    }
}

#[test]
fn a_spelling_that_means_none_is_missing_among_any_number_of_texts() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = vec!["g,y,few,many\n".to_owned()];
    lines.extend((0..6_000).map(|i| {
        let few = if i % 4 == 0 {
            "?".to_owned()
        } else {
            format!("w{}", i % 9)
        };
        let many = match i % 8 {
            0 => "?".to_owned(),
            1 if i < 3_000 => "NA".to_owned(),
            _ => format!("text {i}"),
        };
        format!("{},{},{few},{many}\n", ["a", "b"][i % 2], i % 3 / 2)
    }));
    let path = file(folder.path(), "texts.csv", &lines);
    let line = [
        "profile",
        "--no-config",
        &path,
        "-s",
        "g",
        "-y",
        "y",
        "--no-infer",
    ];
    for threads in ["1", "2"] {
        let report = crate::cli::json(&[&line[..], &["-j", threads]].concat());
        let row = |column: &str| find(&report, "columns", "columns", &json!({ "column": column }));
        assert_eq!(row("few")["missing"], 1_500);
        let many = row("many");
        assert_eq!(many["missing"], 750 + 375);
        assert_eq!(many["distinct_is"], "estimated");
        let distinct = many["distinct"].as_f64().unwrap();
        assert!((distinct / 4_875.0 - 1.0).abs() < 0.04, "{distinct}");
        let gap = find(
            &report,
            "missing",
            "groups",
            &json!({"column": "many", "group": {"g": "a"}}),
        );
        assert_eq!(gap["missing"], 750);
    }
    let none = crate::cli::json(&[&line[..], &["--null", "unknown"]].concat());
    let many = find(&none, "columns", "columns", &json!({ "column": "many" }));
    assert_eq!(many["missing"], 0);
}

#[test]
fn ids_beyond_the_whole_numbers_are_at_least_as_many_as_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = vec!["g,y,few,many\n".to_owned()];
    let start = 1_u64 << 60;
    lines.extend((0..4_000).map(|i| {
        let (few, many) = (start + i % 100, start + i);
        format!(
            "{},{},{few},{many}\n",
            ["a", "b"][i as usize % 2],
            i % 3 / 2
        )
    }));
    let path = file(folder.path(), "ids.csv", &lines);
    let line = [
        "profile",
        "--no-config",
        &path,
        "-s",
        "g",
        "-y",
        "y",
        "--no-infer",
    ];
    let report = crate::cli::json(&line);
    for (column, true_number) in [("few", 100), ("many", 4_000)] {
        let row = find(&report, "columns", "columns", &json!({ "column": column }));
        assert_eq!(row["distinct_is"], "at_least", "{column}");
        assert!(row["distinct"].as_u64().unwrap() <= true_number, "{row}");
    }
    let table = String::from_utf8(run_tool(&line).stdout).unwrap();
    let many = table
        .lines()
        .find(|line| line.starts_with("many "))
        .unwrap();
    assert!(many.contains('≥') || many.contains(">="), "{many}");
    let facts = report["profile"]["facts"].to_string();
    assert!(!facts.contains("same value"), "{facts}");
}

#[test]
fn without_a_sensitive_column_the_columns_are_profiled_and_it_is_said_how_to_name_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = vec!["town,size,email\n".to_owned()];
    lines.extend((0..300).map(|i| {
        let size = if i % 10 == 0 {
            String::new()
        } else {
            i.to_string()
        };
        format!("Town{},{size},m{i}@example.org\n", i % 3)
    }));
    let path = file(folder.path(), "towns.csv", &lines);
    for more in [&[][..], &["--no-infer"], &["--suppress", "10"]] {
        let line = [&["profile", "--no-config", &path], more].concat();
        let report = crate::cli::json(&line);
        assert!(report["profile"]["facts"].is_array());
        assert!(report["profile"]["sections"].is_array());
        assert!(report["notes"].to_string().contains("`-s COL` names"));
        if more.contains(&"--suppress") {
            continue;
        }
        let row = |section: &str, column: &str| {
            let wanted = json!({ "column": column });
            find(&report, section, "columns", &wanted).clone()
        };
        assert_eq!(row("columns", "size")["missing"], 30);
        assert_eq!(row("missing", "size")["share"], 0.1);
        assert_eq!(row("identity", "email")["holds"], "e-mail addresses");
        let alike = json!({"attribute": "overall"});
        let alike = find(&report, "duplicates", "groups", &alike);
        assert_eq!(alike["rows"], 300);
        let table = String::from_utf8(run_tool(&line).stdout).unwrap();
        assert!(table.contains("`-s COL` names") && table.contains("EVERY COLUMN"));
    }
    // An audit is about groups, and refuses.
    let refused = run_tool(&["--no-config", &path]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn the_csv_of_a_profile_says_what_its_json_says() {
    let words = [
        "profile",
        "--no-config",
        "fixtures/adult.csv",
        "-s",
        "sex,race",
    ];
    let words = [&words[..], &["-y", "income=>50K", "--no-infer"]].concat();
    let report = crate::cli::json(&words);
    let text = run_tool(&[&words[..], &["-f", "csv"]].concat()).stdout;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let lines: Vec<std::collections::HashMap<String, String>> =
        reader.deserialize().map(Result::unwrap).collect();
    let profile = &report["profile"];
    let facts = lines.iter().filter(|line| line["kind"] == "fact");
    let facts: Vec<&str> = facts.map(|line| &*line["text"]).collect();
    let told = profile["facts"].as_array().unwrap().iter();
    let told: Vec<&str> = told.map(|fact| fact["message"].as_str().unwrap()).collect();
    assert_eq!(facts, told);
    assert!(!told.is_empty());
    let mut of_profile = lines.iter().filter(|line| line["kind"] == "profile");
    for section in profile["sections"].as_array().unwrap() {
        for table in section["tables"].as_array().unwrap() {
            let name = [&section["name"], &table["name"]].map(|x| x.as_str().unwrap());
            for (at, row) in table["rows"].as_array().unwrap().iter().enumerate() {
                for column in table["columns"].as_array().unwrap() {
                    let key = column["name"].as_str().unwrap();
                    let reason = &row[format!("{key}_reason")];
                    let value = &row[key];
                    if value.is_object() && value["low"].is_null()
                        || value.is_null() && reason.is_null()
                    {
                        continue;
                    }
                    let line = of_profile.next().unwrap();
                    assert_eq!(line["id"], name.join("."));
                    assert_eq!(line["row"], (at + 1).to_string(), "{line:?}");
                    assert_eq!(line["metric"], key, "{line:?}");
                    let number = |name: &str| line[name].parse::<f64>().unwrap();
                    match value {
                        Value::String(text) => assert_eq!(&line["text"], text),
                        Value::Number(x) => assert_eq!(Some(number("value")), x.as_f64()),
                        Value::Object(ends) => {
                            assert_eq!(Some(number("low")), ends["low"].as_f64());
                            assert_eq!(Some(number("high")), ends["high"].as_f64());
                        }
                        _ => assert_eq!(&line["reason"], reason.as_str().unwrap()),
                    }
                }
            }
        }
    }
    assert!(of_profile.next().is_none());
    let gap = lines.iter().find(|line| {
        line["id"] == "labels.gaps" && line["attribute"] == "sex" && line["metric"] == "gap"
    });
    let gap = gap.unwrap();
    assert_eq!((&*gap["group"], &*gap["reference"]), ("Female", "Male"));
}
