//! When the harness itself stood still.
//!
//! Two things hold a thread up. It waits for a processor: the kernel counts that for each thread, to the
//! nanosecond ([`RunQueue`]). Or the whole program, or the whole machine, is frozen: a thread that does
//! nothing but sleep sees by how much it overslept ([`Stalls`]). What it overslept because it waited for a
//! processor is left out: on a busy machine the target itself is what it waits for, and the target's
//! longest pauses would be forgiven.

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clock::Clock;
use timeline::Elapsed;

use crate::grid::Grid;
use crate::stop::Stop;

/// Between two looks.
pub(crate) const TICK: Duration = Duration::from_millis(5);
/// What the kernel's timers may be late by on a machine that is well.
const USUAL: Duration = Duration::from_millis(1);
/// Enough for the longest beat: thirty seconds of stalls, one at each tick.
const KEPT: usize = 6000;

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

/// The stalls that were seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stalls(Arc<Mutex<Seen>>);

/// From when to when, the latest first, without overlap.
#[derive(Debug, Default)]
struct Seen(VecDeque<(Elapsed, Elapsed)>);

impl Stalls {
    /// For how long between `from` and `to` the harness was frozen. The latest stall is known once the
    /// sleeper has had its turn, a tick after it.
    pub(crate) fn within(&self, from: Elapsed, to: Elapsed) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).within(from, to)
    }

    fn woke(&self, due: Elapsed, woken: Elapsed) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).woke(due, woken);
    }
}

impl Seen {
    fn woke(&mut self, due: Elapsed, woken: Elapsed) {
        if woken.since(due) > USUAL {
            self.0.truncate(KEPT - 1);
            self.0.push_front((due, woken));
        }
    }

    fn within(&self, from: Elapsed, to: Elapsed) -> Duration {
        let recent = self.0.iter().take_while(|(_, end)| *end > from);
        recent.map(|(start, end)| (*end).min(to).since((*start).max(from))).sum()
    }
}

/// Sleeps from tick to tick, and notes when it was woken late.
pub(crate) fn watch(stalls: &Stalls, clock: &Clock, stop: &Stop) {
    let grid = Grid::new(clock.now(), TICK);
    let queue = RunQueue::of_this_thread();
    let mut due = grid.start();
    let mut waited = queue.waited();
    while stop.wait_until(clock, due) {
        let now = clock.now();
        let before = std::mem::replace(&mut waited, queue.waited());
        stalls.woke(due, now - waited.saturating_sub(before));
        due = grid.next(due, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Elapsed {
        Elapsed::from_micros(millis * 1000)
    }

    #[test]
    fn only_what_lies_within_the_beat_counts() {
        let mut seen = Seen::default();
        seen.woke(at(10), at(30));
        seen.woke(at(35), at(35));
        seen.woke(at(40), at(60));
        assert_eq!(seen.within(at(20), at(50)), Duration::from_millis(20));
        assert_eq!(seen.within(at(31), at(39)), Duration::ZERO);
        assert_eq!(seen.within(at(0), at(65)), Duration::from_millis(40));
    }

    #[test]
    fn the_wait_for_a_processor_is_the_second_number() {
        assert_eq!(waited("3503090 1200 17\n"), Some(Duration::from_nanos(1200)));
        assert_eq!(waited(""), None);
        assert!(RunQueue::of_this_thread().0.is_some());
    }

    #[test]
    fn the_oldest_stalls_are_let_go() {
        let mut seen = Seen::default();
        for k in 0..7000 {
            seen.woke(at(10 * k), at(10 * k + 5));
        }
        assert_eq!(seen.0.len(), KEPT);
        assert_eq!(seen.0.front(), Some(&(at(69_990), at(69_995))));
    }
}
