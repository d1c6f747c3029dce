//! `--record` and `verify`: an honest record is accepted, and every kind of tampering named.

use std::fmt::Write as _;
use std::fs;

use fair_audit::record::seal;
use serde_json::{Value, json};

use crate::cli::run;
use crate::mitigate::Folder;

/// A small table, the same every time: the label hangs on `hours` and, for one sex, on chance.
fn table() -> String {
    let mut text = "id,sex,hours,skill,hired\n".to_owned();
    let mut state = 1_u32;
    for row in 0..240 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (hours, skill) = (state >> 16 & 31, state >> 22 & 15);
        let sex = if row % 3 == 0 { "f" } else { "m" };
        let hired = u32::from(hours + skill + if sex == "m" { 6 } else { 0 } > 26);
        writeln!(text, "r{row},{sex},{hours},{skill},{hired}").unwrap();
    }
    text
}

const POLICY: &str = "[gate]\npolicy = \"four-fifths\"\n\n[statistics]\nmin_group = 10\n";

/// A folder with the table, a policy, and a record of a command about them.
pub struct Recorded {
    folder: Folder,
    data: String,
    record: String,
    /// What the record says.
    pub tree: Value,
}

impl Recorded {
    fn new(command: &str, more: &[&str]) -> Self {
        let folder = Folder::new();
        let data = folder.write("data.csv", &table());
        let record = folder.at("run.json");
        let words = [command, "--ignore", "id", "-s", "sex", "--record", &record];
        let words = [&words[..], more, &[&data]];
        let output = run(&words.concat());
        let code = output.status.code().unwrap();
        assert_ne!(code, 2, "{}", String::from_utf8_lossy(&output.stderr));
        let tree = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
        Self {
            folder,
            data,
            record,
            tree,
        }
    }

    pub fn audit() -> Self {
        Self::new("audit", &["-p", "hired", "--no-config"])
    }

    pub fn mitigate() -> Self {
        let more = [
            "-y",
            "hired",
            "--method",
            METHOD,
            "--seed",
            "3",
            "--min-group",
            "100",
            "--no-config",
        ];
        Self::new("mitigate", &more)
    }

    /// The command of the record, without the record.
    pub fn words(&self) -> Vec<&str> {
        let words = self.tree["command"].as_array().unwrap().iter().skip(1);
        words.map(|word| word.as_str().unwrap()).collect()
    }

