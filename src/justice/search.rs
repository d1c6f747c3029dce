//! A near row that any model decides on otherwise: found by trying, so nothing says that none is nearer.
//!
//! In: a model that can only be asked, and what may be changed. Out: of a row changes that turn its
//! decision. Where all that the rows could be is little, all of it is tried. Else they are planned
//! from what each feature gains by itself; made of steps of one feature at a time (the step that
//! gains most for its cost is kept, a step that turns the decision ends it) or, where they lead
//! nowhere, of every feature as it is best by itself. Those and the steps that turn it by themselves
//! are taken back as far as the decision stays turned, and the cheapest is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::Case;
use super::actions::{Action, LEVEL, Norm, Path, To, number_of};
use super::combined;
use super::model::{Asked, Subject};
use super::numbers::{between, tried};
use super::planned::{self, Tried};
use crate::error::Result;
use crate::fit::features::{Feature, Raw};

/// Steps of a path at most.
const STEPS: usize = 4;
/// Numbers that are tried each way, at least and at most.
const TRIED: usize = 8;
const CLOSEST: usize = 256;
/// Levels that are tried.
const LEVELS: usize = 32;
/// How often what is left between a number that is enough and one that is not is halved.
const BACK: usize = 8;
/// Rows of which so many candidates are asked about at once.
const ROWS: usize = 500_000;

/// A search.
pub struct Search<'a> {
    /// The rows.
    pub case: &'a Case<'a>,
    /// Who is asked.
    pub subject: &'a dyn Subject,
    /// What may be changed.
    pub actions: &'a [Action],
    /// The decision that is wanted.
    pub wanted: bool,
    /// How costs come together.
    pub norm: Norm,
}

/// The score of a path, and whether it turns the decision.
type Answer = (f64, bool);

/// A path that is being made, with its score.
#[derive(Clone)]
struct Open {
    path: Path,
    score: f64,
}

