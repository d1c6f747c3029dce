//! Which rows are alike: distances of all rows from some, and the nearest of them.
//!
//! In: features of a table and the rows that count. Out: of each row that is looked at its distance
//! from every other, and its nearest rows. Numbers are standardized, and the mean where they are
//! missing; two texts that differ, and a number that is missing in one row alone, are √2 apart, as
//! one-hot columns put them. Rows that are as near as the last neighbor share its place, so the order
//! of the table decides nothing.

use rayon::prelude::*;

use super::Case;
use crate::fit::features::{Feature, Raw};
use crate::mitigate::trial::draw;

/// Distances in one feature that are made at most; beyond, not every row is looked at.
const MOST: usize = 4_000_000_000;
/// Rows that are looked at between two sums.
const BLOCK: usize = 256;
/// What two texts that differ add to the squared distance.
const DIFFERENT: f64 = 2.0;
/// Distances that differ by less than this part are the same but for rounding.
const SAME: f64 = 1e-9;
/// Another seed than that of the folds.
const LOOKED: u64 = 0x6e65_6967_6862_6f72;

/// Rows as points.
pub struct Points {
    numbers: Vec<f64>,
    width: usize,
    codes: Vec<u32>,
    levels: usize,
    rows: usize,
}

/// The nearest rows of one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Near {
    /// Those that are nearer than the last one.
    pub sure: Vec<usize>,
    /// Those that are as far as the last one.
    pub tied: Vec<usize>,
    /// How many places are left for them.
    pub left: usize,
}

impl Points {
    /// The rows of a case.
    pub fn of(case: &Case) -> Self {
        Self::new(case.features, case.rows, case.weights)
    }

    /// Some rows of a table; the mean and spread of numbers are those of these rows, by weight.
    pub fn new(features: &[Feature], rows: &[u32], weights: &[f64]) -> Self {
        let (mut numbers, mut codes) = (Vec::new(), Vec::new());
        for feature in features {
            match &feature.raw {
                Raw::Numbers(all) => {
                    let own: Vec<f64> = rows.iter().map(|&row| all[row as usize]).collect();
                    let is_missing = |x: &f64| !x.is_finite();
                    if own.iter().any(is_missing) && !own.iter().all(is_missing) {
                        codes.push(own.iter().map(|x| u32::from(is_missing(x))).collect());
                    }
                    let weights: Vec<f64> = rows.iter().map(|&row| weights[row as usize]).collect();
                    numbers.extend(standardized(&own, &weights));
                }
                Raw::Texts(keys, values) => {
                    let known = super::matched::numbered(values);
                    let code = |&row: &u32| known[keys[row as usize] as usize] as u32;
                    codes.push(rows.iter().map(code).collect::<Vec<u32>>());
                }
            }
        }
        Self {
            width: numbers.len(),
            levels: codes.len(),
            numbers: by_row(&numbers, rows.len()),
            codes: by_row(&codes, rows.len()),
            rows: rows.len(),
        }
    }

    /// The squared distance of two rows.
    fn far(&self, a: usize, b: usize) -> f64 {
        let numbers = |at: usize| &self.numbers[at * self.width..][..self.width];
        let codes = |at: usize| &self.codes[at * self.levels..][..self.levels];
        let squares = numbers(a).iter().zip(numbers(b));
        let squares: f64 = squares.map(|(x, y)| (x - y) * (x - y)).sum();
        let different = codes(a).iter().zip(codes(b)).filter(|(x, y)| x != y);
        squares + DIFFERENT * different.count() as f64
    }

    /// The places that are looked at: all, or as many as can be, drawn by the seed.
    pub fn looked(&self, seed: u64) -> Vec<usize> {
        let one = self.rows * (self.width + self.levels).max(1);
        let most = (MOST / one.max(1)).max(1);
        let mut places: Vec<usize> = (0..self.rows).collect();
        if most < self.rows {
            let chance = |place: &usize| draw(seed ^ LOOKED, *place as u64);
            let mut drawn: Vec<(f64, usize)> = places.iter().map(|at| (chance(at), *at)).collect();
            drawn.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            places = drawn.into_iter().take(most).map(|(_, at)| at).collect();
            places.sort_unstable();
        }
        places
    }

    /// Looks from each of some places at all rows, by squared distance; `fold` gets the answers in
    /// order.
    pub fn each<T: Send>(
        &self,
        looked: &[usize],
        look: impl Fn(usize, &[f64]) -> T + Sync,
        mut fold: impl FnMut(usize, T),
    ) {
        for block in looked.chunks(BLOCK) {
            let found: Vec<T> = block
                .par_iter()
                .map_init(Vec::new, |far: &mut Vec<f64>, &place| {
                    far.clear();
                    far.extend((0..self.rows).map(|other| self.far(place, other)));
                    look(place, far)
                })
                .collect();
            for (&place, found) in block.iter().zip(found) {
                fold(place, found);
            }
        }
    }
}

