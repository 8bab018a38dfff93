//! Real runtimes with an agent in them.

use std::path::PathBuf;
use std::process::Command;

use super::*;
use crate::runtime::service::{Seen, Service};

/// A folder of its own for a test.
fn folder(test: &str) -> PathBuf {
    std::env::temp_dir().join(format!("plimsoll-{test}-{}", std::process::id()))
}

/// Starts a service with the agents in its environment.
fn start(agents: &Agents, mut command: Command) -> Service {
    for variable in Agents::variables(agents.folder().to_str().unwrap()) {
        command.env(variable.name, variable.value);
    }
    Service::start(command)
}

fn python() -> Command {
    let mut python = Command::new("python3");
    python.arg(Service::file("python/service.py"));
    python
}

fn attended(agents: &Agents, clock: Clock) -> Attended {
    Attended::meet(agents.clone(), clock).unwrap()
}

/// The times and lengths of the collections that `CPython`'s own `gc.DEBUG_STATS` tells of, in seconds.
fn logged(lines: &[String]) -> Vec<f64> {
    let seconds = |line: &String| line.strip_suffix("s elapsed")?.rsplit_once(", ")?.1.parse().ok();
    lines.iter().filter(|line| line.starts_with("gc: done")).filter_map(seconds).collect()
}

#[test]
fn every_long_pause_in_pythons_own_log_is_told() {
    let (agents, clock, seen) = (Agents::prepare(&folder("py-pauses")).unwrap(), Clock::start(), Seen::default());
    let mut python = Command::new("/bin/sh");
    // CPython tells of its collections on stderr.
    let program = "import gc, runpy, sys; gc.set_debug(gc.DEBUG_STATS); runpy.run_path(sys.argv[1])";
    python.args(["-c", "exec python3 -c \"$0\" \"$1\" 2>&1", program]).arg(Service::file("python/service.py"));
    let service = start(&agents, python);
    let mut attended = attended(&agents, clock);
    let before = service.lines().len();
    for round in 1..6 {
        service.get(&format!("/churn?n={}", 40_000 * round));
        attended.read(clock.now(), &seen.out(clock)).unwrap();
    }
    let long: Vec<f64> = logged(&service.lines()[before..]).into_iter().filter(|length| *length >= 0.01).collect();
    println!("{} collections of 10 ms and more logged: {long:?}", long.len());
    assert!(long.len() >= 5, "{long:?}");
    let pauses = seen.pauses();
    let told: Vec<f64> =
        pauses.iter().map(|pause| pause.length as f64 / 1e6).filter(|length| *length > 0.0098).collect();
    let mut left = told.iter();
    for length in long {
        // The log counts in tenths of a millisecond, and begins a little later.
        assert!(left.any(|told| *told >= length - 0.0002), "{length} s was not told: {told:?}");
    }
    assert!(pauses.iter().all(|pause| pause.cpu.is_some() && !pause.forced));
}

