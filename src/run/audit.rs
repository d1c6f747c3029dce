//! The audit: open, sample, guess, band, scan, tables, metrics, infer, policy, report, output.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::asked::Model;
use super::computed::Computed;
use super::config::{self, Loaded};
use super::fill::{Filled, Filling};
use super::judge::{self, Rules};
use super::nights::Nights;
use super::pool::{self, Pooling};
use super::recording::Recording;
use super::redrawn::{self, Redrawing};
use super::{
    bare, controls, declared, digest, heard, justice, pass, progress, style, suppress, threads,
};
use crate::cli::{Audit, Gate, Statistics};
use crate::data::guess::Understood;
use crate::data::{Missing, Role, Setting, SettingSource};
use crate::error::{Error, Result, nearest};
use crate::policy::{self, Adjust, Entry, Known, Named, Rule, Undecided};
use crate::profile;
use crate::read::{self, Source};
use crate::report::Style;
use crate::report::model::{InputReport, Report};
use crate::report::number::Numbers;
use crate::report::output::{self, Outputs};
use crate::report::safe::Safe;
use crate::tally::{Seen, median, sample, table};

/// The table that `fair-audit demo` audits, made by `fixtures/make.py`.
const DEMO: &[u8] = include_bytes!("../../fixtures/hiring.csv");
/// What it is called.
const DEMO_NAME: &str = "hiring.csv";

/// Audits a table; the exit status.
pub fn audit(mut job: Audit) -> Result<u8> {
    let mut loaded = config::audit(&mut job)?;
    if let Some(justice) = &mut job.justice {
        declared::fill(
            &mut justice.countering,
            &mut job.table.asked.sources,
            &mut loaded,
        )?;
    }
    let outputs = outputs(&job, &loaded)?;
    misspelt(&job.table.inputs)?;
    let mut nights = Nights::open(&job.gate, &outputs, &files(&job, &loaded))?;
    let who = heard::who(&job)?;
    let recording = Recording::begin(&job, &loaded, heard::file(&job, who.as_ref()))?;
    let beside = (nights.as_mut(), who.as_ref());
    let report = threads::with(job.table.threads, || made(&job, &outputs, beside));
    let mut report = report.map_err(|error| loaded.place(error))?;
    match nights {
        Some(nights) => nights.keep(|| finish(&job, &outputs, &mut report, None)),
        None => finish(&job, &outputs, &mut report, recording),
    }
}

/// Audits the built-in table; the exit status.
pub fn demo(mut job: Audit) -> Result<u8> {
    let loaded = config::audit(&mut job)?;
    let outputs = outputs(&job, &loaded)?;
    let recording = Recording::begin(&job, &loaded, None)?;
    let cannot = |path: &Path, source| Error::Write {
        path: path.to_owned(),
        source,
    };
    let folder = tempfile::tempdir().map_err(|e| cannot(&std::env::temp_dir(), e))?;
    let path = folder.path().join(DEMO_NAME);
    let written = File::create(&path).and_then(|mut file| file.write_all(DEMO));
    written.map_err(|e| cannot(&path, e))?;
    job.table.inputs = vec![path.into_os_string()];
    job.table.asked.inputs = vec![DEMO_NAME.to_owned()];
    let mut report = threads::with(job.table.threads, || make(&job, &outputs))?;
    for input in &mut report.record.inputs {
        input.path = format!("{DEMO_NAME} (built in)");
    }
    finish(&job, &outputs, &mut report, recording)
}

/// Where the results go, checked against everything that is read.
pub(super) fn outputs(job: &Audit, loaded: &Loaded) -> Result<Outputs> {
    let outputs = Outputs::new(&job.output.formats, job.output.path.as_deref())?
        .recorded(job.output.record.as_deref())?;
    outputs.check(&files(job, loaded))?;
    Ok(outputs)
}

