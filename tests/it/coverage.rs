//! What intervals promise, counted: data sets are made of known rates, audited, and held against
//! the truth. The ignored tests print the tables of docs/statistics.md, one row a setting:
//!
//! `cargo test --release --test it -- --ignored --nocapture --test-threads 1 coverage`

use fair_audit::infer;
use fair_audit::metrics::compare::{GroupValue, Measure};
use fair_audit::metrics::{Against, Metric, Undefined, find};
use fair_audit::stats::random::{Binomial, Stream, Streams};
use fair_audit::stats::resample::{Group, Leg, maxima};
use fair_audit::stats::score::Pair;
use fair_audit::stats::special::two_sided_z;
use fair_audit::stats::{Amount, Fraction, interval};
use rayon::prelude::*;

pub const CONFIDENCE: f64 = 0.95;
/// Replicates of each data set, of the critical value.
pub const REPLICATES: usize = 999;

/// What rows weigh.
#[derive(Clone, Copy, PartialEq)]
enum Weights {
    None,
    /// Lognormal with σ = 1, whatever the outcome: `n_eff` is 0.37 of n.
    Free,
    /// The same, and rows that count weigh e^½ as much.
    Linked,
}

/// A population: groups of one rate, but for the first, whose rate is `first` times as high.
#[derive(Clone, Copy)]
struct Setting {
    groups: usize,
    /// By group, from the first again when all are used.
    rows: &'static [u64],
    rate: f64,
    first: f64,
    weights: Weights,
}

impl Setting {
    fn rates(self) -> impl Iterator<Item = f64> {
        (0..self.groups).map(move |at| self.rate * if at == 0 { self.first } else { 1.0 })
    }

    /// One sample: for each group the rows that count and the others.
    fn draw(self, random: &mut Stream) -> Vec<Amount> {
        let mut cells = Vec::with_capacity(2 * self.groups);
        for (rate, &all) in self.rates().zip(self.rows.iter().cycle()) {
            let more = if self.weights == Weights::Linked {
                0.5
            } else {
                0.0
            };
            // So that the weighted rate is the one asked for.
            let share = rate / (rate + (1.0 - rate) * f64::exp(more));
            let count = Binomial::new(share).draw(all, random);
            for (rows, more) in [(count, more), (all - count, 0.0)] {
                cells.push(if self.weights == Weights::None {
                    Amount::rows(rows)
                } else {
                    weighed(rows, more, random)
                });
            }
        }
        cells
    }

    /// `groups | rows | rate | first | weights` of a table.
    fn cells(self) -> String {
        let weights = match self.weights {
            Weights::None => "none",
            Weights::Free => "free",
            Weights::Linked => "linked",
        };
        let Self {
            groups,
            rows,
            rate,
            first,
            ..
        } = self;
        let rows: Vec<String> = rows.iter().map(u64::to_string).collect();
        let rows = rows.join(", ");
        format!("| {groups} | {rows} | {rate} | {first} | {weights} ")
    }
}

fn weighed(rows: u64, mean_log: f64, random: &mut Stream) -> Amount {
    let mut sum = Amount {
        rows,
        ..Amount::default()
    };
    for _ in 0..rows {
        let weight = (mean_log + random.normal()).exp();
        sum.weight += weight;
        sum.weight_sq += weight * weight;
    }
    sum
}

/// The rates of cells in pairs: those that count, and the others.
fn fractions(cells: &[Amount]) -> Vec<Fraction> {
    let of = |pair: &[Amount]| Fraction::new(pair[0], pair[0] + pair[1]);
    cells.chunks(2).map(of).collect()
}

/// `audit` of so many samples, on all threads, the same on any number of them.
pub fn simulate<R: Send>(samples: u64, audit: impl Fn(&mut Stream, u64) -> R + Sync) -> Vec<R> {
    let streams = Streams::new(2_026);
    let of = |sample: u64| audit(&mut streams.stream(sample), sample);
    (0..samples).into_par_iter().map(of).collect()
}

