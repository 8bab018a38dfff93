//! Growth by several witnesses, the return to the baseline, users, cycles, restarts, services.

use timeline::Grown;

use super::*;
use crate::finding::Exhaustion;

const CYCLES: &str = "{name: base, for: 20s}, {repeat: 16, phases: [{name: work, for: 10s, users: 10}, \
                      {name: rest, for: 5s}]}, {name: settle, for: 20s}";

/// Seconds of load in a run of [`CYCLES`].
fn cycled(seconds: f64) -> f64 {
    let since = (seconds - 20.0).clamp(0.0, 240.0);
    (since / 15.0).floor() * 10.0 + (since % 15.0).min(10.0)
}

fn is_at_work(seconds: f64) -> bool {
    (20.0..260.0).contains(&seconds) && (seconds - 20.0) % 15.0 < 10.0
}

/// The least that a service can keep after the load, which warms up at once.
fn keeps(seconds: f64, share: f64) -> f64 {
    if seconds < 20.0 {
        0.0
    } else if is_at_work(seconds) {
        40.0 * MIB
    } else {
        share * 40.0 * MIB
    }
}

#[test]
fn the_live_heap_is_judged_before_anonymous_memory_and_that_before_resident_memory() {
    let grows = |seconds: f64| under_load(seconds) * 200_000.0;
    let collected = |seconds: f64| grows(seconds).min(20.0 * MIB);
    let played = Played::new("{}")
        .series(Metric::LiveHeap, noisy(grows))
        .series(Metric::AnonymousMemory, noisy(|seconds| collected(seconds).min(2.0 * MIB)));
    let finding = played.expect("memory.growth", Verdict::Fail, "memory.growth.exceeded");
    assert!(finding.summary.starts_with("the live heap keeps growing"), "{}", finding.summary);
    let played =
        Played::new("{}").series(Metric::AnonymousMemory, noisy(|_| 0.0)).series(Metric::ResidentMemory, noisy(grows));
    played.expect("memory.growth", Verdict::Pass, "memory.growth.holds");
    let played = Played::new("{}").series(Metric::ResidentMemory, noisy(grows));
    played.expect("memory.growth", Verdict::Fail, "memory.growth.exceeded");
}

#[test]
fn a_failure_of_memory_names_what_has_grown() {
    let grown = |name: &str, bytes| Grown { name: name.to_owned(), bytes, objects: None, held: bytes };
    let piece = |grown| timeline::Evidence { what: "heap profile".to_owned(), grown, ..timeline::Evidence::default() };
    let played = |growth: f64| {
        Played::new("{}")
            .series(Metric::AnonymousMemory, noisy(move |seconds| under_load(seconds) * growth))
            .event(1.0, Happening::Evidence(piece(Vec::new())))
            .event(85.0, Happening::Evidence(piece(vec![grown("remember", 6 << 20), grown("(anonymous)", 2 << 20)])))
    };
    let failed = played(200_000.0).expect("memory.growth", Verdict::Fail, "memory.growth.exceeded");
    let note = "grown since the baseline, by the heap profile: remember by 6 MiB, (anonymous) by 2 MiB";
    assert_eq!(failed.evidence.notes.last().map(String::as_str), Some(note), "{failed:#?}");
    let passed = played(0.0).expect("memory.growth", Verdict::Pass, "memory.growth.holds");
    assert!(passed.evidence.notes.iter().all(|note| !note.contains("remember")), "{passed:#?}");
}

