//! What a report says of groups with few rows: what they could have proved, and rates that lean on the others.

use serde_json::Value;

use crate::cli::json;

fn finding<'a>(report: &'a Value, id: &str) -> &'a Value {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|f| f["id"] == id).unwrap()
}

#[test]
fn a_warning_says_what_would_settle_it() {
    let report = json(&["fixtures/hiring.csv"]);
    let warned = finding(&report, "selection_rate_ratio:race=Hispanic or Latino");
    let power = &warned["power"];
    assert_eq!(warned["status"], "warn");
    let rows = power["rows_needed"].as_u64().unwrap();
    let found = power["detectable"].as_f64().unwrap();
    assert!(rows > 1_000 && found < warned["value"].as_f64().unwrap());
    let message = warned["message"].as_str().unwrap();
    let clause = format!("; a ratio under {found:.3} is 80% sure to be proved, about ");
    assert!(message.contains(&clause), "{message}");
    let small = finding(
        &report,
        "selection_rate_ratio:race=Native Hawaiian or Pacific Islander",
    );
    assert_eq!(
        (&small["status"], &small["power"]["rows_needed"]),
        (&"undecided".into(), &30.into())
    );
    let findings = report["findings"].as_array().unwrap();
    let says = |f: &&Value| f["message"].as_str().unwrap().contains("to be proved");
    assert!(
        findings
            .iter()
            .filter(says)
            .all(|f| f["status"] == "warn" || f["status"] == "undecided")
    );
}
