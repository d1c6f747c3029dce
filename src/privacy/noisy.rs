//! Counts with noise: every combination of values has noise of its own, and margins are their sums.
//!
//! In: the cells of a tally. Out: a [`Noisy`] table over all combinations of the values of the
//! sensitive columns, those without rows among them: that one occurs must not show. What is worked
//! out of it needs no further care, since it has seen nothing else (Dwork and Roth 2014,
//! doi:10.1561/0400000042, proposition 2.1).

use super::noise::{Epsilon, Noise};
use crate::data::{Missing, Plan, Role};
use crate::stats::interval::Critical;
use crate::stats::special::{normal_cdf, normal_quantile};
use crate::stats::spread::Limited;
use crate::stats::{Interval, Method};
use crate::tally::Tally;
use crate::tally::cell::MISSING;

/// Combinations of values that are counted at most.
pub const MOST: usize = 100_000;
/// Labels of a combination: negative, positive, missing.
const LABELS: usize = 3;

/// Counts by combination and label, with noise.
pub struct Noisy {
    /// Of each sensitive axis: its place in the tally, and how many values it has, the missing one
    /// the last, where it is a group.
    axes: Vec<(usize, usize)>,
    /// By combination, the last axis the fastest.
    counts: Vec<[i64; LABELS]>,
    has_labels: bool,
    epsilon: Epsilon,
}

/// The rows of a group by label, and of how many numbers with noise each is the sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group {
    /// Negative, positive, missing label; all are missing where there is no label.
    pub rows: [i64; LABELS],
    /// Combinations that were summed.
    pub cells: u64,
    /// Noisy numbers of each combination: 3, or 1 without a label.
    pub kinds: u64,
}

impl Noisy {
    /// Of a tally; how many combinations there are is the error, where these are more than [`MOST`].
    pub fn new(tally: &Tally, plan: &Plan, noise: &mut Noise) -> Result<Self, u128> {
        let has_labels = plan.label.is_some();
        let is_group = plan.missing == Missing::Group;
        let axes: Vec<(usize, usize)> = tally
            .axes
            .iter()
            .enumerate()
            .filter(|(_, axis)| axis.role == Role::Sensitive)
            .map(|(at, axis)| (at, axis.values.len() + usize::from(is_group)))
            .collect();
        let size = axes.iter().map(|(_, values)| *values as u128).product();
        if size > MOST as u128 {
            return Err(size);
        }
        let mut counts = vec![[0_i64; LABELS]; size as usize];
        let place = |key: &[u32]| {
            axes.iter().try_fold(0, |at, (axis, values)| {
                let code = key[*axis] as usize;
                (code < *values).then_some(at * values + code)
            })
        };
        for (key, cell) in &tally.cells {
            let Some(at) = place(key) else { continue };
            let own = &mut counts[at];
            for (label, sum) in own.iter_mut().enumerate() {
                *sum += cell.amount(|l, _| l == label).rows as i64;
            }
        }
        for own in &mut counts {
            if !has_labels {
                *own = [0, 0, own.iter().sum()];
            }
            let open = if has_labels { 0 } else { MISSING };
            own[open..]
                .iter_mut()
                .for_each(|count| *count += noise.draw());
        }
        Ok(Self {
            axes,
            counts,
            has_labels,
            epsilon: noise.epsilon(),
        })
    }

    /// How strong the noise is.
    pub fn epsilon(&self) -> Epsilon {
        self.epsilon
    }

    /// Every combination of the codes of these axes, missing values among them, in their order.
    pub fn groups(&self, axes: &[usize]) -> Vec<(Vec<u32>, Group)> {
        let own: Vec<(usize, usize)> = axes
            .iter()
            .filter_map(|axis| self.axes.iter().position(|(at, _)| at == axis))
            .map(|at| (at, self.axes[at].1))
            .collect();
        let size: usize = own.iter().map(|(_, values)| values).product();
        let empty = Group {
            rows: [0; LABELS],
            cells: (self.counts.len() / size.max(1)) as u64,
            kinds: if self.has_labels { LABELS as u64 } else { 1 },
        };
        let all: Vec<usize> = self.axes.iter().map(|(_, values)| *values).collect();
        let mut groups = vec![empty; size];
        for (at, counts) in self.counts.iter().enumerate() {
            let codes = codes(at, &all);
            let place = own
                .iter()
                .fold(0, |sum, &(axis, values)| sum * values + codes[axis]);
            let rows = &mut groups[place].rows;
            rows.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
        }
        let values: Vec<usize> = own.iter().map(|(_, values)| *values).collect();
        let named = groups.into_iter().enumerate().map(|(place, group)| {
            let codes = codes(place, &values).into_iter();
            (codes.map(|code| code as u32).collect(), group)
        });
        named.collect()
    }

