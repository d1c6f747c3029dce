//! AI Fairness 360's names in our words: the reference group is privileged, the rest unprivileged.

use fair_audit::metrics::{Compare, Eval, find};

use super::golden::Entry;
use super::view::{At, Found, OVERALL, View, Why};

const LUMPED: Why = Why::Reason("of two lumps, privileged and not, where we compare all groups");

/// Whether the tool leaves weights out of this metric.
pub fn ignores_weights(entry: &Entry) -> bool {
    let metric = entry.metric();
    let of_benefits = ["theil", "generalized_entropy", "coefficient_of_variation"];
    entry.tool() == "aif360"
        && !metric.starts_with("sk.")
        && of_benefits.iter().any(|name| metric.contains(name))
}

/// Ours for a number by AI Fairness 360.
pub fn ours(entry: &Entry, view: &View, at: &At) -> Found {
    let metric = entry.metric();
    if metric.starts_with("reweighing.") || metric.starts_with("consistency_score") {
        return Err(Why::Reason(
            "mitigation and individual fairness: not part of an audit",
        ));
    }
    if let Some(name) = metric.strip_prefix("sk.") {
        return sklearn(name, entry, view, at);
    }
    let reference = entry.text("reference").unwrap_or_default();
    // Ours is the reference against the rest; theirs the rest against the reference.
    let gap = |name: &str| view.gap(at, name, "rest", reference);
    if let Some(name) = metric.strip_prefix("label.") {
        return labels(name, entry, view, at);
    }
    if let Some(count) = counted(metric) {
        return Ok(vec![Some(weight_of(entry, view, at, count)?)]);
    }
    let two = view.compared(at).count() == 2;
    Ok(vec![match metric {
        "equalized_odds_difference" => gap(metric)?.map(f64::abs),
        "average_abs_odds_difference" => gap(metric)?,
        "coefficient_of_variation" => view.number(at, OVERALL, metric)?,
        "generalized_entropy_index.alpha1" => view.number(at, OVERALL, "theil_index")?,
        "generalized_entropy_index.alpha0" => view.number(at, OVERALL, "mean_log_deviation")?,
        _ if metric.contains("alpha0.5") => {
            return Err(Why::Reason(
                "generalized entropy is shown for α = 0, 1 and 2",
            ));
        }
        _ if metric.starts_with("between_all_groups_") => view.extremes(at, metric)?,
        _ if metric.starts_with("between_group_") || metric.starts_with("differential_") => {
            return if two {
                of_two(metric, view, at)
            } else {
                Err(LUMPED)
            };
        }
        _ => match find(metric).map(|metric| metric.eval) {
            Some(Eval::Gap(Compare::Difference, ..)) => gap(metric)?.map(|gap| -gap),
            Some(Eval::Gap(Compare::Ratio, ..)) => {
                // The other way round: undefined where ours is 0.
                let turned = gap(metric)?;
                turned.and_then(|ratio| (ratio != 0.0).then(|| 1.0 / ratio))
            }
            _ => return of_side(entry, view, at),
        },
    }])
}

/// Two groups are the lumps themselves.
fn of_two(metric: &str, view: &View, at: &At) -> Found {
    let name = match metric {
        "between_group_generalized_entropy_index.alpha0" => "between_group_mean_log_deviation",
        "between_group_generalized_entropy_index.alpha1" => "between_group_theil_index",
        other => other,
    };
    let value = view.extremes(at, name)?;
    Ok(vec![value])
}

/// A number of the privileged group, of the others together, or of all.
fn of_side(entry: &Entry, view: &View, at: &At) -> Found {
    let (metric, reference) = (entry.metric(), entry.text("reference").unwrap_or_default());
    Ok(vec![match entry.text("group") {
        Some("privileged") => view.number(at, reference, metric)?,
        Some("unprivileged") if metric.starts_with("generalized_") => {
            mean_of_rest(metric, view, at, reference)?
        }
        Some("unprivileged") => view.rate_of_rest(at, reference, metric)?,
        _ => view.number(at, OVERALL, metric)?,
    }])
}

