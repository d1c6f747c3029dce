//! The catalogue of metrics as text: `fair-audit metrics [NAME]` and `docs/metrics.md`.
//!
//! In: the registry. Out: text of our own only, at most 80 columns wide, a newline at the end.

use std::fmt::Write;

use crate::data::Role;
use crate::metrics::{Better, Compare, Eval, Family, Metric, known};

/// Columns of a terminal that text is wrapped to.
const WIDTH: usize = 80;

/// Every metric by family: its name, and what it says in a line.
pub fn list() -> String {
    let widest = known().map(|metric| metric.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut family = None;
    for metric in known() {
        if family != Some(metric.family) {
            let gap = if family.is_some() { "\n" } else { "" };
            let _ = writeln!(
                text,
                "{gap}{}: {}",
                name(metric.family),
                about(metric.family)
            );
            family = Some(metric.family);
        }
        let indent = " ".repeat(4);
        if widest + 6 + 30 > WIDTH {
            let _ = writeln!(text, "  {}", metric.name);
            text.push_str(&wrapped(&indent, &indent, metric.meaning));
        } else {
            let first = format!("  {:widest$}  ", metric.name);
            let rest = " ".repeat(widest + 4);
            text.push_str(&wrapped(&first, &rest, metric.meaning));
        }
    }
    text
}

/// All that is known of a metric.
pub fn explain(metric: &Metric) -> String {
    let mut text = format!("{} ({})\n\n", metric.name, name(metric.family));
    text.push_str(&wrapped("", "", &sentence(metric.meaning)));
    text.push('\n');
    for (label, value) in fields(metric) {
        let first = format!("{label:<10}");
        text.push_str(&wrapped(&first, &" ".repeat(10), &value));
    }
    text
}

/// The whole catalogue, as `docs/metrics.md`.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Metrics\n\n\
         Generated from the registry; `UPDATE=1 cargo test generated` writes it again.\n\n\
         y is the label, ŷ the decision, s the score, w the weight; every probability is by weight.\n\
         Rates are of the positive class; the favorable outcome is the positive one unless\n\
         `--favorable negative`. A number that does not exist is `null` with a reason, never 0.\n\
         Over the extremes of an attribute a difference is max − min and a ratio min / max; against\n\
         a reference, the rest or all rows they are group − reference and group / reference.\n\
         A gap over groups of which some are undefined is flagged as partial; a single group has\n\
         no gap. Groups whose sensitive value is missing are shown and not compared.\n",
    );
    let mut family = None;
    for metric in known() {
        if family != Some(metric.family) {
            let title = capital(name(metric.family));
            let _ = write!(text, "\n## {title}\n\n{}\n", sentence(about(metric.family)));
            family = Some(metric.family);
        }
        let _ = write!(
            text,
            "\n### `{}`\n\n{}\n\n",
            metric.name,
            sentence(metric.meaning)
        );
        for (label, value) in fields(metric) {
            let value = match label {
                "formula" | "aliases" | "of" => quoted(label, &value),
                _ => escaped(&value),
            };
            let _ = writeln!(text, "- {label}: {value}");
        }
    }
    text
}

/// Label and text of everything but name and meaning, in order; what a metric does not have is left
/// out.
fn fields(metric: &Metric) -> Vec<(&'static str, String)> {
    let mut fields = vec![("formula", metric.formula.to_owned())];
    if let Eval::Gap(_, bases, _) = metric.eval {
        fields.push(("of", bases.join(", ")));
    }
    fields.push(("range", range(metric)));
    if let Some(ideal) = metric.ideal {
        fields.push(("ideal", ideal.to_string()));
    }
    fields.push(("better", better(metric).to_owned()));
    fields.push(("needs", needs(metric)));
    if !metric.aliases.is_empty() {
        fields.push(("aliases", metric.aliases.join(", ")));
    }
    fields.push(("misleads", metric.misleads.to_owned()));
    fields.push(("source", metric.source.to_owned()));
    fields
}

