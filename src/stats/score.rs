//! Score intervals of two rates: the limits that a score test of the difference or the ratio does
//! not reject. In: two shares with what they are worth as samples. Out: limits within the range,
//! around the estimate, for every table, empty and full ones included.
//!
//! A limit is where the excess (estimate − hypothesis)² − z²·variance turns from negative to
//! positive; the variance is the one at the most likely rates under the hypothesis, with Miettinen
//! and Nurminen's factor N/(N − 1) (1985, doi:10.1002/sim.4780040211). The
//! excess is cheap: to know on which side of a number a limit lies takes one call.

use super::Fraction;

/// Two rates that are compared, each with its (effective) number of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    p1: f64,
    n1: f64,
    p2: f64,
    n2: f64,
}

/// What the difference `a − b` or the ratio `a / b` of two rates is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// Of the difference, in (−1, 1).
    Difference(f64),
    /// Of the ratio, above 0 and finite.
    Ratio(f64),
}

impl Pair {
    /// Rates with numbers of rows; rates in [0, 1], rows above 0.
    pub(super) fn of_rates((p1, n1): (f64, f64), (p2, n2): (f64, f64)) -> Self {
        Self { p1, n1, p2, n2 }
    }

    /// `a` against `b`, on their effective numbers of rows; `None` where one has no rate.
    pub fn new(a: &Fraction, b: &Fraction) -> Option<Self> {
        let (p1, n1) = share(a)?;
        let (p2, n2) = share(b)?;
        Some(Self { p1, n1, p2, n2 })
    }

