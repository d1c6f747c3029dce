//! Worlds whose bias is known: every method finds its own part, and none in the fair world.
//!
//! `benches/planted.py` made the tables and the truths of `fixtures/planted.json`, and counts over many
//! tables how often intervals cover; here is one table of each world.

use std::process::Command;

use serde_json::Value;

use crate::cli::json as report_of;

/// An interval of 95 % misses one of twenty numbers, of which there are hundreds here. Half again as
/// wide it misses one of 300.
const STRETCH: f64 = 1.5;
/// What is rounded, and the limits of what is the same in every row.
const SLACK: f64 = 1e-9;

/// The commands of a world, and what is expected of each.
fn expected(world: &str) -> Vec<(Vec<String>, Vec<Value>)> {
    let text = std::fs::read_to_string("fixtures/planted.json").unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let runs = all["runs"].as_array().unwrap().iter();
    let of = |run: &Value| {
        let words = run["command"].as_array().unwrap().iter();
        let word = |word: &Value| match word.as_str().unwrap() {
            "{table}" => format!("fixtures/planted_{world}.csv"),
            "{model}" => format!("fixtures/planted_{world}_model.json"),
            plain => plain.to_owned(),
        };
        let expected = run["expected"].as_array().unwrap();
        (words.map(word).collect(), expected.clone())
    };
    runs.filter(|run| run["world"] == world).map(of).collect()
}

fn is_within(wanted: &Value, has: &Value) -> bool {
    match wanted {
        // An empty group is that of all rows.
        Value::Object(fields) if fields.is_empty() => has == wanted,
        Value::Object(fields) => fields.iter().all(|(name, own)| is_within(own, &has[name])),
        _ => wanted == has,
    }
}

/// The one row that is meant.
fn row<'a>(report: &'a Value, entry: &Value) -> &'a Value {
    let lists = [&report["justice"], &report["profile"]["sections"]];
    let sections = lists.into_iter().filter_map(Value::as_array).flatten();
    let tables = sections
        .filter(|section| section["name"] == entry["section"])
        .flat_map(|section| section["tables"].as_array().unwrap())
        .filter(|table| table["name"] == entry["table"]);
    let rows = tables.flat_map(|table| table["rows"].as_array().unwrap());
    let found: Vec<&Value> = rows.filter(|row| is_within(&entry["where"], row)).collect();
    assert_eq!(found.len(), 1, "{entry}");
    found[0]
}

/// What is wrong with a number, in words.
fn wrong(report: &Value, entry: &Value) -> Option<String> {
    let said = |what: &str| Some(format!("{what}: {entry}"));
    if let Some(is_said) = entry["said"].as_bool() {
        let facts = report["profile"]["facts"].as_array();
        let section = &entry["section"];
        let is_own = |fact: &&Value| section == "any" || fact["section"] == *section;
        let own = facts.into_iter().flatten().find(is_own);
        return match own {
            Some(fact) if !is_said => said(&format!("worth a look: {}", fact["message"])),
            None if is_said => said("nothing is worth a look"),
            _ => None,
        };
    }
    let row = row(report, entry);
    let column = entry["column"].as_str().unwrap();
    let Some(value) = row[column].as_f64() else {
        return said("no number");
    };
    if let Some(least) = entry["least"].as_f64() {
        return (value < least).then(|| format!("{value}: {entry}"));
    }
    if column.starts_with('p') {
        let is_found = entry["found"] == true;
        // By chance one of 300 is as small as that.
        let is_right = if is_found {
            value < 0.05
        } else {
            value > 0.003
        };
        return (!is_right).then(|| format!("p {value}: {entry}"));
    }
    let limits = &row[format!("{column}_interval")];
    let (Some(low), Some(high)) = (limits["low"].as_f64(), limits["high"].as_f64()) else {
        return said("no interval");
    };
    let (below, above) = (STRETCH * (value - low), STRETCH * (high - value));
    let covers = |x: f64| value - below - SLACK <= x && x <= value + above + SLACK;
    let told = format!("{value} ({low} to {high})");
    if let Some(truth) = entry["truth"].as_f64()
        && !covers(truth)
    {
        return said(&format!("{told} is not {truth}"));
    }
    match entry["found"].as_bool() {
        Some(true) if low <= SLACK && high >= -SLACK => said(&format!("{told} is not found")),
        Some(false) if !covers(0.0) => said(&format!("{told} is found")),
        _ => None,
    }
}

/// Whether the programs can be run.
fn has_python() -> bool {
    let python = Command::new("python3").args(["-c", "import csv"]).output();
    let has = python.is_ok_and(|output| output.status.success());
    if !has {
        println!("skipped: no `python3` here");
    }
    has
}

fn agrees(world: &str) {
    let has_python = has_python();
    let mut numbers = 0;
    let mut all = Vec::new();
    for (command, entries) in expected(world) {
        if !has_python && command.iter().any(|word| word.starts_with("python3")) {
            continue;
        }
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let report = report_of(&words);
        numbers += entries.len();
        all.extend(entries.iter().filter_map(|entry| wrong(&report, entry)));
    }
    assert!(numbers > 0, "nothing is expected of {world}");
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn the_flip_finds_what_the_group_itself_does() {
    agrees("direct");
}

#[test]
fn columns_moved_along_and_the_explained_part_find_what_proxies_do() {
    agrees("proxy");
}

#[test]
fn both_are_told_apart() {
    agrees("mixed");
}

#[test]
fn other_coefficients_are_the_unexplained_part() {
    agrees("coefficients");
}

#[test]
fn a_longer_way_is_the_recourse_gap() {
    agrees("recourse");
    agrees("recourse_fair");
}

#[test]
fn rows_that_are_alike_and_decided_differently_are_found_in_their_group() {
    agrees("individual");
    agrees("individual_fair");
}

#[test]
fn nothing_is_found_in_a_fair_world() {
    agrees("fair");
}

#[test]
fn nothing_is_found_between_the_furthest_apart_of_five_groups_that_are_alike() {
    agrees("fair_many");
}

/// Ways that are searched by asking a program end among the values that occur, right behind those of
/// the closed form.
#[test]
fn a_program_is_asked_for_ways_that_cost_hardly_more_than_the_cheapest() {
    if !has_python() {
        return;
    }
    let costs: Vec<Vec<f64>> = expected("recourse")
        .into_iter()
        .map(|(command, _)| {
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            let report = report_of(&words);
            let sections = report["justice"].as_array().unwrap();
            let own = sections.iter().find(|own| own["name"] == "recourse");
            let rows = own.unwrap()["tables"][0]["rows"].as_array().unwrap();
            rows.iter()
                .map(|row| row["cost"].as_f64().unwrap())
                .collect()
        })
        .collect();
    let [exact, searched] = costs.as_slice() else {
        panic!("{costs:?}");
    };
    for (exact, searched) in exact.iter().zip(searched) {
        assert!(exact <= searched && *searched < 1.01 * exact, "{costs:?}");
    }
}
