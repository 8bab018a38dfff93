//! Traces of healthy services and of leaks, made up: the families by which the judgement is measured.

use std::f64::consts::TAU;

const MIB: f64 = 1_048_576.0;

/// The benign families.
pub(super) const BENIGN: [Family; 19] = [
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

/// A kind of healthy service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Family {
    /// A level and white noise.
    Flat,
    /// Noise that remembers.
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
    /// A cache filled by random keys.
    Coupons,
    /// A jump when the load begins.
    StepAtStart,
    /// Growth with the logarithm of time.
    Fragmentation,
    /// A load that waxes and wanes.
    LoadWave,
    /// A level that wanders and returns, held in arenas.
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
    /// Flat but for the noise of reclaim.
    PageCache,
}

/// A kind of leak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Leak {
    Linear,
    Staircase,
    Late,
    Exponential,
    Bursty,
}

/// A small generator of random numbers: `SplitMix64` (Steele, Lea and Flood 2014).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66_D1CE_4E5B)
    }

    /// From 0 to 1.
    pub(super) fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly between two values.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// Evenly between two values, on a logarithmic scale.
    pub(super) fn scale(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    /// Normal, mean 0 and standard deviation 1 (Box and Muller 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (TAU * self.share()).cos()
    }
}

/// A trace at 1 Hz and the standard deviation of its stationary part, MiB.
struct Trace {
    values: Vec<f64>,
    sigma: f64,
}

/// Samples of a family, in bytes at 1 Hz; a leak adds `size` standard deviations of the stationary part over the run.
pub(super) fn make(seed: u64, family: Family, seconds: usize, leak: Option<(Leak, f64)>) -> Vec<(f64, f64)> {
    let mut random = Random::new(seed * 1_000 + family as u64);
    let Trace { mut values, sigma } = family.trace(&mut random, seconds);
    if let Some((kind, size)) = leak {
        for (value, share) in values.iter_mut().zip(kind.course(&mut random, seconds)) {
            *value += size * sigma * share;
        }
    }
    values.into_iter().enumerate().map(|(at, value)| (at as f64, (value * MIB).round())).collect()
}

impl Leak {
    /// The leaked share of the whole, second by second.
    fn course(self, random: &mut Random, seconds: usize) -> Vec<f64> {
        let start = random.between(0.25, 0.55);
        let steps = random.between(12.0, 40.0).round();
        let rate = random.between(2.0, 4.0);
        let course = |v: f64| match self {
            Self::Linear => v,
            Self::Staircase => (v * steps).floor() / steps,
            Self::Late => ((v - start) / (1.0 - start)).max(0.0),
            Self::Exponential => (rate * v).exp_m1() / rate.exp_m1(),
            Self::Bursty => ((v * 10.0).floor() + ((v * 10.0).fract() * 2.0).min(1.0)) / 10.0,
        };
        (0..seconds).map(|at| course(at as f64 / seconds as f64)).collect()
    }
}

impl Family {
    fn trace(self, random: &mut Random, seconds: usize) -> Trace {
        let base = random.scale(30.0, 800.0);
        let noise = base * random.between(0.0025, 0.015);
        let shape = self.course(random, seconds, base, noise);
        let quiet = matches!(self, Self::Remembering | Self::HighWater | Self::Quantised);
        let values: Vec<f64> =
            shape.iter().map(|part| base + part.0 + if quiet { 0.0 } else { noise * random.normal() }).collect();
        // The stationary part is the second of each pair and the noise.
        let mean = shape.iter().map(|part| part.1).sum::<f64>() / seconds as f64;
        let variance = shape.iter().map(|part| (part.1 - mean).powi(2)).sum::<f64>() / seconds as f64;
        Trace { values, sigma: (noise * noise + variance).sqrt() }
    }