    /// `b` against `a`.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self {
            p1: self.p2,
            n1: self.n2,
            p2: self.p1,
            n2: self.n1,
        }
    }

    /// `a − b`.
    pub fn difference(self) -> f64 {
        self.p1 - self.p2
    }

    /// `a / b`: infinite where only b is 0, `None` where both are.
    pub fn ratio(self) -> Option<f64> {
        (self.p1 > 0.0 || self.p2 > 0.0).then(|| self.p1 / self.p2)
    }

    /// The lower limit of `a − b`, in [−1, a − b].
    pub fn difference_low(self, z: f64) -> f64 {
        crossing(|d| self.difference_excess(d, z), self.difference(), -1.0)
    }

    /// The upper limit of `a − b`, in [a − b, 1].
    pub fn difference_high(self, z: f64) -> f64 {
        crossing(|d| self.difference_excess(d, z), self.difference(), 1.0)
    }

    /// The lower limit of `a / b`, in [0, a / b]; 0 where both are 0.
    pub fn ratio_low(self, z: f64) -> f64 {
        if self.p1 <= 0.0 {
            return 0.0;
        }
        // θ = t / s with t + s = 1: the smaller of the two is searched, so that it has all digits.
        let sum = self.p1 + self.p2;
        let inside_is_small = self.p1 <= self.p2;
        if inside_is_small || self.ratio_excess(0.5, 0.5, z) <= 0.0 {
            let inside = if inside_is_small { self.p1 / sum } else { 0.5 };
            let t = crossing(|t| self.ratio_excess(t, 1.0 - t, z), inside, 0.0);
            t / (1.0 - t)
        } else {
            let s = crossing(|s| self.ratio_excess(1.0 - s, s, z), self.p2 / sum, 0.5);
            (1.0 - s) / s
        }
    }

    /// The upper limit of `a / b`, in [a / b, ∞]; infinite where b is 0.
    pub fn ratio_high(self, z: f64) -> f64 {
        1.0 / self.swapped().ratio_low(z)
    }

    /// Whether the upper limit of `a − b` is above `d`.
    pub fn difference_reaches_above(self, d: f64, z: f64) -> bool {
        d < 1.0 && (self.difference() >= d || self.difference_excess(d, z) < 0.0)
    }

    /// Whether the lower limit of `a − b` is above `d`.
    pub fn difference_stays_above(self, d: f64, z: f64) -> bool {
        self.difference() > d && self.difference_excess(d, z) > 0.0
    }

    /// Whether the lower limit of `a / b` is below `ratio`.
    pub fn ratio_reaches_below(self, ratio: f64, z: f64) -> bool {
        ratio > 0.0 && (self.p1 <= ratio * self.p2 || self.excess_at_ratio(ratio, z) < 0.0)
    }

    /// Whether the upper limit of `a / b` is below `ratio`.
    pub fn ratio_stays_below(self, ratio: f64, z: f64) -> bool {
        self.p1 < ratio * self.p2 && self.excess_at_ratio(ratio, z) > 0.0
    }

    fn excess_at_ratio(self, ratio: f64, z: f64) -> f64 {
        let t = ratio / (1.0 + ratio);
        self.ratio_excess(t, 1.0 - t, z)
    }

    /// N / (N − 1), which is 2 at most: each rate rests on a row or more.
    fn factor(self) -> f64 {
        let total = (self.n1 + self.n2).max(2.0);
        total / (total - 1.0)
    }

    /// (p1 − p2 − d)² − z²·variance, with the variance at the most likely rates that differ by `d`.
    fn difference_excess(self, d: f64, z: f64) -> f64 {
        (self.difference() - d).powi(2) - z * z * self.factor() * self.difference_variance(d)
    }

    /// The variance of the difference at the most likely rates that differ by `d`, without the factor.
    fn difference_variance(self, d: f64) -> f64 {
        let second = self.likely_second(d);
        let first = (second + d).clamp(0.0, 1.0);
        first * (1.0 - first) / self.n1 + second * (1.0 - second) / self.n2
    }

    /// The most likely second rate where the first is larger by `d`: the middle root of a cubic
    /// (Miettinen and Nurminen 1985).
    fn likely_second(self, d: f64) -> f64 {
        let Self { p1, n1, p2, n2 } = self;
        let total = n1 + n2;
        // Shares of the total keep the cubic's coefficients near 1 whatever the counts.
        let (w1, w2) = (n1 / total, n2 / total);
        let (x1, x2) = (w1 * p1, w2 * p2);
        let (low, high) = ((-d).max(0.0), (1.0 - d).min(1.0));
        // At an end of the range, which the cubic finds with half of the digits only.
        let slope = |second: f64| {
            let first = (second + d).clamp(0.0, 1.0);
            let term = |x: f64, p: f64| if x == 0.0 { 0.0 } else { x / p };
            term(x1, first) - term(w1 * (1.0 - p1), 1.0 - first) + term(x2, second)
                - term(w2 * (1.0 - p2), 1.0 - second)
        };
        if slope(low) <= 0.0 {
            return low;
        }
        if slope(high) >= 0.0 {
            return high;
        }
        let third = ((w1 + 2.0 * w2) * d - 1.0 - x1 - x2) / 3.0;
        let l1 = (w2 * d - 1.0 - 2.0 * x2) * d + x1 + x2;
        let l0 = x2 * d * (1.0 - d);
        let q = third * third * third - l1 * third / 2.0 + l0 / 2.0;
        let p = (third * third - l1 / 3.0).max(0.0).sqrt().copysign(q);
        let cosine = if p == 0.0 { 1.0 } else { q / (p * p * p) };
        let angle = (std::f64::consts::PI + cosine.clamp(-1.0, 1.0).acos()) / 3.0;
        (2.0 * p * angle.cos() - third).min(high).max(low)
    }

    /// (s·p1 − t·p2)² − z²·variance for the ratio t / s, with the variance at the most likely rates
    /// of that ratio (Koopman 1984, doi:10.2307/2531405; Miettinen and Nurminen 1985).
    fn ratio_excess(self, t: f64, s: f64, z: f64) -> f64 {
        let off = s * self.p1 - t * self.p2;
        off.powi(2) - z * z * self.factor() * self.ratio_variance(t, s)
    }

    /// The variance of s·p1 − t·p2 at the most likely rates with the ratio t / s, without the factor.
    fn ratio_variance(self, t: f64, s: f64) -> f64 {
        let Self { p1, n1, p2, n2 } = self;
        let (x1, x2) = (n1 * p1, n2 * p2);
        let b = (n1 + x2) * t + (x1 + n2) * s;
        let root = (b * b - 4.0 * (n1 + n2) * (x1 + x2) * t * s)
            .max(0.0)
            .sqrt();
        let scale = 2.0 * (x1 + x2) / (b + root);
        let (first, second) = ((scale * t).min(1.0), (scale * s).min(1.0));
        s * s * first * (1.0 - first) / n1 + t * t * second * (1.0 - second) / n2
    }

    /// How far the pair is from a limit, as a linear function of the rates, and the standard error of
    /// that: at the limit, as its test has it, and at the pair's own rates.
    pub(super) fn past(self, limit: Limit) -> (f64, f64, f64) {
        let Self { p1, n1, p2, n2 } = self;
        let (s, t, off, variance) = match limit {
            Limit::Difference(d) => (1.0, 1.0, p1 - p2 - d, self.difference_variance(d)),
            Limit::Ratio(ratio) => {
                let t = ratio / (1.0 + ratio);
                let s = 1.0 - t;
                (s, t, s * p1 - t * p2, self.ratio_variance(t, s))
            }
        };
        let own = s * s * p1 * (1.0 - p1) / n1 + t * t * p2 * (1.0 - p2) / n2;
        (off, (self.factor() * variance).sqrt(), own.sqrt())
    }
}

