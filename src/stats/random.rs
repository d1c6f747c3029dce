//! Random numbers that anyone gets again: one stream of `ChaCha8` per replicate, and samplers that
//! are exact in law (to the rounding of f64).
//!
//! In: a seed and the number of a replicate. Out: uniform, normal, binomial, multinomial and
//! hypergeometric draws. What a replicate draws depends on these two numbers alone, so threads and
//! their order change nothing. `StdRng` is no choice: its algorithm may change between versions.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::special::normal_quantile;

/// The random numbers of one replicate.
#[derive(Debug, Clone)]
pub struct Stream(ChaCha8Rng);

/// All streams of one seed; making one is copying 300 bytes.
#[derive(Debug, Clone)]
pub struct Streams(ChaCha8Rng);

impl Streams {
    /// Of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The stream of a replicate, from its start. There are 2⁶⁴, each of 2⁷⁰ bytes; none overlap.
    pub fn stream(&self, replicate: u64) -> Stream {
        let mut random = self.0.clone();
        random.set_stream(replicate);
        Stream(random)
    }
}

impl Stream {
    /// Uniform over the midpoints of 2⁵² equal parts of (0, 1): never 0, never 1.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        const PART: f64 = 1.0 / (1_u64 << 52) as f64;
        ((self.0.next_u64() >> 12) as f64 + 0.5) * PART
    }

    /// 64 random bits.
    #[inline]
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Standard normal, by inversion: as exact as the quantile, and always one uniform number.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// Puts a list into random order, each order as likely as any other (Fisher and Yates).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            list.swap(last, other);
        }
    }

    /// [`below`] of this stream.
    pub fn below(&mut self, limit: u64) -> u64 {
        below(&mut self.0, limit)
    }
}

/// Whole and uniform in 0..`limit`, without bias (Lemire 2019, doi:10.1145/3230636).
pub fn below(random: &mut impl Rng, limit: u64) -> u64 {
    loop {
        let wide = u128::from(random.next_u64()) * u128::from(limit);
        let low = wide as u64;
        if low >= limit || low >= limit.wrapping_neg() % limit {
            return (wide >> 64) as u64;
        }
    }
}

/// Below this n·p the inversion is faster than rejection, which needs it to be 10 at least.
const INVERTED: f64 = 10.0;

/// How many of some trials succeed, each with chance p; the trials may differ from draw to draw.
#[derive(Debug, Clone, Copy)]
pub struct Binomial {
    /// The rarer of success and failure.
    rare: f64,
    is_failure_rare: bool,
    odds: f64,
    ln_common: f64,
}

impl Binomial {
    /// Of a chance in [0, 1].
    pub fn new(p: f64) -> Self {
        let p = p.clamp(0.0, 1.0);
        let rare = p.min(1.0 - p);
        Self {
            rare,
            is_failure_rare: p > 0.5,
            odds: rare / (1.0 - rare),
            ln_common: (-rare).ln_1p(),
        }
    }

    /// The successes of `trials` trials, up to 2⁵³ of them.
    #[inline]
    pub fn draw(&self, trials: u64, random: &mut Stream) -> u64 {
        let n = trials as f64;
        let count = if trials == 0 || self.rare <= 0.0 {
            0
        } else if n * self.rare < INVERTED {
            self.inverted(n, random)
        } else {
            self.rejected(n, random)
        };
        if self.is_failure_rare {
            trials - count
        } else {
            count
        }
    }

