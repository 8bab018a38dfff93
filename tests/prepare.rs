//! What is run before anything starts: it makes what is launched, and where it fails nothing is.

use std::time::Duration;

use crate::ending::{mark, processes};
use crate::stage::{Stage, scenario, wait_for};

const SHORT: &str = "[{name: idle, for: 1s}]";

/// A process that is made by `prepare` in a folder of its own.
fn prepared(prepare: &str) -> Stage {
    let ready = "ready: {http: /healthz, within: 10s}";
    let target = format!("{{process: {{prepare: {prepare}, folder: made, command: [./service, specimen], {ready}}}}}");
    let stage = Stage::new(&scenario(&target, SHORT, "{}"));
    std::fs::create_dir(stage.folder.join("made")).unwrap();
    stage
}

#[test]
fn what_is_launched_is_made_first() {
    let stage = prepared(&format!("[ln, -s, '{}', service]", env!("CARGO_BIN_EXE_plimsoll")));
    let run = stage.run();
    assert!([0, 3].contains(&run.code), "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("prepared in "), "{}", run.stderr);
    assert_eq!(stage.finding("target.alive")["verdict"], "pass");
    assert!(stage.kept("prepare.log").contains("[plimsoll: prepare: ln -s "));
}

#[test]
fn what_cannot_be_made_is_not_launched_and_says_why() {
    let stage = prepared("[sh, -c, 'echo main.go:3: undefined; exit 2']");
    let run = stage.run();
    run.expect_code(4);
    let said = &run.stderr;
    assert!(said.contains("main.go:3: undefined") && said.contains("failed: exited 2"), "{said}");
    assert!(said.contains("hint: its output is in the run's folder"), "{said}");
    assert!(!said.contains("launched"), "{said}");
    assert_eq!(stage.summary()["run"]["outcome"]["kind"], "not_started");
}

#[test]
fn a_preparation_ends_with_the_run() {
    let mark = mark("prepare");
    // A child that has left the group is ended too.
    let stage =
        prepared(&format!("[sh, -c, 'setsid sh -c \"sleep 300; : specimen {mark}\" & sleep 300; : specimen {mark}']"));
    let run = stage.start_until("recording to");
    assert!(wait_for(Duration::from_secs(5), || processes(&mark).len() >= 2), "{:?}", processes(&mark));
    run.signal("INT");
    run.finish().expect_code(130);
    assert_eq!(processes(&mark), [0_u32; 0]);
    assert_eq!(stage.summary()["run"]["outcome"]["kind"], "interrupted");
}
