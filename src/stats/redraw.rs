//! Tables redrawn from a table: what a statistic would be if the rows were drawn again.
//!
//! In: cells, disjoint sums of rows. Out: the statistic of each redrawn table, in order, the same
//! on any number of threads. Drawing as many rows as there are, with putting back, is a multinomial
//! draw over the cells (Efron 1979, doi:10.1214/aos/1176344552), so the cost is cells, not rows.

use rayon::prelude::*;

use super::Amount;
use super::random::{Multinomial, Stream, Streams};

/// How the rows of cells are drawn again.
#[derive(Debug, Clone)]
pub(super) struct Redraw {
    law: Multinomial,
    /// By cell: the mean of a row's weight, of its square, and the weights' squared coefficient of
    /// variation (0 where they are alike).
    weights: Vec<(f64, f64, f64)>,
    counts: Vec<u64>,
}

impl Redraw {
    /// `rows` rows over cells that are hit in proportion to their shares, each with rows as those
    /// of the amount beside it.
    pub fn new(rows: u64, cells: &[(f64, Amount)]) -> Self {
        let weights = cells.iter().map(|(_, amount)| {
            let rows = amount.rows.max(1) as f64;
            let (mean, square) = (amount.weight / rows, amount.weight_sq / rows);
            let variation = square / (mean * mean) - 1.0;
            // What is within rounding of alike is alike, and needs no noise.
            let varies = mean > 0.0 && variation > 1e-9;
            (mean, square, if varies { variation } else { 0.0 })
        });
        Self {
            law: Multinomial::new(rows, cells.iter().map(|(share, _)| *share)),
            weights: weights.collect(),
            counts: vec![0; cells.len()],
        }
    }

    /// Draws all rows; `each` gets a cell's place, rows, Σw and mean w².
    #[inline]
    pub fn draw(&mut self, random: &mut Stream, mut each: impl FnMut(usize, u64, f64, f64)) {
        self.law.draw(&mut self.counts, random);
        for (at, (&count, &(mean, square, variation))) in
            self.counts.iter().zip(&self.weights).enumerate()
        {
            let sum = count as f64 * mean;
            let sum = if variation == 0.0 || count == 0 {
                sum
            } else {
                sum * noise(variation / count as f64, random)
            };
            each(at, count, sum, square);
        }
    }
}

/// A positive factor of mean 1 and this variance. The weights themselves are not at hand, only
/// their mean and variance; of the laws with the right two moments the lognormal is taken since a
/// sum of weights is positive and leans to the right, where a normal one could be negative.
fn noise(variance: f64, random: &mut Stream) -> f64 {
    let log_variance = variance.ln_1p();
    (log_variance.sqrt() * random.normal() - log_variance / 2.0).exp()
}

/// `statistic` of each of so many tables redrawn from `cells`, in order.
///
/// A redrawn cell has its rows, Σw, and Σw² as its rows have it on average, but never so small that
/// the rows would be worth more than their number.
pub fn replicates<R: Send>(
    cells: &[Amount],
    replicates: usize,
    seed: u64,
    statistic: impl Fn(&[Amount]) -> R + Sync,
) -> Vec<R> {
    let shares: Vec<(f64, Amount)> = cells.iter().map(|cell| (cell.rows as f64, *cell)).collect();
    let redraw = Redraw::new(cells.iter().map(|cell| cell.rows).sum(), &shares);
    let streams = Streams::new(seed);
    (0..replicates as u64)
        .into_par_iter()
        .map_init(
            || (redraw.clone(), vec![Amount::default(); cells.len()]),
            |(redraw, drawn), replicate| {
                redraw.draw(
                    &mut streams.stream(replicate),
                    |at, rows, weight, square| {
                        let count = rows as f64;
                        drawn[at] = Amount {
                            rows,
                            weight,
                            weight_sq: (count * square).max(weight * weight / count.max(1.0)),
                        };
                    },
                );
                statistic(drawn)
            },
        )
        .collect()
}

/// What a statistic was over replicates, in ascending order.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws(Vec<f64>);

