//! Laws over the whole registry: a new metric is tested here with no new test.

use std::collections::BTreeMap;

use fair_audit::data::{Favorable, Group, Plan, Ranks};
use fair_audit::metrics::compare::{group, measures};
use fair_audit::metrics::{Against, Eval, Metric, Undefined, Value, all, find, performance};
use fair_audit::stats::Merge;
use fair_audit::tally::{Row, Table, Tally, table};
use proptest::prelude::*;

use crate::made::{self, Line};

const AGAINST: [Against; 4] = [
    Against::Extremes,
    Against::Reference,
    Against::Rest,
    Against::Overall,
];

/// Metrics of size, or with a prior that weighs as much as one row.
const OF_SIZE: [&str; 5] = [
    "rows",
    "weight",
    "label_smoothed_empirical_differential_fairness",
    "prediction_smoothed_empirical_differential_fairness",
    "differential_fairness_bias_amplification",
];

/// Two sensitive axes with two and three values, and a control with two.
const SIZES: [u32; 3] = [2, 3, 2];

fn line(weighted: bool) -> impl Strategy<Value = Line> {
    // A code of as much as the size is the missing value.
    let codes = (0..=SIZES[0], 0..=SIZES[1], 0..=SIZES[2]);
    let outcome = prop_oneof![4 => 0_usize..2, 1 => Just(2_usize)];
    let score =
        prop_oneof![6 => (0_u32..=20).prop_map(|s| Some(f64::from(s) / 20.0)), 1 => Just(None)];
    let weight = (1_u32..40).prop_map(move |w| weighted.then_some(f64::from(w) / 7.0));
    (codes, outcome.clone(), outcome, score, weight).prop_map(
        |((a, b, c), label, decision, score, weight)| Line {
            codes: vec![a, b, c],
            label,
            decision,
            score,
            weight,
        },
    )
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    any::<bool>().prop_flat_map(|weighted| prop::collection::vec(line(weighted), 1..60))
}

fn tally(lines: &[Line]) -> Tally {
    made::tally(&made::axes(&SIZES, 1), lines, true)
}

fn tables(tally: &Tally, favorable: Favorable) -> Vec<Table> {
    table::tables(tally, &made::plan(&[&[0], &[1], &[0, 1]], favorable))
}

/// What a number is of: attribute, metric, against what, which group.
type Key = (String, &'static str, Option<Against>, Option<Group>);

/// Every number there is.
fn numbers(tables: &[Table]) -> BTreeMap<Key, Value> {
    let mut numbers = BTreeMap::new();
    for table in tables {
        for metric in all() {
            for row in &table.rows {
                if let Some(found) = group(metric, row, table) {
                    let key = (
                        table.name.clone(),
                        metric.name,
                        None,
                        Some(row.group.clone()),
                    );
                    numbers.insert(key, found.value);
                }
            }
            for against in AGAINST {
                for measure in measures(metric, table, against) {
                    // Of equal groups the first is named: names of extremes are no numbers.
                    let group = measure.group.filter(|_| against != Against::Extremes);
                    let group = group.map(|at| table.rows[at].group.clone());
                    let key = (table.name.clone(), metric.name, Some(against), group);
                    numbers.insert(key, measure.value);
                }
            }
        }
    }
    numbers
}

fn close(a: Value, b: Value) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0),
        (a, b) => a == b,
    }
}

fn alike(one: &[Table], other: &[Table], but: &[&str]) -> Result<(), TestCaseError> {
    let (one, other) = (numbers(one), numbers(other));
    prop_assert_eq!(
        one.keys().collect::<Vec<_>>(),
        other.keys().collect::<Vec<_>>()
    );
    for (key, value) in &one {
        if !but.contains(&key.1) {
            prop_assert!(
                close(*value, other[key]),
                "{key:?}: {value:?}, {:?}",
                other[key]
            );
        }
    }
    Ok(())
}

