//! Rates of small groups that lean on each other: a hierarchical beta-binomial model.
//!
//! In: fractions, on their effective numbers of rows where rows are weighted. Out: for each group the
//! posterior mean and an equal-tailed credible interval of its rate; no randomness, and the order of the
//! groups is nothing but the order of the results.
//!
//! The model: rates are Beta(μκ, (1 − μ)κ), rows are binomial. μ has a uniform prior and κ one with
//! density ∝ κ^(−3/2), so that the spread κ^(−1/2) is uniform (Gelman et al. 2013, Bayesian Data
//! Analysis, third edition, equations 5.9 and 5.10). Both are integrated over a grid instead of being
//! set to their best values, which would make the intervals too narrow.

use super::Fraction;
use super::beta::{LOGITS, at_logit, from_logit};
use super::gamma::{log_excess, quantile, stirling_error};
use super::score::share;

/// A group's rate as the model sees it; `low` ≤ `mean` ≤ `high` unless the rest of the posterior is
/// very lopsided.
#[derive(
    Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Shrunk {
    /// Posterior mean.
    pub mean: f64,
    /// Lower limit of the credible interval.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

/// What the groups have in common, and each group.
#[derive(Debug, Clone, PartialEq)]
pub struct Hierarchy {
    /// Posterior mean of the groups' mean rate μ.
    pub mean: f64,
    /// Posterior median of the concentration κ: other groups weigh as so many rows in each group.
    pub concentration: f64,
    /// In the order of the groups; `None` for one without rows.
    pub groups: Vec<Option<Shrunk>>,
}

/// Rows of the kind and rows, as real numbers.
type Counts = (f64, f64);

/// The groups' rates by the model; `None` if fewer than two groups have rows, which then have nothing
/// to lean on, or for a confidence that is none.
pub fn shrink(groups: &[Fraction], confidence: f64) -> Option<Hierarchy> {
    let counts: Vec<Option<Counts>> = groups
        .iter()
        .map(|group| share(group).map(|(p, n)| (p * n, n)))
        .collect();
    let used: Vec<Counts> = counts.iter().copied().flatten().collect();
    if used.len() < 2 || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let grid = posterior(&used);
    let tail = (1.0 - confidence) / 2.0;
    Some(Hierarchy {
        mean: grid.iter().map(|node| node.weight * node.mean).sum(),
        concentration: median(&grid),
        groups: counts
            .into_iter()
            .map(|counts| counts.map(|counts| of_group(&grid, counts, tail)))
            .collect(),
    })
}

/// The posterior at one κ: its weight, and mean and variance of μ there.
#[derive(Debug, Clone, Copy)]
struct Node {
    kappa: f64,
    weight: f64,
    mean: f64,
    variance: f64,
}

/// The posterior on a grid of ln κ: a wide one finds where it is, a narrow one is put there.
fn posterior(groups: &[Counts]) -> Vec<Node> {
    let coarse = nodes(groups, (KAPPA.0.ln(), KAPPA.1.ln()), &COARSE);
    let most = coarse.iter().map(|node| node.weight).fold(0.0, f64::max);
    let mut matter = coarse.iter().filter(|node| node.weight > 1e-6 * most);
    let first = matter.next().map_or(KAPPA.0, |node| node.kappa);
    let last = matter.next_back().map_or(first, |node| node.kappa);
    // A step of the coarse grid further on both sides, for what lies between its nodes.
    let step = (KAPPA.1 / KAPPA.0).ln() / f64::from(COARSE.kappas - 1);
    let from = (first.ln() - step).max(KAPPA.0.ln());
    let to = (last.ln() + step).min(KAPPA.1.ln());
    let mut fine = nodes(groups, (from, to), &FINE);
    fine.retain(|node| node.weight > 1e-6);
    fine
}

/// Nodes at equal steps of ln κ, with weights that sum to 1.
fn nodes(groups: &[Counts], (from, to): (f64, f64), grid: &Grid) -> Vec<Node> {
    let step = (to - from) / f64::from(grid.kappas - 1);
    let found: Vec<(Node, f64)> = (0..grid.kappas)
        .map(|i| node(groups, (from + f64::from(i) * step).exp(), grid))
        .collect();
    let most = found.iter().map(|n| n.1).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = found.iter().map(|n| (n.1 - most).exp()).sum();
    let weigh = |(node, log): (Node, f64)| Node {
        weight: (log - most).exp() / total,
        ..node
    };
    found.into_iter().map(weigh).collect()
}

/// μ integrated at one κ, and the logarithm of the density of ln κ there, but for a constant.
///
/// The grid of logit μ is centered and scaled by what the groups' rates tell of μ, each of variance
/// μ(1 − μ)·(1/κ' + (1 − 1/κ')/n) with κ' = 1 + κ; the weights on it are the exact ones.
fn node(groups: &[Counts], kappa: f64, grid: &Grid) -> (Node, f64) {
    let between = 1.0 / (1.0 + kappa);
    let worth = |n: f64| n / (1.0 + (n - 1.0).max(0.0) * between);
    // The uniform prior is worth a row of either kind.
    let (part, whole) = groups.iter().fold((1.0, 2.0), |(part, whole), (x, n)| {
        (part + worth(*n) * x / n, whole + worth(*n))
    });
    let center = part / whole;
    let scale = 1.0 / (whole * center * (1.0 - center)).sqrt();
    let logit = (center / (1.0 - center)).ln();
    let step = 2.0 * grid.reach / f64::from(grid.means - 1);
    let all: f64 = groups.iter().map(|(_, n)| ln_rising(kappa, *n)).sum();
    let points: Vec<(f64, f64)> = (0..grid.means)
        .map(|i| {
            let at = logit + (f64::from(i) * step - grid.reach) * scale;
            let (mean, rest) = (1.0 / (1.0 + (-at).exp()), 1.0 / (1.0 + at.exp()));
            let (alpha, beta) = (mean * kappa, rest * kappa);
            let likelihood: f64 = groups
                .iter()
                .map(|(x, n)| ln_rising(alpha, *x) + ln_rising(beta, n - x))
                .sum();
            // dμ = μ(1 − μ)·d logit μ.
            (mean, likelihood - all + mean.ln() + rest.ln())
        })
        .collect();
    let most = points.iter().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
    let sum = |of: &dyn Fn(f64) -> f64| -> f64 {
        points
            .iter()
            .map(|(m, log)| of(*m) * (log - most).exp())
            .sum()
    };
    let total = sum(&|_| 1.0);
    let mean = sum(&|m| m) / total;
    let node = Node {
        kappa,
        weight: 0.0,
        mean,
        variance: sum(&|m| (m - mean).powi(2)) / total,
    };
    // κ^(−3/2)·dκ is κ^(−1/2)·d ln κ.
    (node, most + (total * scale * step).ln() - kappa.ln() / 2.0)
}

/// ln Γ(a + x) − ln Γ(a), without the cancellation where a is large.
fn ln_rising(a: f64, x: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    if x <= 8.0 && x == x.trunc() {
        let steps = (0..x as u32).map(f64::from);
        return steps.fold(1.0, |product, i| product * (a + i)).ln();
    }
    let share = x / a;
    x * a.ln() + (x - 0.5) * share.ln_1p() - a * log_excess(share, 1.0 + share)
        + stirling_error(a + x)
        - stirling_error(a)
}

/// A group's posterior is a mixture over the grid. At one κ, its mixture over μ is taken as the beta
/// distribution of the same mean and variance: all its parts have as many rows, and means that hardly
/// differ.
fn of_group(grid: &[Node], (x, n): Counts, tail: f64) -> Shrunk {
    let parts: Vec<(f64, (f64, f64))> = grid
        .iter()
        .map(|node| (node.weight, shapes(*node, (x, n))))
        .collect();
    let mean = parts.iter().map(|(w, (a, b))| w * a / (a + b)).sum();
    let (low, high) = (limit(&parts, 1.0 - tail), limit(&parts, tail));
    Shrunk { mean, low, high }
}

/// The beta distribution of a group's rate at one κ.
fn shapes(node: Node, (x, n): Counts) -> (f64, f64) {
    let rows = n + node.kappa;
    let mean = (x + node.kappa * node.mean) / rows;
    let rest = (n - x + node.kappa * (1.0 - node.mean)) / rows;
    let spread = mean * rest;
    let of_mean = node.variance * (node.kappa / rows).powi(2);
    // Within the parts, E[m(1 − m)] / (rows + 1); between them, the variance of m.
    let variance = (spread - of_mean).max(0.0) / (rows + 1.0) + of_mean;
    let size = (spread / variance - 1.0).max(f64::MIN_POSITIVE);
    (mean * size, rest * size)
}

/// The x with this upper tail of the mixture.
fn limit(parts: &[(f64, (f64, f64))], p_upper: f64) -> f64 {
    let mean: f64 = parts.iter().map(|(w, (a, b))| w * a / (a + b)).sum();
    let mixture = |logit: f64| {
        let mut sums = ((0.0, 0.0), 0.0);
        for (weight, shapes) in parts {
            let ((lower, upper), density) = at_logit(logit, *shapes);
            sums.0.0 += weight * lower;
            sums.0.1 += weight * upper;
            sums.1 += weight * density;
        }
        sums
    };
    from_logit(quantile(
        p_upper,
        LOGITS,
        (mean / (1.0 - mean)).ln(),
        mixture,
    ))
    .0
}

/// The κ below which half of the weight lies, between the nodes by ln κ.
fn median(grid: &[Node]) -> f64 {
    let (mut below, mut before) = (0.0, (0.0, f64::NAN));
    for node in grid {
        let (at, log) = (below + node.weight / 2.0, node.kappa.ln());
        if at >= 0.5 {
            let share = (0.5 - before.0) / (at - before.0);
            let between = before.1 + share * (log - before.1);
            return if between.is_nan() {
                node.kappa
            } else {
                between.exp()
            };
        }
        below += node.weight;
        before = (at, log);
    }
    grid.last().map_or(f64::NAN, |node| node.kappa)
}

/// The concentrations that are told apart: from groups of almost one kind each to groups all alike.
const KAPPA: (f64, f64) = (0.25, 1e8);

/// How the posterior is integrated.
struct Grid {
    /// Nodes of ln κ.
    kappas: u32,
    /// Nodes of logit μ at each, over `reach` of its standard deviations to either side.
    means: u32,
    reach: f64,
}

/// To find the posterior, and to integrate it.
const COARSE: Grid = Grid {
    kappas: 34,
    means: 3,
    reach: 1.5,
};
const FINE: Grid = Grid {
    kappas: 20,
    means: 11,
    reach: 4.5,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Amount, assert_near, beta::beta_tails, draw::Draw};

    fn of(part: u64, whole: u64) -> Fraction {
        Fraction::new(Amount::rows(part), Amount::rows(whole))
    }

    #[test]
    fn rising_factorials_are_products() {
        for (a, n) in [
            (0.3, 7),
            (0.3, 40),
            (2.0, 9),
            (15.0, 30),
            (1e7, 8),
            (1e7, 90),
        ] {
            let product: f64 = (0..n).map(|i| (a + f64::from(i)).ln()).sum();
            assert_near(ln_rising(a, f64::from(n)), product, 1e-13, &a);
        }
    }

    /// The whole model on a fine grid of both numbers, without the shortcuts: mean and limits.
    fn by_brute_force(groups: &[Counts], at: usize, tail: f64) -> (f64, f64, f64) {
        let (mut all, mut most) = (Vec::new(), f64::NEG_INFINITY);
        for i in 0..120 {
            let kappa = (KAPPA.0.ln() + (KAPPA.1 / KAPPA.0).ln() * f64::from(i) / 119.0).exp();
            for j in 1..400 {
                let mu = f64::from(j) / 400.0;
                let (alpha, beta) = (mu * kappa, (1.0 - mu) * kappa);
                let each = groups.iter().map(|(x, n)| {
                    ln_rising(alpha, *x) + ln_rising(beta, n - x) - ln_rising(kappa, *n)
                });
                let log = each.sum::<f64>() - kappa.ln() / 2.0;
                most = log.max(most);
                let (x, n) = groups[at];
                all.push((log, (x + alpha, n - x + beta)));
            }
        }
        all.retain(|(log, _)| *log > most - 18.0);
        let total: f64 = all.iter().map(|(log, _)| (log - most).exp()).sum();
        let mixture = |of: &dyn Fn((f64, f64)) -> f64| -> f64 {
            all.iter()
                .map(|(log, s)| (log - most).exp() / total * of(*s))
                .sum()
        };
        let limit = |p: f64| {
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..18 {
                let x = f64::midpoint(low, high);
                if mixture(&|shapes| beta_tails((x, 1.0 - x), shapes).0) < p {
                    low = x;
                } else {
                    high = x;
                }
            }
            low
        };
        (
            mixture(&|(a, b)| a / (a + b)),
            limit(tail),
            limit(1.0 - tail),
        )
    }

    #[test]
    fn the_shortcuts_change_the_third_digit_at_most() {
        let counts = [
            (3, 10),
            (9, 12),
            (0, 5),
            (20, 50),
            (7, 9),
            (1, 1),
            (14, 30),
            (2, 20),
        ];
        let groups: Vec<Fraction> = counts.iter().map(|c| of(c.0, c.1)).collect();
        let real: Vec<Counts> = counts.iter().map(|c| (c.0 as f64, c.1 as f64)).collect();
        let found = shrink(&groups, 0.95).unwrap();
        for at in [0, 2, 3, 5] {
            let (mean, low, high) = by_brute_force(&real, at, 0.025);
            let shrunk = found.groups[at].unwrap();
            let off = [shrunk.mean - mean, shrunk.low - low, shrunk.high - high];
            assert!(off.iter().all(|off| off.abs() < 4e-3), "{shrunk:?} {off:?}");
        }
    }

    #[test]
    fn groups_lean_on_each_other_the_more_the_smaller_they_are() {
        let groups = [of(40, 100), of(0, 2), of(45, 100), of(38, 100), of(0, 0)];
        let found = shrink(&groups, 0.95).unwrap();
        let small = found.groups[1].unwrap();
        assert!(small.mean > 0.25 && small.low < small.mean && small.mean < small.high);
        assert!((found.groups[0].unwrap().mean - 0.4).abs() < 0.02);
        assert_eq!(found.groups[4], None);
        assert_eq!(shrink(&[of(1, 2), of(0, 0)], 0.95), None);
        assert_eq!(shrink(&groups, 1.0), None);
    }

    #[test]
    fn extreme_groups_have_limits_too() {
        for groups in [
            vec![of(0, 10), of(0, 20), of(0, 1)],
            vec![of(10, 10), of(20, 20)],
            vec![of(0, 50), of(50, 50), of(0, 50), of(50, 50)],
            vec![of(1, 1_000_000), of(999_999, 1_000_000)],
            vec![of(500_000, 1_000_000); 40],
        ] {
            for shrunk in shrink(&groups, 0.99).unwrap().groups.into_iter().flatten() {
                let Shrunk { mean, low, high } = shrunk;
                assert!(
                    0.0 <= low && low <= mean && mean <= high && high <= 1.0,
                    "{shrunk:?}"
                );
            }
        }
    }

    /// Root mean square errors of raw and shrunk rates, the share of intervals with the truth, and of
    /// audits' smallest groups.
    fn simulate(audits: u32, spread: f64, seed: u64) -> (f64, f64, f64) {
        let mut draw = Draw::new(seed);
        let (mut raw, mut shrunk, mut covered, mut count) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..audits {
            let center = 0.2 + 0.5 * draw.uniform();
            let truths: Vec<f64> = (0..20)
                .map(|_| {
                    let normal = crate::stats::special::normal_quantile(draw.uniform());
                    (center + spread * normal).clamp(0.01, 0.99)
                })
                .collect();
            let sizes: Vec<u64> = (0..20).map(|i| 5 + 2 * i % 20).collect();
            let groups: Vec<Fraction> = truths
                .iter()
                .zip(&sizes)
                .map(|(p, n)| of(draw.binomial(*n, *p), *n))
                .collect();
            let found = shrink(&groups, 0.95).unwrap();
            for ((truth, group), found) in truths.iter().zip(&groups).zip(found.groups) {
                let found = found.unwrap();
                raw += (group.value().unwrap() - truth).powi(2);
                shrunk += (found.mean - truth).powi(2);
                covered += f64::from(u8::from(found.low <= *truth && *truth <= found.high));
                count += 1.0;
            }
        }
        (
            (raw / count).sqrt(),
            (shrunk / count).sqrt(),
            covered / count,
        )
    }

    #[test]
    fn shrunk_rates_are_nearer_and_their_limits_hold() {
        let (raw, shrunk, covered) = simulate(30, 0.06, 5);
        assert!(shrunk < 0.65 * raw, "{shrunk} {raw}");
        assert!(covered > 0.92, "{covered}");
    }

    #[test]
    #[ignore = "takes a minute; run it with --ignored --nocapture"]
    fn limits_hold_for_every_spread_of_the_groups() {
        for spread in [0.0, 0.03, 0.06, 0.12, 0.25] {
            let (raw, shrunk, covered) = simulate(400, spread, 3);
            println!("spread {spread}: error {shrunk:.3} for {raw:.3}, coverage {covered:.3}");
            assert!(covered > 0.92 && shrunk < raw, "{covered} {shrunk} {raw}");
        }
        let groups: Vec<Fraction> = (0..100).map(|i| of(i % 7, 20 + i % 11)).collect();
        let start = std::time::Instant::now();
        shrink(&groups, 0.95).unwrap();
        println!("100 groups in {:?}", start.elapsed());
    }
}
