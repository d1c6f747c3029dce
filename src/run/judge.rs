//! A report's own numbers, fresh or saved, to its findings and its verdict.
//!
//! Both an audit and `check` judge what stands in the report, so that a saved report judged again
//! by the same rules has the same findings.

use std::collections::BTreeMap;

use super::fill;
use crate::cli::Gate;
use crate::data::group::Values;
use crate::data::{Favorable, Role};
use crate::error::Result;
use crate::metrics::{Against, Undefined};
use crate::policy::{
    self, Case, Decide, Finding, Member, Number, Rule, Scope, Status, Whole, default_rules,
    exit_code, judge, parse,
};
use crate::report::model::{Counts, GroupReport, MeasureReport, MetricValue, Report, Verdict};

/// One attribute of one scenario, in one stratum.
struct Section<'a> {
    scenario: &'a str,
    attribute: &'a str,
    stratum: Option<&'a Values>,
    groups: Vec<&'a GroupReport>,
    extremes: BTreeMap<&'a str, &'a MeasureReport>,
}

/// The parts that columns play, as the settings say.
pub fn roles(report: &Report) -> Vec<Role> {
    let settings = &report.record.settings;
    let has = |key: &str| settings.contains_key(key);
    let known = [
        (Role::Sensitive, true),
        (Role::Label, has("label")),
        (Role::Prediction, has("prediction") || has("threshold")),
        (Role::Score, has("score")),
        (Role::Weight, has("weight")),
        (Role::Control, has("control")),
    ];
    let there = known.into_iter().filter(|(_, there)| *there);
    there.map(|(role, _)| role).collect()
}

fn favorable(report: &Report) -> Favorable {
    match report.record.settings.get("favorable") {
        Some(setting) if setting.value == "negative" => Favorable::Negative,
        _ => Favorable::Positive,
    }
}

/// The rules of a gate, checked against what can be judged.
pub fn rules(
    gate: &Gate,
    roles: &[Role],
    favorable: Favorable,
    names: &[String],
) -> Result<Vec<Rule>> {
    let mut rules = if gate.policy == "none" {
        Vec::new()
    } else {
        let has = |role| roles.contains(&role);
        default_rules(has(Role::Prediction), has(Role::Label), favorable)
    };
    for text in &gate.require {
        rules.push(parse(text, names, roles)?);
    }
    Ok(rules)
}

/// The rules of a gate for a saved report.
pub fn rules_for(gate: &Gate, report: &Report) -> Result<Vec<Rule>> {
    let mut names: Vec<String> = Vec::new();
    for group in &report.groups {
        if group.attribute != "overall" && !names.contains(&group.attribute) {
            names.push(group.attribute.clone());
        }
    }
    rules(gate, &roles(report), favorable(report), &names)
}

/// Judges a report: fills its findings and its verdict.
pub fn settle(report: &mut Report, rules: &[Rule], decide: &Decide, gate: &Gate) {
    let findings = findings(report, rules, decide);
    let mut counts = Counts::default();
    for finding in &findings {
        *match finding.status {
            Status::Fail => &mut counts.fail,
            Status::Warn => &mut counts.warn,
            Status::Undecided => &mut counts.undecided,
            Status::Pass => &mut counts.pass,
        } += 1;
    }
    let is_ungated = gate.policy == "none" && gate.require.is_empty();
    let worst = findings.iter().map(|finding| finding.status).max();
    let code = exit_code(&findings, gate.fail_on, gate.strict);
    report.verdict = Verdict {
        status: worst.unwrap_or(Status::Undecided),
        exit_code: if gate.exit_zero || is_ungated {
            0
        } else {
            code
        },
        policy: name(gate),
        counts,
    };
    report.findings = findings;
}

