//! What goes wrong before a run: each says what, where and what to do, with its exit code.

use crate::stage::{Stage, process, scenario};

const IDLE: &str = "[{name: idle, for: 2s}]";

#[test]
fn five_mistakes_are_told_at_once_with_their_places() {
    let broken = scenario(
        "{process: {command: [plimsoll, \"${NOT_SET}\"], redy: {http: /healthz}}}",
        "[{name: base, for: 5}, {name: work, for: 20s, users: ten}]",
        "{memory: {growth: {below: 1MiB}}}",
    );
    let stage = Stage::new(&broken);
    for arguments in [["run", "scenario.yaml"], ["check", "scenario.yaml"]] {
        let refused = stage.plimsoll(&arguments);
        refused.expect_code(2);
        for expected in [
            "the variable `NOT_SET` is not set",
            "unknown key `redy`",
            "did you mean `ready`?",
            "`5` is not a duration",
            "`ten` is not a number of users",
            "`1MiB` is not a growth",
            "5 mistakes in scenario.yaml; nothing was started",
        ] {
            assert!(refused.stderr.contains(expected), "no `{expected}` in\n{}", refused.stderr);
        }
        // Each message points into the file.
        assert_eq!(refused.stderr.matches("--> scenario.yaml:").count(), 5, "{}", refused.stderr);
    }
    assert!(!stage.folder.join("results").exists(), "nothing was started, and so nothing is kept");
}

#[test]
fn check_shows_the_timeline_and_starts_nothing() {
    let stage = Stage::new(&scenario(&process(""), crate::process::SHORT, "{errors: {below: 1%}}"));
    let checked = stage.plimsoll(&["check", "scenario.yaml"]);
    checked.expect_code(0);
    for expected in ["baseline", "warm-up", "0..8", "\n\njourney   ", "memory.growth", "It takes 26 s"] {
        assert!(checked.stdout.contains(expected), "no `{expected}` in\n{}", checked.stdout);
    }
    assert!(!stage.folder.join("results").exists());
}

#[test]
fn a_folder_stands_for_its_scenario_and_a_missing_one_is_told() {
    let stage = Stage::new(&scenario(&process(""), IDLE, "{}"));
    stage.plimsoll(&["check", "."]).expect_code(0);
    let missing = stage.plimsoll(&["run", "nowhere"]);
    missing.expect_code(2);
    assert!(missing.stderr.contains("cannot read nowhere"), "{}", missing.stderr);
}

#[test]
fn without_an_engine_it_says_what_to_do() {
    let stage = Stage::new(&scenario("{container: {image: \"any:1\", port: 80}}", IDLE, "{}"));
    let mut program = stage.program(&["run", "scenario.yaml"]);
    let output = program.env("DOCKER_HOST", "unix:///nowhere/docker.sock").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("no container engine answers"), "{stderr}");
    assert!(stderr.contains("hint: start it"), "{stderr}");
    // CI sees that it could not run, too.
    assert!(stage.kept("junit.xml").contains("<error"), "{}", stage.kept("junit.xml"));
}

#[test]
fn an_image_that_is_not_there_is_told() {
    let stage = Stage::new(&scenario("{container: {image: \"plimsoll-no-such-image:1\", port: 80}}", IDLE, "{}"));
    let run = stage.run();
    run.expect_code(4);
    assert!(run.stderr.contains("there is no image `plimsoll-no-such-image:1`"), "{}", run.stderr);
}

#[test]
fn a_target_that_is_never_ready_is_told_with_its_last_lines() {
    let target = "{process: {command: [plimsoll, specimen, --never-ready, --log-line, waiting-for-a-database], \
                  ready: {http: /healthz, within: 2s}}}";
    let stage = Stage::new(&scenario(target, IDLE, "{}"));
    let run = stage.run();
    run.expect_code(4);
    assert!(run.stderr.contains("the target was not ready within 2 s"), "{}", run.stderr);
    assert!(run.stderr.contains("waiting-for-a-database"), "{}", run.stderr);
}

#[test]
fn a_target_that_ends_before_it_is_ready_is_told() {
    let target = "{process: {command: [sh, -c, \"echo no config; exit 3\"], ready: {tcp: true, within: 20s}}}";
    let stage = Stage::new(&scenario(target, IDLE, "{}"));
    let run = stage.run();
    run.expect_code(4);
    assert!(run.stderr.contains("ended before it was ready: exited (exit 3)"), "{}", run.stderr);
    assert!(run.stderr.contains("no config"), "{}", run.stderr);
}

#[test]
fn a_program_that_is_not_there_is_told() {
    let stage = Stage::new(&scenario("{process: {command: [no-such-program]}}", IDLE, "{}"));
    let run = stage.run();
    run.expect_code(4);
    assert!(run.stderr.contains("there is no program `no-such-program`"), "{}", run.stderr);
}
