//! Runs of made-up services: memory from the corpus, requests of their own.

use std::path::Path;

use corpus::{BENIGN, Family, Random, VARIED, rerun};
use scenario::Plan;
use timeline::{
    Beat, Elapsed, EncodedHistogram, LatencyInterval, LoadInterval, Metric, Observation, PhaseSpan, Sample, SeriesKey,
    Subject, Timeline, new_histogram,
};

use super::*;

/// Seconds without load before, of load, and without load after it.
const PHASES: (f64, f64, f64) = (30.0, 300.0, 30.0);
/// Requests per second.
const RATE: u64 = 100;

/// A service, by the seed of its sizes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service {
    family: Family,
    seed: u64,
    /// Bytes per second of load.
    leak: f64,
}

impl Service {
    /// `many` of each family, and as many that leak.
    pub(super) fn all(many: u64) -> Vec<Self> {
        let families = BENIGN.into_iter().chain(VARIED);
        let healthy = families.flat_map(|family| (0..many).map(move |seed| Self { family, seed, leak: 0.0 }));
        healthy.chain((0..many).flat_map(|_| Self::leaking())).collect()
    }

    /// Some that do not leak.
    pub(super) fn healthy() -> [Self; 4] {
        Self::leaking().map(|service| Self { leak: 0.0, ..service })
    }

    /// Some that leak.
    pub(super) fn leaking() -> [Self; 4] {
        let of = |family, seed| Self { family, seed, leak: 1_048_576.0 };
        [of(Family::Flat, 1), of(Family::WarmUp, 2), of(Family::Remembering, 3), of(Family::CacheToCap, 4)]
    }
}

/// What has become worse, as a factor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Worse {
    pub(super) leak: f64,
    pub(super) memory: f64,
    pub(super) latency: f64,
}

/// Nothing has.
pub(super) const SAME: Worse = Worse { leak: 1.0, memory: 1.0, latency: 1.0 };

fn plan() -> Plan {
    let source = "name: test\ntarget: {process: {command: [a]}}\nload:\n  journeys: [{name: a, steps: [{get: /}]}]\n  \
                  phases: [{name: base, for: 30s}, {name: work, for: 300s, users: 10}, {name: settle, for: 30s}]";
    scenario::load(source, Path::new("/"), &|_| None).unwrap()
}

/// One run of a service, in which something has become worse.
pub(super) fn run(service: &Service, number: u64, worse: &Worse) -> Run {
    let timeline = timeline(service, number, worse);
    Run {
        name: number.to_string(),
        conditions: BTreeMap::new(),
        outcome: Outcome::Completed,
        measured: measure(&plan(), &timeline),
    }
}

fn timeline(service: &Service, number: u64, worse: &Worse) -> Timeline {
    let mut random = Random::of(number, service.seed + 1000 * service.family as u64);
    let mut timeline = Timeline { outcome: Outcome::Completed, ..Timeline::default() };
    let (before, load, after) = PHASES;
    let at = Elapsed::from_seconds;
    for (name, start, end) in
        [("base", 0.0, before), ("work", before, before + load), ("settle", before + load, before + load + after)]
    {
        let loaded = name == "work";
        timeline.push(Observation::Phase(PhaseSpan {
            name: name.to_owned(),
            cycle: None,
            loaded,
            start: at(start),
            end: at(end),
        }));
    }
    memory(service, number, worse, &mut timeline, random.fork());
    for start in (0..30).map(|ten| before + f64::from(ten) * 10.0) {
        timeline.push(Observation::Latency(latency(start, worse, &mut random)));
        let load = LoadInterval {
            start: at(start),
            end: at(start + 10.0),
            users_planned: 10,
            users_active: 10,
            ..LoadInterval::default()
        };
        timeline.push(Observation::Load(load));
    }
    for number in 0..3600_u64 {
        let due = Elapsed::from_micros(number * 100_000);
        let took = random.exponential(900.0) as u64 + if random.share() < 0.01 { 20_000 } else { 0 };
        let done = Elapsed::from_micros(due.micros() + 200 + took);
        timeline.push(Observation::Beat(Beat { due, sent: due, done, harness_stalled: 0, answered: true }));
    }
    timeline
}

/// The memory of the corpus, a level before and after it; runs differ by a hundredth besides.
fn memory(service: &Service, number: u64, worse: &Worse, timeline: &mut Timeline, mut random: Random) {
    let (before, load, _) = PHASES;
    let trace = rerun(service.seed, number + 1, service.family, load, 1.0);
    let share = worse.memory * (1.0 + 0.01 * random.normal());
    let (first, last) = (trace.samples[0].1, trace.samples[trace.samples.len() - 1].1);
    let rate = service.leak * worse.leak * (1.0 + 0.01 * random.normal());
    for second in 0..360_u32 {
        let since = f64::from(second) - before;
        let held = trace.samples.get(since.max(0.0) as usize).map_or(last, |sample| sample.1);
        let held = if since < 0.0 { first } else { held };
        let value = held * share + rate * since.clamp(0.0, load) + 30_000.0 * random.normal();
        let due = Elapsed::from_seconds(f64::from(second) + 0.5);
        for metric in [Metric::AnonymousMemory, Metric::WorkingSet] {
            let key = SeriesKey { subject: Subject::Target, metric };
            timeline.push(Observation::Sample { key, source: "test", sample: Sample { due, taken: due, value } });
        }
    }
}

/// Ten seconds of requests, whose times go up and down with those ten seconds.
fn latency(start: f64, worse: &Worse, random: &mut Random) -> LatencyInterval {
    let mut histogram = new_histogram();
    let mood = (0.1 * random.normal()).exp();
    for _ in 0..RATE * 10 {
        let micros = 2_000.0 * worse.latency * mood * (0.5 * random.normal()).exp();
        histogram.saturating_record(micros as u64);
    }
    LatencyInterval {
        step: "a/GET /".to_owned(),
        start: Elapsed::from_seconds(start),
        end: Elapsed::from_seconds(start + 10.0),
        requests: RATE * 10,
        histogram: EncodedHistogram::encode(&histogram),
        ..LatencyInterval::default()
    }
}
