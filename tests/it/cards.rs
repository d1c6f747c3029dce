//! The model card and the datasheet: every section of the papers, what was measured, and questions.

use std::fs;

use crate::cli::{json, run};
use crate::mitigate::Folder;

const HIRING: [&str; 6] = [
    "fixtures/hiring.csv",
    "-s",
    "sex,race",
    "-p",
    "selected",
    "--no-config",
];

fn text(words: &[&str]) -> String {
    let output = run(words);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_ne!(output.status.code(), Some(2), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

fn headings(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect()
}

/// The lines of one section.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    rest.split("\n## ").next().unwrap()
}

#[test]
fn a_model_card_has_the_sections_of_the_paper_and_the_numbers_of_the_report() {
    let card = text(&[&HIRING[..], &["-f", "model-card"]].concat());
    let paper = [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
    ];
    assert_eq!(headings(&card), paper);
    let report = json(&HIRING);
    let mut groups = report["groups"].as_array().unwrap().iter();
    let women = groups
        .find(|group| group["group"]["sex"] == "Female")
        .unwrap();
    let rate = women["metrics"]["selection_rate"]["value"]
        .as_f64()
        .unwrap();
    let analyses = section(&card, "Quantitative analyses");
    let mut lines = analyses.lines();
    let line = lines.find(|line| line.starts_with("| Female |")).unwrap();
    assert!(line.contains(&format!("{:.1}%", 100.0 * rate)), "{line}");
    assert!(analyses.contains("\n### ") && !section(&card, "Intended use").contains("| "));
    assert_eq!(
        section(&card, "Intended use")
            .matches("**To be answered:**")
            .count(),
        2
    );
    assert!(section(&card, "Evaluation data").contains("2000 rows read"));
}

#[test]
fn a_datasheet_has_the_sections_of_the_paper_and_asks_what_no_table_says() {
    let sheet = text(&[
        "profile",
        "fixtures/adult.csv",
        "--no-config",
        "-f",
        "datasheet",
    ]);
    let paper = [
        "Motivation",
        "Composition",
        "Collection process",
        "Preprocessing, cleaning, labeling",
        "Uses",
        "Distribution",
        "Maintenance",
    ];
    assert_eq!(headings(&sheet), paper);
    for heading in paper {
        assert!(
            section(&sheet, heading).contains("**To be answered:**"),
            "{heading}"
        );
    }
    let facts = json(&["profile", "fixtures/adult.csv", "--no-config"])["profile"]["facts"].take();
    assert!(!facts.as_array().unwrap().is_empty());
    let composition = section(&sheet, "Composition");
    assert!(composition.matches("\n- ").count() > facts.as_array().unwrap().len());
}

#[test]
fn a_saved_report_gives_the_very_card_that_the_run_gave() {
    let folder = Folder::new();
    let (saved, card) = (folder.at("r.json"), folder.at("card.md"));
    let (to_json, to_card) = (format!("json={saved}"), format!("model-card={card}"));
    text(&[&HIRING[..], &["-f", &to_json, "-f", &to_card]].concat());
    let again = text(&["report", &saved, "-f", "model-card"]);
    assert_eq!(again, fs::read_to_string(card).unwrap());
}
