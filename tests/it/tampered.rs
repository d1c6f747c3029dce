//! Records that somebody changed and sealed again: the command, run again, tells what was changed.

use serde_json::{Value, json};

use crate::record::{METHOD, Recorded, kinds};

#[test]
fn what_was_tampered_with_in_the_record_of_an_audit_is_named_though_it_was_sealed_again() {
    let recorded = Recorded::audit();
    let group = |tree: &Value| {
        let mut groups = tree["report"]["groups"].as_array().unwrap().iter();
        groups.position(|g| g["group"]["sex"] == "f").unwrap()
    };
    let at = group(&recorded.tree);
    let all = recorded.forged(|tree| {
        tree["report"]["groups"][at]["metrics"]["selection_rate"]["value"] = json!(0.5);
    });
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0].kind, "number");
    let path = "groups[as_given, sex, sex=f].metrics.selection_rate.value";
    assert_eq!(
        (all[0].what.as_str(), &all[0].recorded),
        (path, &json!(0.5))
    );

    let all = recorded.forged(|tree| tree["report"]["verdict"]["status"] = json!("warn"));
    assert_eq!(
        (all[0].kind.as_str(), all[0].what.as_str()),
        ("finding", "verdict.status")
    );

    let all = recorded.forged(|tree| {
        let finding = &mut tree["report"]["findings"][0];
        let is_pass = finding["status"] == "pass";
        finding["status"] = json!(if is_pass { "fail" } else { "pass" });
    });
    assert_eq!(kinds(&all), ["finding"]);
    assert!(all[0].what.ends_with(".status"), "{all:?}");

    let all = recorded.forged(|tree| {
        tree["report"]["record"]["settings"]["min_group"]["value"] = json!("5");
    });
    assert_eq!(
        (all[0].kind.as_str(), all[0].what.as_str()),
        ("setting", "min_group.value")
    );
    assert_eq!(
        (&all[0].recorded, &all[0].computed),
        (&json!("5"), &json!("30"))
    );

    let all = recorded.forged(|tree| tree["report"]["record"]["rows"]["used"] = json!(239));
    assert_eq!(
        (all[0].kind.as_str(), all[0].what.as_str()),
        ("rows", "rows.used")
    );

    let all = recorded.forged(|tree| {
        tree["report"]["notes"]
            .as_array_mut()
            .unwrap()
            .push(json!("nothing to see"));
    });
    assert_eq!(
        (all[0].kind.as_str(), &all[0].recorded),
        ("warning", &json!("nothing to see"))
    );

    let all = recorded.forged(|tree| {
        let words = tree["command"].as_array_mut().unwrap();
        words.extend([json!("--min-group"), json!("5")]);
    });
    assert_eq!(kinds(&all)[..2], ["record", "setting"], "{all:?}");
}