/// Every file that is read, as it was named.
pub(super) fn files(job: &Audit, loaded: &Loaded) -> Vec<PathBuf> {
    let mut read: Vec<PathBuf> = job.table.inputs.iter().map(PathBuf::from).collect();
    read.extend(job.table.reading.predictions.iter().map(PathBuf::from));
    read.extend(loaded.paths.iter().cloned());
    read.extend(job.gate.against.clone());
    read.extend(job.beside.population.clone());
    read.extend(job.beside.test.clone());
    read
}

/// Says so if the first word is no file and looks like a command.
pub(super) fn misspelt(inputs: &[OsString]) -> Result<()> {
    let Some(first) = inputs.first().map(|word| word.to_string_lossy()) else {
        return Ok(());
    };
    let is_word = first.chars().all(|c| c.is_alphanumeric() || c == '-') && first != "-";
    if !is_word || Path::new(&*first).exists() {
        return Ok(());
    }
    let names = crate::cli::grammar::names();
    Err(Error::NoSuchFile {
        path: first.to_string(),
        command: nearest(&first, &names).map(str::to_owned),
    })
}

/// Writes the report and says what a reader should know.
fn finish(
    job: &Audit,
    outputs: &Outputs,
    report: &mut Report,
    recording: Option<Recording>,
) -> Result<u8> {
    let style = style::style(&job.output);
    let record = recording.map(|r| r.text(report, None)).transpose()?;
    if let Some(path) = &job.output.record {
        justice::recorded(report, path);
    }
    warn(job.output.quiet || outputs.is_read(), &style, &report.notes);
    outputs.write_with(report, &style, record.as_deref())?;
    Ok(report.verdict.exit_code)
}

/// Notes as warnings on standard error.
pub fn warn(quiet: bool, style: &Style, notes: &[String]) {
    if !quiet {
        let numbers = Numbers::new(style);
        for note in notes {
            output::say(&format!("warning: {}", Safe(&numbers.sentence(note))));
        }
    }
}

/// Reads the table once and makes the whole report.
pub fn make(job: &Audit, outputs: &Outputs) -> Result<Report> {
    made(job, outputs, (None, None))
}

/// The same, judged together with the nights before, and with what a model answers.
fn made(
    job: &Audit,
    outputs: &Outputs,
    (nights, who): (Option<&mut Nights>, Option<&Model>),
) -> Result<Report> {
    let asked = wanted(&job.statistics.metrics)?;
    redrawn::are_enough(job)?;
    let reported = match &asked {
        Some(names) => Some(names.clone()),
        None => outputs.metrics(&style::style(&job.output)),
    };
    let source = read::open(&job.table.inputs, &job.table.reading)?;
    let source = source.as_ref();
    let inputs = source.inputs();
    let paths: Vec<&str> = inputs.iter().map(|i| i.path.as_str()).collect();
    outputs.check(&paths)?;
    nights.iter().try_for_each(|it| it.check(outputs, &paths))?;
    let mut understood = understand(job, source)?;
    controls::check(source, &understood)?;
    suppress::check(job, &understood)?;
    if job.table.asked.median && job.table.asked.threshold.is_none() {
        median::cut(source, &mut understood)?;
    }
    let mut report = empty(job, source, &understood);
    if let (Some(names), Some(setting)) = (&asked, report.record.settings.get_mut("metrics")) {
        setting.value = names.join(",");
    }
    let rules = rules(job, &report, &understood, source)?;
    let counted = rules.of_tables();
    let known = (counted.as_slice(), &*judge::roles(&report));
    let beside = justice::beside(job, asked.is_some());
    let mut computed = Computed::with(reported.as_deref(), beside, known);
    // Tables show no interval of an AUC.
    computed.shrinks_all = outputs.list().iter().any(|output| output.format.every);
    computed.auc_intervals |= computed.shrinks_all;
    let certain = (job.statistics.confidence, job.statistics.min_group);
    let (roles, favorable) = (judge::roles(&report), understood.plan.favorable);
    let pooling = Pooling::new(asked.as_deref(), &counted, &roles, favorable, certain);
    let reading = (&computed, &pooling);
    let seen = read_and_fill(job, source, &mut understood, reading, &counted, &mut report)?;
    controls::scan(source, &understood, &pooling, &mut report)?;
    let heard = who.map(|who| heard::hear(job, who, (outputs, source), &mut report));
    let heard = heard.transpose()?;
    spell(&mut report, &understood, &seen);
    report.notes.append(&mut understood.notes);
    report.notes.extend(seen.notes);
    report.notes.extend(source.notes());
    let has_decision = judge::roles(&report).contains(&Role::Prediction);
    if rules.list.is_empty() && !has_decision && job.gate.named != Named::None {
        let note =
            "no decision is known (`-p COL` or `--score COL`): the policy has nothing to judge";
        report.notes.push(note.to_owned());
    }
    let statistics = &job.statistics;
    if let Some(k) = statistics.suppress {
        suppress::rest(&mut report, k);
    }
    let confidence = statistics.confidence;
    let decide = judge::decide(&job.gate, statistics.min_group, confidence, &report);
    match nights {
        Some(nights) => nights.settle(&mut report, &understood.plan, &rules, decide, &job.gate)?,
        None => judge::settle(&mut report, &rules, &decide, &job.gate)?,
    }
    justice::add(&mut report, heard, job.output.record.is_some());
    if let Some(mut names) = asked {
        if outputs.list().iter().any(|output| output.format.saved) {
            names.extend(rules.list.iter().map(|rule| rule.metric.name));
            names.extend(computed.judged.iter().map(|metric| metric.name));
        }
        report.keep(&names);
    }
    Ok(report)
}

