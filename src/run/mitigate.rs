//! Mitigation: open, understand, load, band, fit fold by fold, tally every scenario, compare, report.
//!
//! Nothing is judged: the exit status is 0 whatever the gaps are.

use std::collections::BTreeSet;

use super::computed::Computed;
use super::scenarios::{self, ADDED, GAPS, Measured, PERFORMANCE, Scenario};
use super::trade::{Remedy, Trade};
use super::{audit, config, frame, judge, pass, profile, progress, style, threads};
use crate::cli::{Fitting, Mitigate};
use crate::data::guess::Understood;
use crate::data::infer::NO_DECISION;
use crate::data::{Attribute, Favorable, Plan, Role, Setting, SettingSource, controls};
use crate::error::{Error, Result, Unfit};
use crate::fit::features::{self, Features};
use crate::fit::{self, Model, load, split};
use crate::metrics;
use crate::mitigate::trial::{Frame, NO_GROUP, Whole};
use crate::mitigate::{MITIGATIONS, Mitigation, Stage};
use crate::policy;
use crate::read::memory::Memory;
use crate::read::{self, Source};
use crate::report::groups;
use crate::report::label;
use crate::report::model::Report;
use crate::report::output::Outputs;
use crate::tally::{Seen, median, sample};

/// Settings of a gate: nothing is judged.
const JUDGING: [&str; 4] = ["adjust", "decide", "policy", "fail_on"];

/// Fits, compares, writes; the exit status.
pub fn mitigate(mut job: Mitigate) -> Result<u8> {
    let loaded = config::profile(&mut job.audit)?;
    let outputs = audit::outputs(&job.audit, &loaded)?;
    profile::fits(&outputs)?;
    refuse(&job)?;
    audit::misspelt(&job.audit.table.inputs)?;
    let report = threads::with(job.audit.table.threads, || made(&job, &outputs));
    let report = report.map_err(|error| loaded.place(error))?;
    let style = style::style(&job.audit.output);
    audit::warn(
        job.audit.output.quiet || outputs.is_read(),
        &style,
        &report.notes,
    );
    outputs.write(&report, &style)?;
    Ok(0)
}

/// Refuses what cannot be asked of fitted models.
fn refuse(job: &Mitigate) -> Result<()> {
    let flag = |flag, value: String, problem, remedy: &str| Error::Flag {
        flag,
        value,
        problem,
        remedy: remedy.to_owned(),
    };
    if controls::is_auto(&job.audit.table.asked) {
        let (problem, remedy) = (
            "no column is tried as a control here",
            "leave it out, or name the control: `--control COL`",
        );
        return Err(flag(
            "--control",
            controls::AUTO.to_owned(),
            problem,
            remedy,
        ));
    }
    if let Some(k) = job.audit.statistics.suppress {
        let problem = "numbers of fitted models cannot be kept from telling small counts";
        let remedy = "`--no-config` leaves it out; do not publish the outcome";
        return Err(flag("--suppress", k.to_string(), problem, remedy));
    }
    Ok(())
}

/// The remedies that are tried, the plain model first.
fn remedies(fitting: &Fitting) -> Vec<&'static Mitigation> {
    let is_asked = |remedy: &&Mitigation| {
        fitting.methods.is_empty()
            || matches!(remedy.stage, Stage::None)
            || fitting.methods.iter().any(|name| name == remedy.name)
    };
    MITIGATIONS.iter().filter(is_asked).collect()
}

/// The table, understood and in memory.
struct Read<'a> {
    memory: Memory<'a>,
    features: Features,
    rows: frame::Rows,
    attribute: Attribute,
    /// The name of the attribute.
    name: String,
    seen: Seen,
    /// Whether the table has decisions of its own.
    has_decisions: bool,
}

