//! Thresholds and chance (Hardt, Price and Srebro 2016, arXiv:1610.02413, section 3.2): rates that
//! are equal exactly, with the least error there is.
//!
//! In: training rows and their scores. Out: for each group one threshold or two and the chance
//! between them. The error is linear between corners of the groups' hulls, so trying the corners
//! finds the best; no grid. `threshold_odds` does without chance: each group has the threshold that
//! comes nearest to the common point.

use super::hull::{self, Points, Vertex};
use super::{Cut, Decided, Mitigation, Stage, Training};
use crate::error::Result;

const SOURCE: &str = "Hardt, Price and Srebro 2016, arXiv:1610.02413";

/// Equal selection rates.
pub const PARITY: Mitigation = Mitigation {
    name: "lottery_parity",
    about: "thresholds and chance: equal selection rates, least error",
    source: SOURCE,
    stage: Stage::Post(|training, scores| Ok(one(training, scores, Rate::Selected).into())),
    is_usual: false,
};

/// Equal true positive rates.
pub const OPPORTUNITY: Mitigation = Mitigation {
    name: "lottery_opportunity",
    about: "thresholds and chance: equal true positive rates, least error",
    source: SOURCE,
    stage: Stage::Post(|training, scores| Ok(one(training, scores, Rate::TruePositive).into())),
    is_usual: false,
};

/// Equal false positive rates.
pub const FALSE_POSITIVES: Mitigation = Mitigation {
    name: "lottery_false_positives",
    about: "thresholds and chance: equal false positive rates, least error",
    source: SOURCE,
    stage: Stage::Post(|training, scores| Ok(one(training, scores, Rate::FalsePositive).into())),
    is_usual: false,
};

/// Equal true and false positive rates.
pub const ODDS: Mitigation = Mitigation {
    name: "lottery_odds",
    about: "thresholds and chance: equal true and false positive rates, least error",
    source: SOURCE,
    stage: Stage::Post(lottery_odds),
    is_usual: true,
};

/// Nearly equal true and false positive rates, without chance.
pub const THRESHOLD_ODDS: Mitigation = Mitigation {
    name: "threshold_odds",
    about: "a threshold a group: true and false positive rates as equal as can be",
    source: SOURCE,
    stage: Stage::Post(threshold_odds),
    is_usual: false,
};

/// What is to be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rate {
    Selected,
    TruePositive,
    FalsePositive,
}

/// The plain cut for everyone where there are not two groups to compare.
fn alone(points: &[Points]) -> Option<Vec<Cut>> {
    let groups = points.iter().filter(|own| own.total() > 0.0).count();
    let cut = |own: &Points| {
        if own.total() > 0.0 {
            Cut::PLAIN
        } else {
            Cut::Unseen {}
        }
    };
    (groups < 2).then(|| points.iter().map(cut).collect())
}

/// One rate, equal.
fn one(training: &Training, scores: &[f64], rate: Rate) -> Vec<Cut> {
    let points = hull::points(training, scores);
    if let Some(cuts) = alone(&points) {
        return cuts;
    }
    let whole = |own: &Points| match rate {
        Rate::Selected => own.total(),
        Rate::TruePositive => own.positives,
        Rate::FalsePositive => own.negatives,
    };
    let hulls = points.iter().map(|own| {
        let whole = whole(own);
        if whole <= 0.0 {
            return Vec::new();
        }
        own.hull(|point| {
            let part = match rate {
                Rate::Selected => point.tp + point.fp,
                Rate::TruePositive => point.tp,
                Rate::FalsePositive => point.fp,
            };
            (part / whole, own.right(point))
        })
    });
    let hulls: Vec<Vec<Vertex>> = hulls.collect();
    let worth = |x: f64| -> f64 {
        let heights = hulls.iter().filter_map(|hull| hull::height(hull, x));
        heights.sum()
    };
    let x = best(hulls.iter().flatten().map(|vertex| vertex.x), worth);
    let each = points.iter().zip(&hulls);
    each.map(|(own, hull)| {
        if own.total() <= 0.0 {
            Cut::Unseen {}
        } else if hull.is_empty() {
            // It has nobody whom the rate is about.
            Cut::PLAIN
        } else {
            hull::cut(hull, x, (0.0, 0.0))
        }
    })
    .collect()
}