#[test]
fn a_failure_of_memory_says_what_kind_of_leak_it_is() {
    let leaks = |share: f64| move |seconds: f64| under_load(seconds) * 1_000_000.0 * share;
    let played = |metric, share| {
        let played = Played::new("{}").series(Metric::AnonymousMemory, noisy(leaks(1.0)));
        played.series(Metric::HeapUsed, |_| 5e6).series(metric, leaks(share))
    };
    let kind = |played: &Played| {
        let failed = played.expect("memory.growth", Verdict::Fail, "memory.growth.exceeded");
        let kind = failed.evidence.notes.iter().find(|note| note.starts_with("kind: "));
        kind.unwrap_or_else(|| panic!("{failed:#?}")).clone()
    };
    let buffers = kind(&played(Metric::ExternalMemory, 0.9));
    assert!(buffers.starts_with("kind: buffers outside the heap (external_memory grew by"), "{buffers}");
    let objects = kind(&played(Metric::HeapUsed, 0.9));
    assert!(objects.starts_with("kind: objects on the heap (heap_used grew by"), "{objects}");
    let native = kind(&played(Metric::ExternalMemory, 0.1));
    assert!(native.starts_with("kind: what the runtime does not tell of"), "{native}");
    let sockets =
        kind(&played(Metric::HeapUsed, 0.9).series(Metric::Sockets, |seconds| 3.0 + under_load(seconds).round()));
    assert!(sockets.starts_with("kind: resources that are not given back (sockets 3 to "), "{sockets}");
    assert!(sockets.contains("; objects on the heap"), "{sockets}");
}

#[test]
fn cycles_that_are_too_few_for_their_rests_say_how_many_it_takes() {
    let cycles = |count: u32| {
        let phases = format!(
            "{{name: base, for: 10s}}, {{repeat: {count}, phases: [{{name: work, for: 8s, users: 10}}, {{name: rest, for: 4s}}]}}"
        );
        let memory = |seconds: f64| 4.0 * MIB * ((seconds * 0.7).sin() + (seconds * 0.31).cos());
        Played::of("", &phases, "{memory: {growth: {below: 1MiB/h}}}").series(Metric::AnonymousMemory, noisy(memory))
    };
    let note = "5 cycles are too few to judge by their rests: 5 have to come after the warm-up, so `repeat: 8`";
    let told = |count| cycles(count).finding("memory.growth").evidence.notes;
    assert!(told(5).iter().any(|one| one == note), "{:#?}", told(5));
    assert!(told(9).iter().all(|one| !one.contains("too few to judge by their rests")), "{:#?}", told(9));
}

#[test]
fn a_live_heap_told_too_seldom_leaves_the_word_to_the_system() {
    let leaks = |seconds: f64| under_load(seconds) * 200_000.0;
    let told = |keep: fn(f64) -> bool| {
        let mut played =
            Played::new("{}").series(Metric::LiveHeap, |_| 0.0).series(Metric::AnonymousMemory, noisy(leaks));
        for (key, series) in &mut played.timeline.series {
            if key.metric == Metric::LiveHeap {
                series.samples.retain(|sample| keep(sample.taken.seconds()));
            }
        }
        played
    };
    for keep in [|seconds| seconds < 40.0, |seconds: f64| seconds.rem_euclid(2.0) < 0.05] {
        told(keep).expect("memory.growth", Verdict::Fail, "memory.growth.exceeded");
    }
    told(|_| true).expect("memory.growth", Verdict::Inconclusive, "memory.growth.beside_the_heap");
}

#[test]
fn a_heap_that_is_collected_at_each_rest_tells_a_leak_that_its_sawtooth_hides() {
    // A sawtooth of 40 MiB, of which the system never gets anything back, and 10 kB a second beneath it.
    let played = |pace: f64| {
        let system = noisy(move |seconds| (cycled(seconds) * 16.0 * MIB).min(60.0 * MIB) + cycled(seconds) * pace);
        let mut played = Played::of("", CYCLES, "{memory: {growth_per_request: {below: 50B}}}")
            .series(Metric::AnonymousMemory, system)
            .series(Metric::LiveHeap, move |seconds| 3.0 * MIB + cycled(seconds) * pace);
        let rests = |seconds: f64| (20.0..260.0).contains(&seconds) && (seconds - 20.0) % 15.0 >= 10.2;
        for (key, series) in &mut played.timeline.series {
            if key.metric == Metric::LiveHeap {
                series.samples.retain(|sample| rests(sample.taken.seconds()));
                series.samples.dedup_by_key(|sample| (sample.taken.seconds() / 15.0 - 20.0 / 15.0).floor() as u64);
            }
        }
        played
    };
    let leak =
        played(10_000.0).expect("memory.growth_per_request", Verdict::Fail, "memory.growth_per_request.exceeded");
    let (evidence, value) = (leak.evidence.clone(), leak.evidence.value.unwrap().value);
    assert!((value / 100.0 - 1.0).abs() < 0.05, "{value} {leak:#?}");
    assert!(evidence.source.unwrap().starts_with("live_heap at rest after "), "{leak:#?}");
    played(0.0).expect("memory.growth_per_request", Verdict::Pass, "memory.growth_per_request.holds");
}

