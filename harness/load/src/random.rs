//! Numbers for think times and arrivals.

use std::ops::RangeInclusive;
use std::time::Duration;

use scenario::Think;

/// `SplitMix64`, seeded with a user's rank: a run thinks as the run before it did.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn of_user(rank: u64) -> Self {
        Self(rank)
    }

    /// Apart from those of users, whose ranks are small.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed ^ 0x5EED_0FA1_1AA4_417A)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A time to think.
    pub(crate) fn think(&mut self, think: &Think) -> Duration {
        match think {
            Think::Even(range) => self.within(range),
            Think::Exponential { mean } => mean.mul_f64(self.exponential()),
            Think::Normal { mean, deviation } => {
                let seconds = mean.as_secs_f64() + deviation.as_secs_f64() * self.normal();
                Duration::from_secs_f64(seconds.max(0.0))
            }
        }
    }

    /// A number of mean 0 and deviation 1 (Box and Muller 1958).
    fn normal(&mut self) -> f64 {
        let angle = std::f64::consts::TAU * self.share();
        (2.0 * self.exponential()).sqrt() * angle.cos()
    }

    /// A time drawn evenly from `range`.
    fn within(&mut self, range: &RangeInclusive<Duration>) -> Duration {
        *range.start() + range.end().saturating_sub(*range.start()).mul_f64(self.share())
    }

    /// A number from 0 to below 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number above 0 of mean 1, as the gaps of a Poisson process are.
    pub(crate) fn exponential(&mut self) -> f64 {
        -(-self.share()).ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_even_and_within_the_range() {
        let range = Duration::from_millis(100)..=Duration::from_millis(300);
        let mut random = Random::of_user(7);
        let draws: Vec<_> = (0..10_000).map(|_| random.within(&range)).collect();
        assert!(draws.iter().all(|draw| range.contains(draw)));
        let mean = draws.iter().sum::<Duration>() / 10_000;
        assert!((Duration::from_millis(195)..Duration::from_millis(205)).contains(&mean), "{mean:?}");
    }

    #[test]
    fn draws_have_the_mean_and_the_deviation_asked_for() {
        let (mean, deviation) = (Duration::from_secs(10), Duration::from_secs(2));
        for (think, expected) in [(Think::Exponential { mean }, 10.0), (Think::Normal { mean, deviation }, 2.0)] {
            let mut random = Random::of_user(3);
            let draws: Vec<f64> = (0..20_000).map(|_| random.think(&think).as_secs_f64()).collect();
            let mean = draws.iter().sum::<f64>() / 20_000.0;
            let spread = (draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 20_000.0).sqrt();
            assert!((9.8..10.2).contains(&mean), "{think:?}: {mean}");
            assert!((spread / expected - 1.0).abs() < 0.03, "{think:?}: {spread}");
        }
    }
}
