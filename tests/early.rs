//! A run that may stop early: it does for a leak, and for nothing else.

use serde_json::Value;

use crate::stage::{Stage, process, scenario};

/// The scenario of a service that is known to warm up within 5 s, sampled finely.
fn hasty(arguments: &str, seconds: u32) -> Stage {
    let phases =
        format!("[{{name: baseline, for: 2s}}, {{name: work, for: {seconds}s, users: 8}}, {{name: settle, for: 3s}}]");
    let rules = "{memory: {returns_to_baseline: {within: 10MiB}}}";
    let scenario = scenario(&process(arguments), &phases, rules);
    let known = "load:\n  warm_up: 6s\n";
    Stage::new(&format!("stop_early: true\nprobes: {{every: 100ms}}\n{}", scenario.replacen("load:\n", known, 1)))
}

#[test]
fn a_leak_stops_a_run_well_before_its_end() {
    let stage = hasty(", --base, 16MiB, --leak, 2KiB", 60);
    let run = stage.run();
    run.expect_code(1);
    assert!(run.stderr.contains("stopped early: memory keeps growing by"), "{}", run.stderr);
    assert!(run.stdout.contains("Outcome  stopped early"), "{}", run.stdout);
    let summary = stage.summary();
    assert_eq!(summary["run"]["outcome"]["kind"], "stopped_early");
    assert!(summary["run"]["seconds"].as_f64().unwrap() < 40.0, "{summary:#}");
    crate::process::expect_the_leak_to_be_measured(&stage);
    assert_eq!(stage.finding("memory.returns_to_baseline")["verdict"], "inconclusive");
    assert!(stage.kept("junit.xml").contains("stopped early by a leak: see memory.growth"));

    // Judged again, the look sees what it saw.
    let judged = stage.plimsoll(&["judge", stage.record().to_str().unwrap(), "--json"]);
    judged.expect_code(1);
    let told: Value = serde_json::from_str(&judged.stdout).unwrap();
    assert_eq!(told["findings"], summary["findings"]);
}

#[test]
fn a_healthy_service_is_not_stopped_early() {
    let stage = hasty(", --base, 16MiB, --cache, 2MiB", 16);
    let checked = stage.plimsoll(&["check", "scenario.yaml"]);
    assert!(checked.stdout.contains("stops     early where memory leaks: looks at 8 s, 10.1 s"), "{}", checked.stdout);
    stage.run().expect_code(0);
    assert_eq!(stage.summary()["run"]["outcome"]["kind"], "completed");
    assert_eq!(stage.finding("memory.growth")["verdict"], "pass");
}
