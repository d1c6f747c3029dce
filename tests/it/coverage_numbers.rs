//! What intervals of numbers that are no rates promise, counted: scores, labels and decisions are
//! made of a known law, and the numbers of a very large sample are taken for the truth.
//!
//! `cargo test --release --test it -- --ignored --nocapture coverage_of_numbers`

use fair_audit::data::Favorable;
use fair_audit::infer;
use fair_audit::metrics::compare::{group, measures};
use fair_audit::metrics::{Against, find};
use fair_audit::stats::Amount;
use fair_audit::stats::random::{Multinomial, Stream, Streams};
use fair_audit::stats::redraw::{replicates, wide_interval};
use fair_audit::tally::{Cell, Table, Tally};

use crate::coverage::{CONFIDENCE, mean, share, simulate};
use crate::made::{self, Line};

/// A group's scores: how far those of positives are from those of negatives, in standard
/// deviations, and the share of positives.
#[derive(Clone, Copy, PartialEq)]
struct Law {
    apart: f64,
    positives: f64,
}

const USUAL: Law = Law {
    apart: 1.5,
    positives: 0.3,
};
const OTHER: Law = Law {
    apart: 1.0,
    positives: 0.4,
};
const RARE: Law = Law {
    apart: 2.5,
    positives: 0.1,
};

impl Law {
    /// A row, whose score is the probability that it is positive.
    fn line(self, group: u32, random: &mut Stream) -> Line {
        let label = usize::from(random.uniform() < self.positives);
        let x = random.normal() + self.apart * (label as f64 - 0.5);
        let odds = self.positives / (1.0 - self.positives) * (self.apart * x).exp();
        let score = odds / (1.0 + odds);
        Line {
            codes: vec![group],
            label,
            decision: usize::from(score > 0.3),
            score: Some(score),
            weight: None,
        }
    }
}

fn table(laws: &[Law], rows: usize, random: &mut Stream) -> Table {
    let groups = laws.iter().enumerate();
    let lines: Vec<Line> = groups
        .flat_map(|(at, law)| {
            let lines = (0..rows).map(|_| law.line(at as u32, random));
            lines.collect::<Vec<Line>>()
        })
        .collect();
    let tally = made::tally(&made::axes(&[laws.len() as u32], 0), &lines, true);
    made::first(&tally, Favorable::Positive)
}

/// A number with the limits of its interval, if it has one.
type Found = Option<(f64, Option<(f64, f64)>)>;

/// A metric of the first group.
fn of_group(name: &str, table: &Table) -> Found {
    let metric = find(name).unwrap();
    let found = group(metric, &table.rows[0], table)?;
    let interval = infer::of_group(&found, metric.range, CONFIDENCE);
    Some((found.value.ok()?, interval.map(|i| (i.low, i.high))))
}

/// A comparison of all groups over extremes.
fn of_gap(name: &str, table: &Table) -> Found {
    let all = measures(find(name).unwrap(), table, Against::Extremes);
    let measure = all.first()?;
    let interval = infer::of_measure(measure, CONFIDENCE).interval;
    Some((measure.value.ok()?, interval.map(|i| (i.low, i.high))))
}

/// `covered | mean width | without interval` of what was found.
fn columns(found: &[Found], truth: f64) -> String {
    let limits: Vec<(f64, f64)> = found.iter().filter_map(|found| found.as_ref()?.1).collect();
    let none = 1.0 - limits.len() as f64 / found.len() as f64;
    // What is off by rounding alone is not off.
    let slack = 1e-12;
    let covered = share(&limits, |(low, high)| {
        *low - slack <= truth && truth <= *high + slack
    });
    let width = mean(&limits, |(low, high)| high - low);
    format!("{covered:.3} | {width:.3} | {none:.3} |")
}

const OF_ONE: [&str; 12] = [
    "auc",
    "mean_score",
    "calibration_in_the_large",
    "just_loss",
    "fair_loss",
    "brier_score",
    "expected_calibration_error",
    "maximum_calibration_error",
    "f1_score",
    "matthews_correlation_coefficient",
    "balanced_accuracy",
    "informedness",
];
const OF_ALL: [&str; 8] = [
    "auc_difference",
    "auc_ratio",
    "mean_score_difference",
    "brier_score_difference",
    "f1_score_difference",
    "equalized_odds_difference",
    "average_odds_difference",
    "average_absolute_odds_difference",
];

/// Rows of a table for these groups.
fn print(name: &str, laws: &[Law], samples: u64) {
    let is_one = laws.len() == 1;
    let all = if is_one { &OF_ONE[..] } else { &OF_ALL };
    let of = if is_one { of_group } else { of_gap };
    let large = table(laws, 600_000, &mut Streams::new(7).stream(0));
    // Groups of one law are alike, whatever a sample says.
    let is_alike = laws.len() > 1 && laws.iter().all(|law| *law == laws[0]);
    let truth = |metric: &str| match metric {
        "calibration_in_the_large"
        | "just_loss"
        | "expected_calibration_error"
        | "maximum_calibration_error" => 0.0,
        _ if is_alike => f64::from(u8::from(metric.ends_with("ratio"))),
        _ => of(metric, &large).unwrap().0,
    };
    for rows in [100, 1_000] {
        let found = simulate(samples, |random, _| {
            let table = table(laws, rows, random);
            all.iter().map(|metric| of(metric, &table)).collect()
        });
        for (at, metric) in all.iter().enumerate() {
            let found: Vec<Found> = found.iter().map(|all: &Vec<Found>| all[at]).collect();
            let truth = truth(metric);
            println!(
                "| {metric} | {name} | {rows} | {truth:.3} | {}",
                columns(&found, truth)
            );
        }
    }
}

