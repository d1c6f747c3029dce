//! The committed tables against `fixtures/oracle/*.json`, from CSV and from Parquet.

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use super::view::{At, View};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

fn near(ours: Option<f64>, theirs: &Json) -> bool {
    match (ours, theirs.as_f64()) {
        (None, None) => true,
        // A gap of two nearly equal numbers keeps the error of the larger ones.
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9 * theirs.abs() + 1e-15,
        _ => false,
    }
}

fn report(expected: &Json, format: &str) -> View {
    let text = |key: &str| expected[key].as_str();
    let table = text("table").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fair-audit"));
    command.arg(Path::new(FOLDER).join(format!("{table}.{format}")));
    let sensitive: Vec<&str> = expected["sensitive"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Json::as_str)
        .collect();
    command.args(["--sensitive", &sensitive.join(",")]);
    for (option, key) in [("--label", "label"), ("--prediction", "prediction")] {
        if let [Some(column), Some(positive)] = [0, 1].map(|at| expected[key][at].as_str()) {
            command.args([option, &format!("{column}={positive}")]);
        }
    }
    for (option, key) in [("--score", "score"), ("--weight", "weight")] {
        command.args(text(key).into_iter().flat_map(|column| [option, column]));
    }
    command.args(["--no-infer", "--intersect", "2", "--policy", "none"]);
    command.args(["--format", "json", "--exit-zero"]);
    let output = command.output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{complaint}");
    View::new(vec![serde_json::from_slice(&output.stdout).unwrap()])
}

fn name(attribute: &str, group: &Json) -> String {
    if attribute == "overall" {
        return super::view::OVERALL.to_owned();
    }
    let value = |column| group[column].as_str().unwrap_or("(missing)");
    attribute
        .split('*')
        .map(value)
        .collect::<Vec<_>>()
        .join(" & ")
}

fn at(entry: &Json) -> At {
    let attribute = entry["attribute"].as_str().unwrap().to_owned();
    At {
        attribute,
        stratum: String::new(),
    }
}

fn compare(expected: &Json, view: &View, wrong: &mut Vec<String>) -> usize {
    let mut compared = 0;
    let mut check = |ours: Option<f64>, theirs: &Json, what: &str| {
        compared += 1;
        if !near(ours, theirs) {
            wrong.push(format!("{what}: {ours:?}, not {theirs}"));
        }
    };
    for group in expected["groups"].as_array().unwrap() {
        let at = at(group);
        let of = name(&at.attribute, &group["group"]);
        check(
            view.count(&at, &of, "rows").ok(),
            &group["rows"],
            &format!("rows of {of}"),
        );
        for (count, value) in group["counts"].as_object().unwrap() {
            check(
                view.count(&at, &of, count).ok(),
                value,
                &format!("{count} of {of}"),
            );
        }
        for (metric, value) in group["metrics"].as_object().unwrap() {
            let ours = view.number(&at, &of, metric).unwrap();
            check(ours, value, &format!("{metric} of {of}"));
        }
        for (metric, ends) in group["wilson"].as_object().into_iter().flatten() {
            let ours = view.interval(&at, &of, metric).unwrap();
            check(ours[0], &ends[0], &format!("lower end of {metric} of {of}"));
            check(ours[1], &ends[1], &format!("upper end of {metric} of {of}"));
        }
    }
    for measure in expected["measures"].as_array().unwrap() {
        let at = at(measure);
        let metric = measure["metric"].as_str().unwrap();
        let what = format!("{metric} of {}", at.attribute);
        if measure["group"].is_null() {
            check(
                view.extremes(&at, metric).unwrap(),
                &measure["value"],
                &what,
            );
            continue;
        }
        let of = name(&at.attribute, &measure["group"]);
        let ours = view.gap(&at, metric, "reference", &of).unwrap();
        check(ours, &measure["value"], &format!("{what}: {of}"));
    }
    compared
}

#[test]
fn the_fixtures_have_the_numbers_of_other_tools() {
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let mut files: Vec<_> = std::fs::read_dir(Path::new(FOLDER).join("oracle"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| {
            // The numbers of the mathematics alone belong to no table; unit tests compare those.
            let is_of_a_table = path.file_stem().is_some_and(|stem| stem != "statistics");
            let is_json = path
                .extension()
                .is_some_and(|extension| extension == "json");
            is_json && is_of_a_table
        })
        .collect();
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let expected: Json = serde_json::from_str(&text).unwrap();
        for format in ["csv", "parquet"] {
            let before = wrong.len();
            compared += compare(&expected, &report(&expected, format), &mut wrong);
            for line in &mut wrong[before..] {
                *line = format!("{} ({format}): {line}", path.display());
            }
        }
    }
    let shown = wrong
        .iter()
        .take(40)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        wrong.is_empty(),
        "{} of {compared} differ\n{shown}",
        wrong.len()
    );
    assert!(compared > 5_000, "only {compared} numbers were compared");
}
