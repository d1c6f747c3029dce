//! The justice section of an audit: how wrong decisions are for whom, what a model answered, whether a
//! record exists; and what was not looked at, with the option that would.
//!
//! In: a report that is judged, and what was heard of a model. Out: its first section of `justice`.
//! No number is computed here: each is one of the report's own groups or comparisons.

use std::path::Path;

use super::heard::Heard;
use super::judge;
use crate::cli::Audit;
use crate::data::Role;
use crate::metrics::Against;
use crate::profile::section::{Kind, Line, Section, Table, Value};
use crate::report::model::{GroupReport, JUSTICE, MeasureReport, MetricValue, Report, Values};

/// What is told by group: the metric, what people call it, and whether it is a share.
const TOLD: [(&str, &str, bool); 6] = [
    ("just_loss", "just loss", false),
    ("fair_loss", "fair loss", false),
    ("fidelity", "fidelity", true),
    ("flip_rate", "flip rate", true),
    ("recourse_rate", "have a way", true),
    ("recourse_cost", "cost of a way", false),
];
/// What an audit tells without being asked, with the gaps between groups.
const UNASKED: [&str; 4] = [
    "just_loss",
    "just_loss_difference",
    "fair_loss",
    "fair_loss_difference",
];
/// Groups of one attribute that are listed again here; of more, `groups` has them.
const MOST: usize = 100;
/// What is said of a run that is recorded, until its path is known.
const RECORDED: &str = "this run is recorded";

/// What is computed beside what was named or is shown; nothing where it would be published, and the
/// groups of the report did not have it.
pub(super) fn beside(job: &Audit, is_named: bool) -> &'static [&'static str] {
    if is_named && job.statistics.suppress.is_some() {
        return &[];
    }
    &UNASKED
}

/// Puts the section, and those of what was heard, into the report.
pub(super) fn add(report: &mut Report, heard: Option<Heard>, is_recorded: bool) {
    let parts = parts(report);
    let mut section = Section {
        name: JUSTICE.to_owned(),
        title: "justice: what is owed to those who are decided upon".to_owned(),
        tables: vec![gaps(&parts), groups(&parts, heard.is_some())],
        notes: Vec::new(),
    };
    section.tables.retain(|table| !table.rows.is_empty());
    let lacking = lacking(report);
    section
        .notes
        .extend(lacking.map(|why| format!("just loss and fair loss {why}")));
    let mut training = None;
    let (said, mut others) = match heard {
        None => {
            let asks = "not looked at: flip rate, recourse gap, fidelity (`--justice`)";
            section.notes.push(asks.to_owned());
            (Said::NotAsked, Vec::new())
        }
        Some(heard) => {
            section.notes.extend(told(report, &heard));
            section.notes.extend(heard.notes);
            training = heard.training;
            let said = match heard.withheld {
                Some(why) => Said::Withheld(why),
                None => Said::Told {
                    about: heard.about,
                    ways_about: heard.ways_about,
                },
            };
            (said, heard.sections)
        }
    };
    section.notes.push(if is_recorded {
        RECORDED.to_owned()
    } else {
        "no record of this run (`--record run.json` writes one)".to_owned()
    });
    let mut looked_at = looked_at(report, &said, (lacking, is_recorded));
    if let Some((path, is_record)) = training {
        let (status, note) = if is_record {
            ("told", format!("the model's training is on record: {path}"))
        } else if path.is_empty() {
            (
                "none",
                "nothing is known of the program's training".to_owned(),
            )
        } else {
            (
                "told",
                format!("{path} says how the model was fitted, and is no record"),
            )
        };
        let line = Line::new().text("what", "training").text("status", status);
        looked_at.push(line.text("how", &path));
        section.notes.push(note);
    }
    section.tables.push(looked_at);
    report.justice = vec![section];
    report.justice.append(&mut others);
}

/// Says where the record is, in a report that is not within it.
pub(super) fn recorded(report: &mut Report, path: &Path) {
    let Some(section) = report.justice.iter_mut().find(|own| own.name == JUSTICE) else {
        return;
    };
    let path = path.display().to_string();
    for note in section.notes.iter_mut().filter(|note| *note == RECORDED) {
        *note = format!("record of this run: {path}");
    }
    let rows = section.tables.iter_mut().flat_map(|table| &mut table.rows);
    for row in rows {
        let said = row.get_mut("how");
        if let Some(said) = said.filter(|own| **own == Value::Text(RECORDED.to_owned())) {
            *said = Value::Text(path.clone());
        }
    }
}

/// What became of the questions to a model.
enum Said {
    NotAsked,
    Withheld(String),
    Told { about: String, ways_about: String },
}

/// One attribute of one scenario: its groups, and how far they lie apart.
struct Part<'a> {
    scenario: &'a str,
    attribute: &'a str,
    groups: Vec<&'a GroupReport>,
    gaps: Vec<&'a MeasureReport>,
}

