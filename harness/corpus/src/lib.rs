//! Memory traces of services that never were, healthy and leaking, whose truth is therefore known.
//!
//! A [`Family`] is a kind of service; a seed chooses one of it: its size, its noise, its time constants. What belongs
//! to the programme scales with the run (warm-ups, fillings, waves of load), what belongs to the runtime is in seconds
//! (collections, the memory of the noise), so a trace is the same service at any cadence and any length. A [`Leak`]
//! can be put upon any of them, measured by what hides it: the standard deviation of the part that is stationary.

mod family;
mod healthy;
mod leak;
mod process;
mod random;
mod sampling;
mod service;
#[cfg(test)]
mod tests;
mod undecidable;
mod varied;

pub use family::{BENIGN, Family, HARD, VARIED};
pub use leak::{KINDS, Kind, Leak};
pub use random::Random;
pub use sampling::{jittered, thinned_late, with_gaps};

/// One MiB in bytes; inside, everything is in MiB.
const MIB: f64 = 1_048_576.0;

/// What is true of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does not leak, and the trace shows it well enough.
    Healthy,
    /// It does not leak, but up to the end nothing in the trace tells it from one that does.
    Undecidable,
    /// It leaks.
    Leaking,
}

/// One trace with its truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// `(seconds since the load began, bytes)`, every `cadence` seconds from 0 on.
    pub samples: Vec<(f64, f64)>,
    /// The standard deviation of the stationary part (noise, collections, waves of load), bytes.
    pub sigma: f64,
    /// What it is.
    pub truth: Truth,
    /// What was leaked in the whole run, bytes; 0 without a leak.
    pub leaked: f64,
    /// How fast it leaks at the end, averaged over the leak's own steps, bytes per second; 0 without a leak.
    pub slope: f64,
}

/// The trace of one service: `length` seconds, a sample each `cadence` seconds.
///
/// The same arguments give the same trace. Another cadence or another leak gives the same service with other noise.
pub fn trace(seed: u64, family: Family, length: f64, cadence: f64, leak: Option<Leak>) -> Trace {
    soak(seed, family, (length, length), cadence, leak)
}

/// Another run of the same service, without a leak: its sizes and times are those of [`trace`], and its noise is its own.
pub fn rerun(seed: u64, run: u64, family: Family, length: f64, cadence: f64) -> Trace {
    let random = Random::of(seed, family as u64).in_run(run);
    observe(family, random, seed, (length, length), cadence, None)
}

/// The same of a service whose programme goes by `scale` seconds and not by the length of the run: `(scale, length)`.
/// Where the run is longer it has warmed up well before its end.
pub fn soak(seed: u64, family: Family, (scale, length): (f64, f64), cadence: f64, leak: Option<Leak>) -> Trace {
    observe(family, Random::of(seed, family as u64), seed, (scale, length), cadence, leak)
}

fn observe(
    family: Family,
    mut random: Random,
    seed: u64,
    (scale, length): (f64, f64),
    cadence: f64,
    leak: Option<Leak>,
) -> Trace {
    let service = family.service(&mut random, scale);
    let times: Vec<f64> = (0..(length / cadence).round() as usize).map(|at| at as f64 * cadence).collect();
    let purpose = |kind: Kind| 1_000 + 100 * family as u64 + kind as u64;
    let course = leak.map(|leak| leak.kind.course(&mut Random::of(seed, purpose(leak.kind))));
    let observed = service.observe(&times);
    let leaked = leak.map_or(0.0, |leak| leak.size * observed.sigma);
    let lost = |at: f64| course.as_ref().map_or(0.0, |course| leaked * (course.share)(at / length));
    let values = times.iter().zip(&observed.moments).map(|(at, moment)| observed.value(*moment, lost(*at)));
    Trace {
        samples: times.iter().copied().zip(values.map(|value| (value * MIB).round())).collect(),
        sigma: observed.sigma * MIB,
        truth: if course.is_some() { Truth::Leaking } else { family.truth() },
        leaked: leaked * MIB,
        slope: course.map_or(0.0, |course| course.slope * leaked / length) * MIB,
    }
}
