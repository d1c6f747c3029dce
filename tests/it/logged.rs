//! Training curves, and the event files of `--log-dir`: against numpy, scipy and `TensorBoard`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use fair_audit::fit::curve::Objective;
use fair_audit::fit::{self, Curve};
use fair_audit::mitigate::{self, Mitigation, Training, trial};
use fair_audit::report::events::{self, Scalars};
use ndarray::Array2;
use serde_json::{Value, json};

use crate::cli::run;
use crate::mitigate::Folder;
use crate::record::Recorded;

fn expected() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/logged.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap().iter();
    list.map(|number| number.as_f64().unwrap()).collect()
}

/// The curve of a remedy on the table of the fixture.
fn curve(expected: &Value, name: &str) -> Option<Curve> {
    let rows = expected["x"].as_array().unwrap();
    let flat: Vec<f64> = rows.iter().flat_map(numbers).collect();
    let x = Array2::from_shape_vec((rows.len(), 2), flat).unwrap();
    let group = numbers(&expected["group"]);
    let groups: Vec<u32> = group.iter().map(|group| *group as u32).collect();
    let y = expected["y"].as_array().unwrap();
    let y: Vec<bool> = y.iter().map(|y| y.as_bool().unwrap()).collect();
    let training = Training {
        x: x.view(),
        names: &["a".to_owned(), "b".to_owned()],
        groups: &groups,
        count: 2,
        y: &y,
        weights: &numbers(&expected["w"]),
        seed: 0,
    };
    let mut all = mitigate::MITIGATIONS.iter();
    let remedy: &Mitigation = all.find(|remedy| remedy.name == name).unwrap();
    let model = fit::find("logistic").unwrap();
    trial::solved(&training, model, remedy).unwrap().curve
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * b.abs().max(1e-300)
}

#[test]
fn newton_goes_where_it_goes_in_numpy() {
    let expected = expected();
    let own = curve(&expected, "plain").unwrap();
    assert_eq!(own.objective, Objective::LogLoss);
    let losses: Vec<f64> = own.steps.iter().map(|step| step.loss).collect();
    let theirs = numbers(&expected["newton"]);
    assert_eq!(losses.len(), theirs.len(), "{losses:?}");
    for (own, theirs) in losses.iter().zip(&theirs) {
        assert!(near(*own, *theirs, 1e-12), "{own} {theirs}");
    }
}

#[test]
fn fair_training_ends_where_scipy_ends_and_says_how_far_it_is_from_fair() {
    let expected = expected();
    let own = curve(&expected, "constrained_parity").unwrap();
    let (first, last) = (own.steps[0], own.steps[own.steps.len() - 1]);
    assert!(own.steps.len() > 1 && first.penalty.is_none() && last.penalty.is_some());
    // It starts from the plain model.
    let plain = *numbers(&expected["newton"]).last().unwrap();
    assert!(near(first.loss, plain, 1e-9), "{first:?}");
    assert!(first.violation.unwrap() > 0.1, "{first:?}");
    let theirs = expected["constrained"].as_f64().unwrap();
    assert!(near(last.loss, theirs, 1e-7), "{last:?} {theirs}");
    assert!(last.violation.unwrap() <= 1e-8, "{last:?}");
    let gap = last.gap.unwrap();
    assert!((0.0..1e-6).contains(&gap), "{gap}");
    assert!(
        own.steps[..own.steps.len() - 1]
            .iter()
            .all(|step| step.gap.is_none())
    );
}

#[test]
fn other_remedies_have_curves_where_they_go_in_steps() {
    let expected = expected();
    let priced = curve(&expected, "prejudice_remover").unwrap();
    assert_eq!(priced.objective, Objective::LogLossAndInformation);
    let losses: Vec<f64> = priced.steps.iter().map(|step| step.loss).collect();
    assert!(
        losses.len() > 2 && losses.windows(2).all(|pair| pair[1] <= pair[0]),
        "{losses:?}"
    );
    assert!(priced.steps.iter().all(|step| step.violation.is_some()));

    let drawn = curve(&expected, "gradient_parity").unwrap();
    assert_eq!(drawn.objective, Objective::Error);
    let (first, last) = (drawn.steps[0], drawn.steps[drawn.steps.len() - 1]);
    assert!(first.violation > last.violation, "{first:?} {last:?}");
    assert!(first.gap.unwrap() > 0.0);

    assert!(
        curve(&expected, "threshold_parity").is_none(),
        "nothing is fitted again"
    );
}