/// The `k` nearest by squared distance of those that are of interest; fewer where there are fewer.
pub fn near(far: &[f64], k: usize, is_in: impl Fn(usize) -> bool) -> Near {
    let own: Vec<usize> = (0..far.len()).filter(|&at| is_in(at)).collect();
    let mut order: Vec<f64> = own.iter().map(|&at| far[at]).collect();
    let k = k.min(order.len());
    let Some(last) = k.checked_sub(1) else {
        return Near::default();
    };
    let last = *order.select_nth_unstable_by(last, f64::total_cmp).1;
    let (below, above) = (last * (1.0 - SAME), last * (1.0 + SAME));
    let sure: Vec<usize> = own.iter().copied().filter(|&at| far[at] < below).collect();
    let is_tied = |at: &usize| far[*at] >= below && far[*at] <= above;
    Near {
        left: k - sure.len(),
        tied: own.into_iter().filter(is_tied).collect(),
        sure,
    }
}

impl Near {
    /// Each neighbor with its part of the neighborhood; the parts add up to 1.
    pub fn parts(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let k = (self.sure.len() + self.left) as f64;
        let tied = self.left as f64 / (self.tied.len() as f64 * k);
        let sure = self.sure.iter().map(move |&at| (at, 1.0 / k));
        sure.chain(self.tied.iter().map(move |&at| (at, tied)))
    }

    /// The least and the most that the mean of an outcome of yes and no can be, whichever of the
    /// rows that are as far as the last one are taken.
    pub fn limits(&self, is_yes: impl Fn(usize) -> bool) -> (f64, f64) {
        let k = (self.sure.len() + self.left) as f64;
        let sure = self.sure.iter().filter(|at| is_yes(**at)).count();
        let yes = self.tied.iter().filter(|at| is_yes(**at)).count();
        let least = self.left.saturating_sub(self.tied.len() - yes);
        let most = self.left.min(yes);
        ((sure + least) as f64 / k, (sure + most) as f64 / k)
    }
}

/// Numbers as so many standard deviations from their mean; nothing where they are all the same.
fn standardized(own: &[f64], weights: &[f64]) -> Option<Vec<f64>> {
    let there = || {
        own.iter()
            .zip(weights.iter().copied())
            .filter(|(x, _)| x.is_finite())
    };
    let total: f64 = there().map(|(_, w)| w).sum();
    let middle = there().map(|(x, w)| w / total * x).sum::<f64>();
    let square = there()
        .map(|(x, w)| w / total * (x - middle).powi(2))
        .sum::<f64>();
    let scale = square.sqrt();
    let is_spread = scale.is_finite() && scale > SAME * middle.abs() && scale > 0.0;
    let of = |x: &f64| {
        if x.is_finite() {
            (x - middle) / scale
        } else {
            0.0
        }
    };
    is_spread.then(|| own.iter().map(of).collect())
}

/// Columns as rows.
fn by_row<T: Copy>(columns: &[Vec<T>], rows: usize) -> Vec<T> {
    let cells = (0..rows).flat_map(|row| columns.iter().map(move |column| column[row]));
    cells.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_as_far_as_the_last_neighbor_share_its_place() {
        // Of 0, 1, 1, 1 and 4 the nearest two are 0, and one of three.
        let near = near(&[0.0, 4.0, 1.0, 1.0, 1.0], 2, |_| true);
        assert_eq!((near.sure.clone(), near.left), (vec![0], 1));
        assert_eq!(near.tied, vec![2, 3, 4]);
        let parts: f64 = near.parts().map(|(_, part)| part).sum();
        assert!((parts - 1.0).abs() < 1e-15);
        assert!(
            near.parts()
                .any(|(at, part)| at == 3 && (part - 1.0 / 6.0).abs() < 1e-15)
        );
        // Only 3 is a yes: it is taken, or not.
        assert_eq!(near.limits(|at| at == 3), (0.0, 0.5));
        assert_eq!(near.limits(|at| at != 1), (1.0, 1.0));
    }

    #[test]
    fn there_are_no_more_neighbors_than_rows() {
        let few = near(&[0.0, 2.0, 1.0], 5, |at| at != 2);
        assert_eq!(few.parts().count(), 2);
        assert_eq!(near(&[0.0], 5, |_| false), Near::default());
    }

    #[test]
    fn numbers_are_standardized_and_texts_that_differ_are_as_far_as_one_hot_columns() {
        let number = |values: &[f64]| Feature {
            name: "x".to_owned(),
            values: crate::fit::features::Values::Number,
            raw: Raw::Numbers(values.to_vec()),
        };
        let text = Feature {
            name: "level".to_owned(),
            values: crate::fit::features::Values::Text,
            raw: Raw::Texts(
                vec![0, 1, 2],
                std::sync::Arc::new(vec![Some("a".into()), Some("b".into()), Some("b".into())]),
            ),
        };
        // Mean 2, standard deviation √(2/3); the constant column says nothing.
        let features = [number(&[1.0, 2.0, 3.0]), number(&[0.1, 0.1, 0.1]), text];
        let points = Points::new(&features, &[0, 1, 2], &[1.0; 3]);
        assert!((points.far(0, 1) - (1.5 + 2.0)).abs() < 1e-12);
        assert!((points.far(1, 2) - 1.5).abs() < 1e-12);
        // A missing number is the mean, and a level of its own.
        let points = Points::new(&[number(&[1.0, f64::NAN, 3.0])], &[0, 1, 2], &[1.0; 3]);
        assert!((points.far(0, 1) - (1.0 + 2.0)).abs() < 1e-12);
        assert!((points.far(0, 2) - 4.0).abs() < 1e-12);
    }
}
