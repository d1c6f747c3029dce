//! A proof that no coefficients of a logistic model bring means of groups together: all coefficients are
//! divided into boxes, and each box is ruled out by itself (branch and bound: Land and Doig 1960,
//! doi:10.2307/1910129).
//!
//! In: rows that are alike in every feature as one point, with the share of each group that is there,
//! and how high above the others each group's mean score is to be. Out: how many boxes were ruled out;
//! nothing where one could not be. In a box every score lies between two bounds. Of scores between them,
//! whatever model they are of, those that come nearest are found; a plane between what they reach and
//! what is asked for rules the box out (Farkas 1902, doi:10.1515/crll.1902.124.1), and holds however well
//! or badly it was found.

use ndarray::Array2;

use crate::fit::logistic::sigmoid;

/// Coefficients beyond which not even a try is made: boxes grow with them as a power does.
const COEFFICIENTS: usize = 3;
/// Scores that are looked at, over all boxes.
const LOOKS: usize = 40_000_000;
/// Sweeps over the scores of a box.
const SWEEPS: u32 = 256;
/// The scale of coefficients at half of 0 to 1: log odds of a point at 1.
const SCALE: f64 = 4.0;
/// Log odds beyond which a wider box is hardly another one.
const STEEP: f64 = 8.0;
/// A box that narrow is given up.
const NARROW: f64 = 1e-7;
/// Directions that are nearly one.
const DIRECTION: f64 = 1e-2;
/// How much narrower it is to be before that is tried again.
const AGAIN: f64 = 1e-2;
/// A score that is free by more than that is looked at by itself there.
const FREE: f64 = 1e-3;
/// How far from others a point lies, by its size, that needs another dimension.
const ACROSS: f64 = 1e-9;
/// What rounding may come to.
const ROUNDING: f64 = 1e-9;

/// Points, and what is asked of them.
pub struct Points {
    /// Points × coefficients: features, and 1 for the intercept.
    pub x: Array2<f64>,
    /// Points × groups: which share of the group is at the point.
    pub shares: Array2<f64>,
    /// How high each group's mean score is to be, but for what is added to all of them.
    pub wanted: Vec<f64>,
}

/// Some coefficients: a scale times a direction, of which one coordinate is 1 or −1, the largest.
#[derive(Clone)]
struct Part {
    center: Vec<f64>,
    reach: Vec<f64>,
    /// s / (1 − s) in units of [`SCALE`] is the scale, so that 1 is infinity.
    scale: (f64, f64),
    /// How narrow it is to be before it is looked at in fewer dimensions.
    narrow: f64,
}

/// What is known of a point's score: where the point is, or between which bounds the score.
enum Place {
    At(Vec<f64>),
    Within(f64, f64),
}

/// Scores of a part: the least and the greatest of each point, and one between.
struct Scores {
    low: Vec<f64>,
    high: Vec<f64>,
    middle: Vec<f64>,
}

impl Part {
    /// All coefficients: the sides of a cube as directions, at every scale.
    fn all(size: usize) -> Vec<Self> {
        let side = |axis: usize, sign: f64| {
            let (mut center, mut reach) = (vec![0.0; size], vec![1.0; size]);
            (center[axis], reach[axis]) = (sign, 0.0);
            Self {
                center,
                reach,
                scale: (0.0, 1.0),
                narrow: DIRECTION,
            }
        };
        let sides = (0..size).flat_map(|axis| [side(axis, -1.0), side(axis, 1.0)]);
        sides.collect()
    }

    fn scales(&self) -> [f64; 3] {
        let of = |s: f64| SCALE * s / (1.0 - s);
        let (low, high) = self.scale;
        [low, f64::midpoint(low, high), high].map(of)
    }