#[test]
fn event_files_are_the_bytes_that_tensorboard_writes() {
    let expected = expected();
    for pair in expected["crc32c"].as_array().unwrap() {
        let text = pair[0].as_str().unwrap();
        assert_eq!(
            u64::from(events::crc32c(text.as_bytes())),
            pair[1].as_u64().unwrap()
        );
    }
    let steps = expected["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| Scalars {
            step: step[0].as_u64().unwrap(),
            values: serde_json::from_value(step[1].clone()).unwrap(),
        });
    let bytes = events::file(&steps.collect::<Vec<Scalars>>());
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(json!(hex), expected["events"]);
}

/// All files of a folder and of those in it, by their names.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

/// What `TensorBoard` reads in a folder, by run and name; none where it is not there.
fn read_back(folder: &str) -> Option<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/logged.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(folder);
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("No module named") {
        return None;
    }
    let found = serde_json::from_slice(&output.stdout);
    Some(found.unwrap_or_else(|e| panic!("{e}: {said}")))
}

#[test]
fn a_log_folder_is_read_by_tensorboard_and_says_what_the_record_says() {
    let recorded = Recorded::mitigate();
    let folder = Folder::new();
    let (one, two) = (folder.at("one"), folder.at("two"));
    let write = |to: &str, threads: &str| {
        let words = recorded.words();
        let more = ["--log-dir", to, "-j", threads, "-q"];
        run(&[&words[..], &more].concat())
    };
    assert!(write(&one, "1").status.success());
    let own = files(Path::new(&one));
    assert!(own.len() > 6, "{:?}", own.keys());
    assert!(write(&two, "3").status.success());
    let other = files(Path::new(&two));
    assert!(own.values().eq(other.values()), "threads changed a byte");

    // A folder with event files is left as it is.
    let again = write(&one, "1");
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("has event files already"));
    assert_eq!(files(Path::new(&one)), own);

    let Some(read) = read_back(&one) else {
        println!("skipped: no TensorBoard to read event files");
        return;
    };
    let fits = &recorded.tree["fits"];
    let plain = &fits["models"]["models"][0];
    let agree = |run: &str, curve: &Value| {
        let read = read[run]["training/loss"].as_array().unwrap();
        let steps = curve["steps"].as_array().unwrap();
        assert_eq!(read.len(), steps.len(), "{run}");
        for (at, (read, step)) in read.iter().zip(steps).enumerate() {
            assert_eq!((&read[0], &read[1]), (&json!(0.0), &json!(at)));
            let (read, own) = (read[2].as_f64().unwrap(), step["loss"].as_f64().unwrap());
            assert_eq!(read, f64::from(own as f32), "{run}");
        }
    };
    agree("plain", &plain["training"]);
    for (fold, curve) in fits["training"][0]["folds"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
    {
        agree(&format!("plain/fold_{}", fold + 1), curve);
    }
    let accuracy = plain["numbers"]["accuracy"].as_f64().unwrap();
    let held_out = read["plain"]["held_out/accuracy"][0][2].as_f64().unwrap();
    assert_eq!(held_out, f64::from(accuracy as f32));
}

#[test]
fn a_log_folder_that_cannot_be_is_refused_before_anything_is_fitted() {
    let recorded = Recorded::mitigate();
    let folder = Folder::new();
    let file = folder.write("a file", "x");
    for (to, part) in [
        ("-", "standard output"),
        (&folder.at("none/logs"), "there is no folder"),
        (&format!("{file}/logs"), "folder"),
    ] {
        let words = recorded.words();
        let output = run(&[&words[..], &["--log-dir", to]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{to}: {said}");
        assert!(
            output.stdout.is_empty() && said.contains(part),
            "{to}: {said}"
        );
    }
}