/// All rows, single columns, and products that were named; in one look at the report, which may have a
/// hundred thousand groups.
fn parts(report: &Report) -> Vec<Part<'_>> {
    let mut parts: Vec<Part> = Vec::new();
    let mut last: Option<(&str, &str, bool)> = None;
    for group in report.groups.iter().filter(|group| group.stratum.is_none()) {
        let (scenario, attribute) = (group.scenario.as_str(), group.attribute.as_str());
        let is_own = match last {
            Some((a, b, is_own)) if (a, b) == (scenario, attribute) => is_own,
            _ => {
                let is_own = attribute == "overall"
                    || judge::is_single(attribute, group.group.len(), report);
                if is_own {
                    parts.push(Part {
                        scenario,
                        attribute,
                        groups: Vec::new(),
                        gaps: Vec::new(),
                    });
                }
                is_own
            }
        };
        last = Some((scenario, attribute, is_own));
        if let (true, Some(part)) = (is_own, parts.last_mut()) {
            part.groups.push(group);
        }
    }
    for gap in &report.measures {
        if gap.against != Against::Extremes || gap.stratum.is_some() {
            continue;
        }
        let base = gap.metric.strip_suffix("_difference");
        if !TOLD.iter().any(|(name, ..)| Some(*name) == base) {
            continue;
        }
        let mut own = parts.iter_mut();
        let own = own.find(|own| own.scenario == gap.scenario && own.attribute == gap.attribute);
        if let Some(part) = own {
            part.gaps.push(gap);
        }
    }
    parts
}

fn has_several(parts: &[Part]) -> bool {
    parts.iter().any(|part| part.scenario != parts[0].scenario)
}

/// A table, with a column for the scenario where there are several.
fn titled(name: &str, title: &str, parts: &[Part]) -> Table {
    let table = Table::new(name, title);
    if has_several(parts) {
        return table.column("scenario", "scenario", Kind::Text, 0);
    }
    table
}

/// A line of it.
fn line(part: &Part, is_several: bool) -> Line {
    let line = Line::new().text("attribute", part.attribute);
    if is_several {
        return line.text("scenario", part.scenario);
    }
    line
}

/// How far groups lie apart.
fn gaps(parts: &[Part]) -> Table {
    let is_several = has_several(parts);
    let title = "justice: just loss is by how much too high, fair loss how wrong, on average";
    let mut table = titled("gaps", title, parts)
        .column("measure", "measure", Kind::Text, 0)
        .column("attribute", "of", Kind::Text, 0)
        .column("lowest", "lowest", Kind::Group, 1)
        .column("highest", "highest", Kind::Group, 1)
        .column("low", "low", Kind::Number, 2)
        .column("high", "high", Kind::Number, 2)
        .column("gap", "gap", Kind::Number, 0)
        .column("gap_interval", "interval", Kind::NumberInterval, 0);
    // Of groups by several columns the largest gap is mostly chance: `measures` has it.
    let is_single = |part: &&Part| part.groups.first().is_some_and(|own| own.group.len() == 1);
    for part in parts.iter().filter(is_single) {
        for (metric, called, _) in TOLD {
            let is_own =
                |own: &&&MeasureReport| own.metric.strip_suffix("_difference") == Some(metric);
            let Some(gap) = part.gaps.iter().find(is_own) else {
                continue;
            };
            let (Some(value), Some(lowest), Some(highest)) = (gap.value, &gap.lowest, &gap.highest)
            else {
                continue;
            };
            let of = |values: &Values| {
                let group = part.groups.iter().find(|own| own.group == *values);
                let value = group.and_then(|own| own.metrics.get(metric)?.value);
                value.ok_or("undefined")
            };
            table.push(
                line(part, is_several)
                    .text("measure", called)
                    .group("lowest", lowest.clone())
                    .group("highest", highest.clone())
                    .number("low", of(lowest))
                    .number("high", of(highest))
                    .number("gap", Ok(value))
                    .interval("gap_interval", gap.interval, "no_interval"),
            );
        }
    }
    table
}

/// The same numbers of every group, with their intervals; those of a model where `is_asked`.
fn groups(parts: &[Part], is_asked: bool) -> Table {
    let is_several = has_several(parts);
    let listed: Vec<&Part> = parts
        .iter()
        .filter(|part| part.groups.len() <= MOST)
        .collect();
    let all = || listed.iter().flat_map(|part| &part.groups);
    let is_there = |name: &str| all().any(|own| own.metrics.contains_key(name));
    let there: Vec<_> = TOLD.iter().filter(|(name, ..)| is_there(name)).collect();
    let title = if is_asked {
        "justice by group: how wrong decisions are, and what a model answered"
    } else {
        "justice by group: how wrong decisions are"
    };
    let mut table = titled("groups", title, parts)
        .detail()
        .column("attribute", "of", Kind::Text, 0)
        .column("group", "group", Kind::Group, 0)
        .column("rows", "rows", Kind::Count, 3);
    for (name, called, is_share) in &there {
        let kinds = if *is_share {
            (Kind::Share, Kind::ShareInterval)
        } else {
            (Kind::Number, Kind::NumberInterval)
        };
        table = table.column(name, called, kinds.0, 1).column(
            &format!("{name}_interval"),
            "interval",
            kinds.1,
            2,
        );
    }
    let is_told = |group: &GroupReport| {
        there.iter().any(|(name, ..)| {
            let own = group.metrics.get(*name);
            own.is_some_and(|own| own.value.is_some())
        })
    };
    for part in &listed {
        for group in part.groups.iter().filter(|own| is_told(own)) {
            let mut line = line(part, is_several).group("group", group.group.clone());
            line = match group.rows {
                Some(rows) => line.count("rows", rows),
                None => line.nothing("rows", "suppressed"),
            };
            for (name, ..) in &there {
                line = value(line, name, group.metrics.get(*name));
            }
            table.push(line);
        }
    }
    table
}

