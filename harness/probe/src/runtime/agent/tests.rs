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

/// The times and lengths of the collections that CPython's own `gc.DEBUG_STATS` tells of, in seconds.
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
    (0..10).for_each(|round| service.get(&format!("/churn?n={}", 40_000 * (round + 1))));
    attended.read(clock.now(), &seen.out(clock)).unwrap();
    let long: Vec<f64> = logged(&service.lines()[before..]).into_iter().filter(|length| *length >= 0.01).collect();
    println!("{} collections of 10 ms and more logged: {long:?}", long.len());
    assert!(long.len() >= 5, "{long:?}");
    let pauses = seen.pauses();
    let mut left = pauses.iter();
    for length in long {
        // The log counts in tenths of a millisecond, and begins a little later.
        let found = left.find(|pause| &*pause.kind == "generation 2" && pause.length as f64 / 1e6 >= length - 0.0002);
        assert!(found.is_some(), "{length} s was not told: {pauses:?}");
    }
    assert!(pauses.iter().all(|pause| pause.cpu.is_some() && !pause.forced), "{pauses:?}");
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
fn forked_and_started_processes_have_agents_of_their_own_and_a_program_is_not_changed() {
    let (agents, clock) = (Agents::prepare(&folder("py-forks")).unwrap(), Clock::start());
    let theirs = folder("py-theirs");
    std::fs::create_dir(&theirs).unwrap();
    std::fs::write(theirs.join("sitecustomize.py"), "import builtins\nbuiltins.customized = True\n").unwrap();
    let program = "import os, sys, subprocess, warnings, time\n\
        assert customized and not any('agents' in place for place in sys.path), sys.path\n\
        assert 'json' not in sys.modules and 'threading' not in sys.modules\n\
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
