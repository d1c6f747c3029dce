//! What a report says where counts under K are not to be published (`--suppress`).
//!
//! In: a report that is filled and not judged yet, and which of its groups are hidden (`privacy`). Out:
//! the same without a number that rests on what is hidden. Findings are made of this report, after it:
//! whatever a renderer or a later `check` says is worked out from published numbers alone, and can
//! give away no more than these do.
//!
//! Every struct is taken apart field by field, without `..`: a field that is added later does not
//! compile until somebody has said whether it is published. What stays is on a list, not what goes.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{
    ColumnProfile, GroupReport, InputReport, MeasureReport, MetricValue, Profile, Record, Report,
    Rows, Values,
};
use crate::metrics::{self, Against, Eval, Undefined};
use crate::stats::Interval;
use crate::stats::hierarchical::Shrunk;

/// Digits of what is no ratio of two counts that are published beside it.
const DIGITS: i32 = 2;
/// Numbers of a group that are worked out from its own rows, rates apart: the others of the
/// attribute do not come in.
const OWN: &[&str] = &[
    "rows",
    "weight",
    "auc",
    "balanced_accuracy",
    "f1_score",
    "informedness",
    "matthews_correlation_coefficient",
    "score_kolmogorov_smirnov_distance",
    "positive_likelihood_ratio",
    "negative_likelihood_ratio",
];

/// Hides groups, in the order of the report's, and all that compares others with them.
pub fn groups(report: &mut Report, hidden: &[bool]) {
    let all = report.groups.iter().zip(hidden);
    let open = all.filter(|(_, hidden)| **hidden);
    let open: BTreeSet<String> = open.map(|(group, _)| group.attribute.clone()).collect();
    // What a share is of, where that is published: the whole, or that of a stratum.
    let totals = report.groups.iter().zip(hidden);
    let totals: BTreeMap<Option<Values>, f64> = totals
        .filter(|(group, hidden)| group.attribute == "overall" && !**hidden)
        .filter_map(|(group, _)| Some((group.stratum.clone(), group.weight?)))
        .collect();
    for (group, hidden) in report.groups.iter_mut().zip(hidden) {
        let is_whole = !open.contains(&group.attribute);
        let share = group.weight.zip(totals.get(&group.stratum).copied());
        let is_of_published = group.share == share.map(|(own, all)| own / all);
        if *hidden || !(is_whole || is_of_published) {
            group.share = None;
        }
        seal_group(group, *hidden, is_whole);
    }
    // Which pairs there are says which group is the largest or the best.
    report.measures.retain(|measure| {
        measure.against == Against::Extremes || !open.contains(&measure.attribute)
    });
    for measure in &mut report.measures {
        let is_whole = !open.contains(&measure.attribute);
        seal_measure(measure, is_whole);
    }
    report.pooled.retain(|row| !open.contains(&row.attribute));
}

fn seal_group(group: &mut GroupReport, is_hidden: bool, is_whole: bool) {
    let GroupReport {
        scenario: _,
        attribute: _,
        stratum: _,
        group: _,
        reference,
        missing: _,
        rows,
        weight,
        effective,
        share: _,
        counts,
        metrics,
    } = group;
    if !is_whole {
        // The largest or the best says how large or how good the hidden ones are at most.
        *reference = false;
    }
    if is_hidden {
        (*rows, *weight, *effective) = (None, None, None);
        *counts = super::model::CellCounts::default();
    }
    for (name, value) in metrics {
        let is_own = is_rate(name) || OWN.contains(&name.as_str());
        if is_hidden || !is_whole && !is_own {
            *value = MetricValue {
                reason: Some(Undefined::Suppressed),
                ..MetricValue::default()
            };
        } else {
            seal_value(value, is_rate(name), is_whole);
        }
    }
}

/// A number that is published. What a rate is made of is published beside it, so that its digits say
/// no more.
fn seal_value(metric: &mut MetricValue, is_rate: bool, is_whole: bool) {
    let MetricValue {
        value,
        reason: _,
        numerator: _,
        denominator: _,
        rows: _,
        squares: _,
        error,
        shift,
        freedom,
        interval,
        shrunk,
    } = metric;
    if !is_whole {
        *shrunk = None;
    }
    if is_rate {
        return;
    }
    for number in [value, error, shift] {
        *number = number.map(|x| rounded(x, DIGITS));
    }
    // Effective rows are rows, of which some may lack a score.
    *freedom = freedom.map(|x| rounded(x, 1));
    round_interval(interval);
    if let Some(Shrunk { mean, low, high }) = shrunk {
        for number in [mean, low, high] {
            *number = rounded(*number, DIGITS);
        }
    }
}

fn seal_measure(measure: &mut MeasureReport, is_whole: bool) {
    let MeasureReport {
        scenario: _,
        attribute: _,
        stratum: _,
        metric,
        against: _,
        value,
        reason,
        interval,
        p,
        chance,
        partial,
        lowest,
        highest,
        group,
        reference,
    } = measure;
    if is_whole {
        if !is_of_rates(metric) {
            *value = value.map(|x| rounded(x, DIGITS));
            round_interval(interval);
        }
        return;
    }
    (*value, *reason) = (None, Some(Undefined::Suppressed));
    (*interval, *p, *chance) = (None, None, None);
    *partial = true;
    (*lowest, *highest, *group, *reference) = (None, None, None, None);
}