impl Draws {
    /// Of values in any order, none of them NaN.
    pub fn new(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        Self(values)
    }

    /// In ascending order.
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// Their mean; `None` where there are none.
    pub fn mean(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.iter().sum::<f64>() / self.0.len() as f64)
    }

    /// What the statistic does not exceed with this confidence: all that is above it has a
    /// [`p`](Self::p) of at most 1 − `confidence`. `None` where there are too few replicates for
    /// that, or where the confidence is none.
    pub fn critical(&self, confidence: f64) -> Option<f64> {
        if !(0.0..1.0).contains(&confidence) {
            return None;
        }
        // A rank within rounding of a whole number is that number.
        let rank = ((self.0.len() + 1) as f64 * confidence - 1e-9).ceil();
        self.0.get((rank as usize).max(1) - 1).copied()
    }

    /// The p of a value that is extreme where it is large: (1 + replicates as large) / (1 + all),
    /// never 0 (Davison and Hinkley 1997, doi:10.1017/CBO9780511802843, equation 4.11).
    pub fn p(&self, value: f64) -> f64 {
        // Equal but for rounding is as large.
        let least = value - 1e-12 * value.abs();
        let below = self.0.partition_point(|&draw| draw < least);
        (1 + self.0.len() - below) as f64 / (1 + self.0.len()) as f64
    }

    /// The same of a value that is extreme where it is small.
    pub fn p_small(&self, value: f64) -> f64 {
        let most = value + 1e-12 * value.abs();
        let within = self.0.partition_point(|&draw| draw <= most);
        (1 + within) as f64 / (1 + self.0.len()) as f64
    }
}

