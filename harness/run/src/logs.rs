//! What the target's log tells: pauses of its runtime, lines that the scenario looks for, numbers that it keeps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clock::Clock;
use gclog::GcLog;
use scenario::{Kept, LinePattern, Plan};
use target::Listener;
use timeline::{Elapsed, Event, Happening, Metric, Name, Observation, Pause, Sample, SeriesKey, Subject};

use crate::counts;
use crate::seen::Seen;

/// How many lines of a kind are kept as they are.
const LINES_KEPT: u8 = 5;
/// Where a kept line is cut, bytes.
const LINE_KEPT: usize = 300;
/// Of the lines of a kind that come within this time of the last that was kept, only their number is kept.
const LINES_EVERY: Duration = Duration::from_secs(1);
/// A sample is placed no further before the time at which its line came: a look may have been there already.
const LATEST: Duration = Duration::from_secs(1);

/// Reads the log of the target, all of its streams. A clone reads the same.
#[derive(Clone)]
pub(crate) struct Logs {
    reading: Arc<Mutex<Reading>>,
    clock: Clock,
    seen: Seen,
}

struct Reading {
    runtime: GcLog,
    heap: LiveHeap,
    watches: Vec<Watch>,
    kept: Vec<Series>,
}

impl Logs {
    pub(crate) fn new(plan: &Plan, seen: Seen, clock: Clock) -> Self {
        let patterns = plan.assertions.iter().filter_map(|assertion| assertion.rule.lines());
        // What two rules look for is counted once.
        let patterns: BTreeMap<&str, &LinePattern> = patterns.map(|pattern| (pattern.as_str(), pattern)).collect();
        let series = |kept: &Kept| Series { kept: kept.clone(), every: plan.probes.every, last: None };
        let reading = Reading {
            runtime: GcLog::new(clock.monotonic_at_start()),
            heap: LiveHeap::default(),
            watches: patterns.into_values().cloned().map(Watch::new).collect(),
            kept: plan.probes.logs.iter().map(series).collect(),
        };
        let logs = Self { reading: Arc::new(Mutex::new(reading)), clock, seen };
        logs.begin();
        logs
    }

    /// Says what is looked for: a line that nobody looked for is not one that never came.
    fn begin(&self) {
        let at = self.clock.now();
        for watch in &mut self.reading().watches {
            self.seen.append(Observation::Event(Event { at, what: watch.told(None) }));
        }
    }

    /// What hears the lines; the end of a cycle of the target's own, where the plan has such cycles, too.
    pub(crate) fn listener(&self, plan: &Plan) -> Listener {
        let cycles = plan.cycles.clone().map(|pattern| counts::cycles(pattern, self.seen.clone(), self.clock));
        let logs = self.clone();
        Box::new(move |line| {
            if let Some(cycles) = &cycles {
                cycles(line);
            }
            logs.hear(line);
        })
    }

    fn hear(&self, line: &str) {
        let mut reading = self.reading();
        // Within the lock, so that lines of two streams come in the order of their times.
        let now = self.clock.now();
        let pauses = reading.runtime.read(line, now);
        self.keep_pauses(&mut reading, pauses, now);
        for watch in &mut reading.watches {
            if let Some(what) = watch.hear(line, now) {
                self.seen.append(Observation::Event(Event { at: now, what }));
            }
        }
        for series in &mut reading.kept {
            if let Some(seen) = series.hear(line, now) {
                self.seen.append(seen);
            }
        }
    }

    /// What was held back when the log ended.
    pub(crate) fn finish(&self) {
        let mut reading = self.reading();
        let now = self.clock.now();
        let pauses = reading.runtime.finish();
        self.keep_pauses(&mut reading, pauses, now);
        let torn = reading.runtime.torn();
        let reason = format!("{torn} lines were torn by what the target printed itself, or lost");
        let torn =
            (torn > 0).then(|| Event { at: now, what: Happening::ProbeFailed { probe: "gctrace".to_owned(), reason } });
        let counted = reading.watches.iter_mut().filter_map(Watch::rest);
        torn.into_iter().chain(counted).for_each(|event| self.seen.append(Observation::Event(event)));
    }

    fn keep_pauses(&self, reading: &mut Reading, pauses: Vec<Pause>, now: Elapsed) {
        for pause in pauses {
            if let Some(seen) = reading.heap.sample(&pause, now) {
                self.seen.append(seen);
            }
            self.seen.append(Observation::Pause(pause));
        }
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        // Whoever panicked with it has left it whole: each line changes it in a few assignments.
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is live after collections, as a series.
#[derive(Debug, Default)]
struct LiveHeap {
    last: Elapsed,
}

impl LiveHeap {
    fn sample(&mut self, pause: &Pause, now: Elapsed) -> Option<Observation> {
        let value = pause.live? as f64;
        let source = Name::new(&pause.source).text();
        let due = pause.end();
        self.last = due.max(now - LATEST).max(self.last);
        let key = SeriesKey { subject: Subject::Target, metric: Metric::LiveHeap };
        Some(Observation::Sample { key, source, sample: Sample { due, taken: self.last, value } })
    }
}

/// Lines that the scenario looks for.
#[derive(Debug)]
struct Watch {
    pattern: LinePattern,
    shown: u8,
    /// How many have come since the last that was kept, and when the last of them came.
    count: u64,
    came: Elapsed,
    kept: Elapsed,
}

impl Watch {
    fn new(pattern: LinePattern) -> Self {
        Self { pattern, shown: 0, count: 0, came: Elapsed::ZERO, kept: Elapsed::ZERO }
    }

    fn hear(&mut self, line: &str, now: Elapsed) -> Option<Happening> {
        if !self.pattern.is_in(line) {
            return None;
        }
        self.count += 1;
        self.came = now;
        let shown = self.shown < LINES_KEPT;
        if !shown && now.since(self.kept) < LINES_EVERY {
            return None;
        }
        self.shown += u8::from(shown);
        self.kept = now;
        Some(self.told(shown.then(|| line[..line.floor_char_boundary(LINE_KEPT)].to_owned())))
    }

    /// Those that have come since.
    fn rest(&mut self) -> Option<Event> {
        (self.count > 0).then(|| Event { at: self.came, what: self.told(None) })
    }

    fn told(&mut self, line: Option<String>) -> Happening {
        let pattern = self.pattern.as_str().to_owned();
        Happening::Logged { pattern, count: std::mem::take(&mut self.count), line }
    }
}

/// A number that is kept: at most one in the time between two samples of any other series.
#[derive(Debug)]
struct Series {
    kept: Kept,
    every: Duration,
    last: Option<Elapsed>,
}

impl Series {
    fn hear(&mut self, line: &str, now: Elapsed) -> Option<Observation> {
        if self.last.is_some_and(|last| now.since(last) < self.every) {
            return None;
        }
        let value = self.kept.value_in(line)?;
        self.last = Some(now);
        let key = SeriesKey { subject: Subject::Target, metric: self.kept.metric() };
        Some(Observation::Sample { key, source: "log", sample: Sample { due: now, taken: now, value } })
    }
}

#[cfg(test)]
mod tests;
