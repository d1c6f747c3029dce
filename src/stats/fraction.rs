//! A share: part of a whole, with the rows behind it and what they are worth as a sample.

/// Rows of one kind: how many, their weight and their squared weight (equal when unweighted).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Amount {
    /// Rows.
    pub rows: u64,
    /// Σw; the rows when there are no weights.
    pub weight: f64,
    /// Σw²; the rows when there are no weights.
    pub weight_sq: f64,
}

impl std::ops::Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            weight: self.weight + other.weight,
            weight_sq: self.weight_sq + other.weight_sq,
        }
    }
}

impl Amount {
    /// Rows without weights.
    pub fn rows(rows: u64) -> Self {
        Self {
            rows,
            weight: rows as f64,
            weight_sq: rows as f64,
        }
    }

    /// Whether every row weighs 1: then all sums are exact.
    pub fn is_counted(&self) -> bool {
        *self == Self::rows(self.rows)
    }

    /// Kish's effective number of rows, (Σw)² / Σw² (Kish 1965, Survey Sampling, 11.7).
    pub fn effective(&self) -> f64 {
        if self.weight_sq > 0.0 {
            self.weight * self.weight / self.weight_sq
        } else {
            0.0
        }
    }
}

/// A part of a whole, 0 ≤ part ≤ whole.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Fraction {
    /// The numerator.
    pub part: Amount,
    /// The denominator.
    pub whole: Amount,
}

impl Fraction {
    /// `part` of `whole`.
    pub fn new(part: Amount, whole: Amount) -> Self {
        Self { part, whole }
    }

    /// Σw(part) / Σw(whole); `None` where the whole weighs nothing.
    pub fn value(&self) -> Option<f64> {
        (self.whole.weight > 0.0).then(|| self.part.weight / self.whole.weight)
    }

    /// Rows that the denominator is worth as a simple random sample: Kish's number or, where it is
    /// smaller, the one at which p(1 − p) / n is the linearised variance of the ratio,
    /// Σw²(y − p)² / (Σw)² (Särndal, Swensson and Wretman 1992, Model Assisted Survey Sampling, 5.6;
    /// as Korn and Graubard 1998 use it). Kish's alone takes weights to say nothing of what counts.
    pub fn effective(&self) -> f64 {
        let kish = self.whole.effective();
        if self.part.is_counted() && self.whole.is_counted() {
            return kish;
        }
        self.linearised().map_or(kish, |rows| rows.min(kish))
    }

    /// `None` at rates of 0 and 1, where nothing is seen to vary.
    fn linearised(&self) -> Option<f64> {
        let p = self.value()?;
        let rest_sq = (self.whole.weight_sq - self.part.weight_sq).max(0.0);
        let squares = (1.0 - p).powi(2) * self.part.weight_sq + p * p * rest_sq;
        let rows = p * (1.0 - p) * self.whole.weight.powi(2) / squares;
        (p > 0.0 && p < 1.0 && squares > 0.0 && rows.is_finite()).then_some(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(weights: &[f64]) -> Amount {
        Amount {
            rows: weights.len() as u64,
            weight: weights.iter().sum(),
            weight_sq: weights.iter().map(|w| w * w).sum(),
        }
    }

    fn of(part: &[f64], rest: &[f64]) -> Fraction {
        Fraction::new(weighed(part), weighed(&[part, rest].concat()))
    }

    /// Rates are Σwy / Σw; by hand p = 8/20, Σw²(y − p)² = 32·0.36 + 12·0.16 = 13.44, and so
    /// n = 0.24·400 / 13.44; Kish's is 400 / 44.
    #[test]
    fn rows_that_count_and_weigh_more_are_worth_less() {
        let linked = of(&[4.0, 4.0], &[1.0; 12]);
        assert!((linked.effective() - 0.24 * 400.0 / 13.44).abs() < 1e-12);
        assert!(linked.effective() < linked.whole.effective());
    }

    #[test]
    fn rows_are_worth_no_more_than_kish_says() {
        let free = of(&[1.0; 5], &[3.0; 5]);
        assert_eq!(free.effective(), 8.0);
        let none = of(&[], &[1.0, 3.0]);
        assert_eq!(none.effective(), 1.6);
        assert_eq!(of(&[1.0, 3.0], &[]).effective(), 1.6);
        assert_eq!(of(&[], &[]).effective(), 0.0);
    }

    #[test]
    fn rows_without_weights_are_worth_their_number_to_the_last_bit() {
        for (part, whole) in [(1, 3), (7, 49), (333_333, 1_000_003), (0, 5), (5, 5)] {
            let rate = Fraction::new(Amount::rows(part), Amount::rows(whole));
            assert_eq!(rate.effective(), whole as f64);
        }
    }
}
