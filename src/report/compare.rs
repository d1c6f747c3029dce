//! What changed since an earlier report, as a table; no layout: `table` and `markdown` draw it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::findings::about;
use super::groups::confidence;
use super::label;
use super::layout::Column;
use super::model::{Finding, Report};
use super::number::Numbers;
use super::safe::Safe;
use crate::metrics::Compare;
use crate::policy::{Change, Changed};
use crate::stats::Interval;

/// What a report was compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The earlier one, as it was named: a file, or a prediction column.
    pub from: String,
    /// The later one; `null` where it is the audit itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<String>,
    /// By how much a number may worsen.
    pub tolerance: f64,
    /// Findings that only the earlier one has.
    pub vanished: Vec<String>,
}

/// A change as a word.
fn word(changed: Changed) -> &'static str {
    match changed {
        Changed::Worse => "worse",
        Changed::Better => "better",
        Changed::Same => "same",
        Changed::New => "new",
        Changed::Unknown => "unknown",
    }
}

/// The line above the table, as escaped text.
pub fn caption(comparison: &Comparison) -> String {
    let from = Safe(&comparison.from);
    let tolerance = comparison.tolerance;
    let to = match &comparison.to {
        Some(to) => format!("from {from} to {}", Safe(to)),
        None => format!("since {from}"),
    };
    format!("changes {to}, tolerance {tolerance}")
}

/// The findings that have a change: what got worse first, then what got better.
pub fn changed(report: &Report) -> Vec<(&Finding, &Change)> {
    let all = report.findings.iter();
    let mut list: Vec<_> = all.filter_map(|f| Some((f, f.change.as_ref()?))).collect();
    list.sort_by_key(|(_, change)| match change.status {
        Changed::Worse => 0,
        Changed::Better => 1,
        Changed::Same => 2,
        Changed::New | Changed::Unknown => 3,
    });
    list
}

/// The columns of some changes; off a terminal with names as they are.
pub fn columns(
    list: &[(&Finding, &Change)],
    several: bool,
    numbers: Numbers,
    off_terminal: bool,
) -> Vec<Column> {
    let each = |text: &dyn Fn(&Finding, &Change) -> String| -> Vec<String> {
        list.iter().map(|(f, c)| text(f, c)).collect()
    };
    let number = |value: Option<f64>| match value {
        Some(value) => numbers.decimal(value, 3),
        None => numbers.none().to_owned(),
    };
    let scaled = |scale: Compare, value: f64| match scale {
        Compare::Ratio => format!("{}{}", numbers.times(), numbers.decimal(value, 3)),
        Compare::Difference if value > 0.0 => format!("+{}", numbers.decimal(value, 3)),
        Compare::Difference => numbers.decimal(value, 3),
    };
    let interval = |scale: Compare, interval: &Interval| {
        let (low, high) = (scaled(scale, interval.low), scaled(scale, interval.high));
        format!("{low} to {high}")
    };
    let none = || numbers.none().to_owned();
    let names = list
        .iter()
        .map(|(f, _)| (about(f, several, false), about(f, several, true)));
    let measures = list.iter().map(|(f, _)| {
        let text = if off_terminal {
            Safe(&f.metric).text()
        } else {
            label::metric(&f.metric)
        };
        (f.metric.clone(), text)
    });
    let heading = list.iter().find_map(|(_, change)| change.interval.as_ref());
    let heading = heading.map_or("interval".to_owned(), confidence);
    vec![
        Column::words("", 0, each(&|_, c| word(c.status).to_owned())),
        Column::names("groups", names.collect()),
        Column::names("measure", measures.collect()),
        Column::numbers("before", 0, each(&|_, c| number(c.from))),
        Column::numbers("after", 0, each(&|_, c| number(c.to))),
        Column::numbers(
            "change",
            0,
            each(&|_, c| c.value.map_or_else(none, |value| scaled(c.scale, value))),
        ),
        Column::numbers(
            heading,
            1,
            each(&|_, c| {
                c.interval
                    .as_ref()
                    .map_or_else(none, |i| interval(c.scale, i))
            }),
        ),
    ]
}