/// The same tally with the names of the first axis's values reversed: the groups in other order.
fn reversed(lines: &[Line]) -> Tally {
    let mut lines = lines.to_vec();
    for line in &mut lines {
        if line.codes[0] < SIZES[0] {
            line.codes[0] = SIZES[0] - 1 - line.codes[0];
        }
    }
    let mut axes = made::axes(&SIZES, 1);
    axes[0].values.reverse();
    made::tally(&axes, &lines, true)
}

fn in_range(metric: &Metric, value: f64) -> bool {
    let slack = 1e-12;
    (metric.range.0 - slack..=metric.range.1 + slack).contains(&value)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_metric_needs_no_more_of_the_ranking_than_it_says(lines in lines()) {
        let tally = tally(&lines);
        let mut plan = made::plan(&[&[0], &[1], &[0, 1]], Favorable::Positive);
        let of = |plan: &fair_audit::data::Plan| numbers(&table::tables(&tally, plan));
        let full = of(&plan);
        for ranks in [Ranks::Nothing, Ranks::Values, Ranks::Groups, Ranks::Others] {
            plan.ranks = ranks;
            for (key, value) in of(&plan) {
                let metric = find(key.1).unwrap();
                // What groups are held against must then be ranked as well.
                let others = matches!(key.2, Some(Against::Rest | Against::Overall));
                let asks = match performance::ranks(metric) {
                    Ranks::Values if others => Ranks::Others,
                    asks => asks,
                };
                if asks <= ranks {
                    prop_assert_eq!(value, full[&key], "{}", metric.name);
                }
            }
        }
    }

    #[test]
    fn weight_2_is_the_row_twice(lines in prop::collection::vec(line(false), 1..40)) {
        let twice: Vec<Line> = lines.iter().flat_map(|l| [l.clone(), l.clone()]).collect();
        let mut weighted = lines;
        for line in &mut weighted {
            line.weight = Some(2.0);
        }
        let (twice, weighted) = (tally(&twice), tally(&weighted));
        let favorable = Favorable::Positive;
        alike(&tables(&twice, favorable), &tables(&weighted, favorable), &["rows"])?;
    }

    #[test]
    fn all_rows_twice_is_the_same_value(lines in lines()) {
        let twice: Vec<Line> = lines.iter().flat_map(|l| [l.clone(), l.clone()]).collect();
        let (once, twice) = (tally(&lines), tally(&twice));
        let favorable = Favorable::Negative;
        alike(&tables(&once, favorable), &tables(&twice, favorable), &OF_SIZE)?;
    }

    #[test]
    fn the_order_of_groups_changes_no_number(lines in lines()) {
        // Which of two equally large groups is the reference does depend on their order.
        let (one, other) = (tally(&lines), reversed(&lines));
        let mut plan = made::plan(&[&[0], &[1], &[0, 1]], Favorable::Positive);
        plan.reference.0 = fair_audit::data::Reference::Rest;
        alike(&table::tables(&one, &plan), &table::tables(&other, &plan), &[])?;
    }

    #[test]
    fn the_order_of_rows_changes_no_bit(lines in lines()) {
        let mut turned = lines.clone();
        turned.reverse();
        let (one, other) = (tally(&lines), tally(&turned));
        let favorable = Favorable::Positive;
        prop_assert_eq!(numbers(&tables(&one, favorable)), numbers(&tables(&other, favorable)));
    }

    #[test]
    fn parts_merged_are_the_whole(lines in lines(), cut in 0_usize..60) {
        let cut = cut.min(lines.len());
        let whole = made::tally(&made::axes(&SIZES, 1), &lines, false);
        let mut merged = made::tally(&made::axes(&SIZES, 1), &lines[..cut], false);
        let other = made::tally(&made::axes(&SIZES, 1), &lines[cut..], false);
        for (key, cell) in &other.cells {
            merged.cells.entry(key.clone()).or_default().merge(cell);
        }
        merged.score_range = whole.score_range;
        prop_assert_eq!(&merged, &whole);
        let favorable = Favorable::Positive;
        prop_assert_eq!(numbers(&tables(&merged, favorable)), numbers(&tables(&whole, favorable)));
    }

    #[test]
    fn every_number_is_in_its_range_or_has_a_reason(lines in lines()) {
        let tally = tally(&lines);
        for favorable in [Favorable::Positive, Favorable::Negative] {
            for (key, value) in numbers(&tables(&tally, favorable)) {
                let metric = fair_audit::metrics::find(key.1).expect("it was found by name");
                if let Ok(value) = value {
                    prop_assert!(in_range(metric, value), "{key:?}: {value}");
                    let extremes = key.2 == Some(Against::Extremes);
                    if extremes && matches!(metric.eval, Eval::Gap(..)) {
                        prop_assert!(value >= 0.0, "{key:?}: {value}");
                    }
                }
            }
        }
    }

    #[test]
    fn groups_that_are_alike_have_the_ideal(lines in prop::collection::vec(line(false), 1..30)) {
        let mut both = Vec::new();
        for line in &lines {
            for code in 0..2 {
                let mut line = line.clone();
                line.codes[0] = code;
                both.push(line);
            }
        }
        let tally = tally(&both);
        let table = made::first(&tally, Favorable::Positive);
        for (key, value) in numbers(&[table]) {
            let metric = fair_audit::metrics::find(key.1).expect("it was found by name");
            // A share of the whole is no share of the whole's.
            let share = key.1.starts_with("share") && key.2 == Some(Against::Overall);
            if let (Some(ideal), Ok(value), false) = (metric.ideal, value, share) {
                prop_assert!((value - ideal).abs() <= 1e-12, "{key:?}: {value}");
            }
        }
    }

    #[test]
    fn a_rate_is_undefined_exactly_where_its_denominator_is_0(lines in lines()) {
        let tally = tally(&lines);
        for table in tables(&tally, Favorable::Positive) {
            for (metric, row) in all().flat_map(|m| table.rows.iter().map(move |r| (m, r))) {
                let found = group(metric, row, &table);
                if let Some((found, fraction)) = found.and_then(|f| Some((f.clone(), f.fraction?))) {
                    let empty = fraction.whole.rows == 0;
                    prop_assert_eq!(found.value.is_err(), empty, "{}", metric.name);
                    prop_assert!(fraction.part.rows <= fraction.whole.rows);
                }
            }
        }
    }

    #[test]
    fn a_single_group_is_never_fair(mut lines in lines()) {
        for line in &mut lines {
            line.codes[0] = 0;
        }
        let table = made::first(&tally(&lines), Favorable::Positive);
        for (key, value) in numbers(std::slice::from_ref(&table)) {
            let metric = fair_audit::metrics::find(key.1).expect("it was found by name");
            let compares = metric.ideal.is_some() && metric.name != "missing_share";
            prop_assert!(!compares || value.is_err(), "{key:?}: {value:?}");
        }
    }

    #[test]
    fn what_is_favorable_turns_favorable_rates_round_and_no_other(lines in lines()) {
        let tally = tally(&lines);
        let positive = numbers(&tables(&tally, Favorable::Positive));
        let negative = numbers(&tables(&tally, Favorable::Negative));
        for (key, value) in &positive {
            if key.1 == "favorable_rate" || key.1 == "favorable_label_rate" {
                let complement = negative[key].map(|rate| 1.0 - rate);
                prop_assert!(close(*value, complement), "{key:?}");
            }
            let metric = fair_audit::metrics::find(key.1).expect("it was found by name");
            let inequality = metric.family == fair_audit::metrics::Family::Inequality;
            if !inequality && !key.1.starts_with("favorable_") {
                prop_assert_eq!(*value, negative[key], "{:?}", key);
            }
        }
        // Favoring the negative is the same as swapping the classes of label and decision.
        let swap = |class: usize| if class == 2 { 2 } else { 1 - class };
        let mut swapped = lines;
        for line in &mut swapped {
            (line.label, line.decision) = (swap(line.label), swap(line.decision));
        }
        let swapped = numbers(&tables(&made::tally(&tally.axes, &swapped, true), Favorable::Positive));
        for (key, value) in &negative {
            let metric = fair_audit::metrics::find(key.1).expect("it was found by name");
            if metric.family == fair_audit::metrics::Family::Inequality {
                prop_assert!(close(*value, swapped[key]), "{key:?}: {value:?} {:?}", swapped[key]);
            }
        }
    }

    #[test]
    fn no_row_is_lost_and_the_rest_is_all_but_the_group(lines in lines()) {
        let tally = tally(&lines);
        for table in tables(&tally, Favorable::Positive) {
            let rows: u64 = table.rows.iter().map(|row| row.cell.total().rows).sum();
            prop_assert_eq!(rows, lines.len() as u64);
            for (at, row) in table.compared_rows().iter().enumerate() {
                prop_assert_eq!(table.find(&row.group), Some(at));
                let mut rest = fair_audit::tally::Cell::default();
                let others = table.compared_rows().iter().enumerate().filter(|(i, _)| *i != at);
                for (_, other) in others {
                    rest.merge(&other.cell);
                }
                let found = table.rest_with_scores(row);
                prop_assert_eq!(found.rows, rest.rows);
                prop_assert_eq!(found.total(), rest.total());
                prop_assert_eq!(table.rest(row).total(), rest.total());
                let sums = |row: &fair_audit::tally::Cell| row.scores.clone().unwrap_or_default();
                prop_assert_eq!(sums(&found), sums(&rest));
            }
        }
    }
}

