//! What people can change, as the policy file says it: flags come first, every word has its source, and
//! what is wrong has its line.

use serde_json::Value;

use crate::policy::{Place, report};

/// A logistic regression of german, and what would have to change.
const ASKED: [&str; 14] = [
    "counterfactual",
    "german.csv",
    "-s",
    "sex",
    "-y",
    "credit=good",
    "--no-infer",
    "--ignore",
    "pred,score,age_group,foreign_worker",
    "--model",
    "logistic",
    "--recourse",
    "--folds",
    "2",
];

fn asked<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&ASKED[..], more].concat()
}

/// The features that change.
fn changed(report: &Value) -> Vec<String> {
    let sections = report["justice"].as_array().unwrap();
    let recourse = sections.iter().find(|own| own["name"] == "recourse");
    let tables = recourse.unwrap()["tables"].as_array().unwrap();
    let table = tables.iter().find(|own| own["name"] == "features").unwrap();
    let rows = table["rows"].as_array().unwrap().iter();
    let mut names: Vec<String> = rows
        .map(|row| row["feature"].as_str().unwrap().to_owned())
        .collect();
    names.dedup();
    names
}

fn setting(report: &Value, name: &str) -> (String, String) {
    let own = &report["record"]["settings"][name];
    let text = |key: &str| own[key].as_str().unwrap_or_default().to_owned();
    (text("value"), text("source"))
}

fn told(value: &str, source: &str) -> (String, String) {
    (value.to_owned(), source.to_owned())
}

#[test]
fn the_file_says_what_can_change_and_flags_come_first() {
    let place = Place::new(
        "[recourse]\nimmutable = [\"purpose\", \"housing\"]\nmonotone = { duration_months = \"up\" }\n\
         bounds = { credit_amount = [1000, 15000] }\ncost = \"percentile\"\n",
    );
    let own = place.json(&asked(&[]));
    assert_eq!(setting(&own, "immutable"), told("purpose,housing", "file"));
    assert_eq!(
        setting(&own, "monotone"),
        told("duration_months=up", "file")
    );
    assert_eq!(
        setting(&own, "bounds"),
        told("credit_amount=1000..15000", "file")
    );
    assert_eq!(setting(&own, "cost"), told("percentile", "file"));
    assert_eq!(setting(&own, "recourse"), told("true", "flag"));
    // Longer loans are no way to credit: what is left is the amount.
    assert_eq!(changed(&own), ["credit_amount"]);
    // The same by flags, and by none of them.
    let flags = [
        "--no-config",
        "--immutable",
        "purpose,housing",
        "--monotone",
        "duration_months=up",
        "--bounds",
        "credit_amount=1000..15000",
        "--cost",
        "percentile",
    ];
    let typed = place.json(&asked(&flags));
    assert_eq!(typed["justice"], own["justice"]);
    assert_eq!(
        setting(&typed, "monotone"),
        told("duration_months=up", "flag")
    );
    let free = place.json(&asked(&["--no-config"]));
    assert!(changed(&free).contains(&"duration_months".to_owned()));
    assert_eq!(setting(&free, "immutable"), told("", ""));
    // A flag stands for the whole key, and is heard where the file says otherwise of its column.
    let one = place.json(&asked(&["--immutable", "credit_amount"]));
    assert_eq!(setting(&one, "immutable"), told("credit_amount", "flag"));
    assert_eq!(setting(&one, "bounds"), told("", ""));
    assert_eq!(changed(&one), ["purpose", "housing"]);
    let one = place.json(&asked(&["--monotone", "duration_months=down"]));
    assert_eq!(
        setting(&one, "monotone"),
        told("duration_months=down", "flag")
    );
    assert!(changed(&one).contains(&"duration_months".to_owned()));
    // The environment stands between them.
    let output = place.run_at("", &asked(&["-f", "json"]), &[("FAIR_AUDIT_COST", "mad")]);
    assert_eq!(
        setting(&report(&output), "cost"),
        told("mad", "environment")
    );
}

