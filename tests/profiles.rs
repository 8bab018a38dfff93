//! Profiles: variants of a scenario, each a run of its own kind.

use crate::stage::{Stage, process, scenario};

fn stage(profiles: &str) -> Stage {
    Stage::new(&(scenario(&process(""), "[{name: idle, for: 1s}]", "{}") + &format!("profiles: {profiles}\n")))
}

#[test]
fn a_run_with_a_profile_is_told_from_one_without() {
    let stage = stage("{longer: {load: {phases: [{name: idle, for: 1500ms}]}, about: a longer look}}");
    let plain = stage.run();
    assert!([0, 3].contains(&plain.code), "{}{}", plain.stdout, plain.stderr);
    let run = |summary: &serde_json::Value, key: &str| summary["run"][key].clone();
    let first = stage.summary();
    std::fs::remove_dir_all(stage.folder.join("results")).unwrap();
    let longer = stage.plimsoll(&["run", "scenario.yaml", "--profile", "longer"]);
    assert!([0, 3].contains(&longer.code), "{}{}", longer.stdout, longer.stderr);
    let second = stage.summary();
    assert_eq!((run(&first, "profile"), run(&second, "profile")), (serde_json::Value::Null, "longer".into()));
    assert_ne!(run(&first, "scenario_hash"), run(&second, "scenario_hash"));
    let record = record::open(&stage.record()).unwrap();
    assert_eq!(record.about.plan.about.as_deref(), Some("a longer look"));
    assert!(stage.kept("junit.xml").contains("profile"));
}

#[test]
fn check_looks_at_every_profile_and_run_at_the_one_that_is_asked_for() {
    let stage = stage("{soak: {load: {phases: [{name: idle, for: 24h}]}}, broken: {load: {phases: [{for: 5}]}}}");
    let all = stage.plimsoll(&["check", "scenario.yaml"]);
    all.expect_code(2);
    assert!(all.stderr.contains("with `broken`: `5` is not a duration"), "{}", all.stderr);
    assert!(all.stderr.contains("1 mistake in scenario.yaml"), "{}", all.stderr);
    let soak = stage.plimsoll(&["check", "scenario.yaml", "--profile", "soak"]);
    soak.expect_code(0);
    assert!(soak.stdout.starts_with("test (soak)") && soak.stdout.contains("It takes 1d"), "{}", soak.stdout);
    let unknown = stage.plimsoll(&["run", "scenario.yaml", "--profile", "sok"]);
    unknown.expect_code(2);
    assert!(unknown.stderr.contains("did you mean `soak`?"), "{}", unknown.stderr);
    assert!(!stage.folder.join("results").exists(), "nothing was started");
}