pub fn mean<R>(found: &[R], of: impl Fn(&R) -> f64) -> f64 {
    found.iter().map(of).sum::<f64>() / found.len() as f64
}

pub fn share<R>(found: &[R], is: impl Fn(&R) -> bool) -> f64 {
    mean(found, |one| f64::from(u8::from(is(one))))
}

/// Limits of max − min from score intervals of all pairs at one z.
fn difference_limits(all: &[Fraction], z: f64) -> (f64, f64) {
    let most =
        |limit: fn(Pair, f64) -> f64| pairs(all).map(|pair| limit(pair, z)).fold(0.0, f64::max);
    (most(Pair::difference_low), most(Pair::difference_high))
}

/// Limits of min / max likewise; 0 and 1 where all rates are 0 and there is no ratio.
fn ratio_limits(all: &[Fraction], z: f64) -> (f64, f64) {
    let least = |limit: fn(Pair, f64) -> f64| {
        let defined = pairs(all).filter(|pair| pair.ratio().is_some());
        defined.map(|pair| limit(pair, z)).fold(1.0, f64::min)
    };
    let any = all.iter().any(|fraction| fraction.part.rows > 0);
    (
        if any { least(Pair::ratio_low) } else { 0.0 },
        least(Pair::ratio_high),
    )
}

/// Every two groups, both ways round.
fn pairs(all: &[Fraction]) -> impl Iterator<Item = Pair> {
    all.iter().enumerate().flat_map(move |(at, a)| {
        let others = all
            .iter()
            .enumerate()
            .filter(move |(other, _)| *other != at);
        others.map(|(_, b)| Pair::new(a, b).unwrap())
    })
}

/// The library's own interval over extremes.
fn shipped(name: &str, all: &[Fraction]) -> Option<(f64, f64)> {
    let metric: &'static Metric = find(name).unwrap();
    let rates = all.iter().filter_map(Fraction::value);
    let (low, high) = rates.fold((1.0, 0.0), |(l, h), p| (f64::min(l, p), f64::max(h, p)));
    let value = if name.ends_with("ratio") {
        low / high
    } else {
        high - low
    };
    let measure = Measure {
        metric,
        against: Against::Extremes,
        value: Ok(value),
        partial: false,
        group: None,
        reference: None,
        sides: Vec::new(),
        all: vec![all.iter().map(of_rate).collect()],
    };
    let found = infer::of_measure(&measure, CONFIDENCE).interval?;
    Some((found.low, found.high))
}

fn of_rate(fraction: &Fraction) -> GroupValue {
    GroupValue {
        value: fraction.value().ok_or(Undefined::NoRows),
        fraction: Some(*fraction),
        spread: None,
    }
}

/// The studentized range of k normals over √2, at 0.95 (Harter 1960, Ann. Math. Statist. 31:1122).
pub fn tukey(groups: usize) -> f64 {
    let range = match groups {
        2 => 2.772,
        3 => 3.314,
        6 => 4.030,
        _ => panic!("no studentized range of {groups} groups is known here"),
    };
    range / 2_f64.sqrt()
}

/// The resampled critical value of groups of two cells each.
fn resampled(cells: &[Amount], seed: u64) -> f64 {
    let group = |at: usize| Group {
        whole: vec![at, at + 1],
        part: vec![at],
    };
    let groups = (0..cells.len()).step_by(2).map(group).collect();
    let found = maxima(cells, &[Leg { groups }], REPLICATES, seed);
    found.critical(Some(0), CONFIDENCE).unwrap()
}

fn covers((low, high): (f64, f64), truth: f64) -> bool {
    low <= truth && truth <= high
}

/// What one critical value made of one sample.
struct Made {
    z: f64,
    covers: [bool; 2],
    width: [f64; 2],
    told_apart: bool,
}

