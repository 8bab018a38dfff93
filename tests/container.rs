//! The specimen as a container. These need an engine and the image that ci/specimen-image makes.

use std::process::Command;

use crate::process::{SHORT, VERY_SHORT, expect_an_oom_kill, expect_the_leak_to_be_measured};
use crate::stage::{Stage, container, scenario};

#[test]
fn a_leak_in_a_container_is_found_and_measured() {
    let stage = Stage::new(&scenario(&container(", --base, 16MiB, --leak, 2KiB", "memory: 256MiB, "), SHORT, "{}"));
    stage.run().expect_code(1);
    expect_the_leak_to_be_measured(&stage);
    let finding = stage.finding("memory.growth");
    assert!(finding["evidence"]["source"].as_str().unwrap().contains("cgroup"), "{finding:#}");
}

#[test]
fn a_container_that_stands_still_fails_on_its_pauses() {
    let target = container(", --stop, 600ms, --stop-every, 3s", "");
    let stage = Stage::new(&scenario(&target, VERY_SHORT, "{pauses: {max: 200ms}}"));
    stage.run().expect_code(1);
    assert_eq!(stage.finding("pauses.max")["verdict"], "fail");
}

#[test]
fn a_container_that_its_quota_holds_back_is_not_called_slow_and_the_quota_is_named() {
    let stage = Stage::new(&scenario(&container("", "cpus: 0.02, "), VERY_SHORT, "{stalls: {max: 40ms}}"));
    stage.run().expect_code(3);
    let finding = stage.finding("stalls.max");
    assert_eq!(finding["code"], "stalls.max.held_up", "{finding:#}");
    let note = finding["evidence"]["notes"][0].as_str().unwrap();
    assert!(note.contains("its processor quota held it back for"), "{finding:#}");
}

#[test]
fn a_container_at_its_memory_limit_is_oom_killed_and_says_so() {
    let stage = Stage::new(&scenario(&container(", --leak, 256KiB", "memory: 48MiB, "), VERY_SHORT, "{}"));
    stage.run().expect_code(1);
    expect_an_oom_kill(&stage);
}

#[test]
fn an_image_is_built_from_its_dockerfile() {
    let target = "{container: {build: {context: image}, command: [--host, 0.0.0.0], port: 8080, cpus: 0.8, \
                  labels: {team: soak}, ready: {log: listening on}}}";
    let stage = Stage::new(&scenario(target, VERY_SHORT, "{errors: {below: 1%}}"));
    let context = stage.folder.join("image");
    std::fs::create_dir(&context).unwrap();
    std::fs::write(context.join("Dockerfile"), "FROM plimsoll-specimen\nENV BUILT=here\n").unwrap();
    let run = stage.run();
    assert!([0, 3].contains(&run.code), "{}{}", run.stdout, run.stderr);
    assert_eq!(stage.finding("errors")["verdict"], "pass");
}

/// Runs docker, and gives what it prints.
#[track_caller]
fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn an_attached_container_is_loaded_judged_and_left_running() {
    let id = docker(&["run", "--detach", "--publish", "127.0.0.1::8080", "plimsoll-specimen", "--host", "0.0.0.0"]);
    let stage = Stage::new(&scenario(
        &format!("{{attach: {{container: {id}, port: 8080}}}}"),
        VERY_SHORT,
        "{errors: {below: 1%}}",
    ));
    let run = stage.run();
    let running = docker(&["inspect", "--format", "{{.State.Running}}", &id]);
    docker(&["rm", "--force", &id]);
    assert_eq!(running, "true", "it was not ours to stop");
    assert!([0, 3].contains(&run.code), "{}{}", run.stdout, run.stderr);
    assert_eq!(stage.finding("errors")["verdict"], "pass");
    assert_eq!(stage.finding("evidence.coverage")["verdict"], "pass");
}