    /// What is added to the base each second, and the part of it that is stationary.
    fn course(self, random: &mut Random, seconds: usize, base: f64, noise: f64) -> Vec<(f64, f64)> {
        let length = seconds as f64;
        let height = base * random.between(0.1, 0.8);
        let tau = length * random.between(0.02, 0.2);
        let passing = |value: f64| (value, 0.0);
        let curve = |course: &dyn Fn(f64) -> f64| (0..seconds).map(|at| passing(course(at as f64))).collect();
        match self {
            Self::Flat | Self::PageCache => curve(&|_| 0.0),
            Self::Remembering => stationary(remembering(random, seconds, noise)),
            Self::Sawtooth => stationary(sawtooth(random, seconds, base)),
            Self::Generations => stationary(generations(random, seconds, base)),
            Self::WarmUp => curve(&|t| height * -(-t / tau).exp_m1()),
            Self::WarmSawtooth => {
                let teeth = sawtooth(random, seconds, base).into_iter().enumerate();
                teeth.map(|(at, tooth)| (tooth - height * (-(at as f64) / tau).exp_m1(), tooth)).collect()
            }
            Self::WarmTwice => {
                let (fast, part) = (length * random.between(0.01, 0.05), random.between(0.3, 0.7));
                let slow = length * random.between(0.08, 0.25);
                curve(&|t| -height * (part * (-t / fast).exp_m1() + (1.0 - part) * (-t / slow).exp_m1()))
            }
            Self::CacheToCap => {
                let end = length * random.between(0.1, 0.6);
                curve(&|t| height * (t / end).min(1.0))
            }
            Self::Coupons => coupons(random, seconds, height, tau).into_iter().map(passing).collect(),
            Self::StepAtStart => {
                let start = length * random.between(0.0, 0.05);
                curve(&|t| if t < start { 0.0 } else { height })
            }
            Self::Fragmentation => {
                let early = length * random.scale(0.001, 0.1);
                curve(&|t| 0.35 * height * (t / early).ln_1p() / (length / early).ln_1p())
            }
            Self::LoadWave => {
                let (period, phase) = (length / random.between(3.0, 12.0), random.between(0.0, TAU));
                stationary((0..seconds).map(|at| 0.15 * height * (TAU * at as f64 / period + phase).sin()).collect())
            }
            Self::Arenas => stationary(arenas(random, seconds, noise)),
            Self::Quantised => {
                let page = random.scale(1.0, 64.0);
                let rough = |random: &mut Random| (0.5 + noise * random.normal() / page).floor() * page;
                stationary((0..seconds).map(|_| rough(random)).collect())
            }
            Self::HighWater => high_water(random, seconds, noise).into_iter().map(passing).collect(),
            Self::Spikes => stationary(spikes(random, seconds, height)),
            Self::LateStep => {
                let start = length * random.between(0.3, 0.8);
                curve(&|t| if t < start { 0.0 } else { 0.4 * height })
            }
            Self::Decreasing => curve(&|t| -0.3 * height * t / length),
        }
    }
}

fn stationary(values: Vec<f64>) -> Vec<(f64, f64)> {
    values.into_iter().map(|value| (value, value)).collect()
}

fn remembering(random: &mut Random, seconds: usize, noise: f64) -> Vec<f64> {
    let memory = random.between(0.5, 0.95);
    let mut value = noise * random.normal();
    let next = |_| {
        value = memory * value + noise * (1.0 - memory * memory).sqrt() * random.normal();
        value
    };
    (0..seconds).map(next).collect()
}

fn sawtooth(random: &mut Random, seconds: usize, base: f64) -> Vec<f64> {
    let (period, height) = (random.between(5.0, 60.0), base * random.between(0.05, 0.6));
    let mut place = random.share();
    let next = |_| {
        place += random.between(0.7, 1.3) / period;
        if place >= 1.0 {
            place = random.between(0.0, 0.05);
        }
        height * place
    };
    (0..seconds).map(next).collect()
}

fn generations(random: &mut Random, seconds: usize, base: f64) -> Vec<f64> {
    let (young, old) = (base * random.between(0.05, 0.2), base * random.between(0.05, 0.3));
    let (minor, many) = (random.between(3.0, 10.0), random.between(4.0, 10.0).round());
    let start = random.between(0.0, minor * many);
    let value = |at: usize| {
        let round = (at as f64 + start) / minor;
        young * round.fract() + old * (round.floor() % many) / many
    };
    (0..seconds).map(value).collect()
}

fn coupons(random: &mut Random, seconds: usize, height: f64, tau: f64) -> Vec<f64> {
    let keys = random.scale(100.0, 5_000.0);
    let mut held = 0.0;
    let next = |_| {
        let expected = (keys - held) / tau;
        let arrived = (expected + expected.sqrt() * random.normal()).round();
        held = (held + arrived.max(0.0)).min(keys);
        height * held / keys
    };
    (0..seconds).map(next).collect()
}

fn arenas(random: &mut Random, seconds: usize, noise: f64) -> Vec<f64> {
    let arena = random.scale(1.0, 16.0);
    let tau = seconds as f64 * random.between(0.01, 0.05);
    let mut level = 0.0;
    let next = |_| {
        level += -level / tau + 2.0 * noise * (2.0 / tau).sqrt() * random.normal();
        (level / arena).ceil() * arena
    };
    (0..seconds).map(next).collect()
}

fn high_water(random: &mut Random, seconds: usize, noise: f64) -> Vec<f64> {
    let mut highest = 0.0_f64;
    let levels = remembering(random, seconds, 2.0 * noise).into_iter();
    levels
        .map(|level| {
            highest = highest.max(level);
            highest
        })
        .collect()
}

fn spikes(random: &mut Random, seconds: usize, height: f64) -> Vec<f64> {
    let often = random.between(0.01, 0.1);
    (0..seconds).map(|_| if random.share() < often { height * random.share() } else { 0.0 }).collect()
}
