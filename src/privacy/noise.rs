//! Noise that hides one row: discrete Laplace, drawn exactly.
//!
//! In: ε as a decimal fraction, and random bits. Out: whole numbers X with P(X = k) ∝ e^(−ε|k|), which
//! added to disjoint counts make them ε-differentially private for one row more or less (Ghosh,
//! Roughgarden and Sundararajan 2009, doi:10.1145/1536414.1536464). Drawn with whole numbers alone, as
//! Canonne, Kamath and Steinke 2020 do (arXiv:2004.00010, algorithms 1 and 2): floating-point Laplace
//! noise gives what it hides away by its last bits (Mironov 2012, doi:10.1145/2382196.2382264).

use std::fmt;
use std::str::FromStr;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::stats::random::below;

/// How much one row may change what is likely: a probability by a factor of e^ε at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epsilon {
    /// ε = `of` / `per`, both at least 1.
    of: u64,
    per: u64,
}

/// The largest that says anything, and the digits after the point.
const MOST: u64 = 20;
const DIGITS: usize = 6;

impl FromStr for Epsilon {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("a number above 0 to {MOST} with at most {DIGITS} decimals, as 0.5");
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = whole.len() + part.len();
        let is_number = whole
            .chars()
            .chain(part.chars())
            .all(|c| c.is_ascii_digit());
        if !is_number || digits == 0 || whole.len() > 2 || part.len() > DIGITS {
            return Err(wrong());
        }
        let of: u64 = format!("{whole}{part}").parse().map_err(|_| wrong())?;
        let per = 10_u64.pow(u32::try_from(part.len()).map_err(|_| wrong())?);
        if of == 0 || of > MOST * per {
            return Err(wrong());
        }
        Ok(Self { of, per })
    }
}

impl fmt::Display for Epsilon {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}

impl Epsilon {
    /// As a number.
    pub fn value(self) -> f64 {
        self.of as f64 / self.per as f64
    }

    /// e^(−ε).
    fn decay(self) -> f64 {
        (-self.value()).exp()
    }

    /// The variance of one number, 2α / (1 − α)² with α = e^(−ε).
    pub fn variance(self) -> f64 {
        let alpha = self.decay();
        2.0 * alpha / (1.0 - alpha).powi(2)
    }

    /// The least q such that the sum of so many numbers is within ±q with that probability.
    pub fn reach(self, numbers: u64, confidence: f64) -> u64 {
        if numbers == 0 {
            return 0;
        }
        let deviation = (self.variance() * numbers as f64).sqrt();
        if numbers > ADDED {
            let z = crate::stats::special::two_sided_z(confidence, 1.0);
            return (z * deviation).ceil() as u64;
        }
        // Beyond lie less than 1e-9 of each number, and of their sum.
        let half = (21.0 / self.value() + 8.0 * deviation).ceil() as usize;
        let mut law = vec![0.0; 2 * half + 1];
        law[half] = 1.0;
        for _ in 0..numbers {
            self.spread(&mut law);
        }
        let mut within = law[half];
        let mut reach = 0;
        while within < confidence && reach < half {
            reach += 1;
            within += law[half - reach] + law[half + reach];
        }
        reach as u64
    }

    /// Adds one number to what the law of a sum is: once up and once down, since the number is the
    /// difference of two geometric ones.
    fn spread(self, law: &mut [f64]) {
        let alpha = self.decay();
        let pass = |before: &mut f64, x: &mut f64| {
            *before = alpha * *before + (1.0 - alpha) * *x;
            *x = *before;
        };
        let mut before = 0.0;
        for x in law.iter_mut() {
            pass(&mut before, x);
        }
        before = 0.0;
        for x in law.iter_mut().rev() {
            pass(&mut before, x);
        }
    }
}

/// Sums of more numbers are normal.
const ADDED: u64 = 200;

/// Draws noise.
pub struct Noise {
    random: ChaCha20Rng,
    epsilon: Epsilon,
}

