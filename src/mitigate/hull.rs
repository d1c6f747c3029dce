//! What thresholds of one group can do: its points, and the hull of them that chance can reach.
//!
//! In: training rows of a group and their scores. Out: for every threshold the weights of true and
//! false positives; the upper hull over two numbers of them; and lines along it.

use super::{Cut, Training};

/// A threshold, and what is positive from there on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Halfway to the next score below, so that a row that is scored anew does not fall on the edge.
    pub threshold: f64,
    /// The lowest score of those who are.
    pub score: f64,
    /// The weight of positive rows that are decided on as positive.
    pub tp: f64,
    /// The weight of negative rows that are decided on as positive.
    pub fp: f64,
}

/// The points of one group, from nobody to everyone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Points {
    /// Thresholds fall.
    pub list: Vec<Point>,
    /// The weight of positive rows.
    pub positives: f64,
    /// The weight of negative rows.
    pub negatives: f64,
}

/// A number of a point and another that is to be as high as can be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vertex {
    /// From left to right.
    pub x: f64,
    /// On the hull.
    pub y: f64,
    /// The threshold.
    pub threshold: f64,
}

/// Points by group.
pub fn points(training: &Training, scores: &[f64]) -> Vec<Points> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); training.count];
    for (row, &group) in training.groups.iter().enumerate() {
        if training.weights[row] > 0.0 {
            rows[group as usize].push(row);
        }
    }
    let each = rows.into_iter();
    each.map(|rows| Points::new(training, scores, rows))
        .collect()
}

impl Points {
    fn new(training: &Training, scores: &[f64], mut rows: Vec<usize>) -> Self {
        rows.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        let Some(&first) = rows.first() else {
            return Self::default();
        };
        let mut at = Point {
            threshold: scores[first].max(1.0) + 1.0,
            score: f64::INFINITY,
            tp: 0.0,
            fp: 0.0,
        };
        let mut list = vec![at];
        for (place, &row) in rows.iter().enumerate() {
            let w = training.weights[row];
            if training.y[row] {
                at.tp += w;
            } else {
                at.fp += w;
            }
            let next = rows.get(place + 1).map(|&next| scores[next]);
            if next.is_none_or(|next| next < scores[row]) {
                let middle = |next: f64| {
                    let middle = f64::midpoint(next, scores[row]);
                    // Of neighbors among the numbers the upper one.
                    if middle > next { middle } else { scores[row] }
                };
                // Everyone, whatever their score.
                at.score = scores[row];
                at.threshold = next.map_or(scores[row].min(0.0) - 1.0, middle);
                list.push(at);
            }
        }
        Self {
            positives: at.tp,
            negatives: at.fp,
            list,
        }
    }

    /// The weight of all rows.
    pub fn total(&self) -> f64 {
        self.positives + self.negatives
    }

    /// The weight of the rows that are decided on as they should be.
    pub fn right(&self, point: &Point) -> f64 {
        point.tp + self.negatives - point.fp
    }

    /// The upper hull (Andrew 1979, doi:10.1016/0020-0190(79)90072-3) over two numbers of each
    /// point, of which the first does not fall from point to point.
    pub fn hull(&self, xy: impl Fn(&Point) -> (f64, f64)) -> Vec<Vertex> {
        let mut hull: Vec<Vertex> = Vec::new();
        for point in &self.list {
            let (x, y) = xy(point);
            let next = Vertex {
                x,
                y,
                threshold: point.threshold,
            };
            if hull.last().is_some_and(|last| last.x == x && last.y >= y) {
                continue;
            }
            while let Some(last) = hull.last() {
                let is_below = match hull.len().checked_sub(2).map(|at| hull[at]) {
                    _ if last.x == x => true,
                    Some(before) => {
                        (last.x - before.x) * (next.y - before.y)
                            >= (last.y - before.y) * (next.x - before.x)
                    }
                    None => false,
                };
                if !is_below {
                    break;
                }
                hull.pop();
            }
            hull.push(next);
        }
        hull
    }
}

/// The two vertices around x, and the share of the right one.
fn around(hull: &[Vertex], x: f64) -> Option<(Vertex, Vertex, f64)> {
    let at = hull.partition_point(|vertex| vertex.x < x);
    let (first, last) = (*hull.first()?, *hull.last()?);
    match (at.checked_sub(1), hull.get(at)) {
        (None, _) => Some((first, first, 1.0)),
        (_, None) => Some((last, last, 1.0)),
        (Some(before), Some(&right)) => {
            let left = hull[before];
            Some((left, right, (x - left.x) / (right.x - left.x)))
        }
    }
}

/// The height of the hull.
pub fn height(hull: &[Vertex], x: f64) -> Option<f64> {
    let (left, right, share) = around(hull, x)?;
    Some(if share >= 1.0 {
        right.y
    } else {
        left.y + share * (right.y - left.y)
    })
}

/// The decision that reaches the hull at x, and, by this chance, is `constant` instead.
pub fn cut(hull: &[Vertex], x: f64, (ignored, constant): (f64, f64)) -> Cut {
    let Some((left, right, share)) = around(hull, x) else {
        return Cut::Unseen {};
    };
    let floor = ignored * constant;
    let chance = |share: f64| (floor + (1.0 - ignored) * share).clamp(0.0, 1.0);
    if share >= 1.0 && ignored == 0.0 {
        return Cut::at(right.threshold);
    }
    Cut::Lottery {
        low: right.threshold,
        high: left.threshold,
        below: chance(0.0),
        between: chance(share),
        above: chance(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hull_leaves_out_what_chance_does_better() {
        let point = |threshold, tp, fp| Point {
            threshold,
            score: threshold,
            tp,
            fp,
        };
        let points = Points {
            list: vec![
                point(2.0, 0.0, 0.0),
                point(0.9, 1.0, 0.0),
                point(0.8, 1.0, 1.0),
                point(0.7, 2.0, 2.0),
                point(0.1, 2.0, 4.0),
            ],
            positives: 2.0,
            negatives: 4.0,
        };
        let hull = points.hull(|p| (p.fp / 4.0, p.tp / 2.0));
        let seen: Vec<(f64, f64)> = hull.iter().map(|v| (v.x, v.y)).collect();
        assert_eq!(seen, [(0.0, 0.5), (0.5, 1.0), (1.0, 1.0)]);
        assert_eq!(height(&hull, 0.25), Some(0.75));
        let lottery = cut(&hull, 0.25, (0.0, 0.0));
        assert_eq!(lottery.chance(0.85), Some(0.5));
        assert_eq!(lottery.chance(0.9), Some(1.0));
        assert_eq!(lottery.chance(0.3), Some(0.0));
        assert_eq!(cut(&hull, 0.5, (0.0, 0.0)), Cut::at(0.7));
    }
}