#[test]
fn memory_that_grows_beside_a_quiet_heap_is_left_open() {
    let played = Played::new("{}")
        .series(Metric::LiveHeap, noisy(|_| 0.0))
        .series(Metric::AnonymousMemory, noisy(|seconds| under_load(seconds) * 200_000.0));
    let finding = played.expect("memory.growth", Verdict::Inconclusive, "memory.growth.beside_the_heap");
    assert!(finding.summary.contains("native memory"), "{}", finding.summary);
}

#[test]
fn a_leak_is_told_in_every_unit_and_with_the_time_until_the_limit() {
    let phases = "{name: base, for: 10s}, {name: work, for: 60s, users: 10}, {name: settle, for: 20s}";
    let leak = |seconds: f64| under_load(seconds) * 200_000.0;
    let played = Played::of(", memory: 512MiB", phases, "{}").series(Metric::AnonymousMemory, noisy(leak));
    let evidence = played.expect("memory.growth", Verdict::Fail, "memory.growth.exceeded").evidence;
    assert_eq!(evidence.value.map(|value| value.unit), Some(Unit::BytesPerRequest));
    let per_hour = evidence.also.iter().find(|one| one.value.unit == Unit::BytesPerHour).unwrap();
    assert!((per_hour.value.value / (200_000.0 * 3600.0) - 1.0).abs() < 0.05, "{per_hour:?}");
    assert!(evidence.notes.iter().any(|note| note.starts_with("that is ")), "{:?}", evidence.notes);
    assert_eq!(evidence.shape.as_deref(), Some("linear"));
    let Some(Exhaustion { expected: Some(expected), earliest: Some(earliest), latest: Some(latest), .. }) =
        evidence.exhaustion
    else {
        panic!("{evidence:#?}")
    };
    // 512 MiB less 20 MiB less what was leaked by the end, at 200 kB/s.
    let truth = (492.0 * MIB - 12e6) / 200_000.0;
    assert!(earliest < expected && expected < latest, "{earliest:?} {expected:?} {latest:?}");
    assert!((expected.as_secs_f64() / truth - 1.0).abs() < 0.05, "{expected:?}, not {truth}");
    assert!(
        evidence.notes.iter().any(|note| note.contains("at this pace it reaches the memory limit of 512 MiB after"))
    );
    let unlimited = Played::new("{}").series(Metric::AnonymousMemory, noisy(leak));
    assert_eq!(unlimited.finding("memory.growth").evidence.exhaustion, None);
}

#[test]
fn without_a_leak_only_the_earliest_time_is_told() {
    let phases = "{name: base, for: 10s}, {name: work, for: 60s, users: 10}, {name: settle, for: 20s}";
    let played = Played::of(", memory: 512MiB", phases, "{}").series(Metric::AnonymousMemory, noisy(|_| 0.0));
    let evidence = played.expect("memory.growth", Verdict::Pass, "memory.growth.holds").evidence;
    let exhaustion = evidence.exhaustion.unwrap();
    assert!(exhaustion.earliest.is_some() && exhaustion.expected.is_none() && exhaustion.latest.is_none());
    assert!(evidence.notes.iter().any(|note| note.contains("is not reached before")), "{:?}", evidence.notes);
}

