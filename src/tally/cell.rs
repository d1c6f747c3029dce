//! The sums of one group: everything a metric may ask of it.

use crate::stats::{Amount, ExactSum, Merge, Term};

/// Index of a negative label or prediction.
pub const NEGATIVE: usize = 0;
/// Index of a positive label or prediction.
pub const POSITIVE: usize = 1;
/// Index of a missing label or prediction.
pub const MISSING: usize = 2;
/// Equal-width bins of the score on [0, 1] for calibration.
pub const BINS: usize = 10;

/// Sums of one group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    /// Rows by `[label][prediction]`, each negative, positive or missing.
    pub rows: [[u64; 3]; 3],
    /// The same by weight; `None` when the table has no weights.
    pub weights: Option<Box<[[Weights; 3]; 3]>>,
    /// Sums of the score; `None` when the table has no score.
    pub scores: Option<Box<ScoreSums>>,
}

/// Σw and Σw².
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    /// Σw.
    pub sum: ExactSum,
    /// Σw².
    pub squares: ExactSum,
}

/// What some rows of one weight add to Σw and Σw²; made once for all sums that they are part of.
#[derive(Debug, Clone, Copy)]
pub struct Weighed {
    sum: Term,
    square: Term,
}

impl Weighed {
    /// Of `rows` rows.
    #[inline]
    pub fn new(weight: f64, rows: u64) -> Self {
        let times = weight * rows as f64;
        Self {
            sum: Term::new(times),
            square: Term::new(weight * times),
        }
    }
}

impl Weights {
    /// Adds rows.
    #[inline]
    pub fn add(&mut self, weighed: Weighed) {
        self.sum.add_term(weighed.sum);
        self.squares.add_term(weighed.square);
    }
}

/// Sums of the score `s` of a group, over the rows that have one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreSums {
    /// By label: negative, positive, missing.
    pub by_label: [LabelScores; 3],
    /// By bin: bin `i` holds `i/BINS < s <= (i+1)/BINS`, the first also 0 (as scikit-learn's
    /// calibration bins); only labelled rows whose score is within [0, 1].
    pub bins: [BinScores; BINS],
}

/// Sums of the score over rows of one label `y`, each term times the row's weight (1 when
/// unweighted). The fair loss Σw·|s − y| follows where scores are within [0, 1].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelScores {
    /// Rows.
    pub rows: u64,
    /// Σw; an empty sum when unweighted (then it is the rows).
    pub weight: ExactSum,
    /// Σw²; likewise.
    pub weight_sq: ExactSum,
    /// Σw·s.
    pub score: ExactSum,
    /// Σw·s².
    pub score_sq: ExactSum,
    /// −Σw·ln(s or 1 − s), s clipped to [ε, 1 − ε] with ε = 2⁻⁵² as scikit-learn; only scores
    /// within [0, 1]; 0 where the label is missing.
    pub log_loss: ExactSum,
}

/// One bin of the scores.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BinScores {
    /// Rows by label, negative and positive.
    pub rows: [u64; 2],
    /// Σw by label; empty sums when unweighted (then it is the rows).
    pub weight: [ExactSum; 2],
    /// Σw·s.
    pub score: ExactSum,
}

/// Smallest probability that the log loss sees, as in scikit-learn.
const EPSILON: f64 = f64::EPSILON;

impl ScoreSums {
    /// Adds `rows` rows of a finite score and a label, each of this weight.
    pub fn add(&mut self, score: f64, label: usize, rows: u64, weight: Option<f64>) {
        let weighed = weight.map(|weight| Weighed::new(weight, rows));
        self.add_weighed(score, label, rows, weight.unwrap_or(1.0), weighed);
    }

    /// The same of what was made of the weight already.
    #[inline]
    pub fn add_weighed(
        &mut self,
        score: f64,
        label: usize,
        rows: u64,
        weight: f64,
        weighed: Option<Weighed>,
    ) {
        let times = weight * rows as f64;
        let score_sum = Term::new(times * score);
        let probability = (0.0..=1.0).contains(&score);
        let sums = &mut self.by_label[label];
        sums.rows += rows;
        if let Some(weighed) = weighed {
            sums.weight.add_term(weighed.sum);
            sums.weight_sq.add_term(weighed.square);
        }
        sums.score.add_term(score_sum);
        sums.score_sq.add(times * score * score);
        if label == MISSING || !probability {
            return;
        }
        let p = score.clamp(EPSILON, 1.0 - EPSILON);
        let loss = if label == POSITIVE {
            p.ln()
        } else {
            (1.0 - p).ln()
        };
        sums.log_loss.add(-times * loss);
        let bin = &mut self.bins[bin(score)];
        bin.rows[label] += rows;
        if let Some(weighed) = weighed {
            bin.weight[label].add_term(weighed.sum);
        }
        bin.score.add_term(score_sum);
    }
}

