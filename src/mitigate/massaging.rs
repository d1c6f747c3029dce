//! Massaging and preferential sampling (Kamiran and Calders 2012, doi:10.1007/s10115-011-0463-8,
//! algorithms 1 and 4): the rows that a ranker is least sure of change, so that label and group
//! become independent.
//!
//! In: training rows. Out: other labels, or other weights. The ranker is naive Bayes, as in the
//! paper. Rows of equal rank change together: so a row of weight 2 is the row twice.

use super::{Mitigation, Prepared, Stage, Training};
use crate::error::Result;
use crate::fit::{self, Sample, bayes};

const SOURCE: &str = "Kamiran and Calders 2012, doi:10.1007/s10115-011-0463-8";

/// Other labels.
pub const MASSAGING: Mitigation = Mitigation {
    name: "massaging",
    about: "labels nearest the border change: label and group are independent",
    source: SOURCE,
    stage: Stage::Pre(massaged),
    is_usual: false,
};

/// Other weights.
pub const PREFERENTIAL: Mitigation = Mitigation {
    name: "preferential_sampling",
    about: "rows nearest the border are repeated or left out: label and group are independent",
    source: SOURCE,
    stage: Stage::Pre(preferred),
    is_usual: false,
};

/// Rows of one group and label, those nearest the border first, in blocks of equal rank.
fn blocks(training: &Training, ranks: &[f64], group: u32, label: bool) -> Vec<Vec<usize>> {
    let is_own = |&row: &usize| {
        training.groups[row] == group && training.y[row] == label && training.weights[row] > 0.0
    };
    let mut rows: Vec<usize> = (0..training.y.len()).filter(is_own).collect();
    let far = |row: usize| if label { ranks[row] } else { -ranks[row] };
    rows.sort_by(|&a, &b| far(a).total_cmp(&far(b)).then(a.cmp(&b)));
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for row in rows {
        match blocks.last_mut() {
            Some(last) if ranks[last[0]] == ranks[row] => last.push(row),
            _ => blocks.push(vec![row]),
        }
    }
    blocks
}

/// How likely each row is positive, by naive Bayes.
fn ranks(training: &Training) -> Result<Vec<f64>> {
    let sample = Sample {
        x: training.x,
        y: training.y,
        weights: training.weights,
        seed: training.seed,
    };
    let fitted = fit::fit(&bayes::MODEL, &sample, training.names)?;
    // What is the same but for rounding ranks the same.
    let scores = fitted.scorer.score(training.x);
    Ok(scores.iter().map(|s| (s * 1e12).round() / 1e12).collect())
}

/// Of each group and label the weight that it has, and that it is to have.
fn wanted(training: &Training) -> Vec<[(f64, f64); 2]> {
    let sums = training.sums();
    let total: f64 = sums.iter().flatten().sum();
    let labels = [0, 1].map(|y| sums.iter().map(|own| own[y]).sum::<f64>());
    let each = sums.iter();
    each.map(|own| [0, 1].map(|y| (own[y], (own[0] + own[1]) / total * labels[y])))
        .collect()
}

fn massaged(training: &Training) -> Result<Prepared> {
    let ranks = ranks(training)?;
    let mut y = training.y.to_vec();
    for (group, own) in wanted(training).into_iter().enumerate() {
        let (has, wants) = own[1];
        // Positives that are too many become negative, or the other way round.
        let label = has > wants;
        let mut left = (has - wants).abs();
        for block in blocks(training, &ranks, group as u32, label) {
            let weight: f64 = block.iter().map(|&row| training.weights[row]).sum();
            // Half of it at least: what is left is the least then.
            if left < 0.5 * weight || left <= 1e-9 * (has + wants) {
                break;
            }
            for row in block {
                y[row] = !label;
            }
            left -= weight;
        }
    }
    let changed = y.iter().zip(training.y).filter(|(now, then)| now != then);
    let notes = vec![format!("labels of {} rows change", changed.count())];
    Ok(Prepared {
        weights: training.weights.to_vec(),
        y: Some(y),
        notes,
        ..Prepared::default()
    })
}

fn preferred(training: &Training) -> Result<Prepared> {
    let ranks = ranks(training)?;
    let mut weights = training.weights.to_vec();
    for (group, own) in wanted(training).into_iter().enumerate() {
        for label in [false, true] {
            let (has, wants) = own[usize::from(label)];
            if has <= 0.0 {
                continue;
            }
            // All rows so many times over, and those nearest the border once more.
            let times = (wants / has).floor();
            let mut more = wants - times * has;
            let blocks = blocks(training, &ranks, group as u32, label);
            let nearest_go = wants < has;
            let mut fewer = has - wants;
            for block in blocks {
                let weight: f64 = block.iter().map(|&row| training.weights[row]).sum();
                let factor = if nearest_go {
                    let share = (fewer / weight).clamp(0.0, 1.0);
                    fewer -= share * weight;
                    1.0 - share
                } else {
                    let share = (more / weight).clamp(0.0, 1.0);
                    more -= share * weight;
                    times + share
                };
                for row in block {
                    weights[row] = training.weights[row] * factor;
                }
            }
        }
    }
    Ok(Prepared {
        weights,
        ..Prepared::default()
    })
}
