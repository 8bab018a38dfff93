//! How samples come in the field: not quite on time, and not all of them.

use crate::random::Random;

/// Each sample kept with its value, but up to 45 % of the cadence early or late, and one in ten missing.
pub fn jittered(samples: &[(f64, f64)], seed: u64) -> Vec<(f64, f64)> {
    let mut random = Random::of(seed, 10_000);
    let cadence = samples.windows(2).map(|pair| pair[1].0 - pair[0].0).next().unwrap_or(1.0);
    let moved = samples.iter().map(|(at, value)| (at + 0.45 * cadence * random.between(-1.0, 1.0), *value));
    let moved: Vec<(f64, f64)> = moved.collect();
    moved.into_iter().filter(|_| random.share() >= 0.1).collect()
}

/// Three gaps, of 2 to 10 % of the run each.
pub fn with_gaps(samples: &[(f64, f64)], seed: u64) -> Vec<(f64, f64)> {
    let mut random = Random::of(seed, 10_001);
    let length = samples.last().map_or(0.0, |last| last.0);
    let gaps = [(); 3].map(|()| {
        let start = length * random.between(0.02, 0.88);
        start..start + length * random.between(0.02, 0.1)
    });
    samples.iter().copied().filter(|(at, _)| !gaps.iter().any(|gap| gap.contains(at))).collect()
}

/// From the middle of the run on only every sixth sample: a probe that slows down.
pub fn thinned_late(samples: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let half = samples.len() / 2;
    let kept = |at: &usize| *at < half || at.is_multiple_of(6);
    (0..samples.len()).filter(kept).map(|at| samples[at]).collect()
}
