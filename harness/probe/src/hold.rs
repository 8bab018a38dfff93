//! What held the target up: counted behind each beat, and told of those that took long.
//!
//! A pause is the target's own only where nothing kept it from running. Its processor quota, other programs on its
//! processors and a want of memory look the same from outside, and in the runtime's own log: it is a clock that goes on.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use clock::Clock;
use timeline::{Beat, Elapsed, Hold, Metric};

use crate::budget::Budget;
use crate::cgroup::Cgroup;
use crate::proc::{Stat, read_text};
use crate::reader::Reader;
use crate::stall::RunQueue;
use crate::tree::{Descent, numbers_in};

/// A beat that takes less is not looked into.
const LONG: Duration = Duration::from_millis(2);
/// What held it up for a smaller part of it than one in so many is no reason.
const PART: u64 = 10;
/// So many threads of it are asked: all behind each beat while beats are long, else once a second.
const THREADS: usize = 16;
/// Between two looks for the process that does the work, and between two counts of segments.
const SELDOM: Duration = Duration::from_secs(1);

/// Counts what holds the target up.
pub(crate) struct Holds {
    clock: Clock,
    quota: Option<Cgroup>,
    worker: Option<Worker>,
    memory: Option<File>,
    /// When it was counted last, and what.
    last: (Elapsed, Counted),
    seldom: Elapsed,
    /// When a beat was long.
    long: Option<Elapsed>,
    values: Vec<(Metric, f64)>,
}

/// Sums since some start, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    quota: u64,
    queue: u64,
    memory: u64,
    /// Segments, of which there is no time.
    resent: u64,
}

impl Holds {
    /// Of an address that is all there is of the target: nothing can be counted.
    pub(crate) fn unknown(clock: Clock) -> Self {
        let last = (clock.now(), Counted::default());
        Self {
            clock,
            quota: None,
            worker: None,
            memory: None,
            last,
            seldom: Elapsed::ZERO,
            long: None,
            values: Vec::new(),
        }
    }

    /// Of the processes from `pid` on; `quota` reads how long they were held back.
    pub(crate) fn of(pid: u32, descent: Descent, quota: Option<Cgroup>, clock: Clock) -> Self {
        let worker = Worker::new(pid, descent, clock);
        let memory = File::open("/proc/pressure/memory").ok();
        let mut holds = Self { quota, worker: Some(worker), memory, ..Self::unknown(clock) };
        holds.last = (clock.now(), holds.count(true));
        holds
    }

    /// Counts, `beat` having just ended; what held it up where it took long.
    pub(crate) fn behind(&mut self, beat: &Beat) -> Option<Hold> {
        let took = beat.done.since(beat.sent);
        let now = self.clock.now();
        self.long = if took >= LONG { Some(now) } else { self.long };
        let seldom = took >= LONG || now.since(self.seldom) >= SELDOM;
        let counted = self.count(seldom);
        let (from, before) = std::mem::replace(&mut self.last, (now, counted));
        let hold = counted.since(before, from, now);
        let part = u64::try_from(took.as_micros()).unwrap_or(u64::MAX) / PART;
        let counts = hold.quota.max(hold.queue).max(hold.memory) >= part.max(1) || hold.resent > 0;
        (took >= LONG && counts).then_some(hold)
    }

    /// What cannot be counted stays as it was.
    fn count(&mut self, seldom: bool) -> Counted {
        let mut counted = self.last.1;
        if let Some(worker) = &mut self.worker {
            if seldom {
                self.seldom = self.clock.now();
                counted.resent = worker.resent().unwrap_or(counted.resent);
                worker.choose();
            }
            let lately = self.long.is_some_and(|long| self.clock.now().since(long) < SELDOM);
            counted.queue = worker.waited(seldom || lately);
        }
        self.values.clear();
        if self.quota.as_mut().is_some_and(|quota| quota.read(&mut self.values).is_ok()) {
            counted.quota = self.values.iter().map(|(_, seconds)| (seconds * 1e6) as u64).sum();
        }
        counted.memory = self.memory.as_ref().and_then(full_total).unwrap_or(counted.memory);
        counted
    }
}

impl Counted {
    fn since(self, before: Self, from: Elapsed, to: Elapsed) -> Hold {
        Hold {
            from,
            to,
            quota: self.quota.saturating_sub(before.quota),
            queue: self.queue.saturating_sub(before.queue),
            memory: self.memory.saturating_sub(before.memory),
            resent: self.resent.saturating_sub(before.resent),
        }
    }
}

/// The process that has worked most, and for how long its threads have waited. Of an event loop one thread answers; but
/// a stop of Go or of a JVM ends when the last of its threads has stopped, and a parallel collection when the last of its
/// helpers is done. So the thread that waited longest counts, whichever it is.
struct Worker {
    descent: Descent,
    pid: u32,
    threads: BTreeMap<u32, Thread>,
    /// The sum of the longest waits, microseconds.
    waited: u64,
    budget: Budget,
}

