//! When the harness itself stood still.
//!
//! Two things hold a thread up. It waits for a processor: the kernel counts that for each thread, to the
//! nanosecond ([`RunQueue`]). Or the whole program, or the whole machine, is frozen: a thread that sleeps sees by how much
//! it overslept ([`Sleeper`]). What it overslept because it waited for a processor is left out: on a busy machine the
//! target itself is what it waits for, and the target's longest pauses would be forgiven.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use clock::Clock;
use timeline::Elapsed;

use crate::stop::Stop;

/// What the kernel's timers may be late by on a machine that is well.
const USUAL: Duration = Duration::from_millis(1);

/// For how long a thread has waited for a processor since it began.
#[derive(Debug)]
pub(crate) struct RunQueue(Option<File>);

impl RunQueue {
    /// That of the thread that asks, which has to be the one that reads it.
    pub(crate) fn of_this_thread() -> Self {
        Self(File::open("/proc/thread-self/schedstat").ok())
    }

    /// That of a thread of a process.
    pub(crate) fn of_thread(pid: u32, thread: u32) -> Self {
        Self(File::open(format!("/proc/{pid}/task/{thread}/schedstat")).ok())
    }

    /// The sum until now; always zero where the kernel does not count it.
    pub(crate) fn waited(&self) -> Duration {
        let mut buffer = [0; 128];
        let read = self.0.as_ref().and_then(|file| file.read_at(&mut buffer, 0).ok()).unwrap_or(0);
        std::str::from_utf8(&buffer[..read]).ok().and_then(waited).unwrap_or_default()
    }
}

/// The second number of `schedstat`: nanoseconds on a run queue.
fn waited(schedstat: &str) -> Option<Duration> {
    schedstat.split_ascii_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}

/// From when to when the harness was frozen.
pub(crate) type Freeze = (Elapsed, Elapsed);

/// A thread that sleeps until one time after the other, and sees when it was frozen meanwhile.
#[derive(Debug)]
pub(crate) struct Sleeper {
    clock: Clock,
    queue: RunQueue,
    waited: Duration,
    /// The freeze that it woke up from last, where it was frozen.
    pub(crate) frozen: Option<Freeze>,
}

impl Sleeper {
    /// Of this thread.
    pub(crate) fn new(clock: Clock) -> Self {
        let queue = RunQueue::of_this_thread();
        Self { clock, waited: queue.waited(), queue, frozen: None }
    }

    /// Sleeps until `due`; false where the word to stop came first.
    pub(crate) fn sleep(&mut self, due: Elapsed, stop: &Stop) -> bool {
        // What was due before it fell asleep is late for other reasons.
        let due = due.max(self.clock.now());
        let goes_on = stop.wait_until(&self.clock, due);
        self.woke(due, self.clock.now());
        goes_on
    }

    fn woke(&mut self, due: Elapsed, now: Elapsed) {
        let before = std::mem::replace(&mut self.waited, self.queue.waited());
        let woken = now - self.waited.saturating_sub(before);
        self.frozen = (woken.since(due) > USUAL).then_some((due, woken));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_for_a_processor_is_the_second_number() {
        assert_eq!(waited("3503090 1200 17\n"), Some(Duration::from_nanos(1200)));
        assert_eq!(waited(""), None);
        assert!(RunQueue::of_this_thread().0.is_some());
    }

    #[test]
    fn waking_late_is_a_freeze_and_waking_in_time_is_none() {
        let mut sleeper = Sleeper::new(Clock::start());
        let at = |millis: u64| Elapsed::from_micros(millis * 1000);
        sleeper.queue = RunQueue(None);
        sleeper.woke(at(10), at(30));
        assert_eq!(sleeper.frozen, Some((at(10), at(30))));
        sleeper.woke(at(35), at(36));
        assert_eq!(sleeper.frozen, None);
        let stop = Stop::new();
        assert!(sleeper.sleep(at(0), &stop));
        stop.tell();
        assert!(!sleeper.sleep(at(u64::from(u32::MAX)), &stop));
    }
}
