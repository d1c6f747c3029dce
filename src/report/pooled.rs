//! Like compared with like: a gap within the strata of a control, pooled over them, as data and as a
//! table; no layout: `table` and `markdown` draw it.
//!
//! In: what `run` pooled. Out: columns of escaped text. A number that does not exist is `null`. All
//! pooled numbers of a row lie on the same side of equality, by their formulas.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::groups::confidence;
use super::label::{self, joined, shown};
use super::layout::Column;
use super::model::{Report, Values};
use super::number::Numbers;
use super::safe::Safe;
use crate::stats::interval::Interval;
pub use crate::stats::reading::Reading;
use crate::stats::spread::Limited;
use crate::stats::strata::Homogeneity;

/// One rate of a group held against the reference, over all rows and within strata.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PooledReport {
    /// Whose decisions.
    pub scenario: String,
    /// What the strata are of: a column, or `a*b`.
    pub control: String,
    /// How numbers were banded, as `--bins` takes it, where the scan did it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bins: Option<String>,
    /// Which attribute.
    pub attribute: String,
    /// The group.
    pub group: Values,
    /// The group it is held against.
    pub reference: Values,
    /// The rate that is compared: `selection_rate`.
    pub metric: String,
    /// All rows together.
    pub crude: Gaps,
    /// Mantel and Haenszel's, over the strata in which both groups have rows.
    pub pooled: Gaps,
    /// Pooled − crude difference.
    pub moved: Option<f64>,
    /// The pooled and the crude difference lie on opposite sides of 0, however far.
    pub reversed: bool,
    /// What the two intervals say; `null` where one is missing.
    pub reading: Option<Reading>,
    /// Cochran, Mantel and Haenszel's test that within strata the rates are the same.
    pub association_p: Option<f64>,
    /// Breslow and Day's test, with Tarone's correction, that the odds ratio is the same everywhere.
    pub homogeneity: Option<Homogeneity>,
    /// Strata in which both groups have rows.
    pub strata_used: u64,
    /// Strata in which only one of them has: they say nothing.
    pub strata_left_out: u64,
    /// Rows of the two groups in those.
    pub rows_left_out: u64,
}

/// Two rates compared in three ways.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gaps {
    /// group − reference.
    pub difference: Option<Gap>,
    /// group / reference.
    pub ratio: Option<Gap>,
    /// The odds of the group by those of the reference.
    pub odds_ratio: Option<Gap>,
}

/// A number and its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The number.
    pub value: f64,
    /// The confidence interval.
    pub interval: Option<Interval>,
}

impl Gap {
    /// With its limits, where it has some.
    pub fn limited(&self) -> Option<Limited> {
        let interval = self.interval?;
        Some((interval.low, self.value, interval.high))
    }
}

/// A table of pooled gaps: its caption, its rows, and what is to be said of them.
pub struct Shown<'a> {
    /// The line above, as escaped text.
    pub caption: String,
    /// The rows, those that are left out on a terminal not among them.
    pub rows: Vec<&'a PooledReport>,
    /// How many are left out.
    pub more: usize,
    /// Whether each row has a control of its own.
    pub scanned: bool,
    /// Whether the caption says the rate, which is the same in every row.
    pub one_rate: bool,
    /// The lines under it.
    pub foot: Vec<String>,
}

/// The tables of a report: what was pooled over the controls, and what a scan found. `most` rows at
/// most of each; then also without products of columns and small groups, unless a paradox is there.
pub fn tables(report: &Report, most: usize) -> Vec<Shown<'_>> {
    let is_all = most == usize::MAX;
    let worth = |row: &&PooledReport| {
        let is_single = row.group.len() == 1 && row.reading != Some(Reading::Small);
        is_all || is_single || row.reading.is_some_and(Reading::is_paradox)
    };
    let mut tables = Vec::new();
    for (scanned, all) in [(false, &report.pooled), (true, &report.controls)] {
        let Some(first) = all.first() else { continue };
        let mut rows: Vec<&PooledReport> = all.iter().filter(worth).collect();
        rows.truncate(most);
        let one_rate = all.iter().all(|row| row.metric == first.metric);
        tables.push(Shown {
            caption: caption(first, scanned, one_rate),
            more: all.len() - rows.len(),
            foot: foot(&rows),
            rows,
            scanned,
            one_rate,
        });
    }
    tables
}

fn caption(first: &PooledReport, scanned: bool, one_rate: bool) -> String {
    let rate = if one_rate {
        format!(", {}", label::metric(&first.metric))
    } else {
        String::new()
    };
    if scanned {
        format!("like with like, within each column alone{rate}: what moves most")
    } else {
        format!("like with like, within {}{rate}", Safe(&first.control))
    }
}

fn foot(rows: &[&PooledReport]) -> Vec<String> {
    let mut lines = vec![
        "Mantel-Haenszel differences; a column that explains a gap does not excuse it".to_owned(),
    ];
    let differing = rows.iter().filter(|row| differs(row));
    let differing: BTreeSet<String> = differing.map(|row| Safe(&row.control).text()).collect();
    if !differing.is_empty() {
        let names: Vec<String> = differing.into_iter().collect();
        lines.push(format!(
            "odds ratios differ between strata (Breslow-Day p < 0.05), read each: {}",
            names.join(", ")
        ));
    }
    if rows.iter().any(|row| row.strata_left_out > 0) {
        lines.push("strata that only one of the two groups is in are left out".to_owned());
    }
    lines
}

