//! Groups in words: raw text for machines, escaped text for people.
//!
//! The values stand in the order of the attribute's columns. What would be nothing to see, or
//! could be taken for something else, is quoted.

use super::model::Values;
use super::safe::Safe;
use crate::data::group::MISSING;

/// The columns of a group in the order that its attribute names them.
fn ordered<'a>(group: &'a Values, attribute: &str) -> Vec<(&'a str, Option<&'a str>)> {
    let mut list: Vec<_> = group
        .iter()
        .map(|(column, value)| (column.as_str(), value.as_deref()))
        .collect();
    let parts: Vec<_> = attribute.split('*').collect();
    // A column name may itself hold a star: then the order of the names has to do.
    if parts.len() == list.len() && parts.iter().all(|p| group.contains_key(*p)) {
        list.sort_by_key(|(column, _)| parts.iter().position(|p| p == column));
    }
    list
}

/// The values as they are, joined by ` & `: `Female & Black`; `overall` is no values at all.
pub fn joined(group: &Values, attribute: &str) -> String {
    let values: Vec<_> = ordered(group, attribute)
        .into_iter()
        .map(|(_, value)| value.unwrap_or(MISSING))
        .collect();
    if values.is_empty() {
        "overall".to_owned()
    } else {
        values.join(" & ")
    }
}

/// Columns and values as they are: `sex=Female & race=Black`.
pub fn pairs(group: &Values) -> String {
    let pairs: Vec<_> = group
        .iter()
        .map(|(column, value)| format!("{column}={}", value.as_deref().unwrap_or(MISSING)))
        .collect();
    pairs.join(" & ")
}

/// The values for people: escaped, and quoted where they would not be seen for what they are.
pub fn shown(group: &Values, attribute: &str) -> String {
    let values: Vec<_> = ordered(group, attribute)
        .into_iter()
        .map(|(_, value)| value.map_or(MISSING.to_owned(), shown_value))
        .collect();
    if values.is_empty() {
        "overall".to_owned()
    } else {
        values.join(" & ")
    }
}

/// Columns and values for people.
pub fn shown_pairs(group: &Values) -> String {
    let pairs: Vec<_> = group
        .iter()
        .map(|(column, value)| {
            let value = value.as_deref().map_or(MISSING.to_owned(), shown_value);
            format!("{}={value}", Safe(column))
        })
        .collect();
    pairs.join(" & ")
}

fn shown_value(value: &str) -> String {
    if value.trim() != value || value.is_empty() || value == MISSING {
        format!("\"{}\"", Safe(value))
    } else {
        Safe(value).text()
    }
}

/// A metric's name in words: `TPR difference`, `selection-rate ratio`.
pub fn metric(name: &str) -> String {
    const SHORT: [(&str, &str); 9] = [
        ("true_positive_rate", "TPR"),
        ("false_positive_rate", "FPR"),
        ("true_negative_rate", "TNR"),
        ("false_negative_rate", "FNR"),
        ("positive_predictive_value", "PPV"),
        ("negative_predictive_value", "NPV"),
        ("false_discovery_rate", "FDR"),
        ("false_omission_rate", "FOR"),
        ("selection_rate", "selection-rate"),
    ];
    if name == "selection_rate" {
        return "selection rate".to_owned();
    }
    for (long, short) in SHORT {
        if let Some(rest) = name.strip_prefix(long) {
            return format!("{short}{}", rest.replace('_', " "));
        }
    }
    Safe(&name.replace('_', " ")).text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_read_in_the_order_of_their_attribute() {
        let group: Values = [
            ("race".to_owned(), Some(" Black".to_owned())),
            ("sex".to_owned(), None),
        ]
        .into_iter()
        .collect();
        assert_eq!(joined(&group, "sex*race"), "(missing) &  Black");
        assert_eq!(shown(&group, "sex*race"), "(missing) & \" Black\"");
        assert_eq!(shown_pairs(&group), "race=\" Black\" & sex=(missing)");
        assert_eq!(joined(&Values::default(), "overall"), "overall");
    }

    #[test]
    fn metric_names_read_as_words() {
        assert_eq!(metric("true_positive_rate_difference"), "TPR difference");
        assert_eq!(metric("selection_rate_ratio"), "selection-rate ratio");
        assert_eq!(metric("average_odds_difference"), "average odds difference");
    }
}
