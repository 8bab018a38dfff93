//! Programs beside the target: run again and again, heard, ended with all that they started.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clock::Clock;
use scenario::CommandPlan;
use target::{LaunchError, Listener, Owner, Program, RunningProgram, sweep_owned_by};

use crate::{eventually, runs, scratch};

const GRACE: Duration = Duration::from_secs(1);

fn plan(command: &[&str]) -> CommandPlan {
    let command = command.iter().map(ToString::to_string).collect();
    CommandPlan { command, folder: scratch("programs"), requests: None }
}

fn log(run: &str) -> PathBuf {
    scratch("logs").join(run)
}

fn program(script: &str, run: &str, hear: Option<Listener>) -> Program {
    let plan = plan(&["sh", "-c", script]);
    Program::new(&plan, &Owner::this_process(run), &log(run), hear, Clock::start()).unwrap()
}

fn start(program: &Program, title: &str) -> RunningProgram {
    let variables = [("NAME", Some("work".to_owned())), ("HOME", None)];
    program.start(title, &BTreeMap::from(variables)).unwrap()
}

/// The pid that a script has written to a file of this name.
fn pid_in(file: &str) -> u32 {
    let file = scratch("programs").join(file);
    std::fs::read_to_string(file).unwrap_or_default().trim().parse().unwrap_or_default()
}

#[tokio::test]
async fn each_run_has_its_last_lines_and_all_share_the_log() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let hear: Listener = Box::new(move |line| ear.lock().unwrap().push(line.to_owned()));
    let program = program("echo $NAME ${HOME-away} && exit 3", "program-runs", Some(hear));
    for title in ["one", "two"] {
        let running = start(&program, title);
        running.ended().await;
        let exit = running.stop(GRACE).await.unwrap();
        assert_eq!((exit.how.as_str(), exit.code), ("exited 3", Some(3)));
        assert_eq!(exit.last_lines, ["work away"]);
    }
    assert_eq!(*heard.lock().unwrap(), ["work away", "work away"], "a heading is nobody's line");
    let lines = || std::fs::read_to_string(log("program-runs")).unwrap_or_default();
    eventually("the log is written", || lines().lines().count() == 4).await;
    assert!(lines().starts_with("[plimsoll: one: sh -c echo $NAME"), "{}", lines());
}

#[tokio::test]
async fn a_shell_that_obeys_at_once_takes_no_time_from_what_it_runs() {
    let inner = "trap 'sleep 0.3; echo last words; exit 7' TERM; echo up; while :; do sleep 0.05; done";
    let program = program(&format!("sh -c \"{inner}\"; exit 0"), "program-obeys", None);
    let running = start(&program, "work");
    eventually("it is up", || std::fs::read_to_string(log("program-obeys")).is_ok_and(|text| text.contains("\nup")))
        .await;
    let exit = running.stop(Duration::from_secs(10)).await.unwrap();
    assert!(exit.how.contains(" after SIGTERM in "), "{exit:?}");
    assert_eq!(exit.last_lines.last().map(String::as_str), Some("last words"), "{exit:?}");
}

#[tokio::test]
async fn what_does_not_listen_is_killed_after_the_grace_with_all_that_it_started() {
    let script = "trap '' TERM; setsid sh -c 'echo $$ > away.pid; exec sleep 600' & sleep 600 & wait; sleep 600";
    let program = program(script, "program-deaf", None);
    let running = start(&program, "work");
    eventually("a child has left the group", || runs(pid_in("away.pid"))).await;
    let clock = Clock::start();
    let exit = running.stop(GRACE).await.unwrap();
    assert_eq!((exit.how.as_str(), exit.code), ("killed 1 s after SIGTERM", Some(137)));
    assert!((1.0..4.0).contains(&clock.now().seconds()), "{}", clock.now());
    eventually("nothing is left", || !runs(pid_in("away.pid"))).await;
    assert!(sweep_owned_by(&Owner::this_process("program-deaf")).await.is_empty());
}

#[tokio::test]
async fn the_end_of_a_program_is_the_end_of_its_children() {
    let program = program("sleep 600 & echo $! > child.pid; exit 0", "program-children", None);
    let running = start(&program, "work");
    running.ended().await;
    let exit = running.stop(GRACE).await.unwrap();
    assert_eq!(exit.how, "exited 0");
    eventually("its child has ended", || !runs(pid_in("child.pid"))).await;
}

#[tokio::test]
async fn a_program_carries_its_owner_and_is_swept_with_it() {
    let program = program("sleep 600; true", "program-swept", None);
    let running = start(&program, "work");
    let swept = sweep_owned_by(&Owner::this_process("program-swept")).await;
    assert!(!swept.processes.is_empty() && swept.failures.is_empty(), "{swept:?}");
    running.ended().await;
    assert_eq!(running.stop(GRACE).await.unwrap().code, Some(137));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told_before_anything_is_started() {
    let owner = Owner::this_process("program-missing");
    let refused = |command: &[&str]| {
        Program::new(&plan(command), &owner, &log("program-missing"), None, Clock::start()).unwrap_err()
    };
    let error = refused(&["no-such-program", "run"]);
    assert_eq!(error.to_string(), "there is no program `no-such-program`");
    assert!(error.hint().is_some_and(|hint| hint.contains("PATH")));
    // One that may not be run is as good as none.
    std::fs::write(scratch("programs").join("load.sh"), "#!/bin/sh\n").unwrap();
    assert!(matches!(refused(&["./load.sh"]), LaunchError::NoProgram { .. }));
}
