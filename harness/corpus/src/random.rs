//! Random numbers that are the same on every machine.

use std::f64::consts::TAU;

/// A small generator: `SplitMix64` (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
    /// What is mixed into every fork.
    run: u64,
}

impl Random {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66_D1CE_4E5B, run: 0 }
    }

    /// The numbers of a seed for one purpose, independent of those for another.
    pub fn of(seed: u64, purpose: u64) -> Self {
        Self::new(Self::new(seed).next() ^ Self::new(purpose).next())
    }

    /// A generator of its own, so that what one part draws does not shift what another draws.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self::new(self.next() ^ self.run)
    }

    /// The same in another run: it draws the same, and its forks draw something else. 0 is the run that there is anyway.
    #[must_use]
    pub fn in_run(self, run: u64) -> Self {
        Self { run: run.wrapping_mul(0xD6E8_FEB8_6659_FD93), ..self }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1, 1 excluded.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly between two values.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// Evenly between two values, on a logarithmic scale.
    pub fn scale(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    /// A whole number from `low` to `high`, both included.
    pub fn count(&mut self, low: u32, high: u32) -> u32 {
        (low + (f64::from(high - low + 1) * self.share()) as u32).min(high)
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    /// Normal, mean 0 and standard deviation 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (TAU * self.share()).cos()
    }
}
