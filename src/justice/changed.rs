//! What a change of rows does to their answers, in sums.
//!
//! In: of each row its weight, and score and decision before and after. Out: a [`Change`]: shares
//! that turned one way and the other with Wilson's intervals, the mean change of score with
//! Student's, and `McNemar`'s exact p of the rows.

use std::collections::BTreeMap;

use super::means::{Mean, apart};
use crate::profile::section::{Kind, Line, Table};
use crate::stats::special::normal_cdf;
use crate::stats::test::mcnemar_exact;
use crate::stats::{Amount, Fraction, Interval, Law, Spread, interval};

/// Score and decision of a row; `NaN` and none where there is none.
pub type Answer = (f64, Option<bool>);

/// A row before and after.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// What it counts for.
    pub weight: f64,
    /// Before.
    pub before: Answer,
    /// After.
    pub after: Answer,
}

/// What a change did to some rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// Rows that were decided on before and after.
    pub decided: Amount,
    /// Those that had the favorable decision before.
    pub before: Amount,
    /// Those that have it after.
    pub after: Amount,
    /// Those that turned favorable.
    pub gained: Amount,
    /// Those that turned unfavorable.
    pub lost: Amount,
    /// The mean change of the score.
    pub score: Option<f64>,
    /// How far it may be off.
    pub score_interval: Option<Interval>,
    /// Rows that were scored.
    pub scored: u64,
    /// The p of rows that do not stand for themselves.
    shared_p: f64,
    confidence: f64,
}

impl Change {
    /// What chance makes less often than that, by Holm over all flips, is worth a look.
    pub const CHANCE: f64 = 0.05;

    /// Of some rows; `favorable` is the decision that people want.
    pub fn of(pairs: &[Pair], favorable: bool, confidence: f64) -> Self {
        let amount = |is_in: &dyn Fn(bool, bool) -> bool| {
            let mut sum = Amount::default();
            for pair in pairs {
                let (Some(before), Some(after)) = (pair.before.1, pair.after.1) else {
                    continue;
                };
                if is_in(before == favorable, after == favorable) {
                    sum = sum + one(pair.weight);
                }
            }
            sum
        };
        let scored: Vec<(f64, f64)> = pairs
            .iter()
            .map(|pair| (pair.weight, pair.after.0 - pair.before.0))
            .filter(|(_, change)| change.is_finite())
            .collect();
        let (score, score_interval) = mean(&scored, confidence);
        Self {
            decided: amount(&|_, _| true),
            before: amount(&|before, _| before),
            after: amount(&|_, after| after),
            gained: amount(&|before, after| !before && after),
            lost: amount(&|before, after| before && !after),
            score,
            score_interval,
            scored: scored.len() as u64,
            shared_p: 0.0,
            confidence,
        }
    }

    /// The same where what comes after was read off so many rows of another group: the mean scores
    /// before and after vary each by itself (Welch 1947, doi:10.2307/2332510), though each row's
    /// change by them may hardly vary.
    #[must_use]
    pub fn of_two_samples(mut self, pairs: &[Pair], others: f64) -> Self {
        let scored = |pair: &&Pair| (pair.after.0 - pair.before.0).is_finite();
        let own = pairs.iter().filter(scored);
        let before = Mean::of(own.clone().map(|pair| (pair.before.0, pair.weight)));
        let after = Mean::of(own.map(|pair| (pair.after.0, pair.weight)));
        if let Some((before, after)) = before.zip(after) {
            let after = Mean {
                variance: after.variance * (after.freedom + 1.0) / others,
                freedom: others - 1.0,
                ..after
            };
            self.score_interval = apart(&after, &before, self.confidence).1;
        }
        self
    }

    /// The same where several rows may share what they are held against, which `shared` names by row:
    /// their sums vary, and not each by itself (Liang and Zeger 1986, doi:10.1093/biomet/73.1.13).
    #[must_use]
    pub fn of_shared(mut self, pairs: &[Pair], shared: &[u32]) -> Self {
        let Some(mean) = self.score else { return self };
        let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        let mut total = 0.0;
        for (pair, own) in pairs.iter().zip(shared) {
            let sums = sums.entry(*own).or_default();
            let change = pair.after.0 - pair.before.0;
            if change.is_finite() {
                sums.0 += pair.weight * (change - mean);
                total += pair.weight;
            }
            if let (Some(before), Some(after)) = (pair.before.1, pair.after.1)
                && before != after
            {
                sums.1 += if after { 1.0 } else { -1.0 };
            }
        }
        let count = sums.len() as f64;
        let square: f64 = sums.values().map(|own| own.0 * own.0).sum();
        let mean = Mean {
            value: mean,
            variance: square / (total * total) * count / (count - 1.0),
            freedom: count - 1.0,
        };
        self.score_interval = mean.interval(self.confidence).or(self.score_interval);
        let turned: f64 = sums.values().map(|own| own.1).sum();
        let varies: f64 = sums.values().map(|own| own.1 * own.1).sum();
        if varies > 0.0 {
            self.shared_p = 2.0 * normal_cdf(-turned.abs() / varies.sqrt());
        }
        self
    }

