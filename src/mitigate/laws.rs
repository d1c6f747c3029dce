//! What holds for every remedy, whatever the table.

use ndarray::{Array2, Axis, concatenate};

use super::cells::{Cells, Equal};
use super::trial::{Solved, solved};
use super::*;
use crate::fit;
use crate::stats::random::Streams;

/// A table that owns its rows.
pub struct Table {
    pub x: Array2<f64>,
    pub groups: Vec<u32>,
    pub count: usize,
    pub y: Vec<bool>,
    pub weights: Vec<f64>,
}

impl Table {
    /// Random rows: groups differ in features and in labels.
    pub fn random(seed: u64, rows: usize, count: usize) -> Self {
        let mut stream = Streams::new(seed).stream(1);
        let groups: Vec<u32> = (0..rows)
            .map(|row| {
                if row < 4 * count {
                    (row % count) as u32
                } else {
                    (stream.uniform().powi(2) * count as f64) as u32
                }
            })
            .collect();
        let mut x = Array2::zeros((rows, 3));
        let mut y = Vec::new();
        for (row, &group) in groups.iter().enumerate() {
            let shift = 0.5 * f64::from(group);
            x[[row, 0]] = (4.0 * (stream.normal() + shift)).round() / 4.0;
            x[[row, 1]] = f64::from(u8::from(stream.uniform() < 0.3 + 0.15 * shift));
            x[[row, 2]] = (2.0 * stream.normal()).round() / 2.0;
            let eta = x[[row, 0]] - 0.8 * x[[row, 1]] + 0.3 * x[[row, 2]] - 0.4 - 0.5 * shift;
            // Every group has both labels.
            y.push(if row < 4 * count {
                (row / count).is_multiple_of(2)
            } else {
                stream.uniform() < fit::logistic::sigmoid(eta)
            });
        }
        let weights = (0..rows).map(|row| 1.0 + (row % 2) as f64).collect();
        Self {
            x,
            groups,
            count,
            y,
            weights,
        }
    }

    pub fn training(&self) -> Training<'_> {
        Training {
            x: self.x.view(),
            names: &[],
            groups: &self.groups,
            count: self.count,
            y: &self.y,
            weights: &self.weights,
            seed: 7,
        }
    }

    /// Rows of weight 2 twice.
    fn repeated(&self) -> Self {
        let again: Vec<usize> = (0..self.y.len())
            .filter(|&row| self.weights[row] > 1.0)
            .collect();
        let more = |row: &usize| *row;
        Self {
            x: concatenate![Axis(0), self.x, self.x.select(Axis(0), &again)],
            groups: self
                .groups
                .iter()
                .copied()
                .chain(again.iter().map(|r| self.groups[more(r)]))
                .collect(),
            count: self.count,
            y: self
                .y
                .iter()
                .copied()
                .chain(again.iter().map(|&r| self.y[r]))
                .collect(),
            weights: vec![1.0; self.y.len() + again.len()],
        }
    }

    /// The chance that each row is decided on as positive, where `solved` is what came of fitting.
    pub fn chances(&self, solved: &Solved) -> Vec<f64> {
        let chances = solved.chances(self.x.view(), &self.groups, &|_| 0.5);
        chances.into_iter().map(Option::unwrap).collect()
    }

    /// The score of each row.
    fn scores(&self, solved: &Solved) -> Vec<f64> {
        let around = &solved.around;
        around.scores(&*solved.scorer, self.x.view(), &self.groups, &|_| 0.5)
    }
}

fn model() -> &'static fit::Model {
    &fit::LEARNERS[0]
}

