//! Means by group: what is per row becomes one number of each group, with an interval.
//!
//! In: a number and a weight of each row. Out: Σwx / Σw with Student's interval on the linearised
//! variance n/(n − 1) · Σw²(x − mean)² / (Σw)² (Särndal, Swensson and Wretman 1992, Model Assisted
//! Survey Sampling, 5.6), which without weights is that of any mean.

use super::Case;
use crate::data::group::Values;
use crate::profile::section::{Kind, Line, Table};
use crate::stats::Interval;
use crate::stats::beta::two_sided_t;
use crate::stats::interval::Method;

/// Why a number has no interval.
pub const NO_INTERVAL: &str = "no_interval";
/// The attribute of all rows together.
const OVERALL: &str = "overall";

/// A mean, and its interval where two rows at least say how it varies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// It.
    pub value: f64,
    /// Its variance.
    pub variance: f64,
    /// Its degrees of freedom.
    pub freedom: f64,
}

impl Mean {
    /// Of numbers and weights; none where nothing weighs anything.
    pub fn of(rows: impl Iterator<Item = (f64, f64)> + Clone) -> Option<Self> {
        let (mut count, mut weight, mut square, mut sum) = (0.0, 0.0, 0.0, 0.0);
        for (x, w) in rows.clone() {
            count += 1.0;
            weight += w;
            square += w * w;
            sum += w * x;
        }
        if weight <= 0.0 {
            return None;
        }
        let value = sum / weight;
        let spread: f64 = rows.map(|(x, w)| (w * (x - value)).powi(2)).sum();
        let variance = spread / (weight * weight) * count / (count - 1.0);
        // Rows that weigh more than others say less of how it varies.
        let freedom = weight * weight / square - 1.0;
        Some(Self {
            value,
            variance,
            freedom,
        })
    }

    /// The interval.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        let half = two_sided_t(confidence, self.freedom) * self.variance.sqrt();
        half.is_finite().then_some(Interval {
            low: self.value - half,
            high: self.value + half,
            confidence,
            method: Method::StudentT,
        })
    }
}

/// The difference of two means of other rows, with Welch's interval (1947, doi:10.2307/2332510).
pub fn apart(a: &Mean, b: &Mean, confidence: f64) -> (f64, Option<Interval>) {
    let value = a.value - b.value;
    let variance = a.variance + b.variance;
    let each = a.variance * a.variance / a.freedom + b.variance * b.variance / b.freedom;
    let freedom = if each > 0.0 {
        variance * variance / each
    } else {
        f64::INFINITY
    };
    let half = two_sided_t(confidence, freedom) * variance.sqrt();
    let interval = half.is_finite().then_some(Interval {
        low: value - half,
        high: value + half,
        confidence,
        method: Method::StudentT,
    });
    (value, interval)
}

/// Rows that are looked at together: all of them, or a group.
#[derive(Debug, Clone)]
pub struct Part {
    /// Which group; none for all rows.
    pub group: Option<usize>,
    /// Places in [`Case::rows`].
    pub places: Vec<usize>,
}

impl Case<'_> {
    /// All rows, then each group that has rows enough.
    pub fn parts(&self) -> Vec<Part> {
        let mut groups: Vec<Part> = (0..self.names.len())
            .map(|group| Part {
                group: Some(group),
                places: Vec::new(),
            })
            .collect();
        for (place, &row) in self.rows.iter().enumerate() {
            groups[self.groups[row as usize] as usize]
                .places
                .push(place);
        }
        groups.retain(|part| part.places.len() as u64 >= self.asking.min_group);
        let mut parts = vec![Part {
            group: None,
            places: (0..self.rows.len()).collect(),
        }];
        parts.extend(groups);
        parts
    }

    /// What is said of the groups that are not told apart.
    pub fn small(&self) -> Option<String> {
        let told = self.parts().len() - 1;
        let small = self.names.len() - told;
        (small > 0).then(|| {
            format!(
                "of fewer than {} rows, not told apart: {small} of {} groups",
                self.asking.min_group,
                self.names.len()
            )
        })
    }

    /// Of numbers of groups the groups of the highest and the lowest: of all, or of the reference and
    /// the group furthest from it. None where there are no two that differ in group.
    pub fn furthest(&self, numbers: &[(usize, f64)]) -> Option<(usize, usize)> {
        let of = |group: usize| numbers.iter().find(|(own, _)| *own == group);
        if let Some((reference, own)) = self.reference.and_then(of) {
            let others = numbers.iter().filter(|(group, _)| group != reference);
            let far = |x: f64| (x - own).abs();
            let (other, number) = others.rev().max_by(|a, b| far(a.1).total_cmp(&far(b.1)))?;
            return Some(if number > own {
                (*other, *reference)
            } else {
                (*reference, *other)
            });
        }
        let low = numbers.iter().min_by(|a, b| a.1.total_cmp(&b.1))?.0;
        let high = numbers.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1))?.0;
        (low != high).then_some((high, low))
    }

    /// Whose decisions are looked at.
    pub fn whose(&self) -> String {
        if self.given.is_empty() {
            format!("decisions of {}", self.held.about())
        } else {
            self.deciding.to_owned()
        }
    }

    /// The weight of a row by its place in [`Case::rows`].
    pub fn weight(&self, place: usize) -> f64 {
        self.weights[self.rows[place] as usize]
    }

    /// The mean over a part of a number of each row.
    pub fn mean(&self, part: &Part, numbers: &[f64]) -> Option<Mean> {
        let rows = part.places.iter();
        Mean::of(rows.map(|&place| (numbers[place], self.weight(place))))
    }

    /// The start of a line about a part.
    pub fn line(&self, part: &Part) -> Line {
        let group = part
            .group
            .map_or_else(Values::default, |at| self.names[at].clone());
        let attribute = part.group.map_or(OVERALL, |_| self.attribute);
        Line::new()
            .text("attribute", attribute)
            .group("group", group)
    }
}

/// The columns of a line about a part.
#[must_use]
pub fn grouped(table: Table) -> Table {
    table
        .column("attribute", "attribute", Kind::Text, 6)
        .column("group", "group", Kind::Group, 0)
}

/// A number with its interval behind it.
pub fn put(line: Line, name: &str, mean: Option<&Mean>, confidence: f64) -> Line {
    let interval = mean.and_then(|mean| mean.interval(confidence));
    line.number(name, mean.map(|mean| mean.value).ok_or("no_rows"))
        .interval(&format!("{name}_interval"), interval, NO_INTERVAL)
}