#[test]
fn what_was_tampered_with_in_the_record_of_a_fit_is_named_though_it_was_sealed_again() {
    let recorded = Recorded::mitigate();
    let all = recorded.forged(|tree| tree["report"]["record"]["seed"] = json!(4));
    assert_eq!(
        (all[0].kind.as_str(), all[0].what.as_str()),
        ("seed", "seed")
    );

    let all = recorded.forged(|tree| {
        let model = &mut tree["fits"]["models"]["models"][0]["model"];
        let own = if model["kind"] == "columns" {
            &mut model["inner"]
        } else {
            model
        };
        own["coefficients"][0] = json!(0.25);
    });
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (all[0].kind.as_str(), &all[0].recorded),
        ("coefficient", &json!(0.25))
    );
    assert!(all[0].what.starts_with("[plain].model."), "{all:?}");

    let all = recorded.forged(|tree| {
        tree["fits"]["models"]["models"][0]["training"]["steps"][1]["loss"] = json!(0.25);
    });
    assert_eq!(kinds(&all), ["training"]);
    assert_eq!(all[0].what, "[plain].training.steps[1].loss");

    let all = recorded.forged(|tree| {
        tree["fits"]["training"][0]["folds"][2]["steps"][0]["loss"] = json!(0.25);
    });
    assert_eq!(kinds(&all), ["training"]);
    assert_eq!(all[0].what, "training[plain].folds[2].steps[0].loss");

    let all = recorded.forged(|tree| {
        let models = tree["fits"]["models"]["models"].as_array_mut().unwrap();
        let own = models
            .iter_mut()
            .find(|own| own["scenario"] == METHOD)
            .unwrap();
        own["cuts"][0] = json!({"forged": true});
    });
    assert_eq!(kinds(&all), ["threshold"]);
    assert!(
        all[0].what.contains(METHOD) && all[0].what.contains("cuts[0]"),
        "{all:?}"
    );

    let all = recorded.forged(|tree| {
        let folds = tree["fits"]["folds"]["of_rows"].as_str().unwrap();
        let first = if folds.starts_with('0') { "1" } else { "0" };
        tree["fits"]["folds"]["of_rows"] = json!(format!("{first}{}", &folds[1..]));
    });
    assert_eq!(
        (all.len(), all[0].kind.as_str(), all[0].what.as_str()),
        (1, "fold", "row 1")
    );

    let all = recorded.forged(|tree| {
        tree["fits"]["models"]["features"]
            .as_array_mut()
            .unwrap()
            .pop();
    });
    assert_eq!(kinds(&all), ["feature"]);

    let notes = recorded.tree["report"]["notes"].as_array().unwrap();
    let deleted = notes[0].clone();
    let all = recorded.forged(|tree| {
        tree["report"]["notes"].as_array_mut().unwrap().remove(0);
    });
    assert_eq!(
        (all[0].kind.as_str(), &all[0].computed),
        ("warning", &deleted)
    );
    assert_eq!(all[0].recorded, Value::Null);
}

/// The kinds of what is said of a forged record.
fn told(recorded: &Recorded, edit: impl Fn(&mut Value)) -> Vec<(String, String)> {
    let all = recorded.forged(edit).into_iter();
    all.map(|said| (said.kind, said.what)).collect()
}

fn is_told(recorded: &Recorded, kind: &str, what: &str, edit: impl Fn(&mut Value)) {
    let all = told(recorded, edit);
    assert_eq!(all, [(kind.to_owned(), what.to_owned())]);
}

#[test]
fn what_a_record_says_of_its_files_is_compared_though_it_was_sealed_again() {
    let recorded = Recorded::audit();
    is_told(&recorded, "file", "inputs[0].rows", |tree| {
        tree["report"]["record"]["inputs"][0]["rows"] = json!(400_000);
    });
    is_told(&recorded, "file", "inputs[0].path", |tree| {
        tree["report"]["record"]["inputs"][0]["path"] = json!("/official/census.csv");
    });
    is_told(&recorded, "file", "files[0].bytes", |tree| {
        tree["files"][0]["bytes"] = json!(1);
    });
    is_told(&recorded, "file", "files[0]", |tree| {
        tree["files"] = json!([]);
    });
    let path = recorded.tree["files"][0]["path"].clone();
    let what = format!("the data file `{}` is another one", path.as_str().unwrap());
    is_told(&recorded, "file", &what, |tree| {
        tree["files"][0]["sha256"] = json!("0".repeat(64));
    });
    let all = told(&recorded, |tree| {
        tree["files"][0]["path"] = json!("other.csv");
    });
    let all: Vec<&str> = all.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!(
        all,
        ["its command does not name the data file", "files[0].path"]
    );
    let policy = recorded.tree["files"][0].clone();
    is_told(&recorded, "file", "files[1]", |tree| {
        let mut policy = policy.clone();
        policy["part"] = json!("policy");
        tree["files"].as_array_mut().unwrap().push(policy);
    });
    let recorded = Recorded::mitigate();
    is_told(&recorded, "file", "inputs[0].sha256", |tree| {
        tree["fits"]["models"]["inputs"][0]["sha256"] = json!("0".repeat(64));
    });
}

