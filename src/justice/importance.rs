//! How much worse a model gets where the values of a feature are shuffled, by group.
//!
//! In: a case with any model. Out: by how much its loss grows and its accuracy and AUC fall, on rows
//! that it has not seen where it was fitted to this table (Fisher, Rudin and Dominici 2019,
//! arXiv:1801.01489; Breiman 2001, doi:10.1023/A:1010933404324). The order in which values are
//! shuffled depends on the seed, the feature and the repeat alone.

use super::means::{Mean, NO_INTERVAL, Part, grouped, put};
use super::{Asked, Case, Method, Needs};
use crate::error::Result;
use crate::fit::features::{Feature, Raw};
use crate::profile::section::{Found, Kind, Table};
use crate::stats::area::{self, Unit};
use crate::stats::random::{Stream, Streams};

/// The line of the registry.
pub const METHOD: Method = Method {
    name: "importance",
    about: "how much worse the model gets where a feature is shuffled, by group",
    title: "how much the model rests on each feature",
    source: "Fisher, Rudin and Dominici 2019, arXiv:1801.01489",
    needs: Needs::Answers,
    answer,
};

/// Scores are kept off 0 and 1, where a loss would be infinite.
const LEAST: f64 = 1e-15;

/// What is known of the rows that have an outcome, by place.
struct Outcome {
    is_positive: Vec<Option<bool>>,
}

/// How good scores and decisions are, by place.
struct Quality {
    scores: Vec<f64>,
    loss: Vec<f64>,
    right: Vec<f64>,
}

/// What is lost without a feature: by place for means, and the AUC of each part and shuffle.
#[derive(Clone)]
struct Lost {
    loss: Vec<f64>,
    right: Vec<f64>,
    /// By part.
    aucs: Vec<Vec<Option<f64>>>,
}

fn answer(case: &Case) -> Result<Option<Found>> {
    let is_known = |row: &u32| case.target.get(*row as usize).is_some_and(Option::is_some);
    if !case.rows.iter().any(is_known) {
        return Ok(None);
    }
    let outcome = Outcome {
        is_positive: case
            .rows
            .iter()
            .map(|&row| case.target[row as usize])
            .collect(),
    };
    let columns = case.columns();
    let asked = case.asked(&columns, case.rows);
    let before = quality(case, &asked, case.held.scores(&asked)?, &outcome);
    let mut parts = case.parts();
    for part in &mut parts {
        part.places
            .retain(|&place| outcome.is_positive[place].is_some());
    }
    let lost = shuffled(case, (&parts, &outcome, &before))?;
    let mut order: Vec<usize> = (0..lost.len()).collect();
    let whole = |feature: usize| {
        let mean = case.mean(&parts[0], &lost[feature].loss);
        mean.map_or(0.0, |mean| mean.value)
    };
    order.sort_by(|&a, &b| whole(b).total_cmp(&whole(a)));
    let table = table(case, (&parts, &order), (&outcome, &before, &lost));
    let mut found = Found {
        tables: vec![table],
        ..Found::default()
    };
    let repeats = case.asking.repeats;
    found.notes.push(format!(
        "of {}: what is lost on average over {repeats} shuffles of all rows; loss and accuracy of each \
         row, with intervals of the rows; AUC with intervals of the shuffles",
        case.held.about()
    ));
    found.notes.push(
        "features that say the same stand in for each other: then neither is lost alone".to_owned(),
    );
    Ok(Some(found))
}

/// A line for each feature and part.
fn table(
    case: &Case,
    (parts, order): (&[Part], &[usize]),
    (outcome, before, lost): (&Outcome, &Quality, &[Lost]),
) -> Table {
    let mut table = grouped(
        Table::new(
            "importance",
            "what is lost where the values of a feature are shuffled",
        )
        .column("feature", "feature", Kind::Text, 0),
    )
    .column("log_loss", "log loss", Kind::Number, 0)
    .column("log_loss_interval", "interval", Kind::Interval, 1)
    .column("accuracy", "accuracy", Kind::Gap, 0)
    .column("accuracy_interval", "interval", Kind::Interval, 3)
    .column("auc", "AUC", Kind::Number, 2)
    .column("auc_interval", "interval", Kind::Interval, 4);
    for &feature in order {
        for (at, part) in parts.iter().enumerate() {
            let own = &lost[feature];
            let confidence = case.asking.confidence;
            let line = case
                .line(part)
                .text("feature", &*case.features[feature].name);
            let line = put(
                line,
                "log_loss",
                case.mean(part, &own.loss).as_ref(),
                confidence,
            );
            let line = put(
                line,
                "accuracy",
                case.mean(part, &own.right).as_ref(),
                confidence,
            );
            let auc = fall(auc(case, part, (outcome, &before.scores)), &own.aucs[at]);
            let interval = auc.and_then(|auc| auc.interval(confidence));
            let line = line
                .number("auc", auc.map(|auc| auc.value).ok_or("one_class"))
                .interval("auc_interval", interval, NO_INTERVAL);
            table.push(line);
        }
    }
    table
}

