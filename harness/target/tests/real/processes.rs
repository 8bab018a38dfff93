//! Processes: started, watched, limited, stopped, swept.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::time::Duration;

use clock::Clock;
use scenario::{AttachPlan, Launch, ReadyWhen, Resources};
use target::{LaunchError, Owner, Reaper, reap, sweep, sweep_owned_by};

use crate::{
    dead_owner, eventually, launch, launch_process, launch_with, preload, process, ready, runs, scratch, variable,
};

#[tokio::test]
async fn a_process_is_told_a_free_port_and_ends_when_it_is_asked_to() {
    let run = "process-serves";
    let mut target = launch_process(process(&["./service", "serve"]), ReadyWhen::Http("/".to_owned()), run).await;
    target.ready().await.unwrap();
    let address = target.address().unwrap();
    assert!(address.ip().is_loopback() && std::net::TcpStream::connect(address).is_ok());
    assert_eq!(target.what(), format!("process {} (./service serve)", target.pid().unwrap()));
    assert_eq!((target.container(), target.image_digest(), target.stats().is_none()), (None, None, true));

    let pid = target.pid().unwrap();
    let how = target.stop().await.unwrap();
    assert!(how.starts_with("exited 0 after SIGTERM in "), "{how}");
    assert_eq!(target.stop().await.unwrap(), how);
    assert!(!runs(pid));
    assert_eq!(target.last_lines(20).len(), 2);
    drop(target);
    let log = scratch("logs").join(run);
    eventually("the log is written", || std::fs::read_to_string(&log).is_ok_and(|text| text.lines().count() == 2))
        .await;
}

#[tokio::test]
async fn a_process_that_is_never_ready_is_told_with_its_last_lines() {
    let plan = process(&["sh", "-c", "echo one; echo two; sleep 1000"]);
    let asked = ready(ReadyWhen::Log("listening".to_owned()), 1);
    let mut target = launch(Launch::Process(plan), asked, "never-ready").await.unwrap();
    let error = target.ready().await.unwrap_err();
    assert_eq!(error.to_string(), "the target was not ready within 1 s: no line with `listening` came");
    assert_eq!(error.last_lines(), ["one", "two"]);
    assert_eq!(target.stop().await.unwrap().split(" in ").next(), Some("exited 143 after SIGTERM"));
}

#[tokio::test]
async fn a_process_that_ends_at_its_start_is_told_with_its_exit_code() {
    let mut target = launch_process(process(&["./service", "fail"]), ReadyWhen::Tcp, "dies-at-start").await;
    let error = target.ready().await.unwrap_err();
    assert_eq!(error.to_string(), "the target ended before it was ready: exited (exit 3)");
    assert_eq!(error.last_lines(), ["no such database"]);
    assert_eq!(target.stop().await.unwrap(), "had ended by itself (exit 3)");
}

#[tokio::test]
async fn a_death_is_told_to_all_who_wait_and_waiting_can_be_given_up() {
    let mut target =
        launch_process(process(&["sh", "-c", "echo ready; sleep 1; kill -SEGV $$"]), ReadyWhen::Started, "dies").await;
    assert!(tokio::time::timeout(Duration::from_millis(50), target.died()).await.is_err());
    let death = target.died().await;
    assert_eq!((death.exit_code, death.oom_killed), (Some(139), false));
    assert_eq!(death.last_lines, ["ready"]);
    assert_eq!(target.died().await, death);
    target.stop().await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(50), target.died()).await.is_err());
}

#[tokio::test]
async fn a_process_that_outgrows_its_limit_is_oom_killed() {
    let mut plan = process(&["./service", "grow"]);
    plan.resources = Resources { memory: Some(32 << 20), cpus: Some(1.0) };
    let mut target = launch_process(plan, ReadyWhen::Log("growing".to_owned()), "process-grows").await;
    target.ready().await.unwrap();
    let cgroup = std::fs::read_to_string(format!("/proc/{}/cgroup", target.pid().unwrap())).unwrap();
    assert!(cgroup.contains("run=process-grows"), "{cgroup}");
    let death = target.died().await;
    assert_eq!((death.exit_code, death.oom_killed), (Some(137), true));
    target.stop().await.unwrap();
    assert!(sweep_owned_by(&Owner::this_process("process-grows")).await.is_empty());
}

#[tokio::test]
async fn a_missing_program_is_told_with_limits_and_without() {
    for resources in [Resources::default(), Resources { memory: Some(32 << 20), cpus: None }] {
        for program in ["no-such-program", "./no-such-program", "./Dockerfile"] {
            let mut plan = process(&[program]);
            plan.resources = resources;
            let error = launch(Launch::Process(plan), ready(ReadyWhen::Started, 1), "no-program").await.unwrap_err();
            assert_eq!(error.to_string(), format!("there is no program `{program}`"));
        }
    }
    assert!(sweep_owned_by(&Owner::this_process("no-program")).await.is_empty());
}

#[tokio::test]
async fn a_port_that_is_taken_is_not_mistaken_for_the_target() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut plan = process(&["sleep", "1000"]);
    plan.port = Some(listener.local_addr().unwrap().port());
    let error = launch(Launch::Process(plan), ready(ReadyWhen::Tcp, 1), "port-taken").await.unwrap_err();
    assert!(matches!(error, LaunchError::PortTaken { .. }) && error.hint().is_some(), "{error:?}");
}

