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

/// Follows the curve of one group from row to row, in masses, and gives its corners.
#[derive(Debug, Clone, Default)]
struct Tracer {
    key: u64,
    /// The corner where the straight stretch began, its end, and the end with the rows of `key`.
    corner: Point,
    reached: Point,
    pending: Point,
}

impl Tracer {
    /// Adds a row; returns the corner that this makes known, if any.
    #[inline]
    fn add<R: Stored>(&mut self, row: R) -> Option<Point> {
        let corner = if row.key() == self.key {
            None
        } else {
            self.key = row.key();
            self.turn()
        };
        if row.positive() {
            self.pending.y += row.weight();
        } else {
            self.pending.x += row.weight();
        }
        corner
    }

    /// Closes the rows of one score: they prolong the stretch, or turn off from it.
    fn turn(&mut self) -> Option<Point> {
        let Self {
            corner,
            reached,
            pending,
            ..
        } = *self;
        self.reached = pending;
        let level = corner.y == reached.y && reached.y == pending.y;
        let upright = corner.x == reached.x && reached.x == pending.x;
        if level || upright {
            return None;
        }
        self.corner = reached;
        (corner != reached).then_some(reached)
    }
}

/// The reference's curve: at `x` it rises from `low` to `high`, and is straight in between.
#[derive(Debug, Default)]
struct Curve {
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
struct Walk {
    tracer: Tracer,
    scale: Point,
    from: Point,
    stretch: usize,
    area: f64,
}

impl Walk {
    fn step(&mut self, corner: Point, curve: &Curve) {
        let to = Point {
            x: (corner.x / self.scale.x).min(1.0),
            y: (corner.y / self.scale.y).min(1.0),
        };
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

/// The area of each group against group `reference`; `None` where one of the two has no curve.
pub(super) fn areas<R: Stored>(
    pieces: &[Vec<R>],
    grouping: &Grouping,
    totals: &[[(u64, f64); 2]],
    reference: usize,
) -> Vec<Option<f64>> {
    let scale = |group: usize| Point {
        x: totals[group][0].1,
        y: totals[group][1].1,
    };
    let has_curve = |group: usize| scale(group).x > 0.0 && scale(group).y > 0.0;
    if reference >= grouping.groups || !has_curve(reference) {
        return vec![None; grouping.groups];
    }
    let curve = curve(pieces, grouping, reference, scale(reference));
    let mut walks: Vec<Walk> = (0..grouping.groups)
        .map(|group| Walk {
            scale: scale(group),
            ..Walk::default()
        })
        .collect();
    let follows: Vec<bool> = (0..grouping.groups)
        .map(|group| group != reference && has_curve(group))
        .collect();
    for row in pieces.iter().flatten() {
        let Some(group) = grouping.of(row.cell()).filter(|&group| follows[group]) else {
            continue;
        };
        let walk = &mut walks[group];
        if let Some(corner) = walk.tracer.add(*row) {
            walk.step(corner, &curve);
        }
    }
    let mut areas = Vec::with_capacity(walks.len());
    for (group, mut walk) in walks.into_iter().enumerate() {
        if follows[group] {
            if let Some(corner) = walk.tracer.turn() {
                walk.step(corner, &curve);
            }
            walk.step(walk.scale, &curve);
        }
        areas.push(has_curve(group).then(|| walk.area.clamp(0.0, 1.0)));
    }
    areas
}

/// The curve of one group, in shares.
fn curve<R: Stored>(pieces: &[Vec<R>], grouping: &Grouping, group: usize, scale: Point) -> Curve {
    let mut curve = Curve::default();
    let mut tracer = Tracer::default();
    let share = |corner: Point| Point {
        x: (corner.x / scale.x).min(1.0),
        y: (corner.y / scale.y).min(1.0),
    };
    curve.push(Point::default());
    for row in pieces.iter().flatten() {
        if grouping.of(row.cell()) != Some(group) {
            continue;
        }
        if let Some(corner) = tracer.add(*row) {
            curve.push(share(corner));
        }
    }
    if let Some(corner) = tracer.turn() {
        curve.push(share(corner));
    }
    curve.push(Point { x: 1.0, y: 1.0 });
    curve
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::stats::ranking::key;
    use crate::stats::{Ranking, Scored};

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
                ranking.push(Scored { key: key(f64::from(score)), cell, positive, weight });
            }
            ranking.sort();
            let found = ranking.by_group(&[0, 1, 2], 3, &[true; 3], Some(1));
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
