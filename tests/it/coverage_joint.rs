//! What holds together, counted: nine rates of one audit that share their rows.
//!
//! `cargo test --release --test it -- --ignored --nocapture coverage_of_nine`

use fair_audit::stats::random::Multinomial;
use fair_audit::stats::resample::{Group, Leg, maxima};
use fair_audit::stats::score::Pair;
use fair_audit::stats::special::two_sided_z;
use fair_audit::stats::{Amount, Fraction};

use crate::coverage::{CONFIDENCE, REPLICATES, mean, share, simulate, tukey};

/// Two sexes by three races, by label and decision; rates by all three ways of grouping.
struct Audit {
    shares: Vec<f64>,
    legs: Vec<Leg>,
    /// By leg and group, the true rate.
    rates: Vec<Vec<f64>>,
}

impl Audit {
    /// Of fair decisions (`first` 1), or of ones that find `first` times as many of the positive
    /// rows of the first race.
    fn new(first: f64) -> Self {
        let at = |race: usize, sex: usize, label: usize, decision: usize| {
            ((race * 2 + sex) * 2 + label) * 2 + decision
        };
        let mut shares = vec![0.0; 24];
        for (race, of_race) in [0.2, 0.5, 0.3].into_iter().enumerate() {
            for sex in 0..2 {
                for (label, of_label) in [0.6, 0.4].into_iter().enumerate() {
                    let less = if race == 0 && label == 1 { first } else { 1.0 };
                    let chosen = [0.2, 0.7][label] * less;
                    for (decision, of_decision) in [1.0 - chosen, chosen].into_iter().enumerate() {
                        shares[at(race, sex, label, decision)] =
                            of_race / 2.0 * of_label * of_decision;
                    }
                }
            }
        }
        let mut legs = Vec::new();
        for labels in [0..2, 1..2, 0..1] {
            for (races, sexes) in [(1, 2), (3, 1), (3, 2)] {
                let group = |group: usize| {
                    let of = |decisions: std::ops::Range<usize>| {
                        let all = (0..24).filter(|cell| decisions.contains(&(cell % 2)));
                        let all = all.filter(|cell| labels.contains(&(cell / 2 % 2)));
                        all.filter(|cell| {
                            cell / 8 % races == group / sexes
                                && cell / 4 % 2 % sexes == group % sexes
                        })
                        .collect()
                    };
                    Group {
                        whole: of(0..2),
                        part: of(1..2),
                    }
                };
                let groups = (0..races * sexes).map(group).collect();
                legs.push(Leg { groups });
            }
        }
        let sum = |cells: &[usize]| cells.iter().map(|&cell| shares[cell]).sum::<f64>();
        let rate = |group: &Group| sum(&group.part) / sum(&group.whole);
        let rates = legs
            .iter()
            .map(|leg| leg.groups.iter().map(rate).collect())
            .collect();
        Self {
            shares,
            legs,
            rates,
        }
    }

    /// For each leg, whether its pairs all hold at this z, and whether it tells any apart.
    fn judge(&self, cells: &[Amount], z: impl Fn(usize) -> f64) -> Vec<(bool, bool)> {
        let sum = |list: &[usize]| {
            list.iter()
                .fold(Amount::default(), |sum, &at| sum + cells[at])
        };
        let of_leg = |(at, leg): (usize, &Leg)| {
            let fraction = |group: &Group| Fraction::new(sum(&group.part), sum(&group.whole));
            let all: Vec<Fraction> = leg.groups.iter().map(fraction).collect();
            let (mut hold, mut apart, z) = (true, false, z(at));
            for (i, a) in all.iter().enumerate() {
                for (j, b) in all.iter().enumerate() {
                    let Some(pair) = Pair::new(a, b).filter(|_| i != j) else {
                        continue;
                    };
                    let truth = self.rates[at][i] - self.rates[at][j];
                    hold &= !pair.difference_stays_above(truth, z);
                    apart |= pair.difference_stays_above(0.0, z);
                }
            }
            (hold, apart)
        };
        self.legs.iter().enumerate().map(of_leg).collect()
    }
}

#[test]
#[ignore = "a simulation of some minutes; it prints a table"]
fn coverage_of_nine_rates_together() {
    println!("| rows | first race at | critical value | z | all pairs hold | any told apart |");
    println!("{}|", "|--:".repeat(6));
    for (rows, first) in [300, 1_000, 10_000, 100_000]
        .into_iter()
        .flat_map(|n| [(n, 1.0), (n, 0.8)])
    {
        let audit = Audit::new(first);
        let pairs = |leg: &Leg| (leg.groups.len() * (leg.groups.len() - 1) / 2) as f64;
        let bonferroni = two_sided_z(CONFIDENCE, audit.legs.iter().map(pairs).sum());
        let law = Multinomial::new(rows, audit.shares.iter().copied());
        let found = simulate(2_000, |random, sample| {
            let mut counts = [0; 24];
            law.draw(&mut counts, random);
            let cells = counts.map(Amount::rows);
            let joint = maxima(&cells, &audit.legs, REPLICATES, sample);
            let joint = joint.critical(None, CONFIDENCE).unwrap();
            let all = |judged: Vec<(bool, bool)>| {
                (
                    judged.iter().all(|leg| leg.0),
                    judged.iter().any(|leg| leg.1),
                )
            };
            let alone = all(audit.judge(&cells, |leg| tukey(audit.legs[leg].groups.len())));
            [
                (0.0, alone),
                (bonferroni, all(audit.judge(&cells, |_| bonferroni))),
                (joint, all(audit.judge(&cells, |_| joint))),
            ]
        });
        for (at, name) in ["each rate alone", "Bonferroni", "resampled"]
            .iter()
            .enumerate()
        {
            let z = match mean(&found, |made| made[at].0) {
                0.0 => "their own".to_owned(),
                z => format!("{z:.2}"),
            };
            println!(
                "| {rows} | {first} | {name} | {z} | {:.3} | {:.3} |",
                share(&found, |made| made[at].1.0),
                share(&found, |made| made[at].1.1),
            );
        }
    }
}
