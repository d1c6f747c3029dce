//! What would have to change: the nearest change of what can be acted on that turns the decision.
//!
//! In: a case, and what was declared of its features. Out: by group how many of the rows that were
//! refused have a way, what it costs and how many features it changes, and how far groups lie apart;
//! for single rows a sentence. Every change that is told was scored again, and turns the decision.
//! Ustun, Spangher and Liu 2019 (arXiv:1809.06514); the gap: Gupta et al. 2019 (arXiv:1909.03166).

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Case;
use super::actions::{Action, Declared, Path, To, actions, level_of, number_of};
use super::boxes::Boxes;
use super::changed::mean;
use super::linear::Linear;
use super::model::Inside;
use super::search::Search;
use crate::data::group::{MISSING, Values};
use crate::error::Result;
use crate::fit::Saved;
use crate::fit::tree::Node;
use crate::profile::section::{Found, Kind, Line, Table};
use crate::stats::{Amount, Fraction, Interval, Law, Spread, interval, pooled_freedom};

/// Rows of a group for which a way is searched by trying.
const SEARCHED: usize = 500;

/// How ways are found, by what the model is.
enum How<'a> {
    Linear(Linear<'a>),
    Tree(Boxes<'a>),
    Search,
}

/// What is asked.
pub struct Recourse<'a> {
    /// The rows.
    pub case: &'a Case<'a>,
    /// What was declared.
    pub declared: &'a Declared,
    /// The decision that people want.
    pub favorable: bool,
}

/// What came of it.
struct Outcome {
    /// Rows that are refused and were looked at, with the way of each.
    ways: Vec<(u32, Option<Path>)>,
    /// The decision of each row of the table.
    decided: BTreeMap<u32, bool>,
    /// How ways were found.
    how: &'static str,
    notes: Vec<String>,
}

impl Recourse<'_> {
    /// Answers.
    pub fn found(&self) -> Result<Found> {
        let actions = actions(self.case, self.declared);
        let outcome = self.outcome(&actions)?;
        let mut found = Found {
            tables: vec![
                self.by_group(&outcome),
                self.gaps(&outcome),
                self.features(&outcome),
            ],
            notes: outcome.notes.clone(),
            facts: self.facts(&outcome),
        };
        if !self.case.asking.singles.is_empty() {
            found.tables.insert(0, self.singles(&outcome, &actions));
        }
        let stay = self.case.features.iter().zip(&actions);
        let stay = stay.filter(|(_, action)| **action == Action::Nothing);
        let stay: Vec<String> = stay.map(|(own, _)| format!("`{}`", own.name)).collect();
        if !stay.is_empty() {
            found
                .notes
                .push(format!("they stay as they are: {}", stay.join(", ")));
        }
        found
            .notes
            .insert(0, format!("{}: {}", self.case.whole.about(), outcome.how));
        found.notes.push(
            "a number's change costs by its column's median absolute deviation, another level 1; \
             numbers stay within the table's, whole ones whole; a way in the model is no promise \
             that the world follows it"
                .to_owned(),
        );
        Ok(found)
    }

    fn how(&self) -> How<'_> {
        let subject = self.case.whole;
        let Some((Inside { encoder, saved }, cut)) = subject.inside().zip(subject.cut()) else {
            return How::Search;
        };
        let wanted = self.favorable;
        if let Some((list, intercept)) = saved.coefficients() {
            let mut coefficients = vec![0.0; encoder.names.len()];
            for (column, x) in list {
                coefficients[column] = x;
            }
            return How::Linear(Linear {
                encoder,
                coefficients,
                cut: (cut / (1.0 - cut)).ln() - intercept,
                sign: if wanted { 1.0 } else { -1.0 },
            });
        }
        let all: Vec<usize> = (0..encoder.names.len()).collect();
        match tree(saved, &all) {
            Some((nodes, kept)) => {
                let is_wanted = |score: f64| (score >= cut) == wanted;
                How::Tree(Boxes::new(encoder, (nodes, &kept), &is_wanted))
            }
            None => How::Search,
        }
    }

    fn outcome(&self, actions: &[Action]) -> Result<Outcome> {
        let case = self.case;
        let columns = case.columns();
        let asked = case.asked(&columns, case.rows);
        let scores = case.whole.scores(&asked)?;
        let decisions = case.whole.decisions(&asked, &scores);
        let mut decided = BTreeMap::new();
        let mut refused: Vec<(u32, f64)> = Vec::new();
        for ((&row, &score), decision) in case.rows.iter().zip(&scores).zip(decisions) {
            let Some(decision) = decision else { continue };
            decided.insert(row, decision == self.favorable);
            if decision != self.favorable {
                refused.push((row, score));
            }
        }
        let search = Search {
            case,
            subject: case.whole,
            actions,
            wanted: self.favorable,
        };
        let mut notes = Vec::new();
        let how = self.how();
        let (ways, said) = match &how {
            How::Linear(linear) => (self.linear(linear, actions, &refused)?, self.said()),
            How::Tree(boxes) => {
                let way = |&(row, _): &(u32, f64)| boxes.path(case.features, actions, row);
                let said = "the cheapest changes, exact among the values that occur (branch and \
                            bound over the leaves)";
                (refused.par_iter().map(way).collect(), said)
            }
            How::Search => {
                notes.extend(self.fewer(&mut refused));
                let said = "found by trying one feature at a time: a way that was found is one, but \
                            there may be a cheaper one, and one where none was found";
                (search.paths(&refused)?, said)
            }
        };
        let given_up = ways.iter().flatten().filter(|way| !way.is_exact).count();
        if given_up > 0 && !matches!(how, How::Search) {
            notes.push(format!(
                "of {given_up} rows there may be a cheaper way than the one told"
            ));
        }
        let (ways, lost) = Self::checked(&search, ways)?;
        if lost > 0 {
            notes.push(format!(
                "{lost} ways did not turn the decision when they were scored again, and are not told"
            ));
        }
        let rows = refused.into_iter().map(|(row, _)| row);
        Ok(Outcome {
            ways: rows.zip(ways).collect(),
            decided,
            how: said,
            notes,
        })
    }

    fn said(&self) -> &'static str {
        if self.declared.is_short {
            "the shortest changes of numbers, the root of the sum of squared costs (in closed form)"
        } else {
            "the cheapest changes, the sum of costs (exact)"
        }
    }

    fn linear(
        &self,
        linear: &Linear,
        actions: &[Action],
        refused: &[(u32, f64)],
    ) -> Result<Vec<Option<Path>>> {
        let features = self.case.features;
        let rows: Vec<u32> = refused.iter().map(|(row, _)| *row).collect();
        let x = linear.encoder.matrix(features, &rows)?;
        let way = |(at, &row): (usize, &u32)| {
            let own = x.row(at);
            let predictor = own
                .iter()
                .zip(&linear.coefficients)
                .map(|(x, b)| x * b)
                .sum();
            linear.path((features, actions), row, (predictor, self.declared))
        };
        Ok(rows.par_iter().enumerate().map(way).collect())
    }

    /// Keeps so many rows of each group, evenly spread.
    fn fewer(&self, refused: &mut Vec<(u32, f64)>) -> Option<String> {
        let mut of: BTreeMap<u32, usize> = BTreeMap::new();
        for (row, _) in refused.iter() {
            *of.entry(self.case.groups[*row as usize]).or_insert(0) += 1;
        }
        let all = refused.len();
        let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
        let singles = &self.case.asking.singles;
        refused.retain(|(row, _)| {
            let group = self.case.groups[*row as usize];
            let at = seen.entry(group).or_insert(0);
            *at += 1;
            // As many steps as there are rows, of which so many are whole.
            let rows = of[&group].max(SEARCHED);
            let is_due = *at * SEARCHED / rows > (*at - 1) * SEARCHED / rows;
            is_due || singles.iter().any(|single| single.row == *row)
        });
        (refused.len() < all).then(|| {
            format!(
                "{} of {all} refused rows, evenly spread, stand for them",
                refused.len()
            )
        })
    }

    /// Only ways that turn the decision, and how many did not.
    fn checked(search: &Search, ways: Vec<Option<Path>>) -> Result<(Vec<Option<Path>>, usize)> {
        let asked: Vec<Path> = ways.iter().flatten().cloned().collect();
        let mut answers = search.ask(&asked)?.into_iter();
        let mut lost = 0;
        let keep = |way: Option<Path>| {
            let way = way?;
            let is_turned = answers.next().is_some_and(|(_, is_turned)| is_turned);
            lost += usize::from(!is_turned);
            is_turned.then_some(way)
        };
        let kept = ways.into_iter().map(keep).collect();
        Ok((kept, lost))
    }
}

