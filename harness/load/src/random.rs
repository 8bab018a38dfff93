//! Numbers for think times and arrivals.

use std::ops::RangeInclusive;
use std::time::Duration;

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

    /// A time drawn evenly from `range`.
    pub(crate) fn within(&mut self, range: &RangeInclusive<Duration>) -> Duration {
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
}
