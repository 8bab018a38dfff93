//! Numbers for think times, arrivals and templates.

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

    /// For one walk of a user.
    pub(crate) fn of_walk(seed: u64, user: u64, iteration: u64) -> Self {
        let user = Self(seed ^ Self(user).bits()).bits();
        Self(user ^ Self(iteration).bits())
    }

    /// 64 bits, each of them random.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number drawn evenly from those below `end`, which is above 0 (Lemire 2019, without the rejection: no number is
    /// more than `end` / 2^64 likelier than another).
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(end)) >> 64) as u64
    }

    /// A whole number drawn evenly from `range`.
    pub(crate) fn whole(&mut self, range: &RangeInclusive<i64>) -> i64 {
        let (from, to) = (*range.start(), *range.end());
        match to.wrapping_sub(from).cast_unsigned().checked_add(1) {
            Some(count) => from.wrapping_add(self.below(count).cast_signed()),
            None => self.bits().cast_signed(),
        }
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
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number above 0 of mean 1, as the gaps of a Poisson process are.
    pub(crate) fn exponential(&mut self) -> f64 {
        -(-self.share()).ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn whole_numbers_are_even_and_within_the_range() {
        let mut random = Random::of_user(1);
        let mut counts = [0_i32; 6];
        (0..60_000).for_each(|_| counts[(random.whole(&(-2..=3)) + 2) as usize] += 1);
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert_eq!(random.whole(&(7..=7)), 7);
        let draws: Vec<i64> = (0..100).map(|_| random.whole(&(i64::MIN..=i64::MAX))).collect();
        assert!(draws.iter().any(|draw| *draw < 0) && draws.iter().any(|draw| *draw > 0));
    }

    #[test]
    fn every_walk_draws_its_own_numbers() {
        let first = |seed, user, iteration| Random::of_walk(seed, user, iteration).bits();
        let few = || 0..20_u64;
        let walks = few().flat_map(|seed| few().flat_map(move |user| few().map(move |walk| (seed, user, walk))));
        let drawn: BTreeSet<u64> = walks.map(|(seed, user, walk)| first(seed, user, walk)).collect();
        assert_eq!(drawn.len(), 8000);
        assert_eq!(first(1, 2, 3), first(1, 2, 3));
    }

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