/// The metrics that are reported; `None` is all.
fn wanted(list: &[String]) -> Result<Option<Vec<&'static str>>> {
    let named = list.iter().map(|name| policy::named(name));
    let names: Result<Vec<&str>> = named.map(|metric| Ok(metric?.name)).collect();
    Ok(Some(names?).filter(|names| !names.is_empty()))
}

/// Which column plays which part.
pub fn understand(job: &Audit, source: &dyn Source) -> Result<Understood> {
    let mut understood = sample::understand(source, &job.table.asked)?;
    understood.plan.missing = job.statistics.missing;
    Ok(understood)
}

fn rules(
    job: &Audit,
    report: &Report,
    understood: &Understood,
    source: &dyn Source,
) -> Result<Rules> {
    let plan = &understood.plan;
    let columns: Vec<String> = plan.splits.iter().map(|split| split.name.clone()).collect();
    let names: Vec<String> = plan.attributes.iter().map(|a| a.name(&columns)).collect();
    let all = source.columns().iter().map(|column| column.name.clone());
    let all: Vec<String> = all.collect();
    let path = report.record.inputs.first().map_or("", |i| i.path.as_str());
    let known = Known {
        attributes: &names,
        roles: &judge::roles(report),
        columns: Some((path, &all)),
    };
    judge::rules(&job.gate, plan.favorable, &known)
}

