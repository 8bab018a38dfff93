//! Two commits of a repository, run in turn and compared.

use std::process::Command;

use serde_json::Value;

use crate::stage::{Finished, Stage};

/// The service is a file of the repository, so each commit has its own.
const SCENARIO: &str = "
name: duel
target: {process: {command: [sh, serve.sh, '${PLIMSOLL}'], ready: {http: /healthz, within: 10s}}}
load:
  journeys: [{name: browse, steps: [{get: /items}, {think: 5ms..15ms}]}]
  phases: [{name: baseline, for: 500ms}, {name: work, for: 2s, users: 4}, {name: settle, for: 500ms}]
probes: {every: 50ms}
";

/// A repository with a commit for each of these specimens, and branches `one`, `two` and so on.
fn repository(specimens: &[&str]) -> Stage {
    let stage = Stage::new(SCENARIO);
    git(&stage, &["init", "--quiet"]);
    for (specimen, name) in specimens.iter().zip(["one", "two"]) {
        std::fs::write(stage.folder.join("serve.sh"), format!("exec \"$1\" specimen {specimen}\n")).unwrap();
        git(&stage, &["add", "scenario.yaml", "serve.sh"]);
        git(&stage, &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "-m", name]);
        git(&stage, &["branch", name]);
    }
    stage
}

fn git(stage: &Stage, arguments: &[&str]) -> String {
    let output = Command::new("git").current_dir(&stage.folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn duel(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = stage.program(&["duel", "scenario.yaml", "--quiet"]);
    command.args(arguments).env("PLIMSOLL", env!("CARGO_BIN_EXE_plimsoll"));
    command
}

#[track_caller]
fn expect_no_worktree(stage: &Stage) {
    let left = git(stage, &["worktree", "list"]);
    assert_eq!(left.lines().count(), 1, "{left}");
}

#[test]
fn a_commit_that_needs_more_memory_loses_a_duel_before_its_end() {
    let stage = repository(&["--base 16MiB", "--base 64MiB"]);
    let ended = Finished::new(&duel(&stage, &["--reference", "one", "--runs", "6"]).output().unwrap());
    ended.expect_code(1);
    let row = ended.stdout.lines().find(|line| line.trim_start().starts_with("memory.peak")).unwrap();
    assert!(row.ends_with("✘ regression"), "{}", ended.stdout);
    assert!(ended.stderr.contains("6 runs each of one ("), "who fights is said: {}", ended.stderr);
    assert!(ended.stderr.contains("3 s a run: 36 s besides launching"), "and for how long: {}", ended.stderr);
    assert!(ended.stderr.contains("\nclear after 3 of 6 runs a side\n"), "{}", ended.stderr);
    expect_no_worktree(&stage);

    let listed: Value = serde_json::from_str(&stage.plimsoll(&["list", "--json"]).stdout).unwrap();
    let sides: Vec<&str> = listed.as_array().unwrap().iter().map(|run| run["side"].as_str().unwrap()).collect();
    let id = sides[0].split('/').next().unwrap();
    let [reference, candidate] = ["reference", "candidate"].map(|side| format!("{id}/{side}"));
    // The newest first: A B B A A B from its end.
    assert_eq!(sides, [&candidate, &reference, &reference, &candidate, &candidate, &reference]);
    stage.plimsoll(&["compare", &reference, &candidate]).expect_code(1);
    stage.plimsoll(&["compare", "one", "two"]).expect_code(1);
}

#[test]
fn a_commit_against_itself_ends_in_silence() {
    let stage = repository(&["--base 16MiB"]);
    let sides = ["--reference", "one", "--candidate", "HEAD", "--runs", "2", "--inconclusive", "pass"];
    let ended = Finished::new(&duel(&stage, &sides).output().unwrap());
    ended.expect_code(0);
    assert!(!ended.stdout.contains("regression"), "{}", ended.stdout);
    let strange = Finished::new(&duel(&stage, &["--reference", "nothing"]).output().unwrap());
    strange.expect_code(2);
    assert!(strange.stderr.contains("git knows no commit `nothing`"), "{}", strange.stderr);
    let image = Finished::new(&duel(&stage, &["--reference", "image:a"]).output().unwrap());
    image.expect_code(2);
    assert!(image.stderr.contains("the target is no container"), "{}", image.stderr);
}

#[test]
fn ctrl_c_ends_a_duel_with_what_was_measured() {
    let stage = repository(&["--base 16MiB"]);
    let command = duel(&stage, &["--reference", "one", "--format", "json"]);
    let started = stage.begin(command, "run 3 of 10");
    started.signal("INT");
    let ended = started.finish();
    ended.expect_code(130);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    let counted = |side: &str| told[side]["runs"].as_array().unwrap().len();
    assert_eq!((counted("reference"), counted("candidate")), (1, 1), "{told:#}");
    assert_eq!(told["left_out"].as_array().unwrap().len(), 1, "the run that was cut off: {told:#}");
    assert_ne!(told["verdict"], "fail", "{told:#}");
    expect_no_worktree(&stage);
}
