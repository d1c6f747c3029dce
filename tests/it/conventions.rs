//! What a number means where the field disagrees: zero denominators, undefined groups, one group,
//! references; and a published example.

use fair_audit::data::{Coordinate, Favorable, Group, Reference};
use fair_audit::metrics::compare::{Measure, group, measures, undefined};
use fair_audit::metrics::{Against, Undefined, Value, find};
use fair_audit::tally::{Table, table};

use crate::made::{self, Line};

/// Groups by (tp, fp, fn, tn).
fn groups(counts: &[(usize, usize, usize, usize)]) -> Vec<Line> {
    let mut lines = Vec::new();
    for (code, &(tp, fp, fn_, tn)) in counts.iter().enumerate() {
        for (label, decision, rows) in [(1, 1, tp), (0, 1, fp), (1, 0, fn_), (0, 0, tn)] {
            for _ in 0..rows {
                lines.push(Line {
                    codes: vec![code as u32],
                    label,
                    decision,
                    score: None,
                    weight: None,
                });
            }
        }
    }
    lines
}

fn table(counts: &[(usize, usize, usize, usize)], favorable: Favorable) -> Table {
    let axes = made::axes(&[counts.len() as u32], 0);
    made::first(&made::tally(&axes, &groups(counts), false), favorable)
}

fn of(metric: &str, table: &Table, against: Against) -> Vec<Measure> {
    measures(find(metric).unwrap(), table, against)
}

fn gap(metric: &str, table: &Table) -> Value {
    of(metric, table, Against::Extremes)[0].value
}

fn near(found: Value, expected: f64) {
    let value = found.unwrap();
    assert!((value - expected).abs() < 1e-12, "{value}, not {expected}");
}

/// The example of fairlearn's user guide, "Performing a fairness assessment", groups a, b, c; the
/// numbers are fairlearn 0.15's.
fn fairlearn() -> Table {
    table(
        &[(1, 2, 1, 0), (3, 0, 2, 1), (2, 2, 3, 1)],
        Favorable::Positive,
    )
}

#[test]
fn the_example_of_fairlearn_has_its_numbers() {
    let table = fairlearn();
    near(gap("demographic_parity_difference", &table), 0.25);
    near(gap("demographic_parity_ratio", &table), 2.0 / 3.0);
    near(gap("equal_opportunity_difference", &table), 0.2);
    near(gap("equalized_odds_difference", &table), 1.0);
    near(gap("equalized_odds_difference_mean", &table), 0.6);
    near(gap("equalized_odds_ratio", &table), 0.0);
    near(gap("equalized_odds_ratio_mean", &table), 1.0 / 3.0);
    near(
        gap("matthews_correlation_coefficient_difference", &table),
        1.024_563_864_689_583_8,
    );
    // scikit-learn 1.9.1's balanced_accuracy_score(adjusted=True).
    near(gap("informedness_difference", &table), 1.1);
    let overall = of("accuracy_difference", &table, Against::Overall);
    let worst = overall
        .iter()
        .map(|m| m.value.unwrap().abs())
        .fold(0.0, f64::max);
    assert!((worst - 0.222_222_222_222_222_2).abs() < 1e-12);
}

#[test]
fn gaps_name_their_groups_and_their_fractions() {
    let table = fairlearn();
    let measure = &of("true_positive_rate_difference", &table, Against::Extremes)[0];
    let name = |row: &Option<usize>| table.rows[row.unwrap()].group.to_string();
    assert_eq!(
        (name(&measure.group), name(&measure.reference)),
        ("v2".into(), "v1".into())
    );
    let (low, high) = measure.fractions().unwrap();
    assert_eq!((low.part.rows, low.whole.rows), (2, 5));
    assert_eq!((high.part.rows, high.whole.rows), (3, 5));
    assert_eq!(measure.all[0].len(), 3);
}

#[test]
fn average_odds_are_the_largest_over_all_pairs() {
    let counts = [
        (5, 1, 3, 7),
        (2, 6, 6, 2),
        (7, 3, 1, 5),
        (1, 1, 7, 7),
        (4, 4, 4, 4),
    ];
    let table = table(&counts, Favorable::Positive);
    let rates = counts
        .map(|(tp, fp, fn_, tn)| (tp as f64 / (tp + fn_) as f64, fp as f64 / (fp + tn) as f64));
    let (mut signed, mut sizes) = (0.0_f64, 0.0_f64);
    for a in rates {
        for b in rates {
            signed = signed.max((a.0 - b.0 + a.1 - b.1) / 2.0);
            sizes = sizes.max(f64::midpoint((a.0 - b.0).abs(), (a.1 - b.1).abs()));
        }
    }
    near(gap("average_odds_difference", &table), signed);
    near(gap("average_absolute_odds_difference", &table), sizes);
}