impl Search<'_> {
    /// The cost of changes of a row.
    pub fn cost(&self, row: u32, changes: &[(usize, To)]) -> f64 {
        let one = |(feature, to): &(usize, To)| match to {
            To::Number(to) => {
                let from = number_of(&self.case.features[*feature], row);
                from.map_or(0.0, |from| self.actions[*feature].cost(from, *to))
            }
            To::Level(_) => LEVEL,
        };
        let costs = changes.iter().map(one);
        costs.fold(0.0, |cost, own| self.norm.with(cost, own))
    }

    fn path(&self, row: u32, changes: Vec<(usize, To)>) -> Path {
        Path {
            row,
            cost: self.cost(row, &changes),
            changes,
            is_exact: false,
        }
    }

    /// Scores and decisions of rows with changes.
    pub fn ask(&self, paths: &[Path]) -> Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(paths.len());
        for paths in paths.chunks(ROWS) {
            let columns = changed(self.case.features, paths);
            let columns: Vec<&Feature> = columns.iter().collect();
            let places: Vec<u32> = (0..paths.len() as u32).collect();
            let rows: Vec<u32> = paths.iter().map(|path| path.row).collect();
            let asked = Asked {
                columns: &columns,
                places: &places,
                rows: &rows,
                groups: self.case.groups,
            };
            let scores = self.subject.scores(&asked)?;
            let decided = self.subject.decisions(&asked, &scores);
            let turned = decided.into_iter().map(|own| own == Some(self.wanted));
            answers.extend(scores.into_iter().zip(turned));
        }
        Ok(answers)
    }

    /// Every step from where a path is, of a number `most` each way.
    fn steps(&self, path: &Path, most: usize) -> Vec<Path> {
        let mut found = Vec::new();
        for (at, action) in self.actions.iter().enumerate() {
            let feature = &self.case.features[at];
            let tos: Vec<To> = match action {
                Action::Nothing => Vec::new(),
                Action::Number { values, .. } => number_of(feature, path.row)
                    .map(|from| tried(values, from, (action, most)))
                    .unwrap_or_default(),
                Action::Level(levels) => {
                    let step = levels.len().div_ceil(LEVELS).max(1);
                    let others = combined::others(feature, action, path.row).into_iter();
                    others.step_by(step).collect()
                }
            };
            for to in tos {
                // What was changed before may go on from there.
                let mut changes = path.changes.clone();
                match changes.iter_mut().find(|(feature, _)| *feature == at) {
                    Some((_, own)) => *own = to,
                    None => changes.push((at, to)),
                }
                found.push(self.path(path.row, changes));
            }
        }
        found
    }

    /// A path for each row, where one was found, and whether all that each row could be was tried;
    /// `rows` are told with their scores.
    pub fn paths(&self, rows: &[(u32, f64)]) -> Result<(Vec<Option<Path>>, bool)> {
        if let Some(all) = self.combined(rows) {
            let mut done = vec![None; rows.len()];
            self.keep(&mut done, all)?;
            return Ok((done, true));
        }
        Ok((self.searched(rows)?, false))
    }

    /// All that each row could be, where that is little.
    fn combined(&self, rows: &[(u32, f64)]) -> Option<Vec<(usize, Path)>> {
        let mut all = Vec::new();
        for (at, &(row, _)) in rows.iter().enumerate() {
            let own = combined::combinations((self.case.features, self.actions), row)?;
            all.extend(own.into_iter().map(|changes| {
                let path = self.path(row, changes);
                let is_exact = true;
                (at, Path { is_exact, ..path })
            }));
            if all.len() > ROWS {
                return None;
            }
        }
        Some(all)
    }

    /// The same by trying alone.
    pub(super) fn searched(&self, rows: &[(u32, f64)]) -> Result<Vec<Option<Path>>> {
        // Those that are made step by step, those that are planned, and then those of one feature.
        let mut done: Vec<Option<Path>> = vec![None; 2 * rows.len()];
        let mut of: Vec<usize> = (0..rows.len()).chain(0..rows.len()).collect();
        let start = |&(row, score): &(u32, f64)| Open {
            path: self.path(row, Vec::new()),
            score,
        };
        let mut open: Vec<(usize, Open)> = rows.iter().map(start).enumerate().collect();
        let mut farthest: Vec<Option<Path>> = Vec::new();
        // Where few rows are asked about, numbers are tried closer together.
        let room = ROWS / (2 * rows.len() * self.actions.len()).max(1);
        let mut tried = room.clamp(TRIED, CLOSEST);
        for round in 0..STEPS {
            let own = |(_, own): &(usize, Open)| self.steps(&own.path, tried);
            let steps: Vec<Vec<Path>> = open.iter().map(own).collect();
            tried = TRIED;
            let asked: Vec<Path> = steps.iter().flatten().cloned().collect();
            let mut answers = self.ask(&asked)?.into_iter();
            let answers: Vec<Vec<Answer>> = steps
                .iter()
                .map(|steps| answers.by_ref().take(steps.len()).collect())
                .collect();
            if round == 0 {
                self.plan(&mut done[rows.len()..], &open, (&steps, &answers))?;
                for (((at, own), steps), answers) in open.iter().zip(&steps).zip(&answers) {
                    farthest.push(self.farthest(own, steps, answers));
                    let single = singles(steps, answers).into_iter();
                    done.extend(single.map(|path| Some(path.clone())));
                    of.resize(done.len(), *at);
                }
            }
            let mut next = Vec::new();
            for (((at, own), steps), answers) in open.into_iter().zip(steps).zip(answers) {
                match self.best(&own, steps, &answers) {
                    Some((path, true)) => done[at] = Some(path.path),
                    Some((path, false)) => next.push((at, path)),
                    None => {}
                }
            }
            open = next;
        }
        self.try_all(&mut done[..rows.len()], farthest)?;
        self.back(&mut done)?;
        let mut best: Vec<Option<Path>> = vec![None; rows.len()];
        for (at, path) in of.into_iter().zip(done) {
            let Some(path) = path else { continue };
            if best[at].as_ref().is_none_or(|own| path.cost < own.cost) {
                best[at] = Some(path);
            }
        }
        Ok(best)
    }

    /// What would be the cheapest if what each step gains added up: the cheapest that turns.
    fn plan(
        &self,
        done: &mut [Option<Path>],
        open: &[(usize, Open)],
        (steps, answers): (&[Vec<Path>], &[Vec<Answer>]),
    ) -> Result<()> {
        let Some(cut) = self.subject.cut() else {
            return Ok(());
        };
        let sign = if self.wanted { 1.0 } else { -1.0 };
        let plans = |((at, own), (steps, answers)): (&(usize, Open), (&Vec<Path>, &Vec<_>))| {
            let tried = steps.iter().zip(answers);
            let tried = tried.filter_map(|(path, &(score, _)): (&Path, &Answer)| {
                let (feature, to) = path.changes.first()?;
                let feature = *feature;
                Some(Tried { feature, to, score })
            });
            let tried: Vec<Tried> = tried.collect();
            let row = (own.path.row, own.score);
            let of = (self.case.features, self.actions);
            let plans = planned::plans(of, row, (cut, sign), &tried);
            let paths = plans
                .into_iter()
                .map(|changes| (*at, self.path(row.0, changes)));
            paths.collect::<Vec<_>>()
        };
        let each = open.par_iter().zip(steps.par_iter().zip(answers));
        let tried: Vec<Vec<(usize, Path)>> = each.map(plans).collect();
        self.keep(done, tried.into_iter().flatten().collect())
    }

    /// Every feature as it is best by itself.
    fn farthest(&self, own: &Open, steps: &[Path], answers: &[Answer]) -> Option<Path> {
        let sign = if self.wanted { 1.0 } else { -1.0 };
        let mut best: BTreeMap<usize, (f64, &To)> = BTreeMap::new();
        for (path, (score, _)) in steps.iter().zip(answers) {
            let Some((feature, to)) = path.changes.first() else {
                continue;
            };
            let gain = sign * (score - own.score);
            let least = best.get(feature).map_or(0.0, |(least, _)| *least);
            if gain > least {
                best.insert(*feature, (gain, to));
            }
        }
        let changes = best
            .into_iter()
            .map(|(feature, (_, to))| (feature, to.clone()));
        let changes: Vec<(usize, To)> = changes.collect();
        (!changes.is_empty()).then(|| self.path(own.path.row, changes))
    }

    /// Where step by step no way was found: all at once.
    fn try_all(&self, done: &mut [Option<Path>], farthest: Vec<Option<Path>>) -> Result<()> {
        let of = |(at, path): (usize, Option<Path>)| done[at].is_none().then_some((at, path?));
        let tried = farthest.into_iter().enumerate().filter_map(of).collect();
        self.keep(done, tried)
    }

    /// Keeps those paths that turn the decision, of one row the cheapest.
    fn keep(&self, done: &mut [Option<Path>], tried: Vec<(usize, Path)>) -> Result<()> {
        let asked: Vec<Path> = tried.iter().map(|(_, path)| path.clone()).collect();
        for ((at, path), (_, is_turned)) in tried.into_iter().zip(self.ask(&asked)?) {
            let is_cheaper = |own: &Path| path.cost < own.cost;
            if is_turned && done[at].as_ref().is_none_or(is_cheaper) {
                done[at] = Some(path);
            }
        }
        Ok(())
    }

    /// The cheapest step that turns the decision, else the one that gains most for its cost.
    fn best(&self, own: &Open, steps: Vec<Path>, answers: &[Answer]) -> Option<(Open, bool)> {
        let sign = if self.wanted { 1.0 } else { -1.0 };
        let mut turned: Option<(Path, f64)> = None;
        let mut gained: Option<(Path, f64, f64)> = None;
        for (path, &(score, is_turned)) in steps.into_iter().zip(answers) {
            if is_turned {
                if turned
                    .as_ref()
                    .is_none_or(|(best, _)| path.cost < best.cost)
                {
                    turned = Some((path, score));
                }
                continue;
            }
            let worth = sign * (score - own.score) / (path.cost - own.path.cost).max(1e-12);
            if worth > 0.0 && gained.as_ref().is_none_or(|(_, _, best)| worth > *best) {
                gained = Some((path, score, worth));
            }
        }
        match turned {
            Some((path, score)) => Some((Open { path, score }, true)),
            None => gained.map(|(path, score, _)| (Open { path, score }, false)),
        }
    }

    /// Takes changes back: whole ones first, then numbers as far as the decision stays turned.
    fn back(&self, done: &mut [Option<Path>]) -> Result<()> {
        let most = done.iter().flatten().map(|path| path.changes.len());
        let most = most.max().unwrap_or(0);
        for at in (0..most).rev() {
            self.try_each(done, |path| {
                let mut changes = path.changes.clone();
                (changes.len() > 1 && at < changes.len()).then(|| {
                    changes.remove(at);
                    changes
                })
            })?;
        }
        (0..most).try_for_each(|at| self.nearer(done, at))
    }

    /// Brings one number of each path nearer to where it was, between the last that is enough and the
    /// first that is not.
    fn nearer(&self, done: &mut [Option<Path>], at: usize) -> Result<()> {
        let short = |own: &Option<Path>| {
            let path = own.as_ref()?;
            let (feature, To::Number(_)) = path.changes.get(at)? else {
                return None;
            };
            let from = number_of(&self.case.features[*feature], path.row)?;
            match &self.actions[*feature] {
                Action::Number { ends, .. } => Some(from.max(ends.0).min(ends.1)),
                _ => None,
            }
        };
        let mut short: Vec<Option<f64>> = done.iter().map(short).collect();
        for _ in 0..BACK {
            let of = |(row, own): (usize, &Option<Path>)| {
                let (path, from) = (own.as_ref()?, short[row]?);
                let (to, changes) = self.halved(path, at, from)?;
                Some((row, to, self.path(path.row, changes)))
            };
            let tried: Vec<(usize, f64, Path)> = done.iter().enumerate().filter_map(of).collect();
            let asked: Vec<Path> = tried.iter().map(|own| own.2.clone()).collect();
            for ((row, to, path), (_, is_turned)) in tried.into_iter().zip(self.ask(&asked)?) {
                if is_turned {
                    done[row] = Some(path);
                } else {
                    short[row] = Some(to);
                }
            }
        }
        Ok(())
    }

    /// The same path with one number half-way between `from`, which is not enough, and what it is.
    fn halved(&self, path: &Path, at: usize, from: f64) -> Option<(f64, Vec<(usize, To)>)> {
        let (feature, To::Number(to)) = path.changes.get(at)? else {
            return None;
        };
        let action = &self.actions[*feature];
        let own = number_of(&self.case.features[*feature], path.row)?;
        let half = between(action, from, *to)?;
        let is_nearer = half != *to && half != from && action.allows(own, half);
        let mut changes = path.changes.clone();
        changes[at].1 = To::Number(half);
        is_nearer.then_some((half, changes))
    }

    /// Keeps what is cheaper and still turns the decision.
    fn try_each(
        &self,
        done: &mut [Option<Path>],
        cheaper: impl Fn(&Path) -> Option<Vec<(usize, To)>>,
    ) -> Result<()> {
        let of = |(at, own): (usize, &Option<Path>)| {
            let own = own.as_ref()?;
            Some((at, self.path(own.row, cheaper(own)?)))
        };
        let tried = done.iter().enumerate().filter_map(of).collect();
        self.keep(done, tried)
    }
}