fn far(a: &[f64], b: &[f64]) -> f64 {
    let pairs = a.iter().zip(b);
    pairs.fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

#[test]
fn a_row_of_weight_two_is_the_row_twice() {
    for remedy in MITIGATIONS {
        let table = Table::random(3, 400, 3);
        let one = solved(&table.training(), model(), remedy).unwrap();
        let two = solved(&table.repeated().training(), model(), remedy).unwrap();
        let off = far(&table.scores(&one), &table.scores(&two));
        assert!(off < 1e-6, "{}: scores differ by {off}", remedy.name);
        let off = far(&table.chances(&one), &table.chances(&two));
        assert!(off < 1e-6, "{}: chances differ by {off}", remedy.name);
    }
}

/// But for what has a ridge beside its weights, or draws as many rows as they say.
#[test]
fn weights_that_are_shares_mean_the_same_as_counts() {
    let bayes = fit::find("bayes").unwrap();
    let is_by_size = |name: &str| {
        let own = ["constrained", "prejudice", "sampling"];
        own.iter().any(|part| name.contains(part))
    };
    for remedy in MITIGATIONS.iter().filter(|own| !is_by_size(own.name)) {
        let table = Table::random(3, 400, 3);
        let one = solved(&table.training(), bayes, remedy).unwrap();
        for unit in [2_f64.powi(-20), 2_f64.powi(-600), 2_f64.powi(300)] {
            let mut shares = Table::random(3, 400, 3);
            shares.weights.iter_mut().for_each(|w| *w *= unit);
            let other = solved(&shares.training(), bayes, remedy).unwrap();
            let off = far(&table.scores(&one), &table.scores(&other));
            assert!(
                off < 1e-9,
                "{}: scores differ by {off} at {unit}",
                remedy.name
            );
            let off = far(&table.chances(&one), &table.chances(&other));
            assert!(
                off < 1e-9,
                "{}: chances differ by {off} at {unit}",
                remedy.name
            );
        }
    }
}

#[test]
fn one_group_alone_stays_as_it_is() {
    // These are about labels or calibration as well.
    let changes = [
        "equal_weights",
        "class_weights",
        "oversampling",
        "undersampling",
        "calibration_platt",
        "calibration_isotonic",
    ];
    let table = Table::random(5, 300, 1);
    let plain = solved(&table.training(), model(), &PLAIN).unwrap();
    for remedy in MITIGATIONS.iter().filter(|r| !changes.contains(&r.name)) {
        let own = solved(&table.training(), model(), remedy).unwrap();
        let off = far(&table.chances(&plain), &table.chances(&own));
        assert!(off < 1e-6, "{}: chances differ by {off}", remedy.name);
        if !remedy.name.starts_with("gradient") {
            let off = far(&table.scores(&plain), &table.scores(&own));
            assert!(off < 1e-6, "{}: scores differ by {off}", remedy.name);
        }
    }
}

#[test]
fn threads_and_repetition_change_no_bit() {
    let table = Table::random(8, 4_200, 2);
    for remedy in MITIGATIONS {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| {
                let own = solved(&table.training(), model(), remedy).unwrap();
                let scores = table.scores(&own);
                let bits: Vec<u64> = scores.iter().map(|score| score.to_bits()).collect();
                (bits, own.cuts, own.notes)
            })
        };
        assert_eq!(on(1), on(3), "{}", remedy.name);
    }
}

#[test]
fn a_saved_model_scores_the_same() {
    let table = Table::random(9, 300, 2);
    for remedy in MITIGATIONS {
        let own = solved(&table.training(), model(), remedy).unwrap();
        let text = serde_json::to_string(&(&own.around, &own.cuts, own.scorer.saved())).unwrap();
        let (around, cuts, saved): (Around, Vec<Cut>, fit::Saved) =
            serde_json::from_str(&text).unwrap();
        assert!(around.is_valid(3, 2), "{}", remedy.name);
        assert!(cuts.iter().all(|cut| cut.is_valid()), "{}", remedy.name);
        assert_eq!(saved.problem(3), None, "{}", remedy.name);
        let again = around.scores(&*saved.scorer(), table.x.view(), &table.groups, &|_| 0.5);
        assert_eq!(table.scores(&own), again, "{}", remedy.name);
        assert_eq!(own.cuts, cuts, "{}", remedy.name);
    }
}

#[test]
fn a_group_that_was_never_seen_is_not_decided_on_by_what_differs_by_group() {
    let mut table = Table::random(10, 300, 2);
    table.count = 3;
    for remedy in MITIGATIONS {
        let own = solved(&table.training(), model(), remedy).unwrap();
        let x = table.x.slice(ndarray::s![..1, ..]);
        let chance = own.chances(x, &[2], &|_| 0.5)[0];
        let differs = !own.around.is_nothing() || own.cuts[0] != own.cuts[1];
        assert!(chance.is_none() || !differs, "{}", remedy.name);
    }
}

