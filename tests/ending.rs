//! However a run ends, nothing is left running, and nothing that was measured is lost.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::stage::{Stage, container, process, scenario, wait_for};

/// A load that would go on for minutes.
const LONG: &str = "[{name: baseline, for: 1s}, {name: work, for: 5m, users: 4}]";
const UNDER_WAY: &str = "work for 5m";

/// A mark in the environment or labels by which only this test's targets are found.
pub(crate) fn mark(test: &str) -> String {
    format!("e2e-{test}-{}", std::process::id())
}

/// The pids of the specimens that carry the mark on their command line.
pub(crate) fn processes(mark: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let marked = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(mark) && line.contains("specimen")
    };
    pids.filter(marked).collect()
}

/// The ids of the containers, running or not, that carry the mark as a label.
pub(crate) fn containers(mark: &str) -> Vec<String> {
    let filter = format!("label=mark={mark}");
    let listed = Command::new("docker").args(["ps", "--all", "--quiet", "--filter", &filter]).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect()
}

fn marked_process(mark: &str) -> Stage {
    Stage::new(&scenario(&process(&format!(", --log-line, {mark}")), LONG, "{}"))
}

fn marked_container(mark: &str) -> Stage {
    Stage::new(&scenario(&container("", &format!("labels: {{mark: {mark}}}, ")), LONG, "{}"))
}

#[track_caller]
fn expect_a_sealed_record(stage: &Stage, outcome: &str) {
    assert_eq!(stage.summary()["run"]["outcome"]["kind"], outcome, "{:#}", stage.summary());
    assert!(stage.kept("junit.xml").contains("<testsuite "));
    let wal = stage.record().join("record.db-wal");
    assert!(!wal.exists(), "the record is a single file");
}

#[test]
fn ctrl_c_seals_the_record_and_leaves_no_process() {
    let mark = mark("int");
    let stage = marked_process(&mark);
    let run = stage.start_until(UNDER_WAY);
    assert!(wait_for(Duration::from_secs(5), || processes(&mark).len() == 1));
    std::thread::sleep(Duration::from_secs(2));
    run.signal("INT");
    let run = run.finish();
    run.expect_code(130);
    expect_a_sealed_record(&stage, "interrupted");
    assert!(stage.summary()["load"]["requests"].as_u64().unwrap() > 0, "what was measured is kept");
    assert_eq!(processes(&mark), [0_u32; 0]);
}

#[test]
fn sigterm_leaves_no_container() {
    let mark = mark("term");
    let stage = marked_container(&mark);
    let run = stage.start_until(UNDER_WAY);
    assert_eq!(containers(&mark).len(), 1);
    run.signal("TERM");
    run.finish().expect_code(130);
    expect_a_sealed_record(&stage, "interrupted");
    assert_eq!(containers(&mark), [""; 0]);
}

#[test]
fn a_killed_harness_leaves_nothing_running_and_a_readable_record() {
    let mark = mark("kill");
    let (first, second) = (marked_process(&mark), marked_container(&mark));
    let process = first.start_until(UNDER_WAY);
    std::thread::sleep(Duration::from_secs(2));
    process.signal("KILL");
    process.finish();
    let container = second.start_until(UNDER_WAY);
    container.signal("KILL");
    container.finish();
    let gone = wait_for(Duration::from_secs(10), || processes(&mark).is_empty() && containers(&mark).is_empty());
    assert!(gone, "the reaper left {:?} and {:?}", processes(&mark), containers(&mark));
    let record = record::open(&first.record()).unwrap();
    assert_eq!(record.timeline.outcome, timeline::Outcome::HarnessLost);
    assert!(!record.timeline.series.is_empty(), "the samples up to a second before the end are there");
    assert_eq!(record.timeline.phases.last().unwrap().name, "work", "so is the phase that was under way");
}

#[test]
fn clean_removes_what_a_harness_and_its_reaper_left_behind() {
    let mark = mark("clean");
    let stage = marked_process(&mark);
    let run = stage.start_until(UNDER_WAY);
    assert!(wait_for(Duration::from_secs(5), || processes(&mark).len() == 1));
    let reaper = child_of(run.child.id(), "reaper");
    kill(reaper);
    run.signal("KILL");
    run.finish();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(processes(&mark).len(), 1, "with the reaper gone too, the target lives on");
    let cleaned = stage.plimsoll(&["clean"]);
    cleaned.expect_code(0);
    assert!(cleaned.stdout.contains("1 process"), "{}", cleaned.stdout);
    assert!(wait_for(Duration::from_secs(2), || processes(&mark).is_empty()));
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let stage = Stage::new(&scenario(&process(""), "[{name: idle, for: 1s}]", "{}"));
    let command = format!("'{}' run scenario.yaml 2>err.txt | true", env!("CARGO_BIN_EXE_plimsoll"));
    Command::new("sh").args(["-c", &command]).current_dir(&stage.folder).status().unwrap();
    let err = std::fs::read_to_string(stage.folder.join("err.txt")).unwrap();
    assert!(!err.contains("panicked"), "{err}");
}

#[test]
fn an_attached_process_is_judged_and_left_running() {
    let program = env!("CARGO_BIN_EXE_plimsoll");
    let mut target = Command::new(program)
        .args(["specimen", "--port", "0", "--base", "8MiB"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let stage =
        Stage::new(&scenario(&format!("{{attach: {{pid: {}}}}}", target.id()), "[{name: idle, for: 12s}]", "{}"));
    let run = stage.run();
    let alive = target.try_wait().unwrap().is_none();
    target.kill().unwrap();
    target.wait().unwrap();
    assert!(alive, "it was not ours to stop");
    assert!([0, 3].contains(&run.code), "{}{}", run.stdout, run.stderr);
    assert_eq!(stage.finding("target.alive")["verdict"], "pass");
    assert_eq!(stage.finding("evidence.coverage")["verdict"], "pass");
}

/// The pid of the child of `parent` that has `word` on its command line.
fn child_of(parent: u32, word: &str) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    let mut all: Vec<u32> = children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
    // A child is listed beneath the thread that started it.
    if let Ok(tasks) = std::fs::read_dir(Path::new("/proc").join(parent.to_string()).join("task")) {
        for task in tasks.flatten() {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    let has_word = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).split('\0').any(|part| part == word)
    };
    all.into_iter().find(has_word).unwrap_or_else(|| panic!("no child of {parent} with `{word}`"))
}

fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-s", "KILL", &pid.to_string()]).status().unwrap().success());
}
