//! An earlier report, and what became of each finding since.
//!
//! In: a report of now, judged, and one of then. The numbers of then are judged by the rules of now,
//! so that every finding of now that could be made then is found under its id. Out: the findings with
//! their changes, and what only the earlier report has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{judge, saved};
use crate::cli::Gate;
use crate::data::guess::Asked;
use crate::data::spelling::{self, Class};
use crate::error::{Error, Result};
use crate::policy::{Decide, Earlier, Finding, Meaning, Pairing, Rule};
use crate::report::compare::Comparison;
use crate::report::model::Report;

/// An earlier report.
pub struct Past {
    /// The report.
    pub report: Report,
    /// What it is called.
    pub name: String,
    /// What the later one is called, where both were named.
    pub later: Option<String>,
    /// By how much a number may worsen.
    pub tolerance: f64,
    /// Both decisions of the same rows, where they are of the same rows.
    pub pairing: Option<Pairing>,
    /// How it bears on the verdict.
    pub meaning: Meaning,
}

impl Past {
    /// The report that `--against` names.
    pub fn named(gate: &Gate) -> Result<Option<Self>> {
        let Some(path) = &gate.against else {
            return Ok(None);
        };
        Ok(Some(Self {
            report: saved::load(Path::new(path))?,
            name: path.display().to_string(),
            later: None,
            tolerance: gate.tolerance,
            pairing: None,
            meaning: Meaning::Gate,
        }))
    }

    /// Refuses to compare numbers that mean something else: another favorable outcome, another
    /// positive value, another confidence of the intervals.
    pub fn is_alike(&self, report: &Report, confidence: f64) -> Result<()> {
        let flag = if self.meaning == Meaning::Gate {
            "--against"
        } else {
            "compare"
        };
        let refuse = |problem, remedy| {
            Err(Error::Flag {
                flag,
                value: self.name.clone(),
                problem,
                remedy,
            })
        };
        let of = |report: &Report, key: &str| {
            let setting = report.record.settings.get(key);
            setting.map(|setting| setting.value.clone())
        };
        let least = |report: &Report| of(report, "suppress")?.parse::<u64>().ok();
        if let Some(k) = least(report)
            && least(&self.report).is_none_or(|then| then < k)
        {
            let remedy =
                format!("its numbers would stand beside: audit it with `--suppress {k}` too");
            return refuse("it has counts that this report does not publish", remedy);
        }
        let then = of(&self.report, "favorable").unwrap_or_else(|| "positive".to_owned());
        if then != of(report, "favorable").unwrap_or_else(|| "positive".to_owned()) {
            let remedy = format!("it is of `--favorable {then}`: audit both alike");
            return refuse("another outcome is the favorable one in it", remedy);
        }
        let earlier = of(&self.report, "confidence").and_then(|text| text.parse::<f64>().ok());
        let earlier = earlier.unwrap_or(0.95);
        if (earlier - confidence).abs() > 1e-9 {
            let remedy = format!("its intervals are of `--confidence {earlier}`: audit both alike");
            return refuse("its intervals have another confidence", remedy);
        }
        for key in ["label", "prediction"] {
            let values = (of(&self.report, key), of(report, key));
            let (Some(a), Some(b)) = (values.0.as_deref(), values.1.as_deref()) else {
                continue;
            };
            if !is_same_positive(a, b) {
                let remedy = format!("{key}: `{a}` there, `{b}` here: name the same positive");
                return refuse("another value is the positive one in it", remedy);
            }
        }
        Ok(())
    }

    /// The id that a finding of then has now. Decisions are called after their columns where there
    /// are several, so that a second one renames the first.
    fn renamed(
        &self,
        finding: &mut Finding,
        now: &Report,
        (earlier, later): (&BTreeSet<&str>, &BTreeSet<&str>),
    ) -> String {
        let mark = format!("@{}", finding.scenario);
        if earlier.len() == 1 && later.len() > 1 {
            let same = later.iter().find(|column| is_of(&self.report, column));
            if let Some(column) = same {
                (*column).clone_into(&mut finding.scenario);
                return format!("{}@{column}", finding.id);
            }
        } else if let (true, Some(only), Some(id)) = (
            earlier.len() > 1 && later.len() == 1 && is_of(now, &finding.scenario),
            later.first(),
            finding.id.strip_suffix(&mark),
        ) {
            let id = id.to_owned();
            (*only).clone_into(&mut finding.scenario);
            return id;
        }
        finding.id.clone()
    }