fn range(metric: &Metric) -> String {
    let end = |value: f64| {
        if value == f64::INFINITY {
            "∞".to_owned()
        } else if value == f64::NEG_INFINITY {
            "−∞".to_owned()
        } else {
            format!("{}", (value * 1e4).round() / 1e4).replace('-', "−")
        }
    };
    let (low, high) = metric.range;
    let over_extremes = match metric.eval {
        Eval::Gap(Compare::Difference, ..) => "; over extremes never negative",
        Eval::Gap(Compare::Ratio, ..) if high > 1.0 => "; over extremes at most 1",
        _ => "",
    };
    format!("{} to {}{over_extremes}", end(low), end(high))
}

fn better(metric: &Metric) -> &'static str {
    match metric.better {
        Better::Higher => "higher",
        Better::Lower => "lower, in size",
        Better::Ideal => "close to the ideal",
        Better::Neither => "neither by itself",
    }
}

fn needs(metric: &Metric) -> String {
    if metric.needs.is_empty() {
        return "a sensitive column only".to_owned();
    }
    let role = |role: &Role| match role {
        Role::Sensitive => "a sensitive column",
        Role::Control => "a control column",
        Role::Label => "a label",
        Role::Prediction => "a prediction",
        Role::Score => "a score",
        Role::Weight => "a weight",
    };
    metric.needs.iter().map(role).collect::<Vec<_>>().join(", ")
}

fn name(family: Family) -> &'static str {
    match family {
        Family::Representation => "representation",
        Family::Independence => "independence",
        Family::Separation => "separation",
        Family::Sufficiency => "sufficiency",
        Family::Performance => "performance",
        Family::Inequality => "inequality",
        Family::Justice => "justice",
    }
}

fn about(family: Family) -> &'static str {
    match family {
        Family::Representation => "of the data alone: who is in it, and how labels lie",
        Family::Independence => "are decisions independent of the group",
        Family::Separation => "are decisions independent of the group, given the truth",
        Family::Sufficiency => "is the truth independent of the group, given the decision",
        Family::Performance => "how good decisions and scores are, and for whom",
        Family::Inequality => "how unequally the benefits of decisions are spread",
        Family::Justice => "what a model that is asked answers (`--justice`)",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A capital letter in front and a full stop behind; names of columns of formulas stay small.
fn sentence(text: &str) -> String {
    format!("{}.", capital(text))
}

fn quoted(label: &str, value: &str) -> String {
    if label == "formula" {
        return format!("`{value}`");
    }
    let names: Vec<String> = value.split(", ").map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// What Markdown would take for markup.
fn escaped(text: &str) -> String {
    text.replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('*', "\\*")
}

/// Words in lines of at most [`WIDTH`] characters, `first` in front of the first and `rest` in front
/// of the others.
fn wrapped(first: &str, rest: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = first.to_owned();
    let mut bare = true;
    for word in text.split_whitespace() {
        let width = line.chars().count() + usize::from(!bare) + word.chars().count();
        if !bare && width > WIDTH {
            lines.push_str(line.trim_end());
            lines.push('\n');
            rest.clone_into(&mut line);
            bare = true;
        }
        if !bare {
            line.push(' ');
        }
        line.push_str(word);
        bare = false;
    }
    lines.push_str(line.trim_end());
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::find;

    #[test]
    fn every_metric_is_listed_once_and_fits_the_terminal() {
        let list = list();
        for metric in known() {
            let lines = list.lines().map(|line| line.split_whitespace().next());
            assert_eq!(
                lines.filter(|name| *name == Some(metric.name)).count(),
                1,
                "{}",
                metric.name
            );
        }
        for text in known().map(explain).chain([list]) {
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(WIDTH), "{text}");
        }
    }

    #[test]
    fn an_explanation_says_what_a_gap_is_of_and_what_others_call_it() {
        let text = explain(find("demographic_parity_difference").unwrap());
        assert!(text.starts_with("selection_rate_difference (independence)\n"));
        assert!(text.contains("\nof        selection_rate\n"), "{text}");
        assert!(text.contains("demographic_parity_difference"), "{text}");
        assert!(
            text.contains("range     −1 to 1; over extremes never negative\n"),
            "{text}"
        );
    }

    #[test]
    fn the_document_has_a_heading_for_every_metric() {
        let text = markdown();
        for metric in known() {
            assert!(
                text.contains(&format!("\n### `{}`\n", metric.name)),
                "{}",
                metric.name
            );
        }
    }
}