    /// Log odds of a point, from a direction's to a scale: 0 · ∞ is what every smaller scale has.
    fn scores(&self, x: &[f64]) -> [f64; 3] {
        let [low, middle, high] = self.scales();
        let pairs = || x.iter().zip(&self.center).zip(&self.reach);
        let center: f64 = pairs().map(|((x, c), _)| x * c).sum();
        // Rounding must not make a bound too narrow.
        let reach: f64 = pairs()
            .map(|((x, c), r)| x.abs() * (r + 1e-15 * c.abs()))
            .sum();
        let times = |along: f64, scale: f64| if along == 0.0 { 0.0 } else { along * scale };
        let (least, most) = (center - reach, center + reach);
        [
            times(least, if least > 0.0 { low } else { high }),
            times(center, middle),
            times(most, if most > 0.0 { high } else { low }),
        ]
        .map(sigmoid)
    }

    /// Of all points.
    fn all_scores(&self, places: &[Place]) -> Scores {
        let each = places.iter().map(|place| match place {
            Place::At(x) => {
                let [least, middle, most] = self.scores(x);
                let (low, high) = ((least - ROUNDING).max(0.0), (most + ROUNDING).min(1.0));
                (low, high, middle.clamp(low, high))
            }
            Place::Within(low, high) => (*low, *high, f64::midpoint(*low, *high)),
        });
        let (mut low, mut high, mut middle) = (Vec::new(), Vec::new(), Vec::new());
        for own in each {
            low.push(own.0);
            high.push(own.1);
            middle.push(own.2);
        }
        Scores { low, high, middle }
    }

    /// Whether its directions are nearly one.
    fn is_narrow(&self, typical: &[f64]) -> bool {
        let moves = self.reach.iter().zip(typical).map(|(reach, x)| reach * x);
        moves.fold(0.0, f64::max) < self.narrow
    }

    /// Its two halves, across what moves scores most; none where nothing does.
    fn halves(mut self, typical: &[f64]) -> Option<[Self; 2]> {
        let [_, scale, _] = self.scales();
        let by_axis = self.reach.iter().zip(typical);
        let moves = by_axis.map(|(reach, x)| scale.min(STEEP) * reach * x);
        let (axis, most) =
            moves.enumerate().fold(
                (0, 0.0),
                |best, own| if own.1 > best.1 { own } else { best },
            );
        let wide = self.scale.1 - self.scale.0;
        if most.max(wide) < NARROW {
            return None;
        }
        let mut other = self.clone();
        if wide >= most {
            let middle = f64::midpoint(self.scale.0, self.scale.1);
            (self.scale.1, other.scale.0) = (middle, middle);
        } else {
            let half = self.reach[axis] / 2.0;
            (self.reach[axis], other.reach[axis]) = (half, half);
            self.center[axis] -= half;
            other.center[axis] += half;
        }
        Some([self, other])
    }
}

impl Points {
    /// How many boxes are all coefficients, in each of which two groups stay further than `most` from
    /// what is asked for; none where that is not so, or not found.
    pub fn proof(&self, most: f64) -> Option<usize> {
        let mut left = LOOKS;
        let size = self.x.nrows();
        let any = Scores {
            low: vec![0.0; size],
            high: vec![1.0; size],
            middle: vec![0.5; size],
        };
        if self.is_out(&any, most, &mut left) {
            return Some(1);
        }
        let width = self.x.ncols();
        if width > COEFFICIENTS {
            return None;
        }
        let rows = self.x.rows().into_iter();
        let places: Vec<Place> = rows.map(|x| Place::At(x.to_vec())).collect();
        self.over(&places, width, most, &mut left)
    }

    /// The same of points of which some scores are known already.
    fn over(&self, places: &[Place], size: usize, most: f64, left: &mut usize) -> Option<usize> {
        let typical = typical(places, size);
        let mut open = Part::all(size);
        let mut boxes = 0;
        while let Some(mut part) = open.pop() {
            if *left == 0 {
                return None;
            }
            let scores = part.all_scores(places);
            *left = left.saturating_sub(places.len());
            if self.is_out(&scores, most, left) {
                boxes += 1;
                continue;
            }
            if part.is_narrow(&typical) {
                part.narrow *= AGAIN;
                let inner = inner(places, &scores, size);
                let more = inner.and_then(|(places, size)| self.over(&places, size, most, left));
                if let Some(more) = more {
                    boxes += more;
                    continue;
                }
            }
            open.extend(part.halves(&typical)?);
        }
        Some(boxes)
    }

