//! Critical values that are known, alone and together; and what a redraw costs.

use super::*;

/// A leg whose groups have two cells each, the part first, starting at `first`.
fn leg(first: usize, groups: usize) -> Leg {
    let group = |at: usize| Group {
        whole: vec![first + 2 * at, first + 2 * at + 1],
        part: vec![first + 2 * at],
    };
    Leg {
        groups: (0..groups).map(group).collect(),
    }
}

fn cells(counts: &[(u64, u64)]) -> Vec<Amount> {
    counts
        .iter()
        .flat_map(|&(part, whole)| [Amount::rows(part), Amount::rows(whole - part)])
        .collect()
}

fn critical(cells: &[Amount], legs: &[Leg]) -> (Vec<f64>, f64) {
    let maxima = maxima(cells, legs, 20_000, 11);
    let of = |draws: &Option<Draws>| draws.as_ref().unwrap().critical(0.95).unwrap();
    (maxima.legs.iter().map(of).collect(), of(&maxima.joint))
}

/// Of k alike large groups the maximum over pairs is the studentized range over √2: q(2) = 2.772
/// and q(6) = 4.030 (Harter 1960, Ann. Math. Statist. 31:1122).
#[test]
fn alike_groups_have_the_critical_value_of_tukey() {
    for (groups, range) in [(2, 2.772), (6, 4.030)] {
        let cells = cells(&vec![(6_000, 20_000); groups]);
        let (legs, joint) = critical(&cells, &[leg(0, groups), leg(0, groups)]);
        let expected = range / 2_f64.sqrt();
        assert!((joint - expected).abs() < 0.03, "{joint}, not {expected}");
        // The same comparisons twice are no more than once.
        assert_eq!(legs, [joint, joint]);
    }
}

/// Two independent legs of two groups: 1 − (1 − α)² = 0.05 gives z = 2.2365.
#[test]
fn independent_legs_share_the_error() {
    let cells = cells(&[(3_000, 10_000); 4]);
    let legs = [leg(0, 2), leg(4, 2)];
    let (alone, joint) = critical(&cells, &legs);
    assert!(alone.iter().all(|c| (c - 1.96).abs() < 0.03), "{alone:?}");
    assert!((joint - 2.2365).abs() < 0.03, "{joint}");
}

#[test]
fn cells_that_no_leg_parts_are_drawn_as_one() {
    let fine: Vec<Amount> = cells(&[(30, 100), (45, 100), (20, 100), (60, 100)]);
    let coarse: Vec<Amount> = (0..4).map(|at| fine[at] + fine[at + 4]).collect();
    let group = |cells: [usize; 4]| Group {
        whole: cells.to_vec(),
        part: vec![cells[0], cells[1]],
    };
    let fine_leg = Leg {
        groups: vec![group([0, 4, 1, 5]), group([2, 6, 3, 7])],
    };
    assert_eq!(
        maxima(&fine, &[fine_leg], 99, 1),
        maxima(&coarse, &[leg(0, 2)], 99, 1)
    );
}

#[test]
fn weights_that_vary_widen_nothing_but_what_they_are_worth() {
    // Weights of mean 1 and variance 1.7, independent of what counts.
    let weighted = |rows: u64| Amount {
        rows,
        weight: rows as f64,
        weight_sq: 2.7 * rows as f64,
    };
    let cells = [300, 700, 300, 700].map(weighted);
    let (legs, _) = critical(&cells, &[leg(0, 2)]);
    assert!((legs[0] - 1.96).abs() < 0.05, "{legs:?}");
    // Where the part's rows vary more than the rest, n_eff says so. The rest is drawn with the
    // variation within all cells, 2·300·4 / (2·299 + 2·699), and z makes up for that.
    let uneven = [
        Amount {
            weight_sq: 1_500.0,
            ..Amount::rows(300)
        },
        Amount::rows(700),
        Amount {
            weight_sq: 1_500.0,
            ..Amount::rows(300)
        },
        Amount::rows(700),
    ];
    let (legs, _) = critical(&uneven, &[leg(0, 2)]);
    let rest = 700.0 * (1.0 + 2_400.0 / 1_996.0);
    let linear = |rest: f64| 0.49 * 1_500.0 + 0.09 * rest;
    let wider = f64::sqrt(linear(rest) / linear(700.0));
    assert!((legs[0] / 1.96 - wider).abs() < 0.02, "{legs:?}");
}

#[test]
fn rates_of_nothing_and_of_all_have_a_critical_value() {
    let cells = cells(&[(0, 30), (30, 30), (0, 0), (1, 30), (0, 1)]);
    let (legs, joint) = critical(&cells, &[leg(0, 5), leg(0, 2)]);
    assert!((2.5..5.0).contains(&legs[0]), "{legs:?}");
    assert!((1.9..3.0).contains(&legs[1]), "{legs:?}");
    assert!(joint >= legs[0].max(legs[1]));
}

