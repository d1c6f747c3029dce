//! A report's own numbers, fresh or saved, to its findings and its verdict.
//!
//! Both an audit and `check` judge what stands in the report, so that a saved report judged again
//! by the same rules has the same findings.

use std::collections::{BTreeMap, BTreeSet};

use super::past::{self, Past};
use super::{config, fill};
use crate::cli::Gate;
use crate::data::group::Values;
use crate::data::{Favorable, Role, controls};
use crate::error::{Error, Result};
use crate::metrics::{Against, Family, Undefined};
use crate::policy::{
    self, Adjust, Bar, Case, Date, Decide, Finding, Known, Member, Named, Number, Rule, Scope,
    Status, Undecided, Whole, exit_code, judge, parse,
};
use crate::report::model::{Counts, GroupReport, MeasureReport, MetricValue, Report, Verdict};
use crate::report::publication;
use crate::stats::redraw::Draws;

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
    // A scan for controls stratifies nothing.
    let control = settings.get("control");
    let has_controls = control.is_some_and(|setting| setting.value != controls::AUTO);
    let known = [
        (Role::Sensitive, true),
        (Role::Label, has("label")),
        (Role::Prediction, has("prediction") || has("threshold")),
        (Role::Score, has("score")),
        (Role::Weight, has("weight")),
        (Role::Control, has_controls),
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

/// What a gate judges by.
pub struct Rules {
    /// The rules that can be judged.
    pub list: Vec<Rule>,
    /// Those of a policy file that have nothing to be judged on.
    idle: Vec<Finding>,
    /// The day on which exceptions are judged.
    today: Date,
    /// The earlier report, if there is one.
    pub past: Option<Past>,
}

impl Rules {
    /// Those that are judged on the cells of a table, not on what a model answers.
    pub fn of_tables(&self) -> Vec<Rule> {
        let is_asked = |rule: &&Rule| rule.metric.family == Family::Justice;
        let counted = self.list.iter().filter(|rule| !is_asked(rule));
        counted.cloned().collect()
    }
}

/// The rules of a gate, checked against what can be judged.
pub fn rules(gate: &Gate, favorable: Favorable, known: &Known) -> Result<Rules> {
    let mut list = gate.named.rules(known.roles, favorable);
    let mut idle = Vec::new();
    for entry in &gate.rules {
        match entry.rules(known)? {
            Ok(rules) => list.extend(rules),
            Err(why) => idle.push(entry.unmatched(&why)),
        }
    }
    for only in gate.accepts.iter().flat_map(|accept| &accept.only) {
        known.assigned(only)?;
    }
    for text in &gate.require {
        list.push(parse(text, known.attributes, known.roles)?);
    }
    let is_dated = gate.accepts.iter().any(|accept| accept.until.is_some());
    let today = if is_dated {
        config::today()?
    } else {
        Date::of_seconds(0)
    };
    let past = Past::named(gate)?;
    Ok(Rules {
        list,
        idle,
        today,
        past,
    })
}

/// How who stands in for the maker of the decisions is named among the settings.
pub const STAND_IN: &str = "a surrogate";

/// How ways that may not be the cheapest are named among the settings.
pub const BY_TRYING: &str = "found by trying";

/// How a gate decides.
pub fn decide(gate: &Gate, min_group: u64, confidence: f64, report: &Report) -> Decide {
    let adjust = gate.adjust.unwrap_or_default();
    let is_set = |name: &str, start: &str| {
        let own = report.record.settings.get(name);
        own.is_some_and(|own| own.value.starts_with(start))
    };
    Decide {
        how: gate.decide.unwrap_or(gate.named.how()),
        min_group,
        confidence,
        adjust,
        redrawn: redrawn(report).filter(|_| adjust == Adjust::Maxt),
        nights: None,
        has_stand_in: is_set("model", STAND_IN),
        is_searched: is_set("ways", BY_TRYING),
    }
}

/// What redrawn tables of a report said.
pub fn redrawn(report: &Report) -> Option<Draws> {
    report.record.redrawn.clone().map(Draws::new)
}

/// Refuses to adjust by redrawn rows where there are none of the rules' metrics.
pub fn has_redrawn(gate: &Gate, rules: &Rules, report: &Report) -> Result<()> {
    let is_asked = gate.adjust == Some(Adjust::Maxt);
    let is_known = |rule: &Rule| report.findings.iter().any(|f| f.metric == rule.metric.name);
    if is_asked && !(report.record.redrawn.is_some() && rules.list.iter().all(is_known)) {
        return Err(Error::Flag {
            flag: "--adjust",
            value: Adjust::Maxt.name().to_owned(),
            problem: "the saved report has no redrawn rows for these rules",
            remedy: "audit the data with these rules and `--adjust maxt`, or take `--adjust holm`"
                .to_owned(),
        });
    }
    Ok(())
}

/// The rules of a gate for a saved report.
pub fn rules_for(gate: &Gate, report: &Report) -> Result<Rules> {
    let mut names: Vec<String> = Vec::new();
    for group in &report.groups {
        if group.attribute != "overall" && !names.contains(&group.attribute) {
            names.push(group.attribute.clone());
        }
    }
    let known = Known {
        attributes: &names,
        roles: &roles(report),
        columns: None,
    };
    rules(gate, favorable(report), &known)
}

/// Judges a report: fills its findings and its verdict.
///
/// # Errors
/// The earlier report is not of the same terms.
pub fn settle(report: &mut Report, rules: &Rules, decide: &Decide, gate: &Gate) -> Result<()> {
    let (mut judged, is_used) = judged(report, &rules.list, decide, gate);
    policy::adjust(judged.iter_mut().map(|(_, finding)| finding), decide);
    report.comparison = None;
    if let Some(past) = &rules.past {
        past.is_alike(report, decide.confidence)?;
        let comparison = past.apply(&mut judged, report, &rules.list, decide, gate);
        let note = past::note(&comparison);
        let is_new = |note: &String| !report.notes.contains(note);
        report.notes.extend(note.filter(is_new));
        report.comparison = Some(comparison);
    }
    let mut findings: Vec<Finding> = judged.into_iter().map(|(_, finding)| finding).collect();
    findings.extend(idle(&rules.list, &is_used, gate));
    findings.extend(rules.idle.iter().cloned());
    policy::apply(&mut findings, &gate.accepts, rules.today);
    policy::settle(&mut findings);
    let mut counts = Counts::default();
    for finding in &findings {
        *match finding.status {
            Status::Fail => &mut counts.fail,
            Status::Warn => &mut counts.warn,
            Status::Undecided => &mut counts.undecided,
            Status::Accepted => &mut counts.accepted,
            Status::Pass => &mut counts.pass,
        } += 1;
    }
    let has_rules = !gate.require.is_empty() || !gate.rules.is_empty();
    let is_ungated = gate.named == Named::None && !has_rules;
    let bar = Bar {
        fail_on: gate.fail_on,
        strict: gate.strict,
        undecided: gate.undecided.or(gate.named.undecided()),
    };
    let code = exit_code(&findings, bar);
    // Where what is undecided fails, the verdict says so too.
    let counted = findings
        .iter()
        .map(|finding| match (finding.status, bar.undecided) {
            (Status::Undecided, Some(Undecided::Fail)) => Status::Fail,
            (status, _) => status,
        });
    let worst = counted.max();
    report.verdict = Verdict {
        status: match worst {
            Some(Status::Accepted) => Status::Pass,
            worst => worst.unwrap_or(Status::Undecided),
        },
        exit_code: if gate.exit_zero || is_ungated {
            0
        } else {
            code
        },
        policy: name(gate),
        counts,
    };
    report.findings = findings;
    let mut notes = gate.named.notes(&roles(report), favorable(report));
    notes.extend(repeated(report, &rules.list));
    for note in notes {
        if !report.notes.contains(&note) {
            report.notes.push(note);
        }
    }
    let is_published = gate.named == Named::NycLl144 && roles(report).contains(&Role::Prediction);
    report.publication = is_published.then(|| publication::of(report, gate.named.name()));
    Ok(())
}

fn name(gate: &Gate) -> String {
    let several = |n: usize| match n {
        1 => "1 rule".to_owned(),
        n => format!("{n} rules"),
    };
    let named = Some(gate.named.title().to_owned()).filter(|_| gate.named != Named::None);
    let file = gate.file.as_ref().filter(|_| !gate.rules.is_empty());
    let file = file.map(|path| format!("{} of {path}", several(gate.rules.len())));
    let typed = Some(several(gate.require.len())).filter(|_| !gate.require.is_empty());
    let against = gate.against.as_ref();
    let against = against.map_or(String::new(), |path| {
        format!(", against {}", path.display())
    });
    let parts: Vec<String> = [named, file, typed].into_iter().flatten().collect();
    if parts.is_empty() {
        "none".to_owned() + &against
    } else {
        parts.join(" and ") + &against
    }
}

/// Every finding with the index of its rule, and which `[[rule]]` of a file was judged on anything.
pub fn judged(
    report: &Report,
    rules: &[Rule],
    decide: &Decide,
    gate: &Gate,
) -> (Vec<(usize, Finding)>, Vec<bool>) {
    let mut findings = Vec::new();
    let mut judged = vec![false; gate.rules.len()];
    each_case(report, rules, |at, case| {
        let rule = &rules[at];
        let columns = case.members.first().map_or(0, |member| member.values.len());
        for (other, same) in rules.iter().enumerate().filter(|(_, r)| r.is_same(rule)) {
            let is_judged = other == at || is_meant(same, &case.attribute, columns, report);
            if let Some(number) = same.entry.filter(|_| is_judged) {
                judged[number - 1] = true;
            }
        }
        let mut found = judge(rule, case, decide);
        policy::add_power(&mut found, rule, case, decide);
        if gate.named.counts_selections() {
            policy::add_practical(&mut found, rule, case);
        }
        findings.extend(found.into_iter().map(|finding| (at, finding)));
    });
    (findings, judged)
}

/// The rules that a section is judged by, in their order; those that ask the same together.
fn meant(section: &Section, rules: &[Rule], report: &Report) -> Vec<Vec<usize>> {
    let columns = section.groups.first().map_or(0, |group| group.group.len());
    let mut meant: Vec<Vec<usize>> = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        if !(is_meant(rule, section.attribute, columns, report) && rule.is_in(section.stratum)) {
            continue;
        }
        match meant.iter_mut().find(|alike| rules[alike[0]].is_same(rule)) {
            Some(alike) => alike.push(at),
            None => meant.push(vec![at]),
        }
    }
    meant
}

