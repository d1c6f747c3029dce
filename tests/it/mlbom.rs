//! The bill of materials is one by the schema of `CycloneDX`, and its numbers are those of the report.

use std::fs;

use serde_json::{Value, json};

use crate::cli::{json as report, run};

/// The official schema of 1.6 (Apache-2.0, from `cyclonedx-python-lib`). Signatures and licences have
/// schemas of their own; a bill of ours has neither.
fn validator() -> jsonschema::Validator {
    let text = fs::read_to_string("tests/schema/bom-1.6.SNAPSHOT.schema.json").unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    without_files(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

fn without_files(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let other = object.get("$ref").and_then(Value::as_str);
            if other.is_some_and(|to| !to.starts_with('#')) {
                *schema = json!(false);
                return;
            }
            object.values_mut().for_each(without_files);
        }
        Value::Array(list) => list.iter_mut().for_each(without_files),
        _ => {}
    }
}

fn bill(words: &[&str]) -> Value {
    let output = run(&[words, &["-f", "mlbom"]].concat());
    let bill: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    let errors: Vec<String> = validator()
        .iter_errors(&bill)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    bill
}

#[test]
fn a_bill_fits_the_official_schema_and_has_every_number_of_every_group() {
    let words = [
        "fixtures/hiring.csv",
        "-s",
        "sex,race",
        "-p",
        "selected",
        "--digest",
        "--no-config",
    ];
    let (bill, report) = (bill(&words), report(&words));
    let components = bill["components"].as_array().unwrap();
    assert_eq!(
        components[0]["hashes"][0]["content"],
        report["record"]["inputs"][0]["sha256"]
    );
    let card = &components[1]["modelCard"];
    let metrics = card["quantitativeAnalysis"]["performanceMetrics"]
        .as_array()
        .unwrap();
    let is_there = |value: &&Value| value["value"].is_number();
    let groups = report["groups"].as_array().unwrap().iter();
    let groups = groups.flat_map(|group| group["metrics"].as_object().unwrap().values());
    let gaps = report["measures"].as_array().unwrap().iter();
    assert_eq!(
        metrics.len(),
        groups.filter(is_there).count() + gaps.filter(is_there).count()
    );
    let mut women = metrics.iter();
    let women = women.find(|m| m["type"] == "selection_rate" && m["slice"] == "sex=Female");
    let mut groups = report["groups"].as_array().unwrap().iter();
    let own = groups
        .find(|group| group["group"] == json!({"sex": "Female"}))
        .unwrap();
    let own = &own["metrics"]["selection_rate"];
    let text = |number: &Value| json!(number.as_f64().unwrap().to_string());
    assert_eq!(women.unwrap()["value"], text(&own["value"]));
    let interval = &women.unwrap()["confidenceInterval"];
    assert_eq!(interval["lowerBound"], text(&own["interval"]["low"]));
    assert_eq!(interval["upperBound"], text(&own["interval"]["high"]));
    let failed = report["findings"].as_array().unwrap().iter();
    let failed = failed
        .filter(|f| f["status"] == "fail" || f["status"] == "warn")
        .count();
    let assessed = card["considerations"]["fairnessAssessments"]
        .as_array()
        .unwrap();
    assert_eq!((assessed.len(), failed > 0), (failed, true));
}

#[test]
fn a_bill_of_remedies_has_a_model_for_each_and_one_of_a_profile_the_data() {
    let mitigate = [
        "mitigate",
        "fixtures/german.csv",
        "--method",
        "reweighing",
        "--no-config",
    ];
    let bill_of_both = bill(&mitigate);
    let components = bill_of_both["components"].as_array().unwrap();
    let names: Vec<&str> = components
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"plain") && names.contains(&"reweighing"),
        "{names:?}"
    );
    let profile = bill(&["profile", "fixtures/hospitals.csv", "--no-config"]);
    assert_eq!(profile["components"][0]["type"], "data");
}

#[test]
fn the_schema_refuses_what_is_no_bill() {
    let validator = validator();
    assert!(!validator.is_valid(&json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "x": 1})));
    let card = json!({"quantitativeAnalysis": {"performanceMetrics": [{"value": 0.5}]}});
    let model = json!({"type": "machine-learning-model", "name": "m", "modelCard": card});
    let bill = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [model]});
    assert!(!validator.is_valid(&bill), "a number is a text there");
}
