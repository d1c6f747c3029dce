//! What was fitted, as a document.
//!
//! In: the models of all rows, and the report. Out: a [`Document`], the same for the same input.

use std::path::Path;

use super::mitigate::Written;
use super::scenarios::Measured;
use super::{digest, written};
use crate::data::{Plan, Role};
use crate::mitigate::document::{
    Document, Feature, Grouping, Groups, Input, Recipe, Remedied, SCHEMA,
};
use crate::report::model::Report;

/// The document.
pub(super) fn document(fitted: &Written, measured: &Measured, report: &Report) -> Document {
    let (read, whole) = (fitted.read, &fitted.tried.whole);
    let inputs = report.record.inputs.iter().map(|input| Input {
        path: input.path.clone(),
        sha256: digest::sha256(Path::new(&input.path)).ok(),
    });
    let axes = read
        .attribute
        .0
        .iter()
        .map(|&axis| &fitted.plan.splits[axis]);
    let features = read.features.list.iter().map(|feature| Feature {
        name: feature.name.clone(),
        values: feature.values,
    });
    Document {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        inputs: inputs.collect(),
        recipe: recipe(fitted, report),
        rows: whole.rows.len() as u64,
        base_rates: base_rates(fitted),
        groups: Groups {
            columns: axes
                .map(|split| Grouping {
                    name: split.name.clone(),
                    cuts: split.bands.as_ref().map(|bands| bands.cuts.clone()),
                })
                .collect(),
            values: read.rows.names.clone(),
        },
        features: features.collect(),
        encoder: whole.encoder.clone(),
        models: models(fitted, measured),
    }
}

/// What was asked for, or inferred, so that it can be asked for again.
fn recipe(fitted: &Written, report: &Report) -> Recipe {
    let (asked, fitting) = (&fitted.job.audit.table.asked, &fitted.job.fitting);
    let plan = fitted.plan;
    let setting = |name: &str| {
        let setting = report.record.settings.get(name);
        setting.map(|setting| setting.value.clone())
    };
    let columns = |role: Role| -> Vec<String> {
        let splits = plan.splits.iter().filter(|split| split.role == role);
        splits.map(|split| split.name.clone()).collect()
    };
    let sensitive = setting("sensitive").map(|list| vec![list]);
    Recipe {
        label: setting("label").unwrap_or_default(),
        sensitive: sensitive.unwrap_or_else(|| columns(Role::Sensitive)),
        bins: bins(plan),
        control: columns(Role::Control),
        weight: plan.weight.as_ref().map(|(_, name)| name.clone()),
        counts: plan.count.as_ref().map(|(_, name)| name.clone()),
        null: plan.nulls.clone(),
        ignore: asked.ignore.clone(),
        features: fitting.features.clone(),
        text: fitting.text.clone(),
        with_sensitive: fitting.with_sensitive,
        attribute: fitted.read.name.clone(),
        model: fitting.model.clone(),
        method: fitting.methods.clone(),
        folds: fitting.folds,
        fold_by: fitting.fold_by.clone(),
        fold_time: fitting.fold_time.clone(),
        seed: fitted.job.audit.statistics.seed,
    }
}

/// Every band as it was cut.
fn bins(plan: &Plan) -> Vec<String> {
    let banded = plan.splits.iter().filter_map(|split| {
        let cuts = split.bands.as_ref()?.cuts.iter();
        let cuts: Vec<String> = cuts.map(ToString::to_string).collect();
        Some(format!("{}={}", split.name, cuts.join(",")))
    });
    banded.collect()
}

fn base_rates(fitted: &Written) -> Vec<Option<f64>> {
    let rows = &fitted.read.rows;
    let mut sums = vec![[0.0; 2]; rows.names.len()];
    for &row in &fitted.tried.whole.rows {
        let row = row as usize;
        let is_positive = rows.y[row] == Some(true);
        sums[rows.groups[row] as usize][usize::from(is_positive)] += rows.weights[row];
    }
    let rate = |[no, yes]: [f64; 2]| (no + yes > 0.0).then(|| yes / (no + yes));
    sums.into_iter().map(rate).collect()
}

fn models(fitted: &Written, measured: &Measured) -> Vec<Remedied> {
    let (tried, rows) = (fitted.tried, &fitted.read.rows);
    let each = fitted.remedies.iter().zip(&tried.whole.solved);
    let models = each.filter_map(|(remedy, solved)| {
        let solved = solved.as_ref().ok()?;
        let mut scenarios = tried.scenarios.iter();
        let scenario = scenarios.find(|s| s.stage.is_some() && s.name == remedy.name)?;
        let values = measured.names().zip(&scenario.numbers.values);
        let weights = solved.weights.as_deref();
        Some(Remedied {
            scenario: remedy.name.to_owned(),
            stage: remedy.stage.name().to_owned(),
            model: solved.scorer.saved(),
            cuts: solved.cuts.clone(),
            around: solved.around.clone(),
            weights: weights
                .map(|weights| written::factors(weights, &tried.whole, rows))
                .unwrap_or_default(),
            numbers: values
                .map(|(name, value)| (name.to_owned(), value.ok()))
                .collect(),
        })
    });
    models.collect()
}