#[test]
fn a_finding_of_an_older_record_is_read() {
    let json = r#"{"assertion":"a","verdict":"pass","code":"a.holds","summary":"a","evidence":{"samples":3}}"#;
    let finding: Finding = serde_json::from_str(json).unwrap();
    assert_eq!(finding.evidence, Evidence { samples: 3, ..Evidence::default() });
}

#[test]
fn what_an_allocator_keeps_is_told_apart_from_a_leak_by_the_cycles() {
    let rules = "{memory: {returns_to_baseline: {within: 10%}}}";
    let kept = Played::of("", CYCLES, rules).series(Metric::AnonymousMemory, noisy(|seconds| keeps(seconds, 0.5)));
    let finding = kept.expect("memory.returns_to_baseline", Verdict::Fail, "memory.returns_to_baseline.retained");
    assert!(finding.evidence.notes[1].contains("does not grow from cycle to cycle"), "{:?}", finding.evidence.notes);
    let unasked = Played::of("", CYCLES, "{}").series(Metric::AnonymousMemory, noisy(|seconds| keeps(seconds, 0.5)));
    let growth = unasked.expect("memory.growth", Verdict::Pass, "memory.growth.holds");
    let stays = "after the load memory stays 20 MiB above the baseline: kept by the allocator";
    assert!(growth.evidence.notes.iter().any(|note| note.starts_with(stays)), "{:?}", growth.evidence.notes);
    let leak = |seconds: f64| keeps(seconds, 0.5) + cycled(seconds) * 150_000.0;
    let leaks = Played::of("", CYCLES, rules).series(Metric::AnonymousMemory, noisy(leak));
    leaks.expect("memory.returns_to_baseline", Verdict::Fail, "memory.returns_to_baseline.not_returned");
    leaks.expect("memory.growth", Verdict::Fail, "memory.growth.exceeded");
}

#[test]
fn what_an_allocator_keeps_is_told_apart_from_a_leak_by_the_live_heap() {
    let rules = "{memory: {returns_to_baseline: {within: 10%}}}";
    let heap = |seconds: f64| if (10.0..70.0).contains(&seconds) { 30.0 * MIB } else { 0.0 };
    let kept = Played::new(rules)
        .series(Metric::LiveHeap, noisy(heap))
        .series(Metric::AnonymousMemory, noisy(|seconds| under_load(seconds).min(1.0) * 30.0 * MIB));
    let finding = kept.expect("memory.returns_to_baseline", Verdict::Fail, "memory.returns_to_baseline.retained");
    assert!(finding.evidence.notes[1].contains("the live heap is back"), "{:?}", finding.evidence.notes);
}

#[test]
fn memory_that_falls_at_first_settles_and_memory_that_rises_without_load_does_not() {
    let rules = "{memory: {returns_to_baseline: {within: 5MiB}}}";
    let falls = |seconds: f64| {
        if seconds < 70.0 { under_load(seconds).min(1.0) * 80.0 * MIB } else { (75.0 - seconds).max(0.0) * 16.0 * MIB }
    };
    let played = Played::new(rules).series(Metric::AnonymousMemory, noisy(falls));
    played.expect("memory.returns_to_baseline", Verdict::Pass, "memory.returns_to_baseline.holds");
    let rises = |seconds: f64| (seconds - 70.0).max(0.0) * 0.1 * MIB;
    let played = Played::new(rules).series(Metric::AnonymousMemory, noisy(rises));
    played.expect("memory.returns_to_baseline", Verdict::Inconclusive, "memory.returns_to_baseline.still_rising");
}

