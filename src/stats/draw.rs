//! Random numbers for the simulations of the unit tests: the same ones in every run.

/// A generator (`SplitMix64`; Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195).
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How many of `n` rows are of a kind with this rate.
    pub fn binomial(&mut self, n: u64, rate: f64) -> u64 {
        (0..n).filter(|_| self.uniform() < rate).count() as u64
    }
}
