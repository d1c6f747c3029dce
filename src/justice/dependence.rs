//! How scores depend on one feature, by group: its value set to the same for every row.
//!
//! In: a case with any model, and the features that are asked about. Out: the mean score of each
//! group at each value (partial dependence: Friedman 2001, doi:10.1214/aos/1013203451, section 8.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::means::{grouped, put};
use super::{Case, Method, Needs};
use crate::error::Result;
use crate::fit::features::{Feature, Raw};
use crate::profile::section::{Found, Kind, Table};

/// The line of the registry.
pub const METHOD: Method = Method {
    name: "dependence",
    about: "how the scores of each group depend on a feature (--feature)",
    title: "how scores depend on a feature",
    source: "Friedman 2001, doi:10.1214/aos/1013203451",
    needs: Needs::Answers,
    answer,
};

/// Values of a feature of numbers at most: its quantiles.
const POINTS: usize = 11;
/// Levels of a feature of texts at most, the heaviest.
const LEVELS: usize = 20;

/// A value that every row is given.
struct Point {
    said: String,
    feature: Feature,
}

fn answer(case: &Case) -> Result<Option<Found>> {
    if case.asking.features.is_empty() {
        return Ok(None);
    }
    let parts = case.parts();
    let mut found = Found::default();
    for name in &case.asking.features {
        let Some(at) = case.features.iter().position(|own| own.name == *name) else {
            continue;
        };
        let feature = &case.features[at];
        let title = format!("mean score where every row has the same `{name}`");
        let mut table = grouped(Table::new(format!("dependence_{name}"), title).column(
            "value",
            "value",
            Kind::Text,
            0,
        ))
        .column("score", "mean score", Kind::Number, 0)
        .column("score_interval", "interval", Kind::NumberInterval, 1);
        for points in points(case, feature).chunks(case.at_once()) {
            for (point, scores) in points.iter().zip(asked(case, at, points)?) {
                for part in &parts {
                    let line = case.line(part).text("value", &*point.said);
                    let mean = case.mean(part, &scores);
                    table.push(put(line, "score", mean.as_ref(), case.asking.confidence));
                }
            }
        }
        found.tables.push(table);
    }
    found.notes.push(format!("of {}", case.held.about()));
    found.notes.push(
        "rows keep their other values, also where no row of the table is like that".to_owned(),
    );
    Ok(Some(found))
}

/// The scores of all rows at each point, asked at once.
fn asked(case: &Case, feature: usize, points: &[Point]) -> Result<Vec<Vec<f64>>> {
    let columns = points.iter().map(|point| {
        let mut columns = case.columns();
        columns[feature] = &point.feature;
        columns
    });
    let columns: Vec<_> = columns.collect();
    let questions: Vec<_> = columns
        .iter()
        .map(|own| case.asked(own, case.rows))
        .collect();
    case.held.all(&questions)
}

fn points(case: &Case, feature: &Feature) -> Vec<Point> {
    let rows = feature_rows(&feature.raw);
    let made = |said: String, raw: Raw| Point {
        said,
        feature: Feature {
            raw,
            ..feature.clone()
        },
    };
    match &feature.raw {
        Raw::Numbers(numbers) => {
            let mut own: Vec<f64> = case
                .rows
                .iter()
                .map(|&row| numbers[row as usize])
                .filter(|x| x.is_finite())
                .collect();
            own.sort_unstable_by(f64::total_cmp);
            let last = own.len().saturating_sub(1);
            let each = (0..POINTS).map(|at| at * last / (POINTS - 1));
            let mut values: Vec<f64> = each.filter_map(|at| own.get(at).copied()).collect();
            values.dedup();
            let each = values.into_iter();
            each.map(|x| made(feature.said(x), Raw::Numbers(vec![x; rows])))
                .collect()
        }
        Raw::Texts(keys, values) => {
            let mut sums: BTreeMap<Option<&str>, (f64, u32)> = BTreeMap::new();
            for &row in case.rows {
                let key = keys[row as usize];
                let own = sums
                    .entry(values[key as usize].as_deref())
                    .or_insert((0.0, key));
                own.0 += case.weights[row as usize];
            }
            let mut levels: Vec<_> = sums.into_iter().collect();
            levels.sort_by(|a, b| b.1.0.total_cmp(&a.1.0));
            levels.truncate(LEVELS);
            let each = levels.into_iter();
            each.map(|(level, (_, key))| {
                let said = level.unwrap_or("missing").to_owned();
                made(said, Raw::Texts(vec![key; rows], Arc::clone(values)))
            })
            .collect()
        }
    }
}

fn feature_rows(raw: &Raw) -> usize {
    match raw {
        Raw::Numbers(numbers) => numbers.len(),
        Raw::Texts(keys, _) => keys.len(),
    }
}
