//! What if the group were another: rows asked about again with other sensitive values.
//!
//! In: a case, a model, and the columns that are flipped. Out: of every group and every other one
//! how many decisions turn, and by how much scores move; with `--match` also what comes of moving
//! the columns that go with the group, and of the nearest rows of the other group.

use std::sync::Arc;

use super::changed::{Answer, Change, Pair};
use super::matched::{self, Moved, Nearest};
use super::model::{Asked, Subject};
use super::{Case, chance};
use crate::data::group::{MISSING, Values};
use crate::error::{Result, Unfit};
use crate::fit::features::{Feature, Raw};
use crate::profile::section::{Found, Kind, Line, Table};
use crate::stats::adjust::holm_of_some;

/// What is flipped, and who is asked.
pub struct Flipping<'a> {
    /// The rows.
    pub case: &'a Case<'a>,
    /// Who is asked.
    pub subject: &'a dyn Subject,
    /// The columns that make groups.
    pub columns: &'a [String],
    /// The decision that people want.
    pub favorable: bool,
    /// Whether the other columns are moved along, and neighbors looked up.
    pub matches: bool,
}

/// Rows as if they were of another group.
struct Changed {
    to: u32,
    /// Features by their number, as they would be.
    features: Vec<(usize, Feature)>,
    groups: Vec<u32>,
    rows: Vec<u32>,
}

/// Answers by row of the table.
pub struct Answered {
    /// `NaN` where it was not asked about.
    pub scores: Vec<f64>,
    /// None where it was not asked about, or cannot be decided on.
    pub decisions: Vec<Option<bool>>,
}

impl Answered {
    fn new(subject: &dyn Subject, asked: &Asked, scores: &[f64]) -> Self {
        let rows = asked.groups.len();
        let mut all = Self {
            scores: vec![f64::NAN; rows],
            decisions: vec![None; rows],
        };
        let decided = subject.decisions(asked, scores);
        for ((&row, &score), decision) in asked.rows.iter().zip(scores).zip(decided) {
            all.scores[row as usize] = score;
            all.decisions[row as usize] = decision;
        }
        all
    }

    fn of(&self, row: u32) -> Answer {
        (self.scores[row as usize], self.decisions[row as usize])
    }
}

/// All that was asked.
pub struct Flipped {
    /// Rows as they are.
    pub as_is: Answered,
    /// As if of each group that has a name, by its number.
    pub to: Vec<(u32, Answered)>,
    /// The same with other columns moved along.
    pub moved: Vec<(u32, Answered)>,
    columns: Vec<Moved>,
    nearest: Vec<Nearest>,
}

/// The value of a group's column, as a person reads the group.
pub fn said(values: &Values) -> String {
    let texts = values.values().map(|own| own.as_deref().unwrap_or(MISSING));
    texts.collect::<Vec<_>>().join(" & ")
}