/// Whether one pooled number hides that strata differ.
fn differs(row: &PooledReport) -> bool {
    // Where a gap is not told at all, strata are so thin that the test's χ² is not one.
    let is_told = !matches!(row.reading, Some(Reading::Small | Reading::Unclear) | None);
    is_told && row.homogeneity.is_some_and(|alike| alike.p < 0.05)
}

/// What a row is about: `gender: Female - Male`; on a terminal without the reference, which stands
/// above each group table.
fn about(row: &PooledReport, several: bool, escape: bool, is_brief: bool) -> String {
    let text = |raw: &str| {
        if escape {
            Safe(raw).text()
        } else {
            raw.to_owned()
        }
    };
    let group = |values: &Values, attribute: &str| {
        if escape {
            shown(values, attribute)
        } else {
            joined(values, attribute)
        }
    };
    let scenario = several.then(|| format!("{}, ", text(&row.scenario)));
    let reference = (!is_brief).then(|| format!(" - {}", group(&row.reference, &row.attribute)));
    format!(
        "{}{}: {}{}",
        scenario.unwrap_or_default(),
        text(&row.attribute),
        group(&row.group, &row.attribute),
        reference.unwrap_or_default()
    )
}

/// The columns of a table; off a terminal with names as they are.
pub fn columns(table: &Shown, several: bool, numbers: Numbers, off_terminal: bool) -> Vec<Column> {
    let cells = Cells(numbers);
    let rows = &table.rows;
    let each = |text: &dyn Fn(&PooledReport) -> String| -> Vec<String> {
        rows.iter().map(|row| text(row)).collect()
    };
    let mut columns = names(table, several, off_terminal);
    let mut found = rows.iter().filter_map(|row| row.pooled.difference.as_ref());
    let heading = found.find_map(|gap| gap.interval.as_ref().map(confidence));
    let heading = heading.unwrap_or("interval".to_owned());
    columns.extend([
        Column::numbers(
            "crude",
            0,
            each(&|r| cells.signed(r.crude.difference.as_ref())),
        ),
        Column::numbers(
            "pooled",
            0,
            each(&|r| cells.signed(r.pooled.difference.as_ref())),
        ),
        Column::numbers(
            heading,
            1,
            each(&|r| cells.interval(r.pooled.difference.as_ref())),
        ),
        Column::words("reading", 0, each(&|r| cells.word(r.reading))),
        Column::numbers("p alike", 2, each(&|r| cells.probability(r.homogeneity))),
    ]);
    if off_terminal {
        columns.extend([
            Column::numbers(
                "pooled ratio",
                3,
                each(&|r| cells.plain(r.pooled.ratio.as_ref())),
            ),
            Column::numbers(
                "pooled odds ratio",
                3,
                each(&|r| cells.plain(r.pooled.odds_ratio.as_ref())),
            ),
        ]);
    }
    columns
}

/// The columns that say what a row is about.
fn names(table: &Shown, several: bool, off_terminal: bool) -> Vec<Column> {
    let rows = table.rows.iter();
    let mut columns = Vec::new();
    if table.scanned {
        let controls = rows
            .clone()
            .map(|row| (row.control.clone(), Safe(&row.control).text()));
        columns.push(Column::names("within", controls.collect()));
    }
    let groups = rows.clone().map(|row| {
        let about = |escape| about(row, several, escape, !off_terminal);
        (about(false), about(true))
    });
    columns.push(Column::names("groups", groups.collect()));
    if !table.one_rate {
        let rates = rows.map(|row| {
            let text = if off_terminal {
                Safe(&row.metric).text()
            } else {
                label::metric(&row.metric)
            };
            (row.metric.clone(), text)
        });
        columns.push(Column::names("rate", rates.collect()));
    }
    columns
}

/// How numbers are written here.
struct Cells(Numbers);

impl Cells {
    fn none(&self) -> String {
        self.0.none().to_owned()
    }

    fn sign(&self, value: f64) -> String {
        let text = self.0.decimal(value, 3);
        // What rounds to 0 has no sign.
        if value >= 0.0005 {
            format!("+{text}")
        } else {
            text
        }
    }

    fn signed(&self, gap: Option<&Gap>) -> String {
        gap.map_or_else(|| self.none(), |gap| self.sign(gap.value))
    }

    fn plain(&self, gap: Option<&Gap>) -> String {
        gap.map_or_else(|| self.none(), |gap| self.0.decimal(gap.value, 3))
    }

    fn interval(&self, gap: Option<&Gap>) -> String {
        let interval = gap.and_then(|gap| gap.interval);
        let ends = |i: Interval| format!("{} to {}", self.sign(i.low), self.sign(i.high));
        interval.map_or_else(|| self.none(), ends)
    }

    fn word(&self, reading: Option<Reading>) -> String {
        let word = |reading| match reading {
            Reading::Small => "too few",
            reading => reading.word(),
        };
        reading.map_or_else(|| self.none(), |reading| word(reading).to_owned())
    }

    fn probability(&self, alike: Option<Homogeneity>) -> String {
        match alike {
            None => self.none(),
            Some(alike) if alike.p < 0.001 => "<0.001".to_owned(),
            Some(alike) => self.0.decimal(alike.p, 3),
        }
    }
}