struct Thread {
    queue: RunQueue,
    waited: u64,
}

impl Worker {
    fn new(pid: u32, descent: Descent, clock: Clock) -> Self {
        let mut worker = Self { descent, pid, threads: BTreeMap::new(), waited: 0, budget: Budget::new(clock) };
        worker.meet();
        worker
    }

    /// Finds it and its threads anew.
    fn choose(&mut self) {
        let Self { descent, budget, .. } = self;
        let busiest = budget.spend(|| {
            let work = |pid: &u32| Stat::read(*pid).map_or(0, |stat| stat.own);
            descent.members().into_iter().max_by_key(work)
        });
        if let Some(busiest) = busiest {
            self.pid = busiest.unwrap_or(self.pid);
            self.meet();
        }
    }

    /// What a thread waited before it was met is not counted.
    fn meet(&mut self) {
        let threads = first_threads(self.pid);
        self.threads.retain(|thread, _| threads.contains(thread));
        for thread in threads {
            self.threads.entry(thread).or_insert_with(|| {
                let queue = RunQueue::of_thread(self.pid, thread);
                let waited = micros(queue.waited());
                Thread { queue, waited }
            });
        }
    }

    /// The sum until now, by all of the threads or by the first alone.
    fn waited(&mut self, all: bool) -> u64 {
        let asked = if all { THREADS } else { 1 };
        let since = |thread: &mut Thread| {
            let waited = micros(thread.queue.waited());
            waited.saturating_sub(std::mem::replace(&mut thread.waited, waited))
        };
        self.waited += self.threads.values_mut().take(asked).map(since).max().unwrap_or(0);
        self.waited
    }

    fn resent(&self) -> Option<u64> {
        let text = read_text(&format!("/proc/{}/net/snmp", self.pid)).ok()?;
        let mut lines = text.lines().filter_map(|line| line.strip_prefix("Tcp:"));
        let (names, values) = (lines.next()?, lines.next()?);
        let place = names.split_ascii_whitespace().position(|name| name == "RetransSegs")?;
        values.split_ascii_whitespace().nth(place)?.parse().ok()
    }
}

/// The threads of a process, of many the first: runtimes start those that answer and collect before others.
fn first_threads(pid: u32) -> Vec<u32> {
    let mut threads = numbers_in(&format!("/proc/{pid}/task"));
    threads.sort_unstable();
    threads.truncate(THREADS);
    threads
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// `full ... total=<microseconds>`
fn full_total(pressure: &File) -> Option<u64> {
    let mut buffer = [0; 256];
    let read = pressure.read_at(&mut buffer, 0).ok()?;
    let text = std::str::from_utf8(&buffer[..read]).ok()?;
    let full = text.lines().find_map(|line| line.strip_prefix("full "))?;
    full.rsplit_once("total=")?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn beat(clock: Clock, takes: Duration) -> Beat {
        let due = clock.now();
        clock.block_until(due + takes);
        Beat { due, sent: due, done: clock.now(), harness_stalled: 0, answered: true }
    }

    #[test]
    fn a_process_that_waits_for_its_processor_is_held_up() {
        let clock = Clock::start();
        // Three on one processor: each waits for two thirds of the time, and ends by itself after two seconds of work.
        let spin = ["-c", "0", "sh", "-c", "ulimit -t 2; while :; do :; done"];
        let mut crowd: Vec<_> = (0..3).map(|_| Command::new("taskset").args(spin).spawn().unwrap()).collect();
        clock.block_until(clock.now() + Duration::from_millis(200));
        let pid = crowd[0].id();
        let mut holds = Holds::of(pid, Descent::of(pid, clock).unwrap(), None, clock);
        holds.behind(&beat(clock, Duration::from_millis(1)));
        let hold = (0..5).find_map(|_| holds.behind(&beat(clock, Duration::from_millis(300))));
        for member in &mut crowd {
            member.kill().unwrap();
            member.wait().unwrap();
        }
        let hold = hold.expect("it was held up");
        assert!(hold.queue > 60_000 && hold.quota == 0, "{hold:?}");
    }

    #[test]
    fn a_short_beat_and_an_idle_process_have_nothing_to_tell() {
        let clock = Clock::start();
        let mut sleeper = Command::new("sleep").arg("5").spawn().unwrap();
        let mut holds = Holds::of(sleeper.id(), Descent::of(sleeper.id(), clock).unwrap(), None, clock);
        assert_eq!(holds.behind(&beat(clock, Duration::from_millis(1))), None);
        assert_eq!(holds.behind(&beat(clock, Duration::from_millis(30))).map(|hold| hold.queue), None);
        assert_eq!(Holds::unknown(clock).behind(&beat(clock, Duration::from_millis(30))), None);
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
    }
}