#[test]
fn only_what_is_actionable_changes() {
    let place = Place::new("[recourse]\nactionable = \"duration_months\"\n");
    assert_eq!(changed(&place.json(&asked(&[]))), ["duration_months"]);
    let typed = place.json(&asked(&["--actionable", "housing,credit_amount"]));
    assert_eq!(changed(&typed), ["housing", "credit_amount"]);
    let said = place.error(&asked(&["--actionable", "sex"]));
    assert!(said.contains("a sensitive column stays as it is"), "{said}");
}

#[test]
fn what_is_wrong_with_the_section_is_shown_with_its_line() {
    for (text, line, help) in [
        ("imutable = \"age\"\n", "2 | imutable", "`immutable`"),
        (
            "immutable = [\"sex\", \"purpos\"]\n",
            "  |                     ^^^^^^^^",
            "`purpose`",
        ),
        ("actionable = [\"purpos\"]\n", "2 | actionable", "`purpose`"),
        (
            "monotone = { duration_month = \"up\" }\n",
            "2 | monotone",
            "`duration_months`",
        ),
        (
            "monotone = { purpose = \"up\" }\n",
            "2 | monotone",
            "--immutable",
        ),
        (
            "bounds = { credit_amount = [9, 1] }\n",
            "2 | bounds",
            "the lower end first",
        ),
        ("bounds = { zzz = [1, 9] }\n", "2 | bounds", "features"),
        (
            "immutable = \"housing\"\nbounds = [\"housing=1..2\"]\n",
            "3 | bounds",
            "take one",
        ),
        ("actionable = \"sex\"\n", "2 | actionable", "leave it out"),
        (
            "norm = \"l2\"\ncost = \"percentile\"\n",
            "2 | norm",
            "--cost mad",
        ),
        ("norm = \"max\"\n", "2 | norm", "--cost percentile"),
        ("norm = \"l3\"\n", "2 | norm", "l1, l2, max"),
    ] {
        let place = Place::new(&format!("[recourse]\n{text}"));
        let said = place.error(&asked(&[]));
        assert!(said.contains("fair-audit.toml:"), "{said}");
        assert!(said.contains(line) && said.contains(help), "{text}{said}");
    }
    // It is for recourse alone, and a model that sees fewer columns is no reason to change the file.
    let place = Place::new("[recourse]\nimmutable = [\"purpose\", \"sex\", \"credit\"]\n");
    place.json(&asked(&["--features", "duration_months,credit_amount"]));
    let plain: Vec<&str> = ASKED
        .into_iter()
        .filter(|word| *word != "--recourse")
        .collect();
    let place = Place::new("[recourse]\nimmutable = \"gone\"\n");
    assert!(place.run(&plain).status.success());
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let place = Place::new("");
    for (words, wanted) in [
        (
            ["--immutable", "housing", "--monotone", "housing=up"],
            "that it stays as it is",
        ),
        (
            ["--immutable", "housing", "--actionable", "housing"],
            "and to stay as it is",
        ),
        (
            ["--actionable", "housing", "--bounds", "credit_amount=1..2"],
            "that it stays as it is",
        ),
        (
            [
                "--monotone",
                "credit_amount=up",
                "--monotone",
                "credit_amount=down",
            ],
            "go both ways",
        ),
        (
            [
                "--bounds",
                "credit_amount=1..2",
                "--bounds",
                "credit_amount=1..3",
            ],
            "two pairs of ends",
        ),
    ] {
        let said = place.error(&asked(&words));
        assert!(said.contains(wanted), "{said}");
        assert!(said.contains("take one of them out"), "{said}");
    }
}

#[test]
fn the_printed_policy_file_can_be_used_with_its_examples() {
    let place = Place::new("");
    let output = place.run(&["init", "german.csv", "-s", "sex", "-y", "credit=good"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let start = text.find("# [recourse]").unwrap();
    let own = text[start..].split("\n\n").next().unwrap();
    let own: String = own
        .lines()
        .map(|line| format!("{}\n", &line[2..]))
        .collect();
    let place = Place::new(
        &own.replace("age", "purpose")
            .replace("savings", "duration_months")
            .replace("income", "credit_amount"),
    );
    let found = place.json(&asked(&[]));
    assert_eq!(setting(&found, "immutable"), told("purpose", "file"));
}
