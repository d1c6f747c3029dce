//! `fair-audit profile` on what columns have to do with groups: other tools' numbers, and no news of
//! columns that have nothing to do with each other.

use serde_json::{Value, json};

use crate::cli::json as report_of;
use crate::profile::{agree, file, find, rows};

/// `fixtures/related.py` made the numbers.
#[test]
fn gaps_within_columns_and_associations_have_the_numbers_of_other_tools() {
    agree("fixtures/related.json");
}

pub fn profile(words: &[&str]) -> Value {
    report_of(&[&["profile", "--no-config", "--no-infer"], words].concat())
}

pub fn facts(report: &Value, section: &str) -> Vec<String> {
    let facts = report["profile"]["facts"].as_array().cloned();
    let own = facts.unwrap_or_default().into_iter();
    own.filter(|fact| fact["section"] == section)
        .map(|fact| fact["message"].as_str().unwrap().to_owned())
        .collect()
}

/// Bickel, Hammel and O'Connell 1975: unasked, with no word of departments on the command line.
#[test]
fn berkeley_turns_round_within_departments_and_what_is_left_is_composition() {
    for role in ["-y", "-p"] {
        let report = profile(&["fixtures/berkeley.csv", "-s", "gender", role, "admitted"]);
        let first = report["profile"]["facts"][0]["message"].as_str().unwrap();
        assert!(first.starts_with("Simpson's paradox: "), "{first}");
        assert!(first.contains("where `department` is alike"), "{first}");
        assert!(first.contains("-17.8 is composition"), "{first}");
        let row = find(
            &report,
            "simpson",
            "within",
            &json!({"column": "department"}),
        );
        assert_eq!(row["reading"], "reversed");
        let number = |name: &str| row[name].as_f64().unwrap();
        let sum = number("composition") + number("rates") + number("outside");
        assert!((sum - number("crude")).abs() < 1e-12);
        assert!(number("composition") < number("crude"));
    }
}

/// A pseudo-random stream (splitmix64).
pub struct Noise(pub u64);

impl Noise {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// A table of columns that have nothing to do with each other: 30 of them, of all kinds.
fn fair(seed: u64) -> Vec<String> {
    let mut noise = Noise(seed);
    let names: Vec<String> = (0..27).map(|i| format!("x{i}")).collect();
    let mut lines = vec![format!("g,h,y,{}\n", names.join(","))];
    for _ in 0..500 {
        let mut row = vec![
            ["a", "b"][noise.below(2) as usize].to_owned(),
            ["p", "q", "r", "s"][(noise.below(10) as usize).min(3)].to_owned(),
            noise.below(2).to_string(),
        ];
        for i in 0..27_u64 {
            row.push(match i % 5 {
                0 => format!("v{}", noise.below(2 + i)),
                1 => noise.below(1_000_000).to_string(),
                2 => format!("w{}", noise.below(300)),
                3 => (noise.below(100) as f64 / 7.0).to_string(),
                _ if noise.below(10) == 0 => String::new(),
                _ => format!("z{}", noise.below(4)),
            });
        }
        lines.push(format!("{}\n", row.join(",")));
    }
    lines
}

/// Every check holds its error over the whole table at 5 in 100 at most.
#[test]
fn columns_that_have_nothing_to_do_with_each_other_are_no_news() {
    let folder = tempfile::tempdir().unwrap();
    let tables = 40;
    let mut wrong = std::collections::BTreeMap::<&str, usize>::new();
    for seed in 0..tables {
        let path = file(folder.path(), "fair.csv", &fair(seed));
        let report = profile(&[&path, "-s", "g,h", "-y", "y"]);
        for section in ["simpson", "proxies", "encoding", "identity"] {
            if !facts(&report, section).is_empty() {
                *wrong.entry(section).or_default() += 1;
            }
        }
        let told = rows(&report, "proxies", "columns").iter();
        let is_small = |row: &&Value| row["p_adjusted"].as_f64().unwrap() < 0.05;
        if told.filter(is_small).count() > 0 {
            *wrong.entry("p of proxies").or_default() += 1;
        }
        let both = ["groups", "columns"].map(|table| rows(&report, "encoding", table));
        let small = both.iter().flat_map(|rows| rows.iter());
        if small.filter(is_small).count() > 0 {
            *wrong.entry("p of encoding").or_default() += 1;
        }
        let pairs = both[0].iter().filter(|row| !row["pair"].is_null());
        if pairs.count() > 0 {
            *wrong.entry("pairs").or_default() += 1;
        }
    }
    // 7 or more of 40 at a rate of 5 in 100: 3 in 1000.
    assert!(wrong.values().all(|wrong| *wrong <= 6), "{wrong:?}");
    println!("{wrong:?} of {tables}");
}

/// Columns that name people are told of, and none of their values.
#[test]
fn columns_that_name_people_are_told_of_and_no_value_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut noise = Noise(4);
    let mut lines = vec!["g,contact,手机号,telephone,ref,y\n".to_owned()];
    lines.extend((0..3000).map(|i| {
        let g = ["a", "b"][noise.below(2) as usize];
        let phone = 13_800_000_000 + noise.below(99_999_999);
        let has = ["yes", "none"][noise.below(2) as usize];
        format!(
            "{g},person{i}@example.org,{phone},{has},R{:07},{}\n",
            noise.below(9_999_999),
            i % 2
        )
    }));
    let path = file(folder.path(), "people.csv", &lines);
    let words = ["-s", "g", "-y", "y", "-j"];
    let [one, four] = ["1", "4"].map(|threads| {
        let mut report = profile(&[&[&*path][..], &words, &[threads]].concat());
        report["record"] = Value::Null;
        report
    });
    assert_eq!(one, four);
    let columns = rows(&one, "identity", "columns").iter();
    let found: Vec<(String, String)> = columns
        .map(|row| ["column", "holds"].map(|key| row[key].as_str().unwrap().to_owned()))
        .map(|[column, holds]| (column, holds))
        .collect();
    let wanted = [
        ("contact", "e-mail addresses"),
        ("手机号", "phone numbers"),
        ("ref", "a value for each row"),
    ];
    let wanted = wanted.map(|(column, holds)| (column.to_owned(), holds.to_owned()));
    assert_eq!(found, wanted);
    let sections = one["profile"]["sections"].as_array().unwrap();
    let section = sections.iter().find(|s| s["name"] == "identity").unwrap();
    assert!(!section.to_string().contains("example.org"));
    let left_out = sections.iter().find(|s| s["name"] == "proxies").unwrap();
    assert!(left_out["notes"].to_string().contains("`contact`"));
}
