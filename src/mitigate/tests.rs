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

#[test]
fn who_stops_in_a_fold_keeps_the_folds_before_and_nothing_of_it() {
    use super::trial::Frame;
    use crate::fit::features::{Feature, Raw, Values};
    use crate::fit::split::Folds;

    let (groups, y, weights) = groups();
    let numbers = (0..300).map(|row| f64::from(row * 37 % 101)).collect();
    let features = [Feature {
        name: "a".to_owned(),
        values: Values::Number,
        raw: Raw::Numbers(numbers),
    }];
    let y: Vec<Option<bool>> = y.into_iter().map(Some).collect();
    let mut folds = Folds::of_strata(&groups, 4, 0);
    let frame = Frame {
        features: &features,
        groups: &groups,
        count: 3,
        y: &y,
        weights: &weights,
        folds: &folds,
        seed: 0,
    };
    let remedies = [&PLAIN, &reweighing::MITIGATION, &threshold::PARITY];
    let model = &crate::fit::LEARNERS[0];
    let whole = frame.cross(model, &remedies, &|_, _| true).unwrap();
    assert_eq!((whole.done, whole.unseen.len()), (4, 0));
    // Two remedies of the third fold are done when it stops.
    let goes_on = |fold: usize, name: &str| fold < 2 || name != threshold::PARITY.name;
    let part = frame.cross(model, &remedies, &goes_on).unwrap();
    assert_eq!(part.done, 2);
    let models = frame
        .whole(model, &remedies, &|name| name != threshold::PARITY.name)
        .unwrap();
    assert_eq!((models.is_done, models.solved.len()), (false, 2));
    folds.stop(part.done);
    let held = (0..300).filter(|&row| folds.is_ever_held(row)).count();
    assert_eq!(held, 150);
    for (part, whole) in part.outcomes.iter().zip(&whole.outcomes) {
        for row in 0..300 {
            let is_held = folds.is_ever_held(row as u32);
            assert_eq!(part.scores[row].is_nan(), !is_held);
            assert_eq!(
                part.decisions[row],
                whole.decisions[row].filter(|_| is_held)
            );
        }
    }
}

/// Against every way to score rows by one feature of four values: the mean of a score is linear in
/// it, so that scores of 0 and 1 are enough.
#[test]
fn just_losses_that_no_features_make_equal_are_told() {
    let rows = 400;
    let values: Vec<f64> = (0..rows).map(|row| (row * row % 7 % 4) as f64).collect();
    let groups: Vec<u32> = (0..rows)
        .map(|row| u32::from((row * 3 + values[row] as usize) % 5 < 2))
        .collect();
    let weights: Vec<f64> = (0..rows).map(|row| 1.0 + (row % 3) as f64).collect();
    let mean = |group: u32, of: &dyn Fn(usize) -> bool| {
        let own = (0..rows).filter(|&row| groups[row] == group);
        let (part, whole) = own.fold((0.0, 0.0), |(part, whole), row| {
            let w = weights[row];
            (part + if of(row) { w } else { 0.0 }, whole + w)
        });
        part / whole
    };
    let most = (0..16_u32).map(|set| {
        let is_in = |row: usize| set >> (values[row] as u32) & 1 == 1;
        mean(0, &is_in) - mean(1, &is_in)
    });
    let most = most.fold(0.0, f64::max);
    for (often, is_met) in [(most * 0.5, true), (most + 0.2, false)] {
        // Labels that differ as far, to a row.
        let mut seen = [0.0_f64; 2];
        let y: Vec<bool> = (0..rows)
            .map(|row| {
                let share = if groups[row] == 0 { 0.2 + often } else { 0.2 };
                let own = &mut seen[groups[row] as usize];
                let before = own.floor();
                *own += share;
                own.floor() > before
            })
            .collect();
        let needed = (mean(0, &|row| y[row]) - mean(1, &|row| y[row])).abs();
        assert_eq!(needed < most, is_met, "{needed} {most}");
        let training = Training {
            x: ArrayView2::from_shape((rows, 1), &values).unwrap(),
            names: &["x".to_owned()],
            seed: 0,
            groups: &groups,
            count: 2,
            y: &y,
            weights: &weights,
        };
        let own = trial::solved(&training, &crate::fit::LEARNERS[0], &constrained::JUST_LOSS);
        match own.map(|own| own.notes) {
            Ok(notes) => assert!(is_met, "{notes:?}"),
            Err(error) => {
                let limits =
                    format!("differ by {needed:.4} between groups, mean scores can by {most:.4}");
                assert!(
                    !is_met && error.to_string().contains(&limits),
                    "{error}; {limits}"
                );
            }
        }
    }
}
