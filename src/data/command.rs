//! The complete command line of an audit: every part named, nothing left to be inferred.

use super::controls;
use super::guess::{Asked, Understood};
use super::role::{Decision, Favorable, Outcome, Reference, Role};
use super::spelling::NULLS;
use crate::error::quote;

/// The command line that gives this understanding, to paste into a shell.
pub fn command(asked: &Asked, understood: &Understood) -> String {
    let mut words = start(asked);
    for (flag, value) in flags(asked, understood) {
        if flag == "--counts" {
            words.push(quote(&format!("--counts={value}")));
        } else {
            words.push(flag.to_owned());
            words.push(quote(&value));
        }
    }
    words.join(" ")
}

/// The program and its inputs.
pub fn start(asked: &Asked) -> Vec<String> {
    let mut words = vec!["fair-audit".to_owned()];
    for input in &asked.inputs {
        // A name that starts with a dash would be a flag; `-` alone is standard input.
        let dashed = input.starts_with('-') && input.len() > 1;
        words.push(if dashed {
            quote(&format!("./{input}"))
        } else {
            quote(input)
        });
    }
    words
}

/// Each flag with its value, in the order of the help.
pub fn flags(asked: &Asked, understood: &Understood) -> Vec<(&'static str, String)> {
    let plan = &understood.plan;
    let sensitive = sensitive(understood);
    let mut flags = Vec::new();
    if !sensitive.is_empty() {
        flags.push(("-s", sensitive));
    }
    if let Some(label) = &plan.label {
        flags.push(("-y", outcome(label)));
    }
    for decision in &plan.decisions {
        flags.push(match decision {
            Decision::Column(column) => ("-p", outcome(column)),
            Decision::Threshold { threshold, .. } => ("--threshold", threshold.to_string()),
        });
    }
    let named = [
        ("--score", &plan.score),
        ("--weight", &plan.weight),
        ("--counts", &plan.count),
    ];
    for (flag, column) in named {
        if let Some((_, name)) = column {
            flags.push((flag, name.clone()));
        }
    }
    for split in &plan.splits {
        if split.role == Role::Control {
            flags.push(("--control", split.name.clone()));
        }
    }
    if controls::is_auto(asked) {
        flags.push(("--control", controls::AUTO.to_owned()));
    }
    flags.extend(asked.ignore.iter().map(|name| ("--ignore", name.clone())));
    if plan.favorable == Favorable::Negative {
        flags.push(("--favorable", "negative".to_owned()));
    }
    flags.extend(
        asked
            .reference
            .iter()
            .map(|text| ("--reference", text.clone())),
    );
    flags.extend(asked.bins.iter().map(|text| ("--bins", text.clone())));
    if asked.sources.contains_key("intersect") {
        flags.push(("--intersect", asked.intersect.to_string()));
    }
    if !plan.nulls.iter().eq(NULLS) {
        flags.push(("--null", plan.nulls.join(",")));
    }
    flags
}

/// The value of `-s`: single columns, then the products that were named.
pub fn sensitive(understood: &Understood) -> String {
    let plan = &understood.plan;
    let names: Vec<String> = plan.splits.iter().map(|split| split.name.clone()).collect();
    let singles = plan.attributes.iter().filter(|a| a.0.len() == 1);
    let all = singles.chain(&understood.named);
    all.map(|a| a.name(&names)).collect::<Vec<_>>().join(",")
}

/// `COL` or `COL=POSITIVE`.
pub fn outcome(outcome: &Outcome) -> String {
    match &outcome.positive {
        Some(positive) => format!("{}={positive}", outcome.name),
        None => outcome.name.clone(),
    }
}

/// `sex=Male`, `largest` …, as `--reference` takes it.
pub fn reference(attribute: Option<&str>, reference: &Reference) -> String {
    let word = match reference {
        Reference::Largest => "largest",
        Reference::Best => "best",
        Reference::Overall => "overall",
        Reference::Rest => "rest",
        Reference::Value(value) => value,
    };
    match attribute {
        Some(attribute) => format!("{attribute}={word}"),
        None => word.to_owned(),
    }
}
