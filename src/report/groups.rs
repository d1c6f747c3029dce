//! The groups of a report as tables: which rows, in which order, with which columns.
//!
//! In: a report. Out: sections (one attribute of one scenario in one stratum) and their columns as
//! text. No layout: `table` and `markdown` draw them.

use std::collections::{BTreeMap, BTreeSet};

use super::Style;
use super::label::{self, joined, shown, shown_pairs};
use super::layout::Column;
use super::model::{CellCounts, GroupReport, MeasureReport, MetricValue, Report, Values};
use super::number::Numbers;
use super::safe::Safe;
use crate::metrics::{Against, Undefined};
use crate::stats::Interval;
use crate::stats::hierarchical::Shrunk;

/// The groups of one attribute, of one scenario, in one stratum.
#[derive(Debug)]
pub struct Section<'a> {
    /// Whose decisions.
    pub scenario: &'a str,
    /// Which attribute.
    pub attribute: &'a str,
    /// The stratum of the controls.
    pub stratum: Option<&'a Values>,
    /// The reference first, then by rows; groups with a missing value last.
    pub groups: Vec<&'a GroupReport>,
    /// Each group's selection (or favorable) rate over the reference's.
    ratios: BTreeMap<Place<'a>, &'a MeasureReport>,
}

impl<'a> Section<'a> {
    /// Whether several columns make its groups.
    pub fn is_intersection(&self) -> bool {
        self.groups.first().is_some_and(|g| g.group.len() > 1)
    }

    /// The group that the others are held against.
    pub fn reference(&self) -> Option<&'a GroupReport> {
        self.groups.iter().copied().find(|g| g.reference)
    }

    /// What the section is, in words: `race, dept=A (reference White)`.
    pub fn caption(&self) -> String {
        let stratum = self.stratum.map(|s| format!(", {}", shown_pairs(s)));
        let reference = self.reference().map(|reference| {
            let name = shown(&reference.group, self.attribute);
            format!(" (reference {name})")
        });
        let attribute = Safe(self.attribute).text();
        [Some(attribute), stratum, reference]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The names of its groups, raw and shown.
    pub fn names(&self, groups: &[&GroupReport]) -> Vec<(String, String)> {
        let name = |g: &&GroupReport| {
            (
                joined(&g.group, self.attribute),
                shown(&g.group, self.attribute),
            )
        };
        groups.iter().map(name).collect()
    }

    /// A section of groups of several sections, each with its own ratio.
    #[must_use]
    pub fn merged(&self, groups: &[(&Section<'a>, &'a GroupReport)]) -> Self {
        let ratio = |(section, group): &(&Section<'a>, &'a GroupReport)| {
            let place = place(group);
            Some((place, *section.ratios.get(&place)?))
        };
        Self {
            scenario: self.scenario,
            attribute: self.attribute,
            stratum: self.stratum,
            groups: groups.iter().map(|(_, group)| *group).collect(),
            ratios: groups.iter().filter_map(ratio).collect(),
        }
    }

    /// What a group's ratio is, if it has one.
    fn ratio(&self, group: &GroupReport) -> Option<f64> {
        self.ratios.get(&place(group)).and_then(|m| m.value)
    }

    /// How far a group is from the reference: |ln ratio|; infinite where it is 0.
    fn distance(&self, group: &GroupReport) -> Option<f64> {
        self.ratio(group).map(|ratio| ratio.ln().abs())
    }
}

/// A group of one scenario: its stratum and its values.
type Place<'a> = (Option<&'a Values>, &'a Values);

fn place(group: &GroupReport) -> Place<'_> {
    (group.stratum.as_ref(), &group.group)
}

type Key<'a> = (&'a str, &'a str, Option<&'a Values>);

/// Every section, in the report's order.
pub fn sections(report: &Report) -> Vec<Section<'_>> {
    let wanted = ratio_metric(report);
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
                ratios: BTreeMap::new(),
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
        let compared = measure.against != Against::Extremes && Some(&*measure.metric) == wanted;
        if let (true, Some(&index), Some(group)) = (compared, at.get(&key), &measure.group) {
            let ratios = &mut list[index].ratios;
            let kept = ratios.entry((key.2, group)).or_insert(measure);
            if measure.against == Against::Reference {
                *kept = measure;
            }
        }
    }
    for section in &mut list {
        section.groups.sort_by(|a, b| order(a).cmp(&order(b)));
    }
    list
}