    /// Whether no scores between these bounds do. Score by score they are moved to where the groups are
    /// nearest to what is asked for, in squares; what is left of it then is the plane.
    fn is_out(&self, scores: &Scores, most: f64, left: &mut usize) -> bool {
        let Scores { low, high, middle } = scores;
        let mut own = middle.clone();
        let mut gaps: Vec<f64> = self.wanted.iter().map(|wanted| -wanted).collect();
        for (score, shares) in own.iter().zip(self.shares.rows()) {
            for (gap, share) in gaps.iter_mut().zip(shares) {
                *gap += share * score;
            }
        }
        center(&mut gaps);
        *left = left.saturating_sub(own.len());
        if apart(&gaps) <= most {
            // These do: nothing is to be proved.
            *left = 0;
            return false;
        }
        if self.divides(&pair(&gaps), scores, most) {
            return true;
        }
        let free: Vec<usize> = (0..own.len()).filter(|&at| high[at] > low[at]).collect();
        let directions: Vec<(usize, Vec<f64>, f64)> = free
            .into_iter()
            .filter_map(|at| {
                let mut own = self.shares.row(at).to_vec();
                center(&mut own);
                let square: f64 = own.iter().map(|x| x * x).sum();
                (square > 0.0).then_some((at, own, square))
            })
            .collect();
        for sweep in 1..=SWEEPS {
            for (at, direction, square) in &directions {
                let along: f64 = direction.iter().zip(&gaps).map(|(d, gap)| d * gap).sum();
                let new = (own[*at] - along / square).clamp(low[*at], high[*at]);
                let step = new - own[*at];
                own[*at] = new;
                gaps.iter_mut()
                    .zip(direction)
                    .for_each(|(gap, d)| *gap += step * d);
            }
            *left = left.saturating_sub(directions.len());
            if apart(&gaps) <= most || *left == 0 {
                return false;
            }
            if sweep.is_power_of_two() && self.divides(&gaps, scores, most) {
                return true;
            }
        }
        false
    }

    /// Whether this weighting of the groups is further from what is asked for than `most` allows, for
    /// all scores between the bounds.
    fn divides(&self, plane: &[f64], scores: &Scores, most: f64) -> bool {
        let mut plane = plane.to_vec();
        center(&mut plane);
        // Gaps that lie no further apart than `most` come to `most` at most.
        let size = plane.iter().map(|x| x.abs()).sum::<f64>() / 2.0;
        let asked = plane.iter().zip(&self.wanted).map(|(l, wanted)| l * wanted);
        let mut least = -asked.sum::<f64>();
        for (at, shares) in self.shares.rows().into_iter().enumerate() {
            let weight: f64 = plane.iter().zip(shares).map(|(l, share)| l * share).sum();
            let bound = if weight > 0.0 {
                &scores.low
            } else {
                &scores.high
            };
            least += weight * bound[at];
        }
        least > size * (most + ROUNDING)
    }
}

/// How far from 0 each coordinate is, in the mean.
fn typical(places: &[Place], size: usize) -> Vec<f64> {
    let mut sums = vec![0.0; size];
    let mut count = 0.0;
    for place in places {
        let Place::At(x) = place else { continue };
        count += 1.0;
        sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += x.abs());
    }
    sums.iter().map(|sum| sum / f64::max(count, 1.0)).collect()
}

/// Where coefficients grow without bound along one direction, nearly every score is 0 or 1, and only
/// points that lie across it, in fewer dimensions, are still free: by any coefficients of these
/// dimensions, which is what is left to divide. None where the free points are in as many dimensions.
fn inner(places: &[Place], scores: &Scores, size: usize) -> Option<(Vec<Place>, usize)> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let is_free = |at: usize| scores.high[at] - scores.low[at] > FREE;
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let Place::At(x) = place else { continue };
        if !is_free(at) || basis.len() == size {
            continue;
        }
        let mut rest = x.clone();
        for own in &basis {
            let along = dot(&rest, own);
            rest.iter_mut()
                .zip(own)
                .for_each(|(rest, own)| *rest -= along * own);
        }
        let length = dot(&rest, &rest).sqrt();
        if length > ACROSS * dot(x, x).sqrt() {
            basis.push(rest.iter().map(|x| x / length).collect());
        }
    }
    let place = |(at, place): (usize, &Place)| match place {
        Place::At(x) if is_free(at) => Place::At(basis.iter().map(|own| dot(own, x)).collect()),
        _ => Place::Within(scores.low[at], scores.high[at]),
    };
    let size_left = basis.len();
    (size_left > 0 && size_left < size)
        .then(|| (places.iter().enumerate().map(place).collect(), size_left))
}