/// Bands, the pass, tables, and the numbers of every scenario.
fn read_and_fill(
    job: &Audit,
    source: &dyn Source,
    understood: &mut Understood,
    (computed, pooling): (&Computed, &Pooling),
    rules: &[Rule],
    report: &mut Report,
) -> Result<Seen> {
    let plan = &mut understood.plan;
    plan.ranks = computed.ranks(&plan.reference.0);
    let (banded, (tallies, mut seen)) = progress::shown(source, job.output.progress, || {
        pass::cells(source, plan, &understood.numeric)
    })?;
    seen.notes.splice(0..0, banded);
    let roles = judge::roles(report);
    let mut redrawing = Redrawing::new(job, rules);
    let kept = computed.kept(!job.statistics.metrics.is_empty());
    for tally in &tallies {
        let tables = table::tables(tally, plan);
        if let Some((name, value, groups)) = table::unknown_reference(&tables, plan) {
            return Err(no_reference(&name, &value, &groups));
        }
        let filling = Filling {
            scenario: &tally.scenario,
            axes: &tally.axes,
            metrics: &computed.metrics,
            kept: &kept,
            narrow: &computed.beside,
            roles: &roles,
            confidence: job.statistics.confidence,
            shrinks_all: computed.shrinks_all,
            // It takes milliseconds, where a whole audit may take ten.
            shrinks_shown: style::style(&job.output).wide,
            reference: &plan.reference.0,
        };
        let Filled {
            groups,
            measures,
            uncovered,
            notes,
        } = filling.fill(&tables);
        report.groups.extend(groups);
        report.measures.extend(measures);
        redrawing.see(tally, &tables, plan, report);
        report.pooled.extend(pooling.of(tally, &tables));
        if report.profile.facts.is_none() {
            report.profile = profile::of(tally);
            report.profile.facts = super::profile::facts(job, plan, (tally, &tables));
        }
        if report.uncovered.is_empty() {
            report.uncovered = uncovered;
            seen.notes.extend(notes);
        }
    }
    redrawing.settle(report);
    suppress::groups(job, &tallies, report);
    // The process ends soon: to give back a hundred thousand pieces of memory one by one would take
    // a tenth of the time of the whole audit.
    std::mem::forget(tallies);
    seen.notes.extend(pool::notes(&report.pooled));
    let controlled = plan.splits.iter().any(|split| split.role == Role::Control);
    if controlled && computed.is_judged {
        let note = "with `--control` rules are judged within each stratum; all strata together \
                    are shown and not judged";
        seen.notes.push(note.to_owned());
    }
    count_rows(report, &seen);
    let mut groups = report.groups.iter();
    let whole = groups.find(|group| group.attribute == "overall");
    // What was not counted before was read in this pass; of an empty file no batch came.
    let inputs = report.record.inputs.iter_mut();
    for (at, input) in inputs.enumerate().filter(|(_, input)| input.rows.is_none()) {
        input.rows = Some(seen.inputs.get(at).copied().unwrap_or(0));
    }
    let rows = &mut report.record.rows;
    rows.effective = whole
        .filter(|_| plan.weight.is_some())
        .and_then(|g| g.effective);
    Ok(seen)
}

/// What became of the rows.
pub(super) fn count_rows(report: &mut Report, seen: &Seen) {
    let rows = &mut report.record.rows;
    rows.read = Some(seen.rows);
    rows.excluded.clone_from(&seen.excluded);
    rows.used = Some(seen.rows - seen.excluded.values().sum::<u64>().min(seen.rows));
}

/// The error for a reference that no group is.
fn no_reference(attribute: &str, value: &str, groups: &[String]) -> Error {
    const SHOWN: usize = 10;
    let meant = nearest(value, groups);
    let mut shown: Vec<&str> = groups.iter().map(String::as_str).take(SHOWN).collect();
    if groups.len() > SHOWN {
        shown.push("…");
    }
    Error::Flag {
        flag: "--reference",
        value: format!("{attribute}={value}"),
        problem: "no group has this value",
        remedy: match meant {
            Some(meant) => format!("did you mean `{attribute}={meant}`?"),
            None => format!("groups: {}", shown.join(", ")),
        },
    }
}

/// The report before anything was computed.
pub(super) fn empty(job: &Audit, source: &dyn Source, understood: &Understood) -> Report {
    let mut settings = understood.settings.clone();
    settings.extend(settings_of(&job.statistics, &job.gate));
    let is_digested = job.digest || job.gate.sequential.is_some();
    let sha256 = |path: &str| digest::sha256(Path::new(path)).ok();
    let inputs = source.inputs().into_iter().map(|input| InputReport {
        sha256: is_digested.then(|| sha256(&input.path)).flatten(),
        path: input.path,
        format: input.format,
        bytes: input.bytes,
        rows: input.rows,
    });
    let columns = source.columns().len() as u64;
    let inputs = inputs.collect();
    let mut report = bare::bare(&job.command, job.statistics.seed, settings, inputs);
    report.record.rows.columns = columns;
    report
}

