//! The specimen as a process: what it does wrong is found, and what it does right is passed.

use std::time::Duration;

use crate::stage::{Stage, limited_process, process, scenario};

/// Fifteen seconds of load between two short rests.
pub(crate) const SHORT: &str = "[{name: baseline, for: 4s}, {name: warm-up, for: 2s, users: 0..8}, \
                                {name: work, for: 16s, users: 8}, {name: settle, for: 4s}]";
/// A few seconds of load.
pub(crate) const VERY_SHORT: &str =
    "[{name: baseline, for: 1s}, {name: work, for: 6s, users: 4}, {name: settle, for: 1s}]";

#[test]
fn a_healthy_service_passes() {
    let rules = "{memory: {growth_per_request: {below: 256B}, returns_to_baseline: {within: 10MiB}, peak: {below: 100MiB}, \
                 idle: {below: 50MiB}, above_baseline: {below: 20MiB}}, pauses: {max: 400ms}, latency: {p99: 400ms, p50: 100ms}, \
                 errors: {below: 0.1%}, throughput: {above: 50/s}}";
    let target = process(", --base, 16MiB, --sawtooth, 4MiB, --cache, 2MiB");
    let stage = Stage::new(&scenario(&target, SHORT, rules));
    let run = stage.run();
    run.expect_code(0);
    assert!(run.stdout.contains("PASS"), "{}", run.stdout);
    assert_eq!(stage.summary()["verdict"], "pass");
}

/// The growth that was found is the growth that there was, within 15 %.
#[track_caller]
pub(crate) fn expect_the_leak_to_be_measured(stage: &Stage) {
    let finding = stage.finding("memory.growth");
    assert_eq!(finding["verdict"], "fail", "{finding:#}");
    assert_eq!(finding["evidence"]["value"]["unit"], "bytes_per_request");
    let found = finding["evidence"]["value"]["value"].as_f64().unwrap();
    let truth = stage.truth();
    let leaked = truth["leaked"]["bytes"].as_f64().unwrap() / truth["requests"].as_f64().unwrap();
    assert!((found / leaked - 1.0).abs() < 0.15, "found {found} bytes per request, leaked {leaked}");
}

#[test]
fn a_leak_of_2_kib_per_request_is_found_and_measured() {
    let stage = Stage::new(&scenario(&process(", --base, 16MiB, --leak, 2KiB"), SHORT, "{}"));
    let run = stage.run();
    run.expect_code(1);
    assert!(run.stdout.contains("memory keeps growing by"), "{}", run.stdout);
    expect_the_leak_to_be_measured(&stage);
}

#[test]
fn a_leak_under_a_sawtooth_is_found_in_cycles() {
    let rules = "{memory: {growth_per_request: {below: 64B}}}";
    let cycles =
        "[{name: baseline, for: 3s}, {repeat: 4, phases: [{name: work, for: 5s, users: 8}, {name: rest, for: 1s}]}]";
    let target = process(", --base, 16MiB, --sawtooth, 4MiB, --leak, 2KiB, --leak-into, map");
    let stage = Stage::new(&scenario(&target, cycles, rules));
    stage.run().expect_code(1);
    assert_eq!(stage.finding("memory.growth_per_request")["verdict"], "fail");
    assert_eq!(stage.summary()["phases"].as_array().unwrap().len(), 9);
}

#[test]
fn leaked_descriptors_fail_though_memory_is_flat() {
    // Many open files are counted less often, and on a busy machine seldom: there is time for enough.
    let phases = "[{name: baseline, for: 4s}, {name: warm-up, for: 2s, users: 0..8}, {name: work, for: 20s, users: 8}, \
                  {name: settle, for: 3s}]";
    let stage = Stage::new(&scenario(&process(", --base, 16MiB, --leak-fd, 20"), phases, "{}"));
    stage.run().expect_code(1);
    assert_eq!(stage.finding("open_files.growth")["verdict"], "fail");
    assert_ne!(stage.finding("memory.growth")["verdict"], "fail");
    assert_eq!(stage.finding("threads.growth")["verdict"], "pass");
}

#[test]
fn a_service_that_stands_still_fails_on_its_pauses() {
    let target = process(", --stop, 600ms, --stop-every, 3s");
    let stage = Stage::new(&scenario(&target, VERY_SHORT, "{pauses: {max: 200ms}}"));
    stage.run().expect_code(1);
    let finding = stage.finding("pauses.max");
    assert_eq!(finding["verdict"], "fail", "{finding:#}");
    let longest = finding["evidence"]["value"]["value"].as_f64().unwrap();
    assert!((0.4..0.9).contains(&longest), "{finding:#}");
}

