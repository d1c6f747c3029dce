//! fairlearn's and scikit-learn's names in our words; also those that were published by others.

use fair_audit::metrics::Compare;

use super::golden::Entry;
use super::view::{At, Found, OVERALL, View, Why, named};

/// Ours for a number by fairlearn.
pub fn ours(entry: &Entry, view: &View, at: &At) -> Found {
    let metric = entry.metric();
    let group = entry.text("group").unwrap_or(OVERALL);
    if metric == "count" {
        return Ok(vec![Some(view.count(at, group, "rows")?)]);
    }
    if let Some(found) = parity(metric, view, at) {
        return found;
    }
    let Some((base, gap)) = metric.split_once('.') else {
        return Ok(vec![view.number(at, group, metric)?]);
    };
    let name = named(base)?;
    let value = match gap {
        "difference.between_groups" => view.extremes(at, &format!("{name}_difference"))?,
        "ratio.between_groups" => view.extremes(at, &format!("{name}_ratio"))?,
        "difference.to_overall" => to_overall(view, at, name, Compare::Difference)?,
        "ratio.to_overall" => to_overall(view, at, name, Compare::Ratio)?,
        "group_min" => view.of_all(at, name)?.into_iter().reduce(f64::min),
        "group_max" => view.of_all(at, name)?.into_iter().reduce(f64::max),
        // Of two groups, the one against the reference, both named.
        "difference" | "ratio" => against_reference(entry, view, at, name, gap)?,
        _ => return Err(Why::Absent(format!("no meaning for {metric}"))),
    };
    Ok(vec![value])
}

fn against_reference(
    entry: &Entry,
    view: &View,
    at: &At,
    name: &str,
    gap: &str,
) -> Result<Option<f64>, Why> {
    let (Some(group), Some(reference)) = (entry.text("group"), entry.text("reference")) else {
        return view.extremes(at, &format!("{name}_{gap}"));
    };
    let (a, b) = (
        view.number(at, group, name)?,
        view.number(at, reference, name)?,
    );
    Ok(a.zip(b)
        .map(|(a, b)| if gap == "ratio" { a / b } else { a - b }))
}

/// The metrics that are gaps by name.
fn parity(metric: &str, view: &View, at: &At) -> Option<Found> {
    let (base, rest) = metric.split_once('.').unwrap_or((metric, ""));
    let (legs, compare): (&[&str], Compare) = match base {
        "demographic_parity_difference" => (&["selection_rate"], Compare::Difference),
        "demographic_parity_ratio" => (&["selection_rate"], Compare::Ratio),
        "equal_opportunity_difference" => (&["true_positive_rate"], Compare::Difference),
        "equal_opportunity_ratio" => (&["true_positive_rate"], Compare::Ratio),
        "equalized_odds_difference" => (ODDS, Compare::Difference),
        "equalized_odds_ratio" => (ODDS, Compare::Ratio),
        _ => return None,
    };
    let value = match rest {
        "" if base == "equal_opportunity_ratio" => view.extremes(at, "true_positive_rate_ratio"),
        "" => view.extremes(at, base),
        "mean" => view.extremes(at, &format!("{base}_mean")),
        // By group ours joins the legs of one group; theirs joins the worst of each leg.
        "to_overall" | "to_overall.mean" => legs
            .iter()
            .map(|leg| to_overall(view, at, leg, compare))
            .collect::<Result<Option<Vec<f64>>, Why>>()
            .map(|gaps| gaps.map(|gaps| joined(&gaps, rest, compare))),
        _ => return None,
    };
    Some(value.map(|value| vec![value]))
}

const ODDS: &[&str] = &["true_positive_rate", "false_positive_rate"];

fn joined(gaps: &[f64], rest: &str, compare: Compare) -> f64 {
    match compare {
        _ if rest.ends_with("mean") => gaps.iter().sum::<f64>() / gaps.len() as f64,
        Compare::Difference => gaps.iter().copied().fold(0.0, f64::max),
        Compare::Ratio => gaps.iter().copied().fold(f64::INFINITY, f64::min),
    }
}

/// The group furthest from all rows, as fairlearn has it: ratios the way they are below 1.
fn to_overall(view: &View, at: &At, base: &str, compare: Compare) -> Result<Option<f64>, Why> {
    let suffix = if compare == Compare::Ratio {
        "ratio"
    } else {
        "difference"
    };
    let metric = format!("{base}_{suffix}");
    let mut gaps = Vec::new();
    let names: Vec<String> = view.compared(at).map(|(name, _)| name.to_owned()).collect();
    for name in names {
        let gap = view.gap(at, &metric, "overall", &name)?;
        gaps.extend(gap.map(|gap| match compare {
            Compare::Difference => gap.abs(),
            Compare::Ratio => gap.min(1.0 / gap),
        }));
    }
    Ok((!gaps.is_empty()).then(|| joined(&gaps, "", compare)))
}
