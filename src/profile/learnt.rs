//! How well one group can be told from the rest: from each column, from all, from two together.
//!
//! In: rows in two folds, and which of them are of the group. Out: areas under the ROC curve of
//! rows that were held out, each with its interval and its p against 0.5.

use rayon::prelude::*;

use super::encoded::{CELLS, Feature, Fold, Rows};
use super::pairs;
use crate::stats::area::{Area, Unit, area, difference};
use crate::stats::special::normal_cdf;
use crate::stats::{Critical, Interval, Law, Spread, pooled_freedom};

/// An area of rows that were held out.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// The area, the mean of the folds'.
    pub value: f64,
    /// Its interval; `None` where nothing varies.
    pub interval: Option<Interval>,
    /// The probability of as much where the columns tell nothing.
    pub p: f64,
}

/// Two columns together, against the best one of the same rows. They were found in the first fold and
/// are measured in the second one.
#[derive(Debug, Clone, Copy)]
pub struct Together {
    /// Which features.
    pub columns: (usize, usize),
    /// How well they tell.
    pub held: Held,
    /// How well the best one tells of the same rows.
    pub alone: f64,
    /// The probability of such a gain where there is none.
    pub p: f64,
}

/// What was learnt of a group.
#[derive(Debug, Clone)]
pub struct Told {
    /// From all columns.
    pub whole: Option<Held>,
    /// From each feature.
    pub alone: Vec<Option<Held>>,
    /// From the best two.
    pub pair: Option<Together>,
}

impl Told {
    /// Learns what there is to know; `side` says of each row whether it is of the group, and `pair`
    /// which two features tell most in the first fold.
    pub fn of(
        rows: &Rows,
        side: &[Option<bool>],
        pair: Option<(usize, usize)>,
        confidence: f64,
    ) -> Self {
        let folds = [0, 1].map(|at| Learning::of(rows, side, at));
        let features = &rows.features;
        let held = |of: &(dyn Fn(&Learning) -> Option<Area> + Sync)| {
            let (a, b) = rayon::join(|| of(&folds[0]), || of(&folds[1]));
            (a, a.zip(b).map(|(a, b)| Held::of(&[a, b], confidence)))
        };
        let (whole, alone): (_, Vec<(Option<Area>, Option<Held>)>) = rayon::join(
            || held(&|fold| area(&fold.whole()?, &fold.units)).1,
            || {
                let features = features.par_iter();
                let each =
                    features.map(|feature| held(&|fold| area(&fold.alone(feature)?, &fold.units)));
                each.collect()
            },
        );
        let first = alone.iter().enumerate();
        let first = first.filter_map(|(at, (area, _))| Some((at, (*area)?.value)));
        let best = first.max_by(|a, b| a.1.total_cmp(&b.1));
        let pair = pair.zip(best).and_then(|(columns, (best, alone))| {
            let scores = folds[0].pair(columns)?;
            let units = &folds[0].units;
            let own = area(&scores, units)?;
            let gain = difference(&scores, &folds[0].alone(&features[best])?, units)?;
            // Where one tells nothing or everything, placements hardly vary: chance still does.
            let error = gain.variance.max(own.chance).sqrt();
            Some(Together {
                columns,
                held: Held::of(&[own], confidence),
                alone,
                p: upper(gain.value, error),
            })
        });
        Self {
            whole,
            alone: alone.into_iter().map(|(_, held)| held).collect(),
            pair,
        }
    }
}

impl Held {
    /// The mean of the areas of folds, with the interval of `LeDell`, Petersen and van der Laan (2015,
    /// doi:10.1214/15-EJS1035), on the logit scale. Where there is nothing to learn, what folds find
    /// by chance is not independent: p takes them for one.
    fn of(folds: &[Area], confidence: f64) -> Self {
        let k = folds.len() as f64;
        let mean = |of: fn(&Area) -> f64| folds.iter().map(of).sum::<f64>() / k;
        let value = mean(|area| area.value);
        let freedom = pooled_freedom(folds.iter().map(|area| (area.variance, area.freedom)));
        let spread = Spread::of(mean(|area| area.variance) / k, Law::Logit(freedom));
        let interval = spread.zip(Critical::alone(confidence));
        let interval = interval.and_then(|(spread, critical)| {
            let limits = spread.limits(value, critical.z)?;
            Some(critical.interval(limits, spread.method()))
        });
        Self {
            value,
            interval: interval.map(|interval| interval.within((0.0, 1.0)).around(value)),
            p: upper(value - 0.5, mean(|area| area.chance.sqrt())),
        }
    }
}

/// The probability of as much or more.
fn upper(value: f64, error: f64) -> f64 {
    if error > 0.0 {
        normal_cdf(-value / error)
    } else {
        1.0
    }
}

/// A fold, and what is held out of it.
struct Learning<'a> {
    fold: Fold<'a>,
    held_out: Vec<usize>,
    units: Vec<Unit>,
}

impl<'a> Learning<'a> {
    fn of(rows: &'a Rows, side: &'a [Option<bool>], at: usize) -> Self {
        let fold = Fold { rows, side, at };
        let (held_out, units) = fold.held_out();
        Self {
            fold,
            held_out,
            units,
        }
    }

    /// The scores from one column.
    fn alone(&self, feature: &Feature) -> Option<Vec<f64>> {
        let by_code = self.fold.by_code(feature)?;
        let code = |&row: &usize| by_code[usize::from(feature.codes[row])];
        Some(self.held_out.iter().map(code).collect())
    }

    /// From all of them.
    fn whole(&self) -> Option<Vec<f64>> {
        let features = self.fold.rows.features.iter();
        let columns: Vec<_> = features.map(Feature::column).collect();
        self.fold.by_row(&columns, &self.held_out)
    }

    /// From two of them, and from both crossed.
    fn pair(&self, (a, b): (usize, usize)) -> Option<Vec<f64>> {
        let features = &self.fold.rows.features;
        let crossed = pairs::crossed(self.fold.rows, (a, b));
        let crossed = (&crossed[..], CELLS * CELLS, true);
        let columns = [features[a].column(), features[b].column(), crossed];
        self.fold.by_row(&columns, &self.held_out)
    }
}
