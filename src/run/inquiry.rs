//! Questions to whoever is asked about the rows of an audit: what it decides as they are, as if of
//! another group, and what would have to change.
//!
//! In: the table in memory, and a program, a saved model or what a surrogate is fitted to. Out:
//! [`Replies`] by row, and a [`Heard`]. A surrogate that decides otherwise than the table too often is
//! asked nothing more.

use super::asked;
use super::heard::Heard;
use super::loaded::Read;
use super::question::{self, Asker, Known};
use super::replies::Replies;
use super::{frame, judge};
use crate::cli::{Audit, Explaining, FOLDS, Justice};
use crate::data::{Attribute, Plan};
use crate::error::{Error, Result};
use crate::justice::actions::Declared;
use crate::justice::flip::Flipping;
use crate::justice::model::Kept;
use crate::justice::recalled::Recalled;
use crate::justice::recourse::Recourse;
use crate::justice::{Asking, Case, Subject};
use crate::mitigate::document::Document;
use crate::profile::section::{Found, Section, Table};
use crate::report::{label, whole};

/// Under this a surrogate does not stand for the decisions: of all rows, or of a group.
const LEAST: f64 = 0.8;

/// An attribute whose groups rows are thought into, with each row's group.
pub(super) struct Split {
    attribute: Attribute,
    name: String,
    columns: Vec<String>,
    rows: frame::Rows,
    counted: Vec<u32>,
}

/// What is asked of whoever it is.
pub(super) struct Question<'a> {
    pub read: &'a Read<'a>,
    pub given: &'a [Option<bool>],
    pub splits: &'a [Split],
    pub asking: &'a Asking,
    pub declared: &'a Declared,
    pub favorable: bool,
}

/// Every single column whose groups are values of the data, and at least two.
pub(super) fn splits(read: &Read, plan: &Plan) -> Result<Vec<Split>> {
    let names: Vec<String> = plan.splits.iter().map(|split| split.name.clone()).collect();
    let mut all = Vec::new();
    for attribute in &plan.attributes {
        let [axis] = attribute.0[..] else { continue };
        if plan.splits[axis].bands.is_some() {
            continue;
        }
        let rows = frame::rows(&read.memory, plan, attribute)?;
        let named = rows
            .names
            .iter()
            .filter(|own| own.values().all(Option::is_some));
        if named.count() < 2 {
            continue;
        }
        let is_counted = |row: &u32| {
            let row = *row as usize;
            (rows.groups[row] as usize) < rows.names.len() && rows.weights[row] > 0.0
        };
        all.push(Split {
            attribute: attribute.clone(),
            name: attribute.name(&names),
            columns: vec![names[axis].clone()],
            counted: (0..rows.groups.len() as u32).filter(is_counted).collect(),
            rows,
        });
    }
    Ok(all)
}