const HEAD: &str = "| metric | groups | rows each | truth | covered | width | no interval |";

#[test]
#[ignore = "a simulation of a minute; it prints a table"]
fn coverage_of_numbers_of_one_group() {
    println!("{HEAD}\n{}|", "|--:".repeat(7));
    print("usual", &[USUAL], 2_000);
    print("rare", &[RARE], 2_000);
}

#[test]
#[ignore = "a simulation of some minutes; it prints a table"]
fn coverage_of_numbers_compared() {
    println!("{HEAD}\n{}|", "|--:".repeat(7));
    print("2 alike", &[USUAL; 2], 2_000);
    print("2 apart", &[USUAL, OTHER], 2_000);
    print("6 alike", &[USUAL; 6], 2_000);
    print(
        "1 of 6 apart",
        &[OTHER, USUAL, USUAL, USUAL, USUAL, USUAL],
        2_000,
    );
}

/// A table of labels by group.
fn labelled(counts: &[Amount]) -> Table {
    let mut tally = Tally {
        scenario: "as_given".to_owned(),
        axes: made::axes(&[counts.len() as u32 / 2], 0),
        ..Tally::default()
    };
    for (at, amount) in counts.iter().enumerate().filter(|(_, a)| a.rows > 0) {
        let key = vec![at as u32 / 2].into();
        let cell: &mut Cell = tally.cells.entry(key).or_default();
        cell.rows[at % 2][at % 2] = amount.rows;
    }
    made::first(&tally, Favorable::Positive)
}

/// A metric of the table with the interval that `--bootstrap` gives it.
fn redrawn(name: &str, counts: &[Amount], seed: u64) -> Found {
    let metric = find(name).unwrap();
    let value = |counts: &[Amount]| {
        let all = measures(metric, &labelled(counts), Against::Extremes);
        all.first()?.value.ok()
    };
    let found = value(counts)?;
    let mut values = replicates(counts, 499, seed, |counts| {
        value(counts).unwrap_or(f64::NAN)
    });
    let limits = wide_interval(found, &mut values, CONFIDENCE, metric.range);
    let limits = limits.filter(|(low, high)| low < high);
    Some((
        found,
        limits.map(|(low, high)| (low.min(found), high.max(found))),
    ))
}

#[test]
#[ignore = "a simulation of some minutes; it prints a table"]
fn coverage_of_numbers_by_bootstrap() {
    println!("{HEAD}\n{}|", "|--:".repeat(7));
    let laws: [(&str, &[f64]); 6] = [
        ("3 alike", &[0.3; 3]),
        ("3 near", &[0.3, 0.33, 0.36]),
        ("3 apart", &[0.3, 0.4, 0.5]),
        ("3 rare", &[0.02, 0.03, 0.04]),
        ("6 alike", &[0.3; 6]),
        ("6 apart", &[0.1, 0.15, 0.2, 0.1, 0.1, 0.1]),
    ];
    for (name, rates) in laws {
        let groups = rates.len() as f64;
        let shares: Vec<f64> = rates
            .iter()
            .flat_map(|p| [(1.0 - p) / groups, p / groups])
            .collect();
        let large: Vec<Amount> = shares
            .iter()
            .map(|share| Amount::rows((share * 3e9).round() as u64))
            .collect();
        for metric in ["label_mutual_information", "label_cramers_v"] {
            let all = measures(find(metric).unwrap(), &labelled(&large), Against::Extremes);
            let Some(truth) = all.first().and_then(|measure| measure.value.ok()) else {
                panic!("{metric} is defined for many rows");
            };
            for rows in [100, 1_000] {
                let law = Multinomial::new(rows * groups as u64, shares.iter().copied());
                let found = simulate(2_000, |random, sample| {
                    let mut counts = vec![0; shares.len()];
                    law.draw(&mut counts, random);
                    let counts: Vec<Amount> = counts.into_iter().map(Amount::rows).collect();
                    redrawn(metric, &counts, sample)
                });
                let columns = columns(&found, truth);
                println!("| {metric} | {name} | {rows} | {truth:.4} | {columns}");
            }
        }
    }
}

/// A few samples, so that what prints the tables keeps working.
#[test]
fn numbers_that_are_simulated_have_intervals() {
    let mut random = Streams::new(1).stream(0);
    let two = table(&[USUAL, OTHER], 200, &mut random);
    for metric in OF_ONE {
        assert!(of_group(metric, &two).unwrap().1.is_some(), "{metric}");
    }
    for metric in OF_ALL {
        assert!(of_gap(metric, &two).unwrap().1.is_some(), "{metric}");
    }
    let counts = [30, 20, 40, 10, 25, 25].map(Amount::rows);
    assert!(
        redrawn("label_mutual_information", &counts, 1)
            .unwrap()
            .1
            .is_some()
    );
}
