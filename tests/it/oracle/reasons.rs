//! Why a number of ours may differ from a recorded one, and what is not compared at all. Each
//! reason has a name; what differs without one is a mistake of ours.

use super::golden::{Entry, Numbers};

/// A way in which a tool and we mean different things by one name.
pub struct Reason {
    pub why: &'static str,
    /// How many recorded numbers differ for it: more would be a mistake that hides behind it.
    pub most: usize,
    applies: fn(&Entry, &Numbers) -> bool,
}

fn is(entry: &Entry, names: &[&str]) -> bool {
    names.iter().any(|name| entry.metric().starts_with(name))
}

fn undefined(ours: &Numbers) -> bool {
    ours.iter().any(Option::is_none)
}

/// Whether the tool printed what stands for a number that does not exist.
fn stands_for_nothing(entry: &Entry) -> bool {
    entry.values().iter().all(|value| match value {
        None => true,
        Some(value) => [0.0, 1.0, 10.0].contains(value) || value.is_infinite(),
    })
}

/// Every accepted difference, the first that applies counts.
pub const REASONS: &[Reason] = &[
    Reason {
        why: "0/0 is undefined here; there it is 0, or left in a gap as a number",
        most: 1_838,
        applies: |entry, ours| {
            entry.rests_on_undefined() || undefined(ours) && stands_for_nothing(entry)
        },
    },
    Reason {
        why: "one leg is undefined: AI Fairness 360 drops it or lets it be 0",
        most: 2,
        applies: |entry, ours| entry.tool() == "aif360" && undefined(ours),
    },
    Reason {
        why: "the tool failed on this group and printed nothing",
        most: 2,
        applies: |entry, _| entry.text("error").is_some(),
    },
    Reason {
        why: "a rate behind the number is 0/0: undefined here, counted as 0 there",
        most: 303,
        applies: |entry, ours| {
            ["fairlearn", "smclarify", "holisticai"].contains(&entry.tool()) && undefined(ours)
        },
    },
    Reason {
        why: "a group whose correlation coefficient is 0/0 is left out here, 0 there",
        most: 10,
        applies: |entry, _| entry.tool() == "fairlearn" && is(entry, &["mcc."]),
    },
    Reason {
        why: "AI Fairness 360 lumps all groups but the privileged one",
        most: 168,
        applies: |entry, _| entry.tool() == "aif360" && is(entry, &["between_all_groups_"]),
    },
    Reason {
        why: "KL(group ‖ rest); ours is Clarify's direction, KL(rest ‖ group)",
        most: 30,
        applies: |entry, _| is(entry, &["sk.kl_divergence"]),
    },
    Reason {
        why: "aif360.sklearn counts the classes within each group: one of a single class is smoothed \
              less, to a rate of 1",
        most: 15,
        applies: |entry, _| is(entry, &["sk.smoothed_edf", "sk.df_bias_amplification"]),
    },
    Reason {
        why: "generalized rates of the other class: AI Fairness 360 keeps the score of the positive one",
        most: 96,
        applies: |entry, ours| {
            let theirs = entry.values();
            let turned = ours.iter().zip(&theirs).all(|pair| match pair {
                (Some(ours), Some(theirs)) => (ours + theirs - 1.0).abs() < 1e-9,
                _ => false,
            });
            is(
                entry,
                &["generalized_true_positive", "generalized_false_positive"],
            ) && turned
        },
    },
    Reason {
        why: "the ratio of numbers of different sign says nothing",
        most: 42,
        applies: |entry, _| is(entry, &["mean_signed_error_score.ratio"]),
    },
    Reason {
        why: "calibration bins are closed on the right here, on the left there",
        most: 27,
        applies: |entry, _| is(entry, &["ece10", "mce10"]),
    },
    Reason {
        why: "scores of 0 and 1 are clipped at 2⁻⁵² here, as scikit-learn does, at 1e-15 there",
        most: 168,
        applies: |entry, _| is(entry, &["log_loss"]),
    },
    Reason {
        why: "a stratum with one outcome says nothing and is left out here; Clarify counts it",
        most: 61,
        applies: |entry, _| is(entry, &["clarify.CDD"]),
    },
    Reason {
        why: "Clarify leaves out a class that one side lacks",
        most: 93,
        applies: |entry, _| {
            is(
                entry,
                &[
                    "clarify.KL",
                    "clarify.JS",
                    "clarify.LP",
                    "clarify.TVD",
                    "clarify.KS",
                ],
            )
        },
    },
    Reason {
        why: "generalized entropy at α = 0: AI Fairness 360 divides by the mean once too often",
        most: 28,
        applies: |entry, _| entry.metric().contains("alpha0"),
    },
];

/// The reason for this difference.
pub fn reason(entry: &Entry, ours: &Numbers) -> Option<&'static str> {
    let found = REASONS.iter().find(|reason| (reason.applies)(entry, ours));
    found.map(|reason| reason.why)
}

/// Why an entry is not compared at all, whatever the report says.
pub fn left_out(entry: &Entry) -> Option<&'static str> {
    let metric = entry.metric();
    let later = [
        "mitigation",
        "aif360mit",
        "dice-ml",
        "actionable-recourse",
        "statsmodels",
    ];
    if entry.is_told_only() {
        return Some("told for information, by its own recorder's word");
    }
    if entry.text("suite").is_some() || later.contains(&entry.tool()) {
        return Some("mitigation, models and recourse: no part of an audit yet");
    }
    if metric.starts_with("glm.") || metric.contains("reweighing") {
        return Some("mitigation, models and recourse: no part of an audit yet");
    }
    if entry.text("filter").is_some() {
        return Some("of some of the rows: rows are not filtered yet");
    }
    if entry.text("rule").is_some() {
        return Some("of bands by a rule: `> 40` is closed on the other side than ours");
    }
    if metric.starts_with("mcc.ratio") {
        return Some("the ratio of two correlation coefficients says nothing");
    }
    let other = entry
        .text("pred_rule")
        .is_some_and(|rule| rule.contains("High"));
    other.then_some("decisions made of another column than the recorded one")
}
