//! Many checks at once: the more there are, the likelier one fails by chance alone.
//!
//! In: findings, each with a p that already holds for all pairs of its attribute. Out: the same with
//! the p adjusted for all attributes, metrics, strata and scenarios that are judged, and a failure
//! that does not survive it as a warning.

use std::collections::BTreeMap;

use super::{Decide, Finding, How, Status};
use crate::stats::Method;
use crate::stats::adjust::{benjamini_hochberg, holm};

/// What is made of there being many checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Adjust {
    /// Nothing: each attribute and metric has its own error.
    None,
    /// The chance that any check fails wrongly is kept (Holm 1979).
    #[default]
    Holm,
    /// The expected share of wrong ones among the failures is kept (Benjamini and Hochberg 1995,
    /// doi:10.1111/j.2517-6161.1995.tb02031.x): for exploration.
    Bh,
    /// As Holm, with what the checks have in common, by redrawing the cells.
    Maxt,
}

impl Adjust {
    /// The words of the flag and of a policy file.
    pub const NAMES: [(&str, Self); 4] = [
        ("none", Self::None),
        ("holm", Self::Holm),
        ("bh", Self::Bh),
        ("maxt", Self::Maxt),
    ];

    /// The one of a name.
    pub fn find(name: &str) -> Option<Self> {
        super::value_of(&Self::NAMES, name)
    }

    /// As the flag takes it.
    pub fn name(self) -> &'static str {
        super::name_of(&Self::NAMES, self)
    }

    /// Whose it is, in a sentence.
    fn title(self) -> &'static str {
        match self {
            Self::None => "no",
            Self::Holm => "Holm's",
            Self::Bh => "Benjamini and Hochberg's",
            Self::Maxt => "the joint",
        }
    }
}

/// Adjusts the p of all findings together, and what follows from it.
pub fn adjust<'f>(findings: impl Iterator<Item = &'f mut Finding>, decide: &Decide) {
    let mut judged: Vec<&mut Finding> = findings.filter(|finding| finding.p.is_some()).collect();
    let adjusted = adjusted(&judged, decide);
    let checks = judged.len();
    let error = 1.0 - decide.confidence;
    for (finding, p) in judged.iter_mut().zip(adjusted) {
        finding.p_adjusted = Some(p);
        // The interval is past the limit where its own p is small enough; rounding at the very limit
        // is not to tell them apart.
        let is_lost = p > error && finding.p.is_some_and(|own| own < p);
        if decide.how == How::Interval && finding.status == Status::Fail && is_lost {
            finding.status = Status::Warn;
            finding.message += &format!(
                ", but not after {} adjustment for {checks} checks (p = {p:.3})",
                decide.adjust.title()
            );
        }
    }
}

fn adjusted(judged: &[&mut Finding], decide: &Decide) -> Vec<f64> {
    let p: Vec<f64> = judged.iter().filter_map(|finding| finding.p).collect();
    match decide.adjust {
        Adjust::None => p,
        Adjust::Maxt => joint(judged, &p),
        Adjust::Holm => holm(&p, &blocks(judged)),
        Adjust::Bh => benjamini_hochberg(&p),
    }
}

/// What was redrawn is adjusted already; the rest by Holm, and where there are both kinds they share
/// the error.
fn joint(judged: &[&mut Finding], p: &[f64]) -> Vec<f64> {
    let is_redrawn = |finding: &Finding| {
        let interval = finding.interval.as_ref();
        interval.is_some_and(|interval| interval.method == Method::Resampled)
    };
    let redrawn: Vec<bool> = judged.iter().map(|finding| is_redrawn(finding)).collect();
    let others: Vec<usize> = (0..p.len()).filter(|&at| !redrawn[at]).collect();
    let kinds = if others.is_empty() || others.len() == p.len() {
        1.0
    } else {
        2.0
    };
    let blocks = blocks(judged);
    let of = |list: &[usize]| -> (Vec<f64>, Vec<usize>) {
        list.iter().map(|&at| (p[at], blocks[at])).unzip()
    };
    let (own, own_blocks) = of(&others);
    let mut adjusted: Vec<f64> = p.iter().map(|p| (p * kinds).min(1.0)).collect();
    for (at, p) in others.iter().zip(holm(&own, &own_blocks)) {
        adjusted[*at] = (p * kinds).min(1.0);
    }
    adjusted
}

/// Which findings share their error already: the pairs of an attribute on one metric; each rate of a
/// group by itself.
fn blocks(judged: &[&mut Finding]) -> Vec<usize> {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut blocks = Vec::with_capacity(judged.len());
    for finding in judged {
        let is_pair = finding.group.is_some() && finding.reference.is_some();
        let key = if is_pair {
            format!(
                "{}\0{}\0{}\0{:?}",
                finding.metric, finding.scenario, finding.attribute, finding.stratum
            )
        } else {
            finding.id.clone()
        };
        let next = known.len();
        blocks.push(*known.entry(key).or_insert(next));
    }
    blocks
}
