//! What each feature adds to the scores: by group, between groups, and of single rows.
//!
//! In: a case. Out: Shapley values, exact where the model is a logistic regression, a tree or a forest
//! (the parts of a feature that is several columns of the matrix added up; they sum to what the model
//! says), else estimated from its answers.

use ndarray::Array2;

use super::means::{self, Mean, NO_INTERVAL, Part, grouped, put};
use super::model::Inside;
use super::shapley::{Scale, Shapley, shapley};
use super::{Case, Method, Needs, fidelity, sampled};
use crate::error::Result;
use crate::fit::features::{Feature, Raw};
use crate::profile::section::{Found, Kind, Line, Table};

/// The line of the registry.
pub const METHOD: Method = Method {
    name: "contributions",
    about: "what each feature adds to the scores: Shapley values, by group and by row",
    title: "what each feature adds to the scores",
    source: "linear models: Štrumbelj and Kononenko 2014, doi:10.1007/s10115-013-0679-x; trees: \
             Lundberg et al. 2020, arXiv:1905.04610 (path-dependent); answers alone: Štrumbelj and \
             Kononenko 2014, Lundberg and Lee 2017, arXiv:1705.07874",
    needs: Needs::Answers,
    answer,
};

/// Rows whose values are made at once.
const ROWS: usize = 1 << 16;

/// What each feature adds to each row.
struct Added {
    scale: Scale,
    base: f64,
    /// By feature, then by place in [`Case::rows`].
    by_feature: Vec<Vec<f64>>,
    /// What is to be added to the value of a feature so that it is its term of a linear model.
    terms: Option<Vec<f64>>,
}

fn answer(case: &Case) -> Result<Option<Found>> {
    if case.features.is_empty() {
        return Ok(None);
    }
    let added = match case.whole.inside() {
        Some(inside) => added(case, &inside)?,
        None => None,
    };
    match added {
        Some(added) => exactly(case, &added).map(Some),
        None => estimated(case).map(Some),
    }
}

/// What a model adds of which only the answers are known.
fn estimated(case: &Case) -> Result<Found> {
    let mut sampled = sampled::sampled(case)?;
    let mut found = Found {
        tables: vec![sampled::by_group(case, &sampled)],
        notes: sampled::notes(case, &sampled),
        ..Found::default()
    };
    let added = Added {
        scale: Scale::Probability,
        base: sampled.base,
        by_feature: std::mem::take(&mut sampled.by_feature),
        terms: None,
    };
    let parts = &sampled.parts;
    let of = |own: &Vec<f64>| parts.iter().map(|part| case.mean(part, own)).collect();
    let means: Vec<Vec<Option<Mean>>> = added.by_feature.iter().map(of).collect();
    if let Some((table, fact)) = gap(case, &added, (parts, &means)) {
        found.tables.push(table);
        found.facts.push((0.8, fact));
    }
    sampled::singles(case, &mut found)?;
    found.notes.extend(case.small());
    Ok(found)
}

/// What a model adds that is linear, a tree or a forest.
fn exactly(case: &Case, added: &Added) -> Result<Found> {
    let parts = case.parts();
    let of = |own: &Vec<f64>| parts.iter().map(|part| mean(case, part, own)).collect();
    let means: Vec<Vec<Option<Mean>>> = added.by_feature.iter().map(of).collect();
    let mut found = Found {
        tables: vec![by_group(case, added, (&parts, &means))],
        ..Found::default()
    };
    if let Some((table, fact)) = gap(case, added, (&parts, &means)) {
        found.tables.push(table);
        found.facts.push((0.8, fact));
    }
    found.tables.extend(singles(case, added));
    let scale = added.scale.said();
    found.notes.push(format!(
        "contributions are parts of {scale}, and with the base of {:.4} they sum to what the model \
         says of a row; intervals are of the rows, the model taken as it is",
        added.base
    ));
    found.notes.extend(stood_for(case)?);
    found.notes.extend(case.small());
    Ok(found)
}

