//! `--suppress K`: what it can go with, and which groups of a report are hidden.
//!
//! Groups are hidden when they are filled, all else right before the report is judged; so findings,
//! and everything that is written, are worked out from what is published.

use std::collections::BTreeSet;

use crate::cli::Audit;
use crate::data::guess::Understood;
use crate::error::{Error, Result};
use crate::policy::Adjust;
use crate::privacy::{self, Concealed, Place};
use crate::profile::CHECKS;
use crate::report::model::Report;
use crate::report::seal;
use crate::tally::{Table, Tally};

/// Refuses what would publish what is hidden, or could not be made without it.
pub fn check(job: &Audit, understood: &Understood) -> Result<()> {
    let Some(k) = job.statistics.suppress else {
        return Ok(());
    };
    let refuse = |problem, remedy: &str| {
        Err(Error::Flag {
            flag: "--suppress",
            value: k.to_string(),
            problem,
            remedy: remedy.to_owned(),
        })
    };
    if understood.plan.decisions.len() > 1 {
        let problem = "counts of two decisions of the same rows give each other away";
        return refuse(
            problem,
            "audit each `-p` in a run of its own, and publish one",
        );
    }
    if job.gate.sequential.is_some() {
        let problem = "a state of `--sequential` keeps the counts of every group";
        return refuse(
            problem,
            "keep the nights without it, and publish a run of its own",
        );
    }
    if understood.candidates.is_some() {
        let problem = "`--control auto` compares within the strata of every column";
        return refuse(problem, "name the column: `--control COL`");
    }
    if job.gate.adjust == Some(Adjust::Maxt) {
        let problem = "`--adjust maxt` redraws the rows of groups that are hidden too";
        return refuse(problem, "take `--adjust holm`");
    }
    Ok(())
}

/// Refuses what a profile would write of single rows.
pub fn beside(job: &Audit) -> Result<()> {
    if job.statistics.suppress.is_none() {
        return Ok(());
    }
    let (value, problem) = if job.beside.weights_out.is_some() {
        (
            "--weights-out",
            "a file of weights has a line for every row",
        )
    } else if job.beside.examples.is_some() {
        ("--examples", "examples are rows of the table")
    } else {
        return Ok(());
    };
    Err(Error::Flag {
        flag: "--suppress",
        value: value.to_owned(),
        problem,
        remedy: "keep it for a run of its own, and do not publish that".to_owned(),
    })
}

/// Refuses a saved report that shows what is not to be published now: its cells are not at hand, so
/// that nothing could be hidden in it.
pub fn saved(report: &Report, name: &str, k: Option<u64>) -> Result<()> {
    let Some(k) = k else {
        return Ok(());
    };
    let setting = report.record.settings.get("suppress");
    let then = setting.and_then(|setting| setting.value.parse::<u64>().ok());
    if then.is_some_and(|then| then >= k) {
        return Ok(());
    }
    Err(Error::Flag {
        flag: "--suppress",
        value: k.to_string(),
        problem: "the saved report shows counts that it does not publish",
        remedy: format!("audit the data of {name} with `--suppress {k}`"),
    })
}

/// What is said where groups are too many to be attacked.
const COARSE: &str = "so many groups cannot be attacked one by one: with `--suppress` the whole and one \
                      column are published at most; take fewer columns, or `--intersect`";

/// Hides the groups that must be, where any must, and says so.
pub fn groups(job: &Audit, tallies: &[Tally], report: &mut Report) {
    let (Some(k), Some(tally)) = (job.statistics.suppress, tallies.first()) else {
        return;
    };
    let places = report.groups.iter().map(|group| Place {
        group: &group.group,
        stratum: group.stratum.as_ref(),
    });
    let places: Vec<Place> = places.collect();
    let concealed = privacy::of_tally(tally, &places, k);
    if matches!(concealed, Concealed::Coarse(_)) {
        report.notes.push(COARSE.to_owned());
    }
    seal::groups(report, concealed.hidden());
}

/// Hides all else, and says what the rest is.
pub fn rest(report: &mut Report, k: u64) {
    seal::rest(report, k);
    let promise = promise(k);
    report
        .notes
        .push(format!("{promise}; rules are judged on what is published"));
}

/// The attributes that a profile cannot publish: those of which any group is hidden. What is said of
/// the others follows from their groups' rows by label, which were attacked together.
pub fn attributes(job: &Audit, tally: &Tally, tables: &[Table]) -> Option<BTreeSet<String>> {
    let k = job.statistics.suppress?;
    let whole = tables.iter().filter(|table| table.stratum.is_none());
    let (mut names, mut groups) = (Vec::new(), Vec::new());
    for table in whole {
        for row in &table.rows {
            names.push(&table.name);
            groups.push(tally.values(&row.group));
        }
    }
    let places: Vec<Place> = groups
        .iter()
        .map(|group| Place {
            group,
            stratum: None,
        })
        .collect();
    let concealed = privacy::of_tally(tally, &places, k);
    let hidden = names.into_iter().zip(concealed.hidden());
    let hidden = hidden.filter(|(_, hidden)| **hidden);
    Some(hidden.map(|(name, _)| name.clone()).collect())
}

/// Hides all of a profile that its checks did not, and says what is left out.
pub fn profile(report: &mut Report, k: u64) {
    seal::rest(report, k);
    let left: Vec<&str> = CHECKS
        .iter()
        .filter(|check| !check.publishes)
        .map(|check| check.name)
        .collect();
    let (promise, left) = (promise(k), left.join(", "));
    report.notes.push(format!(
        "{promise}; attributes with a hidden group are left out, and so is what looks at other \
         columns: {left}"
    ));
}

/// What is promised, and what is not.
fn promise(k: u64) -> String {
    format!(
        "no count under {k} is shown, nor what would reveal one, of this report alone: it is not \
         anonymous, and another report of the same rows may differ by what is hidden"
    )
}