fn name(gate: &Gate) -> String {
    let rules = match gate.require.len() {
        0 => String::new(),
        1 => " and 1 rule".to_owned(),
        n => format!(" and {n} rules"),
    };
    if gate.policy == "none" {
        let own = rules.strip_prefix(" and ");
        own.unwrap_or("none").to_owned()
    } else {
        format!("default (four fifths){rules}")
    }
}

fn findings(report: &Report, rules: &[Rule], decide: &Decide) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sections = sections(report);
    let several = sections.iter().any(|s| s.scenario != sections[0].scenario);
    // Strata are what may be compared: then the whole, which mixes them, is shown and not judged.
    let has_strata = sections.iter().any(|section| section.stratum.is_some());
    for section in &sections {
        if section.attribute == "overall" || has_strata && section.stratum.is_none() {
            continue;
        }
        for rule in rules {
            let meant = match &rule.scope {
                Scope::All => true,
                Scope::One(name) => name == section.attribute,
                Scope::Single => is_single(section, report),
            };
            if meant {
                let case = case(section, rule, several, favorable(report));
                findings.extend(judge(rule, &case, decide));
            }
        }
    }
    policy::settle(&mut findings);
    findings
}

/// Whether an attribute is one column, or a product that was named.
fn is_single(section: &Section, report: &Report) -> bool {
    let columns = section.groups.first().map_or(0, |group| group.group.len());
    let sensitive = report.record.settings.get("sensitive");
    let is_named = sensitive.is_some_and(|setting| {
        let listed = format!(",{},", setting.value);
        listed.contains(&format!(",{},", section.attribute))
    });
    columns == 1 || is_named
}

/// Every section, in the report's order.
fn sections(report: &Report) -> Vec<Section<'_>> {
    type Key<'a> = (&'a str, &'a str, Option<&'a Values>);
    let mut at: BTreeMap<Key, usize> = BTreeMap::new();
    let mut list: Vec<Section> = Vec::new();
    for group in &report.groups {
        let key = (&*group.scenario, &*group.attribute, group.stratum.as_ref());
        let index = *at.entry(key).or_insert_with(|| {
            list.push(Section {
                scenario: key.0,
                attribute: key.1,
                stratum: key.2,
                groups: Vec::new(),
                extremes: BTreeMap::new(),
            });
            list.len() - 1
        });
        list[index].groups.push(group);
    }
    for measure in &report.measures {
        let key = (
            &*measure.scenario,
            &*measure.attribute,
            measure.stratum.as_ref(),
        );
        if let (Against::Extremes, Some(&index)) = (measure.against, at.get(&key)) {
            list[index].extremes.insert(&measure.metric, measure);
        }
    }
    list
}

/// What a section has to show on the metric of a rule.
fn case(section: &Section, rule: &Rule, several: bool, favorable: Favorable) -> Case {
    let bases = rule.bases();
    let compared = section.groups.iter().filter(|group| !group.missing);
    let member = |group: &&GroupReport| Member {
        values: group.group.clone(),
        rows: group.rows,
        numbers: bases
            .iter()
            .map(|base| group.metrics.get(base.name).map(number))
            .collect(),
    };
    Case {
        scenario: section.scenario.to_owned(),
        several,
        attribute: section.attribute.to_owned(),
        stratum: section.stratum.cloned(),
        favorable,
        members: compared.map(member).collect(),
        whole: section.extremes.get(rule.metric.name).map(|m| whole(m)),
    }
}

fn number(value: &MetricValue) -> Number {
    Number {
        value: value.value.ok_or(value.reason.unwrap_or(Undefined::NoRows)),
        fraction: fill::fraction(value),
        interval: value.interval,
    }
}

fn whole(measure: &MeasureReport) -> Whole {
    Whole {
        number: Number {
            value: measure
                .value
                .ok_or(measure.reason.unwrap_or(Undefined::NoRows)),
            fraction: None,
            interval: measure.interval,
        },
        partial: measure.partial,
        ends: (measure.lowest.clone(), measure.highest.clone()),
    }
}
