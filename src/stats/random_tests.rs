//! Draws against their laws, and the bytes that a seed gives.

use super::*;

const DRAWS: usize = 200_000;

/// χ² of counted draws against ln of a law, in standard deviations from its mean; cells of
/// fewer than 10 expected draws are counted together.
fn excess(draws: &[u64], ln_law: impl Fn(u64) -> f64, last: u64) -> f64 {
    let mut seen = vec![0.0; last as usize + 1];
    for &draw in draws {
        seen[draw as usize] += 1.0;
    }
    let (mut square, mut cells) = (0.0, -1.0);
    let mut rest = (0.0, 0.0);
    let mut add = |seen: f64, expected: f64| {
        square += (seen - expected).powi(2) / expected;
        cells += 1.0;
    };
    for (k, seen) in seen.into_iter().enumerate() {
        let expected = draws.len() as f64 * ln_law(k as u64).exp();
        if expected < 10.0 {
            rest = (rest.0 + seen, rest.1 + expected);
        } else {
            add(seen, expected);
        }
    }
    if rest.1 > 1.0 {
        add(rest.0, rest.1);
    } else {
        assert!(rest.0 < 10.0, "{} where {} are expected", rest.0, rest.1);
    }
    (square - cells) / (2.0 * f64::max(cells, 1.0)).sqrt()
}

fn ln_choose(n: u64, k: u64) -> f64 {
    ln_factorial(n as f64) - ln_factorial(k as f64) - ln_factorial((n - k) as f64)
}

fn random(replicate: u64) -> Stream {
    Streams::new(7).stream(replicate)
}

/// Deterministic: the seed is fixed. 4 deviations of χ² are passed by chance once in 4,000.
#[test]
fn binomial_draws_follow_their_law() {
    for (at, &(n, p)) in [
        (1, 0.3),
        (5, 0.5),
        (30, 0.02),
        (30, 0.98),
        (19, 0.5),
        (20, 0.5),
        (25, 0.41),
        (100, 0.099),
        (100, 0.101),
        (1_000, 0.004),
        (1_000, 0.3),
        (5_000, 0.97),
        (1_000_000, 0.000_02),
        (1_000_000, 0.000_002),
    ]
    .iter()
    .enumerate()
    {
        let (mut random, law) = (random(at as u64), Binomial::new(p));
        let draws: Vec<u64> = (0..DRAWS).map(|_| law.draw(n, &mut random)).collect();
        let ln_law =
            |k: u64| ln_choose(n, k) + k as f64 * f64::ln(p) + (n - k) as f64 * f64::ln_1p(-p);
        let last = n.min(10_000);
        let found = excess(&draws, ln_law, last);
        assert!(found < 4.0, "({n}, {p}): {found}");
    }
}

#[test]
fn many_trials_have_the_mean_and_the_variance() {
    for (at, &(n, p)) in [
        (10_000_000, 0.012),
        (10_000_000_000, 0.5),
        (1 << 50, 1e-9),
        (1 << 50, 0.7),
    ]
    .iter()
    .enumerate()
    {
        let (mut random, law) = (random(at as u64), Binomial::new(p));
        let (mean, variance) = (n as f64 * p, n as f64 * p * (1.0 - p));
        let (mut first, mut second, mut fourth) = (0.0, 0.0, 0.0);
        for _ in 0..DRAWS {
            let z = (law.draw(n, &mut random) as f64 - mean) / variance.sqrt();
            first += z;
            second += z * z;
            fourth += z.powi(4);
        }
        let root = (DRAWS as f64).sqrt();
        assert!((first / root).abs() < 4.0, "({n}, {p}): {first}");
        let of_second = (second - DRAWS as f64) / (root * 2_f64.sqrt());
        assert!(of_second.abs() < 4.0, "({n}, {p}): {of_second}");
        let of_fourth = (fourth - 3.0 * DRAWS as f64) / (root * 96_f64.sqrt());
        assert!(of_fourth.abs() < 4.0, "({n}, {p}): {of_fourth}");
    }
}

#[test]
fn what_is_sure_is_drawn() {
    let mut random = random(0);
    for n in [0, 1, 1_000_000_007] {
        assert_eq!(Binomial::new(0.0).draw(n, &mut random), 0);
        assert_eq!(Binomial::new(1.0).draw(n, &mut random), n);
    }
    assert_eq!(Binomial::new(0.4).draw(0, &mut random), 0);
    assert_eq!(hypergeometric(10, 0, 4, &mut random), 0);
    assert_eq!(hypergeometric(10, 10, 4, &mut random), 4);
    assert_eq!(hypergeometric(10, 4, 10, &mut random), 4);
    assert_eq!(hypergeometric(0, 0, 0, &mut random), 0);
    let mut counts = [9; 3];
    Multinomial::new(8, [0.0; 3].into_iter()).draw(&mut counts, &mut random);
    assert_eq!(counts, [0, 0, 0]);
    Multinomial::new(8, [0.0, 0.1, 0.0].into_iter()).draw(&mut counts, &mut random);
    assert_eq!(counts, [0, 8, 0]);
}