    /// Verifies the record; exit status and document.
    fn verify(record: &str, more: &[&str]) -> (i32, Value) {
        let output = run(&[&["verify", record], more, &["-f", "json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let document = serde_json::from_slice(&output.stdout);
        (
            output.status.code().unwrap(),
            document.unwrap_or(json!(said)),
        )
    }

    /// Verifies what the record becomes by an edit; sealed again, as a clever forger would.
    pub fn forged(&self, edit: impl Fn(&mut Value)) -> Vec<Said> {
        let mut tree = self.tree.clone();
        edit(&mut tree);
        assert_ne!(tree, self.tree, "nothing was tampered with");
        let seal = seal::of(&tree);
        tree["seal"] = json!(seal);
        let path = self.folder.write("forged.json", &tree.to_string());
        let (code, document) = Self::verify(&path, &[]);
        assert_eq!(code, 1, "{document}");
        let said = said(&document);
        assert!(said.iter().all(|said| said.kind != "seal"), "{said:?}");
        said
    }

    /// What is said of an edited record, sealed again, held against a copy of the table.
    pub fn copied(&self, edit: impl Fn(&mut Value)) -> Vec<String> {
        self.elsewhere(&table(), edit)
    }

    /// The same, held against the rows of the table in another order.
    pub fn reversed(&self, edit: impl Fn(&mut Value)) -> Vec<String> {
        let text = table();
        let mut lines: Vec<&str> = text.lines().collect();
        lines[1..].reverse();
        self.elsewhere(&(lines.join("\n") + "\n"), edit)
    }

    fn elsewhere(&self, text: &str, edit: impl Fn(&mut Value)) -> Vec<String> {
        let mut tree = self.tree.clone();
        edit(&mut tree);
        let seal = seal::of(&tree);
        tree["seal"] = json!(seal);
        let path = self.folder.write("forged.json", &tree.to_string());
        let data = self.folder.write("elsewhere.csv", text);
        let (code, document) = Self::verify(&path, &[&data]);
        let all: Vec<String> = said(&document).into_iter().map(|one| one.what).collect();
        assert_eq!(code, i32::from(!all.is_empty()), "{document}");
        all
    }

    /// Verifies the record against another table.
    fn against(&self, text: &str) -> (i32, Value) {
        assert_ne!(text, table());
        let path = self.folder.write("other.csv", text);
        Self::verify(&self.record, &[&path])
    }
}

/// A remedy whose decisions differ by group.
pub const METHOD: &str = "threshold_parity";

/// A difference.
#[derive(Debug)]
pub struct Said {
    pub kind: String,
    pub what: String,
    pub recorded: Value,
    pub computed: Value,
}

fn said(document: &Value) -> Vec<Said> {
    let all = document["differences"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|one| Said {
        kind: text(&one["kind"]),
        what: text(&one["what"]),
        recorded: one["recorded"].clone(),
        computed: one["computed"].clone(),
    })
    .collect()
}

pub fn kinds(all: &[Said]) -> Vec<&str> {
    let mut kinds: Vec<&str> = all.iter().map(|said| said.kind.as_str()).collect();
    kinds.dedup();
    kinds
}

#[test]
fn an_honest_record_is_verified_for_every_command() {
    let folder = Folder::new();
    let other = folder.write("later.csv", &table().replace("r7,m", "r7,f"));
    for recorded in [
        Recorded::audit(),
        Recorded::mitigate(),
        Recorded::new("profile", &["-y", "hired", "--no-config"]),
        Recorded::new(
            "compare",
            &["-p", "hired", "--id", "id", "--no-config", &other],
        ),
        Recorded::new("explain", &["-y", "hired", "--only", "gap", "--no-config"]),
        Recorded::new(
            "counterfactual",
            &["-y", "hired", "--with-sensitive", "--no-config"],
        ),
    ] {
        let (code, document) = Recorded::verify(&recorded.record, &[]);
        assert_eq!(code, 0, "{document}");
        assert_eq!(document["status"], "verified");
        assert_eq!(document["notes"], json!([]));
    }
}

#[test]
fn a_policy_file_that_the_run_had_not_is_not_looked_for() {
    let recorded = Recorded::new("audit", &["-p", "hired"]);
    recorded.folder.write("fair-audit.toml", POLICY);
    let folder = std::path::Path::new(&recorded.record).parent().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fair-audit"));
    command.args(["verify", &recorded.record]);
    let output = command.current_dir(folder).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn the_record_of_the_built_in_table_needs_no_file() {
    let folder = Folder::new();
    let record = folder.at("run.json");
    let output = run(&["demo", "-q", "--record", &record]);
    assert_ne!(output.status.code(), Some(2), "{output:?}");
    let tree: Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    assert_eq!((&tree["files"], &tree["tables"]), (&json!([]), &json!([])));
    let (code, document) = Recorded::verify(&record, &[]);
    assert_eq!(code, 0, "{document}");
}

#[cfg(unix)]
#[test]
fn a_program_is_not_run_because_a_record_says_so() {
    let folder = Folder::new();
    let ran = folder.at("ran");
    // Scores by the length of a row, and a trace of having been run.
    let model =
        format!("touch {ran}; awk 'NR > 1 {{ print (length($0) % 2) / 2 + 0.25; fflush() }}'");
    let more = ["--flip", "sex", "--model", &model, "--no-config"];
    let recorded = Recorded::new("counterfactual", &more);
    fs::remove_file(&ran).unwrap();
    let output = run(&["verify", &recorded.record]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("its model is a program") && said.contains("--allow-program"),
        "{said}"
    );
    assert!(output.stdout.is_empty() && !fs::exists(&ran).unwrap());
    // Nor where another word or the environment of the record names it.
    let mut tree = recorded.tree.clone();
    let words = tree["command"].as_array_mut().unwrap();
    let at = words.iter().position(|word| word == "--model").unwrap();
    words.drain(at..at + 2);
    tree["environment"] = json!({"FAIR_AUDIT_MODEL": model});
    let path = recorded.folder.write("moved.json", &tree.to_string());
    let output = run(&["verify", &path]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!fs::exists(&ran).unwrap());

    let (code, document) = Recorded::verify(&recorded.record, &["--allow-program"]);
    assert_eq!(code, 0, "{document}");
    assert!(fs::exists(&ran).unwrap());
}

#[test]
fn a_record_of_an_explanation_watches_the_model_that_was_asked() {
    let fitted = Recorded::mitigate();
    let folder = Folder::new();
    let (model, record) = (folder.at("model.json"), folder.at("run.json"));
    let words = fitted.words();
    let output = run(&[&words[..], &["--model-out", &model, "-q"]].concat());
    assert!(output.status.success(), "{output:?}");
    let words = [
        "explain",
        &fitted.data,
        "-s",
        "sex",
        "-y",
        "hired",
        "--no-config",
        "--model",
        &model,
        "--only",
        "contributions",
        "--record",
        &record,
        "-q",
    ];
    let output = run(&words);
    assert!(output.status.success(), "{output:?}");
    let (code, document) = Recorded::verify(&record, &[]);
    assert_eq!(code, 0, "{document}");
    let mut tree: Value = serde_json::from_slice(&fs::read(&model).unwrap()).unwrap();
    let inner = &mut tree["models"][0]["model"];
    let inner = if inner["kind"] == "columns" {
        &mut inner["inner"]
    } else {
        inner
    };
    inner["coefficients"][0] = json!(0.25);
    folder.write("model.json", &tree.to_string());
    let (code, document) = Recorded::verify(&record, &[]);
    let all = said(&document);
    assert_eq!((code, all[0].kind.as_str()), (1, "file"), "{all:?}");
    assert!(all[0].what.starts_with("the model file"), "{all:?}");
    assert!(kinds(&all).contains(&"number"), "{all:?}");
}

#[test]
fn a_record_is_the_same_bytes_on_any_number_of_threads_and_beside_any_output() {
    let recorded = Recorded::audit();
    let once = fs::read(&recorded.record).unwrap();
    for more in [&["-j", "1", "-q"][..], &["-j", "3", "-f", "csv"]] {
        let record = [
            "audit",
            "--ignore",
            "id",
            "-s",
            "sex",
            "--record",
            &recorded.record,
        ];
        let rest = ["-p", "hired", "--no-config", &recorded.data];
        let words = [&record[..], more, &rest];
        run(&words.concat());
        assert!(fs::read(&recorded.record).unwrap() == once, "{more:?}");
    }
}

#[test]
fn a_cell_a_row_and_a_column_that_were_tampered_with_are_named() {
    let recorded = Recorded::audit();
    let text = table();
    let (code, document) = recorded.against(&text.replacen(",m,", ",f,", 1));
    let all = said(&document);
    assert_eq!(code, 1);
    assert_eq!(all[0].what, "data: values were changed");
    assert_eq!(all[1].what, "data: column `sex` has other values");
    assert_eq!(
        (all[1].kind.as_str(), all[2].kind != "content"),
        ("content", true)
    );
    assert!(kinds(&all).contains(&"number"), "{all:?}");

    let fewer: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("r5,"))
        .collect();
    let (_, document) = recorded.against(&(fewer.join("\n") + "\n"));
    let all = said(&document);
    assert_eq!(all[0].what, "data: rows were removed");
    assert_eq!(
        (&all[0].recorded, &all[0].computed),
        (&json!(240), &json!(239))
    );

    let (_, document) = recorded.against(&(text.clone() + "r240,f,1,1,0\n"));
    let all = said(&document);
    assert_eq!(all[0].what, "data: rows were added");
    assert_eq!(
        (&all[0].recorded, &all[0].computed),
        (&json!(240), &json!(241))
    );

    let (code, document) = recorded.against(&text.replacen("sex", "gender", 1));
    let all = said(&document);
    assert_eq!(code, 1);
    let renamed = "data: no column `sex`: a column of the same values has another name";
    assert_eq!(all[1].what, renamed);
    assert_eq!(
        (&all[1].recorded, &all[1].computed),
        (&json!("sex"), &json!("gender"))
    );
    let run = all.iter().find(|said| said.kind == "run").unwrap();
    assert!(run.what.contains("no column `sex`"), "{run:?}");
}

#[test]
fn the_same_rows_in_another_order_are_told_apart_from_changed_rows() {
    let recorded = Recorded::audit();
    let text = table();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let (code, document) = recorded.against(&(lines.join("\n") + "\n"));
    assert_eq!(code, 0, "{document}");
    let note = document["notes"][0].as_str().unwrap();
    assert!(note.contains("the same rows in another file"), "{note}");

    // Columns in another order as well.
    let turned = lines.iter().map(|line| {
        let fields: Vec<&str> = line.split(',').rev().collect();
        fields.join(",") + "\n"
    });
    let (code, document) = recorded.against(&turned.collect::<String>());
    assert_eq!(code, 0, "{document}");

    // Folds are dealt by the order of rows: what is fitted is another.
    let recorded = Recorded::mitigate();
    let (code, document) = recorded.against(&(lines.join("\n") + "\n"));
    assert_eq!(code, 1);
    assert_eq!(said(&document)[0].kind, "fold");
    assert_eq!(document["notes"].as_array().unwrap().len(), 1);
}

#[test]
fn the_seal_names_careless_change_and_the_policy_is_a_file_that_is_watched() {
    let recorded = Recorded::audit();
    let careless = fs::read_to_string(&recorded.record)
        .unwrap()
        .replacen("240", "241", 1);
    let path = recorded.folder.write("careless.json", &careless);
    let (code, document) = Recorded::verify(&path, &[]);
    assert_eq!((code, said(&document)[0].kind.as_str()), (1, "seal"));
    // White space is nothing.
    let compact = recorded
        .folder
        .write("compact.json", &recorded.tree.to_string());
    assert_eq!(Recorded::verify(&compact, &[]).0, 0);

    let folder = Folder::new();
    let policy = folder.write("policy.toml", POLICY);
    let recorded = Recorded::new("audit", &["-p", "hired", "-c", &policy]);
    assert_eq!(Recorded::verify(&recorded.record, &[]).0, 0);
    folder.write("policy.toml", &POLICY.replace("10", "200"));
    let (code, document) = Recorded::verify(&recorded.record, &[]);
    let all = said(&document);
    assert_eq!((code, all[0].kind.as_str()), (1, "file"));
    assert!(all[0].what.starts_with("the policy file"), "{all:?}");
    assert!(kinds(&all).contains(&"setting"));
}

#[test]
fn what_is_no_record_or_cannot_be_recorded_is_said_and_nothing_is_written() {
    let folder = Folder::new();
    let data = folder.write("data.csv", &table());
    let refused = |words: &[&str], part: &str| {
        let output = run(words);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty() && said.contains(part), "{said}");
    };
    refused(&["verify", &data], "is no fair-audit record");
    let other = folder.write("other.json", "{\"schema\": \"fair-audit/record/2\"}");
    refused(&["verify", &other], "schema `fair-audit/record/2`");
    refused(&["verify", &folder.at("none.json")], "cannot read");
    let record = folder.at("run.json");
    let base = [
        data.as_str(),
        "-s",
        "sex",
        "-p",
        "hired",
        "--record",
        &record,
    ];
    refused(
        &[&base[..], &["--suppress", "10"]].concat(),
        "`--suppress 10`",
    );
    let state = folder.at("state.json");
    refused(
        &[&base[..], &["--sequential", &state]].concat(),
        "`--sequential",
    );
    refused(
        &["-", "-s", "sex", "-p", "hired", "--record", &record],
        "through a pipe",
    );
    refused(
        &[&base[..5], &["--record", "-"]].concat(),
        "standard output is the report's",
    );
    refused(
        &[&base[..5], &["--record", &data]].concat(),
        "it is the input",
    );
    assert!(!fs::exists(&record).unwrap() && !fs::exists(state).unwrap());
}

#[test]
fn running_a_record_again_writes_nothing_and_runs_nothing_else() {
    let recorded = Recorded::audit();
    let stray = recorded.folder.at("stray.json");
    let mut tree = recorded.tree.clone();
    let words = tree["command"].as_array_mut().unwrap();
    words.extend(["-f", &format!("json={stray}")].map(|word| json!(word)));
    tree["environment"]["FAIR_AUDIT_OUTPUT"] = json!(stray);
    let path = recorded.folder.write("forged.json", &tree.to_string());
    let (code, document) = Recorded::verify(&path, &[]);
    assert_eq!((code, said(&document)[0].kind.as_str()), (1, "seal"));
    assert!(!fs::exists(&stray).unwrap());
    tree["command"] = json!(["fair-audit", "man"]);
    let path = recorded.folder.write("forged.json", &tree.to_string());
    let (code, said) = Recorded::verify(&path, &[]);
    assert_eq!(code, 2);
    assert!(said.as_str().unwrap().contains("can be recorded"), "{said}");
}
