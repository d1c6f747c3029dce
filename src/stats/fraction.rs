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

    /// Rows that the denominator is worth as a simple random sample.
    pub fn effective(&self) -> f64 {
        self.whole.effective()
    }
}