/// How far what is told of a surrogate is told of the decisions: over all rows, and of single ones.
fn stood_for(case: &Case) -> Result<Vec<String>> {
    let Some(agreement) = fidelity::agreement(case)? else {
        return Ok(Vec::new());
    };
    let (about, share) = (case.whole.about(), 100.0 * agreement);
    let mut notes = vec![format!(
        "contributions are of a surrogate: {about}, which agrees with {share:.1}% of {} on rows that \
         it was not fitted to",
        case.deciding
    )];
    let columns = case.columns();
    let word = |decision: Option<bool>| match decision {
        Some(true) => "positive",
        Some(false) => "negative",
        None => "no decision",
    };
    for single in &case.asking.singles {
        let rows = [single.row];
        let asked = case.asked(&columns, &rows);
        let scores = case.whole.scores(&asked)?;
        let surrogate = case.whole.decisions(&asked, &scores)[0];
        let given = case.given[single.row as usize];
        let score = case.scores.get(single.row as usize);
        let score = score.filter(|score| score.is_finite());
        let score = score.map_or(String::new(), |score| format!(" (score {score:.4})"));
        let (name, own) = (&single.name, word(given));
        notes.push(if given == surrogate {
            format!("row {name} is decided on as {own}{score}, by the surrogate as well")
        } else {
            let other = word(surrogate);
            format!(
                "row {name} is decided on as {own}{score}, but by the surrogate as {other}: what adds \
                 to its score does not explain this row"
            )
        });
    }
    Ok(notes)
}

/// The mean of contributions; those of all rows sum to 0 but for rounding.
fn mean(case: &Case, part: &Part, own: &[f64]) -> Option<Mean> {
    let mut mean = case.mean(part, own)?;
    let size = own.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    if mean.value.abs() < 1e-12 * size {
        mean.value = 0.0;
    }
    Some(mean)
}

/// The mean of each column of the matrix.
fn column_means(case: &Case, inside: &Inside) -> Result<Vec<f64>> {
    let mut sums = vec![0.0; inside.encoder.names.len()];
    let mut total = 0.0;
    for rows in case.rows.chunks(ROWS) {
        let x = inside.encoder.matrix(case.features, rows)?;
        for (row, &at) in x.rows().into_iter().zip(rows) {
            let weight = case.weights[at as usize];
            total += weight;
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += weight * x;
            }
        }
    }
    Ok(sums.into_iter().map(|sum| sum / total).collect())
}

fn added(case: &Case, inside: &Inside) -> Result<Option<Added>> {
    let means = column_means(case, inside)?;
    let of = inside.encoder.of();
    let mut added: Option<Added> = None;
    for rows in case.rows.chunks(ROWS) {
        let x = inside.encoder.matrix(case.features, rows)?;
        let Some(Shapley {
            scale,
            base,
            values,
            expected,
        }) = shapley(inside.saved, x.view(), &means)
        else {
            return Ok(None);
        };
        let own = added.get_or_insert_with(|| Added {
            scale,
            base,
            by_feature: vec![Vec::new(); case.features.len()],
            terms: expected.map(|own| {
                let mut terms = vec![0.0; case.features.len()];
                for (&feature, own) in of.iter().zip(own) {
                    terms[feature] += own;
                }
                terms
            }),
        });
        for (feature, all) in own.by_feature.iter_mut().enumerate() {
            all.extend(summed(&values, &of, feature));
        }
    }
    Ok(added)
}

/// Of each row the sum over the columns of a feature.
fn summed(values: &Array2<f64>, of: &[usize], feature: usize) -> Vec<f64> {
    let own: Vec<usize> = (0..of.len()).filter(|&at| of[at] == feature).collect();
    let rows = values.rows().into_iter();
    rows.map(|row| own.iter().map(|&column| row[column]).sum::<f64>())
        .collect()
}

type Means<'a> = (&'a [Part], &'a [Vec<Option<Mean>>]);

/// Features by how much they add on average, whatever the sign; the first of equals first.
fn order(case: &Case, added: &Added, all: &Part) -> Vec<usize> {
    let size = |own: &Vec<f64>| {
        let sizes: Vec<f64> = own.iter().map(|x| x.abs()).collect();
        case.mean(all, &sizes).map_or(0.0, |mean| mean.value)
    };
    let sizes: Vec<f64> = added.by_feature.iter().map(size).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|&a, &b| sizes[b].total_cmp(&sizes[a]));
    order
}

fn by_group(case: &Case, added: &Added, (parts, means): Means) -> Table {
    let confidence = case.asking.confidence;
    let title = format!(
        "mean contribution to {}, by feature and group",
        added.scale.said()
    );
    let mut table =
        grouped(Table::new("contributions", title).column("feature", "feature", Kind::Text, 0))
            .column("contribution", "mean", Kind::Number, 0)
            .column("contribution_interval", "interval", Kind::Interval, 2)
            .column("size", "mean size", Kind::Number, 1)
            .column("size_interval", "interval", Kind::NumberInterval, 3);
    for feature in order(case, added, &parts[0]) {
        let sizes: Vec<f64> = added.by_feature[feature].iter().map(|x| x.abs()).collect();
        for (part, mean) in parts.iter().zip(&means[feature]) {
            let line = case
                .line(part)
                .text("feature", &*case.features[feature].name);
            let line = put(line, "contribution", mean.as_ref(), confidence);
            let size = case.mean(part, &sizes);
            table.push(put(line, "size", size.as_ref(), confidence));
        }
    }
    table
}