#[test]
fn a_collection_of_python_is_forced_and_its_evidence_names_the_leak() {
    let folder = folder("py-evidence");
    let (agents, clock, seen) = (Agents::prepare(&folder.join("agents")), Clock::start(), Seen::default());
    assert!(agents.is_err(), "the folder around it is the caller's");
    std::fs::create_dir(&folder).unwrap();
    let agents = Agents::prepare(&folder.join("agents")).unwrap();
    let service = start(&agents, python());
    let (mut attended, out) = (attended(&agents, clock), seen.out(clock));
    assert!(attended.told_as().starts_with("CPython 3."), "{}", attended.told_as());
    attended.evidence(&folder, Moment::Baseline);
    service.get("/leak?n=20000");
    service.get("/garbage?n=20000");
    attended.read(clock.now(), &out).unwrap();
    attended.collect().unwrap();
    attended.read(clock.now(), &out).unwrap();
    let blocks: Vec<f64> = seen.values("allocated_blocks").into_iter().map(|(_, blocks)| blocks).collect();
    // A knot is an object, its dictionary and a number.
    assert!(blocks[0] - blocks[1] > 40_000.0, "{blocks:?}");
    assert!(seen.pauses().iter().any(|pause| pause.forced && &*pause.kind == "generation 2"), "{:?}", seen.pauses());
    let evidence = attended.evidence(&folder, Moment::Failure);
    println!("{evidence:#?}");
    let leak = evidence[0].grown.iter().find(|grown| grown.name == "__main__.Session").unwrap();
    assert_eq!(leak.objects, Some(20_000));
    assert_eq!(evidence[0].grown[0].name, "list");
    assert!(!evidence[0].grown.iter().any(|grown| grown.name == "__main__.Knot"), "what is collected is not there");
    drop((attended, agents, service));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn long_pauses_of_ruby_are_told_a_collection_is_forced_and_its_evidence_names_the_leak() {
    let folder = folder("rb");
    std::fs::create_dir(&folder).unwrap();
    let agents = Agents::prepare(&folder.join("agents")).unwrap();
    let mut ruby = Command::new("ruby");
    ruby.arg(Service::file("ruby/service.rb"));
    let (service, clock, seen) = (start(&agents, ruby), Clock::start(), Seen::default());
    let (mut attended, out) = (attended(&agents, clock), seen.out(clock));
    assert!(attended.told_as().starts_with("Ruby "), "{}", attended.told_as());
    attended.evidence(&folder, Moment::Baseline);
    attended.read(clock.now(), &out).unwrap();
    let (calm, from) = (seen.pauses().len(), clock.now());
    (1..6).for_each(|round| service.get(&format!("/churn?n={}", 100_000 * round)));
    attended.read(clock.now(), &out).unwrap();
    let pauses = seen.pauses().split_off(calm);
    let mut left = pauses.iter();
    let lines = service.lines();
    let timed =
        lines.iter().filter_map(|line| line.strip_prefix("collected in ")?.strip_suffix(" ms")?.parse::<f64>().ok());
    let over: Vec<f64> = timed.filter(|length| *length >= 10.0).collect();
    println!("{} collections of 10 ms and more: {over:?}", over.len());
    assert!(over.len() >= 3, "{lines:?}");
    for length in over {
        // What was measured around the call has a little more in it than the collection.
        let found = left.find(|pause| &*pause.kind == "major" && pause.length as f64 / 1000.0 >= length * 0.8);
        assert!(found.is_some_and(|pause| pause.start >= from), "{length} ms was not told: {pauses:?}");
    }
    service.get("/leak?n=20000");
    attended.collect().unwrap();
    attended.read(clock.now(), &out).unwrap();
    assert!(seen.live_heap().iter().all(|live| *live > 5e6) && seen.live_heap().len() == 1, "{:?}", seen.live_heap());
    let evidence = attended.evidence(&folder, Moment::Failure);
    println!("{evidence:#?}");
    let leak = evidence[0].grown.iter().find(|grown| grown.name == "Session").unwrap();
    assert_eq!(leak.objects, Some(20_000));
    drop((attended, agents, service));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_node_without_its_inspector_is_watched_by_an_agent() {
    let (agents, clock, seen) = (Agents::prepare(&folder("js")).unwrap(), Clock::start(), Seen::default());
    let mut node = Command::new("node");
    node.arg("--trace-gc").arg(Service::file("node/service.js"));
    let service = start(&agents, node);
    let (mut attended, out) = (attended(&agents, clock), seen.out(clock));
    let before = service.lines().len();
    (0..20).for_each(|_| service.get("/churn?n=200000"));
    attended.read(clock.now(), &out).unwrap();
    attended.collect().unwrap();
    let lines = service.lines().split_off(before);
    attended.read(clock.now(), &out).unwrap();
    let pauses = seen.pauses();
    // What collects in steps is told in steps; a scavenge is one.
    let long = |line: &&String| {
        line.contains("Scavenge")
            && line.split("MB, ").nth(1).is_some_and(|rest| rest.split('.').next().unwrap().len() == 2)
    };
    let (logged, told) = (
        lines.iter().filter(long).count(),
        pauses.iter().filter(|p| &*p.kind == "Scavenge" && p.length >= 9_900).count(),
    );
    println!("{logged} scavenges of 10 ms and more logged, {told} told");
    assert!(logged >= 3 && told >= logged, "{lines:#?} {pauses:#?}");
    assert!(pauses.iter().any(|pause| pause.forced && &*pause.kind == "Mark-Compact"), "{pauses:?}");
    let used: Vec<f64> = seen.values("heap_used").into_iter().map(|(_, bytes)| bytes).collect();
    assert!(seen.live_heap()[0] < used[0], "{used:?}");
    let evidence = attended.evidence(agents.folder(), Moment::Failure);
    assert!(evidence[0].missing.as_ref().unwrap().contains("no types"), "{evidence:?}");
}

#[test]
fn forked_and_started_processes_have_agents_of_their_own_and_a_program_is_not_changed() {
    let (agents, clock) = (Agents::prepare(&folder("py-forks")).unwrap(), Clock::start());
    let theirs = folder("py-theirs");
    std::fs::create_dir(&theirs).unwrap();
    std::fs::write(theirs.join("sitecustomize.py"), "import builtins\nbuiltins.customized = True\n").unwrap();
    let program = "import os, sys, subprocess, warnings, time\n\
        assert customized and not any('py-forks' in place for place in sys.path), sys.path\n\
        warnings.simplefilter('error')\n\
        child = os.fork()\n\
        if child == 0:\n    time.sleep(60)\n\
        other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n\
        print('listening on 1', flush=True)\n\
        sys.stdin.read()\n\
        os.kill(child, 9); other.kill()\n";
    let mut python = Command::new("python3");
    let path = format!("{}:{}", agents.folder().display(), theirs.display());
    python.args(["-c", program]).stdin(std::process::Stdio::piped()).env("PYTHONPATH", path);
    let service = Service::start(python);
    let mut attended = attended(&agents, clock);
    let end = clock.now() + PATIENCE;
    while attended.lines.len() < 3 && !end.since(clock.now()).is_zero() {
        attended.hear(end);
    }
    assert_eq!(attended.ask("values", PATIENCE).unwrap().len(), 3);
    service.end();
    std::fs::remove_dir_all(&theirs).unwrap();
}

#[test]
fn a_harness_that_goes_away_breaks_nothing() {
    let (agents, clock) = (Agents::prepare(&folder("py-alone")).unwrap(), Clock::start());
    let mut service = start(&agents, python());
    drop((attended(&agents, clock), agents));
    (0..3).for_each(|_| service.get("/churn?n=20000"));
    assert!(service.lives());
}

#[test]
fn a_target_without_agents_is_told() {
    let agents = Agents::prepare(&folder("py-none")).unwrap();
    let Err(why) = Attended::meet(agents, Clock::start()) else { panic!("nobody can have called") };
    assert!(why.starts_with("no agent has come forward"), "{why}");
}
