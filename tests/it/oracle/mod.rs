//! Our numbers, out of the binary, against those of others.
//!
//! `fixtures/oracle/` is always there. `../shared/data` holds many more tables and 55,000 numbers
//! by seven tools; where that folder is missing the test says so and passes. Each number agrees, or
//! differs for a reason that [`reasons`] names, or is left out for one; anything else fails.

mod aif360;
mod fairlearn;
mod fixtures;
mod golden;
mod others;
mod profiles;
mod reasons;
mod runs;
mod view;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use golden::{Entry, Set};
use runs::Audits;
use view::{At, Found, View, Why};

/// Tables that are no audit of decisions: a regression.
const NO_DECISIONS: &[&str] = &["communities_crime"];

fn shared() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    folder.is_dir().then_some(folder)
}

/// What became of the recorded numbers.
#[derive(Default)]
struct Outcome {
    agreed: BTreeMap<String, usize>,
    differed: BTreeMap<&'static str, usize>,
    left_out: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

fn ours(entry: &Entry, view: &View, at: &At) -> Found {
    let metric = entry.metric();
    match entry.tool() {
        "aif360" => aif360::ours(entry, view, at),
        "aequitas" => others::aequitas(entry, view, at),
        "stats" => others::statistics(entry, view, at),
        "holisticai" => others::holisticai(entry, view, at),
        "smclarify" => others::clarify(entry, view, at),
        "published" if metric.starts_with("clarify.") => others::clarify(entry, view, at),
        "published" if ["tp", "fp", "fn", "tn"].contains(&metric) => {
            others::aequitas(entry, view, at)
        }
        "published" if ["selected", "impact_ratio"].contains(&metric) => {
            others::statistics(entry, view, at)
        }
        _ => fairlearn::ours(entry, view, at),
    }
}

impl Outcome {
    fn compare(&mut self, set: &Set, audits: &mut Audits) {
        for entry in &set.entries {
            if let Some(why) = reasons::left_out(entry) {
                *self.left_out.entry(why).or_default() += 1;
                continue;
            }
            let (view, at) = audits.about(entry, !aif360::ignores_weights(entry));
            match ours(entry, view, &at) {
                Err(Why::Reason(why)) => *self.left_out.entry(why).or_default() += 1,
                Err(Why::Absent(what)) => self.fail(set, entry, &what),
                Ok(ours) if entry.agrees(&ours) => {
                    *self.agreed.entry(entry.tool().to_owned()).or_default() += 1;
                }
                Ok(ours) => match reasons::reason(entry, &ours) {
                    Some(why) => *self.differed.entry(why).or_default() += 1,
                    None => self.fail(set, entry, &format!("{ours:?}, not {:?}", entry.values())),
                },
            }
        }
    }

    fn fail(&mut self, set: &Set, entry: &Entry, what: &str) {
        self.wrong
            .push(format!("{}: {what}: {}", set.name, entry.0));
    }

    fn print(&self) {
        println!("agreed: {:?}", self.agreed);
        for (title, list) in [("differed", &self.differed), ("left out", &self.left_out)] {
            for (why, count) in list {
                println!("{title}: {count}: {why}");
            }
        }
    }
}

/// The recorded tables that are audits of decisions.
fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder.join("goldens")).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| !NO_DECISIONS.contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

/// So many recorded numbers are ours too.
const AGREED: usize = 42_087;

#[test]
fn what_others_recorded_we_say_too() {
    let Some(folder) = shared() else {
        println!("skipped: there is no ../shared/data");
        return;
    };
    let mut outcome = Outcome::default();
    for name in names(&folder) {
        let set = Set::load(&folder, &name);
        let mut audits = Audits::new(&set, &folder);
        outcome.compare(&set, &mut audits);
    }
    outcome.print();
    let shown = outcome
        .wrong
        .iter()
        .take(40)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        outcome.wrong.is_empty(),
        "{} differ\n{shown}",
        outcome.wrong.len()
    );
    let agreed: usize = outcome.agreed.values().sum();
    assert!(agreed >= AGREED, "only {agreed} numbers agree");
    for reason in reasons::REASONS {
        let differed = outcome
            .differed
            .get(reason.why)
            .copied()
            .unwrap_or_default();
        let most = reason.most;
        assert!(
            differed <= most,
            "{differed} differ, not {most}: {}",
            reason.why
        );
    }
    let unused = reasons::REASONS
        .iter()
        .find(|r| !outcome.differed.contains_key(r.why));
    assert!(
        unused.is_none(),
        "no number differs for this reason any more: {:?}",
        unused.map(|r| r.why)
    );
}
