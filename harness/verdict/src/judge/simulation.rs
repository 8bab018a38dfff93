//! Cyclic runs of made-up services: how often the leak verdict errs, and how often it finds.
//!
//! Sixteen cycles of 25 s of load and 12 s of rest after a baseline of 30 s, a sample a second; 180 MiB at rest and
//! half as much more under load. Leaks are shares of the 180 MiB per 600 s of load, of which there are 400 s.

use std::f64::consts::TAU;
use std::path::Path;

use timeline::{EncodedHistogram, LatencyInterval, LoadInterval, Observation, Sample, SeriesKey, new_histogram};

use super::*;

const MIB: f64 = 1_048_576.0;
const BASE: f64 = 180.0;
const CYCLES: u32 = 16;
const TRACES: u64 = 40;

/// What a collector does while there is no load.
#[derive(Clone, Copy, PartialEq)]
enum Idle {
    /// It collects.
    Collected,
    /// It stays where it was.
    Frozen,
    /// It goes on as under load.
    GoesOn,
}

/// A service; amounts are shares of the base.
#[derive(Clone, Copy)]
struct Service {
    /// Leaked per 600 s of load.
    leak: f64,
    /// The share of the rise under load that stays after the first.
    retained: f64,
    /// How much it warms up, and with which time constant in seconds of load.
    warm_up: (f64, f64),
    /// The height of the sawtooth, and what becomes of it at rest.
    sawtooth: (f64, Idle),
    /// Growth with the logarithm of the load: fragments.
    fragments: f64,
    /// Standard deviation of the noise.
    noise: f64,
    /// How well the noise remembers the last second.
    memory: f64,
}

const QUIET: Service = Service {
    leak: 0.0,
    retained: 0.0,
    warm_up: (0.0, 1.0),
    sawtooth: (0.0, Idle::Collected),
    fragments: 0.0,
    noise: 0.005,
    memory: 0.5,
};

struct Random(u64);

impl Random {
    /// Evenly from 0 to 1: `SplitMix64`, Steele, Lea and Flood (2014).
    fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.even()).ln()).sqrt() * (TAU * self.even()).cos()
    }
}

fn plan() -> Plan {
    let source = format!(
        "name: test\ntarget: {{process: {{command: [a]}}}}\nload:\n  journeys: [{{name: a, steps: [{{get: /}}]}}]\n  \
         phases: [{{name: base, for: 30s}}, {{repeat: {CYCLES}, phases: [{{name: work, for: 25s, users: 10}}, \
         {{name: rest, for: 12s}}]}}]"
    );
    scenario::load(&source, Path::new("/"), &|_| None).unwrap()
}

/// The run without samples of memory: phases, requests, users.
fn empty(plan: &Plan) -> Timeline {
    let mut timeline = Timeline { outcome: Outcome::Completed, ..Timeline::default() };
    for phase in &plan.phases {
        let (start, end) = (phase.start, phase.end());
        timeline.push(Observation::Phase(PhaseSpan {
            name: phase.name.clone(),
            cycle: phase.cycle,
            loaded: phase.loaded(),
            start,
            end,
        }));
        if phase.loaded() {
            let histogram = EncodedHistogram::encode(&new_histogram());
            let step = "a/GET /".to_owned();
            let failures = timeline::Failures::new();
            timeline.push(Observation::Latency(LatencyInterval {
                step,
                start,
                end,
                requests: 2500,
                failures,
                histogram,
            }));
            timeline.push(Observation::Load(LoadInterval {
                start,
                end,
                users_planned: 10,
                users_active: 10,
                cut_off: 0,
            }));
        }
    }
    timeline
}

