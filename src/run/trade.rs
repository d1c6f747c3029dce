//! What each remedy gains and costs, as tables.
//!
//! In: scenarios that were measured, and the report that holds their groups and comparisons. Out: a
//! section and what deserves a look. Every number is one of the report, or a difference of two.

use super::scenarios::{ADDED, Compared, GAPS, Measured, PERFORMANCE, Scenario};
use crate::metrics::{Undefined, Value};
use crate::profile::section::{Fact, Kind, Line, Section, Table};
use crate::report::model::Report;
use crate::stats::Interval;

/// Why a number has no interval.
const NO_INTERVAL: &str = "no_interval";

/// A remedy in words.
pub struct Remedy {
    /// The scenario.
    pub name: String,
    /// Where it acts.
    pub stage: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What it did to all rows: `weights 0.70 to 1.23`.
    pub did: String,
}

/// Everything that is said of the scenarios.
pub struct Trade<'a> {
    /// As they are shown: what the table has, plain, remedies.
    pub scenarios: &'a [Scenario],
    /// What was measured.
    pub measured: &'a Measured,
    /// The name of the attribute.
    pub attribute: &'a str,
    /// The remedies in words.
    pub remedies: &'a [Remedy],
}

/// The number that is shown of a scenario.
struct Shown {
    value: Option<f64>,
    reason: Option<Undefined>,
    interval: Option<Interval>,
}

/// The gaps in decisions, of which the worst counts: a remedy that changes decisions alone can
/// lower them.
const DECIDED: [&str; 3] = [
    "selection_rate_difference",
    "true_positive_rate_difference",
    "false_positive_rate_difference",
];

/// The worst of the gaps in decisions; those that are undefined do not count.
fn worst(values: &[Value]) -> Value {
    let gaps = values[PERFORMANCE.len()..].iter().zip(GAPS);
    let decided = gaps.filter(|(_, name)| DECIDED.contains(name));
    let known = decided.filter_map(|(value, _)| value.ok());
    known.reduce(f64::max).ok_or(Undefined::OneGroup)
}

/// The name of the worst gap.
fn worst_name(measured: &Measured, values: &[Value]) -> Option<&'static str> {
    let worst = worst(values).ok()?;
    let mut each = measured.names().zip(values).skip(PERFORMANCE.len());
    let found = each.find(|(name, value)| DECIDED.contains(name) && **value == Ok(worst));
    found.map(|(name, _)| name)
}

fn accuracy(values: &[Value]) -> Value {
    values[0]
}