/// The two groups whose scores lie furthest apart on the model's scale, one of them the reference where
/// there is one, and what adds to that.
fn gap(case: &Case, added: &Added, (parts, means): Means) -> Option<(Table, String)> {
    let total = |at: usize| -> f64 {
        let own = means.iter().filter_map(|mean| mean[at]);
        own.map(|mean| mean.value).sum()
    };
    let totals = (1..parts.len()).filter_map(|at| Some((parts[at].group?, total(at))));
    let (high, low) = case.furthest(&totals.collect::<Vec<_>>())?;
    let place = |group| parts.iter().position(|part| part.group == Some(group));
    let (high, low) = (place(high)?, place(low)?);
    let name = |at: usize| {
        let group = parts[at].group.unwrap_or(0);
        case.called(group)
    };
    let whole = total(high) - total(low);
    let title = format!(
        "what adds to the gap of {whole:.4} in {} between {} and {}",
        added.scale.said(),
        name(high),
        name(low)
    );
    let mut table = Table::new("contributions_gap", title)
        .column("feature", "feature", Kind::Text, 0)
        .column("difference", "difference", Kind::Number, 0)
        .column("difference_interval", "interval", Kind::Interval, 1)
        .column("share", "share of the gap", Kind::Share, 0);
    let mut all: Vec<(usize, f64, _)> = means
        .iter()
        .enumerate()
        .filter_map(|(feature, mean)| {
            let (a, b) = (mean[high]?, mean[low]?);
            let (value, interval) = means::apart(&a, &b, case.asking.confidence);
            Some((feature, value, interval))
        })
        .collect();
    all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    for (feature, value, interval) in &all {
        let share = if whole > 0.0 {
            Ok(value / whole)
        } else {
            Err("no_gap")
        };
        table.push(
            Line::new()
                .text("feature", &*case.features[*feature].name)
                .number("difference", Ok(*value))
                .interval("difference_interval", *interval, NO_INTERVAL)
                .number("share", share),
        );
    }
    let (most, value, _) = all.first()?;
    let fact = format!(
        "between {} and {} the model's scores lie {whole:.2} apart in {}; `{}` adds {value:+.2}",
        name(high),
        name(low),
        added.scale.said(),
        case.features[*most].name,
    );
    Some((table, fact))
}

/// Why single rows are scored as they are.
fn singles(case: &Case, added: &Added) -> Vec<Table> {
    let mut tables = Vec::new();
    for single in &case.asking.singles {
        let Some(place) = case.rows.iter().position(|&row| row == single.row) else {
            continue;
        };
        let own = |feature: usize| added.by_feature[feature][place];
        let total: f64 = added.base + (0..case.features.len()).map(own).sum::<f64>();
        let title = format!(
            "row {}: {} is {total:.4}, from a base of {:.4}",
            single.name,
            added.scale.said(),
            added.base
        );
        let mut table = Table::new(format!("row_{}", single.name), title)
            .column("feature", "feature", Kind::Text, 0)
            .column("value", "value", Kind::Text, 1)
            .column("contribution", "contribution", Kind::Number, 0)
            .column("term", "coefficient × value", Kind::Number, 3);
        let mut order: Vec<usize> = (0..case.features.len()).collect();
        order.sort_by(|&a, &b| own(b).abs().total_cmp(&own(a).abs()));
        for feature in order {
            let line = Line::new()
                .text("feature", &*case.features[feature].name)
                .text("value", said(&case.features[feature], single.row))
                .number("contribution", Ok(own(feature)));
            table.push(match &added.terms {
                Some(terms) => line.number("term", Ok(own(feature) + terms[feature])),
                None => line,
            });
        }
        let line = Line::new()
            .text("feature", "(base)")
            .number("contribution", Ok(added.base));
        table.push(match &added.terms {
            // The intercept.
            Some(terms) => line.number("term", Ok(added.base - terms.iter().sum::<f64>())),
            None => line,
        });
        tables.push(table);
    }
    tables
}

/// The value of a feature in a row, in words.
pub(super) fn said(feature: &Feature, row: u32) -> String {
    match &feature.raw {
        Raw::Numbers(numbers) => {
            let number = numbers[row as usize];
            if number.is_nan() {
                "missing".to_owned()
            } else {
                feature.said(number)
            }
        }
        Raw::Texts(keys, values) => values[keys[row as usize] as usize]
            .as_deref()
            .unwrap_or("missing")
            .to_owned(),
    }
}