/// Which bin a score in [0, 1] falls into; the edges are numpy's `linspace(0, 1, BINS + 1)`.
fn bin(score: f64) -> usize {
    let edge = |i: usize| i as f64 * (1.0 / BINS as f64);
    let guess = ((score * BINS as f64) as usize).min(BINS - 1);
    if score <= edge(guess) {
        guess.saturating_sub(1)
    } else if guess + 1 < BINS && score > edge(guess + 1) {
        guess + 1
    } else {
        guess
    }
}

impl AsRef<Self> for Cell {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Cell {
    /// The rows whose (label, prediction) are among those `of` says yes to.
    pub fn amount(&self, of: impl Fn(usize, usize) -> bool) -> Amount {
        let mut total = Amount::default();
        let (mut sum, mut squares) = (ExactSum::default(), ExactSum::default());
        for label in 0..3 {
            for prediction in 0..3 {
                if !of(label, prediction) {
                    continue;
                }
                let rows = self.rows[label][prediction];
                total.rows += rows;
                if let Some(weights) = self.weights.as_ref().filter(|_| rows > 0) {
                    sum.merge(&weights[label][prediction].sum);
                    squares.merge(&weights[label][prediction].squares);
                }
            }
        }
        if self.weights.is_some() {
            Amount {
                rows: total.rows,
                weight: sum.value(),
                weight_sq: squares.value(),
            }
        } else {
            Amount::rows(total.rows)
        }
    }

    /// Whether its rows weigh anything.
    pub fn weighs(&self) -> bool {
        let nothing = ExactSum::default();
        match &self.weights {
            None => self.rows.iter().flatten().any(|&rows| rows > 0),
            Some(weights) => weights.iter().flatten().any(|w| w.sum != nothing),
        }
    }

    /// All rows.
    pub fn total(&self) -> Amount {
        self.amount(|_, _| true)
    }

    /// The rows with this label and this prediction.
    pub fn outcome(&self, label: usize, prediction: usize) -> Amount {
        self.amount(|l, p| l == label && p == prediction)
    }
}

impl Merge for Weights {
    fn merge(&mut self, other: &Self) {
        let Self { sum, squares } = other;
        self.sum.merge(sum);
        self.squares.merge(squares);
    }
}

impl Merge for LabelScores {
    fn merge(&mut self, other: &Self) {
        let Self {
            rows,
            weight,
            weight_sq,
            score,
            score_sq,
            log_loss,
        } = other;
        self.rows += rows;
        self.weight.merge(weight);
        self.weight_sq.merge(weight_sq);
        self.score.merge(score);
        self.score_sq.merge(score_sq);
        self.log_loss.merge(log_loss);
    }
}

impl Merge for BinScores {
    fn merge(&mut self, other: &Self) {
        let Self {
            rows,
            weight,
            score,
        } = other;
        for label in 0..2 {
            self.rows[label] += rows[label];
            self.weight[label].merge(&weight[label]);
        }
        self.score.merge(score);
    }
}

impl Merge for ScoreSums {
    fn merge(&mut self, other: &Self) {
        // Most of a small group is empty: without rows there is nothing to add.
        let Self { by_label, bins } = other;
        for (mine, theirs) in self.by_label.iter_mut().zip(by_label) {
            if theirs.rows > 0 {
                mine.merge(theirs);
            }
        }
        for (mine, theirs) in self.bins.iter_mut().zip(bins) {
            if theirs.rows != [0, 0] {
                mine.merge(theirs);
            }
        }
    }
}

impl Merge for Cell {
    fn merge(&mut self, other: &Self) {
        let Self {
            rows,
            weights,
            scores,
        } = other;
        for (mine, theirs) in self.rows.iter_mut().flatten().zip(rows.iter().flatten()) {
            *mine += theirs;
        }
        if let Some(weights) = weights {
            let mine = self.weights.get_or_insert_default();
            let theirs = weights.iter().flatten().zip(rows.iter().flatten());
            for (mine, (theirs, &rows)) in mine.iter_mut().flatten().zip(theirs) {
                if rows > 0 {
                    mine.merge(theirs);
                }
            }
        }
        if let Some(scores) = scores {
            self.scores.get_or_insert_default().merge(scores);
        }
    }
}