/// The rules that ask nothing which an earlier one does not ask of some attribute.
fn repeated(report: &Report, rules: &[Rule]) -> Vec<String> {
    let sections = sections(report);
    let all = sections.iter().flat_map(|s| meant(s, rules, report));
    let later: BTreeSet<usize> = all.flat_map(|alike| alike[1..].to_vec()).collect();
    let said = later.into_iter().map(|at| {
        format!(
            "`{}` repeats another rule: what both ask is judged once",
            rules[at].text()
        )
    });
    said.collect()
}

/// Hands on all that is judged: the index of a rule, and what there is to show on it.
pub fn each_case(report: &Report, rules: &[Rule], mut each: impl FnMut(usize, &Case)) {
    let sections = sections(report);
    let several = sections.iter().any(|s| s.scenario != sections[0].scenario);
    // Strata are what may be compared: then the whole, which mixes them, is shown and not judged.
    let has_strata = sections.iter().any(|section| section.stratum.is_some());
    for section in &sections {
        if section.attribute == "overall" || has_strata && section.stratum.is_none() {
            continue;
        }
        for alike in meant(section, rules, report) {
            // Of rules that ask the same one is enough.
            let mut kept = alike[0];
            for &at in &alike[1..] {
                if rules[at].outranks(&rules[kept]) {
                    kept = at;
                }
            }
            each(
                kept,
                &case(section, &rules[kept], several, favorable(report)),
            );
        }
    }
}

