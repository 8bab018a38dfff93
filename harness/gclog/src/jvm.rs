//! The JVM's unified log since 9, and what 8 printed before it.

mod cycle;
mod legacy;
mod stamp;
mod stops;

use std::sync::LazyLock;

use regex::{Captures, Regex};
use timeline::{Elapsed, Pause};

use crate::desk::{Desk, Told};
use crate::number::{bytes, millis, seconds, whole};
use crate::pattern;
use stops::{Safepoint, Stops};

const SOURCE: &str = "jvm log";

static PAUSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"GC\(\d+\) (?:[yYoO]: )?(?<kind>Pause [A-Z][A-Za-z0-9 ]*?(?: \([^()]*(?:\([^()]*\))?[^()]*\))*)",
        r"(?: \d+[BKMG]->(?<after>\d+)(?<unit>[BKMG])\(\d+[BKMG]\))? (?<ms>[\d.,]+)ms$",
    ))
});
static SAFEPOINT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"Safepoint "(?<name>[^"]+)", Time since last: .*, Total: +(?<total>\d+) ns"#));
static STOPPED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"Total time for which application threads were stopped: (?<s>[\d.,]+) seconds, Stopping threads took: ")
});
static STALL: LazyLock<Regex> = LazyLock::new(|| pattern(r"Allocation Stall \(.+\) (?<ms>[\d.,]+)ms$"));
static PACED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r" (?<ms>\d+) of +\d+ ms \( *[\d.,]+%\): (?<thread><total>)?"));

/// The log of a JVM.
#[derive(Debug, Default)]
pub(crate) struct Jvm {
    stops: Stops,
    cycle: cycle::Cycle,
    /// The most that one thread was held back by the pacing of Shenandoah, in the cycle that is told, microseconds.
    paced: u64,
}

impl Jvm {
    /// Reads a line that is cut at its end.
    pub(crate) fn read(&mut self, line: &str, desk: &mut Desk<'_>) {
        let read = if line.contains("GC(") {
            self.collection(line, desk)
        } else if line.contains("afepoint ") || line.contains("threads were stopped: ") {
            self.safepoint(line, desk)
        } else if line.contains("Allocation Stall (") {
            stall(line, desk)
        } else if line.contains("%): ") {
            self.pacing(line, desk)
        } else {
            None
        };
        if read.is_none() && line.contains(" secs]") {
            self.legacy(line, desk);
        }
    }

    /// The stops for whose safepoint nobody need wait any more.
    pub(crate) fn overdue(&mut self, now: Elapsed) -> Vec<Pause> {
        self.stops.overdue(now)
    }

    pub(crate) fn finish(&mut self) -> Vec<Pause> {
        self.stops.finish()
    }

    fn collection(&mut self, line: &str, desk: &mut Desk<'_>) -> Option<()> {
        let Some(found) = PAUSE.captures(line) else { return self.cycle.read(line, desk) };
        let kind = &found["kind"];
        self.cycle.paused(kind);
        let after = found.name("after").and_then(|after| bytes(after.as_str(), &found["unit"]));
        let told = Told {
            source: SOURCE,
            kind,
            length: millis(&found["ms"])?,
            forced: is_forced(kind),
            live: after.filter(|_| looks_at_all(kind)),
            ..Told::default()
        };
        let end = end_of(line, &found, desk);
        self.stops.hold(desk.pause(told, end), desk);
        Some(())
    }

    /// The stop as the whole process saw it: from when it was asked for until all threads went on.
    fn safepoint(&mut self, line: &str, desk: &mut Desk<'_>) -> Option<()> {
        if let Some(found) = SAFEPOINT.captures(line) {
            let length = whole(&found["total"])? / 1000;
            let end = end_of(line, &found, desk);
            self.stops.safepoint(Safepoint { name: &found["name"], length, end }, desk);
        } else if let Some(found) = STOPPED.captures(line) {
            let length = seconds(&found["s"])?;
            let end = end_of(line, &found, desk);
            self.stops.unnamed_safepoint(length, end, desk);
        } else {
            self.stops.entering(line.split_once("Entering safepoint region: ")?.1);
        }
        Some(())
    }

    /// A line for each thread, and one for all.
    fn pacing(&mut self, line: &str, desk: &mut Desk<'_>) -> Option<()> {
        let found = PACED.captures(line)?;
        if found.name("thread").is_none() {
            self.paced = self.paced.max(millis(&found["ms"])?);
            return Some(());
        }
        let length = std::mem::take(&mut self.paced);
        if length > 0 {
            let end = end_of(line, &found, desk);
            let told = Told { source: SOURCE, kind: "Allocation pacing", length, concurrent: true, ..Told::default() };
            desk.tell(told, end);
        }
        Some(())
    }

    fn legacy(&mut self, line: &str, desk: &mut Desk<'_>) -> Option<()> {
        let pause = legacy::collection(line, desk)?;
        self.stops.hold(pause, desk);
        Some(())
    }
}

/// A thread that wanted memory stood still until a collection gave it some.
fn stall(line: &str, desk: &mut Desk<'_>) -> Option<()> {
    let found = STALL.captures(line)?;
    let told = Told { source: SOURCE, kind: "Allocation Stall", length: millis(&found["ms"])?, ..Told::default() };
    let end = end_of(line, &found, desk);
    desk.tell(told, end);
    Some(())
}

/// The line is written when what it tells has ended, and stamped with that time.
fn end_of(line: &str, found: &Captures<'_>, desk: &mut Desk<'_>) -> Elapsed {
    let before = found.get(0).map_or(line, |all| &line[..all.start()]);
    match stamp::stamp(before) {
        Some((clock, told)) => desk.place(clock, told),
        None => desk.arrived,
    }
}

/// Is what is left after it what is still reached? After a young collection it is not. Of the mixed ones of G1, each
/// takes a part of the garbage that the marking found, so that the least of them is nearest.
fn looks_at_all(kind: &str) -> bool {
    ["Pause Full", "Pause Young (Mixed)", "Pause Degenerated GC"].iter().any(|whole| kind.starts_with(whole))
}

/// Was it asked for, by the service or from outside?
fn is_forced(kind: &str) -> bool {
    ["System.gc()", "Diagnostic Command", "Heap Inspection", "Heap Dump"].iter().any(|cause| kind.contains(cause))
}