    /// Sums the law from 0 upwards until it reaches a uniform number (BINV in Kachitvichyanukul and
    /// Schmeiser 1988, doi:10.1145/42372.42381).
    fn inverted(&self, n: f64, random: &mut Stream) -> u64 {
        let none = (n * self.ln_common).exp();
        // What rounding leaves of the law after its last term starts anew.
        'anew: loop {
            let (mut left, mut term, mut count) = (random.uniform(), none, 0.0);
            while left > term {
                left -= term;
                count += 1.0;
                if count > n {
                    continue 'anew;
                }
                term *= self.odds * (n + 1.0 - count) / count;
                if term < f64::MIN_POSITIVE {
                    continue 'anew;
                }
            }
            return count as u64;
        }
    }

    /// Transformed rejection with squeeze, BTRS (Hörmann 1993, doi:10.1080/00949659308811496): most
    /// draws take two uniform numbers and no logarithm.
    fn rejected(&self, n: f64, random: &mut Stream) -> u64 {
        let spread = (n * self.rare * (1.0 - self.rare)).sqrt();
        // Hörmann's b, a, c and v_r.
        let width = 1.15 + 2.53 * spread;
        let tail = -0.0873 + 0.0248 * width + 0.01 * self.rare;
        let center = n * self.rare + 0.5;
        let sure = 0.92 - 4.2 / width;
        loop {
            let place = random.uniform() - 0.5;
            let height = random.uniform();
            let edge = 0.5 - place.abs();
            let k = ((2.0 * tail / edge + width) * place + center).floor();
            if edge >= 0.07 && height <= sure {
                return k as u64;
            }
            if !(0.0..=n).contains(&k) {
                continue;
            }
            let alpha = (2.83 + 5.1 / width) * spread;
            if (height * alpha / (tail / (edge * edge) + width)).ln() <= self.ln_to_mode(n, k) {
                return k as u64;
            }
        }
    }

    /// ln of the chance of `k` to that of the mode.
    fn ln_to_mode(&self, n: f64, k: f64) -> f64 {
        let mode = ((n + 1.0) * self.rare).floor();
        (mode + 0.5) * ((mode + 1.0) / (self.odds * (n - mode + 1.0))).ln()
            + (n + 1.0) * ((k - mode) / (n - k + 1.0)).ln_1p()
            + (k + 0.5) * (self.odds * (n - k + 1.0) / (k + 1.0)).ln()
            + stirling_rest(mode)
            + stirling_rest(n - mode)
            - stirling_rest(k)
            - stirling_rest(n - k)
    }
}

/// Rows redrawn over cells: each cell is binomial given those before it.
#[derive(Debug, Clone)]
pub struct Multinomial {
    trials: u64,
    /// Each, given that no earlier one was hit.
    given: Vec<Binomial>,
}

impl Multinomial {
    /// So many trials, each hitting a cell in proportion to its share (≥ 0, of any sum).
    pub fn new(trials: u64, shares: impl DoubleEndedIterator<Item = f64>) -> Self {
        let mut left = 0.0;
        // From the end: the last cell with a share takes all that is left, without rounding.
        let mut given: Vec<Binomial> = shares
            .rev()
            .map(|share| {
                left += share;
                Binomial::new(if left > 0.0 { share / left } else { 0.0 })
            })
            .collect();
        given.reverse();
        Self {
            trials: if left > 0.0 { trials } else { 0 },
            given,
        }
    }

    /// The hits of each cell, in order; `counts` has one place for each.
    #[inline]
    pub fn draw(&self, counts: &mut [u64], random: &mut Stream) {
        let mut left = self.trials;
        for (count, given) in counts.iter_mut().zip(&self.given) {
            *count = given.draw(left, random);
            left -= *count;
        }
    }
}

/// How many of `drawn` rows, drawn without putting back from `rows` rows, are among `marked` ones
/// (`drawn`, `marked` ≤ `rows`).
///
/// Few rows are drawn one by one; else by the ratio of uniforms (HRUA; Stadlober 1990,
/// doi:10.1016/0377-0427(90)90349-5).
pub fn hypergeometric(rows: u64, marked: u64, drawn: u64, random: &mut Stream) -> u64 {
    debug_assert!(marked <= rows && drawn <= rows);
    // By symmetry at most half are marked and at most half are drawn.
    let few = marked.min(rows - marked);
    let sample = drawn.min(rows - drawn);
    let (few, sample) = (few.max(sample), few.min(sample));
    // `sample` of `few`: the law is the same with the two swapped, and the smaller is drawn.
    let hits = if sample <= 10 {
        one_by_one(rows, few, sample, random)
    } else {
        ratio_of_uniforms(rows as f64, few as f64, sample as f64, random)
    };
    match (marked > rows - marked, drawn > rows - drawn) {
        (false, false) => hits,
        (true, false) => drawn - hits,
        (false, true) => marked - hits,
        (true, true) => marked + drawn + hits - rows,
    }
}