impl Trade<'_> {
    /// The section, and what deserves a look.
    pub fn section(&self, report: &Report) -> (Section, Vec<Fact>) {
        let notes = self.remedies.iter().filter(|remedy| !remedy.did.is_empty());
        let notes = notes.map(|remedy| format!("{}: {}", remedy.name, remedy.did));
        let section = Section {
            name: "mitigation".to_owned(),
            title: "what each remedy gains and costs".to_owned(),
            tables: vec![
                self.trade(),
                self.performance(report),
                self.gaps(report),
                self.parts(report),
                self.changes(report),
                self.said(),
            ],
            notes: notes.collect(),
        };
        (section, self.facts(report))
    }

    fn plain(&self) -> Option<&Scenario> {
        let mut scenarios = self.scenarios.iter();
        scenarios.find(|scenario| scenario.stage == Some("none"))
    }

    /// The names of the gaps.
    fn gap_names(&self) -> impl Iterator<Item = &'static str> {
        self.measured
            .names()
            .skip(PERFORMANCE.len())
            .take(GAPS.len())
    }

    /// A number of a scenario as the audit has it; the interval that the audit does not have is that
    /// of the parts.
    fn shown(&self, report: &Report, scenario: &Scenario, name: &str) -> Shown {
        let found = if PERFORMANCE.contains(&name) {
            of_all(report, &scenario.name, name)
        } else {
            self.of_groups(report, &scenario.name, name)
        };
        let at = self.measured.names().position(|own| own == name);
        let Some(at) = at else { return found };
        let value = scenario.numbers.values[at];
        let range = self.measured.metrics[at].range;
        let own = self
            .measured
            .own(&scenario.numbers, &|values| values[at], range);
        // Groups that are small are in the audit's gaps, and not in these.
        let is_same = value.ok() == found.value;
        Shown {
            interval: found.interval.filter(|_| is_same).or(own),
            value: value.ok(),
            reason: value.err(),
        }
    }

    /// The scenario's change from the plain model.
    fn change(
        &self,
        to: &Scenario,
        of: &dyn Fn(&[Value]) -> Value,
    ) -> Option<(f64, Option<Interval>)> {
        let plain = self.plain().filter(|plain| plain.name != to.name)?;
        self.measured.change((&plain.numbers, &to.numbers), of)
    }

    /// Whether no other scenario is at least as good in both and better in one.
    fn is_on_front(&self, one: &Scenario) -> bool {
        let both = |numbers: &Compared| {
            let values = &numbers.values;
            Some((accuracy(values).ok()?, worst(values).ok()?))
        };
        let Some((good, gap)) = both(&one.numbers) else {
            return false;
        };
        let is_beaten = |other: &Scenario| {
            both(&other.numbers).is_some_and(|(other_good, other_gap)| {
                other_good >= good && other_gap <= gap && (other_good > good || other_gap < gap)
            })
        };
        let mut fitted = self.scenarios.iter().filter(|other| other.stage.is_some());
        one.stage.is_some() && !fitted.any(is_beaten)
    }

    fn trade(&self) -> Table {
        let title = format!(
            "accuracy against the worst gap in selection rate, TPR or FPR between the groups of {}, \
             and their changes from plain; front: no other is better in both",
            self.attribute
        );
        let mut table = Table::new("trade", title)
            .column("scenario", "", Kind::Text, 0)
            .column("front", "front", Kind::Text, 3)
            .column("accuracy", "accuracy", Kind::Share, 0)
            .column("accuracy_change", "change", Kind::Gap, 2)
            .column("accuracy_change_interval", "interval", Kind::Interval, 5)
            .column("worst_gap", "worst gap", Kind::Gap, 0)
            .column("worst_gap_interval", "interval", Kind::Interval, 7)
            .column("worst_gap_change", "change", Kind::Gap, 1)
            .column("worst_gap_change_interval", "interval", Kind::Interval, 4)
            .column("worst_gap_metric", "in", Kind::Text, 6);
        for scenario in self.scenarios {
            let values = &scenario.numbers.values;
            let gap = self.measured.own(&scenario.numbers, &worst, (0.0, 1.0));
            let mut line = Line::new()
                .text("scenario", &scenario.name)
                .text(
                    "front",
                    if self.is_on_front(scenario) {
                        "yes"
                    } else {
                        ""
                    },
                )
                .metric("accuracy", accuracy(values))
                .metric("worst_gap", worst(values))
                .interval("worst_gap_interval", gap, NO_INTERVAL)
                .text(
                    "worst_gap_metric",
                    worst_name(self.measured, values).unwrap_or_default(),
                );
            for (name, of) in [
                ("accuracy_change", accuracy as fn(&[Value]) -> Value),
                ("worst_gap_change", worst),
            ] {
                line = changed(line, name, self.change(scenario, &of));
            }
            table.push(line);
        }
        table
    }

    fn performance(&self, report: &Report) -> Table {
        let mut table = Table::new(
            "performance",
            "how good the held-out decisions and scores are",
        )
        .column("scenario", "", Kind::Text, 0)
        .column("accuracy", "accuracy", Kind::Share, 0)
        .column("accuracy_interval", "interval", Kind::ShareInterval, 1)
        .column("balanced_accuracy", "balanced", Kind::Share, 0)
        .column(
            "balanced_accuracy_interval",
            "interval",
            Kind::ShareInterval,
            4,
        )
        .column("auc", "AUC", Kind::Number, 0)
        .column("auc_interval", "interval", Kind::NumberInterval, 5)
        .column("log_loss", "log loss", Kind::Number, 0)
        .column("log_loss_interval", "interval", Kind::NumberInterval, 6);
        for scenario in self.scenarios {
            let mut line = Line::new().text("scenario", &scenario.name);
            for name in PERFORMANCE {
                line = put(line, name, &self.shown(report, scenario, name));
            }
            table.push(line);
        }
        table
    }

    fn gaps(&self, report: &Report) -> Table {
        let title = format!(
            "how far the groups of {} lie apart: ratio, and differences",
            self.attribute
        );
        let mut table = Table::new("gaps", title).column("scenario", "", Kind::Text, 0);
        for name in self.gap_names() {
            let is_ratio = name.ends_with("_ratio");
            let (kind, interval) = if is_ratio {
                (Kind::Number, Kind::NumberInterval)
            } else {
                (Kind::Gap, Kind::Interval)
            };
            let of_interval = format!("{name}_interval");
            table = table.column(name, heading(name), kind, 0).column(
                &of_interval,
                "interval",
                interval,
                5,
            );
        }
        for scenario in self.scenarios {
            let mut line = Line::new().text("scenario", &scenario.name);
            for name in self.gap_names() {
                line = put(line, name, &self.shown(report, scenario, name));
            }
            table.push(line);
        }
        table
    }

    /// Whether the gap is in the labels already, or the model's own.
    fn parts(&self, report: &Report) -> Table {
        let title = format!(
            "gaps between the groups of {}: in the labels, in the decisions, and what the model adds",
            self.attribute
        );
        let mut table = Table::new("parts", title).column("scenario", "", Kind::Text, 0);
        let columns = [
            ("base_rate_difference", "label gap"),
            ("selection_rate_difference", "decision gap"),
            (ADDED, "added"),
        ];
        for (name, heading) in columns {
            table = table.column(name, heading, Kind::Gap, 0).column(
                &format!("{name}_interval"),
                "interval",
                Kind::Interval,
                1,
            );
        }
        for scenario in self.scenarios {
            let mut line = Line::new().text("scenario", &scenario.name);
            for (name, _) in columns {
                line = put(line, name, &self.shown(report, scenario, name));
            }
            table.push(line);
        }
        table
    }

    /// Every number, and its change from the plain model.
    fn changes(&self, report: &Report) -> Table {
        let title = "every number, and its change from plain over the same rows";
        let mut table = Table::new("changes", title)
            .column("scenario", "", Kind::Text, 0)
            .column("metric", "measure", Kind::Text, 0)
            .column("value", "value", Kind::Number, 0)
            .column("value_interval", "interval", Kind::NumberInterval, 2)
            .column("change", "change", Kind::Gap, 0)
            .column("change_interval", "interval", Kind::Interval, 1)
            .detail();
        for scenario in self.scenarios {
            for (at, name) in self.measured.names().enumerate() {
                let shown = self.shown(report, scenario, name);
                let line = Line::new()
                    .text("scenario", &scenario.name)
                    .text("metric", name);
                let line = put(line, "value", &shown);
                let change = self.change(scenario, &|values| values[at]);
                table.push(changed(line, "change", change));
            }
        }
        table
    }

    fn said(&self) -> Table {
        let mut table = Table::new("remedies", "what each remedy did to all rows")
            .column("scenario", "", Kind::Text, 0)
            .column("stage", "acts", Kind::Text, 0)
            .column("did", "what it did", Kind::Text, 0)
            .column("source", "source", Kind::Text, 1)
            .detail();
        for remedy in self.remedies {
            table.push(
                Line::new()
                    .text("scenario", &remedy.name)
                    .text("stage", remedy.stage)
                    .text("did", &remedy.did)
                    .text("source", remedy.source),
            );
        }
        table
    }

    /// A comparison of the groups, over extremes.
    fn of_groups(&self, report: &Report, scenario: &str, metric: &str) -> Shown {
        let found = report.measures.iter().find(|measure| {
            measure.metric == metric
                && measure.scenario == scenario
                && measure.attribute == self.attribute
                && measure.stratum.is_none()
                && measure.against == crate::metrics::Against::Extremes
        });
        Shown {
            value: found.and_then(|measure| measure.value),
            reason: found.and_then(|measure| measure.reason),
            interval: found.and_then(|measure| measure.interval),
        }
    }

    fn facts(&self, report: &Report) -> Vec<Fact> {
        let said = [self.said_of_parts(report), self.said_of_best()];
        let weights = [0.9, 0.8];
        let facts = said
            .into_iter()
            .zip(weights)
            .filter_map(|(message, weight)| {
                Some(Fact {
                    section: "mitigation".to_owned(),
                    message: message?,
                    weight,
                })
            });
        facts.collect()
    }

    fn said_of_parts(&self, report: &Report) -> Option<String> {
        let plain = self.plain()?;
        let gap = |name: &str| self.shown(report, plain, name).value;
        let label = gap("base_rate_difference")?;
        let decision = gap("selection_rate_difference")?;
        let added = decision - label;
        let points = 100.0 * added.abs();
        let turned = match added {
            _ if points < 0.05 => "leaves the gap as it is".to_owned(),
            added if added > 0.0 => format!("widens the gap by {points:.1}"),
            _ => format!("narrows the gap by {points:.1}"),
        };
        Some(format!(
            "between the groups of {}, labels lie {:.1} points apart and the decisions of the plain \
             model {:.1}: the model {turned}",
            self.attribute,
            100.0 * label,
            100.0 * decision,
        ))
    }

    /// The remedy on the front that lowers the worst gap most, for sure.
    fn said_of_best(&self) -> Option<String> {
        let plain = self.plain()?;
        let before = worst(&plain.numbers.values).ok()?;
        let lowers = |scenario: &&Scenario| {
            let change = self.change(scenario, &worst);
            let is_sure = change
                .and_then(|change| change.1)
                .is_some_and(|i| i.high < 0.0);
            is_sure && self.is_on_front(scenario)
        };
        let gap = |scenario: &Scenario| worst(&scenario.numbers.values).unwrap_or(f64::MAX);
        let all = self.scenarios.iter().filter(lowers);
        let Some(best) = all.min_by(|a, b| gap(a).total_cmp(&gap(b))) else {
            let is_alone = self
                .scenarios
                .iter()
                .all(|s| s.stage.is_none_or(|s| s == "none"));
            return (!is_alone).then(|| {
                "no remedy lowers the worst gap by more than chance and stays on the front"
                    .to_owned()
            });
        };
        let (cost, interval) = self.change(best, &accuracy)?;
        let ends = interval.map_or(String::new(), |i| {
            format!(" ({:+.1} to {:+.1})", points(i.low), points(i.high))
        });
        Some(format!(
            "{} takes the worst gap from {:.1} to {:.1} points; accuracy changes by {:+.1}{ends}",
            best.name,
            points(before),
            points(gap(best)),
            points(cost),
        ))
    }
}

