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
