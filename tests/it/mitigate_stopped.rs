//! Ctrl-C during `fair-audit mitigate`: the folds that are done are reported, and it is said; before
//! one is done there is nothing; twice is the end at once.
#![cfg(unix)]

use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::mitigate::{Folder, lines, rows};

/// How often a moment is looked for at which a fit goes on for a while.
const TRIES: u32 = 6;

fn interrupt(child: &Child) {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

fn begun(words: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fair-audit"));
    command.arg("mitigate").args(words).arg("--no-config");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Interrupted after a while; how long the rest took.
fn after(wait: Duration, words: &[&str], times: usize) -> (Output, Duration) {
    let child = begun(words);
    std::thread::sleep(wait);
    let start = Instant::now();
    for _ in 0..times {
        interrupt(&child);
        std::thread::sleep(Duration::from_millis(300));
    }
    (child.wait_with_output().unwrap(), start.elapsed())
}

/// 2,000 rows, of which the texts make one fit take its time.
fn table(folder: &Folder, words: u32) -> String {
    let mut text = "sex,a,k,t,y\n".to_owned();
    for row in 0..2_000_u32 {
        let said = (0..12).map(|at| format!("w{}", (row * 7 + at * at * 31 + row / 3) % words));
        let said = said.collect::<Vec<String>>().join(" ");
        let label = u32::from(row * 37 % 101 + row % 2 * 20 > 60);
        writeln!(
            text,
            "{},{},1,{said},{label}",
            ["f", "m"][row as usize % 2],
            row * 37 % 89
        )
        .unwrap();
    }
    folder.write("t.csv", &text)
}

#[test]
fn folds_that_are_done_are_reported_with_the_status_of_ctrl_c() {
    let folder = Folder::new();
    let path = table(&folder, 40);
    let (out, model) = (folder.at("p.csv"), folder.at("m.json"));
    let (before, record) = (folder.at("b.json"), folder.at("r.json"));
    let first = [
        "mitigate",
        &path,
        "-s",
        "sex",
        "-y",
        "y=1",
        "--features",
        "a",
        "--method",
        "plain",
        "--folds",
        "2",
        "--model-out",
        &before,
        "--no-config",
    ];
    assert_eq!(crate::cli::run(&first).status.code(), Some(0));
    let words = [
        &*path,
        "-s",
        "sex",
        "-y",
        "y=1",
        "--refit",
        &before,
        "--record",
        &record,
        "--method",
        "reweighing,equal_weights,threshold_parity,threshold_opportunity,constrained_just_loss",
        "--features",
        "t,k",
        "--folds",
        "50",
        "--text",
        "t",
        "--ignore",
        "a",
        "-f",
        "json",
        "--predictions-out",
        &out,
        "--model-out",
        &model,
    ];
    // How long reading and one fold take nobody knows.
    let mut wait = Duration::from_millis(500);
    let output = loop {
        let (output, _) = after(wait, &words, 1);
        match output.status.code() {
            Some(130) if !output.stdout.is_empty() => break output,
            Some(0) => panic!("it was done before it was stopped"),
            Some(2) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
            _ => wait *= 2,
        }
    };
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verdict"]["exit_code"], 130);
    let notes = report["notes"].to_string();
    assert!(notes.contains("stopped by the user: "), "{notes}");
    for part in [
        "nothing is written for --model-out and --record; what changed since",
        // What the fits of the folds said.
        "the same in every row: `k`",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    assert!(!std::path::Path::new(&model).exists() && !std::path::Path::new(&record).exists());
    let remedies = rows(&report, "mitigation", "remedies").iter();
    let mut left = remedies.filter(|row| row["scenario"] == "constrained_just_loss");
    let did = left.next().unwrap()["did"].as_str().unwrap();
    assert!(did.contains("held out they differ by"), "{did}");
    let groups = report["groups"].as_array().unwrap().iter();
    let mut rows: Vec<u64> = groups
        .filter(|row| row["attribute"] == "overall")
        .map(|row| row["rows"].as_u64().unwrap())
        .collect();
    assert!(rows.len() >= 5);
    rows.dedup();
    // 2,000 rows in 50 folds: every scenario has the same whole folds.
    assert!(
        rows.len() == 1 && rows[0].is_multiple_of(40) && rows[0] > 0 && rows[0] < 2_000,
        "{rows:?}"
    );
    let scored = lines(&out)
        .into_iter()
        .filter(|line| &line[1] == "plain" && !line[2].is_empty());
    assert_eq!(scored.count() as u64, rows[0]);
}

#[test]
fn before_a_fold_is_done_there_is_nothing_and_twice_is_the_end() {
    let folder = Folder::new();
    let path = table(&folder, 300);
    let out = folder.at("p.csv");
    let words = [
        &*path,
        "-s",
        "sex",
        "-y",
        "y=1",
        "--folds",
        "2",
        "--text",
        "t",
        "--ignore",
        "a",
        "--predictions-out",
        &out,
    ];
    let is_told = |output: &Output| String::from_utf8_lossy(&output.stderr).contains("stopping");
    let (mut wait, mut tries) = (Duration::from_millis(500), 0);
    let output = loop {
        let (output, _) = after(wait, &words, 1);
        // Before it fits it ends by the signal itself.
        match (output.status.code(), output.status.signal()) {
            // A fit that was about to end is not told of: the next one is.
            (Some(130), _) if !is_told(&output) && tries < TRIES => tries += 1,
            (Some(130), _) => break output,
            (None, Some(2)) => {}
            other => panic!("{other:?}"),
        }
        wait = wait * 5 / 4;
    };
    assert!(output.stdout.is_empty());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("error: stopped by the user before one fold was done"),
        "{error}"
    );
    // Its fits take long enough to be told of.
    assert!(
        error.contains("stopping after this fit; Ctrl-C once more ends it at once"),
        "{error}"
    );
    assert!(!std::path::Path::new(&out).exists());
    // Where the fit ends before the second, there was one only.
    let (output, took) = loop {
        let (output, took) = after(wait, &words, 2);
        if output.status.signal().is_some() || tries == TRIES {
            break (output, took);
        }
        (tries, wait) = (tries + 1, wait * 9 / 8);
    };
    assert_eq!(
        (output.status.signal(), output.stdout.len()),
        (Some(2), 0),
        "{took:?}"
    );
}
