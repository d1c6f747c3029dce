//! What would have to change: the nearest change of what can be acted on that turns the decision.
//!
//! In: a case, and what was declared of its features. Out: by group how many of the rows that were
//! refused have a way, what it costs and how many features it changes, and how far groups lie apart;
//! for single rows a sentence. Every change that is told was scored again, and turns the decision.
//! Ustun, Spangher and Liu 2019 (arXiv:1809.06514); the gap: Gupta et al. 2019 (arXiv:1909.03166).

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Case;
use super::actions::{Action, Declared, Norm, Path, actions};
use super::boxes::Boxes;
use super::linear::Linear;
use super::model::Inside;
use super::search::Search;
use crate::error::{Error, Result};
use crate::fit::Saved;
use crate::fit::tree::Node;
use crate::profile::section::Found;
use crate::stats::random::{Stream, Streams};

/// Rows of a group for which a way is searched by trying.
const SEARCHED: usize = 500;
/// Another seed than that of the folds.
const DRAWN: u64 = 0x7265_636f_7572_7365;

/// How ways are found of a model that can only be asked.
const ALL: &str = "the cheapest of all changes to values that occur, each of which was tried";
const SEARCH: &str = "found by trying: planned from what each feature gains by itself, or step by step; \
                      a way that was found is one, but there may be a cheaper one, and one where none \
                      was found";

/// How ways are found, by what the model is.
enum How<'a> {
    Linear(Linear<'a>),
    Tree(Boxes<'a>),
    Search,
}

/// A refused row that was looked at, and what its way costs; none where there is none.
pub type Cost = (u32, Option<f64>);

/// An answer, with what others make of it.
pub struct Answered {
    /// As it is told.
    pub found: Found,
    /// By refused row.
    pub costs: Vec<Cost>,
    /// Which of the refused rows were looked at, where not all were.
    pub sampled: Option<String>,
    /// Whether ways were found by trying: what was not found may be there.
    pub is_searched: bool,
}

/// What is asked.
pub struct Recourse<'a> {
    /// The rows.
    pub case: &'a Case<'a>,
    /// What was declared.
    pub declared: &'a Declared,
    /// The decision that people want.
    pub favorable: bool,
    /// Where too many rows would have to be searched: whether those that are looked at stand for all
    /// rows together, or else as many for each group.
    pub is_of_all: bool,
}

/// What came of it.
pub(super) struct Outcome {
    /// Rows that are refused and were looked at, with the way of each.
    pub ways: Vec<(u32, Option<Path>)>,
    /// The decision of each row of the table.
    pub decided: BTreeMap<u32, bool>,
    /// How ways were found.
    how: &'static str,
    /// Whether they were found by trying: what was not found may be there.
    pub is_searched: bool,
    /// Which of the refused rows were looked at, where not all were.
    sampled: Option<String>,
    notes: Vec<String>,
}

