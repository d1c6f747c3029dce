//! `--dp EPSILON`: one pass for the counts, noise on every one of them, and a report that has seen
//! nothing else.

use super::{pass, progress};
use crate::cli::Audit;
use crate::data::guess::Understood;
use crate::data::{Ranks, Setting, SettingSource};
use crate::error::{Error, Result};
use crate::privacy::noise::{Epsilon, Noise};
use crate::privacy::noisy::{MOST, Noisy};
use crate::profile;
use crate::read::Source;
use crate::report::model::Report;
use crate::report::seal;

fn refuse(epsilon: Epsilon, problem: &'static str, remedy: impl Into<String>) -> Error {
    Error::Flag {
        flag: "--dp",
        value: epsilon.to_string(),
        problem,
        remedy: remedy.into(),
    }
}

/// Refuses what would publish more than noisy counts.
pub fn check(job: &Audit) -> Result<()> {
    let Some(epsilon) = job.beside.dp else {
        return Ok(());
    };
    let beside = &job.beside;
    let more = [
        (job.statistics.suppress.is_some(), "--suppress"),
        (beside.population.is_some(), "--population"),
        (beside.weights_out.is_some(), "--weights-out"),
        (job.gate.against.is_some(), "--against"),
        (!beside.by.is_empty(), "--by"),
        (beside.test.is_some(), "--test"),
        (beside.examples.is_some(), "--examples"),
        (job.digest, "--digest"),
    ];
    match more.iter().find(|(is_given, _)| *is_given) {
        Some((_, flag)) => Err(refuse(
            epsilon,
            "it publishes noisy counts of groups, and nothing else",
            format!("leave out `{flag}`, or keep it for a run of its own that is not published"),
        )),
        None => Ok(()),
    }
}

/// Fills the report with noisy counts, and takes everything else out of it.
pub fn fill(
    job: &Audit,
    epsilon: Epsilon,
    source: &dyn Source,
    understood: &mut Understood,
    report: &mut Report,
) -> Result<()> {
    let plan = &mut understood.plan;
    if plan.weight.is_some() {
        let problem = "one row of a large weight would need more noise than all others";
        return Err(refuse(
            epsilon,
            problem,
            "leave out `--weight`: rows are counted",
        ));
    }
    (plan.ranks, plan.score) = (Ranks::Nothing, None);
    plan.decisions.clear();
    let scanned = progress::shown(source, job.output.progress, || {
        pass::cells(source, plan, &understood.numeric)
    });
    let (_, (tallies, _)) = scanned?;
    if let Some(split) = plan.splits.iter().find(|split| {
        let bands = split.bands.as_ref();
        bands.is_some_and(|bands| bands.how == "quartiles")
    }) {
        let remedy = format!(
            "choose cuts without looking at the data: `--bins {}=…`",
            split.name
        );
        let problem = "numbers would be banded by their quartiles, which the rows give away";
        return Err(refuse(epsilon, problem, remedy));
    }
    let mut noise = Noise::secret(epsilon).map_err(|source| Error::Read {
        path: "the system's random numbers".into(),
        source,
    })?;
    if let Some(tally) = tallies.first() {
        let noisy = Noisy::new(tally, plan, &mut noise).map_err(|size| {
            let remedy = format!("take fewer columns, or fewer values of them: at most {MOST}");
            let problem = "the combinations of all values are too many";
            refuse(
                epsilon,
                problem,
                format!("{remedy} combinations, not {size}"),
            )
        })?;
        report.profile = profile::noisy::profile(&noisy, tally, plan, job.statistics.confidence);
    }
    seal::rest(report, u64::MAX);
    let asked = Setting {
        value: epsilon.to_string(),
        source: SettingSource::Flag,
        why: None,
    };
    report.record.settings.insert("dp".to_owned(), asked);
    // Even a note without a number may say what the rows are like.
    report.notes.clear();
    Ok(())
}