/// Reads, fits, and makes the report.
fn made(job: &Mitigate, outputs: &Outputs) -> Result<Report> {
    let (audit, fitting) = (&job.audit, &job.fitting);
    let asked = named(&audit.statistics.metrics)?;
    let source = read::open(&audit.table.inputs, &audit.table.reading)?;
    let source = source.as_ref();
    let inputs = source.inputs();
    let paths: Vec<&str> = inputs.iter().map(|i| i.path.as_str()).collect();
    outputs.check(&paths)?;
    let mut understood = audit::understand(audit, source)?;
    if understood.plan.label.is_none() {
        return Err(Unfit::NoLabel.into());
    }
    if audit.table.asked.median && audit.table.asked.threshold.is_none() {
        median::cut(source, &mut understood)?;
    }
    let mut report = audit::empty(audit, source, &understood);
    let model = fit::find(&fitting.model).unwrap_or(&fit::LEARNERS[0]);
    let remedies = remedies(fitting);
    let mut read = table(job, source, &mut understood)?;
    settings(&mut report, fitting, &read.name, audit.statistics.seed);
    let plan = &mut understood.plan;
    let every = outputs.list().iter().any(|output| output.format.every);
    let computed = computed(
        asked.as_deref(),
        every || style::style(&audit.output).wide,
        &report,
    );
    plan.ranks = computed.ranks(&plan.reference.0);
    let (scenarios, whole) = tried(job, &mut read, plan, (model, &remedies), &mut report)?;
    let measured = measured(plan, &read.attribute, audit.statistics.confidence);
    for scenario in &scenarios {
        let shown = style::style(&audit.output).wide;
        let notes = scenarios::fill(scenario, &measured, &computed, shown, &mut report);
        report.notes.extend(notes);
    }
    let said = said(&remedies, &whole, &read);
    let trade = Trade {
        scenarios: &scenarios,
        measured: &measured,
        attribute: &read.name,
        remedies: &said,
    };
    let (section, facts) = trade.section(&report);
    report.baselines.push(section);
    report.profile.facts = facts;
    finish(&mut report, source, understood, &read, &whole);
    if let Some(names) = asked {
        report.keep(&names);
    }
    Ok(report)
}

/// The metrics that were named.
fn named(list: &[String]) -> Result<Option<Vec<&'static str>>> {
    let names = list.iter().map(|name| Ok(policy::named(name)?.name));
    let names: Result<Vec<&str>> = names.collect();
    Ok(Some(names?).filter(|names| !names.is_empty()))
}

/// Reads the whole table, and says what each row is.
fn table<'a>(
    job: &Mitigate,
    source: &'a dyn Source,
    understood: &mut Understood,
) -> Result<Read<'a>> {
    let (audit, fitting) = (&job.audit, &job.fitting);
    let columns: Vec<String> = source.columns().iter().map(|c| c.name.clone()).collect();
    for name in &fitting.features {
        if !columns.contains(name) {
            return Err(Error::NoColumn {
                column: name.clone(),
                path: source.first_path(),
                columns,
            });
        }
    }
    let plan = &understood.plan;
    let is_out = |column: usize| {
        let name = &columns[column];
        let is_named = fitting.features.is_empty() || fitting.features.contains(name);
        let is_split = plan.splits.iter().any(|split| split.column == column);
        !is_named || !is_split && !profile::is_feature(audit, plan, column, name)
    };
    let looks = sample::numeric(source, &audit.table.asked)?;
    let (memory, features) = progress::shown(source, audit.output.progress, || {
        let memory = load::load(source, plan, &looks, is_out)?;
        let features = features::features(&memory, plan, fitting.with_sensitive, is_out);
        Ok::<_, Error>((memory, features))
    })?;
    let plan = &mut understood.plan;
    let attribute = frame::attribute(plan, fitting.attribute.as_deref())?;
    // Bands alone are wanted of this pass: nothing is ranked.
    let (banded, (_, mut seen)) = pass::cells(&memory, plan, &understood.numeric)?;
    seen.notes.splice(0..0, banded);
    let names: Vec<String> = plan.splits.iter().map(|split| split.name.clone()).collect();
    Ok(Read {
        rows: frame::rows(&memory, plan, &attribute)?,
        name: attribute.name(&names),
        has_decisions: !plan.decisions.is_empty(),
        memory,
        features,
        attribute,
        seen,
    })
}

