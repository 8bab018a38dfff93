//! Load as a scenario asks for it, through the program.

use crate::stage::{Stage, process, scenario};

/// A service that stands still for half a second of every four.
const STANDS_STILL: &str = ", --base, 8MiB, --stop, 500ms, --stop-every, 4s";

fn under(load: &str, rules: &str) -> Stage {
    let phases = format!("[{{name: baseline, for: 2s}}, {{name: work, for: 12s, {load}}}, {{name: settle, for: 2s}}]");
    walking("[{get: /items}]", &scenario(&process(STANDS_STILL), &phases, rules))
}

/// The scenario with other steps in its journey.
fn walking(steps: &str, scenario: &str) -> Stage {
    let (before, after) = scenario.split_once("steps:").unwrap();
    let (_, phases) = after.split_once("\n  phases:").unwrap();
    Stage::new(&format!("{before}steps: {steps}\n  phases:{phases}"))
}

#[test]
fn arrivals_see_the_standstill_that_users_hide() {
    let rules = "{latency: {p95: 100ms}}";
    let users = under("users: 5", rules);
    users.run();
    let hidden = users.finding("latency.p95");
    assert_eq!(hidden["verdict"], "pass", "a twelfth of the time, and a few requests: {hidden:#}");
    assert!(hidden.to_string().contains("service time in a closed loop"), "{hidden:#}");

    // A load that a busy machine held up says nothing of the target, and is asked again.
    let attempts = (0..3).map(|_| {
        let arrivals = under("rate: 200/s", rules);
        let run = arrivals.run();
        (arrivals, run)
    });
    let fell_behind = |stage: &Stage| stage.finding("generator.health")["verdict"] == "inconclusive";
    let (arrivals, run) =
        attempts.into_iter().find(|(stage, _)| !fell_behind(stage)).expect("a machine with some time");
    run.expect_code(1);
    assert!(run.stderr.contains("work for 12 s, 200/s arrivals"), "{}", run.stderr);
    let seen = arrivals.finding("latency.p95");
    assert_eq!(seen["verdict"], "fail", "{seen:#}");
    assert!(seen.to_string().contains("from the moment at which each was due"), "{seen:#}");
    let health = arrivals.finding("generator.health");
    assert_eq!(health["verdict"], "pass", "{health:#}");
    assert!(health.to_string().contains("2400 arrivals, 0 missed"), "{health:#}");
}

#[test]
fn a_walk_over_a_websocket_is_a_load() {
    let steps = "[{connect: /ws}, {send: hello}, {receive: hello, expect: {within: 2s}}, {ping: true}, {think: 100ms}, \
                 {leave: close}]";
    let phases = "[{name: baseline, for: 2s}, {name: work, for: 5s, users: 5}, {name: settle, for: 2s}]";
    let written = scenario(&process(", --base, 8MiB"), phases, "{errors: {below: 1%}}");
    let stage = walking(steps, &written);
    stage.run().expect_code(0);
    assert_eq!(stage.finding("errors")["verdict"], "pass");
}
