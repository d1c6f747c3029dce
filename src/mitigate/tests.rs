//! Laws of the remedies.

use super::*;

fn groups() -> (Vec<u32>, Vec<bool>, Vec<f64>) {
    let rows = 300;
    let groups: Vec<u32> = (0..rows).map(|row| (row * row % 7 % 3) as u32).collect();
    let y = (0..rows)
        .map(|row| (row * 5 + groups[row] as usize * 3) % 11 < 4)
        .collect();
    let weights = (0..rows).map(|row| 0.5 + (row % 4) as f64).collect();
    (groups, y, weights)
}

fn rates(training: &Training) -> Vec<f64> {
    let sums = training.sums();
    sums.iter().map(|[no, yes]| yes / (no + yes)).collect()
}

#[test]
fn reweighed_groups_have_one_base_rate_and_keep_their_weight() {
    let (groups, y, weights) = groups();
    let training = Training {
        x: ArrayView2::from_shape((300, 0), &[]).unwrap(),
        names: &[],
        seed: 0,
        groups: &groups,
        count: 3,
        y: &y,
        weights: &weights,
    };
    let new = reweighing::weights(&training);
    let after = Training {
        weights: &new,
        ..training
    };
    let rates = rates(&after);
    assert!(
        rates.iter().all(|rate| (rate - rates[0]).abs() < 1e-12),
        "{rates:?}"
    );
    for (before, after) in training.sums().iter().zip(after.sums()) {
        let sum = |pair: &[f64; 2]| pair[0] + pair[1];
        assert!((sum(before) - sum(&after)).abs() < 1e-9);
    }
}

#[test]
fn equal_weights_make_every_pair_count_the_same() {
    let (groups, y, weights) = groups();
    let training = Training {
        x: ArrayView2::from_shape((300, 0), &[]).unwrap(),
        names: &[],
        seed: 0,
        groups: &groups,
        count: 3,
        y: &y,
        weights: &weights,
    };
    let new = equal_weights::weights(&training);
    let sums = Training {
        weights: &new,
        ..training
    }
    .sums();
    let flat: Vec<f64> = sums.into_iter().flatten().collect();
    assert!(
        flat.iter().all(|sum| (sum - flat[0]).abs() < 1e-9),
        "{flat:?}"
    );
}

#[test]
fn thresholds_make_rates_equal() {
    let (groups, y, weights) = groups();
    let training = Training {
        x: ArrayView2::from_shape((300, 0), &[]).unwrap(),
        names: &[],
        seed: 0,
        groups: &groups,
        count: 3,
        y: &y,
        weights: &weights,
    };
    let scores: Vec<f64> = (0..groups.len())
        .map(|row| ((row * 37) % 101) as f64 / 150.0 + 0.15 * f64::from(groups[row]))
        .collect();
    for name in ["threshold_parity", "threshold_opportunity"] {
        let Stage::Post(post) = find(name).unwrap().stage else {
            panic!("{name} is post")
        };
        let cuts = post(&training, &scores).unwrap().cuts;
        let rate = |group: u32| {
            let own = (0..y.len()).filter(|&row| groups[row] == group);
            let counted = own.filter(|&row| name == "threshold_parity" || y[row]);
            let (part, whole) = counted.fold((0.0, 0.0), |(part, whole), row| {
                let is_chosen = cuts[group as usize].decide(scores[row], || 0.5) == Some(true);
                let w = weights[row];
                (part + if is_chosen { w } else { 0.0 }, whole + w)
            });
            part / whole
        };
        let rates: Vec<f64> = (0..3).map(rate).collect();
        let (low, high) = (
            rates.iter().copied().fold(1.0, f64::min),
            rates.iter().copied().fold(0.0, f64::max),
        );
        assert!(high - low < 0.06, "{name}: {rates:?} {cuts:?}");
    }
}