/// Of each feature the cheapest step that turns the decision.
fn singles<'p>(steps: &'p [Path], answers: &[Answer]) -> Vec<&'p Path> {
    let mut best: BTreeMap<usize, &Path> = BTreeMap::new();
    for (path, (_, is_turned)) in steps.iter().zip(answers) {
        let Some((feature, _)) = path.changes.first().filter(|_| *is_turned) else {
            continue;
        };
        let own = best.entry(*feature).or_insert(path);
        if path.cost < own.cost {
            *own = path;
        }
    }
    best.into_values().collect()
}

/// The columns of rows with their changes, one place a path.
pub fn changed(features: &[Feature], paths: &[Path]) -> Vec<Feature> {
    let to = |path: &Path, at: usize| {
        let found = path.changes.iter().find(|(feature, _)| *feature == at);
        found.map(|(_, to)| to.clone())
    };
    let of = |(at, feature): (usize, &Feature)| {
        let raw = match &feature.raw {
            Raw::Numbers(numbers) => {
                let number = |path: &Path| match to(path, at) {
                    Some(To::Number(x)) => x,
                    _ => numbers[path.row as usize],
                };
                Raw::Numbers(paths.iter().map(number).collect())
            }
            Raw::Texts(keys, values) => {
                let mut values = values.as_ref().clone();
                let mut new = Vec::with_capacity(paths.len());
                for path in paths {
                    new.push(match to(path, at) {
                        Some(To::Level(text)) => {
                            let is_it = |own: &Option<Box<str>>| own.as_deref() == Some(&*text);
                            let known = values.iter().position(is_it);
                            known.unwrap_or_else(|| {
                                values.push(Some(text.into_boxed_str()));
                                values.len() - 1
                            }) as u32
                        }
                        _ => keys[path.row as usize],
                    });
                }
                Raw::Texts(new, Arc::new(values))
            }
        };
        Feature {
            name: feature.name.clone(),
            values: feature.values,
            raw,
        }
    };
    features.iter().enumerate().map(of).collect()
}
