//! The area under the ROC curve of rows in memory, and how far two of the same rows are apart.
//!
//! In: scores, and of each row its side and how many rows it is. Out: AUC with ties counted half, the
//! variance of `DeLong`, `DeLong` and Clarke-Pearson (1988, doi:10.2307/2531595; linearised where
//! weights are not counts), and the variance that it has where scores know nothing.

use super::spread::pooled_freedom;

/// A row, or several that count alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// Its side: positive or negative.
    pub positive: bool,
    /// Σw.
    pub weight: f64,
    /// Σw².
    pub squares: f64,
    /// How many rows.
    pub rows: u64,
}

/// An area, or a difference of two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Itself.
    pub value: f64,
    /// Its variance; 0 where nothing varies.
    pub variance: f64,
    /// The degrees of freedom of the variance.
    pub freedom: f64,
    /// Its variance where scores know nothing: that of the mean rank over all orders of the sides
    /// (Wilcoxon 1945, doi:10.2307/3001968, with ties); 0 of a difference.
    pub chance: f64,
}

/// Σw, Σw² and rows of a side.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    weight: f64,
    squares: f64,
    rows: u64,
}

/// The area of scores; `None` where a side has fewer than two rows.
pub fn area(scores: &[f64], units: &[Unit]) -> Option<Area> {
    let sides = sides(units)?;
    let Placed { placements, spread } = placed(scores, units, sides);
    let mut area = summed(&placements, units, sides);
    let all = (sides[0].rows + sides[1].rows) as f64;
    let effective = |side: &Side| side.squares / (side.weight * side.weight);
    area.chance = spread * (effective(&sides[0]) + effective(&sides[1])) * all / (all - 1.0);
    Some(area)
}

/// By how much the area of scores `a` is larger than that of `b`, of the same rows.
pub fn difference(a: &[f64], b: &[f64], units: &[Unit]) -> Option<Area> {
    let sides = sides(units)?;
    let [a, b] = [a, b].map(|scores| placed(scores, units, sides).placements);
    let apart: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    Some(summed(&apart, units, sides))
}

/// Negatives and positives.
fn sides(units: &[Unit]) -> Option<[Side; 2]> {
    let mut sides = [Side::default(); 2];
    for unit in units {
        let side = &mut sides[usize::from(unit.positive)];
        side.weight += unit.weight;
        side.squares += unit.squares;
        side.rows += unit.rows;
    }
    let has_several = |side: &Side| side.rows > 1 && side.weight > 0.0;
    sides.iter().all(has_several).then_some(sides)
}

/// Where rows stand.
struct Placed {
    /// Of a positive the share of negatives below it, of a negative that of positives above it.
    placements: Vec<f64>,
    /// The variance of the ranks of all rows, as shares of the whole.
    spread: f64,
}

fn placed(scores: &[f64], units: &[Unit], [negative, positive]: [Side; 2]) -> Placed {
    let mut order: Vec<u32> = (0..units.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| scores[a as usize].total_cmp(&scores[b as usize]));
    let whole = negative.weight + positive.weight;
    let mut placements = vec![0.0; units.len()];
    let (mut below, mut spread) = ([0.0; 2], 0.0);
    for tied in order.chunk_by(|&a, &b| scores[a as usize] == scores[b as usize]) {
        let mut own = [0.0; 2];
        for &at in tied {
            let unit = &units[at as usize];
            own[usize::from(unit.positive)] += unit.weight;
        }
        let won = (below[0] + own[0] / 2.0) / negative.weight;
        let lost = 1.0 - (below[1] + own[1] / 2.0) / positive.weight;
        for &at in tied {
            placements[at as usize] = if units[at as usize].positive {
                won
            } else {
                lost
            };
        }
        let tied = own[0] + own[1];
        let rank = (below[0] + below[1] + tied / 2.0) / whole;
        spread += tied / whole * (rank - 0.5) * (rank - 0.5);
        below = [below[0] + own[0], below[1] + own[1]];
    }
    Placed { placements, spread }
}

