//! The service in Java.

use std::time::Duration;

use timeline::{Happening, Pause};

use super::Watching;
use crate::Moment;
use crate::runtime::service::Seen;
use crate::runtime::targets;

const MIB: f64 = 1024.0 * 1024.0;
/// Its own log of each stop, to compare with.
const LOG: &str = "-Xlog:safepoint*=info:stdout:timenanos,level,tags";

/// The stops that it has logged itself, in ns of the monotonic clock and in order: their ends and lengths.
fn logged(lines: &[String]) -> Vec<(u64, u64)> {
    // [1914088096520ns][info][safepoint] Safepoint "G1CollectForAllocation", ..., Total: 52770714 ns
    let stop = |line: &String| {
        let end = line.strip_prefix('[')?.split_once("ns]")?.0.parse().ok()?;
        let total = line.contains("Safepoint \"").then_some(line)?.rsplit_once("Total: ")?.1;
        Some((end, total.split(' ').next()?.parse().ok()?))
    };
    lines.iter().filter_map(stop).collect()
}

fn work(watching: &Watching) {
    for _ in 0..12 {
        watching.service.get("/churn?n=1000000");
    }
}

/// Lets what is under way come to its end.
fn settle(watching: &Watching) {
    watching.clock.block_until(watching.clock.now() + Duration::from_millis(1500));
}

fn milliseconds(pause: &Pause) -> f64 {
    pause.length as f64 / 1000.0
}

fn every_stop_of_its_log_is_seen_once(options: &str) {
    let watching = Watching::start(targets::java(&format!("{options} -Xmx256m {LOG}")));
    let (runtime, lacks) = watching.recognised();
    assert!(runtime.starts_with("JVM ") && runtime.ends_with(" by its log"), "{runtime}");
    assert_eq!(lacks, [""; 0]);
    let began = watching.clock.now();
    let origin = watching.clock.monotonic_at_start();
    work(&watching);
    settle(&watching);
    let left = std::path::PathBuf::from(format!("/tmp/plimsoll-{}.log", watching.service.pid()));
    assert!(left.exists());
    let (seen, lines) = watching.end();
    assert!(!left.exists(), "the log is removed");
    let told: Vec<Pause> = seen.pauses().into_iter().filter(|pause| !pause.concurrent && pause.start > began).collect();
    let at = |nanos: u64| nanos / 1000 - origin;
    let logged: Vec<(u64, u64)> = logged(&lines).into_iter().filter(|(end, _)| at(*end) > began.micros()).collect();
    let long = |length: u64| length >= 10_000_000;
    assert!(logged.iter().filter(|(_, length)| long(*length)).count() >= 3, "too few to compare: {logged:?}");
    for (end, length) in logged.iter().filter(|(_, length)| long(*length)) {
        let is_it = |pause: &&Pause| {
            let told = pause.start.micros() + pause.length;
            (pause.length * 1000).abs_diff(*length) < 1_000_000 && told.abs_diff(at(*end)) < 2_000
        };
        assert_eq!(told.iter().filter(is_it).count(), 1, "{end} {length} of {told:#?}");
    }
    assert_eq!(
        told.iter().filter(|pause| long(pause.length * 1000)).count(),
        logged.iter().filter(|(_, length)| long(*length)).count()
    );
}

#[test]
fn every_stop_that_g1_logs_is_seen_without_a_restart() {
    every_stop_of_its_log_is_seen_once("-XX:+UseG1GC");
}

#[test]
fn every_stop_that_the_serial_collector_logs_is_seen_without_a_restart() {
    every_stop_of_its_log_is_seen_once("-XX:+UseSerialGC");
}

fn forced(seen: &Seen) -> Vec<Pause> {
    seen.pauses().into_iter().filter(|pause| pause.forced).collect()
}

#[test]
fn the_jvm_collects_when_it_is_asked_and_tells_its_live_heap() {
    let watching = Watching::start(targets::java("-Xmx256m"));
    watching.recognised();
    watching.service.get("/leak?n=20000");
    work(&watching);
    assert!(matches!(watching.collect(), Happening::Collected { from, to } if from < to));
    settle(&watching);
    let first = watching.wait("a live heap", |seen| forced(seen).first().and_then(|pause| pause.live)) as f64;
    // The last million of items lives: 24 + 24 + 32 bytes each, besides the 20 MiB of sessions.
    assert!((80.0 * MIB..130.0 * MIB).contains(&first), "{first}");
    watching.service.get("/churn?n=10");
    assert!(matches!(watching.collect(), Happening::Collected { .. }));
    let second = watching.wait("the second", |seen| forced(seen).get(1).and_then(|pause| pause.live)) as f64;
    assert!((20.0 * MIB..30.0 * MIB).contains(&second), "{second}");
    let (seen, _) = watching.end();
    let live = seen.live_heap();
    // The log tells it in MiB, the counters to the byte.
    assert!(live.last().is_some_and(|told| (told - second).abs() <= MIB && told % MIB != 0.0), "{live:?} {second}");
    let told = ["heap_total", "classes", "metaspace"].map(|name| seen.values(name).pop().expect(name).1);
    assert!((second..300.0 * MIB).contains(&told[0]) && told[1] > 100.0 && told[2] > 1e5, "{told:?}");
    assert_eq!(forced(&seen).len(), 2, "{:?}", forced(&seen));
}