    /// All rows.
    pub fn whole(&self) -> Group {
        self.groups(&[])[0].1
    }
}

/// The codes of a combination of axes with so many values each, the last axis the fastest.
fn codes(place: usize, values: &[usize]) -> Vec<usize> {
    let mut rest = place;
    let mut codes = vec![0; values.len()];
    for (code, values) in codes.iter_mut().zip(values).rev() {
        *code = rest % values;
        rest /= values;
    }
    codes
}

impl Group {
    /// All of its rows, with noise, and the limits of what they are without.
    pub fn all(&self, epsilon: Epsilon, confidence: f64) -> (i64, Interval) {
        let rows: i64 = self.rows.iter().sum();
        let reach = epsilon.reach(self.cells * self.kinds, confidence) as i64;
        let limit = |rows: i64| rows.max(0) as f64;
        let interval = Interval {
            low: limit(rows - reach),
            high: limit(rows + reach),
            confidence,
            method: Method::DiscreteLaplace,
        };
        (rows, interval)
    }

    /// The share of its labelled rows that are positive.
    pub fn base_rate(&self, epsilon: Epsilon, critical: Critical) -> Option<Limited> {
        let [negative, positive, _] = self.rows;
        rate(
            (positive, self.cells),
            (negative, self.cells),
            epsilon,
            critical,
        )
    }

    /// The share of its rows among all of these.
    pub fn share(&self, whole: &Self, epsilon: Epsilon, critical: Critical) -> Option<Limited> {
        let rows = |group: &Self| (group.rows.iter().sum::<i64>(), group.cells * group.kinds);
        let (own, all) = (rows(self), rows(whole));
        rate(own, (all.0 - own.0, all.1 - own.1), epsilon, critical)
    }

    /// All others.
    #[must_use]
    pub fn rest(&self, whole: &Self) -> Self {
        let mut rest = *whole;
        rest.cells -= self.cells;
        rest.rows
            .iter_mut()
            .zip(self.rows)
            .for_each(|(all, own)| *all -= own);
        rest
    }
}

/// The share of `part` in `part` and `other`, both sums of so many noisy numbers, with limits for
/// chance and noise together; `None` where noise may be all there is of the whole.
///
/// The limits hold every rate r that both noisy counts allow: `part` − r·n has mean 0 and variance
/// n·r(1 − r) + ((1 − r)²·a + r²·b)·v for chance and for the noise, where `part` has `a` noisy numbers,
/// `other` `b`, each of variance v, and r is where it is z deviations and half a row away (Wilson 1927,
/// doi:10.1080/01621459.1927.10502953, with the correction of Newcombe 1998, his method 4,
/// `doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E`; the noise as by Fieller
/// 1954, doi:10.1111/j.2517-6161.1954.tb00159.x).
fn rate(
    (part, a): (i64, u64),
    (other, b): (i64, u64),
    epsilon: Epsilon,
    critical: Critical,
) -> Option<Limited> {
    let n = (part + other) as f64;
    let reach = epsilon.reach(a + b, critical.confidence) as f64;
    if n <= reach {
        return None;
    }
    // Near there a rate may be given for no other reason than its noise: half the error then.
    let z = if n < 2.0 * reach {
        normal_quantile(1.0 - (1.0 - normal_cdf(critical.z)) / 2.0)
    } else {
        critical.z
    };
    // Sums of few have longer tails than the normal law: as much more noise as makes up for it.
    let least = a.min(b).max(1);
    let normal = z * (epsilon.variance() * least as f64).sqrt();
    let level = 2.0 * normal_cdf(z) - 1.0;
    let tail = (epsilon.reach(least, level) as f64 / normal).max(1.0);
    let each = epsilon.variance() * tail * tail;
    let [a, b] = [a, b].map(|numbers| numbers as f64 * each);
    let [part, other] = [part, other].map(|rows| rows as f64);
    let low = least_rate((part, a), (other, b), z);
    let high = 1.0 - least_rate((other, b), (part, a), z);
    let clamped = (part / n).clamp(0.0, 1.0);
    Some((low.min(clamped), clamped, high.max(clamped)))
}