/// Every scenario, and the remedies as they would be used.
fn tried(
    job: &Mitigate,
    read: &mut Read,
    plan: &Plan,
    (model, remedies): (&Model, &[&Mitigation]),
    report: &mut Report,
) -> Result<(Vec<Scenario>, Whole)> {
    let statistics = &job.audit.statistics;
    let (seed, folds) = (statistics.seed, job.fitting.folds);
    let rows = &read.rows;
    let strata = rows.groups.iter().zip(&rows.y).map(|(&group, y)| {
        let group = if group == NO_GROUP {
            rows.names.len() as u32
        } else {
            group
        };
        3 * group + y.map_or(2, u32::from)
    });
    let of_row = split::folds(&strata.collect::<Vec<u32>>(), folds, seed);
    let frame = Frame {
        features: &read.features.list,
        groups: &rows.groups,
        count: rows.names.len(),
        y: &rows.y,
        weights: &rows.weights,
        folds: &of_row,
        seed,
    };
    frame.check(folds, &read.name)?;
    let steps = progress::Steps::new(job.audit.output.progress, folds * remedies.len());
    let outcomes = frame.cross(folds, model, remedies, &|fold, name| {
        steps.next(&format!("fold {} of {folds}, {name}", fold + 1));
    })?;
    let whole = frame.whole(model, remedies)?;
    drop(steps);
    let measured = measured(plan, &read.attribute, statistics.confidence);
    let plan = scenarios::parted(&mut read.memory, plan, seed);
    let mut scenarios = scenarios::as_given(&read.memory, &plan, &measured)?;
    for (remedy, outcome) in remedies.iter().zip(&outcomes) {
        if let Some(why) = &outcome.failed {
            report
                .notes
                .push(format!("{} is left out: {why}", remedy.name));
            continue;
        }
        let named = (remedy.name, remedy.stage.name());
        let memory = &mut read.memory;
        scenarios.push(scenarios::of_outcome(
            memory, &plan, &measured, named, outcome,
        )?);
    }
    Ok((scenarios, whole))
}

fn measured(plan: &Plan, attribute: &Attribute, confidence: f64) -> Measured {
    let is_punitive = plan.favorable == Favorable::Negative;
    let names = PERFORMANCE
        .iter()
        .chain(&GAPS)
        .chain([&ADDED])
        .map(|name| match *name {
            "selection_rate_ratio" if is_punitive => "favorable_rate_ratio",
            name => name,
        });
    Measured {
        plan: plan.clone(),
        attribute: attribute.clone(),
        metrics: names.filter_map(metrics::find).collect(),
        confidence,
    }
}