#[tokio::test]
async fn a_group_that_ignores_the_signal_is_killed_after_the_grace() {
    let script = "trap '' TERM; sleep 1000 & echo $!; setsid sleep 1000 & echo $!; echo up; wait; wait";
    let target = launch_process(process(&["sh", "-c", script]), ReadyWhen::Log("up".to_owned()), "deaf-group").await;
    let mut target = target.with_grace(Duration::from_millis(300));
    target.ready().await.unwrap();
    let children: Vec<u32> = target.last_lines(3)[..2].iter().map(|pid| pid.parse().unwrap()).collect();
    assert!(children.iter().all(|pid| runs(*pid)));
    assert_eq!(target.stop().await.unwrap(), "killed after 300 ms");
    eventually("the children are gone", || !children.iter().any(|pid| runs(*pid))).await;
}

#[tokio::test]
async fn a_target_that_is_dropped_is_killed() {
    let target = launch_process(process(&["sleep", "1000"]), ReadyWhen::Started, "dropped").await;
    let pid = target.pid().unwrap();
    drop(target);
    eventually("it is gone", || !runs(pid)).await;
}

#[tokio::test]
async fn a_target_that_logs_without_end_is_not_held_up() {
    let script = "yes 0123456789012345678901234567890123456789 | head -c 100000000; echo; echo done; sleep 1";
    let target = launch_process(process(&["sh", "-c", script]), ReadyWhen::Log("done".to_owned()), "floods").await;
    target.ready().await.unwrap();
    let death = target.died().await;
    assert_eq!((death.exit_code, death.last_lines.len()), (Some(0), 20));
    drop(target);
    let log = scratch("logs").join("floods");
    assert!(std::fs::metadata(&log).unwrap().len() <= (64 << 20) + 200);
    std::fs::remove_file(log).unwrap();
}

#[tokio::test]
async fn an_attached_process_is_watched_and_left_alone() {
    let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
    let pid = child.id();
    let plan = || Launch::Attach(AttachPlan::Process { pid, port: None });
    let mut first = launch(plan(), ready(ReadyWhen::Started, 1), "attached-1").await.unwrap();
    let second = launch(plan(), ready(ReadyWhen::Started, 1), "attached-2").await.unwrap();
    first.ready().await.unwrap();
    assert_eq!(first.what(), format!("process {pid} (sleep 1000)"));
    assert_eq!(first.stop().await.unwrap(), "left running, as attached");
    drop(first);
    assert!(runs(pid));
    child.kill().unwrap();
    let death = second.died().await;
    assert_eq!((death.exit_code, death.oom_killed), (None, false));
    let gone = launch(plan(), ready(ReadyWhen::Started, 1), "attached-3").await.unwrap_err();
    assert_eq!(gone.to_string(), format!("there is nothing to attach to: process {pid} does not run"));
    child.wait().unwrap();
}

#[tokio::test]
async fn a_sweep_kills_what_a_dead_owner_left_and_nothing_else() {
    let sleeper =
        |owner: &Owner| Command::new("sleep").arg("1000").env("PLIMSOLL_OWNER", owner.to_string()).spawn().unwrap();
    let mut orphan = sleeper(&dead_owner("swept"));
    let mut owned = sleeper(&Owner::this_process("not-swept"));
    let swept = sweep().await;
    assert!(swept.failures.is_empty(), "{swept:?}");
    assert!(!swept.processes.contains(&owned.id()));
    // A test that runs beside this one may have swept it first.
    assert_eq!(orphan.wait().unwrap().signal(), Some(9));
    assert!(runs(owned.id()));
    owned.kill().unwrap();
    owned.wait().unwrap();
}

/// This test is also what [`Reaper`] starts: the test's binary with the arguments `reaper` and the
/// owner's line runs the tests that have `reaper` in their names.
#[tokio::test]
async fn a_reaper_removes_what_its_owner_left_unless_it_is_dismissed() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, word, owner] = arguments.as_slice()
        && word == "reaper"
    {
        return reap(&owner.parse().unwrap()).await;
    }
    let owner = Owner::this_process("reaped");
    let sleeper = || {
        let mut command = Command::new("sleep");
        command.arg("1000").env("PLIMSOLL_OWNER", owner.to_string()).process_group(0).stdin(Stdio::null());
        command.spawn().unwrap()
    };
    let mut kept = sleeper();
    Reaper::spawn(&owner).unwrap().dismiss().await.unwrap();
    assert!(runs(kept.id()));
    let clock = Clock::start();
    drop(Reaper::spawn(&owner).unwrap());
    assert_eq!(tokio::task::spawn_blocking(move || kept.wait()).await.unwrap().unwrap().signal(), Some(9));
    assert!(clock.now().seconds() < 5.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_sees_what_it_is_to_load_and_keeps_what_the_plan_sets() {
    let mut plan = process(&["sleep", "60"]);
    plan.env.insert("LOADED".to_owned(), "of-the-plan".to_owned());
    let (preload, when) = (preload(), ready(ReadyWhen::Started, 5));
    let mut target = launch_with(Launch::Process(plan), when, Some(&preload), "process-loads").await.unwrap();
    let loaded = format!("{}/file:of-the-plan", preload.folder.display());
    let pid = target.pid().unwrap();
    eventually("the program", || variable(pid, "LOADED").as_ref() == Some(&loaded)).await;
    target.stop().await.unwrap();
}
