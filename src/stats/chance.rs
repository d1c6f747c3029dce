//! The gap that chance alone makes: groups that are alike still differ in what is seen of them.
//!
//! In: the fractions of disjoint groups. Out: how large max − min, and how small min / max, would
//! be if all groups had one rate; from their means the gap to be expected, from their tails a p.

use rayon::prelude::*;

use super::Fraction;
use super::random::{Binomial, Stream, Streams, hypergeometric};
use super::redraw::Draws;

/// What two comparisons of extremes would be if all groups were alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Chance {
    /// max − min; large is extreme.
    pub difference: Draws,
    /// min / max, 1 where all rates are 0; small is extreme.
    pub ratio: Draws,
}

/// How a group's part is drawn where all groups are alike.
enum Law {
    /// By dealing the parts that there are to all rows at random, which is a permutation test:
    /// exact whatever the sizes. (Rows, and those in the part, of each group.)
    Dealt(Vec<(u64, u64)>),
    /// Binomial at the pooled rate on the effective rows, as good as they are.
    Pooled(Vec<u64>, Binomial),
}

/// Draws the parts of `groups` as if they were alike; `None` for fewer than two groups or where one
/// has no rate.
pub fn by_chance(groups: &[Fraction], replicates: usize, seed: u64) -> Option<Chance> {
    if groups.len() < 2 || groups.iter().any(|group| group.value().is_none()) {
        return None;
    }
    let (law, streams) = (Law::of(groups), Streams::new(seed));
    let extremes: Vec<(f64, f64)> = (0..replicates as u64)
        .into_par_iter()
        .map(|replicate| law.extremes(&mut streams.stream(replicate)))
        .collect();
    let quotient = |&(low, high): &(f64, f64)| if high > 0.0 { low / high } else { 1.0 };
    Some(Chance {
        difference: Draws::new(extremes.iter().map(|(low, high)| high - low).collect()),
        ratio: Draws::new(extremes.iter().map(quotient).collect()),
    })
}

impl Law {
    fn of(groups: &[Fraction]) -> Self {
        let is_counted = |group: &Fraction| group.part.is_counted() && group.whole.is_counted();
        if groups.iter().all(is_counted) {
            let counts = groups
                .iter()
                .map(|group| (group.whole.rows, group.part.rows));
            return Self::Dealt(counts.collect());
        }
        let sum = |of: fn(&Fraction) -> f64| groups.iter().map(of).sum::<f64>();
        let pooled = sum(|group| group.part.weight) / sum(|group| group.whole.weight);
        let rows = groups
            .iter()
            .map(|group| group.effective().round().max(1.0) as u64);
        Self::Pooled(rows.collect(), Binomial::new(pooled))
    }

    /// The lowest and the highest rate of one draw.
    fn extremes(&self, random: &mut Stream) -> (f64, f64) {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut see = |part: u64, whole: u64| {
            let rate = part as f64 / whole as f64;
            low = low.min(rate);
            high = high.max(rate);
        };
        match self {
            Self::Dealt(groups) => {
                let mut rows: u64 = groups.iter().map(|group| group.0).sum();
                let mut marked: u64 = groups.iter().map(|group| group.1).sum();
                for &(whole, _) in groups {
                    let part = hypergeometric(rows, marked, whole, random);
                    see(part, whole);
                    rows -= whole;
                    marked -= part;
                }
            }
            Self::Pooled(groups, rate) => {
                for &whole in groups {
                    see(rate.draw(whole, random), whole);
                }
            }
        }
        (low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Amount;

    fn of(part: u64, whole: u64) -> Fraction {
        Fraction::new(Amount::rows(part), Amount::rows(whole))
    }

    /// Fisher's exact test of ((1, 9), (6, 4)): by hand 2·(C(10,1)·C(10,6) + C(10,0)·C(10,7)) /
    /// C(20,7) = 4,440 / 77,520.
    #[test]
    fn two_groups_have_the_p_of_the_exact_test() {
        let chance = by_chance(&[of(1, 10), of(6, 10)], 100_000, 1).unwrap();
        let p = chance.difference.p(0.5);
        assert!((p - 0.057_275_5).abs() < 0.003, "{p}");
        // As few positives, as far apart: the same draws are extreme for both.
        assert_eq!(p, chance.ratio.p_small(1.0 / 6.0));
    }

    /// The mean range of k standard normals is 1.128 for 2 and 2.326 for 5 (Tippett 1925,
    /// Biometrika 17:364).
    #[test]
    fn many_rows_have_the_gap_of_the_normal_range() {
        for (groups, range) in [(2, 1.128), (5, 2.326)] {
            let chance = by_chance(&vec![of(300, 1_000); groups], 20_000, 2).unwrap();
            let expected = range * (0.3_f64 * 0.7 / 1_000.0).sqrt();
            let found = chance.difference.mean().unwrap();
            assert!(
                (found / expected - 1.0).abs() < 0.02,
                "{found}, not {expected}"
            );
        }
    }

    #[test]
    fn weights_count_as_what_they_are_worth() {
        // Each group is worth 100 rows of 400.
        let amount = |rows: u64| Amount {
            rows,
            weight: rows as f64,
            weight_sq: 4.0 * rows as f64,
        };
        let weighted = |part: u64| Fraction::new(amount(part), amount(400));
        let mean = |groups: &[Fraction]| {
            let chance = by_chance(groups, 20_000, 3).unwrap();
            chance.difference.mean().unwrap()
        };
        let ratio = mean(&[weighted(120), weighted(120)]) / mean(&[of(30, 100), of(30, 100)]);
        assert!((ratio - 1.0).abs() < 0.02, "{ratio}");
    }

    #[test]
    fn what_has_no_rate_has_no_chance() {
        assert_eq!(by_chance(&[of(1, 2)], 9, 1), None);
        assert_eq!(by_chance(&[of(1, 2), of(0, 0)], 9, 1), None);
        let nobody = by_chance(&[of(0, 5), of(0, 9)], 9, 1).unwrap();
        assert_eq!(
            (nobody.difference.p(0.0), nobody.ratio.p_small(1.0)),
            (1.0, 1.0)
        );
    }
}