    /// `McNemar`'s exact p, of rows whatever they weigh; where rows share what they are held against,
    /// no less than that of their sums.
    pub fn p(&self) -> f64 {
        mcnemar_exact(self.gained.rows, self.lost.rows).max(self.shared_p)
    }

    /// Whether nothing changed at all.
    pub fn is_nothing(&self) -> bool {
        self.gained.rows + self.lost.rows == 0 && self.score.is_none_or(|change| change == 0.0)
    }

    /// The share of rows that turned either way.
    pub fn flipped(&self) -> Option<f64> {
        let turned = self.gained + self.lost;
        Fraction::new(turned, self.decided).value()
    }

    /// Puts it behind the columns that a row already has.
    pub fn put(&self, line: Line) -> Line {
        let mut line = line.count("rows", self.decided.rows.max(self.scored));
        for (name, part) in [
            ("before", self.before),
            ("after", self.after),
            ("gained", self.gained),
            ("lost", self.lost),
        ] {
            let share = Fraction::new(part, self.decided);
            let limits = interval::rate(&share, self.confidence);
            line = line
                .number(name, share.value().ok_or("no_decisions"))
                .interval(&format!("{name}_interval"), limits, "no_decisions");
        }
        line.number("score_change", self.score.ok_or("no_scores"))
            .interval("score_change_interval", self.score_interval, "too_few_rows")
            .number("p", Ok(self.p()))
    }

    /// A table with these columns behind others, which `first` puts there; `said` are the headings of
    /// the shares before and after.
    pub fn columns(first: Table, (before, after): (&str, &str)) -> Table {
        first
            .column("rows", "rows", Kind::Count, 2)
            .column("before", before, Kind::Share, 3)
            .column("before_interval", "95% CI", Kind::ShareInterval, 8)
            .column("after", after, Kind::Share, 3)
            .column("after_interval", "95% CI", Kind::ShareInterval, 8)
            .column("gained", "to favorable", Kind::Share, 0)
            .column("gained_interval", "95% CI", Kind::ShareInterval, 4)
            .column("lost", "to unfavorable", Kind::Share, 0)
            .column("lost_interval", "95% CI", Kind::ShareInterval, 5)
            .column("score_change", "score", Kind::Gap, 1)
            .column("score_change_interval", "95% CI", Kind::Interval, 6)
            .column("p", "p", Kind::P, 1)
    }
}

fn one(weight: f64) -> Amount {
    Amount {
        rows: 1,
        weight,
        weight_sq: weight * weight,
    }
}