/// The settings that are not about roles.
fn settings_of(statistics: &Statistics, gate: &Gate) -> BTreeMap<String, Setting> {
    let missing = match statistics.missing {
        Missing::Group => "group",
        Missing::Drop => "drop",
        Missing::Error => "error",
    };
    let decide = gate.decide.unwrap_or(gate.named.how());
    let undecided = gate.undecided.or(gate.named.undecided());
    let undecided = undecided.map_or("", Undecided::name);
    let rules: Vec<String> = gate.rules.iter().map(Entry::text).collect();
    let accepts: Vec<&str> = gate.accepts.iter().map(|a| a.rule.text.as_str()).collect();
    let against = gate.against.as_ref();
    let against = against.map_or(String::new(), |path| path.display().to_string());
    let sequential = gate.sequential.as_ref();
    let sequential = sequential.map_or(String::new(), |path| path.display().to_string());
    let tolerance = Some(gate.tolerance).filter(|tolerance| *tolerance > 0.0);
    let tolerance = tolerance.map_or(String::new(), |tolerance| tolerance.to_string());
    let adjust = gate.adjust.unwrap_or_default();
    let bootstrap = statistics
        .bootstrap
        .map_or(String::new(), |n| n.to_string());
    let is_seeded = statistics.bootstrap.is_some() || adjust == Adjust::Maxt;
    let seed = is_seeded.then(|| statistics.seed.to_string());
    let seed = seed.unwrap_or_default();
    let list = [
        ("adjust", adjust.name().to_owned()),
        ("decide", decide.name().to_owned()),
        ("undecided", undecided.to_owned()),
        ("config", gate.config.clone().unwrap_or_default()),
        ("rule", rules.join("; ")),
        ("accept", accepts.join("; ")),
        ("confidence", statistics.confidence.to_string()),
        ("min-group", statistics.min_group.to_string()),
        ("missing", missing.to_owned()),
        ("bootstrap", bootstrap),
        ("seed", seed),
        (
            "suppress",
            statistics.suppress.map_or(String::new(), |k| k.to_string()),
        ),
        ("metrics", statistics.metrics.join(",")),
        ("policy", gate.policy.clone()),
        ("require", gate.require.join("; ")),
        ("against", against),
        ("sequential", sequential),
        ("tolerance", tolerance),
        ("fail-on", gate.fail_on.name().to_owned()),
        ("strict", gate.strict.to_string()),
        ("exit-zero", gate.exit_zero.to_string()),
    ];
    let setting = |(name, value): (&str, String)| {
        let source = gate.sources.get(name).copied();
        let setting = Setting {
            value,
            source: source.unwrap_or(SettingSource::Default),
            why: None,
        };
        (name.replace('-', "_"), setting)
    };
    list.into_iter()
        .filter(|(_, value)| !value.is_empty() && value != "false")
        .map(setting)
        .collect()
}

/// Says which spelling was taken for the positive, where nobody said.
pub(super) fn spell(report: &mut Report, understood: &Understood, seen: &Seen) {
    let spelled = |column: &str| {
        let found = seen.spellings.iter().find(|(name, ..)| name == column);
        found.and_then(|(_, _, positive)| positive.first())
    };
    let settings = &mut report.record.settings;
    for key in ["label", "prediction"] {
        let Some(setting) = settings.get_mut(key) else {
            continue;
        };
        let outcomes = understood.plan.label.iter();
        let is_open = key == "prediction"
            || outcomes
                .into_iter()
                .any(|outcome| outcome.positive.is_none());
        let Some(positive) = spelled(&setting.value).filter(|_| is_open) else {
            continue;
        };
        setting.value = format!("{}={positive}", setting.value);
    }
}