/// Less their mean.
fn center(numbers: &mut [f64]) {
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    for x in numbers {
        *x -= mean;
    }
}

fn apart(numbers: &[f64]) -> f64 {
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low
}

/// The highest of them against the lowest.
fn pair(numbers: &[f64]) -> Vec<f64> {
    let places = || 0..numbers.len();
    let by = |a: &usize, b: &usize| numbers[*a].total_cmp(&numbers[*b]);
    let (low, high) = (places().min_by(by), places().max_by(by));
    let of = |place: usize| {
        f64::from(u8::from(Some(place) == high)) - f64::from(u8::from(Some(place) == low))
    };
    places().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Streams;

    /// Random points of groups that differ in where they are.
    fn points(seed: u64, (size, width, groups): (usize, usize, usize)) -> Points {
        let mut stream = Streams::new(seed).stream(0);
        let x = Array2::from_shape_fn((size, width), |(_, column)| {
            if column + 1 < width {
                (2.0 * stream.normal()).round() / 2.0
            } else {
                1.0
            }
        });
        let mut shares = Array2::from_shape_fn((size, groups), |(_, _)| stream.uniform().powi(3));
        for mut own in shares.columns_mut() {
            let sum = own.sum();
            own /= sum;
        }
        Points {
            x,
            shares,
            wanted: vec![0.0; groups],
        }
    }

    fn means(points: &Points, beta: &[f64]) -> Vec<f64> {
        let eta = points.x.rows().into_iter();
        let eta = eta.map(|x| x.iter().zip(beta).map(|(x, b)| x * b).sum::<f64>());
        let scores: Vec<f64> = eta.map(sigmoid).collect();
        let columns = points.shares.columns().into_iter();
        columns
            .map(|own| own.iter().zip(&scores).map(|(share, p)| share * p).sum())
            .collect()
    }

    #[test]
    fn what_some_coefficients_reach_is_never_ruled_out() {
        for seed in 0..40 {
            let mut stream = Streams::new(seed).stream(1);
            let shape = (12, 1 + seed as usize % 3, 2 + seed as usize % 4);
            let mut points = points(seed, shape);
            // Far from 0 as well: then nearly all scores are 0 or 1.
            let far = [0.5, 3.0, 40.0, 1e4][seed as usize % 4];
            let beta: Vec<f64> = (0..shape.1).map(|_| far * stream.normal()).collect();
            let shift = stream.normal();
            points.wanted = means(&points, &beta)
                .iter()
                .map(|mean| mean + shift)
                .collect();
            assert_eq!(points.proof(1e-3), None, "{seed}");
        }
    }

    #[test]
    fn what_no_coefficients_reach_is_ruled_out_as_far_as_the_best_of_many() {
        for seed in 0..6 {
            let mut points = points(seed, (8, 2, 4));
            points.wanted = vec![0.0, 0.3, 0.1, 0.35];
            let mut best = f64::INFINITY;
            for step in 0..2_000 {
                let turn = f64::from(step) * 0.003_141_6;
                for scale in [0.3, 1.0, 2.0, 4.0, 8.0, 16.0, 1e3] {
                    let beta = [scale * turn.cos(), scale * turn.sin()];
                    let means = means(&points, &beta);
                    let gaps = means
                        .iter()
                        .zip(&points.wanted)
                        .map(|(m, wanted)| m - wanted);
                    best = best.min(apart(&gaps.collect::<Vec<f64>>()));
                }
            }
            // Not further than the best that is known, and nearly as far.
            assert_eq!(points.proof(best), None, "{seed}");
            assert!(points.proof(0.8 * best).is_some(), "{seed}: {best}");
        }
    }
}