#[test]
fn names_are_unique_and_bases_exist() {
    let mut names = std::collections::BTreeSet::new();
    for metric in all() {
        for name in std::iter::once(&metric.name).chain(metric.aliases) {
            assert!(names.insert(*name), "{name} is there twice");
            assert!(
                name.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            );
        }
        for text in [
            metric.formula,
            metric.meaning,
            metric.source,
            metric.misleads,
        ] {
            assert!(!text.is_empty(), "{} says nothing", metric.name);
        }
        if let Eval::Gap(_, bases, _) = metric.eval {
            for base in bases {
                let base = fair_audit::metrics::find(base).expect("a base is a metric");
                assert!(base.is_of_group(), "{} is of no group", base.name);
            }
        }
    }
}

#[test]
fn an_empty_tally_has_no_number_and_no_panic() {
    let tally = tally(&[]);
    for table in tables(&tally, Favorable::Positive) {
        for metric in all() {
            for against in AGAINST {
                for measure in measures(metric, &table, against) {
                    assert_eq!(measure.value, Err(Undefined::NoRows), "{}", metric.name);
                }
            }
        }
    }
    let row = Row::default();
    let table = made::first(&tally, Favorable::Positive);
    for metric in all() {
        let found = group(metric, &row, &table);
        let sizes = ["rows", "weight"].contains(&metric.name);
        assert!(
            sizes || found.is_none_or(|found| found.value.is_err()),
            "{}",
            metric.name
        );
    }
}