#[test]
fn a_harness_that_stands_still_itself_does_not_put_it_down_to_its_target() {
    let target = process(", --stop, 50ms, --stop-every, 1s");
    let rules = "{pauses: {max: 30ms}, stalls: {max: 90ms}}";
    let phases = "[{name: baseline, for: 1s}, {name: work, for: 7s, users: 2}, {name: settle, for: 1s}]";
    let stage = Stage::new(&scenario(&target, phases, rules));
    let started = stage.start_until("work for");
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(800));
        started.signal("STOP");
        std::thread::sleep(Duration::from_millis(150));
        started.signal("CONT");
    }
    started.finish().expect_code(1);
    let seen = stage.finding("pauses.max");
    assert_eq!(seen["verdict"], "fail", "the stops of 50 ms are the target's: {seen:#}");
    let longest = seen["evidence"]["value"]["value"].as_f64().unwrap();
    assert!((0.035..0.09).contains(&longest), "{seen:#}");
    assert_ne!(stage.finding("stalls.max")["verdict"], "fail", "what was longer was the harness's own");
}

#[test]
fn stops_of_5_ms_are_told_by_a_quick_heartbeat() {
    let target = process(", --stop, 5ms, --stop-every, 500ms");
    let phases = "[{name: baseline, for: 1s}, {name: work, for: 5s, users: 1}]";
    let probes = "probes: {heartbeat: {get: /healthz, rate: 1000/s}}\n";
    // On a busy machine a stop may be put down to that, and is looked for again.
    let seen = (0..3).map(|_| {
        let stage = Stage::new(&(scenario(&target, phases, "{stalls: {max: 2ms}}") + probes));
        stage.run();
        stage.finding("stalls.max")
    });
    let told = seen.into_iter().find(|finding| finding["verdict"] == "fail").expect("a machine with some time");
    let longest = told["evidence"]["value"]["value"].as_f64().unwrap();
    assert!((0.002..0.03).contains(&longest), "{told:#}");
}

#[test]
fn a_process_at_its_memory_limit_is_oom_killed_and_says_so() {
    let target = limited_process(", --leak, 256KiB", "memory: 48MiB, ");
    let stage = Stage::new(&scenario(&target, VERY_SHORT, "{}"));
    let run = stage.run();
    run.expect_code(1);
    expect_an_oom_kill(&stage);
    assert!(run.stdout.contains("OOM-killed (exit 137)"), "{}", run.stdout);
}

#[track_caller]
pub(crate) fn expect_an_oom_kill(stage: &Stage) {
    let finding = stage.finding("target.alive");
    assert_eq!(finding["verdict"], "fail", "{finding:#}");
    assert_eq!(finding["code"], "target.alive.oom_killed", "{finding:#}");
    assert!(finding["summary"].as_str().unwrap().contains("OOM-killed (exit 137)"), "{finding:#}");
}

#[test]
fn a_service_that_crashes_fails_with_its_exit_code_and_its_last_line() {
    let target = process(", --crash-after, 200, --crash-code, 7, --log-line, about-to-work");
    let stage = Stage::new(&scenario(&target, VERY_SHORT, "{}"));
    stage.run().expect_code(1);
    let finding = stage.finding("target.alive");
    assert!(finding["summary"].as_str().unwrap().contains("(exit 7)"), "{finding:#}");
    assert!(finding.to_string().contains("about-to-work"), "{finding:#}");
}

#[test]
fn errors_beyond_their_share_fail() {
    let stage = Stage::new(&scenario(&process(", --fail, 5%"), VERY_SHORT, "{errors: {below: 1%}}"));
    stage.run().expect_code(1);
    let finding = stage.finding("errors");
    assert_eq!(finding["verdict"], "fail");
    assert!(finding.to_string().contains("status 503"), "{finding:#}");
}

#[test]
fn a_run_too_short_to_tell_is_inconclusive_and_not_a_pass() {
    // The load is over before growth of less than a MiB an hour can be told from noise.
    let rules = "{memory: {growth: {below: 1MiB/h}}}";
    let target = process(", --base, 16MiB, --sawtooth, 4MiB");
    let stage = Stage::new(&scenario(&target, VERY_SHORT, rules));
    stage.run().expect_code(3);
    let finding = stage.finding("memory.growth");
    assert_eq!(finding["verdict"], "inconclusive", "{finding:#}");
}