#[test]
fn a_ratio_to_nothing_has_a_reason() {
    let table = table(&[(0, 0, 3, 7), (2, 3, 1, 4)], Favorable::Positive);
    near(gap("selection_rate_ratio", &table), 0.0);
    let ratios = of("selection_rate_ratio", &table, Against::Rest);
    assert_eq!(ratios[0].value, Ok(0.0));
    assert_eq!(ratios[1].value, Err(Undefined::ReferenceIsZero));
    let nobody = self::table(&[(0, 0, 3, 7), (0, 0, 1, 4)], Favorable::Positive);
    assert_eq!(
        gap("selection_rate_ratio", &nobody),
        Err(Undefined::ZeroDenominator)
    );
    near(gap("selection_rate_difference", &nobody), 0.0);
}

#[test]
fn a_group_without_positives_is_left_out_and_told() {
    let table = table(
        &[(0, 2, 0, 6), (4, 1, 4, 3), (6, 1, 2, 3)],
        Favorable::Positive,
    );
    let measure = &of("true_positive_rate_difference", &table, Against::Extremes)[0];
    near(measure.value, 0.25);
    assert!(measure.partial);
    let metric = find("equalized_odds_difference").unwrap();
    let told = undefined(metric, &table);
    assert_eq!(
        told,
        [(table.rows[0].group.clone(), Undefined::NoPositives)]
    );
    assert!(of("equalized_odds_difference", &table, Against::Extremes)[0].partial);
    let rest = of("true_positive_rate_difference", &table, Against::Rest);
    assert_eq!(rest[0].value, Err(Undefined::NoPositives));
    // The rest of the second group is the first (no positives) and the third together.
    near(rest[1].value, -0.25);
}

#[test]
fn of_two_groups_one_undefined_leaves_nothing_to_compare() {
    let table = table(&[(0, 2, 0, 6), (4, 1, 4, 3)], Favorable::Positive);
    let measure = &of("true_positive_rate_difference", &table, Against::Extremes)[0];
    assert_eq!(
        (measure.value, measure.partial),
        (Err(Undefined::NoPositives), true)
    );
    let rest = of("true_positive_rate_difference", &table, Against::Rest);
    assert_eq!(rest[1].value, Err(Undefined::ReferenceIsUndefined));
}

#[test]
fn one_group_is_not_fair() {
    let table = table(&[(3, 1, 2, 4)], Favorable::Positive);
    for against in [Against::Extremes, Against::Rest, Against::Overall] {
        for measure in of("selection_rate_difference", &table, against) {
            assert_eq!(measure.value, Err(Undefined::OneGroup));
        }
    }
}

#[test]
fn missing_values_are_a_group_that_is_not_compared() {
    let mut lines = groups(&[(3, 1, 2, 4), (1, 1, 4, 4), (9, 9, 0, 0)]);
    let axes = made::axes(&[2], 0);
    lines.rotate_left(20);
    let table = made::first(&made::tally(&axes, &lines, false), Favorable::Positive);
    let last = table.rows.last().unwrap();
    assert!(last.missing && last.group.0 == [Coordinate::Missing]);
    near(gap("selection_rate_difference", &table), 0.2);
    near(gap("missing_share", &table), 18.0 / 38.0);
    let shares = table
        .rows
        .iter()
        .map(|row| group(find("share").unwrap(), row, &table));
    let sum: f64 = shares.map(|share| share.unwrap().value.unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-12);
}

#[test]
fn the_reference_is_the_largest_the_best_or_the_one_asked_for() {
    let lines = groups(&[(3, 1, 2, 4), (1, 1, 5, 5), (2, 3, 0, 0)]);
    let tally = made::tally(&made::axes(&[3], 0), &lines, false);
    let reference = |reference: Reference, favorable: Favorable, named: bool| {
        let mut plan = made::plan(&[&[0]], favorable);
        if named {
            plan.reference.1 = vec![("axis0".to_owned(), reference)];
        } else {
            plan.reference.0 = reference;
        }
        table::tables(&tally, &plan)[1].reference
    };
    let value = |text: &str| Reference::Value(text.to_owned());
    assert_eq!(
        reference(Reference::Largest, Favorable::Positive, false),
        Some(1)
    );
    assert_eq!(
        reference(Reference::Best, Favorable::Positive, true),
        Some(2)
    );
    assert_eq!(
        reference(Reference::Best, Favorable::Negative, false),
        Some(1)
    );
    assert_eq!(reference(Reference::Rest, Favorable::Positive, false), None);
    assert_eq!(reference(value("v0"), Favorable::Positive, true), Some(0));
    assert_eq!(reference(value("no such"), Favorable::Positive, true), None);
    assert_eq!(
        reference(value("no such"), Favorable::Positive, false),
        Some(1)
    );
}

