//! `--suppress K`: what it can go with, and which groups of a report are hidden.
//!
//! Groups are hidden when they are filled, all else right before the report is judged; so findings,
//! and everything that is written, are worked out from what is published.

use crate::cli::Audit;
use crate::data::guess::Understood;
use crate::error::{Error, Result};
use crate::policy::Adjust;
use crate::privacy::{self, Concealed, Place};
use crate::report::model::Report;
use crate::report::seal;
use crate::tally::Tally;

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

/// Hides the groups that must be, and says so.
pub fn groups(tally: &Tally, report: &mut Report, k: u64) {
    let places = report.groups.iter().map(|group| Place {
        group: &group.group,
        stratum: group.stratum.as_ref(),
    });
    let places: Vec<Place> = places.collect();
    let concealed = privacy::of_tally(tally, &places, k);
    if matches!(concealed, Concealed::Coarse(_)) {
        let note = "so many groups cannot be attacked one by one: with `--suppress` the whole and one \
                    column are published at most; take fewer columns, or `--intersect 1`";
        report.notes.push(note.to_owned());
    }
    seal::groups(report, concealed.hidden());
}

/// Hides all else, and says what the rest is.
pub fn rest(report: &mut Report, k: u64) {
    let coarse = std::mem::take(&mut report.notes);
    let (own, others): (Vec<String>, Vec<String>) = coarse
        .into_iter()
        .partition(|note| note.contains("`--suppress`"));
    report.notes = others;
    seal::rest(report, k);
    report.notes.extend(own);
    report.notes.push(format!(
        "no count under {k} is shown, nor what would reveal one, of this report alone: it is not \
         anonymous, and another report of the same rows may differ by what is hidden; rules are judged \
         on what is published"
    ));
}
