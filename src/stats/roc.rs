//! The absolute area between each group's ROC curve and the reference's (ABROCA).
//!
//! In: rows in ascending order of the score. Out: one area in [0, 1] for each group, exact up to
//! rounding, crossings within a segment included (Gardner, Brooks and Baker 2019,
//! doi:10.1145/3303772.3303791). Curves run from the lowest score up, from (1, 1) to (0, 0) as they
//! are usually drawn; turned by half a turn here, which leaves areas as they are.
//!
//! Only the reference's curve is kept; other curves are compared as they grow. Where a curve cannot
//! meet a stretch of the reference, the stretch is taken in one step by its stored integral.

use super::ranking::{Grouping, Stored};

/// A point of a curve: share of the negatives, share of the positives.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Point {
    x: f64,
    y: f64,
}

impl Point {
    /// As shares of a whole.
    fn shared(self, whole: Self) -> Self {
        Self {
            x: (self.x / whole.x).min(1.0),
            y: (self.y / whole.y).min(1.0),
        }
    }
}

/// Finds the corners of a curve that is followed from score to score, in masses.
#[derive(Debug, Clone, Default)]
struct Tracer {
    /// The corner where the straight stretch began, and how far it has come.
    corner: Point,
    reached: Point,
}

impl Tracer {
    /// The rows of one more score: they prolong the stretch, or turn off from it; then its end is
    /// returned, a corner.
    #[inline]
    fn turn(&mut self, to: Point) -> Option<Point> {
        let Self { corner, reached } = *self;
        self.reached = to;
        let level = corner.y == reached.y && reached.y == to.y;
        let upright = corner.x == reached.x && reached.x == to.x;
        if level || upright {
            return None;
        }
        self.corner = reached;
        (corner != reached).then_some(reached)
    }
}

/// The reference's curve: at `x` it rises from `low` to `high`, and is straight in between.
#[derive(Debug, Default)]
pub(super) struct Curve {
    x: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    /// Integral from 0 to `x`.
    integral: Vec<f64>,
}

impl Curve {
    fn push(&mut self, point: Point) {
        let (Some(&x), Some(&y)) = (self.x.last(), self.high.last()) else {
            self.x.push(point.x);
            self.low.push(point.y);
            self.high.push(point.y);
            self.integral.push(0.0);
            return;
        };
        if point.x <= x {
            if let Some(high) = self.high.last_mut() {
                *high = point.y;
            }
            return;
        }
        let integral = self.integral.last().copied().unwrap_or(0.0);
        self.x.push(point.x);
        self.low.push(point.y);
        self.high.push(point.y);
        self.integral
            .push(integral + f64::midpoint(y, point.y) * (point.x - x));
    }

    /// The height at `x` on the stretch that begins at corner `at`.
    fn height(&self, at: usize, x: f64) -> f64 {
        let (from, to) = (self.x[at], self.x[at + 1]);
        let share = ((x - from) / (to - from)).clamp(0.0, 1.0);
        self.high[at] + share * (self.low[at + 1] - self.high[at])
    }

    /// The last stretch that begins before `x`, from stretch `from` on, looking further and further
    /// ahead: neighbours are found in a step or two.
    fn stretch_before(&self, from: usize, x: f64) -> usize {
        let last = self.x.len() - 2;
        let (mut known, mut step) = (from, 1);
        while known + step <= last && self.x[known + step] < x {
            known += step;
            step *= 2;
        }
        let end = (known + step).min(last + 1);
        known + self.x[known + 1..end].partition_point(|&corner| corner < x)
    }

    /// Integral from `a` to `b`, whose stretches are `first` and `last`.
    fn integral(&self, (first, a): (usize, f64), (last, b): (usize, f64)) -> f64 {
        let (begin, end) = (self.height(first, a), self.height(last, b));
        if first == last {
            return f64::midpoint(begin, end) * (b - a);
        }
        f64::midpoint(begin, self.low[first + 1]) * (self.x[first + 1] - a)
            + (self.integral[last] - self.integral[first + 1])
            + f64::midpoint(self.high[last], end) * (b - self.x[last])
    }