impl Question<'_> {
    fn case<'a>(
        &'a self,
        split: &'a Split,
        models: (&'a dyn Subject, &'a dyn Subject),
    ) -> Case<'a> {
        let rows = (split.counted.as_slice(), self.given);
        Case {
            groups: &split.rows.groups,
            names: &split.rows.names,
            attribute: &split.name,
            labels: &split.rows.y,
            weights: &split.rows.weights,
            ..question::case(self.read, rows, models, self.asking)
        }
    }

    pub(super) fn program(&self, command: &str, justice: &Justice) -> Result<(Replies, Heard)> {
        // A signal that ends this process ends the program too.
        whole::guard();
        let program = asked::program(command, &justice.explaining.sending, self.read);
        let features = &self.read.features.list;
        let recalled = Recalled::new(&program, features, self.read.memory.len());
        let mut replies = Replies::new(question::answers(&recalled, self.read)?.1);
        let mut heard = Heard {
            about: program.about(),
            training: Some((String::new(), false)),
            ..Heard::default()
        };
        for split in self.splits {
            let case = self.case(split, (&recalled, &recalled));
            self.flip(&case, split, (&mut replies, &mut heard))?;
        }
        self.ways((&recalled, &recalled), (&mut replies, &mut heard))?;
        heard.notes.extend(asked::words(&program));
        Ok((replies, heard))
    }

    pub(super) fn saved(
        &self,
        (document, is_record): (&Document, bool),
        justice: &Justice,
    ) -> Result<(Replies, Heard)> {
        let method = justice.explaining.method.as_deref();
        let groups = (self.read.rows.names.as_slice(), self.read.name.as_str());
        let own = Kept::new(document, method, groups)?;
        let mut replies = Replies::new(question::answers(&own, self.read)?.1);
        let path = justice.explaining.model.clone().unwrap_or_default();
        let mut heard = Heard {
            about: own.about(),
            training: Some((path, is_record)),
            ..Heard::default()
        };
        for split in self.splits {
            if own.decides_by_group() && split.name != self.read.name {
                heard.notes.push(format!(
                    "the model decides by the groups of `{}`: as if of another `{}` it is not asked",
                    self.read.name, split.name
                ));
                continue;
            }
            let groups = (split.rows.names.as_slice(), split.name.as_str());
            let kept = Kept::new(document, method, groups)?;
            let case = self.case(split, (&kept, &kept));
            self.flip(&case, split, (&mut replies, &mut heard))?;
        }
        self.ways((&own, &own), (&mut replies, &mut heard))?;
        Ok((replies, heard))
    }

    /// What stands for the table's own decisions, where it does.
    pub(super) fn surrogate(&self, job: &Audit, plan: &Plan) -> Result<(Replies, Heard)> {
        if !self.read.has_decisions {
            return Err(Error::Flag {
                flag: "--justice",
                value: String::new(),
                problem: "the table has no decisions that a surrogate could stand for",
                remedy: "`--model` says who is asked; `-p` or `--score` names decisions".to_owned(),
            });
        }
        let asker = Asker {
            explaining: &Explaining::default(),
            folds: FOLDS,
            statistics: &job.statistics,
            progress: job.output.progress,
            needs_model: true,
        };
        let known = Known {
            read: self.read,
            plan,
            given: self.given,
            scores: &[],
        };
        let found = match question::surrogate(&asker, &known, self.given) {
            Ok(found) => found,
            // The audit goes on without: so few decisions of one kind are no error of its own.
            Err(Error::Unfit(_)) => {
                let why = "no surrogate can be fitted: the decisions are all the same, or too few of \
                           one kind";
                let heard = Heard {
                    about: judge::STAND_IN.to_owned(),
                    withheld: Some(why.to_owned()),
                    ..Heard::default()
                };
                return Ok((Replies::new(vec![None; self.read.memory.len()]), heard));
            }
            Err(error) => return Err(error),
        };
        let (fitted, best) = &found.fitted;
        let held = fitted.get(*best).map(|own| own as &dyn Subject);
        let held = held.unwrap_or(&*found.whole);
        let mut replies = Replies::new(question::answers(held, self.read)?.1);
        let mut heard = Heard {
            about: format!("{}, {}", judge::STAND_IN, held.about()),
            notes: found.notes.clone(),
            ..Heard::default()
        };
        heard.withheld = self.poor(&replies.as_is, plan)?;
        if heard.withheld.is_some() {
            return Ok((replies, heard));
        }
        for split in self.splits {
            let case = self.case(split, (&*found.whole, held));
            self.flip(&case, split, (&mut replies, &mut heard))?;
        }
        self.ways((&*found.whole, held), (&mut replies, &mut heard))?;
        Ok((replies, heard))
    }

    /// Why a surrogate does not stand for the decisions, if it does not: of all rows, or of a group
    /// that is large enough to say so.
    fn poor(&self, decided: &[Option<bool>], plan: &Plan) -> Result<Option<String>> {
        let all = &self.read.rows;
        let whole = agreed(&self.read.counted, &all.weights, self.given, decided);
        let least = 100.0 * LEAST;
        if whole.share < LEAST || whole.share <= whole.majority {
            let than = if whole.share < LEAST {
                format!("fewer than {least:.0} %")
            } else {
                format!(
                    "one answer for all would with {:.1} %",
                    100.0 * whole.majority
                )
            };
            return Ok(Some(format!(
                "the surrogate agrees with {:.1} % of the decisions, {than}",
                100.0 * whole.share
            )));
        }
        for attribute in &plan.attributes {
            let split = frame::rows(&self.read.memory, plan, attribute)?;
            let mut of: Vec<Vec<u32>> = vec![Vec::new(); split.names.len()];
            for &row in &self.read.counted {
                if let Some(own) = of.get_mut(split.groups[row as usize] as usize) {
                    own.push(row);
                }
            }
            for (rows, name) in of.into_iter().zip(&split.names) {
                let own = agreed(&rows, &all.weights, self.given, decided);
                if own.rows >= self.asking.min_group && own.share < LEAST {
                    return Ok(Some(format!(
                        "of {} the surrogate agrees with {:.1} % of the decisions, fewer than \
                         {least:.0} %",
                        label::pairs(name),
                        100.0 * own.share
                    )));
                }
            }
        }
        Ok(None)
    }

    /// Flips of one attribute.
    fn flip(
        &self,
        case: &Case,
        split: &Split,
        (replies, heard): (&mut Replies, &mut Heard),
    ) -> Result<()> {
        let flipping = Flipping {
            case,
            subject: case.held,
            columns: &split.columns,
            favorable: self.favorable,
            matches: false,
        };
        let flipped = flipping.ask()?;
        heard.notes.extend(flipping.unseen());
        replies.turn(split.attribute.clone(), &split.name, &flipped);
        let title = format!("what if `{}` were another", split.name);
        let name = format!("flip({})", split.name);
        let found = flipping.found(&flipped);
        heard.sections.push(section(name, title, found));
        Ok(())
    }

    /// Ways of all rows, whatever can be flipped: in the groups of the table's own attribute, which are
    /// those that a saved model decides by.
    fn ways(
        &self,
        models: (&dyn Subject, &dyn Subject),
        (replies, heard): (&mut Replies, &mut Heard),
    ) -> Result<()> {
        let rows = (self.read.counted.as_slice(), self.given);
        let case = question::case(self.read, rows, models, self.asking);
        let recourse = Recourse {
            case: &case,
            declared: self.declared,
            favorable: self.favorable,
            is_of_all: true,
        };
        let answered = recourse.answered()?;
        heard.ways_about = models.0.about();
        heard.has_searched = answered.is_searched;
        heard.notes.extend(answered.sampled);
        replies.ways = answered.costs;
        let title = "what would have to change".to_owned();
        let name = "recourse".to_owned();
        heard.sections.push(section(name, title, answered.found));
        Ok(())
    }
}

/// What was found, all of it for those who ask for everything.
fn section(name: String, title: String, found: Found) -> Section {
    let tables = found.tables.into_iter();
    Section {
        name,
        title,
        tables: tables.map(Table::detail).collect(),
        notes: found.notes,
    }
}

/// How often two decisions are the same, by weight.
struct Agreed {
    rows: u64,
    share: f64,
    /// How often one answer for all would be.
    majority: f64,
}

fn agreed(rows: &[u32], weights: &[f64], given: &[Option<bool>], own: &[Option<bool>]) -> Agreed {
    let (mut count, mut all, mut same, mut yes) = (0, 0.0, 0.0, 0.0);
    for &row in rows {
        let row = row as usize;
        let (Some(given), Some(own)) = (given[row], own[row]) else {
            continue;
        };
        count += 1;
        all += weights[row];
        same += if given == own { weights[row] } else { 0.0 };
        yes += if given { weights[row] } else { 0.0 };
    }
    let share = if all > 0.0 { yes / all } else { 1.0 };
    Agreed {
        rows: count,
        share: if all > 0.0 { same / all } else { 0.0 },
        majority: share.max(1.0 - share),
    }
}