/// A weighted mean and Student's interval of it; its variance is linearised where weights differ.
pub fn mean(scored: &[(f64, f64)], confidence: f64) -> (Option<f64>, Option<Interval>) {
    let total: f64 = scored.iter().map(|(weight, _)| weight).sum();
    if scored.is_empty() || total <= 0.0 {
        return (None, None);
    }
    let mean = scored.iter().map(|(w, x)| w * x).sum::<f64>() / total;
    let n = scored.len() as f64;
    let squares: f64 = scored.iter().map(|(w, x)| (w * (x - mean)).powi(2)).sum();
    let variance = squares / (total * total) * n / (n - 1.0);
    // What is the same in every row has an interval, of no width.
    if variance == 0.0 {
        let same = Interval {
            low: mean,
            high: mean,
            confidence,
            method: interval::Method::StudentT,
        };
        return (Some(mean), Some(same));
    }
    let spread = Spread::of(variance, Law::Student(n - 1.0));
    let limits = spread
        .zip(interval::z(confidence, 1.0))
        .and_then(|(spread, z)| {
            let (low, high) = spread.limits(mean, z)?;
            Some(Interval {
                low,
                high,
                confidence,
                method: spread.method(),
            })
        });
    (Some(mean), limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(before: (f64, bool), after: (f64, bool)) -> Pair {
        Pair {
            weight: 1.0,
            before: (before.0, Some(before.1)),
            after: (after.0, Some(after.1)),
        }
    }

    #[test]
    fn rows_that_turn_are_counted_by_the_way_they_turn() {
        let pairs = [
            pair((0.4, false), (0.6, true)),
            pair((0.4, false), (0.7, true)),
            pair((0.6, true), (0.4, false)),
            pair((0.9, true), (0.9, true)),
        ];
        let change = Change::of(&pairs, true, 0.95);
        assert_eq!((change.gained.rows, change.lost.rows), (2, 1));
        assert_eq!((change.before.rows, change.after.rows), (2, 3));
        assert!((change.score.unwrap() - 0.075).abs() < 1e-12);
        assert_eq!(change.p(), 1.0);
        // Where nobody wants to be selected, the ways change places.
        let change = Change::of(&pairs, false, 0.95);
        assert_eq!((change.gained.rows, change.lost.rows), (1, 2));
        assert_eq!(change.flipped(), Some(0.75));
    }

    /// Differences of 1, 2 and 6: mean 3, s = √7, t(0.975, 2) = 4.302652729911275.
    #[test]
    fn the_interval_of_a_mean_change_is_that_of_student() {
        let (mean, found) = mean(&[(1.0, 1.0), (1.0, 2.0), (1.0, 6.0)], 0.95);
        let half = 4.302_652_729_911_275 * (7.0_f64 / 3.0).sqrt();
        assert!((mean.unwrap() - 3.0).abs() < 1e-12);
        let found = found.unwrap();
        assert!((found.low - (3.0 - half)).abs() < 1e-8, "{found:?}");
        assert!((found.high - (3.0 + half)).abs() < 1e-8, "{found:?}");
    }

    /// Of as many rows of either group it is Welch's test: `scipy.stats.ttest_ind(after, before,
    /// equal_var=False).confidence_interval(0.95)` of these numbers, scipy 1.17.1.
    #[test]
    fn two_samples_have_the_interval_of_welch() {
        let numbers = [
            (0.1, 0.2),
            (0.4, 0.45),
            (0.35, 0.5),
            (0.8, 0.9),
            (0.62, 0.7),
        ];
        let pairs = numbers.map(|(before, after)| pair((before, true), (after, true)));
        let paired = Change::of(&pairs, true, 0.95);
        let found = paired.clone().of_two_samples(&pairs, 5.0);
        let limits = found.score_interval.unwrap();
        assert!((limits.low + 0.292_047_998_963_905_1).abs() < 1e-9);
        assert!((limits.high - 0.484_047_998_963_905_16).abs() < 1e-9);
        assert_eq!(found.score, paired.score);
        // The other group's rows say more where they are more.
        let more = paired.of_two_samples(&pairs, 500.0).score_interval.unwrap();
        assert!(limits.low < more.low && more.high < limits.high);
    }

    #[test]
    fn what_is_the_same_in_every_row_has_an_interval_of_no_width() {
        let (_, limits) = mean(&[(1.0, 0.5), (1.0, 0.5)], 0.95);
        let limits = limits.unwrap();
        assert_eq!((limits.low, limits.high), (0.5, 0.5));
        assert_eq!(mean(&[(1.0, 0.5)], 0.95), (Some(0.5), None));
    }

    /// Six rows of four neighbors: `statsmodels` 0.15.0, `OLS(change, 1).fit(cov_type="cluster")` with
    /// `use_t`. Twice the tail of the normal at 3 / √9 is less than the exact p of 4 of 5 rows.
    #[test]
    fn rows_that_share_a_neighbor_do_not_stand_for_themselves() {
        let numbers = [
            (0.45, 0.1),
            (0.4, 0.15),
            (0.9, -0.2),
            (0.3, 0.3),
            (0.4, 0.25),
            (0.48, 0.05),
        ];
        let turned = [
            (false, true),
            (false, true),
            (true, true),
            (false, true),
            (false, true),
            (true, false),
        ];
        let pairs: Vec<Pair> = numbers
            .into_iter()
            .zip(turned)
            .map(|((score, change), (before, after))| {
                pair((score, before), (score + change, after))
            })
            .collect();
        let alone = Change::of(&pairs, true, 0.95);
        assert!((alone.p() - 0.375).abs() < 1e-12);
        let found = alone.clone().of_shared(&pairs, &[1, 1, 2, 3, 3, 4]);
        let limits = found.score_interval.unwrap();
        assert!(
            (limits.low + 0.172_795_729_602_494_42).abs() < 1e-9,
            "{limits:?}"
        );
        assert!(
            (limits.high - 0.389_462_396_269_161_1).abs() < 1e-9,
            "{limits:?}"
        );
        assert!(found.p() > alone.p() - 1e-15);
        // All of one neighbor turn the same way: that is one thing that turned.
        let one = pair((0.4, false), (0.6, true));
        let same = Change::of(&[one; 9], true, 0.95);
        assert!(same.p() < 0.01);
        assert!((same.of_shared(&[one; 9], &[7; 9]).p() - 0.317_310_507_862_914).abs() < 1e-9);
    }
}
