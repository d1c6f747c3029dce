//! A sweep against the definitions, pair by pair.

use proptest::prelude::*;

use crate::stats::ranking::key;
use crate::stats::{Extent, Ranking, Scored, Wanted};

type Row = (f64, bool, u32, f64);

const BACKGROUND: Extent = Extent {
    variance: true,
    background: true,
    reference: None,
};

fn ranking(rows: &[Row]) -> Ranking {
    let mut ranking = Ranking::default();
    for &(score, positive, cell, weight) in rows {
        ranking.push(Scored {
            key: key(score),
            cell,
            positive,
            weight,
            rows: 1,
        });
    }
    ranking.sort();
    ranking
}

/// 1 where the positive scores higher, half where they tie.
fn wins(positive: &Row, negative: &Row) -> f64 {
    f64::midpoint(
        f64::from(u8::from(positive.0 > negative.0)),
        f64::from(u8::from(positive.0 >= negative.0)),
    )
}

fn weight(rows: &[&Row]) -> f64 {
    rows.iter().map(|r| r.3).sum()
}

/// AUC from the definition, and the linearised variance.
fn auc(positives: &[&Row], negatives: &[&Row]) -> (Option<f64>, Option<f64>) {
    let (p, n) = (weight(positives), weight(negatives));
    if p * n == 0.0 {
        return (None, None);
    }
    let won = |a: &Row| negatives.iter().map(|b| b.3 * wins(a, b)).sum::<f64>() / n;
    let lost = |b: &Row| positives.iter().map(|a| a.3 * wins(a, b)).sum::<f64>() / p;
    let auc = positives.iter().map(|a| a.3 * won(a)).sum::<f64>() / p;
    let part = |rows: &[&Row], placement: &dyn Fn(&Row) -> f64| {
        let n = rows.len() as f64;
        let squares = rows.iter().map(|r| (r.3 * (placement(r) - auc)).powi(2));
        squares.sum::<f64>() / weight(rows).powi(2) * n / (n - 1.0)
    };
    let several = positives.len() > 1 && negatives.len() > 1;
    let variance = || part(positives, &won) + part(negatives, &lost);
    (Some(auc), several.then(variance))
}

fn ks(a: &[&Row], b: &[&Row]) -> Option<f64> {
    let (all, others) = (weight(a), weight(b));
    let below = |rows: &[&Row], x: f64| {
        let under = rows.iter().filter(|r| r.0 <= x);
        under.map(|r| r.3).sum::<f64>()
    };
    let at = a.iter().chain(b).map(|r| r.0);
    let gaps = at.map(|x| (below(a, x) / all - below(b, x) / others).abs());
    (all * others > 0.0).then(|| gaps.fold(0.0, f64::max))
}

fn assert_near(found: Option<f64>, expected: Option<f64>) -> Result<(), TestCaseError> {
    match (found, expected) {
        (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-10, "{a} is not {b}"),
        (a, b) => prop_assert_eq!(a, b),
    }
    Ok(())
}

