//! Which metrics are computed, and how far scores are ranked for them.

use crate::data::{Ranks, Reference, Role};
use crate::metrics::{self, Metric, performance};
use crate::policy::Rule;

/// What is computed: no number that nobody reads.
pub struct Computed {
    /// What is reported, and what rules are about, in report order.
    pub metrics: Vec<&'static Metric>,
    /// Those of one group that rules are judged on.
    pub judged: Vec<&'static Metric>,
    /// Those that are not asked for and told all the same: compared over the extremes of single
    /// columns alone, and of few groups.
    pub beside: Vec<&'static str>,
    /// There are rules.
    pub is_judged: bool,
    /// Whether the interval of an AUC is shown, or judged.
    pub auc_intervals: bool,
    /// Whether some output has every rate of small groups shrunk.
    pub shrinks_all: bool,
}

impl Computed {
    /// `reported` names metrics, and is all where it is `None`.
    pub fn new(reported: Option<&[&str]>, rules: &[Rule], roles: &[Role]) -> Self {
        let judged: Vec<&Metric> = rules.iter().flat_map(Rule::bases).collect();
        let is_about = |metric: &Metric| {
            let mut about = judged.iter().copied().chain(rules.iter().map(|r| r.metric));
            about.any(|other| other.name == metric.name)
        };
        let metrics = metrics::all()
            .filter(|metric| metric.needs.iter().all(|role| roles.contains(role)))
            .filter(|metric| {
                reported.is_none_or(|names| names.contains(&metric.name)) || is_about(metric)
            });
        Self {
            metrics: metrics.collect(),
            auc_intervals: judged.iter().any(|metric| metric.name == "auc"),
            judged,
            beside: Vec::new(),
            is_judged: !rules.is_empty(),
            shrinks_all: false,
        }
    }

    /// The same with these beside what is reported: those that nobody asked for.
    pub fn with(
        reported: Option<&[&'static str]>,
        beside: &[&'static str],
        (rules, roles): (&[Rule], &[Role]),
    ) -> Self {
        let Some(named) = reported.filter(|names| !names.is_empty()) else {
            // Every metric is computed, or those alone that rules need.
            return Self::new(reported, rules, roles);
        };
        let asked = Self::new(reported, rules, roles);
        let is_new = |name: &&&'static str| !asked.metrics.iter().any(|m| m.name == **name);
        let beside: Vec<&'static str> = beside.iter().filter(is_new).copied().collect();
        let all: Vec<&'static str> = named.iter().chain(&beside).copied().collect();
        Self {
            beside,
            ..Self::new(Some(&all), rules, roles)
        }
    }

    /// Those of which all groups are kept, however many there are: what rules need, or what was named.
    pub fn kept(&self, is_named: bool) -> Vec<&'static Metric> {
        if !is_named {
            return self.judged.clone();
        }
        let all = self.metrics.iter().copied();
        all.filter(|metric| !self.beside.contains(&metric.name))
            .collect()
    }

    /// How far scores must be ranked for this.
    pub fn ranks(&self, reference: &Reference) -> Ranks {
        let ranks = self.metrics.iter().map(|metric| performance::ranks(metric));
        match ranks.max().unwrap_or(Ranks::Nothing) {
            // What the groups are then held against must be ranked as well.
            Ranks::Values if matches!(reference, Reference::Rest | Reference::Overall) => {
                Ranks::Others
            }
            Ranks::Values if self.auc_intervals => Ranks::Groups,
            ranks => ranks,
        }
    }
}