#[test]
fn what_a_record_says_of_its_tables_and_its_program_is_compared_though_it_was_sealed_again() {
    let recorded = Recorded::audit();
    is_told(&recorded, "content", "tables[0].rows", |tree| {
        tree["tables"][0]["rows"] = json!(400_000);
    });
    is_told(&recorded, "content", "tables[0].content", |tree| {
        tree["tables"][0]["content"] = json!("0".repeat(64));
    });
    is_told(
        &recorded,
        "content",
        "tables[0].columns[hired].content",
        |tree| {
            tree["tables"][0]["columns"][0]["content"] = json!("0".repeat(64));
        },
    );
    is_told(&recorded, "content", "tables[0].columns[ghost]", |tree| {
        let columns = tree["tables"][0]["columns"].as_array_mut().unwrap();
        columns.push(json!({"name": "ghost", "content": "0".repeat(64)}));
    });
    is_told(&recorded, "content", "tables[0]", |tree| {
        tree["tables"] = json!([]);
    });
    is_told(&recorded, "record", "tool.name", |tree| {
        tree["tool"]["name"] = json!("other");
    });
    let what = "it names two versions of the program";
    is_told(&recorded, "record", what, |tree| {
        tree["tool"]["version"] = json!("9.9");
    });
    is_told(&recorded, "record", what, |tree| {
        tree["report"]["tool"]["version"] = json!("9.9");
    });
    is_told(&recorded, "record", "environment.PATH", |tree| {
        tree["environment"]["PATH"] = json!("x");
    });
    let what = "the command has words that no record keeps";
    is_told(&recorded, "record", what, |tree| {
        for place in ["/command", "/report/record/command"] {
            let words = tree.pointer_mut(place).unwrap().as_array_mut().unwrap();
            words.push(json!("--quiet"));
        }
    });
}

/// What a forger does.
type Edit = fn(&mut Value);

#[test]
fn data_under_another_name_forgive_their_name_and_nothing_else() {
    let recorded = Recorded::mitigate();
    assert!(recorded.copied(|_| {}).is_empty());
    let zero = || json!("0".repeat(64));
    let edits: [(&str, Edit); 6] = [
        ("inputs[0].rows", |tree| {
            tree["report"]["record"]["inputs"][0]["rows"] = json!(400_000);
        }),
        ("inputs[0].path", |tree| {
            tree["report"]["record"]["inputs"][0]["path"] = json!("/official/census.csv");
        }),
        ("files[0].bytes", |tree| {
            tree["files"][0]["bytes"] = json!(1);
        }),
        ("tables[0].rows", |tree| {
            tree["tables"][0]["rows"] = json!(400_000);
        }),
        ("tables[0]", |tree| tree["tables"] = json!([])),
        ("its command does not name the data file", |tree| {
            tree["files"][0]["path"] = json!("/official/census.csv");
            tree["report"]["record"]["inputs"][0]["path"] = json!("/official/census.csv");
            tree["fits"]["models"]["inputs"][0]["path"] = json!("/official/census.csv");
        }),
    ];
    for (what, edit) in edits {
        assert_eq!(recorded.copied(edit), [what]);
    }
    // Of another file, all but its bytes is compared.
    let all = recorded.copied(|tree| tree["fits"]["models"]["inputs"][0]["sha256"] = zero());
    assert_eq!(all, ["inputs[0].sha256"]);
    let recorded = Recorded::audit();
    assert!(recorded.reversed(|_| {}).is_empty());
    let all = recorded.reversed(|tree| tree["tables"][0]["columns"][1]["content"] = zero());
    assert_eq!(all, ["data: column `hours` has other values"]);
    let all = recorded.reversed(|tree| tree["report"]["record"]["inputs"][0]["bytes"] = json!(1));
    assert_eq!(all, ["inputs[0].bytes"]);
    let all = recorded.reversed(|tree| {
        tree["report"]["record"]["inputs"][0]["rows"] = json!(400_000);
    });
    assert_eq!(all, ["inputs[0].rows"]);
}