proptest! {
    #[test]
    fn one_sweep_agrees_with_all_pairs(
        rows in prop::collection::vec((0..12_u8, any::<bool>(), 0..6_u32, 1..5_u8), 0..60),
        kind in 0..3_u8,
    ) {
        let rows: Vec<Row> = rows
            .into_iter()
            .enumerate()
            .map(|(i, (score, positive, cell, weight))| {
                let score = f64::from(score) + if kind == 2 { i as f64 / 100.0 } else { 0.0 };
                (score - 4.0, positive, cell, if kind == 1 { f64::from(weight) / 3.0 } else { 1.0 })
            })
            .collect();
        // Cell 4 is a group that is shown, not compared; cell 5 is in no group.
        let group_of = [0, 1, 2, 0, 3, u32::MAX];
        let found = ranking(&rows).measure(&[Wanted {
 group_of: group_of.to_vec(),
 compared: [true, true, true, false].to_vec(),
 extent: BACKGROUND,
 }]).remove(0);
        prop_assert_eq!(found.len(), 5);
        let alone = ranking(&rows).measure(&[Wanted {
            group_of: group_of.to_vec(),
            compared: vec![true, true, true, false],
            extent: Extent {
                variance: true,
                ..Extent::default()
            },
        }]);
        let values = ranking(&rows).measure(&[Wanted {
            group_of: group_of.to_vec(),
            compared: vec![true, true, true, false],
            extent: Extent::default(),
        }]);
        prop_assert_eq!(alone[0].len(), 4);
        for (value, alone) in values[0].iter().zip(&alone[0]) {
            prop_assert_eq!((value.auc, &value.won), (alone.auc, &alone.won));
            prop_assert_eq!(value.auc_variance, None);
        }
        for (alone, entry) in alone[0].iter().zip(&found) {
            prop_assert_eq!(alone.rows, entry.rows);
            assert_near(alone.auc, entry.auc)?;
            assert_near(alone.auc_variance, entry.auc_variance)?;
            prop_assert!(kind == 1 || alone.auc == entry.auc, "integers are exact");
        }
        let of = |test: &dyn Fn(u32) -> bool, positive: Option<bool>| -> Vec<&Row> {
            rows.iter()
                .filter(|r| test(group_of[r.2 as usize]))
                .filter(|r| positive.is_none_or(|p| r.1 == p))
                .collect()
        };
        for (at, entry) in found.iter().enumerate() {
            let group = at as u32;
            let mine = |g: u32| if group == 4 { g < 3 } else { g == group };
            let others = |g: u32| g < 3 && g != group;
            let (p, n) = (of(&mine, Some(true)), of(&mine, Some(false)));
            prop_assert_eq!(entry.rows, (p.len() as u64, n.len() as u64));
            let (expected, variance) = auc(&p, &n);
            assert_near(entry.auc, expected)?;
            assert_near(entry.auc_variance, variance)?;
            if group == 4 {
                prop_assert_eq!((entry.bpsn, entry.bnsp, entry.ks), (None, None, None));
                continue;
            }
            assert_near(entry.bpsn, auc(&of(&others, Some(true)), &n).0)?;
            assert_near(entry.bnsp, auc(&p, &of(&others, Some(false))).0)?;
            assert_near(entry.ks, ks(&of(&mine, None), &of(&others, None)))?;
        }
    }

    #[test]
    fn a_weight_of_two_is_the_row_twice(
        rows in prop::collection::vec((0..9_u8, any::<bool>(), 0..3_u32), 1..40),
    ) {
        let once: Vec<Row> = rows.iter().map(|&(s, y, g)| (f64::from(s), y, g, 2.0)).collect();
        let twice: Vec<Row> = rows
            .iter()
            .flat_map(|&(s, y, g)| [(f64::from(s), y, g, 1.0); 2])
            .collect();
        let of = |rows: &[Row]| ranking(rows).measure(&[Wanted {
 group_of: [0, 1, 2].to_vec(),
 compared: [true; 3].to_vec(),
 extent: BACKGROUND,
 }]).remove(0);
        for (a, b) in of(&once).iter().zip(&of(&twice)) {
            let values = |d: &crate::stats::Discrimination| (d.auc, d.bpsn, d.bnsp, d.ks, d.weight);
            prop_assert_eq!(values(a), values(b));
        }
    }
}

#[test]
fn a_perfect_order_is_exactly_one_whatever_the_weights() {
    let weights = (1..200).map(|i| 1.0 / f64::from(i * 7 % 31 + 1));
    let rows: Vec<Row> = weights
        .enumerate()
        .map(|(i, weight)| (i as f64, i > 90, i as u32 % 3, weight))
        .collect();
    let turned = rows.iter().map(|&(s, y, g, w)| (-s, y, g, w)).collect();
    for (rows, expected) in [(rows.clone(), 1.0), (turned, 0.0)] {
        let found = ranking(&rows)
            .measure(&[Wanted {
                group_of: [0, 1, 2].to_vec(),
                compared: [true; 3].to_vec(),
                extent: BACKGROUND,
            }])
            .remove(0);
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|entry| entry.auc == Some(expected)));
    }
}

/// Values of scikit-learn and `DeLong`'s formula, where the shared oracle file is there.
#[test]
fn the_variance_is_delongs() {
    let Some(oracle) = crate::stats::oracle() else {
        return;
    };
    for case in oracle["auc"].as_array().unwrap() {
        let mut rows: Vec<Row> = Vec::new();
        for (name, positive) in [("pos", true), ("neg", false)] {
            let scores = case[name].as_array().unwrap().iter();
            rows.extend(scores.map(|s| (s.as_f64().unwrap(), positive, 0, 1.0)));
        }
        let found = &ranking(&rows)
            .measure(&[Wanted {
                group_of: [0].to_vec(),
                compared: [true].to_vec(),
                extent: BACKGROUND,
            }])
            .remove(0)[0];
        let near = |a: Option<f64>, name: &str| {
            let expected = case[name].as_f64().unwrap();
            assert!((a.unwrap() - expected).abs() <= 1e-12 * expected, "{a:?}");
        };
        near(found.auc, "auc");
        near(found.auc_variance, "delong_var");
    }
}