impl Flipping<'_> {
    /// The groups that rows can be thought into.
    fn targets(&self) -> Vec<u32> {
        let case = self.case;
        let mut has_rows = vec![false; case.names.len()];
        for &row in case.rows {
            has_rows[case.groups[row as usize] as usize] = true;
        }
        let is_named = |at: usize| case.names[at].values().all(Option::is_some);
        let all = 0..case.names.len();
        all.filter(|&at| has_rows[at] && is_named(at))
            .map(|at| at as u32)
            .collect()
    }

    /// The features that say the group.
    fn own(&self) -> Vec<usize> {
        let features = self.case.features.iter().enumerate();
        features
            .filter(|(_, feature)| self.columns.contains(&feature.name))
            .map(|(at, _)| at)
            .collect()
    }

    fn rows_of(&self, targets: &[u32], not: Option<u32>) -> Vec<u32> {
        let group = |row: &u32| self.case.groups[*row as usize];
        let rows = self.case.rows.iter().copied();
        rows.filter(|row| targets.contains(&group(row)) && Some(group(row)) != not)
            .collect()
    }

    fn changed(&self, targets: &[u32], to: u32) -> Changed {
        let case = self.case;
        let values = &case.names[to as usize];
        let features = self.own().into_iter().map(|at| {
            let own = &case.features[at];
            let value = values
                .get(&own.name)
                .and_then(Option::as_deref)
                .unwrap_or_default();
            (at, constant(own, value, self.subject.is_told_texts()))
        });
        Changed {
            to,
            features: features.collect(),
            groups: vec![to; case.groups.len()],
            rows: self.rows_of(targets, Some(to)),
        }
    }

    /// Asks all questions at once.
    pub fn ask(&self) -> Result<Flipped> {
        let case = self.case;
        let targets = self.targets();
        if targets.len() < 2 {
            let attribute = case.attribute.to_owned();
            return Err(Unfit::OneGroup { attribute }.into());
        }
        let plain: Vec<Changed> = targets
            .iter()
            .map(|&to| self.changed(&targets, to))
            .collect();
        let mut along = Vec::new();
        let mut columns = Vec::new();
        if self.matches {
            for &to in &targets {
                let mut changed = self.changed(&targets, to);
                let (features, moved) = matched::moved(case, &self.own(), &targets, to);
                changed.features.extend(features);
                columns.extend(moved);
                along.push(changed);
            }
        }
        let as_is = self.rows_of(&targets, None);
        let all: Vec<&Changed> = plain.iter().chain(&along).collect();
        let columns_of: Vec<Vec<&Feature>> = all.iter().map(|own| self.with(own)).collect();
        let own = case.columns();
        let mut questions = vec![case.asked(&own, &as_is)];
        questions.extend(all.iter().zip(&columns_of).map(|(own, columns)| Asked {
            columns,
            places: &own.rows,
            rows: &own.rows,
            groups: &own.groups,
        }));
        let scores = self.subject.all(&questions)?;
        let mut answers = questions
            .iter()
            .zip(&scores)
            .map(|(asked, scores)| Answered::new(self.subject, asked, scores));
        let first = answers.next().ok_or(Unfit::NoFeatures)?;
        let mut rest: Vec<(u32, Answered)> = all.iter().map(|own| own.to).zip(answers).collect();
        let moved = rest.split_off(plain.len());
        let nearest = if self.matches {
            matched::nearest(case, &self.own(), &targets)?
        } else {
            Vec::new()
        };
        Ok(Flipped {
            as_is: first,
            to: rest,
            moved,
            columns,
            nearest,
        })
    }

    /// The columns with some changed.
    fn with<'b>(&'b self, changed: &'b Changed) -> Vec<&'b Feature> {
        let mut columns: Vec<&Feature> = self.case.columns();
        for (at, feature) in &changed.features {
            columns[*at] = feature;
        }
        columns
    }

    fn rows_in(&self, group: u32) -> impl Iterator<Item = u32> + '_ {
        let rows = self.case.rows.iter().copied();
        rows.filter(move |row| self.case.groups[*row as usize] == group)
    }

    fn pairs(&self, from: u32, flipped: &Flipped, to: &Answered) -> Vec<Pair> {
        let pair = |row: u32| self.pair(row, flipped.as_is.of(row), to.of(row));
        self.rows_in(from).map(pair).collect()
    }

    /// With other columns moved along, which goes by the rows of the other group.
    fn along(&self, from: u32, flipped: &Flipped, (to, answered): &(u32, Answered)) -> Change {
        let pairs = self.pairs(from, flipped, answered);
        let change = self.change(&pairs);
        if flipped.columns.iter().all(|own| own.to != *to) {
            return change;
        }
        let weights = self.rows_in(*to).map(|row| self.case.weights[row as usize]);
        let (sum, square) = weights.fold((0.0, 0.0), |(sum, square), w| (sum + w, square + w * w));
        change.of_two_samples(&pairs, sum * sum / square)
    }

    fn pair(&self, row: u32, before: Answer, after: Answer) -> Pair {
        Pair {
            weight: self.case.weights[row as usize],
            before,
            after,
        }
    }

    fn change(&self, pairs: &[Pair]) -> Change {
        Change::of(pairs, self.favorable, self.case.asking.confidence)
    }

    /// What came of it, by group.
    pub fn found(&self, flipped: &Flipped) -> Found {
        let names = self.case.names;
        let title = format!(
            "decisions that turn when `{}` is changed and nothing else, by group",
            self.case.attribute
        );
        let first = Table::new("flips", title)
            .column("group", "group", Kind::Group, 0)
            .column("to", "as if", Kind::Text, 0);
        let mut flips = Change::columns(first, ("favorable", "as if"));
        let mut found = Found::default();
        let mut changes = Vec::new();
        for from in self.targets() {
            for (to, answered) in flipped.to.iter().filter(|(to, _)| *to != from) {
                let change = self.change(&self.pairs(from, flipped, answered));
                let line = Line::new()
                    .group("group", names[from as usize].clone())
                    .text("to", said(&names[*to as usize]));
                flips.push(change.put(line));
                changes.push(((from, *to), change));
            }
        }
        let adjusted = holm_of_some(changes.iter().map(|(_, change)| Some(change.p())));
        let mut by_chance = false;
        for ((pair, change), p) in changes.iter().zip(adjusted) {
            if p.is_none_or(|p| p >= Change::CHANCE) {
                continue;
            }
            if self.subject.is_fitted_here() && !chance::is_borne_out(self.case, flipped, *pair) {
                by_chance = true;
            } else {
                found.facts.extend(self.fact(*pair, "", change));
            }
        }
        found.facts.extend(self.unseen().map(|said| (1.0, said)));
        found.tables = vec![flips, self.between(flipped)];
        found.notes = self.notes(flipped);
        if by_chance {
            found.notes.push(
                "p takes the model as it was fitted: what it makes of the group does not help on \
                 rows it was not fitted to, and may be chance"
                    .to_owned(),
            );
        }
        found
    }

    /// Both ways at once: everyone as of one group, and as of another.
    fn between(&self, flipped: &Flipped) -> Table {
        let names = self.case.names;
        let title = "everyone of two groups, as the one and as the other: the p is of the \
                     question whether the group by itself decides";
        let first = Table::new("between", title)
            .column("from", "as", Kind::Text, 0)
            .column("to", "rather as", Kind::Text, 0);
        let mut table = Change::columns(first, ("as the one", "the other"));
        for (at, (one, as_one)) in flipped.to.iter().enumerate() {
            for (other, as_other) in &flipped.to[at + 1..] {
                let group = |row: u32| self.case.groups[row as usize];
                let pair = |row: u32| match group(row) {
                    own if own == *one => self.pair(row, flipped.as_is.of(row), as_other.of(row)),
                    _ => self.pair(row, as_one.of(row), flipped.as_is.of(row)),
                };
                let rows = self.case.rows.iter().copied();
                let both = rows.filter(|row| [*one, *other].contains(&group(*row)));
                let change = self.change(&both.map(pair).collect::<Vec<_>>());
                let line = Line::new()
                    .text("from", said(&names[*one as usize]))
                    .text("to", said(&names[*other as usize]));
                table.push(change.put(line));
            }
        }
        table
    }

    /// What deserves a look of rows as if of another group; `with` says what else was changed.
    fn fact(&self, (from, to): (u32, u32), with: &str, change: &Change) -> Option<(f64, String)> {
        let flipped = change.flipped().filter(|share| *share > 0.0)?;
        let names = self.case.names;
        let share = |part: crate::stats::Amount| 100.0 * part.weight / change.decided.weight;
        Some((
            flipped.min(1.0),
            format!(
                "{} as if {}{with}: {:.1} % of the decisions turn favorable, {:.1} % unfavorable \
                 (McNemar's exact p {})",
                said(&names[from as usize]),
                said(&names[to as usize]),
                share(change.gained),
                share(change.lost),
                short(change.p())
            ),
        ))
    }

    /// What is said where neither the columns nor the decisions know the group.
    pub fn unseen(&self) -> Option<String> {
        if !self.own().is_empty() || self.subject.decides_by_group() {
            return None;
        }
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let names = names.join(", ");
        Some(format!(
            "the model does not see {names}: by itself it turns nothing"
        ))
    }

    fn notes(&self, flipped: &Flipped) -> Vec<String> {
        let mut notes = vec![format!("asked: {}", self.subject.about())];
        if let Some(unseen) = self.unseen() {
            let remedy = if self.subject.is_told_texts() {
                "`--model-columns` says what a program is sent"
            } else {
                "`--with-sensitive` fits a model that sees it"
            };
            notes.push(format!(
                "{unseen}; {remedy}, `--match` moves along what goes with it"
            ));
        }
        let left = self.case.rows.len() - self.rows_of(&self.targets(), None).len();
        if left > 0 {
            notes.push(format!(
                "{left} rows of no known group are not thought into another"
            ));
        }
        if !flipped.to.is_empty() {
            notes.push(
                "one column changed alone understates what a group means: what goes with it stays \
                 as it is"
                    .to_owned(),
            );
        }
        notes
    }

    /// What moving columns along, and neighbors, say beside the plain flip.
    pub fn beside(&self, flipped: &Flipped) -> Found {
        let names = self.case.names;
        let title = "the same question in three ways: the column alone, with the columns that go \
                     with it moved along, and the nearest row of the other group";
        let first = Table::new("beside", title)
            .column("group", "group", Kind::Group, 0)
            .column("to", "as if", Kind::Text, 0)
            .column("way", "way", Kind::Text, 0)
            .column("distance", "distance", Kind::Number, 7);
        let mut table = Change::columns(first, ("favorable", "as if"));
        let mut along = Vec::new();
        for from in self.targets() {
            for (at, (to, plain)) in flipped
                .to
                .iter()
                .enumerate()
                .filter(|(_, own)| own.0 != from)
            {
                let line = |way: &str| {
                    Line::new()
                        .group("group", names[from as usize].clone())
                        .text("to", said(&names[*to as usize]))
                        .text("way", way)
                };
                let far = "no_neighbors";
                let plain = self.change(&self.pairs(from, flipped, plain));
                table.push(plain.put(line("column alone").nothing("distance", far)));
                let moved = self.along(from, flipped, &flipped.moved[at]);
                table.push(moved.put(line("moved along").nothing("distance", far)));
                along.push(((from, *to), moved));
                let is_own = |own: &&Nearest| own.from == from && own.to == *to;
                if let Some(near) = flipped.nearest.iter().find(is_own) {
                    let pairs = near.pairs.iter().map(|&(row, neighbor, _)| {
                        self.pair(row, flipped.as_is.of(row), flipped.as_is.of(neighbor))
                    });
                    let pairs: Vec<Pair> = pairs.collect();
                    let shared: Vec<u32> = near.pairs.iter().map(|own| own.1).collect();
                    let change = self.change(&pairs);
                    let change = change.of_shared(&pairs, &shared);
                    let line = line("nearest row").number("distance", near.mean().ok_or(far));
                    table.push(change.put(line));
                }
            }
        }
        let mut notes = vec![
            "moved along: a number goes to the value at its quantile in the other group, a level to \
             the other group's shares, in columns that go with the group (p < 0.01); the columns \
             move one by one"
                .to_owned(),
            "nearest row: by all features but the group: numbers standardized, another level √2; the distance is the mean one"
                .to_owned(),
        ];
        notes.extend(flipped.nearest.iter().filter_map(Nearest::note));
        notes.dedup();
        Found {
            tables: vec![table, matched::table(&flipped.columns, names)],
            notes,
            facts: self.facts_along(&along, &flipped.columns),
        }
    }

    /// What deserves a look of the rows whose other columns moved along, by Holm over all of these.
    fn facts_along(&self, along: &[((u32, u32), Change)], columns: &[Moved]) -> Vec<(f64, String)> {
        let moved = |to: u32| columns.iter().filter(|own| own.to == to).count();
        let adjusted = holm_of_some(along.iter().map(|(_, change)| Some(change.p())));
        let each = along.iter().zip(adjusted);
        let each = each.filter(|(_, p)| p.is_some_and(|p| p < Change::CHANCE));
        each.filter_map(|((pair, change), _)| {
            let with = match moved(pair.1) {
                0 => return None,
                1 => ", with 1 column that goes with it moved along".to_owned(),
                more => format!(", with {more} columns that go with it moved along"),
            };
            self.fact(*pair, &with, change)
        })
        .collect()
    }
}

fn short(p: f64) -> String {
    if p < 0.001 {
        "< 0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

/// A feature that is the same in every row; as the group is spelled where texts can be told.
fn constant(own: &Feature, value: &str, is_text: bool) -> Feature {
    let rows = match &own.raw {
        Raw::Numbers(numbers) => numbers.len(),
        Raw::Texts(keys, _) => keys.len(),
    };
    let raw = match &own.raw {
        Raw::Numbers(_) if !is_text => {
            let number = value.trim().parse().unwrap_or(f64::NAN);
            Raw::Numbers(vec![number; rows])
        }
        Raw::Numbers(_) | Raw::Texts(..) => Raw::Texts(
            vec![0; rows],
            Arc::new(vec![Some(value.to_owned().into_boxed_str())]),
        ),
    };
    Feature {
        name: own.name.clone(),
        values: own.values,
        raw,
    }
}
