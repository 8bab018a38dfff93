//! A stored run, judged again.

use serde_json::Value;

use crate::stage::{Stage, process, scenario};

fn write(stage: &Stage, name: &str, text: &str) {
    std::fs::write(stage.folder.join(name), text).unwrap();
}

#[test]
fn a_stored_run_is_judged_again_by_other_assertions() {
    let stage = Stage::new(&scenario(&process(", --base, 16MiB"), crate::process::VERY_SHORT, "{errors: {below: 5%}}"));
    let run = stage.plimsoll(&["run", "scenario.yaml", "--inconclusive", "pass"]);
    run.expect_code(0);
    let record = stage.record();
    let id = stage.summary()["run"]["id"].as_str().unwrap().to_owned();
    let before = ["junit.xml", "summary.json", "record.db"].map(|name| stage.kept_bytes(name));

    // By its own assertions: the same findings, however the run is called.
    let database = record.join("record.db");
    for called in [&id[..4], record.to_str().unwrap(), database.to_str().unwrap()] {
        let judged = stage.plimsoll(&["judge", called, "--json", "--inconclusive", "pass"]);
        judged.expect_code(0);
        let told: Value = serde_json::from_str(&judged.stdout).unwrap();
        assert_eq!(told["findings"], stage.summary()["findings"], "{called}");
    }

    // By others: a limit that it breaks.
    write(&stage, "strict.yaml", "assert:\n  memory: {peak: {below: \"${PEAK:-1MiB}\"}}\n");
    let strict = stage.plimsoll(&["judge", &id, "--assert", "strict.yaml", "--junit", "again.xml"]);
    strict.expect_code(1);
    assert!(strict.stdout.contains("✘ FAIL") && strict.stdout.contains("memory.peak"), "{}", strict.stdout);
    assert!(!strict.stdout.contains("errors"), "{}", strict.stdout);
    assert!(strict.stdout.contains("target.alive"), "what is always judged is judged: {}", strict.stdout);
    crate::junit::expect_valid_file(&stage.folder.join("again.xml"));
    let after = ["junit.xml", "summary.json", "record.db"].map(|name| stage.kept_bytes(name));
    assert!(before == after, "nothing that was kept has changed");

    refuse_mistakes(&stage, &id);

    // Saved: the folder says the same as the terminal.
    stage.plimsoll(&["judge", &id, "--assert", "strict.yaml", "--save"]).expect_code(1);
    assert_eq!(stage.finding("memory.peak")["verdict"], "fail");
    assert!(stage.kept("junit.xml").contains("memory.peak.exceeded"));
    // A whole scenario will do: its own assertions hold as they did.
    stage.plimsoll(&["judge", &id, "--assert", "scenario.yaml", "--save", "--inconclusive", "pass"]).expect_code(0);
    assert_eq!(stage.finding("errors")["verdict"], "pass");
}

fn refuse_mistakes(stage: &Stage, id: &str) {
    write(stage, "wrong.yaml", "assert:\n  memory: {peek: {below: 1MiB}, peak: {below: 5}}\n");
    let wrong = stage.plimsoll(&["judge", id, "--assert", "wrong.yaml"]);
    wrong.expect_code(2);
    for expected in [
        "unknown key `peek`",
        "`5` is not a ceiling",
        "--> wrong.yaml:2",
        "2 mistakes in wrong.yaml; nothing was judged",
    ] {
        assert!(wrong.stderr.contains(expected), "no `{expected}` in\n{}", wrong.stderr);
    }
    write(stage, "other.yaml", "memory: {peak: {below: 1MiB}}\n");
    let other = stage.plimsoll(&["judge", id, "--assert", "other.yaml"]);
    other.expect_code(2);
    assert!(other.stderr.contains("there is no `assert` section"), "{}", other.stderr);
    let missing = stage.plimsoll(&["judge", id, "--assert", "nowhere.yaml"]);
    missing.expect_code(2);
    assert!(missing.stderr.contains("cannot read nowhere.yaml"), "{}", missing.stderr);
}

#[test]
fn a_run_that_is_not_there_is_told() {
    let stage = Stage::new("");
    let missing = stage.plimsoll(&["judge", "abc123"]);
    missing.expect_code(2);
    assert!(missing.stderr.contains("there is no run `abc123` in `results`"), "{}", missing.stderr);
    assert!(missing.stderr.contains("hint: name the run's folder"), "{}", missing.stderr);
    write(&stage, "record.db", "no database");
    let damaged = stage.plimsoll(&["judge", "."]);
    damaged.expect_code(2);
    assert!(damaged.stderr.contains("cannot open the record `./record.db`"), "{}", damaged.stderr);
}