impl Noise {
    /// With a seed of the operating system's: it is in nobody's hands, and no two runs are alike.
    pub fn secret(epsilon: Epsilon) -> std::io::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Self {
            random: ChaCha20Rng::from_seed(seed),
            epsilon,
        })
    }

    /// For tests: whoever knows the seed can take the noise off again.
    #[cfg(test)]
    pub fn known(epsilon: Epsilon, seed: u64) -> Self {
        Self {
            random: ChaCha20Rng::seed_from_u64(seed),
            epsilon,
        }
    }

    /// How strong it is.
    pub fn epsilon(&self) -> Epsilon {
        self.epsilon
    }

    /// One number.
    pub fn draw(&mut self) -> i64 {
        // The scale of the law is 1/ε = t/s.
        let (t, s) = (self.epsilon.per, self.epsilon.of);
        loop {
            let fine = self.below(t);
            if !self.is_exp(fine, t) {
                continue;
            }
            let mut coarse = 0;
            while self.is_exp(1, 1) {
                coarse += 1;
            }
            let size = (fine + t * coarse) / s;
            let is_negative = self.below(2) == 1;
            match (is_negative, i64::try_from(size)) {
                // 0 would come twice as often.
                (true, Ok(0)) | (_, Err(_)) => {}
                (true, Ok(size)) => return -size,
                (false, Ok(size)) => return size,
            }
        }
    }

    /// True with probability e^(−a/b), a ≤ b.
    fn is_exp(&mut self, a: u64, b: u64) -> bool {
        let mut k = 1;
        while self.below(b.saturating_mul(k)) < a {
            k += 1;
        }
        k % 2 == 1
    }

    fn below(&mut self, limit: u64) -> u64 {
        below(&mut self.random, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::gamma::chi_square_sf;

    fn epsilon(text: &str) -> Epsilon {
        text.parse().unwrap()
    }

    #[test]
    fn a_decimal_is_read_exactly_and_nothing_else_is() {
        assert_eq!(epsilon("0.25"), Epsilon { of: 25, per: 100 });
        assert_eq!(epsilon("20").value(), 20.0);
        for text in [
            "0",
            "-1",
            "0.0",
            "20.1",
            "1e-3",
            "inf",
            "",
            ".",
            "0.1234567",
            "a",
            "+1",
        ] {
            assert!(text.parse::<Epsilon>().is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_follow_the_law() {
        for (seed, text) in ["0.1", "0.5", "1", "3.25"].into_iter().enumerate() {
            let epsilon = epsilon(text);
            let mut noise = Noise::known(epsilon, seed as u64);
            let (draws, alpha) = (200_000_u32, epsilon.decay());
            // Ten numbers to either side by themselves, and the tails.
            let mut seen = [0_u32; 23];
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..draws {
                let x = noise.draw();
                seen[(x.clamp(-11, 11) + 11) as usize] += 1;
                (sum, squares) = (sum + x as f64, squares + (x as f64).powi(2));
            }
            let of = |k: i32| match k.abs() {
                11 => alpha.powi(11) / (1.0 + alpha),
                k => (1.0 - alpha) / (1.0 + alpha) * alpha.powi(k),
            };
            let (mut statistic, mut bins) = (0.0, 0.0);
            for (k, seen) in (-11..=11).zip(seen) {
                let expected = of(k) * f64::from(draws);
                if expected >= 5.0 {
                    statistic += (f64::from(seen) - expected).powi(2) / expected;
                    bins += 1.0;
                }
            }
            assert!(
                chi_square_sf(statistic, bins - 1.0) > 0.001,
                "{text} {statistic}"
            );
            let draws = f64::from(draws);
            let deviation = epsilon.variance().sqrt();
            assert!((sum / draws).abs() < 4.0 * deviation / draws.sqrt());
            assert!(
                (squares / draws / epsilon.variance() - 1.0).abs() < 0.03,
                "{text}"
            );
        }
    }

    #[test]
    fn the_reach_of_a_sum_is_that_of_its_law() {
        for text in ["0.05", "1", "4"] {
            let epsilon = epsilon(text);
            let alpha = epsilon.decay();
            // Of one number: P(|X| > q) = 2 α^(q + 1) / (1 + α).
            let beyond = |q: u64| 2.0 * alpha.powf(q as f64 + 1.0) / (1.0 + alpha);
            let q = epsilon.reach(1, 0.95);
            assert!(
                beyond(q) <= 0.05 && (q == 0 || beyond(q - 1) > 0.05),
                "{text} {q}"
            );
            // Of many the law is nearly normal: both ways say the same.
            let (exact, normal) = (epsilon.reach(ADDED, 0.95), epsilon.reach(ADDED + 1, 0.95));
            assert!(
                exact.abs_diff(normal) <= 1 + normal / 100,
                "{text} {exact} {normal}"
            );
        }
        assert_eq!(epsilon("1").reach(0, 0.95), 0);
    }

    #[test]
    fn sums_are_within_their_reach_as_often_as_is_said() {
        let epsilon = epsilon("0.3");
        let mut noise = Noise::known(epsilon, 9);
        for numbers in [2, 7, 30] {
            let reach = epsilon.reach(numbers, 0.9) as i64;
            let within = (0..20_000)
                .filter(|_| (0..numbers).map(|_| noise.draw()).sum::<i64>().abs() <= reach)
                .count();
            // At least 90 %, and no more than the last whole number brings.
            assert!(
                (0.893..0.93).contains(&(within as f64 / 20_000.0)),
                "{numbers} {within}"
            );
        }
    }
}