#[test]
fn a_constraint_binds_on_random_tables() {
    for seed in 0..12 {
        let table = Table::random(100 + seed, 200 + 40 * seed as usize, 2 + seed as usize % 3);
        for (name, equal) in [
            ("constrained_parity", Equal::Parity),
            ("constrained_odds", Equal::Odds),
            ("constrained_just_loss", Equal::JustLoss),
            ("constrained_fair_loss", Equal::FairLoss),
        ] {
            let own = match solved(&table.training(), model(), find(name).unwrap()) {
                Ok(own) => own,
                // No coefficients make just losses equal where features do not tell groups apart.
                Err(error) if equal == Equal::JustLoss => {
                    let said = error.to_string();
                    let is_told =
                        said.contains("no coefficients") || said.contains("cannot be met");
                    assert!(is_told, "{said}");
                    continue;
                }
                Err(error) => panic!("{name}, table {seed}: {error}"),
            };
            let scores = table.scores(&own);
            let cells = Cells::new(&table.training(), equal);
            let left = cells.violation(&cells.means(&table.weights, |row| scores[row]));
            let most = if equal == Equal::JustLoss { 1e-3 } else { 1e-6 };
            println!("{name}, table {seed}: {:?}", own.notes);
            assert!(
                left <= most,
                "{name}, table {seed}: {left}: {:?}",
                own.notes
            );
        }
    }
}

/// The rate of some rows in each group.
pub fn rates(table: &Table, chances: &[f64], is_counted: impl Fn(usize) -> bool) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); table.count];
    for (row, chance) in chances.iter().enumerate() {
        if is_counted(row) {
            let own = &mut sums[table.groups[row] as usize];
            own.0 += table.weights[row] * chance;
            own.1 += table.weights[row];
        }
    }
    sums.iter().map(|(part, whole)| part / whole).collect()
}

/// How far numbers lie apart.
pub fn apart(numbers: &[f64]) -> f64 {
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low
}

#[test]
fn rates_by_chance_are_equal_on_the_training_rows() {
    for seed in 0..20 {
        let table = Table::random(200 + seed, 60 + 30 * seed as usize, 2 + seed as usize % 4);
        let gap = |name: &str, which: &dyn Fn(usize) -> bool| {
            let own = solved(&table.training(), model(), find(name).unwrap()).unwrap();
            apart(&rates(&table, &table.chances(&own), which))
        };
        let positive = |row: usize| table.y[row];
        let negative = |row: usize| !table.y[row];
        for (name, gap) in [
            ("parity", gap("lottery_parity", &|_| true)),
            ("opportunity", gap("lottery_opportunity", &positive)),
            ("false positives", gap("lottery_false_positives", &negative)),
            ("odds", gap("lottery_odds", &positive)),
            ("odds", gap("lottery_odds", &negative)),
        ] {
            assert!(gap < 1e-9, "{name}, table {seed}: {gap}");
        }
    }
}

#[test]
fn what_is_to_be_independent_is() {
    let table = Table::random(11, 2_000, 3);
    for (name, most) in [
        ("reweighing", 1e-12),
        ("preferential_sampling", 1e-12),
        ("uniform_sampling", 2e-3),
        ("massaging", 5e-3),
    ] {
        let Stage::Pre(prepare) = find(name).unwrap().stage else {
            panic!("{name} is pre")
        };
        let made = prepare(&table.training()).unwrap();
        let after = Training {
            weights: &made.weights,
            y: made.y.as_deref().unwrap_or(&table.y),
            ..table.training()
        };
        let rates = after
            .sums()
            .iter()
            .map(|[no, yes]| yes / (no + yes))
            .collect::<Vec<_>>();
        assert!(apart(&rates) <= most, "{name}: {rates:?}");
    }
}

#[test]
fn every_remedy_has_a_name_of_its_own_and_a_source() {
    let names: std::collections::BTreeSet<&str> = MITIGATIONS.iter().map(|r| r.name).collect();
    assert_eq!(names.len(), MITIGATIONS.len());
    for remedy in &MITIGATIONS[1..] {
        assert!(!remedy.source.is_empty() && !remedy.about.is_empty());
    }
}
