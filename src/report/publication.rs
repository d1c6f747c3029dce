//! The table that a law asks to publish: categories with applicants, rates and impact ratios.
//!
//! In: the groups of a report. Out: one table for each attribute of one or two columns, and its
//! columns as text. New York City, 6 RCNY § 5-301: impact ratio = a category's rate / the highest
//! rate; a category of less than 2 % of the data may be left out of the ratios (subdivision d).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::groups::{self, SUPPRESSED, Section};
use super::label::{joined, shown};
use super::layout::Column;
use super::model::{Report, Values};
use super::number::Numbers;
use super::safe::Safe;

/// Categories of fewer than one in so many are left out of the ratios: 2 %.
const ONE_IN: u64 = 50;

/// Tables to publish.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Publication {
    /// The policy that asks for it: `nyc-ll144`.
    pub policy: String,
    /// What the rates are of.
    pub rate: Published,
    /// The median of the score, for scoring rates.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub median: Option<f64>,
    /// One for each attribute: single columns, then products of two.
    pub tables: Vec<PublishedTable>,
}

/// Which rate is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Published {
    /// The share of those who were selected.
    SelectionRate,
    /// The share of those whose score is above the median of all scores.
    ScoringRate,
}

/// The categories of one attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PublishedTable {
    /// Whose decisions.
    pub scenario: String,
    /// `sex`, `race`, `sex*race`.
    pub attribute: String,
    /// Applicants whose category is unknown: they are in no category; `null` where it is suppressed.
    pub unknown: Option<u64>,
    /// The categories, in the report's order.
    pub categories: Vec<Category>,
}

/// One category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Category {
    /// Which.
    pub group: Values,
    /// Applicants that were assessed: rows with a decision or a score, unweighted; `null` where the
    /// category is suppressed.
    pub applicants: Option<u64>,
    /// Those of them who were selected, or scored above the median.
    pub selected: Option<u64>,
    /// The share of the latter; `null` without applicants.
    pub rate: Option<f64>,
    /// The rate by the highest of all that are not excluded; `null` where that is 0 too.
    pub impact_ratio: Option<f64>,
    /// Less than 2 % of all applicants of a known category: left out of the ratios.
    pub excluded: bool,
}

/// The tables of a report.
pub fn of(report: &Report, policy: &str) -> Publication {
    let settings = &report.record.settings;
    let median = settings.get("median").map(|setting| setting.value.parse());
    let is_published = |section: &Section| {
        let columns = section.groups.first().map_or(0, |group| group.group.len());
        section.stratum.is_none() && (1..=2).contains(&columns)
    };
    let sections = groups::sections(report).into_iter().filter(is_published);
    Publication {
        policy: policy.to_owned(),
        rate: match median {
            Some(_) => Published::ScoringRate,
            None => Published::SelectionRate,
        },
        median: median.and_then(Result::ok),
        tables: sections
            .map(|section| table(&section, groups::punitive(report)))
            .collect(),
    }
}

fn table(section: &Section, punitive: bool) -> PublishedTable {
    let mut table = PublishedTable {
        scenario: section.scenario.to_owned(),
        attribute: section.attribute.to_owned(),
        unknown: Some(0),
        categories: Vec::new(),
    };
    for group in &section.groups {
        // A group without rows to tell is suppressed.
        let count = |of: Option<u64>| group.rows.map(|_| of.unwrap_or(0));
        let applicants = count(group.counts.predicted);
        let positive = count(group.counts.predicted_positive);
        if group.missing {
            let sum = table.unknown.zip(applicants);
            table.unknown = sum.map(|(a, b)| a.saturating_add(b));
            continue;
        }
        let both = applicants.zip(positive);
        let selected = both.map(|(all, positive)| {
            if punitive {
                all.saturating_sub(positive)
            } else {
                positive
            }
        });
        let rate = applicants.filter(|all| *all > 0).zip(selected);
        table.categories.push(Category {
            group: group.group.clone(),
            applicants,
            selected,
            rate: rate.map(|(all, selected)| selected as f64 / all as f64),
            impact_ratio: None,
            excluded: false,
        });
    }
    compare(&mut table.categories);
    table
}

/// Fills the impact ratios. The known applicants are what 2 % is of: they are fewer than all, so
/// that no category is left out which would not be under either reading. Where one is suppressed
/// there are no ratios: they would be of the highest rate of all, and say what it is at most.
fn compare(categories: &mut [Category]) {
    let known: Option<Vec<u64>> = categories.iter().map(|c| c.applicants).collect();
    let Some(known) = known else {
        return;
    };
    let all = known.iter().fold(0, |a: u64, b| a.saturating_add(*b));
    for (category, applicants) in categories.iter_mut().zip(known) {
        category.excluded = applicants.saturating_mul(ONE_IN) < all;
    }
    let compared = categories.iter().filter(|category| !category.excluded);
    let highest = compared.filter_map(|c| c.rate).fold(0.0, f64::max);
    for category in categories.iter_mut().filter(|c| !c.excluded) {
        category.impact_ratio = category.rate.filter(|_| highest > 0.0).map(|r| r / highest);
    }
}