fn one_by_one(mut rows: u64, mut marked: u64, drawn: u64, random: &mut Stream) -> u64 {
    let before = marked;
    for _ in 0..drawn {
        marked -= u64::from(random.below(rows) < marked);
        rows -= 1;
    }
    before - marked
}

/// For `marked` and `drawn` at most half of the rows.
fn ratio_of_uniforms(rows: f64, marked: f64, drawn: f64, random: &mut Stream) -> u64 {
    // 2·sqrt(2/e) and 3 − 2·sqrt(3/e).
    const SLOPE: f64 = 1.715_527_769_921_413_5;
    const SHIFT: f64 = 0.898_916_162_058_898_8;
    let share = marked / rows;
    let center = drawn * share + 0.5;
    let variance = (rows - drawn) * drawn * share * (1.0 - share) / (rows - 1.0);
    let deviation = (variance + 0.5).sqrt();
    let width = SLOPE * deviation + SHIFT;
    // Beyond 16 deviations nothing is left that a f64 could see.
    let end = (marked.min(drawn) + 1.0).min((center + 16.0 * deviation).floor());
    let ln = |k: f64| {
        ln_factorial(k)
            + ln_factorial(marked - k)
            + ln_factorial(drawn - k)
            + ln_factorial(rows - marked - drawn + k)
    };
    let at_mode = ln(((drawn + 1.0) * (marked + 1.0) / (rows + 2.0)).floor());
    loop {
        let x = random.uniform();
        let place = center + width * (random.uniform() - 0.5) / x;
        if !(0.0..end).contains(&place) {
            continue;
        }
        let k = place.floor();
        let height = at_mode - ln(k);
        // Two squeezes around 2·ln(x) spare most logarithms.
        if x * (4.0 - x) - 3.0 <= height || (x * (x - height) < 1.0 && 2.0 * x.ln() <= height) {
            return k as u64;
        }
    }
}

/// ln(k!) of a whole number, to about 1e-15 relative.
pub(super) fn ln_factorial(k: f64) -> f64 {
    const HALF_LN_2PI: f64 = 0.918_938_533_204_672_7;
    (k + 0.5) * (k + 1.0).ln() - (k + 1.0) + HALF_LN_2PI + stirling_rest(k)
}

/// What Stirling's (k + ½)·ln(k + 1) − (k + 1) + ½·ln(2π) lacks to ln(k!); about 1e-15 absolute.
fn stirling_rest(k: f64) -> f64 {
    if let Some(rest) = STIRLING_RESTS.get(k as usize) {
        return *rest;
    }
    let x = 1.0 / (k + 1.0);
    let sq = x * x;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - sq / 1188.0) * sq) * sq) * sq) * x
}

/// Where the series has not yet all digits; at 40 digits by mpmath 1.3.
const STIRLING_RESTS: [f64; 16] = [
    0.081_061_466_795_327_26,
    0.041_340_695_955_409_3,
    0.027_677_925_684_998_34,
    0.020_790_672_103_765_093,
    0.016_644_691_189_821_193,
    0.013_876_128_823_070_748,
    0.011_896_709_945_891_77,
    0.010_411_265_261_972_096,
    0.009_255_462_182_712_733,
    0.008_330_563_433_362_87,
    0.007_573_675_487_951_841,
    0.006_942_840_107_209_53,
    0.006_408_994_188_004_207,
    0.005_951_370_112_758_847_5,
    0.005_554_733_551_962_801,
    0.005_207_655_919_609_640_4,
];

#[cfg(test)]
#[path = "random_tests.rs"]
mod tests;