/// What is computed of every group: what was named, or is shown; and what is compared.
fn computed(asked: Option<&[&'static str]>, every: bool, report: &Report) -> Computed {
    let mut names: Vec<&str> = match asked {
        Some(names) => names.to_vec(),
        None => groups::core().collect(),
    };
    names.extend(PERFORMANCE.iter().chain(&GAPS));
    names.extend(["favorable_rate_ratio", "base_rate_difference", ADDED]);
    let mut roles = judge::roles(report);
    for role in [Role::Prediction, Role::Score] {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    let is_every = every && asked.is_none();
    let mut computed = Computed::new((!is_every).then_some(names.as_slice()), &[], &roles);
    computed.auc_intervals = true;
    computed.shrinks_all = every;
    computed
}

/// What was asked of the fitting, as settings.
fn settings(report: &mut Report, fitting: &Fitting, attribute: &str, seed: u64) {
    let settings = &mut report.record.settings;
    settings.retain(|name, _| !JUDGING.contains(&name.as_str()));
    let is_typed = |given: bool| {
        if given {
            SettingSource::Flag
        } else {
            SettingSource::Default
        }
    };
    let list = [
        (
            "model",
            fitting.model.clone(),
            fitting.model != fit::LEARNERS[0].name,
        ),
        ("method", fitting.methods.join(","), true),
        ("folds", fitting.folds.to_string(), fitting.folds != 5),
        (
            "attribute",
            attribute.to_owned(),
            fitting.attribute.is_some(),
        ),
        ("features", fitting.features.join(","), true),
        (
            "with_sensitive",
            fitting.with_sensitive.to_string(),
            fitting.with_sensitive,
        ),
        ("seed", seed.to_string(), seed != 0),
    ];
    for (name, value, given) in list {
        if !value.is_empty() && value != "false" {
            let source = is_typed(given);
            let setting = Setting {
                value,
                source,
                why: None,
            };
            settings.entry(name.to_owned()).or_insert(setting);
        }
    }
    report.verdict.status = policy::Status::Pass;
    report.verdict.exit_code = 0;
    "none".clone_into(&mut report.verdict.policy);
}

/// What each remedy did to all rows.
fn said(remedies: &[&Mitigation], whole: &Whole, read: &Read) -> Vec<Remedy> {
    let each = remedies.iter().zip(&whole.solved);
    let said = each.filter_map(|(remedy, solved)| {
        let solved = solved.as_ref().ok()?;
        Some(Remedy {
            name: remedy.name.to_owned(),
            stage: remedy.stage.name(),
            source: remedy.source,
            did: match remedy.stage {
                Stage::None => String::new(),
                Stage::Pre(_) => weights_said(solved.weights.as_deref(), whole, read),
                Stage::In(_) => solved.notes.join("; "),
                Stage::Post(_) => {
                    let cuts = solved.cuts.iter().zip(&read.rows.names);
                    let cuts = cuts.map(|(cut, group)| {
                        format!("{} {}", label::joined(group, &read.name), cut.said())
                    });
                    format!("thresholds {}", cuts.collect::<Vec<_>>().join(", "))
                }
            },
        })
    });
    said.collect()
}

/// By how much rows count for more or less than before.
fn weights_said(weights: Option<&[f64]>, whole: &Whole, read: &Read) -> String {
    let before = whole
        .rows
        .iter()
        .map(|&row| read.rows.weights[row as usize]);
    let factors = weights.unwrap_or_default().iter().zip(before);
    let factors: Vec<f64> = factors.map(|(after, before)| after / before).collect();
    let low = factors.iter().copied().fold(f64::INFINITY, f64::min);
    let high = factors.iter().copied().fold(0.0, f64::max);
    format!("weights {low:.2} to {high:.2}")
}

/// Rows, notes, and what the labels are.
fn finish(
    report: &mut Report,
    source: &dyn Source,
    mut understood: Understood,
    read: &Read,
    whole: &Whole,
) {
    audit::count_rows(report, &read.seen);
    audit::spell(report, &understood, &read.seen);
    let is_needless = |note: &String| NO_DECISION.iter().any(|start| note.starts_with(start));
    understood.notes.retain(|note| !is_needless(note));
    let mut notes = understood.notes;
    notes.extend(read.seen.notes.clone());
    notes.extend(source.notes());
    notes.extend(read.features.notes.clone());
    notes.extend(whole.encoder.notes.clone());
    let plain = whole.solved.first().and_then(|solved| solved.as_ref().ok());
    notes.extend(plain.map(|plain| plain.notes.clone()).unwrap_or_default());
    if read.has_decisions {
        let note = "as given: whoever made these decisions may have seen these rows; fitted models are \
                    held against each other on rows that they have not seen";
        notes.push(note.to_owned());
    }
    notes.append(&mut report.notes);
    let mut known = BTreeSet::new();
    notes.retain(|note| known.insert(note.clone()));
    report.notes = notes;
    let inputs = report.record.inputs.iter_mut();
    for (at, input) in inputs.enumerate().filter(|(_, input)| input.rows.is_none()) {
        input.rows = Some(read.seen.inputs.get(at).copied().unwrap_or(0));
    }
}