/// A mean score given the label, of all groups but the reference.
fn mean_of_rest(metric: &str, view: &View, at: &At, reference: &str) -> Result<Option<f64>, Why> {
    let side = metric.trim_start_matches("generalized_");
    let (mut sum, mut weight) = (0.0, 0.0);
    for (name, _) in view.compared(at).filter(|(name, _)| *name != reference) {
        if let Some(mean) = view.number(at, name, metric)? {
            let of = view.side(at, name, side, "denominator")?;
            sum += mean * of;
            weight += of;
        }
    }
    Ok((weight > 0.0).then(|| sum / weight))
}

/// The rate whose side is this count.
fn counted(metric: &str) -> Option<(&'static str, &'static str)> {
    Some(match metric {
        "num_true_positives" => ("true_positive_rate", "numerator"),
        "num_false_positives" => ("false_positive_rate", "numerator"),
        "num_true_negatives" => ("true_negative_rate", "numerator"),
        "num_false_negatives" => ("false_negative_rate", "numerator"),
        "label.num_instances" => ("base_rate", "denominator"),
        "label.num_positives" => ("base_rate", "numerator"),
        "label.num_negatives" => ("base_rate", "rest"),
        _ => return None,
    })
}

/// A sum of weights, of the privileged group, of the others, or of all.
fn weight_of(entry: &Entry, view: &View, at: &At, count: (&str, &str)) -> Result<f64, Why> {
    let (rate, side) = count;
    let of =
        |name: &str| match side {
            "rest" => Ok(view.side(at, name, rate, "denominator")?
                - view.side(at, name, rate, "numerator")?),
            side => view.side(at, name, rate, side),
        };
    let reference = entry.text("reference").unwrap_or_default();
    match entry.text("group") {
        Some("privileged") => of(reference),
        Some("unprivileged") => view
            .compared(at)
            .filter(|(name, _)| *name != reference)
            .map(|(name, _)| of(name))
            .sum(),
        _ => of(OVERALL),
    }
}

/// Metrics of the labels alone.
fn labels(name: &str, entry: &Entry, view: &View, at: &At) -> Found {
    if let Some(count) = counted(entry.metric()) {
        return Ok(vec![Some(weight_of(entry, view, at, count)?)]);
    }
    let reference = entry.text("reference").unwrap_or_default();
    let gap = |metric: &str| view.gap(at, metric, "rest", reference);
    Ok(vec![match name {
        "base_rate" => view.number(at, OVERALL, "base_rate")?,
        "mean_difference" => gap("base_rate_difference")?.map(|gap| -gap),
        "disparate_impact" => gap("base_rate_ratio")?.map(|ratio| 1.0 / ratio),
        _ if view.compared(at).count() == 2 => {
            view.extremes(at, "label_smoothed_empirical_differential_fairness")?
        }
        _ => return Err(LUMPED),
    }])
}

/// The functions that are called like scikit-learn's.
fn sklearn(name: &str, entry: &Entry, view: &View, at: &At) -> Found {
    let fairness = "smoothed_empirical_differential_fairness";
    let group = entry.text("group").unwrap_or(OVERALL);
    Ok(vec![match name {
        "smoothed_edf(label)" => view.extremes(at, &format!("label_{fairness}"))?,
        "smoothed_edf(pred)" => view.extremes(at, &format!("prediction_{fairness}"))?,
        "df_bias_amplification" | "between_group_generalized_entropy_error" => {
            view.extremes(at, name)?
        }
        "generalized_entropy_error" => view.number(at, OVERALL, name)?,
        // There the group minus the rest, as a share.
        "class_imbalance" => view.number(at, group, name)?.map(|share| -share),
        "kl_divergence" => return kl(view, at, group),
        _ => return Err(Why::Absent(format!("no meaning for sk.{name}"))),
    }])
}

/// KL(group ‖ rest); ours is KL(rest ‖ group), which of two groups is the other one's.
fn kl(view: &View, at: &At, group: &str) -> Found {
    let names: Vec<&str> = view.compared(at).map(|(name, _)| name).collect();
    let others: Vec<&&str> = names.iter().filter(|name| **name != group).collect();
    match others.as_slice() {
        [other] => Ok(vec![view.number(at, other, "label_kl_divergence")?]),
        _ => Err(Why::Reason(
            "KL(group ‖ rest); ours is Clarify's direction, KL(rest ‖ group)",
        )),
    }
}