/// The mean of the placements, and its variance.
fn summed(placements: &[f64], units: &[Unit], sides: [Side; 2]) -> Area {
    let own = |positive: bool| {
        let all = placements.iter().zip(units);
        all.filter(move |(_, unit)| unit.positive == positive)
    };
    let part = |positive: bool| {
        let side = &sides[usize::from(positive)];
        let sum: f64 = own(positive).map(|(x, unit)| x * unit.weight).sum();
        let mean = sum / side.weight;
        let squares = own(positive).map(|(x, unit)| unit.squares * (x - mean) * (x - mean));
        let rows = side.rows as f64;
        let variance = squares.sum::<f64>() / (side.weight * side.weight) * rows / (rows - 1.0);
        (mean, variance, rows - 1.0)
    };
    let (negative, positive) = (part(false), part(true));
    Area {
        value: positive.0,
        variance: negative.1 + positive.1,
        freedom: pooled_freedom([(negative.1, negative.2), (positive.1, positive.2)]),
        chance: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::draw::Draw;
    use crate::stats::ranking::key;
    use crate::stats::{Extent, Ranking, Scored, Wanted};

    fn made(seed: u64, rows: usize, most: u64) -> (Vec<f64>, Vec<Unit>) {
        let mut draw = Draw::new(seed);
        let mut scores = Vec::new();
        let units = (0..rows).map(|_| {
            let positive = draw.uniform() < 0.4;
            let more = if positive { 0.2 } else { 0.0 };
            scores.push(((draw.uniform() + more) * 12.0).floor());
            let weight = 1.0 + (draw.uniform() * most as f64).floor();
            Unit {
                positive,
                weight,
                squares: weight * weight,
                rows: 1,
            }
        });
        let units = units.collect();
        (scores, units)
    }

    #[test]
    fn it_is_that_of_the_ranking() {
        for most in [1, 5] {
            let (scores, units) = made(3, 300, most);
            let mut ranking = Ranking::default();
            for (&score, unit) in scores.iter().zip(&units) {
                ranking.push(Scored {
                    key: key(score),
                    cell: 0,
                    positive: unit.positive,
                    weight: unit.weight,
                    rows: 1,
                });
            }
            let wanted = Wanted {
                group_of: vec![0],
                compared: vec![true],
                extent: Extent {
                    variance: true,
                    ..Extent::default()
                },
            };
            let theirs = &ranking.measure(&[wanted])[0][0];
            let ours = area(&scores, &units).unwrap();
            let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
            near(ours.value, theirs.auc.unwrap());
            near(ours.variance, theirs.auc_variance.unwrap());
            assert!((ours.freedom - theirs.auc_freedom.unwrap()).abs() < 1e-6);
        }
    }

    #[test]
    fn rows_that_are_alike_may_come_as_one() {
        let (scores, units) = made(5, 200, 4);
        let mut each = (Vec::new(), Vec::new());
        let mut counts = Vec::new();
        for (&score, unit) in scores.iter().zip(&units) {
            let rows = unit.weight as u64;
            counts.push(Unit {
                squares: unit.weight,
                rows,
                ..*unit
            });
            for _ in 0..rows {
                each.0.push(score);
                each.1.push(Unit {
                    weight: 1.0,
                    squares: 1.0,
                    rows: 1,
                    ..*unit
                });
            }
        }
        let (a, b) = (area(&scores, &counts), area(&each.0, &each.1));
        let (a, b) = (a.unwrap(), b.unwrap());
        for (a, b) in [
            (a.value, b.value),
            (a.variance, b.variance),
            (a.chance, b.chance),
        ] {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }

    #[test]
    fn where_scores_know_nothing_it_varies_as_is_said() {
        let (mut areas, mut said) = (Vec::new(), 0.0);
        for seed in 0..4_000 {
            let mut draw = Draw::new(seed);
            let units: Vec<Unit> = (0..60)
                .map(|at| Unit {
                    positive: at % 3 == 0,
                    weight: 1.0,
                    squares: 1.0,
                    rows: 1,
                })
                .collect();
            let scores: Vec<f64> = units
                .iter()
                .map(|_| (draw.uniform() * 4.0).floor())
                .collect();
            let found = area(&scores, &units).unwrap();
            areas.push(found.value);
            said += found.chance / 4_000.0;
        }
        let variance = areas.iter().map(|x| (x - 0.5) * (x - 0.5)).sum::<f64>() / 4_000.0;
        assert!((variance / said - 1.0).abs() < 0.08, "{variance} {said}");
    }

    #[test]
    fn a_difference_of_a_score_and_itself_is_nothing_and_else_that_of_the_areas() {
        let (scores, units) = made(9, 250, 1);
        let none = difference(&scores, &scores, &units).unwrap();
        assert_eq!((none.value, none.variance), (0.0, 0.0));
        let others: Vec<f64> = made(11, 250, 1).0;
        let found = difference(&scores, &others, &units).unwrap();
        let apart = area(&scores, &units).unwrap().value - area(&others, &units).unwrap().value;
        assert!((found.value - apart).abs() < 1e-12 && found.variance > 0.0);
        let one = [units[0]; 1];
        assert_eq!(area(&scores[..1], &one), None);
    }
}
