//! Services that work by themselves for 600 s, in cycles of about 25 s that their log tells.

use timeline::{Event, Happening};

use super::*;

fn working() -> Plan {
    let source = "name: test\ntarget: {process: {command: [a]}}\nload:\n  cycles: {log: done}\n  \
                  phases: [{name: work, for: 600s, loaded: true}]";
    scenario::load(source, Path::new("/"), &|_| None).unwrap()
}

/// The run without samples of memory.
fn blank(plan: &Plan, seed: u64) -> Timeline {
    let mut timeline = Timeline { outcome: Outcome::Completed, ..Timeline::default() };
    let (name, start, end) = ("work".to_owned(), Elapsed::ZERO, Elapsed::from(plan.length()));
    timeline.push(Observation::Phase(PhaseSpan { name, cycle: None, loaded: true, start, end }));
    let mut random = Random::new(seed);
    let mut seconds = 10.0 * random.share();
    while seconds < end.seconds() {
        let at = Elapsed::from_seconds(seconds);
        timeline.push(Observation::Event(Event { at, what: Happening::CycleEnded { count: 1 } }));
        seconds += 22.0 + 6.0 * random.share();
    }
    timeline
}

/// In how many of [`TRACES`] runs growth per cycle fails, by a limit.
fn failures(service: Service, limit: f64) -> u64 {
    let plan = working();
    let judged = (1..=TRACES).map(|seed| {
        let timeline = service.run(&plan, blank(&plan, seed), seed);
        let case = Case { plan: &plan, timeline: &timeline, terms: Terms::at_the_end(&plan) };
        case.growth_per_cycle(limit).verdict
    });
    judged.filter(|verdict| *verdict == Verdict::Fail).count() as u64
}

/// A limit of 5 % of the base in 600 s, per cycle of 25 s.
const LIMIT: f64 = 0.05 * BASE * MIB * 25.0 / 600.0;

/// With floors of so little noise, the last of a growth that slows down would be called a leak of memory where no limit
/// says how much counts: of 400 runs of the most fragments, 144 were. So `memory.growth` does not hear them.
#[test]
fn growth_per_own_cycle_accuses_nobody_whose_growth_is_below_its_limit() {
    for service in HEALTHY {
        let failures = failures(service, LIMIT);
        assert_eq!(failures, 0, "{service:?}");
    }
}

/// Of 40 traces of a leak of twice the limit: all that are quiet, all that warm up with 20 s, and 28 under a sawtooth
/// that keeps no step with the cycles.
#[test]
fn a_leak_of_twice_the_limit_per_own_cycle_is_found() {
    let found = |service| failures(Service { leak: 0.1, ..service }, LIMIT);
    for service in [QUIET, Service { warm_up: (0.5, 20.0), ..QUIET }] {
        assert!(found(service) * 100 >= TRACES * 95, "{service:?}");
    }
    assert!(found(Service { sawtooth: (0.3, Idle::GoesOn), ..QUIET }) * 2 > TRACES);
}
