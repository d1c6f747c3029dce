//! Times one fit, without reading and writing, for `mitigate.py`: `fit NAME DATA COLUMNS OUT`.
//!
//! In: `logistic` or a remedy that fits; a file of little-endian doubles, row after row: the
//! features, label, weight, group. Out: wall and CPU seconds of the fit on standard output; in `OUT`
//! the coefficients, or each row's chance of a positive decision. Clocks need Linux's `/proc`.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::fs;
use std::time::Instant;

use fair_audit::fit::{self, LEARNERS, Sample, Saved};
use fair_audit::mitigate::{Made, Stage, Training, find};
use ndarray::ArrayView2;

/// CPU seconds of this process, in steps of 0.01.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |at: usize| after.split_whitespace().nth(at)?.parse::<f64>().ok();
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => (user + system) / 100.0,
        _ => f64::NAN,
    }
}

fn main() {
    // `cargo bench` and `cargo test --benches` call it with no file: nothing to time.
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let [name, data, columns, out] = asked.as_slice() else {
        return;
    };
    let columns: usize = columns.parse().unwrap();
    let bytes = fs::read(data).unwrap();
    let (doubles, _) = bytes.as_chunks::<8>();
    let all: Vec<f64> = doubles.iter().map(|own| f64::from_le_bytes(*own)).collect();
    let mut x = Vec::new();
    let (mut y, mut weights, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    for row in all.chunks(columns + 3) {
        x.extend_from_slice(&row[..columns]);
        y.push(row[columns] > 0.0);
        weights.push(row[columns + 1]);
        groups.push(row[columns + 2] as u32);
    }
    let x = ArrayView2::from_shape((y.len(), columns), &x).unwrap();
    let names: Vec<String> = (0..columns).map(|column| format!("x{column}")).collect();
    let model = &LEARNERS[0];
    let (wall, before) = (Instant::now(), cpu());
    let told: Vec<f64>;
    let (seconds, spent);
    if name == model.name {
        let sample = Sample {
            x,
            y: &y,
            weights: &weights,
            seed: 0,
        };
        let fitted = fit::fit(model, &sample, &names).unwrap();
        (seconds, spent) = (wall.elapsed().as_secs_f64(), cpu() - before);
        let mut saved = fitted.scorer.saved();
        while let Saved::Columns { inner, .. } = saved {
            saved = *inner;
        }
        let Saved::Logistic {
            mut coefficients,
            intercept,
        } = saved
        else {
            panic!("not logistic")
        };
        coefficients.push(intercept);
        told = coefficients;
    } else {
        let Some(Stage::In(solve)) = find(name).map(|remedy| remedy.stage) else {
            panic!("{name} fits no model")
        };
        let training = Training {
            x,
            names: &names,
            groups: &groups,
            count: groups.iter().max().map_or(0, |most| *most as usize + 1),
            y: &y,
            weights: &weights,
            seed: 0,
        };
        let Made { fitted, .. } = solve(&training, model).unwrap();
        (seconds, spent) = (wall.elapsed().as_secs_f64(), cpu() - before);
        told = fitted.scorer.score(x).to_vec();
    }
    let bytes: Vec<u8> = told.iter().flat_map(|own| own.to_le_bytes()).collect();
    fs::write(out, bytes).unwrap();
    println!("{seconds} {spent}");
}