/// The rate and what its rows are worth; `None` where there is none, or where a sum is beyond f64.
pub fn share(fraction: &Fraction) -> Option<(f64, f64)> {
    let (value, rows) = (fraction.value()?, fraction.effective());
    (value.is_finite() && rows.is_finite() && rows > 0.0).then(|| (value.clamp(0.0, 1.0), rows))
}

/// Where `excess` turns positive on the way from `inside` (taken as not positive) to `outside`, to
/// about 1e-15; `outside` itself where it never does.
///
/// The ITP method (Oliveira and Takahashi 2021, doi:10.1145/3423597): as fast as the secant, never
/// more than one step slower than bisection.
pub(super) fn crossing(excess: impl Fn(f64) -> f64, inside: f64, outside: f64) -> f64 {
    let (mut a, mut b) = (inside, outside);
    let (mut at_a, mut at_b) = (excess(a).min(0.0), excess(b));
    if at_b <= 0.0 || a == b {
        return b;
    }
    let width = (b - a).abs();
    let mut slack = width; // ε·2^(steps left), halved with each step
    for _ in 0..200 {
        let (middle, half) = (f64::midpoint(a, b), (b - a).abs() / 2.0);
        if half <= 1e-16 + 1e-15 * middle.abs() {
            break;
        }
        let secant = (at_b * a - at_a * b) / (at_b - at_a);
        let inward = (middle - secant).signum();
        let step = 0.2 / width * (b - a).powi(2);
        let nearer = if step <= (middle - secant).abs() {
            secant + inward * step
        } else {
            middle
        };
        let radius = (slack - half).max(0.0);
        let x = if (nearer - middle).abs() <= radius {
            nearer
        } else {
            middle - inward * radius
        };
        slack /= 2.0;
        let at_x = excess(x);
        if at_x > 0.0 {
            (b, at_b) = (x, at_x);
        } else {
            (a, at_a) = (x, at_x);
        }
    }
    f64::midpoint(a, b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::Amount;

    fn pair(x1: u64, n1: u64, x2: u64, n2: u64) -> Pair {
        let of = |x, n| Fraction::new(Amount::rows(x), Amount::rows(n));
        Pair::new(&of(x1, n1), &of(x2, n2)).unwrap()
    }

    /// The variance of the difference under the hypothesis, by golden-section search for the most
    /// likely rates instead of the closed form.
    fn likely_variance(pair: Pair, first_of: impl Fn(f64) -> f64, range: (f64, f64)) -> (f64, f64) {
        let log = |x: f64, p: f64| if x == 0.0 { 0.0 } else { x * p.ln() };
        let likelihood = |second: f64| {
            let first = first_of(second);
            let (x1, x2) = (pair.p1 * pair.n1, pair.p2 * pair.n2);
            log(x1, first)
                + log((1.0 - pair.p1) * pair.n1, 1.0 - first)
                + log(x2, second)
                + log((1.0 - pair.p2) * pair.n2, 1.0 - second)
        };
        let (mut low, mut high) = range;
        for _ in 0..200 {
            let (a, b) = (low + (high - low) * 0.382, low + (high - low) * 0.618);
            if likelihood(a) < likelihood(b) {
                low = a;
            } else {
                high = b;
            }
        }
        let second = f64::midpoint(low, high);
        (first_of(second), second)
    }

    proptest! {
        #[test]
        fn closed_forms_find_the_most_likely_rates(
            (n1, x1) in (1_u64..60).prop_flat_map(|n| (Just(n), 0..=n)),
            (n2, x2) in (1_u64..60).prop_flat_map(|n| (Just(n), 0..=n)),
            d in -0.999..0.999,
            ratio in 0.01..20.0,
        ) {
            let (d, ratio): (f64, f64) = (d, ratio);
            let pair = pair(x1, n1, x2, n2);
            let spread = |(p, q): (f64, f64), a: f64, b: f64| {
                a * a * p * (1.0 - p) / pair.n1 + b * b * q * (1.0 - q) / pair.n2
            };
            let likely = likely_variance(pair, |p| p + d, ((-d).max(0.0), (1.0 - d).min(1.0)));
            let expected = (pair.difference() - d).powi(2) - pair.factor() * spread(likely, 1.0, 1.0);
            prop_assert!((pair.difference_excess(d, 1.0) - expected).abs() < 1e-6);

            let (t, s) = (ratio / (1.0 + ratio), 1.0 / (1.0 + ratio));
            let likely = likely_variance(pair, |p| p * ratio, (0.0, (1.0 / ratio).min(1.0)));
            let expected =
                (s * pair.p1 - t * pair.p2).powi(2) - pair.factor() * spread(likely, s, t);
            prop_assert!((pair.ratio_excess(t, s, 1.0) - expected).abs() < 1e-6);
        }

        #[test]
        fn asking_on_which_side_agrees_with_the_limit(
            (n1, x1) in (1_u64..300).prop_flat_map(|n| (Just(n), 0..=n)),
            (n2, x2) in (1_u64..300).prop_flat_map(|n| (Just(n), 0..=n)),
            d in -1.0..1.0,
            ratio in 0.0..3.0,
            z in 0.5..5.0,
        ) {
            let (d, ratio, z): (f64, f64, f64) = (d, ratio, z);
            let pair = pair(x1, n1, x2, n2);
            let apart = |limit: f64, at: f64| (limit - at).abs() > 1e-9;
            let (low, high) = (pair.difference_low(z), pair.difference_high(z));
            prop_assert!(!apart(high, d) || pair.difference_reaches_above(d, z) == (high > d));
            prop_assert!(!apart(low, d) || pair.difference_stays_above(d, z) == (low > d));
            if pair.ratio().is_some() {
                let (low, high) = (pair.ratio_low(z), pair.ratio_high(z));
                prop_assert!(!apart(low, ratio) || pair.ratio_reaches_below(ratio, z) == (low < ratio));
                prop_assert!(!apart(high, ratio) || pair.ratio_stays_below(ratio, z) == (high < ratio));
            }
        }
    }
}