fn made(all: &[Fraction], z: f64, truth: [f64; 2]) -> Made {
    let (difference, ratio) = (difference_limits(all, z), ratio_limits(all, z));
    Made {
        z,
        covers: [covers(difference, truth[0]), covers(ratio, truth[1])],
        width: [difference.1 - difference.0, ratio.1 - ratio.0],
        told_apart: difference.0 > 0.0,
    }
}

/// A row of the table over extremes: `setting | for each critical value: z, coverage of max − min
/// and of min / max, how often groups are told apart (by both alike), mean width of each`.
fn extremes_row(setting: Setting, samples: u64) -> String {
    let pairs = (setting.groups * (setting.groups - 1) / 2) as f64;
    let fixed = [two_sided_z(CONFIDENCE, pairs), tukey(setting.groups)];
    let truth = [setting.rate * (1.0 - setting.first), setting.first];
    let found = simulate(samples, |random, sample| {
        let cells = setting.draw(random);
        let all = fractions(&cells);
        let redrawn = resampled(&cells, sample);
        [fixed[0], fixed[1], redrawn].map(|z| made(&all, z, truth))
    });
    let mut row = setting.cells();
    for at in 0..3 {
        row += &format!(
            "| {:.2} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} ",
            mean(&found, |made| made[at].z),
            share(&found, |made| made[at].covers[0]),
            share(&found, |made| made[at].covers[1]),
            share(&found, |made| made[at].told_apart),
            mean(&found, |made| made[at].width[0]),
            mean(&found, |made| made[at].width[1]),
        );
    }
    row + "|"
}