fn quality(case: &Case, asked: &Asked, scores: Vec<f64>, outcome: &Outcome) -> Quality {
    let decided = case.held.decisions(asked, &scores);
    let (mut loss, mut right) = (Vec::new(), Vec::new());
    for ((score, decided), positive) in scores.iter().zip(decided).zip(&outcome.is_positive) {
        let chance = if *positive == Some(true) {
            *score
        } else {
            1.0 - score
        };
        loss.push(-chance.clamp(LEAST, 1.0).ln());
        right.push(f64::from(u8::from(
            decided.is_some() && decided == *positive,
        )));
    }
    Quality {
        scores,
        loss,
        right,
    }
}

/// The same feature, its values shuffled among the rows that count.
fn shuffle(feature: &Feature, rows: &[u32], random: &mut Stream) -> Feature {
    let mut order: Vec<u32> = rows.to_vec();
    random.shuffle(&mut order);
    let mut shuffled = feature.clone();
    match (&feature.raw, &mut shuffled.raw) {
        (Raw::Numbers(from), Raw::Numbers(to)) => {
            for (&row, &other) in rows.iter().zip(&order) {
                to[row as usize] = from[other as usize];
            }
        }
        (Raw::Texts(from, _), Raw::Texts(to, _)) => {
            for (&row, &other) in rows.iter().zip(&order) {
                to[row as usize] = from[other as usize];
            }
        }
        _ => {}
    }
    shuffled
}

/// What is lost without each feature.
fn shuffled(
    case: &Case,
    (parts, outcome, before): (&[Part], &Outcome, &Quality),
) -> Result<Vec<Lost>> {
    let (rows, repeats) = (case.rows.len(), case.asking.repeats);
    let blank = Lost {
        loss: vec![0.0; rows],
        right: vec![0.0; rows],
        aucs: vec![Vec::new(); parts.len()],
    };
    let mut lost = vec![blank; case.features.len()];
    let streams = Streams::new(case.asking.seed ^ SHUFFLED);
    let all: Vec<usize> = (0..case.features.len() * repeats).collect();
    for some in all.chunks(case.at_once()) {
        let change = |&at: &usize| {
            let mut random = streams.stream(at as u64);
            shuffle(&case.features[at / repeats], case.rows, &mut random)
        };
        let changed: Vec<Feature> = some.iter().map(change).collect();
        let columns = some.iter().zip(&changed).map(|(&at, changed)| {
            let mut columns = case.columns();
            columns[at / repeats] = changed;
            columns
        });
        let columns: Vec<Vec<&Feature>> = columns.collect();
        let asked: Vec<Asked> = columns
            .iter()
            .map(|own| case.asked(own, case.rows))
            .collect();
        let scores = case.held.all(&asked)?;
        for ((&at, asked), scores) in some.iter().zip(&asked).zip(scores) {
            let after = quality(case, asked, scores, outcome);
            let lost = &mut lost[at / repeats];
            for place in 0..rows {
                lost.loss[place] += (after.loss[place] - before.loss[place]) / repeats as f64;
                lost.right[place] += (before.right[place] - after.right[place]) / repeats as f64;
            }
            for (part, aucs) in parts.iter().zip(&mut lost.aucs) {
                aucs.push(auc(case, part, (outcome, &after.scores)));
            }
        }
    }
    Ok(lost)
}

/// Another seed than that of the folds.
const SHUFFLED: u64 = 0x7368_7566_666c_6564;

/// The AUC of a part; none where it has one label only.
fn auc(case: &Case, part: &Part, (outcome, scores): (&Outcome, &[f64])) -> Option<f64> {
    let unit = |&place: &usize| {
        let weight = case.weight(place);
        Unit {
            positive: outcome.is_positive[place] == Some(true),
            weight,
            squares: weight * weight,
            rows: 1,
        }
    };
    let units: Vec<Unit> = part.places.iter().map(unit).collect();
    let own: Vec<f64> = part.places.iter().map(|&place| scores[place]).collect();
    area::area(&own, &units).map(|area| area.value)
}

/// By how much an AUC falls, over the shuffles.
fn fall(before: Option<f64>, shuffled: &[Option<f64>]) -> Option<Mean> {
    let before = before?;
    let falls: Option<Vec<f64>> = shuffled.iter().map(|own| Some(before - (*own)?)).collect();
    let falls = falls?;
    Mean::of(falls.iter().map(|&fall| (fall, 1.0)))
}