proptest! {
    #[test]
    fn a_stratum_is_the_table_of_its_rows(lines in lines()) {
        let plan = Plan {
            ranks: Ranks::Areas,
            ..made::plan(&[&[0]], Favorable::Positive)
        };
        let axes = made::axes(&SIZES, 1);
        let of = |lines: &[Line]| table::tables(&made::tally(&axes, lines, true), &plan);
        let tables = of(&lines);
        for stratum in &tables[1].strata {
            let is_in = |line: &&Line| {
                let value = axes[2].values.get(line.codes[2] as usize);
                let name = value.map_or("(missing)", String::as_str);
                stratum.stratum.as_ref().is_some_and(|group| group.to_string() == name)
            };
            let own: Vec<Line> = lines.iter().filter(is_in).cloned().collect();
            let alone = &of(&own)[1];
            prop_assert_eq!(stratum.rows.len(), alone.rows.len());
            for (within, row) in stratum.rows.iter().zip(&alone.rows) {
                // The reference is the one of all rows, and may not be there; within a stratum there
                // is nothing more to condition on.
                let own = |name: &str| name == "abroca" || name.contains("_conditional_");
                for metric in all().filter(|metric| !own(metric.name)) {
                    let within = group(metric, within, stratum).map(|found| found.value);
                    let row = group(metric, row, alone).map(|found| found.value);
                    prop_assert_eq!(within, row, "{}", metric.name);
                }
            }
        }
    }
}