impl Recourse<'_> {
    /// Answers.
    pub fn found(&self) -> Result<Found> {
        Ok(self.answered()?.found)
    }

    /// Answers, and says of each refused row that was looked at what its way costs.
    pub fn answered(&self) -> Result<Answered> {
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
        found.facts.extend(Self::nothing(&outcome));
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
        let price = if self.declared.by_percentile {
            "the share of rows that it passes"
        } else {
            "by its column's median absolute deviation"
        };
        found.notes.push(format!(
            "a number's change costs {price}, another level 1; numbers stay within the table's, \
             whole ones whole; a way in the model is no promise that the world follows it"
        ));
        let costs = outcome.ways.iter();
        let costs = costs.map(|(row, way)| (*row, way.as_ref().map(|way| way.cost)));
        Ok(Answered {
            found,
            costs: costs.collect(),
            sampled: outcome.sampled,
            is_searched: outcome.is_searched,
        })
    }

    /// What is said where there is no way to tell of.
    fn nothing(outcome: &Outcome) -> Option<(f64, String)> {
        let all = outcome.ways.len();
        if all == 0 {
            let said = "nobody lacks the favorable decision: nothing would have to change";
            return Some((0.5, said.to_owned()));
        }
        let is_none = outcome.ways.iter().all(|(_, way)| way.is_none());
        is_none.then(|| {
            let rows = if all == 1 { "row" } else { "rows" };
            let said =
                format!("no way was found for any of {all} {rows} without the favorable decision");
            (0.9, said)
        })
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
                How::Tree(Boxes::new(
                    encoder,
                    (nodes, &kept),
                    self.declared.norm,
                    &is_wanted,
                ))
            }
            None => How::Search,
        }
    }

    pub(super) fn outcome(&self, actions: &[Action]) -> Result<Outcome> {
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
            norm: self.declared.norm,
        };
        let (mut notes, mut sampled, mut is_searched) = (Vec::new(), None, false);
        let how = self.how();
        self.refuse(&how)?;
        let (ways, said) = match &how {
            How::Linear(linear) => (self.linear(linear, actions, &refused)?, self.said()),
            How::Tree(boxes) => {
                let rows: Vec<u32> = refused.iter().map(|(row, _)| *row).collect();
                let x = boxes.encoder.matrix(&columns, &rows)?;
                let way = |(at, &row): (usize, &u32)| {
                    boxes.path(case.features, actions, (row, x.row(at)))
                };
                let said = "the cheapest changes, exact among the values that occur (branch and \
                            bound over the leaves)";
                (rows.par_iter().enumerate().map(way).collect(), said)
            }
            How::Search => {
                sampled = self.fewer(&mut refused);
                notes.extend(sampled.clone());
                let (ways, is_whole) = search.paths(&refused)?;
                is_searched = !is_whole;
                let said = if is_whole { ALL } else { SEARCH };
                (ways, said)
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
            sampled,
            is_searched,
            notes,
        })
    }

    /// Refuses ways to count changes that there are not.
    fn refuse(&self, how: &How) -> Result<()> {
        let (norm, by_percentile) = (self.declared.norm, self.declared.by_percentile);
        let is_linear = matches!(how, How::Linear(_));
        let wrong = |value: &str, problem, remedy: &str| {
            Err(Error::Flag {
                flag: "--norm",
                value: value.to_owned(),
                problem,
                remedy: remedy.to_owned(),
            })
        };
        match norm {
            Norm::Root if !is_linear => wrong(
                "l2",
                "short ways are those of linear models, which this one is not",
                "leave it out, or fit one: `--model logistic`",
            ),
            Norm::Root if by_percentile => wrong(
                "l2",
                "shares of rows have no length to be squared",
                "`--cost mad`, or `--norm l1`",
            ),
            Norm::Largest if matches!(how, How::Search) => wrong(
                "max",
                "ways of this model are found by trying, and then the largest change is not the least",
                "leave it out",
            ),
            Norm::Largest if is_linear && !by_percentile => wrong(
                "max",
                "of a linear model the largest change is one of shares of rows",
                "`--cost percentile`, or `--norm l1`",
            ),
            _ => Ok(()),
        }
    }

    fn said(&self) -> &'static str {
        match (self.declared.norm, self.declared.by_percentile) {
            (Norm::Root, _) => {
                "the shortest changes of numbers, the root of the sum of squared costs (in closed form)"
            }
            (Norm::Sum, false) => "the cheapest changes, the sum of costs (exact)",
            (Norm::Sum, true) => {
                "the cheapest changes, the sum of costs (exact among the values that occur)"
            }
            (Norm::Largest, _) => {
                "changes of which the largest costs least (exact among the values that occur)"
            }
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

    /// Keeps so many rows of each group, or as many in all, drawn by the seed: evenly spread ones would
    /// follow what a table repeats.
    fn fewer(&self, refused: &mut Vec<(u32, f64)>) -> Option<String> {
        let groups = if self.is_of_all {
            self.case.names.len()
        } else {
            1
        };
        let most = SEARCHED * groups.max(1);
        let part = |row: u32| {
            if self.is_of_all {
                0
            } else {
                self.case.groups[row as usize]
            }
        };
        let streams = Streams::new(self.case.asking.seed ^ DRAWN);
        // Of each part how many are left to be looked at, and to be drawn (Knuth 1997, The Art of
        // Computer Programming 2, section 3.4.2, algorithm S).
        let mut left: BTreeMap<u32, (usize, usize, Stream)> = BTreeMap::new();
        for (row, _) in refused.iter() {
            let part = part(*row);
            let of = left.entry(part);
            let own = of.or_insert_with(|| (0, most, streams.stream(u64::from(part))));
            own.0 += 1;
        }
        let all = refused.len();
        let singles = &self.case.asking.singles;
        refused.retain(|(row, _)| {
            let Some((rows, wanted, stream)) = left.get_mut(&part(*row)) else {
                return false;
            };
            let is_drawn = stream.uniform() * (*rows as f64) < *wanted as f64;
            *rows -= 1;
            *wanted -= usize::from(is_drawn);
            is_drawn || singles.iter().any(|single| single.row == *row)
        });
        (refused.len() < all).then(|| {
            format!(
                "{} of {all} refused rows, drawn by chance, stand for them",
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