#[test]
fn growth_per_cycle_is_that_of_the_floors_at_rest() {
    let leak = |seconds: f64| keeps(seconds, 0.0) + cycled(seconds) * 30_000.0;
    let fails = Played::of("", CYCLES, "{memory: {growth_per_cycle: {below: 64KiB}}}")
        .series(Metric::AnonymousMemory, noisy(leak));
    let finding = fails.expect("memory.growth_per_cycle", Verdict::Fail, "memory.growth_per_cycle.exceeded");
    let value = finding.evidence.value.unwrap();
    assert!((value.value / 300_000.0 - 1.0).abs() < 0.1 && value.unit == Unit::BytesPerCycle, "{value}");
    let passes = Played::of("", CYCLES, "{memory: {growth_per_cycle: {below: 512KiB}}}")
        .series(Metric::AnonymousMemory, noisy(leak));
    passes.expect("memory.growth_per_cycle", Verdict::Pass, "memory.growth_per_cycle.holds");
    let frozen =
        |seconds: f64| if is_at_work(seconds) { 40.0 * MIB } else { (seconds / 15.0).floor() * 7.7 % 9.0 * MIB };
    let open = Played::of("", CYCLES, "{memory: {growth_per_cycle: {below: 64KiB}}}")
        .series(Metric::AnonymousMemory, noisy(frozen));
    open.expect("memory.growth_per_cycle", Verdict::Inconclusive, "memory.growth_per_cycle.unclear");
}

const RAMP: &str = "{name: base, for: 10s}, {name: up, for: 60s, users: 0..100}, {name: hold, for: 60s, users: 100}, \
                    {name: settle, for: 20s}";

#[test]
fn what_a_user_costs_is_told_apart_from_what_the_load_costs_and_from_a_leak() {
    let users = |seconds: f64| ((seconds - 10.0) / 60.0).clamp(0.0, 1.0) * 100.0;
    let once = |seconds: f64| if seconds > 10.0 { 30.0 * MIB } else { 0.0 };
    let cost = |seconds: f64| once(seconds) + users(seconds) * 0.5 * MIB + (seconds - 10.0).max(0.0) * 50_000.0;
    let passes =
        Played::of("", RAMP, "{memory: {growth_per_user: {below: 1MiB}}}").series(Metric::AnonymousMemory, noisy(cost));
    let finding = passes.expect("memory.growth_per_user", Verdict::Pass, "memory.growth_per_user.holds");
    let value = finding.evidence.value.unwrap();
    assert!((value.value / (0.5 * MIB) - 1.0).abs() < 0.1 && value.unit == Unit::BytesPerUser, "{value}");
    let fails = Played::of("", RAMP, "{memory: {growth_per_user: {below: 256KiB}}}")
        .series(Metric::AnonymousMemory, noisy(cost));
    fails.expect("memory.growth_per_user", Verdict::Fail, "memory.growth_per_user.exceeded");
}

#[test]
fn a_leak_per_request_is_no_cost_of_users_though_users_bring_the_requests() {
    let mut played = Played::of("", RAMP, "{memory: {growth_per_user: {below: 64KiB}}}");
    let load = played.timeline.load.clone();
    for (interval, load) in played.timeline.latency.iter_mut().zip(load) {
        interval.requests = 10 * load.users_active;
    }
    // A ramp to 100 users over 60 s, 10 requests per user and second, 500 B per request.
    let user_seconds = |seconds: f64| {
        let since = seconds - 10.0;
        since.clamp(0.0, 60.0).powi(2) * 50.0 / 60.0 + (since - 60.0).clamp(0.0, 60.0) * 100.0
    };
    let played = played.series(Metric::AnonymousMemory, noisy(|seconds| user_seconds(seconds) * 5000.0));
    played.expect("memory.growth_per_user", Verdict::Pass, "memory.growth_per_user.holds");
    played.expect("memory.growth", Verdict::Fail, "memory.growth.exceeded");
}

