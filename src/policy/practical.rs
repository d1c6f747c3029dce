//! How many selections lie between the verdict on a selection rate ratio and its opposite, and
//! whether chance alone makes as large a difference.
//!
//! In: findings of one rule, and the counts of the groups they compare. Out: the same with a
//! [`Practical`], where rows have no weights. The verdict stays as it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::power::rates;
use super::{Case, Finding, Rule, Status};
use crate::data::group::Values;
use crate::metrics::{Compare, Eval};
use crate::stats::test::{fisher_exact, two_proportions};
use crate::stats::{Amount, Fraction};

/// What a ratio of two selection rates is in numbers of people, and how probable by chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Practical {
    /// Selections that the group would have at the rate of both groups together, less those it has.
    pub shortfall: f64,
    /// The least number of selections more with which the group reaches the limit; 0 within it.
    pub more: u64,
    /// The least number of selections that would have to go to the group instead of the other one
    /// for it to have the higher rate. At 1 the guidelines hold the difference to be too small to
    /// act upon (Uniform Guidelines, Questions and Answers 21, 2 March 1979).
    pub moved: u64,
    /// The group's rate less the other one's in standard errors at the common rate; `null` where all
    /// or none are selected.
    pub z: Option<f64>,
    /// The probability of as large a `z`, of either sign, where chance alone selects.
    pub p: Option<f64>,
    /// The same probability by Fisher's exact test; `null` beyond 2³² rows, where `p` is exact
    /// enough.
    pub exact_p: Option<f64>,
    /// The fewest people, selected or not, that the common rate expects of either group: under 5
    /// `exact_p` is the one to read (Cochran 1954, doi:10.2307/3001616).
    #[serde(default)]
    pub least_expected: f64,
}

impl Practical {
    /// Of `part` selected among `whole` in the group and in the best-off one. The products are of
    /// numbers of rows: they fit in 128 bits.
    fn new(group: (u64, u64), best: (u64, u64), limit: f64) -> Self {
        let ((s, n), (b, m)) = (group, best);
        let common = (s + b) as f64 / (n + m) as f64;
        let is_ahead = |k: u64| {
            let (own, other) = (u128::from(s + k), u128::from(b - k));
            own * u128::from(m) > other * u128::from(n)
        };
        let of = |part, whole| Fraction::new(Amount::rows(part), Amount::rows(whole));
        let test = two_proportions(&of(s, n), &of(b, m));
        let reaches = |k: u64| (s + k) as f64 * m as f64 >= limit * b as f64 * n as f64;
        Self {
            shortfall: common * n as f64 - s as f64,
            more: least(n - s, reaches),
            moved: least(b.min(n - s), is_ahead),
            z: test.map(|test| test.statistic),
            p: test.map(|test| test.p),
            exact_p: (n + m <= MOST_EXACT).then(|| fisher_exact((s, n), (b, m))),
            least_expected: common.min(1.0 - common) * n.min(m) as f64,
        }
    }

    /// In words.
    fn text(&self, limit: f64) -> String {
        let Self {
            shortfall,
            more,
            moved,
            ..
        } = self;
        format!(
            "; {shortfall:.1} selections short of the common rate, {more} more reach {limit}, \
             {moved} moved from one group to the other turn it around{}",
            self.significance()
        )
    }

    /// The p values in words: the exact one first where the other is not to be relied on.
    fn significance(&self) -> String {
        let exact = self.exact_p.map(|p| format!("exact p {}", small(p)));
        let (Some(z), Some(p)) = (self.z, self.p) else {
            return exact.map_or(String::new(), |exact| format!("; {exact}"));
        };
        let rough = format!("z {z:.2}, p {}", small(p));
        match exact {
            Some(exact) if self.least_expected < FEW => format!(
                "; {exact} ({rough} is rough: a count of {:.1} is expected)",
                self.least_expected
            ),
            Some(exact) => format!("; {rough}, {exact}"),
            None => format!("; {rough}"),
        }
    }
}

/// An expected count under which the z test is rough.
const FEW: f64 = 5.0;

/// Rows of both groups up to which the exact test is made.
const MOST_EXACT: u64 = 1 << 32;