#[test]
fn what_grows_in_the_jvm_is_named_by_its_class() {
    let watching = Watching::start(targets::java("-Xmx256m -XX:+UseSerialGC"));
    watching.recognised();
    watching.service.get("/leak?n=1000");
    let baseline = watching.evidence(Moment::Baseline);
    assert!(baseline.iter().all(|piece| piece.grown.is_empty() && piece.missing.is_none()), "{baseline:?}");
    watching.service.get("/leak?n=20000");
    watching.service.get("/churn?n=100");
    let failure = watching.evidence(Moment::Failure);
    let grown = &failure[0].grown;
    assert_eq!(grown[0].name, "byte[]", "{grown:?}");
    let session = grown.iter().find(|grown| grown.name == "Service$Session").expect("its class is named");
    assert_eq!(session.objects, Some(20_000));
    let threads = String::from_utf8(watching.file(&failure[1])).unwrap();
    assert!(threads.contains("main") && threads.contains("java.lang.Thread.State"), "{threads}");
    watching.end();
}

#[test]
fn a_jvm_that_lets_nobody_attach_is_watched_by_its_counters() {
    let watching =
        Watching::start(targets::java(&format!("-Xmx256m -XX:+UseSerialGC -XX:+DisableAttachMechanism {LOG}")));
    let (runtime, lacks) = watching.recognised();
    assert!(runtime.ends_with(" by hsperfdata"), "{runtime}");
    assert!(lacks.iter().any(|lack| lack.starts_with("each stop by itself: ")), "{lacks:?}");
    assert!(lacks[0].contains("-XX:+DisableAttachMechanism"), "{lacks:?}");
    let began = watching.clock.now();
    let origin = watching.clock.monotonic_at_start();
    work(&watching);
    settle(&watching);
    let refused = watching.collect();
    assert!(matches!(refused, Happening::NotCollected { .. }), "{refused:?}");
    let (seen, lines) = watching.end();
    let logged = logged(&lines);
    let after = logged.iter().filter(|(end, _)| end / 1000 - origin > began.micros());
    let logged: f64 = after.map(|(_, length)| *length as f64 / 1e6).sum();
    let told: f64 = seen.pauses().iter().filter(|pause| pause.start > began).map(milliseconds).sum();
    assert!(logged > 10.0 && (told - logged).abs() < 0.05 * logged + 1.0, "{told} ms is told of {logged} ms");
}

#[test]
fn a_signal_that_would_end_a_jvm_is_not_sent_to_it() {
    // With -Xrs it leaves SIGQUIT alone, which would end it; it opens its socket at the start, and needs no signal.
    let mut watching = Watching::start(targets::java("-Xrs -Xmx256m"));
    assert!(watching.recognised().0.ends_with(" by its log"));
    assert!(watching.service.lives());
    watching.end();
}

#[test]
fn a_jvm_that_was_told_to_ignore_requests_says_so() {
    let watching = Watching::start(targets::java("-Xmx256m -XX:+DisableExplicitGC"));
    let lacks = watching.recognised().1;
    assert!(lacks[0].contains("-XX:+DisableExplicitGC"), "{lacks:?}");
    assert!(
        matches!(watching.collect(), Happening::NotCollected { reason } if reason.contains("-XX:+DisableExplicitGC"))
    );
    watching.end();
}

#[test]
fn a_jvm_in_namespaces_of_its_own_is_asked_through_its_root() {
    // A folder for temporary files that nobody else sees, and pids that begin at 1.
    let inner = targets::java("-Xmx256m -XX:+UseSerialGC");
    let hidden = "&& mount -t tmpfs tmpfs /mnt && cp -r . /mnt && mount --move /mnt /tmp && cd /tmp && exec";
    let line = inner.get_args().nth(1).unwrap().to_str().unwrap().replace("&& exec", hidden);
    let mut command = std::process::Command::new("unshare");
    command.args([
        "--map-root-user",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount",
        "--mount-proc",
        "/bin/sh",
        "-c",
        &line,
    ]);
    command.args(inner.get_args().skip(2));
    let watching = Watching::start(command);
    let (runtime, lacks) = watching.recognised();
    assert!(runtime.ends_with(" by its log"), "{runtime}: {lacks:?}");
    watching.service.get("/leak?n=1000");
    assert!(watching.evidence(Moment::Baseline).iter().all(|piece| piece.missing.is_none()));
    assert!(matches!(watching.collect(), Happening::Collected { .. }));
    settle(&watching);
    let (seen, _) = watching.end();
    assert_eq!(forced(&seen).iter().filter(|pause| pause.live.is_some()).count(), 2, "{:?}", seen.pauses());
}