#[test]
fn where_the_users_do_not_vary_the_rise_over_the_baseline_is_theirs() {
    let rise = |seconds: f64| if (10.0..70.0).contains(&seconds) { 5.0 * MIB } else { 0.0 };
    let played = Played::new("{memory: {growth_per_user: {below: 1MiB}}}").series(Metric::AnonymousMemory, noisy(rise));
    let finding = played.expect("memory.growth_per_user", Verdict::Pass, "memory.growth_per_user.holds");
    let value = finding.evidence.value.unwrap();
    assert!((value.value / (0.5 * MIB) - 1.0).abs() < 0.1, "{value}");
    assert!(finding.evidence.notes[0].contains("what the load costs once included"), "{:?}", finding.evidence.notes);
    let fails =
        Played::new("{memory: {growth_per_user: {below: 128KiB}}}").series(Metric::AnonymousMemory, noisy(rise));
    fails.expect("memory.growth_per_user", Verdict::Fail, "memory.growth_per_user.exceeded");
}

fn started_anew() -> Happening {
    Happening::Launched { what: "process 7".to_owned() }
}

#[test]
fn a_leak_is_not_hidden_by_a_restart() {
    // It leaks for 40 s, is started anew, and leaks again.
    let leak =
        |seconds: f64| (if seconds < 50.0 { under_load(seconds) } else { under_load(seconds) - 40.0 }) * 300_000.0;
    let played = Played::new("{}").series(Metric::AnonymousMemory, noisy(leak)).event(50.0, started_anew());
    let finding = played.expect("memory.growth", Verdict::Fail, "memory.growth.exceeded");
    assert_eq!(finding.evidence.window.unwrap().1, at(50.0));
    assert!(
        finding.evidence.notes.iter().any(|note| note.contains("started anew once")),
        "{:?}",
        finding.evidence.notes
    );
}

#[test]
fn a_rise_after_a_restart_is_a_warm_up_and_no_leak() {
    let warms_up = |seconds: f64| {
        let since = if seconds < 55.0 { under_load(seconds) } else { seconds - 55.0 };
        -30.0 * MIB * (-since / 3.0).exp_m1()
    };
    let played = Played::new("{}").series(Metric::AnonymousMemory, noisy(warms_up)).event(55.0, started_anew());
    let finding = played.finding("memory.growth");
    assert_ne!(finding.verdict, Verdict::Fail, "{finding:#?}");
    assert_eq!(finding.evidence.window.unwrap().1, at(55.0));
}

#[test]
fn after_a_restart_there_is_no_baseline_to_return_to() {
    let played = Played::new("{memory: {returns_to_baseline: {within: 10%}}}")
        .series(Metric::AnonymousMemory, noisy(|_| 0.0))
        .event(50.0, started_anew());
    played.expect("memory.returns_to_baseline", Verdict::Inconclusive, "memory.returns_to_baseline.restarted");
}

#[test]
fn each_service_has_a_leak_verdict_of_its_own() {
    let service = |name: &str| Subject::Service(name.to_owned());
    let played = Played::new("{memory: {growth: {below: 1GiB/h}}}")
        .series(Metric::AnonymousMemory, noisy(|_| 0.0))
        .series_of(service("db"), Metric::AnonymousMemory, noisy(|seconds| under_load(seconds) * 200_000.0))
        .series_of(service("mail"), Metric::AnonymousMemory, noisy(|_| 0.0))
        .series_of(service("mail"), Metric::OpenFiles, |_| 3.0)
        .series_of(Subject::Harness, Metric::AnonymousMemory, noisy(|seconds| seconds * 200_000.0));
    played.expect("memory.growth", Verdict::Pass, "memory.growth.holds");
    played.expect("memory.growth[db]", Verdict::Fail, "memory.growth[db].exceeded");
    played.expect("memory.growth[mail]", Verdict::Pass, "memory.growth[mail].holds");
    let names = judge(&played.plan, &played.timeline).into_iter().map(|finding| finding.assertion);
    assert_eq!(names.filter(|name| name.starts_with("memory.growth")).count(), 3);
}