impl Service {
    /// One run of it.
    fn run(&self, plan: &Plan, mut timeline: Timeline, seed: u64) -> Timeline {
        let mut random = Random(seed.wrapping_mul(0x5851_F42D_4C95_7F2D));
        let period = 7.0 + 20.0 * random.even();
        let (mut load, mut noise, mut rise, mut tooth) = (0.0_f64, random.normal(), 0.0_f64, random.even());
        for second in 0..plan.length().as_secs() {
            let at = Elapsed::from_seconds(second as f64 + 0.5);
            let loaded = plan.phases.iter().any(|phase| phase.loaded() && phase.start <= at && at < phase.end());
            load += f64::from(u8::from(loaded));
            noise = self.memory * noise + (1.0 - self.memory.powi(2)).sqrt() * random.normal();
            let wanted = if loaded { 0.5 } else { 0.5 * self.retained * f64::from(u8::from(load > 0.0)) };
            rise += (wanted - rise) * 0.6;
            let (height, idle) = self.sawtooth;
            if loaded || idle == Idle::GoesOn {
                tooth = (tooth + (0.9 + 0.2 * random.even()) / period).fract();
            } else if idle == Idle::Collected {
                tooth = 0.0;
            }
            let warm = self.warm_up.0 * -(-load / self.warm_up.1).exp_m1();
            let fragments = self.fragments * (load / 4.0).ln_1p() / 100.0_f64.ln_1p();
            let share = 1.0 + rise + warm + fragments + self.leak * load / 600.0 + height * tooth + self.noise * noise;
            let key = SeriesKey { subject: Subject::Target, metric: Metric::AnonymousMemory };
            let sample = Sample { due: at, taken: at, value: BASE * MIB * share };
            timeline.push(Observation::Sample { key, source: "test", sample });
        }
        timeline
    }
}

/// Of [`TRACES`] runs, how many were called a leak, and how many were cleared.
fn verdicts(service: Service) -> (u64, u64) {
    let plan = plan();
    let blank = empty(&plan);
    let judged = (0..TRACES).map(|seed| {
        let timeline = service.run(&plan, blank.clone(), seed + 1);
        let case = Case { plan: &plan, timeline: &timeline };
        if std::env::var("DBG").is_ok() {
            let h = case
                .hear(&Subject::Target, &[Metric::AnonymousMemory], crate::growth::Tolerance::default())
                .ok()
                .unwrap();
            let g: Vec<String> = h
                .witnesses
                .iter()
                .map(|w| {
                    format!(
                        "{:?} {:?} clears {} guarded {} [{:.2} {:.2} {:.2}]%",
                        w.place,
                        w.trend,
                        w.clears,
                        w.guarded,
                        w.lower * 400.0 / BASE / MIB * 100.0,
                        w.slope * 400.0 / BASE / MIB * 100.0,
                        w.upper * 400.0 / BASE / MIB * 100.0
                    )
                })
                .collect();
            eprintln!("   {seed} {}", g.join(" | "));
        }
        case.growth(&Subject::Target, None).verdict
    });
    judged.fold((0, 0), |(leaks, cleared), verdict| {
        (leaks + u64::from(verdict == Verdict::Fail), cleared + u64::from(verdict == Verdict::Pass))
    })
}

#[test]
fn table() {
    let with = |f: fn(&mut Service)| {
        let mut s = QUIET;
        f(&mut s);
        s
    };
    let kinds = [
        ("quiet", QUIET),
        ("noise 1.5%", with(|s| s.noise = 0.015)),
        ("retained 30", with(|s| s.retained = 0.3)),
        ("retained 60", with(|s| s.retained = 0.6)),
        ("warm 50% 20s", with(|s| s.warm_up = (0.5, 20.0))),
        ("warm 50% 60s", with(|s| s.warm_up = (0.5, 60.0))),
        ("warm 50% 100s", with(|s| s.warm_up = (0.5, 100.0))),
        ("saw collected", with(|s| s.sawtooth = (0.3, Idle::Collected))),
        ("saw frozen", with(|s| s.sawtooth = (0.3, Idle::Frozen))),
        ("saw goes on", with(|s| s.sawtooth = (0.3, Idle::GoesOn))),
        ("fragments 3%", with(|s| s.fragments = 0.03)),
        ("fragments 10%", with(|s| s.fragments = 0.1)),
    ];
    for (name, service) in kinds {
        let row: Vec<(u64, u64)> = [0.0, 0.02, 0.05, 0.1].map(|leak| verdicts(Service { leak, ..service })).to_vec();
        eprintln!("{name:15} {row:?}");
    }
}