/// The least rate that a part and the others allow, each with the variance of its noise.
fn least_rate((part, a): (f64, f64), (other, b): (f64, f64), z: f64) -> f64 {
    let (n, part, square) = (part + other, part - 0.5, z * z);
    if part <= z * a.sqrt() {
        return 0.0;
    }
    let curve = n * n + square * (n - a - b);
    let slope = 2.0 * part * n + square * (n - 2.0 * a);
    let root = slope * slope - 4.0 * curve * (part * part - square * a);
    if curve > 0.0 && root >= 0.0 {
        ((slope - root.sqrt()) / (2.0 * curve)).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::{Binomial, Streams};

    /// How often the rate is within its limits, of replicates in which it is given, and how many are.
    fn covered(
        (text, seed): (&str, u64),
        cells: [u64; 2],
        (n, p): (u64, f64),
        replicates: u64,
    ) -> (f64, u64) {
        let critical = Critical::alone(0.95).unwrap();
        let epsilon: Epsilon = text.parse().unwrap();
        let (mut noise, streams) = (Noise::known(epsilon, seed), Streams::new(seed));
        let law = Binomial::new(p);
        let (mut within, mut given) = (0, 0);
        for replicate in 0..replicates {
            let positive = law.draw(n, &mut streams.stream(replicate)) as i64;
            let mut noisy = |rows: i64, numbers| {
                let sum: i64 = (0..numbers).map(|_| noise.draw()).sum();
                (rows + sum, numbers)
            };
            let part = noisy(positive, cells[0]);
            let other = noisy(n as i64 - positive, cells[1]);
            if let Some((low, _, high)) = rate(part, other, epsilon, critical) {
                given += 1;
                within += u32::from(low <= p && p <= high);
            }
        }
        (f64::from(within) / given as f64, given)
    }

    #[test]
    fn rates_are_within_their_limits_as_often_as_is_said() {
        for (seed, (text, cells)) in [("0.1", 1), ("0.5", 6), ("1", 1), ("2", 20)]
            .into_iter()
            .enumerate()
        {
            for of in [(400_u64, 0.05), (400, 0.5), (2_000, 0.3)] {
                let (covered, given) = covered((text, seed as u64), [cells; 2], of, 2_000);
                assert!(
                    given > 1_500 && covered >= 0.94,
                    "ε {text} {cells} {of:?}: {covered}"
                );
            }
        }
    }

    /// Rates that few people have, noise that is most of what is seen, sums of unlike size; and where a
    /// rate is given in no more than a quarter of the replicates.
    #[test]
    fn small_rates_under_strong_noise_are_too() {
        let (mut seen, mut within, mut all) = (0, 0.0, 0.0);
        for (seed, text) in ["0.05", "0.1", "0.2", "1", "4"].into_iter().enumerate() {
            for cells in [[1, 1], [2, 2], [2, 9]] {
                for of in [
                    (20, 0.01),
                    (50, 0.1),
                    (100, 0.001),
                    (400, 0.02),
                    (2_000, 0.005),
                ] {
                    let (covered, given) = covered((text, 100 + seed as u64), cells, of, 600);
                    if given < 120 {
                        continue;
                    }
                    // Of so few draws four deviations below.
                    let least = 0.95 - 4.0 * (0.95 * 0.05 / given as f64).sqrt();
                    assert!(
                        covered >= least,
                        "ε {text} {cells:?} {of:?}: {covered} of {given}"
                    );
                    seen += 1;
                    within += covered * given as f64;
                    all += given as f64;
                }
            }
        }
        assert!(seen > 50 && within / all >= 0.95, "{seen} {}", within / all);
    }

    #[test]
    fn limits_of_much_noise_are_not_wider_than_what_they_cannot_tell() {
        let epsilon: Epsilon = "20".parse().unwrap();
        let critical = Critical::alone(0.95).unwrap();
        // Next to no noise: Wilson's limits with Newcombe's correction, of 81 in 263 (his table I).
        let (low, value, high) = rate((81, 1), (182, 1), epsilon, critical).unwrap();
        assert!((value - 81.0 / 263.0).abs() < 1e-12);
        assert!(
            (low - 0.2535).abs() < 5e-4 && (high - 0.3682).abs() < 5e-4,
            "{low} {high}"
        );
    }

    #[test]
    fn margins_are_sums_and_what_noise_could_be_has_no_rate() {
        let epsilon: Epsilon = "1".parse().unwrap();
        let group = |rows| Group {
            rows,
            cells: 2,
            kinds: 3,
        };
        let (own, whole) = (
            group([1, 2, 0]),
            Group {
                rows: [70, 30, 4],
                cells: 6,
                kinds: 3,
            },
        );
        assert_eq!(own.rest(&whole).rows, [69, 28, 4]);
        let critical = Critical::alone(0.95).unwrap();
        assert_eq!(own.base_rate(epsilon, critical), None);
        assert_eq!(own.all(epsilon, 0.95).0, 3);
        assert!(whole.base_rate(epsilon, critical).is_some());
    }
}