/// The least of the places that are worth most.
fn best(places: impl Iterator<Item = f64>, worth: impl Fn(f64) -> f64) -> f64 {
    let mut places: Vec<f64> = places.collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let mut best: Option<(f64, f64)> = None;
    for place in places {
        let own = worth(place);
        // Rounding is no gain.
        if best.is_none_or(|(_, most)| own > most + 1e-12 * most.abs()) {
            best = Some((place, own));
        }
    }
    best.map_or(0.0, |(place, _)| place)
}

/// Every group's hull of false and true positive rate; empty where one is undefined.
fn hulls(points: &[Points]) -> Vec<Vec<Vertex>> {
    let each = points.iter();
    each.map(|own| {
        if own.positives <= 0.0 || own.negatives <= 0.0 {
            return Vec::new();
        }
        own.hull(|point| (point.fp / own.negatives, point.tp / own.positives))
    })
    .collect()
}

/// The height that all hulls reach.
fn lowest(hulls: &[Vec<Vertex>], x: f64) -> f64 {
    let heights = hulls.iter().filter_map(|hull| hull::height(hull, x));
    heights.fold(1.0, f64::min)
}

/// The common false and true positive rate of the least error.
fn common(points: &[Points], hulls: &[Vec<Vertex>]) -> (f64, f64) {
    let known: Vec<&Vec<Vertex>> = hulls.iter().filter(|hull| !hull.is_empty()).collect();
    let mut places: Vec<f64> = known
        .iter()
        .flat_map(|hull| hull.iter().map(|v| v.x))
        .collect();
    places.push(0.0);
    places.push(1.0);
    places.sort_by(f64::total_cmp);
    places.dedup();
    let mut corners = places.clone();
    for pair in places.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        // From just beyond `from` on all hulls are lines: a hull may jump at 0 alone.
        let ends: Vec<(f64, f64)> = known
            .iter()
            .filter_map(|hull| Some((hull::height(hull, from)?, hull::height(hull, to)?)))
            .collect();
        for (at, a) in ends.iter().enumerate() {
            for b in &ends[at + 1..] {
                let (before, after) = (a.0 - b.0, a.1 - b.1);
                if before * after < 0.0 {
                    corners.push(from + (to - from) * before / (before - after));
                }
            }
        }
    }
    let counted = points
        .iter()
        .zip(hulls)
        .filter(|(_, hull)| !hull.is_empty());
    let (positives, negatives) = counted.fold((0.0, 0.0), |(p, n), (own, _)| {
        (p + own.positives, n + own.negatives)
    });
    let worth = |x: f64| positives * lowest(hulls, x) + negatives * (1.0 - x);
    let x = best(corners.into_iter(), worth);
    (x, lowest(hulls, x))
}

#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn lottery_odds(training: &Training, scores: &[f64]) -> Result<Decided> {
    let points = hull::points(training, scores);
    if let Some(cuts) = alone(&points) {
        return Ok(cuts.into());
    }
    let hulls = hulls(&points);
    let (x, y) = common(&points, &hulls);
    let each = points.iter().zip(&hulls);
    let cuts = each.map(|(own, hull)| match hull::height(hull, x) {
        _ if own.total() <= 0.0 => Cut::Unseen {},
        None => Cut::PLAIN,
        // Down to the common point, towards a chance that is the same for everyone.
        Some(height) if height > y && height > x => {
            hull::cut(hull, x, ((height - y) / (height - x), x))
        }
        Some(_) => hull::cut(hull, x, (0.0, 0.0)),
    });
    Ok(cuts.collect::<Vec<Cut>>().into())
}

#[expect(clippy::unnecessary_wraps, reason = "others may find that they cannot")]
fn threshold_odds(training: &Training, scores: &[f64]) -> Result<Decided> {
    let points = hull::points(training, scores);
    if let Some(cuts) = alone(&points) {
        return Ok(cuts.into());
    }
    let hulls = hulls(&points);
    let (x, y) = common(&points, &hulls);
    let cut = |own: &Points| {
        if own.total() <= 0.0 {
            return Cut::Unseen {};
        }
        if own.positives <= 0.0 || own.negatives <= 0.0 {
            return Cut::PLAIN;
        }
        let off = |point: &hull::Point| {
            let rates = (point.fp / own.negatives - x, point.tp / own.positives - y);
            rates.0.abs().max(rates.1.abs())
        };
        let nearest = own.list.iter().min_by(|a, b| off(a).total_cmp(&off(b)));
        nearest.map_or(Cut::PLAIN, |point| Cut::at(point.threshold))
    };
    Ok(points.iter().map(cut).collect::<Vec<Cut>>().into())
}