/// A number of all rows.
fn of_all(report: &Report, scenario: &str, metric: &str) -> Shown {
    let mut groups = report.groups.iter();
    let overall = groups.find(|group| {
        group.scenario == scenario && group.attribute == "overall" && group.stratum.is_none()
    });
    let found = overall.and_then(|group| group.metrics.get(metric));
    Shown {
        value: found.and_then(|value| value.value),
        reason: found.and_then(|value| value.reason),
        interval: found.and_then(|value| value.interval),
    }
}

fn put(line: Line, name: &str, shown: &Shown) -> Line {
    let value = shown.value.ok_or(shown.reason.unwrap_or(Undefined::NoRows));
    line.metric(name, value)
        .interval(&format!("{name}_interval"), shown.interval, NO_INTERVAL)
}

fn changed(line: Line, name: &str, change: Option<(f64, Option<Interval>)>) -> Line {
    let (value, interval) = match change {
        Some((value, interval)) => (Ok(value), interval),
        None => (Err("nothing_to_compare"), None),
    };
    line.number(name, value)
        .interval(&format!("{name}_interval"), interval, NO_INTERVAL)
}

/// In points, to a tenth; no zero has a sign.
fn points(share: f64) -> f64 {
    (1000.0 * share).round() / 10.0 + 0.0
}

/// What people read above a gap.
fn heading(name: &str) -> &'static str {
    match name {
        "selection_rate_ratio" => "sel. ratio",
        "favorable_rate_ratio" => "fav. ratio",
        "selection_rate_difference" => "selected",
        "true_positive_rate_difference" => "TPR",
        "false_positive_rate_difference" => "FPR",
        "fair_loss_difference" => "|ŷ−y|",
        _ => "ŷ−y",
    }
}