    /// Adds to each finding of `now`, which comes with the index of its rule, what became of it;
    /// `report` is what they were judged on.
    pub fn apply(
        &self,
        now: &mut [(usize, Finding)],
        report: &Report,
        rules: &[Rule],
        decide: &Decide,
        gate: &Gate,
    ) -> Comparison {
        let of_then = Decide {
            redrawn: judge::redrawn(&self.report).filter(|_| decide.redrawn.is_some()),
            ..decide.clone()
        };
        let then = judge::judged(&self.report, rules, &of_then, gate).0;
        let (earlier, later) = (scenarios(&self.report), scenarios(report));
        let mut then: BTreeMap<(usize, String), Finding> = then
            .into_iter()
            .map(|(rule, mut finding)| {
                let id = self.renamed(&mut finding, report, (&earlier, &later));
                ((rule, id), finding)
            })
            .collect();
        let earlier = Earlier {
            tolerance: self.tolerance,
            pairing: self.pairing.as_ref(),
            meaning: self.meaning,
        };
        for (rule, finding) in now {
            let key = (*rule, finding.id.clone());
            let found = then.remove(&key).or_else(|| {
                let turned = then.iter().find(|(key, then)| {
                    // Two decisions of one table are two scenarios.
                    let is_same = self.pairing.is_some() || then.scenario == finding.scenario;
                    key.0 == *rule && is_same && is_turned(then, finding)
                });
                let key = turned.map(|(key, _)| key.clone())?;
                then.remove(&key)
            });
            earlier.apply(finding, &rules[*rule], found.as_ref());
        }
        let mut vanished: Vec<String> = then.into_values().map(|f| f.id).collect();
        vanished.sort();
        vanished.dedup();
        Comparison {
            from: self.name.clone(),
            to: self.later.clone(),
            tolerance: self.tolerance,
            vanished,
        }
    }
}

/// The decisions of a report, each once.
fn scenarios(report: &Report) -> BTreeSet<&str> {
    let groups = report.groups.iter();
    groups.map(|group| group.scenario.as_str()).collect()
}

/// Whether the only decisions of a report are of this column.
fn is_of(report: &Report, column: &str) -> bool {
    let value = |key| Some(&report.record.settings.get(key)?.value);
    let is_prediction = |value: &String| {
        let positive = value.strip_prefix(column);
        positive.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    match value("prediction") {
        Some(prediction) => is_prediction(prediction),
        None => value("score").is_some_and(|score| score == column),
    }
}

/// Whether the same two groups were compared, when the other of them was the one that fares best: a
/// gap that turned around is the same gap.
fn is_turned(then: &Finding, now: &Finding) -> bool {
    now.group.is_some()
        && (&then.group, &then.reference) == (&now.reference, &now.group)
        && (&then.attribute, &then.stratum) == (&now.attribute, &now.stratum)
}

/// What a reader should know of findings that only the earlier report has.
pub fn note(comparison: &Comparison) -> Option<String> {
    const SHOWN: usize = 5;
    let ids = &comparison.vanished;
    let mut shown: Vec<String> = ids.iter().take(SHOWN).map(|id| format!("`{id}`")).collect();
    if ids.len() > SHOWN {
        shown.push(format!("{} more", ids.len() - SHOWN));
    }
    let (from, ids) = (&comparison.from, shown.join(", "));
    (!shown.is_empty()).then(|| format!("of {from} there is no longer: {ids}"))
}

/// Whether `COL=VALUE` and `COL=VALUE` name the same value, or both one that means yes by itself;
/// where one of them names none, or several columns are named, nothing is known against it.
pub(super) fn is_same_positive(a: &str, b: &str) -> bool {
    let positive = |text: &'_ str| {
        let (_, value) = text.rsplit_once('=')?;
        (!text.contains(',')).then(|| value.to_owned())
    };
    let (Some(a), Some(b)) = (positive(a), positive(b)) else {
        return true;
    };
    let nulls = Asked::default().null_spellings();
    let is_yes = |text: &str| spelling::polarity(text, None, &nulls) == Some(Class::Positive);
    spelling::same(&a, &b) || is_yes(&a) && is_yes(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_positive_that_is_written_otherwise_is_the_same_and_its_opposite_is_not() {
        assert!(is_same_positive("y=1", "label=true"));
        assert!(is_same_positive("y=good", "credit=good"));
        assert!(is_same_positive("y", "credit=good"));
        assert!(!is_same_positive("credit=bad", "credit=good"));
        assert!(!is_same_positive("y=0", "y=1"));
    }
}
