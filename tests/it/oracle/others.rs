//! The names of Aequitas, Clarify, holisticai and of statistics in our words.

use super::golden::Entry;
use super::view::{At, Found, OVERALL, View, Why, named};

const LATER: Why = Why::Reason("a test, or an interval of a kind we do not ship");
const BY_HAND: Why = Why::Reason("a verdict of the tool's own policy, not a number");

fn of(entry: &Entry) -> &str {
    entry.text("group").unwrap_or(OVERALL)
}

/// Ours for a number by Aequitas.
pub fn aequitas(entry: &Entry, view: &View, at: &At) -> Found {
    let (metric, group) = (entry.metric(), of(entry));
    if metric.starts_with("fair.") {
        return Err(BY_HAND);
    }
    if let Some((rate, kind)) = metric
        .strip_prefix("disparity.")
        .and_then(|m| m.split_once('.'))
    {
        let name = named(rate)?;
        let reference = entry.text("reference").unwrap_or_default();
        if kind == "predefined" && group != reference {
            return Ok(vec![view.gap(
                at,
                &format!("{name}_ratio"),
                "reference",
                group,
            )?]);
        }
        let (a, b) = (
            view.number(at, group, name)?,
            view.number(at, reference, name)?,
        );
        return Ok(vec![a.zip(b).and_then(|(a, b)| (b > 0.0).then(|| a / b))]);
    }
    let count = |name: &str| view.count(at, group, name);
    Ok(vec![Some(match metric {
        "count" => count("rows")?,
        "tp" | "fp" | "fn" | "tn" => count(metric)?,
        "predicted_positives" => count("predicted_positive")?,
        "predicted_negatives" => count("predicted")? - count("predicted_positive")?,
        "label_positives" => count("labelled_positive")?,
        "label_negatives" => count("labelled")? - count("labelled_positive")?,
        _ => return Ok(vec![view.number(at, group, metric)?]),
    })])
}

/// Ours for a number by Clarify: facet d is the group, facet a the rest.
pub fn clarify(entry: &Entry, view: &View, at: &At) -> Found {
    let group = of(entry);
    let name = entry.metric().trim_start_matches("clarify.").to_lowercase();
    // Its differences are the rest minus the group, but for these.
    let rest = |metric: &str| view.gap(at, named(metric)?, "rest", group);
    Ok(vec![match name.as_str() {
        "dpl" | "dppl" | "dca" | "dar" | "rd" | "ad" => rest(&name)?.map(|gap| -gap),
        "di" | "dcr" | "sd" | "drr" | "te" => rest(&name)?,
        "ge" => view.number(at, OVERALL, "generalized_entropy_index")?,
        "ks" => view.number(at, group, "clarify_ks")?,
        "js" | "kl" | "lp" | "tvd" | "ci" | "cddl" | "cddpl" => view.number(at, group, &name)?,
        _ => return Err(Why::Absent(format!("no meaning for {}", entry.metric()))),
    }])
}

/// Ours for a number by holisticai: the group against the reference.
pub fn holisticai(entry: &Entry, view: &View, at: &At) -> Found {
    let group = of(entry);
    let name = entry.metric().trim_start_matches("hai.");
    let gap = |metric: &str| view.gap(at, metric, "reference", group);
    let overall = |metric: &str| view.number(at, OVERALL, metric);
    Ok(vec![match name {
        "statistical_parity" => gap("selection_rate_difference")?,
        "disparate_impact" => gap("selection_rate_ratio")?,
        // The smaller of the ratio and its reciprocal.
        "four_fifths" => gap("selection_rate_ratio")?.map(|ratio| ratio.min(1.0 / ratio)),
        "accuracy_diff" => gap("accuracy_difference")?,
        "average_odds_diff" => gap("average_odds_difference")?,
        "equal_opportunity_diff" => gap("true_positive_rate_difference")?,
        "false_negative_rate_diff" => gap("false_negative_rate_difference")?,
        "false_positive_rate_diff" => gap("false_positive_rate_difference")?,
        "true_negative_rate_diff" => gap("true_negative_rate_difference")?,
        // What it calls ABROCA is the signed difference of the AUCs.
        "abroca" => gap("auc_difference")?,
        "generalized_entropy_index" | "theil_index" => overall(name)?,
        "coefficient_of_variation" => overall(name)?.map(|value| value * 2_f64.sqrt()),
        "statistical_parity_auc" => {
            return Err(Why::Reason(
                "selection rates over all thresholds: not of one decision",
            ));
        }
        "cohen_d" | "z_test_diff" | "z_test_ratio" => return Err(LATER),
        _ => return Err(Why::Absent(format!("no meaning for {}", entry.metric()))),
    }])
}

/// Ours for a number by scipy, statsmodels, scikit-learn or numpy.
pub fn statistics(entry: &Entry, view: &View, at: &At) -> Found {
    let (metric, group) = (entry.metric(), of(entry));
    let number = |metric: &str| Ok(vec![view.number(at, group, metric)?]);
    if let Some(name) = metric.strip_prefix("imbalance.") {
        return match name {
            "ratio_max_min" => Ok(vec![
                view.extremes(at, "share_ratio")?.map(|ratio| 1.0 / ratio),
            ]),
            "chi2_uniform" | "chi2_uniform.p" => Err(LATER),
            _ => Ok(vec![view.extremes(at, &name.replace("_nats", ""))?]),
        };
    }
    for (side, ours, rate) in [
        ("label.", "label", "base_rate"),
        ("pred.", "prediction", "selection_rate"),
    ] {
        if let Some(name) = metric.strip_prefix(side) {
            return match name {
                "rate.ci95.wilson" => view.interval(at, group, rate),
                "odds_ratio_vs_rest" => number(&format!("{ours}_odds_ratio")),
                "cramers_v" => Ok(vec![view.extremes(at, &format!("{ours}_cramers_v"))?]),
                "mutual_information_nats" | "normalised_mutual_information" => {
                    let name = name
                        .replace("_nats", "")
                        .replace("normalised", "normalized");
                    Ok(vec![view.extremes(at, &format!("{ours}_{name}"))?])
                }
                _ => Err(LATER),
            };
        }
    }
    match metric {
        "count" => Ok(vec![Some(view.count(at, group, "rows")?)]),
        "selected" => Ok(vec![Some(view.count(at, group, "predicted_positive")?)]),
        "impact_ratio" => {
            let best = view
                .of_all(at, "selection_rate")?
                .into_iter()
                .reduce(f64::max);
            let rate = view.number(at, group, "selection_rate")?;
            Ok(vec![rate.zip(best).map(|(rate, best)| rate / best)])
        }
        "score.ks_vs_rest" => number("score_kolmogorov_smirnov_distance"),
        _ if metric.starts_with("score.") => Err(LATER),
        _ => number(metric),
    }
}