fn order(group: &GroupReport) -> (bool, bool, std::cmp::Reverse<Option<u64>>, &Values) {
    let rows = std::cmp::Reverse(group.rows);
    (!group.reference, group.missing, rows, &group.group)
}

/// The name of the ratio that is shown beside the selection rate, of those the report has.
fn ratio_metric(report: &Report) -> Option<&'static str> {
    let names: BTreeSet<&str> = report.measures.iter().map(|m| m.metric.as_str()).collect();
    let candidates = if punitive(report) {
        &PUNITIVE_RATIOS[..]
    } else {
        &RATIOS[..]
    };
    candidates.iter().copied().find(|name| names.contains(name))
}

/// Whether the positive outcome is one that nobody wants.
pub fn punitive(report: &Report) -> bool {
    let setting = report.record.settings.get("favorable");
    setting.is_some_and(|s| s.value == "negative")
}

/// The rows below which a number decides nothing, as far as the record says.
pub fn min_group(report: &Report) -> Option<u64> {
    let settings = &report.record.settings;
    let setting = settings
        .get("min_group")
        .or_else(|| settings.get("min-group"));
    setting.and_then(|s| s.value.parse().ok())
}

/// Whether its weights say something else than its rows.
fn is_weighted(group: &GroupReport) -> bool {
    group.weight != group.rows.map(|rows| rows as f64)
}

/// Rows in the denominator of a metric: unweighted, whatever the weights. Of what is suppressed there
/// is no number to be shown or hidden for being of few.
fn denominator_rows(metric: &str, value: &MetricValue, group: &GroupReport) -> u64 {
    let Some(all) = group.rows else {
        return u64::MAX;
    };
    if !is_weighted(group) {
        return value.denominator.map_or(all, |d| d as u64);
    }
    let CellCounts {
        tp, fp, fn_, tn, ..
    } = group.counts;
    let sum = |parts: [Option<u64>; 2]| match parts {
        [Some(a), Some(b)] => a + b,
        _ => all,
    };
    match metric {
        "selection_rate" | "favorable_rate" => group.counts.predicted.unwrap_or(all),
        "base_rate" => group.counts.labelled.unwrap_or(all),
        "true_positive_rate" | "false_negative_rate" => sum([tp, fn_]),
        "false_positive_rate" | "true_negative_rate" => sum([fp, tn]),
        "positive_predictive_value" | "false_discovery_rate" => sum([tp, fp]),
        "negative_predictive_value" | "false_omission_rate" => sum([fn_, tn]),
        "accuracy" | "error_rate" => sum([tp, fp]).saturating_add(sum([fn_, tn])),
        _ => all,
    }
}

/// What stands for a number that is suppressed.
pub const SUPPRESSED: &str = "*";

/// The line that says what the mark means, where it is used.
pub fn legend(report: &Report) -> Option<String> {
    let setting = report.record.settings.get("suppress")?;
    let is_used = report.groups.iter().any(|group| group.rows.is_none());
    is_used.then(|| {
        let k = Safe(&setting.value);
        format!("{SUPPRESSED} suppressed: a count under {k}, or what would reveal one")
    })
}

/// How the cells of group tables are written.
#[derive(Debug, Clone, Copy)]
pub struct Cells {
    /// The signs of numbers.
    pub numbers: Numbers,
    /// Decimals of rates that are no percentages.
    pub decimals: usize,
    /// Numbers on fewer rows than this are not shown.
    pub min_group: Option<u64>,
    /// Every metric there is, not only those with a column of their own place.
    pub every: bool,
}

/// The rank of columns that are the first to go.
const LAST: u8 = 9;

/// A metric with a column of its own place: name, heading, rank.
const KNOWN: [(&str, &str, u8); 8] = [
    ("true_positive_rate", "TPR", 2),
    ("false_positive_rate", "FPR", 2),
    ("positive_predictive_value", "PPV", 4),
    ("accuracy", "accuracy", 4),
    ("auc", "AUC", 3),
    ("base_rate", "base rate", 5),
    ("fair_loss", "fair loss", 6),
    ("just_loss", "just loss", 6),
];

/// The ratio beside the selection rate: the first that a report has.
const RATIOS: [&str; 3] = [
    "selection_rate_ratio",
    "demographic_parity_ratio",
    "disparate_impact",
];
/// The same where the positive outcome is one that nobody wants.
const PUNITIVE_RATIOS: [&str; 2] = ["favorable_rate_ratio", "disparate_impact"];