/// A p value in three decimals, or in two digits where these would be none.
fn small(p: f64) -> String {
    if p >= 0.001 {
        format!("{p:.3}")
    } else {
        format!("{p:.1e}")
    }
}

/// The least number up to `most` that will do, where all above it will do too; else `most`.
fn least(most: u64, will_do: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if will_do(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// Rows of a group at most: beyond it a saved report was not made by an audit.
const MOST: u64 = 1 << 53;

/// Part and whole in rows, where no row is weighted.
fn rows(fraction: &Fraction) -> Option<(u64, u64)> {
    let is_plain = fraction.whole.weight == fraction.whole.rows as f64;
    let (part, whole) = (fraction.part.rows, fraction.whole.rows);
    (is_plain && part <= whole && whole < MOST).then_some((part, whole))
}

/// Adds to each finding that compares two groups by the ratio of one rate.
pub fn add(findings: &mut [Finding], rule: &Rule, case: &Case) {
    if !matches!(rule.metric.eval, Eval::Gap(Compare::Ratio, [_], _)) {
        return;
    }
    let rates = rates(case);
    let of = |values: &Option<Values>| rows(rates.get(values.as_ref()?)?);
    for finding in findings {
        let (Some(_), Some(group), Some(best)) =
            (finding.value, of(&finding.group), of(&finding.reference))
        else {
            continue;
        };
        let practical = Practical::new(group, best, rule.limit);
        // What is within the limit falls short of nothing.
        if finding.status != Status::Pass {
            finding.message += &practical.text(rule.limit);
        }
        finding.practical = Some(practical);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortfall_and_selections_are_those_worked_out_by_hand() {
        // 276 of 957 women, 427 of 1,004 men: together 703 of 1,961, so that 343.1 women would be
        // selected at the common rate. Four fifths of 427 / 1,004 of 957 are 325.6: 326 are needed.
        let practical = Practical::new((276, 957), (427, 1_004), 0.8);
        assert!((practical.shortfall - (703.0 * 957.0 / 1_961.0 - 276.0)).abs() < 1e-9);
        assert_eq!(practical.more, 50);
        // (276 + k) / 957 > (427 − k) / 1,004 from k = 68 on: 344 · 1,004 = 345,376 against
        // 359 · 957 = 343,563; at 67 it is 343 · 1,004 = 344,372 against 360 · 957 = 344,520.
        assert_eq!(practical.moved, 68);
    }

    #[test]
    fn one_person_more_may_be_all_there_is_between_two_small_groups() {
        // 1 of 10 against 2 of 10: one selection to the other group makes it 2 against 1.
        let practical = Practical::new((1, 10), (2, 10), 0.8);
        assert_eq!((practical.more, practical.moved), (1, 1));
        // 3 of 20 are selected: 1.5 are expected of each. Of C(20, 3) = 1,140 ways 2 · C(10, 3) =
        // 240 have 0 or 3 in a group, all others are as likely as this one.
        assert!((practical.least_expected - 1.5).abs() < 1e-12);
        assert_eq!(practical.exact_p, Some(1.0));
        let text = practical.text(0.8);
        let words = "; exact p 1.000 (z -0.63, p 0.531 is rough: a count of 1.5 is expected)";
        assert!(text.ends_with(words), "{text}");
    }

    #[test]
    fn the_two_p_values_stand_side_by_side_where_there_are_people_enough() {
        let practical = Practical::new((276, 957), (427, 1_004), 0.8);
        let text = practical.text(0.8);
        // statsmodels: z −6.31887, p 2.635e-10; scipy's exact one is in fixtures/ugesp.json.
        assert!(text.contains("; z -6.32, p 2.6e-10, exact p "), "{text}");
        let text = Practical::new((1 << 33, 1 << 34), (1 << 33, 1 << 34), 0.8).text(0.8);
        assert!(text.ends_with("; z 0.00, p 1.000"), "{text}");
    }

    #[test]
    fn a_group_that_is_selected_whole_needs_nobody_more() {
        let practical = Practical::new((10, 10), (10, 10), 0.8);
        assert_eq!((practical.more, practical.shortfall), (0, 0.0));
        assert_eq!((practical.z, practical.exact_p), (None, Some(1.0)));
        assert!(practical.text(0.8).ends_with("; exact p 1.000"));
    }
}
