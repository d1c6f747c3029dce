//! A `[[rule]]` of a policy file, and what becomes of it on the data at hand.

use std::fmt;

use super::section::Placed;
use super::{Finding, Limit, Op, Rule, Scope, Severity, rule};
use crate::data::Role;
use crate::error::{Error, Result};
use crate::metrics::Metric;

/// A `[[rule]]`.
#[derive(Clone)]
pub struct Entry {
    /// Its place among them, from 1.
    pub number: usize,
    /// Of which metric.
    pub metric: &'static Metric,
    /// The metric as it is typed, and where.
    pub name: Placed,
    /// Of which attribute; `None` is every single one, `*` all.
    pub on: Option<Placed>,
    /// The lowest value allowed.
    pub min: Option<f64>,
    /// The highest value allowed.
    pub max: Option<f64>,
    /// How bad it is when it is broken.
    pub severity: Severity,
    /// Judged only in strata of this control: `COL` or `COL=VALUE`.
    pub control: Option<Placed>,
    /// Why there is this rule.
    pub reason: Option<String>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// What a policy file is judged on.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The attributes that are audited.
    pub attributes: &'a [String],
    /// The parts that columns play.
    pub roles: &'a [Role],
    /// The input and its columns; a saved report does not name them all.
    pub columns: Option<(&'a str, &'a [String])>,
}

impl Known<'_> {
    /// Refuses a column that the input does not have.
    fn column(&self, name: &str, place: &Placed) -> Result<()> {
        match self.columns {
            Some((path, columns)) if !columns.iter().any(|known| known == name) => {
                Err(place.at.cause(Error::NoColumn {
                    column: name.to_owned(),
                    path: path.to_owned(),
                    columns: columns.to_vec(),
                }))
            }
            _ => Ok(()),
        }
    }

    /// Refuses `COL` or `COL=VALUE` where no such column is.
    pub fn assigned(&self, place: &Placed) -> Result<()> {
        let ends = place.text.match_indices('=').map(|(at, _)| at);
        let mut names = ends
            .map(|at| &place.text[..at])
            .chain([place.text.as_str()]);
        let is_known = |name: &str| self.column(name, place).is_ok();
        if names.any(is_known) {
            return Ok(());
        }
        let name = place.text.split('=').next().unwrap_or_default();
        self.column(name, place)
    }
}

impl Entry {
    /// Its rules, or why these data have nothing that it could be judged on.
    ///
    /// # Errors
    /// A column that the input does not have.
    pub fn rules(&self, known: &Known) -> Result<std::result::Result<Vec<Rule>, String>> {
        if let Some(control) = &self.control {
            known.assigned(control)?;
        }
        let scope = match &self.on {
            None => Scope::Single,
            Some(on) => {
                let Ok(scope) = rule::scope(&on.text, known.attributes) else {
                    let is_column = known.column(&on.text, on).is_ok();
                    for part in on.text.split('*').filter(|_| !is_column) {
                        known.column(part.trim(), on)?;
                    }
                    return Ok(Err(format!("`{}` is not audited", on.text)));
                };
                scope
            }
        };
        let lacking = self.metric.needs.iter().find(|r| !known.roles.contains(r));
        if let Some(role) = lacking {
            return Ok(Err(format!("it needs a {}", rule::part(*role))));
        }
        let limits = [(Op::AtLeast, self.min), (Op::AtMost, self.max)];
        let rules = limits.into_iter().filter_map(|(op, limit)| {
            Some(Rule {
                severity: self.severity,
                control: self.control.as_ref().map(|control| control.text.clone()),
                reason: self.reason.clone(),
                entry: Some(self.number),
                ..Rule::new(self.metric, scope.clone(), op, limit?)
            })
        });
        Ok(Ok(rules.collect()))
    }

    /// The finding that nothing was judged by it.
    pub fn unmatched(&self, why: &str) -> Finding {
        let on = self.on.as_ref().map(|on| on.text.clone());
        let about = on.as_ref().map_or(String::new(), |on| format!(":{on}"));
        let message = format!(
            "{}: [[rule]] {} (`{}{about}`) matches nothing: {why}",
            self.name.at, self.number, self.metric.name
        );
        let limit = Limit {
            min: self.min,
            max: self.max,
            exclusive: false,
        };
        let id = format!("rule:{}{about}", self.metric.name);
        Finding::unmatched(id, self.metric, on, limit, message)
    }

    /// Why no stratum or attribute was judged by it, although it could be read.
    pub fn idle(&self) -> String {
        match &self.control {
            Some(control) => format!("no stratum of `{}` is audited", control.text),
            None => "no attribute is judged by it".to_owned(),
        }
    }

    /// As a report records it.
    pub fn text(&self) -> String {
        let on = self.on.as_ref().map(|on| format!("({})", on.text));
        let min = self.min.map(|min| format!(" >= {min}"));
        let max = self.max.map(|max| format!(" <= {max}"));
        let parts = [on, min, max].into_iter().flatten();
        parts.fold(self.metric.name.to_owned(), |text, part| text + &part)
    }
}
