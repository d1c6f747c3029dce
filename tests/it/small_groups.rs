//! What a report says of groups with few rows: what they could have proved, and rates that lean on the others.

use serde_json::Value;

use crate::cli::{json, run};

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

/// The groups of an attribute.
fn groups<'a>(report: &'a Value, attribute: &str) -> Vec<&'a Value> {
    let all = report["groups"].as_array().unwrap().iter();
    all.filter(|g| g["attribute"] == attribute && g["missing"] == false)
        .collect()
}

#[test]
fn rates_of_intersections_lean_on_each_other_the_more_the_fewer_their_rows() {
    let report = json(&["fixtures/hiring.csv", "-s", "sex,race,sex*race"]);
    let crossed = groups(&report, "sex*race");
    let (mut smallest, mut largest) = ((f64::MAX, 0.0), (0.0, 0.0));
    for group in &crossed {
        let rate = &group["metrics"]["selection_rate"];
        let number = |at: &str| rate["shrunk"][at].as_f64().unwrap();
        let (low, mean, high) = (number("low"), number("mean"), number("high"));
        assert!(0.0 < low && low < mean && mean < high && high < 1.0);
        let rows = group["rows"].as_f64().unwrap();
        let limit = |at: &str| rate["interval"][at].as_f64().unwrap();
        // How wide its interval is, over that of the raw rate.
        let entry = (rows, (high - low) / (limit("high") - limit("low")));
        smallest = if rows < smallest.0 { entry } else { smallest };
        largest = if rows > largest.0 { entry } else { largest };
    }
    assert!(smallest.1 < 0.6, "{smallest:?}");
    assert!(largest.1 > 0.85 && largest.1 < 1.0, "{largest:?}");
    // One column alone is as it is.
    for group in groups(&report, "race") {
        assert!(group["metrics"]["selection_rate"]["shrunk"].is_null());
    }
    // Findings are those of the raw rates.
    let mut plain = report.clone();
    for group in plain["groups"].as_array_mut().unwrap() {
        for metric in group["metrics"].as_object_mut().unwrap().values_mut() {
            metric.as_object_mut().unwrap().remove("shrunk");
        }
    }
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("report.json");
    std::fs::write(&path, plain.to_string()).unwrap();
    let again = json(&["check", path.to_str().unwrap()]);
    assert_eq!(report["findings"], again["findings"]);
}

#[test]
fn a_wide_table_shows_the_shrunk_rate_beside_its_own() {
    let words = ["fixtures/hiring.csv", "-s", "sex*race"];
    let text = |more: &[&str]| {
        let output = run(&[&words[..], more].concat()).stdout;
        String::from_utf8(output).unwrap()
    };
    // It costs milliseconds and room: only where everything is asked for.
    assert!(!text(&[]).contains("shrunk"));
    assert!(text(&["--wide"]).contains("shrunk CI"));
    assert!(text(&["--wide", "-f", "md"]).contains("| shrunk"));
}

#[test]
fn two_groups_have_nothing_to_lean_on_and_too_many_are_said() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("many.csv");
    let mut rows = "one,two,pred\n".to_owned();
    for row in 0..1_000 {
        rows += &format!("a{},b{},{}\n", row % 20, row / 50, row % 3 / 2);
    }
    std::fs::write(&path, rows).unwrap();
    let name = path.to_str().unwrap();
    let report = json(&[name, "-s", "one,two,one*two", "-p", "pred"]);
    let crossed = groups(&report, "one*two");
    assert_eq!(crossed.len(), 400);
    assert!(crossed[0]["metrics"]["selection_rate"]["shrunk"].is_null());
    let note = "`one*two` has 400 groups: its rates are not shrunk";
    assert!(
        report["notes"].to_string().contains(note),
        "{}",
        report["notes"]
    );
}