/// The bootstrap interval of a statistic, within its range. `None` where a replicate is undefined
/// (NaN) or where there are too few of them for the confidence.
///
/// It is the basic (reflected) interval, [2θ − q(high), 2θ − q(low)] (Davison and Hinkley 1997,
/// doi:10.1017/CBO9780511802843, equation 5.6), made wider where two others are:
/// - the percentiles less twice the bias, mean − θ: redrawn rows vary about rates that vary already,
///   so that a distance is too large twice over;
/// - of a statistic that is never negative, the basic interval of its square: a distance of groups
///   that are alike is a root of something that varies around its mean, and the basic interval of
///   the root misses 0 in 10 % of tables of three groups and in 29 % of six.
///
/// Together they held in 93 % of tables and more where the basic interval held in 70 to 100 %
/// (docs/statistics.md). The percentile interval by itself never covers a distance of 0.
pub fn wide_interval(
    value: f64,
    replicates: &mut [f64],
    confidence: f64,
    range: (f64, f64),
) -> Option<(f64, f64)> {
    if replicates.iter().any(|x| x.is_nan()) || !(0.0..1.0).contains(&confidence) {
        return None;
    }
    replicates.sort_unstable_by(f64::total_cmp);
    let tail = ((replicates.len() + 1) as f64 * (1.0 - confidence) / 2.0 + 1e-9).floor() as usize;
    let low = *replicates.get(tail.checked_sub(1)?)?;
    let high = *replicates.get(replicates.len().checked_sub(tail)?)?;
    let bias = replicates.iter().sum::<f64>() / replicates.len() as f64 - value;
    let mut limits = (
        (2.0 * value - high).min(low - 2.0 * bias),
        (2.0 * value - low).max(high - 2.0 * bias),
    );
    if range.0 == 0.0 {
        let reflected = |x: f64| (2.0 * value * value - x * x).max(0.0).sqrt();
        limits = (limits.0.min(reflected(high)), limits.1.max(reflected(low)));
    }
    let within = |x: f64| x.clamp(range.0, range.1);
    Some((within(limits.0), within(limits.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells() -> Vec<Amount> {
        let weighted = |rows, weight, weight_sq| Amount {
            rows,
            weight,
            weight_sq,
        };
        vec![
            Amount::rows(300),
            Amount::rows(0),
            weighted(50, 100.0, 400.0),
            weighted(1, 3.0, 9.0),
        ]
    }

    fn on_threads<R: Send>(threads: usize, run: impl FnOnce() -> R + Send) -> R {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(run)
    }

    #[test]
    fn threads_change_no_bit() {
        let bits = |threads| {
            on_threads(threads, || {
                replicates(&cells(), 500, 5, |drawn| {
                    drawn.iter().map(|cell| cell.weight.to_bits()).collect()
                })
            })
        };
        let one: Vec<Vec<u64>> = bits(1);
        assert!([2, 3, 8].into_iter().all(|threads| bits(threads) == one));
        assert_ne!(one[0], one[1]);
    }

    /// Over redrawn tables Σw has the mean Σw and, up to the fixed number of rows, the variance Σw².
    #[test]
    fn redrawn_cells_vary_as_the_sums_of_their_rows_do() {
        let (cells, count) = (cells(), 20_000);
        let drawn = replicates(&cells, count, 1, <[Amount]>::to_vec);
        assert!(
            drawn
                .iter()
                .all(|d| d.iter().map(|c| c.rows).sum::<u64>() == 351)
        );
        assert!(drawn.iter().all(|d| d[1] == Amount::default()));
        for (at, cell) in cells.iter().enumerate() {
            let mean = drawn.iter().map(|d| d[at].weight).sum::<f64>() / count as f64;
            let square = drawn
                .iter()
                .map(|d| (d[at].weight - mean).powi(2))
                .sum::<f64>();
            let variance = cell.weight_sq - cell.weight * cell.weight / 351.0;
            let error = (variance / count as f64).sqrt();
            assert!((mean - cell.weight).abs() <= 4.0 * error, "{at}: {mean}");
            let found = square / count as f64;
            assert!((found - variance).abs() <= 0.05 * variance, "{at}: {found}");
            for d in &drawn {
                assert!(d[at].effective() <= d[at].rows as f64 * (1.0 + 1e-12));
            }
        }
    }

    #[test]
    fn a_value_above_the_critical_one_has_a_small_p() {
        let draws = Draws::new((1..=99).rev().map(f64::from).collect());
        assert_eq!(draws.critical(0.95), Some(95.0));
        assert_eq!(
            (draws.p(95.0), draws.p(95.5), draws.p(1e9)),
            (0.06, 0.05, 0.01)
        );
        assert_eq!(
            (draws.p(0.0), draws.p_small(0.0), draws.p_small(1.0)),
            (1.0, 0.01, 0.02)
        );
        assert_eq!((draws.critical(0.995), draws.critical(1.0)), (None, None));
        assert_eq!(draws.critical(f64::NAN), None);
        assert_eq!(
            (draws.mean(), Draws::new(vec![]).mean()),
            (Some(50.0), None)
        );
    }

    #[test]
    fn a_reflected_interval_takes_off_what_redrawing_adds() {
        // Redrawn gaps around 7, seen one 5: the truth is rather 3.
        let mut draws: Vec<f64> = (0..999).map(|i| 6.0 + f64::from(i) / 499.0).collect();
        let (low, high) = wide_interval(5.0, &mut draws, 0.95, (-100.0, 100.0)).unwrap();
        assert!(
            (low - 2.05).abs() < 0.01 && (high - 3.95).abs() < 0.01,
            "{low} {high}"
        );
        // Of a distance: its square, 25, was redrawn as 36 to 64, and may be none.
        let (low, high) = wide_interval(5.0, &mut draws, 0.95, (0.0, 100.0)).unwrap();
        assert!(low == 0.0 && (high - 3.95).abs() < 0.01, "{low} {high}");
        assert_eq!(
            wide_interval(5.0, &mut draws, 0.95, (3.0, 3.5)),
            Some((3.0, 3.5))
        );
        assert_eq!(wide_interval(5.0, &mut draws[..9], 0.95, (0.0, 9.0)), None);
        draws[3] = f64::NAN;
        assert_eq!(wide_interval(5.0, &mut draws, 0.95, (0.0, 9.0)), None);
    }
}