#[test]
fn combinations_without_rows_are_listed_in_order() {
    let mut lines = Vec::new();
    for codes in [[0, 1], [1, 0], [1, 2], [2, 0]] {
        lines.push(Line {
            codes: codes.to_vec(),
            label: 1,
            decision: 1,
            score: None,
            weight: None,
        });
    }
    // The third value of the first axis has code 2 of 2: it is missing.
    let tally = made::tally(&made::axes(&[2, 3], 0), &lines, false);
    let plan = made::plan(&[&[0], &[0, 1]], Favorable::Positive);
    let tables = table::tables(&tally, &plan);
    assert!(tables[1].uncovered.is_empty());
    let listed: Vec<String> = tables[2].uncovered.iter().map(Group::to_string).collect();
    assert_eq!(listed, ["v0 & v0", "v0 & v2", "v1 & v1"]);
    assert_eq!(tables[2].uncovered_count, 3);
    assert_eq!(tables[2].compared_rows().len(), 3);
}

#[test]
fn conditional_disparity_has_the_number_of_clarify() {
    // amazon-sagemaker-clarify, tests/unit/bias/metrics/test_metrics.py, test_CDD.
    let rows = "M01 M10 M12 F02 F11 F01 F12 M11 M11 M12 M00 F11 M12 M10 F01 M01 F01 F02 M10 M01 F00 \
                M10 M11 F01";
    let digit = |byte: u8| u32::from(byte - b'0');
    let lines = rows.split_whitespace().map(|row| {
        let &[sex, label, stratum] = row.as_bytes() else {
            panic!("three letters")
        };
        Line {
            codes: vec![u32::from(sex == b'M'), digit(stratum)],
            label: digit(label) as usize,
            decision: 2,
            score: None,
            weight: None,
        }
    });
    let lines: Vec<Line> = lines.collect();
    let tally = made::tally(&made::axes(&[2, 3], 1), &lines, false);
    let table = made::first(&tally, Favorable::Positive);
    assert_eq!(table.strata.len(), 3);
    let cdd = group(find("cddl").unwrap(), &table.rows[0], &table)
        .unwrap()
        .value
        .unwrap();
    assert!((cdd - 0.398_214_285_7).abs() < 5.1e-10, "{cdd}");
}

#[test]
fn benefits_follow_the_favorable_outcome() {
    // AI Fairness 360 0.6.1 on COMPAS by sex (propublica/compas-analysis), recidivism positive;
    // its coefficient of variation is √2 times the textbook's.
    let counts = [(303, 288, 195, 609), (1732, 994, 1021, 2072)];
    for (favorable, index, theil, between) in [
        (
            Favorable::Positive,
            0.169_969_433_039_487_94,
            0.235_017_633_865_568_45,
            0.000_383_936_782_224_107_73,
        ),
        (
            Favorable::Negative,
            0.176_304_946_280_871_46,
            0.245_023_937_495_551_7,
            0.000_410_042_863_919_561_5,
        ),
    ] {
        let axes = made::axes(&[2], 0);
        let tally = made::tally(&axes, &groups(&counts), false);
        let tables = table::tables(&tally, &made::plan(&[&[0]], favorable));
        let of = |name: &str| {
            group(find(name).unwrap(), &tables[0].rows[0], &tables[0])
                .unwrap()
                .value
        };
        near(of("generalized_entropy_index"), index);
        near(of("theil_index"), theil);
        near(gap("between_group_theil_index", &tables[1]), between);
        assert_eq!(of("mean_log_deviation"), Err(Undefined::ZeroDenominator));
    }
}

/// One group of two heavy rows in the right order, two of light rows in the wrong one.
fn huge_and_tiny(heavy: f64, light: f64) -> Table {
    let row = |group, label, score, weight| Line {
        codes: vec![group],
        label,
        decision: label,
        score: Some(score),
        weight: Some(weight),
    };
    let lines = [
        row(0, 1, 0.9, heavy),
        row(0, 0, 0.1, heavy),
        row(1, 0, 0.8, light),
        row(1, 1, 0.2, light),
        row(2, 0, 0.85, light),
        row(2, 1, 0.3, light),
    ];
    made::first(
        &made::tally(&made::axes(&[3], 0), &lines, true),
        Favorable::Positive,
    )
}

#[test]
fn the_auc_of_a_small_rest_is_exact_or_said_to_be_lost() {
    let rest = |heavy: f64, light: f64| {
        let table = huge_and_tiny(heavy, light);
        let measures = of("auc_difference", &table, Against::Rest);
        measures[0].value
    };
    // Counts are exact however uneven.
    assert_eq!(rest(2e6, 1.0), Ok(1.0));
    // Weights that are no integers are rounded: little here, beyond six digits there.
    assert_eq!(rest(20.1, 0.1), Ok(1.0));
    assert_eq!(rest(2e7 + 0.1, 0.1), Err(Undefined::ReferenceIsUndefined));
}
