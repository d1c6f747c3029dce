//! Options of `explain` that would do nothing, given what is asked for.
//!
//! In: a job, and which model is asked. Out: an error that names the option and what to do.

use super::asked::{self, Model, flag};
use crate::cli::{Explain, Explaining};
use crate::error::Result;
use crate::justice::{METHODS, Method, Needs};

/// The methods that are asked.
pub(super) fn methods(asked: &Explaining) -> Vec<&'static Method> {
    let is_asked = |method: &&Method| {
        asked.only.is_empty() || asked.only.iter().any(|name| name == method.name)
    };
    METHODS.iter().filter(is_asked).collect()
}

/// Whether more is asked than the decisions that there are.
pub(super) fn needs_answers(asked: &Explaining) -> bool {
    let methods = methods(asked);
    methods
        .iter()
        .any(|method| method.needs != Needs::Decisions)
}

/// Whether something is to stand for a program: it is named, or its fidelity is asked for by name.
pub(super) fn is_stood_for(asked: &Explaining) -> bool {
    let methods = methods(asked);
    let is_met = |name: &str| methods.iter().any(|method| method.name == name);
    let is_shown = is_met("fidelity") || is_met("contributions");
    asked.surrogate.is_some() && is_shown || !asked.only.is_empty() && is_met("fidelity")
}

/// Refuses options of answers that are not asked for, and of fits that nothing needs; `has_decisions`
/// says whether the table has some of its own, where it is known.
pub(super) fn refuse(job: &Explain, model: &Model, has_decisions: bool) -> Result<()> {
    answers(job)?;
    let asked = &job.explaining;
    let is_program = matches!(model, Model::Program(_));
    let is_given = has_decisions && asked.model.is_none();
    let fits = match (is_program, is_given) {
        (true, _) => is_stood_for(asked),
        (_, true) => needs_answers(asked),
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let text = |name: &Option<String>| name.clone().unwrap_or_default();
    let options = [
        ("--surrogate", text(&asked.surrogate)),
        ("--folds", job.fitting.folds.to_string()),
        ("--fold-by", text(&job.fitting.fold_by)),
        ("--fold-time", text(&job.fitting.fold_time)),
    ];
    match options.into_iter().find(|(name, _)| is_typed(job, name)) {
        Some((name, value)) => {
            let problem = "nothing that is asked for needs a model to be fitted";
            let remedy = "leave it out, or `--only fidelity,contributions` asks for one";
            Err(flag(name, &value, problem, remedy))
        }
        None => Ok(()),
    }
}

fn is_typed(job: &Explain, option: &str) -> bool {
    asked::is_typed(&job.audit.gate.sources, option)
}

/// Refuses options of answers that are not asked for, and answers to questions that are not put.
fn answers(job: &Explain) -> Result<()> {
    let asked = &job.explaining;
    let methods = methods(asked);
    let is_met = |name: &str| methods.iter().any(|method| method.name == name);
    let first = |list: &[String]| list.first().cloned().unwrap_or_default();
    let alike = &asked.alike;
    // Orders are drawn as often as values are shuffled.
    let is_drawn = is_met("contributions") && !is_met("importance");
    let drawn = if is_drawn {
        "contributions"
    } else {
        "importance"
    };
    let options = [
        ("--row", "contributions", first(&asked.rows)),
        ("--feature", "dependence", first(&asked.features)),
        ("--repeats", drawn, asked.repeats.to_string()),
        ("--neighbors", "consistency", alike.neighbors.to_string()),
        ("--lipschitz", "consistency", alike.most.to_string()),
        ("--examples", "consistency", alike.examples.to_string()),
    ];
    for (option, method, value) in options {
        if is_typed(job, option) && !is_met(method) {
            let remedy = format!("`--only {method}` asks for it; or leave it out");
            let problem = "it is for an answer that is not asked for";
            return Err(flag(option, &value, problem, &remedy));
        }
    }
    if !asked.only.is_empty() && is_met("dependence") && asked.features.is_empty() {
        let problem = "no feature is named whose dependence is shown";
        return Err(flag(
            "--only",
            "dependence",
            problem,
            "name one: `--feature COL`",
        ));
    }
    Ok(())
}