/// The nodes of a tree, and which columns of the matrix it sees.
fn tree<'a>(saved: &'a Saved, columns: &[usize]) -> Option<(&'a [Node], Vec<usize>)> {
    match saved {
        Saved::Tree { nodes } => Some((nodes, columns.to_vec())),
        Saved::Columns { kept, inner } => {
            let kept: Vec<usize> = kept.iter().map(|&at| columns[at]).collect();
            tree(inner, &kept)
        }
        _ => None,
    }
}

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

    fn by_group(&self, outcome: &Outcome) -> Table {
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
    fn gap(&self, one: &Sums, other: &Sums) -> (Option<f64>, Option<Interval>) {
        let gap = one.cost.0.zip(other.cost.0).map(|(one, other)| one - other);
        let confidence = self.case.asking.confidence;
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

    fn gaps(&self, outcome: &Outcome) -> Table {
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
                let (gap, limits) = self.gap(one, other);
                let shares = one.feasible.value().zip(other.feasible.value());
                let apart = shares.map(|(one, other)| one - other);
                let confidence = self.case.asking.confidence;
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
    fn features(&self, outcome: &Outcome) -> Table {
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

    fn facts(&self, outcome: &Outcome) -> Vec<(f64, String)> {
        let groups = self.groups(outcome);
        let mut facts = Vec::new();
        for (at, (group, one)) in groups.iter().enumerate() {
            for (other_group, other) in &groups[at + 1..] {
                let (Some(gap), Some(limits)) = self.gap(one, other) else {
                    continue;
                };
                if limits.low > 0.0 || limits.high < 0.0 {
                    let (dearer, cheaper) = if gap > 0.0 {
                        (group, other_group)
                    } else {
                        (other_group, group)
                    };
                    facts.push((
                        0.5,
                        format!(
                            "a way to the favorable decision costs {} more than {}: by {:.2}",
                            said(&self.case.names[*dearer as usize]),
                            said(&self.case.names[*cheaper as usize]),
                            gap.abs()
                        ),
                    ));
                }
            }
        }
        facts
    }

    /// What would have to change, for single rows, in a sentence.
    fn singles(&self, outcome: &Outcome, actions: &[Action]) -> Table {
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
                    let from = number_of(feature, way.row).map_or("nothing".to_owned(), number);
                    (number(*x), from)
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

fn number(x: f64) -> String {
    let text = format!("{x:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn said(values: &Values) -> String {
    let texts = values.values().map(|own| own.as_deref().unwrap_or(MISSING));
    texts.collect::<Vec<_>>().join(" & ")
}