/// Hides what is not of a group: how many rows were read, who lacks a value, notes with numbers.
/// `k` is the least count that is published.
pub fn rest(report: &mut Report, k: u64) {
    let Report {
        schema: _,
        tool: _,
        record,
        verdict: _,
        findings,
        groups,
        measures: _,
        publication,
        comparison,
        pooled: _,
        controls,
        baselines,
        justice,
        uncovered: _,
        profile,
        notes,
    } = report;
    let whole = groups.iter().find(|group| group.attribute == "overall");
    let whole = whole.and_then(|group| group.rows);
    seal_record(record, whole, k);
    seal_profile(profile, groups, whole.is_some());
    // Judging makes them, and has not been here.
    findings.clear();
    (*publication, *comparison) = (None, None);
    controls.clear();
    baselines.clear();
    justice.clear();
    notes.retain(|note| !note.chars().any(char::is_numeric));
}

fn seal_record(record: &mut Record, whole: Option<u64>, k: u64) {
    let Record {
        command: _,
        seed: _,
        inputs,
        settings,
        rows,
        redrawn,
        sequential,
    } = record;
    for input in inputs {
        let InputReport {
            path: _,
            format: _,
            bytes,
            rows,
            sha256,
        } = input;
        // As many bytes are about as many rows; a digest tells which of some tables it was.
        (*bytes, *rows, *sha256) = (None, None, None);
    }
    for setting in settings.values_mut() {
        setting.why = setting
            .why
            .take()
            .filter(|why| !why.chars().any(char::is_numeric));
    }
    (*redrawn, *sequential) = (None, None);
    let Rows {
        read,
        used,
        excluded,
        columns: _,
        effective,
    } = rows;
    let is_published = |count: u64| count == 0 || count >= k;
    let are_published = |whole: u64, read: u64, used: u64, excluded: &BTreeMap<String, u64>| {
        let differences = [
            read.abs_diff(whole),
            read.abs_diff(used),
            whole.abs_diff(used),
        ];
        let mut all = differences.into_iter().chain(excluded.values().copied());
        all.all(is_published)
    };
    match (whole, *read, *used) {
        (Some(whole), Some(a), Some(b)) if are_published(whole, a, b, excluded) => {}
        _ => {
            (*read, *used, *effective) = (None, None, None);
            excluded.clear();
        }
    }
}

/// What checks of a profile found was made of published groups alone. A column stays where nobody
/// lacks a value of it, or where those who do are a group that is
/// published beside the whole.
fn seal_profile(profile: &mut Profile, groups: &[GroupReport], has_whole: bool) {
    let Profile {
        columns,
        facts: _,
        sections: _,
    } = profile;
    columns.retain(|column| {
        let ColumnProfile {
            name,
            values: _,
            missing,
            missing_share: _,
            bands: _,
        } = column;
        let lacks = |group: &GroupReport| {
            let stratum = group.stratum.iter().flat_map(|values| values.iter());
            let mut all = group.group.iter().chain(stratum);
            let is_own = all
                .next()
                .is_some_and(|(key, value)| key == name && value.is_none());
            is_own && all.next().is_none() && group.rows == Some(*missing)
        };
        *missing == 0 || has_whole && groups.iter().any(lacks)
    });
}

/// Whether a metric is a ratio of two counts of a group.
fn is_rate(name: &str) -> bool {
    metrics::find(name).is_some_and(|metric| matches!(metric.eval, Eval::Rate(..)))
}

/// Whether it is that, or compares such.
fn is_of_rates(name: &str) -> bool {
    match metrics::find(name).map(|metric| metric.eval) {
        Some(Eval::Rate(..)) => true,
        Some(Eval::Gap(_, bases, _)) => bases.iter().all(|base| is_rate(base)),
        _ => false,
    }
}

fn round_interval(interval: &mut Option<Interval>) {
    if let Some(Interval {
        low,
        high,
        confidence: _,
        method: _,
    }) = interval
    {
        (*low, *high) = (rounded(*low, DIGITS), rounded(*high, DIGITS));
    }
}

/// To so many significant digits.
fn rounded(value: f64, digits: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    // Through text, so that 0.1 is the 0.1 that is written so.
    let decimals = usize::try_from(digits - 1).unwrap_or(0);
    format!("{value:.decimals$e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_the_list_is_a_number_of_a_group() {
        for name in OWN {
            let metric = metrics::find(name).filter(|metric| metric.name == *name);
            let metric = metric.unwrap_or_else(|| panic!("no metric {name}"));
            assert!(matches!(metric.eval, Eval::Group(_)), "{name}");
        }
    }

    #[test]
    fn two_digits_are_two_whatever_the_size() {
        let both = [0.123_456, 1_234.0, -0.000_987_6, 0.0].map(|x| rounded(x, 2));
        assert_eq!(both, [0.12, 1_200.0, -0.000_99, 0.0]);
        assert!(rounded(f64::INFINITY, 2).is_infinite());
    }
}