fn settings(weights: Weights, rows: &[&'static [u64]], rates: &[f64]) -> Vec<Setting> {
    let mut settings = Vec::new();
    for groups in [2, 6] {
        for &rows in rows {
            for &rate in rates {
                for first in [1.0, 0.8] {
                    settings.push(Setting {
                        groups,
                        rows,
                        rate,
                        first,
                        weights,
                    });
                }
            }
        }
    }
    settings
}

const RATES: &[f64] = &[0.02, 0.1, 0.3, 0.5];
const UNEQUAL: &[u64] = &[2_000, 30, 500, 100, 60, 5_000];

/// Groups of one size, with and without weights.
fn usual() -> impl Iterator<Item = Setting> {
    let weighted = |weights| settings(weights, &[&[100], &[1_000]], &[0.1, 0.3]);
    settings(Weights::None, &[&[30], &[100], &[1_000]], RATES)
        .into_iter()
        .chain(weighted(Weights::Free))
        .chain(weighted(Weights::Linked))
}

#[test]
#[ignore = "a simulation of some minutes; it prints a table"]
fn coverage_over_extremes() {
    println!(
        "| groups | rows each | rate | first group at | weights {}|",
        ["Bonferroni", "Tukey", "resampled"]
            .map(|name| format!(
                "| {name}: z | max − min | min / max | told apart | width | width of min / max "
            ))
            .concat()
    );
    println!("{}|", "|--:".repeat(23));
    for setting in usual().chain(settings(Weights::None, &[UNEQUAL], RATES)) {
        println!("{}", extremes_row(setting, 4_000));
    }
}

#[test]
#[ignore = "a simulation of a minute; it prints a table"]
fn coverage_of_one_rate_and_of_two() {
    println!(
        "| rows each | rate | first group at | weights | Wilson | width | Miettinen-Nurminen | width \
         | Koopman | undefined |"
    );
    println!("{}|", "|--:".repeat(10));
    for setting in usual().filter(|setting| setting.groups == 2) {
        let rates: Vec<f64> = setting.rates().collect();
        let found = simulate(20_000, |random, _| {
            let all = fractions(&setting.draw(random));
            let rate = interval::rate(&all[0], CONFIDENCE).unwrap();
            let difference = interval::difference(&all[0], &all[1], CONFIDENCE).unwrap();
            let ratio = interval::ratio(&all[0], &all[1], CONFIDENCE);
            [Some(rate), Some(difference), ratio].map(|i| i.map(|i| (i.low, i.high)))
        });
        let truths = [rates[0], rates[0] - rates[1], setting.first];
        let covers = |at: usize| {
            share(&found, |limits| {
                limits[at].is_none_or(|limits| covers(limits, truths[at]))
            })
        };
        let width = |at: usize| mean(&found, |limits| limits[at].map_or(0.0, |(l, h)| h - l));
        println!(
            "{}| {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} |",
            setting.cells().replacen("| 2 ", "", 1),
            covers(0),
            width(0),
            covers(1),
            width(1),
            covers(2),
            share(&found, |limits| limits[2].is_none()),
        );
    }
}

/// The same fraction, its rows worth what Kish's number alone says: such weights say nothing of what
/// counts, so that the part has its share of their squares.
fn by_kish(fraction: &Fraction) -> Fraction {
    let (p, whole) = (fraction.part.weight / fraction.whole.weight, fraction.whole);
    let part = Amount {
        weight_sq: p * whole.weight_sq,
        ..fraction.part
    };
    Fraction::new(part, whole)
}

#[test]
#[ignore = "a simulation of a minute; it prints a table"]
fn coverage_of_weighted_rates_by_what_rows_are_worth() {
    println!(
        "| rows each | rate | first group at | weights | Wilson: Kish | the smaller | \
         Miettinen-Nurminen: Kish | the smaller | Koopman: Kish | the smaller |"
    );
    println!("{}|", "|--:".repeat(10));
    let all = [Weights::Free, Weights::Linked]
        .map(|weights| settings(weights, &[&[30], &[100], &[1_000]], &[0.02, 0.1, 0.3]));
    let all = all.into_iter().flatten();
    for setting in all.filter(|setting| setting.groups == 2) {
        let rates: Vec<f64> = setting.rates().collect();
        let truths = [rates[0], rates[0] - rates[1], setting.first];
        let found = simulate(20_000, |random, _| {
            let smaller = fractions(&setting.draw(random));
            let kish: Vec<Fraction> = smaller.iter().map(by_kish).collect();
            [kish, smaller].map(|all| {
                let limits = [
                    interval::rate(&all[0], CONFIDENCE),
                    interval::difference(&all[0], &all[1], CONFIDENCE),
                    interval::ratio(&all[0], &all[1], CONFIDENCE),
                ];
                [0, 1, 2].map(|at| limits[at].is_none_or(|i| covers((i.low, i.high), truths[at])))
            })
        });
        let mut row = setting.cells().replacen("| 2 ", "", 1);
        for at in 0..3 {
            let by = [0, 1].map(|by| share(&found, |held| held[by][at]));
            row += &format!("| {:.3} | {:.3} ", by[0], by[1]);
        }
        println!("{row}|");
    }
}

/// The limits that are simulated are those that are shipped, at the same critical value.
#[test]
fn simulated_limits_are_the_limits_of_the_library() {
    let near = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9;
    for setting in settings(Weights::None, &[&[30], &[7, 90]], &[0.02, 0.5]) {
        let z = infer::among(CONFIDENCE, setting.groups, 1).unwrap().z;
        for cells in simulate(20, |random, _| setting.draw(random)) {
            let all = fractions(&cells);
            let found = shipped("selection_rate_difference", &all).unwrap();
            assert!(near(found, difference_limits(&all, z)), "{found:?}");
            if let Some(found) = shipped("selection_rate_ratio", &all) {
                assert!(near(found, ratio_limits(&all, z)), "{found:?}");
            }
        }
    }
}

/// A few samples of each kind, so that what prints the tables keeps working.
#[test]
fn rows_of_the_tables_are_made() {
    for weights in [Weights::None, Weights::Linked] {
        let setting = Setting {
            groups: 6,
            rows: &[30],
            rate: 0.3,
            first: 0.8,
            weights,
        };
        let row = extremes_row(setting, 3);
        assert_eq!(row.matches('|').count(), 24, "{row}");
        assert_eq!(row, extremes_row(setting, 3));
    }
}
