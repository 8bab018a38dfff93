//! The kinds of services.

use crate::Truth;
use crate::random::Random;
use crate::service::{Scale, Service};
use crate::{healthy, undecidable, varied};

/// The benign families that the literature on leak detection and software aging describes.
pub const BENIGN: [Family; 19] = [
    Family::Flat,
    Family::Remembering,
    Family::Sawtooth,
    Family::Generations,
    Family::WarmUp,
    Family::WarmSawtooth,
    Family::WarmTwice,
    Family::CacheToCap,
    Family::Coupons,
    Family::StepAtStart,
    Family::Fragmentation,
    Family::LoadWave,
    Family::Arenas,
    Family::Quantised,
    Family::HighWater,
    Family::Spikes,
    Family::LateStep,
    Family::Decreasing,
    Family::PageCache,
];

/// More benign families: what those leave out.
pub const VARIED: [Family; 14] = [
    Family::SquareLoad,
    Family::SineLoad,
    Family::TwoSteps,
    Family::BallastFreed,
    Family::CacheBursts,
    Family::Processes,
    Family::Restart,
    Family::GrowingSawtooth,
    Family::WarmThenDecreasing,
    Family::SlowingSteps,
    Family::DailyWave,
    Family::AdaptiveHeap,
    Family::HeavyTails,
    Family::SlowNoise,
];

/// Families that do not leak and that no single trace tells from a leak.
pub const HARD: [Family; 6] = [
    Family::LongWarmUp,
    Family::LongFilling,
    Family::LongCoupons,
    Family::MajorCollection,
    Family::LongWave,
    Family::RandomWalk,
];

/// A kind of service that does not leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// A level and white noise.
    Flat,
    /// Noise that remembers for 1.5 to 20 s.
    Remembering,
    /// A collector with a period of 5 to 60 s.
    Sawtooth,
    /// Small collections over large ones.
    Generations,
    /// One exponential saturation.
    WarmUp,
    /// The same under a collector.
    WarmSawtooth,
    /// Two time constants.
    WarmTwice,
    /// A straight filling to a cap.
    CacheToCap,
    /// A cache filled by random keys: the coupon collector.
    Coupons,
    /// A jump when the load begins.
    StepAtStart,
    /// Growth with the logarithm of time.
    Fragmentation,
    /// A load that waxes and wanes 3 to 12 times in the run.
    LoadWave,
    /// A level that wanders and returns (Ornstein and Uhlenbeck 1930), held in arenas of 1 to 16 MiB.
    Arenas,
    /// Noise in pages of 1 to 64 MiB.
    Quantised,
    /// Memory that is never given back after a peak.
    HighWater,
    /// Short peaks.
    Spikes,
    /// One jump in the middle.
    LateStep,
    /// A slow decrease.
    Decreasing,
    /// Page cache grows, anonymous memory (which this is) is flat but for a little reclaim.
    PageCache,

    /// A load that is on and off, each 10 to 60 s.
    SquareLoad,
    /// A load that swings each 10 to 60 s.
    SineLoad,
    /// Two jumps.
    TwoSteps,
    /// A large block given back late.
    BallastFreed,
    /// Bursts of page cache, reclaimed soon, as usage shows them.
    CacheBursts,
    /// Several processes added up: warming up, collecting, restarting.
    Processes,
    /// A restart within the run: back to the base, and warm again.
    Restart,
    /// A collector whose peaks grow slowly and whose floors do not.
    GrowingSawtooth,
    /// A warm-up, then a slow decrease.
    WarmThenDecreasing,
    /// Steps that come ever more seldom (compiled code, arenas), evenly in the logarithm of time.
    SlowingSteps,
    /// A load with two levels and slopes between, 2 to 5 times in the run.
    DailyWave,
    /// A collector that adapts the size of its heap: the peaks wander, the floors stay.
    AdaptiveHeap,
    /// Noise with heavy tails: Student's t with 3 degrees of freedom.
    HeavyTails,
    /// Noise that remembers for 10 to 60 s.
    SlowNoise,

    /// A warm-up with a time constant of 0.3 to 1.5 runs.
    LongWarmUp,
    /// A straight filling whose cap lies beyond the end.
    LongFilling,
    /// A cache filled by random keys with a time constant of 0.7 to 2 runs.
    LongCoupons,
    /// A collector whose period is longer than the run.
    MajorCollection,
    /// A load wave longer than the run.
    LongWave,
    /// A random walk.
    RandomWalk,
}

impl Family {
    /// Healthy, or undecidable within one run.
    pub fn truth(self) -> Truth {
        if self >= Self::LongWarmUp { Truth::Undecidable } else { Truth::Healthy }
    }

    pub(crate) fn service(self, random: &mut Random, length: f64) -> Service {
        let scale = Scale::draw(random, length);
        if self <= Self::PageCache {
            healthy::service(self, random, scale)
        } else if self <= Self::SlowNoise {
            varied::service(self, random, scale)
        } else {
            undecidable::service(self, random, scale)
        }
    }
}