/// The metrics that tables for people are made of, unless every one is asked for.
pub fn core() -> impl Iterator<Item = &'static str> {
    let known = KNOWN.iter().map(|(name, ..)| *name);
    let others = [&ELSEWHERE[..], &RATIOS[..], &PUNITIVE_RATIOS[..]];
    known.chain(others.into_iter().flatten().copied())
}

/// Whether every metric of a report is shown: all that were named with `--metrics` are.
pub fn every(report: &Report, style: &Style) -> bool {
    style.wide || report.record.settings.contains_key("metrics")
}

/// What the other columns already show.
const ELSEWHERE: [&str; 5] = [
    "rows",
    "weight",
    "share",
    "selection_rate",
    "favorable_rate",
];

impl Cells {
    /// The columns of some of a section's groups; the first holds their names.
    pub fn columns(
        &self,
        section: &Section,
        groups: &[&GroupReport],
        names: Vec<(String, String)>,
        punitive: bool,
    ) -> Vec<Column> {
        let or_mark = |text: Option<String>| text.unwrap_or_else(|| SUPPRESSED.to_owned());
        let rows = groups
            .iter()
            .map(|g| or_mark(g.rows.map(|n| self.numbers.count(n))));
        let mut columns = vec![
            Column::names("group", names),
            Column::numbers("rows", 0, rows.collect()),
        ];
        if groups.iter().any(|g| is_weighted(g)) {
            let sum = |of: Option<f64>| or_mark(of.map(|x| self.numbers.sum(x)));
            let cells = groups.iter().map(|g| sum(g.weight));
            columns.push(Column::numbers("weight", 3, cells.collect()));
            let cells = groups.iter().map(|g| sum(g.effective));
            columns.push(Column::numbers("effective", 6, cells.collect()));
        }
        let shares = groups.iter().map(|g| match g.share {
            Some(share) => self.numbers.percent(share),
            None if g.rows.is_none() => SUPPRESSED.to_owned(),
            None => self.none(),
        });
        columns.push(Column::numbers("share", 2, shares.collect()));
        self.push_rate(&mut columns, groups, "selection_rate", "selected", 0);
        if punitive {
            self.push_rate(&mut columns, groups, "favorable_rate", "favorable", 1);
        }
        if !section.ratios.is_empty() {
            let cells = groups.iter().map(|g| self.ratio_cell(section, g)).collect();
            columns.push(Column::numbers("ratio", 1, cells));
        }
        self.push_metrics(&mut columns, groups);
        // Elsewhere it would take its room from the names.
        if self.every {
            self.push_shrunk(&mut columns, groups);
        }
        columns
    }

    /// A share in percent, and its interval.
    fn push_rate(
        &self,
        columns: &mut Vec<Column>,
        groups: &[&GroupReport],
        metric: &str,
        heading: &str,
        rank: u8,
    ) {
        let values: Vec<_> = groups.iter().map(|g| g.metrics.get(metric)).collect();
        if values.iter().all(Option::is_none) {
            return;
        }
        let shown: Vec<_> = groups
            .iter()
            .zip(&values)
            .map(|(g, value)| value.filter(|v| !self.is_small(metric, v, g)))
            .collect();
        let cells = values.iter().zip(&shown).map(|(value, shown)| {
            match (shown.and_then(|v| v.value), value.and_then(|v| v.value)) {
                (Some(share), _) => self.numbers.percent(share),
                (None, Some(_)) => format!("n<{}", self.min_group.unwrap_or_default()),
                (None, None) => self.missing(*value),
            }
        });
        columns.push(Column::numbers(heading, rank, cells.collect()));
        let intervals: Vec<Option<Interval>> =
            shown.iter().map(|v| v.and_then(|v| v.interval)).collect();
        if let Some(first) = intervals.iter().flatten().next() {
            let heading = confidence(first);
            let cells = intervals.iter().map(|interval| {
                interval.map_or(self.none(), |i| self.numbers.percent_interval(&i))
            });
            columns.push(Column::numbers(heading, 2, cells.collect()));
        }
    }

