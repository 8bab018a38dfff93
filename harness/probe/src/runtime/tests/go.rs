//! The service in Go.

use std::time::Duration;

use timeline::{Evidence, Happening};

use super::Watching;
use crate::Moment;
use crate::runtime::targets;

const MIB: f64 = 1024.0 * 1024.0;

fn started(show: &str) -> Watching {
    let mut command = targets::go();
    command.env("GODEBUG", "gctrace=1").env("SHOW", show);
    Watching::start(command)
}

/// A collection as Go has logged it: both of its stops together in ms, the live heap in MB, and whether it was asked for.
fn logged(line: &str) -> Option<(f64, f64, bool)> {
    // gc 5 @1.206s 0%: 0.064+1.7+0.002 ms clock, 0.12+0/0.047/1.6+0.004 ms cpu, 26->26->22 MB, 47 MB goal, ...
    let clock = line.strip_prefix("gc ")?.split_once("%: ")?.1.split_once(" ms clock")?.0;
    let parts: Vec<f64> = clock.split('+').filter_map(|part| part.parse().ok()).collect();
    let heap = line.split("->").nth(2)?.split(' ').next()?.parse().ok()?;
    Some((parts[0] + parts[2], heap, line.ends_with("(forced)")))
}

fn collections(lines: &[String]) -> Vec<(f64, f64, bool)> {
    lines.iter().filter_map(|line| logged(line)).collect()
}

/// Makes garbage for a while.
fn work(watching: &Watching) {
    for _ in 0..30 {
        watching.service.get("/churn?n=100000");
    }
}

fn every_stop_of_its_log_is_seen_once(show: &str, page: &str) {
    let watching = started(show);
    assert_eq!(watching.recognised().0, format!("Go {} by {page}", version()));
    work(&watching);
    watching.wait("a lull", |seen| {
        let pauses = seen.pauses().len();
        watching.clock.block_until(watching.clock.now() + Duration::from_millis(800));
        (pauses > 0 && seen.pauses().len() == pauses).then_some(())
    });
    let (seen, lines) = watching.end();
    let (told, logged) = (seen.pauses(), collections(&lines));
    // Those before the first look were nobody's.
    let first = logged.len().checked_sub(told.len()).expect("no more was told than there was");
    assert!(first <= 5 && told.len() >= 20, "{} of {}", told.len(), logged.len());
    for (pause, (stops, _, forced)) in told.iter().zip(&logged[first..]) {
        let told = pause.length as f64 / 1000.0;
        assert!((told - stops).abs() <= 0.1 * stops + 0.003, "{told} ms is told of {stops} ms");
        assert!(!pause.concurrent && !forced);
    }
    assert!(told.is_sorted_by_key(|pause| pause.start));
}

fn version() -> String {
    let output = std::process::Command::new("go").args(["env", "GOVERSION"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().trim_start_matches("go").to_owned()
}

#[test]
fn every_stop_that_go_logs_is_seen_by_its_heap_page() {
    every_stop_of_its_log_is_seen_once("pprof", "/debug/pprof");
}

#[test]
fn every_stop_that_go_logs_is_seen_by_its_variables() {
    every_stop_of_its_log_is_seen_once("vars", "/debug/vars");
}

#[test]
fn go_collects_when_it_is_asked_and_tells_its_live_heap_from_then_on() {
    let watching = started("");
    watching.recognised();
    watching.service.get("/leak?n=20000");
    assert!(matches!(watching.collect(), Happening::Collected { from, to } if from < to));
    let again = watching.collect();
    assert!(matches!(&again, Happening::NotCollected { reason } if reason.contains("less than a second")), "{again:?}");
    let first = watching.wait("a live heap", |seen| seen.live_heap().last().copied());
    assert!((20.0 * MIB..30.0 * MIB).contains(&first), "{first}");
    // Collections that nobody asks for tell it from now on.
    watching.service.get("/leak?n=20000");
    let second = watching.wait("its growth", |seen| {
        watching.service.get("/churn?n=100000");
        seen.live_heap().last().copied().filter(|live| *live > first + 10.0 * MIB)
    });
    let (seen, lines) = watching.end();
    assert!((40.0 * MIB..60.0 * MIB).contains(&second), "{second}");
    let logged = collections(&lines);
    assert_eq!(logged.iter().filter(|(.., forced)| *forced).count(), 2);
    // One that was under way by itself when we asked ends in the same stretch.
    let forced = seen.pauses().iter().filter(|pause| pause.forced).count();
    assert!((2..=3).contains(&forced), "{forced}");
    // What is told of a collection is what its log has of it, in whole MB.
    let told = seen.live_heap();
    let near = |live: f64| logged.iter().any(|(_, logged, _)| (live / MIB - logged).abs() < 1.5);
    assert!(told.len() >= 2 && told.iter().all(|live| near(*live)), "{told:?} of {logged:?}");
}

#[test]
fn what_grows_in_go_is_named_by_the_function_that_holds_it() {
    let watching = started("");
    watching.recognised();
    watching.service.get("/leak?n=5000");
    let named = |pieces: &[Evidence]| pieces.iter().map(|piece| piece.what.clone()).collect::<Vec<_>>();
    let baseline = watching.evidence(Moment::Baseline);
    assert_eq!(named(&baseline), ["heap profile", "goroutines", "allocations"]);
    assert!(baseline.iter().all(|piece| piece.grown.is_empty() && piece.missing.is_none()), "{baseline:?}");
    watching.service.get("/leak?n=20000");
    watching.service.get("/spawn?n=300");
    watching.service.get("/churn?n=200000");
    let failure = watching.evidence(Moment::Failure);
    let grown = &failure[0].grown;
    assert_eq!(grown[0].name, "main.remember", "{grown:?}");
    // Sampled each 512 KiB, before and after: within three deviations of the 20000 × 1152 bytes of its size class.
    assert!((10e6..36e6).contains(&(grown[0].bytes as f64)), "{grown:?}");
    assert!(watching.file(&failure[0]).starts_with(&[0x1f, 0x8b]), "a profile is compressed");
    let goroutines = String::from_utf8(watching.file(&failure[1])).unwrap();
    assert!(goroutines.contains("main.spawn.func1"), "{goroutines}");
    let count = watching.wait("goroutines", |seen| {
        seen.values("goroutines").last().map(|(_, count)| *count).filter(|count| *count > 300.0)
    });
    assert!(count < 330.0, "{count}");
    let sizes =
        ["heap_used", "heap_total", "go_stacks"].map(|name| watching.wait(name, |seen| seen.values(name).pop()).1);
    // What was leaked is in use, and what is in use was taken from the system.
    assert!(sizes[0] > 15e6 && sizes[1] >= sizes[0] && sizes[2] > 300.0 * 2048.0, "{sizes:?}");
    watching.end();
}

#[test]
fn a_service_that_shows_nothing_of_itself_is_told_as_such() {
    let watching = started("nothing");
    let (runtime, lacks) = watching.recognised();
    assert_eq!(runtime, "Go");
    assert!(lacks[0].contains("/debug/pprof/heap"), "{lacks:?}");
    assert!(matches!(watching.collect(), Happening::NotCollected { reason } if reason == lacks[0]));
    watching.end();
}