#[test]
fn redrawn_rows_are_all_there_and_each_cell_is_binomial() {
    let (rows, mut random) = ([3.0, 0.0, 40.0, 7.0, 50.0], random(3));
    let (law, mut counts) = (Multinomial::new(100, rows.into_iter()), [0; 5]);
    let mut draws = vec![Vec::new(); 5];
    for _ in 0..DRAWS / 4 {
        law.draw(&mut counts, &mut random);
        assert_eq!(counts.iter().sum::<u64>(), 100);
        for (draws, &count) in draws.iter_mut().zip(&counts) {
            draws.push(count);
        }
    }
    for (draws, rows) in draws.iter().zip(rows).filter(|(_, rows)| *rows > 0.0) {
        let p: f64 = rows / 100.0;
        let ln_law =
            |k: u64| ln_choose(100, k) + k as f64 * p.ln() + (100 - k) as f64 * (1.0 - p).ln();
        let found = excess(draws, ln_law, 100);
        assert!(found < 4.0, "{rows}: {found}");
    }
    assert!(draws[1].iter().all(|&count| count == 0));
}

#[test]
fn rows_that_are_not_put_back_follow_the_hypergeometric_law() {
    for (at, &(rows, marked, drawn)) in [
        (10, 4, 5),
        (100, 30, 40),
        (100, 70, 40),
        (100, 30, 60),
        (100, 70, 60),
        (60, 30, 30),
        (1_000, 12, 500),
        (100_000, 400, 30_000),
        (100_000, 5, 99_990),
    ]
    .iter()
    .enumerate()
    {
        let mut random = random(at as u64);
        let draws: Vec<u64> = (0..DRAWS / 2)
            .map(|_| hypergeometric(rows, marked, drawn, &mut random))
            .collect();
        let ln_law = |k: u64| {
            if k + rows < marked + drawn {
                return f64::NEG_INFINITY;
            }
            ln_choose(marked, k) + ln_choose(rows - marked, drawn - k) - ln_choose(rows, drawn)
        };
        let found = excess(&draws, ln_law, marked.min(drawn));
        assert!(found < 4.0, "({rows}, {marked}, {drawn}): {found}");
    }
}

#[test]
fn normal_draws_are_uniform_under_their_distribution() {
    let mut random = random(1);
    let draws: Vec<u64> = (0..DRAWS)
        .map(|_| (crate::stats::special::normal_cdf(random.normal()) * 100.0) as u64)
        .collect();
    assert!(excess(&draws, |_| 0.01_f64.ln(), 99) < 4.0);
}

/// mpmath 1.3's `loggamma(k + 1)` at 40 digits.
#[test]
fn factorials_agree_with_forty_digits() {
    for (k, expected) in [
        (0.0, 0.0),
        (1.0, 0.0),
        (2.0, std::f64::consts::LN_2),
        (5.0, 4.787_491_742_782_046),
        (15.0, 27.899_271_383_840_89),
        (16.0, 30.671_860_106_080_672),
        (17.0, 33.505_073_450_136_89),
        (40.0, 110.320_639_714_757_39),
        (170.0, 706.573_062_245_787_4),
        (1_000.0, 5_912.128_178_488_163),
        (1_000_000.0, 12_815_518.384_658_169),
    ] {
        let error = (ln_factorial(k) - expected).abs();
        assert!(error <= 4e-15 * expected.max(1.0), "{k}: {error}");
    }
}

/// The bytes are part of the promise: a change of the generator or of a sampler shows here.
#[test]
fn a_seed_and_a_replicate_say_all() {
    let draw = |seed: u64, replicate: u64| {
        let mut random = Streams::new(seed).stream(replicate);
        (
            random.uniform(),
            Binomial::new(0.3).draw(1_000, &mut random),
            Binomial::new(0.001).draw(1_000, &mut random),
            hypergeometric(500, 100, 100, &mut random),
        )
    };
    assert_eq!(draw(1, 0), draw(1, 0));
    assert_ne!(draw(1, 0).0, draw(1, 1).0);
    assert_ne!(draw(1, 0).0, draw(2, 0).0);
    assert_eq!(draw(42, 7), (0.128_506_453_756_693, 293, 1, 15));
}
