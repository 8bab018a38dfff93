//! The stops of a JVM: each of them from a log that is turned on for us, or by its counters where there is no such log.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use gclog::GcLog;
use timeline::{Elapsed, Pause};

use super::attach::Attach;
use super::perf::Perf;
use super::tail::Tail;
use crate::runtime::{PATIENCE, Process, Unreadable};

/// What is logged, and how: a line for each stop and one for each collection, by the monotonic clock. The log is begun
/// anew before it is large, so that it takes no more than twice that of the target's disk.
const WHAT: &str = "what=gc=info,gc+phases=info,safepoint=info decorators=timenanos,level,tags \
                    output_options=filecount=1,filesize=4M";

/// The log that was turned on.
pub(super) struct Log {
    /// As the JVM names it.
    output: String,
    /// The folder that it is in, held: it is cleared up even when the process has gone.
    folder: File,
    name: String,
    tail: Tail,
    reader: GcLog,
}

impl Log {
    /// Turns it on.
    pub(super) fn start(process: &Process, attach: &Attach, clock: Clock) -> Result<Self, Unreadable> {
        let name = format!("plimsoll-{}.log", process.inner_pid);
        let output = format!("/tmp/{name}");
        let path = process.within(&output);
        let silent = |source| Unreadable::Silent { what: path.display().to_string(), source };
        let folder = File::open(process.within("/tmp")).map_err(silent)?;
        // It is not an error where a JVM that knows no such command says so; then there is no file.
        let answer = attach.jcmd(&format!("VM.log output={output} {WHAT}"), PATIENCE)?;
        let tail = Tail::open(path.clone()).map_err(|source| match answer.trim() {
            "" => silent(source),
            answer => Unreadable::Strange { what: "VM.log".to_owned(), how: format!("was answered: {answer}") },
        })?;
        Ok(Self { output, folder, name, tail, reader: GcLog::new(clock.monotonic_at_start()) })
    }

    /// What has come since the last time.
    pub(super) fn read(&mut self, now: Elapsed) -> Result<Vec<Pause>, Unreadable> {
        let silent = |source| Unreadable::Silent { what: self.output.clone(), source };
        let lines = self.tail.lines().map_err(silent)?;
        // With nothing new, what was held back may be due all the same.
        let held_back = self.reader.read("", now);
        let read = lines.iter().flat_map(|line| self.reader.read(line, now));
        Ok(held_back.into_iter().chain(read).collect())
    }

    /// Turns it off and removes it; what had not been read.
    pub(super) fn end(&mut self, attach: &Attach, now: Elapsed) -> Vec<Pause> {
        let off = attach.jcmd(&format!("VM.log output={} what=all=off", self.output), PATIENCE);
        if let Err(error) = off {
            // Most often the process is gone, and its log with it.
            tracing::debug!("the log was not turned off: {error}");
        }
        let mut pauses = self.read(now).unwrap_or_default();
        pauses.extend(self.reader.finish());
        for name in [self.name.clone(), format!("{}.0", self.name)] {
            let _ = fs::remove_file(self.path(&name));
        }
        pauses
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.folder.as_raw_fd()))
    }
}

/// The collections of all of the heap by the counters: what it held after them, to the byte. A log tells it in MiB.
#[derive(Debug)]
pub(super) struct Whole(i64);

impl Whole {
    /// `None` where the collector does not count them.
    pub(super) fn since(perf: &Perf) -> Option<Self> {
        whole_collections(perf).map(Self)
    }

    /// What was live after the last one, where there was one since the last time.
    pub(super) fn read(&mut self, perf: &Perf) -> Option<f64> {
        let count = whole_collections(perf)?;
        let collected = std::mem::replace(&mut self.0, count) < count;
        collected.then(|| perf.sum("sun.gc.generation.", ".used") as f64).filter(|live| *live > 0.0)
    }
}

/// The stops by the counters: the sum of them.
#[derive(Debug)]
pub(super) struct Counted {
    stops: i64,
    nanos: i64,
    at: Elapsed,
    forced: Option<(Elapsed, Elapsed)>,
}

impl Counted {
    pub(super) fn since(perf: &Perf, clock: Clock) -> Self {
        let (stops, nanos) = counters(perf);
        Self { stops, nanos, at: clock.now(), forced: None }
    }

    /// What came between was asked for.
    pub(super) fn forced(&mut self, span: (Elapsed, Elapsed)) {
        self.forced = Some(span);
    }

    /// The stop that has ended since the last time. Several stops count as one that is as long as all of them: an upper
    /// bound on each. It is placed as late as it can have been.
    pub(super) fn read(&mut self, perf: &Perf, now: Elapsed) -> Option<Pause> {
        let (stops, nanos) = counters(perf);
        let before = std::mem::replace(&mut self.at, now);
        // A stop is counted when it begins, and its time when it has ended.
        if nanos <= self.nanos {
            return None;
        }
        let length = Duration::from_nanos((nanos - self.nanos).unsigned_abs());
        let one = stops - self.stops <= 1;
        (self.stops, self.nanos) = (stops, nanos);
        Some(Pause {
            start: now - length,
            length: Elapsed::from(length).micros(),
            concurrent: false,
            cpu: None,
            kind: Arc::from(if one { "safepoint" } else { "safepoints together" }),
            forced: self.forced.is_some_and(|(from, to)| from <= now && before <= to),
            live: None,
            source: Arc::from("hsperfdata"),
        })
    }
}

/// How many stops there were, and their nanoseconds.
fn counters(perf: &Perf) -> (i64, i64) {
    let number = |name: &str| perf.number(name).unwrap_or(0);
    let frequency = number("sun.os.hrt.frequency").max(1);
    let nanos = i128::from(number("sun.rt.safepointTime")) * 1_000_000_000 / i128::from(frequency);
    (number("sun.rt.safepoints"), i64::try_from(nanos).unwrap_or(i64::MAX))
}

/// How many collections of all of the heap there were: of the second collector, with all but Shenandoah and ZGC, which
/// count otherwise.
fn whole_collections(perf: &Perf) -> Option<i64> {
    let collector = perf.text("sun.gc.collector.1.name").unwrap_or_default();
    let counts = !collector.starts_with("Shenandoah") && !collector.starts_with('Z');
    perf.number("sun.gc.collector.1.invocations").filter(|_| counts)
}