    /// Area between the curve and the line from `a` to `b`, over stretches `first` to `last`.
    fn area(&self, (first, a): (usize, Point), (last, b): (usize, Point)) -> f64 {
        let width = b.x - a.x;
        if width <= 0.0 {
            return 0.0;
        }
        let (begin, end) = (self.height(first, a.x), self.height(last, b.x));
        // Both rise: a curve that begins above the line's end, or ends below its begin, stays there.
        if begin >= b.y || end <= a.y {
            let under = self.integral((first, a.x), (last, b.x));
            return (under - f64::midpoint(a.y, b.y) * width).abs();
        }
        if first == last {
            let (left, right) = (begin - a.y, end - b.y);
            return if left * right >= 0.0 {
                (left + right).abs() / 2.0 * width
            } else {
                let (left, right) = (left.abs(), right.abs());
                (left * left + right * right) / (left + right) / 2.0 * width
            };
        }
        let middle = usize::midpoint(first, last + 1);
        let x = self.x[middle].clamp(a.x, b.x);
        let y = a.y + (b.y - a.y) * ((x - a.x) / width);
        let cut = Point { x, y };
        self.area((first, a), (middle - 1, cut)) + self.area((middle, cut), (last, b))
    }
}

/// A group's curve and how far it is compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Walk {
    tracer: Tracer,
    scale: Point,
    from: Point,
    stretch: usize,
    area: f64,
}

impl Walk {
    /// Of a group of these totals, negative and positive; `None` where it has no curve.
    pub(super) fn new(total: &[(u64, f64); 2]) -> Option<Self> {
        let scale = scale(total);
        (scale.x > 0.0 && scale.y > 0.0).then(|| Self {
            scale,
            ..Self::default()
        })
    }

    /// So many negatives and positives up to a score.
    #[inline]
    pub(super) fn reach(&mut self, negative: f64, positive: f64, curve: &Curve) {
        let to = Point {
            x: negative,
            y: positive,
        };
        if let Some(corner) = self.tracer.turn(to) {
            self.step(corner, curve);
        }
    }

    /// The area, once all scores were reached.
    pub(super) fn area(mut self, curve: &Curve) -> f64 {
        self.step(self.scale, curve);
        self.area.clamp(0.0, 1.0)
    }

    fn step(&mut self, corner: Point, curve: &Curve) {
        let to = corner.shared(self.scale);
        if to.x > self.from.x {
            let last = curve.stretch_before(self.stretch, to.x);
            // The corner from which this begins may be the end of the stretch before.
            let mut first = self.stretch;
            if first < last && curve.x[first + 1] <= self.from.x {
                first += 1;
            }
            self.area += curve.area((first, self.from), (last, to));
            self.stretch = last;
        }
        self.from = to;
    }
}

fn scale(total: &[(u64, f64); 2]) -> Point {
    Point {
        x: total[0].1,
        y: total[1].1,
    }
}