/// The findings of rules of a file that nothing was judged on.
fn idle(rules: &[Rule], judged: &[bool], gate: &Gate) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_idle = |number: &usize| rules.iter().any(|rule| rule.entry == Some(*number));
    for (entry, judged) in gate.rules.iter().zip(judged) {
        if !*judged && is_idle(&entry.number) {
            findings.push(entry.unmatched(&entry.idle()));
        }
    }
    findings
}

/// Whether a rule is about an attribute of so many columns.
pub fn is_meant(rule: &Rule, attribute: &str, columns: usize, report: &Report) -> bool {
    match &rule.scope {
        Scope::All => true,
        Scope::One(name) => name == attribute,
        Scope::Single => is_single(attribute, columns, report),
    }
}

/// Whether an attribute is one column, or a product that was named.
pub(super) fn is_single(attribute: &str, columns: usize, report: &Report) -> bool {
    let sensitive = report.record.settings.get("sensitive");
    let is_named = sensitive.is_some_and(|setting| {
        let listed = format!(",{},", setting.value);
        listed.contains(&format!(",{attribute},"))
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
        rows: group.rows.unwrap_or_default(),
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
        spread: fill::spread(value),
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
            spread: None,
            interval: measure.interval,
        },
        partial: measure.partial,
        ends: (measure.lowest.clone(), measure.highest.clone()),
    }
}