/// The line above a table, as escaped text.
pub fn caption(publication: &Publication, table: &PublishedTable, several: bool) -> String {
    let scenario = if several {
        format!("{}, ", Safe(&table.scenario))
    } else {
        String::new()
    };
    let rate = match (publication.rate, publication.median) {
        (Published::SelectionRate, _) => "selection rates".to_owned(),
        (Published::ScoringRate, None) => "scoring rates".to_owned(),
        (Published::ScoringRate, Some(median)) => {
            format!("scoring rates, above the median score of {median}")
        }
    };
    let name = Safe(&table.attribute);
    format!("bias audit (Local Law 144), {scenario}{name}: {rate}")
}

/// The lines under a table.
pub fn foot(table: &PublishedTable, numbers: Numbers) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(unknown) = table.unknown {
        let unknown = numbers.of(unknown as usize, "applicant");
        lines.push(format!(
            "{unknown} of an unknown category, in no rate above"
        ));
    }
    if table.categories.iter().any(|c| c.applicants.is_none()) {
        lines.push(format!(
            "{SUPPRESSED} suppressed, and with it the impact ratios of the table: the rule asks for \
             them, publish them apart"
        ));
    }
    if table.categories.iter().any(|category| category.excluded) {
        let line =
            "< 2%: left out of the impact ratios; a summary must say why the auditor left it out";
        lines.push(line.to_owned());
    }
    lines
}

/// The columns of a table, as escaped text.
pub fn columns(publication: &Publication, table: &PublishedTable, numbers: Numbers) -> Vec<Column> {
    let (selected, rate) = match publication.rate {
        Published::SelectionRate => ("selected", "selection rate"),
        Published::ScoringRate => ("above median", "scoring rate"),
    };
    let list = &table.categories;
    let names = list.iter().map(|category| {
        let name = |f: fn(&Values, &str) -> String| f(&category.group, &table.attribute);
        (name(joined), name(shown))
    });
    let each = |text: &dyn Fn(&Category) -> String| list.iter().map(text).collect();
    let count = |n: Option<u64>| n.map_or(SUPPRESSED.to_owned(), |n| numbers.count(n));
    let share = |category: &Category| match category.rate {
        Some(share) => numbers.percent(share),
        None if category.applicants.is_none() => SUPPRESSED.to_owned(),
        None => numbers.none().to_owned(),
    };
    let ratio = |category: &Category| match category.impact_ratio {
        Some(ratio) => numbers.decimal(ratio, 3),
        None if category.excluded => "< 2%".to_owned(),
        None => numbers.none().to_owned(),
    };
    vec![
        Column::names("category", names.collect()),
        Column::numbers("applicants", 0, each(&|c| count(c.applicants))),
        Column::numbers(selected, 1, each(&|c| count(c.selected))),
        Column::numbers(rate, 0, each(&share)),
        Column::numbers("impact ratio", 0, each(&ratio)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(applicants: u64, selected: u64) -> Category {
        Category {
            group: Values::default(),
            applicants: Some(applicants),
            selected: Some(selected),
            rate: Some(selected as f64 / applicants as f64),
            impact_ratio: None,
            excluded: false,
        }
    }

    fn ratios(counts: &[(u64, u64)]) -> Vec<Option<String>> {
        let mut list: Vec<Category> = counts.iter().map(|&(n, s)| category(n, s)).collect();
        compare(&mut list);
        let text = |c: &Category| c.impact_ratio.map(|ratio| format!("{ratio:.2}"));
        list.iter().map(text).collect()
    }

    #[test]
    fn the_example_of_the_rule_itself() {
        // 6 RCNY § 5-301, the example of a scoring tool: men 92 applicants, 54.3 %, 1.00; women
        // 76, 44.7 %, 0.82. Of 92 and 76, 50 and 34 are the only counts of these rates.
        let told = |ratio: &str| Some(ratio.to_owned());
        assert_eq!(ratios(&[(92, 50), (76, 34)]), [told("1.00"), told("0.82")]);
        // Hispanic 28, White 40, Black 32, Pacific Islander 8, Asian 24: 64.2 (18 are 64.28 %),
        // 37.5, 50.0, 62.5 and 41.7 %; ratios 1.00, 0.58, 0.78, 0.97, 0.65.
        let race = [(28, 18), (40, 15), (32, 16), (8, 5), (24, 10)];
        let published = ["1.00", "0.58", "0.78", "0.97", "0.65"].map(told);
        assert_eq!(ratios(&race), published);
    }

    #[test]
    fn a_category_under_two_percent_is_left_out_and_is_no_measure_for_the_others() {
        // 19 of 1,000 are 1.9 %, 20 are 2 %.
        let told = ratios(&[(961, 480), (20, 10), (19, 19)]);
        assert_eq!(told[0].as_deref(), Some("1.00"));
        assert_eq!(told[2], None);
        assert_eq!(ratios(&[(980, 490), (20, 20)])[1].as_deref(), Some("1.00"));
    }

    #[test]
    fn where_nobody_is_selected_there_is_no_ratio() {
        assert_eq!(ratios(&[(10, 0), (10, 0)]), [None, None]);
    }
}