/// The curve of one group, in shares; `None` where it has none.
pub(super) fn curve<R: Stored>(
    pieces: &[Vec<R>],
    grouping: &Grouping,
    total: &[(u64, f64); 2],
    group: usize,
) -> Option<Curve> {
    let scale = scale(total);
    if scale.x <= 0.0 || scale.y <= 0.0 {
        return None;
    }
    let mut curve = Curve::default();
    let mut tracer = Tracer::default();
    curve.push(Point::default());
    let (mut key, mut to) = (None, Point::default());
    for row in pieces.iter().flatten() {
        if grouping.of(row.cell()) != Some(group) {
            continue;
        }
        if key != Some(row.key()) {
            key = Some(row.key());
            if let Some(corner) = tracer.turn(to) {
                curve.push(corner.shared(scale));
            }
        }
        if row.positive() {
            to.y += row.mass();
        } else {
            to.x += row.mass();
        }
    }
    if let Some(corner) = tracer.turn(to) {
        curve.push(corner.shared(scale));
    }
    curve.push(Point { x: 1.0, y: 1.0 });
    Some(curve)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::stats::ranking::key;
    use crate::stats::{Extent, Ranking, Scored, Wanted};

    /// Height of a curve given as corners, just right (`side` > 0) or left of `x`.
    fn height(corners: &[(f64, f64)], x: f64, side: f64) -> f64 {
        let pairs = corners.windows(2);
        let mut on = pairs.filter(|c| c[0].0 < c[1].0).filter(|c| {
            if side > 0.0 {
                c[0].0 <= x && x < c[1].0
            } else {
                c[0].0 < x && x <= c[1].0
            }
        });
        let c = on.next().unwrap();
        c[0].1 + (c[1].1 - c[0].1) * (x - c[0].0) / (c[1].0 - c[0].0)
    }

    /// Corners of a ROC curve straight from the definition: a point for each threshold.
    fn corners(rows: &[(u8, bool, f64)]) -> Vec<(f64, f64)> {
        let sum = |test: &dyn Fn(&(u8, bool, f64)) -> bool| -> f64 {
            rows.iter().filter(|r| test(r)).map(|r| r.2).sum()
        };
        let (positive, negative) = (sum(&|r| r.1), sum(&|r| !r.1));
        (0..=256)
            .map(|t: u16| {
                let above = |r: &(u8, bool, f64)| u16::from(r.0) >= 256 - t;
                (
                    sum(&|r| above(r) && !r.1) / negative,
                    sum(&|r| above(r) && r.1) / positive,
                )
            })
            .collect()
    }

    /// Area between two curves, piece by piece, with the crossing within a piece.
    fn between(a: &[(f64, f64)], b: &[(f64, f64)]) -> f64 {
        let mut x: Vec<f64> = a.iter().chain(b).map(|c| c.0).collect();
        x.sort_by(f64::total_cmp);
        let pieces = x.windows(2).filter(|x| x[1] - x[0] > 1e-12);
        pieces
            .map(|x| {
                let left = height(a, x[0], 1.0) - height(b, x[0], 1.0);
                let right = height(a, x[1], -1.0) - height(b, x[1], -1.0);
                let steps = 2000;
                // Midpoints of a straight line: off by one step at the crossing only.
                let area: f64 = (0..steps)
                    .map(|i| left + (right - left) * (f64::from(i) + 0.5) / f64::from(steps))
                    .map(f64::abs)
                    .sum();
                area / f64::from(steps) * (x[1] - x[0])
            })
            .sum()
    }

    proptest! {
        #[test]
        fn abroca_is_the_area_between_the_curves(
            rows in prop::collection::vec((0..40_u8, any::<bool>(), 0..3_u32, 1..4_u8), 8..80),
            weighted in any::<bool>(),
        ) {
            let rows: Vec<(u8, bool, u32, f64)> = rows
                .into_iter()
                .map(|(s, y, g, w)| (s, y, g, if weighted { f64::from(w) / 2.0 } else { 1.0 }))
                .collect();
            let mut ranking = Ranking::default();
            for &(score, positive, cell, weight) in &rows {
                ranking.push(Scored { key: key(f64::from(score)), cell, positive, weight, rows: 1 });
            }
            ranking.sort();
            let extent = Extent { variance: true, background: true, reference: Some(1) };
            let wanted = Wanted {
                group_of: vec![0, 1, 2],
                compared: vec![true; 3],
                extent,
            };
            let found = ranking.measure(&[wanted]).remove(0);
            let of = |group: u32| -> Vec<(u8, bool, f64)> {
                let mine = rows.iter().filter(|r| r.2 == group);
                mine.map(|r| (r.0, r.1, r.3)).collect()
            };
            for group in 0..3 {
                let defined = [of(1), of(group)]
                    .iter()
                    .all(|rows| rows.iter().any(|r| r.1) && rows.iter().any(|r| !r.1));
                let area = found[group as usize].abroca;
                prop_assert_eq!(area.is_some(), defined);
                if let Some(area) = area {
                    let expected = between(&corners(&of(group)), &corners(&of(1)));
                    prop_assert!((area - expected).abs() < 1e-6, "{} {}", area, expected);
                }
            }
            prop_assert_eq!(found[3].abroca, None);
        }
    }
}
