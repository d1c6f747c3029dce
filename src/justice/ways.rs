//! What ways to another decision come to: tables by group, gaps, and sentences for single rows.
//!
//! In: the ways of the rows that were refused. Out: tables and what deserves a look. Means have
//! Student's intervals, shares Wilson's, the difference of two means Welch's.

use super::actions::{Action, Path, To, level_of, number_of};
use super::changed::mean;
use super::means::of_each_two;
use super::recourse::{Outcome, Recourse};
use crate::data::group::{MISSING, Values};
use crate::profile::section::{Kind, Line, Table};
use crate::read::plain_number;
use crate::stats::{Amount, Fraction, Interval, Law, Spread, interval, pooled_freedom};

/// What the ways of a group come to.
struct Sums {
    refused: Amount,
    feasible: Fraction,
    cost: (Option<f64>, Option<Interval>),
    changes: Option<f64>,
    /// The variance of the mean cost, and its rows.
    spread: Option<(f64, f64)>,
}

impl Recourse<'_> {
    fn sums(&self, outcome: &Outcome, group: u32) -> Sums {
        let case = self.case;
        let own = outcome
            .ways
            .iter()
            .filter(|(row, _)| case.groups[*row as usize] == group);
        let mut refused = Amount::default();
        let mut some = Amount::default();
        let (mut costs, mut counts) = (Vec::new(), Vec::new());
        for (row, way) in own {
            let weight = case.weights[*row as usize];
            let one = Amount {
                rows: 1,
                weight,
                weight_sq: weight * weight,
            };
            refused = refused + one;
            if let Some(way) = way {
                some = some + one;
                costs.push((weight, way.cost));
                counts.push((weight, way.changes.len() as f64));
            }
        }
        let cost = mean(&costs, case.asking.confidence);
        let n = costs.len() as f64;
        let total: f64 = costs.iter().map(|(w, _)| w).sum();
        let spread = cost.0.filter(|_| n > 1.0).map(|middle| {
            let squares: f64 = costs.iter().map(|(w, x)| (w * (x - middle)).powi(2)).sum();
            (squares / (total * total) * n / (n - 1.0), n)
        });
        Sums {
            refused,
            feasible: Fraction::new(some, refused),
            cost,
            changes: mean(&counts, case.asking.confidence).0,
            spread,
        }
    }

    fn groups(&self, outcome: &Outcome) -> Vec<(u32, Sums)> {
        let all = (0..self.case.names.len() as u32).map(|group| (group, self.sums(outcome, group)));
        all.filter(|(_, sums)| sums.refused.rows > 0).collect()
    }

    pub(super) fn by_group(&self, outcome: &Outcome) -> Table {
        let title =
            "refused rows with a way to the favorable decision, and what it costs, by group";
        let mut table = Table::new("recourse", title)
            .column("group", "group", Kind::Group, 0)
            .column("rows", "refused", Kind::Count, 0)
            .column("feasible", "have a way", Kind::Share, 0)
            .column("feasible_interval", "95% CI", Kind::ShareInterval, 3)
            .column("cost", "mean cost", Kind::Number, 0)
            .column("cost_interval", "95% CI", Kind::NumberInterval, 2)
            .column("changes", "features", Kind::Number, 1);
        let confidence = self.case.asking.confidence;
        for (group, sums) in self.groups(outcome) {
            let limits = interval::rate(&sums.feasible, confidence);
            let line = Line::new()
                .group("group", self.case.names[group as usize].clone())
                .count("rows", sums.refused.rows)
                .number("feasible", sums.feasible.value().ok_or("no_rows"))
                .interval("feasible_interval", limits, "no_rows")
                .number("cost", sums.cost.0.ok_or("no_ways"))
                .interval("cost_interval", sums.cost.1, "too_few_rows")
                .number("changes", sums.changes.ok_or("no_ways"));
            table.push(line);
        }
        table
    }

    /// The recourse gap: the mean cost of one group less that of another, by Welch.
    fn gap((one, other): (&Sums, &Sums), confidence: f64) -> (Option<f64>, Option<Interval>) {
        let gap = one.cost.0.zip(other.cost.0).map(|(one, other)| one - other);
        let spreads = one.spread.zip(other.spread);
        let limits = gap.zip(spreads).and_then(|(gap, (a, b))| {
            let freedom = pooled_freedom([(a.0, a.1 - 1.0), (b.0, b.1 - 1.0)]);
            let spread = Spread::of(a.0 + b.0, Law::Student(freedom))?;
            let (low, high) = spread.limits(gap, interval::z(confidence, 1.0)?)?;
            Some(Interval {
                low,
                high,
                confidence,
                method: spread.method(),
            })
        });
        (gap, limits)
    }

    pub(super) fn gaps(&self, outcome: &Outcome) -> Table {
        let title = "the recourse gap: of two groups the first less the second";
        let mut table = Table::new("gaps", title)
            .column("group", "group", Kind::Group, 0)
            .column("other", "less", Kind::Group, 0)
            .column("cost", "mean cost", Kind::Gap, 0)
            .column("cost_interval", "95% CI", Kind::Interval, 1)
            .column("feasible", "have a way", Kind::Gap, 0)
            .column("feasible_interval", "95% CI", Kind::Interval, 2);
        let groups = self.groups(outcome);
        let names = self.case.names;
        for (at, (group, one)) in groups.iter().enumerate() {
            for (other_group, other) in &groups[at + 1..] {
                let confidence = self.case.asking.confidence;
                let (gap, limits) = Self::gap((one, other), confidence);
                let shares = one.feasible.value().zip(other.feasible.value());
                let apart = shares.map(|(one, other)| one - other);
                let far = interval::difference(&one.feasible, &other.feasible, confidence);
                let line = Line::new()
                    .group("group", names[*group as usize].clone())
                    .group("other", names[*other_group as usize].clone())
                    .number("cost", gap.ok_or("no_ways"))
                    .interval("cost_interval", limits, "too_few_rows")
                    .number("feasible", apart.ok_or("no_rows"))
                    .interval("feasible_interval", far, "no_rows");
                table.push(line);
            }
        }
        table
    }

    /// How often each feature changes, of the rows that have a way.
    pub(super) fn features(&self, outcome: &Outcome) -> Table {
        let mut table = Table::new(
            "features",
            "how often a feature changes, of rows with a way",
        )
        .column("feature", "feature", Kind::Text, 0)
        .column("group", "group", Kind::Group, 0)
        .column("share", "changes", Kind::Bar, 0)
        .detail();
        for (at, feature) in self.case.features.iter().enumerate() {
            for group in 0..self.case.names.len() as u32 {
                let own = outcome.ways.iter();
                let own = own.filter(|(row, _)| self.case.groups[*row as usize] == group);
                let ways: Vec<&Path> = own.filter_map(|(_, way)| way.as_ref()).collect();
                let some = ways
                    .iter()
                    .filter(|way| way.changes.iter().any(|(own, _)| *own == at));
                let some = some.count();
                if some > 0 {
                    let line = Line::new()
                        .text("feature", feature.name.clone())
                        .group("group", self.case.names[group as usize].clone());
                    table.push(line.number("share", Ok(some as f64 / ways.len() as f64)));
                }
            }
        }
        table
    }

    /// What is sure of every two groups together: whose ways cost more, and who has fewer.
    pub(super) fn facts(&self, outcome: &Outcome) -> Vec<(f64, String)> {
        if outcome.is_searched {
            // A gap may then be one of the search.
            return Vec::new();
        }
        let groups = self.groups(outcome);
        let confidence = of_each_two(self.case.asking.confidence, groups.len());
        let name = |group: u32| said(&self.case.names[group as usize]);
        let is_apart = |own: &Interval| own.low > 0.0 || own.high < 0.0;
        let mut facts = Vec::new();
        for (at, (group, one)) in groups.iter().enumerate() {
            for (other_group, other) in &groups[at + 1..] {
                let (gap, limits) = Self::gap((one, other), confidence);
                if let (Some(gap), true) = (gap, limits.as_ref().is_some_and(is_apart)) {
                    let (dearer, cheaper) = in_order(gap > 0.0, (*group, *other_group));
                    let said = format!(
                        "a way to the favorable decision costs {} more than {}: by {:.2}",
                        name(dearer),
                        name(cheaper),
                        gap.abs()
                    );
                    facts.push((0.5, said));
                }
                let far = interval::difference(&one.feasible, &other.feasible, confidence);
                let shares = one.feasible.value().zip(other.feasible.value());
                if let (Some(shares), true) = (shares, far.as_ref().is_some_and(is_apart)) {
                    let is_first = shares.0 < shares.1;
                    let (fewer, more) = in_order(is_first, (*group, *other_group));
                    let (low, high) = in_order(is_first, shares);
                    let said = format!(
                        "of the refused {} {:.1}% have a way to the favorable decision, of {} {:.1}%",
                        name(fewer),
                        100.0 * low,
                        name(more),
                        100.0 * high
                    );
                    facts.push((0.5, said));
                }
            }
        }
        facts
    }

    /// What would have to change, for single rows, in a sentence.
    pub(super) fn singles(&self, outcome: &Outcome, actions: &[Action]) -> Table {
        let mut table = Table::new("rows", "what would have to change, for single rows")
            .column("row", "row", Kind::Text, 0)
            .column("way", "way", Kind::Text, 0)
            .column("cost", "cost", Kind::Number, 1);
        for single in &self.case.asking.singles {
            let way = outcome.ways.iter().find(|(row, _)| *row == single.row);
            let way = way.and_then(|(_, way)| way.as_ref());
            let line = Line::new().text("row", single.name.clone());
            table.push(match (outcome.decided.get(&single.row), way) {
                (Some(true), _) => line
                    .text("way", "has the favorable decision already")
                    .nothing("cost", "favorable_already"),
                (_, Some(way)) => line
                    .text("way", self.sentence(way))
                    .number("cost", Ok(way.cost)),
                (Some(false), None) if actions.iter().any(|own| *own != Action::Nothing) => line
                    .text(
                        "way",
                        "no allowed change that was looked at turns the decision",
                    )
                    .nothing("cost", "no_ways"),
                _ => line
                    .text("way", "nothing can be changed")
                    .nothing("cost", "no_ways"),
            });
        }
        table
    }

    fn sentence(&self, way: &Path) -> String {
        let parts = way.changes.iter().map(|(at, to)| {
            let feature = &self.case.features[*at];
            let (to, from) = match to {
                To::Number(x) => {
                    let from =
                        number_of(feature, way.row).map_or("nothing".to_owned(), plain_number);
                    (plain_number(*x), from)
                }
                To::Level(text) => {
                    let from = level_of(feature, way.row).unwrap_or(MISSING);
                    (format!("`{text}`"), format!("`{from}`"))
                }
            };
            format!("`{}` were {to} instead of {from}", feature.name)
        });
        let parts: Vec<String> = parts.collect();
        format!(
            "would have the favorable decision if {}",
            parts.join(" and ")
        )
    }
}

fn in_order<T>(is_first: bool, (one, other): (T, T)) -> (T, T) {
    if is_first { (one, other) } else { (other, one) }
}

fn said(values: &Values) -> String {
    let texts = values.values().map(|own| own.as_deref().unwrap_or(MISSING));
    texts.collect::<Vec<_>>().join(" & ")
}