fn value(line: Line, name: &str, own: Option<&MetricValue>) -> Line {
    let interval = format!("{name}_interval");
    let Some(own) = own else {
        return line
            .nothing(name, "not_asked")
            .nothing(&interval, "not_asked");
    };
    match (own.value, own.reason) {
        (Some(value), _) => {
            let line = line.number(name, Ok(value));
            line.interval(&interval, own.interval, "no_interval")
        }
        (None, Some(why)) => line.metric(name, Err(why)).nothing(&interval, "undefined"),
        (None, None) => line
            .nothing(name, "undefined")
            .nothing(&interval, "undefined"),
    }
}

/// What is missing for losses to be known.
fn lacking(report: &Report) -> Option<&'static str> {
    let roles = judge::roles(report);
    let has = |role| roles.contains(&role);
    if !has(Role::Label) {
        Some("need a label (`-y COL`)")
    } else if !has(Role::Prediction) && !has(Role::Score) {
        Some("need decisions or scores (`-p COL`, `--score COL`)")
    } else {
        let first = report.groups.first();
        let is_there = first.is_some_and(|own| own.metrics.contains_key("just_loss"));
        (!is_there).then_some("were not asked for (`--metrics`)")
    }
}

/// Who was asked, how far that stands for the table's decisions, and what is not told.
fn told(report: &Report, heard: &Heard) -> Vec<String> {
    let mut notes = vec![format!("asked: {}", heard.about)];
    let whole = report.groups.iter().find(|own| own.attribute == "overall");
    let fidelity = whole.and_then(|own| own.metrics.get("fidelity")?.value);
    match (&heard.withheld, fidelity) {
        (Some(why), _) => notes.push(format!(
            "flips and ways are not told: {why}; `--model` says who made them"
        )),
        (None, Some(share)) if share < 1.0 => notes.push(format!(
            "flips and ways are those of who was asked, who decides {:.1} % of the rows as the table \
             does: not the table's own",
            100.0 * share
        )),
        _ => {}
    }
    notes
}

/// Why a number is not there, of who was asked.
fn nothing(what: &str, has_refused: bool) -> &'static str {
    match what {
        "fidelity" => "the table has no decisions (`-p COL`)",
        "flip_rate" => "no single column has groups that could be flipped",
        "recourse_cost" if has_refused => "nobody who was looked at has a way",
        _ => "nobody is without the favorable decision",
    }
}

/// What was looked at and what was not, and which option would.
fn looked_at(report: &Report, said: &Said, (lacking, is_recorded): (Option<&str>, bool)) -> Table {
    let title = "justice: what was looked at, and what was not";
    let mut table = Table::new("looked_at", title)
        .column("what", "what", Kind::Text, 0)
        .column("status", "status", Kind::Text, 0)
        .column("how", "how", Kind::Text, 0)
        .detail();
    let mut row = |what: &str, status: &str, how: &str| {
        let line = Line::new().text("what", what).text("status", status);
        table.push(line.text("how", how));
    };
    for what in ["just_loss", "fair_loss"] {
        match lacking {
            Some(why) => row(what, "not_told", why),
            None => row(what, "told", ""),
        }
    }
    let is_there = |name: &str| {
        let mut groups = report.groups.iter();
        groups.any(|own| own.metrics.contains_key(name))
    };
    for what in ["fidelity", "flip_rate", "recourse_rate", "recourse_cost"] {
        match said {
            Said::NotAsked => row(what, "not_asked", "--justice"),
            Said::Withheld(why) if is_there(what) => row(what, "told", why),
            Said::Withheld(why) => row(what, "withheld", why),
            Said::Told { about, ways_about } if is_there(what) => {
                let is_of_ways = what.starts_with("recourse");
                row(what, "told", if is_of_ways { ways_about } else { about });
            }
            Said::Told { .. } => row(what, "not_told", nothing(what, is_there("recourse_rate"))),
        }
    }
    if is_recorded {
        row("record", "told", RECORDED);
    } else {
        row("record", "none", "--record");
    }
    table
}