    /// The selection rate as it leans on the other groups' (small groups too: that is what it is
    /// for), and its interval.
    fn push_shrunk(&self, columns: &mut Vec<Column>, groups: &[&GroupReport]) {
        let shrunk: Vec<Option<Shrunk>> = groups
            .iter()
            .map(|g| g.metrics.get("selection_rate")?.shrunk)
            .collect();
        if shrunk.iter().all(Option::is_none) {
            return;
        }
        let cells = |text: &dyn Fn(&Shrunk) -> String| -> Vec<String> {
            let cell = |s: &Option<Shrunk>| s.as_ref().map_or(self.none(), text);
            shrunk.iter().map(cell).collect()
        };
        let means = cells(&|s| self.numbers.percent(s.mean));
        columns.push(Column::numbers("shrunk", LAST, means));
        let limits = cells(&|s| self.numbers.percent_range(s.low, s.high));
        columns.push(Column::numbers("shrunk CI", LAST, limits));
    }

    fn ratio_cell(&self, section: &Section, group: &GroupReport) -> String {
        if group.reference {
            return "ref".to_owned();
        }
        let rate = group.metrics.get("selection_rate");
        match section.ratio(group) {
            Some(ratio) if !rate.is_some_and(|v| self.is_small("selection_rate", v, group)) => {
                self.numbers.decimal(ratio, self.decimals)
            }
            _ => self.none(),
        }
    }

    /// The known metrics in their order, then the others by name where they are wanted.
    fn push_metrics(&self, columns: &mut Vec<Column>, groups: &[&GroupReport]) {
        let names: BTreeSet<&str> = groups
            .iter()
            .flat_map(|g| g.metrics.keys().map(String::as_str))
            .collect();
        let known = KNOWN
            .iter()
            .filter(|(name, ..)| names.contains(name))
            .map(|(name, heading, rank)| (*name, (*heading).to_owned(), *rank));
        let is_known = |name: &str| KNOWN.iter().any(|(known, ..)| *known == name);
        let others = names
            .iter()
            .filter(|name| self.every && !is_known(name) && !ELSEWHERE.contains(name))
            .map(|name| (*name, label::metric(name), LAST));
        for (name, heading, rank) in known.chain(others) {
            let cells = groups.iter().map(|g| self.metric_cell(name, g)).collect();
            columns.push(Column::numbers(heading, rank, cells));
        }
    }

    fn metric_cell(&self, metric: &str, group: &GroupReport) -> String {
        let value = group.metrics.get(metric);
        match value.and_then(|v| v.value.map(|x| (v, x))) {
            Some((v, x)) if !self.is_small(metric, v, group) => {
                self.numbers.decimal(x, self.decimals)
            }
            _ => self.missing(value),
        }
    }

    /// What stands for a number that is not there.
    fn missing(&self, value: Option<&MetricValue>) -> String {
        match value.and_then(|v| v.reason) {
            Some(Undefined::Suppressed) => SUPPRESSED.to_owned(),
            _ => self.none(),
        }
    }

    fn is_small(&self, metric: &str, value: &MetricValue, group: &GroupReport) -> bool {
        self.min_group
            .is_some_and(|min| denominator_rows(metric, value, group) < min)
    }

    fn none(&self) -> String {
        self.numbers.none().to_owned()
    }
}

/// The heading of intervals: `95% CI`.
pub fn confidence(interval: &Interval) -> String {
    // 99.9 % is one of the levels that people ask for.
    let percent = (interval.confidence * 1000.0).round() / 10.0;
    format!("{percent}% CI")
}

/// The groups of some sections that are furthest from their reference, at most `most`, furthest
/// first; those that cannot be compared or are too small do not come in.
pub fn furthest<'a, 'b>(
    sections: &'b [&'b Section<'a>],
    min_group: Option<u64>,
    most: usize,
) -> Vec<(&'b Section<'a>, &'a GroupReport)> {
    let small = |g: &GroupReport| {
        let value = g.metrics.get("selection_rate");
        let of_metric = |v| Some(denominator_rows("selection_rate", v, g));
        let rows = value.map_or(g.rows, of_metric);
        min_group.is_some_and(|min| rows.is_none_or(|rows| rows < min))
    };
    let mut all: Vec<_> = sections
        .iter()
        .flat_map(|s| s.groups.iter().map(move |g| (*s, *g)))
        .filter(|(_, g)| !g.reference && !g.missing && !small(g))
        .filter_map(|(s, g)| s.distance(g).map(|d| (d, s, g)))
        .collect();
    // A stable sort: equals stay in the report's order.
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.truncate(most);
    all.into_iter().map(|(_, s, g)| (s, g)).collect()
}
