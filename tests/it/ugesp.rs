//! People and p values of the policy `ugesp`, against those of scipy and statsmodels.

use std::path::Path;

use serde_json::Value;

use crate::cli::json;

#[test]
fn the_numbers_of_two_groups_are_those_of_scipy_and_statsmodels() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ugesp.json");
    let expected: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let expected = expected.as_array().unwrap();
    let words = [
        "fixtures/hiring.csv",
        "-s",
        "sex,race,sex*race",
        "-p",
        "selected",
    ];
    let report = json(&[&words[..], &["-P", "ugesp", "--min-group", "1"]].concat());
    let mut rough = 0;
    let mut compared = 0;
    for finding in report["findings"].as_array().unwrap() {
        let practical = &finding["practical"];
        if practical.is_null() {
            continue;
        }
        let attribute = finding["attribute"].as_str().unwrap();
        let name = |values: &Value| {
            let parts: Vec<&str> = attribute
                .split('*')
                .map(|column| values[column].as_str().unwrap())
                .collect();
            parts.join(" & ")
        };
        let (group, reference) = (name(&finding["group"]), name(&finding["reference"]));
        let entry = expected
            .iter()
            .find(|e| {
                e["attribute"] == attribute && e["group"] == *group && e["reference"] == *reference
            })
            .unwrap();
        for key in [
            "shortfall",
            "more",
            "moved",
            "z",
            "p",
            "exact_p",
            "least_expected",
        ] {
            let (found, wanted) = (
                practical[key].as_f64().unwrap(),
                entry[key].as_f64().unwrap(),
            );
            let off = (found - wanted).abs();
            assert!(
                off <= 1e-9 * wanted.abs().max(1e-9),
                "{finding}: {key} is not {wanted}"
            );
        }
        let message = finding["message"].as_str().unwrap();
        let is_few = practical["least_expected"].as_f64().unwrap() < 5.0;
        assert_eq!(message.contains("is rough"), is_few, "{message}");
        rough += u32::from(is_few);
        compared += 1;
    }
    assert!(compared > 15 && rough > 2, "{compared} {rough}");
}

#[test]
fn what_the_uniform_guidelines_count_changes_no_verdict() {
    let of = |policy| {
        let report = json(&["fixtures/hiring.csv", "-P", policy]);
        report["verdict"]["counts"].clone()
    };
    assert_eq!(of("ugesp"), of("four-fifths"));
}