#[test]
fn too_few_and_too_many_groups_have_none() {
    let cells = cells(&vec![(2, 5); GROUPS + 1]);
    let legs = [1, GROUPS + 1, 2].map(|groups| leg(0, groups));
    let found = maxima(&cells, &legs, 50, 1);
    assert_eq!(found.legs[..2], [None, None]);
    assert_eq!(found.legs[2], found.joint);
    assert_eq!(maxima(&cells, &legs[..2], 50, 1).joint, None);
    assert_eq!(maxima(&[], &[], 50, 1).legs, []);
}

#[test]
fn threads_change_no_bit() {
    let cells = cells(&[(3, 10), (30, 100), (9, 11)]);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let legs = [leg(0, 3), leg(2, 2)];
        pool.unwrap().install(|| maxima(&cells, &legs, 300, 9))
    };
    assert!([2, 3, 8].into_iter().all(|threads| run(threads) == run(1)));
}

/// Seven groups by two, by label (one of three) and decision: 84 cells of 10,000,000 rows.
fn audit() -> (Vec<Amount>, Vec<Leg>) {
    let (mut cells, mut members) = (Vec::new(), Vec::new());
    for (race, share) in [0.6, 0.2, 0.1, 0.05, 0.03, 0.015, 0.005].iter().enumerate() {
        for (sex, label, decision) in (0..12).map(|at| (at / 6, at / 2 % 3, at % 2)) {
            let within = [0.55, 0.35, 0.1][label] * [0.7, 0.3][decision] / 2.0;
            cells.push(Amount::rows((1e7 * share * within) as u64));
            members.push([race, sex, label, decision]);
        }
    }
    let group = |is_whole: &dyn Fn(&[usize; 4]) -> bool| {
        let of = |decision: usize| {
            let is_in = |at: &usize| is_whole(&members[*at]) && members[*at][3] >= decision;
            (0..members.len()).filter(is_in).collect()
        };
        Group {
            whole: of(0),
            part: of(1),
        }
    };
    let mut legs = Vec::new();
    for labels in [0..3, 1..2, 0..1] {
        for (races, sexes) in [(1, 2), (7, 1), (7, 2)] {
            let groups = (0..races * sexes).map(|at| {
                group(&|m| {
                    labels.contains(&m[2])
                        && m[0] % races == at / sexes
                        && m[1] % sexes == at % sexes
                })
            });
            legs.push(Leg {
                groups: groups.collect(),
            });
        }
    }
    (cells, legs)
}

/// `cargo test --release --lib -- --ignored --nocapture an_audit_of`: 0.05 s where this was
/// written. CPU time of the one thread where the system tells it.
#[test]
#[ignore = "a measurement, not a check"]
fn an_audit_of_ten_million_rows_is_redrawn_in_little_time() {
    let cpu = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
    };
    let (cells, legs) = audit();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.unwrap().install(|| {
        let (start, before) = (std::time::Instant::now(), cpu());
        let joint = maxima(&cells, &legs, 10_000, 1).joint.unwrap();
        let used = cpu().zip(before).map(|(after, before)| after - before);
        println!(
            "{} cells, {} legs, 10,000 replicates: {used:.3?} s of CPU, {:.3?}; z = {:.3?}",
            cells.len(),
            legs.len(),
            start.elapsed(),
            joint.critical(0.95)
        );
    });
}

#[test]
fn a_critical_value_is_never_below_that_of_one_comparison() {
    let found = maxima(&cells(&[(1, 2), (2, 3)]), &[leg(0, 2)], 999, 1);
    let z = two_sided_z(0.95, 1.0);
    assert!(found.critical(Some(0), 0.95).unwrap() >= z);
    assert_eq!(found.critical(None, 0.95), found.critical(Some(0), 0.95));
    assert_eq!(
        (found.critical(Some(1), 0.95), found.critical(None, 1.0)),
        (None, None)
    );
    let p = found.p(None, z).unwrap();
    assert!((0.05 - 1e-9..0.2).contains(&p), "{p}");
    assert_eq!(found.p(Some(0), -9.0), Some(0.001));
}

/// Design weights, the same for all rows of a cell: what differs between cells is no noise.
#[test]
fn weights_that_differ_between_cells_alone_are_exact() {
    let alike = |rows: u64, weight: f64| Amount {
        rows,
        weight: rows as f64 * weight,
        weight_sq: rows as f64 * weight * weight,
    };
    let cells = [
        alike(30, 1.0),
        alike(70, 1.0),
        alike(30, 5.0),
        alike(70, 5.0),
    ];
    let weightless = [30, 70, 30, 70].map(Amount::rows);
    let empty = |cells: &[Amount]| [cells, &[Amount::rows(0); 2]].concat();
    let mut leg = leg(0, 2);
    leg.groups[0].whole.push(4);
    let of = |cells: &[Amount]| maxima(&empty(cells), &[leg.clone()], 999, 1).joint.unwrap();
    for (a, b) in of(&cells).values().iter().zip(of(&weightless).values()) {
        assert!((a - b).abs() < 0.15, "{a} {b}");
    }
}
